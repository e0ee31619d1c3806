//! Reminders: whoever is expected to report and has not done so by the times that the center has set gets a mail. One
//! for each family and time, however many members are due and however many processes there are.

use crate::health_center::HealthCenter;
use crate::outbox::Mail;
use crate::{App, Error, PatientDesk, SystemDesk};
use domain::email_address::EmailAddress;
use domain::health_day::health_day;
use domain::ids::{HealthCenterId, MessageId};
use domain::language::Language;
use domain::message_texts::MessageName;
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use storage::reminders as rows;

/// How many families are reminded in one transaction: no transaction holds the others up for long.
const RUN: i64 = 500;

/// The subject and the text of a center's reminders in each language. They name nobody, so they are written once.
type Texts = Arc<HashMap<Language, (String, String)>>;
/// For how long after its time a reminder still makes sense, such as after a restart.
const STILL: SignedDuration = SignedDuration::from_hours(3);

/// The reminder that is due at a center: its day, and its time of it.
fn due_at(center: &HealthCenter, times: &[Option<Time>], now: Timestamp) -> Option<(Date, Time)> {
    let local = now.to_zoned(center.time_zone.clone());
    let day = health_day(now, &center.time_zone);
    let latest = times
        .iter()
        .flatten()
        .filter(|time| **time <= local.time())
        .max()?;
    let since = local.time().duration_since(*latest);
    (since < STILL && local.date() == day).then_some((day, *latest))
}

impl SystemDesk {
    /// Reminds everybody who is due by now. Tells how many families were reminded.
    pub async fn send_reminders(&self) -> Result<usize, Error> {
        let app = &self.app;
        let now = app.clock.now();
        let mut reminded = 0;
        for center in self.health_centers().await? {
            let times = app.following(center.id).await?.reminders;
            let Some((day, time)) = due_at(&center, &times, now) else {
                continue;
            };
            let slot = time.strftime("%H:%M").to_string();
            let texts = app.reminder_texts(&center)?;
            let mut after = None;
            loop {
                let due = (center.id, day, slot.as_str());
                let (found, sent) = self.remind_some(due, &texts, after, now).await?;
                reminded += sent;
                after = found;
                if after.is_none() {
                    break;
                }
            }
        }
        if reminded > 0 {
            app.outbox().wake();
        }
        Ok(reminded)
    }

    /// Reminds a run of those who are due; tells where it ended, unless it was the last, and how many were reminded.
    async fn remind_some(
        &self,
        (center, day, slot): (HealthCenterId, Date, &str),
        texts: &Texts,
        after: Option<rows::After>,
        now: Timestamp,
    ) -> Result<(Option<rows::After>, usize), Error> {
        let (app, texts, slot) = (self.app.clone(), texts.clone(), slot.to_owned());
        let db = self.app.db();
        Ok(db
            .write(move |tx| {
                let due = rows::due(tx, center, (day, &slot), after, RUN)?;
                let mut sent = 0;
                for (_, account) in &due {
                    let Some(row) = storage::account::by_id(tx, *account)? else {
                        continue;
                    };
                    if !rows::sent(tx, *account, day, &slot, now)? {
                        continue;
                    }
                    let mail = app
                        .reminder(&row, &texts)
                        .map_err(|e| storage::Error::Broken(e.to_string()))?;
                    let id = MessageId::from_uuid(app.new_uuid());
                    let until = (now, Some(now + STILL));
                    storage::outbox::insert_to_account(tx, id, "reminder", &mail, *account, until)?;
                    sent += 1;
                }
                let is_last = due.len() < usize::try_from(RUN).unwrap_or(usize::MAX);
                let end = due.last().filter(|_| !is_last).map(|(end, _)| *end);
                Ok((end, sent))
            })
            .await?)
    }
}

impl App {
    fn reminder_texts(&self, center: &HealthCenter) -> Result<Texts, Error> {
        // A reminder is for an account, in which there may be several diseases; it names none.
        let whose = (crate::programme::PROGRAMME, center);
        let mut texts = HashMap::new();
        for language in Language::ALL {
            let text = |name| self.message_text(whose, name, language, self.public_url());
            let subject = text(MessageName::ReminderMailSubject)?;
            texts.insert(language, (subject, text(MessageName::ReminderMail)?));
        }
        Ok(Arc::new(texts))
    }

    fn reminder(
        &self,
        account: &storage::account::AccountRow,
        texts: &Texts,
    ) -> Result<Vec<u8>, Error> {
        let email = self.keys().open_text("email", &account.email_sealed)?;
        let email = EmailAddress::parse(email.expose())
            .map_err(|_| Error::broken("accounts.email cannot be read"))?;
        let language = Language::parse(&account.language).unwrap_or_default();
        let (subject, text) = texts
            .get(&language)
            .ok_or_else(|| Error::broken("a reminder has no text"))?;
        let mail = Mail::written(&email, language, subject.clone(), text);
        Ok(mail.seal(self.keys()))
    }
}

impl PatientDesk {
    /// Whether reminders come to the account's address.
    pub async fn wants_reminders(&self) -> Result<bool, Error> {
        let account = self.account;
        Ok(self
            .app
            .db()
            .read(move |tx| rows::wanted(tx, account))
            .await?)
    }

    /// Turns reminders on or off.
    pub async fn want_reminders(&self, wanted: bool) -> Result<(), Error> {
        let account = self.account;
        self.app
            .db()
            .write(move |tx| rows::want(tx, account, wanted))
            .await?;
        Ok(())
    }
}
