//! Legal holds: what must not be purged, and why.

use super::{rows, term};
use crate::audit::{self, about};
use crate::{Error, StaffDesk};
use domain::ids::CaseId;
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::Timestamp;
use storage::case_registration as cases;

/// The longest reason, in characters.
const REASON_LENGTH: usize = 500;
/// What reasons are sealed for.
const SEALED: &str = "legal_hold";

/// A hold as the page of a person shows it.
#[derive(Clone, Debug)]
pub struct HoldLine {
    /// Why.
    pub reason: Personal<String>,
    /// Who set it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// When it was lifted, by whom and why.
    pub lifted: Option<(Timestamp, String, Personal<String>)>,
}

/// For how long a record is kept.
#[derive(Clone, Debug, Default)]
pub struct Hold {
    /// Its holds, the latest first; none for whoever may not hold records.
    pub lines: Vec<HoldLine>,
    /// Whether one holds.
    pub is_held: bool,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// From when on it is purged, where it is closed, not held, and a place has set something.
    pub ends: Option<Timestamp>,
}

impl Hold {
    /// Tells whether a hold was set or lifted since: lines are only added, and lifted.
    pub fn state(&self) -> String {
        state(self.lines.len(), self.is_held)
    }
}

/// What somebody has seen of the holds of a record, as a form carries it along.
fn state(lines: usize, is_held: bool) -> String {
    format!("{lines}.{}", u8::from(is_held))
}

/// What came of setting or lifting a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldCase {
    /// Done.
    Done,
    /// A reason is missing or too long.
    Reason,
    /// It was so already.
    WasSo,
    /// Somebody else has set or lifted a hold since it was looked at; nothing was done.
    ChangedMeanwhile,
    /// There is no such case in reach.
    NoSuchCase,
}

fn read_reason(typed: &str) -> Option<String> {
    let reason = clean_note(typed).trim().to_owned();
    (!reason.is_empty() && reason.chars().count() <= REASON_LENGTH).then_some(reason)
}

impl StaffDesk {
    /// For how long a record in reach is kept. Who holds it and why is told to whoever may hold records only: it may be
    /// about those who look after the person.
    pub async fn hold_of(&self, case: CaseId) -> Result<Hold, Error> {
        self.needs(Right::SeePersons)?;
        let (scope, now) = (self.scope(), self.app.clock.now());
        let found = self
            .app
            .db()
            .read(move |tx| {
                let Some(row) = cases::find(tx, &scope, case)? else {
                    return Ok(None);
                };
                let holds = rows::holds_of_case(tx, case)?;
                let closed = rows::closed(tx, case)?;
                Ok(Some((holds, closed, term(tx, row.center, now)?)))
            })
            .await?;
        let Some((holds, closed, term)) = found else {
            return Ok(Hold::default());
        };
        let is_held = holds.iter().any(|hold| hold.lifted_at.is_none());
        let keys = self.app.keys();
        let ends = match (closed.kept_from, term) {
            // Of whom nobody knows yet, somebody will at the right time before, or now.
            (Some(from), Some(term)) if !is_held => {
                let tells_at = now.max(from + term.kept - term.warning);
                let heard = closed.heard_at.unwrap_or(tells_at);
                Some(term.ends(from, heard, closed.not_before))
            }
            _ => None,
        };
        let may_read = self.may(Right::KeepRecords);
        let lines = holds
            .into_iter()
            .filter(|_| may_read)
            .map(|hold| {
                let lifted = match (hold.lifted_at, hold.lifted_reason_sealed) {
                    (Some(at), Some(sealed)) => Some((
                        at,
                        hold.lifted_by_name.unwrap_or_default(),
                        keys.open_text(SEALED, &sealed)?,
                    )),
                    _ => None,
                };
                Ok(HoldLine {
                    reason: keys.open_text(SEALED, &hold.reason_sealed)?,
                    by: hold.set_by_name.unwrap_or_default(),
                    at: hold.set_at,
                    lifted,
                })
            })
            .collect::<Result<_, Error>>()?;
        Ok(Hold {
            lines,
            is_held,
            closed_at: closed.closed_at,
            ends,
        })
    }

    /// Holds a record: it is not purged until the hold is lifted. `seen`: what was looked at of its holds, as
    /// [`Hold::state`] told it; without it nothing is compared.
    pub async fn hold(
        &self,
        case: CaseId,
        reason: &str,
        seen: Option<&str>,
    ) -> Result<HoldCase, Error> {
        self.change_hold(case, reason, seen, true).await
    }

    /// Lifts the hold of a record, where it is the one that was looked at: `seen` as for [`StaffDesk::hold`]. Its staff are
    /// told anew before it is purged.
    pub async fn lift_hold(
        &self,
        case: CaseId,
        reason: &str,
        seen: Option<&str>,
    ) -> Result<HoldCase, Error> {
        self.change_hold(case, reason, seen, false).await
    }

    async fn change_hold(
        &self,
        case: CaseId,
        reason: &str,
        seen: Option<&str>,
        hold: bool,
    ) -> Result<HoldCase, Error> {
        self.needs(Right::KeepRecords)?;
        let (scope, staff, now) = (self.scope(), self.staff, self.app.clock.now());
        let (keys, id) = (self.app.keys().clone(), self.app.new_uuid());
        let sealed = read_reason(reason).map(|reason| keys.seal_text(SEALED, &reason));
        let seen = seen.map(str::to_owned);
        let action = if hold { "hold.set" } else { "hold.lifted" };
        let entry = about(self.did(action, Some(case)), id);
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let Some(before) = cases::find(tx, &scope, case)? else {
                    return Ok(HoldCase::NoSuchCase);
                };
                // Whoever else sets or lifts a hold of it, or makes one record of two, is waited for: what is compared is what
                // is changed.
                let both = std::iter::once(case).chain(before.merged_into);
                storage::monitoring::hold_all(tx, both.collect())?;
                match cases::find(tx, &scope, case)? {
                    None => return Ok(HoldCase::NoSuchCase),
                    Some(row) if row.merged_into != before.merged_into => {
                        return Err(storage::Error::TryAgain);
                    }
                    Some(_) => {}
                }
                if let Some(seen) = &seen {
                    let holds = rows::holds_of_case(tx, case)?;
                    let is_held = holds.iter().any(|hold| hold.lifted_at.is_none());
                    if *seen != state(holds.len(), is_held) {
                        return Ok(HoldCase::ChangedMeanwhile);
                    }
                }
                let Some(sealed) = &sealed else {
                    return Ok(HoldCase::Reason);
                };
                let done = if hold {
                    rows::set(tx, id, case, sealed, staff, now)?
                } else {
                    rows::lift(tx, case, sealed, staff, now)?
                };
                if !done {
                    return Ok(HoldCase::WasSo);
                }
                audit::note(tx, &keys, &entry)?;
                Ok(HoldCase::Done)
            })
            .await?)
    }
}
