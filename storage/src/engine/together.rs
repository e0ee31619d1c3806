//! A thread that writes for people at home on PostgreSQL: it takes what has queued up, runs it in one transaction, commits
//! once, then answers everybody.
//!
//! It never waits for long, neither for a row that somebody has locked nor for a server that is away. Whatever is in the
//! way of a batch, the batch is undone and its pieces are set aside: others see each through by itself.

use super::carried::Carried;
use super::connect::Target;
use super::lane::{In, Out, Piece};
use super::listen::Hints;
use super::postgres::Talking;
use super::wire::{Begin, Wire};
use super::worker::{Commits, Fate, Idle, commit, nobody_knows};
use super::{Error, Tx};
use crate::audit;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many writes share one commit at most. With more, little is saved, and a late failure would repeat more.
pub(super) const TOGETHER: usize = 32;
/// A batch that has taken so long takes nothing more in: its first piece waits, and its rows are locked.
const LONG: Duration = Duration::from_millis(20);
/// How long a batch waits for a row that somebody else has locked. Shorter than what PostgreSQL takes to look for
/// transactions that wait for each other in a circle, a second.
const LOCKED: &str = "SET lock_timeout = '200ms'";

pub(super) struct Writer {
    target: Arc<Target>,
    idle: Idle,
    connected: Option<Wire>,
    carried: Carried,
    hints: Hints,
    aside: In,
    commits: Commits,
    /// How many pieces of the batch were run.
    ran: usize,
}

impl Writer {
    pub(super) fn new(target: Arc<Target>, idle: Idle, hints: Hints, aside: In) -> Writer {
        Writer {
            target,
            idle,
            connected: None,
            carried: Carried::default(),
            hints,
            aside,
            commits: Commits::measured(),
            ran: 0,
        }
    }

    /// Writes what comes, until nothing can come any more.
    pub(super) fn work(mut self, jobs: &Out) {
        while let Some(first) = self.next(jobs) {
            let mut batch = vec![first];
            let fate = self.write(&mut batch, jobs);
            if matches!(fate, Fate::Lost(_) | Fate::Unknown(_)) {
                self.connected = None;
                self.idle.forget();
            }
            self.hints.forget_changed_sessions();
            self.hints.give(matches!(fate, Fate::Settled));
            let writes = batch.len();
            for (at, mut piece) in batch.into_iter().enumerate() {
                match &fate {
                    Fate::Unknown(_) if at >= self.ran => self.set_aside(piece),
                    Fate::Settled => {
                        piece.job.turn().shares(writes);
                        piece.job.tell(Ok(()));
                    }
                    Fate::Unknown(error) if !piece.job.finds_what_it_did() => {
                        piece.job.tell(Err(nobody_knows(error)));
                    }
                    Fate::Unknown(_) => {
                        piece.unknown = true;
                        self.set_aside(piece);
                    }
                    Fate::Met | Fate::Lost(_) | Fate::Failed(_) => self.set_aside(piece),
                }
            }
        }
    }

    fn next(&mut self, jobs: &Out) -> Option<Piece> {
        let ready = jobs.ready();
        if ready.is_some() {
            return ready;
        }
        if let Some(wire) = self.connected.take() {
            self.idle.put(wire);
        }
        jobs.next()
    }

    fn set_aside(&self, piece: Piece) {
        if let Err(piece) = self.aside.put_on(piece) {
            let stopped = "the store's workers have stopped".to_owned();
            piece.job.tell(Err(Error::Unavailable(stopped)));
        }
    }

    /// Runs the first piece of work and what comes meanwhile in one transaction. Settled is also what has failed by itself
    /// before anything else was done.
    fn write(&mut self, batch: &mut Vec<Piece>, jobs: &Out) -> Fate {
        let connected = self.connected.take().filter(|wire| !wire.is_closed());
        let wire = match connected.or_else(|| self.idle.take()) {
            Some(wire) => wire,
            None => match self.connect() {
                Ok(wire) => wire,
                Err(error) => return Fate::Lost(error),
            },
        };
        let wire = self.connected.insert(wire);
        let began = Instant::now();
        wire.begin(Begin::Write);
        self.carried.begin(true);
        let mut tx = Tx::Postgres(Talking::on(wire), &mut self.carried);
        let mut done = 0;
        self.ran = 0;
        while let Some(Piece { job, .. }) = batch.get_mut(done) {
            self.ran = done + 1;
            if !job.run(&mut tx) {
                let Tx::Postgres(tx, _) = tx else {
                    return Fate::Failed(Error::Broken("the engine changed under way".to_owned()));
                };
                let wire = tx.wire();
                // Where that fails, the connection has ended, and the server has undone it.
                let _ = wire.roll_back();
                return if wire.is_unsure() {
                    Fate::Unknown(Error::Lost("the server did not begin".to_owned()))
                } else if job.lost_its_connection() {
                    Fate::Lost(Error::Lost("the connection ended".to_owned()))
                } else if done == 0 && !job.wants_another_run() {
                    Fate::Settled
                } else {
                    Fate::Met
                };
            }
            done += 1;
            if batch.len() < TOGETHER && began.elapsed() < LONG {
                batch.extend(jobs.ready());
            }
        }
        let written = audit::write_down(&mut tx);
        let Tx::Postgres(tx, _) = tx else {
            return Fate::Failed(Error::Broken("the engine changed under way".to_owned()));
        };
        let fate = commit(tx.wire(), written);
        if matches!(fate, Fate::Settled) {
            self.commits.kept(done, began);
        }
        fate
    }

    /// A new connection, from a server that gives one now.
    fn connect(&mut self) -> Result<Wire, Error> {
        let mut wire: Wire = self.target.connect(Instant::now())?;
        wire.batch(LOCKED)?;
        Ok(wire)
    }
}
