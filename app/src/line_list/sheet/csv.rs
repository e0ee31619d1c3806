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
/// that a spreadsheet could take for a formula gets an apostrophe in front, and so does a part of one behind a semicolon or a
/// tab: where these part the cells, as in the spreadsheets of many countries, it is a cell of its own.
pub fn to_csv_utf8(sheet: &Sheet) -> Vec<u8> {
    whole(sheet, Encoding::Utf8).0
}

/// The same in Shift_JIS (code page 932, no byte order mark), with what had to be written as 〓. Characters that
/// nobody sees are left out; of these, only variants of a kanji (葛󠄀 for 葛) are told, as the plain kanji is written.
#[cfg(test)]
pub fn to_csv_shift_jis(sheet: &Sheet) -> (Vec<u8>, Vec<Unwritable>) {
    whole(sheet, Encoding::ShiftJis)
}

fn whole(sheet: &Sheet, encoding: Encoding) -> (Vec<u8>, Vec<Unwritable>) {
    let mut csv = Csv::new(encoding, sheet.columns());
    let mut unwritable = Vec::new();
    let mut out = csv.header(&sheet.header, &mut unwritable);
    for cells in &sheet.rows {
        out.extend(csv.row(cells, &mut unwritable));
    }
    (out, unwritable)
}

/// How the characters are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// UTF-8 with a byte order mark.
    Utf8,
    /// Shift_JIS, code page 932.
    ShiftJis,
}

/// A table that is written row by row, however long it is.
pub struct Csv {
    encoding: Encoding,
    columns: usize,
    rows: usize,
}

impl Csv {
    /// Begins a table with so many columns.
    pub fn new(encoding: Encoding, columns: usize) -> Csv {
        Csv {
            encoding,
            columns,
            rows: 0,
        }
    }

    /// The bytes of the header; what cannot be written is added to `lost`.
    pub fn header(&mut self, names: &[String], lost: &mut Vec<Unwritable>) -> Vec<u8> {
        let cells: Vec<Cell> = names.iter().cloned().map(Cell::Text).collect();
        self.row(&cells, lost)
    }

    /// The bytes of the next row; what cannot be written is added to `lost`.
    pub fn row(&mut self, cells: &[Cell], lost: &mut Vec<Unwritable>) -> Vec<u8> {
        let begins = self.rows == 0 && self.encoding == Encoding::Utf8;
        let mut out = if begins { "\u{FEFF}" } else { "" }.to_owned();
        for column in 0..self.columns {
            // Guarded as it will be read: what spelling leaves out must not hide the sign behind it.
            let text = match cells.get(column) {
                Some(cell @ Cell::Number(..)) => plain(cell),
                Some(cell) => guarded(self.spelt(column, plain(cell), lost)),
                None => String::new(),
            };
            // Excel takes a file that starts with ID for another format (SYLK) and refuses it.
            let odd = self.rows == 0 && out.is_empty() && text.starts_with("ID");
            field(&mut out, column, &text, odd);
        }
        out.push_str("\r\n");
        self.rows += 1;
        match self.encoding {
            Encoding::Utf8 => out.into_bytes(),
            Encoding::ShiftJis => SHIFT_JIS.encode(&out).0.into_owned(),
        }
    }

    fn spelt(&self, column: usize, text: String, lost: &mut Vec<Unwritable>) -> String {
        if self.encoding == Encoding::Utf8 {
            return text;
        }
        let row = self.rows;
        writable(&text, |character| {
            let found = Unwritable {
                row,
                column,
                character,
            };
            let here = |u: &&Unwritable| (u.row, u.column) == (row, column);
            if !lost.iter().rev().take_while(here).any(|u| *u == found) {
                lost.push(found);
            }
        })
    }
}

fn field(out: &mut String, column: usize, text: &str, odd: bool) {
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

/// What parts the cells elsewhere.
const PARTS: [char; 2] = [';', '\t'];

/// The text with an apostrophe in front, where a spreadsheet could take it for a formula, and in front of each part of it that
/// a spreadsheet could take for one.
fn guarded(text: String) -> String {
    if !text.contains(starts_formula) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 1);
    for (at, part) in text.split_inclusive(PARTS).enumerate() {
        let is_guarded = match at {
            0 => may_be_formula(&text),
            _ => may_be_formula(part.trim_end_matches(PARTS)),
        };
        if is_guarded {
            out.push('\'');
        }
        out.push_str(part);
    }
    out
}

/// Whether a formula begins where nothing stands before it that is seen.
fn may_be_formula(text: &str) -> bool {
    let unseen = |c: &char| c.is_whitespace() || c.is_control() || is_invisible(*c);
    let first = text.chars().find(|c| starts_formula(*c) || !unseen(c));
    first.is_some_and(starts_formula)
}

/// The text without the apostrophe in front, where it was put there so that no spreadsheet takes it for a formula: a list that was
/// exported comes in again.
pub(crate) fn unguarded(text: &str) -> &str {
    let rest = text.strip_prefix('\'');
    rest.filter(|rest| may_be_formula(rest)).unwrap_or(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_guarded_comes_in_as_it_was() {
        for text in [
            "+12025550123",
            "=1 Minato",
            " -x",
            "＠x",
            "O'Neill",
            "'quoted'",
            "'",
            "",
        ] {
            assert_eq!(unguarded(&guarded(text.to_owned())), text);
        }
    }

    use jiff::civil;
    use proptest::prelude::*;

    fn texts(header: &[&str], rows: &[&[&str]]) -> Sheet {
        let owned = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let cells = |row: &&[&str]| owned(row).into_iter().map(Cell::Text).collect();
        Sheet {
            title: "一覧".to_owned(),
            header: owned(header),
            rows: rows.iter().map(cells).collect(),
        }
    }

    /// The fields that a reader finds, the header's first.
    fn read(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes());
        let fields = |r: csv::StringRecord| r.iter().map(str::to_owned).collect();
        reader.records().map(|r| fields(r.unwrap())).collect()
    }

    #[test]
    fn a_line_list_opens_in_excel() {
        let mut sheet = texts(&["ID", "氏名", "電話"], &[]);
        sheet.rows = vec![
            vec![
                Cell::Day(civil::date(2026, 1, 5)),
                Cell::Text("髙﨑, \"花子\"\n２行目".to_owned()),
                Cell::Text("09012345678".to_owned()),
            ],
            vec![
                Cell::Moment(civil::datetime(2026, 1, 5, 8, 30, 0, 0)),
                Cell::Number(-36.65, 1),
            ],
            vec![Cell::Empty],
        ];
        let written = String::from_utf8(to_csv_utf8(&sheet)).unwrap();
        let rest = "氏名,電話\r\n2026-01-05,\"髙﨑, \"\"花子\"\"\n２行目\",09012345678\r\n\
                    2026-01-05 08:30:00,-36.6,\r\n,,\r\n";
        assert_eq!(written, format!("\u{FEFF}ID,{rest}"));
        // Without a byte order mark, a file must not start with the letters ID.
        let (written, unwritable) = to_csv_shift_jis(&sheet);
        let written = SHIFT_JIS.decode_without_bom_handling(&written).0;
        assert_eq!(written, format!("\"ID\",{rest}"));
        assert_eq!(unwritable, []);
    }

    #[test]
    fn what_people_typed_never_becomes_a_formula() {
        let odd = [
            "=1+1",
            "+81",
            "-5",
            "@a",
            "\tx",
            "\rx",
            "\0x",
            "＝1",
            "＋1",
            "－1",
            "＠1",
            "−1",
            " =1",
            "　=1",
            "\n=1",
            "\u{1}=1",
            "\u{200B}=1",
            "\u{FE0F}=1",
            "\u{FEFF}＝1",
            " \tx",
            "=\"a\",b",
        ];
        for text in odd {
            let sheet = texts(&[text], &[&[text]]);
            let utf8 = String::from_utf8(to_csv_utf8(&sheet)).unwrap();
            let utf8 = read(utf8.strip_prefix('\u{FEFF}').unwrap());
            assert_eq!(utf8, vec![vec![format!("'{text}")]; 2], "{text:?}");
            let (bytes, _) = to_csv_shift_jis(&sheet);
            let (decoded, _, bad) = SHIFT_JIS.decode(&bytes);
            assert!(!bad);
            for row in read(&decoded) {
                assert!(row[0].starts_with('\''), "{text:?}");
            }
        }
        let plain = [
            "", "a=1", "1-2", "'=1", "花子", " x", "ー", "~", "a;b=1", ";", "a\t\tb",
        ];
        for text in plain {
            let sheet = texts(&["h"], &[&[text, "end"]]);
            let written = String::from_utf8(to_csv_utf8(&sheet)).unwrap();
            assert!(written.ends_with(&format!("{text},end\r\n")), "{text:?}");
        }
    }

    #[test]
    fn nothing_becomes_a_formula_where_a_semicolon_or_a_tab_parts_the_cells() {
        for (text, guarded) in [
            (";=1", ";'=1"),
            ("ギ;=1;+2", "ギ;'=1;'+2"),
            ("a; ＝1", "a;' ＝1"),
            ("a\t@b", "a\t'@b"),
            ("a;\u{200B}-1", "a;'\u{200B}-1"),
            ("=1;=2", "'=1;'=2"),
            ("\tx;-", "'\tx;'-"),
        ] {
            let sheet = texts(&["h"], &[&["5609190", text]]);
            let written = String::from_utf8(to_csv_utf8(&sheet)).unwrap();
            let line = format!("5609190,{guarded}\r\n");
            assert!(written.ends_with(&line), "{text:?}: {written:?}");
        }
    }

    #[test]
    fn what_shift_jis_does_not_have_is_told_by_its_place() {
        let sheet = texts(
            &["名", "é"],
            &[&["髙﨑①", "𠮷野😀😀"], &["葛\u{E0100}城\u{200B}"]],
        );
        let (bytes, unwritable) = to_csv_shift_jis(&sheet);
        assert_eq!(
            SHIFT_JIS.decode(&bytes).0,
            "名,〓\r\n髙﨑①,〓野〓〓\r\n葛城,\r\n"
        );
        let told: Vec<_> = unwritable
            .iter()
            .map(|u| (u.row, u.column, u.character))
            .collect();
        let expected = [(0, 1, 'é'), (1, 1, '𠮷'), (1, 1, '😀'), (2, 0, '\u{E0100}')];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_a_mac_writes_another_way_is_the_same_in_shift_jis() {
        let sheet = texts(&["10〜20—か\u{3099}ハ\u{309A}¥‾"], &[]);
        let (bytes, unwritable) = to_csv_shift_jis(&sheet);
        assert_eq!(
            SHIFT_JIS.decode(&bytes).0,
            "10\u{FF5E}20\u{2015}がパ￥￣\r\n"
        );
        assert_eq!(unwritable, []);
        assert_eq!(bytes[2..4], [0x81, 0x60]);
    }

    proptest! {
        #[test]
        fn every_text_reads_back(
            rows in proptest::collection::vec(proptest::collection::vec(any::<String>(), 2), 1..5)
        ) {
            let cells = |row: &Vec<String>| row.iter().cloned().map(Cell::Text).collect();
            let sheet = Sheet {
                title: String::new(),
                header: vec!["a".to_owned(), "b".to_owned()],
                rows: rows.iter().map(cells).collect(),
            };
            let written = String::from_utf8(to_csv_utf8(&sheet)).unwrap();
            let found = read(written.strip_prefix('\u{FEFF}').unwrap());
            prop_assert_eq!(found.len(), rows.len() + 1);
            for (row, typed) in found.iter().skip(1).zip(&rows) {
                for (field, typed) in row.iter().zip(typed) {
                    prop_assert_eq!(field.replace('\'', ""), typed.replace('\'', ""));
                    prop_assert!(!field.starts_with(starts_formula));
                    for part in field.split(PARTS) {
                        prop_assert!(!may_be_formula(part), "{}", field);
                    }
                }
            }
            let (bytes, _) = to_csv_shift_jis(&sheet);
            prop_assert!(!SHIFT_JIS.decode(&bytes).2);
        }
    }
}
