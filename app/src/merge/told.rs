//! How the person of the kept record is reached, as far as only the other record says it: phone, e-mail, where they live and stay,
//! passport. All of that goes again when the two turn out to be two people: what is meant for one would reach the other.

use crate::case_registration::PLACES_SEALED_AS as ADDRESS;
use crate::kept_phone;
use crate::keys::Keys;
use jiff::Timestamp;
use storage::case_registration::{self as cases, CaseRow};
use storage::merge::{MergeRow, Told};
use storage::{Error, Tx, passport_number};

/// The purpose under which e-mail addresses are sealed.
const EMAIL: &str = "person_email";

/// What sealed text says; none where there is none, or it cannot be read.
fn says(keys: &Keys, what: &'static str, sealed: Option<&Vec<u8>>) -> Option<String> {
    let text = sealed.map(|sealed| keys.open_text(what, sealed));
    text.and_then(Result::ok).map(|text| text.expose().clone())
}

/// Takes over what the kept record (`to`) lacks, and tells what that was. What waits for a number or an address that is not the
/// kept one goes nowhere any more: which of the two is right was just decided.
pub(super) fn take_over(
    keys: &Keys,
    tx: &mut Tx<'_>,
    (from, to): (&CaseRow, &CaseRow),
    now: Timestamp,
) -> Result<Told, Error> {
    passport_number::take_over(tx, from.id, to.id)?;
    if from.person == to.person {
        return Ok(Told::default());
    }
    let has_phone = |row: &CaseRow| {
        let phone = kept_phone::read(keys, &row.phone_sealed, row.id);
        let broken = |error: crate::Error| Error::Broken(error.to_string());
        phone.map(|phone| phone.is_some()).map_err(broken)
    };
    let (theirs, own) = (
        cases::address(tx, from.person)?,
        cases::address(tx, to.person)?,
    );
    let told = Told {
        phone: has_phone(from)? && !has_phone(to)?,
        email: from.email_sealed.is_some() && to.email_sealed.is_none(),
        address: theirs.address_sealed.is_some() && own.address_sealed.is_none(),
        whereabouts: theirs.whereabouts_sealed.is_some() && own.whereabouts_sealed.is_none(),
    };
    if told.phone {
        cases::take_phone(tx, from.person, to.person)?;
    } else if from.phone_blind != to.phone_blind {
        for kind in ["sms_invitation", "sms_request"] {
            storage::outbox::withdraw_about(tx, from.id, kind, now)?;
        }
    }
    let email = |row: &CaseRow| says(keys, EMAIL, row.email_sealed.as_ref());
    if !told.email && email(from) != email(to) {
        storage::outbox::withdraw_about(tx, from.id, "invitation", now)?;
    }
    if told.email {
        cases::take_email(tx, from.person, to.person)?;
    }
    if told.address || told.whereabouts {
        let both = cases::AddressRow {
            address_sealed: own.address_sealed.or(theirs.address_sealed),
            whereabouts_sealed: own.whereabouts_sealed.or(theirs.whereabouts_sealed),
        };
        cases::set_address(tx, to.person, &both)?;
    }
    if told != Told::default() {
        // A form that was shown without it would otherwise take it away again.
        cases::person_changed(tx, to.person)?;
    }
    Ok(told)
}

/// Takes out of the kept record again what a merge brought, unless something else was entered since. It is compared by what it
/// says: all of it is sealed anew with each correction of the record.
pub(super) fn give_back(
    keys: &Keys,
    tx: &mut Tx<'_>,
    merge: &MergeRow,
    now: Timestamp,
) -> Result<(), Error> {
    passport_number::give_back(tx, merge.merged, merge.kept)?;
    let (kept, merged) = (
        cases::by_id(tx, merge.kept)?,
        cases::by_id(tx, merge.merged)?,
    );
    let (Some(kept), Some(merged)) = (kept, merged) else {
        return Ok(());
    };
    if kept.person == merged.person {
        return Ok(());
    }
    let told = &merge.moved.told;
    let is_theirs = |what, own: &Option<Vec<u8>>, theirs: &Option<Vec<u8>>| {
        own.is_some() && says(keys, what, own.as_ref()) == says(keys, what, theirs.as_ref())
    };
    if told.phone && kept.phone_blind == merged.phone_blind {
        let none = kept_phone::keep(keys, kept.person, None);
        cases::set_phone(tx, kept.person, (&none.0, &none.1), now)?;
        // What waits would reach the other one; and without a number there is nothing to be invited to, in either way.
        storage::outbox::withdraw_sms_about(tx, kept.id, now)?;
        storage::outbox::withdraw_mails_about(tx, kept.id, now)?;
    }
    // Where it stood as it was copied, it is gone already.
    let is_gone = kept.email_sealed.is_none();
    if told.email && (is_gone || is_theirs(EMAIL, &kept.email_sealed, &merged.email_sealed)) {
        cases::set_email(tx, kept.person, None, Some(now))?;
        cases::person_changed(tx, kept.person)?;
        storage::outbox::withdraw_mails_about(tx, kept.id, now)?;
    }
    let (own, theirs) = (
        cases::address(tx, kept.person)?,
        cases::address(tx, merged.person)?,
    );
    let mut stands = own.clone();
    if told.address && is_theirs(ADDRESS, &own.address_sealed, &theirs.address_sealed) {
        stands.address_sealed = None;
    }
    if told.whereabouts && is_theirs(ADDRESS, &own.whereabouts_sealed, &theirs.whereabouts_sealed) {
        stands.whereabouts_sealed = None;
    }
    if stands != own {
        cases::set_address(tx, kept.person, &stands)?;
        cases::person_changed(tx, kept.person)?;
    }
    Ok(())
}
