//! A file that a command imports again, because it was cut short or by mistake: what it has registered for the center is
//! known by the content of the file, and not registered a second time.

use super::columns::no_case;
use super::draft::SILENT;
use super::sheet::Records;
use super::{ID, Imported, Lines, LookedAt};
use crate::code::hex;
use crate::{App, Error, SystemDesk};
use domain::ids::{CaseId, HealthCenterId};
use domain::language::Language;
use i18n::words;
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashSet};
use storage::case_import::{self as rows, RegisteredRow};
use uuid::{Builder, Uuid};

/// For how long it is remembered which rows a file has registered, since it was imported last.
pub(super) const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many rows are read at once: a large file must not hold one snapshot for long.
const RUN: i64 = 10_000;

/// A file that is known by its content, and what it has registered.
#[derive(Clone)]
pub(super) struct Again {
    draft: Uuid,
    /// In the order of the lines.
    rows: Vec<RegisteredRow>,
}

impl Again {
    /// Under which what becomes of its rows is written down.
    pub(super) fn draft(&self) -> Uuid {
        self.draft
    }

    /// The cases that it has registered.
    pub(super) fn cases(&self) -> HashSet<CaseId> {
        self.rows.iter().map(|row| row.case).collect()
    }

    /// The lines that it has registered.
    pub(super) fn lines(&self) -> Lines {
        Lines::of(self.rows.iter().map(|row| row.line).collect())
    }

    fn on(&self, line: u64) -> Option<&RegisteredRow> {
        let at = self.rows.binary_search_by_key(&line, |row| row.line);
        at.ok().and_then(|at| self.rows.get(at))
    }
}

impl App {
    /// What a file has registered for a center, if it was imported by a command before.
    pub(super) async fn again(&self, bytes: &[u8], center: HealthCenterId) -> Result<Again, Error> {
        // Keyed: whoever has only the database cannot try which list of people it was.
        let content = format!("{center} {}", hex(&Sha256::digest(bytes)));
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(self.keys().blind("import", &content)) {
            *to = from;
        }
        let draft = Builder::from_custom_bytes(id).into_uuid();
        let rows = self.registered_rows(draft).await?;
        Ok(Again { draft, rows })
    }

    async fn registered_rows(&self, draft: Uuid) -> Result<Vec<RegisteredRow>, Error> {
        let mut all: Vec<RegisteredRow> = Vec::new();
        loop {
            let behind = all.last().map_or(0, |row| row.line);
            let some = self
                .db()
                .read(move |tx| rows::registered(tx, draft, behind, RUN))
                .await?;
            let is_last = i64::try_from(some.len()).is_ok_and(|found| found < RUN);
            all.extend(some);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Takes the import on, or again; tells what is registered, by another process a moment ago, too. `None` where another file
    /// of the center is being imported.
    pub(super) async fn take_on(
        &self,
        again: &Again,
        center: HealthCenterId,
    ) -> Result<Option<Again>, Error> {
        let (draft, now) = (again.draft, self.clock.now());
        let db = self.db();
        let taken = db
            .write_once(move |tx| rows::take_on(tx, (draft, center), now - SILENT, now))
            .await?;
        if !taken {
            return Ok(None);
        }
        let rows = self.registered_rows(draft).await?;
        Ok(Some(Again { draft, rows }))
    }
}

impl LookedAt {
    /// How many rows this very file has registered before.
    pub fn registered_count(&self) -> usize {
        self.again.as_ref().map_or(0, |again| again.rows.len())
    }

    /// Whether this very file has registered the row on a line before.
    pub fn is_registered(&self, line: u64) -> bool {
        let again = self.again.as_ref();
        again.is_some_and(|again| again.on(line).is_some())
    }

    /// The rows that this very file has registered before, in its order, with the HER-SYS IDs that they have now.
    pub fn registered(&self) -> impl Iterator<Item = Imported> {
        let records = self
            .again
            .iter()
            .filter(|again| !again.rows.is_empty())
            .flat_map(|again| {
                let records = Records::of(&self.sheet, words(Language::En));
                records
                    .filter_map(Result::ok)
                    .map(move |record| (again, record))
            });
        records.filter_map(|(again, record)| {
            let row = again.on(record.line)?;
            let mut fields = record.fields;
            no_case(&mut fields);
            if let Some(place) = fields.get_mut(ID) {
                place.clone_from(&row.hersys_id);
            }
            Some(Imported {
                line: record.line,
                case: row.case,
                fields,
            })
        })
    }
}

impl SystemDesk {
    /// The same file with those of its rows alone that are registered and were not told yet: neither before it was looked
    /// at nor among these lines. There are some where another process imports it, too, or where nobody knew at first
    /// whether rows were written.
    pub async fn untold_of(
        &self,
        looked: &LookedAt,
        told: &BTreeSet<u64>,
    ) -> Result<LookedAt, Error> {
        let mut rest = looked.clone();
        if let Some(again) = &mut rest.again {
            again.rows = self.app.registered_rows(again.draft).await?;
            again
                .rows
                .retain(|row| !looked.is_registered(row.line) && !told.contains(&row.line));
        }
        Ok(rest)
    }
}
