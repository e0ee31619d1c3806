//! A person's row belongs to one center. Whoever was ill before and is handed over has records at two: what stays there gets a row of
//! its own, as the person was known at that moment, and what is entered from then on at either is not before the other.

use crate::engine::{At, Error, Tx};
use crate::monitoring::hold_all;
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, PersonId, TransferId};
use jiff::Timestamp;
use uuid::Uuid;

/// The persons of a case and of those that were merged into it: what goes along with it.
pub fn persons_of(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<PersonId>, Error> {
    tx.query(
        sql!(
            "SELECT person_id FROM cases WHERE id = $1 UNION SELECT person_id FROM cases WHERE merged_into = $1"
        ),
        &[&case.uuid()],
        |row| row.get(0).map(PersonId::from_uuid),
    )
}

/// Holds a case with all cases of the persons that go along with it, in the order in which whoever corrects one of them does: what
/// stays behind is neither purged nor made part of another one meanwhile.
pub fn hold_with_persons(tx: &mut Tx<'_>, case: CaseId) -> Result<(), Error> {
    let mut all = vec![case];
    for person in persons_of(tx, case)? {
        let of_person = tx.query(
            sql!("SELECT id FROM cases WHERE person_id = $1"),
            &[&person.uuid()],
            |row| row.get(0).map(CaseId::from_uuid),
        )?;
        all.extend(of_person);
    }
    all.sort();
    all.dedup();
    hold_all(tx, all)
}

/// Whether the row of a person is also that of another center's cases.
pub fn is_shared(tx: &mut Tx<'_>, person: PersonId) -> Result<bool, Error> {
    Ok(!others_at(tx, person)?.is_empty())
}

/// The other centers that have cases of a person than the one whose row it is.
fn others_at(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<HealthCenterId>, Error> {
    tx.query(
        sql!(
            "SELECT DISTINCT c.health_center_id FROM persons p JOIN cases c ON c.person_id = p.id
             WHERE p.id = $1 AND c.health_center_id <> p.health_center_id"
        ),
        &[&person.uuid()],
        |row| row.get(0).map(HealthCenterId::from_uuid),
    )
}

/// Gives each other center that has cases of a person a row of its own for them. Tells these rows: they say what the person's row
/// says, and are sealed alike, until the caller seals them anew.
pub fn part(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<(PersonId, HealthCenterId)>, Error> {
    let mut parted = Vec::new();
    for center in others_at(tx, person)? {
        let copy = PersonId::from_uuid(Uuid::now_v7());
        copy_to(tx, person, (copy, center))?;
        parted.push((copy, center));
    }
    Ok(parted)
}

fn copy_to(
    tx: &mut Tx<'_>,
    person: PersonId,
    (copy, center): (PersonId, HealthCenterId),
) -> Result<(), Error> {
    let (person, copy, center) = (person.uuid(), copy.uuid(), center.uuid());
    // It counts as changed: a form that was shown before the handing over writes nothing.
    tx.execute(
        sql!(
            "INSERT INTO persons (id, health_center_id, birthdate, phone_sealed, phone_blind, language, created_at, version,
                email_sealed, address_sealed, whereabouts_sealed, phone_since, email_since, number_wrong_at, parted_from)
             SELECT $2, $3, p.birthdate, p.phone_sealed, p.phone_blind, p.language, p.created_at, p.version + 1,
                p.email_sealed, p.address_sealed, p.whereabouts_sealed, p.phone_since, p.email_since, p.number_wrong_at,
                COALESCE(p.parted_from, p.id)
             FROM persons p WHERE p.id = $1"
        ),
        &[&person, &copy, &center],
    )?;
    tx.execute(
        sql!(
            "INSERT INTO person_names (person_id, script, name, key_joined, key_sorted)
             SELECT $2, n.script, n.name, n.key_joined, n.key_sorted FROM person_names n WHERE n.person_id = $1"
        ),
        &[&person, &copy],
    )?;
    tx.execute(
        sql!(
            "UPDATE cases SET person_id = $2, version = version + 1 WHERE person_id = $1 AND health_center_id = $3"
        ),
        &[&person, &copy, &center],
    )?;
    // A call that found the number wrong stands in a record of the one, and is as true of the other.
    for (row, other) in [(person, copy), (copy, person)] {
        tx.execute(
            sql!(
                "UPDATE persons SET number_wrong_at = COALESCE((SELECT max(k.at) FROM cases o
                        JOIN contacts_made k ON k.case_id = o.id
                        WHERE o.person_id = $2 AND k.outcome = 'wrong_number' AND k.in_error_at IS NULL), number_wrong_at)
                 WHERE id = $1"
            ),
            &[&row, &other],
        )?;
    }
    // What a prefecture has said of the person and somebody else holds of both.
    tx.execute(
        sql!(
            "INSERT INTO perhaps_one (person_a, person_b, place_id, said, said_at, said_by)
             SELECT CASE WHEN x.other < $2 THEN x.other ELSE $2 END, CASE WHEN x.other < $2 THEN $2 ELSE x.other END,
                x.place_id, x.said, x.said_at, x.said_by
             FROM (SELECT o.person_b AS other, o.place_id, o.said, o.said_at, o.said_by FROM perhaps_one o WHERE o.person_a = $1
                UNION ALL SELECT o.person_a, o.place_id, o.said, o.said_at, o.said_by FROM perhaps_one o WHERE o.person_b = $1) x
             WHERE x.other <> $2 ON CONFLICT DO NOTHING"
        ),
        &[&person, &copy],
    )?;
    Ok(())
}

/// When a center has last handed over a case of a person, with what was merged into it; none: never.
pub fn handed_over_by(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    person: PersonId,
) -> Result<Option<Timestamp>, Error> {
    tx.query_one(
        sql!(
            "SELECT max(t.answered_at) FROM cases c JOIN transfers t ON t.case_id IN (c.id, c.merged_into)
             WHERE c.person_id = $2 AND t.from_center = $1 AND t.answer = 'accepted'"
        ),
        &[&center.uuid(), &person.uuid()],
        |row| row.at_opt(0),
    )
}

/// A case that was handed over, and when: by this and the id of the offer they are walked through.
pub type HandedOver = (CaseId, (Timestamp, TransferId));

/// What was handed over from behind a moment and an offer on, the earliest first, `limit` at the most.
pub fn handed_over_since(
    tx: &mut Tx<'_>,
    (at, offer): (Timestamp, TransferId),
    limit: i64,
) -> Result<Vec<HandedOver>, Error> {
    tx.query(
        sql!(
            "SELECT case_id, answered_at, id FROM transfers
             WHERE answer = 'accepted' AND answered_at >= $1 AND (answered_at > $1 OR id > $2)
             ORDER BY answered_at, id LIMIT $3"
        ),
        &[&At(at), &offer.uuid(), &limit],
        |row| {
            Ok((
                CaseId::from_uuid(row.get(0)?),
                (row.at(1)?, TransferId::from_uuid(row.get(2)?)),
            ))
        },
    )
}
