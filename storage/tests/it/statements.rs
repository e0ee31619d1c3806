//! Every statement of this crate is understood by both engines.

use crate::{now, on_both};
use std::fs;
use std::path::{Path, PathBuf};
use storage::{Db, Tx};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The texts behind `sql!(` and `select_cases!(`, with where they stand.
pub fn statements() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&src, &mut paths);
    // The beginnings that several statements share.
    let beginning = |file: &str, start: &str| {
        let text = fs::read_to_string(src.join(file)).unwrap();
        let from = text.find(start).unwrap() + 1;
        text[from..].split('"').next().unwrap().to_owned()
    };
    let calls = [
        ("sql!(", String::new()),
        (
            "select_cases!(",
            beginning("case_registration.rs", "\"SELECT c.id"),
        ),
        ("select_members!(", beginning("family.rs", "\"SELECT c.id")),
        ("select_staff!(", beginning("staff.rs", "\"SELECT s.id")),
        (
            "select_work!(",
            beginning("monitoring/shown.rs", "\"SELECT m.case_id"),
        ),
        ("select_alerts!(", beginning("alerts.rs", "\"SELECT l.id")),
        (
            "select_transfers!(",
            beginning("transfer.rs", "\"SELECT t.id"),
        ),
        (
            "insert_setting!(",
            beginning("place_settings.rs", "\"INSERT INTO place_settings"),
        ),
    ];
    let mut found = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        for (call, start) in &calls {
            for part in text.split(*call).skip(1) {
                let Some(rest) = part.trim_start().strip_prefix('"') else {
                    continue;
                };
                let body = rest.split('"').next().unwrap();
                found.push((path.display().to_string(), format!("{start}{body}")));
            }
        }
    }
    found
}

fn prepare(tx: &mut Tx<'_>, sql: &str) -> Result<(), String> {
    match tx {
        Tx::Sqlite(connection, _) => connection
            .prepare(sql)
            .map(|_| ())
            .map_err(|e| e.to_string()),
        Tx::Postgres(tx, _) => tx
            .batch(&format!("PREPARE asked AS {sql}; DEALLOCATE asked"))
            .map_err(|e| format!("{e:?}")),
        Tx::Once(_) | Tx::Copying(_) => Err("one statement is no transaction".to_owned()),
    }
}

/// The first statement that an engine does not understand: a failed one ends a transaction of PostgreSQL.
pub async fn not_understood(db: &Db, all: Vec<(String, String)>) -> Vec<String> {
    db.write(move |tx| {
        for (path, sql) in &all {
            if let Err(error) = prepare(tx, sql) {
                return Ok(vec![format!("{path}: {sql}: {error}")]);
            }
        }
        Ok(Vec::new())
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn both_engines_understand_every_statement() {
    let all = statements();
    assert!(all.len() > 70, "only {} statements were found", all.len());
    on_both(|db: Db| {
        let all = all.clone();
        async move {
            let problems = not_understood(&db, all).await;
            assert!(problems.is_empty(), "{problems:#?}");
        }
    })
    .await;
}

/// Whoever has a center's worklist open is told by what such a statement returns; on the embedded database nothing else
/// tells them. Nobody waits for what makes a report the latest state: its caller names the center.
#[test]
fn whatever_changes_how_a_case_is_followed_says_at_which_center() {
    // What only asks whether a row is as it was read changes nothing that a worklist shows.
    let set = |sql: &str| {
        let before = sql.rsplit_once("WHERE").map_or(sql, |(before, _)| before);
        before.contains(" changed_at = $")
    };
    let sets: Vec<_> = statements()
        .into_iter()
        .filter(|(_, sql)| sql.contains("UPDATE monitoring") && set(sql))
        .collect();
    assert!(sets.len() > 10, "only {} were found", sets.len());
    for (path, sql) in sets {
        let tells = sql.trim_end().ends_with("RETURNING health_center_id")
            || sql.starts_with("UPDATE monitoring SET reports = reports + $2");
        assert!(tells, "{path}: {sql}");
    }
}

/// A session that is in memory is forgotten by what such a statement returns; but for those that are over by themselves,
/// those of an account that is purged, which says so once, and letters that no session tells of.
#[test]
fn whatever_changes_a_session_says_whose_it_is() {
    let changes = |sql: &str| {
        let of_sessions = ["UPDATE account_sessions", "DELETE FROM account_sessions"];
        of_sessions.iter().any(|begin| sql.starts_with(begin))
            || sql.starts_with("UPDATE accounts SET language")
    };
    let found: Vec<_> = statements()
        .into_iter()
        .filter(|(path, sql)| {
            changes(sql.trim())
                && !sql.contains("letters_sealed")
                && !sql.contains("expires_at <=")
                && !path.ends_with("retention/purge.rs")
        })
        .collect();
    assert!(found.len() >= 6, "only {} were found", found.len());
    for (path, sql) in found {
        let sql = sql.trim_end();
        let tells = sql.ends_with("RETURNING account_id") || sql.ends_with("RETURNING id");
        assert!(tells, "{path}: {sql}");
    }
}

/// What the embedded engine does for a statement, step by step.
pub async fn plan(db: &Db, sql: String) -> Vec<String> {
    db.read(move |tx| {
        let Tx::Sqlite(connection, _) = tx else {
            return Ok(Vec::new());
        };
        let mut explain = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let mut steps = explain.raw_query();
        let mut all = Vec::new();
        while let Some(step) = steps.next().unwrap() {
            all.push(step.get::<_, String>(3).unwrap());
        }
        Ok(all)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn whom_alerts_tasks_and_reminders_are_about_is_looked_up_one_by_one() {
    // A center follows thousands: a page that walks through all of them for the few that it shows grows with them.
    let all: Vec<String> = statements()
        .into_iter()
        .map(|(_, sql)| sql.replace("\\u{1f}", "-"))
        .filter(|sql| {
            let of_pages = sql.contains("m.case_id IN (SELECT x.case_id");
            of_pages || sql.contains("o.health_center_id IS NOT NULL AND a.id = o.account_id")
        })
        .collect();
    assert_eq!(
        all.len(),
        4,
        "of alerts, of tasks, of messages and of a reminder"
    );
    on_both(|db: Db| {
        let all = all.clone();
        async move {
            for sql in all {
                let steps = plan(&db, sql).await;
                let walks = |step: &&String| {
                    step.contains(" m USING") && !step.contains("(case_id=?)")
                        || step.starts_with("SCAN m")
                        || step.starts_with("SCAN c")
                };
                assert_eq!(steps.iter().find(walks), None, "{steps:#?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn whom_one_colleague_looks_after_is_not_looked_for_among_everybody() {
    let all: Vec<String> = statements()
        .into_iter()
        .map(|(_, sql)| sql.replace("\\u{1f}", "-"))
        .filter(|sql| sql.contains("FROM monitoring m") && sql.contains("m.assigned_to = $"))
        .collect();
    assert_eq!(
        all.len(),
        15,
        "the rows and the count of each section, and of whom at which center"
    );
    on_both(|db: Db| {
        let all = all.clone();
        async move {
            for sql in all {
                let steps = plan(&db, sql).await;
                let of_people = |step: &&String| step.contains(" m USING");
                let found = steps.iter().find(of_people);
                let by_colleague =
                    |step: &String| step.contains("monitoring_assigned (assigned_to=?)");
                // The server has no plan to show here.
                assert!(
                    steps.is_empty() || found.is_some_and(by_colleague),
                    "{steps:#?}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn whom_a_run_of_reminders_is_for_is_read_no_further_than_to_its_end() {
    // Where a run reads on, a morning's reminders take the square of those who are due, and writers wait for each run.
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reminders.rs")).unwrap();
    let (_, from) = text.split_once("FROM (SELECT u.account_id").unwrap();
    let (due, _) = from.split_once(") d\n").unwrap();
    let sql = format!("SELECT u.account_id{due}");
    on_both(|db: Db| {
        let sql = sql.clone();
        async move {
            let steps = plan(&db, sql).await;
            let of = |what| steps.iter().filter(|step| step.contains(what)).count();
            // By the numbers of their own, and by those of records that were merged into theirs.
            let ends = of("(heard_on,case_id)<(?,?)");
            let looked_up = (of("SEARCH c USING"), of("cases_merged (merged_into=?)"));
            assert!(
                steps.is_empty() || (ends, looked_up) == (2, (2, 1)),
                "{steps:#?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    on_both(|db: Db| async move {
        let status = storage::migrations::migrate(&db, now()).await.unwrap();
        assert_eq!((status.before, status.run.len()), (status.known, 0));
    })
    .await;
}

/// A database on which a newer release has run a migration that says this of older ones.
async fn ahead(db: &Db, compatible_from: Option<i32>) -> Result<(), String> {
    db.write(move |tx| {
        tx.execute("DELETE FROM migrations WHERE number = 9999", &[])?;
        tx.execute(
            "INSERT INTO migrations (number, name, checksum, run_at, compatible_from)
             SELECT 9999, 'later', checksum, run_at, $1 FROM migrations WHERE number = 1",
            &[&compatible_from],
        )
    })
    .await
    .unwrap();
    let migrated = storage::migrations::migrate(db, now()).await;
    migrated.map(|_| ()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_used_only_where_that_one_says_so() {
    on_both(|db: Db| async move {
        let newest = storage::migrations::all().last().unwrap().0;
        for fits in [0, 10, newest] {
            ahead(&db, Some(fits)).await.unwrap();
            let seen = storage::migrations::look(&db).await.unwrap().unwrap();
            assert_eq!((seen.missing, seen.newer), (0, 1));
        }
        for needs in [None, Some(newest + 1), Some(9999)] {
            let error = ahead(&db, needs).await.unwrap_err();
            assert!(error.contains("newer release"), "{error}");
            // Whoever only looks is told the same.
            let looked = storage::migrations::look(&db).await.unwrap_err();
            assert_eq!(looked.to_string(), error);
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_migration_adds_is_told_to_older_releases() {
    on_both(|db: Db| async move {
        let told = db
            .read(|tx| {
                tx.query(
                    "SELECT number FROM migrations WHERE number >= 15 AND compatible_from IS NULL",
                    &[],
                    |row| row.get::<i32>(0),
                )
            })
            .await
            .unwrap();
        assert!(told.is_empty(), "{told:?}");
    })
    .await;
}
