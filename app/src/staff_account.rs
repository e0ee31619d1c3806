//! A staff member's own account: where alerts reach them, a new password, new recovery codes.

use crate::invitation::mobile_of;
use crate::keys::random;
use crate::second_factor::{recovery_codes, recovery_hash, secret_of};
use crate::staff::{FAILURES, LIMIT};
use crate::{Error, StaffDesk, audit};
use domain::password::{self, OwnData, Password, PasswordProblem};
use domain::personal::Personal;
use domain::phone::PhoneNumber;
use storage::{limits, session, staff as rows};

/// What the page shows.
#[derive(Clone)]
pub struct StaffAccount {
    /// The address with which to sign in.
    pub email: Personal<String>,
    /// The name of the place.
    pub place: String,
    /// The phone number under which alerts arrive, as it is dialled.
    pub phone: Option<Personal<String>>,
    /// Whether short messages are wished for.
    pub wants_sms: bool,
    /// Whether there is a second factor.
    pub has_factor: bool,
    /// How many recovery codes are left.
    pub codes_left: i64,
}

/// What came of a new password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewPassword {
    /// It holds; other browsers are signed out.
    Changed,
    /// The old one is wrong.
    Wrong,
    /// Too many wrong ones; it goes on in a quarter of an hour.
    Wait,
    /// The new one will not do.
    Weak(Vec<PasswordProblem>),
}

/// What came of asking for new recovery codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewCodes {
    /// These; the old ones are void.
    Codes(Vec<String>),
    /// The code of the app is wrong.
    Wrong,
    /// The code of the app is the one that was used last, as when the page with new codes is loaded again; those hold.
    Used,
    /// Too many wrong ones.
    Wait,
}

impl StaffDesk {
    /// The own account.
    pub async fn my_account(&self) -> Result<StaffAccount, Error> {
        let staff = self.staff;
        let (row, codes_left) = self
            .app
            .db()
            .read(move |tx| {
                Ok((
                    rows::find(tx, staff)?,
                    rows::recovery_codes_left(tx, staff)?,
                ))
            })
            .await?;
        let row = row.ok_or_else(|| Error::broken("the own account is gone"))?;
        let phone = row
            .phone_sealed
            .as_ref()
            .map(|sealed| self.app.keys().open_text("staff_phone", sealed))
            .transpose()?;
        Ok(StaffAccount {
            email: self.app.keys().open_text("email", &row.email_sealed)?,
            place: self.place_name().await?,
            phone: phone.map(|phone| {
                let national = PhoneNumber::from_e164(phone.expose()).map(|p| p.national());
                Personal::new(national.unwrap_or_else(|| phone.expose().clone()))
            }),
            wants_sms: row.wants_sms,
            has_factor: row.totp_sealed.is_some(),
            codes_left,
        })
    }

    /// Notes the own phone number; an empty one takes it away. Tells whether it is one that takes short messages.
    pub async fn set_my_phone(&self, typed: &str, wants_sms: bool) -> Result<bool, Error> {
        let sealed = if typed.trim().is_empty() {
            None
        } else {
            let Some(phone) = mobile_of(typed) else {
                return Ok(false);
            };
            Some(self.app.keys().seal_text("staff_phone", phone.e164()))
        };
        let (staff, keys) = (self.staff, self.app.keys().clone());
        let entry = audit::with(self.did("staff.account", None), "phone");
        self.app
            .db()
            .write(move |tx| {
                rows::set_phone(tx, staff, sealed.as_deref(), wants_sms)?;
                audit::note(tx, &keys, &entry)
            })
            .await?;
        Ok(true)
    }

    async fn counted(&self) -> Result<Option<rows::StaffRow>, Error> {
        let (staff, now) = (self.staff, self.app.clock.now());
        let subject = staff.uuid().as_bytes().to_vec();
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let allowed = limits::count(tx, LIMIT, &subject, [FAILURES; 2], now)?;
                Ok(rows::find(tx, staff)?.filter(|_| allowed))
            })
            .await?)
    }

    /// Chooses a new password.
    pub async fn change_my_password(&self, old: &str, new: &str) -> Result<NewPassword, Error> {
        let app = &self.app;
        let whose = self.staff.uuid();
        let turn = app.inner.staff_hashing.queue_known(whose.as_bytes())?;
        let Some(row) = self.counted().await? else {
            return Ok(NewPassword::Wait);
        };
        let typed = Password::parse_unchecked(old);
        let hash = row.password_hash.clone();
        let fits = app.inner.staff_hashing.fits(turn, typed, hash).await;
        let subject = self.staff.uuid().as_bytes().to_vec();
        let tried = subject.clone();
        let uncount = move |tx: &mut storage::Tx<'_>| limits::uncount(tx, LIMIT, &tried);
        if !app.looked_at(fits, uncount.clone()).await? {
            return Ok(NewPassword::Wrong);
        }
        // It was none of the wrong ones that are counted, whatever becomes of the new one.
        app.db().write(uncount).await?;
        let email = app.keys().open_text("email", &row.email_sealed)?;
        let own = OwnData::of([email.expose().as_str(), &row.name]);
        let password = match password::check(new, &own) {
            Ok(password) => password,
            Err(problems) => return Ok(NewPassword::Weak(problems)),
        };
        let hash = app.inner.staff_hashing.hash(password).await?;
        let checked = row.password_hash.unwrap_or_default();
        let (staff, this, now) = (self.staff, self.session, app.clock.now());
        let entry = self.did("staff.password", None);
        let keys = app.keys().clone();
        let changed = app
            .db()
            .write(move |tx| {
                // An administrator took it away meanwhile, or another browser changed it: theirs holds.
                if !rows::comes_in_by(tx, staff, &checked)? {
                    return Ok(false);
                }
                rows::set_password(tx, staff, &hash)?;
                rows::end_links(tx, staff, now)?;
                session::end_all_staff(tx, staff, Some(this))?;
                limits::forget(tx, LIMIT, &subject)?;
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?;
        Ok(match changed {
            true => NewPassword::Changed,
            false => NewPassword::Wrong,
        })
    }

    /// Makes new recovery codes, against a code of the authenticator app.
    pub async fn new_recovery_codes(&self, typed: &str) -> Result<NewCodes, Error> {
        let Some(row) = self.counted().await? else {
            return Ok(NewCodes::Wait);
        };
        let app = &self.app;
        let now = app.clock.now();
        let Some(sealed) = &row.totp_sealed else {
            return Ok(NewCodes::Wrong);
        };
        let secret = secret_of(app, sealed)?;
        let subject = self.staff.uuid().as_bytes().to_vec();
        let Some(step) = secret.matching_step(typed, now.as_second(), row.totp_step) else {
            if !secret.is_code_of(typed, row.totp_step) {
                return Ok(NewCodes::Wrong);
            }
            // The page was loaded again, which sends the form again: nobody guesses.
            let again = move |tx: &mut storage::Tx<'_>| limits::uncount(tx, LIMIT, &subject);
            app.db().write(again).await?;
            return Ok(NewCodes::Used);
        };
        let codes = recovery_codes(&mut random);
        let staff = self.staff;
        let hashes: Vec<Vec<u8>> = codes
            .iter()
            .map(|code| recovery_hash(app.keys(), staff.uuid().as_bytes(), code))
            .collect();
        let entry = audit::with(self.did("staff.second_factor", None), "new recovery codes");
        let keys = app.keys().clone();
        let used = app
            .db()
            .write(move |tx| {
                if !rows::use_step(tx, staff, step)? {
                    return Ok(false);
                }
                rows::drop_recovery_codes(tx, staff)?;
                for hash in &hashes {
                    rows::add_recovery_code(tx, staff, hash)?;
                }
                limits::forget(tx, LIMIT, &subject)?;
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?;
        Ok(if used {
            NewCodes::Codes(codes)
        } else {
            NewCodes::Used
        })
    }
}
