//! The button at the top of a form that shows it in another language, with all that was typed: a link would lead to an empty one.

use crate::cookies;
use crate::form::Form;
use crate::page::with_cookie;
use crate::visit::Visit;
use app::{Error, StaffDesk};
use axum::response::Response;
use domain::language::Language;

/// The language that was asked for; the visit goes on in it, and nothing else of the form is done.
pub(super) async fn asked(
    visit: &mut Visit,
    desk: &StaffDesk,
    form: &Form,
) -> Result<Option<Language>, Error> {
    let language = Language::parse(form.text("switch_language"));
    if let Some(language) = language {
        visit.language = language;
        desk.set_language(language).await?;
    }
    Ok(language)
}

/// The page, from which on the browser knows the language, too.
pub(super) fn kept(page: Response, language: Language) -> Response {
    with_cookie(page, &cookies::language(language))
}
