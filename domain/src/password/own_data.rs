//! What a password must not be built on, and the comparison. At the sign-up a password is chosen before anybody knows
//! the name: its letters are kept until then, by whoever can keep them ([`PasswordLetters`]).

use super::LONGEST;
use crate::birthdate::Birthdate;
use crate::name::NameKeys;
use crate::phone::PhoneNumber;
use crate::text::{digits, fold_width};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// Of a phone number, the digits that tell it apart: whoever leaves out the area or the country uses it all the same.
const PHONE_DIGITS: usize = 8;
/// The fewest digits in a row that may be a birthdate: the year's last two, the month and the day.
const DATE_DIGITS: usize = 6;

/// What others know of a person: names, addresses, the birthdate, the phone number.
#[derive(Clone, Default)]
pub struct OwnData {
    words: Vec<String>,
    numbers: Vec<String>,
    is_of_strangers: bool,
}

impl OwnData {
    /// Names and addresses.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> OwnData {
        texts
            .into_iter()
            .fold(OwnData::default(), |own, text| own.with_text(text))
    }

    /// With a name or an address: the whole, and its parts between signs, as far as they are long enough to build on.
    pub fn with_text(mut self, text: &str) -> OwnData {
        let low = fold_width(text).to_lowercase();
        let local = low.split('@').next().unwrap_or("").to_owned();
        let parts = local
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_owned);
        let words: Vec<String> = parts.chain([low.clone(), local.clone()]).collect();
        self.words
            .extend(words.into_iter().filter(|word| is_long_enough(word)));
        self.words.sort_unstable();
        self.words.dedup();
        self
    }

    /// With a birthdate, in the orders in which days are written.
    pub fn with_birthdate(mut self, birthdate: Birthdate) -> OwnData {
        let date = birthdate.date();
        let (year, month, day) = (date.year(), date.month(), date.day());
        self.numbers.extend([
            format!("{year:04}{month:02}{day:02}"),
            format!("{:02}{month:02}{day:02}", year % 100),
            format!("{day:02}{month:02}{year:04}"),
            format!("{month:02}{day:02}{year:04}"),
        ]);
        self
    }

    /// With a phone number, whichever way it begins.
    pub fn with_phone(mut self, phone: &PhoneNumber) -> OwnData {
        let all = digits(phone.e164());
        if let Some(at) = all.len().checked_sub(PHONE_DIGITS) {
            // Digits only, so that every place is one between characters.
            self.numbers.push(all[at..].to_owned());
        }
        self
    }

    /// For somebody who may be a stranger to the person, and must not learn a birthdate or a phone number by trying many: these are
    /// not given, and a password that holds any number that may be one will not do, whosesoever it is.
    pub fn of_strangers(self) -> OwnData {
        OwnData {
            is_of_strangers: true,
            ..self
        }
    }

    /// Whether any number will not do that may be a birthdate or a phone number.
    pub(super) fn may_hold_no_long_number(&self) -> bool {
        self.is_of_strangers
    }

    /// The words, for whoever estimates how easily a password is guessed.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }
}

/// A password without its capitals, as far as it is needed to see what it is built on. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordLetters(String);

impl PasswordLetters {
    /// The letters of a password as it was typed.
    pub fn of(typed: &str) -> PasswordLetters {
        let plain: String = typed.nfkc().take(LONGEST).collect();
        PasswordLetters(plain.to_lowercase())
    }

    /// For keeping them.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the password is built on what others know of the person: by the spellings in which names meet
    /// (すずきゆみ is built on スズキ ユミ), and by its digits, whatever stands between them.
    pub fn are_built_on(&self, own: &OwnData) -> bool {
        let folded = NameKeys::of(&self.0).joined;
        let number = digits(&fold_width(&self.0));
        let on_word = own.words.iter().any(|word| {
            let key = NameKeys::of(word).joined;
            self.0.contains(word.as_str()) || (is_long_enough(&key) && folded.contains(&key))
        });
        on_word
            || own
                .numbers
                .iter()
                .any(|digits| number.contains(digits.as_str()))
    }

    /// Whether there are so many digits in a row, with one sign between them at most, that they may be a birthdate.
    pub(super) fn hold_a_long_number(&self) -> bool {
        let (mut in_a_row, mut apart) = (0, 0);
        for c in fold_width(&self.0).chars() {
            if c.is_ascii_digit() {
                (in_a_row, apart) = (in_a_row + 1, 0);
            } else {
                // 1988年05月04日 is a day, too.
                let may_stand_between = !c.is_alphanumeric() || matches!(c, '年' | '月' | '日');
                apart += 1;
                if apart > 1 || !may_stand_between {
                    in_a_row = 0;
                }
            }
            if in_a_row >= DATE_DIGITS {
                return true;
            }
        }
        false
    }
}

impl fmt::Debug for PasswordLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[password]")
    }
}

/// Whether a word is long enough for a password to be built on it: kanji and kana say more in fewer letters.
fn is_long_enough(word: &str) -> bool {
    word.chars().count() >= 4 || (word.chars().count() >= 2 && !word.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn names_birthdates_and_phone_numbers_are_found_however_they_are_written() {
        let today = date(2026, 11, 23);
        let own = OwnData::of(["山田 花子", "O'Brien Nguyễn"])
            .with_birthdate(Birthdate::on(date(1988, 5, 4), today).unwrap())
            .with_phone(&PhoneNumber::parse("090-1234-5678").unwrap());
        for text in [
            "xX9!山田zz",
            "NGUYEN-no-1x",
            "Tulip-19880504",
            "1988/05/04-Tulip",
            "Tulip 880504 x",
            "04.05.1988 Tulip",
            "Tulip1234-5678",
            "+81 90 1234 5678 Tulip",
            "Ｔｕｌｉｐ１９８８０５０４",
        ] {
            assert!(PasswordLetters::of(text).are_built_on(&own), "{text}");
        }
        for text in [
            "kogarashi7!Aki",
            "Tulip-1988-Meadow",
            "Tulip-5678-x",
            "🐙octopus-Garden-9",
        ] {
            assert!(!PasswordLetters::of(text).are_built_on(&own), "{text}");
        }
        assert!(!PasswordLetters::of("Tulip1!xx").are_built_on(&OwnData::default()));
    }

    #[test]
    fn a_number_that_may_be_a_birthdate_is_long_whosesoever_it_is() {
        for text in [
            "Tulip-19880504",
            "Tulip 880504 x",
            "04.05.1988 Tulip",
            "1988年05月04日-x",
            "Ｔｕｌｉｐ１９８８０５０４",
            "+81 90 1234 5678 Tulip",
        ] {
            assert!(PasswordLetters::of(text).hold_a_long_number(), "{text}");
        }
        for text in [
            "Tulip-1988-Meadow",
            "12345, tulip 67890",
            "1988--0504",
            "b7f3K9x2Q81m55",
            "🐙octopus-Garden-9",
        ] {
            assert!(!PasswordLetters::of(text).hold_a_long_number(), "{text}");
        }
    }
}
