//! People who are signed in on their phones, with reports of the days before.

use anyhow::{Context, Result};
use app::keys::{Keys, MasterKey, Token};
use domain::ids::{
    AccountId, CaseId, HealthCenterId, PersonId, QuestionnaireId, ReportId, SessionId,
};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use storage::account::{self, AccountRow};
use storage::case_registration::{NameRow, NewCase, NewPerson, insert_case, insert_person};
use storage::monitoring::{self, Latest};
use storage::status_report::{self, ReportRow};
use storage::{Db, Tx};
use uuid::Uuid;

/// People of one transaction.
const BATCH: u32 = 500;

/// An id that is spread like a random one, and the same in every run.
fn id(number: u64) -> Uuid {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    uuid::Builder::from_u128((u128::from(mixed) << 64) | u128::from(number)).into_uuid()
}

/// The case of a person.
pub(super) fn case_of(number: u32) -> Uuid {
    id(u64::from(number) * 8 + 1)
}

/// The token in a person's browser.
pub(super) fn token_of(number: u32) -> String {
    format!("{number:043}")
}

#[derive(Clone)]
pub(super) struct People {
    pub(super) centers: Vec<HealthCenterId>,
    pub(super) questionnaire: QuestionnaireId,
    pub(super) now: Timestamp,
    pub(super) today: Date,
    /// Reports of each from the days before.
    pub(super) reports: u32,
    sealed: Vec<u8>,
    answers: serde_json::Value,
}

impl People {
    pub(super) fn new(
        centers: Vec<HealthCenterId>,
        questionnaire: (QuestionnaireId, &domain::questionnaire::Questionnaire),
        key: [u8; 32],
        (now, today): (Timestamp, Date),
        reports: u32,
    ) -> People {
        let answers = questionnaire
            .1
            .questions
            .iter()
            .map(|question| (question.id.as_str().to_owned(), "no".into()))
            .collect();
        People {
            centers,
            questionnaire: questionnaire.0,
            now,
            today,
            reports,
            sealed: Keys::new(&MasterKey::from_bytes(key)).seal_text("phone", "+819012345678"),
            answers: serde_json::Value::Object(answers),
        }
    }

    /// Writes so many people.
    pub(super) async fn fill(&self, db: &Db, people: u32) -> Result<()> {
        let mut from = 0;
        while from < people {
            let (first, filling) = (from, self.clone());
            let to = (from + BATCH).min(people);
            db.write(move |tx| (first..to).try_for_each(|number| filling.person(tx, number)))
                .await
                .context("people cannot be written")?;
            from = to;
        }
        Ok(())
    }

    fn person(&self, tx: &mut Tx<'_>, number: u32) -> Result<(), storage::Error> {
        let n = u64::from(number) * 8;
        let center = self.centers[number as usize % self.centers.len()];
        let case = CaseId::from_uuid(case_of(number));
        let account = AccountId::from_uuid(id(n + 2));
        let session = SessionId::from_uuid(id(n + 3));
        let begun = self.now - SignedDuration::from_hours(24 * 5);
        let person = NewPerson {
            id: PersonId::from_uuid(id(n)),
            center,
            birthdate: self
                .today
                .saturating_sub((i64::from(number % 90) * 365).days()),
            phone_sealed: self.sealed.clone(),
            phone_blind: n.to_le_bytes().to_vec(),
            email_sealed: None,
            language: "ja".to_owned(),
            names: vec![NameRow {
                script: "kanji".to_owned(),
                name: format!("見本 {number}"),
                key_joined: format!("見本{number}"),
                key_sorted: format!("見本{number}"),
            }],
        };
        let row = NewCase {
            id: case,
            programme: "covid-19".to_owned(),
            hersys_id: format!("{:08}", 10_000_000 + number),
            diagnosed_on: self.today.saturating_sub(5.days()),
            onset_on: Some(self.today.saturating_sub(6.days())),
            entered_japan_on: None,
            passport_sealed: None,
            registered_by: None,
            form_key: id(n + 4),
            is_contact: false,
        };
        insert_person(tx, &person, begun)?;
        insert_case(tx, &row, &person, begun)?;
        let review = Some(self.today.saturating_add(5.days()));
        monitoring::begin(tx, case, center, self.today, review, true, begun)?;
        let row = AccountRow {
            id: account,
            email_sealed: self.sealed.clone(),
            email_blind: n.to_le_bytes().to_vec(),
            password_hash: String::new(),
            language: "ja".to_owned(),
        };
        account::insert(tx, &row, begun)?;
        if let Some(token) = Token::parse(&token_of(number)) {
            let until = self.now + SignedDuration::from_hours(24 * 60);
            storage::session::start(tx, session, &token.hash(), account, self.now, until)?;
        }
        storage::attributes::claim(tx, case, account, session, begun)?;
        monitoring::has_account(tx, case, begun)?;
        let mut last = None;
        for report in (1..=self.reports).rev() {
            let at = self.now - SignedDuration::from_hours(i64::from(report) * 12);
            let row = self.report(case, account, at, number ^ report);
            status_report::insert(tx, &row)?;
            last = Some(row);
        }
        let Some(last) = last else { return Ok(()) };
        let latest = Latest {
            report: last.id,
            measured_at: last.measured_at,
            received_at: last.received_at,
            health_day: last.health_day,
            temperature: last.temperature,
            spo2: last.spo2,
            level: 0,
            urgency: 0,
            worsening: false,
            reasons: serde_json::json!([]),
        };
        let reports = i32::try_from(self.reports).unwrap_or(0);
        monitoring::set_latest(tx, case, &latest, reports, last.received_at)
    }

    fn report(&self, case: CaseId, account: AccountId, at: Timestamp, noise: u32) -> ReportRow {
        let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or(0);
        let mut random = [0; 10];
        random[..4].copy_from_slice(&noise.wrapping_mul(0x9e37_79b9).to_le_bytes());
        ReportRow {
            case,
            id: ReportId::from_uuid(
                uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid(),
            ),
            questionnaire: self.questionnaire,
            channel: "web".to_owned(),
            account: Some(account),
            measured_at: at,
            received_at: at,
            health_day: at.to_zoned(jiff::tz::TimeZone::UTC).date(),
            temperature: Some(365),
            spo2: Some(97),
            answers: self.answers.clone(),
            note: String::new(),
            level: 0,
            opened_at: None,
            opened_by: None,
            wrong_at: None,
            wrong_why: None,
            entered_by: None,
            corrected_at: None,
        }
    }
}
