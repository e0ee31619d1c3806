//! Printing a brochure.

use crate::page::{Answer, Page, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::brochure::{Brochures, Part, WithoutPhone};
use askama::Template;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use domain::ids::CaseId;
use domain::staff_role::Right;

#[derive(Template)]
#[template(path = "console/brochure_unnamed.html")]
struct UnnamedPage {
    page: Page,
    /// The address of the form with the spellings, and the name.
    people: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "console/brochure_no_phone.html")]
struct NoPhonePage {
    page: Page,
    text: String,
    /// Whether the reader can enter the number.
    may_set: bool,
    anyway: String,
}

/// What to do where the center has no phone number: whoever has read so may print all the same.
pub(super) fn without_phone(visit: &Visit) -> WithoutPhone {
    match visit.query("by-hand") {
        Some(_) => WithoutPhone::WriteByHand,
        None => WithoutPhone::Ask,
    }
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
        Brochures::NoPhone(center) => {
            let page = Page::new(visit, "brochure-unnamed-title").back_to("/cases");
            let name = center.name_in(page.tag());
            Ok(render(&NoPhonePage {
                text: page.with1("brochure-no-phone-lead", "center", name),
                may_set: desk.may(Right::ManageCenter) && desk.lacks_phone,
                anyway: match part {
                    Some(part) => format!("{}?part={}&by-hand=1", visit.uri.path(), part.number),
                    None => format!("{}?by-hand=1", visit.uri.path()),
                },
                page,
            }))
        }
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
    let brochures = desk.brochure(case, without_phone(&visit)).await?;
    printed(&visit, &desk, brochures, None).await
}
