//! The second factor of staff: codes of an authenticator app (TOTP, RFC 6238), each of which works once, and recovery
//! codes on paper. Also unlocking a session that was not used for a while.

pub mod totp;

use crate::audit::{self, with};
use crate::keys::{Keys, Token, random};
use crate::lock_out;
use crate::staff::{FAILURES, LIMIT, StaffLobby};
use crate::{App, Error};
use domain::email_address::EmailAddress;
use domain::ids::SessionId;
use domain::password::Password;
use domain::staff_role::Right;
use storage::staff as rows;
use storage::{limits, session};
pub(crate) use totp::recovery_codes;
use totp::{Secret, normalise_recovery_code};

/// Whether staff must show a second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Factor {
    /// Everybody must; who has none sets one up at the first sign-in.
    Required,
    /// Nobody is asked: for trying the product with sample data only.
    Off,
}

pub(crate) fn recovery_hash(keys: &Keys, staff: &[u8], typed: &str) -> Vec<u8> {
    keys.code_hash(staff, &normalise_recovery_code(typed))
}

/// What somebody needs to set a second factor up.
#[derive(Clone)]
pub struct SetUp {
    /// The secret, for typing into an app.
    pub secret: String,
    /// The same as an address that apps read from a QR code.
    pub address: String,
    /// The QR code as SVG.
    pub qr: String,
}

/// What came of showing or setting up a second factor, or of unlocking.
#[derive(Clone)]
pub enum Prove {
    /// Let in; the new token belongs into the cookie. After setting up: the recovery codes, shown this once.
    In(Token, Vec<String>),
    /// The code or the password is wrong, or was used before.
    Wrong,
    /// Too many failures; it goes on after a while.
    Wait,
    /// Too many wrong codes in a row; none is taken until an administrator ends the lock-out or resets the second factor.
    Closed,
}

/// Whether a try with a code is one.
enum Tried {
    /// It is, and this is under which it was counted.
    Counted(Vec<u8>),
    /// It is not: too many.
    No(Prove),
}

impl App {
    /// The secret that a session would set up: made of the session, so that it need not be kept until it is proved.
    fn proposed_secret(&self, session: SessionId) -> Result<Secret, Error> {
        let hash = self.keys().blind("totp", &session.to_string());
        hash.get(..20)
            .and_then(Secret::from_bytes)
            .ok_or_else(|| Error::broken("a secret cannot be made"))
    }
}

/// How many wrong codes in a row close the second factor until an administrator ends the lock-out or resets it: against
/// three codes that hold at a time, a chance of 1 in 3,333.
pub(crate) const CODES_IN_A_ROW: i32 = 100;

impl App {
    /// Whether staff show a second factor beside the password.
    pub fn asks_second_factor(&self) -> bool {
        self.inner.second_factor != Factor::Off
    }
}

impl StaffLobby {
    /// How many alerts nobody has taken, where whoever signs in sees alerts: of the own center, or of all below the own
    /// place. A number alone, for a locked page that somebody across the room can read; a medical institution sees its
    /// own patients only, so it is told none.
    pub async fn waiting_alerts(&self) -> Result<Option<i64>, Error> {
        if !self.desk.may(Right::SeeHealth) || self.desk.sees_own_patients() {
            return Ok(None);
        }
        let ids: Vec<_> = match self.desk.own_center() {
            Ok(center) => vec![center],
            Err(_) => self.desk.centers().await?.iter().map(|c| c.id).collect(),
        };
        let count = self
            .desk
            .app
            .db()
            .read(move |tx| {
                let mut count = 0;
                for id in &ids {
                    count += storage::alerts::count_open(tx, *id)?.waiting;
                }
                Ok(count)
            })
            .await?;
        Ok(Some(count))
    }

    /// The name, for the page.
    pub fn name(&self) -> &str {
        &self.desk.name
    }

    /// Ends the session.
    pub async fn sign_out(&self) -> Result<(), Error> {
        self.desk.sign_out().await
    }

    /// What is needed to set a second factor up; nothing where one stands already.
    pub async fn set_up(&self) -> Result<Option<SetUp>, Error> {
        if self.has_factor {
            return Ok(None);
        }
        let app = &self.desk.app;
        let staff = self.desk.staff;
        let Some(row) = app.db().read(move |tx| rows::find(tx, staff)).await? else {
            return Ok(None);
        };
        let email = app.keys().open_text("email", &row.email_sealed)?;
        let secret = app.proposed_secret(self.desk.session)?;
        let address = secret.otpauth_uri("HER-SYS", email.expose());
        let qr = totp::qr_svg(&address)
            .map_err(|e| Error::broken(format!("a QR code cannot be drawn: {e}")))?;
        Ok(Some(SetUp {
            secret: secret.base32(),
            address,
            qr,
        }))
    }

    /// Counts a try with a code: some in a while, and no more than [`CODES_IN_A_ROW`] until one is right, so that nobody who
    /// has the password goes on guessing for a year.
    async fn counted(&self) -> Result<Tried, Error> {
        let (app, staff, now) = (&self.desk.app, self.desk.staff, self.desk.app.clock.now());
        let (entry, keys) = (self.desk.did("staff.locked_out", None), app.keys().clone());
        Ok(app
            .db()
            .write(move |tx| {
                let Some(row) = rows::find(tx, staff)? else {
                    return Ok(Tried::No(Prove::Wait));
                };
                let blind = row.email_blind;
                let most = CODES_IN_A_ROW;
                if !limits::count(tx, LIMIT, &blind, [FAILURES; 2], now)? {
                    // Waiting helps only whom no administrator has to let in.
                    let is_closed = limits::in_a_row(tx, LIMIT, &blind)? >= most;
                    return Ok(Tried::No(match is_closed {
                        true => Prove::Closed,
                        false => Prove::Wait,
                    }));
                }
                if limits::count_in_a_row(tx, LIMIT, &blind, most, now)?.is_none() {
                    lock_out::close(tx, &keys, &blind, &entry, now)?;
                    return Ok(Tried::No(Prove::Closed));
                }
                Ok(Tried::Counted(blind))
            })
            .await?)
    }

    /// Counts a try with the password of a session that is locked. It counts for this session alone: whoever tries codes
    /// elsewhere does not keep a nurse from her open work.
    async fn counted_here(&self) -> Result<Option<Vec<u8>>, Error> {
        let (app, now) = (&self.desk.app, self.desk.app.clock.now());
        let here = app
            .keys()
            .blind(LIMIT, &format!("unlock|{}", self.desk.session));
        let staff = self.desk.staff;
        Ok(app
            .db()
            .write(move |tx| {
                let Some(row) = rows::find(tx, staff)? else {
                    return Ok(None);
                };
                lock_out::forget_if_let_in(tx, &row.email_blind, &here, now)?;
                let allowed = limits::count(tx, LIMIT, &here, [FAILURES; 2], now)?;
                Ok(allowed.then_some(here.clone()))
            })
            .await?)
    }

    /// A wrong code or password: with too many of them, the person is locked out for a while. `subject`: what was counted.
    async fn wrong(&self, subject: Vec<u8>) -> Result<Prove, Error> {
        let (app, now) = (&self.desk.app, self.desk.app.clock.now());
        let (entry, keys) = (self.desk.did("staff.locked_out", None), app.keys().clone());
        let staff = self.desk.staff;
        app.db()
            .write(move |tx| match rows::find(tx, staff)? {
                Some(row) => {
                    lock_out::note(tx, &keys, (&row.email_blind, &subject), Some(&entry), now)
                }
                None => Ok(()),
            })
            .await?;
        Ok(Prove::Wrong)
    }

    /// Sets the second factor up with a first code.
    pub async fn confirm_set_up(&self, typed: &str) -> Result<Prove, Error> {
        if self.has_factor {
            return Ok(Prove::Wrong);
        }
        let blind = match self.counted().await? {
            Tried::Counted(blind) => blind,
            Tried::No(why) => return Ok(why),
        };
        let app = &self.desk.app;
        let (now, staff, id) = (app.clock.now(), self.desk.staff, self.desk.session);
        let secret = app.proposed_secret(id)?;
        let Some(step) = secret.matching_step(typed, now.as_second(), None) else {
            return self.wrong(blind).await;
        };
        let sealed = app.keys().seal("totp", secret.bytes());
        let codes = recovery_codes(&mut random);
        let hashes: Vec<Vec<u8>> = codes
            .iter()
            .map(|code| recovery_hash(app.keys(), staff.uuid().as_bytes(), code))
            .collect();
        let token = Token::generate();
        let hash = token.hash();
        let entry = with(self.desk.did("staff.second_factor", None), "set up");
        let keys = app.keys().clone();
        let first = app
            .db()
            .write(move |tx| {
                // Of two who set one up at once, with the password alone, one is let in.
                if !rows::set_first_totp(tx, staff, &sealed, step)? {
                    return Ok(false);
                }
                for hash in &hashes {
                    rows::add_recovery_code(tx, staff, hash)?;
                }
                limits::forget(tx, LIMIT, &blind)?;
                limits::clear_row(tx, LIMIT, &blind)?;
                lock_out::forget(tx, &blind)?;
                session::prove_staff(tx, id, &hash, now)?;
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?;
        Ok(match first {
            true => Prove::In(token, codes),
            false => Prove::Wrong,
        })
    }

    /// Shows the second factor: a code of the app, or a recovery code.
    pub async fn prove(&self, typed: &str) -> Result<Prove, Error> {
        let blind = match self.counted().await? {
            Tried::Counted(blind) => blind,
            Tried::No(why) => return Ok(why),
        };
        let app = &self.desk.app;
        let (now, staff, id) = (app.clock.now(), self.desk.staff, self.desk.session);
        let row = app.db().read(move |tx| rows::find(tx, staff)).await?;
        let Some((sealed, last)) = row.and_then(|row| Some((row.totp_sealed?, row.totp_step)))
        else {
            return Ok(Prove::Wrong);
        };
        let secret = secret_of(app, &sealed)?;
        let step = secret.matching_step(typed, now.as_second(), last);
        let recovery = recovery_hash(app.keys(), staff.uuid().as_bytes(), typed);
        let token = Token::generate();
        let hash = token.hash();
        let entry = self.desk.did("staff.second_factor", None);
        let keys = app.keys().clone();
        let subject = blind.clone();
        let proved = app
            .db()
            .write(move |tx| {
                let (good, how) = match step {
                    Some(step) => (rows::use_step(tx, staff, step)?, "code"),
                    None => (
                        rows::use_recovery_code(tx, staff, &recovery, now)?,
                        "recovery code",
                    ),
                };
                if good {
                    limits::forget(tx, LIMIT, &blind)?;
                    limits::clear_row(tx, LIMIT, &blind)?;
                    lock_out::forget(tx, &blind)?;
                    session::prove_staff(tx, id, &hash, now)?;
                    audit::note(tx, &keys, &with(entry.clone(), how))?;
                }
                Ok(good)
            })
            .await?;
        if proved {
            Ok(Prove::In(token, Vec::new()))
        } else {
            self.wrong(subject).await
        }
    }

    /// The address with which the staff member signs in.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn email(&self) -> Result<Option<EmailAddress>, Error> {
        let (app, staff) = (&self.desk.app, self.desk.staff);
        let Some(row) = app.db().read(move |tx| rows::find(tx, staff)).await? else {
            return Ok(None);
        };
        let email = app.keys().open_text("email", &row.email_sealed)?;
        Ok(EmailAddress::parse(email.expose()).ok())
    }

    /// Unlocks a session that was not used for a while, with the password.
    pub async fn unlock(&self, typed: &str) -> Result<Prove, Error> {
        let app = &self.desk.app;
        // Before it is counted: whoever is sent away in a flood has not tried.
        let whose = self.desk.staff.uuid();
        let turn = app.inner.staff_hashing.queue_known(whose.as_bytes())?;
        let Some(here) = self.counted_here().await? else {
            return Ok(Prove::Wait);
        };
        let (now, staff, id) = (app.clock.now(), self.desk.staff, self.desk.session);
        let row = app.db().read(move |tx| rows::find(tx, staff)).await?;
        let hash = row.and_then(|row| row.password_hash);
        let password = Password::parse_unchecked(typed);
        let fits = app.inner.staff_hashing.fits(turn, password, hash).await;
        let subject = here.clone();
        let uncount = move |tx: &mut storage::Tx<'_>| limits::uncount(tx, LIMIT, &subject);
        if !app.looked_at(fits, uncount).await? {
            return self.wrong(here).await;
        }
        let token = Token::generate();
        let hash = token.hash();
        let entry = with(self.desk.did("staff.signed_in", None), "unlocked");
        let keys = app.keys().clone();
        app.db()
            .write(move |tx| {
                limits::forget(tx, LIMIT, &here)?;
                session::prove_staff(tx, id, &hash, now)?;
                audit::note(tx, &keys, &entry)
            })
            .await?;
        Ok(Prove::In(token, Vec::new()))
    }
}

/// The secret of an authenticator app.
pub(crate) fn secret_of(app: &crate::App, sealed: &[u8]) -> Result<Secret, Error> {
    Secret::from_bytes(&app.keys().open("totp", sealed)?)
        .ok_or_else(|| Error::broken("staff_members.totp cannot be read"))
}
