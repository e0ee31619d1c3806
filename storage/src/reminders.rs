//! Reminders to report: who is due, and who has had one.

use crate::engine::{At, Error, Tx};
use crate::outbox::{Queue, REMINDER};
use crate::sql;
use domain::ids::{AccountId, CaseId, HealthCenterId, MessageId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// Where a look at those who are due ended: the day on which the last of them was heard of, and the case.
pub type After = (Date, CaseId);

/// The accounts of those from whom a report is expected at a center and who have not been heard of since before a day. At
/// most `limit`, from the end of the look before; an account comes once for each such member, and whether it wishes
/// reminders or has had this one is for [`promise`] to see.
pub fn due(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    day: Date,
    after: Option<After>,
    limit: i64,
) -> Result<Vec<(After, AccountId)>, Error> {
    // Long before anybody was heard of, and a day that PostgreSQL knows.
    let first = (Date::constant(1900, 1, 1), CaseId::from_uuid(Uuid::nil()));
    let (heard_on, case) = after.unwrap_or(first);
    tx.query(
        // With a condition on the day alone, SQLite would go again through all who were last heard of on it.
        sql!(
            "SELECT m.heard_on, m.case_id, c.account_id FROM monitoring m JOIN cases c ON c.id = m.case_id
             WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND m.has_account = 1 AND m.heard_on < $2
                AND (m.heard_on, m.case_id) > ($4, $5) AND c.account_id IS NOT NULL
             ORDER BY m.heard_on, m.case_id LIMIT $3"
        ),
        &[&center.uuid(), &day, &limit, &heard_on, &case.uuid()],
        |row| {
            let after = (row.get(0)?, CaseId::from_uuid(row.get(1)?));
            Ok((after, AccountId::from_uuid(row.get(2)?)))
        },
    )
}

/// Promises a reminder to each of these accounts that wishes reminders and was not reminded at this time of the day; of two
/// processes that remind at once, one does. What it says, and to which address, is decided when it is sent. Tells how many
/// were promised.
pub fn promise(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    (day, slot): (Date, &str),
    letters: &[(AccountId, MessageId)],
    (now, expires): (Timestamp, Timestamp),
) -> Result<u64, Error> {
    let queue = Queue::Reminders.name();
    if let Tx::Postgres(tx, _) = tx {
        let accounts: Vec<Uuid> = letters.iter().map(|(account, _)| account.uuid()).collect();
        let messages: Vec<Uuid> = letters.iter().map(|(_, message)| message.uuid()).collect();
        // Only one engine has arrays, so this is not marked as a statement for both.
        let promised = tx.query(
            "WITH noted AS (
                INSERT INTO reminders_sent (account_id, health_day, slot, at)
                SELECT a.id, $3, $4, $5 FROM accounts a WHERE a.id = ANY ($1) AND a.wants_reminders = 1
                ON CONFLICT (account_id, health_day, slot) DO NOTHING RETURNING account_id)
             INSERT INTO outbox (id, kind, created_at, next_at, expires_at, attempts, account_id, health_center_id, queue)
             SELECT l.message, $8, $5, $5, $6, 0, l.account, $7, $9
             FROM unnest($1::uuid[], $2::uuid[]) AS l (account, message) JOIN noted n ON n.account_id = l.account
             RETURNING 1",
            &[
                &accounts,
                &messages,
                &day,
                &slot,
                &At(now),
                &At(expires),
                &center.uuid(),
                &REMINDER,
                &queue,
            ],
        )?;
        return Ok(promised.len() as u64);
    }
    let mut promised = 0;
    for (account, message) in letters {
        let noted = tx.execute(
            sql!(
                "INSERT INTO reminders_sent (account_id, health_day, slot, at)
                 SELECT id, $2, $3, $4 FROM accounts WHERE id = $1 AND wants_reminders = 1
                 ON CONFLICT (account_id, health_day, slot) DO NOTHING"
            ),
            &[&account.uuid(), &day, &slot, &At(now)],
        )?;
        if noted == 0 {
            continue;
        }
        promised += tx.execute(
            sql!(
                "INSERT INTO outbox (id, kind, created_at, next_at, expires_at, attempts, account_id, health_center_id, queue)
                 VALUES ($1, $2, $3, $3, $4, 0, $5, $6, $7)"
            ),
            &[
                &message.uuid(),
                &REMINDER,
                &At(now),
                &At(expires),
                &account.uuid(),
                &center.uuid(),
                &queue,
            ],
        )?;
    }
    Ok(promised)
}

/// To whom a reminder goes.
pub struct Reminded {
    /// The sealed address.
    pub email_sealed: Vec<u8>,
    /// The account's language.
    pub language: String,
    /// In whose words.
    pub center: HealthCenterId,
}

/// To whom a promised reminder goes, if it is still needed: somebody of the family is still expected to report and has not been
/// heard of since, and the family wishes reminders. In the words of the center that promised it, as long as that waits for
/// somebody; a family has one reminder for a time, though its members may be at several. Few are of a family, many of a
/// center: `CROSS JOIN` keeps SQLite to that order.
pub fn needed(tx: &mut Tx<'_>, message: MessageId) -> Result<Option<Reminded>, Error> {
    tx.query_opt(
        sql!(
            "SELECT a.email_sealed, a.language, m.health_center_id FROM outbox o
                CROSS JOIN accounts a CROSS JOIN reminders_sent r CROSS JOIN cases c CROSS JOIN monitoring m
             WHERE o.id = $1 AND o.health_center_id IS NOT NULL AND a.id = o.account_id AND a.wants_reminders = 1
                AND r.account_id = o.account_id AND r.at = o.created_at
                AND c.account_id = o.account_id AND m.case_id = c.id
                AND m.expects_reports = 1 AND m.has_account = 1 AND m.heard_on < r.health_day
             ORDER BY CASE WHEN m.health_center_id = o.health_center_id THEN 0 ELSE 1 END, m.case_id LIMIT 1"
        ),
        &[&message.uuid()],
        |row| {
            Ok(Reminded {
                email_sealed: row.get(0)?,
                language: row.get(1)?,
                center: HealthCenterId::from_uuid(row.get(2)?),
            })
        },
    )
}

/// Whether an account wishes reminders.
pub fn wanted(tx: &mut Tx<'_>, account: AccountId) -> Result<bool, Error> {
    tx.query_one(
        sql!("SELECT wants_reminders FROM accounts WHERE id = $1"),
        &[&account.uuid()],
        |row| Ok(row.get::<i32>(0)? == 1),
    )
}

/// Notes whether an account wishes reminders.
pub fn want(tx: &mut Tx<'_>, account: AccountId, wanted: bool) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE accounts SET wants_reminders = $2 WHERE id = $1"),
        &[&account.uuid(), &i32::from(wanted)],
    )?;
    Ok(())
}

/// Forgets what was sent long ago.
pub fn sweep(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!("DELETE FROM reminders_sent WHERE at < $1"),
        &[&At(before)],
    )
}
