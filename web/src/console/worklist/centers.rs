//! All centers of a prefecture or of the nation, with what waits at each.

use crate::page::Page;
use app::message_texts::lasting;
use app::worklist::CenterCounts;
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

pub(super) fn center_line(t: &Words, counts: &CenterCounts) -> CenterLine {
    let (waiting, taken) = counts.alerts;
    CenterLine {
        address: format!("/?center={}", counts.center.id),
        name: counts.center.name_in(t.language.tag()).to_owned(),
        alerts: waiting,
        waiting: t.with2("centers-alerts", "waiting", waiting, "taken", taken),
        oldest: counts
            .oldest
            .map(|minutes| t.with1("alert-waits", "since", lasting(t, minutes))),
        alarming: waiting > 0,
        urgent: counts.urgent,
        silent: counts.silent,
        unreached: counts.unreached,
        calls: counts.calls,
        open: counts.open,
        overdue: (counts.overdue > 0).then(|| t.with1("centers-overdue", "count", counts.overdue)),
    }
}
