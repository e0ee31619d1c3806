//! Alerts: an alarming report that somebody must take, with a clock on it. One that nobody takes is passed on by rule,
//! and stays on top until somebody writes what was done.

mod passing_on;
mod standing;
mod together;

use crate::audit::{self, about, with};
use crate::contact_log::{Contacted, TypedContact};
use crate::course::{level, read_reasons};
use crate::monitoring as monitoring_of;
use crate::place_settings::following;
use crate::rules::mark::{JudgedBy, read_mark};
use crate::{Error, StaffDesk};
use domain::course::Why;
use domain::ids::{AlertId, CaseId, HealthCenterId, JurisdictionId, ReportId, StaffId};
use domain::monitoring::ContactOutcome;
use domain::staff_role::{Right, StaffRole};
use domain::status_report::clean_note;
use domain::urgency::Level;
use jiff::{SignedDuration, Timestamp};
pub(crate) use passing_on::LATEST_STEP;
use storage::Tx;
use storage::alerts::{self as rows, AlertRow};
use storage::case_registration::{self as cases, Record, Scope};
use storage::monitoring;
use storage::staff::StaffRow;

pub use standing::Standing;
pub(crate) use together::{SOON, Settings, ahead, in_messages};

/// An alert as pages show it.
#[derive(Clone, Debug)]
pub struct Alert {
    /// The id.
    pub id: AlertId,
    /// The case.
    pub case: CaseId,
    /// The latest alarming report; none where it is about silence, or about a notification alone.
    pub report: Option<ReportId>,
    /// The highest level so far.
    pub level: Level,
    /// Why: what a notification says, and of the latest of the reports that made it as urgent as it is.
    pub reasons: Vec<Why>,
    /// The rules by which it was judged.
    pub judged_by: Option<JudgedBy>,
    /// How many alarming reports.
    pub times: i32,
    /// When the first came.
    pub raised_at: Timestamp,
    /// When the latest came.
    pub last_at: Timestamp,
    /// When that was measured which the latest alarming report tells; none where it is about silence, and where nobody has
    /// looked it up.
    pub measured_at: Option<Timestamp>,
    /// For how many minutes it has waited for somebody to take it, or has been taken.
    pub minutes: i64,
    /// The name of whoever has it.
    pub taken_by: Option<String>,
    /// Whether that is the reader.
    pub is_mine: bool,
    /// The name of whoever had it before.
    pub taken_before_by: Option<String>,
    /// How often it was passed on, since it waits or since it was taken.
    pub steps: i32,
    /// How many people the last passing on reached.
    pub told: Option<i32>,
    /// Whether somebody has it and has not written a word in time.
    pub is_overdue: bool,
    /// Counts changes.
    pub version: i32,
}

/// An alert and the version of it, as one word for a form.
pub(crate) fn state(id: AlertId, version: i32) -> String {
    format!("{id}:{version}")
}

/// A measurement that was received so much later is old news: it says so.
const LATE: SignedDuration = SignedDuration::from_hours(3);

impl Alert {
    /// When it was measured, where that was long before the report came.
    pub fn measured_long_before(&self) -> Option<Timestamp> {
        self.measured_at
            .filter(|at| self.last_at.duration_since(*at) >= LATE)
    }

    /// Which alert this is and how it stands, as one word for a form: a further report or a colleague changes it.
    pub fn state(&self) -> String {
        state(self.id, self.version)
    }

    pub(crate) fn read(row: AlertRow, reader: StaffId, now: Timestamp) -> Alert {
        let since = row.taken_at.unwrap_or(row.waiting_since);
        let mut reasons = row.notified.as_ref().map_or_else(Vec::new, read_reasons);
        reasons.extend(read_reasons(&row.reasons));
        Alert {
            id: row.id,
            case: row.case,
            report: row.report,
            level: level(row.level),
            reasons,
            judged_by: read_mark(&row.reasons),
            times: row.times,
            raised_at: row.raised_at,
            last_at: row.last_at,
            measured_at: row.measured_at,
            minutes: now.duration_since(since).as_mins().max(0),
            is_mine: row.taken_by == Some(reader),
            taken_by: row.taken_name,
            taken_before_by: row.taken_before_name,
            steps: row.steps,
            told: row.told,
            is_overdue: row.taken_by.is_some()
                && (row.steps > 0 || row.next_step_at.is_some_and(|at| at <= now)),
            version: row.version,
        }
    }
}

/// What came of taking an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeAlert {
    /// The reader has it.
    Taken(CaseId),
    /// A colleague was faster.
    TakenByOther(CaseId, String),
    /// It is not open any more, or there is no such alert.
    NotOpen,
}

/// What came of ending an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinishAlert {
    /// It is done.
    Done(CaseId),
    /// Nobody was reached: the attempt is written down with the call that follows, and the alert stays open.
    Tried(CaseId),
    /// A further report came, or a colleague changed it, since the page was shown. Nothing was done.
    ChangedMeanwhile(CaseId),
    /// What was done is missing: the names of the fields.
    Problems(CaseId, Vec<&'static str>),
    /// A colleague has ended it: the case, and who it was.
    Ended(CaseId, String),
    /// The case is followed elsewhere now.
    Elsewhere(CaseId),
    /// There is no such alert.
    NotOpen,
}

impl StaffDesk {
    /// An open alert of a case in reach.
    pub(crate) async fn alert_in_reach(&self, id: AlertId) -> Result<Option<AlertRow>, Error> {
        let scope = self.scope();
        Ok(self
            .app
            .db()
            .read(move |tx| {
                let Some(alert) = rows::find(tx, id)? else {
                    return Ok(None);
                };
                Ok(cases::find(tx, &scope, alert.case)?.map(|_| alert))
            })
            .await?
            .filter(|alert| alert.done_at.is_none()))
    }

    /// Takes an alert; of two who take it at once, one gets it and the other is told who has it.
    pub async fn take_alert(&self, id: AlertId) -> Result<TakeAlert, Error> {
        self.needs(Right::Follow)?;
        let Some(alert) = self.alert_in_reach(id).await? else {
            return Ok(TakeAlert::NotOpen);
        };
        let case = alert.case;
        let (staff, now) = (self.staff, self.app.clock.now());
        let entry = about(self.did("alert.taken", Some(case)), id.uuid());
        let (keys, scope) = (self.app.keys().clone(), self.scope());
        let stands = self
            .app
            .db()
            .write(move |tx| {
                let Some(alert) = held_open(tx, &scope, (id, case))? else {
                    return Ok(None);
                };
                let wait = following(tx, alert.center, now)?.tell_taken_after;
                let next = now + SignedDuration::from_mins(wait);
                if rows::take(tx, id, staff, now, next)? {
                    monitoring::touch(tx, case, now)?;
                    audit::note(tx, &keys, &entry)?;
                }
                rows::find(tx, id)
            })
            .await?;
        Ok(match stands {
            Some(alert) if alert.done_at.is_none() => match (alert.taken_by, alert.taken_name) {
                (Some(by), _) if by == staff => TakeAlert::Taken(case),
                (_, name) => TakeAlert::TakenByOther(case, name.unwrap_or_default()),
            },
            _ => TakeAlert::NotOpen,
        })
    }

    /// Takes an alert over from the colleague who has it, if it is as it was looked at (`version`): somebody may be called
    /// away, or shut out. One that nobody has by now is taken.
    pub async fn take_alert_over(&self, id: AlertId, version: i32) -> Result<TakeAlert, Error> {
        self.needs(Right::Follow)?;
        let Some(alert) = self.alert_in_reach(id).await? else {
            return Ok(TakeAlert::NotOpen);
        };
        let case = alert.case;
        let (staff, now) = (self.staff, self.app.clock.now());
        let entry = about(self.did("alert.taken_over", Some(case)), id.uuid());
        let (keys, scope) = (self.app.keys().clone(), self.scope());
        self.app
            .db()
            .write(move |tx| {
                let Some(alert) = held_open(tx, &scope, (id, case))? else {
                    return Ok(());
                };
                let had_it = alert.taken_name;
                let wait = following(tx, alert.center, now)?.tell_taken_after;
                let next = now + SignedDuration::from_mins(wait);
                if rows::take_over(tx, id, (staff, version), now, next)? {
                    monitoring::touch(tx, case, now)?;
                    let entry = with(entry.clone(), had_it.unwrap_or_default());
                    audit::note(tx, &keys, &entry)?;
                }
                Ok(())
            })
            .await?;
        self.take_alert(id).await
    }

    /// Gives an alert back that the reader has and cannot see to. [`TakeAlert::Taken`]: it waits for somebody again; a
    /// colleague who has taken it over meanwhile keeps it.
    pub async fn give_alert_back(&self, id: AlertId) -> Result<TakeAlert, Error> {
        self.needs(Right::Follow)?;
        let Some(alert) = self.alert_in_reach(id).await? else {
            return Ok(TakeAlert::NotOpen);
        };
        let case = alert.case;
        let (staff, now) = (self.staff, self.app.clock.now());
        let entry = about(self.did("alert.given_back", Some(case)), id.uuid());
        let keys = self.app.keys().clone();
        let stands = self
            .app
            .db()
            .write(move |tx| {
                monitoring::hold(tx, case)?;
                let Some(alert) = rows::find(tx, id)? else {
                    return Ok(None);
                };
                let since = waits_since(tx, &alert, now)?;
                let wait = following(tx, alert.center, now)?.tell_center_after;
                let next = now.max(since + SignedDuration::from_mins(wait));
                if rows::give_back(tx, id, staff, since, next)? {
                    monitoring::touch(tx, case, now)?;
                    audit::note(tx, &keys, &entry)?;
                }
                rows::find(tx, id)
            })
            .await?;
        Ok(match stands {
            Some(alert) if alert.done_at.is_none() => match alert.taken_name {
                Some(name) => TakeAlert::TakenByOther(case, name),
                None => TakeAlert::Taken(case),
            },
            _ => TakeAlert::NotOpen,
        })
    }

    /// Whether an alert about a case in reach is open.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn has_open_alert(&self, case: CaseId) -> Result<bool, Error> {
        Ok(self.open_alert_of(case).await?.is_some())
    }

    /// Which alert about a case in reach is open and how it stands, as [`Alert::state`] tells it.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn open_alert_of(&self, case: CaseId) -> Result<Option<String>, Error> {
        let scope = self.scope();
        let db = self.app.db();
        Ok(db
            .read(move |tx| match cases::find(tx, &scope, case)? {
                Some(_) => Ok(rows::open_of_case(tx, case)?.map(|row| state(row.id, row.version))),
                None => Ok(None),
            })
            .await?)
    }

    /// Ends an alert with what was done, which becomes a line among the calls of the case. A call that reached nobody ends
    /// nothing: it is written down, the next one is due, and the alert stays with whoever has it, or is whose call it was.
    pub async fn finish_alert(
        &self,
        id: AlertId,
        version: i32,
        typed: &TypedContact,
    ) -> Result<FinishAlert, Error> {
        self.needs(Right::Follow)?;
        let Some(alert) = self.alert_in_reach(id).await? else {
            return self.why_not_open(id, typed).await;
        };
        let case = alert.case;
        let scope = self.scope();
        let contact = match self
            .contact_row(case, typed, Some(id), alert.center)
            .await?
        {
            Ok(contact) => contact,
            Err(problems) => return Ok(FinishAlert::Problems(case, problems)),
        };
        let outcome = ContactOutcome::parse(&contact.row.outcome);
        if outcome.is_some_and(ContactOutcome::reached_nobody) {
            return self.tried((id, typed), case, contact).await;
        }
        let (staff, now) = (self.staff, self.app.clock.now());
        let entry = with(
            about(self.did("alert.done", Some(case)), id.uuid()),
            &contact.row.outcome,
        );
        let app = self.app.clone();
        let to_hospital = self.taken_to_hospital(case, &contact.row.outcome, typed);
        let done = self
            .app
            .db()
            .write(move |tx| {
                // Where the record became one with another this moment, its alert is that one's.
                let row = Record::held(tx, &scope, case)?.filter(|row| row.id == case);
                let Some(row) = row else {
                    return Ok(false);
                };
                if !rows::finish(tx, id, staff, &contact.row.outcome, version, now)? {
                    return Ok(false);
                }
                Contacted::write(&contact, tx, now)?;
                if let Some(by) = &to_hospital {
                    monitoring_of::to_hospital(&app, tx, &row, by, now)?;
                }
                monitoring::touch(tx, case, now)?;
                audit::note(tx, app.keys(), &entry)?;
                Ok(true)
            })
            .await?;
        if done {
            return Ok(FinishAlert::Done(case));
        }
        Ok(match self.why_not_open(id, typed).await? {
            FinishAlert::NotOpen => FinishAlert::ChangedMeanwhile(case),
            why => why,
        })
    }

    /// Writes down a call about an alert that reached nobody.
    async fn tried(
        &self,
        (id, typed): (AlertId, &TypedContact),
        case: CaseId,
        contact: Contacted,
    ) -> Result<FinishAlert, Error> {
        let (staff, now, scope) = (self.staff, self.app.clock.now(), self.scope());
        let taken = about(self.did("alert.taken", Some(case)), id.uuid());
        let entry = with(self.did("case.contacted", Some(case)), &contact.row.outcome);
        let keys = self.app.keys().clone();
        let is_written = self
            .app
            .db()
            .write(move |tx| {
                // Where the record became one with another this moment, the call is written under that one, as its alert is.
                let record = Record::held(tx, &scope, case)?;
                let open = rows::find(tx, id)?.filter(|alert| alert.done_at.is_none());
                let (Some(record), Some(alert)) = (record, open) else {
                    return Ok(false);
                };
                let wait = following(tx, alert.center, now)?.tell_taken_after;
                let next = now + SignedDuration::from_mins(wait);
                if rows::take(tx, id, staff, now, next)? {
                    audit::note(tx, &keys, &taken)?;
                }
                contact.of(record.id).write(tx, now)?;
                monitoring::touch(tx, record.id, now)?;
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?;
        match is_written {
            true => Ok(FinishAlert::Tried(case)),
            false => self.why_not_open(id, typed).await,
        }
    }

    /// Why an alert that somebody wants to end is not open here. Where that form has ended it already, or written down that it
    /// reached nobody, the answer is the one that got lost: whoever pressed twice is no colleague who was faster.
    async fn why_not_open(&self, id: AlertId, typed: &TypedContact) -> Result<FinishAlert, Error> {
        let scope = self.scope();
        let outcome = ContactOutcome::parse(&typed.outcome);
        let line = outcome.map(|outcome| self.line_id(typed, (outcome, &clean_note(&typed.note))));
        Ok(self
            .app
            .db()
            .read(move |tx| {
                let Some(alert) = rows::find(tx, id)? else {
                    return Ok(FinishAlert::NotOpen);
                };
                if cases::find(tx, &scope, alert.case)?.is_none() {
                    return Ok(FinishAlert::Elsewhere(alert.case));
                }
                if alert.done_at.is_none() {
                    return Ok(FinishAlert::NotOpen);
                }
                let mut lines = storage::contact_log::of_case(tx, alert.case)?.into_iter();
                Ok(match lines.find(|one| Some(one.id) == line) {
                    Some(own) if own.alert == Some(id) => FinishAlert::Done(alert.case),
                    Some(_) if outcome.is_some_and(ContactOutcome::reached_nobody) => {
                        FinishAlert::Tried(alert.case)
                    }
                    _ => {
                        FinishAlert::Ended(alert.case, rows::ended_by(tx, id)?.unwrap_or_default())
                    }
                })
            })
            .await?)
    }
}

/// An open alert of a case in reach, both of which stay as they are until the transaction ends. Looked at once they are held: the
/// center may have given the case away this moment, and whoever is of the old one cannot see to it any more. The case comes before
/// its alert, as a report does it: otherwise each waits for the other.
fn held_open(
    tx: &mut Tx<'_>,
    scope: &Scope,
    (id, case): (AlertId, CaseId),
) -> Result<Option<AlertRow>, storage::Error> {
    let record = Record::held(tx, scope, case)?;
    let open = rows::find(tx, id)?.filter(|alert| alert.done_at.is_none());
    Ok(open.filter(|alert| record.is_some_and(|record| record.id == alert.case)))
}

/// Ends the open alert of a case, if there is one, with a line among its calls and notes that says why; inside the
/// transaction that decides what makes the alert needless. `entry` says who ends it. The case is to be held before.
pub(crate) fn end_with(
    tx: &mut Tx<'_>,
    keys: &crate::keys::Keys,
    line: &Contacted,
    entry: &storage::audit::AuditEntry,
    now: Timestamp,
) -> Result<(), storage::Error> {
    let Some(open) = rows::open_of_case(tx, line.row.case)? else {
        return Ok(());
    };
    let mut line = line.clone();
    line.row.alert = Some(open.id);
    let outcome = line.row.outcome.as_str();
    if rows::finish(tx, open.id, line.row.by, outcome, open.version, now)? {
        line.write(tx, now)?;
        let entry = with(about(entry.clone(), open.id.uuid()), outcome);
        audit::note(tx, keys, &entry)?;
    }
    Ok(())
}

/// Since when an alert waits that somebody gives back: from now on where something was written meanwhile; otherwise nobody has
/// seen to the person, who has waited all the time.
fn waits_since(
    tx: &mut Tx<'_>,
    alert: &AlertRow,
    now: Timestamp,
) -> Result<Timestamp, storage::Error> {
    let since = alert.taken_at.unwrap_or(now);
    let is_seen_to = storage::contact_log::is_any_since(tx, alert.case, since)?;
    Ok(if is_seen_to { now } else { alert.waiting_since })
}

/// Gives back what somebody has who can see to it no longer: each alert waits again, and is told as waiting in the next
/// round. `entry` says who decided that, and why.
pub(crate) fn give_all_back(
    tx: &mut Tx<'_>,
    staff: StaffId,
    (keys, entry): (&crate::keys::Keys, &storage::audit::AuditEntry),
    now: Timestamp,
) -> Result<(), storage::Error> {
    for alert in rows::taken_by(tx, staff)? {
        let since = waits_since(tx, &alert, now)?;
        if rows::give_back(tx, alert.id, staff, since, now)? {
            monitoring::touch(tx, alert.case, now)?;
            let entry = storage::audit::AuditEntry {
                action: "alert.taken_away".to_owned(),
                case: Some(alert.case),
                subject: Some(alert.id.uuid()),
                details: alert.taken_name.unwrap_or_default(),
                ..entry.clone()
            };
            audit::note(tx, keys, &entry)?;
        }
    }
    Ok(())
}

/// Who is told: the nurses and administrators of a center.
pub(crate) fn at_center(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
) -> Result<Vec<StaffRow>, storage::Error> {
    let place = JurisdictionId::from_uuid(center.uuid());
    let mut staff = storage::staff::at_place(tx, place)?;
    staff.retain(|s| StaffRole::parse(&s.role).is_some_and(|role| role.may(Right::Follow)));
    Ok(staff)
}

/// Who is told next: the officers of the prefecture above a center.
pub(crate) fn above_center(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
) -> Result<Vec<StaffRow>, storage::Error> {
    let place = JurisdictionId::from_uuid(center.uuid());
    let above = storage::jurisdiction::find(tx, place)?.and_then(|place| place.parent);
    let Some(above) = above else {
        return Ok(Vec::new());
    };
    let mut staff = storage::staff::at_place(tx, above)?;
    staff.retain(|s| StaffRole::parse(&s.role) == Some(StaffRole::PrefectureOfficer));
    Ok(staff)
}
