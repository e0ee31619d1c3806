//! Certificates of isolation that were issued.

use crate::engine::{At, Error, Row, Tx};
use crate::sql;
use domain::ids::{CaseId, CertificateId, StaffId};
use jiff::Timestamp;

/// A certificate as it was issued.
#[derive(Clone)]
pub struct CertificateRow {
    /// The id.
    pub id: CertificateId,
    /// The case.
    pub case: CaseId,
    /// When.
    pub issued_at: Timestamp,
    /// Who of the staff issued it; none: the person.
    pub issued_by: Option<StaffId>,
    /// The name of whoever of the staff did.
    pub issued_name: Option<String>,
    /// The keyed hash of the code and the birthdate.
    pub proof_blind: Vec<u8>,
    /// What it says, sealed.
    pub content_sealed: Vec<u8>,
}

impl CertificateRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(CertificateRow {
            id: CertificateId::from_uuid(row.get(0)?),
            case: CaseId::from_uuid(row.get(1)?),
            issued_at: row.at(2)?,
            issued_by: row.get::<Option<_>>(3)?.map(StaffId::from_uuid),
            issued_name: row.get(4)?,
            proof_blind: row.get(5)?,
            content_sealed: row.get(6)?,
        })
    }
}

/// Adds a certificate unless its form was sent before; tells whether it was added.
pub fn insert(tx: &mut Tx<'_>, one: &CertificateRow) -> Result<bool, Error> {
    let added = tx.execute(
        sql!(
            "INSERT INTO certificates (id, case_id, issued_at, issued_by, proof_blind, content_sealed)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING"
        ),
        &[
            &one.id.uuid(),
            &one.case.uuid(),
            &At(one.issued_at),
            &one.issued_by.map(|staff| staff.uuid()),
            &one.proof_blind,
            &one.content_sealed,
        ],
    )?;
    Ok(added == 1)
}

/// The certificates of a case and of those that were merged into it, the latest first.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<CertificateRow>, Error> {
    tx.query(
        sql!(
            "SELECT t.id, t.case_id, t.issued_at, t.issued_by, s.name, t.proof_blind, t.content_sealed
             FROM certificates t LEFT JOIN staff_members s ON s.id = t.issued_by
             WHERE t.case_id IN (SELECT o.id FROM cases o WHERE o.id = $1 OR o.merged_into = $1)
             ORDER BY t.issued_at DESC, t.id DESC"
        ),
        &[&case.uuid()],
        |row| CertificateRow::from(&row),
    )
}

/// The certificate with a code and a birthdate, by the keyed hash of both.
pub fn by_proof(tx: &mut Tx<'_>, proof_blind: &[u8]) -> Result<Option<CertificateRow>, Error> {
    tx.query_opt(
        sql!(
            "SELECT t.id, t.case_id, t.issued_at, t.issued_by, s.name, t.proof_blind, t.content_sealed
             FROM certificates t LEFT JOIN staff_members s ON s.id = t.issued_by WHERE t.proof_blind = $1"
        ),
        &[&proof_blind],
        |row| CertificateRow::from(&row),
    )
}
