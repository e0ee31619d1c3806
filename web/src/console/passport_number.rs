//! Changing a passport number, which only the center can do once it stands.

use super::case::{CaseForms, case_page};
use super::meanwhile::is_changed;
use super::written_along::{Along, fields_along};
use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_registration::CaseView;
use axum::extract::Path;
use domain::ids::CaseId;
use domain::passport_number::PassportNumberError;

/// What the field is called.
pub(super) const PASSPORT: &str = "passport_number";

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
        page.problem(PASSPORT, sentence)
    });
    TextField::new(PASSPORT, page.say("passport-number"))
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

/// A number that was being typed while another center took the case over: it goes there as a note.
async fn along(visit: &Visit, desk: &StaffDesk, case: CaseId, form: &Form) -> Answer {
    let t = i18n::words(visit.language);
    let said = match form.text(PASSPORT).trim() {
        // What only stood there was typed by nobody.
        _ if !is_changed(form, PASSPORT) => String::new(),
        "" => t.say("correction-nothing"),
        typed => typed.to_owned(),
    };
    let along = Along {
        done: t.say("written-along-passport"),
        fields: vec![(t.say("passport-number"), said)],
        ..Along::default()
    };
    fields_along(visit, desk, case, along).await
}

pub(super) async fn save(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let typed = form.text(PASSPORT);
    if desk.case(case).await?.is_none() {
        return along(&visit, &desk, case, &form).await;
    }
    let problem = match desk.set_passport(case, typed).await? {
        Ok(true) => {
            let done = match typed.trim().is_empty() {
                true => "passport-removed",
                false => "passport",
            };
            return Ok(go(&match desk.kept_record(case).await? {
                Some(kept) => format!("/cases/{kept}?done={done}&under={case}"),
                None => format!("/cases/{case}?done={done}"),
            }));
        }
        Ok(false) => return along(&visit, &desk, case, &form).await,
        Err(problem) => problem,
    };
    let forms = CaseForms {
        passport: Some((typed.to_owned(), problem)),
        ..CaseForms::default()
    };
    case_page(&visit, &desk, case, forms).await
}
