//! Which place an entry of a file means. Several may have one name: what lies above says which one.

use super::entries::{PlaceEntry, StaffEntry};
use crate::jurisdiction::Place;
use crate::place::kind_below;
use domain::staff_role::{JurisdictionKind, StaffRole};
use storage::health_center::NameHolder;

/// What an entry with a place means.
pub(super) enum Meant<'a> {
    /// One that stands.
    Stands(&'a Place),
    /// One that is to be added below this place, and what it is.
    Missing(&'a Place, JurisdictionKind),
}

/// The place right above another one.
fn above<'a>(places: &'a [Place], place: &Place) -> Option<&'a Place> {
    places.iter().find(|one| Some(one.id) == place.parent)
}

fn lies_below(places: &[Place], place: &Place, below: Option<&str>) -> bool {
    below.is_none_or(|below| above(places, place).is_some_and(|one| one.name == below.trim()))
}

/// A place as sentences name it: with what is above it, since another one may have its name.
pub(super) fn called(places: &[Place], place: &Place) -> String {
    match above(places, place) {
        Some(above) => format!("{:?} below {:?}", place.name, above.name),
        None => format!("{:?}", place.name),
    }
}

/// That a name alone does not say which place is meant.
fn several(places: &[Place], fit: &[&Place]) -> String {
    let all: Vec<String> = fit.iter().map(|place| called(places, place)).collect();
    format!(
        "there are several: {}; write below, which says which one is meant",
        all.join(", ")
    )
}

/// The place that an entry means: with `below`, only one that lies right there; without, the only one of the name.
pub(super) fn meant<'a>(places: &'a [Place], one: &PlaceEntry) -> Result<Meant<'a>, String> {
    let kind = JurisdictionKind::parse(&one.kind);
    let of_name = || {
        let all = places.iter().filter(|place| Some(place.kind) == kind);
        all.filter(|place| place.name == one.name.trim())
    };
    if one.below.is_none() {
        let fit: Vec<&Place> = of_name().collect();
        match fit.as_slice() {
            [] => {}
            [place] => return Ok(Meant::Stands(place)),
            _ => return Err(format!("place {:?}: {}", one.name, several(places, &fit))),
        }
    }
    let (parent, kind) = parent_of(places, one, kind)?;
    if let Some(place) = of_name().find(|place| place.parent == Some(parent.id)) {
        return Ok(Meant::Stands(place));
    }
    // No two centers have one name. What the entry says of this one must not be done to another prefecture's.
    if kind == JurisdictionKind::HealthCenter
        && let Some(other) = of_name().next()
    {
        let stands = above(places, other).map_or("", |above| above.name.as_str());
        return Err(format!(
            "place {:?}: the {} of this name stands below {stands:?} and not below {:?}, and no two have one name: if it is the \
             one that is meant, write below = {stands:?}; if not, give this one another name, such as with its prefecture in it",
            one.name,
            kind.word(),
            parent.name
        ));
    }
    Ok(Meant::Missing(parent, kind))
}

/// What else of a kind has the name of a place that is added.
pub(super) fn namesakes(places: &[Place], kind: JurisdictionKind, name: &str) -> String {
    let all = places.iter().filter(|place| place.kind == kind);
    let below: Vec<String> = all
        .filter(|place| place.name == name.trim())
        .filter_map(|place| above(places, place))
        .map(|above| format!("{:?}", above.name))
        .collect();
    match below.is_empty() {
        true => String::new(),
        false => format!(
            "; another one of this name stands below {}",
            below.join(", ")
        ),
    }
}

/// That a center which is to be added cannot have its name, since another one has it.
pub(super) fn taken(one: &PlaceEntry, by: &NameHolder) -> String {
    format!(
        "place {:?}: a {}health_center below {:?} has this name, and no two have one: give this one another name, such as with \
         its prefecture in it",
        one.name,
        if by.is_closed { "closed " } else { "" },
        by.prefecture
    )
}

/// The place below which a new one is to be added, and what the new one is.
fn parent_of<'a>(
    places: &'a [Place],
    one: &PlaceEntry,
    kind: Option<JurisdictionKind>,
) -> Result<(&'a Place, JurisdictionKind), String> {
    let above = JurisdictionKind::ALL
        .into_iter()
        .find(|above| kind.is_some() && kind_below(*above) == kind);
    let (Some(kind), Some(above)) = (kind, above) else {
        return Err(format!("place {:?}: a nation stands already", one.name));
    };
    let below = one.below.as_deref().map(str::trim);
    let mut fit = places
        .iter()
        .filter(|place| place.kind == above && below.is_none_or(|below| place.name == below));
    let (name, above) = (&one.name, above.word());
    let must = format!("place {name:?}: below must name the {above} above it");
    match (fit.next(), fit.next(), below) {
        (Some(parent), None, _) => Ok((parent, kind)),
        (None, _, Some(below)) => Err(format!(
            "{must}, and there is no {above} {below:?} (`hersys place list` shows all); name one that stands, or add it further up"
        )),
        (None, _, None) => Err(format!(
            "{must}, and there is no {above} yet; add it further up"
        )),
        (Some(_), Some(_), _) => Err(format!("{must}: there are several")),
    }
}

/// The place at which somebody is to work: of those with the name, the one of the kind at which the role works.
pub(super) fn place_of<'a>(places: &'a [Place], one: &StaffEntry) -> Result<&'a Place, String> {
    let below = one.below.as_deref();
    let of_name: Vec<&Place> = places
        .iter()
        .filter(|place| place.name == one.place.trim() && lies_below(places, place, below))
        .collect();
    let kind = StaffRole::parse(&one.role).map(StaffRole::belongs_at);
    let of_kind = of_name.iter().filter(|place| Some(place.kind) == kind);
    let fit: Vec<&Place> = of_kind.copied().collect();
    let who = format!("staff {:?}", one.name);
    match fit.as_slice() {
        [place] => Ok(place),
        [] if of_name.is_empty() => {
            let right_below = below.map_or(String::new(), |below| format!(" below {below:?}"));
            Err(format!(
                "{who}: there is no place {:?}{right_below}",
                one.place
            ))
        }
        [] => Err(format!(
            "{who}: a {} does not belong at {:?}",
            one.role, one.place
        )),
        _ => Err(format!("{who}: {}", several(places, &fit))),
    }
}
