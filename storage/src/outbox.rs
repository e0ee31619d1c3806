//! Messages that committed transactions have promised to send. Nothing here decides whether to write to somebody.

mod fates;
mod promised;
mod receipts;
mod withdrawn;

pub use fates::{BouncedRow, MessageRow, ask_bounced, of_account, of_case};
pub use promised::{insert, insert_about, insert_of_center, insert_to_account};
pub use receipts::{Asked, ask_again, delivered, next_receipt, take_receipts, undelivered};
pub use withdrawn::{
    withdraw, withdraw_about, withdraw_all_about, withdraw_mails_about, withdraw_of_request,
    withdraw_reminders, withdraw_sms_about,
};

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{CaseId, MessageId};
use jiff::Timestamp;

/// Where a message waits to be sent. None of them waits for what stands in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Mails for which somebody waits: codes, links, alerts.
    Mail,
    /// Messages by SMS.
    Sms,
    /// Reminders by mail, which come by the hundred thousand.
    Reminders,
}

impl Queue {
    /// All of them.
    pub const ALL: [Queue; 3] = [Queue::Mail, Queue::Sms, Queue::Reminders];

    /// As it is stored, and as metrics name it.
    pub fn name(self) -> &'static str {
        match self {
            Queue::Mail => "mail",
            Queue::Sms => "sms",
            Queue::Reminders => "reminders",
        }
    }

    /// Where a message of a kind waits.
    pub fn of(kind: &str) -> Queue {
        match kind {
            REMINDER => Queue::Reminders,
            _ if kind.starts_with("sms_") => Queue::Sms,
            _ => Queue::Mail,
        }
    }
}

/// The kind of a reminder.
pub const REMINDER: &str = "reminder";
/// The kind of a mail to the staff of a center about records that will be purged.
pub const PURGE_AHEAD: &str = "purge_ahead";

/// A message that is due, taken for sending.
pub struct Due {
    /// The id; also the message's own id in the mail.
    pub id: MessageId,
    /// Its kind, for the log.
    pub kind: String,
    /// The sealed message; a reminder is written when it is sent.
    pub message_sealed: Option<Vec<u8>>,
    /// How often it was tried, this time included.
    pub attempts: i32,
    /// Until when it is held; whoever writes of it later may write of it only while nobody else has taken it.
    pub lease: Timestamp,
    /// After which it is worthless, such as a code's end.
    pub expires_at: Option<Timestamp>,
    /// Why it was not sent when it was last tried.
    pub last_problem: Option<String>,
}

/// What waits and what failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting to be sent.
    pub waiting: i64,
    /// Given up before they were sent; what was withdrawn is none of them.
    pub given_up: i64,
    /// Sent.
    pub sent: i64,
}

/// Takes up to `most` due messages of a queue and leases them until `lease`: whoever dies with one leaves it to the next.
/// The condition stands in the outer `WHERE` too, so that two workers never take the same one.
pub fn take_due(
    tx: &mut Tx<'_>,
    queue: Queue,
    most: i64,
    (since, lease): (Timestamp, Timestamp),
) -> Result<Vec<Due>, Error> {
    // Processes that look at once share what is due instead of waiting for each other and finding nothing.
    let text = match tx.is_sqlite() {
        true => sql!(
            "UPDATE outbox SET next_at = $2, attempts = attempts + 1
             WHERE sent_at IS NULL AND gave_up_at IS NULL AND next_at <= $1 AND id IN (
                SELECT id FROM outbox WHERE queue = $4 AND sent_at IS NULL AND gave_up_at IS NULL AND next_at <= $1
                ORDER BY next_at LIMIT $3)
             RETURNING id, kind, message_sealed, attempts, expires_at, last_problem"
        ),
        false => {
            "UPDATE outbox SET next_at = $2, attempts = attempts + 1
             WHERE sent_at IS NULL AND gave_up_at IS NULL AND next_at <= $1 AND id IN (
                SELECT id FROM outbox WHERE queue = $4 AND sent_at IS NULL AND gave_up_at IS NULL AND next_at <= $1
                ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED)
             RETURNING id, kind, message_sealed, attempts, expires_at, last_problem"
        }
    };
    tx.query(
        text,
        &[&At(since), &At(lease), &most, &queue.name()],
        |row| {
            Ok(Due {
                id: MessageId::from_uuid(row.get(0)?),
                kind: row.get(1)?,
                message_sealed: row.get(2)?,
                attempts: row.get(3)?,
                lease,
                expires_at: row.at_opt(4)?,
                last_problem: row.get(5)?,
            })
        },
    )
}

/// Gives back what was taken and not tried: the process ends, and others need not wait for the end of the lease. Where the
/// lease has ended and another process has taken it, it is that one's.
pub fn give_back(
    tx: &mut Tx<'_>,
    id: MessageId,
    lease: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET next_at = $2, attempts = attempts - 1
             WHERE id = $1 AND sent_at IS NULL AND gave_up_at IS NULL AND next_at = $3"
        ),
        &[&id.uuid(), &At(now), &At(lease)],
    )?;
    Ok(())
}

/// It went out; its content is forgotten. Whoever withdrew it in the moment of sending is told the truth: it went. `receipt`: the name under which the gateway tells what became of it, and when
/// to ask there first.
pub fn sent(
    tx: &mut Tx<'_>,
    id: MessageId,
    now: Timestamp,
    receipt: Option<(&str, Timestamp)>,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET sent_at = $2, message_sealed = NULL, last_problem = NULL, receipt_name = $3,
                receipt_next_at = $4, gave_up_at = NULL, withdrawn_at = NULL
             WHERE id = $1"
        ),
        &[
            &id.uuid(),
            &At(now),
            &receipt.map(|(name, _)| name),
            &receipt.map(|(_, at)| At(at)),
        ],
    )?;
    Ok(())
}

/// A passing fault: to be tried again at `next`, unless another process has taken it since `lease` ended. `problem` holds
/// no person's data.
pub fn try_again(
    tx: &mut Tx<'_>,
    id: MessageId,
    (lease, next): (Timestamp, Timestamp),
    problem: &str,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET next_at = $2, last_problem = $3 WHERE id = $1 AND sent_at IS NULL AND next_at = $4"
        ),
        &[&id.uuid(), &At(next), &problem, &At(lease)],
    )?;
    Ok(())
}

/// It cannot go out: a dead letter, kept with its reason. The worklist on which it shows notices.
pub fn give_up(tx: &mut Tx<'_>, id: MessageId, now: Timestamp, problem: &str) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET gave_up_at = $2, last_problem = $3
             WHERE id = $1 AND sent_at IS NULL AND withdrawn_at IS NULL"
        ),
        &[&id.uuid(), &At(now), &problem],
    )?;
    show(tx, id, now)
}

/// Whether a message that was taken for sending until `lease` still waits for whoever took it: the case may have been
/// closed since, and another process may send it.
pub fn still_waits(tx: &mut Tx<'_>, id: MessageId, lease: Timestamp) -> Result<bool, Error> {
    let waits = tx.query_opt(
        sql!(
            "SELECT 1 FROM outbox WHERE id = $1 AND sent_at IS NULL AND gave_up_at IS NULL AND next_at = $2"
        ),
        &[&id.uuid(), &At(lease)],
        |row| row.get::<i32>(0),
    )?;
    Ok(waits.is_some())
}

/// Lets the worklists notice on which a message shows that could not be delivered, and marks whom they look for it: of two records
/// that became one, the one that is kept.
fn show(tx: &mut Tx<'_>, id: MessageId, now: Timestamp) -> Result<(), Error> {
    let cases: Vec<CaseId> = tx.query(
        sql!(
            "SELECT case_id FROM outbox WHERE id = $1 AND case_id IS NOT NULL
             UNION SELECT COALESCE(c.merged_into, c.id) FROM outbox o JOIN cases c ON c.account_id = o.account_id WHERE o.id = $1"
        ),
        &[&id.uuid()],
        |row| Ok(CaseId::from_uuid(row.get(0)?)),
    )?;
    for case in cases {
        tx.execute(
            sql!("UPDATE monitoring SET undelivered = 1 WHERE case_id = $1 AND undelivered = 0"),
            &[&case.uuid()],
        )?;
        crate::monitoring::touch(tx, case, now)?;
    }
    Ok(())
}

/// Marks whom messages were about that were given up since `since`: a process of a release before, which knows nothing of the
/// mark, may have done so beside this one.
pub fn mark_undelivered(tx: &mut Tx<'_>, since: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE monitoring SET undelivered = 1 WHERE undelivered = 0 AND case_id IN (
                SELECT o.case_id FROM outbox o WHERE o.gave_up_at > $1 AND o.withdrawn_at IS NULL AND o.case_id IS NOT NULL
                UNION SELECT COALESCE(c.merged_into, c.id) FROM outbox o JOIN cases c ON c.account_id = o.account_id
                    WHERE o.gave_up_at > $1 AND o.withdrawn_at IS NULL)"
        ),
        &[&At(since)],
    )
}

/// What waits and what failed.
pub fn counts(tx: &mut Tx<'_>) -> Result<Counts, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FILTER (WHERE sent_at IS NULL AND gave_up_at IS NULL),
                    count(*) FILTER (WHERE gave_up_at IS NOT NULL AND sent_at IS NULL AND withdrawn_at IS NULL),
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

/// When the next message of a queue is due, so that its worker takes nothing before.
pub fn next_due(tx: &mut Tx<'_>, queue: Queue) -> Result<Option<Timestamp>, Error> {
    tx.query_opt(
        sql!(
            "SELECT next_at FROM outbox WHERE queue = $1 AND sent_at IS NULL AND gave_up_at IS NULL
             ORDER BY next_at LIMIT 1"
        ),
        &[&queue.name()],
        |row| row.at(0),
    )
}

/// Lets those be sent now that were put off beyond `beyond`, which only a clock that was ahead does: nothing is promised
/// for later. Tells how many.
pub fn bring_back(tx: &mut Tx<'_>, beyond: Timestamp, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET next_at = $2 WHERE sent_at IS NULL AND gave_up_at IS NULL AND next_at > $1"
        ),
        &[&At(beyond), &At(now)],
    )
}

/// Forgets up to `most` messages of a queue that were sent before `before`, the oldest first.
pub fn sweep_sent(
    tx: &mut Tx<'_>,
    queue: Queue,
    before: Timestamp,
    most: i64,
) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "DELETE FROM outbox WHERE id IN (SELECT o.id FROM outbox o WHERE o.queue = $1 AND o.sent_at <= $2
                ORDER BY o.sent_at LIMIT $3)"
        ),
        &[&queue.name(), &At(before), &most],
    )
}

/// Forgets up to `most` messages that were given up before `before`, the oldest first.
pub fn sweep_given_up(tx: &mut Tx<'_>, before: Timestamp, most: i64) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "DELETE FROM outbox WHERE id IN (SELECT o.id FROM outbox o WHERE o.gave_up_at <= $1
                ORDER BY o.gave_up_at LIMIT $2)"
        ),
        &[&At(before), &most],
    )
}
