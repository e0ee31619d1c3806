//! The folder in which a database is made out of a backup, beside its place. What stands there is not encrypted, so none may
//! stay: whoever makes one holds a lock in it that ends with the process, and a folder without such a lock was left by one
//! that was killed.

use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// How the folder is called.
const NAME: &str = ".hersys-restore-";
/// The file in it that is locked.
const LOCK: &str = "at-work";
/// One without that file was left by an earlier release or is made at this very moment; after so long it is the former.
const MADE_WITHIN: Duration = Duration::from_secs(3_600);

/// A folder at work; gone with all in it when this is dropped.
pub(super) struct Workshop {
    // Gone before the lock is.
    folder: TempDir,
    _lock: File,
}

impl Workshop {
    /// Opens a new one, which only its owner can look into.
    pub(super) fn open(beside: &Path) -> io::Result<Workshop> {
        let folder = tempfile::Builder::new().prefix(NAME).tempdir_in(beside)?;
        let lock = File::create_new(folder.path().join(LOCK))?;
        match lock.try_lock() {
            // Some disks know no locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(error @ TryLockError::WouldBlock) => return Err(error.into()),
        }
        Ok(Workshop {
            folder,
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The folders beside a place in which nobody is at work any more.
pub(super) fn left_over(beside: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(beside) else {
        return Vec::new();
    };
    let mut left: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(NAME.as_bytes())
        })
        .map(|entry| entry.path())
        .filter(|folder| is_left(folder))
        .collect();
    left.sort();
    left
}

/// Removes them.
pub(super) fn sweep(beside: &Path) {
    for folder in left_over(beside) {
        // Whoever may not is told by `hersys doctor` that it stands.
        let _ = fs::remove_dir_all(folder);
    }
}

fn is_left(folder: &Path) -> bool {
    // Never by way of a link.
    let Ok(made) = fs::symlink_metadata(folder) else {
        return false;
    };
    let lock = folder.join(LOCK);
    made.is_dir()
        && match fs::symlink_metadata(&lock) {
            Ok(data) if data.is_file() => match File::options().write(true).open(&lock) {
                Ok(lock) => match lock.try_lock() {
                    Ok(()) => true,
                    Err(TryLockError::WouldBlock) => false,
                    Err(TryLockError::Error(_)) => is_old(&made),
                },
                Err(_) => is_old(&made),
            },
            _ => is_old(&made),
        }
}

fn is_old(made: &Metadata) -> bool {
    let at = made.modified();
    at.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > MADE_WITHIN))
}
