//! Passing alerts on that nobody takes, or that somebody took and has written nothing about.
//!
//! A few are told of one by one, each with the way to its case. Where many are due at a center, one message tells of all of
//! them: a nurse whose phone rings three hundred times reads none of it, and mail servers and gateways that take some
//! messages a second would bring the last one hours late.

use super::together::{self, SOON, Settings, in_messages};
use super::{above_center, at_center};
use crate::audit::{self, about, by_machine, with};
use crate::health_center::HealthCenter;
use crate::outbox::Mail;
use crate::place_settings::{Following, following};
use crate::staff_messages::{StaffMessage, can_come_in};
use crate::{App, Error, SystemDesk};
use domain::ids::{AlertId, HealthCenterId, StaffId};
use domain::language::Language;
use domain::message_texts::MessageName;
use domain::sms_text::check_within;
use i18n::words;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use storage::alerts::{self as rows, AlertRow};
use storage::{Tx, monitoring};

/// How many alerts are looked at together.
const BATCH: usize = 200;
/// How often that is done in one look: more wait for the next one.
const ROUNDS: usize = 50;
/// No setting puts the next moment of an alert, or of a notification that is told like one, later than eight hours from now.
pub(crate) const LATEST_STEP: SignedDuration = SignedDuration::from_hours(24);
/// How many alerts one transaction passes on, and one message tells of.
const TOGETHER: usize = 50;
/// What the audit log says, after whom it told, of an alert that was told of in another one's message.
const WITH_ANOTHER: &str = ", with another";

/// Alerts of one kind: what one message can tell of.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    center: HealthCenterId,
    /// Who has them.
    taken_by: Option<StaffId>,
    /// Whether nobody was told yet; such are for the center alone.
    is_first: bool,
    /// Whether phones ring.
    rings: bool,
}

/// Alerts that were passed on together: how many, for how many minutes the first of them had waited, and how many were
/// promised a mail and a short message.
#[derive(Default)]
struct PassedOn {
    alerts: usize,
    minutes: i64,
    mails: usize,
    messages: usize,
}

impl PassedOn {
    fn and(self, more: PassedOn) -> PassedOn {
        PassedOn {
            alerts: self.alerts + more.alerts,
            minutes: self.minutes.max(more.minutes),
            mails: self.mails + more.mails,
            messages: self.messages + more.messages,
        }
    }
}

/// Since when an alert waits, or has been taken.
fn since(alert: &AlertRow) -> Timestamp {
    alert.taken_at.unwrap_or(alert.waiting_since)
}

/// How long ahead an alert may be told of along with others.
fn ahead(rules: &Following, alert: &AlertRow, now: Timestamp) -> SignedDuration {
    let to_prefecture = SignedDuration::from_mins(rules.tell_prefecture_after);
    let between = match (alert.taken_by, alert.steps) {
        // That it waits is what is told; nobody has been told yet.
        (None, 0) => return SOON,
        // Told late, it has a minute's grace until the prefecture is.
        (None, 1) if since(alert) + to_prefecture <= now => 0,
        (None, 1) => rules.tell_prefecture_after - rules.tell_center_after,
        _ => again(rules, alert),
    };
    together::ahead(between)
}

/// After how many minutes an alert is told again.
fn again(rules: &Following, alert: &AlertRow) -> i64 {
    match alert.taken_by {
        Some(_) => rules.tell_taken_after,
        None => rules.tell_again_every,
    }
}

impl SystemDesk {
    /// Passes on every alert that is due: first to the staff of the center, then to the prefecture, then again and
    /// again to both until somebody takes it; and likewise one that somebody took and has written nothing about. Tells how
    /// many were passed on.
    ///
    /// # Errors
    /// Where the alerts cannot be read. One that cannot be passed on keeps no other from it.
    pub async fn pass_alerts_on(&self) -> Result<usize, Error> {
        self.bring_far_alerts_near().await?;
        self.bring_alerts_home().await?;
        let mut passed = PassedOn::default();
        let mut after = Some((Timestamp::UNIX_EPOCH, AlertId::from_uuid(uuid::Uuid::nil())));
        for _ in 0..ROUNDS {
            let Some(last) = after else {
                break;
            };
            let (more, next) = self.pass_some_on(last).await?;
            passed = passed.and(more);
            after = next;
        }
        if passed.alerts > 0 {
            self.app.outbox().wake();
            let PassedOn {
                alerts,
                minutes: longest,
                mails,
                messages,
            } = passed;
            // One line for all of them: in an outbreak they are thousands, and a line names nobody.
            tracing::warn!(
                alerts,
                longest,
                mails,
                messages,
                "alerts wait and were passed on; the longest for so many minutes"
            );
        }
        Ok(passed.alerts)
    }

    /// Alerts that were raised or passed on while the clock was ahead would wait until it is as late.
    async fn bring_far_alerts_near(&self) -> Result<(), Error> {
        let now = self.app.clock.now();
        let latest = now + LATEST_STEP;
        let db = self.app.db();
        if !db.read_once(move |tx| rows::are_far(tx, latest)).await? {
            return Ok(());
        }
        let alerts = db
            .write(move |tx| rows::bring_near(tx, latest, now))
            .await?;
        tracing::warn!(
            alerts,
            "alerts were to be passed on later than any setting says: the clock was ahead; they are due now"
        );
        Ok(())
    }

    /// Nobody who follows the person would ever see an alert that waits at the center from which they went.
    async fn bring_alerts_home(&self) -> Result<(), Error> {
        let now = self.app.clock.now();
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let db = self.app.db();
        let cases = db.read_once(move |tx| rows::astray(tx, now, limit)).await?;
        if cases.is_empty() {
            return Ok(());
        }
        let alerts = db
            .write(move |tx| {
                monitoring::hold_all(tx, cases.clone())?;
                let mut alerts = 0;
                for case in &cases {
                    alerts += usize::from(rows::bring_home(tx, *case, now)?);
                }
                Ok(alerts)
            })
            .await?;
        tracing::warn!(
            alerts,
            "alerts waited at a center that does not follow their people any more; they wait where these are followed now"
        );
        Ok(())
    }

    /// Some of those that are due, after the last one that was looked at; and which was the last one now, if more may be due.
    async fn pass_some_on(
        &self,
        after: (Timestamp, AlertId),
    ) -> Result<(PassedOn, Option<(Timestamp, AlertId)>), Error> {
        let now = self.app.clock.now();
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let soon = self
            .app
            .db()
            .read(move |tx| rows::due(tx, after, now + SOON, limit))
            .await?;
        let is_due = |alert: &AlertRow| alert.next_step_at.is_some_and(|at| at <= now);
        let last = soon
            .last()
            .filter(|last| soon.len() == BATCH && is_due(last));
        let last = last.and_then(|last| Some((last.next_step_at?, last.id)));
        let mut passed = PassedOn::default();
        for alerts in self.by_kind(soon, now).await {
            for alerts in in_messages(alerts, is_due, TOGETHER) {
                passed = passed.and(self.pass_on_or_say(alerts, now).await);
            }
        }
        Ok((passed, last))
    }

    /// One that cannot be told of must not keep the others from being told of.
    async fn pass_on_or_say(&self, alerts: Vec<AlertRow>, now: Timestamp) -> PassedOn {
        let several = alerts.len() > 1;
        let mut passed = PassedOn::default();
        match self.pass_on(alerts.clone(), now).await {
            Ok(more) => passed = more,
            // Where it may pass, the next look tells of all of them together.
            Err(error) if several && !error.is_passing() => {
                tracing::warn!(%error, "alerts cannot be passed on together");
                for alert in alerts {
                    match self.pass_on(vec![alert], now).await {
                        Ok(more) => passed = passed.and(more),
                        Err(error) => tracing::error!(%error, "an alert cannot be passed on"),
                    }
                }
            }
            Err(error) => tracing::error!(%error, "alerts cannot be passed on"),
        }
        passed
    }

    /// Alerts of each kind that are due or will be soon, those that wait the longest first.
    async fn by_kind(&self, alerts: Vec<AlertRow>, now: Timestamp) -> Vec<Vec<AlertRow>> {
        let mut settings = Settings::default();
        let mut kinds: BTreeMap<Kind, Vec<AlertRow>> = BTreeMap::new();
        for alert in alerts {
            let Some(rules) = settings.of(&self.app, alert.center).await else {
                continue;
            };
            if alert
                .next_step_at
                .is_none_or(|at| at > now + ahead(&rules, &alert, now))
            {
                continue;
            }
            let kind = Kind {
                center: alert.center,
                taken_by: alert.taken_by,
                is_first: alert.steps == 0,
                rings: alert.steps >= rules.sms_from_step,
            };
            kinds.entry(kind).or_default().push(alert);
        }
        let mut all: Vec<_> = kinds.into_values().collect();
        for alerts in &mut all {
            alerts.sort_by_key(|one| (since(one), one.id));
        }
        all
    }

    /// Tells those who are to be told of some alerts of one kind; of those that another process has passed on meanwhile
    /// nobody is told again.
    async fn pass_on(&self, alerts: Vec<AlertRow>, now: Timestamp) -> Result<PassedOn, Error> {
        let Some(first) = alerts.first() else {
            return Ok(PassedOn::default());
        };
        let center = self.app.health_center(first.center).await?;
        let telling = Telling {
            app: self.app.clone(),
            center,
            now,
        };
        Ok(self
            .app
            .db()
            .write(move |tx| telling.pass_on(tx, &alerts))
            .await?)
    }
}

/// What tells of alerts of one kind at a center.
struct Telling {
    app: App,
    center: HealthCenter,
    now: Timestamp,
}

impl Telling {
    fn pass_on(&self, tx: &mut Tx<'_>, alerts: &[AlertRow]) -> Result<PassedOn, storage::Error> {
        let rules = following(tx, self.center.id, self.now)?;
        // Reports hold a case before its alert; so must this, or each would wait for the other.
        monitoring::hold_all(tx, alerts.iter().map(|alert| alert.case).collect())?;
        let mut passing = Vec::new();
        for alert in alerts {
            let next = self.next(&rules, alert, true);
            let Some(step_at) = alert.next_step_at else {
                continue;
            };
            if rows::passed_on(tx, alert.id, (alert.steps, step_at), next)? {
                passing.push(alert);
            }
        }
        let Some(first) = passing.first() else {
            return Ok(PassedOn::default());
        };
        let (to_center, mails, messages) = self.tell(tx, &rules, &passing)?;
        for alert in &passing {
            let people = i32::try_from(mails).unwrap_or(i32::MAX);
            let next = self.next(&rules, alert, to_center);
            rows::told(tx, alert.id, people, next)?;
            monitoring::touch(tx, alert.case, self.now)?;
            let mut whom = match to_center {
                true => "center".to_owned(),
                false => "center and prefecture".to_owned(),
            };
            if alert.id != first.id {
                whom += WITH_ANOTHER;
            }
            let done = by_machine(self.now, "alert.passed_on", Some(alert.case));
            let entry = with(about(done, alert.id.uuid()), &whom);
            audit::note(tx, self.app.keys(), &entry)?;
        }
        Ok(PassedOn {
            alerts: passing.len(),
            minutes: self.minutes(first),
            mails,
            messages,
        })
    }

    fn minutes(&self, alert: &AlertRow) -> i64 {
        self.now.duration_since(since(alert)).as_mins()
    }

    /// When an alert is passed on next; `to_center`: the center alone is told now.
    fn next(&self, rules: &Following, alert: &AlertRow, to_center: bool) -> Timestamp {
        match alert.steps {
            0 if alert.taken_by.is_none() && to_center => {
                let to_prefecture = SignedDuration::from_mins(rules.tell_prefecture_after);
                (since(alert) + to_prefecture).max(self.now + SignedDuration::from_mins(1))
            }
            _ => self.now + SignedDuration::from_mins(again(rules, alert)),
        }
    }

    /// Promises the messages. Tells whether they go to the center alone, and how many mails and short messages there are.
    fn tell(
        &self,
        tx: &mut Tx<'_>,
        rules: &Following,
        alerts: &[&AlertRow],
    ) -> Result<(bool, usize, usize), storage::Error> {
        let (app, now) = (&self.app, self.now);
        let Some(first) = alerts.first() else {
            return Ok((true, 0, 0));
        };
        let programme = storage::case_registration::by_id(tx, first.case)?
            .map(|row| row.programme)
            .unwrap_or_default();
        let (text, more) = (self.texts(first, &programme), alerts.len() - 1);
        use MessageName::*;
        let (ring, subject, mail) = match first.taken_by {
            Some(_) => (AlertTakenSms, AlertTakenMailSubject, AlertTakenMail),
            None => (AlertWaitsSms, AlertWaitsMailSubject, AlertWaitsMail),
        };
        let ring = |language| {
            let alone = text(ring, language);
            let both = and_more(language, &alone, more);
            // How many more there are is worth less than that it comes, and that an address ends where it ends.
            match check_within(&both, app.inner.sms.limits()) {
                Ok(_) if !alone.contains("://") => both,
                _ => alone,
            }
        };
        let worklist = format!("{}/", app.console_url());
        let message = StaffMessage {
            kind: "alert_waits",
            mail: &|email, language| {
                let subject = and_more(language, &text(subject, language), more);
                let mut told = text(mail, language);
                if more > 0 {
                    let t = words(language);
                    let count = i64::try_from(more).unwrap_or(i64::MAX);
                    let all = t.with2("alert-mail-more", "count", count, "url", &worklist);
                    told = format!("{told}\n\n{all}");
                }
                Mail::to_staff(email, language, subject, &told)
            },
            // The second telling rings the phone: whoever reads mails has had the first.
            sms: (first.steps >= rules.sms_from_step).then_some(&ring),
            expires: Some(now + SignedDuration::from_hours(6)),
            center: None,
        };
        let own = at_center(tx, self.center.id)?;
        let (mut mails, mut messages) = message.promise(app, tx, &own, now)?;
        // A center where nobody can be told does not keep the prefecture waiting; nor does one where nobody but whoever has
        // the alert, and lets it lie, is told.
        let others = own
            .iter()
            .filter(|one| Some(one.id) != first.taken_by && can_come_in(one))
            .count();
        let to_center = first.steps == 0 && others > 0;
        if !to_center {
            let above = above_center(tx, self.center.id)?;
            let more = message.promise(app, tx, &above, now)?;
            (mails, messages) = (mails + more.0, messages + more.1);
        }
        Ok((to_center, mails, messages))
    }

    /// What is said of an alert, by the texts of its programme.
    fn texts(&self, alert: &AlertRow, programme: &str) -> impl Fn(MessageName, Language) -> String {
        let url = format!("{}/cases/{}", self.app.console_url(), alert.case);
        let minutes = self.minutes(alert);
        move |name, language| {
            let whose = (programme, &self.center);
            self.app
                .text_of_minutes(whose, name, language, (&url, minutes))
                .unwrap_or_default()
        }
    }
}

/// A line that tells of one alert, and how many more there are.
fn and_more(language: Language, line: &str, more: usize) -> String {
    match i64::try_from(more).unwrap_or(i64::MAX) {
        0 => line.to_owned(),
        more => words(language).with2("alert-and-more", "line", line, "count", more),
    }
}
