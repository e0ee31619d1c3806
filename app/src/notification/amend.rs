//! Asking the health center to correct or withdraw a notification that is confirmed. It counts by then and stands in a record
//! that the center keeps, so whoever notified changes nothing themselves: what they ask for is a task of the center that
//! answers for the person now, and they see what became of it.

use super::{Notification, State};
use crate::audit;
use crate::health_center::HealthCenter;
use crate::keys::Keys;
use crate::monitoring::NOTE_LENGTH;
use crate::outbox::Mail;
use crate::staff_messages::StaffMessage;
use crate::tasks::{NOTIFICATION_AMEND, SEALED_AS};
use crate::{App, Error, StaffDesk};
use domain::ids::{CaseId, JurisdictionId, NotificationId, StaffId, TaskId};
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use storage::Tx;
use storage::notification as rows;
use storage::tasks::{self, TaskRow};

/// What a task says of it, as it is sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Details {
    pub(crate) notification: NotificationId,
    /// The name of whoever asked, and of their place.
    pub(crate) by: String,
    pub(crate) place: String,
    /// What they wrote.
    pub(crate) text: String,
    /// What whoever did it answered; empty: nothing, or it is not done.
    #[serde(default)]
    pub(crate) answer: String,
    /// Who asked, and where they worked then: they are told that it was answered. Nobody of what was asked in a release before.
    #[serde(default)]
    pub(crate) askers: Vec<(StaffId, JurisdictionId)>,
}

impl Details {
    pub(crate) fn read(keys: &Keys, row: &TaskRow) -> Result<Details, Error> {
        let sealed = keys.open(SEALED_AS, &row.details_sealed)?;
        serde_json::from_slice(&sealed)
            .map_err(|e| Error::broken(format!("tasks.details of {}: {e}", row.id)))
    }

    pub(crate) fn seal(&self, keys: &Keys) -> Result<Vec<u8>, Error> {
        let details = serde_json::to_vec(self)
            .map_err(|e| Error::broken(format!("a task cannot be stored: {e}")))?;
        Ok(keys.seal(SEALED_AS, &details))
    }
}

/// Something that a center was asked.
#[derive(Clone, Debug)]
pub struct AskedToAmend {
    /// When, first and last where it was added to.
    pub at: (Timestamp, Timestamp),
    /// Who asked.
    pub by: String,
    /// In which words.
    pub text: Personal<String>,
    /// When the center had done it, and what it answered; empty: nothing.
    pub done: Option<(Timestamp, Personal<String>)>,
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskToAmend {
    /// The center has it on its list.
    Asked,
    /// The words are missing or too long.
    Words,
    /// It is not confirmed: it can be corrected, or does not count.
    NotConfirmed,
    /// There is no such notification in reach.
    NoSuchNotification,
}

/// Tells whoever asked that there is an answer, inside the transaction that gives it. Whoever works elsewhere by now, or was shut
/// out, does not see it any more.
pub(crate) fn tell_answered(
    app: &App,
    tx: &mut Tx<'_>,
    details: &Details,
    now: Timestamp,
) -> Result<(), storage::Error> {
    let mut staff = Vec::new();
    for (id, place) in &details.askers {
        let found = storage::staff::find(tx, *id)?;
        staff.extend(found.filter(|one| one.disabled_at.is_none() && one.place == *place));
    }
    let url = format!(
        "{}/notifications/{}",
        app.console_url(),
        details.notification
    );
    let message = StaffMessage {
        kind: "notification_answered",
        mail: &|email, language| Mail::notification_answered(email, language, &url),
        sms: None,
        expires: None,
        center: None,
    };
    message.promise(app, tx, &staff, now)?;
    Ok(())
}

/// What was asked about a notification of a case, the latest first.
pub(super) fn found(
    tx: &mut Tx<'_>,
    case: Option<CaseId>,
) -> Result<Vec<(TaskRow, Option<Timestamp>)>, storage::Error> {
    case.map_or_else(
        || Ok(Vec::new()),
        |case| tasks::ever_about(tx, case, NOTIFICATION_AMEND),
    )
}

/// The same, as pages show it.
pub(super) fn read(
    keys: &Keys,
    id: NotificationId,
    found: Vec<(TaskRow, Option<Timestamp>)>,
) -> Result<Vec<AskedToAmend>, Error> {
    let mut all = Vec::new();
    for (row, done_at) in found {
        let details = Details::read(keys, &row)?;
        if details.notification == id {
            all.push(AskedToAmend {
                at: (row.created_at, row.last_at),
                by: details.by,
                text: Personal::new(details.text),
                done: done_at.map(|at| (at, Personal::new(details.answer))),
            });
        }
    }
    Ok(all)
}

impl StaffDesk {
    /// Whether the reader asks the center about a notification: it is confirmed, and they are not the center.
    pub fn may_ask_to_amend(&self, found: &Notification) -> bool {
        self.may(Right::Notify)
            && !self.checks_notifications()
            && found.line.state == State::Confirmed
    }

    /// The health center that answers for the person of a notification now, for whoever notified and is not the center.
    pub async fn answers_for(&self, found: &Notification) -> Result<Option<HealthCenter>, Error> {
        if self.checks_notifications() {
            return Ok(None);
        }
        Ok(Some(self.app.health_center(found.answers_now).await?))
    }

    /// Asks the center that answers for the person now to correct or withdraw a notification that is confirmed. What is asked
    /// while an earlier question is open is added to it.
    pub async fn ask_to_amend(&self, id: NotificationId, words: &str) -> Result<AskToAmend, Error> {
        self.needs(Right::Notify)?;
        if self.notification_row(id).await?.is_none() {
            return Ok(AskToAmend::NoSuchNotification);
        }
        // The center corrects the record itself.
        if self.checks_notifications() {
            return Err(Error::NotAllowed);
        }
        let words = clean_note(words);
        if words.is_empty() || words.chars().count() > NOTE_LENGTH {
            return Ok(AskToAmend::Words);
        }
        let (by, place) = (self.name.clone(), self.place_name().await?);
        let entry = audit::about(self.did("notification.amend_asked", None), id.uuid());
        let (keys, now) = (self.app.keys().clone(), self.app.clock.now());
        let task = TaskId::from_uuid(self.app.new_uuid());
        let asker = (self.staff, self.place);
        let same_as = keys.blind(NOTIFICATION_AMEND, &id.to_string());
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let broken = |e: Error| storage::Error::Broken(e.to_string());
                let Some(row) = rows::find(tx, id)? else {
                    return Ok(AskToAmend::NoSuchNotification);
                };
                let (true, Some(case)) = (row.state == State::Confirmed.word(), row.case) else {
                    return Ok(AskToAmend::NotConfirmed);
                };
                // Of two who ask at once each adds to what the other has said.
                storage::monitoring::hold(tx, case)?;
                // It was handed over, or became one with another, or was none, while this waited: the center that answers for
                // the person now is asked.
                let stands = rows::find(tx, id)?;
                let same = |one: &rows::NotificationRow| {
                    (one.case, one.reader.0) == (row.case, row.reader.0) && one.state == row.state
                };
                if !stands.as_ref().is_some_and(same) {
                    return Err(storage::Error::TryAgain);
                }
                let mut details = Details {
                    notification: id,
                    by: by.clone(),
                    place: place.clone(),
                    text: words.clone(),
                    answer: String::new(),
                    askers: Vec::new(),
                };
                for (open, _) in found(tx, Some(case))?
                    .into_iter()
                    .filter(|(_, done_at)| done_at.is_none())
                {
                    let before = Details::read(&keys, &open).map_err(broken)?;
                    if before.notification != id {
                        continue;
                    }
                    // The same form once more.
                    if before.text == words || before.text.ends_with(&format!("\n{words}")) {
                        return Ok(AskToAmend::Asked);
                    }
                    details.text = format!("{}\n{words}", before.text);
                    details.askers = before.askers;
                }
                if !details.askers.contains(&asker) {
                    details.askers.push(asker);
                }
                let task = TaskRow {
                    id: task,
                    center: Some(row.reader.0),
                    kind: NOTIFICATION_AMEND.to_owned(),
                    case: Some(case),
                    report: None,
                    details_sealed: details.seal(&keys).map_err(broken)?,
                    times: 1,
                    created_at: now,
                    last_at: now,
                };
                tasks::add(tx, &task, &same_as)?;
                let entry = storage::audit::AuditEntry {
                    case: Some(case),
                    ..entry.clone()
                };
                audit::note(tx, &keys, &entry)?;
                Ok(AskToAmend::Asked)
            })
            .await?)
    }
}
