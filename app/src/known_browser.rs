//! Browsers in which somebody has signed in before. Strangers who type wrong passwords for an address, or ask for its codes,
//! use up limits of their own: whoever comes with the cookie of an earlier success still gets in. The cookie opens nothing,
//! each has limits like any other place, and a new password makes all of them strangers'; so does signing out everywhere, as
//! whoever has lost a phone does. Source: OWASP, "Device Cookies".

use crate::code::{email_blind, hex};
use crate::keys::random;
use crate::{App, Error, FrontDesk};
use domain::email_address::EmailAddress;
use subtle::ConstantTimeEq;

const KNOWN: &str = "known_browser";
/// Letters of the part that names the browser.
const NAME: usize = 32;

impl App {
    /// What a browser keeps in which the owner of an address has just signed in.
    ///
    /// # Errors
    /// Where the owner's passwords cannot be looked up.
    pub async fn known_browser(&self, email: &EmailAddress) -> Result<String, Error> {
        let name = hex(&random::<16>());
        let proof = self.proof_of(&name, email).await?;
        Ok(format!("{name}{proof}"))
    }

    /// What only this system can tell of a browser and an address. It rests on the hashes of the passwords, too, of a family
    /// and of staff: whoever knew an earlier one is a stranger after a change. Of a family, also on when it last signed out
    /// everywhere, where it ever did.
    async fn proof_of(&self, name: &str, email: &EmailAddress) -> Result<String, Error> {
        let blind = email_blind(self.keys(), email);
        let (family, staff) = self
            .db()
            .read(move |tx| {
                let family = storage::account::known_by(tx, &blind)?;
                let staff = storage::staff::by_email_anyhow(tx, &blind)?;
                Ok((family, staff.and_then(|staff| staff.password_hash)))
            })
            .await?;
        let (family, since) = family.unwrap_or_default();
        let staff = staff.unwrap_or_default();
        let owner = email.lookup_key();
        let mut said = format!("{name}|{owner}|{family}|{staff}");
        if let Some(since) = since {
            said = format!("{said}|{}", since.as_millisecond());
        }
        Ok(hex(&self.keys().blind(KNOWN, &said)))
    }
}

impl FrontDesk {
    /// The same desk for a browser that brought such a cookie along.
    pub fn knowing(self, cookie: Option<&str>) -> FrontDesk {
        FrontDesk {
            known: cookie.map(str::to_owned),
            ..self
        }
    }

    /// Whether the owner of an address has signed in in this browser before.
    ///
    /// # Errors
    /// Where the owner's passwords cannot be looked up.
    pub async fn knows(&self, email: &EmailAddress) -> Result<bool, Error> {
        Ok(self.known_as(email).await?.is_some())
    }

    /// The name of this browser, if the owner of the address has signed in in it before.
    pub(crate) async fn known_as(&self, email: &EmailAddress) -> Result<Option<String>, Error> {
        let cookie = self.known.as_deref().unwrap_or_default();
        let Some((name, shown)) = cookie.split_at_checked(NAME) else {
            return Ok(None);
        };
        if !name.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let right = self.app.proof_of(name, email).await?;
        let fits = right.as_bytes().ct_eq(shown.as_bytes());
        Ok(bool::from(fits).then(|| name.to_owned()))
    }
}
