//! A case with all that is known of it. Opening it marks its reports as read, and the person sees that.

use super::case_registration::language_name;
use super::passport_number::passport_field;
use super::status_report::ReportCard;
use super::words::{born, day};
use crate::fields::TextField;
use crate::page::{Answer, Page, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::case_registration::CaseView;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::CaseId;
use domain::passport_number::PassportNumberError;
use i18n::Words;

#[derive(Template)]
#[template(path = "console/case.html")]
struct CasePage {
    page: Page,
    notice: Option<String>,
    case: String,
    name: String,
    hersys_id: String,
    day: String,
    rows: Vec<(String, String)>,
    passport: TextField,
    /// Whether the part with the passport number is unfolded.
    open: bool,
    reports: Vec<ReportCard>,
}

/// What is registered: labels and values.
fn rows(t: &Words, view: &CaseView) -> Vec<(String, String)> {
    let none = || t.say("console-case-none");
    let member = &view.member;
    let zone = &member.center.time_zone;
    let mut rows = Vec::new();
    for (script, name) in &view.names {
        let label = match script.as_str() {
            "kana" => "console-name-kana",
            "latin" => "console-name-latin",
            _ => "console-name",
        };
        rows.push((t.say(label), name.expose().clone()));
    }
    let date = |day: Option<jiff::civil::Date>| day.map_or_else(none, |day| t.date(day));
    let passport = match &view.passport {
        Some(number) if view.passport_by_person => {
            t.with1("console-case-passport-by-person", "number", number.expose())
        }
        Some(number) => number.expose().clone(),
        None => none(),
    };
    let account = match view.claimed_at {
        Some(at) => t.with1("console-case-account-yes", "when", moment(t, zone, at)),
        None => t.say("console-case-account-no"),
    };
    rows.extend([
        (t.say("birthdate"), born(t, view.birthdate.expose())),
        (t.say("phone"), view.phone.expose().clone()),
        (
            t.say("console-language"),
            language_name(&view.language).to_owned(),
        ),
        (t.say("console-diagnosed-on"), t.date(member.diagnosed_on)),
        (t.say("console-onset-on"), date(member.onset_on)),
        (t.say("console-entered-on"), date(view.entered_japan_on)),
        (t.say("passport-number"), passport),
        (t.say("console-case-account"), account),
        (
            t.say("console-case-registered-at"),
            moment(t, zone, view.registered_at),
        ),
    ]);
    rows
}

/// The page of a case. `passport`: what was typed as its passport number, and what is wrong with it.
pub(super) fn case_page(
    visit: &Visit,
    view: &CaseView,
    passport: Option<(&str, PassportNumberError)>,
) -> Response {
    let mut page = Page::new(visit, "console-cases-title").back_to("/");
    let id = view.member.hersys_id.as_str();
    let title = page.with1("console-case-title", "id", id);
    let notice = match visit.query("done").as_deref() {
        Some("registered") => Some("console-case-registered"),
        Some("passport") => Some("console-case-passport-saved"),
        Some("passport-removed") => Some("console-case-passport-removed"),
        _ => None,
    };
    let field = passport_field(&mut page, view, passport);
    render(&CasePage {
        notice: notice.map(|key| page.say(key)),
        case: view.member.case.to_string(),
        name: view.member.name_in(page.tag()).to_owned(),
        hersys_id: id.to_owned(),
        day: day(page.t, &view.member),
        rows: rows(page.t, view),
        passport: field,
        open: passport.is_some(),
        reports: view
            .reports
            .iter()
            .map(|report| ReportCard::new(page.t, view, report, visit.site.app.clock.now()))
            .collect(),
        page: page.titled(title),
    })
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.open_case(case).await? {
        Some(view) => case_page(&visit, &view, None),
        None => missing(&visit),
    })
}
