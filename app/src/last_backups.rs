//! The last backups that the nodes of one database have made, each in a folder of its own. By these a node on which nothing is
//! made for the time being knows that backups go on elsewhere, and takes its old ones away: whoever was purged would stand in
//! them for ever.

use crate::keep::{Error, Schedule};
use crate::{Error as AppError, SystemDesk};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use storage::{Db, settings};

/// The name under which they are kept.
const NAME: &str = "last_backups";

/// A backup that a node has made by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LastBackup {
    /// When, as the name of its file says.
    pub at: Timestamp,
    /// The name of the machine in whose folder it lies.
    pub node: String,
}

fn read(kept: Option<Vec<u8>>) -> Vec<LastBackup> {
    // What cannot be read was written by no release that is known, and is written anew.
    kept.and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

/// The last ones, the newest first, when a node has told which ones lie in its folder.
fn with(
    mut known: Vec<LastBackup>,
    here: (&[Timestamp], &str),
    (now, keep): (Timestamp, usize),
) -> Vec<LastBackup> {
    let (moments, node) = here;
    // What does not lie there any more, such as on a disk that was replaced, must push no file of another node out.
    known.retain(|one| one.node != node || moments.contains(&one.at));
    for at in moments {
        // In a folder that several nodes share, whoever tells first has made it.
        if !known.iter().any(|one| one.at == *at) {
            known.push(LastBackup {
                at: *at,
                node: node.to_owned(),
            });
        }
    }
    known.retain(|one| !Schedule::is_ahead(one.at, now));
    known.sort_by_key(|one| std::cmp::Reverse(one.at));
    known.truncate(keep);
    known
}

/// The last backup that another node than this one has made, as far as it is known.
///
/// # Errors
/// Where it cannot be read.
pub async fn of_others(
    db: &Db,
    node: &str,
    now: Timestamp,
) -> Result<Option<LastBackup>, AppError> {
    let known = read(db.read(|tx| settings::get(tx, NAME)).await?);
    let mut others = known.into_iter().filter(|one| one.node != node);
    Ok(others.find(|one| !Schedule::is_ahead(one.at, now)))
}

impl SystemDesk {
    /// Tells the other nodes which backups lie in the folder of this one, and removes from it those that are none of the last
    /// ones of all nodes. As many of these as are to be kept have to be known first. Tells how many were removed.
    ///
    /// # Errors
    /// Where the folder or the store cannot be read, or a file not be removed.
    pub async fn share_backups(&self, schedule: &Schedule, node: &str) -> Result<usize, Error> {
        let (now, keep) = (self.app.clock.now(), schedule.keep.max(1));
        let here = in_folder(schedule, move |it| it.moments(now)).await?;
        let db = self.app.db();
        let known = read(db.read(|tx| settings::get(tx, NAME)).await?);
        let mut last = with(known.clone(), (&here, node), (now, keep));
        if last != known {
            let node = node.to_owned();
            // Where two nodes write at once, what one of them has told may be lost: it tells it again at its next round.
            let write = move |tx: &mut storage::Tx<'_>| {
                let known = read(settings::get(tx, NAME)?);
                let last = with(known, (&here, &node), (now, keep));
                let text = serde_json::to_vec(&last).unwrap_or_default();
                settings::set(tx, NAME, &text)?;
                Ok(last)
            };
            last = db.write(write).await?;
        }
        let Some(oldest) = last.get(keep - 1).map(|one| one.at) else {
            return Ok(0);
        };
        in_folder(schedule, move |it| it.remove_before(oldest, now)).await
    }
}

/// Does something in the folder, which may lie on a disk that takes its time.
async fn in_folder<T: Send + 'static>(
    schedule: &Schedule,
    does: impl FnOnce(&Schedule) -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let schedule = schedule.clone();
    let done = tokio::task::spawn_blocking(move || does(&schedule).map_err(|e| (schedule, e)));
    match done.await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err((schedule, error))) => Err(Error::Refused(format!(
            "the folder {} (HERSYS_BACKUP_DIR) cannot be gone through: {error}",
            schedule.folder.display()
        ))),
        Err(_) => Err(Error::Refused(
            "going through the folder of backups panicked".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i8) -> Timestamp {
        format!("2026-11-{day:02}T17:00:00Z").parse().unwrap()
    }

    fn told(last: &[LastBackup]) -> Vec<(Timestamp, &str)> {
        last.iter().map(|one| (one.at, one.node.as_str())).collect()
    }

    #[test]
    fn the_last_ones_of_all_nodes_are_known_each_once_and_none_of_a_wrong_clock() {
        let first = with(Vec::new(), (&[day(1), day(2)], "one"), (day(3), 3));
        assert_eq!(told(&first), [(day(2), "one"), (day(1), "one")]);
        let both = with(first, (&[day(2), day(4), day(5)], "two"), (day(5), 3));
        let last = [(day(5), "two"), (day(4), "two"), (day(2), "one")];
        assert_eq!(told(&both), last);
        // As long as it is still to come for whoever looks.
        let by_another = with(both, (&[day(2)], "one"), (day(4), 3));
        assert_eq!(told(&by_another), [(day(4), "two"), (day(2), "one")]);
        // What lies there no more counts no more, and what another one has is not this one's to withdraw.
        let without = with(by_another.clone(), (&[], "one"), (day(4), 3));
        assert_eq!(told(&without), [(day(4), "two")]);
        let kept = serde_json::to_vec(&by_another).unwrap();
        assert_eq!(read(Some(kept)), by_another);
        assert_eq!(read(Some(b"no list".to_vec())), []);
    }
}
