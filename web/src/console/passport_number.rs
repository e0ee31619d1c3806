//! Changing a passport number, which only the center can do once it stands.

use super::case::{CaseForms, case_page};
use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing};
use crate::visit::Staff;
use app::case_registration::CaseView;
use axum::extract::Path;
use domain::ids::CaseId;
use domain::passport_number::PassportNumberError;

/// The field, with what stands or with what was typed.
pub(super) fn passport_field(
    page: &mut Page,
    view: &CaseView,
    typed: Option<(&str, PassportNumberError)>,
) -> TextField {
    let stands = view.passport.as_ref().map_or("", |number| number.expose());
    let problem = typed.and_then(|(_, error)| {
        let sentence = page.say(match error {
            PassportNumberError::Empty => "problem-passport-empty",
            PassportNumberError::OtherCharacters => "problem-passport-other",
            PassportNumberError::WrongLength => "problem-passport-length",
        });
        page.problem("passport_number", sentence)
    });
    TextField::new("passport_number", page.say("passport-number"))
        .hint(page.say("console-case-passport-remove-hint"))
        .value(typed.map_or(stands, |(text, _)| text))
        .problem(problem)
        .class("w-code")
}

/// The address of an answer with a problem, loaded again.
pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.case(case).await? {
        Some(_) => go(&format!("/cases/{case}")),
        None => missing(&visit),
    })
}

pub(super) async fn save(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let typed = form.text("passport_number");
    let problem = match desk.set_passport(case, typed).await? {
        Ok(true) if typed.trim().is_empty() => {
            return Ok(go(&format!("/cases/{case}?done=passport-removed")));
        }
        Ok(true) => return Ok(go(&format!("/cases/{case}?done=passport"))),
        Ok(false) => return Ok(missing(&visit)),
        Err(problem) => problem,
    };
    let forms = CaseForms {
        passport: Some((typed.to_owned(), problem)),
        ..CaseForms::default()
    };
    case_page(&visit, &desk, case, forms).await
}
