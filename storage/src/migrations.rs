//! The schema and its history: one set of migrations for both engines, run in order, each with a checksum.

use crate::engine::{At, Db, Error, Tx};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// All migrations, oldest first. A released one is never edited: its checksum stands in every database.
const MIGRATIONS: &[(i32, &str, &str)] = &[
    (
        1,
        "foundation",
        include_str!("../migrations/0001_foundation.sql"),
    ),
    (2, "console", include_str!("../migrations/0002_console.sql")),
    (
        3,
        "notification",
        include_str!("../migrations/0003_notification.sql"),
    ),
    (4, "merge", include_str!("../migrations/0004_merge.sql")),
    (
        5,
        "reporting_request",
        include_str!("../migrations/0005_reporting_request.sql"),
    ),
    (
        6,
        "reminders",
        include_str!("../migrations/0006_reminders.sql"),
    ),
    (7, "rules", include_str!("../migrations/0007_rules.sql")),
    (
        8,
        "email_of_persons",
        include_str!("../migrations/0008_email_of_persons.sql"),
    ),
    (
        9,
        "single_sign_on",
        include_str!("../migrations/0009_single_sign_on.sql"),
    ),
    (
        10,
        "figures",
        include_str!("../migrations/0010_figures.sql"),
    ),
];

/// What is spelt differently: the word, on SQLite, on PostgreSQL.
const WORDS: &[(&str, &str, &str)] = &[
    ("{uuid}", "BLOB", "uuid"),
    ("{timestamp}", "INTEGER", "timestamptz"),
    ("{date}", "TEXT", "date"),
    ("{json}", "TEXT", "jsonb"),
    ("{bigint}", "INTEGER", "bigint"),
    // Compared byte by byte, whatever the server's language.
    ("{ascii}", "TEXT", "TEXT COLLATE \"C\""),
    ("{bytes}", "BLOB", "bytea"),
    ("{strict}", "STRICT", ""),
    ("{clustered}", "STRICT, WITHOUT ROWID", ""),
];

/// A migration's SQL in the words of one engine.
fn spelt(text: &str, sqlite: bool) -> String {
    WORDS
        .iter()
        .fold(text.to_owned(), |text, (word, on_sqlite, on_postgres)| {
            text.replace(word, if sqlite { on_sqlite } else { on_postgres })
        })
}

fn checksum(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

/// What stands and what is missing, as `migrate` and `doctor` tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Migrations that this binary brings.
    pub known: usize,
    /// Migrations that were run before now.
    pub before: usize,
    /// The names of those that were run just now.
    pub run: Vec<&'static str>,
}

/// Brings the schema up to date, all missing migrations in one transaction.
///
/// # Errors
/// Where the database was made by a newer release, or where a migration that was run differs from ours: then nothing
/// is touched.
pub async fn migrate(db: &Db, now: Timestamp) -> Result<Status, Error> {
    db.write(move |tx| run(tx, now)).await
}

fn run(tx: &mut Tx<'_>, now: Timestamp) -> Result<Status, Error> {
    let sqlite = tx.is_sqlite();
    if !sqlite {
        // Two replicas that start at once: the second waits and then finds nothing to do.
        tx.batch("SELECT pg_advisory_xact_lock(4857395)")?;
    }
    tx.batch(&spelt(
        "CREATE TABLE IF NOT EXISTS migrations (
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            checksum {bytes} NOT NULL,
            run_at {timestamp} NOT NULL
        ) {strict}",
        sqlite,
    ))?;
    let there = tx.query(
        "SELECT number, checksum FROM migrations ORDER BY number",
        &[],
        |row| Ok((row.get::<i32>(0)?, row.get::<Vec<u8>>(1)?)),
    )?;
    for (number, sum) in &there {
        match MIGRATIONS.iter().find(|(ours, _, _)| ours == number) {
            None => {
                return Err(Error::Broken(format!(
                    "this database was made by a newer release (migration {number}); use that release"
                )));
            }
            Some((_, name, text)) if checksum(text) != *sum => {
                return Err(Error::Broken(format!(
                    "migration {number} ({name}) of this database differs from this release's"
                )));
            }
            Some(_) => {}
        }
    }
    let mut done = Vec::new();
    for (number, name, text) in &MIGRATIONS[there.len().min(MIGRATIONS.len())..] {
        tx.batch(&spelt(text, sqlite))?;
        tx.execute(
            "INSERT INTO migrations (number, name, checksum, run_at) VALUES ($1, $2, $3, $4)",
            &[number, name, &checksum(text), &At(now)],
        )?;
        done.push(*name);
    }
    Ok(Status {
        known: MIGRATIONS.len(),
        before: there.len(),
        run: done,
    })
}
