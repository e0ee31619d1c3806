//! Pages that answered a form, kept to be read again: sealed, a few for each browser, for some hours.

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{AccountId, KeptPageId};
use jiff::Timestamp;

/// A page to be kept.
#[derive(Clone)]
pub struct KeptPageRow {
    /// The id; a later one is greater.
    pub id: KeptPageId,
    /// Among which pages it is counted.
    pub shelf: Vec<u8>,
    /// Whose it is, where somebody is signed in.
    pub account: Option<AccountId>,
    /// The page, sealed.
    pub sealed: Vec<u8>,
    /// Until when it is kept.
    pub expires_at: Timestamp,
}

/// Keeps a page, and of its shelf no more than the `most` newest, it among them; of an account, whatever browsers it has,
/// no more than the `most_of_account` newest.
pub fn keep(
    tx: &mut Tx<'_>,
    row: &KeptPageRow,
    (most, most_of_account): (i64, i64),
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO kept_pages (id, shelf, account_id, page_sealed, expires_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO NOTHING"
        ),
        &[
            &row.id.uuid(),
            &row.shelf,
            &row.account.map(|account| account.uuid()),
            &row.sealed,
            &At(row.expires_at),
        ],
    )?;
    tx.execute(
        sql!(
            "DELETE FROM kept_pages WHERE shelf = $1 AND id <> $3 AND id NOT IN
                (SELECT k.id FROM kept_pages k WHERE k.shelf = $1 AND k.id <> $3 ORDER BY k.id DESC LIMIT $2)"
        ),
        // The order of two of one millisecond is that of chance; the one that is led to now must be there.
        &[&row.shelf, &(most - 1), &row.id.uuid()],
    )?;
    if let Some(account) = row.account {
        tx.execute(
            sql!(
                "DELETE FROM kept_pages WHERE account_id = $1 AND id <> $3 AND id NOT IN
                    (SELECT k.id FROM kept_pages k WHERE k.account_id = $1 AND k.id <> $3 ORDER BY k.id DESC LIMIT $2)"
            ),
            &[&account.uuid(), &(most_of_account - 1), &row.id.uuid()],
        )?;
    }
    Ok(())
}

/// A sealed page that is still kept on a shelf.
pub fn find(
    tx: &mut Tx<'_>,
    id: KeptPageId,
    shelf: &[u8],
    now: Timestamp,
) -> Result<Option<Vec<u8>>, Error> {
    tx.query_opt(
        sql!("SELECT page_sealed FROM kept_pages WHERE id = $1 AND shelf = $2 AND expires_at > $3"),
        &[&id.uuid(), &shelf, &At(now)],
        |row| row.get(0),
    )
}

/// Forgets the pages of an account: what they asked for is done, and they would say otherwise.
pub fn forget(tx: &mut Tx<'_>, account: AccountId) -> Result<(), Error> {
    tx.execute(
        sql!("DELETE FROM kept_pages WHERE account_id = $1"),
        &[&account.uuid()],
    )?;
    Ok(())
}

/// Forgets up to `most` pages that were kept long enough, the oldest first.
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp, most: i64) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "DELETE FROM kept_pages WHERE id IN (SELECT k.id FROM kept_pages k WHERE k.expires_at <= $1
                ORDER BY k.expires_at LIMIT $2)"
        ),
        &[&At(now), &most],
    )
}
