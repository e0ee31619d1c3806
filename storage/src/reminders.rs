//! Reminders to report: who is due, and who has had one. That somebody was promised one is the outbox's to know; a release
//! before noted it in `reminders_sent`, which is still asked, and written no more.

use crate::engine::{At, Error, Tx};
use crate::outbox::{Queue, REMINDER};
use crate::sql;
use domain::ids::{AccountId, CaseId, HealthCenterId, MessageId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// Somebody's place among those who are due: the day on which they were last heard of, and their case.
pub type Place = (Date, CaseId);

/// Before all of them: long before anybody was heard of, and a day that PostgreSQL knows.
pub fn first() -> Place {
    (Date::constant(1900, 1, 1), CaseId::from_uuid(Uuid::nil()))
}

/// The place of the last of the next `some` from whom a report is expected at a center and who have not been heard of since
/// before a day; `None` where so many are not left.
pub fn end_of_run(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    day: Date,
    after: Place,
    some: i64,
) -> Result<Option<Place>, Error> {
    tx.query_opt(
        // With a condition on the day alone, SQLite would go again through all who were last heard of on it.
        sql!(
            "SELECT m.heard_on, m.case_id FROM monitoring m
             WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND m.has_account = 1 AND m.heard_on < $2
                AND (m.heard_on, m.case_id) > ($3, $4)
             ORDER BY m.heard_on, m.case_id LIMIT 1 OFFSET $5"
        ),
        &[&center.uuid(), &day, &after.0, &after.1.uuid(), &(some - 1)],
        |row| Ok((row.get(0)?, CaseId::from_uuid(row.get(1)?))),
    )
}

/// A reminder of a center.
pub struct Reminder<'a> {
    /// The center.
    pub center: HealthCenterId,
    /// The day that is to be reported on.
    pub day: Date,
    /// The time of it.
    pub slot: &'a str,
    /// When it is promised.
    pub now: Timestamp,
    /// After which it is worthless.
    pub expires: Timestamp,
}

/// The promises to all of a run, with the ids that an engine makes of `$10` and a number. In the order of accounts, in which
/// the numbers are given: neighbours share pages of the index, and two processes wait for each other in one order. Of a
/// family with several members in the run, the first one counts. Somebody of whom two records became one may have signed up
/// with the number of either: the second half of the union looks those up, for what either record says stands in the one that
/// is kept. With a condition on the day beside the end of the run, SQLite would read on to that day.
macro_rules! promise_all {
    ($id:literal) => {
        concat!(
            "INSERT INTO outbox (id, kind, created_at, next_at, expires_at, attempts, account_id, health_center_id, queue,
                health_day, slot)
             SELECT ",
            $id,
            ", $11, $8, $8, $9, 0, d.account_id, $1, $12, $2, $3
             FROM (SELECT u.account_id, row_number() OVER (ORDER BY u.account_id) AS number
                FROM (SELECT c.account_id FROM monitoring m CROSS JOIN cases c
                    WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND m.has_account = 1
                        AND (m.heard_on, m.case_id) > ($4, $5) AND (m.heard_on, m.case_id) <= ($6, $7)
                        AND c.id = m.case_id AND c.account_id IS NOT NULL
                    UNION ALL SELECT c.account_id FROM monitoring m CROSS JOIN cases c
                    WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND m.has_account = 1
                        AND (m.heard_on, m.case_id) > ($4, $5) AND (m.heard_on, m.case_id) <= ($6, $7)
                        AND c.merged_into = m.case_id AND c.account_id IS NOT NULL) u
                WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = u.account_id AND a.wants_reminders = 0)
                    AND NOT EXISTS (SELECT 1 FROM reminders_sent r
                        WHERE r.account_id = u.account_id AND r.health_day = $2 AND r.slot = $3)) d
             WHERE true
             ON CONFLICT (account_id, health_day, slot) WHERE account_id IS NOT NULL DO NOTHING"
        )
    };
}

/// Promises a reminder to each account with somebody who is due after a place and up to another, or to the end, if it
/// wishes reminders and was not reminded at this time of the day; of two processes that remind at once, one does. What it
/// says, and to which address, is decided when it is sent. The messages' ids are `ids` with their numbers as the last four
/// bytes. Tells how many were promised.
pub fn promise(
    tx: &mut Tx<'_>,
    reminder: &Reminder<'_>,
    (after, to): (Place, Option<Place>),
    ids: Uuid,
) -> Result<u64, Error> {
    // Nobody who is due was heard of on the day itself.
    let to = to.unwrap_or((reminder.day, CaseId::from_uuid(Uuid::nil())));
    // What makes an id is spelt differently, so neither is marked as a statement for both.
    let text = match tx.is_sqlite() {
        true => promise_all!("unhex(substr(hex($10), 1, 24) || printf('%08x', d.number))"),
        false => promise_all!(
            "CAST(substr(replace(CAST(CAST($10 AS uuid) AS text), '-', ''), 1, 24) || lpad(to_hex(d.number), 8, '0') AS uuid)"
        ),
    };
    tx.execute(
        text,
        &[
            &reminder.center.uuid(),
            &reminder.day,
            &reminder.slot,
            &after.0,
            &after.1.uuid(),
            &to.0,
            &to.1.uuid(),
            &At(reminder.now),
            &At(reminder.expires),
            &ids,
            &REMINDER,
            &Queue::Reminders.name(),
        ],
    )
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
                CROSS JOIN accounts a CROSS JOIN cases c CROSS JOIN monitoring m
             WHERE o.id = $1 AND o.health_center_id IS NOT NULL AND a.id = o.account_id AND a.wants_reminders = 1
                AND c.account_id = o.account_id AND m.case_id = COALESCE(c.merged_into, c.id)
                AND m.expects_reports = 1 AND m.has_account = 1 AND m.heard_on < COALESCE(o.health_day,
                    (SELECT max(r.health_day) FROM reminders_sent r WHERE r.account_id = o.account_id AND r.at = o.created_at))
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

/// Forgets what a release before sent long ago.
pub fn sweep(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!("DELETE FROM reminders_sent WHERE at < $1"),
        &[&At(before)],
    )
}
