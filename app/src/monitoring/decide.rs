//! Deciding how a case is followed: where the person is, who looks after them, when to call next, what puts them at risk.

use crate::alerts::{end_with, state};
use crate::audit::{self, with};
use crate::contact_log::{Named, Stands, TypedContact};
use crate::course::{Because, refresh};
use crate::monitoring::{CONDITIONS, NOTE_LENGTH, is_inpatient, is_long_past, moment_of};
use crate::{Error, StaffDesk};
use domain::ids::{AlertId, CaseId, HealthCenterId, StaffId};
use domain::monitoring::{ContactOutcome, MonitoringStatus};
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::Timestamp;
use storage::case_registration::{self as cases, Record};
use storage::corrections::CorrectionRow;
use storage::monitoring::{self as rows, Decided};

/// What staff typed about following a case.
#[derive(Clone, Debug, Default)]
pub struct TypedDecision {
    /// The word of the status.
    pub status: String,
    /// Names of conditions.
    pub risks: Vec<String>,
    /// Who looks after the case; empty: nobody in particular.
    pub assigned_to: String,
    /// When to call next, `YYYY-MM-DDTHH:MM` in the center's time zone; empty: no call is due. Left as it was shown it says
    /// nothing. What was agreed for later, behind the call that stands, stays in any case.
    pub next_call_at: String,
    /// What the form showed there. None: whoever decides has looked at no form, and what is typed is in the place of
    /// whatever stands.
    pub call_shown: Option<String>,
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

impl StaffDesk {
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
        let zone = &center.time_zone;
        // What was shown was a moment once.
        let shown = |text: &String| moment_of(text, zone).unwrap_or_default();
        let named = moment_of(&typed.next_call_at, zone).map(|at| Named {
            at,
            shown: typed.call_shown.as_ref().map(shown),
            is_followed: status.is_some_and(MonitoringStatus::is_open),
        });
        match named {
            Ok(named) if !named.leaves(before.next_call_at) => {
                let now = self.app.clock.now();
                problems.extend(problem_of_call(named.at, now, open.is_some()));
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
        let (Some(status), Ok(named), Ok(assigned_to), true) =
            (status, named, assigned_to, problems.is_empty())
        else {
            return Ok(Decide::Problems(problems));
        };
        let risks: Vec<String> = CONDITIONS
            .iter()
            .filter(|name| typed.risks.iter().any(|r| r == *name))
            .map(|name| (*name).to_owned())
            .collect();
        let mut decided = Decided {
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
            // As it stands once the record is held.
            next_call_at: None,
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
        let is_unticked = |risk: &&String| !decided.risks.contains(*risk);
        let unticked: Vec<String> = before.risks.iter().filter(is_unticked).cloned().collect();
        let alert = AlertId::from_uuid(app.new_uuid());
        let db = self.app.db();
        db.write(move |tx| {
            let Some(row) = Record::held(tx, &scope, case)? else {
                return Ok(Decide::NoSuchCase);
            };
            // What became one with another record is followed under that one, where somebody may have decided otherwise.
            if row.is_in_error || row.id != case {
                return Ok(Decide::ChangedMeanwhile);
            }
            // Looked at here, because the alert may have come, or a further report to it, while the page was read.
            let open = storage::alerts::open_of_case(tx, case)?;
            let stands = open.as_ref().map(|alert| state(alert.id, alert.version));
            if asks && stands.is_some_and(|stands| stands != seen) {
                return Ok(Decide::AlertIsOpen);
            }
            // A line of calls may have set it while the page was read, and counts up no version.
            let stands = rows::find(tx, case)?.and_then(|row| row.next_call_at);
            let Stands::Call(first, behind) = named.settle(tx, case, (stands, now))? else {
                return Ok(Decide::ChangedMeanwhile);
            };
            decided.next_call_at = first;
            if !rows::decide(tx, case, &decided, version, now)? {
                return Ok(Decide::ChangedMeanwhile);
            }
            // Whoever ticks it again says it of the person whom they follow.
            if !unticked.is_empty() {
                storage::merge::no_more_brought(tx, case, &unticked)?;
            }
            if let Some(both) = first.zip(behind) {
                rows::set_behind(tx, case, both, now)?;
            }
            if let Some((line, entry)) = &ended {
                end_with(tx, app.keys(), line, entry, now)?;
            }
            if let Some(changes) = &changes {
                storage::corrections::insert(tx, changes)?;
            }
            refresh(&app, tx, &row, Because::Reckoned, alert, now)?;
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
