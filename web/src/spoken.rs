//! The button at the top of a form that shows it in another language, with all that was typed: what both sites do about it.

use crate::cookies;
use crate::form::Form;
use crate::page::with_cookie;
use crate::visit::Visit;
use axum::response::Response;
use domain::language::Language;

/// The language that was asked for; the visit goes on in it.
pub(crate) fn asked_by_visitor(visit: &mut Visit, form: &Form) -> Option<Language> {
    let language = Language::parse(form.text("switch_language"))?;
    visit.language = language;
    Some(language)
}

/// The page, from which on the browser knows the language, too.
pub(crate) fn kept(page: Response, language: Language) -> Response {
    with_cookie(page, &cookies::language(language))
}
