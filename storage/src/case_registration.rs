//! Persons and their cases, as health centers register them.

mod parted;
mod record;
mod sought;
mod written;

pub use parted::{
    handed_over_by, handed_over_since, hold_with_persons, is_shared, part, persons_of,
};
pub use record::{Record, RecordId, kept};
pub use sought::{
    MayStand, alike, alike_notified_at, any_after, by_birthdate, by_hersys_id, by_name,
    by_name_otherwise, by_phone, by_phone_at, by_revoked_id, may_stand, person_of_id,
};
pub use written::{
    AddressRow, address, addresses_at, by_form_key, correct_case, correct_person, id_is_taken,
    insert_case, insert_person, one_by_one, person_changed, reissue, set_address, set_email,
    set_phone, take_email, take_phone,
};

use crate::engine::{Asked, Error, Row, Tx};
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
    /// Whether it was registered in error, and is none.
    pub is_in_error: bool,
    /// The person of whose row that of this case's person was a copy, when another center took over.
    pub parted_from: Option<PersonId>,
}

impl CaseRow {
    /// The case under which reports and notes are kept: this one, or the one that it was merged into.
    pub fn record(&self) -> CaseId {
        self.merged_into.unwrap_or(self.id)
    }

    /// What is the same of one person's cases, also where each of several centers has a row of its own of them. Who may see what
    /// hangs at [`CaseRow::person`] alone.
    pub fn one_person(&self) -> PersonId {
        self.parted_from.unwrap_or(self.person)
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
            is_in_error: row.get(23)?,
            parted_from: row.get::<Option<_>>(24)?.map(PersonId::from_uuid),
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
                c.is_contact, c.merged_into, p.email_sealed, c.in_error_at IS NOT NULL, p.parted_from
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
            select_cases!("WHERE c.id = $1 AND c.registered_by = $2 AND NOT EXISTS (SELECT 1 FROM staff_moves v
                WHERE v.staff_id = $2 AND v.moved_at >= c.registered_at)"),
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

/// The cases that became one with a record that was kept.
pub fn merged_into(tx: &mut Tx<'_>, kept: CaseId) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!("WHERE c.merged_into = $1 ORDER BY c.id"),
        &[&kept.uuid()],
        |row| CaseRow::from(&row),
    )
}

/// All cases of a person, the newest first.
pub fn of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!("WHERE c.person_id = $1 ORDER BY c.registered_at DESC, c.id"),
        &[&person.uuid()],
        |row| CaseRow::from(&row),
    )
}

/// All cases of a person ([`CaseRow::one_person`]), whichever center's row they hang at, the newest first. Each must be asked for
/// within a scope before anything of it is shown.
pub fn of_one_person(tx: &mut Tx<'_>, one: PersonId) -> Result<Vec<CaseRow>, Error> {
    tx.query(
        select_cases!(
            "WHERE c.person_id IN (SELECT i.id FROM persons i WHERE i.id = $1
                UNION ALL SELECT o.id FROM persons o WHERE o.parted_from = $1)
             ORDER BY c.registered_at DESC, c.id"
        ),
        &[&one.uuid()],
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

/// The accounts of whoever signed up with a case, or with the number of one that was merged into it.
pub fn accounts_of(tx: &mut Tx<'_>, record: CaseId) -> Result<Vec<AccountId>, Error> {
    tx.query(
        sql!(
            "SELECT account_id FROM cases WHERE id = $1 AND account_id IS NOT NULL
             UNION SELECT account_id FROM cases WHERE merged_into = $1 AND account_id IS NOT NULL"
        ),
        &[&record.uuid()],
        |row| row.get(0).map(AccountId::from_uuid),
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

/// Whether anybody was ever registered at a center.
pub fn any_at(tx: &mut Tx<'_>, center: HealthCenterId) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!("SELECT 1 FROM cases WHERE health_center_id = $1 LIMIT 1"),
        &[&center.uuid()],
        |row| row.get::<i32>(0),
    )?;
    Ok(found.is_some())
}
