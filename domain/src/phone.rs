//! Phone numbers, by the field's library; stored in the international form E.164. How a number is written within the country
//! is the installation's region to say: it is asked before anybody knows at which center a person is registered.

use crate::text::{digits, fold_width};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};
use std::fmt;
use std::sync::OnceLock;

/// Why a text is not a phone number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PhoneError {
    /// Nothing is typed.
    Empty,
    /// It has letters or other things in it, or cannot be dialled anywhere.
    NotANumber,
}

/// Where numbers are dialled that are written without a country's code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PhoneRegion(Region);

static REGION: OnceLock<PhoneRegion> = OnceLock::new();

/// Sets where numbers are dialled that are written without a country's code; before the first one is read.
pub fn set_region(region: PhoneRegion) {
    // Two numbers that were read by different ones would never meet.
    let _ = REGION.set(region);
}

fn region() -> PhoneRegion {
    *REGION.get_or_init(|| PhoneRegion::JAPAN)
}

impl fmt::Display for PhoneRegion {
    /// The code of the country, as [`PhoneRegion::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl PhoneRegion {
    /// Where nothing else is said.
    pub const JAPAN: PhoneRegion = PhoneRegion(Region::JP);

    /// Reads the code of a country, two letters (ISO 3166-1), such as `JP`; none where no number is dialled there.
    pub fn parse(text: &str) -> Option<PhoneRegion> {
        let region = Region::from_code(text.trim())
            .ok()
            .filter(|one| *one != Region::World)?;
        let has_numbers = PHONE_NUMBER_UTIL.get_country_code_for_region(region);
        has_numbers.map(|_| PhoneRegion(region))
    }

    /// The code of the country, such as `JP`.
    pub fn code(self) -> String {
        self.0.as_region_str().to_string()
    }

    /// So many digits has the shortest number behind which something else is understood.
    fn shortest(self) -> usize {
        if self == PhoneRegion::JAPAN { 9 } else { 7 }
    }
}

/// A phone number that can be dialled.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber {
    e164: String,
}

/// A number as texts show how one is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Example {
    /// A mobile phone's as it is dialled within the country.
    pub dialled: String,
    /// The same from abroad.
    pub abroad: String,
    /// An office's as it is written on paper.
    pub written: String,
}

/// How numbers are written where those are dialled that have no country's code.
pub fn example() -> Example {
    example_of(region()).unwrap_or_else(|| Example {
        dialled: "09012345678".to_owned(),
        abroad: "+81 90 1234 5678".to_owned(),
        written: "03-1234-5678".to_owned(),
    })
}

fn example_of(region: PhoneRegion) -> Option<Example> {
    if region == PhoneRegion::JAPAN {
        return None;
    }
    let of = |kind| {
        let found = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region.0, kind);
        found.ok()
    };
    let mobile = of(PhoneNumberType::Mobile).or_else(|| of(PhoneNumberType::FixedLine))?;
    let office = of(PhoneNumberType::FixedLine).or_else(|| of(PhoneNumberType::Mobile))?;
    let number = PhoneNumber {
        e164: mobile.format_as(PhoneNumberFormat::E164).into_owned(),
    };
    Some(Example {
        dialled: number.national_in(region),
        abroad: mobile
            .format_as(PhoneNumberFormat::International)
            .into_owned(),
        written: office.format_as(PhoneNumberFormat::National).into_owned(),
    })
}

/// A number as it is dialled from anywhere: `+81 (0)90…` has a zero in it that is dialled within the country.
fn from_abroad(rest: &str) -> String {
    match rest.strip_prefix("810") {
        Some(national) => format!("+81{national}"),
        None => format!("+{rest}"),
    }
}

/// Whether a number says by a plus sign that it begins with a country's code, whatever stands before that: `(+84) 90…`.
fn is_from_abroad(plain: &str) -> bool {
    let mut before = plain.chars().take_while(|c| !c.is_ascii_digit());
    before.any(|c| c == '+')
}

/// What the library knows as a number that can be dialled.
fn dialled(text: &str, region: PhoneRegion) -> Option<PhoneNumber> {
    let number = rlibphonenumber::PhoneNumber::parse(text, Some(region.0)).ok()?;
    number.is_valid().then(|| PhoneNumber {
        e164: number.format_as(PhoneNumberFormat::E164).into_owned(),
    })
}

impl PhoneNumber {
    /// Reads a number as it is dialled within the country, or an international one. Any width, with hyphens, spaces and
    /// brackets: `０９０-１２３４-５６７８`, `+81 90 1234 5678`, `(+81) 90…`, `+81 (0)90…`, `0081 90…`, `010 81 90…`.
    pub fn parse(text: &str) -> Result<PhoneNumber, PhoneError> {
        PhoneNumber::parse_in(region(), text)
    }

    fn parse_in(region: PhoneRegion, text: &str) -> Result<PhoneNumber, PhoneError> {
        let plain = fold_width(text);
        if plain.is_empty() {
            return Err(PhoneError::Empty);
        }
        let plain = without_what_follows(&plain, region.shortest());
        if plain.chars().count() > 40
            || plain
                .chars()
                .any(|c| c.is_alphabetic() && !crate::text::is_dash(c))
        {
            return Err(PhoneError::NotANumber);
        }
        let digits = digits(plain);
        let number = if is_from_abroad(plain) {
            dialled(&from_abroad(&digits), region)
        } else if region == PhoneRegion::JAPAN {
            // International prefixes as they are dialled from Japan (010) and from Europe (00).
            let rest = digits
                .strip_prefix("010")
                .or_else(|| digits.strip_prefix("00"));
            let text = rest.map_or(digits.clone(), from_abroad);
            dialled(&text, region)
        } else {
            // The library knows the prefix of the country. Elsewhere people are used to 00.
            dialled(&digits, region).or_else(|| {
                let rest = digits.strip_prefix("00")?;
                dialled(&from_abroad(rest), region)
            })
        };
        number.ok_or(PhoneError::NotANumber)
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

    /// The number as it is dialled: within the country without its code, such as `09012345678`. It reads back as the same.
    pub fn national(&self) -> String {
        self.national_in(region())
    }

    fn national_in(&self, region: PhoneRegion) -> String {
        let within = match region {
            // Without the library: a worklist has many.
            PhoneRegion::JAPAN => self.e164.strip_prefix("+81").map(|rest| format!("0{rest}")),
            _ => self.by_the_library(region),
        };
        within.unwrap_or_else(|| self.e164.clone())
    }

    fn by_the_library(&self, region: PhoneRegion) -> Option<String> {
        let country = PHONE_NUMBER_UTIL.get_country_code_for_region(region.0)?;
        self.e164.strip_prefix(&format!("+{country}"))?;
        let number = rlibphonenumber::PhoneNumber::parse(&self.e164, None).ok()?;
        let written = digits(&number.format_as(PhoneNumberFormat::National));
        (PhoneNumber::parse_in(region, &written).as_ref() == Ok(self)).then_some(written)
    }
}

/// A number without what people write behind it: an extension, or whose it is (`内線12`, `ext. 4`, `#12`, `(mother)`). What
/// stands there is no part of the number that is compared, and who answers finds the way.
fn without_what_follows(plain: &str, shortest: usize) -> &str {
    let mut digits = 0;
    for (at, c) in plain.char_indices() {
        digits += usize::from(c.is_ascii_digit());
        let is_word = c == '#' || (c.is_alphabetic() && !crate::text::is_dash(c));
        if is_word && digits >= shortest {
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
            let read = PhoneNumber::parse(typed).unwrap();
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
            "(+81) 90 1234 5678",
            "(＋81) (0)90-1234-5678",
            "☎ +81 90 1234 5678",
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
            let number = PhoneNumber::parse(text);
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
                PhoneNumber::parse(two),
                Err(PhoneError::NotANumber),
                "{two}"
            );
        }
        assert_eq!(
            PhoneNumber::parse("03-3501-1511").unwrap().e164(),
            "+81335011511"
        );
        assert_eq!(
            PhoneNumber::parse("+1 520-878-2491").unwrap().e164(),
            "+15208782491"
        );
        assert_eq!(PhoneNumber::parse(" "), Err(PhoneError::Empty));
        for text in [
            "090-1234",
            "someletters1110@example.com",
            "+3367a829916",
            "abc",
            "0901234567890123",
        ] {
            assert_eq!(
                PhoneNumber::parse(text),
                Err(PhoneError::NotANumber),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_dialled_in_a_country() {
        for (region, text, e164, national) in [
            ("US", "(520) 878-2491", "+15208782491", "5208782491"),
            ("US", "1-520-878-2491", "+15208782491", "5208782491"),
            (
                "US",
                "+1 520 878 2491 ext. 12",
                "+15208782491",
                "5208782491",
            ),
            (
                "US",
                "011 81 90 1234 5678",
                "+819012345678",
                "+819012345678",
            ),
            ("US", "0081 90 1234 5678", "+819012345678", "+819012345678"),
            (
                "US",
                "+81 (0)90-1234-5678",
                "+819012345678",
                "+819012345678",
            ),
            ("us", "604-555-0123", "+16045550123", "6045550123"),
            ("GB", "020 7946 0958", "+442079460958", "02079460958"),
            ("GB", "+44 (0)20 7946 0958", "+442079460958", "02079460958"),
            (
                "GB",
                "００４４ ２０ ７９４６ ０９５８",
                "+442079460958",
                "02079460958",
            ),
            ("DE", "030 123456 (Mutter)", "+4930123456", "030123456"),
            ("IT", "06 1234 5678", "+390612345678", "0612345678"),
            ("SG", "8123 4567 #1", "+6581234567", "81234567"),
            (
                "AU",
                "0011 81 90 1234 5678",
                "+819012345678",
                "+819012345678",
            ),
            ("AU", "0412 345 678", "+61412345678", "0412345678"),
            ("BR", "(11) 96123-4567", "+5511961234567", "11961234567"),
            ("JP", "+1 520-878-2491", "+15208782491", "+15208782491"),
            ("JP", "(+84) 90 123 4567", "+84901234567", "+84901234567"),
            (
                "JP",
                "[+62] 812-3456-7890",
                "+6281234567890",
                "+6281234567890",
            ),
            ("US", "(+84) 90 123 4567", "+84901234567", "+84901234567"),
            ("JP", "☎＋84 90 123 4567", "+84901234567", "+84901234567"),
        ] {
            let region = PhoneRegion::parse(region).unwrap();
            let read = PhoneNumber::parse_in(region, text);
            assert_eq!(read.as_ref().map(PhoneNumber::e164), Ok(e164), "{text}");
            assert_eq!(read.unwrap().national_in(region), national, "{text}");
        }
        let us = PhoneRegion::parse("US").unwrap();
        for text in ["090-1234-5678", "12", "abc"] {
            let read = PhoneNumber::parse_in(us, text);
            assert_eq!(read, Err(PhoneError::NotANumber), "{text}");
        }
        // What the library does not know is told as it is stored.
        let unknown = PhoneNumber::from_e164("+1999").unwrap();
        assert_eq!(unknown.national_in(us), "+1999");
    }

    #[test]
    fn numbers_of_each_country_are_told_as_they_read_back() {
        let mut told = 0;
        for first in 'A'..='Z' {
            for second in 'A'..='Z' {
                let Some(region) = PhoneRegion::parse(&format!("{first}{second}")) else {
                    continue;
                };
                assert_eq!(region.code(), format!("{first}{second}"));
                let Some(example) = example_of(region) else {
                    continue;
                };
                let read = PhoneNumber::parse_in(region, &example.dialled).unwrap();
                assert_eq!(PhoneNumber::parse_in(region, &example.abroad), Ok(read));
                assert!(PhoneNumber::parse_in(region, &example.written).is_ok());
                told += 1;
            }
        }
        assert!(told > 200, "{told}");
        for other in ["", "J", "JPN", "ZZ", "UK", "001", "日本"] {
            assert_eq!(PhoneRegion::parse(other), None, "{other}");
        }
        assert_eq!(example().dialled, "09012345678");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            let _ = PhoneNumber::parse(&text);
        }

        #[test]
        fn what_was_read_reads_back(text in "0[789]0[0-9]{8}") {
            if let Ok(number) = PhoneNumber::parse(&text) {
                prop_assert_eq!(PhoneNumber::parse(number.e164()), Ok(number.clone()));
                prop_assert_eq!(PhoneNumber::parse(&number.national()), Ok(number));
            }
        }
    }
}
