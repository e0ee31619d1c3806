//! `hersys purge`: closed records whose time is over.

use super::{open_standing, say};
use anyhow::{Result, bail};
use server::config::Settings;
use std::process::ExitCode;

pub(super) async fn run(settings: &Settings, dry_run: bool, rewrite: bool) -> Result<ExitCode> {
    let app = open_standing(settings).await?;
    let desk = app.system_desk();
    for line in desk.purge_plan().await?.centers {
        let kept = line.days.map_or_else(
            || "nothing is set, nothing is purged".to_owned(),
            |days| {
                format!(
                    "kept for {days} days, {} announced, {} of them due",
                    line.soon, line.due
                )
            },
        );
        let nobody = if line.can_tell {
            ""
        } else {
            "; nobody is there to be told, so no other one is announced or purged: add an administrator"
        };
        let unheard = match line.unheard {
            0 => String::new(),
            records => format!(
                "; {records} announced, but no mail has left: they stay until one has, or until somebody opens \"Keeping \
                 records\" in the console (`hersys doctor` tries the mail server)"
            ),
        };
        say(&format!("{}: {kept}{unheard}{nobody}", line.center));
    }
    let doubt = desk.doubt_of_clock().await?;
    if let (Some(doubt), false) = (&doubt, dry_run) {
        bail!("{doubt}");
    }
    if dry_run {
        if let Some(doubt) = doubt {
            say(&format!("But {doubt}."));
        }
        say("Nothing was changed.");
        return Ok(ExitCode::SUCCESS);
    }
    let told = desk.tell_of_purges().await?;
    let purged = desk.purge().await?;
    say(&format!("{purged} records purged, {told} newly announced."));
    if rewrite {
        desk.scrub(true).await?;
        say("The database was rewritten: what was purged is in none of its pages.");
    }
    Ok(ExitCode::SUCCESS)
}
