//! The audit log of a person's record and of a staff member.

use super::case::audit_words;
use crate::page::{Answer, Page, missing, show as render};
use crate::visit::Staff;
use app::StaffDesk;
use app::audit::{AuditLine, MOST};
use askama::Template;
use axum::extract::Path;
use domain::ids::{CaseId, StaffId};
use jiff::tz::TimeZone;

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    page: Page,
    of: String,
    /// The line, and the case that it is about.
    lines: Vec<(String, Option<(String, String)>)>,
    most: Option<String>,
}

fn most(page: &Page, count: usize) -> Option<String> {
    let is_full = i64::try_from(count).is_ok_and(|count| count >= MOST);
    is_full.then(|| page.with1("audit-most", "most", MOST))
}

/// Puts the names of places for a reader into lines of the log.
pub(super) async fn name_places(
    desk: &StaffDesk,
    language: &str,
    lines: &mut [AuditLine],
) -> Result<(), app::Error> {
    let names = desk.place_names(language).await?;
    for place in lines.iter_mut().filter_map(|line| line.place.as_mut()) {
        names.put(place);
    }
    Ok(())
}

pub(super) async fn of_case(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let Some(view) = desk.case(case).await? else {
        return Ok(missing(&visit));
    };
    let mut lines = desk.audit_of_case(case, MOST).await?;
    let page = Page::new(&visit, "audit-title").back_to(format!("/cases/{case}"));
    name_places(&desk, page.tag(), &mut lines).await?;
    let zone = &view.member.center.time_zone;
    Ok(render(&AuditPage {
        of: format!(
            "{} ({})",
            view.member.name_in(page.tag()),
            view.member.hersys_id
        ),
        most: most(&page, lines.len()),
        lines: lines
            .iter()
            .map(|line| (audit_words(page.t, zone, line), None))
            .collect(),
        page,
    }))
}

pub(super) async fn of_staff(Staff(visit, desk): Staff, Path(staff): Path<String>) -> Answer {
    let Ok(staff) = staff.parse::<StaffId>() else {
        return Ok(missing(&visit));
    };
    let Some(colleague) = desk.colleague(staff).await? else {
        return Ok(missing(&visit));
    };
    let Some(mut lines) = desk.audit_of_staff(staff).await? else {
        return Ok(missing(&visit));
    };
    let page = Page::new(&visit, "audit-title").back_to("/staff");
    name_places(&desk, page.tag(), &mut lines).await?;
    // A prefecture has no clock of its own; its centers' is as good.
    let zone = desk
        .centers()
        .await?
        .first()
        .map_or(TimeZone::UTC, |center| center.time_zone.clone());
    Ok(render(&AuditPage {
        of: colleague.name,
        most: most(&page, lines.len()),
        lines: lines
            .iter()
            .map(|line| {
                let link = line.case.zip(line.hersys_id.clone());
                (
                    audit_words(page.t, &zone, line),
                    link.map(|(case, id)| (format!("/cases/{case}"), id)),
                )
            })
            .collect(),
        page,
    }))
}
