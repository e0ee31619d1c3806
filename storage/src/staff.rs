//! Staff members of health centers.

use crate::engine::{At, Error, Row, Tx};
use crate::sql;
use domain::ids::{HealthCenterId, StaffId};
use jiff::Timestamp;

/// A staff member as stored.
#[derive(Clone)]
pub struct StaffRow {
    /// The id.
    pub id: StaffId,
    /// The center that the person works at.
    pub center: HealthCenterId,
    /// The name shown to colleagues.
    pub name: String,
    /// The sealed e-mail address.
    pub email_sealed: Vec<u8>,
    /// The keyed hash of the e-mail address.
    pub email_blind: Vec<u8>,
    /// The password's hash as a PHC string.
    pub password_hash: String,
}

impl StaffRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(StaffRow {
            id: StaffId::from_uuid(row.get(0)?),
            center: HealthCenterId::from_uuid(row.get(1)?),
            name: row.get(2)?,
            email_sealed: row.get(3)?,
            email_blind: row.get(4)?,
            password_hash: row.get(5)?,
        })
    }
}

/// Adds a staff member, or gives one with this address a new name, center and password.
pub fn upsert(tx: &mut Tx<'_>, staff: &StaffRow, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO staff (id, health_center_id, name, email_sealed, email_blind, password_hash, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (email_blind) DO UPDATE SET
                health_center_id = excluded.health_center_id, name = excluded.name,
                password_hash = excluded.password_hash, disabled_at = NULL"
        ),
        &[
            &staff.id.uuid(),
            &staff.center.uuid(),
            &staff.name,
            &staff.email_sealed,
            &staff.email_blind,
            &staff.password_hash,
            &At(now),
        ],
    )?;
    Ok(())
}

/// The staff member with this address who may still work.
pub fn by_email(tx: &mut Tx<'_>, email_blind: &[u8]) -> Result<Option<StaffRow>, Error> {
    tx.query_opt(
        sql!(
            "SELECT id, health_center_id, name, email_sealed, email_blind, password_hash
             FROM staff WHERE email_blind = $1 AND disabled_at IS NULL"
        ),
        &[&email_blind],
        |row| StaffRow::from(&row),
    )
}

/// How many staff members there are.
pub fn count(tx: &mut Tx<'_>) -> Result<i64, Error> {
    tx.query_one(sql!("SELECT count(*) FROM staff"), &[], |row| row.get(0))
}
