//! The pairs about whom an officer has said something: that both centers are to find out, or that they are two people. They stand
//! in lists of their own, a page at a time, so that none drops out of sight however many there are.

use super::{Details, Found, NEVER, Twice, find, moment};
use crate::keys::Keys;
use crate::tasks::REGISTERED_TWICE;
use crate::{Error, StaffDesk};
use domain::ids::{CaseId, JurisdictionId, PersonId};
use domain::personal::Personal;
use domain::staff_role::Right;
use jiff::Timestamp;
use storage::Tx;
use storage::case_registration::Scope;
use storage::registered_twice::{self as rows, SaidRow};

/// So many pairs of a list are shown.
const SHOWN: usize = 50;

/// What was said about a pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WasSaid {
    /// Both centers were told.
    Told,
    /// They are two people.
    Two,
}

impl WasSaid {
    /// Its word, in the database and in addresses.
    pub fn word(self) -> &'static str {
        match self {
            WasSaid::Told => "told",
            WasSaid::Two => "two",
        }
    }

    /// Reads its word.
    pub fn parse(word: &str) -> Option<WasSaid> {
        [WasSaid::Told, WasSaid::Two]
            .into_iter()
            .find(|was| was.word() == word)
    }
}

/// What a center that was told has said.
#[derive(Clone, Debug)]
pub enum Answered {
    /// Nothing yet: it is still to be done there.
    Open,
    /// It is done, with these words.
    Done(Timestamp, Personal<String>),
}

/// What was said about a pair before.
#[derive(Clone, Debug)]
pub struct Said {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Whether it is that they are two people; else both centers were told.
    pub two: bool,
    /// What each center has answered, where both were told.
    pub answers: [Option<Answered>; 2],
    /// What a form brings along, so that nobody overrules what they have not seen.
    pub seen: String,
}

/// Where such a list goes on: the moment at which it was said, in microseconds, and both persons.
pub type SaidBefore = (i64, [PersonId; 2]);

/// A page of those about whom the same was said, the latest first.
#[derive(Clone)]
pub struct SaidPairs {
    /// They.
    pub pairs: Vec<Twice>,
    /// Where those begin about whom it was said before; none: these are all.
    pub goes_on: Option<SaidBefore>,
}

/// The same as it is read.
pub(super) struct Page {
    pub(super) found: Vec<(Found, Option<Said>)>,
    goes_on: Option<SaidBefore>,
}

/// What a form brings along of what stood when its page was made.
pub(super) fn seen(stands: Option<&(String, Timestamp)>) -> String {
    stands.map_or_else(String::new, |(word, at)| {
        format!("{word}_{}", at.as_microsecond())
    })
}

/// What a center's latest task about a pair says.
fn answered(
    tx: &mut Tx<'_>,
    keys: &Keys,
    case: CaseId,
    other: CaseId,
) -> Result<Option<Answered>, storage::Error> {
    let all = rows::told_about(tx, case, REGISTERED_TWICE)?;
    let of_pair = all.into_iter().find(|task| {
        // One that a release to come has written in another way tells nothing here.
        Details::read(keys, &task.details_sealed).is_ok_and(|details| details.other == other)
    });
    Ok(of_pair.map(|task| match task.done_at {
        None => Answered::Open,
        Some(at) => Answered::Done(at, Personal::new(task.note.unwrap_or_default())),
    }))
}

/// Reads a page of what a place has said, from where an earlier one ended.
pub(super) fn read(
    tx: &mut Tx<'_>,
    keys: &Keys,
    (scope, place): (&Scope, JurisdictionId),
    was: WasSaid,
    from: Option<SaidBefore>,
) -> Result<Page, storage::Error> {
    let newest = (NEVER, [PersonId::from_uuid(uuid::Uuid::max()); 2]);
    let begins = from.and_then(|(at, persons)| Some((moment(at)?, persons)));
    // One more than are shown tells that there are more.
    let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let mut all = rows::said_at(tx, place, was.word(), begins.unwrap_or(newest), limit)?;
    let goes_on = match all.len() > SHOWN {
        true => {
            all.truncate(SHOWN);
            all.last().map(SaidRow::end)
        }
        false => None,
    };
    let mut found = Vec::with_capacity(all.len());
    for row in all {
        let [one, other] = row.cases;
        let Some(pair) = find(tx, scope, row.cases)? else {
            continue;
        };
        let said = Said {
            at: row.at,
            seen: seen(Some(&(was.word().to_owned(), row.at))),
            by: row.by,
            two: was == WasSaid::Two,
            answers: [
                answered(tx, keys, one, other)?,
                answered(tx, keys, other, one)?,
            ],
        };
        found.push((pair, Some(said)));
    }
    Ok(Page {
        found,
        goes_on: goes_on.map(|(at, persons)| (at.as_microsecond(), persons)),
    })
}

impl StaffDesk {
    pub(super) async fn said_pairs(&self, page: Page) -> Result<SaidPairs, Error> {
        Ok(SaidPairs {
            pairs: self.twice(page.found).await?,
            goes_on: page.goes_on,
        })
    }

    /// Those about whom the own place has said this before an earlier page ended.
    pub async fn pairs_said_before(
        &self,
        was: WasSaid,
        from: SaidBefore,
    ) -> Result<SaidPairs, Error> {
        self.needs(Right::CompareCenters)?;
        let (scope, place, keys) = (self.scope(), self.place, self.app.keys().clone());
        let page = self
            .app
            .db()
            .read_at_length(move |tx| read(tx, &keys, (&scope, place), was, Some(from)))
            .await?;
        let shown = page.found.iter();
        let shown = shown.flat_map(|(found, _)| found.rows.iter().map(|row| row.id));
        self.looked_at("case.listed", shown.collect::<Vec<_>>())
            .await?;
        self.said_pairs(page).await
    }
}
