//! One person whom two centers follow, each under a record of its own: neither of them can see it, so whoever watches over both
//! looks for it, and tells both. A day of birth and a name or a phone number prove nothing: the centers find out by calling each
//! other. If it is one person, one of them hands its record over, and the other makes one of the two.

mod one;
mod said;

pub use one::Other;
pub(crate) use one::{are_one, others};
pub use said::{Answered, Said, SaidBefore, SaidPairs, WasSaid};

use crate::audit::{self, about};
use crate::case_registration::CaseView;
use crate::keys::Keys;
use crate::tasks::{REGISTERED_TWICE, SEALED_AS};
use crate::{Error, StaffDesk};
use domain::ids::{CaseId, TaskId};
use domain::monitoring::MonitoringStatus;
use domain::staff_role::Right;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use storage::Tx;
use storage::case_registration::{self as cases, CaseRow, Scope};
use storage::monitoring;
use storage::registered_twice::{self as rows, Pair};
use storage::tasks::{self, TaskRow};

/// So many people are looked at for a page, the latest registered first.
const RUN: i64 = 2_000;
/// So many pairs are shown.
const SHOWN: usize = 50;
/// So many of a run are read.
const READ: i64 = 500;
/// The end of all times that are asked about: behind it nothing was registered or said.
const NEVER: Timestamp = Timestamp::constant(32_503_680_000, 0);

/// In what two records agree beside the day of birth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Agree {
    /// A spelling of the name, whatever the order of its parts.
    pub name: bool,
    /// The phone number.
    pub phone: bool,
}

/// What a task keeps of it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Details {
    /// The other center.
    pub(crate) center: String,
    /// Its phone number for people, where it has one.
    pub(crate) phone: String,
    /// Who has told it, and where they work.
    pub(crate) by: (String, String),
    pub(crate) agree: Agree,
    /// The other case, so that what becomes of the pair is known; it is shown to nobody but the center that follows both.
    other: CaseId,
}

impl Details {
    /// Those of a task.
    pub(crate) fn read(keys: &Keys, sealed: &[u8]) -> Result<Details, Error> {
        let text = keys.open_text(SEALED_AS, sealed)?;
        serde_json::from_str(text.expose())
            .map_err(|e| Error::broken(format!("tasks.details: {e}")))
    }
}

/// Two people who may be one.
#[derive(Clone)]
pub struct Twice {
    /// The later registered first.
    pub people: [CaseView; 2],
    /// In what they agree.
    pub agree: Agree,
    /// What was said before.
    pub said: Option<Said>,
}

/// Where the list goes on: the moment of registration in microseconds, and the case.
pub type GoesOn = (i64, CaseId);

/// What the page shows.
#[derive(Clone)]
pub struct PerhapsTwice {
    /// Those about whom nobody has said anything yet.
    pub pairs: Vec<Twice>,
    /// Where those begin who were registered before; none: all were looked at.
    pub goes_on: Option<GoesOn>,
    /// Of whom both centers were told.
    pub told: SaidPairs,
    /// Of whom it was said that they are two people.
    pub two: SaidPairs,
}

/// What an officer says about a pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Say {
    /// Both centers are to find out.
    TellBoth,
    /// They are two people.
    TwoPeople,
    /// What was said does not hold: they are to be looked at again.
    LookAgain,
}

impl Say {
    /// Reads the word in forms.
    pub fn parse(word: &str) -> Option<Say> {
        match word {
            "tell" => Some(Say::TellBoth),
            "two" => Some(Say::TwoPeople),
            "again" => Some(Say::LookAgain),
            _ => None,
        }
    }

    /// What stands of a pair when it is done; none: nothing.
    fn stands(self) -> Option<WasSaid> {
        match self {
            Say::TellBoth => Some(WasSaid::Told),
            Say::TwoPeople => Some(WasSaid::Two),
            Say::LookAgain => None,
        }
    }
}

/// What came of saying something about a pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SayOfPair {
    /// It stands so.
    Done,
    /// They are no pair any more: one is followed no longer, was corrected, or was handed over meanwhile. Nothing was done.
    Gone,
    /// Somebody else has said something else since the page was made. Nothing was done.
    ChangedMeanwhile,
}

/// A moment that an address names; none where it is none of ours, as in one that somebody has changed: not every moment of
/// ours is one of each database's.
fn moment(microseconds: i64) -> Option<Timestamp> {
    let at = Timestamp::from_microsecond(microseconds).ok()?;
    (Timestamp::UNIX_EPOCH..=NEVER).contains(&at).then_some(at)
}

/// Two records that may be of one person, as they stand.
struct Found {
    rows: [CaseRow; 2],
    agree: Agree,
}

/// Whether two cases within a scope are such a pair: both followed, by different centers.
fn find(
    tx: &mut Tx<'_>,
    scope: &Scope,
    [one, other]: [CaseId; 2],
) -> Result<Option<Found>, storage::Error> {
    let (Some(one), Some(other)) = (cases::find(tx, scope, one)?, cases::find(tx, scope, other)?)
    else {
        return Ok(None);
    };
    let rows = [one, other];
    for row in &rows {
        let status = monitoring::status(tx, row.id)?;
        let is_followed = status
            .and_then(|(word, _)| MonitoringStatus::parse(&word))
            .is_some_and(MonitoringStatus::is_open);
        if !is_followed || row.merged_into.is_some() {
            return Ok(None);
        }
    }
    let [one, other] = &rows;
    // Of whom one of two illnesses was handed over, both centers know; but not that both follow the same illness.
    let is_known = one.one_person() == other.one_person() && one.programme != other.programme;
    if is_known || one.center == other.center || one.birthdate != other.birthdate {
        return Ok(None);
    }
    let own = cases::names(tx, one.person)?;
    let theirs = cases::names(tx, other.person)?;
    let is_same = |key: &str| theirs.iter().any(|name| name.key_sorted == key);
    let agree = Agree {
        name: (own.iter()).any(|name| !name.key_sorted.is_empty() && is_same(&name.key_sorted)),
        phone: one.phone_blind == other.phone_blind,
    };
    Ok((agree.name || agree.phone).then_some(Found { rows, agree }))
}

/// Under what a task of such a pair is known.
fn same_as(keys: &Keys, case: CaseId, other: CaseId) -> Vec<u8> {
    keys.blind(REGISTERED_TWICE, &format!("{case}|{other}"))
}

/// Those pairs of a run, the newest first, that a page shows, and where the list goes on. All pairs of one person stand on one
/// page: behind it the list goes on with the next one.
fn shown(
    mut all: Vec<Pair>,
    end_of_run: Option<monitoring::After>,
) -> (Vec<Pair>, Option<monitoring::After>) {
    let Some(last) = all.get(SHOWN - 1).copied() else {
        return (all, end_of_run);
    };
    let is_cut = i64::try_from(all.len()).is_ok_and(|read| read >= READ);
    let is_last = all
        .last()
        .is_some_and(|behind| behind.cases[0] == last.cases[0]);
    all.retain(|pair| pair.end() >= last.end());
    match is_last && !is_cut {
        true => (all, end_of_run),
        false => (all, Some(last.end())),
    }
}

impl StaffDesk {
    /// People of the own jurisdiction who may be registered at two centers: some thousand are looked at, from the latest
    /// registered on or from where an earlier page ended.
    pub async fn perhaps_registered_twice(
        &self,
        from: Option<GoesOn>,
    ) -> Result<PerhapsTwice, Error> {
        self.needs(Right::CompareCenters)?;
        let newest = (NEVER, CaseId::from_uuid(uuid::Uuid::max()));
        let begins = from.and_then(|(at, case)| Some((moment(at)?, case)));
        let (below, scope, place) = (self.below(), self.scope(), self.place);
        let keys = self.app.keys().clone();
        let (pairs, goes_on, told, two) = self
            .app
            .db()
            .read_at_length(move |tx| {
                let begins = begins.unwrap_or(newest);
                let end = rows::end_of_run(tx, &below, begins, RUN)?;
                let first = (Timestamp::UNIX_EPOCH, CaseId::from_uuid(uuid::Uuid::nil()));
                let found = rows::pairs(tx, &below, (begins, end.unwrap_or(first)), READ)?;
                let (found, goes_on) = shown(found, end);
                let mut pairs = Vec::with_capacity(found.len());
                for pair in found {
                    pairs.extend(find(tx, &scope, pair.cases)?.map(|found| (found, None)));
                }
                let mut said = |was| said::read(tx, &keys, (&scope, place), was, None);
                Ok((pairs, goes_on, said(WasSaid::Told)?, said(WasSaid::Two)?))
            })
            .await?;
        let all = || pairs.iter().chain(&told.found).chain(&two.found);
        let shown = all().flat_map(|(found, _)| found.rows.iter().map(|row| row.id));
        self.looked_at("case.listed", shown.collect::<Vec<_>>())
            .await?;
        Ok(PerhapsTwice {
            pairs: self.twice(pairs).await?,
            goes_on: goes_on.map(|(at, case)| (at.as_microsecond(), case)),
            told: self.said_pairs(told).await?,
            two: self.said_pairs(two).await?,
        })
    }

    async fn twice(&self, found: Vec<(Found, Option<Said>)>) -> Result<Vec<Twice>, Error> {
        let mut all = Vec::with_capacity(found.len());
        for (Found { rows, agree }, said) in found {
            let [one, other] = rows;
            let people = [self.view(one).await?, self.view(other).await?];
            all.push(Twice {
                people,
                agree,
                said,
            });
        }
        Ok(all)
    }

    /// Says something about a pair. `seen`: what stood said of them when the page was made ([`Said::seen`]), empty where nothing
    /// did.
    pub async fn say_of_pair(
        &self,
        pair: [CaseId; 2],
        say: Say,
        seen: &str,
    ) -> Result<SayOfPair, Error> {
        self.needs(Right::CompareCenters)?;
        let (app, scope, seen) = (self.app.clone(), self.scope(), seen.to_owned());
        let (place, by, now) = (self.place, self.staff, self.app.clock.now());
        let told_by = (self.name.clone(), self.place_name().await?);
        let action = match say {
            Say::TellBoth => "case.told_twice",
            Say::TwoPeople => "case.two_people",
            Say::LookAgain => "case.perhaps_one",
        };
        let [one, other] = pair;
        let entries = [
            about(self.did(action, Some(one)), other.uuid()),
            about(self.did(action, Some(other)), one.uuid()),
        ];
        let ids = [(); 2].map(|()| TaskId::from_uuid(self.app.new_uuid()));
        let mut centers = std::collections::HashMap::new();
        for center in self.app.health_centers().await? {
            centers.insert(center.id, (center.name, center.contact.phone));
        }
        Ok(self
            .app
            .db()
            .write(move |tx| {
                // Held before they are looked at: whoever is handed over this moment is asked about where they are then.
                monitoring::hold_all(tx, pair.to_vec())?;
                let Some(found) = find(tx, &scope, pair)? else {
                    return Ok(SayOfPair::Gone);
                };
                let persons = [found.rows[0].person, found.rows[1].person];
                let keys = app.keys();
                let (stands, wished) = (rows::stands(tx, persons)?, say.stands());
                if said::seen(stands.as_ref()) != seen {
                    // The same form once more, or a colleague who has said the same: it is so already.
                    let word = stands.as_ref().map(|(word, _)| word.as_str());
                    return Ok(match word == wished.map(WasSaid::word) {
                        true => SayOfPair::Done,
                        false => SayOfPair::ChangedMeanwhile,
                    });
                }
                match wished {
                    Some(was) => rows::say(tx, persons, was.word(), (place, by), now)?,
                    None => {
                        rows::unsay(tx, persons)?;
                    }
                }
                for (at, row) in found.rows.iter().enumerate() {
                    let theirs = &found.rows[1 - at];
                    let same_as = same_as(keys, row.id, theirs.id);
                    if say != Say::TellBoth {
                        // Nobody has to find out any more what is known by now.
                        if tasks::open_same(tx, &same_as)?.is_some() {
                            tasks::finish_same(tx, &same_as, now)?;
                            tx.changes(row.center);
                        }
                        continue;
                    }
                    let (center, phone) = centers.get(&theirs.center).cloned().unwrap_or_default();
                    let details = Details {
                        center,
                        phone,
                        by: told_by.clone(),
                        agree: found.agree,
                        other: theirs.id,
                    };
                    let details = serde_json::to_string(&details)
                        .map_err(|e| storage::Error::Broken(format!("a task: {e}")))?;
                    let task = TaskRow {
                        id: ids[at],
                        center: Some(row.center),
                        kind: REGISTERED_TWICE.to_owned(),
                        case: Some(row.id),
                        report: None,
                        details_sealed: keys.seal_text(SEALED_AS, &details),
                        times: 1,
                        created_at: now,
                        last_at: now,
                    };
                    tasks::add(tx, &task, &same_as)?;
                }
                for entry in &entries {
                    audit::note(tx, keys, entry)?;
                }
                Ok(SayOfPair::Done)
            })
            .await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(at: i64, first: u128, second: u128) -> Pair {
        let case = |id| CaseId::from_uuid(uuid::Uuid::from_u128(id));
        Pair {
            registered_at: Timestamp::from_second(at).unwrap(),
            cases: [case(first), case(second)],
        }
    }

    #[test]
    fn a_page_ends_with_all_pairs_of_one_person() {
        let end = Some((Timestamp::UNIX_EPOCH, CaseId::from_uuid(uuid::Uuid::nil())));
        let few = vec![pair(10, 3, 4), pair(9, 1, 2)];
        assert_eq!(shown(few.clone(), end), (few, end));
        // The last person of a full page has two doubles; one more person is left.
        let mut many: Vec<Pair> = (0..49).map(|n| pair(1_000 - n, 100, 5)).collect();
        many.extend([pair(500, 7, 9), pair(500, 7, 8), pair(400, 1, 2)]);
        let (page, goes_on) = shown(many.clone(), end);
        assert_eq!(page.len(), 51);
        assert_eq!(goes_on, Some(pair(500, 7, 8).end()));
        many.pop();
        assert_eq!(shown(many, end).1, end);
    }
}
