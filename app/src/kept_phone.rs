//! The phone number of a person as it is kept: sealed, and hashed to be found by. Some people have none; how that is written and
//! read is decided here alone, and everywhere else it is an `Option`.

use crate::Error;
use crate::attributes::phone_blind;
use crate::keys::Keys;
use domain::ids::{CaseId, PersonId};
use domain::phone::PhoneNumber;

/// The purpose under which numbers are sealed.
const SEALED_AS: &str = "phone";

/// What stands sealed in the place of a number that somebody does not have. No country's numbers begin with a zero, so nobody can
/// type it. It has the form of a number all the same, because a node of a release before reads it as one: it shows
/// this text and the rest of its worklist, where it would show none of it for something that it cannot read.
const NONE: &str = "+0000";

/// A number as it is written: sealed, and hashed.
///
/// Whoever has none has a hash of their own: no number that is typed is ever that, so nobody signs up with it, and two
/// people without a number never have the same one, also in the eyes of a node that knows nothing of them.
pub(crate) fn keep(
    keys: &Keys,
    person: PersonId,
    phone: Option<&PhoneNumber>,
) -> (Vec<u8>, Vec<u8>) {
    let stands = phone.map_or(NONE, PhoneNumber::e164);
    let blind = match phone {
        Some(phone) => phone_blind(keys, phone),
        None => keys.blind("no_phone", &person.to_string()),
    };
    (keys.seal_text(SEALED_AS, stands), blind)
}

/// The number that is kept of the person of a case; none where they have none.
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn read(keys: &Keys, sealed: &[u8], case: CaseId) -> Result<Option<PhoneNumber>, Error> {
    let stands = keys.open_text(SEALED_AS, sealed)?;
    if stands.expose() == NONE {
        return Ok(None);
    }
    let phone = PhoneNumber::from_e164(stands.expose());
    let broken = || Error::broken(format!("persons.phone of case {case}"));
    phone.map(Some).ok_or_else(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_can_type_what_stands_for_no_number_and_a_release_before_can_read_it() {
        assert!(PhoneNumber::parse(NONE).is_err());
        assert!(PhoneNumber::parse("0000").is_err());
        // As a release before reads what is kept.
        let shown = PhoneNumber::from_e164(NONE).map(|phone| phone.national());
        assert_eq!(shown.as_deref(), Some(NONE));
    }
}
