//! What is wrong with a file of rules or with a text in it, in the reader's words.

use super::rule_words::called;
use domain::message_texts::{Slip, TextProblem};
use domain::rules::{Entry, FileError, NumberField, WordingProblem};
use i18n::{Arg, Words, language_name};

/// What is wrong with a text, in words.
pub(super) fn text_problem(t: &Words, problem: &TextProblem) -> String {
    let count = |n: &usize| i64::try_from(*n).unwrap_or(i64::MAX);
    match problem {
        TextProblem::Missing => t.say("problem-text-missing"),
        TextProblem::TooLong => t.say("problem-text-long"),
        TextProblem::NotATemplate(slip) => {
            let told = match slip {
                Slip::NoSuchWord(word) => t.with1("slip-no-such-word", "word", word),
                Slip::Written(line) => t.with1("slip-written", "line", count(line)),
                Slip::TooMuch => t.say("slip-too-much"),
            };
            format!("{told} {}", t.say("problem-text-template"))
        }
        TextProblem::ControlCharacter => t.say("problem-text-control"),
        TextProblem::NoUrl => t.say("problem-text-url"),
        TextProblem::Subject => t.say("problem-text-subject"),
        TextProblem::NamesDisease => t.say("problem-text-disease"),
        TextProblem::Units { units, most } => t.with2(
            "problem-text-units",
            "units",
            count(units),
            "most",
            count(most),
        ),
        TextProblem::Bytes { bytes, most } => t.with2(
            "problem-text-bytes",
            "units",
            count(bytes),
            "most",
            count(most),
        ),
    }
}

/// What is wrong with a file, in words, without the place. Entries that the reader sees are called as there.
pub(super) fn what_is_wrong(t: &Words, error: &FileError, shown: &[Entry]) -> String {
    let details: Vec<(&str, Arg<'_>)> = error
        .what
        .details()
        .into_iter()
        .map(|(name, word)| match name {
            "language" => (name, language_name(t.language, word).into_owned().into()),
            "id" | "other" => {
                let entry = shown.iter().find(|entry| entry.id == word);
                let name_of = |entry| called(t, entry);
                (name, entry.map_or_else(|| word.to_owned(), name_of).into())
            }
            _ => (name, word.into()),
        })
        .collect();
    t.with(&format!("problem-file-{}", error.what.word()), &details)
}

/// What is wrong with a file, in words, with its line where there is one.
pub(super) fn what_is_wrong_where(t: &Words, error: &FileError) -> String {
    let told = what_is_wrong(t, error, &[]);
    match &error.at {
        Some(place) => t.with(
            "problem-rule-line",
            &[
                ("line", place.line.to_string().into()),
                ("column", place.column.to_string().into()),
                ("text", place.text.as_str().into()),
                ("told", told.into()),
            ],
        ),
        None => told,
    }
}

/// What is wrong with a field of words, or of a number.
pub(super) fn wording_problem(
    t: &Words,
    problem: WordingProblem,
    number: Option<&NumberField>,
) -> String {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    match problem {
        WordingProblem::Missing => t.say("problem-words-missing"),
        WordingProblem::TooLong(most) => t.with1("problem-words-long", "most", count(most)),
        WordingProblem::NoPlace(most) => t.with1("problem-words-place", "most", count(most)),
        WordingProblem::NoLevel => t.say("problem-words-level"),
        WordingProblem::NoNumber(low, high) => {
            let shown = |one: i64| number.map_or_else(|| one.to_string(), |of| of.written(one));
            t.with2(
                "problem-rule-number",
                "low",
                shown(low),
                "high",
                shown(high),
            )
        }
    }
}
