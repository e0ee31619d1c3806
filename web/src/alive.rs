//! For whoever watches over the process: whether it is there, and whether it should be sent people.

use crate::visit::Visit;
use app::Readiness;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// The process is there.
pub(crate) async fn healthy() -> &'static str {
    "ok\n"
}

/// The process can do its work and will go on doing it.
pub(crate) async fn ready(visit: Visit) -> Response {
    let not_ready = |why: &'static str| (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    match visit.site.app.system_desk().readiness().await {
        Readiness::Ready => "ok\n".into_response(),
        Readiness::Leaving => not_ready("this process is about to stop\n"),
        Readiness::NoStore => not_ready("the store does not answer\n"),
        Readiness::StoreTakesNothing => not_ready("the store takes no writes\n"),
    }
}
