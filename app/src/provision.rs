//! Places, how they are reached, how they follow people, and who works there, as a file that is kept beside other
//! settings. How a place is reached and follows people is as the file says, also where it stood otherwise. Places and
//! staff that stand are left as they are; so is what the file does not name.

mod entries;
mod meant;

use self::entries::{ContactEntry, File, FollowingEntry, StaffEntry, typed, understand};
use self::meant::{Meant, called, meant, namesakes, place_of, taken};
use crate::audit::{by_machine, with};
use crate::code::email_blind;
use crate::health_center::{Contact, keep_contact};
use crate::jurisdiction::{AddPlace, Place};
use crate::place_settings::check;
use crate::{Error, SystemDesk, audit};
use domain::email_address::EmailAddress;
use domain::ids::{HealthCenterId, JurisdictionId};
use domain::language::Language;
use domain::staff_role::{JurisdictionKind, StaffRole};
use std::collections::{BTreeMap, BTreeSet};
use storage::health_center::NameHolder;

/// What was done, or would be; else what is wrong with the file.
type Told = Result<Vec<String>, Vec<String>>;

/// To whom a line goes, right after what it tells was done.
type Tell<'a> = &'a mut (dyn FnMut(String) + Send);

impl SystemDesk {
    /// Sets up what a file says and does not stand so; tells each thing that it did, and what it left because it stands
    /// otherwise. With `only_look`, the same is told, and nothing is changed.
    ///
    /// # Errors
    /// Sentences that name what is wrong with the file. Nothing was changed then, unless somebody changed a place this very
    /// moment.
    pub async fn provision(&self, text: &str, only_look: bool) -> Result<Told, Error> {
        let mut did = Vec::new();
        let ended = self
            .provision_telling(text, only_look, &mut |line| did.push(line))
            .await?;
        Ok(ended.map(|()| did))
    }

    /// As [`SystemDesk::provision`], line by line: each thing is a transaction of its own, and where a later one fails, or the
    /// process ends, those before stand and were told. The same file then does the rest.
    ///
    /// # Errors
    /// As there.
    pub async fn provision_telling(
        &self,
        text: &str,
        only_look: bool,
        tell: Tell<'_>,
    ) -> Result<Result<(), Vec<String>>, Error> {
        let file = match understand(text) {
            Ok(file) => file,
            Err(wrong) => return Ok(Err(wrong)),
        };
        // Looked at whole before anything is done: a slip at its end leaves no half of it.
        let mut planned = Vec::new();
        let looked = self
            .provision_all(&file, true, &mut |line| planned.push(line))
            .await?;
        match looked {
            Ok(()) if only_look => planned.into_iter().for_each(tell),
            Ok(()) => return self.provision_all(&file, false, tell).await,
            Err(wrong) => return Ok(Err(wrong)),
        }
        Ok(Ok(()))
    }

    async fn provision_all(
        &self,
        file: &File,
        only_look: bool,
        tell: Tell<'_>,
    ) -> Result<Result<(), Vec<String>>, Error> {
        // With the places that would be added, where nothing is: what lies below them is looked at like all else.
        let mut places = self.places().await?;
        // The standing place above each of those, whose settings hold there as long as it has none.
        let mut planned: BTreeMap<JurisdictionId, JurisdictionId> = BTreeMap::new();
        for one in &file.place {
            let place = match meant(&places, one) {
                Err(told) => return Ok(Err(vec![told])),
                Ok(Meant::Stands(place)) => place.clone(),
                Ok(Meant::Missing(parent, kind)) => {
                    let name = one.name.trim().to_owned();
                    if kind == JurisdictionKind::HealthCenter
                        && let Some(by) = self.holds_name(&name, parent).await?
                    {
                        return Ok(Err(vec![taken(one, &by)]));
                    }
                    let beside = namesakes(&places, kind, &name);
                    let line = format!(
                        "{} {:?} is added below {:?}{beside}",
                        one.kind, one.name, parent.name
                    );
                    let added = if only_look {
                        let added = Place {
                            id: JurisdictionId::from_uuid(self.app.new_uuid()),
                            parent: Some(parent.id),
                            kind,
                            name,
                            depth: parent.depth + 1,
                            path: String::new(),
                        };
                        let above = planned.get(&parent.id).copied().unwrap_or(parent.id);
                        planned.insert(added.id, above);
                        added
                    } else {
                        match self.app.add_place(parent, kind, &name).await? {
                            AddPlace::Added(place) => place,
                            AddPlace::WrongParent => {
                                let told = format!("place {name:?}: the place above is gone");
                                return Ok(Err(vec![told]));
                            }
                            AddPlace::Name | AddPlace::Elsewhere(_) => {
                                let told = format!("place {name:?}: the name is taken");
                                return Ok(Err(vec![told]));
                            }
                        }
                    };
                    tell(line);
                    places.push(added.clone());
                    added
                }
            };
            let above = planned.get(&place.id).copied();
            if let Some(contact) = &one.contact {
                let told = self
                    .provision_contact((&place, above.is_some()), contact, only_look)
                    .await?;
                told.into_iter().for_each(&mut *tell);
            }
            if let Some(following) = &one.following {
                let holds_at = above.unwrap_or(place.id);
                let told = self
                    .provision_following((&place, holds_at), following, only_look)
                    .await?;
                told.into_iter().for_each(&mut *tell);
            }
        }
        let (work, wrong): (Vec<_>, Vec<_>) = file
            .staff
            .iter()
            .map(|one| place_of(&places, one).map(|place| (one, place)))
            .partition(Result::is_ok);
        let wrong: Vec<String> = wrong.into_iter().filter_map(Result::err).collect();
        if !wrong.is_empty() {
            return Ok(Err(wrong));
        }
        let mut invited = BTreeSet::new();
        for (one, place) in work.into_iter().flatten() {
            let told = self
                .provision_staff(one, (place, &places), &mut invited, only_look)
                .await?;
            told.into_iter().for_each(&mut *tell);
        }
        Ok(Ok(()))
    }

    /// Which center has a name already, so that no new one below a prefecture can get it. One that was closed right there
    /// does not stand in the way: it is opened again.
    async fn holds_name(&self, name: &str, below: &Place) -> Result<Option<NameHolder>, Error> {
        let (name, below) = (name.to_owned(), below.id);
        let holder = self
            .app
            .db()
            .read(move |tx| storage::health_center::holder(tx, &name))
            .await?;
        Ok(holder.filter(|by| !(by.is_closed && by.parent == Some(below))))
    }

    /// Invites somebody; whoever stands already is left, and where the file says something else, that is told.
    async fn provision_staff(
        &self,
        one: &StaffEntry,
        (place, places): (&Place, &[Place]),
        invited: &mut BTreeSet<String>,
        only_look: bool,
    ) -> Result<Option<String>, Error> {
        let (Ok(email), Some(role)) =
            (EmailAddress::parse(&one.email), StaffRole::parse(&one.role))
        else {
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
                let wished = called(places, place);
                format!(
                    "staff {name:?} works elsewhere than at {wished}: {left}; `hersys staff move` gives an account another \
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
        let at = called(places, place);
        Ok(Some(format!("staff {:?} is invited to {at}", one.name)))
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
