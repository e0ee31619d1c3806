//! Phone numbers, by the field's library; stored in the international form E.164.

use crate::text::fold_width;
use rlibphonenumber::{PhoneNumberFormat, Region};
use std::fmt;

/// Why a text is not a phone number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PhoneError {
    /// Nothing is typed.
    Empty,
    /// It has letters or other things in it, or cannot be dialled anywhere.
    NotANumber,
}

/// A phone number that can be dialled.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber {
    e164: String,
}

impl PhoneNumber {
    /// Reads a number as it is dialled in Japan, or an international one. Any width, with hyphens, spaces and
    /// brackets: `０９０-１２３４-５６７８`, `+81 90 1234 5678`, `+81 (0)90…`, `0081 90…`, `010 81 90…`.
    pub fn parse_jp(text: &str) -> Result<PhoneNumber, PhoneError> {
        let plain = fold_width(text);
        if plain.is_empty() {
            return Err(PhoneError::Empty);
        }
        let bad = PhoneError::NotANumber;
        let plain = without_what_follows(&plain);
        if plain.chars().count() > 40
            || plain
                .chars()
                .any(|c| c.is_alphabetic() && !crate::text::is_dash(c))
        {
            return Err(bad);
        }
        let digits = crate::text::digits(plain);
        let plus = plain.starts_with('+');
        // International prefixes as they are dialled from Europe (00) and from Japan (010).
        let rest = match (plus, digits.strip_prefix("010"), digits.strip_prefix("00")) {
            (true, _, _) => Some(digits.as_str()),
            (false, Some(rest), _) | (false, None, Some(rest)) => Some(rest),
            (false, None, None) => None,
        };
        let dialled = match rest {
            // +81 (0)90: the zero that is dialled within the country.
            Some(rest) => match rest.strip_prefix("810") {
                Some(national) => format!("+81{national}"),
                None => format!("+{rest}"),
            },
            None => digits,
        };
        let number =
            rlibphonenumber::PhoneNumber::parse(&dialled, Some(Region::JP)).map_err(|_| bad)?;
        if !number.is_valid() {
            return Err(bad);
        }
        let e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
        Ok(PhoneNumber { e164 })
    }

    /// A number as it was stored, in its international form. That it can be dialled was looked at when it was typed, and is
    /// not asked again: what the field's library knows of the world's numbers changes, and a record must stay readable.
    pub fn from_e164(stored: &str) -> Option<PhoneNumber> {
        let digits = stored.strip_prefix('+')?;
        let is_e164 =
            (4..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        is_e164.then(|| PhoneNumber {
            e164: stored.to_owned(),
        })
    }

    /// The number in its international form, such as `+819012345678`.
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// The number as it is dialled: within Japan without the country's code, such as `09012345678`.
    pub fn national(&self) -> String {
        match self.e164.strip_prefix("+81") {
            Some(rest) => format!("0{rest}"),
            None => self.e164.clone(),
        }
    }
}

/// A number without what people write behind it: an extension, or whose it is (`内線12`, `ext. 4`, `#12`, `(mother)`). What
/// stands there is no part of the number that is compared, and who answers finds the way.
fn without_what_follows(plain: &str) -> &str {
    let mut digits = 0;
    for (at, c) in plain.char_indices() {
        digits += usize::from(c.is_ascii_digit());
        let is_word = c == '#' || (c.is_alphabetic() && !crate::text::is_dash(c));
        if is_word && digits >= SHORTEST {
            let (number, rest) = plain.split_at(at);
            // A second number is not passed over in silence.
            let more = rest.chars().filter(char::is_ascii_digit).count();
            return if more <= LONGEST_EXTENSION {
                number
            } else {
                plain
            };
        }
    }
    plain
}

/// So many digits has an extension at most.
const LONGEST_EXTENSION: usize = 6;
/// So many digits has the shortest number behind which something else is understood.
const SHORTEST: usize = 9;

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[phone number]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_stored_is_the_number_that_was_read() {
        for typed in [
            "090-1234-5678",
            "03-3501-1511",
            "+1 520-878-2491",
            "+672 3 22222",
        ] {
            let read = PhoneNumber::parse_jp(typed).unwrap();
            assert_eq!(PhoneNumber::from_e164(read.e164()), Some(read), "{typed}");
        }
        for other in [
            "",
            "+",
            "09012345678",
            "+8190 1234 5678",
            "+81a",
            "+1234567890123456",
        ] {
            assert_eq!(PhoneNumber::from_e164(other), None, "{other}");
        }
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for text in [
            "09012345678",
            "090-1234-5678",
            "０９０-１２３４-５６７８",
            "０９０ー１２３４ー５６７８",
            "+81 90 1234 5678",
            "+81 (0)90-1234-5678",
            "0081 90 1234 5678",
            "010 81 90 1234 5678",
            "(090) 1234 5678",
            "090.1234.5678",
            "\u{200E}090 1234 5678",
            "090-1234-5678 (mother)",
            "090-1234-5678（母）",
            "090-1234-5678 内線12",
            "+81 90-1234-5678 ext. 4",
            "090-1234-5678 #12",
        ] {
            let number = PhoneNumber::parse_jp(text);
            assert_eq!(
                number.as_ref().map(PhoneNumber::e164),
                Ok("+819012345678"),
                "{text}"
            );
            assert_eq!(number.unwrap().national(), "09012345678");
        }
        for two in [
            "03-3501-1511 / mobile 090-1234-5678",
            "03-3501-1511または090-1234-5678",
        ] {
            assert_eq!(
                PhoneNumber::parse_jp(two),
                Err(PhoneError::NotANumber),
                "{two}"
            );
        }
        assert_eq!(
            PhoneNumber::parse_jp("03-3501-1511").unwrap().e164(),
            "+81335011511"
        );
        assert_eq!(
            PhoneNumber::parse_jp("+1 520-878-2491").unwrap().e164(),
            "+15208782491"
        );
        assert_eq!(PhoneNumber::parse_jp(" "), Err(PhoneError::Empty));
        for text in [
            "090-1234",
            "someletters1110@example.com",
            "+3367a829916",
            "abc",
            "0901234567890123",
        ] {
            assert_eq!(
                PhoneNumber::parse_jp(text),
                Err(PhoneError::NotANumber),
                "{text}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            let _ = PhoneNumber::parse_jp(&text);
        }

        #[test]
        fn what_was_read_reads_back(text in "0[789]0[0-9]{8}") {
            if let Ok(number) = PhoneNumber::parse_jp(&text) {
                prop_assert_eq!(PhoneNumber::parse_jp(number.e164()), Ok(number.clone()));
                prop_assert_eq!(PhoneNumber::parse_jp(&number.national()), Ok(number));
            }
        }
    }
}
