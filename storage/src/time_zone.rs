//! The time zone of a health center, and the days that are kept by it.

use crate::engine::{At, Error, Tx};
use crate::monitoring::update;
use crate::sql;
use domain::ids::HealthCenterId;
use jiff::Timestamp;
use jiff::civil::Date;

/// Gives a center another time zone, an IANA name; whoever has its worklist open is told.
pub fn set(tx: &mut Tx<'_>, center: HealthCenterId, name: &str) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE health_centers SET time_zone = $2 WHERE id = $1"),
        &[&center.uuid(), &name],
    )?;
    tx.changes(center);
    Ok(())
}

/// A day between two midnights.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    /// The day.
    pub day: Date,
    /// Its first moment.
    pub from: Timestamp,
    /// The first one after it.
    pub to: Timestamp,
}

/// Who is expected to report to a center and was heard of within a day was heard of on it, whatever it had been called
/// before. No two time zones are more than a day apart, so nobody else is looked at.
pub fn heard_within(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    day: Day,
    now: Timestamp,
) -> Result<usize, Error> {
    let (before, after) = (day.day.yesterday(), day.day.tomorrow());
    update(
        tx,
        sql!(
            "UPDATE monitoring SET heard_on = $2, changed_at = $3
             WHERE health_center_id = $1 AND expects_reports = 1 AND (has_account = 1 OR reports > 0)
                AND heard_on >= $4 AND heard_on <= $5 AND heard_on <> $2
                AND COALESCE(measured_at, registered_at) >= $6 AND COALESCE(measured_at, registered_at) < $7
             RETURNING health_center_id"
        ),
        &[
            &center.uuid(),
            &day.day,
            &At(now),
            &before.unwrap_or(day.day),
            &after.unwrap_or(day.day),
            &At(day.from),
            &At(day.to),
        ],
    )
}
