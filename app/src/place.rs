//! Places as staff set them: which lie below the own one, what they are called, and what they were called before.

mod naming;

pub use self::naming::{NameTaken, Naming, RenamePlace};
use crate::audit::{self, about, by_machine, with};
use crate::jurisdiction::{AddPlace, Place};
use crate::{Error, StaffDesk, SystemDesk};
use domain::ids::{HealthCenterId, JurisdictionId};
use domain::staff_role::{JurisdictionKind, Right};
use jiff::Timestamp;
use std::collections::BTreeMap;
use storage::jurisdiction as rows;
pub use storage::jurisdiction::InTheWay;
use storage::place_settings as settings;

/// The name of the setting that keeps what a place was called.
const NAME: &str = "name";

/// The longest name, in characters.
const LONGEST: usize = 200;

/// What came of closing a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosePlace {
    /// It is gone from all lists and choices.
    Closed,
    /// Something stands in the way.
    InTheWay(InTheWay),
    /// There is no such place in reach, or none of a kind that is closed.
    NoSuchPlace,
}

/// A name that a place got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The name.
    pub name: String,
    /// Who gave it; none: the operator.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Whether it is the name with which the place was made.
    pub is_first: bool,
}

/// The kind of places that lie directly below a kind.
pub const fn kind_below(kind: JurisdictionKind) -> Option<JurisdictionKind> {
    match kind {
        JurisdictionKind::Nation => Some(JurisdictionKind::Prefecture),
        JurisdictionKind::Prefecture => Some(JurisdictionKind::HealthCenter),
        JurisdictionKind::HealthCenter => Some(JurisdictionKind::MedicalInstitution),
        JurisdictionKind::MedicalInstitution => None,
    }
}

/// A name as it is kept; `None` where it cannot be one.
pub(crate) fn read_name(typed: &str) -> Option<String> {
    let name = typed.trim();
    let is_good =
        !name.is_empty() && name.chars().count() <= LONGEST && !name.chars().any(char::is_control);
    is_good.then(|| name.to_owned())
}

impl SystemDesk {
    /// Gives a place another name, such as to the prefecture that every installation begins with. A health center's names in
    /// languages go with the old one.
    pub async fn rename_place(&self, id: JurisdictionId, name: &str) -> Result<RenamePlace, Error> {
        let entry = by_machine(self.app.clock.now(), "place.renamed", None);
        self.app
            .rename_place(id, Naming::plain(name), (None, entry))
            .await
    }
}

impl StaffDesk {
    /// Adds a place below one in reach: a health center below a prefecture, a medical institution below a center.
    pub async fn add_place(&self, parent: JurisdictionId, name: &str) -> Result<AddPlace, Error> {
        self.needs(Right::ManageStaff)?;
        let places = self.places().await?;
        let Some(parent) = places.iter().find(|place| place.id == parent) else {
            return Ok(AddPlace::WrongParent);
        };
        let Some(kind) = kind_below(parent.kind) else {
            return Ok(AddPlace::WrongParent);
        };
        let added = self.app.add_place(parent, kind, name).await?;
        if let AddPlace::Added(place) = &added {
            let entry = with(self.did("place.added", None), place.name.clone());
            self.note_read(entry).await?;
        }
        Ok(added)
    }

    /// Gives a place in reach another name, and a health center those in languages.
    pub async fn rename_place(
        &self,
        id: JurisdictionId,
        naming: Naming,
    ) -> Result<RenamePlace, Error> {
        self.needs(Right::ManageStaff)?;
        if self.places().await?.iter().all(|place| place.id != id) {
            return Ok(RenamePlace::NoSuchPlace);
        }
        let entry = with(self.did("place.renamed", None), naming.name.trim());
        self.app
            .rename_place(id, naming, (Some(self.staff), entry))
            .await
    }

    /// The names that a health center in reach has in languages, by their tag; of any other place, none.
    pub async fn names_in_languages(
        &self,
        id: JurisdictionId,
    ) -> Result<BTreeMap<String, String>, Error> {
        self.needs(Right::ManageStaff)?;
        let places = self.places().await?;
        let place = places.into_iter().find(|place| place.id == id);
        if place.is_none_or(|place| place.kind != JurisdictionKind::HealthCenter) {
            return Ok(BTreeMap::new());
        }
        let center = HealthCenterId::from_uuid(id.uuid());
        Ok(self.app.health_center(center).await?.contact.names)
    }

    /// Closes a health center or a medical institution in reach at which nobody works and nothing is followed. One at which
    /// nothing was ever done goes for good; where somebody worked, the row stays under what they did. Invitations that
    /// nobody has taken up end with it. That it was there, and its name, stay in the audit log.
    pub async fn close_place(&self, id: JurisdictionId) -> Result<ClosePlace, Error> {
        self.needs(Right::ManageStaff)?;
        let places = self.places().await?;
        let closes = [
            JurisdictionKind::HealthCenter,
            JurisdictionKind::MedicalInstitution,
        ];
        let Some(place) = places
            .into_iter()
            .find(|place| place.id == id && closes.contains(&place.kind))
        else {
            return Ok(ClosePlace::NoSuchPlace);
        };
        let entry = with(self.did("place.closed", None), place.name);
        let shut_out = with(self.did("staff.changed", None), "shut out");
        let (keys, now) = (self.app.keys().clone(), self.app.clock.now());
        let closed = self
            .app
            .db()
            .write(move |tx| {
                if !rows::hold_to_close(tx, id)? {
                    return Ok(ClosePlace::NoSuchPlace);
                }
                if let Some(what) = rows::in_the_way(tx, id)? {
                    return Ok(ClosePlace::InTheWay(what));
                }
                for staff in storage::staff::end_invitations(tx, id, now)? {
                    audit::note(tx, &keys, &about(shut_out.clone(), staff.uuid()))?;
                }
                if rows::has_history(tx, id)? {
                    rows::close(tx, id, now)?;
                } else {
                    rows::remove(tx, id)?;
                }
                audit::note(tx, &keys, &entry)?;
                Ok(ClosePlace::Closed)
            })
            .await?;
        self.app.inner.centers.forget();
        Ok(closed)
    }

    /// A place in reach, and what it was called, the latest first and the name with which it was made last; `None` where
    /// it is out of reach.
    pub async fn place(&self, id: JurisdictionId) -> Result<Option<(Place, Vec<Called>)>, Error> {
        self.needs(Right::ManageStaff)?;
        let places = self.places().await?;
        let Some(place) = places.into_iter().find(|place| place.id == id) else {
            return Ok(None);
        };
        let history = self
            .app
            .db()
            .read(move |tx| Ok((settings::history(tx, id, NAME)?, rows::made_at(tx, id)?)))
            .await?;
        let (history, made_at) = history;
        let first = history.last().map_or_else(
            || place.name.clone(),
            |row| row.value["before"].as_str().unwrap_or_default().to_owned(),
        );
        let first = made_at.map(|at| Called {
            name: first,
            by: None,
            at,
            is_first: true,
        });
        let called = history
            .into_iter()
            .map(|row| Called {
                name: row.value["name"].as_str().unwrap_or_default().to_owned(),
                by: row.set_by_name,
                at: row.set_at,
                is_first: false,
            })
            .chain(first.filter(|first| !first.name.is_empty()))
            .collect();
        Ok(Some((place, called)))
    }
}
