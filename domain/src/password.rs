//! Passwords: the guide's rule, and a look whether somebody would guess it.

mod own_data;

pub use own_data::{OwnData, PasswordLetters};

use std::fmt;
use unicode_normalization::UnicodeNormalization;
use zxcvbn::Score;

/// The fewest characters. Source: users' guide, step 6.
const SHORTEST: usize = 8;
/// The most characters, only to bound the work of hashing.
const LONGEST: usize = 1_000;
/// Of lowercase letter, uppercase letter, number and symbol. Source: users' guide, step 6.
const CLASSES: usize = 3;
/// Words that everybody who attacks this service tries.
const OUR_WORDS: &[&str] = &[
    "hersys",
    "her-sys",
    "my her-sys",
    "myhersys",
    "korona",
    "corona",
    "covid",
];

/// Which parts of the rule a text meets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Classes {
    /// At least 8 characters.
    pub long_enough: bool,
    /// A lowercase letter.
    pub lower: bool,
    /// An uppercase letter.
    pub upper: bool,
    /// A number.
    pub number: bool,
    /// A symbol: anything else, also a letter of a script without case.
    pub symbol: bool,
}

/// Which parts of the rule a text meets.
pub fn classes(text: &str) -> Classes {
    let mut classes = Classes::default();
    let mut length = 0;
    for c in text.nfkc() {
        length += 1;
        if c.is_lowercase() {
            classes.lower = true;
        } else if c.is_uppercase() {
            classes.upper = true;
        } else if c.is_numeric() {
            classes.number = true;
        } else {
            classes.symbol = true;
        }
    }
    classes.long_enough = length >= SHORTEST;
    classes
}

/// Why a password will not do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PasswordProblem {
    /// Nothing is typed.
    Empty,
    /// Fewer than 8 characters.
    TooShort,
    /// More than 1,000 characters.
    TooLong,
    /// Fewer than three of the four kinds of characters.
    TooFewClasses,
    /// One that is tried first by whoever guesses.
    Common,
    /// It is built on the person's own name, address, birthdate or phone number.
    LikeOwnData,
    /// It holds a number that may be a birthdate or a phone number, where nobody is told whose ([`OwnData::of_strangers`]).
    LongNumber,
}

/// A password that somebody typed. It is never printed.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// A password to compare with a stored one; no rule applies.
    pub fn parse_unchecked(text: &str) -> Password {
        // Keyboards compose letters differently; what is hashed must not depend on it.
        Password(text.nfkc().take(LONGEST).collect())
    }

    /// The same without the space around it; `None` where there is none.
    pub fn without_space_around(&self) -> Option<Password> {
        let trimmed = self.0.trim();
        (trimmed.len() < self.0.len() && !trimmed.is_empty()).then(|| Password(trimmed.to_owned()))
    }

    /// What is hashed.
    pub fn for_hashing(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[password]")
    }
}

/// Checks a new password. One that is built on `own` will not do. The space around it, which keyboards of phones add and nobody
/// sees, is left out.
///
/// # Errors
/// All problems at once, the simplest first.
pub fn check(text: &str, own: &OwnData) -> Result<Password, Vec<PasswordProblem>> {
    let mut problems = Vec::new();
    let text = text.trim();
    let plain: String = text.nfkc().collect();
    let length = plain.chars().count();
    if length == 0 {
        return Err(vec![PasswordProblem::Empty]);
    }
    if length > LONGEST {
        return Err(vec![PasswordProblem::TooLong]);
    }
    let met = classes(text);
    if !met.long_enough {
        problems.push(PasswordProblem::TooShort);
    }
    let kinds = [met.lower, met.upper, met.number, met.symbol];
    if kinds.iter().filter(|is| **is).count() < CLASSES {
        problems.push(PasswordProblem::TooFewClasses);
    }
    if problems.is_empty() {
        let letters = PasswordLetters::of(text);
        let user_inputs: Vec<&str> = own.words().chain(OUR_WORDS.iter().copied()).collect();
        let low = plain.to_lowercase();
        // A score of 0 or 1: fewer than a million guesses.
        let ours = low.replace(['-', '_', ' ', '.'], "").contains("hersys");
        let guessable = ours || zxcvbn::zxcvbn(&plain, &user_inputs).score() <= Score::One;
        if letters.are_built_on(own) {
            problems.push(PasswordProblem::LikeOwnData);
        } else if own.may_hold_no_long_number() && letters.hold_a_long_number() {
            problems.push(PasswordProblem::LongNumber);
        } else if guessable {
            problems.push(PasswordProblem::Common);
        }
    }
    if problems.is_empty() {
        Ok(Password::parse_unchecked(text))
    } else {
        Err(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::PasswordProblem as P;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_guides_rule_holds() {
        for (text, problems) in [
            ("", vec![P::Empty]),
            ("aB3!", vec![P::TooShort]),
            ("abcdefgh", vec![P::TooFewClasses]),
            ("lowercase9", vec![P::TooFewClasses]),
            ("abc", vec![P::TooShort, P::TooFewClasses]),
            ("Password1!", vec![P::Common]),
            ("P@ssw0rd", vec![P::Common]),
            ("Abcdef12", vec![P::Common]),
            ("Hersys2026!", vec![P::Common]),
            ("Hanako-no-1!x", vec![P::LikeOwnData]),
            ("Yamada/1980", vec![P::LikeOwnData]),
        ] {
            let own = OwnData::of(["hanako.yamada@example.org", "山田 花子"]);
            assert_eq!(check(text, &own).err(), Some(problems), "{text}");
        }
        for text in ["すずきゆみXx1", "ｽｽﾞｷYumi1x", "Suzuki-no-1x", "JOSÉ-no-1xy"] {
            let own = OwnData::of(["スズキ ユミ", "SUZUKI", "Jose Maria"]);
            assert_eq!(
                check(text, &own).err(),
                Some(vec![P::LikeOwnData]),
                "{text}"
            );
        }
        for text in [
            "tulip-Meadow-42",
            "Blau3Kiefern",
            "kogarashi7!Aki",
            "雨ニモマケズ風ニモ1a",
            "ｔｕｌｉｐ－Ｍｅａｄｏｗ－４２",
            "tulip Meadow 42",
            "🐙octopus-Garden-9",
            "zażółć-Gęślą-7",
        ] {
            let own = OwnData::of(["hanako@example.org"]);
            assert!(check(text, &own).is_ok(), "{text}");
        }
        assert!(
            check(
                &"tulip Meadow 42, kogarashi over Blau3Kiefern; ".repeat(4),
                &OwnData::default()
            )
            .is_ok(),
            "a long sentence is fine"
        );
        assert_eq!(
            check(&"xK9!".repeat(400), &OwnData::default()).err(),
            Some(vec![P::TooLong])
        );
    }

    #[test]
    fn a_stranger_learns_no_number_from_a_refusal() {
        let own = || OwnData::of(["Yamada Hanako"]);
        for text in ["Meadow-Tulip-19880504", "Meadow-Tulip-19770203"] {
            assert!(check(text, &own()).is_ok(), "{text}");
            assert_eq!(
                check(text, &own().of_strangers()).err(),
                Some(vec![P::LongNumber]),
                "{text}"
            );
        }
        assert!(check("tulip-Meadow-42", &own().of_strangers()).is_ok());
    }

    #[test]
    fn keyboards_may_compose_differently() {
        let composed = Password::parse_unchecked("zażółć");
        let decomposed: String = "zażółć".nfd().collect();
        assert_eq!(
            composed.for_hashing(),
            Password::parse_unchecked(&decomposed).for_hashing()
        );
    }

    #[test]
    fn the_space_around_a_new_password_is_left_out() {
        let own = OwnData::default();
        for text in [
            "Blau3Kiefern ",
            "\u{3000}Blau3Kiefern\u{A0}",
            "Blau3Kiefern",
        ] {
            let checked = check(text, &own).unwrap();
            assert_eq!(checked.for_hashing(), "Blau3Kiefern");
        }
        assert_eq!(check(" \u{3000}", &own).err(), Some(vec![P::Empty]));
        let of = |text: &str| Password::parse_unchecked(text).without_space_around();
        let trimmed = of("Blau3 Kiefern\u{3000}").map(|one| one.for_hashing().to_owned());
        assert_eq!(trimmed.as_deref(), Some("Blau3 Kiefern"));
        assert!(of("Blau3Kiefern").is_none() && of("  ").is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            let _ = check(&text, &OwnData::of(["hanako@example.org"]));
        }
    }
}
