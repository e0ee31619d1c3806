//! Signed-in browsers. Only a hash of a token is stored; the id stays when the token is renewed.

mod live;

pub use live::find_live;
pub(crate) use live::{Live, Moment, note, noted};

use crate::engine::{At, Error, Param, Tx};
use crate::sql;
use domain::ids::{AccountId, JurisdictionId, SessionId, StaffId};
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
    /// When it ends, however often it is used.
    pub expires_at: Timestamp,
    /// Since when the histories of the account are closed, where they are.
    pub histories_closed_at: Option<Timestamp>,
    /// The cases whose histories were opened again, with commas between them.
    pub opened_cases: Option<String>,
}

/// A staff member's session, as it is found by its token.
#[derive(Clone)]
pub struct StaffSession {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub staff: StaffId,
    /// The place that the staff member belongs to.
    pub place: JurisdictionId,
    /// What kind of place that is.
    pub place_kind: String,
    /// Its path in the tree.
    pub path: String,
    /// The word of the role.
    pub role: String,
    /// The staff member's name.
    pub name: String,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// When it ends, however often it is used.
    pub expires_at: Timestamp,
    /// When the second factor was shown.
    pub proved_at: Option<Timestamp>,
    /// Whether a second factor was set up.
    pub has_factor: bool,
    /// How people reach the place, where it is a health center.
    pub contact: Option<serde_json::Value>,
}

/// Runs a statement that changes sessions, or what they tell of an account, and returns whose they are; tells how many.
pub(crate) fn change(
    tx: &mut Tx<'_>,
    sql: &'static str,
    params: &[&dyn Param],
) -> Result<u64, Error> {
    let accounts = tx.query(sql, params, |row| Ok(AccountId::from_uuid(row.get(0)?)))?;
    for account in &accounts {
        live::note(*account);
    }
    Ok(accounts.len() as u64)
}

/// How many sessions an account has at the most; of more, those that were not used for longest end.
pub const MOST_OF_ONE: i64 = 20;

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
    tx.execute(
        sql!("UPDATE accounts SET last_in_at = $2 WHERE id = $1"),
        &[&account.uuid(), &At(now)],
    )?;
    // Whoever has more browsers than that is a machine: what a session may keep, it may keep that often at the most.
    change(
        tx,
        sql!(
            "DELETE FROM account_sessions WHERE account_id = $1 AND id IN
                (SELECT o.id FROM account_sessions o WHERE o.account_id = $1 AND o.id <> $2
                 ORDER BY o.last_seen_at DESC, o.id DESC LIMIT 1000 OFFSET $3) RETURNING account_id"
        ),
        &[&account.uuid(), &id.uuid(), &(MOST_OF_ONE - 1)],
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
            "SELECT s.id, s.account_id, a.language, s.last_seen_at, s.expires_at, a.histories_closed_at, a.opened_cases
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
                expires_at: row.at(4)?,
                histories_closed_at: row.at_opt(5)?,
                opened_cases: row.get(6)?,
            })
        },
    )
}

/// Notes that a session was used.
pub fn touch(tx: &mut Tx<'_>, id: SessionId, now: Timestamp) -> Result<(), Error> {
    change(
        tx,
        sql!("UPDATE account_sessions SET last_seen_at = $2 WHERE id = $1 RETURNING account_id"),
        &[&id.uuid(), &At(now)],
    )?;
    Ok(())
}

/// Gives a session a new token: what an earlier holder of the old one knew is worth nothing any more.
pub fn renew(tx: &mut Tx<'_>, id: SessionId, token_hash: &[u8]) -> Result<(), Error> {
    change(
        tx,
        sql!("UPDATE account_sessions SET token_hash = $2 WHERE id = $1 RETURNING account_id"),
        &[&id.uuid(), &token_hash],
    )?;
    Ok(())
}

/// Keeps the sealed letters of the password that was typed in this session, until a name is known to compare them with.
pub fn keep_letters(tx: &mut Tx<'_>, id: SessionId, sealed: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE account_sessions SET letters_sealed = $2 WHERE id = $1"),
        &[&id.uuid(), &sealed],
    )?;
    Ok(())
}

/// The sealed letters of the password that was typed in this session, if they are kept.
pub fn letters(tx: &mut Tx<'_>, id: SessionId) -> Result<Option<Vec<u8>>, Error> {
    let found = tx.query_opt(
        sql!("SELECT letters_sealed FROM account_sessions WHERE id = $1"),
        &[&id.uuid()],
        |row| row.get::<Option<Vec<u8>>>(0),
    )?;
    Ok(found.flatten())
}

/// Forgets the letters of the password in all sessions of an account: it was compared.
pub fn forget_letters(tx: &mut Tx<'_>, account: AccountId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE account_sessions SET letters_sealed = NULL WHERE account_id = $1 AND letters_sealed IS NOT NULL"
        ),
        &[&account.uuid()],
    )?;
    Ok(())
}

/// Ends one session.
pub fn end(tx: &mut Tx<'_>, id: SessionId) -> Result<(), Error> {
    change(
        tx,
        sql!("DELETE FROM account_sessions WHERE id = $1 RETURNING account_id"),
        &[&id.uuid()],
    )?;
    Ok(())
}

/// Ends all sessions of an account.
pub fn end_all(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, Error> {
    change(
        tx,
        sql!("DELETE FROM account_sessions WHERE account_id = $1 RETURNING account_id"),
        &[&account.uuid()],
    )
}

/// Ends all sessions of an account but one.
pub fn end_others(tx: &mut Tx<'_>, account: AccountId, but: SessionId) -> Result<u64, Error> {
    change(
        tx,
        sql!(
            "DELETE FROM account_sessions WHERE account_id = $1 AND id <> $2 RETURNING account_id"
        ),
        &[&account.uuid(), &but.uuid()],
    )
}

/// How many sessions a staff member has at the most in which the second factor was shown, and how many in which it was not;
/// of more, those that were not used for longest end. Each may have so many pages in work, so many together would keep
/// colleagues waiting; and whoever only knows the password ends no session in which somebody works.
pub const MOST_OF_STAFF: i64 = 6;

fn end_surplus(tx: &mut Tx<'_>, id: SessionId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "DELETE FROM staff_sessions WHERE id IN
                (SELECT o.id FROM staff_sessions o JOIN staff_sessions s ON s.staff_id = o.staff_id
                 WHERE s.id = $1 AND o.id <> $1 AND (o.proved_at IS NULL) = (s.proved_at IS NULL)
                 ORDER BY o.last_seen_at DESC, o.id DESC LIMIT 1000 OFFSET $2)"
        ),
        &[&id.uuid(), &(MOST_OF_STAFF - 1)],
    )?;
    Ok(())
}

/// Starts a staff member's session. Until `proved_at` is set it opens nothing but the page for the second factor.
pub fn start_staff(
    tx: &mut Tx<'_>,
    id: SessionId,
    token_hash: &[u8],
    staff: StaffId,
    now: Timestamp,
    expires: Timestamp,
    proved_at: Option<Timestamp>,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO staff_sessions (id, token_hash, staff_id, created_at, last_seen_at, expires_at, proved_at)
             VALUES ($1, $2, $3, $4, $4, $5, $6)"
        ),
        &[
            &id.uuid(),
            &token_hash,
            &staff.uuid(),
            &At(now),
            &At(expires),
            &proved_at.map(At),
        ],
    )?;
    end_surplus(tx, id)
}

/// The staff session of a token, however long it was not used.
pub fn find_staff(
    tx: &mut Tx<'_>,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<StaffSession>, Error> {
    tx.query_opt(
        sql!(
            "SELECT s.id, s.staff_id, m.jurisdiction_id, j.kind, j.path, m.role, m.name, s.last_seen_at, s.proved_at,
                CASE WHEN m.totp_sealed IS NULL THEN 0 ELSE 1 END, h.contact, s.expires_at
             FROM staff_sessions s JOIN staff_members m ON m.id = s.staff_id
                JOIN jurisdictions j ON j.id = m.jurisdiction_id
                LEFT JOIN health_centers h ON h.id = j.id
             WHERE s.token_hash = $1 AND s.expires_at > $2 AND m.disabled_at IS NULL"
        ),
        &[&token_hash, &At(now)],
        |row| {
            Ok(StaffSession {
                id: SessionId::from_uuid(row.get(0)?),
                staff: StaffId::from_uuid(row.get(1)?),
                place: JurisdictionId::from_uuid(row.get(2)?),
                place_kind: row.get(3)?,
                path: row.get(4)?,
                role: row.get(5)?,
                name: row.get(6)?,
                last_seen_at: row.at(7)?,
                proved_at: row.at_opt(8)?,
                has_factor: row.get::<i32>(9)? == 1,
                contact: row.get(10)?,
                expires_at: row.at(11)?,
            })
        },
    )
}

/// Notes that the second factor was shown, and gives the session a new token.
pub fn prove_staff(
    tx: &mut Tx<'_>,
    id: SessionId,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE staff_sessions SET proved_at = $2, last_seen_at = $2, token_hash = $3 WHERE id = $1"
        ),
        &[&id.uuid(), &At(now), &token_hash],
    )?;
    end_surplus(tx, id)
}

/// Ends all sessions of a staff member but one, or with none all.
pub fn end_all_staff(
    tx: &mut Tx<'_>,
    staff: StaffId,
    but: Option<SessionId>,
) -> Result<u64, Error> {
    let but = but.map_or(uuid::Uuid::nil(), SessionId::uuid);
    tx.execute(
        sql!("DELETE FROM staff_sessions WHERE staff_id = $1 AND id <> $2"),
        &[&staff.uuid(), &but],
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

/// Forgets up to `most` sessions of people that ended by themselves, the oldest first.
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp, most: i64) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "DELETE FROM account_sessions WHERE id IN (SELECT s.id FROM account_sessions s WHERE s.expires_at <= $1
                ORDER BY s.expires_at LIMIT $2) AND expires_at <= $1"
        ),
        &[&At(now), &most],
    )
}

/// Forgets the sessions of the staff that ended by themselves, which are few.
pub fn sweep_staff(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!("DELETE FROM staff_sessions WHERE expires_at <= $1"),
        &[&At(now)],
    )
}
