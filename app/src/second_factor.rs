//! The second factor of staff: codes of an authenticator app (TOTP, RFC 6238), each of which works once, and recovery
//! codes on paper. Also unlocking a session that was not used for a while.

use crate::audit::{self, with};
use crate::keys::{Keys, Token, random};
use crate::staff::{FAILURES, LIMIT, StaffLobby};
use crate::{App, Error};
use domain::ids::SessionId;
use domain::password::Password;
use domain::text::fold_width;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use storage::staff as rows;
use storage::{limits, session};
use subtle::ConstantTimeEq;

/// Whether staff must show a second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Factor {
    /// Everybody must; who has none sets one up at the first sign-in.
    Required,
    /// Nobody is asked: for trying the product with sample data only.
    Off,
}

/// How long a code holds, in seconds.
const STEP: i64 = 30;
/// How many recovery codes somebody gets.
const RECOVERY_CODES: usize = 10;
/// Letters and digits that nobody mistakes for another one.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789+";

/// The code of a step: HOTP (RFC 4226) of six digits.
fn code_at(secret: &[u8], step: i64) -> String {
    #[allow(clippy::expect_used)]
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(secret).expect("any key length will do");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 0x0f);
    let number = u32::from_be_bytes([
        digest[at] & 0x7f,
        digest[at + 1],
        digest[at + 2],
        digest[at + 3],
    ]);
    format!("{:06}", number % 1_000_000)
}

/// The step whose code was typed, one step early or late included: clocks of phones go wrong.
fn matching_step(secret: &[u8], typed: &str, unix_seconds: i64) -> Option<i64> {
    let typed: String = fold_width(typed)
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect();
    let now = unix_seconds.div_euclid(STEP);
    [now, now - 1, now + 1]
        .into_iter()
        .find(|step| bool::from(code_at(secret, *step).as_bytes().ct_eq(typed.as_bytes())))
}

/// RFC 4648, as authenticator apps read secrets.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut out, mut bits, mut have) = (String::new(), 0u32, 0);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        have += 8;
        while have >= 5 {
            have -= 5;
            out.push(char::from(LETTERS[(bits >> have) as usize & 31]));
        }
    }
    if have > 0 {
        out.push(char::from(LETTERS[(bits << (5 - have)) as usize & 31]));
    }
    out
}

fn recovery_code() -> String {
    let letters: Vec<char> = random::<12>()
        .iter()
        // The last of the 32 is not written: 31 are left, and what falls on it counts as the first.
        .map(|byte| ALPHABET[usize::from(byte % 31)])
        .map(char::from)
        .collect();
    let part = |from: usize| letters[from..from + 4].iter().collect::<String>();
    format!("{}-{}-{}", part(0), part(4), part(8))
}

fn recovery_hash(keys: &Keys, staff: &[u8], typed: &str) -> Vec<u8> {
    let plain: String = fold_width(typed)
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    keys.code_hash(staff, &plain)
}

/// What somebody needs to set a second factor up.
#[derive(Clone)]
pub struct SetUp {
    /// The secret, for typing into an app.
    pub secret: String,
    /// The same as an address that apps read from a QR code.
    pub address: String,
    /// The QR code as SVG.
    pub qr: String,
}

/// What came of showing or setting up a second factor, or of unlocking.
#[derive(Clone)]
pub enum Prove {
    /// Let in; the new token belongs into the cookie. After setting up: the recovery codes, shown this once.
    In(Token, Vec<String>),
    /// The code or the password is wrong, or was used before.
    Wrong,
    /// Too many failures; it goes on after a while.
    Wait,
}

impl App {
    /// The secret that a session would set up: made of the session, so that it need not be kept until it is proved.
    fn proposed_secret(&self, session: SessionId) -> Vec<u8> {
        let mut secret = self.keys().blind("totp", &session.to_string());
        secret.truncate(20);
        secret
    }
}

impl StaffLobby {
    /// The name, for the page.
    pub fn name(&self) -> &str {
        &self.desk.name
    }

    /// Ends the session.
    pub async fn sign_out(&self) -> Result<(), Error> {
        self.desk.sign_out().await
    }

    /// What is needed to set a second factor up; nothing where one stands already.
    pub async fn set_up(&self) -> Result<Option<SetUp>, Error> {
        if self.has_factor {
            return Ok(None);
        }
        let app = &self.desk.app;
        let staff = self.desk.staff;
        let Some(row) = app.db().read(move |tx| rows::find(tx, staff)).await? else {
            return Ok(None);
        };
        let email = app.keys().open_text("email", &row.email_sealed)?;
        let secret = base32(&app.proposed_secret(self.desk.session));
        let label: String =
            url::form_urlencoded::byte_serialize(email.expose().as_bytes()).collect();
        let address = format!("otpauth://totp/HER-SYS:{label}?secret={secret}&issuer=HER-SYS");
        let qr = crate::brochure::draw::qr_svg(&address)
            .map_err(|e| Error::broken(format!("a QR code cannot be drawn: {e}")))?;
        Ok(Some(SetUp {
            secret,
            address,
            qr,
        }))
    }

    async fn counted(&self) -> Result<Option<Vec<u8>>, Error> {
        let (app, staff, now) = (&self.desk.app, self.desk.staff, self.desk.app.clock.now());
        Ok(app
            .db()
            .write(move |tx| {
                let Some(row) = rows::find(tx, staff)? else {
                    return Ok(None);
                };
                let allowed = limits::count(tx, LIMIT, &row.email_blind, [FAILURES; 2], now)?;
                Ok(allowed.then_some(row.email_blind))
            })
            .await?)
    }

    /// Sets the second factor up with a first code.
    pub async fn confirm_set_up(&self, typed: &str) -> Result<Prove, Error> {
        if self.has_factor {
            return Ok(Prove::Wrong);
        }
        let Some(blind) = self.counted().await? else {
            return Ok(Prove::Wait);
        };
        let app = &self.desk.app;
        let (now, staff, id) = (app.clock.now(), self.desk.staff, self.desk.session);
        let secret = app.proposed_secret(id);
        let Some(step) = matching_step(&secret, typed, now.as_second()) else {
            return Ok(Prove::Wrong);
        };
        let sealed = app.keys().seal("totp", &secret);
        let codes: Vec<String> = std::iter::repeat_with(recovery_code)
            .take(RECOVERY_CODES)
            .collect();
        let hashes: Vec<Vec<u8>> = codes
            .iter()
            .map(|code| recovery_hash(app.keys(), staff.uuid().as_bytes(), code))
            .collect();
        let token = Token::generate();
        let hash = token.hash();
        let entry = with(self.desk.did("staff.second_factor", None), "set up");
        let keys = app.keys().clone();
        app.db()
            .write(move |tx| {
                rows::set_totp(tx, staff, Some(&sealed), Some(step))?;
                for hash in &hashes {
                    rows::add_recovery_code(tx, staff, hash)?;
                }
                limits::forget(tx, LIMIT, &blind)?;
                session::prove_staff(tx, id, &hash, now)?;
                audit::note(tx, &keys, &entry)
            })
            .await?;
        Ok(Prove::In(token, codes))
    }

    /// Shows the second factor: a code of the app, or a recovery code.
    pub async fn prove(&self, typed: &str) -> Result<Prove, Error> {
        let Some(blind) = self.counted().await? else {
            return Ok(Prove::Wait);
        };
        let app = &self.desk.app;
        let (now, staff, id) = (app.clock.now(), self.desk.staff, self.desk.session);
        let row = app.db().read(move |tx| rows::find(tx, staff)).await?;
        let Some(sealed) = row.and_then(|row| row.totp_sealed) else {
            return Ok(Prove::Wrong);
        };
        let secret = app.keys().open("totp", &sealed)?;
        let step = matching_step(&secret, typed, now.as_second());
        let recovery = recovery_hash(app.keys(), staff.uuid().as_bytes(), typed);
        let token = Token::generate();
        let hash = token.hash();
        let entry = self.desk.did("staff.second_factor", None);
        let keys = app.keys().clone();
        let proved = app
            .db()
            .write(move |tx| {
                let (good, how) = match step {
                    Some(step) => (rows::use_step(tx, staff, step)?, "code"),
                    None => (
                        rows::use_recovery_code(tx, staff, &recovery, now)?,
                        "recovery code",
                    ),
                };
                if good {
                    limits::forget(tx, LIMIT, &blind)?;
                    session::prove_staff(tx, id, &hash, now)?;
                    audit::note(tx, &keys, &with(entry.clone(), how))?;
                }
                Ok(good)
            })
            .await?;
        Ok(if proved {
            Prove::In(token, Vec::new())
        } else {
            Prove::Wrong
        })
    }

    /// Unlocks a session that was not used for a while, with the password.
    pub async fn unlock(&self, typed: &str) -> Result<Prove, Error> {
        let Some(blind) = self.counted().await? else {
            return Ok(Prove::Wait);
        };
        let app = &self.desk.app;
        let (now, staff, id) = (app.clock.now(), self.desk.staff, self.desk.session);
        let row = app.db().read(move |tx| rows::find(tx, staff)).await?;
        let hash = row.and_then(|row| row.password_hash);
        let password = Password::parse_unchecked(typed);
        if !app.inner.staff_hashing.fits(password, hash).await? {
            return Ok(Prove::Wrong);
        }
        let token = Token::generate();
        let hash = token.hash();
        let entry = with(self.desk.did("staff.signed_in", None), "unlocked");
        let keys = app.keys().clone();
        app.db()
            .write(move |tx| {
                limits::forget(tx, LIMIT, &blind)?;
                session::prove_staff(tx, id, &hash, now)?;
                audit::note(tx, &keys, &entry)
            })
            .await?;
        Ok(Prove::In(token, Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(code_at(secret, at / STEP), code);
            assert_eq!(matching_step(secret, code, at), Some(at / STEP));
            assert_eq!(matching_step(secret, code, at + 30), Some(at / STEP));
            assert_eq!(matching_step(secret, code, at + 90), None);
        }
        assert_eq!(matching_step(secret, " ２８７ 082 ", 59), Some(1));
        assert_eq!(matching_step(secret, "", 59), None);
        assert_eq!(base32(secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(base32(b"f"), "MY");
    }

    #[test]
    fn a_recovery_code_is_known_however_it_is_typed() {
        let keys = Keys::new(&crate::keys::MasterKey::from_bytes([7; 32]));
        let code = recovery_code();
        assert_eq!(code.len(), 14);
        assert!(!code.contains('+'));
        let hash = recovery_hash(&keys, b"a", &code);
        assert_eq!(
            hash,
            recovery_hash(&keys, b"a", &code.to_uppercase().replace('-', " "))
        );
        assert_ne!(hash, recovery_hash(&keys, b"b", &code));
    }
}
