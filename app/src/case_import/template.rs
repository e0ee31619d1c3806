//! An empty workbook to write a list into. All of its cells are text: Excel then leaves the zero with which a phone number
//! begins, and days as they were written.

use super::columns::heading;
use super::{HEADER, OPTIONAL};
use crate::{Error, StaffDesk};
use domain::language::Language;
use domain::staff_role::Right;
use i18n::words;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

/// How wide its columns are, in half-width characters.
const WIDTH: u32 = 18;

impl StaffDesk {
    /// An empty workbook with the names of the columns, in the language of whoever fills it in.
    ///
    /// # Errors
    /// Where the reader may not register anybody.
    pub fn import_template(&self, language: Language) -> Result<Vec<u8>, Error> {
        self.needs(Right::Register)?;
        let words = words(language);
        // Which disease it is has to be said only where there are several.
        let optional = OPTIONAL
            .into_iter()
            .filter(|name| *name != "programme" || self.follows_several());
        let names: Vec<String> = HEADER
            .into_iter()
            .chain(optional)
            .map(|name| heading(name, words))
            .collect();
        workbook(&names, &words.say("import-template-sheet"))
            .map_err(|_| Error::broken("the empty workbook cannot be written"))
    }
}

fn workbook(names: &[String], title: &str) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The writer would ask the system for the time. This is the day that it gives to the files inside.
    let made = ExcelDateTime::from_ymd(1980, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let page = workbook.add_worksheet();
    page.set_name(title)?;
    let text = Format::new().set_num_format("@");
    for (column, name) in (0..).zip(names) {
        page.set_column_format(column, &text)?;
        page.set_column_width(column, WIDTH)?;
        page.write_string_with_format(0, column, name, &text.clone().set_bold())?;
    }
    page.set_freeze_panes(1, 0)?;
    workbook.save_to_buffer()
}
