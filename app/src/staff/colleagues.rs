//! The staff members of a place, as administrators see and change them.

use super::{LINK_LIFE, NewStaff, let_in_again};
use crate::audit::{self, about, with};
use crate::jurisdiction::Place;
use crate::keys::Token;
use crate::outbox::{Mail, Promise};
use crate::staff_messages::{can_come_in, spoken_by};
use crate::{App, Error, StaffDesk, lock_out};
use domain::email_address::EmailAddress;
use domain::ids::{HealthCenterId, JurisdictionId, StaffId};
use domain::language::Language;
use domain::name::{Heard, NameKeys};
use domain::personal::Personal;
use domain::staff_role::{Right, StaffRole};
use jiff::Timestamp;
use storage::jurisdiction::hold_open;
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
    /// Until when the person is locked out after too many failures; none: not.
    pub locked_until: Option<Timestamp>,
    /// How many people they still look after, though they cannot follow anybody any more: shut out, or of a role that does
    /// not.
    pub left_behind: i64,
    /// Counts changes.
    pub version: i32,
}

/// Whether somebody can look after people: is not shut out, and of a role that follows them.
fn can_follow(row: &StaffRow) -> bool {
    row.disabled_at.is_none()
        && StaffRole::parse(&row.role).is_some_and(|role| role.may(Right::Follow))
}

/// How many people somebody looks after who cannot any more.
fn left_behind(tx: &mut storage::Tx<'_>, row: &StaffRow) -> Result<i64, storage::Error> {
    if can_follow(row) {
        return Ok(0);
    }
    let center = HealthCenterId::from_uuid(row.place.uuid());
    storage::worklist::count_of(tx, center, row.id)
}

/// What came of inviting somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invite {
    /// The mail with the link is on its way.
    Invited,
    /// The name is missing or too long.
    Name,
    /// Somebody with this address is staff already, here or elsewhere.
    Taken,
    /// The place is not in reach, or the role does not belong there.
    Place,
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

impl App {
    fn link_mail(
        &self,
        staff: &StaffRow,
        token: &Token,
        language: Language,
        again: bool,
    ) -> Result<Vec<u8>, Error> {
        let email = self.keys().open_text("email", &staff.email_sealed)?;
        let email = EmailAddress::parse(email.expose())
            .map_err(|_| Error::broken(format!("staff_members.email of {}", staff.id)))?;
        let url = format!("{}/invitation/{}", self.console_url(), token.expose());
        let hours = LINK_LIFE.as_hours();
        Ok(Mail::staff_link(&email, language, &url, hours, again).seal(self.keys()))
    }

    /// Invites somebody to one of these places: the person gets a mail with a link to choose a password.
    pub(crate) async fn invite_staff(
        &self,
        (email, name, language): (&EmailAddress, &str, Language),
        (role, place, places): (StaffRole, JurisdictionId, &[Place]),
        entry: storage::audit::AuditEntry,
    ) -> Result<Invite, Error> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
            return Ok(Invite::Name);
        }
        if !places
            .iter()
            .any(|p| p.id == place && p.kind == role.belongs_at())
        {
            return Ok(Invite::Place);
        }
        // The invitation comes in the language of whoever invites; which one the invited person reads is known when
        // they come.
        let row = self.new_staff(email, name, role, place);
        let token = Token::generate();
        let sealed = self.link_mail(&row, &token, language, false)?;
        let (now, hash) = (self.clock.now(), token.hash());
        let (link, message) = (self.new_uuid(), Promise::new(self, "staff_link", sealed));
        let entry = with(about(entry, row.id.uuid()), role.word());
        let keys = self.keys().clone();
        let invited = self
            .db()
            .write(move |tx| {
                if rows::by_email_anyhow(tx, &row.email_blind)?.is_some() {
                    return Ok(Invite::Taken);
                }
                // The place may have been closed since it was looked up; from here on it is not.
                if !hold_open(tx, row.place)? {
                    return Ok(Invite::Place);
                }
                rows::upsert(tx, &row, now)?;
                rows::add_link(tx, link, &hash, row.id, now, now + LINK_LIFE)?;
                message.promise(tx, now)?;
                audit::note(tx, &keys, &entry)?;
                Ok(Invite::Invited)
            })
            .await?;
        self.outbox().wake();
        Ok(invited)
    }
}

impl StaffDesk {
    fn read_colleague(
        &self,
        (row, locked_until, left_behind): (StaffRow, Option<Timestamp>, i64),
    ) -> Result<Colleague, Error> {
        Ok(Colleague {
            can_come_in: row.disabled_at.is_none() && can_come_in(&row),
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
                    let left_behind = left_behind(tx, &row)?;
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
        let mut all = db.read(move |tx| rows::below(tx, &below)).await?;
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
                    staff.push((row.clone(), locked_until, left_behind(tx, row)?));
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
                        let left_behind = left_behind(tx, &row)?;
                        Ok((row, locked_until, left_behind))
                    })
                    .transpose()
            })
            .await?;
        found.map(|row| self.read_colleague(row)).transpose()
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
        let place = NewStaff::place_of(center);
        Ok(self
            .app
            .db()
            .read(move |tx| {
                let mut all = Vec::new();
                for row in rows::ever_at_place(tx, place)? {
                    if can_follow(&row) || left_behind(tx, &row)? > 0 {
                        all.push((row.id, row.name));
                    }
                }
                Ok(all)
            })
            .await?)
    }

    /// Invites somebody: the person gets a mail with a link to choose a password.
    pub async fn invite(
        &self,
        email: &EmailAddress,
        name: &str,
        role: StaffRole,
        place: JurisdictionId,
        language: Language,
    ) -> Result<Invite, Error> {
        self.needs(Right::ManageStaff)?;
        let places = self.places().await?;
        let entry = self.did("staff.invited", None);
        self.app
            .invite_staff((email, name, language), (role, place, &places), entry)
            .await
    }

    /// Takes a staff member's second factor and password away and sends a link to choose a new one: for whoever has
    /// lost the phone and the recovery codes, or an invitation. The mail comes in their language, or where that is not
    /// known in this one.
    pub async fn reset_staff(&self, id: StaffId, language: Language) -> Result<ChangeStaff, Error> {
        self.needs(Right::ManageStaff)?;
        if self.colleague(id).await?.is_none() {
            return Ok(ChangeStaff::NoSuchStaff);
        }
        let app = &self.app;
        let Some(row) = app.db().read(move |tx| rows::find(tx, id)).await? else {
            return Ok(ChangeStaff::NoSuchStaff);
        };
        let token = Token::generate();
        let language = spoken_by(&row).unwrap_or(language);
        let sealed = self.app.link_mail(&row, &token, language, true)?;
        let (now, hash) = (app.clock.now(), token.hash());
        let (link, message) = (app.new_uuid(), Promise::new(app, "staff_link", sealed));
        let entry = about(self.did("staff.reset", None), id.uuid());
        let keys = app.keys().clone();
        app.db()
            .write(move |tx| {
                rows::set_totp(tx, id, None, None)?;
                rows::forget_password(tx, id)?;
                rows::forget_subject(tx, id)?;
                session::end_all_staff(tx, id, None)?;
                let_in_again(tx, &row.email_blind, now)?;
                rows::add_link(tx, link, &hash, id, now, now + LINK_LIFE)?;
                message.promise(tx, now)?;
                audit::note(tx, &keys, &entry)
            })
            .await?;
        app.outbox().wake();
        Ok(ChangeStaff::Changed)
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
        if role.belongs_at() != stands.role.belongs_at() {
            return Ok(ChangeStaff::Place);
        }
        let now = self.app.clock.now();
        let disabled_at = shut_out.then(|| stands.disabled_at.unwrap_or(now));
        let word = if shut_out { "shut out" } else { role.word() };
        let entry = with(about(self.did("staff.changed", None), id.uuid()), word);
        let (keys, place) = (self.app.keys().clone(), stands.place);
        let changed = self
            .app
            .db()
            .write(move |tx| {
                // Whoever is at work, or is let in again, works at a place that is there.
                if !shut_out && !hold_open(tx, place)? {
                    return Ok(ChangeStaff::PlaceIsClosed);
                }
                if !rows::change(tx, id, role.word(), disabled_at, version)? {
                    return Ok(ChangeStaff::ChangedMeanwhile);
                }
                if shut_out {
                    session::end_all_staff(tx, id, None)?;
                }
                audit::note(tx, &keys, &entry)?;
                // What nobody can see to any longer must not count as taken.
                if shut_out || !role.may(Right::Follow) {
                    crate::alerts::give_all_back(tx, id, (&keys, &entry), now)?;
                }
                Ok(ChangeStaff::Changed)
            })
            .await?;
        Ok(changed)
    }
}
