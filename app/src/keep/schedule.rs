//! Backups that the server makes by itself, and how many of them are kept.

use super::{Error, Kept, Recipients, backup, file_name};
use crate::Database;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::io;
use std::path::PathBuf;

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
    /// When the last backup in the folder was made, as its name says.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn last(&self) -> io::Result<Option<Timestamp>> {
        Ok(self.all()?.last().map(|(at, _)| *at))
    }

    /// Makes a backup where the last one is old enough, and then deletes those that are too many. Files that do not
    /// bear the name of a scheduled backup are never touched.
    ///
    /// # Errors
    /// With a sentence; then the old ones are all kept.
    pub fn run(&self, database: &Database, now: Timestamp) -> Result<Option<Kept>, Error> {
        let last = self.last().map_err(Error::Write)?;
        // A clock that was set back must not stop backups: one from the future does not count.
        if last.is_some_and(|last| last <= now && last + self.every > now) {
            return Ok(None);
        }
        let kept = backup(
            database,
            &self.folder.join(file_name(now)),
            &self.recipients,
            now,
        )?;
        let mut all = self.all().map_err(Error::Write)?;
        all.retain(|(_, path)| *path != kept.path);
        let too_many = (all.len() + 1).saturating_sub(self.keep.max(1));
        for (_, path) in all.into_iter().take(too_many) {
            std::fs::remove_file(path).map_err(Error::Write)?;
        }
        Ok(Some(kept))
    }

    fn all(&self) -> io::Result<Vec<(Timestamp, PathBuf)>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let moment = name
                .and_then(|name| name.strip_prefix("hersys-")?.strip_suffix("Z.backup"))
                .and_then(|moment| DateTime::strptime("%Y%m%dT%H%M%S", moment).ok())
                .and_then(|moment| moment.to_zoned(TimeZone::UTC).ok());
            if let Some(moment) = moment {
                found.push((moment.timestamp(), path));
            }
        }
        found.sort();
        Ok(found)
    }
}
