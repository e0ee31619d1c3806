//! A table as a workbook of Excel.

#[cfg(test)]
use super::Sheet;
use super::{Cell, MOST_DECIMALS, plain};
use jiff::civil;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, IgnoreError, Workbook, Worksheet, XlsxError,
};
use std::io::{Seek, Write};

/// The most rows of a sheet of Excel, its header included.
const MOST_ROWS: usize = 1_048_576;
/// The most columns of a sheet of Excel.
const MOST_COLUMNS: usize = 16_384;
/// The longest name of a sheet, in UTF-16 units.
const LONGEST_NAME: usize = 31;
/// The longest text of a cell, in UTF-16 units.
const LONGEST_TEXT: usize = 32_767;
/// The narrowest and the widest column, in half-width characters.
const WIDTHS: (usize, usize) = (6, 50);

/// Why a workbook cannot be written. The messages hold nothing of what stands in the cells.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// More than 1,048,576 rows with the header, or more than 16,384 columns.
    #[error("the table has more rows or columns than Excel can hold")]
    TooLarge,
    /// A text longer than 32,767 UTF-16 units.
    #[error("the text in row {row}, column {column} is longer than Excel can hold")]
    TooLong {
        /// The row: 0 is the header.
        row: usize,
        /// The column, counted from 0.
        column: usize,
    },
    /// The writer did not do it.
    #[error("the workbook cannot be written")]
    Write(#[from] XlsxError),
}

/// A whole table as a workbook.
#[cfg(test)]
pub fn to_xlsx(sheet: &Sheet) -> Result<Vec<u8>, SheetError> {
    let mut xlsx = Xlsx::new(&sheet.title, &sheet.header, sheet.columns())?;
    for cells in &sheet.rows {
        xlsx.row(cells)?;
    }
    let mut book = std::io::Cursor::new(Vec::new());
    xlsx.save(&mut book)?;
    Ok(book.into_inner())
}

/// An Excel workbook (.xlsx) of one sheet: real dates, text as text, no formula. The same table gives the same bytes.
/// Rows are written one by one into a nameless temporary file, so that the memory does not grow with them; they take a
/// core for a while.
pub struct Xlsx {
    workbook: Workbook,
    styles: Styles,
    /// Of the columns, in half-width characters.
    widths: Vec<usize>,
    rows: usize,
}

impl Xlsx {
    /// Begins a workbook with a header and so many columns.
    ///
    /// # Errors
    /// Where there are more columns than Excel can hold, or no temporary file can be made.
    pub fn new(title: &str, header: &[String], columns: usize) -> Result<Xlsx, SheetError> {
        if columns > MOST_COLUMNS {
            return Err(SheetError::TooLarge);
        }
        let mut workbook = Workbook::new();
        // The writer would ask the system for the time. This is the day that it gives to the files inside.
        let made = ExcelDateTime::from_ymd(1980, 1, 1)?;
        let properties = DocProperties::new().set_title(title);
        workbook.set_properties(&properties.set_creation_datetime(&made));
        let page = workbook.add_worksheet_with_constant_memory()?;
        page.set_name(sheet_name(title))?;
        let styles = Styles::new();
        let mut widths = vec![WIDTHS.0; columns];
        for (column, name) in header.iter().enumerate() {
            write_text(page, (0, column), name, &styles.header)?;
            // The button of the filter covers some of the header.
            widths[column] = widths[column].max(width(name) + 3);
        }
        Ok(Xlsx {
            workbook,
            styles,
            widths,
            rows: 0,
        })
    }

    /// Writes the next row.
    ///
    /// # Errors
    /// Where the table or a text is too large for Excel; see [`SheetError`].
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), SheetError> {
        self.rows += 1;
        if self.rows >= MOST_ROWS {
            return Err(SheetError::TooLarge);
        }
        let page = self.workbook.worksheet_from_index(0)?;
        for (column, cell) in cells.iter().enumerate() {
            write_cell(page, (self.rows, column), cell, &self.styles)?;
            if let Some(widest) = self.widths.get_mut(column) {
                *widest = (*widest).max(width(&plain(cell)) + 1);
            }
        }
        Ok(())
    }

    /// Writes the workbook.
    ///
    /// # Errors
    /// Where the temporary file or `to` fails.
    pub fn save<W: Write + Seek + Send>(mut self, to: W) -> Result<(), SheetError> {
        let page = self.workbook.worksheet_from_index(0)?;
        if let Some(last) = self.widths.len().checked_sub(1) {
            let (bottom, right) = at((self.rows, last))?;
            page.set_freeze_panes(1, 0)?;
            page.autofilter(0, 0, bottom, right)?;
            // Telephone numbers are text on purpose.
            page.ignore_error_range(0, 0, bottom, right, IgnoreError::NumberStoredAsText)?;
        }
        for (column, width) in self.widths.into_iter().enumerate() {
            let width = u32::try_from(width.min(WIDTHS.1)).unwrap_or(u32::MAX);
            page.set_column_width(at((0, column))?.1, width)?;
        }
        Ok(self.workbook.save_to_writer(to)?)
    }
}

/// How cells look.
struct Styles {
    header: Format,
    /// As "text", so that editing a cell does not turn it into a number or a formula.
    text: Format,
    day: Format,
    moment: Format,
    /// By the number of decimals.
    numbers: Vec<Format>,
}

impl Styles {
    fn new() -> Styles {
        let looks = |format: &str| Format::new().set_num_format(format);
        let number = |decimals: u8| match usize::from(decimals) {
            0 => looks("0"),
            decimals => looks(&format!("0.{}", "0".repeat(decimals))),
        };
        Styles {
            header: looks("@").set_bold(),
            text: looks("@"),
            day: looks("yyyy-mm-dd"),
            moment: looks("yyyy-mm-dd hh:mm:ss"),
            numbers: (0..=MOST_DECIMALS).map(number).collect(),
        }
    }
}

type Place = (usize, usize);

/// Where the writer counts it.
fn at((row, column): Place) -> Result<(u32, u16), SheetError> {
    match (u32::try_from(row), u16::try_from(column)) {
        (Ok(row), Ok(column)) => Ok((row, column)),
        _ => Err(SheetError::TooLarge),
    }
}

fn write_cell(
    page: &mut Worksheet,
    place: Place,
    cell: &Cell,
    styles: &Styles,
) -> Result<(), SheetError> {
    let (row, column) = at(place)?;
    let (dated, style) = match cell {
        Cell::Number(number, decimals) if number.is_finite() => {
            let style = &styles.numbers[usize::from(*decimals.min(&MOST_DECIMALS))];
            page.write_number_with_format(row, column, *number, style)?;
            return Ok(());
        }
        Cell::Number(..) | Cell::Empty => return Ok(()),
        Cell::Text(text) => return write_text(page, place, text, &styles.text),
        Cell::Day(day) => (excel_day(*day), &styles.day),
        Cell::Moment(moment) => (excel_moment(*moment), &styles.moment),
    };
    match dated {
        Some(dated) => {
            page.write_datetime_with_format(row, column, &dated, style)?;
            Ok(())
        }
        None => write_text(page, place, &plain(cell), &styles.text),
    }
}

fn write_text(
    page: &mut Worksheet,
    place: Place,
    text: &str,
    style: &Format,
) -> Result<(), SheetError> {
    let (row, column) = at(place)?;
    let too_long = SheetError::TooLong {
        row: place.0,
        column: place.1,
    };
    if text.encode_utf16().count() > LONGEST_TEXT {
        return Err(too_long);
    }
    let written = if text.starts_with("<r>") && text.ends_with("</r>") {
        // The writer takes such a text for XML of its own and does not escape it: a note could break the workbook.
        page.write_rich_string_with_format(row, column, &[(&Format::default(), text)], style)
    } else {
        page.write_string_with_format(row, column, text, style)
    };
    match written {
        Ok(_) => Ok(()),
        Err(XlsxError::MaxStringLengthExceeded) => Err(too_long),
        Err(other) => Err(other.into()),
    }
}

/// The day as Excel counts it. Before March 1900 programmes count differently, as Excel knows a 29th of February 1900;
/// such days are written as text.
fn excel_day(day: civil::Date) -> Option<ExcelDateTime> {
    if day < civil::date(1900, 3, 1) {
        return None;
    }
    let year = u16::try_from(day.year()).ok()?;
    let (month, day) = (u8::try_from(day.month()), u8::try_from(day.day()));
    ExcelDateTime::from_ymd(year, month.ok()?, day.ok()?).ok()
}

fn excel_moment(moment: civil::DateTime) -> Option<ExcelDateTime> {
    let hour = u16::try_from(moment.hour()).ok()?;
    let minute = u8::try_from(moment.minute()).ok()?;
    excel_day(moment.date())?
        .and_hms(hour, minute, moment.second())
        .ok()
}

/// How wide the widest line of a text is, in half-width characters.
fn width(text: &str) -> usize {
    let wide = |c: char| c >= '\u{2E80}' && !matches!(c, '\u{FF61}'..='\u{FFDC}');
    let line = |line: &str| line.chars().map(|c| 1 + usize::from(wide(c))).sum();
    text.lines().map(line).max().unwrap_or(0)
}

/// A name that Excel accepts for a sheet.
fn sheet_name(title: &str) -> String {
    let mut name = String::new();
    for c in title.chars() {
        let bad = c.is_control()
            || matches!(
                c,
                '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\u{FFFE}' | '\u{FFFF}'
            );
        let c = if bad { ' ' } else { c };
        if name.encode_utf16().count() + c.len_utf16() > LONGEST_NAME {
            break;
        }
        name.push(c);
    }
    let name = name.trim_matches(|c: char| c == '\'' || c.is_whitespace());
    // Excel keeps "History" for itself.
    if name.is_empty() || name.eq_ignore_ascii_case("history") {
        return "Sheet1".to_owned();
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read as _};

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    fn one(cell: Cell) -> Sheet {
        Sheet {
            title: "一覧".to_owned(),
            header: vec!["氏名".to_owned()],
            rows: vec![vec![cell]],
        }
    }

    /// A file inside the workbook.
    fn part(book: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(book)).unwrap();
        let mut part = String::new();
        let mut file = archive.by_name(name).unwrap();
        file.read_to_string(&mut part).unwrap();
        part
    }

    fn page(book: &[u8]) -> String {
        part(book, "xl/worksheets/sheet1.xml")
    }

    #[test]
    fn a_line_list_is_ready_to_be_filtered() {
        let mut sheet = one(text("髙﨑 花子"));
        sheet.title = "自宅療養者: It's [1/2]".to_owned();
        sheet
            .header
            .extend(["電話", "発症日", "最終報告", "体温", "備考"].map(str::to_owned));
        sheet.rows[0].extend([
            text("09012345678"),
            Cell::Day(civil::date(2026, 11, 3)),
            Cell::Moment(civil::datetime(2026, 11, 3, 18, 0, 0, 0)),
            Cell::Number(36.5, 1),
            Cell::Empty,
        ]);
        sheet.rows.push(vec![text("")]);
        let book = to_xlsx(&sheet).unwrap();
        let page = page(&book);
        // The telephone number is a text, the day a number of days.
        for found in [
            r#"<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>"#,
            r#"<autoFilter ref="A1:F3"/>"#,
            r#"<ignoredError sqref="A1:F3" numberStoredAsText="1"/>"#,
            r#"t="inlineStr"><is><t>09012345678</t></is></c><c r="C2""#,
            "<v>46329</v>",
            "<v>46329.75</v>",
            "<v>36.5</v>",
        ] {
            assert!(page.contains(found), "{found} in {page}");
        }
        let styles = part(&book, "xl/styles.xml");
        for found in [
            r#""yyyy-mm-dd""#,
            r#""yyyy-mm-dd hh:mm:ss""#,
            r#""0.0""#,
            "<b/>",
        ] {
            assert!(styles.contains(found), "{found} in {styles}");
        }
        let workbook = part(&book, "xl/workbook.xml");
        assert!(
            workbook.contains(r#"name="自宅療養者  It's  1 2""#),
            "{workbook}"
        );
        // Nothing in the file tells when it was made.
        let made = part(&book, "docProps/core.xml");
        assert_eq!(made.matches(">1980-01-01T00:00:00Z<").count(), 2, "{made}");
        assert_eq!(to_xlsx(&sheet).unwrap(), book);
    }

    #[test]
    fn no_text_becomes_a_formula_a_link_or_xml() {
        for odd in [
            "=1+1",
            "{=1}",
            "https://x.example/",
            "<r></si><si><t>a</t></r>",
            "<r><f>1</f></r>",
            "a\0\u{1}\r\u{FFFF}<&>\"",
            "_x003D_1",
        ] {
            let book = to_xlsx(&one(text(odd))).unwrap();
            let page = page(&book);
            // One text in the cell of the row, whatever stands in it.
            let cell = page.split(r#"<c r="A2" s="2" t="inlineStr"><is>"#).nth(1);
            let cell = cell.and_then(|rest| rest.split("</is>").next()).unwrap();
            assert_eq!(cell.matches("<t").count(), 1, "{page}");
            assert!(
                !page.contains("<f") && !page.contains("hyperlink") && !page.contains('\0'),
                "{page}"
            );
            assert_eq!(page.matches("<is>").count(), 2, "{page}");
        }
    }

    #[test]
    fn days_that_programmes_count_differently_are_text() {
        for (day, written) in [
            (civil::date(1900, 2, 28), "<t>1900-02-28</t>"),
            (civil::date(1900, 3, 1), "<v>61</v>"),
            (civil::date(9999, 12, 31), "<v>2958465</v>"),
            (civil::date(-1, 1, 1), "<t>-000001-01-01</t>"),
        ] {
            let page = page(&to_xlsx(&one(Cell::Day(day))).unwrap());
            assert!(page.contains(written), "{day} in {page}");
        }
    }

    #[test]
    fn what_excel_cannot_hold_is_said_without_what_it_was() {
        let long = "😀".repeat(LONGEST_TEXT / 2);
        assert!(to_xlsx(&one(text(&long))).is_ok());
        let refused = to_xlsx(&one(text(&format!("{long}ab")))).unwrap_err();
        assert!(matches!(refused, SheetError::TooLong { row: 1, column: 0 }));
        assert!(!refused.to_string().contains("ab"));
        let mut wide = one(Cell::Empty);
        wide.rows[0] = vec![Cell::Empty; MOST_COLUMNS + 1];
        assert!(matches!(to_xlsx(&wide), Err(SheetError::TooLarge)));
        wide.rows = vec![Vec::new(); MOST_ROWS];
        assert!(matches!(to_xlsx(&wide), Err(SheetError::TooLarge)));
    }

    #[test]
    fn an_empty_table_is_a_workbook_too() {
        let mut sheet = one(Cell::Number(f64::INFINITY, 0));
        assert!(!page(&to_xlsx(&sheet).unwrap()).contains(r#"r="A2""#));
        sheet.rows.clear();
        assert!(page(&to_xlsx(&sheet).unwrap()).contains(r#"<autoFilter ref="A1"/>"#));
        sheet.header.clear();
        assert!(to_xlsx(&sheet).unwrap().starts_with(b"PK"));
    }

    #[test]
    fn every_title_gives_a_name_and_every_text_a_width() {
        for title in [
            "",
            "'''",
            "///",
            "History",
            "\u{0}",
            &"😀".repeat(40),
            "A1",
            "a'",
        ] {
            let mut sheet = one(Cell::Empty);
            sheet.title = title.to_owned();
            assert!(to_xlsx(&sheet).is_ok(), "{title}");
        }
        assert_eq!(sheet_name(&"漢".repeat(40)), "漢".repeat(31));
        assert_eq!(width("ab漢字ｶﾅ\nx"), 8);
        assert_eq!(width(""), 0);
    }
}
