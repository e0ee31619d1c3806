//! The keys by which names are found, of all persons: made anew where the way in which they are made has changed, and
//! looked through for names in another script.

use crate::case_registration::NameRow;
use crate::engine::{Error, Tx};
use crate::jurisdiction::Below;
use crate::sql;
use domain::ids::{CaseId, PersonId};

/// A name and whose it is.
#[derive(Clone)]
pub struct NamedPerson {
    /// The person.
    pub person: PersonId,
    /// The name, with the keys that stand.
    pub name: NameRow,
}

/// Names in the order of persons and scripts, after one of them, `limit` at the most.
pub fn after(
    tx: &mut Tx<'_>,
    (person, script): (PersonId, &str),
    limit: i64,
) -> Result<Vec<NamedPerson>, Error> {
    tx.query(
        sql!(
            "SELECT person_id, script, name, key_joined, key_sorted FROM person_names
             WHERE (person_id, script) > ($1, $2) ORDER BY person_id, script LIMIT $3"
        ),
        &[&person.uuid(), &script, &limit],
        |row| {
            Ok(NamedPerson {
                person: PersonId::from_uuid(row.get(0)?),
                name: NameRow {
                    script: row.get(1)?,
                    name: row.get(2)?,
                    key_joined: row.get(3)?,
                    key_sorted: row.get(4)?,
                },
            })
        },
    )
}

/// Cases at or below a place and the names of their persons whose match key fits one of two patterns of `LIKE`, with that
/// key, newest first, `limit` names at the most; also of such as were merged into another one.
pub fn that_fit(
    tx: &mut Tx<'_>,
    below: &Below,
    [first, second]: &[String; 2],
    limit: i64,
) -> Result<Vec<(CaseId, String, String)>, Error> {
    tx.query(
        sql!(
            "SELECT c.id, n.name, n.key_joined FROM cases c
             JOIN jurisdictions j ON j.id = c.health_center_id
             JOIN person_names n ON n.person_id = c.person_id
             WHERE j.path >= $1 AND j.path < $2
               AND (n.key_joined LIKE $3 OR n.key_joined LIKE $4)
             ORDER BY c.registered_at DESC, c.id DESC LIMIT $5"
        ),
        &[&below.from, &below.to, first, second, &limit],
        |row| Ok((CaseId::from_uuid(row.get(0)?), row.get(1)?, row.get(2)?)),
    )
}

/// Writes the keys of a name, unless it was corrected meanwhile.
pub fn set(tx: &mut Tx<'_>, named: &NamedPerson) -> Result<(), Error> {
    let name = &named.name;
    tx.execute(
        sql!(
            "UPDATE person_names SET key_joined = $4, key_sorted = $5
             WHERE person_id = $1 AND script = $2 AND name = $3"
        ),
        &[
            &named.person.uuid(),
            &name.script,
            &name.name,
            &name.key_joined,
            &name.key_sorted,
        ],
    )?;
    Ok(())
}
