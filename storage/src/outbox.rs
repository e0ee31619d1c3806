//! Messages that committed transactions have promised to send. Nothing here decides whether to write to somebody.

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, MessageId, PersonId};
use jiff::Timestamp;

/// A message that is due, taken for sending.
pub struct Due {
    /// The id; also the message's own id in the mail.
    pub id: MessageId,
    /// Its kind, for the log.
    pub kind: String,
    /// The sealed message.
    pub message_sealed: Vec<u8>,
    /// How often it was tried, this time included.
    pub attempts: i32,
    /// After which it is worthless, such as a code's end.
    pub expires_at: Option<Timestamp>,
}

/// What waits and what failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting to be sent.
    pub waiting: i64,
    /// Given up.
    pub given_up: i64,
    /// Sent.
    pub sent: i64,
}

/// Promises a message.
pub fn insert(
    tx: &mut Tx<'_>,
    id: MessageId,
    kind: &str,
    message_sealed: &[u8],
    now: Timestamp,
    expires: Option<Timestamp>,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO outbox (id, kind, message_sealed, created_at, next_at, expires_at, attempts)
             VALUES ($1, $2, $3, $4, $4, $5, 0)"
        ),
        &[
            &id.uuid(),
            &kind,
            &message_sealed,
            &At(now),
            &expires.map(At),
        ],
    )?;
    Ok(())
}

/// Takes up to `most` due messages and leases them until `lease`: whoever dies with one leaves it to the next.
/// The condition stands in the outer `WHERE` too, so that two workers never take the same one.
pub fn take_due(
    tx: &mut Tx<'_>,
    most: i64,
    now: Timestamp,
    lease: Timestamp,
) -> Result<Vec<Due>, Error> {
    tx.query(
        sql!(
            "UPDATE outbox SET next_at = $2, attempts = attempts + 1
             WHERE sent_at IS NULL AND gave_up_at IS NULL AND next_at <= $1 AND id IN (
                SELECT id FROM outbox WHERE sent_at IS NULL AND gave_up_at IS NULL AND next_at <= $1
                ORDER BY next_at LIMIT $3)
             RETURNING id, kind, message_sealed, attempts, expires_at"
        ),
        &[&At(now), &At(lease), &most],
        |row| {
            Ok(Due {
                id: MessageId::from_uuid(row.get(0)?),
                kind: row.get(1)?,
                message_sealed: row.get::<Option<Vec<u8>>>(2)?.unwrap_or_default(),
                attempts: row.get(3)?,
                expires_at: row.at_opt(4)?,
            })
        },
    )
}

/// It went out; its content is forgotten.
pub fn sent(tx: &mut Tx<'_>, id: MessageId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE outbox SET sent_at = $2, message_sealed = NULL, last_problem = NULL WHERE id = $1"),
        &[&id.uuid(), &At(now)],
    )?;
    Ok(())
}

/// A passing fault: to be tried again at `next`. `problem` holds no person's data.
pub fn try_again(
    tx: &mut Tx<'_>,
    id: MessageId,
    next: Timestamp,
    problem: &str,
) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE outbox SET next_at = $2, last_problem = $3 WHERE id = $1 AND sent_at IS NULL"),
        &[&id.uuid(), &At(next), &problem],
    )?;
    Ok(())
}

/// It cannot go out: a dead letter, kept with its reason.
pub fn give_up(tx: &mut Tx<'_>, id: MessageId, now: Timestamp, problem: &str) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET gave_up_at = $2, last_problem = $3 WHERE id = $1 AND sent_at IS NULL"
        ),
        &[&id.uuid(), &At(now), &problem],
    )?;
    Ok(())
}

/// What waits and what failed.
pub fn counts(tx: &mut Tx<'_>) -> Result<Counts, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FILTER (WHERE sent_at IS NULL AND gave_up_at IS NULL),
                    count(*) FILTER (WHERE gave_up_at IS NOT NULL),
                    count(*) FILTER (WHERE sent_at IS NOT NULL) FROM outbox"
        ),
        &[],
        |row| {
            Ok(Counts {
                waiting: row.get(0)?,
                given_up: row.get(1)?,
                sent: row.get(2)?,
            })
        },
    )
}

/// When the next message is due, so that the worker sleeps no longer than that.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, Error> {
    tx.query_opt(
        sql!(
            "SELECT next_at FROM outbox WHERE sent_at IS NULL AND gave_up_at IS NULL ORDER BY next_at LIMIT 1"
        ),
        &[],
        |row| row.at(0),
    )
}

/// Forgets what was sent or given up before `before`.
pub fn sweep(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!("DELETE FROM outbox WHERE sent_at <= $1 OR gave_up_at <= $1"),
        &[&At(before)],
    )
}

/// Promises a message about a case.
pub fn insert_about(
    tx: &mut Tx<'_>,
    id: MessageId,
    kind: &str,
    message_sealed: &[u8],
    case: CaseId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO outbox (id, kind, message_sealed, created_at, next_at, attempts, case_id)
             VALUES ($1, $2, $3, $4, $4, 0, $5)"
        ),
        &[&id.uuid(), &kind, &message_sealed, &At(now), &case.uuid()],
    )?;
    Ok(())
}

/// A message of a case and its fate.
#[derive(Clone, Debug)]
pub struct MessageRow {
    /// The kind.
    pub kind: String,
    /// When it was promised.
    pub created_at: Timestamp,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// When it was given up.
    pub gave_up_at: Option<Timestamp>,
    /// What went wrong last, without a person's data.
    pub last_problem: Option<String>,
}

/// The messages of a case, the latest first.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<MessageRow>, Error> {
    tx.query(
        sql!(
            "SELECT created_at, sent_at, gave_up_at, last_problem, kind FROM outbox WHERE case_id = $1
             ORDER BY created_at DESC, id DESC LIMIT 20"
        ),
        &[&case.uuid()],
        |row| {
            Ok(MessageRow {
                created_at: row.at(0)?,
                sent_at: row.at_opt(1)?,
                gave_up_at: row.at_opt(2)?,
                last_problem: row.get(3)?,
                kind: row.get(4)?,
            })
        },
    )
}

/// Cases of a center that are followed and have no account, whose last message could not be delivered. Few messages
/// fail, so they are what is gone through, not the people: `CROSS JOIN` keeps SQLite to that order.
pub fn bounced(tx: &mut Tx<'_>, center: HealthCenterId) -> Result<Vec<(CaseId, PersonId)>, Error> {
    tx.query(
        sql!(
            "SELECT m.case_id, c.person_id FROM outbox o CROSS JOIN monitoring m CROSS JOIN cases c
             WHERE m.case_id = o.case_id AND c.id = o.case_id
                AND o.gave_up_at IS NOT NULL AND o.case_id IS NOT NULL AND m.health_center_id = $1 AND m.is_open = 1 AND m.has_account = 0
                AND NOT EXISTS (SELECT 1 FROM outbox n WHERE n.case_id = o.case_id AND n.id <> o.id
                    AND (n.created_at > o.created_at OR (n.created_at = o.created_at AND n.id > o.id)))
             ORDER BY o.created_at LIMIT 100"
        ),
        &[&center.uuid()],
        |row| {
            Ok((
                CaseId::from_uuid(row.get(0)?),
                PersonId::from_uuid(row.get(1)?),
            ))
        },
    )
}
