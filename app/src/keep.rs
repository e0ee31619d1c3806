//! Keeping data: backups that are encrypted, restored whole or not at all, and the move to a server. Files are named
//! and sealed here; which rows there are is the store's matter. The master key never comes along.

mod backup;
mod schedule;
mod seal;
#[cfg(test)]
mod tests;
mod workshop;

pub use backup::{Stop, backup, backup_until, file_name, left_over_of_backups};
pub use schedule::Schedule;
pub use seal::{Recipients, Unlock};
pub use storage::keep::{Error, Progress, Table};
pub use workshop::abandon;

use crate::Database;
use crate::audit;
use crate::keys::{Keys, MasterKey};
use jiff::Timestamp;
use seal::Opened;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use storage::keep::{Place, Reader, Source, restore_postgres, restore_sqlite};
use workshop::{RESTORE, VERIFY, Workshop};

/// What a backup or a restored database holds.
#[derive(Debug)]
pub struct Kept {
    /// Where it is.
    pub path: PathBuf,
    /// Tables and their rows.
    pub tables: Vec<(String, u64)>,
    /// The file's size in bytes; 0 of a database.
    pub size: u64,
    /// The hash of the file, in hexadecimal digits; empty of a database.
    pub sha256: String,
    /// By what the master key is known with which it was sealed; none: nothing is sealed yet.
    pub key_check: Option<String>,
}

impl Kept {
    /// Whether a master key opens what is sealed in it.
    pub fn is_opened_by(&self, key: &MasterKey) -> bool {
        let check = hex(&Keys::new(key).check_value());
        self.key_check.as_ref().is_none_or(|of| *of == check)
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// Whether there is a database of ours at a place, be it half a copy.
///
/// # Errors
/// Where it cannot be looked at.
pub fn is_there(database: &Database) -> Result<bool, Error> {
    Source::open(&place(database))?.is_ours()
}

fn place(database: &Database) -> Place {
    match database {
        Database::Embedded(path) => Place::Sqlite(path.clone()),
        Database::Postgres { url, schema } => Place::Postgres {
            url: url.clone(),
            schema: schema.clone(),
        },
    }
}

/// Checks a backup whole, in a folder that is thrown away, and the audit log in it where the key is at hand.
///
/// # Errors
/// With a sentence that says what is wrong with it.
pub async fn verify(
    file: &Path,
    unlock: &Unlock,
    key: Option<&MasterKey>,
    now: Timestamp,
) -> Result<(Kept, Option<u64>), Error> {
    let mut reader = open(file, unlock)?;
    fits(&reader, key)?;
    let folder = Workshop::open(&std::env::temp_dir(), VERIFY).map_err(Error::Write)?;
    folder.sweep_beside();
    let path = folder.path().join("hersys.db");
    let tables = restore_sqlite(&mut reader, &path, now).map_err(|error| match error {
        // Where it was tried is not where the backup lies.
        Error::Store(error) => Error::Refused(format!(
            "{error}; it was restored into {} to be looked at: is there room? TMPDIR names another folder",
            folder.path().display()
        )),
        other => other,
    })?;
    let lines = match key {
        None => None,
        Some(key) => {
            let db = storage::Db::sqlite(&path)?;
            let found = audit::check(&db, &Keys::new(key)).await?;
            if let Some(problem) = found.as_ref().and_then(|found| found.problems.first()) {
                return Err(Error::Refused(format!(
                    "the backup is whole, but somebody has tampered with the audit log before it was made: {problem}"
                )));
            }
            found.map(|found| found.lines)
        }
    };
    let kept = Kept {
        path: file.to_owned(),
        tables,
        size: 0,
        sha256: String::new(),
        key_check: reader.header().key_check.clone(),
    };
    Ok((kept, lines))
}

/// Folders in which restores that were killed have left a database that is not encrypted, beside the place of this one.
pub fn left_over(database: &Database) -> Vec<PathBuf> {
    match database {
        Database::Embedded(path) => workshop::left_by_restores(folder_of(path)),
        Database::Postgres { .. } => Vec::new(),
    }
}

/// The same in the folder for what is short-lived, where backups are looked at; `user` is who looks now.
pub fn left_over_by_verifying(user: u32) -> Vec<PathBuf> {
    workshop::left_by_verifying(&std::env::temp_dir(), user)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Restores into an empty database. What one that was killed has left beside an embedded database's place is removed first.
///
/// # Errors
/// With a sentence; then no database stands there, or the one that stood is untouched.
pub fn restore(
    file: &Path,
    unlock: &Unlock,
    database: &Database,
    key: &MasterKey,
    now: Timestamp,
) -> Result<Kept, Error> {
    if let Database::Embedded(path) = database {
        workshop::sweep(folder_of(path));
    }
    let mut reader = open(file, unlock)?;
    fits(&reader, Some(key))?;
    let (tables, path) = match database {
        Database::Postgres { url, schema } => {
            let into = (url.as_str(), schema.as_deref());
            (restore_postgres(&mut reader, into, now)?, PathBuf::new())
        }
        Database::Embedded(path) => (restore_file(&mut reader, path, now)?, path.clone()),
    };
    Ok(Kept {
        path,
        tables,
        size: 0,
        sha256: String::new(),
        key_check: reader.header().key_check.clone(),
    })
}

fn restore_file(
    reader: &mut Reader<Opened>,
    path: &Path,
    now: Timestamp,
) -> Result<Vec<(String, u64)>, Error> {
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    // A journal that was left by another database would be played into the new one.
    for there in [path.to_owned(), beside("-wal"), beside("-shm")] {
        if there.exists() {
            return Err(Error::Refused(format!(
                "{} exists; a backup is restored into an empty place only. Move it away first, and keep it",
                there.display()
            )));
        }
    }
    let folder = folder_of(path);
    let part = Workshop::open(folder, RESTORE).map_err(Error::Write)?;
    let new = part.path().join("hersys.db");
    let tables = restore_sqlite(reader, &new, now)?;
    // Whole before it has its name; and never in the place of one that came meanwhile.
    std::fs::hard_link(&new, path).map_err(Error::Write)?;
    sync_folder(folder).map_err(Error::Write)?;
    Ok(tables)
}

/// Copies an embedded database to a server; see [`storage::keep::copy`].
///
/// # Errors
/// With a sentence.
pub fn copy_database(
    from: &Path,
    to: (&str, Option<&str>),
    key: &MasterKey,
    now: Timestamp,
    told: impl FnMut(Progress) -> Result<(), Error>,
) -> Result<(), Error> {
    let check = Source::open(&Place::Sqlite(from.to_owned()))?.setting("key_check")?;
    if check.is_some_and(|check| check != Keys::new(key).check_value()) {
        return Err(wrong_key());
    }
    storage::keep::copy(from, to, now, told)
}

fn open(file: &Path, unlock: &Unlock) -> Result<Reader<Opened>, Error> {
    Reader::open(seal::open(file, unlock)?)
}

fn fits(reader: &Reader<Opened>, key: Option<&MasterKey>) -> Result<(), Error> {
    match (&reader.header().key_check, key) {
        (Some(check), Some(key)) if *check != hex(&Keys::new(key).check_value()) => {
            Err(wrong_key())
        }
        _ => Ok(()),
    }
}

fn wrong_key() -> Error {
    Error::Refused(
        "the master key does not fit: this database was sealed with another one. Put the right key back (HERSYS_MASTER_KEY, \
         the file of HERSYS_MASTER_KEY_FILE, or master.key in HERSYS_DATA_DIR); without it nobody can read what is sealed"
            .to_owned(),
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
