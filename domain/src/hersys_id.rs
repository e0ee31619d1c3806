//! The HER-SYS ID: the number that a health center gives a case and prints on a brochure. It names a case; it proves
//! nothing.

use crate::text::{fold_width, is_dash};
use std::fmt;

/// The allowed numbers of digits. Users' guide: 6 or 7; by September 2022 real IDs had grown to 8.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HersysIdLengths(Vec<u8>);

impl HersysIdLengths {
    /// Reads `6,7`: one or more numbers from 4 to 12, separated by commas.
    pub fn parse(text: &str) -> Option<HersysIdLengths> {
        let mut lengths = fold_width(text)
            .split(',')
            .map(|part| part.trim().parse().ok().filter(|n| (4..=12).contains(n)))
            .collect::<Option<Vec<u8>>>()?;
        lengths.sort_unstable();
        lengths.dedup();
        Some(HersysIdLengths(lengths))
    }

    /// Whether a number of digits is allowed.
    pub fn contains(&self, length: usize) -> bool {
        self.0.iter().any(|n| usize::from(*n) == length)
    }

    /// All allowed numbers of digits, the shortest first.
    pub fn all(&self) -> &[u8] {
        &self.0
    }

    /// The longest allowed number of digits: what new IDs have, because longer ones are harder to guess.
    pub fn longest(&self) -> u8 {
        self.0.last().copied().unwrap_or(7)
    }
}

impl Default for HersysIdLengths {
    fn default() -> Self {
        HersysIdLengths(vec![6, 7])
    }
}

impl fmt::Display for HersysIdLengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u8::to_string).collect();
        f.write_str(&parts.join(","))
    }
}

/// Why a text is not a HER-SYS ID.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HersysIdError {
    /// Nothing is typed.
    Empty,
    /// Something other than digits is in it.
    NotDigits,
    /// Digits, but not as many as an ID has.
    WrongLength,
}

/// A HER-SYS ID.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HersysId(String);

impl HersysId {
    /// Reads an ID; any width, spaces and hyphens are understood, and the words that stand before it on a brochure.
    pub fn parse(text: &str, lengths: &HersysIdLengths) -> Result<HersysId, HersysIdError> {
        let folded = fold_width(text);
        let plain: String = without_label(&folded)
            .chars()
            .filter(|c| !c.is_whitespace() && !is_dash(*c))
            .collect();
        if plain.is_empty() {
            Err(HersysIdError::Empty)
        } else if !plain.bytes().all(|b| b.is_ascii_digit()) {
            Err(HersysIdError::NotDigits)
        } else if !lengths.contains(plain.len()) {
            Err(HersysIdError::WrongLength)
        } else {
            Ok(HersysId(plain))
        }
    }

    /// An ID out of randomness: any number of this many digits (4 to 12) without a leading zero, each as likely as any
    /// other. `None` where the random number falls into the small rest that would make some likelier; draw again.
    pub fn from_random(length: u8, random: u64) -> Option<HersysId> {
        let low = 10u64.pow(u32::from(length.clamp(4, 12)) - 1);
        let count = low * 9;
        let even = u64::MAX - u64::MAX % count;
        (random < even).then(|| HersysId((low + random % count).to_string()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is copied along with an ID: `HER-SYS ID: 1234567`, `No. 1234567`, `1234567.`
fn without_label(text: &str) -> &str {
    const WORDS: &[&str] = &["her-sys", "hersys", "id", "no", "number", "番号"];
    let mut rest = text.trim();
    loop {
        let next = rest.trim_start_matches([':', '.', '#', '№']).trim_start();
        let word = WORDS.iter().find_map(|word| {
            let begin = next.get(..word.len())?;
            begin
                .eq_ignore_ascii_case(word)
                .then(|| next.get(word.len()..))?
        });
        match word {
            Some(behind) => rest = behind.trim_start(),
            None => return next.trim_end_matches(['.', '。']).trim_end(),
        }
    }
}

impl fmt::Debug for HersysId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[HER-SYS ID]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_are_read_as_people_write_them() {
        let lengths = HersysIdLengths::default();
        for text in [
            "1234567",
            "１２３４５６７",
            " 123 4567",
            "123-4567",
            "12３-４567",
            "HER-SYS ID: 1234567",
            "ＨＥＲ－ＳＹＳ　ＩＤ：１２３４５６７",
            "HERSYS ID 1234567",
            "ID番号 1234567",
            "No.1234567",
            "1234567.",
        ] {
            assert_eq!(HersysId::parse(text, &lengths).unwrap().as_str(), "1234567");
        }
        assert_eq!(HersysId::parse("  ", &lengths), Err(HersysIdError::Empty));
        assert_eq!(HersysId::parse("ID:", &lengths), Err(HersysIdError::Empty));
        assert_eq!(
            HersysId::parse("12345a", &lengths),
            Err(HersysIdError::NotDigits)
        );
        assert_eq!(
            HersysId::parse("12345", &lengths),
            Err(HersysIdError::WrongLength)
        );
        let grown = HersysIdLengths::parse("6,7,8").unwrap();
        assert!(HersysId::parse("12345678", &grown).is_ok());
        assert_eq!(HersysIdLengths::parse("6,x"), None);
        assert_eq!(HersysIdLengths::parse("99"), None);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            let lengths = HersysIdLengths::default();
            if let Ok(id) = HersysId::parse(&text, &lengths) {
                prop_assert_eq!(HersysId::parse(id.as_str(), &lengths), Ok(id.clone()));
            }
        }

        #[test]
        fn random_ids_are_ids(random: u64, length in 6u8..=8) {
            let lengths = HersysIdLengths::parse("6,7,8").unwrap();
            if let Some(id) = HersysId::from_random(length, random) {
                prop_assert_eq!(id.as_str().len(), usize::from(length));
                prop_assert!(HersysId::parse(id.as_str(), &lengths).is_ok());
            }
        }
    }
}
