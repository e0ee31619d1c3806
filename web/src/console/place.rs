//! Places: the tree at and below the own one, adding to it, other names, and what places were called before.

use super::words::stored;
use crate::fields::{SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::health_center::CONTACT_LENGTH;
use app::jurisdiction::{AddPlace, Place};
use app::place::{ClosePlace, InTheWay, NameTaken, Naming, RenamePlace, kind_below};
use askama::Template;
use axum::extract::Path;
use domain::ids::JurisdictionId;
use domain::staff_role::JurisdictionKind;
use i18n::{Words, words};
use std::collections::BTreeMap;

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
    /// Its names in languages, where it has such.
    in_languages: Vec<TextField>,
    /// Why the place cannot be closed.
    in_the_way: Option<String>,
    /// Whether such a place is closed here at all.
    closes: bool,
    /// The name, and who gave it when.
    called: Vec<(String, String)>,
}

/// A center's name in a language: the tag, the field, the key of its label.
const IN_LANGUAGES: [(&str, &str, &str); 2] = [
    ("ja", "name_ja", "place-name-ja"),
    ("en", "name_en", "console-center-name-en"),
];

/// Why a center cannot have a name, and which one helps.
fn taken_words(t: &Words, name: &str, taken: &NameTaken) -> String {
    let prefecture = ("prefecture", taken.prefecture.as_str().into());
    if taken.is_closed {
        return t.with("problem-place-name-closed", &[prefecture]);
    }
    let more = [
        prefecture,
        ("name", name.trim().into()),
        ("here", taken.here.as_str().into()),
    ];
    t.with("problem-place-name-elsewhere", &more)
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
    wrong: Option<(&'static str, String)>,
) -> Answer {
    let mut page = Page::new(visit, "places-title").back_to("/staff");
    let mut places = desk.places().await?;
    let names = desk.place_names(page.tag()).await?;
    for place in &mut places {
        names.put(&mut place.name);
    }
    let t = page.t;
    let mut problem = |field: &'static str| {
        let wrong = wrong.as_ref().filter(|(of, _)| *of == field);
        wrong.and_then(|(_, sentence)| page.problem(field, sentence.clone()))
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
    let t = words(visit.language);
    let Ok(parent) = typed.1.parse::<JurisdictionId>() else {
        let wrong = Some(("below", t.say("problem-place-below")));
        return places_page(&visit, &desk, typed, wrong).await;
    };
    let wrong = match desk.add_place(parent, typed.0).await? {
        AddPlace::Added(_) => return Ok(go("/places?done=added")),
        AddPlace::WrongParent => ("below", t.say("problem-place-closed")),
        AddPlace::Name => ("place_name", t.say("problem-place-name")),
        AddPlace::Elsewhere(taken) => ("place_name", taken_words(t, typed.0, &taken)),
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

/// How the page of a place came to be shown.
enum Shown<'f> {
    /// For the first time.
    Fresh,
    /// With what is wrong with a field: as it came.
    Again(&'f Form, (&'static str, String)),
    /// It cannot be closed.
    InTheWay(InTheWay),
}

async fn place_page(
    visit: &Visit,
    desk: &StaffDesk,
    id: JurisdictionId,
    shown: Shown<'_>,
) -> Answer {
    let Some((place, called)) = desk.place(id).await? else {
        return Ok(missing(visit));
    };
    let mut page = Page::new(visit, "place-rename").back_to("/places");
    let t = page.t;
    let mut problem = |field: &str| match &shown {
        Shown::Again(_, (of, sentence)) if *of == field => page.problem(field, sentence.clone()),
        _ => None,
    };
    let typed = |field: &str, stands: &str| match &shown {
        Shown::Again(form, _) => form.text(field).to_owned(),
        _ => stands.to_owned(),
    };
    let name = TextField::new("place_name", t.say("place-name"))
        .hint(t.say("place-name-hint"))
        .value(&typed("place_name", &place.name))
        .problem(problem("place_name"));
    let names = desk.names_in_languages(id).await?;
    let in_languages = match names.is_empty() {
        true => Vec::new(),
        false => IN_LANGUAGES
            .into_iter()
            .map(|(tag, field, label)| {
                let stands = names.get(tag).map_or("", String::as_str);
                TextField::new(field, t.say(label))
                    .hint(t.say("place-name-in-language-hint"))
                    .value(&typed(field, stands))
                    .problem(problem(field))
            })
            .collect(),
    };
    let zone = desk.rules_zone().await?;
    Ok(render(&PlacePage {
        in_the_way: match shown {
            Shown::InTheWay(what) => Some(in_the_way_words(t, desk, id, what).await?),
            _ => None,
        },
        closes: matches!(
            place.kind,
            JurisdictionKind::HealthCenter | JurisdictionKind::MedicalInstitution
        ),
        id: id.to_string(),
        kind: stored(t, "place-kind", place.kind.word()),
        name,
        in_languages,
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
        Ok(id) => place_page(&visit, &desk, id, Shown::Fresh).await,
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
    let t = words(visit.language);
    let most = i64::try_from(CONTACT_LENGTH).unwrap_or(i64::MAX);
    let mut in_languages = BTreeMap::new();
    for (tag, field, _) in IN_LANGUAGES {
        if form.text(field).trim().chars().count() > CONTACT_LENGTH {
            let problem = (field, t.with1("problem-contact-long", "most", most));
            return place_page(&visit, &desk, id, Shown::Again(&form, problem)).await;
        }
        if form.sent(field) {
            in_languages.insert(tag.to_owned(), form.text(field).to_owned());
        }
    }
    let name = form.text("place_name");
    let naming = Naming {
        name: name.to_owned(),
        // A form that did not ask says nothing of them.
        in_languages: (!in_languages.is_empty()).then_some(in_languages),
    };
    let problem = match desk.rename_place(id, naming).await? {
        RenamePlace::Renamed => return Ok(go("/places?done=renamed")),
        RenamePlace::NoSuchPlace => return Ok(missing(&visit)),
        RenamePlace::Name => t.say("problem-place-name"),
        RenamePlace::Elsewhere(taken) => taken_words(t, name, &taken),
    };
    let again = Shown::Again(&form, ("place_name", problem));
    place_page(&visit, &desk, id, again).await
}

pub(super) async fn close(Staff(visit, desk): Staff, Path(id): Path<String>) -> Answer {
    let Ok(id) = id.parse() else {
        return Ok(missing(&visit));
    };
    match desk.close_place(id).await? {
        ClosePlace::Closed => Ok(go("/places?done=closed")),
        ClosePlace::InTheWay(what) => place_page(&visit, &desk, id, Shown::InTheWay(what)).await,
        ClosePlace::NoSuchPlace => Ok(missing(&visit)),
    }
}
