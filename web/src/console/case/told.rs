//! What the page of a case says of what was just done, and at which of its parts.

use super::CaseForms;
use crate::console::in_error;
use crate::reports::moment;
use crate::visit::Visit;
use app::StaffDesk;
use app::case_registration::CaseView;
use app::family::FollowUp;
use app::merge::MergeLine;
use app::monitoring::Following;
use domain::ids::CaseId;
use domain::staff_role::Right;
use i18n::Words;

/// The part of the page at which something is said: that to which the address leads, where it is shown. What is said above
/// is out of sight then.
pub(super) fn part_shown(
    wished: Option<String>,
    (health, view, following): (bool, &CaseView, &Following),
) -> String {
    wished
        .filter(|part| match part.as_str() {
            "contacts" | "following" => health,
            "alert" => following.alert.is_some(),
            // Whoever reads answers about health writes calls down instead.
            "call-back" => !health,
            "corrections" => !following.corrections.is_empty(),
            "requests" => health,
            part => view
                .reports
                .iter()
                .any(|report| part == format!("r-{}", report.id)),
        })
        .unwrap_or_default()
}

/// The key of what is said of what was just done, by the word for it in the address. Of what may be over by now only while it
/// holds: the address may be loaded again.
fn done_in_words(
    done: Option<&str>,
    view: &CaseView,
    following: &Following,
) -> Option<&'static str> {
    match done {
        Some("registered") => Some("console-case-registered"),
        Some("contact-followed") if view.member.follow_up == FollowUp::GoesOn => {
            Some("close-contact-followed")
        }
        Some("contact-noted" | "contact-followed") => Some("close-contact-noted"),
        Some("confirmed" | "fell-ill-notified") if view.member.has_died() => {
            Some("notification-case-died")
        }
        // Whoever has just confirmed it has not ended that one: it may be about somebody living.
        Some("confirmed-alert" | "fell-ill-notified-alert") if view.member.has_died() => {
            Some("notification-case-died-alert")
        }
        Some("confirmed") if view.member.follow_up != FollowUp::GoesOn => {
            Some("notification-case-not-followed")
        }
        Some("confirmed-alert") => Some("notification-case-alert"),
        Some("confirmed") => Some("notification-case-confirmed"),
        Some("fell-ill-notified" | "fell-ill-notified-alert") => Some("notification-case-fell-ill"),
        Some("passport") => Some("console-case-passport-saved"),
        Some("passport-removed") => Some("console-case-passport-removed"),
        Some("taken") => (following.alert.as_ref())
            .filter(|alert| alert.is_mine)
            .map(|_| "alert-taken-by-you"),
        Some("tried") => Some("alert-tried"),
        Some("message-read") => Some("message-read-done"),
        Some("message-read-before") => Some("message-read-before"),
        Some("called") => Some("contact-saved"),
        Some("call-back") if view.member.follow_up != FollowUp::GoesOn => {
            Some("call-back-done-closed")
        }
        Some("call-back-worse") if view.member.has_died() => Some("call-back-done-closed"),
        Some("call-back") => Some("call-back-done"),
        Some("call-back-worse") => Some("call-back-done-worse"),
        Some("contact" | "noted") => Some("contact-saved"),
        Some("ambulance-told") if view.member.follow_up == FollowUp::GoesOn => {
            Some("contact-saved-ambulance")
        }
        Some("ambulance-told") => Some("contact-saved"),
        Some("wrong-number") => Some("contact-saved-wrong-number"),
        Some("followed") => Some("following-saved"),
        Some("reported") => Some("report-entered"),
        Some("corrected") => Some("correction-saved"),
        Some("same") => Some("correction-same"),
        Some("upheld") => Some("correction-upheld"),
        Some("person") => Some("person-saved"),
        Some("reissued") => Some("reissue-done"),
        Some("fell-ill") => Some("close-fell-ill-done"),
        Some("merged") => Some("merge-done"),
        Some("no-case") if view.member.is_in_error() => Some("no-case-done"),
        Some("case-again") if !view.member.is_in_error() => Some("no-case-undone"),
        Some("contact-again") if view.member.is_contact => Some("contact-again-done"),
        Some("unlinked") => Some("link-done"),
        Some("requested") => Some("request-done"),
        Some("requested-paper") => Some("request-done-paper"),
        Some("request-withdrawn") => Some("request-withdrawn-done"),
        Some("unmerged") => Some("merge-done-undone"),
        Some("offered") => (following.transfers.iter())
            .any(|offer| offer.answer.is_none())
            .then_some("transfer-offered"),
        Some("withdrawn") => Some("transfer-withdrawn"),
        Some("accepted") => Some("transfer-accepted"),
        Some(done) => in_error::notice(done),
        None => None,
    }
}

/// That somebody was released before the days were over, as they are counted since a correction.
pub(super) fn too_soon(t: &Words, following: &Following) -> Option<String> {
    let one = following.too_soon?;
    let (last, released) = (t.date(one.last_day), t.date(one.released_on));
    let key = match one.by_onset {
        true => "released-too-soon",
        false => "released-too-soon-days",
    };
    Some(t.with2(key, "last", last, "released", released))
}

/// When somebody calls next, and what was agreed for later behind that.
fn calls_planned(
    t: &Words,
    (view, following): (&CaseView, &Following),
    first: jiff::Timestamp,
) -> String {
    let when = |at| moment(t, &view.member.center.time_zone, at);
    let next = t.with1("contact-call-planned", "when", when(first));
    match following.call_behind {
        Some(at) => format!(
            "{next} {}",
            t.with1("contact-call-behind", "when", when(at))
        ),
        None => next,
    }
}

/// What was just done, in words.
pub(super) fn noticed(
    visit: &Visit,
    t: &Words,
    (case, view, following): (CaseId, &CaseView, &Following),
    merges: &[MergeLine],
) -> Option<String> {
    let done = visit.query("done");
    done_in_words(done.as_deref(), view, following)
        .map(|key| {
            let under = visit.query("under").and_then(|text| text.parse().ok());
            let merged = merges
                .iter()
                .find(|line| line.kept.0 == case && Some(line.merged.0) == under);
            match merged {
                Some(line) => {
                    let told = t.with2(
                        "merge-saved-here",
                        "merged",
                        &line.merged.1,
                        "kept",
                        &view.member.hersys_id,
                    );
                    format!("{} {told}", t.say(key))
                }
                None => t.say(key),
            }
        })
        .map(
            |said| match (done.as_deref(), following.monitoring.next_call_at) {
                (Some("tried" | "called" | "wrong-number" | "contact"), Some(at)) => {
                    format!("{said} {}", calls_planned(t, (view, following), at))
                }
                // Another one may stand first than the one that was typed.
                (Some("followed"), Some(at)) if view.member.follow_up == FollowUp::GoesOn => {
                    format!("{said} {}", calls_planned(t, (view, following), at))
                }
                (Some("contact"), None) if view.member.follow_up == FollowUp::GoesOn => {
                    format!("{said} {}", t.say("contact-no-call-planned"))
                }
                // What stands above is out of sight of whoever has just corrected the days.
                (Some("person"), _) => match too_soon(t, following) {
                    Some(told) => format!("{said} {told}"),
                    None => said,
                },
                _ => said,
            },
        )
}

/// Whether the person whom the center has just taken over may be in another record of it. Until then two centers followed
/// them, and neither saw both.
pub(super) async fn perhaps_twice(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
) -> Result<bool, app::Error> {
    let is_new_here = visit.query("done").as_deref() == Some("accepted");
    if !is_new_here || !desk.may(Right::CorrectPersons) {
        return Ok(false);
    }
    let (same, _) = desk.like_case(case).await?;
    Ok(!same.is_empty())
}

/// The key of that an alert is open still: of somebody who is in hospital, as a call has just told. Whoever wrote the call down
/// has not seen to the alert by that, and may take it for done.
pub(super) fn alert_left(
    visit: &Visit,
    view: &CaseView,
    following: &Following,
) -> Option<&'static str> {
    let is_call = visit.query("done").as_deref() == Some("contact");
    (is_call && view.member.is_in_hospital && following.alert.is_some())
        .then_some("alert-left-open")
}

/// What somebody is warned of: that something was not done, or that somebody else was faster.
pub(super) fn warned(
    visit: &Visit,
    t: &Words,
    forms: &CaseForms,
    following: &Following,
    id: &str,
) -> Option<String> {
    match (
        forms.now.is_some() || forms.changed_meanwhile,
        visit.query("done").as_deref(),
    ) {
        _ if forms.merged.is_some() => Some(t.with2(
            "following-merged-meanwhile",
            "merged",
            forms.merged.clone().unwrap_or_default(),
            "kept",
            id,
        )),
        (true, _) if forms.now.is_some() => Some(t.say("changed-meanwhile-fields")),
        (true, _) => Some(t.say("changed-meanwhile")),
        _ if !forms.ill_before.is_empty() => Some(t.say("close-ill-meanwhile")),
        _ if forms.ended_by.is_some() => Some(t.with1(
            "alert-ended-meanwhile",
            "name",
            forms.ended_by.clone().unwrap_or_default(),
        )),
        (_, Some("taken-by-other"))
            if (following.alert.as_ref())
                .is_some_and(|one| one.taken_by.is_some() && !one.is_mine) =>
        {
            Some(t.say("alert-taken-by-other"))
        }
        (_, Some("meanwhile")) => Some(t.say("changed-meanwhile-look")),
        (_, Some("undone-already")) => Some(t.say("merge-undone-already")),
        _ => None,
    }
}
