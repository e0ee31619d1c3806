//! Notifications (発生届): what a physician tells the health center about somebody with a disease that the law names.
//! What is asked, and about whom, is dated data of the programme (`programmes/notification-*.toml`), because it changed
//! twice within three months of 2022, while the system was in use. The code knows only the [`core_item`]s.

pub mod age;
mod check;
pub mod duplicate;
pub mod eligibility;
mod file;
pub mod item;
pub mod postal_code;
pub mod postal_table;
#[cfg(test)]
mod tests;
mod value;

pub use check::{Checked, ItemProblem, Warning};
pub use value::Value;

pub(crate) use file::unknown_keys;

use crate::rules::FileError;
use eligibility::MustReport;
use item::{Group, Item, ItemKind};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The items that every set holds, by their ids: those that the rest of the system works with.
pub mod core_item {
    /// The person's name as it is written; always required.
    pub const NAME: &str = "name";
    /// Its reading in kana.
    pub const NAME_KANA: &str = "name_kana";
    /// The name in Latin letters; never required, for not everybody has one.
    pub const NAME_LATIN: &str = "name_latin";
    /// The sex: `male`, `female`, `other` or `unknown`, as in FHIR's administrative gender.
    pub const SEX: &str = "sex";
    /// The date of birth; always required.
    pub const BIRTHDATE: &str = "birthdate";
    /// The phone number under which the person is reached.
    pub const PHONE: &str = "phone";
    /// The postal code of the address.
    pub const POSTAL_CODE: &str = "postal_code";
    /// The address.
    pub const ADDRESS: &str = "address";
    /// The language that the person reads, as a BCP 47 tag.
    pub const LANGUAGE: &str = "language";
    /// The day of the diagnosis, or for a body of the inspection; always required.
    pub const DIAGNOSED_ON: &str = "diagnosed_on";
    /// The day on which the symptoms began, as far as it is known.
    pub const ONSET_ON: &str = "onset_on";
    /// `confirmed`, `asymptomatic`, `suspected` or `death`, as in the law's forms; always required.
    pub const KIND: &str = "kind";

    /// All of them.
    pub const ALL: [&str; 12] = [
        NAME,
        NAME_KANA,
        NAME_LATIN,
        SEX,
        BIRTHDATE,
        PHONE,
        POSTAL_CODE,
        ADDRESS,
        LANGUAGE,
        DIAGNOSED_ON,
        ONSET_ON,
        KIND,
    ];
    /// Those without which no case can be opened.
    pub const ALWAYS_REQUIRED: [&str; 4] = [NAME, BIRTHDATE, DIAGNOSED_ON, KIND];
}

/// The key under which a form sends `yes` when "None of these" was clicked; never the id of an item.
pub const BULK_NONE: &str = "bulk_none";

/// The key under which a form sends `yes` when "Has no phone" was clicked, and under which a notification keeps it; never the
/// id of an item, for none has a full stop. Where it is, a phone number that is asked for is not missing.
pub const NO_PHONE: &str = "phone.none";

/// What is asked about one person, from a day on. Serialises, so that a notification can keep the words that it
/// answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ItemSet {
    /// The first day on which it holds.
    pub valid_from: Date,
    /// The programme, such as `covid-19`.
    pub programme: String,
    /// A sentence on where it comes from.
    pub source: String,
    /// The items, in the order in which they are asked.
    pub items: Vec<Item>,
    /// Who must be reported: whoever meets any of these. Empty: everybody.
    pub who_must_be_reported: Vec<MustReport>,
    /// Who calls for somebody at once, before the notification is looked at in its turn: whoever meets any of these.
    #[serde(default)]
    pub pressing: Vec<eligibility::Clause>,
}

impl ItemSet {
    /// The item of an id.
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// The items of a group, in their order.
    pub fn in_group(&self, group: Group) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.group == group)
    }

    /// The ids of the factors of risk: the yes/no items of the group `risk`.
    pub fn risk_factors(&self) -> impl Iterator<Item = &str> {
        self.in_group(Group::Risk)
            .filter(|item| item.kind == ItemKind::YesNo)
            .map(|item| item.id.as_str())
    }
}

/// The item sets of all programmes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ItemSets {
    /// By programme and day, the oldest first.
    sets: Vec<ItemSet>,
}

impl ItemSets {
    /// Reads the file of one programme.
    ///
    /// # Errors
    /// What is wrong, for whoever edits the file: what is not TOML or is misspelt; an item that lacks
    /// words in English or Japanese; a set without a [`core_item`], with an item that is not defined, or with a condition
    /// that no answer can meet; two sets of one day.
    pub fn from_toml(text: &str) -> Result<ItemSets, FileError> {
        let mut sets = file::read(text)?;
        sets.sort_by_key(|set| set.valid_from);
        Ok(ItemSets { sets })
    }

    /// The sets that every release brings.
    ///
    /// # Panics
    /// Never in a release: a test reads the file.
    #[allow(clippy::expect_used)]
    pub fn shipped() -> ItemSets {
        ItemSets::from_toml(include_str!("../../programmes/notification-covid-19.toml"))
            .expect("the shipped item sets are read by a test")
    }

    /// Adds the sets of another file; of two for the same programme and day, the added one holds, so that a health
    /// authority can put its own in place of a shipped one.
    #[must_use]
    pub fn with(mut self, other: ItemSets) -> ItemSets {
        for set in other.sets {
            self.sets.retain(|known| {
                (&known.programme, known.valid_from) != (&set.programme, set.valid_from)
            });
            self.sets.push(set);
        }
        self.sets
            .sort_by(|a, b| (&a.programme, a.valid_from).cmp(&(&b.programme, b.valid_from)));
        self
    }

    /// The set of a programme that holds on a day; `None` before the first one, and for an unknown programme.
    pub fn effective(&self, programme: &str, on: Date) -> Option<&ItemSet> {
        self.sets
            .iter()
            .rfind(|set| set.programme == programme && set.valid_from <= on)
    }

    /// All sets: by programme, the oldest first.
    pub fn all(&self) -> &[ItemSet] {
        &self.sets
    }
}
