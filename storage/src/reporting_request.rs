//! Written requests to report.

use crate::engine::{Asked, At, Error, Row, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, RequestId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;

/// A request as it was issued, and what became of it.
#[derive(Clone)]
pub struct RequestRow {
    /// The id, which is also the idempotency key of its form.
    pub id: RequestId,
    /// The case.
    pub case: CaseId,
    /// The center that issued it.
    pub center: HealthCenterId,
    /// When.
    pub issued_at: Timestamp,
    /// Who.
    pub issued_by: StaffId,
    /// The name of whoever did.
    pub issued_name: String,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// What is asked and why, sealed.
    pub content_sealed: Vec<u8>,
    /// When the person confirmed having read it.
    pub read_at: Option<Timestamp>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
    /// Why, sealed.
    pub withdrawn_reason_sealed: Option<Vec<u8>>,
}

impl RequestRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(RequestRow {
            id: RequestId::from_uuid(row.get(0)?),
            case: CaseId::from_uuid(row.get(1)?),
            center: HealthCenterId::from_uuid(row.get(2)?),
            issued_at: row.at(3)?,
            issued_by: StaffId::from_uuid(row.get(4)?),
            issued_name: row.get(5)?,
            from: row.get(6)?,
            to: row.get(7)?,
            content_sealed: row.get(8)?,
            read_at: row.at_opt(9)?,
            withdrawn_at: row.at_opt(10)?,
            withdrawn_reason_sealed: row.get(11)?,
        })
    }
}

/// Adds a request unless its form was sent before; tells whether it was added.
pub fn insert(tx: &mut Tx<'_>, request: &RequestRow) -> Result<bool, Error> {
    let added = tx.execute(
        sql!(
            "INSERT INTO reporting_requests (id, case_id, health_center_id, issued_at, issued_by, period_from, period_to,
                content_sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING"
        ),
        &[
            &request.id.uuid(),
            &request.case.uuid(),
            &request.center.uuid(),
            &At(request.issued_at),
            &request.issued_by.uuid(),
            &request.from,
            &request.to,
            &request.content_sealed,
        ],
    )?;
    Ok(added == 1)
}

/// A request, whosever it is.
pub fn find(tx: &mut Tx<'_>, id: RequestId) -> Result<Option<RequestRow>, Error> {
    tx.query_opt(
        sql!(
            "SELECT r.id, r.case_id, r.health_center_id, r.issued_at, r.issued_by, COALESCE(s.name, ''), r.period_from,
                r.period_to, r.content_sealed, r.read_at, r.withdrawn_at, r.withdrawn_reason_sealed
             FROM reporting_requests r LEFT JOIN staff_members s ON s.id = r.issued_by WHERE r.id = $1"
        ),
        &[&id.uuid()],
        |row| RequestRow::from(&row),
    )
}

/// The requests of a case, the latest first; asked ahead.
pub fn ask_of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Asked<RequestRow>, Error> {
    tx.ask(
        sql!(
            "SELECT r.id, r.case_id, r.health_center_id, r.issued_at, r.issued_by, COALESCE(s.name, ''), r.period_from,
                r.period_to, r.content_sealed, r.read_at, r.withdrawn_at, r.withdrawn_reason_sealed
             FROM reporting_requests r LEFT JOIN staff_members s ON s.id = r.issued_by
             WHERE r.case_id IN (SELECT o.id FROM cases o WHERE o.id = $1 OR o.merged_into = $1)
             ORDER BY r.issued_at DESC, r.id DESC"
        ),
        &[&case.uuid()],
        |row| RequestRow::from(&row),
    )
}

/// Notes that the person has read a request of a case, or of one that was merged into it: both are listed. The first time stands.
pub fn read(tx: &mut Tx<'_>, case: CaseId, id: RequestId, now: Timestamp) -> Result<bool, Error> {
    let noted = tx.execute(
        sql!(
            "UPDATE reporting_requests SET read_at = COALESCE(read_at, $3)
             WHERE id = $2 AND case_id IN (SELECT o.id FROM cases o WHERE o.id = $1 OR o.merged_into = $1)"
        ),
        &[&case.uuid(), &id.uuid(), &At(now)],
    )?;
    Ok(noted == 1)
}

/// Withdraws a request of a case, or of one that was merged into it; of two at once one gets `true`.
pub fn withdraw(
    tx: &mut Tx<'_>,
    case: CaseId,
    id: RequestId,
    by: StaffId,
    reason_sealed: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let done = tx.execute(
        sql!(
            "UPDATE reporting_requests SET withdrawn_at = $3, withdrawn_by = $4, withdrawn_reason_sealed = $5
             WHERE id = $2 AND case_id IN (SELECT o.id FROM cases o WHERE o.id = $1 OR o.merged_into = $1)
                AND withdrawn_at IS NULL"
        ),
        &[
            &case.uuid(),
            &id.uuid(),
            &At(now),
            &by.uuid(),
            &reason_sealed.to_vec(),
        ],
    )?;
    Ok(done == 1)
}
