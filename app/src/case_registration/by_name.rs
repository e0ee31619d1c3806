//! Looking for a name: as it is written, and in the other script as it sounds. Whoever phones says a name; whether the
//! center has it in kanji and kana or in Latin letters shows only then.

use domain::birthdate::Birthdate;
use domain::name::{Heard, NameKeys, Sought};
use jiff::civil::Date;
use std::cmp::Reverse;
use std::collections::HashSet;
use storage::case_registration::{self as rows, CaseRow, NameRow, Scope};
use storage::jurisdiction::Below;
use storage::name_keys;

/// The most names that are looked at as they sound, of those that may be meant.
const MOST_HEARD: i64 = 10_000;

/// A name that is looked for, or a part of one.
pub(super) struct Wanted {
    keys: NameKeys,
    sought: Sought,
    heard: Option<Heard>,
}

/// The most words that a birthdate is written with: `15 February 1996`.
const WORDS_OF_A_DATE: usize = 3;

/// A name and a birthdate beside it, in either order, as whoever phones tells them.
pub(super) fn name_and_birthdate(search: &str, today: Date) -> Option<(Wanted, Date)> {
    let words: Vec<&str> = search.split_whitespace().collect();
    // The longest date first: of `Naomi 15 February 1996` not the end alone.
    for many in (1..=WORDS_OF_A_DATE.min(words.len().saturating_sub(1))).rev() {
        let (name, last) = words.split_at(words.len() - many);
        let (first, rest) = words.split_at(many);
        for (name, date) in [(name, last), (rest, first)] {
            let wanted = Wanted::of(&name.join(" "));
            let born = Birthdate::parse(&date.join(" "), today);
            if let (Ok(born), false) = (born, wanted.is_empty()) {
                return Some((wanted, born.date()));
            }
        }
    }
    None
}

impl Wanted {
    pub(super) fn of(search: &str) -> Wanted {
        Wanted {
            keys: NameKeys::of(search),
            sought: Sought::of(search),
            heard: Heard::of(search),
        }
    }

    /// Whether there is no letter in it.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.joined.is_empty()
    }

    /// Whether it is in one of the spellings of a name.
    pub(super) fn is_in(&self, names: &[NameRow]) -> bool {
        names.iter().any(|name| {
            self.sought.is_in(&name.key_joined)
                || self
                    .heard
                    .as_ref()
                    .is_some_and(|heard| heard.is_in(&name.name, &name.key_joined))
        })
    }

    /// Cases at or below a place in whose name it is, newest first; then those in which it is written otherwise, or with more
    /// parts between.
    pub(super) fn find(
        &self,
        tx: &mut storage::Tx<'_>,
        (below, scope): (&Below, &Scope),
        limit: i64,
    ) -> Result<Vec<CaseRow>, storage::Error> {
        let NameKeys { joined, sorted, .. } = &self.keys;
        let mut found = rows::by_name(tx, below, (joined, sorted), limit)?;
        let mut seen: HashSet<_> = found.iter().map(|row| row.id).collect();
        let most = usize::try_from(limit).unwrap_or(0);
        if let Some(heard) = &self.heard {
            let mut more = 0;
            for (case, name, key) in name_keys::that_fit(tx, below, &heard.patterns(), MOST_HEARD)?
            {
                if more == most {
                    break;
                }
                if heard.is_in(&name, &key)
                    && seen.insert(case)
                    && let Some(row) = rows::find(tx, scope, case)?
                {
                    found.push(row);
                    more += 1;
                }
            }
        }
        found.sort_by_key(|row| Reverse((row.registered_at, row.id)));
        if found.len() < most {
            let otherwise = rows::by_name_otherwise(tx, below, &self.sought, limit)?;
            found.extend(otherwise.into_iter().filter(|row| seen.insert(row.id)));
        }
        found.truncate(most);
        Ok(found)
    }
}
