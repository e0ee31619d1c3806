//! How long a text message is, as the networks count. Who sends more than the network takes has the rest cut off, and
//! with it perhaps the link.
//!
//! Source: the API manual of a Japanese aggregator (media-sms.net): with one character of two bytes a message has at
//! most 70 characters, counted in Shift_JIS as 140 bytes, where a line break counts 2; a long message has 670, with some
//! carriers 660. Networks elsewhere count UTF-16 units: a message in UCS-2 is 140 octets (3GPP TS 23.038).
//! Both are counted here; the 160 characters of a message in the GSM alphabet are not relied on.

use encoding_rs::SHIFT_JIS;

/// The most UTF-16 units of a message.
pub const MOST_UNITS: usize = 70;
/// The most bytes of a message in Shift_JIS.
pub const MOST_SHIFT_JIS_BYTES: usize = 140;

/// How long a text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// UTF-16 units: an emoji counts 2.
    pub utf16_units: usize,
    /// Bytes in Shift_JIS (code page 932), where a line break, LF or CR LF, counts 2. `None` where Shift_JIS does not
    /// have a character.
    pub shift_jis_bytes: Option<usize>,
}

/// What a message may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The most UTF-16 units.
    pub units: usize,
    /// The most bytes in Shift_JIS.
    pub bytes: usize,
}

impl Limits {
    /// One message.
    pub const ONE: Limits = Limits {
        units: MOST_UNITS,
        bytes: MOST_SHIFT_JIS_BYTES,
    };
    /// A long message, where the contract with the carriers has it. Some carriers take no more than 660 characters.
    pub const LONG: Limits = Limits {
        units: 670,
        bytes: 1_340,
    };
}

/// Why a text cannot be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SmsTextProblem {
    /// Nothing is in it, or only white space.
    Empty,
    /// A control character other than a line break, such as a tab.
    ControlCharacter,
    /// Too many UTF-16 units.
    TooLong {
        /// So many it has.
        units: usize,
        /// So many it may have.
        most: usize,
    },
    /// Too many bytes in Shift_JIS.
    TooLongInShiftJis {
        /// So many it has.
        bytes: usize,
        /// So many it may have.
        most: usize,
    },
}

/// Counts a text as the networks do.
pub fn count(text: &str) -> Counted {
    // The signs that Unix and Windows write with different characters; networks take either for the same.
    let windows: String = text
        .chars()
        .map(|c| match c {
            '\u{301C}' => '\u{FF5E}',
            '\u{2212}' => '\u{FF0D}',
            '\u{2014}' => '\u{2015}',
            other => other,
        })
        .collect();
    let (bytes, _, has_others) = SHIFT_JIS.encode(&windows);
    // CR LF has its two bytes already.
    let lone_breaks = text.matches('\n').count() - text.matches("\r\n").count();
    Counted {
        utf16_units: text.encode_utf16().count(),
        shift_jis_bytes: (!has_others).then(|| bytes.len() + lone_breaks),
    }
}

/// Whether a text can be sent as one message.
///
/// # Errors
/// See [`check_within`].
pub fn check(text: &str) -> Result<(), SmsTextProblem> {
    check_within(text, Limits::ONE)
}

/// Whether a text can be sent within limits. A text that Shift_JIS cannot write travels in UTF-16, so that only the units
/// count.
///
/// # Errors
/// [`SmsTextProblem`], the first in its order that holds.
pub fn check_within(text: &str, limits: Limits) -> Result<(), SmsTextProblem> {
    if text.trim().is_empty() {
        return Err(SmsTextProblem::Empty);
    }
    // Browsers send a line break as CR LF; CR alone is none.
    if text
        .replace("\r\n", "\n")
        .chars()
        .any(|c| c.is_control() && c != '\n')
    {
        return Err(SmsTextProblem::ControlCharacter);
    }
    let counted = count(text);
    if counted.utf16_units > limits.units {
        return Err(SmsTextProblem::TooLong {
            units: counted.utf16_units,
            most: limits.units,
        });
    }
    match counted.shift_jis_bytes {
        Some(bytes) if bytes > limits.bytes => Err(SmsTextProblem::TooLongInShiftJis {
            bytes,
            most: limits.bytes,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_counted_as_networks_count() {
        #[rustfmt::skip]
        let table = [
            ("",                       0,  Some(0)),
            ("HER-SYS",                7,  Some(7)),
            ("健康状態を入力",          7,  Some(14)),
            ("ｹﾝｺｳ",                   4,  Some(4)),
            ("一\n二",                  3,  Some(6)),
            ("一\r\n二",                4,  Some(6)),
            ("山﨑",                    2,  Some(4)),
            ("10〜12時",                6,  Some(8)),
            ("𠮷田",                    3,  None),
            ("😷",                      2,  None),
            ("Nguyễn",                 6,  None),
        ];
        for (text, utf16_units, shift_jis_bytes) in table {
            let expected = Counted {
                utf16_units,
                shift_jis_bytes,
            };
            assert_eq!(count(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_would_be_cut_off_is_refused() {
        let too_long = |units, most| Err(SmsTextProblem::TooLong { units, most });
        assert_eq!(check(&"あ".repeat(70)), Ok(()));
        assert_eq!(check(&"あ".repeat(71)), too_long(71, 70));
        assert_eq!(check(&"a".repeat(71)), too_long(71, 70));
        assert_eq!(check(&"😷".repeat(35)), Ok(()));
        assert_eq!(check(&"😷".repeat(36)), too_long(72, 70));
        let long = "あ".repeat(670);
        assert_eq!(check(&long), too_long(670, 70));
        assert_eq!(check_within(&long, Limits::LONG), Ok(()));
        let longer = format!("{long}a");
        assert_eq!(check_within(&longer, Limits::LONG), too_long(671, 670));
        let by_bytes = Limits {
            units: 70,
            bytes: 100,
        };
        assert_eq!(
            check_within(&"あ\n".repeat(26), by_bytes),
            Err(SmsTextProblem::TooLongInShiftJis {
                bytes: 104,
                most: 100
            })
        );
        // Not in Shift_JIS at all: only the units count.
        assert_eq!(check_within(&"ễ".repeat(70), by_bytes), Ok(()));
    }

    #[test]
    fn nothing_and_control_characters_are_refused() {
        for text in ["", "  ", "\r\n", "\u{3000}"] {
            assert_eq!(check(text), Err(SmsTextProblem::Empty), "{text:?}");
        }
        for text in ["a\tb", "a\0", "a\u{7F}", "a\rb", "a\u{85}b"] {
            assert_eq!(
                check(text),
                Err(SmsTextProblem::ControlCharacter),
                "{text:?}"
            );
        }
        assert_eq!(check("一\n二\r\n三"), Ok(()));
    }

    proptest! {
        #[test]
        fn a_message_by_units_is_one_by_bytes(text in "\\PC{1,70}") {
            // Every character of Shift_JIS is one unit and at most two bytes.
            let counted = count(&text);
            prop_assert!(counted.shift_jis_bytes.is_none_or(|bytes| bytes <= 2 * counted.utf16_units));
        }
    }
}
