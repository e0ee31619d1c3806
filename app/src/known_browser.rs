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
/// Letters of the part that names the browser to the owner of one address.
const NAME: usize = 32;
/// Letters of that and of the proof behind it.
const WHOLE: usize = NAME + 64;
/// Of how many owners one browser knows: those who signed in last in it. A family shares a tablet, and nurses share a computer.
const MOST: usize = 8;

impl App {
    /// What a browser keeps in which the owner of an address has just signed in.
    ///
    /// # Errors
    /// Where the owner's passwords cannot be looked up.
    pub async fn known_browser(&self, email: &EmailAddress) -> Result<String, Error> {
        let name = hex(&random::<16>());
        let proof = self.proof_of(&name, &self.rests_on(email).await?);
        Ok(format!("{name}{proof}"))
    }

    /// What only this system can tell of a browser and an address. It rests on the hashes of the passwords, too, of a family
    /// and of staff: whoever knew an earlier one is a stranger after a change. Of a family, also on when it last signed out
    /// everywhere, where it ever did.
    fn proof_of(&self, name: &str, rests_on: &str) -> String {
        hex(&self.keys().blind(KNOWN, &format!("{name}|{rests_on}")))
    }

    /// An address, with what its proofs rest on.
    async fn rests_on(&self, email: &EmailAddress) -> Result<String, Error> {
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
        let mut said = format!("{owner}|{family}|{staff}");
        if let Some(since) = since {
            said = format!("{said}|{}", since.as_millisecond());
        }
        Ok(said)
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

    /// What the browser keeps from now on, since the owner of an address has just signed in in it; `None` where that is what it
    /// has. Whoever signed in before them stays known, up to [`MOST`] owners.
    ///
    /// # Errors
    /// Where the owner's passwords cannot be looked up.
    pub async fn known_from_now_on(&self, email: &EmailAddress) -> Result<Option<String>, Error> {
        let theirs = self.kept_for(email).await?;
        if theirs == Some(0) {
            return Ok(None);
        }
        let mut keeps: Vec<&str> = self.kept().collect();
        let newest = match theirs {
            Some(at) => keeps.remove(at).to_owned(),
            None => self.app.known_browser(email).await?,
        };
        keeps.insert(0, &newest);
        keeps.truncate(MOST);
        Ok(Some(keeps.concat()))
    }

    /// The name of this browser, if the owner of the address has signed in in it before.
    pub(crate) async fn known_as(&self, email: &EmailAddress) -> Result<Option<String>, Error> {
        let theirs = self.kept_for(email).await?;
        let kept = theirs.and_then(|at| self.kept().nth(at));
        Ok(kept.map(|one| one[..NAME].to_owned()))
    }

    /// What this browser keeps of those who have signed in in it, the last one first.
    fn kept(&self) -> impl Iterator<Item = &str> {
        let cookie = self.known.as_deref().filter(|cookie| cookie.is_ascii());
        let cookie = cookie.unwrap_or_default();
        (0..MOST).map_while(move |at| cookie.get(at * WHOLE..(at + 1) * WHOLE))
    }

    /// Which of it is that of an address.
    async fn kept_for(&self, email: &EmailAddress) -> Result<Option<usize>, Error> {
        if self.kept().next().is_none() {
            return Ok(None);
        }
        let rests_on = self.app.rests_on(email).await?;
        Ok(self.kept().position(|one| {
            let (name, shown) = one.split_at(NAME);
            let right = self.app.proof_of(name, &rests_on);
            name.bytes().all(|b| b.is_ascii_hexdigit())
                && bool::from(right.as_bytes().ct_eq(shown.as_bytes()))
        }))
    }
}
