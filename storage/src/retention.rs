//! For how long records are kept: who is to be purged, who is held, and the purge itself, which leaves no row that names
//! the person, the case or the account. The audit log stays: it names nobody.

mod announced;
mod counts;
mod hold;
mod purge;

pub use announced::{
    SoonRow, Telling, count_soon, count_unheard, forget_early, forget_reported, forget_unheard,
    mail_left, page_opened, soon, told, untold,
};
pub use counts::{
    add_alerts, add_counts, ages, alerts, by_center, by_day, onset_leaves, registered_leaves,
};
pub use hold::{HoldRow, holds_of_case, lift, set};
pub(crate) use purge::TABLES;
pub use purge::{
    Doomed, Purged, bytes_left, bytes_left_since, doomed, erase_account, ids_of, leaves_bytes,
    never_again, no_bytes_left, purge, purge_caseless,
};

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId};
use jiff::Timestamp;

/// What makes a closed record due.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// It was closed at this moment or before, and nobody has reported since, nor was it made one with another.
    pub closed_until: Timestamp,
    /// Its staff have known of it since this moment or before.
    pub told_until: Timestamp,
    /// Nothing was said of a later day than this one.
    pub now: Timestamp,
}

/// A query for closed records that nothing keeps: no hold on it or on what was merged into it, no open alert, no offer
/// that waits for an answer.
///
/// `m.closed_at <= $2 AND (m.received_at IS NULL OR m.received_at <= $2)`: closed and not reported of since. Whoever is
/// released may report for a while, and is told that it was received: that report is kept as long as the record of
/// somebody who was closed when it came.
/// `m.received_at` of a process of the release before is of the latest measurement; one of an earlier day that came late is looked
/// for among the reports before anything goes.
/// `m.kept_since IS NULL OR m.kept_since <= $2`: nor became one with another, or two, since. What they say of each other is kept
/// as long as a record that was closed then; when following ended is another question, and what figures count.
macro_rules! select_closed {
    ($columns:literal, $condition:literal) => {
        concat!(
            "SELECT ", $columns, " FROM monitoring m JOIN cases c ON c.id = m.case_id
             WHERE m.closed_at IS NOT NULL AND m.is_open = 0 AND c.merged_into IS NULL
                AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.case_id = m.case_id AND a.done_at IS NULL)
                AND NOT EXISTS (SELECT 1 FROM transfers t WHERE t.case_id = m.case_id AND t.answered_at IS NULL)
                AND NOT EXISTS (SELECT 1 FROM cases k JOIN legal_holds h ON h.case_id = k.id
                    WHERE (k.id = m.case_id OR k.merged_into = m.case_id) AND h.lifted_at IS NULL)
                AND ",
            $condition
        )
    };
}
use select_closed;

/// The records of a center that are due, those closed first coming first.
pub fn due(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    terms: Terms,
    limit: i64,
) -> Result<Vec<CaseId>, Error> {
    tx.query(
        select_closed!(
            "m.case_id",
            "m.health_center_id = $1 AND m.closed_at <= $2 AND (m.received_at IS NULL OR m.received_at <= $2)
                AND (m.kept_since IS NULL OR m.kept_since <= $2) AND m.purge_heard_at >= m.purge_told_at
                AND m.purge_heard_at <= $3 AND (m.purge_not_before IS NULL OR m.purge_not_before <= $4)
                AND NOT EXISTS (SELECT 1 FROM status_reports r WHERE r.case_id = m.case_id AND r.received_at > $2)
             ORDER BY m.closed_at, m.case_id LIMIT $5"
        ),
        &[
            &center.uuid(),
            &At(terms.closed_until),
            &At(terms.told_until),
            &At(terms.now),
            &limit,
        ],
        |row| row.get(0).map(CaseId::from_uuid),
    )
}

/// How many records of a center are due.
pub fn count_due(tx: &mut Tx<'_>, center: HealthCenterId, terms: Terms) -> Result<i64, Error> {
    tx.query_one(
        select_closed!(
            "count(*)",
            "m.health_center_id = $1 AND m.closed_at <= $2 AND (m.received_at IS NULL OR m.received_at <= $2)
                AND (m.kept_since IS NULL OR m.kept_since <= $2) AND m.purge_heard_at >= m.purge_told_at
                AND m.purge_heard_at <= $3 AND (m.purge_not_before IS NULL OR m.purge_not_before <= $4)
                AND NOT EXISTS (SELECT 1 FROM status_reports r WHERE r.case_id = m.case_id AND r.received_at > $2)"
        ),
        &[
            &center.uuid(),
            &At(terms.closed_until),
            &At(terms.told_until),
            &At(terms.now),
        ],
        |row| row.get(0),
    )
}

/// Puts right what a process of the release before wrote, which does not know of closing: what it closed counts as closed
/// when it was last changed, and what it opened again is not closed. Tells how many records.
pub fn note_closed(tx: &mut Tx<'_>) -> Result<u64, Error> {
    let closed = tx.execute(
        sql!(
            "UPDATE monitoring SET closed_at = changed_at, purge_told_at = NULL WHERE is_open = 0 AND closed_at IS NULL"
        ),
        &[],
    )?;
    let opened = tx.execute(
        sql!(
            "UPDATE monitoring SET closed_at = NULL, purge_told_at = NULL WHERE is_open = 1 AND closed_at IS NOT NULL"
        ),
        &[],
    )?;
    Ok(closed + opened)
}

/// From when on the term of a closed record counts: since following ended, a report came, or it became one with another, whatever
/// was the last.
fn kept_from(closed_at: Timestamp, later: [Option<Timestamp>; 2]) -> Timestamp {
    later.into_iter().flatten().fold(closed_at, Timestamp::max)
}

/// How long a case is kept; nothing of one that is not closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClosedRow {
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// From when on its term counts, as in [`SoonRow`].
    pub kept_from: Option<Timestamp>,
    /// Since when its staff have known that it will be purged.
    pub heard_at: Option<Timestamp>,
    /// Before when they were told that it will not be purged.
    pub not_before: Option<Timestamp>,
}

/// When a case was closed, and since when its staff have known that it will be purged.
pub fn closed(tx: &mut Tx<'_>, case: CaseId) -> Result<ClosedRow, Error> {
    Ok(tx
        .query_opt(
            sql!(
                "SELECT closed_at, CASE WHEN purge_heard_at >= purge_told_at THEN purge_heard_at END, received_at, kept_since,
                    CASE WHEN purge_told_at IS NOT NULL THEN purge_not_before END
                 FROM monitoring WHERE case_id = $1"
            ),
            &[&case.uuid()],
            |row| {
                let (closed_at, later) = (row.at_opt(0)?, [row.at_opt(2)?, row.at_opt(3)?]);
                Ok(ClosedRow {
                    closed_at,
                    kept_from: closed_at.map(|at| kept_from(at, later)),
                    heard_at: row.at_opt(1)?,
                    not_before: row.at_opt(4)?,
                })
            },
        )?
        .unwrap_or_default())
}

/// Forgets up to `most` of what counts tries and is older than any limit looks back, the oldest first: its subjects are keyed
/// hashes of what people typed.
pub fn sweep_attempts(tx: &mut Tx<'_>, before: Timestamp, most: i64) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "DELETE FROM recent_attempts WHERE t1 < $1 AND (kind, subject) IN (SELECT a.kind, a.subject
                FROM recent_attempts a WHERE a.t1 < $1 ORDER BY a.t1 LIMIT $2)"
        ),
        &[&At(before), &most],
    )
}

/// The same of what counts by the hour.
pub fn sweep_hourly(tx: &mut Tx<'_>, before: Timestamp, most: i64) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "DELETE FROM hourly_counts WHERE began_at < $1 AND (kind, subject) IN (SELECT h.kind, h.subject
                FROM hourly_counts h WHERE h.began_at < $1 ORDER BY h.began_at LIMIT $2)"
        ),
        &[&At(before), &most],
    )
}
