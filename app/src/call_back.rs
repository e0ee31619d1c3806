//! Somebody has rung the center and asks to be called back: whoever answers the phone leaves word for those who follow people,
//! and reads nothing by it. A call is due from now on; who gets worse is an alert. A record that is closed stands on no list of
//! calls, so there it is something to be done.

use crate::audit::{self, with};
use crate::contact_log::{self, Contacted, Planned, TypedContact};
use crate::course::broken;
use crate::keys::Keys;
use crate::monitoring::NOTE_LENGTH;
use crate::place_settings::following;
use crate::tasks::CALL_BACK;
use crate::{App, Error, StaffDesk};
use domain::course::Why;
use domain::ids::{AlertId, CaseId, HealthCenterId, TaskId};
use domain::monitoring::{ContactOutcome, MonitoringStatus};
use domain::staff_role::Right;
use domain::status_report::clean_note;
use domain::urgency::Level;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::alerts::{self, AlertRow};
use storage::case_registration::{self as cases, CaseRow, Record};
use storage::contact_log::{ContactRow, Did};
use storage::monitoring;
use storage::tasks::{self, TaskRow};

/// What a form brings.
#[derive(Clone, Debug, Default)]
pub struct TypedCallBack {
    /// The key of the form: the same words that come with it once more are nothing new.
    pub key: String,
    /// What was said; may be empty.
    pub note: String,
    /// Whether they say that it gets worse.
    pub worse: bool,
}

/// What came of leaving word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskCallBack {
    /// Those who follow the person see it.
    Left,
    /// The words are too long.
    TooLong,
    /// There is no such case in reach.
    NoSuchCase,
}

/// Says in an alert that the person gets worse: a new one, or the open one of the case, which then waits for somebody again.
/// What a physician has notified of it stays readable.
fn raise(
    tx: &mut Tx<'_>,
    id: AlertId,
    (center, case): (HealthCenterId, CaseId),
    now: Timestamp,
) -> Result<(), storage::Error> {
    let why = serde_json::to_value(Why::AskedBack)
        .map_err(|e| storage::Error::Broken(format!("reasons cannot be stored: {e}")))?;
    let wait = following(tx, center, now)?.tell_center_after;
    let alert = AlertRow::notified(
        id,
        (center, case),
        (
            Level::Alarming.number(),
            serde_json::Value::Array(vec![why]),
        ),
        now,
        (now, now + SignedDuration::from_mins(wait)),
    );
    alerts::raise(tx, &alert)
}

/// What an open task says that somebody said.
fn said_before(keys: &Keys, open: &TaskRow) -> Result<String, Error> {
    let details = keys.open_text(crate::tasks::SEALED_AS, &open.details_sealed)?;
    let details: serde_json::Value = serde_json::from_str(details.expose())
        .map_err(|e| Error::broken(format!("tasks.details of {}: {e}", open.id)))?;
    Ok(details["text"].as_str().unwrap_or_default().to_owned())
}

/// What is to be written.
#[derive(Clone)]
struct Word {
    contact: Contacted,
    worse: bool,
    alert: AlertId,
    /// Where the record is closed: the task, with what was said.
    task: (TaskId, String),
    now: Timestamp,
}

impl Word {
    /// Writes it, into a case that is held; nothing where the same form was sent before.
    fn write(
        &self,
        tx: &mut Tx<'_>,
        keys: &Keys,
        record: CaseId,
        center: HealthCenterId,
    ) -> Result<(), storage::Error> {
        let now = self.now;
        let Some(stands) = monitoring::find(tx, record)? else {
            return Ok(());
        };
        let status = MonitoringStatus::parse(&stands.status).unwrap_or_default();
        let mut contact = self.contact.of(record);
        contact.center = center;
        contact.next_call_at = match status.is_open() {
            // One that has been due for longer stays so.
            true => Some(stands.next_call_at.filter(|at| *at < now).unwrap_or(now)),
            false => stands.next_call_at,
        };
        if !contact.write(tx, now)? {
            return Ok(());
        }
        let is_somebody = !matches!(status, MonitoringStatus::Died | MonitoringStatus::InError);
        if self.worse && is_somebody {
            raise(tx, self.alert, (center, record), now)?;
        } else if !status.is_open() {
            leave_word(tx, keys, (record, center), (self.task.0, &self.task.1), now)?;
        }
        monitoring::touch(tx, record, now)
    }
}

/// Leaves word about somebody who is followed no more: something to be done, with what was said.
fn leave_word(
    tx: &mut Tx<'_>,
    keys: &Keys,
    (record, center): (CaseId, HealthCenterId),
    (id, said): (TaskId, &str),
    now: Timestamp,
) -> Result<(), storage::Error> {
    let same_as = keys.blind(CALL_BACK, &record.to_string());
    // Nobody has read yet what was said the time before.
    let before = match tasks::open_same(tx, &same_as)? {
        Some(open) => said_before(keys, &open).map_err(broken)?,
        None => String::new(),
    };
    let text = [before.as_str(), said];
    let text: Vec<&str> = text.into_iter().filter(|one| !one.is_empty()).collect();
    let details = serde_json::json!({ "text": text.join("\n") }).to_string();
    let task = TaskRow {
        id,
        center: Some(center),
        kind: CALL_BACK.to_owned(),
        case: Some(record),
        report: None,
        details_sealed: keys.seal_text(crate::tasks::SEALED_AS, &details),
        times: 1,
        created_at: now,
        last_at: now,
    };
    tasks::add(tx, &task, &same_as)
}

/// An ambulance was called, by whoever does not follow people for their center, for somebody who is followed no more: nobody
/// there would hear of it.
pub(crate) fn ask_of_closed(
    app: &App,
    tx: &mut Tx<'_>,
    record: &CaseRow,
    word: (TaskId, &str),
    now: Timestamp,
) -> Result<(), storage::Error> {
    let status = monitoring::status(tx, record.id)?;
    let status = status.and_then(|(word, _)| MonitoringStatus::parse(&word));
    match status.is_none_or(MonitoringStatus::is_open) {
        true => Ok(()),
        false => leave_word(tx, app.keys(), (record.id, record.center), word, now),
    }
}

impl StaffDesk {
    /// Leaves word that somebody asks to be called back. The words are read by those who follow the person.
    pub async fn ask_call_back(
        &self,
        case: CaseId,
        typed: &TypedCallBack,
    ) -> Result<AskCallBack, Error> {
        self.needs(Right::TakeCalls)?;
        let scope = self.scope();
        let s = scope.clone();
        let found = self.app.db().read(move |tx| cases::find(tx, &s, case));
        let Some(found) = found.await? else {
            return Ok(AskCallBack::NoSuchCase);
        };
        let note = clean_note(&typed.note);
        if note.chars().count() > NOTE_LENGTH {
            return Ok(AskCallBack::TooLong);
        }
        let outcome = ContactOutcome::AskedBack;
        let form = TypedContact {
            key: typed.key.clone(),
            // The same words, with and without that it gets worse, are two lines.
            next_call_at: if typed.worse { "worse" } else { "" }.to_owned(),
            ..TypedContact::default()
        };
        let (keys, now) = (self.app.keys().clone(), self.app.clock.now());
        let row = ContactRow {
            case,
            id: self.line_id(&form, (outcome, &note)),
            at: now,
            by: self.staff,
            outcome: outcome.word().to_owned(),
            note_sealed: keys.seal_text(contact_log::SEALED_AS, &note),
            alert: None,
            by_name: String::new(),
            did: Did::default(),
            in_error: None,
        };
        let word = Word {
            contact: Contacted {
                row,
                next_call_at: None,
                planned: Planned::AsNamed,
                center: found.center,
                for_center: true,
                today: self.app.today_at(found.center).await?,
            },
            worse: typed.worse,
            alert: AlertId::from_uuid(self.app.new_uuid()),
            task: (TaskId::from_uuid(self.app.new_uuid()), note),
            now,
        };
        let entry = with(self.did("case.contacted", Some(case)), outcome.word());
        Ok(self
            .app
            .db()
            .write(move |tx| {
                // Held before it is looked at: whoever is given to another center this moment is to be called from there.
                let Some(row) = Record::held(tx, &scope, case)? else {
                    return Ok(AskCallBack::NoSuchCase);
                };
                word.write(tx, &keys, row.id, row.center)?;
                audit::note(tx, &keys, &entry)?;
                Ok(AskCallBack::Left)
            })
            .await?)
    }
}
