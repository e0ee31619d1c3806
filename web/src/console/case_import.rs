//! Importing cases from a file: looked at first, then imported, a large one behind a page that tells how far it has come,
//! then the brochures for all of them.

use super::brochure::{printed, without_phone};
use super::export::WORKBOOK;
use super::import_file::{Arrived, arrive};
use super::kept_form::held;
use super::words::number;
use crate::charts::grouped;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::brochure::Part;
use app::case_import::{
    AlikeRow, FromWorkbook, HEADER, ImportDraft, ImportState, LARGEST_MIB, Looked, LookedAt, Meant,
    RowError, column_in_words, name_in, names_in,
};
use app::programme::Programme;
use askama::Template;
use axum::extract::{Multipart, Path};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, REFRESH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use domain::ids::CaseId;
use i18n::Words;
use uuid::Uuid;

/// How many rows and problems a page shows.
const SHOWN: usize = 200;
/// How many people who may stand already are shown to choose from: a form has at most a hundred fields.
const ALIKE: usize = 90;
/// After how many seconds a page that tells how far an import has come is asked for again.
const AGAIN: &str = "3";
/// The part of its address that keeps it still.
const STILL: &str = "still";

#[derive(Template)]
#[template(path = "console/import.html")]
struct ImportPage {
    page: Page,
    header: String,
    problem: Option<String>,
    /// The line, and what is wrong there.
    errors: Vec<(String, String)>,
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "console/import_preview.html")]
struct PreviewPage {
    page: Page,
    draft: String,
    count: String,
    /// How many are of each disease, where there are several.
    diseases: Vec<String>,
    /// Columns of the file that are left out, in words.
    left_out: Option<String>,
    /// What is to be said of it where it is a workbook.
    workbook: Vec<String>,
    /// The line, the name, the birthdate, the end of the phone number, the days of diagnosis and of onset, the ID.
    rows: Vec<PreviewRow>,
    /// Lines whose persons may stand already: the line, the name, and why.
    alike: Vec<(u64, String, String)>,
    /// Lines whose persons stand already by the ID that they give: the line, the name, and as whom; the first of them.
    known: Vec<(u64, String, String)>,
    more_known: Option<String>,
    /// Rows whose name looks as if it were not known: the line and the name.
    names: Vec<(u64, String)>,
    /// How many people have no phone number, in words; then the first of them: the line and the name.
    without_phone: Option<String>,
    no_phone: Vec<(u64, String)>,
    more_no_phone: Option<String>,
    /// Rows whose days are unlikely: the line, the name, and why.
    days: Vec<(u64, String, String)>,
    more: Option<String>,
    /// How many more there are than can be chosen from, in words.
    more_alike: Option<String>,
}

/// A row as it is shown before it is imported.
struct PreviewRow {
    line: String,
    name: String,
    /// The other spellings: each of them lets its owner sign up, so each is to be seen.
    others: Vec<String>,
    cells: [String; 5],
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

/// Where something is wrong with the first of some rows, and what.
fn told(page: &Page, errors: &[RowError]) -> Vec<(String, String)> {
    let told = |one: &RowError| {
        let line = page.with1("import-line", "line", i64::try_from(one.line).unwrap_or(0));
        let place = if one.column.is_empty() {
            line
        } else {
            let column = column_in_words(&one.column, page.t);
            format!("{line}{}{column}", page.say("list-comma"))
        };
        (place, one.reason.clone())
    };
    errors.iter().take(SHOWN).map(told).collect()
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
        header: HEADER.join(","),
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

/// Which sheet of a workbook was read, what was not, and what nobody sees in it but is read.
fn of_workbook(t: &Words, from: &FromWorkbook) -> Vec<String> {
    let others = (!from.others.is_empty()).then(|| {
        let others = from.others.join(&t.say("list-comma"));
        t.with1("import-sheets-not-read", "sheets", others)
    });
    let hidden = (from.hidden_rows > 0)
        .then(|| t.with1("import-hidden-rows", "count", wide(from.hidden_rows)));
    let read = t.with1("import-sheet-read", "sheet", from.sheet.as_str());
    std::iter::once(read).chain(others).chain(hidden).collect()
}

fn preview_page(
    visit: &Visit,
    (draft, programmes): (Uuid, &[Programme]),
    looked: &LookedAt,
) -> Response {
    let page = Page::new(visit, "import-preview-title").back_to("/import");
    // Where there are several diseases, a list of the wrong one must catch the eye.
    let diseases = programmes
        .iter()
        .filter_map(|one| {
            let count = *looked.programmes.get(&one.id)?;
            let name = one.disease.in_language(page.tag());
            Some(page.with2("import-of", "disease", name, "count", wide(count)))
        })
        .collect();
    let field = |row: &Looked, at: usize| row.fields.get(at).cloned().unwrap_or_default();
    let because = |one: &AlikeRow| {
        let stands = match one.stands.as_slice() {
            [] => None,
            [id] => Some(page.with1("import-alike-stands", "id", id)),
            // Which of them it is, is not guessed.
            several => Some(page.with1("import-alike-several", "ids", several.join(" / "))),
        };
        let line = one.same_as_line.map(|line| {
            let line = i64::try_from(line).unwrap_or(0);
            page.with1("import-alike-line", "line", line)
        });
        let both: Vec<String> = stands.into_iter().chain(line).collect();
        both.join(" ")
    };
    // Whether somebody may say that the row is meant all the same.
    let is_asked = |one: &AlikeRow| one.is_alike() && !one.known_by_id;
    let days_of = |one: &AlikeRow| {
        let why = one.days_in(page.t.language).join(" ");
        (one.line, one.name.expose().clone(), why)
    };
    render(&PreviewPage {
        names: looked
            .alike
            .iter()
            .filter(|one| one.has_no_name)
            .take(ALIKE)
            .map(|one| (one.line, one.name.expose().clone()))
            .collect(),
        without_phone: (looked.without_phone > 0).then(|| {
            let count = wide(looked.without_phone);
            page.with1("import-without-phone", "count", count)
        }),
        no_phone: (looked.first_without_phone.iter())
            .take(ALIKE)
            .map(|(line, name)| (*line, name.expose().clone()))
            .collect(),
        more_no_phone: {
            let shown = u64::try_from(ALIKE).unwrap_or(u64::MAX);
            let rest = looked.without_phone.saturating_sub(shown);
            (rest > 0).then(|| page.with1("import-more", "count", wide(rest)))
        },
        workbook: looked
            .workbook()
            .map_or_else(Vec::new, |from| of_workbook(page.t, from)),
        days: looked
            .alike
            .iter()
            .filter(|one| !one.days.is_empty())
            .take(ALIKE)
            .map(days_of)
            .collect(),
        known: (looked.alike.iter())
            .filter(|one| one.known_by_id)
            .take(ALIKE)
            .map(|one| (one.line, one.name.expose().clone(), because(one)))
            .collect(),
        more_known: {
            let known = looked.alike.iter().filter(|one| one.known_by_id);
            let rest = known.count().saturating_sub(ALIKE);
            (rest > 0).then(|| page.with1("import-more", "count", number(rest)))
        },
        alike: looked
            .alike
            .iter()
            .filter(|one| is_asked(one))
            .take(ALIKE)
            .map(|one| (one.line, one.name.expose().clone(), because(one)))
            .collect(),
        more_alike: {
            let alike = looked.alike.iter().filter(|one| is_asked(one));
            let rest: Vec<u64> = alike.skip(ALIKE).map(|one| one.line).collect();
            (!rest.is_empty()).then(|| {
                let lines = lines_in_words(&rest, &page.say("list-comma"));
                let count = number(rest.len());
                page.with2("import-alike-more", "count", count, "lines", lines)
            })
        },
        draft: draft.to_string(),
        diseases,
        left_out: (!looked.columns_left_out().is_empty()).then(|| {
            let columns = looked.columns_left_out().join(&page.say("list-comma"));
            page.with1("import-columns-left-out", "columns", columns)
        }),
        count: page.with1("import-count", "count", wide(looked.count)),
        rows: looked
            .first
            .iter()
            .take(SHOWN)
            .map(|row| {
                let phone: Vec<char> = field(row, 4).chars().collect();
                // Enough to see whether a column has slipped, not enough to call anybody from a screenshot.
                let end: String = phone.iter().skip(phone.len().saturating_sub(4)).collect();
                PreviewRow {
                    line: row.line.to_string(),
                    name: name_in(&row.fields).to_owned(),
                    others: names_in(&row.fields).skip(1).map(str::to_owned).collect(),
                    cells: [
                        // As it was read, not as it was typed: a slip of the era shows here.
                        page.t.date(row.born_on),
                        match end.as_str() {
                            "" => page.say("no-phone"),
                            end => format!("…{end}"),
                        },
                        page.t.date(row.diagnosed_on),
                        row.onset_on
                            .map_or_else(String::new, |day| page.t.date(day)),
                        field(row, 10),
                    ],
                }
            })
            .collect(),
        more: more(&page, usize::try_from(looked.count).unwrap_or(usize::MAX)),
        page,
    })
}

pub(super) async fn look(Staff(visit, desk): Staff, headers: HeaderMap, form: Multipart) -> Answer {
    let (bytes, _turn) = match arrive(&desk, &headers, form).await {
        Arrived::Whole(bytes, turn) => (bytes, turn),
        Arrived::OfAnother => return Ok(held(&visit, &desk, None).await),
        Arrived::None => return Ok(import_page(&visit, &[], Some("problem-import-file"))),
        Arrived::CutOff => return Ok(import_page(&visit, &[], Some("problem-import-cut-off"))),
        Arrived::Crowded => return Ok(import_page(&visit, &[], Some("problem-import-crowded"))),
    };
    Ok(match desk.look_at_import(&bytes, visit.language).await? {
        Ok((draft, looked)) => {
            let programmes = desk.programmes_to_choose().await?;
            preview_page(&visit, (draft, &programmes), &looked)
        }
        Err(errors) => import_page(&visit, &errors, None),
    })
}

pub(super) async fn import(
    Staff(visit, desk): Staff,
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
    (cases, problems, left_out): (Vec<CaseId>, Vec<RowError>, Vec<u64>),
) -> Answer {
    let page = Page::new(visit, "import-done-title").back_to("/cases");
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
        }) => done_page(&visit, &desk, id, (cases, problems, left_out)).await,
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
