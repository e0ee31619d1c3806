//! How people reach the center: what they are shown when they are ill.

use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render};
use crate::visit::{Staff, Visit};
use app::health_center::Contact;
use askama::Template;
use axum::response::Response;
use std::collections::BTreeMap;

/// The most characters of a part: a line on a phone or on paper.
const MOST: usize = 100;

/// A field: its name, the keys of its label and its hint.
const FIELDS: [(&str, &str, &str); 5] = [
    ("phone", "console-center-phone", "console-center-phone-hint"),
    ("night_phone", "console-center-night", ""),
    ("hours_ja", "console-center-hours-ja", ""),
    ("hours_en", "console-center-hours-en", ""),
    ("name_en", "console-center-name-en", ""),
];

#[derive(Template)]
#[template(path = "console/center.html")]
struct CenterPage {
    page: Page,
    notice: Option<String>,
    name: String,
    fields: Vec<TextField>,
}

type Texts = BTreeMap<&'static str, String>;

fn texts_of(contact: &Contact) -> Texts {
    let of = |map: &BTreeMap<String, String>, tag: &str| map.get(tag).cloned().unwrap_or_default();
    BTreeMap::from([
        ("phone", contact.phone.clone()),
        ("night_phone", contact.night_phone.clone()),
        ("hours_ja", of(&contact.hours, "ja")),
        ("hours_en", of(&contact.hours, "en")),
        ("name_en", of(&contact.names, "en")),
    ])
}

/// What is wrong with a part: the key of the sentence.
fn problem_of(name: &str, text: &str) -> Option<&'static str> {
    // People who are refused read it: without a number, the page would leave them alone.
    if name == "phone" && text.is_empty() {
        return Some("problem-contact-phone");
    }
    let is_phone = name.ends_with("phone");
    if text.chars().count() > MOST {
        Some("problem-contact-long")
    } else if is_phone && !text.is_empty() && !text.chars().any(|c| c.is_ascii_digit()) {
        Some("problem-contact-phone")
    } else {
        None
    }
}

fn form_page(visit: &Visit, name: String, texts: &Texts, checked: bool) -> Response {
    let mut page = Page::new(visit, "console-center-title").back_to("/");
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let mut fields = Vec::new();
    for (id, label, hint) in FIELDS {
        let text = texts.get(id).map_or("", String::as_str);
        let key = if checked { problem_of(id, text) } else { None };
        let problem = key.and_then(|key| {
            let sentence = page.with1(key, "most", most);
            page.problem(id, sentence)
        });
        let mut field = TextField::new(id, page.say(label))
            .value(text)
            .problem(problem);
        if !hint.is_empty() {
            field = field.hint(page.say(hint));
        }
        if id.ends_with("phone") {
            field = field.inputmode("tel");
        }
        fields.push(field);
    }
    render(&CenterPage {
        notice: (visit.query("done").is_some()).then(|| page.say("console-center-saved")),
        name,
        fields,
        page,
    })
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    let center = desk.health_center().await?;
    let texts = texts_of(&center.contact);
    Ok(form_page(&visit, center.name, &texts, false))
}

pub(super) async fn save(Staff(visit, desk): Staff, form: Form) -> Answer {
    let center = desk.health_center().await?;
    let typed = |name: &str| {
        let shown = form.text(name).trim().chars();
        // Full-width digits in a phone number could not be dialled.
        let text: String = shown.filter(|c| !c.is_control()).collect();
        if name.ends_with("phone") {
            text.chars().map(half_width).collect()
        } else {
            text
        }
    };
    let texts: Texts = FIELDS
        .into_iter()
        .map(|(name, ..)| (name, typed(name)))
        .collect();
    if texts
        .iter()
        .any(|(name, text)| problem_of(name, text).is_some())
    {
        return Ok(form_page(&visit, center.name, &texts, true));
    }
    let take = |name: &str| texts.get(name).cloned().unwrap_or_default();
    let mut contact = Contact {
        phone: take("phone"),
        night_phone: take("night_phone"),
        ..center.contact
    };
    let put = |map: &mut BTreeMap<String, String>, tag: &str, text: String| {
        if text.is_empty() {
            map.remove(tag);
        } else {
            map.insert(tag.to_owned(), text);
        }
    };
    put(&mut contact.hours, "ja", take("hours_ja"));
    put(&mut contact.hours, "en", take("hours_en"));
    put(&mut contact.names, "en", take("name_en"));
    desk.set_contact(contact).await?;
    Ok(go("/center?done=saved"))
}

/// A full-width digit, plus sign or hyphen as its half-width twin.
fn half_width(c: char) -> char {
    match c {
        '０'..='９' => {
            char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c)
        }
        '＋' => '+',
        '－' | '−' | '‐' | 'ー' => '-',
        '（' => '(',
        '）' => ')',
        other => other,
    }
}
