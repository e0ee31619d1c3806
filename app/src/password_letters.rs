//! What a password is compared with, and its letters between the sign-up and the first registered member.
//!
//! A password is chosen before anybody knows the name, and what is stored of it cannot be compared. So its letters are
//! kept beside the session in which it was typed, sealed with a key that needs the browser's token ([`SessionKey`]): not
//! even the database together with the operator's key opens them. They are compared when the attributes are typed and
//! again, in every spelling that the center recorded, when these agree; with the first registered member they are
//! forgotten, and they end with the session. Signing in anew before that keeps them anew.

use crate::attributes::{Attributes, Typed, read_attributes};
use crate::keys::{SessionKey, Token};
use crate::{App, Error, PatientDesk};
use domain::birthdate::Birthdate;
use domain::ids::{AccountId, SessionId};
use domain::password::{OwnData, PasswordLetters};
use domain::phone::PhoneNumber;
use storage::case_registration::{self as cases, CaseRow, NameRow};
use storage::{Tx, account, session};

const SEALED_AS: &str = "password_letters";

/// Letters on their way into a session.
pub(crate) struct Kept(Vec<u8>);

impl Kept {
    /// The letters of a password that is typed where a session with this token begins.
    pub(crate) fn for_token(app: &App, token: &Token, typed: &str) -> Kept {
        Kept::sealed(&app.keys().of_session(token), typed)
    }

    fn sealed(key: &SessionKey, typed: &str) -> Kept {
        Kept(key.seal_text(SEALED_AS, PasswordLetters::of(typed).expose()))
    }

    /// Keeps them.
    pub(crate) fn keep(&self, tx: &mut Tx<'_>, session: SessionId) -> Result<(), storage::Error> {
        session::keep_letters(tx, session, &self.0)
    }

    /// Keeps them if nobody is registered yet with the account.
    pub(crate) fn keep_until_registered(
        &self,
        tx: &mut Tx<'_>,
        session: SessionId,
        account: AccountId,
    ) -> Result<(), storage::Error> {
        if cases::has_member(tx, account)? {
            return Ok(());
        }
        self.keep(tx, session)
    }
}

/// What attributes say of a person.
pub(crate) fn own_data(attributes: &Attributes) -> OwnData {
    OwnData::of([attributes.name.as_str()])
        .with_birthdate(attributes.birthdate)
        .with_phone(&attributes.phone)
}

/// The same and what is registered, in every spelling.
pub(crate) fn with_registered(own: OwnData, names: &[NameRow]) -> OwnData {
    names
        .iter()
        .fold(own, |own, name| own.with_text(&name.name))
}

impl App {
    /// What is known of an account's members, and of the one who is about to be registered.
    pub(crate) async fn own_data_of(&self, account: AccountId) -> Result<OwnData, Error> {
        let (members, draft) = self
            .db()
            .read(move |tx| {
                let members: Vec<(CaseRow, Vec<NameRow>)> = cases::of_account(tx, account)?
                    .into_iter()
                    .map(|case| {
                        let names = cases::names(tx, case.person)?;
                        Ok::<_, storage::Error>((case, names))
                    })
                    .collect::<Result<_, _>>()?;
                Ok((members, account::draft(tx, account)?))
            })
            .await?;
        let mut own = OwnData::default();
        for (case, names) in &members {
            own = with_registered(own, names);
            if let Ok(birthdate) = Birthdate::on(case.birthdate, self.today()) {
                own = own.with_birthdate(birthdate);
            }
            let phone = self.keys().open_text("phone", &case.phone_sealed)?;
            if let Some(phone) = PhoneNumber::from_e164(phone.expose()) {
                own = own.with_phone(&phone);
            }
        }
        if let Some(sealed) = draft {
            let typed = Typed::open(self.keys(), &sealed)?;
            if let Ok(attributes) = read_attributes(&typed, self.today(), self.id_lengths()) {
                own = own
                    .with_text(attributes.name.as_str())
                    .with_birthdate(attributes.birthdate)
                    .with_phone(&attributes.phone);
            }
        }
        Ok(own)
    }
}

impl PatientDesk {
    fn session_key(&self) -> SessionKey {
        self.app.keys().of_session(&self.token)
    }

    /// The letters of the password, while they are kept.
    pub(crate) async fn letters(&self) -> Result<Option<PasswordLetters>, Error> {
        let session = self.session;
        let sealed = self
            .app
            .db()
            .read(move |tx| session::letters(tx, session))
            .await?;
        let letters = sealed
            .map(|sealed| self.session_key().open_text(SEALED_AS, &sealed))
            .transpose()?;
        Ok(letters.map(|letters| PasswordLetters::of(letters.expose())))
    }

    /// The letters of a new password, for this session.
    pub(crate) fn letters_of(&self, typed: &str) -> Kept {
        Kept::sealed(&self.session_key(), typed)
    }
}
