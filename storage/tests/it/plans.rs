//! No statement walks through a table that grows with the people, but where that is meant: a page, a timer or a purge that does
//! is quick in every test and stands still in an outbreak.

use crate::on_both;
use crate::statements::{plan, statements};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use storage::{Db, Tx};

/// What grows with the people and with what they do.
const GROWING: [&str; 39] = [
    "account_sessions",
    "accounts",
    "alerts",
    "attribute_drafts",
    "audit_log",
    "cases",
    "certificates",
    "codes",
    "contact_links",
    "contacts_made",
    "corrections",
    "ends_taken_back",
    "failures_in_a_row",
    "flows",
    "hourly_counts",
    "import_drafts",
    "import_files",
    "import_rows",
    "kept_pages",
    "legal_holds",
    "merges",
    "monitoring",
    "notification_steps",
    "notifications",
    "outbox",
    "perhaps_one",
    "person_names",
    "persons",
    "purged_alerts",
    "purged_counts",
    "recent_attempts",
    "reminders_sent",
    "reporting_requests",
    "revoked_ids",
    "staff_sessions",
    "status_reports",
    "tasks",
    "transfers",
    "recovery_codes",
];

/// Statements that may walk: a piece of each, and why.
const MAY_WALK: &[(&str, &str)] = &[
    (
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM jurisdictions WHERE parent_id = $1",
        "asked when an administrator removes a place",
    ),
    (
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM cases WHERE programme = $1)",
        "asked when an administrator begins a disease, or takes one back",
    ),
    (
        "DELETE FROM health_centers",
        "the same: that nothing refers to it is looked up",
    ),
    (
        "FROM import_rows r WHERE NOT EXISTS (SELECT 1 FROM import_drafts",
        "rows of the files of some days",
    ),
    (
        "FROM import_files f WHERE NOT EXISTS (SELECT 1 FROM import_drafts",
        "the same",
    ),
    (
        "DELETE FROM reminders_sent",
        "nothing is written there since a release before",
    ),
    ("DELETE FROM import_drafts", "a handful of files of a day"),
    ("DELETE FROM staff_sessions", "some for each staff member"),
    (
        "count(*) FILTER (WHERE sent_at IS NOT NULL) FROM outbox",
        "`hersys doctor` counts all messages",
    ),
    (
        "SELECT case_id, id, measured_at, received_at, temperature, spo2, note, came_before, questionnaire_id",
        "a proof counts all",
    ),
    (
        "SELECT count(*) FROM status_reports WHERE received_at >= $1",
        "a measurement counts all that it has sent",
    ),
    (
        "SELECT case_id, reports, report_id FROM monitoring",
        "a proof counts all",
    ),
    (
        "SELECT id, case_id, times, steps FROM alerts",
        "a proof counts all",
    ),
    (
        "SELECT case_id, subject_id, details FROM audit_log WHERE action",
        "a proof counts all",
    ),
    (
        "SELECT id, kind, sent_at, gave_up_at FROM outbox",
        "a proof counts all",
    ),
    (
        "changed_at > $2 ORDER BY changed_at DESC LIMIT $3",
        "asked on a server only, which has the index",
    ),
];

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn may_walk(sql: &str) -> bool {
    MAY_WALK.iter().any(|(piece, _)| sql.contains(piece))
}

/// The growing table behind a name that a plan tells: itself, one of its partitions, or an alias of the statement.
fn growing(name: &str, sql: &str) -> Option<&'static str> {
    let is = |table: &&&str| {
        let partition = name.strip_prefix(**table).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with("_2") || rest == "_first" || rest == "_default"
        });
        let before = [" ", "("];
        partition
            || before.iter().any(|at| {
                sql.contains(&format!("{at}{table} {name} "))
                    || sql.contains(&format!("{at}{table} {name})"))
            })
    };
    GROWING.iter().find(is).copied()
}

/// Where the embedded engine walks: through a table, or through an index that holds all of it.
async fn walks_embedded(db: &Db, sql: &str) -> Vec<String> {
    let steps = plan(db, sql.to_owned()).await;
    steps
        .into_iter()
        .filter(|step| {
            let Some(rest) = step.strip_prefix("SCAN ") else {
                return false;
            };
            let name = rest.split(' ').next().unwrap();
            let by_part = rest.contains(" USING ") && !rest.contains("sqlite_autoindex");
            !by_part && growing(name, sql).is_some()
        })
        .collect()
}

/// Where a server walks even though it is told to do anything else first.
async fn walks_server(db: &Db, sql: &str) -> Vec<String> {
    let parameters = (1..40)
        .rev()
        .find(|n| sql.contains(&format!("${n}")))
        .unwrap_or(0);
    let nulls = vec!["NULL"; parameters].join(", ");
    let given = if nulls.is_empty() {
        nulls
    } else {
        format!("({nulls})")
    };
    let prepared = format!(
        "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; PREPARE walked AS {sql}"
    );
    let steps: Vec<String> = db
        .write(move |tx| {
            let Tx::Postgres(server, _) = tx else {
                return Ok(Vec::new());
            };
            server.batch(&prepared).unwrap();
            let explain: &'static str = format!("EXPLAIN EXECUTE walked{given}").leak();
            let steps = tx.query(explain, &[], |row| row.get::<String>(0))?;
            if let Tx::Postgres(server, _) = tx {
                server.batch("DEALLOCATE walked").unwrap();
            }
            Ok(steps)
        })
        .await
        .unwrap();
    let mut walks = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let Some((how, rest)) = step.split_once(" on ") else {
            continue;
        };
        let table = rest.split(' ').next().unwrap();
        if growing(table, sql).is_none() {
            continue;
        }
        let next = steps.get(at + 1).map(String::as_str).unwrap_or_default();
        // "This, or one of those" leads to no place of an index: each row is compared with those.
        let compares = how.contains("Scan using")
            && next.contains("Filter:")
            && next.contains("hashed SubPlan");
        if how.contains("Seq Scan") || compares {
            walks.push(format!("{} / {}", step.trim(), next.trim()));
        }
    }
    walks
}

#[tokio::test]
async fn no_statement_walks_through_what_grows_with_the_people() {
    let all: Vec<String> = statements()
        .into_iter()
        .map(|(_, sql)| one_line(&sql.replace("\\u{1f}", "-")))
        .collect();
    for (piece, _) in MAY_WALK {
        assert!(
            all.iter().any(|sql| sql.contains(piece)),
            "nothing is left that may walk: {piece}"
        );
    }
    // How a server reaches an empty table is chosen by chance once it has been analysed, which another story, or the server
    // itself, may do to all tables at any moment: then another schema is asked.
    for _ in 0..5 {
        let analysed = Arc::new(AtomicBool::new(false));
        on_both(|db: Db| {
            let (all, analysed) = (all.clone(), analysed.clone());
            async move {
                let mut found = Vec::new();
                for sql in all.iter().filter(|sql| !may_walk(sql)) {
                    let walks = match db.is_embedded() {
                        true => walks_embedded(&db, sql).await,
                        false => walks_server(&db, sql).await,
                    };
                    if !walks.is_empty() {
                        found.push(format!("{sql}\n    {walks:?}"));
                    }
                }
                if !found.is_empty() && !db.is_embedded() && is_analysed(&db).await {
                    analysed.store(true, Ordering::Relaxed);
                    return;
                }
                assert!(found.is_empty(), "{}", found.join("\n"));
            }
        })
        .await;
        if !analysed.load(Ordering::Relaxed) {
            return;
        }
    }
    panic!("five times the tables were analysed meanwhile");
}

/// Whether a server has counted the rows of the tables.
async fn is_analysed(db: &Db) -> bool {
    let sql = "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = 'persons'
        AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND reltuples >= 0)";
    db.read(move |tx| tx.query_one(sql, &[], |row| row.get::<bool>(0)))
        .await
        .unwrap()
}
