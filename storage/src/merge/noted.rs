//! What is noted of a merge after it was made, and while it holds. Only what is told changes: whatever else a merge keeps, also what a
//! later release writes there and this one does not know, stays as it is.

use super::{Moved, of_kept};
use crate::engine::{Error, Tx};
use crate::sql;
use domain::ids::CaseId;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// Notes that a report came under the number of a merged case while the merge holds, which [`super::hold`] has made sure of: it
/// is of that case, and goes back to it when the merge is undone.
pub fn came_under(tx: &mut Tx<'_>, merged: CaseId, report: Uuid) -> Result<(), Error> {
    goes_back(tx, merged, "reports", report)
}

/// Notes the same of a correction of the merged case, which is written down at the kept one.
pub fn corrected_under(tx: &mut Tx<'_>, merged: CaseId, correction: Uuid) -> Result<(), Error> {
    goes_back(tx, merged, "corrections", correction)
}

fn goes_back(tx: &mut Tx<'_>, merged: CaseId, list: &str, row: Uuid) -> Result<(), Error> {
    let found: Option<(Uuid, Value)> = tx.query_opt(
        sql!("SELECT id, moved FROM merges WHERE merged_id = $1 AND undone_at IS NULL"),
        &[&merged.uuid()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let Some((id, mut moved)) = found else {
        return Ok(());
    };
    let Some(ids) = moved.get_mut(list).and_then(Value::as_array_mut) else {
        return Err(Error::Broken(format!("merges.moved of {id}: no {list}")));
    };
    ids.push(Value::String(row.to_string()));
    write(tx, id, &moved)
}

fn write(tx: &mut Tx<'_>, id: Uuid, moved: &Value) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE merges SET moved = $2 WHERE id = $1"),
        &[&id, moved],
    )?;
    Ok(())
}

/// Notes of what puts the kept case's person at risk that no merge has brought it any more: somebody else has said it, or that it is
/// not so. Where a merge is undone, what is said of the kept one then stays. The case is held.
pub fn no_more_brought(tx: &mut Tx<'_>, kept: CaseId, risks: &[String]) -> Result<(), Error> {
    let brings = |moved: &Moved| {
        let of = moved.followed.iter().flat_map(|was| &was.risks);
        of.into_iter().any(|risk| risks.contains(risk))
    };
    let merges = of_kept(tx, kept)?;
    for merge in merges.iter().filter(|merge| brings(&merge.moved)) {
        // A report under the merged number may be noting this very moment that it goes back.
        super::hold(tx, merge.merged)?;
        let mut moved: Value = tx.query_one(
            sql!("SELECT moved FROM merges WHERE id = $1"),
            &[&merge.id],
            |row| row.get(0),
        )?;
        let brought = moved.pointer_mut("/followed/risks");
        if let Some(brought) = brought.and_then(Value::as_array_mut) {
            brought.retain(|risk| !risks.iter().any(|of| risk.as_str() == Some(of)));
            write(tx, merge.id, &moved)?;
        }
    }
    Ok(())
}

/// Which call stands behind the one of a moment by a merge that holds into the case, and since when; the latest word.
pub fn calls_behind(
    tx: &mut Tx<'_>,
    kept: CaseId,
    at: Timestamp,
) -> Result<Option<(Timestamp, Timestamp)>, Error> {
    let merges = of_kept(tx, kept)?;
    Ok(merges.iter().rev().find_map(|merge| {
        let calls = merge.moved.calls.as_ref()?;
        let all: Vec<Timestamp> = calls
            .since
            .1
            .into_iter()
            .chain(calls.later.iter().copied())
            .collect();
        let behind = all.windows(2).find(|pair| pair[0] == at)?;
        Some((behind[1], merge.at))
    }))
}
