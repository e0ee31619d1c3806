//! What somebody at a health center must look at.

mod about_report;

pub use about_report::{ask_unlisted, finish_about, is_ended_with, known_as, settle_about};

use crate::engine::{Asked, At, Error, Row, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, ReportId, StaffId, TaskId};
use jiff::Timestamp;

/// A task as stored.
#[derive(Clone)]
pub struct TaskRow {
    /// The id.
    pub id: TaskId,
    /// The center that must look; without one, all see it.
    pub center: Option<HealthCenterId>,
    /// What it is about, such as `registration_refused`.
    pub kind: String,
    /// The case that it is about.
    pub case: Option<CaseId>,
    /// The report that it is about.
    pub report: Option<ReportId>,
    /// Sealed details.
    pub details_sealed: Vec<u8>,
    /// How often the same thing happened.
    pub times: i32,
    /// When it first happened.
    pub created_at: Timestamp,
    /// When it last happened.
    pub last_at: Timestamp,
}

impl TaskRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(TaskRow {
            id: TaskId::from_uuid(row.get(0)?),
            center: row.get::<Option<_>>(1)?.map(HealthCenterId::from_uuid),
            kind: row.get(2)?,
            case: row.get::<Option<_>>(3)?.map(CaseId::from_uuid),
            report: row.get::<Option<_>>(4)?.map(ReportId::from_uuid),
            details_sealed: row.get(5)?,
            times: row.get(6)?,
            created_at: row.at(7)?,
            last_at: row.at(8)?,
        })
    }
}

/// Adds a task; where an open one says the same (`same_as`), that one is counted up and takes the newer details. Nobody waits
/// for it; the commit does.
pub fn add(tx: &mut Tx<'_>, task: &TaskRow, same_as: &[u8]) -> Result<(), Error> {
    tx.tell(
        sql!(
            "INSERT INTO tasks AS t (id, health_center_id, kind, case_id, report_id, details_sealed, same_as, times,
                created_at, last_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)
             ON CONFLICT (same_as) WHERE done_at IS NULL DO UPDATE SET
                times = t.times + 1, last_at = excluded.last_at, details_sealed = excluded.details_sealed"
        ),
        &[
            &task.id.uuid(),
            &task.center.map(|c| c.uuid()),
            &task.kind,
            &task.case.map(|c| c.uuid()),
            &task.report.map(|r| r.uuid()),
            &task.details_sealed,
            &same_as,
            &At(task.created_at),
        ],
    )?;
    if let Some(center) = task.center {
        tx.changes(center);
    }
    Ok(())
}

/// The open task that says the same.
pub fn open_same(tx: &mut Tx<'_>, same_as: &[u8]) -> Result<Option<TaskRow>, Error> {
    tx.query_opt(
        sql!(
            "SELECT id, health_center_id, kind, case_id, report_id, details_sealed, times, created_at, last_at
             FROM tasks WHERE same_as = $1 AND done_at IS NULL"
        ),
        &[&same_as.to_vec()],
        |row| TaskRow::from(&row),
    )
}

/// The open tasks that a center sees, with when each was counted last: for noticing that one came, or is done.
pub fn standing_at(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    limit: i64,
) -> Result<Vec<(TaskId, Timestamp)>, Error> {
    tx.query(
        sql!(
            "SELECT id, last_at FROM tasks
             WHERE done_at IS NULL AND (health_center_id = $1 OR health_center_id IS NULL)
             ORDER BY last_at DESC, id DESC LIMIT $2"
        ),
        &[&center.uuid(), &limit],
        |row| Ok((TaskId::from_uuid(row.get(0)?), row.at(1)?)),
    )
}

/// A center's open tasks but those of three kinds, oldest first, and those of no center. Asked ahead.
pub fn ask_open_but(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    but: [&str; 4],
    limit: i64,
) -> Result<Asked<TaskRow>, Error> {
    tx.ask(
        sql!(
            "SELECT id, health_center_id, kind, case_id, report_id, details_sealed, times, created_at, last_at
             FROM tasks WHERE done_at IS NULL AND (health_center_id = $1 OR health_center_id IS NULL)
                AND kind <> $3 AND kind <> $4 AND kind <> $5 AND kind <> $6
             ORDER BY created_at, id LIMIT $2"
        ),
        &[&center.uuid(), &limit, &but[0], &but[1], &but[2], &but[3]],
        |row| TaskRow::from(&row),
    )
}

/// A center's open tasks of one kind, oldest first. Asked ahead.
pub fn ask_open_of(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    kind: &str,
    limit: i64,
) -> Result<Asked<TaskRow>, Error> {
    tx.ask(
        sql!(
            "SELECT id, health_center_id, kind, case_id, report_id, details_sealed, times, created_at, last_at
             FROM tasks WHERE health_center_id = $1 AND done_at IS NULL AND kind = $3
             ORDER BY created_at, id LIMIT $2"
        ),
        &[&center.uuid(), &limit, &kind],
        |row| TaskRow::from(&row),
    )
}

/// How many open tasks a center sees.
pub fn count_open(tx: &mut Tx<'_>, center: HealthCenterId) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM tasks
             WHERE done_at IS NULL AND (health_center_id = $1 OR health_center_id IS NULL)"
        ),
        &[&center.uuid()],
        |row| row.get(0),
    )
}

/// How many open tasks of a kind a center sees: one number. Asked ahead.
pub fn ask_count_of(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    kind: &str,
) -> Result<Asked<i64>, Error> {
    tx.ask(
        sql!(
            "SELECT count(*) FROM tasks
             WHERE done_at IS NULL AND (health_center_id = $1 OR health_center_id IS NULL) AND kind = $2"
        ),
        &[&center.uuid(), &kind],
        |row| row.get(0),
    )
}

/// An open task that a center sees.
pub fn find_open(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    id: TaskId,
) -> Result<Option<TaskRow>, Error> {
    tx.query_opt(
        sql!(
            "SELECT id, health_center_id, kind, case_id, report_id, details_sealed, times, created_at, last_at
             FROM tasks WHERE id = $2 AND done_at IS NULL AND (health_center_id = $1 OR health_center_id IS NULL)"
        ),
        &[&center.uuid(), &id.uuid()],
        |row| TaskRow::from(&row),
    )
}

/// The case that an open task of any center is about; none: it is not open, or about no case.
pub fn open_case_of(tx: &mut Tx<'_>, id: TaskId) -> Result<Option<CaseId>, Error> {
    tx.query_opt(
        sql!("SELECT case_id FROM tasks WHERE id = $1 AND done_at IS NULL AND case_id IS NOT NULL"),
        &[&id.uuid()],
        |row| Ok(CaseId::from_uuid(row.get(0)?)),
    )
}

/// When a task of a center was ended, and the name of whoever did: none where it ended by itself.
pub fn ended(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    id: TaskId,
) -> Result<Option<(Timestamp, Option<String>)>, Error> {
    tx.query_opt(
        sql!(
            "SELECT t.done_at, s.name FROM tasks t LEFT JOIN staff_members s ON s.id = t.done_by
             WHERE t.id = $2 AND t.done_at IS NOT NULL AND (t.health_center_id = $1 OR t.health_center_id IS NULL)"
        ),
        &[&center.uuid(), &id.uuid()],
        |row| Ok((row.at(0)?, row.get(1)?)),
    )
}

/// Ends a task with a word on what was done; tells whether it was open until now.
pub fn finish(
    tx: &mut Tx<'_>,
    id: TaskId,
    by: StaffId,
    note: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let ended = tx.execute(
        sql!(
            "UPDATE tasks SET done_at = $2, done_by = $3, done_note = $4 WHERE id = $1 AND done_at IS NULL"
        ),
        &[&id.uuid(), &At(now), &by.uuid(), &note],
    )?;
    Ok(ended == 1)
}

/// Ends a task to which more may be added; tells whether it was open until now, and nothing was added since it was `seen`.
pub fn finish_seen(
    tx: &mut Tx<'_>,
    (id, seen): (TaskId, Timestamp),
    by: StaffId,
    note: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let ended = tx.execute(
        sql!(
            "UPDATE tasks SET done_at = $2, done_by = $3, done_note = $4
             WHERE id = $1 AND done_at IS NULL AND last_at = $5"
        ),
        &[&id.uuid(), &At(now), &by.uuid(), &note, &At(seen)],
    )?;
    Ok(ended == 1)
}

/// Ends a task with what was answered, sealed among its details; tells whether it was open until now, and nothing was added
/// since it was `seen`.
pub fn finish_with(
    tx: &mut Tx<'_>,
    (id, seen): (TaskId, Timestamp),
    by: StaffId,
    details_sealed: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let ended = tx.execute(
        sql!(
            "UPDATE tasks SET done_at = $2, done_by = $3, details_sealed = $4
             WHERE id = $1 AND done_at IS NULL AND last_at = $5"
        ),
        &[
            &id.uuid(),
            &At(now),
            &by.uuid(),
            &details_sealed.to_vec(),
            &At(seen),
        ],
    )?;
    Ok(ended == 1)
}

/// The tasks of a kind about a case, each with when it was done, the latest first.
pub fn ever_about(
    tx: &mut Tx<'_>,
    case: CaseId,
    kind: &str,
) -> Result<Vec<(TaskRow, Option<Timestamp>)>, Error> {
    tx.query(
        sql!(
            "SELECT id, health_center_id, kind, case_id, report_id, details_sealed, times, created_at, last_at, done_at
             FROM tasks WHERE case_id = $1 AND kind = $2 ORDER BY created_at DESC, id DESC"
        ),
        &[&case.uuid(), &kind],
        |row| Ok((TaskRow::from(&row)?, row.at_opt(9)?)),
    )
}

/// The open tasks of a kind about a case.
pub fn open_about(tx: &mut Tx<'_>, case: CaseId, kind: &str) -> Result<Vec<TaskRow>, Error> {
    tx.query(
        sql!(
            "SELECT id, health_center_id, kind, case_id, report_id, details_sealed, times, created_at, last_at
             FROM tasks WHERE case_id = $1 AND kind = $2 AND done_at IS NULL ORDER BY created_at, id"
        ),
        &[&case.uuid(), &kind],
        |row| TaskRow::from(&row),
    )
}

/// Ends an open task, because what it asked for came about by itself.
pub fn settle(tx: &mut Tx<'_>, id: TaskId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE tasks SET done_at = $2 WHERE id = $1 AND done_at IS NULL"),
        &[&id.uuid(), &At(now)],
    )?;
    Ok(())
}

/// A task that has ended is open again, unless one that says the same is open meanwhile.
pub fn reopen(tx: &mut Tx<'_>, id: TaskId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE tasks SET done_at = NULL, done_by = NULL, done_note = NULL
             WHERE id = $1 AND done_at IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM tasks o WHERE o.same_as = tasks.same_as AND o.done_at IS NULL)"
        ),
        &[&id.uuid()],
    )?;
    Ok(())
}

/// Ends the open task that says the same, because what it asked for came about by itself.
pub fn finish_same(tx: &mut Tx<'_>, same_as: &[u8], now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE tasks SET done_at = $2 WHERE same_as = $1 AND done_at IS NULL"),
        &[&same_as.to_vec(), &At(now)],
    )?;
    Ok(())
}

/// A center takes a task on that no center could be found for; tells whether none had.
pub fn take(tx: &mut Tx<'_>, id: TaskId, center: HealthCenterId) -> Result<bool, Error> {
    let taken = tx.execute(
        sql!(
            "UPDATE tasks SET health_center_id = $2
             WHERE id = $1 AND health_center_id IS NULL AND done_at IS NULL"
        ),
        &[&id.uuid(), &center.uuid()],
    )?;
    Ok(taken == 1)
}

/// An open case on the walk through those of a center.
pub struct OpenCase {
    /// Which.
    pub case: CaseId,
    /// When it was registered: by this and the case they are walked through.
    pub registered_at: Timestamp,
    /// When anything about how it is followed changed last, such as by a report.
    pub changed_at: Timestamp,
}

/// The next open cases of a center after one, in the order in which they were registered.
pub fn open_cases(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    (registered_at, case): (Timestamp, CaseId),
    limit: i64,
) -> Result<Vec<OpenCase>, Error> {
    tx.query(
        sql!(
            "SELECT case_id, registered_at, changed_at FROM monitoring
             WHERE health_center_id = $1 AND is_open = 1 AND (registered_at, case_id) > ($2, $3)
             ORDER BY registered_at, case_id LIMIT $4"
        ),
        &[&center.uuid(), &At(registered_at), &case.uuid(), &limit],
        |row| {
            Ok(OpenCase {
                case: CaseId::from_uuid(row.get(0)?),
                registered_at: row.at(1)?,
                changed_at: row.at(2)?,
            })
        },
    )
}
