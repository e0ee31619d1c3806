//! The items of a notification: what is asked, and what an answer can be.

use crate::language::Language;
use crate::questionnaire::LocalText;
use crate::rules::NO_WORDS_IN;
use serde::de::Error as _;
use serde::de::value::MapDeserializer;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// The part of the form in which an item stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Who the person is and where.
    Person,
    /// Who answers for a minor.
    Guardian,
    /// The illness.
    Illness,
    /// What puts the person at risk: each yes/no item is one factor.
    Risk,
    /// Who notifies.
    Institution,
}

impl Group {
    /// All of them, in the form's order.
    pub const ALL: [Group; 5] = [
        Group::Person,
        Group::Guardian,
        Group::Illness,
        Group::Risk,
        Group::Institution,
    ];
}

/// Words that are there in both languages of the pages.
pub(super) fn in_both_languages<'de, D: Deserializer<'de>>(from: D) -> Result<LocalText, D::Error> {
    let words = BTreeMap::<String, String>::deserialize(from)?;
    for language in Language::ALL {
        if words
            .get(language.tag())
            .is_none_or(|text| text.trim().is_empty())
        {
            let tag = language.tag();
            return Err(D::Error::custom(format!("{NO_WORDS_IN}{tag}")));
        }
    }
    LocalText::deserialize(MapDeserializer::new(words.into_iter()))
}

/// One of several answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The answer as it is sent and stored: 1 to 40 of letters, digits, `_` and `-`.
    pub id: String,
    /// Its words, in English and Japanese at least.
    #[serde(deserialize_with = "in_both_languages")]
    pub label: LocalText,
}

/// What an answer can be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// One line.
    Text {
        /// The longest, in characters.
        most: usize,
    },
    /// Several lines.
    LongText {
        /// The longest, in characters.
        most: usize,
    },
    /// A day that is not in the future and, but for the birthdate, not before the birth; written in any form that
    /// [`crate::dates::parse_day`] reads.
    Date,
    /// One of several.
    Choice {
        /// The answers, in the order in which they are offered.
        options: Vec<Choice>,
    },
    /// `yes` or `no`.
    YesNo,
    /// A Japanese postal code: see [`super::postal_code`].
    PostalCode,
    /// A phone number: see [`crate::phone`].
    Phone,
    /// A whole number.
    Number {
        /// What is counted, such as doses.
        #[serde(deserialize_with = "in_both_languages")]
        unit: LocalText,
        /// The lowest that is taken.
        min: i32,
        /// The highest that is taken.
        max: i32,
    },
}

impl ItemKind {
    /// Whether a text could be the stored form of an answer ([`super::Value::text`]); of free text and dates it cannot
    /// be said, so these do not serve as conditions.
    pub fn can_be(&self, answer: &str) -> bool {
        match self {
            ItemKind::Choice { options } => options.iter().any(|option| option.id == answer),
            ItemKind::YesNo => matches!(answer, "yes" | "no"),
            ItemKind::Number { min, max, .. } => answer
                .parse::<i32>()
                .is_ok_and(|n| (*min..=*max).contains(&n) && n.to_string() == answer),
            _ => false,
        }
    }
}

/// When an item is asked: an earlier item of the form has one of these values.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnlyIf {
    /// The id of the earlier item.
    pub item: String,
    /// Its values, as they are stored; a file may give one without brackets.
    #[serde(deserialize_with = "one_or_several")]
    pub is: Vec<String>,
}

fn one_or_several<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a text or a list of texts")]
    enum Either {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Either::deserialize(from)? {
        Either::One(one) => vec![one],
        Either::Several(several) => several,
    })
}

/// An item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its id: 1 to 40 of a–z, 0–9 and `_`.
    pub id: String,
    /// Its words, in English and Japanese at least.
    #[serde(deserialize_with = "in_both_languages")]
    pub label: LocalText,
    /// Where it stands in the form.
    pub group: Group,
    /// What an answer can be.
    pub kind: ItemKind,
    /// Whether there must be an answer wherever it is asked.
    pub required: bool,
    /// When it is asked; none: always.
    pub only_if: Option<OnlyIf>,
    /// Whether it is asked of minors only ([`super::age::is_minor`] on the day of the diagnosis).
    pub hidden_for_adults: bool,
    /// Whether "None of these" ([`super::BULK_NONE`]) answers it with no.
    pub bulk_none: bool,
}
