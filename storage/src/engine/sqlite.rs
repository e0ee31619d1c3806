//! The embedded engine: one writer thread that commits once for all that wait, readers of their own.

mod writer;

use super::carried::Carried;
use super::checkpoint::{Carried as LogCarried, Log};
use super::lane::{Lane, Lanes, lane};
use super::left_log::check_log;
use super::listen::Hints;
use super::{Error, Param, Row, Tx};
use crate::session::Live;
use foldhash::fast::RandomState;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use writer::{After, write_all};

/// How many writes may wait before callers are told to come back: at 15,000 a second, half a second of work.
const QUEUE: usize = 8_192;
/// The same for the health centers, whose work is taken first.
const STAFF_QUEUE: usize = 1_024;
/// Readers that are kept open; more than the cores of a small server ever use at once.
const IDLE_READERS: usize = 16;
/// How long emptying the log may keep writers waiting at a time, and how often it is tried.
const PATIENCE: Duration = Duration::from_millis(200);
const SCRUBS: usize = 50;
/// From so many changed pages on some are written before the end of a batch: 32 MB.
const SPILL: u32 = 8_000;
/// Up to this many bytes the file is rewritten after a purge while people wait: a second or two, and writers wait ten.
const REWRITTEN_AT_ONCE: u64 = 128 << 20;
/// Older versions can corrupt a file when two connections write or checkpoint at once.
const OLDEST: i32 = 3_051_003;

#[derive(Clone)]
pub(crate) struct Sqlite {
    pub(super) lanes: Lanes,
    readers: Arc<Readers>,
    carried: LogCarried,
    pub(super) hints: Hints,
    pub(super) live: Arc<Live>,
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> Result<Sqlite, Error> {
        if rusqlite::version_number() < OLDEST {
            return Err(Error::Broken(format!(
                "SQLite {} is too old, 3.51.3 or newer is needed",
                rusqlite::version()
            )));
        }
        check_log(path)?;
        let mut writer = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        writer.busy_timeout(Duration::from_secs(10))?;
        writer.pragma_update(None, "journal_mode", "WAL")?;
        // NORMAL would lose the last commits at a power cut, after people have been told "saved".
        writer.pragma_update(None, "synchronous", "FULL")?;
        writer.pragma_update(None, "foreign_keys", "ON")?;
        // What was deleted is overwritten with zeros, so that little of whoever was purged is left until a rewrite.
        writer.pragma_update(None, "secure_delete", "ON")?;
        // What one batch changes is written at its end, whatever the cache is given.
        writer.pragma_update(None, "cache_spill", SPILL)?;
        keep_plans(&writer)?;
        writer.set_prepared_statement_cache_capacity(256);
        let log = Log::of(&mut writer, path)?;
        let (people, people_out) = lane(Lane::People, QUEUE);
        let (staff, staff_out) = lane(Lane::Staff, STAFF_QUEUE);
        let hints = Hints::default();
        let live = Arc::new(Live::default());
        let carried = log.carried();
        let after = After {
            hints: hints.clone(),
            live: live.clone(),
            log,
        };
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                write_all(&writer, &staff_out, &people_out, &after);
                after.log.close(writer);
            })
            .map_err(|e| Error::Unavailable(e.to_string()))?;
        Ok(Sqlite {
            lanes: Lanes {
                people,
                people_writing: None,
                staff,
            },
            readers: Arc::new(Readers {
                path: path.to_owned(),
                idle: Mutex::new(Vec::new()),
            }),
            carried,
            hints,
            live,
        })
    }

    /// Rewrites the file where it is small or the `whole` is wished, and empties the write-ahead log, which holds pages as
    /// they were; writers wait for the latter as long as `PATIENCE` at a time. Zeros over what is deleted (`secure_delete`) are not enough: where pages were split and joined, copies of
    /// rows stay in the free room of others. Tells whether no byte is left.
    pub(crate) fn scrub(&self, whole: bool) -> Result<bool, Error> {
        let path = &self.readers.path;
        let connection = Connection::open(path)?;
        let is_small = std::fs::metadata(path).is_ok_and(|file| file.len() <= REWRITTEN_AT_ONCE);
        let rewrite = whole || is_small;
        if rewrite {
            connection.busy_timeout(PATIENCE * 25)?;
            connection.execute_batch("VACUUM")?;
        }
        connection.busy_timeout(PATIENCE)?;
        for _ in 0..SCRUBS {
            // Most of it while nobody waits.
            connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
            // Whoever else carries the log would make this one give up at once.
            let mut carried = self.carried.lock().unwrap_or_else(PoisonError::into_inner);
            let busy: i64 =
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if busy == 0 {
                *carried = 0;
                return Ok(rewrite);
            }
            drop(carried);
            std::thread::sleep(PATIENCE);
        }
        Err(Error::Busy)
    }

    pub(crate) fn read<T>(
        &self,
        closure: &mut dyn FnMut(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let connection = self.readers.take()?;
        connection.prepare_cached("BEGIN")?.raw_execute()?;
        let result = closure(&mut Tx::Sqlite(&connection, &mut Carried::of_reader()));
        connection.prepare_cached("COMMIT")?.raw_execute()?;
        self.readers.give_back(connection);
        result
    }

    /// The same for one query: a statement alone is a transaction by itself, and what begins and ends one costs as much
    /// as finding a row.
    pub(crate) fn read_once<T>(
        &self,
        closure: &mut dyn FnMut(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let connection = self.readers.take()?;
        let result = closure(&mut Tx::Sqlite(&connection, &mut Carried::of_reader()));
        self.readers.give_back(connection);
        result
    }
}

impl Readers {
    fn take(&self) -> Result<Connection, Error> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "query_only", "ON")?;
        // A page of a hundred people touches some 800 pages of the file; they must not push each other out.
        connection.pragma_update(None, "cache_size", -8_000)?;
        keep_plans(&connection)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(connection)
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_READERS {
            idle.push(connection);
        }
    }
}

/// Keeps the plan of a prepared statement whatever is bound to it. Else SQLite plans most of ours anew each time that a
/// value changes, which took a third of the time of a page.
fn keep_plans(connection: &Connection) -> Result<(), Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn run(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql)?.raw_execute()?;
    Ok(())
}

/// The placeholders of a statement, by their place in the list of parameters.
const NAMES: [&str; 24] = [
    "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15",
    "$16", "$17", "$18", "$19", "$20", "$21", "$22", "$23", "$24",
];

/// Where a statement's text lies, and how long it is.
type TextAt = (usize, usize);

thread_local! {
    /// The places of a statement's parameters, by its text: texts are constants of the program. Asking SQLite by name compares every name with those before it, with every statement.
    static PLACES: RefCell<HashMap<TextAt, Rc<[usize]>, RandomState>> = RefCell::default();
}

/// The place of `$1`, `$2` and so on, as SQLite numbers them: to it `$2` is a name like any other, numbered by where it
/// first appears, not by its digit.
fn places(
    statement: &rusqlite::CachedStatement<'_>,
    sql: &'static str,
) -> Result<Rc<[usize]>, Error> {
    let key = (sql.as_ptr().addr(), sql.len());
    if let Some(known) = PLACES.with_borrow(|all| all.get(&key).cloned()) {
        return Ok(known);
    }
    let found = NAMES
        .iter()
        .take(statement.parameter_count())
        .map(|name| {
            statement
                .parameter_index(name)?
                .ok_or_else(|| Error::Broken(format!("a statement has no {name}")))
        })
        .collect::<Result<Rc<[usize]>, Error>>()?;
    PLACES.with_borrow_mut(|all| all.insert(key, found.clone()));
    Ok(found)
}

/// Binds by name.
fn bind(
    statement: &mut rusqlite::CachedStatement<'_>,
    sql: &'static str,
    params: &[&dyn Param],
) -> Result<(), Error> {
    let places = places(statement, sql)?;
    if places.len() != params.len() {
        return Err(Error::Broken(
            "a statement wants more or fewer parameters".to_owned(),
        ));
    }
    for (place, param) in places.iter().zip(params) {
        statement.raw_bind_parameter(*place, *param as &dyn rusqlite::ToSql)?;
    }
    Ok(())
}

pub(super) fn execute(
    connection: &Connection,
    sql: &'static str,
    params: &[&dyn Param],
) -> Result<u64, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, sql, params)?;
    Ok(statement.raw_execute()? as u64)
}

pub(super) fn query<T>(
    connection: &Connection,
    sql: &'static str,
    params: &[&dyn Param],
    mut read: impl FnMut(Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, sql, params)?;
    let mut rows = statement.raw_query();
    let mut answer = Vec::new();
    while let Some(row) = rows.next()? {
        answer.push(read(Row::Sqlite(row))?);
    }
    Ok(answer)
}
