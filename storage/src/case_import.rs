//! Files that somebody looks at before importing them, and what became of their rows.

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
    /// Whether the file stands in the draft itself, where a release before this one left it.
    pub has_file: bool,
    /// When a large import of it was taken on.
    pub begun_at: Option<Timestamp>,
    /// When rows of it were written last; none where nobody is at work.
    pub worked_at: Option<Timestamp>,
    /// When all of it was imported.
    pub done_at: Option<Timestamp>,
    /// The lines that were left out.
    pub left_out: serde_json::Value,
    /// The first of those with the cases that may be the same person's.
    pub stand: serde_json::Value,
    /// How many rows a large import has.
    pub row_count: u64,
    /// The cases that it became, where a release before this one imported it.
    pub cases: serde_json::Value,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is a case.
    Imported(CaseId),
    /// It was not imported: the column, and the key of the sentence that says why.
    NotImported(String, String),
}

/// Whose drafts those are that a command imports: nobody's of the staff.
const BY_COMMAND: Uuid = Uuid::nil();

fn number(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn line(line: u64) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}

/// Keeps a draft; its file is kept beside it, part by part.
pub fn keep(
    tx: &mut Tx<'_>,
    (id, staff, center): (Uuid, StaffId, HealthCenterId),
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO import_drafts (id, staff_id, health_center_id, created_at, cases)
             VALUES ($1, $2, $3, $4, $5)"
        ),
        &[
            &id,
            &staff.uuid(),
            &center.uuid(),
            &At(now),
            &serde_json::json!([]),
        ],
    )?;
    Ok(())
}

/// Keeps a part of a draft's file, counted from 0.
pub fn keep_part(tx: &mut Tx<'_>, draft: Uuid, part: i32, sealed: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!("INSERT INTO import_files (draft_id, part, sealed) VALUES ($1, $2, $3)"),
        &[&draft, &part, &sealed.to_vec()],
    )?;
    Ok(())
}

/// A part of a draft's file, sealed.
pub fn part(tx: &mut Tx<'_>, draft: Uuid, part: i32) -> Result<Option<Vec<u8>>, Error> {
    tx.query_opt(
        sql!("SELECT sealed FROM import_files WHERE draft_id = $1 AND part = $2"),
        &[&draft, &part],
        |row| row.get(0),
    )
}

/// Puts a file that a release before this one left in its draft where files are kept now: that release could import it
/// a second time.
pub fn move_file(tx: &mut Tx<'_>, draft: Uuid) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO import_files (draft_id, part, sealed)
             SELECT id, 0, file_sealed FROM import_drafts WHERE id = $1 AND file_sealed IS NOT NULL
             ON CONFLICT (draft_id, part) DO NOTHING"
        ),
        &[&draft],
    )?;
    tx.execute(
        sql!("UPDATE import_drafts SET file_sealed = NULL WHERE id = $1"),
        &[&draft],
    )?;
    Ok(())
}

/// A file that somebody looked at.
pub fn find(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<DraftRow>, Error> {
    tx.query_opt(
        sql!(
            "SELECT id, staff_id, health_center_id, CASE WHEN file_sealed IS NULL THEN 0 ELSE 1 END, begun_at, worked_at,
                done_at, left_out, row_count, cases, stand
             FROM import_drafts WHERE id = $1"
        ),
        &[&id],
        |row| {
            Ok(DraftRow {
                id: row.get(0)?,
                staff: StaffId::from_uuid(row.get(1)?),
                center: HealthCenterId::from_uuid(row.get(2)?),
                has_file: row.get::<i32>(3)? == 1,
                begun_at: row.at_opt(4)?,
                worked_at: row.at_opt(5)?,
                done_at: row.at_opt(6)?,
                left_out: row
                    .get::<Option<_>>(7)?
                    .unwrap_or(serde_json::Value::Null),
                row_count: number(row.get::<Option<i64>>(8)?.unwrap_or(0)),
                cases: row.get(9)?,
                stand: row
                    .get::<Option<_>>(10)?
                    .unwrap_or(serde_json::Value::Null),
            })
        },
    )
}

/// Whether no other file of a center is being imported, of which something was written since `silent_since`: who is in that one
/// does not stand yet. Whoever was silent for longer is at work no more, and finds that out before they write again: they do not
/// know whom this file registers.
fn others_are_still(
    tx: &mut Tx<'_>,
    (id, center): (Uuid, HealthCenterId),
    silent_since: Timestamp,
) -> Result<bool, Error> {
    // Of two files of a center one is first.
    crate::jurisdiction::hold_center(tx, center)?;
    // It waits for whoever writes this very moment, and then finds that they are at work.
    tx.execute(
        sql!(
            "UPDATE import_drafts SET worked_at = NULL
             WHERE health_center_id = $2 AND id <> $1 AND done_at IS NULL AND worked_at < $3"
        ),
        &[&id, &center.uuid(), &At(silent_since)],
    )?;
    let others: i64 = tx.query_one(
        sql!(
            "SELECT count(*) FROM import_drafts
             WHERE health_center_id = $2 AND id <> $1 AND done_at IS NULL AND worked_at >= $3"
        ),
        &[&id, &center.uuid(), &At(silent_since)],
        |row| row.get(0),
    )?;
    Ok(others == 0)
}

/// Says that a file is compared with who stands at its center, in order to be imported; `false` where another file of the center
/// is being imported.
pub fn claim(
    tx: &mut Tx<'_>,
    (id, center): (Uuid, HealthCenterId),
    silent_since: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    if !others_are_still(tx, (id, center), silent_since)? {
        return Ok(false);
    }
    tx.execute(
        sql!("UPDATE import_drafts SET worked_at = $2 WHERE id = $1 AND done_at IS NULL"),
        &[&id, &At(now)],
    )?;
    Ok(true)
}

/// Takes a large import on: the lines that are left out, how many rows there are, and since when it is compared with who stands.
/// `false` where somebody has, or another file was taken on meanwhile.
pub fn begin(
    tx: &mut Tx<'_>,
    id: Uuid,
    (left_out, row_count): (&[u64], u64),
    (since, now): (Timestamp, Timestamp),
) -> Result<bool, Error> {
    let begun = tx.execute(
        sql!(
            "UPDATE import_drafts SET begun_at = $5, worked_at = $2, left_out = $3, row_count = $4
             WHERE id = $1 AND begun_at IS NULL AND done_at IS NULL AND worked_at IS NOT NULL"
        ),
        &[
            &id,
            &At(now),
            &serde_json::json!(left_out),
            &line(row_count),
            &At(since),
        ],
    )?;
    Ok(begun == 1)
}

/// Notes the lines that are left out of a small import, before it is made.
pub fn leave_out(tx: &mut Tx<'_>, id: Uuid, lines: &[u64]) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE import_drafts SET left_out = $2 WHERE id = $1 AND begun_at IS NULL AND done_at IS NULL"
        ),
        &[&id, &serde_json::json!(lines)],
    )?;
    Ok(())
}

/// Notes beside lines that are left out the cases that may be the same person's.
pub fn note_stand(tx: &mut Tx<'_>, id: Uuid, stand: &serde_json::Value) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE import_drafts SET stand = $2 WHERE id = $1 AND done_at IS NULL"),
        &[&id, stand],
    )?;
    Ok(())
}

/// What came of going on with an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoOn {
    /// It is taken on again.
    Taken,
    /// Somebody is at work on it, or all is done.
    Works,
    /// Another file of the center is being imported.
    Another,
}

/// Takes an import that has stopped on again: one of which no row was written since `silent_since`.
pub fn go_on(
    tx: &mut Tx<'_>,
    (id, center): (Uuid, HealthCenterId),
    silent_since: Timestamp,
    now: Timestamp,
) -> Result<GoOn, Error> {
    if !others_are_still(tx, (id, center), silent_since)? {
        return Ok(GoOn::Another);
    }
    let taken = tx.execute(
        sql!(
            "UPDATE import_drafts SET worked_at = $2
             WHERE id = $1 AND begun_at IS NOT NULL AND done_at IS NULL AND (worked_at IS NULL OR worked_at < $3)"
        ),
        &[&id, &At(now), &At(silent_since)],
    )?;
    Ok(match taken {
        1 => GoOn::Taken,
        _ => GoOn::Works,
    })
}

/// Notes further lines that are left out of a large import that is gone on with, and how many rows it has without them: whoever
/// was at work on it before finds another number, and gives up.
pub fn leave_out_more(
    tx: &mut Tx<'_>,
    id: Uuid,
    (left_out, row_count): (&[u64], u64),
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE import_drafts SET left_out = $2, row_count = $3
             WHERE id = $1 AND begun_at IS NOT NULL AND done_at IS NULL AND worked_at IS NOT NULL"
        ),
        &[&id, &serde_json::json!(left_out), &line(row_count)],
    )?;
    Ok(())
}

/// Takes on, or again, a file that a command imports: its id says which one it is. Rows that could not be imported are
/// tried anew. `false` where another file of the center is being imported.
pub fn take_on(
    tx: &mut Tx<'_>,
    (id, center): (Uuid, HealthCenterId),
    silent_since: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    if !others_are_still(tx, (id, center), silent_since)? {
        return Ok(false);
    }
    tx.execute(
        sql!(
            "INSERT INTO import_drafts (id, staff_id, health_center_id, created_at, worked_at, cases)
             VALUES ($1, $2, $3, $4, $4, $5)
             ON CONFLICT (id) DO UPDATE
                SET created_at = excluded.created_at, worked_at = excluded.worked_at, done_at = NULL"
        ),
        &[
            &id,
            &BY_COMMAND,
            &center.uuid(),
            &At(now),
            &serde_json::json!([]),
        ],
    )?;
    tx.execute(
        sql!("DELETE FROM import_rows WHERE draft_id = $1 AND case_id IS NULL"),
        &[&id],
    )?;
    Ok(true)
}

/// A row that became a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredRow {
    /// Its line in the file, counted from 1.
    pub line: u64,
    /// The case.
    pub case: CaseId,
    /// The HER-SYS ID that the case has now, or the one that it was made one with; empty where it is gone.
    pub hersys_id: String,
}

/// The rows of a draft that became cases, in the order of the file: at most `limit` of those behind a line.
pub fn registered(
    tx: &mut Tx<'_>,
    draft: Uuid,
    behind: u64,
    limit: i64,
) -> Result<Vec<RegisteredRow>, Error> {
    tx.query(
        sql!(
            "SELECT r.line, r.case_id, COALESCE(k.hersys_id, c.hersys_id) FROM import_rows r
                LEFT JOIN cases c ON c.id = r.case_id LEFT JOIN cases k ON k.id = c.merged_into
             WHERE r.draft_id = $1 AND r.line > $2 AND r.case_id IS NOT NULL ORDER BY r.line LIMIT $3"
        ),
        &[&draft, &line(behind), &limit],
        |row| {
            Ok(RegisteredRow {
                line: number(row.get(0)?),
                case: CaseId::from_uuid(row.get(1)?),
                hersys_id: row.get::<Option<String>>(2)?.unwrap_or_default(),
            })
        },
    )
}

/// Whether rows of a draft may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtWork {
    /// They may.
    Works,
    /// All of it is done, or the draft is gone.
    Over,
    /// Nobody is at work on it any more: another file of the center was taken on meanwhile, or this one was taken on again without
    /// some of its rows.
    Lost,
}

/// Says that rows are being written, and keeps everybody else from writing some of the same draft until the transaction
/// ends. `row_count`: how many rows whoever writes knows of, where it is a large import.
pub fn works(tx: &mut Tx<'_>, id: Uuid, row_count: u64, now: Timestamp) -> Result<AtWork, Error> {
    let works = tx.execute(
        sql!(
            "UPDATE import_drafts SET worked_at = $2
             WHERE id = $1 AND done_at IS NULL AND worked_at IS NOT NULL AND (begun_at IS NULL OR row_count = $3)"
        ),
        &[&id, &At(now), &line(row_count)],
    )?;
    if works == 1 {
        return Ok(AtWork::Works);
    }
    let stands = tx.query_opt(
        sql!("SELECT 1 FROM import_drafts WHERE id = $1 AND done_at IS NULL"),
        &[&id],
        |row| row.get::<i32>(0),
    )?;
    Ok(match stands {
        Some(_) => AtWork::Lost,
        None => AtWork::Over,
    })
}

/// Says that nobody is at work any more, so that the import can be taken on again at once.
pub fn stops(tx: &mut Tx<'_>, id: Uuid) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE import_drafts SET worked_at = NULL WHERE id = $1 AND done_at IS NULL"),
        &[&id],
    )?;
    Ok(())
}

/// Says that a file that was about to be imported is not, after all; one that was begun by another press of the button goes on.
pub fn gives_up(tx: &mut Tx<'_>, id: Uuid) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE import_drafts SET worked_at = NULL WHERE id = $1 AND begun_at IS NULL AND done_at IS NULL"
        ),
        &[&id],
    )?;
    Ok(())
}

/// The lines from `first` to `last` of which it stands what became of them, in order.
pub fn lines(tx: &mut Tx<'_>, draft: Uuid, (first, last): (u64, u64)) -> Result<Vec<u64>, Error> {
    tx.query(
        sql!(
            "SELECT line FROM import_rows WHERE draft_id = $1 AND line >= $2 AND line <= $3 ORDER BY line"
        ),
        &[&draft, &line(first), &line(last)],
        |row| row.get(0).map(number),
    )
}

/// Writes down what became of a row.
pub fn note(tx: &mut Tx<'_>, draft: Uuid, at: u64, fate: &Fate) -> Result<(), Error> {
    let (case, why) = match fate {
        Fate::Imported(case) => (Some(case.uuid()), None),
        Fate::NotImported(field, problem) => (None, Some((field.as_str(), problem.as_str()))),
    };
    tx.execute(
        sql!(
            "INSERT INTO import_rows (draft_id, line, case_id, field, problem) VALUES ($1, $2, $3, $4, $5)"
        ),
        &[
            &draft,
            &line(at),
            &case,
            &why.map(|(field, _)| field),
            &why.map(|(_, problem)| problem),
        ],
    )?;
    Ok(())
}

/// How many rows of a draft were seen to.
pub fn count(tx: &mut Tx<'_>, draft: Uuid) -> Result<u64, Error> {
    tx.query_one(
        sql!("SELECT count(*) FROM import_rows WHERE draft_id = $1"),
        &[&draft],
        |row| row.get(0).map(number),
    )
}

/// What became of the rows of a draft, in the order of the file.
pub fn fates(tx: &mut Tx<'_>, draft: Uuid) -> Result<Vec<(u64, Fate)>, Error> {
    tx.query(
        sql!(
            "SELECT line, case_id, field, problem FROM import_rows WHERE draft_id = $1 ORDER BY line"
        ),
        &[&draft],
        |row| {
            let fate = match row.get::<Option<Uuid>>(1)? {
                Some(case) => Fate::Imported(CaseId::from_uuid(case)),
                None => Fate::NotImported(
                    row.get::<Option<String>>(2)?.unwrap_or_default(),
                    row.get::<Option<String>>(3)?.unwrap_or_default(),
                ),
            };
            Ok((number(row.get(0)?), fate))
        },
    )
}

/// Notes that all of a draft is imported. Its file is left to [`forget_part`].
pub fn done(tx: &mut Tx<'_>, id: Uuid, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE import_drafts SET done_at = $2 WHERE id = $1"),
        &[&id, &At(now)],
    )?;
    Ok(())
}

/// Forgets drafts that nobody imported, and what became of others long ago; those of a command where nobody was at work
/// since `of_commands`. Their files and rows are left to [`forget_part`] and [`forget_rows`].
pub fn sweep(tx: &mut Tx<'_>, before: Timestamp, of_commands: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "DELETE FROM import_drafts
             WHERE (staff_id <> $3 AND created_at < $1 AND COALESCE(worked_at, begun_at, created_at) < $1)
                OR (staff_id = $3 AND COALESCE(worked_at, created_at) < $2)"
        ),
        &[&At(before), &At(of_commands), &BY_COMMAND],
    )
}

/// Drafts that are gone and of which rows are left.
pub fn rows_left_over(tx: &mut Tx<'_>) -> Result<Vec<Uuid>, Error> {
    tx.query(
        sql!(
            "SELECT DISTINCT r.draft_id FROM import_rows r
             WHERE NOT EXISTS (SELECT 1 FROM import_drafts d WHERE d.id = r.draft_id)"
        ),
        &[],
        |row| row.get(0),
    )
}

/// Drafts that are gone or imported and whose file is left.
pub fn files_left_over(tx: &mut Tx<'_>) -> Result<Vec<Uuid>, Error> {
    tx.query(
        sql!(
            "SELECT DISTINCT f.draft_id FROM import_files f
             WHERE NOT EXISTS (SELECT 1 FROM import_drafts d WHERE d.id = f.draft_id AND d.done_at IS NULL)"
        ),
        &[],
        |row| row.get(0),
    )
}

/// Forgets some rows of a draft: all of a large one at once would keep whoever writes waiting. Tells how many, 0 where
/// none is left.
pub fn forget_rows(tx: &mut Tx<'_>, draft: Uuid) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "DELETE FROM import_rows WHERE draft_id = $1 AND line IN
                (SELECT r.line FROM import_rows r WHERE r.draft_id = $1 ORDER BY r.line LIMIT 2000)"
        ),
        &[&draft],
    )
}

/// Forgets a part of the file of a draft. Tells how many, 0 where none is left.
pub fn forget_part(tx: &mut Tx<'_>, draft: Uuid) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "DELETE FROM import_files WHERE draft_id = $1 AND part IN
                (SELECT f.part FROM import_files f WHERE f.draft_id = $1 ORDER BY f.part LIMIT 1)"
        ),
        &[&draft],
    )
}
