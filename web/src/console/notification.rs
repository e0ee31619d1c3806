//! Notifications: entering them, listing them, and what a center does with them.

use super::alike::{AlikeView, alike_view};
use super::notification_form::{
    About, answer_words, form_page, group_words, look_page, typed, warning_words,
};
use super::words::{lasting, stored};
use crate::fields::AreaField;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_registration::{Alike, CaseField, CaseProblem, Sure};
use app::notification::{Confirm, Line, Notification, Notify, PAGE, Settle, State, TypedAnswers};
use app::programme::Programme;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::NotificationId;
use domain::notification::item::Group;
use domain::notification::{ItemProblem, ItemSet, core_item, postal_table};
use domain::staff_role::Right;
use i18n::Words;
use jiff::tz::TimeZone;

/// A notification in a list.
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
    let age = line
        .age
        .map(|years| t.with1("worklist-age", "years", years));
    let diagnosed = line
        .diagnosed_on
        .map(|day| format!("{} {}", t.say("console-column-diagnosed"), t.date(day)));
    LineView {
        address: format!("/notifications/{}", line.id),
        name: line.name.expose().clone(),
        reading: line.reading.as_ref().map(|text| text.expose().clone()),
        about: age
            .into_iter()
            .chain(diagnosed)
            .collect::<Vec<_>>()
            .join(" · "),
        place: line.place.clone(),
        when: moment(t, zone, line.entered_at),
        state: stored(t, "notification-state", line.state.word()),
        waits: (line.state == State::Waiting)
            .then(|| t.with1("alert-waits", "since", lasting(t, minutes))),
        pressing: line.is_pressing && line.state == State::Waiting,
        case: line.case.map(|case| format!("/cases/{case}")),
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
    lines: Vec<LineView>,
    newer: Option<String>,
    older: Option<String>,
}

struct ItemAnswer {
    label: String,
    value: String,
}

struct StepView {
    when: String,
    what: String,
    note: String,
    before: Vec<ItemAnswer>,
}

#[derive(Template)]
#[template(path = "console/notification.html")]
struct ShowPage {
    page: Page,
    notice: Option<String>,
    id: String,
    version: i32,
    line: LineView,
    entered: String,
    warnings: Vec<String>,
    /// Kinds of persons who must be reported to whom this one belongs.
    reported: Vec<String>,
    groups: Vec<(String, Vec<ItemAnswer>)>,
    /// What is not shown to the role.
    hidden: bool,
    steps: Vec<StepView>,
    correctable: bool,
    confirmable: bool,
    returnable: bool,
    settable: bool,
    takeable: bool,
    question: AreaField,
    reason: AreaField,
}

#[derive(Template)]
#[template(path = "console/notification_alike.html")]
struct ConfirmAlikePage {
    page: Page,
    id: String,
    version: i32,
    typed: Vec<ItemAnswer>,
    alike: Vec<AlikeView>,
}

async fn zone_of(visit: &Visit, desk: &StaffDesk) -> Result<TimeZone, crate::page::Broken> {
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
    let waiting_only = checks && visit.query("all").is_none();
    let at = visit
        .query("page")
        .and_then(|text| text.parse::<i64>().ok())
        .map_or(0, |number| number.clamp(1, 10_000) - 1);
    let found = desk.notifications(waiting_only, at).await?;
    let zone = zone_of(&visit, &desk).await?;
    let address = |at: i64| format!("/notifications?all=1&page={}", at + 1);
    let is_full = i64::try_from(found.len()).is_ok_and(|length| length == PAGE);
    Ok(render(&ListPage {
        notice: done_words(&visit, page.t),
        checks,
        waiting_only,
        lines: found
            .iter()
            .map(|line| line_view(&visit, page.t, &zone, line))
            .collect(),
        newer: (!waiting_only && at > 0).then(|| address(at - 1)),
        older: (!waiting_only && is_full).then(|| address(at + 1)),
        page,
    }))
}

fn done_words(visit: &Visit, t: &Words) -> Option<String> {
    let key = match visit.query("done")?.as_str() {
        "entered" => "notification-done-entered",
        "corrected" => "notification-done-corrected",
        "confirmed" => "notification-done-confirmed",
        "sent-back" => "notification-done-sent-back",
        "set-aside" => "notification-done-set-aside",
        "taken-back" => "notification-done-taken-back",
        "meanwhile" => "notification-done-meanwhile",
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
    let about = About {
        action: "/notifications/new".to_owned(),
        key: desk.new_form_key().to_string(),
        version: None,
        disease,
        set: &set,
        typed: &begun,
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
            };
            form_page(visit, &about, &[], Some("notification-lookup-done"))
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
            } => look_page(&visit, &about, &warnings, &cases, &notifications),
            Notify::ChangedMeanwhile | Notify::NoSuchNotification => missing(&visit),
        },
    )
}

fn read_id(text: &str) -> Option<NotificationId> {
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
        return Ok(go(&format!("/notifications/{id}")));
    }
    let about = About {
        action: format!("/notifications/{id}/correct"),
        key: id.to_string(),
        version: Some(found.version),
        disease: None,
        set: &found.set,
        typed: found.answers.expose(),
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
    let version = form.text("version").parse().unwrap_or(0);
    let mut about = About {
        action: format!("/notifications/{id}/correct"),
        key: id.to_string(),
        version: Some(version),
        disease: None,
        set: &found.set,
        typed: &answers,
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
            .correct_notification(id, version, &answers, looked)
            .await?
        {
            Notify::Entered(id) => go(&format!("/notifications/{id}?done=corrected")),
            Notify::Problems(problems) => form_page(&visit, &about, &problems, None),
            Notify::Look {
                warnings,
                cases,
                notifications,
            } => look_page(&visit, &about, &warnings, &cases, &notifications),
            Notify::ChangedMeanwhile
                if matches!(found.line.state, State::Waiting | State::SentBack) =>
            {
                // What was typed stays; sent again, it is written over what somebody else wrote meanwhile.
                about.version = Some(found.version);
                form_page(&visit, &about, &[], Some("notification-meanwhile"))
            }
            Notify::ChangedMeanwhile => go(&format!("/notifications/{id}?done=meanwhile")),
            Notify::NoSuchNotification => missing(&visit),
        },
    )
}

fn steps(t: &Words, zone: &TimeZone, found: &Notification) -> Vec<StepView> {
    let tag = t.language.tag();
    let answer = |(id, before): &(String, domain::personal::Personal<String>)| {
        let item = found.set.item(id);
        ItemAnswer {
            label: item.map_or(id.clone(), |item| item.label.in_language(tag).to_owned()),
            value: match (before.expose().as_str(), item) {
                ("", _) => t.say("notification-was-empty"),
                (text, Some(item)) => answer_words(t, item, text),
                (text, None) => text.to_owned(),
            },
        }
    };
    found
        .steps
        .iter()
        .map(|step| StepView {
            when: moment(t, zone, step.at),
            what: format!(
                "{} – {}",
                stored(t, "notification-step", &step.step),
                step.by
            ),
            note: step.note.expose().clone(),
            before: step.before.iter().map(answer).collect(),
        })
        .collect()
}

/// What is wrong with what was sent from the page of a notification.
enum Wrong<'a> {
    Nothing,
    /// What a case needs and the notification lacks.
    Missing(&'a [(CaseField, CaseProblem)]),
    /// A question or a reason that cannot be taken: the field, and what was typed.
    Words(&'static str, &'a str),
}

fn show_page(
    visit: &Visit,
    desk: &StaffDesk,
    zone: &TimeZone,
    id: NotificationId,
    found: &Notification,
    wrong: &Wrong<'_>,
) -> Response {
    let list = if desk.lists_notifications() {
        "/notifications"
    } else {
        "/notifications/new"
    };
    let mut page = Page::new(visit, "notification-title").back_to(list);
    let t = page.t;
    let tag = t.language.tag();
    let beside = |name: &str| match wrong {
        Wrong::Words(field, _) if *field == name => Some(t.say("notification-problem-reason")),
        _ => None,
    };
    let said = |name: &str| match wrong {
        Wrong::Words(field, text) if *field == name => (*text).to_owned(),
        _ => String::new(),
    };
    if let Wrong::Words(field, _) = wrong {
        page.problem(field, t.say("notification-problem-reason"));
    }
    let lacking: &[(CaseField, CaseProblem)] = match wrong {
        Wrong::Missing(problems) => problems,
        _ => &[],
    };
    for (field, problem) in lacking {
        let sentence = t.say(problem.key());
        let label = found
            .set
            .item(field.name())
            .map_or(field.name(), |item| item.label.in_language(tag));
        page.problem("answers", format!("{label}: {sentence}"));
    }
    let answers = found.answers.expose();
    let mut groups = Vec::new();
    for group in Group::ALL {
        let items: Vec<ItemAnswer> = found
            .set
            .in_group(group)
            .filter_map(|item| {
                let answer = answers.get(&item.id)?;
                let mut value = answer_words(t, item, answer);
                if item.id == core_item::BIRTHDATE
                    && let Some(years) = found.line.age
                {
                    let age = match found.checked.as_ref().and_then(|c| c.months()) {
                        Some(months) => t.with1("notification-months", "months", months),
                        None => t.with1("worklist-age", "years", years),
                    };
                    value = format!("{value} ({age})");
                }
                Some(ItemAnswer {
                    label: item.label.in_language(tag).to_owned(),
                    value,
                })
            })
            .collect();
        if !items.is_empty() {
            groups.push((group_words(t, group), items));
        }
    }
    let state = found.line.state;
    let open = matches!(state, State::Waiting | State::SentBack);
    let checks = desk.checks_notifications();
    let checked = found.checked.as_ref();
    let area = |id: &str, label: &str, hint: &str| {
        AreaField::new(id, t.say(label))
            .hint(t.say(hint))
            .value(&said(id))
            .problem(beside(id))
    };
    render(&ShowPage {
        notice: done_words(visit, t),
        id: id.to_string(),
        version: found.version,
        line: line_view(visit, t, zone, &found.line),
        entered: t.with(
            "notification-entered-by",
            &[
                ("when", moment(t, zone, found.line.entered_at).into()),
                ("name", (&found.by).into()),
                ("place", (&found.line.place).into()),
            ],
        ),
        warnings: checked
            .filter(|_| open)
            .map(|checked| {
                let words = |one| warning_words(t, &found.set, one);
                checked.warnings.iter().map(words).collect()
            })
            .unwrap_or_default(),
        reported: checked
            .map(|checked| {
                let kinds = found.set.reasons_to_report(checked);
                let label = |kind: &&domain::notification::eligibility::MustReport| {
                    kind.label.in_language(tag).to_owned()
                };
                kinds.iter().map(label).collect()
            })
            .unwrap_or_default(),
        groups,
        hidden: !found.is_whole,
        steps: steps(t, zone, found),
        correctable: open && found.is_whole,
        confirmable: checks && state == State::Waiting,
        returnable: checks && state == State::Waiting,
        settable: open && desk.may(Right::Notify),
        takeable: checks && state == State::SetAside,
        question: area(
            "question",
            "notification-question",
            "notification-question-hint",
        ),
        reason: area("reason", "notification-reason", "notification-reason-hint"),
        page,
    })
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(id): Path<String>) -> Answer {
    let Some(id) = read_id(&id) else {
        return Ok(missing(&visit));
    };
    let zone = zone_of(&visit, &desk).await?;
    Ok(match desk.notification(id).await? {
        Some(found) => show_page(&visit, &desk, &zone, id, &found, &Wrong::Nothing),
        None => missing(&visit),
    })
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
    let compared = [
        core_item::NAME,
        core_item::NAME_KANA,
        core_item::NAME_LATIN,
        core_item::BIRTHDATE,
        core_item::PHONE,
        core_item::DIAGNOSED_ON,
        core_item::ONSET_ON,
    ];
    let typed = compared
        .into_iter()
        .filter_map(|id| {
            let item = found.set.item(id)?;
            let answer = found.answers.expose().get(id)?;
            Some(ItemAnswer {
                label: item.label.in_language(t.language.tag()).to_owned(),
                value: answer_words(t, item, answer),
            })
        })
        .collect();
    Ok(render(&ConfirmAlikePage {
        id: id.to_string(),
        version,
        typed,
        alike: alike.iter().map(|one| alike_view(t, one)).collect(),
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
    let attach = form.text("attach").parse().ok();
    Ok(
        match desk.confirm_notification(id, version, sure, attach).await? {
            Confirm::Confirmed(case) => go(&format!("/cases/{case}?done=confirmed")),
            Confirm::Missing(problems) => {
                let zone = zone_of(&visit, &desk).await?;
                match desk.notification(id).await? {
                    Some(found) => {
                        show_page(&visit, &desk, &zone, id, &found, &Wrong::Missing(&problems))
                    }
                    None => missing(&visit),
                }
            }
            Confirm::Alike(alike) => alike_page(&visit, &desk, id, version, &alike).await?,
            Confirm::ChangedMeanwhile => go(&format!("/notifications/{id}?done=meanwhile")),
            Confirm::NoSuchNotification => missing(&visit),
        },
    )
}

async fn settled(
    visit: &Visit,
    desk: &StaffDesk,
    id: NotificationId,
    settle: Settle,
    done: &str,
    words: (&'static str, &str),
) -> Answer {
    Ok(match settle {
        Settle::Done => go(&format!("/notifications/{id}?done={done}")),
        Settle::Reason => {
            let zone = zone_of(visit, desk).await?;
            match desk.notification(id).await? {
                Some(found) => {
                    let wrong = Wrong::Words(words.0, words.1);
                    show_page(visit, desk, &zone, id, &found, &wrong)
                }
                None => missing(visit),
            }
        }
        Settle::ChangedMeanwhile => go(&format!("/notifications/{id}?done=meanwhile")),
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
    settled(&visit, &desk, id, settle, "sent-back", ("question", words)).await
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
    settled(&visit, &desk, id, settle, "set-aside", ("reason", words)).await
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
    settled(&visit, &desk, id, settle, "taken-back", ("", "")).await
}
