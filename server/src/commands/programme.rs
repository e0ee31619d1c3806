//! `hersys programme load`, and the folder of programmes that a server reads at its start.

use super::{open_quietly, read_bytes, say};
use anyhow::{Context, Result, anyhow};
use app::App;
use app::rules::{Loaded, Loading, Which, check_rules};
use server::config::Settings;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A programme is a page or two of text.
const LARGEST: usize = 4 * 1024 * 1024;

pub(super) async fn load(
    settings: &Settings,
    path: &Path,
    (why, silences): (&str, bool),
) -> Result<ExitCode> {
    let text = read(path)?;
    let app = open_quietly(settings).await?;
    let how = Loading {
        silences,
        ..Loading::default()
    };
    let loaded = app
        .system_desk()
        .load_rules(&text, (None, why), how)
        .await?;
    let new = count(path, loaded)?;
    say(&match new {
        0 => "Nothing is new in this file.".to_owned(),
        1 => "One rule was loaded. It holds from its day on, for all.".to_owned(),
        n => format!("{n} rules were loaded. Each holds from its day on, for all."),
    });
    Ok(ExitCode::SUCCESS)
}

/// The programme files of a folder, in the order of their names.
pub(super) fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .with_context(|| format!("HERSYS_PROGRAMMES_DIR: {} cannot be read", folder.display()))?;
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    Ok(files)
}

/// Whether a server would take a file at its start, and which rules it holds. Nothing is loaded.
pub(super) fn look_at(path: &Path) -> Result<Vec<Which>> {
    check_rules(&read(path)?).map_err(|says| cannot_be_loaded(path, &says))
}

/// The rules that stand in two files, in a sentence for each: only one of them can hold.
pub(super) fn in_two_files(files: &[(PathBuf, Vec<Which>)]) -> Vec<String> {
    let mut told = Vec::new();
    for (at, (path, rules)) in files.iter().enumerate() {
        for rule in rules {
            let earlier = files[..at].iter().find(|(_, other)| other.contains(rule));
            let Some((other, _)) = earlier else {
                continue;
            };
            let ((kind, programme, day), other, path) = (rule, other.display(), path.display());
            told.push(format!(
                "{other} and {path} both have a rule of {programme} ({}) from {day}; only one can hold: take one of them out",
                kind.word()
            ));
        }
    }
    told
}

fn cannot_be_loaded(path: &Path, says: &str) -> anyhow::Error {
    anyhow!("{} cannot be loaded: {says}", path.display())
}

/// Loads all programme files of a folder.
pub(super) async fn load_folder(app: &App, folder: &Path) -> Result<()> {
    let files = files_of(folder)?;
    if files.is_empty() {
        // A folder that was not mounted looks like this.
        tracing::warn!(folder = %folder.display(), "HERSYS_PROGRAMMES_DIR holds no file that ends in .toml: nothing was loaded");
    }
    let mut looked = Vec::new();
    for path in &files {
        looked.push((path.clone(), look_at(path)?));
    }
    for sentence in in_two_files(&looked) {
        tracing::warn!("HERSYS_PROGRAMMES_DIR: {sentence}");
    }
    for path in files {
        let text = read(&path)?;
        let new = count(&path, app.system_desk().begin_with_rules(&text).await?)?;
        tracing::info!(file = %path.display(), new, "programme");
    }
    Ok(())
}

pub(super) fn read(path: &Path) -> Result<String> {
    String::from_utf8(read_bytes(path, LARGEST)?)
        .map_err(|_| anyhow!("{} must be UTF-8", path.display()))
}

fn count(path: &Path, loaded: std::result::Result<Loaded, String>) -> Result<usize> {
    let loaded = loaded.map_err(|says| cannot_be_loaded(path, &says))?;
    Ok(loaded.new.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::rules::RuleKind;

    #[test]
    fn a_rule_that_stands_in_two_files_is_told_with_both() {
        let of = |day: &str| {
            let day = day.parse().unwrap();
            (RuleKind::Course, "covid-19".to_owned(), day)
        };
        let file = |name: &str, rules: &[Which]| (PathBuf::from(name), rules.to_vec());
        let (old, new) = (of("2026-11-01"), of("2026-12-01"));
        let copy = file("covid-old.toml", std::slice::from_ref(&old));
        let apart = [file("covid.toml", std::slice::from_ref(&new)), copy.clone()];
        assert_eq!(in_two_files(&apart), Vec::<String>::new());
        let told = in_two_files(&[copy, file("covid.toml", &[old, new])]);
        assert_eq!(
            told,
            [
                "covid-old.toml and covid.toml both have a rule of covid-19 (course) from 2026-11-01; only one can hold: take \
              one of them out"
            ]
        );
    }
}
