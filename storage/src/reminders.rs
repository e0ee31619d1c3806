//! Reminders to report: who is due, and who has had one.

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{AccountId, CaseId, HealthCenterId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// Where a run of those who are due ended: the day on which the last of them was heard of, and the case.
pub type After = (Date, CaseId);

/// Who has to be reminded, with their account: a member at a center from whom a report is expected and who has not been
/// heard of since before a day, whose account wishes reminders and was not reminded at this time of it. At most `limit`,
/// from the end of the run before; an account comes once for each such member.
pub fn due(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    (day, slot): (Date, &str),
    after: Option<After>,
    limit: i64,
) -> Result<Vec<(After, AccountId)>, Error> {
    // Long before anybody was heard of, and a day that PostgreSQL knows.
    let first = (Date::constant(1900, 1, 1), CaseId::from_uuid(Uuid::nil()));
    let (heard_on, case) = after.unwrap_or(first);
    // Each run begins where the last one ended: else it would go again through all who were reminded.
    tx.query(
        sql!(
            "SELECT m.heard_on, m.case_id, c.account_id FROM monitoring m JOIN cases c ON c.id = m.case_id
                JOIN accounts a ON a.id = c.account_id
             WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND m.has_account = 1 AND m.heard_on < $2
                AND m.heard_on >= $5 AND (m.heard_on, m.case_id) > ($5, $6)
                AND a.wants_reminders = 1 AND NOT EXISTS (SELECT 1 FROM reminders_sent r
                    WHERE r.account_id = c.account_id AND r.health_day = $2 AND r.slot = $3)
             ORDER BY m.heard_on, m.case_id LIMIT $4"
        ),
        &[&center.uuid(), &day, &slot, &limit, &heard_on, &case.uuid()],
        |row| {
            let after = (row.get(0)?, CaseId::from_uuid(row.get(1)?));
            Ok((after, AccountId::from_uuid(row.get(2)?)))
        },
    )
}

/// Notes a reminder; of two processes that remind at once, one gets `true`.
pub fn sent(
    tx: &mut Tx<'_>,
    account: AccountId,
    day: Date,
    slot: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let noted = tx.execute(
        sql!(
            "INSERT INTO reminders_sent (account_id, health_day, slot, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account_id, health_day, slot) DO NOTHING"
        ),
        &[&account.uuid(), &day, &slot, &At(now)],
    )?;
    Ok(noted == 1)
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
