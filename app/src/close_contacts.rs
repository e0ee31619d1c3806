//! Close contacts: registered from a case, followed with the same reports, and a case of their own once they fall ill.

mod last_met;
mod taken_over;
mod unlinked;

pub(crate) use last_met::{Settled, settle, settle_both};
pub(crate) use taken_over::NotifiedIllness;
pub use taken_over::TakenOver;
pub use unlinked::{Met, Unlink};

use crate::audit::{self, about};
use crate::case_registration::{
    CaseField, CaseProblem, Meanwhile, RegisterCase, Stands, Sure, TypedCase, check, look_again,
    past_day, unlikely_days, write_case,
};
use crate::course::{Because, refresh};
use crate::health_center::HealthCenter;
use crate::monitoring::{is_inpatient_in, status_in};
use crate::{App, Error, StaffDesk};
use domain::case_days::CaseDays;
use domain::dates::DayError;
use domain::ids::{AlertId, CaseId};
use domain::personal::Personal;
use domain::staff_role::Right;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::VecDeque;
use storage::case_registration::{self as cases, Record};
use storage::close_contacts as rows;
use storage::monitoring;
use uuid::Uuid;

/// How many people a network shows at most.
pub const MOST: usize = 40;
/// How far from the case in the middle.
const FARTHEST: usize = 2;

/// A person in the network.
#[derive(Clone, Debug)]
pub struct Person {
    /// The case.
    pub case: CaseId,
    /// The names by script: `kanji`, `kana`, `latin`.
    names: Vec<(String, Personal<String>)>,
    /// The number on the brochure.
    pub hersys_id: String,
    /// Whether the person is a contact who is not ill.
    pub is_contact: bool,
    /// Whether somebody registered the person as a contact; who is ill now fell ill after that.
    pub was_contact: bool,
    /// The last day on which the person met somebody who was ill.
    pub last_contact_on: Option<Date>,
    /// Whether the person was registered in error.
    pub is_in_error: bool,
}

impl Person {
    /// The name in the spelling that readers of a language know.
    pub fn name_in(&self, language: &str) -> &str {
        let order = if language == "ja" {
            ["kanji", "kana", "latin"]
        } else {
            ["latin", "kanji", "kana"]
        };
        order
            .iter()
            .find_map(|script| self.names.iter().find(|(s, _)| s == script))
            .map_or("", |(_, name)| name.expose())
    }
}

/// Whom the network shows at a place.
#[derive(Clone, Debug)]
pub enum Someone {
    /// Somebody whose record is in reach.
    Known(Person),
    /// Somebody whom another center follows: that there is such a person, and who answers for them; nothing else.
    Elsewhere(HealthCenter),
}

/// A case and its contacts, and theirs.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The case in the middle first.
    pub people: Vec<Someone>,
    /// Who met whom, by the place in `people`: who was ill, who met them.
    pub links: Vec<(usize, usize)>,
}

/// What came of a contact falling ill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FellIll {
    /// The person is a case.
    Case,
    /// What is wrong with its days, or asked back about them.
    Problems(Vec<(CaseField, CaseProblem)>),
    /// Somebody else changed the case meanwhile, or the person is a case already; nothing was done.
    ChangedMeanwhile,
    /// There is no such case.
    NoSuchCase,
}

/// A contact who has fallen ill, as it was typed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TypedIll {
    /// The day of the diagnosis.
    pub diagnosed_on: String,
    /// The first day of symptoms; empty without symptoms.
    pub onset_on: String,
    /// Whether days in an unlikely order were asked back and are meant.
    pub days_are_right: bool,
    /// What was typed to register the person anew, before it was seen that they stand already; empty elsewhere.
    pub told: TypedCase,
}

impl StaffDesk {
    /// Registers a close contact of a case in reach. `typed.diagnosed_on` is the day of the last contact. Somebody who
    /// stands already, as a contact or as a case, is no second record: who met whom is noted of the one that stands.
    pub async fn register_contact(
        &self,
        source: CaseId,
        typed: &TypedCase,
        form_key: Uuid,
        sure: Sure,
    ) -> Result<Option<RegisterCase>, Error> {
        let mut looks = true;
        loop {
            let done = self.registers_contact(source, typed, form_key, (sure, looks));
            if let Ok(done) = done.await? {
                return Ok(done);
            }
            // As of a case: whoever was registered meanwhile is shown now.
            looks = false;
        }
    }

    /// `looks`: whether it is looked once more right before the contact is written.
    async fn registers_contact(
        &self,
        source: CaseId,
        typed: &TypedCase,
        form_key: Uuid,
        (sure, looks): (Sure, bool),
    ) -> Result<Result<Option<RegisterCase>, Meanwhile>, Error> {
        self.needs(Right::Follow)?;
        let app = &self.app;
        let scope = self.scope();
        let s = scope.clone();
        let found = app.db().read(move |tx| cases::kept(tx, &s, source)).await?;
        // Nobody met a case that is none.
        let Some(found) = found.filter(|found| !found.is_in_error) else {
            return Ok(Ok(None));
        };
        // Where the record became one with another since the page was shown, they met that one.
        let source = found.id;
        let typed = TypedCase {
            onset_on: String::new(),
            entered_japan_on: String::new(),
            passport_number: String::new(),
            ..typed.clone()
        };
        let today = app.today_at(found.center).await?;
        let checked = match check(&typed, today) {
            Ok(checked) => checked,
            Err(problems) => return Ok(Ok(Some(RegisterCase::Problems(problems)))),
        };
        if let Some(asked) = self.own_number(&typed, &checked, found.center).await? {
            return Ok(Ok(Some(RegisterCase::Problems(vec![asked]))));
        }
        let asked_back = checked.asked_back(&typed);
        if !asked_back.is_empty() {
            return Ok(Ok(Some(RegisterCase::Problems(asked_back))));
        }
        let last_contact_on = checked.diagnosed_on;
        let mut known = None;
        match sure {
            Sure::SameAs(contact) => {
                let s = self.scope();
                let stands = app
                    .db()
                    .read(move |tx| {
                        let Some(row) = cases::kept(tx, &s, contact)? else {
                            return Ok(None);
                        };
                        let status = status_in(tx, row.id)?;
                        Ok(status.map(|status| (row, status)))
                    })
                    .await?;
                let Some((row, status)) = stands else {
                    return Ok(Ok(None));
                };
                let is_followed = (status.is_open() || row.is_contact) && !row.is_in_error;
                if row.programme == found.programme && is_followed {
                    let linked = self.link_contact(source, row.id, last_contact_on);
                    return Ok(Ok(linked.await?));
                }
                // An illness that is over, or another disease: the same person, but the contact is followed for itself.
                known = (row.center == found.center).then_some(row.id);
            }
            Sure::Ask => {
                let told = self.told_first((&typed, &checked), form_key, Some(source));
                if let Some(told) = told.await? {
                    return Ok(Ok(Some(told)));
                }
            }
            Sure::Another => {}
        }
        let mut prepared = app.prepare_case(
            checked,
            (&found.programme, found.center),
            Some(self.staff),
            form_key,
            None,
        );
        prepared.case.is_contact = true;
        prepared.review_from = app.review_from(
            (&found.programme, found.center),
            None,
            last_contact_on,
            true,
            false,
        );
        let now = app.clock.now();
        let entry = about(
            self.did("case.registered", Some(prepared.case.id)),
            source.uuid(),
        );
        let keys = app.keys().clone();
        let asks = looks && self.asks_who_stands(sure);
        let case = app
            .db()
            .write(move |tx| {
                match look_again(tx, &prepared, asks, Some(found.person))? {
                    Stands::Nobody => {}
                    Stands::ThisForm(stands) => return Ok(Ok(Some(stands))),
                    Stands::Alike => return Ok(Err(Meanwhile)),
                }
                let both = (source, known.unwrap_or(source));
                let Some((met, known_as)) = Record::held_both(tx, &scope, both)? else {
                    return Ok(Ok(None));
                };
                if known.is_some() {
                    // Given to another center this moment: whose row the person's is, has to do with no case here.
                    if known_as.center != prepared.person.center {
                        return Ok(Ok(None));
                    }
                    prepared.belongs_to(&known_as);
                }
                let Some((_, contact)) = write_case(tx, &keys, &prepared, now)? else {
                    return Ok(Ok(None));
                };
                rows::link(tx, (met.record_id(), contact), last_contact_on)?;
                audit::note(tx, &keys, &entry)?;
                Ok(Ok(Some(prepared.case.id)))
            })
            .await?;
        Ok(case.map(|case| case.map(RegisterCase::Registered)))
    }

    /// Notes that somebody who stands already met a case. A contact who is not ill isolates from the last of such days on, and is
    /// followed again where following ended before that day was known.
    async fn link_contact(
        &self,
        source: CaseId,
        contact: CaseId,
        last_contact_on: Date,
    ) -> Result<Option<RegisterCase>, Error> {
        let (app, scope) = (self.app.clone(), self.scope());
        let now = self.app.clock.now();
        let entry = about(
            self.did("case.contact_linked", Some(contact)),
            source.uuid(),
        );
        let linked = self
            .app
            .db()
            .write(move |tx| {
                let both = Record::held_both(tx, &scope, (source, contact))?;
                let Some((met, row)) = both else {
                    return Ok(None);
                };
                let contact = row.id;
                if contact == met.id || row.is_in_error {
                    return Ok(None);
                }
                rows::link(tx, (met.record_id(), row.record_id()), last_contact_on)?;
                // Who was released after the same day, or a later one, stays so: a household met each of its ill on one day.
                let is_later = settle(&app, tx, contact)?.is_some_and(|(was, is)| was < is);
                let is_open_again = is_later && monitoring::reopen(tx, row.record_id(), now)?;
                monitoring::touch(tx, contact, now)?;
                audit::note(tx, app.keys(), &entry)?;
                Ok(Some(match is_open_again {
                    true => RegisterCase::FollowedAgain(contact),
                    false => RegisterCase::Noted(contact),
                }))
            })
            .await?;
        Ok(linked)
    }

    /// A contact has fallen ill and becomes a case; the reports and the contacts stay. Days are asked back as those of a
    /// registration are. Of what else was told, the record takes over what it does not have.
    pub async fn fell_ill(
        &self,
        case: CaseId,
        typed: &TypedIll,
        version: i32,
    ) -> Result<FellIll, Error> {
        self.needs(Right::Follow)?;
        let Some(view) = self.case(case).await? else {
            return Ok(FellIll::NoSuchCase);
        };
        let today = self.today_here().await?;
        let born_on = view.birthdate.expose().date();
        let diagnosed = past_day(&typed.diagnosed_on, today, Some(born_on));
        let onset = match past_day(&typed.onset_on, today, Some(born_on)) {
            Err(CaseProblem::Day(DayError::Empty)) => Ok(None),
            read => read.map(Some),
        };
        let (diagnosed, onset) = match (diagnosed, onset) {
            (Ok(diagnosed), Ok(onset)) => (diagnosed, onset),
            (diagnosed, onset) => {
                let of = |field, problem: Option<CaseProblem>| problem.map(|p| (field, p));
                let problems = [
                    of(CaseField::DiagnosedOn, diagnosed.err()),
                    of(CaseField::OnsetOn, onset.err()),
                ];
                return Ok(FellIll::Problems(problems.into_iter().flatten().collect()));
            }
        };
        let days = CaseDays {
            born_on,
            diagnosed_on: diagnosed,
            onset_on: onset,
            entered_on: None,
        };
        let unlikely = unlikely_days(&days, today);
        if !typed.days_are_right && !unlikely.is_empty() {
            return Ok(FellIll::Problems(unlikely));
        }
        let (scope, now) = (self.scope(), self.app.clock.now());
        let app = self.app.clone();
        let alert = AlertId::from_uuid(app.new_uuid());
        let entry = self.did("case.fell_ill", Some(case));
        let taking = self.taking_over(&view, typed).await?;
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let Some(row) = Record::held(tx, &scope, case)? else {
                    return Ok(FellIll::NoSuchCase);
                };
                if row.id != case
                    || row.version != version
                    || taking.as_ref().is_some_and(|taking| taking.is_older(&row))
                {
                    return Ok(FellIll::ChangedMeanwhile);
                }
                if !became_ill(&app, tx, &row, (today, diagnosed, onset), alert, now)? {
                    return Ok(FellIll::ChangedMeanwhile);
                }
                audit::note(tx, app.keys(), &entry)?;
                if let Some(taking) = &taking {
                    taking.write(tx)?;
                }
                Ok(FellIll::Case)
            })
            .await?)
    }

    /// The contacts around a case in reach. Of somebody whom another center follows is told which center that is, so
    /// that nobody thinks that nobody follows them; whom they met is that center's to know.
    pub async fn network(&self, case: CaseId) -> Result<Network, Error> {
        self.needs(Right::SeePersons)?;
        let scope = self.scope();
        let (found, links) = self
            .app
            .db()
            .read(move |tx| {
                let mut people = Vec::new();
                let mut links_met = Vec::new();
                let mut ids: Vec<CaseId> = Vec::new();
                let mut queue = VecDeque::from([(case, 0usize)]);
                let mut met = Vec::new();
                while let Some((id, far)) = queue.pop_front() {
                    if ids.contains(&id) || ids.len() == MOST {
                        continue;
                    }
                    let Some(row) = cases::find(tx, &scope, id)? else {
                        // The case in the middle must be in reach itself.
                        if !ids.is_empty()
                            && let Some(elsewhere) = cases::by_id(tx, id)?
                        {
                            people.push(Err(elsewhere.center));
                            ids.push(id);
                        }
                        continue;
                    };
                    let links = rows::of_case(tx, id)?;
                    let as_contact = links.iter().find(|link| link.contact == id);
                    let names = cases::names(tx, row.person)?.into_iter();
                    people.push(Ok(Person {
                        case: id,
                        names: names
                            .map(|name| (name.script, Personal::new(name.name)))
                            .collect(),
                        hersys_id: row.hersys_id,
                        is_contact: row.is_contact,
                        is_in_error: row.is_in_error,
                        was_contact: as_contact.is_some(),
                        last_contact_on: as_contact.map(|link| link.last_contact_on),
                    }));
                    ids.push(id);
                    for link in links {
                        if far < FARTHEST {
                            queue.push_back((link.source, far + 1));
                            queue.push_back((link.contact, far + 1));
                        }
                        met.push(link);
                    }
                }
                let place = |id: CaseId| ids.iter().position(|known| *known == id);
                for link in met {
                    if let (Some(a), Some(b)) = (place(link.source), place(link.contact))
                        && !links_met.contains(&(a, b))
                    {
                        links_met.push((a, b));
                    }
                }
                Ok((people, links_met))
            })
            .await?;
        let mut people = Vec::new();
        for one in found {
            people.push(match one {
                Ok(person) => Someone::Known(person),
                Err(center) => Someone::Elsewhere(self.app.health_center(center).await?),
            });
        }
        Ok(Network { people, links })
    }
}

/// Makes a contact a case, with the day on which that is at their center, the day of the diagnosis and of the onset: the release is
/// then looked at by the rule of a case. Tells whether the contact was still as it was looked at.
pub(crate) fn became_ill(
    app: &App,
    tx: &mut storage::Tx<'_>,
    row: &Record,
    (today, diagnosed_on, onset_on): (Date, Date, Option<Date>),
    alert: AlertId,
    now: Timestamp,
) -> Result<bool, storage::Error> {
    if !rows::fell_ill(tx, row.id, diagnosed_on, onset_on, row.version, now)? {
        return Ok(false);
    }
    // Who was released as a contact is followed again.
    monitoring::reopen(tx, row.record_id(), now)?;
    let whose = (row.programme.as_str(), row.center);
    let is_inpatient = is_inpatient_in(tx, row.id)?;
    let review = app.review_from(whose, onset_on, diagnosed_on, false, is_inpatient);
    monitoring::fell_ill(tx, row.id, today, review, now)?;
    refresh(app, tx, row, Because::Reckoned, alert, now)?;
    Ok(true)
}
