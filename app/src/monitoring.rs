//! Following a case: where the person is, who looks after the case, what puts the person at risk, closing and opening
//! again. A day count never releases anybody: it proposes, a nurse decides.

use crate::alerts::{Alert, end_with, state};
use crate::audit::{self, with};
use crate::case_registration::read_names;
use crate::contact_log::{ContactLine, TypedContact, call_ahead, read_contacts};
use crate::correction::{CorrectionLine, read_corrections};
use crate::course::{Because, age_on, level, read_reasons, refresh};
use crate::rules::mark::{JudgedBy, read_mark};
use crate::transfer::Transfer;
use crate::{App, Error, StaffDesk, kept_phone};
use domain::course::Why;
use domain::ids::{AlertId, CaseId, HealthCenterId, StaffId};
use domain::monitoring::{ContactOutcome, MonitoringStatus};
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use domain::urgency::Level;
use jiff::Timestamp;
use jiff::civil::Date;
use storage::case_registration as cases;
use storage::corrections::CorrectionRow;
use storage::monitoring::{self as rows, Decided, MonitoringRow, WorkRow};

/// That somebody lives in a facility, such as a nursing home: noted beside the conditions, and isolated by the same rule as in
/// hospital.
pub const FACILITY: &str = "facility";

/// The conditions that put somebody at risk, as the console offers them, and [`FACILITY`].
pub const CONDITIONS: [&str; 9] = [
    "pregnancy",
    "diabetes",
    "copd",
    "heart",
    "kidney",
    "immunosuppressed",
    "obesity",
    "cancer",
    FACILITY,
];

/// Whether somebody isolates by the rule for those in hospital and in facilities.
pub(crate) fn is_inpatient(status: MonitoringStatus, risks: &[String]) -> bool {
    status == MonitoringStatus::Hospital || risks.iter().any(|risk| risk == FACILITY)
}

/// The same of a case as it stands.
pub(crate) fn is_inpatient_in(
    tx: &mut storage::Tx<'_>,
    case: CaseId,
) -> Result<bool, storage::Error> {
    let row = rows::find(tx, case)?;
    Ok(row.is_some_and(|row| {
        let status = MonitoringStatus::parse(&row.status).unwrap_or_default();
        is_inpatient(status, &row.risks)
    }))
}

/// The longest note, in characters.
pub const NOTE_LENGTH: usize = 2_000;

/// What goes into the record of somebody who has come to hospital.
pub(crate) struct ToHospital {
    /// The id of the decision, and that of an alert that would be raised.
    pub(crate) ids: (uuid::Uuid, AlertId),
    pub(crate) by: StaffId,
    /// What was done, which is why.
    pub(crate) reason: String,
    pub(crate) entry: storage::audit::AuditEntry,
}

/// Notes that somebody who is followed has come to hospital, inside the transaction that writes down who sent them there: a
/// decision as on the form of how a case is followed. Whoever is there already, or is followed no longer, stays as they are.
pub(crate) fn to_hospital(
    app: &App,
    tx: &mut storage::Tx<'_>,
    row: &cases::CaseRow,
    by: &ToHospital,
    now: Timestamp,
) -> Result<(), storage::Error> {
    let case = row.id;
    rows::hold(tx, case)?;
    let Some(before) = rows::find(tx, case)? else {
        return Ok(());
    };
    let was = MonitoringStatus::parse(&before.status).unwrap_or_default();
    let status = MonitoringStatus::Hospital;
    if !was.is_open() || was == status {
        return Ok(());
    }
    let decided = Decided {
        status: status.word().to_owned(),
        is_open: status.is_open(),
        expects_reports: status.expects_reports(),
        review_from: app
            .review_from(
                (&row.programme, row.center),
                row.onset_on,
                row.diagnosed_on,
                row.is_contact,
                is_inpatient(status, &before.risks),
            )
            .or(before.review_from),
        risks: before.risks.clone(),
        assigned_to: before.assigned_to,
        next_call_at: before.next_call_at,
    };
    if !rows::decide(tx, case, &decided, before.version, now)? {
        return Ok(());
    }
    let keys = app.keys();
    let told = |status: &str| {
        let told = serde_json::json!({ "status": status, "risks": before.risks });
        keys.seal_text("correction", &told.to_string())
    };
    let changes = CorrectionRow {
        case,
        id: by.ids.0,
        subject: "monitoring".to_owned(),
        subject_id: None,
        at: now,
        by: by.by,
        reason_sealed: keys.seal_text("correction", &by.reason),
        before_sealed: told(&before.status),
        after_sealed: told(&decided.status),
        by_name: String::new(),
    };
    storage::corrections::insert(tx, &changes)?;
    refresh(app, tx, row, Because::Changed, by.ids.1, now)?;
    let entry = storage::audit::AuditEntry {
        case: Some(case),
        ..by.entry.clone()
    };
    audit::note(tx, keys, &entry)
}

/// How a case is followed, as pages show it.
#[derive(Clone, Debug)]
pub struct Monitoring {
    /// The center that answers for the person.
    pub center: HealthCenterId,
    /// Where the person is.
    pub status: MonitoringStatus,
    /// What puts the person at risk, by name.
    pub risks: Vec<String>,
    /// How many reports there are.
    pub reports: i32,
    /// When the latest was measured and received.
    pub latest: Option<(Timestamp, Timestamp)>,
    /// The day of the latest report, or without one of the registration.
    pub heard_on: Date,
    /// Tenths of a degree Celsius.
    pub temperature: Option<i32>,
    /// Per cent.
    pub spo2: Option<i32>,
    /// How urgent over the course.
    pub urgency: Level,
    /// Whether the person gets worse.
    pub worsening: bool,
    /// Why.
    pub reasons: Vec<Why>,
    /// The rules by which that was judged.
    pub judged_by: Option<JudgedBy>,
    /// Who looks after the case.
    pub assigned_to: Option<StaffId>,
    /// When to call next.
    pub next_call_at: Option<Timestamp>,
    /// From when on a release is to be looked at.
    pub review_from: Option<Date>,
    /// Counts changes by staff.
    pub version: i32,
}

impl Monitoring {
    fn read(row: MonitoringRow, sees_health: bool) -> Result<Monitoring, Error> {
        let status = MonitoringStatus::parse(&row.status)
            .ok_or_else(|| Error::broken(format!("monitoring.status of {}", row.case)))?;
        let mut monitoring = Monitoring {
            center: row.center,
            status,
            risks: row.risks,
            reports: row.reports,
            latest: row.measured_at.zip(row.received_at),
            heard_on: row.heard_on,
            temperature: row.temperature,
            spo2: row.spo2,
            urgency: level(row.urgency),
            worsening: row.worsening,
            reasons: read_reasons(&row.reasons),
            judged_by: read_mark(&row.reasons),
            assigned_to: row.assigned_to,
            next_call_at: row.next_call_at,
            review_from: row.review_from,
            version: row.version,
        };
        if !sees_health {
            monitoring.risks.clear();
            monitoring.reasons.clear();
            monitoring.judged_by = None;
            monitoring.reports = 0;
            monitoring.latest = None;
            monitoring.temperature = None;
            monitoring.spo2 = None;
            monitoring.urgency = Level::Calm;
            monitoring.worsening = false;
        }
        Ok(monitoring)
    }
}

/// A case as the worklist shows it.
#[derive(Clone, Debug)]
pub struct WorkItem {
    /// The case.
    pub case: CaseId,
    /// The number on the brochure.
    pub hersys_id: String,
    /// The name by script: kanji, kana, Latin.
    names: [Option<Personal<String>>; 3],
    /// The day of birth.
    pub birthdate: Personal<Date>,
    /// The age in years, today.
    pub age: i32,
    /// The phone number as it is dialled; none: the person has none.
    pub phone: Option<Personal<String>>,
    /// The first day of symptoms.
    pub onset_on: Option<Date>,
    /// The day of the diagnosis.
    pub diagnosed_on: Date,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When the person signed up.
    pub claimed_at: Option<Timestamp>,
    /// The name of whoever looks after the case.
    pub assigned_name: Option<String>,
    /// The programme.
    pub programme: String,
    /// The latest call or visit: when, and what came of it.
    pub called: Option<(Timestamp, ContactOutcome)>,
    /// How many calls have reached nobody since the last that did.
    pub unanswered: i32,
    /// Whether it is a contact who is not ill: then the day of the diagnosis is that of the last contact.
    pub is_contact: bool,
    /// Whether nothing was ever heard of the person: no account, no report, and nobody has reached them.
    pub is_unreached: bool,
    /// When the person was reached, where calls are all that is heard of them: no account, no report.
    pub reached_at: Option<Timestamp>,
    /// Whether a call has found that the number is somebody else's, and it was not corrected since.
    pub is_wrong_number: bool,
    /// The language that the person reads.
    pub language: String,
    /// When following ended, as it was entered; none: it has not.
    pub closed_at: Option<Timestamp>,
    /// How it is followed.
    pub monitoring: Monitoring,
}

impl WorkItem {
    /// The name in the spelling that readers of a language know.
    pub fn name_in(&self, language: &str) -> &str {
        let order = if language == "ja" {
            [0, 1, 2]
        } else {
            [2, 0, 1]
        };
        order
            .iter()
            .find_map(|at| self.names[*at].as_ref())
            .map_or("", |name| name.expose())
    }

    /// A spelling of the name: 0 kanji, 1 kana, 2 Latin.
    pub(crate) fn spelling(&self, script: usize) -> Option<String> {
        self.names[script]
            .as_ref()
            .map(|name| name.expose().clone())
    }

    /// When following ended, of somebody who is not followed any more.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.closed_at.filter(|_| !self.monitoring.status.is_open())
    }

    /// How the name is read, where it is written in kanji.
    pub fn reading(&self) -> Option<&str> {
        self.names[1].as_ref().map(|name| name.expose().as_str())
    }

    /// A row on a day: asked for once for all rows of a page.
    pub(crate) fn read(
        app: &App,
        row: WorkRow,
        today: Date,
        sees_health: bool,
    ) -> Result<WorkItem, Error> {
        let case = row.monitoring.case;
        let phone = kept_phone::read(app.keys(), &row.phone_sealed, case)?;
        let is_known = row.claimed_at.is_some() || row.monitoring.reports > 0;
        Ok(WorkItem {
            case,
            is_unreached: sees_health && !is_known && row.heard_since.is_none(),
            reached_at: (row.called.as_ref().map(|(at, _)| *at))
                .filter(|_| sees_health && !is_known && row.unanswered == 0),
            is_wrong_number: row.is_wrong_number,
            language: row.language,
            closed_at: row.closed_at,
            hersys_id: row.hersys_id,
            names: row.names.map(|name| name.map(Personal::new)),
            birthdate: Personal::new(row.birthdate),
            age: age_on(row.birthdate, today),
            phone: phone.map(|phone| Personal::new(phone.national())),
            onset_on: row.onset_on,
            diagnosed_on: row.diagnosed_on,
            registered_at: row.registered_at,
            claimed_at: row.claimed_at,
            assigned_name: row.assigned_name,
            programme: row.programme,
            called: row
                .called
                .filter(|_| sees_health)
                .and_then(|(at, word)| Some((at, ContactOutcome::parse(&word)?))),
            unanswered: if sees_health { row.unanswered } else { 0 },
            is_contact: row.is_contact,
            monitoring: Monitoring::read(row.monitoring, sees_health)?,
        })
    }
}

/// All that the page of a case shows beside who the person is and the reports.
#[derive(Clone)]
pub struct Following {
    /// How the case is followed.
    pub monitoring: Monitoring,
    /// The name of whoever looks after the case.
    pub assigned_name: Option<String>,
    /// The open alert.
    pub alert: Option<Alert>,
    /// Calls, visits and notes, the latest first.
    pub contacts: Vec<ContactLine>,
    /// What was corrected, the latest first.
    pub corrections: Vec<CorrectionLine>,
    /// Offers to other centers, the latest first.
    pub transfers: Vec<Transfer>,
    /// Other cases of the same account or the same person, and then of those who were registered with the same phone number.
    pub family: Vec<Relative>,
    /// When a call found last that the registered number is somebody else's.
    pub wrong_number: Option<Timestamp>,
    /// The planned call that stays although somebody calls now.
    pub call_ahead: Option<Timestamp>,
    /// Of somebody who was released before the days were over, by what was corrected since.
    pub too_soon: Option<crate::release::TooSoon>,
}

/// Somebody who belongs, or may belong, to the same household.
#[derive(Clone)]
pub struct Relative {
    /// The case.
    pub case: CaseId,
    /// The HER-SYS ID.
    pub hersys_id: String,
    /// The name.
    pub name: Personal<String>,
    /// Whether only the phone number says so; else they are the same person, or share an account.
    pub by_phone: bool,
    /// Whether the case is followed.
    pub is_followed: bool,
}

/// So many with the same phone number are shown: a nursing home has one for all.
const SAME_PHONE: i64 = 50;

/// What staff typed about following a case.
#[derive(Clone, Debug, Default)]
pub struct TypedDecision {
    /// The word of the status.
    pub status: String,
    /// Names of conditions.
    pub risks: Vec<String>,
    /// Who looks after the case; empty: nobody in particular.
    pub assigned_to: String,
    /// When to call next, `YYYY-MM-DDTHH:MM` in the center's time zone; empty: no call is due.
    pub next_call_at: String,
    /// A word on why, where the case is closed or opened again.
    pub reason: String,
    /// The version that was looked at.
    pub version: i32,
    /// What is to become of an open alert, where the person is in hospital or has died: the word of an [`OpenAlert`], or
    /// nothing.
    pub open_alert: String,
    /// The alert that was looked at, as [`Alert::state`] tells it.
    pub alert_seen: String,
}

/// What is to become of an alert that is open when somebody comes to hospital or dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenAlert {
    /// It ends; the reason says what was done.
    End,
    /// It stays open for somebody who has to see to it.
    Leave,
}

impl OpenAlert {
    /// All, in the order in which pages offer them.
    pub const ALL: [OpenAlert; 2] = [OpenAlert::End, OpenAlert::Leave];

    /// The word in forms.
    pub const fn word(self) -> &'static str {
        match self {
            OpenAlert::End => "end",
            OpenAlert::Leave => "leave",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<OpenAlert> {
        OpenAlert::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// What came of deciding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decide {
    /// It stands.
    Decided,
    /// The names of fields that cannot be read or lack something.
    Problems(Vec<&'static str>),
    /// An alert is open, and it was not said what is to become of it as it stands now; nothing was done.
    AlertIsOpen,
    /// Somebody else changed the case meanwhile; nothing was done.
    ChangedMeanwhile,
    /// There is no such case.
    NoSuchCase,
}

/// Reads a moment that a form brings, in a time zone; empty is none.
pub(crate) fn moment_of(text: &str, zone: &jiff::tz::TimeZone) -> Result<Option<Timestamp>, ()> {
    let text = domain::text::fold_width(text);
    if text.is_empty() {
        return Ok(None);
    }
    text.replace(' ', "T")
        .parse::<jiff::civil::DateTime>()
        .map_err(|_| ())?
        .to_zoned(zone.clone())
        .map(|at| Some(at.timestamp()))
        .map_err(|_| ())
}

/// How far ahead a call may be planned: whoever is followed is called long before, and a wrong year would be nobody's call.
pub const CALL_AT_MOST_AHEAD_DAYS: i64 = 30;
/// The same in hours, for somebody of whom an alert is open.
pub const CALL_AT_MOST_AHEAD_HOURS_ALERT: i64 = 24;

/// What is wrong with a call that is planned for a moment: the name of the problem of the field `next_call_at`.
pub(crate) fn problem_of_call(
    at: Option<Timestamp>,
    now: Timestamp,
    has_alert: bool,
) -> Option<&'static str> {
    let ahead = at?.duration_since(now);
    if is_long_past(at, now) {
        Some("next_call_at")
    } else if has_alert && ahead > jiff::SignedDuration::from_hours(CALL_AT_MOST_AHEAD_HOURS_ALERT)
    {
        Some("next_call_alert")
    } else if ahead > jiff::SignedDuration::from_hours(CALL_AT_MOST_AHEAD_DAYS * 24) {
        Some("next_call_late")
    } else {
        None
    }
}

/// Where the person of a case is, for a use case that has made sure that the case is in reach.
pub(crate) async fn status_of(app: &App, case: CaseId) -> Result<Option<MonitoringStatus>, Error> {
    Ok(app.db().read(move |tx| status_in(tx, case)).await?)
}

/// Where the person of a case is, inside the transaction that rests on it.
pub(crate) fn status_in(
    tx: &mut storage::Tx<'_>,
    case: CaseId,
) -> Result<Option<MonitoringStatus>, storage::Error> {
    let row = rows::find(tx, case)?;
    Ok(row.and_then(|row| MonitoringStatus::parse(&row.status)))
}

/// Whether a call would be due already when it is planned; a few minutes are nobody's mistake.
pub(crate) fn is_long_past(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| now.duration_since(at) > jiff::SignedDuration::from_mins(15))
}

impl StaffDesk {
    /// All that the page of a case shows of how it is followed; the case must have been found in reach before.
    pub async fn following_of(&self, case: CaseId) -> Result<Option<Following>, Error> {
        let scope = self.scope();
        let sees_health = self.may(Right::SeeHealth);
        let now = self.app.clock.now();
        let found = self
            .app
            .db()
            .read(move |tx| {
                let Some(row) = cases::find(tx, &scope, case)? else {
                    return Ok(None);
                };
                let Some(work) = rows::row(tx, case)? else {
                    return Ok(None);
                };
                let planned = (work.monitoring.next_call_at, now);
                let ahead = call_ahead(tx, case, planned)?;
                let mut family = Vec::new();
                let mut relatives = cases::of_person(tx, row.person)?;
                if let Some(account) = row.account {
                    relatives.extend(cases::of_account(tx, account)?);
                }
                let by_phone = cases::by_phone_at(tx, &row.phone_blind, row.center, SAME_PHONE)?;
                let relatives = relatives.into_iter().map(|other| (other, false));
                for (other, by_phone) in relatives.chain(by_phone.into_iter().map(|o| (o, true))) {
                    // A relative whom another center follows is not shown here, and a record that became one with another is
                    // that one.
                    if other.id != case
                        && !(by_phone && other.merged_into.is_some())
                        && family.iter().all(|known: &Relative| known.case != other.id)
                        && cases::find(tx, &scope, other.id)?.is_some()
                    {
                        family.push(Relative {
                            case: other.id,
                            name: read_names(&cases::names(tx, other.person)?),
                            hersys_id: other.hersys_id,
                            by_phone,
                            is_followed: rows::status(tx, other.id)?.is_some_and(|(word, _)| {
                                MonitoringStatus::parse(&word).is_some_and(|at| at.is_open())
                            }),
                        });
                    }
                }
                Ok(Some((
                    work,
                    storage::alerts::open_of_case(tx, case)?,
                    storage::contact_log::of_case(tx, case)?,
                    storage::corrections::of_case(tx, case)?,
                    storage::transfer::of_case(tx, case)?,
                    family,
                    (storage::contact_log::known_number(tx, case)?, ahead),
                )))
            })
            .await?;
        let Some((work, alert, contacts, corrections, transfers, family, (number, ahead))) = found
        else {
            return Ok(None);
        };
        let app = &self.app;
        let corrections = read_corrections(app, corrections)?;
        Ok(Some(Following {
            // No answer about anybody's health: whoever corrects the record has to know it.
            wrong_number: number.wrong_at,
            call_ahead: ahead,
            too_soon: app.released_too_soon(&work, &corrections),
            assigned_name: work.assigned_name,
            monitoring: Monitoring::read(work.monitoring, sees_health)?,
            alert: alert
                .filter(|_| sees_health)
                .map(|row| Alert::read(row, self.staff, app.clock.now())),
            contacts: if sees_health {
                read_contacts(app, contacts)?
            } else {
                Vec::new()
            },
            corrections: corrections
                .into_iter()
                .filter(|line| {
                    sees_health || !["report", "contact"].contains(&line.subject.as_str())
                })
                .map(|line| match sees_health {
                    true => line,
                    false => line.without_health(),
                })
                .collect(),
            transfers: transfers
                .into_iter()
                .map(|row| Transfer::read(app, row))
                .collect::<Result<_, _>>()?,
            family,
        }))
    }

    /// Decides how a case is followed. Closing it and opening it again want a word on why.
    pub async fn decide(&self, case: CaseId, typed: &TypedDecision) -> Result<Decide, Error> {
        self.needs(Right::Follow)?;
        let scope = self.scope();
        let s = scope.clone();
        let found = self
            .app
            .db()
            .read(move |tx| {
                let alert = storage::alerts::open_of_case(tx, case)?;
                let found = cases::find(tx, &s, case)?.zip(rows::find(tx, case)?);
                Ok(found.map(|(row, before)| (row, before, alert)))
            })
            .await?;
        let Some((row, before, open)) = found else {
            return Ok(Decide::NoSuchCase);
        };
        let center = self.app.health_center(row.center).await?;
        let mut problems = Vec::new();
        let status = MonitoringStatus::parse(&typed.status).filter(|status| status.is_chosen());
        // A case that is none is one again on a page of its own, and only there.
        if status.is_none() || row.is_in_error {
            problems.push("status");
        }
        // A call that is planned already stays as it is, to the second, of which a field has none; a new one lies ahead, and not
        // too far.
        let minute = |at: Timestamp| at.as_second().div_euclid(60);
        let next_call_at = moment_of(&typed.next_call_at, &center.time_zone).map(|at| {
            let stands = before.next_call_at;
            if at.map(minute) == stands.map(minute) {
                stands
            } else {
                at
            }
        });
        match next_call_at {
            Ok(at) if at != before.next_call_at => {
                problems.extend(problem_of_call(at, self.app.clock.now(), open.is_some()));
            }
            Ok(_) => {}
            Err(()) => problems.push("next_call_at"),
        }
        let assigned_to = self.assignee(&typed.assigned_to, row.center).await?;
        if assigned_to.is_err() {
            problems.push("assigned_to");
        }
        let reason: String = clean_note(&typed.reason)
            .chars()
            .take(NOTE_LENGTH)
            .collect();
        let was = MonitoringStatus::parse(&before.status).unwrap_or_default();
        // A release is decided on a page of its own, which keeps the calculation.
        if status == Some(MonitoringStatus::Released) && was != MonitoringStatus::Released {
            problems.push("status");
        }
        if status.is_some_and(|new| new.is_open() != was.is_open()) && reason.is_empty() {
            problems.push("reason");
        }
        // Nobody comes to hospital or dies past an alert that nobody has looked at.
        let asks = status.is_some_and(|new| new != was && !new.expects_reports());
        let choice = OpenAlert::parse(&typed.open_alert);
        // Whoever is asked something else is asked that, too, and not once more afterwards.
        if !problems.is_empty() && asks && open.is_some() && choice.is_none() {
            problems.push("open_alert");
        }
        let ended = open.filter(|_| asks && choice == Some(OpenAlert::End));
        if ended.is_some() && reason.is_empty() {
            problems.push("alert_reason");
        }
        let (Some(status), Ok(next_call_at), Ok(assigned_to), true) =
            (status, next_call_at, assigned_to, problems.is_empty())
        else {
            return Ok(Decide::Problems(problems));
        };
        let risks: Vec<String> = CONDITIONS
            .iter()
            .filter(|name| typed.risks.iter().any(|r| r == *name))
            .map(|name| (*name).to_owned())
            .collect();
        let decided = Decided {
            status: status.word().to_owned(),
            is_open: status.is_open(),
            expects_reports: status.expects_reports(),
            // Another rule may have come to hold while the record was closed, and another one holds in hospital.
            review_from: (self.app)
                .review_from(
                    (&row.programme, row.center),
                    row.onset_on,
                    row.diagnosed_on,
                    row.is_contact,
                    is_inpatient(status, &risks),
                )
                .or(before.review_from),
            risks,
            assigned_to,
            next_call_at,
        };
        let told = |status: &str, risks: &[String]| {
            serde_json::json!({ "status": status, "risks": risks }).to_string()
        };
        let keys = self.app.keys();
        let now = self.app.clock.now();
        let changes =
            (before.status != decided.status || before.risks != decided.risks).then(|| {
                CorrectionRow {
                    case,
                    id: self.app.new_uuid(),
                    subject: "monitoring".to_owned(),
                    subject_id: None,
                    at: now,
                    by: self.staff,
                    reason_sealed: keys.seal_text("correction", &reason),
                    before_sealed: keys
                        .seal_text("correction", &told(&before.status, &before.risks)),
                    after_sealed: keys
                        .seal_text("correction", &told(&decided.status, &decided.risks)),
                    by_name: String::new(),
                }
            });
        let ended = match ended {
            Some(alert) => {
                let done = TypedContact {
                    outcome: ContactOutcome::Note.word().to_owned(),
                    note: reason.clone(),
                    ..TypedContact::default()
                };
                match self
                    .contact_row(case, &done, Some(alert.id), row.center)
                    .await?
                {
                    Ok(line) => Some((line, self.did("alert.done", Some(case)))),
                    Err(_) => return Ok(Decide::Problems(vec!["alert_reason"])),
                }
            }
            None => None,
        };
        let seen = choice.map_or_else(String::new, |_| typed.alert_seen.clone());
        let entry = with(self.did("case.followed", Some(case)), status.word());
        let (app, version) = (self.app.clone(), typed.version);
        let alert = AlertId::from_uuid(app.new_uuid());
        let db = self.app.db();
        db.write(move |tx| {
            let Some(row) = cases::find(tx, &scope, case)? else {
                return Ok(Decide::NoSuchCase);
            };
            if row.is_in_error {
                return Ok(Decide::ChangedMeanwhile);
            }
            // Looked at here, because the alert may have come, or a further report to it, while the page was read.
            rows::hold(tx, case)?;
            let open = storage::alerts::open_of_case(tx, case)?;
            let stands = open.as_ref().map(|alert| state(alert.id, alert.version));
            if asks && stands.is_some_and(|stands| stands != seen) {
                return Ok(Decide::AlertIsOpen);
            }
            if !rows::decide(tx, case, &decided, version, now)? {
                return Ok(Decide::ChangedMeanwhile);
            }
            if let Some((line, entry)) = &ended {
                end_with(tx, app.keys(), line, entry, now)?;
            }
            if let Some(changes) = &changes {
                storage::corrections::insert(tx, changes)?;
            }
            refresh(&app, tx, &row, Because::Changed, alert, now)?;
            audit::note(tx, app.keys(), &entry)?;
            Ok(Decide::Decided)
        })
        .await
        .map_err(Error::from)
    }

    /// Whoever is to look after a case: one of the center's team, or nobody.
    pub(crate) async fn assignee(
        &self,
        typed: &str,
        center: HealthCenterId,
    ) -> Result<Result<Option<StaffId>, ()>, Error> {
        if typed.is_empty() {
            return Ok(Ok(None));
        }
        let Ok(id) = typed.parse::<StaffId>() else {
            return Ok(Err(()));
        };
        let team = self.team(center).await?;
        Ok(team
            .iter()
            .any(|(member, _)| *member == id)
            .then_some(Some(id))
            .ok_or(()))
    }
}
