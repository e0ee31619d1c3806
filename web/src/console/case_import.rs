//! Importing cases from a file: looked at first, then imported, a large one behind a page that tells how far it has come,
//! then the brochures for all of them.

mod preview;
mod stand;

use super::brochure::{printed, without_phone};
use super::export::WORKBOOK;
use super::import_file::{Arrived, arrive};
use super::kept_form::held;
use super::spoken;
use super::words::number;
use crate::charts::grouped;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::brochure::Part;
use app::case_import::{
    HEADER, ImportDraft, ImportState, LARGEST_MIB, LeftOut, Meant, RowError, column_in_words,
    headings,
};
use askama::Template;
use axum::extract::{Multipart, Path};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, REFRESH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use domain::ids::CaseId;
use domain::language::Language;
use preview::preview_page;
use stand::{LeftOutLine, of_left_out};
use uuid::Uuid;

/// How many rows and problems a page shows.
const SHOWN: usize = 200;
/// After how many seconds a page that tells how far an import has come is asked for again.
const AGAIN: &str = "3";
/// The part of its address that keeps it still.
const STILL: &str = "still";

#[derive(Template)]
#[template(path = "console/import.html")]
struct ImportPage {
    page: Page,
    /// The names of the columns: those of any language, and before them those that a list in the reader's has.
    headers: Vec<String>,
    problem: Option<String>,
    /// The line, and what is wrong there.
    errors: Vec<(String, String)>,
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "console/import_done.html")]
struct DonePage {
    page: Page,
    notice: Option<String>,
    draft: String,
    count: String,
    /// The case, the name, the ID.
    rows: Vec<(String, String, String)>,
    more: Option<String>,
    /// The files with brochures: the address and the words; several, where one would be too long to print at once.
    brochures: Vec<(String, String)>,
    /// What is to be said about the files.
    brochures_note: Option<String>,
    /// How many rows were not imported, if any; then the line of each, and why.
    left: Option<String>,
    problems: Vec<(String, String)>,
    /// That rows were left out whose persons may stand already, and their lines.
    left_out: Option<String>,
    /// The first of them, each with why.
    stand: Vec<LeftOutLine>,
}

#[derive(Template)]
#[template(path = "console/import_works.html")]
struct WorksPage {
    page: Page,
    draft: String,
    /// How many rows are imported, of how many.
    progress: String,
    has_stopped: bool,
    /// Whether the page is asked for again by itself.
    renews: bool,
}

fn more(page: &Page, count: usize) -> Option<String> {
    let rest = count.checked_sub(SHOWN).filter(|rest| *rest > 0)?;
    Some(page.with1(
        "import-more",
        "count",
        i64::try_from(rest).unwrap_or(i64::MAX),
    ))
}

/// Lines in rising order, with runs of them as one: `2, 5–9, 12`. None is left unnamed: each may be somebody who is ill.
fn lines_in_words(lines: &[u64], comma: &str) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for line in lines {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *line => *last = *line,
            _ => runs.push((*line, *line)),
        }
    }
    let words = runs.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}{comma}{last}"),
        _ => format!("{first}–{last}"),
    });
    words.collect::<Vec<_>>().join(comma)
}

fn wide(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Where something is wrong with the first of some rows, and what: what is wrong with many of them, as with all who are released in
/// a list that was exported, is said once.
fn told(page: &Page, errors: &[RowError]) -> Vec<(String, String)> {
    let comma = page.say("list-comma");
    let mut reasons: Vec<((&str, &str), Vec<u64>)> = Vec::new();
    for one in errors.iter().take(SHOWN) {
        let reason = (one.column.as_str(), one.reason.as_str());
        match reasons.iter_mut().find(|(of, _)| *of == reason) {
            Some((_, lines)) => lines.push(one.line),
            None => reasons.push((reason, vec![one.line])),
        }
    }
    let told = |((column, reason), mut lines): ((&str, &str), Vec<u64>)| {
        lines.sort_unstable();
        lines.dedup();
        let lines = match lines.as_slice() {
            [line] => page.with1("import-line", "line", i64::try_from(*line).unwrap_or(0)),
            lines => page.with1("import-lines", "lines", lines_in_words(lines, &comma)),
        };
        let place = match column.is_empty() {
            true => lines,
            false => format!("{lines}{comma}{}", column_in_words(column, page.t)),
        };
        (place, reason.to_owned())
    };
    reasons.into_iter().map(told).collect()
}

/// The page on which a file is chosen. `no_file`: the key of why there is none to look at.
fn import_page(visit: &Visit, errors: &[RowError], no_file: Option<&str>) -> Response {
    let mut page = Page::new(visit, "import-title").back_to("/cases");
    let problem = no_file
        .map(|key| page.with1(key, "most", LARGEST_MIB))
        .or_else(|| {
            (!errors.is_empty())
                .then(|| page.with1("import-problems", "count", number(errors.len())))
        });
    if let Some(sentence) = &problem {
        page.problem("file", sentence.clone());
    }
    render(&ImportPage {
        headers: {
            let ours = HEADER.join(",");
            let own = match page.t.language {
                Language::Ja => Some(headings(page.t).join(",")),
                Language::En => None,
            };
            own.into_iter().chain([ours]).collect()
        },
        problem,
        errors: told(&page, errors),
        more: more(&page, errors.len()),
        page,
    })
}

pub(super) async fn show(Staff(visit, _): Staff) -> Response {
    import_page(&visit, &[], None)
}

pub(super) async fn template(Staff(visit, desk): Staff) -> Answer {
    let book = desk.import_template(visit.language)?;
    let mut response = book.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(WORKBOOK));
    let name = HeaderValue::from_static("attachment; filename=\"cases.xlsx\"");
    headers.insert(CONTENT_DISPOSITION, name);
    Ok(response)
}

pub(super) async fn look(Staff(visit, desk): Staff, headers: HeaderMap, form: Multipart) -> Answer {
    let (bytes, _turn) = match arrive(&desk, &headers, form).await {
        Arrived::Whole(bytes, turn) => (bytes, turn),
        Arrived::OfAnother => return Ok(held(&visit, &desk, None).await),
        Arrived::None => return Ok(import_page(&visit, &[], Some("problem-import-file"))),
        Arrived::CutOff => return Ok(import_page(&visit, &[], Some("problem-import-cut-off"))),
        Arrived::Crowded => return Ok(import_page(&visit, &[], Some("problem-import-crowded"))),
    };
    match desk.look_at_import(&bytes, visit.language).await? {
        Ok((draft, looked)) => {
            let programmes = desk.programmes_to_choose().await?;
            let nobody = Meant::Lines(Vec::new());
            preview_page(&visit, &desk, (draft, &programmes), (&looked, &nobody)).await
        }
        Err(errors) => Ok(import_page(&visit, &errors, None)),
    }
}

pub(super) async fn import(
    Staff(mut visit, desk): Staff,
    Path(draft): Path<String>,
    form: Form,
) -> Answer {
    let Ok(id) = draft.parse::<Uuid>() else {
        return Ok(missing(&visit));
    };
    let lines = form.beginning_with("meant_").into_keys();
    let meant = match form.has("all_meant") {
        true => Meant::All,
        false => Meant::Lines(lines.filter_map(|line| line.parse().ok()).collect()),
    };
    if let Some(language) = spoken::asked(&mut visit, &desk, &form).await? {
        let page = match desk.look_at_draft(id, language).await? {
            Some(Ok(looked)) => {
                let programmes = desk.programmes_to_choose().await?;
                preview_page(&visit, &desk, (id, &programmes), (&looked, &meant)).await?
            }
            Some(Err(errors)) => import_page(&visit, &errors, None),
            // It is being imported since.
            None => go(&format!("/import/{id}")),
        };
        return Ok(spoken::kept(page, language));
    }
    Ok(match desk.import(id, meant, visit.language).await? {
        ImportDraft::Imported | ImportDraft::Works => go(&format!("/import/{id}")),
        ImportDraft::Begun(work) => {
            let stopping = visit.site.stopping.clone();
            tokio::spawn(work.run(move || *stopping.borrow()));
            go(&format!("/import/{id}"))
        }
        ImportDraft::Problems(errors) => import_page(&visit, &errors, None),
        ImportDraft::NoSuchFile => missing(&visit),
    })
}

/// How far an import has come. It is asked for again by itself, but for whoever wishes to read it in peace.
fn works_page(
    visit: &Visit,
    draft: Uuid,
    (done, total): (u64, u64),
    has_stopped: bool,
) -> Response {
    let title = match has_stopped {
        true => "import-stopped-title",
        false => "import-works-title",
    };
    let page = Page::new(visit, title).back_to("/cases");
    let renews = !has_stopped && visit.query(STILL).is_none();
    let mut response = render(&WorksPage {
        draft: draft.to_string(),
        progress: page.with2(
            "import-progress",
            "done",
            grouped(done),
            "total",
            grouped(total),
        ),
        has_stopped,
        renews,
        page,
    });
    if renews {
        let headers = response.headers_mut();
        headers.insert(REFRESH, HeaderValue::from_static(AGAIN));
    }
    response
}

async fn done_page(
    visit: &Visit,
    desk: &StaffDesk,
    draft: Uuid,
    (cases, problems): (Vec<CaseId>, Vec<RowError>),
    (left_out, stand): (Vec<u64>, Vec<LeftOut>),
) -> Answer {
    let page = Page::new(visit, "import-done-title").back_to("/cases");
    let stand = of_left_out(&page, desk, stand).await?;
    let mut rows = Vec::new();
    for case in cases.iter().take(SHOWN) {
        if let Some(view) = desk.case(*case).await? {
            let name = view.member.name_in(page.tag()).to_owned();
            rows.push((format!("/cases/{case}"), name, view.member.hersys_id));
        }
    }
    let parts = Part::all(cases.len());
    let mut brochures = Vec::new();
    for part in &parts {
        let address = format!("/import/{draft}/brochures.pdf");
        if parts.len() == 1 {
            brochures.push((address, page.say("import-brochures")));
            continue;
        }
        let mut names = Vec::new();
        let of_part = part.of(&cases);
        for case in of_part.first().into_iter().chain(of_part.last()) {
            let view = desk.case(*case).await?;
            names.push(view.map_or_else(String::new, |v| v.member.name_in(page.tag()).to_owned()));
        }
        let (first, last) = part.people;
        let words = page.t.with(
            "import-brochures-part",
            &[
                ("part", number(part.number).into()),
                ("parts", number(parts.len()).into()),
                ("first", number(first).into()),
                ("last", number(last).into()),
                ("from", names.first().cloned().unwrap_or_default().into()),
                ("to", names.last().cloned().unwrap_or_default().into()),
            ],
        );
        brochures.push((format!("{address}?part={}", part.number), words));
    }
    let number_of = |name: &str| visit.query(name).and_then(|n| n.parse::<i64>().ok());
    let notice = number_of("sent").map(|sent| {
        let of = |name, key| {
            let count = number_of(name).filter(|count| *count > 0)?;
            Some(page.with1(key, "count", count))
        };
        let sent = page.with1("invite-all-done", "sent", sent);
        let had = of("had", "invite-many-had");
        let not = of("not", "invite-many-cannot");
        let told: Vec<String> = [Some(sent), had, not].into_iter().flatten().collect();
        told.join(" ")
    });
    Ok(render(&DonePage {
        stand,
        notice,
        draft: draft.to_string(),
        count: page.with1("import-done-count", "count", number(cases.len())),
        rows,
        more: more(&page, cases.len()),
        brochures_note: (parts.len() > 1)
            .then(|| page.with1("import-brochures-most", "most", number(app::brochure::MOST))),
        brochures,
        left: (!problems.is_empty())
            .then(|| page.with1("import-left", "count", number(problems.len()))),
        problems: told(&page, &problems),
        left_out: (!left_out.is_empty()).then(|| {
            let count = number(left_out.len());
            let lines = lines_in_words(&left_out, &page.say("list-comma"));
            page.with2("import-left-out", "count", count, "lines", lines)
        }),
        page,
    }))
}

/// How far the import of a file has come, and in the end what became of it.
pub(super) async fn show_state(Staff(visit, desk): Staff, Path(draft): Path<String>) -> Answer {
    let Ok(id) = draft.parse::<Uuid>() else {
        return Ok(missing(&visit));
    };
    match desk.import_state(id, visit.language).await? {
        None => Ok(missing(&visit)),
        Some(ImportState::Works(done, total)) => Ok(works_page(&visit, id, (done, total), false)),
        Some(ImportState::Stopped(done, total)) => Ok(works_page(&visit, id, (done, total), true)),
        Some(ImportState::Done {
            cases,
            problems,
            left_out,
            stand,
        }) => done_page(&visit, &desk, id, (cases, problems), (left_out, stand)).await,
    }
}

pub(super) async fn brochures(Staff(visit, desk): Staff, Path(draft): Path<String>) -> Answer {
    let Ok(id) = draft.parse::<Uuid>() else {
        return Ok(missing(&visit));
    };
    let Some(cases) = desk.imported(id).await? else {
        return Ok(missing(&visit));
    };
    let parts = Part::all(cases.len());
    let wished = visit
        .query("part")
        .map_or(Some(1), |text| text.parse().ok());
    let Some(part) = parts.iter().find(|part| Some(part.number) == wished) else {
        return Ok(missing(&visit));
    };
    let brochures = desk
        .brochures(part.of(&cases), without_phone(&visit))
        .await?;
    let named = (parts.len() > 1).then_some(*part);
    printed(&visit, &desk, brochures, named).await
}

#[cfg(test)]
mod tests {
    use super::lines_in_words;

    #[test]
    fn each_line_is_named() {
        assert_eq!(
            lines_in_words(&[2, 5, 6, 7, 8, 9, 12, 13], ", "),
            "2, 5–9, 12, 13"
        );
        assert_eq!(lines_in_words(&[], ", "), "");
    }
}
