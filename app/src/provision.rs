//! Places, how they are reached, how they follow people, and who works there, as a file that is kept beside other
//! settings. How a place is reached and follows people is as the file says, also where it stood otherwise. Places and
//! staff that stand are left as they are; so is what the file does not name.

use crate::audit::{by_machine, with};
use crate::code::email_blind;
use crate::health_center::{Contact, contact_problem, keep_contact};
use crate::jurisdiction::{AddPlace, Place};
use crate::place::{kind_below, read_name};
use crate::place_settings::{TypedFollowing, check};
use crate::{Error, SystemDesk, audit};
use domain::email_address::EmailAddress;
use domain::ids::{HealthCenterId, JurisdictionId};
use domain::language::Language;
use domain::staff_role::{JurisdictionKind, StaffRole};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    place: Vec<PlaceEntry>,
    #[serde(default)]
    staff: Vec<StaffEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceEntry {
    kind: String,
    name: String,
    below: Option<String>,
    contact: Option<ContactEntry>,
    following: Option<FollowingEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactEntry {
    phone: String,
    #[serde(default)]
    night_phone: String,
    #[serde(default)]
    hours: BTreeMap<String, String>,
    #[serde(default)]
    names: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowingEntry {
    deadline: String,
    tell_center_after: i64,
    tell_prefecture_after: i64,
    tell_again_every: i64,
    #[serde(default = "until_taken_is_told")]
    tell_taken_after: i64,
    transfer_due_after: i64,
    #[serde(default = "second")]
    sms_from: i64,
    #[serde(default)]
    reminders: Vec<String>,
}

const fn second() -> i64 {
    2
}

fn until_taken_is_told() -> i64 {
    crate::place_settings::Following::default().tell_taken_after
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StaffEntry {
    email: String,
    name: String,
    role: String,
    place: String,
    #[serde(default)]
    language: String,
}

fn understand(text: &str) -> Result<File, Vec<String>> {
    let file: File = toml::from_str(text).map_err(|e| vec![e.to_string().trim_end().to_owned()])?;
    let mut wrong = Vec::new();
    for one in &file.place {
        let name = &one.name;
        let kind = JurisdictionKind::parse(&one.kind);
        if kind.is_none() {
            wrong.push(format!(
                "place {name:?}: kind must be nation, prefecture, health_center or medical_institution"
            ));
        }
        if read_name(name).is_none() {
            wrong.push(format!(
                "place {name:?}: the name must have 1 to 200 characters"
            ));
        }
        let is_center = kind == Some(JurisdictionKind::HealthCenter);
        if !is_center && (one.contact.is_some() || one.following.is_some()) {
            wrong.push(format!(
                "place {name:?}: only a health_center has contact and following"
            ));
        }
        if let Some(contact) = &one.contact {
            let parts = [
                ("phone", &contact.phone),
                ("night_phone", &contact.night_phone),
            ];
            let texts = contact.hours.values().chain(contact.names.values());
            for (part, text) in parts.into_iter().chain(texts.map(|text| ("text", text))) {
                if contact_problem(part, text).is_some() {
                    wrong.push(format!(
                        "place {name:?}: contact: {text:?} is no {part}, or too long"
                    ));
                }
            }
        }
        if let Some(Err(fields)) = one.following.as_ref().map(|f| check(&typed(f))) {
            let fields: Vec<String> = fields.into_iter().map(wants).collect();
            wrong.push(format!("place {name:?}: following: {}", fields.join(", ")));
        }
    }
    for one in &file.staff {
        if EmailAddress::parse(&one.email).is_err() {
            wrong.push(format!("staff {:?}: the e-mail address is none", one.name));
        }
        let name = one.name.trim();
        if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
            wrong.push(format!(
                "staff {:?}: the name must have 1 to 200 characters",
                one.name
            ));
        }
        if StaffRole::parse(&one.role).is_none() {
            let roles = StaffRole::ALL.map(StaffRole::word).join(", ");
            wrong.push(format!("staff {:?}: role must be one of {roles}", one.name));
        }
        if !one.language.is_empty() && Language::parse(&one.language).is_none() {
            wrong.push(format!("staff {:?}: language must be ja or en", one.name));
        }
    }
    if wrong.is_empty() {
        Ok(file)
    } else {
        Err(wrong)
    }
}

/// What a setting of how people are followed wants.
fn wants(field: &str) -> String {
    let what = match field {
        "deadline" => "a time such as \"12:00\"",
        "reminders" => "up to three times such as \"08:00\"",
        "sms_from" => "1 or 2",
        "tell_center_after" => "1 to 240 minutes",
        "tell_prefecture_after" => "1 to 480 minutes and not before the center",
        "tell_again_every" | "tell_taken_after" => "5 to 480 minutes",
        _ => "10 to 2880 minutes",
    };
    format!("{field} wants {what}")
}

fn typed(entry: &FollowingEntry) -> TypedFollowing {
    TypedFollowing {
        deadline: entry.deadline.clone(),
        tell_center_after: entry.tell_center_after.to_string(),
        tell_prefecture_after: entry.tell_prefecture_after.to_string(),
        tell_again_every: entry.tell_again_every.to_string(),
        tell_taken_after: entry.tell_taken_after.to_string(),
        transfer_due_after: entry.transfer_due_after.to_string(),
        sms_from: entry.sms_from.to_string(),
        reminders: entry.reminders.join(" "),
    }
}

/// The place of a name, and of a kind where one is given.
fn find<'a>(
    places: &'a [Place],
    name: &str,
    kind: Option<JurisdictionKind>,
) -> Result<Option<&'a Place>, String> {
    let mut fit = places
        .iter()
        .filter(|place| place.name == name.trim() && kind.is_none_or(|kind| place.kind == kind));
    match (fit.next(), fit.next()) {
        (found, None) => Ok(found),
        (_, Some(_)) => Err(format!("there are several places called {name:?}")),
    }
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
    let parent = match &one.below {
        Some(name) => find(places, name, Some(above))?,
        None => {
            let mut all = places.iter().filter(|place| place.kind == above);
            all.next().filter(|_| all.next().is_none())
        }
    };
    parent.map(|parent| (parent, kind)).ok_or_else(|| {
        format!(
            "place {:?}: below must name the {} above it",
            one.name,
            above.word()
        )
    })
}

/// Whether everybody's place is there and can have them; all that is wrong at once.
fn staff_fits(staff: &[StaffEntry], places: &[Place]) -> Result<(), Vec<String>> {
    let wrong = |one: &StaffEntry| -> Option<String> {
        let place = match find(places, &one.place, None) {
            Ok(Some(place)) => place,
            Ok(None) => return Some(format!("there is no place {:?}", one.place)),
            Err(told) => return Some(told),
        };
        let role = StaffRole::parse(&one.role)?;
        (role.belongs_at() != place.kind).then(|| {
            format!(
                "staff {:?}: a {} does not belong at {:?}",
                one.name, one.role, one.place
            )
        })
    };
    let all: Vec<String> = staff.iter().filter_map(wrong).collect();
    if all.is_empty() { Ok(()) } else { Err(all) }
}

impl SystemDesk {
    /// Sets up what a file says and does not stand so; tells each thing that it did, and what it left because it stands
    /// otherwise. With `only_look`, the same is told, and nothing is changed.
    ///
    /// # Errors
    /// Sentences that name what is wrong with the file; where they are about the file alone, nothing was changed.
    pub async fn provision(
        &self,
        text: &str,
        only_look: bool,
    ) -> Result<Result<Vec<String>, Vec<String>>, Error> {
        let file = match understand(text) {
            Ok(file) => file,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let mut did = Vec::new();
        // With the places that would be added, where nothing is: what lies below them is looked at like all else.
        let mut places = self.places().await?;
        // The standing place above each of those, whose settings hold there as long as it has none.
        let mut planned: BTreeMap<JurisdictionId, JurisdictionId> = BTreeMap::new();
        for one in &file.place {
            let kind = JurisdictionKind::parse(&one.kind);
            let stands = match find(&places, &one.name, kind) {
                Ok(stands) => stands.cloned(),
                Err(told) => return Ok(Err(vec![told])),
            };
            if let (Some(place), Some(_)) = (&stands, &one.below) {
                match parent_of(&places, one, Some(place.kind)) {
                    Err(told) => return Ok(Err(vec![told])),
                    Ok((above, _)) if Some(above.id) != place.parent => {
                        let parent = places.iter().find(|p| Some(p.id) == place.parent);
                        let parent = parent.map_or("", |parent| parent.name.as_str());
                        did.push(format!(
                            "{} {:?} stands below {parent:?} and not below {:?}: it is left as it is",
                            place.kind.word(),
                            place.name,
                            above.name
                        ));
                    }
                    Ok(_) => {}
                }
            }
            let place = match stands {
                Some(place) => place,
                None => {
                    let (parent, kind) = match parent_of(&places, one, kind) {
                        Ok(found) => found,
                        Err(told) => return Ok(Err(vec![told])),
                    };
                    did.push(format!("{} {:?} is added", one.kind, one.name));
                    let added = if only_look {
                        let added = Place {
                            id: JurisdictionId::from_uuid(self.app.new_uuid()),
                            parent: Some(parent.id),
                            kind,
                            name: one.name.trim().to_owned(),
                            depth: parent.depth + 1,
                            path: String::new(),
                        };
                        let above = planned.get(&parent.id).copied().unwrap_or(parent.id);
                        planned.insert(added.id, above);
                        added
                    } else {
                        match self.app.add_place(parent, kind, &one.name).await? {
                            AddPlace::Added(place) => place,
                            AddPlace::WrongParent => {
                                let told = format!("place {:?}: the place above is gone", one.name);
                                return Ok(Err(vec![told]));
                            }
                            AddPlace::Name => {
                                let told = format!("place {:?}: the name is taken", one.name);
                                return Ok(Err(vec![told]));
                            }
                        }
                    };
                    places.push(added.clone());
                    added
                }
            };
            let above = planned.get(&place.id).copied();
            if let Some(contact) = &one.contact {
                let told = self
                    .provision_contact((&place, above.is_some()), contact, only_look)
                    .await?;
                did.extend(told);
            }
            if let Some(following) = &one.following {
                let holds_at = above.unwrap_or(place.id);
                let told = self
                    .provision_following((&place, holds_at), following, only_look)
                    .await?;
                did.extend(told);
            }
        }
        if let Err(wrong) = staff_fits(&file.staff, &places) {
            return Ok(Err(wrong));
        }
        let mut invited = BTreeSet::new();
        for one in &file.staff {
            let told = self
                .provision_staff(one, &places, &mut invited, only_look)
                .await?;
            did.extend(told);
        }
        Ok(Ok(did))
    }

    /// Invites somebody; whoever stands already is left, and where the file says something else, that is told.
    async fn provision_staff(
        &self,
        one: &StaffEntry,
        places: &[Place],
        invited: &mut BTreeSet<String>,
        only_look: bool,
    ) -> Result<Option<String>, Error> {
        let (Ok(email), Some(role), Ok(Some(place))) = (
            EmailAddress::parse(&one.email),
            StaffRole::parse(&one.role),
            find(places, &one.place, None),
        ) else {
            return Ok(None);
        };
        let is_first = invited.insert(email.as_str().to_owned());
        let blind = email_blind(self.app.keys(), &email);
        let stands = self
            .app
            .db()
            .read(move |tx| storage::staff::by_email_anyhow(tx, &blind))
            .await?;
        if let Some(stands) = stands {
            let (name, left) = (&one.name, "it is left as it is");
            let told = if stands.disabled_at.is_some() {
                format!("staff {name:?} is shut out: {left}")
            } else if stands.role != role.word() {
                let (has, wished) = (&stands.role, role.word());
                format!(
                    "staff {name:?} has the role {has}, not {wished}: {left}; change it on the console's page Staff"
                )
            } else if stands.place != place.id {
                let wished = &place.name;
                format!(
                    "staff {name:?} works elsewhere than at {wished:?}: {left}; `hersys staff move` gives an account another \
                     place"
                )
            } else {
                return Ok(None);
            };
            // Somebody whom this very file invited a line above is told by that line.
            return Ok(is_first.then_some(told));
        }
        if !is_first {
            return Ok(None);
        }
        if !only_look {
            let language = Language::parse(&one.language).unwrap_or_default();
            let entry = by_machine(self.app.clock.now(), "staff.invited", None);
            let whose = (&email, one.name.as_str(), language);
            self.app
                .invite_staff(whose, (role, place.id, places), (None, entry))
                .await?;
        }
        Ok(Some(format!("staff {:?} is invited", one.name)))
    }

    async fn provision_contact(
        &self,
        (place, is_planned): (&Place, bool),
        entry: &ContactEntry,
        only_look: bool,
    ) -> Result<Option<String>, Error> {
        let center = HealthCenterId::from_uuid(place.id.uuid());
        let stands = match is_planned {
            true => Contact::default(),
            false => self.app.health_center(center).await?.contact,
        };
        let contact = Contact {
            phone: entry.phone.clone(),
            night_phone: entry.night_phone.clone(),
            hours: entry.hours.clone(),
            names: entry.names.clone(),
        };
        if contact == stands {
            return Ok(None);
        }
        if !only_look {
            let value = serde_json::to_value(&contact)
                .map_err(|e| Error::broken(format!("a contact cannot be stored: {e}")))?;
            let (now, keys) = (self.app.clock.now(), self.app.keys().clone());
            let line = with(by_machine(now, "center.settings", None), "contact");
            self.app
                .db()
                .write(move |tx| {
                    keep_contact(tx, center, &value, (None, now))?;
                    storage::health_center::set_contact(tx, center, &value)?;
                    audit::note(tx, &keys, &line)
                })
                .await?;
        }
        Ok(Some(format!("{:?}: contact is set", place.name)))
    }

    async fn provision_following(
        &self,
        (place, holds_at): (&Place, JurisdictionId),
        entry: &FollowingEntry,
        only_look: bool,
    ) -> Result<Option<String>, Error> {
        let center = HealthCenterId::from_uuid(place.id.uuid());
        let Ok(following) = check(&typed(entry)) else {
            return Ok(None);
        };
        let holds_at = HealthCenterId::from_uuid(holds_at.uuid());
        if following == self.app.following(holds_at).await? {
            return Ok(None);
        }
        if !only_look {
            let line = with(
                by_machine(self.app.clock.now(), "center.settings", None),
                "following",
            );
            self.app
                .keep_following(center, following, (None, None), (line, None))
                .await?;
        }
        Ok(Some(format!("{:?}: following is set", place.name)))
    }
}
