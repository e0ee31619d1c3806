//! Passport numbers: entered once by the person, changed only by the center.

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{AccountId, CaseId, SessionId};
use jiff::Timestamp;

/// Enters the number on the person's behalf, if none stands and this is the member's first log-in; tells whether it
/// was entered. One statement: of two that come at once, one is entered. Where two records became one, it stands in the one that
/// was kept, which the center reads, and in the other one as well: should they be two people, it is of whoever signed up with
/// that number.
pub fn enter_by_person(
    tx: &mut Tx<'_>,
    case: CaseId,
    account: AccountId,
    session: SessionId,
    passport_sealed: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    // Nobody makes it one with another record meanwhile, or parts the two.
    crate::monitoring::hold(tx, case)?;
    let entered = tx.execute(
        sql!(
            "UPDATE cases SET passport_sealed = $4, passport_entered_at = $5, passport_entered_by = 'person',
                version = version + 1
             WHERE passport_sealed IS NULL AND id = (SELECT COALESCE(c.merged_into, c.id) FROM cases c
                WHERE c.id = $1 AND c.account_id = $2 AND c.first_session_id = $3)"
        ),
        &[
            &case.uuid(),
            &account.uuid(),
            &session.uuid(),
            &passport_sealed,
            &At(now),
        ],
    )?;
    if entered == 1 {
        tx.execute(
            sql!(
                "UPDATE cases SET passport_sealed = $2, passport_entered_at = $3, passport_entered_by = 'person',
                    version = version + 1
                 WHERE id = $1 AND merged_into IS NOT NULL"
            ),
            &[&case.uuid(), &passport_sealed, &At(now)],
        )?;
    }
    Ok(entered == 1)
}

/// Takes over the number that only the other of two records of one person has, with who entered it and when.
pub fn take_over(tx: &mut Tx<'_>, from: CaseId, to: CaseId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE cases SET passport_sealed = o.passport_sealed, passport_entered_at = o.passport_entered_at,
                passport_entered_by = o.passport_entered_by
             FROM (SELECT passport_sealed, passport_entered_at, passport_entered_by FROM cases WHERE id = $1) AS o
             WHERE id = $2 AND cases.passport_sealed IS NULL AND o.passport_sealed IS NOT NULL"
        ),
        &[&from.uuid(), &to.uuid()],
    )?;
    Ok(())
}

/// Takes a number out of a record again that it took over from another one; one that was entered since stays (no two are sealed
/// alike).
pub fn give_back(tx: &mut Tx<'_>, from: CaseId, to: CaseId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE cases SET passport_sealed = NULL, passport_entered_at = NULL, passport_entered_by = NULL
             WHERE id = $2 AND passport_sealed = (SELECT o.passport_sealed FROM cases o WHERE o.id = $1)"
        ),
        &[&from.uuid(), &to.uuid()],
    )?;
    Ok(())
}

/// Enters or changes the number by the center. The case must have been found within the caller's scope before.
pub fn set_by_center(
    tx: &mut Tx<'_>,
    case: CaseId,
    passport_sealed: Option<&[u8]>,
    now: Timestamp,
) -> Result<bool, Error> {
    let set = tx.execute(
        sql!(
            "UPDATE cases SET passport_sealed = $2, passport_entered_at = $3, passport_entered_by = 'center',
                version = version + 1
             WHERE id = $1"
        ),
        &[&case.uuid(), &passport_sealed, &At(now)],
    )?;
    Ok(set == 1)
}
