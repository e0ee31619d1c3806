//! The messages of a case or an account and their fates, and whose last one could not be delivered.

use crate::engine::{Asked, Error, Row, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, PersonId};
use jiff::Timestamp;

/// A message of a case and its fate.
#[derive(Clone, Debug)]
pub struct MessageRow {
    /// The kind.
    pub kind: String,
    /// When it was promised.
    pub created_at: Timestamp,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// When it reached the phone, where the gateway tells.
    pub delivered_at: Option<Timestamp>,
    /// When it was given up.
    pub gave_up_at: Option<Timestamp>,
    /// What went wrong last, without a person's data.
    pub last_problem: Option<String>,
    /// When it was withdrawn before it was sent.
    pub withdrawn_at: Option<Timestamp>,
    /// Whether it invites by a HER-SYS ID that was taken back since: it leads nowhere.
    pub is_by_former_id: bool,
    /// How often it was tried.
    pub attempts: i32,
}

/// The messages of a case, the latest first. Of two records that became one each message bore the ID of its own.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<MessageRow>, Error> {
    tx.query(
        sql!(
            "SELECT o.created_at, o.sent_at, o.gave_up_at, o.last_problem, o.kind, o.delivered_at, o.withdrawn_at,
                CASE WHEN o.kind IN ('invitation', 'sms_invitation') AND EXISTS (SELECT 1 FROM revoked_ids r
                    WHERE r.case_id = o.case_id AND r.revoked_at > o.created_at) THEN 1 ELSE 0 END, o.attempts
             FROM outbox o WHERE o.case_id IN (SELECT k.id FROM cases k WHERE k.id = $1 OR k.merged_into = $1)
             ORDER BY o.created_at DESC, o.id DESC LIMIT 20"
        ),
        &[&case.uuid()],
        message_row,
    )
}

fn message_row(row: Row<'_>) -> Result<MessageRow, Error> {
    Ok(MessageRow {
        created_at: row.at(0)?,
        sent_at: row.at_opt(1)?,
        gave_up_at: row.at_opt(2)?,
        last_problem: row.get(3)?,
        kind: row.get(4)?,
        delivered_at: row.at_opt(5)?,
        withdrawn_at: row.at_opt(6)?,
        is_by_former_id: row.get::<i32>(7)? == 1,
        attempts: row.get(8)?,
    })
}

/// The messages to the account that has signed up with a case, or with one that was merged into it, the latest first. What was
/// sent before the person belonged to the account is not about them.
pub fn of_account(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<MessageRow>, Error> {
    tx.query(
        sql!(
            "SELECT o.created_at, o.sent_at, o.gave_up_at, o.last_problem, o.kind, o.delivered_at, o.withdrawn_at, 0, o.attempts
             FROM (SELECT u.account_id, min(u.claimed_at) AS claimed_at
                FROM (SELECT account_id, claimed_at FROM cases WHERE id = $1 AND account_id IS NOT NULL
                    UNION ALL SELECT account_id, claimed_at FROM cases WHERE merged_into = $1 AND account_id IS NOT NULL) u
                GROUP BY u.account_id) w CROSS JOIN outbox o
             WHERE o.account_id = w.account_id AND o.created_at >= w.claimed_at
             ORDER BY o.created_at DESC, o.id DESC LIMIT 20"
        ),
        &[&case.uuid()],
        message_row,
    )
}

/// The last message to somebody, which could not be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BouncedRow {
    /// The case.
    pub case: CaseId,
    /// The person.
    pub person: PersonId,
    /// The kind of the message.
    pub kind: String,
    /// When it was given up.
    pub at: Timestamp,
    /// Why, without a person's data.
    pub problem: String,
}

/// Cases of a center that are followed and whose last message could not be delivered: of those that were written to the
/// person of the record, of those to the account that has signed up, and of those to one that has signed up with the number of a
/// record that was merged into this one. What was only over before it could be sent says
/// nothing about an address. Whoever has had such a message is marked, and only they are gone through: on a bad day of a
/// mail provider the messages of all the nation fail, and a center's page must not grow with them. `CROSS JOIN` keeps
/// SQLite to that order. Asked ahead, all three.
pub fn ask_bounced(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
) -> Result<[Asked<BouncedRow>; 3], Error> {
    let read = |row: Row<'_>| {
        Ok(BouncedRow {
            case: CaseId::from_uuid(row.get(0)?),
            person: PersonId::from_uuid(row.get(1)?),
            kind: row.get(2)?,
            at: row.at(3)?,
            problem: row.get::<Option<String>>(4)?.unwrap_or_default(),
        })
    };
    let of_cases = tx.ask(
        sql!(
            "SELECT m.case_id, c.person_id, o.kind, o.gave_up_at, o.last_problem FROM monitoring m CROSS JOIN outbox o CROSS JOIN cases c
             WHERE m.health_center_id = $1 AND m.undelivered = 1 AND m.is_open = 1 AND o.case_id = m.case_id AND c.id = m.case_id
                AND o.gave_up_at IS NOT NULL AND o.withdrawn_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM outbox n WHERE n.case_id = o.case_id AND n.id <> o.id AND n.withdrawn_at IS NULL
                    AND (n.created_at > o.created_at OR (n.created_at = o.created_at AND n.id > o.id)))
             ORDER BY o.created_at LIMIT 100"
        ),
        &[&center.uuid()],
        read,
    )?;
    let of_accounts = tx.ask(
        sql!(
            "SELECT m.case_id, c.person_id, o.kind, o.gave_up_at, o.last_problem FROM monitoring m CROSS JOIN cases c CROSS JOIN outbox o
             WHERE m.health_center_id = $1 AND m.undelivered = 1 AND m.is_open = 1 AND c.id = m.case_id AND o.account_id = c.account_id
                AND o.gave_up_at IS NOT NULL AND o.withdrawn_at IS NULL
                AND (o.expires_at IS NULL OR o.gave_up_at < o.expires_at)
                AND NOT EXISTS (SELECT 1 FROM outbox n WHERE n.account_id = o.account_id AND n.id <> o.id AND n.withdrawn_at IS NULL
                    AND (n.sent_at IS NOT NULL OR n.gave_up_at IS NOT NULL)
                    AND (n.created_at > o.created_at OR (n.created_at = o.created_at AND n.id > o.id)))
             ORDER BY o.created_at LIMIT 100"
        ),
        &[&center.uuid()],
        read,
    )?;
    let of_merged = tx.ask(
        sql!(
            "SELECT m.case_id, (SELECT k.person_id FROM cases k WHERE k.id = m.case_id), o.kind, o.gave_up_at, o.last_problem FROM monitoring m CROSS JOIN cases c CROSS JOIN outbox o
             WHERE m.health_center_id = $1 AND m.undelivered = 1 AND m.is_open = 1 AND c.merged_into = m.case_id AND o.account_id = c.account_id
                AND o.gave_up_at IS NOT NULL AND o.withdrawn_at IS NULL
                AND (o.expires_at IS NULL OR o.gave_up_at < o.expires_at)
                AND NOT EXISTS (SELECT 1 FROM outbox n WHERE n.account_id = o.account_id AND n.id <> o.id AND n.withdrawn_at IS NULL
                    AND (n.sent_at IS NOT NULL OR n.gave_up_at IS NOT NULL)
                    AND (n.created_at > o.created_at OR (n.created_at = o.created_at AND n.id > o.id)))
             ORDER BY o.created_at LIMIT 100"
        ),
        &[&center.uuid()],
        read,
    )?;
    Ok([of_cases, of_accounts, of_merged])
}
