//! Questionnaires: dated data of a programme (disease), not code. A file holds the questions, their words in each
//! language, the ranges, and which answers are alarming.

mod alarms;

pub use alarms::{Silenced, Unreachable, mark, silenced, unreachable_thresholds};

use crate::language::Language;
use crate::rules::{FileError, UnknownKey, What, unknown_in_toml};
use crate::urgency::Level;
use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A text in several languages, by BCP 47 tag; English is always among them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalText(BTreeMap<String, String>);

impl LocalText {
    /// The text in a language, or else in English: better words that not everybody reads than none.
    pub fn in_language(&self, tag: &str) -> &str {
        self.written(tag)
            .or_else(|| self.written("en"))
            .unwrap_or("")
    }

    /// The text as it is written in a language, where it is.
    fn written(&self, tag: &str) -> Option<&str> {
        let text = self.0.get(tag).map(String::as_str);
        text.filter(|text| !text.trim().is_empty())
    }

    /// The first language of the portal in which nothing is written.
    pub(crate) fn lacks(&self) -> Option<Language> {
        Language::ALL
            .into_iter()
            .find(|language| self.written(language.tag()).is_none())
    }
}

/// The name of a question, which answers refer to. Most are short enough to stand without memory of their own: a history
/// has hundreds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QuestionId(CompactString);

impl QuestionId {
    /// Takes a name.
    pub fn new(name: impl Into<CompactString>) -> QuestionId {
        QuestionId(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A level that a number reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Reached from this number upward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_or_above: Option<i32>,
    /// Reached from this number downward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_or_below: Option<i32>,
    /// The level.
    pub level: Level,
}

/// What numbers can be, are likely to be, and mean. Temperatures are in tenths of a degree Celsius, saturations in per
/// cent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberRule {
    /// The lowest and the highest number that a living person can have; others are refused.
    pub possible: (i32, i32),
    /// The lowest and the highest that are believed without asking back.
    pub plausible: (i32, i32),
    /// What numbers mean.
    pub thresholds: Vec<Threshold>,
}

impl NumberRule {
    /// The highest level that a number reaches.
    pub fn level(&self, value: i32) -> Level {
        self.thresholds
            .iter()
            .filter(|t| {
                t.at_or_above.is_some_and(|from| value >= from)
                    || t.at_or_below.is_some_and(|to| value <= to)
            })
            .map(|t| t.level)
            .max()
            .unwrap_or_default()
    }

    /// The numbers at which a chart draws a line: the first from which more than calm is said upward, and the first from
    /// which something alarming is said downward; what is only watched there lies among usual numbers.
    pub fn lines(&self) -> Vec<i32> {
        let upward = self.thresholds.iter().filter(|t| t.level > Level::Calm);
        let upward = upward.filter_map(|t| t.at_or_above).min();
        let downward = self.thresholds.iter().filter(|t| t.level.is_danger());
        let downward = downward.filter_map(|t| t.at_or_below).max();
        let lines = upward.into_iter().chain(downward);
        lines.filter(|line| self.is_possible(*line)).collect()
    }

    /// Whether a living person can have it.
    pub fn is_possible(&self, value: i32) -> bool {
        (self.possible.0..=self.possible.1).contains(&value)
    }

    /// Whether it is believed without asking back.
    pub fn is_plausible(&self, value: i32) -> bool {
        (self.plausible.0..=self.plausible.1).contains(&value)
    }
}

/// A question that is answered yes, no, or don't know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name.
    pub id: QuestionId,
    /// The question itself.
    pub text: LocalText,
    /// A few words for the staff and for tables.
    pub short: LocalText,
    /// What a "yes" means.
    #[serde(default)]
    pub yes: Level,
}

/// The name of the box "none of these" below the signs; no question is called so.
pub const NO_SIGN: &str = "no_sign";

/// A questionnaire of a programme, from a day on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questionnaire {
    /// The programme, such as `covid-19`.
    #[serde(default)]
    pub programme: String,
    /// The first day on which it holds.
    pub valid_from: Date,
    /// The disease's name.
    #[serde(default)]
    pub disease: LocalText,
    /// The rule for body temperature, in tenths of a degree Celsius.
    pub temperature: NumberRule,
    /// The rule for oxygen saturation, in per cent.
    pub spo2: NumberRule,
    /// The questions in the order in which they are asked.
    pub questions: Vec<Question>,
    /// Signs that are asked one by one as a list to tick; none: they are not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signs: Vec<Question>,
    /// Signs at which an ambulance is to be called, for every page that gives advice.
    pub emergency_signs: Vec<LocalText>,
}

impl Questionnaire {
    /// The question or the sign of a name.
    pub fn question(&self, id: &QuestionId) -> Option<&Question> {
        self.asked().find(|q| q.id == *id)
    }

    /// All that is asked: the signs first, because they are the most urgent, then the questions.
    pub fn asked(&self) -> impl Iterator<Item = &Question> {
        self.signs.iter().chain(&self.questions)
    }

    /// Whether a name is that of a sign.
    pub fn is_sign(&self, id: &QuestionId) -> bool {
        self.signs.iter().any(|sign| sign.id == *id)
    }

    /// Whether each of the signs is an emergency by itself, as those of the guide are.
    pub fn signs_are_emergencies(&self) -> bool {
        let mut levels = self.signs.iter().map(|sign| sign.yes);
        levels.all(|level| level == Level::Emergency)
    }

    /// The words of a form in which nothing is the matter, by the names of its fields: "no" to every question, and none
    /// of the signs.
    pub fn calm_words(&self) -> BTreeMap<String, String> {
        let no = |question: &Question| (question.id.as_str().to_owned(), "no".to_owned());
        let mut words: BTreeMap<String, String> = self.questions.iter().map(no).collect();
        if !self.signs.is_empty() {
            words.insert(NO_SIGN.to_owned(), "yes".to_owned());
        }
        words
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgrammeFile {
    programme: String,
    disease: LocalText,
    questionnaire: Vec<Questionnaire>,
}

/// The keys of a stored file that mean nothing to this release.
pub(crate) fn unknown_keys(text: &str) -> Vec<UnknownKey> {
    unknown_in_toml::<ProgrammeFile>(text)
}

/// Reads a programme file: all its questionnaires, the oldest first.
///
/// # Errors
/// What is wrong with it, for whoever edits it.
pub fn parse_toml(text: &str) -> Result<Vec<Questionnaire>, FileError> {
    let file: ProgrammeFile = toml::from_str(text).map_err(|e| FileError::of_toml(text, &e))?;
    let mut questionnaires = file.questionnaire;
    for questionnaire in &mut questionnaires {
        questionnaire.programme.clone_from(&file.programme);
        questionnaire.disease.clone_from(&file.disease);
        check(questionnaire)
            .map_err(|what| FileError::in_rule_of(what, questionnaire.valid_from).found_in(text))?;
    }
    questionnaires.sort_by_key(|q| q.valid_from);
    Ok(questionnaires)
}

fn check(questionnaire: &Questionnaire) -> Result<(), What> {
    for (name, rule) in [
        ("temperature", &questionnaire.temperature),
        ("spo2", &questionnaire.spo2),
    ] {
        let part = name.to_owned();
        let ((low, high), (from, to)) = (rule.possible, rule.plausible);
        if !(low <= from && from <= to && to <= high) {
            return Err(What::Plausible { part });
        }
        for threshold in &rule.thresholds {
            if threshold.at_or_above.is_some() == threshold.at_or_below.is_some() {
                return Err(What::ThresholdWay { part });
            }
        }
    }
    let mut names = BTreeSet::from([NO_SIGN]);
    for question in questionnaire.questions.iter().chain(&questionnaire.signs) {
        let name = question.id.as_str();
        let id = name.to_owned();
        let fits = !name.is_empty()
            && name.len() <= 40
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !fits {
            return Err(What::QuestionId { id });
        }
        if !names.insert(name) {
            return Err(What::QuestionTwice { id });
        }
        if question.text.in_language("en").is_empty() || question.short.in_language("en").is_empty()
        {
            return Err(What::QuestionWords { id });
        }
    }
    if questionnaire.questions.is_empty() {
        return Err(What::NoQuestions {});
    }
    Ok(())
}

/// The questionnaires that every release brings.
///
/// # Panics
/// Never in a release: a test reads the file.
#[allow(clippy::expect_used)]
pub fn shipped() -> Vec<Questionnaire> {
    parse_toml(include_str!("../../programmes/covid-19.toml"))
        .expect("the shipped programme is read by a test")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_programme_has_nine_questions_in_both_languages() {
        let shipped = shipped();
        for questionnaire in &shipped {
            assert_eq!(questionnaire.questions.len(), 9);
            for question in questionnaire.asked() {
                for text in [&question.text, &question.short] {
                    assert!(text.0.contains_key("en") && text.0.contains_key("ja"));
                }
            }
        }
        // The nine were asked alone until the signs were asked one by one; reports of then stay readable.
        let signs: Vec<usize> = shipped.iter().map(|q| q.signs.len()).collect();
        assert_eq!(signs, [0, 13]);
        let is_emergency = |sign: &Question| sign.yes == Level::Emergency;
        assert!(shipped[1].signs.iter().all(is_emergency));
        for questionnaire in &shipped {
            let json = serde_json::to_value(questionnaire).unwrap();
            let read = serde_json::from_value::<Questionnaire>(json).unwrap();
            assert_eq!(read, *questionnaire);
        }
    }

    #[test]
    fn a_wrong_file_is_told_what_is_wrong() {
        let good = include_str!("../../programmes/covid-19.toml");
        for (from, to, word) in [
            ("[questionnaire.spo2]", "[questionnaire.spo3]", "spo3"),
            (
                "id = \"cough\"",
                "id = \"malaise\"",
                "two questions are called malaise",
            ),
            ("id = \"cough\"", "id = \"Cough!\"", "Cough!"),
            ("id = \"sign_pulse\"", "id = \"no_sign\"", "no_sign"),
            (
                "plausible = [340, 420]",
                "plausible = [140, 420]",
                "within possible",
            ),
            (
                "at_or_below = 93",
                "at_or_above = 93, at_or_below = 93",
                "either",
            ),
        ] {
            assert!(good.contains(from), "{from}");
            let error = parse_toml(&good.replacen(from, to, 1))
                .unwrap_err()
                .to_string();
            assert!(error.contains(word), "{error}");
        }
        assert!(parse_toml("no").is_err());
    }
}
