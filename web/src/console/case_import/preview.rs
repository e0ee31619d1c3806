//! What is in a file, before anything of it is imported.

use super::stand::{Stand, same_as_line};
use super::{lines_in_words, wide};
use crate::console::case_registration::language_name;
use crate::console::words::number;
use crate::page::{Answer, Page, show as render};
use crate::visit::Visit;
use app::StaffDesk;
use app::case_import::{
    AlikeRow, FromWorkbook, Looked, LookedAt, Meant, Standing, name_in, names_in,
};
use app::invitation::hidden;
use app::programme::Programme;
use askama::Template;
use domain::personal::Personal;
use i18n::Words;
use uuid::Uuid;

/// How many people who may stand already are shown to choose from: a form has at most a hundred fields.
const ALIKE: usize = 90;
/// Where e-mail address and address stand among the columns of a row.
const EMAIL: usize = 11;
const ADDRESS: usize = 13;

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
    /// What stands above the cells of a row.
    columns: Vec<String>,
    rows: Vec<PreviewRow>,
    /// That these are not all rows.
    first_rows: Option<String>,
    /// Lines whose persons may stand already.
    alike: Vec<AlikeLine>,
    /// Lines whose persons stand already by the ID that they give; the first of them.
    known: Vec<AlikeLine>,
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
    days: Vec<(u64, String, Vec<String>)>,
    more_days: Option<String>,
    /// How many more there are than can be chosen from, in words.
    more_alike: Option<String>,
    /// Whether it is ticked already that all of them are meant.
    all_meant: bool,
}

/// A row as it is shown before it is imported.
struct PreviewRow {
    line: String,
    name: String,
    /// The other spellings: each of them lets its owner sign up, so each is to be seen.
    others: Vec<String>,
    cells: Vec<String>,
}

/// A row whose person may stand already, or does.
struct AlikeLine {
    line: u64,
    /// Whether it is ticked already.
    is_meant: bool,
    name: String,
    why: String,
    /// The records of those who stand, where they are in reach: the address, and the words of the link.
    records: Vec<(String, String)>,
}

impl Stand<'_> {
    /// As whom somebody may stand, in words.
    fn because(&self, one: &AlikeRow) -> String {
        let page = self.page;
        let of = |is_born_otherwise: bool| -> Vec<String> {
            let stands = one.stands.iter();
            let stands = stands.filter(|one| one.is_born_otherwise == is_born_otherwise);
            stands
                .map(|one| self.named(one.case, &one.hersys_id))
                .collect()
        };
        let stands = match of(false).as_slice() {
            [] => None,
            [id] => Some(page.with1("import-alike-stands", "id", id)),
            // Which of them it is, is not guessed.
            several => Some(page.with1("import-alike-several", "ids", several.join(" / "))),
        };
        let born_otherwise = of(true);
        let born_otherwise = (!born_otherwise.is_empty()).then(|| {
            let ids = born_otherwise.join(" / ");
            page.with1("import-alike-born-otherwise", "ids", ids)
        });
        let line = one
            .same_as_line
            .map(|line| same_as_line(page, (line, one.is_born_otherwise_there)));
        let all: Vec<String> = [stands, born_otherwise, line]
            .into_iter()
            .flatten()
            .collect();
        all.join(" ")
    }

    fn line(&self, one: &AlikeRow, meant: &Meant) -> AlikeLine {
        let in_reach = one.stands.iter();
        let in_reach = in_reach.filter(|one| self.members.contains_key(&one.case));
        let record = |one: &Standing| {
            let words = self
                .page
                .with1("import-alike-open", "id", one.hersys_id.as_str());
            (format!("/cases/{}", one.case), words)
        };
        AlikeLine {
            line: one.line,
            is_meant: *meant != Meant::All && meant.has(one.line),
            name: one.name.expose().clone(),
            why: self.because(one),
            records: in_reach.map(record).collect(),
        }
    }
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

pub(super) async fn preview_page(
    visit: &Visit,
    desk: &StaffDesk,
    (draft, programmes): (Uuid, &[Programme]),
    (looked, meant): (&LookedAt, &Meant),
) -> Answer {
    let mut page = Page::new(visit, "import-preview-title").back_to("/import");
    page.form = Some("import");
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
    // Whether somebody may say that the row is meant all the same.
    let is_asked = |one: &AlikeRow| one.is_alike() && !one.known_by_id;
    let known = looked.alike.iter().filter(|one| one.known_by_id);
    let known: Vec<&AlikeRow> = known.take(ALIKE).collect();
    let asked = looked.alike.iter().filter(|one| is_asked(one));
    let asked: Vec<&AlikeRow> = asked.take(ALIKE).collect();
    let shown = known.iter().chain(&asked).flat_map(|one| &one.stands);
    let cases = shown.map(|one| one.case).collect();
    let stand = Stand::of(&page, desk, cases).await?;
    let known = known
        .into_iter()
        .map(|one| stand.line(one, meant))
        .collect();
    let alike = asked
        .into_iter()
        .map(|one| stand.line(one, meant))
        .collect();
    // Which columns some people have and others not, and a file may be without.
    let has = |at: usize| looked.first.iter().any(|row| !field(row, at).is_empty());
    let (has_email, has_address) = (has(EMAIL), has(ADDRESS));
    let columns = [
        Some("birthdate"),
        Some("phone"),
        has_email.then_some("console-email"),
        has_address.then_some("console-address"),
        Some("import-column-language"),
        Some("console-column-diagnosed"),
        Some("console-onset-on"),
    ];
    let columns = columns.into_iter().flatten().map(|key| page.say(key));
    let days_of = |one: &AlikeRow| {
        let why = one.days_in(page.t.language);
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
    Ok(render(&PreviewPage {
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
        all_meant: *meant == Meant::All,
        known,
        more_known: more_of(|one| one.known_by_id),
        alike,
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
        columns: columns.collect(),
        first_rows: {
            let shown = u64::try_from(looked.first.len()).unwrap_or(u64::MAX);
            let rest = looked.count.saturating_sub(shown);
            (rest > 0).then(|| {
                let (shown, rest) = (wide(shown), wide(rest));
                page.with2("import-first-rows", "shown", shown, "rest", rest)
            })
        },
        rows: looked
            .first
            .iter()
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
                        Some(page.t.date(row.born_on)),
                        Some(match end.as_str() {
                            "" => page.say("no-phone"),
                            end => format!("…{end}"),
                        }),
                        has_email.then(|| hidden(&field(row, EMAIL))),
                        has_address.then(|| field(row, ADDRESS)),
                        Some(language_name(page.t, &row.language).into_owned()),
                        Some(page.t.date(row.diagnosed_on)),
                        Some(
                            row.onset_on
                                .map_or_else(String::new, |day| page.t.date(day)),
                        ),
                        Some(field(row, 10)),
                    ]
                    .into_iter()
                    .flatten()
                    .collect(),
                }
            })
            .collect(),
        page,
    }))
}
