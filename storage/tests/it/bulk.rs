//! What is filled in for measuring is found by the product's own statements.
#![cfg(feature = "bulk")]

use crate::now;
use domain::ids::{
    AccountId, CaseId, HealthCenterId, PersonId, QuestionnaireId, ReportId, SessionId,
};
use domain::questionnaire::QuestionId;
use domain::status_report::Answer;
use jiff::{SignedDuration, Timestamp};
use storage::Db;
use storage::account::AccountRow;
use storage::audit::{AuditEntry, AuditRow, HeadRow};
use storage::bulk::{Account, Batch, Bulk, Followed};
use storage::case_registration::{NameRow, NewCase, NewPerson, Scope};
use storage::health_center::HealthCenterRow;
use storage::monitoring::Latest;
use storage::status_report::ReportRow;
use uuid::Uuid;

const TOKEN: &[u8] = b"hash of a token";

fn report(case: CaseId, questionnaire: QuestionnaireId, at: Timestamp, n: u128) -> ReportRow {
    ReportRow {
        case,
        id: ReportId::from_uuid(Uuid::from_u128(n)),
        questionnaire,
        channel: "web".to_owned(),
        account: None,
        measured_at: at,
        received_at: at,
        health_day: at.to_zoned(jiff::tz::TimeZone::UTC).date(),
        temperature: Some(366),
        spo2: None,
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

fn batch(center: HealthCenterId, questionnaire: QuestionnaireId) -> Batch {
    let case = CaseId::from_uuid(Uuid::from_u128(11));
    let account = AccountId::from_uuid(Uuid::from_u128(12));
    let day = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let reports: Vec<_> = (0..3)
        .map(|n| {
            let at = now() - SignedDuration::from_hours(12 * (3 - n));
            report(case, questionnaire, at, 100 + u128::try_from(n).unwrap())
        })
        .collect();
    let last = &reports[2];
    let latest = Latest {
        report: last.id,
        measured_at: last.measured_at,
        received_at: last.received_at,
        heard_on: last.health_day,
        temperature: last.temperature,
        spo2: last.spo2,
        level: 0,
        urgency: 0,
        worsening: false,
        reasons: serde_json::json!([]),
        silence_look_at: Some(last.received_at + SignedDuration::from_hours(30)),
    };
    let person = NewPerson {
        id: PersonId::from_uuid(Uuid::from_u128(10)),
        center,
        birthdate: day,
        phone_sealed: vec![1],
        phone_blind: vec![2],
        email_sealed: None,
        language: "ja".to_owned(),
        names: vec![NameRow {
            script: "kanji".to_owned(),
            name: "山田 花子".to_owned(),
            key_joined: "山田花子".to_owned(),
            key_sorted: "山田花子".to_owned(),
        }],
    };
    let entry = AuditEntry {
        at: now(),
        actor_kind: "system".to_owned(),
        actor: None,
        place: None,
        action: "case.registered".to_owned(),
        case: Some(case),
        subject: None,
        details: String::new(),
    };
    let chain = storage::audit::chain_of(&entry, true);
    Batch {
        people: vec![Followed {
            case: NewCase {
                id: case,
                programme: "covid-19".to_owned(),
                hersys_id: "12345678".to_owned(),
                diagnosed_on: day,
                onset_on: None,
                entered_japan_on: None,
                passport_sealed: None,
                registered_by: None,
                form_key: Uuid::from_u128(13),
                is_contact: false,
            },
            person,
            registered_at: now(),
            registered_on: day,
            account: Some(Account {
                row: AccountRow {
                    id: account,
                    email_sealed: vec![3],
                    email_blind: vec![4],
                    password_hash: "hash".to_owned(),
                    language: "ja".to_owned(),
                },
                session: SessionId::from_uuid(Uuid::from_u128(14)),
                token_hash: TOKEN.to_vec(),
                claimed_at: now(),
                seen_at: now(),
                expires_at: now() + SignedDuration::from_hours(1),
            }),
            latest: Some((latest, 3)),
            next_call_at: None,
            review_from: Some(day),
            alert: None,
        }],
        reports,
        audit: vec![AuditRow {
            chain,
            seq: 1,
            entry,
            mac: vec![5],
        }],
        heads: vec![HeadRow {
            chain,
            seq: 1,
            last_mac: vec![5],
            mac: vec![6],
        }],
    }
}

/// Hashes that nobody checks.
struct Unsealed;

impl storage::audit::Seal for Unsealed {
    fn line(&self, _: &[u8], _: i32, _: i64, _: &storage::audit::AuditEntry) -> Vec<u8> {
        vec![0]
    }

    fn head(&self, _: i32, _: i64, _: &[u8]) -> Vec<u8> {
        vec![0]
    }
}

async fn fills(db: Db, open: impl FnOnce() -> Bulk + Send + 'static) {
    storage::migrations::migrate(&db, now()).await.unwrap();
    let center = HealthCenterId::from_uuid(Uuid::from_u128(1));
    let questionnaire = QuestionnaireId::from_uuid(Uuid::from_u128(2));
    db.write(move |tx| {
        let row = HealthCenterRow {
            id: center,
            name: "Minato".to_owned(),
            contact: serde_json::json!({}),
            time_zone: "Asia/Tokyo".to_owned(),
        };
        storage::health_center::insert(tx, &row, now())?;
        storage::audit::begin(tx, &Unsealed)?;
        tx.execute(
            "INSERT INTO questionnaires (id, programme, valid_from, content, checksum, loaded_at)
             VALUES ($1, 'covid-19', $2, $3, $4, $5)",
            &[
                &questionnaire.uuid(),
                &jiff::civil::date(2020, 1, 1),
                &serde_json::json!({}),
                &vec![1u8],
                &storage::engine::At(now()),
            ],
        )
    })
    .await
    .unwrap();
    let filling = std::thread::spawn(move || {
        let mut bulk = open();
        bulk.write(&batch(center, questionnaire)).unwrap();
        bulk.finish().unwrap();
    });
    tokio::task::spawn_blocking(move || filling.join().unwrap())
        .await
        .unwrap();
    let (session, case, reports, followed, lines, heads) = db
        .read(move |tx| {
            let before = now() - SignedDuration::from_hours(1);
            let session = storage::session::find(tx, TOKEN, now(), before)?.unwrap();
            let scope = Scope::Family(session.account);
            let case = CaseId::from_uuid(Uuid::from_u128(11));
            Ok((
                session,
                storage::case_registration::find(tx, &scope, case)?,
                storage::status_report::of_case(tx, case)?,
                storage::monitoring::row(tx, case)?,
                storage::audit::of_case(
                    tx,
                    case,
                    [""; 3],
                    storage::audit::Wished {
                        from: Timestamp::UNIX_EPOCH,
                        to: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 1_000),
                        limit: 10,
                        offset: 0,
                    },
                )?,
                storage::audit::heads(tx)?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(session.account.uuid(), Uuid::from_u128(12));
    assert_eq!(case.unwrap().hersys_id, "12345678");
    let ids: Vec<_> = reports.iter().map(|r| r.id.uuid().as_u128()).collect();
    assert_eq!(ids, [102, 101, 100]);
    // As a measurement counts what has come since it began.
    for (hours, came) in [(36, 3), (12, 1), (11, 0)] {
        let since = now() - SignedDuration::from_hours(hours);
        let counted = db.read(move |tx| storage::reckoning::count_since(tx, since));
        assert_eq!(counted.await.unwrap(), came, "{hours}");
    }
    let followed = followed.unwrap();
    assert_eq!(followed.names[0].as_deref(), Some("山田 花子"));
    assert_eq!(
        (followed.monitoring.reports, followed.monitoring.temperature),
        (3, Some(366))
    );
    assert_eq!(lines.len(), 1);
    let head = heads
        .iter()
        .find(|head| head.chain == lines[0].chain)
        .unwrap();
    assert_eq!(
        (head.seq, head.last_mac.as_slice()),
        (1, lines[0].mac.as_slice())
    );
}

#[tokio::test]
async fn what_was_filled_in_is_found_by_the_products_own_statements() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("hersys.db");
    let db = Db::sqlite(&path).unwrap();
    fills(db, move || Bulk::sqlite(&path).unwrap()).await;
    let Ok(url) = std::env::var("HERSYS_TEST_POSTGRES_URL") else {
        eprintln!("HERSYS_TEST_POSTGRES_URL is not set: on SQLite only");
        return;
    };
    let schema = format!("t{}", Uuid::new_v4().simple());
    let (u, s) = (url.clone(), schema.clone());
    tokio::task::spawn_blocking(move || storage::bulk::new_schema(&u, &s).unwrap())
        .await
        .unwrap();
    let db = Db::postgres(&url, Some(&schema)).await.unwrap();
    let (u, s) = (url.clone(), schema.clone());
    fills(db, move || Bulk::postgres(&u, &s).unwrap()).await;
    tokio::task::spawn_blocking(move || storage::bulk::drop_schema(&url, &schema).unwrap())
        .await
        .unwrap();
}
