//! Printing a brochure.

use crate::page::{Answer, Page, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::brochure::{Brochures, Part};
use askama::Template;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use domain::ids::CaseId;

#[derive(Template)]
#[template(path = "console/brochure_unnamed.html")]
struct UnnamedPage {
    page: Page,
    /// The address of the form with the spellings, and the name.
    people: Vec<(String, String)>,
}

/// The file, or whose names cannot be printed. `part`: which of several files it is.
pub(super) async fn printed(
    visit: &Visit,
    desk: &StaffDesk,
    brochures: Brochures,
    part: Option<Part>,
) -> Answer {
    match brochures {
        Brochures::Pdf(pdf) => {
            // The file's name says nothing about anybody.
            let name = match part {
                Some(part) => {
                    let (first, last) = part.people;
                    format!("inline; filename=\"brochures-{first:05}-{last:05}.pdf\"")
                }
                None => "inline; filename=\"brochure.pdf\"".to_owned(),
            };
            let headers = [
                (CONTENT_TYPE, "application/pdf".to_owned()),
                (CONTENT_DISPOSITION, name),
            ];
            Ok((headers, pdf).into_response())
        }
        Brochures::NoSuchCase => Ok(missing(visit)),
        Brochures::Unnamed(cases) => {
            let page = Page::new(visit, "brochure-unnamed-title").back_to("/cases");
            let mut people = Vec::new();
            for case in cases {
                if let Some(view) = desk.case(case).await? {
                    let name = view.member.name_in(page.tag()).to_owned();
                    people.push((format!("/cases/{case}/person"), name));
                }
            }
            Ok(render(&UnnamedPage { page, people }))
        }
    }
}

pub(super) async fn print(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let brochures = desk.brochure(case).await?;
    printed(&visit, &desk, brochures, None).await
}
