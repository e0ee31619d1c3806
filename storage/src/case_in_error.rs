//! Cases that are none: registered in error, and contacts who were made a case by mistake. They stay, and count nowhere. What
//! follows from that is decided by whoever calls this.

use crate::engine::{At, Error, Tx};
use crate::in_error::InErrorRow;
use crate::monitoring::update;
use crate::sql;
use domain::ids::{AlertId, CaseId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// What stood before a case was registered in error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stood {
    /// The word of where the person was.
    pub status: String,
    /// The alert that ended with it.
    pub alert: Option<AlertId>,
}

/// That a case was registered in error, and what stood before; none of one that is a case.
pub fn find(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<(InErrorRow, Stood)>, Error> {
    let found = tx.query_opt(
        sql!(
            "SELECT in_error_at, in_error_by, in_error_why, in_error_words_sealed, in_error_status, in_error_alert
             FROM cases WHERE id = $1"
        ),
        &[&case.uuid()],
        |row| {
            let stood = Stood {
                status: row.get::<Option<String>>(4)?.unwrap_or_default(),
                alert: row.get::<Option<_>>(5)?.map(AlertId::from_uuid),
            };
            Ok(InErrorRow::read(&row, 0)?.map(|mark| (mark, stood)))
        },
    )?;
    Ok(found.flatten())
}

/// The day on which a case counts as new; none of whoever counts as none.
pub fn counted_on(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Date>, Error> {
    tx.query_opt(
        sql!("SELECT registered_on FROM monitoring WHERE case_id = $1 AND is_case = 1"),
        &[&case.uuid()],
        |row| row.day(0),
    )
}

/// Marks a case as registered in error, and counts it no more; `false`: it is marked already. How it is followed is decided
/// beside ([`crate::monitoring::decide`]).
pub fn mark(
    tx: &mut Tx<'_>,
    case: CaseId,
    mark: &InErrorRow,
    stood: &Stood,
) -> Result<bool, Error> {
    let marked = tx.execute(
        sql!(
            "UPDATE cases SET in_error_at = $2, in_error_by = $3, in_error_why = $4, in_error_words_sealed = $5,
                in_error_status = $6, in_error_alert = $7, version = version + 1
             WHERE id = $1 AND in_error_at IS NULL"
        ),
        &[
            &case.uuid(),
            &At(mark.at),
            &mark.by.uuid(),
            &mark.why,
            &mark.words_sealed,
            &stood.status,
            &stood.alert.map(|alert| alert.uuid()),
        ],
    )?;
    tx.execute(
        sql!("UPDATE monitoring SET is_case = 0 WHERE case_id = $1"),
        &[&case.uuid()],
    )?;
    Ok(marked == 1)
}

/// It is a case, or a contact, after all, and counts on the days on which it did; `false`: it was not marked.
pub fn unmark(tx: &mut Tx<'_>, case: CaseId) -> Result<bool, Error> {
    let unmarked = tx.execute(
        sql!(
            "UPDATE cases SET in_error_at = NULL, in_error_by = NULL, in_error_why = NULL,
                in_error_words_sealed = NULL, in_error_status = NULL, in_error_alert = NULL, version = version + 1
             WHERE id = $1 AND in_error_at IS NOT NULL"
        ),
        &[&case.uuid()],
    )?;
    tx.execute(
        sql!(
            "UPDATE monitoring SET is_case = (SELECT 1 - c.is_contact FROM cases c WHERE c.id = $1) WHERE case_id = $1"
        ),
        &[&case.uuid()],
    )?;
    Ok(unmarked == 1)
}

/// Ends an alert that is about nobody. `version` must be the one that was looked at.
pub fn end_alert(
    tx: &mut Tx<'_>,
    (id, version): (AlertId, i32),
    by: StaffId,
    now: Timestamp,
) -> Result<bool, Error> {
    let ended = tx.execute(
        sql!(
            "UPDATE alerts SET done_by = $2, done_at = $3, outcome = 'in_error', next_step_at = NULL,
                version = version + 1
             WHERE id = $1 AND done_at IS NULL AND version = $4"
        ),
        &[&id.uuid(), &by.uuid(), &At(now), &version],
    )?;
    Ok(ended == 1)
}

/// The alert that ended with the case waits again for somebody to take it, unless another one is open; it is passed on at
/// `next_step_at`. One about silence alone does not: that is counted anew.
pub fn open_alert_again(
    tx: &mut Tx<'_>,
    (id, case): (AlertId, CaseId),
    next_step_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET taken_before_by = COALESCE(taken_by, taken_before_by), taken_by = NULL, taken_at = NULL,
                done_at = NULL, done_by = NULL, outcome = NULL, steps = 0, next_step_at = $3, version = version + 1
             WHERE id = $1 AND case_id = $2 AND outcome = 'in_error'
                AND (report_id IS NOT NULL OR notified IS NOT NULL)
                AND NOT EXISTS (SELECT 1 FROM alerts o WHERE o.case_id = $2 AND o.done_at IS NULL)"
        ),
        &[&id.uuid(), &case.uuid(), &At(next_step_at)],
    )?;
    Ok(())
}

/// How a contact was followed who became a case since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsContact {
    /// The day of the last contact, also of those that were noted since.
    pub met_on: Date,
    /// The day on which the contact was registered; none where a release before this one made them a case.
    pub registered_on: Option<Date>,
    /// The word of where the person was.
    pub status: Option<String>,
}

/// How a case was followed before it was one; none of whoever was registered as a case.
pub fn as_contact(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<AsContact>, Error> {
    let found = tx.query_opt(
        sql!(
            "SELECT c.contact_met_on, (SELECT max(l.last_contact_on) FROM contact_links l WHERE l.contact_id = c.id),
                c.contact_registered_on, c.contact_status
             FROM cases c WHERE c.id = $1 AND c.is_contact = 0 AND c.fell_ill_at IS NOT NULL"
        ),
        &[&case.uuid()],
        |row| Ok((row.day_opt(0)?, row.day_opt(1)?, row.day_opt(2)?, row.get(3)?)),
    )?;
    Ok(
        found.and_then(|(met_on, linked_on, registered_on, status)| {
            Some(AsContact {
                met_on: met_on.into_iter().chain(linked_on).max()?,
                registered_on,
                status,
            })
        }),
    )
}

/// A case is a contact again, who is not ill. `version` must be the one that was looked at.
pub fn contact_again(
    tx: &mut Tx<'_>,
    (case, version): (CaseId, i32),
    (met_on, registered_on): (Date, Date),
    review_from: Option<Date>,
    now: Timestamp,
) -> Result<bool, Error> {
    let became = tx.execute(
        sql!(
            "UPDATE cases SET is_contact = 1, fell_ill_at = NULL, diagnosed_on = $3, onset_on = NULL,
                contact_met_on = NULL, contact_registered_on = NULL, contact_status = NULL, version = version + 1
             WHERE id = $1 AND is_contact = 0 AND fell_ill_at IS NOT NULL AND in_error_at IS NULL AND version = $2"
        ),
        &[&case.uuid(), &version, &met_on],
    )?;
    if became == 0 {
        return Ok(false);
    }
    update(
        tx,
        sql!(
            "UPDATE monitoring SET is_case = 0, registered_on = $2, review_from = $3, changed_at = $4
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[&case.uuid(), &registered_on, &review_from, &At(now)],
    )?;
    Ok(true)
}

/// What stands of an end of following in the place of the word of a status, where it was that of a case, and the person is a
/// contact again, of whom no end counts.
pub const AS_CONTACT: &str = "contact";

/// Following somebody had ended who was a case then, and is a contact again ([`contact_again`]): figures counted that end.
pub fn end_counts_no_more(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO ends_taken_back (id, case_id, taken_back_at, status, ended_at, status_since)
             SELECT $1, case_id, $2, status, closed_at, $3 FROM monitoring
             WHERE case_id = $4 AND is_open = 0 AND closed_at IS NOT NULL AND status <> 'in_error'"
        ),
        &[&Uuid::now_v7(), &At(now), &AS_CONTACT, &case.uuid()],
    )?;
    Ok(())
}
