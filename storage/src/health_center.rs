//! Health centers and how to reach them.

use crate::engine::{At, Error, Row, Tx};
use crate::sql;
use domain::ids::{HealthCenterId, JurisdictionId};
use jiff::Timestamp;

/// A health center as stored.
#[derive(Clone, Debug)]
pub struct HealthCenterRow {
    /// Its id.
    pub id: HealthCenterId,
    /// Its name in its own language; unique.
    pub name: String,
    /// How to reach it; the shape is the `app` floor's.
    pub contact: serde_json::Value,
    /// The IANA name of its time zone.
    pub time_zone: String,
}

impl HealthCenterRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(HealthCenterRow {
            id: HealthCenterId::from_uuid(row.get(0)?),
            name: row.get(1)?,
            contact: row.get(2)?,
            time_zone: row.get(3)?,
        })
    }
}

/// Adds a center unless one of this name stands already; tells whether it was added.
pub fn insert(tx: &mut Tx<'_>, center: &HealthCenterRow, now: Timestamp) -> Result<bool, Error> {
    let added = tx.execute(
        sql!(
            "INSERT INTO health_centers (id, name, contact, time_zone, created_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING"
        ),
        &[
            &center.id.uuid(),
            &center.name,
            &center.contact,
            &center.time_zone,
            &At(now),
        ],
    )?;
    Ok(added == 1)
}

/// Changes how a center is reached.
pub fn set_contact(
    tx: &mut Tx<'_>,
    id: HealthCenterId,
    contact: &serde_json::Value,
) -> Result<bool, Error> {
    let changed = tx.execute(
        sql!("UPDATE health_centers SET contact = $2 WHERE id = $1"),
        &[&id.uuid(), contact],
    )?;
    Ok(changed == 1)
}

/// Gives a center another name, unless another one has it; tells whether it was given.
pub fn rename(tx: &mut Tx<'_>, id: HealthCenterId, name: &str) -> Result<bool, Error> {
    let changed = tx.execute(
        sql!(
            "UPDATE health_centers SET name = $2
             WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM health_centers o WHERE o.name = $2 AND o.id <> $1)"
        ),
        &[&id.uuid(), &name],
    )?;
    Ok(changed == 1)
}

/// The center that has a name, which no other one can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameHolder {
    /// The place above it; none: it has no place in the tree yet.
    pub parent: Option<JurisdictionId>,
    /// What that is called; empty where there is none.
    pub prefecture: String,
    /// Whether the center was closed; what was done there goes on being shown under its name.
    pub is_closed: bool,
}

/// The center that has a name, be it closed or not.
pub fn holder(tx: &mut Tx<'_>, name: &str) -> Result<Option<NameHolder>, Error> {
    tx.query_opt(
        sql!(
            "SELECT p.id, p.name, CASE WHEN j.closed_at IS NULL THEN 0 ELSE 1 END FROM health_centers h
             LEFT JOIN jurisdictions j ON j.id = h.id
             LEFT JOIN jurisdictions p ON p.id = j.parent_id
             WHERE h.name = $1"
        ),
        &[&name],
        |row| {
            Ok(NameHolder {
                parent: row.get::<Option<_>>(0)?.map(JurisdictionId::from_uuid),
                prefecture: row.get::<Option<String>>(1)?.unwrap_or_default(),
                is_closed: row.get::<i32>(2)? == 1,
            })
        },
    )
}

/// All centers that were not closed, oldest first.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<HealthCenterRow>, Error> {
    tx.query(
        sql!(
            "SELECT h.id, h.name, h.contact, h.time_zone FROM health_centers h
             WHERE NOT EXISTS (SELECT 1 FROM jurisdictions j WHERE j.id = h.id AND j.closed_at IS NOT NULL)
             ORDER BY h.created_at, h.id"
        ),
        &[],
        |row| HealthCenterRow::from(&row),
    )
}

/// One center.
pub fn by_id(tx: &mut Tx<'_>, id: HealthCenterId) -> Result<Option<HealthCenterRow>, Error> {
    tx.query_opt(
        sql!("SELECT id, name, contact, time_zone FROM health_centers WHERE id = $1"),
        &[&id.uuid()],
        |row| HealthCenterRow::from(&row),
    )
}
