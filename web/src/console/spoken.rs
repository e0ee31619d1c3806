//! The button at the top of a form that shows it in another language, with all that was typed: a link would lead to an empty one.

pub(super) use crate::spoken::kept;

use crate::form::Form;
use crate::spoken::asked_by_visitor;
use crate::visit::Visit;
use app::{Error, StaffDesk};
use domain::language::Language;

/// The language that was asked for; the visit goes on in it, and nothing else of the form is done.
pub(super) async fn asked(
    visit: &mut Visit,
    desk: &StaffDesk,
    form: &Form,
) -> Result<Option<Language>, Error> {
    let language = asked_by_visitor(visit, form);
    if let Some(language) = language {
        desk.set_language(language).await?;
    }
    Ok(language)
}
