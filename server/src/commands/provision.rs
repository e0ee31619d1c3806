//! `hersys provision`: places, how they are reached and follow people, and who works there, from a file.

use super::{open_quietly, open_to_try, programme, say};
use anyhow::{Result, bail};
use server::config::Settings;
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn run(settings: &Settings, path: &Path, dry_run: bool) -> Result<ExitCode> {
    let text = programme::read(path)?;
    let (_scratch, app) = if dry_run {
        open_to_try(settings).await?
    } else {
        (None, open_quietly(settings).await?)
    };
    match app.system_desk().provision(&text, dry_run).await? {
        Ok(did) if did.is_empty() => say("Everything in this file stands already."),
        Ok(did) => {
            for line in did {
                say(&line);
            }
            if dry_run {
                say("This was a dry run: nothing was changed.");
            }
        }
        Err(wrong) => bail!("{}:\n{}", named(path), wrong.join("\n")),
    }
    Ok(ExitCode::SUCCESS)
}

fn named(path: &Path) -> String {
    match path == Path::new("-") {
        true => "standard input".to_owned(),
        false => path.display().to_string(),
    }
}
