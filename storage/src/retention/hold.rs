//! Legal holds: a record that must not be purged, by whom, why, and until when.

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{CaseId, StaffId};
use jiff::Timestamp;
use uuid::Uuid;

/// A hold as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRow {
    /// Its id.
    pub id: Uuid,
    /// Whose record.
    pub case: CaseId,
    /// Why, sealed.
    pub reason_sealed: Vec<u8>,
    /// When it was set.
    pub set_at: Timestamp,
    /// By whom.
    pub set_by: StaffId,
    /// The name of whoever it was.
    pub set_by_name: Option<String>,
    /// When it was lifted.
    pub lifted_at: Option<Timestamp>,
    /// The name of whoever lifted it.
    pub lifted_by_name: Option<String>,
    /// Why it was lifted, sealed.
    pub lifted_reason_sealed: Option<Vec<u8>>,
}

/// Holds a record; tells `false` where it is held already.
pub fn set(
    tx: &mut Tx<'_>,
    id: Uuid,
    case: CaseId,
    reason_sealed: &[u8],
    by: StaffId,
    now: Timestamp,
) -> Result<bool, Error> {
    let set = tx.execute(
        sql!(
            "INSERT INTO legal_holds (id, case_id, reason_sealed, set_at, set_by) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (case_id) WHERE lifted_at IS NULL DO NOTHING"
        ),
        &[&id, &case.uuid(), &reason_sealed, &At(now), &by.uuid()],
    )?;
    Ok(set == 1)
}

/// Lifts the hold of a record, whichever of its cases it was set on, and says why; tells `false` where it is not held. From then on the staff are told anew
/// before it is purged.
pub fn lift(
    tx: &mut Tx<'_>,
    case: CaseId,
    reason_sealed: &[u8],
    by: StaffId,
    now: Timestamp,
) -> Result<bool, Error> {
    let lifted = tx.execute(
        sql!(
            "UPDATE legal_holds SET lifted_at = $2, lifted_by = $3, lifted_reason_sealed = $4
             WHERE lifted_at IS NULL AND case_id IN (SELECT id FROM cases WHERE id = $1 OR merged_into = $1)"
        ),
        &[&case.uuid(), &At(now), &by.uuid(), &reason_sealed],
    )?;
    if lifted > 0 {
        tx.execute(
            sql!(
                "UPDATE monitoring SET purge_told_at = NULL
                 WHERE case_id = (SELECT COALESCE(merged_into, id) FROM cases WHERE id = $1)"
            ),
            &[&case.uuid()],
        )?;
    }
    Ok(lifted > 0)
}

/// The holds of a case and of those that were merged into it, the latest first.
pub fn holds_of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<HoldRow>, Error> {
    tx.query(
        sql!(
            "SELECT h.id, h.case_id, h.reason_sealed, h.set_at, h.set_by, s.name, h.lifted_at, l.name, h.lifted_reason_sealed
             FROM cases k JOIN legal_holds h ON h.case_id = k.id
                LEFT JOIN staff_members s ON s.id = h.set_by LEFT JOIN staff_members l ON l.id = h.lifted_by
             WHERE k.id = $1 OR k.merged_into = $1 ORDER BY h.set_at DESC, h.id DESC"
        ),
        &[&case.uuid()],
        |row| {
            Ok(HoldRow {
                id: row.get(0)?,
                case: CaseId::from_uuid(row.get(1)?),
                reason_sealed: row.get(2)?,
                set_at: row.at(3)?,
                set_by: StaffId::from_uuid(row.get(4)?),
                set_by_name: row.get(5)?,
                lifted_at: row.at_opt(6)?,
                lifted_by_name: row.get(7)?,
                lifted_reason_sealed: row.get(8)?,
            })
        },
    )
}
