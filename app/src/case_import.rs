//! Importing cases from a CSV file: all or nothing, every bad row with its line and reason.

use crate::case_registration::{CaseField, CaseProblem, CheckedCase, TypedCase, check, write_case};
use crate::{Error, SystemDesk};
use domain::hersys_id::{HersysId, HersysIdError};
use domain::ids::HealthCenterId;
use encoding_rs::SHIFT_JIS;
use i18n::{Words, words};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use storage::case_registration as rows;

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

/// The largest file that is read: 20 MiB, some 150,000 rows.
pub const LARGEST: usize = 20 * 1024 * 1024;

/// A row that was imported.
#[derive(Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its line in the file, counted from 1.
    pub line: u64,
    /// The columns as they stood in the file, the ID filled in.
    pub fields: Vec<String>,
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
fn decode(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    SHIFT_JIS
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(std::borrow::Cow::into_owned)
}

struct Row {
    line: u64,
    fields: Vec<String>,
    checked: CheckedCase,
    id: Option<HersysId>,
}

fn error(line: u64, column: &str, reason: String) -> RowError {
    RowError {
        line,
        column: column.to_owned(),
        reason,
    }
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
        let words = words(domain::language::Language::En);
        let rows = match self.read_rows(bytes, words) {
            Ok(rows) => rows,
            Err(errors) => return Ok(Err(errors)),
        };
        let now = self.app.clock.now();
        let mut prepared: Vec<_> = rows
            .into_iter()
            .map(|row| {
                let key = self.app.new_uuid();
                let id = row.id.as_ref();
                let given = id.is_some();
                let case = self.app.prepare_case(row.checked, center, None, key, id);
                (row.line, row.fields, given, case)
            })
            .collect();
        // Given IDs go first, so that no random one takes theirs.
        prepared.sort_by_key(|(_, _, given, _)| !given);
        // The problems leave the closure beside its error, which undoes everything.
        let taken: Arc<Mutex<Vec<RowError>>> = Arc::default();
        let reported = taken.clone();
        let sentence = words.say(CaseProblem::IdTaken.key());
        let outcome = self
            .app
            .db()
            .write(move |tx| {
                let mut bad = Vec::new();
                for (line, _, given, case) in &prepared {
                    if *given && rows::id_is_taken(tx, &case.case.hersys_id)? {
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
                    let id = write_case(tx, case, now)?.ok_or_else(|| {
                        storage::Error::Broken(
                            "no HER-SYS ID is free; allow longer ones".to_owned(),
                        )
                    })?;
                    let mut fields = fields.clone();
                    if let Some(last) = fields.last_mut() {
                        *last = id;
                    }
                    imported.push(Imported {
                        line: *line,
                        fields,
                    });
                }
                imported.sort_by_key(|row| row.line);
                Ok(imported)
            })
            .await?;
        let bad = std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(if bad.is_empty() {
            Ok(outcome)
        } else {
            Err(bad)
        })
    }

    fn read_rows(&self, bytes: &[u8], words: &Words) -> Result<Vec<Row>, Vec<RowError>> {
        let whole = |key: &str| vec![error(1, "", words.say(key))];
        if bytes.len() > LARGEST {
            return Err(whole("import-problem-too-large"));
        }
        let text = decode(bytes).ok_or_else(|| whole("import-problem-encoding"))?;
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let header = match records.next() {
            Some(Ok(header)) => header,
            _ => return Err(whole("import-problem-empty")),
        };
        let names: Vec<&str> = header.iter().map(str::trim).collect();
        if names != HEADER {
            let expected = HEADER.join(",");
            let reason = words.with1("import-problem-header", "header", &expected);
            return Err(vec![error(1, "", reason)]);
        }
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
            if fields.len() != HEADER.len() {
                let found = i64::try_from(fields.len()).unwrap_or(0);
                let reason = words.with1("import-problem-columns", "found", found);
                errors.push(error(line, "", reason));
                continue;
            }
            match self.read_row(line, fields, &mut ids) {
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
        ids: &mut HashMap<String, u64>,
    ) -> Result<Row, Vec<(CaseField, CaseProblem)>> {
        let typed = TypedCase {
            name: fields[0].clone(),
            name_kana: fields[1].clone(),
            name_latin: fields[2].clone(),
            birthdate: fields[3].clone(),
            phone: fields[4].clone(),
            language: fields[5].clone(),
            diagnosed_on: fields[6].clone(),
            onset_on: fields[7].clone(),
            entered_japan_on: fields[8].clone(),
            passport_number: fields[9].clone(),
        };
        let checked = check(&typed, self.app.today());
        let mut problems = checked.as_ref().err().cloned().unwrap_or_default();
        let id = match HersysId::parse(&fields[10], self.app.id_lengths()) {
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
        match checked {
            Ok(checked) if problems.is_empty() => Ok(Row {
                line,
                fields,
                checked,
                id,
            }),
            _ => Err(problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_encodings_are_read() {
        let name = SHIFT_JIS.encode("髙﨑①").0.into_owned();
        assert_eq!(decode(&name).as_deref(), Some("髙﨑①"));
        assert_eq!(decode("\u{FEFF}髙﨑".as_bytes()).as_deref(), Some("髙﨑"));
        assert_eq!(decode(b"\xFF\xFF"), None);
    }

    proptest! {
        #[test]
        fn no_file_is_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn what_is_utf_8_stays(text in any::<String>()) {
            let plain = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
            prop_assert_eq!(decode(text.as_bytes()), Some(plain.to_owned()));
        }
    }
}
