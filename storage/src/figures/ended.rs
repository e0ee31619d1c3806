//! Cases that are followed no more, by how that ended, and notifications that are no case yet.

use super::Of;
use crate::engine::{Asked, At, Error, Tx};
use crate::sql;
use jiff::Timestamp;

/// How following a case ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The person was released.
    Released,
    /// The person died.
    Died,
}

impl Ending {
    /// Both, in the order in which they are told.
    pub const ALL: [Ending; 2] = [Ending::Released, Ending::Died];

    /// The word of the status, and that under which the purge counts it.
    pub const fn word(self) -> &'static str {
        match self {
            Ending::Released => "released",
            Ending::Died => "died",
        }
    }
}

/// How many cases were followed no more from each moment up to the next one, in one statement for each; whoever was purged since
/// is not among them. A nation's weeks are millions, so they are counted along an index whose rows need not be looked at.
pub fn ended_within(
    tx: &mut Tx<'_>,
    of: &Of,
    ending: Ending,
    moments: &[Timestamp],
) -> Result<Vec<i64>, Error> {
    let asked: Vec<Asked<i64>> = moments
        .windows(2)
        .map(|two| ended(tx, of, ending, (two[0], two[1])))
        .collect::<Result<_, _>>()?;
    let mut counts = Vec::with_capacity(asked.len());
    for one in asked {
        counts.extend(one.all(tx)?);
    }
    Ok(counts)
}

/// How many cases were followed no more from a moment up to another one. Asked ahead.
pub fn ended(
    tx: &mut Tx<'_>,
    of: &Of,
    ending: Ending,
    (from, to): (Timestamp, Timestamp),
) -> Result<Asked<i64>, Error> {
    let (from, to, word) = (At(from), At(to), ending.word());
    if of.programme.is_empty() {
        return tx.ask(
            sql!(
                "SELECT count(*) FROM jurisdictions j JOIN monitoring m ON m.health_center_id = j.id
                 WHERE j.path >= $1 AND j.path < $2 AND m.is_case = 1 AND m.status = $3 AND m.closed_at >= $4
                    AND m.closed_at < $5"
            ),
            &[&of.below.from, &of.below.to, &word, &from, &to],
            |row| row.get(0),
        );
    }
    tx.ask(
        sql!(
            "SELECT count(*) FROM jurisdictions j JOIN monitoring m ON m.health_center_id = j.id
                JOIN cases c ON c.id = m.case_id
             WHERE j.path >= $1 AND j.path < $2 AND m.is_case = 1 AND m.status = $3 AND m.closed_at >= $4
                AND m.closed_at < $5 AND c.programme = $6"
        ),
        &[
            &of.below.from,
            &of.below.to,
            &word,
            &from,
            &to,
            &of.programme,
        ],
        |row| row.get(0),
    )
}

/// How many notifications wait to be looked at by a center; they are no cases yet, and count nowhere else.
pub fn notifications_waiting(tx: &mut Tx<'_>, of: &Of) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM jurisdictions j JOIN notifications n ON n.health_center_id = j.id
             WHERE j.path >= $1 AND j.path < $2 AND n.state = 'waiting' AND ($3 = '' OR n.programme = $3)"
        ),
        &[&of.below.from, &of.below.to, &of.programme],
        |row| row.get(0),
    )
}
