//! Registering a case: what a health center writes down of somebody who is ill, and the HER-SYS ID that it gives.

mod address;
mod alike;
mod by_name;
mod by_place;
mod check;
mod found;
mod listed;
mod prepared;
mod sought;

pub use address::Address;
pub(crate) use address::SEALED_AS as PLACES_SEALED_AS;
pub use alike::Alike;
pub(crate) use alike::Who;
pub use check::{ADDRESS_LENGTH, CaseField, CaseProblem, CheckedCase, TypedCase, check};
pub(crate) use check::{past_day, place, unlikely_days};
pub use listed::PAGE;
pub(crate) use prepared::{Meanwhile, Prepared, Stands, look_again, write_case};
pub(crate) use sought::Sought;

use crate::family::Member;
use crate::passport_number::SEALED_AS;
use crate::programme::meant;
use crate::staff::NewStaff;
use crate::status_report::Report;
use crate::{Error, StaffDesk, audit, kept_phone};
use domain::birthdate::Birthdate;
use domain::ids::{CaseId, HealthCenterId};
use domain::personal::Personal;
use domain::staff_role::Right;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::sync::Arc;
use storage::case_registration::{self as rows, CaseRow, Record};
use storage::family::MemberRow;
use storage::{monitoring, status_report as reports};
use uuid::Uuid;

/// A case as the console shows it.
#[derive(Clone)]
pub struct CaseView {
    /// What the person sees, too.
    pub member: Member,
    /// All spellings of the name: the field, and the name.
    pub names: Vec<(String, Personal<String>)>,
    /// The birthdate.
    pub birthdate: Personal<Birthdate>,
    /// The phone number as it is dialled; none: the person has none, and cannot sign up.
    pub phone: Option<Personal<String>>,
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
    /// The same of a contact who was followed no more, on a later day than had counted: they are followed again.
    FollowedAgain(CaseId),
    /// Something is missing or cannot be.
    Problems(Vec<(CaseField, CaseProblem)>),
    /// These may be the same person; nothing was registered. Somebody must say whether one of them is.
    Alike(Vec<Alike>),
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

impl StaffDesk {
    /// Registers a case at the own center, or from a medical institution at the one above it. `form_key` makes a
    /// repeated form one case.
    pub async fn register_case(
        &self,
        typed: &TypedCase,
        form_key: Uuid,
        sure: Sure,
    ) -> Result<RegisterCase, Error> {
        let mut looks = true;
        loop {
            if let Ok(done) = self.registers(typed, form_key, (sure, looks)).await? {
                return Ok(done);
            }
            // Whoever was registered meanwhile is shown now; where the rules take nobody of them for the same person, it goes on.
            looks = false;
        }
    }

    /// `looks`: whether it is looked once more right before the case is written.
    async fn registers(
        &self,
        typed: &TypedCase,
        form_key: Uuid,
        (sure, looks): (Sure, bool),
    ) -> Result<Result<RegisterCase, Meanwhile>, Error> {
        self.needs(Right::Register)?;
        let open = self.app.open_programmes(self.own_center()?).await?;
        let programme = meant(&open, &typed.programme).map(|one| one.id.clone());
        let today = self.today_here().await?;
        let (checked, programme) = match (check(typed, today), programme) {
            (Ok(checked), Some(programme)) => (checked, programme),
            (checked, programme) => {
                let mut problems = checked.err().unwrap_or_default();
                if programme.is_none() {
                    problems.push((CaseField::Programme, CaseProblem::Programme));
                }
                return Ok(Ok(RegisterCase::Problems(problems)));
            }
        };
        if let Some(asked) = self.own_number(typed, &checked, self.own_center()?).await? {
            return Ok(Ok(RegisterCase::Problems(vec![asked])));
        }
        let app = &self.app;
        let stands = app
            .db()
            .read(move |tx| rows::by_form_key(tx, form_key))
            .await?;
        if let Some(stands) = stands {
            return Ok(Ok(RegisterCase::Registered(stands)));
        }
        let asked_back = checked.asked_back(typed);
        if !asked_back.is_empty() {
            return Ok(Ok(RegisterCase::Problems(asked_back)));
        }
        if sure == Sure::Ask {
            let first = self.told_first((typed, &checked), form_key, None).await?;
            if let Some(first) = first {
                return Ok(Ok(first));
            }
        }
        let center = self.own_center()?;
        let whose = (programme.as_str(), center);
        let mut prepared = app.prepare_case(checked, whose, Some(self.staff), form_key, None);
        let known = match sure {
            Sure::SameAs(case) => Some(case),
            _ => None,
        };
        let scope = self.scope();
        if let Some(case) = known {
            let scope = scope.clone();
            let stands = app
                .db()
                .read(move |tx| rows::find(tx, &scope, case))
                .await?;
            // A person of another center is transferred, not registered beside.
            if stands.is_none_or(|row| row.center != center) {
                return Err(Error::NotAllowed);
            }
        }
        let now = app.clock.now();
        let entry = self.did("case.registered", Some(prepared.case.id));
        let keys = app.keys().clone();
        let asks = looks && self.asks_who_stands(sure);
        let case = app
            .db()
            .write(move |tx| {
                match look_again(tx, &prepared, asks, None)? {
                    Stands::Nobody => {}
                    Stands::ThisForm(stands) => return Ok(Ok(Some(stands))),
                    Stands::Alike => return Ok(Err(Meanwhile)),
                }
                if let Some(known) = known {
                    match Record::held(tx, &scope, known)?.filter(|row| row.center == center) {
                        Some(record) => prepared.belongs_to(&record),
                        // Given to another center this moment: looking again says so.
                        None => return Ok(Err(Meanwhile)),
                    }
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
                Ok(Ok(written.map(|_| prepared.case.id)))
            })
            .await?;
        let Ok(case) = case else {
            return Ok(Err(Meanwhile));
        };
        // Forty random IDs that are all taken: the allowed length is used up.
        let case = case.ok_or_else(|| Error::broken("no HER-SYS ID is free; allow longer ones"))?;
        Ok(Ok(RegisterCase::Registered(case)))
    }

    /// Whether a number is that of the center itself, by day or by night, and nobody has said that it is meant: an alert would
    /// tell the nurses to call themselves.
    pub(crate) async fn own_number(
        &self,
        typed: &TypedCase,
        checked: &CheckedCase,
        center: HealthCenterId,
    ) -> Result<Option<(CaseField, CaseProblem)>, Error> {
        let Some(phone) = checked.phone.as_ref().filter(|_| !typed.number_is_right) else {
            return Ok(None);
        };
        let own = self.app.own_numbers(center).await?;
        Ok(own
            .contains(phone)
            .then_some((CaseField::Phone, CaseProblem::OwnNumber)))
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
        let phone = kept_phone::read(self.app.keys(), &row.phone_sealed, case)?;
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
        // Where a center is ahead of the installation, somebody may be born tomorrow, or the day after.
        let last_day = self.app.today().saturating_add(2.days());
        let birthdate = Birthdate::on(row.birthdate, last_day)
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
            phone: phone.map(|phone| Personal::new(phone.national())),
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

    /// Whether whoever opens a case that a center follows reads its reports for that center, and the person sees it:
    /// not a clinic, nor a prefecture that looks in.
    pub fn reads_for(&self, center: HealthCenterId) -> bool {
        let is_own = |own| own == center;
        self.may(Right::Follow) && self.own_center().is_ok_and(is_own)
    }

    /// Opens a case in reach with all its reports. Where somebody of the center that follows the person does so, each notes that
    /// it was read, and the person sees that. Whoever may not read health answers opens it without them.
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
        let center = view.member.center.id;
        let reads = self.reads_for(center);
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
                    reports::opened(tx, case, (center, staff), now)?;
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

/// The spellings of a name by script, of which `family::name_in` finds the one that somebody can read.
pub(crate) fn read_names(names: Vec<rows::NameRow>) -> Vec<(String, Personal<String>)> {
    let spelling = |name: rows::NameRow| (name.script, Personal::new(name.name));
    names.into_iter().map(spelling).collect()
}
