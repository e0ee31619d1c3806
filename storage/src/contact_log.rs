//! Calls, visits and notes of a case.

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{AlertId, CaseId, ContactId, StaffId};
use jiff::Timestamp;

/// A call, a visit or a note.
#[derive(Clone)]
pub struct ContactRow {
    /// The case.
    pub case: CaseId,
    /// The id: the same for whatever form says the same once more.
    pub id: ContactId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: StaffId,
    /// The word of the outcome.
    pub outcome: String,
    /// Sealed words.
    pub note_sealed: Vec<u8>,
    /// The alert that it ended.
    pub alert: Option<AlertId>,
    /// The name of whoever it was.
    pub by_name: String,
}

/// Adds a line unless its form was sent before; tells whether it was added.
pub fn insert(tx: &mut Tx<'_>, contact: &ContactRow) -> Result<bool, Error> {
    let added = tx.execute(
        sql!(
            "INSERT INTO contacts_made (case_id, id, at, by_staff, outcome, note_sealed, alert_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (case_id, id) DO NOTHING"
        ),
        &[
            &contact.case.uuid(),
            &contact.id.uuid(),
            &At(contact.at),
            &contact.by.uuid(),
            &contact.outcome,
            &contact.note_sealed,
            &contact.alert.map(|a| a.uuid()),
        ],
    )?;
    Ok(added == 1)
}

/// Whether a call, a visit or a note of a case was written down since then.
pub fn is_any_since(tx: &mut Tx<'_>, case: CaseId, since: Timestamp) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!("SELECT 1 FROM contacts_made WHERE case_id = $1 AND at >= $2 LIMIT 1"),
        &[&case.uuid(), &At(since)],
        |row| row.get::<i32>(0),
    )?;
    Ok(found.is_some())
}

/// A case's calls, visits and notes, the latest first.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<ContactRow>, Error> {
    tx.query(
        sql!(
            "SELECT k.case_id, k.id, k.at, k.by_staff, k.outcome, k.note_sealed, k.alert_id, COALESCE(s.name, '')
             FROM contacts_made k LEFT JOIN staff_members s ON s.id = k.by_staff
             WHERE k.case_id IN (SELECT o.id FROM cases o WHERE o.id = $1 OR o.merged_into = $1)
             ORDER BY k.at DESC, k.id DESC"
        ),
        &[&case.uuid()],
        |row| {
            Ok(ContactRow {
                case: CaseId::from_uuid(row.get(0)?),
                id: ContactId::from_uuid(row.get(1)?),
                at: row.at(2)?,
                by: StaffId::from_uuid(row.get(3)?),
                outcome: row.get(4)?,
                note_sealed: row.get(5)?,
                alert: row.get::<Option<_>>(6)?.map(AlertId::from_uuid),
                by_name: row.get(7)?,
            })
        },
    )
}
