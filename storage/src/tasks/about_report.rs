//! Tasks about one report, by the record and the report: the id of a report is the key of its form, and one form may have been
//! sent for two people.

use crate::engine::{Asked, At, Error, Tx};
use crate::sql;
use domain::ids::{CaseId, ReportId, StaffId};
use jiff::Timestamp;

/// By what the open task of a kind about a report is known, whoever has put it: a release before knew it otherwise, and after a
/// merge it is of another record, or the report has another id.
pub fn known_as(
    tx: &mut Tx<'_>,
    case: CaseId,
    (report, kind): (ReportId, &str),
) -> Result<Option<Vec<u8>>, Error> {
    tx.query_opt(
        sql!(
            "SELECT same_as FROM tasks WHERE case_id = $1 AND report_id = $2 AND kind = $3 AND done_at IS NULL
             ORDER BY created_at, id LIMIT 1"
        ),
        &[&case.uuid(), &report.uuid(), &kind],
        |row| row.get(0),
    )
}

/// Ends the open tasks of a kind about a report, because what they asked for came about by itself.
pub fn settle_about(
    tx: &mut Tx<'_>,
    case: CaseId,
    (report, kind): (ReportId, &str),
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE tasks SET done_at = $3
             WHERE case_id = $1 AND report_id = $2 AND kind = $4 AND done_at IS NULL"
        ),
        &[&case.uuid(), &report.uuid(), &At(now), &kind],
    )?;
    Ok(())
}

/// Ends the open task of a kind about a report: what it asked for was done. Of a report may stand several, of which one that is
/// done leaves the others.
pub fn finish_about(
    tx: &mut Tx<'_>,
    case: CaseId,
    (report, kind): (ReportId, &str),
    by: StaffId,
    (note, now): (&str, Timestamp),
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE tasks SET done_at = $3, done_by = $4, done_note = $5
             WHERE case_id = $1 AND report_id = $2 AND kind = $6 AND done_at IS NULL"
        ),
        &[
            &case.uuid(),
            &report.uuid(),
            &At(now),
            &by.uuid(),
            &note,
            &kind,
        ],
    )?;
    Ok(())
}

/// Whether a task of this kind about a report ended with such a note at that moment.
pub fn is_ended_with(
    tx: &mut Tx<'_>,
    case: CaseId,
    (report, kind): (ReportId, &str),
    (note, at): (&str, Timestamp),
) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!(
            "SELECT 1 FROM tasks WHERE case_id = $1 AND report_id = $2 AND kind = $3 AND done_note = $4 AND done_at = $5
             LIMIT 1"
        ),
        &[&case.uuid(), &report.uuid(), &kind, &note, &At(at)],
        |row| row.get::<i32>(0),
    )?;
    Ok(found.is_some())
}

/// The reports of a case, received since then, with a note that nobody has read and for which there was never a task of this
/// kind. Asked ahead.
pub fn ask_unlisted(
    tx: &mut Tx<'_>,
    case: CaseId,
    kind: &str,
    since: Timestamp,
) -> Result<Asked<ReportId>, Error> {
    tx.ask(
        sql!(
            "SELECT r.id FROM status_reports r
             WHERE r.case_id = $1 AND r.received_at >= $3 AND r.note <> '' AND r.opened_at IS NULL
                AND r.wrong_at IS NULL AND r.in_error_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.case_id = $1 AND t.report_id = r.id AND t.kind = $2)"
        ),
        &[&case.uuid(), &kind, &At(since)],
        |row| Ok(ReportId::from_uuid(row.get(0)?)),
    )
}
