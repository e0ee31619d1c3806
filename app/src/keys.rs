//! Keys and what is made with them: sealed columns, keyed hashes to look up by, tokens and codes.
//! One master key is given by the operator; each use has a key of its own, derived from it.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::personal::Personal;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use storage::audit::AuditEntry;

/// The operator's 32 bytes.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// Takes 32 bytes as they are.
    pub fn from_bytes(bytes: [u8; 32]) -> MasterKey {
        MasterKey(bytes)
    }

    /// A new key from the system's randomness.
    pub fn generate() -> MasterKey {
        MasterKey(random())
    }

    /// The bytes, for writing the key file.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[master key]")
    }
}

/// Bytes from the system's randomness.
///
/// # Panics
/// Where the system has none: nothing may go on without.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[allow(clippy::expect_used)]
    getrandom::fill(&mut bytes).expect("the system gives randomness");
    bytes
}

/// A sealed value could not be opened: another key, or a damaged row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed {0} cannot be opened with this key")]
pub struct CannotOpen(pub &'static str);

/// The derived keys.
#[derive(Clone)]
pub struct Keys {
    seal: XChaCha20Poly1305,
    blind: [u8; 32],
    codes: [u8; 32],
    audit: [u8; 32],
    check: [u8; 32],
    session: [u8; 32],
}

/// A key that needs a browser's token as well as the operator's key: what it seals cannot be opened with all that the
/// server keeps, for of tokens it keeps hashes only.
#[derive(Clone)]
pub struct SessionKey(XChaCha20Poly1305);

impl SessionKey {
    /// Seals a text; `what` names the column and is bound to it.
    pub fn seal_text(&self, what: &'static str, plain: &str) -> Vec<u8> {
        seal_with(&self.0, what, plain.as_bytes())
    }

    /// Opens a sealed text.
    ///
    /// # Errors
    /// Where it was sealed with another token's key.
    pub fn open_text(
        &self,
        what: &'static str,
        sealed: &[u8],
    ) -> Result<Personal<String>, CannotOpen> {
        String::from_utf8(open_with(&self.0, what, sealed)?)
            .map(Personal::new)
            .map_err(|_| CannotOpen(what))
    }
}

fn seal_with(key: &XChaCha20Poly1305, what: &'static str, plain: &[u8]) -> Vec<u8> {
    let nonce: [u8; 24] = random();
    let payload = Payload {
        msg: plain,
        aad: what.as_bytes(),
    };
    #[allow(clippy::expect_used)]
    let sealed = key
        .encrypt(&XNonce::from(nonce), payload)
        .expect("short values can be sealed");
    let mut out = Vec::with_capacity(24 + sealed.len());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    out
}

fn open_with(
    key: &XChaCha20Poly1305,
    what: &'static str,
    sealed: &[u8],
) -> Result<Vec<u8>, CannotOpen> {
    let (nonce, rest) = sealed.split_first_chunk::<24>().ok_or(CannotOpen(what))?;
    let payload = Payload {
        msg: rest,
        aad: what.as_bytes(),
    };
    key.decrypt(&XNonce::from(*nonce), payload)
        .map_err(|_| CannotOpen(what))
}

impl Keys {
    /// Derives all keys.
    pub fn new(master: &MasterKey) -> Keys {
        let hkdf = Hkdf::<Sha256>::new(Some(b"hersys"), master.bytes());
        let derive = |info: &str| {
            let mut key = [0u8; 32];
            #[allow(clippy::expect_used)]
            hkdf.expand(info.as_bytes(), &mut key)
                .expect("32 bytes can be derived");
            key
        };
        Keys {
            seal: XChaCha20Poly1305::new(&derive("seal v1").into()),
            blind: derive("blind v1"),
            codes: derive("codes v1"),
            audit: derive("audit v1"),
            check: derive("check v1"),
            session: derive("session v1"),
        }
    }

    /// What the database remembers of the key, so that a wrong one is noticed at the start.
    pub fn check_value(&self) -> Vec<u8> {
        Sha256::digest(self.check).to_vec()
    }

    /// Seals a value; `what` names the column and is bound to it, so that ciphertexts cannot change places.
    pub fn seal(&self, what: &'static str, plain: &[u8]) -> Vec<u8> {
        seal_with(&self.seal, what, plain)
    }

    /// Opens a sealed value.
    pub fn open(&self, what: &'static str, sealed: &[u8]) -> Result<Vec<u8>, CannotOpen> {
        open_with(&self.seal, what, sealed)
    }

    /// The key of a browser's session.
    pub fn of_session(&self, token: &Token) -> SessionKey {
        let key: [u8; 32] = Sha256::digest(mac(&self.session, &[token.expose().as_bytes()])).into();
        SessionKey(XChaCha20Poly1305::new(&key.into()))
    }

    /// Seals a text.
    pub fn seal_text(&self, what: &'static str, plain: &str) -> Vec<u8> {
        self.seal(what, plain.as_bytes())
    }

    /// Opens a sealed text.
    pub fn open_text(
        &self,
        what: &'static str,
        sealed: &[u8],
    ) -> Result<Personal<String>, CannotOpen> {
        String::from_utf8(self.open(what, sealed)?)
            .map(Personal::new)
            .map_err(|_| CannotOpen(what))
    }

    /// A keyed hash to look up by.
    pub fn blind(&self, what: &'static str, value: &str) -> Vec<u8> {
        mac(&self.blind, &[what.as_bytes(), value.as_bytes()])
    }

    /// The keyed hash of a line of the audit log and of the line before it. Who has only the database cannot make one.
    pub fn audit_mac(&self, before: &[u8], chain: i32, seq: i64, entry: &AuditEntry) -> Vec<u8> {
        let uuid = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        mac(
            &self.audit,
            &[
                before,
                &chain.to_le_bytes(),
                &seq.to_le_bytes(),
                &entry.at.as_millisecond().to_le_bytes(),
                entry.actor_kind.as_bytes(),
                uuid(entry.actor).as_bytes(),
                uuid(entry.place.map(|p| p.uuid())).as_bytes(),
                entry.action.as_bytes(),
                uuid(entry.case.map(|c| c.uuid())).as_bytes(),
                uuid(entry.subject).as_bytes(),
                entry.details.as_bytes(),
            ],
        )
    }

    /// The keyed hash of the end of a chain of the audit log.
    pub fn audit_head_mac(&self, chain: i32, seq: i64, last: &[u8]) -> Vec<u8> {
        mac(
            &self.audit,
            &[b"head", &chain.to_le_bytes(), &seq.to_le_bytes(), last],
        )
    }

    /// The keyed hash of a code, bound to what it is for.
    pub fn code_hash(&self, flow: &[u8], code: &str) -> Vec<u8> {
        mac(&self.codes, &[flow, code.as_bytes()])
    }
}

impl storage::audit::Seal for Keys {
    fn line(&self, before: &[u8], chain: i32, seq: i64, entry: &AuditEntry) -> Vec<u8> {
        self.audit_mac(before, chain, seq, entry)
    }

    fn head(&self, chain: i32, seq: i64, last: &[u8]) -> Vec<u8> {
        self.audit_head_mac(chain, seq, last)
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Vec<u8> {
    #[allow(clippy::expect_used)]
    let mut mac =
        <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("any length of key will do");
    for part in parts {
        // The length in front keeps ("ab", "c") and ("a", "bc") apart.
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// What a browser holds to be known again: 256 random bits. Only a hash of it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new token.
    pub fn generate() -> Token {
        use base64::Engine as _;
        Token(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random::<32>()))
    }

    /// Another token made of one, that nobody can tell without the operator's key.
    pub(crate) fn made_of(keys: &Keys, token: &Token) -> Token {
        Token::made_as(keys, "walk_token", token)
    }

    /// The one under which a walk goes on after a right code. Of a walk's own token always the same is made, so that whoever
    /// sends the right code twice goes on where the first one led.
    pub(crate) fn after_the_code(keys: &Keys, token: &Token) -> Token {
        Token::made_as(keys, "walk_after_the_code", token)
    }

    fn made_as(keys: &Keys, what: &'static str, token: &Token) -> Token {
        use base64::Engine as _;
        let bytes = keys.blind(what, token.expose());
        Token(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
    }

    /// A token as a cookie brings it; `None` where it cannot be one.
    pub fn parse(text: &str) -> Option<Token> {
        let plausible = text.len() == 43
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        plausible.then(|| Token(text.to_owned()))
    }

    /// The text for the cookie.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it. A plain hash will do: the token itself is 256 bits of randomness.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[token]")
    }
}

/// Six digits, each code as likely as any other.
pub fn six_digits() -> String {
    loop {
        let number = u32::from_le_bytes(random());
        // The top of the range would make small codes likelier.
        if number < 4_294_000_000 {
            return format!("{:06}", number % 1_000_000);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_values_open_only_as_what_they_are_and_with_their_key() {
        let keys = Keys::new(&MasterKey::from_bytes([7; 32]));
        let sealed = keys.seal_text("phone", "+819012345678");
        assert_eq!(
            keys.open_text("phone", &sealed).unwrap().expose(),
            "+819012345678"
        );
        assert_eq!(keys.open_text("email", &sealed), Err(CannotOpen("email")));
        let other = Keys::new(&MasterKey::from_bytes([8; 32]));
        assert!(other.open_text("phone", &sealed).is_err());
        assert!(keys.open("phone", &sealed[..10]).is_err());
        assert_ne!(sealed, keys.seal_text("phone", "+819012345678"));
        let (mine, another) = (Token::generate(), Token::generate());
        let sealed = keys.of_session(&mine).seal_text("letters", "tulip");
        let opened = keys.of_session(&mine).open_text("letters", &sealed);
        assert_eq!(opened.unwrap().expose(), "tulip");
        assert!(
            keys.of_session(&another)
                .open_text("letters", &sealed)
                .is_err()
        );
        assert!(keys.open_text("letters", &sealed).is_err());
    }

    #[test]
    fn codes_have_six_digits_and_tokens_read_back() {
        for _ in 0..1_000 {
            let code = six_digits();
            assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
        }
        let token = Token::generate();
        assert_eq!(Token::parse(token.expose()), Some(token));
        assert_eq!(Token::parse("short"), None);
    }
}
