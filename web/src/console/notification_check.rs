//! What a center does with a notification: confirms it, sends it back, sets it aside, takes it back.

use super::alike::{AlikeView, alike_view, disease_row};
use super::correction::field_words;
use super::notification::read_id;
use super::notification_form::answered;
use super::notification_show::{Wrong, shown};
use super::notification_steps::ItemAnswer;
use super::person::{TOLD_BY_NOTIFICATION, told_anew};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_registration::{Address, Alike, CaseField, Sure};
use app::family::FollowUp;
use app::notification::{Attach, Confirm, Settle};
use askama::Template;
use axum::extract::Path;
use domain::ids::{CaseId, NotificationId};
use domain::notification::core_item;
use domain::staff_role::Right;
use i18n::Words;

#[derive(Template)]
#[template(path = "console/notification_alike.html")]
struct ConfirmAlikePage {
    page: Page,
    id: String,
    version: i32,
    typed: Vec<ItemAnswer>,
    /// That it tells of a death, and what that does.
    death: Option<String>,
    alike: Vec<AlikeLine>,
}

/// Somebody who may be the same person.
struct AlikeLine {
    one: AlikeView,
    /// What adding the notification to the case does, in words: a contact becomes a case by it. None: it cannot be added.
    attach: Option<String>,
    /// Why it cannot be added.
    other_disease: Option<String>,
    /// That an alert about the person is open.
    alert: Option<String>,
    /// Which one, and how it stands, where a death ends it.
    alert_seen: Option<String>,
}

/// That a case is one of another disease than the notification, in words.
fn other_disease(t: &Words, desk: &StaffDesk, programme: &str) -> String {
    let disease = desk.disease(programme, t.language.tag());
    t.with1("notification-other-disease", "disease", disease)
}

/// Where somebody lives and stays: labels and values. Who has moved is another person to nobody who sees both.
fn places_told(t: &Words, place: &Address) -> Vec<(String, String)> {
    [
        (CaseField::Address, &place.address),
        (CaseField::Whereabouts, &place.whereabouts),
    ]
    .into_iter()
    .filter_map(|(field, text)| {
        let text = text.as_ref()?.expose().clone();
        Some((field_words(t, field.name()), text))
    })
    .collect()
}

/// The address of a form without its form.
pub(super) async fn show_form(Staff(visit, _): Staff, Path(id): Path<String>) -> Answer {
    Ok(match read_id(&id) {
        Some(id) => go(&format!("/notifications/{id}")),
        None => missing(&visit),
    })
}

/// Who may be the same person, before a notification becomes a case.
async fn alike_page(
    visit: &Visit,
    desk: &StaffDesk,
    id: NotificationId,
    version: i32,
    alike: &[Alike],
) -> Answer {
    let page = Page::new(visit, "alike-title").back_to(format!("/notifications/{id}"));
    let t = page.t;
    let Some(found) = desk.notification(id).await? else {
        return Ok(missing(visit));
    };
    let kind = found.answers.expose().get(core_item::KIND);
    let is_death = kind.is_some_and(|kind| kind == "death");
    let compared = [
        core_item::KIND,
        core_item::NAME,
        core_item::NAME_KANA,
        core_item::NAME_LATIN,
        core_item::BIRTHDATE,
        core_item::PHONE,
        core_item::ADDRESS,
        "whereabouts",
        core_item::DIAGNOSED_ON,
        core_item::ONSET_ON,
    ];
    let typed = compared
        .into_iter()
        .filter_map(|id| {
            let item = found.set.item(id)?;
            Some(ItemAnswer {
                label: item.label.in_language(t.language.tag()).to_owned(),
                value: answered(t, item, found.answers.expose())?,
            })
        })
        .chain(
            disease_row(t, desk, &found.set.programme)
                .map(|(label, value)| ItemAnswer { label, value }),
        )
        .collect();
    let mut lines = Vec::new();
    for one in alike {
        let programme = &one.view.member.programme;
        let is_same = *programme == found.set.programme;
        let attach = match (one.may_fall_ill(&found.set.programme), is_death) {
            (true, true) => "notification-attach-contact-death",
            (true, false) => "notification-attach-contact",
            (false, _) => "notification-attach",
        };
        let alert = match (is_death && is_same, desk.may(Right::Follow)) {
            (true, true) => "notification-alert-ends",
            (true, false) => "notification-alert-stays",
            (false, _) => "notification-alert-open",
        };
        let open = desk.open_alert_of(one.view.member.case).await?;
        let place = desk.address_of(one.view.member.case).await?;
        let mut view = alike_view(t, desk, one);
        view.rows.extend(places_told(t, &place));
        lines.push(AlikeLine {
            one: view,
            attach: is_same.then(|| t.say(attach)),
            other_disease: (!is_same).then(|| other_disease(t, desk, programme)),
            alert: open.as_ref().map(|_| t.say(alert)),
            alert_seen: open.filter(|_| is_death && is_same && desk.may(Right::Follow)),
        });
    }
    Ok(render(&ConfirmAlikePage {
        id: id.to_string(),
        version,
        typed,
        death: is_death.then(|| t.say("notification-death-lead")),
        alike: lines,
        page,
    }))
}

pub(super) async fn confirm(
    Staff(visit, desk): Staff,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let Some(id) = read_id(&id) else {
        return Ok(missing(&visit));
    };
    if !desk.checks_notifications() {
        return Ok(missing(&visit));
    }
    let version = form.text("version").parse().unwrap_or(0);
    let sure = match (form.has("another"), form.text("same_as").parse()) {
        (true, _) => Sure::Another,
        (_, Ok(case)) => Sure::SameAs(case),
        _ => Sure::Ask,
    };
    let attach = Attach {
        case: form.text("attach").parse().ok(),
        // There is one form for each person who may be meant, with what was shown of that one.
        alert_seen: form.text("alert_seen").to_owned(),
    };
    let stood = attach.case.is_some() || matches!(sure, Sure::SameAs(_));
    Ok(
        match desk.confirm_notification(id, version, sure, attach).await? {
            Confirm::Confirmed(case) => {
                let (done, key) = match desk.has_open_alert(case).await? {
                    true => ("confirmed-alert", "notification-case-alert"),
                    false => ("confirmed", "notification-case-confirmed"),
                };
                confirmed(&visit, &desk, (id, case, stood), (done, key)).await?
            }
            Confirm::FellIll(case) => {
                let done = match desk.has_open_alert(case).await? {
                    true => "fell-ill-notified-alert",
                    false => "fell-ill-notified",
                };
                let said = (done, "notification-case-fell-ill");
                confirmed(&visit, &desk, (id, case, stood), said).await?
            }
            Confirm::Missing(problems) => {
                shown(&visit, &desk, id, &Wrong::Missing(&problems)).await?
            }
            Confirm::OtherDisease(case) => match desk.case(case).await? {
                Some(stands) => {
                    let t = i18n::words(visit.language);
                    let why = other_disease(t, &desk, &stands.member.programme);
                    shown(&visit, &desk, id, &Wrong::Refused(&why)).await?
                }
                None => missing(&visit),
            },
            Confirm::Alike(alike) => alike_page(&visit, &desk, id, version, &alike).await?,
            Confirm::ChangedMeanwhile => slower(&visit, &desk, id, (version, None)).await?,
            Confirm::NoSuchNotification => missing(&visit),
        },
    )
}

/// Where a notification leads that is confirmed. `stood`: whether it is about somebody who stood already. They may have moved
/// since, and have another number: what the notification tells of that is lost with nobody. `done`: the word of what was done, and
/// the key of what is said of it.
async fn confirmed(
    visit: &Visit,
    desk: &StaffDesk,
    (id, case, stood): (NotificationId, CaseId, bool),
    (done, key): (&str, &'static str),
) -> Answer {
    if stood
        && let Some(view) = desk.case(case).await?
        && let Some(told) = desk.notified_person(id).await?
    {
        let key = match view.member.follow_up {
            FollowUp::Died(_) if done.ends_with("-alert") => "notification-case-died-alert",
            FollowUp::Died(_) => "notification-case-died",
            FollowUp::GoesOn => key,
            FollowUp::Ended(_) | FollowUp::InError => "notification-case-not-followed",
        };
        let said = (
            &[key, TOLD_BY_NOTIFICATION][..],
            "notification-taken-over-why",
        );
        if let Some(page) = told_anew(visit, desk, case, &told, said).await? {
            return Ok(page);
        }
    }
    Ok(go(&format!("/cases/{case}?done={done}")))
}

/// The page for whoever was slower: with what others did, and what was typed.
async fn slower(
    visit: &Visit,
    desk: &StaffDesk,
    id: NotificationId,
    (seen, words): (i32, Option<(&'static str, &str)>),
) -> Answer {
    let wrong = Wrong::Meanwhile {
        seen,
        words,
        answers: None,
    };
    shown(visit, desk, id, &wrong).await
}

async fn settled(
    visit: &Visit,
    desk: &StaffDesk,
    (id, version): (NotificationId, i32),
    settle: Settle,
    done: &str,
    words: (&'static str, &str),
) -> Answer {
    Ok(match settle {
        Settle::Done => go(&format!("/notifications/{id}?done={done}")),
        Settle::Reason => shown(visit, desk, id, &Wrong::Words(words.0, words.1)).await?,
        Settle::ChangedMeanwhile => slower(visit, desk, id, (version, Some(words))).await?,
        Settle::NoSuchNotification => missing(visit),
    })
}

pub(super) async fn send_back(
    Staff(visit, desk): Staff,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let Some(id) = read_id(&id).filter(|_| desk.checks_notifications()) else {
        return Ok(missing(&visit));
    };
    let version = form.text("version").parse().unwrap_or(0);
    let words = form.text("question");
    let settle = desk.send_notification_back(id, version, words).await?;
    settled(
        &visit,
        &desk,
        (id, version),
        settle,
        "sent-back",
        ("question", words),
    )
    .await
}

pub(super) async fn set_aside(
    Staff(visit, desk): Staff,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let Some(id) = read_id(&id) else {
        return Ok(missing(&visit));
    };
    let version = form.text("version").parse().unwrap_or(0);
    let words = form.text("reason");
    let settle = desk.set_notification_aside(id, version, words).await?;
    settled(
        &visit,
        &desk,
        (id, version),
        settle,
        "set-aside",
        ("reason", words),
    )
    .await
}

pub(super) async fn take_back(
    Staff(visit, desk): Staff,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let Some(id) = read_id(&id).filter(|_| desk.checks_notifications()) else {
        return Ok(missing(&visit));
    };
    let version = form.text("version").parse().unwrap_or(0);
    let settle = desk.take_notification_back(id, version).await?;
    settled(&visit, &desk, (id, version), settle, "taken-back", ("", "")).await
}
