//! The button at the top of a form that shows it in another language, with all that was typed.

pub(super) use crate::spoken::{asked_by_visitor, kept};

use crate::form::Form;
use crate::page::Answer;
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
    let language = asked_by_visitor(visit, form);
    if let Some(language) = language {
        desk.set_language(language).await?;
    }
    Ok(language)
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
