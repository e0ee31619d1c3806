//! A file of cases as a table: its encoding, its columns in whichever order, its rows one after the other. A workbook is made
//! such a table first. What stands in the fields is not judged here.

use super::columns::{known, order_of, unnamed};
use super::marks::is_torn;
use super::workbook::{self, FromWorkbook, MOST_COLUMNS, Refused, Table};
use super::{HEADER, LARGEST, LARGEST_MIB, NAMES, RowError, error};
use crate::Error;
use crate::line_list::sheet::unguarded;
use encoding_rs::{SHIFT_JIS, UTF_16BE, UTF_16LE};
use i18n::Words;
use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The text of a file: UTF-16 with a byte order mark ("Unicode text" of spreadsheet programs), UTF-8 with or without one, or
/// else Shift_JIS (code page 932); and whether it is the last.
/// # Errors
/// The line, from 1, on which there is something that neither of both encodings has.
fn decode(bytes: &[u8]) -> Result<(String, bool), u64> {
    for (mark, encoding) in [(b"\xFF\xFE", UTF_16LE), (b"\xFE\xFF", UTF_16BE)] {
        let Some(rest) = bytes.strip_prefix(mark) else {
            continue;
        };
        let (text, is_broken) = encoding.decode_without_bom_handling(rest);
        if !is_broken {
            return Ok((text.into_owned(), false));
        }
        let good = text.split('\u{FFFD}').next().unwrap_or_default();
        let ends = good.bytes().filter(|byte| *byte == b'\n').count();
        return Err(u64::try_from(ends).map_or(u64::MAX, |ends| ends.saturating_add(1)));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let not_utf8 = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok((text.to_owned(), false)),
        Err(error) => error,
    };
    if let Some(text) = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes) {
        return Ok((text.into_owned(), true));
    }
    // Whichever of both goes further is the one that the file is written in.
    let (decoded, _) = SHIFT_JIS.decode_without_bom_handling(bytes);
    let good = decoded.split('\u{FFFD}').next().unwrap_or_default();
    let utf8 = &bytes[..not_utf8.valid_up_to()];
    let ends = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count();
    let most = ends(good.as_bytes()).max(ends(utf8));
    Err(u64::try_from(most).map_or(u64::MAX, |ends| ends.saturating_add(1)))
}

/// A text whose lines end in a line feed alone. They are counted as people count them, whatever ends them: the reader
/// would be one behind after a carriage return. A text that has none of these is not copied.
fn with_plain_ends(text: String) -> String {
    if !text.contains('\r') {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((line, after)) = rest.split_once('\r') {
        plain.push_str(line);
        plain.push('\n');
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    plain.push_str(rest);
    plain
}

/// A file whose first line is good. It is held once, as text; its rows are read anew whenever they are wanted.
pub(super) struct Sheet {
    text: String,
    /// Where our columns stand.
    order: Vec<Option<usize>>,
    /// How many columns the file has.
    columns: usize,
    /// The sign between them.
    separator: u8,
    /// Columns that are not ours, by their names.
    pub(super) left_out: Vec<String>,
    /// Whether it was read as Shift_JIS, which nearly any file can be.
    is_shift_jis: bool,
    /// What is to be said of it where it was a workbook.
    pub(super) workbook: Option<FromWorkbook>,
}

/// One workbook at a time: each takes memory, and a core for some seconds where it is large.
static ONE_WORKBOOK: Semaphore = Semaphore::const_new(1);
/// How long one waits for those before it, which are read in some seconds each.
const PATIENCE: Duration = Duration::from_secs(30);

/// Does something on a thread of its own, which has the turn until it is done: whoever goes away meanwhile does not end the
/// thread, and a second one would take a second core.
async fn in_turn<T: Send + 'static>(
    turn: SemaphorePermit<'static>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    done.await
        .map_err(|_| Error::broken("a workbook could not be read"))
}

/// Whether a Latin letter and one of Japan stand side by side: so `é` and the letter after it come out of a file in a Western
/// encoding that is read as Shift_JIS, as `Ren馥`. No name has that.
fn runs_together(name: &str) -> bool {
    let is_of_japan = |c: char| c.is_alphabetic() && c >= '\u{2E80}';
    let letters: Vec<char> = name.chars().collect();
    letters.windows(2).any(|pair| {
        let [one, other] = pair else { return false };
        one.is_ascii_alphabetic() && is_of_japan(*other)
            || is_of_japan(*one) && other.is_ascii_alphabetic()
    })
}

/// The signs that spreadsheet programs put between columns, the usual one first.
const SEPARATORS: [u8; 3] = [b',', b'\t', b';'];

/// Why a workbook is not read, in words.
fn refusal(refused: Refused, words: &Words) -> String {
    match refused {
        Refused::NoHeader => words.with1(refused.key(), "header", HEADER.join(",")),
        Refused::TooLarge => words.with1(refused.key(), "most", LARGEST_MIB),
        _ => words.say(refused.key()),
    }
}

/// The text of a sheet, for a reader that outlives whoever began it.
struct Text(Arc<Sheet>);

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.0.text.as_bytes()
    }
}

fn reader<T: AsRef<[u8]>>(text: T, separator: u8) -> csv::Reader<Cursor<T>> {
    csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(Cursor::new(text))
}

/// A part of a text, by the places that a reader tells.
fn part(text: &str, of: Range<u64>) -> &[u8] {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let range = place(of.start)..place(of.end);
    text.as_bytes().get(range).unwrap_or_default()
}

impl Sheet {
    /// Reads a file where it takes no time from others: a workbook on a thread of its own.
    ///
    /// # Errors
    /// Why the file as a whole is none, or that others are being read for too long.
    pub(super) async fn read_aside(
        bytes: &[u8],
        words: &'static Words,
    ) -> Result<Result<Sheet, Vec<RowError>>, Error> {
        let read = Sheet::read_after_others(bytes, words, PATIENCE);
        Ok(read.await?.unwrap_or_else(|| {
            let reason = words.say("problem-import-crowded");
            Err(vec![error(1, "", reason)])
        }))
    }

    /// The same, with what time others may take before it; `None` where they take longer.
    ///
    /// # Errors
    /// Why the file as a whole is none.
    pub(super) async fn read_after_others(
        bytes: &[u8],
        words: &'static Words,
        patience: Duration,
    ) -> Result<Option<Result<Sheet, Vec<RowError>>>, Error> {
        if !workbook::may_be(bytes) || bytes.len() > LARGEST {
            return Ok(Some(Sheet::read(bytes, words)));
        }
        let Ok(turn) = tokio::time::timeout(patience, ONE_WORKBOOK.acquire()).await else {
            return Ok(None);
        };
        let turn = turn.map_err(|_| Error::broken("no workbook is read"))?;
        let bytes = bytes.to_vec();
        let read = in_turn(turn, move || Sheet::read(&bytes, words));
        Ok(Some(read.await?))
    }

    /// Reads the encoding and the first line.
    ///
    /// # Errors
    /// Why the file as a whole is none.
    pub(super) fn read(bytes: &[u8], words: &Words) -> Result<Sheet, Vec<RowError>> {
        let whole = |key: &str| vec![error(1, "", words.say(key))];
        if bytes.len() > LARGEST {
            let reason = words.with1("import-problem-too-large", "most", LARGEST_MIB);
            return Err(vec![error(1, "", reason)]);
        }
        if workbook::may_be(bytes) {
            return match workbook::read(bytes, words) {
                Ok(table) => Sheet::of(table?, words),
                Err(refused) => Err(vec![error(1, "", refusal(refused, words))]),
            };
        }
        let (text, is_shift_jis) = decode(bytes)
            .map_err(|line| vec![error(line, "", words.say("import-problem-encoding"))])?;
        let text = with_plain_ends(text);
        if text.trim().is_empty() {
            return Err(whole("import-problem-nothing"));
        }
        // With the right sign the first line has the most names that are known.
        let mut best = (0, SEPARATORS[0], csv::StringRecord::new(), 0);
        for separator in SEPARATORS {
            let (mut first, mut reader) = (csv::StringRecord::new(), reader(&text, separator));
            if !matches!(reader.read_record(&mut first), Ok(true)) {
                return Err(whole("import-problem-empty"));
            }
            let names = first.iter().take(MOST_COLUMNS);
            let many = names.filter(|name| known(name)).count();
            if many > best.0 || best.2.is_empty() {
                best = (many, separator, first, reader.position().byte());
            }
        }
        let (_, separator, first, end) = best;
        let names: Vec<&str> = first.iter().map(str::trim).collect();
        // Each is compared with all names that are known, which takes long where the line is nothing but commas.
        if names.len() > MOST_COLUMNS {
            let reason = words.with1("import-problem-header", "header", HEADER.join(","));
            return Err(vec![error(1, "", reason)]);
        }
        // The last name would take the rows below it along.
        if is_torn(part(&text, 0..end), (separator, names.len())) {
            return Err(whole("import-problem-csv"));
        }
        // Columns are known by their names, in whichever order a list has them.
        let (order, left_out) = order_of(&names, words)?;
        Ok(Sheet {
            columns: names.len(),
            text,
            order,
            separator,
            left_out,
            is_shift_jis,
            workbook: None,
        })
    }

    /// What a workbook has become.
    fn of(table: Table, words: &Words) -> Result<Sheet, Vec<RowError>> {
        let [separator, ..] = SEPARATORS;
        let mut first = csv::StringRecord::new();
        if !matches!(
            reader(&table.text, separator).read_record(&mut first),
            Ok(true)
        ) {
            return Err(vec![error(1, "", words.say("import-problem-empty"))]);
        }
        let names: Vec<&str> = first.iter().map(str::trim).collect();
        let (order, mut left_out) = order_of(&names, words).map_err(|mut problems| {
            problems
                .iter_mut()
                .for_each(|one| one.line = table.header_line);
            problems
        })?;
        let unnamed = table.beyond.iter().map(|number| unnamed(*number, words));
        left_out.extend(unnamed);
        Ok(Sheet {
            columns: names.len(),
            order,
            separator,
            left_out,
            is_shift_jis: false,
            workbook: Some(table.from),
            text: table.text,
        })
    }

    /// Where a row tells that the file is in another encoding than it was read in: the column.
    pub(super) fn misread(&self, record: &Record) -> Option<&'static str> {
        let names = HEADER.iter().zip(&record.fields).take(NAMES);
        let mut misread = names.filter(|(_, name)| self.is_shift_jis && runs_together(name));
        misread.next().map(|(column, _)| *column)
    }
}

/// A row as it stands in a file.
pub(super) struct Record {
    /// Its line, counted from 1.
    pub(super) line: u64,
    /// Our columns in their order, without the white space around them, nor the apostrophe that an exported list has before what
    /// a spreadsheet could take for a formula: a phone number of another country, say.
    pub(super) fields: Vec<String>,
}

/// The rows of a sheet, without empty ones. One that is not well-formed is its error; where the file is not from there on, that is
/// the last.
pub(super) struct Records {
    reader: csv::Reader<Cursor<Text>>,
    sheet: Arc<Sheet>,
    words: &'static Words,
    /// What is read into, again and again.
    raw: csv::StringRecord,
    is_over: bool,
}

impl Records {
    pub(super) fn of(sheet: &Arc<Sheet>, words: &'static Words) -> Records {
        let mut records = Records {
            reader: reader(Text(sheet.clone()), sheet.separator),
            sheet: sheet.clone(),
            words,
            raw: csv::StringRecord::new(),
            is_over: false,
        };
        // The names of the columns, which were read before.
        records.is_over = !matches!(records.reader.read_record(&mut records.raw), Ok(true));
        records
    }
}

impl Iterator for Records {
    type Item = Result<Record, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over {
            match self.reader.read_record(&mut self.raw) {
                Ok(true) => {}
                Ok(false) => self.is_over = true,
                Err(_) => {
                    self.is_over = true;
                    return Some(Err(error(1, "", self.words.say("import-problem-csv"))));
                }
            }
            if self.is_over || self.raw.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            let start = self.raw.position().map_or(0, csv::Position::byte);
            let row = part(&self.sheet.text, start..self.reader.position().byte());
            // The reader passes over blank lines and says where the first of them stood.
            let line = self.raw.position().map_or(0, |at| {
                let blank = row.iter().take_while(|byte| **byte == b'\n').count();
                at.line() + blank as u64
            });
            if is_torn(row, (self.sheet.separator, self.sheet.columns)) {
                // Where rows begin is not known any more.
                self.is_over = true;
                return Some(Err(error(line, "", self.words.say("import-problem-csv"))));
            }
            if self.raw.len() != self.sheet.columns {
                let found = i64::try_from(self.raw.len()).unwrap_or(0);
                let reason = self.words.with1("import-problem-columns", "found", found);
                return Some(Err(error(line, "", reason)));
            }
            let field = |at: &Option<usize>| at.and_then(|at| self.raw.get(at)).unwrap_or_default();
            let fields = self
                .sheet
                .order
                .iter()
                .map(|at| unguarded(field(at).trim()).trim().to_owned());
            return Some(Ok(Record {
                line,
                fields: fields.collect(),
            }));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_encodings_are_read() {
        let name = SHIFT_JIS.encode("髙﨑①").0.into_owned();
        assert_eq!(decode(&name), Ok(("髙﨑①".to_owned(), true)));
        let utf8 = decode("\u{FEFF}髙﨑".as_bytes());
        assert_eq!(utf8, Ok(("髙﨑".to_owned(), false)));
        for (mark, bytes) in [
            ([0xFF, 0xFE], u16::to_le_bytes as fn(u16) -> [u8; 2]),
            ([0xFE, 0xFF], u16::to_be_bytes),
        ] {
            let utf16 = |text: &str| -> Vec<u8> {
                let signs = text.encode_utf16().flat_map(bytes);
                mark.into_iter().chain(signs).collect()
            };
            let text = ("髙﨑𠮷".to_owned(), false);
            assert_eq!(decode(&utf16("髙﨑𠮷")), Ok(text));
            let half = [utf16("a\nb"), vec![0]].concat();
            assert_eq!(decode(&half), Err(2));
        }
        assert_eq!(decode(b"\xFF\xFF"), Err(1));
        // What is broken is told with its line, in whichever of both the rest is written.
        let broken = [&name[..], b"\n", &name[..], b"\n\xFF,1\n", &name[..]].concat();
        assert_eq!(decode(&broken), Err(3));
        assert_eq!(decode("髙﨑\n一\u{FF}\n".as_bytes()).map(|_| ()), Ok(()));
        let broken = ["髙﨑\n一二三\n".as_bytes(), b"a\xFF\xFE,1\n"].concat();
        assert_eq!(decode(&broken), Err(3));
    }

    #[test]
    fn a_western_encoding_is_told_by_letters_that_run_together() {
        for name in [
            "Hélène Bérard",
            "Renée",
            "Inés García",
            "Maria Conceição",
            "JÜRGEN MÜLLER",
            "Åse Nygård",
        ] {
            let western = encoding_rs::WINDOWS_1252.encode(name).0;
            // What is not even Shift_JIS is refused as such.
            if let Ok((read, true)) = decode(&western) {
                let is_lost = domain::name::PersonName::parse(&read).is_err();
                assert!(runs_together(&read) || is_lost, "{read}");
            }
        }
        for name in [
            "山田 花子",
            "山田 Anna",
            "ヤマダ ハナコ",
            "Anna-Lena",
            "J.山田",
        ] {
            assert!(!runs_together(name), "{name}");
        }
    }

    #[test]
    fn a_row_is_known_by_the_line_on_which_it_begins() {
        let words = i18n::words(domain::language::Language::En);
        let header = HEADER.join(",");
        let row = |name: &str| format!("{name}{}", ",x".repeat(HEADER.len() - 1));
        let text = format!(
            "{header}\n\n\n{}\n{}\r\n\r\n{}\n , \n\n{}",
            row("a"),
            row("\"b\nb\""),
            row("c"),
            row("d")
        );
        let Ok(sheet) = Sheet::read(text.as_bytes(), words) else {
            panic!("the sheet cannot be read");
        };
        let found: Vec<(u64, String)> = Records::of(&Arc::new(sheet), words)
            .map(|record| match record {
                Ok(record) => (record.line, record.fields[0].clone()),
                Err(error) => panic!("{}: {}", error.line, error.reason),
            })
            .collect();
        let names = ["a", "b\nb", "c", "d"].map(str::to_owned);
        let lines: Vec<_> = [4, 5, 8, 11].into_iter().zip(names).collect();
        assert_eq!(found, lines);
    }

    #[test]
    fn a_first_line_of_nothing_but_commas_is_none() {
        let words = i18n::words(domain::language::Language::En);
        let wide = format!("{}{}", HEADER.join(","), ",".repeat(MOST_COLUMNS));
        let told = Sheet::read(wide.as_bytes(), words).err().unwrap();
        let expected = words.with1("import-problem-header", "header", HEADER.join(","));
        assert_eq!(
            (told.len(), told[0].reason.as_str()),
            (1, expected.as_str())
        );
    }

    #[tokio::test]
    async fn a_workbook_has_its_turn_until_it_is_read_though_nobody_waits_for_it() {
        static ONE: Semaphore = Semaphore::const_new(1);
        let (began, has_begun) = tokio::sync::oneshot::channel();
        let (end, is_over) = std::sync::mpsc::channel::<()>();
        let turn = ONE.acquire().await.unwrap();
        let reading = tokio::spawn(in_turn(turn, move || {
            began.send(()).ok();
            is_over.recv().ok();
        }));
        has_begun.await.unwrap();
        // A browser that is closed.
        reading.abort();
        assert!(reading.await.unwrap_err().is_cancelled());
        assert!(ONE.try_acquire().is_err());
        end.send(()).unwrap();
        assert!(ONE.acquire().await.is_ok());
    }

    proptest! {
        #[test]
        fn no_file_is_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn what_is_utf_8_stays(text in any::<String>()) {
            let plain = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
            prop_assert_eq!(decode(text.as_bytes()), Ok((plain.to_owned(), false)));
        }

        #[test]
        fn a_line_ends_once_however_it_is_ended(text in "[a\r\n]{0,20}") {
            let expected = text.replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(with_plain_ends(text), expected);
        }
    }
}
