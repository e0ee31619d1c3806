//! Checkpoints of the embedded engine: what has been committed to its log is carried into the database file.
//!
//! SQLite by itself lets whoever commits do that, every thousand pages, while everybody waits for a disk that is asked for
//! pages all over the file. Here a thread of its own carries, and the writer goes on meanwhile. It can carry everything only
//! where nobody adds to the log, so when little is left, the writer carries the rest between two batches; then the log
//! begins anew. A longer log is also written more cheaply: a page that several batches have changed is carried once.

use super::Error;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB, OpenFlags};
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// From so many pages in the log on they are carried: 16 MB.
const ENOUGH: i32 = 4_000;
/// So many the writer carries by itself, which takes some milliseconds.
const FEW: i32 = 1_000;
/// With so many the writer waits until they are carried: 64 MB. A disk that is slower than the people who report slows
/// them here, and a start after a power cut reads no more than these.
const MOST: i32 = 16_000;

/// The log as the writer sees it.
pub(super) struct Log {
    /// Pages in it after the last commit.
    pages: Arc<AtomicI32>,
    /// How many of them are carried; whoever carries has it.
    carried: Arc<Mutex<i32>>,
    wake: SyncSender<()>,
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
        let carried = Arc::new(Mutex::new(0));
        let (wake, woken) = sync_channel(1);
        let shared = carried.clone();
        std::thread::Builder::new()
            .name("sqlite-log".to_owned())
            .spawn(move || carry_on(&connection, &woken, &shared))
            .map_err(|e| Error::Unavailable(e.to_string()))?;
        Ok(Log {
            pages,
            carried,
            wake,
        })
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
        if pages - *carried <= FEW || pages >= MOST {
            *carried = carry(writer);
        } else {
            // If it was woken already, it has yet to begin.
            let _ = self.wake.try_send(());
        }
    }
}

/// Carries whenever it is woken, until nobody can wake it any more.
fn carry_on(connection: &Connection, woken: &Receiver<()>, carried: &Mutex<i32>) {
    while woken.recv().is_ok() {
        let mut carried = carried.lock().unwrap_or_else(PoisonError::into_inner);
        *carried = carry(connection);
    }
}

/// Carries as much as can be, and tells how many pages of the log are carried; of one that is carried as a whole none, since
/// the next commit begins it anew.
fn carry(connection: &Connection) -> i32 {
    match connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::PASSIVE) {
        Ok((all, carried)) if carried < all => carried.max(0),
        Ok(_) => 0,
        Err(error) => {
            // Another process does it, or the disk is full; the log keeps what was committed, and it is tried again.
            tracing::debug!(%error, "the log was not carried");
            0
        }
    }
}
