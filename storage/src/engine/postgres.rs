//! A PostgreSQL server: a few threads with a connection each. What people at home write is committed together
//! (`together`); everything else has a transaction of its own (`worker`).

use super::carried::Carried;
use super::connect::Target;
use super::lane::{Lane, Lanes, lane};
use super::leader::Leadership;
use super::listen::Hints;
use super::together::{TOGETHER, Writer};
use super::worker::Worker;
use super::{Error, Param, Row};
use postgres::{Client, GenericClient, Transaction};
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

#[derive(Clone)]
pub(crate) struct Postgres {
    pub(super) lanes: Lanes,
    target: Arc<Target>,
    pub(super) hints: Hints,
    leadership: Arc<Mutex<Option<Leadership>>>,
}

impl Postgres {
    pub(crate) fn open(url: &str, schema: Option<&str>) -> Result<Postgres, Error> {
        let target = Arc::new(Target::read(url, schema)?);
        let mut first = Some(target.try_each()?);
        let (people, reading) = lane(Lane::People, QUEUE);
        let (people_writing, writing) = lane(Lane::People, QUEUE);
        let (staff, staff_out) = lane(Lane::Staff, STAFF_QUEUE);
        // All that the writers can have in their hands.
        let (aside, set_aside) = lane(Lane::People, WRITERS * TOGETHER);
        let hints = Hints::across(target.clone());
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
        for (name, workers, jobs, before) in lanes {
            for number in 0..workers {
                let (jobs, before) = (jobs.clone(), before.clone());
                let worker = Worker::new(target.clone(), first.take(), hints.clone());
                let work = move || worker.work(before.as_ref(), &jobs);
                spawn(format!("{name}-{number}"), Box::new(work))?;
            }
        }
        for number in 0..WRITERS {
            let (jobs, aside) = (writing.clone(), aside.clone());
            let writer = Writer::new(target.clone(), hints.clone(), aside);
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
            leadership: Arc::default(),
        })
    }

    /// Vacuums what people are purged from, on a connection of its own: no query finds the rows any more, and their room is
    /// used again. The `whole` rewrites the tables and keeps everybody waiting meanwhile.
    pub(crate) fn scrub(&self, whole: bool) -> Result<bool, Error> {
        // Not left to the server's own timer, which waits until a fifth of a table is dead.
        let mut connected = self.target.try_each()?;
        connected
            .client
            .batch_execute("SET statement_timeout = 0")?;
        let vacuum = if whole { "VACUUM (FULL) " } else { "VACUUM " };
        for table in crate::retention::TABLES {
            connected
                .client
                .batch_execute(&format!("{vacuum}{table}"))?;
        }
        Ok(true)
    }

    pub(crate) fn leadership(&self) -> Result<Leadership, Error> {
        let mut asked = self
            .leadership
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(leadership) = &*asked {
            return Ok(leadership.clone());
        }
        let leadership = Leadership::campaign(self.target.clone())?;
        Ok(asked.insert(leadership).clone())
    }
}

/// Writes something into the log of the server, so that the commit waits for it, and for all that came before it.
pub(super) fn confirm(tx: &mut Transaction<'_>) -> Result<(), Error> {
    Ok(tx.batch_execute("SELECT pg_logical_emit_message(true, 'hersys', '')")?)
}

/// A connection for one query.
pub struct Once<'c> {
    client: &'c mut Client,
    carried: &'c mut Carried,
    done: bool,
}

impl<'c> Once<'c> {
    pub(super) fn on(client: &'c mut Client, carried: &'c mut Carried) -> Once<'c> {
        Once {
            client,
            carried,
            done: false,
        }
    }

    pub(super) fn query<T>(
        &mut self,
        sql: &'static str,
        params: &[&dyn Param],
        read: impl FnMut(Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        // Two would be of two moments.
        if std::mem::replace(&mut self.done, true) {
            return Err(Error::Broken(format!("a second statement: {sql}")));
        }
        query(self.client, self.carried, sql, params, read)
    }
}

fn references<'p>(params: &[&'p dyn Param]) -> Vec<&'p (dyn postgres::types::ToSql + Sync)> {
    params
        .iter()
        .map(|p| *p as &(dyn postgres::types::ToSql + Sync))
        .collect()
}

pub(super) fn execute(
    tx: &mut Transaction<'_>,
    carried: &mut Carried,
    sql: &'static str,
    params: &[&dyn Param],
) -> Result<u64, Error> {
    let statement = carried.prepared(tx, sql)?;
    Ok(tx.execute(statement, &references(params))?)
}

pub(super) fn query<T>(
    tx: &mut impl GenericClient,
    carried: &mut Carried,
    sql: &'static str,
    params: &[&dyn Param],
    mut read: impl FnMut(Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let statement = carried.prepared(tx, sql)?;
    tx.query(statement, &references(params))?
        .iter()
        .map(|row| read(Row::Postgres(row)))
        .collect()
}
