//! Staff members: invited or made by the operator, signing in to the console with a password and a second factor.

use crate::audit::{self, about, with};
use crate::code::email_blind;
use crate::jurisdiction::Place;
use crate::keys::Token;
use crate::lock_out;
use crate::outbox::{Mail, Promise};
use crate::second_factor::Factor;
use crate::sign_in::SignIn;
use crate::staff_messages::{OF_THE_HOUSE, can_come_in, spoken_by};
use crate::{App, Error, FrontDesk, STAFF_IDLE, STAFF_LIFE, StaffDesk, SystemDesk};
use domain::email_address::EmailAddress;
use domain::ids::{HealthCenterId, JurisdictionId, SessionId, StaffId};
use domain::language::Language;
use domain::password::{self, OwnData, Password, PasswordProblem};
use domain::personal::Personal;
use domain::staff_role::{JurisdictionKind, Right, StaffRole};
use jiff::{SignedDuration, Timestamp};
use storage::jurisdiction::hold_open;
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
const LET_IN: &str = "staff_let_in";
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
    /// Somebody with this address is there already, with this role; nothing was changed.
    Stands(StaffRole),
    /// The password will not do.
    Weak(Vec<PasswordProblem>),
    /// There is no such place, or it was closed.
    NoSuchPlace,
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
    storage::limits::forget(tx, LET_IN, email_blind)?;
    lock_out::forget(tx, email_blind)?;
    let always = AtMost {
        times: 1,
        within: SignedDuration::ZERO,
    };
    storage::limits::count(tx, LET_IN, email_blind, [always; 2], now)?;
    Ok(())
}

fn role_of(word: &str) -> Result<StaffRole, Error> {
    StaffRole::parse(word).ok_or_else(|| Error::broken("staff_members.role cannot be read"))
}

impl SystemDesk {
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
                    return Ok(Ok(Some(stands.role)));
                }
                if !hold_open(tx, row.place)? {
                    return Ok(Err(AddStaff::NoSuchPlace));
                }
                rows::upsert(tx, &row, now)?;
                let entry = with(audit::by_machine(now, "staff.added", None), &row.role);
                audit::note(tx, &keys, &entry)?;
                Ok(Ok(None))
            })
            .await?;
        Ok(match stands {
            Ok(Some(role)) => AddStaff::Stands(role_of(&role)?),
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

    /// What a staff session's token opens.
    pub async fn staff_visit(&self, token: &Token) -> Result<StaffVisit, Error> {
        self.fresh_rules().await?;
        let (now, hash) = (self.clock.now(), token.hash());
        let found = self
            .db()
            .read_once(move |tx| session::find_staff(tx, &hash, now))
            .await?;
        let Some(session) = found else {
            return Ok(StaffVisit::Nobody);
        };
        let broken =
            |what: &str| Error::broken(format!("{what} of staff member {}", session.staff));
        let desk = StaffDesk {
            lacks_phone: session
                .contact
                .as_ref()
                .is_some_and(crate::health_center::lacks_phone),
            app: self.clone(),
            staff: session.staff,
            session: session.id,
            place: session.place,
            place_kind: JurisdictionKind::parse(&session.place_kind)
                .ok_or_else(|| broken("jurisdictions.kind"))?,
            path: session.path,
            role: StaffRole::parse(&session.role).ok_or_else(|| broken("staff_members.role"))?,
            name: session.name,
        };
        let lobby = |desk: StaffDesk| StaffLobby {
            desk,
            has_factor: session.has_factor,
        };
        if session.proved_at.is_none() {
            return Ok(StaffVisit::Unproved(lobby(desk)));
        }
        let idle = now.duration_since(session.last_seen_at);
        if idle > STAFF_IDLE {
            return Ok(StaffVisit::Locked(lobby(desk)));
        }
        Ok(StaffVisit::In(
            desk,
            // Written once a minute only.
            idle > SignedDuration::from_mins(1),
        ))
    }
}

impl App {
    /// Notes in which language somebody has just signed in, for the messages that they get. One that they chose on the
    /// page replaces what was known; one that the browser merely suggests is noted where nothing was.
    pub async fn staff_speaks(
        &self,
        token: &Token,
        language: Language,
        chosen: bool,
    ) -> Result<(), Error> {
        let staff = match self.staff_visit(token).await? {
            StaffVisit::Nobody => return Ok(()),
            StaffVisit::Unproved(lobby) | StaffVisit::Locked(lobby) => lobby.desk.staff,
            StaffVisit::In(desk, _) => desk.staff,
        };
        self.db()
            .write(move |tx| match chosen {
                true => rows::set_language(tx, staff, language.tag()),
                false => rows::suggest_language(tx, staff, language.tag()),
            })
            .await?;
        Ok(())
    }
}

/// What a staff session's token opens.
#[derive(Clone)]
pub enum StaffVisit {
    /// Nothing.
    Nobody,
    /// The second factor is still to be shown, or to be set up.
    Unproved(StaffLobby),
    /// The session was not used for a while; the password unlocks it.
    Locked(StaffLobby),
    /// Everything that the role and the place allow; and whether the session is to be marked as used.
    In(StaffDesk, bool),
}

/// Somebody who has shown a password, or whose session is locked: not yet let in.
#[derive(Clone)]
pub struct StaffLobby {
    pub(crate) desk: StaffDesk,
    /// Whether a second factor was set up.
    pub has_factor: bool,
}

impl FrontDesk {
    /// Signs a staff member in to the console. The session opens nothing until the second factor was shown.
    pub async fn sign_in_staff(&self, email: &EmailAddress, typed: &str) -> Result<SignIn, Error> {
        let app = &self.app;
        // Before anything is counted: whoever is sent away in a flood has not tried.
        let turn = app.inner.staff_hashing.queue(self.client)?;
        let now = app.clock.now();
        let known = email_blind(app.keys(), email);
        // Whoever types wrong passwords elsewhere must not keep a nurse from her work: the limit is that of the address
        // and the place together, and only a flood from everywhere closes the address.
        let from = self.client.map_or(String::new(), |ip| ip.to_string());
        let blind = app
            .keys()
            .blind(LIMIT, &format!("{}|{from}", email.lookup_key()));
        let (subject, address) = (blind.clone(), known.clone());
        let found = app
            .db()
            .write(move |tx| {
                let let_in = storage::limits::last(tx, LET_IN, &address)?;
                if let_in > storage::limits::last(tx, LIMIT, &subject)? {
                    storage::limits::forget(tx, LIMIT, &subject)?;
                }
                let here = storage::limits::count(tx, LIMIT, &subject, [FAILURES; 2], now)?;
                let anywhere = storage::limits::count_hourly(tx, LIMIT, &address, FLOOD, now)?;
                if !(here && anywhere) {
                    return Ok(None);
                }
                Ok(Some(rows::by_email(tx, &address)?))
            })
            .await?;
        let Some(found) = found else {
            return Ok(SignIn::Wait);
        };
        let hash = found.as_ref().and_then(|s| s.password_hash.clone());
        let password = Password::parse_unchecked(typed);
        let fits = match app.inner.staff_hashing.fits(turn, password, hash).await {
            Ok(fits) => fits,
            Err(error) => {
                // Nobody looked at the password, so it was not a failure.
                app.db()
                    .write(move |tx| {
                        storage::limits::uncount_hourly(tx, LIMIT, &known)?;
                        storage::limits::uncount(tx, LIMIT, &blind)
                    })
                    .await?;
                return Err(error);
            }
        };
        let who = storage::audit::AuditEntry {
            actor_kind: "staff".to_owned(),
            actor: found.as_ref().map(|staff| staff.id.uuid()),
            place: found.as_ref().map(|staff| staff.place),
            ..audit::by_machine(now, "staff.signed_in", None)
        };
        let (Some(staff), true) = (found, fits) else {
            // Whether somebody has this address makes no difference here either.
            let (keys, mut entry) = (app.keys().clone(), who);
            entry.action = "staff.sign_in_failed".to_owned();
            app.db()
                .write(move |tx| {
                    audit::note(tx, &keys, &entry)?;
                    lock_out::note(tx, &keys, (&known, &blind), &entry, now)
                })
                .await?;
            return Ok(SignIn::Wrong);
        };
        let id = SessionId::from_uuid(app.new_uuid());
        let token = Token::generate();
        let hash = token.hash();
        let proved_at = (app.inner.second_factor == Factor::Off).then_some(now);
        let keys = app.keys().clone();
        app.db()
            .write(move |tx| {
                storage::limits::forget(tx, LIMIT, &blind)?;
                // Only failures count: whoever signs in often keeps nobody out.
                storage::limits::uncount_hourly(tx, LIMIT, &known)?;
                if proved_at.is_some() {
                    lock_out::forget(tx, &known)?;
                }
                session::start_staff(tx, id, &hash, staff.id, now, now + STAFF_LIFE, proved_at)?;
                let entry = audit::with(who.clone(), "password");
                audit::note(tx, &keys, &entry)
            })
            .await?;
        Ok(SignIn::SignedIn(token))
    }

    /// Whether a link to choose a password still works, and whose it is.
    pub async fn staff_link(&self, token: &Token) -> Result<Option<String>, Error> {
        let (hash, now) = (token.hash(), self.app.clock.now());
        let found = self
            .app
            .db()
            .read(move |tx| rows::link(tx, &hash, now))
            .await?;
        Ok(found.map(|staff| staff.name))
    }

    /// Chooses a password with a link. The link is used up and all sessions end.
    pub async fn choose_staff_password(
        &self,
        token: &Token,
        typed: &str,
    ) -> Result<ChoosePassword, Error> {
        let app = &self.app;
        let (hash, now) = (token.hash(), app.clock.now());
        let h = hash.clone();
        let Some(staff) = app.db().read(move |tx| rows::link(tx, &h, now)).await? else {
            return Ok(ChoosePassword::LinkIsOver);
        };
        let email = app.keys().open_text("email", &staff.email_sealed)?;
        let own = OwnData::of([email.expose().as_str(), &staff.name]);
        let password = match password::check(typed, &own) {
            Ok(password) => password,
            Err(problems) => return Ok(ChoosePassword::Weak(problems)),
        };
        let password_hash = app.inner.staff_hashing.hash(password).await?;
        let keys = app.keys().clone();
        let used = app
            .db()
            .write(move |tx| {
                // A place that is being closed is closed without whoever has not taken the invitation up by then.
                if !hold_open(tx, staff.place)? || !rows::use_link(tx, &hash, now)? {
                    return Ok(false);
                }
                rows::set_password(tx, staff.id, &password_hash)?;
                session::end_all_staff(tx, staff.id, None)?;
                let_in_again(tx, &staff.email_blind, now)?;
                let entry = storage::audit::AuditEntry {
                    actor_kind: "staff".to_owned(),
                    actor: Some(staff.id.uuid()),
                    place: Some(staff.place),
                    ..audit::by_machine(now, "staff.password", None)
                };
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?;
        Ok(if used {
            ChoosePassword::Chosen
        } else {
            ChoosePassword::LinkIsOver
        })
    }
}

/// What came of choosing a password with a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoosePassword {
    /// It stands; sign in with it.
    Chosen,
    /// The password will not do.
    Weak(Vec<PasswordProblem>),
    /// The link was used, is too old, or was never one.
    LinkIsOver,
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
    /// Counts changes.
    pub version: i32,
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
    /// Notes that the session was used.
    pub async fn touch(&self) -> Result<(), Error> {
        let (id, now) = (self.session, self.app.clock.now());
        self.app
            .db()
            .write(move |tx| session::touch_staff(tx, id, now))
            .await?;
        Ok(())
    }

    /// Remembers the language that the staff member chose; mails come in it.
    pub async fn set_language(&self, language: Language) -> Result<(), Error> {
        let staff = self.staff;
        self.app
            .db()
            .write(move |tx| rows::set_language(tx, staff, language.tag()))
            .await?;
        Ok(())
    }

    /// The language that the staff member reads, as far as it is known.
    pub(crate) async fn language(&self) -> Result<Language, Error> {
        let staff = self.staff;
        let row = self.app.db().read(move |tx| rows::find(tx, staff)).await?;
        Ok(row.as_ref().and_then(spoken_by).unwrap_or(OF_THE_HOUSE))
    }

    /// The staff member's id.
    pub fn id(&self) -> StaffId {
        self.staff
    }

    /// Signs this browser out.
    pub async fn sign_out(&self) -> Result<(), Error> {
        let id = self.session;
        self.app
            .db()
            .write(move |tx| session::end_staff(tx, id))
            .await?;
        Ok(())
    }

    fn read_colleague(
        &self,
        (row, locked_until): (StaffRow, Option<Timestamp>),
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
                    all.push((row, locked_until));
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
                        Ok((row, locked_until))
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
