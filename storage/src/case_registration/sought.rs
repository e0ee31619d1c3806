//! Cases by what is known of somebody: a number, a phone, a birthdate, a name, or all that makes people alike.

use super::{CaseRow, Scope, select_cases};
use crate::engine::{At, Error, Tx};
use crate::jurisdiction::Below;
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, JurisdictionId, PersonId};
use domain::name::{MOST_PARTS, MOST_WHOLES, Sought};
use jiff::Timestamp;
use jiff::civil::Date;

/// A case by its HER-SYS ID; the caller asks [`find`](super::find) whether it lies within a scope.
pub fn by_hersys_id(tx: &mut Tx<'_>, hersys_id: &str) -> Result<Option<CaseRow>, Error> {
    tx.query_opt(
        select_cases!("WHERE c.hersys_id = $1"),
        &[&hersys_id],
        |row| CaseRow::from(&row),
    )
}

/// The case to which a HER-SYS ID led that was taken back, and when that was; the caller asks [`find`](super::find) whether
/// the case lies within a scope.
pub fn by_revoked_id(
    tx: &mut Tx<'_>,
    hersys_id: &str,
) -> Result<Option<(CaseId, Timestamp)>, Error> {
    tx.query_opt(
        sql!("SELECT case_id, revoked_at FROM revoked_ids WHERE hersys_id = $1"),
        &[&hersys_id],
        |row| Ok((CaseId::from_uuid(row.get(0)?), row.at(1)?)),
    )
}

/// Whose a HER-SYS ID is, or was before it was taken back; of a record that was merged into another one, whose that is.
pub fn person_of_id(tx: &mut Tx<'_>, hersys_id: &str) -> Result<Option<PersonId>, Error> {
    let stands = tx.query_opt(
        sql!(
            "SELECT COALESCE(k.person_id, c.person_id) FROM cases c LEFT JOIN cases k ON k.id = c.merged_into
             WHERE c.hersys_id = $1"
        ),
        &[&hersys_id],
        |row| row.get(0).map(PersonId::from_uuid),
    )?;
    if stands.is_some() {
        return Ok(stands);
    }
    tx.query_opt(
        sql!(
            "SELECT COALESCE(k.person_id, c.person_id) FROM revoked_ids r JOIN cases c ON c.id = r.case_id
                LEFT JOIN cases k ON k.id = c.merged_into
             WHERE r.hersys_id = $1"
        ),
        &[&hersys_id],
        |row| row.get(0).map(PersonId::from_uuid),
    )
}

/// Whether a case was registered at a center after a moment.
pub fn any_after(tx: &mut Tx<'_>, center: HealthCenterId, at: Timestamp) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!("SELECT 1 FROM cases WHERE health_center_id = $1 AND registered_at > $2 LIMIT 1"),
        &[&center.uuid(), &At(at)],
        |row| row.get::<i32>(0),
    )?;
    Ok(found.is_some())
}

/// A case of whom a file, or whoever registers somebody, may tell once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MayStand {
    /// The record that says so, also where it was merged into another one.
    pub case: CaseId,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// The case to which it leads: itself, or that into which the record was merged.
    pub leads_to: CaseId,
    /// The number of that.
    pub hersys_id: String,
    /// Whose it is.
    pub person: PersonId,
    /// The birthdate in that record.
    pub birthdate: Date,
    /// How much agrees beside the birthdate: 2 for a name, 1 for the phone, 3 for both. Where that is another one, both do.
    pub agrees: i32,
    /// Where nothing agrees but the birthdate, or all but that, a spelling of the name and its match key in the order written;
    /// each spelling is a row.
    pub name: Option<(String, String)>,
}

/// How many cases are looked at for somebody, those first of whom the most agrees. Some hundreds share a birthdate where it is not
/// known, and the first of January is written.
const LOOKED_AT: i64 = 60;

/// The cases at a center whose persons have this birthdate, the most alike first: those with a name that has one of these
/// keys before those with this phone, since twins share the phone. Beside them those with such a name and this phone, whatever
/// their birthdate: it is mistyped more easily than both. It is the case that must be the center's: a person goes along
/// with the one illness that is given to another center, and an older one of theirs stays. Of people who stand at another center
/// those are found with whom the phone or a name agrees: who was born on one day is many in a nation, above all where the day is
/// not known, and this is asked for each row of a list and before each case is written. For the same reason who has the name is
/// gone through once, for the birthdate and for the phone: one number may be that of a whole home. That the case is the center's is
/// asked in a way to which no index leads: the embedded engine would look through all cases of the center for the few who were born
/// that day. What a record says that was merged into another one leads to that one, and one that was registered in error is
/// nobody's double.
pub fn may_stand(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    birthdate: Date,
    phone_blind: &[u8],
    (key_a, key_b): (&str, &str),
) -> Result<Vec<MayStand>, Error> {
    tx.query(
        sql!(
            "SELECT x.hersys_id, x.person_id, x.agrees, n.name, n.key_joined, x.id, x.registered_at, x.leads_to, x.birthdate FROM (
                SELECT COALESCE(k.hersys_id, c.hersys_id) AS hersys_id, COALESCE(k.person_id, c.person_id) AS person_id,
                    c.registered_at, c.id, COALESCE(k.id, c.id) AS leads_to, p.id AS told_of, p.birthdate,
                    CASE WHEN EXISTS (SELECT 1 FROM person_names n
                        WHERE n.person_id = p.id AND (n.key_sorted = $4 OR n.key_sorted = $5)) THEN 2 ELSE 0 END
                    + CASE WHEN p.phone_blind = $3 THEN 1 ELSE 0 END AS agrees,
                    CASE WHEN p.birthdate = $2 THEN 1 ELSE 0 END AS born_then
                FROM (SELECT h.id FROM persons h WHERE h.birthdate = $2 AND h.health_center_id = $1
                    UNION SELECT r.id FROM persons r
                        WHERE r.phone_blind = $3 AND CASE WHEN r.birthdate = $2 THEN 1 ELSE 0 END = 1
                    UNION SELECT s.id FROM person_names m JOIN persons s ON s.id = m.person_id
                        WHERE m.key_sorted IN ($4, $5)
                            AND CASE WHEN s.birthdate = $2 OR s.phone_blind = $3 THEN 1 ELSE 0 END = 1) b
                JOIN persons p ON p.id = b.id JOIN cases c ON c.person_id = p.id LEFT JOIN cases k ON k.id = c.merged_into
                WHERE CASE WHEN c.health_center_id = $1 THEN 1 ELSE 0 END = 1 AND c.in_error_at IS NULL AND k.in_error_at IS NULL
                ORDER BY agrees DESC, born_then DESC, c.registered_at DESC, c.id LIMIT $6) x
             LEFT JOIN person_names n ON n.person_id = x.told_of AND (x.agrees = 0 OR x.born_then = 0)
             ORDER BY x.agrees DESC, x.born_then DESC, x.registered_at DESC, x.id"
        ),
        &[
            &center.uuid(),
            &birthdate,
            &phone_blind.to_vec(),
            &key_a,
            &key_b,
            &LOOKED_AT,
        ],
        |row| {
            let (name, key): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
            Ok(MayStand {
                case: CaseId::from_uuid(row.get(5)?),
                registered_at: row.at(6)?,
                leads_to: CaseId::from_uuid(row.get(7)?),
                hersys_id: row.get(0)?,
                person: PersonId::from_uuid(row.get(1)?),
                birthdate: row.get(8)?,
                agrees: row.get(2)?,
                name: name.zip(key),
            })
        },
    )
}

/// Cases within a scope of whoever is reached at a number, newest first, among them such as were merged into another one.
/// Within a family, and among what a staff member registered, nobody is looked for.
pub fn by_phone(
    tx: &mut Tx<'_>,
    scope: &Scope,
    phone_blind: &[u8],
    limit: i64,
) -> Result<Vec<CaseRow>, Error> {
    let phone_blind = phone_blind.to_vec();
    match scope {
        Scope::Below(below) => tx.query(
            select_cases!(
                "JOIN jurisdictions j ON j.id = c.health_center_id
                 WHERE p.phone_blind = $1 AND j.path >= $2 AND j.path < $3
                 ORDER BY c.registered_at DESC, c.id DESC LIMIT $4"
            ),
            &[&phone_blind, &below.from, &below.to, &limit],
            |row| CaseRow::from(&row),
        ),
        Scope::NotifiedAt(place) => tx.query(
            select_cases!(
                "WHERE p.phone_blind = $1 AND EXISTS (SELECT 1 FROM notifications n
                    WHERE n.case_id = c.id AND n.place_id = $2 AND n.state = 'confirmed')
                 ORDER BY c.registered_at DESC, c.id DESC LIMIT $3"
            ),
            &[&phone_blind, &place.uuid(), &limit],
            |row| CaseRow::from(&row),
        ),
        Scope::Family(_) | Scope::RegisteredBy(_) | Scope::Nobody => Ok(Vec::new()),
    }
}

/// The same of one center, without those that were merged into another one. No index leads to the center here either, as in
/// [`may_stand`].
pub fn by_phone_at(
    tx: &mut Tx<'_>,
    phone_blind: &[u8],
    center: HealthCenterId,
    limit: i64,
) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!(
            "WHERE p.phone_blind = $1 AND CASE WHEN c.health_center_id = $2 THEN 1 ELSE 0 END = 1 AND c.merged_into IS NULL
             ORDER BY c.registered_at DESC, c.id DESC LIMIT $3"
        ),
        &[&phone_blind.to_vec(), &center.uuid(), &limit],
        |row| CaseRow::from(&row),
    )
}

/// The same of whoever was born on a day.
pub fn by_birthdate(
    tx: &mut Tx<'_>,
    scope: &Scope,
    birthdate: Date,
    limit: i64,
) -> Result<Vec<CaseRow>, Error> {
    match scope {
        Scope::Below(below) => tx.query(
            select_cases!(
                "JOIN jurisdictions j ON j.id = c.health_center_id
                 WHERE p.birthdate = $1 AND j.path >= $2 AND j.path < $3
                 ORDER BY c.registered_at DESC, c.id DESC LIMIT $4"
            ),
            &[&birthdate, &below.from, &below.to, &limit],
            |row| CaseRow::from(&row),
        ),
        Scope::NotifiedAt(place) => tx.query(
            select_cases!(
                "WHERE p.birthdate = $1 AND EXISTS (SELECT 1 FROM notifications n
                    WHERE n.case_id = c.id AND n.place_id = $2 AND n.state = 'confirmed')
                 ORDER BY c.registered_at DESC, c.id DESC LIMIT $3"
            ),
            &[&birthdate, &place.uuid(), &limit],
            |row| CaseRow::from(&row),
        ),
        Scope::Family(_) | Scope::RegisteredBy(_) | Scope::Nobody => Ok(Vec::new()),
    }
}

/// A text for `LIKE … ESCAPE '!'` that stands for nothing but itself.
fn as_it_is(text: &str) -> String {
    text.replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_")
}

/// Cases at or below a place of which some spelling of the name holds this match key, or is it with its parts in another
/// order; among them such as were merged into another one.
pub fn by_name(
    tx: &mut Tx<'_>,
    below: &Below,
    (key, sorted): (&str, &str),
    limit: i64,
) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!(
            "JOIN jurisdictions j ON j.id = c.health_center_id WHERE j.path >= $1 AND j.path < $2
               AND EXISTS (SELECT 1 FROM person_names n WHERE n.person_id = p.id
                AND (n.key_joined LIKE $3 ESCAPE '!' OR n.key_sorted = $5))
             ORDER BY c.registered_at DESC, c.id DESC LIMIT $4"
        ),
        &[
            &below.from,
            &below.to,
            &format!("%{}%", as_it_is(key)),
            &limit,
            &sorted,
        ],
        |row| CaseRow::from(&row),
    )
}

/// Cases at or below a place of which some spelling of the name may be one that is looked for, written otherwise or with more
/// parts; among them such as were merged into another one.
pub fn by_name_otherwise(
    tx: &mut Tx<'_>,
    below: &Below,
    sought: &Sought,
    limit: i64,
) -> Result<Vec<CaseRow>, Error> {
    let pattern = |text: &String| format!("%{}%", as_it_is(text));
    let patterns = |texts: &[String], at: usize| texts.get(at).map(pattern);
    let wholes: [Option<String>; MOST_WHOLES] =
        std::array::from_fn(|at| patterns(&sought.wholes, at));
    // A part that is not there is any: each name has it. Without parts there is no name that has them.
    let parts: [Option<String>; MOST_PARTS] = std::array::from_fn(|at| {
        let any = (!sought.parts.is_empty()).then(|| "%".to_owned());
        patterns(&sought.parts, at).or(any)
    });
    let [a, b, c, d, e, f, g, h] = &wholes;
    let [p, q, r, s, t, u] = &parts;
    tx.query(
        select_cases!(
            "JOIN jurisdictions j ON j.id = c.health_center_id WHERE j.path >= $1 AND j.path < $2
               AND EXISTS (SELECT 1 FROM person_names n WHERE n.person_id = p.id
                AND (n.key_joined LIKE $4 ESCAPE '!' OR n.key_joined LIKE $5 ESCAPE '!'
                  OR n.key_joined LIKE $6 ESCAPE '!' OR n.key_joined LIKE $7 ESCAPE '!'
                  OR n.key_joined LIKE $8 ESCAPE '!' OR n.key_joined LIKE $9 ESCAPE '!'
                  OR n.key_joined LIKE $10 ESCAPE '!' OR n.key_joined LIKE $11 ESCAPE '!'
                  OR (n.key_joined LIKE $12 ESCAPE '!' AND n.key_joined LIKE $13 ESCAPE '!'
                    AND n.key_joined LIKE $14 ESCAPE '!' AND n.key_joined LIKE $15 ESCAPE '!'
                    AND n.key_joined LIKE $16 ESCAPE '!' AND n.key_joined LIKE $17 ESCAPE '!')))
             ORDER BY c.registered_at DESC, c.id DESC LIMIT $3"
        ),
        &[
            &below.from,
            &below.to,
            &limit,
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
            p,
            q,
            r,
            s,
            t,
            u,
        ],
        |row| CaseRow::from(&row),
    )
}

/// Cases at or below a place whose person may be one that is about to be registered: with this phone number or this day of
/// birth, since a name alone makes nobody the same. Those come first with whom the most agrees, among it some spelling of the
/// name with one of these two keys: hundreds share a number where a home has one for all, and a birthdate where it is not known.
/// What a record says that was merged into another one is among it.
pub fn alike(
    tx: &mut Tx<'_>,
    below: &Below,
    phone_blind: &[u8],
    birthdate: Date,
    (key_a, key_b): (&str, &str),
    limit: i64,
) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!("JOIN jurisdictions j ON j.id = c.health_center_id
             WHERE j.path >= $1 AND j.path < $2 AND (p.phone_blind = $3 OR p.birthdate = $4)
             ORDER BY CASE WHEN EXISTS (SELECT 1 FROM person_names n
                    WHERE n.person_id = p.id AND (n.key_sorted = $5 OR n.key_sorted = $6)) THEN 2 ELSE 0 END
                + CASE WHEN p.birthdate = $4 THEN 2 ELSE 0 END
                + CASE WHEN p.phone_blind = $3 THEN 1 ELSE 0 END DESC, c.registered_at DESC, c.id DESC LIMIT $7"),
        &[
            &below.from,
            &below.to,
            &phone_blind,
            &birthdate,
            &key_a,
            &key_b,
            &limit,
        ],
        |row| CaseRow::from(&row),
    )
}

/// Of the cases that came of a medical institution's notifications: those whose person may be one that is about to be
/// notified, by the same signs as [`alike`]. What others notified is never among them.
pub fn alike_notified_at(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    phone_blind: &[u8],
    birthdate: Date,
    (key_a, key_b): (&str, &str),
    limit: i64,
) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!("WHERE c.id IN (SELECT n.case_id FROM notifications n WHERE n.place_id = $1 AND n.state = 'confirmed')
                AND c.merged_into IS NULL AND (p.phone_blind = $2 OR p.birthdate = $3)
             ORDER BY CASE WHEN EXISTS (SELECT 1 FROM person_names m
                    WHERE m.person_id = p.id AND (m.key_sorted = $4 OR m.key_sorted = $5)) THEN 2 ELSE 0 END
                + CASE WHEN p.birthdate = $3 THEN 2 ELSE 0 END
                + CASE WHEN p.phone_blind = $2 THEN 1 ELSE 0 END DESC, c.registered_at DESC, c.id DESC LIMIT $6"),
        &[
            &place.uuid(),
            &phone_blind,
            &birthdate,
            &key_a,
            &key_b,
            &limit,
        ],
        |row| CaseRow::from(&row),
    )
}
