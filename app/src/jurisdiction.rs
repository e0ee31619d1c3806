//! The tree of places, and what a staff member may reach in it. Rights come from the role, reach from the place; both
//! are asked here and nowhere else.

use crate::health_center::HealthCenter;
use crate::keys::random;
use crate::place::NameTaken;
use crate::{App, Error, StaffDesk, SystemDesk};
use domain::ids::{HealthCenterId, JurisdictionId};
use domain::staff_role::{JurisdictionKind, Right, StaffRole};
use jiff::Timestamp;
use storage::Tx;
use storage::case_registration::Scope;
use storage::jurisdiction::{self as rows, Below, JurisdictionRow, path_below};
use uuid::Uuid;

/// A place in the tree.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its id.
    pub id: JurisdictionId,
    /// The place above; none: the root.
    pub parent: Option<JurisdictionId>,
    /// What it is.
    pub kind: JurisdictionKind,
    /// Its name.
    pub name: String,
    /// How far it lies below the root: 0 is the root.
    pub depth: usize,
    pub(crate) path: String,
}

impl Place {
    pub(crate) fn read(row: JurisdictionRow) -> Result<Place, Error> {
        Ok(Place {
            id: row.id,
            parent: row.parent,
            kind: JurisdictionKind::parse(&row.kind)
                .ok_or_else(|| Error::broken(format!("jurisdictions.kind of {}", row.id)))?,
            name: row.name,
            depth: row.path.matches('/').count().saturating_sub(1),
            path: row.path,
        })
    }
}

/// Whether [`plant`] has nothing to do.
pub(crate) fn is_planted(tx: &mut Tx<'_>) -> Result<bool, storage::Error> {
    Ok(rows::root(tx)?.is_some() && rows::centers_without_place(tx)?.is_empty())
}

/// Sees to it that there is a root, a prefecture, and a place for each health center. An installation of one center
/// never needs to know.
pub(crate) fn plant(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), storage::Error> {
    let new = || JurisdictionId::from_uuid(uuid::Builder::from_random_bytes(random()).into_uuid());
    let missing = rows::centers_without_place(tx)?;
    let root = match rows::root(tx)? {
        Some(root) => root,
        None => {
            let id = new();
            let root = JurisdictionRow {
                id,
                parent: None,
                kind: JurisdictionKind::Nation.word().to_owned(),
                name: "Nation".to_owned(),
                path: path_below(None, id),
            };
            rows::insert(tx, &root, now)?;
            root
        }
    };
    if missing.is_empty() {
        return Ok(());
    }
    let prefecture = match rows::first_prefecture(tx)? {
        Some(prefecture) => prefecture,
        None => {
            let id = new();
            let prefecture = JurisdictionRow {
                id,
                parent: Some(root.id),
                kind: JurisdictionKind::Prefecture.word().to_owned(),
                name: "Prefecture".to_owned(),
                path: path_below(Some(&root.path), id),
            };
            rows::insert(tx, &prefecture, now)?;
            prefecture
        }
    };
    for (center, name) in missing {
        let id = JurisdictionId::from_uuid(center.uuid());
        let place = JurisdictionRow {
            id,
            parent: Some(prefecture.id),
            kind: JurisdictionKind::HealthCenter.word().to_owned(),
            name,
            path: path_below(Some(&prefecture.path), id),
        };
        rows::insert(tx, &place, now)?;
    }
    Ok(())
}

/// The center that a place belongs to: itself, or for a medical institution the one above it.
fn center_of(kind: JurisdictionKind, path: &str) -> Option<HealthCenterId> {
    let ids: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let id = match kind {
        JurisdictionKind::HealthCenter => ids.last(),
        JurisdictionKind::MedicalInstitution => ids.iter().rev().nth(1),
        JurisdictionKind::Nation | JurisdictionKind::Prefecture => None,
    };
    id.and_then(|id| Uuid::parse_str(id).ok())
        .map(HealthCenterId::from_uuid)
}

/// What places are called in a language: centers have a name for each, and records keep the one of the place itself.
#[derive(Clone, Debug, Default)]
pub struct PlaceNames(std::collections::HashMap<String, String>);

impl PlaceNames {
    /// Puts the name of a place for a reader where its own name stands.
    pub fn put(&self, name: &mut String) {
        if let Some(known) = self.0.get(name.as_str()) {
            name.clone_from(known);
        }
    }
}

impl StaffDesk {
    /// What places are called in a language.
    pub async fn place_names(&self, language: &str) -> Result<PlaceNames, Error> {
        let centers = self.app.health_centers().await?;
        Ok(PlaceNames(
            centers
                .into_iter()
                .filter(|center| center.name_in(language) != center.name)
                .map(|center| (center.name.clone(), center.name_in(language).to_owned()))
                .collect(),
        ))
    }

    /// Whether the role may do something. Where it may do it, the use cases ask.
    pub fn may(&self, right: Right) -> bool {
        self.role.may(right)
    }

    /// Goes on only with a right.
    pub(crate) fn needs(&self, right: Right) -> Result<(), Error> {
        if self.may(right) {
            Ok(())
        } else {
            Err(Error::NotAllowed)
        }
    }

    /// What lies at or below the own place.
    pub(crate) fn below(&self) -> Below {
        Below::place(&self.path)
    }

    /// Whose records are seen: the filter that stands in every query.
    pub(crate) fn scope(&self) -> Scope {
        match self.role {
            StaffRole::PrefectureOfficer
            | StaffRole::Administrator
            | StaffRole::Nurse
            | StaffRole::Clerk => Scope::Below(self.below()),
            StaffRole::MedicalInstitution => Scope::NotifiedAt(self.place),
            StaffRole::Contractor => Scope::RegisteredBy(self.staff),
            StaffRole::Analyst => Scope::Nobody,
        }
    }

    /// Whether the own patients are all that is seen: at a medical institution.
    pub fn sees_own_patients(&self) -> bool {
        matches!(self.scope(), Scope::NotifiedAt(_))
    }

    /// The own health center; a prefecture or the ministry has none.
    pub(crate) fn own_center(&self) -> Result<HealthCenterId, Error> {
        center_of(self.place_kind, &self.path).ok_or(Error::NotAllowed)
    }

    /// The name of the own place.
    pub(crate) async fn place_name(&self) -> Result<String, Error> {
        let place = self.place;
        let row = self.app.db().read(move |tx| rows::find(tx, place)).await?;
        Ok(row.map(|row| row.name).unwrap_or_default())
    }

    /// Whether the staff member works at a health center or below one.
    pub fn has_center(&self) -> bool {
        self.own_center().is_ok()
    }

    /// The health centers in reach, by their place in the tree.
    pub async fn centers(&self) -> Result<Vec<HealthCenter>, Error> {
        let below = self.below();
        let own = self.own_center().ok();
        let ids: Vec<HealthCenterId> = self
            .app
            .db()
            .read(move |tx| rows::below(tx, &below))
            .await?
            .into_iter()
            .filter(|place| place.kind == JurisdictionKind::HealthCenter.word())
            .map(|place| HealthCenterId::from_uuid(place.id.uuid()))
            .chain(own)
            .collect();
        let mut centers = Vec::new();
        for id in ids {
            if centers.iter().all(|c: &HealthCenter| c.id != id) {
                centers.push(self.app.health_center(id).await?);
            }
        }
        Ok(centers)
    }

    /// A center in reach: the named one, or the own one, or the first. `None` where the named one is out of reach.
    pub async fn center_in_reach(
        &self,
        named: Option<HealthCenterId>,
    ) -> Result<Option<HealthCenter>, Error> {
        match (named, self.own_center().ok()) {
            (None, Some(own)) => Ok(Some(self.app.health_center(own).await?)),
            (Some(named), Some(own)) if named == own => {
                Ok(Some(self.app.health_center(own).await?))
            }
            (named, _) => Ok(self
                .centers()
                .await?
                .into_iter()
                .find(|center| named.is_none_or(|named| center.id == named))),
        }
    }

    /// The places at or below the own one, from the top down.
    pub async fn places(&self) -> Result<Vec<Place>, Error> {
        let below = self.below();
        self.app
            .db()
            .read(move |tx| rows::below(tx, &below))
            .await?
            .into_iter()
            .map(Place::read)
            .collect()
    }
}

/// What came of adding a place.
#[derive(Clone, Debug)]
pub enum AddPlace {
    /// It stands.
    Added(Place),
    /// The place above is not of the kind that such a place lies below.
    WrongParent,
    /// A name is missing, or taken by a sibling.
    Name,
    /// Another prefecture's health center has the name, or one that was closed.
    Elsewhere(NameTaken),
}

impl App {
    /// Adds a place below another one; a health center gets its row and its time zone, too. One of this name that stood
    /// there and was closed is opened again, with what was done there.
    pub(crate) async fn add_place(
        &self,
        parent: &Place,
        kind: JurisdictionKind,
        name: &str,
    ) -> Result<AddPlace, Error> {
        let Some(name) = crate::place::read_name(name) else {
            return Ok(AddPlace::Name);
        };
        if crate::place::kind_below(parent.kind) != Some(kind) {
            return Ok(AddPlace::WrongParent);
        }
        let id = JurisdictionId::from_uuid(uuid::Builder::from_random_bytes(random()).into_uuid());
        let row = JurisdictionRow {
            id,
            parent: Some(parent.id),
            kind: kind.word().to_owned(),
            name: name.clone(),
            path: path_below(Some(&parent.path), id),
        };
        let center = storage::health_center::HealthCenterRow {
            id: HealthCenterId::from_uuid(id.uuid()),
            name,
            contact: serde_json::json!({}),
            time_zone: self.inner.time_zone.clone(),
        };
        let (above, below) = (parent.id, Below::place(&parent.path));
        let here = parent.name.clone();
        let now = self.clock.now();
        let added = self
            .db()
            .write(move |tx| {
                // The place above may have been closed since it was looked up; from here on it is not.
                if !rows::hold_open(tx, above)? {
                    return Ok(Err(AddPlace::WrongParent));
                }
                let taken = rows::below(tx, &below)?
                    .iter()
                    .any(|p| p.parent == row.parent && p.name == row.name);
                if taken {
                    return Ok(Err(AddPlace::Name));
                }
                if let Some(stood) = rows::reopen(tx, above, &row.name)? {
                    return Ok(Ok(stood));
                }
                if kind == JurisdictionKind::HealthCenter
                    && !storage::health_center::insert(tx, &center, now)?
                {
                    let taken = NameTaken::find(tx, &row.name, &here)?;
                    return Ok(Err(taken.map_or(AddPlace::Name, AddPlace::Elsewhere)));
                }
                rows::insert(tx, &row, now)?;
                Ok(Ok(row.clone()))
            })
            .await?;
        match added {
            Ok(row) => Ok(AddPlace::Added(Place::read(row)?)),
            Err(why) => Ok(why),
        }
    }
}

impl SystemDesk {
    /// All places, from the top down.
    pub async fn places(&self) -> Result<Vec<Place>, Error> {
        self.app
            .db()
            .read(move |tx| match rows::root(tx)? {
                Some(root) => rows::below(tx, &Below::place(&root.path)),
                None => Ok(Vec::new()),
            })
            .await?
            .into_iter()
            .map(Place::read)
            .collect()
    }

    /// Adds a place below another one.
    pub async fn add_place(
        &self,
        parent: &Place,
        kind: JurisdictionKind,
        name: &str,
    ) -> Result<AddPlace, Error> {
        self.app.add_place(parent, kind, name).await
    }
}
