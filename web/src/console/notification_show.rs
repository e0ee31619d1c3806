//! The page of a notification: what was answered, what was done with it, and what can be done now.

use super::case_registration::language_name;
use super::notification::{LineView, done_words, line_view, read_id, zone_of};
use super::notification_form::{answer_words, answered, group_words, warning_words};
use super::notification_steps::{ItemAnswer, StepView, question_answered, question_asked, steps};
use super::words::age;
use crate::fields::AreaField;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_registration::{CaseField, CaseProblem};
use app::health_center::HealthCenter;
use app::notification::{AskToAmend, AskedToAmend, Notification, State, TypedAnswers};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::NotificationId;
use domain::notification::core_item;
use domain::notification::item::{Group, ItemKind};
use domain::personal::Personal;
use domain::phone::PhoneNumber;
use domain::staff_role::Right;
use i18n::Words;
use jiff::tz::TimeZone;

/// The field with which the center is asked to correct or withdraw what it has confirmed.
pub(super) const AMEND: &str = "amend";

/// An answer that stands, in words.
struct StandingAnswer {
    label: String,
    value: String,
    /// Whether it is a number to be called.
    is_phone: bool,
}

#[derive(Template)]
#[template(path = "console/notification.html")]
struct ShowPage {
    page: Page,
    notice: Option<String>,
    warning: Option<String>,
    /// What others did meanwhile.
    since: Vec<StepView>,
    /// What was typed and is not saved, because nothing can be saved any more.
    unsaved: Vec<ItemAnswer>,
    id: String,
    version: i32,
    line: LineView,
    /// Who the person is by the record, where that is not what was notified.
    recorded: Vec<ItemAnswer>,
    /// Where the record is corrected by what was notified.
    to_correct: Option<String>,
    /// While it is sent back: what the center asks.
    asked: Option<StepView>,
    /// While it waits again: what was answered.
    answered: Option<StepView>,
    entered: String,
    warnings: Vec<String>,
    /// Kinds of persons who must be reported to whom this one belongs.
    reported: Vec<String>,
    groups: Vec<(String, Vec<StandingAnswer>)>,
    /// Of one that needs somebody at once: whose number, and the number.
    calls: Vec<(String, String)>,
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
    /// The center that answers for the person now, for whoever notified.
    center: Option<CenterView>,
    /// What was asked to be corrected once it was confirmed, the latest first.
    amends: Vec<AmendView>,
    /// Whether the reader finds there what is to be done.
    does_tasks: bool,
    /// The field with which that is asked; none: it is not theirs to ask.
    amend: Option<AreaField>,
}

/// How a center is reached.
pub(super) struct CenterView {
    name: String,
    /// The numbers as they are written, each with when it is for where that is not always.
    phones: Vec<(Option<String>, String)>,
}

impl CenterView {
    fn new(t: &Words, center: &HealthCenter) -> CenterView {
        let night = t.say("console-center-night");
        let contact = &center.contact;
        let phones = [(None, &contact.phone), (Some(night), &contact.night_phone)];
        CenterView {
            name: center.name_in(t.language.tag()).to_owned(),
            phones: phones
                .into_iter()
                .filter(|(_, phone)| !phone.trim().is_empty())
                .map(|(when, phone)| (when, phone.clone()))
                .collect(),
        }
    }
}

/// Something that was asked to be corrected.
struct AmendView {
    /// Who asked, and when.
    asked: String,
    text: String,
    /// When it was done, and what was answered; none: it waits.
    done: Option<(String, String)>,
}

fn amend_view(t: &Words, zone: &TimeZone, one: &AskedToAmend) -> AmendView {
    let (first, last) = one.at;
    let asked = match first == last {
        true => moment(t, zone, first),
        false => format!("{}, {}", moment(t, zone, first), moment(t, zone, last)),
    };
    AmendView {
        asked: format!("{asked} – {}", one.by),
        text: one.text.expose().clone(),
        done: one.done.as_ref().map(|(at, answer)| {
            let when = moment(t, zone, *at);
            let told = t.with1("notification-amend-done", "when", when);
            (told, answer.expose().clone())
        }),
    }
}

/// What is wrong with what was sent from the page of a notification.
pub(super) enum Wrong<'a> {
    Nothing,
    /// What a case needs and the notification lacks.
    Missing(&'a [(CaseField, CaseProblem)]),
    /// A question or a reason that cannot be taken: the field, and what was typed.
    Words(&'static str, &'a str),
    /// It cannot be done so, in words.
    Refused(&'a str),
    /// It is confirmed or set aside, and so not corrected here.
    NotCorrected,
    /// Somebody else was faster.
    Meanwhile {
        /// The version that was looked at.
        seen: i32,
        /// A question or a reason: the field, and what was typed.
        words: Option<(&'static str, &'a str)>,
        /// The answers of a correction.
        answers: Option<&'a TypedAnswers>,
    },
}

pub(super) fn show_page(
    visit: &Visit,
    desk: &StaffDesk,
    zone: &TimeZone,
    id: NotificationId,
    found: &Notification,
    (center, wrong): (Option<&HealthCenter>, &Wrong<'_>),
) -> Response {
    let list = if desk.lists_notifications() {
        "/notifications"
    } else {
        "/notifications/new"
    };
    let mut page = Page::new(visit, "notification-title").back_to(list);
    let t = page.t;
    let tag = t.language.tag();
    let lacks = |field: &str| match field {
        AMEND => t.say("notification-problem-amend"),
        _ => t.say("notification-problem-reason"),
    };
    let beside = |name: &str| match wrong {
        Wrong::Words(field, _) if *field == name => Some(lacks(field)),
        _ => None,
    };
    let said = |name: &str| match wrong {
        Wrong::Words(field, text)
        | Wrong::Meanwhile {
            words: Some((field, text)),
            ..
        } if *field == name => (*text).to_owned(),
        _ => String::new(),
    };
    if let Wrong::Words(field, _) = wrong {
        page.problem(field, lacks(field));
    }
    let lacking: &[(CaseField, CaseProblem)] = match wrong {
        Wrong::Missing(problems) => problems,
        _ => &[],
    };
    for (field, problem) in lacking {
        let sentence = match problem {
            // There is nothing to tick here.
            CaseProblem::OwnNumber => t.say("notification-own-number"),
            problem => t.say(problem.key()),
        };
        let label = found
            .set
            .item(field.name())
            .map_or(field.name(), |item| item.label.in_language(tag));
        let colon = page.say("colon");
        page.problem("answers", format!("{label}{colon}{sentence}"));
    }
    let answers = found.answers.expose();
    let mut groups = Vec::new();
    for group in Group::ALL {
        let items: Vec<StandingAnswer> = found
            .set
            .in_group(group)
            .filter_map(|item| {
                let mut value = answered(t, item, answers)?;
                if item.id == core_item::BIRTHDATE
                    && let Some(years) = found.line.age
                {
                    value = format!("{value} ({})", age(t, years, found.line.months));
                }
                let number = answers.get(&item.id);
                Some(StandingAnswer {
                    label: item.label.in_language(tag).to_owned(),
                    value,
                    is_phone: item.kind == ItemKind::Phone
                        && number.is_some_and(|number| PhoneNumber::parse(number).is_ok()),
                })
            })
            .collect();
        if !items.is_empty() {
            groups.push((group_words(t, group), items));
        }
    }
    let state = found.line.state;
    let open = state.is_no_case_yet();
    let checks = desk.checks_notifications();
    let line = line_view(visit, t, zone, &found.line);
    let calls = groups
        .iter()
        .flat_map(|(_, items)| items)
        .filter(|item| checks && line.pressing && item.is_phone)
        .map(|item| (item.label.clone(), item.value.clone()))
        .collect();
    let checked = found.checked.as_ref();
    let area = |id: &str, label: &str, hint: &str| {
        AreaField::new(id, t.say(label))
            .hint(t.say(hint))
            .value(&said(id))
            .problem(beside(id))
    };
    let takes = [
        ("question", checks && state == State::Waiting),
        ("reason", open && desk.may(Right::Notify)),
    ];
    let (warning, since, unsaved) = match wrong {
        Wrong::Meanwhile {
            seen,
            words,
            answers,
        } => {
            let mut unsaved = Vec::new();
            // Where the form is still there, it holds what was typed.
            if let Some((field, text)) = words
                && !text.trim().is_empty()
                && !takes.contains(&(*field, true))
            {
                unsaved.push(ItemAnswer {
                    label: t.say(&format!("notification-{field}")),
                    value: (*text).to_owned(),
                });
            }
            if let Some(answers) = answers {
                unsaved.extend(differing(t, found, answers));
            }
            (
                Some(t.say("notification-done-meanwhile")),
                steps(t, zone, found, *seen),
                unsaved,
            )
        }
        Wrong::Refused(why) => (Some((*why).to_owned()), Vec::new(), Vec::new()),
        Wrong::NotCorrected => {
            let why = match state {
                State::Confirmed if checks => Some("notification-confirmed-record"),
                State::Confirmed => Some("notification-confirmed-ask"),
                State::SetAside => Some("notification-set-aside-already"),
                State::Waiting | State::SentBack => None,
            };
            (why.map(|key| t.say(key)), Vec::new(), Vec::new())
        }
        _ => (None, Vec::new(), Vec::new()),
    };
    render(&ShowPage {
        warning,
        since,
        unsaved,
        notice: done_words(visit, t),
        id: id.to_string(),
        version: found.version,
        asked: question_asked(t, zone, found),
        answered: question_answered(t, zone, found),
        line,
        to_correct: found
            .line
            .case
            .filter(|_| checks && desk.may(Right::CorrectPersons))
            .map(|case| format!("/cases/{case}/person?told={id}")),
        recorded: recorded(t, found),
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
        calls,
        hidden: !found.is_whole,
        steps: steps(t, zone, found, 0),
        correctable: open && found.is_whole,
        confirmable: checks && open,
        returnable: checks && state == State::Waiting,
        settable: open && desk.may(Right::Notify),
        takeable: checks && state == State::SetAside,
        question: area(
            "question",
            "notification-question",
            "notification-question-hint",
        ),
        reason: area("reason", "notification-reason", "notification-reason-hint"),
        center: center.map(|center| CenterView::new(t, center)),
        amends: found
            .asked
            .iter()
            .map(|one| amend_view(t, zone, one))
            .collect(),
        does_tasks: checks && desk.may(Right::DoTasks),
        amend: desk
            .may_ask_to_amend(found)
            .then(|| area(AMEND, "notification-amend", "notification-amend-hint")),
        page,
    })
}

/// What the record says of who the person is and where to call, as far as that is not what was notified.
fn recorded(t: &Words, found: &Notification) -> Vec<ItemAnswer> {
    let Some(recorded) = found.recorded_otherwise() else {
        return Vec::new();
    };
    let birthdate = t.date(*recorded.birthdate.expose());
    let phone = match &recorded.phone {
        Some(phone) => phone.expose().national(),
        None => t.say("no-phone"),
    };
    let names = recorded.names().map(|(id, name)| (id, name.to_owned()));
    let reached = recorded.reached.iter().flat_map(|(place, language)| {
        let place_words = |place: &Option<Personal<String>>| match place {
            Some(place) => place.expose().clone(),
            None => t.say("correction-nothing"),
        };
        [
            (core_item::ADDRESS, place_words(&place.address)),
            ("whereabouts", place_words(&place.whereabouts)),
            (core_item::LANGUAGE, language_name(t, language).into_owned()),
        ]
    });
    names
        .chain([(core_item::BIRTHDATE, birthdate), (core_item::PHONE, phone)])
        .chain(reached)
        .filter(|(id, _)| found.is_recorded_otherwise(id))
        .filter_map(|(id, value)| {
            let label = found.set.item(id)?.label.in_language(t.language.tag());
            Some(ItemAnswer {
                label: label.to_owned(),
                value,
            })
        })
        .collect()
}

/// The answers that were typed and differ from those that stand.
fn differing(t: &Words, found: &Notification, typed: &TypedAnswers) -> Vec<ItemAnswer> {
    let stands = found.answers.expose();
    found
        .set
        .items
        .iter()
        .filter_map(|item| {
            let (typed, stands) = (typed.get(&item.id)?, stands.get(&item.id));
            let differs = typed.trim() != stands.map_or("", String::as_str);
            differs.then(|| ItemAnswer {
                label: item.label.in_language(t.language.tag()).to_owned(),
                value: answer_words(t, item, typed),
            })
        })
        .collect()
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(id): Path<String>) -> Answer {
    let Some(id) = read_id(&id) else {
        return Ok(missing(&visit));
    };
    let wrong = match visit.query("done").as_deref() {
        Some("not-corrected") => Wrong::NotCorrected,
        _ => Wrong::Nothing,
    };
    shown(&visit, &desk, id, &wrong).await
}

/// The page of a notification in reach, with what is wrong with what was sent from it.
pub(super) async fn shown(
    visit: &Visit,
    desk: &StaffDesk,
    id: NotificationId,
    wrong: &Wrong<'_>,
) -> Answer {
    let zone = zone_of(visit, desk).await?;
    let Some(found) = desk.notification(id).await? else {
        return Ok(missing(visit));
    };
    let center = desk.answers_for(&found).await?;
    let about = (center.as_ref(), wrong);
    Ok(show_page(visit, desk, &zone, id, &found, about))
}

/// The address of the question without its form.
pub(super) async fn show_ask(Staff(visit, _): Staff, Path(id): Path<String>) -> Answer {
    Ok(match read_id(&id) {
        Some(id) => go(&format!("/notifications/{id}")),
        None => missing(&visit),
    })
}

/// Asks the center to correct or withdraw what it has confirmed.
pub(super) async fn ask(Staff(visit, desk): Staff, Path(id): Path<String>, form: Form) -> Answer {
    let Some(id) = read_id(&id) else {
        return Ok(missing(&visit));
    };
    let words = form.text(AMEND);
    match desk.ask_to_amend(id, words).await? {
        AskToAmend::Asked => Ok(go(&format!("/notifications/{id}?done=asked"))),
        AskToAmend::Words => shown(&visit, &desk, id, &Wrong::Words(AMEND, words)).await,
        AskToAmend::NotConfirmed => {
            let wrong = Wrong::Meanwhile {
                seen: i32::MAX,
                words: Some((AMEND, words)),
                answers: None,
            };
            shown(&visit, &desk, id, &wrong).await
        }
        AskToAmend::NoSuchNotification => Ok(missing(&visit)),
    }
}
