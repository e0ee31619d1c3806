//! Time-based one-time passwords (TOTP, RFC 6238) as every authenticator app knows them: SHA-1, 30 seconds, six digits.
//! Also recovery codes for paper. Pure: randomness and the time come from outside.

use domain::text::{fold_width, is_dash};
use hmac::{Hmac, KeyInit, Mac};
use qrcode::{Color, EcLevel, QrCode};
use sha1::Sha1;
use std::fmt::{self, Write as _};
use subtle::ConstantTimeEq;

/// How long a code holds, in seconds.
pub const STEP_SECONDS: i64 = 30;
/// How many recovery codes somebody gets.
pub const RECOVERY_CODES: usize = 10;
/// Modules of white around a QR code that the standard asks for.
const QUIET: usize = 4;
/// RFC 4648, as authenticator apps read secrets.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Crockford's letters: no i, l, o, u. Who reads a 1 as an l or a 0 as an o is understood all the same.
const PAPER: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A text does not fit into a QR code: more than some 2,300 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long for a QR code")]
pub struct TooLongForQr;

/// What an authenticator app and the house both know: 160 bits.
#[derive(Clone)]
pub struct Secret([u8; 20]);

/// A secret of 20 random bytes.
pub fn new_secret(random: [u8; 20]) -> Secret {
    Secret(random)
}

impl Secret {
    /// A secret as it was stored; `None` where it is not 20 bytes long.
    pub fn from_bytes(bytes: &[u8]) -> Option<Secret> {
        bytes.try_into().ok().map(Secret)
    }

    /// The bytes, for sealing and storing.
    pub fn bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// For typing into an app: 32 capital letters and digits.
    pub fn base32(&self) -> String {
        // Five bytes are eight letters, so nothing is left over and no padding is needed.
        self.0
            .chunks(5)
            .flat_map(|five| fives(five, BASE32))
            .collect()
    }

    /// The address that apps read from a QR code. A colon in the issuer or the account becomes a space: it parts the
    /// two.
    pub fn otpauth_uri(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (percent_encoded(issuer), percent_encoded(account));
        let secret = self.base32();
        format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period={STEP_SECONDS}"
        )
    }

    /// The step whose code was typed, to be remembered as the last one used; `None` where no code fits.
    ///
    /// Clocks of phones go wrong, so the code may be one step early or late. A code that is not newer than
    /// `last_used_step` is refused: somebody may have read it over a shoulder. Full-width digits, spaces and dashes
    /// are understood.
    pub fn matching_step(
        &self,
        code: &str,
        unix_seconds: i64,
        last_used_step: Option<i64>,
    ) -> Option<i64> {
        let typed: String = fold_width(code)
            .chars()
            .filter(|c| !c.is_whitespace() && !is_dash(*c))
            .collect();
        let now = unix_seconds.div_euclid(STEP_SECONDS);
        let mut found = None;
        // Every step is looked at, so that the time taken tells nothing. Where two have the same code, the newer one
        // counts: remembering the older one would let the code in again.
        for step in now - 1..=now + 1 {
            let fits = bool::from(self.code_at(step).as_bytes().ct_eq(typed.as_bytes()));
            if fits & last_used_step.is_none_or(|last| step > last) {
                found = Some(step);
            }
        }
        found
    }

    /// Whether a code is the one that was used last: somebody sends a form again that was sent before.
    pub fn is_code_of(&self, code: &str, last_used_step: Option<i64>) -> bool {
        last_used_step.is_some_and(|last| {
            let then = last.saturating_mul(STEP_SECONDS);
            self.matching_step(code, then, Some(last - 1)) == Some(last)
        })
    }

    /// The code of a step: HOTP (RFC 4226) of six digits. For tests that play the app.
    pub(crate) fn code_at(&self, step: i64) -> String {
        #[allow(clippy::expect_used)]
        let mut mac =
            <Hmac<Sha1> as KeyInit>::new_from_slice(&self.0).expect("any length of key will do");
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
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[second factor]")
    }
}

/// The letters of an alphabet of 32 for each five bits, from the highest; bits that are left over are not written.
fn fives(bytes: &[u8], alphabet: &'static [u8; 32]) -> impl Iterator<Item = char> {
    let bits = bytes
        .iter()
        .fold(0u128, |bits, byte| (bits << 8) | u128::from(*byte));
    let count = bytes.len() * 8;
    (1..=count / 5).map(move |letter| {
        let five = (bits >> (count - 5 * letter)) & 31;
        char::from(alphabet[five as usize])
    })
}

/// RFC 3986, of every byte that is not unreserved. A plus sign for a space would be shown as one by some apps.
fn percent_encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.replace(':', " ").bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Ten codes for paper, such as `k7qp-4m2x-9rtd`, of 60 bits each. `random` must give new random bytes each time.
pub fn recovery_codes(random: &mut impl FnMut() -> [u8; 10]) -> Vec<String> {
    let mut code = || {
        let letters: Vec<char> = fives(&random(), PAPER).take(12).collect();
        let parts: Vec<String> = letters
            .chunks(4)
            .map(|part| part.iter().collect())
            .collect();
        parts.join("-")
    };
    (0..RECOVERY_CODES).map(|_| code()).collect()
}

/// A recovery code as it is hashed and compared, however it was typed: in any case and width, with spaces and dashes
/// anywhere, with an o for a 0 and an i or l for a 1. What cannot be part of a code is left out.
pub fn normalise_recovery_code(typed: &str) -> String {
    fold_width(typed)
        .to_ascii_lowercase()
        .chars()
        .filter_map(|c| match c {
            'o' => Some('0'),
            'i' | 'l' => Some('1'),
            c => c.is_ascii_alphanumeric().then_some(c),
        })
        .collect()
}

/// A text as a QR code, to be put into HTML: an SVG, black on white in every colour scheme, with the quiet zone of
/// four modules. It has no style and no script, so the strictest policy lets it be.
///
/// # Errors
/// [`TooLongForQr`].
pub fn qr_svg(uri: &str) -> Result<String, TooLongForQr> {
    let code = QrCode::with_error_correction_level(uri, EcLevel::M).map_err(|_| TooLongForQr)?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                let (left, top, long) = (x + QUIET, y + QUIET, run.len());
                let _ = write!(path, "M{left} {top}h{long}v1h-{long}z");
            }
            x += run.len();
        }
    }
    let side = width + 2 * QUIET;
    // The name is the same in every language.
    Ok(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" class="qr" role="img" aria-label="QR" viewBox="0 0 {side} {side}" width="240" height="240" shape-rendering="crispEdges"><rect width="{side}" height="{side}" fill="#fff"/><path d="{path}" fill="#000"/></svg>"##
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn standard() -> Secret {
        Secret::from_bytes(b"12345678901234567890").unwrap()
    }

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = at / STEP_SECONDS;
            assert_eq!(standard().code_at(step), code);
            assert_eq!(standard().matching_step(code, at, None), Some(step));
        }
    }

    /// RFC 4226, appendix D.
    #[test]
    fn counted_codes_are_those_of_the_standard() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(standard().code_at(step), code);
        }
    }

    #[test]
    fn a_phone_may_go_half_a_minute_wrong_and_no_more() {
        let secret = standard();
        let code = secret.code_at(100);
        for (at, fits) in [
            (99 * 30 - 1, false),
            (99 * 30, true),
            (100 * 30, true),
            (102 * 30 - 1, true),
            (102 * 30, false),
        ] {
            let found = secret.matching_step(&code, at, None);
            assert_eq!(found, fits.then_some(100), "{at}");
        }
        // No time is too odd.
        assert_eq!(
            secret.matching_step("000000", i64::MIN, Some(i64::MAX)),
            None
        );
        assert_eq!(
            secret.matching_step("000000", i64::MAX, Some(i64::MAX)),
            None
        );
    }

    #[test]
    fn a_code_read_over_a_shoulder_is_worth_nothing() {
        let secret = standard();
        let (code, at) = (secret.code_at(100), 100 * 30);
        let used = secret.matching_step(&code, at, Some(98));
        assert_eq!(used, Some(100));
        assert_eq!(secret.matching_step(&code, at + 29, used), None);
        // Nor is an older one that was never used.
        assert_eq!(secret.matching_step(&secret.code_at(99), at, used), None);
        assert_eq!(
            secret.matching_step(&secret.code_at(101), at, used),
            Some(101)
        );
    }

    #[test]
    fn where_neighbours_share_a_code_it_still_works_only_once() {
        let secret = standard();
        let step = 910_737;
        assert_eq!(secret.code_at(step), secret.code_at(step + 1));
        let (code, at) = (secret.code_at(step), step * STEP_SECONDS);
        let used = secret.matching_step(&code, at, None);
        assert_eq!(used, Some(step + 1));
        assert_eq!(secret.matching_step(&code, at + 30, used), None);
    }

    #[test]
    fn a_code_is_understood_as_people_type_it() {
        let secret = standard();
        for typed in [
            "287082",
            " 287 082 ",
            "２８７　０８２",
            "287-082",
            "28\u{200B}7082\n",
        ] {
            assert_eq!(secret.matching_step(typed, 59, None), Some(1), "{typed}");
        }
        for typed in [
            "",
            "28708",
            "2870821",
            "0287082",
            "94287082",
            "２８７０８",
            "abcdef",
        ] {
            assert_eq!(secret.matching_step(typed, 59, None), None, "{typed}");
        }
    }

    #[test]
    fn an_app_is_told_the_secret_and_a_log_is_not() {
        let secret = new_secret(*b"12345678901234567890");
        assert_eq!(secret.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            secret.otpauth_uri("HER-SYS: 保健所", "a+b@x.example"),
            "otpauth://totp/HER-SYS%20%20%E4%BF%9D%E5%81%A5%E6%89%80:a%2Bb%40x.example\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=HER-SYS%20%20%E4%BF%9D%E5%81%A5%E6%89%80&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(format!("{secret:?}"), "[second factor]");
        assert_eq!(Secret::from_bytes(secret.bytes()).unwrap().0, secret.0);
        assert!(Secret::from_bytes(b"short").is_none());
    }

    #[test]
    fn ten_recovery_codes_are_ten_and_known_however_they_are_typed() {
        let mut seed = 0u64;
        let codes = recovery_codes(&mut || {
            seed += 1;
            let mut bytes = [0; 10];
            bytes[..8].copy_from_slice(&seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
            bytes
        });
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 10);
        for code in &codes {
            let plain = code.replace('-', "");
            assert_eq!((code.len(), plain.len()), (14, 12));
            assert!(plain.bytes().all(|b| PAPER.contains(&b)), "{code}");
            assert_eq!(normalise_recovery_code(code), plain);
            let wide: String = code
                .to_uppercase()
                .chars()
                .map(|c| match c {
                    '-' => 'ー',
                    c => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
                })
                .collect();
            assert_eq!(normalise_recovery_code(&format!("　{wide} ")), plain);
            let misread = code.replace('0', "O").replace('1', "l");
            assert_eq!(normalise_recovery_code(&misread), plain);
        }
        // Every bit that is written counts.
        assert_eq!(recovery_codes(&mut || [0xFF; 10])[0], "zzzz-zzzz-zzzz");
        assert_eq!(recovery_codes(&mut || [0; 10])[0], "0000-0000-0000");
        assert_eq!(normalise_recovery_code("－ — ‐"), "");
    }

    #[test]
    fn the_qr_code_is_drawn_whole_and_needs_no_leave_of_the_policy() {
        let uri = standard().otpauth_uri("HER-SYS", "nurse@center.example");
        let svg = qr_svg(&uri).unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
        assert!(svg.contains(r#"role="img""#));
        for leave in ["style", "script", "href", "url(", "on"] {
            assert!(!svg.contains(&format!(" {leave}")) && !svg.contains(&format!("<{leave}")));
        }
        // Filling the runs in again gives the code, and white around it.
        let code = QrCode::with_error_correction_level(&uri, EcLevel::M).unwrap();
        let side = code.width() + 8;
        assert!(svg.contains(&format!(r#"viewBox="0 0 {side} {side}""#)));
        let path = svg
            .split(r#"d=""#)
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let mut dark = BTreeSet::new();
        for run in path.split('M').skip(1) {
            let (place, run) = run.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let long: usize = run.split('v').next().unwrap().parse().unwrap();
            dark.extend((x..x + long).map(|x| (x, y)));
        }
        for y in 0..side {
            for x in 0..side {
                let inside = (4..side - 4).contains(&x) && (4..side - 4).contains(&y);
                let black = inside && code[(x - 4, y - 4)] == Color::Dark;
                assert_eq!(dark.contains(&(x, y)), black, "{x} {y}");
            }
        }
        assert_eq!(qr_svg(&"x".repeat(3_000)), Err(TooLongForQr));
    }
}
