//! The schema and its history: one set of migrations for both engines, run in order, each with a checksum.

use crate::engine::{At, Db, Error, Tx};
use crate::partitions::HalfYear;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};

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
    (
        13,
        "partitions",
        include_str!("../migrations/0013_partitions.sql"),
    ),
    (15, "nodes", include_str!("../migrations/0015_nodes.sql")),
    (17, "sight", include_str!("../migrations/0017_sight.sql")),
    (18, "scale", include_str!("../migrations/0018_scale.sql")),
    (
        19,
        "following",
        include_str!("../migrations/0019_following.sql"),
    ),
    (
        24,
        "audit_search",
        include_str!("../migrations/0024_audit_search.sql"),
    ),
    (
        26,
        "sign_up",
        include_str!("../migrations/0026_sign_up.sql"),
    ),
    (
        27,
        "silence",
        include_str!("../migrations/0027_silence.sql"),
    ),
    (
        28,
        "figures_of_alerts",
        include_str!("../migrations/0028_figures_of_alerts.sql"),
    ),
    (
        29,
        "receipts",
        include_str!("../migrations/0029_receipts.sql"),
    ),
    (
        32,
        "retention",
        include_str!("../migrations/0032_retention.sql"),
    ),
    (
        33,
        "kept_page",
        include_str!("../migrations/0033_kept_page.sql"),
    ),
    (
        34,
        "given_ids",
        include_str!("../migrations/0034_given_ids.sql"),
    ),
    (
        35,
        "address",
        include_str!("../migrations/0035_address.sql"),
    ),
    (
        36,
        "withdrawn",
        include_str!("../migrations/0036_withdrawn.sql"),
    ),
    (
        37,
        "notifications_told",
        include_str!("../migrations/0037_notifications_told.sql"),
    ),
    (
        38,
        "closed_places",
        include_str!("../migrations/0038_closed_places.sql"),
    ),
    (
        39,
        "import_rows",
        include_str!("../migrations/0039_import_rows.sql"),
    ),
    (
        40,
        "fewer_pages",
        include_str!("../migrations/0040_fewer_pages.sql"),
    ),
    (
        41,
        "silence_less_often",
        include_str!("../migrations/0041_silence_less_often.sql"),
    ),
    (
        SHORT_ANSWERS,
        "short_answers",
        include_str!("../migrations/0042_short_answers.sql"),
    ),
    (43, "queues", include_str!("../migrations/0043_queues.sql")),
    (44, "heard", include_str!("../migrations/0044_heard.sql")),
    (
        45,
        "closed_histories",
        include_str!("../migrations/0045_closed_histories.sql"),
    ),
    (
        46,
        "reminded_once",
        include_str!("../migrations/0046_reminded_once.sql"),
    ),
    (
        47,
        "sessions_told",
        include_str!("../migrations/0047_sessions_told.sql"),
    ),
    (
        48,
        "less_waiting",
        include_str!("../migrations/0048_less_waiting.sql"),
    ),
    (
        49,
        "state_index",
        include_str!("../migrations/0049_state_index.sql"),
    ),
    (
        50,
        "no_lock_of_cases",
        include_str!("../migrations/0050_no_lock_of_cases.sql"),
    ),
    (
        51,
        "notified_alerts",
        include_str!("../migrations/0051_notified_alerts.sql"),
    ),
    (
        52,
        "in_error",
        include_str!("../migrations/0052_in_error.sql"),
    ),
    (
        53,
        "looked_for",
        include_str!("../migrations/0053_looked_for.sql"),
    ),
    (
        56,
        "unreached",
        include_str!("../migrations/0056_unreached.sql"),
    ),
    (
        57,
        "case_in_error",
        include_str!("../migrations/0057_case_in_error.sql"),
    ),
    (
        58,
        "staff_moves",
        include_str!("../migrations/0058_staff_moves.sql"),
    ),
    (61, "ended", include_str!("../migrations/0061_ended.sql")),
    (
        62,
        "whom_to_call",
        include_str!("../migrations/0062_whom_to_call.sql"),
    ),
    (
        63,
        "drafts_by_age",
        include_str!("../migrations/0063_drafts_by_age.sql"),
    ),
    (
        64,
        "certificates",
        include_str!("../migrations/0064_certificates.sql"),
    ),
    (
        67,
        "accounts_alone",
        include_str!("../migrations/0067_accounts_alone.sql"),
    ),
    (
        70,
        "two_centers",
        include_str!("../migrations/0070_two_centers.sql"),
    ),
    (
        71,
        "kept_since",
        include_str!("../migrations/0071_kept_since.sql"),
    ),
    (
        73,
        "strangers",
        include_str!("../migrations/0073_strangers.sql"),
    ),
    (
        75,
        "came_before",
        include_str!("../migrations/0075_came_before.sql"),
    ),
    (
        76,
        "alerts_follow",
        include_str!("../migrations/0076_alerts_follow.sql"),
    ),
    (
        77,
        "call_behind",
        include_str!("../migrations/0077_call_behind.sql"),
    ),
    (
        79,
        "email_since",
        include_str!("../migrations/0079_email_since.sql"),
    ),
    (
        85,
        "merges_by_time",
        include_str!("../migrations/0085_merges_by_time.sql"),
    ),
    (
        87,
        "parted_reports",
        include_str!("../migrations/0087_parted_reports.sql"),
    ),
    (
        95,
        "read_by",
        include_str!("../migrations/0095_read_by.sql"),
    ),
    (
        96,
        "asked_and_pressing",
        include_str!("../migrations/0096_asked_and_pressing.sql"),
    ),
    (
        98,
        "left_out_stand",
        include_str!("../migrations/0098_left_out_stand.sql"),
    ),
    (100, "upheld", include_str!("../migrations/0100_upheld.sql")),
    (
        101,
        "purge_not_before",
        include_str!("../migrations/0101_purge_not_before.sql"),
    ),
    (
        103,
        "persons_parted",
        include_str!("../migrations/0103_persons_parted.sql"),
    ),
    (
        105,
        "days_and_offers",
        include_str!("../migrations/0105_days_and_offers.sql"),
    ),
    (
        117,
        "short_answers",
        include_str!("../migrations/0117_short_answers.sql"),
    ),
];

/// From here on a migration only adds (expand), so that processes of the release before go on while those of this one
/// start: new tables, columns that may be empty or have a default, indices. A test refuses everything else.
pub const EXPANDING_AFTER: i32 = 10;

/// The exceptions (contract): what takes something away, with the migration that a release must know to be able to do
/// without it. It belongs into the release after the one that stopped using what it takes away.
pub const CONTRACTIONS: &[(i32, i32)] = &[];

/// From here on rows of the embedded database may hold what releases before cannot read. There one process writes, so none of
/// the release before goes on beside it.
pub(crate) const SHORT_ANSWERS: i32 = 42;

/// From here on rows of a server's database may hold the same. There processes of several releases write: all of them must
/// know [`SHORT_ANSWERS`].
const SHORT_ON_SERVERS: i32 = 117;

/// The migration that brought `compatible_from`.
const COMPATIBLE_SINCE: i32 = 15;

/// The oldest migration that a release must know to work with the schema after this one; 0: none of them.
fn compatible_from(number: i32, sqlite: bool) -> Option<i32> {
    if number == SHORT_ON_SERVERS || sqlite && number == SHORT_ANSWERS {
        return Some(SHORT_ANSWERS);
    }
    let contraction = CONTRACTIONS.iter().find(|(taken, _)| *taken == number);
    let from = contraction.map_or(0, |(_, from)| *from);
    (number >= COMPATIBLE_SINCE).then_some(from)
}

/// What PostgreSQL alone runs after the common text of a migration.
const ON_POSTGRES: &[(i32, &str)] = &[
    (
        13,
        include_str!("../migrations/0013_partitions.postgres.sql"),
    ),
    (
        34,
        include_str!("../migrations/0034_given_ids.postgres.sql"),
    ),
    // Each takes locks on other tables, and so is a transaction of its own.
    (
        47,
        include_str!("../migrations/0047_sessions_told.postgres.sql"),
    ),
    (
        48,
        include_str!("../migrations/0048_less_waiting.postgres.sql"),
    ),
    (
        49,
        include_str!("../migrations/0049_state_index.postgres.sql"),
    ),
    (
        50,
        include_str!("../migrations/0050_no_lock_of_cases.postgres.sql"),
    ),
    (
        62,
        include_str!("../migrations/0062_whom_to_call.postgres.sql"),
    ),
];

/// What the embedded engine alone runs after the common text of a migration.
const ON_SQLITE: &[(i32, &str)] = &[
    (
        40,
        include_str!("../migrations/0040_fewer_pages.sqlite.sql"),
    ),
    (
        62,
        include_str!("../migrations/0062_whom_to_call.sqlite.sql"),
    ),
];

fn of(number: i32, texts: &'static [(i32, &'static str)]) -> &'static str {
    texts
        .iter()
        .find(|(of, _)| *of == number)
        .map_or("", |(_, text)| text)
}

fn on_postgres(number: i32) -> &'static str {
    of(number, ON_POSTGRES)
}

fn on_sqlite(number: i32) -> &'static str {
    of(number, ON_SQLITE)
}

/// Stands among the migrations while a database is copied into: no release takes it for a whole one.
pub(crate) const HALF: i32 = -1;
/// What is said of a database that holds it.
pub(crate) const HALF_COPY: &str = "this database holds a half copy; run `hersys copy-database` again until it says that all is copied";

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

/// Where the tables are cut for the first time, seen from now.
fn bounded(text: &str, now: Timestamp) -> String {
    let bound = HalfYear::of(now).next();
    text.replace("{bound_id}", &bound.first_id().to_string())
        .replace("{bound_at}", &bound.begins().to_string())
}

/// Of all texts, whichever engine asks: a copied database carries its history along.
fn checksum(number: i32, text: &str) -> Vec<u8> {
    Sha256::new()
        .chain_update(text.as_bytes())
        .chain_update(on_postgres(number).as_bytes())
        .chain_update(on_sqlite(number).as_bytes())
        .finalize()
        .to_vec()
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

/// All migrations: number, name, and the text as it is written down, in the words of neither engine.
pub fn all() -> &'static [(i32, &'static str, &'static str)] {
    MIGRATIONS
}

/// What either engine alone runs after the common text of a migration: its number, and the text.
pub fn of_one_engine() -> impl Iterator<Item = (i32, &'static str)> {
    ON_POSTGRES.iter().chain(ON_SQLITE).copied()
}

/// Brings the schema up to date. What stands nowhere yet is made in one transaction, as everything is on the embedded
/// engine. A server's database on which others work meanwhile is brought up by one transaction for each migration, so that
/// they wait for the locks of one and not of all; where one fails, those before it stand, and the next start goes on. A
/// database that is ahead is left as it is where its newer migrations say that this release goes on working with them.
///
/// # Errors
/// Where a newer release has taken away what this one needs, or where a migration that was run differs from ours: then
/// nothing is touched.
pub async fn migrate(db: &Db, now: Timestamp) -> Result<Status, Error> {
    step_by_step(db, now, i32::MAX).await
}

/// Brings the schema up to a migration and not further, as an earlier release did: for tests that carry data over.
#[doc(hidden)]
pub async fn migrate_to(db: &Db, now: Timestamp, newest: i32) -> Result<Status, Error> {
    step_by_step(db, now, newest).await
}

async fn step_by_step(db: &Db, now: Timestamp, newest: i32) -> Result<Status, Error> {
    let mut status = next_step(db, now, newest).await?;
    let mut last = status.run.len();
    while last == 1 {
        let next = next_step(db, now, newest).await?;
        last = next.run.len();
        status.run.extend(next.run);
    }
    Ok(status)
}

/// One transaction of migrations. Where it waited for a table until the store gave up, nobody writes too much, so it says what
/// is in the way.
async fn next_step(db: &Db, now: Timestamp, newest: i32) -> Result<Status, Error> {
    let begun = Arc::new(Mutex::new(None));
    let tells = begun.clone();
    let ended = db.write(move |tx| run_next(tx, now, newest, &tells)).await;
    let at = *begun.lock().unwrap_or_else(PoisonError::into_inner);
    match (ended, at) {
        (Err(Error::Busy), Some((number, name))) => Err(Error::Refused(format!(
            "migration {number} ({name}) needs a table that somebody uses just now, such as a backup, figures of a year or a node \
             under load, and has waited for it as long as lock_timeout allows; start this again when that has ended"
        ))),
        (ended, _) => ended,
    }
}

/// The migration that is being run: its number and name.
type Begun = Mutex<Option<(i32, &'static str)>>;

/// What stands in the table of migrations.
struct Ran {
    number: i32,
    checksum: Vec<u8>,
    compatible_from: Option<i32>,
}

/// Names are written in every script, so another encoding would refuse some of them, one day. Asked of a server's database
/// before anything stands in it.
fn check_encoding(tx: &mut Tx<'_>) -> Result<(), Error> {
    if tx.is_sqlite() {
        return Ok(());
    }
    let encoding: String = tx.query_one(
        "SELECT pg_encoding_to_char(encoding)::text FROM pg_database WHERE datname = current_database()",
        &[],
        |row| row.get(0),
    )?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "this database is kept in {encoding}, which has no room for names in every script; make one with \
         `createdb -E UTF8 -T template0 …`"
    )))
}

/// What a database says of the migrations that it has seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Those of this release that it has yet to see.
    pub missing: usize,
    /// Those of newer releases that this one goes on working with.
    pub newer: usize,
}

/// Looks at a database without changing it; `None` where it has no tables of ours.
///
/// # Errors
/// Where [`migrate`] would refuse it, with the same sentence.
pub async fn look(db: &Db) -> Result<Option<Seen>, Error> {
    db.read(look_within).await
}

/// The same within a transaction.
///
/// # Errors
/// As [`look`].
pub fn look_within(tx: &mut Tx<'_>) -> Result<Option<Seen>, Error> {
    let table = if tx.is_sqlite() {
        "SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'migrations'"
    } else {
        "SELECT to_regclass('migrations') IS NOT NULL"
    };
    if !tx.query_one(table, &[], |row| row.get::<bool>(0))? {
        check_encoding(tx)?;
        return Ok(None);
    }
    let there = read(tx)?;
    judge(&there)?;
    let is_ours = |ran: &&Ran| MIGRATIONS.iter().any(|(ours, _, _)| *ours == ran.number);
    let ours = there.iter().filter(is_ours).count();
    Ok(Some(Seen {
        missing: MIGRATIONS.len() - ours,
        newer: there.len() - ours,
    }))
}

/// Whether this release may open a database that has seen these.
///
/// # Errors
/// [`Error::Refused`] with a sentence.
fn judge(there: &[Ran]) -> Result<(), Error> {
    for ran in there {
        let number = ran.number;
        if number == HALF {
            return Err(Error::Refused(HALF_COPY.to_owned()));
        }
        let differs = match MIGRATIONS.iter().find(|(ours, _, _)| *ours == number) {
            None if works_with(ran) => None,
            None => Some(format!(
                "this database was made by a newer release (migration {number}); use that release"
            )),
            Some((number, name, text)) if checksum(*number, text) != ran.checksum => Some(format!(
                "migration {number} ({name}) of this database differs from this release's"
            )),
            Some(_) => None,
        };
        if let Some(says) = differs {
            return Err(Error::Refused(says));
        }
    }
    Ok(())
}

/// Runs all that is missing, in this transaction.
pub(crate) fn run(tx: &mut Tx<'_>, now: Timestamp, newest: i32) -> Result<Status, Error> {
    run_some(tx, now, newest, |_| usize::MAX, &Begun::default())
}

/// The same, but no more than one of them where others may be at work.
fn run_next(tx: &mut Tx<'_>, now: Timestamp, newest: i32, begun: &Begun) -> Result<Status, Error> {
    let is_alone = tx.is_sqlite();
    let most = move |there: &[Ran]| {
        if is_alone || there.is_empty() {
            usize::MAX
        } else {
            1
        }
    };
    run_some(tx, now, newest, most, begun)
}

/// Waits for another process that migrates, however long that takes: a node that starts beside it then finds nothing to do.
fn wait_for_others(tx: &mut Tx<'_>) -> Result<(), Error> {
    let patience: String = tx.query_one("SELECT current_setting('lock_timeout')", &[], |row| {
        row.get(0)
    })?;
    tx.batch("SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(4857395)")?;
    // For tables, which others use, it is not endless.
    tx.query_one(
        "SELECT set_config('lock_timeout', $1, true)",
        &[&patience],
        |row| row.get::<String>(0),
    )?;
    Ok(())
}

/// Runs what is missing, at most so many as `most` allows beside what stands, and says in `begun` which one it is at.
fn run_some(
    tx: &mut Tx<'_>,
    now: Timestamp,
    newest: i32,
    most: impl Fn(&[Ran]) -> usize,
    begun: &Begun,
) -> Result<Status, Error> {
    let sqlite = tx.is_sqlite();
    if !sqlite {
        tx.takes_long()?;
        wait_for_others(tx)?;
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
    let there = read(tx)?;
    judge(&there)?;
    if there.is_empty() {
        check_encoding(tx)?;
    }
    let mut done = Vec::new();
    let missing = MIGRATIONS.iter().filter(|(number, _, _)| {
        *number <= newest && !there.iter().any(|ran| ran.number == *number)
    });
    for (number, name, text) in missing.take(most(&there)) {
        *begun.lock().unwrap_or_else(PoisonError::into_inner) = Some((*number, *name));
        tx.batch(&spelt(text, sqlite))?;
        if sqlite {
            tx.batch(&spelt(on_sqlite(*number), true))?;
        } else {
            tx.batch(&bounded(&spelt(on_postgres(*number), false), now))?;
        }
        tx.execute(
            "INSERT INTO migrations (number, name, checksum, run_at) VALUES ($1, $2, $3, $4)",
            &[number, name, &checksum(*number, text), &At(now)],
        )?;
        if let Some(from) = compatible_from(*number, sqlite) {
            tx.execute(
                "UPDATE migrations SET compatible_from = $2 WHERE number = $1",
                &[number, &from],
            )?;
        }
        done.push(*name);
    }
    Ok(Status {
        known: MIGRATIONS.len(),
        before: there.len(),
        run: done,
    })
}

/// Says of a server's database that its rows may come from an embedded one, so that no release before this one opens it.
pub(crate) fn rows_came(tx: &mut postgres::Transaction<'_>) -> Result<(), Error> {
    tx.execute(
        "UPDATE migrations SET compatible_from = $1 WHERE number = $1",
        &[&SHORT_ANSWERS],
    )?;
    Ok(())
}

/// Whether this release goes on working after a migration that it does not know.
fn works_with(newer: &Ran) -> bool {
    let known = MIGRATIONS.iter().map(|(number, _, _)| *number);
    let newest = known.max().unwrap_or(0);
    newer.compatible_from.is_some_and(|from| from <= newest)
}

fn read(tx: &mut Tx<'_>) -> Result<Vec<Ran>, Error> {
    let mut there = tx.query(
        "SELECT number, checksum FROM migrations ORDER BY number",
        &[],
        |row| {
            Ok(Ran {
                number: row.get(0)?,
                checksum: row.get(1)?,
                compatible_from: None,
            })
        },
    )?;
    if there.iter().any(|ran| ran.number == COMPATIBLE_SINCE) {
        let said: Vec<(i32, Option<i32>)> = tx.query(
            "SELECT number, compatible_from FROM migrations",
            &[],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for ran in &mut there {
            let found = said.iter().find(|(number, _)| *number == ran.number);
            ran.compatible_from = found.and_then(|(_, from)| *from);
        }
    }
    Ok(there)
}
