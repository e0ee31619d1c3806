//! A case that is ready to be written, and how it is written under the first ID that is free.

use super::CheckedCase;
use crate::App;
use crate::course::{age_on, days_on};
use crate::hersys_id::is_taken;
use crate::kept_phone;
use crate::keys::{Keys, random};
use crate::passport_number::SEALED_AS;
use domain::course::AtRisk;
use domain::hersys_id::HersysId;
use domain::ids::{CaseId, HealthCenterId, PersonId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use storage::case_registration::{self as rows, AddressRow, NewCase, NewPerson, Record, RecordId};
use storage::monitoring;
use uuid::Uuid;

/// A case ready to be written: all that its transaction needs.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) person: NewPerson,
    /// Where the person lives and stays.
    pub(crate) address: AddressRow,
    pub(crate) case: NewCase,
    /// Further IDs to try where the first is taken.
    pub(crate) spare_ids: Vec<String>,
    /// Whether the person stands already: a second illness is a case of its own beside the old one.
    is_known: bool,
    /// The day on which it is registered.
    pub(crate) today: Date,
    /// The day on which a release is to be looked at.
    pub(crate) review_from: Option<Date>,
    /// Whether they are among those who are to be called first as long as nobody has reached them: at risk, as far as is
    /// known when somebody is registered.
    pub(crate) call_first: bool,
}

impl App {
    /// Makes rows of a checked case, which is registered on the day on which it was checked: that of its center. `id`: the HER-SYS ID where it is given already.
    pub(crate) fn prepare_case(
        &self,
        checked: CheckedCase,
        (programme, center): (&str, HealthCenterId),
        by: Option<StaffId>,
        form_key: Uuid,
        id: Option<&HersysId>,
    ) -> Prepared {
        let keys = self.keys();
        let mut spare_ids: Vec<String> = match id {
            Some(id) => vec![id.as_str().to_owned()],
            None => std::iter::repeat_with(|| {
                HersysId::from_random(self.id_lengths().longest(), u64::from_le_bytes(random()))
            })
            .flatten()
            .take(40)
            .map(|id| id.as_str().to_owned())
            .collect(),
        };
        spare_ids.reverse();
        let today = checked.today;
        let birthdate = checked.birthdate.date();
        let person = AtRisk {
            age: age_on(birthdate, today),
            days: days_on(birthdate, today),
            conditions: Vec::new(),
        };
        let rules = self.course_rules(programme, center, today);
        let id = PersonId::from_uuid(self.new_uuid());
        let (phone_sealed, phone_blind) = kept_phone::keep(keys, id, checked.phone.as_ref());
        Prepared {
            call_first: rules.is_ok_and(|(rules, _)| rules.is_at_risk(&person)),
            case: NewCase {
                id: CaseId::from_uuid(self.new_uuid()),
                programme: programme.to_owned(),
                hersys_id: spare_ids.pop().unwrap_or_default(),
                diagnosed_on: checked.diagnosed_on,
                onset_on: checked.onset_on,
                entered_japan_on: checked.entered_japan_on,
                passport_sealed: checked
                    .passport
                    .map(|number| keys.seal_text(SEALED_AS, number.as_str())),
                registered_by: by,
                form_key,
                is_contact: false,
            },
            address: checked.address.seal(keys),
            person: NewPerson {
                id,
                center,
                birthdate: checked.birthdate.date(),
                phone_sealed,
                phone_blind,
                email_sealed: checked
                    .email
                    .map(|email| keys.seal_text("person_email", email.as_str())),
                language: checked.language,
                names: checked.names,
            },
            spare_ids,
            is_known: false,
            today,
            review_from: self.review_from(
                (programme, center),
                checked.onset_on,
                checked.diagnosed_on,
                false,
                false,
            ),
        }
    }
}

impl Prepared {
    /// It is a further illness of whoever has a record already.
    pub(crate) fn belongs_to(&mut self, record: &Record) {
        self.person.id = record.person;
        self.is_known = true;
    }
}

/// Who stands when a case comes to be written.
pub(crate) enum Stands {
    /// Nobody of whom anybody has to know first.
    Nobody,
    /// The case that the very same form has become.
    ThisForm(CaseId),
    /// Somebody who may be the same person.
    Alike,
}

/// That somebody was registered meanwhile who may be the same person: whoever registers is shown them first.
pub(crate) struct Meanwhile;

/// Looks again who stands, right before a case is written and before anything else of the transaction. People of one center who
/// were born on one day are registered one after the other, so that of two who register the same person at the same moment the
/// second finds what the first has written. `asks`: whether whoever may be the same person is to be shown, but for this one.
pub(crate) fn look_again(
    tx: &mut storage::Tx<'_>,
    prepared: &Prepared,
    asks: bool,
    but: Option<PersonId>,
) -> Result<Stands, storage::Error> {
    let person = &prepared.person;
    rows::one_by_one(tx, person.center, person.birthdate)?;
    if let Some(case) = rows::by_form_key(tx, prepared.case.form_key)? {
        return Ok(Stands::ThisForm(case));
    }
    if !asks {
        return Ok(Stands::Nobody);
    }
    let name = |at: usize| person.names.get(at).or(person.names.first());
    let key = |at| name(at).map_or("", |name| name.key_sorted.as_str());
    let (phone, keys) = (&person.phone_blind, (key(0), key(1)));
    let found = rows::may_stand(tx, person.center, person.birthdate, phone, keys)?;
    // Whoever was born on another day waits for nobody's turn here: they were looked for when the form came.
    let is_alike = found
        .iter()
        .filter(|one| one.birthdate == person.birthdate)
        .any(|one| one.agrees > 0 && Some(one.person) != but);
    Ok(match is_alike {
        true => Stands::Alike,
        false => Stands::Nobody,
    })
}

/// Writes a prepared case under the first ID that is free; tells that ID and where something can hang from now on, or nothing
/// where all are taken.
pub(crate) fn write_case(
    tx: &mut storage::Tx<'_>,
    keys: &Keys,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<Option<(String, RecordId)>, storage::Error> {
    let ids = std::iter::once(&prepared.case.hersys_id).chain(prepared.spare_ids.iter().rev());
    for id in ids {
        if !is_taken(tx, keys, id)? {
            let case = NewCase {
                hersys_id: id.clone(),
                ..prepared.case.clone()
            };
            if !prepared.is_known {
                rows::insert_person(tx, &prepared.person, now)?;
            }
            note_address(tx, prepared)?;
            let record = rows::insert_case(tx, &case, &prepared.person, now)?;
            let center = prepared.person.center;
            let is_case = !case.is_contact;
            monitoring::begin(
                tx,
                case.id,
                center,
                prepared.today,
                prepared.review_from,
                (is_case, prepared.call_first),
                now,
            )?;
            return Ok(Some((id.clone(), record)));
        }
    }
    Ok(None)
}

/// Writes down where the person lives. Of somebody who stands already, an address that is recorded stays: another one is
/// a correction, with its reason.
fn note_address(tx: &mut storage::Tx<'_>, prepared: &Prepared) -> Result<(), storage::Error> {
    let (person, told) = (prepared.person.id, &prepared.address);
    if told.address_sealed.is_none() && told.whereabouts_sealed.is_none() {
        return Ok(());
    }
    let stands = rows::address(tx, person)?;
    if stands.address_sealed.is_some() || stands.whereabouts_sealed.is_some() {
        return Ok(());
    }
    rows::set_address(tx, person, told)
}
