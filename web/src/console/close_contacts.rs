//! Close contacts: registering one from a case, and one who falls ill.

use super::case::{CaseForms, case_page};
use super::case_registration::{
    CaseFields, alike_page, asks_number, fields_with_day, read_case, says_the_same, sure_of,
    used_by,
};
use super::meanwhile::{Was, as_it_came, was};
use super::person::changed_fields;
use super::written_along::{Along, fields_along};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_registration::{CaseField, CaseProblem, CaseView, RegisterCase, Sure, TypedCase};
use app::close_contacts::{FellIll, TypedIll};
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;
use i18n::Words;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "console/contact_new.html")]
struct ContactPage {
    page: Page,
    /// Whether a number is asked back, and whether it was said to be right.
    asks_number: Option<bool>,
    case: String,
    key: String,
    name: String,
    /// What the fields held when the form was shown first.
    was: Was,
    warning: Option<String>,
    /// The address of whom the form has registered already, and what is said of that.
    used: Option<(String, String)>,
    fields: CaseFields,
    /// Whether a day is asked back.
    asks_days: bool,
    days_are_right: bool,
    /// Whether a name that looks as if it were not known is asked back.
    asks_name: bool,
    name_is_right: bool,
}

async fn contact_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    sent: (Option<(&TypedCase, &Form)>, Uuid),
    problems: &[(CaseField, CaseProblem)],
) -> Answer {
    contact_page_beside(visit, desk, case, sent, problems, None).await
}

/// `used`: whom the form has registered already.
async fn contact_page_beside(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    (sent, key): (Option<(&TypedCase, &Form)>, Uuid),
    problems: &[(CaseField, CaseProblem)],
    used: Option<&CaseView>,
) -> Answer {
    let Some(view) = desk.case(case).await? else {
        return Ok(missing(visit));
    };
    let mut page = Page::new(visit, "close-new-title").back_to(format!("/cases/{case}"));
    // Households share the phone and the address; who does not has another one typed over it. The contact is registered at the
    // center that follows the case, so nobody learns an address here who may not read it on the page of the case.
    let lives = desk.address_of(case).await?.address;
    let usual = TypedCase {
        phone: (view.phone.as_ref())
            .map(|phone| phone.expose().clone())
            .unwrap_or_default(),
        address: lives
            .map(|address| address.into_inner())
            .unwrap_or_default(),
        language: view.language.clone(),
        ..TypedCase::default()
    };
    let (typed, was) = match sent {
        Some((typed, form)) => (typed, as_it_came(form)),
        None => {
            let filled = [
                (CaseField::Phone.name(), usual.phone.as_str()),
                (CaseField::Address.name(), usual.address.as_str()),
                (CaseField::Language.name(), usual.language.as_str()),
            ];
            (&usual, was(filled))
        }
    };
    // Where a record was chosen as the same person and nothing is wrong with what was typed, that record is gone.
    let is_gone = |(_, form): &(_, &Form)| form.has("same_as") && problems.is_empty();
    let warning = sent
        .filter(is_gone)
        .map(|_| page.say("close-same-elsewhere"));
    let mut fields = fields_with_day(&mut page, typed, problems, "close-last-contact");
    fields.illness.truncate(1);
    let name = view.member.name_in(page.tag()).to_owned();
    say_whose(&page, &mut fields, &usual, &name);
    Ok(render(&ContactPage {
        asks_number: asks_number(typed, problems),
        case: case.to_string(),
        key: key.to_string(),
        used: used.map(|view| used_by(&page, view)),
        name,
        was,
        warning,
        asks_days: typed.days_are_right || problems.iter().any(|(_, p)| p.is_question()),
        days_are_right: typed.days_are_right,
        asks_name: typed.name_is_right || problems.iter().any(|(_, p)| p.asks_name()),
        name_is_right: typed.name_is_right,
        fields,
        page,
    }))
}

/// Says beside what is filled in from the case that it is, so that no contact gets an address that nobody looked at.
fn say_whose(page: &Page, fields: &mut CaseFields, usual: &TypedCase, name: &str) {
    let household = page.with1("close-new-household", "name", name);
    for field in &mut fields.person {
        let filled = match field.name.as_str() {
            name if name == CaseField::Phone.name() => &usual.phone,
            name if name == CaseField::Address.name() => &usual.address,
            _ => continue,
        };
        if !filled.is_empty() && field.value == *filled {
            // In place of the example, of which the number that stands there is a better one.
            field.hint.clone_from(&household);
        }
    }
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let key = desk.new_form_key();
    contact_page(&visit, &desk, case, (None, key), &[]).await
}

/// A contact who was being registered while another center took the case over: who it is goes there as a note.
async fn along(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    (form, typed): (&Form, &mut TypedCase),
) -> Answer {
    let t = i18n::words(visit.language);
    let along = Along {
        key: form.text("key").to_owned(),
        done: t.say("written-along-contact"),
        fields: changed_fields(t, desk, (form, typed), "close-last-contact"),
    };
    fields_along(visit, desk, case, along).await
}

pub(super) async fn register(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let mut typed = read_case(&form);
    if desk.case(case).await?.is_none() {
        return along(&visit, &desk, case, (&form, &mut typed)).await;
    }
    let key = form
        .text("key")
        .parse()
        .unwrap_or_else(|_| desk.new_form_key());
    if form.has("change") {
        return contact_page(&visit, &desk, case, (Some((&typed, &form)), key), &[]).await;
    }
    match desk
        .register_contact(case, &typed, key, sure_of(&form))
        .await?
    {
        // Only the record that was chosen as the same person is followed elsewhere now.
        None if desk.case(case).await?.is_some() => {
            contact_page(&visit, &desk, case, (Some((&typed, &form)), key), &[]).await
        }
        None => along(&visit, &desk, case, (&form, &mut typed)).await,
        Some(RegisterCase::Alike(alike)) => Ok(alike_page(
            (&visit, &desk),
            (&typed, Some(case)),
            key,
            (&alike, None),
        )),
        Some(RegisterCase::Noted(contact)) => {
            Ok(go(&format!("/cases/{contact}?done=contact-noted")))
        }
        Some(RegisterCase::FollowedAgain(contact)) => {
            Ok(go(&format!("/cases/{contact}?done=contact-followed")))
        }
        Some(RegisterCase::Registered(contact)) => match desk.case(contact).await? {
            // The key says "the same form", what is typed says "somebody else".
            Some(stands) if sure_of(&form) == Sure::Ask && !says_the_same(&stands, &typed) => {
                let key = desk.new_form_key();
                let sent = (Some((&typed, &form)), key);
                contact_page_beside(&visit, &desk, case, sent, &[], Some(&stands)).await
            }
            _ => Ok(go(&format!("/cases/{contact}?done=registered"))),
        },
        Some(RegisterCase::Problems(problems)) => {
            contact_page(&visit, &desk, case, (Some((&typed, &form)), key), &problems).await
        }
    }
}

/// The address of a form without its form.
pub(super) async fn show_fell_ill(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.case(case).await? {
        Some(_) => go(&format!("/cases/{case}")),
        None => missing(&visit),
    })
}

/// What was typed of somebody who fell ill, with the labels: the days, and what was told of the person when they were to be
/// registered anew.
fn ill_words(
    t: &Words,
    desk: &StaffDesk,
    (form, typed): (&Form, &mut TypedIll),
) -> Vec<(String, String)> {
    let mut fields = vec![
        (t.say("console-onset-on"), typed.onset_on.clone()),
        (t.say("console-diagnosed-on"), typed.diagnosed_on.clone()),
    ];
    let told = (form, &mut typed.told);
    fields.extend(changed_fields(t, desk, told, "console-diagnosed-on"));
    fields
}

/// That somebody fell ill, noted while another center took the case over: the days, and what was told of the person when it
/// was to be registered anew, go there as a note.
async fn ill_along(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    (form, typed): (&Form, &mut TypedIll),
) -> Answer {
    let t = i18n::words(visit.language);
    let along = Along {
        done: t.say("written-along-fell-ill"),
        fields: ill_words(t, desk, (form, typed)),
        ..Along::default()
    };
    fields_along(visit, desk, case, along).await
}

pub(super) async fn fell_ill(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let mut typed = TypedIll {
        diagnosed_on: form.text("ill_diagnosed_on").to_owned(),
        onset_on: form.text("ill_onset_on").to_owned(),
        days_are_right: form.has("ill_days_are_right"),
        told: read_case(&form),
    };
    let version = form.text("version").parse().unwrap_or(0);
    Ok(match desk.fell_ill(case, &typed, version).await? {
        FellIll::Case => go(&format!("/cases/{case}?done=fell-ill")),
        FellIll::ChangedMeanwhile => {
            // Where a colleague has noted it first there is no such form any more, in which it would stand.
            let forms = match desk.case(case).await? {
                Some(view) if !view.member.is_contact => CaseForms {
                    ill_before: ill_words(i18n::words(visit.language), &desk, (&form, &mut typed)),
                    ..CaseForms::default()
                },
                _ => CaseForms {
                    ill: Some((typed, Vec::new())),
                    changed_meanwhile: true,
                    ..CaseForms::default()
                },
            };
            return case_page(&visit, &desk, case, forms).await;
        }
        FellIll::NoSuchCase => return ill_along(&visit, &desk, case, (&form, &mut typed)).await,
        FellIll::Problems(problems) => {
            let forms = CaseForms {
                ill: Some((typed, problems)),
                ..CaseForms::default()
            };
            return case_page(&visit, &desk, case, forms).await;
        }
    })
}
