//! The tree of places: nation, prefectures, health centers, medical institutions.

use crate::engine::{At, Error, Row, Tx};
use crate::sql;
use domain::ids::{HealthCenterId, JurisdictionId};
use jiff::Timestamp;

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JurisdictionRow {
    /// The id; a health center's is that of the center.
    pub id: JurisdictionId,
    /// The place above.
    pub parent: Option<JurisdictionId>,
    /// `nation`, `prefecture`, `health_center`, `medical_institution`.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The ids from the root down, each followed by a slash.
    pub path: String,
}

impl JurisdictionRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(JurisdictionRow {
            id: JurisdictionId::from_uuid(row.get(0)?),
            parent: row.get::<Option<_>>(1)?.map(JurisdictionId::from_uuid),
            kind: row.get(2)?,
            name: row.get(3)?,
            path: row.get(4)?,
        })
    }
}

/// All that lies at or below a place, as a range of paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below {
    /// The first path.
    pub from: String,
    /// The first path that lies elsewhere.
    pub to: String,
}

impl Below {
    /// What lies at or below the place with this path.
    pub fn place(path: &str) -> Below {
        Below {
            from: path.to_owned(),
            // '0' follows '/' in ASCII.
            to: format!("{}0", path.trim_end_matches('/')),
        }
    }

    /// Whether the place with this path lies there.
    pub fn holds(&self, path: &str) -> bool {
        path >= self.from.as_str() && path < self.to.as_str()
    }

    /// All places.
    pub fn everywhere() -> Below {
        Below {
            from: String::new(),
            // Paths are hexadecimal digits and slashes.
            to: "g".to_owned(),
        }
    }
}

/// The path of a place below another, or of the root.
pub fn path_below(parent: Option<&str>, id: JurisdictionId) -> String {
    format!("{}{}/", parent.unwrap_or(""), id.uuid().simple())
}

/// Adds a place.
pub fn insert(tx: &mut Tx<'_>, place: &JurisdictionRow, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO jurisdictions (id, parent_id, kind, name, path, created_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING"
        ),
        &[
            &place.id.uuid(),
            &place.parent.map(|p| p.uuid()),
            &place.kind,
            &place.name,
            &place.path,
            &At(now),
        ],
    )?;
    Ok(())
}

/// A place.
pub fn find(tx: &mut Tx<'_>, id: JurisdictionId) -> Result<Option<JurisdictionRow>, Error> {
    tx.query_opt(
        sql!("SELECT id, parent_id, kind, name, path FROM jurisdictions WHERE id = $1"),
        &[&id.uuid()],
        |row| JurisdictionRow::from(&row),
    )
}

/// When a place was made.
pub fn made_at(tx: &mut Tx<'_>, id: JurisdictionId) -> Result<Option<Timestamp>, Error> {
    tx.query_opt(
        sql!("SELECT created_at FROM jurisdictions WHERE id = $1"),
        &[&id.uuid()],
        |row| row.at(0),
    )
}

/// The root, if the tree has one.
pub fn root(tx: &mut Tx<'_>) -> Result<Option<JurisdictionRow>, Error> {
    tx.query_opt(
        sql!("SELECT id, parent_id, kind, name, path FROM jurisdictions WHERE parent_id IS NULL ORDER BY path LIMIT 1"),
        &[],
        |row| JurisdictionRow::from(&row),
    )
}

/// The prefecture that was there first, if there is one; of several that were made at once, one that has a center.
pub fn first_prefecture(tx: &mut Tx<'_>) -> Result<Option<JurisdictionRow>, Error> {
    tx.query_opt(
        sql!(
            "SELECT p.id, p.parent_id, p.kind, p.name, p.path FROM jurisdictions p WHERE p.kind = 'prefecture'
             ORDER BY p.created_at, CASE WHEN EXISTS (SELECT 1 FROM jurisdictions c WHERE c.parent_id = p.id) THEN 0 ELSE 1 END,
                p.path
             LIMIT 1"
        ),
        &[],
        |row| JurisdictionRow::from(&row),
    )
}

/// The name of the place above each center that was not closed, those places in the order in which they were made.
pub fn prefectures_of_centers(tx: &mut Tx<'_>) -> Result<Vec<(String, HealthCenterId)>, Error> {
    tx.query(
        sql!(
            "SELECT p.name, c.id FROM jurisdictions c JOIN jurisdictions p ON p.id = c.parent_id
             WHERE c.kind = 'health_center' AND c.closed_at IS NULL ORDER BY p.created_at, p.id, c.id"
        ),
        &[],
        |row| Ok((row.get(0)?, HealthCenterId::from_uuid(row.get(1)?))),
    )
}

/// All places at or below one that were not closed, from the top down.
pub fn below(tx: &mut Tx<'_>, below: &Below) -> Result<Vec<JurisdictionRow>, Error> {
    tx.query(
        sql!(
            "SELECT id, parent_id, kind, name, path FROM jurisdictions
             WHERE path >= $1 AND path < $2 AND closed_at IS NULL ORDER BY path"
        ),
        &[&below.from, &below.to],
        |row| JurisdictionRow::from(&row),
    )
}

/// Gives a place another name.
pub fn rename(tx: &mut Tx<'_>, id: JurisdictionId, name: &str) -> Result<bool, Error> {
    let renamed = tx.execute(
        sql!("UPDATE jurisdictions SET name = $2 WHERE id = $1"),
        &[&id.uuid(), &name],
    )?;
    Ok(renamed == 1)
}

/// Keeps a place as it is until the transaction ends: nobody closes it meanwhile, and who is about to is waited for. Tells
/// whether it is there and was not closed.
pub fn hold_open(tx: &mut Tx<'_>, id: JurisdictionId) -> Result<bool, Error> {
    let held = tx.execute(
        sql!("UPDATE jurisdictions SET name = name WHERE id = $1 AND closed_at IS NULL"),
        &[&id.uuid()],
    )?;
    Ok(held == 1)
}

/// Keeps others from adding anything to a place until the transaction ends, and waits for those who do so right now: what
/// [`in_the_way`] finds afterwards is all that there is. Tells whether the place is there and was not closed.
pub fn hold_to_close(tx: &mut Tx<'_>, id: JurisdictionId) -> Result<bool, Error> {
    let is_open = hold_open(tx, id)?;
    // Whatever is written down for a center points at its row, which nobody does past this lock.
    if !tx.is_sqlite() {
        tx.query_opt(HOLD_CENTER, &[&id.uuid()], |_| Ok(()))?;
    }
    Ok(is_open)
}

/// Keeps everybody else who holds a center, or closes it, waiting until the transaction ends; whoever writes down something for
/// it does not wait. The embedded engine has one writer, so nobody has to wait there.
pub(crate) fn hold_center(tx: &mut Tx<'_>, center: HealthCenterId) -> Result<(), Error> {
    if !tx.is_sqlite() {
        tx.query_opt(ONE_AT_A_TIME, &[&center.uuid()], |_| Ok(()))?;
    }
    Ok(())
}

const ONE_AT_A_TIME: &str = "SELECT 1 FROM health_centers WHERE id = $1 FOR NO KEY UPDATE";

const HOLD_CENTER: &str = "SELECT 1 FROM health_centers WHERE id = $1 FOR UPDATE";

/// Whether a place is there and was not closed.
pub fn is_open(tx: &mut Tx<'_>, id: JurisdictionId) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!("SELECT 1 FROM jurisdictions WHERE id = $1 AND closed_at IS NULL"),
        &[&id.uuid()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// What keeps a place from being closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InTheWay {
    /// A place below it.
    Below,
    /// Staff who can come in.
    Staff,
    /// People, notifications, tasks, offers, rules or figures of a health center; of a medical institution, notifications
    /// that are still open.
    Records,
}

/// What keeps a place from being closed; none where nobody works and nothing is followed. An invitation that nobody has
/// taken up is nobody who works there.
pub fn in_the_way(tx: &mut Tx<'_>, id: JurisdictionId) -> Result<Option<InTheWay>, Error> {
    tx.query_one(
        sql!(
            "SELECT CASE
                WHEN EXISTS (SELECT 1 FROM jurisdictions WHERE parent_id = $1 AND closed_at IS NULL) THEN 1
                WHEN EXISTS (SELECT 1 FROM staff_members WHERE jurisdiction_id = $1 AND disabled_at IS NULL
                    AND (password_hash IS NOT NULL OR sso_subject IS NOT NULL)) THEN 2
                WHEN EXISTS (SELECT 1 FROM persons WHERE health_center_id = $1)
                    OR EXISTS (SELECT 1 FROM cases WHERE health_center_id = $1)
                    OR EXISTS (SELECT 1 FROM monitoring WHERE health_center_id = $1)
                    OR EXISTS (SELECT 1 FROM tasks WHERE health_center_id = $1)
                    OR EXISTS (SELECT 1 FROM alerts WHERE health_center_id = $1)
                    OR EXISTS (SELECT 1 FROM transfers WHERE from_center = $1 OR to_center = $1)
                    OR EXISTS (SELECT 1 FROM notifications WHERE health_center_id = $1)
                    OR EXISTS (SELECT 1 FROM notifications WHERE place_id = $1 AND state IN ('waiting', 'sent_back'))
                    OR EXISTS (SELECT 1 FROM reporting_requests WHERE health_center_id = $1)
                    OR EXISTS (SELECT 1 FROM rule_files WHERE jurisdiction_id = $1)
                    OR EXISTS (SELECT 1 FROM purged_counts WHERE health_center_id = $1)
                    OR EXISTS (SELECT 1 FROM purged_alerts WHERE health_center_id = $1) THEN 3
                ELSE 0 END"
        ),
        &[&id.uuid()],
        |row| {
            Ok(match row.get::<i32>(0)? {
                0 => None,
                1 => Some(InTheWay::Below),
                2 => Some(InTheWay::Staff),
                _ => Some(InTheWay::Records),
            })
        },
    )
}

/// Whether something stands under a place that must go on having it: staff who work or worked there, whose doings name them,
/// what they notified, or a closed place below.
pub fn has_history(tx: &mut Tx<'_>, id: JurisdictionId) -> Result<bool, Error> {
    tx.query_one(
        sql!(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM jurisdictions WHERE parent_id = $1)
                OR EXISTS (SELECT 1 FROM staff_members WHERE jurisdiction_id = $1)
                OR EXISTS (SELECT 1 FROM staff_moves WHERE from_place = $1)
                OR EXISTS (SELECT 1 FROM perhaps_one WHERE place_id = $1)
                OR EXISTS (SELECT 1 FROM notifications WHERE place_id = $1) THEN 1 ELSE 0 END"
        ),
        &[&id.uuid()],
        |row| Ok(row.get::<i32>(0)? == 1),
    )
}

/// Takes a place out of all lists and choices, and leaves its row to those whose history names it.
pub fn close(tx: &mut Tx<'_>, id: JurisdictionId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE jurisdictions SET closed_at = $2 WHERE id = $1"),
        &[&id.uuid(), &At(now)],
    )?;
    Ok(())
}

/// Opens a closed place directly below another one again, by its name; tells which one that is, where there is one.
pub fn reopen(
    tx: &mut Tx<'_>,
    parent: JurisdictionId,
    name: &str,
) -> Result<Option<JurisdictionRow>, Error> {
    tx.query_opt(
        sql!(
            "UPDATE jurisdictions SET closed_at = NULL WHERE parent_id = $1 AND name = $2 AND closed_at IS NOT NULL
             RETURNING id, parent_id, kind, name, path"
        ),
        &[&parent.uuid(), &name],
        |row| JurisdictionRow::from(&row),
    )
}

/// Takes a place out of the tree at which nothing was ever done, with its settings; a health center's row goes, too.
pub fn remove(tx: &mut Tx<'_>, id: JurisdictionId) -> Result<(), Error> {
    tx.execute(
        sql!("DELETE FROM place_settings WHERE jurisdiction_id = $1"),
        &[&id.uuid()],
    )?;
    tx.execute(
        sql!("DELETE FROM jurisdictions WHERE id = $1"),
        &[&id.uuid()],
    )?;
    tx.execute(
        sql!("DELETE FROM health_centers WHERE id = $1"),
        &[&id.uuid()],
    )?;
    Ok(())
}

/// Health centers that nobody works at who can come in, and that were not closed.
pub fn centers_without_staff(tx: &mut Tx<'_>) -> Result<Vec<String>, Error> {
    tx.query(
        sql!(
            "SELECT h.name FROM health_centers h
             WHERE NOT EXISTS (SELECT 1 FROM staff_members s WHERE s.jurisdiction_id = h.id AND s.disabled_at IS NULL)
                AND NOT EXISTS (SELECT 1 FROM jurisdictions j WHERE j.id = h.id AND j.closed_at IS NOT NULL)
             ORDER BY h.created_at, h.id"
        ),
        &[],
        |row| row.get(0),
    )
}

/// Health centers that have no place in the tree yet.
pub fn centers_without_place(tx: &mut Tx<'_>) -> Result<Vec<(HealthCenterId, String)>, Error> {
    tx.query(
        sql!(
            "SELECT h.id, h.name FROM health_centers h
             WHERE NOT EXISTS (SELECT 1 FROM jurisdictions j WHERE j.id = h.id) ORDER BY h.created_at, h.id"
        ),
        &[],
        |row| Ok((HealthCenterId::from_uuid(row.get(0)?), row.get(1)?)),
    )
}
