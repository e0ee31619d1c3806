//! A backup, from the first row to its name: in one piece and on the disk, or not there at all.

use super::{Error, Kept, Recipients, hex, place, seal, sync_folder, workshop};
use crate::Database;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use storage::keep::{Header, Source, Writer};

/// How the file of a backup is called until it is whole.
const PART: &str = ".hersys-backup-";
/// One that nobody has written to for so long was left by a backup that was killed.
const LEFT: Duration = Duration::from_secs(3_600);

/// What backups that were killed have left in a folder: it may be of one that was not to be encrypted.
pub fn left_over_of_backups(folder: &Path) -> Vec<PathBuf> {
    let Ok(files) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut left: Vec<PathBuf> = files
        .flatten()
        .filter(|file| {
            let name = file.file_name();
            let is_part = name.as_encoded_bytes().starts_with(PART.as_bytes());
            let written = file.metadata().and_then(|data| data.modified());
            is_part && written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT))
        })
        .map(|file| file.path())
        .collect();
    left.sort();
    left
}

/// Removes it.
fn sweep_left_over(folder: &Path) {
    for file in left_over_of_backups(folder) {
        // Whoever may not remove it did not make it.
        let _ = std::fs::remove_file(file);
    }
}

/// Asks a backup that is under way to end: whoever ends a process does not wait for it.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From here on it is asked.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn if_asked(&self) -> io::Result<()> {
        match self.is_asked() {
            true => Err(io::Error::other("asked to end")),
            false => Ok(()),
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
    backup_until(database, to, recipients, (now, &Stop::default()))
}

/// The same, unless it is asked to end first.
///
/// # Errors
/// As [`backup`], and where it was asked.
pub fn backup_until(
    database: &Database,
    to: &Path,
    recipients: &Recipients,
    (now, stop): (Timestamp, &Stop),
) -> Result<Kept, Error> {
    match write(database, to, recipients, (now, stop)) {
        // Whatever it failed at then.
        Err(_) if stop.is_asked() => Err(Error::Refused(
            "the backup was ended before it was whole, because it was asked to; nothing was left behind"
                .to_owned(),
        )),
        made => made,
    }
}

fn write(
    database: &Database,
    to: &Path,
    recipients: &Recipients,
    (now, stop): (Timestamp, &Stop),
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
    let asked = stop.clone();
    source.ends_when(move || asked.is_asked())?;
    let header = Header {
        release: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now.to_string(),
        migrations: source.migrations()?,
        key_check: source.setting("key_check")?.map(|check| hex(&check)),
    };
    source.check()?;
    sweep_left_over(folder);
    // Readable by its owner only from its first byte, and gone where anything fails, or whoever waits for it ends the process.
    let (part, noted) = workshop::noted(
        || tempfile::Builder::new().prefix(PART).tempfile_in(folder),
        |part| part.path(),
    )
    .map_err(Error::Write)?;
    let out = Hashing {
        to: BufWriter::new(part),
        hash: Sha256::new(),
        size: 0,
        stop: stop.clone(),
    };
    let (out, tables) = seal::write(recipients, out, |to| {
        Writer::write(to, &header, &mut source).map(|(_, tables)| tables)
    })?;
    let Hashing { to, hash, size, .. } = out;
    let part = to
        .into_inner()
        .map_err(|error| Error::Write(error.into_error()))?;
    part.as_file().sync_all().map_err(Error::Write)?;
    let sha256 = hex(&hash.finalize());
    if hash_of(part.path(), stop).map_err(Error::Write)? != sha256 {
        return refused(
            "what stands on the disk is not what was written; is the disk well?".to_owned(),
        );
    }
    noted
        .done(|| part.persist_noclobber(&path))
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

fn hash_of(path: &Path, stop: &Stop) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        stop.if_asked()?;
        match file.read(&mut piece)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&piece[..read]),
        }
    }
}

/// Counts and hashes what goes through, until it is asked to end.
struct Hashing<W> {
    to: W,
    hash: Sha256,
    size: u64,
    stop: Stop,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stop.if_asked()?;
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
