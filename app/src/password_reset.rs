//! A forgotten password, and a changed one.

use crate::code::{Ask, CodeRequest, Purpose, read_email};
use crate::keys::Token;
use crate::outbox::Mail;
use crate::password_letters::{Chooser, Kept};
use crate::sign_in::FAILURES;
use crate::{Error, FrontDesk, PatientDesk, SESSION_LIFE};
use domain::email_address::EmailAddress;
use domain::ids::{MessageId, SessionId};
use domain::language::Language;
use domain::password::{Password, PasswordProblem};
use storage::{account, flow as flows, outbox, session};

/// What came of choosing a new password.
#[derive(Clone, Debug)]
pub enum NewPassword {
    /// It holds. After a forgotten one: every other browser is signed out and this one is signed in.
    Saved(Option<Token>),
    /// The password will not do.
    Weak(Vec<PasswordProblem>),
    /// The current password is wrong.
    WrongCurrent,
    /// Too many wrong current passwords; later.
    Wait,
    /// There is no walk with a right code; it begins anew.
    NoWalk,
}

impl FrontDesk {
    /// Asks for a code to set a new password. An address without an account gets a mail that says so.
    pub async fn request_password_reset(
        &self,
        token: &Token,
        email: EmailAddress,
        language: Language,
    ) -> Result<CodeRequest, Error> {
        let ask = Ask {
            purpose: Purpose::PasswordReset,
            known: self.known_as(&email).await?.is_some(),
            email,
            account: None,
            typed_id: None,
            language,
            client: self.client,
        };
        self.app.request_code(token, ask).await
    }

    /// Sets a new password after a right code; signs every other browser out, and tells the owner by mail.
    pub async fn save_new_password(
        &self,
        token: &Token,
        typed: &str,
        language: Language,
    ) -> Result<NewPassword, Error> {
        let app = &self.app;
        let Some(found) = app
            .find_walk(token)
            .await?
            .filter(|f| f.purpose == Purpose::PasswordReset && f.row.verified_at.is_some())
        else {
            return Ok(NewPassword::NoWalk);
        };
        let blind = found.row.email_blind.clone();
        let known = app
            .db()
            .read(move |tx| account::by_email(tx, &blind))
            .await?;
        let Some(account) = known else {
            return Ok(NewPassword::NoWalk);
        };
        let here = self.known_as(&found.email).await?;
        let chooser = match here {
            Some(_) => Chooser::Known,
            None => Chooser::Stranger,
        };
        let checked = app.check_new_password(typed, &found.email, (account.id, chooser));
        let password = match checked.await? {
            Ok(password) => password,
            Err(problems) => return Ok(NewPassword::Weak(problems)),
        };
        let hash = app.inner.hashing.hash(password).await?;
        let now = app.clock.now();
        let session_id = SessionId::from_uuid(app.new_uuid());
        let message = MessageId::from_uuid(app.new_uuid());
        let notice = Mail::password_changed(&found.email, language).seal(app.keys());
        let new_token = Token::generate();
        let token_hash = new_token.hash();
        let letters = Kept::for_token(app, &new_token, typed);
        let here = here.map(|name| [found.row.email_blind.as_slice(), name.as_bytes()].concat());
        let saved = app
            .db()
            .write(move |tx| {
                let Some(account) = account::by_email(tx, &found.row.email_blind)? else {
                    return Ok(false);
                };
                if !flows::finish(tx, found.row.id)? {
                    return Ok(false);
                }
                account::set_password(tx, account.id, &hash, now)?;
                flows::end_all_of(tx, account.id, &found.row.email_blind)?;
                storage::limits::clear_row(tx, FAILURES, &found.row.email_blind)?;
                if let Some(here) = &here {
                    storage::limits::clear_row(tx, FAILURES, here)?;
                }
                session::end_all(tx, account.id)?;
                // In a browser in which the family was before, nobody new has come.
                if here.is_none() {
                    account::close_histories(tx, account.id, now)?;
                }
                let end = now + SESSION_LIFE;
                session::start(tx, session_id, &token_hash, account.id, now, end)?;
                letters.keep_until_registered(tx, session_id, account.id)?;
                outbox::insert_to_account(
                    tx,
                    message,
                    "password_changed",
                    &notice,
                    account.id,
                    (now, None),
                )?;
                Ok(true)
            })
            .await?;
        app.inner.outbox.wake();
        Ok(if saved {
            NewPassword::Saved(Some(new_token))
        } else {
            NewPassword::NoWalk
        })
    }
}

impl PatientDesk {
    /// Changes the password; every other browser is signed out, and the owner is told by mail.
    pub async fn change_password(&self, current: &str, new: &str) -> Result<NewPassword, Error> {
        let app = &self.app;
        let account = self.own_account().await?;
        match self.check_current(&account, current).await? {
            Some(true) => {}
            Some(false) => return Ok(NewPassword::WrongCurrent),
            None => return Ok(NewPassword::Wait),
        }
        let email = read_email(app.keys(), &account.email_sealed)?;
        let checked = app.check_new_password(new, &email, (account.id, Chooser::Known));
        let password = match checked.await? {
            Ok(password) => password,
            Err(problems) => return Ok(NewPassword::Weak(problems)),
        };
        let hash = app.inner.hashing.hash(password).await?;
        let (now, session_id) = (app.clock.now(), self.session);
        let message = MessageId::from_uuid(app.new_uuid());
        let notice = Mail::password_changed(&email, self.language).seal(app.keys());
        let letters = self.letters_of(new);
        let saved = app
            .db()
            .write(move |tx| {
                // Another browser, or the owner by mail, was quicker, and was told that their password holds.
                if !account::has_password(tx, account.id, &account.password_hash)? {
                    return Ok(false);
                }
                account::set_password(tx, account.id, &hash, now)?;
                flows::end_all_of(tx, account.id, &account.email_blind)?;
                if session::letters(tx, session_id)?.is_some() {
                    letters.keep(tx, session_id)?;
                }
                session::end_others(tx, account.id, session_id)?;
                outbox::insert_to_account(
                    tx,
                    message,
                    "password_changed",
                    &notice,
                    account.id,
                    (now, None),
                )?;
                Ok(true)
            })
            .await?;
        app.inner.outbox.wake();
        Ok(match saved {
            true => NewPassword::Saved(None),
            false => NewPassword::WrongCurrent,
        })
    }

    /// Whether somebody who is signed in knows the current password; `None` where too many tries were wrong.
    pub(crate) async fn check_current(
        &self,
        account: &account::AccountRow,
        typed: &str,
    ) -> Result<Option<bool>, Error> {
        let whose = account.id.uuid();
        let turn = self.app.inner.hashing.queue_known(whose.as_bytes())?;
        let (now, subject) = (self.app.clock.now(), account.id.uuid().as_bytes().to_vec());
        let most = storage::limits::AtMost {
            times: 5,
            within: jiff::SignedDuration::from_mins(15),
        };
        let s = subject.clone();
        let allowed = self
            .app
            .db()
            .write(move |tx| storage::limits::count(tx, "current_password", &s, [most, most], now))
            .await?;
        if !allowed {
            return Ok(None);
        }
        let hash = Some(account.password_hash.clone());
        let password = Password::parse_unchecked(typed);
        let fits = self.app.inner.hashing.fits(turn, password, hash).await;
        let uncount = move |tx: &mut storage::Tx<'_>| {
            storage::limits::uncount(tx, "current_password", &subject)
        };
        let fits = self.app.looked_at(fits, uncount.clone()).await?;
        if fits {
            self.app.db().write(uncount).await?;
        }
        Ok(Some(fits))
    }
}
