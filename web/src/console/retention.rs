//! For how long records are kept: the setting of a place, what will be purged soon, and the hold of a record.

use super::planned::{PlannedView, carried, leads_to, said, withdrawn};
use super::settings::from_problem;
use super::written_along::{Along, fields_along};
use crate::fields::{AreaField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::retention::{Held, Hold, HoldCase, MOST, Retention, SetRetention};
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;
use domain::retention::Keeping;
use domain::staff_role::Right;
use i18n::Words;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A record: its address, the name, the number, when it was closed, from when on it is purged.
type SoonView = (String, String, String, String, String);

#[derive(Template)]
#[template(path = "console/retention.html")]
struct RetentionPage {
    page: Page,
    notice: Option<String>,
    warning: Option<String>,
    /// The version of the settings when the page was made.
    seen: i64,
    /// The same, for what is planned.
    seen_now: i64,
    planned: Vec<PlannedView>,
    holds: String,
    fields: Vec<TextField>,
    /// What holds from when on, and who set it.
    history: Vec<(String, String)>,
    /// Whether the place has records of its own.
    has_center: bool,
    soon_count: String,
    most: Option<String>,
    soon: Vec<SoonView>,
}

/// What a place has set, in words.
fn keeping_words(t: &Words, keeping: Keeping) -> String {
    match keeping.days {
        None => t.say("retention-none"),
        Some(days) => t.with2(
            "retention-days-set",
            "days",
            days,
            "warn",
            keeping.warn_days,
        ),
    }
}

/// What does not hold yet, the nearest first: each with what it changes.
fn planned_views(t: &Words, found: &Retention, now: Timestamp) -> Vec<PlannedView> {
    let mut before = found.own;
    let ahead = found.history.iter().rev();
    ahead
        .filter(|one| one.valid_from > now)
        .map(|one| {
            let change = if before == one.keeping {
                t.say("settings-planned-same")
            } else {
                let (old, new) = (keeping_words(t, before), keeping_words(t, one.keeping));
                t.with2("retention-planned-change", "old", old, "new", new)
            };
            before = one.keeping;
            let when = moment(t, &found.zone, one.valid_from);
            PlannedView {
                from: t.with1("settings-holds-from", "when", when),
                at: carried(one.valid_from),
                changes: vec![change],
                by: set_by(t, found, one),
            }
        })
        .collect()
}

/// Who set something, and when.
fn set_by(t: &Words, found: &Retention, held: &Held) -> String {
    let by = held.by.clone().unwrap_or_else(|| t.say("audit-by-system"));
    let when = moment(t, &found.zone, held.set_at);
    t.with2("by-at", "name", by, "when", when)
}

async fn page(
    visit: &Visit,
    desk: &StaffDesk,
    typed: Option<[&str; 3]>,
    (wrong, is_older): (&[&'static str], bool),
) -> Answer {
    let found = desk.retention().await?;
    let names = desk.place_names(visit.language.tag()).await?;
    let mut page = Page::new(visit, "retention-title");
    page.wide = true;
    let stands = [
        found
            .own
            .days
            .map(|days| days.to_string())
            .unwrap_or_default(),
        found.own.warn_days.to_string(),
        String::new(),
    ];
    let values: [&str; 3] = typed.unwrap_or(stands.each_ref().map(String::as_str));
    let mut fields = Vec::new();
    let now = visit.site.app.clock.now();
    for (id, value) in ["days", "warn_days", "valid_from"].into_iter().zip(values) {
        let problem = match id {
            "valid_from" => from_problem(&mut page, wrong, now, &found.zone),
            _ if !wrong.contains(&id) => None,
            "days" => {
                let sentence = page.say("problem-retention-days");
                page.problem(id, sentence)
            }
            _ => {
                let sentence = page.say("problem-retention-warn");
                page.problem(id, sentence)
            }
        };
        let field = match id {
            "days" => TextField::new(id, page.say("retention-days"))
                .hint(page.say("retention-days-hint"))
                .class("w-short"),
            "warn_days" => TextField::new(id, page.say("retention-warn"))
                .hint(page.say("retention-warn-hint"))
                .class("w-short"),
            _ => TextField::new(id, page.say("settings-from"))
                .hint(page.say("settings-from-hint"))
                .kind("datetime-local"),
        };
        fields.push(field.value(value).problem(problem));
    }
    let t = page.t;
    let holds = match &found.holds {
        None => t.say("retention-holds-nothing"),
        Some(holds) => {
            let mut place = holds.name.clone();
            names.put(&mut place);
            t.with2(
                "retention-holds",
                "place",
                place,
                "what",
                keeping_words(t, holds.keeping),
            )
        }
    };
    let history = found
        .history
        .iter()
        .filter(|held| held.valid_from <= now)
        .map(|held| {
            (
                t.with2(
                    "retention-from",
                    "when",
                    moment(t, &found.zone, held.valid_from),
                    "what",
                    keeping_words(t, held.keeping),
                ),
                set_by(t, &found, held),
            )
        })
        .collect();
    let planned = planned_views(t, &found, now);
    let ahead = found.history.iter().rev().find(|one| one.valid_from > now);
    let ahead = ahead.map(|one| moment(t, &found.zone, one.valid_from));
    let (notice, warning) = said(&page, visit, ahead.as_deref());
    Ok(render(&RetentionPage {
        notice,
        warning: is_older.then(|| page.say("changed-meanwhile")).or(warning),
        seen: found.version,
        seen_now: found.version,
        planned,
        holds,
        fields,
        history,
        has_center: desk.has_center(),
        soon_count: t.with1("retention-soon-count", "count", found.soon_count),
        most: (found.soon_count > MOST).then(|| t.with1("retention-most", "most", MOST)),
        soon: found
            .soon
            .iter()
            .map(|line| {
                (
                    format!("/cases/{}", line.case),
                    line.name_in(t.language.tag()).to_owned(),
                    line.hersys_id.clone(),
                    t.with1(
                        "retention-closed",
                        "when",
                        moment(t, &found.zone, line.closed_at),
                    ),
                    t.with1("retention-ends", "when", moment(t, &found.zone, line.ends)),
                )
            })
            .collect(),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    page(&visit, &desk, None, (&[], false)).await
}

pub(super) async fn save(Staff(visit, desk): Staff, form: Form) -> Answer {
    let [days, warn, from] = ["days", "warn_days", "valid_from"].map(|name| form.text(name));
    let typed = Some([days, warn, from]);
    let seen = form.text("seen").parse().unwrap_or(0);
    if let Some(at) = withdrawn(&form) {
        let done = leads_to(desk.withdraw_retention(at, Some(seen)).await?);
        return Ok(go(&format!("/retention?done={done}")));
    }
    match desk.set_retention((days, warn), from, Some(seen)).await? {
        SetRetention::Set if from.trim().is_empty() => Ok(go("/retention?done=saved")),
        SetRetention::Set => Ok(go("/retention?done=planned")),
        SetRetention::ChangedMeanwhile => page(&visit, &desk, typed, (&[], true)).await,
        SetRetention::Problems(wrong) => page(&visit, &desk, typed, (&wrong, false)).await,
    }
}

/// What a person's page tells of keeping the record.
pub(super) struct KeepingView {
    /// Until when, or that it is held.
    pub(super) now: Option<String>,
    /// Whether it is held.
    pub(super) is_held: bool,
    /// Holds: why, and who set and lifted them.
    pub(super) holds: Vec<(String, Vec<String>)>,
    /// Whether the reader may set and lift holds.
    pub(super) may: bool,
}

fn view(t: &Words, desk: &StaffDesk, zone: &TimeZone, hold: &Hold) -> KeepingView {
    let now = if hold.is_held {
        Some(t.say("hold-now"))
    } else {
        match (hold.closed_at, hold.ends) {
            (Some(closed), Some(ends)) => Some(t.with2(
                "hold-ends",
                "closed",
                moment(t, zone, closed),
                "ends",
                moment(t, zone, ends),
            )),
            _ => None,
        }
    };
    KeepingView {
        now,
        is_held: hold.is_held,
        holds: hold
            .lines
            .iter()
            .map(|line| {
                let by = |key: &str, name: &str, at: jiff::Timestamp| {
                    t.with2(key, "name", name, "when", moment(t, zone, at))
                };
                let mut told = vec![by("hold-set-by", &line.by, line.at)];
                if let Some((at, name, why)) = &line.lifted {
                    told.push(by("hold-lifted-by", name, *at));
                    told.push(why.expose().clone());
                }
                (line.reason.expose().clone(), told)
            })
            .collect(),
        may: desk.may(Right::KeepRecords),
    }
}

/// What a person's page tells of keeping the record; for whoever may see persons.
pub(super) async fn keeping(
    t: &Words,
    desk: &StaffDesk,
    zone: &TimeZone,
    case: CaseId,
) -> Result<KeepingView, app::Error> {
    let hold = if desk.may(Right::SeePersons) {
        desk.hold_of(case).await?
    } else {
        Hold::default()
    };
    Ok(view(t, desk, zone, &hold))
}

#[derive(Template)]
#[template(path = "console/hold.html")]
struct HoldPage {
    page: Page,
    case: String,
    name: String,
    keeping: KeepingView,
    lead: String,
    action: &'static str,
    reason: AreaField,
    button: String,
    /// What was shown of it, as [`Hold::state`] tells it.
    seen: String,
    /// That it stands otherwise than was seen, and what was typed then.
    meanwhile: Option<String>,
    kept: Option<AreaField>,
}

/// Why a form for a hold is shown again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HoldAgain {
    /// The reason is missing or too long.
    Reason,
    /// Somebody else has set or lifted a hold meanwhile.
    Meanwhile,
}

async fn hold_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    typed: &str,
    again: Option<HoldAgain>,
) -> Answer {
    let Some(found) = desk.case(case).await? else {
        return Ok(missing(visit));
    };
    let mut page = Page::new(visit, "hold-title").back_to(format!("/cases/{case}"));
    let zone = found.member.center.time_zone.clone();
    // What is shown and what is said to have been seen come of one look.
    let hold = desk.hold_of(case).await?;
    let keeping = view(page.t, desk, &zone, &hold);
    let problem = (again == Some(HoldAgain::Reason)).then(|| {
        let sentence = page.say("problem-hold-reason");
        page.problem("reason", sentence.clone());
        sentence
    });
    let (lead, action, button) = if keeping.is_held {
        ("hold-lift-lead", "lift", "hold-lift")
    } else {
        ("hold-lead", "hold", "hold-set")
    };
    // Words that say why it is to be held must not stand where it is said why the hold is lifted.
    let is_gone = again == Some(HoldAgain::Meanwhile);
    let kept = (is_gone && !typed.trim().is_empty()).then(|| {
        AreaField::new("kept_words", page.say("kept-words"))
            .hint(page.say("kept-words-hint"))
            .value(typed)
    });
    let typed = if is_gone { "" } else { typed };
    Ok(render(&HoldPage {
        seen: hold.state(),
        meanwhile: is_gone.then(|| page.say("hold-meanwhile")),
        kept,
        case: case.to_string(),
        name: found.member.name_in(page.tag()).to_owned(),
        lead: page.say(lead),
        action,
        reason: AreaField::new("reason", page.say("hold-reason"))
            .hint(page.say("hold-reason-hint"))
            .value(typed)
            .problem(problem),
        button: page.say(button),
        keeping,
        page,
    }))
}

pub(super) async fn show_hold(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    hold_page(&visit, &desk, case, "", None).await
}

/// A hold that was being set or lifted while another center took the case over: why goes there as a note.
async fn along(visit: &Visit, desk: &StaffDesk, case: CaseId, form: &Form) -> Answer {
    let t = i18n::words(visit.language);
    let done = match form.text("action") {
        "lift" => "written-along-lift",
        _ => "written-along-hold",
    };
    let along = Along {
        done: t.say(done),
        fields: vec![(t.say("hold-reason"), form.text("reason").to_owned())],
        ..Along::default()
    };
    fields_along(visit, desk, case, along).await
}

pub(super) async fn change_hold(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    if desk.case(case).await?.is_none() {
        return along(&visit, &desk, case, &form).await;
    }
    let reason = form.text("reason");
    let again = |why| hold_page(&visit, &desk, case, reason, Some(why));
    // Nobody lifts a hold that they have not seen, because of another inquiry perhaps.
    let seen = form.sent("seen").then(|| form.text("seen"));
    let done = if form.text("action") == "lift" {
        desk.lift_hold(case, reason, seen).await?
    } else {
        desk.hold(case, reason, seen).await?
    };
    match done {
        HoldCase::Done => Ok(go(&format!("/cases/{case}#keeping"))),
        HoldCase::WasSo | HoldCase::ChangedMeanwhile => again(HoldAgain::Meanwhile).await,
        HoldCase::Reason => again(HoldAgain::Reason).await,
        HoldCase::NoSuchCase => along(&visit, &desk, case, &form).await,
    }
}
