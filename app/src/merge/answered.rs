//! What was done about an alert while two records were one stands among the calls of the kept one. Once they are two again,
//! whose alert it was has it, too: nobody looks for it in the record of somebody else.

use crate::App;
use crate::audit::{self, with};
use crate::contact_log::{Contacted, Planned};
use domain::health_day::health_day;
use domain::ids::ContactId;
use domain::urgency::Level;
use jiff::Timestamp;
use storage::Tx;
use storage::alerts::{self, AlertRow};
use storage::audit::AuditEntry;
use storage::case_registration as cases;
use storage::contact_log::{self as lines, ContactRow, Did};
use storage::merge::MergeRow;
use storage::monitoring;
use storage::status_report::{self as reports, ReportRow};

/// Whether an alert that a line ended while two records were one told of the merged one as well.
fn tells_of_merged(
    merge: &MergeRow,
    alert: &AlertRow,
    (reports, answered_until): (&[ReportRow], Option<Timestamp>),
    ended_at: Timestamp,
) -> bool {
    let is_joined = |of_kept: uuid::Uuid| of_kept == alert.id.uuid();
    let is_told = |report: &ReportRow| {
        let is_alarming = report.level >= Level::Alarming.number();
        let is_open = answered_until.is_none_or(|until| report.received_at > until);
        let came = alert.tells_from() <= report.received_at && report.received_at <= ended_at;
        alert.report == Some(report.id) || is_alarming && is_open && came
    };
    alert.case == merge.merged
        || merge
            .moved
            .stood
            .as_ref()
            .is_some_and(|stood| is_joined(stood.alert))
        || reports.iter().any(is_told)
}

/// Writes into the merged record, which is parted again, each line that has ended an alert about its person meanwhile. Where an
/// ambulance was called nobody knows yet for whom of the two: somebody is to call at once.
pub(super) fn give_along(
    app: &App,
    tx: &mut Tx<'_>,
    merge: &MergeRow,
    (entry, now): (&AuditEntry, Timestamp),
) -> Result<(), storage::Error> {
    let merged = merge.merged;
    let Some(center) = cases::by_id(tx, merged)?.map(|row| row.center) else {
        return Ok(());
    };
    let zone = app.center_within(tx, center)?.time_zone.clone();
    let reports = reports::latest_of_case(tx, merged, usize::MAX)?;
    let answered_until = alerts::last_answered(tx, merged)?;
    let meanwhile = lines::of_case(tx, merge.kept)?;
    let meanwhile = meanwhile.into_iter().filter(|line| line.at >= merge.at);
    let meanwhile: Vec<ContactRow> = meanwhile.filter(|line| line.in_error.is_none()).collect();
    // The earliest first, so that the latest is the last that was done.
    for line in meanwhile.into_iter().rev() {
        let Some(id) = line.alert else { continue };
        let Some(alert) = alerts::find(tx, id)? else {
            continue;
        };
        if !tells_of_merged(merge, &alert, (&reports, answered_until), line.at) {
            continue;
        }
        let at = line.at;
        let copy = Contacted {
            row: ContactRow {
                case: merged,
                // Where they become one again both lines stand.
                id: ContactId::from_uuid(app.new_uuid()),
                alert: Some(id).filter(|_| alert.case == merged),
                did: Did::default(),
                ..line
            },
            next_call_at: None,
            planned: Planned::AsNamed,
            center,
            // What was promised of this record is left alone.
            for_center: false,
            today: health_day(at, &zone),
        };
        copy.write(tx, at)?;
        monitoring::touch(tx, merged, now)?;
        let entry = with(entry.clone(), &copy.row.outcome);
        audit::note(tx, app.keys(), &entry)?;
    }
    Ok(())
}
