//! The staff of a center are told of a record before it is purged, and from then on know of it.

use super::{kept_from, select_closed};
use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, MessageId};
use jiff::Timestamp;

/// A record that will be purged soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoonRow {
    /// The case.
    pub case: CaseId,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// From when on its term counts: when it was closed, or when the last report came, or it became one with another, after that.
    pub kept_from: Timestamp,
    /// Since when the staff have known; none where no mail has left and nobody has opened the page.
    pub heard_at: Option<Timestamp>,
    /// Before when they were told that it will not be purged; none by a process of the release before.
    pub not_before: Option<Timestamp>,
}

/// What the staff are told of a record that will be purged.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// When.
    pub at: Timestamp,
    /// Before when it will not be.
    pub not_before: Timestamp,
}

/// The records of a center that were announced, those closed first coming first.
pub fn soon(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    closed_until: Timestamp,
    limit: i64,
) -> Result<Vec<SoonRow>, Error> {
    tx.query(
        select_closed!(
            "m.case_id, m.closed_at, CASE WHEN m.purge_heard_at >= m.purge_told_at THEN m.purge_heard_at END, m.received_at,
                m.kept_since, m.purge_not_before",
            "m.health_center_id = $1 AND m.closed_at <= $2 AND (m.received_at IS NULL OR m.received_at <= $2)
                AND (m.kept_since IS NULL OR m.kept_since <= $2)
                AND m.purge_told_at IS NOT NULL
             ORDER BY m.closed_at, m.case_id LIMIT $3"
        ),
        &[&center.uuid(), &At(closed_until), &limit],
        |row| {
            let (closed_at, later) = (row.at(1)?, [row.at_opt(3)?, row.at_opt(4)?]);
            Ok(SoonRow {
                case: CaseId::from_uuid(row.get(0)?),
                closed_at,
                kept_from: kept_from(closed_at, later),
                heard_at: row.at_opt(2)?,
                not_before: row.at_opt(5)?,
            })
        },
    )
}

/// How many records of a center were announced.
pub fn count_soon(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    closed_until: Timestamp,
) -> Result<i64, Error> {
    tx.query_one(
        select_closed!(
            "count(*)",
            "m.health_center_id = $1 AND m.closed_at <= $2 AND (m.received_at IS NULL OR m.received_at <= $2)
                AND (m.kept_since IS NULL OR m.kept_since <= $2)
                AND m.purge_told_at IS NOT NULL"
        ),
        &[&center.uuid(), &At(closed_until)],
        |row| row.get(0),
    )
}

/// The records of a center that its staff are to be told of.
pub fn untold(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    closed_until: Timestamp,
    limit: i64,
) -> Result<Vec<CaseId>, Error> {
    tx.query(
        select_closed!(
            "m.case_id",
            "m.health_center_id = $1 AND m.closed_at <= $2 AND (m.received_at IS NULL OR m.received_at <= $2)
                AND (m.kept_since IS NULL OR m.kept_since <= $2)
                AND m.purge_told_at IS NULL
             ORDER BY m.closed_at, m.case_id LIMIT $3"
        ),
        &[&center.uuid(), &At(closed_until), &limit],
        |row| row.get(0).map(CaseId::from_uuid),
    )
}

/// Notes that a record was announced; tells whether nobody had done so before. From when on the staff know of it,
/// [`mail_left`] and [`page_opened`] say.
pub fn told(tx: &mut Tx<'_>, case: CaseId, telling: Telling) -> Result<bool, Error> {
    let told = tx.execute(
        sql!(
            "UPDATE monitoring SET purge_told_at = $2, purge_not_before = $3
             WHERE case_id = $1 AND closed_at IS NOT NULL AND purge_told_at IS NULL"
        ),
        &[&case.uuid(), &At(telling.at), &At(telling.not_before)],
    )?;
    Ok(told == 1)
}

/// A mail about the announced records of its center has left: from now on the staff know of those that it tells of.
pub fn mail_left(tx: &mut Tx<'_>, message: MessageId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        // Clocks of two machines may differ: nobody knows of anything before it was announced.
        sql!(
            "UPDATE monitoring SET purge_heard_at = CASE WHEN purge_told_at > $2 THEN purge_told_at ELSE $2 END
             WHERE closed_at IS NOT NULL AND (purge_heard_at IS NULL OR purge_heard_at < purge_told_at)
                AND health_center_id = (SELECT o.health_center_id FROM outbox o WHERE o.id = $1)
                AND purge_told_at <= (SELECT o.created_at FROM outbox o WHERE o.id = $1)"
        ),
        &[&message.uuid(), &At(now)],
    )?;
    Ok(())
}

/// Somebody has opened the page with the announced records of a center: from now on the staff know of them. Tells of how
/// many they had not known.
pub fn page_opened(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    closed_until: Timestamp,
    now: Timestamp,
) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE monitoring SET purge_heard_at = CASE WHEN purge_told_at > $3 THEN purge_told_at ELSE $3 END
             WHERE health_center_id = $1 AND closed_at <= $2 AND (received_at IS NULL OR received_at <= $2)
                AND (kept_since IS NULL OR kept_since <= $2)
                AND purge_told_at IS NOT NULL AND (purge_heard_at IS NULL OR purge_heard_at < purge_told_at)"
        ),
        &[&center.uuid(), &At(closed_until), &At(now)],
    )
}

/// How many records of a center were announced at `told_until` or before, and nobody knows of them.
pub fn count_unheard(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    closed_until: Timestamp,
    told_until: Timestamp,
) -> Result<i64, Error> {
    tx.query_one(
        select_closed!(
            "count(*)",
            "m.health_center_id = $1 AND m.closed_at <= $2 AND (m.received_at IS NULL OR m.received_at <= $2)
                AND (m.kept_since IS NULL OR m.kept_since <= $2)
                AND m.purge_told_at <= $3
                AND (m.purge_heard_at IS NULL OR m.purge_heard_at < m.purge_told_at)"
        ),
        &[&center.uuid(), &At(closed_until), &At(told_until)],
        |row| row.get(0),
    )
}

/// Takes back that records of a center were announced, at `told_until` or before, where nobody knows of them and no mail
/// waits that says so: its mails were given up or withdrawn, or a release before this one promised them, of which nobody
/// knows what became. They are to be announced anew.
pub fn forget_unheard(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    told_until: Timestamp,
) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE monitoring SET purge_told_at = NULL
             WHERE health_center_id = $1 AND closed_at IS NOT NULL AND purge_told_at <= $2
                AND (purge_heard_at IS NULL OR purge_heard_at < purge_told_at)
                AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.queue = 'mail' AND o.sent_at IS NULL
                    AND o.gave_up_at IS NULL AND o.kind = 'purge_ahead' AND o.health_center_id = $1)"
        ),
        &[&center.uuid(), &At(told_until)],
    )
}

/// Takes back that records of a center were announced of which a report came later: they are kept for another term, and
/// announced anew at its end.
pub fn forget_reported(tx: &mut Tx<'_>, center: HealthCenterId) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE monitoring SET purge_told_at = NULL
             WHERE health_center_id = $1 AND closed_at IS NOT NULL AND purge_told_at IS NOT NULL
                AND (purge_told_at <= received_at OR EXISTS (SELECT 1 FROM status_reports r
                    WHERE r.case_id = monitoring.case_id AND r.received_at >= monitoring.purge_told_at))"
        ),
        &[&center.uuid()],
    )
}

/// Takes back that records of a center were announced whose term counts from after `until`: somebody has lengthened it since, or
/// set that nothing is purged, and they are to be announced anew before it ends. `None`: all of them.
pub fn forget_early(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    until: Option<Timestamp>,
) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE monitoring SET purge_told_at = NULL
             WHERE health_center_id = $1 AND closed_at IS NOT NULL AND purge_told_at IS NOT NULL
                AND (closed_at > $2 OR received_at > $2 OR kept_since > $2)"
        ),
        &[&center.uuid(), &At(until.unwrap_or(Timestamp::UNIX_EPOCH))],
    )
}
