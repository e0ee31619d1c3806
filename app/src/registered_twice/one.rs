//! What becomes of the question once one center follows both records: nobody has to call anybody any more. What is left is to make
//! one of the two, or to say that they are two people; and where they have become one, the question is answered.

use super::Details;
use crate::keys::Keys;
use crate::tasks::REGISTERED_TWICE;
use domain::ids::{CaseId, StaffId, TaskId};
use jiff::Timestamp;
use std::collections::HashMap;
use storage::Tx;
use storage::case_registration as cases;
use storage::tasks::{self, TaskRow};
use uuid::Uuid;

/// Where the other record of a pair is, for the center that is asked about the pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Other {
    /// At another center, which is called.
    #[default]
    Elsewhere,
    /// At this one, too.
    Here(CaseId),
    /// It is the same record by now.
    One,
}

/// Where the other records are that open tasks of a center are about.
pub(crate) fn others(
    tx: &mut Tx<'_>,
    keys: &Keys,
    rows: &[TaskRow],
) -> Result<HashMap<TaskId, Other>, storage::Error> {
    let mut found = HashMap::new();
    for row in rows.iter().filter(|row| row.kind == REGISTERED_TWICE) {
        // One that a release to come has written in another way tells nothing here.
        let Ok(details) = Details::read(keys, &row.details_sealed) else {
            continue;
        };
        let Some(other) = cases::by_id(tx, details.other)? else {
            continue;
        };
        let is_own = row.center == Some(other.center);
        found.insert(
            row.id,
            match other.merged_into.unwrap_or(other.id) {
                one if Some(one) == row.case => Other::One,
                kept if is_own => Other::Here(kept),
                _ => Other::Elsewhere,
            },
        );
    }
    Ok(found)
}

/// Ends what a center was asked about records that have become one, by whoever has made one of them. Tells which tasks ended: they
/// are to be done again when the two are parted.
pub(crate) fn are_one(
    tx: &mut Tx<'_>,
    keys: &Keys,
    (kept, by): (CaseId, StaffId),
    now: Timestamp,
) -> Result<Vec<Uuid>, storage::Error> {
    let open = tasks::open_about(tx, kept, REGISTERED_TWICE)?;
    let others = others(tx, keys, &open)?;
    let mut ended = Vec::new();
    for task in open {
        // No words: that they are one is what was asked.
        if others.get(&task.id) == Some(&Other::One) && tasks::finish(tx, task.id, by, "", now)? {
            ended.push(task.id.uuid());
        }
    }
    Ok(ended)
}
