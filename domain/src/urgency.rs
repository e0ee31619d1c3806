//! How urgent a report is: a pure function of the answers and of the questionnaire that they answer. Which answers are
//! alarming is data of the programme, with its sources beside it (`programmes/`), not code.

use crate::questionnaire::{QuestionId, Questionnaire};
use crate::status_report::{Answer, Answers};
use serde::{Deserialize, Serialize};

/// How urgent, the least first.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing that calls for attention.
    #[default]
    Calm,
    /// To be watched.
    Watch,
    /// The center must be called, and must look, at once.
    Alarming,
    /// An ambulance must be called at once.
    Emergency,
}

impl Level {
    /// The level as it is stored: 0 to 3.
    pub const fn number(self) -> i32 {
        match self {
            Level::Calm => 0,
            Level::Watch => 1,
            Level::Alarming => 2,
            Level::Emergency => 3,
        }
    }

    /// The level that was stored; a number that nobody knows counts as the most urgent, so that nothing is overlooked.
    pub const fn from_number(number: i32) -> Level {
        match number {
            0 => Level::Calm,
            1 => Level::Watch,
            2 => Level::Alarming,
            _ => Level::Emergency,
        }
    }

    /// Whether somebody must act at once.
    pub const fn is_danger(self) -> bool {
        matches!(self, Level::Alarming | Level::Emergency)
    }
}

/// What made a report urgent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The body temperature, in tenths of a degree Celsius.
    Temperature(i32),
    /// The oxygen saturation, in per cent.
    Spo2(i32),
    /// A "yes" to a question.
    Symptom(QuestionId),
    /// Nothing was measured, and no question was answered by yes or no: what nobody knows is not calm.
    NothingKnown,
}

/// How urgent, and why.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Assessment {
    /// The highest level that any answer reaches.
    pub level: Level,
    /// Every answer that is more than calm, the most urgent first.
    pub reasons: Vec<(Level, Reason)>,
}

/// Whether a report tells nothing of how somebody is: nothing was measured, "don't know" is the answer to every question,
/// and of the signs at most that there is none.
fn is_nothing_known(questionnaire: &Questionnaire, answers: &Answers) -> bool {
    let is_measured = answers.temperature.value().is_some() || answers.spo2.value().is_some();
    let mut questions = answers
        .symptoms
        .iter()
        .filter(|(id, answer)| *answer == Answer::Yes || !questionnaire.is_sign(id))
        .peekable();
    !is_measured
        && questions.peek().is_some()
        && questions.all(|(_, answer)| *answer == Answer::DontKnow)
}

/// Assesses answers by the rules of their questionnaire.
pub fn assess(questionnaire: &Questionnaire, answers: &Answers) -> Assessment {
    let mut reasons = Vec::new();
    if let Some(value) = answers.temperature.value() {
        reasons.push((
            questionnaire.temperature.level(value),
            Reason::Temperature(value),
        ));
    }
    if let Some(value) = answers.spo2.value() {
        reasons.push((questionnaire.spo2.level(value), Reason::Spo2(value)));
    }
    for (id, answer) in &answers.symptoms {
        if *answer == Answer::Yes
            && let Some(question) = questionnaire.question(id)
        {
            reasons.push((question.yes, Reason::Symptom(id.clone())));
        }
    }
    if is_nothing_known(questionnaire, answers) {
        reasons.push((Level::Watch, Reason::NothingKnown));
    }
    reasons.retain(|(level, _)| *level > Level::Calm);
    reasons.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    Assessment {
        level: reasons.first().map_or(Level::Calm, |(level, _)| *level),
        reasons,
    }
}

#[cfg(test)]
mod tests {
    use super::Level::*;
    use super::*;
    use crate::questionnaire::shipped;
    use crate::status_report::Measured;

    /// One line for each rule, to be laid beside `programmes/covid-19.toml`.
    #[test]
    fn a_stored_level_reads_back_and_an_unknown_one_is_the_most_urgent() {
        for level in [Level::Calm, Level::Watch, Level::Alarming, Level::Emergency] {
            assert_eq!(Level::from_number(level.number()), level);
        }
        assert_eq!(Level::from_number(9), Level::Emergency);
    }

    #[test]
    fn covid_19_rules() {
        let questionnaire = shipped().into_iter().next_back().unwrap();
        let none: &[&str] = &[];
        #[rustfmt::skip]
        type Row = (
            Option<i32>,
            Option<i32>,
            &'static [&'static str],
            Level,
        );
        let table: &[Row] = &[
            (Some(365), Some(98), none, Calm),
            (None, None, none, Calm),
            (Some(374), None, none, Calm),
            (Some(375), None, none, Watch),
            (Some(399), None, none, Watch),
            (Some(400), None, none, Alarming),
            (None, Some(96), none, Calm),
            (None, Some(95), none, Watch),
            (None, Some(94), none, Watch),
            (None, Some(93), none, Alarming),
            (None, Some(91), none, Alarming),
            (None, Some(90), none, Emergency),
            (None, None, &["complexion"], Emergency),
            (None, None, &["cough"], Calm),
            (None, None, &["breathlessness"], Alarming),
            (None, None, &["malaise"], Watch),
            (None, None, &["vomiting"], Watch),
            (None, None, &["diarrhoea"], Watch),
            (None, None, &["consciousness"], Emergency),
            (None, None, &["eating"], Alarming),
            (None, None, &["urine"], Alarming),
            (None, None, &["sign_lips"], Emergency),
            (None, None, &["sign_wheeze", "cough"], Emergency),
            (Some(380), Some(97), &["cough", "breathlessness"], Alarming),
        ];
        for (temperature, spo2, yes, level) in table {
            let measured =
                |value: &Option<i32>| value.map_or(Measured::NotMeasured, Measured::Value);
            let answers = Answers {
                temperature: measured(temperature),
                spo2: measured(spo2),
                symptoms: questionnaire
                    .asked()
                    .map(|q| {
                        let said = yes.contains(&q.id.as_str());
                        (q.id.clone(), if said { Answer::Yes } else { Answer::No })
                    })
                    .collect(),
                note: String::new(),
            };
            let assessed = assess(&questionnaire, &answers);
            assert_eq!(assessed.level, *level, "{temperature:?} {spo2:?} {yes:?}");
            assert_eq!(assessed.reasons.is_empty(), *level == Calm);
        }
    }

    #[test]
    fn dont_know_is_not_yes() {
        let questionnaire = shipped().into_iter().next_back().unwrap();
        let answers = Answers {
            temperature: Measured::NotMeasured,
            spo2: Measured::NotMeasured,
            symptoms: vec![
                (QuestionId::new("breathlessness"), Answer::DontKnow),
                (QuestionId::new("cough"), Answer::No),
            ],
            note: String::new(),
        };
        assert_eq!(assess(&questionnaire, &answers).level, Calm);
    }

    #[test]
    fn a_report_that_tells_nothing_is_watched() {
        let questionnaire = shipped().into_iter().next_back().unwrap();
        let said = |of_questions: Answer| Answers {
            temperature: Measured::NotMeasured,
            spo2: Measured::NotMeasured,
            symptoms: questionnaire
                .asked()
                .map(|q| {
                    let is_sign = questionnaire.is_sign(&q.id);
                    (
                        q.id.clone(),
                        if is_sign { Answer::No } else { of_questions },
                    )
                })
                .collect(),
            note: String::new(),
        };
        let nothing = assess(&questionnaire, &said(Answer::DontKnow));
        let expected = vec![(Watch, Reason::NothingKnown)];
        assert_eq!((nothing.level, nothing.reasons), (Watch, expected));
        // One number, or one answer, is something; nothing at all is a form that is not filled in yet.
        let measured = Answers {
            temperature: Measured::Value(365),
            ..said(Answer::DontKnow)
        };
        assert_eq!(assess(&questionnaire, &measured).level, Calm);
        assert_eq!(assess(&questionnaire, &said(Answer::No)).level, Calm);
        let empty = Answers {
            symptoms: Vec::new(),
            ..said(Answer::No)
        };
        assert_eq!(assess(&questionnaire, &empty).level, Calm);
    }
}
