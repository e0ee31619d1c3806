//! About whom a notification must be made. From 26 September 2022 on these were four kinds of persons only; everybody
//! else was counted, without a name. A rule is data of the item set.

use super::item::{Group, Item, ItemKind, in_both_languages};
use super::{Checked, ItemSet};
use crate::questionnaire::LocalText;
use serde::{Deserialize, Serialize};

/// A kind of person who must be reported: whoever meets all of its clauses.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MustReport {
    /// Its id: 1 to 40 of a–z, 0–9 and `_`.
    pub id: String,
    /// Its words, in English and Japanese at least.
    #[serde(deserialize_with = "in_both_languages")]
    pub label: LocalText,
    /// What must all be so; at least one.
    pub all: Vec<Clause>,
}

/// A part of a condition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected age_at_or_above, or any_of and is, or any_yes_in"
)]
pub enum Clause {
    /// The age on the day of the diagnosis.
    Age {
        /// From this age on, in completed years.
        age_at_or_above: i32,
    },
    /// At least one of some items has a value.
    Items {
        /// The items' ids.
        any_of: Vec<String>,
        /// The value, as it is stored.
        is: String,
    },
    /// At least one yes/no item of a group is answered with yes.
    Group {
        /// The group.
        any_yes_in: Group,
    },
}

impl ItemSet {
    /// The kinds of persons who must be reported to whom a notification's person belongs, in the file's order. Empty
    /// where the set names none, and everybody is reported, or where the person belongs to none of them.
    pub fn reasons_to_report(&self, checked: &Checked) -> Vec<&MustReport> {
        self.who_must_be_reported
            .iter()
            .filter(|kind| kind.all.iter().all(|clause| self.meets(clause, checked)))
            .collect()
    }

    /// Whether a notification's person calls for somebody at once.
    pub fn is_pressing(&self, checked: &Checked) -> bool {
        self.pressing
            .iter()
            .any(|clause| self.meets(clause, checked))
    }

    /// The answers by which a notification's person calls for somebody at once, in the form's order: what was asked, and of a
    /// choice what was chosen. An age is none of them.
    pub fn pressing_answers(&self, checked: &Checked) -> Vec<(LocalText, Option<LocalText>)> {
        let presses = |item: &&Item| {
            self.pressing.iter().any(|clause| match clause {
                Clause::Age { .. } => false,
                Clause::Items { any_of, is } => {
                    any_of.contains(&item.id) && checked.is(&item.id, is)
                }
                Clause::Group { any_yes_in } => {
                    item.group == *any_yes_in
                        && item.kind == ItemKind::YesNo
                        && checked.is(&item.id, "yes")
                }
            })
        };
        self.items
            .iter()
            .filter(presses)
            .map(|item| {
                let chosen = match &item.kind {
                    ItemKind::Choice { options } => {
                        options.iter().find(|one| checked.is(&item.id, &one.id))
                    }
                    _ => None,
                };
                (item.label.clone(), chosen.map(|one| one.label.clone()))
            })
            .collect()
    }

    fn meets(&self, clause: &Clause, checked: &Checked) -> bool {
        match clause {
            Clause::Age { age_at_or_above } => {
                checked.age().is_some_and(|age| age >= *age_at_or_above)
            }
            Clause::Items { any_of, is } => any_of.iter().any(|id| checked.is(id, is)),
            Clause::Group { any_yes_in } => self
                .in_group(*any_yes_in)
                .any(|item| item.kind == ItemKind::YesNo && checked.is(&item.id, "yes")),
        }
    }
}
