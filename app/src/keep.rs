//! Keeping data: backups that are encrypted, restored whole or not at all, and the move to a server. Files are named
//! and sealed here; which rows there are is the store's matter. The master key never comes along.

mod schedule;
mod seal;
#[cfg(test)]
mod tests;
mod workshop;

pub use schedule::Schedule;
pub use seal::{Recipients, Unlock};
pub use storage::keep::{Error, Progress, Table};
pub use workshop::abandon;

use crate::Database;
use crate::audit;
use crate::keys::{Keys, MasterKey};
use jiff::Timestamp;
use seal::Opened;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use storage::keep::{Header, Place, Reader, Source, Writer, restore_postgres, restore_sqlite};
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

/// How the file of a backup is called until it is whole.
const PART: &str = ".hersys-backup-";
/// One that nobody has written to for so long was left by a backup that was killed.
const LEFT: Duration = Duration::from_secs(3_600);

/// Removes what backups that were killed have left in a folder: it may be of one that was not to be encrypted.
fn sweep_left_over(folder: &Path) {
    let Ok(files) = std::fs::read_dir(folder) else {
        return;
    };
    for file in files.flatten() {
        let is_part = file
            .file_name()
            .as_encoded_bytes()
            .starts_with(PART.as_bytes());
        let written = file.metadata().and_then(|data| data.modified());
        let is_old = written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT));
        if is_part && is_old {
            // Whoever may not remove it did not make it.
            let _ = std::fs::remove_file(file.path());
        }
    }
}

/// The name of a backup that is made by hand in a folder. The schedule neither counts it nor takes it away: it may have been made
/// before something risky, or for another recipient.
fn by_hand(now: Timestamp) -> String {
    format!("hersys-{}-by-hand.backup", now.strftime("%Y%m%dT%H%M%SZ"))
}

/// The name of a backup that the schedule makes in its folder: it sorts by time.
pub fn file_name(now: Timestamp) -> String {
    format!("hersys-{}.backup", now.strftime("%Y%m%dT%H%M%SZ"))
}

/// Why something is no folder.
fn no_folder(wanted: &Path) -> String {
    // Without a `/` at its end, behind which nothing of a file is seen.
    let wanted: PathBuf = wanted.components().collect();
    let shown = wanted.display();
    for above in wanted.ancestors() {
        match std::fs::metadata(above) {
            Ok(data) if data.is_dir() => break,
            Ok(_) => {
                let file = above.display();
                return format!(
                    "{file} is a file and no folder; move it away (it may be a backup), and make the folder {shown}"
                );
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return format!("the folder {shown} cannot be looked at: {error}");
            }
            Err(_) => {}
        }
    }
    format!("the folder {shown} does not exist; make it, or is its disk not mounted?")
}

/// Writes a backup of a database that others go on writing. In a folder it gets a name of its own.
///
/// # Errors
/// With a sentence; then nothing is left behind.
pub fn backup(
    database: &Database,
    to: &Path,
    recipients: &Recipients,
    now: Timestamp,
) -> Result<Kept, Error> {
    let path = if to.is_dir() {
        to.join(by_hand(now))
    } else {
        to.to_owned()
    };
    let refused = |says: String| Err(Error::Refused(says));
    // Elsewhere it stands for standard output, which a backup does not go to.
    if to == Path::new("-") {
        return refused(
            "a backup goes into a file; give its name, such as friday.backup, or a folder"
                .to_owned(),
        );
    }
    // Whoever ends a name so means a folder. So does whoever gives it no ending: a file of that name would stand where the folder
    // ought to, and every later backup fail.
    let with_slash = to.as_os_str().as_encoded_bytes().ends_with(b"/");
    let means_folder = !to.is_dir() && (with_slash || to.extension().is_none());
    if path.exists() {
        return refused(match means_folder {
            true => format!(
                "{} is a file and no folder; give another name, or move it away (it may be a backup) and make the folder",
                path.display()
            ),
            false => format!(
                "{} exists already; give another name, or a folder",
                path.display()
            ),
        });
    }
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return refused("a backup needs the name of a file or of a folder".to_owned()),
    };
    // A disk that is not mounted must not get a file of its name.
    let wanted = if means_folder { to } else { folder };
    if !wanted.is_dir() {
        let or_file = match means_folder && !with_slash {
            true => " (A file is given a name with an ending, such as friday.backup)",
            false => "",
        };
        return refused(no_folder(wanted) + or_file);
    }
    let mut source = Source::open(&place(database))?;
    let header = Header {
        release: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now.to_string(),
        migrations: source.migrations()?,
        key_check: source.setting("key_check")?.map(|check| hex(&check)),
    };
    source.check()?;
    sweep_left_over(folder);
    // Readable by its owner only from its first byte, and gone where anything fails.
    let part = tempfile::Builder::new()
        .prefix(PART)
        .tempfile_in(folder)
        .map_err(Error::Write)?;
    let out = Hashing {
        to: BufWriter::new(part),
        hash: Sha256::new(),
        size: 0,
    };
    let (out, tables) = seal::write(recipients, out, |to| {
        Writer::write(to, &header, &mut source).map(|(_, tables)| tables)
    })?;
    let Hashing { to, hash, size } = out;
    let part = to
        .into_inner()
        .map_err(|error| Error::Write(error.into_error()))?;
    part.as_file().sync_all().map_err(Error::Write)?;
    let sha256 = hex(&hash.finalize());
    if hash_of(part.path()).map_err(Error::Write)? != sha256 {
        return refused(
            "what stands on the disk is not what was written; is the disk well?".to_owned(),
        );
    }
    part.persist_noclobber(&path)
        .map_err(|error| Error::Write(error.error))?;
    sync_folder(folder).map_err(Error::Write)?;
    Ok(Kept {
        path,
        tables,
        size,
        sha256,
        key_check: header.key_check,
    })
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

fn hash_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&piece[..read]),
        }
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Counts and hashes what goes through.
struct Hashing<W> {
    to: W,
    hash: Sha256,
    size: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
