//! Status reports: from what a person typed to a stored report, its latest state, and what somebody must look at.

mod read_by;

pub use read_by::Followers;

use crate::audit::{self, about};
use crate::course::{Because, Look, broken, refresh_by};
use crate::family::{Alarm, Member, with_member};
use crate::in_error::InError;
use crate::questionnaire::Stored;
use crate::tasks::message_task;
use crate::{App, Error, PatientDesk};
use domain::health_day::health_day;
use domain::ids::{AlertId, CaseId, HealthCenterId, ReportId, StaffId};
use domain::limits::MEASURED_AT_MOST_AGO;
use domain::personal::Personal;
use domain::questionnaire::QuestionId;
use domain::status_report::{
    Answer, Answers, Field, Problems, RawReport, came_again, changed, check, is_fresh, measured_at,
    report_id, understood, without_changed,
};
use domain::urgency::{Level, assess};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, OnceLock};
use storage::Tx;
use storage::audit::AuditEntry;
use storage::case_registration::{self as cases, CaseRow, Scope};
use storage::status_report::{self as rows, ReportRow, Said};

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
    /// It is on disk: now, or already when the same form came a moment ago.
    Accepted(ReportId),
    /// A form with this key was sent before, with other answers or longer ago than a repeated press. Nothing was stored; a
    /// new key lets the person send these too.
    SentBefore {
        /// When the first one was received.
        at: Timestamp,
        /// The new key.
        new_key: ReportId,
    },
    /// Something is missing or cannot be; with how urgent that is which was understood.
    Problems(Problems, Level),
    /// So many reports of this person came within an hour that no further one is taken. Nothing was stored.
    TooMany,
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
    /// When it was measured among the others of its case: as it says, unless a clock that was ahead has dated it.
    pub in_order_at: Timestamp,
    /// The center's day of measuring.
    pub health_day: Date,
    /// Tenths of a degree Celsius.
    pub temperature: Option<i32>,
    /// Per cent.
    pub spo2: Option<i32>,
    /// The signs that were ticked, then the answers in the order of the questions.
    pub answers: Vec<(QuestionId, Answer)>,
    /// Free text to the center.
    pub note: Personal<String>,
    /// How urgent.
    pub level: Level,
    /// When somebody at a center opened it first; [`Report::read_at`] tells of one of them.
    pub opened_at: Option<Timestamp>,
    /// The center that received it; none: the one that follows the person.
    pub received_by: Option<HealthCenterId>,
    opened_for: Option<HealthCenterId>,
    opened_again_at: Option<Timestamp>,
    /// When the person marked it as wrong, and what is wrong with it.
    pub wrong: Option<(Timestamp, Personal<String>)>,
    /// When the center left it as it was, though the person had called it wrong; none once it was corrected, or called wrong
    /// again.
    pub upheld_at: Option<Timestamp>,
    /// How it came: `web`, or what staff entered on the person's behalf: `phone`, `visit`, `paper`.
    pub channel: String,
    /// Whether staff entered it.
    pub by_staff: bool,
    /// Who of the staff entered it.
    pub entered_by: Option<StaffId>,
    /// When the center corrected it last.
    pub corrected_at: Option<Timestamp>,
    /// That the center took it back as entered in error: then it counts nowhere.
    pub in_error: Option<InError>,
}

/// What the receipt of a report says, as often as it is opened.
#[derive(Clone)]
pub struct Receipt {
    /// Whose report it is.
    pub member: Member,
    /// The report.
    pub report: Report,
    /// What waits for somebody of the center: this report, without naming it, where it is alarming by itself or the open
    /// alert is about it; else the other report about which an alert is open.
    pub alarm: Option<Alarm>,
    /// Where the report was alarming, and somebody has written since what was done: the center that did it.
    pub answered_by: Option<HealthCenterId>,
    /// The centers in whose hands it was.
    pub followers: Followers,
    /// Whether a death was noted after the report came: then nothing more is asked.
    pub before_death: bool,
}

impl App {
    pub(crate) fn read_report(&self, row: ReportRow) -> Result<Report, Error> {
        let stored = self.inner.questionnaires.by_id(row.questionnaire)?;
        let in_order_at = row.in_order_at();
        let touched_at = row.corrected_at.max(row.wrong_at);
        let answers = row.answers.in_order(&stored.questions, &stored.places);
        Ok(Report {
            id: row.id,
            stored,
            in_order_at,
            measured_at: row.measured_at,
            received_at: row.received_at,
            health_day: row.health_day,
            temperature: row.temperature,
            spo2: row.spo2,
            answers,
            note: Personal::new(row.note),
            level: Level::from_number(row.level),
            opened_at: row.opened_at,
            received_by: row.received_by,
            opened_for: row.opened_for,
            opened_again_at: row.opened_again_at,
            wrong: row
                .wrong_at
                .map(|at| (at, Personal::new(row.wrong_why.unwrap_or_default()))),
            upheld_at: row.upheld_at.filter(|at| Some(*at) > touched_at),
            by_staff: row.entered_by.is_some(),
            entered_by: row.entered_by,
            channel: row.channel,
            corrected_at: row.corrected_at,
            in_error: match row.in_error {
                Some(mark) => Some(self.read_in_error(mark)?),
                None => None,
            },
        })
    }
}

/// Whether a form that comes with the key of a report is that report once more.
fn is_the_same(app: &App, stands: &ReportRow, new: &ReportRow) -> bool {
    let came = |row: &ReportRow| (row.received_at, row.health_day);
    says_the_same(app, stands, new) && came_again(came(stands), came(new))
}

/// What became of the answers on a form whose questions have changed since it was shown.
#[derive(Clone)]
pub struct Changed {
    /// What was answered and is no answer to what is asked now.
    pub problems: Problems,
    /// How urgent the answers were as they were asked.
    pub level: Level,
    /// What was typed, without the answers to what has changed.
    pub raw: RawReport,
}

impl Changed {
    /// All that is wrong with a form; what has changed instead of what is missing by that.
    pub fn among(&self, mut problems: Problems) -> Problems {
        problems.retain(|(field, _)| self.problems.iter().all(|(of, _)| of != field));
        problems.extend(self.problems.iter().cloned());
        problems
    }
}

impl App {
    /// What of the answers on a form was asked otherwise than it is now; `None` where nothing was, or nobody knows what the
    /// form showed.
    pub(crate) fn changed(&self, now: &Stored, raw: &RawReport) -> Option<Changed> {
        let id = raw.shown.filter(|id| *id != now.id)?;
        let shown = self.inner.questionnaires.by_id(id).ok()?;
        let (shown, now) = (&shown.questionnaire, &now.questionnaire);
        let problems = changed(shown, now, raw);
        (!problems.is_empty()).then(|| Changed {
            level: assess(shown, &understood(shown, raw)).level,
            raw: without_changed(shown, now, (raw, &problems)),
            problems,
        })
    }

    /// The questionnaire by which a form is understood: the one that holds. A form that is stored already and comes again
    /// after a change is understood as it was, so that it is one report.
    pub(crate) fn understood_by(
        &self,
        tx: &mut Tx<'_>,
        holds: Arc<Stored>,
        (record, key): (CaseId, ReportId),
        raw: &RawReport,
    ) -> Result<Arc<Stored>, storage::Error> {
        if raw.shown.is_none_or(|id| id == holds.id) {
            return Ok(holds);
        }
        self.know_shown(tx, raw.shown)?;
        if self.changed(&holds, raw).is_none() {
            return Ok(holds);
        }
        match rows::find(tx, record, key)? {
            Some(stands) => {
                self.know_questionnaires(tx, std::slice::from_ref(&stands))?;
                let shelf = &self.inner.questionnaires;
                shelf.by_id(stands.questionnaire).map_err(broken)
            }
            None => Ok(holds),
        }
    }

    /// Understands what was typed on a form against the questionnaire that holds.
    ///
    /// # Errors
    /// What is missing, cannot be, or was asked otherwise, with how urgent that is which was understood.
    pub(crate) fn understand_form(
        &self,
        stored: &Stored,
        raw: &RawReport,
        received: (Timestamp, SignedDuration),
        zone: &jiff::tz::TimeZone,
    ) -> Result<Understood, (Problems, Level)> {
        let found = understand(stored, raw, received, zone);
        let Some(changed) = self.changed(stored, raw) else {
            return found;
        };
        let (problems, level) = match found {
            Ok(understood) => (Problems::new(), understood.level),
            Err(found) => found,
        };
        Err((changed.among(problems), level.max(changed.level)))
    }
}

/// What of a report tells whether a repeated form says the same.
fn says_the_same(app: &App, stands: &ReportRow, new: &ReportRow) -> bool {
    let answers = |row: &ReportRow| {
        let stored = app.inner.questionnaires.by_id(row.questionnaire).ok();
        stored.map(|stored| row.answers.clone().all(&stored.questions))
    };
    stands.temperature == new.temperature
        && stands.spo2 == new.spo2
        && (stands.answers == new.answers || answers(stands) == answers(new))
        && stands.note == new.note
        && told_moment(stands) == told_moment(new)
}

/// When it was measured, where the form told it. A form that told nothing means the moment at which it arrives, which is
/// another one each time.
fn told_moment(report: &ReportRow) -> Option<Timestamp> {
    (report.measured_at != report.received_at).then_some(report.measured_at)
}

/// What was typed, understood: everything of a row but who and how.
pub(crate) struct Understood {
    pub(crate) answers: Answers,
    pub(crate) measured: Timestamp,
    pub(crate) level: Level,
}

/// Understands what was typed against a questionnaire.
///
/// # Errors
/// What is missing or cannot be, with how urgent that is which was understood.
pub(crate) fn understand(
    stored: &Stored,
    raw: &RawReport,
    (received, most_ago): (Timestamp, SignedDuration),
    zone: &jiff::tz::TimeZone,
) -> Result<Understood, (Problems, Level)> {
    let questionnaire = &stored.questionnaire;
    match (
        check(questionnaire, raw),
        measured_at(&raw.measured_at, received, zone, most_ago),
    ) {
        (Ok(answers), Ok(measured)) => Ok(Understood {
            level: assess(questionnaire, &answers).level,
            answers,
            measured,
        }),
        (answers, at) => {
            let mut problems = answers.err().unwrap_or_default();
            problems.extend(at.err().map(|problem| (Field::MeasuredAt, problem)));
            let level = assess(questionnaire, &understood(questionnaire, raw)).level;
            Err((problems, level))
        }
    }
}

/// A report on its way into the record: stored, carried into the latest state, and where it is alarming put before
/// somebody, all in one transaction, whoever wrote it.
#[derive(Clone)]
pub(crate) struct Intake {
    pub(crate) app: App,
    pub(crate) scope: Scope,
    pub(crate) row: ReportRow,
    pub(crate) entry: AuditEntry,
    pub(crate) alert: AlertId,
    pub(crate) new_key: ReportId,
    /// Whether nobody of the center has read it who follows the person: then a message in it waits to be read.
    pub(crate) is_unread: bool,
}

impl Intake {
    pub(crate) fn run(&self, tx: &mut Tx<'_>) -> Result<Submit, storage::Error> {
        // Asked inside, and after the case is held: it may have changed hands since the form was shown, or this very moment.
        let look = Look::ask(tx, self.row.case, true)?;
        match cases::find(tx, &self.scope, self.row.case)? {
            Some(case) => self.store(tx, case, look),
            None => Ok(Submit::NoSuchMember),
        }
    }

    /// The same for a case that was found within the scope after it was looked at.
    fn store(&self, tx: &mut Tx<'_>, case: CaseRow, look: Look) -> Result<Submit, storage::Error> {
        let key = self.row.id;
        let (case, look) = match case.merged_into {
            None => (case, look),
            Some(_) => {
                let record = record_of(tx, case)?;
                let look = Look::ask(tx, record.id, true)?;
                // It is held only now: somebody may have given it away, or made it part of another, in between.
                match cases::by_id(tx, record.id)? {
                    Some(held) if held.merged_into == record.merged_into => (held, look),
                    _ => return Err(storage::Error::TryAgain),
                }
            }
        };
        let row = &ReportRow {
            case: case.id,
            ..self.row.clone()
        };
        let seen = look.seen(tx)?;
        if seen.has(key) {
            // Whoever is told "saved" for the second time must be as sure of it as the first time.
            tx.confirm()?;
            return Ok(match rows::find(tx, row.case, key)? {
                // One that was taken back as entered in error does not count: whoever sends it once more means it.
                Some(stands)
                    if stands.in_error.is_none() && is_the_same(&self.app, &stands, row) =>
                {
                    Submit::Accepted(key)
                }
                Some(stands) => Submit::SentBefore {
                    at: stands.received_at,
                    new_key: self.new_key,
                },
                None => Submit::NoSuchMember,
            });
        }
        rows::insert(tx, row)?;
        if self.is_unread && !row.note.is_empty() {
            let (task, same_as) = message_task(&self.app, &case, row);
            storage::tasks::add(tx, &task, &same_as)?;
        }
        if self.row.case != case.id {
            storage::merge::came_under(tx, self.row.case, key.uuid())?;
        }
        refresh_by(
            &self.app,
            tx,
            seen,
            &case,
            Because::Came(row),
            (self.alert, row.received_at),
        )?;
        audit::note(tx, self.app.keys(), &self.entry)?;
        Ok(Submit::Accepted(key))
    }
}

/// The record of a case: where two became one, whoever follows the person looks at the one that was kept, and that stays so
/// until the transaction ends. Where somebody has made two of them this very moment, it is the case itself again.
pub(crate) fn record_of(tx: &mut Tx<'_>, case: CaseRow) -> Result<CaseRow, storage::Error> {
    if case.merged_into.is_none() {
        return Ok(case);
    }
    let find = |tx: &mut Tx<'_>, id: CaseId| {
        cases::by_id(tx, id)?
            .ok_or_else(|| storage::Error::Broken(format!("the case {id} is gone")))
    };
    let holds = storage::merge::hold(tx, case.id)?;
    // Read anew: whoever was waited for may have changed it.
    let stands = find(tx, case.id)?;
    match stands.merged_into {
        Some(kept) if holds => find(tx, kept),
        None if !holds => Ok(stands),
        // Undone and merged anew between the two looks: looking again finds that.
        _ => Err(storage::Error::TryAgain),
    }
}

/// A form that a person has sent.
#[derive(Clone)]
struct Sent {
    desk: PatientDesk,
    case: CaseId,
    key: ReportId,
    raw: RawReport,
    received: Timestamp,
    alert: AlertId,
    new_key: ReportId,
    /// Whether it is within the reports of an hour: counted once, although a transaction that is undone runs again.
    is_within: OnceLock<bool>,
}

impl Sent {
    fn run(&self, tx: &mut Tx<'_>) -> Result<Submit, storage::Error> {
        let (app, received) = (&self.desk.app, self.received);
        let scope = Scope::Family(self.desk.account);
        // Held before it is found, so that it is found as it stays; the two go to a server in one way there and back.
        let look = Look::ask(tx, self.case, true)?;
        let found = cases::ask_of_family(tx, self.desk.account, self.case)?;
        let Some(case) = found.first(tx)? else {
            return Ok(Submit::NoSuchMember);
        };
        // What the center writes down for somebody is not counted.
        let counts = || app.inner.reports_an_hour.takes(self.case, received);
        if !*self.is_within.get_or_init(counts)
            && rows::find(tx, case.record(), self.key)?.is_none()
        {
            return Ok(Submit::TooMany);
        }
        let center = app.center_within(tx, case.center)?;
        let zone = &center.time_zone;
        let stored = app
            .questionnaire(&case.programme, center.id, health_day(received, zone))
            .map_err(broken)?;
        let stored = app.understood_by(tx, stored, (case.record(), self.key), &self.raw)?;
        let known = (received, MEASURED_AT_MOST_AGO);
        let understood = match app.understand_form(&stored, &self.raw, known, zone) {
            Ok(understood) => understood,
            Err((problems, level)) => return Ok(Submit::Problems(problems, level)),
        };
        let row = report_row(self.case, self.key, &stored, understood, received, zone);
        let intake = Intake {
            app: app.clone(),
            scope,
            row: ReportRow {
                channel: "web".to_owned(),
                account: Some(self.desk.account),
                ..row
            },
            entry: about(self.desk.did("report.sent", self.case), self.key.uuid()),
            alert: self.alert,
            new_key: self.new_key,
            is_unread: true,
        };
        intake.store(tx, case, look)
    }
}

impl PatientDesk {
    /// The form for a member's report, with a key of its own; `None` where there is no such member.
    pub async fn report_form(&self, case: CaseId) -> Result<Option<ReportForm>, Error> {
        match self.member(case).await? {
            Some(member) => self.form_of(member).map(Some),
            None => Ok(None),
        }
    }

    /// The form for a member of whom somebody has just read.
    pub fn form_of(&self, member: Member) -> Result<ReportForm, Error> {
        let stored = self
            .app
            .questionnaire(&member.programme, member.center.id, member.today)?;
        Ok(ReportForm {
            member,
            stored,
            key: ReportId::from_uuid(self.app.new_uuid()),
        })
    }

    /// What is wrong with answers that are not sent yet, and how urgent is what is understood of them.
    pub fn look_at(&self, form: &ReportForm, raw: &RawReport) -> (Problems, Level) {
        let zone = &form.member.center.time_zone;
        let received = (self.app.clock.now(), MEASURED_AT_MOST_AGO);
        match self.app.understand_form(&form.stored, raw, received, zone) {
            Ok(understood) => (Problems::new(), understood.level),
            Err(found) => found,
        }
    }

    /// What of answers was asked otherwise on the form on which they were typed.
    pub fn changed(&self, form: &ReportForm, raw: &RawReport) -> Option<Changed> {
        self.app.changed(&form.stored, raw)
    }

    /// The key of a form: the one that its address brings along, so that whoever goes back and sends the form again sends
    /// the same report. `None` where it brings none, or one of some time ago: then the address is to get a new one.
    pub fn report_key_of(&self, brought: Option<ReportId>) -> Option<ReportId> {
        let now = self.app.clock.now();
        brought.filter(|key| is_fresh(*key, now))
    }

    /// A key for a form that brought none.
    pub fn new_report_key(&self) -> ReportId {
        ReportId::from_uuid(self.app.new_uuid())
    }

    /// Takes a report: understood, assessed, stored, carried into the latest state, and where it is alarming put
    /// before somebody, all in one transaction. What the form is understood by is read there, too: a look at the member
    /// beforehand would cost as much as half of it.
    pub async fn submit_report(
        &self,
        case: CaseId,
        key: ReportId,
        raw: impl Into<RawReport>,
    ) -> Result<Submit, Error> {
        let received = self.app.clock.now();
        let sent = Sent {
            desk: self.clone(),
            case,
            key: report_id(key, case, received),
            raw: raw.into(),
            received,
            alert: AlertId::from_uuid(self.app.new_uuid()),
            new_key: self.new_report_key(),
            is_within: OnceLock::new(),
        };
        Ok(self.app.db().write_once(move |tx| sent.run(tx)).await?)
    }

    /// A member's report, for the receipt.
    pub async fn report(
        &self,
        case: CaseId,
        id: ReportId,
    ) -> Result<Option<(Member, Report)>, Error> {
        let found = self.receipt(case, id).await?;
        Ok(found.map(|receipt| (receipt.member, receipt.report)))
    }

    /// The same with what its receipt says of alarms as they stand now.
    pub async fn receipt(&self, case: CaseId, id: ReportId) -> Result<Option<Receipt>, Error> {
        let account = self.account;
        let found = self
            .app
            .db()
            .read(move |tx| {
                // All of them, because another may be called the same.
                let all = storage::family::ask_members(tx, account)?;
                let row = rows::ask_of_member(tx, (account, case), id)?;
                let all = storage::family::in_order(all.all(tx)?);
                let row = row.first(tx)?;
                let all = with_member(tx, all, account, case)?;
                let member = all.iter().find(|one| one.case.id == case);
                let (Some(member), Some(row)) = (member, row) else {
                    return Ok(None);
                };
                let record = member.case.record();
                let alarm = match member.beside.alarm {
                    true => storage::alerts::ask_alarm_of_case(tx, record)?.first(tx)?,
                    false => None,
                };
                let alarm = alarm.map(Alarm::read);
                let answered = match Level::from_number(row.level).is_danger() {
                    true => storage::alerts::last_answered_by(tx, record)?,
                    false => None,
                };
                let closed_at = (member.followed.as_ref()).and_then(|(_, closed_at)| *closed_at);
                Ok(Some((all, closed_at, row, alarm, answered)))
            })
            .await?;
        let Some((all, closed_at, row, alarm, answered)) = found else {
            return Ok(None);
        };
        let Some(member) = self.member_among(all, case).await? else {
            return Ok(None);
        };
        let received_at = row.received_at;
        // A death may be noted by mistake: what comes after the entry is as alarming as of anybody.
        let before_death =
            member.has_died() && closed_at.is_none_or(|closed_at| received_at <= closed_at);
        let report = self.app.read_report(row)?.for_family();
        if !self.may_read(case, report.received_at) {
            return Ok(None);
        }
        let is_of_this = |alarm: &Alarm| alarm.about.is_some_and(|(about, _)| about == id);
        let of_this = alarm.filter(is_of_this).map(|alarm| alarm.level);
        let answered = answered.filter(|(at, _)| of_this.is_none() && *at >= received_at);
        let is_answered = answered.is_some();
        let level = report.level.max(of_this.unwrap_or_default());
        let told = match level.is_danger() && !is_answered {
            true => Some(Alarm {
                level,
                about: None,
                received_at: None,
                by_course: !report.level.is_danger(),
            }),
            // A fine report takes nothing back of what waits for somebody of the center.
            false => alarm.filter(|alarm| {
                alarm.about.is_some() && !member.has_died() && self.may_hear(case, alarm)
            }),
        };
        let answered_by = answered
            .filter(|_| report.level.is_danger() && !before_death)
            .map(|(_, center)| center);
        let named = report.centers().chain(answered_by);
        Ok(Some(Receipt {
            followers: self.app.followers(&member.center, named).await?,
            alarm: told.filter(|_| !before_death),
            answered_by,
            before_death,
            member,
            report,
        }))
    }
}

/// A row of what was understood, as if nobody in particular had written it.
pub(crate) fn report_row(
    case: CaseId,
    key: ReportId,
    stored: &Stored,
    understood: Understood,
    received: Timestamp,
    zone: &jiff::tz::TimeZone,
) -> ReportRow {
    let Understood {
        answers,
        measured,
        level,
    } = understood;
    ReportRow {
        case,
        id: key,
        questionnaire: stored.id,
        channel: String::new(),
        account: None,
        measured_at: measured,
        received_at: received,
        health_day: health_day(measured, zone),
        temperature: answers.temperature.value(),
        spo2: answers.spo2.value(),
        answers: Said::from_iter(answers.symptoms).answering(&stored.questions),
        note: answers.note,
        level: level.number(),
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
