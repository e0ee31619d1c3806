//! Checkpoints of the embedded engine: what has been committed to its log is carried into the database file.
//!
//! SQLite by itself lets whoever commits do that, every thousand pages, while everybody waits for a disk that is asked for
//! pages all over the file. Here a thread of its own carries, and the writer goes on meanwhile. It can carry everything only
//! where nobody adds to the log, so when little is left, the writer carries the rest between two batches; then the log
//! begins anew. A longer log is also written more cheaply: a page that several batches have changed is carried once.

use super::Error;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// From so many pages in the log on they are carried: 16 MB.
const ENOUGH: i32 = 4_000;
/// So many the writer carries by itself, which takes some milliseconds where a sync does.
const FEW: i32 = 1_000;
/// With so many the writer waits until they are carried: 64 MB. A disk that is slower than the people who report slows
/// them here. The log grows further only while somebody reads for long, such as a backup.
const MOST: i32 = 16_000;

/// How much of the file the writer keeps in memory: what leads to the pages with rows, which is a fortieth of the file, and
/// these bounds, in kB. More is not better: while a file has less than a GB, SQLite looks through all that is kept at the
/// commit of every batch in which a page was split, since sorting the halves passes through the number of a page beyond the
/// end (`balance_nonroot`, `pcache1TruncateUnsafe`).
const KEPT_OF_FILE: u64 = 40;
const KEPT_LEAST: u64 = 4_000;
const KEPT_MOST: u64 = 32_000;

/// What the writer keeps in memory of a file of so many bytes, in kB.
fn kept_of(bytes: u64) -> u64 {
    (bytes / KEPT_OF_FILE / 1_000).clamp(KEPT_LEAST, KEPT_MOST)
}

/// The files that this process has opened here. Whoever closes a file loses all locks of the process on it, SQLite's too: so
/// all stores of a file share one, and the last of them closes it after its connections.
static FILES: Mutex<BTreeMap<PathBuf, Weak<File>>> = Mutex::new(BTreeMap::new());

fn shared(path: &Path) -> std::io::Result<Arc<File>> {
    let path = path.canonicalize()?;
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    files.retain(|_, file| file.strong_count() > 0);
    if let Some(file) = files.get(&path).and_then(Weak::upgrade) {
        return Ok(file);
    }
    let file = Arc::new(File::open(&path)?);
    files.insert(path, Arc::downgrade(&file));
    Ok(file)
}

/// How many pages of the log are carried; whoever carries has it.
pub(super) type Carried = Arc<Mutex<i32>>;

/// The log as the writer sees it.
pub(super) struct Log {
    /// Pages in it after the last commit.
    pages: Arc<AtomicI32>,
    carried: Carried,
    wake: SyncSender<()>,
    file: Arc<File>,
}

impl Log {
    /// Takes the checkpoints of a writer over, and begins the thread that carries.
    ///
    /// # Errors
    /// Where the file cannot be opened once more.
    pub(super) fn of(writer: &mut Connection, path: &Path) -> Result<Log, Error> {
        let pages = Arc::new(AtomicI32::new(0));
        let told = pages.clone();
        // This takes the place of the engine's own checkpoints.
        writer.wal_hook(Some(move |_: &mut Wal, pages| {
            told.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        let connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        // The file must be on the disk before the log begins anew.
        connection.pragma_update(None, "synchronous", "FULL")?;
        let unavailable = |e: std::io::Error| Error::Unavailable(e.to_string());
        let file = shared(path).map_err(unavailable)?;
        keep_of(writer, &file)?;
        let carried = Carried::default();
        let (wake, woken) = sync_channel(1);
        let carrier = Carrier {
            connection,
            file: file.clone(),
            pages: pages.clone(),
            carried: carried.clone(),
        };
        std::thread::Builder::new()
            .name("sqlite-log".to_owned())
            .spawn(move || carrier.carry_on(&woken))
            .map_err(unavailable)?;
        Ok(Log {
            pages,
            carried,
            wake,
            file,
        })
    }

    /// The writer has nothing more to do: its connection is closed before the file is.
    pub(super) fn close(self, writer: Connection) {
        drop(writer);
        drop(self.file);
    }

    /// How many pages are carried, for whoever else does something about the log.
    pub(super) fn carried(&self) -> Carried {
        self.carried.clone()
    }

    /// After a commit: sees to it that the log is carried.
    pub(super) fn grew(&self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < ENOUGH {
            return;
        }
        let mut carried = match self.carried.try_lock() {
            Ok(carried) => carried,
            // It is being carried just now.
            Err(_) if pages < MOST => return,
            Err(_) => self.carried.lock().unwrap_or_else(PoisonError::into_inner),
        };
        let left = pages - *carried;
        // Where far more is left, somebody has read for long: the thread carries most of it.
        if left <= FEW || (pages >= MOST && left <= MOST) {
            *carried = carry(writer, &self.pages);
            // The file has grown by what was carried.
            if let Err(error) = keep_of(writer, &self.file) {
                tracing::warn!(%error, "the writer keeps as much of the file in memory as before");
            }
        } else {
            // If it was woken already, it has yet to begin.
            let _ = self.wake.try_send(());
        }
    }
}

/// Lets the writer keep as much of a file in memory as its size asks for.
fn keep_of(writer: &Connection, file: &File) -> Result<(), Error> {
    let bytes = file.metadata().map_or(0, |file| file.len());
    let kept = i64::try_from(kept_of(bytes)).unwrap_or(i64::MAX);
    Ok(writer.pragma_update(None, "cache_size", -kept)?)
}

/// What carries beside the writer. Its fields end in this order: the connection before the file.
struct Carrier {
    connection: Connection,
    /// The database file.
    file: Arc<File>,
    pages: Arc<AtomicI32>,
    carried: Carried,
}

impl Carrier {
    /// Carries whenever it is woken, until nobody can wake it any more.
    fn carry_on(&self, woken: &Receiver<()>) {
        while woken.recv().is_ok() {
            let mut carried = self.carried.lock().unwrap_or_else(PoisonError::into_inner);
            *carried = carry(&self.connection, &self.pages);
            // SQLite brings the file to the disk only when the whole log is carried, and that would be the writer's part.
            // What fails here fails there again, and is told there.
            let _ = self.file.sync_data();
        }
    }
}

/// Carries as much as can be, and tells how many pages of the log are carried; of one that is carried as a whole none, since
/// the next commit begins it anew.
fn carry(connection: &Connection, pages: &AtomicI32) -> i32 {
    match connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::PASSIVE) {
        // The log may have grown meanwhile, or have begun anew: what SQLite tells is of when it began.
        Ok((_, carried)) if carried < pages.load(Ordering::Relaxed) => carried.max(0),
        Ok(_) => 0,
        Err(error) => {
            // The log keeps what was committed, and it is tried again.
            match error.sqlite_error_code() {
                // Another process does it.
                Some(ErrorCode::DatabaseBusy) => {}
                _ => tracing::warn!(%error, "the log was not carried into the database file"),
            }
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_keeps_more_of_a_larger_file_within_bounds() {
        assert_eq!(kept_of(0), KEPT_LEAST);
        assert_eq!(kept_of(400_000_000), 10_000);
        assert_eq!(kept_of(30_000_000_000), KEPT_MOST);
    }

    #[test]
    fn a_log_that_grew_meanwhile_is_carried_in_part_and_a_whole_one_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("t.db")).unwrap();
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .unwrap();
        connection
            .execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
            .unwrap();
        // The writer has added pages since the checkpoint looked: these are left.
        let carried = carry(&connection, &AtomicI32::new(1_000));
        assert!((1..100).contains(&carried), "{carried}");
        assert_eq!(carry(&connection, &AtomicI32::new(carried)), 0, "all");
        assert_eq!(carry(&connection, &AtomicI32::new(1)), 0, "begun anew");
    }
}
