//! Why counts differ from what somebody wrote down earlier: cases that moved, became one, were none, or were corrected.

use super::Of;
use crate::engine::{At, Error, Param, Row, Tx};
use crate::sql;
use jiff::Timestamp;
use jiff::civil::Date;

/// A case that another center answers for since: whether it came, when, the day of registration, and that of onset.
pub type Moved = (bool, Timestamp, Date, Option<Date>);

/// The cases that were registered or fell ill from a day to a day and moved over the border of a place since a moment, the latest
/// move first. A contact who moved before falling ill was counted nowhere until then. Those that became one with another record, or were found to be none, after they moved are among them: where they
/// left, the counts had changed before.
pub fn moved(
    tx: &mut Tx<'_>,
    of: &Of,
    (from, to): (Date, Date),
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Moved>, Error> {
    // The few moves are what is gone through, not the many cases: `CROSS JOIN` keeps SQLite to that order.
    tx.query(
        sql!(
            "SELECT CASE WHEN e.path >= $1 AND e.path < $2 THEN 1 ELSE 0 END, t.answered_at, m.registered_on, c.onset_on
             FROM transfers t CROSS JOIN monitoring m CROSS JOIN cases c CROSS JOIN jurisdictions b
                CROSS JOIN jurisdictions e
             WHERE t.answer = 'accepted' AND t.answered_at >= $3 AND m.case_id = t.case_id AND c.id = t.case_id
                AND b.id = t.from_center AND e.id = t.to_center AND c.is_contact = 0
                AND (c.fell_ill_at IS NULL OR t.answered_at >= c.fell_ill_at)
                AND ($6 = '' OR c.programme = $6)
                AND ((m.registered_on >= $4 AND m.registered_on <= $5) OR (c.onset_on >= $4 AND c.onset_on <= $5))
                AND ((b.path >= $1 AND b.path < $2 AND NOT (e.path >= $1 AND e.path < $2))
                    OR (e.path >= $1 AND e.path < $2 AND NOT (b.path >= $1 AND b.path < $2)))
             ORDER BY t.answered_at DESC LIMIT $7"
        ),
        &[
            &of.below.from,
            &of.below.to,
            &At(since),
            &from,
            &to,
            &of.programme,
            &limit,
        ],
        |row| {
            let came = row.get::<i32>(0)? == 1;
            Ok((came, row.at(1)?, row.get(2)?, row.get(3)?))
        },
    )
}

/// A case that became one with another record: the day on which it counted, when that was, and its day of onset.
pub type Merged = (Date, Timestamp, Option<Date>);

/// Cases that were counted no more, because they became one with another record, since a moment, also those that are two again. Of
/// those registered or with an onset from a day to a day, at the place that had them then: what became one moves as one. Where that
/// was of a contact, who became the case by it, nothing was counted otherwise.
pub fn merged(
    tx: &mut Tx<'_>,
    of: &Of,
    (from, to): (Date, Date),
    since: Timestamp,
) -> Result<Vec<Merged>, Error> {
    // The few merges are what is gone through, not the many cases: `CROSS JOIN` keeps SQLite to that order.
    tx.query(
        sql!(
            "SELECT m.registered_on, g.at, c.onset_on
             FROM merges g CROSS JOIN cases c CROSS JOIN cases k CROSS JOIN monitoring m CROSS JOIN jurisdictions j
             WHERE g.at >= $6 AND c.id = g.merged_id AND k.id = g.kept_id AND m.case_id = c.id
                AND j.id = COALESCE((SELECT t.from_center FROM transfers t WHERE t.case_id IN (g.kept_id, g.merged_id)
                    AND t.answer = 'accepted' AND t.answered_at > g.at
                    AND (g.undone_at IS NULL OR t.case_id = g.merged_id OR t.answered_at < g.undone_at)
                    ORDER BY t.answered_at LIMIT 1), c.health_center_id)
                AND j.path >= $1 AND j.path < $2 AND c.is_contact = 0
                AND (k.fell_ill_at IS NULL OR k.fell_ill_at <> g.at) AND (g.undone_at IS NULL OR k.is_contact = 0)
                AND ((m.registered_on >= $3 AND m.registered_on <= $4) OR (c.onset_on >= $3 AND c.onset_on <= $4))
                AND ($5 = '' OR c.programme = $5)
             ORDER BY g.at DESC LIMIT 1000"
        ),
        &[
            &of.below.from,
            &of.below.to,
            &from,
            &to,
            &of.programme,
            &At(since),
        ],
        |row| Ok((row.get(0)?, row.at(1)?, row.get(2)?)),
    )
}

/// Those of [`merged`] that are two again and are counted again, with the moment of that, at the place that had them then.
pub fn apart(
    tx: &mut Tx<'_>,
    of: &Of,
    (from, to): (Date, Date),
    since: Timestamp,
) -> Result<Vec<Merged>, Error> {
    tx.query(
        sql!(
            "SELECT m.registered_on, g.undone_at, c.onset_on
             FROM merges g CROSS JOIN cases c CROSS JOIN cases k CROSS JOIN monitoring m CROSS JOIN jurisdictions j
             WHERE g.at >= $6 AND g.undone_at IS NOT NULL AND c.id = g.merged_id AND k.id = g.kept_id AND m.case_id = c.id
                AND j.id = COALESCE((SELECT t.from_center FROM transfers t WHERE t.case_id = g.merged_id
                    AND t.answer = 'accepted' AND t.answered_at > g.undone_at
                    ORDER BY t.answered_at LIMIT 1), c.health_center_id)
                AND j.path >= $1 AND j.path < $2 AND c.is_contact = 0
                AND (k.fell_ill_at IS NULL OR k.fell_ill_at <> g.at) AND k.is_contact = 0
                AND ((m.registered_on >= $3 AND m.registered_on <= $4) OR (c.onset_on >= $3 AND c.onset_on <= $4))
                AND ($5 = '' OR c.programme = $5)
             ORDER BY g.undone_at DESC LIMIT 1000"
        ),
        &[
            &of.below.from,
            &of.below.to,
            &from,
            &to,
            &of.programme,
            &At(since),
        ],
        |row| Ok((row.get(0)?, row.at(1)?, row.get(2)?)),
    )
}

/// A case that was registered in error: the day on which it counted, when that was said, and its day of onset.
pub type TakenBack = (Date, Timestamp, Option<Date>);

/// Cases that are counted no more because they were registered in error. Of those registered or with an onset from a day to a
/// day.
pub fn taken_back(
    tx: &mut Tx<'_>,
    of: &Of,
    (from, to): (Date, Date),
) -> Result<Vec<TakenBack>, Error> {
    tx.query(
        sql!(
            "SELECT m.registered_on, c.in_error_at, c.onset_on
             FROM cases c CROSS JOIN jurisdictions j CROSS JOIN monitoring m
             WHERE c.in_error_at >= $6 AND j.id = c.health_center_id AND j.path >= $1 AND j.path < $2
                AND m.case_id = c.id AND c.is_contact = 0 AND c.merged_into IS NULL
                AND ((m.registered_on >= $3 AND m.registered_on <= $4) OR (c.onset_on >= $3 AND c.onset_on <= $4))
                AND ($5 = '' OR c.programme = $5)
             ORDER BY c.in_error_at DESC LIMIT 1000"
        ),
        &[
            &of.below.from,
            &of.below.to,
            &from,
            &to,
            &of.programme,
            &At(Timestamp::UNIX_EPOCH),
        ],
        |row| Ok((row.get(0)?, row.at(1)?, row.get(2)?)),
    )
}

/// That a case was said to be none, or to be one after all, or that of a contact who is not ill.
#[derive(Clone, Debug)]
pub struct SaidOfCase {
    /// When that was said.
    pub at: Timestamp,
    /// What stood before, sealed.
    pub before_sealed: Vec<u8>,
    /// What stands since, sealed.
    pub after_sealed: Vec<u8>,
    /// The first day of symptoms of a case.
    pub onset_on: Option<Date>,
}

/// What was said of whether somebody is a case since a moment, the latest first, of cases that a place had when it was said. That one
/// is none which is none still tells [`taken_back`].
pub fn said_of_cases(
    tx: &mut Tx<'_>,
    of: &Of,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<SaidOfCase>, Error> {
    // The few lines are what is gone through, not the many cases: `CROSS JOIN` keeps SQLite to that order.
    tx.query(
        sql!(
            "SELECT x.at, x.before_sealed, x.after_sealed, c.onset_on
             FROM corrections x CROSS JOIN cases c CROSS JOIN jurisdictions j
             WHERE c.id = x.case_id AND x.subject = 'case' AND x.at >= $3
                AND j.id = COALESCE((SELECT t.from_center FROM transfers t WHERE t.case_id = x.case_id
                    AND t.answer = 'accepted' AND t.answered_at > x.at ORDER BY t.answered_at LIMIT 1), c.health_center_id)
                AND j.path >= $1 AND j.path < $2 AND (c.in_error_at IS NULL OR c.in_error_at <> x.at)
                AND ($5 = '' OR c.programme = $5)
             ORDER BY x.at DESC LIMIT $4"
        ),
        &[
            &of.below.from,
            &of.below.to,
            &At(since),
            &limit,
            &of.programme,
        ],
        |row| {
            Ok(SaidOfCase {
                at: row.at(0)?,
                before_sealed: row.get(1)?,
                after_sealed: row.get(2)?,
                onset_on: row.get(3)?,
            })
        },
    )
}

/// A correction of who somebody is and when they fell ill.
#[derive(Clone, Debug)]
pub struct CorrectedCase {
    /// When it was made.
    pub at: Timestamp,
    /// What stood before, sealed.
    pub before_sealed: Vec<u8>,
    /// What stands since, sealed.
    pub after_sealed: Vec<u8>,
    /// The day on which the case counts as new; none: it does not count.
    pub registered_on: Option<Date>,
    /// The programme in which it counts now.
    pub programme: String,
}

/// The corrections of attributes since a moment, the latest first, of cases that a place had when they were made: what was corrected
/// before a case came changed nothing there. Where one programme is asked for, those of its cases, and then as many of others, which
/// may have been its own until they were corrected.
pub fn corrected(
    tx: &mut Tx<'_>,
    of: &Of,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<CorrectedCase>, Error> {
    // The few corrections are what is gone through, not the many cases: `CROSS JOIN` keeps SQLite to that order.
    let read = |row: Row<'_>| {
        Ok(CorrectedCase {
            at: row.at(0)?,
            before_sealed: row.get(1)?,
            after_sealed: row.get(2)?,
            registered_on: row.get(3)?,
            programme: row.get(4)?,
        })
    };
    let params: [&dyn Param; 5] = [
        &of.below.from,
        &of.below.to,
        &At(since),
        &limit,
        &of.programme,
    ];
    let mut all = tx.query(
        sql!(
            "SELECT x.at, x.before_sealed, x.after_sealed,
                (SELECT m.registered_on FROM monitoring m WHERE m.case_id = c.id AND m.is_case = 1), c.programme
             FROM corrections x CROSS JOIN cases c CROSS JOIN jurisdictions j
             WHERE c.id = x.case_id AND x.subject = 'attributes' AND x.at >= $3
                AND j.id = COALESCE((SELECT t.from_center FROM transfers t WHERE t.case_id = x.case_id
                    AND t.answer = 'accepted' AND t.answered_at > x.at ORDER BY t.answered_at LIMIT 1), c.health_center_id)
                AND j.path >= $1 AND j.path < $2 AND c.is_contact = 0 AND c.merged_into IS NULL AND c.in_error_at IS NULL
                AND (c.fell_ill_at IS NULL OR x.at >= c.fell_ill_at)
                AND ($5 = '' OR c.programme = $5)
             ORDER BY x.at DESC LIMIT $4"
        ),
        &params,
        read,
    )?;
    if !of.programme.is_empty() {
        all.extend(tx.query(
            sql!(
                "SELECT x.at, x.before_sealed, x.after_sealed,
                    (SELECT m.registered_on FROM monitoring m WHERE m.case_id = c.id AND m.is_case = 1), c.programme
                 FROM corrections x CROSS JOIN cases c CROSS JOIN jurisdictions j
                 WHERE c.id = x.case_id AND x.subject = 'attributes' AND x.at >= $3
                    AND j.id = COALESCE((SELECT t.from_center FROM transfers t WHERE t.case_id = x.case_id
                        AND t.answer = 'accepted' AND t.answered_at > x.at ORDER BY t.answered_at LIMIT 1), c.health_center_id)
                    AND j.path >= $1 AND j.path < $2 AND c.is_contact = 0 AND c.merged_into IS NULL
                    AND c.in_error_at IS NULL AND c.programme <> $5
                    AND (c.fell_ill_at IS NULL OR x.at >= c.fell_ill_at)
                 ORDER BY x.at DESC LIMIT $4"
            ),
            &params,
            read,
        )?);
    }
    Ok(all)
}

/// That following a case had ended, and that this was taken back.
#[derive(Clone, Debug)]
pub struct EndTakenBack {
    /// How it had ended: the word of the status.
    pub status: String,
    /// When that was entered.
    pub ended_at: Timestamp,
    /// When it was taken back.
    pub at: Timestamp,
    /// The word of where the person was from then on.
    pub since: String,
}

/// The ends from a moment up to another one that were taken back since, the latest first, at the place that had the case when
/// they were.
pub fn ends_taken_back(
    tx: &mut Tx<'_>,
    of: &Of,
    (from, to): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<EndTakenBack>, Error> {
    // Nobody takes back what has not been. A case that is one again after all counts as it did. Whoever is a contact again counted
    // as a case before: only ends of cases are kept.
    tx.query(
        sql!(
            "SELECT e.status, e.ended_at, e.taken_back_at, e.status_since
             FROM ends_taken_back e CROSS JOIN cases c CROSS JOIN jurisdictions j
             WHERE e.taken_back_at >= $3 AND e.ended_at >= $3 AND e.ended_at < $4 AND c.id = e.case_id
                AND j.id = COALESCE((SELECT t.from_center FROM transfers t WHERE t.case_id = e.case_id
                    AND t.answer = 'accepted' AND t.answered_at > e.taken_back_at ORDER BY t.answered_at LIMIT 1),
                    c.health_center_id)
                AND j.path >= $1 AND j.path < $2
                AND c.merged_into IS NULL AND ($5 = '' OR c.programme = $5)
                AND (e.status_since <> 'in_error' OR c.in_error_at IS NOT NULL)
             ORDER BY e.taken_back_at DESC LIMIT $6"
        ),
        &[
            &of.below.from,
            &of.below.to,
            &At(from),
            &At(to),
            &of.programme,
            &limit,
        ],
        |row| {
            Ok(EndTakenBack {
                status: row.get(0)?,
                ended_at: row.at(1)?,
                at: row.at(2)?,
                since: row.get(3)?,
            })
        },
    )
}
