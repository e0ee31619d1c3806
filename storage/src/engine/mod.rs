//! One way to read and one way to write, on two engines.
//!
//! A write is a closure that is handed to the store and runs on the engine's own thread; the engine decides how it
//! becomes durable. The closure talks to the database and to nothing else, decides on values that it was given, and
//! may run twice. `Ok` is only ever told after the commit is on disk.

mod asked;
mod carried;
mod checkpoint;
mod connect;
mod error;
mod job;
mod lane;
mod leader;
mod left_log;
mod listen;
mod postgres;
mod sqlite;
mod taken;
mod together;
mod value;
mod wire;
mod worker;

pub use asked::{Asked, Told};
pub use carried::Carried;
pub use error::Error;
pub use lane::{Lane, Waiting};
pub use leader::{Duty, Leadership};
pub use left_log::{carry_log, carry_log_if_last, check_log};
pub use listen::Hint;
pub(crate) use postgres::Talking;
pub use value::{At, Column, Param, Row};

use crate::session::Live;
use domain::ids::HealthCenterId;
use job::{Job, Kind, Turn, Work};
use lane::Lanes;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use taken::Taken;
use tokio::sync::{Semaphore, oneshot};

/// A connection of its own to a PostgreSQL server, without the patience of the workers: for what goes through everything.
pub(crate) fn connect_alone(url: &str, schema: Option<&str>) -> Result<::postgres::Client, Error> {
    let mut client: ::postgres::Client = connect::Target::read(url, schema)?.try_each()?;
    client
        .batch_execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")?;
    Ok(client)
}

/// Marks a statement, so that one test can prepare every statement on both engines.
#[macro_export]
macro_rules! sql {
    ($text:literal) => {
        $text
    };
}

/// A transaction, or a consistent snapshot for reading, on either engine.
pub enum Tx<'c> {
    /// The embedded engine, with what is done at the end of the transaction.
    Sqlite(&'c rusqlite::Connection, &'c mut Carried),
    /// A PostgreSQL server, with what is done at the end of the transaction.
    Postgres(postgres::Talking<'c>, &'c mut Carried),
    /// The same for one statement, which needs no transaction around it.
    Once(postgres::Once<'c>),
    /// A part of a transaction on a connection that copies whole tables; for migrations only.
    Copying(::postgres::Transaction<'c>),
}

impl Tx<'_> {
    /// Runs a statement and tells how many rows it touched.
    pub fn execute(&mut self, sql: &'static str, params: &[&dyn Param]) -> Result<u64, Error> {
        match self {
            Tx::Sqlite(connection, _) => sqlite::execute(connection, sql, params),
            Tx::Postgres(tx, _) => tx.execute(sql, params),
            Tx::Copying(tx) => Ok(tx.execute(sql, &postgres::references(params))?),
            Tx::Once(_) => Err(Error::Broken(format!("reads only, but: {sql}"))),
        }
    }

    /// Runs a query and reads every row of its answer.
    pub fn query<T>(
        &mut self,
        sql: &'static str,
        params: &[&dyn Param],
        read: impl FnMut(Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        match self {
            Tx::Sqlite(connection, _) => sqlite::query(connection, sql, params, read),
            Tx::Postgres(tx, _) => {
                postgres::read(&tx.query(sql, &postgres::references(params))?, read)
            }
            Tx::Copying(tx) => postgres::read(&tx.query(sql, &postgres::references(params))?, read),
            Tx::Once(once) => once.query(sql, params, read),
        }
    }

    /// The first row of a query, if there is one.
    pub fn query_opt<T>(
        &mut self,
        sql: &'static str,
        params: &[&dyn Param],
        read: impl FnMut(Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        Ok(self.query(sql, params, read)?.into_iter().next())
    }

    /// The only row of a query that always has one, such as a count.
    pub fn query_one<T>(
        &mut self,
        sql: &'static str,
        params: &[&dyn Param],
        read: impl FnMut(Row<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.query_opt(sql, params, read)?
            .ok_or_else(|| Error::Broken(format!("no row for: {sql}")))
    }

    /// Asks a query without waiting for its answer, so that others can be asked meanwhile. On the embedded engine, where
    /// nothing is waited for, the answer is here at once.
    pub fn ask<T>(
        &mut self,
        sql: &'static str,
        params: &[&dyn Param],
        read: fn(Row<'_>) -> Result<T, Error>,
    ) -> Result<Asked<T>, Error> {
        match self {
            Tx::Postgres(tx, _) => tx.ask(sql, params, read),
            _ => Ok(Asked::here(self.query(sql, params, read)?)),
        }
    }

    /// Runs a statement without waiting for its end. What goes wrong with it is told by whoever asks for its end, at the
    /// latest by the commit; no statement after it counts then.
    pub fn tell(&mut self, sql: &'static str, params: &[&dyn Param]) -> Result<Told, Error> {
        match self {
            Tx::Postgres(tx, _) => tx.tell(sql, params),
            _ => Ok(Told::here(self.execute(sql, params)?)),
        }
    }

    /// Sees to it that a statement which was told ahead has touched exactly one row, before anything is committed. On a
    /// PostgreSQL server its answer comes along with what the end of the transaction asks.
    ///
    /// # Errors
    /// [`Error::TryAgain`] where that is known by now to be otherwise; else the end of the transaction has it.
    pub(crate) fn must_touch_one(&mut self, told: Told) -> Result<(), Error> {
        match self {
            Tx::Postgres(_, carried) => {
                carried.must_touch_one(told);
                Ok(())
            }
            tx => touched_one(told.count(tx)?),
        }
    }

    /// Whether all has touched one row that had to; once what ends the transaction was asked for, nobody waits for that.
    ///
    /// # Errors
    /// [`Error::TryAgain`] where something has not.
    pub(crate) fn all_touched_one(&mut self) -> Result<(), Error> {
        let expected = match self {
            Tx::Postgres(_, carried) => carried.take_expected(),
            Tx::Sqlite(..) | Tx::Once(_) | Tx::Copying(_) => return Ok(()),
        };
        for told in expected {
            touched_one(told.count(self)?)?;
        }
        Ok(())
    }

    /// Runs several statements without parameters; for migrations only.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), Error> {
        match self {
            Tx::Sqlite(connection, _) => connection.execute_batch(sql).map_err(Error::from),
            Tx::Postgres(tx, _) => tx.batch(sql),
            Tx::Copying(tx) => Ok(tx.batch_execute(sql)?),
            Tx::Once(_) => Err(Error::Broken("no batch in one statement".to_owned())),
        }
    }

    /// Says that something on a center's worklist changes, so that those who look at it are told after the commit.
    pub fn changes(&self, center: HealthCenterId) {
        listen::note(center);
    }

    /// Makes a transaction that has found everything done already wait until what it found is as safe as if it had done
    /// it itself: with a standby, a commit that was cut short is seen before the standby has it.
    pub fn confirm(&mut self) -> Result<(), Error> {
        match self {
            Tx::Sqlite(..) | Tx::Once(_) | Tx::Copying(_) => Ok(()),
            Tx::Postgres(tx, _) => tx.confirm(),
        }
    }

    /// Lets the statements of this transaction take as long as they need: migrations, and what goes through everything.
    ///
    /// # Errors
    /// [`Error::TryAgain`] where others share the transaction: it is run again by itself.
    pub fn takes_long(&mut self) -> Result<(), Error> {
        match self {
            Tx::Sqlite(..) | Tx::Once(_) | Tx::Copying(_) => Ok(()),
            Tx::Postgres(_, carried) if carried.is_shared() => Err(Error::TryAgain),
            Tx::Postgres(tx, _) => tx.batch("SET LOCAL statement_timeout = 0"),
        }
    }

    /// Lets a PostgreSQL server keep one plan for each statement of this transaction, which goes along with what is asked
    /// next: for pages whose indexes lead the same way whatever is asked for. Planned anew for the values of each time, as
    /// the server prefers where it counts on few rows, a list of a hundred takes as long again.
    pub fn plans_once(&mut self) {
        if let Tx::Postgres(tx, _) = self {
            tx.along("SET LOCAL plan_cache_mode = force_generic_plan");
        }
    }

    /// Whether this is the embedded engine; migrations, `doctor` and locks ask.
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Tx::Sqlite(..))
    }
}

fn touched_one(rows: u64) -> Result<(), Error> {
    match rows {
        1 => Ok(()),
        _ => Err(Error::TryAgain),
    }
}

#[derive(Clone)]
enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// The store, as one lane into it. Cheap to clone; all clones share one set of threads and connections.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    lane: Lane,
    taken: Arc<Taken>,
    /// Reads of many seconds, of all lanes.
    long: Arc<Semaphore>,
}

/// How many reads of many seconds go on at once: each of them holds a thread, or one of the health centers' connections.
const LONG_AT_ONCE: usize = 1;
/// How long one waits for those before it, until one is told to come back.
const LONG_PATIENCE: Duration = Duration::from_secs(60);

impl Db {
    /// Opens (or makes) the embedded database in a file and starts its one writer thread.
    /// Fails where the file cannot be opened or the bundled SQLite is older than 3.51.3, whose
    /// predecessors can corrupt a file in WAL mode.
    pub fn sqlite(path: &Path) -> Result<Db, Error> {
        Ok(Db {
            engine: Engine::Sqlite(sqlite::Sqlite::open(path)?),
            lane: Lane::People,
            taken: Arc::new(Taken::new()),
            long: Arc::new(Semaphore::new(LONG_AT_ONCE)),
        })
    }

    /// Connects to a PostgreSQL server and starts the worker threads. With a `schema`, all tables live there.
    pub async fn postgres(url: &str, schema: Option<&str>) -> Result<Db, Error> {
        let (url, schema) = (url.to_owned(), schema.map(str::to_owned));
        // The driver brings a runtime of its own, which must not start inside ours.
        let opened =
            tokio::task::spawn_blocking(move || postgres::Postgres::open(&url, schema.as_deref()))
                .await
                .map_err(|_| Error::Broken("connecting panicked".to_owned()))??;
        Ok(Db {
            engine: Engine::Postgres(opened),
            lane: Lane::People,
            taken: Arc::new(Taken::new()),
            long: Arc::new(Semaphore::new(LONG_AT_ONCE)),
        })
    }

    /// The same store by another lane; one that was just opened is the lane of people at home.
    pub fn in_lane(&self, lane: Lane) -> Db {
        Db {
            engine: self.engine.clone(),
            lane,
            taken: self.taken.clone(),
            long: self.long.clone(),
        }
    }

    /// How long one waits in this lane now.
    pub fn waiting(&self) -> Waiting {
        self.lanes().waiting(self.lane)
    }

    fn lanes(&self) -> &Lanes {
        match &self.engine {
            Engine::Sqlite(engine) => &engine.lanes,
            Engine::Postgres(engine) => &engine.lanes,
        }
    }

    /// Runs a write as one transaction and answers when it is on disk. The closure may run twice; what an earlier run
    /// did is undone then.
    ///
    /// # Errors
    /// What the closure returned (then nothing of it is kept); [`Error::Busy`] when too much is waiting already;
    /// [`Error::Unavailable`] when the disk or the server did not take it, or when the server died over the commit, so
    /// that nobody knows whether it took it.
    pub async fn write<T, F>(&self, closure: F) -> Result<T, Error>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        self.hand_over(closure, Kind::Write).await
    }

    /// The same for a closure that finds by a key whether it has run before, and then answers as it did then: a report
    /// under its form's key, a mark that is set. Where a server dies over the commit, it is run again on the next one
    /// until somebody knows. A closure that counts up or makes a new row under a new key must not come here.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_once<T, F>(&self, closure: F) -> Result<T, Error>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        self.hand_over(closure, Kind::WriteOnce).await
    }

    async fn hand_over<T, F>(&self, closure: F, kind: Kind) -> Result<T, Error>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let job = Box::new(Work {
            turn: self.turn::<F>(kind).waits(),
            closure,
            kind,
            result: None,
            tell,
        });
        self.lanes().put(self.lane, job)?;
        let ended = told
            .await
            .unwrap_or_else(|_| Err(Error::Unavailable("the writer has stopped".to_owned())));
        if kind.writes() {
            self.taken.note(&ended);
        }
        ended
    }

    /// Whether the latest write was refused a moment ago, be it that everything else goes on: the disk is full, or the
    /// server lets nobody write.
    pub fn takes_nothing(&self) -> bool {
        self.taken.nothing()
    }

    /// What is traced of a piece of work; its closure says where in the program it stands.
    fn turn<F>(&self, kind: Kind) -> Turn {
        let database = match &self.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgresql",
        };
        Turn::of(kind, database, self.lane, std::any::type_name::<F>())
    }

    /// Reads from one consistent snapshot: inline on the embedded engine, whose reads cost less than a change of
    /// threads; by the workers on PostgreSQL.
    pub async fn read<T, F>(&self, mut closure: F) -> Result<T, Error>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        match &self.engine {
            Engine::Sqlite(engine) => self
                .turn::<F>(Kind::Read)
                .at_once(|| engine.read(&mut closure)),
            Engine::Postgres(_) => self.hand_over(closure, Kind::Read).await,
        }
    }

    /// The same for what may take many seconds, such as the figures of a nation: one after the other, and on a thread that
    /// serves nobody else meanwhile. However many ask, the pages of the nurses go on. It ends although whoever asked has
    /// gone, and only then the next one begins.
    ///
    /// # Errors
    /// As [`Db::read`]; [`Error::Busy`] where too many stand before it.
    pub async fn read_at_length<T, F>(&self, mut closure: F) -> Result<T, Error>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        let permit = tokio::time::timeout(LONG_PATIENCE, self.long.clone().acquire_owned()).await;
        let permit = permit
            .map_err(|_| Error::Busy)?
            .map_err(|_| Error::Unavailable("nothing is read any more".to_owned()))?;
        match &self.engine {
            Engine::Sqlite(engine) => {
                let (engine, turn) = (engine.clone(), self.turn::<F>(Kind::Read));
                let work = move || {
                    let _permit = permit;
                    turn.at_once(|| engine.read(&mut closure))
                };
                tokio::task::spawn_blocking(work)
                    .await
                    .unwrap_or_else(|_| Err(Error::Broken("a long read panicked".to_owned())))
            }
            Engine::Postgres(_) => {
                let held = move |tx: &mut Tx<'_>| {
                    let _held = &permit;
                    closure(tx)
                };
                self.hand_over(held, Kind::Read).await
            }
        }
    }

    /// The same for a closure that runs one query and no more: on PostgreSQL nothing is sent before and after it. For what
    /// is asked with every request.
    ///
    /// # Errors
    /// As [`Db::read`]; [`Error::Broken`] where it runs a second one.
    pub async fn read_once<T, F>(&self, mut closure: F) -> Result<T, Error>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        match &self.engine {
            Engine::Sqlite(engine) => self
                .turn::<F>(Kind::ReadOnce)
                .at_once(|| engine.read_once(&mut closure)),
            Engine::Postgres(_) => self.hand_over(closure, Kind::ReadOnce).await,
        }
    }

    /// Sees to it that the bytes of what was deleted are gone: the file of the embedded engine is rewritten where it is
    /// small and its log emptied, dead rows of PostgreSQL are vacuumed. The `whole` rewrites either, however large, and
    /// keeps whoever writes waiting meanwhile. Tells whether the file needs no rewriting any more.
    ///
    /// # Errors
    /// [`Error::Busy`] where somebody reads old pages for long; trying again later helps. [`Error::Refused`] with the tables
    /// that are left on PostgreSQL, since somebody uses them; all others are done.
    pub async fn scrub(&self, whole: bool) -> Result<bool, Error> {
        let engine = self.engine.clone();
        tokio::task::spawn_blocking(move || match engine {
            Engine::Sqlite(engine) => engine.scrub(whole),
            Engine::Postgres(engine) => engine.scrub(whole),
        })
        .await
        .map_err(|_| Error::Broken("scrubbing panicked".to_owned()))?
    }

    /// A name and version for people: `SQLite 3.54.1`, `PostgreSQL 15.8`.
    pub async fn describe(&self) -> Result<String, Error> {
        self.read(|tx| {
            if tx.is_sqlite() {
                tx.query_one("SELECT sqlite_version()", &[], |row| row.get::<String>(0))
                    .map(|version| format!("SQLite {version}"))
            } else {
                tx.query_one("SHOW server_version", &[], |row| row.get::<String>(0))
                    .map(|version| format!("PostgreSQL {version}"))
            }
        })
        .await
    }

    /// On the embedded engine: lets the writer see whether another process of this machine has written, which gives hints on
    /// all centers. Costs nothing when somebody has just done so. A PostgreSQL server is asked by whoever looks.
    pub async fn look_elsewhere(&self) {
        if let Engine::Sqlite(engine) = &self.engine
            && engine.hints.is_time_to_look()
        {
            // The writer looks before each batch; one without any work leaves nothing on the disk.
            let _ = self.write(|_| Ok(())).await;
        }
    }

    /// On the embedded engine: lets the writer see whether its files are still those that it has opened, as it does before
    /// each commit; for the end of a process. It brings what was saved to safety where a log is gone.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where one of them is gone.
    pub async fn looks_after_files(&self) -> Result<(), Error> {
        match &self.engine {
            Engine::Sqlite(_) => self.write(|_| Ok(())).await,
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// Hints on what changes at a center; one waits for each center.
    pub fn hints(&self, center: HealthCenterId) -> Hint {
        match &self.engine {
            Engine::Sqlite(engine) => engine.hints.of(center),
            Engine::Postgres(engine) => engine.hints.of(center),
        }
    }

    /// Whether a duty is this process's among those on the database. The first who asks makes the process ask for it.
    pub fn leadership(&self, duty: Duty) -> Result<Leadership, Error> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(Leadership::always()),
            Engine::Postgres(engine) => engine.leadership(duty),
        }
    }

    /// The sessions in memory. On a PostgreSQL server, where any process may end one, they count while it tells us.
    pub(crate) fn live_sessions(&self) -> &Live {
        match &self.engine {
            Engine::Sqlite(engine) => &engine.live,
            Engine::Postgres(engine) => {
                engine.hints.begin();
                &engine.live
            }
        }
    }

    /// Whether this is the embedded engine.
    pub fn is_embedded(&self) -> bool {
        matches!(self.engine, Engine::Sqlite(_))
    }
}
