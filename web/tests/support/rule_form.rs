//! The form that changes a rule, as a browser fills it in and sends it.

use crate::browser::{Browser, Page};
use crate::typing::Filled;

/// Names and values, in their order.
pub type Fields = Vec<(String, String)>;

/// The fields of the form that changes a rule, as a browser would send them.
pub fn fields(page: &Page) -> Fields {
    Filled::of(page, &page.form_that_begins_with("/rules/")).0
}

/// Somebody types into some fields, and leaves the others.
pub fn over(mut all: Fields, typed: &[(&str, &str)]) -> Fields {
    for (name, value) in typed {
        all.retain(|(other, _)| other != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    all
}

/// Presses the button of the form that changes a rule of this kind.
pub async fn sends(nurse: &mut Browser, kind: &str, form: &Fields) -> Page {
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    nurse.posts(&format!("/rules/{kind}"), &form).await
}
