//! The fields of what is asked, and what can be typed into them.

use super::super::fields::{FieldSpec, Unit, understood, written};
use super::{LONGEST_SHORT, LONGEST_WORDS};
use crate::language::Language;
use crate::text::fold_width;
use crate::urgency::Level;
use toml_edit::{TableLike, Value};

/// In which list something stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// The signs to tick.
    Signs,
    /// The questions to answer with yes or no.
    Questions,
    /// From which body temperatures on.
    Temperature,
    /// From which oxygen saturations on.
    Spo2,
    /// The signs at which an ambulance is to be called, for pages that give advice.
    EmergencySigns,
    /// The items of a notification.
    Items,
}

impl Part {
    /// Its name in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Part::Signs => "signs",
            Part::Questions => "questions",
            Part::Temperature => "temperature",
            Part::Spo2 => "spo2",
            Part::EmergencySigns => "emergency_signs",
            Part::Items => "item",
        }
    }
}

/// What words are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WordKind {
    /// The question or the sign itself.
    Text,
    /// A few words for the staff and for tables.
    Short,
    /// What an item is called.
    Label,
    /// What a number counts.
    Unit,
    /// One of the answers to choose from, by its id.
    Choice(String),
}

impl WordKind {
    /// The longest, in characters.
    pub(super) const fn most(&self) -> usize {
        match self {
            WordKind::Short | WordKind::Unit => LONGEST_SHORT,
            WordKind::Text | WordKind::Label | WordKind::Choice(_) => LONGEST_WORDS,
        }
    }
}

/// Words in a language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wording {
    /// The name of the field: `signs.3.text.ja`.
    pub name: String,
    /// What they are.
    pub kind: WordKind,
    /// The language.
    pub language: Language,
    /// The words; empty where there are none yet.
    pub words: String,
}

/// What is wrong with a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WordingProblem {
    /// There are no words.
    Missing,
    /// There are more characters than so many.
    TooLong(usize),
    /// It is no place from 1 to so many.
    NoPlace(usize),
    /// None of the levels is chosen.
    NoLevel,
    /// It is no number that a living person can have: from the first to the second, as in the file.
    NoNumber(i64, i64),
}

/// A number from which on, or down to which, a level is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberField {
    /// The name of the field: `temperature.1.number`.
    pub name: String,
    /// Per cent, or degrees Celsius (tenths in the file).
    pub unit: Unit,
    /// The lowest and the highest, as in the file.
    pub range: (i64, i64),
    /// Whether the level is reached from this number upward; else downward.
    pub is_above: bool,
    /// The number, as in the file.
    pub value: i64,
}

impl NumberField {
    const fn spec(&self) -> FieldSpec {
        FieldSpec {
            name: "",
            unit: self.unit,
            range: self.range,
            is_optional: false,
        }
    }

    /// A number of the file as people read it.
    pub fn written(&self, number: i64) -> String {
        written(&self.spec(), &Value::from(number)).unwrap_or_default()
    }

    /// What was typed, as it stands in the file; `None`: it cannot be meant.
    pub(super) fn understood(&self, typed: &str) -> Option<i64> {
        understood(&self.spec(), typed)?.as_integer()
    }
}

/// Something that is asked or measured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// How the names of its fields begin: `signs.3`, `item.occupation`.
    pub name: String,
    /// Where it stands.
    pub part: Part,
    /// Its id; empty where it has none.
    pub id: String,
    /// Its words.
    pub words: Vec<Wording>,
    /// Its number, where it is one of what is measured.
    pub number: Option<NumberField>,
    /// What a "yes" or the number means, where it means something.
    pub level: Option<Level>,
    /// Whether an answer is needed, where that can be chosen.
    pub is_required: Option<bool>,
    /// Its place in its part, from 1 on.
    pub place: usize,
    /// Whether it can be left out.
    pub may_go: bool,
}

pub(super) fn typed_in<'a>(typed: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, words) = typed.iter().find(|(other, _)| other == name)?;
    Some(words.as_str())
}

/// Words on one line, as they are written into a file.
pub(super) fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The level of a word of a form or a file.
pub(super) fn level_of(word: &str) -> Option<Level> {
    [Level::Calm, Level::Watch, Level::Alarming, Level::Emergency]
        .into_iter()
        .find(|level| level_word(*level) == word)
}

/// The word of a level, as in the file.
pub(super) const fn level_word(level: Level) -> &'static str {
    match level {
        Level::Calm => "calm",
        Level::Watch => "watch",
        Level::Alarming => "alarming",
        Level::Emergency => "emergency",
    }
}

pub(super) fn length_problem(words: &str, most: usize) -> Option<WordingProblem> {
    let words = one_line(words);
    if words.is_empty() {
        Some(WordingProblem::Missing)
    } else if words.chars().count() > most {
        Some(WordingProblem::TooLong(most))
    } else {
        None
    }
}

impl Entry {
    /// The field of its place.
    pub fn place_name(&self) -> String {
        format!("{}.place", self.name)
    }

    /// The field of its level.
    pub fn level_name(&self) -> String {
        format!("{}.level", self.name)
    }

    /// The box that is ticked where an answer is needed.
    pub fn required_name(&self) -> String {
        format!("{}.required", self.name)
    }

    /// The box that is ticked where it is not asked any more.
    pub fn gone_name(&self) -> String {
        format!("{}.gone", self.name)
    }

    /// Whether it is not asked any more, by what was typed.
    pub fn is_gone(&self, typed: &[(String, String)]) -> bool {
        let ticked = typed_in(typed, &self.gone_name());
        self.may_go && ticked.is_some_and(|word| !word.is_empty())
    }

    /// Whether an answer is needed by what was typed: a box that is not ticked is not sent, its place always is.
    pub(super) fn requires(&self, typed: &[(String, String)]) -> Option<bool> {
        let stood = self.is_required?;
        if typed_in(typed, &self.place_name()).is_none() {
            return Some(stood);
        }
        let ticked = typed_in(typed, &self.required_name());
        Some(ticked.is_some_and(|word| !word.is_empty()))
    }

    /// Where it is to stand by what was typed; `None`: not a number.
    pub(super) fn place_typed(&self, typed: &[(String, String)]) -> Option<usize> {
        match typed_in(typed, &self.place_name()) {
            Some(words) => fold_width(words).trim().parse().ok(),
            None => Some(self.place),
        }
    }

    /// By what a part is put in order: whoever moves up stands before the one whose place it takes, whoever moves down
    /// after it.
    pub(super) fn rank(&self, typed: &[(String, String)]) -> (usize, i8) {
        let place = self.place_typed(typed).unwrap_or(self.place);
        let side = match place.cmp(&self.place) {
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => 1,
        };
        (place, side)
    }

    pub(super) fn problems<'a>(
        &self,
        typed: &[(String, String)],
        beside: impl Iterator<Item = &'a Entry>,
    ) -> Vec<(String, WordingProblem)> {
        // What is not asked any more needs no words.
        if self.is_gone(typed) {
            return Vec::new();
        }
        let mut problems = Vec::new();
        for wording in &self.words {
            let Some(words) = typed_in(typed, &wording.name) else {
                continue;
            };
            // What the file never had, or has longer, may stay so.
            if one_line(words) == one_line(&wording.words) {
                continue;
            }
            if let Some(problem) = length_problem(words, wording.kind.most()) {
                problems.push((wording.name.clone(), problem));
            }
        }
        if let Some(number) = &self.number
            && let Some(words) = typed_in(typed, &number.name)
            && number.understood(words).is_none()
            && words.trim() != number.written(number.value)
        {
            let (low, high) = number.range;
            problems.push((number.name.clone(), WordingProblem::NoNumber(low, high)));
        }
        if self.level.is_some()
            && let Some(word) = typed_in(typed, &self.level_name())
            && level_of(word).is_none()
        {
            problems.push((self.level_name(), WordingProblem::NoLevel));
        }
        let most = beside.count();
        if self
            .place_typed(typed)
            .is_none_or(|place| !(1..=most).contains(&place))
        {
            problems.push((self.place_name(), WordingProblem::NoPlace(most)));
        }
        problems
    }
}

/// Puts a value in place of another one; what stands beside it, such as a comment, stays.
pub(super) fn put(table: &mut dyn TableLike, key: &str, new: impl Into<Value>) {
    let mut new = new.into();
    match table.get_mut(key).and_then(toml_edit::Item::as_value_mut) {
        Some(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        None => {
            table.insert(key, toml_edit::value(new));
        }
    }
}

/// The words of a table of languages.
pub(super) fn wordings(
    table: Option<&dyn TableLike>,
    start: &str,
    kind: &WordKind,
) -> [Wording; Language::ALL.len()] {
    Language::ALL.map(|language| Wording {
        name: format!("{start}.{}", language.tag()),
        kind: kind.clone(),
        language,
        words: table
            .and_then(|table| table.get(language.tag()))
            .and_then(toml_edit::Item::as_str)
            .unwrap_or_default()
            .to_owned(),
    })
}

/// Writes what was typed for a table of languages.
pub(super) fn write_words<'a>(
    table: &mut dyn TableLike,
    typed: &[(String, String)],
    words: impl Iterator<Item = &'a Wording>,
) {
    for wording in words {
        let Some(new) = typed_in(typed, &wording.name).map(one_line) else {
            continue;
        };
        if new != one_line(&wording.words) {
            put(table, wording.language.tag(), new);
        }
    }
}
