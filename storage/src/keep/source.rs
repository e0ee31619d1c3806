//! One consistent snapshot of a database, read row by row while others go on writing.

use super::rows::{Column, Table, Value, quoted};
use super::tables::{tables_of_postgres, tables_of_sqlite};
use super::{Error, Place};
use crate::engine::connect_alone;
use crate::migrations;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Rows of one answer of the server.
const FETCH: usize = 1_000;
/// Rows that are copied at once are no more than this, so that a few long ones do not take all memory.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// How often SQLite asks whether it is to end, in its own steps: some thousand times a second.
const STEPS: i32 = 1_000;

/// A snapshot; it ends when it is dropped.
pub enum Source {
    /// Of the embedded engine: in WAL mode a reader and the writer do not wait for each other.
    Sqlite(Connection),
    /// Of a server.
    Postgres(Box<postgres::Client>),
}

impl Source {
    /// Begins a snapshot.
    ///
    /// # Errors
    /// Where there is no database.
    pub fn open(place: &Place) -> Result<Source, Error> {
        match place {
            Place::Sqlite(path) => {
                let connection = existing(path)?;
                connection.pragma_update(None, "query_only", "ON")?;
                connection.execute_batch("BEGIN")?;
                let _: i64 =
                    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
                Ok(Source::Sqlite(connection))
            }
            Place::Postgres { url, schema } => {
                let mut client = connect_alone(url, schema.as_deref())?;
                // The server takes the snapshot with the first query, not with BEGIN.
                client
                    .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1")?;
                Ok(Source::Postgres(Box::new(client)))
            }
        }
    }

    /// The embedded database, for as long as no other process has it open; none can open it meanwhile.
    ///
    /// # Errors
    /// Where somebody has it open.
    pub fn open_alone(path: &Path) -> Result<Source, Error> {
        let connection = existing(path)?;
        connection.busy_timeout(Duration::from_secs(1))?;
        let taken = |_| {
            Error::Refused(format!(
                "{} is in use; stop `hersys serve` first: what it would go on writing would not be copied",
                path.display()
            ))
        };
        connection
            .pragma_update(None, "locking_mode", "EXCLUSIVE")
            .map_err(taken)?;
        connection.execute_batch("BEGIN EXCLUSIVE").map_err(taken)?;
        Ok(Source::Sqlite(connection))
    }

    /// Ends what is read of an embedded database with an error once `asked` says so. Rows of a server come some at a time, and
    /// whoever takes them ends it in between.
    ///
    /// # Errors
    /// Of the store.
    pub fn ends_when(&mut self, asked: impl FnMut() -> bool + Send + 'static) -> Result<(), Error> {
        if let Source::Sqlite(connection) = self {
            connection.progress_handler(STEPS, Some(asked))?;
        }
        Ok(())
    }

    /// Looks for damage in the file of an embedded database.
    ///
    /// # Errors
    /// With what SQLite says.
    pub fn check(&self) -> Result<(), Error> {
        let Source::Sqlite(connection) = self else {
            return Ok(());
        };
        let says: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if says == "ok" {
            return Ok(());
        }
        let says = says.replace('\n', " ");
        Err(Error::Refused(format!(
            "the database itself is damaged ({says}); keep its files as they are and restore the last good backup"
        )))
    }

    /// All tables but those of the engine, in the order of the alphabet.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn tables(&mut self) -> Result<Vec<Table>, Error> {
        match self {
            Source::Sqlite(connection) => tables_of_sqlite(connection),
            Source::Postgres(client) => tables_of_postgres(client.as_mut()),
        }
    }

    /// Hands over each row of a table.
    ///
    /// # Errors
    /// Of the store, or of `take`.
    pub fn rows(
        &mut self,
        table: &Table,
        mut take: impl FnMut(Vec<Value>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Source::Sqlite(connection) => {
                let sql = format!(
                    "SELECT {} FROM {}",
                    table.list(),
                    quoted([table.name.as_str()].into_iter())
                );
                sqlite_rows(connection, &sql, &[], table.columns.len(), |row| {
                    take(row).map(|()| true)
                })
            }
            Source::Postgres(client) => postgres_rows(client.as_mut(), table, take),
        }
    }

    /// At most `most` rows of a table of an embedded database in the order of its key, after a row's key.
    pub(super) fn some_rows(
        &mut self,
        table: &Table,
        after: &[Value],
        most: usize,
    ) -> Result<Vec<Vec<Value>>, Error> {
        let Source::Sqlite(connection) = self else {
            return Err(Error::Refused(
                "only an embedded database is copied".to_owned(),
            ));
        };
        let key = quoted(table.key.iter().map(String::as_str));
        let name = quoted([table.name.as_str()].into_iter());
        let beyond = if after.is_empty() {
            String::new()
        } else {
            format!("WHERE ({key}) > ({})", vec!["?"; after.len()].join(", "))
        };
        let sql = format!(
            "SELECT {} FROM {name} {beyond} ORDER BY {key} LIMIT {most}",
            table.list()
        );
        let (mut found, mut size) = (Vec::new(), 0);
        sqlite_rows(connection, &sql, after, table.columns.len(), |row| {
            size += row.iter().map(Value::size).sum::<usize>();
            found.push(row);
            Ok(size < MOST_BYTES)
        })?;
        Ok(found)
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn count(&mut self, table: &Table) -> Result<u64, Error> {
        let sql = format!(
            "SELECT count(*) FROM {}",
            quoted([table.name.as_str()].into_iter())
        );
        let count: i64 = match self {
            Source::Sqlite(connection) => connection.query_row(&sql, [], |row| row.get(0))?,
            Source::Postgres(client) => client.query_one(&sql, &[])?.get(0),
        };
        Ok(count.unsigned_abs())
    }

    /// Whether there is a database of ours, be it half a copy.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn is_ours(&mut self) -> Result<bool, Error> {
        Ok(match self {
            Source::Sqlite(connection) => connection.table_exists(None, "migrations")?,
            Source::Postgres(client) => client
                .query_one("SELECT to_regclass('migrations') IS NOT NULL", &[])?
                .get(0),
        })
    }

    /// The numbers of the migrations that were run.
    ///
    /// # Errors
    /// Where there is no database of ours, or half a copy of one.
    pub fn migrations(&mut self) -> Result<Vec<i32>, Error> {
        let sql = "SELECT number FROM migrations ORDER BY number";
        if !self.is_ours()? {
            return Err(Error::Refused(
                "there is no database of hersys yet; nothing is there to be kept".to_owned(),
            ));
        }
        let found: Vec<i32> = match self {
            Source::Sqlite(connection) => {
                let mut statement = connection.prepare(sql)?;
                let found = statement.query_map([], |row| row.get(0))?;
                found.collect::<Result<_, _>>()?
            }
            Source::Postgres(client) => client
                .query(sql, &[])?
                .iter()
                .map(|row| row.get(0))
                .collect(),
        };
        // It could not be restored: nothing tells what is missing from it.
        if found.contains(&migrations::HALF) {
            return Err(Error::Refused(migrations::HALF_COPY.to_owned()));
        }
        Ok(found)
    }

    /// A value of the table of settings.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn setting(&mut self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let sql = "SELECT value FROM settings WHERE name = $1";
        Ok(match self {
            Source::Sqlite(connection) => {
                let mut statement = connection.prepare(sql)?;
                let mut rows = statement.query([name])?;
                rows.next()?.map(|row| row.get(0)).transpose()?
            }
            Source::Postgres(client) => client.query_opt(sql, &[&name])?.map(|row| row.get(0)),
        })
    }
}

fn existing(path: &Path) -> Result<Connection, Error> {
    if !path.is_file() {
        return Err(Error::Refused(format!(
            "there is no database at {}; name it with HERSYS_DATABASE_URL or HERSYS_DATA_DIR",
            path.display()
        )));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    Ok(connection)
}

/// A column in the words of the stream.
fn portable(table: &Table, column: &Column) -> Result<String, Error> {
    let name = quoted([column.name.as_str()].into_iter());
    Ok(match column.kind.as_str() {
        "uuid" => format!("uuid_send({name})"),
        "timestamp with time zone" => format!("(extract(epoch FROM {name}) * 1000)::bigint"),
        "date" => format!("to_char({name}, 'YYYY-MM-DD')"),
        "jsonb" => format!("{name}::text"),
        "integer" | "smallint" => format!("{name}::bigint"),
        "boolean" => format!("{name}::int::bigint"),
        "bigint" | "text" | "bytea" => name,
        other => {
            return Err(Error::Refused(format!(
                "{}.{} is of the type {other}, which this release cannot keep",
                table.name, column.name
            )));
        }
    })
}

/// Hands over each row of a table on a server, within a transaction.
pub(super) fn postgres_rows(
    client: &mut impl postgres::GenericClient,
    table: &Table,
    mut take: impl FnMut(Vec<Value>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut columns = Vec::new();
    for column in &table.columns {
        columns.push(portable(table, column)?);
    }
    let name = quoted([table.name.as_str()].into_iter());
    client.batch_execute(&format!(
        "DECLARE all_rows NO SCROLL CURSOR FOR SELECT {} FROM {name}",
        columns.join(", ")
    ))?;
    loop {
        let some = client.query(&format!("FETCH {FETCH} FROM all_rows"), &[])?;
        for row in &some {
            take(postgres_row(row)?)?;
        }
        if some.len() < FETCH {
            break;
        }
    }
    Ok(client.batch_execute("CLOSE all_rows")?)
}

fn postgres_row(row: &postgres::Row) -> Result<Vec<Value>, Error> {
    use postgres::types::Type;
    (0..row.len())
        .map(|at| {
            let value = match *row.columns()[at].type_() {
                Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map(Value::Integer),
                Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at)?.map(Value::Bytes),
                _ => row.try_get::<_, Option<String>>(at)?.map(Value::Text),
            };
            Ok(value.unwrap_or(Value::Null))
        })
        .collect()
}

fn sqlite_rows(
    connection: &Connection,
    sql: &str,
    bound: &[Value],
    columns: usize,
    mut take: impl FnMut(Vec<Value>) -> Result<bool, Error>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(bound))?;
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(columns);
        for at in 0..columns {
            values.push(match row.get_ref(at)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
                ValueRef::Real(_) => {
                    return Err(Error::Refused("a number with a fraction stands in the database, which this release cannot keep".to_owned()));
                }
            });
        }
        if !take(values)? {
            break;
        }
    }
    Ok(())
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        let value = match self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        };
        Ok(rusqlite::types::ToSqlOutput::Borrowed(value))
    }
}
