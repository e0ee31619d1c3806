//! Settings of a place, each with the moment from which it holds. A row is never changed: a newer one is added.

use crate::engine::{Asked, At, Error, Tx};
use crate::sql;
use domain::ids::{JurisdictionId, StaffId};
use jiff::Timestamp;

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

/// Adds a setting; one for the same moment is not replaced, and tells `false`.
pub fn add(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    name: &str,
    setting: &PlaceSettingRow,
) -> Result<bool, Error> {
    let added = tx.execute(
        sql!(
            "INSERT INTO place_settings (jurisdiction_id, name, valid_from, value, set_by, set_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (jurisdiction_id, name, valid_from) DO NOTHING"
        ),
        &[
            &place.uuid(),
            &name,
            &At(setting.valid_from),
            &setting.value,
            &setting.set_by.map(|s| s.uuid()),
            &At(setting.set_at),
        ],
    )?;
    Ok(added == 1)
}

/// Lets one change the settings of a place at a time, until the transaction ends.
pub fn one_at_a_time(tx: &mut Tx<'_>, place: JurisdictionId) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE jurisdictions SET name = name WHERE id = $1"),
        &[&place.uuid()],
    )?;
    Ok(())
}

/// How many values a setting had, has and will have: none is ever taken away, so this counts changes.
pub fn version(tx: &mut Tx<'_>, place: JurisdictionId, name: &str) -> Result<i64, Error> {
    tx.query_one(
        sql!("SELECT count(*) FROM place_settings WHERE jurisdiction_id = $1 AND name = $2"),
        &[&place.uuid(), &name],
        |row| row.get(0),
    )
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
