//! An empty database that takes the rows of a backup, all of them or none.

use super::file::{Piece, Reader};
use super::rows::{Sum, Table, Value, quoted};
use super::source::postgres_rows;
use super::tables::{tables_of_postgres, tables_of_sqlite};
use super::{Error, Source};
use crate::engine::{Carried, Tx, connect_alone};
use crate::migrations;
use jiff::{Timestamp, civil};
use postgres::binary_copy::BinaryCopyInWriter;
use postgres::error::SqlState;
use postgres::types::{IsNull, ToSql, Type, private::BytesMut};
use postgres::{Client, Transaction};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Rows that go to a server together.
const BATCH: usize = 2_000;

/// What is wrong with a backup of a database whose rows have lost each other.
const ASTRAY: &str = "rows of it lead to rows that are not there";

/// Restores into a new file. What the caller has made it in is to be thrown away where this fails.
///
/// # Errors
/// Where the backup is not whole, or the file cannot be written.
pub fn restore_sqlite<R: Read>(
    reader: &mut Reader<R>,
    path: &Path,
    now: Timestamp,
) -> Result<Vec<(String, u64)>, Error> {
    fill_sqlite(reader, path, now).map_err(|error| told(reader, error))
}

/// What a row that the store does not take says: where the rest of the backup shows that it is damaged, that. Where all of it
/// was read already, it is the store's fault alone, such as a disk on which the rows find no room when they are committed.
fn told<R: Read>(reader: &mut Reader<R>, error: Error) -> Error {
    if !matches!(error, Error::Store(_)) || reader.is_whole() {
        return error;
    }
    loop {
        match reader.next_piece() {
            Ok(Piece::End(_)) => return error,
            Ok(_) => {}
            Err(damaged) => return damaged,
        }
    }
}

fn fill_sqlite<R: Read>(
    reader: &mut Reader<R>,
    path: &Path,
    now: Timestamp,
) -> Result<Vec<(String, u64)>, Error> {
    let connection = Connection::open(path)?;
    // Nobody sees the file before it is whole, so it needs no journal.
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; BEGIN",
    )?;
    let newest = reader
        .header()
        .migrations
        .iter()
        .max()
        .copied()
        .unwrap_or(0);
    migrations::run(
        &mut Tx::Sqlite(&connection, &mut Carried::default()),
        now,
        newest,
    )?;
    let tables = tables_of_sqlite(&connection)?;
    let mut loading: Option<(Table, String)> = None;
    let mut sums = BTreeMap::new();
    loop {
        match reader.next_piece()? {
            Piece::Table(name, columns) => {
                let table = find(&tables, &name)?.ordered(&columns)?;
                let places = vec!["?"; columns.len()].join(", ");
                let sql = format!(
                    "INSERT INTO {} ({}) VALUES ({places})",
                    quoted([name.as_str()].into_iter()),
                    table.list()
                );
                sums.insert(name, (Sum::default(), table.clone()));
                loading = Some((table, sql));
            }
            Piece::Row(row) => {
                let Some((table, sql)) = &loading else {
                    continue;
                };
                connection
                    .prepare_cached(sql)?
                    .execute(rusqlite::params_from_iter(&row))?;
                if let Some((sum, _)) = sums.get_mut(&table.name) {
                    sum.add(&row, &table.is_json());
                }
            }
            Piece::End(_) => break,
        }
    }
    all_came(&tables, &sums)?;
    let astray: i64 =
        connection.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
            row.get(0)
        })?;
    if astray > 0 {
        return Err(Error::Damaged(ASTRAY.to_owned()));
    }
    connection.execute_batch("COMMIT")?;
    let mut source = Source::Sqlite(connection);
    same_migrations(&mut source, reader)?;
    let mut counts = Vec::new();
    for (name, (sum, table)) in sums {
        let mut stands = Sum::default();
        let is_json = table.is_json();
        source.rows(&table, |row| {
            stands.add(&row, &is_json);
            Ok(())
        })?;
        compare(&name, &sum, &stands)?;
        counts.push((name, sum.rows));
    }
    if let Source::Sqlite(connection) = source {
        // Built anew while it was written; now it lives as every database of ours.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        drop(connection);
    }
    std::fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(Error::Write)?;
    Ok(counts)
}

/// Restores into an empty database on a server, in one transaction.
///
/// # Errors
/// Where the database is not empty or the backup not whole: then nothing stands.
pub fn restore_postgres<R: Read>(
    reader: &mut Reader<R>,
    place: (&str, Option<&str>),
    now: Timestamp,
) -> Result<Vec<(String, u64)>, Error> {
    fill_postgres(reader, place, now).map_err(|error| told(reader, error))
}

fn fill_postgres<R: Read>(
    reader: &mut Reader<R>,
    (url, schema): (&str, Option<&str>),
    now: Timestamp,
) -> Result<Vec<(String, u64)>, Error> {
    let mut client = connect_alone(url, schema)?;
    let mut tx = client.transaction()?;
    if !tables_of_postgres(&mut tx)?.is_empty() {
        return Err(Error::Refused(
            "the database is not empty; a backup is restored into an empty one only. Make one with `createdb`, and \
             name it with HERSYS_DATABASE_URL"
                .to_owned(),
        ));
    }
    let newest = reader
        .header()
        .migrations
        .iter()
        .max()
        .copied()
        .unwrap_or(0);
    build(&mut tx, now, newest)?;
    let tables = tables_of_postgres(&mut tx)?;
    let links = untie(&mut tx)?;
    let mut sums: BTreeMap<String, (Sum, Table)> = BTreeMap::new();
    let mut loading: Option<Table> = None;
    let (mut rows, mut size) = (Vec::new(), 0);
    loop {
        let piece = reader.next_piece()?;
        if !matches!(piece, Piece::Row(_)) || rows.len() == BATCH || size > 16 * 1024 * 1024 {
            if let Some(table) = &loading {
                load(&mut tx, table, &rows)?;
            }
            rows.clear();
            size = 0;
        }
        match piece {
            Piece::Table(name, columns) => {
                let table = find(&tables, &name)?.ordered(&columns)?;
                sums.insert(name, (Sum::default(), table.clone()));
                loading = Some(table);
            }
            Piece::Row(row) => {
                let Some((sum, table)) = loading.as_ref().and_then(|t| sums.get_mut(&t.name))
                else {
                    continue;
                };
                sum.add(&row, &table.is_json());
                size += row.iter().map(Value::size).sum::<usize>();
                rows.push(row);
            }
            Piece::End(_) => break,
        }
    }
    all_came(&tables, &sums)?;
    tie(&mut tx, &links).map_err(|error| match error.code() {
        Some(&SqlState::FOREIGN_KEY_VIOLATION) => Error::Damaged(ASTRAY.to_owned()),
        _ => error.into(),
    })?;
    let numbers = tx.query("SELECT number FROM migrations ORDER BY number", &[])?;
    same(
        &numbers.iter().map(|row| row.get(0)).collect::<Vec<i32>>(),
        reader,
    )?;
    let mut counts = Vec::new();
    for (name, (sum, table)) in sums {
        let stands = sum_of(&mut tx, &table)?;
        compare(&name, &sum, &stands)?;
        counts.push((name, sum.rows));
    }
    migrations::rows_came(&mut tx)?;
    tx.commit()?;
    analyze(&mut client, &tables)?;
    Ok(counts)
}

/// Lets the server look at what came, so that it plans well from the first page on. Its own tables are not ours to look at.
pub(super) fn analyze(client: &mut Client, tables: &[Table]) -> Result<(), Error> {
    let names = quoted(tables.iter().map(|table| table.name.as_str()));
    Ok(client.batch_execute(&format!("ANALYZE {names}"))?)
}

fn find<'t>(tables: &'t [Table], name: &str) -> Result<&'t Table, Error> {
    tables
        .iter()
        .find(|table| table.name == name)
        .ok_or_else(|| Error::Damaged(format!("its release has no table {name:?}")))
}

fn all_came(tables: &[Table], came: &BTreeMap<String, (Sum, Table)>) -> Result<(), Error> {
    match tables
        .iter()
        .find(|t| t.name != "migrations" && !came.contains_key(&t.name))
    {
        Some(table) => Err(Error::Damaged(format!(
            "the table {} is missing",
            table.name
        ))),
        None => Ok(()),
    }
}

fn same_migrations<R: Read>(source: &mut Source, reader: &Reader<R>) -> Result<(), Error> {
    same(&source.migrations()?, reader)
}

fn same<R: Read>(stands: &[i32], reader: &Reader<R>) -> Result<(), Error> {
    if stands == reader.header().migrations {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "this release cannot build the tables of {}; use the release that made the backup",
        reader.header().release
    )))
}

pub(super) fn compare(name: &str, sum: &Sum, stands: &Sum) -> Result<(), Error> {
    if sum == stands {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "{name} does not agree: {} rows ({}) came, and {} rows ({}) stand; the copy was not released",
        sum.rows,
        &sum.hash()[..16],
        stands.rows,
        &stands.hash()[..16]
    )))
}

/// The sum of a table as it stands on a server.
pub(super) fn sum_of(tx: &mut Transaction<'_>, table: &Table) -> Result<Sum, Error> {
    let mut stands = Sum::default();
    let is_json = table.is_json();
    postgres_rows(tx, table, |row| {
        stands.add(&row, &is_json);
        Ok(())
    })?;
    Ok(stands)
}

/// Makes the tables, within the transaction.
pub(super) fn build(tx: &mut Transaction<'_>, now: Timestamp, newest: i32) -> Result<(), Error> {
    let mut inner = Tx::Copying(tx.transaction()?);
    migrations::run(&mut inner, now, newest)?;
    if let Tx::Copying(inner) = inner {
        inner.commit()?;
    }
    Ok(())
}

/// Takes away the foreign keys, so that tables can be filled in any order; gives the statements that bring them back.
pub(super) fn untie(tx: &mut Transaction<'_>) -> Result<Vec<String>, Error> {
    let links = tx.query(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
        WHERE contype = 'f' AND conparentid = 0 AND connamespace = current_schema()::regnamespace
        ORDER BY 1, 2",
        &[],
    )?;
    let mut back = Vec::new();
    for link in &links {
        let (table, name, says): (String, String, String) = (link.get(0), link.get(1), link.get(2));
        tx.batch_execute(&format!("ALTER TABLE {table} DROP CONSTRAINT {name}"))?;
        back.push(format!("ALTER TABLE {table} ADD CONSTRAINT {name} {says}"));
    }
    Ok(back)
}

/// Brings the foreign keys back; the server looks at each row.
pub(super) fn tie(tx: &mut Transaction<'_>, links: &[String]) -> Result<(), postgres::Error> {
    for link in links {
        tx.batch_execute(link)?;
    }
    Ok(())
}

/// Puts rows into a table.
pub(super) fn load(
    tx: &mut Transaction<'_>,
    table: &Table,
    rows: &[Vec<Value>],
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let name = quoted([table.name.as_str()].into_iter());
    let described = tx.prepare(&format!("SELECT {} FROM {name}", table.list()))?;
    let types: Vec<Type> = described
        .columns()
        .iter()
        .map(|c| c.type_().clone())
        .collect();
    let sql = format!("COPY {name} ({}) FROM STDIN (FORMAT binary)", table.list());
    let mut writer = BinaryCopyInWriter::new(tx.copy_in(&sql)?, &types);
    for row in rows {
        let row: Vec<&(dyn ToSql + Sync)> = row.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
        writer.write(&row)?;
    }
    writer.finish()?;
    Ok(())
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match (self, ty) {
            (Value::Null, _) => IsNull::Yes,
            (Value::Integer(number), &Type::INT8) => number.to_sql(ty, out)?,
            (Value::Integer(number), &Type::INT4) => i32::try_from(*number)?.to_sql(ty, out)?,
            (Value::Integer(number), &Type::INT2) => i16::try_from(*number)?.to_sql(ty, out)?,
            (Value::Integer(number), &Type::BOOL) => (*number != 0).to_sql(ty, out)?,
            (Value::Integer(number), &Type::TIMESTAMPTZ) => {
                Timestamp::from_millisecond(*number)?.to_sql(ty, out)?
            }
            (Value::Text(text), &Type::DATE) => text.parse::<civil::Date>()?.to_sql(ty, out)?,
            (Value::Text(text), &Type::JSONB) => {
                // The version of the binary form; then the text.
                out.extend_from_slice(&[1]);
                out.extend_from_slice(text.as_bytes());
                IsNull::No
            }
            (Value::Text(text), &Type::TEXT) => text.to_sql(ty, out)?,
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(ty, out)?,
            (Value::Bytes(bytes), &Type::UUID) if bytes.len() == 16 => {
                out.extend_from_slice(bytes);
                IsNull::No
            }
            _ => return Err(format!("a value does not fit into a column of the type {ty}").into()),
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    postgres::types::to_sql_checked!();
}
