//! The center's side: a notification is confirmed and becomes a case, is sent back with a question, or is set aside.

use super::recorded::UNKNOWN_LANGUAGE;
use super::{Notification, State, WHEREABOUTS, place_of};
use crate::case_registration::{
    Alike, CaseField, CaseProblem, Meanwhile, RegisterCase, Stands, Sure, TypedCase, check,
    look_again, write_case,
};
use crate::close_contacts::{NotifiedIllness, became_ill};
use crate::correction::written;
use crate::merge::take_onset;
use crate::monitoring::NOTE_LENGTH;
use crate::{Error, StaffDesk, audit};
use domain::ids::{AlertId, CaseId, NotificationId};
use domain::notification::{NO_PHONE, core_item};
use domain::staff_role::Right;
use domain::status_report::clean_note;
use i18n::words;
use storage::case_registration::{self as cases, Record};
use storage::notification as rows;

/// To which case a notification is added, if to one.
#[derive(Clone, Debug, Default)]
pub struct Attach {
    /// The case.
    pub case: Option<CaseId>,
    /// The alert about the person that was looked at, as [`Alert::state`](crate::alerts::Alert::state) tells it: a death ends that
    /// one and no other.
    pub alert_seen: String,
}

impl From<Option<CaseId>> for Attach {
    fn from(case: Option<CaseId>) -> Attach {
        Attach {
            case,
            alert_seen: String::new(),
        }
    }
}

/// What came of confirming a notification.
#[derive(Clone)]
pub enum Confirm {
    /// It is this case, or belongs to it.
    Confirmed(CaseId),
    /// It belongs to somebody who was followed as a close contact: the person has fallen ill and is this case.
    FellIll(CaseId),
    /// Without these a case cannot be registered, or not under the center's own number: the notification is to be corrected first.
    Missing(Vec<(CaseField, CaseProblem)>),
    /// These may be the same person; nothing was done. Somebody must say whether one of them is.
    Alike(Vec<Alike>),
    /// The case to which it was to be added is one of another disease; nothing was done.
    OtherDisease(CaseId),
    /// Somebody changed it meanwhile, or it does not wait. Nothing was done.
    ChangedMeanwhile,
    /// There is no such notification in reach.
    NoSuchNotification,
}

/// What came of sending a notification back, setting it aside, or taking it back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settle {
    /// Done.
    Done,
    /// A reason is missing, or too long.
    Reason,
    /// Somebody changed it meanwhile, or its state does not allow it. Nothing was done.
    ChangedMeanwhile,
    /// There is no such notification in reach.
    NoSuchNotification,
}

/// A case in the words of a notification.
fn case_of(found: &Notification) -> TypedCase {
    let text = |id: &str| found.answers.expose().get(id).cloned().unwrap_or_default();
    let place = |id: &str| place_of(&text(id));
    let language = text(core_item::LANGUAGE);
    let guardian = text("guardian_phone");
    let phone = text(core_item::PHONE);
    TypedCase {
        name: text(core_item::NAME),
        name_kana: text(core_item::NAME_KANA),
        name_latin: text(core_item::NAME_LATIN),
        birthdate: text(core_item::BIRTHDATE),
        // A child is reached at the guardian's number.
        has_no_phone: phone.is_empty() && guardian.is_empty() && !text(NO_PHONE).is_empty(),
        phone: if phone.is_empty() { guardian } else { phone },
        language: if language == UNKNOWN_LANGUAGE {
            String::new()
        } else {
            language
        },
        address: place(core_item::ADDRESS),
        whereabouts: place(WHEREABOUTS),
        diagnosed_on: text(core_item::DIAGNOSED_ON),
        onset_on: text(core_item::ONSET_ON),
        ..TypedCase::default()
    }
}

/// The case that a notification has become that was confirmed meanwhile, unless another one was meant.
fn became(row: &rows::NotificationRow, meant: Option<CaseId>) -> Option<CaseId> {
    let is_confirmed = row.state == State::Confirmed.word();
    let case = row.case.filter(|_| is_confirmed)?;
    meant.is_none_or(|meant| meant == case).then_some(case)
}

impl StaffDesk {
    /// Confirms a notification: it becomes a case of the own center, a further illness of somebody who stands
    /// ([`Sure::SameAs`]), or, with `attach`, belongs to a case that stands.
    pub async fn confirm_notification(
        &self,
        id: NotificationId,
        version: i32,
        sure: Sure,
        attach: impl Into<Attach>,
    ) -> Result<Confirm, Error> {
        let attach = attach.into();
        let mut looks = true;
        loop {
            let done = self.confirms(id, version, (sure, &attach), looks);
            if let Ok(done) = done.await? {
                return Ok(done);
            }
            // As where somebody is registered: whoever was so meanwhile is shown now.
            looks = false;
        }
    }

    /// `looks`: whether it is looked once more right before a case is written.
    async fn confirms(
        &self,
        id: NotificationId,
        version: i32,
        (
            sure,
            Attach {
                case: attach,
                alert_seen,
            },
        ): (Sure, &Attach),
        looks: bool,
    ) -> Result<Result<Confirm, Meanwhile>, Error> {
        let attach = *attach;
        self.needs(Right::Register)?;
        if !self.checks_notifications() {
            return Err(Error::NotAllowed);
        }
        // All answers are needed here, whoever confirms.
        let Some(found) = self.whole_notification(id).await? else {
            return Ok(Ok(Confirm::NoSuchNotification));
        };
        if found.line.state == State::Confirmed
            && let Some(case) = found.line.case
        {
            return Ok(Ok(Confirm::Confirmed(case)));
        }
        // What the center has asked about may turn out otherwise: by a call, or because somebody is needed before there is an answer.
        let state = found.line.state;
        if found.version != version || !state.is_no_case_yet() {
            return Ok(Ok(Confirm::ChangedMeanwhile));
        }
        let app = self.app.clone();
        let center = self.own_center()?;
        let typed = case_of(&found);
        let today = app.today_at(center).await?;
        let checked = match check(&typed, today) {
            Ok(checked) => checked,
            Err(problems) => return Ok(Ok(Confirm::Missing(problems))),
        };
        if sure == Sure::Ask && attach.is_none() {
            let told = self.told_first((&typed, &checked), id.uuid(), None).await?;
            match told {
                Some(RegisterCase::Registered(case)) => return Ok(Ok(Confirm::Confirmed(case))),
                Some(RegisterCase::Alike(alike)) => return Ok(Ok(Confirm::Alike(alike))),
                _ => {}
            }
        }
        let named = match (sure, attach) {
            (_, Some(case)) | (Sure::SameAs(case), None) => Some(case),
            _ => None,
        };
        // Of somebody who stands, the number stays the record's.
        if named.is_none()
            && let Some(asked) = self.own_number(&typed, &checked, center).await?
        {
            return Ok(Ok(Confirm::Missing(vec![asked])));
        }
        let known = match named {
            Some(case) => {
                let scope = self.scope();
                let row = app
                    .db()
                    .read(move |tx| cases::kept(tx, &scope, case))
                    .await?;
                // A person of another center is transferred, not registered beside.
                match row.filter(|row| row.center == center) {
                    Some(row) => Some(row),
                    None => return Err(Error::NotAllowed),
                }
            }
            None => None,
        };
        // Where the record became one with another since it was shown, it belongs to that one.
        let attach = attach.and(known.as_ref().map(|row| row.id));
        // One illness is one case: another disease is a case of its own.
        if let (Some(case), Some(row)) = (attach, &known)
            && row.programme != found.set.programme
        {
            return Ok(Ok(Confirm::OtherDisease(case)));
        }
        let (diagnosed_on, onset_on) = (checked.diagnosed_on, checked.onset_on);
        let notified = checked.clone();
        // Whoever notified follows the patient, too; the number of the form makes a repeated click one case.
        let by = self.notified_by(id).await?;
        let mut prepared = app.prepare_case(
            checked,
            (&found.set.programme, center),
            Some(by),
            id.uuid(),
            None,
        );
        // How they are reached, and where they are, may not be known of somebody who stands.
        let mut taking = None;
        if let Some(row) = &known {
            let illness = NotifiedIllness {
                case: attach.unwrap_or(prepared.case.id),
                is_further: attach.is_none(),
                programme: &found.set.programme,
            };
            let takes = self.taking_over_notified(row, &notified, illness).await?;
            taking = takes.map(|taking| (taking, (row.id, row.version)));
        }
        let same_as = known.map(|row| row.id).filter(|_| attach.is_none());
        let now = app.clock.now();
        let scope = self.scope();
        let programme = found.set.programme.clone();
        let case = attach.unwrap_or(prepared.case.id);
        let fell_ill = self.did("case.fell_ill", Some(case));
        let told = self.told_of(&found, (case, center), alert_seen).await?;
        let lines = self.lines(&words(self.language().await?).say("notification-onset-note"));
        let alert = AlertId::from_uuid(app.new_uuid());
        let confirmed = audit::about(self.did("notification.confirmed", Some(case)), id.uuid());
        let registered = self.did("case.registered", Some(case));
        let step = self.step(version + 1, "confirmed", "", None);
        let asks = looks && attach.is_none() && self.asks_who_stands(sure);
        let done = app
            .clone()
            .db()
            .write(move |tx| {
                let before = match attach {
                    None => look_again(tx, &prepared, asks, None)?,
                    Some(_) => Stands::Nobody,
                };
                let stands = rows::find(tx, id)?;
                if let Some(case) = stands.as_ref().and_then(|row| became(row, attach)) {
                    return Ok(Ok(Confirm::Confirmed(case)));
                }
                if stands.is_none_or(|row| row.version != version || row.state != state.word()) {
                    return Ok(Ok(Confirm::ChangedMeanwhile));
                }
                if matches!(before, Stands::Alike) {
                    return Ok(Err(Meanwhile));
                }
                // Held before it is looked at: whoever is given to another center this moment is looked after there.
                let known = match attach.or(same_as) {
                    Some(case) => match Record::held(tx, &scope, case)? {
                        Some(record) if record.center == center => Some(record),
                        _ => return Ok(Ok(Confirm::ChangedMeanwhile)),
                    },
                    None => None,
                };
                let attached = known.as_ref().filter(|_| attach.is_some());
                if let Some(record) = attached {
                    // It became one with another this very moment: looking again, all that is to be written is made for that one.
                    if record.id != case {
                        return Ok(Err(Meanwhile));
                    }
                    // The disease of a record can be corrected, too; or it is found to be no case.
                    if record.programme != programme || record.is_in_error {
                        return Ok(Ok(Confirm::ChangedMeanwhile));
                    }
                }
                // Where the record was changed since, it is looked at again what it lacks.
                if let (Some((taking, seen)), Some(record)) = (&taking, &known)
                    && (taking.is_older(record) || (record.id, record.version) != *seen)
                {
                    return Ok(Err(Meanwhile));
                }
                // A contact of whom a physician tells is ill: the person becomes a case with the physician's days.
                let contact = attached.filter(|record| record.is_contact);
                if let Some(contact) = contact {
                    if !became_ill(
                        &app,
                        tx,
                        contact,
                        (today, diagnosed_on, onset_on),
                        alert,
                        now,
                    )? {
                        return Err(storage::Error::TryAgain);
                    }
                    audit::note(tx, app.keys(), &fell_ill)?;
                }
                let record = match attached {
                    Some(record) => record.record_id(),
                    None => {
                        if let Some(known) = &known {
                            prepared.belongs_to(known);
                        }
                        let written = write_case(tx, app.keys(), &prepared, now)?;
                        let (_, record) = written.ok_or_else(|| {
                            storage::Error::Broken(
                                "no HER-SYS ID is free; allow longer ones".to_owned(),
                            )
                        })?;
                        audit::note(tx, app.keys(), &registered)?;
                        record
                    }
                };
                if let Some((taking, _)) = &taking {
                    taking.write(tx)?;
                }
                let states = (state.word(), State::Confirmed.word());
                if !rows::set_state(tx, id, states, Some(record), version, now)? {
                    // Somebody confirmed it this very moment; looking again finds that.
                    return Err(storage::Error::TryAgain);
                }
                if attach.is_some() {
                    take_onset(&app, tx, (case, onset_on), &lines)?;
                }
                told.write(&app, tx, attach.is_some())?;
                rows::step(tx, id, &step)?;
                audit::note(tx, app.keys(), &confirmed)?;
                Ok(Ok(match contact {
                    Some(_) => Confirm::FellIll(case),
                    None => Confirm::Confirmed(case),
                }))
            })
            .await?;
        Ok(done)
    }

    /// What a notification that was confirmed as somebody who stands tells of how they are reached and where they are, each as a
    /// record writes it; none where there is no such notification in reach. That a physician knows no number says nothing against
    /// one that stands, nor does it of a language that they do not know.
    pub async fn notified_person(&self, id: NotificationId) -> Result<Option<TypedCase>, Error> {
        Ok(self.notified_of(id).await?.map(|(_, told)| told))
    }

    /// The same of a notification that belongs to a record, for whoever comes back to it later.
    pub async fn notified_person_of(
        &self,
        case: CaseId,
        id: NotificationId,
    ) -> Result<Option<TypedCase>, Error> {
        let told = self.notified_of(id).await?;
        Ok(told.and_then(|(of, told)| (of == Some(case)).then_some(told)))
    }

    /// What a notification tells, and the record to which it belongs.
    async fn notified_of(
        &self,
        id: NotificationId,
    ) -> Result<Option<(Option<CaseId>, TypedCase)>, Error> {
        self.needs(Right::Register)?;
        if !self.checks_notifications() {
            return Err(Error::NotAllowed);
        }
        let Some(found) = self.whole_notification(id).await? else {
            return Ok(None);
        };
        let today = self.app.today_at(self.own_center()?).await?;
        let typed = case_of(&found);
        let told = check(&typed, today).ok();
        Ok(told.map(|told| {
            let written = written(&told);
            let told = TypedCase {
                has_no_phone: false,
                // Where none is told, that of a new record is none that anybody has told.
                language: match typed.language.is_empty() {
                    true => String::new(),
                    false => written.language.clone(),
                },
                ..written
            };
            (found.line.case, told)
        }))
    }

    /// A notification of the own center with all its answers, for the center's own use of them.
    async fn whole_notification(&self, id: NotificationId) -> Result<Option<Notification>, Error> {
        let Some(mut found) = self.notification(id).await? else {
            return Ok(None);
        };
        if !found.is_whole
            && let Some(row) = self.notification_row(id).await?
        {
            let (_, answers) = self.app.read_notification(row)?;
            found.answers = domain::personal::Personal::new(answers);
        }
        Ok(Some(found))
    }

    async fn notified_by(&self, id: NotificationId) -> Result<domain::ids::StaffId, Error> {
        let row = self.notification_row(id).await?;
        row.map(|row| row.by)
            .ok_or_else(|| Error::broken(format!("the notification {id} went away")))
    }

    /// Sends a notification back to whoever entered it, with a question.
    pub async fn send_notification_back(
        &self,
        id: NotificationId,
        version: i32,
        question: &str,
    ) -> Result<Settle, Error> {
        self.needs(Right::Register)?;
        if !self.checks_notifications() {
            return Err(Error::NotAllowed);
        }
        let states = (State::Waiting, State::SentBack);
        self.settle(id, version, states, "sent_back", Some(question))
            .await
    }

    /// Sets a notification aside that does not count, with the reason: the center, or whoever entered it.
    pub async fn set_notification_aside(
        &self,
        id: NotificationId,
        version: i32,
        reason: &str,
    ) -> Result<Settle, Error> {
        self.needs(Right::Notify)?;
        let Some(row) = self.notification_row(id).await? else {
            return Ok(Settle::NoSuchNotification);
        };
        let from = match State::parse(&row.state) {
            Some(from) if from.is_no_case_yet() => from,
            _ => return Ok(Settle::ChangedMeanwhile),
        };
        self.settle(
            id,
            version,
            (from, State::SetAside),
            "set_aside",
            Some(reason),
        )
        .await
    }

    /// Takes a notification back that was set aside by mistake: it waits again.
    pub async fn take_notification_back(
        &self,
        id: NotificationId,
        version: i32,
    ) -> Result<Settle, Error> {
        self.needs(Right::Register)?;
        if !self.checks_notifications() {
            return Err(Error::NotAllowed);
        }
        let states = (State::SetAside, State::Waiting);
        self.settle(id, version, states, "taken_back", None).await
    }

    async fn settle(
        &self,
        id: NotificationId,
        version: i32,
        (from, to): (State, State),
        step: &str,
        words: Option<&str>,
    ) -> Result<Settle, Error> {
        let Some(found) = self.notification_row(id).await? else {
            return Ok(Settle::NoSuchNotification);
        };
        let center = found.center;
        let note = match words.map(clean_note) {
            None => String::new(),
            Some(note) if (1..=NOTE_LENGTH).contains(&note.chars().count()) => note,
            Some(_) => return Ok(Settle::Reason),
        };
        let action = format!("notification.{step}");
        let entry = audit::about(self.did(&action, None), id.uuid());
        let row = self.step(version + 1, step, &note, None);
        let now = self.app.clock.now();
        let keys = self.app.keys().clone();
        let desk = self.clone();
        let done = self
            .app
            .db()
            .write(move |tx| {
                if !rows::set_state(tx, id, (from.word(), to.word()), None, version, now)? {
                    return Ok(false);
                }
                match to {
                    State::SentBack => {
                        desk.tell_sent_back(tx, id, now)?;
                        super::telling::begin_asked(tx, (id, center), now)?;
                    }
                    // It has waited before it was set aside: whoever needs somebody at once is told of now.
                    State::Waiting => rows::tell_from(tx, id, now)?,
                    State::Confirmed | State::SetAside => {}
                }
                rows::step(tx, id, &row)?;
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?;
        self.app.outbox().wake();
        Ok(if done {
            Settle::Done
        } else {
            Settle::ChangedMeanwhile
        })
    }
}
