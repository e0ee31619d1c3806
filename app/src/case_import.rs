//! Importing cases from a CSV file or a workbook of Excel. What can be wrong with it is looked for before anything is
//! written, every bad row with its line and reason; a small file is then imported all or none, a large one some rows at a
//! time, so that nobody waits for it.

mod again;
mod alike;
mod columns;
mod draft;
mod marks;
mod sheet;
mod standing;
mod survey;
mod template;
mod work;
mod workbook;

pub use alike::{AlikeRow, Meant, Standing};
pub use columns::{headings, in_words as column_in_words};
pub use draft::{ImportDraft, ImportState};
pub use standing::LeftOut;
pub use work::{ImportWork, Step};
pub use workbook::FromWorkbook;

use crate::audit::by_machine;
use crate::{Error, SystemDesk};
use again::Again;
use alike::Since;
use domain::ids::{CaseId, HealthCenterId, StaffId};
use domain::language::Language;
use domain::personal::Personal;
use i18n::words;
use jiff::Timestamp;
use jiff::civil::Date;
use sheet::Sheet;
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::audit::AuditEntry;
use storage::case_registration::any_after;
use survey::Asked;
use uuid::Uuid;

/// The columns, in their order.
pub const HEADER: [&str; 11] = [
    "name",
    "name_kana",
    "name_latin",
    "birthdate",
    "phone",
    "language",
    "diagnosed_on",
    "onset_on",
    "entered_japan_on",
    "passport_number",
    "hersys_id",
];

/// How many of them, the first ones, are names.
const NAMES: usize = 3;
/// Where the HER-SYS ID stands among them.
const ID: usize = 10;

/// Columns that a file may have beside them.
pub const OPTIONAL: [&str; 3] = ["email", "programme", "address"];

/// The columns of rows with so many fields.
pub fn header(columns: usize) -> Vec<&'static str> {
    let optional = columns.saturating_sub(HEADER.len());
    HEADER
        .into_iter()
        .chain(OPTIONAL.into_iter().take(optional))
        .collect()
}

/// The largest file that is read: 48 MiB, some 300,000 rows.
pub const LARGEST: usize = LARGEST_MIB as usize * 1024 * 1024;
/// The same in MiB, as sentences say it.
pub const LARGEST_MIB: i32 = 48;

/// How many of its first rows are kept of a file that is looked at: all of those that are imported all or none.
const ROWS_SHOWN: usize = 1_000;
/// How many of the people are kept of whom something is to be said, those that come first.
const SHOWN: usize = 200;

/// A row that was imported.
#[derive(Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its line in the file, counted from 1.
    pub line: u64,
    /// The case that it became.
    pub case: CaseId,
    /// The columns as they stood in the file, the ID filled in.
    pub fields: Vec<String>,
}

/// A row as it was looked at before importing.
#[derive(Clone, PartialEq, Eq)]
pub struct Looked {
    /// Its line in the file, counted from 1.
    pub line: u64,
    /// The columns as they stand in the file.
    pub fields: Vec<String>,
    /// The language, as it was read.
    pub language: String,
    /// The birthdate, as it was read.
    pub born_on: Date,
    /// The day of diagnosis, as it was read.
    pub diagnosed_on: Date,
    /// The day of onset, as it was read.
    pub onset_on: Option<Date>,
}

/// The name to show of a row: the first of its spellings that it has.
pub fn name_in(fields: &[String]) -> &str {
    names_in(fields).next().unwrap_or("")
}

/// All spellings of the name of a row.
pub fn names_in(fields: &[String]) -> impl Iterator<Item = &str> {
    let names = fields.iter().take(NAMES).map(String::as_str);
    names.filter(|name| !name.is_empty())
}

/// A file as it would be imported: every row is good.
#[derive(Clone)]
pub struct LookedAt {
    /// How many rows it has.
    pub count: u64,
    /// How many of them are registered in each programme.
    pub programmes: BTreeMap<String, u64>,
    /// The first rows: 1,000 at most.
    pub first: Vec<Looked>,
    /// How many of them have no phone number.
    pub without_phone: u64,
    /// The first of those: the line, and the name. 200 at most.
    pub first_without_phone: Vec<(u64, Personal<String>)>,
    /// How many of them have the number of the center itself, under which nobody reaches them.
    pub own_number: u64,
    /// The first of those: the line, and the name. 200 at most.
    pub first_own_number: Vec<(u64, Personal<String>)>,
    /// Those whose persons may stand already, or whose days are unlikely.
    pub alike: Vec<AlikeRow>,
    /// When it was looked at: whoever was registered later is not among them.
    at: Timestamp,
    /// For whom it was looked at.
    center: HealthCenterId,
    /// What a command remembers of it.
    again: Option<Again>,
    sheet: Arc<Sheet>,
}

impl LookedAt {
    /// The columns of the file that are left out, because they are not ours.
    pub fn columns_left_out(&self) -> &[String] {
        &self.sheet.left_out
    }

    /// What is to be said of it where it is a workbook: which sheet was read, and what was not.
    pub fn workbook(&self) -> Option<&FromWorkbook> {
        self.sheet.workbook.as_ref()
    }

    /// The lines whose persons may stand already and that nobody means, and those who do by the ID that they give, also where
    /// somebody means them, for no two have one ID: they are left out.
    pub fn left_out(&self, meant: &Meant) -> Vec<u64> {
        let alike = self.alike.iter().filter(|row| row.is_alike());
        let left_out = alike.filter(|row| row.known_by_id || !meant.has(row.line));
        left_out.map(|row| row.line).collect()
    }
}

/// A row that cannot be imported, or the file as a whole (line 1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowError {
    /// The line, counted from 1.
    pub line: u64,
    /// The column, empty where it is the row as a whole.
    pub column: String,
    /// What is wrong, without the value.
    pub reason: String,
}

fn error(line: u64, column: &str, reason: String) -> RowError {
    RowError {
        line,
        column: column.to_owned(),
        reason,
    }
}

/// Some lines of a file.
#[derive(Clone, Default)]
pub(crate) struct Lines(Vec<u64>);

impl Lines {
    fn of(mut lines: Vec<u64>) -> Lines {
        lines.sort_unstable();
        lines.dedup();
        Lines(lines)
    }

    /// The same with further ones.
    fn and(&self, more: &[u64]) -> Lines {
        Lines::of([&self.0, more].concat())
    }

    fn count(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }

    fn has(&self, line: u64) -> bool {
        self.0.binary_search(&line).is_ok()
    }
}

/// For whom a file is imported, and what is written beside the cases.
#[derive(Clone)]
pub(crate) struct ImportFor {
    pub(crate) center: HealthCenterId,
    pub(crate) by: Option<StaffId>,
    pub(crate) language: Language,
    /// The file that was looked at before; each of its rows is imported once.
    pub(crate) draft: Option<Uuid>,
    /// Lines that somebody left out.
    pub(crate) without: Lines,
    /// The line of the audit log for each case; its moment is that of the writing.
    pub(crate) entry: AuditEntry,
}

impl SystemDesk {
    /// Looks at a file and writes nothing: what is in it, and who may stand already. Rows that this very file has
    /// registered for the center are passed over; [`LookedAt::registered`] tells them.
    ///
    /// # Errors
    /// The inner error holds every bad row, also one whose HER-SYS ID is somebody else's already.
    pub async fn look_at_import(
        &self,
        bytes: &[u8],
        center: HealthCenterId,
    ) -> Result<Result<LookedAt, Vec<RowError>>, Error> {
        let again = self.app.again(bytes, center).await?;
        let without = again.lines();
        let looked = self.look(bytes, center, (true, &without)).await?;
        Ok(looked.map(|mut looked| {
            looked.again = Some(again);
            looked
        }))
    }

    async fn look(
        &self,
        bytes: &[u8],
        center: HealthCenterId,
        (alike, without): (bool, &Lines),
    ) -> Result<Result<LookedAt, Vec<RowError>>, Error> {
        let language = Language::En;
        let asked = Asked {
            center,
            language,
            without,
            taken: true,
            alike,
            at_work: None,
        };
        match Sheet::read_aside(bytes, words(language)).await? {
            Ok(sheet) => self.app.survey(sheet, asked).await,
            Err(errors) => Ok(Err(errors)),
        }
    }

    /// Begins to import a file that was looked at a moment ago, but for the lines that are left out, and those whose persons were
    /// registered since then: [`ImportWork::left_out_meanwhile`] tells them. No row is written before [`ImportWork::next`]. What
    /// becomes of each is remembered for some days: whoever is cut short looks at the file again, and goes on. `None` where another
    /// file is being imported for the center, whoever does that.
    pub async fn begin_import(
        &self,
        looked: &LookedAt,
        without: Vec<u64>,
    ) -> Result<Option<ImportWork>, Error> {
        let (mut without, mut before, mut meanwhile) =
            (Lines::of(without), Lines::default(), Vec::new());
        if let Some(again) = &looked.again {
            let Some(stands) = self.app.take_on(again, looked.center).await? else {
                return Ok(None);
            };
            before = stands.lines();
            meanwhile = self.meanwhile(looked, &stands, &without).await?;
            without = without.and(&meanwhile);
        }
        let left_out = without.count();
        let whom = ImportFor {
            center: looked.center,
            by: None,
            language: Language::En,
            draft: looked.again.as_ref().map(Again::draft),
            without,
            entry: by_machine(self.app.clock.now(), "case.registered", None),
        };
        let stood = u64::try_from(looked.registered_count()).unwrap_or(0);
        let count = looked.count.saturating_sub(left_out) + stood;
        let work = ImportWork::begin(&self.app, &looked.sheet, whom, (count, before)).await?;
        Ok(Some(work.without_more(meanwhile)))
    }

    /// The lines whose persons others have registered since a file was looked at.
    async fn meanwhile(
        &self,
        looked: &LookedAt,
        stands: &Again,
        without: &Lines,
    ) -> Result<Vec<u64>, Error> {
        let (center, at) = (looked.center, looked.at);
        let db = self.app.db();
        if !db.read(move |tx| any_after(tx, center, at)).await? {
            return Ok(Vec::new());
        }
        let asked = Asked {
            center,
            language: Language::En,
            without: &without.and(&stands.lines().0),
            taken: false,
            alike: true,
            at_work: Some((stands.draft(), 0)),
        };
        let since = Since {
            at,
            own: stands.cases(),
        };
        self.app
            .registered_since(&looked.sheet, asked, &since)
            .await
    }

    /// Imports cases for a center to the end, whoever may stand already. For a file of few rows, which are imported all
    /// or none. Nothing is remembered of it: the same file registers everybody once more.
    ///
    /// # Errors
    /// The inner error holds every bad row.
    pub async fn import(
        &self,
        bytes: &[u8],
        center: HealthCenterId,
    ) -> Result<Result<Vec<Imported>, Vec<RowError>>, Error> {
        let everybody = (false, &Lines::default());
        let looked = match self.look(bytes, center, everybody).await? {
            Ok(looked) => looked,
            Err(errors) => return Ok(Err(errors)),
        };
        let another = || Error::broken("another file of the center is being imported");
        let begun = self.begin_import(&looked, Vec::new()).await?;
        let (mut work, mut all) = (begun.ok_or_else(another)?, Vec::new());
        while let Some(step) = work.next().await? {
            match step {
                Step::Imported { rows, .. } => all.extend(rows),
                Step::Refused(errors) => return Ok(Err(errors)),
                Step::Lost => return Err(another()),
            }
        }
        all.sort_by_key(|row| row.line);
        Ok(Ok(all))
    }
}
