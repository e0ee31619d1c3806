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
    let mut told = 0_u64;
    let mut tell = |line: String| {
        say(&line);
        told += 1;
    };
    let ended = app
        .system_desk()
        .provision_telling(&text, dry_run, &mut tell)
        .await;
    // Each line is done by itself, and those that were told stand.
    let is_part = told > 0 && !dry_run;
    match ended {
        Ok(Ok(())) if told == 0 => say("Everything in this file stands already."),
        Ok(Ok(())) if dry_run => say("This was a dry run: nothing was changed."),
        Ok(Ok(())) => {}
        Ok(Err(wrong)) => bail!(
            "{}:\n{}{}",
            named(path),
            wrong.join("\n"),
            match is_part {
                true => format!("\n{IN_PART}"),
                false => String::new(),
            }
        ),
        Err(error) if is_part => return Err(anyhow::Error::new(error).context(IN_PART)),
        Err(error) => return Err(error.into()),
    }
    Ok(ExitCode::SUCCESS)
}

/// What to do where a file ends in its middle.
const IN_PART: &str = "the file was cut short, and what the lines above tell stands. Run the same command again: it does the \
                       rest, and places and staff that stand by then are left as they are";

fn named(path: &Path) -> String {
    match path == Path::new("-") {
        true => "standard input".to_owned(),
        false => path.display().to_string(),
    }
}
