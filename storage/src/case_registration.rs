//! Persons and their cases, as health centers register them.

use crate::engine::{Asked, At, Error, Row, Tx};
use crate::jurisdiction::Below;
use crate::sql;
use domain::ids::{AccountId, CaseId, HealthCenterId, JurisdictionId, PersonId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// A spelling of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRow {
    /// `kanji`, `kana` or `latin`: the field that the center wrote it into.
    pub script: String,
    /// As the center wrote it.
    pub name: String,
    /// Its match key in the order written.
    pub key_joined: String,
    /// Its match key in sorted order.
    pub key_sorted: String,
}

/// A person as registered.
#[derive(Clone)]
pub struct NewPerson {
    /// The id.
    pub id: PersonId,
    /// The center that answers for the person.
    pub center: HealthCenterId,
    /// The day of birth.
    pub birthdate: Date,
    /// The sealed phone number.
    pub phone_sealed: Vec<u8>,
    /// Its keyed hash.
    pub phone_blind: Vec<u8>,
    /// The sealed e-mail address that the person told, for an invitation.
    pub email_sealed: Option<Vec<u8>>,
    /// The language that the person reads, a BCP 47 tag.
    pub language: String,
    /// At least one spelling.
    pub names: Vec<NameRow>,
}

/// A case as registered.
#[derive(Clone)]
pub struct NewCase {
    /// The id.
    pub id: CaseId,
    /// The programme (disease).
    pub programme: String,
    /// The number on the brochure.
    pub hersys_id: String,
    /// The day of the diagnosis.
    pub diagnosed_on: Date,
    /// The first day of symptoms, if there were any.
    pub onset_on: Option<Date>,
    /// The day of entry into Japan, if recent.
    pub entered_japan_on: Option<Date>,
    /// The sealed passport number, where the center has it.
    pub passport_sealed: Option<Vec<u8>>,
    /// Who registered it, where a person did.
    pub registered_by: Option<StaffId>,
    /// The key of the form or of the imported row: registering twice makes one case.
    pub form_key: Uuid,
    /// Whether it is a close contact.
    pub is_contact: bool,
}

/// A case with its person, as pages show it.
#[derive(Clone)]
pub struct CaseRow {
    /// The case.
    pub id: CaseId,
    /// The person.
    pub person: PersonId,
    /// The center that answers for it.
    pub center: HealthCenterId,
    /// The programme.
    pub programme: String,
    /// The number on the brochure.
    pub hersys_id: String,
    /// The day of the diagnosis.
    pub diagnosed_on: Date,
    /// The first day of symptoms.
    pub onset_on: Option<Date>,
    /// The day of entry into Japan.
    pub entered_japan_on: Option<Date>,
    /// The sealed passport number.
    pub passport_sealed: Option<Vec<u8>>,
    /// Who entered the passport number: `center` or `person`.
    pub passport_entered_by: Option<String>,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// The account that has claimed it.
    pub account: Option<AccountId>,
    /// When it was claimed.
    pub claimed_at: Option<Timestamp>,
    /// The session in which it was claimed: the first log-in of this member.
    pub first_session: Option<Uuid>,
    /// Counts changes.
    pub version: i32,
    /// The day of birth.
    pub birthdate: Date,
    /// The sealed phone number.
    pub phone_sealed: Vec<u8>,
    /// Its keyed hash.
    pub phone_blind: Vec<u8>,
    /// The sealed e-mail address that the person told, for an invitation.
    pub email_sealed: Option<Vec<u8>>,
    /// The language that the person reads.
    pub language: String,
    /// Counts changes of the person.
    pub person_version: i32,
    /// Whether this is a close contact who is not ill; the diagnosis's day is that of the last contact then.
    pub is_contact: bool,
    /// The case that keeps what was written of this one, where two records of one illness became one.
    pub merged_into: Option<CaseId>,
}

impl CaseRow {
    /// The case under which reports and notes are kept: this one, or the one that it was merged into.
    pub fn record(&self) -> CaseId {
        self.merged_into.unwrap_or(self.id)
    }

    pub(crate) fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(CaseRow {
            id: CaseId::from_uuid(row.get(0)?),
            person: PersonId::from_uuid(row.get(1)?),
            center: HealthCenterId::from_uuid(row.get(2)?),
            programme: row.get(3)?,
            hersys_id: row.get(4)?,
            diagnosed_on: row.day(5)?,
            onset_on: row.day_opt(6)?,
            entered_japan_on: row.day_opt(7)?,
            passport_sealed: row.get(8)?,
            passport_entered_by: row.get(9)?,
            registered_at: row.at(10)?,
            account: row.get::<Option<_>>(11)?.map(AccountId::from_uuid),
            claimed_at: row.at_opt(12)?,
            first_session: row.get(13)?,
            version: row.get(14)?,
            birthdate: row.day(15)?,
            phone_sealed: row.get(16)?,
            phone_blind: row.get(17)?,
            language: row.get(18)?,
            person_version: row.get(19)?,
            is_contact: row.get::<i32>(20)? == 1,
            merged_into: row.get::<Option<_>>(21)?.map(CaseId::from_uuid),
            email_sealed: row.get(22)?,
        })
    }
}

/// A query for [`CaseRow`]s: the columns once, each condition where it is used.
macro_rules! select_cases {
    ($condition:literal) => {
        concat!(
            "SELECT c.id, c.person_id, c.health_center_id, c.programme, c.hersys_id, c.diagnosed_on, c.onset_on,
                c.entered_japan_on, c.passport_sealed, c.passport_entered_by, c.registered_at, c.account_id,
                c.claimed_at, c.first_session_id, c.version, p.birthdate, p.phone_sealed, p.phone_blind, p.language, p.version,
                c.is_contact, c.merged_into, p.email_sealed
             FROM cases c JOIN persons p ON p.id = c.person_id ",
            $condition
        )
    };
}
pub(crate) use select_cases;

/// Who may see a case: the filter stands in SQL, so that a foreign case looks exactly like one that does not exist.
#[derive(Clone, Debug)]
pub enum Scope {
    /// The members of a family's account.
    Family(AccountId),
    /// The cases of the health centers at or below a place.
    Below(Below),
    /// The cases that became of a medical institution's notifications, or that these belong to.
    NotifiedAt(JurisdictionId),
    /// The cases that a staff member registered.
    RegisteredBy(StaffId),
    /// None.
    Nobody,
}

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

/// Adds a case.
pub fn insert_case(
    tx: &mut Tx<'_>,
    case: &NewCase,
    person: &NewPerson,
    now: Timestamp,
) -> Result<(), Error> {
    let by_center = case.passport_sealed.as_ref().map(|_| "center");
    tx.execute(
        sql!(
            "INSERT INTO cases (id, person_id, health_center_id, programme, hersys_id, diagnosed_on, onset_on,
                entered_japan_on, passport_sealed, passport_entered_at, passport_entered_by, registered_at,
                registered_by, form_key, is_contact, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1)"
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
    Ok(())
}

/// When somebody signed up by the number of a record that became one with this case.
pub fn claimed_of_merged(tx: &mut Tx<'_>, kept: CaseId) -> Result<Option<Timestamp>, Error> {
    tx.query_one(
        sql!("SELECT min(claimed_at) FROM cases WHERE merged_into = $1"),
        &[&kept.uuid()],
        |row| row.at_opt(0),
    )
}

/// The spellings of a person's name: kanji, then kana, then Latin.
pub fn names(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<NameRow>, Error> {
    tx.query(
        sql!(
            "SELECT script, name, key_joined, key_sorted FROM person_names WHERE person_id = $1
             ORDER BY CASE script WHEN 'kanji' THEN 1 WHEN 'kana' THEN 2 ELSE 3 END"
        ),
        &[&person.uuid()],
        |row| {
            Ok(NameRow {
                script: row.get(0)?,
                name: row.get(1)?,
                key_joined: row.get(2)?,
                key_sorted: row.get(3)?,
            })
        },
    )
}

/// A case of an account, asked ahead.
pub fn ask_of_family(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: CaseId,
) -> Result<Asked<CaseRow>, Error> {
    tx.ask(
        select_cases!("WHERE c.id = $1 AND c.account_id = $2"),
        &[&id.uuid(), &account.uuid()],
        |row| CaseRow::from(&row),
    )
}

/// A case within a scope.
pub fn find(tx: &mut Tx<'_>, scope: &Scope, id: CaseId) -> Result<Option<CaseRow>, Error> {
    match scope {
        Scope::Family(account) => ask_of_family(tx, *account, id)?.first(tx),
        Scope::Below(below) => tx.query_opt(
            select_cases!("JOIN jurisdictions j ON j.id = c.health_center_id WHERE c.id = $1 AND j.path >= $2 AND j.path < $3"),
            &[&id.uuid(), &below.from, &below.to],
            |row| CaseRow::from(&row),
        ),
        Scope::NotifiedAt(place) => tx.query_opt(
            select_cases!("WHERE c.id = $1 AND EXISTS (SELECT 1 FROM notifications n
                WHERE n.case_id = c.id AND n.place_id = $2 AND n.state = 'confirmed')"),
            &[&id.uuid(), &place.uuid()],
            |row| CaseRow::from(&row),
        ),
        Scope::RegisteredBy(staff) => tx.query_opt(
            select_cases!("WHERE c.id = $1 AND c.registered_by = $2"),
            &[&id.uuid(), &staff.uuid()],
            |row| CaseRow::from(&row),
        ),
        Scope::Nobody => Ok(None),
    }
}

/// A case, wherever it is; the caller has asked for the one that led here within a scope.
pub fn by_id(tx: &mut Tx<'_>, id: CaseId) -> Result<Option<CaseRow>, Error> {
    tx.query_opt(select_cases!("WHERE c.id = $1"), &[&id.uuid()], |row| {
        CaseRow::from(&row)
    })
}

/// All cases of a person, the newest first.
pub fn of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!("WHERE c.person_id = $1 ORDER BY c.registered_at DESC, c.id"),
        &[&person.uuid()],
        |row| CaseRow::from(&row),
    )
}

/// The cases that an account has claimed, in the order of claiming.
pub fn of_account(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!(
            "WHERE c.account_id = $1 AND NOT EXISTS (SELECT 1 FROM cases k
                WHERE k.id = c.merged_into AND k.account_id = c.account_id)
             ORDER BY c.claimed_at, c.id"
        ),
        &[&account.uuid()],
        |row| CaseRow::from(&row),
    )
}

/// Whether an account has a registered member.
pub fn has_member(tx: &mut Tx<'_>, account: AccountId) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!("SELECT 1 FROM cases WHERE account_id = $1 LIMIT 1"),
        &[&account.uuid()],
        |row| row.get::<i32>(0),
    )?;
    Ok(found.is_some())
}

/// Cases at or below a place, newest first, `limit` of them after skipping `offset`.
pub fn list(
    tx: &mut Tx<'_>,
    below: &Below,
    limit: i64,
    offset: i64,
) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!(
            "JOIN jurisdictions j ON j.id = c.health_center_id WHERE j.path >= $1 AND j.path < $2
                AND c.merged_into IS NULL
             ORDER BY c.registered_at DESC, c.id DESC LIMIT $3 OFFSET $4"
        ),
        &[&below.from, &below.to, &limit, &offset],
        |row| CaseRow::from(&row),
    )
}

/// How many cases there are at or below a place.
pub fn count(tx: &mut Tx<'_>, below: &Below) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM cases c JOIN jurisdictions j ON j.id = c.health_center_id
             WHERE j.path >= $1 AND j.path < $2 AND c.merged_into IS NULL"
        ),
        &[&below.from, &below.to],
        |row| row.get(0),
    )
}

/// The cases that came of a medical institution's notifications, newest first.
pub fn list_notified_at(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    limit: i64,
    offset: i64,
) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!(
            "WHERE c.id IN (SELECT n.case_id FROM notifications n WHERE n.place_id = $1 AND n.state = 'confirmed')
             ORDER BY c.registered_at DESC, c.id DESC LIMIT $2 OFFSET $3"
        ),
        &[&place.uuid(), &limit, &offset],
        |row| CaseRow::from(&row),
    )
}

/// The number on a case's brochure.
pub fn hersys_id(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<String>, Error> {
    tx.query_opt(
        sql!("SELECT hersys_id FROM cases WHERE id = $1"),
        &[&case.uuid()],
        |row| row.get(0),
    )
}

/// A case by its HER-SYS ID; the caller asks [`find`] whether it lies within a scope.
pub fn by_hersys_id(tx: &mut Tx<'_>, hersys_id: &str) -> Result<Option<CaseRow>, Error> {
    tx.query_opt(
        select_cases!("WHERE c.hersys_id = $1"),
        &[&hersys_id],
        |row| CaseRow::from(&row),
    )
}

/// The case to which a HER-SYS ID led that was taken back, and when that was; the caller asks [`find`] whether the case
/// lies within a scope.
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

/// Whether anybody was ever registered at a center.
pub fn any_at(tx: &mut Tx<'_>, center: HealthCenterId) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!("SELECT 1 FROM cases WHERE health_center_id = $1 LIMIT 1"),
        &[&center.uuid()],
        |row| row.get::<i32>(0),
    )?;
    Ok(found.is_some())
}

/// The numbers of cases at a center whose persons have this birthdate and this phone, or a name with one of these keys: of
/// those of whom the most agrees, the name before the phone, since twins share the phone. One case of each person; what a record
/// says that was merged into another one leads to that one.
pub fn same_person(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    birthdate: Date,
    phone_blind: &[u8],
    (key_a, key_b): (&str, &str),
) -> Result<Vec<String>, Error> {
    let found: Vec<(String, uuid::Uuid, i32)> = tx.query(
        sql!(
            "SELECT x.hersys_id, x.person_id, x.agrees FROM (
                SELECT COALESCE(k.hersys_id, c.hersys_id) AS hersys_id, COALESCE(k.person_id, c.person_id) AS person_id,
                    c.registered_at, c.id,
                    CASE WHEN EXISTS (SELECT 1 FROM person_names n
                        WHERE n.person_id = p.id AND (n.key_sorted = $4 OR n.key_sorted = $5)) THEN 2 ELSE 0 END
                    + CASE WHEN p.phone_blind = $3 THEN 1 ELSE 0 END AS agrees
                FROM persons p JOIN cases c ON c.person_id = p.id LEFT JOIN cases k ON k.id = c.merged_into
                WHERE p.birthdate = $2 AND p.health_center_id = $1) x
             WHERE x.agrees > 0 ORDER BY x.agrees DESC, x.registered_at DESC, x.id LIMIT 20"
        ),
        &[
            &center.uuid(),
            &birthdate,
            &phone_blind.to_vec(),
            &key_a,
            &key_b,
        ],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let most = found.first().map(|(_, _, agrees)| *agrees);
    let mut persons = Vec::new();
    let mut numbers = Vec::new();
    for (number, person, agrees) in found {
        if Some(agrees) == most && !persons.contains(&person) {
            persons.push(person);
            numbers.push(number);
        }
    }
    Ok(numbers)
}

/// Cases of whoever is reached at a number, newest first, among them such as were merged into another one; the caller asks
/// [`find`] whether each lies within a scope.
pub fn by_phone(tx: &mut Tx<'_>, phone_blind: &[u8], limit: i64) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!("WHERE p.phone_blind = $1 ORDER BY c.registered_at DESC, c.id DESC LIMIT $2"),
        &[&phone_blind.to_vec(), &limit],
        |row| CaseRow::from(&row),
    )
}

/// Cases of whoever was born on a day, newest first, among them such as were merged into another one; the caller asks
/// [`find`] whether each lies within a scope.
pub fn by_birthdate(tx: &mut Tx<'_>, birthdate: Date, limit: i64) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!("WHERE p.birthdate = $1 ORDER BY c.registered_at DESC, c.id DESC LIMIT $2"),
        &[&birthdate, &limit],
        |row| CaseRow::from(&row),
    )
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

/// Where a person lives, and where they stay if that is elsewhere; both sealed.
#[derive(Clone, Default)]
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

/// Writes the e-mail address down that a person told, sealed.
pub fn set_email(tx: &mut Tx<'_>, person: PersonId, sealed: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE persons SET email_sealed = $2 WHERE id = $1"),
        &[&person.uuid(), &sealed],
    )?;
    Ok(())
}

/// Corrects who a person is; `version` must be the one that was looked at.
pub fn correct_person(tx: &mut Tx<'_>, person: &NewPerson, version: i32) -> Result<bool, Error> {
    let set = tx.execute(
        sql!(
            "UPDATE persons SET birthdate = $2, phone_sealed = $3, phone_blind = $4, language = $5,
                email_sealed = $7, version = version + 1
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
/// account that has claimed the case loses it.
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
    if given == 1 && detach {
        crate::monitoring::update(
            tx,
            sql!(
                "UPDATE monitoring SET has_account = 0, changed_at = $2 WHERE case_id = $1 RETURNING health_center_id"
            ),
            &[&case.uuid(), &At(now)],
        )?;
    }
    Ok(given == 1)
}

/// Cases at or below a place whose person may be one that is about to be registered: with this phone number, this day
/// of birth, or some spelling of the name with one of these two keys. What a record says that was merged into another one is
/// among it.
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
             WHERE j.path >= $1 AND j.path < $2 AND (p.phone_blind = $3 OR p.birthdate = $4
                OR p.id IN (SELECT n.person_id FROM person_names n WHERE n.key_sorted = $5 OR n.key_sorted = $6))
             ORDER BY c.registered_at DESC, c.id DESC LIMIT $7"),
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
                AND c.merged_into IS NULL AND (p.phone_blind = $2 OR p.birthdate = $3
                OR p.id IN (SELECT m.person_id FROM person_names m WHERE m.key_sorted = $4 OR m.key_sorted = $5))
             ORDER BY c.registered_at DESC, c.id DESC LIMIT $6"),
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
