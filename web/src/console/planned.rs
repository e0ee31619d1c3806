//! Settings that do not hold yet: what will change and when, and the button that withdraws them.

use crate::form::Form;
use crate::page::Page;
use crate::visit::Visit;
use app::place_settings::Withdraw;
use jiff::Timestamp;

/// The name of the field that says which planned settings are withdrawn.
const WITHDRAW: &str = "withdraw";

/// Settings that do not hold yet.
pub(super) struct PlannedView {
    /// From when on they hold, in words.
    pub(super) from: String,
    /// The same as a form carries it.
    pub(super) at: String,
    /// What changes then.
    pub(super) changes: Vec<String>,
    /// Who planned them, and when.
    pub(super) by: String,
}

/// A moment as a form carries it.
pub(super) fn carried(at: Timestamp) -> String {
    at.as_microsecond().to_string()
}

/// For which moment planned settings are to be withdrawn, if a form asks for that.
pub(super) fn withdrawn(form: &Form) -> Option<Timestamp> {
    if !form.has(WITHDRAW) {
        return None;
    }
    let at = form.text(WITHDRAW).parse().ok();
    // What cannot be read is no planned moment either, and is told like one.
    Some(
        at.and_then(|at| Timestamp::from_microsecond(at).ok())
            .unwrap_or(Timestamp::UNIX_EPOCH),
    )
}

/// Where withdrawing leads.
pub(super) const fn leads_to(done: Withdraw) -> &'static str {
    match done {
        Withdraw::Withdrawn => "withdrawn",
        Withdraw::NotPlanned => "not-planned",
        Withdraw::ChangedMeanwhile => "meanwhile",
    }
}

/// What a page says of what was done before: a notice, or a warning. `ahead`: from when on something else holds that is
/// planned, in words.
pub(super) fn said(
    page: &Page,
    visit: &Visit,
    ahead: Option<&str>,
) -> (Option<String>, Option<String>) {
    match visit.query("done").as_deref() {
        Some("saved") => match ahead {
            Some(when) => (Some(page.with1("settings-saved-until", "when", when)), None),
            None => (Some(page.say("settings-saved")), None),
        },
        Some("planned") => (Some(page.say("settings-saved")), None),
        Some("same") => (Some(page.say("settings-same")), None),
        Some("withdrawn") => (Some(page.say("settings-withdrawn")), None),
        Some("not-planned") => (None, Some(page.say("settings-not-planned"))),
        Some("meanwhile") => (None, Some(page.say("changed-meanwhile-look"))),
        _ => (None, None),
    }
}
