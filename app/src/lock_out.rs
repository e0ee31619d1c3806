//! Lock-outs of staff after too many failures: who cannot sign in for how long, so that an administrator sees it, and can
//! end it for somebody whom they know without taking the password and the second factor away.
//!
//! What is kept is kept by address, whether anybody has it or not: outsiders learn nothing from how an answer comes
//! about. Only the page of staff asks, and only about those who are staff.

use crate::audit::{self, about};
use crate::keys::Keys;
use crate::second_factor::CODES_IN_A_ROW;
use crate::staff::{ChangeStaff, FAILURES, FLOOD, LET_IN, LIMIT, let_in_again};
use crate::{Error, StaffDesk};
use domain::ids::StaffId;
use domain::staff_role::Right;
use jiff::{SignedDuration, Timestamp};
use storage::audit::AuditEntry;
use storage::limits::{self, AHEAD};
use storage::{Tx, staff as rows};

/// Under which the end of a lock-out is kept.
const LOCKED: &str = "staff_locked";
/// Failures from anywhere, within an hour that begins with the first, after which an address is closed for the rest of it.
const ANYWHERE: (i32, SignedDuration) = (FLOOD, SignedDuration::from_hours(1));

/// After a failure: notes the lock-out if a limit is reached now, with one line in the audit log for as long as it lasts.
/// `subject`: that of the limit, an address alone or together with the place that it was tried from. `entry`: whose
/// failure it was, as far as that is known; none where it is told no more.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    keys: &Keys,
    (email_blind, subject): (&[u8], &[u8]),
    entry: Option<&AuditEntry>,
    now: Timestamp,
) -> Result<(), storage::Error> {
    let here = limits::reached_until(tx, LIMIT, subject, FAILURES, now)?;
    let anywhere = limits::span_reached_until(tx, LIMIT, email_blind, ANYWHERE, now)?;
    let Some(until) = here.max(anywhere) else {
        return Ok(());
    };
    let is_known = marked(tx, email_blind, now)?.is_some();
    if !is_known {
        // One of a clock that was ahead would stand in the way.
        limits::forget(tx, LOCKED, email_blind)?;
    }
    // A shorter one that comes while a longer one lasts changes nothing.
    limits::keep_latest(tx, LOCKED, email_blind, until)?;
    let Some(entry) = entry.filter(|_| !is_known) else {
        return Ok(());
    };
    let mut entry = entry.clone();
    entry.action = "staff.locked_out".to_owned();
    audit::note(tx, keys, &entry)
}

/// For how long somebody stays locked out whose codes were guessed at too often: until somebody who knows them ends it.
const CLOSED: SignedDuration = SignedDuration::from_hours(24 * 365);

/// Notes that somebody is locked out until an administrator has looked.
pub(crate) fn close(
    tx: &mut Tx<'_>,
    keys: &Keys,
    email_blind: &[u8],
    entry: &AuditEntry,
    now: Timestamp,
) -> Result<(), storage::Error> {
    let stands = limits::last(tx, LOCKED, email_blind)?;
    let until = now + CLOSED;
    if stands.is_some_and(|stands| stands > until - SignedDuration::from_hours(24 * 30)) {
        return Ok(());
    }
    limits::keep_latest(tx, LOCKED, email_blind, until)?;
    audit::note(tx, keys, entry)
}

/// Forgets what was counted for a subject before an administrator let somebody in again. Once a clock that was ahead is right, nobody
/// was let in by it: what is counted since would be forgotten before each try.
pub(crate) fn forget_if_let_in(
    tx: &mut Tx<'_>,
    email_blind: &[u8],
    subject: &[u8],
    now: Timestamp,
) -> Result<(), storage::Error> {
    let let_in = limits::last(tx, LET_IN, email_blind)?.filter(|at| *at <= now + AHEAD);
    match let_in > limits::last(tx, LIMIT, subject)? {
        true => limits::forget(tx, LIMIT, subject),
        false => Ok(()),
    }
}

/// Forgets a lock-out: whoever it was about has come in, or somebody who knows them has ended it.
pub(crate) fn forget(tx: &mut Tx<'_>, email_blind: &[u8]) -> Result<(), storage::Error> {
    limits::forget(tx, LOCKED, email_blind)
}

/// Until when somebody is marked as locked out. An end that no limit reaches from now is one of a clock that was ahead, and over, but
/// where codes were guessed at too often.
fn marked(
    tx: &mut Tx<'_>,
    email_blind: &[u8],
    now: Timestamp,
) -> Result<Option<Timestamp>, storage::Error> {
    let stands = limits::last(tx, LOCKED, email_blind)?.filter(|until| *until > now);
    let Some(until) = stands else {
        return Ok(None);
    };
    let is_reached = until <= now + ANYWHERE.1 + AHEAD
        || limits::in_a_row(tx, LIMIT, email_blind)? >= CODES_IN_A_ROW;
    Ok(is_reached.then_some(until))
}

/// Until when somebody is locked out; none: not. Whoever comes in with a browser that is known takes the mark away, and is
/// locked out elsewhere all the same while the address is closed.
pub(crate) fn until(
    tx: &mut Tx<'_>,
    email_blind: &[u8],
    now: Timestamp,
) -> Result<Option<Timestamp>, storage::Error> {
    let marked = marked(tx, email_blind, now)?;
    let anywhere = limits::span_reached_until(tx, LIMIT, email_blind, ANYWHERE, now)?;
    Ok(marked.max(anywhere))
}

impl StaffDesk {
    /// Ends the lock-out of a colleague at or below the own place; password and second factor stay as they are. What is
    /// over already is no problem.
    pub async fn end_lock_out(&self, id: StaffId) -> Result<ChangeStaff, Error> {
        self.needs(Right::ManageStaff)?;
        if id == self.staff {
            return Ok(ChangeStaff::Oneself);
        }
        let (below, now) = (self.below(), self.app.clock.now());
        let entry = about(self.did("staff.let_in", None), id.uuid());
        let keys = self.app.keys().clone();
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let all = rows::below(tx, &below)?;
                let Some(row) = all.into_iter().find(|row| row.id == id) else {
                    return Ok(ChangeStaff::NoSuchStaff);
                };
                if until(tx, &row.email_blind, now)?.is_some() {
                    let_in_again(tx, &row.email_blind, now)?;
                    audit::note(tx, &keys, &entry)?;
                }
                Ok(ChangeStaff::Changed)
            })
            .await?)
    }
}
