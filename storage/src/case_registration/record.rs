//! Records that stand for themselves. What is written of somebody hangs at one of these and never at one that was merged into
//! another: nobody would find it there, and an alert that was raised there could not be ended.

use super::{CaseRow, Scope, by_id, find};
use crate::engine::{Error, Tx};
use crate::monitoring;
use domain::ids::CaseId;
use std::ops::Deref;

/// Where something can hang: a record that a transaction holds and found to stand for itself, or one that it has just written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordId(pub(super) CaseId);

impl RecordId {
    /// The case.
    pub const fn case(self) -> CaseId {
        self.0
    }
}

/// A record as it stands while a transaction holds it. There is no other door to one than looking for it within a scope and
/// holding it: whatever is read of it afterwards stays so until the transaction ends.
#[derive(Clone)]
pub struct Record(CaseRow);

impl Record {
    /// The record of a case within a scope; where two became one, the one that was kept.
    ///
    /// # Errors
    /// [`Error::TryAgain`] where the two were parted, or given away, this very moment: whoever looks again finds that.
    pub fn held(tx: &mut Tx<'_>, scope: &Scope, case: CaseId) -> Result<Option<Record>, Error> {
        monitoring::hold(tx, case)?;
        let Some(row) = find(tx, scope, case)? else {
            return Ok(None);
        };
        if row.merged_into.is_none() {
            return Ok(Some(Record(row)));
        }
        let record = row.record();
        monitoring::hold(tx, record)?;
        match (find(tx, scope, case)?, by_id(tx, record)?) {
            (Some(stands), kept) if stands.record() == record => Ok(kept.map(Record)),
            _ => Err(Error::TryAgain),
        }
    }

    /// The records of two cases, where both are within a scope; they may be one by now. They are held in an order in which
    /// nobody waits for each other in a circle.
    ///
    /// # Errors
    /// As [`Record::held`].
    pub fn held_both(
        tx: &mut Tx<'_>,
        scope: &Scope,
        (one, other): (CaseId, CaseId),
    ) -> Result<Option<(Record, Record)>, Error> {
        monitoring::hold_all(tx, vec![one, other])?;
        let (one, other) = (
            Record::held(tx, scope, one)?,
            Record::held(tx, scope, other)?,
        );
        Ok(one.zip(other))
    }

    /// That something can hang here.
    pub const fn record_id(&self) -> RecordId {
        RecordId(self.0.id)
    }
}

impl Deref for Record {
    type Target = CaseRow;

    fn deref(&self) -> &CaseRow {
        &self.0
    }
}

/// The record of a case within a scope as it stands now, for whoever only reads, or asks before a transaction writes; where
/// two became one, the one that was kept.
pub fn kept(tx: &mut Tx<'_>, scope: &Scope, case: CaseId) -> Result<Option<CaseRow>, Error> {
    let Some(row) = find(tx, scope, case)? else {
        return Ok(None);
    };
    match row.merged_into {
        None => Ok(Some(row)),
        Some(kept) => by_id(tx, kept),
    }
}
