//! A PostgreSQL server: a few worker threads with a connection each, one transaction for each piece of work.

use super::connect::{Connected, Target};
use super::lane::{In, Lane, Out, Waiting, lane};
use super::leader::Leadership;
use super::listen::Hints;
use super::{Error, Job, Kind, Param, Row, Tx};
use postgres::error::Severity;
use postgres::{Client, GenericClient, IsolationLevel, Statement, Transaction};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Worker threads, and so connections: more of them were measured to be slower on a small server.
const WORKERS: usize = 8;
/// The same for the health centers: connections of their own, so that they never wait behind people at home.
const STAFF_WORKERS: usize = 4;
/// How many pieces of work may wait before callers are told to come back.
const QUEUE: usize = 4_096;
/// The same for the health centers.
const STAFF_QUEUE: usize = 1_024;
/// How often a piece of work is run again when two transactions met, before its caller is told.
const RUNS: usize = 10;
/// How long a piece of work waits for a server that is away, counted from when it was handed over. A switchover takes
/// less; whoever waits longer should be told what to do meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct Postgres {
    people: In,
    staff: In,
    target: Arc<Target>,
    pub(super) hints: Hints,
    leadership: Arc<Mutex<Option<Leadership>>>,
}

impl Postgres {
    pub(crate) fn open(url: &str, schema: Option<&str>) -> Result<Postgres, Error> {
        let target = Arc::new(Target::read(url, schema)?);
        let mut first = Some(target.try_each()?);
        let (people, people_out) = lane(Lane::People, QUEUE);
        let (staff, staff_out) = lane(Lane::Staff, STAFF_QUEUE);
        let hints = Hints::across(target.clone());
        let lanes = [
            ("postgres", WORKERS, people_out),
            ("postgres-staff", STAFF_WORKERS, staff_out),
        ];
        for (name, workers, jobs) in lanes {
            for number in 0..workers {
                let jobs = jobs.clone();
                let worker = Worker {
                    target: target.clone(),
                    connected: first.take(),
                    statements: HashMap::new(),
                    hints: hints.clone(),
                };
                std::thread::Builder::new()
                    .name(format!("{name}-{number}"))
                    .spawn(move || worker.work(&jobs))
                    .map_err(|e| Error::Unavailable(e.to_string()))?;
            }
        }
        Ok(Postgres {
            people,
            staff,
            target,
            hints,
            leadership: Arc::default(),
        })
    }

    pub(crate) fn enqueue(&self, lane: Lane, job: Box<dyn Job>) -> Result<(), Error> {
        self.lane(lane).put(job)
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

    pub(crate) fn waiting(&self, lane: Lane) -> Waiting {
        self.lane(lane).waiting()
    }

    fn lane(&self, lane: Lane) -> &In {
        match lane {
            Lane::People => &self.people,
            Lane::Staff => &self.staff,
        }
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

/// How one run of a piece of work ended.
enum Fate {
    /// As the closure wished: committed, or undone at its own request.
    Settled,
    /// Undone, because two transactions met.
    Met,
    /// Undone, because the connection is of no use any more.
    Lost(Error),
    /// The connection ended over the commit: it may stand or not.
    Unknown(Error),
    /// Undone, and another run would end in the same way.
    Failed(Error),
}

struct Worker {
    target: Arc<Target>,
    connected: Option<Connected>,
    statements: HashMap<&'static str, Statement>,
    hints: Hints,
}

impl Worker {
    fn work(mut self, jobs: &Out) {
        while let Some((mut job, since)) = jobs.next_since() {
            let fate = self.see_through(job.as_mut(), since + PATIENCE);
            self.hints.give(fate.is_ok());
            job.tell(fate);
        }
    }

    /// Runs a piece of work until its end is known. It is run again only where nothing of it was kept, or where it
    /// finds what an earlier run has kept.
    fn see_through(&mut self, job: &mut dyn Job, until: Instant) -> Result<(), Error> {
        let (mut met, mut lost, mut unknown) = (0, 0, false);
        loop {
            let error = match self.attempt(job, until, unknown) {
                Fate::Settled => return Ok(()),
                Fate::Failed(error) => return Err(error),
                Fate::Met => {
                    met += 1;
                    if met == RUNS {
                        return Err(Error::Busy);
                    }
                    // Two that met should not meet again in step.
                    std::thread::sleep(Duration::from_millis(2 * met as u64));
                    continue;
                }
                Fate::Lost(error) => error,
                Fate::Unknown(error) if job.finds_what_it_did() => {
                    unknown = true;
                    error
                }
                Fate::Unknown(error) => {
                    tracing::error!(%error, "nobody knows whether a commit stands; its caller was told that it failed");
                    return Err(Error::Unavailable(error.to_string()));
                }
            };
            self.statements.clear();
            self.connected = None;
            // Even who has waited too long already is worth one new connection.
            if lost > 0 && Instant::now() > until {
                return Err(Error::Unavailable(error.to_string()));
            }
            std::thread::sleep(Duration::from_millis(20 * lost));
            lost += 1;
        }
    }

    /// One transaction. `again`: it may stand already.
    fn attempt(&mut self, job: &mut dyn Job, until: Instant, again: bool) -> Fate {
        let connected = match self.connected.take() {
            Some(connected) if !connected.client.is_closed() => connected,
            _ => match self.target.connect(until) {
                Ok(connected) => {
                    self.statements.clear();
                    connected
                }
                Err(error) => return Fate::Failed(error),
            },
        };
        let connected = self.connected.insert(connected);
        if job.kind() == Kind::ReadOnce {
            let mut tx = Tx::Once(Once {
                client: &mut connected.client,
                statements: &mut self.statements,
                done: false,
            });
            return match (job.run(&mut tx), job.lost_its_connection()) {
                (false, true) => Fate::Lost(Error::Lost("the connection ended".to_owned())),
                (false, false) if job.wants_another_run() => Fate::Met,
                _ => Fate::Settled,
            };
        }
        let begun = if job.kind() == Kind::Read {
            // All that it looks at is of one moment, as on the embedded engine.
            let one_moment = connected.client.build_transaction();
            one_moment
                .isolation_level(IsolationLevel::RepeatableRead)
                .read_only(true)
                .start()
        } else {
            connected.client.transaction()
        };
        let begun = match begun {
            Ok(begun) => begun,
            Err(error) => return before_commit(error.into()),
        };
        let mut tx = Tx::Postgres(begun, &mut self.statements);
        let keep = job.run(&mut tx);
        let Tx::Postgres(mut tx, _) = tx else {
            return Fate::Failed(Error::Broken("the engine changed under way".to_owned()));
        };
        if !keep {
            // The connection may be the reason of the failure; then the server has undone it already.
            let undone = tx.rollback();
            return if job.wants_another_run() {
                Fate::Met
            } else if job.lost_its_connection() {
                Fate::Lost(undone.err().map_or_else(
                    || Error::Lost("the server takes no writes".to_owned()),
                    Error::from,
                ))
            } else {
                Fate::Settled
            };
        }
        if again
            && job.kind() != Kind::Read
            && let Err(error) = confirm(&mut tx)
        {
            return before_commit(error);
        }
        connected.cut.begin();
        match tx.commit() {
            Ok(()) if connected.cut.was_raised() => Fate::Unknown(Error::Lost(
                "the server committed without its standby".to_owned(),
            )),
            Ok(()) => Fate::Settled,
            Err(error) => {
                // What a running server refuses is undone; the last words of a dying one say nothing about the commit.
                let refused = error
                    .as_db_error()
                    .is_some_and(|db| db.parsed_severity() == Some(Severity::Error));
                match Error::from(error) {
                    error @ Error::Lost(_) => Fate::Unknown(error),
                    error if refused => before_commit(error),
                    error => Fate::Unknown(error),
                }
            }
        }
    }
}

/// What became of work whose commit was not asked for, or was refused.
fn before_commit(error: Error) -> Fate {
    match error {
        Error::TryAgain => Fate::Met,
        Error::Lost(_) => Fate::Lost(error),
        other => Fate::Failed(other),
    }
}

/// Writes something into the log of the server, so that the commit waits for it, and for all that came before it.
pub(super) fn confirm(tx: &mut Transaction<'_>) -> Result<(), Error> {
    Ok(tx.batch_execute("SELECT pg_logical_emit_message(true, 'hersys', '')")?)
}

/// A connection for one query.
pub struct Once<'c> {
    client: &'c mut Client,
    statements: &'c mut HashMap<&'static str, Statement>,
    done: bool,
}

impl Once<'_> {
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
        query(self.client, self.statements, sql, params, read)
    }
}

fn prepared<'s>(
    tx: &mut impl GenericClient,
    statements: &'s mut HashMap<&'static str, Statement>,
    sql: &'static str,
) -> Result<&'s Statement, Error> {
    if !statements.contains_key(sql) {
        let statement = tx.prepare(sql)?;
        statements.insert(sql, statement);
    }
    Ok(&statements[sql])
}

fn references<'p>(params: &[&'p dyn Param]) -> Vec<&'p (dyn postgres::types::ToSql + Sync)> {
    params
        .iter()
        .map(|p| *p as &(dyn postgres::types::ToSql + Sync))
        .collect()
}

pub(super) fn execute(
    tx: &mut Transaction<'_>,
    statements: &mut HashMap<&'static str, Statement>,
    sql: &'static str,
    params: &[&dyn Param],
) -> Result<u64, Error> {
    let statement = prepared(tx, statements, sql)?;
    Ok(tx.execute(statement, &references(params))?)
}

pub(super) fn query<T>(
    tx: &mut impl GenericClient,
    statements: &mut HashMap<&'static str, Statement>,
    sql: &'static str,
    params: &[&dyn Param],
    mut read: impl FnMut(Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let statement = prepared(tx, statements, sql)?;
    tx.query(statement, &references(params))?
        .iter()
        .map(|row| read(Row::Postgres(row)))
        .collect()
}
