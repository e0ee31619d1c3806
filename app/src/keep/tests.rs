//! What an operator meets: who can open a backup, what is refused, and what is left behind.

use super::{Error, Recipients, Stop, Unlock, backup, restore, verify};
use crate::Database;
use crate::keys::{Keys, MasterKey};
use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use jiff::Timestamp;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

struct House {
    folder: TempDir,
    key: MasterKey,
    identity: Identity,
}

impl House {
    async fn new() -> House {
        let house = House {
            folder: TempDir::new().unwrap(),
            key: MasterKey::from_bytes([7; 32]),
            identity: Identity::generate(),
        };
        let db = storage::Db::sqlite(&house.path("hersys.db")).unwrap();
        storage::migrations::migrate(&db, now()).await.unwrap();
        let check = Keys::new(&house.key).check_value();
        db.write(move |tx| storage::settings::set_once(tx, "key_check", &check).map(|_| ()))
            .await
            .unwrap();
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn database(&self, name: &str) -> Database {
        Database::Embedded(self.path(name))
    }

    fn recipients(&self) -> Recipients {
        Recipients::parse(&self.identity.to_public().to_string()).unwrap()
    }

    fn unlock(&self, identity: &Identity) -> Unlock {
        let path = self.path("identity");
        std::fs::write(&path, identity.to_string().expose_secret()).unwrap();
        Unlock::read(&path).unwrap()
    }

    fn left(&self) -> usize {
        std::fs::read_dir(self.folder.path())
            .unwrap()
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .starts_with('.')
            })
            .count()
    }

    fn restored(&self, file: &Path, unlock: &Unlock, into: &str) -> Result<u64, Error> {
        restore(file, unlock, &self.database(into), &self.key, now()).map(|kept| kept.rows())
    }
}

#[tokio::test]
async fn a_backup_is_opened_by_its_identity_and_restored_with_its_key_into_an_empty_place() {
    let house = House::new().await;
    let file = house.path("b.backup");
    let made = backup(
        &house.database("hersys.db"),
        &file,
        &house.recipients(),
        now(),
    )
    .unwrap();
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let again = backup(
        &house.database("hersys.db"),
        &file,
        &house.recipients(),
        now(),
    );
    assert!(again.unwrap_err().to_string().contains("exists already"));
    let unlock = house.unlock(&house.identity);
    verify(&file, &unlock, None, now()).await.unwrap();
    assert_eq!(
        house.restored(&file, &unlock, "new.db").unwrap(),
        made.rows()
    );
    let there = house.restored(&file, &unlock, "new.db").unwrap_err();
    assert!(there.to_string().contains("empty place"), "{there}");
    let other = house.unlock(&Identity::generate());
    let refused = house.restored(&file, &other, "third.db").unwrap_err();
    assert!(
        refused.to_string().contains("does not open this backup"),
        "{refused}"
    );
    let unlock = house.unlock(&house.identity);
    let wrong = MasterKey::from_bytes([8; 32]);
    let refused = restore(&file, &unlock, &house.database("third.db"), &wrong, now()).unwrap_err();
    assert!(
        refused.to_string().contains("master key does not fit"),
        "{refused}"
    );
    assert!(!house.path("third.db").exists());
    assert_eq!(house.left(), 0);
}

#[tokio::test]
async fn an_altered_or_cut_file_is_refused_and_leaves_nothing() {
    let house = House::new().await;
    let file = house.path("b.backup");
    backup(
        &house.database("hersys.db"),
        &file,
        &house.recipients(),
        now(),
    )
    .unwrap();
    let whole = std::fs::read(&file).unwrap();
    let unlock = house.unlock(&house.identity);
    let bad = house.path("bad");
    let mut place = 3;
    for _ in 0..40 {
        place = (place * 7_919 + 13) % whole.len();
        let mut altered = whole.clone();
        altered[place] ^= 1;
        for bytes in [&altered[..], &whole[..place]] {
            std::fs::write(&bad, bytes).unwrap();
            let refused = house
                .restored(&bad, &unlock, "new.db")
                .unwrap_err()
                .to_string();
            let says = ["damaged", "not a backup", "does not open this backup"];
            assert!(
                says.iter().any(|says| refused.contains(says)),
                "{place}: {refused}"
            );
            assert!(!house.path("new.db").exists() && house.left() == 0);
        }
    }
    std::fs::write(&bad, b"PK something else").unwrap();
    assert!(matches!(
        house.restored(&bad, &unlock, "new.db"),
        Err(Error::NotABackup)
    ));
}

#[tokio::test]
async fn what_a_killed_backup_has_left_goes_and_a_folder_that_is_not_there_is_told() {
    let house = House::new().await;
    let folder = house.path("backups");
    std::fs::create_dir(&folder).unwrap();
    let (old, new) = (
        folder.join(".hersys-backup-old"),
        folder.join(".hersys-backup-new"),
    );
    for (path, seconds) in [(&old, 4_000), (&new, 60)] {
        let file = std::fs::File::create(path).unwrap();
        let at = std::time::SystemTime::now() - std::time::Duration::from_secs(seconds);
        file.set_modified(at).unwrap();
    }
    let backs_up = |to: &Path| backup(&house.database("hersys.db"), to, &house.recipients(), now());
    backs_up(&folder).unwrap();
    // Another one may be under way.
    assert!(!old.exists() && new.exists());
    let mut as_folder = house.path("nowhere").into_os_string();
    as_folder.push("/");
    for missing in [house.path("nowhere/b.backup"), as_folder.into()] {
        let refused = backs_up(&missing).unwrap_err().to_string();
        assert!(
            refused.contains("nowhere does not exist") || refused.contains("nowhere/ does not"),
            "{refused}"
        );
    }
    assert!(!house.path("nowhere").exists());
}

#[tokio::test]
async fn a_backup_that_is_asked_to_end_leaves_nothing_and_takes_no_other_ones_place() {
    let house = House::new().await;
    let folder = house.path("backups");
    std::fs::create_dir(&folder).unwrap();
    let schedule = super::Schedule {
        folder: folder.clone(),
        recipients: house.recipients(),
        every: jiff::SignedDuration::from_hours(24),
        keep: 1,
    };
    let database = house.database("hersys.db");
    let last = schedule.run(&database, now(), &Stop::default());
    let last = last.unwrap().unwrap().path;
    let stop = Stop::default();
    stop.ask();
    let later = now() + jiff::SignedDuration::from_hours(25);
    let ended = schedule.run(&database, later, &stop).err().unwrap();
    assert!(ended.to_string().contains("it was asked to"), "{ended}");
    let lying: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(lying, [last]);
}

#[tokio::test]
async fn a_name_without_an_ending_means_a_folder() {
    let house = House::new().await;
    let refused = |to: &Path| {
        let made = backup(&house.database("hersys.db"), to, &house.recipients(), now());
        made.unwrap_err().to_string()
    };
    let folder = house.path("backups");
    let says = refused(&folder);
    assert!(
        says.contains("backups does not exist; make it") && says.contains("friday.backup"),
        "{says}"
    );
    assert!(!folder.exists());
    let says = refused(Path::new("-"));
    assert!(says.contains("goes into a file"), "{says}");
    assert!(!Path::new("-").exists());
    // As it was left by a release that made a file of it.
    std::fs::write(&folder, "a backup").unwrap();
    let mut as_folder = folder.clone().into_os_string();
    as_folder.push("/");
    for to in [
        folder.clone(),
        folder.join("before.backup"),
        as_folder.into(),
    ] {
        let says = refused(&to);
        assert!(says.contains("backups is a file and no folder"), "{says}");
    }
    assert_eq!(std::fs::read(&folder).unwrap(), b"a backup");
    // Endings are as anybody likes them.
    let other = house.path("hersys-2026-11-30.age");
    backup(
        &house.database("hersys.db"),
        &other,
        &house.recipients(),
        now(),
    )
    .unwrap();
    assert!(other.is_file());
}

#[tokio::test]
async fn a_schedule_keeps_the_last_ones_and_touches_no_other_file() {
    let house = House::new().await;
    let folder = house.path("backups");
    let schedule = super::Schedule {
        folder: folder.clone(),
        recipients: house.recipients(),
        every: jiff::SignedDuration::from_hours(24),
        keep: 2,
    };
    let database = house.database("hersys.db");
    // A folder that is not mounted is not made.
    assert!(schedule.run(&database, now(), &Stop::default()).is_err() && !folder.exists());
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("hersys-mine.backup"), "x").unwrap();
    // One that somebody makes by hand before something risky is none of the nightly ones, and stays.
    let mine = super::backup(&database, &folder, &house.recipients(), now()).unwrap();
    let mut made = 0;
    for hours in [0, 1, 23, 24, 30, 48, 72] {
        let at = now() + jiff::SignedDuration::from_hours(hours);
        made += usize::from(
            schedule
                .run(&database, at, &Stop::default())
                .unwrap()
                .is_some(),
        );
    }
    assert_eq!(made, 4);
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let of = |hours| super::file_name(now() + jiff::SignedDuration::from_hours(hours));
    let mine = mine.path.file_name().and_then(|name| name.to_str());
    let mut stay = [
        of(48),
        of(72),
        "hersys-mine.backup".to_owned(),
        mine.unwrap().to_owned(),
    ];
    stay.sort();
    assert_eq!(names, stay);
}

#[tokio::test]
async fn a_backup_from_the_future_counts_for_nothing() {
    let house = House::new().await;
    let folder = house.path("backups");
    let schedule = super::Schedule {
        folder: folder.clone(),
        recipients: house.recipients(),
        every: jiff::SignedDuration::from_hours(24),
        keep: 1,
    };
    let database = house.database("hersys.db");
    let refused = schedule
        .run(&database, now(), &Stop::default())
        .err()
        .unwrap()
        .to_string();
    assert!(refused.contains(&folder.display().to_string()), "{refused}");
    std::fs::create_dir(&folder).unwrap();
    let hours = jiff::SignedDuration::from_hours;
    let ahead = super::file_name(now() + hours(9_539));
    std::fs::write(folder.join(&ahead), "x").unwrap();
    assert_eq!(schedule.last(now()).unwrap(), None);
    assert_eq!(schedule.from_the_future(now()).unwrap(), [ahead.as_str()]);
    // It stops no backup, calls for none each minute, and takes no other one's place.
    let mut made = Vec::new();
    for after in [0, 1, 24] {
        if schedule
            .run(&database, now() + hours(after), &Stop::default())
            .unwrap()
            .is_some()
        {
            made.push(after);
        }
    }
    assert_eq!(made, [0, 24]);
    assert!(folder.join(super::file_name(now() + hours(24))).exists());
    assert!(!folder.join(super::file_name(now())).exists());
    assert!(folder.join(&ahead).exists(), "somebody has to look at it");
}

#[tokio::test]
async fn a_backup_that_holds_nothing_counts_for_nothing() {
    let house = House::new().await;
    let folder = house.path("backups");
    std::fs::create_dir(&folder).unwrap();
    let schedule = super::Schedule {
        folder: folder.clone(),
        recipients: house.recipients(),
        every: jiff::SignedDuration::from_hours(24),
        keep: 1,
    };
    let empty = super::file_name(now());
    std::fs::write(folder.join(&empty), "").unwrap();
    assert_eq!(schedule.last(now()).unwrap(), None);
    assert_eq!(schedule.empty(now()).unwrap(), [empty.as_str()]);
    // The next one is made at once, and what it pushes out is not the last that holds something.
    let later = now() + jiff::SignedDuration::from_mins(1);
    let made = schedule
        .run(&house.database("hersys.db"), later, &Stop::default())
        .unwrap();
    assert_eq!(schedule.last(later).unwrap(), Some(later));
    assert!(made.unwrap().path.exists() && folder.join(&empty).exists());
}

#[test]
fn a_secret_key_or_half_a_public_one_is_no_recipient() {
    for (text, says) in [
        ("AGE-SECRET-KEY-1XYZ", "secret key"),
        ("age1xyz", "must be a public key"),
        ("# nobody\n", "no recipient"),
    ] {
        let refused = Recipients::parse(text).err().unwrap().to_string();
        assert!(
            refused.contains(says) && !refused.contains("XYZ"),
            "{refused}"
        );
    }
}
