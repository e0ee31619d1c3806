//! Places, how they are reached, how they follow people, and who works there, as a file that is kept beside other
//! settings. What stands already is left as it is; what the file does not name, too.

use crate::audit::{by_machine, with};
use crate::health_center::{Contact, contact_problem, keep_contact};
use crate::jurisdiction::{AddPlace, Place};
use crate::place::{kind_below, read_name};
use crate::place_settings::{TypedFollowing, check};
use crate::staff::Invite;
use crate::{Error, SystemDesk, audit};
use domain::email_address::EmailAddress;
use domain::ids::HealthCenterId;
use domain::language::Language;
use domain::staff_role::{JurisdictionKind, StaffRole};
use serde::Deserialize;
use std::collections::BTreeMap;

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

impl SystemDesk {
    /// Sets up what a file says and does not stand yet; tells each thing that it did. With `only_look`, nothing is
    /// changed, and what lies below a place that does not stand yet is told as new.
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
        let mut planned: Vec<&str> = Vec::new();
        for one in &file.place {
            let kind = JurisdictionKind::parse(&one.kind);
            let places = self.places().await?;
            let stands = match find(&places, &one.name, kind) {
                Ok(stands) => stands.cloned(),
                Err(told) => return Ok(Err(vec![told])),
            };
            let place = match stands {
                Some(place) => place,
                None => {
                    did.push(format!("{} {:?} is added", one.kind, one.name));
                    if only_look {
                        planned.push(&one.name);
                        continue;
                    }
                    match self.add_named(&places, one, kind).await? {
                        Ok(place) => place,
                        Err(told) => return Ok(Err(vec![told])),
                    }
                }
            };
            if let Some(contact) = &one.contact {
                let told = self.provision_contact(&place, contact, only_look).await?;
                did.extend(told);
            }
            if let Some(following) = &one.following {
                let told = self
                    .provision_following(&place, following, only_look)
                    .await?;
                did.extend(told);
            }
        }
        for one in &file.staff {
            let places = self.places().await?;
            let place = match find(&places, &one.place, None) {
                Ok(Some(place)) => place.id,
                Ok(None) if planned.contains(&one.place.as_str()) => continue,
                Ok(None) => return Ok(Err(vec![format!("there is no place {:?}", one.place)])),
                Err(told) => return Ok(Err(vec![told])),
            };
            let (Ok(email), Some(role)) =
                (EmailAddress::parse(&one.email), StaffRole::parse(&one.role))
            else {
                continue;
            };
            if only_look {
                continue;
            }
            let language = Language::parse(&one.language).unwrap_or_default();
            let entry = by_machine(self.app.clock.now(), "staff.invited", None);
            let invited = self
                .app
                .invite_staff((&email, &one.name, language), (role, place, &places), entry)
                .await?;
            match invited {
                Invite::Invited => did.push(format!("staff {:?} is invited", one.name)),
                Invite::Taken => {}
                Invite::Name | Invite::Place => {
                    return Ok(Err(vec![format!(
                        "staff {:?}: the name is none, or a {} does not belong at {:?}",
                        one.name, one.role, one.place
                    )]));
                }
            }
        }
        Ok(Ok(did))
    }

    async fn add_named(
        &self,
        places: &[Place],
        one: &PlaceEntry,
        kind: Option<JurisdictionKind>,
    ) -> Result<Result<Place, String>, Error> {
        let above = JurisdictionKind::ALL
            .into_iter()
            .find(|above| kind.is_some() && kind_below(*above) == kind);
        let (Some(kind), Some(above)) = (kind, above) else {
            return Ok(Err(format!(
                "place {:?}: a nation stands already",
                one.name
            )));
        };
        let parent = match &one.below {
            Some(name) => match find(places, name, Some(above)) {
                Ok(parent) => parent,
                Err(told) => return Ok(Err(told)),
            },
            None => {
                let mut all = places.iter().filter(|place| place.kind == above);
                all.next().filter(|_| all.next().is_none())
            }
        };
        let Some(parent) = parent else {
            return Ok(Err(format!(
                "place {:?}: below must name the {} above it",
                one.name,
                above.word()
            )));
        };
        Ok(match self.app.add_place(parent, kind, &one.name).await? {
            AddPlace::Added(place) => Ok(place),
            AddPlace::Name | AddPlace::WrongParent => {
                Err(format!("place {:?}: the name is taken", one.name))
            }
        })
    }

    async fn provision_contact(
        &self,
        place: &Place,
        entry: &ContactEntry,
        only_look: bool,
    ) -> Result<Option<String>, Error> {
        let center = HealthCenterId::from_uuid(place.id.uuid());
        let stands = self.app.health_center(center).await?.contact;
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
        place: &Place,
        entry: &FollowingEntry,
        only_look: bool,
    ) -> Result<Option<String>, Error> {
        let center = HealthCenterId::from_uuid(place.id.uuid());
        let Ok(following) = check(&typed(entry)) else {
            return Ok(None);
        };
        if following == self.app.following(center).await? {
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
