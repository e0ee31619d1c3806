//! How old the last backup is, where the server makes them by itself.

use super::{PATIENCE, Report};
use app::clock::Clock;
use app::last_backups::{self, LastBackup};
use app::{Database, Error};
use jiff::{SignedDuration, Timestamp};
use server::config::Settings;
use server::{node, owner};
use storage::Db;

/// A little later than due is no reason to wake anybody.
const BORNE: SignedDuration = SignedDuration::from_hours(2);

pub(super) async fn check(report: &mut Report, settings: &Settings) {
    const WHAT: &str = "backups";
    let Some(schedule) = &settings.backups else {
        return report.ok(
            WHAT,
            "`serve` makes none by itself (HERSYS_BACKUP_DIR is not given); does something else?",
        );
    };
    let (folder, now) = (schedule.folder.display(), Clock::System.now());
    for name in schedule.from_the_future(now).unwrap_or_default() {
        report.problem(
            WHAT,
            format!(
                "{name} in {folder} bears a moment that is still to come: a clock was wrong. It counts as none and is never \
                 deleted; look at the clock, and delete it yourself"
            ),
        );
    }
    for name in schedule.empty(now).unwrap_or_default() {
        report.problem(
            WHAT,
            format!("{name} in {folder} is empty: it counts as none. Delete it; is the disk well, and not full?"),
        );
    }
    let closed = owner::closed_to_service(&schedule.folder, &settings.data_dir);
    let here = match schedule.last(now) {
        Ok(last) => last,
        Err(error) => {
            return report.problem(WHAT, format!("{folder} cannot be read: {error}"));
        }
    };
    let mut seen = Seen {
        folder: folder.to_string(),
        here,
        elsewhere: None,
        every: schedule.every,
        now,
    };
    if !seen.is_in_time() {
        seen.elsewhere = of_other_nodes(settings, now).await;
    }
    let told = seen.told();
    if let Some(closed) = closed {
        let says = format!("{told}, and `serve` can make none there: {closed}");
        return report.problem(WHAT, says);
    }
    if seen.is_in_time() {
        return report.ok(WHAT, told);
    }
    let more = match (seen.here, &seen.elsewhere) {
        (None, None) => {
            "`serve` makes the first one soon after it starts, and its log says why where it cannot"
        }
        (_, None) => "the log of `serve` tells why",
        (_, Some(_)) => "the logs of `serve` on both tell why",
    };
    report.problem(WHAT, format!("{told}; {more}"));
}

/// The last one of another node. Of an embedded database there is none, and where the database cannot be read, its own lines say why.
async fn of_other_nodes(settings: &Settings, now: Timestamp) -> Option<LastBackup> {
    let Database::Postgres { url, schema } = settings.database() else {
        return None;
    };
    let asking = async {
        let db = Db::postgres(&url, schema.as_deref()).await?;
        last_backups::of_others(&db, &node::name(), now).await
    };
    let asked: Result<_, Error> = tokio::time::timeout(PATIENCE, asking).await.ok()?;
    asked.ok()?
}

/// What is known of the last backups.
struct Seen {
    folder: String,
    here: Option<Timestamp>,
    elsewhere: Option<LastBackup>,
    every: SignedDuration,
    now: Timestamp,
}

impl Seen {
    fn age(&self, at: Timestamp) -> SignedDuration {
        self.now.duration_since(at).max(SignedDuration::ZERO)
    }

    /// Whichever node has made the last one: they take turns, and what one of them makes the others need not.
    fn is_in_time(&self) -> bool {
        let elsewhere = self.elsewhere.as_ref().map(|one| one.at);
        let last = self.here.max(elsewhere);
        last.is_some_and(|at| self.age(at) <= self.every + BORNE)
    }

    fn told(&self) -> String {
        let folder = &self.folder;
        let here = self.here.map_or_else(
            || format!("none in {folder} yet"),
            |at| {
                format!(
                    "the last one in {folder} is {} hours old",
                    self.age(at).as_hours()
                )
            },
        );
        match &self.elsewhere {
            None => here,
            Some(one) => format!(
                "{here}; the last one on {} is {} hours old",
                one.node,
                self.age(one.at).as_hours()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_on_which_none_is_made_is_well_where_another_one_makes_them() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1_000_000);
        let ago = |hours| now - SignedDuration::from_hours(hours);
        let seen = |here: Option<i64>, elsewhere: Option<i64>| {
            let seen = Seen {
                folder: "/srv/backups".to_owned(),
                here: here.map(ago),
                elsewhere: elsewhere.map(|hours| LastBackup {
                    at: ago(hours),
                    node: "web-2".to_owned(),
                }),
                every: SignedDuration::from_hours(24),
                now,
            };
            (seen.is_in_time(), seen.told())
        };
        let none = "none in /srv/backups yet";
        let old = "the last one in /srv/backups is 200 hours old";
        for (here, elsewhere, in_time, told) in [
            (None, None, false, none.to_owned()),
            (Some(200), None, false, old.to_owned()),
            (
                None,
                Some(5),
                true,
                format!("{none}; the last one on web-2 is 5 hours old"),
            ),
            (
                Some(200),
                Some(26),
                true,
                format!("{old}; the last one on web-2 is 26 hours old"),
            ),
            (
                Some(200),
                Some(27),
                false,
                format!("{old}; the last one on web-2 is 27 hours old"),
            ),
        ] {
            assert_eq!(seen(here, elsewhere), (in_time, told));
        }
        assert!(seen(Some(26), Some(200)).0);
    }
}
