//! What stands in a file of places and staff, and what is wrong with it before anything is looked up.

use crate::health_center::contact_problem;
use crate::place::read_name;
use crate::place_settings::{TypedFollowing, check};
use domain::email_address::EmailAddress;
use domain::language::Language;
use domain::staff_role::{JurisdictionKind, StaffRole};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) place: Vec<PlaceEntry>,
    #[serde(default)]
    pub(super) staff: Vec<StaffEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceEntry {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) below: Option<String>,
    pub(super) contact: Option<ContactEntry>,
    pub(super) following: Option<FollowingEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactEntry {
    pub(super) phone: String,
    #[serde(default)]
    pub(super) night_phone: String,
    #[serde(default)]
    pub(super) hours: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) names: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FollowingEntry {
    // Needed, and looked at by `missing`: the reader of the file would name only the first that is not there.
    deadline: Option<String>,
    tell_center_after: Option<i64>,
    tell_prefecture_after: Option<i64>,
    tell_again_every: Option<i64>,
    #[serde(default = "until_taken_is_told")]
    tell_taken_after: i64,
    transfer_due_after: Option<i64>,
    #[serde(default = "second")]
    sms_from: i64,
    #[serde(default)]
    reminders: Vec<String>,
}

impl FollowingEntry {
    /// The lines that are needed and not there.
    fn missing(&self) -> Vec<String> {
        let needed = [
            ("deadline", self.deadline.is_some()),
            ("tell_center_after", self.tell_center_after.is_some()),
            (
                "tell_prefecture_after",
                self.tell_prefecture_after.is_some(),
            ),
            ("tell_again_every", self.tell_again_every.is_some()),
            ("transfer_due_after", self.transfer_due_after.is_some()),
        ];
        let missing = needed.into_iter().filter(|(_, is_there)| !is_there);
        missing
            .map(|(name, _)| format!("{name} is missing"))
            .collect()
    }
}

const fn second() -> i64 {
    2
}

fn until_taken_is_told() -> i64 {
    crate::place_settings::Following::default().tell_taken_after
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StaffEntry {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) role: String,
    pub(super) place: String,
    pub(super) below: Option<String>,
    #[serde(default)]
    pub(super) language: String,
}

/// Reads a file; all that is wrong with it by itself, at once.
pub(super) fn understand(text: &str) -> Result<File, Vec<String>> {
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
            // Words under another tag would be shown to nobody.
            for (part, words) in [("hours", &contact.hours), ("names", &contact.names)] {
                let offered = Language::ALL.map(Language::tag);
                for tag in words.keys().filter(|tag| !offered.contains(&tag.as_str())) {
                    wrong.push(format!(
                        "place {name:?}: contact: {part}: there is no language {tag:?}; there are {}",
                        offered.join(", ")
                    ));
                }
            }
            for (part, text) in parts.into_iter().chain(texts.map(|text| ("text", text))) {
                if contact_problem(part, text).is_some() {
                    wrong.push(format!(
                        "place {name:?}: contact: {text:?} is no {part}, or too long"
                    ));
                }
            }
        }
        if let Some(following) = &one.following {
            let missing = following.missing();
            // What is not there is no wrong value as well.
            let fields = match check(&typed(following)) {
                Err(fields) if missing.is_empty() => fields.into_iter().map(wants).collect(),
                _ => missing,
            };
            if !fields.is_empty() {
                wrong.push(format!("place {name:?}: following: {}", fields.join(", ")));
            }
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

/// How people are followed, as if it had been typed on the page.
pub(super) fn typed(entry: &FollowingEntry) -> TypedFollowing {
    // What is missing was told by then; an empty text is none of what is wanted.
    let minutes = |given: Option<i64>| given.map_or_else(String::new, |given| given.to_string());
    TypedFollowing {
        deadline: entry.deadline.clone().unwrap_or_default(),
        tell_center_after: minutes(entry.tell_center_after),
        tell_prefecture_after: minutes(entry.tell_prefecture_after),
        tell_again_every: minutes(entry.tell_again_every),
        tell_taken_after: entry.tell_taken_after.to_string(),
        transfer_due_after: minutes(entry.transfer_due_after),
        sms_from: entry.sms_from.to_string(),
        reminders: entry.reminders.join(" "),
    }
}
