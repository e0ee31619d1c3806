//! The rows of a person whom two centers know: each has its own, and neither what the other is told. A release before left both with
//! one, and so does one of its nodes that runs beside: what it has handed over is looked through each hour.

use crate::audit::{self, by_machine};
use crate::case_registration::Address;
use crate::correction::take_out_not_own;
use crate::kept_phone;
use crate::keys::Keys;
use crate::{App, Error, SystemDesk};
use domain::ids::{CaseId, HealthCenterId, PersonId, TransferId};
use domain::monitoring::MonitoringStatus;
use domain::personal::Personal;
use domain::phone::PhoneNumber;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use storage::case_registration::{self as cases, CaseRow};
use storage::{Tx, settings};
use uuid::Uuid;

/// The purpose under which e-mail addresses are sealed.
const EMAIL: &str = "person_email";
/// The setting that says until when all that was handed over is parted: a moment, in milliseconds.
const PARTED_UNTIL: &str = "persons.parted_until";
/// For how much longer than that it is looked back: a node of a release before may have had a clock that was behind.
const BESIDE: SignedDuration = SignedDuration::from_hours(24);
/// How many offers are looked at in one go.
const AT_ONCE: i64 = 200;

/// Seals rows anew that were copied of another one: what is sealed alike counts as brought by a merge. Whoever has no phone number has
/// that in no other row.
pub(crate) fn seal_anew(
    keys: &Keys,
    tx: &mut Tx<'_>,
    copies: &[PersonId],
    now: Timestamp,
) -> Result<(), storage::Error> {
    for copy in copies {
        let Some(row) = cases::of_person(tx, *copy)?.into_iter().next() else {
            continue;
        };
        // What cannot be read stands as it is: nobody is kept from being handed over by it.
        if let Ok(None) = kept_phone::read(keys, &row.phone_sealed, row.id) {
            let none = kept_phone::keep(keys, *copy, None);
            cases::set_phone(tx, *copy, (&none.0, &none.1), now)?;
        }
        if let Some(Ok(email)) = row.email_sealed.map(|email| keys.open_text(EMAIL, &email)) {
            let sealed = keys.seal_text(EMAIL, email.expose());
            cases::set_email(tx, *copy, Some(&sealed), None)?;
        }
        if let Ok(address) = Address::open(keys, &cases::address(tx, *copy)?) {
            cases::set_address(tx, *copy, &address.seal(keys))?;
        }
    }
    Ok(())
}

/// Writes into a row how the person was reached before another center corrected it; an empty text: in no such way.
fn as_before(
    keys: &Keys,
    tx: &mut Tx<'_>,
    (person, stood): (PersonId, &HashMap<&'static str, String>),
    now: Timestamp,
) -> Result<(), storage::Error> {
    let told = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    if let Some(phone) = stood.get("phone") {
        let phone = PhoneNumber::parse(phone).ok();
        let kept = kept_phone::keep(keys, person, phone.as_ref());
        cases::set_phone(tx, person, (&kept.0, &kept.1), now)?;
    }
    if let Some(email) = stood.get("email") {
        let sealed = told(email).map(|email| keys.seal_text(EMAIL, &email));
        cases::set_email(tx, person, sealed.as_deref(), Some(now))?;
    }
    let (lives, stays) = (stood.get("address"), stood.get("whereabouts"));
    if lives.is_some() || stays.is_some() {
        let before = Address {
            address: lives.and_then(told).map(Personal::new),
            whereabouts: stays.and_then(told).map(Personal::new),
        };
        let (before, mut address) = (before.seal(keys), cases::address(tx, person)?);
        if lives.is_some() {
            address.address_sealed = before.address_sealed;
        }
        if stays.is_some() {
            address.whereabouts_sealed = before.whereabouts_sealed;
        }
        cases::set_address(tx, person, &address)?;
    }
    Ok(())
}

fn is_followed(tx: &mut Tx<'_>, all: &[CaseRow]) -> Result<bool, storage::Error> {
    for row in all {
        let status = storage::monitoring::status(tx, row.id)?;
        let status = status.and_then(|(word, _)| MonitoringStatus::parse(&word));
        if row.merged_into.is_none() && status.is_some_and(MonitoringStatus::is_open) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Parts the rows of whoever goes along with a case from those of the centers that do not follow them; tells how many rows that made.
fn part(app: &App, tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<u64, storage::Error> {
    cases::hold_with_persons(tx, case)?;
    let mut made = 0;
    for person in cases::persons_of(tx, case)? {
        let parted: Vec<(PersonId, HealthCenterId)> = cases::part(tx, person)?;
        for (copy, center) in parted {
            seal_anew(app.keys(), tx, &[copy], now)?;
            let all = cases::of_person(tx, copy)?;
            // A center that still follows another illness of theirs has to reach them as they are reached now.
            if !is_followed(tx, &all)? {
                let stood = take_out_not_own(app, tx, (copy, person), center)?;
                as_before(app.keys(), tx, (copy, &stood), now)?;
            }
            for row in all {
                let entry = by_machine(now, "case.parted", Some(row.id));
                audit::note(tx, app.keys(), &entry)?;
            }
            made += 1;
        }
    }
    Ok(made)
}

impl SystemDesk {
    /// Gives each center a row of its own of whom a release before has handed over, since it was looked last; tells how many were
    /// made. Ended in the middle, it begins again; two who do it at once do the same.
    pub async fn part_persons(&self) -> Result<u64, Error> {
        let db = self.app.db();
        let now = self.app.clock.now();
        let stands = db.read(|tx| settings::get(tx, PARTED_UNTIL)).await?;
        let until = stands
            .and_then(|stands| Some(i64::from_le_bytes(stands.try_into().ok()?)))
            .and_then(|until| Timestamp::from_millisecond(until).ok());
        let from = until.map_or(Timestamp::UNIX_EPOCH, |until| until.min(now) - BESIDE);
        let mut place = (from, TransferId::from_uuid(Uuid::nil()));
        let mut made = 0;
        loop {
            let (shared, next) = db.read(move |tx| shared_after(tx, place)).await?;
            for case in shared {
                let app = self.app.clone();
                made += db.write(move |tx| part(&app, tx, case, now)).await?;
            }
            match next {
                Some(next) => place = next,
                None => break,
            }
        }
        let until = now.as_millisecond().to_le_bytes();
        db.write(move |tx| settings::set(tx, PARTED_UNTIL, &until))
            .await?;
        Ok(made)
    }
}

/// Up to where the offers were walked through: when one was answered, and which.
type Place = (Timestamp, TransferId);

/// Of the cases that were handed over behind an offer, those of whose persons another center has the same row; and where the next
/// run begins.
fn shared_after(
    tx: &mut Tx<'_>,
    place: Place,
) -> Result<(Vec<CaseId>, Option<Place>), storage::Error> {
    let found = cases::handed_over_since(tx, place, AT_ONCE)?;
    let next = found.last().map(|(_, place)| *place);
    let mut shared = Vec::new();
    for (case, _) in found {
        for person in cases::persons_of(tx, case)? {
            if cases::is_shared(tx, person)? && !shared.contains(&case) {
                shared.push(case);
            }
        }
    }
    Ok((shared, next))
}
