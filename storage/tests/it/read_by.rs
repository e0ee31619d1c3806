//! Whose hands reports went through before that was written down.

use crate::{now, on_postgres};
use domain::ids::{CaseId, HealthCenterId, PersonId, QuestionnaireId, ReportId};
use jiff::{SignedDuration, Timestamp};
use storage::case_registration::{NewCase, NewPerson};
use storage::engine::At;
use storage::health_center::HealthCenterRow;
use storage::migrations::{migrate, migrate_to};
use storage::{Db, Error, Tx, status_report};
use uuid::Uuid;

const MINATO: HealthCenterId = HealthCenterId::from_uuid(Uuid::from_u128(1));
const SHIBUYA: HealthCenterId = HealthCenterId::from_uuid(Uuid::from_u128(2));
const QUESTIONNAIRE: QuestionnaireId = QuestionnaireId::from_uuid(Uuid::from_u128(3));

fn minutes(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

fn places(tx: &mut Tx<'_>) -> Result<(), Error> {
    for (id, name) in [(MINATO, "Minato"), (SHIBUYA, "Shibuya")] {
        let row = HealthCenterRow {
            id,
            name: name.to_owned(),
            contact: serde_json::json!({}),
            time_zone: "Asia/Tokyo".to_owned(),
        };
        storage::health_center::insert(tx, &row, now())?;
    }
    tx.execute(
        "INSERT INTO questionnaires (id, programme, valid_from, content, checksum, loaded_at)
         VALUES ($1, 'covid-19', $2, $3, $4, $5)",
        &[
            &QUESTIONNAIRE.uuid(),
            &jiff::civil::date(2020, 1, 1),
            &serde_json::json!({}),
            &vec![1u8],
            &At(now()),
        ],
    )?;
    Ok(())
}

/// Somebody whom Shibuya follows, with reports: the minute in which each came, and that in which it was opened.
fn somebody(tx: &mut Tx<'_>, n: u128, reports: &[(i64, Option<i64>)]) -> Result<CaseId, Error> {
    let day = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let person = NewPerson {
        id: PersonId::from_uuid(Uuid::from_u128(100 + n)),
        center: SHIBUYA,
        birthdate: day,
        phone_sealed: vec![1],
        phone_blind: vec![2],
        email_sealed: None,
        language: "ja".to_owned(),
        names: Vec::new(),
    };
    let case = NewCase {
        id: CaseId::from_uuid(Uuid::from_u128(n)),
        programme: "covid-19".to_owned(),
        hersys_id: n.to_string(),
        diagnosed_on: day,
        onset_on: None,
        entered_japan_on: None,
        passport_sealed: None,
        registered_by: None,
        form_key: Uuid::from_u128(200 + n),
        is_contact: false,
    };
    storage::case_registration::insert_person(tx, &person, now())?;
    storage::case_registration::insert_case(tx, &case, &person, now())?;
    storage::monitoring::begin(tx, case.id, SHIBUYA, day, None, (true, false), now())?;
    for (at, (came, opened)) in (0u128..).zip(reports) {
        tx.execute(
            "INSERT INTO status_reports (case_id, id, questionnaire_id, channel, measured_at, received_at, health_day, answers,
                note, level, opened_at)
             VALUES ($1, $2, $3, 'web', $4, $4, $5, $6, '', 0, $7)",
            &[
                &case.id.uuid(),
                &Uuid::from_u128(1_000 * n + at),
                &QUESTIONNAIRE.uuid(),
                &At(minutes(*came)),
                &day,
                &status_report::Said::default(),
                &opened.map(|opened| At(minutes(opened))),
            ],
        )?;
    }
    Ok(case.id)
}

fn transfer(tx: &mut Tx<'_>, n: u128, case: CaseId, at: i64, answer: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO transfers (id, case_id, from_center, to_center, offered_at, offered_by, note_sealed, due_at, answered_at,
            answered_by, answer)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $5, $8, $6, $9)",
        &[
            &Uuid::from_u128(n),
            &case.uuid(),
            &MINATO.uuid(),
            &SHIBUYA.uuid(),
            &At(minutes(at - 1)),
            &Uuid::from_u128(9),
            &vec![1u8],
            &At(minutes(at)),
            &answer,
        ],
    )?;
    Ok(())
}

async fn tells_of_the_time_before(db: Db) {
    migrate_to(&db, now(), 94).await.unwrap();
    let (moved, stayed) = db
        .write(|tx| {
            places(tx)?;
            let moved = somebody(
                tx,
                10,
                &[(0, Some(10)), (5, Some(40)), (35, None), (6, None)],
            )?;
            transfer(tx, 50, moved, 20, "refused")?;
            transfer(tx, 51, moved, 30, "accepted")?;
            Ok((moved, somebody(tx, 11, &[(0, Some(10))])?))
        })
        .await
        .unwrap();
    migrate(&db, now()).await.unwrap();
    let hands = async |case: CaseId| {
        let reports = db.read(move |tx| status_report::of_case(tx, case)).await;
        let mut reports = reports.unwrap();
        reports.sort_by_key(|one| one.id);
        reports
            .iter()
            .map(|one| (one.received_by, one.opened_for))
            .collect::<Vec<_>>()
    };
    let minato = Some(MINATO);
    assert_eq!(
        hands(moved).await,
        [
            (minato, minato),
            (minato, None),
            (None, None),
            (minato, None)
        ]
    );
    assert_eq!(hands(stayed).await, [(None, None)]);

    // What nobody of Shibuya has opened is opened there; the rest stays as it is.
    let by = domain::ids::StaffId::from_uuid(Uuid::from_u128(9));
    let opened = db
        .write(move |tx| status_report::opened(tx, moved, (SHIBUYA, by), minutes(60)))
        .await;
    assert_eq!(opened.unwrap(), 3);
    let again = db
        .write(move |tx| status_report::opened(tx, moved, (SHIBUYA, by), minutes(70)))
        .await;
    assert_eq!(again.unwrap(), 0);
    let id = ReportId::from_uuid(Uuid::from_u128(10_000));
    let first = db.read(move |tx| status_report::find(tx, moved, id)).await;
    let first = first.unwrap().unwrap();
    assert_eq!(first.opened_at, Some(minutes(10)));
    assert_eq!(first.opened_again_at, Some(minutes(60)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_who_was_handed_over_before_it_is_told_who_had_them_then() {
    let folder = tempfile::TempDir::new().unwrap();
    let db = Db::sqlite(&folder.path().join("hersys.db")).unwrap();
    tells_of_the_time_before(db).await;
    on_postgres(|url, schema| async move {
        let db = Db::postgres(&url, Some(&schema)).await.unwrap();
        tells_of_the_time_before(db).await;
    })
    .await;
}
