//! Messages are promised: they stand in the transaction of what they tell of.

use super::Queue;
use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{AccountId, CaseId, HealthCenterId, MessageId};
use jiff::Timestamp;
use uuid::Uuid;

/// What a message belongs to, so that its fate is told there and it goes with it.
#[derive(Clone, Copy, Default)]
struct BelongsTo {
    case: Option<Uuid>,
    account: Option<Uuid>,
    center: Option<Uuid>,
}

fn promise(
    tx: &mut Tx<'_>,
    id: MessageId,
    (kind, message_sealed): (&str, &[u8]),
    whose: BelongsTo,
    (now, expires): (Timestamp, Option<Timestamp>),
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO outbox (id, kind, message_sealed, created_at, next_at, expires_at, attempts, queue, case_id, account_id,
                health_center_id)
             VALUES ($1, $2, $3, $4, $4, $5, 0, $6, $7, $8, $9)"
        ),
        &[
            &id.uuid(),
            &kind,
            &message_sealed,
            &At(now),
            &expires.map(At),
            &Queue::of(kind).name(),
            &whose.case,
            &whose.account,
            &whose.center,
        ],
    )?;
    Ok(())
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
    let whose = BelongsTo::default();
    promise(tx, id, (kind, message_sealed), whose, (now, expires))
}

/// Promises a mail to staff about something of a center, of which somebody looks later whether it left.
pub fn insert_of_center(
    tx: &mut Tx<'_>,
    id: MessageId,
    kind: &str,
    message_sealed: &[u8],
    center: HealthCenterId,
    times: (Timestamp, Option<Timestamp>),
) -> Result<(), Error> {
    let whose = BelongsTo {
        center: Some(center.uuid()),
        ..BelongsTo::default()
    };
    promise(tx, id, (kind, message_sealed), whose, times)
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
    let whose = BelongsTo {
        case: Some(case.uuid()),
        ..BelongsTo::default()
    };
    promise(tx, id, (kind, message_sealed), whose, (now, None))
}

/// Promises a mail to whoever has an account.
pub fn insert_to_account(
    tx: &mut Tx<'_>,
    id: MessageId,
    kind: &str,
    message_sealed: &[u8],
    account: AccountId,
    times: (Timestamp, Option<Timestamp>),
) -> Result<(), Error> {
    let whose = BelongsTo {
        account: Some(account.uuid()),
        ..BelongsTo::default()
    };
    promise(tx, id, (kind, message_sealed), whose, times)
}
