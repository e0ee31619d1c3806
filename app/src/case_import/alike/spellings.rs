//! The names of a row of a file, held beside those of somebody who may be the same person.

use domain::name::{Spelling, is_kana};
use domain::notification::duplicate::{are_alike_at_one_number, names_are_alike};
use jiff::civil::Date;
use std::cell::OnceCell;
use storage::case_registration::NameRow;

/// The names of a row as they are held beside others. They are made only where somebody else was born on that day.
pub(super) struct Spellings<'a> {
    names: &'a [NameRow],
    made: OnceCell<Vec<Spelling>>,
}

impl<'a> Spellings<'a> {
    pub(super) fn of(names: &'a [NameRow]) -> Spellings<'a> {
        Spellings {
            names,
            made: OnceCell::new(),
        }
    }

    /// Whether somebody who was born on the same day may be the same by some names, each with its key.
    pub(super) fn may_be<'n>(
        &self,
        others: impl Iterator<Item = (&'n str, &'n str)> + Clone,
    ) -> bool {
        let own = self.made.get_or_init(|| {
            let own = self.names.iter().map(|name| Spelling::of(&name.name));
            own.collect()
        });
        // Most people of one birthdate are nothing like one another, and that is to be found out cheaply. Where both are
        // written in kana, these say it better than what one sounds like.
        let has_kana =
            own.iter().any(Spelling::is_kana) && others.clone().any(|(_, key)| is_kana(key));
        let may_be =
            |one: &Spelling, key| one.may_share(key) || !has_kana && one.may_sound_like(key);
        let mut keys = others.clone().map(|(_, key)| key);
        if !keys.any(|key| own.iter().any(|one| may_be(one, key))) {
            return false;
        }
        let others: Vec<Spelling> = others.map(|(name, _)| Spelling::of(name)).collect();
        names_are_alike(own, &others)
    }

    /// Whether somebody with another birthdate and the same phone may be the same, by these names.
    pub(super) fn may_be_at_one_number<'n>(
        &self,
        born: Date,
        theirs: Date,
        names: impl Iterator<Item = &'n str>,
    ) -> bool {
        let own: Vec<Spelling> = self
            .names
            .iter()
            .map(|name| Spelling::of(&name.name))
            .collect();
        let others: Vec<Spelling> = names.map(Spelling::of).collect();
        are_alike_at_one_number((&own, born), (&others, theirs))
    }
}
