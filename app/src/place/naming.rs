//! Other names for places, and why a name may be refused.

use super::{NAME, read_name};
use crate::audit;
use crate::health_center::{CONTACT_LENGTH, HealthCenter, keep_contact};
use crate::{App, Error};
use domain::ids::{HealthCenterId, JurisdictionId, StaffId};
use domain::staff_role::JurisdictionKind;
use jiff::Timestamp;
use std::collections::BTreeMap;
use storage::Tx;
use storage::audit::AuditEntry;
use storage::jurisdiction::{self as rows, Below, JurisdictionRow};
use storage::place_settings::{self as settings, PlaceSettingRow};

/// Why a health center cannot have a name: another one has it, and no two of an installation have one name. A node of the
/// release before relies on that, and so does whoever names a center in a command or in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTaken {
    /// The prefecture of the one that has it.
    pub prefecture: String,
    /// Whether that one was closed; what was done there goes on being shown under its name.
    pub is_closed: bool,
    /// The prefecture in which the name was wanted.
    pub here: String,
}

impl NameTaken {
    /// Which center has a name that is wanted in a prefecture.
    pub(crate) fn find(
        tx: &mut Tx<'_>,
        name: &str,
        here: &str,
    ) -> Result<Option<NameTaken>, storage::Error> {
        let holder = storage::health_center::holder(tx, name)?;
        Ok(holder.map(|by| NameTaken {
            prefecture: by.prefecture,
            is_closed: by.is_closed,
            here: here.to_owned(),
        }))
    }
}

/// What came of giving a place another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenamePlace {
    /// It is called so now.
    Renamed,
    /// A name is missing, too long, or taken by a sibling.
    Name,
    /// Another prefecture's health center has the name, or one that was closed.
    Elsewhere(NameTaken),
    /// There is no such place in reach.
    NoSuchPlace,
}

/// What a place is called from now on.
#[derive(Clone, Debug, Default)]
pub struct Naming {
    /// Its name.
    pub name: String,
    /// A health center's names in languages, by their tag, where they are others. None: those that it has go with its old
    /// name, since people would go on reading that one.
    pub in_languages: Option<BTreeMap<String, String>>,
}

impl Naming {
    /// A name for readers of every language.
    pub fn plain(name: &str) -> Naming {
        Naming {
            name: name.to_owned(),
            ..Naming::default()
        }
    }

    /// As it is kept; `None` where something cannot be a name.
    fn read(self) -> Option<Naming> {
        let mut in_languages = self.in_languages;
        if let Some(names) = &mut in_languages {
            names.retain(|_, name| !name.trim().is_empty());
            for name in names.values_mut() {
                let short = |name: &String| name.chars().count() <= CONTACT_LENGTH;
                *name = read_name(name).filter(short)?;
            }
        }
        Some(Naming {
            name: read_name(&self.name)?,
            in_languages,
        })
    }
}

impl App {
    /// Gives a place another name; what it was called stays readable.
    pub(crate) async fn rename_place(
        &self,
        id: JurisdictionId,
        naming: Naming,
        (by, entry): (Option<StaffId>, AuditEntry),
    ) -> Result<RenamePlace, Error> {
        let Some(naming) = naming.read() else {
            return Ok(RenamePlace::Name);
        };
        let now = self.clock.now();
        let keys = self.keys().clone();
        let renamed = self
            .db()
            .write(move |tx| {
                // Whoever writes how the center is reached waits, and sees its new names.
                settings::one_at_a_time(tx, id)?;
                let Some(stands) = rows::find(tx, id)? else {
                    return Ok(RenamePlace::NoSuchPlace);
                };
                if let Some(why) = give_name(tx, &stands, &naming.name, (by, now))? {
                    return Ok(why);
                }
                let spoken = give_names(tx, &stands, &naming, (by, now))?;
                if spoken || stands.name != naming.name {
                    audit::note(tx, &keys, &entry)?;
                }
                Ok(RenamePlace::Renamed)
            })
            .await?;
        self.inner.centers.forget();
        Ok(renamed)
    }
}

/// Gives a place its own name, if it has another one; tells why it cannot have it.
fn give_name(
    tx: &mut Tx<'_>,
    stands: &JurisdictionRow,
    name: &str,
    (by, now): (Option<StaffId>, Timestamp),
) -> Result<Option<RenamePlace>, storage::Error> {
    if stands.name == name {
        return Ok(None);
    }
    let mut here = String::new();
    if let Some(parent) = stands.parent
        && let Some(parent) = rows::find(tx, parent)?
    {
        let is_taken = rows::below(tx, &Below::place(&parent.path))?
            .iter()
            .any(|one| one.parent == stands.parent && one.name == name);
        if is_taken {
            return Ok(Some(RenamePlace::Name));
        }
        here = parent.name;
    }
    let center = HealthCenterId::from_uuid(stands.id.uuid());
    if is_center(stands) && !storage::health_center::rename(tx, center, name)? {
        let taken = NameTaken::find(tx, name, &here)?;
        let why = taken.map_or(RenamePlace::Name, RenamePlace::Elsewhere);
        return Ok(Some(why));
    }
    rows::rename(tx, stands.id, name)?;
    let mut called = PlaceSettingRow {
        valid_from: now,
        value: serde_json::json!({ "name": name, "before": stands.name }),
        set_by: by,
        set_at: now,
        set_by_name: None,
    };
    while !settings::add(tx, stands.id, NAME, &called)? {
        called.valid_from += jiff::SignedDuration::from_micros(1);
    }
    Ok(None)
}

/// Gives a center its names in languages; tells whether they are others than before.
fn give_names(
    tx: &mut Tx<'_>,
    stands: &JurisdictionRow,
    naming: &Naming,
    by: (Option<StaffId>, Timestamp),
) -> Result<bool, storage::Error> {
    let is_new = stands.name != naming.name;
    let mut names = match &naming.in_languages {
        _ if !is_center(stands) => return Ok(false),
        None if !is_new => return Ok(false),
        None => BTreeMap::new(),
        Some(names) => names.clone(),
    };
    // What says the old name was left alone where the name was changed above it.
    names.retain(|_, name| !is_new || *name != stands.name);
    let center = HealthCenterId::from_uuid(stands.id.uuid());
    let Some(row) = storage::health_center::by_id(tx, center)? else {
        return Ok(false);
    };
    let mut contact = HealthCenter::read(row)
        .map_err(crate::course::broken)?
        .contact;
    if contact.names == names {
        return Ok(false);
    }
    contact.names = names;
    let value = serde_json::to_value(&contact)
        .map_err(|e| storage::Error::Broken(format!("a contact cannot be stored: {e}")))?;
    keep_contact(tx, center, &value, by)?;
    storage::health_center::set_contact(tx, center, &value)?;
    Ok(true)
}

fn is_center(place: &JurisdictionRow) -> bool {
    place.kind == JurisdictionKind::HealthCenter.word()
}
