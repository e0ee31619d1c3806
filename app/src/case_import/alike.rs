//! Who in a file may stand already, and whose days are unlikely: asked before it is imported.

use super::survey::Row;
use crate::attributes::phone_blind;
use crate::case_registration::CaseProblem;
use crate::{App, Error};
use domain::ids::HealthCenterId;
use domain::language::Language;
use domain::personal::Personal;
use i18n::words;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use storage::case_registration as rows;

/// A row whose person may stand already, or whose days stand in an unlikely order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlikeRow {
    /// The line, counted from 1.
    pub line: u64,
    /// The first name that the row has.
    pub name: Personal<String>,
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

/// What tells people in a file apart: the day of birth together with the phone number, and with each name, hashed, and the
/// line on which each came first.
#[derive(Default)]
pub(super) struct Seen(HashMap<[u8; 16], u32>);

impl Seen {
    /// The first line on which somebody like this stands, where that is another one.
    fn same_as(&mut self, line: u64, born: Date, marks: &[&[u8]]) -> Option<u64> {
        // Files are not read beyond some millions of lines.
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let mut same_as_line = None;
        for mark in marks {
            let hash = Sha256::new()
                .chain_update(born.to_string())
                .chain_update(mark)
                .finalize();
            let mut half = [0; 16];
            half.copy_from_slice(&hash[..16]);
            let first = *self.0.entry(half).or_insert(line);
            // A name may be spelt alike in two columns of one row.
            same_as_line = same_as_line.or((first != line).then_some(u64::from(first)));
        }
        same_as_line
    }
}

/// What is asked about a row.
#[derive(Clone)]
struct Who {
    born: Date,
    phone_blind: Vec<u8>,
    /// The sorted keys of the names.
    keys: Vec<String>,
}

impl App {
    /// Those of some rows whose persons may stand already, at the center or earlier in the file, or whose days are
    /// unlikely.
    pub(super) async fn alike_in(
        &self,
        run: &[Row],
        center: HealthCenterId,
        seen: &mut Seen,
    ) -> Result<Vec<AlikeRow>, Error> {
        let who: Vec<Who> = run
            .iter()
            .map(|row| Who {
                born: row.checked.birthdate.date(),
                phone_blind: phone_blind(self.keys(), &row.checked.phone),
                keys: row
                    .checked
                    .names
                    .iter()
                    .map(|name| name.key_sorted.clone())
                    .collect(),
            })
            .collect();
        let asked = who.clone();
        let stands = self
            .db()
            .read(move |tx| {
                asked
                    .iter()
                    .map(|who| {
                        let key = |at: usize| {
                            who.keys
                                .get(at)
                                .or(who.keys.first())
                                .map_or("", String::as_str)
                        };
                        let keys = (key(0), key(1));
                        rows::same_person(tx, center, who.born, &who.phone_blind, keys)
                    })
                    .collect::<Result<Vec<_>, storage::Error>>()
            })
            .await?;
        let mut alike = Vec::new();
        for ((row, who), stands) in run.iter().zip(&who).zip(stands) {
            let names = who.keys.iter().map(String::as_bytes);
            let marks: Vec<&[u8]> = std::iter::once(&who.phone_blind[..]).chain(names).collect();
            let days = row.checked.unlikely_days();
            let one = AlikeRow {
                line: row.line,
                name: Personal::new(super::name_in(&row.fields).to_owned()),
                stands,
                same_as_line: seen.same_as(row.line, who.born, &marks),
                days: days.into_iter().map(|(_, problem)| problem).collect(),
            };
            if one.is_alike() || !one.days.is_empty() {
                alike.push(one);
            }
        }
        Ok(alike)
    }
}
