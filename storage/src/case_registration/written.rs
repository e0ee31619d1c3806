//! Persons and cases are written down and corrected, and get the numbers of their brochures.

use super::{NewCase, NewPerson, RecordId};
use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, PersonId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// Adds a person with all spellings of the name.
pub fn insert_person(tx: &mut Tx<'_>, person: &NewPerson, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO persons (id, health_center_id, birthdate, phone_sealed, phone_blind, language, created_at,
                email_sealed, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)"
        ),
        &[
            &person.id.uuid(),
            &person.center.uuid(),
            &person.birthdate,
            &person.phone_sealed,
            &person.phone_blind,
            &person.language,
            &At(now),
            &person.email_sealed,
        ],
    )?;
    insert_names(tx, person)
}

fn insert_names(tx: &mut Tx<'_>, person: &NewPerson) -> Result<(), Error> {
    for name in &person.names {
        tx.execute(
            sql!(
                "INSERT INTO person_names (person_id, script, name, key_joined, key_sorted)
                 VALUES ($1, $2, $3, $4, $5)"
            ),
            &[
                &person.id.uuid(),
                &name.script,
                &name.name,
                &name.key_joined,
                &name.key_sorted,
            ],
        )?;
    }
    Ok(())
}

/// Whether a HER-SYS ID is taken, or was once and led to somebody; `blind` is its keyed hash, by which those are known
/// whose record was purged.
pub fn id_is_taken(tx: &mut Tx<'_>, hersys_id: &str, blind: &[u8]) -> Result<bool, Error> {
    Ok(tx
        .query_opt(
            sql!(
                "SELECT 1 FROM cases WHERE hersys_id = $1
                 UNION ALL SELECT 1 FROM revoked_ids WHERE hersys_id = $1
                 UNION ALL SELECT 1 FROM given_ids WHERE id_blind = $2"
            ),
            &[&hersys_id, &blind],
            |row| row.get::<i32>(0),
        )?
        .is_some())
}

/// The case that a form or an imported row has already become.
pub fn by_form_key(tx: &mut Tx<'_>, form_key: Uuid) -> Result<Option<CaseId>, Error> {
    tx.query_opt(
        sql!("SELECT id FROM cases WHERE form_key = $1"),
        &[&form_key],
        |row| Ok(CaseId::from_uuid(row.get(0)?)),
    )
}

/// Lets those who register people of a center who were born on one day do so one after the other, until the transaction ends:
/// whoever comes second finds whom the first has registered. The embedded engine has one writer, so nobody has to wait there.
pub fn one_by_one(tx: &mut Tx<'_>, center: HealthCenterId, birthdate: Date) -> Result<(), Error> {
    if !tx.is_sqlite() {
        let whom = format!("{center} {birthdate}");
        tx.query_opt(ONE_BY_ONE, &[&whom], |_| Ok(()))?;
    }
    Ok(())
}

const ONE_BY_ONE: &str = "SELECT pg_advisory_xact_lock(4857397, hashtext($1))";

/// Adds a case; tells that something can hang at it.
///
/// # Errors
/// [`Error::TryAgain`] where its number or the key of its form was taken this very moment: whoever looks again finds by whom.
pub fn insert_case(
    tx: &mut Tx<'_>,
    case: &NewCase,
    person: &NewPerson,
    now: Timestamp,
) -> Result<RecordId, Error> {
    let by_center = case.passport_sealed.as_ref().map(|_| "center");
    let added = tx.execute(
        sql!(
            "INSERT INTO cases (id, person_id, health_center_id, programme, hersys_id, diagnosed_on, onset_on,
                entered_japan_on, passport_sealed, passport_entered_at, passport_entered_by, registered_at,
                registered_by, form_key, is_contact, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1)
             ON CONFLICT DO NOTHING"
        ),
        &[
            &case.id.uuid(),
            &person.id.uuid(),
            &person.center.uuid(),
            &case.programme,
            &case.hersys_id,
            &case.diagnosed_on,
            &case.onset_on,
            &case.entered_japan_on,
            &case.passport_sealed,
            &by_center.map(|_| At(now)),
            &by_center,
            &At(now),
            &case.registered_by.map(|s| s.uuid()),
            &case.form_key,
            &i32::from(case.is_contact),
        ],
    )?;
    match added {
        1 => Ok(RecordId(case.id)),
        _ => Err(Error::TryAgain),
    }
}

/// Where a person lives, and where they stay if that is elsewhere; both sealed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AddressRow {
    /// The address.
    pub address_sealed: Option<Vec<u8>>,
    /// Where the person stays.
    pub whereabouts_sealed: Option<Vec<u8>>,
}

/// Where a person lives and stays, as the person's record says.
pub fn address(tx: &mut Tx<'_>, person: PersonId) -> Result<AddressRow, Error> {
    tx.query_one(
        sql!("SELECT address_sealed, whereabouts_sealed FROM persons WHERE id = $1"),
        &[&person.uuid()],
        |row| {
            Ok(AddressRow {
                address_sealed: row.get(0)?,
                whereabouts_sealed: row.get(1)?,
            })
        },
    )
}

/// Where those are whom a center follows and of whom a place is known, the newest first: of so many who are followed, for what is
/// sealed cannot be looked for otherwise than by opening it.
pub fn addresses_at(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    most: i64,
) -> Result<Vec<(CaseId, AddressRow)>, Error> {
    // The moment says nothing about the rows; it leads to the index with the order.
    tx.query(
        sql!(
            "SELECT x.case_id, p.address_sealed, p.whereabouts_sealed FROM (
                SELECT m.case_id, m.registered_at FROM monitoring m
                WHERE m.health_center_id = $1 AND m.registered_at >= $2 AND m.is_open = 1
                ORDER BY m.registered_at DESC, m.case_id DESC LIMIT $3) x
             JOIN cases c ON c.id = x.case_id JOIN persons p ON p.id = c.person_id
             WHERE p.address_sealed IS NOT NULL OR p.whereabouts_sealed IS NOT NULL
             ORDER BY x.registered_at DESC, x.case_id DESC"
        ),
        &[&center.uuid(), &At(Timestamp::UNIX_EPOCH), &most],
        |row| {
            Ok((
                CaseId::from_uuid(row.get(0)?),
                AddressRow {
                    address_sealed: row.get(1)?,
                    whereabouts_sealed: row.get(2)?,
                },
            ))
        },
    )
}

/// Writes down where a person lives and stays.
pub fn set_address(tx: &mut Tx<'_>, person: PersonId, address: &AddressRow) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE persons SET address_sealed = $2, whereabouts_sealed = $3 WHERE id = $1"),
        &[
            &person.uuid(),
            &address.address_sealed,
            &address.whereabouts_sealed,
        ],
    )?;
    Ok(())
}

/// Writes the e-mail address down that a person told, sealed; none: that they told none. `since`: from when on it is
/// another one than was written to before; none: as was known.
pub fn set_email(
    tx: &mut Tx<'_>,
    person: PersonId,
    sealed: Option<&[u8]>,
    since: Option<Timestamp>,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE persons SET email_sealed = $2, email_since = COALESCE($3, email_since) WHERE id = $1"
        ),
        &[
            &person.uuid(),
            &sealed.map(<[u8]>::to_vec),
            &since.map(At),
        ],
    )?;
    Ok(())
}

/// Gives a person the e-mail address of another, with since when it is known: what was sent to the one before it counts for
/// neither.
pub fn take_email(tx: &mut Tx<'_>, from: PersonId, to: PersonId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE persons SET email_sealed = (SELECT f.email_sealed FROM persons f WHERE f.id = $1),
                email_since = COALESCE((SELECT f.email_since FROM persons f WHERE f.id = $1), email_since)
             WHERE id = $2"
        ),
        &[&from.uuid(), &to.uuid()],
    )?;
    Ok(())
}

/// Counts a change of a person: a form that was shown before it does not undo it.
pub fn person_changed(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE persons SET version = version + 1 WHERE id = $1"),
        &[&person.uuid()],
    )?;
    Ok(())
}

/// Gives a person the phone number of another, with what is known of it. The person counts as changed: a form that was shown
/// without it would otherwise take it away again.
pub fn take_phone(tx: &mut Tx<'_>, from: PersonId, to: PersonId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE persons SET phone_sealed = (SELECT f.phone_sealed FROM persons f WHERE f.id = $1),
                phone_blind = (SELECT f.phone_blind FROM persons f WHERE f.id = $1),
                phone_since = (SELECT f.phone_since FROM persons f WHERE f.id = $1),
                number_wrong_at = (SELECT f.number_wrong_at FROM persons f WHERE f.id = $1), version = version + 1
             WHERE id = $2"
        ),
        &[&from.uuid(), &to.uuid()],
    )?;
    Ok(())
}

/// Writes what is kept of a person's phone number, sealed and hashed. The person counts as changed.
pub fn set_phone(
    tx: &mut Tx<'_>,
    person: PersonId,
    (sealed, blind): (&[u8], &[u8]),
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE persons SET phone_sealed = $2, phone_blind = $3, phone_since = $4, version = version + 1
             WHERE id = $1"
        ),
        &[&person.uuid(), &sealed, &blind, &At(now)],
    )?;
    Ok(())
}

/// Corrects who a person is; `version` must be the one that was looked at. Another number is known from now on, and so is another
/// e-mail address: only whoever can open what is sealed knows whether it is one.
pub fn correct_person(
    tx: &mut Tx<'_>,
    person: &NewPerson,
    is_another_email: bool,
    version: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    let set = tx.execute(
        sql!(
            "UPDATE persons SET birthdate = $2, phone_sealed = $3, phone_blind = $4, language = $5,
                email_sealed = $7, phone_since = CASE WHEN phone_blind = $4 THEN phone_since ELSE $8 END,
                email_since = COALESCE($9, email_since), version = version + 1
             WHERE id = $1 AND version = $6"
        ),
        &[
            &person.id.uuid(),
            &person.birthdate,
            &person.phone_sealed,
            &person.phone_blind,
            &person.language,
            &version,
            &person.email_sealed,
            &At(now),
            &is_another_email.then_some(At(now)),
        ],
    )?;
    if set == 0 {
        return Ok(false);
    }
    tx.execute(
        sql!("DELETE FROM person_names WHERE person_id = $1"),
        &[&person.id.uuid()],
    )?;
    insert_names(tx, person)?;
    Ok(true)
}

/// Corrects the days of a case.
pub fn correct_case(
    tx: &mut Tx<'_>,
    case: CaseId,
    programme: &str,
    (diagnosed_on, onset_on, entered_japan_on): (Date, Option<Date>, Option<Date>),
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE cases SET programme = $5, diagnosed_on = $2, onset_on = $3, entered_japan_on = $4,
                version = version + 1
             WHERE id = $1"
        ),
        &[
            &case.uuid(),
            &diagnosed_on,
            &onset_on,
            &entered_japan_on,
            &programme,
        ],
    )?;
    Ok(())
}

/// Takes a case's ID back and gives it another one; `version` must be the one that was looked at. With `detach`, the
/// account that has claimed the case loses it; whether the record has another one is written beside
/// ([`crate::monitoring::left_account`]).
pub fn reissue(
    tx: &mut Tx<'_>,
    case: CaseId,
    new_id: &str,
    detach: bool,
    version: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    tx.execute(
        sql!(
            "INSERT INTO revoked_ids (hersys_id, case_id, revoked_at)
             SELECT hersys_id, id, $2 FROM cases WHERE id = $1 AND version = $3
             ON CONFLICT (hersys_id) DO NOTHING"
        ),
        &[&case.uuid(), &At(now), &version],
    )?;
    let given = tx.execute(
        sql!(
            "UPDATE cases SET hersys_id = $2, version = version + 1,
                account_id = CASE WHEN $3 = 1 THEN NULL ELSE account_id END,
                claimed_at = CASE WHEN $3 = 1 THEN NULL ELSE claimed_at END,
                first_session_id = CASE WHEN $3 = 1 THEN NULL ELSE first_session_id END
             WHERE id = $1 AND version = $4"
        ),
        &[&case.uuid(), &new_id, &i32::from(detach), &version],
    )?;
    Ok(given == 1)
}
