//! The rows of a sheet in which something stands, one after the other.

use super::number::in_words;
use super::part::{Element, Piece, Xml};
use super::{Book, LARGEST, MOST_COLUMNS, MOST_ROWS, Refused, Shown, text_of};
use std::borrow::Cow;

/// What is said of a cell whose formula has no result yet.
const NO_RESULT: &str = "#N/A";
/// The most merged cells that are looked at.
const MOST_MERGED: usize = 100_000;

/// A row in which something stands.
pub(super) struct Row<'b> {
    /// As Excel counts it, from 1.
    pub(super) number: u32,
    pub(super) is_hidden: bool,
    /// The columns in which something stands, counted from 0, in rising order, and what people see there. What cells share is
    /// lent, not copied: a cell of some twenty bytes may name a text of 256 KiB, and a sheet has millions of them.
    pub(super) cells: Cells<'b>,
}

/// The columns of cells, and what people see in each.
type Cells<'b> = Vec<(usize, Cow<'b, str>)>;

/// Cells that were made one.
pub(super) struct Merged {
    /// The first and the last row, counted from 1.
    pub(super) rows: (u32, u32),
    /// The first and the last column, counted from 0.
    pub(super) columns: (usize, usize),
}

/// A sheet that is being read.
pub(super) struct Rows<'p, 'a, 'b> {
    xml: Xml<'p, 'a>,
    book: &'b Book,
    /// The row that was read last.
    number: u32,
    is_over: bool,
}

/// The column, counted from 0, and the row, from 1, of a place such as `BC12`.
fn place(text: &str) -> Option<(usize, u32)> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (column, row) = text.split_at_checked(letters)?;
    if !(1..=3).contains(&letters) {
        return None;
    }
    let column = column.bytes().fold(0, |all, letter| {
        all * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1
    });
    let row = row
        .parse()
        .ok()
        .filter(|row| (1..=MOST_ROWS).contains(row))?;
    (column <= MOST_COLUMNS).then_some((column - 1, row))
}

/// As what the number of a cell is shown.
fn shown_of(book: &Book, element: &Element<'_>) -> Shown {
    let style = element
        .attribute("s")
        .and_then(|at| at.parse::<usize>().ok());
    let shown = book.shown.get(style.unwrap_or(0)).copied();
    shown.unwrap_or(Shown::Plain)
}

impl<'p, 'a, 'b> Rows<'p, 'a, 'b> {
    pub(super) fn of(xml: Xml<'p, 'a>, book: &'b Book) -> Rows<'p, 'a, 'b> {
        Rows {
            xml,
            book,
            number: 0,
            is_over: false,
        }
    }

    /// The next row in which something stands.
    pub(super) fn next(&mut self) -> Result<Option<Row<'b>>, Refused> {
        while !self.is_over {
            match self.xml.next()? {
                Piece::Open(element) if element.is("row") => {
                    let number = match element.attribute("r") {
                        Some(number) => number.parse().map_err(|_| Refused::Damaged)?,
                        None => self.number + 1,
                    };
                    // Backwards no row can be put on its line.
                    if number <= self.number || number > MOST_ROWS {
                        return Err(Refused::Damaged);
                    }
                    self.number = number;
                    let is_hidden = element.says("hidden");
                    let cells = self.cells()?;
                    if !cells.is_empty() {
                        return Ok(Some(Row {
                            number,
                            is_hidden,
                            cells,
                        }));
                    }
                }
                Piece::Close(end) if end.is("sheetData") => self.is_over = true,
                Piece::Over => return Err(Refused::Damaged),
                _ => {}
            }
        }
        Ok(None)
    }

    /// The cells of the row that has just begun.
    fn cells(&mut self) -> Result<Cells<'b>, Refused> {
        let (mut cells, mut next, mut length) = (Cells::new(), 0, 0);
        loop {
            match self.xml.next()? {
                Piece::Open(element) if element.is("c") => {
                    let column = match element.attribute("r") {
                        Some(text) => place(&text).ok_or(Refused::Damaged)?.0,
                        None => next,
                    };
                    if column < next || column >= MOST_COLUMNS {
                        return Err(Refused::Damaged);
                    }
                    next = column + 1;
                    let (kind, shown) = (Kind::of(&element), shown_of(self.book, &element));
                    let text = self.cell(kind, shown)?;
                    length += text.len();
                    if length > LARGEST {
                        return Err(Refused::TooLarge);
                    }
                    let is_blank = match &text {
                        // Of what is shared each was looked at once, not with every cell.
                        Cow::Borrowed(shared) => shared.is_empty(),
                        Cow::Owned(own) => own.trim().is_empty(),
                    };
                    if !is_blank {
                        cells.push((column, text));
                    }
                }
                Piece::Close(end) if end.is("row") => return Ok(cells),
                Piece::Over => return Err(Refused::Damaged),
                _ => {}
            }
        }
    }

    /// What people see in the cell that has just begun.
    fn cell(&mut self, kind: Kind, shown: Shown) -> Result<Cow<'b, str>, Refused> {
        let (mut value, mut text, mut has_formula) = (None, None, false);
        loop {
            match self.xml.next()? {
                Piece::Open(element) if element.is("v") => value = Some(self.xml.text_of("v")?),
                Piece::Open(element) if element.is("is") => {
                    text = Some(text_of(&mut self.xml, "is")?);
                }
                Piece::Open(element) if element.is("f") => {
                    has_formula = true;
                    self.xml.text_of("f")?;
                }
                Piece::Close(end) if end.is("c") => break,
                Piece::Over => return Err(Refused::Damaged),
                _ => {}
            }
        }
        if let Some(text) = text {
            return Ok(text.into());
        }
        let Some(value) = value else {
            // A program wrote the formula, and nobody has opened the workbook since.
            return Ok(if has_formula {
                NO_RESULT.into()
            } else {
                "".into()
            });
        };
        let book = self.book;
        Ok(match kind {
            Kind::Shared if value.is_empty() => value.into(),
            Kind::Shared => {
                let at = value.trim().parse().map_err(|_| Refused::Damaged)?;
                book.shared.get(at).ok_or(Refused::Damaged)?.into()
            }
            Kind::Text => super::without_escapes(value).into(),
            Kind::Yes => match value.trim() {
                "0" | "false" => "FALSE".into(),
                _ => "TRUE".into(),
            },
            // 2026-11-03T00:00:00
            Kind::Day => value
                .split('T')
                .next()
                .unwrap_or_default()
                .to_owned()
                .into(),
            Kind::Number => match value.trim().parse() {
                Ok(number) => in_words(number, shown, book.is_1904).into(),
                Err(_) => value.into(),
            },
        })
    }

    /// The cells that were made one, once all rows were read.
    pub(super) fn merged(&mut self) -> Result<Vec<Merged>, Refused> {
        let mut merged = Vec::new();
        loop {
            match self.xml.next()? {
                Piece::Open(element) if element.is("mergeCell") => {
                    let range = element.attribute("ref").unwrap_or_default();
                    let ends = range.split_once(':').unwrap_or((&range, &range));
                    let (Some(first), Some(last)) = (place(ends.0), place(ends.1)) else {
                        return Err(Refused::Damaged);
                    };
                    if first.0 > last.0 || first.1 > last.1 || merged.len() >= MOST_MERGED {
                        return Err(Refused::Damaged);
                    }
                    merged.push(Merged {
                        rows: (first.1, last.1),
                        columns: (first.0, last.0),
                    });
                }
                // What follows is of no interest; it may be long, and it may break off.
                Piece::Close(end) if end.is("mergeCells") => return Ok(merged),
                Piece::Over => return Ok(merged),
                _ => {}
            }
        }
    }
}

/// Of what kind the value of a cell is.
#[derive(Clone, Copy)]
enum Kind {
    Number,
    /// The number of a text that cells share.
    Shared,
    /// A text: a formula's, or the name of an error.
    Text,
    Yes,
    Day,
}

impl Kind {
    fn of(element: &Element<'_>) -> Kind {
        match element.attribute("t").as_deref() {
            Some("s") => Kind::Shared,
            Some("str" | "e" | "inlineStr") => Kind::Text,
            Some("b") => Kind::Yes,
            Some("d") => Kind::Day,
            _ => Kind::Number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_within_a_sheet() {
        assert_eq!(place("A1"), Some((0, 1)));
        assert_eq!(place("BC12"), Some((54, 12)));
        assert_eq!(place("XFD1048576"), Some((16_383, 1_048_576)));
        for odd in [
            "",
            "A",
            "1",
            "A0",
            "XFE1",
            "A1048577",
            "AAAA1",
            "Ａ1",
            "A-1",
            "A99999999999",
        ] {
            assert_eq!(place(odd), None, "{odd}");
        }
    }
}
