//! The latest report of a case, carried in its row: written with every report.

use crate::engine::{At, Error, Param, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, ReportId};
use jiff::Timestamp;
use jiff::civil::Date;

/// The latest report of a case, for its latest state.
#[derive(Clone)]
pub struct Latest {
    /// The report.
    pub report: ReportId,
    /// When it was measured.
    pub measured_at: Timestamp,
    /// When a report was heard last: this one, or one of an earlier measurement that came after it.
    pub received_at: Timestamp,
    /// The day of the latest report that the person does not call wrong; where there is none, the day before their first one.
    pub heard_on: Date,
    /// Tenths of a degree Celsius.
    pub temperature: Option<i32>,
    /// Per cent.
    pub spo2: Option<i32>,
    /// The level of the report alone.
    pub level: i32,
    /// The level over the course.
    pub urgency: i32,
    /// Whether the person gets worse.
    pub worsening: bool,
    /// Why.
    pub reasons: serde_json::Value,
    /// When to look whether nothing more was heard; none: when it says already. Looking earlier than needed finds that
    /// something was heard, and puts it off; so the place among those who are to be looked at, a page of an index, is not
    /// written with each report.
    pub silence_look_at: Option<Timestamp>,
}

/// Makes a report the latest state of its case, which a center follows. `added`: how many reports there are more than
/// before. Nobody waits for it; the commit does.
pub fn set_latest(
    tx: &mut Tx<'_>,
    (case, center): (CaseId, Option<HealthCenterId>),
    latest: &Latest,
    added: i32,
    now: Timestamp,
) -> Result<(), Error> {
    let look_at = latest.silence_look_at.map(|at| at.as_second());
    let params: [&dyn Param; 14] = [
        &case.uuid(),
        &added,
        &latest.report.uuid(),
        &At(latest.measured_at),
        &At(latest.received_at),
        &latest.heard_on,
        &latest.temperature,
        &latest.spo2,
        &latest.level,
        &latest.urgency,
        &i32::from(latest.worsening),
        &latest.reasons,
        &At(now),
        &look_at,
    ];
    // SQLite writes an index anew whenever a statement sets a column of it, to whatever it is set.
    if look_at.is_none() {
        tx.tell(
            sql!(
                "UPDATE monitoring SET reports = reports + $2, report_id = $3, measured_at = $4, received_at = $5,
                    heard_on = $6, temperature = $7, spo2 = $8, level = $9, urgency = $10, worsening = $11, reasons = $12,
                    changed_at = $13
                 WHERE case_id = $1"
            ),
            &params[..13],
        )?;
    } else {
        tx.tell(
            sql!(
                "UPDATE monitoring SET reports = reports + $2, report_id = $3, measured_at = $4, received_at = $5,
                    heard_on = $6, temperature = $7, spo2 = $8, level = $9, urgency = $10, worsening = $11, reasons = $12,
                    changed_at = $13, silence_look_at = $14
                 WHERE case_id = $1"
            ),
            &params,
        )?;
    }
    if let Some(center) = center {
        tx.changes(center);
    }
    Ok(())
}
