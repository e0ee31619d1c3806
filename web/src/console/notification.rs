//! Notifications: entering them, listing them, and what a center does with them.

use super::meanwhile::{Now, Was, as_it_came, settle, was};
use super::notification_form::{
    ANSWER, About, Asked, FIELD, FILLED_IN, UNANSWERED, form_page, look_page, typed,
};
use super::notification_show::{Wrong, show_page};
use super::notification_steps::question_asked;
use super::words::{age, stored, waits};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::message_texts::lasting;
use app::notification::{Line, Notification, Notify, PAGE, State, TypedAnswers, as_typed};
use app::programme::Programme;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::NotificationId;
use domain::notification::{ItemProblem, ItemSet, NO_PHONE, core_item, postal_table};
use i18n::Words;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A notification in a list.
#[derive(Clone)]
pub(super) struct LineView {
    pub(super) address: String,
    pub(super) name: String,
    pub(super) reading: Option<String>,
    pub(super) about: String,
    pub(super) place: String,
    pub(super) when: String,
    pub(super) state: String,
    pub(super) waits: Option<String>,
    pub(super) pressing: bool,
    pub(super) case: Option<String>,
    /// Where the case went, in words: the reader's center gave it away and reads no more than this.
    pub(super) gone: Option<String>,
    /// From which center the case came, in words.
    pub(super) came: Option<String>,
    /// That the center has taken the registration back, and why.
    pub(super) no_case: Option<String>,
}

pub(super) fn line_view(visit: &Visit, t: &Words, zone: &TimeZone, line: &Line) -> LineView {
    let minutes = visit
        .site
        .app
        .clock
        .now()
        .duration_since(line.waiting_since)
        .as_mins()
        .max(0);
    let age = line.age.map(|years| age(t, years, line.months));
    let diagnosed = line
        .diagnosed_on
        .map(|day| format!("{} {}", t.say("console-column-diagnosed"), t.date(day)));
    let name = line.name_in(t.language.tag());
    LineView {
        address: format!("/notifications/{}", line.id),
        name: name.to_owned(),
        reading: line.kana().filter(|kana| *kana != name).map(str::to_owned),
        about: age
            .into_iter()
            .chain(diagnosed)
            .collect::<Vec<_>>()
            .join(" · "),
        place: line.place.clone(),
        when: moment(t, zone, line.entered_at),
        state: match line.no_case {
            Some(_) => t.say("notification-state-in-error"),
            None => stored(t, "notification-state", line.state.word()),
        },
        no_case: line.no_case.map(|why| {
            let why = stored(t, "no-case-why", why.word());
            t.with1("notification-in-error", "why", why)
        }),
        waits: (line.state == State::Waiting).then(|| waits(t, minutes)),
        pressing: line.is_pressing && line.state.is_no_case_yet(),
        case: line.case.map(|case| format!("/cases/{case}")),
        gone: line
            .gone_to
            .as_ref()
            .map(|center| t.with1("notification-gone", "center", center.as_str())),
        came: line
            .came_from
            .as_ref()
            .map(|center| t.with1("notification-came", "center", center.as_str())),
    }
}

/// A notification that was sent back at a moment: for how long nobody has followed the person because of it.
pub(super) fn sent_back_view(
    visit: &Visit,
    t: &Words,
    zone: &TimeZone,
    (line, at): &(Line, Timestamp),
) -> LineView {
    let now = visit.site.app.clock.now();
    let minutes = now.duration_since(line.entered_at).as_mins().max(0);
    LineView {
        waits: Some(t.with2(
            "notification-no-answer-since",
            "since",
            lasting(t, minutes),
            "when",
            moment(t, zone, *at),
        )),
        ..line_view(visit, t, zone, line)
    }
}

#[derive(Template)]
#[template(path = "console/notifications.html")]
struct ListPage {
    page: Page,
    notice: Option<String>,
    /// Whether the reader's center looks at them.
    checks: bool,
    waiting_only: bool,
    is_asked: bool,
    /// The tab of those that were sent back, where there are any, and whether it is shown.
    sent_back: Option<(String, bool)>,
    /// That there are more than are shown, where no page follows.
    first: Option<String>,
    lines: Vec<LineView>,
    newer: Option<String>,
    older: Option<String>,
}

pub(super) async fn zone_of(
    visit: &Visit,
    desk: &StaffDesk,
) -> Result<TimeZone, crate::page::Broken> {
    let center = desk.center_in_reach(None).await?;
    Ok(center.map_or_else(
        || TimeZone::get(visit.site.app.time_zone()).unwrap_or(TimeZone::UTC),
        |center| center.time_zone,
    ))
}

/// All that the center has, or that the own place entered.
pub(super) async fn list(Staff(visit, desk): Staff) -> Answer {
    if !desk.lists_notifications() {
        // Whoever enters and does not list begins with the form.
        return Ok(go("/notifications/new"));
    }
    let mut page = Page::new(&visit, "notification-list-title");
    page.wide = true;
    let checks = desk.checks_notifications();
    let asked = desk.sent_back(PAGE).await?;
    let asked_only = asked.count > 0 && visit.query("asked").is_some();
    let waiting_only = checks && !asked_only && visit.query("all").is_none();
    let at = visit
        .query("page")
        .and_then(|text| text.parse::<i64>().ok())
        .map_or(0, |number| number.clamp(1, 10_000) - 1);
    let mut found = if asked_only {
        Vec::new()
    } else {
        desk.notifications(waiting_only, at).await?
    };
    let names = desk.place_names(page.tag()).await?;
    for line in &mut found {
        for center in [&mut line.gone_to, &mut line.came_from]
            .into_iter()
            .flatten()
        {
            names.put(center);
        }
    }
    let zone = zone_of(&visit, &desk).await?;
    let address = |at: i64| format!("/notifications?all=1&page={}", at + 1);
    let is_full = i64::try_from(found.len()).is_ok_and(|length| length == PAGE);
    // Those that somebody has to do something about are no pages to leaf through: they come up by themselves.
    let first = match (asked_only, waiting_only && is_full) {
        (true, _) => Some(("notification-first-sent-back", asked.count)),
        (_, true) => {
            let count = desk.count_waiting_notifications().await?;
            Some(("notification-first-waiting", count))
        }
        _ => None,
    };
    let first = first.filter(|(_, count)| *count > PAGE);
    Ok(render(&ListPage {
        first: first.map(|(key, count)| {
            let count = super::worklist::counted(count);
            page.with2(key, "shown", PAGE, "count", count)
        }),
        notice: done_words(&visit, page.t),
        checks,
        waiting_only,
        is_asked: asked_only,
        sent_back: (asked.count > 0).then(|| {
            let count = super::worklist::counted(asked.count);
            let text = page.with1("notification-tab-sent-back", "count", count);
            (text, asked_only)
        }),
        lines: if asked_only {
            let view = |one| sent_back_view(&visit, page.t, &zone, one);
            asked.lines.iter().map(view).collect()
        } else {
            let view = |line| line_view(&visit, page.t, &zone, line);
            found.iter().map(view).collect()
        },
        newer: (!waiting_only && at > 0).then(|| address(at - 1)),
        older: (!waiting_only && is_full).then(|| address(at + 1)),
        page,
    }))
}

pub(super) fn done_words(visit: &Visit, t: &Words) -> Option<String> {
    let key = match visit.query("done")?.as_str() {
        "entered" => "notification-done-entered",
        "corrected" => "notification-done-corrected",
        "answered" => "notification-done-answered",
        "confirmed" => "notification-done-confirmed",
        "sent-back" => "notification-done-sent-back",
        "set-aside" => "notification-done-set-aside",
        "taken-back" => "notification-done-taken-back",
        "asked" => "notification-done-asked",
        _ => return None,
    };
    Some(t.say(key))
}

#[derive(Template)]
#[template(path = "console/programmes.html")]
struct WhichPage {
    page: Page,
    /// The address of the form, and the disease.
    choices: Vec<(String, String)>,
}

/// Which disease is notified, where there are several.
fn which_page(visit: &Visit, sets: &[(Programme, ItemSet)], like: Option<&str>) -> Response {
    let page = Page::new(visit, "notification-new-title").back_to("/");
    let like = like
        .and_then(read_id)
        .map_or_else(String::new, |id| format!("&like={id}"));
    render(&WhichPage {
        choices: sets
            .iter()
            .map(|(one, _)| {
                let name = one.disease.in_language(page.tag()).to_owned();
                (format!("/notifications/new?of={}{like}", one.id), name)
            })
            .collect(),
        page,
    })
}

pub(super) async fn show_new(Staff(visit, desk): Staff) -> Answer {
    let like = visit.query("like").and_then(|text| text.parse().ok());
    let of = visit.query("of").unwrap_or_default();
    let mut sets = desk.item_sets().await?;
    let at = sets.iter().position(|(one, _)| one.id == of);
    if at.is_none() && sets.len() > 1 {
        return Ok(which_page(&visit, &sets, visit.query("like").as_deref()));
    }
    let many = sets.len() > 1;
    let (one, set) = sets.swap_remove(at.unwrap_or(0));
    let disease = many.then(|| one.disease.in_language(visit.language.tag()).to_owned());
    let begun = desk.notification_to_begin_with(&set, like).await?;
    // Whoever has no list and no worklist begins here.
    let mut asked = Asked::default();
    if !desk.lists_notifications() {
        let zone = zone_of(&visit, &desk).await?;
        let t = i18n::words(visit.language);
        let found = desk.sent_back(PAGE).await?;
        let view = |one| sent_back_view(&visit, t, &zone, one);
        asked = (
            super::worklist::counted(found.count),
            found.lines.iter().map(view).collect(),
        );
    }
    let about = About {
        action: "/notifications/new".to_owned(),
        key: desk.new_form_key().to_string(),
        version: None,
        disease,
        set: &set,
        typed: &begun,
        was: Was::new(),
        now: Now::new(),
        asked,
        question: None,
        answer: "",
    };
    Ok(form_page(&visit, &about, &[], None))
}

/// Fills in the address of the postal code, or says that there is none.
fn looked_up(visit: &Visit, about: &About<'_>) -> Response {
    let typed = about.typed;
    let code = typed.get(core_item::POSTAL_CODE).map_or("", String::as_str);
    match postal_table::address(code) {
        Some(found) => {
            let mut filled = typed.clone();
            let stands = filled.entry(core_item::ADDRESS.to_owned()).or_default();
            // What was typed behind the district stays.
            if !stands.starts_with(&found) {
                *stands = found;
            }
            let about = About {
                action: about.action.clone(),
                key: about.key.clone(),
                version: about.version,
                disease: about.disease.clone(),
                set: about.set,
                typed: &filled,
                was: about.was.clone(),
                now: about.now.clone(),
                asked: Asked::default(),
                question: about.question.clone(),
                answer: about.answer,
            };
            form_page(visit, &about, &[], Some(FILLED_IN))
        }
        None => {
            let problem = (core_item::POSTAL_CODE.to_owned(), ItemProblem::PostalCode);
            form_page(visit, about, &[problem], None)
        }
    }
}

pub(super) async fn enter(Staff(visit, desk): Staff, form: Form) -> Answer {
    let answers: TypedAnswers = typed(&form);
    let set = desk.item_set(form.text("of")).await?;
    let several = desk.item_sets().await?.len() > 1;
    let disease = several.then(|| desk.disease(&set.programme, visit.language.tag()));
    let id = form
        .text("key")
        .parse()
        .unwrap_or_else(|_| NotificationId::from_uuid(desk.new_form_key()));
    let about = About {
        action: "/notifications/new".to_owned(),
        key: id.to_string(),
        version: None,
        disease,
        set: &set,
        typed: &answers,
        was: Was::new(),
        now: Now::new(),
        asked: Asked::default(),
        question: None,
        answer: "",
    };
    if form.has("lookup") {
        return Ok(looked_up(&visit, &about));
    }
    if form.has("change") {
        return Ok(form_page(&visit, &about, &[], None));
    }
    let whose = (id, set.programme.as_str());
    Ok(
        match desk.notify(whose, &answers, form.has("looked")).await? {
            Notify::Entered(id) => go(&format!("/notifications/{id}?done=entered")),
            Notify::Problems(problems) => form_page(&visit, &about, &problems, None),
            Notify::Look {
                warnings,
                cases,
                notifications,
            } => look_page((&visit, &desk), &about, &warnings, &cases, &notifications),
            Notify::SentBefore => {
                let about = About {
                    key: desk.new_form_key().to_string(),
                    ..about
                };
                form_page(&visit, &about, &[], Some("notification-sent-before"))
            }
            Notify::ChangedMeanwhile | Notify::NoSuchNotification | Notify::Unanswered => {
                missing(&visit)
            }
        },
    )
}

pub(super) fn read_id(text: &str) -> Option<NotificationId> {
    text.parse().ok()
}

pub(super) async fn show_correct(Staff(visit, desk): Staff, Path(id): Path<String>) -> Answer {
    let Some(id) = read_id(&id) else {
        return Ok(missing(&visit));
    };
    let Some(found) = desk.notification(id).await? else {
        return Ok(missing(&visit));
    };
    if !found.is_whole || !matches!(found.line.state, State::Waiting | State::SentBack) {
        let done = if found.is_whole {
            "?done=not-corrected"
        } else {
            ""
        };
        return Ok(go(&format!("/notifications/{id}{done}")));
    }
    let stands = as_typed(&found.set, found.answers.expose().clone());
    let about = About {
        action: format!("/notifications/{id}/correct"),
        key: id.to_string(),
        version: Some(found.version),
        disease: None,
        set: &found.set,
        typed: &stands,
        was: held(&stands),
        now: Now::new(),
        asked: Asked::default(),
        question: question(&visit, &zone_of(&visit, &desk).await?, &found),
        answer: "",
    };
    Ok(form_page(&visit, &about, &[], None))
}

pub(super) async fn correct(
    Staff(visit, desk): Staff,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let Some(id) = read_id(&id) else {
        return Ok(missing(&visit));
    };
    let Some(found) = desk.notification(id).await? else {
        return Ok(missing(&visit));
    };
    let answers = typed(&form);
    let answer = form.text(ANSWER);
    let version = form.text("version").parse().unwrap_or(0);
    let about = About {
        action: format!("/notifications/{id}/correct"),
        key: id.to_string(),
        version: Some(version),
        disease: None,
        set: &found.set,
        typed: &answers,
        was: as_it_came(&form),
        now: Now::new(),
        asked: Asked::default(),
        question: question(&visit, &zone_of(&visit, &desk).await?, &found),
        answer,
    };
    if form.has("lookup") {
        return Ok(looked_up(&visit, &about));
    }
    if form.has("change") {
        return Ok(form_page(&visit, &about, &[], None));
    }
    let looked = form.has("looked");
    Ok(
        match desk
            .correct_notification(id, version, (&answers, answer), looked)
            .await?
        {
            Notify::Entered(id) => {
                let done = match answer.trim() {
                    "" => "corrected",
                    _ => "answered",
                };
                go(&format!("/notifications/{id}?done={done}"))
            }
            Notify::Unanswered => form_page(&visit, &about, &[], Some(UNANSWERED)),
            Notify::Problems(problems) => form_page(&visit, &about, &problems, None),
            Notify::Look {
                warnings,
                cases,
                notifications,
            } => look_page((&visit, &desk), &about, &warnings, &cases, &notifications),
            Notify::ChangedMeanwhile => {
                return meanwhile(&visit, &desk, id, (version, &form, answers)).await;
            }
            Notify::NoSuchNotification | Notify::SentBefore => missing(&visit),
        },
    )
}

/// The question with which a notification waits at whoever entered it, and when it was asked.
fn question(visit: &Visit, zone: &TimeZone, found: &Notification) -> Option<(String, String)> {
    question_asked(i18n::words(visit.language), zone, found).map(|step| (step.note, step.when))
}

/// Somebody else was faster than a correction. While it can be corrected still, the form comes back: what was left alone
/// shows what stands now, and beside what both changed it says so. Otherwise the page says what was typed and not saved.
async fn meanwhile(
    visit: &Visit,
    desk: &StaffDesk,
    id: NotificationId,
    (version, form, mut answers): (i32, &Form, TypedAnswers),
) -> Answer {
    let Some(found) = desk.notification(id).await? else {
        return Ok(missing(visit));
    };
    let zone = zone_of(visit, desk).await?;
    let stands = &as_typed(&found.set, found.answers.expose().clone());
    if !found.is_whole || !matches!(found.line.state, State::Waiting | State::SentBack) {
        let wrong = Wrong::Meanwhile {
            seen: version,
            words: Some((ANSWER, form.text(ANSWER))),
            answers: Some(&answers),
        };
        let center = desk.answers_for(&found).await?;
        let about = (center.as_ref(), &wrong);
        return Ok(show_page(visit, desk, &zone, id, &found, about));
    }
    let mut now = Now::new();
    let ids: Vec<String> = found.set.items.iter().map(|item| item.id.clone()).collect();
    for id in ids {
        let stands = stands.get(&id).map_or("", String::as_str);
        let typed = answers.entry(id.clone()).or_default();
        settle(form, &format!("{FIELD}{id}"), typed, stands, &mut now);
    }
    // The tick belongs to the number, whichever of the two stands.
    match answers
        .get(core_item::PHONE)
        .is_some_and(|phone| !phone.trim().is_empty())
    {
        true => drop(answers.remove(NO_PHONE)),
        false => answers.extend(
            stands
                .get_key_value(NO_PHONE)
                .map(|(id, yes)| (id.clone(), yes.clone())),
        ),
    }
    let about = About {
        action: format!("/notifications/{id}/correct"),
        key: id.to_string(),
        version: Some(found.version),
        disease: None,
        set: &found.set,
        typed: &answers,
        was: held(stands),
        now,
        asked: Asked::default(),
        question: question(visit, &zone, &found),
        answer: form.text(ANSWER),
    };
    Ok(form_page(
        visit,
        &about,
        &[],
        Some("changed-meanwhile-fields"),
    ))
}

/// What the fields of a correction hold when it begins.
fn held(answers: &TypedAnswers) -> Was {
    let fields: Vec<(String, &str)> = answers
        .iter()
        .map(|(id, text)| (format!("{FIELD}{id}"), text.as_str()))
        .collect();
    was(fields.iter().map(|(name, text)| (name.as_str(), *text)))
}
