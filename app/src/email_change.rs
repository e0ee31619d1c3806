//! A changed e-mail address: the new one is shown to be one's own, the old one is told.

use crate::code::{Ask, CodeCheck, CodeRequest, Purpose, read_email};
use crate::keys::Token;
use crate::outbox::Mail;
use crate::{Error, PatientDesk};
use domain::email_address::EmailAddress;
use domain::ids::MessageId;
use storage::{account, flow as flows, outbox, session};

/// What came of asking for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChangeRequest {
    /// As with every code.
    Code(CodeRequest),
    /// The current password is wrong.
    WrongPassword,
    /// Too many wrong passwords; later.
    WaitForPassword,
    /// It is the address that the account has already.
    SameAddress,
}

/// What came of entering the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChange {
    /// The account has the new address; other browsers are signed out, the old address is told.
    Changed,
    /// The code was not right, or anything else that happens to codes.
    Code(CodeCheck),
    /// The new address has got an account in the meantime.
    Taken,
}

impl PatientDesk {
    /// Asks for a code to a new address, under the browser's walk token.
    pub async fn request_email_change(
        &self,
        walk: &Token,
        email: EmailAddress,
        current_password: &str,
    ) -> Result<EmailChangeRequest, Error> {
        let account = self.own_account().await?;
        match self.check_current(&account, current_password).await? {
            Some(true) => {}
            Some(false) => return Ok(EmailChangeRequest::WrongPassword),
            None => return Ok(EmailChangeRequest::WaitForPassword),
        }
        let old = read_email(self.app.keys(), &account.email_sealed)?;
        if old.lookup_key() == email.lookup_key() {
            return Ok(EmailChangeRequest::SameAddress);
        }
        let ask = Ask {
            purpose: Purpose::EmailChange,
            known: false,
            email,
            account: Some(self.account),
            typed_id: None,
            language: self.language,
            client: self.client,
        };
        Ok(EmailChangeRequest::Code(
            self.app.request_code(walk, ask).await?,
        ))
    }

    /// Enters the code that went to the new address.
    pub async fn confirm_email_change(
        &self,
        walk: &Token,
        typed: &str,
    ) -> Result<EmailChange, Error> {
        let Some(found) =
            self.app.find_walk(walk).await?.filter(|f| {
                f.purpose == Purpose::EmailChange && f.row.account == Some(self.account)
            })
        else {
            return Ok(EmailChange::Code(CodeCheck::NoWalk));
        };
        if found.row.verified_at.is_none() {
            // Nobody has signed in with the new address anywhere.
            let checked = self.app.check_code(walk, walk, typed, None).await?;
            if checked != CodeCheck::Right {
                return Ok(EmailChange::Code(checked));
            }
        }
        let account = self.own_account().await?;
        let old = read_email(self.app.keys(), &account.email_sealed)?;
        let notice = Mail::email_changed(&old, self.language).seal(self.app.keys());
        let message = MessageId::from_uuid(self.app.new_uuid());
        let (now, session_id) = (self.app.clock.now(), self.session);
        let changed = self
            .app
            .db()
            .write(move |tx| {
                let row = &found.row;
                // In the order in which a new password takes them.
                account::hold(tx, account.id)?;
                // A new password, or signing out everywhere, ended the walk meanwhile.
                if !flows::finish(tx, row.id)? {
                    return Ok(None);
                }
                let moved =
                    account::set_email(tx, account.id, &row.email_sealed, &row.email_blind)?;
                if moved {
                    flows::end_all_of(tx, account.id, &account.email_blind)?;
                    session::end_others(tx, account.id, session_id)?;
                    outbox::insert(tx, message, "email_changed", &notice, now, None)?;
                }
                Ok(Some(moved))
            })
            .await?;
        self.app.inner.outbox.wake();
        Ok(match changed {
            Some(true) => EmailChange::Changed,
            Some(false) => EmailChange::Taken,
            None => EmailChange::Code(CodeCheck::NoWalk),
        })
    }
}
