//! A table as a workbook of Excel.

use super::{Cell, MOST_DECIMALS, Sheet, plain};
use jiff::civil;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, IgnoreError, Workbook, Worksheet, XlsxError,
};

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

/// An Excel workbook (.xlsx) of one sheet: real dates, text as text, no formula. The same table gives the same bytes.
/// Thousands of rows take a core for a while.
///
/// # Errors
/// Where the table or a text is too large for Excel; see [`SheetError`].
pub fn to_xlsx(sheet: &Sheet) -> Result<Vec<u8>, SheetError> {
    let columns = sheet.columns();
    if sheet.rows.len() >= MOST_ROWS || columns > MOST_COLUMNS {
        return Err(SheetError::TooLarge);
    }
    let mut workbook = Workbook::new();
    // The writer would ask the system for the time. This is the day that it gives to the files inside.
    let made = ExcelDateTime::from_ymd(1980, 1, 1)?;
    let properties = DocProperties::new().set_title(&sheet.title);
    workbook.set_properties(&properties.set_creation_datetime(&made));
    let page = workbook.add_worksheet();
    page.set_name(sheet_name(&sheet.title))?;
    let styles = Styles::new();
    let mut widths = vec![WIDTHS.0; columns];
    for (column, name) in sheet.header.iter().enumerate() {
        write_text(page, (0, column), name, &styles.header)?;
        // The button of the filter covers some of the header.
        widths[column] = widths[column].max(width(name) + 3);
    }
    for (row, cells) in sheet.rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            write_cell(page, (row + 1, column), cell, &styles)?;
            widths[column] = widths[column].max(width(&plain(cell)) + 1);
        }
    }
    if let Some(last) = columns.checked_sub(1) {
        let (bottom, right) = at((sheet.rows.len(), last))?;
        page.set_freeze_panes(1, 0)?;
        page.autofilter(0, 0, bottom, right)?;
        // Telephone numbers are text on purpose.
        page.ignore_error_range(0, 0, bottom, right, IgnoreError::NumberStoredAsText)?;
    }
    for (column, width) in widths.into_iter().enumerate() {
        let width = u32::try_from(width.min(WIDTHS.1)).unwrap_or(u32::MAX);
        page.set_column_width(at((0, column))?.1, width)?;
    }
    Ok(workbook.save_to_buffer()?)
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
            || matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\u{FFFE}' | '\u{FFFF}');
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

