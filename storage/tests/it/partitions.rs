//! The large tables on PostgreSQL are cut by half-years: what stands is carried over, what comes has its place, and what
//! is old can be taken out and put back.

mod parted;

use crate::{now, on_both, on_postgres};
use domain::ids::{CaseId, QuestionnaireId, ReportId};
use domain::questionnaire::QuestionId;
use domain::status_report::Answer;
use jiff::{SignedDuration, Timestamp};
use storage::partitions::{self, Back, HalfYear, Table};
use storage::status_report::{self as reports, Measured, ReportRow};
use storage::{Db, Error, Tx, migrations};
use uuid::Uuid;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id_at(moment: Timestamp, random: u8) -> Uuid {
    let milliseconds = u64::try_from(moment.as_millisecond()).unwrap();
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &[random; 10]).into_uuid()
}

fn batch(tx: &mut Tx<'_>, sql: &str) -> Result<(), Error> {
    match tx {
        Tx::Postgres(tx, _) => tx.batch(sql),
        Tx::Sqlite(connection, _) => connection.execute_batch(sql).map_err(Error::from),
        Tx::Once(_) | Tx::Copying(_) => unreachable!("not for tests"),
    }
}

async fn run(db: &Db, sql: &'static str) {
    db.write(move |tx| batch(tx, sql)).await.unwrap();
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    db.read(move |tx| tx.query_one(sql, &[], |row| row.get(0)))
        .await
        .unwrap()
}

const CASE: Uuid = Uuid::from_u128(7);

/// A center, a questionnaire, a person and a case.
async fn one_case(db: &Db) {
    run(
        db,
        "INSERT INTO health_centers VALUES ('00000000-0000-0000-0000-000000000001', 'C', '{}', 'UTC', '2026-01-01');
         INSERT INTO questionnaires (id, programme, valid_from, content, checksum, loaded_at) VALUES
            ('00000000-0000-0000-0000-000000000002', 'p', '2026-01-01', '{}', 'x', '2026-01-01');
         INSERT INTO persons (id, health_center_id, birthdate, phone_sealed, phone_blind, language, created_at, version)
            VALUES ('00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000001', '1988-05-04', 'x',
            'x', 'ja', '2026-01-01', 1);
         INSERT INTO cases (id, person_id, health_center_id, programme, hersys_id, diagnosed_on, registered_at, form_key,
            version) VALUES ('00000000-0000-0000-0000-000000000007', '00000000-0000-0000-0000-000000000003',
            '00000000-0000-0000-0000-000000000001', 'p', '1234567', '2026-01-01', '2026-01-01',
            '00000000-0000-0000-0000-000000000008', 1)",
    )
    .await;
}

fn report(moment: Timestamp, random: u8) -> ReportRow {
    ReportRow {
        case: CaseId::from_uuid(CASE),
        id: ReportId::from_uuid(id_at(moment, random)),
        questionnaire: QuestionnaireId::from_uuid(Uuid::from_u128(2)),
        channel: "web".to_owned(),
        account: None,
        measured_at: moment,
        received_at: moment,
        health_day: moment.to_zoned(jiff::tz::TimeZone::UTC).date(),
        temperature: Some(370),
        spo2: Some(97),
        answers: [(QuestionId::new("cough"), Answer::No)]
            .into_iter()
            .collect(),
        note: String::new(),
        level: 0,
        opened_at: None,
        opened_by: None,
        received_by: None,
        opened_for: None,
        opened_again_at: None,
        wrong_at: None,
        wrong_why: None,
        upheld_at: None,
        in_error: None,
        came_before: None,
        entered_by: None,
        corrected_at: None,
    }
}

async fn stores(db: &Db, moment: Timestamp, random: u8) -> bool {
    let row = report(moment, random);
    db.write(move |tx| {
        let stands = reports::ask_measured(tx, row.case)?.all(tx)?;
        match Measured::from(stands).has(row.id) {
            true => Ok(false),
            false => reports::insert(tx, &row).map(|()| true),
        }
    })
    .await
    .unwrap()
}

async fn of_the_case(db: &Db) -> usize {
    db.read(|tx| reports::of_case(tx, CaseId::from_uuid(CASE)))
        .await
        .unwrap()
        .len()
}

/// Makes what is missing, as the timer does.
async fn make_all(db: &Db, now: Timestamp) -> Result<usize, Error> {
    let mut made = 0;
    for (table, half) in db.read(move |tx| partitions::missing(tx, now)).await? {
        made += usize::from(
            db.write(move |tx| partitions::make(tx, table, half, now))
                .await?,
        );
    }
    Ok(made)
}

/// A line of the audit log in a chain.
async fn line(db: &Db, seq: i64, moment: Timestamp) {
    db.write(move |tx| {
        tx.execute(
            "INSERT INTO audit_log (chain, seq, at, actor_kind, action, details, mac) VALUES (1, $1, $2, 'system', 'a', '', 'm')",
            &[&seq, &storage::engine::At(moment)],
        )
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_is_carried_over_without_being_written_anew() {
    on_postgres(|url, schema| async move {
        let db = Db::postgres(&url, Some(&schema)).await.unwrap();
        migrations::migrate_to(&db, now(), 12).await.unwrap();
        one_case(&db).await;
        for (n, moment) in ["2026-02-01T00:00:00Z", "2026-11-22T23:59:59Z", "2031-01-01T00:00:00Z"].iter().enumerate() {
            // A process of that time knows nothing of what later releases ask.
            let row = report(at(moment), u8::try_from(n).unwrap());
            db.write(move |tx| reports::insert(tx, &row)).await.unwrap();
            line(&db, i64::try_from(n).unwrap() + 1, at(moment)).await;
        }
        let file = "SELECT relfilenode::bigint FROM pg_class WHERE oid = to_regclass('status_reports')";
        let before = count(&db, file).await;
        migrations::migrate(&db, now()).await.unwrap();
        let file = "SELECT relfilenode::bigint FROM pg_class WHERE oid = to_regclass('status_reports_first')";
        assert_eq!(count(&db, file).await, before, "the old table stays the file that it was");
        assert_eq!(count(&db, "SELECT count(*) FROM status_reports_first").await, 2);
        assert_eq!(count(&db, "SELECT count(*) FROM status_reports_default").await, 1);
        assert_eq!(count(&db, "SELECT count(*) FROM audit_log_first").await, 2);
        assert_eq!(of_the_case(&db).await, 3);
        let lines = db.read(|tx| storage::audit::run(tx, 1, 0, 10)).await.unwrap();
        assert_eq!(lines.iter().map(|l| l.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(!stores(&db, at("2026-02-01T00:00:00Z"), 0).await, "the same form once more");
        assert!(stores(&db, at("2026-11-23T08:00:00Z"), 9).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_half_years_are_made_once_by_however_many_and_take_what_had_no_place() {
    on_both(|db: Db| async move {
        if db.is_embedded() {
            assert_eq!(make_all(&db, now()).await.unwrap(), 0);
            return;
        }
        let missing = db.read(|tx| partitions::missing(tx, now())).await.unwrap();
        assert_eq!(
            missing.len(),
            4,
            "two half-years of two tables: {missing:?}"
        );
        one_case(&db).await;
        let next = at("2027-01-01T00:00:00Z");
        assert!(stores(&db, next, 1).await, "before its partition stands");
        assert!(stores(&db, next - SignedDuration::from_millis(1), 2).await);
        assert_eq!(
            db.read(|tx| partitions::strays(tx, Table::Reports, now()))
                .await
                .unwrap(),
            1
        );
        let nodes: Vec<_> = (0..6)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { make_all(&db, now()).await })
            })
            .collect();
        let mut made = 0;
        for node in nodes {
            made += node.await.unwrap().unwrap();
        }
        made += make_all(&db, now()).await.unwrap();
        assert_eq!(made, 4);
        assert_eq!(make_all(&db, now()).await.unwrap(), 0);
        assert_eq!(
            db.read(|tx| partitions::strays(tx, Table::Reports, now()))
                .await
                .unwrap(),
            0
        );
        assert_eq!(
            count(&db, "SELECT count(*) FROM status_reports_2027h1").await,
            1
        );
        assert_eq!(
            count(&db, "SELECT count(*) FROM status_reports_first").await,
            1
        );
        assert!(
            !stores(&db, next, 1).await,
            "one form, one report, wherever it lies"
        );
        // Half a year later, one more of each.
        assert_eq!(make_all(&db, at("2027-01-01T00:00:00Z")).await.unwrap(), 2);
        assert_eq!(
            HalfYear::of(at("2027-06-30T23:59:59Z")).next().begins(),
            at("2027-07-01T00:00:00Z")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn making_one_gives_up_while_the_table_is_in_use_and_keeps_nobody_waiting() {
    on_both(|db: Db| async move {
        if db.is_embedded() {
            return;
        }
        one_case(&db).await;
        assert!(stores(&db, now(), 1).await);
        let (began, begun) = std::sync::mpsc::channel();
        let other = db.clone();
        // Somebody reads all partitions for a while, as an export does.
        let reader = tokio::spawn(async move {
            other
                .read(move |tx| {
                    let rows = reports::of_case(tx, CaseId::from_uuid(CASE))?;
                    let _ = began.send(());
                    std::thread::sleep(std::time::Duration::from_millis(1_500));
                    Ok(rows.len())
                })
                .await
        });
        tokio::task::spawn_blocking(move || begun.recv().unwrap())
            .await
            .unwrap();
        let making = tokio::spawn({
            let db = db.clone();
            async move { make_all(&db, now()).await }
        });
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let start = std::time::Instant::now();
        assert!(stores(&db, now(), 2).await);
        assert_eq!(of_the_case(&db).await, 2);
        assert!(
            start.elapsed() < std::time::Duration::from_millis(1_000),
            "{:?}",
            start.elapsed()
        );
        assert!(matches!(making.await.unwrap(), Err(Error::Busy)));
        assert_eq!(reader.await.unwrap().unwrap(), 1);
        assert_eq!(make_all(&db, now()).await.unwrap(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_reports_are_taken_out_and_put_back() {
    on_both(|db: Db| async move {
        if db.is_embedded() {
            return;
        }
        one_case(&db).await;
        make_all(&db, now()).await.unwrap();
        assert!(stores(&db, at("2026-11-22T00:00:00Z"), 1).await);
        assert!(stores(&db, at("2027-02-01T00:00:00Z"), 2).await);
        run(&db, "SET LOCAL lock_timeout = '250ms'; ALTER TABLE status_reports DETACH PARTITION status_reports_first").await;
        assert_eq!(of_the_case(&db).await, 1);
        assert!(stores(&db, at("2027-02-02T00:00:00Z"), 3).await);
        run(
            &db,
            "ALTER TABLE status_reports ATTACH PARTITION status_reports_first
                FOR VALUES FROM (MINVALUE) TO ('01a2ce8b-d400-0000-0000-000000000000')",
        )
        .await;
        assert_eq!(of_the_case(&db).await, 3);
    })
    .await;
}

async fn put_back(db: &Db, name: &'static str) -> Result<Back, Error> {
    db.write(move |tx| partitions::put_back(tx, name)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_year_comes_back_by_the_command_however_old_its_table_is() {
    on_both(|db: Db| async move {
        let name = "status_reports_2027h1";
        if db.is_embedded() {
            assert!(matches!(put_back(&db, name).await, Err(Error::Refused(_))));
            return;
        }
        one_case(&db).await;
        make_all(&db, now()).await.unwrap();
        assert!(stores(&db, at("2026-11-22T00:00:00Z"), 1).await);
        assert!(stores(&db, at("2027-02-01T00:00:00Z"), 2).await);
        // A release before knew one column less; and somebody was purged meanwhile.
        run(
            &db,
            "ALTER TABLE status_reports DETACH PARTITION status_reports_2027h1;
             ALTER TABLE status_reports_2027h1 DROP COLUMN came_before;
             INSERT INTO status_reports_2027h1 (case_id, id, questionnaire_id, channel, measured_at, received_at, health_day,
                answers, note, level) SELECT '00000000-0000-0000-0000-0000000000ff', id, questionnaire_id, channel,
                measured_at, received_at, health_day, answers, note, level FROM status_reports_2027h1",
        )
        .await;
        assert!(stores(&db, at("2027-02-02T00:00:00Z"), 3).await, "late");
        assert_eq!(of_the_case(&db).await, 2);
        for wrong in ["status_reports_2026h2", "status_reports_default", "cases"] {
            let refused = put_back(&db, wrong).await;
            assert!(matches!(refused, Err(Error::Refused(_))), "{wrong}");
        }
        let back = put_back(&db, name).await.unwrap();
        assert!(matches!(back, Back::Attached(_)), "{back:?}");
        assert_eq!(of_the_case(&db).await, 3);
        assert_eq!(
            count(&db, "SELECT count(*) FROM status_reports_2027h1").await,
            2
        );
        assert_eq!(
            count(&db, "SELECT count(*) FROM status_reports_default").await,
            0
        );
        let back = put_back(&db, name).await.unwrap();
        assert!(matches!(back, Back::Stood(_)), "{back:?}");
        // In a database that was restored, another part holds what is of that time.
        run(
            &db,
            "ALTER TABLE status_reports DETACH PARTITION status_reports_2027h1;
             ALTER TABLE status_reports DETACH PARTITION status_reports_first;
             CREATE TABLE status_reports_whole (LIKE status_reports INCLUDING ALL);
             INSERT INTO status_reports_whole (case_id, id, questionnaire_id, channel, measured_at, received_at, health_day,
                answers, note, level) SELECT case_id, id, questionnaire_id, channel, measured_at, received_at, health_day,
                answers, note, level FROM status_reports_first;
             INSERT INTO status_reports_whole (case_id, id, questionnaire_id, channel, measured_at, received_at, health_day,
                answers, note, level) SELECT case_id, id, questionnaire_id, channel, measured_at, received_at, health_day,
                answers, note, level FROM status_reports_2027h1 LIMIT 1;
             DROP TABLE status_reports_first;
             ALTER TABLE status_reports ATTACH PARTITION status_reports_whole
                FOR VALUES FROM (MINVALUE) TO ('01a672aa-e000-0000-0000-000000000000')",
        )
        .await;
        assert_eq!(of_the_case(&db).await, 2);
        let back = put_back(&db, name).await.unwrap();
        assert!(matches!(back, Back::Moved(_)), "{back:?}");
        assert_eq!(of_the_case(&db).await, 3);
        assert!(matches!(put_back(&db, name).await, Err(Error::Refused(_))));
    })
    .await;
}

async fn named(db: &Db, table: Table) -> Vec<String> {
    let parts = db.read(move |tx| partitions::standing(tx, table)).await;
    parts.unwrap().into_iter().map(|part| part.name).collect()
}

/// Takes away what is empty, as the timer does.
async fn take_all(db: &Db, now: Timestamp) -> Result<Vec<String>, Error> {
    let mut taken = Vec::new();
    for name in db.read(move |tx| partitions::emptied(tx, now)).await? {
        let asked = name.clone();
        if db
            .write(move |tx| partitions::take_away(tx, &asked, now))
            .await?
        {
            taken.push(name);
        }
    }
    Ok(taken)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_year_whose_people_were_all_purged_goes_and_no_other_one_does() {
    on_both(|db: Db| async move {
        let later = at("2028-03-01T00:00:00Z");
        if db.is_embedded() {
            assert!(take_all(&db, later).await.unwrap().is_empty());
            return;
        }
        one_case(&db).await;
        make_all(&db, now()).await.unwrap();
        make_all(&db, at("2027-07-01T00:00:00Z")).await.unwrap();
        make_all(&db, later).await.unwrap();
        assert!(stores(&db, at("2026-11-22T00:00:00Z"), 1).await);
        assert!(stores(&db, at("2027-02-01T00:00:00Z"), 2).await);
        assert!(stores(&db, at("2027-08-01T00:00:00Z"), 3).await);
        let of_the_first_half = "DELETE FROM status_reports_2027h1";
        run(&db, of_the_first_half).await;
        assert!(
            take_all(&db, later).await.unwrap().is_empty(),
            "its bytes are there until a vacuum"
        );
        let began = std::time::Instant::now();
        // Rows that an older snapshot may see stay until the next vacuum; other tests have theirs on the same server.
        while db
            .read(move |tx| partitions::emptied(tx, later))
            .await
            .unwrap()
            .is_empty()
        {
            assert!(db.scrub(false).await.unwrap());
            assert!(began.elapsed() < std::time::Duration::from_secs(60));
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        // What is over for a few days may have a form on its way.
        let soon = at("2027-07-20T00:00:00Z");
        assert!(take_all(&db, soon).await.unwrap().is_empty());
        // People report and look at their history meanwhile.
        let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
        let people = tokio::spawn({
            let db = db.clone();
            async move {
                let mut reports = 0;
                while stopped.try_recv() == Err(tokio::sync::oneshot::error::TryRecvError::Empty) {
                    let moment = later + SignedDuration::from_secs(reports);
                    let began = std::time::Instant::now();
                    assert!(stores(&db, moment, 200).await);
                    assert!(of_the_case(&db).await >= 2);
                    assert!(began.elapsed() < std::time::Duration::from_secs(3));
                    reports += 1;
                }
                reports
            }
        });
        let nodes: Vec<_> = (0..4)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { take_all(&db, later).await })
            })
            .collect();
        let mut taken = Vec::new();
        for node in nodes {
            // Where somebody was in the way, the next time does it.
            match node.await.unwrap() {
                Ok(some) => taken.extend(some),
                Err(error) => assert!(matches!(error, Error::Busy), "{error}"),
            }
        }
        let began = std::time::Instant::now();
        while taken.is_empty() {
            match take_all(&db, later).await {
                Ok(some) => taken.extend(some),
                Err(error) => assert!(matches!(error, Error::Busy), "{error}"),
            }
            assert!(began.elapsed() < std::time::Duration::from_secs(20));
        }
        assert_eq!(taken, ["status_reports_2027h1"]);
        drop(stop);
        assert!(people.await.unwrap() > 0);
        let left = named(&db, Table::Reports).await;
        for name in ["first", "2027h2", "2028h1", "2028h2", "2029h1", "default"] {
            assert!(
                left.contains(&format!("status_reports_{name}")),
                "{name}: {left:?}"
            );
        }
        assert!(
            named(&db, Table::Audit)
                .await
                .contains(&"audit_log_2027h1".to_owned())
        );
        let before = of_the_case(&db).await;
        // A report of that time is late by more than a month, and has its place all the same.
        assert!(stores(&db, at("2027-03-01T00:00:00Z"), 4).await);
        assert_eq!(of_the_case(&db).await, before + 1);
        let strays = db.read(move |tx| partitions::strays(tx, Table::Reports, later));
        assert_eq!(strays.await.unwrap(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_by_its_key_and_a_new_one_touch_one_partition() {
    on_both(|db: Db| async move {
        if db.is_embedded() {
            return;
        }
        make_all(&db, now()).await.unwrap();
        let plan = |sql: &'static str| {
            let db = db.clone();
            async move {
                db.read(move |tx| tx.query(sql, &[], |row| row.get::<String>(0)))
                    .await
                    .unwrap()
                    .join("\n")
            }
        };
        let of_one = plan(
            "EXPLAIN (COSTS OFF) SELECT * FROM status_reports
             WHERE case_id = '00000000-0000-0000-0000-000000000007' AND id = '01a00000-0000-7000-8000-000000000000'",
        )
        .await;
        assert_eq!(of_one.matches("Scan").count(), 1, "{of_one}");
        let of_case = plan(
            "EXPLAIN (COSTS OFF) SELECT * FROM status_reports WHERE case_id = '00000000-0000-0000-0000-000000000007'",
        )
        .await;
        let scans = of_case.matches("Scan").count();
        assert!(scans >= 4 && !of_case.contains("Seq Scan on status_reports_first"), "{of_case}");
    })
    .await;
}
