//! Printing a brochure.

use crate::page::{Answer, missing};
use crate::visit::Staff;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use domain::ids::CaseId;

pub(super) async fn print(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let Some(pdf) = desk.brochure(case).await? else {
        return Ok(missing(&visit));
    };
    // The file's name says nothing about anybody.
    let name = "inline; filename=\"brochure.pdf\"";
    let headers = [
        (CONTENT_TYPE, "application/pdf"),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, pdf).into_response())
}
