//! How staff members come in: with a password, with a link, with the token of a session.

use super::{FAILURES, FLOOD, LIMIT, let_in_again};
use crate::audit;
use crate::client::place;
use crate::code::email_blind;
use crate::keys::Token;
use crate::second_factor::Factor;
use crate::sign_in::{FAILURES_PER_CLIENT_AND_HOUR, SignIn};
use crate::staff_messages::{OF_THE_HOUSE, spoken_by};
use crate::{App, Error, FrontDesk, STAFF_IDLE, STAFF_LIFE, StaffDesk, lock_out};
use domain::email_address::EmailAddress;
use domain::ids::{SessionId, StaffId};
use domain::language::Language;
use domain::password::{self, OwnData, Password, PasswordProblem};
use domain::staff_role::{JurisdictionKind, StaffRole};
use jiff::SignedDuration;
use storage::Tx;
use storage::jurisdiction::hold_open;
use storage::limits::AHEAD;
use storage::session;
use storage::staff as rows;

impl App {
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
        // It was begun by a clock that was ahead, and would outlast its twelve hours by as much.
        if session.expires_at > now + STAFF_LIFE + AHEAD {
            return Ok(StaffVisit::Nobody);
        }
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
        // What was used by a clock that was ahead would not lock before that moment comes: the password sets it right.
        if idle > STAFF_IDLE || session.last_seen_at > now + AHEAD {
            return Ok(StaffVisit::Locked(lobby(desk)));
        }
        Ok(StaffVisit::In(
            desk,
            // Written once a minute only.
            idle > SignedDuration::from_mins(1),
        ))
    }

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

/// Under which the failures of one client are counted.
const PER_CLIENT: &str = "staff_client";
/// Under which the lines are counted about addresses that nobody has.
const OF_NOBODY: &str = "staff_nobody";
/// How many lines the audit log has of them from one client in an hour.
const LINES_OF_NOBODY: i32 = 20;

impl FrontDesk {
    /// Signs a staff member in to the console. The session opens nothing until the second factor was shown.
    pub async fn sign_in_staff(&self, email: &EmailAddress, typed: &str) -> Result<SignIn, Error> {
        let app = &self.app;
        let known_here = self.known_as(email).await?;
        let now = app.clock.now();
        let known = email_blind(app.keys(), email);
        // Before anything is counted: whoever is sent away in a flood has not tried.
        let turn = match &known_here {
            Some(_) => app.inner.staff_hashing.queue_known(&known)?,
            None => app.inner.staff_hashing.queue(self.client)?,
        };
        // Whoever types wrong passwords elsewhere must not keep a nurse from her work: the limit is that of the address
        // and the place together, and only a flood from everywhere closes the address.
        // Nor in a browser in which she has signed in before.
        let is_known = known_here.is_some();
        let from = known_here.unwrap_or_else(|| place(self.client));
        let blind = app
            .keys()
            .blind(LIMIT, &format!("{}|{from}", email.lookup_key()));
        let client = app.keys().blind(LIMIT, &place(self.client));
        let counts_client = self.client.is_some() && !is_known;
        let (subject, address, from) = (blind.clone(), known.clone(), client.clone());
        let found = app
            .db()
            .write(move |tx| {
                let most = FAILURES_PER_CLIENT_AND_HOUR;
                if counts_client
                    && !storage::limits::count_hourly(tx, PER_CLIENT, &from, most, now)?
                {
                    return Ok(Err(SignIn::Crowded));
                }
                lock_out::forget_if_let_in(tx, &address, &subject, now)?;
                // Whose password nobody looks at has not tried.
                let not_tried = |tx: &mut Tx<'_>| match counts_client {
                    true => storage::limits::uncount_hourly(tx, PER_CLIENT, &from),
                    false => Ok(()),
                };
                // One place that must wait says nothing of the address elsewhere: it would be closed by requests that cost nothing.
                if !storage::limits::count(tx, LIMIT, &subject, [FAILURES; 2], now)? {
                    not_tried(tx)?;
                    return Ok(Err(SignIn::Wait));
                }
                if !is_known && !storage::limits::count_hourly(tx, LIMIT, &address, FLOOD, now)? {
                    storage::limits::uncount(tx, LIMIT, &subject)?;
                    not_tried(tx)?;
                    return Ok(Err(SignIn::Wait));
                }
                Ok(Ok(rows::by_email(tx, &address)?))
            })
            .await?;
        let found = match found {
            Ok(found) => found,
            Err(outcome) => return Ok(outcome),
        };
        let hash = found.as_ref().and_then(|s| s.password_hash.clone());
        let password = Password::parse_unchecked(typed);
        let fits = app.inner.staff_hashing.fits(turn, password, hash).await;
        let (subject, address, from) = (blind.clone(), known.clone(), client.clone());
        let uncount = move |tx: &mut Tx<'_>| {
            if !is_known {
                storage::limits::uncount_hourly(tx, LIMIT, &address)?;
            }
            if counts_client {
                storage::limits::uncount_hourly(tx, PER_CLIENT, &from)?;
            }
            storage::limits::uncount(tx, LIMIT, &subject)
        };
        let fits = app.looked_at(fits, uncount).await?;
        let who = storage::audit::AuditEntry {
            actor_kind: "staff".to_owned(),
            actor: found.as_ref().map(|staff| staff.id.uuid()),
            place: found.as_ref().map(|staff| staff.place),
            ..audit::by_machine(now, "staff.signed_in", None)
        };
        let (Some(staff), true) = (found, fits) else {
            // Whether somebody has this address makes no difference here either, but for the log: strangers do not fill it
            // with addresses that nobody has.
            let (keys, mut entry) = (app.keys().clone(), who);
            entry.action = "staff.sign_in_failed".to_owned();
            app.db()
                .write(move |tx| {
                    let most = LINES_OF_NOBODY;
                    let is_told = entry.actor.is_some()
                        || storage::limits::count_hourly(tx, OF_NOBODY, &client, most, now)?;
                    if is_told {
                        audit::note(tx, &keys, &entry)?;
                    }
                    // Elsewhere the address may be closed; she who is known here goes on.
                    let here = storage::limits::reached_until(tx, LIMIT, &blind, FAILURES, now)?;
                    if is_known && here.is_none() {
                        return Ok(());
                    }
                    lock_out::note(tx, &keys, (&known, &blind), is_told.then_some(&entry), now)
                })
                .await?;
            return Ok(SignIn::Wrong);
        };
        let id = SessionId::from_uuid(app.new_uuid());
        let token = Token::generate();
        let hash = token.hash();
        let checked = staff.password_hash.clone().unwrap_or_default();
        let proved_at = (app.inner.second_factor == Factor::Off).then_some(now);
        let keys = app.keys().clone();
        let is_in = app
            .db()
            .write(move |tx| {
                // Whoever took the password away meanwhile, or shut them out, was told that it stops working at once.
                if !rows::comes_in_by(tx, staff.id, &checked)? {
                    let mut entry = who.clone();
                    entry.action = "staff.sign_in_failed".to_owned();
                    audit::note(tx, &keys, &entry)?;
                    return Ok(false);
                }
                storage::limits::forget(tx, LIMIT, &blind)?;
                // Only failures count: whoever signs in often keeps nobody out. Of a browser that is known none was counted.
                if !is_known {
                    storage::limits::uncount_hourly(tx, LIMIT, &known)?;
                }
                if counts_client {
                    storage::limits::uncount_hourly(tx, PER_CLIENT, &client)?;
                }
                if proved_at.is_some() {
                    lock_out::forget(tx, &known)?;
                }
                session::start_staff(tx, id, &hash, staff.id, now, now + STAFF_LIFE, proved_at)?;
                let entry = audit::with(who.clone(), "password");
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?;
        Ok(match is_in {
            true => SignIn::SignedIn(token),
            false => SignIn::Wrong,
        })
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
                // Who has a link has no second factor, or it was taken away with the password: one that stands now is not theirs.
                rows::set_totp(tx, staff.id, None, None)?;
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
}
