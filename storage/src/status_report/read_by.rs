//! Who has read reports, and for which center: the person is told, and must not read that a center has seen what another one saw.

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, ReportId, StaffId};
use jiff::Timestamp;

/// Notes that somebody at a center has opened a case's reports; the first opening of each stands, and beside it the first one at
/// the center that follows the person since.
pub fn opened(
    tx: &mut Tx<'_>,
    case: CaseId,
    (center, by): (HealthCenterId, StaffId),
    now: Timestamp,
) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE status_reports SET
                opened_for = CASE WHEN opened_at IS NULL THEN $4 ELSE opened_for END,
                opened_by = CASE WHEN opened_at IS NULL THEN $3 ELSE opened_by END,
                opened_again_at = CASE WHEN opened_at IS NULL THEN opened_again_at ELSE $2 END,
                opened_at = COALESCE(opened_at, $2)
             WHERE case_id = $1 AND (opened_at IS NULL OR (opened_for <> $4 AND opened_again_at IS NULL))"
        ),
        &[&case.uuid(), &At(now), &by.uuid(), &center.uuid()],
    )
}

/// Notes that whoever wrote a report down at the center has read it; the others of its case wait for somebody still.
pub fn opened_one(
    tx: &mut Tx<'_>,
    (case, id): (CaseId, ReportId),
    (center, by): (HealthCenterId, StaffId),
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE status_reports SET
                opened_for = CASE WHEN opened_at IS NULL THEN $5 ELSE opened_for END,
                opened_by = CASE WHEN opened_at IS NULL THEN $4 ELSE opened_by END,
                opened_again_at = CASE WHEN opened_at IS NULL THEN opened_again_at ELSE $3 END,
                opened_at = COALESCE(opened_at, $3)
             WHERE case_id = $1 AND id = $2
                AND (opened_at IS NULL OR (opened_for <> $5 AND opened_again_at IS NULL))"
        ),
        &[
            &case.uuid(),
            &id.uuid(),
            &At(now),
            &by.uuid(),
            &center.uuid(),
        ],
    )?;
    Ok(())
}

/// Notes whose hands a case's reports were in, before another center follows the person: nobody has opened them there. Nothing of
/// it is written while a report is taken, of which most never change hands.
pub(crate) fn handed_over(
    tx: &mut Tx<'_>,
    case: CaseId,
    from: HealthCenterId,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE status_reports SET
                received_by = COALESCE(received_by, $2),
                opened_for = CASE WHEN opened_at IS NULL THEN opened_for ELSE COALESCE(opened_for, $2) END,
                opened_again_at = NULL
             WHERE case_id = $1"
        ),
        &[&case.uuid(), &from.uuid()],
    )?;
    Ok(())
}
