//! Places: the tree at and below the own one, adding to it, other names, and what places were called before.

use super::words::stored;
use crate::fields::{SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::jurisdiction::{AddPlace, Place};
use app::place::{ClosePlace, InTheWay, RenamePlace, kind_below};
use askama::Template;
use axum::extract::Path;
use domain::ids::JurisdictionId;
use domain::staff_role::JurisdictionKind;
use i18n::Words;

struct Line {
    address: String,
    /// How deep it lies below the first one, as a class.
    depth: usize,
    name: String,
    kind: String,
}

#[derive(Template)]
#[template(path = "console/places.html")]
struct PlacesPage {
    page: Page,
    notice: Option<String>,
    lines: Vec<Line>,
    below: SelectField,
    name: TextField,
}

#[derive(Template)]
#[template(path = "console/place.html")]
struct PlacePage {
    page: Page,
    id: String,
    kind: String,
    name: TextField,
    /// Why the place cannot be closed.
    in_the_way: Option<String>,
    /// Whether such a place is closed here at all.
    closes: bool,
    /// The name, and who gave it when.
    called: Vec<(String, String)>,
}

/// The places to which one can be added, with what is added there.
fn parents(t: &Words, places: &[Place]) -> Vec<(String, String)> {
    let nothing = (String::new(), t.say("contact-choose"));
    let all = places.iter().filter_map(|place| {
        let kind = kind_below(place.kind)?;
        let words = t.with2(
            "place-below",
            "kind",
            stored(t, "place-kind", kind.word()),
            "name",
            &place.name,
        );
        Some((place.id.to_string(), words))
    });
    std::iter::once(nothing).chain(all).collect()
}

async fn places_page(
    visit: &Visit,
    desk: &StaffDesk,
    (name, below): (&str, &str),
    wrong: Option<(&'static str, &'static str)>,
) -> Answer {
    let mut page = Page::new(visit, "places-title").back_to("/staff");
    let mut places = desk.places().await?;
    let names = desk.place_names(page.tag()).await?;
    for place in &mut places {
        names.put(&mut place.name);
    }
    let t = page.t;
    let mut problem = |field: &'static str| {
        wrong.filter(|(of, _)| *of == field).map(|(_, key)| {
            let sentence = t.say(key);
            page.problem(field, sentence.clone());
            sentence
        })
    };
    let below_problem = problem("below");
    let name_problem = problem("place_name");
    let top = places.iter().map(|place| place.depth).min().unwrap_or(0);
    Ok(render(&PlacesPage {
        notice: match visit.query("done").as_deref() {
            Some("added") => Some(t.say("place-added")),
            Some("renamed") => Some(t.say("place-renamed")),
            Some("closed") => Some(t.say("place-closed")),
            _ => None,
        },
        lines: places
            .iter()
            .map(|place| Line {
                address: format!("/places/{}", place.id),
                depth: place.depth - top,
                name: place.name.clone(),
                kind: stored(t, "place-kind", place.kind.word()),
            })
            .collect(),
        below: SelectField::new("below", t.say("place-what"), below, parents(t, &places))
            .problem(below_problem),
        name: TextField::new("place_name", t.say("place-name"))
            .value(name)
            .problem(name_problem),
        page,
    }))
}

pub(super) async fn list(Staff(visit, desk): Staff) -> Answer {
    places_page(&visit, &desk, ("", ""), None).await
}

pub(super) async fn add(Staff(visit, desk): Staff, form: Form) -> Answer {
    let typed = (form.text("place_name"), form.text("below"));
    let Ok(parent) = typed.1.parse::<JurisdictionId>() else {
        let wrong = Some(("below", "problem-place-below"));
        return places_page(&visit, &desk, typed, wrong).await;
    };
    let wrong = match desk.add_place(parent, typed.0).await? {
        AddPlace::Added(_) => return Ok(go("/places?done=added")),
        AddPlace::WrongParent => ("below", "problem-place-closed"),
        AddPlace::Name => ("place_name", "problem-place-name"),
    };
    places_page(&visit, &desk, typed, Some(wrong)).await
}

/// What keeps a place from being closed, in words that name it.
async fn in_the_way_words(
    t: &Words,
    desk: &StaffDesk,
    id: JurisdictionId,
    what: InTheWay,
) -> Result<String, app::Error> {
    let (places, staff) = desk.colleagues().await?;
    let known = desk.place_names(t.language.tag()).await?;
    let (key, names): (_, Vec<String>) = match what {
        InTheWay::Records => return Ok(t.say("place-close-records")),
        InTheWay::Below => (
            "place-close-below",
            places
                .into_iter()
                .filter(|place| place.parent == Some(id))
                .map(|mut place| {
                    known.put(&mut place.name);
                    place.name
                })
                .collect(),
        ),
        InTheWay::Staff => (
            "place-close-staff",
            staff
                .into_iter()
                .filter(|one| one.place == id && one.can_come_in)
                .map(|one| one.name)
                .collect(),
        ),
    };
    Ok(t.with1(key, "names", names.join(&t.say("list-comma"))))
}

async fn place_page(
    visit: &Visit,
    desk: &StaffDesk,
    id: JurisdictionId,
    (wrong, in_the_way): (Option<&str>, Option<InTheWay>),
) -> Answer {
    let Some((place, called)) = desk.place(id).await? else {
        return Ok(missing(visit));
    };
    let mut page = Page::new(visit, "place-rename").back_to("/places");
    let problem = wrong.map(|_| {
        let sentence = page.say("problem-place-name");
        page.problem("place_name", sentence.clone());
        sentence
    });
    let t = page.t;
    let zone = desk.rules_zone().await?;
    Ok(render(&PlacePage {
        in_the_way: match in_the_way {
            Some(what) => Some(in_the_way_words(t, desk, id, what).await?),
            None => None,
        },
        closes: matches!(
            place.kind,
            JurisdictionKind::HealthCenter | JurisdictionKind::MedicalInstitution
        ),
        id: id.to_string(),
        kind: stored(t, "place-kind", place.kind.word()),
        name: TextField::new("place_name", t.say("place-name"))
            .hint(t.say("place-name-hint"))
            .value(wrong.unwrap_or(&place.name))
            .problem(problem),
        called: called
            .into_iter()
            .map(|one| {
                let when = moment(t, &zone, one.at);
                if one.is_first {
                    return (one.name, t.with1("place-made", "when", when));
                }
                let by = one.by.unwrap_or_else(|| t.say("rule-by-operator"));
                (one.name, t.with2("by-at", "name", by, "when", when))
            })
            .collect(),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(id): Path<String>) -> Answer {
    match id.parse() {
        Ok(id) => place_page(&visit, &desk, id, (None, None)).await,
        Err(_) => Ok(missing(&visit)),
    }
}

pub(super) async fn rename(
    Staff(visit, desk): Staff,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let Ok(id) = id.parse() else {
        return Ok(missing(&visit));
    };
    let name = form.text("place_name");
    match desk.rename_place(id, name).await? {
        RenamePlace::Renamed => Ok(go("/places?done=renamed")),
        RenamePlace::Name => place_page(&visit, &desk, id, (Some(name), None)).await,
        RenamePlace::NoSuchPlace => Ok(missing(&visit)),
    }
}

pub(super) async fn close(Staff(visit, desk): Staff, Path(id): Path<String>) -> Answer {
    let Ok(id) = id.parse() else {
        return Ok(missing(&visit));
    };
    match desk.close_place(id).await? {
        ClosePlace::Closed => Ok(go("/places?done=closed")),
        ClosePlace::InTheWay(what) => place_page(&visit, &desk, id, (None, Some(what))).await,
        ClosePlace::NoSuchPlace => Ok(missing(&visit)),
    }
}
