//! Importing cases from a CSV file: all or nothing, every bad row with its line and reason.

mod alike;

pub use alike::{AlikeRow, LookedAt, Meant};

use crate::audit::{self, by_machine};
use crate::case_registration::{CaseField, CaseProblem, CheckedCase, TypedCase, check, write_case};
use crate::hersys_id::is_taken;
use crate::programme::{Programme, meant};
use crate::{App, Error, StaffDesk, SystemDesk};
use domain::hersys_id::{HersysId, HersysIdError};
use domain::ids::{CaseId, HealthCenterId, StaffId};
use domain::language::Language;
use domain::staff_role::Right;
use encoding_rs::SHIFT_JIS;
use i18n::{Words, words};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use storage::audit::AuditEntry;
use storage::case_import::DraftRow;
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

/// What undoes an import that was done already; nobody reads it.
const IMPORTED_ALREADY: &str = "the file was imported already";
const SEALED_AS: &str = "import";

/// A row as it was looked at before importing.
#[derive(Clone, PartialEq, Eq)]
pub struct Looked {
    /// Its line in the file, counted from 1.
    pub line: u64,
    /// The columns as they stand in the file.
    pub fields: Vec<String>,
    /// The programme in which it is registered.
    pub programme: String,
}

/// What came of importing a file that was looked at.
#[derive(Clone)]
pub enum ImportDraft {
    /// It is imported: now, or already when the button was pressed before.
    Imported,
    /// Something is wrong by now, such as an ID that was given meanwhile; nothing was imported.
    Problems(Vec<RowError>),
    /// There is no such file; it was looked at too long ago.
    NoSuchFile,
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

/// The text of a file: UTF-8 with or without a byte order mark, or else Shift_JIS (code page 932).
/// # Errors
/// The line, from 1, on which there is something that neither of both encodings has.
fn decode(bytes: &[u8]) -> Result<String, u64> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let not_utf8 = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text.to_owned()),
        Err(error) => error,
    };
    if let Some(text) = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes) {
        return Ok(text.into_owned());
    }
    // Whichever of both goes further is the one that the file is written in.
    let (decoded, _) = SHIFT_JIS.decode_without_bom_handling(bytes);
    let good = decoded.split('\u{FFFD}').next().unwrap_or_default();
    let utf8 = &bytes[..not_utf8.valid_up_to()];
    let ends = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count();
    let most = ends(good.as_bytes()).max(ends(utf8));
    Err(u64::try_from(most).map_or(u64::MAX, |ends| ends.saturating_add(1)))
}

/// Where each of our columns stands in a file, those that need not be there up to the last one that is; `None` where one
/// is missing, unknown, or there twice.
fn order_of(names: &[&str]) -> Option<Vec<Option<usize>>> {
    let place = |wished: &str| {
        names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(wished))
    };
    let mut order = HEADER.map(place).to_vec();
    if order.contains(&None) {
        return None;
    }
    let optional = OPTIONAL.map(place);
    let last = optional.iter().rposition(Option::is_some);
    order.extend(&optional[..last.map_or(0, |at| at + 1)]);
    (order.iter().flatten().count() == names.len()).then_some(order)
}

struct Row {
    line: u64,
    fields: Vec<String>,
    checked: CheckedCase,
    programme: String,
    id: Option<HersysId>,
}

impl From<Row> for Looked {
    fn from(row: Row) -> Looked {
        Looked {
            line: row.line,
            fields: row.fields,
            programme: row.programme,
        }
    }
}

fn error(line: u64, column: &str, reason: String) -> RowError {
    RowError {
        line,
        column: column.to_owned(),
        reason,
    }
}

/// For whom a file is imported, and what its transaction writes beside the cases.
pub(crate) struct ImportFor {
    pub(crate) center: HealthCenterId,
    pub(crate) by: Option<StaffId>,
    pub(crate) language: Language,
    /// The file that was looked at before; it is imported once.
    pub(crate) draft: Option<Uuid>,
    /// Lines that somebody left out.
    pub(crate) without: Vec<u64>,
    /// The line of the audit log for each case.
    pub(crate) entry: AuditEntry,
}

impl SystemDesk {
    /// Imports cases for a center, all or none.
    ///
    /// # Errors
    /// The inner error holds every bad row.
    pub async fn import(
        &self,
        bytes: &[u8],
        center: HealthCenterId,
    ) -> Result<Result<Vec<Imported>, Vec<RowError>>, Error> {
        self.import_without(bytes, center, Vec::new()).await
    }

    /// Imports cases for a center, all or none, but for the lines that are left out.
    ///
    /// # Errors
    /// The inner error holds every bad row.
    pub async fn import_without(
        &self,
        bytes: &[u8],
        center: HealthCenterId,
        without: Vec<u64>,
    ) -> Result<Result<Vec<Imported>, Vec<RowError>>, Error> {
        let whom = ImportFor {
            center,
            by: None,
            language: Language::En,
            draft: None,
            without,
            entry: by_machine(self.app.clock.now(), "case.registered", None),
        };
        self.app.import(bytes, whom).await
    }
}

impl App {
    /// The rows of a file, or every bad one.
    pub(crate) fn look_at_file(
        &self,
        bytes: &[u8],
        open: &[Programme],
        language: Language,
    ) -> Result<Vec<Looked>, Vec<RowError>> {
        let rows = self.read_rows(bytes, open, words(language))?;
        Ok(rows.into_iter().map(Looked::from).collect())
    }

    /// Imports a file: the command and the console's page end here.
    pub(crate) async fn import(
        &self,
        bytes: &[u8],
        whom: ImportFor,
    ) -> Result<Result<Vec<Imported>, Vec<RowError>>, Error> {
        let words = words(whom.language);
        let open = self.open_programmes(whom.center).await?;
        let mut rows = match self.read_rows(bytes, &open, words) {
            Ok(rows) => rows,
            Err(errors) => return Ok(Err(errors)),
        };
        rows.retain(|row| !whom.without.contains(&row.line));
        let now = self.clock.now();
        let mut prepared: Vec<_> = rows
            .into_iter()
            .map(|row| {
                let key = self.new_uuid();
                let id = row.id.as_ref();
                let given = id.is_some();
                let case =
                    self.prepare_case(row.checked, (&row.programme, whom.center), whom.by, key, id);
                (row.line, row.fields, given, case)
            })
            .collect();
        // Given IDs go first, so that no random one takes theirs.
        prepared.sort_by_key(|(_, _, given, _)| !given);
        // The problems leave the closure beside its error, which undoes everything.
        let taken: Arc<Mutex<Vec<RowError>>> = Arc::default();
        let reported = taken.clone();
        let sentence = words.say(CaseProblem::IdTaken.key());
        let keys = self.keys().clone();
        let outcome = self
            .db()
            .write(move |tx| {
                let mut bad = Vec::new();
                for (line, _, given, case) in &prepared {
                    if *given && is_taken(tx, &keys, &case.case.hersys_id)? {
                        bad.push(error(*line, CaseField::HersysId.name(), sentence.clone()));
                    }
                }
                let failed = !bad.is_empty();
                *reported.lock().unwrap_or_else(PoisonError::into_inner) = bad;
                if failed {
                    return Ok(Vec::new());
                }
                let mut imported = Vec::with_capacity(prepared.len());
                for (line, fields, _, case) in &prepared {
                    let id = write_case(tx, &keys, case, now)?.ok_or_else(|| {
                        storage::Error::Broken(
                            "no HER-SYS ID is free; allow longer ones".to_owned(),
                        )
                    })?;
                    let mut entry = whom.entry.clone();
                    entry.case = Some(case.case.id);
                    audit::note(tx, &keys, &entry)?;
                    let mut fields = fields.clone();
                    if let Some(place) = fields.get_mut(ID) {
                        *place = id;
                    }
                    imported.push(Imported {
                        line: *line,
                        case: case.case.id,
                        fields,
                    });
                }
                imported.sort_by_key(|row| row.line);
                let cases: Vec<CaseId> = imported.iter().map(|row| row.case).collect();
                if let Some(draft) = whom.draft
                    && !storage::case_import::done(tx, draft, &cases, now)?
                {
                    // Somebody pressed twice: the first press did it.
                    return Err(storage::Error::Broken(IMPORTED_ALREADY.to_owned()));
                }
                Ok(imported)
            })
            .await;
        let outcome = match outcome {
            Err(storage::Error::Broken(why)) if why == IMPORTED_ALREADY => Vec::new(),
            other => other?,
        };
        let bad = std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(if bad.is_empty() {
            Ok(outcome)
        } else {
            Err(bad)
        })
    }

    fn read_rows(
        &self,
        bytes: &[u8],
        open: &[Programme],
        words: &Words,
    ) -> Result<Vec<Row>, Vec<RowError>> {
        let whole = |key: &str| vec![error(1, "", words.say(key))];
        if bytes.len() > LARGEST {
            let reason = words.with1("import-problem-too-large", "most", LARGEST_MIB);
            return Err(vec![error(1, "", reason)]);
        }
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            return Err(whole("import-problem-utf16"));
        }
        let text = decode(bytes)
            .map_err(|line| vec![error(line, "", words.say("import-problem-encoding"))])?;
        // Lines are counted as people count them, whatever ends them: the reader would be one behind after a CR.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if text.trim().is_empty() {
            return Err(whole("import-problem-nothing"));
        }
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let first = match records.next() {
            Some(Ok(first)) => first,
            _ => return Err(whole("import-problem-empty")),
        };
        let names: Vec<&str> = first.iter().map(str::trim).collect();
        if names.len() == 1 && [';', '\t'].iter().any(|sign| names[0].contains(*sign)) {
            return Err(whole("import-problem-separator"));
        }
        // Columns are known by their names, in whichever order a list has them.
        let Some(order) = order_of(&names) else {
            let expected = HEADER.join(",");
            let reason = words.with1("import-problem-header", "header", &expected);
            return Err(vec![error(1, "", reason)]);
        };
        let (mut rows, mut errors) = (Vec::new(), Vec::new());
        let mut ids: HashMap<String, u64> = HashMap::new();
        for record in records {
            let record = match record {
                Ok(record) => record,
                Err(_) => {
                    errors.push(error(1, "", words.say("import-problem-csv")));
                    break;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            let fields: Vec<String> = record.iter().map(|f| f.trim().to_owned()).collect();
            if fields.iter().all(String::is_empty) {
                continue;
            }
            if fields.len() != names.len() {
                let found = i64::try_from(fields.len()).unwrap_or(0);
                let reason = words.with1("import-problem-columns", "found", found);
                errors.push(error(line, "", reason));
                continue;
            }
            let fields = order
                .iter()
                .map(|at| at.map_or_else(String::new, |at| fields[at].clone()))
                .collect();
            match self.read_row(line, fields, open, &mut ids) {
                Ok(row) => rows.push(row),
                Err(problems) => {
                    errors.extend(problems.into_iter().map(|(field, problem)| {
                        error(line, field.name(), words.say(problem.key()))
                    }))
                }
            }
        }
        if rows.is_empty() && errors.is_empty() {
            return Err(whole("import-problem-empty"));
        }
        if errors.is_empty() {
            Ok(rows)
        } else {
            Err(errors)
        }
    }

    fn read_row(
        &self,
        line: u64,
        fields: Vec<String>,
        open: &[Programme],
        ids: &mut HashMap<String, u64>,
    ) -> Result<Row, Vec<(CaseField, CaseProblem)>> {
        let typed = TypedCase {
            name: fields[0].clone(),
            name_kana: fields[1].clone(),
            name_latin: fields[2].clone(),
            birthdate: fields[3].clone(),
            phone: fields[4].clone(),
            email: fields.get(HEADER.len()).cloned().unwrap_or_default(),
            language: fields[5].clone(),
            diagnosed_on: fields[6].clone(),
            onset_on: fields[7].clone(),
            entered_japan_on: fields[8].clone(),
            passport_number: fields[9].clone(),
            programme: fields.get(HEADER.len() + 1).cloned().unwrap_or_default(),
            address: fields.get(HEADER.len() + 2).cloned().unwrap_or_default(),
            whereabouts: String::new(),
            // A file is imported with them, and they are told beside it.
            days_are_right: true,
            is_contact: false,
        };
        // A list without this column is of the disease that the center registers first.
        let programme = match typed.programme.is_empty() {
            true => open.first(),
            false => meant(open, &typed.programme),
        };
        let checked = check(&typed, self.today());
        let mut problems = checked.as_ref().err().cloned().unwrap_or_default();
        let id = match HersysId::parse(&fields[ID], self.id_lengths()) {
            Ok(id) => {
                if ids.insert(id.as_str().to_owned(), line).is_some() {
                    problems.push((CaseField::HersysId, CaseProblem::IdTwice));
                }
                Some(id)
            }
            Err(HersysIdError::Empty) => None,
            Err(_) => {
                problems.push((CaseField::HersysId, CaseProblem::NotAnId));
                None
            }
        };
        if programme.is_none() {
            problems.push((CaseField::Programme, CaseProblem::Programme));
        }
        match (checked, programme) {
            (Ok(checked), Some(programme)) if problems.is_empty() => Ok(Row {
                line,
                fields,
                checked,
                programme: programme.id.clone(),
                id,
            }),
            _ => Err(problems),
        }
    }
}

impl StaffDesk {
    /// Looks at a file: its rows, and the number under which it can be imported; or every bad row.
    pub async fn look_at_import(
        &self,
        bytes: &[u8],
        language: Language,
    ) -> Result<Result<(Uuid, Vec<Looked>, Vec<AlikeRow>), Vec<RowError>>, Error> {
        self.needs(Right::Register)?;
        let center = self.own_center()?;
        let open = self.app.open_programmes(center).await?;
        let looked = match self.app.look_at_file(bytes, &open, language) {
            Ok(looked) => looked,
            Err(errors) => return Ok(Err(errors)),
        };
        let draft = DraftRow {
            id: self.app.new_uuid(),
            staff: self.staff,
            center,
            file_sealed: Some(self.app.keys().seal(SEALED_AS, bytes)),
            done_at: None,
            cases: serde_json::json!([]),
        };
        let (id, now) = (draft.id, self.app.clock.now());
        self.app
            .db()
            .write(move |tx| storage::case_import::keep(tx, &draft, now))
            .await?;
        let alike = self.app.alike_in_import(bytes, center).await?;
        Ok(Ok((id, looked, alike)))
    }

    /// Imports a file that this staff member has looked at, without the lines that are to be left out.
    pub async fn import(
        &self,
        draft: Uuid,
        without: Vec<u64>,
        language: Language,
    ) -> Result<ImportDraft, Error> {
        self.needs(Right::Register)?;
        let staff = self.staff;
        let found = self
            .app
            .db()
            .read(move |tx| storage::case_import::find(tx, draft, staff))
            .await?;
        let Some(found) = found else {
            return Ok(ImportDraft::NoSuchFile);
        };
        let Some(sealed) = found.file_sealed else {
            return Ok(ImportDraft::Imported);
        };
        let bytes = self.app.keys().open(SEALED_AS, &sealed)?;
        let whom = ImportFor {
            center: found.center,
            by: Some(self.staff),
            language,
            draft: Some(draft),
            without,
            entry: self.did("case.registered", None),
        };
        Ok(match self.app.import(&bytes, whom).await? {
            Ok(_) => ImportDraft::Imported,
            Err(errors) => ImportDraft::Problems(errors),
        })
    }

    /// The cases that a file became, in the order of the file; `None` where there is no such file.
    pub async fn imported(&self, draft: Uuid) -> Result<Option<Vec<CaseId>>, Error> {
        self.needs(Right::Register)?;
        let staff = self.staff;
        let found = self
            .app
            .db()
            .read(move |tx| storage::case_import::find(tx, draft, staff))
            .await?;
        Ok(found.and_then(|row| {
            row.done_at?;
            let ids = row.cases.as_array()?;
            Some(
                ids.iter()
                    .filter_map(|id| id.as_str()?.parse().ok())
                    .collect(),
            )
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_encodings_are_read() {
        let name = SHIFT_JIS.encode("髙﨑①").0.into_owned();
        assert_eq!(decode(&name).as_deref(), Ok("髙﨑①"));
        assert_eq!(decode("\u{FEFF}髙﨑".as_bytes()).as_deref(), Ok("髙﨑"));
        assert_eq!(decode(b"\xFF\xFF"), Err(1));
        // What is broken is told with its line, in whichever of both the rest is written.
        let broken = [&name[..], b"\n", &name[..], b"\n\xFF,1\n", &name[..]].concat();
        assert_eq!(decode(&broken), Err(3));
        assert_eq!(decode("髙﨑\n一\u{FF}\n".as_bytes()).map(|_| ()), Ok(()));
        let broken = ["髙﨑\n一二三\n".as_bytes(), b"a\xFF\xFE,1\n"].concat();
        assert_eq!(decode(&broken), Err(3));
    }

    proptest! {
        #[test]
        fn no_file_is_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn what_is_utf_8_stays(text in any::<String>()) {
            let plain = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
            prop_assert_eq!(decode(text.as_bytes()), Ok(plain.to_owned()));
        }
    }
}
