//! Paper for a car: those who are ticked in a list, or all of it, with where they are and room to write.

use super::lines::Wording;
use super::share_out::{picked, place_of};
use crate::console::case_registration::language_name;
use crate::console::words::condition;
use crate::form::Form;
use crate::page::{Answer, Page, missing, show as render};
use crate::reports::moment;
use crate::visit::Staff;
use app::case_registration::Address;
use app::monitoring::WorkItem;
use app::worklist::{List, MOST_PRINTED, Visits};
use askama::Template;
use domain::language::Language;

/// Somebody to be visited.
struct VisitLine {
    name: String,
    reading: Option<String>,
    about: String,
    /// The language, where it is not Japanese.
    language: Option<String>,
    address: Option<String>,
    whereabouts: Option<String>,
    phone: Option<String>,
    wrong_number: Option<String>,
    risks: Option<String>,
    /// The state, the last values and when they were told.
    state: String,
    /// How urgent and why.
    why: Option<String>,
    called: Option<String>,
}

#[derive(Template)]
#[template(path = "console/worklist_paper.html")]
struct PaperPage {
    page: Page,
    /// Whose paper it is, and of when.
    head: String,
    /// Which people they are.
    told: String,
    cut: Option<String>,
    lines: Vec<VisitLine>,
    /// The address of the list.
    list: String,
}

fn visit_line(wording: &Wording<'_>, item: &WorkItem, address: &Address) -> VisitLine {
    let t = wording.t;
    let line = wording.line(List::Open, item);
    let comma = t.say("list-comma");
    let risks: Vec<String> = (item.monitoring.risks.iter())
        .map(|risk| condition(t, risk))
        .collect();
    let other = Some(item.language.as_str()).filter(|tag| *tag != Language::Ja.tag());
    // In a list the column says what there is none of; here the state stands first.
    let when = match item.monitoring.latest {
        Some(_) => line.when,
        None => t.say("console-no-report-yet"),
    };
    let state = [Some(line.note), line.values, Some(when)];
    // What puts the person at risk stands by itself.
    let reasons = line.reasons.into_iter();
    let reasons = reasons.filter(|reason| !risks.contains(reason));
    let why: Vec<String> = line.level.into_iter().chain(reasons).collect();
    let text = |text: &Option<domain::personal::Personal<String>>| {
        text.as_ref().map(|text| text.expose().clone())
    };
    VisitLine {
        name: line.name,
        reading: line.reading,
        about: line.about,
        language: other.map(|tag| language_name(t, tag).into_owned()),
        address: text(&address.address),
        whereabouts: text(&address.whereabouts),
        phone: line.phone,
        wrong_number: line.wrong_number,
        risks: (!risks.is_empty()).then(|| risks.join(&comma)),
        state: state.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        why: (!why.is_empty()).then(|| why.join(&comma)),
        called: line.called,
    }
}

pub(in crate::console) async fn paper(Staff(visit, desk): Staff, form: Form) -> Answer {
    let (center, filter) = place_of(&form);
    if center.is_none() && !desk.has_center() {
        return Ok(missing(&visit));
    }
    let cases: Vec<_> = picked(&form).into_iter().map(|one| one.case).collect();
    let is_list = cases.is_empty();
    let list = format!("{}#sections", super::address(center, &filter));
    let section = filter.list;
    let visits = match is_list {
        true => Visits::List(filter),
        false => Visits::Of(cases),
    };
    let Some(found) = desk.for_visits(center, visits).await? else {
        return Ok(missing(&visit));
    };
    let mut page = Page::new(&visit, "paper-title");
    page.wide = true;
    let t = page.t;
    let zone = &found.center.time_zone;
    let wording = Wording {
        t,
        desk: &desk,
        zone,
        now: found.at,
        many: desk.follows_several(),
    };
    let lines: Vec<VisitLine> = found
        .people
        .iter()
        .map(|(item, address)| visit_line(&wording, item, address))
        .collect();
    let count = found.all;
    let title = section.map(|list| t.say(&format!("worklist-{}", list.word())));
    Ok(render(&PaperPage {
        head: t.with(
            "paper-head",
            &[
                ("center", found.center.name_in(page.tag()).into()),
                ("name", found.by.as_str().into()),
                ("when", moment(t, zone, found.at).into()),
            ],
        ),
        told: match title {
            Some(title) if is_list => t.with2("paper-list", "list", title, "count", count),
            _ => t.with1("paper-chosen", "count", count),
        },
        cut: found.is_cut.then(|| {
            let most = i64::try_from(MOST_PRINTED).unwrap_or(i64::MAX);
            t.with1("paper-cut", "most", most)
        }),
        lines,
        list,
        page,
    }))
}
