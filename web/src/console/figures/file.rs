//! A table of figures as a file.

use super::tables::{Table, tables};
use super::{asked, named, now_words};
use crate::page::{Answer, missing};
use crate::visit::Staff;
use app::figures::{Ask, Figures, Told};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use i18n::Words;

/// A name for the file of a table: several lie in one folder, of several places and days.
fn file_name(table: &str, figures: &Figures, programme: &str) -> String {
    let place: String = figures
        .place
        .name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .take(40)
        .collect();
    let (from, to) = (figures.from, figures.to);
    let programme = match programme {
        "" => String::new(),
        of => format!("-{of}"),
    };
    format!("figures-{table}-{place}{programme}-{from}-{to}.csv")
}

/// What a file must say of itself once it is out of the console: of where, of which days, as of when, and whether counts are
/// altered. In columns of their own, so that files can be put below each other.
fn with_origin(t: &Words, (figures, programme): (&Figures, &str), as_of: &str, table: &mut Table) {
    let mut told = vec![
        (t.say("figures-place"), figures.place.name.clone()),
        (t.say("figures-range-from"), figures.from.to_string()),
        (t.say("figures-range-to"), figures.to.to_string()),
        (t.say("figures-as-of-column"), as_of.to_owned()),
    ];
    if !programme.is_empty() {
        told.insert(1, (t.say("programme-disease"), programme.to_owned()));
    }
    if figures.told == Told::Rounded {
        told.push((t.say("figures-counts"), t.say("figures-counts-altered")));
    }
    let (header, cells): (Vec<_>, Vec<_>) = told.into_iter().unzip();
    table.header.extend(header);
    for row in &mut table.rows {
        row.extend(cells.iter().cloned());
    }
}

/// A table as CSV.
pub(in crate::console) async fn csv(Staff(visit, desk): Staff) -> Answer {
    let asked = asked(&visit);
    let Ask::Figures(figures) = desk.figures(&asked).await? else {
        return Ok(missing(&visit));
    };
    let t = i18n::words(visit.language);
    let figures = named(&desk, t.language.tag(), figures).await?;
    let wished = visit.query("table").unwrap_or_default();
    let Some(mut table) = tables(t, &figures)
        .into_iter()
        .find(|table| table.name == wished)
    else {
        return Ok(missing(&visit));
    };
    let disease = match asked.programme.as_str() {
        "" => String::new(),
        id => desk.disease(id, t.language.tag()),
    };
    let as_of = now_words(&visit, &desk, t).await?;
    with_origin(t, (&figures, &disease), &as_of, &mut table);
    let name = file_name(table.name, &figures, &asked.programme);
    // Old browsers take the name in Latin letters; the others the place's own.
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .collect();
    let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let bytes = app::line_list::plain_csv(&table.header, &table.rows);
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"),
        ),
    ];
    Ok((headers, bytes).into_response())
}
