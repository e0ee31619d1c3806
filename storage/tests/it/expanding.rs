//! A migration must not break the processes of the release before: they go on while those of the new one start.

use crate::{now, on_both, on_postgres, reads_on, statements};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use storage::migrations::{CONTRACTIONS, EXPANDING_AFTER, all, of_one_engine};
use storage::{Db, Error};

/// The statements of a migration, without comments, in upper case, with single spaces.
fn parts(text: &str) -> Vec<String> {
    let code: Vec<&str> = text
        .lines()
        .map(|line| line.split("--").next().unwrap())
        .collect();
    code.join(" ")
        .split(';')
        .map(|part| {
            let words: Vec<&str> = part.split_whitespace().collect();
            words.join(" ").to_uppercase().replace('(', " (")
        })
        .filter(|part| !part.is_empty())
        .collect()
}

fn word(part: &str, number: usize) -> &str {
    part.split_whitespace().nth(number).unwrap_or_default()
}

/// The word after another one.
fn after<'p>(part: &'p str, before: &str) -> &'p str {
    let rest = part
        .split(&format!(" {before} "))
        .nth(1)
        .unwrap_or_default();
    word(rest, 0)
}

/// What a migration has made: tables, and columns that a release before leaves empty, each after its table.
struct New {
    tables: BTreeSet<String>,
    columns: BTreeSet<(String, String)>,
}

impl New {
    fn of(parts: &[String]) -> New {
        let tables = parts.iter().filter(|part| part.starts_with("CREATE TABLE"));
        let columns = parts.iter().filter(|part| {
            part.starts_with("ALTER TABLE")
                && part.contains(" ADD COLUMN ")
                && !part.contains(" DEFAULT ")
        });
        New {
            tables: tables.map(|part| word(part, 2).to_owned()).collect(),
            columns: columns
                .map(|part| (word(part, 2).to_owned(), word(part, 5).to_owned()))
                .collect(),
        }
    }

    /// Whether a unique index is upon a column that is empty in all rows of a release before: none of them is refused.
    fn is_empty_before(&self, index: &str) -> bool {
        let table = after(index, "ON");
        let listed = index
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(')'));
        listed.is_some_and(|(listed, _)| {
            listed.split(',').any(|column| {
                let column = (table.to_owned(), column.trim().to_owned());
                self.columns.contains(&column)
            })
        })
    }
}

/// Why a statement would break a process of the release before; `new` is what its migration has made.
fn breaks(part: &str, new: &New) -> Option<&'static str> {
    let begins = |with: &str| part.starts_with(with);
    let says = |what: &str| format!(" {part} ").contains(&format!(" {what} "));
    if begins("CREATE TABLE") || begins("CREATE INDEX") || begins("DROP INDEX") {
        return None;
    }
    if begins("CREATE UNIQUE INDEX") {
        let refuses = !new.tables.contains(after(part, "ON")) && !new.is_empty_before(part);
        return refuses.then_some("rows that the older release writes may be refused");
    }
    if begins("ALTER TABLE") {
        if new.tables.contains(word(part, 2))
            || word(part, 3) == "SET" && word(part, 4).starts_with('(')
        {
            return None;
        }
        if word(part, 3) != "ADD" || word(part, 4) != "COLUMN" {
            return Some("only columns may be added to a table that the older release knows");
        }
        if says("UNIQUE") || says("PRIMARY") {
            return Some("rows that the older release writes may be refused");
        }
        let refuses = says("NOT NULL") && !says("DEFAULT");
        return refuses.then_some("the older release does not fill the column: give it a default");
    }
    if begins("INSERT INTO") || begins("UPDATE") {
        return None;
    }
    Some("it is not known to be harmless to the older release")
}

/// On a server this one puts tables into parts: it gives the old ones other names, and makes new ones under theirs, with the
/// same columns.
const IN_PARTS: i32 = 13;
/// On a server this one lets triggers tell what changes, which refuse nothing.
const TELLS: i32 = 47;
/// On a server these take a reference away, so that less is refused than before.
const REFUSES_LESS: [i32; 2] = [48, 50];

fn problems(number: i32, text: &str) -> Vec<String> {
    let parts = parts(text);
    let new = New::of(&parts);
    parts
        .iter()
        .filter_map(|part| {
            breaks(part, &new).map(|why| format!("migration {number}: {part}: {why}"))
        })
        .collect()
}

#[test]
fn migrations_only_add_or_say_who_can_do_without() {
    let listed = |number| CONTRACTIONS.iter().any(|(taken, _)| *taken == number);
    let common = all().iter().map(|(number, _, text)| (*number, *text));
    let is_harmless = |number| matches!(number, IN_PARTS | TELLS) || REFUSES_LESS.contains(&number);
    let of_one = of_one_engine().filter(|(number, _)| !is_harmless(*number));
    let found: Vec<String> = common
        .chain(of_one)
        .filter(|(number, _)| *number > EXPANDING_AFTER && !listed(*number))
        .flat_map(|(number, text)| problems(number, text))
        .collect();
    assert!(
        found.is_empty(),
        "add first, and take away in the release after the one that does without (CONTRACTIONS):\n{}",
        found.join("\n")
    );
    for (taken, from) in CONTRACTIONS {
        assert!(
            from < taken,
            "migration {taken} would lock every older release out"
        );
    }
}

#[test]
fn what_would_break_an_older_release_is_found() {
    let fine = "-- DROP TABLE in a comment
        CREATE TABLE new (id {uuid} PRIMARY KEY, at {timestamp} NOT NULL) {strict};
        CREATE UNIQUE INDEX new_at ON new (at);
        CREATE INDEX old_at ON cases (at);
        DROP INDEX old_other;
        ALTER TABLE cases ADD COLUMN why TEXT;
        ALTER TABLE cases ADD COLUMN times INTEGER NOT NULL DEFAULT 0;
        CREATE UNIQUE INDEX old_why ON cases (id, why) WHERE id IS NOT NULL;
        UPDATE cases SET times = 1;";
    assert_eq!(problems(99, fine), Vec::<String>::new());
    for bad in [
        "DROP TABLE cases",
        "ALTER TABLE cases DROP COLUMN why",
        "ALTER TABLE cases RENAME TO files",
        "ALTER TABLE cases RENAME COLUMN why TO because",
        "ALTER TABLE cases ALTER COLUMN why TYPE bigint",
        "ALTER TABLE cases ALTER COLUMN why SET NOT NULL",
        "ALTER TABLE cases ADD CONSTRAINT c CHECK (times > 0)",
        "alter table cases\n add column why TEXT not null",
        "ALTER TABLE cases ADD COLUMN why TEXT UNIQUE",
        "CREATE UNIQUE INDEX one ON cases (why)",
        "ALTER TABLE cases ADD COLUMN how INTEGER DEFAULT 0; CREATE UNIQUE INDEX one ON cases (how)",
        "ALTER TABLE other ADD COLUMN why TEXT; CREATE UNIQUE INDEX one ON cases (why)",
        "DELETE FROM cases",
        "CREATE TRIGGER t BEFORE INSERT ON cases",
        "TRUNCATE cases",
    ] {
        assert_eq!(problems(99, bad).len(), 1, "{bad}");
    }
}

fn of_the_last_release() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/statements_of_the_last_release.sql")
}

/// Every statement of the release before is understood by both engines after all migrations. With
/// `HERSYS_TEST_WRITE_STATEMENTS=1` those of this release are written down instead: once for each release, before the
/// next migration is made.
#[tokio::test]
async fn the_last_release_is_still_understood() {
    if std::env::var_os("HERSYS_TEST_WRITE_STATEMENTS").is_some() {
        let known = all().last().unwrap().0;
        let mut text = format!(
            "-- What the last release says to the database, which knew the migrations up to {known}. Written by a test.\n"
        );
        let flat = |sql: &str| sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let said: BTreeSet<String> = statements::statements()
            .iter()
            .map(|(_, sql)| flat(sql))
            .collect();
        for sql in said {
            text += &sql;
            text.push('\n');
        }
        std::fs::write(of_the_last_release(), text).unwrap();
        return;
    }
    let text = std::fs::read_to_string(of_the_last_release()).unwrap();
    let (head, said) = text.split_once('\n').unwrap();
    let known = head.split("up to ").nth(1).unwrap();
    let known: i32 = known.split('.').next().unwrap().parse().unwrap();
    let given_up = CONTRACTIONS.iter().find(|(_, from)| *from > known);
    assert_eq!(
        given_up, None,
        "the release whose statements are written down cannot go on; write those of a newer one down"
    );
    let said: Vec<(String, String)> = said
        .lines()
        .map(|sql| (String::new(), sql.to_owned()))
        .collect();
    assert!(said.len() > 200, "only {} statements", said.len());
    on_both(|db: Db| {
        let said = said.clone();
        async move {
            let problems = statements::not_understood(&db, said).await;
            assert!(problems.is_empty(), "{problems:#?}");
            let status = storage::migrations::migrate(&db, now()).await.unwrap();
            assert_eq!(status.run.len(), 0);
        }
    })
    .await;
}

/// Others wait for the locks of one of them, not for those of all.
#[tokio::test]
async fn each_migration_of_a_server_that_is_in_use_is_a_transaction_of_its_own() {
    on_postgres(|url, schema| async move {
        let db = Db::postgres(&url, Some(&schema)).await.unwrap();
        let old = storage::migrations::migrate_to(&db, now(), 40).await;
        let status = storage::migrations::migrate(&db, now()).await.unwrap();
        assert_eq!(status.before, old.unwrap().run.len());
        assert_eq!(status.before + status.run.len(), status.known);
        let transactions: i64 = db
            .read(|tx| {
                tx.query_one(
                    "SELECT count(DISTINCT xmin::text) FROM migrations WHERE number > 40",
                    &[],
                    |row| row.get(0),
                )
            })
            .await
            .unwrap();
        assert_eq!(transactions, i64::try_from(status.run.len()).unwrap());
        let again = storage::migrations::migrate(&db, now()).await.unwrap();
        assert_eq!(again.run.len(), 0);
    })
    .await;
}

/// Waits a tenth of a second for a lock, where others wait ten seconds.
async fn impatient(url: &str, schema: &str) -> Db {
    let url = format!("{url}?options=-c%20lock_timeout%3D100ms");
    Db::postgres(&url, Some(schema)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_starts_while_another_one_migrates_waits_for_it() {
    on_postgres(|url, schema| async move {
        let db = Db::postgres(&url, Some(&schema)).await.unwrap();
        storage::migrations::migrate(&db, now()).await.unwrap();
        let other = reads_on(&db, "SELECT pg_advisory_xact_lock(4857395)").await;
        let node = impatient(&url, &schema).await;
        let starts = tokio::spawn(async move { storage::migrations::migrate(&node, now()).await });
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        assert!(!starts.is_finished());
        other.ends().await;
        assert_eq!(starts.await.unwrap().unwrap().run.len(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_somebody_is_in_the_way_of_says_so_and_goes_on_when_run_again() {
    on_postgres(|url, schema| async move {
        let db = Db::postgres(&url, Some(&schema)).await.unwrap();
        storage::migrations::migrate_to(&db, now(), 74)
            .await
            .unwrap();
        let node = impatient(&url, &schema).await;
        let backup = reads_on(&db, "SELECT 1 FROM status_reports").await;
        let starts = storage::migrations::migrate(&node, now());
        let refused = tokio::time::timeout(Duration::from_secs(20), starts).await;
        let Err(Error::Refused(says)) = refused.unwrap() else {
            panic!("it went on, or says nothing")
        };
        assert!(says.contains("migration 75 (came_before)"), "{says}");
        backup.ends().await;
        let status = storage::migrations::migrate(&node, now()).await.unwrap();
        assert_eq!(status.run.first(), Some(&"came_before"));
    })
    .await;
}
