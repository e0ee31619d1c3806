//! The purge of a record, which leaves no row that names the person, the case or the account.

use super::{Terms, select_closed};
use crate::engine::{At, Error, Row, Tx};
use crate::figures::Ending;
use crate::{settings, sql};
use domain::ids::{AccountId, CaseId, HealthCenterId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

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
    /// How following it ended, and when; none where that is not counted.
    pub ended: Option<(Ending, Timestamp)>,
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
        let is_in_error: bool = row.get(8)?;
        let status: String = row.get(9)?;
        let ending = Ending::ALL.into_iter().find(|one| one.word() == status);
        let ended = ending.filter(|_| is_case).zip(row.at_opt(10)?);
        Ok(Doomed {
            case: CaseId::from_uuid(row.get(0)?),
            center: HealthCenterId::from_uuid(row.get(1)?),
            programme: row.get(2)?,
            registered_on: is_case.then_some(registered_on),
            ended,
            onset_on: row
                .get::<Option<Date>>(5)?
                .filter(|_| !is_contact && !is_in_error),
            birthdate: row.get(7)?,
        })
    };
    tx.query_opt(
        select_closed!(
            "m.case_id, m.health_center_id, c.programme, m.registered_on, m.is_case, c.onset_on, c.is_contact,
                (SELECT p.birthdate FROM persons p WHERE p.id = c.person_id), c.in_error_at IS NOT NULL,
                m.status, m.closed_at",
            "m.case_id = $1 AND m.closed_at <= $2 AND (m.kept_since IS NULL OR m.kept_since <= $2)
                AND m.purge_heard_at >= m.purge_told_at AND m.purge_heard_at <= $3
                AND (m.purge_not_before IS NULL OR m.purge_not_before <= $4)
                AND NOT EXISTS (SELECT 1 FROM status_reports r WHERE r.case_id = m.case_id AND r.received_at > $2)"
        ),
        &[
            &case.uuid(),
            &At(terms.closed_until),
            &At(terms.told_until),
            &At(terms.now),
        ],
        read,
    )
}

/// What names a case, from the leaves to the root. A test looks for every table with such a column.
const OF_A_CASE: [&str; 19] = [
    sql!("DELETE FROM status_reports WHERE case_id = $1"),
    sql!("DELETE FROM contacts_made WHERE case_id = $1"),
    sql!("DELETE FROM corrections WHERE case_id = $1"),
    sql!("DELETE FROM ends_taken_back WHERE case_id = $1"),
    sql!("DELETE FROM alerts WHERE case_id = $1"),
    sql!("DELETE FROM tasks WHERE case_id = $1"),
    sql!("DELETE FROM transfers WHERE case_id = $1"),
    sql!("DELETE FROM contact_links WHERE source_id = $1 OR contact_id = $1"),
    sql!("DELETE FROM revoked_ids WHERE case_id = $1"),
    sql!("DELETE FROM reporting_requests WHERE case_id = $1"),
    sql!("DELETE FROM certificates WHERE case_id = $1"),
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
const OF_A_PERSON: [&str; 3] = [
    sql!("DELETE FROM perhaps_one WHERE person_a = $1 OR person_b = $1"),
    sql!("DELETE FROM person_names WHERE person_id = $1"),
    sql!("DELETE FROM persons WHERE id = $1"),
];

/// What is left of an account without a member.
const OF_AN_ACCOUNT: [&str; 9] = [
    sql!(
        "DELETE FROM codes WHERE flow_id IN (SELECT f.id FROM flows f JOIN accounts a
            ON f.account_id = a.id OR f.email_blind = a.email_blind WHERE a.id = $1)"
    ),
    sql!("DELETE FROM flows WHERE account_id = $1"),
    sql!(
        "DELETE FROM flows WHERE email_blind IN (SELECT a.email_blind FROM accounts a WHERE a.id = $1)"
    ),
    sql!("DELETE FROM account_sessions WHERE account_id = $1"),
    sql!("DELETE FROM attribute_drafts WHERE account_id = $1"),
    sql!("DELETE FROM kept_pages WHERE account_id = $1"),
    sql!("DELETE FROM reminders_sent WHERE account_id = $1"),
    sql!("DELETE FROM outbox WHERE account_id = $1"),
    sql!("DELETE FROM accounts WHERE id = $1"),
];

/// The tables from which a purge takes rows.
pub(crate) const TABLES: [&str; 32] = [
    "account_sessions",
    "accounts",
    "alerts",
    "attribute_drafts",
    "cases",
    "certificates",
    "codes",
    "contact_links",
    "contacts_made",
    "corrections",
    "ends_taken_back",
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
    "parted_reports",
    "perhaps_one",
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

/// The setting that says that bytes of whoever was purged may be left in the file: when the first and when the last of them was purged
/// (a release before wrote the last one alone); empty: none are.
const BYTES_LEFT: &str = "purge.bytes_left";

/// The moments of a note, in milliseconds.
fn moments(noted: &[u8]) -> Option<(i64, i64)> {
    let text = std::str::from_utf8(noted).ok()?;
    let (first, last) = text.split_once(' ').unwrap_or((text, text));
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// Notes that bytes of whoever was purged may be left until the file is rewritten.
pub fn leaves_bytes(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), Error> {
    let last = now.as_millisecond();
    let first = bytes_left(tx)?.and_then(|noted| moments(&noted));
    let first = first.map_or(last, |(first, _)| first);
    settings::set(tx, BYTES_LEFT, format!("{first} {last}").as_bytes())
}

/// What [`leaves_bytes`] noted last; none where the file was rewritten since.
pub fn bytes_left(tx: &mut Tx<'_>) -> Result<Option<Vec<u8>>, Error> {
    Ok(settings::get(tx, BYTES_LEFT)?.filter(|noted| !noted.is_empty()))
}

/// Since when bytes of somebody who was purged may be left; none where the file was rewritten since.
pub fn bytes_left_since(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, Error> {
    let noted = bytes_left(tx)?;
    Ok(noted.map(|noted| {
        let first = moments(&noted).and_then(|(first, _)| Timestamp::from_millisecond(first).ok());
        // What nobody can read is as old as can be, so that somebody looks.
        first.unwrap_or(Timestamp::UNIX_EPOCH)
    }))
}

/// Notes that the file was rewritten. Where somebody was purged since `noted` was read, bytes of those alone are left.
pub fn no_bytes_left(tx: &mut Tx<'_>, noted: &[u8]) -> Result<(), Error> {
    let Some(stands) = bytes_left(tx)? else {
        return Ok(());
    };
    if stands == noted {
        return settings::set(tx, BYTES_LEFT, &[]);
    }
    match moments(&stands) {
        Some((_, last)) => settings::set(tx, BYTES_LEFT, format!("{last} {last}").as_bytes()),
        None => Ok(()),
    }
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

/// Takes away an account that has no member: its address, its password, its sessions, what was begun under it. Tells how many
/// went.
pub fn erase_account(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, Error> {
    forget_counts(tx, account.uuid())?;
    let gone = all(tx, &OF_AN_ACCOUNT, account.uuid())?;
    crate::session::note(account);
    Ok(gone)
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

/// Notes of a merge that was undone, and that goes with the record of a case, whose the reports are that lie in a file outside: they
/// may come back ([`crate::partitions::put_back`]). Where the other record went before, nobody's are left to be told.
fn keep_whose(tx: &mut Tx<'_>, case: Uuid) -> Result<(), Error> {
    // The embedded database keeps all reports.
    if tx.is_sqlite() {
        return Ok(());
    }
    tx.execute(
        "DELETE FROM parted_reports WHERE kept_id = $1 OR merged_id = $1",
        &[&case],
    )?;
    tx.execute(
        "INSERT INTO parted_reports (kept_id, report_id, merged_id)
         SELECT m.kept_id, one.id::uuid, m.merged_id
         FROM merges m CROSS JOIN LATERAL jsonb_array_elements_text(m.moved->'reports') AS one(id)
         WHERE (m.kept_id = $1 OR m.merged_id = $1) AND m.undone_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM status_reports r
                WHERE r.case_id IN (m.kept_id, m.merged_id) AND r.id = one.id::uuid)
         ORDER BY m.at DESC ON CONFLICT DO NOTHING",
        &[&case],
    )?;
    Ok(())
}

/// Takes away the record of a case: everything of it, of the cases that were merged into it, of the person who has no
/// other case, and of the account that has no other member – but for one to which somebody has signed in since a moment: that goes
/// like any other that nobody is a member of ([`crate::account::erase_alone`]).
pub fn purge(
    tx: &mut Tx<'_>,
    case: CaseId,
    (since, now): (Timestamp, Timestamp),
) -> Result<Purged, Error> {
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
        keep_whose(tx, *id)?;
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
        let account = AccountId::from_uuid(*account);
        if others == 0 && !crate::account::is_in_use(tx, account, since, now)? {
            purged.accounts += erase_account(tx, account)?;
        }
    }
    Ok(purged)
}

/// Takes away what tells of somebody and belongs to no case: finished tasks and notifications that were set aside, of a
/// center, from before a moment. A task of no center is of that whose staff ended it; where it ended by itself, or by somebody
/// who is at no center any more, of whichever center keeps such things the shortest. Tells how many.
pub fn purge_caseless(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    until: Timestamp,
) -> Result<u64, Error> {
    let mut purged = tx.execute(
        sql!(
            "DELETE FROM tasks WHERE case_id IS NULL AND done_at <= $2 AND (health_center_id = $1
                OR health_center_id IS NULL AND NOT EXISTS (SELECT 1 FROM staff_members s
                    JOIN health_centers c ON c.id = s.jurisdiction_id WHERE s.id = done_by AND c.id <> $1))"
        ),
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
