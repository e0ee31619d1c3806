//! Backups that the server makes by itself: where, for whom, how often, how many.

use super::super::source::Found;
use super::{Problem, Reading};
use app::keep::{Recipients, Schedule};
use jiff::SignedDuration;
use std::path::PathBuf;

/// A folder and its recipients belong together: a backup that everybody can read is never made by itself.
pub(super) fn read(reading: &mut Reading<'_>) -> Option<Schedule> {
    let folder = reading.plain("backup_dir", |found| Ok(PathBuf::from(&found.text)));
    let recipients = reading.plain("backup_recipient", |found| {
        Recipients::parse(&found.text)
            .map_err(|error| found.problem(format!("is not right: {error}")))
    });
    let number = |most: i64, says: &'static str| {
        move |found: &Found| {
            let number = found.text.parse().ok().filter(|n| (1..=most).contains(n));
            number.ok_or_else(|| found.problem_showing(says))
        }
    };
    let every = reading.plain(
        "backup_every",
        number(8_760, "must be a number of hours from 1 to 8760"),
    );
    let keep = reading.plain(
        "backup_keep",
        number(10_000, "must be a number from 1 to 10000"),
    );
    if reading.has_problem_with("backup_recipient") {
        return None;
    }
    match (folder, recipients) {
        (Some(folder), Some(recipients)) => Some(Schedule {
            folder,
            recipients,
            every: SignedDuration::from_hours(every.unwrap_or(24)),
            keep: usize::try_from(keep.unwrap_or(7)).unwrap_or(usize::MAX),
        }),
        (Some(_), None) => {
            reading.problems.push(Problem::with(
                "backup_recipient",
                "must be given with HERSYS_BACKUP_DIR: the public key of age (age1…) that backups are encrypted to",
            ));
            None
        }
        (None, Some(_)) => {
            reading.problems.push(Problem::with(
                "backup_dir",
                "must be given with HERSYS_BACKUP_RECIPIENT: the folder for the backups",
            ));
            None
        }
        (None, None) => None,
    }
}
