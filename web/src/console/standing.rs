//! What a person's page that stands open says of what happened since: it is told beside what somebody reads or types, and
//! touches none of that.

use super::words::level;
use crate::page::{Answer, Page, missing, show as render};
use crate::visit::Staff;
use app::alerts::{Alert, Standing};
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;
use i18n::Words;

#[derive(Template)]
#[template(path = "console/standing.html")]
struct StandingPage {
    page: Page,
    case: String,
    told: Vec<String>,
}

/// The address that tells what happened since a page showed this.
pub(super) fn address(case: &str, alert: Option<&Alert>, reports: i32) -> String {
    let alert = alert.map_or(String::new(), Alert::state);
    format!("/cases/{case}/standing?alert={alert}&reports={reports}")
}

/// What happened, in words. `seen`: the state of the alert that the page shows, empty where it shows none; and how many
/// reports.
fn told(t: &Words, stands: &Standing, (seen, reports): (&str, i32)) -> Vec<String> {
    let mut told = Vec::new();
    if stands.reports > reports {
        told.push(t.say("standing-report"));
    }
    let id = |state: &str| state.split(':').next().map(str::to_owned);
    match &stands.alert {
        None if !seen.is_empty() => told.push(t.say("standing-ended")),
        Some(alert) if alert.state() != seen => {
            if id(&alert.state()) != id(seen) {
                let level = level(t, alert.level).unwrap_or_default();
                told.push(t.with1("standing-raised", "level", level));
            }
            match &alert.taken_by {
                Some(_) if alert.is_mine => {}
                Some(name) => told.push(t.with1("standing-taken", "name", name)),
                // One that came just now waits for somebody, too.
                None => told.push(t.say("standing-free")),
            }
        }
        _ => {}
    }
    told
}

/// What happened since, for a page that asks for itself.
pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let Some(stands) = desk.standing(case).await? else {
        return Ok(missing(&visit));
    };
    let seen = visit.query("alert").unwrap_or_default();
    let reports = visit.query("reports").and_then(|text| text.parse().ok());
    let page = Page::new(&visit, "standing-title").back_to(format!("/cases/{case}"));
    Ok(render(&StandingPage {
        told: told(page.t, &stands, (&seen, reports.unwrap_or(i32::MAX))),
        case: case.to_string(),
        page,
    }))
}
