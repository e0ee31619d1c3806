//! The line list as a file: columns, form and reason are chosen here.

use crate::fields::{SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::line_list::{Column, Export, Format, KeepChoice, Whom, Wished};
use askama::Template;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use tokio::io::AsyncReadExt;

/// What a workbook of Excel is, for browsers.
pub(super) const WORKBOOK: &str =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

#[derive(Template)]
#[template(path = "console/export.html")]
struct ExportPage {
    page: Page,
    columns: Vec<(&'static str, String, bool)>,
    columns_problem: Option<String>,
    /// Kept choices of columns: the address, the name, whether it is the one shown.
    choices: Vec<(String, String, bool)>,
    /// The choice that is shown, and can be dropped.
    shown: Option<String>,
    choice: TextField,
    /// A name under which other columns are kept.
    taken: Option<String>,
    notice: Option<String>,
    /// Where several diseases are followed.
    programme: Option<SelectField>,
    whom: SelectField,
    format: SelectField,
    reason: TextField,
    /// What cannot be written: the ID, the column, the character.
    lost: Vec<(String, String, String)>,
}

const FORMATS: [(&str, Format); 3] = [
    ("xlsx", Format::Xlsx),
    ("csv", Format::CsvUtf8),
    ("csv_sjis", Format::CsvShiftJis),
];

/// Whom a list holds: the word, its words, and whether only those who are followed. The first is what is meant where nothing
/// is said.
const WHOM: [(&str, &str, Whom, bool); 5] = [
    ("open", "export-open", Whom::Cases, true),
    ("all", "export-all", Whom::Cases, false),
    ("contacts", "export-contacts", Whom::Contacts, true),
    ("all_contacts", "export-all-contacts", Whom::Contacts, false),
    ("both", "export-both", Whom::Both, false),
];

/// What is shown again after a problem.
#[derive(Default)]
struct Again {
    chosen: Option<Vec<Column>>,
    format: String,
    whom: String,
    reason: String,
    reason_missing: bool,
    no_column: bool,
    too_many: bool,
    programme: String,
    choice: String,
    choice_problem: Option<&'static str>,
    /// A name under which other columns are kept: asked back before they are replaced.
    taken: Option<String>,
    lost: Vec<(String, String, char)>,
    /// What was done with a choice of columns: the words, and the name of the choice that is shown then.
    done: Option<(&'static str, String)>,
}

/// Where a kept choice is shown.
fn choice_address(name: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("choice", name)
        .finish();
    format!("/export?{query}")
}

async fn export_page(visit: &Visit, desk: &StaffDesk, again: Again) -> Answer {
    let mut page = Page::new(visit, "export-title").back_to("/cases");
    let (all, saved) = desk.line_list_columns().await?;
    let kept = desk.column_choices().await?;
    // What was just kept is shown as it is kept, and nothing that was typed beside it is lost.
    let wished = match &again.done {
        Some((_, name)) => name.clone(),
        None => visit.query("choice").unwrap_or_default(),
    };
    let shown = kept.iter().find(|one| one.name == wished);
    let saved = shown.map_or(saved, |one| one.columns.clone());
    let chosen = again.chosen.unwrap_or(saved);
    let programmes = desk.programmes().await?;
    let columns_problem = again.no_column.then(|| {
        let sentence = page.say("problem-export-columns");
        page.problem("column_hersys_id", sentence.clone());
        sentence
    });
    let reason_problem = again.reason_missing.then(|| {
        let sentence = page.say("problem-export-reason");
        page.problem("reason", sentence.clone());
        sentence
    });
    let format_problem = again.too_many.then(|| {
        let sentence = page.say("problem-export-too-many");
        page.problem("format", sentence.clone());
        sentence
    });
    let choice_problem = again.choice_problem.map(|key| {
        let sentence = page.say(key);
        page.problem("choice", sentence.clone());
        sentence
    });
    let t = page.t;
    Ok(render(&ExportPage {
        notice: again.done.as_ref().map(|(key, _)| t.say(key)),
        choices: kept
            .iter()
            .map(|one| {
                let is_shown = Some(one) == shown;
                (choice_address(&one.name), one.name.clone(), is_shown)
            })
            .collect(),
        shown: shown.map(|one| one.name.clone()),
        choice: TextField::new("choice", t.say("export-choice-name"))
            .hint(t.say("export-choice-hint"))
            .value(if again.choice.is_empty() {
                shown.map_or("", |one| &one.name)
            } else {
                &again.choice
            })
            .problem(choice_problem),
        taken: again.taken,
        programme: (programmes.len() > 1).then(|| {
            let all = (String::new(), t.say("figures-all-diseases"));
            let each = programmes
                .iter()
                .map(|one| (one.id.clone(), desk.disease(&one.id, t.language.tag())));
            SelectField::new(
                "programme",
                t.say("programme-disease"),
                &again.programme,
                std::iter::once(all).chain(each),
            )
        }),
        columns: all
            .into_iter()
            .map(|column| {
                let label = t.say(&format!("column-{}", column.word().replace('_', "-")));
                (column.word(), label, chosen.contains(&column))
            })
            .collect(),
        columns_problem,
        whom: SelectField::new(
            "whom",
            t.say("export-whom"),
            &again.whom,
            WHOM.map(|(word, key, ..)| (word.to_owned(), t.say(key))),
        ),
        format: SelectField::new(
            "format",
            t.say("export-format"),
            &again.format,
            FORMATS.map(|(word, _)| {
                (
                    word.to_owned(),
                    t.say(&format!("export-format-{}", word.replace('_', "-"))),
                )
            }),
        )
        .problem(format_problem),
        reason: TextField::new("reason", t.say("export-reason"))
            .hint(t.say("export-reason-hint"))
            .value(&again.reason)
            .problem(reason_problem),
        lost: again
            .lost
            .into_iter()
            .map(|(id, column, character)| (id, column, character.to_string()))
            .collect(),
        page,
    }))
}

/// A file in pieces, as fast as the reader takes them.
fn streamed(file: std::fs::File) -> Body {
    let file = tokio::fs::File::from_std(file);
    Body::from_stream(futures_util::stream::try_unfold(file, |mut file| async {
        let mut piece = vec![0; 64 * 1024];
        let length = file.read(&mut piece).await?;
        piece.truncate(length);
        std::io::Result::Ok((length > 0).then_some((piece, file)))
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    export_page(&visit, &desk, Again::default()).await
}

pub(super) async fn export(Staff(visit, desk): Staff, form: Form) -> Answer {
    let columns: Vec<Column> = Column::ALL
        .into_iter()
        .filter(|column| form.has(&format!("column_{}", column.word())))
        .collect();
    let as_typed = Again {
        chosen: Some(columns.clone()),
        format: form.text("format").to_owned(),
        whom: form.text("whom").to_owned(),
        programme: form.text("programme").to_owned(),
        reason: form.text("reason").to_owned(),
        ..Again::default()
    };
    if form.has("drop") {
        desk.drop_column_choice(form.text("drop")).await?;
        let again = Again {
            done: Some(("export-choice-dropped", String::new())),
            ..as_typed
        };
        return export_page(&visit, &desk, again).await;
    }
    if form.has("keep") || form.has("replace") {
        let name = form.text("choice");
        let cleaned = domain::status_report::clean_note(name);
        let replacing = form.has("replace").then(|| form.text("replace"));
        let kept = desk.keep_column_choice(name, &columns, replacing).await?;
        let problem = match kept {
            KeepChoice::Kept => {
                let again = Again {
                    done: Some(("export-choice-kept", cleaned)),
                    ..as_typed
                };
                return export_page(&visit, &desk, again).await;
            }
            KeepChoice::Name => Some("problem-export-choice"),
            KeepChoice::TooMany => Some("problem-export-choices"),
            KeepChoice::Taken => Some("problem-export-choice-taken"),
            KeepChoice::NoColumn => None,
        };
        let again = Again {
            no_column: problem.is_none(),
            choice_problem: problem,
            taken: (kept == KeepChoice::Taken).then_some(cleaned),
            choice: name.to_owned(),
            ..as_typed
        };
        return export_page(&visit, &desk, again).await;
    }
    let word = form.text("format");
    let format = FORMATS
        .into_iter()
        .find(|(known, _)| *known == word)
        .map_or(Format::Xlsx, |(_, format)| format);
    let (_, _, whom, only_open) = WHOM
        .into_iter()
        .find(|(word, ..)| *word == form.text("whom"))
        .unwrap_or(WHOM[0]);
    let wished = Wished {
        whom,
        columns: columns.clone(),
        programme: form.text("programme").to_owned(),
        only_open,
        format,
        reason: form.text("reason").to_owned(),
        losses_are_fine: form.has("losses_are_fine"),
    };
    let mut again = as_typed;
    match desk.export(&wished, i18n::words(visit.language)).await? {
        Export::File(file, _) => {
            let (kind, name) = match format {
                Format::Xlsx => (WORKBOOK, "attachment; filename=\"line-list.xlsx\""),
                Format::CsvUtf8 => (
                    "text/csv; charset=utf-8",
                    "attachment; filename=\"line-list.csv\"",
                ),
                Format::CsvShiftJis => (
                    "text/csv; charset=shift_jis",
                    "attachment; filename=\"line-list.csv\"",
                ),
            };
            let mut response = streamed(file).into_response();
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(name));
            return Ok(response);
        }
        Export::CannotBeWritten(lost) => again.lost = lost,
        Export::TooMany => again.too_many = true,
        Export::Reason => again.reason_missing = true,
        Export::NoColumn => again.no_column = true,
    }
    export_page(&visit, &desk, again).await
}
