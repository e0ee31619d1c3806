//! Transfers: a case is offered to another center, and until that one has accepted, the old one answers for it.

use crate::engine::{Asked, At, Error, Row, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, StaffId, TransferId};
use jiff::Timestamp;

/// A transfer as stored.
#[derive(Clone)]
pub struct TransferRow {
    /// The id, which is also the idempotency key of its form.
    pub id: TransferId,
    /// The case.
    pub case: CaseId,
    /// Who answers for it until it is accepted.
    pub from: HealthCenterId,
    /// To whom it is offered.
    pub to: HealthCenterId,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// Who offered it.
    pub offered_by: StaffId,
    /// What the other side should know, sealed.
    pub note_sealed: Vec<u8>,
    /// By when an answer is expected.
    pub due_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// `accepted`, `refused`, `withdrawn`.
    pub answer: Option<String>,
    /// Why it was refused, sealed.
    pub answer_sealed: Option<Vec<u8>>,
    /// The names: of the old center, the new one, whoever offered it, whoever answered.
    pub names: (String, String, String, Option<String>),
}

impl TransferRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(TransferRow {
            id: TransferId::from_uuid(row.get(0)?),
            case: CaseId::from_uuid(row.get(1)?),
            from: HealthCenterId::from_uuid(row.get(2)?),
            to: HealthCenterId::from_uuid(row.get(3)?),
            offered_at: row.at(4)?,
            offered_by: StaffId::from_uuid(row.get(5)?),
            note_sealed: row.get(6)?,
            due_at: row.at(7)?,
            answered_at: row.at_opt(8)?,
            answer: row.get(9)?,
            answer_sealed: row.get(10)?,
            names: (row.get(11)?, row.get(12)?, row.get(13)?, row.get(14)?),
        })
    }
}

/// A query for [`TransferRow`]s.
macro_rules! select_transfers {
    ($condition:literal) => {
        concat!(
            "SELECT t.id, t.case_id, t.from_center, t.to_center, t.offered_at, t.offered_by, t.note_sealed, t.due_at,
                t.answered_at, t.answer, t.answer_sealed, f.name, h.name, COALESCE(o.name, ''), w.name
             FROM transfers t JOIN health_centers f ON f.id = t.from_center JOIN health_centers h ON h.id = t.to_center
                LEFT JOIN staff_members o ON o.id = t.offered_by LEFT JOIN staff_members w ON w.id = t.answered_by ",
            $condition
        )
    };
}

/// Offers a case; tells whether it was offered: a case with an open offer is not offered twice.
pub fn offer(tx: &mut Tx<'_>, transfer: &TransferRow) -> Result<bool, Error> {
    let offered = tx.execute(
        sql!(
            "INSERT INTO transfers (id, case_id, from_center, to_center, offered_at, offered_by, note_sealed, due_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING"
        ),
        &[
            &transfer.id.uuid(),
            &transfer.case.uuid(),
            &transfer.from.uuid(),
            &transfer.to.uuid(),
            &At(transfer.offered_at),
            &transfer.offered_by.uuid(),
            &transfer.note_sealed,
            &At(transfer.due_at),
        ],
    )?;
    tx.changes(transfer.to);
    Ok(offered == 1)
}

/// The open offers to a center, with when they were made: for noticing that one came, or was taken back.
pub fn waiting_at(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    limit: i64,
) -> Result<Vec<(TransferId, Timestamp)>, Error> {
    tx.query(
        sql!(
            "SELECT id, offered_at FROM transfers WHERE to_center = $1 AND answered_at IS NULL
             ORDER BY offered_at DESC, id DESC LIMIT $2"
        ),
        &[&center.uuid(), &limit],
        |row| Ok((TransferId::from_uuid(row.get(0)?), row.at(1)?)),
    )
}

/// A transfer that concerns a center, from either side.
pub fn find(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    id: TransferId,
) -> Result<Option<TransferRow>, Error> {
    tx.query_opt(
        select_transfers!("WHERE t.id = $2 AND (t.from_center = $1 OR t.to_center = $1)"),
        &[&center.uuid(), &id.uuid()],
        |row| TransferRow::from(&row),
    )
}

/// To whom a center gave a case away, or the record that the case was merged into, if it did so since a moment: who
/// follows the person now.
pub fn given_since(
    tx: &mut Tx<'_>,
    (case, record, from): (CaseId, CaseId, HealthCenterId),
    since: Timestamp,
) -> Result<Option<HealthCenterId>, Error> {
    tx.query_opt(
        sql!(
            "SELECT m.health_center_id FROM monitoring m WHERE m.case_id = $1 AND m.health_center_id <> $2
                AND EXISTS (SELECT 1 FROM transfers t WHERE t.case_id IN ($1, $4) AND t.from_center = $2
                    AND t.answer = 'accepted' AND t.answered_at > $3)"
        ),
        &[&case.uuid(), &from.uuid(), &At(since), &record.uuid()],
        |row| Ok(HealthCenterId::from_uuid(row.get(0)?)),
    )
}

/// The name of the center that answers for a case.
pub fn follower(tx: &mut Tx<'_>, case: CaseId) -> Result<String, Error> {
    tx.query_one(
        sql!("SELECT h.name FROM monitoring m JOIN health_centers h ON h.id = m.health_center_id WHERE m.case_id = $1"),
        &[&case.uuid()],
        |row| row.get(0),
    )
}

/// The open offers to a center, the longest due first. Asked ahead.
pub fn ask_open_to(tx: &mut Tx<'_>, center: HealthCenterId) -> Result<Asked<TransferRow>, Error> {
    tx.ask(
        select_transfers!(
            "WHERE t.to_center = $1 AND t.answered_at IS NULL ORDER BY t.due_at, t.id LIMIT 200"
        ),
        &[&center.uuid()],
        |row| TransferRow::from(&row),
    )
}

/// The open offers of a center, the longest due first, then what was refused within the time that the caller names
/// and not offered again since. Asked ahead.
pub fn ask_open_from(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    refused_since: Timestamp,
) -> Result<Asked<TransferRow>, Error> {
    tx.ask(
        select_transfers!("WHERE t.id IN (
                SELECT o.id FROM transfers o WHERE o.from_center = $1 AND o.answered_at IS NULL
                UNION ALL SELECT r.id FROM transfers r WHERE r.from_center = $1 AND r.answer = 'refused' AND r.answered_at > $2
                    AND NOT EXISTS (SELECT 1 FROM transfers n WHERE n.case_id = r.case_id AND n.offered_at > r.offered_at))
             ORDER BY CASE WHEN t.answered_at IS NULL THEN 0 ELSE 1 END, t.due_at, t.id LIMIT 200"),
        &[&center.uuid(), &At(refused_since)],
        |row| TransferRow::from(&row),
    )
}

/// A case that a center gave to another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOverRow {
    /// The number on the brochure.
    pub hersys_id: String,
    /// The center that answers for it now.
    pub to: String,
    /// When that one accepted it, be it from the center to which it was given.
    pub at: Timestamp,
    /// Who accepted it there.
    pub by: Option<String>,
}

fn handed_over_row(row: Row<'_>) -> Result<HandedOverRow, Error> {
    Ok(HandedOverRow {
        hersys_id: row.get(0)?,
        to: row.get(1)?,
        at: row.at(2)?,
        by: row.get(3)?,
    })
}

/// What a center gave to others since a moment, the latest first: of each case once, with who answers for it now, also where that
/// one has it from the center to which it was given.
pub fn handed_over(
    tx: &mut Tx<'_>,
    from: HealthCenterId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<HandedOverRow>, Error> {
    tx.query(
        sql!(
            "SELECT c.hersys_id, h.name,
                (SELECT l.answered_at FROM transfers l WHERE l.case_id IN (c.id, c.merged_into) AND l.answer = 'accepted'
                    ORDER BY l.answered_at DESC LIMIT 1),
                (SELECT w.name FROM transfers l LEFT JOIN staff_members w ON w.id = l.answered_by
                    WHERE l.case_id IN (c.id, c.merged_into) AND l.answer = 'accepted'
                    ORDER BY l.answered_at DESC LIMIT 1)
             FROM transfers t CROSS JOIN cases c CROSS JOIN health_centers h
             WHERE t.from_center = $1 AND t.answer = 'accepted' AND t.answered_at > $2 AND c.id = t.case_id
                AND h.id = c.health_center_id AND c.health_center_id <> $1
                AND NOT EXISTS (SELECT 1 FROM transfers n WHERE n.case_id = t.case_id AND n.from_center = $1
                    AND n.answer = 'accepted' AND n.answered_at > t.answered_at)
             ORDER BY t.answered_at DESC, t.id DESC LIMIT $3"
        ),
        &[&from.uuid(), &At(since), &limit],
        handed_over_row,
    )
}

/// How a center gave a case to others, or the record that the case was merged into, however long ago; the latest first.
pub fn handed_over_of(
    tx: &mut Tx<'_>,
    from: HealthCenterId,
    (case, record): (CaseId, CaseId),
    limit: i64,
) -> Result<Vec<HandedOverRow>, Error> {
    tx.query(
        sql!(
            "SELECT c.hersys_id, h.name,
                (SELECT l.answered_at FROM transfers l WHERE l.case_id IN (c.id, c.merged_into) AND l.answer = 'accepted'
                    ORDER BY l.answered_at DESC LIMIT 1),
                (SELECT w.name FROM transfers l LEFT JOIN staff_members w ON w.id = l.answered_by
                    WHERE l.case_id IN (c.id, c.merged_into) AND l.answer = 'accepted'
                    ORDER BY l.answered_at DESC LIMIT 1)
             FROM transfers t CROSS JOIN cases c CROSS JOIN health_centers h
             WHERE t.from_center = $1 AND t.answer = 'accepted' AND t.case_id IN ($2, $4) AND c.id = t.case_id
                AND h.id = c.health_center_id AND c.health_center_id <> $1
                AND NOT EXISTS (SELECT 1 FROM transfers n WHERE n.case_id = t.case_id AND n.from_center = $1
                    AND n.answer = 'accepted' AND n.answered_at > t.answered_at)
             ORDER BY t.answered_at DESC, t.id DESC LIMIT $3"
        ),
        &[&from.uuid(), &case.uuid(), &limit, &record.uuid()],
        handed_over_row,
    )
}

/// All offers of a case, the latest first.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<TransferRow>, Error> {
    tx.query(
        select_transfers!("WHERE t.case_id = $1 ORDER BY t.offered_at DESC, t.id DESC"),
        &[&case.uuid()],
        |row| TransferRow::from(&row),
    )
}

/// Answers an open offer; of two answers at once, one gets `true`.
pub fn answer(
    tx: &mut Tx<'_>,
    id: TransferId,
    answer: &str,
    by: StaffId,
    words_sealed: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let answered = tx.execute(
        sql!(
            "UPDATE transfers SET answered_at = $2, answered_by = $3, answer = $4, answer_sealed = $5
             WHERE id = $1 AND answered_at IS NULL"
        ),
        &[&id.uuid(), &At(now), &by.uuid(), &answer, &words_sealed],
    )?;
    Ok(answered == 1)
}

/// Withdraws the open offer of a case that is followed no more; nobody did, so nobody is named. The other center's list notices.
pub(crate) fn withdraw_of(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<(), Error> {
    let offered_to = tx.query(
        sql!(
            "UPDATE transfers SET answered_at = $2, answer = 'withdrawn'
             WHERE case_id = $1 AND answered_at IS NULL RETURNING to_center"
        ),
        &[&case.uuid(), &At(now)],
        |row| Ok(HealthCenterId::from_uuid(row.get(0)?)),
    )?;
    for center in offered_to {
        tx.changes(center);
    }
    Ok(())
}

/// Open offers of people who are followed that nobody answered in time and of which nobody was told since `told_before`, nor `most` times.
pub fn overdue(
    tx: &mut Tx<'_>,
    now: Timestamp,
    (told_before, most): (Timestamp, i32),
    limit: i64,
) -> Result<Vec<TransferRow>, Error> {
    tx.query(
        select_transfers!(
            "WHERE t.answered_at IS NULL AND t.due_at <= $1
                AND EXISTS (SELECT 1 FROM monitoring m WHERE m.case_id = t.case_id AND m.is_open = 1)
                AND (t.told_overdue_at IS NULL OR (t.told_overdue_at <= $3 AND t.overdue_tellings < $4))
             ORDER BY t.due_at, t.id LIMIT $2"
        ),
        &[&At(now), &limit, &At(told_before), &most],
        |row| TransferRow::from(&row),
    )
}

/// Notes that both sides were told; of two processes that do it at once, one gets `true`.
pub fn told_overdue(
    tx: &mut Tx<'_>,
    id: TransferId,
    now: Timestamp,
    told_before: Timestamp,
) -> Result<bool, Error> {
    let told = tx.execute(
        sql!(
            "UPDATE transfers SET told_overdue_at = $2, overdue_tellings = overdue_tellings + 1
             WHERE id = $1 AND answered_at IS NULL AND (told_overdue_at IS NULL OR told_overdue_at <= $3)"
        ),
        &[&id.uuid(), &At(now), &At(told_before)],
    )?;
    Ok(told == 1)
}

/// Whether a case is offered to another center and waits for the answer.
pub fn is_offered(tx: &mut Tx<'_>, case: CaseId) -> Result<bool, Error> {
    Ok(tx
        .query_opt(
            sql!("SELECT id FROM transfers WHERE case_id = $1 AND answered_at IS NULL"),
            &[&case.uuid()],
            |row| row.get::<uuid::Uuid>(0),
        )?
        .is_some())
}

/// Offers of a center that nobody has answered in time.
pub fn count_overdue(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    now: Timestamp,
) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM transfers WHERE from_center = $1 AND answered_at IS NULL AND due_at <= $2"
        ),
        &[&center.uuid(), &At(now)],
        |row| row.get(0),
    )
}

/// Offers of a center that nobody has answered and that were made at the latest at this moment.
pub fn count_offered(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    since: Timestamp,
) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM transfers WHERE from_center = $1 AND answered_at IS NULL AND offered_at <= $2"
        ),
        &[&center.uuid(), &At(since)],
        |row| row.get(0),
    )
}
