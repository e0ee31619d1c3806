//! Backups that the server makes by itself, and how many of them are kept.

use super::{Error, Kept, Recipients, Stop, backup_until, file_name};
use crate::Database;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::io;
use std::path::{Path, PathBuf};

/// Files, each with the moment that its name bears.
type Dated = Vec<(Timestamp, PathBuf)>;

/// What lies in the folder.
struct Lying {
    past: Dated,
    /// From the future.
    ahead: Dated,
    /// Without a byte.
    empty: Dated,
}

fn names(files: &Dated) -> Vec<String> {
    let names = files.iter().filter_map(|(_, path)| path.file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

/// Removes an old one. Another process with the same folder may have come first.
fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// By how much the clocks of two machines that make backups may differ.
const SKEW: SignedDuration = SignedDuration::from_hours(1);

/// Which backups are made, and where.
#[derive(Clone)]
pub struct Schedule {
    /// The folder; it must be there, so that a disk that is not mounted is noticed.
    pub folder: PathBuf,
    /// Who can open them.
    pub recipients: Recipients,
    /// The time from one to the next.
    pub every: SignedDuration,
    /// How many are kept, at least 1.
    pub keep: usize,
}

impl Schedule {
    /// When the last backup in the folder was made, as its name says. One from the future was made by a wrong clock and
    /// counts for nothing.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn last(&self, now: Timestamp) -> io::Result<Option<Timestamp>> {
        Ok(self.all(now)?.past.last().map(|(at, _)| *at))
    }

    /// The names of the backups in the folder that bear a moment which is still to come.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn from_the_future(&self, now: Timestamp) -> io::Result<Vec<String>> {
        Ok(names(&self.all(now)?.ahead))
    }

    /// The names of those that hold nothing, such as a disk that broke leaves: they count for nothing either.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn empty(&self, now: Timestamp) -> io::Result<Vec<String>> {
        Ok(names(&self.all(now)?.empty))
    }

    /// Makes a backup where the last one is old enough, and then deletes those that are too many. Files that do not
    /// bear the name of a scheduled backup are never touched.
    ///
    /// # Errors
    /// With a sentence, also where it was asked to end; then the old ones are all kept.
    pub fn run(
        &self,
        database: &Database,
        now: Timestamp,
        stop: &Stop,
    ) -> Result<Option<Kept>, Error> {
        let unreadable = |error: io::Error| {
            Error::Refused(format!(
                "the folder {} (HERSYS_BACKUP_DIR) cannot be read: {error}; is its disk mounted?",
                self.folder.display()
            ))
        };
        // A clock that was set back must not stop backups.
        let last = self.last(now).map_err(unreadable)?;
        if last.is_some_and(|last| last + self.every > now) {
            return Ok(None);
        }
        let kept = backup_until(
            database,
            &self.folder.join(file_name(now)),
            &self.recipients,
            (now, stop),
        )?;
        let mut all = self.all(now).map_err(unreadable)?.past;
        all.retain(|(_, path)| *path != kept.path);
        let too_many = (all.len() + 1).saturating_sub(self.keep.max(1));
        for (_, path) in all.into_iter().take(too_many) {
            remove(&path).map_err(Error::Write)?;
        }
        Ok(Some(kept))
    }

    /// Whether a moment is still to come by more than clocks may differ, so that a wrong clock has named it.
    pub fn is_ahead(at: Timestamp, now: Timestamp) -> bool {
        at > now + SKEW
    }

    /// The moments of the backups in the folder that count.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn moments(&self, now: Timestamp) -> io::Result<Vec<Timestamp>> {
        Ok(self.all(now)?.past.iter().map(|(at, _)| *at).collect())
    }

    /// Removes those of them that were made before a moment; tells how many.
    ///
    /// # Errors
    /// Where the folder cannot be read, or a file not be removed.
    pub fn remove_before(&self, oldest: Timestamp, now: Timestamp) -> io::Result<usize> {
        let mut old = self.all(now)?.past;
        old.retain(|(at, _)| *at < oldest);
        for (_, path) in &old {
            remove(path)?;
        }
        Ok(old.len())
    }

    /// The backups in the folder by their moments, and beside them what is none.
    fn all(&self, now: Timestamp) -> io::Result<Lying> {
        let (mut found, mut empty) = (Vec::new(), Vec::new());
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let moment = name
                .and_then(|name| name.strip_prefix("hersys-")?.strip_suffix("Z.backup"))
                .and_then(|moment| DateTime::strptime("%Y%m%dT%H%M%S", moment).ok())
                .and_then(|moment| moment.to_zoned(TimeZone::UTC).ok());
            if let Some(moment) = moment {
                let is_empty = std::fs::metadata(&path).is_ok_and(|data| data.len() == 0);
                let among = if is_empty { &mut empty } else { &mut found };
                among.push((moment.timestamp(), path));
            }
        }
        found.sort();
        empty.sort();
        let ahead = found.partition_point(|(at, _)| !Schedule::is_ahead(*at, now));
        let ahead = found.split_off(ahead);
        Ok(Lying {
            past: found,
            ahead,
            empty,
        })
    }
}
