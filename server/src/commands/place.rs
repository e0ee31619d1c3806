//! `hersys place`: the tree of nation, prefectures, health centers and medical institutions.

use super::{open_quietly, open_standing, say};
use anyhow::{Result, anyhow, bail};
use app::App;
use app::jurisdiction::{AddPlace, Place};
use app::place::{NameTaken, RenamePlace};
use app::staff::NewStaff;
use clap::Args;
use domain::staff_role::{JurisdictionKind, StaffRole};
use server::config::Settings;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct Add {
    /// prefecture, health_center or medical_institution
    kind: String,
    /// Its name
    name: String,
    /// The place above it; may be left out where there is just one of its kind
    #[arg(long, value_name = "NAME")]
    below: Option<String>,
}

#[derive(Args)]
pub(super) struct Rename {
    /// The name that it has
    name: String,
    /// The name that it gets
    new_name: String,
    /// Where several places have this name: the kind of the one that is meant. nation, prefecture, health_center,
    /// medical_institution
    #[arg(long)]
    kind: Option<String>,
    /// Where several have it: the place right above the one that is meant
    #[arg(long, value_name = "NAME")]
    below: Option<String>,
}

/// What a kind of place is called.
pub(super) fn in_words(kind: JurisdictionKind) -> &'static str {
    match kind {
        JurisdictionKind::Nation => "nation",
        JurisdictionKind::Prefecture => "prefecture",
        JurisdictionKind::HealthCenter => "health center",
        JurisdictionKind::MedicalInstitution => "medical institution",
    }
}

/// The place of a name at which a role works, where several have the name; a place of another kind, where it is the only one.
pub(super) async fn find_for(
    app: &App,
    (named, below): (&str, Option<&str>),
    role: Option<StaffRole>,
) -> Result<Place> {
    let places = app.system_desk().places().await?;
    let of_name = |kind: JurisdictionKind| {
        let all = places.iter().filter(|place| place.name == named.trim());
        all.filter(|place| place.kind == kind).count()
    };
    let kind = role.map(StaffRole::belongs_at);
    let kind = kind.filter(|kind| of_name(*kind) > 0);
    find(app, Some(named), (kind, below)).await
}

/// The place of a name, or of a kind of which there is just one; of several, the one right below the place that is named, too.
pub(super) async fn find(
    app: &App,
    named: Option<&str>,
    (kind, below): (Option<JurisdictionKind>, Option<&str>),
) -> Result<Place> {
    let places = app.system_desk().places().await?;
    let lies_below = |place: &Place| {
        let above = places.iter().find(|one| Some(one.id) == place.parent);
        below.is_none_or(|below| above.is_some_and(|above| above.name == below.trim()))
    };
    let fit: Vec<&Place> = places
        .iter()
        .filter(|p| kind.is_none_or(|kind| p.kind == kind))
        .filter(|p| named.is_none_or(|name| p.name == name.trim()))
        .filter(|p| lies_below(p))
        .collect();
    let what = kind.map_or("place", in_words);
    let where_below = below.map_or(String::new(), |below| format!(" right below {below:?}"));
    match (fit.as_slice(), named) {
        ([one], _) => Ok((*one).clone()),
        ([], Some(name)) => {
            bail!("there is no {what} {name:?}{where_below}; `hersys place list` shows all")
        }
        ([], None) => bail!("there is no {what} yet; `hersys place add` makes one"),
        (several, Some(name)) => {
            let all = several.iter().map(|place| with_above(place, &places));
            let all: Vec<String> = all.collect();
            bail!(
                "there are several places called {name:?} ({}); say with --below which one is meant, or give one of them another \
                 name: `hersys place rename` takes --below and --kind",
                all.join(", ")
            )
        }
        (_, None) => bail!("there are several of kind {what}; name the one that is meant"),
    }
}

/// What a place is, and where, for telling it from another one of its name.
fn with_above(place: &Place, places: &[Place]) -> String {
    let kind = in_words(place.kind);
    match places.iter().find(|one| Some(one.id) == place.parent) {
        Some(above) => format!("{kind} below {:?}", above.name),
        None => kind.to_owned(),
    }
}

/// Why a center cannot have a name that another one has.
fn name_taken(name: &str, taken: &NameTaken) -> anyhow::Error {
    let what = match taken.is_closed {
        true => "a closed health center",
        false => "a health center",
    };
    anyhow!(
        "{what} below {:?} has the name {name:?}, and no two have one: write the prefecture or the town into the name; nothing was \
         changed",
        taken.prefecture
    )
}

fn read_kind(typed: &str) -> Result<JurisdictionKind> {
    JurisdictionKind::parse(typed.trim()).ok_or_else(|| {
        let kinds: Vec<&str> = JurisdictionKind::ALL.iter().map(|k| k.word()).collect();
        anyhow!("--kind must be one of: {}", kinds.join(", "))
    })
}

pub(super) async fn list(settings: &Settings) -> Result<ExitCode> {
    let app = open_standing(settings).await?;
    for place in app.system_desk().places().await? {
        let indent = "  ".repeat(place.depth);
        say(&format!(
            "{indent}{} ({})",
            place.name,
            in_words(place.kind)
        ));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn add(settings: &Settings, add: Add) -> Result<ExitCode> {
    let kind = JurisdictionKind::parse(&add.kind).filter(|k| *k != JurisdictionKind::Nation);
    let above = match kind {
        Some(JurisdictionKind::Prefecture) => JurisdictionKind::Nation,
        Some(JurisdictionKind::HealthCenter) => JurisdictionKind::Prefecture,
        Some(JurisdictionKind::MedicalInstitution) => JurisdictionKind::HealthCenter,
        _ => bail!(
            "{:?} is no kind of place that can be added: prefecture, health_center or medical_institution",
            add.kind
        ),
    };
    let kind = kind.ok_or_else(|| anyhow!("no kind was given"))?;
    let app = open_quietly(settings).await?;
    let parent = find(&app, add.below.as_deref(), (Some(above), None)).await?;
    match app
        .system_desk()
        .add_place(&parent, kind, &add.name)
        .await?
    {
        AddPlace::Added(place) => {
            say(&format!(
                "{} ({}) stands below {}.",
                place.name,
                in_words(place.kind),
                parent.name
            ));
            Ok(ExitCode::SUCCESS)
        }
        AddPlace::WrongParent => bail!("a {} cannot lie below {}", in_words(kind), parent.name),
        AddPlace::Elsewhere(taken) => Err(name_taken(&add.name, &taken)),
        AddPlace::Name => bail!(
            "the name must have 1 to 200 characters and must not be taken; nothing was changed"
        ),
    }
}

pub(super) async fn rename(settings: &Settings, rename: Rename) -> Result<ExitCode> {
    let kind = rename.kind.as_deref().map(read_kind).transpose()?;
    let app = open_standing(settings).await?;
    let meant = (kind, rename.below.as_deref());
    let place = find(&app, Some(&rename.name), meant).await?;
    let name = rename.new_name.trim();
    let desk = app.system_desk();
    let centers = desk.health_centers().await?;
    let before = centers
        .iter()
        .find(|center| NewStaff::place_of(center.id) == place.id);
    match desk.rename_place(place.id, name).await? {
        RenamePlace::Renamed => {
            say(&format!("{} is called {name} now.", place.name));
            let had = before.map(|center| &center.contact.names);
            if let Some(had) = had.filter(|had| !had.is_empty() && place.name != name) {
                let all: Vec<&str> = had.values().map(String::as_str).collect();
                say(&format!(
                    "Everybody reads that name, in every language: the names in languages went with the old one ({}). Others are \
                     set on the console, on the center's page under Places or Contact, or with `hersys provision`.",
                    all.join(", ")
                ));
            }
            Ok(ExitCode::SUCCESS)
        }
        RenamePlace::Elsewhere(taken) => Err(name_taken(name, &taken)),
        RenamePlace::Name | RenamePlace::NoSuchPlace => bail!(
            "the name must have 1 to 200 characters and must not be taken; nothing was changed"
        ),
    }
}
