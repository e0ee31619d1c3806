//! Importing the rows of a file that was looked at: a small one in one transaction, a large one some rows at a time.

use super::sheet::{Record, Records, Sheet};
use super::survey::{RESPITE, Row};
use super::{ID, ImportFor, Imported, Lines, RowError, error};
use crate::audit;
use crate::case_registration::{CaseField, CaseProblem, Prepared, write_case};
use crate::hersys_id::is_taken;
use crate::keys::Keys;
use crate::programme::Programme;
use crate::staff::NewStaff;
use crate::{App, Error};
use domain::health_day::health_day;
use domain::hersys_id::{HersysId, HersysIdError};
use i18n::words;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::Duration;
use storage::Tx;
use storage::case_import::{self as rows, AtWork, Fate};
use tokio::time::Instant;

/// Up to so many rows are imported all or none.
const WHOLE: u64 = 1_000;
/// How many rows of a larger file are written at once. Whoever reports meanwhile waits until they are on disk: with 250 on
/// the embedded database, whose indices are touched all over by so many, one in a hundred waited for 80 ms.
const ROWS: usize = 100;
/// How often a store that is away, or has too much to do, is asked again, and after how long.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);

/// A row on its way into the store.
enum Ready {
    /// A case to be.
    Case {
        line: u64,
        fields: Vec<String>,
        /// Whether it came with an ID of its own.
        given: bool,
        case: Box<Prepared>,
    },
    /// A row that was good when the file was looked at and is not any more: its disease was closed, say.
    Bad {
        line: u64,
        field: CaseField,
        problem: CaseProblem,
    },
}

impl Ready {
    fn line(&self) -> u64 {
        match self {
            Ready::Case { line, .. } | Ready::Bad { line, .. } => *line,
        }
    }
}

/// What one transaction did.
enum Written {
    /// Nothing: all of the file is imported already, or it is forgotten.
    Over,
    /// Nothing, because IDs on these lines are taken.
    Refused(Vec<u64>),
    /// Nothing, because nobody is at work on this file any more.
    Lost,
    /// It wrote these, and left the others out.
    Rows {
        imported: Vec<Imported>,
        bad: Vec<(u64, CaseField, CaseProblem)>,
    },
}

/// What came of the next rows.
pub enum Step {
    /// They are on the disk.
    Imported {
        /// Those that became cases; the ones that did so before are not repeated.
        rows: Vec<Imported>,
        /// Those that were not imported: their ID was given to somebody else since the file was looked at.
        problems: Vec<RowError>,
    },
    /// A small file of which something is wrong by now; nothing was imported.
    Refused(Vec<RowError>),
    /// Nothing was written for a while, and another file of the center was taken on meanwhile, or this one by somebody else: no
    /// more is written here. Whoever takes it on again finds who was registered by then.
    Lost,
}

/// A file that is being imported. It can be dropped between two steps, or within one: what a step has begun is done whole
/// or not at all.
pub struct ImportWork {
    app: App,
    whom: ImportFor,
    open: Vec<Programme>,
    /// By whose days the center counts.
    zone: TimeZone,
    sheet: Arc<Sheet>,
    records: Records,
    /// Rows with an ID of their own go first, so that no random one takes theirs.
    given_first: bool,
    /// How many records were read.
    read: u64,
    /// Lines that were seen to before.
    before: Lines,
    /// Lines that are left out because their persons were registered since somebody looked at the file.
    meanwhile: Vec<u64>,
    /// Whether all of it is one transaction.
    is_whole: bool,
    /// What is gathered for the next transaction.
    gathered: Vec<Ready>,
    /// What was handed to the store and is not known to be written.
    held: Option<Arc<Vec<Ready>>>,
    /// Whether nothing comes after that.
    is_last: bool,
    /// Until when the embedded database, which has one writer, is left to others: as long as the last rows took. Without it
    /// whoever writes would find rows of this file before them nearly always, and another process hardly a gap.
    rests_until: Instant,
    is_over: bool,
    done: u64,
    total: u64,
}

impl ImportWork {
    /// `total`: how many rows there are to be imported, and the lines of those that were.
    pub(super) async fn begin(
        app: &App,
        sheet: &Arc<Sheet>,
        whom: ImportFor,
        (total, before): (u64, Lines),
    ) -> Result<ImportWork, Error> {
        Ok(ImportWork {
            open: app.open_programmes(whom.center).await?,
            zone: app.health_center(whom.center).await?.time_zone,
            records: Records::of(sheet, words(whom.language)),
            app: app.clone(),
            sheet: sheet.clone(),
            given_first: true,
            read: 0,
            is_whole: ImportWork::is_whole(total),
            gathered: Vec::new(),
            held: None,
            is_last: false,
            rests_until: Instant::now(),
            is_over: false,
            done: u64::try_from(before.0.len()).unwrap_or(0),
            total,
            before,
            meanwhile: Vec::new(),
            whom,
        })
    }

    /// The same where it was begun as a large one, however few rows are left.
    pub(super) fn in_parts(self) -> ImportWork {
        ImportWork {
            is_whole: false,
            ..self
        }
    }

    /// The same with the lines that are left out because their persons were registered meanwhile.
    pub(super) fn without_more(self, meanwhile: Vec<u64>) -> ImportWork {
        ImportWork { meanwhile, ..self }
    }

    /// The lines that are left out because their persons were registered since somebody looked at the file.
    pub fn left_out_meanwhile(&self) -> &[u64] {
        &self.meanwhile
    }

    /// Whether a file with so many rows is so small that all of it is imported at once.
    pub fn is_whole(total: u64) -> bool {
        total <= WHOLE
    }

    /// How many rows were seen to, of how many.
    pub fn progress(&self) -> (u64, u64) {
        (self.done, self.total)
    }

    /// Imports the next rows, and answers when they are on disk. `None` when nothing is left. After an error the same
    /// rows are tried again.
    pub async fn next(&mut self) -> Result<Option<Step>, Error> {
        if self.is_over {
            return Ok(None);
        }
        let next = match &self.held {
            Some(held) => held.clone(),
            None => {
                self.gather().await;
                let next = Arc::new(std::mem::take(&mut self.gathered));
                self.held = Some(next.clone());
                next
            }
        };
        if next.is_empty() && self.whom.draft.is_none() {
            self.is_over = true;
            return Ok(None);
        }
        tokio::time::sleep_until(self.rests_until).await;
        let began = Instant::now();
        let written = match self.write(next.clone()).await {
            // On a server somebody may be given an ID in the same moment. Asked again, it is taken.
            Err(Error::Store(storage::Error::Duplicate(_))) => self.write(next.clone()).await?,
            other => other?,
        };
        self.held = None;
        if self.app.db().is_embedded() {
            self.rests_until = Instant::now() + began.elapsed();
        }
        self.is_over |= self.is_last;
        let words = words(self.whom.language);
        let told = move |(line, field, problem): (u64, CaseField, CaseProblem)| {
            error(line, field.name(), words.say(problem.key()))
        };
        Ok(match written {
            Written::Over => {
                self.is_over = true;
                None
            }
            Written::Lost => {
                self.is_over = true;
                Some(Step::Lost)
            }
            Written::Refused(lines) => {
                self.is_over = true;
                let taken = |line| told((line, CaseField::HersysId, CaseProblem::IdTaken));
                Some(Step::Refused(lines.into_iter().map(taken).collect()))
            }
            Written::Rows { imported, bad } => {
                if let (true, Some(draft)) = (self.is_last, self.whom.draft)
                    && let Err(error) = self.app.forget_file(draft).await
                {
                    tracing::warn!(%error, "the file of an import is swept away later");
                }
                self.done += u64::try_from(next.len()).unwrap_or(0);
                Some(Step::Imported {
                    rows: imported,
                    problems: bad.into_iter().map(told).collect(),
                })
            }
        })
    }

    /// As [`ImportWork::next`], for a file of which it is remembered what became of each row: a store that is away, or has
    /// too much to do, is asked again for a while.
    pub async fn next_in_time(&mut self) -> Result<Option<Step>, Error> {
        let mut tries = 0;
        loop {
            match self.next().await {
                Err(error) if error.is_passing() && tries < TRIES => {
                    tracing::warn!(%error, "an import waits for the store");
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                other => return other,
            }
        }
    }

    /// Imports what is left, in the background. It ends between two steps where the house is asked to stop, and can be
    /// taken on again.
    pub async fn run(mut self, is_to_end: impl Fn() -> bool + Send) {
        let mut tries = 0;
        while !is_to_end() {
            match self.next().await {
                Ok(Some(Step::Lost)) => {
                    let (rows, of) = self.progress();
                    tracing::warn!(rows, of, "an import gives way to another one");
                    return;
                }
                Ok(Some(_)) => tries = 0,
                Ok(None) => {
                    tracing::info!(rows = self.done, "a large file was imported");
                    return;
                }
                Err(error) if error.is_passing() && tries < TRIES => {
                    tracing::warn!(%error, "an import waits for the store");
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => {
                    tracing::error!(%error, "an import has stopped");
                    break;
                }
            }
        }
        let (rows, of) = self.progress();
        tracing::warn!(
            rows,
            of,
            "an import was cut short; whoever began it can go on"
        );
        if let Some(draft) = self.whom.draft {
            let stopped = self.app.db().write(move |tx| rows::stops(tx, draft)).await;
            if let Err(error) = stopped {
                tracing::warn!(%error, "nobody is told at once that an import was cut short");
            }
        }
    }

    /// Reads and prepares the rows of the next transaction.
    async fn gather(&mut self) {
        let most = if self.is_whole { usize::MAX } else { ROWS };
        while self.gathered.len() < most && !self.is_last {
            match self.records.next() {
                Some(record) => {
                    self.read += 1;
                    if self.read.is_multiple_of(RESPITE) {
                        tokio::task::yield_now().await;
                    }
                    // The file was looked at: what cannot be read is no row.
                    let ready = record.ok().and_then(|record| self.ready(record));
                    self.gathered.extend(ready);
                }
                None if self.given_first => {
                    self.given_first = false;
                    self.records = Records::of(&self.sheet, words(self.whom.language));
                }
                None => self.is_last = true,
            }
        }
    }

    /// A row, where its turn has come.
    fn ready(&self, record: Record) -> Option<Ready> {
        let line = record.line;
        if self.whom.without.has(line) || self.before.has(line) {
            return None;
        }
        let id = HersysId::parse(&record.fields[ID], self.app.id_lengths());
        if matches!(id, Err(HersysIdError::Empty)) == self.given_first {
            return None;
        }
        let whose = (self.open.as_slice(), self.today());
        Some(match self.app.read_row(record, whose, None) {
            Ok(row) => self.prepare(row),
            Err(problems) => {
                let (field, problem) = *problems.first()?;
                Ready::Bad {
                    line,
                    field,
                    problem,
                }
            }
        })
    }

    /// What day it is at the center.
    fn today(&self) -> Date {
        health_day(self.app.clock.now(), &self.zone)
    }

    fn prepare(&self, row: Row) -> Ready {
        let id = row.id.as_ref();
        let whose = (row.programme.as_str(), self.whom.center);
        let key = self.app.new_uuid();
        let case = self
            .app
            .prepare_case(row.checked, whose, self.whom.by, key, id);
        Ready::Case {
            line: row.line,
            fields: row.fields,
            given: id.is_some(),
            case: Box::new(case),
        }
    }

    /// One transaction.
    async fn write(&self, next: Arc<Vec<Ready>>) -> Result<Written, Error> {
        let (app, whom) = (&self.app, self.whom.clone());
        let (keys, now) = (app.keys().clone(), app.clock.now());
        let (is_whole, is_last) = (self.is_whole, self.is_last);
        let (remembers, total) = (whom.draft.is_some(), self.total);
        let closure = move |tx: &mut Tx<'_>| {
            let mut there = Vec::new();
            if let Some(draft) = whom.draft {
                match rows::works(tx, draft, total, now)? {
                    AtWork::Works => {}
                    AtWork::Over => return Ok(Written::Over),
                    AtWork::Lost => return Ok(Written::Lost),
                }
                let lines = || next.iter().map(Ready::line);
                if let (Some(first), Some(last)) = (lines().min(), lines().max()) {
                    there = rows::lines(tx, draft, (first, last))?;
                }
            }
            let is_new = |ready: &&Ready| there.binary_search(&ready.line()).is_err();
            if is_whole {
                let taken = taken_in(tx, &keys, next.iter().filter(is_new))?;
                if !taken.is_empty() {
                    // Nothing is imported, and nobody waits for it.
                    if let Some(draft) = whom.draft {
                        rows::gives_up(tx, draft)?;
                    }
                    return Ok(Written::Refused(taken));
                }
            }
            let (mut imported, mut bad) = (Vec::with_capacity(next.len()), Vec::new());
            for ready in next.iter().filter(is_new) {
                match write_row(tx, &keys, ready, &whom, now)? {
                    Ok(row) => imported.push(row),
                    Err((field, problem)) => bad.push((ready.line(), field, problem)),
                }
            }
            // Asked afterwards: whoever closes the center this very moment has been waited for.
            let place = NewStaff::place_of(whom.center);
            if !imported.is_empty() && !storage::jurisdiction::is_open(tx, place)? {
                let closed = format!("the center {} was closed", whom.center);
                return Err(storage::Error::Broken(closed));
            }
            if is_last && let Some(draft) = whom.draft {
                rows::done(tx, draft, now)?;
            }
            imported.sort_by_key(|row| row.line);
            Ok(Written::Rows { imported, bad })
        };
        // With a draft it is found in the store which rows were written before.
        Ok(if remembers {
            app.db().write_once(closure).await?
        } else {
            app.db().write(closure).await?
        })
    }
}

/// The lines whose given ID is another case's.
fn taken_in<'r>(
    tx: &mut Tx<'_>,
    keys: &Keys,
    next: impl Iterator<Item = &'r Ready>,
) -> Result<Vec<u64>, storage::Error> {
    let mut taken = Vec::new();
    for ready in next {
        if let Ready::Case {
            line,
            given: true,
            case,
            ..
        } = ready
            && is_taken(tx, keys, &case.case.hersys_id)?
        {
            taken.push(*line);
        }
    }
    Ok(taken)
}

/// Writes a row with its line in the audit log, and what became of it.
fn write_row(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ready: &Ready,
    whom: &ImportFor,
    now: Timestamp,
) -> Result<Result<Imported, (CaseField, CaseProblem)>, storage::Error> {
    let written = match ready {
        Ready::Bad { field, problem, .. } => Err((*field, *problem)),
        Ready::Case {
            line,
            fields,
            given,
            case,
        } => match write_case(tx, keys, case, now)? {
            Some((id, _)) => {
                let mut entry = whom.entry.clone();
                (entry.at, entry.case) = (now, Some(case.case.id));
                audit::note(tx, keys, &entry)?;
                let mut fields = fields.clone();
                if let Some(place) = fields.get_mut(ID) {
                    *place = id;
                }
                Ok(Imported {
                    line: *line,
                    case: case.case.id,
                    fields,
                })
            }
            None if *given => Err((CaseField::HersysId, CaseProblem::IdTaken)),
            None => {
                let all = "no HER-SYS ID is free; allow longer ones".to_owned();
                return Err(storage::Error::Broken(all));
            }
        },
    };
    if let Some(draft) = whom.draft {
        let fate = match &written {
            Ok(row) => Fate::Imported(row.case),
            Err((field, problem)) => {
                Fate::NotImported(field.name().to_owned(), problem.key().to_owned())
            }
        };
        rows::note(tx, draft, ready.line(), &fate)?;
    }
    Ok(written)
}
