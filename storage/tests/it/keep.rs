//! Data are kept: what goes out of one engine comes into the other, all of it, and what is damaged is refused.

use crate::{now, on_postgres, run_sql};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use storage::keep::{
    Error, Header, Place, Progress, Reader, Source, Writer, copy, restore_postgres, restore_sqlite,
};
use storage::{Db, settings};
use tempfile::TempDir;

/// A database in which every table has a row; the schema is asked, so that a new table cannot be forgotten.
async fn filled(folder: &TempDir) -> std::path::PathBuf {
    let path = folder.path().join("hersys.db");
    let db = Db::sqlite(&path).unwrap();
    storage::migrations::migrate(&db, now()).await.unwrap();
    db.write(|tx| settings::set_once(tx, "key_check", b"fits").map(|_| ()))
        .await
        .unwrap();
    drop(db);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA foreign_keys = OFF")
        .unwrap();
    let names: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    // Every id is the same one, so that each row leads to a row that is there.
    for name in names.iter().filter(|name| *name != "migrations") {
        let columns: Vec<(String, String)> = connection
            .prepare("SELECT name, type FROM pragma_table_info(?)")
            .unwrap()
            .query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let json = [
            "contact", "content", "answers", "reasons", "notified", "value", "cases", "moved",
            "item_set", "left_out", "stand",
        ];
        let values: Vec<String> = columns
            .iter()
            .map(|(column, kind)| match kind.as_str() {
                "BLOB" => "x'0192f0a1b2c37d4e8f90a1b2c3d4e5f6'".to_owned(),
                "INTEGER" => "1".to_owned(),
                _ if column.ends_with("_on")
                    || [
                        "day",
                        "valid_from",
                        "birthdate",
                        "health_day",
                        "heard_on",
                        "review_from",
                        "period_from",
                        "period_to",
                    ]
                    .contains(&column.as_str()) =>
                {
                    "'2026-11-23'".to_owned()
                }
                _ if json.contains(&column.as_str()) => {
                    "'{\"b\": 1.0,  \"a\": [\"é\", null]}'".to_owned()
                }
                _ => "'é\"x'".to_owned(),
            })
            .collect();
        let list: Vec<&str> = columns.iter().map(|(column, _)| column.as_str()).collect();
        connection
            .execute_batch(&format!(
                "INSERT INTO {name} ({}) VALUES ({})",
                list.join(", "),
                values.join(", ")
            ))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    path
}

fn bytes_of(place: &Place) -> Vec<u8> {
    let mut source = Source::open(place).unwrap();
    let header = Header {
        release: "0".to_owned(),
        made_at: now().to_string(),
        migrations: source.migrations().unwrap(),
        key_check: None,
    };
    let (bytes, counts) = Writer::write(Vec::new(), &header, &mut source).unwrap();
    assert!(counts.iter().all(|(_, rows)| *rows > 0), "{counts:?}");
    bytes
}

fn into_file(bytes: &[u8], path: &Path) -> Result<Vec<(String, u64)>, Error> {
    restore_sqlite(&mut Reader::open(bytes)?, path, now())
}

#[tokio::test]
async fn a_backup_comes_back_whole_and_a_cut_or_altered_one_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder).await;
    let bytes = bytes_of(&Place::Sqlite(path.clone()));
    let copy = folder.path().join("copy.db");
    into_file(&bytes, &copy).unwrap();
    assert_eq!(bytes_of(&Place::Sqlite(copy)), bytes);

    let refused = |bytes: &[u8], what: &str| {
        let scratch = TempDir::new().unwrap();
        let error = into_file(bytes, &scratch.path().join("x.db")).expect_err(what);
        let sentence = error.to_string();
        assert!(
            // A number of the head may read as one of a later release; what that would write is not known.
            ["damaged", "not a backup", "made by a newer release"]
                .iter()
                .any(|words| sentence.contains(words)),
            "{what}: {sentence}"
        );
    };
    let mut place = 7;
    for _ in 0..240 {
        place = (place * 7_919 + 13) % bytes.len();
        // Of the ten bytes before the pressed data some say nothing: the moment and the system.
        if !(20..26).contains(&place) {
            let mut altered = bytes.clone();
            altered[place] ^= 0x10;
            // Pressed data have bits that say nothing, such as those that fill a byte: then all must have come.
            let whole = folder.path().join(format!("{place}.db"));
            match into_file(&altered, &whole) {
                Ok(_) => assert_eq!(bytes_of(&Place::Sqlite(whole)), bytes, "byte {place}"),
                Err(_) => refused(&altered, &format!("byte {place}")),
            }
        }
        refused(&bytes[..place], &format!("cut at {place}"));
    }
    refused(&[&bytes[..], b"x"].concat(), "something behind it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_either_engine_goes_into_either() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder).await;
    let bytes = bytes_of(&Place::Sqlite(path));
    on_postgres(|url, schema| async move {
        tokio::task::spawn_blocking(move || {
            let into = (url.as_str(), Some(schema.as_str()));
            let place = Place::Postgres {
                url: url.clone(),
                schema: Some(schema.clone()),
            };
            let is_ours = || Source::open(&place).unwrap().is_ours().unwrap();
            let cut = &bytes[..bytes.len() / 2];
            restore_postgres(&mut Reader::open(cut).unwrap(), into, now()).unwrap_err();
            assert!(!is_ours(), "nothing is left of it");
            restore_postgres(&mut Reader::open(&bytes[..]).unwrap(), into, now()).unwrap();
            assert!(is_ours());
            let twice = restore_postgres(&mut Reader::open(&bytes[..]).unwrap(), into, now());
            assert!(twice.unwrap_err().to_string().contains("not empty"));
            let folder = TempDir::new().unwrap();
            into_file(&bytes_of(&place), &folder.path().join("back.db")).unwrap();
        })
        .await
        .unwrap();
    })
    .await;
}

/// It is whole, and yet nothing can be made of it: that is told with either engine, and not that its end is missing.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_have_lost_each_other_are_told_as_that() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder).await;
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM health_centers")
        .unwrap();
    let mut source = Source::open(&Place::Sqlite(path)).unwrap();
    let header = Header {
        release: "0".to_owned(),
        made_at: now().to_string(),
        migrations: source.migrations().unwrap(),
        key_check: None,
    };
    let (bytes, _) = Writer::write(Vec::new(), &header, &mut source).unwrap();
    let says = "rows of it lead to rows that are not there";
    let refused = into_file(&bytes, &folder.path().join("x.db")).unwrap_err();
    assert!(refused.to_string().contains(says), "{refused}");
    on_postgres(|url, schema| async move {
        tokio::task::spawn_blocking(move || {
            let into = (url.as_str(), Some(schema.as_str()));
            let refused = restore_postgres(&mut Reader::open(&bytes[..]).unwrap(), into, now());
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains(says), "{refused}");
        })
        .await
        .unwrap();
    })
    .await;
}

/// Such as `serve` makes in a target whose copy was killed before it had begun.
#[tokio::test(flavor = "multi_thread")]
async fn an_installation_in_the_target_is_not_called_a_copy() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder).await;
    on_postgres(|url, schema| async move {
        let made = Db::postgres(&url, Some(&schema)).await.unwrap();
        storage::migrations::migrate(&made, now()).await.unwrap();
        made.write(|tx| settings::set_once(tx, "key_check", b"fits").map(|_| ()))
            .await
            .unwrap();
        drop(made);
        tokio::task::spawn_blocking(move || {
            let into = (url.as_str(), Some(schema.as_str()));
            let refused = copy(&path, into, now(), |_| Ok(()))
                .unwrap_err()
                .to_string();
            assert!(
                refused.starts_with("an installation with this key stands in the target"),
                "{refused}"
            );
            assert!(refused.contains("dropdb"), "{refused}");
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_cut_short_goes_on_and_agrees_and_is_no_database_before() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder).await;
    on_postgres(|url, schema| async move {
        let (told, of) = (url.clone(), schema.clone());
        let from = path.clone();
        tokio::task::spawn_blocking(move || {
            let into = (told.as_str(), Some(of.as_str()));
            let mut batches = 0;
            copy(&from, into, now(), |_| {
                batches += 1;
                if batches == 5 {
                    Err(Error::Refused("killed".to_owned()))
                } else {
                    Ok(())
                }
            })
            .unwrap_err();
        })
        .await
        .unwrap();
        let half = Db::postgres(&url, Some(&schema)).await.unwrap();
        let refused = storage::migrations::migrate(&half, now())
            .await
            .unwrap_err();
        assert!(refused.to_string().contains("half copy"), "{refused}");
        drop(half);
        let (told, of) = (url.clone(), schema.clone());
        tokio::task::spawn_blocking(move || {
            let into = (told.as_str(), Some(of.as_str()));
            let (mut goes_on, mut again, mut agree) = (false, 0, 0);
            copy(&path, into, now(), |progress| {
                match progress {
                    Progress::GoesOn => goes_on = true,
                    Progress::Rows(..) => again += 1,
                    Progress::Agrees(..) => agree += 1,
                }
                Ok(())
            })
            .unwrap();
            assert!(goes_on && again + 5 == agree, "{again} of {agree}");
        })
        .await
        .unwrap();
        let whole = Db::postgres(&url, Some(&schema)).await.unwrap();
        assert!(
            storage::migrations::migrate(&whole, now())
                .await
                .unwrap()
                .run
                .is_empty()
        );
        // A release that does not read answers that are stored short is kept from it, as from the file.
        let from = "SELECT compatible_from FROM migrations WHERE number = 42";
        let from: Option<i32> = whole
            .read_once(move |tx| tx.query_one(from, &[], |row| row.get(0)))
            .await
            .unwrap();
        assert_eq!(from, Some(42));
    })
    .await;
}

#[tokio::test]
async fn a_database_in_use_is_not_copied() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder).await;
    let db = Db::sqlite(&path).unwrap();
    let refused = Source::open_alone(&path).err().unwrap();
    assert!(
        refused.to_string().contains("stop `hersys serve`"),
        "{refused}"
    );
    drop(db);
}

/// Writes one value after another for as long as a backup takes: what was acknowledged before it began is in it.
async fn backed_up_under_writes(db: Db, place: Place) {
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let (counted, stopped) = (acknowledged.clone(), stop.clone());
    let writer = tokio::spawn(async move {
        while !stopped.load(Ordering::SeqCst) {
            let name = format!("w{}", counted.load(Ordering::SeqCst));
            db.write(move |tx| settings::set_once(tx, &name, b"x").map(|_| ()))
                .await
                .unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    while acknowledged.load(Ordering::SeqCst) < 20 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let before = acknowledged.load(Ordering::SeqCst);
    let counted = acknowledged.clone();
    let bytes = tokio::task::spawn_blocking(move || {
        let mut source = Source::open(&place).unwrap();
        // The snapshot stands; what is written from here on is not in it and not held up by it.
        let begun = counted.load(Ordering::SeqCst);
        while counted.load(Ordering::SeqCst) < begun + 20 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let header = Header {
            release: "0".to_owned(),
            made_at: now().to_string(),
            migrations: source.migrations().unwrap(),
            key_check: None,
        };
        let (bytes, _) = Writer::write(Vec::new(), &header, &mut source).unwrap();
        (bytes, begun + 20)
    });
    let (bytes, beyond) = bytes.await.unwrap();
    stop.store(true, Ordering::SeqCst);
    writer.await.unwrap();
    let folder = TempDir::new().unwrap();
    let back = folder.path().join("back.db");
    into_file(&bytes, &back).unwrap();
    let kept: usize = rusqlite::Connection::open(&back)
        .unwrap()
        .query_row(
            "SELECT count(*) FROM settings WHERE name LIKE 'w%'",
            [],
            |row| row.get::<_, i64>(0),
        )
        .unwrap()
        .try_into()
        .unwrap();
    assert!(
        before <= kept && kept < beyond,
        "{before} <= {kept} < {beyond}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_writes_holds_all_that_was_acknowledged_before_it_began() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hersys.db");
    let db = Db::sqlite(&path).unwrap();
    storage::migrations::migrate(&db, now()).await.unwrap();
    backed_up_under_writes(db, Place::Sqlite(path)).await;
    on_postgres(|url, schema| async move {
        let db = Db::postgres(&url, Some(&schema)).await.unwrap();
        storage::migrations::migrate(&db, now()).await.unwrap();
        let schema = Some(schema);
        backed_up_under_writes(db, Place::Postgres { url, schema }).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_was_taken_out_does_not_spoil_a_backup() {
    on_postgres(|url, schema| async move {
        let db = Db::postgres(&url, Some(&schema)).await.unwrap();
        storage::migrations::migrate(&db, now()).await.unwrap();
        let out = format!(
            "ALTER TABLE {schema}.status_reports DETACH PARTITION {schema}.status_reports_default"
        );
        run_sql(&url, out).await;
        tokio::task::spawn_blocking(move || {
            let schema = Some(schema);
            let mut source = Source::open(&Place::Postgres { url, schema }).unwrap();
            let header = Header {
                release: "0".to_owned(),
                made_at: now().to_string(),
                migrations: source.migrations().unwrap(),
                key_check: None,
            };
            let (bytes, _) = Writer::write(Vec::new(), &header, &mut source).unwrap();
            let folder = TempDir::new().unwrap();
            into_file(&bytes, &folder.path().join("back.db")).unwrap();
        })
        .await
        .unwrap();
    })
    .await;
}
