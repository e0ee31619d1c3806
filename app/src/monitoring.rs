//! Following a case: where the person is, who looks after the case, what puts the person at risk, closing and opening
//! again. A day count never releases anybody: it proposes, a nurse decides.

mod decide;
mod work_item;

use crate::alerts::Alert;
use crate::audit;
use crate::case_registration::read_names;
use crate::contact_log::{ContactLine, calls_ahead, read_contacts};
use crate::correction::{CorrectionLine, read_corrections};
use crate::course::{Because, level, read_reasons, refresh};
use crate::rules::mark::{JudgedBy, read_mark};
use crate::transfer::Transfer;
use crate::{App, Error, StaffDesk};
use domain::course::Why;
use domain::ids::{AlertId, CaseId, HealthCenterId, StaffId};
use domain::monitoring::MonitoringStatus;
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::urgency::Level;
use jiff::Timestamp;
use jiff::civil::Date;
use storage::case_registration as cases;
use storage::corrections::CorrectionRow;
use storage::monitoring::{self as rows, Decided, MonitoringRow};

pub(crate) use decide::problem_of_call;
pub use decide::{
    CALL_AT_MOST_AHEAD_DAYS, CALL_AT_MOST_AHEAD_HOURS_ALERT, Decide, OpenAlert, TypedDecision,
};
pub use work_item::WorkItem;
pub(crate) use work_item::spelling_in;

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
    refresh(app, tx, row, Because::Reckoned, by.ids.1, now)?;
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
    /// The day of the latest report that the person does not call wrong, or without one of the registration.
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
    /// What was agreed for later, behind the call that is planned.
    pub call_behind: Option<Timestamp>,
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
    /// The names by script: `kanji`, `kana`, `latin`.
    names: Vec<(String, Personal<String>)>,
    /// Whether only the phone number says so; else they are the same person, or share an account.
    pub by_phone: bool,
    /// Whether the case is followed.
    pub is_followed: bool,
}

impl Relative {
    /// The name in the spelling that readers of a language know.
    pub fn name_in(&self, language: &str) -> &str {
        crate::family::name_in(&self.names, language)
    }
}

/// So many with the same phone number are shown: a nursing home has one for all.
const SAME_PHONE: i64 = 50;

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
                let ahead = calls_ahead(tx, case, planned)?;
                let mut family = Vec::new();
                let mut relatives = cases::of_one_person(tx, row.one_person())?;
                for account in cases::accounts_of(tx, case)? {
                    relatives.extend(cases::of_account(tx, account)?);
                }
                // Somebody may have signed up with the number of a record that became one with another: it is that one.
                for other in &mut relatives {
                    if let Some(kept) = other.merged_into
                        && let Some(kept) = cases::by_id(tx, kept)?
                    {
                        *other = kept;
                    }
                }
                let by_phone = cases::by_phone_at(tx, &row.phone_blind, row.center, SAME_PHONE)?;
                let relatives = relatives.into_iter().map(|other| (other, false));
                for (other, by_phone) in relatives.chain(by_phone.into_iter().map(|o| (o, true))) {
                    // A relative whom another center follows is not shown here.
                    if other.id != case
                        && !(by_phone && other.merged_into.is_some())
                        && family.iter().all(|known: &Relative| known.case != other.id)
                        && cases::find(tx, &scope, other.id)?.is_some()
                    {
                        family.push(Relative {
                            case: other.id,
                            names: read_names(cases::names(tx, other.person)?),
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
                    (storage::contact_log::known_ways(tx, case)?, ahead),
                )))
            })
            .await?;
        let Some((work, alert, contacts, corrections, transfers, family, (ways, ahead))) = found
        else {
            return Ok(None);
        };
        let app = &self.app;
        let corrections = read_corrections(app, corrections)?;
        Ok(Some(Following {
            // No answer about anybody's health: whoever corrects the record has to know it.
            wrong_number: ways.wrong_at,
            call_ahead: ahead.0,
            call_behind: ahead.1,
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
}
