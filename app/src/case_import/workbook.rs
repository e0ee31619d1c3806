//! A workbook of Excel (.xlsx) as the table of text that a CSV file is: each row on the line of its number, so that whoever
//! is told of one finds it. From there on nobody knows which of the two it was. What a cell says is what people see in it; a
//! formula is its last result.
//!
//! No library for workbooks reads it. Whoever uploads a file writes it, and the one at hand reserves what a workbook says that
//! it will need: one of a few hundred bytes ends the process. What is needed of the format is little.

mod number;
mod part;
mod rows;

use super::columns::meant;
use super::{LARGEST, RowError, error};
use i18n::Words;
use number::Shown;
use part::{LONGEST_TEXT, Parts, Piece, Xml};
use rows::{Row, Rows};
use std::collections::{BTreeSet, HashMap};

/// Why a file is not read. Each is a sentence that says what to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refused {
    /// It is of a program of before 2007, or a binary one.
    Old,
    /// It opens with a password only.
    Encrypted,
    /// It has programs in it.
    Macros,
    /// It is LibreOffice's own.
    OpenDocument,
    /// It is something else.
    NotAWorkbook,
    /// It breaks off, or is not written as workbooks are.
    Damaged,
    /// It unpacks to more than is read.
    TooLarge,
    /// No sheet that people see has the names of our columns.
    NoHeader,
    /// Nothing stands in it.
    Nothing,
}

impl Refused {
    /// The key of the sentence that says so.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Refused::Old => "import-problem-old-workbook",
            Refused::Encrypted => "import-problem-encrypted",
            Refused::Macros => "import-problem-macros",
            Refused::OpenDocument => "import-problem-ods",
            Refused::NotAWorkbook => "import-problem-no-workbook",
            Refused::Damaged => "import-problem-damaged",
            Refused::TooLarge => "import-problem-unpacked",
            Refused::NoHeader => "import-problem-no-header",
            Refused::Nothing => "import-problem-nothing",
        }
    }
}

/// What is to be said of a workbook that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FromWorkbook {
    /// The sheet that was read.
    pub sheet: String,
    /// Other sheets that people see and in which something stands; they are not read.
    pub others: Vec<String>,
    /// How many of the rows are hidden, by a filter, say. They are read.
    pub hidden_rows: u64,
}

/// A workbook as the text of a CSV file with commas, and what is to be said of it.
pub(super) struct Table {
    pub(super) text: String,
    /// The line on which the names of the columns stand.
    pub(super) header_line: u64,
    /// Columns without a name in which something stands, behind those that have one, counted from 1.
    pub(super) beyond: BTreeSet<usize>,
    pub(super) from: FromWorkbook,
}

/// How a ZIP archive begins, and a file that has a directory of its own: what Excel wrote before 2007, and what it encrypts.
const ZIP: &[u8] = b"PK\x03\x04";
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Whether it may be a workbook, by how those begin.
pub(super) fn may_be(bytes: &[u8]) -> bool {
    bytes.starts_with(ZIP) || bytes.starts_with(COMPOUND)
}

/// Among how many rows, the first that say anything, the names of the columns are looked for: a title may stand above.
const ABOVE: usize = 50;
/// So many bytes are compared with the names of columns, in all sheets together; each cell counts as so many at least, since it
/// is compared with all of them. A hundred sheets of forty columns stay far below.
const ALL_COMPARED: usize = LARGEST;
const EACH_COMPARED: usize = 256;
/// As many of our columns a row names at least that is one of names.
const NAMED: usize = 2;
/// The most texts that cells share, and all of them together: each text is held once.
const MOST_SHARED: usize = 4_000_000;
const ALL_SHARED: usize = 64 << 20;
/// The most formats; Excel allows 64,000 of them.
const MOST_FORMATS: usize = 100_000;
/// The most sheets.
const MOST_SHEETS: usize = 1_000;
/// The most columns of a sheet.
pub(super) const MOST_COLUMNS: usize = 16_384;
/// The most rows of a sheet.
const MOST_ROWS: u32 = 1_048_576;
/// So many merged cells are told at most.
const MOST_MERGED: usize = 200;

/// The texts that cells share, one behind the other. One of white space says nothing, and is held as such.
#[derive(Default)]
struct Shared {
    all: String,
    ends: Vec<u32>,
}

impl Shared {
    fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.all.get(start as usize..end as usize)
    }

    fn push(&mut self, text: &str) -> Result<(), Refused> {
        if !text.trim().is_empty() {
            self.all.push_str(text);
        }
        if self.all.len() > ALL_SHARED || self.ends.len() >= MOST_SHARED {
            return Err(Refused::TooLarge);
        }
        self.ends
            .push(u32::try_from(self.all.len()).map_err(|_| Refused::TooLarge)?);
        Ok(())
    }
}

/// A sheet as the workbook names it.
struct Leaf {
    name: String,
    part: String,
    is_hidden: bool,
}

/// What a workbook says beside its sheets.
struct Book {
    leaves: Vec<Leaf>,
    shared: Shared,
    /// How the numbers of each style are shown.
    shown: Vec<Shown>,
    is_1904: bool,
}

/// Reads the first sheet that people see and that has the names of our columns.
///
/// # Errors
/// Why it is none that can be read, or which cells are merged so that nobody knows whose they are.
pub(super) fn read(bytes: &[u8], words: &Words) -> Result<Result<Table, Vec<RowError>>, Refused> {
    if bytes.starts_with(COMPOUND) {
        // The name of the part that is encrypted, as its directory has it.
        let name: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let is_encrypted = bytes.windows(name.len()).any(|some| some == name);
        return Err(if is_encrypted {
            Refused::Encrypted
        } else {
            Refused::Old
        });
    }
    let mut parts = Parts::of(bytes)?;
    if let Some(kind) = parts.beginning("mimetype")
        && kind.contains("opendocument")
    {
        return Err(Refused::OpenDocument);
    }
    if parts.has_any("/vbaproject.bin") {
        return Err(Refused::Macros);
    }
    if parts.has("xl/workbook.bin") {
        return Err(Refused::Old);
    }
    let book = Book::of(&mut parts)?;
    let (mut found, mut others, mut compared) = (None, Vec::new(), 0);
    for leaf in book.leaves.iter().filter(|leaf| !leaf.is_hidden) {
        let xml = parts.open(&leaf.part)?.ok_or(Refused::Damaged)?;
        let mut rows = Rows::of(xml, &book);
        if found.is_none() {
            match header_of(&mut rows, &mut compared)? {
                (Some(header), _) => found = Some(table_of(rows, &header, words)?),
                (None, true) => others.push(leaf.name.clone()),
                (None, false) => {}
            }
            if let Some(Ok(table)) = &mut found {
                table.from.sheet.clone_from(&leaf.name);
            }
        } else if rows.next()?.is_some() {
            others.push(leaf.name.clone());
        }
    }
    match found {
        Some(Ok(mut table)) => {
            table.from.others = others;
            Ok(Ok(table))
        }
        Some(Err(merged)) => Ok(Err(merged)),
        None if others.is_empty() => Err(Refused::Nothing),
        None => Err(Refused::NoHeader),
    }
}

/// The row that names our columns, and whether anything stands in the sheet. `compared`: how much was compared in the sheets
/// before it.
fn header_of<'b>(
    rows: &mut Rows<'_, '_, 'b>,
    compared: &mut usize,
) -> Result<(Option<Row<'b>>, bool), Refused> {
    let mut any = false;
    for _ in 0..ABOVE {
        let Some(row) = rows.next()? else { break };
        any = true;
        let bytes = row.cells.iter().map(|(_, text)| text.len());
        *compared += bytes.map(|many| many.max(EACH_COMPARED)).sum::<usize>();
        if *compared > ALL_COMPARED {
            return Err(Refused::TooLarge);
        }
        let named: BTreeSet<&str> = row
            .cells
            .iter()
            .filter_map(|(_, name)| meant(name))
            .collect();
        if named.len() >= NAMED {
            return Ok((Some(row), true));
        }
    }
    Ok((None, any))
}

/// A field of a CSV file. Within one a line ends in a carriage return: it is none of the file's lines, and the reader does
/// not count it.
fn push_field(text: &mut String, field: &str) {
    if !field.contains([',', '"', '\n', '\r']) {
        text.push_str(field);
        return;
    }
    text.push('"');
    let field = field.replace("\r\n", "\r").replace('\n', "\r");
    text.push_str(&field.replace('"', "\"\""));
    text.push('"');
}

/// The rows below the names of the columns.
fn table_of(
    mut rows: Rows<'_, '_, '_>,
    header: &Row<'_>,
    words: &Words,
) -> Result<Result<Table, Vec<RowError>>, Refused> {
    let width = header.cells.last().map_or(0, |(at, _)| at + 1);
    let mut known: Vec<Option<&str>> = vec![None; width];
    let mut names = vec![""; width];
    for (at, name) in &header.cells {
        known[*at] = meant(name);
        names[*at] = name;
    }
    let mut text = "\n".repeat(usize::try_from(header.number - 1).unwrap_or(0));
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_field(&mut text, name);
    }
    text.push('\n');
    let (mut line, mut hidden_rows) = (header.number, 0);
    let mut beyond = BTreeSet::new();
    while let Some(row) = rows.next()? {
        // Only those of our columns are held on to. Rows that have none of them are prepared for somebody who is not there.
        let ours = |at: usize| known.get(at).copied().flatten().is_some();
        beyond.extend(
            row.cells
                .iter()
                .map(|(at, _)| at + 1)
                .filter(|at| *at > width),
        );
        if !row.cells.iter().any(|(at, _)| ours(*at)) {
            continue;
        }
        // More than the blank lines between cannot come before the text is too long.
        text.extend(std::iter::repeat_n(
            '\n',
            usize::try_from(row.number - line - 1).unwrap_or(0),
        ));
        line = row.number;
        hidden_rows += u64::from(row.is_hidden);
        let mut next = 0;
        for (at, field) in row.cells.iter().filter(|(at, _)| ours(*at)) {
            text.extend(std::iter::repeat_n(',', at - next));
            next = *at;
            push_field(&mut text, field);
        }
        text.extend(std::iter::repeat_n(',', (width - 1) - next));
        text.push('\n');
        if text.len() > LARGEST {
            return Err(Refused::TooLarge);
        }
    }
    let merged = rows.merged()?;
    let problems: Vec<RowError> = merged
        .into_iter()
        .filter(|cells| cells.rows.1 >= header.number && cells.rows.0 <= line)
        .filter_map(|cells| {
            // In one row what stands in the first of them is read; a name of a column may stand for more than one.
            let is_first_read = cells.rows.0 == cells.rows.1 && cells.rows.0 > header.number;
            let from = cells.columns.0 + usize::from(is_first_read);
            let mut ours = known
                .get(from..)?
                .iter()
                .take((cells.columns.1 + 1).saturating_sub(from));
            let column = ours.find_map(|one| *one)?;
            let (first, last) = (cells.rows.0.to_string(), cells.rows.1.to_string());
            let reason = words.with2("import-problem-merged", "first", first, "last", last);
            Some(error(u64::from(cells.rows.0), column, reason))
        })
        .take(MOST_MERGED)
        .collect();
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    Ok(Ok(Table {
        text,
        header_line: u64::from(header.number),
        beyond,
        from: FromWorkbook {
            sheet: String::new(),
            others: Vec::new(),
            hidden_rows,
        },
    }))
}

/// A part that another one refers to.
struct Related {
    kind: String,
    target: String,
}

/// What a part refers to, by the ids that it uses. `folder`: where the part stands, with a `/` behind it, or nothing.
fn related(
    parts: &mut Parts<'_>,
    folder: &str,
    name: &str,
) -> Result<HashMap<String, Related>, Refused> {
    let mut all = HashMap::new();
    let Some(mut xml) = parts.open(&format!("{folder}_rels/{name}.rels"))? else {
        return Ok(all);
    };
    loop {
        match xml.next()? {
            Piece::Open(element) if element.is("Relationship") => {
                let (id, kind) = (element.attribute("Id"), element.attribute("Type"));
                let target = element.attribute("Target");
                if let (Some(id), Some(kind), Some(target)) = (id, kind, target) {
                    let target = match target.strip_prefix('/') {
                        Some(whole) => whole.to_owned(),
                        None => format!("{folder}{target}"),
                    };
                    let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                    all.insert(id.into_owned(), Related { kind, target });
                }
                if all.len() > MOST_SHEETS * 2 {
                    return Err(Refused::TooLarge);
                }
            }
            Piece::Over => return Ok(all),
            _ => {}
        }
    }
}

impl Book {
    fn of(parts: &mut Parts<'_>) -> Result<Book, Refused> {
        let mut top = related(parts, "", "")?.into_values();
        let path = top
            .find(|one| one.kind == "officeDocument")
            .map(|one| one.target);
        let path = path.ok_or(Refused::NotAWorkbook)?;
        let (folder, name) = match path.rsplit_once('/') {
            Some((folder, name)) => (format!("{folder}/"), name),
            None => (String::new(), path.as_str()),
        };
        let refers = related(parts, &folder, name)?;
        let (leaves, is_1904) = match parts.open(&path)? {
            Some(xml) => leaves_of(xml, &refers)?,
            None => return Err(Refused::Damaged),
        };
        let by_kind = |kind: &str| refers.values().find(|one| one.kind == kind);
        let shared = match by_kind("sharedStrings") {
            Some(one) => parts.open(&one.target)?.map(shared_of).transpose()?,
            None => None,
        };
        let shown = match by_kind("styles") {
            Some(one) => parts.open(&one.target)?.map(shown_of).transpose()?,
            None => None,
        };
        Ok(Book {
            leaves,
            shared: shared.unwrap_or_default(),
            shown: shown.unwrap_or_default(),
            is_1904,
        })
    }
}

/// The sheets in their order, and whether days are counted from 1904.
fn leaves_of(
    mut xml: Xml<'_, '_>,
    refers: &HashMap<String, Related>,
) -> Result<(Vec<Leaf>, bool), Refused> {
    let (mut leaves, mut is_1904, mut is_first) = (Vec::new(), false, true);
    loop {
        match xml.next()? {
            Piece::Open(element) => {
                // A text, or slides, which are such archives, too.
                if std::mem::take(&mut is_first) && !element.is("workbook") {
                    return Err(Refused::NotAWorkbook);
                }
                is_1904 |= element.is("workbookPr") && element.says("date1904");
                if !element.is("sheet") || leaves.len() >= MOST_SHEETS {
                    continue;
                }
                let refers = element.attribute("id").and_then(|id| refers.get(&*id));
                // Charts are sheets, too.
                if let Some(one) = refers.filter(|one| one.kind == "worksheet") {
                    let state = element.attribute("state");
                    leaves.push(Leaf {
                        name: element.attribute("name").unwrap_or_default().into_owned(),
                        part: one.target.clone(),
                        is_hidden: state.is_some_and(|state| state != "visible"),
                    });
                }
            }
            Piece::Over => return Ok((leaves, is_1904)),
            _ => {}
        }
    }
}

/// The texts that cells share.
fn shared_of(mut xml: Xml<'_, '_>) -> Result<Shared, Refused> {
    let mut shared = Shared::default();
    loop {
        match xml.next()? {
            Piece::Open(element) if element.is("si") => {
                let text = text_of(&mut xml, "si")?;
                shared.push(&text)?;
            }
            Piece::Over => return Ok(shared),
            _ => {}
        }
    }
}

/// The text of an element that has just begun: of all its runs, without how it is said, which Excel writes beside kanji.
fn text_of(xml: &mut Xml<'_, '_>, name: &str) -> Result<String, Refused> {
    let (mut text, mut is_said) = (String::new(), false);
    loop {
        match xml.next()? {
            Piece::Open(element) if element.is("rPh") => is_said = true,
            Piece::Close(end) if end.is("rPh") => is_said = false,
            Piece::Open(element) if element.is("t") => {
                let run = xml.text_of("t")?;
                if !is_said {
                    text.push_str(&without_escapes(run));
                }
                if text.len() > LONGEST_TEXT {
                    return Err(Refused::TooLarge);
                }
            }
            Piece::Close(end) if end.is(name) => return Ok(text),
            Piece::Over => return Err(Refused::Damaged),
            _ => {}
        }
    }
}

/// Signs that XML does not hold, as Excel writes them: `_x000D_`.
fn without_escapes(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let code = from
            .get(2..6)
            .filter(|_| from.as_bytes().get(6) == Some(&b'_'));
        let code = code.filter(|code| code.bytes().all(|sign| sign.is_ascii_hexdigit()));
        match code.and_then(|code| char::from_u32(u32::from_str_radix(code, 16).ok()?)) {
            Some(sign) => {
                plain.push(sign);
                rest = &from[7..];
            }
            None => {
                plain.push_str("_x");
                rest = &from[2..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// How the numbers of each style are shown.
fn shown_of(mut xml: Xml<'_, '_>) -> Result<Vec<Shown>, Refused> {
    let mut formats: HashMap<u32, Shown> = HashMap::new();
    let (mut shown, mut is_of_cells) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Piece::Open(element) if element.is("numFmt") => {
                let id = element.attribute("numFmtId").and_then(|id| id.parse().ok());
                if let (Some(id), Some(code)) = (id, element.attribute("formatCode")) {
                    formats.insert(id, Shown::by(&code));
                }
            }
            Piece::Open(element) if element.is("cellXfs") => is_of_cells = true,
            Piece::Close(end) if end.is("cellXfs") => is_of_cells = false,
            Piece::Open(element) if is_of_cells && element.is("xf") => {
                let id = element
                    .attribute("numFmtId")
                    .and_then(|id| id.parse().ok())
                    .unwrap_or(0);
                let known = formats.get(&id).copied();
                shown.push(known.unwrap_or(Shown::built_in(id)));
            }
            Piece::Over => return Ok(shown),
            _ => {}
        }
        if formats.len() > MOST_FORMATS || shown.len() > MOST_FORMATS {
            return Err(Refused::TooLarge);
        }
    }
}

#[cfg(test)]
mod tests;
