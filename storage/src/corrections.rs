//! What was changed in a record: the old value, the new one, by whom, and why. Lines are never changed themselves.

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, StaffId};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A correction as stored.
#[derive(Clone)]
pub struct CorrectionRow {
    /// The case.
    pub case: CaseId,
    /// The id, which is also the idempotency key of its form.
    pub id: Uuid,
    /// `report`, `attributes`, `monitoring`, `hersys_id`.
    pub subject: String,
    /// Which report.
    pub subject_id: Option<Uuid>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: StaffId,
    /// Why, sealed.
    pub reason_sealed: Vec<u8>,
    /// What stood, sealed.
    pub before_sealed: Vec<u8>,
    /// What stands now, sealed.
    pub after_sealed: Vec<u8>,
    /// The name of whoever it was.
    pub by_name: String,
}

/// Adds a correction; tells whether its form had not been sent before.
pub fn insert(tx: &mut Tx<'_>, correction: &CorrectionRow) -> Result<bool, Error> {
    let added = tx.execute(
        sql!(
            "INSERT INTO corrections (case_id, id, subject, subject_id, at, by_staff, reason_sealed, before_sealed,
                after_sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (case_id, id) DO NOTHING"
        ),
        &[
            &correction.case.uuid(),
            &correction.id,
            &correction.subject,
            &correction.subject_id,
            &At(correction.at),
            &correction.by.uuid(),
            &correction.reason_sealed,
            &correction.before_sealed,
            &correction.after_sealed,
        ],
    )?;
    Ok(added == 1)
}

/// A case's corrections, the latest first.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<CorrectionRow>, Error> {
    tx.query(
        sql!(
            "SELECT k.case_id, k.id, k.subject, k.subject_id, k.at, k.by_staff, k.reason_sealed, k.before_sealed,
                k.after_sealed, COALESCE(s.name, '')
             FROM corrections k LEFT JOIN staff_members s ON s.id = k.by_staff
             WHERE k.case_id = $1 ORDER BY k.at DESC, k.id DESC"
        ),
        &[&case.uuid()],
        |row| {
            Ok(CorrectionRow {
                case: CaseId::from_uuid(row.get(0)?),
                id: row.get(1)?,
                subject: row.get(2)?,
                subject_id: row.get(3)?,
                at: row.at(4)?,
                by: StaffId::from_uuid(row.get(5)?),
                reason_sealed: row.get(6)?,
                before_sealed: row.get(7)?,
                after_sealed: row.get(8)?,
                by_name: row.get(9)?,
            })
        },
    )
}

/// How long before and after a correction what its author did tells where they worked.
const BESIDE: SignedDuration = SignedDuration::from_mins(1);

/// Whether a correction was made at another health center than this: by what the audit log says of where its author worked at that
/// moment, for they may have gone elsewhere since. Where it says nothing, it counts as made here.
pub fn is_of_another_center(
    tx: &mut Tx<'_>,
    line: &CorrectionRow,
    center: HealthCenterId,
) -> Result<bool, Error> {
    let theirs = tx.query_one(
        sql!(
            "SELECT min(CASE WHEN h.id <> $4 THEN 1 ELSE 0 END)
             FROM audit_log l LEFT JOIN health_centers h ON h.id = l.jurisdiction_id
             WHERE l.actor_id = $1 AND l.actor_kind = 'staff' AND l.at >= $2 AND l.at <= $3"
        ),
        &[
            &line.by.uuid(),
            &At(line.at - BESIDE),
            &At(line.at + BESIDE),
            &center.uuid(),
        ],
        |row| row.get::<Option<i32>>(0),
    )?;
    Ok(theirs == Some(1))
}

/// Takes a line out of a record into which another center has written it. It stands in that center's.
pub fn take_out(tx: &mut Tx<'_>, line: &CorrectionRow) -> Result<(), Error> {
    tx.execute(
        sql!("DELETE FROM corrections WHERE case_id = $1 AND id = $2"),
        &[&line.case.uuid(), &line.id],
    )?;
    Ok(())
}
