//! The log beside the file of an embedded database (`hersys.db-wal`), when nobody has it open. What was written last may
//! stand only in there. An operator who moves or copies the file alone would leave it behind, so that whoever ends in good
//! order carries it into the file, and a log whose file is gone is not written over.

use super::Error;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the log of a database stands.
fn log_of(path: &Path) -> PathBuf {
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
    if size_of(path) > 0 || size_of(&log) == 0 {
        return Ok(());
    }
    let (path, log) = (path.display(), log.display());
    Err(Error::Refused(format!(
        "{log} holds what was written last to a database that is not there; put {path} back beside it, or, to begin anew, \
         move {log} away and keep it"
    )))
}

/// Carries the log of a database into its file and empties it, as long as nobody else uses it within `patience`; then the
/// file alone holds everything. Tells whether it does. Where there is no database, none is made.
///
/// # Errors
/// Of the disk; the log keeps what it holds.
pub fn carry_log(path: &Path, patience: Duration) -> Result<bool, Error> {
    if size_of(path) == 0 || size_of(&log_of(path)) == 0 {
        return Ok(true);
    }
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(patience)?;
    let busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
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
