//! A browser that keeps no cookie: without one nobody can be led through signing up or in, and where that is not said, the
//! same page comes again and again.

use crate::page::{Answer, simple};
use crate::visit::Visit;

/// The part of an address by which a form leads on that came without any cookie of ours: where none comes along there
/// either, the browser keeps none.
const MARK: &str = "kept";

/// Where a form leads on: marked, where a cookie would have come along that the form's page had set.
pub(super) fn marked(address: &str, came_along: bool) -> String {
    let sign = if address.contains('?') { '&' } else { '?' };
    match came_along {
        true => address.to_owned(),
        false => format!("{address}{sign}{MARK}=1"),
    }
}

/// Whether a form has led here that came without any cookie of ours.
pub(super) fn is_marked(visit: &Visit) -> bool {
    visit.query(MARK).is_some()
}

/// What helps.
pub(crate) async fn page(visit: &Visit) -> Answer {
    let keys = ["no-cookies-text", "no-cookies-again", "no-cookies-phone"];
    simple(visit, "no-cookies-title", &keys).await
}
