//! Who is searched for, where nothing is at hand that is looked up: a phone number, a birthdate, a name, or the last two.

use super::by_name::{Wanted, name_and_birthdate};
use domain::birthdate::Birthdate;
use domain::name::NameKeys;
use domain::phone::PhoneNumber;
use jiff::civil::Date;
use storage::case_registration::NameRow;

/// What a search says.
pub(crate) struct Sought {
    phone: Option<PhoneNumber>,
    born: Option<Date>,
    named_and_born: Option<(Wanted, Date)>,
    named: Wanted,
}

impl Sought {
    /// Reads a search as the list of cases reads it.
    pub(crate) fn of(search: &str, today: Date) -> Sought {
        Sought {
            phone: PhoneNumber::parse(search).ok(),
            born: Birthdate::parse(search, today).ok().map(Birthdate::date),
            named_and_born: name_and_birthdate(search, today),
            named: Wanted::of(search),
        }
    }

    /// Whether somebody may be meant, by the spellings of their name, their birthdate and the numbers at which they are
    /// reached.
    pub(crate) fn is(&self, names: &[&str], born: Option<Date>, phones: &[&str]) -> bool {
        if let Some(wanted) = &self.phone
            && phones.iter().any(|phone| {
                PhoneNumber::parse(phone).is_ok_and(|phone| phone.e164() == wanted.e164())
            })
        {
            return true;
        }
        if self.born.is_some() {
            return self.born == born;
        }
        let names: Vec<NameRow> = names
            .iter()
            .filter(|name| !name.is_empty())
            .map(|name| {
                let keys = NameKeys::of(name);
                NameRow {
                    script: String::new(),
                    name: (*name).to_owned(),
                    key_joined: keys.joined,
                    key_sorted: keys.sorted,
                }
            })
            .collect();
        match &self.named_and_born {
            Some((wanted, on)) => born == Some(*on) && wanted.is_in(&names),
            None => !self.named.is_empty() && self.named.is_in(&names),
        }
    }
}
