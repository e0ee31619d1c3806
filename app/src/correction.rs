//! Correcting an error in a report or in who somebody is, with a reason. The old value stays visible, urgency and
//! alerts are computed anew, and the person sees that a report was corrected.

mod not_own;
mod person;
mod taken_out;

pub(crate) use not_own::take_out_not_own;
pub use person::{CorrectPerson, PersonForm};
pub(crate) use person::{PersonCorrection, written};

use crate::audit::{self, about, with};
use crate::course::{Because, refresh};
use crate::monitoring::NOTE_LENGTH;
use crate::questionnaire::Stored;
use crate::status_report::{Changed, Report, ReportForm, Submit, report_row, understand};
use crate::tasks::{MESSAGE, REPORT_WRONG};
use crate::{App, Error, StaffDesk};
use domain::ids::{AlertId, CaseId, ReportId, StaffId};
use domain::isolation::Calculation;
use domain::limits::WRITTEN_DOWN_AT_MOST_AGO;
use domain::monitoring::MonitoringStatus;
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::status_report::{Problems, RawReport, clean_note};
use domain::urgency::Level;
use jiff::Timestamp;
use std::collections::BTreeMap;
use storage::case_registration as cases;
use storage::corrections::{self as rows, CorrectionRow};
use storage::status_report as reports;

const SEALED_AS: &str = "correction";

/// The ways in which a report can come to the center other than from the person's own hand.
pub const CHANNELS: [&str; 3] = ["phone", "visit", reports::PAPER];

/// A correction as pages show it.
#[derive(Clone, Debug)]
pub struct CorrectionLine {
    /// `report`, `attributes`, `monitoring`, `contact`.
    pub subject: String,
    /// Which report.
    pub report: Option<ReportId>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: Personal<String>,
    /// What stood before: names of fields and values.
    pub before: Vec<(String, Personal<String>)>,
    /// What stands now.
    pub after: Vec<(String, Personal<String>)>,
    /// Of a release: the calculation on which the decision rested.
    pub calculation: Option<Calculation>,
}

impl CorrectionLine {
    /// Leaves out what only whoever reads health answers may see.
    pub(crate) fn without_health(mut self) -> CorrectionLine {
        let is_plain = |name: &str| !matches!(name, "risks" | "calculation");
        self.before.retain(|(name, _)| is_plain(name));
        self.after.retain(|(name, _)| is_plain(name));
        self.calculation = None;
        self
    }
}

impl App {
    /// What figures count somebody by, among attributes as a correction keeps them.
    pub(crate) fn counted_by(&self, sealed: &[u8]) -> Result<CountedBy, Error> {
        let values = said(&open_values(self, sealed)?);
        let day = |wished: &str| {
            let found = values.iter().find(|(name, _)| name == wished);
            found.and_then(|(_, day)| domain::dates::parse_day(day.expose()).ok())
        };
        Ok(CountedBy {
            onset_on: day("onset_on"),
            birthdate: day("birthdate"),
            counted_on: day(crate::case_in_error::COUNTED_ON),
            is_contact: day("last_contact_on").is_some(),
            programme: values
                .iter()
                .find(|(name, programme)| name == "programme" && !programme.expose().is_empty())
                .map(|(_, programme)| programme.expose().clone()),
        })
    }
}

/// The days and the disease by which figures count somebody; none: unknown, or not among what was corrected.
pub(crate) struct CountedBy {
    /// The first day of symptoms.
    pub(crate) onset_on: Option<jiff::civil::Date>,
    /// The day of birth.
    pub(crate) birthdate: Option<jiff::civil::Date>,
    /// The day on which the case counts as new, where it was said to be one, or none.
    pub(crate) counted_on: Option<jiff::civil::Date>,
    /// Whether it is that of a contact, who counts as no case.
    pub(crate) is_contact: bool,
    /// The programme.
    pub(crate) programme: Option<String>,
}

type Values = serde_json::Map<String, serde_json::Value>;

fn open_values(app: &App, sealed: &[u8]) -> Result<Values, Error> {
    let text = app.keys().open_text(SEALED_AS, sealed)?;
    match serde_json::from_str(text.expose()) {
        Ok(serde_json::Value::Object(values)) => Ok(values),
        Ok(_) => Err(Error::broken("corrections: a value is no object")),
        Err(_) => Err(Error::broken("corrections: a value is no JSON")),
    }
}

/// Names of fields and values, as they are compared and shown.
fn said(values: &Values) -> Vec<(String, Personal<String>)> {
    values
        .iter()
        .map(|(name, value)| {
            let said = match value {
                serde_json::Value::Object(calculation) => calculation
                    .get("rule_valid_from")
                    .and_then(|day| day.as_str())
                    .unwrap_or_default()
                    .to_owned(),
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Null => String::new(),
                serde_json::Value::Array(all) => all
                    .iter()
                    .filter_map(|one| one.as_str())
                    .collect::<Vec<_>>()
                    .join(","),
                other => other.to_string(),
            };
            (name.clone(), Personal::new(said))
        })
        .collect()
}

pub(crate) fn read_corrections(
    app: &App,
    lines: Vec<CorrectionRow>,
) -> Result<Vec<CorrectionLine>, Error> {
    lines
        .into_iter()
        .map(|row| {
            let stands = open_values(app, &row.after_sealed)?;
            let (before, after) = (said(&open_values(app, &row.before_sealed)?), said(&stands));
            // One that an earlier release wrote and this one cannot read is left out; the decision stays.
            let calculation = stands
                .get("calculation")
                .and_then(|value| serde_json::from_value(value.clone()).ok());
            // Only what differs is worth reading.
            let differs = |name: &String| {
                let of = |all: &[(String, Personal<String>)]| {
                    all.iter()
                        .find(|(n, _)| n == name)
                        .map(|(_, v)| v.expose().clone())
                };
                of(&before) != of(&after)
            };
            Ok(CorrectionLine {
                report: row
                    .subject_id
                    .filter(|_| row.subject == "report")
                    .map(ReportId::from_uuid),
                subject: row.subject,
                at: row.at,
                by: row.by_name,
                reason: app.keys().open_text(SEALED_AS, &row.reason_sealed)?,
                before: before.iter().filter(|(n, _)| differs(n)).cloned().collect(),
                after: after.iter().filter(|(n, _)| differs(n)).cloned().collect(),
                calculation,
            })
        })
        .collect()
}

/// The release that holds, among all corrections of a case that is released, the latest first: when it was decided, and its
/// calculation. One from before the case was opened again holds no more; what a merge wrote that was undone says nothing.
pub(crate) fn release_that_holds(
    app: &App,
    lines: &[CorrectionRow],
) -> Result<Option<(Timestamp, Option<Calculation>)>, Error> {
    let of_status = |line: &&CorrectionRow| line.subject == "monitoring";
    let times = |merge| {
        let by_it = |line: &&CorrectionRow| line.subject_id == Some(merge);
        lines.iter().filter(of_status).filter(by_it).count()
    };
    for line in lines.iter().filter(of_status) {
        if line.subject_id.is_some_and(|merge| times(merge) > 1) {
            continue;
        }
        let stands = open_values(app, &line.after_sealed)?;
        if let Some(calculation) = stands.get("calculation") {
            let calculation = serde_json::from_value(calculation.clone()).ok();
            return Ok(Some((line.at, calculation)));
        }
        let status = stands.get("status").and_then(|word| word.as_str());
        if status
            .and_then(MonitoringStatus::parse)
            .is_some_and(|status| status.is_open())
        {
            return Ok(None);
        }
    }
    Ok(None)
}

/// What a report that answers a questionnaire says, as a correction keeps it.
fn told(row: &reports::ReportRow, stored: &Stored) -> String {
    let mut values = serde_json::Map::new();
    values.insert("measured_at".to_owned(), row.measured_at.to_string().into());
    values.insert(
        "temperature".to_owned(),
        row.temperature
            .map(domain::status_report::degrees)
            .map(|d| d.to_string())
            .into(),
    );
    values.insert("spo2".to_owned(), row.spo2.map(|v| v.to_string()).into());
    values.insert("note".to_owned(), row.note.clone().into());
    for (id, said) in row.answers.clone().all(&stored.questions) {
        values.insert(format!("answer.{}", id.as_str()), said.word().into());
    }
    serde_json::Value::Object(values).to_string()
}

/// What came of correcting a report.
#[derive(Clone)]
pub enum CorrectReport {
    /// It stands.
    Corrected,
    /// Something is missing or cannot be; with whether the reason is missing.
    Problems(Problems, Level, bool),
    /// Nothing was changed.
    Same,
    /// Nothing was changed of what the person called wrong: it stands as it was, and they are told so.
    Upheld,
    /// Somebody else corrected the report since the page was shown, or the person called it wrong; nothing was done.
    ChangedMeanwhile,
    /// There is no such report.
    NoSuchReport,
}

impl Report {
    /// When the report was corrected, called wrong or taken back last, whichever came latest: by that a form notices that another one
    /// was faster.
    pub fn touched_at(&self) -> Option<Timestamp> {
        let wrong_at = self.wrong.as_ref().map(|(at, _)| *at);
        let in_error_at = self.in_error.as_ref().map(|one| one.at);
        reports::touched_at(self.corrected_at, wrong_at, in_error_at)
    }
}

impl StaffDesk {
    /// The form for a report that staff enter on somebody's behalf.
    pub async fn report_form_for(&self, case: CaseId) -> Result<Option<ReportForm>, Error> {
        self.needs(Right::Attend)?;
        let Some(view) = self.case(case).await? else {
            return Ok(None);
        };
        let member = view.member;
        let stored = self
            .app
            .questionnaire(&member.programme, member.center.id, member.today)?;
        Ok(Some(ReportForm {
            member,
            stored,
            key: ReportId::from_uuid(self.app.new_uuid()),
        }))
    }

    /// What of answers was asked otherwise on the form on which they were typed.
    pub fn changed(&self, form: &ReportForm, raw: &RawReport) -> Option<Changed> {
        self.app.changed(&form.stored, raw)
    }

    /// Enters a report on behalf of somebody who phoned. How it came is recorded, and who wrote it down.
    pub async fn report_for(
        &self,
        case: CaseId,
        key: ReportId,
        channel: &str,
        raw: &RawReport,
    ) -> Result<Submit, Error> {
        let Some(mut form) = self.report_form_for(case).await? else {
            return Ok(Submit::NoSuchMember);
        };
        let received = self.app.clock.now();
        let key = domain::status_report::report_id(key, case, received);
        let zone = &form.member.center.time_zone;
        if raw.shown.is_some_and(|id| id != form.stored.id) {
            let (app, holds, raw) = (self.app.clone(), form.stored.clone(), raw.clone());
            let (db, record) = (self.app.db(), form.member.case);
            form.stored = db
                .read(move |tx| app.understood_by(tx, holds.clone(), (record, key), &raw))
                .await?;
        }
        let known = (received, WRITTEN_DOWN_AT_MOST_AGO);
        let understood = match self.app.understand_form(&form.stored, raw, known, zone) {
            Ok(understood) => understood,
            Err((problems, level)) => return Ok(Submit::Problems(problems, level)),
        };
        let channel = CHANNELS
            .into_iter()
            .find(|known| *known == channel)
            .unwrap_or(CHANNELS[0]);
        let row = reports::ReportRow {
            channel: channel.to_owned(),
            entered_by: Some(self.staff),
            ..report_row(case, key, &form.stored, understood, received, zone)
        };
        // What a medical institution or a prefecture wrote down, the center has not read yet.
        let center = form.member.center.id;
        let reads = self.reads_for(center);
        let intake = crate::status_report::Intake {
            app: self.app.clone(),
            scope: self.scope(),
            row,
            entry: with(
                about(self.did("report.entered", Some(case)), key.uuid()),
                channel,
            ),
            alert: AlertId::from_uuid(self.app.new_uuid()),
            new_key: ReportId::from_uuid(self.app.new_uuid()),
            is_unread: !reads,
        };
        let (staff, scope) = (self.staff, self.scope());
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let done = intake.run(tx)?;
                if reads
                    && let Submit::Accepted(report) = done
                    && let Some(found) = cases::find(tx, &scope, case)?
                {
                    // Whoever wrote it down has read it, and not what came while they wrote.
                    let by = (center, staff);
                    reports::opened_one(tx, (found.record(), report), by, received)?;
                }
                Ok(done)
            })
            .await?)
    }

    /// The names of colleagues, for pages of a record that they worked on.
    pub async fn staff_names(&self, ids: Vec<StaffId>) -> Result<BTreeMap<StaffId, String>, Error> {
        Ok(self
            .app
            .db()
            .read(move |tx| {
                let mut names = BTreeMap::new();
                for id in ids.iter().copied() {
                    if !names.contains_key(&id)
                        && let Some(name) = storage::staff::name(tx, id)?
                    {
                        names.insert(id, name);
                    }
                }
                Ok(names)
            })
            .await?)
    }

    /// A report of a case in reach.
    pub async fn report_of(
        &self,
        case: CaseId,
        id: ReportId,
    ) -> Result<Option<(crate::family::Member, Report)>, Error> {
        self.needs(Right::SeeHealth)?;
        let Some(view) = self.case(case).await? else {
            return Ok(None);
        };
        let row = self
            .app
            .db()
            .read(move |tx| reports::find(tx, case, id))
            .await?;
        row.map(|row| Ok((view.member, self.app.read_report(row)?)))
            .transpose()
    }

    /// Corrects a report by the questionnaire that it answered. `seen` is [`Report::touched_at`] as the page showed it.
    pub async fn correct_report(
        &self,
        case: CaseId,
        id: ReportId,
        raw: &RawReport,
        reason: &str,
        seen: Option<Timestamp>,
    ) -> Result<CorrectReport, Error> {
        self.needs(Right::Follow)?;
        let Some((member, report)) = self.report_of(case, id).await? else {
            return Ok(CorrectReport::NoSuchReport);
        };
        let zone = &member.center.time_zone;
        let reason: String = clean_note(reason).chars().take(NOTE_LENGTH).collect();
        let understood = match understand(
            &report.stored,
            raw,
            (report.received_at, WRITTEN_DOWN_AT_MOST_AGO),
            zone,
        ) {
            Ok(understood) if !reason.is_empty() => understood,
            Ok(understood) => {
                return Ok(CorrectReport::Problems(
                    Problems::default(),
                    understood.level,
                    true,
                ));
            }
            Err((problems, level)) => {
                return Ok(CorrectReport::Problems(problems, level, reason.is_empty()));
            }
        };
        let new = report_row(
            case,
            id,
            &report.stored,
            understood,
            report.received_at,
            zone,
        );
        let (scope, now, staff) = (self.scope(), self.app.clock.now(), self.staff);
        let entry = about(self.did("report.corrected", Some(case)), id.uuid());
        let upheld = about(self.did("report.upheld", Some(case)), id.uuid());
        let app = self.app.clone();
        let (line, alert) = (app.new_uuid(), AlertId::from_uuid(app.new_uuid()));
        let stored = report.stored.clone();
        let same_minute = |a: Timestamp, b: Timestamp| a.as_second() / 60 == b.as_second() / 60;
        Ok(self
            .app
            .db()
            .write(move |tx| {
                // Of two at once the second reads what the first has written.
                storage::monitoring::hold(tx, case)?;
                let (Some(case_row), Some(stands)) =
                    (cases::find(tx, &scope, case)?, reports::find(tx, case, id)?)
                else {
                    return Ok(CorrectReport::NoSuchReport);
                };
                // What was taken back counts again first, where it is to be corrected.
                if stands.touched_at() != seen || stands.in_error.is_some() {
                    return Ok(CorrectReport::ChangedMeanwhile);
                }
                let mut new = new.clone();
                // The form knows minutes only: what was not touched keeps its seconds.
                if same_minute(new.measured_at, stands.measured_at) {
                    new.measured_at = stands.measured_at;
                }
                let (before, after) = (told(&stands, &stored), told(&new, &stored));
                let is_same = before == after;
                if is_same && stands.wrong_at.is_none() {
                    return Ok(CorrectReport::Same);
                }
                let done = match is_same {
                    // Nothing was corrected, and nobody is told that something was.
                    true => reports::uphold(tx, &stands, now)?,
                    false => reports::correct(tx, &new, &stands, now)?,
                };
                if !done {
                    return Ok(CorrectReport::ChangedMeanwhile);
                }
                let correction = CorrectionRow {
                    case,
                    id: line,
                    subject: "report".to_owned(),
                    subject_id: Some(id.uuid()),
                    at: now,
                    by: staff,
                    reason_sealed: app.keys().seal_text(SEALED_AS, &reason),
                    before_sealed: app.keys().seal_text(SEALED_AS, &before),
                    after_sealed: app.keys().seal_text(SEALED_AS, &after),
                    by_name: String::new(),
                };
                rows::insert(tx, &correction)?;
                // What the person called wrong is done. A message waits on: whoever corrects a number has not read it for that.
                let called_wrong = (id, REPORT_WRONG);
                storage::tasks::finish_about(tx, case, called_wrong, staff, ("corrected", now))?;
                // But whoever puts its words right has, and the task has the old ones.
                if stands.note != new.note {
                    let message = (id, MESSAGE);
                    storage::tasks::finish_about(tx, case, message, staff, ("corrected", now))?;
                }
                if is_same {
                    // While it was called wrong, others may have been alarming without it, or would have been beside it.
                    let because = Because::Upheld(&stands, staff);
                    refresh(&app, tx, &case_row, because, alert, now)?;
                    tx.changes(case_row.center);
                    audit::note(tx, app.keys(), &upheld)?;
                    return Ok(CorrectReport::Upheld);
                }
                let because = Because::Corrected(&stands, staff);
                refresh(&app, tx, &case_row, because, alert, now)?;
                audit::note(tx, app.keys(), &entry)?;
                Ok(CorrectReport::Corrected)
            })
            .await?)
    }
}
