//! Which call is planned, and which one behind it.
//!
//! One call stands: the one at which somebody calls first. What was agreed for later stands behind it, until the first one is
//! done. Two are kept, the earliest of those that were agreed; where two records became one, those of either. A call that is
//! planned only because nobody was reached, a try, is none of them: it stands first or not at all. Each line that sets the next
//! call says what stands behind it since; where a call is planned without a line, the record of how the person is followed does,
//! and of what stands behind that one the merge.

use domain::ids::CaseId;
use domain::monitoring::ContactOutcome;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::contact_log::{self as rows, SetNext};
use storage::{merge, monitoring};

/// So soon before a planned call a call is that one, made a little early.
const IS_THE_PLANNED_ONE: SignedDuration = SignedDuration::from_mins(15);

/// Since when calls lie ahead for whoever makes none now: nothing is done by that, not even what is due in the next minutes.
pub(crate) fn without_a_call(now: Timestamp) -> Timestamp {
    now - IS_THE_PLANNED_ONE
}

/// Calls that were planned one after the other are looked back through so far.
const LOOK_BACK: usize = 20;

/// What a form says of the next call beside the moment that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planned {
    /// The moment that it names is what stands; where a call or a visit names none, no call is due.
    AsNamed,
    /// That another moment takes the place of the call that was shown, planned for this minute; none: none was. Which a
    /// colleague has planned since stays where it lies ahead.
    InPlaceOf(Option<Timestamp>),
    /// Nothing: a call that lies ahead stays.
    Stays,
    /// That the call is needless that was shown, planned for this minute. Which a colleague has planned since stays.
    Needless(Timestamp),
    /// That the call is needless which an ambulance brings with it; what was planned besides stays.
    NoneNeeded,
}

impl Planned {
    /// Whether a planned call is the one that is not to be any more.
    pub(super) fn is_needless(self, at: Timestamp) -> bool {
        match self {
            Planned::Needless(shown) | Planned::InPlaceOf(Some(shown)) => is_in_minute(at, shown),
            _ => false,
        }
    }
}

/// Whether a planned call is the one that a form has shown, which names it to the minute.
fn is_in_minute(at: Timestamp, shown: Timestamp) -> bool {
    let later = at.duration_since(shown);
    !later.is_negative() && later < SignedDuration::from_mins(1)
}

/// Whether two moments, or none, are the same to the minute.
fn is_same_minute(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    let minute = |at: Timestamp| at.as_second().div_euclid(60);
    one.map(minute) == other.map(minute)
}

/// The planned call that stays although somebody calls now: one that lies ahead. What was only to try again whom nobody had
/// reached is done by whatever call comes next; what had been planned for later before it, such as with the family, is not.
pub(crate) fn call_ahead(
    tx: &mut Tx<'_>,
    record: CaseId,
    planned: (Option<Timestamp>, Timestamp),
) -> Result<Option<Timestamp>, storage::Error> {
    ahead(tx, record, planned, ContactOutcome::reached_nobody)
}

/// The same, and the call that stands behind the one that is planned.
pub(crate) fn calls_ahead(
    tx: &mut Tx<'_>,
    record: CaseId,
    (planned, now): (Option<Timestamp>, Timestamp),
) -> Result<(Option<Timestamp>, Option<Timestamp>), storage::Error> {
    let first = call_ahead(tx, record, (planned, now))?;
    let behind = match first {
        Some(at) if planned == Some(at) => behind(tx, record, (at, now))?,
        other => other,
    };
    Ok((first, behind))
}

/// What was agreed for later, behind a call that is planned for a moment.
pub(crate) fn behind(
    tx: &mut Tx<'_>,
    record: CaseId,
    (at, now): (Timestamp, Timestamp),
) -> Result<Option<Timestamp>, storage::Error> {
    let set_by = rows::that_set_next(tx, record, at)?;
    let next = behind_by(tx, record, at, &set_by)?;
    call_ahead(tx, record, (next, now))
}

/// The planned call that lies ahead and was not set by a line with such an outcome.
pub(super) fn ahead(
    tx: &mut Tx<'_>,
    record: CaseId,
    (planned, now): (Option<Timestamp>, Timestamp),
    is_done: fn(ContactOutcome) -> bool,
) -> Result<Option<Timestamp>, storage::Error> {
    let is_ahead = |at: Timestamp| at.duration_since(now) > IS_THE_PLANNED_ONE;
    let mut looked_at = planned;
    for _ in 0..LOOK_BACK {
        let Some(at) = looked_at else { break };
        let set_by = rows::that_set_next(tx, record, at)?;
        if is_ahead(at) && brought(&set_by, at, is_done).next().is_none() {
            return Ok(Some(at));
        }
        looked_at = behind_by(tx, record, at, &set_by)?;
    }
    Ok(None)
}

/// The lines that brought a call about and have such an outcome.
fn brought(
    set_by: &[SetNext],
    at: Timestamp,
    is: fn(ContactOutcome) -> bool,
) -> impl Iterator<Item = &SetNext> {
    let brought = set_by.iter().filter(move |line| line.before != Some(at));
    brought.filter(move |line| ContactOutcome::parse(&line.outcome).is_some_and(is))
}

/// What the latest word says of what stands behind a call; `set_by`: the lines after which it stood, the latest first.
fn behind_by(
    tx: &mut Tx<'_>,
    record: CaseId,
    at: Timestamp,
    set_by: &[SetNext],
) -> Result<Option<Timestamp>, storage::Error> {
    let said = set_by
        .iter()
        .find_map(|line| line.behind.map(|behind| (behind, line.at)));
    let by_merge = merge::calls_behind(tx, record, at)?;
    let planned = monitoring::behind(tx, record, at)?;
    let without_line = by_merge.into_iter().chain(planned);
    let without_line = without_line.max_by_key(|(_, since)| *since);
    let latest = match (said, without_line) {
        (Some((_, at)), Some((behind, since))) if since >= at => Some(behind),
        (None, Some((behind, _))) | (Some((behind, _)), _) => Some(behind),
        (None, None) => None,
    };
    if let Some(behind) = latest {
        return Ok(Some(behind).filter(|behind| *behind != at));
    }
    // Lines of earlier releases say only what stood before. A call that came of itself put off what somebody had planned, and is
    // not what they had planned.
    let came_of_itself = |outcome: ContactOutcome| {
        let others = [ContactOutcome::Ambulance, ContactOutcome::AskedBack];
        outcome.reached_nobody() || others.contains(&outcome)
    };
    let before = brought(set_by, at, came_of_itself).find_map(|line| line.before);
    Ok(before)
}

/// The next call as whoever decides how somebody is followed names it, without a call that was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    /// The moment, to the minute; none: no call.
    pub(crate) at: Option<Timestamp>,
    /// The call that their form showed; none where they have looked at no form.
    pub(crate) shown: Option<Option<Timestamp>>,
    /// Whether the person goes on being followed: otherwise nothing that was agreed has to stand.
    pub(crate) is_followed: bool,
}

/// What comes of a call that was named.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stands {
    /// This one stands first, and in the place of another one where it says so: then with the one behind it; the same moment:
    /// none is behind it any more.
    Call(Option<Timestamp>, Option<Timestamp>),
    /// A colleague has planned another one since the form was shown.
    Meanwhile,
}

impl Named {
    /// Whether they left the call alone that stands now.
    pub(crate) fn leaves(&self, stands: Option<Timestamp>) -> bool {
        let is_left_alone = |shown| is_same_minute(shown, self.at);
        self.shown.is_some_and(is_left_alone) || is_same_minute(stands, self.at)
    }

    /// Which call stands then, in the place of the one that stands now in a record that is held. What was agreed behind that
    /// one stays, and comes first where it is the earlier one.
    pub(crate) fn settle(
        &self,
        tx: &mut Tx<'_>,
        record: CaseId,
        (stands, now): (Option<Timestamp>, Timestamp),
    ) -> Result<Stands, storage::Error> {
        if self.leaves(stands) {
            return Ok(Stands::Call(stands, None));
        }
        if self
            .shown
            .is_some_and(|shown| !is_same_minute(stands, shown))
        {
            return Ok(Stands::Meanwhile);
        }
        let agreed = match stands {
            Some(at) if self.is_followed => behind(tx, record, (at, without_a_call(now)))?,
            _ => None,
        };
        let named = self.at.filter(|_| !is_same_minute(self.at, agreed));
        let first = agreed.into_iter().chain(named).min();
        let second = agreed.into_iter().chain(named).max();
        // That nothing is behind the one that was named is a word, too: an older one about the same moment holds no more.
        let behind = second.filter(|_| first == named || first != second);
        Ok(Stands::Call(first, behind))
    }
}
