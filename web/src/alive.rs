//! For whoever watches over the process: whether it is there, and whether it can do its work.

use crate::visit::Visit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// The process is there.
pub(crate) async fn healthy() -> &'static str {
    "ok\n"
}

/// The process can do its work: the store answers.
pub(crate) async fn ready(visit: Visit) -> Response {
    if visit.site.app.system_desk().is_ready().await {
        "ok\n".into_response()
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer\n",
        )
            .into_response()
    }
}
