//! Files of dated rules. A row is never changed: a newer one is added.

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{JurisdictionId, StaffId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A file of rules as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRow {
    /// The id.
    pub id: Uuid,
    /// The word of the kind.
    pub kind: String,
    /// The programme.
    pub programme: String,
    /// Whose rule it is; `None`: the operator's, for all.
    pub place: Option<JurisdictionId>,
    /// The first day on which it holds.
    pub valid_from: Date,
    /// The file; `None`: from that day on the place has none of its own.
    pub content: Option<String>,
    /// The planned rule that this row takes back.
    pub withdraws: Option<Uuid>,
    /// Why it was set.
    pub why: String,
    /// Who set it; `None`: the operator.
    pub set_by: Option<StaffId>,
    /// When.
    pub set_at: Timestamp,
    /// The name of whoever it was.
    pub set_by_name: Option<String>,
}

/// Adds a row.
pub fn add(tx: &mut Tx<'_>, row: &RuleRow) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO rule_files (id, kind, programme, jurisdiction_id, valid_from, content, withdraws, why, set_by,
                set_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        &[
            &row.id,
            &row.kind,
            &row.programme,
            &row.place.map(|p| p.uuid()),
            &row.valid_from,
            &row.content,
            &row.withdraws,
            &row.why,
            &row.set_by.map(|s| s.uuid()),
            &At(row.set_at),
        ],
    )?;
    Ok(())
}

/// The moment at which a rule of a place is set: now, or just after the last one that was set there. Of those of one day the one
/// that was set last holds: a clock that was ahead when somebody made a slip must not keep what corrects it from holding.
/// Whoever else sets one there waits until the end of the transaction.
pub fn moment_of(
    tx: &mut Tx<'_>,
    place: Option<JurisdictionId>,
    now: Timestamp,
) -> Result<Timestamp, Error> {
    if let Some(place) = place {
        crate::place_settings::one_at_a_time(tx, place)?;
    }
    let last = tx.query_one(
        sql!(
            "SELECT MAX(set_at) FROM rule_files
             WHERE jurisdiction_id = $1 OR (jurisdiction_id IS NULL AND $1 IS NULL)"
        ),
        &[&place.map(|place| place.uuid())],
        |row| row.at_opt(0),
    )?;
    // Moments are whole milliseconds.
    Ok(last.map_or(now, |last| now.max(last + SignedDuration::from_millis(1))))
}

/// All rows: by their day, and of one day in the order in which they were set.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<RuleRow>, Error> {
    tx.query(
        sql!(
            "SELECT r.id, r.kind, r.programme, r.jurisdiction_id, r.valid_from, r.content, r.withdraws, r.why, r.set_by,
                r.set_at, s.name
             FROM rule_files r LEFT JOIN staff_members s ON s.id = r.set_by
             ORDER BY r.valid_from, r.set_at, r.id"
        ),
        &[],
        |row| {
            Ok(RuleRow {
                id: row.get(0)?,
                kind: row.get(1)?,
                programme: row.get(2)?,
                place: row.get::<Option<_>>(3)?.map(JurisdictionId::from_uuid),
                valid_from: row.get(4)?,
                content: row.get(5)?,
                withdraws: row.get(6)?,
                why: row.get(7)?,
                set_by: row.get::<Option<_>>(8)?.map(StaffId::from_uuid),
                set_at: row.at(9)?,
                set_by_name: row.get(10)?,
            })
        },
    )
}

/// Whether anybody has ever been registered, or notified, with a programme.
pub fn programme_is_used(tx: &mut Tx<'_>, programme: &str) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM cases WHERE programme = $1)
                OR EXISTS (SELECT 1 FROM notifications WHERE programme = $1)"
        ),
        &[&programme],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// How many files, places and questionnaires there are, and when a place was added last.
pub type Version = (i64, i64, i64, Option<Timestamp>);

/// Tells whether anything was added since. A place may be removed again, and another one added: as many as before, but
/// the last one was added later.
pub fn version(tx: &mut Tx<'_>) -> Result<Version, Error> {
    let found = tx.query_opt(
        sql!(
            "SELECT (SELECT COUNT(*) FROM rule_files), (SELECT COUNT(*) FROM jurisdictions),
                (SELECT COUNT(*) FROM questionnaires), (SELECT MAX(created_at) FROM jurisdictions)"
        ),
        &[],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.at_opt(3)?)),
    )?;
    Ok(found.unwrap_or_default())
}

/// The places that have one above them: the place, and that above.
pub fn parents(tx: &mut Tx<'_>) -> Result<Vec<(JurisdictionId, JurisdictionId)>, Error> {
    tx.query(
        sql!("SELECT id, parent_id FROM jurisdictions WHERE parent_id IS NOT NULL"),
        &[],
        |row| {
            Ok((
                JurisdictionId::from_uuid(row.get(0)?),
                JurisdictionId::from_uuid(row.get(1)?),
            ))
        },
    )
}
