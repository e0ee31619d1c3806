//! The console of a health center.
use crate::routes::{Policy, Route, get};
/// All routes of the console.
pub(crate) fn routes() -> Vec<Route> {
    vec![get("/healthz", Policy::Public, crate::portal::healthy)]
}
