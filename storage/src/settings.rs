//! Small facts about the installation itself, such as which key it was sealed with.

use crate::engine::{Error, Tx};
use crate::sql;

/// The value of a setting, if it was ever set.
pub fn get(tx: &mut Tx<'_>, name: &str) -> Result<Option<Vec<u8>>, Error> {
    tx.query_opt(
        sql!("SELECT value FROM settings WHERE name = $1"),
        &[&name],
        |row| row.get(0),
    )
}

/// Sets a setting unless it stands already; tells the value that stands now.
pub fn set_once(tx: &mut Tx<'_>, name: &str, value: &[u8]) -> Result<Vec<u8>, Error> {
    tx.execute(
        sql!("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"),
        &[&name, &value],
    )?;
    Ok(get(tx, name)?.unwrap_or_default())
}

/// Sets a setting, whatever it was.
pub fn set(tx: &mut Tx<'_>, name: &str, value: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO settings (name, value) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        &[&name, &value],
    )?;
    Ok(())
}
