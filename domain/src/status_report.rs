//! Status reports: what somebody typed, and what it becomes once it has been understood.

mod changed;
mod key;
mod numbers;

pub use changed::{changed, without_changed};
pub use key::{came_again, is_fresh, key_of_member, report_id};

use crate::ids::QuestionnaireId;
use crate::limits::{MEASURED_AHEAD, NOTE_LENGTH};
use crate::questionnaire::{LocalText, NO_SIGN, QuestionId, Questionnaire};
use crate::text::fold_width;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An answer to a question about a symptom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Don't know.
    DontKnow,
}

impl Answer {
    /// The word in forms and in the store.
    pub const fn word(self) -> &'static str {
        match self {
            Answer::Yes => "yes",
            Answer::No => "no",
            Answer::DontKnow => "dont_know",
        }
    }

    /// The answer of a word.
    pub fn parse(word: &str) -> Option<Answer> {
        [Answer::Yes, Answer::No, Answer::DontKnow]
            .into_iter()
            .find(|answer| answer.word() == word)
    }
}

/// A number, or that it was not measured: many have no oximeter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measured {
    /// Not measured.
    NotMeasured,
    /// Tenths of a degree Celsius, or per cent.
    Value(i32),
}

impl Measured {
    /// The number, if it was measured.
    pub const fn value(self) -> Option<i32> {
        match self {
            Measured::NotMeasured => None,
            Measured::Value(value) => Some(value),
        }
    }
}

/// Answers that have been understood.
#[derive(Clone, PartialEq, Eq)]
pub struct Answers {
    /// The body temperature in tenths of a degree Celsius.
    pub temperature: Measured,
    /// The oxygen saturation in per cent.
    pub spo2: Measured,
    /// The signs that were ticked, then the answers in the order of the questions.
    pub symptoms: Vec<(QuestionId, Answer)>,
    /// Free text to the center.
    pub note: String,
}

/// A report as it was typed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawReport {
    /// The body temperature.
    pub temperature: String,
    /// `Not measured` was chosen for it.
    pub temperature_not_measured: bool,
    /// An unlikely temperature that the person was asked about and stands by.
    pub temperature_confirmed: String,
    /// The oxygen saturation.
    pub spo2: String,
    /// `Not measured` was chosen for it.
    pub spo2_not_measured: bool,
    /// An unlikely saturation that the person was asked about and stands by.
    pub spo2_confirmed: String,
    /// The word chosen for each question, `yes` for each sign that was ticked, and for [`NO_SIGN`] where none applies.
    pub symptoms: BTreeMap<String, String>,
    /// Free text to the center.
    pub note: String,
    /// When it was measured, as `2026-11-23T08:30`; empty for now.
    pub measured_at: String,
    /// The questionnaire that the form showed; none where it does not tell.
    pub shown: Option<QuestionnaireId>,
}

/// For whoever needs it afterwards.
impl From<&RawReport> for RawReport {
    fn from(raw: &RawReport) -> RawReport {
        raw.clone()
    }
}

/// A part of the form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Field {
    /// The body temperature.
    Temperature,
    /// The oxygen saturation.
    Spo2,
    /// A question.
    Symptom(QuestionId),
    /// The list of signs.
    Signs,
    /// The free text.
    Note,
    /// When it was measured.
    MeasuredAt,
}

/// What is wrong with a part of the form. Numbers are in the unit of the field: tenths of a degree, or per cent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FieldProblem {
    /// Neither a value nor `Not measured`, or no answer.
    Missing,
    /// A value, and `Not measured` too.
    BothGiven,
    /// Not a number.
    NotANumber,
    /// Several numbers, of which one was asked for: a pulse beside the saturation, two measurements.
    SeveralNumbers,
    /// No living person has it; between `low` and `high` one may.
    Impossible {
        /// The lowest possible.
        low: i32,
        /// The highest possible.
        high: i32,
    },
    /// Probably another number was meant.
    DidYouMean {
        /// What was typed, trimmed.
        typed: String,
        /// What was probably meant.
        meant: i32,
    },
    /// A saturation with a decimal: oximeters show whole per cent, so it is asked back which one was shown.
    WholePercent {
        /// What was typed, trimmed.
        typed: String,
        /// The whole number below it.
        meant: i32,
    },
    /// The temperature is like a saturation, and the saturation like a temperature.
    Swapped {
        /// What was typed for the temperature, trimmed.
        temperature: String,
        /// What was typed for the saturation, trimmed.
        spo2: String,
    },
    /// A saturation that is like a temperature.
    LikeATemperature {
        /// What was typed, trimmed.
        typed: String,
        /// The whole per cent that it would be, where it has no decimals.
        whole: Option<i32>,
        /// Whether somebody may have it: then it is taken when it comes back confirmed.
        is_possible: bool,
        /// Whether no temperature was typed.
        is_alone: bool,
    },
    /// The suggestion was taken, though by then something else stood in the field than it was made for.
    TakenAfterAll {
        /// What was suggested and taken.
        taken: String,
    },
    /// Possible, but so unlikely that it is asked back; it is taken when it comes back confirmed.
    Unlikely {
        /// What was understood.
        value: i32,
    },
    /// Too long, in characters.
    TooLong {
        /// How many there are.
        length: usize,
        /// The most that are taken.
        most: usize,
    },
    /// Not a moment.
    NotAMoment,
    /// The question has other words than the form showed.
    Reworded {
        /// Its words on the form.
        was: LocalText,
        /// What was answered.
        said: Answer,
    },
    /// The list of signs has some that the form did not show so.
    OtherSigns,
    /// What was answered is not asked any more.
    NotAsked {
        /// The question.
        was: LocalText,
        /// What was answered.
        said: Answer,
    },
    /// It has not come yet.
    InFuture,
    /// It is longer ago than a report may tell.
    TooOld {
        /// The most hours.
        hours: i64,
    },
}

/// All that is wrong with a report, in the order of the form.
pub type Problems = Vec<(Field, FieldProblem)>;

/// Understands a report, or tells all that is wrong with it.
pub fn check(questionnaire: &Questionnaire, raw: &RawReport) -> Result<Answers, Problems> {
    let mut problems = Vec::new();
    let (temperature, spo2) = numbers::both(questionnaire, raw);
    let (temperature, spo2) = match numbers::swapped(questionnaire, raw, (&temperature, &spo2)) {
        Some(_) => {
            let asked = FieldProblem::Swapped {
                temperature: numbers::shown(&raw.temperature),
                spo2: numbers::shown(&raw.spo2),
            };
            (Err(asked), Ok(Measured::NotMeasured))
        }
        None => (temperature, spo2),
    };
    let mut take = |field: Field, result: Result<Measured, FieldProblem>| {
        result.unwrap_or_else(|problem| {
            problems.push((field, problem));
            Measured::NotMeasured
        })
    };
    let temperature = take(Field::Temperature, temperature);
    let spo2 = take(Field::Spo2, spo2);
    let mut symptoms = match signs(questionnaire, raw) {
        Ok(ticked) => ticked,
        Err(problem) => {
            problems.push((Field::Signs, problem));
            Vec::new()
        }
    };
    for question in &questionnaire.questions {
        let word = raw.symptoms.get(question.id.as_str());
        match word.and_then(|word| Answer::parse(word)) {
            Some(answer) => symptoms.push((question.id.clone(), answer)),
            None => problems.push((Field::Symptom(question.id.clone()), FieldProblem::Missing)),
        }
    }
    let note = clean_note(&raw.note);
    let length = note.chars().count();
    if length > NOTE_LENGTH {
        let most = NOTE_LENGTH;
        problems.push((Field::Note, FieldProblem::TooLong { length, most }));
    }
    if problems.is_empty() {
        Ok(Answers {
            temperature,
            spo2,
            symptoms,
            note,
        })
    } else {
        Err(problems)
    }
}

/// The signs that are ticked. That there are none must be said: whoever scrolls past them has not answered.
fn signs(
    questionnaire: &Questionnaire,
    raw: &RawReport,
) -> Result<Vec<(QuestionId, Answer)>, FieldProblem> {
    let word = |id: &str| raw.symptoms.get(id).map(String::as_str);
    let ticked = ticked(questionnaire, raw);
    let none = word(NO_SIGN) == Some(Answer::Yes.word());
    let all_denied = || {
        let mut signs = questionnaire.signs.iter();
        signs.all(|sign| word(sign.id.as_str()) == Some(Answer::No.word()))
    };
    match (ticked.is_empty(), none) {
        (false, true) => Err(FieldProblem::BothGiven),
        (true, false) if !all_denied() => Err(FieldProblem::Missing),
        _ => Ok(ticked),
    }
}

fn ticked(questionnaire: &Questionnaire, raw: &RawReport) -> Vec<(QuestionId, Answer)> {
    let is_ticked = |id: &QuestionId| {
        raw.symptoms.get(id.as_str()).map(String::as_str) == Some(Answer::Yes.word())
    };
    let signs = questionnaire.signs.iter().map(|sign| &sign.id);
    signs
        .filter(|id| is_ticked(id))
        .map(|id| (id.clone(), Answer::Yes))
        .collect()
}

/// What of an incomplete report is understood already: a danger must be told even where something else is missing, or
/// where `Not measured` stands beside the value.
pub fn understood(questionnaire: &Questionnaire, raw: &RawReport) -> Answers {
    let raw = &numbers::as_measured(raw);
    let or_none = |result: Result<Measured, FieldProblem>| match result {
        // Asked back, but possible: better one warning too many.
        Err(
            FieldProblem::Unlikely { value }
            | FieldProblem::WholePercent { meant: value, .. }
            | FieldProblem::DidYouMean { meant: value, .. },
        ) => Measured::Value(value),
        other => other.unwrap_or(Measured::NotMeasured),
    };
    let (temperature, spo2) = numbers::both(questionnaire, raw);
    let as_typed = (&temperature, &spo2);
    let (temperature, spo2) = match numbers::swapped(questionnaire, raw, as_typed) {
        Some(both) => both,
        None => (
            match temperature {
                Err(FieldProblem::NotANumber | FieldProblem::SeveralNumbers) => {
                    numbers::highest(&questionnaire.temperature, &raw.temperature, 10)
                }
                temperature => or_none(temperature),
            },
            match spo2 {
                // Nobody types who has it; the sentence says what to do all the same.
                Err(FieldProblem::LikeATemperature { .. }) => Measured::NotMeasured,
                Err(FieldProblem::SeveralNumbers) => {
                    numbers::highest(&questionnaire.spo2, &raw.spo2, 100)
                }
                spo2 => match or_none(spo2) {
                    Measured::NotMeasured if numbers::is_below_all(&questionnaire.spo2, raw) => {
                        Measured::Value(questionnaire.spo2.possible.0)
                    }
                    spo2 => spo2,
                },
            },
        ),
    };
    Answers {
        temperature,
        spo2,
        symptoms: ticked(questionnaire, raw)
            .into_iter()
            .chain(questionnaire.questions.iter().filter_map(|question| {
                let word = raw.symptoms.get(question.id.as_str())?;
                Some((question.id.clone(), Answer::parse(word)?))
            }))
            .collect(),
        note: String::new(),
    }
}

/// A note without control characters but line breaks, which become one kind. One in which nothing can be seen is empty.
pub fn clean_note(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = text
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .filter(|c| *c == '\n' || !(c.is_control() || crate::text::is_bidi_control(*c)))
        .collect();
    let is_blank = |c: char| c.is_whitespace() || crate::text::is_invisible(c);
    match kept.chars().all(is_blank) {
        true => String::new(),
        false => kept.trim().to_owned(),
    }
}

/// When something was measured: a local date and time of the center, or nothing for the moment of receipt.
///
/// # Errors
/// Where it is no moment, lies ahead by more than a phone's clock may be wrong, or is longer ago than `most_ago`.
pub fn measured_at(
    raw: &str,
    received: Timestamp,
    zone: &TimeZone,
    most_ago: SignedDuration,
) -> Result<Timestamp, FieldProblem> {
    let plain = fold_width(raw);
    if plain.is_empty() {
        return Ok(received);
    }
    let local = day_and_time(&plain).ok_or(FieldProblem::NotAMoment)?;
    let at = zone
        .to_ambiguous_zoned(local)
        .compatible()
        .map_err(|_| FieldProblem::NotAMoment)?
        .timestamp();
    if at > received + MEASURED_AHEAD {
        Err(FieldProblem::InFuture)
    } else if at < received - most_ago {
        Err(FieldProblem::TooOld {
            hours: most_ago.as_hours(),
        })
    } else {
        Ok(at.min(received))
    }
}

/// A day and a time as a browser sends them, or as they are typed where it has no field for them: `2026/1/5 8:30`. A day
/// alone is none: it would be midnight.
fn day_and_time(plain: &str) -> Option<DateTime> {
    let (day, time) = plain.split_once(['T', 't', ' '])?;
    let two_digits = |text: &str| format!("{text:0>2}");
    let day: Vec<String> = day.split(['-', '/']).map(two_digits).collect();
    let (hour, rest) = time.trim_start().split_once(':')?;
    let text = format!("{}T{}:{rest}", day.join("-"), two_digits(hour));
    text.parse().ok()
}

/// A temperature in tenths of a degree as people write it: `36.5`.
pub fn degrees(tenths: i32) -> String {
    // By hand: a history writes hundreds, charts included, and `format!` and `to_string` take five times as long.
    let mut text = String::with_capacity(6);
    let Some(value) = u32::try_from(tenths).ok().filter(|value| *value < 100_000) else {
        text.push_str(&(tenths / 10).to_string());
        text.push('.');
        text.push_str(&tenths.rem_euclid(10).to_string());
        return text;
    };
    let digit = |of: u32| char::from_digit(value / of % 10, 10).unwrap_or('0');
    for of in [10_000, 1_000, 100] {
        if value >= of {
            text.push(digit(of));
        }
    }
    text.push(digit(10));
    text.push('.');
    text.push(digit(1));
    text
}

#[cfg(test)]
mod tests;
