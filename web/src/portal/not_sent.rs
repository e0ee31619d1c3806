//! A report that nobody takes any more, or a word that one is wrong: whom it is about was taken out of the account while it
//! was typed. What was typed stays visible, because somebody may be in danger, and has to be told by phone.

use super::waits::danger_of;
use crate::form::Form;
use crate::page::{Broken, Contacts, Page, contacts, show as render};
use crate::report_form::{SWITCHES, read};
use crate::reports::answer;
use crate::visit::Visit;
use app::PatientDesk;
use app::questionnaire::Stored;
use askama::Template;
use axum::response::Response;
use domain::questionnaire::NO_SIGN;
use domain::status_report::{Answer, RawReport};
use i18n::Words;
use std::collections::BTreeSet;
use std::sync::Arc;

/// On an answer that is this page.
#[derive(Clone, Copy)]
pub(super) struct NotSent;

#[derive(Template)]
#[template(path = "portal/not_sent.html")]
struct NotSentPage {
    page: Page,
    /// What was not sent, and what to do instead.
    told: String,
    call: String,
    /// What to do at once: a title, and paragraphs.
    danger: Option<(String, Vec<String>)>,
    contacts: Contacts,
    /// What was typed: labels and values.
    said: Vec<(String, String)>,
    /// The form as it was sent, to be read in another language.
    path: String,
    fields: Vec<(String, String)>,
}

/// The id of the form that shows the page in another language.
const SPEAK: &str = "speak";

/// The page. `path`: where the form was sent to. Only for the account that typed it.
pub(super) async fn not_sent(
    visit: &Visit,
    desk: &PatientDesk,
    path: &str,
    form: &Form,
) -> Result<Response, Broken> {
    let mut page = Page::new(visit, "not-sent-title").back_to("/");
    page.form = Some(SPEAK);
    let raw = read(form);
    let members = desk.members().await?;
    let mut asked = visit.front().questionnaires_of_anybody()?;
    // A center may ask for more.
    for member in &members {
        asked.push(desk.form_of(member.clone())?.stored);
    }
    let mut response = render(&NotSentPage {
        told: page.say("done-not-sent"),
        call: page.say("not-sent-call"),
        danger: danger_of(visit, &page, &raw),
        contacts: contacts(visit, page.t, &members).await?,
        said: said(page.t, &raw, &asked),
        path: path.to_owned(),
        fields: as_sent(form),
        page,
    });
    response.extensions_mut().insert(NotSent);
    Ok(response)
}

/// The same of a word that a report is wrong, or that it is right after all.
pub(super) async fn word_not_sent(
    visit: &Visit,
    desk: &PatientDesk,
    path: &str,
    form: &Form,
) -> Result<Response, Broken> {
    // That one is right is a button, and no word of theirs.
    let [title, told, call] = match form.text("right") {
        "1" => [
            "not-sent-right-title",
            "not-sent-right",
            "not-sent-right-call",
        ],
        _ => ["not-sent-word-title", "not-sent-word", "not-sent-word-call"],
    };
    let mut page = Page::new(visit, title).back_to("/");
    page.form = Some(SPEAK);
    let members = desk.members().await?;
    let why = form.text("why").trim();
    let said = (!why.is_empty()).then(|| (page.say("wrong-why"), why.to_owned()));
    Ok(render(&NotSentPage {
        told: page.say(told),
        call: page.say(call),
        danger: None,
        contacts: contacts(visit, page.t, &members).await?,
        said: said.into_iter().collect(),
        path: path.to_owned(),
        fields: as_sent(form),
        page,
    }))
}

/// The fields of a form without the buttons that were pressed.
fn as_sent(form: &Form) -> Vec<(String, String)> {
    let fields = form.beginning_with("").into_iter();
    fields
        .filter(|(name, _)| !SWITCHES.contains(&name.as_str()))
        .collect()
}

/// What was typed, as far as anything was.
fn said(t: &Words, raw: &RawReport, asked: &[Arc<Stored>]) -> Vec<(String, String)> {
    let mut said = Vec::new();
    let numbers = [
        (
            "temperature",
            &raw.temperature,
            raw.temperature_not_measured,
        ),
        ("spo2", &raw.spo2, raw.spo2_not_measured),
    ];
    for (label, value, not_measured) in numbers {
        let not_measured = not_measured.then(|| t.say("not-measured"));
        let typed = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        let values: Vec<String> = typed.into_iter().chain(not_measured).collect();
        if !values.is_empty() {
            said.push((t.say(label), values.join(", ")));
        }
    }
    let tag = t.language.tag();
    let mut shown = BTreeSet::from([NO_SIGN]);
    for stored in asked {
        let all = &stored.questionnaire;
        for question in all.signs.iter().chain(&all.questions) {
            let word = raw.symptoms.get(question.id.as_str());
            let Some(this) = word.and_then(|word| Answer::parse(word)) else {
                continue;
            };
            if shown.insert(question.id.as_str()) {
                let label = question.short.in_language(tag).to_owned();
                said.push((label, answer(t, this).into_owned()));
            }
        }
    }
    if raw.symptoms.contains_key(NO_SIGN) {
        said.push((t.say("report-signs-short-any"), t.say("report-signs-none")));
    }
    let texts = [
        ("report-note-short", &raw.note),
        ("history-when", &raw.measured_at),
    ];
    let texts = texts
        .into_iter()
        .filter(|(_, text)| !text.trim().is_empty());
    said.extend(texts.map(|(label, text)| (t.say(label), text.trim().to_owned())));
    said
}
