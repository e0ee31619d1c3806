//! People whom two centers follow and who may be one: born on the same day, and of the same name or with the same phone. They
//! are looked for from the later registered one, a run at a time and along an index of birthdates at a center.

use crate::engine::{At, Error, Row, Tx};
use crate::jurisdiction::Below;
use crate::monitoring::After;
use crate::sql;
use domain::ids::{CaseId, JurisdictionId, PersonId, StaffId};
use jiff::Timestamp;
use uuid::Uuid;

/// Two cases, the later registered first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pair {
    /// When the later one was registered: by this and the case they are walked through.
    pub registered_at: Timestamp,
    /// The cases.
    pub cases: [CaseId; 2],
}

impl Pair {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Pair {
            registered_at: row.at(0)?,
            cases: [
                CaseId::from_uuid(row.get(1)?),
                CaseId::from_uuid(row.get(2)?),
            ],
        })
    }

    /// Where the walk goes on behind it.
    pub fn end(&self) -> After {
        (self.registered_at, self.cases[0])
    }
}

/// Where a run of so many open cases at and below a place ends that begins behind one, the newest first; none: there are no more
/// than these.
pub fn end_of_run(
    tx: &mut Tx<'_>,
    below: &Below,
    (at, case): After,
    length: i64,
) -> Result<Option<After>, Error> {
    tx.query_opt(
        sql!(
            "SELECT m.registered_at, m.case_id FROM jurisdictions j JOIN monitoring m ON m.health_center_id = j.id
             WHERE j.path >= $1 AND j.path < $2 AND j.kind = 'health_center' AND m.is_open = 1
                AND m.registered_at <= $3 AND (m.registered_at, m.case_id) < ($3, $4)
             ORDER BY m.registered_at DESC, m.case_id DESC LIMIT 1 OFFSET $5"
        ),
        &[&below.from, &below.to, &At(at), &case.uuid(), &(length - 1)],
        |row| Ok((row.at(0)?, CaseId::from_uuid(row.get(1)?))),
    )
}

/// The pairs at and below a place of whose later one a run holds: behind a case, and up to another one. The newest first, and
/// `limit` at the most. What was said about them before leaves them out.
pub fn pairs(
    tx: &mut Tx<'_>,
    below: &Below,
    ((at, case), (until, last)): (After, After),
    limit: i64,
) -> Result<Vec<Pair>, Error> {
    // The cases of the run are what is gone through, and for each the few of the other centers who were born on that day:
    // `CROSS JOIN` keeps SQLite to that order. A name alone, or a phone that was never known, may be that of thousands: what
    // is put behind the key keeps both engines from looking for it along its index.
    tx.query(
        sql!(
            "SELECT m.registered_at, m.case_id, n.case_id
             FROM jurisdictions j CROSS JOIN monitoring m CROSS JOIN cases c CROSS JOIN persons p CROSS JOIN jurisdictions k
                CROSS JOIN persons q CROSS JOIN cases d CROSS JOIN monitoring n
             WHERE j.path >= $1 AND j.path < $2 AND j.kind = 'health_center' AND m.health_center_id = j.id AND m.is_open = 1
                AND m.registered_at <= $3 AND m.registered_at >= $5
                AND (m.registered_at, m.case_id) < ($3, $4) AND (m.registered_at, m.case_id) >= ($5, $6)
                AND c.id = m.case_id AND c.merged_into IS NULL AND p.id = c.person_id
                AND k.path >= $1 AND k.path < $2 AND k.kind = 'health_center' AND k.id <> j.id
                AND q.birthdate = p.birthdate AND q.health_center_id = k.id AND q.id <> p.id
                AND (q.phone_blind = p.phone_blind OR EXISTS (SELECT 1 FROM person_names a CROSS JOIN person_names b
                    WHERE a.person_id = p.id AND b.person_id = q.id AND a.key_sorted <> ''
                        AND b.key_sorted || '' = a.key_sorted))
                AND d.person_id = q.id AND d.merged_into IS NULL
                AND (COALESCE(q.parted_from, q.id) <> COALESCE(p.parted_from, p.id) OR d.programme = c.programme)
                AND n.case_id = d.id AND n.is_open = 1
                AND n.health_center_id <> m.health_center_id
                AND (n.registered_at, n.case_id) < (m.registered_at, m.case_id)
                AND NOT EXISTS (SELECT 1 FROM perhaps_one o WHERE o.person_a = p.id AND o.person_b = q.id)
                AND NOT EXISTS (SELECT 1 FROM perhaps_one o WHERE o.person_a = q.id AND o.person_b = p.id)
             ORDER BY m.registered_at DESC, m.case_id DESC, n.registered_at DESC, n.case_id DESC LIMIT $7"
        ),
        &[
            &below.from,
            &below.to,
            &At(at),
            &case.uuid(),
            &At(until),
            &last.uuid(),
            &limit,
        ],
        |row| Pair::from(&row),
    )
}

/// What was said about two persons.
#[derive(Clone, Debug)]
pub struct SaidRow {
    /// The persons, the smaller id first.
    pub persons: [PersonId; 2],
    /// The newest case of each that is followed.
    pub cases: [CaseId; 2],
    /// When.
    pub at: Timestamp,
    /// The name of whoever said it.
    pub by: String,
}

/// Where the list of those about whom something was said goes on: when that was, and of whom.
pub type SaidAfter = (Timestamp, [PersonId; 2]);

impl SaidRow {
    /// Where the list goes on behind it.
    pub fn end(&self) -> SaidAfter {
        (self.at, self.persons)
    }
}

/// About whom a place has said this, the latest first, from behind a pair on: those of whom both are followed, and `limit` at
/// the most.
pub fn said_at(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    said: &str,
    (at, [one, other]): SaidAfter,
    limit: i64,
) -> Result<Vec<SaidRow>, Error> {
    tx.query(
        sql!(
            "SELECT x.case_a, x.case_b, x.said_at, s.name, x.person_a, x.person_b FROM (
                SELECT o.person_a, o.person_b, o.said_at, o.said_by,
                    (SELECT m.case_id FROM cases c JOIN monitoring m ON m.case_id = c.id WHERE c.person_id = o.person_a
                        AND m.is_open = 1 AND c.merged_into IS NULL ORDER BY m.registered_at DESC, m.case_id LIMIT 1) AS case_a,
                    (SELECT m.case_id FROM cases c JOIN monitoring m ON m.case_id = c.id WHERE c.person_id = o.person_b
                        AND m.is_open = 1 AND c.merged_into IS NULL ORDER BY m.registered_at DESC, m.case_id LIMIT 1) AS case_b
                FROM perhaps_one o WHERE o.place_id = $1 AND o.said = $2 AND o.said_at <= $3
                    AND (o.said_at, o.person_a, o.person_b) < ($3, $4, $5)) x
             JOIN staff_members s ON s.id = x.said_by
             WHERE x.case_a IS NOT NULL AND x.case_b IS NOT NULL
             ORDER BY x.said_at DESC, x.person_a DESC, x.person_b DESC LIMIT $6"
        ),
        &[
            &place.uuid(),
            &said,
            &At(at),
            &one.uuid(),
            &other.uuid(),
            &limit,
        ],
        |row| {
            Ok(SaidRow {
                persons: [
                    PersonId::from_uuid(row.get(4)?),
                    PersonId::from_uuid(row.get(5)?),
                ],
                cases: [CaseId::from_uuid(row.get(0)?), CaseId::from_uuid(row.get(1)?)],
                at: row.at(2)?,
                by: row.get(3)?,
            })
        },
    )
}

fn in_order([one, other]: [PersonId; 2]) -> (Uuid, Uuid) {
    let (one, other) = (one.uuid(), other.uuid());
    (one.min(other), one.max(other))
}

/// What stands said about two persons, and since when.
pub fn stands(
    tx: &mut Tx<'_>,
    persons: [PersonId; 2],
) -> Result<Option<(String, Timestamp)>, Error> {
    let (a, b) = in_order(persons);
    tx.query_opt(
        sql!("SELECT said, said_at FROM perhaps_one WHERE person_a = $1 AND person_b = $2"),
        &[&a, &b],
        |row| Ok((row.get(0)?, row.at(1)?)),
    )
}

/// Keeps what is said about two persons, in the place of what was said before.
pub fn say(
    tx: &mut Tx<'_>,
    persons: [PersonId; 2],
    said: &str,
    (place, by): (JurisdictionId, StaffId),
    now: Timestamp,
) -> Result<(), Error> {
    let (a, b) = in_order(persons);
    tx.execute(
        sql!(
            "INSERT INTO perhaps_one (person_a, person_b, place_id, said, said_at, said_by) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (person_a, person_b) DO UPDATE SET place_id = excluded.place_id, said = excluded.said,
                said_at = excluded.said_at, said_by = excluded.said_by"
        ),
        &[&a, &b, &place.uuid(), &said, &At(now), &by.uuid()],
    )?;
    Ok(())
}

/// Forgets what was said about two persons; tells whether anything was.
pub fn unsay(tx: &mut Tx<'_>, persons: [PersonId; 2]) -> Result<bool, Error> {
    let (a, b) = in_order(persons);
    let forgotten = tx.execute(
        sql!("DELETE FROM perhaps_one WHERE person_a = $1 AND person_b = $2"),
        &[&a, &b],
    )?;
    Ok(forgotten > 0)
}

/// A task that tells a center of such a pair.
pub struct ToldRow {
    /// The sealed details.
    pub details_sealed: Vec<u8>,
    /// When it was ended; none: it is open.
    pub done_at: Option<Timestamp>,
    /// The word on what was done.
    pub note: Option<String>,
}

/// The tasks of a kind about a case with the words on what was done, the latest first.
pub fn told_about(tx: &mut Tx<'_>, case: CaseId, kind: &str) -> Result<Vec<ToldRow>, Error> {
    tx.query(
        sql!(
            "SELECT details_sealed, done_at, done_note FROM tasks WHERE case_id = $1 AND kind = $2
             ORDER BY created_at DESC, id DESC"
        ),
        &[&case.uuid(), &kind],
        |row| {
            Ok(ToldRow {
                details_sealed: row.get(0)?,
                done_at: row.at_opt(1)?,
                note: row.get(2)?,
            })
        },
    )
}
