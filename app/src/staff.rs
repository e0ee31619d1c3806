//! Staff members: invited or made by the operator, signing in to the console with a password and a second factor.

mod colleagues;
mod coming_in;
mod invited;
mod listed;
mod managed;

use crate::audit::{self, about, with};
use crate::code::email_blind;
use crate::{App, Error, SystemDesk, lock_out};
pub use colleagues::{ChangeStaff, Colleague, STAFF_PAGE, SomeColleagues, Wished};
use colleagues::{Placed, place_anew};
pub use coming_in::{ChoosePassword, StaffLobby, StaffVisit};
use domain::email_address::EmailAddress;
use domain::ids::{HealthCenterId, JurisdictionId, StaffId};
use domain::password::{self, OwnData, PasswordProblem};
use domain::staff_role::{Right, StaffRole};
pub use invited::Invite;
use jiff::{SignedDuration, Timestamp};
pub use listed::Listed;
pub use managed::{Unmanaged, centers_without_manager};
use storage::jurisdiction::{self, Below, hold_open};
use storage::limits::AtMost;
use storage::session;
use storage::staff::{self as rows, StaffRow};

/// Failures for one address, from anywhere, within a quarter of an hour, after which it must wait.
pub(crate) const FAILURES: AtMost = AtMost {
    times: 5,
    within: SignedDuration::from_mins(15),
};
pub(crate) const LIMIT: &str = "staff_sign_in";
/// Wrong passwords for one address from anywhere within an hour, after which nobody signs in with it for a while.
pub(crate) const FLOOD: i32 = 60;
/// Notes that an address was let in again: what failed before, from wherever, counts no longer.
pub(crate) const LET_IN: &str = "staff_let_in";
/// How long a link to choose a password works.
const LINK_LIFE: SignedDuration = SignedDuration::from_hours(72);

/// A staff member to be.
#[derive(Clone)]
pub struct NewStaff {
    /// The address with which to sign in.
    pub email: EmailAddress,
    /// The name shown to colleagues.
    pub name: String,
    /// The first password.
    pub password: String,
    /// The role.
    pub role: StaffRole,
    /// Where the person belongs.
    pub place: JurisdictionId,
}

impl NewStaff {
    /// The place of a health center.
    pub fn place_of(center: HealthCenterId) -> JurisdictionId {
        JurisdictionId::from_uuid(center.uuid())
    }
}

/// What came of adding a staff member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddStaff {
    /// The staff member can sign in.
    Added,
    /// Somebody with this address is there already; nothing was changed.
    Stands(Stands),
    /// The password will not do.
    Weak(Vec<PasswordProblem>),
    /// There is no such place, or it was closed.
    NoSuchPlace,
}

/// Somebody who is staff already, as the operator is told of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stands {
    /// The role.
    pub role: StaffRole,
    /// The name of the place.
    pub place: String,
    /// Whether they are shut out.
    pub is_shut_out: bool,
}

/// What came of giving somebody another place or role, by the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveStaff {
    /// It is done.
    Moved {
        /// Who.
        name: String,
        /// As what they work from now on.
        role: StaffRole,
        /// The name of the place where they did before.
        from: String,
        /// Whether they are shut out still.
        is_shut_out: bool,
        /// How many people whom they looked after have nobody now, wherever they are.
        left_behind: i64,
        /// The centers that have lost the last one by it who managed their staff.
        unmanaged: Vec<Unmanaged>,
    },
    /// They have this role there already.
    Same,
    /// Nobody has this address.
    Nobody,
    /// The role does not belong to a place of that kind.
    Role(StaffRole),
    /// There is no such place, or it was closed.
    NoSuchPlace,
    /// Somebody changed them this very moment; nothing was done.
    ChangedMeanwhile,
}

/// What came of a reset by the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResetStaff {
    /// The staff member signs in with the new password and sets the second factor up anew.
    Reset {
        /// Who.
        name: String,
        /// The role, which stays.
        role: StaffRole,
    },
    /// Nobody has this address.
    Nobody,
    /// Somebody who was shut out, and is to stay so unless said otherwise.
    ShutOut,
    /// The place of somebody who was shut out is closed.
    PlaceIsClosed,
    /// The password will not do.
    Weak(Vec<PasswordProblem>),
}

/// Ends a lock-out after too many failures. A reset means that somebody knows the person; without this they would wait
/// all the same, for the limits are those of an address and of every place that it was tried from.
pub(crate) fn let_in_again(
    tx: &mut storage::Tx<'_>,
    email_blind: &[u8],
    now: Timestamp,
) -> Result<(), storage::Error> {
    storage::limits::forget(tx, LIMIT, email_blind)?;
    storage::limits::forget_span(tx, LIMIT, email_blind)?;
    storage::limits::clear_row(tx, LIMIT, email_blind)?;
    storage::limits::forget(tx, LET_IN, email_blind)?;
    lock_out::forget(tx, email_blind)?;
    storage::limits::keep_latest(tx, LET_IN, email_blind, now)
}

fn role_of(word: &str) -> Result<StaffRole, Error> {
    StaffRole::parse(word).ok_or_else(|| Error::broken("staff_members.role cannot be read"))
}

impl SystemDesk {
    /// Who has an address, so that nobody is asked for a password in vain. What is done with it looks again.
    pub async fn holder_of(&self, email: &EmailAddress) -> Result<Option<Stands>, Error> {
        let blind = email_blind(self.app.keys(), email);
        let found = self
            .app
            .db()
            .read(move |tx| {
                let Some(row) = rows::by_email_anyhow(tx, &blind)? else {
                    return Ok(None);
                };
                let place = jurisdiction::find(tx, row.place)?;
                let place = place.map_or_else(String::new, |place| place.name);
                Ok(Some((row.role, place, row.disabled_at)))
            })
            .await?;
        let stands = found.map(|(role, place, disabled_at)| {
            Ok(Stands {
                role: role_of(&role)?,
                place,
                is_shut_out: disabled_at.is_some(),
            })
        });
        stands.transpose()
    }

    /// Adds a staff member.
    pub async fn add_staff(&self, new: NewStaff) -> Result<AddStaff, Error> {
        let own = OwnData::of([new.email.as_str(), &new.name]);
        let password = match password::check(&new.password, &own) {
            Ok(password) => password,
            Err(problems) => return Ok(AddStaff::Weak(problems)),
        };
        let app = &self.app;
        let mut row = app.new_staff(&new.email, &new.name, new.role, new.place);
        row.password_hash = Some(app.inner.hashing.hash(password).await?);
        let now = app.clock.now();
        let keys = app.keys().clone();
        let stands = app
            .db()
            .write(move |tx| {
                if let Some(stands) = rows::by_email_anyhow(tx, &row.email_blind)? {
                    let place = jurisdiction::find(tx, stands.place)?;
                    let place = place.map_or_else(String::new, |place| place.name);
                    return Ok(Ok(Some((stands.role, place, stands.disabled_at))));
                }
                if !hold_open(tx, row.place)? {
                    return Ok(Err(AddStaff::NoSuchPlace));
                }
                rows::add(tx, &row, now)?;
                let entry = with(audit::by_machine(now, "staff.added", None), &row.role);
                audit::note(tx, &keys, &entry)?;
                Ok(Ok(None))
            })
            .await?;
        Ok(match stands {
            Ok(Some((role, place, disabled_at))) => AddStaff::Stands(Stands {
                role: role_of(&role)?,
                place,
                is_shut_out: disabled_at.is_some(),
            }),
            Ok(None) => AddStaff::Added,
            Err(why) => why,
        })
    }

    /// Gives a staff member a new password and takes the second factor away: the way back in for the one administrator
    /// who has lost the phone. Role and place stay; with `let_in`, somebody who was shut out may work again.
    pub async fn reset_staff(
        &self,
        email: &EmailAddress,
        password: &str,
        let_in: bool,
    ) -> Result<ResetStaff, Error> {
        let app = &self.app;
        let blind = email_blind(app.keys(), email);
        let stands = app
            .db()
            .read(move |tx| rows::by_email_anyhow(tx, &blind))
            .await?;
        let Some(row) = stands else {
            return Ok(ResetStaff::Nobody);
        };
        if row.disabled_at.is_some() && !let_in {
            return Ok(ResetStaff::ShutOut);
        }
        let own = OwnData::of([email.as_str(), &row.name]);
        let password = match password::check(password, &own) {
            Ok(password) => password,
            Err(problems) => return Ok(ResetStaff::Weak(problems)),
        };
        let hash = app.inner.hashing.hash(password).await?;
        let (now, keys, id) = (app.clock.now(), app.keys().clone(), row.id);
        let (role, name) = (row.role.clone(), row.name.clone());
        let is_reset = app
            .db()
            .write(move |tx| {
                if let Some(row) = rows::find(tx, id)?
                    && row.disabled_at.is_some()
                {
                    if !hold_open(tx, row.place)? {
                        return Ok(false);
                    }
                    rows::change(tx, id, &role, None, row.version)?;
                }
                rows::set_password(tx, id, &hash)?;
                rows::set_totp(tx, id, None, None)?;
                rows::forget_subject(tx, id)?;
                // An invitation that lies about would lead to the password past all of this.
                rows::end_links(tx, id, now)?;
                session::end_all_staff(tx, id, None)?;
                let_in_again(tx, &row.email_blind, now)?;
                let entry = about(audit::by_machine(now, "staff.reset", None), id.uuid());
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?;
        if !is_reset {
            return Ok(ResetStaff::PlaceIsClosed);
        }
        Ok(ResetStaff::Reset {
            name,
            role: role_of(&row.role)?,
        })
    }

    /// Gives a staff member another place, another role or both: what nobody on the console may do for places that nobody there
    /// is above. Password and second factor stay; with `let_in`, somebody who was shut out may work again.
    pub async fn move_staff(
        &self,
        email: &EmailAddress,
        (role, place): (Option<StaffRole>, Option<JurisdictionId>),
        let_in: bool,
    ) -> Result<MoveStaff, Error> {
        let app = &self.app;
        let blind = email_blind(app.keys(), email);
        let (now, keys) = (app.clock.now(), app.keys().clone());
        let moved = app
            .db()
            .write(move |tx| {
                let Some(row) = rows::by_email_anyhow(tx, &blind)? else {
                    return Ok(MoveStaff::Nobody);
                };
                let stands = StaffRole::parse(&row.role).ok_or_else(|| {
                    storage::Error::Broken(format!("staff_members.role of {}", row.id))
                })?;
                let to = Placed {
                    name: &row.name,
                    role: role.unwrap_or(stands),
                    place: place.unwrap_or(row.place),
                    disabled_at: row.disabled_at.filter(|_| !let_in),
                };
                let is_same = (to.role, to.place) == (stands, row.place);
                if is_same && to.disabled_at == row.disabled_at {
                    return Ok(MoveStaff::Same);
                }
                let Some(there) = jurisdiction::find(tx, to.place)? else {
                    return Ok(MoveStaff::NoSuchPlace);
                };
                if there.kind != to.role.belongs_at().word() {
                    return Ok(MoveStaff::Role(to.role));
                }
                if !hold_open(tx, to.place)? {
                    return Ok(MoveStaff::NoSuchPlace);
                }
                let from = jurisdiction::find(tx, row.place)?;
                let word = match to.disabled_at {
                    Some(_) => "shut out",
                    None => to.role.word(),
                };
                let entry = about(audit::by_machine(now, "staff.changed", None), row.id.uuid());
                let entry = with(entry, word);
                let before = managed::look(tx)?;
                if !place_anew(tx, &row, (&to, row.version), (&keys, &entry), now)? {
                    return Ok(MoveStaff::ChangedMeanwhile);
                }
                let unmanaged = managed::lost(before, &managed::look(tx)?);
                let all = Below::everywhere();
                let left = storage::worklist::looked_after_by(tx, row.id, &all)?;
                let follows = to.disabled_at.is_none() && to.role.may(Right::Follow);
                let left = left
                    .iter()
                    .filter(|(center, _)| !follows || NewStaff::place_of(*center) != to.place);
                Ok(MoveStaff::Moved {
                    name: row.name.clone(),
                    role: to.role,
                    from: from.map_or_else(String::new, |place| place.name),
                    is_shut_out: to.disabled_at.is_some(),
                    left_behind: left.map(|(_, count)| count).sum(),
                    unmanaged,
                })
            })
            .await?;
        Ok(moved)
    }

    /// How many staff members there are.
    pub async fn count_staff(&self) -> Result<i64, Error> {
        Ok(self.app.db().read(rows::count).await?)
    }
}

impl App {
    fn new_staff(
        &self,
        email: &EmailAddress,
        name: &str,
        role: StaffRole,
        place: JurisdictionId,
    ) -> StaffRow {
        StaffRow {
            id: StaffId::from_uuid(self.new_uuid()),
            place,
            role: role.word().to_owned(),
            name: name.trim().to_owned(),
            email_sealed: self.keys().seal_text("email", email.as_str()),
            email_blind: email_blind(self.keys(), email),
            password_hash: None,
            totp_sealed: None,
            totp_step: None,
            language: None,
            phone_sealed: None,
            wants_sms: true,
            signs_on: false,
            disabled_at: None,
            version: 1,
        }
    }
}
