//! Japanese postal codes: seven digits, stored without the hyphen.

use crate::text::{fold_width, is_dash};

/// Why a text is not a postal code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PostalCodeError {
    /// Nothing is typed.
    Empty,
    /// Not seven digits.
    NotACode,
}

/// Reads a postal code in any width, with or without `〒`, with a hyphen or a space after the third digit: `100-8916`,
/// `１００－８９１６`, `〒100 8916`. The seven digits.
///
/// # Errors
/// [`PostalCodeError`]. Whether the code is in use is not looked up; those that begin with 000 never were.
pub fn normalise(text: &str) -> Result<String, PostalCodeError> {
    let plain = fold_width(text);
    let plain = plain
        .strip_prefix(['〒', '〶'])
        .unwrap_or(&plain)
        .trim_start();
    if plain.is_empty() {
        return Err(PostalCodeError::Empty);
    }
    let mut digits = String::with_capacity(7);
    for c in plain.chars() {
        if c.is_ascii_digit() && digits.len() < 7 {
            digits.push(c);
        } else if digits.len() != 3 || !(is_dash(c) || c == ' ') {
            return Err(PostalCodeError::NotACode);
        }
    }
    if digits.len() == 7 && !digits.starts_with("000") {
        Ok(digits)
    } else {
        Err(PostalCodeError::NotACode)
    }
}

/// A normalised code as it is written: `100-8916`. Anything else comes back as it is.
pub fn written(code: &str) -> String {
    match (code.get(..3), code.get(3..)) {
        (Some(first), Some(rest)) if rest.len() == 4 => format!("{first}-{rest}"),
        _ => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_read_as_people_write_them() {
        for text in [
            "1008916",
            "100-8916",
            "１００８９１６",
            "１００－８９１６",
            "１００ー８９１６",
            "100−8916",
            "〒100-8916",
            "〒 100 8916",
            " 100 - 8916 ",
        ] {
            assert_eq!(normalise(text).as_deref(), Ok("1008916"), "{text}");
        }
        assert_eq!(written("1008916"), "100-8916");
        assert_eq!(normalise(" 〒 "), Err(PostalCodeError::Empty));
        for text in [
            "100-891",
            "10-08916",
            "10089160",
            "100-8916-1",
            "0000000",
            "SW1A 1AA",
            "-1008916",
            "一〇〇",
        ] {
            assert_eq!(normalise(text), Err(PostalCodeError::NotACode), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            if let Ok(code) = normalise(&text) {
                prop_assert_eq!(normalise(&written(&code)), Ok(code));
            }
        }
    }
}
