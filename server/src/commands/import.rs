//! `hersys import`: cases from a file, with their IDs as the answer.

use super::{center, open_quietly, read_bytes};
use anyhow::{Context, Result};
use app::case_import::{Imported, LARGEST, RowError, header};
use domain::language::Language;
use server::config::Settings;
use std::process::ExitCode;

pub(super) async fn run(settings: &Settings, import: super::Import) -> Result<ExitCode> {
    let bytes = read_bytes(&import.file, LARGEST)?;
    let app = open_quietly(settings).await?;
    let center = center(&app, settings, import.center.as_deref()).await?;
    let alike = app.system_desk().alike_in_import(&bytes, center.id).await?;
    match app.system_desk().import(&bytes, center.id).await? {
        Ok(rows) => {
            print(&rows).context(
                "the rows were imported, but could not be printed; their HER-SYS IDs stand in the console",
            )?;
            match rows.len() {
                1 => eprintln!("One case was imported for {}.", center.name),
                n => eprintln!("{n} cases were imported for {}.", center.name),
            }
            for one in &alike {
                for sentence in one.days_in(Language::En) {
                    eprintln!("line {}: {sentence}", one.line);
                }
            }
            for one in alike.iter().filter(|one| one.is_alike()) {
                let stands = (!one.stands.is_empty())
                    .then(|| format!("HER-SYS ID {}", one.stands.join(" or ")));
                let line = one.same_as_line.map(|line| format!("line {line}"));
                let like: Vec<String> = stands.into_iter().chain(line).collect();
                eprintln!(
                    "line {}: may be the same person as {}",
                    one.line,
                    like.join(" and ")
                );
            }
            if alike.iter().any(|one| one.is_alike()) {
                eprintln!(
                    "Look at them in the console: two records of one illness can be made one there."
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(errors) => {
            for error in &errors {
                eprintln!("{}", told(error));
            }
            match errors.len() {
                1 => eprintln!("Nothing was imported: there is one problem."),
                n => eprintln!("Nothing was imported: there are {n} problems."),
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

fn print(rows: &[Imported]) -> Result<()> {
    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    out.write_record(header(rows.first().map_or(0, |one| one.fields.len())))?;
    for row in rows {
        out.write_record(&row.fields)?;
    }
    out.flush()?;
    Ok(())
}

fn told(error: &RowError) -> String {
    let column = if error.column.is_empty() {
        String::new()
    } else {
        format!(", {}", error.column)
    };
    format!("line {}{column}: {}", error.line, error.reason)
}
