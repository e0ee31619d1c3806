//! A table as CSV, in UTF-8 or in Shift_JIS.

use super::{Cell, Sheet, plain};
use domain::text::is_invisible;
use encoding_rs::SHIFT_JIS;
use unicode_normalization::char::compose;

/// What stands for a character that Shift_JIS does not have: the geta of Japanese printers.
const GETA: char = '〓';

/// A character that Shift_JIS does not have; told once for each cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwritable {
    /// The row: 0 is the header, 1 the first row below it.
    pub row: usize,
    /// The column, counted from 0.
    pub column: usize,
    /// The character as it stood in the cell.
    pub character: char,
}

/// A CSV file (RFC 4180) in UTF-8, with the byte order mark without which Excel does not take it for UTF-8. A text
/// that a spreadsheet could take for a formula gets an apostrophe in front.
pub fn to_csv_utf8(sheet: &Sheet) -> Vec<u8> {
    csv(sheet, '\u{FEFF}'.to_string(), |_, _, text| text.to_owned()).into_bytes()
}

/// The same in Shift_JIS (code page 932, no byte order mark), with what had to be written as 〓. Characters that
/// nobody sees are left out; of these, only variants of a kanji (葛󠄀 for 葛) are told, as the plain kanji is written.
pub fn to_csv_shift_jis(sheet: &Sheet) -> (Vec<u8>, Vec<Unwritable>) {
    let mut unwritable: Vec<Unwritable> = Vec::new();
    let text = csv(sheet, String::new(), |row, column, text| {
        writable(text, |character| {
            let found = Unwritable {
                row,
                column,
                character,
            };
            let here = |u: &&Unwritable| (u.row, u.column) == (row, column);
            if !unwritable.iter().rev().take_while(here).any(|u| *u == found) {
                unwritable.push(found);
            }
        })
    });
    (SHIFT_JIS.encode(&text).0.into_owned(), unwritable)
}

/// Appends the table to `out`; `spell` gives what is written for the text of a row and a column.
fn csv(
    sheet: &Sheet,
    mut out: String,
    mut spell: impl FnMut(usize, usize, &str) -> String,
) -> String {
    let columns = sheet.columns();
    for column in 0..columns {
        let name = sheet.header.get(column).map_or("", String::as_str);
        // Guarded as it will be read: what spelling leaves out must not hide the sign behind it.
        field(&mut out, column, &guarded(spell(0, column, name)));
    }
    out.push_str("\r\n");
    for (row, cells) in sheet.rows.iter().enumerate() {
        for column in 0..columns {
            let text = match cells.get(column) {
                Some(cell @ Cell::Number(..)) => plain(cell),
                Some(cell) => guarded(spell(row + 1, column, &plain(cell))),
                None => String::new(),
            };
            field(&mut out, column, &text);
        }
        out.push_str("\r\n");
    }
    out
}

fn field(out: &mut String, column: usize, text: &str) {
    // Excel takes a file that starts with ID for another format (SYLK) and refuses it.
    let odd = out.is_empty() && text.starts_with("ID");
    if column > 0 {
        out.push(',');
    }
    if odd || text.contains(['"', ',', '\r', '\n']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

/// The text with an apostrophe in front, where a spreadsheet could take it for a formula.
fn guarded(text: String) -> String {
    let unseen = |c: &char| c.is_whitespace() || c.is_control() || is_invisible(*c);
    let first = text.chars().find(|c| starts_formula(*c) || !unseen(c));
    if first.is_some_and(starts_formula) {
        format!("'{text}")
    } else {
        text
    }
}

/// The signs of OWASP's list. The minus sign U+2212 becomes the full-width one in Shift_JIS.
fn starts_formula(c: char) -> bool {
    matches!(
        c,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '\0' | '＝' | '＋' | '－' | '＠' | '\u{2212}'
    )
}

/// The text in characters of Shift_JIS; tells of each that had to give way.
fn writable(text: &str, mut give_way: impl FnMut(char)) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // が as か and a mark behind, as macOS writes it.
        if matches!(c, '\u{3099}' | '\u{309A}')
            && let Some(whole) = out.chars().next_back().and_then(|last| compose(last, c))
        {
            out.pop();
            out.push(whole);
            continue;
        }
        if is_invisible(c) {
            if matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}') {
                give_way(c);
            }
            continue;
        }
        let twin = twin(c);
        if SHIFT_JIS.encode(twin.encode_utf8(&mut [0; 4])).2 {
            give_way(c);
            out.push(GETA);
        } else {
            out.push(twin);
        }
    }
    out
}

/// Other systems read the same character of Shift_JIS as another one of Unicode than Windows does.
fn twin(c: char) -> char {
    match c {
        '\u{301C}' => '\u{FF5E}',
        '\u{2014}' => '\u{2015}',
        '\u{2016}' => '\u{2225}',
        '\u{2212}' => '\u{FF0D}',
        '\u{00A2}' => '\u{FFE0}',
        '\u{00A3}' => '\u{FFE1}',
        '\u{00AC}' => '\u{FFE2}',
        '\u{00A6}' => '\u{FFE4}',
        // The encoder would write a backslash and a tilde.
        '\u{00A5}' => '\u{FFE5}',
        '\u{203E}' => '\u{FFE3}',
        other => other,
    }
}

