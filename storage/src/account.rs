//! Accounts: one e-mail address and password, shared by a family.

use crate::engine::{Asked, At, Error, Row, Tx};
use crate::sql;
use domain::ids::{AccountId, CaseId, HealthCenterId};
use jiff::Timestamp;
use uuid::Uuid;

/// An account as stored.
#[derive(Clone)]
pub struct AccountRow {
    /// The id.
    pub id: AccountId,
    /// The sealed e-mail address.
    pub email_sealed: Vec<u8>,
    /// The keyed hash of the e-mail address.
    pub email_blind: Vec<u8>,
    /// The password's hash as a PHC string.
    pub password_hash: String,
    /// The language that the person chose.
    pub language: String,
}

impl AccountRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(AccountRow {
            id: AccountId::from_uuid(row.get(0)?),
            email_sealed: row.get(1)?,
            email_blind: row.get(2)?,
            password_hash: row.get(3)?,
            language: row.get(4)?,
        })
    }
}

/// Adds an account unless one with this address stands already; tells whether it was added.
pub fn insert(tx: &mut Tx<'_>, account: &AccountRow, now: Timestamp) -> Result<bool, Error> {
    let added = tx.execute(
        sql!(
            "INSERT INTO accounts (id, email_sealed, email_blind, password_hash, language, created_at, password_changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (email_blind) DO NOTHING"
        ),
        &[
            &account.id.uuid(),
            &account.email_sealed,
            &account.email_blind,
            &account.password_hash,
            &account.language,
            &At(now),
        ],
    )?;
    Ok(added == 1)
}

/// The account with this address.
pub fn by_email(tx: &mut Tx<'_>, email_blind: &[u8]) -> Result<Option<AccountRow>, Error> {
    tx.query_opt(
        sql!("SELECT id, email_sealed, email_blind, password_hash, language FROM accounts WHERE email_blind = $1"),
        &[&email_blind],
        |row| AccountRow::from(&row),
    )
}

/// One account.
pub fn by_id(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<AccountRow>, Error> {
    tx.query_opt(
        sql!("SELECT id, email_sealed, email_blind, password_hash, language FROM accounts WHERE id = $1"),
        &[&id.uuid()],
        |row| AccountRow::from(&row),
    )
}

/// What a browser proves of the account with this address that keeps a word of an earlier sign-in: the password's hash, and since
/// when all browsers of before are strangers'.
pub fn known_by(
    tx: &mut Tx<'_>,
    email_blind: &[u8],
) -> Result<Option<(String, Option<Timestamp>)>, Error> {
    tx.query_opt(
        sql!("SELECT password_hash, strangers_since FROM accounts WHERE email_blind = $1"),
        &[&email_blind],
        |row| Ok((row.get(0)?, row.at_opt(1)?)),
    )
}

/// Makes all browsers strangers' in which somebody has signed in to an account until now.
pub fn make_strangers(tx: &mut Tx<'_>, id: AccountId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE accounts SET strangers_since = $2 WHERE id = $1"),
        &[&id.uuid(), &At(now)],
    )?;
    Ok(())
}

/// Whether an account still has the password with this hash; where so, nobody changes it until the transaction ends. A password
/// takes longer to look at than others need to change it.
pub fn has_password(tx: &mut Tx<'_>, id: AccountId, password_hash: &str) -> Result<bool, Error> {
    hold(tx, id)?;
    let found = tx.query_opt(
        sql!("SELECT 1 FROM accounts WHERE id = $1 AND password_hash = $2"),
        &[&id.uuid(), &password_hash],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Keeps others from changing an account until the transaction ends, and waits for those who do so right now. The embedded engine
/// has one writer, so nobody has to wait there.
pub fn hold(tx: &mut Tx<'_>, id: AccountId) -> Result<(), Error> {
    if !tx.is_sqlite() {
        tx.query_opt(HOLD, &[&id.uuid()], |_| Ok(()))?;
    }
    Ok(())
}

const HOLD: &str = "SELECT 1 FROM accounts WHERE id = $1 FOR NO KEY UPDATE";

/// The same, and keeps others from adding a member or a session to it: it is about to go.
pub fn hold_whole(tx: &mut Tx<'_>, id: AccountId) -> Result<(), Error> {
    if !tx.is_sqlite() {
        tx.query_opt(HOLD_WHOLE, &[&id.uuid()], |_| Ok(()))?;
    }
    Ok(())
}

const HOLD_WHOLE: &str = "SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE";

/// A record of which somebody has left an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftRow {
    /// The record.
    pub record: CaseId,
    /// The center that answers for it.
    pub center: HealthCenterId,
    /// Whether the person is followed.
    pub is_open: bool,
    /// Whether another account has a member with this record: two that became one, of which each has signed up.
    pub has_another: bool,
}

/// Takes all members out of an account. Their records stay, and say that they have no account; whether they are silent is looked
/// at anew. Tells which records.
pub fn leave(tx: &mut Tx<'_>, id: AccountId, now: Timestamp) -> Result<Vec<LeftRow>, Error> {
    let mut records = tx.query(
        sql!(
            "UPDATE cases SET account_id = NULL, claimed_at = NULL, first_session_id = NULL, version = version + 1
             WHERE account_id = $1 RETURNING COALESCE(merged_into, id)"
        ),
        &[&id.uuid()],
        |row| Ok(CaseId::from_uuid(row.get(0)?)),
    )?;
    records.sort();
    records.dedup();
    let mut left = Vec::with_capacity(records.len());
    for record in records {
        crate::monitoring::left_account(tx, record, now)?;
        left.extend(tx.query_opt(
            sql!(
                "SELECT health_center_id, is_open, has_account FROM monitoring WHERE case_id = $1"
            ),
            &[&record.uuid()],
            |row| {
                Ok(LeftRow {
                    record,
                    center: HealthCenterId::from_uuid(row.get(0)?),
                    is_open: row.get::<i32>(1)? == 1,
                    has_another: row.get::<i32>(2)? == 1,
                })
            },
        )?);
    }
    Ok(left)
}

/// An account that was looked at for whether anybody needs it.
#[derive(Clone, Copy, Debug)]
pub struct LookedAt {
    /// Which.
    pub id: AccountId,
    /// Whether nobody is a member of it and no browser is signed in to it.
    pub is_alone: bool,
    /// When somebody last signed in, where that is known.
    pub last_in_at: Option<Timestamp>,
}

/// Some accounts, in the order of their ids, after one; none: from the first one on.
pub fn look_through(
    tx: &mut Tx<'_>,
    after: Option<AccountId>,
    now: Timestamp,
    most: i64,
) -> Result<Vec<LookedAt>, Error> {
    let after = after.map_or(Uuid::nil(), AccountId::uuid);
    tx.query(
        sql!(
            "SELECT a.id, a.last_in_at,
                NOT EXISTS (SELECT 1 FROM cases c WHERE c.account_id = a.id)
                    AND NOT EXISTS (SELECT 1 FROM account_sessions s WHERE s.account_id = a.id AND s.expires_at > $3)
             FROM accounts a WHERE a.id > $1 ORDER BY a.id LIMIT $2"
        ),
        &[&after, &most, &At(now)],
        |row| {
            Ok(LookedAt {
                id: AccountId::from_uuid(row.get(0)?),
                last_in_at: row.at_opt(1)?,
                is_alone: row.get(2)?,
            })
        },
    )
}

/// Begins to count since when an account is alone of which nobody knows when somebody last signed in.
pub fn count_from(tx: &mut Tx<'_>, id: AccountId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE accounts SET last_in_at = $2 WHERE id = $1 AND last_in_at IS NULL"),
        &[&id.uuid(), &At(now)],
    )?;
    Ok(())
}

/// Erases an account that is alone, and to which nobody has signed in since a moment; tells whether it was one still.
pub fn erase_alone(
    tx: &mut Tx<'_>,
    id: AccountId,
    before: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    hold_whole(tx, id)?;
    let is_alone = tx.query_opt(
        sql!(
            "SELECT 1 FROM accounts a WHERE a.id = $1 AND a.last_in_at <= $2
                AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.account_id = a.id)
                AND NOT EXISTS (SELECT 1 FROM account_sessions s WHERE s.account_id = a.id AND s.expires_at > $3)"
        ),
        &[&id.uuid(), &At(before), &At(now)],
        |_| Ok(()),
    )?;
    if is_alone.is_none() {
        return Ok(false);
    }
    crate::retention::erase_account(tx, id)?;
    Ok(true)
}

/// Whether somebody is signed in to an account, or has signed in since a moment: they may be adding a member right now. Nobody else
/// comes in until the transaction ends.
pub fn is_in_use(
    tx: &mut Tx<'_>,
    id: AccountId,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    hold_whole(tx, id)?;
    let in_use = tx.query_opt(
        sql!(
            "SELECT 1 FROM accounts a WHERE a.id = $1 AND (a.last_in_at > $2
                OR EXISTS (SELECT 1 FROM account_sessions s WHERE s.account_id = a.id AND s.expires_at > $3))"
        ),
        &[&id.uuid(), &At(since), &At(now)],
        |_| Ok(()),
    )?;
    Ok(in_use.is_some())
}

/// Sets a new password's hash.
pub fn set_password(
    tx: &mut Tx<'_>,
    id: AccountId,
    password_hash: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE accounts SET password_hash = $2, password_changed_at = $3 WHERE id = $1"),
        &[&id.uuid(), &password_hash, &At(now)],
    )?;
    Ok(())
}

/// Moves an account to another address unless that has an account; tells whether it moved.
pub fn set_email(
    tx: &mut Tx<'_>,
    id: AccountId,
    email_sealed: &[u8],
    email_blind: &[u8],
) -> Result<bool, Error> {
    let moved = tx.execute(
        sql!(
            "UPDATE accounts SET email_sealed = $2, email_blind = $3
             WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM accounts b WHERE b.email_blind = $3 AND b.id <> $1)"
        ),
        &[&id.uuid(), &email_sealed, &email_blind],
    )?;
    Ok(moved == 1)
}

/// Sets the language in which the account is spoken to.
pub fn set_language(tx: &mut Tx<'_>, id: AccountId, language: &str) -> Result<(), Error> {
    crate::session::change(
        tx,
        sql!("UPDATE accounts SET language = $2 WHERE id = $1 RETURNING id"),
        &[&id.uuid(), &language],
    )?;
    Ok(())
}

/// Closes the histories of an account, and forgets what was typed of somebody who is not registered yet.
pub fn close_histories(tx: &mut Tx<'_>, id: AccountId, now: Timestamp) -> Result<(), Error> {
    crate::session::change(
        tx,
        sql!(
            "UPDATE accounts SET histories_closed_at = $2, opened_cases = NULL WHERE id = $1 RETURNING id"
        ),
        &[&id.uuid(), &At(now)],
    )?;
    drop_draft(tx, id)
}

/// Since when the histories of an account are closed, and the cases that were opened again; none where they are not.
pub fn closed_histories(
    tx: &mut Tx<'_>,
    id: AccountId,
) -> Result<Option<(Timestamp, Option<String>)>, Error> {
    let found = tx.query_opt(
        sql!("SELECT histories_closed_at, opened_cases FROM accounts WHERE id = $1"),
        &[&id.uuid()],
        |row| Ok((row.at_opt(0)?, row.get(1)?)),
    )?;
    Ok(found.and_then(|(since, opened)| Some((since?, opened))))
}

/// Opens the history of one case to an account again, where its histories are closed.
pub fn open_history(tx: &mut Tx<'_>, id: AccountId, case: CaseId) -> Result<(), Error> {
    crate::session::change(
        tx,
        sql!(
            "UPDATE accounts SET opened_cases = CASE WHEN opened_cases IS NULL THEN $2 ELSE opened_cases || ',' || $2 END
             WHERE id = $1 AND histories_closed_at IS NOT NULL
                AND (opened_cases IS NULL OR opened_cases NOT LIKE '%' || $2 || '%') RETURNING id"
        ),
        &[&id.uuid(), &case.to_string()],
    )?;
    Ok(())
}

/// Keeps what was typed of a family member's attributes, sealed.
pub fn save_draft(
    tx: &mut Tx<'_>,
    id: AccountId,
    typed_sealed: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO attribute_drafts (account_id, typed_sealed, updated_at) VALUES ($1, $2, $3)
             ON CONFLICT (account_id) DO UPDATE SET typed_sealed = excluded.typed_sealed, updated_at = excluded.updated_at"
        ),
        &[&id.uuid(), &typed_sealed, &At(now)],
    )?;
    Ok(())
}

/// What was typed so far, sealed.
pub fn draft(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Vec<u8>>, Error> {
    ask_draft(tx, id)?.first(tx)
}

/// The same, asked ahead.
pub fn ask_draft(tx: &mut Tx<'_>, id: AccountId) -> Result<Asked<Vec<u8>>, Error> {
    tx.ask(
        sql!("SELECT typed_sealed FROM attribute_drafts WHERE account_id = $1"),
        &[&id.uuid()],
        |row| row.get(0),
    )
}

/// Forgets up to `most` of those that nobody has touched since, the oldest first.
pub fn sweep_drafts(tx: &mut Tx<'_>, before: Timestamp, most: i64) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "DELETE FROM attribute_drafts WHERE account_id IN (SELECT d.account_id FROM attribute_drafts d
                WHERE d.updated_at <= $1 ORDER BY d.updated_at LIMIT $2)"
        ),
        &[&At(before), &most],
    )
}

/// Forgets what was typed: it has become a registration.
pub fn drop_draft(tx: &mut Tx<'_>, id: AccountId) -> Result<(), Error> {
    tx.execute(
        sql!("DELETE FROM attribute_drafts WHERE account_id = $1"),
        &[&id.uuid()],
    )?;
    Ok(())
}
