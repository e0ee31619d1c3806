//! What became of messages that are out: the gateway is asked, and tells.

use super::show;
use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::MessageId;
use jiff::Timestamp;

/// A message that is out, and whose fate is to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The id.
    pub id: MessageId,
    /// The name that the gateway gave it.
    pub name: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// How often it was asked for, this time included.
    pub tries: i32,
}

/// When the next message is to be asked for.
pub fn next_receipt(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, Error> {
    tx.query_opt(
        sql!(
            "SELECT receipt_next_at FROM outbox WHERE receipt_next_at IS NOT NULL ORDER BY receipt_next_at LIMIT 1"
        ),
        &[],
        |row| row.at(0),
    )
}

/// Takes up to `most` messages that are to be asked for, and leaves them to the next worker after `lease`.
pub fn take_receipts(
    tx: &mut Tx<'_>,
    most: i64,
    now: Timestamp,
    lease: Timestamp,
) -> Result<Vec<Asked>, Error> {
    tx.query(
        sql!(
            "UPDATE outbox SET receipt_next_at = $2, receipt_tries = receipt_tries + 1
             WHERE receipt_next_at <= $1 AND id IN (
                SELECT id FROM outbox WHERE receipt_next_at <= $1 ORDER BY receipt_next_at LIMIT $3)
             RETURNING id, receipt_name, sent_at, receipt_tries"
        ),
        &[&At(now), &At(lease), &most],
        |row| {
            Ok(Asked {
                id: MessageId::from_uuid(row.get(0)?),
                name: row.get::<Option<String>>(1)?.unwrap_or_default(),
                sent_at: row.at_opt(2)?.unwrap_or(now),
                tries: row.get(3)?,
            })
        },
    )
}

/// Nothing is known yet: to be asked for again at `next`, or never.
pub fn ask_again(tx: &mut Tx<'_>, id: MessageId, next: Option<Timestamp>) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET receipt_next_at = $2 WHERE id = $1 AND receipt_next_at IS NOT NULL"
        ),
        &[&id.uuid(), &next.map(At)],
    )?;
    Ok(())
}

/// It has reached the phone.
pub fn delivered(tx: &mut Tx<'_>, id: MessageId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE outbox SET delivered_at = $2, receipt_next_at = NULL WHERE id = $1"),
        &[&id.uuid(), &At(now)],
    )?;
    Ok(())
}

/// The network could not deliver it though it had taken it: a dead letter like any other.
pub fn undelivered(
    tx: &mut Tx<'_>,
    id: MessageId,
    now: Timestamp,
    problem: &str,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET gave_up_at = $2, last_problem = $3, receipt_next_at = NULL
             WHERE id = $1 AND delivered_at IS NULL AND withdrawn_at IS NULL"
        ),
        &[&id.uuid(), &At(now), &problem],
    )?;
    show(tx, id, now)
}
