//! Passwords: the guide's rule, and a look whether somebody would guess it.

use crate::name::NameKeys;
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
    /// It is built on the person's own name or address.
    LikeOwnData,
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

/// Checks a new password. `own` holds the person's names and address: a password built on them will not do.
///
/// # Errors
/// All problems at once, the simplest first.
pub fn check(text: &str, own: &[&str]) -> Result<Password, Vec<PasswordProblem>> {
    let mut problems = Vec::new();
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
        let low = plain.to_lowercase();
        let words: Vec<String> = own_words(own);
        // Also by the spellings in which names meet: すずきゆみ is built on スズキ ユミ.
        let folded = NameKeys::of(&plain).joined;
        let built_on_own = words.iter().any(|word| {
            let key = NameKeys::of(word).joined;
            low.contains(word.as_str()) || (is_long_enough(&key) && folded.contains(&key))
        });
        let user_inputs: Vec<&str> = words
            .iter()
            .map(String::as_str)
            .chain(OUR_WORDS.iter().copied())
            .collect();
        // A score of 0 or 1: fewer than a million guesses.
        let ours = low.replace(['-', '_', ' ', '.'], "").contains("hersys");
        let guessable = ours || zxcvbn::zxcvbn(&plain, &user_inputs).score() <= Score::One;
        if built_on_own {
            problems.push(PasswordProblem::LikeOwnData);
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

/// Whether a word is long enough for a password to be built on it: kanji and kana say more in fewer letters.
fn is_long_enough(word: &str) -> bool {
    word.chars().count() >= 4 || (word.chars().count() >= 2 && !word.is_ascii())
}

/// The words of names and addresses that are long enough to build on: the whole, and the parts between signs.
fn own_words(own: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = own
        .iter()
        .flat_map(|text| {
            let low = crate::text::fold_width(text).to_lowercase();
            let local = low.split('@').next().unwrap_or("").to_owned();
            local
                .split(|c: char| !c.is_alphanumeric())
                .map(str::to_owned)
                .chain([low.clone(), local.clone()])
                .collect::<Vec<_>>()
        })
        .filter(|word| is_long_enough(word))
        .collect();
    words.sort_unstable();
    words.dedup();
    words
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
            let own = ["hanako.yamada@example.org", "山田 花子"];
            assert_eq!(check(text, &own).err(), Some(problems), "{text}");
        }
        for text in ["すずきゆみXx1", "ｽｽﾞｷYumi1x", "Suzuki-no-1x", "JOSÉ-no-1xy"] {
            let own = ["スズキ ユミ", "SUZUKI", "Jose Maria"];
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
            assert!(check(text, &["hanako@example.org"]).is_ok(), "{text}");
        }
        assert!(
            check(
                &"tulip Meadow 42, kogarashi over Blau3Kiefern; ".repeat(4),
                &[]
            )
            .is_ok(),
            "a long sentence is fine"
        );
        assert_eq!(
            check(&"xK9!".repeat(400), &[]).err(),
            Some(vec![P::TooLong])
        );
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            let _ = check(&text, &["hanako@example.org"]);
        }
    }
}
