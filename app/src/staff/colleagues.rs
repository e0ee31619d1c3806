//! The staff members of a place, as administrators see and change them.

use super::NewStaff;
use crate::audit::{self, about, with};
use crate::jurisdiction::Place;
use crate::keys::Keys;
use crate::staff_messages::can_come_in;
use crate::{Error, StaffDesk, lock_out};
use domain::ids::{HealthCenterId, JurisdictionId, StaffId};
use domain::name::{Heard, NameKeys};
use domain::personal::Personal;
use domain::staff_role::{Right, StaffRole};
use jiff::Timestamp;
use storage::audit::AuditEntry;
use storage::jurisdiction::{self, Below, hold_open};
use storage::session;
use storage::staff::{self as rows, StaffRow};

/// How many staff members a page shows.
pub const STAFF_PAGE: usize = 50;

/// Which of the staff somebody wants to see.
#[derive(Clone, Debug)]
pub enum Wished {
    /// A page of all, counted from 0; the last one where there are fewer.
    Page(usize),
    /// The page on which this one stands.
    PageOf(StaffId),
    /// Those in whose name or address this stands.
    Found(String),
}

/// Some of the staff at or below a place, in the order of places and names.
#[derive(Clone, Debug)]
pub struct SomeColleagues {
    /// Those who are shown.
    pub staff: Vec<Colleague>,
    /// How many there are in all.
    pub count: usize,
    /// How many of them are meant: all, or those found.
    pub found: usize,
    /// The page, counted from 0.
    pub at: usize,
    /// How many pages: 1 at least.
    pub pages: usize,
}

/// A staff member as administrators see one.
#[derive(Clone, Debug)]
pub struct Colleague {
    /// The id.
    pub id: StaffId,
    /// The name.
    pub name: String,
    /// The address with which to sign in.
    pub email: Personal<String>,
    /// The role.
    pub role: StaffRole,
    /// Where the person belongs.
    pub place: JurisdictionId,
    /// Whether the invitation was taken up.
    pub has_password: bool,
    /// Whether a second factor was set up.
    pub has_factor: bool,
    /// Whether the person may sign in: has come in once, and was not shut out.
    pub can_come_in: bool,
    /// When the person was shut out.
    pub disabled_at: Option<Timestamp>,
    /// Whether an invitation, or a link to choose another password, was never answered.
    pub is_awaited: bool,
    /// Until when the person is locked out after too many failures; none: not.
    pub locked_until: Option<Timestamp>,
    /// How many people they still look after, by center, though they cannot follow them any more: shut out, of a role that
    /// does not, or at another place by now.
    pub left_behind: Vec<(HealthCenterId, i64)>,
    /// Counts changes.
    pub version: i32,
}

/// Whether somebody can look after people: is not shut out, and of a role that follows them.
fn can_follow(row: &StaffRow) -> bool {
    row.disabled_at.is_none()
        && StaffRole::parse(&row.role).is_some_and(|role| role.may(Right::Follow))
}

/// How many people somebody looks after who cannot any more, by center, at or below a place.
fn left_behind(
    tx: &mut storage::Tx<'_>,
    row: &StaffRow,
    below: &Below,
) -> Result<Vec<(HealthCenterId, i64)>, storage::Error> {
    let mut left = storage::worklist::looked_after_by(tx, row.id, below)?;
    if can_follow(row) {
        left.retain(|(center, _)| NewStaff::place_of(*center) != row.place);
    }
    Ok(left)
}

/// What somebody is called, does and where, from now on.
pub(super) struct Placed<'a> {
    pub(super) name: &'a str,
    pub(super) role: StaffRole,
    pub(super) place: JurisdictionId,
    /// Since when they are shut out; none: they may work.
    pub(super) disabled_at: Option<Timestamp>,
}

/// Gives somebody who stands a name, a role and a place. Whoever is shut out or goes elsewhere is signed out, and what they
/// have in hand and can see to no longer waits for somebody again. Tells whether nobody had changed them since `version`.
pub(super) fn place_anew(
    tx: &mut storage::Tx<'_>,
    row: &StaffRow,
    (to, version): (&Placed<'_>, i32),
    (keys, entry): (&Keys, &AuditEntry),
    now: Timestamp,
) -> Result<bool, storage::Error> {
    let (moves, is_out) = (row.place != to.place, to.disabled_at.is_some());
    let what = (to.name, to.role.word());
    // The line about it stands at the moment of the move itself: so the place that somebody left does not read where they went.
    let (places, times) = ((row.place, to.place), (to.disabled_at, entry.at));
    if !rows::place_anew(tx, row.id, what, places, times, version)? {
        return Ok(false);
    }
    if moves || is_out {
        session::end_all_staff(tx, row.id, None)?;
    }
    let entry = match moves {
        true => {
            let mut names = Vec::new();
            for id in [row.place, to.place] {
                names.extend(jurisdiction::find(tx, id)?.map(|place| place.name));
            }
            let word = if is_out { "shut out" } else { to.role.word() };
            let entry = AuditEntry {
                action: "staff.moved".to_owned(),
                ..entry.clone()
            };
            with(entry, format!("{}, {word}", names.join(" → ")))
        }
        false => entry.clone(),
    };
    audit::note(tx, keys, &entry)?;
    // What nobody can see to any longer must not count as taken.
    if moves || is_out || !to.role.may(Right::Follow) {
        crate::alerts::give_all_back(tx, row.id, (keys, &entry), now)?;
    }
    Ok(true)
}

/// What came of changing a staff member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeStaff {
    /// It is done.
    Changed,
    /// Somebody else changed the same staff member meanwhile; nothing was done.
    ChangedMeanwhile,
    /// There is no such staff member in reach.
    NoSuchStaff,
    /// Nobody takes their own rights away by mistake.
    Oneself,
    /// The role does not belong to that place.
    Place,
    /// The place of somebody who was shut out is closed.
    PlaceIsClosed,
}

/// A row with until when it is locked out, and whom it has left behind.
type Seen = (StaffRow, Option<Timestamp>, Vec<(HealthCenterId, i64)>);

impl StaffDesk {
    fn read_colleague(&self, (row, locked_until, left_behind): Seen) -> Result<Colleague, Error> {
        Ok(Colleague {
            can_come_in: row.disabled_at.is_none() && can_come_in(&row),
            is_awaited: !can_come_in(&row),
            email: self.app.keys().open_text("email", &row.email_sealed)?,
            role: StaffRole::parse(&row.role)
                .ok_or_else(|| Error::broken(format!("staff_members.role of {}", row.id)))?,
            id: row.id,
            name: row.name,
            place: row.place,
            has_password: row.password_hash.is_some(),
            has_factor: row.totp_sealed.is_some(),
            disabled_at: row.disabled_at,
            locked_until,
            left_behind,
            version: row.version,
        })
    }

    /// The staff at or below the own place, and the places.
    pub async fn colleagues(&self) -> Result<(Vec<Place>, Vec<Colleague>), Error> {
        self.needs(Right::ManageStaff)?;
        let (below, now) = (self.below(), self.app.clock.now());
        let staff = self
            .app
            .db()
            .read(move |tx| {
                let mut all = Vec::new();
                for row in rows::below(tx, &below)? {
                    let locked_until = lock_out::until(tx, &row.email_blind, now)?;
                    let left_behind = left_behind(tx, &row, &below)?;
                    all.push((row, locked_until, left_behind));
                }
                Ok(all)
            })
            .await?;
        let staff = staff
            .into_iter()
            .map(|row| self.read_colleague(row))
            .collect::<Result<Vec<_>, Error>>()?;
        Ok((self.places().await?, staff))
    }

    /// Some of the staff at or below the own place: a page of them, or those who are searched for.
    ///
    /// # Errors
    /// Where the right is missing or it cannot be read.
    pub async fn some_colleagues(&self, wished: Wished) -> Result<SomeColleagues, Error> {
        self.needs(Right::ManageStaff)?;
        let (below, now) = (self.below(), self.app.clock.now());
        let db = self.app.db();
        let within = below.clone();
        let mut all = db.read(move |tx| rows::below(tx, &within)).await?;
        let count = all.len();
        let at = match &wished {
            Wished::Page(at) => *at,
            Wished::PageOf(id) => {
                all.iter().position(|row| row.id == *id).unwrap_or(0) / STAFF_PAGE
            }
            Wished::Found(text) => {
                let names = NameKeys::of(text).joined;
                let heard = Heard::of(text);
                let address = text.trim().to_lowercase();
                let mut found = Vec::new();
                for row in all {
                    let key = NameKeys::of(&row.name).joined;
                    let sounds_so = |heard: &Heard| heard.is_in(&row.name, &key);
                    let is_named = (!names.is_empty() && key.contains(&names))
                        || heard.as_ref().is_some_and(sounds_so);
                    if is_named || self.mailbox_of(&row)?.to_lowercase().contains(&address) {
                        found.push(row);
                    }
                }
                all = found;
                0
            }
        };
        let found = all.len();
        let pages = found.div_ceil(STAFF_PAGE).max(1);
        let at = at.min(pages - 1);
        let shown: Vec<StaffRow> = all
            .into_iter()
            .skip(at * STAFF_PAGE)
            .take(STAFF_PAGE)
            .collect();
        let staff = db
            .read(move |tx| {
                let mut staff = Vec::with_capacity(shown.len());
                for row in shown.iter() {
                    let locked_until = lock_out::until(tx, &row.email_blind, now)?;
                    let left_behind = left_behind(tx, row, &below)?;
                    staff.push((row.clone(), locked_until, left_behind));
                }
                Ok(staff)
            })
            .await?;
        let staff = staff.into_iter().map(|row| self.read_colleague(row));
        Ok(SomeColleagues {
            staff: staff.collect::<Result<_, Error>>()?,
            count,
            found,
            at,
            pages,
        })
    }

    fn mailbox_of(&self, row: &StaffRow) -> Result<String, Error> {
        let address = self.app.keys().open_text("email", &row.email_sealed)?;
        Ok(address.expose().clone())
    }

    /// A staff member at or below the own place.
    pub async fn colleague(&self, id: StaffId) -> Result<Option<Colleague>, Error> {
        let (below, now) = (self.below(), self.app.clock.now());
        let found = self
            .app
            .db()
            .read(move |tx| {
                let found = rows::below(tx, &below)?.into_iter().find(|s| s.id == id);
                found
                    .map(|row| {
                        let locked_until = lock_out::until(tx, &row.email_blind, now)?;
                        let left_behind = left_behind(tx, &row, &below)?;
                        Ok((row, locked_until, left_behind))
                    })
                    .transpose()
            })
            .await?;
        found.map(|row| self.read_colleague(row)).transpose()
    }

    /// Who worked at the own place or below before, and works elsewhere now: the name by the id. What they did here stays to be
    /// read.
    pub async fn former_colleagues(&self) -> Result<Vec<(StaffId, String)>, Error> {
        self.needs(Right::SeeAudit)?;
        let below = self.below();
        let former = self
            .app
            .db()
            .read(move |tx| rows::once_below(tx, &below))
            .await?;
        Ok(former.into_iter().map(|row| (row.id, row.name)).collect())
    }

    /// Those at the own center to whom a case can be given: the name by the id.
    pub async fn team(&self, center: HealthCenterId) -> Result<Vec<(StaffId, String)>, Error> {
        let place = NewStaff::place_of(center);
        Ok(self
            .app
            .db()
            .read(move |tx| rows::at_place(tx, place))
            .await?
            .into_iter()
            .filter(|row| StaffRole::parse(&row.role).is_some_and(|r| r.may(Right::Follow)))
            .map(|row| (row.id, row.name))
            .collect())
    }

    /// Those who may look after somebody of a center: its team, and whoever left it and has people still.
    pub async fn looking_after(
        &self,
        center: HealthCenterId,
    ) -> Result<Vec<(StaffId, String)>, Error> {
        self.needs(Right::Follow)?;
        let (place, below) = (NewStaff::place_of(center), self.below());
        Ok(self
            .app
            .db()
            .read(move |tx| {
                let mut all = Vec::new();
                for row in rows::ever_at_place(tx, place)? {
                    let works_here = row.place == place && can_follow(&row);
                    if works_here
                        || left_behind(tx, &row, &below)?
                            .iter()
                            .any(|(left, _)| *left == center)
                    {
                        all.push((row.id, row.name));
                    }
                }
                Ok(all)
            })
            .await?)
    }

    /// Gives a staff member another role, shuts one out or lets one in again.
    pub async fn change_staff(
        &self,
        id: StaffId,
        role: StaffRole,
        shut_out: bool,
        version: i32,
    ) -> Result<ChangeStaff, Error> {
        self.needs(Right::ManageStaff)?;
        if id == self.staff {
            return Ok(ChangeStaff::Oneself);
        }
        let Some(stands) = self.colleague(id).await? else {
            return Ok(ChangeStaff::NoSuchStaff);
        };
        self.place_staff(id, (role, stands.place), shut_out, version)
            .await
    }

    /// Gives a staff member a role at a place in reach, the one where they work or another one; shuts one out or lets one in
    /// again. Whoever goes elsewhere is signed out; their alerts wait for somebody again, and the people they look after are
    /// counted as left behind.
    pub async fn place_staff(
        &self,
        id: StaffId,
        (role, place): (StaffRole, JurisdictionId),
        shut_out: bool,
        version: i32,
    ) -> Result<ChangeStaff, Error> {
        self.needs(Right::ManageStaff)?;
        if id == self.staff {
            return Ok(ChangeStaff::Oneself);
        }
        let Some(stands) = self.colleague(id).await? else {
            return Ok(ChangeStaff::NoSuchStaff);
        };
        let moves = place != stands.place;
        let fits = match moves {
            true => (self.places().await?.iter())
                .any(|one| one.id == place && one.kind == role.belongs_at()),
            // It may have been closed.
            false => role.belongs_at() == stands.role.belongs_at(),
        };
        if !fits {
            return Ok(ChangeStaff::Place);
        }
        let now = self.app.clock.now();
        let disabled_at = shut_out.then(|| stands.disabled_at.unwrap_or(now));
        let word = if shut_out { "shut out" } else { role.word() };
        let entry = with(about(self.did("staff.changed", None), id.uuid()), word);
        let (keys, from) = (self.app.keys().clone(), stands.place);
        let changed = self
            .app
            .db()
            .write(move |tx| {
                // Whoever is at work, or is let in again, works at a place that is there; and nobody goes to one that is not.
                if (moves || !shut_out) && !hold_open(tx, place)? {
                    return Ok(ChangeStaff::PlaceIsClosed);
                }
                let row = rows::find(tx, id)?.filter(|row| row.place == from);
                let Some(row) = row else {
                    return Ok(ChangeStaff::ChangedMeanwhile);
                };
                let to = Placed {
                    name: &row.name,
                    role,
                    place,
                    disabled_at,
                };
                Ok(
                    match place_anew(tx, &row, (&to, version), (&keys, &entry), now)? {
                        true => ChangeStaff::Changed,
                        false => ChangeStaff::ChangedMeanwhile,
                    },
                )
            })
            .await?;
        Ok(changed)
    }
}
