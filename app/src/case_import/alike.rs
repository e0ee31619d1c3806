//! Looking at a file before it is imported: who in it may stand already, and whose days are unlikely.

use super::{Looked, Row, RowError, error};
use crate::case_registration::{CaseField, CaseProblem};
use crate::hersys_id::is_taken;
use crate::{App, Error, SystemDesk};
use domain::hersys_id::HersysId;
use domain::ids::HealthCenterId;
use domain::language::Language;
use i18n::words;
use std::collections::HashMap;
use storage::case_registration as rows;

/// A row whose person may stand already, or whose days stand in an unlikely order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlikeRow {
    /// The line, counted from 1.
    pub line: u64,
    /// The numbers of cases whose persons have the same birthdate, and the same name or else phone: one, or several of whom
    /// as much agrees.
    pub stands: Vec<String>,
    /// An earlier line of the file of which the same is true.
    pub same_as_line: Option<u64>,
    /// What is unlikely about its days.
    pub days: Vec<CaseProblem>,
}

impl AlikeRow {
    /// Whether the person may stand already.
    pub fn is_alike(&self) -> bool {
        !self.stands.is_empty() || self.same_as_line.is_some()
    }

    /// What is unlikely about its days, in sentences.
    pub fn days_in(&self, language: Language) -> Vec<String> {
        let words = words(language);
        self.days.iter().map(|day| words.say(day.key())).collect()
    }
}

/// Of the rows whose persons may stand already, which are meant all the same: twins, further illnesses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meant {
    /// Each of them.
    All,
    /// Those on these lines, counted from 1; none where nobody has looked.
    Lines(Vec<u64>),
}

impl Meant {
    /// Whether the row on a line is meant.
    pub fn has(&self, line: u64) -> bool {
        match self {
            Meant::All => true,
            Meant::Lines(lines) => lines.contains(&line),
        }
    }
}

/// A file as it would be imported.
#[derive(Clone)]
pub struct LookedAt {
    /// Its rows.
    pub rows: Vec<Looked>,
    /// Those whose persons may stand already, or whose days are unlikely.
    pub alike: Vec<AlikeRow>,
}

impl LookedAt {
    /// The lines whose persons may stand already and that nobody means: they are left out.
    pub fn left_out(&self, meant: &Meant) -> Vec<u64> {
        let alike = self.alike.iter().filter(|row| row.is_alike());
        let lines = alike.map(|row| row.line);
        lines.filter(|line| !meant.has(*line)).collect()
    }
}

impl SystemDesk {
    /// Looks at a file and writes nothing: its rows, and who may stand already.
    ///
    /// # Errors
    /// The inner error holds every bad row, also one whose HER-SYS ID is given already.
    pub async fn look_at_import(
        &self,
        bytes: &[u8],
        center: HealthCenterId,
    ) -> Result<Result<LookedAt, Vec<RowError>>, Error> {
        let (app, language) = (&self.app, Language::En);
        let open = app.open_programmes(center).await?;
        let rows = match app.read_rows(bytes, &open, words(language)) {
            Ok(rows) => rows,
            Err(errors) => return Ok(Err(errors)),
        };
        let given: Vec<(u64, HersysId)> = rows
            .iter()
            .filter_map(|row| Some((row.line, row.id.clone()?)))
            .collect();
        let keys = app.keys().clone();
        let sentence = words(language).say(CaseProblem::IdTaken.key());
        let taken = app
            .db()
            .read(move |tx| {
                let mut taken = Vec::new();
                for (line, id) in &given {
                    if is_taken(tx, &keys, id.as_str())? {
                        taken.push(error(*line, CaseField::HersysId.name(), sentence.clone()));
                    }
                }
                Ok(taken)
            })
            .await?;
        if !taken.is_empty() {
            return Ok(Err(taken));
        }
        let alike = app.alike_in(&rows, center).await?;
        let rows = rows.into_iter().map(Looked::from).collect();
        Ok(Ok(LookedAt { rows, alike }))
    }

    /// The rows of a file whose persons may stand already, at the center or earlier in the file, or whose days are
    /// unlikely. A bad file has none.
    pub async fn alike_in_import(
        &self,
        bytes: &[u8],
        center: HealthCenterId,
    ) -> Result<Vec<AlikeRow>, Error> {
        self.app.alike_in_import(bytes, center).await
    }
}

impl App {
    pub(super) async fn alike_in_import(
        &self,
        bytes: &[u8],
        center: HealthCenterId,
    ) -> Result<Vec<AlikeRow>, Error> {
        let open = self.open_programmes(center).await?;
        match self.read_rows(bytes, &open, words(Language::En)) {
            Ok(rows) => self.alike_in(&rows, center).await,
            Err(_) => Ok(Vec::new()),
        }
    }

    async fn alike_in(&self, rows: &[Row], center: HealthCenterId) -> Result<Vec<AlikeRow>, Error> {
        let who: Vec<_> = rows
            .iter()
            .map(|row| {
                let blind = crate::attributes::phone_blind(self.keys(), &row.checked.phone);
                let keys: Vec<String> = row
                    .checked
                    .names
                    .iter()
                    .map(|name| name.key_sorted.clone())
                    .collect();
                let days = row.checked.unlikely_days();
                let days: Vec<CaseProblem> = days.into_iter().map(|(_, problem)| problem).collect();
                (row.line, row.checked.birthdate.date(), blind, keys, days)
            })
            .collect();
        // In runs, so that a large file does not hold one snapshot for long.
        let mut alike = Vec::new();
        let mut seen: HashMap<(jiff::civil::Date, Vec<u8>), u64> = HashMap::new();
        for run in who.chunks(1_000) {
            let (run, asked) = (run, run.to_vec());
            let stands = self
                .db()
                .read(move |tx| {
                    asked
                        .iter()
                        .map(|(_, born, blind, keys, _)| {
                            let key = |at: usize| {
                                keys.get(at).or(keys.first()).map_or("", String::as_str)
                            };
                            rows::same_person(tx, center, *born, blind, (key(0), key(1)))
                        })
                        .collect::<Result<Vec<_>, storage::Error>>()
                })
                .await?;
            for ((line, born, blind, keys, days), stands) in run.iter().zip(stands) {
                let marks = std::iter::once(blind.clone())
                    .chain(keys.iter().map(|key| key.clone().into_bytes()));
                let mut same_as_line = None;
                for mark in marks {
                    let first = *seen.entry((*born, mark)).or_insert(*line);
                    // A name may be spelt alike in two columns of one row.
                    same_as_line = same_as_line.or((first != *line).then_some(first));
                }
                let row = AlikeRow {
                    line: *line,
                    stands,
                    same_as_line,
                    days: days.clone(),
                };
                if row.is_alike() || !row.days.is_empty() {
                    alike.push(row);
                }
            }
        }
        Ok(alike)
    }
}
