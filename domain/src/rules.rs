//! Dated rules as files: what asks, judges, isolates and notifies, each kind in its own TOML, so that one store, one page
//! and one command can carry them all. What the numbers mean stands with each kind.

mod fields;
mod file_error;
mod meant;
mod stored;
mod wording;

pub(crate) use file_error::NO_WORDS_IN;
pub use file_error::{FileError, Place, What};

pub use meant::check_meant;
pub(crate) use stored::unknown_in_toml;
pub use stored::{UnknownKey, read_stored, read_stored_questionnaire};

pub use fields::{FieldSpec, Unit, apply, fields, range_beside, values};
pub use wording::{
    Entry, LONGEST_SHORT, LONGEST_WORDS, NewQuestion, NumberField, Part, WordKind, Wording,
    WordingProblem, apply_wording, entries,
};

use crate::course::{self, CourseRules};
use crate::isolation::{self, Rule};
use crate::message_texts::{self, MessageTexts};
use crate::notification::{ItemSet, ItemSets};
use crate::questionnaire::{self, Questionnaire};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use toml_edit::{Array, DocumentMut, Item, Table, value};

/// What a file of rules is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// What a report asks, and what single answers mean.
    Questionnaire,
    /// What a row of reports means.
    Course,
    /// How long somebody isolates.
    Isolation,
    /// What a physician's notification asks.
    Notification,
    /// What is written to people.
    Messages,
}

impl RuleKind {
    /// All kinds.
    pub const ALL: [RuleKind; 5] = [
        RuleKind::Questionnaire,
        RuleKind::Course,
        RuleKind::Isolation,
        RuleKind::Notification,
        RuleKind::Messages,
    ];

    /// The word that is stored, and that commands and addresses take.
    pub const fn word(self) -> &'static str {
        match self {
            RuleKind::Questionnaire => "questionnaire",
            RuleKind::Course => "course",
            RuleKind::Isolation => "isolation",
            RuleKind::Notification => "notification",
            RuleKind::Messages => "messages",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<RuleKind> {
        RuleKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The name of the tables in the file, each of which holds from a day on.
    const fn table(self) -> &'static str {
        match self {
            RuleKind::Questionnaire => "questionnaire",
            RuleKind::Course => "course",
            RuleKind::Isolation => "isolation",
            RuleKind::Notification => "set",
            RuleKind::Messages => "messages",
        }
    }

    const fn shipped_text(self) -> &'static str {
        match self {
            RuleKind::Questionnaire => include_str!("../../programmes/covid-19.toml"),
            RuleKind::Course => include_str!("../../programmes/course-covid-19.toml"),
            RuleKind::Isolation => include_str!("../../programmes/isolation-covid-19.toml"),
            RuleKind::Notification => include_str!("../../programmes/notification-covid-19.toml"),
            RuleKind::Messages => include_str!("../../programmes/messages-covid-19.toml"),
        }
    }
}

/// Whose rule it is that holds at a center, from the nearest to the farthest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The center's own.
    Center,
    /// That of a place above it.
    Above,
    /// The operator's, for all.
    Operator,
    /// That of the release.
    Shipped,
    /// That of another place, where the own one and those above know nothing of the disease.
    Elsewhere,
}

impl Origin {
    /// The word for catalogues.
    pub const fn word(self) -> &'static str {
        match self {
            Origin::Center => "center",
            Origin::Above => "above",
            Origin::Operator => "operator",
            Origin::Shipped => "shipped",
            Origin::Elsewhere => "elsewhere",
        }
    }
}

/// Which rule something was decided by: kept beside the decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleMark {
    /// The first day on which it holds.
    pub valid_from: Date,
    /// Whose it is.
    pub origin: Origin,
}

/// What a file says, understood.
#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    /// Of [`RuleKind::Questionnaire`].
    Questionnaire(Questionnaire),
    /// Of [`RuleKind::Course`].
    Course(CourseRules),
    /// Of [`RuleKind::Isolation`].
    Isolation(Rule),
    /// Of [`RuleKind::Notification`].
    Notification(ItemSet),
    /// Of [`RuleKind::Messages`].
    Messages(MessageTexts),
}

/// A file with one rule in it, which holds from one day on.
#[derive(Clone, PartialEq, Debug)]
pub struct RuleFile {
    /// What it is about.
    pub kind: RuleKind,
    /// The programme, such as `covid-19`.
    pub programme: String,
    /// The first day on which it holds.
    pub valid_from: Date,
    /// The file itself.
    pub text: String,
    /// What it says.
    pub content: Content,
}

fn document(text: &str) -> Result<DocumentMut, FileError> {
    text.parse()
        .map_err(|e: toml_edit::TomlError| FileError::of_edit(text, &e))
}

/// The first rule of a file.
fn only_table(document: &mut DocumentMut, kind: RuleKind) -> Option<&mut Table> {
    document
        .get_mut(kind.table())?
        .as_array_of_tables_mut()?
        .get_mut(0)
}

/// That a file holds no rule of a kind.
fn no_rule(kind: RuleKind) -> FileError {
    let table = kind.table().to_owned();
    What::NoRule { table }.into()
}

fn several_rules(kind: RuleKind) -> FileError {
    let table = kind.table().to_owned();
    What::SeveralRules { table }.into()
}

/// What a file is about, by the tables in it.
///
/// # Errors
/// For whoever edits the file: it is not TOML, or of no kind, or of two.
pub fn kind_of(text: &str) -> Result<RuleKind, FileError> {
    let document = document(text)?;
    let mut kinds = RuleKind::ALL
        .into_iter()
        .filter(|kind| document.contains_key(kind.table()));
    match (kinds.next(), kinds.next()) {
        (Some(kind), None) => Ok(kind),
        (None, _) => Err(What::NoKind {}.into()),
        (Some(_), Some(_)) => Err(What::TwoKinds {}.into()),
    }
}

/// Reads one file with any number of dated rules of a kind in it; gives one file for each of them, the oldest first.
///
/// # Errors
/// What is wrong, for whoever edits the file, with the line where there is one.
pub fn read(kind: RuleKind, text: &str) -> Result<Vec<RuleFile>, FileError> {
    let whole = document(text)?;
    // First as a whole: two rules of one day, or one that is wrong, are told with the lines of this very file.
    understand(kind, text)?;
    let count = whole
        .get(kind.table())
        .and_then(|item| item.as_array_of_tables())
        .map(toml_edit::ArrayOfTables::len)
        .ok_or_else(|| {
            let table = kind.table().to_owned();
            FileError::from(What::OwnTable { table })
        })?;
    let mut files = Vec::new();
    for at in 0..count {
        let mut one = whole.clone();
        if let Some(tables) = one
            .get_mut(kind.table())
            .and_then(|item| item.as_array_of_tables_mut())
        {
            for other in (0..count).rev().filter(|other| *other != at) {
                tables.remove(other);
            }
        }
        if kind == RuleKind::Notification {
            keep_asked_items(&mut one);
        }
        let text = one.to_string();
        let mut understood = understand(kind, &text)?;
        let Some((programme, valid_from, content)) = understood.pop() else {
            return Err(no_rule(kind));
        };
        files.push(RuleFile {
            kind,
            programme,
            valid_from,
            text,
            content,
        });
    }
    files.sort_by_key(|file| file.valid_from);
    if let Some(pair) = files
        .windows(2)
        .find(|pair| pair[0].valid_from == pair[1].valid_from)
    {
        let day = pair[0].valid_from.to_string();
        return Err(What::SameDay { day }.into());
    }
    Ok(files)
}

/// Takes out the items that the one set of a file does not ask: a file that defines what it never asks is refused.
fn keep_asked_items(document: &mut DocumentMut) {
    let asked: Vec<String> = document
        .get("set")
        .and_then(|item| item.as_array_of_tables())
        .and_then(|sets| sets.get(0))
        .and_then(|set| set.get("items"))
        .and_then(|items| items.as_array())
        .map(|items| {
            items
                .iter()
                .filter_map(|id| id.as_str().map(str::to_owned))
                .collect()
        })
        .unwrap_or_default();
    if let Some(items) = document
        .get_mut("item")
        .and_then(|item| item.as_table_like_mut())
    {
        let unasked: Vec<String> = items
            .iter()
            .map(|(id, _)| id.to_owned())
            .filter(|id| !asked.contains(id))
            .collect();
        for id in unasked {
            items.remove(&id);
        }
    }
}

/// Reads a file with exactly one dated rule in it.
///
/// # Errors
/// As [`read`], and where there are several.
pub fn read_one(kind: RuleKind, text: &str) -> Result<RuleFile, FileError> {
    let mut files = read(kind, text)?;
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(file),
        (None, _) => Err(no_rule(kind)),
        (Some(_), false) => Err(several_rules(kind)),
    }
}

type Understood = Vec<(String, Date, Content)>;

fn understand(kind: RuleKind, text: &str) -> Result<Understood, FileError> {
    Ok(match kind {
        RuleKind::Questionnaire => questionnaire::parse_toml(text)?
            .into_iter()
            .map(|q| (q.programme.clone(), q.valid_from, Content::Questionnaire(q)))
            .collect(),
        RuleKind::Course => {
            let (programme, rules) = course::parse_toml(text)?;
            rules
                .into_iter()
                .map(|r| (programme.clone(), r.valid_from, Content::Course(r)))
                .collect()
        }
        RuleKind::Messages => {
            let (programme, texts) = message_texts::parse_toml(text)?;
            texts
                .into_iter()
                .map(|t| (programme.clone(), t.valid_from, Content::Messages(t)))
                .collect()
        }
        RuleKind::Isolation => {
            let rules = isolation::Rules::from_toml(text)?;
            rules
                .all()
                .iter()
                .map(|r| {
                    let content = Content::Isolation(r.clone());
                    (rules.programme().to_owned(), r.valid_from, content)
                })
                .collect()
        }
        RuleKind::Notification => ItemSets::from_toml(text)?
            .all()
            .iter()
            .map(|s| {
                let content = Content::Notification(s.clone());
                (s.programme.clone(), s.valid_from, content)
            })
            .collect(),
    })
}

/// The same file with another first day.
///
/// # Errors
/// Where it is not TOML, or not exactly one rule.
pub fn dated(kind: RuleKind, text: &str, day: Date) -> Result<String, FileError> {
    let mut document = document(text)?;
    let tables = document
        .get_mut(kind.table())
        .and_then(|item| item.as_array_of_tables_mut())
        .ok_or_else(|| no_rule(kind))?;
    if tables.len() != 1 {
        return Err(several_rules(kind));
    }
    if let Some(table) = tables.get_mut(0) {
        table["valid_from"] = value(day.to_string());
    }
    Ok(document.to_string())
}

/// The same file for another programme, from a day on: the name of its disease (by language) stands in the questionnaire,
/// and among the words that no text on a locked screen may say.
///
/// # Errors
/// Where it is not TOML, or not exactly one rule.
pub fn begun_as(
    kind: RuleKind,
    text: &str,
    (programme, disease): (&str, &[(&str, String)]),
    day: Date,
) -> Result<String, FileError> {
    let mut document = document(&dated(kind, text, day)?)?;
    let like = document
        .get("programme")
        .and_then(|item| item.as_str())
        .unwrap_or_default()
        .to_owned();
    document["programme"] = value(programme);
    // What stands above it speaks of the other disease.
    if let Some(mut key) = document.key_mut("programme") {
        let name = disease.last().map_or(programme, |(_, name)| name.as_str());
        key.leaf_decor_mut().set_prefix(format!(
            "# {name}: begun with what held for {like}. Check all of it before you rely on it.\n\n"
        ));
    }
    match kind {
        RuleKind::Questionnaire => {
            let mut table = Table::new();
            for (tag, name) in disease {
                table.insert(tag, value(name));
            }
            document["disease"] = Item::Table(table);
        }
        RuleKind::Messages => {
            let words: Array = disease.iter().map(|(_, name)| name.as_str()).collect();
            document["disease_words"] = value(words);
        }
        _ => {}
    }
    Ok(document.to_string())
}

/// The rules of a kind that every release brings, one file for each, the oldest first.
///
/// # Panics
/// Never in a release: a test reads the files.
#[allow(clippy::expect_used)]
pub fn shipped(kind: RuleKind) -> Vec<RuleFile> {
    read(kind, kind.shipped_text()).expect("the shipped rules are read by a test")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_shipped_files_come_apart_into_one_rule_each_and_say_the_same() {
        for kind in RuleKind::ALL {
            assert_eq!(RuleKind::parse(kind.word()), Some(kind));
            assert_eq!(kind_of(kind.shipped_text()), Ok(kind));
            let whole = understand(kind, kind.shipped_text()).unwrap();
            let apart = shipped(kind);
            assert_eq!(apart.len(), whole.len(), "{kind:?}");
            for (file, (programme, day, content)) in apart.iter().zip(whole) {
                assert_eq!((&file.programme, file.valid_from), (&programme, day));
                assert_eq!(file.content, content);
                assert_eq!(read_one(kind, &file.text).unwrap().content, content);
            }
        }
    }

    #[test]
    fn another_day_changes_the_day_alone() {
        for kind in RuleKind::ALL {
            let file = shipped(kind).pop().unwrap();
            let day = date(2027, 4, 1);
            let later = read_one(kind, &dated(kind, &file.text, day).unwrap()).unwrap();
            assert_eq!(later.valid_from, day);
            let back = dated(kind, &later.text, file.valid_from).unwrap();
            assert_eq!(read_one(kind, &back).unwrap().content, file.content);
        }
    }

    #[test]
    fn another_programme_begins_with_the_same_rules_under_its_own_name() {
        let disease = [("ja", "麻しん".to_owned()), ("en", "Measles".to_owned())];
        let day = date(2027, 4, 1);
        for kind in RuleKind::ALL {
            let file = shipped(kind).pop().unwrap();
            let text = begun_as(kind, &file.text, ("measles", &disease), day).unwrap();
            let begun = read_one(kind, &text).unwrap();
            assert_eq!(
                (begun.programme.as_str(), begun.valid_from),
                ("measles", day)
            );
            assert!(!text.contains("COVID-19:"), "{text}");
            if let Content::Questionnaire(set) = begun.content {
                assert_eq!(set.disease.in_language("ja"), "麻しん");
                assert_eq!(set.disease.in_language("en"), "Measles");
            }
            if kind == RuleKind::Messages {
                let told = text.replacen("健康状態を", "麻しんの健康状態を", 1);
                assert_ne!(told, text);
                assert!(read_one(kind, &told).is_err());
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let broken = RuleKind::Course
            .shipped_text()
            .replace("at_or_below = 95", "at_or_below = many");
        let told = read(RuleKind::Course, &broken).unwrap_err().to_string();
        assert!(told.contains("line 1"), "{told}");
        let misspelt = RuleKind::Isolation
            .shipped_text()
            .replace("observe_days", "observed_days");
        assert!(
            read(RuleKind::Isolation, &misspelt)
                .unwrap_err()
                .to_string()
                .contains("observed_days")
        );
        assert!(
            kind_of("programme = \"x\"")
                .unwrap_err()
                .to_string()
                .contains("[[course]]")
        );
        let several = read_one(RuleKind::Isolation, RuleKind::Isolation.shipped_text());
        let told = several.unwrap_err().to_string();
        assert!(told.contains("one rule at a time"), "{told}");
    }
}
