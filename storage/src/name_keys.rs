//! The keys by which names are found, of all persons: made anew where the way in which they are made has changed.

use crate::case_registration::NameRow;
use crate::engine::{Error, Tx};
use crate::sql;
use domain::ids::PersonId;

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
