//! How the center follows people: the deadline, and when alerts are passed on; with the moment from which it holds.

use super::meanwhile::{Now, Was, as_it_came, beside, settle, was};
use super::planned::{PlannedView, carried, leads_to, said, withdrawn};
use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::place_settings::{Difference, Effect, Following, Held, SetPlace, TypedFollowing, check};
use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// When it held, who set it, and what: labels and values.
type HeldView = (String, String, Vec<(String, String)>);

#[derive(Template)]
#[template(path = "console/settings.html")]
struct SettingsPage {
    page: Page,
    notice: Option<String>,
    warning: Option<String>,
    /// By which clock times are told.
    clock: String,
    /// The version of the settings, and what the fields held when the form was made.
    seen: String,
    was: Was,
    fields: Vec<TextField>,
    /// The version of the settings as they stand.
    seen_now: i64,
    planned: Vec<PlannedView>,
    /// What the settings in the fields would change now: what, as it is, as it would be, and whether both differ.
    preview: Option<Vec<(String, i64, i64, bool)>>,
    history: Vec<HeldView>,
}

const FIELDS: [(&str, &str); 8] = [
    ("deadline", "settings-deadline"),
    ("tell_center_after", "settings-tell-center"),
    ("tell_prefecture_after", "settings-tell-prefecture"),
    ("tell_again_every", "settings-tell-again"),
    ("tell_taken_after", "settings-tell-taken"),
    ("transfer_due_after", "settings-transfer-due"),
    ("sms_from", "settings-sms-from"),
    ("reminders", "settings-reminders"),
];

fn as_typed(following: &Following) -> TypedFollowing {
    TypedFollowing {
        deadline: following.deadline.strftime("%H:%M").to_string(),
        tell_center_after: following.tell_center_after.to_string(),
        tell_prefecture_after: following.tell_prefecture_after.to_string(),
        tell_again_every: following.tell_again_every.to_string(),
        tell_taken_after: following.tell_taken_after.to_string(),
        transfer_due_after: following.transfer_due_after.to_string(),
        sms_from: (following.sms_from_step + 1).to_string(),
        reminders: following
            .reminders
            .iter()
            .flatten()
            .map(|time| time.strftime("%H:%M").to_string())
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// What was typed and is shown again.
struct Typed<'a> {
    typed: &'a TypedFollowing,
    valid_from: &'a str,
    /// The form as it came; none where somebody else has saved meanwhile: then it is made anew.
    came: Option<(String, Was)>,
    /// What stands now, where both changed something.
    now: Option<Now>,
    /// What the settings would change now, where that was asked for.
    preview: Option<Vec<Difference>>,
}

fn values_mut(typed: &mut TypedFollowing) -> [&mut String; 8] {
    [
        &mut typed.deadline,
        &mut typed.tell_center_after,
        &mut typed.tell_prefecture_after,
        &mut typed.tell_again_every,
        &mut typed.tell_taken_after,
        &mut typed.transfer_due_after,
        &mut typed.sms_from,
        &mut typed.reminders,
    ]
}

fn values(typed: &TypedFollowing) -> [&str; 8] {
    [
        &typed.deadline,
        &typed.tell_center_after,
        &typed.tell_prefecture_after,
        &typed.tell_again_every,
        &typed.tell_taken_after,
        &typed.transfer_due_after,
        &typed.sms_from,
        &typed.reminders,
    ]
}

const fn effect_key(effect: Effect) -> &'static str {
    match effect {
        Effect::Silent => "settings-effect-silent",
        Effect::ToldToCenter => "settings-effect-center",
        Effect::ToldToPrefecture => "settings-effect-prefecture",
        Effect::TakenTooLong => "settings-effect-taken",
        Effect::OffersOverdue => "settings-effect-offers",
    }
}

/// What is wrong with the moment from which something is to hold, where it is among the wrong fields, as
/// [`app::place_settings::moment_ahead`] names them.
pub(super) fn from_problem(
    page: &mut Page,
    wrong: &[&'static str],
    now: Timestamp,
    zone: &TimeZone,
) -> Option<String> {
    let sentence = if wrong.contains(&"valid_from_past") {
        page.with1(
            "problem-settings-from-past",
            "now",
            moment(page.t, zone, now),
        )
    } else if wrong.contains(&"valid_from") {
        page.say("problem-settings-from")
    } else {
        return None;
    };
    page.problem("valid_from", sentence)
}

/// What does not hold yet, the nearest first: each with what it changes.
fn planned_views(
    page: &Page,
    stands: &TypedFollowing,
    held: &[Held],
    (now, zone): (Timestamp, &TimeZone),
) -> Vec<PlannedView> {
    let t = page.t;
    let shown = |text: &str| match text {
        "" => t.say("correction-nothing"),
        text => text.to_owned(),
    };
    let mut before = values(stands).map(str::to_owned);
    let mut views = Vec::new();
    for one in held.iter().rev().filter(|one| one.valid_from > now) {
        let then = values(&as_typed(&one.following)).map(str::to_owned);
        let pairs = FIELDS.iter().zip(before.iter().zip(&then));
        let mut changes: Vec<String> = pairs
            .filter(|(_, (old, new))| old != new)
            .map(|((_, label), (old, new))| {
                let what = [
                    ("what", t.say(label).into()),
                    ("old", shown(old).into()),
                    ("new", shown(new).into()),
                ];
                t.with("settings-planned-change", &what)
            })
            .collect();
        if changes.is_empty() {
            changes.push(t.say("settings-planned-same"));
        }
        before = then;
        let when = moment(t, zone, one.valid_from);
        let by = one.by.clone().unwrap_or_default();
        views.push(PlannedView {
            from: t.with1("settings-holds-from", "when", when),
            at: carried(one.valid_from),
            changes,
            by: t.with2("by-at", "name", by, "when", moment(t, zone, one.set_at)),
        });
    }
    views
}

async fn settings_page(
    visit: &Visit,
    desk: &StaffDesk,
    typed: Option<Typed<'_>>,
    wrong: &[&'static str],
) -> Answer {
    let mut page = Page::new(visit, "settings-title");
    let center = desk.health_center().await?;
    let clock = page.with1("time-zone-settings", "zone", center.time_zone_name());
    let zone = center.time_zone;
    let stands = as_typed(&desk.following().await?);
    let (held, version) = desk.following_history().await?;
    let at = visit.site.app.clock.now();
    let (shown, valid_from) = typed
        .as_ref()
        .map_or((&stands, ""), |one| (one.typed, one.valid_from));
    let now = typed.as_ref().and_then(|one| one.now.as_ref());
    let mut fields = Vec::new();
    for ((id, label), value) in FIELDS.into_iter().zip(values(shown)) {
        let problem = wrong.contains(&id).then(|| {
            let key = match id {
                "deadline" => "problem-settings-deadline",
                "sms_from" => "problem-settings-sms",
                "reminders" => "problem-settings-reminders",
                "tell_prefecture_after" => "problem-settings-prefecture",
                _ => "problem-settings-minutes",
            };
            let range = app::place_settings::minutes_of(id);
            let sentence = page.with2(key, "low", *range.start(), "high", *range.end());
            let (label, colon) = (page.say(label), page.say("colon"));
            page.problem(id, format!("{label}{colon}{sentence}"));
            sentence
        });
        let field = TextField::new(id, page.say(label))
            .value(value)
            .problem(problem)
            .class("w-short");
        fields.push(match id {
            "deadline" => field.hint(page.say("settings-deadline-hint")),
            "transfer_due_after" => field.hint(page.say("settings-transfer-due-hint")),
            "sms_from" => field.hint(page.say("settings-sms-from-hint")),
            "reminders" => field.hint(page.say("settings-reminders-hint")).class(""),
            _ => field,
        });
    }
    let problem = from_problem(&mut page, wrong, at, &zone);
    fields.push(
        TextField::new("valid_from", page.say("settings-from"))
            .hint(page.say("settings-from-hint"))
            .value(valid_from)
            .problem(problem)
            .kind("datetime-local"),
    );
    let t = page.t;
    if let Some(now) = now {
        beside(&mut fields, now, |value| match value {
            "" => t.with1("stands-now", "value", t.say("correction-nothing")),
            value => t.with1("stands-now", "value", value),
        });
    }
    let preview = typed.as_ref().and_then(|one| one.preview.as_ref());
    let preview = preview.map(|all| {
        all.iter()
            .map(|(effect, old, new)| (t.say(effect_key(*effect)), *old, *new, old != new))
            .collect()
    });
    let planned = planned_views(&page, &stands, &held, (at, &zone));
    let ahead = held.iter().rev().find(|one| one.valid_from > at);
    let ahead = ahead.map(|one| moment(t, &zone, one.valid_from));
    let (notice, warning) = said(&page, visit, ahead.as_deref());
    let warning = now
        .map(|_| page.say("changed-meanwhile-fields"))
        .or(warning);
    let (seen, was) = match typed.and_then(|one| one.came) {
        Some(came) => came,
        None => (
            version.to_string(),
            was(FIELDS.into_iter().map(|(id, _)| id).zip(values(&stands))),
        ),
    };
    let history = held
        .into_iter()
        .filter(|held| held.valid_from <= at)
        .map(|held| {
            let told = as_typed(&held.following);
            let rows = FIELDS
                .into_iter()
                .zip(values(&told))
                .map(|((_, label), value)| (t.say(label), value.to_owned()))
                .collect();
            (
                t.with1(
                    "settings-holds-from",
                    "when",
                    moment(t, &zone, held.valid_from),
                ),
                t.with2(
                    "by-at",
                    "name",
                    held.by.unwrap_or_default(),
                    "when",
                    moment(t, &zone, held.set_at),
                ),
                rows,
            )
        })
        .collect();
    Ok(render(&SettingsPage {
        notice,
        warning,
        clock,
        seen,
        was,
        fields,
        seen_now: version,
        planned,
        preview,
        history,
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    settings_page(&visit, &desk, None, &[]).await
}

pub(super) async fn save(Staff(visit, desk): Staff, form: Form) -> Answer {
    if let Some(at) = withdrawn(&form) {
        let seen = form.text("seen").parse().unwrap_or(0);
        let done = leads_to(desk.withdraw_following(at, Some(seen)).await?);
        return Ok(go(&format!("/settings?done={done}")));
    }
    let text = |name: &str| form.text(name).to_owned();
    let mut typed = TypedFollowing {
        deadline: text("deadline"),
        tell_center_after: text("tell_center_after"),
        tell_prefecture_after: text("tell_prefecture_after"),
        tell_again_every: text("tell_again_every"),
        tell_taken_after: text("tell_taken_after"),
        transfer_due_after: text("transfer_due_after"),
        sms_from: text("sms_from"),
        reminders: text("reminders"),
    };
    let from = form.text("valid_from");
    let zone = desk.health_center().await?.time_zone;
    let now = visit.site.app.clock.now();
    let valid_from = app::place_settings::moment_ahead(from, &zone, now);
    let (following, valid_from) = match (check(&typed), valid_from) {
        (Ok(following), Ok(valid_from)) => (following, valid_from),
        (following, from_ok) => {
            let mut wrong = following.err().unwrap_or_default();
            wrong.extend(from_ok.err());
            let typed = Typed {
                typed: &typed,
                valid_from: from,
                came: Some((form.text("seen").to_owned(), as_it_came(&form))),
                now: None,
                preview: None,
            };
            return settings_page(&visit, &desk, Some(typed), &wrong).await;
        }
    };
    if form.has("preview") {
        let preview = desk.preview_following(following).await?;
        let typed = Typed {
            typed: &typed,
            valid_from: from,
            came: Some((form.text("seen").to_owned(), as_it_came(&form))),
            now: None,
            preview: Some(preview),
        };
        return settings_page(&visit, &desk, Some(typed), &[]).await;
    }
    if from.trim().is_empty() && following == desk.following().await? {
        return Ok(go("/settings?done=same"));
    }
    let seen = form.text("seen").parse().unwrap_or(0);
    if desk
        .set_following(following, valid_from, Some(seen))
        .await?
        == SetPlace::ChangedMeanwhile
    {
        let (stands, mut now) = (as_typed(&desk.following().await?), Now::new());
        for ((id, _), (mine, stands)) in FIELDS
            .into_iter()
            .zip(values_mut(&mut typed).into_iter().zip(values(&stands)))
        {
            settle(&form, id, mine, stands, &mut now);
        }
        let typed = Typed {
            typed: &typed,
            valid_from: from,
            came: None,
            now: Some(now),
            preview: None,
        };
        return settings_page(&visit, &desk, Some(typed), &[]).await;
    }
    let done = valid_from.map_or("saved", |_| "planned");
    Ok(go(&format!("/settings?done={done}")))
}
