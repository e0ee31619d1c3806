//! Going through a file before anything is written: every row is read and judged, and only what has to be known of it is
//! kept, so that a file of hundreds of thousands takes no more than its text.

use super::alike::{Seen, Since};
use super::columns::{NoCase, no_case, says_no_phone};
use super::sheet::{Record, Records, Sheet};
use super::{HEADER, ID, Lines, LookedAt, OPTIONAL, ROWS_SHOWN, RowError, SHOWN, error, name_in};
use crate::case_registration::{CaseField, CaseProblem, CheckedCase, TypedCase, check};
use crate::hersys_id::is_taken;
use crate::programme::{Programme, meant};
use crate::{App, Error};
use domain::hersys_id::{HersysId, HersysIdError};
use domain::ids::{HealthCenterId, PersonId};
use domain::language::Language;
use domain::personal::Personal;
use domain::phone::PhoneNumber;
use i18n::words;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Instant;
use storage::case_import::AtWork;
use storage::case_registration::person_of_id;
use uuid::Uuid;

/// How many rows are asked the database about at once: a large file must not hold one snapshot, nor a thread, for long.
const RUN: usize = 250;
/// After so many rows others have their turn on this thread.
pub(super) const RESPITE: u64 = 32;

/// A row that can be registered.
pub(super) struct Row {
    pub(super) line: u64,
    /// Our columns in their order.
    pub(super) fields: Vec<String>,
    pub(super) checked: CheckedCase,
    /// The programme in which it is registered.
    pub(super) programme: String,
    /// The HER-SYS ID that it was given already.
    pub(super) id: Option<HersysId>,
}

/// The IDs that a file gives, each as a number with a 1 before its digits, so that leading zeros count.
pub(super) type GivenIds = HashSet<u64>;

fn as_number(id: &HersysId) -> u64 {
    let digits = id.as_str().bytes().map(|digit| u64::from(digit & 0x0f));
    digits.fold(1, |number, digit| number * 10 + digit)
}

/// Whether it may be a day as spreadsheets count it: five digits, 36526 is the first of January 2000.
fn is_serial(field: &str) -> bool {
    let field = field.strip_suffix(".0").unwrap_or(field);
    field.len() == 5 && field.bytes().all(|sign| sign.is_ascii_digit())
}

/// Whether a spreadsheet has put there what it writes where a formula finds nothing, or goes wrong.
fn is_error_of_a_sheet(field: &str) -> bool {
    let is_name = |rest: &str| {
        rest.bytes()
            .all(|sign| sign.is_ascii_uppercase() || b"/0_!?".contains(&sign))
    };
    field.strip_prefix('#').is_some_and(|rest| {
        rest == "N/A" || rest.len() > 3 && rest.ends_with(['!', '?']) && is_name(rest)
    })
}

/// In which order the fields of a row stand.
const FIELDS: [CaseField; HEADER.len() + OPTIONAL.len()] = {
    use CaseField as F;
    [
        F::Name,
        F::NameKana,
        F::NameLatin,
        F::Birthdate,
        F::Phone,
        F::Language,
        F::DiagnosedOn,
        F::OnsetOn,
        F::EnteredJapanOn,
        F::PassportNumber,
        F::HersysId,
        F::Email,
        F::Programme,
        F::Address,
    ]
};

/// How often a file that is compared says so.
const SIGN_OF_LIFE: std::time::Duration = std::time::Duration::from_secs(5);

/// What is asked of a file beside whether its rows are good.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) center: HealthCenterId,
    pub(super) language: Language,
    /// Lines that are registered already, by this very file.
    pub(super) without: &'a Lines,
    /// Whether an ID that is another case's already is a problem.
    pub(super) taken: bool,
    /// Whether it is looked for who may stand already.
    pub(super) alike: bool,
    /// The draft that is about to be imported, and how many rows it has where it is gone on with: while it is compared, nobody
    /// else imports a file at its center.
    pub(super) at_work: Option<(Uuid, u64)>,
}

impl App {
    /// Goes through a file: what is in it, or every bad row.
    pub(super) async fn survey(
        &self,
        sheet: Sheet,
        asked: Asked<'_>,
    ) -> Result<Result<LookedAt, Vec<RowError>>, Error> {
        let words = words(asked.language);
        let open = self.open_programmes(asked.center).await?;
        let (at, today) = (self.clock.now(), self.today_at(asked.center).await?);
        let own = self.own_numbers(asked.center).await?;
        let mut looked = LookedAt {
            at,
            count: 0,
            programmes: BTreeMap::new(),
            first: Vec::new(),
            without_phone: 0,
            first_without_phone: Vec::new(),
            own_number: 0,
            first_own_number: Vec::new(),
            alike: Vec::new(),
            center: asked.center,
            again: None,
            sheet: Arc::new(sheet),
        };
        let (mut errors, mut taken) = (Vec::new(), Vec::new());
        let (mut ids, mut seen) = (GivenIds::new(), Seen::default());
        let (mut run, mut read) = (Vec::with_capacity(RUN), 0);
        let mut told = Instant::now();
        for record in Records::of(&looked.sheet, words) {
            read += 1;
            self.gives_a_sign(asked.at_work, &mut told).await?;
            if read % RESPITE == 0 {
                tokio::task::yield_now().await;
            }
            let (line, row) = match record {
                Ok(record) if asked.without.has(record.line) => continue,
                Ok(record) if let Some(column) = looked.sheet.misread(&record) => {
                    let reason = words.say("import-problem-western");
                    errors.push(error(record.line, column, reason));
                    continue;
                }
                Ok(record) => {
                    let line = record.line;
                    (line, self.read_row(record, (&open, today), Some(&mut ids)))
                }
                Err(problem) => {
                    errors.push(problem);
                    continue;
                }
            };
            match row {
                Ok(row) => {
                    looked.note(&row, &own);
                    run.push(row);
                }
                Err(problems) => {
                    errors.extend(problems.into_iter().map(|(field, problem)| {
                        error(line, field.name(), words.say(problem.key()))
                    }))
                }
            }
            if run.len() == RUN {
                if errors.is_empty() {
                    self.ask_of(&run, asked, (&mut seen, &mut taken, &mut looked))
                        .await?;
                }
                run.clear();
            }
        }
        if read == 0 {
            errors.push(error(1, "", words.say("import-problem-empty")));
        }
        if !errors.is_empty() {
            return Ok(Err(errors));
        }
        self.ask_of(&run, asked, (&mut seen, &mut taken, &mut looked))
            .await?;
        Ok(if taken.is_empty() {
            Ok(looked)
        } else {
            Err(taken)
        })
    }

    /// The lines of a file whose persons somebody else has registered since a moment; those that are passed over are not asked
    /// about. What is wrong with a row by now is told when its turn comes.
    pub(super) async fn registered_since(
        &self,
        sheet: &Arc<Sheet>,
        asked: Asked<'_>,
        since: &Since,
    ) -> Result<Vec<u64>, Error> {
        let open = self.open_programmes(asked.center).await?;
        let today = self.today_at(asked.center).await?;
        let (mut lines, mut run, mut read) = (Vec::new(), Vec::with_capacity(RUN), 0);
        let mut told = Instant::now();
        let mut records = Records::of(sheet, words(asked.language));
        loop {
            let record = records.next();
            read += 1;
            self.gives_a_sign(asked.at_work, &mut told).await?;
            if read % RESPITE == 0 {
                tokio::task::yield_now().await;
            }
            let is_last = record.is_none();
            let record = record.and_then(Result::ok);
            let record = record.filter(|record| !asked.without.has(record.line));
            let row = record.and_then(|record| self.read_row(record, (&open, today), None).ok());
            run.extend(row);
            if run.len() == RUN || is_last {
                // Who is like an earlier line of the file was found when it was looked at.
                let seen = &mut Seen::default();
                let alike = self
                    .alike_in(&run, asked.center, (seen, Some(since)))
                    .await?;
                let alike = alike.iter().filter(|one| !one.stands.is_empty());
                lines.extend(alike.map(|one| one.line));
                run.clear();
            }
            if is_last {
                return Ok(lines);
            }
        }
    }

    /// Says from time to time that a draft is being worked at.
    async fn gives_a_sign(
        &self,
        at_work: Option<(Uuid, u64)>,
        told: &mut Instant,
    ) -> Result<(), Error> {
        let Some((draft, rows)) = at_work.filter(|_| told.elapsed() > SIGN_OF_LIFE) else {
            return Ok(());
        };
        *told = Instant::now();
        let now = self.clock.now();
        // Whoever has lost it finds that out before anything is written.
        let _: AtWork = self
            .db()
            .write(move |tx| storage::case_import::works(tx, draft, rows, now))
            .await?;
        Ok(())
    }

    /// Asks the database about some rows.
    async fn ask_of(
        &self,
        run: &[Row],
        asked: Asked<'_>,
        (seen, taken, looked): (&mut Seen, &mut Vec<RowError>, &mut LookedAt),
    ) -> Result<(), Error> {
        let alike = match asked.alike {
            true => self.alike_in(run, asked.center, (seen, None)).await?,
            false => Vec::new(),
        };
        if asked.taken {
            // Who stands under the very ID that the row gives is no other case: the file was imported before, or a part of
            // it, and the row is left out like whoever else stands already.
            let like = |row: &Row| {
                let at = alike.binary_search_by_key(&row.line, |one| one.line);
                let at = at.ok().and_then(|at| alike.get(at));
                at.filter(|one| !one.stands.is_empty())
            };
            let given: Vec<(u64, HersysId, Vec<PersonId>)> = run
                .iter()
                .filter_map(|row| Some((row, row.id.clone()?, like(row))))
                .filter(|(_, id, like)| {
                    let mut stands = like.iter().flat_map(|one| &one.stands);
                    !stands.any(|stands| stands.hersys_id == id.as_str())
                })
                .map(|(row, id, like)| {
                    let persons = like.map(|one| one.persons.clone());
                    (row.line, id, persons.unwrap_or_default())
                })
                .collect();
            taken.extend(self.taken_of(given, asked.language).await?);
        }
        looked.alike.extend(alike);
        Ok(())
    }

    /// Those of some IDs that are another person's, with their lines. An older illness has an ID of its own, a record that was
    /// merged into another one keeps its own, and one that was taken back was somebody's: where that is one of those whom the row
    /// may be, it is theirs.
    async fn taken_of(
        &self,
        given: Vec<(u64, HersysId, Vec<PersonId>)>,
        language: Language,
    ) -> Result<Vec<RowError>, Error> {
        if given.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.keys().clone();
        let sentence = words(language).say(CaseProblem::IdTaken.key());
        let taken = self
            .db()
            .read(move |tx| {
                let mut taken = Vec::new();
                for (line, id, persons) in &given {
                    let is_of = |person| persons.contains(&person);
                    if is_taken(tx, &keys, id.as_str())?
                        && !person_of_id(tx, id.as_str())?.is_some_and(is_of)
                    {
                        taken.push(error(*line, CaseField::HersysId.name(), sentence.clone()));
                    }
                }
                Ok(taken)
            })
            .await?;
        Ok(taken)
    }

    /// Judges a row by what is open at its center and what day it is there. With the IDs of the rows before it, one that is among
    /// them is a problem.
    pub(super) fn read_row(
        &self,
        record: Record,
        (open, today): (&[Programme], Date),
        ids: Option<&mut GivenIds>,
    ) -> Result<Row, Vec<(CaseField, CaseProblem)>> {
        let Record { line, mut fields } = record;
        // Said of each row, and kept of none: what is imported is a case that is followed from now on.
        let no_case = no_case(&mut fields);
        // Whoever has none is imported, and told beside the others.
        let has_no_phone = says_no_phone(&fields[4]);
        if has_no_phone {
            fields[4].clear();
        }
        let typed = TypedCase {
            name: fields[0].clone(),
            name_kana: fields[1].clone(),
            name_latin: fields[2].clone(),
            birthdate: fields[3].clone(),
            phone: fields[4].clone(),
            has_no_phone,
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
            name_is_right: true,
            is_contact: false,
            number_is_right: true,
        };
        // A list without this column is of the disease that the center registers first.
        let programme = match typed.programme.is_empty() {
            true => open.first(),
            false => meant(open, &typed.programme),
        };
        let checked = check(&typed, today);
        let mut problems = checked.as_ref().err().cloned().unwrap_or_default();
        for (field, problem) in &mut problems {
            let at = HEADER.iter().position(|name| *name == field.name());
            if field.is_day() && at.is_some_and(|at| is_serial(&fields[at])) {
                *problem = CaseProblem::DaySerial;
            }
        }
        let id = match HersysId::parse(&fields[ID], self.id_lengths()) {
            Ok(id) => {
                if ids.is_some_and(|ids| !ids.insert(as_number(&id))) {
                    problems.push((CaseField::HersysId, CaseProblem::IdTwice));
                }
                Some(id)
            }
            Err(HersysIdError::Empty) => None,
            Err(HersysIdError::NotDigits) => {
                problems.push((CaseField::HersysId, CaseProblem::IdNotDigits));
                None
            }
            Err(HersysIdError::WrongLength) => {
                problems.push((CaseField::HersysId, CaseProblem::NotAnId));
                None
            }
        };
        if programme.is_none() {
            problems.push((CaseField::Programme, CaseProblem::Programme));
        }
        for (field, _) in FIELDS
            .iter()
            .zip(&fields)
            .filter(|(_, text)| is_error_of_a_sheet(text))
        {
            problems.retain(|(of, _)| of != field);
            problems.push((*field, CaseProblem::SheetError));
        }
        // Whatever else is wrong with such a row does not matter: of a contact the other days are none of a case.
        match no_case {
            Some(NoCase::Contact) => {
                problems = vec![(CaseField::Kind, CaseProblem::ContactOfList)];
            }
            Some(NoCase::Ended) => problems = vec![(CaseField::Ended, CaseProblem::EndedOfList)],
            None => {}
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

impl LookedAt {
    /// Counts a row, and keeps it where it is one of the first.
    fn note(&mut self, row: &Row, own: &[PhoneNumber]) {
        self.count += 1;
        match self.programmes.get_mut(&row.programme) {
            Some(count) => *count += 1,
            None => {
                self.programmes.insert(row.programme.clone(), 1);
            }
        }
        let beside = match &row.checked.phone {
            None => Some((&mut self.without_phone, &mut self.first_without_phone)),
            Some(phone) if own.contains(phone) => {
                Some((&mut self.own_number, &mut self.first_own_number))
            }
            Some(_) => None,
        };
        if let Some((count, first)) = beside {
            *count += 1;
            if first.len() < SHOWN {
                let name = Personal::new(name_in(&row.fields).to_owned());
                first.push((row.line, name));
            }
        }
        if self.first.len() < ROWS_SHOWN {
            self.first.push(super::Looked {
                line: row.line,
                fields: row.fields.clone(),
                language: row.checked.language.clone(),
                born_on: row.checked.birthdate.date(),
                diagnosed_on: row.checked.diagnosed_on,
                onset_on: row.checked.onset_on,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_as_the_columns_do() {
        let names = FIELDS.map(CaseField::name);
        let columns: Vec<&str> = HEADER.into_iter().chain(OPTIONAL).collect();
        assert_eq!(names.to_vec(), columns);
    }

    #[test]
    fn errors_of_formulas_are_known() {
        for error in [
            "#N/A", "#REF!", "#VALUE!", "#NAME?", "#NULL!", "#DIV/0!", "#NUM!", "#SPILL!",
        ] {
            assert!(is_error_of_a_sheet(error), "{error}");
        }
        for text in ["", "#", "#1", "#12", "# N/A", "N/A", "#B-12 Minato"] {
            assert!(!is_error_of_a_sheet(text), "{text}");
        }
    }
}
