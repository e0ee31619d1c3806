//! The account itself: what its owner sees of it.

use crate::code::read_email;
use crate::{Error, PatientDesk};
use domain::ids::AccountId;
use domain::language::Language;
use domain::personal::Personal;
use storage::account::{self, AccountRow};

impl PatientDesk {
    /// The account's id.
    pub fn account(&self) -> AccountId {
        self.account
    }

    pub(crate) async fn own_account(&self) -> Result<AccountRow, Error> {
        let id = self.account;
        self.app
            .db()
            .read(move |tx| account::by_id(tx, id))
            .await?
            .ok_or_else(|| Error::broken(format!("there is no account {id}")))
    }

    /// The e-mail address of the account.
    pub async fn email(&self) -> Result<Personal<String>, Error> {
        let row = self.own_account().await?;
        let email = read_email(self.app.keys(), &row.email_sealed)?;
        Ok(Personal::new(email.as_str().to_owned()))
    }

    /// Sets the language in which pages and mails speak to the account.
    pub async fn set_language(&self, language: Language) -> Result<(), Error> {
        let id = self.account;
        self.app
            .db()
            .write(move |tx| account::set_language(tx, id, language.tag()))
            .await?;
        Ok(())
    }
}
