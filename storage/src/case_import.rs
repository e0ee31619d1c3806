//! Files that somebody looks at before importing them.

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, StaffId};
use jiff::Timestamp;
use uuid::Uuid;

/// A file that was looked at.
#[derive(Clone)]
pub struct DraftRow {
    /// The id.
    pub id: Uuid,
    /// Who looked at it.
    pub staff: StaffId,
    /// For which center.
    pub center: HealthCenterId,
    /// The file, sealed; none once it was imported.
    pub file_sealed: Option<Vec<u8>>,
    /// When it was imported.
    pub done_at: Option<Timestamp>,
    /// The cases that it became.
    pub cases: serde_json::Value,
}

/// Keeps a file.
pub fn keep(tx: &mut Tx<'_>, draft: &DraftRow, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO import_drafts (id, staff_id, health_center_id, file_sealed, created_at, cases)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        &[
            &draft.id,
            &draft.staff.uuid(),
            &draft.center.uuid(),
            &draft.file_sealed,
            &At(now),
            &draft.cases,
        ],
    )?;
    Ok(())
}

/// A file that this staff member looked at.
pub fn find(tx: &mut Tx<'_>, id: Uuid, staff: StaffId) -> Result<Option<DraftRow>, Error> {
    tx.query_opt(
        sql!(
            "SELECT id, staff_id, health_center_id, file_sealed, done_at, cases FROM import_drafts
             WHERE id = $1 AND staff_id = $2"
        ),
        &[&id, &staff.uuid()],
        |row| {
            Ok(DraftRow {
                id: row.get(0)?,
                staff: StaffId::from_uuid(row.get(1)?),
                center: HealthCenterId::from_uuid(row.get(2)?),
                file_sealed: row.get(3)?,
                done_at: row.at_opt(4)?,
                cases: row.get(5)?,
            })
        },
    )
}

/// Notes what a file became, and forgets the file; of two who import it at once, one gets `true`.
pub fn done(tx: &mut Tx<'_>, id: Uuid, cases: &[CaseId], now: Timestamp) -> Result<bool, Error> {
    let ids: Vec<String> = cases.iter().map(ToString::to_string).collect();
    let done = tx.execute(
        sql!(
            "UPDATE import_drafts SET done_at = $2, cases = $3, file_sealed = NULL
             WHERE id = $1 AND done_at IS NULL"
        ),
        &[&id, &At(now), &serde_json::json!(ids)],
    )?;
    Ok(done == 1)
}

/// Forgets files that nobody imported, and what became of others long ago.
pub fn sweep(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!("DELETE FROM import_drafts WHERE created_at < $1"),
        &[&At(before)],
    )
}
