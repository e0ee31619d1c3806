//! What is in a file, before anything of it is imported.

use super::{SHOWN, lines_in_words, more, wide};
use crate::console::words::number;
use crate::page::{Page, show as render};
use crate::visit::Visit;
use app::case_import::{AlikeRow, FromWorkbook, Looked, LookedAt, name_in, names_in};
use app::programme::Programme;
use askama::Template;
use axum::response::Response;
use domain::personal::Personal;
use i18n::Words;
use uuid::Uuid;

/// How many people who may stand already are shown to choose from: a form has at most a hundred fields.
const ALIKE: usize = 90;

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
    /// Rows whose name looks as if it were not known: the line and the name; the first of them.
    names: Vec<(u64, String)>,
    more_names: Option<String>,
    /// How many people have no phone number, in words; then the first of them: the line and the name.
    without_phone: Option<String>,
    no_phone: Vec<(u64, String)>,
    more_no_phone: Option<String>,
    /// The same of those who have the center's own number.
    own_number: Option<String>,
    at_center: Vec<(u64, String)>,
    more_at_center: Option<String>,
    /// Rows whose days are unlikely: the line, the name, and why; the first of them.
    days: Vec<(u64, String, String)>,
    more_days: Option<String>,
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

pub(super) fn preview_page(
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
    // How many more there are than are shown of these.
    let more_than_shown = |count: u64| {
        let rest = count.saturating_sub(u64::try_from(ALIKE).unwrap_or(u64::MAX));
        (rest > 0).then(|| page.with1("import-more", "count", wide(rest)))
    };
    let more_of = |is: fn(&AlikeRow) -> bool| {
        let count = looked.alike.iter().filter(|one| is(one)).count();
        more_than_shown(u64::try_from(count).unwrap_or(u64::MAX))
    };
    let first = |of: &[(u64, Personal<String>)]| -> Vec<(u64, String)> {
        let shown = of.iter().take(ALIKE);
        shown
            .map(|(line, name)| (*line, name.expose().clone()))
            .collect()
    };
    let has_days = |one: &AlikeRow| !one.days.is_empty();
    render(&PreviewPage {
        names: looked
            .alike
            .iter()
            .filter(|one| one.has_no_name)
            .take(ALIKE)
            .map(|one| (one.line, one.name.expose().clone()))
            .collect(),
        more_names: more_of(|one| one.has_no_name),
        without_phone: (looked.without_phone > 0).then(|| {
            let count = wide(looked.without_phone);
            page.with1("import-without-phone", "count", count)
        }),
        no_phone: first(&looked.first_without_phone),
        more_no_phone: more_than_shown(looked.without_phone),
        own_number: (looked.own_number > 0)
            .then(|| page.with1("import-own-number", "count", wide(looked.own_number))),
        at_center: first(&looked.first_own_number),
        more_at_center: more_than_shown(looked.own_number),
        workbook: looked
            .workbook()
            .map_or_else(Vec::new, |from| of_workbook(page.t, from)),
        days: looked
            .alike
            .iter()
            .filter(|one| has_days(one))
            .take(ALIKE)
            .map(days_of)
            .collect(),
        more_days: more_of(has_days),
        known: (looked.alike.iter())
            .filter(|one| one.known_by_id)
            .take(ALIKE)
            .map(|one| (one.line, one.name.expose().clone(), because(one)))
            .collect(),
        more_known: more_of(|one| one.known_by_id),
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
