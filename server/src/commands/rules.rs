//! `hersys rules`: the dated rules as files, to keep beside other settings and to load for all, for a prefecture or for
//! one center.

use super::programme::read;
use super::{open_quietly, open_standing, open_to_try, say};
use anyhow::{Result, anyhow, bail};
use app::programme::PROGRAMME;
use app::rules::{EndRule, Loading};
use domain::rules::{RuleKind, RuleMark};
use jiff::civil::Date;
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

/// Which rule is taken back.
#[derive(clap::Args)]
pub(super) struct End {
    /// questionnaire, course, isolation, notification, messages
    kind: String,
    /// The disease, by its short name
    #[arg(default_value = PROGRAMME)]
    programme: String,
    /// The rule of this place, as `hersys place list` names it; else that for all
    #[arg(long, value_name = "NAME")]
    place: Option<String>,
    /// Where several places have this name: the place right above the one that is meant
    #[arg(long, value_name = "NAME", requires = "place")]
    below: Option<String>,
    /// From this day on (YYYY-MM-DD); else from today on. Of a rule that is planned: its first day, and it never holds
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Why; stands in the history that the centers see
    #[arg(long, value_name = "TEXT", default_value = "")]
    why: String,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
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

fn kind_of(typed: &str) -> Result<RuleKind> {
    let kinds = RuleKind::ALL.map(RuleKind::word).join(", ");
    RuleKind::parse(typed).ok_or_else(|| anyhow!("{typed} is no kind of rules; there are {kinds}"))
}

fn marked(mark: &RuleMark) -> String {
    format!("since {} ({})", mark.valid_from, mark.origin.word())
}

pub(super) async fn end(settings: &Settings, end: End) -> Result<ExitCode> {
    let kind = kind_of(&end.kind)?;
    let app = open_standing(settings).await?;
    let place = match &end.place {
        None => None,
        Some(name) => {
            let meant = (None, end.below.as_deref());
            Some(super::place::find(&app, Some(name), meant).await?)
        }
    };
    let which = EndRule {
        kind,
        programme: end.programme.clone(),
        place: place.as_ref().map(|place| place.id),
        from: end.from,
    };
    let desk = app.system_desk();
    let ended = desk.end_rule(&which, &end.why, end.dry_run).await?;
    let ended = ended.map_err(|sentence| anyhow!("nothing was taken back: {sentence}"))?;
    let (what, whose) = (
        format!("{} of {}", kind.word(), end.programme),
        place.map_or_else(|| "all".to_owned(), |place| place.name),
    );
    let from = ended.from;
    let would = if end.dry_run {
        "Would be taken back"
    } else {
        "Taken back"
    };
    say(&match (ended.of_disease, ended.was_planned) {
        (true, _) => format!(
            "{would}: all planned rules of {} for {whose}; its only questionnaire, from {from}, goes with them, and nobody is followed in it.",
            end.programme
        ),
        (false, true) => format!("{would}: {what} for {whose} from {from}, which never holds."),
        (false, false) => format!("{would}: {what} for {whose}, from {from} on."),
    });
    let then = ended.then.as_ref();
    let holds = then.map_or_else(|| "none".to_owned(), marked);
    say(&format!("From that day on holds: {holds}"));
    for day in ended.planned {
        say(&format!("Still planned: from {day}"));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn list(settings: &Settings) -> Result<ExitCode> {
    let app = open_standing(settings).await?;
    let desk = app.system_desk();
    for kind in RuleKind::ALL {
        let holds = desk
            .rule_for_all(kind, PROGRAMME)
            .map_or_else(|| "none".to_owned(), |holds| marked(&holds.mark));
        say(&format!("{:<14} for all: {holds}", kind.word()));
    }
    for set in desk.rule_list().await? {
        let place = set.place.unwrap_or_else(|| "all".to_owned());
        let taken_back = match (set.is_withdrawn, set.is_end) {
            (true, _) => "  (taken back)",
            (false, true) => "  (no rule of its own from this day on)",
            (false, false) => "",
        };
        say(&format!(
            "{:<14} {}  from {}  {place}  {}{taken_back}",
            set.kind, set.programme, set.valid_from, set.why
        ));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn show(settings: &Settings, kind: &str, programme: &str) -> Result<ExitCode> {
    let kind = kind_of(kind)?;
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
