//! What staff decide about following a case, and whom they called.

use super::{read_risks, update};
use crate::engine::{At, Error, Row, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// What staff decide about following a case.
#[derive(Clone)]
pub struct Decided {
    /// The word of the status.
    pub status: String,
    /// Whether it is open.
    pub is_open: bool,
    /// Whether reports are expected.
    pub expects_reports: bool,
    /// The conditions that put the person at risk.
    pub risks: Vec<String>,
    /// Who looks after the case.
    pub assigned_to: Option<StaffId>,
    /// When to call next.
    pub next_call_at: Option<Timestamp>,
    /// From when on a release is to be looked at.
    pub review_from: Option<Date>,
}

/// Writes what staff decided; `version` must be the one that was looked at. Silence begins anew for whoever is expected
/// to report again, and ends for whoever never did and is not expected to any more. Whose end is another one than was noted
/// (somebody who was released has died) is followed no more since this moment. An end that is taken back is kept for figures, in which
/// it was counted. What waits in the outbox to ask
/// somebody who is not asked any more is withdrawn, and so is the offer to another center of somebody who is followed no more.
pub fn decide(
    tx: &mut Tx<'_>,
    case: CaseId,
    decided: &Decided,
    version: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    // Of one that is none by now a release before it counted, too.
    tx.execute(
        sql!(
            "INSERT INTO ends_taken_back (id, case_id, taken_back_at, status, ended_at, status_since)
             SELECT $1, m.case_id, $2, m.status, m.closed_at, $3 FROM monitoring m JOIN cases c ON c.id = m.case_id
             WHERE m.case_id = $4 AND m.version = $5 AND m.status <> $3 AND m.status <> 'in_error'
                AND m.is_open = 0 AND m.closed_at IS NOT NULL AND c.merged_into IS NULL
                AND (m.is_case = 1 OR ($3 = 'in_error' AND c.is_contact = 0))"
        ),
        &[
            &Uuid::now_v7(),
            &At(now),
            &decided.status,
            &case.uuid(),
            &version,
        ],
    )?;
    let set = update(
        tx,
        sql!(
            "UPDATE monitoring SET status = $2, is_open = $3, expects_reports = $4, risks = $5, assigned_to = $6,
                next_call_at = $7, review_from = $8, changed_at = $9, version = version + 1,
                heard_since = CASE WHEN expects_reports = 0 AND $4 = 1 THEN $11 ELSE heard_since END,
                silence_look_at = $11,
                urgency = CASE WHEN $4 = 0 AND reports = 0 THEN 0 ELSE urgency END,
                reasons = CASE WHEN $4 = 0 AND reports = 0 THEN $12 ELSE reasons END,
                closed_at = CASE WHEN $3 = 1 THEN NULL
                    WHEN status <> $2 AND status <> 'in_error' AND $2 <> 'in_error' THEN $9
                    ELSE COALESCE(closed_at, $9) END,
                purge_told_at = CASE WHEN $3 = 1 OR status <> $2 THEN NULL ELSE purge_told_at END
             WHERE case_id = $1 AND version = $10 RETURNING health_center_id"
        ),
        &[
            &case.uuid(),
            &decided.status,
            &i32::from(decided.is_open),
            &i32::from(decided.expects_reports),
            &decided.risks.join(","),
            &decided.assigned_to.map(|s| s.uuid()),
            &decided.next_call_at.map(At),
            &decided.review_from,
            &At(now),
            &version,
            &now.as_second(),
            &serde_json::Value::Array(Vec::new()),
        ],
    )?;
    if set == 1 && !decided.is_open {
        crate::outbox::withdraw_all_about(tx, case, now)?;
        crate::transfer::withdraw_of(tx, case, now)?;
    }
    if set == 1 && !decided.expects_reports {
        crate::outbox::withdraw_reminders(tx, case, now)?;
    }
    Ok(set == 1)
}

/// Following a closed case ended at this moment, which another record of the same person says, and not when it was entered here.
pub fn ended_at(tx: &mut Tx<'_>, case: CaseId, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE monitoring SET closed_at = $2 WHERE case_id = $1 AND is_open = 0"),
        &[&case.uuid(), &At(at)],
    )?;
    Ok(())
}

/// The end of a closed case stands again as it was before it was taken back, or said by another record to be another one: it counts
/// on its day, and no figure is told to have changed by it.
pub fn ended_again(tx: &mut Tx<'_>, case: CaseId, at: Timestamp) -> Result<(), Error> {
    ended_at(tx, case, at)?;
    tx.execute(
        sql!("DELETE FROM ends_taken_back WHERE case_id = $1 AND ended_at = $2"),
        &[&case.uuid(), &At(at)],
    )?;
    Ok(())
}

/// Who looks after a case from now on; none: nobody in particular. Of what else was decided nothing changes.
pub fn assign(
    tx: &mut Tx<'_>,
    case: CaseId,
    to: Option<StaffId>,
    now: Timestamp,
) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET assigned_to = $2, changed_at = $3, version = version + 1
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[&case.uuid(), &to.map(StaffId::uuid), &At(now)],
    )?;
    Ok(())
}

/// Somebody called or visited: the outcome, and whether it reached nobody. Whoever was reached was heard of; who can be heard
/// of in no other way, on that day.
pub fn called(
    tx: &mut Tx<'_>,
    case: CaseId,
    (outcome, reached_nobody): (&str, bool),
    (now, today): (Timestamp, Date),
) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET called_at = $2, call_outcome = $3, changed_at = $2,
                unanswered = CASE WHEN $4 = 1 THEN unanswered + 1 ELSE 0 END,
                heard_since = CASE WHEN $4 = 1 THEN heard_since ELSE $5 END,
                heard_on = CASE WHEN $4 = 0 AND has_account = 0 AND reports = 0 AND heard_on < $6 THEN $6
                    ELSE heard_on END,
                silence_look_at = CASE WHEN $4 = 1 THEN silence_look_at ELSE $5 END
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[
            &case.uuid(),
            &At(now),
            &outcome,
            &i32::from(reached_nobody),
            &now.as_second(),
            &today,
        ],
    )?;
    Ok(())
}

/// When to call next; none: no call is due.
pub fn set_next_call(
    tx: &mut Tx<'_>,
    case: CaseId,
    next_call_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET next_call_at = $2, changed_at = $3 WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[&case.uuid(), &next_call_at.map(At), &At(now)],
    )?;
    Ok(())
}

/// Which call stands behind another one, that was planned for `at` where no line was written, since now.
pub fn set_behind(
    tx: &mut Tx<'_>,
    case: CaseId,
    (at, behind): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE monitoring SET behind_of = $2, call_behind = $3, behind_since = $4 WHERE case_id = $1"
        ),
        &[&case.uuid(), &At(at), &At(behind), &At(now)],
    )?;
    Ok(())
}

/// Which call was put behind the one that is planned for a moment, without a line, and since when it is.
pub fn behind(
    tx: &mut Tx<'_>,
    case: CaseId,
    at: Timestamp,
) -> Result<Option<(Timestamp, Timestamp)>, Error> {
    let found = tx.query_opt(
        sql!(
            "SELECT call_behind, behind_since FROM monitoring WHERE case_id = $1 AND behind_of = $2"
        ),
        &[&case.uuid(), &At(at)],
        |row| Ok(row.at_opt(0)?.zip(row.at_opt(1)?)),
    )?;
    Ok(found.flatten())
}

/// An open case whose release is to be looked at some day.
#[derive(Clone, Debug)]
pub struct ToReview {
    /// The case.
    pub case: CaseId,
    /// Its programme.
    pub programme: String,
    /// Its center.
    pub center: HealthCenterId,
    /// The first day of symptoms.
    pub onset_on: Option<Date>,
    /// The day of the diagnosis; of a contact, that of the last contact.
    pub diagnosed_on: Date,
    /// Whether it is a close contact.
    pub is_contact: bool,
    /// The word of where the person is.
    pub status: String,
    /// What puts the person at risk, and whether they live in a facility.
    pub risks: Vec<String>,
}

impl ToReview {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(ToReview {
            case: CaseId::from_uuid(row.get(0)?),
            programme: row.get(1)?,
            center: HealthCenterId::from_uuid(row.get(2)?),
            onset_on: row.get(3)?,
            diagnosed_on: row.get(4)?,
            is_contact: row.get::<i32>(5)? == 1,
            status: row.get(6)?,
            risks: read_risks(&row.get::<String>(7)?),
        })
    }
}

/// Open cases without a day on which a release is to be looked at.
pub fn without_review(tx: &mut Tx<'_>) -> Result<Vec<ToReview>, Error> {
    tx.query(
        sql!(
            "SELECT m.case_id, c.programme, m.health_center_id, c.onset_on, c.diagnosed_on, c.is_contact, m.status, m.risks FROM monitoring m JOIN cases c ON c.id = m.case_id
             WHERE m.is_open = 1 AND m.review_from IS NULL"
        ),
        &[],
        |row| ToReview::from(&row),
    )
}

/// The open cases of a center, each with the day on which a release is to be looked at as it stands.
pub fn reviews_of(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
) -> Result<Vec<(ToReview, Option<Date>)>, Error> {
    tx.query(
        sql!(
            "SELECT m.case_id, c.programme, m.health_center_id, c.onset_on, c.diagnosed_on, c.is_contact, m.status, m.risks, m.review_from
             FROM monitoring m JOIN cases c ON c.id = m.case_id WHERE m.health_center_id = $1 AND m.is_open = 1"
        ),
        &[&center.uuid()],
        |row| Ok((ToReview::from(&row)?, row.day_opt(8)?)),
    )
}

/// Puts the day of an open case of a center right by another rule, where it stands as it was read; tells whether it did.
pub fn follow_rule(
    tx: &mut Tx<'_>,
    (center, case): (HealthCenterId, CaseId),
    (stands, day): (Option<Date>, Date),
    now: Timestamp,
) -> Result<bool, Error> {
    let set = update(
        tx,
        sql!(
            "UPDATE monitoring SET review_from = $3, changed_at = $6
             WHERE case_id = $1 AND health_center_id = $2 AND is_open = 1
                AND (review_from = $4 OR (review_from IS NULL AND $5 = 1)) RETURNING health_center_id"
        ),
        &[
            &case.uuid(),
            &center.uuid(),
            &day,
            &stands,
            &i32::from(stands.is_none()),
            &At(now),
        ],
    )?;
    Ok(set == 1)
}

/// From when on a release is to be looked at.
pub fn set_review(tx: &mut Tx<'_>, case: CaseId, day: Option<Date>) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE monitoring SET review_from = $2 WHERE case_id = $1"),
        &[&case.uuid(), &day],
    )?;
    Ok(())
}
