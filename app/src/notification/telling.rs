//! A notification of somebody who needs help at once is told like an alert until the center has looked at it: to the
//! center's staff, then to the prefecture, then again and again to both.

use crate::alerts::{above_center, at_center};
use crate::audit::{self, about, by_machine, with};
use crate::message_texts::lasting;
use crate::outbox::Mail;
use crate::place_settings::following;
use crate::staff_messages::StaffMessage;
use crate::{Error, SystemDesk};
use domain::ids::{HealthCenterId, NotificationId};
use i18n::words;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::notification::{self as rows, Pressing};

/// How many notifications one look passes on.
const BATCH: i64 = 50;

/// From now on the notification is one that calls for somebody at once: it is told after as many minutes as an alert that
/// nobody takes.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    (id, center): (NotificationId, HealthCenterId),
    now: Timestamp,
) -> Result<(), storage::Error> {
    let wait = following(tx, center, now)?.tell_center_after;
    rows::tell_from(tx, id, now + SignedDuration::from_mins(wait))
}

impl SystemDesk {
    /// Passes on every notification that calls for somebody at once and that nobody at the center has looked at, by the
    /// minutes that the center has set for alerts. Tells how many were passed on.
    pub async fn pass_notifications_on(&self) -> Result<usize, Error> {
        let app = &self.app;
        let now = app.clock.now();
        let due = app.db().read(move |tx| rows::due(tx, now, BATCH)).await?;
        let mut passed = 0;
        for one in due {
            // One that cannot be told must not keep the others from being told.
            match self.pass_notification_on(one, now).await {
                Ok(told) => passed += usize::from(told),
                Err(error) => tracing::error!(%error, "a notification cannot be passed on"),
            }
        }
        if passed > 0 {
            app.outbox().wake();
        }
        Ok(passed)
    }

    async fn pass_notification_on(&self, one: Pressing, now: Timestamp) -> Result<bool, Error> {
        let app = self.app.clone();
        let center = app.health_center(one.center).await?;
        let url = format!("{}/notifications/{}", app.console_url(), one.id);
        // The prefecture reads no notifications: it is to call the center.
        let of_center = format!("{}/?center={}", app.console_url(), one.center);
        let minutes = now.duration_since(one.waiting_since).as_mins().max(0);
        let sent = self
            .app
            .db()
            .write(move |tx| {
                let rules = following(tx, one.center, now)?;
                let again = now + SignedDuration::from_mins(rules.tell_again_every);
                let to_prefecture =
                    one.waiting_since + SignedDuration::from_mins(rules.tell_prefecture_after);
                let own = at_center(tx, one.center)?;
                // A center where nobody can be told does not keep the prefecture waiting.
                let is_alone = !own.iter().any(crate::staff_messages::can_come_in);
                let tells_prefecture = one.steps > 0 || is_alone;
                let next = if tells_prefecture {
                    again
                } else {
                    to_prefecture.max(now + SignedDuration::from_mins(1))
                };
                if !rows::passed_on(tx, one.id, one.steps, next)? {
                    return Ok(None);
                }
                let ring = |language| {
                    let words = words(language);
                    words.with1("sms-notification-waits", "waited", lasting(words, minutes))
                };
                let message = StaffMessage {
                    kind: "notification_waits",
                    mail: &|email, language| {
                        Mail::notification_waits(email, language, (minutes, None), &url)
                    },
                    sms: (one.steps >= rules.sms_from_step).then_some(&ring),
                    expires: Some(now + SignedDuration::from_hours(6)),
                    center: None,
                };
                let (mut mails, mut messages) = message.promise(&app, tx, &own, now)?;
                let mut whom = "center";
                if tells_prefecture {
                    let above = above_center(tx, one.center)?;
                    let message = StaffMessage {
                        mail: &|email, language| {
                            let name = center.name_in(language.tag());
                            let told = (minutes, Some(name));
                            Mail::notification_waits(email, language, told, &of_center)
                        },
                        ..message
                    };
                    let more = message.promise(&app, tx, &above, now)?;
                    (mails, messages) = (mails + more.0, messages + more.1);
                    whom = "center and prefecture";
                }
                let entry = about(
                    by_machine(now, "notification.passed_on", None),
                    one.id.uuid(),
                );
                audit::note(tx, app.keys(), &with(entry, whom))?;
                Ok(Some((mails, messages)))
            })
            .await?;
        if let Some((mails, messages)) = sent {
            tracing::warn!(
                minutes,
                mails,
                messages,
                "a pressing notification waits and was passed on"
            );
        }
        Ok(sent.is_some())
    }
}
