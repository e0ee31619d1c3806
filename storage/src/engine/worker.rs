//! A thread that does one piece of work at a time on PostgreSQL, a transaction for each, until its end is known.

use super::carried::Carried;
use super::connect::Target;
use super::lane::{Out, Piece, next_of, ready_of};
use super::listen::Hints;
use super::postgres::{Once, Talking};
use super::wire::{Begin, Wire};
use super::{Error, Job, Kind, Tx};
use crate::audit;
use metrics::Histogram;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a piece of work is run again when two transactions met, before its caller is told.
const RUNS: usize = 10;
/// After so long no run follows one that has met something: it was no other piece of work, which takes moments, but a lock that
/// somebody holds (`lock_timeout` is as long). Whoever waits at home should be told what to do meanwhile.
const HELD: Duration = Duration::from_secs(10);
/// How long a piece of work waits for a server that is away, counted from when it was handed over. A switchover takes
/// less; whoever waits longer should be told what to do meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// How one run of a piece of work ended.
pub(super) enum Fate {
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

/// What is measured of commits.
pub(super) struct Commits {
    batches: Histogram,
    seconds: Histogram,
}

impl Commits {
    pub(super) fn measured() -> Commits {
        Commits {
            batches: metrics::histogram!("hersys_store_batch_writes"),
            seconds: metrics::histogram!("hersys_store_commit_seconds"),
        }
    }

    /// So many writes, begun then, are kept.
    pub(super) fn kept(&self, writes: usize, began: Instant) {
        self.seconds.record(began.elapsed());
        #[allow(clippy::cast_precision_loss)] // some dozens at most
        self.batches.record(writes as f64);
    }
}

/// Connections of threads that do the same, while none of them uses them. Whoever has something to do takes the one that
/// was used last: where little goes on, one does everything, has all statements ready and what they need at hand, and the
/// others are not even made.
#[derive(Clone, Default)]
pub(super) struct Idle(Arc<Mutex<Vec<Wire>>>);

impl Idle {
    /// One that was used last, unless all have ended.
    pub(super) fn take(&self) -> Option<Wire> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(wire) = all.pop() {
            if !wire.is_closed() {
                return Some(wire);
            }
        }
        None
    }

    /// It is not used now.
    pub(super) fn put(&self, wire: Wire) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(wire);
    }

    /// One has ended, and so have the others in all likelihood: nobody should have to find that for each of them.
    pub(super) fn forget(&self) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.clear();
    }
}

pub(super) struct Worker {
    target: Arc<Target>,
    idle: Idle,
    connected: Option<Wire>,
    carried: Carried,
    hints: Hints,
    commits: Commits,
    /// Whether the last piece of work stood before a lock that somebody holds.
    stood: bool,
}

impl Worker {
    pub(super) fn new(target: Arc<Target>, idle: Idle, hints: Hints) -> Worker {
        Worker {
            target,
            idle,
            connected: None,
            carried: Carried::default(),
            hints,
            commits: Commits::measured(),
            stood: false,
        }
    }

    /// Does what comes, until nothing can come any more; first what others have set aside.
    pub(super) fn work(mut self, set_aside: Option<&Out>, jobs: &Out) {
        while let Some(Piece {
            mut job,
            since,
            unknown,
            ..
        }) = self.next(set_aside, jobs)
        {
            // Whoever has waited as long behind others that stood there does not wait for it themselves, too.
            let fate = match self.stood && !unknown && since.elapsed() >= HELD {
                true => Err(Error::Busy),
                false => self.see_through(job.as_mut(), since + PATIENCE, unknown),
            };
            self.hints.forget_changed_sessions();
            self.hints.give(fate.is_ok());
            job.tell(fate);
        }
    }

    /// The next piece of work. A snapshot stays open until then, if that is at once.
    fn next(&mut self, set_aside: Option<&Out>, jobs: &Out) -> Option<Piece> {
        let ready = match set_aside {
            Some(first) => ready_of(first, jobs),
            None => jobs.ready(),
        };
        if ready.is_some() {
            return ready;
        }
        if let Some(mut wire) = self.connected.take() {
            wire.rest();
            self.idle.put(wire);
        }
        match set_aside {
            Some(first) => next_of(first, jobs),
            None => jobs.next(),
        }
    }

    /// Runs a piece of work until its end is known. It is run again only where nothing of it was kept, or where it
    /// finds what an earlier run has kept. `unknown`: one may have been kept already.
    fn see_through(
        &mut self,
        job: &mut dyn Job,
        until: Instant,
        mut unknown: bool,
    ) -> Result<(), Error> {
        let (mut met, mut lost, first) = (0, 0, Instant::now());
        self.stood = false;
        loop {
            let error = match self.attempt(job, until, unknown) {
                Fate::Settled => return Ok(()),
                Fate::Failed(error) => return Err(error),
                Fate::Met => {
                    met += 1;
                    self.stood = first.elapsed() >= HELD;
                    if met == RUNS || self.stood {
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
                    // Nor does anybody know what stands on the connection.
                    self.connected = None;
                    self.idle.forget();
                    return Err(nobody_knows(&error));
                }
            };
            self.connected = None;
            self.idle.forget();
            // Even who has waited too long already is worth one new connection.
            if lost > 0 && Instant::now() > until {
                return Err(error.as_unavailable());
            }
            std::thread::sleep(Duration::from_millis(20 * lost));
            lost += 1;
        }
    }

    /// One transaction. `again`: it may stand already.
    fn attempt(&mut self, job: &mut dyn Job, until: Instant, again: bool) -> Fate {
        let connected = self.connected.take().filter(|wire| !wire.is_closed());
        let wire = match connected.or_else(|| self.idle.take()) {
            Some(wire) => wire,
            None => match self.target.connect(until) {
                Ok(wire) => wire,
                Err(error) => return Fate::Failed(error),
            },
        };
        let wire = self.connected.insert(wire);
        if job.kind() == Kind::ReadOnce {
            let mut tx = Tx::Once(Once::on(wire));
            return match (job.run(&mut tx), job.lost_its_connection()) {
                (false, true) => Fate::Lost(Error::Lost("the connection ended".to_owned())),
                (false, false) if job.wants_another_run() => Fate::Met,
                _ => Fate::Settled,
            };
        }
        let began = Instant::now();
        let writes = job.kind().writes();
        wire.begin(if writes {
            Begin::Write
        } else {
            Begin::Snapshot
        });
        self.carried.begin(false);
        let mut tx = Tx::Postgres(Talking::on(wire), &mut self.carried);
        let keep = job.run(&mut tx);
        let written = match &mut tx {
            Tx::Postgres(tx, _) if keep && writes && again => tx.confirm(),
            _ => Ok(()),
        };
        let written = written.and_then(|()| match keep {
            true => audit::write_down(&mut tx),
            false => Ok(()),
        });
        let Tx::Postgres(tx, _) = tx else {
            return Fate::Failed(Error::Broken("the engine changed under way".to_owned()));
        };
        let wire = tx.wire();
        if !keep {
            // The connection may be the reason of the failure; then the server has undone it already.
            let undone = wire.roll_back();
            return if wire.is_unsure() {
                Fate::Unknown(Error::Lost("the server did not begin".to_owned()))
            } else if job.wants_another_run() {
                Fate::Met
            } else if job.lost_its_connection() {
                Fate::Lost(
                    undone
                        .err()
                        .unwrap_or_else(|| Error::Lost("the server takes no writes".to_owned())),
                )
            } else {
                Fate::Settled
            };
        }
        if !writes {
            wire.leave();
            return written.map_or_else(before_commit, |()| Fate::Settled);
        }
        let fate = commit(wire, written);
        if matches!(fate, Fate::Settled) {
            self.commits.kept(1, began);
            job.turn().shares(1);
        }
        fate
    }
}

/// Commits a transaction whose last words ended so.
pub(super) fn commit(wire: &mut Wire, written: Result<(), Error>) -> Fate {
    match written.and_then(|()| wire.commit()) {
        Ok(()) if wire.was_cut() => Fate::Unknown(Error::Lost(
            "the server committed without its standby".to_owned(),
        )),
        Ok(()) => Fate::Settled,
        Err(error) if wire.is_unsure() => Fate::Unknown(error),
        Err(error) => {
            let undone = wire.roll_back();
            before_commit(match undone {
                Err(lost @ Error::Lost(_)) => lost,
                _ => error,
            })
        }
    }
}

/// What became of work whose commit was not asked for, or was refused.
pub(super) fn before_commit(error: Error) -> Fate {
    match error {
        Error::TryAgain => Fate::Met,
        Error::Lost(_) => Fate::Lost(error),
        other => Fate::Failed(other),
    }
}

/// What the caller of a piece of work is told that may stand and would not find itself.
pub(super) fn nobody_knows(error: &Error) -> Error {
    tracing::error!(%error, "nobody knows whether a commit stands; its caller was told that it failed");
    error.as_unavailable()
}
