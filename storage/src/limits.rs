//! Limits that guard against guessing. Each is counted by one conditional statement, never read and then written: a
//! hundred attempts at once count as a hundred, and a restart forgets nothing.
//!
//! What was counted while a clock was ahead counts no more once the clock is right: it would stop people for as long as it was
//! ahead. Clocks of several nodes differ by less than [`AHEAD`].

use crate::engine::{At, Error, Tx};
use crate::sql;
use jiff::{SignedDuration, Timestamp};

/// A moment that lies further ahead than this is one of a clock that was wrong.
pub const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// The first and the last moment of what counts at a moment, both included. Moments are whole milliseconds.
fn counts(within: SignedDuration, now: Timestamp) -> (At, At) {
    let first = now - within + SignedDuration::from_millis(1);
    (At(first), At(now + AHEAD))
}

/// At most `times` (1 to 10) within any span of `within`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtMost {
    /// How often, 1 to 10.
    pub times: i32,
    /// Within which rolling span.
    pub within: SignedDuration,
}

/// Counts one attempt if both limits allow it, and tells whether they did. The spans roll: the attempt is allowed
/// when the `times`-th last one is older than the span. On PostgreSQL the row stays locked until the transaction ends.
pub fn count(
    tx: &mut Tx<'_>,
    kind: &str,
    subject: &[u8],
    limits: [AtMost; 2],
    now: Timestamp,
) -> Result<bool, Error> {
    let [first, second] = limits;
    let (since_first, until) = counts(first.within, now);
    let (since_second, _) = counts(second.within, now);
    let counted = tx.execute(
        sql!(
            "INSERT INTO recent_attempts AS a (kind, subject, t1) VALUES ($1, $2, $3)
             ON CONFLICT (kind, subject) DO UPDATE SET
                t10 = a.t9, t9 = a.t8, t8 = a.t7, t7 = a.t6, t6 = a.t5,
                t5 = a.t4, t4 = a.t3, t3 = a.t2, t2 = a.t1, t1 = excluded.t1
             WHERE coalesce(CASE CAST($4 AS integer)
                    WHEN 1 THEN a.t1 WHEN 2 THEN a.t2 WHEN 3 THEN a.t3 WHEN 4 THEN a.t4 WHEN 5 THEN a.t5
                    WHEN 6 THEN a.t6 WHEN 7 THEN a.t7 WHEN 8 THEN a.t8 WHEN 9 THEN a.t9 ELSE a.t10 END NOT BETWEEN $5 AND $8, TRUE)
               AND coalesce(CASE CAST($6 AS integer)
                    WHEN 1 THEN a.t1 WHEN 2 THEN a.t2 WHEN 3 THEN a.t3 WHEN 4 THEN a.t4 WHEN 5 THEN a.t5
                    WHEN 6 THEN a.t6 WHEN 7 THEN a.t7 WHEN 8 THEN a.t8 WHEN 9 THEN a.t9 ELSE a.t10 END NOT BETWEEN $7 AND $8, TRUE)"
        ),
        &[
            &kind,
            &subject,
            &At(now),
            &first.times,
            &since_first,
            &second.times,
            &since_second,
            &until,
        ],
    )?;
    Ok(counted == 1)
}

/// Keeps a moment under a subject, unless a later one stands: for what is no limit, but lasts until then, or holds since.
pub fn keep_latest(
    tx: &mut Tx<'_>,
    kind: &str,
    subject: &[u8],
    moment: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO recent_attempts AS a (kind, subject, t1) VALUES ($1, $2, $3)
             ON CONFLICT (kind, subject) DO UPDATE SET t1 = excluded.t1 WHERE a.t1 < excluded.t1"
        ),
        &[&kind, &subject, &At(moment)],
    )?;
    Ok(())
}

/// Takes the newest attempt back: it turned out to be a success, and only failures count.
pub fn uncount(tx: &mut Tx<'_>, kind: &str, subject: &[u8]) -> Result<(), Error> {
    // In this order: where two are taken back at once, the second finds the row as the first left it, with one or none.
    let of_several = tx.execute(
        sql!(
            "UPDATE recent_attempts SET t1 = t2, t2 = t3, t3 = t4, t4 = t5, t5 = t6,
                t6 = t7, t7 = t8, t8 = t9, t9 = t10, t10 = NULL
             WHERE kind = $1 AND subject = $2 AND t2 IS NOT NULL"
        ),
        &[&kind, &subject],
    )?;
    if of_several == 0 {
        tx.execute(
            sql!("DELETE FROM recent_attempts WHERE kind = $1 AND subject = $2 AND t2 IS NULL"),
            &[&kind, &subject],
        )?;
    }
    Ok(())
}

/// When something limited was last tried.
pub fn last(tx: &mut Tx<'_>, kind: &str, subject: &[u8]) -> Result<Option<Timestamp>, Error> {
    tx.query_opt(
        sql!("SELECT t1 FROM recent_attempts WHERE kind = $1 AND subject = $2"),
        &[&kind, &subject],
        |row| row.at(0),
    )
}

/// Until when a limit that is reached allows nothing; none where it still allows something.
pub fn reached_until(
    tx: &mut Tx<'_>,
    kind: &str,
    subject: &[u8],
    most: AtMost,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let oldest = tx.query_opt(
        sql!(
            "SELECT CASE CAST($3 AS integer)
                    WHEN 1 THEN t1 WHEN 2 THEN t2 WHEN 3 THEN t3 WHEN 4 THEN t4 WHEN 5 THEN t5
                    WHEN 6 THEN t6 WHEN 7 THEN t7 WHEN 8 THEN t8 WHEN 9 THEN t9 ELSE t10 END
             FROM recent_attempts WHERE kind = $1 AND subject = $2"
        ),
        &[&kind, &subject, &most.times],
        |row| row.at_opt(0),
    )?;
    let oldest = oldest.flatten().filter(|oldest| *oldest <= now + AHEAD);
    let until = oldest.map(|oldest| oldest + most.within);
    Ok(until.filter(|until| *until > now))
}

/// Until when a limit within a span that began with the first time allows nothing; none where it still allows something.
pub fn span_reached_until(
    tx: &mut Tx<'_>,
    kind: &str,
    subject: &[u8],
    (most, within): (i32, SignedDuration),
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let began = tx.query_opt(
        sql!("SELECT began_at FROM hourly_counts WHERE kind = $1 AND subject = $2 AND times >= $3"),
        &[&kind, &subject, &most],
        |row| row.at(0),
    )?;
    let began = began.filter(|began| *began <= now + AHEAD);
    let until = began.map(|began| began + within);
    Ok(until.filter(|until| *until > now))
}

/// Forgets all attempts: somebody has looked and allows it again.
pub fn forget(tx: &mut Tx<'_>, kind: &str, subject: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!("DELETE FROM recent_attempts WHERE kind = $1 AND subject = $2"),
        &[&kind, &subject],
    )?;
    Ok(())
}

/// Counts one more failure in a row unless `most` are counted already; tells how many there are now, or nothing where
/// the limit is reached.
pub fn count_in_a_row(
    tx: &mut Tx<'_>,
    kind: &str,
    subject: &[u8],
    most: i32,
    now: Timestamp,
) -> Result<Option<i32>, Error> {
    count_several_in_a_row(tx, kind, subject, (1, most), now)
}

/// The same of a failure that was as many chances as so many: what was typed is compared with several secrets at once.
pub fn count_several_in_a_row(
    tx: &mut Tx<'_>,
    kind: &str,
    subject: &[u8],
    (times, most): (i32, i32),
    now: Timestamp,
) -> Result<Option<i32>, Error> {
    tx.query_opt(
        sql!(
            "INSERT INTO failures_in_a_row AS f (kind, subject, failures, last_at) VALUES ($1, $2, $5, $3)
             ON CONFLICT (kind, subject) DO UPDATE SET failures = f.failures + excluded.failures, last_at = excluded.last_at
             WHERE f.failures < $4
             RETURNING failures"
        ),
        &[&kind, &subject, &At(now), &most, &times],
        |row| row.get(0),
    )
}

/// Takes one failure back: nobody looked whether it was one.
pub fn uncount_in_a_row(tx: &mut Tx<'_>, kind: &str, subject: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE failures_in_a_row SET failures = failures - 1 WHERE kind = $1 AND subject = $2 AND failures > 0"
        ),
        &[&kind, &subject],
    )?;
    Ok(())
}

/// How many failures in a row are counted.
pub fn in_a_row(tx: &mut Tx<'_>, kind: &str, subject: &[u8]) -> Result<i32, Error> {
    Ok(tx
        .query_opt(
            sql!("SELECT failures FROM failures_in_a_row WHERE kind = $1 AND subject = $2"),
            &[&kind, &subject],
            |row| row.get(0),
        )?
        .unwrap_or(0))
}

/// A success, or a human who looked: the row of failures begins anew.
pub fn clear_row(tx: &mut Tx<'_>, kind: &str, subject: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!("DELETE FROM failures_in_a_row WHERE kind = $1 AND subject = $2"),
        &[&kind, &subject],
    )?;
    Ok(())
}

/// The same of all rows whose subjects begin with this one, a keyed hash: no other one does.
pub fn clear_rows_of(tx: &mut Tx<'_>, kind: &str, subject: &[u8]) -> Result<(), Error> {
    let last = [subject, &[u8::MAX]].concat();
    tx.execute(
        sql!("DELETE FROM failures_in_a_row WHERE kind = $1 AND subject BETWEEN $2 AND $3"),
        &[&kind, &subject, &last],
    )?;
    Ok(())
}

/// Counts against a soft hourly limit, whose hour begins with the first time; tells whether it was allowed.
pub fn count_hourly(
    tx: &mut Tx<'_>,
    kind: &str,
    subject: &[u8],
    most: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    let within = SignedDuration::from_hours(1);
    count_span(tx, kind, subject, (most, within), now)
}

/// Counts against a limit of any number within a span that begins with the first time; tells whether it was allowed.
/// One kind always has one span.
pub fn count_span(
    tx: &mut Tx<'_>,
    kind: &str,
    subject: &[u8],
    (most, within): (i32, SignedDuration),
    now: Timestamp,
) -> Result<bool, Error> {
    let (since, until) = counts(within, now);
    let counted = tx.execute(
        sql!(
            "INSERT INTO hourly_counts AS h (kind, subject, began_at, times) VALUES ($1, $2, $3, 1)
             ON CONFLICT (kind, subject) DO UPDATE SET
                times = CASE WHEN h.began_at NOT BETWEEN $4 AND $6 THEN 1 ELSE h.times + 1 END,
                began_at = CASE WHEN h.began_at NOT BETWEEN $4 AND $6 THEN excluded.began_at ELSE h.began_at END
             WHERE h.began_at NOT BETWEEN $4 AND $6 OR h.times < $5"
        ),
        &[&kind, &subject, &At(now), &since, &most, &until],
    )?;
    Ok(counted == 1)
}

/// Forgets what was counted within a span.
pub fn forget_span(tx: &mut Tx<'_>, kind: &str, subject: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!("DELETE FROM hourly_counts WHERE kind = $1 AND subject = $2"),
        &[&kind, &subject],
    )?;
    Ok(())
}

/// Takes one back from a limit within an hour or another span.
pub fn uncount_hourly(tx: &mut Tx<'_>, kind: &str, subject: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE hourly_counts SET times = times - 1 WHERE kind = $1 AND subject = $2 AND times > 0"),
        &[&kind, &subject],
    )?;
    Ok(())
}
