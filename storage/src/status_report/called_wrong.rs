//! Reports that the person calls wrong, until the center has corrected them or left them as they are, or the person takes it back.

use super::ReportRow;
use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{CaseId, ReportId};
use jiff::Timestamp;

/// Notes that the person calls a report wrong, and why; a later word replaces an earlier one.
pub fn mark_wrong(
    tx: &mut Tx<'_>,
    case: CaseId,
    id: ReportId,
    why: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let marked = tx.execute(
        sql!(
            "UPDATE status_reports SET wrong_at = $3, wrong_why = $4 WHERE case_id = $1 AND id = $2"
        ),
        &[&case.uuid(), &id.uuid(), &At(now), &why],
    )?;
    Ok(marked == 1)
}

/// Notes that the person no longer calls a report wrong.
pub fn unmark_wrong(tx: &mut Tx<'_>, case: CaseId, id: ReportId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE status_reports SET wrong_at = NULL, wrong_why = NULL WHERE case_id = $1 AND id = $2"
        ),
        &[&case.uuid(), &id.uuid()],
    )?;
    Ok(())
}

/// Notes that the center leaves a report as it is which the person called wrong; tells whether nobody touched it meanwhile, and
/// it counts.
pub fn uphold(tx: &mut Tx<'_>, stands: &ReportRow, now: Timestamp) -> Result<bool, Error> {
    let upheld = tx.execute(
        sql!(
            "UPDATE status_reports SET upheld_at = $3, wrong_at = NULL, wrong_why = NULL
             WHERE case_id = $1 AND id = $2 AND corrected_at IS NOT DISTINCT FROM $4
                AND wrong_at IS NOT DISTINCT FROM $5 AND in_error_at IS NULL"
        ),
        &[
            &stands.case.uuid(),
            &stands.id.uuid(),
            &At(now),
            &stands.corrected_at.map(At),
            &stands.wrong_at.map(At),
        ],
    )?;
    Ok(upheld == 1)
}
