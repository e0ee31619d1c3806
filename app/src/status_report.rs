//! Status reports: from what a person typed to a stored report, its latest state, and what somebody must look at.

use crate::family::Member;
use crate::questionnaire::Stored;
use crate::tasks::ALARMING_REPORT;
use crate::{App, Error, PatientDesk};
use domain::health_day::health_day;
use domain::ids::{CaseId, ReportId, TaskId};
use domain::personal::Personal;
use domain::questionnaire::QuestionId;
use domain::status_report::{
    Answer, Answers, Field, Problems, RawReport, check, measured_at, understood,
};
use domain::urgency::{Level, assess};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::case_registration::{self as cases, CaseRow, Scope};
use storage::status_report::{self as rows, ReportRow};
use storage::tasks::TaskRow;

/// The form for a member's report.
#[derive(Clone)]
pub struct ReportForm {
    /// Whose state is asked for.
    pub member: Member,
    /// The questionnaire that holds today.
    pub stored: Arc<Stored>,
    /// The key that makes a repeated form one report.
    pub key: ReportId,
}

/// What came of sending a report.
#[derive(Clone)]
pub enum Submit {
    /// It is on disk: now, or already when the same form came before.
    Accepted(ReportId),
    /// A form with this key was sent before, with other answers. Nothing was stored; a new key lets the person send
    /// these too.
    SentBefore {
        /// When the first one was received.
        at: Timestamp,
        /// The new key.
        new_key: ReportId,
    },
    /// Something is missing or cannot be; with how urgent that is which was understood.
    Problems(Problems, Level),
    /// There is no such member.
    NoSuchMember,
}

/// A report as pages show it.
#[derive(Clone)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// The questionnaire that was answered.
    pub stored: Arc<Stored>,
    /// When it was measured.
    pub measured_at: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    /// The center's day of measuring.
    pub health_day: Date,
    /// Tenths of a degree Celsius.
    pub temperature: Option<i32>,
    /// Per cent.
    pub spo2: Option<i32>,
    /// The answers in the order of the questions.
    pub answers: Vec<(QuestionId, Answer)>,
    /// Free text to the center.
    pub note: Personal<String>,
    /// How urgent.
    pub level: Level,
    /// When somebody at the center opened it first.
    pub opened_at: Option<Timestamp>,
    /// When the person marked it as wrong, and what is wrong with it.
    pub wrong: Option<(Timestamp, Personal<String>)>,
}

impl App {
    pub(crate) fn read_report(&self, row: ReportRow) -> Result<Report, Error> {
        let stored = self.inner.questionnaires.by_id(row.questionnaire)?;
        let said: BTreeMap<String, Answer> = serde_json::from_value(row.answers)
            .map_err(|e| Error::broken(format!("status_reports.answers of {}: {e}", row.id)))?;
        let answers = stored
            .questionnaire
            .questions
            .iter()
            .filter_map(|q| said.get(q.id.as_str()).map(|a| (q.id.clone(), *a)))
            .collect();
        Ok(Report {
            id: row.id,
            stored,
            measured_at: row.measured_at,
            received_at: row.received_at,
            health_day: row.health_day,
            temperature: row.temperature,
            spo2: row.spo2,
            answers,
            note: Personal::new(row.note),
            level: Level::from_number(row.level),
            opened_at: row.opened_at,
            wrong: row
                .wrong_at
                .map(|at| (at, Personal::new(row.wrong_why.unwrap_or_default()))),
        })
    }
}

/// What of a report tells whether a repeated form says the same.
fn says_the_same(stands: &ReportRow, new: &ReportRow) -> bool {
    stands.temperature == new.temperature
        && stands.spo2 == new.spo2
        && stands.answers == new.answers
        && stands.note == new.note
}

impl PatientDesk {
    /// The form for a member's report, with a key of its own; `None` where there is no such member.
    pub async fn report_form(&self, case: CaseId) -> Result<Option<ReportForm>, Error> {
        let Some(member) = self.member(case).await? else {
            return Ok(None);
        };
        let stored = self
            .app
            .inner
            .questionnaires
            .effective(&member.programme, member.today)?;
        Ok(Some(ReportForm {
            member,
            stored,
            key: ReportId::from_uuid(self.app.new_uuid()),
        }))
    }

    /// Takes a report: understood, assessed, stored, carried into the latest state, and where it is alarming put
    /// before somebody, all in one transaction.
    pub async fn submit_report(
        &self,
        case: CaseId,
        key: ReportId,
        raw: &RawReport,
    ) -> Result<Submit, Error> {
        let Some(form) = self.report_form(case).await? else {
            return Ok(Submit::NoSuchMember);
        };
        let received = self.app.clock.now();
        let zone = &form.member.center.time_zone;
        let measured = measured_at(&raw.measured_at, received, zone);
        let questionnaire = &form.stored.questionnaire;
        let (answers, measured) = match (check(questionnaire, raw), measured) {
            (Ok(answers), Ok(at)) => (answers, at),
            (answers, at) => {
                let mut problems = answers.err().unwrap_or_default();
                problems.extend(at.err().map(|problem| (Field::MeasuredAt, problem)));
                let level = assess(questionnaire, &understood(questionnaire, raw)).level;
                return Ok(Submit::Problems(problems, level));
            }
        };
        let assessment = assess(questionnaire, &answers);
        let row = ReportRow {
            case,
            id: key,
            questionnaire: form.stored.id,
            channel: "web".to_owned(),
            account: Some(self.account),
            measured_at: measured,
            received_at: received,
            health_day: health_day(measured, zone),
            temperature: answers.temperature.value(),
            spo2: answers.spo2.value(),
            answers: answers_as_json(&answers)?,
            note: answers.note,
            level: assessment.level.number(),
            opened_at: None,
            opened_by: None,
            wrong_at: None,
            wrong_why: None,
        };
        let task = TaskRow {
            id: TaskId::from_uuid(self.app.new_uuid()),
            center: Some(form.member.center.id),
            kind: ALARMING_REPORT.to_owned(),
            case: Some(case),
            report: Some(key),
            details_sealed: self.app.keys().seal("task", b"{}"),
            times: 1,
            created_at: received,
            last_at: received,
        };
        let same_as = self.app.keys().blind("alarming_report", &key.to_string());
        let scope = Scope::Family(self.account);
        let new_key = ReportId::from_uuid(self.app.new_uuid());
        let danger = assessment.level.is_danger();
        Ok(self
            .app
            .db()
            .write(move |tx| {
                // Asked again inside: the case may have changed hands since the form was shown.
                let Some(CaseRow { .. }) = cases::find(tx, scope, case)? else {
                    return Ok(Submit::NoSuchMember);
                };
                if !rows::insert(tx, &row)? {
                    return Ok(match rows::find(tx, case, key)? {
                        Some(stands) if says_the_same(&stands, &row) => Submit::Accepted(key),
                        Some(stands) => Submit::SentBefore {
                            at: stands.received_at,
                            new_key,
                        },
                        None => Submit::NoSuchMember,
                    });
                }
                rows::carry_forward(tx, &row)?;
                if danger {
                    storage::tasks::add(tx, &task, &same_as)?;
                }
                Ok(Submit::Accepted(key))
            })
            .await?)
    }

    /// A member's report, for the receipt.
    pub async fn report(
        &self,
        case: CaseId,
        id: ReportId,
    ) -> Result<Option<(Member, Report)>, Error> {
        let Some(member) = self.member(case).await? else {
            return Ok(None);
        };
        let row = self
            .app
            .db()
            .read(move |tx| rows::find(tx, case, id))
            .await?;
        row.map(|row| Ok((member, self.app.read_report(row)?)))
            .transpose()
    }
}

fn answers_as_json(answers: &Answers) -> Result<serde_json::Value, Error> {
    let said: BTreeMap<&str, Answer> = answers
        .symptoms
        .iter()
        .map(|(id, answer)| (id.as_str(), *answer))
        .collect();
    serde_json::to_value(said).map_err(|e| Error::broken(format!("answers cannot be stored: {e}")))
}
