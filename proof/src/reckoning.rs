//! Comparing what stands with what people were told.

use crate::ledger::Entries;
use crate::report::is_alarming;
use crate::server::KEY;
use anyhow::Result;
use app::keys::{Keys, MasterKey};
use domain::questionnaire::QuestionId;
use domain::status_report::Answer;
use domain::urgency::Level;
use jiff::Timestamp;
use std::collections::HashMap;
use std::fmt;
use storage::reckoning::{self as rows, Standing, StandingAlert, StandingMessage};
use storage::{Db, Tx};
use uuid::Uuid;

/// What the comparison found. All numbers but the first four must be 0.
#[derive(Clone, Debug, Default)]
pub struct Reckoning {
    /// Forms that the server said are saved.
    pub acknowledged: usize,
    /// Of these, how many stand.
    pub found: usize,
    /// Forms without an acknowledgement that stand all the same, as they may.
    pub unacknowledged: usize,
    /// Alarming reports that alerts count.
    pub alarming: i64,
    /// Acknowledged and not there.
    pub lost: usize,
    /// There twice: a key under two records.
    pub double: usize,
    /// There, and nobody sent it.
    pub from_nowhere: usize,
    /// There, but says something else than what was sent.
    pub different: usize,
    /// Records whose latest state is not that of their latest report, or counts wrongly.
    pub wrong_states: usize,
    /// Records whose alert does not count every alarming report once.
    pub wrong_alerts: usize,
    /// Reports without a line in the audit log.
    pub unaudited: usize,
    /// Lines of the audit log about a report that does not stand, or about one a second time.
    pub audited_twice: usize,
    /// Messages that passing an alert on promised and that are not in the outbox.
    pub messages_lost: i64,
    /// Messages in the outbox that nothing promised.
    pub messages_double: i64,
    /// What is wrong with the chains of the audit log, and with the file.
    pub broken: Vec<String>,
}

impl Reckoning {
    /// Whether every acknowledged report, its state, alert, audit line and message stands exactly once.
    pub fn is_whole(&self) -> bool {
        self.faults().iter().all(|(_, count)| *count == 0)
    }

    fn faults(&self) -> [(&'static str, i64); 11] {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        [
            ("lost", count(self.lost)),
            ("double", count(self.double)),
            ("from nowhere", count(self.from_nowhere)),
            ("different", count(self.different)),
            ("wrong latest states", count(self.wrong_states)),
            ("wrong alerts", count(self.wrong_alerts)),
            ("reports without audit line", count(self.unaudited)),
            ("audit lines too many", count(self.audited_twice)),
            ("messages lost", self.messages_lost),
            ("messages too many", self.messages_double),
            ("broken", count(self.broken.len())),
        ]
    }

    /// Adds another comparison, to sum up.
    pub fn add(&mut self, other: &Reckoning) {
        self.acknowledged += other.acknowledged;
        self.found += other.found;
        self.unacknowledged += other.unacknowledged;
        self.alarming += other.alarming;
        self.lost += other.lost;
        self.double += other.double;
        self.from_nowhere += other.from_nowhere;
        self.different += other.different;
        self.wrong_states += other.wrong_states;
        self.wrong_alerts += other.wrong_alerts;
        self.unaudited += other.unaudited;
        self.audited_twice += other.audited_twice;
        self.messages_lost += other.messages_lost;
        self.messages_double += other.messages_double;
        self.broken.extend(other.broken.iter().cloned());
    }
}

impl fmt::Display for Reckoning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "acknowledged {}, found {}, unacknowledged and there {}, alarming {}",
            self.acknowledged, self.found, self.unacknowledged, self.alarming
        )?;
        let faults: Vec<String> = self
            .faults()
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        write!(f, "{}", faults.join(", "))?;
        for what in self.broken.iter().take(5) {
            write!(f, "\n  {what}")?;
        }
        Ok(())
    }
}

/// What one look at the database brings.
#[derive(Clone)]
struct Stands {
    /// The questions that everybody answers, in the order of their names, of each questionnaire.
    questions: HashMap<Uuid, Vec<QuestionId>>,
    reports: Vec<Standing>,
    states: HashMap<Uuid, (i32, Option<Uuid>)>,
    alerts: Vec<StandingAlert>,
    audited: Vec<Uuid>,
    passed_on: Vec<String>,
    messages: Vec<StandingMessage>,
    broken: Vec<String>,
}

impl Stands {
    /// All that a report answers, in the order of the questions' names.
    fn answers(&self, row: &Standing) -> Vec<(QuestionId, Answer)> {
        let questions = self.questions.get(&row.questionnaire.uuid());
        let said = row.answers.clone();
        said.all(questions.map_or(&[], Vec::as_slice))
    }

    fn is_alarming(&self, row: &Standing) -> bool {
        is_alarming(row.spo2, &self.answers(row))
    }
}

/// The names of a questionnaire's questions, in their order. What else a newer program may have written is not read.
fn names(content: &serde_json::Value) -> Vec<QuestionId> {
    let questions = content["questions"].as_array();
    let ids = questions.into_iter().flatten();
    let ids = ids.filter_map(|question| question["id"].as_str());
    let mut names: Vec<_> = ids.map(QuestionId::new).collect();
    names.sort();
    names
}

fn look(tx: &mut Tx<'_>) -> Result<Stands, storage::Error> {
    let states = rows::states(tx)?.into_iter();
    let audited = rows::audit_lines(tx, "report.sent")?.into_iter();
    let passed_on = rows::audit_lines(tx, "alert.passed_on")?.into_iter();
    let questionnaires = storage::questionnaire::all(tx)?.into_iter();
    Ok(Stands {
        questions: questionnaires
            .map(|row| (row.id.uuid(), names(&row.content)))
            .collect(),
        reports: rows::reports(tx)?,
        states: states
            .map(|(case, reports, latest)| (case.uuid(), (reports, latest.map(|id| id.uuid()))))
            .collect(),
        alerts: rows::alerts(tx)?,
        audited: audited.filter_map(|line| line.subject).collect(),
        passed_on: passed_on.map(|line| line.details).collect(),
        messages: rows::messages(tx)?,
        broken: rows::integrity(tx)?,
    })
}

/// Compares a database with a ledger. The server must stand still.
///
/// # Errors
/// Where the database cannot be read at all.
pub async fn reckon(db: &Db, entries: &Entries) -> Result<Reckoning> {
    let stands = db.read(look).await?;
    let mut found = compare(&stands, entries);
    let keys = Keys::new(&MasterKey::from_bytes(KEY));
    match app::audit::check(db, &keys).await? {
        Some(check) => found.broken.extend(check.problems),
        None => found.broken.push("there is no audit log".to_owned()),
    }
    Ok(found)
}

fn compare(stands: &Stands, entries: &Entries) -> Reckoning {
    let mut found = Reckoning {
        broken: stands.broken.clone(),
        ..Reckoning::default()
    };
    compare_reports(stands, entries, &mut found);
    compare_states(stands, &mut found);
    compare_audit(stands, &mut found);
    compare_messages(stands, &mut found);
    found
}

fn compare_reports(stands: &Stands, entries: &Entries, found: &mut Reckoning) {
    let mut by_key: HashMap<Uuid, u32> = HashMap::new();
    for row in &stands.reports {
        let key = row.id.uuid();
        *by_key.entry(key).or_default() += 1;
        let Some(entry) = entries.get(&key) else {
            found.from_nowhere += 1;
            continue;
        };
        let says_the_same = entry.case == row.case.uuid()
            && Some(entry.report.temperature) == row.temperature
            && Some(entry.report.spo2) == row.spo2
            && *entry.report.answers == stands.answers(row)[..]
            && entry.report.is_alarming() == Level::from_number(row.level).is_danger()
            && entry.report.note == row.note;
        found.different += usize::from(!says_the_same);
        found.unacknowledged += usize::from(entry.acknowledged == 0);
    }
    found.double = by_key.values().filter(|times| **times > 1).count();
    let acknowledged = entries.values().filter(|entry| entry.acknowledged > 0);
    for entry in acknowledged {
        found.acknowledged += 1;
        if by_key.contains_key(&entry.report.key) {
            found.found += 1;
        } else {
            found.lost += 1;
        }
    }
}

/// By what reports are put in order: when they were measured, but for those that a clock which was ahead has dated, which came before
/// the report that told so.
fn place(row: &Standing) -> (Timestamp, bool, Timestamp, Timestamp, Uuid) {
    let at = row
        .came_before
        .map_or(row.measured_at, |at| at.min(row.measured_at));
    let is_right = row.came_before.is_none();
    (
        at,
        is_right,
        row.measured_at,
        row.received_at,
        row.id.uuid(),
    )
}

/// The latest state and the alert of each record, by its reports as they stand.
fn compare_states(stands: &Stands, found: &mut Reckoning) {
    let mut by_case: HashMap<Uuid, Vec<&Standing>> = HashMap::new();
    for row in &stands.reports {
        by_case.entry(row.case.uuid()).or_default().push(row);
    }
    for (case, reports) in &by_case {
        let latest = reports
            .iter()
            .max_by_key(|row| place(row))
            .map(|row| row.id.uuid());
        let count = i32::try_from(reports.len()).unwrap_or(i32::MAX);
        if stands.states.get(case) != Some(&(count, latest)) {
            found.wrong_states += 1;
        }
        let alarming = reports.iter().filter(|row| stands.is_alarming(row));
        let alarming = alarming.count() as i64;
        let counted: i64 = stands
            .alerts
            .iter()
            .filter(|alert| alert.case.uuid() == *case)
            .map(|alert| i64::from(alert.times))
            .sum();
        found.alarming += counted;
        found.wrong_alerts += usize::from(alarming != counted);
    }
    let without_report = |case: &&Uuid| !by_case.contains_key(*case);
    found.wrong_states += stands.states.keys().filter(without_report).count();
}

fn compare_audit(stands: &Stands, found: &mut Reckoning) {
    let mut lines: HashMap<Uuid, u32> = HashMap::new();
    for subject in &stands.audited {
        *lines.entry(*subject).or_default() += 1;
    }
    for row in &stands.reports {
        if lines.remove(&row.id.uuid()).is_none_or(|times| {
            found.audited_twice += times as usize - 1;
            false
        }) {
            found.unaudited += 1;
        }
    }
    // What is left is about no report.
    found.audited_twice += lines.len();
}

/// How the audit log says, after whom it told, that an alert was told of in another one's message.
const WITH_ANOTHER: &str = ", with another";

/// Each passing-on of an alert promised a mail to the nurse and a short message, and from the second on a mail to the
/// officer, too; but for those that were told of in another one's message.
fn compare_messages(stands: &Stands, found: &mut Reckoning) {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let steps: i64 = stands.alerts.iter().map(|a| i64::from(a.steps)).sum();
    let lines = count(stands.passed_on.len());
    if steps != lines {
        found.broken.push(format!(
            "alerts were passed on {steps} times by their own count and {lines} times by the audit log"
        ));
    }
    let with_another = stands
        .passed_on
        .iter()
        .filter(|to| to.ends_with(WITH_ANOTHER));
    let told = lines - count(with_another.count());
    let to_center = count(stands.passed_on.iter().filter(|to| *to == "center").count());
    let of_kind = |kind: &str| count(stands.messages.iter().filter(|m| m.kind == kind).count());
    for (kind, promised) in [
        ("alert_waits", told * 2 - to_center),
        ("sms_alert_waits", told),
    ] {
        let missing = promised - of_kind(kind);
        found.messages_lost += missing.max(0);
        found.messages_double += (-missing).max(0);
    }
}

#[cfg(test)]
mod tests;
