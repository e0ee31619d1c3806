//! Settings of a place, each with the moment from which it holds. A row that holds or held is never changed: a newer one
//! is added. One that lies ahead has decided nothing yet, and may be replaced or taken away.

use crate::engine::{Asked, At, Error, Tx};
use crate::limits::AHEAD;
use crate::sql;
use domain::ids::{JurisdictionId, StaffId};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// A setting as stored.
#[derive(Clone, Debug)]
pub struct PlaceSettingRow {
    /// From when on it holds.
    pub valid_from: Timestamp,
    /// The value; the shape is the `app` floor's.
    pub value: serde_json::Value,
    /// Who set it.
    pub set_by: Option<StaffId>,
    /// When.
    pub set_at: Timestamp,
    /// The name of whoever it was.
    pub set_by_name: Option<String>,
}

/// A statement that adds a setting: the columns once, and what becomes of one that stands for the same moment.
macro_rules! insert_setting {
    ($stands:literal) => {
        concat!(
            "INSERT INTO place_settings (jurisdiction_id, name, valid_from, value, set_by, set_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (jurisdiction_id, name, valid_from) ",
            $stands
        )
    };
}

fn insert(
    tx: &mut Tx<'_>,
    statement: &'static str,
    (place, name): (JurisdictionId, &str),
    setting: &PlaceSettingRow,
) -> Result<u64, Error> {
    tx.execute(
        statement,
        &[
            &place.uuid(),
            &name,
            &At(setting.valid_from),
            &setting.value,
            &setting.set_by.map(|s| s.uuid()),
            &At(setting.set_at),
        ],
    )
}

/// Adds a setting; one for the same moment is not replaced, and tells `false`.
pub fn add(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    name: &str,
    setting: &PlaceSettingRow,
) -> Result<bool, Error> {
    let added = insert(tx, insert_setting!("DO NOTHING"), (place, name), setting)?;
    Ok(added == 1)
}

/// Adds a setting in the place of one that stands for the same moment, if one does.
pub fn put(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    name: &str,
    setting: &PlaceSettingRow,
) -> Result<(), Error> {
    let replaces = insert_setting!(
        "DO UPDATE SET value = excluded.value, set_by = excluded.set_by, set_at = excluded.set_at"
    );
    insert(tx, replaces, (place, name), setting)?;
    Ok(())
}

/// Takes a setting away that would hold from a moment on, while that lies ahead; tells whether there was one.
pub fn withdraw(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    name: &str,
    valid_from: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let gone = tx.execute(
        sql!(
            "DELETE FROM place_settings
             WHERE jurisdiction_id = $1 AND name = $2 AND valid_from = $3 AND valid_from > $4"
        ),
        &[&place.uuid(), &name, &At(valid_from), &At(now)],
    )?;
    Ok(gone == 1)
}

/// Lets one change the settings of a place at a time, until the transaction ends.
pub fn one_at_a_time(tx: &mut Tx<'_>, place: JurisdictionId) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE jurisdictions SET name = name WHERE id = $1"),
        &[&place.uuid()],
    )?;
    Ok(())
}

/// When the last setting was set that was to hold from the moment in which that was done, where it lies after `now`, and no
/// further ahead than clocks of several nodes may differ.
pub fn set_ahead(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    name: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    tx.query_one(
        sql!(
            "SELECT MAX(valid_from) FROM place_settings
             WHERE jurisdiction_id = $1 AND name = $2 AND valid_from = set_at AND valid_from > $3 AND valid_from <= $4"
        ),
        &[&place.uuid(), &name, &At(now), &At(now + AHEAD)],
        |row| row.at_opt(0),
    )
}

/// What tells the values of a setting from all other ones, for seeing whether anything was changed, replaced or taken away
/// since; 0 where there are none.
pub fn version(history: &[PlaceSettingRow]) -> i64 {
    if history.is_empty() {
        return 0;
    }
    let mut hash = Sha256::new();
    for row in history {
        let (from, at) = (row.valid_from.as_microsecond(), row.set_at.as_microsecond());
        let value = row.value.to_string();
        hash.update(from.to_be_bytes());
        hash.update(at.to_be_bytes());
        hash.update(row.set_by.map_or([0; 16], |by| *by.uuid().as_bytes()));
        hash.update(value.len().to_be_bytes());
        hash.update(value.as_bytes());
    }
    let digest = hash.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

/// The value that holds at a moment.
pub fn effective(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    name: &str,
    at: Timestamp,
) -> Result<Option<serde_json::Value>, Error> {
    ask_effective(tx, place, name, at)?.first(tx)
}

/// The same, asked ahead.
pub fn ask_effective(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    name: &str,
    at: Timestamp,
) -> Result<Asked<serde_json::Value>, Error> {
    tx.ask(
        sql!(
            "SELECT value FROM place_settings
             WHERE jurisdiction_id = $1 AND name = $2 AND valid_from <= $3 ORDER BY valid_from DESC LIMIT 1"
        ),
        &[&place.uuid(), &name, &At(at)],
        |row| row.get(0),
    )
}

/// All values that a setting had, has and will have, the latest first.
pub fn history(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    name: &str,
) -> Result<Vec<PlaceSettingRow>, Error> {
    tx.query(
        sql!(
            "SELECT p.valid_from, p.value, p.set_by, p.set_at, s.name
             FROM place_settings p LEFT JOIN staff_members s ON s.id = p.set_by
             WHERE p.jurisdiction_id = $1 AND p.name = $2 ORDER BY p.valid_from DESC"
        ),
        &[&place.uuid(), &name],
        |row| {
            Ok(PlaceSettingRow {
                valid_from: row.at(0)?,
                value: row.get(1)?,
                set_by: row.get::<Option<_>>(2)?.map(StaffId::from_uuid),
                set_at: row.at(3)?,
                set_by_name: row.get(4)?,
            })
        },
    )
}
