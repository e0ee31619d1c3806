//! Two open alerts become one, of which nobody overlooks anything.

use super::{Moved, Stood, move_rows};
use crate::alerts::{self, AlertRow};
use crate::engine::{Error, Tx};
use crate::sql;
use domain::ids::CaseId;
use jiff::Timestamp;

/// An open alert is never lost: it goes over, or is joined with the one of the kept case, whose clock is then the older one.
/// Somebody who has the one has not seen the other: where nobody has the merged one, or it is more urgent, the joined one
/// waits again, and is passed on as soon as the sooner of the two would have been. It says why of the more urgent one.
pub(super) fn join_alerts(
    tx: &mut Tx<'_>,
    (merged, kept): (CaseId, CaseId),
    next_step_at: Timestamp,
    moved: &mut Moved,
) -> Result<(), Error> {
    // Whoever takes one of them this very moment is waited for.
    tx.execute(
        sql!("UPDATE alerts SET version = version WHERE case_id IN ($1, $2) AND done_at IS NULL"),
        &[&merged.uuid(), &kept.uuid()],
    )?;
    let of_merged = alerts::open_of_case(tx, merged)?;
    let of_kept = alerts::open_of_case(tx, kept)?;
    if let (Some(of_merged), Some(of_kept)) = (of_merged, of_kept) {
        moved.stood = Some(Stood {
            alert: of_kept.id.uuid(),
            report: of_kept.report.map(|report| report.uuid()),
            level: of_kept.level,
            reasons: of_kept.reasons.clone(),
            notified: of_kept.notified.clone(),
            times: of_kept.times,
            last_at: of_kept.last_at,
        });
        moved.joined_alert = Some(of_merged.id.uuid());
        tx.execute(
            sql!(
                "UPDATE alerts SET done_at = last_at, outcome = 'merged', next_step_at = NULL, version = version + 1
                 WHERE id = $1"
            ),
            &[&of_merged.id.uuid()],
        )?;
        alerts::write(tx, &joined(&of_kept, &of_merged, next_step_at))?;
    }
    moved.alerts = move_rows!(tx, "alerts", merged, kept);
    Ok(())
}

/// What becomes of the open alert of a kept case that takes in the one of the merged case.
fn joined(kept: &AlertRow, merged: &AlertRow, next_step_at: Timestamp) -> AlertRow {
    let is_worse = merged.level > kept.level;
    let says = match is_worse || merged.level == kept.level && merged.last_at > kept.last_at {
        true => merged,
        false => kept,
    };
    // Whoever has both has seen both.
    let is_news = merged.taken_by.is_none() || is_worse && merged.taken_by != kept.taken_by;
    let both = [kept.next_step_at, merged.next_step_at];
    let sooner = both.into_iter().flatten().min();
    let mut alert = AlertRow {
        report: says.report,
        level: kept.level.max(merged.level),
        reasons: says.reasons.clone(),
        notified: AlertRow::notified_of_both(kept.notified.as_ref(), merged.notified.as_ref()),
        times: kept.times + merged.times,
        raised_at: kept.raised_at.min(merged.raised_at),
        tells_since: Some(kept.tells_from().min(merged.tells_from())),
        last_at: kept.last_at.max(merged.last_at),
        waiting_since: kept.waiting_since.min(merged.waiting_since),
        ..kept.clone()
    };
    if is_news {
        // Of two that nobody has the clock goes on.
        alert.next_step_at = sooner;
        if kept.taken_by.is_some() || merged.taken_by.is_some() {
            let soon = sooner.map_or(next_step_at, |at| at.min(next_step_at));
            alert.next_step_at = Some(soon);
        }
        if kept.taken_by.is_some() {
            alert.steps = 0;
        }
        let of_worse = merged.taken_by.filter(|_| is_worse);
        alert.taken_before_by = of_worse.or(kept.taken_by).or(kept.taken_before_by);
        alert.taken_by = None;
        alert.taken_at = None;
    }
    alert
}
