//! Calls, visits and notes that were entered in error. What a call changed of how somebody is followed is reckoned anew from
//! the calls that count; only which call had been due before cannot always be known.

use super::{Left, TakeBack, Taking, Turn, TypedInError, check};
use crate::contact_log::{ContactLine, read_contacts};
use crate::course::{Because, heard_last, refresh, reports_looked_at, silence_goes_on};
use crate::place_settings::following;
use crate::{Error, StaffDesk};
use domain::health_day::health_day;
use domain::ids::{CaseId, ContactId};
use domain::monitoring::ContactOutcome;
use domain::staff_role::Right;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::alerts;
use storage::case_registration::Record;
use storage::contact_log::{self as contacts, ContactRow};
use storage::in_error::{self as rows, Called, Ending, Heard, Written};

/// A line of calls and notes on the page on which it is taken back.
#[derive(Clone)]
pub struct LineView {
    /// Whose record it stands in.
    pub member: crate::family::Member,
    /// The line.
    pub line: ContactLine,
}

fn outcome(line: &ContactRow) -> Option<ContactOutcome> {
    ContactOutcome::parse(&line.outcome)
}

fn is_call(line: &ContactRow) -> bool {
    outcome(line) != Some(ContactOutcome::Note)
}

/// Whether the person, or somebody who knows how they are, was reached.
fn is_reached(line: &ContactRow) -> bool {
    is_call(line) && !outcome(line).is_some_and(ContactOutcome::reached_nobody)
}

/// The next call as lines have set it one after the other, the earliest first. Whatever else set one in between is seen by what
/// stood before the line that follows.
fn next_call(lines: &[ContactRow]) -> Option<Option<Timestamp>> {
    let mut stands = None;
    let mut after = None;
    for line in lines {
        let Some((before, set)) = line.did.next_call else {
            continue;
        };
        if after != Some(before) || stands.is_none() {
            stands = Some(before);
        }
        if line.in_error.is_none() {
            stands = Some(set);
        }
        after = Some(set);
    }
    stands
}

/// What the calls that count say, with whether the call that is due now is only what was left.
fn called(
    (was, lines): (&[ContactRow], &[ContactRow]),
    changed: &ContactRow,
    (heard, signed_up_at): (Heard, Option<Timestamp>),
    now: Timestamp,
) -> (Called, bool) {
    let counting = || lines.iter().filter(|line| line.in_error.is_none());
    let last = counting().rfind(|line| is_call(line));
    let reached_at = counting().rfind(|line| is_reached(line)).map(|l| l.at);
    let unanswered = counting()
        .filter(|line| outcome(line).is_some_and(ContactOutcome::reached_nobody))
        .filter(|line| reached_at.is_none_or(|at| line.at > at))
        .count();
    // What was heard of them otherwise stands: it is known by that no line that does not count was written at that second.
    let is_of_an_error = |at: Timestamp| {
        let mut errors = lines.iter().filter(|line| line.in_error.is_some());
        errors.any(|line| is_reached(line) && line.at.as_second() == at.as_second())
    };
    let before = lines.iter().filter_map(|line| line.did.heard_before);
    let otherwise = before.chain([heard.since]).chain(signed_up_at);
    let heard_since = otherwise
        .filter(|at| !is_of_an_error(*at))
        .chain(reached_at)
        .max()
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let stands = heard.next_call_at;
    let sets_next = changed.did.next_call.is_some();
    let (next_call_at, is_left) = if !is_call(changed) && !sets_next {
        (stands, false)
    } else if sets_next {
        match (next_call(was), next_call(lines)) {
            (Some(before), Some(after)) if before == stands => (after, false),
            // Somebody has set another one since, and knew of what they set it for.
            _ => (stands, false),
        }
    } else if last.is_some_and(|last| last.at > changed.at) {
        (stands, false)
    } else {
        // What stood before the call was not kept. Where nobody is to call, somebody looks now.
        let is_none_due = heard.is_open && stands.is_none() && changed.in_error.is_none();
        (stands.or_else(|| is_none_due.then_some(now)), true)
    };
    let called = Called {
        last: last.map(|line| (line.at, line.outcome.clone())),
        unanswered: i32::try_from(unanswered).unwrap_or(i32::MAX),
        heard_since,
        heard_on: Date::default(),
        next_call_at,
    };
    (called, is_left)
}

/// A line that is about to be taken back, or to count again.
struct Change<'c> {
    taking: &'c Taking,
    row: Record,
    /// The line as it stood.
    line: ContactRow,
    /// All lines as they stood, the latest first.
    was: Vec<ContactRow>,
}

impl Change<'_> {
    /// A line of a case in reach, held, that may be taken back here.
    fn of<'c>(
        taking: &'c Taking,
        tx: &mut Tx<'_>,
        (case, id): (CaseId, ContactId),
    ) -> Result<Option<Change<'c>>, storage::Error> {
        let Some(row) = taking.held(tx, case)? else {
            return Ok(None);
        };
        let was = contacts::of_case(tx, row.id)?;
        let stands = was.iter().find(|line| line.id == id).cloned();
        let line = stands.filter(|one| taking.desk.may_take_back(Some(one.by)));
        Ok(line.map(|line| Change {
            taking,
            row,
            line,
            was,
        }))
    }

    /// Reckons anew what follows from the lines; the mark is written already.
    fn settle(&self, tx: &mut Tx<'_>) -> Result<Left, storage::Error> {
        let (case, now) = (self.row.id, self.taking.now);
        let mut left = Left {
            next_call: false,
            alert: self.settle_ending(tx)?,
        };
        let Some(heard) = rows::heard(tx, case)? else {
            return Ok(left);
        };
        let mut was = self.was.clone();
        was.reverse();
        let mut lines = contacts::of_case(tx, case)?;
        lines.reverse();
        let signed_up_at = rows::signed_up_at(tx, case)?;
        let about = (was.as_slice(), lines.as_slice());
        let (mut called, is_left) = called(about, &self.line, (heard, signed_up_at), now);
        left.next_call = is_left;
        let (app, alert) = (&self.taking.desk.app, self.taking.alert);
        let center = app.center_within(tx, self.row.center)?;
        called.heard_on = health_day(called.heard_since, &center.time_zone);
        rows::set_called(tx, case, &called, now)?;
        refresh(app, tx, &self.row, Because::Reckoned, alert, now)?;
        if self.line.in_error.is_none() {
            self.tell_again(tx, &lines)?;
            if is_reached(&self.line) {
                let last = heard_last(&reports_looked_at(tx, case)?);
                silence_goes_on(tx, &self.row, (self.line.at, last), now)?;
            }
        }
        Ok(left)
    }

    /// An alert that the line ended waits again, or has ended again. Tells whether somebody has to look at it.
    fn settle_ending(&self, tx: &mut Tx<'_>) -> Result<bool, storage::Error> {
        let Some(alert) = self.line.alert else {
            return Ok(false);
        };
        let ending = Ending {
            alert,
            case: self.row.id,
            by: self.line.by,
            outcome: &self.line.outcome,
        };
        if self.line.in_error.is_some() {
            return Ok(!rows::end_again(tx, ending, self.line.at)?);
        }
        let wait = following(tx, self.row.center, self.taking.now)?.tell_center_after;
        let next = self.taking.now + SignedDuration::from_mins(wait);
        Ok(!rows::take_ending_back(tx, ending, next)?)
    }

    /// Whoever has an alert and has written nothing else is reminded as if they had written nothing.
    fn tell_again(&self, tx: &mut Tx<'_>, lines: &[ContactRow]) -> Result<(), storage::Error> {
        let Some(open) = alerts::open_of_case(tx, self.row.id)? else {
            return Ok(());
        };
        let Some(taken_at) = open.taken_at.filter(|_| open.taken_by.is_some()) else {
            return Ok(());
        };
        let wait = following(tx, self.row.center, self.taking.now)?.tell_taken_after;
        let counting = lines.iter().filter(|line| line.in_error.is_none());
        let last = counting.map(|line| line.at).max();
        let since = last.map_or(taken_at, |at| at.max(taken_at));
        rows::tell_by(tx, open.id, since + SignedDuration::from_mins(wait))
    }
}

impl StaffDesk {
    /// A call, a visit or a note of a case in reach.
    pub async fn contact_line(
        &self,
        case: CaseId,
        id: ContactId,
    ) -> Result<Option<LineView>, Error> {
        self.needs(Right::SeeHealth)?;
        let Some(view) = self.case(case).await? else {
            return Ok(None);
        };
        let record = self.kept_record(case).await?.unwrap_or(case);
        let lines = self
            .app
            .db()
            .read(move |tx| contacts::of_case(tx, record))
            .await?;
        let found: Vec<ContactRow> = lines.into_iter().filter(|line| line.id == id).collect();
        let line = read_contacts(&self.app, found)?.into_iter().next();
        Ok(line.map(|line| LineView {
            member: view.member,
            line,
        }))
    }

    /// Takes a call, a visit or a note back as entered in error. What it changed is reckoned anew.
    pub async fn take_contact_back(
        &self,
        case: CaseId,
        id: ContactId,
        typed: &TypedInError,
    ) -> Result<TakeBack, Error> {
        let taking = Taking::of(self)?;
        let checked = match check(typed) {
            Ok(checked) => checked,
            Err(problem) => return Ok(problem),
        };
        let mark = self.mark(&checked, taking.now);
        let written = Written::Line(id);
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let Some(change) = Change::of(&taking, tx, (case, id))? else {
                    return Ok(TakeBack::NotThere);
                };
                if !rows::mark(tx, (change.line.case, written), &mark)? {
                    return Ok(TakeBack::ChangedMeanwhile);
                }
                let turn = Turn::Back(&mark, &checked.words);
                taking.note(tx, (change.row.id, written), turn, "contact.in_error")?;
                Ok(TakeBack::Done(change.settle(tx)?))
            })
            .await?)
    }

    /// A line that was taken back counts again. `seen`: when it had been taken back as the page showed it.
    pub async fn put_contact_back(
        &self,
        case: CaseId,
        id: ContactId,
        seen: Option<Timestamp>,
    ) -> Result<TakeBack, Error> {
        let taking = Taking::of(self)?;
        let written = Written::Line(id);
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let Some(change) = Change::of(&taking, tx, (case, id))? else {
                    return Ok(TakeBack::NotThere);
                };
                let mark = change.line.in_error.as_ref().map(|(mark, _)| mark);
                let Some(mark) = mark.filter(|mark| Some(mark.at) == seen) else {
                    return Ok(TakeBack::ChangedMeanwhile);
                };
                rows::unmark(tx, change.line.case, written)?;
                let turn = Turn::Counts(mark);
                taking.note(tx, (change.row.id, written), turn, "contact.not_in_error")?;
                Ok(TakeBack::Done(change.settle(tx)?))
            })
            .await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::StaffId;
    use storage::contact_log::Did;
    use storage::in_error::InErrorRow;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3_600).unwrap()
    }

    /// A line of some hour that found a call and set another one.
    fn line(hour: i64, next: (Option<i64>, Option<i64>), in_error: bool) -> ContactRow {
        let nobody = StaffId::from_uuid(uuid::Uuid::nil());
        let mark = InErrorRow {
            at: at(99),
            by: nobody,
            why: "twice".to_owned(),
            words_sealed: Vec::new(),
        };
        ContactRow {
            case: CaseId::from_uuid(uuid::Uuid::nil()),
            id: ContactId::from_uuid(uuid::Uuid::nil()),
            at: at(hour),
            by: nobody,
            outcome: "reached".to_owned(),
            note_sealed: Vec::new(),
            alert: None,
            by_name: String::new(),
            did: Did {
                next_call: Some((next.0.map(at), next.1.map(at))),
                ..Did::default()
            },
            in_error: in_error.then(|| (mark, String::new())),
        }
    }

    #[test]
    fn the_next_call_is_the_one_that_stands_without_the_lines_in_error() {
        let cases = [
            // The only call is none: the one that was due is due again.
            (vec![line(1, (Some(10), None), true)], Some(10)),
            (vec![line(1, (Some(10), None), false)], None),
            // Two calls, of which the second, the first or both are none.
            (
                vec![
                    line(1, (Some(10), Some(20)), false),
                    line(2, (Some(20), None), true),
                ],
                Some(20),
            ),
            (
                vec![
                    line(1, (Some(10), Some(20)), true),
                    line(2, (Some(20), Some(30)), false),
                ],
                Some(30),
            ),
            (
                vec![line(1, (Some(10), None), true), line(2, (None, None), true)],
                Some(10),
            ),
            // Somebody decided on another call in between.
            (
                vec![
                    line(1, (Some(10), None), false),
                    line(2, (Some(12), None), true),
                ],
                Some(12),
            ),
        ];
        for (lines, expected) in cases {
            assert_eq!(next_call(&lines), Some(expected.map(at)));
        }
        assert_eq!(next_call(&[]), None);
    }
}
