//! From the embedded database to a server: in batches, each with a note of how far it came, so that a copy that was
//! killed goes on where it stood. Until all agrees, no release takes the target for a whole database.

use super::rows::{Sum, Table, Value};
use super::tables::tables_of_postgres;
use super::target::{analyze, build, compare, load, sum_of, tie, untie};
use super::{Error, Source};
use crate::engine::connect_alone;
use crate::migrations;
use jiff::Timestamp;
use postgres::{Client, Transaction};
use std::path::Path;

/// Rows of one batch, and so of one transaction.
const BATCH: usize = 2_000;
/// What keeps two copies into one database apart.
const LOCK: i64 = 4_857_396;

/// How far a copy is.
#[derive(Clone, Debug)]
pub enum Progress {
    /// An earlier one is gone on with.
    GoesOn,
    /// So many rows of all of a table are there.
    Rows(String, u64, u64),
    /// A table agrees on both sides: its rows and their sum.
    Agrees(String, Sum),
}

/// Copies the database in a file into an empty one on a server, or goes on with a copy that was cut short. `told` may
/// end it between two batches.
///
/// # Errors
/// Where the file is in use, the target holds something else, or the two do not agree in the end.
pub fn copy(
    from: &Path,
    (url, schema): (&str, Option<&str>),
    now: Timestamp,
    mut told: impl FnMut(Progress) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut source = Source::open_alone(from)?;
    source.check()?;
    let known: Vec<i32> = migrations::all()
        .iter()
        .map(|(number, _, _)| *number)
        .collect();
    let mut there = source.migrations()?;
    there.sort_unstable();
    if there != known {
        return Err(Error::Refused(
            "the database is not of this release; run `hersys migrate` on it first".to_owned(),
        ));
    }
    let key_check = source.setting("key_check")?.unwrap_or_default();
    let mut client = connect_alone(url, schema)?;
    let alone: bool = client
        .query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK])?
        .get(0);
    if !alone {
        return Err(Error::Refused(
            "another copy into this database is running; wait for its end".to_owned(),
        ));
    }
    let begun = begin(&mut client, now, &key_check)?;
    if begun == Begun::Before {
        told(Progress::GoesOn)?;
    }
    let target: Vec<Table> = {
        let mut tx = client.transaction()?;
        tables_of_postgres(&mut tx)?
    };
    let tables: Vec<Table> = source
        .tables()?
        .into_iter()
        .filter(|t| t.name != "migrations")
        .collect();
    for table in &target {
        let ours = table.name == "migrations" || table.name.starts_with("copy_");
        if !ours && tables.iter().all(|t| t.name != table.name) {
            return Err(Error::Refused(format!(
                "the source has no table {}",
                table.name
            )));
        }
    }
    if begun == Begun::Whole {
        // It was cut short after its last commit, with nothing left to do but to say so.
        let mut tx = client.transaction()?;
        agree(&mut source, &mut tx, &tables, &target, &mut told).map_err(|error| match error {
            Error::Refused(says) => Error::Refused(format!(
                "an installation with this key stands in the target: `serve` or `migrate` made one there, or it is a whole copy, \
                 and one of the two was used since. {says}"
            )),
            other => other,
        })?;
        tx.rollback()?;
        return analyze(&mut client, &tables);
    }
    for table in &tables {
        let into = find(&target, table)?;
        fill(&mut source, &mut client, table, &into, &mut told)?;
    }
    finish(&mut source, &mut client, &tables, &target, &mut told)
}

fn find(target: &[Table], table: &Table) -> Result<Table, Error> {
    target
        .iter()
        .find(|t| t.name == table.name)
        .ok_or_else(|| Error::Refused(format!("the target has no table {}", table.name)))?
        .ordered(&table.names())
}

/// What stood at the target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    /// Nothing: the tables were made, with a note that they are not whole yet.
    Now,
    /// Part of a copy.
    Before,
    /// All of one.
    Whole,
}

/// Makes the tables and notes that they are not whole yet, where nothing stands.
fn begin(client: &mut Client, now: Timestamp, key_check: &[u8]) -> Result<Begun, Error> {
    let mut tx = client.transaction()?;
    let there = tables_of_postgres(&mut tx)?;
    if there.iter().any(|table| table.name == "copy_progress") {
        let of: Vec<u8> = tx
            .query_one("SELECT last_key FROM copy_progress WHERE name = ''", &[])?
            .get(0);
        if of != key_check {
            return Err(Error::Refused(
                "the target holds a half copy of another database; give an empty one".to_owned(),
            ));
        }
        return Ok(Begun::Before);
    }
    if !there.is_empty() {
        if there.iter().any(|table| table.name == "settings") {
            let of = tx.query_opt("SELECT value FROM settings WHERE name = 'key_check'", &[])?;
            if of.is_some_and(|row| row.get::<_, Vec<u8>>(0) == key_check) {
                return Ok(Begun::Whole);
            }
        }
        return Err(Error::Refused(
            "the target is not empty; make an empty database with `createdb` and name that one"
                .to_owned(),
        ));
    }
    build(&mut tx, now, i32::MAX)?;
    let links = untie(&mut tx)?;
    tx.batch_execute(
        "CREATE TABLE copy_progress (name text PRIMARY KEY, done bigint NOT NULL, last_key bytea NOT NULL);
        CREATE TABLE copy_links (place int PRIMARY KEY, says text NOT NULL)",
    )?;
    tx.execute(
        "INSERT INTO copy_progress VALUES ('', 0, $1)",
        &[&key_check],
    )?;
    for (place, says) in (0i32..).zip(&links) {
        tx.execute("INSERT INTO copy_links VALUES ($1, $2)", &[&place, says])?;
    }
    tx.execute(
        "INSERT INTO migrations (number, name, checksum, run_at) VALUES ($1, 'half a copy', '', now())",
        &[&migrations::HALF],
    )?;
    tx.commit()?;
    Ok(Begun::Now)
}

fn fill(
    source: &mut Source,
    client: &mut Client,
    table: &Table,
    into: &Table,
    told: &mut impl FnMut(Progress) -> Result<(), Error>,
) -> Result<(), Error> {
    let all = source.count(table)?;
    let noted = client.query_opt(
        "SELECT done, last_key FROM copy_progress WHERE name = $1",
        &[&table.name],
    )?;
    let (mut done, mut after) = match noted {
        Some(row) => (row.get::<_, i64>(0), read_key(&row.get::<_, Vec<u8>>(1))),
        None => (0, Vec::new()),
    };
    loop {
        let rows = source.some_rows(table, &after, BATCH)?;
        let Some(last) = rows.last() else { break };
        after = table
            .key
            .iter()
            .filter_map(|name| table.columns.iter().position(|column| column.name == *name))
            .map(|at| last[at].clone())
            .collect();
        done += i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let mut key = Vec::new();
        after.iter().for_each(|value| value.write(&mut key));
        let mut tx = client.transaction()?;
        load(&mut tx, into, &rows)?;
        tx.execute(
            "INSERT INTO copy_progress VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET done = excluded.done, last_key = excluded.last_key",
            &[&table.name, &done, &key],
        )?;
        tx.commit()?;
        told(Progress::Rows(table.name.clone(), done.unsigned_abs(), all))?;
    }
    Ok(())
}

fn read_key(mut bytes: &[u8]) -> Vec<Value> {
    std::iter::from_fn(|| Value::read(&mut bytes)).collect()
}

/// Compares all rows of both.
fn agree(
    source: &mut Source,
    tx: &mut Transaction<'_>,
    tables: &[Table],
    target: &[Table],
    told: &mut impl FnMut(Progress) -> Result<(), Error>,
) -> Result<(), Error> {
    for table in tables {
        let into = find(target, table)?;
        let is_json = into.is_json();
        let mut ours = Sum::default();
        source.rows(table, |row| {
            ours.add(&row, &is_json);
            Ok(())
        })?;
        compare(&table.name, &ours, &sum_of(tx, &into)?).map_err(|error| {
            Error::Refused(format!(
                "{error}. The embedded database was written to since the copy began, or it is another one: make the target \
                 anew (`dropdb`, `createdb --owner`) and begin again, with the server stopped"
            ))
        })?;
        told(Progress::Agrees(table.name.clone(), ours))?;
    }
    Ok(())
}

fn finish(
    source: &mut Source,
    client: &mut Client,
    tables: &[Table],
    target: &[Table],
    told: &mut impl FnMut(Progress) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut tx = client.transaction()?;
    agree(source, &mut tx, tables, target, told)?;
    let links = tx.query("SELECT says FROM copy_links ORDER BY place", &[])?;
    let links: Vec<String> = links.iter().map(|row| row.get(0)).collect();
    tie(&mut tx, &links)?;
    tx.execute(
        "DELETE FROM migrations WHERE number = $1",
        &[&migrations::HALF],
    )?;
    migrations::rows_came(&mut tx)?;
    tx.batch_execute("DROP TABLE copy_progress; DROP TABLE copy_links")?;
    tx.commit()?;
    analyze(client, tables)
}
