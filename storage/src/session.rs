//! Signed-in browsers. Only a hash of a token is stored; the id stays when the token is renewed.

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{AccountId, HealthCenterId, SessionId, StaffId};
use jiff::Timestamp;

/// A person's session, as it is found by its token.
#[derive(Clone)]
pub struct AccountSession {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// The language that the account chose.
    pub language: String,
    /// When it was last seen; written at most now and then.
    pub last_seen_at: Timestamp,
}

/// A staff member's session, as it is found by its token.
#[derive(Clone)]
pub struct StaffSession {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub staff: StaffId,
    /// The center that the staff member works at.
    pub center: HealthCenterId,
    /// The staff member's name.
    pub name: String,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
}

/// Starts a person's session.
pub fn start(
    tx: &mut Tx<'_>,
    id: SessionId,
    token_hash: &[u8],
    account: AccountId,
    now: Timestamp,
    expires: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO account_sessions (id, token_hash, account_id, created_at, last_seen_at, expires_at)
             VALUES ($1, $2, $3, $4, $4, $5)"
        ),
        &[
            &id.uuid(),
            &token_hash,
            &account.uuid(),
            &At(now),
            &At(expires),
        ],
    )?;
    Ok(())
}

/// The live session of a token. `idle_since` is the moment before which an unused session counts as ended.
pub fn find(
    tx: &mut Tx<'_>,
    token_hash: &[u8],
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Option<AccountSession>, Error> {
    tx.query_opt(
        sql!(
            "SELECT s.id, s.account_id, a.language, s.last_seen_at
             FROM account_sessions s JOIN accounts a ON a.id = s.account_id
             WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.last_seen_at > $3"
        ),
        &[&token_hash, &At(now), &At(idle_since)],
        |row| {
            Ok(AccountSession {
                id: SessionId::from_uuid(row.get(0)?),
                account: AccountId::from_uuid(row.get(1)?),
                language: row.get(2)?,
                last_seen_at: row.at(3)?,
            })
        },
    )
}

/// Notes that a session was used.
pub fn touch(tx: &mut Tx<'_>, id: SessionId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE account_sessions SET last_seen_at = $2 WHERE id = $1"),
        &[&id.uuid(), &At(now)],
    )?;
    Ok(())
}

/// Gives a session a new token: what an earlier holder of the old one knew is worth nothing any more.
pub fn renew(tx: &mut Tx<'_>, id: SessionId, token_hash: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE account_sessions SET token_hash = $2 WHERE id = $1"),
        &[&id.uuid(), &token_hash],
    )?;
    Ok(())
}

/// Ends one session.
pub fn end(tx: &mut Tx<'_>, id: SessionId) -> Result<(), Error> {
    tx.execute(
        sql!("DELETE FROM account_sessions WHERE id = $1"),
        &[&id.uuid()],
    )?;
    Ok(())
}

/// Ends all sessions of an account.
pub fn end_all(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, Error> {
    tx.execute(
        sql!("DELETE FROM account_sessions WHERE account_id = $1"),
        &[&account.uuid()],
    )
}

/// Ends all sessions of an account but one.
pub fn end_others(tx: &mut Tx<'_>, account: AccountId, but: SessionId) -> Result<u64, Error> {
    tx.execute(
        sql!("DELETE FROM account_sessions WHERE account_id = $1 AND id <> $2"),
        &[&account.uuid(), &but.uuid()],
    )
}

/// Starts a staff member's session.
pub fn start_staff(
    tx: &mut Tx<'_>,
    id: SessionId,
    token_hash: &[u8],
    staff: StaffId,
    now: Timestamp,
    expires: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO staff_sessions (id, token_hash, staff_id, created_at, last_seen_at, expires_at)
             VALUES ($1, $2, $3, $4, $4, $5)"
        ),
        &[&id.uuid(), &token_hash, &staff.uuid(), &At(now), &At(expires)],
    )?;
    Ok(())
}

/// The live staff session of a token.
pub fn find_staff(
    tx: &mut Tx<'_>,
    token_hash: &[u8],
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Option<StaffSession>, Error> {
    tx.query_opt(
        sql!(
            "SELECT s.id, s.staff_id, m.health_center_id, m.name, s.last_seen_at
             FROM staff_sessions s JOIN staff m ON m.id = s.staff_id
             WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.last_seen_at > $3 AND m.disabled_at IS NULL"
        ),
        &[&token_hash, &At(now), &At(idle_since)],
        |row| {
            Ok(StaffSession {
                id: SessionId::from_uuid(row.get(0)?),
                staff: StaffId::from_uuid(row.get(1)?),
                center: HealthCenterId::from_uuid(row.get(2)?),
                name: row.get(3)?,
                last_seen_at: row.at(4)?,
            })
        },
    )
}

/// Notes that a staff session was used.
pub fn touch_staff(tx: &mut Tx<'_>, id: SessionId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE staff_sessions SET last_seen_at = $2 WHERE id = $1"),
        &[&id.uuid(), &At(now)],
    )?;
    Ok(())
}

/// Ends one staff session.
pub fn end_staff(tx: &mut Tx<'_>, id: SessionId) -> Result<(), Error> {
    tx.execute(
        sql!("DELETE FROM staff_sessions WHERE id = $1"),
        &[&id.uuid()],
    )?;
    Ok(())
}

/// Forgets sessions that ended by themselves.
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, Error> {
    let people = tx.execute(
        sql!("DELETE FROM account_sessions WHERE expires_at <= $1"),
        &[&At(now)],
    )?;
    let staff = tx.execute(
        sql!("DELETE FROM staff_sessions WHERE expires_at <= $1"),
        &[&At(now)],
    )?;
    Ok(people + staff)
}
