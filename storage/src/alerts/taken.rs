//! Who has an alert: it is taken, given back, and ended with what was done.

use super::{AlertRow, select_alerts};
use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{AlertId, CaseId, HealthCenterId, StaffId};
use jiff::Timestamp;

/// The name of whoever ended an alert; none while it is open, and where nobody did.
pub fn ended_by(tx: &mut Tx<'_>, id: AlertId) -> Result<Option<String>, Error> {
    tx.query_opt(
        sql!(
            "SELECT s.name FROM alerts l JOIN staff_members s ON s.id = l.done_by
             WHERE l.id = $1 AND l.done_at IS NOT NULL"
        ),
        &[&id.uuid()],
        |row| row.get(0),
    )
}

/// Takes an alert that nobody has; of two who take it at once, one gets `true`. Without a word until `next_step_at`, it
/// is told again.
pub fn take(
    tx: &mut Tx<'_>,
    id: AlertId,
    by: StaffId,
    now: Timestamp,
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    let taken = tx.execute(
        sql!(
            "UPDATE alerts SET taken_by = $2, taken_at = $3, first_taken_at = COALESCE(first_taken_at, $3),
                steps = 0, next_step_at = $4, version = version + 1
             WHERE id = $1 AND taken_by IS NULL AND done_at IS NULL"
        ),
        &[&id.uuid(), &by.uuid(), &At(now), &At(next_step_at)],
    )?;
    Ok(taken == 1)
}

/// Takes an alert over from the colleague who has it, if it is as it was looked at; of two who do so at once, one gets
/// `true`.
pub fn take_over(
    tx: &mut Tx<'_>,
    id: AlertId,
    (by, version): (StaffId, i32),
    now: Timestamp,
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    let taken = tx.execute(
        sql!(
            "UPDATE alerts SET taken_before_by = taken_by, taken_by = $2, taken_at = $3, steps = 0, next_step_at = $4,
                version = version + 1
             WHERE id = $1 AND version = $5 AND taken_by <> $2 AND done_at IS NULL"
        ),
        &[
            &id.uuid(),
            &by.uuid(),
            &At(now),
            &At(next_step_at),
            &version,
        ],
    )?;
    Ok(taken == 1)
}

/// The open alerts that a staff member has, wherever.
pub fn taken_by(tx: &mut Tx<'_>, staff: StaffId) -> Result<Vec<AlertRow>, Error> {
    tx.query(
        select_alerts!("WHERE l.taken_by = $1 AND l.done_at IS NULL ORDER BY l.raised_at, l.id"),
        &[&staff.uuid()],
        |row| AlertRow::from(&row),
    )
}

/// Somebody has written a word about a case: an alert that somebody has is not told again before `next_step_at`.
pub fn heard_of(tx: &mut Tx<'_>, case: CaseId, next_step_at: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET steps = 0, next_step_at = $2
             WHERE case_id = $1 AND done_at IS NULL AND taken_by IS NOT NULL"
        ),
        &[&case.uuid(), &At(next_step_at)],
    )?;
    Ok(())
}

/// Gives an alert back that this staff member has: it waits again, since `waiting_since`.
pub fn give_back(
    tx: &mut Tx<'_>,
    id: AlertId,
    by: StaffId,
    waiting_since: Timestamp,
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    let given = tx.execute(
        sql!(
            "UPDATE alerts SET taken_by = NULL, taken_at = NULL, taken_before_by = $2, waiting_since = $3, steps = 0,
                next_step_at = $4, version = version + 1
             WHERE id = $1 AND taken_by = $2 AND done_at IS NULL"
        ),
        &[
            &id.uuid(),
            &by.uuid(),
            &At(waiting_since),
            &At(next_step_at),
        ],
    )?;
    Ok(given == 1)
}

/// Ends an alert with what was done; `version` must be the one that was looked at, so that nobody ends an alert whose
/// last report they have not seen.
pub fn finish(
    tx: &mut Tx<'_>,
    id: AlertId,
    by: StaffId,
    outcome: &str,
    version: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = tx.execute(
        sql!(
            "UPDATE alerts SET done_by = $2, done_at = $3, outcome = $4, next_step_at = NULL,
                taken_by = COALESCE(taken_by, $2), taken_at = COALESCE(taken_at, $3),
                first_taken_at = COALESCE(first_taken_at, $3), version = version + 1
             WHERE id = $1 AND done_at IS NULL AND version = $5"
        ),
        &[&id.uuid(), &by.uuid(), &At(now), &outcome, &version],
    )?;
    Ok(done == 1)
}

/// Ends an alert that was none: what its reports say was corrected. Nobody took it by that, and if nobody had before, it
/// counts nowhere as one that waited. `version` as for [`finish`].
pub fn end_as_corrected(
    tx: &mut Tx<'_>,
    id: AlertId,
    by: StaffId,
    version: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = tx.execute(
        sql!(
            "UPDATE alerts SET done_by = $2, done_at = $3, outcome = 'corrected', next_step_at = NULL,
                version = version + 1
             WHERE id = $1 AND done_at IS NULL AND version = $4"
        ),
        &[&id.uuid(), &by.uuid(), &At(now), &version],
    )?;
    Ok(done == 1)
}

/// When somebody last wrote what was done about an alert of a case; what was reported until then is answered.
pub fn last_answered(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Timestamp>, Error> {
    Ok(last_answered_by(tx, case)?.map(|(at, _)| at))
}

/// The same, with the center that followed the person then: what is done stays with it.
pub fn last_answered_by(
    tx: &mut Tx<'_>,
    case: CaseId,
) -> Result<Option<(Timestamp, HealthCenterId)>, Error> {
    tx.query_opt(
        sql!(
            "SELECT done_at, health_center_id FROM alerts
             WHERE case_id = $1 AND done_at IS NOT NULL AND done_by IS NOT NULL AND outcome NOT IN ('corrected', 'merged')
             ORDER BY done_at DESC, id DESC LIMIT 1"
        ),
        &[&case.uuid()],
        |row| Ok((row.at(0)?, HealthCenterId::from_uuid(row.get(1)?))),
    )
}
