//! What a password is compared with, and its letters between the sign-up and the first registered member.
//!
//! Whoever has only the mailbox must not learn a birthdate by trying passwords until one is refused: of members whose history is
//! closed to somebody only the names are compared, which the home page shows, and no password will do that holds a number which
//! may be a birthdate or a phone number, whosesoever it is.
//!
//! A password is chosen before anybody knows the name, and what is stored of it cannot be compared. So its letters are
//! kept beside the session in which it was typed, sealed with a key that needs the browser's token ([`SessionKey`]): not
//! even the database together with the operator's key opens them. They are compared when the attributes are typed and
//! again, in every spelling that the center recorded, when these agree; with the first registered member they are
//! forgotten, and they end with the session. Signing in anew before that keeps them anew.

use crate::attributes::{Attributes, Typed, read_attributes};
use crate::closed_history::Closed;
use crate::keys::{SessionKey, Token};
use crate::sign_up::check_password;
use crate::{App, Error, PatientDesk};
use domain::birthdate::Birthdate;
use domain::email_address::EmailAddress;
use domain::ids::{AccountId, CaseId, SessionId};
use domain::password::{OwnData, Password, PasswordLetters, PasswordProblem};
use domain::phone::PhoneNumber;
use jiff::SignedDuration;
use storage::case_registration::{self as cases, CaseRow, NameRow};
use storage::{Tx, account, limits, session};

const SEALED_AS: &str = "password_letters";
/// What counts refusals that tell that a password is built on what is known of somebody.
const REFUSED: &str = "own_data";
/// How many of these an account gets within a day, of the family and of others each; then a password is compared with what
/// everybody may know.
const REFUSALS: (i32, SignedDuration) = (10, SignedDuration::from_hours(24));

/// Who chooses a new password for an account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chooser {
    /// Somebody who can read its mailbox, of whom nothing else is known.
    Stranger,
    /// Whoever is signed in, or sits before a browser in which somebody was: they may know of a member what their history tells,
    /// where it is not closed. That browser may be the one of whoever had the mailbox alone a moment ago.
    Known,
}

/// What a new password is compared with, and whether something was left out because the chooser must not learn of it.
struct Compared {
    own: OwnData,
    is_partly_closed: bool,
}

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
    /// Checks a new password of an account: whether the rule is met, nobody would guess it first, and it is not built on what the
    /// chooser may know of its members.
    pub(crate) async fn check_new_password(
        &self,
        typed: &str,
        email: &EmailAddress,
        (account, by): (AccountId, Chooser),
    ) -> Result<Result<Password, Vec<PasswordProblem>>, Error> {
        let Compared {
            own,
            is_partly_closed,
        } = self.own_data_of(account, by).await?;
        let checked = check_password(typed, email, own);
        let tells = |problems: &Vec<_>| problems.contains(&PasswordProblem::LikeOwnData);
        if !checked.as_ref().is_err_and(tells) {
            return Ok(checked);
        }
        // Strangers do not use up what the family is told.
        let whose = match is_partly_closed {
            true => "stranger",
            false => "family",
        };
        let subject = self.keys().blind(REFUSED, &format!("{account}|{whose}"));
        let now = self.clock.now();
        let may_tell = self
            .db()
            .write(move |tx| limits::count_span(tx, REFUSED, &subject, REFUSALS, now))
            .await?;
        Ok(match may_tell {
            true => checked,
            false => check_password(typed, email, OwnData::default().of_strangers()),
        })
    }

    /// What is known of an account's members, and of the one who is about to be registered, as far as the chooser may know it.
    async fn own_data_of(&self, account: AccountId, by: Chooser) -> Result<Compared, Error> {
        let (members, draft, closed) = self
            .db()
            .read(move |tx| {
                let members: Vec<(CaseRow, Vec<NameRow>)> = cases::of_account(tx, account)?
                    .into_iter()
                    .map(|case| {
                        let names = cases::names(tx, case.person)?;
                        Ok::<_, storage::Error>((case, names))
                    })
                    .collect::<Result<_, _>>()?;
                let closed = account::closed_histories(tx, account)?;
                Ok((members, account::draft(tx, account)?, closed))
            })
            .await?;
        let mut own = OwnData::default();
        let is_stranger = by == Chooser::Stranger;
        let closed = closed.map(|(since, opened)| Closed::read(since, &opened.unwrap_or_default()));
        let is_closed =
            |case: CaseId| is_stranger || closed.as_ref().is_some_and(|closed| closed.holds(case));
        let mut is_partly_closed = is_stranger;
        for (case, names) in &members {
            own = with_registered(own, names);
            if is_closed(case.id) {
                is_partly_closed = true;
                continue;
            }
            if let Ok(birthdate) = Birthdate::on(case.birthdate, self.today()) {
                own = own.with_birthdate(birthdate);
            }
            let phone = self.keys().open_text("phone", &case.phone_sealed)?;
            if let Some(phone) = PhoneNumber::from_e164(phone.expose()) {
                own = own.with_phone(&phone);
            }
        }
        // Whoever is signed in sees it in its form. A new password by the mailbox alone takes it away.
        let draft = draft.filter(|_| !is_stranger);
        if let Some(sealed) = draft {
            let typed = Typed::open(self.keys(), &sealed)?;
            if let Ok(attributes) = read_attributes(&typed, self.today(), self.id_lengths()) {
                own = own
                    .with_text(attributes.name.as_str())
                    .with_birthdate(attributes.birthdate)
                    .with_phone(&attributes.phone);
            }
        }
        if is_partly_closed {
            own = own.of_strangers();
        }
        Ok(Compared {
            own,
            is_partly_closed,
        })
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
