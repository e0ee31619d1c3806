//! Signing in and out.

use crate::client::place as client_place;
use crate::code::email_blind;
use crate::keys::Token;
use crate::password_letters::Kept;
use crate::{Error, FrontDesk, PatientDesk, SESSION_LIFE};
use domain::email_address::EmailAddress;
use domain::ids::SessionId;
use domain::password::Password;
use jiff::SignedDuration;
use storage::limits::AtMost;
use storage::{Tx, account, session};

/// Failures for one address from one place within a quarter of an hour, after which that place must wait.
const FROM_ONE_PLACE: AtMost = AtMost {
    times: 10,
    within: SignedDuration::from_mins(15),
};
/// Failures in a row for one address, from anywhere, after which only a new password by e-mail opens it: the most that
/// NIST SP 800-63B allows.
const IN_A_ROW: i32 = 100;
pub(crate) const FAILURES: &str = "sign_in";
/// Failures from one place within an hour, whatever the address, after which that place must wait: whoever tries one password
/// with each of many addresses. Many families may share an address of their provider.
pub(crate) const FAILURES_PER_CLIENT_AND_HOUR: i32 = 300;

/// What came of signing in.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// Signed in; the token belongs into the cookie.
    SignedIn(Token),
    /// The address or the password is wrong; nobody is told which.
    Wrong,
    /// Too many failures; it goes on after a while.
    Wait,
    /// Very many failures from where the browser is, by whomever and with whatever address; it goes on within the hour.
    Crowded,
    /// Too many failures in a row; a new password by e-mail opens it again.
    Closed,
    /// By the front door only: there is no walk with a right code.
    NoWalk,
}

impl FrontDesk {
    /// Signs in. The password is only hashed when the limits allow it, and for an unknown address the same work is
    /// done. `old` is the token that the browser brought along; its session ends.
    pub async fn sign_in(
        &self,
        email: &EmailAddress,
        typed: &str,
        old: Option<&Token>,
    ) -> Result<SignIn, Error> {
        let app = &self.app;
        // In a browser in which the owner has signed in before, strangers' failures do not count, nor do they stand before
        // them.
        let known = self.known_as(email).await?;
        let now = app.clock.now();
        let blind = email_blind(app.keys(), email);
        // Before anything is counted: whoever is sent away in a flood has not tried.
        let turn = match &known {
            Some(_) => app.inner.hashing.queue_known(&blind)?,
            None => app.inner.hashing.queue(self.client)?,
        };
        let place = known.clone().unwrap_or_else(|| client_place(self.client));
        let here = app
            .keys()
            .blind("sign_in", &format!("{place} {}", email.lookup_key()));
        let row = match &known {
            Some(name) => [blind.as_slice(), name.as_bytes()].concat(),
            None => blind.clone(),
        };
        let client = app.keys().blind(FAILURES, &client_place(self.client));
        let counts_client = self.client.is_some() && known.is_none();
        let (b, h, r, c) = (blind.clone(), here.clone(), row.clone(), client.clone());
        let allowed = app
            .db()
            .write(move |tx| {
                let most = FAILURES_PER_CLIENT_AND_HOUR;
                if counts_client && !storage::limits::count_hourly(tx, FAILURES, &c, most, now)? {
                    return Ok(Err(SignIn::Crowded));
                }
                // Whose password nobody looks at has not tried: it is not counted for all who share a network address.
                let not_tried = |tx: &mut Tx<'_>| match counts_client {
                    true => storage::limits::uncount_hourly(tx, FAILURES, &c),
                    false => Ok(()),
                };
                let limits = [FROM_ONE_PLACE, FROM_ONE_PLACE];
                if !storage::limits::count(tx, FAILURES, &h, limits, now)? {
                    not_tried(tx)?;
                    return Ok(Err(SignIn::Wait));
                }
                let row = storage::limits::count_in_a_row(tx, FAILURES, &r, IN_A_ROW, now)?;
                if row.is_none() {
                    not_tried(tx)?;
                    return Ok(Err(SignIn::Closed));
                }
                Ok(Ok(account::by_email(tx, &b)?))
            })
            .await?;
        let found = match allowed {
            Ok(found) => found,
            Err(outcome) => return Ok(outcome),
        };
        let hash = found.as_ref().map(|a| a.password_hash.clone());
        let password = Password::parse_unchecked(typed);
        let fits = app.inner.hashing.fits(turn, password, hash).await;
        let (h, r, c) = (here.clone(), row.clone(), client.clone());
        let uncount = move |tx: &mut Tx<'_>| {
            storage::limits::uncount(tx, FAILURES, &h)?;
            if counts_client {
                storage::limits::uncount_hourly(tx, FAILURES, &c)?;
            }
            storage::limits::uncount_in_a_row(tx, FAILURES, &r)
        };
        let fits = app.looked_at(fits, uncount).await?;
        let (Some(account), true) = (found, fits) else {
            return Ok(SignIn::Wrong);
        };
        let id = SessionId::from_uuid(app.new_uuid());
        let token = Token::generate();
        let (hash, old) = (token.hash(), old.map(Token::hash));
        let letters = Kept::for_token(app, &token, typed);
        let is_in = app
            .db()
            .write(move |tx| {
                // Whoever changed the password meanwhile was told that nobody comes in by the old one.
                if !account::has_password(tx, account.id, &account.password_hash)? {
                    return Ok(false);
                }
                storage::limits::uncount(tx, FAILURES, &here)?;
                if counts_client {
                    storage::limits::uncount_hourly(tx, FAILURES, &client)?;
                }
                storage::limits::clear_row(tx, FAILURES, &row)?;
                if let Some(old) = &old
                    && let Some(old) = session::find(tx, old, now, now - SESSION_LIFE)?
                {
                    session::end(tx, old.id)?;
                }
                session::start(tx, id, &hash, account.id, now, now + SESSION_LIFE)?;
                letters.keep_until_registered(tx, id, account.id)?;
                Ok(true)
            })
            .await?;
        Ok(match is_in {
            true => SignIn::SignedIn(token),
            false => SignIn::Wrong,
        })
    }
}

impl PatientDesk {
    /// Signs this browser out.
    pub async fn sign_out(&self) -> Result<(), Error> {
        let id = self.session;
        self.app.db().write(move |tx| session::end(tx, id)).await?;
        Ok(())
    }

    /// Signs every browser out, this one too, and ends what somebody else may have begun with a code of the mailbox. All of them
    /// are strangers' from then on: whoever finds a phone reads no history by a new password from the mailbox in it.
    pub async fn sign_out_everywhere(&self) -> Result<(), Error> {
        let (account, now) = (self.account, self.app.clock.now());
        self.app
            .db()
            .write(move |tx| {
                account::make_strangers(tx, account, now)?;
                if let Some(row) = account::by_id(tx, account)? {
                    storage::flow::end_all_of(tx, account, &row.email_blind)?;
                }
                session::end_all(tx, account)
            })
            .await?;
        Ok(())
    }
}
