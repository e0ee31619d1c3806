//! Who stands already and may be the person that is about to be registered.

use super::{CaseView, CheckedCase, RegisterCase, Sure, TypedCase, found};
use crate::attributes::phone_blind;
use crate::{Error, StaffDesk};
use domain::ids::CaseId;
use domain::notification::duplicate::{Identity, Likeness, Reason, reason};
use domain::staff_role::Right;
use jiff::civil::Date;
use storage::case_registration::{self as rows, Scope};
use uuid::Uuid;

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
    /// The keyed hash of the phone number; empty where there is none, which is like nobody's.
    pub(crate) phone_blind: Vec<u8>,
    /// The day of birth.
    pub(crate) birthdate: Date,
}

/// How many alike people are looked at, those first with whom the most agrees, and how many shown.
const LOOKED_AT: i64 = 200;
const ALIKE_SHOWN: usize = 5;

impl StaffDesk {
    /// Whether somebody who registers is shown first who stands already: whoever sees all persons of the center, and has not
    /// said who it is.
    pub(crate) fn asks_who_stands(&self, sure: Sure) -> bool {
        let sees = matches!(self.scope(), Scope::Below(_)) && self.may(Right::SeePersons);
        sees && sure == Sure::Ask
    }

    /// What whoever registers somebody by a form is told first: who may be the same person, but for this case; or what the form
    /// itself has become, for where it was sent twice at once the first of the two is among those who are alike.
    pub(crate) async fn told_first(
        &self,
        (typed, checked): (&TypedCase, &CheckedCase),
        form_key: Uuid,
        but: Option<CaseId>,
    ) -> Result<Option<RegisterCase>, Error> {
        let mut alike = self.alike(typed, checked).await?;
        alike.retain(|one| Some(one.view.member.case) != but);
        if alike.is_empty() {
            return Ok(None);
        }
        let stands = self
            .app
            .db()
            .read(move |tx| rows::by_form_key(tx, form_key))
            .await?;
        Ok(Some(match stands {
            Some(case) => RegisterCase::Registered(case),
            None => RegisterCase::Alike(alike),
        }))
    }

    /// Who in reach may be the person that is about to be registered, the likeliest first. Whoever may not list
    /// persons is shown nobody.
    async fn alike(&self, typed: &TypedCase, checked: &CheckedCase) -> Result<Vec<Alike>, Error> {
        let names = [&typed.name, &typed.name_kana, &typed.name_latin].map(String::as_str);
        let birthdate = checked.birthdate.date();
        self.alike_to(Who {
            identity: Identity::new(&names, Some(birthdate), &typed.phone, ""),
            keys: checked.names.iter().map(|n| n.key_sorted.clone()).collect(),
            phone_blind: (checked.phone.as_ref())
                .map_or_else(Vec::new, |phone| phone_blind(self.app.keys(), phone)),
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
                // What was registered in error is nobody's double.
                let is_case = |one: &found::Found| one.is_case();
                found.map(|all| {
                    all.into_iter()
                        .flatten()
                        .filter(is_case)
                        .collect::<Vec<_>>()
                })
            })
            .await?;
        let mut alike: Vec<Alike> = Vec::new();
        for one in found {
            let view = self.view_found(one).await?;
            let says = view.found_under.as_deref().unwrap_or(&view);
            let names: Vec<&str> = says
                .names
                .iter()
                .map(|(_, n)| n.expose().as_str())
                .collect();
            let born = Some(says.birthdate.expose().date());
            let phone = says.phone.as_ref().map_or("", |phone| phone.expose());
            let stands = Identity::new(&names, born, phone, "");
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
}
