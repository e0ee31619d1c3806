//! The log beside the file of an embedded database (`hersys.db-wal`), when nobody has it open. What was written last may
//! stand only in there. An operator who moves or copies the file alone would leave it behind, so that whoever ends in good
//! order carries it into the file, and a log whose file is gone is not written over.

use super::Error;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where the log of a database stands.
pub(super) fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

fn size_of(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

/// Refuses a place at which the log of a database stands and the database does not: a new one would be made there, and the
/// log, which may be all that is left of somebody's reports, would be written over.
///
/// # Errors
/// [`Error::Refused`] with what is to be done.
pub fn check_log(path: &Path) -> Result<(), Error> {
    let log = log_of(path);
    // The log first: of a database that another process makes meanwhile, the file has its first page before.
    if size_of(&log) == 0 || size_of(path) > 0 {
        return Ok(());
    }
    let (path, log) = (path.display(), log.display());
    Err(Error::Refused(format!(
        "{log} holds what was written last to a database that is not there; put {path} back beside it, or, to begin anew, \
         move {log} away and keep it"
    )))
}

/// Carries the log of a database into its file and empties it, though this process has it open itself; whoever writes waits
/// meanwhile. It is tried for as long as `patience`. Then the file alone holds everything; tells whether it does. Where there
/// is no database, none is made.
///
/// # Errors
/// Of the disk; the log keeps what it holds.
pub fn carry_log(path: &Path, patience: Duration) -> Result<bool, Error> {
    repeated(path, patience, |connection| {
        connection.busy_timeout(AT_A_TIME)?;
        let busy: i64 =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    })
}

/// The same where this process lets go of it within `patience` and no other has it open: whoever closes a database as the last
/// one carries its log. Beside a server nothing is carried and nobody waits for it.
///
/// # Errors
/// Of the disk; the log keeps what it holds.
pub fn carry_log_if_last(path: &Path, patience: Duration) -> Result<bool, Error> {
    repeated(path, patience, |connection| {
        let _: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        connection.close().map_err(|(_, error)| error)?;
        Ok(size_of(&log_of(path)) == 0)
    })
}

/// How long one try waits for others, and the pause after it.
const AT_A_TIME: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(20);

fn repeated(
    path: &Path,
    patience: Duration,
    try_once: impl Fn(Connection) -> Result<bool, Error>,
) -> Result<bool, Error> {
    let began = Instant::now();
    loop {
        if size_of(path) == 0 || size_of(&log_of(path)) == 0 {
            return Ok(true);
        }
        let connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        if try_once(connection)? {
            return Ok(true);
        }
        if began.elapsed() >= patience {
            return Ok(false);
        }
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database whose rows stand in its log, though nobody has it open.
    fn ended_at_once(folder: &Path) -> PathBuf {
        let (path, kept) = (folder.join("t.db"), folder.join("kept.db"));
        let connection = Connection::open(&path).unwrap();
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .unwrap();
        connection
            .execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
            .unwrap();
        std::fs::copy(&path, &kept).unwrap();
        std::fs::copy(log_of(&path), log_of(&kept)).unwrap();
        kept
    }

    fn rows(path: &Path) -> i64 {
        let connection = Connection::open(path).unwrap();
        let counted = connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0));
        counted.unwrap_or(-1)
    }

    #[test]
    fn a_file_alone_holds_everything_once_its_log_is_carried() {
        let folder = tempfile::tempdir().unwrap();
        let path = ended_at_once(folder.path());
        let alone = folder.path().join("alone.db");
        std::fs::copy(&path, &alone).unwrap();
        assert_eq!(rows(&alone), -1, "the log was needed");
        assert!(carry_log(&path, Duration::ZERO).unwrap());
        std::fs::copy(&path, &alone).unwrap();
        assert_eq!(rows(&alone), 1);
        // Of what is not there nothing is made.
        let none = folder.path().join("none.db");
        assert!(carry_log(&none, Duration::ZERO).unwrap() && !none.exists());
    }

    #[test]
    fn somebody_who_reads_is_not_disturbed() {
        let folder = tempfile::tempdir().unwrap();
        let path = ended_at_once(folder.path());
        let reader = Connection::open(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM t").unwrap();
        let _: i64 = reader
            .query_row("SELECT x FROM t", [], |r| r.get(0))
            .unwrap();
        Connection::open(&path)
            .unwrap()
            .execute_batch("INSERT INTO t VALUES (2)")
            .unwrap();
        assert!(!carry_log(&path, Duration::ZERO).unwrap());
        reader.execute_batch("COMMIT").unwrap();
        assert!(carry_log(&path, Duration::ZERO).unwrap());
        assert_eq!(rows(&path), 2);
    }

    #[test]
    fn whoever_closes_it_as_the_last_one_carries_its_log_and_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = ended_at_once(folder.path());
        let server = Connection::open(&path).unwrap();
        let _: i64 = server
            .query_row("SELECT x FROM t", [], |r| r.get(0))
            .unwrap();
        let before = size_of(&log_of(&path));
        assert!(!carry_log_if_last(&path, Duration::from_millis(50)).unwrap());
        assert_eq!(size_of(&log_of(&path)), before, "a server was disturbed");
        drop(server);
        let another = tempfile::tempdir().unwrap();
        let path = ended_at_once(another.path());
        assert!(carry_log_if_last(&path, Duration::ZERO).unwrap());
        let alone = folder.path().join("alone.db");
        std::fs::copy(&path, &alone).unwrap();
        assert_eq!(rows(&alone), 1);
    }

    #[test]
    fn a_log_without_its_file_is_told_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = ended_at_once(folder.path());
        assert!(check_log(&path).is_ok());
        let elsewhere = folder.path().join("elsewhere.db");
        std::fs::rename(&path, &elsewhere).unwrap();
        let size = size_of(&log_of(&path));
        let refused = super::super::Db::sqlite(&path).err().unwrap().to_string();
        assert!(refused.contains("kept.db-wal holds"), "{refused}");
        assert!(!path.exists() && size_of(&log_of(&path)) == size);
        std::fs::rename(&elsewhere, &path).unwrap();
        assert_eq!(rows(&path), 1);
    }
}
