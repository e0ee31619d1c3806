//! What somebody at the center must look at: alarming reports first, then the oldest.

use super::registered_twice::agree_words;
use super::written_along::{Along, fields_along};
use crate::fields::{AreaField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::attributes::Refusal;
use app::case_registration::CaseView;
use app::registered_twice::Other;
use app::tasks::{About, FinishTask, Task};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::{CaseId, TaskId};
use domain::staff_role::Right;
use i18n::Words;
use jiff::tz::TimeZone;

/// As many as a page gets.
const MOST: usize = 200;

struct Card {
    id: String,
    title: String,
    danger: bool,
    when: String,
    text: Option<String>,
    /// Where to call, of a person of the center.
    phone: Option<String>,
    rows: Vec<(String, String)>,
    /// Where to call another center: what it is called, and the number.
    center_phone: Option<(String, String)>,
    /// Where two records that the center follows by now are laid side by side.
    merge: Option<String>,
    /// The address of the case that it is about.
    case: Option<String>,
    /// Where another ID is given, where that is the way.
    another_id: Option<String>,
    /// The address of the notification that it is about.
    notification: Option<String>,
    /// The word on what was done; of a message nothing need be said but that it was read.
    note: Option<TextField>,
    /// When it last happened as it is shown, in microseconds.
    shown: i64,
    button: String,
    /// Whether it must be taken on before it is shown whose it is.
    anybodys: bool,
}

#[derive(Template)]
#[template(path = "console/tasks.html")]
struct TasksPage {
    page: Page,
    notice: Option<String>,
    /// What was typed about a task that a colleague had ended meanwhile.
    kept: Option<AreaField>,
    more: Option<String>,
    /// The link to messages that nobody has read, or back from them.
    other: Option<(&'static str, String)>,
    /// What is said where there is nothing.
    none: String,
    cards: Vec<Card>,
}

/// The address of the messages that nobody has read.
pub(super) const MESSAGES: &str = "/tasks?list=messages";

/// The field for the word on what was done; several stand on one page.
fn note_name(id: TaskId) -> String {
    format!("note-{id}")
}

fn refusal_rows(t: &Words, refusal: &Refusal) -> Vec<(String, String)> {
    let typed = &refusal.typed;
    let reasons: Vec<String> = refusal
        .reasons
        .iter()
        .map(|reason| t.say(&format!("reason-{}", reason.replace('_', "-"))))
        .collect();
    let born = [&typed.birth_year, &typed.birth_month, &typed.birth_day];
    let born = born.map(String::as_str).join(" ");
    // Digits that a mark turns round would be read as another number.
    let straight = |text: &String| text.replace(domain::text::is_bidi_control, "");
    vec![
        (t.say("console-task-reasons"), reasons.join("\n")),
        (
            t.say("console-task-typed"),
            [&typed.name, &born, &typed.phone, &typed.hersys_id]
                .map(straight)
                .join("\n"),
        ),
    ]
}

/// The reason of a refusal that no other try helps: all agrees, and somebody has signed up with the ID.
const ALREADY: &str = "already_registered";

impl Card {
    fn new(page: &Page, zone: &TimeZone, task: &Task, case: Option<&CaseView>) -> Card {
        let t = page.t;
        let mut rows = Vec::new();
        let (mut center_phone, mut merge) = (None, None);
        let is_there = matches!(&task.about,
            About::RegistrationRefused(refusal) if refusal.reasons == [ALREADY]);
        if let Some(at) = case.filter(|_| is_there).and_then(|view| view.signed_up_at) {
            rows.push((t.say("task-signed-up"), moment(t, zone, at)));
        }
        if let Some(view) = case {
            rows.push((
                t.say("name"),
                view.member.name_in(t.language.tag()).to_owned(),
            ));
            rows.push((t.say("hersys-id"), view.member.hersys_id.clone()));
            if view.phone.is_none() {
                let refused = matches!(task.about, About::RegistrationRefused(_));
                let what = if refused {
                    "task-no-phone"
                } else {
                    "no-phone-visit"
                };
                rows.push((t.say("phone"), t.say(what)));
            }
        }
        let (title, text, button) = match &task.about {
            About::RegistrationRefused(refusal) => {
                rows.extend(refusal_rows(t, refusal));
                if refusal.reasons == [ALREADY] {
                    (
                        "task-registration-refused",
                        Some("task-already-registered-text"),
                        "console-task-finish",
                    )
                } else {
                    (
                        "task-registration-refused",
                        Some("task-registration-refused-text"),
                        "console-task-reopen-person",
                    )
                }
            }
            About::ReportWrong(why) => {
                rows.push((t.say("task-report-wrong-why"), why.expose().clone()));
                ("task-report-wrong", None, "console-task-finish")
            }
            About::NotificationAmend { by, text, .. } => {
                rows.push((t.say("task-amend-text-label"), text.expose().clone()));
                let whom = format!("{} – {}", by.0, by.1);
                rows.push((t.say("task-amend-by"), whom));
                (
                    "task-notification-amend",
                    Some("task-notification-amend-text"),
                    "console-task-finish",
                )
            }
            About::CallBack(text) => {
                if !text.expose().is_empty() {
                    rows.push((t.say("task-call-back-said"), text.expose().clone()));
                }
                ("task-call-back", None, "console-task-finish")
            }
            About::AccountClosed => (
                "task-account-closed",
                Some("task-account-closed-text"),
                "console-task-finish",
            ),
            About::HistoryTried(_) => (
                "task-history-tried",
                Some("task-history-tried-text"),
                "console-task-finish",
            ),
            About::RegisteredTwice {
                center,
                agree,
                by,
                other,
            } => {
                let (name, phone) = center;
                if *other == Other::Elsewhere {
                    rows.push((t.say("twice-other-center"), name.clone()));
                    center_phone =
                        (!phone.is_empty()).then(|| (t.say("twice-other-phone"), phone.clone()));
                }
                if let (Some(case), Other::Here(other)) = (task.case, other) {
                    merge = Some(format!("/cases/{case}/merge?with={other}"));
                }
                rows.push((t.say("twice-agree"), agree_words(t, *agree)));
                let whom = format!("{} – {}", by.0, by.1);
                rows.push((t.say("task-amend-by"), whom));
                (
                    "task-registered-twice",
                    Some(match other {
                        Other::Elsewhere => "task-registered-twice-text",
                        Other::Here(_) => "task-registered-twice-here",
                        Other::One => "task-registered-twice-one",
                    }),
                    "console-task-finish",
                )
            }
            About::Message(text) => {
                rows.push((t.say("report-note-short"), text.expose().clone()));
                ("task-report-message", None, "message-read")
            }
            About::AlarmingReport => (
                "task-alarming-report",
                Some("task-alarming-report-text"),
                "console-task-finish",
            ),
            About::Anybodys { refused: true } => (
                "task-registration-refused",
                Some("task-anybodys-text"),
                "console-task-take",
            ),
            About::Anybodys { refused: false } => (
                "task-address-closed",
                Some("task-anybodys-text"),
                "console-task-take",
            ),
            About::AddressClosed(email) => {
                rows.push((t.say("email"), email.expose().clone()));
                (
                    "task-address-closed",
                    Some("task-address-closed-text"),
                    "console-task-reopen-address",
                )
            }
        };
        let when = if task.times > 1 {
            let last = moment(t, zone, task.last_at);
            t.with2("console-task-times", "times", task.times, "when", last)
        } else {
            let first = moment(t, zone, task.created_at);
            t.with1("console-task-when", "when", first)
        };
        let anchor = task.report.map(|report| format!("#r-{report}"));
        Card {
            id: task.id.to_string(),
            title: t.say(title),
            danger: matches!(task.about, About::AlarmingReport),
            when,
            text: text.map(|key| t.say(key)),
            phone: case.and_then(|view| Some(view.phone.as_ref()?.expose().clone())),
            rows,
            center_phone,
            merge,
            case: case.map(|view| {
                let anchor = anchor.unwrap_or_default();
                format!("/cases/{}{anchor}", view.member.case)
            }),
            another_id: case
                .filter(|_| is_there)
                .map(|view| format!("/cases/{}/hersys-id", view.member.case)),
            notification: match &task.about {
                About::NotificationAmend { notification, .. } => {
                    Some(format!("/notifications/{notification}"))
                }
                _ => None,
            },
            note: (!matches!(task.about, About::Message(_))).then(|| {
                let [label, hint] = match task.about {
                    About::NotificationAmend { .. } => {
                        ["task-amend-answer", "task-amend-answer-hint"]
                    }
                    About::RegisteredTwice { .. } => ["console-task-note", "task-twice-note-hint"],
                    _ => ["console-task-note", "console-task-note-hint"],
                };
                TextField::new(&note_name(task.id), t.say(label)).hint(t.say(hint))
            }),
            shown: task.last_at.as_microsecond(),
            button: t.say(button),
            anybodys: matches!(task.about, About::Anybodys { .. }),
        }
    }
}

/// A word on what was done that is not saved: the task lacks it, or was ended or added to meanwhile.
enum Unsaved<'a> {
    Missing(TaskId),
    Ended(TaskId, &'a str),
    /// More was asked meanwhile.
    AddedTo(TaskId, &'a str),
}

/// The page.
async fn list(visit: &Visit, desk: &StaffDesk, unsaved: Option<Unsaved<'_>>) -> Answer {
    let of_messages = visit.query("list").is_some_and(|list| list == "messages");
    let of_messages = of_messages && desk.reads_messages();
    let mut page = Page::new(
        visit,
        match of_messages {
            true => "worklist-messages",
            false => "console-tasks-title",
        },
    );
    let center = desk.health_center().await?;
    let mut tasks = match of_messages {
        true => desk.messages().await?,
        false => desk.tasks().await?,
    };
    let other = match of_messages {
        true => Some(("/tasks", page.say("console-tasks-title"))),
        false if desk.reads_messages() => Some((MESSAGES, page.say("worklist-messages"))),
        false => None,
    };
    let more = (tasks.len() >= MOST).then(|| {
        page.with1(
            "console-tasks-most",
            "most",
            i64::try_from(MOST).unwrap_or(0),
        )
    });
    // A stable sort: within each half the oldest stays first.
    tasks.sort_by_key(|task| !matches!(task.about, About::AlarmingReport));
    let names = desk.place_names(page.tag()).await?;
    for task in &mut tasks {
        if let About::RegisteredTwice { center, .. } = &mut task.about {
            names.put(&mut center.0);
        }
    }
    let mut cards = Vec::with_capacity(tasks.len());
    for task in &tasks {
        let case = match task.case {
            // Looked at, not opened: being on this list is not being read.
            Some(case) => desk.case(case).await?,
            None => None,
        };
        let mut card = Card::new(&page, &center.time_zone, task, case.as_ref());
        // Whoever corrects nobody makes one record of no two.
        card.merge = card.merge.filter(|_| desk.may(Right::CorrectPersons));
        if matches!(unsaved, Some(Unsaved::Missing(id)) if id == task.id) {
            let sentence = page.say("problem-task-note");
            let problem = page.problem(&note_name(task.id), sentence);
            card.note = card.note.map(|field| field.problem(problem));
        }
        if let Some(Unsaved::AddedTo(id, words)) = unsaved
            && id == task.id
        {
            card.note = card.note.map(|field| field.value(words));
        }
        cards.push(card);
    }
    let notice = match visit.query("done").as_deref() {
        Some("done") => Some(page.say("console-tasks-done")),
        Some("message-read") => Some(page.say("message-read-done")),
        Some("message-read-before") => Some(page.say("message-read-before")),
        Some("taken") => Some(page.say("console-tasks-taken")),
        Some("not-open") => Some(page.say("console-tasks-not-open")),
        _ => None,
    };
    let (notice, kept) = match unsaved {
        Some(Unsaved::Ended(id, words)) => {
            let said = match desk.ended_task(id).await? {
                Some((at, Some(name))) => {
                    let when = moment(page.t, &center.time_zone, at);
                    page.with2("console-tasks-done-by", "name", name, "when", when)
                }
                Some((at, None)) => {
                    let when = moment(page.t, &center.time_zone, at);
                    page.with1("console-tasks-done-by-itself", "when", when)
                }
                None => page.say("console-tasks-not-open"),
            };
            let kept = AreaField::new("kept_words", page.say("kept-words"))
                .hint(page.say("kept-words-hint"))
                .value(words);
            (Some(said), Some(kept))
        }
        Some(Unsaved::AddedTo(..)) => (Some(page.say("console-tasks-added")), None),
        _ => (notice, None),
    };
    Ok(render(&TasksPage {
        notice,
        kept,
        more,
        other,
        none: page.say(match of_messages {
            true => "messages-none",
            false => "console-tasks-none",
        }),
        cards,
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    list(&visit, &desk, None).await
}

/// The address of an answer with a problem, loaded again.
pub(super) async fn show_one(_: Staff) -> Response {
    go("/tasks")
}

pub(super) async fn finish(
    Staff(visit, desk): Staff,
    Path(task): Path<String>,
    form: Form,
) -> Answer {
    let Ok(task) = task.parse::<TaskId>() else {
        return Ok(missing(&visit));
    };
    if form.has("take") {
        return Ok(go(if desk.take_task(task).await? {
            "/tasks?done=taken"
        } else {
            "/tasks?done=not-open"
        }));
    }
    // A message is read where it stands: in the list of messages, or on the page of whoever wrote it.
    let read_at = match (form.text("case").parse::<CaseId>(), form.has("message")) {
        (Ok(case), true) => Some(format!("/cases/{case}?")),
        (Err(_), true) => Some(format!("{MESSAGES}&")),
        (_, false) => None,
    };
    let shown = form.text("shown").parse().ok();
    let shown = shown.and_then(|at| jiff::Timestamp::from_microsecond(at).ok());
    let note = form.text(&note_name(task));
    let finished = desk.finish_task_as_seen(task, note, shown).await?;
    if let Some(at) = read_at {
        // Somebody else has read it meanwhile, or it went along with its case: nothing that was typed is lost.
        return Ok(go(&match finished {
            FinishTask::Done => format!("{at}done=message-read"),
            _ => format!("{at}done=message-read-before"),
        }));
    }
    match finished {
        FinishTask::Done => Ok(go("/tasks?done=done")),
        FinishTask::Elsewhere(case) => {
            let t = i18n::words(visit.language);
            let note = form.text(&note_name(task)).to_owned();
            let along = Along {
                done: t.say("written-along-task"),
                fields: vec![(t.say("console-task-note"), note)],
                ..Along::default()
            };
            fields_along(&visit, &desk, case, along).await
        }
        FinishTask::AddedTo => {
            let words = form.text(&note_name(task));
            list(&visit, &desk, Some(Unsaved::AddedTo(task, words))).await
        }
        FinishTask::NotOpen => {
            let words = form.text(&note_name(task));
            list(&visit, &desk, Some(Unsaved::Ended(task, words))).await
        }
        // A word is asked for where there is something to be said about.
        FinishTask::Empty if desk.tasks().await?.iter().any(|open| open.id == task) => {
            list(&visit, &desk, Some(Unsaved::Missing(task))).await
        }
        FinishTask::Empty => Ok(go("/tasks?done=not-open")),
    }
}
