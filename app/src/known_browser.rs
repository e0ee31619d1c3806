//! Browsers in which somebody has signed in before. Strangers who type wrong passwords for an address, or ask for its codes,
//! use up limits of their own: whoever comes with the cookie of an earlier success still gets in. The cookie opens nothing,
//! and each has limits like any other place. Source: OWASP, "Device Cookies".

use crate::code::hex;
use crate::keys::{Keys, random};
use crate::{App, FrontDesk};
use domain::email_address::EmailAddress;
use subtle::ConstantTimeEq;

const KNOWN: &str = "known_browser";
/// Letters of the part that names the browser.
const NAME: usize = 32;

fn proof(keys: &Keys, name: &str, email: &EmailAddress) -> String {
    hex(&keys.blind(KNOWN, &format!("{name}|{}", email.lookup_key())))
}

impl App {
    /// What a browser keeps in which the owner of an address has just signed in.
    pub fn known_browser(&self, email: &EmailAddress) -> String {
        let name = hex(&random::<16>());
        let proof = proof(self.keys(), &name, email);
        format!("{name}{proof}")
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
    pub fn knows(&self, email: &EmailAddress) -> bool {
        self.known_as(email).is_some()
    }

    /// The name of this browser, if the owner of the address has signed in in it before.
    pub(crate) fn known_as(&self, email: &EmailAddress) -> Option<String> {
        let cookie = self.known.as_deref()?;
        let (name, shown) = cookie.split_at_checked(NAME)?;
        let is_hex = name.bytes().all(|b| b.is_ascii_hexdigit());
        let right = proof(self.app.keys(), name, email);
        let fits = right.as_bytes().ct_eq(shown.as_bytes());
        (is_hex && bool::from(fits)).then(|| name.to_owned())
    }
}
