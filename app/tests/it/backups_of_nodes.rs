//! Several nodes, each with a folder of its own for backups.

use crate::story;
use app::keep::{Recipients, Schedule, file_name};
use app::last_backups::of_others;
use jiff::SignedDuration;
use std::path::Path;

const HERE: &str = "web-1";
const THERE: &str = "web-2";

/// The folder of a node, in which the last two are kept.
fn folder(place: &Path) -> Schedule {
    std::fs::create_dir(place).unwrap();
    let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    Schedule {
        folder: place.to_owned(),
        recipients: Recipients::parse(key).unwrap(),
        every: SignedDuration::from_hours(24),
        keep: 2,
    }
}

fn lying(schedule: &Schedule) -> Vec<String> {
    let files = std::fs::read_dir(&schedule.folder).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

story!(
    a_backup_that_lies_nowhere_any_more_pushes_none_of_another_node_out,
    town,
    {
        let place = tempfile::tempdir().unwrap();
        let (here, there) = (
            folder(&place.path().join("here")),
            folder(&place.path().join("there")),
        );
        let database = town.database().await;
        let desk = town.app.system_desk();
        let begun = town.clock.now();
        let file = |schedule: &Schedule, days: i64| {
            let name = file_name(begun + SignedDuration::from_hours(24 * days));
            schedule.folder.join(name)
        };
        std::fs::write(file(&there, 0), "x").unwrap();
        for days in [1, 2] {
            town.clock.advance(SignedDuration::from_hours(24));
            std::fs::write(file(&here, days), "x").unwrap();
        }
        assert_eq!(desk.share_backups(&here, HERE).await.unwrap(), 0);
        let now = town.clock.now();
        let last = of_others(&database, THERE, now).await.unwrap();
        assert_eq!(last.unwrap().node, HERE);
        // Its disk is replaced by an empty one: the only file that is left is that of the other node.
        for days in [1, 2] {
            std::fs::remove_file(file(&here, days)).unwrap();
        }
        assert_eq!(desk.share_backups(&here, HERE).await.unwrap(), 0);
        assert_eq!(of_others(&database, THERE, now).await.unwrap(), None);
        assert_eq!(desk.share_backups(&there, THERE).await.unwrap(), 0);
        assert!(file(&there, 0).exists());
        let last = of_others(&database, HERE, now).await.unwrap();
        assert_eq!(last.unwrap().node, THERE);
    }
);

story!(
    a_node_on_which_no_backup_is_made_any_more_removes_its_old_ones,
    town,
    {
        let place = tempfile::tempdir().unwrap();
        let (here, there) = (
            folder(&place.path().join("here")),
            folder(&place.path().join("there")),
        );
        let other = town.another_process().await;
        let database = town.database().await;
        let begun = town.clock.now();
        let name = |days: i64| file_name(begun + SignedDuration::from_hours(24 * days));
        let makes = |schedule: &Schedule, days| {
            std::fs::write(schedule.folder.join(name(days)), "x").unwrap();
        };
        let next_day = || town.clock.advance(SignedDuration::from_hours(24));
        let share_here = async || {
            let desk = town.app.system_desk();
            desk.share_backups(&here, HERE).await.unwrap()
        };
        let share_there = async || {
            let desk = other.system_desk();
            desk.share_backups(&there, THERE).await.unwrap()
        };

        // This one has made them until now.
        makes(&here, 0);
        next_day();
        makes(&here, 1);
        std::fs::write(here.folder.join("hersys-mine.backup"), "x").unwrap();
        assert_eq!(share_here().await, 0);
        let last = of_others(&database, THERE, town.clock.now()).await.unwrap();
        assert_eq!(last.unwrap().node, HERE);
        let last = of_others(&database, HERE, town.clock.now()).await.unwrap();
        assert_eq!(last, None);

        // From now on the other one does: only as many go as have come.
        next_day();
        makes(&there, 2);
        assert_eq!((share_there().await, share_here().await), (0, 1));
        assert_eq!(lying(&here), [name(1), "hersys-mine.backup".to_owned()]);
        let last = of_others(&database, HERE, town.clock.now()).await.unwrap();
        let last = last.unwrap();
        assert_eq!((last.at, last.node.as_str()), (town.clock.now(), THERE));

        // A file of a wrong clock counts for nothing here either.
        next_day();
        makes(&there, 400);
        assert_eq!((share_there().await, share_here().await), (0, 0));
        makes(&there, 3);
        assert_eq!((share_there().await, share_here().await), (0, 1));
        assert_eq!(lying(&here), ["hersys-mine.backup"]);
        assert_eq!(lying(&there), [name(2), name(3), name(400)]);
    }
);
