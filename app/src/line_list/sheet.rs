//! A table that is written as a file: CSV for programmes, an Excel workbook for people. Knows nothing of what stands in
//! it. What people typed stays text: no programme that opens the file may take it for a formula.

mod csv;
mod xlsx;

pub(crate) use csv::unguarded;
pub use csv::{Csv, Encoding, Unwritable, to_csv_utf8};
pub use xlsx::{SheetError, Xlsx};

use jiff::civil;

/// The most decimals that are written; a 64-bit number knows no more.
const MOST_DECIMALS: u8 = 15;

/// One cell. There is no `Debug`: cells hold what is known of people.
#[derive(Clone, PartialEq)]
pub enum Cell {
    /// A text, also where it looks like a number.
    Text(String),
    /// A number and its decimals, at most 15. What is not finite is written as an empty cell.
    Number(f64, u8),
    /// A day.
    Day(civil::Date),
    /// A moment on somebody's wall clock; written to the second.
    Moment(civil::DateTime),
    /// Nothing.
    Empty,
}

/// A table. Shorter rows are filled up with empty cells.
#[derive(Clone, PartialEq)]
pub struct Sheet {
    /// The name of the sheet; Excel sees at most 31 characters of it.
    pub title: String,
    /// The names of the columns.
    pub header: Vec<String>,
    /// The rows below the header.
    pub rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// The columns of the widest row.
    fn columns(&self) -> usize {
        let widest = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        widest.max(self.header.len())
    }
}

/// What a cell says, as it is written into CSV.
fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number, decimals) if number.is_finite() => {
            let decimals = usize::from(*decimals.min(&MOST_DECIMALS));
            let text = format!("{number:.decimals$}");
            // Nobody wants to read "-0.0".
            match text.strip_prefix('-') {
                Some(rest) if rest.bytes().all(|b| b == b'0' || b == b'.') => rest.to_owned(),
                _ => text,
            }
        }
        Cell::Day(day) => day.to_string(),
        // With a T between, Excel would not take it for a date.
        Cell::Moment(moment) => moment.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Cell::Number(..) | Cell::Empty => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_says_what_it_holds() {
        let said = |cell| plain(&cell);
        assert_eq!(said(Cell::Number(36.649, 1)), "36.6");
        assert_eq!(said(Cell::Number(96.0, 0)), "96");
        assert_eq!(said(Cell::Number(-0.04, 1)), "0.0");
        assert_eq!(said(Cell::Number(-1.5, 1)), "-1.5");
        assert_eq!(said(Cell::Number(f64::NAN, 1)), "");
        assert_eq!(said(Cell::Number(0.5, 200)).len(), 17);
        let moment = civil::datetime(2026, 11, 3, 9, 5, 7, 999);
        assert_eq!(said(Cell::Moment(moment)), "2026-11-03 09:05:07");
        assert_eq!(said(Cell::Day(civil::date(987, 6, 5))), "0987-06-05");
    }
}
