//! For how long records are kept: who is to be purged, who is held, and the purge itself, which leaves no row that names
//! the person, the case or the account. The audit log stays: it names nobody.

mod counts;
mod hold;

pub use counts::{
    add_alerts, add_counts, ages, alerts, by_center, by_day, onset_leaves, registered_leaves,
};
pub use hold::{HoldRow, holds_of_case, lift, set};

use crate::engine::{At, Error, Row, Tx};
use crate::{settings, sql};
use domain::ids::{AccountId, CaseId, HealthCenterId, MessageId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// What makes a closed record due.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// It was closed at this moment or before, and nobody has reported since.
    pub closed_until: Timestamp,
    /// Its staff have known of it since this moment or before.
    pub told_until: Timestamp,
}

/// A query for closed records that nothing keeps: no hold on it or on what was merged into it, no open alert, no offer
/// that waits for an answer.
///
/// `m.closed_at <= $2 AND (m.received_at IS NULL OR m.received_at <= $2)`: closed and not reported of since. Whoever is
/// released may report for a while, and is told that it was received: that report is kept as long as the record of
/// somebody who was closed when it came.
/// `m.received_at` is of the latest measurement; one of an earlier day that came late is looked for among the reports before
/// anything goes.
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
                AND m.purge_heard_at >= m.purge_told_at
                AND m.purge_heard_at <= $3
                AND NOT EXISTS (SELECT 1 FROM status_reports r WHERE r.case_id = m.case_id AND r.received_at > $2)
             ORDER BY m.closed_at, m.case_id LIMIT $4"
        ),
        &[
            &center.uuid(),
            &At(terms.closed_until),
            &At(terms.told_until),
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
                AND m.purge_heard_at >= m.purge_told_at
                AND m.purge_heard_at <= $3
                AND NOT EXISTS (SELECT 1 FROM status_reports r WHERE r.case_id = m.case_id AND r.received_at > $2)"
        ),
        &[
            &center.uuid(),
            &At(terms.closed_until),
            &At(terms.told_until),
        ],
        |row| row.get(0),
    )
}

/// A record that will be purged soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoonRow {
    /// The case.
    pub case: CaseId,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// From when on its term counts: when it was closed, or when the last report came after that.
    pub kept_from: Timestamp,
    /// Since when the staff have known; none where no mail has left and nobody has opened the page.
    pub heard_at: Option<Timestamp>,
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
            "m.case_id, m.closed_at, CASE WHEN m.purge_heard_at >= m.purge_told_at THEN m.purge_heard_at END,
                CASE WHEN m.received_at > m.closed_at THEN m.received_at ELSE m.closed_at END",
            "m.health_center_id = $1 AND m.closed_at <= $2 AND (m.received_at IS NULL OR m.received_at <= $2)
                AND m.purge_told_at IS NOT NULL
             ORDER BY m.closed_at, m.case_id LIMIT $3"
        ),
        &[&center.uuid(), &At(closed_until), &limit],
        |row| {
            Ok(SoonRow {
                case: CaseId::from_uuid(row.get(0)?),
                closed_at: row.at(1)?,
                kept_from: row.at(3)?,
                heard_at: row.at_opt(2)?,
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
                AND m.purge_told_at IS NULL
             ORDER BY m.closed_at, m.case_id LIMIT $3"
        ),
        &[&center.uuid(), &At(closed_until), &limit],
        |row| row.get(0).map(CaseId::from_uuid),
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

/// Notes that a record was announced; tells whether nobody had done so before. From when on the staff know of it,
/// [`mail_left`] and [`page_opened`] say.
pub fn told(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<bool, Error> {
    let told = tx.execute(
        sql!(
            "UPDATE monitoring SET purge_told_at = $2
             WHERE case_id = $1 AND closed_at IS NOT NULL AND purge_told_at IS NULL"
        ),
        &[&case.uuid(), &At(now)],
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

/// How long a case is kept; nothing of one that is not closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClosedRow {
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// From when on its term counts, as in [`SoonRow`].
    pub kept_from: Option<Timestamp>,
    /// Since when its staff have known that it will be purged.
    pub heard_at: Option<Timestamp>,
}

/// When a case was closed, and since when its staff have known that it will be purged.
pub fn closed(tx: &mut Tx<'_>, case: CaseId) -> Result<ClosedRow, Error> {
    Ok(tx
        .query_opt(
            sql!(
                "SELECT closed_at, CASE WHEN received_at > closed_at THEN received_at ELSE closed_at END,
                    CASE WHEN purge_heard_at >= purge_told_at THEN purge_heard_at END
                 FROM monitoring WHERE case_id = $1"
            ),
            &[&case.uuid()],
            |row| {
                Ok(ClosedRow {
                    closed_at: row.at_opt(0)?,
                    kept_from: row.at_opt(1)?,
                    heard_at: row.at_opt(2)?,
                })
            },
        )?
        .unwrap_or_default())
}

/// A record that is purged: what is counted of it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doomed {
    /// The case that stands for it.
    pub case: CaseId,
    /// Its center.
    pub center: HealthCenterId,
    /// Its programme.
    pub programme: String,
    /// The day on which it counts as a case; none where it counts as none.
    pub registered_on: Option<Date>,
    /// The first day of symptoms, where that is counted.
    pub onset_on: Option<Date>,
    /// The day of birth.
    pub birthdate: Date,
}

/// The record of a case where it is due still; whoever asks has it for the rest of the transaction.
pub fn doomed(tx: &mut Tx<'_>, case: CaseId, terms: Terms) -> Result<Option<Doomed>, Error> {
    // A second process waits here, and then finds that there is nothing.
    let ours = tx.execute(
        sql!("UPDATE monitoring SET version = version + 1 WHERE case_id = $1"),
        &[&case.uuid()],
    )?;
    if ours == 0 {
        return Ok(None);
    }
    let read = |row: Row<'_>| -> Result<Doomed, Error> {
        let registered_on: Date = row.get(3)?;
        let is_case = row.get::<i32>(4)? == 1;
        let is_contact = row.get::<i32>(6)? == 1;
        Ok(Doomed {
            case: CaseId::from_uuid(row.get(0)?),
            center: HealthCenterId::from_uuid(row.get(1)?),
            programme: row.get(2)?,
            registered_on: is_case.then_some(registered_on),
            onset_on: row.get::<Option<Date>>(5)?.filter(|_| !is_contact),
            birthdate: row.get(7)?,
        })
    };
    tx.query_opt(
        select_closed!(
            "m.case_id, m.health_center_id, c.programme, m.registered_on, m.is_case, c.onset_on, c.is_contact,
                (SELECT p.birthdate FROM persons p WHERE p.id = c.person_id)",
            "m.case_id = $1 AND m.closed_at <= $2 AND m.purge_heard_at >= m.purge_told_at
                AND m.purge_heard_at <= $3
                AND NOT EXISTS (SELECT 1 FROM status_reports r WHERE r.case_id = m.case_id AND r.received_at > $2)"
        ),
        &[&case.uuid(), &At(terms.closed_until), &At(terms.told_until)],
        read,
    )
}

/// What names a case, from the leaves to the root. A test looks for every table with such a column.
const OF_A_CASE: [&str; 17] = [
    sql!("DELETE FROM status_reports WHERE case_id = $1"),
    sql!("DELETE FROM contacts_made WHERE case_id = $1"),
    sql!("DELETE FROM corrections WHERE case_id = $1"),
    sql!("DELETE FROM alerts WHERE case_id = $1"),
    sql!("DELETE FROM tasks WHERE case_id = $1"),
    sql!("DELETE FROM transfers WHERE case_id = $1"),
    sql!("DELETE FROM contact_links WHERE source_id = $1 OR contact_id = $1"),
    sql!("DELETE FROM revoked_ids WHERE case_id = $1"),
    sql!("DELETE FROM reporting_requests WHERE case_id = $1"),
    sql!("DELETE FROM legal_holds WHERE case_id = $1"),
    sql!("DELETE FROM outbox WHERE case_id = $1"),
    sql!(
        "DELETE FROM notification_steps WHERE notification_id IN (SELECT id FROM notifications WHERE case_id = $1)"
    ),
    sql!("DELETE FROM notifications WHERE case_id = $1"),
    sql!("DELETE FROM merges WHERE kept_id = $1 OR merged_id = $1"),
    // A page that was kept may show any member of its family.
    sql!(
        "DELETE FROM kept_pages WHERE account_id IN
            (SELECT c.account_id FROM cases c WHERE c.id = $1 AND c.account_id IS NOT NULL)"
    ),
    sql!("DELETE FROM monitoring WHERE case_id = $1"),
    sql!("DELETE FROM cases WHERE id = $1"),
];

/// What is left of a person without a case.
const OF_A_PERSON: [&str; 2] = [
    sql!("DELETE FROM person_names WHERE person_id = $1"),
    sql!("DELETE FROM persons WHERE id = $1"),
];

/// What is left of an account without a member.
const OF_AN_ACCOUNT: [&str; 8] = [
    sql!(
        "DELETE FROM codes WHERE flow_id IN (SELECT f.id FROM flows f JOIN accounts a
            ON f.account_id = a.id OR f.email_blind = a.email_blind WHERE a.id = $1)"
    ),
    sql!(
        "DELETE FROM flows WHERE account_id = $1
            OR email_blind IN (SELECT a.email_blind FROM accounts a WHERE a.id = $1)"
    ),
    sql!("DELETE FROM account_sessions WHERE account_id = $1"),
    sql!("DELETE FROM attribute_drafts WHERE account_id = $1"),
    sql!("DELETE FROM kept_pages WHERE account_id = $1"),
    sql!("DELETE FROM reminders_sent WHERE account_id = $1"),
    sql!("DELETE FROM outbox WHERE account_id = $1"),
    sql!("DELETE FROM accounts WHERE id = $1"),
];

/// The tables from which a purge takes rows.
pub(crate) const TABLES: [&str; 28] = [
    "account_sessions",
    "accounts",
    "alerts",
    "attribute_drafts",
    "cases",
    "codes",
    "contact_links",
    "contacts_made",
    "corrections",
    "failures_in_a_row",
    "flows",
    "hourly_counts",
    "kept_pages",
    "legal_holds",
    "merges",
    "monitoring",
    "notification_steps",
    "notifications",
    "outbox",
    "person_names",
    "persons",
    "recent_attempts",
    "reminders_sent",
    "reporting_requests",
    "revoked_ids",
    "status_reports",
    "tasks",
    "transfers",
];

/// The setting that says since when bytes of whoever was purged may be left in the file; empty: none are.
const BYTES_LEFT: &str = "purge.bytes_left";

/// Notes that bytes of whoever was purged may be left until the file is rewritten.
pub fn leaves_bytes(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), Error> {
    settings::set(tx, BYTES_LEFT, now.as_millisecond().to_string().as_bytes())
}

/// What [`leaves_bytes`] noted last; none where the file was rewritten since.
pub fn bytes_left(tx: &mut Tx<'_>) -> Result<Option<Vec<u8>>, Error> {
    Ok(settings::get(tx, BYTES_LEFT)?.filter(|noted| !noted.is_empty()))
}

/// Notes that the file was rewritten, unless somebody was purged since `noted` was read.
pub fn no_bytes_left(tx: &mut Tx<'_>, noted: &[u8]) -> Result<(), Error> {
    if bytes_left(tx)?.as_deref() == Some(noted) {
        settings::set(tx, BYTES_LEFT, &[])?;
    }
    Ok(())
}

/// The HER-SYS IDs under which a record was known: of the case and of those that were merged into it, and those that were
/// taken back.
pub fn ids_of(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<String>, Error> {
    tx.query(
        sql!(
            "SELECT c.hersys_id FROM cases c WHERE c.id = $1 OR c.merged_into = $1
             UNION SELECT r.hersys_id FROM revoked_ids r JOIN cases c ON c.id = r.case_id
             WHERE c.id = $1 OR c.merged_into = $1"
        ),
        &[&case.uuid()],
        |row| row.get(0),
    )
}

/// Remembers that an ID was given once, by its keyed hash alone, so that it is never given again.
pub fn never_again(tx: &mut Tx<'_>, blind: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!("INSERT INTO given_ids (id_blind) VALUES ($1) ON CONFLICT (id_blind) DO NOTHING"),
        &[&blind],
    )?;
    Ok(())
}

/// What a purge took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Cases: the one, and those that were merged into it.
    pub cases: u64,
    /// Reports.
    pub reports: u64,
    /// Persons who had no other case.
    pub persons: u64,
    /// Accounts that have no member left.
    pub accounts: u64,
}

fn all(tx: &mut Tx<'_>, statements: &[&'static str], id: Uuid) -> Result<u64, Error> {
    let mut last = 0;
    for statement in statements {
        last = tx.execute(statement, &[&id])?;
    }
    Ok(last)
}

/// Forgets what counts tries of an account: by its id those of refused registrations, by its address those of the address
/// itself and of it in a browser that is known or for one purpose, whose subjects begin with it.
fn forget_counts(tx: &mut Tx<'_>, account: Uuid) -> Result<(), Error> {
    tx.execute(
        sql!("DELETE FROM recent_attempts WHERE subject = $1"),
        &[&account.as_bytes().as_slice()],
    )?;
    let address = tx.query_opt(
        sql!("SELECT email_blind FROM accounts WHERE id = $1"),
        &[&account],
        |row| row.get::<Vec<u8>>(0),
    )?;
    let Some(address) = address else {
        return Ok(());
    };
    // Whatever begins with the address lies before the first that begins with more: so an index finds it.
    let beyond = after_all_that_begin_with(&address);
    tx.execute(
        sql!("DELETE FROM recent_attempts WHERE subject >= $1 AND subject < $2"),
        &[&address.as_slice(), &beyond.as_slice()],
    )?;
    tx.execute(
        sql!("DELETE FROM failures_in_a_row WHERE subject >= $1 AND subject < $2"),
        &[&address.as_slice(), &beyond.as_slice()],
    )?;
    Ok(())
}

/// The first bytes that lie behind all that begin with these; of a keyed hash, whose bytes are not all the highest.
fn after_all_that_begin_with(bytes: &[u8]) -> Vec<u8> {
    let mut beyond = bytes.to_vec();
    while beyond.last() == Some(&u8::MAX) {
        beyond.pop();
    }
    if let Some(last) = beyond.last_mut() {
        *last += 1;
    }
    beyond
}

/// Takes away the record of a case: everything of it, of the cases that were merged into it, of the person who has no
/// other case, and of the account that has no other member.
pub fn purge(tx: &mut Tx<'_>, case: CaseId) -> Result<Purged, Error> {
    let cases = tx.query(
        sql!(
            "SELECT id, person_id, account_id FROM cases WHERE id = $1 OR merged_into = $1
             ORDER BY CASE WHEN merged_into IS NULL THEN 1 ELSE 0 END, id"
        ),
        &[&case.uuid()],
        |row| {
            Ok((
                row.get::<Uuid>(0)?,
                row.get::<Uuid>(1)?,
                row.get::<Option<Uuid>>(2)?,
            ))
        },
    )?;
    let mut purged = Purged::default();
    for (id, _, _) in &cases {
        purged.reports += tx.execute(OF_A_CASE[0], &[id])?;
        purged.cases += all(tx, &OF_A_CASE, *id)?;
    }
    for (_, person, account) in &cases {
        let others: i64 = tx.query_one(
            sql!("SELECT count(*) FROM cases WHERE person_id = $1"),
            &[person],
            |row| row.get(0),
        )?;
        if others == 0 {
            purged.persons += all(tx, &OF_A_PERSON, *person)?;
        }
        let Some(account) = account else { continue };
        let others: i64 = tx.query_one(
            sql!("SELECT count(*) FROM cases WHERE account_id = $1"),
            &[account],
            |row| row.get(0),
        )?;
        if others == 0 {
            forget_counts(tx, *account)?;
            purged.accounts += all(tx, &OF_AN_ACCOUNT, *account)?;
            crate::session::note(AccountId::from_uuid(*account));
        }
    }
    Ok(purged)
}

/// Takes away what tells of somebody and belongs to no case: finished tasks and notifications that were set aside, of a
/// center, from before a moment. Tells how many.
pub fn purge_caseless(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    until: Timestamp,
) -> Result<u64, Error> {
    let mut purged = tx.execute(
        sql!("DELETE FROM tasks WHERE health_center_id = $1 AND case_id IS NULL AND done_at <= $2"),
        &[&center.uuid(), &At(until)],
    )?;
    tx.execute(
        sql!(
            "DELETE FROM notification_steps WHERE notification_id IN (SELECT id FROM notifications
                WHERE health_center_id = $1 AND case_id IS NULL AND state = 'set_aside' AND changed_at <= $2)"
        ),
        &[&center.uuid(), &At(until)],
    )?;
    purged += tx.execute(
        sql!(
            "DELETE FROM notifications
             WHERE health_center_id = $1 AND case_id IS NULL AND state = 'set_aside' AND changed_at <= $2"
        ),
        &[&center.uuid(), &At(until)],
    )?;
    Ok(purged)
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
