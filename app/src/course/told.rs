//! Of which reports an open alert tells.

use domain::ids::{CaseId, ReportId};
use jiff::Timestamp;
use storage::Tx;
use storage::alerts::{self, AlertRow};
use storage::status_report::ReportRow;

/// Of which reports an open alert tells: of those that have come since it was raised, and where a correction, or a report of an
/// earlier measurement, raised it, of the one that this made worse, however long ago that came.
pub(super) struct Told {
    report: Option<ReportId>,
    raised_at: Timestamp,
    since: Timestamp,
    answered_until: Option<Timestamp>,
}

impl Told {
    /// By what has been answered under the alert's own record.
    pub(super) fn of(tx: &mut Tx<'_>, open: &AlertRow) -> Result<Told, storage::Error> {
        Told::of_record(tx, open, open.case)
    }

    /// By what has been answered under a record.
    pub(super) fn of_record(
        tx: &mut Tx<'_>,
        open: &AlertRow,
        case: CaseId,
    ) -> Result<Told, storage::Error> {
        Ok(Told {
            report: open.report,
            raised_at: open.raised_at,
            since: open.tells_from(),
            answered_until: alerts::last_answered(tx, case)?,
        })
    }

    /// Whether it tells of a report, if that is alarming.
    pub(super) fn tells(&self, row: &ReportRow) -> bool {
        row.received_at >= self.raised_at || self.tells_of_either(row)
    }

    /// The same of a report of a record that was one with another one: the alert may be that one's, and what came since it was
    /// raised may have been answered under this one.
    pub(super) fn tells_of_either(&self, row: &ReportRow) -> bool {
        let came = row.received_at;
        // What came between that one and the alert may have been answered already.
        self.report == Some(row.id)
            || came == self.since
            || came > self.since && !self.is_answered(row)
    }

    /// Whether somebody has written what was done since it came.
    pub(super) fn is_answered(&self, row: &ReportRow) -> bool {
        self.answered_until
            .is_some_and(|until| row.received_at <= until)
    }
}
