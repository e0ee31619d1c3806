//! Registering a case: what a health center writes down of somebody who is ill, and the HER-SYS ID that it gives.

mod address;
mod by_name;
mod check;
mod found;

pub use address::Address;
pub use check::{ADDRESS_LENGTH, CaseField, CaseProblem, CheckedCase, TypedCase, check};
pub(crate) use check::{past_day, unlikely_days};

use crate::attributes::phone_blind;
use crate::family::Member;
use crate::hersys_id::is_taken;
use crate::keys::{Keys, random};
use crate::passport_number::SEALED_AS;
use crate::programme::meant;
use crate::staff::NewStaff;
use crate::status_report::Report;
use crate::{App, Error, StaffDesk, audit};
use by_name::Wanted;
use domain::birthdate::Birthdate;
use domain::hersys_id::HersysId;
use domain::ids::{CaseId, HealthCenterId, PersonId, StaffId};
use domain::notification::duplicate::{Identity, Likeness, Reason, reason};
use domain::personal::Personal;
use domain::phone::PhoneNumber;
use domain::staff_role::{Right, StaffRole};
use found::Found;
use jiff::Timestamp;
use jiff::civil::Date;
use std::sync::Arc;
use storage::case_registration::{self as rows, AddressRow, CaseRow, NewCase, NewPerson, Scope};
use storage::family::MemberRow;
use storage::monitoring;
use storage::status_report as reports;
use uuid::Uuid;

/// How many cases a page of the console shows.
pub const PAGE: i64 = 50;

/// How many cases of people who were born on one day are looked through: more than there are of a day in a nation of whom
/// one in fifty is followed.
const BORN_ON_A_DAY: i64 = 1_000;

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
    pub(crate) is_known: bool,
    /// The day on which it is registered.
    pub(crate) today: Date,
    /// The day on which a release is to be looked at.
    pub(crate) review_from: Option<Date>,
}

impl App {
    /// Makes rows of a checked case. `id`: the HER-SYS ID where it is given already.
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
        Prepared {
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
                id: PersonId::from_uuid(self.new_uuid()),
                center,
                birthdate: checked.birthdate.date(),
                phone_sealed: keys.seal_text("phone", checked.phone.e164()),
                phone_blind: phone_blind(keys, &checked.phone),
                email_sealed: checked
                    .email
                    .map(|email| keys.seal_text("person_email", email.as_str())),
                language: checked.language,
                names: checked.names,
            },
            spare_ids,
            is_known: false,
            today: self.today(),
            review_from: self.review_from(
                (programme, center),
                checked.onset_on,
                checked.diagnosed_on,
                false,
            ),
        }
    }
}

/// Writes a prepared case under the first ID that is free; tells that ID, or nothing where all are taken.
pub(crate) fn write_case(
    tx: &mut storage::Tx<'_>,
    keys: &Keys,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<Option<String>, storage::Error> {
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
            rows::insert_case(tx, &case, &prepared.person, now)?;
            let center = prepared.person.center;
            let is_case = !case.is_contact;
            monitoring::begin(
                tx,
                case.id,
                center,
                prepared.today,
                prepared.review_from,
                is_case,
                now,
            )?;
            return Ok(Some(id.clone()));
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

/// A case as the console shows it.
#[derive(Clone)]
pub struct CaseView {
    /// What the person sees, too.
    pub member: Member,
    /// All spellings of the name: the field, and the name.
    pub names: Vec<(String, Personal<String>)>,
    /// The birthdate.
    pub birthdate: Personal<Birthdate>,
    /// The phone number as it is dialled.
    pub phone: Personal<String>,
    /// The e-mail address that the person told, for an invitation.
    pub email: Option<Personal<String>>,
    /// The language that the person reads.
    pub language: String,
    /// The day of entry into Japan.
    pub entered_japan_on: Option<Date>,
    /// The passport number.
    pub passport: Option<Personal<String>>,
    /// Whether the person entered it.
    pub passport_by_person: bool,
    /// When the case was registered.
    pub registered_at: Timestamp,
    /// When the person signed up, if at all.
    pub claimed_at: Option<Timestamp>,
    /// When the person signed up, be it by the number of a record that became one with this.
    pub signed_up_at: Option<Timestamp>,
    /// Counts changes of the case.
    pub version: i32,
    /// Counts changes of the person.
    pub person_version: i32,
    /// The reports, the latest measurement first; empty in lists.
    pub reports: Vec<Report>,
    /// The case that it was merged into.
    pub merged_into: Option<CaseId>,
    /// Found by what another record says that was merged into this one: that record.
    pub found_under: Option<Box<CaseView>>,
}

/// What came of registering a case.
#[derive(Clone)]
pub enum RegisterCase {
    /// It stands: now, or already when the same form came before.
    Registered(CaseId),
    /// Somebody who is followed already met a case: that is noted, and there is no second record.
    Noted(CaseId),
    /// Something is missing or cannot be.
    Problems(Vec<(CaseField, CaseProblem)>),
    /// These may be the same person; nothing was registered. Somebody must say whether one of them is.
    Alike(Vec<Alike>),
}

/// Somebody who may be the person that is about to be registered, and what speaks for it.
#[derive(Clone)]
pub struct Alike {
    /// The case that stands.
    pub view: CaseView,
    /// What speaks for one person.
    pub reason: Reason,
}

impl Alike {
    /// Whether this is found by more than the same record by another of its spellings; by its own at the least by as much.
    fn says_more_than(&self, other: &Alike) -> bool {
        let how = |one: &Alike| (one.reason.likeness(), one.view.found_under.is_none());
        how(self) >= how(other)
    }

    /// Whether this is a contact who may have fallen ill with a disease: one of that disease, for nobody falls ill with
    /// another one than that to which they were exposed. `programme`: empty where there is only one.
    pub fn may_fall_ill(&self, programme: &str) -> bool {
        let member = &self.view.member;
        member.is_contact && (programme.is_empty() || member.programme == programme)
    }
}

/// Somebody for whom others are looked for who may be the same person.
#[derive(Clone)]
pub(crate) struct Who {
    /// What tells people apart.
    pub(crate) identity: Identity,
    /// The sorted keys of the names.
    pub(crate) keys: Vec<String>,
    /// The keyed hash of the phone number; empty where there is none.
    pub(crate) phone_blind: Vec<u8>,
    /// The day of birth.
    pub(crate) birthdate: Date,
}

/// What is known about whether a person stands already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sure {
    /// Nothing: whoever may be the same is shown first.
    Ask,
    /// Somebody looked: it is another person.
    Another,
    /// It is the person of this case: the new case stands beside it.
    SameAs(CaseId),
}

/// How many alike people are looked at, and how many shown.
const LOOKED_AT: i64 = 200;
const ALIKE_SHOWN: usize = 5;

impl StaffDesk {
    /// Registers a case at the own center, or from a medical institution at the one above it. `form_key` makes a
    /// repeated form one case.
    pub async fn register_case(
        &self,
        typed: &TypedCase,
        form_key: Uuid,
        sure: Sure,
    ) -> Result<RegisterCase, Error> {
        self.needs(Right::Register)?;
        let open = self.app.open_programmes(self.own_center()?).await?;
        let programme = meant(&open, &typed.programme).map(|one| one.id.clone());
        let (checked, programme) = match (check(typed, self.app.today()), programme) {
            (Ok(checked), Some(programme)) => (checked, programme),
            (checked, programme) => {
                let mut problems = checked.err().unwrap_or_default();
                if programme.is_none() {
                    problems.push((CaseField::Programme, CaseProblem::Programme));
                }
                return Ok(RegisterCase::Problems(problems));
            }
        };
        let app = &self.app;
        let stands = app
            .db()
            .read(move |tx| rows::by_form_key(tx, form_key))
            .await?;
        if let Some(stands) = stands {
            return Ok(RegisterCase::Registered(stands));
        }
        let unlikely = checked.unlikely_days();
        if !typed.days_are_right && !unlikely.is_empty() {
            return Ok(RegisterCase::Problems(unlikely));
        }
        if sure == Sure::Ask {
            let alike = self.alike(typed, &checked).await?;
            if !alike.is_empty() {
                return Ok(RegisterCase::Alike(alike));
            }
        }
        let center = self.own_center()?;
        let whose = (programme.as_str(), center);
        let mut prepared = app.prepare_case(checked, whose, Some(self.staff), form_key, None);
        if let Sure::SameAs(case) = sure {
            let scope = self.scope();
            let known = app
                .db()
                .read(move |tx| rows::find(tx, &scope, case))
                .await?
                // A person of another center is transferred, not registered beside.
                .filter(|row| row.center == center);
            match known {
                Some(known) => {
                    prepared.person.id = known.person;
                    prepared.is_known = true;
                }
                None => return Err(Error::NotAllowed),
            }
        }
        let now = app.clock.now();
        let entry = self.did("case.registered", Some(prepared.case.id));
        let keys = app.keys().clone();
        let case = app
            .db()
            .write(move |tx| {
                if let Some(stands) = rows::by_form_key(tx, form_key)? {
                    return Ok(Some(stands));
                }
                let written = write_case(tx, &keys, &prepared, now)?;
                // Asked afterwards: whoever closes the center this very moment has been waited for.
                if !storage::jurisdiction::is_open(tx, NewStaff::place_of(center))? {
                    let closed = format!("the center {center} was closed");
                    return Err(storage::Error::Broken(closed));
                }
                if written.is_some() {
                    audit::note(tx, &keys, &entry)?;
                }
                Ok(written.map(|_| prepared.case.id))
            })
            .await?;
        // Forty random IDs that are all taken: the allowed length is used up.
        let case = case.ok_or_else(|| Error::broken("no HER-SYS ID is free; allow longer ones"))?;
        Ok(RegisterCase::Registered(case))
    }

    /// Who in reach may be the person that is about to be registered, the likeliest first. Whoever may not list
    /// persons is shown nobody.
    pub(crate) async fn alike(
        &self,
        typed: &TypedCase,
        checked: &CheckedCase,
    ) -> Result<Vec<Alike>, Error> {
        let names = [&typed.name, &typed.name_kana, &typed.name_latin].map(String::as_str);
        let birthdate = checked.birthdate.date();
        self.alike_to(Who {
            identity: Identity::new(&names, Some(birthdate), &typed.phone, ""),
            keys: checked.names.iter().map(|n| n.key_sorted.clone()).collect(),
            phone_blind: phone_blind(self.app.keys(), &checked.phone),
            birthdate,
        })
        .await
    }

    /// Who in reach may be somebody, the likeliest first. Whoever may not list persons is shown nobody, and a medical
    /// institution nobody but its own patients.
    pub(crate) async fn alike_to(&self, who: Who) -> Result<Vec<Alike>, Error> {
        if !self.may(Right::SeePersons) {
            return Ok(Vec::new());
        }
        let Who {
            identity,
            keys,
            phone_blind,
            birthdate,
        } = who;
        let (below, scope) = (self.below(), self.scope());
        let found = self
            .app
            .db()
            .read(move |tx| {
                let key = |at: usize| keys.get(at).or(keys.first()).map_or("", String::as_str);
                let keys = (key(0), key(1));
                let found = match scope {
                    Scope::NotifiedAt(place) => {
                        let blind = &phone_blind;
                        rows::alike_notified_at(tx, place, blind, birthdate, keys, LOOKED_AT)
                    }
                    _ => rows::alike(tx, &below, &phone_blind, birthdate, keys, LOOKED_AT),
                }?;
                // Each by itself: what it says may be like what was typed, and what the record says that was kept not.
                let leads = |row| found::leads_to(tx, &scope, row);
                let found: Result<Vec<_>, _> = found.into_iter().map(leads).collect();
                found
            })
            .await?;
        let mut alike: Vec<Alike> = Vec::new();
        for one in found.into_iter().flatten() {
            let view = self.view_found(one).await?;
            let says = view.found_under.as_deref().unwrap_or(&view);
            let names: Vec<&str> = says
                .names
                .iter()
                .map(|(_, n)| n.expose().as_str())
                .collect();
            let born = Some(says.birthdate.expose().date());
            let stands = Identity::new(&names, born, says.phone.expose(), "");
            let Some(reason) = reason(&identity, &stands) else {
                continue;
            };
            if reason.likeness() < Likeness::Likely {
                continue;
            }
            let case = view.member.case;
            let one = Alike { view, reason };
            match alike
                .iter_mut()
                .find(|known| known.view.member.case == case)
            {
                Some(known) if known.says_more_than(&one) => {}
                Some(known) => *known = one,
                None => alike.push(one),
            }
        }
        alike.sort_by_key(|one| std::cmp::Reverse(one.reason.likeness()));
        alike.truncate(ALIKE_SHOWN);
        let shown = alike.iter().flat_map(|one| one.view.records());
        self.looked_at("case.found", shown).await?;
        Ok(alike)
    }

    /// A key for a new form.
    pub fn new_form_key(&self) -> Uuid {
        self.app.new_uuid()
    }

    pub(crate) async fn view(&self, row: CaseRow) -> Result<CaseView, Error> {
        let (person, case, record) = (row.person, row.id, row.record());
        // Whether and when somebody reported, and how urgent that was, is for those who read health answers.
        let sees_health = self.may(Right::SeeHealth);
        let claimed_at = row.claimed_at;
        let (names, latest, followed, signed_up_at) = self
            .app
            .db()
            .read(move |tx| {
                let latest = match sees_health {
                    true => reports::latest(tx, record)?,
                    false => None,
                };
                let followed = monitoring::status(tx, record)?;
                let signed_up_at = match claimed_at {
                    Some(at) => Some(at),
                    None => rows::claimed_of_merged(tx, case)?,
                };
                Ok((rows::names(tx, person)?, latest, followed, signed_up_at))
            })
            .await?;
        let center = self.app.health_center(row.center).await?;
        let phone = self.app.keys().open_text("phone", &row.phone_sealed)?;
        let phone = PhoneNumber::from_e164(phone.expose())
            .ok_or_else(|| Error::broken(format!("persons.phone of case {case}")))?;
        let passport = row
            .passport_sealed
            .as_ref()
            .map(|sealed| self.app.keys().open_text(SEALED_AS, sealed))
            .transpose()?;
        let email = row
            .email_sealed
            .as_ref()
            .map(|sealed| self.app.keys().open_text("person_email", sealed))
            .transpose()?;
        let birthdate = Birthdate::on(row.birthdate, self.app.today())
            .map_err(|_| Error::broken(format!("persons.birthdate of case {case}")))?;
        Ok(CaseView {
            names: names
                .iter()
                .map(|n| (n.script.clone(), Personal::new(n.name.clone())))
                .collect(),
            member: self.app.member(
                MemberRow {
                    followed,
                    ..MemberRow::of(row.clone(), &names, latest)
                },
                Arc::new(center),
                false,
            ),
            birthdate: Personal::new(birthdate),
            phone: Personal::new(phone.national()),
            email,
            language: row.language,
            entered_japan_on: row.entered_japan_on,
            passport,
            passport_by_person: row.passport_entered_by.as_deref() == Some("person"),
            registered_at: row.registered_at,
            claimed_at: row.claimed_at,
            signed_up_at,
            version: row.version,
            person_version: row.person_version,
            reports: Vec::new(),
            merged_into: row.merged_into,
            found_under: None,
        })
    }

    /// The cases in reach, newest first, a page of them counted from 0, and how many there are in all. With a search
    /// text: those with this HER-SYS ID, or in whose name it stands, be it in kana where Latin letters were typed; a
    /// birthdate before or after a name narrows it.
    pub async fn cases(&self, search: &str, page: i64) -> Result<(Vec<CaseView>, i64), Error> {
        self.needs(Right::SeePersons)?;
        let (scope, below, place) = (self.scope(), self.below(), self.place);
        let only_own = self.role == StaffRole::MedicalInstitution;
        let offset = page.clamp(0, 1_000_000) * PAGE;
        let id = HersysId::parse(search, self.app.id_lengths()).ok();
        let wanted = Wanted::of(search);
        // Signs alone are in nobody's name; nothing searched for is everybody.
        let finds_nobody = wanted.is_empty() && !search.trim().is_empty();
        let phone = PhoneNumber::parse_jp(search)
            .ok()
            .map(|phone| phone_blind(self.app.keys(), &phone));
        // Whoever phones tells their birthdate; of one name there are many.
        let today = self.app.today();
        let born = Birthdate::parse(search, today).ok().map(Birthdate::date);
        let named_and_born = by_name::name_and_birthdate(search, today);
        if !search.is_empty() {
            // What was searched for may be a name, so the log says only that somebody searched.
            self.note_read(self.did("cases.searched", None)).await?;
        }
        let found = self
            .app
            .db()
            .read(move |tx| {
                let within = |tx: &mut storage::Tx<'_>, row: Option<CaseRow>| match row {
                    Some(row) => rows::find(tx, &scope, row.id),
                    None => Ok(None),
                };
                // Somebody who was not reached calls back: the number is all that there is.
                if let (None, Some(blind)) = (&id, &phone) {
                    let mut found = Vec::new();
                    for row in rows::by_phone(tx, blind, PAGE)? {
                        found.extend(within(tx, Some(row))?);
                    }
                    return Ok((found::lead(tx, &scope, found)?, None));
                }
                let by_id = match &id {
                    Some(id) => rows::by_hersys_id(tx, id.as_str())?,
                    None => None,
                };
                if let (None, Some(born)) = (&by_id, born) {
                    let mut found = Vec::new();
                    for row in rows::by_birthdate(tx, born, BORN_ON_A_DAY)? {
                        found.extend(within(tx, Some(row))?);
                    }
                    let mut found = found::lead(tx, &scope, found)?;
                    found.truncate(usize::try_from(PAGE).unwrap_or(50));
                    return Ok((found, None));
                }
                if let (None, Some((wanted, born))) = (&by_id, &named_and_born) {
                    let mut found = Vec::new();
                    for row in rows::by_birthdate(tx, *born, BORN_ON_A_DAY)? {
                        let names = rows::names(tx, row.person)?;
                        if wanted.is_in(&names) {
                            found.extend(within(tx, Some(row))?);
                        }
                    }
                    let mut found = found::lead(tx, &scope, found)?;
                    found.truncate(usize::try_from(PAGE).unwrap_or(50));
                    return Ok((found, None));
                }
                let themselves = |rows: Vec<CaseRow>| rows.into_iter().map(Found::itself).collect();
                match (&id, wanted.is_empty()) {
                    (None, _) if finds_nobody => Ok((Vec::new(), None)),
                    // Who has the number in their hand is told what became of that record.
                    (Some(_), _) => {
                        Ok((themselves(within(tx, by_id)?.into_iter().collect()), None))
                    }
                    (None, false) if only_own => {
                        let mut mine = Vec::new();
                        for row in rows::list_notified_at(tx, place, 10_000, 0)? {
                            let names = rows::names(tx, row.person)?;
                            if wanted.is_in(&names) {
                                mine.push(row);
                            }
                        }
                        mine.truncate(usize::try_from(PAGE).unwrap_or(50));
                        Ok((themselves(mine), None))
                    }
                    (None, false) => {
                        let found = wanted.find(tx, (&below, &scope), PAGE)?;
                        Ok((found::lead(tx, &scope, found)?, None))
                    }
                    (None, true) if only_own => {
                        let all = rows::list_notified_at(tx, place, 10_000, 0)?;
                        let count = i64::try_from(all.len()).unwrap_or(0);
                        let skip = usize::try_from(offset).unwrap_or(0);
                        let most = usize::try_from(PAGE).unwrap_or(50);
                        let shown = all.into_iter().skip(skip).take(most).collect();
                        Ok((themselves(shown), Some(count)))
                    }
                    (None, true) => Ok((
                        themselves(rows::list(tx, &below, PAGE, offset)?),
                        Some(rows::count(tx, &below)?),
                    )),
                }
            })
            .await?;
        let (found, count) = found;
        let count = count.unwrap_or(i64::try_from(found.len()).unwrap_or(0));
        let mut views = Vec::with_capacity(found.len());
        for one in found {
            views.push(self.view_found(one).await?);
        }
        let shown = views.iter().flat_map(CaseView::records);
        let action = match search.is_empty() {
            true => "case.listed",
            false => "case.found",
        };
        self.looked_at(action, shown).await?;
        Ok((views, count))
    }

    /// A case in reach, without its reports. That it was looked at stands in the audit log.
    pub async fn case(&self, case: CaseId) -> Result<Option<CaseView>, Error> {
        let found = self.case_unnoted(case).await?;
        if found.is_some() {
            self.looked_at("case.looked_at", [case]).await?;
        }
        Ok(found)
    }

    /// A case in reach for a use case that writes a line of its own.
    async fn case_unnoted(&self, case: CaseId) -> Result<Option<CaseView>, Error> {
        let scope = self.scope();
        let row = self
            .app
            .db()
            .read(move |tx| rows::find(tx, &scope, case))
            .await?;
        match row {
            Some(row) => Ok(Some(self.view(row).await?)),
            None => Ok(None),
        }
    }

    /// Opens a case in reach with all its reports; each notes that it was read, and the person sees that. Whoever may
    /// not read health answers opens it without them.
    pub async fn open_case(&self, case: CaseId) -> Result<Option<CaseView>, Error> {
        // Whoever only notifies may open what became of that: the scope sees to it.
        if !self.may(Right::SeePersons) {
            self.needs(Right::Notify)?;
        }
        let Some(mut view) = self.case_unnoted(case).await? else {
            return Ok(None);
        };
        let (staff, now) = (self.staff, self.app.clock.now());
        let sees_health = self.may(Right::SeeHealth);
        // Only whoever follows the person reads a report for the center.
        let reads = self.may(Right::Follow);
        let entry = self.did("case.opened", Some(case));
        let keys = self.app.keys().clone();
        let rows = self
            .app
            .db()
            .write(move |tx| {
                audit::note(tx, &keys, &entry)?;
                if !sees_health {
                    return Ok(Vec::new());
                }
                if reads {
                    reports::opened(tx, case, staff, now)?;
                }
                reports::of_case(tx, case)
            })
            .await?;
        view.reports = rows
            .into_iter()
            .map(|row| self.app.read_report(row))
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Some(view))
    }
}

/// The name in whatever spelling there is: kanji, then kana, then Latin.
pub(crate) fn read_names(names: &[rows::NameRow]) -> Personal<String> {
    Personal::new(names.first().map(|n| n.name.clone()).unwrap_or_default())
}
