//! An open alert says something else: its reports were corrected, or its record was joined with another one or parted.

use super::AlertRow;
use crate::engine::{At, Error, Tx};
use crate::merge::Stood;
use crate::sql;
use domain::ids::{AlertId, CaseId, ReportId};
use domain::urgency::Level;
use jiff::Timestamp;

/// What the reports behind an alert say after one of them was corrected.
pub struct Reassessed {
    /// The latest alarming one.
    pub report: ReportId,
    /// The highest level.
    pub level: i32,
    /// Why, of the latest of those with that level.
    pub reasons: serde_json::Value,
    /// How many are alarming.
    pub times: i32,
    /// When the earliest of them came; none where there are none.
    pub since: Option<Timestamp>,
    /// When the latest of them came.
    pub last_at: Timestamp,
    /// Where it is worse than whoever has the alert was told: when it is passed on if nobody takes it again. Its clock goes
    /// on. Otherwise nobody loses it, and it is passed on when it would have been.
    pub tell_again_at: Option<Timestamp>,
}

/// Writes what the reports behind an open alert say now.
pub fn reassess(tx: &mut Tx<'_>, id: AlertId, says: &Reassessed) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET report_id = $2, level = $3, reasons = $4, times = $5, last_at = $6,
                tells_since = CASE WHEN $7 < COALESCE(tells_since, raised_at) THEN $7 ELSE tells_since END,
                version = version + 1
             WHERE id = $1 AND done_at IS NULL"
        ),
        &[
            &id.uuid(),
            &says.report.uuid(),
            &says.level,
            &says.reasons,
            &says.times,
            &At(says.last_at),
            &says.since.map(At),
        ],
    )?;
    if let Some(at) = says.tell_again_at {
        tx.execute(
            // One that nobody has taken goes on as it was: nobody is told later because of something worse.
            sql!(
                "UPDATE alerts SET taken_before_by = COALESCE(taken_by, taken_before_by), taken_by = NULL,
                    taken_at = NULL, steps = CASE WHEN taken_by IS NULL THEN steps ELSE 0 END,
                    next_step_at = CASE WHEN taken_by IS NULL THEN next_step_at ELSE $2 END
                 WHERE id = $1 AND done_at IS NULL"
            ),
            &[&id.uuid(), &At(at)],
        )?;
    }
    Ok(())
}

/// Writes what an open alert says and who has it, as it became by joining another one with it.
pub(crate) fn write(tx: &mut Tx<'_>, alert: &AlertRow) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET report_id = $2, level = $3, reasons = $4, notified = $5, times = $6, raised_at = $7,
                last_at = $8, waiting_since = $9, taken_by = $10, taken_at = $11, taken_before_by = $12, steps = $13,
                next_step_at = $14, tells_since = $15, version = version + 1
             WHERE id = $1 AND done_at IS NULL"
        ),
        &[
            &alert.id.uuid(),
            &alert.report.map(|report| report.uuid()),
            &alert.level,
            &alert.reasons,
            &alert.notified,
            &alert.times,
            &At(alert.raised_at),
            &At(alert.last_at),
            &At(alert.waiting_since),
            &alert.taken_by.map(|staff| staff.uuid()),
            &alert.taken_at.map(At),
            &alert.taken_before_by.map(|staff| staff.uuid()),
            &alert.steps,
            &alert.next_step_at.map(At),
            &alert.tells_since.map(At),
        ],
    )?;
    Ok(())
}

/// An open alert says again what it said before another one was joined with it; who has it, and its clock, stay. What was notified
/// since is said of neither of the two as they were, and stays with it.
pub fn says_again(
    tx: &mut Tx<'_>,
    open: &AlertRow,
    stood: &Stood,
    joined: Option<AlertId>,
) -> Result<(), Error> {
    let of_joined = match joined {
        Some(joined) => super::find(tx, joined)?.and_then(|joined| joined.notified),
        None => None,
    };
    let both = AlertRow::notified_of_both(stood.notified.as_ref(), of_joined.as_ref());
    let both = both.as_ref().and_then(|said| said.as_array());
    let all = open.notified.as_ref().and_then(|said| said.as_array());
    let since = all.into_iter().flatten();
    let since = since.filter(|why| both.is_none_or(|both| !both.contains(why)));
    let since = serde_json::Value::Array(since.cloned().collect());
    let notified = AlertRow::notified_of_both(stood.notified.as_ref(), Some(&since));
    tx.execute(
        sql!(
            "UPDATE alerts SET report_id = $2, level = $3, reasons = $4, notified = $5, times = $6, last_at = $7,
                version = version + 1
             WHERE id = $1 AND done_at IS NULL"
        ),
        &[
            &stood.alert,
            &stood.report,
            &stood.level,
            &stood.reasons,
            &notified,
            &stood.times,
            &At(stood.last_at),
        ],
    )?;
    Ok(())
}

/// None of the reports behind an open alert is alarming any more, and what a notification says stays.
pub fn only_notified(tx: &mut Tx<'_>, id: AlertId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET report_id = NULL, level = $2, reasons = $3, times = 0, version = version + 1
             WHERE id = $1 AND done_at IS NULL"
        ),
        &[
            &id.uuid(),
            &Level::Alarming.number(),
            &serde_json::Value::Array(Vec::new()),
        ],
    )?;
    Ok(())
}

/// An open alert turns out to be of another case, which has none.
pub fn move_to(tx: &mut Tx<'_>, id: AlertId, case: CaseId) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE alerts SET case_id = $2, version = version + 1 WHERE id = $1"),
        &[&id.uuid(), &case.uuid()],
    )?;
    Ok(())
}

/// An alert that ended before its case was given away, and that is open again, waits at the center that follows the case now.
/// Whoever has it, or had it, is of the one that gave the case away: nobody has taken it here. Tells whether one waited elsewhere.
pub(crate) fn wait_where_followed(tx: &mut Tx<'_>, case: CaseId) -> Result<bool, Error> {
    let moved = tx.execute(
        sql!(
            "UPDATE alerts SET health_center_id = (SELECT m.health_center_id FROM monitoring m WHERE m.case_id = $1),
                taken_by = NULL, taken_at = NULL, taken_before_by = NULL, version = version + 1
             WHERE case_id = $1 AND done_at IS NULL
                AND health_center_id <> (SELECT m.health_center_id FROM monitoring m WHERE m.case_id = $1)"
        ),
        &[&case.uuid()],
    )?;
    Ok(moved > 0)
}

/// An alert of a case that was joined with one of another case stands by itself again where the case is followed, and is passed
/// on at that moment if nobody takes it. Tells whether it does.
pub fn part_again(
    tx: &mut Tx<'_>,
    id: AlertId,
    case: CaseId,
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    let parted = tx.execute(
        sql!(
            "UPDATE alerts SET done_at = NULL, outcome = NULL, steps = 0, next_step_at = $3, version = version + 1
             WHERE id = $1 AND case_id = $2 AND outcome = 'merged'
                AND NOT EXISTS (SELECT 1 FROM alerts o WHERE o.case_id = $2 AND o.done_at IS NULL)"
        ),
        &[&id.uuid(), &case.uuid(), &At(next_step_at)],
    )?;
    wait_where_followed(tx, case)?;
    Ok(parted == 1)
}
