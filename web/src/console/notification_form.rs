//! The form of a notification: made of the words that the health authority asks, whichever they are.

use super::alike::{AlikeView, alike_view, because, day_understood, disease_row};
use super::meanwhile::{Now, Was};
use super::notification::LineView;
use crate::fields::{AreaField, ChoiceField, SelectField, TextField};
use crate::form::Form;
use crate::page::{Page, show as render};
use crate::visit::Visit;
use app::StaffDesk;
use app::case_registration::Alike;
use app::notification::{Like, TypedAnswers};
use askama::Template;
use axum::response::Response;
use domain::notification::item::{Group, Item, ItemKind};
use domain::notification::{
    BULK_NONE, ItemProblem, ItemSet, NO_PHONE, Warning, core_item, postal_code,
};
use domain::phone::PhoneNumber;
use i18n::Words;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Before the names of the fields, so that no item can take the name of a button.
pub(super) const FIELD: &str = "n_";

/// The field with which whoever notified answers what the center asks.
pub(super) const ANSWER: &str = "answer";

/// A field, and when it is asked.
pub(super) struct ItemView {
    html: String,
    /// What stands now, where somebody else has changed it meanwhile.
    now: Option<String>,
    /// The field that decides, and the answers with which this one is asked.
    only_if: Option<(String, String)>,
    minors: bool,
    postal: bool,
    /// That it was just filled in, and what is to be done with it.
    filled: Option<String>,
}

pub(super) struct GroupView {
    id: String,
    title: String,
    items: Vec<ItemView>,
    /// The box that answers all of them with no, and whether it is ticked.
    none: Option<bool>,
}

#[derive(Template)]
#[template(path = "console/notification_form.html")]
struct FormPage {
    page: Page,
    action: String,
    key: String,
    /// The programme.
    of: String,
    /// The disease, where there are several.
    disease: Option<String>,
    version: Option<i32>,
    was: Was,
    lead: String,
    notice: Option<String>,
    /// The question with which it was sent back, and when.
    question: Option<(String, String)>,
    /// The field for an answer in words.
    answer: Option<AreaField>,
    groups: Vec<GroupView>,
    save: String,
    /// What the center asks whoever begins with this form: the heading, how many in words, and those.
    sent_back: (String, String, Vec<LineView>),
}

/// What a form of a notification is about.
pub(super) struct About<'a> {
    /// Where it is sent.
    pub(super) action: String,
    /// The id that the notification will have, or has.
    pub(super) key: String,
    /// Of a correction: the version that is corrected.
    pub(super) version: Option<i32>,
    /// The disease, where there are several.
    pub(super) disease: Option<String>,
    pub(super) set: &'a ItemSet,
    pub(super) typed: &'a TypedAnswers,
    /// Of a correction: what the fields held when it began.
    pub(super) was: Was,
    /// Of a correction: what stands now, where two people changed it to different things.
    pub(super) now: Now,
    /// Of an empty form: what the center asks whoever has no other page to begin with.
    pub(super) asked: Asked,
    /// Of a correction: the question with which it was sent back, and when.
    pub(super) question: Option<(String, String)>,
    /// Of a correction: what was typed in answer to it.
    pub(super) answer: &'a str,
}

/// How many notifications were sent back, in words, and those.
pub(super) type Asked = (String, Vec<LineView>);

/// What was typed into the form.
pub(super) fn typed(form: &Form) -> TypedAnswers {
    form.beginning_with(FIELD)
}

fn problem_words(t: &Words, problem: ItemProblem) -> String {
    match problem {
        ItemProblem::Missing => t.say("notification-problem-missing"),
        ItemProblem::NotADate => t.say("problem-day-not-a-date"),
        ItemProblem::UnreadableDay => t.say("problem-day-unreadable"),
        ItemProblem::YearUnclear => t.say("problem-day-year-unclear"),
        ItemProblem::InFuture => t.say("problem-day-in-future"),
        ItemProblem::BeforeBirth => t.say("problem-day-before-birth"),
        ItemProblem::TooOld => t.say("notification-problem-too-old"),
        ItemProblem::NotAChoice => t.say("notification-problem-choice"),
        ItemProblem::NotANumber { min, max } => {
            t.with2("notification-problem-number", "min", min, "max", max)
        }
        ItemProblem::PostalCode => t.say("notification-problem-postal"),
        ItemProblem::Phone => t.say("problem-phone-not-a-number"),
        ItemProblem::PhoneMissing => t.say("problem-phone-or-none"),
        ItemProblem::PhoneAndNone => t.say("problem-phone-and-none"),
        ItemProblem::TooLong { most } => t.with1(
            "notification-problem-long",
            "most",
            i64::try_from(most).unwrap_or(i64::MAX),
        ),
        ItemProblem::OddCharacters(odd) => t.say(app::attributes::odd_key(odd)),
        ItemProblem::NotKana => t.say("notification-problem-kana"),
        ItemProblem::NotLatin => t.say("notification-problem-latin"),
        ItemProblem::NoneAndYes => t.say("notification-problem-none-and-yes"),
    }
}

/// What is unlikely, in words.
pub(super) fn warning_words(t: &Words, set: &ItemSet, warning: &Warning) -> String {
    match warning {
        Warning::OnsetLongBeforeDiagnosis { days } => {
            t.with1("notification-warning-onset-before", "days", *days)
        }
        Warning::OnsetAfterDiagnosis { days } => {
            t.with1("notification-warning-onset-after", "days", *days)
        }
        Warning::OnsetMissing => t.say("notification-warning-onset-missing"),
        Warning::DiagnosedLongAgo { days } => {
            t.with1("notification-warning-long-ago", "days", *days)
        }
        Warning::VeryOld { years } => t.with1("notification-warning-old", "years", *years),
        Warning::PregnantAtThatAge { years } => {
            t.with1("notification-warning-pregnant", "years", *years)
        }
        Warning::NotAmongThoseReported => t.say("notification-warning-not-reported"),
        Warning::LeftOut { item } => {
            let label = set.item(item).map_or(item.as_str(), |item| {
                item.label.in_language(t.language.tag())
            });
            t.with1("notification-warning-left-out", "item", label)
        }
    }
}

/// An answer as people read it.
pub(super) fn answer_words(t: &Words, item: &Item, answer: &str) -> String {
    let tag = t.language.tag();
    match &item.kind {
        ItemKind::Date => answer
            .parse::<Date>()
            .map_or(answer.to_owned(), |day| t.date(day)),
        ItemKind::Choice { options } => options
            .iter()
            .find(|option| option.id == answer)
            .map_or(answer, |option| option.label.in_language(tag))
            .to_owned(),
        ItemKind::YesNo if answer == "yes" => t.say("notification-yes"),
        ItemKind::YesNo if answer == "no" => t.say("notification-no"),
        ItemKind::PostalCode => postal_code::written(answer),
        ItemKind::Phone => {
            PhoneNumber::parse(answer).map_or(answer.to_owned(), |phone| phone.national())
        }
        ItemKind::Number { unit, .. } => format!("{answer} {}", unit.in_language(tag)),
        _ => answer.to_owned(),
    }
}

/// The answer to an item as people read it, where there is one; that there is no number is one.
pub(super) fn answered(t: &Words, item: &Item, answers: &TypedAnswers) -> Option<String> {
    match answers.get(&item.id) {
        Some(answer) if !answer.is_empty() => Some(answer_words(t, item, answer)),
        _ if item.id == core_item::PHONE && says_no_phone(answers) => Some(t.say("no-phone")),
        answer => answer.map(|_| String::new()),
    }
}

/// Whether it is said that the person has no phone.
fn says_no_phone(answers: &TypedAnswers) -> bool {
    answers.get(NO_PHONE).is_some_and(|text| !text.is_empty())
}

/// The heading of a group.
pub(super) fn group_words(t: &Words, group: Group) -> String {
    t.say(match group {
        Group::Person => "notification-group-person",
        Group::Guardian => "notification-group-guardian",
        Group::Illness => "notification-group-illness",
        Group::Risk => "notification-group-risk",
        Group::Institution => "notification-group-institution",
    })
}

fn item_html(
    t: &Words,
    item: &Item,
    typed: &TypedAnswers,
    (problem, focus): (Option<String>, bool),
) -> String {
    let tag = t.language.tag();
    let id = format!("{FIELD}{}", item.id);
    let value = typed.get(&item.id).map_or("", String::as_str);
    let label = item.label.in_language(tag);
    let label = match &item.kind {
        // Such as where somebody stays, if that is not at the address.
        _ if item.required && (item.only_if.is_some() || item.hidden_for_adults) => {
            t.with1("notification-required-if", "label", label)
        }
        _ if item.required => t.with1("notification-required", "label", label),
        // A yes/no question shows by "no answer" that it can be left open.
        ItemKind::YesNo => label.to_owned(),
        _ => t.with1("notification-optional", "label", label),
    };
    let rendered = match &item.kind {
        ItemKind::LongText { .. } => AreaField::new(&id, label)
            .value(value)
            .problem(problem)
            .render(),
        ItemKind::Choice { options } => {
            let none = std::iter::once((String::new(), t.say("notification-choose")));
            let options = options
                .iter()
                .map(|option| (option.id.clone(), option.label.in_language(tag).to_owned()));
            SelectField::new(&id, label, value, none.chain(options))
                .problem(problem)
                .render()
        }
        ItemKind::YesNo => ChoiceField {
            choices: {
                let is_open = value != "yes" && value != "no";
                let open = ("", t.say("notification-no-answer"), is_open);
                // Where an answer is always asked for, that there is none is no answer.
                let is_always_asked =
                    item.required && item.only_if.is_none() && !item.hidden_for_adults;
                [
                    ("yes", t.say("notification-yes"), value == "yes"),
                    ("no", t.say("notification-no"), value == "no"),
                ]
                .into_iter()
                .chain((!is_always_asked).then_some(open))
                .collect()
            },
            id,
            label,
            problem,
        }
        .render(),
        kind => {
            let mut field = TextField::new(&id, label).value(value).problem(problem);
            field.focus = focus;
            match kind {
                ItemKind::Date if item.id == core_item::BIRTHDATE => {
                    field = field.hint(t.say("console-birthdate-hint")).class("w-date");
                }
                ItemKind::Date => field = field.hint(t.say("console-day-hint")).class("w-date"),
                ItemKind::PostalCode => field = field.inputmode("numeric").class("w-short"),
                ItemKind::Phone => {
                    field = field.inputmode("tel");
                    if item.id == core_item::PHONE {
                        let label = t.say("console-has-no-phone");
                        let name = format!("{FIELD}{NO_PHONE}");
                        field = field.tick(&name, label, says_no_phone(typed));
                    }
                }
                ItemKind::Number { unit, .. } => {
                    field = field.inputmode("numeric").class("w-short");
                    field.suffix = unit.in_language(tag).to_owned();
                }
                _ => {}
            }
            field.render()
        }
    };
    rendered.unwrap_or_default()
}

fn groups(
    t: &Words,
    about: &About<'_>,
    beside: &BTreeMap<&str, String>,
    filled: bool,
) -> Vec<GroupView> {
    let set = about.set;
    let mut groups = Vec::new();
    for group in Group::ALL {
        let items: Vec<&Item> = set.in_group(group).collect();
        if items.is_empty() {
            continue;
        }
        let none = items.iter().any(|item| item.bulk_none).then(|| {
            about
                .typed
                .get(BULK_NONE)
                .is_some_and(|text| !text.is_empty())
        });
        groups.push(GroupView {
            id: format!("{group:?}").to_lowercase(),
            title: group_words(t, group),
            items: items
                .into_iter()
                .map(|item| ItemView {
                    now: about.now.get(&format!("{FIELD}{}", item.id)).map(|value| {
                        let value = match value.as_str() {
                            "" => t.say("notification-was-empty"),
                            text => answer_words(t, item, text),
                        };
                        t.with1("stands-now", "value", value)
                    }),
                    html: item_html(
                        t,
                        item,
                        about.typed,
                        (
                            beside.get(item.id.as_str()).cloned(),
                            filled && item.id == core_item::ADDRESS,
                        ),
                    ),
                    filled: (filled && item.id == core_item::ADDRESS).then(|| t.say(FILLED_IN)),
                    only_if: item
                        .only_if
                        .as_ref()
                        .map(|rule| (format!("{FIELD}{}", rule.item), rule.is.join(" "))),
                    minors: item.hidden_for_adults,
                    postal: item.id == core_item::POSTAL_CODE,
                })
                .collect(),
            none,
        });
    }
    groups
}

/// What is said of an address that was filled in.
pub(super) const FILLED_IN: &str = "notification-lookup-done";

/// What is said where the question is not answered.
pub(super) const UNANSWERED: &str = "notification-problem-answer";

/// The form with what was typed, and what is wrong with it.
pub(super) fn form_page(
    visit: &Visit,
    about: &About<'_>,
    problems: &[(String, ItemProblem)],
    notice: Option<&str>,
) -> Response {
    let title = if about.version.is_some() {
        "notification-correct-title"
    } else {
        "notification-new-title"
    };
    let back = match about.version {
        Some(_) => format!("/notifications/{}", about.key),
        None => "/notifications".to_owned(),
    };
    let mut page = Page::new(visit, title).back_to(back);
    let t = page.t;
    let mut beside = BTreeMap::new();
    for (id, problem) in problems {
        let sentence = problem_words(t, *problem);
        let label = about
            .set
            .item(id)
            .map_or(id.as_str(), |item| item.label.in_language(t.language.tag()));
        let colon = t.say("colon");
        page.problem(&format!("{FIELD}{id}"), format!("{label}{colon}{sentence}"));
        beside.insert(id.as_str(), sentence);
    }
    // That is no mistake: it is said beside the address, where the typing goes on.
    let filled = notice == Some(FILLED_IN);
    let unanswered = (notice == Some(UNANSWERED)).then(|| t.say(UNANSWERED));
    if let Some(sentence) = &unanswered {
        page.problem(ANSWER, sentence.clone());
    }
    // Where somebody else has answered meanwhile, what was typed is not lost.
    let answer = (about.question.is_some() || !about.answer.is_empty()).then(|| {
        AreaField::new(ANSWER, t.say("notification-answer"))
            .hint(t.say("notification-answer-hint"))
            .value(about.answer)
            .problem(unanswered.clone())
    });
    render(&FormPage {
        action: about.action.clone(),
        key: about.key.clone(),
        of: about.set.programme.clone(),
        disease: about.disease.clone(),
        version: about.version,
        was: about.was.clone(),
        lead: t.with1(
            "notification-form-lead",
            "date",
            t.date(about.set.valid_from),
        ),
        sent_back: (
            t.say("notification-sent-back-yours"),
            about.asked.0.clone(),
            about.asked.1.clone(),
        ),
        notice: notice
            .filter(|_| !filled && unanswered.is_none())
            .map(|key| t.say(key)),
        question: about.question.clone(),
        answer,
        groups: groups(t, about, &beside, filled),
        save: t.say(if about.version.is_some() {
            "notification-save-correction"
        } else {
            "notification-save"
        }),
        page,
    })
}

#[derive(Template)]
#[template(path = "console/notification_look.html")]
struct LookPage {
    page: Page,
    action: String,
    key: String,
    /// The programme.
    of: String,
    version: Option<i32>,
    /// What was typed, for sending again.
    fields: Vec<(String, String)>,
    warnings: Vec<String>,
    /// What was typed, for comparing.
    typed: Vec<(String, String)>,
    alike: Vec<AlikeView>,
    save: String,
}

/// What is unlikely, and who may be the same person, before anything is entered.
pub(super) fn look_page(
    (visit, desk): (&Visit, &StaffDesk),
    about: &About<'_>,
    warnings: &[Warning],
    cases: &[Alike],
    notifications: &[Like],
) -> Response {
    let title = if cases.is_empty() && notifications.is_empty() {
        "notification-look-title"
    } else {
        "alike-title"
    };
    let page = Page::new(visit, title);
    let t = page.t;
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
            let item = about.set.item(id)?;
            let label = item.label.in_language(t.language.tag()).to_owned();
            let text = about.typed.get(id).cloned().unwrap_or_default();
            let shown = match item.kind {
                ItemKind::Date => day_understood(t, &text),
                ItemKind::Phone if text.is_empty() => {
                    answered(t, item, about.typed).unwrap_or_default()
                }
                _ => text,
            };
            Some((label, shown))
        })
        .chain(disease_row(t, desk, &about.set.programme))
        .collect();
    let like = |one: &Like| AlikeView {
        takes: Vec::new(),
        differs: Vec::new(),
        goes_on: false,
        contact: None,
        address: format!("/notifications/{}", one.line.id),
        case: one.line.id.to_string(),
        name: one.line.name.expose().clone(),
        id: t.say("notification-not-yet-a-case"),
        reason: because(t, one.reason),
        under: None,
        rows: [
            (
                t.say("birthdate"),
                one.birthdate
                    .expose()
                    .map(|day| t.date(day))
                    .unwrap_or_default(),
            ),
            (t.say("phone"), one.phone.expose().clone()),
            (t.say("notification-place"), one.line.place.clone()),
            (
                t.say("console-diagnosed-on"),
                one.line
                    .diagnosed_on
                    .map(|day| t.date(day))
                    .unwrap_or_default(),
            ),
        ]
        .into_iter()
        .chain(disease_row(t, desk, &one.line.programme))
        .collect(),
    };
    render(&LookPage {
        action: about.action.clone(),
        key: about.key.clone(),
        of: about.set.programme.clone(),
        version: about.version,
        fields: about
            .typed
            .iter()
            .map(|(id, text)| (format!("{FIELD}{id}"), text.clone()))
            .chain(about.was.iter().cloned())
            .chain((!about.answer.is_empty()).then(|| (ANSWER.to_owned(), about.answer.to_owned())))
            .collect(),
        warnings: warnings
            .iter()
            .map(|warning| warning_words(t, about.set, warning))
            .collect(),
        typed,
        alike: cases
            .iter()
            .map(|one| alike_view(t, desk, one))
            .chain(notifications.iter().map(like))
            .collect(),
        save: t.say(if about.version.is_some() {
            "notification-save-correction-same"
        } else {
            "notification-save-same"
        }),
        page,
    })
}
