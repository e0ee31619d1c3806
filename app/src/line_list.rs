//! The line list: the persons of a center as a file, in columns that somebody chooses and that are remembered. Each
//! export is logged with its reason.

mod choice;
pub mod sheet;

pub use choice::{Choice, KeepChoice};

use crate::audit::{self, with};
use crate::case_registration::Address;
use crate::monitoring::WorkItem;
use crate::{Error, StaffDesk};
use domain::health_day::health_day;
use domain::ids::JurisdictionId;
use domain::monitoring::MonitoringStatus;
use domain::staff_role::Right;
use domain::status_report::{clean_note, degrees};
use i18n::Words;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sheet::{Cell, Csv, Encoding, Sheet, SheetError, Unwritable, Xlsx, to_csv_utf8};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use storage::monitoring as rows;
use storage::place_settings::{self, PlaceSettingRow};

/// The most persons of a workbook: what a sheet of Excel holds.
const MOST: usize = 1_000_000;
/// How many are read at once: the memory of an export does not grow with the list.
const RUN: i64 = 500;
/// How many characters that cannot be written are told.
const MOST_TOLD: usize = 200;
/// The longest reason, in characters.
const REASON_LENGTH: usize = 200;

/// A column of the line list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    /// The number on the brochure.
    HersysId,
    /// The name in kanji, or as its owner writes it.
    Name,
    /// The name in kana.
    NameKana,
    /// The name in Latin letters.
    NameLatin,
    /// The day of birth.
    Birthdate,
    /// The age in years.
    Age,
    /// The phone number.
    Phone,
    /// The language that the person reads, by its tag.
    Language,
    /// Where the person lives.
    Address,
    /// Where the person stays, if that is elsewhere.
    Whereabouts,
    /// The first day of symptoms.
    OnsetOn,
    /// The name of the disease.
    Disease,
    /// Whether it is a case or a contact who is not ill.
    Kind,
    /// The day of the diagnosis; of a contact there is none.
    DiagnosedOn,
    /// The day of the last contact, of a contact who is not ill.
    LastContactOn,
    /// When it was registered.
    RegisteredAt,
    /// When the person signed up.
    ClaimedAt,
    /// Where the person is.
    Status,
    /// When the latest report was measured.
    MeasuredAt,
    /// Its temperature.
    Temperature,
    /// Its oxygen saturation.
    Spo2,
    /// How urgent.
    Urgency,
    /// Who looks after the case.
    AssignedTo,
    /// When to call next.
    NextCallAt,
    /// From when on a release is to be looked at.
    ReviewFrom,
    /// Until which day the person was followed: that on which the end was entered.
    FollowedUntil,
    /// How following ended.
    Ended,
}

impl Column {
    /// All columns in their order.
    pub const ALL: [Column; 27] = [
        Column::HersysId,
        Column::Name,
        Column::NameKana,
        Column::NameLatin,
        Column::Birthdate,
        Column::Age,
        Column::Phone,
        Column::Language,
        Column::Address,
        Column::Whereabouts,
        Column::OnsetOn,
        Column::Disease,
        Column::Kind,
        Column::DiagnosedOn,
        Column::LastContactOn,
        Column::RegisteredAt,
        Column::ClaimedAt,
        Column::Status,
        Column::MeasuredAt,
        Column::Temperature,
        Column::Spo2,
        Column::Urgency,
        Column::AssignedTo,
        Column::NextCallAt,
        Column::ReviewFrom,
        // New ones come last: whoever reads files by the place of a column finds the others where they were.
        Column::FollowedUntil,
        Column::Ended,
    ];

    /// The word in forms and in the store.
    pub const fn word(self) -> &'static str {
        match self {
            Column::HersysId => "hersys_id",
            Column::Name => "name",
            Column::NameKana => "name_kana",
            Column::NameLatin => "name_latin",
            Column::Birthdate => "birthdate",
            Column::Age => "age",
            Column::Phone => "phone",
            Column::Language => "language",
            Column::Address => "address",
            Column::Whereabouts => "whereabouts",
            Column::OnsetOn => "onset_on",
            Column::Disease => "disease",
            Column::Kind => "kind",
            Column::DiagnosedOn => "diagnosed_on",
            Column::LastContactOn => "last_contact_on",
            Column::RegisteredAt => "registered_at",
            Column::ClaimedAt => "claimed_at",
            Column::Status => "status",
            Column::MeasuredAt => "measured_at",
            Column::Temperature => "temperature",
            Column::Spo2 => "spo2",
            Column::Urgency => "urgency",
            Column::AssignedTo => "assigned_to",
            Column::NextCallAt => "next_call_at",
            Column::ReviewFrom => "review_from",
            Column::FollowedUntil => "followed_until",
            Column::Ended => "ended",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Column> {
        Column::ALL.into_iter().find(|column| column.word() == word)
    }

    fn is_health(self) -> bool {
        matches!(
            self,
            Column::Status
                | Column::MeasuredAt
                | Column::Temperature
                | Column::Spo2
                | Column::Urgency
                | Column::NextCallAt
                | Column::ReviewFrom
                | Column::FollowedUntil
                | Column::Ended
        )
    }

    /// Whether it tells where somebody is to be found, which stands elsewhere than the rest.
    fn is_place(self) -> bool {
        matches!(self, Column::Address | Column::Whereabouts)
    }

    fn cell(
        self,
        (item, address): (&WorkItem, &Address),
        (desk, t): (&StaffDesk, &Words),
        zone: &TimeZone,
    ) -> Cell {
        let text = |text: Option<String>| text.map_or(Cell::Empty, Cell::Text);
        let day = |day: Option<Date>| day.map_or(Cell::Empty, Cell::Day);
        let moment = |at: Option<jiff::Timestamp>| {
            at.map_or(Cell::Empty, |at| {
                Cell::Moment(at.to_zoned(zone.clone()).datetime())
            })
        };
        let m = &item.monitoring;
        let status = |status: MonitoringStatus| {
            t.say(&format!("status-{}", status.word().replace('_', "-")))
        };
        match self {
            Column::HersysId => Cell::Text(item.hersys_id.clone()),
            Column::Name => text(item.spelling(0)),
            Column::NameKana => text(item.spelling(1)),
            Column::NameLatin => text(item.spelling(2)),
            Column::Birthdate => Cell::Day(*item.birthdate.expose()),
            Column::Age => Cell::Number(f64::from(item.age), 0),
            // In words: an empty cell could be one that was lost. Such a list comes in again, and they are read.
            Column::Phone => Cell::Text(match &item.phone {
                Some(phone) => phone.expose().clone(),
                None => t.say("no-phone"),
            }),
            Column::Language => Cell::Text(item.language.clone()),
            Column::Address => text(address.address.as_ref().map(|text| text.expose().clone())),
            Column::Whereabouts => text(
                address
                    .whereabouts
                    .as_ref()
                    .map(|text| text.expose().clone()),
            ),
            Column::OnsetOn => day(item.onset_on),
            Column::Disease => Cell::Text(desk.disease(&item.programme, t.language.tag())),
            Column::Kind => Cell::Text(t.say(match item.is_contact {
                true => "close-contact",
                false => "export-kind-case",
            })),
            Column::DiagnosedOn => day((!item.is_contact).then_some(item.diagnosed_on)),
            Column::LastContactOn => day(item.is_contact.then_some(item.diagnosed_on)),
            Column::RegisteredAt => moment(Some(item.registered_at)),
            Column::ClaimedAt => moment(item.claimed_at),
            Column::Status => Cell::Text(status(m.status)),
            Column::MeasuredAt => moment(m.latest.map(|(at, _)| at)),
            Column::Temperature => m
                .temperature
                .and_then(|v| degrees(v).parse().ok())
                .map_or(Cell::Empty, |v: f64| Cell::Number(v, 1)),
            Column::Spo2 => m
                .spo2
                .map_or(Cell::Empty, |v| Cell::Number(f64::from(v), 0)),
            Column::Urgency => match m.urgency {
                domain::urgency::Level::Calm => Cell::Empty,
                domain::urgency::Level::Watch => Cell::Text(t.say("level-watch")),
                domain::urgency::Level::Alarming => Cell::Text(t.say("level-alarming")),
                domain::urgency::Level::Emergency => Cell::Text(t.say("level-emergency")),
            },
            Column::AssignedTo => text(item.assigned_name.clone()),
            Column::NextCallAt => moment(m.next_call_at),
            Column::ReviewFrom => day(m.review_from),
            Column::FollowedUntil => day((item.ended_at()).map(|at| health_day(at, zone))),
            Column::Ended => text(item.ended_at().map(|_| status(m.status))),
        }
    }
}

/// In which form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// CSV in UTF-8 with a byte order mark, which Excel wants.
    CsvUtf8,
    /// CSV in Shift_JIS.
    CsvShiftJis,
    /// An Excel workbook.
    Xlsx,
}

impl Format {
    /// Whether a file holds so many persons; a table as a text has no end.
    fn holds(self, count: usize) -> bool {
        self != Format::Xlsx || count <= MOST
    }
}

/// Whom a line list holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Whom {
    /// Those who are or were ill.
    #[default]
    Cases,
    /// Contacts who are not ill.
    Contacts,
    /// Both.
    Both,
}

/// What somebody wishes to export.
#[derive(Clone, Debug)]
pub struct Wished {
    /// The columns; their order is that of [`Column::ALL`].
    pub columns: Vec<Column>,
    /// Cases, contacts or both.
    pub whom: Whom,
    /// Only those who are followed.
    pub only_open: bool,
    /// Only those with this disease, by the short name of its programme; empty: all.
    pub programme: String,
    /// In which form.
    pub format: Format,
    /// What it is for.
    pub reason: String,
    /// Whether somebody has seen what cannot be written and wants the file all the same.
    pub losses_are_fine: bool,
}

/// A character that cannot be written: the HER-SYS ID, the column, the character.
pub type Lost = (String, String, char);

/// What came of an export.
pub enum Export {
    /// The file, from its beginning, and how many persons stand in it. It has no name, and is gone when it is closed.
    File(File, usize),
    /// These characters cannot be written in this encoding; the first of them.
    CannotBeWritten(Vec<Lost>),
    /// There are more persons than a sheet of Excel holds.
    TooMany,
    /// The reason is missing.
    Reason,
    /// No column was chosen.
    NoColumn,
}

/// A table without persons as CSV.
pub fn plain_csv(header: &[String], rows: &[Vec<String>]) -> Vec<u8> {
    to_csv_utf8(&Sheet {
        title: String::new(),
        header: header.to_vec(),
        rows: rows
            .iter()
            .map(|row| row.iter().cloned().map(Cell::Text).collect())
            .collect(),
    })
}

impl StaffDesk {
    fn columns_setting(&self) -> String {
        format!("line_list.{}", self.staff)
    }

    /// The columns that this role may choose.
    fn columns(&self) -> Vec<Column> {
        Column::ALL
            .into_iter()
            .filter(|column| self.may(Right::SeeHealth) || !column.is_health())
            .collect()
    }

    /// The columns that this role may choose, and those that this staff member chose last.
    pub async fn line_list_columns(&self) -> Result<(Vec<Column>, Vec<Column>), Error> {
        self.needs(Right::Export)?;
        let all = self.columns();
        let (place, name, now) = (self.place, self.columns_setting(), self.app.clock.now());
        let saved = self
            .app
            .db()
            .read(move |tx| place_settings::effective(tx, place, &name, now))
            .await?;
        let chosen = match saved.as_ref().and_then(|value| value.as_array()) {
            Some(words) => all
                .iter()
                .copied()
                .filter(|column| words.iter().any(|w| w.as_str() == Some(column.word())))
                .collect(),
            None => all.clone(),
        };
        Ok((all, chosen))
    }

    /// Exports the persons of the own center. The chosen columns are remembered.
    pub async fn export(&self, wished: &Wished, t: &'static Words) -> Result<Export, Error> {
        self.needs(Right::Export)?;
        let reason: String = clean_note(&wished.reason)
            .chars()
            .take(REASON_LENGTH)
            .collect();
        if reason.is_empty() {
            return Ok(Export::Reason);
        }
        let (may, _) = self.line_list_columns().await?;
        let columns: Vec<Column> = may
            .into_iter()
            .filter(|column| wished.columns.contains(column))
            .collect();
        if columns.is_empty() {
            return Ok(Export::NoColumn);
        }
        let center = self.health_center().await?;
        let header: Vec<String> = columns
            .iter()
            .map(|c| t.say(&format!("column-{}", c.word().replace('_', "-"))))
            .collect();
        let has_places = columns.iter().any(|column| column.is_place());
        let mut list = ListFile::begin(wished.format, header)?;
        let sees_health = self.may(Right::SeeHealth);
        let (id, only_open) = (center.id, wished.only_open);
        let today = health_day(self.app.clock.now(), &center.time_zone);
        let (mut cases, mut after) = (Vec::new(), None);
        loop {
            if !wished.format.holds(cases.len()) {
                return Ok(Export::TooMany);
            }
            let found = self
                .app
                .db()
                .read(move |tx| rows::whole_center(tx, id, only_open, after, RUN))
                .await?;
            let is_last = found.len() < usize::try_from(RUN).unwrap_or(usize::MAX);
            after = found
                .last()
                .map(|row| (row.registered_at, row.monitoring.case));
            let mut places = if has_places {
                self.addresses_of(
                    found
                        .iter()
                        .map(|row| (row.monitoring.case, row.person))
                        .collect(),
                )
                .await?
            } else {
                HashMap::new()
            };
            for row in found {
                if !wished.programme.is_empty() && row.programme != wished.programme {
                    continue;
                }
                match (wished.whom, row.is_contact) {
                    (Whom::Cases, true) | (Whom::Contacts, false) => continue,
                    _ => {}
                }
                let address = places.remove(&row.monitoring.case).unwrap_or_default();
                let item = WorkItem::read(&self.app, row, today, sees_health)?;
                let cells: Vec<Cell> = columns
                    .iter()
                    .map(|column| column.cell((&item, &address), (self, t), &center.time_zone))
                    .collect();
                list.add(&item.hersys_id, &cells)?;
                cases.push(item.case);
            }
            if is_last {
                break;
            }
            // Others want this thread, too.
            tokio::task::yield_now().await;
        }
        // A workbook is put together at its end, which takes a while.
        let (file, lost) = tokio::task::spawn_blocking(move || list.end())
            .await
            .map_err(|_| Error::broken("writing a list panicked"))??;
        if !lost.is_empty() && !wished.losses_are_fine {
            return Ok(Export::CannotBeWritten(lost));
        }
        self.log_export(&columns, cases.len(), &reason).await?;
        // In each person's own log stands that they left the system, too.
        for some in cases.chunks(500) {
            let lines = some
                .iter()
                .map(|case| with(self.did("case.exported", Some(*case)), reason.clone()));
            self.note_all(lines.collect()).await?;
        }
        Ok(Export::File(file, cases.len()))
    }

    async fn log_export(
        &self,
        columns: &[Column],
        count: usize,
        reason: &str,
    ) -> Result<(), Error> {
        let (place, name, now) = (self.place, self.columns_setting(), self.app.clock.now());
        let words: Vec<&str> = columns.iter().map(|c| c.word()).collect();
        let setting = PlaceSettingRow {
            valid_from: now,
            value: serde_json::json!(words),
            set_by: Some(self.staff),
            set_at: now,
            set_by_name: None,
        };
        let details = format!("{count} × {}: {reason}", words.join(","));
        let entry = with(self.did("cases.exported", None), details);
        let keys = self.app.keys().clone();
        self.app
            .db()
            .write(move |tx| {
                place_settings::add(tx, JurisdictionId::from_uuid(place.uuid()), &name, &setting)?;
                audit::note(tx, &keys, &entry)
            })
            .await?;
        Ok(())
    }
}

/// A list on its way into a file without a name: nobody finds it on the disk, and it is gone when it is closed.
struct ListFile {
    header: Vec<String>,
    form: Form,
    /// What cannot be written.
    lost: Vec<Lost>,
}

enum Form {
    Csv(Csv, BufWriter<File>),
    Xlsx(Box<Xlsx>),
}

fn unwritten(error: io::Error) -> Error {
    Error::broken(format!("a list cannot be written: {}", error.kind()))
}

fn no_workbook(error: SheetError) -> Error {
    Error::broken(format!("a workbook cannot be written: {error}"))
}

impl ListFile {
    fn begin(format: Format, header: Vec<String>) -> Result<ListFile, Error> {
        let csv = |encoding| -> Result<Form, Error> {
            let file = tempfile::tempfile().map_err(unwritten)?;
            Ok(Form::Csv(
                Csv::new(encoding, header.len()),
                BufWriter::new(file),
            ))
        };
        let form = match format {
            Format::CsvUtf8 => csv(Encoding::Utf8)?,
            Format::CsvShiftJis => csv(Encoding::ShiftJis)?,
            Format::Xlsx => {
                let book = Xlsx::new("HER-SYS", &header, header.len()).map_err(no_workbook)?;
                Form::Xlsx(Box::new(book))
            }
        };
        let mut list = ListFile {
            header,
            form,
            lost: Vec::new(),
        };
        if let Form::Csv(csv, file) = &mut list.form {
            let mut lost = Vec::new();
            let bytes = csv.header(&list.header, &mut lost);
            file.write_all(&bytes).map_err(unwritten)?;
            list.tell("", lost);
        }
        Ok(list)
    }

    fn add(&mut self, hersys_id: &str, cells: &[Cell]) -> Result<(), Error> {
        match &mut self.form {
            Form::Csv(csv, file) => {
                let mut lost = Vec::new();
                let bytes = csv.row(cells, &mut lost);
                file.write_all(&bytes).map_err(unwritten)?;
                self.tell(hersys_id, lost);
            }
            Form::Xlsx(book) => book.row(cells).map_err(no_workbook)?,
        }
        Ok(())
    }

    fn tell(&mut self, hersys_id: &str, lost: Vec<Unwritable>) {
        for one in lost {
            if self.lost.len() < MOST_TOLD {
                let column = self.header.get(one.column).cloned().unwrap_or_default();
                self.lost
                    .push((hersys_id.to_owned(), column, one.character));
            }
        }
    }

    /// The file from its beginning, and what could not be written.
    fn end(self) -> Result<(File, Vec<Lost>), Error> {
        let mut file = match self.form {
            Form::Csv(_, file) => file.into_inner().map_err(|e| unwritten(e.into_error()))?,
            Form::Xlsx(book) => {
                let mut file = tempfile::tempfile().map_err(unwritten)?;
                book.save(&mut file).map_err(no_workbook)?;
                file
            }
        };
        file.rewind().map_err(unwritten)?;
        Ok((file, self.lost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_a_nation_and_a_workbook_a_sheet() {
        assert!(Format::Xlsx.holds(MOST));
        assert!(!Format::Xlsx.holds(MOST + 1));
        assert!(Format::CsvUtf8.holds(MOST + 1) && Format::CsvShiftJis.holds(MOST + 1));
    }
}
