//! Close contacts: registering one from a case, and one who falls ill.

use super::case::{CaseForms, case_page};
use super::case_registration::{CaseFields, alike_page, fields_with_day, read_case, sure_of};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_registration::{CaseField, CaseProblem, RegisterCase, TypedCase};
use app::close_contacts::{FellIll, TypedIll};
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "console/contact_new.html")]
struct ContactPage {
    page: Page,
    case: String,
    key: String,
    name: String,
    fields: CaseFields,
    /// Whether a day is asked back.
    asks_days: bool,
    days_are_right: bool,
}

async fn contact_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    (typed, key): (Option<&TypedCase>, Uuid),
    problems: &[(CaseField, CaseProblem)],
) -> Answer {
    let Some(view) = desk.case(case).await? else {
        return Ok(missing(visit));
    };
    let mut page = Page::new(visit, "close-new-title").back_to(format!("/cases/{case}"));
    // Households share the phone; who does not has another one typed over it.
    let usual = TypedCase {
        phone: view.phone.expose().clone(),
        language: view.language.clone(),
        ..TypedCase::default()
    };
    let typed = typed.unwrap_or(&usual);
    let mut fields = fields_with_day(&mut page, typed, problems, "close-last-contact");
    fields.illness.truncate(1);
    Ok(render(&ContactPage {
        case: case.to_string(),
        key: key.to_string(),
        name: view.member.name_in(page.tag()).to_owned(),
        asks_days: typed.days_are_right || problems.iter().any(|(_, p)| p.is_question()),
        days_are_right: typed.days_are_right,
        fields,
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let key = desk.new_form_key();
    contact_page(&visit, &desk, case, (None, key), &[]).await
}

pub(super) async fn register(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let typed = read_case(&form);
    let key = form
        .text("key")
        .parse()
        .unwrap_or_else(|_| desk.new_form_key());
    if form.has("change") {
        return contact_page(&visit, &desk, case, (Some(&typed), key), &[]).await;
    }
    match desk
        .register_contact(case, &typed, key, sure_of(&form))
        .await?
    {
        None => Ok(missing(&visit)),
        Some(RegisterCase::Alike(alike)) => Ok(alike_page(
            (&visit, &desk),
            (&typed, Some(case)),
            key,
            (&alike, None),
        )),
        Some(RegisterCase::Noted(contact)) => {
            Ok(go(&format!("/cases/{contact}?done=contact-noted")))
        }
        Some(RegisterCase::Registered(contact)) => {
            Ok(go(&format!("/cases/{contact}?done=registered")))
        }
        Some(RegisterCase::Problems(problems)) => {
            contact_page(&visit, &desk, case, (Some(&typed), key), &problems).await
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

pub(super) async fn fell_ill(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let typed = TypedIll {
        diagnosed_on: form.text("ill_diagnosed_on").to_owned(),
        onset_on: form.text("ill_onset_on").to_owned(),
        days_are_right: form.has("ill_days_are_right"),
        told: read_case(&form),
    };
    let version = form.text("version").parse().unwrap_or(0);
    Ok(match desk.fell_ill(case, &typed, version).await? {
        FellIll::Case => go(&format!("/cases/{case}?done=fell-ill")),
        FellIll::ChangedMeanwhile => {
            let forms = CaseForms {
                ill: Some((typed, Vec::new())),
                changed_meanwhile: true,
                ..CaseForms::default()
            };
            return case_page(&visit, &desk, case, forms).await;
        }
        FellIll::NoSuchCase => missing(&visit),
        FellIll::Problems(problems) => {
            let forms = CaseForms {
                ill: Some((typed, problems)),
                ..CaseForms::default()
            };
            return case_page(&visit, &desk, case, forms).await;
        }
    })
}
