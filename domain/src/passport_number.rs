//! Passport numbers of any country, and who must enter one.

use crate::text::{fold_width, is_dash};
use jiff::civil::Date;
use std::fmt;

/// Days between entry into Japan and the diagnosis within which the number is asked for; the 28th is within.
/// Source: users' guide, "Request for Passport Number Entry".
const DAYS_AFTER_ENTRY: i32 = 28;

/// Whether a passport number is asked for.
pub fn is_required(diagnosed_on: Date, entered_japan_on: Option<Date>) -> bool {
    entered_japan_on.is_some_and(|entered| {
        diagnosed_on
            .since(entered)
            .is_ok_and(|span| (0..=DAYS_AFTER_ENTRY).contains(&span.get_days()))
    })
}

/// Why a text is not a passport number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PassportNumberError {
    /// Nothing is typed.
    Empty,
    /// Something other than letters A to Z and digits is in it.
    OtherCharacters,
    /// Fewer than 5 or more than 9 characters.
    WrongLength,
}

/// A passport number: 5 to 9 of A–Z and 0–9 (ICAO Doc 9303 part 4 gives the field nine places).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PassportNumber(String);

impl PassportNumber {
    /// Reads a number: any width, lower case, spaces and hyphens are understood.
    pub fn parse(text: &str) -> Result<PassportNumber, PassportNumberError> {
        let plain: String = fold_width(text)
            .chars()
            .filter(|c| !c.is_whitespace() && !is_dash(*c))
            .collect::<String>()
            .to_uppercase();
        if text.trim().is_empty() {
            Err(PassportNumberError::Empty)
        } else if plain.is_empty() {
            // Dashes alone are no wish to have none.
            Err(PassportNumberError::WrongLength)
        } else if !plain
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        {
            Err(PassportNumberError::OtherCharacters)
        } else if !(5..=9).contains(&plain.len()) {
            Err(PassportNumberError::WrongLength)
        } else {
            Ok(PassportNumber(plain))
        }
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last three characters behind dots, to be recognised without being shown.
    pub fn masked(&self) -> String {
        let hidden = self.0.len().saturating_sub(3);
        format!("{}{}", "•".repeat(hidden), &self.0[hidden..])
    }
}

impl fmt::Debug for PassportNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[passport number]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn the_28th_day_is_within_28_days() {
        let entered = date(2026, 10, 1);
        assert!(is_required(entered, Some(entered)));
        assert!(is_required(date(2026, 10, 29), Some(entered)));
        assert!(!is_required(date(2026, 10, 30), Some(entered)));
        assert!(!is_required(date(2026, 9, 30), Some(entered)));
        assert!(!is_required(date(2026, 10, 29), None));
        assert!(is_required(date(2027, 1, 10), Some(date(2026, 12, 13))));
    }

    #[test]
    fn every_country_is_understood() {
        for (text, number) in [
            ("TK1234567", "TK1234567"),
            ("ｔｋ１２３４５６７", "TK1234567"),
            (" tk-123 4567 ", "TK1234567"),
            ("123456789", "123456789"),
            ("C01X0006H", "C01X0006H"),
            ("A1234", "A1234"),
        ] {
            assert_eq!(PassportNumber::parse(text).unwrap().as_str(), number);
        }
        assert_eq!(PassportNumber::parse(" "), Err(PassportNumberError::Empty));
        let dashes = PassportNumber::parse("- ");
        assert_eq!(dashes, Err(PassportNumberError::WrongLength));
        assert_eq!(
            PassportNumber::parse("A123"),
            Err(PassportNumberError::WrongLength)
        );
        assert_eq!(
            PassportNumber::parse("A123456789"),
            Err(PassportNumberError::WrongLength)
        );
        assert_eq!(
            PassportNumber::parse("AB12345!"),
            Err(PassportNumberError::OtherCharacters)
        );
        assert_eq!(
            PassportNumber::parse("ÄB12345"),
            Err(PassportNumberError::OtherCharacters)
        );
        assert_eq!(
            PassportNumber::parse("TK1234567").unwrap().masked(),
            "••••••567"
        );
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            if let Ok(number) = PassportNumber::parse(&text) {
                prop_assert_eq!(PassportNumber::parse(number.as_str()), Ok(number.clone()));
            }
        }
    }
}
