//! A purge leaves nothing. One person is put into every table with strings that can be recognised, purged, and looked
//! for: in every row of every table, and in the bytes of the file.

use crate::{now, on_both, on_postgres, reads_on};
use domain::ids::{CaseId, HealthCenterId};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use storage::retention::{self, Terms};
use storage::{Db, Error, Tx};
use tempfile::TempDir;
use uuid::Uuid;

/// Tables that hold somebody, and what the purge does with them. A new table belongs here, with a row in [`PERSON`] and a
/// statement in `storage/src/retention/purge.rs`, or into [`OTHERS`].
const OF_PEOPLE: [&str; 23] = [
    "account_sessions",
    "accounts",
    "alerts",
    "attribute_drafts",
    "cases",
    "codes",
    "contact_links",
    "contacts_made",
    "corrections",
    "failures_in_a_row",
    "flows",
    "kept_pages",
    "legal_holds",
    "merges",
    "monitoring",
    "notification_steps",
    "notifications",
    "outbox",
    "person_names",
    "persons",
    "recent_attempts",
    "reminders_sent",
    "status_reports",
];
const MORE_OF_PEOPLE: [&str; 7] = [
    "certificates",
    "ends_taken_back",
    "perhaps_one",
    "reporting_requests",
    "revoked_ids",
    "tasks",
    "transfers",
];

/// Tables that hold nobody who is followed, each with the reason.
const OTHERS: &[(&str, &str)] = &[
    ("audit_heads", "numbers and hashes"),
    ("audit_log", "stays: it names nobody"),
    (
        "given_ids",
        "keyed hashes of IDs that must not be given again",
    ),
    ("health_centers", "places"),
    ("hourly_counts", "keyed hashes, swept after 31 days"),
    (
        "import_drafts",
        "swept after a day, those of a command after a week",
    ),
    ("import_files", "swept with their drafts"),
    (
        "import_rows",
        "numbers of lines and ids, swept with their drafts",
    ),
    ("jurisdictions", "places"),
    ("migrations", "the schema"),
    ("notification_sets", "the words that were asked"),
    (
        "parted_reports",
        "ids of reports in a file outside; gone with the second of the two records",
    ),
    ("place_settings", "settings"),
    ("purged_alerts", "numbers"),
    ("purged_counts", "numbers"),
    ("questionnaires", "the words that were asked"),
    ("recovery_codes", "staff"),
    ("rule_files", "rules"),
    ("settings", "settings"),
    ("staff_links", "staff"),
    ("staff_members", "staff"),
    ("staff_moves", "staff"),
    ("staff_sessions", "staff"),
];

/// What every string, id and sealed value of the person begins with.
const CANARY: &str = "CANARY";

/// An id that can be recognised.
fn id(name: &str) -> Uuid {
    let mut bytes = [b'_'; 16];
    bytes[..6].copy_from_slice(CANARY.as_bytes());
    bytes[6..6 + name.len()].copy_from_slice(name.as_bytes());
    Uuid::from_bytes(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SQL in the words of one engine: `{u:case}` an id of the person (`{raw:acc}` its bytes), `{b:x}` sealed bytes, `{s:x}` a string, `{j:x}` one as JSON, `{t:-9}` a
/// moment so many days from now, `{d}` a day, `{center}` the center, `{q}` the questionnaire.
fn spell(text: &str, sqlite: bool) -> String {
    let uuid = |uuid: Uuid| {
        if sqlite {
            format!("X'{}'", uuid.simple())
        } else {
            format!("'{uuid}'")
        }
    };
    let bytes = |of: &str| {
        let hex = hex(format!("{CANARY}{of}").as_bytes());
        if sqlite {
            format!("X'{hex}'")
        } else {
            format!("'\\x{hex}'")
        }
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (word, after) = after.split_once('}').unwrap();
        out.push_str(before);
        out.push_str(&match word.split_once(':') {
            Some(("u", name)) => uuid(id(name)),
            Some(("b", name)) => bytes(name),
            // The id as the subject of a limit.
            Some(("raw", name)) if sqlite => uuid(id(name)),
            Some(("raw", name)) => format!("'\\x{}'", id(name).simple()),
            Some(("j", name)) => format!("'\"{CANARY}{name}\"'"),
            Some(("s", name)) => format!("'{CANARY}{name}'"),
            Some(("t", days)) => {
                let at = now() + SignedDuration::from_hours(24 * days.parse::<i64>().unwrap());
                if sqlite {
                    at.as_millisecond().to_string()
                } else {
                    format!("'{at}'")
                }
            }
            _ if word == "center" => uuid(Uuid::from_u128(1)),
            _ if word == "q" => uuid(Uuid::from_u128(2)),
            _ => panic!("{word}"),
        });
        rest = after;
    }
    out + rest
}

/// What is there without the person.
const GROUND: &str = "
    INSERT INTO health_centers VALUES ({center}, 'C', '[]', 'UTC', {t:-900});
    INSERT INTO jurisdictions (id, kind, name, path, created_at) VALUES ({center}, 'health_center', 'C', 'c/', {t:-900});
    INSERT INTO questionnaires (id, programme, valid_from, content, checksum, loaded_at)
        VALUES ({q}, 'p', '2026-01-01', '[]', {center}, {t:-900})";

const REPORT: &str = "INSERT INTO status_reports (case_id, id, questionnaire_id, channel, account_id, measured_at, received_at,
        health_day, answers, note, level, wrong_why, in_error_words_sealed)
    VALUES ({u:case}, {u:report}, {q}, 'web', {u:acc}, {t:-99}, {t:-99}, '2026-08-16', {j:answers}, {s:note}, 2, {s:wrong}, {b:error})";

/// The person, in every table.
const PERSON: [&str; 28] = [
    "INSERT INTO accounts (id, email_sealed, email_blind, password_hash, language, created_at, password_changed_at)
        VALUES ({u:acc}, {b:email}, {b:blind}, {s:hash}, 'ja', {t:-99}, {t:-99})",
    "INSERT INTO account_sessions VALUES ({u:ses}, {b:token}, {u:acc}, {t:-99}, {t:-99}, {t:-9}, {b:letters})",
    "INSERT INTO attribute_drafts VALUES ({u:acc}, {b:typed}, {t:-99})",
    "INSERT INTO flows (id, token_hash, purpose, email_sealed, email_blind, account_id, typed_id, code_sent_at, created_at,
        expires_at) VALUES ({u:flow}, {b:token}, 'sign_up', {b:email}, {b:blind}, {u:acc}, {s:typed}, {t:-99}, {t:-99}, {t:9})",
    "INSERT INTO codes VALUES ({u:code}, {u:flow}, {b:code}, {t:-99}, {t:9}, 3, NULL)",
    "INSERT INTO failures_in_a_row VALUES ('sign_in', {b:blind}, 2, {t:-99})",
    "INSERT INTO failures_in_a_row VALUES ('sign_in', {b:blind+known}, 2, {t:-99})",
    "INSERT INTO recent_attempts (kind, subject, t1) VALUES ('claim', {raw:acc}, {t:-1})",
    "INSERT INTO recent_attempts (kind, subject, t1) VALUES ('code', {b:blind}, {t:-1})",
    "INSERT INTO recent_attempts (kind, subject, t1) VALUES ('code_mail', {b:blind+sign_up}, {t:-1})",
    "INSERT INTO persons (id, health_center_id, birthdate, phone_sealed, phone_blind, language, created_at, version,
        email_sealed, address_sealed, whereabouts_sealed, parted_from) VALUES ({u:per}, {center}, '1988-05-04', {b:phone},
        {b:phoneblind}, 'ja', {t:-100}, 1, {b:email}, {b:address}, {b:whereabouts}, {u:per})",
    "INSERT INTO person_names VALUES ({u:per}, 'kanji', {s:name}, {s:joined}, {s:sorted})",
    "INSERT INTO cases (id, person_id, health_center_id, programme, hersys_id, diagnosed_on, onset_on, registered_at,
        form_key, account_id, passport_sealed, first_session_id, version, in_error_words_sealed) VALUES ({u:case}, {u:per},
        {center}, 'p', {s:id}, '2026-08-15', '2026-08-14', {t:-100}, {u:key}, {u:acc}, {b:passport}, {u:ses}, 1,
        {b:noerror})",
    "INSERT INTO cases (id, person_id, health_center_id, programme, hersys_id, diagnosed_on, registered_at, form_key,
        merged_into, version) VALUES ({u:merged}, {u:per}, {center}, 'p', {s:idtwo}, '2026-08-15', {t:-100}, {u:keytwo},
        {u:case}, 1)",
    "INSERT INTO monitoring (case_id, health_center_id, status, is_open, expects_reports, has_account, registered_at,
        registered_on, is_case, heard_on, reports, report_id, level, urgency, worsening, reasons, risks, changed_at,
        version, closed_at, purge_told_at, purge_heard_at) VALUES ({u:case}, {center}, 'released', 0, 0, 1, {t:-100}, '2026-08-15', 1,
        '2026-08-16', 1, {u:report}, 2, 0, 0, '[]', {s:risks}, {t:-90}, 1, {t:-90}, {t:-21}, {t:-20})",
    "INSERT INTO monitoring (case_id, health_center_id, status, is_open, expects_reports, has_account, registered_at,
        registered_on, is_case, heard_on, reports, level, urgency, worsening, reasons, risks, changed_at, version)
        VALUES ({u:merged}, {center}, 'home', 0, 0, 0, {t:-100}, '2026-08-15', 0, '2026-08-16', 0, 0, 0, 0, '[]',
        {s:risks}, {t:-90}, 1)",
    REPORT,
    "INSERT INTO alerts (id, health_center_id, case_id, report_id, level, reasons, times, raised_at, last_at,
        waiting_since, first_taken_at, done_at, done_note, steps, version) VALUES ({u:alert}, {center}, {u:merged}, {u:report},
        2, '[]', 1, {t:-99}, {t:-99}, {t:-99}, {t:-98}, {t:-98}, {s:done}, 0, 1)",
    "INSERT INTO contacts_made (case_id, id, at, by_staff, outcome, note_sealed, alert_id, in_error_words_sealed)
        VALUES ({u:case}, {u:call}, {t:-98}, {center}, 'reached', {b:note}, {u:alert}, {b:error})",
    "INSERT INTO corrections VALUES ({u:case}, {u:corr}, 'report', {u:report}, {t:-98}, {center}, {b:why}, {b:was}, {b:is})",
    "INSERT INTO tasks (id, health_center_id, kind, case_id, report_id, details_sealed, same_as, times, created_at, last_at, done_at,
        done_note) VALUES ({u:task}, {center}, 'refused', {u:case}, {u:report}, {b:details}, {b:same}, 1, {t:-99}, {t:-99}, {t:-98}, {s:did})",
    "INSERT INTO transfers (id, case_id, from_center, to_center, offered_at, offered_by, note_sealed, due_at, answered_at,
        answer, answer_sealed) VALUES ({u:trans}, {u:case}, {center}, {center}, {t:-99}, {center}, {b:offer}, {t:-98}, {t:-98},
        'refused', {b:refusal})",
    "INSERT INTO contact_links VALUES ({u:case}, {u:merged}, '2026-08-14')",
    "INSERT INTO revoked_ids VALUES ({s:oldid}, {u:case}, {t:-99})",
    "INSERT INTO outbox (id, kind, message_sealed, created_at, next_at, attempts, gave_up_at, case_id)
        VALUES ({u:msg}, 'invitation', {b:message}, {t:-1}, {t:-1}, 9, {t:-1}, {u:case})",
    "INSERT INTO outbox (id, kind, message_sealed, created_at, next_at, attempts, gave_up_at, account_id, receipt_name)
        VALUES ({u:mail}, 'reminder', {b:mail}, {t:-1}, {t:-1}, 9, {t:-1}, {u:acc}, {s:receipt})",
    "INSERT INTO merges VALUES ({u:merge}, {u:case}, {u:merged}, {t:-98}, {center}, {b:why}, '[]', {t:-97}, {center},
        {b:undone})",
    "INSERT INTO reporting_requests VALUES ({u:req}, {u:case}, {center}, {t:-99}, {center}, '2026-08-15', '2026-08-25',
        {b:content}, NULL, {t:-98}, {center}, {b:withdrawn})",
];
const MORE_OF_THE_PERSON: [&str; 9] = [
    "INSERT INTO certificates VALUES ({u:cert}, {u:case}, {t:-99}, NULL, {b:proof}, {b:content})",
    "INSERT INTO ends_taken_back VALUES ({u:end}, {u:case}, {t:-95}, 'released', {t:-96}, 'home')",
    "INSERT INTO perhaps_one VALUES ({u:per}, {u:per}, {center}, 'two', {t:-95}, {center})",
    "INSERT INTO kept_pages VALUES ({u:page}, {b:shelf}, {u:acc}, {b:page}, {t:9})",
    "INSERT INTO legal_holds VALUES ({u:hold}, {u:merged}, {b:reason}, {t:-99}, {center}, {t:-30}, {center}, {b:lifted})",
    "INSERT INTO reminders_sent VALUES ({u:acc}, '2026-08-16', '18:00', {t:-99})",
    "INSERT INTO notification_sets VALUES ({center}, '[]')",
    "INSERT INTO notifications VALUES ({u:notif}, {center}, {center}, {center}, {t:-100}, {t:-100}, 'p', {center}, {b:answers},
        '1988-05-04', {b:phoneblind}, 0, 'confirmed', {u:case}, {t:-99}, 1, 0, NULL)",
    "INSERT INTO notification_steps VALUES ({u:notif}, 1, {t:-100}, {center}, 'entered', {b:note}, {b:before})",
];

fn run(tx: &mut Tx<'_>, sql: &str) -> Result<(), Error> {
    let spelt = spell(sql, tx.is_sqlite());
    match tx {
        Tx::Postgres(tx, _) => tx.batch(&spelt),
        Tx::Sqlite(connection, _) => connection.execute_batch(&spelt).map_err(Error::from),
        Tx::Once(_) | Tx::Copying(_) => unreachable!("not for tests"),
    }
}

/// Every row of every table as text, by table; bytes in hexadecimal.
fn dump(tx: &mut Tx<'_>) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    match tx {
        Tx::Once(_) | Tx::Copying(_) => unreachable!("not for tests"),
        Tx::Sqlite(connection, _) => {
            let names: Vec<String> = connection
                .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
                .unwrap()
                .query_map([], |row| row.get(0))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            for name in names {
                let mut statement = connection
                    .prepare(&format!("SELECT * FROM {name}"))
                    .unwrap();
                let columns = statement.column_count();
                let mut rows = statement.query([]).unwrap();
                let mut told = Vec::new();
                while let Some(row) = rows.next().unwrap() {
                    let cells: Vec<String> = (0..columns)
                        .map(|n| match row.get_ref(n).unwrap() {
                            rusqlite::types::ValueRef::Text(text) => {
                                String::from_utf8(text.to_vec()).unwrap()
                            }
                            rusqlite::types::ValueRef::Blob(bytes) => hex(bytes),
                            other => format!("{other:?}"),
                        })
                        .collect();
                    told.push(cells.join("|"));
                }
                all.insert(name, told);
            }
        }
        Tx::Postgres(tx, _) => {
            let names = tx
                .query(
                    "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition",
                    &[],
                )
                .unwrap();
            for name in names {
                let name: String = name.get(0);
                let rows = tx
                    .query(format!("SELECT t::text FROM {name} t").leak(), &[])
                    .unwrap();
                // An id is written with hyphens.
                let told = rows
                    .iter()
                    .map(|r| r.get::<_, String>(0).replace('-', ""))
                    .collect();
                all.insert(name, told);
            }
        }
    }
    all
}

fn is_canary(row: &str) -> bool {
    row.contains(CANARY) || row.to_lowercase().contains(&hex(CANARY.as_bytes()))
}

/// The tables in which the person stands.
async fn found_in(db: &Db) -> Vec<String> {
    let all = db.read(|tx| Ok(dump(tx))).await.unwrap();
    let known = |name: &String| {
        OF_PEOPLE.contains(&name.as_str())
            || MORE_OF_PEOPLE.contains(&name.as_str())
            || OTHERS.iter().any(|(other, _)| other == name)
    };
    let unknown: Vec<&String> = all.keys().filter(|name| !known(name)).collect();
    assert!(
        unknown.is_empty(),
        "does a purge have to look at {unknown:?}? storage/tests/it/retention.rs"
    );
    all.into_iter()
        .filter(|(_, rows)| rows.iter().any(|row| is_canary(row)))
        .map(|(name, _)| name)
        .collect()
}

fn case() -> CaseId {
    CaseId::from_uuid(id("case"))
}

fn terms(kept: i64, warned: i64) -> Terms {
    Terms {
        closed_until: now() - SignedDuration::from_hours(24 * kept),
        told_until: now() - SignedDuration::from_hours(24 * warned),
        now: now(),
    }
}

async fn fill(db: &Db) {
    db.write(|tx| {
        for sql in GROUND.split(';') {
            run(tx, sql)?;
        }
        for sql in PERSON.iter().chain(&MORE_OF_THE_PERSON) {
            run(tx, sql)?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

/// In which an account counts as one that somebody uses.
fn last_90_days() -> (Timestamp, Timestamp) {
    (now() - SignedDuration::from_hours(90 * 24), now())
}

async fn purged(db: &Db, terms: Terms) -> Option<retention::Purged> {
    db.write(move |tx| {
        let Some(doomed) = retention::doomed(tx, case(), terms)? else {
            return Ok(None);
        };
        retention::add_counts(tx, &doomed, 30, None)?;
        retention::add_alerts(tx, doomed.case, &doomed.programme)?;
        retention::purge(tx, case(), last_90_days()).map(Some)
    })
    .await
    .unwrap()
}

async fn due(db: &Db, terms: Terms) -> i64 {
    let center = HealthCenterId::from_uuid(Uuid::from_u128(1));
    let (due, count) = db
        .read(move |tx| {
            Ok((
                retention::due(tx, center, terms, 10)?.len(),
                retention::count_due(tx, center, terms)?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(i64::try_from(due).unwrap(), count);
    count
}

async fn figures(db: &Db) -> impl PartialEq + std::fmt::Debug {
    let of = storage::figures::Of {
        below: storage::jurisdiction::Below::place("c/"),
        programme: "p".to_owned(),
    };
    db.read(move |tx| {
        let day = |text: &str| text.parse::<jiff::civil::Date>().unwrap();
        let (from, to) = (day("2026-08-01"), day("2026-08-31"));
        let ages: Vec<(i32, i64)> = storage::figures::by_birthdate(tx, &of, from, to)?
            .iter()
            .map(|(born, count)| ((to - *born).get_days() / 3_653, *count))
            .collect();
        let mut waits: Vec<(HealthCenterId, Option<i64>)> = Vec::new();
        let since = now() - SignedDuration::from_hours(2_400);
        storage::figures::each_alert(tx, &of, (since, now()), |alert| {
            let waited = alert
                .taken_at
                .map(|taken| taken.duration_since(alert.raised_at).as_mins());
            waits.push((alert.center, waited));
        })?;
        Ok((
            storage::figures::by_registration(tx, &of, from, to)?,
            storage::figures::by_onset(tx, &of, from, to)?,
            ages,
            waits,
            storage::figures::by_center(tx, &of, (from, to), to)?,
        ))
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_leaves_nothing_of_somebody_in_any_table() {
    on_both(|db: Db| async move {
        fill(&db).await;
        let mut all: Vec<&str> = OF_PEOPLE.iter().chain(&MORE_OF_PEOPLE).copied().collect();
        all.sort_unstable();
        assert_eq!(
            found_in(&db).await,
            all,
            "the person stands in each of these"
        );
        let before = figures(&db).await;
        assert_eq!(purged(&db, terms(91, 14)).await, None, "not old enough");
        assert_eq!(
            purged(&db, terms(89, 21)).await,
            None,
            "not told long enough ago"
        );
        assert_eq!(
            (due(&db, terms(91, 14)).await, due(&db, terms(89, 14)).await),
            (0, 1)
        );
        let gone = purged(&db, terms(89, 14)).await.unwrap();
        assert_eq!(
            (gone.cases, gone.reports, gone.persons, gone.accounts),
            (2, 1, 1, 1)
        );
        assert_eq!(found_in(&db).await, Vec::<String>::new());
        assert_eq!(figures(&db).await, before, "figures keep their numbers");
        assert_eq!(purged(&db, terms(89, 14)).await, None, "once");
    })
    .await;
}

/// The files of a folder in which something of the person stands.
fn files_with_canary(folder: &TempDir) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if bytes
            .windows(CANARY.len())
            .any(|at| at == CANARY.as_bytes())
        {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_leaves_no_byte_in_the_file_nor_in_its_log() {
    let folder = TempDir::new().unwrap();
    let db = Db::sqlite(&folder.path().join("hersys.db")).unwrap();
    storage::migrations::migrate(&db, now()).await.unwrap();
    fill(&db).await;
    assert!(db.scrub(false).await.unwrap());
    assert_eq!(files_with_canary(&folder), ["hersys.db"]);
    purged(&db, terms(89, 14)).await.unwrap();
    assert!(
        !files_with_canary(&folder).is_empty(),
        "the log holds old pages until it is emptied"
    );
    assert!(db.scrub(false).await.unwrap());
    assert_eq!(files_with_canary(&folder), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn since_when_bytes_are_left_is_known_however_often_somebody_is_purged() {
    on_both(|db: Db| async move {
        let hours = |n| now() + SignedDuration::from_hours(n);
        let purged = async |at: Timestamp| {
            let note = move |tx: &mut Tx<'_>| retention::leaves_bytes(tx, at);
            db.write(note).await.unwrap();
        };
        let noted = async || db.read(retention::bytes_left).await.unwrap().unwrap();
        let rewritten = async |noted: Vec<u8>| {
            let note = move |tx: &mut Tx<'_>| retention::no_bytes_left(tx, &noted);
            db.write(note).await.unwrap();
        };
        let since = async || db.read(retention::bytes_left_since).await.unwrap();

        assert_eq!(since().await, None);
        purged(hours(0)).await;
        purged(hours(24)).await;
        assert_eq!(since().await, Some(hours(0)));
        let before = noted().await;
        // While the file is rewritten, somebody else goes.
        purged(hours(30)).await;
        rewritten(before).await;
        assert_eq!(since().await, Some(hours(30)));
        rewritten(noted().await).await;
        assert_eq!(since().await, None);
        // As the release before wrote it.
        let of_before = hours(40).as_millisecond().to_string();
        db.write(move |tx| storage::settings::set(tx, "purge.bytes_left", of_before.as_bytes()))
            .await
            .unwrap();
        purged(hours(50)).await;
        assert_eq!(since().await, Some(hours(40)));
    })
    .await;
}

/// Pages of the file fill up, are split and joined while many come and go; nothing of those who went may be left on one.
#[tokio::test(flavor = "multi_thread")]
async fn many_who_go_between_many_who_stay_leave_no_byte_in_the_file() {
    let folder = TempDir::new().unwrap();
    let db = Db::sqlite(&folder.path().join("hersys.db")).unwrap();
    storage::migrations::migrate(&db, now()).await.unwrap();
    let goes = |n: u32| !n.is_multiple_of(3);
    let uuid = move |n: u32, what: u8| {
        let mut bytes = [what; 16];
        bytes[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
        if goes(n) {
            bytes[4..10].copy_from_slice(CANARY.as_bytes());
        }
        Uuid::from_bytes(bytes)
    };
    db.write(move |tx| {
        for sql in GROUND.split(';') {
            run(tx, sql)?;
        }
        for n in 0..600 {
            let who = if goes(n) { CANARY } else { "STAYS" };
            let note = who.repeat(usize::try_from(n % 90).unwrap());
            let x = |what: u8| format!("X'{}'", uuid(n, what).simple());
            let (person, case, report) = (x(1), x(2), x(3));
            for sql in [
                format!("INSERT INTO persons (id, health_center_id, birthdate, phone_sealed, phone_blind, language,
                    created_at, version) VALUES ({person}, {{center}}, '1988-05-04', '{who}p', '{who}{n}', 'ja', {{t:-9}}, 1)"),
                format!("INSERT INTO person_names VALUES ({person}, 'kanji', '{note}', '{who}j{n}', '{who}s{n}')"),
                format!("INSERT INTO cases (id, person_id, health_center_id, programme, hersys_id, diagnosed_on,
                    registered_at, form_key, version) VALUES ({case}, {person}, {{center}}, 'p', '{who}{n}', '2026-08-15',
                    {{t:-9}}, {case}, 1)"),
                format!("INSERT INTO monitoring (case_id, health_center_id, status, is_open, expects_reports, has_account,
                    registered_at, registered_on, is_case, heard_on, reports, level, urgency, worsening, reasons, risks,
                    changed_at, version) VALUES ({case}, {{center}}, 'died', 0, 0, 0, {{t:-9}}, '2026-08-15', 1,
                    '2026-08-16', 0, 0, 0, 0, '[]', '{note}', {{t:-9}}, 1)"),
                format!("INSERT INTO status_reports (case_id, id, questionnaire_id, channel, measured_at, received_at,
                    health_day, answers, note, level) VALUES ({case}, {report}, {{q}}, 'web', {{t:-9}}, {{t:-9}},
                    '2026-08-16', '[]', '{note}', 2)"),
            ] {
                // The keyed and sealed columns are bytes.
                let sql = sql.replace(&format!("'{who}p'"), &format!("CAST('{who}p' AS BLOB)"));
                let sql = sql.replace(
                    &format!("'{who}{n}', 'ja'"),
                    &format!("CAST('{who}{n}' AS BLOB), 'ja'"),
                );
                run(tx, &sql)?;
            }
        }
        Ok(())
    })
    .await
    .unwrap();
    assert!(db.scrub(false).await.unwrap());
    assert_eq!(files_with_canary(&folder), ["hersys.db"]);
    // In no order of the file, a few at a time.
    let mut going: Vec<u32> = (0..600).filter(|n| goes(*n)).collect();
    going.sort_by_key(|n| n.wrapping_mul(40_503) % 601);
    for some in going.chunks(40) {
        let some = some.to_vec();
        db.write(move |tx| {
            for n in &some {
                let gone = retention::purge(tx, CaseId::from_uuid(uuid(*n, 2)), last_90_days())?;
                assert_eq!((gone.cases, gone.persons), (1, 1));
            }
            Ok(())
        })
        .await
        .unwrap();
    }
    assert!(db.scrub(false).await.unwrap());
    assert_eq!(files_with_canary(&folder), Vec::<String>::new());
}

/// A column that is added later to a table of people must be filled above, too; then the test before sees whether it goes.
#[tokio::test(flavor = "multi_thread")]
async fn every_column_that_could_name_somebody_is_filled_above() {
    // Whom they name is staff, or a place, or nobody.
    const OF_OTHERS: [&str; 3] = ["health_center_id", "questionnaire_id", "place_id"];
    let folder = TempDir::new().unwrap();
    let db = Db::sqlite(&folder.path().join("hersys.db")).unwrap();
    storage::migrations::migrate(&db, now()).await.unwrap();
    fill(&db).await;
    let empty = db
        .read(|tx| {
            let Tx::Sqlite(connection, _) = tx else {
                return Ok(Vec::new());
            };
            let mut empty = Vec::new();
            for table in OF_PEOPLE.iter().chain(&MORE_OF_PEOPLE) {
                let mut columns = connection.prepare(&format!(
                    "SELECT name FROM pragma_table_info('{table}')
                     WHERE name LIKE '%~_id' ESCAPE '~' OR name LIKE '%~_sealed' ESCAPE '~'
                        OR name LIKE '%~_blind' ESCAPE '~'"
                ))?;
                let columns: Vec<String> = columns
                    .query_map([], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                for column in columns {
                    let hit: bool = connection.query_row(
                        &format!(
                            "SELECT EXISTS (SELECT 1 FROM {table} WHERE CAST({column} AS TEXT) LIKE '%{CANARY}%')"
                        ),
                        [],
                        |row| row.get(0),
                    )?;
                    if !hit && !OF_OTHERS.contains(&column.as_str()) {
                        empty.push(format!("{table}.{column}"));
                    }
                }
            }
            Ok(empty)
        })
        .await
        .unwrap();
    assert_eq!(empty, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_leaves_nothing_in_a_dump() {
    on_postgres(|url, schema| async move {
        let db = Db::postgres(&url, Some(&schema)).await.unwrap();
        storage::migrations::migrate(&db, now()).await.unwrap();
        fill(&db).await;
        let dumped = || {
            let mut folders: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            folders.sort();
            let out = std::process::Command::new(folders.last().unwrap().join("bin/pg_dump"))
                .args([&format!("--schema={schema}"), &url])
                .output()
                .unwrap();
            assert!(
                out.status.success(),
                "{}",
                String::from_utf8_lossy(&out.stderr)
            );
            let text = String::from_utf8(out.stdout).unwrap();
            assert!(text.contains("purged_counts"));
            text.lines()
                .filter(|line| is_canary(&line.replace('-', "")))
                .count()
        };
        assert!(dumped() > 25);
        purged(&db, terms(89, 14)).await.unwrap();
        assert!(db.scrub(false).await.unwrap());
        assert_eq!(dumped(), 0);
    })
    .await;
}

/// The files in which the server keeps two tables: others, once they were rewritten.
async fn files_of_two(db: &Db) -> (i64, i64) {
    db.read(|tx| {
        tx.query_one(
            "SELECT pg_relation_filenode('person_names')::bigint, pg_relation_filenode('persons')::bigint",
            &[],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_somebody_uses_are_named_and_all_others_are_rewritten() {
    on_postgres(|url, schema| async move {
        let db = Db::postgres(&url, Some(&schema)).await.unwrap();
        storage::migrations::migrate(&db, now()).await.unwrap();
        fill(&db).await;
        let before = files_of_two(&db).await;
        let backup = reads_on(&db, "SELECT 1 FROM persons").await;
        let refused = db.scrub(true).await;
        let Err(Error::Refused(says)) = &refused else {
            panic!("{refused:?}")
        };
        assert!(says.starts_with("not rewritten"), "{says}");
        assert!(says.contains("VACUUM: persons. All other"), "{says}");
        let after = files_of_two(&db).await;
        assert!(before.0 != after.0, "the names stand in the old file");
        assert_eq!(before.1, after.1);
        backup.ends().await;
        assert!(db.scrub(true).await.unwrap());
        assert!(before.1 != files_of_two(&db).await.1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_a_record_keeps_it() {
    let holders = [
        "INSERT INTO legal_holds (id, case_id, reason_sealed, set_at, set_by) VALUES ({u:other}, {u:merged}, {b:r}, {t:-1}, {center})",
        "UPDATE monitoring SET is_open = 1 WHERE case_id = {u:case}",
        "UPDATE monitoring SET closed_at = NULL WHERE case_id = {u:case}",
        "UPDATE monitoring SET purge_told_at = NULL WHERE case_id = {u:case}",
        "UPDATE monitoring SET purge_not_before = {t:1} WHERE case_id = {u:case}",
        "INSERT INTO alerts (id, health_center_id, case_id, level, reasons, times, raised_at, last_at, waiting_since, steps,
            version) VALUES ({u:open}, {center}, {u:case}, 2, '[]', 1, {t:-1}, {t:-1}, {t:-1}, 0, 1)",
        "INSERT INTO transfers (id, case_id, from_center, to_center, offered_at, offered_by, note_sealed, due_at)
            VALUES ({u:offer}, {u:case}, {center}, {center}, {t:-1}, {center}, {b:o}, {t:9})",
    ];
    for holder in holders {
        on_both(|db: Db| async move {
            fill(&db).await;
            assert_eq!(due(&db, terms(89, 14)).await, 1);
            db.write(move |tx| run(tx, holder)).await.unwrap();
            assert_eq!(due(&db, terms(89, 14)).await, 0, "{holder}");
            assert_eq!(purged(&db, terms(89, 14)).await, None, "{holder}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_case_keeps_the_person_and_the_account() {
    on_both(|db: Db| async move {
        fill(&db).await;
        db.write(|tx| {
            run(
                tx,
                "INSERT INTO cases (id, person_id, health_center_id, programme, hersys_id, diagnosed_on, registered_at,
                    form_key, account_id, version) VALUES ({u:second}, {u:per}, {center}, 'p', {s:idthree}, '2026-11-20',
                    {t:-3}, {u:keythree}, {u:acc}, 1)",
            )
        })
        .await
        .unwrap();
        let gone = purged(&db, terms(89, 14)).await.unwrap();
        assert_eq!((gone.cases, gone.persons, gone.accounts), (2, 0, 0));
        let left = found_in(&db).await;
        assert!(["accounts", "cases", "person_names", "persons"].iter().all(|t| left.iter().any(|l| l == t)), "{left:?}");
        assert!(!left.iter().any(|table| table == "status_reports"), "{left:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_somebody_uses_stays_without_its_last_member() {
    for uses in [
        "UPDATE account_sessions SET expires_at = {t:9}",
        "UPDATE accounts SET last_in_at = {t:-89}",
    ] {
        on_both(|db: Db| async move {
            fill(&db).await;
            db.write(move |tx| run(tx, uses)).await.unwrap();
            let gone = purged(&db, terms(89, 14)).await.unwrap();
            let gone = (gone.cases, gone.persons, gone.accounts);
            assert_eq!(gone, (2, 1, 0), "{uses}");
            let left = found_in(&db).await;
            assert!(left.iter().any(|table| table == "accounts"), "{left:?}");
            assert!(!left.iter().any(|table| table == "cases"), "{left:?}");
        })
        .await;
    }
    // Nobody has signed in for long.
    on_both(|db: Db| async move {
        fill(&db).await;
        let last_in = "UPDATE accounts SET last_in_at = {t:-91}";
        db.write(move |tx| run(tx, last_in)).await.unwrap();
        let gone = purged(&db, terms(89, 14)).await.unwrap();
        assert_eq!((gone.cases, gone.accounts), (2, 1));
    })
    .await;
}
