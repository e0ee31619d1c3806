//! The certificate of isolation (療養証明書): its code, and from when until when somebody isolated.

use crate::text::{fold_width, is_dash};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The letters of a code: Crockford's, without those that are taken for a digit or make words.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many there are: sixty bits, of which nobody guesses one with the birthdate that belongs to it.
pub const CODE_LENGTH: usize = 12;
/// How they are written: in groups, to be read out by phone.
const GROUP: usize = 4;

/// Why what was typed is no code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeError {
    /// Nothing is typed.
    Empty,
    /// It has other signs than a code, or not as many.
    NotACode,
}

/// The code of a certificate, which says nothing about anybody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CertificateCode(String);

impl CertificateCode {
    /// A code of random bytes.
    pub fn of(random: [u8; CODE_LENGTH]) -> CertificateCode {
        let letter = |byte: u8| char::from(LETTERS[usize::from(byte % 32)]);
        CertificateCode(random.into_iter().map(letter).collect())
    }

    /// Reads a code as people type it: in any width and case, with or without the dashes; O is a zero, I and L a one.
    ///
    /// # Errors
    /// See [`CodeError`].
    pub fn parse(text: &str) -> Result<CertificateCode, CodeError> {
        let plain: String = fold_width(text)
            .chars()
            .filter(|c| !c.is_whitespace() && !is_dash(*c))
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            })
            .collect();
        let is_letter = |byte: u8| LETTERS.contains(&byte);
        match plain.len() {
            0 => Err(CodeError::Empty),
            CODE_LENGTH if plain.bytes().all(is_letter) => Ok(CertificateCode(plain)),
            _ => Err(CodeError::NotACode),
        }
    }

    /// The code without its dashes.
    pub fn plain(&self) -> &str {
        &self.0
    }

    /// The code as it is printed: `4F7K-92QX-M3TB`.
    pub fn printed(&self) -> String {
        let groups: Vec<&str> = (0..CODE_LENGTH)
            .step_by(GROUP)
            .filter_map(|at| self.0.get(at..at + GROUP))
            .collect();
        groups.join("-")
    }
}

impl fmt::Debug for CertificateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[code of a certificate]")
    }
}

impl TryFrom<String> for CertificateCode {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        CertificateCode::parse(&text).map_err(|_| "this is no code of a certificate")
    }
}

impl From<CertificateCode> for String {
    fn from(code: CertificateCode) -> String {
        code.0
    }
}

/// How an isolation ended, or that it goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "end")]
pub enum IsolationEnd {
    /// Nobody was released: the last day is not decided.
    GoesOn {
        /// The day on which that was so.
        as_of: Date,
    },
    /// The center released the person.
    Over {
        /// The last day of isolation.
        last_day: Date,
        /// The day on which it was decided.
        released_on: Date,
    },
    /// The center ended the follow-up without a release.
    FollowUpEnded {
        /// The day on which it was noted.
        on: Date,
    },
}

impl IsolationEnd {
    /// The end by a release on a day. The last day is the one of the calculation that the decision was made with, also where
    /// somebody decided days later; whoever was released before it, or without one, isolated until the decision. Nobody
    /// isolated before the first day.
    pub fn by_release(calculated: Option<Date>, released_on: Date, first_day: Date) -> Self {
        let last_day = calculated.map_or(released_on, |last| last.min(released_on));
        IsolationEnd::Over {
            last_day: last_day.max(first_day),
            released_on,
        }
    }

    /// Whether a paper that says this is right still where the other stands now: that an isolation goes on is right
    /// as long as it does.
    pub fn still_says(self, now: IsolationEnd) -> bool {
        self == now
            || matches!(
                (self, now),
                (IsolationEnd::GoesOn { .. }, IsolationEnd::GoesOn { .. })
            )
    }

    /// Whether both may be one decision by two clocks: the same end, whose days lie no more than one apart.
    pub fn is_by_another_clock(self, now: IsolationEnd) -> bool {
        let is_beside = |one: Date, other: Date| (one - other).get_days().abs() <= 1;
        match (self, now) {
            (
                IsolationEnd::Over {
                    last_day,
                    released_on,
                },
                IsolationEnd::Over {
                    last_day: last,
                    released_on: released,
                },
            ) => is_beside(last_day, last) && is_beside(released_on, released),
            (IsolationEnd::FollowUpEnded { on }, IsolationEnd::FollowUpEnded { on: now }) => {
                is_beside(on, now)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: &str) -> Date {
        format!("2026-11-{day}").parse().unwrap()
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = CertificateCode::of([4, 15, 7, 18, 9, 2, 22, 28, 0, 1, 31, 10]);
        assert_eq!(code.printed(), "4F7J-92PW-01ZA");
        for typed in [
            "4F7J-92PW-01ZA",
            "4f7j 92pw oiza",
            "４Ｆ７Ｊー９２ＰＷ—OLZA",
            "4F7J92PW01ZA",
        ] {
            assert_eq!(CertificateCode::parse(typed).as_ref(), Ok(&code), "{typed}");
        }
        assert_eq!(CertificateCode::parse(" - ").err(), Some(CodeError::Empty));
        for wrong in [
            "4F7J-92PW-01Z",
            "4F7J-92PW-01ZAA",
            "4F7J-92PW-01ZU",
            "コード",
        ] {
            let read = CertificateCode::parse(wrong);
            assert_eq!(read.err(), Some(CodeError::NotACode), "{wrong}");
        }
    }

    #[test]
    fn the_last_day_is_that_of_the_decision() {
        #[rustfmt::skip]
        let table = [
            // calculated, released on, first day; last day
            ("the day after",             Some("25"), "26", "20", "25"),
            ("days later",                Some("25"), "29", "20", "25"),
            ("on the last day",           Some("25"), "25", "20", "25"),
            ("before it",                 Some("25"), "23", "20", "23"),
            ("extended",                  Some("28"), "29", "20", "28"),
            ("without a calculation",     None,       "24", "20", "24"),
            ("diagnosed when it was over", Some("18"), "21", "20", "20"),
        ];
        for (name, calculated, released, first, last) in table {
            let end = IsolationEnd::by_release(calculated.map(on), on(released), on(first));
            let wanted = IsolationEnd::Over {
                last_day: on(last),
                released_on: on(released),
            };
            assert_eq!(end, wanted, "{name}");
        }
        let goes_on = |day| IsolationEnd::GoesOn { as_of: on(day) };
        assert!(goes_on("20").still_says(goes_on("22")));
        let over = IsolationEnd::by_release(None, on("24"), on("20"));
        assert!(!goes_on("20").still_says(over) && over.still_says(over));
    }

    #[test]
    fn by_another_clock_a_decision_lies_a_day_apart_at_most() {
        let over = |last: &str, released: &str| IsolationEnd::Over {
            last_day: on(last),
            released_on: on(released),
        };
        let ended = |day: &str| IsolationEnd::FollowUpEnded { on: on(day) };
        let goes_on = IsolationEnd::GoesOn { as_of: on("27") };
        for (one, other, may_be) in [
            (over("25", "27"), over("25", "26"), true),
            (over("27", "27"), over("26", "26"), true),
            (over("25", "27"), over("25", "25"), false),
            (over("23", "27"), over("25", "27"), false),
            (ended("27"), ended("28"), true),
            (ended("27"), ended("29"), false),
            (ended("27"), over("27", "27"), false),
            (goes_on, over("27", "27"), false),
        ] {
            assert_eq!(one.is_by_another_clock(other), may_be, "{one:?} {other:?}");
            assert_eq!(other.is_by_another_clock(one), may_be, "{other:?} {one:?}");
        }
    }
}
