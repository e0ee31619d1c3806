//! The reports of two records come under one. The id of a report is the key of its form, and one form may have been sent for
//! both: as release 0.2 has it, whoever goes back and chooses the other one sends it with the same key.

use super::move_rows;
use crate::engine::{Error, Tx};
use crate::sql;
use domain::ids::CaseId;
use uuid::Uuid;

/// The random part of an id behind its variant. What stands before tells the time, by which the table is cut.
const RANDOM: u128 = (1 << 62) - 1;

/// Moves all reports of a case to another one; tells their ids there. One whose id stands there already has the next one from
/// then on, and keeps that where the two are parted again: what was written of it since names it so.
pub(super) fn move_reports(
    tx: &mut Tx<'_>,
    merged: CaseId,
    kept: CaseId,
) -> Result<Vec<Uuid>, Error> {
    let of_both: Vec<Uuid> = tx.query(
        sql!(
            "SELECT m.id FROM status_reports m JOIN status_reports k ON k.case_id = $2 AND k.id = m.id
             WHERE m.case_id = $1 ORDER BY m.id"
        ),
        &[&merged.uuid(), &kept.uuid()],
        |row| row.get(0),
    )?;
    for id in of_both {
        let mut free = next(id);
        while stands(tx, (merged, kept), free)? {
            free = next(free);
        }
        call(tx, merged, (id, free))?;
    }
    Ok(move_rows!(tx, "status_reports", merged, kept))
}

/// The id beside another one, of the same moment.
fn next(id: Uuid) -> Uuid {
    let id = id.as_u128();
    Uuid::from_u128((id & !RANDOM) | (id.wrapping_add(1) & RANDOM))
}

fn stands(tx: &mut Tx<'_>, (one, other): (CaseId, CaseId), id: Uuid) -> Result<bool, Error> {
    let found: i64 = tx.query_one(
        sql!("SELECT count(*) FROM status_reports WHERE case_id IN ($1, $2) AND id = $3"),
        &[&one.uuid(), &other.uuid(), &id],
        |row| row.get(0),
    )?;
    Ok(found > 0)
}

/// Gives a report of a case another id, and tells it to all that names the report.
fn call(tx: &mut Tx<'_>, case: CaseId, (was, is): (Uuid, Uuid)) -> Result<(), Error> {
    for statement in [
        sql!("UPDATE status_reports SET id = $3 WHERE case_id = $1 AND id = $2"),
        sql!("UPDATE alerts SET report_id = $3 WHERE case_id = $1 AND report_id = $2"),
        sql!("UPDATE tasks SET report_id = $3 WHERE case_id = $1 AND report_id = $2"),
        sql!("UPDATE corrections SET subject_id = $3 WHERE case_id = $1 AND subject_id = $2"),
        sql!("UPDATE monitoring SET report_id = $3 WHERE case_id = $1 AND report_id = $2"),
    ] {
        tx.execute(statement, &[&case.uuid(), &was, &is])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_id_is_of_the_same_moment_and_no_id_of_another_kind() {
        for (id, then) in [
            (
                "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c01",
                "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c02",
            ),
            (
                "0192f0c4-7d3e-7fff-bfff-ffffffffffff",
                "0192f0c4-7d3e-7fff-8000-000000000000",
            ),
        ] {
            assert_eq!(next(id.parse().unwrap()), then.parse::<Uuid>().unwrap());
        }
    }
}
