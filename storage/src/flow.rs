//! Walks through an e-mailed code: signing up, a forgotten password, a changed e-mail address.

use crate::engine::{At, Error, Param, Row, Tx};
use crate::sql;
use domain::ids::{AccountId, CodeId, FlowId};
use jiff::Timestamp;

/// A walk as stored.
#[derive(Clone)]
pub struct FlowRow {
    /// The id.
    pub id: FlowId,
    /// What it is for: `sign_up`, `password_reset` or `email_change`.
    pub purpose: String,
    /// The sealed e-mail address that must be shown to be the person's own.
    pub email_sealed: Vec<u8>,
    /// Its keyed hash.
    pub email_blind: Vec<u8>,
    /// The account that the walk belongs to, where that is known from the start.
    pub account: Option<AccountId>,
    /// The HER-SYS ID that a QR code or a link brought along.
    pub typed_id: Option<String>,
    /// When a code was last sent.
    pub code_sent_at: Timestamp,
    /// When a right code was entered.
    pub verified_at: Option<Timestamp>,
}

impl FlowRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(FlowRow {
            id: FlowId::from_uuid(row.get(0)?),
            purpose: row.get(1)?,
            email_sealed: row.get(2)?,
            email_blind: row.get(3)?,
            account: row.get::<Option<_>>(4)?.map(AccountId::from_uuid),
            typed_id: row.get(5)?,
            code_sent_at: row.at(6)?,
            verified_at: row.at_opt(7)?,
        })
    }
}

/// Starts a walk.
pub fn insert(
    tx: &mut Tx<'_>,
    flow: &FlowRow,
    token_hash: &[u8],
    now: Timestamp,
    expires: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO flows (id, token_hash, purpose, email_sealed, email_blind, account_id, typed_id,
                code_sent_at, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)"
        ),
        &[
            &flow.id.uuid(),
            &token_hash,
            &flow.purpose,
            &flow.email_sealed,
            &flow.email_blind,
            &flow.account.map(|a| a.uuid()),
            &flow.typed_id,
            &At(now),
            &At(expires),
        ],
    )?;
    Ok(())
}

/// The live walk of a token.
pub fn find(tx: &mut Tx<'_>, token_hash: &[u8], now: Timestamp) -> Result<Option<FlowRow>, Error> {
    tx.query_opt(
        sql!(
            "SELECT id, purpose, email_sealed, email_blind, account_id, typed_id, code_sent_at, verified_at
             FROM flows WHERE token_hash = $1 AND expires_at > $2"
        ),
        &[&token_hash, &At(now)],
        |row| FlowRow::from(&row),
    )
}

/// Notes that another code was sent, and the ID that was brought along this time, if any.
pub fn sent_again(
    tx: &mut Tx<'_>,
    id: FlowId,
    typed_id: Option<&str>,
    now: Timestamp,
    expires: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE flows SET code_sent_at = $2, typed_id = coalesce($3, typed_id), expires_at = $4 WHERE id = $1"
        ),
        &[&id.uuid(), &At(now), &typed_id, &At(expires)],
    )?;
    Ok(())
}

/// Notes the ID that was brought along later.
pub fn set_typed_id(tx: &mut Tx<'_>, id: FlowId, typed_id: &str) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE flows SET typed_id = $2 WHERE id = $1"),
        &[&id.uuid(), &typed_id],
    )?;
    Ok(())
}

/// Notes that a right code was entered.
pub fn verified(
    tx: &mut Tx<'_>,
    id: FlowId,
    now: Timestamp,
    expires: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE flows SET verified_at = $2, expires_at = $3 WHERE id = $1"),
        &[&id.uuid(), &At(now), &At(expires)],
    )?;
    Ok(())
}

/// Puts a walk under another token; the old one leads nowhere from then on.
pub fn renew_token(tx: &mut Tx<'_>, id: FlowId, token_hash: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE flows SET token_hash = $2 WHERE id = $1"),
        &[&id.uuid(), &token_hash],
    )?;
    Ok(())
}

/// Forgets whatever walk stands under a token, also one that has ended by itself and was not swept away yet.
pub fn forget_token(tx: &mut Tx<'_>, token_hash: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!("DELETE FROM codes WHERE flow_id IN (SELECT id FROM flows WHERE token_hash = $1)"),
        &[&token_hash],
    )?;
    tx.execute(
        sql!("DELETE FROM flows WHERE token_hash = $1"),
        &[&token_hash],
    )?;
    Ok(())
}

/// Ends all walks on which somebody could take an account over, with their codes: to a new password by its address, and to a
/// new address. Whoever changes a password or signs out everywhere shuts out whoever had begun one.
pub fn end_all_of(tx: &mut Tx<'_>, account: AccountId, email_blind: &[u8]) -> Result<(), Error> {
    let account = account.uuid();
    let of: [&dyn Param; 2] = [&account, &email_blind];
    tx.execute(
        sql!(
            "DELETE FROM codes WHERE flow_id IN (SELECT id FROM flows WHERE purpose <> 'sign_up'
                AND (account_id = $1 OR email_blind = $2))"
        ),
        &of,
    )?;
    tx.execute(
        sql!(
            "DELETE FROM flows WHERE purpose <> 'sign_up' AND (account_id = $1 OR email_blind = $2)"
        ),
        &of,
    )?;
    Ok(())
}

/// Ends a walk and forgets its codes. Tells whether it was still there, so that of two requests one goes on.
pub fn finish(tx: &mut Tx<'_>, id: FlowId) -> Result<bool, Error> {
    tx.execute(sql!("DELETE FROM codes WHERE flow_id = $1"), &[&id.uuid()])?;
    Ok(tx.execute(sql!("DELETE FROM flows WHERE id = $1"), &[&id.uuid()])? == 1)
}

/// Stores a code's keyed hash.
pub fn insert_code(
    tx: &mut Tx<'_>,
    id: CodeId,
    flow: FlowId,
    code_hash: &[u8],
    tries: i32,
    now: Timestamp,
    expires: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO codes (id, flow_id, code_hash, created_at, expires_at, tries_left)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        &[
            &id.uuid(),
            &flow.uuid(),
            &code_hash,
            &At(now),
            &At(expires),
            &tries,
        ],
    )?;
    Ok(())
}

/// Takes one try from every live code of a walk and gives back their hashes to compare with: the try is spent before
/// anybody knows whether it was right, so that tries at the same time cannot exceed the number.
pub fn take_try(
    tx: &mut Tx<'_>,
    flow: FlowId,
    now: Timestamp,
) -> Result<Vec<(CodeId, Vec<u8>)>, Error> {
    tx.query(
        sql!(
            "UPDATE codes SET tries_left = tries_left - 1
             WHERE flow_id = $1 AND tries_left > 0 AND used_at IS NULL AND expires_at > $2
             RETURNING id, code_hash"
        ),
        &[&flow.uuid(), &At(now)],
        |row| Ok((CodeId::from_uuid(row.get(0)?), row.get(1)?)),
    )
}

/// Takes one of the tries that are left of a code that was right after `since`, to compare it with one that is sent again.
/// There are no more of them than before it was right.
pub fn take_try_of_used(
    tx: &mut Tx<'_>,
    flow: FlowId,
    since: Timestamp,
) -> Result<Vec<(CodeId, Vec<u8>)>, Error> {
    tx.query(
        sql!(
            "UPDATE codes SET tries_left = tries_left - 1
             WHERE flow_id = $1 AND tries_left > 0 AND used_at >= $2
             RETURNING id, code_hash"
        ),
        &[&flow.uuid(), &At(since)],
        |row| Ok((CodeId::from_uuid(row.get(0)?), row.get(1)?)),
    )
}

/// Leaves no try to the codes of a walk but the one that was right.
pub fn end_others(tx: &mut Tx<'_>, flow: FlowId, right: CodeId) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE codes SET tries_left = 0 WHERE flow_id = $1 AND id <> $2"),
        &[&flow.uuid(), &right.uuid()],
    )?;
    Ok(())
}

/// Uses a code up, and with it all others of its walk.
pub fn use_up(tx: &mut Tx<'_>, flow: FlowId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE codes SET used_at = $2 WHERE flow_id = $1 AND used_at IS NULL"),
        &[&flow.uuid(), &At(now)],
    )?;
    Ok(())
}

/// Whether a walk ever had a code that matches no more because its tries are spent.
pub fn has_spent_code(tx: &mut Tx<'_>, flow: FlowId, now: Timestamp) -> Result<bool, Error> {
    let spent = tx.query_one(
        sql!(
            "SELECT count(*) FROM codes WHERE flow_id = $1 AND tries_left = 0 AND expires_at > $2"
        ),
        &[&flow.uuid(), &At(now)],
        |row| row.get::<i64>(0),
    )?;
    Ok(spent > 0)
}

/// Forgets up to `most` walks that ended by themselves, the oldest first, with their codes.
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp, most: i64) -> Result<u64, Error> {
    let ended = tx.query(
        sql!("SELECT id, expires_at FROM flows WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2"),
        &[&At(now), &most],
        |row| Ok((FlowId::from_uuid(row.get(0)?), row.at(1)?)),
    )?;
    for (flow, ends) in &ended {
        // Whoever has just got a new code goes on; and nobody gets one from here on.
        let held = tx.execute(
            sql!("UPDATE flows SET expires_at = expires_at WHERE id = $1 AND expires_at = $2"),
            &[&flow.uuid(), &At(*ends)],
        )?;
        if held == 1 {
            finish(tx, *flow)?;
        }
    }
    Ok(ended.len() as u64)
}
