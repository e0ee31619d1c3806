//! Signing up: an address that is shown to be one's own, then a password; the attributes come after (`attributes`).

use crate::attributes::keep_id;
use crate::code::{Ask, CodeRequest, Purpose, read_email};
use crate::keys::Token;
use crate::password_letters::Kept;
use crate::sign_in::SignIn;
use crate::{Error, FrontDesk, SESSION_LIFE};
use domain::email_address::EmailAddress;
use domain::ids::{AccountId, SessionId};
use domain::language::Language;
use domain::password::{self, OwnData, Password, PasswordProblem};
use storage::account::AccountRow;
use storage::{account, flow as flows, session};

/// What came of choosing a password.
#[derive(Clone, Debug)]
pub enum SavePassword {
    /// The account stands, and the browser is signed in: the attributes come next.
    SignedIn(Token),
    /// The password will not do.
    Weak(Vec<PasswordProblem>),
    /// The address has an account already; its password is asked for instead.
    HasAccount,
    /// There is no walk with a right code; it begins anew.
    NoWalk,
}

impl FrontDesk {
    /// Asks for a code to sign up, under the browser's token. The same page follows whether or not the address has an
    /// account; only the mail differs.
    pub async fn request_sign_up(
        &self,
        token: &Token,
        email: EmailAddress,
        typed_id: Option<String>,
        language: Language,
    ) -> Result<CodeRequest, Error> {
        let ask = Ask {
            purpose: Purpose::SignUp,
            known: self.known_as(&email).await?.is_some(),
            email,
            account: None,
            typed_id,
            language,
            client: self.client,
        };
        self.app.request_code(token, ask).await
    }

    /// Keeps an ID that a QR code or a link brought along while a walk is under way.
    pub async fn bring_id(&self, token: &Token, id: &str) -> Result<(), Error> {
        if let Some(found) = self.app.find_walk(token).await? {
            let (walk, id) = (found.row.id, id.to_owned());
            self.app
                .db()
                .write(move |tx| flows::set_typed_id(tx, walk, &id))
                .await?;
        }
        Ok(())
    }

    /// Makes the account with its first password, after a right code.
    pub async fn save_password(
        &self,
        token: &Token,
        typed: &str,
        language: Language,
    ) -> Result<SavePassword, Error> {
        let Some(found) = self
            .app
            .find_walk(token)
            .await?
            .filter(|f| f.purpose == Purpose::SignUp && f.row.verified_at.is_some())
        else {
            return Ok(SavePassword::NoWalk);
        };
        let password = match check_password(typed, &found.email, OwnData::default()) {
            Ok(password) => password,
            Err(problems) => return Ok(SavePassword::Weak(problems)),
        };
        let password_hash = self.app.inner.hashing.hash(password).await?;
        let now = self.app.clock.now();
        let account = AccountRow {
            id: AccountId::from_uuid(self.app.new_uuid()),
            email_sealed: found.row.email_sealed.clone(),
            email_blind: found.row.email_blind.clone(),
            password_hash,
            language: language.tag().to_owned(),
        };
        let session = SessionId::from_uuid(self.app.new_uuid());
        let new_token = Token::generate();
        let token_hash = new_token.hash();
        let letters = Kept::for_token(&self.app, &new_token, typed);
        let keys = self.app.keys().clone();
        let made = self
            .app
            .db()
            .write(move |tx| {
                if !account::insert(tx, &account, now)? {
                    return Ok(false);
                }
                flows::finish(tx, found.row.id)?;
                if let Some(id) = &found.row.typed_id {
                    keep_id(tx, &keys, account.id, id, now)?;
                }
                session::start(
                    tx,
                    session,
                    &token_hash,
                    account.id,
                    now,
                    now + SESSION_LIFE,
                )?;
                letters.keep(tx, session)?;
                Ok(true)
            })
            .await?;
        Ok(if made {
            SavePassword::SignedIn(new_token)
        } else {
            SavePassword::HasAccount
        })
    }

    /// Signs in by the front door, after a right code for an address that has an account: with its password.
    pub async fn enter_password(&self, token: &Token, typed: &str) -> Result<SignIn, Error> {
        let Some(found) = self
            .app
            .find_walk(token)
            .await?
            .filter(|f| f.purpose == Purpose::SignUp && f.row.verified_at.is_some())
        else {
            return Ok(SignIn::NoWalk);
        };
        let email = read_email(self.app.keys(), &found.row.email_sealed)?;
        let outcome = self.sign_in(&email, typed, None).await?;
        if let SignIn::SignedIn(new_token) = &outcome {
            // Another member is about to be registered, by whose name this password must not be built either.
            let letters = Kept::for_token(&self.app, new_token, typed);
            let new_hash = new_token.hash();
            let (id, typed_id) = (found.row.id, found.row.typed_id.clone());
            let blind = found.row.email_blind.clone();
            let (keys, now) = (self.app.keys().clone(), self.app.clock.now());
            self.app
                .db()
                .write(move |tx| {
                    flows::finish(tx, id)?;
                    if let Some(session) = session::find(tx, &new_hash, now, now - SESSION_LIFE)? {
                        letters.keep(tx, session.id)?;
                    }
                    if let (Some(id), Some(account)) = (&typed_id, account::by_email(tx, &blind)?) {
                        keep_id(tx, &keys, account.id, id, now)?;
                    }
                    Ok(())
                })
                .await?;
        }
        Ok(outcome)
    }
}

/// Checks a new password against the rules; neither the account's own address nor what is known of its members must be
/// in it.
pub(crate) fn check_password(
    typed: &str,
    email: &EmailAddress,
    own: OwnData,
) -> Result<Password, Vec<PasswordProblem>> {
    password::check(typed, &own.with_text(email.as_str()))
}
