//! Health centers: their names, how to reach them, and the first one of an installation.

use crate::keys::random;
use crate::place_settings::{SetPlace, is_older};
use crate::{App, Error, FrontDesk, PatientDesk, StaffDesk, SystemDesk, audit};
use domain::health_day::health_day;
use domain::ids::{HealthCenterId, JurisdictionId, StaffId};
use domain::phone::PhoneNumber;
use domain::staff_role::Right;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use storage::Tx;
use storage::health_center::{self as rows, HealthCenterRow};
use storage::jurisdiction as places;
use storage::place_settings::{self, PlaceSettingRow};

/// How old a center in memory may be: another process may have changed how it is reached.
const FRESH: Duration = Duration::from_secs(5);

/// Centers in memory: every page of a person names one, and they change a few times in a year.
#[derive(Default)]
pub(crate) struct Centers(RwLock<HashMap<HealthCenterId, (Instant, Arc<HealthCenter>)>>);

impl Centers {
    /// Forgets all: one was changed here.
    pub(crate) fn forget(&self) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn get(&self, id: HealthCenterId) -> Option<Arc<HealthCenter>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&id)
            .filter(|(since, _)| since.elapsed() < FRESH)
            .map(|(_, center)| center.clone())
    }

    fn keep(&self, center: &Arc<HealthCenter>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(center.id, (Instant::now(), center.clone()));
    }
}

/// How people reach a health center. Every part may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    /// The phone number as the center writes it for people.
    pub phone: String,
    /// The phone number outside the hours.
    pub night_phone: String,
    /// The hours, by language (`en`, `ja`).
    pub hours: BTreeMap<String, String>,
    /// The center's name in other languages than its own, by language.
    pub names: BTreeMap<String, String>,
}

/// A health center.
#[derive(Clone, Debug)]
pub struct HealthCenter {
    /// Its id.
    pub id: HealthCenterId,
    /// Its name in its own language.
    pub name: String,
    /// How people reach it.
    pub contact: Contact,
    /// Its time zone, in which its health days begin and end.
    pub time_zone: TimeZone,
}

/// The name of the setting that keeps how a center was reached.
const CONTACT: &str = "contact";

/// How a center was reached from a moment on.
#[derive(Clone, Debug)]
pub struct HeldContact {
    /// How.
    pub contact: Contact,
    /// Who wrote it; none: the operator.
    pub by: Option<String>,
    /// Since when.
    pub at: Timestamp,
}

/// Keeps how a center is reached from now on, for its history.
pub(crate) fn keep_contact(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    value: &serde_json::Value,
    (by, now): (Option<StaffId>, Timestamp),
) -> Result<(), storage::Error> {
    let mut row = PlaceSettingRow {
        valid_from: now,
        value: value.clone(),
        set_by: by,
        set_at: now,
        set_by_name: None,
    };
    let place = JurisdictionId::from_uuid(center.uuid());
    while !place_settings::add(tx, place, CONTACT, &row)? {
        row.valid_from += SignedDuration::from_micros(1);
    }
    Ok(())
}

/// What is wrong with a part of a contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContactProblem {
    /// It is no number that people could dial.
    Phone,
    /// It is longer than [`CONTACT_LENGTH`].
    Long,
}

/// The most characters of a part: a line on a phone or on paper.
pub const CONTACT_LENGTH: usize = 100;

/// What is wrong with a part of a contact: `phone`, `night_phone`, or a text.
pub fn contact_problem(name: &str, text: &str) -> Option<ContactProblem> {
    let is_phone = name.ends_with("phone");
    let is_dialled = domain::text::fold_width(text)
        .chars()
        .any(|c| c.is_ascii_digit())
        && !domain::text::fold_width(text)
            .chars()
            .any(|c| c.is_ascii_alphabetic() || c.is_control() || "<>&\"'".contains(c));
    // People who are refused read it: without a number, the page would leave them alone.
    if name == "phone" && text.is_empty() {
        Some(ContactProblem::Phone)
    } else if text.chars().count() > CONTACT_LENGTH {
        Some(ContactProblem::Long)
    } else if is_phone && !text.is_empty() && !is_dialled {
        Some(ContactProblem::Phone)
    } else {
        None
    }
}

/// What the first center is called where its operator said nothing else. People would read it in every message.
pub const BUILT_IN_NAME: &str = "Public Health Center";

/// Whether a contact as it is stored has no phone number, so that people who need the center cannot call it.
pub fn lacks_phone(contact: &serde_json::Value) -> bool {
    let phone = contact.get("phone").and_then(serde_json::Value::as_str);
    phone.is_none_or(|phone| phone.trim().is_empty())
}

impl HealthCenter {
    pub(crate) fn read(row: HealthCenterRow) -> Result<HealthCenter, Error> {
        Ok(HealthCenter {
            id: row.id,
            contact: serde_json::from_value(row.contact)
                .map_err(|e| Error::broken(format!("health_centers.contact of {}: {e}", row.id)))?,
            time_zone: TimeZone::get(&row.time_zone)
                .map_err(|_| Error::broken(format!("health_centers.time_zone of {}", row.id)))?,
            name: row.name,
        })
    }

    /// The name in a language, or the center's own.
    pub fn name_in(&self, language: &str) -> &str {
        self.contact
            .names
            .get(language)
            .map_or(&self.name, |name| name)
    }

    /// The hours in a language, or in any.
    pub fn hours_in(&self, language: &str) -> &str {
        self.contact
            .hours
            .get(language)
            .or_else(|| self.contact.hours.values().next())
            .map_or("", |hours| hours)
    }
}

impl App {
    pub(crate) async fn health_centers(&self) -> Result<Vec<HealthCenter>, Error> {
        self.db()
            .read(rows::all)
            .await?
            .into_iter()
            .map(HealthCenter::read)
            .collect()
    }

    /// The numbers of a center itself, by day and by night: whoever is registered with one of them is not reached by it.
    pub(crate) async fn own_numbers(&self, id: HealthCenterId) -> Result<Vec<PhoneNumber>, Error> {
        let contact = self.health_center(id).await?.contact;
        let both = [contact.phone, contact.night_phone];
        Ok(both
            .iter()
            .filter_map(|own| PhoneNumber::parse(own).ok())
            .collect())
    }

    /// A center as it was some seconds ago at the earliest; for showing how it is reached.
    pub(crate) async fn center(&self, id: HealthCenterId) -> Result<Arc<HealthCenter>, Error> {
        if let Some(center) = self.inner.centers.get(id) {
            return Ok(center);
        }
        let center = Arc::new(self.health_center(id).await?);
        self.inner.centers.keep(&center);
        Ok(center)
    }

    /// The same of one that may be no more.
    pub(crate) async fn center_if_any(
        &self,
        id: HealthCenterId,
    ) -> Result<Option<Arc<HealthCenter>>, Error> {
        if let Some(center) = self.inner.centers.get(id) {
            return Ok(Some(center));
        }
        let row = self.db().read_once(move |tx| rows::by_id(tx, id)).await?;
        let Some(row) = row else { return Ok(None) };
        let center = Arc::new(HealthCenter::read(row)?);
        self.inner.centers.keep(&center);
        Ok(Some(center))
    }

    /// The same within a transaction.
    pub(crate) fn center_within(
        &self,
        tx: &mut Tx<'_>,
        id: HealthCenterId,
    ) -> Result<Arc<HealthCenter>, storage::Error> {
        if let Some(center) = self.inner.centers.get(id) {
            return Ok(center);
        }
        let row = rows::by_id(tx, id)?
            .ok_or_else(|| storage::Error::Broken(format!("there is no health center {id}")))?;
        let center = HealthCenter::read(row).map_err(crate::course::broken)?;
        Ok(Arc::new(center))
    }

    /// What day it is at a center: its days begin by its own clock, and so it counts.
    pub(crate) async fn today_at(&self, id: HealthCenterId) -> Result<Date, Error> {
        let center = self.health_center(id).await?;
        Ok(health_day(self.clock.now(), &center.time_zone))
    }

    pub(crate) async fn health_center(&self, id: HealthCenterId) -> Result<HealthCenter, Error> {
        let row = self
            .db()
            .read_once(move |tx| rows::by_id(tx, id))
            .await?
            .ok_or_else(|| Error::broken(format!("there is no health center {id}")))?;
        HealthCenter::read(row)
    }
}

impl FrontDesk {
    /// All health centers, for a page that says whom to contact without saying who knows a person.
    pub async fn health_centers(&self) -> Result<Vec<HealthCenter>, Error> {
        self.app.health_centers().await
    }

    /// The prefectures in their order, each with the centers that belong to it.
    pub async fn prefectures_of_centers(
        &self,
    ) -> Result<Vec<(String, Vec<HealthCenterId>)>, Error> {
        let rows = self.app.db().read(places::prefectures_of_centers).await?;
        let mut all: Vec<(String, Vec<HealthCenterId>)> = Vec::new();
        for (prefecture, center) in rows {
            match all.last_mut().filter(|(name, _)| *name == prefecture) {
                Some((_, centers)) => centers.push(center),
                None => all.push((prefecture, vec![center])),
            }
        }
        Ok(all)
    }
}

impl PatientDesk {
    /// All health centers, for a page that says whom to contact without saying who knows a person.
    pub async fn health_centers(&self) -> Result<Vec<HealthCenter>, Error> {
        self.app.health_centers().await
    }
}

impl StaffDesk {
    /// What day it is where the staff member works: at their center, else by the installation's clock.
    pub(crate) async fn today_here(&self) -> Result<Date, Error> {
        match self.own_center() {
            Ok(center) => self.app.today_at(center).await,
            Err(_) => Ok(self.app.today()),
        }
    }

    /// The center that the staff member works at.
    pub async fn health_center(&self) -> Result<HealthCenter, Error> {
        self.app.health_center(self.own_center()?).await
    }

    /// Changes how people reach the center. `seen`: the version of its history when the page was made.
    pub async fn set_contact(
        &self,
        contact: Contact,
        seen: Option<i64>,
    ) -> Result<SetPlace, Error> {
        let value = serde_json::to_value(&contact)
            .map_err(|e| Error::broken(format!("a contact cannot be stored: {e}")))?;
        self.needs(Right::ManageCenter)?;
        let center = self.own_center()?;
        let entry = audit::with(self.did("center.settings", None), "contact");
        let (staff, now) = (self.staff, self.app.clock.now());
        let keys = self.app.keys().clone();
        let place = JurisdictionId::from_uuid(center.uuid());
        let set = self
            .app
            .db()
            .write(move |tx| {
                if is_older(tx, place, CONTACT, seen)? {
                    return Ok(SetPlace::ChangedMeanwhile);
                }
                audit::note(tx, &keys, &entry)?;
                keep_contact(tx, center, &value, (Some(staff), now))?;
                rows::set_contact(tx, center, &value)?;
                Ok(SetPlace::Set)
            })
            .await?;
        self.app.inner.centers.forget();
        Ok(set)
    }

    /// How people reached the own center before, the latest first, and the version of that.
    pub async fn contact_history(&self) -> Result<(Vec<HeldContact>, i64), Error> {
        let place = JurisdictionId::from_uuid(self.own_center()?.uuid());
        let history = self
            .app
            .db()
            .read(move |tx| place_settings::history(tx, place, CONTACT))
            .await?;
        let version = place_settings::version(&history);
        let held: Result<Vec<HeldContact>, Error> = history
            .into_iter()
            .map(|row| {
                Ok(HeldContact {
                    contact: serde_json::from_value(row.value)
                        .map_err(|e| Error::broken(format!("place_settings.{CONTACT}: {e}")))?,
                    by: row.set_by_name,
                    at: row.set_at,
                })
            })
            .collect();
        Ok((held?, version))
    }
}

impl SystemDesk {
    /// All health centers, oldest first.
    pub async fn health_centers(&self) -> Result<Vec<HealthCenter>, Error> {
        self.app.health_centers().await
    }

    /// Makes the first center of an empty installation; where there is one already, nothing happens. Tells the first.
    pub async fn first_center(&self, name: &str, contact: Contact) -> Result<HealthCenter, Error> {
        if let Some(first) = self.health_centers().await?.into_iter().next() {
            return Ok(first);
        }
        self.add_center(name, contact).await
    }

    /// Adds a center; where one of this name stands already, that one is given back as it is.
    pub async fn add_center(&self, name: &str, contact: Contact) -> Result<HealthCenter, Error> {
        let row = HealthCenterRow {
            id: HealthCenterId::from_uuid(uuid::Builder::from_random_bytes(random()).into_uuid()),
            name: name.trim().to_owned(),
            contact: serde_json::to_value(&contact)
                .map_err(|e| Error::broken(format!("a contact cannot be stored: {e}")))?,
            time_zone: self.app.inner.time_zone.clone(),
        };
        let now = self.app.clock.now();
        let name = row.name.clone();
        let stands = self
            .app
            .db()
            .write(move |tx| {
                rows::insert(tx, &row, now)?;
                crate::jurisdiction::plant(tx, now)?;
                Ok(rows::all(tx)?.into_iter().find(|c| c.name == row.name))
            })
            .await?
            .ok_or_else(|| Error::broken(format!("the health center {name} was not kept")))?;
        HealthCenter::read(stands)
    }
}
