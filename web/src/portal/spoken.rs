//! The button at the top of a form that shows it in another language, with all that was typed.

use crate::cookies;
use crate::form::Form;
use crate::page::{Answer, with_cookie};
use crate::visit::Visit;
use app::{Error, PatientDesk};
use axum::response::Response;
use domain::language::Language;

/// The language that was asked for; the visit goes on in it, and nothing else of the form is done.
pub(super) async fn asked(
    visit: &mut Visit,
    desk: &PatientDesk,
    form: &Form,
) -> Result<Option<Language>, Error> {
    let language = Language::parse(form.text("switch_language"));
    if let Some(language) = language {
        visit.language = language;
        desk.set_language(language).await?;
    }
    Ok(language)
}

/// The same for a visitor who is not signed in.
pub(super) fn asked_by_visitor(visit: &mut Visit, form: &Form) -> Option<Language> {
    let language = Language::parse(form.text("switch_language"))?;
    visit.language = language;
    Some(language)
}

/// The page, where another language was asked for as one that keeps to it.
pub(super) fn kept_if(page: Response, language: Option<Language>) -> Response {
    match language {
        Some(language) => kept(page, language),
        None => page,
    }
}

/// The same of what may have broken.
pub(super) fn kept_if_any(answer: Answer, language: Option<Language>) -> Answer {
    Ok(kept_if(answer?, language))
}

/// The page, from which on the browser knows the language, too.
pub(super) fn kept(page: Response, language: Language) -> Response {
    with_cookie(page, &cookies::language(language))
}
