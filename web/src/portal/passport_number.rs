//! Entering the passport number during the first log-in.

use super::sign_in::of_another;
use super::spoken;
use crate::fields::{ContactCard, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Family, Visit};
use app::PatientDesk;
use app::family::{Member, PassportState};
use app::passport_number::EnterPassport;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::CaseId;
use domain::passport_number::PassportNumberError;

#[derive(Template)]
#[template(path = "portal/passport.html")]
struct PassportPage {
    page: Page,
    lead: String,
    case: String,
    /// The field, and the word of the form.
    field: Option<(TextField, String)>,
    contact: ContactCard,
}

/// What came with a form.
#[derive(Default)]
struct Typed<'a> {
    number: &'a str,
    /// The word of the form.
    form: &'a str,
    /// Whether the number was not saved, because another one stands.
    is_not_saved: bool,
}

fn form_page(
    visit: &Visit,
    desk: &PatientDesk,
    member: &Member,
    typed: &Typed<'_>,
    problem: Option<PassportNumberError>,
) -> Response {
    let mut page = Page::new(visit, "enter-passport").back_to("/");
    let form = desk.passport_form(member, typed.form);
    if form.is_some() {
        page.form = Some("passport");
    }
    let name = &*member.told_in(page.tag());
    let problem = problem.and_then(|error| {
        let sentence = page.say(match error {
            PassportNumberError::Empty => "problem-passport-empty",
            PassportNumberError::OtherCharacters => "problem-passport-other",
            PassportNumberError::WrongLength => "problem-passport-length",
        });
        page.problem("passport_number", sentence)
    });
    let lead = match member.passport {
        PassportState::Entered if typed.is_not_saved => "passport-not-saved",
        PassportState::Ask => "passport-lead",
        PassportState::Entered => "passport-entered",
        PassportState::ContactCenter if form.is_some() => "passport-lead",
        PassportState::ContactCenter => "passport-late",
        PassportState::NotNeeded => "passport-not-needed",
    };
    let field = form.map(|form| {
        let field = TextField::new("passport_number", page.say("passport-number"))
            .hint(page.say("passport-hint"))
            .value(typed.number)
            .problem(problem)
            .class("w-code");
        (field, form)
    });
    render(&PassportPage {
        lead: page.with1(lead, "name", name),
        case: member.case.to_string(),
        field,
        contact: ContactCard::new(page.t, &member.center),
        page,
    })
}

pub(super) async fn show(Family(visit, desk): Family, Path(member): Path<String>) -> Answer {
    let Ok(case) = member.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.member(case).await? {
        Some(member) => form_page(&visit, &desk, &member, &Typed::default(), None),
        None => missing(&visit),
    })
}

pub(super) async fn enter(family: Family, Path(member): Path<String>, form: Form) -> Answer {
    if family.is_of_another(&form) {
        return Ok(of_another(&family.0, &form));
    }
    let Family(mut visit, desk) = family;
    let Ok(case) = member.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let typed = Typed {
        number: form.text("passport_number"),
        form: form.text("form"),
        is_not_saved: false,
    };
    if let Some(language) = spoken::asked(&mut visit, &desk, &form).await? {
        return Ok(match desk.member(case).await? {
            Some(member) => spoken::kept(form_page(&visit, &desk, &member, &typed, None), language),
            None => missing(&visit),
        });
    }
    let mut typed = typed;
    let problem = match desk.enter_passport(case, typed.number, typed.form).await? {
        EnterPassport::Entered => return Ok(go("/?done=passport")),
        EnterPassport::NoSuchMember => return Ok(missing(&visit)),
        EnterPassport::ContactCenter => return Ok(go(&format!("/passport/{case}"))),
        EnterPassport::AnotherStands => {
            typed.is_not_saved = true;
            None
        }
        EnterPassport::Problem(problem) => Some(problem),
    };
    Ok(match desk.member(case).await? {
        Some(member) => form_page(&visit, &desk, &member, &typed, problem),
        None => missing(&visit),
    })
}
