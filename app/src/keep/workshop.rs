//! The folder in which a database is made out of a backup: beside its place, or where it is only looked at. What stands there
//! is not encrypted, so none may stay: whoever makes one holds a lock in it that ends with the process, and a folder without
//! such a lock was left by one that was killed. Whoever is only asked to end takes it away, as the file of a backup that is not
//! whole yet.

use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// How a folder begins that lies beside a database's place.
pub(super) const RESTORE: &str = ".hersys-restore-";
/// And one in which a backup is looked at, in the folder for what is short-lived, which all users of a machine share.
pub(super) const VERIFY: &str = "hersys-verify-";
/// The file in it that is locked.
const LOCK: &str = "at-work";
/// One without that file was left by an earlier release or is made at this very moment; after so long it is the former.
const MADE_WITHIN: Duration = Duration::from_secs(3_600);

/// What this process is at work in: folders, and the file of a backup until it has its name.
static AT_WORK: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn at_work() -> MutexGuard<'static, Vec<PathBuf>> {
    AT_WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes away what this process is at work in, and then ends it by `end`, before which nothing else is begun.
pub fn abandon(end: impl FnOnce()) {
    let all = at_work();
    for path in all.iter() {
        // Whoever is at work there may make a file in this very moment.
        for _ in 0..3 {
            if fs::remove_file(path).is_ok() || fs::remove_dir_all(path).is_ok() {
                break;
            }
        }
    }
    end();
}

/// That something is at work.
pub(super) struct Noted(PathBuf);

/// Makes something to work in, and notes where it is, with no end of the process between the two.
pub(super) fn noted<T>(
    make: impl FnOnce() -> io::Result<T>,
    path: impl FnOnce(&T) -> &Path,
) -> io::Result<(T, Noted)> {
    let mut all = at_work();
    let made = make()?;
    let path = path(&made).to_owned();
    all.push(path.clone());
    Ok((made, Noted(path)))
}

impl Noted {
    /// Does the last of the work, after which nothing is to be taken away; either before an end of the process or not at all.
    pub(super) fn done<T>(self, last: impl FnOnce() -> T) -> T {
        let mut all = at_work();
        let done = last();
        all.retain(|path| *path != self.0);
        // Before the note goes, which asks for it, too.
        drop(all);
        done
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        at_work().retain(|path| *path != self.0);
    }
}

/// A folder at work; gone with all in it when this is dropped.
pub(super) struct Workshop {
    // Gone before the lock is, and noted until then.
    folder: TempDir,
    _lock: File,
    _noted: Noted,
}

impl Workshop {
    /// Opens a new one, which only its owner can look into.
    pub(super) fn open(place: &Path, name: &str) -> io::Result<Workshop> {
        let (folder, note) = noted(
            || tempfile::Builder::new().prefix(name).tempdir_in(place),
            TempDir::path,
        )?;
        let lock = File::create_new(folder.path().join(LOCK))?;
        match lock.try_lock() {
            // Some disks know no locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(error @ TryLockError::WouldBlock) => return Err(error.into()),
        }
        Ok(Workshop {
            folder,
            _lock: lock,
            _noted: note,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The folders beside a database's place in which nobody is at work any more.
pub(super) fn left_by_restores(beside: &Path) -> Vec<PathBuf> {
    left(beside, RESTORE, is_left)
}

/// The same of those in which backups were looked at. Into one of another user nobody looks, for what that user put there: it
/// counts once it is old.
pub(super) fn left_by_verifying(place: &Path, user: u32) -> Vec<PathBuf> {
    left(place, VERIFY, |folder| match is_of(folder, user) {
        true => is_left(folder),
        false => fs::symlink_metadata(folder).is_ok_and(|made| made.is_dir() && is_old(&made)),
    })
}

fn is_of(folder: &Path, user: u32) -> bool {
    fs::symlink_metadata(folder).is_ok_and(|data| data.uid() == user)
}

fn left(place: &Path, name: &str, is_left: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(place) else {
        return Vec::new();
    };
    let mut left: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(name.as_bytes())
        })
        .map(|entry| entry.path())
        .filter(|folder| is_left(folder))
        .collect();
    left.sort();
    left
}

/// Removes those beside a database's place.
pub(super) fn sweep(beside: &Path) {
    for folder in left_by_restores(beside) {
        // Whoever may not is told by `hersys doctor` that it stands.
        let _ = fs::remove_dir_all(folder);
    }
}

impl Workshop {
    /// Removes those beside this one that were left in looking at backups by the same user.
    pub(super) fn sweep_beside(&self) {
        let place = self.path().parent().map(Path::to_owned);
        let user = fs::metadata(self.path()).map(|data| data.uid());
        let (Some(place), Ok(user)) = (place, user) else {
            return;
        };
        for folder in left_by_verifying(&place, user) {
            if is_of(&folder, user) {
                let _ = fs::remove_dir_all(folder);
            }
        }
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
