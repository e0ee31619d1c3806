//! `hersys rules`: the dated rules as files, to keep beside other settings and to load for all, for a prefecture or for
//! one center.

use super::programme::read;
use super::{open_quietly, open_standing, open_to_try, say};
use anyhow::{Result, anyhow, bail};
use app::programme::PROGRAMME;
use app::rules::Loading;
use domain::rules::RuleKind;
use server::config::Settings;
use std::path::PathBuf;
use std::process::ExitCode;

/// What a file of rules is loaded with.
#[derive(clap::Args)]
pub(super) struct Load {
    /// The file (TOML); `-`: standard input
    file: PathBuf,
    /// For this place and all below it, as `hersys place list` names it; else for all
    #[arg(long, value_name = "NAME")]
    place: Option<String>,
    /// Where several places have this name: the place right above the one that is meant
    #[arg(long, value_name = "NAME", requires = "place")]
    below: Option<String>,
    /// Why; stands in the history that the centers see. Needed where something is new
    #[arg(long, value_name = "TEXT", default_value = "")]
    why: String,
    /// Only tell what would be new
    #[arg(long)]
    dry_run: bool,
    /// It is meant that something alarms no more that does now: asked for where a questionnaire raises a threshold or leaves
    /// a question out
    #[arg(long)]
    silences: bool,
}

pub(super) async fn load(settings: &Settings, load: Load) -> Result<ExitCode> {
    let text = read(&load.file)?;
    let (_scratch, app) = if load.dry_run {
        open_to_try(settings).await?
    } else {
        (None, open_quietly(settings).await?)
    };
    let place = match &load.place {
        None => None,
        Some(name) => {
            let meant = (None, load.below.as_deref());
            Some(super::place::find(&app, Some(name), meant).await?.id)
        }
    };
    let how = Loading {
        only_look: load.dry_run,
        silences: load.silences,
    };
    let loaded = app
        .system_desk()
        .load_rules(&text, (place, &load.why), how)
        .await?
        .map_err(|sentence| anyhow!("{} cannot be loaded: {sentence}", load.file.display()))?;
    let (kind, stood) = (loaded.kind.word(), loaded.stood);
    if loaded.new.is_empty() {
        say(&format!(
            "Nothing is new in this file ({kind}, {stood} known)."
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let days: Vec<String> = loaded.new.iter().map(ToString::to_string).collect();
    let done = if load.dry_run {
        "Would be new"
    } else {
        "Loaded"
    };
    say(&format!("{done} ({kind}): rules from {}.", days.join(", ")));
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn list(settings: &Settings) -> Result<ExitCode> {
    let app = open_standing(settings).await?;
    let desk = app.system_desk();
    for kind in RuleKind::ALL {
        let holds = desk.rule_for_all(kind, PROGRAMME).map_or_else(
            || "none".to_owned(),
            |holds| {
                format!(
                    "since {} ({})",
                    holds.mark.valid_from,
                    holds.mark.origin.word()
                )
            },
        );
        say(&format!("{:<14} for all: {holds}", kind.word()));
    }
    for set in desk.rule_list().await? {
        let place = set.place.unwrap_or_else(|| "all".to_owned());
        let taken_back = if set.is_withdrawn {
            "  (taken back)"
        } else {
            ""
        };
        say(&format!(
            "{:<14} {}  from {}  {place}  {}{taken_back}",
            set.kind, set.programme, set.valid_from, set.why
        ));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn show(settings: &Settings, kind: &str, programme: &str) -> Result<ExitCode> {
    let kinds = RuleKind::ALL.map(RuleKind::word).join(", ");
    let kind = RuleKind::parse(kind)
        .ok_or_else(|| anyhow!("{kind} is no kind of rules; there are {kinds}"))?;
    let app = open_standing(settings).await?;
    let desk = app.system_desk();
    // Some rules stand in for whatever is asked: without this a slip of the pen would show those of another disease.
    let known = desk.programmes_for_all();
    if !known.iter().any(|one| one == programme) {
        bail!(
            "there is no programme {programme:?} for all; there are {}",
            known.join(", ")
        );
    }
    let holds = desk
        .rule_for_all(kind, programme)
        .ok_or_else(|| anyhow!("no rule of this kind holds for {programme} today"))?;
    say(holds.file.text.trim_end());
    Ok(ExitCode::SUCCESS)
}
