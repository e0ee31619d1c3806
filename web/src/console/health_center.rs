//! How people reach the center: what they are shown when they are ill.

use super::meanwhile::{Now, Was, as_it_came, beside, settle, was};
use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::health_center::{
    BUILT_IN_NAME, CONTACT_LENGTH, Contact, ContactProblem, HeldContact, contact_problem,
};
use app::place_settings::SetPlace;
use app::staff::NewStaff;
use askama::Template;
use domain::staff_role::Right;
use std::collections::BTreeMap;

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
    warning: Option<String>,
    /// How often the contact was written, and what the fields held when the form was made.
    seen: String,
    was: Was,
    name: String,
    /// Where the name is changed, for whoever may.
    rename: Option<String>,
    /// Whether it is the one that the program came with.
    unnamed: bool,
    fields: Vec<TextField>,
    /// Since when and by whom, and the fields.
    history: Vec<(String, Vec<(String, String)>)>,
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
    contact_problem(name, text).map(|problem| match problem {
        ContactProblem::Phone => "problem-contact-phone",
        ContactProblem::Long => "problem-contact-long",
    })
}

/// How the form came to be shown.
enum Shown {
    /// For the first time.
    Fresh,
    /// With a problem: as it came.
    Again(String, Was),
    /// Somebody else has saved meanwhile: what stands now, where it differs from what was typed.
    Meanwhile(Now),
}

async fn form_page(visit: &Visit, desk: &StaffDesk, texts: &Texts, shown: Shown) -> Answer {
    let center = desk.health_center().await?;
    let (held, version) = desk.contact_history().await?;
    let mut page = Page::new(visit, "console-center-title").back_to("/");
    let most = i64::try_from(CONTACT_LENGTH).unwrap_or(i64::MAX);
    let mut fields_shown = Vec::new();
    for (id, label, hint) in FIELDS {
        let text = texts.get(id).map_or("", String::as_str);
        let key = if matches!(shown, Shown::Again(..)) {
            problem_of(id, text)
        } else {
            None
        };
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
        fields_shown.push(field);
    }
    let t = page.t;
    let mut warning = None;
    let (seen, was) = match shown {
        Shown::Again(seen, was) => (seen, was),
        Shown::Fresh | Shown::Meanwhile(_) => {
            let stands = texts_of(&center.contact);
            let fields = stands.iter().map(|(name, text)| (*name, text.as_str()));
            if let Shown::Meanwhile(now) = &shown {
                warning = Some(t.say("changed-meanwhile-fields"));
                beside(&mut fields_shown, now, |value| match value {
                    "" => t.with1("stands-now", "value", t.say("correction-nothing")),
                    value => t.with1("stands-now", "value", value),
                });
            }
            (version.to_string(), was(fields))
        }
    };
    let line = |one: &HeldContact| {
        let by = one.by.clone().unwrap_or_else(|| t.say("rule-by-operator"));
        let when = moment(t, &center.time_zone, one.at);
        let texts = texts_of(&one.contact);
        let rows = FIELDS
            .into_iter()
            .map(|(id, label, _)| (t.say(label), texts.get(id).cloned().unwrap_or_default()))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        (t.with2("by-at", "name", by, "when", when), rows)
    };
    Ok(render(&CenterPage {
        history: held.iter().map(line).collect(),
        notice: (visit.query("done").is_some()).then(|| page.say("console-center-saved")),
        rename: desk
            .may(Right::ManageStaff)
            .then(|| format!("/places/{}", NewStaff::place_of(center.id))),
        unnamed: center.name == BUILT_IN_NAME,
        name: center.name,
        warning,
        seen,
        was,
        fields: fields_shown,
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    let center = desk.health_center().await?;
    let texts = texts_of(&center.contact);
    form_page(&visit, &desk, &texts, Shown::Fresh).await
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
    let mut texts: Texts = FIELDS
        .into_iter()
        .map(|(name, ..)| (name, typed(name)))
        .collect();
    if texts
        .iter()
        .any(|(name, text)| problem_of(name, text).is_some())
    {
        let again = Shown::Again(form.text("seen").to_owned(), as_it_came(&form));
        return form_page(&visit, &desk, &texts, again).await;
    }
    let take = |name: &str| texts.get(name).cloned().unwrap_or_default();
    let mut contact = Contact {
        phone: take("phone"),
        night_phone: take("night_phone"),
        ..center.contact.clone()
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
    let seen = form.text("seen").parse().unwrap_or(0);
    if desk.set_contact(contact, Some(seen)).await? == SetPlace::ChangedMeanwhile {
        let (stands, mut now) = (texts_of(&desk.health_center().await?.contact), Now::new());
        for (name, mine) in &mut texts {
            let stands = stands.get(name).map_or("", String::as_str);
            settle(&form, name, mine, stands, &mut now);
        }
        return form_page(&visit, &desk, &texts, Shown::Meanwhile(now)).await;
    }
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
