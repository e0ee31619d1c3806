//! A notification of somebody who needs help at once is told like an alert until the center has looked at it: to the
//! center's staff, then to the prefecture, then again and again to both. One that was sent back with a question is told, too,
//! where nobody answers: until then nobody is followed because of it. Many at a center are told of in one message, as alerts are.

use crate::alerts::{LATEST_STEP, SOON, Settings, above_center, ahead, at_center, in_messages};
use crate::audit::{self, about, by_machine, with};
use crate::outbox::{Mail, Waits};
use crate::place_settings::{Following, following};
use crate::staff_messages::StaffMessage;
use crate::{Error, SystemDesk};
use domain::ids::{HealthCenterId, NotificationId};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use storage::Tx;
use storage::notification::{self as rows, Pressing};

/// How many notifications one look passes on.
const BATCH: i64 = 200;

/// Notifications of one kind: what one message can tell of.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    center: HealthCenterId,
    /// Whether they wait for an answer.
    is_asked: bool,
    /// Whether nobody was told yet; such are for the center alone.
    is_first: bool,
    /// Whether phones ring.
    rings: bool,
}

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

/// From now on the notification waits for an answer: it is told after as many minutes as an alert that somebody took and wrote
/// nothing about.
pub(super) fn begin_asked(
    tx: &mut Tx<'_>,
    (id, center): (NotificationId, HealthCenterId),
    now: Timestamp,
) -> Result<(), storage::Error> {
    let wait = following(tx, center, now)?.tell_taken_after;
    rows::tell_from(tx, id, now + SignedDuration::from_mins(wait))
}

/// When a notification is passed on next, after it was told now; `to_both`: to the prefecture, too.
fn next(rules: &Following, one: &Pressing, to_both: bool, now: Timestamp) -> Timestamp {
    let in_minutes = |minutes| now + SignedDuration::from_mins(minutes);
    match (one.is_asked, to_both) {
        // Somebody has looked at it: they are told ever more seldom, once a day in the end.
        (true, _) => {
            let seldom = 1_i64 << one.steps.clamp(0, 6);
            in_minutes(
                rules
                    .tell_taken_after
                    .saturating_mul(seldom)
                    .min(24 * 60 - 1),
            )
        }
        (false, true) => in_minutes(rules.tell_again_every),
        (false, false) => {
            let to_prefecture = SignedDuration::from_mins(rules.tell_prefecture_after);
            (one.waiting_since + to_prefecture).max(in_minutes(1))
        }
    }
}

/// Whether a notification is due, or so soon that it may be told of along with others.
fn is_due_soon(rules: &Following, one: &Pressing, now: Timestamp) -> bool {
    let to_prefecture = SignedDuration::from_mins(rules.tell_prefecture_after);
    let ahead = match (one.is_asked, one.steps) {
        (true, _) => ahead(rules.tell_taken_after),
        // That it waits is what is told; nobody has been told yet.
        (false, 0) => SOON,
        // Told late, it has a minute's grace until the prefecture is.
        (false, 1) if one.waiting_since + to_prefecture <= now => SignedDuration::ZERO,
        (false, 1) => ahead(rules.tell_prefecture_after - rules.tell_center_after),
        (false, _) => ahead(rules.tell_again_every),
    };
    one.next_step_at.is_none_or(|at| at <= now + ahead)
}

/// When one that was sent back is told of first, where a node of a release before has sent it back: that left the moment of while
/// it waited, and how often it was told of then.
fn asked_first(rules: &Following, one: &Pressing, now: Timestamp) -> Option<Timestamp> {
    let first = one.waiting_since + SignedDuration::from_mins(rules.tell_taken_after);
    // What was sent back while a clock was ahead is told of as it was brought near.
    let is_by_older = one.is_asked && one.waiting_since <= now && one.next_step_at? < first;
    is_by_older.then_some(first)
}

impl SystemDesk {
    /// Passes on every notification that calls for somebody at once and that nobody at the center has looked at, or of which
    /// nobody has answered what the center asks, by the minutes that the center has set for alerts. Tells how many were passed on.
    pub async fn pass_notifications_on(&self) -> Result<usize, Error> {
        self.bring_far_notifications_near().await?;
        let app = &self.app;
        let now = app.clock.now();
        let soon = app
            .db()
            .read(move |tx| rows::due(tx, now + SOON, BATCH))
            .await?;
        let is_due = |one: &Pressing| one.next_step_at.is_none_or(|at| at <= now);
        let mut passed = 0;
        for all in self.pressing_by_kind(soon, now).await {
            let most = all.len();
            for some in in_messages(all, is_due, most) {
                // One that cannot be told must not keep the others from being told.
                match self.pass_on_together(some, now).await {
                    Ok(told) => passed += told,
                    Err(error) => tracing::error!(%error, "notifications cannot be passed on"),
                }
            }
        }
        if passed > 0 {
            app.outbox().wake();
        }
        Ok(passed)
    }

    /// Notifications of each kind that are due or will be soon, those that wait the longest first.
    async fn pressing_by_kind(&self, soon: Vec<Pressing>, now: Timestamp) -> Vec<Vec<Pressing>> {
        let mut settings = Settings::default();
        let mut kinds: BTreeMap<Kind, Vec<Pressing>> = BTreeMap::new();
        let mut asked = Vec::new();
        for one in soon {
            let Some(rules) = settings.of(&self.app, one.center).await else {
                continue;
            };
            if let Some(first) = asked_first(&rules, &one, now) {
                asked.push((one, first));
                continue;
            }
            if !is_due_soon(&rules, &one, now) {
                continue;
            }
            let kind = Kind {
                center: one.center,
                is_asked: one.is_asked,
                is_first: one.steps == 0,
                rings: one.steps >= rules.sms_from_step,
            };
            kinds.entry(kind).or_default().push(one);
        }
        if !asked.is_empty() {
            let begin = move |tx: &mut Tx<'_>| {
                for (one, first) in &asked {
                    rows::asked_from(tx, one, *first)?;
                }
                Ok(())
            };
            if let Err(error) = self.app.db().write(begin).await {
                tracing::error!(%error, "notifications that an older release has sent back cannot be told of from then on");
            }
        }
        let mut all: Vec<_> = kinds.into_values().collect();
        for some in &mut all {
            some.sort_by_key(|one| (one.waiting_since, one.id));
        }
        all
    }

    /// What came or was told while the clock was ahead would be silent until it is as late.
    async fn bring_far_notifications_near(&self) -> Result<(), Error> {
        let now = self.app.clock.now();
        let latest = now + LATEST_STEP;
        let db = self.app.db();
        if !db.read_once(move |tx| rows::are_far(tx, latest)).await? {
            return Ok(());
        }
        let notifications = db
            .write(move |tx| rows::bring_near(tx, latest, now))
            .await?;
        tracing::warn!(
            notifications,
            "pressing notifications were to be passed on later than any setting says: the clock was ahead; they are due now"
        );
        Ok(())
    }

    /// Tells of some of one kind at a center in one message, those that wait the longest first; how many nobody else has
    /// passed on meanwhile.
    async fn pass_on_together(&self, some: Vec<Pressing>, now: Timestamp) -> Result<usize, Error> {
        let Some(first) = some.first().cloned() else {
            return Ok(0);
        };
        let app = self.app.clone();
        let center = app.health_center(first.center).await?;
        let sent = self
            .app
            .db()
            .write(move |tx| {
                let rules = following(tx, first.center, now)?;
                let own = at_center(tx, first.center)?;
                // A center where nobody can be told does not keep the prefecture waiting.
                let is_alone = !own.iter().any(crate::staff_messages::can_come_in);
                let tells_prefecture = first.steps > 0 || is_alone;
                let mut told = Vec::new();
                for one in &some {
                    let next = next(&rules, one, tells_prefecture, now);
                    if rows::passed_on(tx, one, next)? {
                        told.push(one);
                    }
                }
                let Some(first) = told.first() else {
                    return Ok(None);
                };
                let waits = Waits {
                    minutes: now.duration_since(first.waiting_since).as_mins().max(0),
                    is_asked: first.is_asked,
                    more: told.len() - 1,
                    center: None,
                };
                let which = match (waits.more, first.is_asked) {
                    (0, _) => format!("/{}", first.id),
                    (_, true) => "?asked=1".to_owned(),
                    (_, false) => String::new(),
                };
                let url = format!("{}/notifications{which}", app.console_url());
                // The prefecture reads no notifications: it is to call the center.
                let of_center = format!("{}/?center={}", app.console_url(), first.center);
                let ring = |language| waits.in_a_short_message(language);
                let message = StaffMessage {
                    kind: "notification_waits",
                    mail: &|email, language| {
                        Mail::notification_waits(email, language, &waits, &url)
                    },
                    sms: (first.steps >= rules.sms_from_step).then_some(&ring),
                    expires: Some(now + SignedDuration::from_hours(6)),
                    center: None,
                };
                let (mut mails, mut messages) = message.promise(&app, tx, &own, now)?;
                let mut whom = "center";
                if tells_prefecture {
                    let above = above_center(tx, first.center)?;
                    let message = StaffMessage {
                        mail: &|email, language| {
                            let waits = Waits {
                                center: Some(center.name_in(language.tag())),
                                ..waits
                            };
                            Mail::notification_waits(email, language, &waits, &of_center)
                        },
                        ..message
                    };
                    let more = message.promise(&app, tx, &above, now)?;
                    (mails, messages) = (mails + more.0, messages + more.1);
                    whom = "center and prefecture";
                }
                for one in &told {
                    let entry = by_machine(now, "notification.passed_on", None);
                    let entry = with(about(entry, one.id.uuid()), whom);
                    audit::note(tx, app.keys(), &entry)?;
                }
                Ok(Some((told.len(), waits.minutes, mails, messages)))
            })
            .await?;
        let Some((notifications, longest, mails, messages)) = sent else {
            return Ok(0);
        };
        tracing::warn!(
            notifications,
            longest,
            mails,
            messages,
            "pressing notifications wait and were passed on; the longest for so many minutes"
        );
        Ok(notifications)
    }
}
