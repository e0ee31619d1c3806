//! What is wrong with a file of rules: a kind with the names and numbers that it is about, and where in the file it
//! stands. The pages say it in the reader's language by the kind's word; commands and logs say it in English.

mod place;

pub use place::Place;

use place::{place_of_id, place_of_part, section};
use std::fmt;
use std::ops::Range;

/// The beginning of what [`crate::notification`] says where words of a language are missing; the tag follows.
pub(crate) const NO_WORDS_IN: &str = "there are no words in ";

/// One row for each kind: its meaning, its name, what it is about, its word for the catalogues, and English words.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident [$($detail:ident),*] $word:literal $english:literal;)*) => {
        /// What can be wrong with a file of rules. Everything named stands as in the file.
        #[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
        pub enum What {
            $(
                $(#[$doc])*
                #[error($english)]
                $name {
                    $(#[doc = concat!("`", stringify!($detail), "`, as in the file.")] $detail: String,)*
                },
            )*
        }

        impl What {
            /// The words of all kinds.
            pub const WORDS: &[&str] = &[$($word),*];

            /// The word of this kind, for the catalogues.
            pub const fn word(&self) -> &'static str {
                match self {
                    $(What::$name { .. } => $word,)*
                }
            }

            /// What it is about, by name.
            pub fn details(&self) -> Vec<(&'static str, &str)> {
                match self {
                    $(What::$name { $($detail),* } => vec![$((stringify!($detail), $detail.as_str())),*],)*
                }
            }
        }
    };
}

kinds! {
    /// It is not TOML; `told` is what the parser says.
    NotToml [told] "not-toml" "this is not TOML: {told}";
    /// A name that means nothing here.
    UnknownKey [key, expected] "unknown-key" "unknown field {key}, expected {expected}";
    /// Something is missing.
    MissingKey [key] "missing-key" "missing field {key}";
    /// A word that is none of those that may stand here.
    UnknownWord [key, expected] "unknown-word" "unknown word {key}, expected {expected}";
    /// A value that cannot stand here; `told` is what the parser says.
    WrongValue [told] "wrong-value" "{told}";
    /// A date that is written as TOML's own, and is read as a text.
    BareDate [] "bare-date" "a date stands between quotation marks: \"2026-12-05\"";
    /// A number that lies where none is meant.
    OutOfRange [field, low, high] "out-of-range" "{field} must be from {low} to {high}, as the file has it";
    /// Words are missing in a language.
    NoWords [language] "no-words" "there are no words in {language}";
    /// No table of any kind of rule.
    NoKind [] "no-kind" "the file holds none of [[questionnaire]], [[course]], [[isolation]], [[set]] and [[messages]]";
    /// Tables of two kinds of rules.
    TwoKinds [] "two-kinds" "the file holds rules of two kinds; make two files";
    /// The rule does not stand in a table of its own.
    OwnTable [table] "own-table" "write each rule as a table of its own: [[{table}]]";
    /// No rule.
    NoRule [table] "no-rule" "the file holds no [[{table}]]";
    /// More than one rule, where one is changed.
    SeveralRules [table] "several-rules" "the file holds several [[{table}]]; one rule at a time changes here";
    /// Two rules of one day.
    SameDay [day] "same-day" "two rules begin on this day: {day}";
    /// It is longer than anybody writes.
    TooLarge [] "too-large" "the file is too large";
    /// A rule of another disease than the page is about.
    OtherProgramme [programme] "other-programme" "programme must be \"{programme}\"";
    /// A rule without a word on where it comes from.
    NoSource [] "no-source" "source must say where the rule comes from";

    /// What is plausible is not possible.
    Plausible [part] "plausible" "{part}: plausible must lie within possible";
    /// A threshold with no direction, or with both.
    ThresholdWay [part] "threshold-way" "{part}: a threshold has either at_or_above or at_or_below";
    /// The name of a question.
    QuestionId [id] "question-id" "a question's id has 1 to 40 of a–z, 0–9 and _, not \"{id}\"";
    /// Two questions of one name.
    QuestionTwice [id] "question-twice" "two questions are called {id}";
    /// A question without English words.
    QuestionWords [id] "question-words" "the question {id} has no English words";
    /// A question, or its short words, that not all who read it are asked in their language.
    QuestionUnsaid [id, language] "question-unsaid" "the question {id} has no words in {language}";
    /// A sign at which an ambulance is called, the same.
    EmergencyUnsaid [language] "emergency-unsaid" "emergency_signs: there are no words in {language}";
    /// The name of the disease, the same.
    DiseaseUnsaid [language] "disease-unsaid" "disease: there are no words in {language}";
    /// Nothing is asked.
    NoQuestions [] "no-questions" "there are no questions";

    /// The hours of silence.
    SilenceHours [most] "silence-hours" "silence: hours must be from 1 to {most}";
    /// The hours of silence of somebody at risk.
    SilenceAtRisk [] "silence-at-risk" "silence: at_risk_hours must be at least 1 and at most as many as hours";
    /// How urgent silence makes somebody.
    SilenceLevel [] "silence-level" "silence: level is \"watch\" or \"alarming\"";
    /// When silence is an alert.
    SilenceAlert [least, most] "silence-alert" "silence: alert_after_hours must be from {least}, when somebody is silent, to {most}";

    /// When it means something that somebody was never reached.
    SilenceUnreached [most] "silence-unreached" "silence: unreached_hours must be from 1 to {most}";

    /// The days of an isolation.
    Days [part, most] "days" "{part}: days must be from 1 to {most}";
    /// The days of watching oneself.
    ObserveDays [part, least, most] "observe-days" "{part}: observe_days must be from {least} (its days) to {most}";
    /// The hours after an improvement.
    ImprovementHours [part, most] "improvement-hours" "{part}: hours_after_improvement must be from 1 to {most}";
    /// A test on no day.
    TestNoDays [part] "test-no-days" "{part}: negative_test names no days";
    /// The days of tests.
    TestOrder [part] "test-order" "{part}: the days of negative_test must stand in their order, each once";
    /// The day on which a test sets somebody free.
    TestFree [part, least, most] "test-free" "{part}: free_from_day must be from {least} (the last test) to {most} (its days), and not 0";

    /// The name of an item.
    ItemId [id] "item-id" "the item {id}: an id has 1 to 40 of a–z, 0–9 and _, and is not bulk_none";
    /// A length of what is no text.
    ItemNotText [id] "item-not-text" "the item {id}: only texts have most";
    /// A choice without answers, or answers of what is no choice.
    ItemOptions [id] "item-options" "the item {id}: a choice has options, and nothing else has";
    /// A number without a unit and a range, or these of what is no number.
    ItemNumber [id] "item-number" "the item {id}: a number has unit and range, and nothing else has";
    /// "None of these" over what is not answered yes or no.
    ItemBulkNone [id] "item-bulk-none" "the item {id}: only yes_no can be bulk_none";
    /// The longest text.
    ItemMost [id] "item-most" "the item {id}: most is 1 to 10,000";
    /// A range that is none.
    ItemRange [id] "item-range" "the item {id}: the range begins above its end";
    /// A choice of one.
    ItemTwoOptions [id] "item-two-options" "the item {id}: a choice has at least two options";
    /// The name of an answer.
    OptionId [id] "option-id" "the item {id}: an option's id has 1 to 40 of letters, digits, _ and -";
    /// Two answers of one name.
    OptionTwice [id, option] "option-twice" "the item {id}: two options are called {option}";
    /// An item that the program works with is not of the kind that it takes it for.
    CoreKind [id, kind] "core-kind" "the item {id}: it must be a {kind}";
    /// The same of a short text.
    CoreShort [id] "core-short" "the item {id}: it must be a text of at most 100";
    /// The same of a choice.
    CoreChoice [id, options] "core-choice" "the item {id}: it must be a choice of {options}";
    /// The same of the choice of a language.
    CoreLanguages [id] "core-languages" "the item {id}: it must be a choice of language tags";
    /// An item that the program works with is not asked of everybody.
    CoreAlways [id] "core-always" "the item {id}: a core item but onset_on is always asked";
    /// An item that is never asked.
    ItemUnasked [id] "item-unasked" "the item {id}: it stands in no set";
    /// An item that is not there.
    NoItem [id] "no-item" "there is no item {id}";
    /// An item that is asked twice.
    ItemTwice [id] "item-twice" "{id} stands in it twice";
    /// A condition that no earlier answer can meet.
    OnlyIf [id, other, is] "only-if" "{id} is asked only if {other} is {is}, but no earlier item can be that";
    /// What must be answered is not asked.
    RequiredUnasked [id] "required-unasked" "{id} is required and stands not in it";
    /// An item that the program works with is not asked.
    CoreMissing [id] "core-missing" "the core item {id} is missing";
    /// An item without which no case can be opened may be left out.
    MustBeRequired [id] "must-be-required" "{id} must be required";
    /// A name in Latin letters is asked of everybody.
    LatinRequired [] "latin-required" "name_latin cannot be required: not everybody has one";
    /// The name of a rule on who must be reported.
    MustReportId [id] "must-report-id" "a rule's id has 1 to 40 of a–z, 0–9 and _, and is there once: {id}";
    /// A rule on who must be reported that no answers meet.
    NobodyMeets [id] "nobody-meets" "nobody can meet the rule {id}";
    /// A rule on what is pressing that no answers meet.
    NobodyPressing [] "nobody-pressing" "nobody can meet a rule of what is pressing";

    /// A text that cannot be used; pages show [`crate::message_texts::TextError`] instead.
    MessageText [told] "message-text" "{told}";
}

/// What is wrong with a file of rules, for whoever edits it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileError {
    /// Where, as far as it is known.
    pub at: Option<Place>,
    /// In the rule of which first day, where a file can hold several.
    pub valid_from: Option<jiff::civil::Date>,
    /// What; boxed, because every reader of a file can give it back and hardly ever does.
    pub what: Box<What>,
}

impl std::error::Error for FileError {}

impl FileError {
    /// Whether it is only that words are missing in one of the languages: then they are said in another one.
    pub fn is_of_words(&self) -> bool {
        matches!(
            *self.what,
            What::QuestionUnsaid { .. } | What::EmergencyUnsaid { .. } | What::DiseaseUnsaid { .. }
        )
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Place { line, column, text }) = &self.at {
            write!(f, "line {line}, column {column} (`{text}`): ")?;
        }
        if let Some(day) = self.valid_from {
            write!(f, "valid from {day}: ")?;
        }
        self.what.fmt(f)
    }
}

impl From<What> for FileError {
    fn from(what: What) -> FileError {
        FileError {
            at: None,
            valid_from: None,
            what: Box::new(what),
        }
    }
}

impl FileError {
    /// The same of the rule of a day.
    pub(crate) fn in_rule_of(what: What, day: jiff::civil::Date) -> FileError {
        FileError {
            valid_from: Some(day),
            ..FileError::from(what)
        }
    }

    /// What whoever reads TOML into the parts of a rule says.
    pub(crate) fn of_toml(text: &str, error: &toml::de::Error) -> FileError {
        // A file that is no TOML at all is told from one that says something else than it may.
        if let Err(error) = text.parse::<toml_edit::DocumentMut>() {
            return FileError::of_edit(text, &error);
        }
        FileError {
            at: error.span().map(|span| Place::of(text, span.start)),
            valid_from: None,
            what: Box::new(shape(error.message())),
        }
    }

    /// What the parser says.
    pub(crate) fn of_edit(text: &str, error: &toml_edit::TomlError) -> FileError {
        FileError {
            at: error.span().map(|span| Place::of(text, span.start)),
            valid_from: None,
            what: Box::new(What::NotToml {
                told: error.message().to_owned(),
            }),
        }
    }

    /// The same with its place, where what it names stands in the text.
    pub(crate) fn found_in(mut self, text: &str) -> FileError {
        if self.at.is_some() {
            return self;
        }
        let details = self.what.details();
        let found = |within: &Range<usize>| {
            details.iter().find_map(|(name, word)| match *name {
                "id" => place_of_id(text, within, word, self.what.is_of_two()),
                "part" => place_of_part(text, within, word),
                _ => None,
            })
        };
        // In the rule that is wrong; what it names may be defined before all rules.
        let its = self.valid_from.and_then(|day| section(text, day));
        let at = its.and_then(|its| found(&its));
        self.at = at.or_else(|| found(&(0..text.len())));
        self
    }

    /// The id of the question or the item that it is about.
    pub fn id(&self) -> Option<&str> {
        let details = self.what.details();
        let found = details.iter().find(|(name, _)| *name == "id");
        found.map(|(_, id)| *id)
    }
}

impl What {
    /// Whether the second one of two is the one to look at.
    const fn is_of_two(&self) -> bool {
        matches!(
            self,
            What::QuestionTwice { .. } | What::MustReportId { .. } | What::ItemTwice { .. }
        )
    }
}

/// What serde says, taken apart: its sentences have been the same since its first release, and a test holds them to it.
fn shape(message: &str) -> What {
    let message = message.trim();
    let first_quoted = || message.split('`').nth(1).unwrap_or_default().to_owned();
    let expected = || {
        let (_, rest) = message.split_once(", expected ").unwrap_or_default();
        let rest = rest.strip_prefix("one of ").unwrap_or(rest);
        rest.replace('`', "")
    };
    if message.starts_with("unknown field `") {
        What::UnknownKey {
            key: first_quoted(),
            expected: expected(),
        }
    } else if message.starts_with("missing field `") {
        What::MissingKey {
            key: first_quoted(),
        }
    } else if message.starts_with("unknown variant `") {
        What::UnknownWord {
            key: first_quoted(),
            expected: expected(),
        }
    } else if message.starts_with("invalid type: map, expected a date") {
        // TOML's own date comes as a table of the parser's.
        What::BareDate {}
    } else if let Some(language) = message.strip_prefix(NO_WORDS_IN) {
        What::NoWords {
            language: language.to_owned(),
        }
    } else {
        What::WrongValue {
            told: message.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{RuleKind, read, read_one};
    use super::*;

    fn wrong(kind: RuleKind, from: &str, to: &str) -> FileError {
        let text = kind.shipped_text();
        assert!(text.contains(from), "{from}");
        read(kind, &text.replacen(from, to, 1)).unwrap_err()
    }

    #[test]
    fn what_is_misspelt_is_told_by_kind_and_place() {
        use RuleKind as K;
        type Row = (
            K,
            &'static str,
            &'static str,
            &'static str,
            &'static [&'static str],
            &'static str,
        );
        // The kind, what is written over what, the word, what is told with it, the line that is shown.
        #[rustfmt::skip]
        let table: &[Row] = &[
            (K::Course, "at_or_below = 95", "at_or_below = many", "not-toml", &[], "many"),
            (K::Questionnaire, "[questionnaire.spo2]", "[questionnaire.spo3]", "unknown-key", &["spo3"], "spo3"),
            (K::Questionnaire, "possible = [40, 100]\n", "", "missing-key", &["possible"], "[questionnaire.spo2]"),
            (K::Questionnaire, "yes = \"emergency\"", "yes = \"urgent\"", "unknown-word", &["urgent", "calm, watch, alarming, emergency"], "urgent"),
            (K::Questionnaire, "possible = [40, 100]", "possible = \"all\"", "wrong-value", &[], "possible"),
            (K::Isolation, "valid_from = \"2022-09-07\"", "valid_from = 2022-09-07", "bare-date", &[], "valid_from = 2022-09-07"),
            (K::Questionnaire, "id = \"cough\"", "id = \"malaise\"", "question-twice", &["malaise"], "id = \"malaise\""),
            (K::Questionnaire, "plausible = [70, 100]", "plausible = [7, 100]", "plausible", &["spo2"], "[questionnaire.spo2]"),
            (K::Notification, "ja = \"職業\"", "de = \"Beruf\"", "no-words", &["ja"], "occupation"),
            (K::Notification, "most = 200", "most = 0", "item-most", &["address"], "address = {"),
            (K::Notification, "\"name_latin\", ", "", "core-missing", &["name_latin"], "name_latin = {"),
            (K::Isolation, "days = 10", "days = 100", "days", &["symptomatic", "60"], "symptomatic = {"),
        ];
        for (kind, from, to, word, details, line) in table {
            let error = wrong(*kind, from, to);
            assert_eq!(error.what.word(), *word, "{error}");
            let told: Vec<&str> = error.what.details().iter().map(|(_, text)| *text).collect();
            for detail in *details {
                assert!(told.contains(detail), "{detail}: {told:?}");
            }
            let place = error.at.clone().expect(word);
            assert!(place.text.contains(line), "{line}: {place:?}");
            let text = kind.shipped_text().replacen(from, to, 1);
            let there = text.lines().nth(place.line - 1).unwrap();
            assert!(there.trim().starts_with(&place.text), "{place:?}");
            assert!(place.column <= there.chars().count() + 1, "{place:?}");
            assert!(error.to_string().contains(&format!("line {}", place.line)));
        }
    }

    #[test]
    fn a_file_of_several_rules_is_told_so() {
        let error = read_one(RuleKind::Course, "programme = 'x'").unwrap_err();
        assert_eq!(error.what.word(), "missing-key");
        let error = read_one(RuleKind::Isolation, RuleKind::Isolation.shipped_text());
        assert_eq!(error.unwrap_err().what.word(), "several-rules");
    }
}
