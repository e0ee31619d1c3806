//! Taking an alert, giving it back, and writing what was done.

use super::case::{CaseForms, case_page};
use super::contact_log::{ContactFields, contact_fields, nothing_typed, read_contact};
use super::rules::judged_by;
use super::words::{level, waits, why};
use super::written_along::written_along;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing};
use crate::visit::Staff;
use app::StaffDesk;
use app::alerts::{Alert, FinishAlert, TakeAlert};
use app::contact_log::TypedContact;
use app::family::Member;
use app::message_texts::lasting;
use app::monitoring::Following;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::AlertId;
use domain::staff_role::Right;
use i18n::Words;
use jiff::Timestamp;

/// The alert of a case.
pub(super) struct AlertBox {
    pub(super) id: String,
    pub(super) version: i32,
    pub(super) waits: String,
    /// That it was measured long before it came.
    pub(super) measured: Option<String>,
    /// Who had it before.
    pub(super) before: Option<String>,
    pub(super) reasons: Vec<String>,
    pub(super) judged: Option<String>,
    pub(super) level: String,
    pub(super) is_mine: bool,
    pub(super) is_free: bool,
    /// Whether the form that ends it is open: for whoever took it, and where something typed was wrong.
    pub(super) is_open: bool,
    /// What was done.
    pub(super) done: ContactFields,
}

/// Who had an alert before whoever has it now, in words.
pub(super) fn had_it(t: &Words, alert: &Alert) -> Option<String> {
    let before = alert.taken_before_by.as_ref();
    before
        .filter(|name| alert.taken_by.as_ref() != Some(name))
        .map(|name| t.with1("alert-before", "name", name))
}

/// How long ago that was measured which an alert tells, where the report came long after that: the person may be far
/// worse by now, or well.
pub(super) fn measured_words(t: &Words, alert: &Alert, now: Timestamp) -> Option<String> {
    let at = alert.measured_long_before()?;
    let minutes = now.duration_since(at).as_mins().max(0);
    Some(t.with1("alert-measured-ago", "since", lasting(t, minutes)))
}

/// The alert of a case, as the page of the person shows it. `following`: how the person is followed, where the page has the form
/// that ends it; `sent`: what was typed into the form that ends it, and what is
/// wrong with that.
pub(super) fn alert_box(
    page: &mut Page,
    desk: &StaffDesk,
    member: &Member,
    (alert, following, now): (&Alert, Option<&Following>, Timestamp),
    sent: Option<&(TypedContact, Vec<&'static str>)>,
) -> AlertBox {
    let t = page.t;
    let judged = alert.judged_by.as_ref();
    let answered = desk.words_judged(judged, &member.programme, member.center.id);
    let question = |id: &str| answered.short(id, t.language.tag());
    let zone = &member.center.time_zone;
    let shown = following.map(|following| nothing_typed(following, zone));
    let nothing = (shown.unwrap_or_default(), Vec::new());
    let (typed, problems) = sent.unwrap_or(&nothing);
    let goes_on = following.is_some_and(|one| one.monitoring.status.is_open());
    let follows = (desk.may(Right::Follow), goes_on);
    let mut done = contact_fields(page, follows, typed, problems, "alert_");
    done.next.hint = t.say("alert-next-call-hint");
    AlertBox {
        id: alert.id.to_string(),
        version: alert.version,
        waits: match &alert.taken_by {
            Some(name) => {
                let since = lasting(t, alert.minutes);
                t.with2("alert-taken", "name", name, "since", since)
            }
            None => waits(t, alert.minutes),
        },
        measured: measured_words(t, alert, now),
        before: had_it(t, alert),
        reasons: alert
            .reasons
            .iter()
            .map(|one| why(t, one, now, question))
            .collect(),
        judged: alert.judged_by.as_ref().map(|by| judged_by(t, by)),
        level: level(t, alert.level).unwrap_or_default(),
        is_mine: alert.is_mine,
        is_free: alert.taken_by.is_none(),
        is_open: alert.is_mine || sent.is_some(),
        done,
    }
}

/// The address of an answer with a problem, loaded again.
pub(super) async fn show(_: Staff) -> Response {
    go("/")
}

pub(super) async fn take(
    Staff(visit, desk): Staff,
    Path(alert): Path<String>,
    form: Form,
) -> Answer {
    let Ok(alert) = alert.parse::<AlertId>() else {
        return Ok(missing(&visit));
    };
    // Whoever takes over says which state of the alert they have seen.
    let taken = match form.text("over").parse::<i32>() {
        Ok(version) => desk.take_alert_over(alert, version).await?,
        Err(_) => desk.take_alert(alert).await?,
    };
    Ok(match taken {
        // The nurse wants the name and the phone number now, which stand on top.
        TakeAlert::Taken(case) => go(&format!("/cases/{case}?done=taken")),
        TakeAlert::TakenByOther(case, _) => go(&format!("/cases/{case}?done=taken-by-other")),
        TakeAlert::NotOpen => go("/?done=gone"),
    })
}

pub(super) async fn give_back(Staff(visit, desk): Staff, Path(alert): Path<String>) -> Answer {
    let Ok(alert) = alert.parse::<AlertId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.give_alert_back(alert).await? {
        TakeAlert::NotOpen => go("/?done=gone"),
        TakeAlert::TakenByOther(case, _) => go(&format!("/cases/{case}?done=taken-by-other")),
        TakeAlert::Taken(_) => go("/?done=given-back"),
    })
}

pub(super) async fn finish(
    Staff(visit, desk): Staff,
    Path(alert): Path<String>,
    form: Form,
) -> Answer {
    let Ok(alert) = alert.parse::<AlertId>() else {
        return Ok(missing(&visit));
    };
    let typed = read_contact(&form);
    let version = form.text("version").parse().unwrap_or(0);
    let (case, forms) = match desk.finish_alert(alert, version, &typed).await? {
        FinishAlert::Done(_) => return Ok(go("/?done=done")),
        FinishAlert::NotOpen => return Ok(go("/?done=gone")),
        FinishAlert::Tried(case) => return Ok(go(&format!("/cases/{case}?done=tried"))),
        // The alert goes with the case, and stays open there.
        FinishAlert::Elsewhere(case) => {
            return written_along(&visit, &desk, case, &typed).await;
        }
        // What this person did is worth a line of its own, and is not lost with the alert.
        FinishAlert::Ended(case, by) => (
            case,
            CaseForms {
                contact: Some((typed, Vec::new())),
                ended_by: Some(by),
                ..CaseForms::default()
            },
        ),
        FinishAlert::ChangedMeanwhile(case) => (
            case,
            CaseForms {
                alert: Some((typed, Vec::new())),
                changed_meanwhile: true,
                ..CaseForms::default()
            },
        ),
        FinishAlert::Problems(case, problems) => (
            case,
            CaseForms {
                alert: Some((typed, problems)),
                alert_seen: Some((alert, version)),
                ..CaseForms::default()
            },
        ),
    };
    case_page(&visit, &desk, case, forms).await
}
