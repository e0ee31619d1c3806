//! What a confirmed notification tells about following somebody: conditions that put the person at risk, a death, and that
//! somebody is needed at once.

use super::Notification;
use crate::alerts::{end_with, state};
use crate::audit::{self, with};
use crate::contact_log::Contacted;
use crate::course::{Because, refresh};
use crate::monitoring::is_inpatient;
use crate::place_settings::following;
use crate::{App, Error, StaffDesk};
use domain::course::Why;
use domain::ids::{AlertId, CaseId, HealthCenterId, StaffId};
use domain::monitoring::MonitoringStatus;
use domain::notification::core_item;
use domain::staff_role::Right;
use domain::urgency::Level;
use i18n::words;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::alerts::{self, AlertRow};
use storage::audit::AuditEntry;
use storage::case_registration as cases;
use storage::corrections::{self, CorrectionRow};
use storage::monitoring::{self, Decided};
use uuid::Uuid;

/// What is to be written of a case once the notification is confirmed.
#[derive(Clone)]
pub(super) struct Told {
    case: CaseId,
    risks: Vec<String>,
    death: Option<Death>,
    presses: Option<Presses>,
    /// For an alert about what was reported before, where the risks make that alarming.
    alert: AlertId,
    now: Timestamp,
}

/// That somebody is needed at once: who checks a notification has not called the person by that, so an alert says it on.
#[derive(Clone)]
struct Presses {
    alert: AlertId,
    center: HealthCenterId,
    /// Why, as it is stored.
    why: serde_json::Value,
    /// Since when the notification has waited.
    since: Timestamp,
}

/// A death, and how the record tells of it.
#[derive(Clone)]
struct Death {
    /// The note with which an open alert ends.
    note: Contacted,
    /// The same words, as the reason for another status of somebody who was followed.
    reason: String,
    by: StaffId,
    line: Uuid,
    /// The alert that ends with it, as it was looked at; none where whoever confirms may end none.
    ends: Option<String>,
    alert_done: AuditEntry,
    followed: AuditEntry,
}

/// The conditions that put the person at risk, by the names that the course rules know them by.
fn risks_of(found: &Notification) -> Vec<String> {
    let answers = found.answers.expose();
    let risks = found.set.risk_factors();
    risks
        .filter(|id| answers.get(*id).is_some_and(|answer| answer == "yes"))
        .filter(|id| crate::monitoring::CONDITIONS.contains(id))
        .map(str::to_owned)
        .collect()
}

impl StaffDesk {
    /// What a notification tells about following a case of the own center. `alert_seen`: the alert that whoever confirms it has
    /// looked at.
    pub(super) async fn told_of(
        &self,
        found: &Notification,
        (case, center): (CaseId, HealthCenterId),
        alert_seen: &str,
    ) -> Result<Told, Error> {
        let kind = found.answers.expose().get(core_item::KIND);
        let death = if kind.is_some_and(|kind| kind == "death") {
            let reason = words(self.language().await?).say("notification-died-note");
            let died = MonitoringStatus::Died.word();
            Some(Death {
                note: self.note_row(case, &reason, center),
                reason,
                by: self.staff,
                line: self.app.new_uuid(),
                ends: self.may(Right::Follow).then(|| alert_seen.to_owned()),
                alert_done: self.did("alert.done", Some(case)),
                followed: with(self.did("case.followed", Some(case)), died),
            })
        } else {
            None
        };
        Ok(Told {
            case,
            risks: risks_of(found),
            presses: match found.line.is_pressing && death.is_none() {
                true => Some(self.presses(found, center, self.app.today_at(center).await?)?),
                false => None,
            },
            death,
            alert: AlertId::from_uuid(self.app.new_uuid()),
            now: self.app.clock.now(),
        })
    }
}

impl StaffDesk {
    fn presses(
        &self,
        found: &Notification,
        center: HealthCenterId,
        today: Date,
    ) -> Result<Presses, Error> {
        let checked = found.set.check(found.answers.expose(), today);
        let answers = checked.map_or_else(
            |_| Vec::new(),
            |checked| found.set.pressing_answers(&checked),
        );
        Ok(Presses {
            alert: AlertId::from_uuid(self.app.new_uuid()),
            center,
            why: serde_json::to_value([Why::Notified { answers }])
                .map_err(|e| Error::broken(format!("reasons cannot be stored: {e}")))?,
            since: found.line.waiting_since,
        })
    }
}

impl Presses {
    /// Raises an alert about the case, or tells the open one anew.
    fn raise(&self, tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<(), storage::Error> {
        let wait = following(tx, self.center, now)?.tell_center_after;
        let alert = AlertRow::notified(
            self.alert,
            (self.center, case),
            (Level::Alarming.number(), self.why.clone()),
            self.since,
            (now, now + SignedDuration::from_mins(wait)),
        );
        alerts::raise(tx, &alert)?;
        monitoring::touch(tx, case, now)
    }
}

impl Told {
    /// Writes it. `stood`: whether the person was followed already, so that another status is a change that the record tells
    /// of. Nobody need be called about somebody who has died.
    pub(super) fn write(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        stood: bool,
    ) -> Result<(), storage::Error> {
        self.follow(app, tx, stood)?;
        let status = monitoring::find(tx, self.case)?.map(|row| row.status);
        match (&self.presses, status) {
            (Some(presses), Some(status)) if status != MonitoringStatus::Died.word() => {
                presses.raise(tx, self.case, self.now)
            }
            _ => Ok(()),
        }
    }

    /// Conditions are added to those that are known. The dead are not asked for reports, and nobody need be called about
    /// them any more: an alert that whoever confirms has looked at ends, as it does where somebody sets that they died.
    fn follow(&self, app: &App, tx: &mut Tx<'_>, stood: bool) -> Result<(), storage::Error> {
        monitoring::hold(tx, self.case)?;
        let Some(row) = monitoring::find(tx, self.case)? else {
            return Ok(());
        };
        let was = MonitoringStatus::parse(&row.status).unwrap_or(MonitoringStatus::Unknown);
        let died = self.death.is_some();
        let status = if died { MonitoringStatus::Died } else { was };
        // Two sources say it then: it stays where a record is parted again that brought it.
        storage::merge::no_more_brought(tx, self.case, &self.risks)?;
        let mut risks = row.risks.clone();
        let new = self.risks.iter().filter(|risk| !row.risks.contains(risk));
        risks.extend(new.cloned());
        if status == was && risks == row.risks {
            return self.end_alert(app, tx);
        }
        let mut decided = Decided {
            status: status.word().to_owned(),
            is_open: status.is_open(),
            expects_reports: status.expects_reports(),
            risks: risks.clone(),
            assigned_to: row.assigned_to,
            next_call_at: row.next_call_at.filter(|_| !died),
            review_from: row.review_from.filter(|_| !died),
        };
        if status.is_open()
            && is_inpatient(status, &risks) != is_inpatient(was, &row.risks)
            && let Some(case) = cases::by_id(tx, self.case)?
        {
            let whose = (case.programme.as_str(), case.center);
            let days = (case.onset_on, case.diagnosed_on);
            let day = app.review_from(whose, days.0, days.1, case.is_contact, true);
            decided.review_from = day.or(decided.review_from);
        }
        monitoring::decide(tx, self.case, &decided, row.version, self.now)?;
        crate::silence::put_in_order(app, tx, self.case)?;
        // What was reported before is judged by what is known now.
        if !died
            && row.reports > 0
            && let Some(case) = cases::by_id(tx, self.case)?
        {
            refresh(app, tx, &case, Because::Changed, self.alert, self.now)?;
        }
        if let Some(death) = self.death.as_ref().filter(|_| stood && status != was) {
            let seal = |text: &str| app.keys().seal_text("correction", text);
            let told = |status: &str, risks: &[String]| {
                serde_json::json!({ "status": status, "risks": risks }).to_string()
            };
            let change = CorrectionRow {
                case: self.case,
                id: death.line,
                subject: "monitoring".to_owned(),
                subject_id: None,
                at: self.now,
                by: death.by,
                reason_sealed: seal(&death.reason),
                before_sealed: seal(&told(&row.status, &row.risks)),
                after_sealed: seal(&told(&decided.status, &risks)),
                by_name: String::new(),
            };
            corrections::insert(tx, &change)?;
            audit::note(tx, app.keys(), &death.followed)?;
        }
        self.end_alert(app, tx)
    }

    fn end_alert(&self, app: &App, tx: &mut Tx<'_>) -> Result<(), storage::Error> {
        let Some(death) = &self.death else {
            return Ok(());
        };
        // It may be another person's death, and a report may have come since: what nobody has looked at stays open, for somebody
        // who follows people.
        let open = alerts::open_of_case(tx, self.case)?;
        let stands = open.map(|open| state(open.id, open.version));
        match stands.is_some() && stands == death.ends {
            true => end_with(tx, app.keys(), &death.note, &death.alert_done, self.now),
            false => Ok(()),
        }
    }
}
