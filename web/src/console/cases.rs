//! The list of cases, and searching in it. What is searched for may be a name, so it never stands in an address.

use super::notification::{LineView, line_view, zone_of};
use super::transfer::handed_over_words;
use super::words::{age_and_birthdate, day, ended, level, number, phone_words, reading_beside};
use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::case_registration::{CaseView, PAGE};
use askama::Template;
use axum::response::Response;
use domain::hersys_id::HersysId;
use i18n::Words;

struct Line {
    case: String,
    name: String,
    reading: Option<String>,
    /// The age and the birthdate, in words: people of one name are told apart before a record is opened.
    born: String,
    hersys_id: String,
    /// What a record says by which it was found, where that was merged into this one.
    under: Option<String>,
    diagnosed: String,
    day: String,
    /// That the person has died or is released.
    ended: Option<String>,
    account: String,
    latest: Option<String>,
    level: Option<String>,
    danger: bool,
    /// A contact who is not ill: the day is that of the last contact, and no diagnosis.
    is_contact: bool,
}

/// Under which number, name and phone somebody was registered, too, by which they were found, in words.
pub(super) fn found_under(t: &Words, view: &CaseView) -> Option<String> {
    let under = view.found_under.as_ref()?;
    let member = &under.member;
    let told = [
        ("id", (&member.hersys_id).into()),
        ("name", member.name_in(t.language.tag()).into()),
        ("phone", phone_words(t, &under.phone).into()),
    ];
    Some(t.with("merge-found-under", &told))
}

impl Line {
    fn new(t: &Words, view: &CaseView) -> Line {
        let member = &view.member;
        let account = if view.signed_up_at.is_some() {
            "console-yes"
        } else {
            "console-no"
        };
        let name = member.name_in(t.language.tag()).to_owned();
        Line {
            case: member.case.to_string(),
            reading: reading_beside(view, &name),
            name,
            born: age_and_birthdate(t, view.birthdate.expose(), member.today),
            hersys_id: member.hersys_id.clone(),
            under: found_under(t, view),
            diagnosed: t.date(member.diagnosed_on),
            day: day(t, member),
            ended: ended(t, member),
            account: t.say(account),
            latest: member
                .latest
                .map(|(at, _)| moment(t, &member.center.time_zone, at)),
            level: member.latest.and_then(|(_, urgent)| level(t, urgent)),
            is_contact: member.is_contact,
            danger: member.latest.is_some_and(|(_, urgent)| urgent.is_danger()),
        }
    }
}

#[derive(Template)]
#[template(path = "console/cases.html")]
struct CasesPage {
    page: Page,
    search: TextField,
    searched: bool,
    may_export: bool,
    health: bool,
    /// How many there are, or that there are none.
    told: String,
    more: Option<String>,
    lines: Vec<Line>,
    /// Where somebody went who is searched for and was followed here before.
    gone: Vec<String>,
    /// Notifications about whom is searched for that are no case yet: how many in words, and they.
    notified: Option<(String, Vec<LineView>)>,
    /// Which page of how many, where there are several.
    place: Option<String>,
    newer: Option<String>,
    older: Option<String>,
}

async fn list(visit: &Visit, desk: &app::StaffDesk, searched: &str, at: i64) -> Answer {
    let page = Page::new(visit, "console-cases-title");
    let (views, count) = desk.cases(searched, at).await?;
    let is_search = !searched.is_empty();
    if views.is_empty() && count > 0 && at > 0 {
        // The list has become shorter, or the address was typed.
        return Ok(go(&format!("/cases?page={}", (count - 1) / PAGE + 1)));
    }
    let id = HersysId::parse(searched, visit.site.app.id_lengths()).ok();
    let id = id.filter(|_| is_search && count == 0);
    let mut views = views;
    let mut taken_back = None;
    if let Some(id) = &id
        && let Some((at, view)) = desk.revoked_id(id).await?
    {
        let when = moment(page.t, &view.member.center.time_zone, at);
        taken_back = Some(page.with2("console-search-taken-back", "id", id.as_str(), "when", when));
        views.push(view);
    }
    let pages = if is_search {
        1
    } else {
        (count + PAGE - 1) / PAGE
    };
    let mut gone = Vec::new();
    if let Some(id) = &id {
        let found = desk.handed_over(Some(id.as_str())).await?;
        if !found.is_empty() {
            let zone = desk.health_center().await?.time_zone;
            let names = desk.place_names(page.tag()).await?;
            let words = |one| handed_over_words(page.t, &zone, &names, one);
            gone = found.iter().map(words).collect();
        }
    }
    let notified = match is_search {
        true => desk.notifications_sought(searched).await?,
        false => Vec::new(),
    };
    let notified = if notified.is_empty() {
        None
    } else {
        let zone = zone_of(visit, desk).await?;
        let words = page.with1("console-search-notified", "count", number(notified.len()));
        let lines = notified
            .iter()
            .map(|line| line_view(visit, page.t, &zone, line));
        Some((words, lines.collect()))
    };
    let told = match (is_search, count) {
        (true, 0) if let Some(text) = taken_back => text,
        (true, 0) if id.is_some() && gone.is_empty() => page.say("console-search-none-id"),
        (true, 0) => page.say("console-search-none"),
        (true, n) if n >= PAGE => page.with1("console-search-many", "most", PAGE),
        (true, n) => page.with1("console-search-found", "count", n),
        (false, 0) => page.say("console-cases-none"),
        (false, n) => page.with1("console-cases-count", "count", n),
    };
    Ok(render(&CasesPage {
        gone,
        notified,
        search: TextField::new("search", page.say("console-search-label")).value(searched),
        searched: is_search,
        may_export: desk.may(domain::staff_role::Right::Export) && desk.has_center(),
        health: desk.may(domain::staff_role::Right::SeeHealth),
        told,
        more: (is_search && count >= PAGE).then(|| page.with1("console-search-most", "most", PAGE)),
        lines: views.iter().map(|view| Line::new(page.t, view)).collect(),
        place: (pages > 1).then(|| page.with2("console-page-of", "page", at + 1, "pages", pages)),
        newer: (at > 0).then(|| format!("/cases?page={at}")),
        older: (at + 1 < pages).then(|| format!("/cases?page={}", at + 2)),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    let wished: i64 = visit
        .query("page")
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    list(&visit, &desk, "", wished.clamp(1, 1_000_000) - 1).await
}

/// The address of a search's answer, loaded again: what was searched for is not in it.
pub(super) async fn show_search(_: Staff) -> Response {
    go("/cases")
}

pub(super) async fn search(Staff(visit, desk): Staff, form: Form) -> Answer {
    let searched = form.text("search").trim();
    // Longer than any name or ID.
    let searched: String = searched.chars().take(100).collect();
    if searched.is_empty() {
        return Ok(go("/cases"));
    }
    list(&visit, &desk, &searched, 0).await
}
