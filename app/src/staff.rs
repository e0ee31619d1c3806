//! Staff members: made by the operator, signing in to the console.

use crate::code::email_blind;
use crate::keys::Token;
use crate::sign_in::SignIn;
use crate::{Error, FrontDesk, STAFF_LIFE, StaffDesk, SystemDesk};
use domain::email_address::EmailAddress;
use domain::ids::{HealthCenterId, SessionId, StaffId};
use domain::password::{self, Password, PasswordProblem};
use jiff::SignedDuration;
use storage::limits::AtMost;
use storage::session;
use storage::staff::{self as rows, StaffRow};

/// Failures for one address, from anywhere, within a quarter of an hour, after which it must wait.
const FAILURES: AtMost = AtMost {
    times: 5,
    within: SignedDuration::from_mins(15),
};

/// A staff member to be.
#[derive(Clone)]
pub struct NewStaff {
    /// The address with which to sign in.
    pub email: EmailAddress,
    /// The name shown to colleagues.
    pub name: String,
    /// The first password.
    pub password: String,
    /// Where the person works.
    pub center: HealthCenterId,
}

/// What came of adding a staff member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddStaff {
    /// The staff member can sign in; one with this address before has the new name, center and password.
    Added,
    /// The password will not do.
    Weak(Vec<PasswordProblem>),
}

impl SystemDesk {
    /// Adds a staff member, or gives one a new password.
    pub async fn add_staff(&self, new: NewStaff) -> Result<AddStaff, Error> {
        let own = [new.email.as_str(), new.email.local_part(), &new.name];
        let password = match password::check(&new.password, &own) {
            Ok(password) => password,
            Err(problems) => return Ok(AddStaff::Weak(problems)),
        };
        let app = &self.app;
        let row = StaffRow {
            id: StaffId::from_uuid(app.new_uuid()),
            center: new.center,
            name: new.name.trim().to_owned(),
            email_sealed: app.keys().seal_text("email", new.email.as_str()),
            email_blind: email_blind(app.keys(), &new.email),
            password_hash: app.inner.hashing.hash(password).await?,
        };
        let now = app.clock.now();
        app.db()
            .write(move |tx| rows::upsert(tx, &row, now))
            .await?;
        Ok(AddStaff::Added)
    }

    /// How many staff members there are.
    pub async fn count_staff(&self) -> Result<i64, Error> {
        Ok(self.app.db().read(rows::count).await?)
    }
}

impl FrontDesk {
    /// Signs a staff member in to the console.
    pub async fn sign_in_staff(&self, email: &EmailAddress, typed: &str) -> Result<SignIn, Error> {
        let app = &self.app;
        let now = app.clock.now();
        let blind = email_blind(app.keys(), email);
        let subject = blind.clone();
        let found = app
            .db()
            .write(move |tx| {
                if !storage::limits::count(tx, "staff_sign_in", &subject, [FAILURES; 2], now)? {
                    return Ok(None);
                }
                Ok(Some(rows::by_email(tx, &subject)?))
            })
            .await?;
        let Some(found) = found else {
            return Ok(SignIn::Wait);
        };
        let hash = found.as_ref().map(|s| s.password_hash.clone());
        let password = Password::parse_unchecked(typed);
        let fits = match app.inner.staff_hashing.fits(password, hash).await {
            Ok(fits) => fits,
            Err(error) => {
                // Nobody looked at the password, so it was not a failure.
                app.db()
                    .write(move |tx| storage::limits::uncount(tx, "staff_sign_in", &blind))
                    .await?;
                return Err(error);
            }
        };
        let (Some(staff), true) = (found, fits) else {
            return Ok(SignIn::Wrong);
        };
        let id = SessionId::from_uuid(app.new_uuid());
        let token = Token::generate();
        let hash = token.hash();
        app.db()
            .write(move |tx| {
                storage::limits::forget(tx, "staff_sign_in", &blind)?;
                session::start_staff(tx, id, &hash, staff.id, now, now + STAFF_LIFE)
            })
            .await?;
        Ok(SignIn::SignedIn(token))
    }
}

impl StaffDesk {
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
