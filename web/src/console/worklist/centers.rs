//! All centers of a prefecture or of the nation, with what waits at each.

use super::super::words::waits;
use crate::page::Page;
use app::health_center::HealthCenter;
use app::message_texts::lasting;
use app::worklist::{CenterCounts, NotificationsWaiting};
use askama::Template;
use i18n::Words;

pub(super) struct CenterLine {
    pub(super) address: String,
    pub(super) name: String,
    /// How many alerts wait, and the words that tell it.
    pub(super) alerts: i64,
    pub(super) waiting: String,
    pub(super) oldest: Option<String>,
    pub(super) alarming: bool,
    /// Notifications that nobody has looked at: how many, whether somebody is needed at once, and for how long.
    pub(super) notified: i64,
    pub(super) notified_pressing: Option<String>,
    pub(super) notified_oldest: Option<String>,
    pub(super) urgent: i64,
    pub(super) silent: i64,
    pub(super) unreached: i64,
    pub(super) calls: i64,
    pub(super) open: i64,
    /// Offers to other centers that nobody has answered in time.
    pub(super) overdue: Option<String>,
}

#[derive(Template)]
#[template(path = "console/centers.html")]
pub(super) struct CentersPage {
    pub(super) page: Page,
    pub(super) updated: String,
    /// The alerts of all of them together.
    pub(super) alerts: String,
    pub(super) lines: Vec<CenterLine>,
}

/// What whoever watches over a center sees of it and its own staff does not: whom to call, and what waits to be checked.
pub(super) struct Watched {
    /// The numbers as they are written, each with when it is for where that is not always.
    pub(super) phones: Vec<(Option<String>, String)>,
    /// That notifications wait, in words; none where none does.
    pub(super) notified: Option<String>,
    /// That somebody is needed at once.
    pub(super) pressing: Option<String>,
}

impl Watched {
    pub(super) fn new(t: &Words, center: &HealthCenter, waiting: NotificationsWaiting) -> Watched {
        let night = t.say("console-center-night");
        let contact = &center.contact;
        let phones = [(None, &contact.phone), (Some(night), &contact.night_phone)];
        let since = lasting(t, waiting.oldest.unwrap_or(0));
        Watched {
            phones: phones
                .into_iter()
                .filter(|(_, phone)| !phone.trim().is_empty())
                .map(|(what, phone)| (what, phone.clone()))
                .collect(),
            notified: (waiting.count > 0).then(|| {
                t.with2(
                    "centers-notified-at",
                    "count",
                    waiting.count,
                    "since",
                    since,
                )
            }),
            pressing: pressing(t, waiting),
        }
    }
}

fn pressing(t: &Words, waiting: NotificationsWaiting) -> Option<String> {
    (waiting.pressing > 0).then(|| t.with1("centers-pressing", "count", waiting.pressing))
}

pub(super) fn center_line(t: &Words, counts: &CenterCounts) -> CenterLine {
    let (waiting, taken) = counts.alerts;
    CenterLine {
        address: format!("/?center={}", counts.center.id),
        name: counts.center.name_in(t.language.tag()).to_owned(),
        alerts: waiting,
        waiting: t.with2("centers-alerts", "waiting", waiting, "taken", taken),
        oldest: counts.oldest.map(|minutes| waits(t, minutes)),
        alarming: waiting > 0,
        notified: counts.notifications.count,
        notified_pressing: pressing(t, counts.notifications),
        // Beside a pressing one that came later the oldest must not be taken for it.
        notified_oldest: counts.notifications.oldest.map(|minutes| {
            match counts.notifications.count {
                1 => waits(t, minutes),
                _ => t.with1("centers-oldest", "since", lasting(t, minutes)),
            }
        }),
        urgent: counts.urgent,
        silent: counts.silent,
        unreached: counts.unreached,
        calls: counts.calls,
        open: counts.open,
        overdue: (counts.overdue > 0).then(|| t.with1("centers-overdue", "count", counts.overdue)),
    }
}
