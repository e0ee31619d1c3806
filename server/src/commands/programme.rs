//! `hersys programme load`, and the folder of programmes that a server reads at its start.

use super::{open_quietly, read_bytes, say};
use anyhow::{Context, Result, anyhow};
use app::App;
use app::rules::{Loaded, Loading, check_rules};
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

/// Whether a server would take a file at its start. Nothing is loaded.
pub(super) fn look_at(path: &Path) -> Result<()> {
    check_rules(&read(path)?).map_err(|says| cannot_be_loaded(path, &says))
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
