//! One way to write: what is acknowledged stands, what failed is gone, and nobody's failure is another's.

use crate::{now, on_both};
use domain::ids::HealthCenterId;
use storage::engine::At;
use storage::{Db, Error, settings};

async fn count(db: &Db) -> i64 {
    db.read(|tx| tx.query_one("SELECT count(*) FROM settings", &[], |row| row.get(0)))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failure_undoes_itself_and_nothing_else() {
    on_both(|db: Db| async move {
        let tries: Vec<_> = (0..100)
            .map(|n| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.write(move |tx| {
                        settings::set_once(tx, &format!("n{n}"), b"x")?;
                        if n % 3 == 0 {
                            return Err(Error::Broken("on purpose".to_owned()));
                        }
                        Ok(n)
                    })
                    .await
                })
            })
            .collect();
        let mut kept = 0;
        for one in tries {
            kept += i64::from(one.await.unwrap().is_ok());
        }
        assert_eq!((kept, count(&db).await), (66, 66));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_use_case_does_not_end_the_writer() {
    on_both(|db: Db| async move {
        let before = count(&db).await;
        let broken = db
            .write(|tx| {
                settings::set_once(tx, "panicked", b"x")?;
                if true {
                    panic!("on purpose");
                }
                Ok(())
            })
            .await;
        assert!(matches!(broken, Err(Error::Broken(_))));
        assert_eq!(count(&db).await, before);
        db.write(|tx| settings::set_once(tx, "after", b"x").map(|_| ()))
            .await
            .unwrap();
        assert_eq!(count(&db).await, before + 1);
    })
    .await;
}

#[tokio::test]
async fn placeholders_mean_their_numbers_and_moments_keep_their_milliseconds() {
    on_both(|db: Db| async move {
        let at = db
            .write(|tx| {
                tx.execute(
                    "INSERT INTO hourly_counts (times, began_at, subject, kind) VALUES ($4, $3, $2, $1)",
                    &[&"kind", &b"subject".as_slice(), &At(now()), &7i32],
                )?;
                tx.query_one("SELECT began_at, times, kind FROM hourly_counts", &[], |row| {
                    Ok((row.at(0)?, row.get::<i32>(1)?, row.get::<String>(2)?))
                })
            })
            .await
            .unwrap();
        assert_eq!(at, (now(), 7, "kind".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_repeated_key_is_told_as_such() {
    on_both(|db: Db| async move {
        let twice = db
            .write(|tx| {
                let sql = "INSERT INTO settings (name, value) VALUES ($1, $2)";
                tx.execute(sql, &[&"twice", &b"x".as_slice()])?;
                tx.execute(sql, &[&"twice", &b"y".as_slice()])
            })
            .await;
        assert!(matches!(twice, Err(Error::Duplicate(_))), "{twice:?}");
    })
    .await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hersys.db");
    {
        let db = Db::sqlite(&path).unwrap();
        storage::migrations::migrate(&db, now()).await.unwrap();
        db.write(|tx| settings::set_once(tx, "kept", b"x").map(|_| ()))
            .await
            .unwrap();
        let mode = db
            .write(|tx| {
                tx.query_one("SELECT synchronous FROM pragma_synchronous", &[], |row| {
                    row.get::<i32>(0)
                })
            })
            .await
            .unwrap();
        assert_eq!(mode, 2, "synchronous=FULL: acknowledged means on disk");
    }
    let db = Db::sqlite(&path).unwrap();
    assert_eq!(
        db.read(|tx| settings::get(tx, "kept"))
            .await
            .unwrap()
            .as_deref(),
        Some(b"x".as_slice())
    );
}

#[tokio::test]
async fn a_file_that_was_moved_away_or_replaced_takes_nothing_that_would_be_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (
        folder.path().join("hersys.db"),
        folder.path().join("old.db"),
    );
    let db = Db::sqlite(&path).unwrap();
    storage::migrations::migrate(&db, now()).await.unwrap();
    let save = |name: &'static str| db.write(move |tx| settings::set_once(tx, name, b"x"));
    save("before").await.unwrap();
    let refused = |tried: Result<_, Error>| {
        let Err(Error::Unavailable(why)) = tried else {
            panic!("it was acknowledged: {tried:?}");
        };
        assert!(why.contains("was moved away, deleted or replaced"), "{why}");
        assert!(why.contains("start `hersys serve` again"), "{why}");
    };
    std::fs::rename(&path, &away).unwrap();
    // Which write was the last one is told by milliseconds.
    std::thread::sleep(std::time::Duration::from_millis(3));
    refused(save("moved").await);
    assert!(!path.exists(), "no new file was begun");
    assert!(db.takes_nothing(), "and whoever asks is told");
    // Another one, as a restore beside a running server leaves it.
    std::fs::write(&path, b"another one").unwrap();
    refused(save("replaced").await);
    assert_eq!(std::fs::read(&path).unwrap(), b"another one");
    // It is put back, and all goes on.
    std::fs::rename(&away, &path).unwrap();
    save("back").await.unwrap();
    for (name, stands) in [
        ("before", true),
        ("moved", false),
        ("replaced", false),
        ("back", true),
    ] {
        let found = db.read(move |tx| settings::get(tx, name)).await.unwrap();
        assert_eq!(found.is_some(), stands, "{name}");
    }
}

#[tokio::test]
async fn a_log_that_was_deleted_takes_nothing_more_and_what_it_held_is_brought_to_safety() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hersys.db");
    let db = Db::sqlite(&path).unwrap();
    storage::migrations::migrate(&db, now()).await.unwrap();
    let save = |name: &'static str| db.write(move |tx| settings::set_once(tx, name, b"x"));
    save("before").await.unwrap();
    let log = folder.path().join("hersys.db-wal");
    std::fs::remove_file(&log).unwrap();
    // Nobody has written since: the end of the process finds it.
    let Err(Error::Unavailable(why)) = db.looks_after_files().await else {
        panic!("the log is gone");
    };
    assert!(why.contains("hersys.db-wal was moved away"), "{why}");
    assert!(save("after").await.is_err(), "it would be in no file");
    // What the file holds, whatever becomes of this process.
    let kept = folder.path().join("kept.db");
    std::fs::copy(&path, &kept).unwrap();
    let kept = Db::sqlite(&kept).unwrap();
    for (name, stands) in [("before", true), ("after", false)] {
        let found = kept.read(move |tx| settings::get(tx, name)).await.unwrap();
        assert_eq!(found.is_some(), stands, "{name}");
    }
}

#[tokio::test]
async fn the_writer_waits_for_the_disk() {
    let folder = tempfile::TempDir::new().unwrap();
    let db = storage::Db::sqlite(&folder.path().join("hersys.db")).unwrap();
    // 2 is FULL: with NORMAL (1) the last commits before a power cut are lost.
    assert_eq!(db.write(storage::reckoning::durability).await.unwrap(), 2);
}

/// Somebody who has begun to read: counts the settings, waits for a word, and counts them again.
async fn reads_for_long(
    db: &Db,
) -> (
    std::sync::mpsc::Sender<()>,
    tokio::task::JoinHandle<Result<(i64, i64), Error>>,
) {
    let (looked, go_on) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let (reader, said, wait) = (db.clone(), looked.0, std::sync::Mutex::new(go_on.1));
    let reading = tokio::task::spawn_blocking(move || {
        tokio::runtime::Handle::current().block_on(reader.read(move |tx| {
            let all = "SELECT count(*) FROM settings";
            let mut count = || tx.query_one(all, &[], |row| row.get::<i64>(0));
            let before = count()?;
            said.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
            Ok((before, count()?))
        }))
    });
    tokio::task::spawn_blocking(move || looked.1.recv())
        .await
        .unwrap()
        .unwrap();
    (go_on.0, reading)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_sees_one_moment() {
    on_both(|db: Db| async move {
        let (go_on, reading) = reads_for_long(&db).await;
        let written = count(&db).await + 1;
        db.write(|tx| settings::set_once(tx, "meanwhile", b"x").map(|_| ()))
            .await
            .unwrap();
        go_on.send(()).unwrap();
        let (before, after) = reading.await.unwrap().unwrap();
        assert_eq!((before, after), (written - 1, written - 1));
        assert_eq!(count(&db).await, written);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_query_needs_no_transaction_and_a_second_one_does() {
    on_both(|db: Db| async move {
        db.write(|tx| settings::set_once(tx, "one", b"x").map(|_| ()))
            .await
            .unwrap();
        let one = db.read_once(|tx| settings::get(tx, "one")).await.unwrap();
        assert_eq!(one, Some(b"x".to_vec()));
        let two = db
            .read_once(|tx| {
                settings::get(tx, "one")?;
                settings::get(tx, "one")
            })
            .await;
        // The embedded engine has its snapshot anyway.
        assert!(db.is_embedded() || matches!(two, Err(Error::Broken(_))));
        let written = db
            .read_once(|tx| settings::set_once(tx, "two", b"x").map(|_| ()))
            .await;
        assert!(written.is_err());
        assert_eq!(count(&db).await, 1);
    })
    .await;
}

/// Bytes of the log beside a database file.
fn log_of(path: &std::path::Path) -> u64 {
    std::fs::metadata(path.with_extension("db-wal")).map_or(0, |log| log.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_carried_into_the_file_and_begins_anew_also_beside_long_readers() {
    const PAGES: u64 = 4_096;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hersys.db");
    let db = Db::sqlite(&path).unwrap();
    storage::migrations::migrate(&db, now()).await.unwrap();
    // Some 40 MB in commits of their own, which fill the log more than twice.
    let write = async |from: u32| {
        for n in from..from + 400 {
            db.write(move |tx| settings::set_once(tx, &format!("n{n}"), &[7; 100_000]))
                .await
                .unwrap();
        }
    };
    write(0).await;
    let file = std::fs::metadata(&path).unwrap().len();
    assert!(file > 20 << 20, "carried while it was written: {file}");
    assert!(log_of(&path) < 12_000 * PAGES, "{}", log_of(&path));
    // Whoever reads for long holds the log back, and nobody waits for them.
    let (go_on, reading) = reads_for_long(&db).await;
    write(400).await;
    go_on.send(()).unwrap();
    let (before, after) = reading.await.unwrap().unwrap();
    assert_eq!(before, after, "one moment");
    write(800).await;
    let grown = log_of(&path);
    write(1_200).await;
    // Else it would take all of the 40 MB more. A machine that is busy with other things carries a little later.
    let more = log_of(&path).saturating_sub(grown);
    assert!(more < 20 << 20, "it begins anew: {more}");
    assert_eq!(count(&db).await, before + 1_200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_writes_on_the_embedded_database_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hersys.db");
    let ours = Db::sqlite(&path).unwrap();
    storage::migrations::migrate(&ours, now()).await.unwrap();
    let center = HealthCenterId::from_uuid(uuid::Uuid::from_u128(7));
    let hints = ours.hints(center);
    ours.write(|tx| settings::set_once(tx, "a", b"x"))
        .await
        .unwrap();
    ours.look_elsewhere().await;
    assert_eq!(hints.number(), 0, "nothing of this center, and nobody else");
    let other = Db::sqlite(&path).unwrap();
    other
        .write(|tx| settings::set_once(tx, "b", b"x"))
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    ours.look_elsewhere().await;
    assert_eq!(hints.number(), 1, "something, by somebody else");
    ours.write(move |tx| {
        tx.changes(center);
        settings::set_once(tx, "c", b"x")
    })
    .await
    .unwrap();
    assert_eq!(hints.number(), 2, "something of this center");
}
