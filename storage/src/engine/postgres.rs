//! A PostgreSQL server: a few threads with a connection each. What people at home write is committed together
//! (`together`); everything else has a transaction of its own (`worker`).

use super::asked::{Asked, Told};
use super::connect::Target;
use super::lane::{Lane, Lanes, lane};
use super::leader::{Duty, Leadership};
use super::listen::Hints;
use super::together::{TOGETHER, Writer};
use super::wire::{Place, Wire};
use super::worker::{Idle, Worker};
use super::{Error, Param, Row};
use crate::session::Live;
use postgres::Client;
use postgres::types::ToSql;
use std::sync::{Arc, Mutex, PoisonError};

/// Threads, and so connections, for what people at home read, and for what must be written by itself. More of all kinds
/// were measured to be slower on a small server.
const WORKERS: usize = 6;
/// Threads that write for people at home, a batch at a time. Two cost least where the server is on the same machine; where
/// it is half a millisecond away, a thread makes some 200 reports a second, and two would be too few.
const WRITERS: usize = 4;
/// Connections for the health centers: of their own, so that they never wait behind people at home.
const STAFF_WORKERS: usize = 4;
/// How many pieces of work may wait before callers are told to come back: so many who read, and so many who write.
const QUEUE: usize = 4_096;
/// The same for the health centers.
const STAFF_QUEUE: usize = 1_024;

/// A large table takes as long as it takes; but whoever reads one stands behind a rewriting that waits for it, so that does not
/// wait as long as a session's other statements.
const VACUUMING: &str = "SET statement_timeout = 0; SET lock_timeout = '3s'";

#[derive(Clone)]
pub(crate) struct Postgres {
    pub(super) lanes: Lanes,
    target: Arc<Target>,
    pub(super) hints: Hints,
    pub(super) live: Arc<Live>,
    leadership: Arc<Mutex<Vec<(Duty, Leadership)>>>,
}

impl Postgres {
    pub(crate) fn open(url: &str, schema: Option<&str>) -> Result<Postgres, Error> {
        let target = Arc::new(Target::read(url, schema)?);
        let first = target.try_each()?;
        let (people, reading) = lane(Lane::People, QUEUE);
        let (people_writing, writing) = lane(Lane::People, QUEUE);
        let (staff, staff_out) = lane(Lane::Staff, STAFF_QUEUE);
        // All that the writers can have in their hands.
        let (aside, set_aside) = lane(Lane::People, WRITERS * TOGETHER);
        let live = Arc::new(Live::default());
        let hints = Hints::across(target.clone(), live.clone());
        let spawn = |name: String, work: Box<dyn FnOnce() + Send>| {
            let spawned = std::thread::Builder::new().name(name).spawn(work);
            spawned
                .map(|_| ())
                .map_err(|e| Error::Unavailable(e.to_string()))
        };
        let lanes = [
            ("postgres", WORKERS, reading, Some(set_aside)),
            ("postgres-staff", STAFF_WORKERS, staff_out, None),
        ];
        let mut first = Some(first);
        for (name, workers, jobs, before) in lanes {
            let idle = Idle::default();
            if let Some(first) = first.take() {
                idle.put(first);
            }
            for number in 0..workers {
                let (jobs, before) = (jobs.clone(), before.clone());
                let worker = Worker::new(target.clone(), idle.clone(), hints.clone());
                let work = move || worker.work(before.as_ref(), &jobs);
                spawn(format!("{name}-{number}"), Box::new(work))?;
            }
        }
        let idle = Idle::default();
        for number in 0..WRITERS {
            let (jobs, aside) = (writing.clone(), aside.clone());
            let writer = Writer::new(target.clone(), idle.clone(), hints.clone(), aside);
            let work = move || writer.work(&jobs);
            spawn(format!("postgres-writer-{number}"), Box::new(work))?;
        }
        Ok(Postgres {
            lanes: Lanes {
                people,
                people_writing: Some(people_writing),
                staff,
            },
            target,
            hints,
            live,
            leadership: Arc::default(),
        })
    }

    /// Vacuums what people are purged from, on a connection of its own: no query finds the rows any more, and their room is
    /// used again. The `whole` rewrites the tables and keeps everybody waiting meanwhile. A table that somebody uses is tried
    /// once more after all others; a part of a table that is divided by time counts as a table, so that one in use keeps no
    /// other from being done, and none is done twice.
    ///
    /// # Errors
    /// [`Error::Refused`] with the tables that were in use all the same; the others are done.
    pub(crate) fn scrub(&self, whole: bool) -> Result<bool, Error> {
        // Not left to the server's own timer, which waits until a fifth of a table is dead.
        let mut client: Client = self.target.try_each()?;
        client.batch_execute(VACUUMING)?;
        let vacuum = if whole { "VACUUM (FULL) " } else { "VACUUM " };
        let mut left = Vec::new();
        for table in crate::retention::TABLES {
            let parts = client.query(
                "SELECT t.relid::regclass::text FROM pg_partition_tree($1::text::regclass) t WHERE t.isleaf ORDER BY 1",
                &[&table],
            )?;
            match parts.is_empty() {
                true => left.push(table.to_owned()),
                false => left.extend(parts.iter().map(|part| part.get::<_, String>(0))),
            }
        }
        for _ in 0..2 {
            for table in std::mem::take(&mut left) {
                let done = client.batch_execute(&format!("{vacuum}{table}"));
                match done.map_err(Error::from) {
                    Ok(()) => {}
                    Err(Error::TryAgain) => left.push(table),
                    Err(error) => return Err(error),
                }
            }
        }
        if left.is_empty() {
            return Ok(true);
        }
        let (done, tables) = (
            if whole { "rewritten" } else { "vacuumed" },
            left.join(", "),
        );
        Err(Error::Refused(format!(
            "not {done}, since somebody uses them just now, such as a backup, figures of a year or another VACUUM: {tables}. \
             All other tables are; do it again when that has ended"
        )))
    }

    pub(crate) fn leadership(&self, duty: Duty) -> Result<Leadership, Error> {
        let mut asked = self
            .leadership
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((_, leadership)) = asked.iter().find(|(of, _)| *of == duty) {
            return Ok(leadership.clone());
        }
        let leadership = Leadership::campaign(self.target.clone(), duty)?;
        asked.push((duty, leadership.clone()));
        Ok(leadership)
    }
}

/// A transaction on a connection that need not wait for each answer.
pub struct Talking<'c>(&'c mut Wire);

impl<'c> Talking<'c> {
    pub(super) fn on(wire: &'c mut Wire) -> Talking<'c> {
        Talking(wire)
    }

    /// The connection, at the end of the transaction.
    pub(super) fn wire(self) -> &'c mut Wire {
        self.0
    }

    /// Lets a statement without parameters go along with the next one.
    pub(crate) fn along(&mut self, sql: &'static str) {
        self.0.along(sql);
    }

    /// Runs statements without parameters.
    ///
    /// # Errors
    /// As [`crate::Tx::execute`].
    pub fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.0.batch(sql)
    }

    /// Runs a statement and tells how many rows it touched.
    pub(crate) fn execute(
        &mut self,
        sql: &'static str,
        params: &[&dyn Param],
    ) -> Result<u64, Error> {
        self.0.execute(sql, &references(params))
    }

    /// Runs a query and gives its rows as they are.
    ///
    /// # Errors
    /// As [`crate::Tx::query`].
    pub fn query(
        &mut self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<postgres::Row>, Error> {
        self.0.query(sql, params)
    }

    /// Runs a statement that is the last one of the transaction, and commits with it.
    ///
    /// # Errors
    /// Then nothing of it stands, unless the connection ended meanwhile.
    pub(crate) fn end_with(
        &mut self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<(), Error> {
        self.0.end_with(sql, params)
    }

    pub(super) fn ask<T>(
        &mut self,
        sql: &'static str,
        params: &[&dyn Param],
        read: fn(Row<'_>) -> Result<T, Error>,
    ) -> Result<Asked<T>, Error> {
        Ok(Asked::coming(self.0.ask(sql, &references(params))?, read))
    }

    pub(super) fn tell(&mut self, sql: &'static str, params: &[&dyn Param]) -> Result<Told, Error> {
        Ok(Told::coming(self.0.tell(sql, &references(params))?))
    }

    pub(super) fn rows(&mut self, place: Place) -> Result<Vec<postgres::Row>, Error> {
        self.0.rows(place)
    }

    pub(super) fn count(&mut self, place: Place) -> Result<u64, Error> {
        self.0.count(place)
    }

    /// Writes something into the log of the server, so that the commit waits for it, and for all that came before it.
    pub(super) fn confirm(&mut self) -> Result<(), Error> {
        self.0
            .batch("SELECT pg_logical_emit_message(true, 'hersys', '')")
    }
}

/// A connection for one query.
pub struct Once<'c> {
    wire: &'c mut Wire,
    done: bool,
}

impl<'c> Once<'c> {
    pub(super) fn on(wire: &'c mut Wire) -> Once<'c> {
        Once { wire, done: false }
    }

    pub(super) fn query<T>(
        &mut self,
        sql: &'static str,
        params: &[&dyn Param],
        read_one: impl FnMut(Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        // Two would be of two moments.
        if std::mem::replace(&mut self.done, true) {
            return Err(Error::Broken(format!("a second statement: {sql}")));
        }
        read(&self.wire.query(sql, &references(params))?, read_one)
    }
}

pub(super) fn references<'p>(params: &[&'p dyn Param]) -> Vec<&'p (dyn ToSql + Sync)> {
    params.iter().map(|p| *p as &(dyn ToSql + Sync)).collect()
}

/// Reads the rows of an answer.
pub(super) fn read<T>(
    rows: &[postgres::Row],
    mut read: impl FnMut(Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    rows.iter().map(|row| read(Row::Postgres(row))).collect()
}
