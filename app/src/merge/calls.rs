//! Which calls are planned of a person whose two records become one: nothing that was agreed under either of them is forgotten,
//! and each record has its own again when they are two people.

use crate::contact_log::{behind, calls_ahead, without_a_call};
use domain::ids::CaseId;
use domain::monitoring::MonitoringStatus;
use jiff::Timestamp;
use storage::merge::Calls;
use storage::{Error, Tx, monitoring};

/// A call, and the one behind it.
type Pair = (Option<Timestamp>, Option<Timestamp>);

/// How many agreed calls of a record are looked at: more than anybody has with one person.
const MOST: usize = 20;

/// The calls of a record: the one that stands, and those that were agreed and lie ahead, in their order. Of whoever is followed no
/// more nobody has to call.
fn planned(
    tx: &mut Tx<'_>,
    case: CaseId,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Vec<Timestamp>), Error> {
    let Some(row) = monitoring::find(tx, case)? else {
        return Ok((None, Vec::new()));
    };
    let stands = row.next_call_at;
    if !MonitoringStatus::parse(&row.status).is_some_and(MonitoringStatus::is_open) {
        return Ok((stands, Vec::new()));
    }
    let now = without_a_call(now);
    let (mut next, _) = calls_ahead(tx, case, (stands, now))?;
    let mut agreed = Vec::new();
    while let Some(at) = next.filter(|at| agreed.last() < Some(at) && agreed.len() < MOST) {
        agreed.push(at);
        next = behind(tx, case, (at, now))?;
    }
    Ok((stands, agreed))
}

/// The calls of two records before they become one.
pub(super) struct Both {
    /// The one that stood of the kept one.
    before: Option<Timestamp>,
    of_kept: Vec<Timestamp>,
    of_merged: Vec<Timestamp>,
}

impl Both {
    /// Reads them; before anything moves, for the lines of each tell which call was agreed, and which is only a try.
    pub(super) fn read(
        tx: &mut Tx<'_>,
        (merged, kept): (CaseId, CaseId),
        now: Timestamp,
    ) -> Result<Both, Error> {
        let (before, of_kept) = planned(tx, kept, now)?;
        let (_, of_merged) = planned(tx, merged, now)?;
        Ok(Both {
            before,
            of_kept,
            of_merged,
        })
    }

    /// Puts behind the call that stands of both what was agreed under either of them, in its order.
    pub(super) fn join(
        self,
        tx: &mut Tx<'_>,
        kept: CaseId,
        now: Timestamp,
    ) -> Result<Calls, Error> {
        let first = monitoring::find(tx, kept)?.and_then(|row| row.next_call_at);
        let own = (self.of_kept.first().copied(), self.of_kept.get(1).copied());
        let mut agreed = [self.of_kept, self.of_merged].concat();
        agreed.retain(|at| first.is_some_and(|first| *at > first));
        agreed.sort_unstable();
        agreed.dedup();
        let mut agreed = agreed.into_iter();
        let next = agreed.next();
        if let Some(first) = first {
            monitoring::set_behind(tx, kept, (first, next.unwrap_or(first)), now)?;
        }
        Ok(Calls {
            before: self.before,
            agreed: own,
            since: (first, next),
            later: agreed.collect(),
        })
    }
}

/// The calls of the kept record alone, as they stood before it took the other one in, with what was agreed for later since
/// (`stands`: the call that stands of both, and the one behind it). None where somebody has planned another call since, or has
/// done the one that stood: then what stands is theirs.
fn own(calls: &Calls, stands: Pair, now: Timestamp) -> Option<Pair> {
    if stands.0 != calls.since.0 {
        return None;
    }
    let put_behind = calls.since.1;
    // Somebody has said since that it is needless, or agreed on a later one in its place. An earlier one has only pushed it out:
    // two are kept.
    let is_given_up = stands.1.is_none() || stands.1 > put_behind;
    let is_needless = |at: &Timestamp| put_behind == Some(*at) && is_given_up && *at > now;
    let said = stands.1.filter(|_| stands.1 != put_behind);
    let before = calls.before.filter(|at| !is_needless(at));
    let agreed = [calls.agreed.0, calls.agreed.1].into_iter().flatten();
    let agreed: Vec<Timestamp> = agreed.filter(|at| !is_needless(at)).chain(said).collect();
    let first = agreed.iter().copied().chain(before).min();
    let next = agreed.into_iter().filter(|at| Some(*at) > first).min();
    Some((first, next))
}

/// The calls of the kept record before a merge is undone.
pub(super) struct Stands(Pair);

impl Stands {
    /// Reads them; before anything moves back.
    pub(super) fn read(tx: &mut Tx<'_>, kept: CaseId, now: Timestamp) -> Result<Stands, Error> {
        let first = monitoring::find(tx, kept)?.and_then(|row| row.next_call_at);
        let next = match first {
            Some(at) => behind(tx, kept, (at, without_a_call(now)))?,
            None => None,
        };
        Ok(Stands((first, next)))
    }

    /// Gives the kept record its own calls again; the other one has its own. Nothing of what a release before merged.
    pub(super) fn part(
        self,
        tx: &mut Tx<'_>,
        (kept, calls): (CaseId, Option<&Calls>),
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some((first, next)) = calls.and_then(|calls| own(calls, self.0, now)) else {
            return Ok(());
        };
        monitoring::set_next_call(tx, kept, first, now)?;
        if let Some(first) = first {
            monitoring::set_behind(tx, kept, (first, next.unwrap_or(first)), now)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_calls_again_with_what_was_agreed_since() {
        let at = |n: i64| Some(Timestamp::from_second(n).unwrap());
        let now = Timestamp::from_second(1).unwrap();
        // Before, what was agreed of it, what stood of both, what stands; what is the kept one's own.
        #[rustfmt::skip]
        let table = [
            // Put behind a try of the other one.
            (at(20), (at(20), None), (at(10), at(20)), (at(10), at(20)), Some((at(20), None))),
            // Nothing was planned of it.
            (None, (None, None), (at(10), None), (at(10), None), Some((None, None))),
            // Its own try, and an agreed call of the other one behind it.
            (at(10), (None, None), (at(10), at(20)), (at(10), at(20)), Some((at(10), None))),
            // Somebody has agreed on another one since.
            (None, (None, None), (at(10), None), (at(10), at(30)), Some((at(30), None))),
            (at(20), (at(20), None), (at(10), at(20)), (at(10), at(15)), Some((at(15), at(20)))),
            // Somebody has agreed on a later one in its place, or said that it is needless.
            (at(20), (at(20), None), (at(10), at(20)), (at(10), at(40)), Some((at(40), None))),
            (at(20), (at(20), None), (at(10), at(20)), (at(10), None), Some((None, None))),
            // Both are due for long, and it was not done.
            (at(-1), (None, None), (at(-2), None), (at(-2), None), Some((at(-1), None))),
            // Done, or planned anew.
            (at(20), (at(20), None), (at(10), at(20)), (at(20), None), None),
            (at(20), (at(20), None), (at(10), at(20)), (None, None), None),
            // A death has left none.
            (at(20), (at(20), at(30)), (None, None), (None, None), Some((at(20), at(30)))),
        ];
        for (before, agreed, since, stands, is) in table {
            let calls = Calls {
                before,
                agreed,
                since,
                ..Calls::default()
            };
            assert_eq!(own(&calls, stands, now), is, "{calls:?} {stands:?}");
        }
    }
}
