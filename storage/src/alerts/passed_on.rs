//! An alert that lies is passed on, step by step, and says whom that reached.

use super::{AlertRow, select_alerts, wait_where_followed};
use crate::engine::{At, Error, Tx};
use crate::{monitoring, sql};
use domain::ids::{AlertId, CaseId, HealthCenterId};
use jiff::Timestamp;

/// Alerts that are to be passed on until a moment, after the last one of those that were looked at before.
pub fn due(
    tx: &mut Tx<'_>,
    (after, last): (Timestamp, AlertId),
    until: Timestamp,
    limit: i64,
) -> Result<Vec<AlertRow>, Error> {
    tx.query(
        select_alerts!(
            "WHERE l.done_at IS NULL AND l.next_step_at IS NOT NULL AND l.next_step_at <= $1
                AND l.next_step_at >= $2 AND (l.next_step_at, l.id) > ($2, $3)
             ORDER BY l.next_step_at, l.id LIMIT $4"
        ),
        &[&At(until), &At(after), &last.uuid(), &limit],
        |row| AlertRow::from(&row),
    )
}

/// Alerts whose next moment lies later than any setting puts one are due now: the clock was ahead when it was written. Tells
/// how many.
pub fn bring_near(tx: &mut Tx<'_>, latest: Timestamp, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!("UPDATE alerts SET next_step_at = $2 WHERE done_at IS NULL AND next_step_at > $1"),
        &[&At(latest), &At(now)],
    )
}

/// Whether there are such alerts.
pub fn are_far(tx: &mut Tx<'_>, latest: Timestamp) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!("SELECT id FROM alerts WHERE done_at IS NULL AND next_step_at > $1 LIMIT 1"),
        &[&At(latest)],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Cases whose alert is due and waits at another center than the one that follows them: a node of release 0.2 that runs beside opens
/// those again where they had ended.
pub fn astray(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<CaseId>, Error> {
    tx.query(
        sql!(
            "SELECT l.case_id FROM alerts l
             WHERE l.done_at IS NULL AND l.next_step_at IS NOT NULL AND l.next_step_at <= $1
                AND l.health_center_id <> (SELECT m.health_center_id FROM monitoring m WHERE m.case_id = l.case_id)
             ORDER BY l.next_step_at LIMIT $2"
        ),
        &[&At(now), &limit],
        |row| Ok(CaseId::from_uuid(row.get(0)?)),
    )
}

/// The open alert of a case waits where the case is followed, and is passed on there at once. Tells whether it waited elsewhere.
pub fn bring_home(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<bool, Error> {
    monitoring::hold(tx, case)?;
    if !wait_where_followed(tx, case)? {
        return Ok(false);
    }
    tx.execute(
        sql!(
            "UPDATE alerts SET steps = 0, next_step_at = $2 WHERE case_id = $1 AND done_at IS NULL"
        ),
        &[&case.uuid(), &At(now)],
    )?;
    monitoring::touch(tx, case, now)?;
    Ok(true)
}

/// Notes that an alert was passed on, unless somebody has taken it, written about it or passed it on since it was read with
/// so many steps and that moment of the next one; of two processes that do it at once, one gets `true`.
pub fn passed_on(
    tx: &mut Tx<'_>,
    id: AlertId,
    (steps, step_at): (i32, Timestamp),
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    let passed = tx.execute(
        sql!(
            "UPDATE alerts SET steps = steps + 1, next_step_at = $3
             WHERE id = $1 AND steps = $2 AND done_at IS NULL AND next_step_at = $4"
        ),
        &[&id.uuid(), &steps, &At(next_step_at), &At(step_at)],
    )?;
    Ok(passed == 1)
}

/// How many people the passing on reached, and when the next one is.
pub fn told(
    tx: &mut Tx<'_>,
    id: AlertId,
    people: i32,
    next_step_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE alerts SET told = $2, next_step_at = $3 WHERE id = $1"),
        &[&id.uuid(), &people, &At(next_step_at)],
    )?;
    Ok(())
}

/// Open alerts of a center that nobody has taken and that have waited since at the latest this moment.
pub fn count_waiting(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    since: Timestamp,
) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM alerts WHERE health_center_id = $1 AND done_at IS NULL AND taken_by IS NULL
                AND waiting_since <= $2"
        ),
        &[&center.uuid(), &At(since)],
        |row| row.get(0),
    )
}

/// Open alerts of a center that somebody took at the latest at this moment.
pub fn count_taken(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    since: Timestamp,
) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM alerts WHERE health_center_id = $1 AND done_at IS NULL AND taken_at <= $2"
        ),
        &[&center.uuid(), &At(since)],
        |row| row.get(0),
    )
}
