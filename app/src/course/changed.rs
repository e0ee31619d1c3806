//! Somebody is found to be alarming without a report: a notification tells of a risk, a birthdate is corrected, two records
//! become one. The reports were judged by what was known as they came, and nobody was told of them then.

use super::{json, raise};
use crate::rules::mark::JudgedBy;
use crate::silence::level_of_reports;
use domain::course::Course;
use domain::ids::AlertId;
use domain::monitoring::MonitoringStatus;
use jiff::Timestamp;
use storage::Tx;
use storage::alerts;
use storage::case_registration::CaseRow;
use storage::monitoring::MonitoringRow;
use storage::status_report::ReportRow;

/// Raises an alert about the latest report, where that is alarming now and was not as the row `stood`. Of whoever is followed no
/// more nobody is told, nor of what somebody has answered since it came; where an alert is open, somebody is asked to look as it
/// is.
pub(super) fn raise_if_worse(
    tx: &mut Tx<'_>,
    case: &CaseRow,
    stood: &MonitoringRow,
    (latest, (course, judged_by)): (&ReportRow, &(Course, JudgedBy)),
    told: (AlertId, Timestamp),
) -> Result<(), storage::Error> {
    let is_followed = MonitoringStatus::parse(&stood.status).is_none_or(MonitoringStatus::is_open);
    if !is_followed || !course.level.is_danger() || level_of_reports(stood).is_danger() {
        return Ok(());
    }
    if alerts::open_of_case(tx, case.id)?.is_some() {
        return Ok(());
    }
    let answered = alerts::last_answered(tx, case.id)?;
    if answered.is_some_and(|at| at >= latest.received_at) {
        return Ok(());
    }
    let said = (course.level, json(course, judged_by)?);
    raise(tx, case, (latest.id, latest.received_at), said, told)
}
