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
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use storage::reminders as rows;

/// Members whose families are promised theirs in one transaction: some ten milliseconds on a machine with nothing else to do,
/// so that nobody's report waits for long.
const RUN: i64 = 2_000;
/// For how long after its time a reminder still makes sense, such as after a restart.
const STILL: SignedDuration = SignedDuration::from_hours(3);

/// The reminders that this process has gone through: of each center the last one. Whoever signs up later today is not
/// reminded of it, and nobody goes again and again through those who have had theirs.
#[derive(Default)]
pub(crate) struct Reminded(Mutex<HashMap<HealthCenterId, (Date, Time)>>);

impl Reminded {
    fn is(&self, center: HealthCenterId, due: (Date, Time)) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&center) == Some(&due)
    }

    fn note(&self, center: HealthCenterId, due: (Date, Time)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(center, due);
    }
}

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

/// Until when a reminder may go out: it asks for a report on its day, and wakes nobody about one that is over.
fn ends_at(center: &HealthCenter, (day, time): (Date, Time), now: Timestamp) -> Timestamp {
    let moment = |of: DateTime| of.to_zoned(center.time_zone.clone()).ok();
    let still = moment(day.to_datetime(time)).map_or(now, |slot| slot.timestamp()) + STILL;
    let tomorrow = day.tomorrow().ok().and_then(|next| moment(next.into()));
    tomorrow.map_or(still, |midnight| still.min(midnight.timestamp()))
}

impl SystemDesk {
    /// Reminds everybody who is due by now. Tells how many families were reminded.
    pub async fn send_reminders(&self) -> Result<usize, Error> {
        let app = &self.app;
        let now = app.clock.now();
        let mut reminded = 0;
        for center in self.health_centers().await? {
            let times = app.following(center.id).await?.reminders;
            let Some(due) = due_at(&center, &times, now) else {
                continue;
            };
            if app.inner.reminded.is(center.id, due) {
                continue;
            }
            reminded += self.remind(&center, due, now).await?;
            app.inner.reminded.note(center.id, due);
        }
        Ok(reminded)
    }

    /// Reminds whoever is due at a center; tells how many families were.
    async fn remind(
        &self,
        center: &HealthCenter,
        due: (Date, Time),
        now: Timestamp,
    ) -> Result<usize, Error> {
        let (expires, center, (day, time)) = (ends_at(center, due, now), center.id, due);
        let db = self.app.db();
        let slot: Arc<str> = time.strftime("%H:%M").to_string().into();
        let end = |after| db.read_once(move |tx| rows::end_of_run(tx, center, day, after, RUN));
        let (mut reminded, mut after) = (0, rows::first());
        let mut to = end(after).await?;
        loop {
            let (slot, ids) = (slot.clone(), self.app.new_uuid());
            let promised = db.write(move |tx| {
                let reminder = rows::Reminder {
                    center,
                    day,
                    slot: &slot,
                    now,
                    expires,
                };
                rows::promise(tx, &reminder, (after, to), ids)
            });
            // The next ones are looked for while these are written.
            let next = async {
                match to {
                    Some(to) => end(to).await,
                    None => Ok(None),
                }
            };
            let (promised, next) = tokio::join!(promised, next);
            let promised = promised?;
            if promised > 0 {
                self.app.outbox().wake();
            }
            reminded += usize::try_from(promised).unwrap_or(usize::MAX);
            let Some(last) = to else {
                return Ok(reminded);
            };
            (after, to) = (last, next?);
        }
    }
}

impl App {
    /// A promised reminder in the words of its center and the language of its account, to the address that this has now.
    /// `None` where nobody needs it any more, such as after a report.
    pub(crate) async fn written_reminder(&self, id: MessageId) -> Result<Option<Mail>, Error> {
        let Some(needed) = self.db().read(move |tx| rows::needed(tx, id)).await? else {
            return Ok(None);
        };
        let email = self.keys().open_text("email", &needed.email_sealed)?;
        let email = EmailAddress::parse(email.expose())
            .map_err(|_| Error::broken("accounts.email cannot be read"))?;
        let language = Language::parse(&needed.language).unwrap_or_default();
        let center = self.center(needed.center).await?;
        // A reminder is for an account, in which there may be several diseases; it names none.
        let whose = (crate::programme::PROGRAMME, &*center);
        let text = |name| self.message_text(whose, name, language, self.public_url());
        let subject = text(MessageName::ReminderMailSubject)?;
        let text = text(MessageName::ReminderMail)?;
        Ok(Some(Mail::written(&email, language, subject, &text)))
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
