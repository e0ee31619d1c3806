//! Claiming a case: somebody's attributes against what a health center registered.

use crate::case_registration::{CaseRow, NameRow, names, select_cases};
use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{AccountId, CaseId, HealthCenterId, PersonId, SessionId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// What is registered under a HER-SYS ID, with the spellings of the name; whether or not it was claimed already.
pub fn candidate(
    tx: &mut Tx<'_>,
    hersys_id: &str,
) -> Result<Option<(CaseRow, Vec<NameRow>)>, Error> {
    let case = tx.query_opt(
        select_cases!("WHERE c.hersys_id = $1"),
        &[&hersys_id],
        |row| CaseRow::from(&row),
    )?;
    // The second look-up is made in any case, so that a wrong ID takes as long as a right one.
    let person = case
        .as_ref()
        .map_or(PersonId::from_uuid(Uuid::nil()), |case| case.person);
    let names = names(tx, person)?;
    Ok(case.map(|case| (case, names)))
}

/// The record that keeps everything of a case which is merged into it, with the spellings of the name. The same look-ups are
/// made where there is none.
pub fn kept_beside(
    tx: &mut Tx<'_>,
    candidate: Option<&CaseRow>,
) -> Result<Option<(CaseRow, Vec<NameRow>)>, Error> {
    let kept = candidate.and_then(|case| case.merged_into);
    let kept = kept.map_or(Uuid::nil(), |case| case.uuid());
    let case = tx.query_opt(select_cases!("WHERE c.id = $1"), &[&kept], |row| {
        CaseRow::from(&row)
    })?;
    let person = case
        .as_ref()
        .map_or(PersonId::from_uuid(Uuid::nil()), |case| case.person);
    let names = names(tx, person)?;
    Ok(case.map(|case| (case, names)))
}

/// The center that knows somebody with this phone number or this birthdate and name, to which a refusal is reported
/// where the ID leads nowhere. Where they were handed over, that is the new one.
pub fn likely_center(
    tx: &mut Tx<'_>,
    phone_blind: &[u8],
    birthdate: Date,
    key_sorted: &str,
) -> Result<Option<HealthCenterId>, Error> {
    tx.query_opt(
        sql!(
            "SELECT p.health_center_id, p.created_at, p.parted_from IS NOT NULL FROM persons p WHERE p.phone_blind = $1
             UNION ALL
             SELECT p.health_center_id, p.created_at, p.parted_from IS NOT NULL FROM person_names n JOIN persons p ON p.id = n.person_id
             WHERE n.key_sorted = $2 AND p.birthdate = $3
             ORDER BY 2 DESC, 3 LIMIT 1"
        ),
        &[&phone_blind, &key_sorted, &birthdate],
        |row| Ok(HealthCenterId::from_uuid(row.get(0)?)),
    )
}

/// Gives a case to an account if nobody has it: of two who claim it at once, one gets `true`.
pub fn claim(
    tx: &mut Tx<'_>,
    case: CaseId,
    account: AccountId,
    session: SessionId,
    now: Timestamp,
) -> Result<bool, Error> {
    let claimed = tx.execute(
        sql!(
            "UPDATE cases SET account_id = $2, claimed_at = $3, first_session_id = $4, version = version + 1
             WHERE id = $1 AND account_id IS NULL"
        ),
        &[&case.uuid(), &account.uuid(), &At(now), &session.uuid()],
    )?;
    Ok(claimed == 1)
}
