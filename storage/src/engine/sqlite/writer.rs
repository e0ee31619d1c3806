//! The one thread that writes: what has queued up is one transaction, and everybody is answered after its commit.

use super::run;
use crate::audit;
use crate::engine::carried::Carried;
use crate::engine::checkpoint::Log;
use crate::engine::lane::{Out, Piece, next_of, next_within, ready_of};
use crate::engine::left_log::log_of;
use crate::engine::listen::Hints;
use crate::engine::{Error, Tx};
use crate::session::{self, Live};
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};
use std::cell::Cell;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many writes share one commit at most; more would keep the first of them waiting.
const BATCH: usize = 1_024;
/// After a batch of so many, people come close upon each other: the next one waits a moment for more, so that fewer commits
/// keep the disk busy and make readers look at the file anew.
const CROWD: usize = 4;
/// How long it waits.
const MOMENT: Duration = Duration::from_millis(2);
/// So many lines of the audit log, which are written at a batch's end, are enough for one.
const LINES: usize = 4_096;
/// A batch that has taken so long takes nothing more in: its first piece waits, and a late failure would repeat it all.
const LONG: Duration = Duration::from_millis(50);

/// What the writer does after a commit.
pub(super) struct After {
    pub(super) hints: Hints,
    pub(super) live: Arc<Live>,
    pub(super) log: Log,
}

/// The writer thread: takes what has queued up, the health centers' first, runs it in one transaction, commits once, then
/// answers everybody.
pub(super) fn write_all(connection: &Connection, staff: &Out, people: &Out, after: &After) {
    let batches = metrics::histogram!("hersys_store_batch_writes");
    let commits = metrics::histogram!("hersys_store_commit_seconds");
    let mut others = Others::default();
    let opened = Opened::by(connection);
    let mut crowded = false;
    while let Some(first) = next_of(staff, people) {
        let (began, changes) = (Instant::now(), connection.total_changes());
        let have_written = others.have_written(connection);
        after.live.looked(have_written);
        if have_written {
            after.hints.give_everywhere();
        }
        let mut batch = vec![first];
        let wait = if crowded { MOMENT } else { Duration::ZERO };
        let more = |since: Instant| match wait.saturating_sub(since.elapsed()) {
            Duration::ZERO => ready_of(staff, people),
            left => next_within(staff, people, left),
        };
        // What a use case panics with is its own; this is for all that stands around it. Without a writer nobody could
        // report any more.
        let work = AssertUnwindSafe(|| commit_together(connection, &opened, &mut batch, &more));
        let committed = catch_unwind(work)
            .unwrap_or_else(|_| Err(Error::Broken("writing a batch panicked".to_owned())));
        crowded = batch.len() >= CROWD;
        // A look at what others have written is no commit.
        let has_written = connection.total_changes() != changes;
        if has_written {
            commits.record(began.elapsed());
            #[allow(clippy::cast_precision_loss)] // a thousand at most
            batches.record(batch.len() as f64);
        }
        if let Err(error) = &committed {
            tracing::error!(%error, waiting = batch.len(), "a batch of writes was not kept");
            if !connection.is_autocommit() {
                let _ = run(connection, "ROLLBACK");
            }
            opened.rescue(connection);
        }
        // Whoever is not answered for a panic here is told that the writer does not answer: it may stand all the same.
        let told = catch_unwind(AssertUnwindSafe(|| {
            answer(batch, &committed, after);
            // After everybody of this batch was answered.
            if has_written {
                after.log.grew(connection);
            }
        }));
        if told.is_err() {
            tracing::error!("answering a batch panicked");
        }
    }
}

/// Tells everybody of a batch what became of it, and those who look on what changed.
fn answer(batch: Vec<Piece>, committed: &Result<(), Error>, after: &After) {
    after.live.changed(&session::noted());
    after.hints.give(committed.is_ok());
    let writes = batch.len();
    for Piece { mut job, .. } in batch {
        job.turn().shares(writes);
        job.tell(match committed {
            Ok(()) => Ok(()),
            Err(error) => Err(error.as_unavailable()),
        });
    }
}

/// The file as it was opened, and the log beside it. Whoever moves them away, deletes them or puts a backup in their place
/// beside a running server would have everybody told "saved" whose report lies in a file that nobody opens again.
struct Opened {
    /// The file; none where the engine has none.
    file: Option<(PathBuf, Which)>,
    /// The log, which is there from the first transaction on.
    log: Cell<Option<Which>>,
    /// Whether the log was found gone, and what it held was brought into the file.
    rescued: Cell<bool>,
}

impl Opened {
    fn by(connection: &Connection) -> Opened {
        let path = connection.path().map(PathBuf::from);
        Opened {
            file: path.and_then(|path| {
                let which = which(&path)?;
                Some((path, which))
            }),
            log: Cell::default(),
            rescued: Cell::default(),
        }
    }

    /// Refuses a commit into a file, or a log, that is not the one of its name any more: two `stat` beside the sync of a batch.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with what is to be done; where they are put back, writing goes on.
    fn still_there(&self) -> Result<(), Error> {
        let Some((path, which_it_was)) = &self.file else {
            return Ok(());
        };
        let log = log_of(path);
        if which(path) != Some(*which_it_was) {
            return Err(gone(path, "put the file back with its -wal"));
        }
        match (self.log.get(), which(&log)) {
            (None, first) => self.log.set(first),
            (Some(was), now) if now != Some(was) => {
                return Err(gone(&log, "put it back"));
            }
            _ => {}
        }
        Ok(())
    }

    /// Where the log is gone, what it held since it was carried last would go with this process, though people were told that
    /// it is saved: brings it into the file, once. Not where another process has begun a log of its own meanwhile: what
    /// that one writes belongs to a file without these pages.
    fn rescue(&self, connection: &Connection) {
        let Some((path, which_it_was)) = &self.file else {
            return;
        };
        let is_lost = self.log.get().is_some() && which(&log_of(path)).is_none();
        if !is_lost || which(path) != Some(*which_it_was) || self.rescued.replace(true) {
            return;
        }
        match connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::FULL) {
            Ok((pages, carried)) => tracing::error!(
                pages,
                carried,
                "the log of the database was moved away or deleted; what it held was brought into the database file"
            ),
            Err(error) => tracing::error!(
                %error,
                "the log of the database was moved away or deleted, and what it held could not be brought into the file: keep \
                 this process running, and put the log back"
            ),
        }
    }
}

fn gone(path: &Path, back: &str) -> Error {
    let path = path.display();
    Error::Unavailable(format!(
        "{path} was moved away, deleted or replaced while this process has it open, so nothing is saved: {back}, or, where \
         that cannot be or another one is meant to stand there, start `hersys serve` again"
    ))
}

/// A disk, and a file's number there.
type Which = (u64, u64);

/// By what the system knows the file of a name: its disk and its number there.
fn which(path: &Path) -> Option<Which> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

/// Whether other processes, such as a command beside a running server, have written.
#[derive(Default)]
struct Others(Option<i64>);

impl Others {
    /// Since the last time that this was asked; `true` the first time, and where nobody can tell.
    fn have_written(&mut self, connection: &Connection) -> bool {
        // Changes with what other connections commit, and all others of this process only read.
        let version = connection
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut asked| asked.query_row([], |row| row.get(0)));
        let Ok(version) = version else {
            return true;
        };
        self.0.replace(version) != Some(version)
    }
}

/// Runs the first piece of work and all that comes meanwhile, and commits.
///
/// Most pieces succeed, so at first none has a savepoint of its own, which would cost as much as half of the work in it.
/// Where one fails after others have done something, everything is undone and done again piece by piece.
///
/// # Errors
/// Where nothing of it is kept.
fn commit_together(
    connection: &Connection,
    opened: &Opened,
    batch: &mut Vec<Piece>,
    more: &dyn Fn(Instant) -> Option<Piece>,
) -> Result<(), Error> {
    let mut carried = Carried::default();
    run(connection, "BEGIN IMMEDIATE")?;
    let began = Instant::now();
    let mut done = 0;
    while let Some(Piece { job, .. }) = batch.get_mut(done) {
        let keep = job.run(&mut Tx::Sqlite(connection, &mut carried));
        still_one_transaction(connection)?;
        done += 1;
        if !keep {
            run(connection, "ROLLBACK")?;
            return one_by_one(connection, opened, batch, done);
        }
        if batch.len() < BATCH && carried.lines() < LINES && began.elapsed() < LONG {
            batch.extend(more(began));
        }
    }
    audit::write_down(&mut Tx::Sqlite(connection, &mut carried))?;
    opened.still_there()?;
    run(connection, "COMMIT")
}

/// Runs a batch with a savepoint for each piece of work, so that the failure of one undoes only itself. The first `ran`
/// have run before, and the last of them has failed: where it was alone, that is its answer.
fn one_by_one(
    connection: &Connection,
    opened: &Opened,
    batch: &mut [Piece],
    ran: usize,
) -> Result<(), Error> {
    if ran == 1 && batch.len() == 1 {
        return Ok(());
    }
    let mut carried = Carried::default();
    run(connection, "BEGIN IMMEDIATE")?;
    for Piece { job, .. } in batch {
        let lines = carried.lines();
        run(connection, "SAVEPOINT piece")?;
        let keep = job.run(&mut Tx::Sqlite(connection, &mut carried));
        still_one_transaction(connection)?;
        if !keep {
            run(connection, "ROLLBACK TO piece")?;
            carried.keep_only(lines);
        }
        run(connection, "RELEASE piece")?;
    }
    audit::write_down(&mut Tx::Sqlite(connection, &mut carried))?;
    opened.still_there()?;
    run(connection, "COMMIT")
}

/// SQLite rolls everything back by itself on a full disk or an I/O error, and then nobody of the batch may be told
/// "saved".
fn still_one_transaction(connection: &Connection) -> Result<(), Error> {
    if connection.is_autocommit() {
        return Err(Error::Unavailable(
            "the database undid a whole batch".to_owned(),
        ));
    }
    Ok(())
}
