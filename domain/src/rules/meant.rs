//! What a rule says that can be read and cannot be meant. Asked where a rule is set, not where one is read that stands: that one
//! judges on as it did.

use super::fields::out_of_range;
use super::{Content, FileError, RuleFile, What};
use crate::course::CourseRules;
use crate::questionnaire::Questionnaire;

/// What a living person may have at all, in tenths of a degree Celsius, and in per cent.
const TEMPERATURES: (i32, i32) = (200, 500);
const SATURATIONS: (i32, i32) = (0, 100);

/// Whether a rule can be meant. Of a course: each number lies where the form of the numbers takes it, and each condition is one
/// of those that somebody can have. Of a questionnaire: what is possible is possible for somebody alive, and whoever reads any
/// language of the portal reads each question, and when to call an ambulance, in it.
///
/// # Errors
/// What cannot be meant, for whoever edits the file.
pub fn check_meant(file: &RuleFile, conditions: &[&str]) -> Result<(), FileError> {
    match &file.content {
        Content::Course(rules) => check_course(file, rules, conditions),
        Content::Questionnaire(questionnaire) => check_questionnaire(questionnaire)
            .map_err(|what| FileError::in_rule_of(what, file.valid_from).found_in(&file.text)),
        Content::Isolation(_) | Content::Notification(_) | Content::Messages(_) => Ok(()),
    }
}

fn check_questionnaire(questionnaire: &Questionnaire) -> Result<(), What> {
    for (part, rule, (low, high)) in [
        ("temperature", &questionnaire.temperature, TEMPERATURES),
        ("spo2", &questionnaire.spo2, SATURATIONS),
    ] {
        if rule.possible.0 < low || rule.possible.1 > high {
            return Err(What::OutOfRange {
                field: format!("{part}.possible"),
                low: low.to_string(),
                high: high.to_string(),
            });
        }
    }
    let tag = |language: crate::language::Language| language.tag().to_owned();
    if let Some(language) = questionnaire.disease.lacks() {
        let language = tag(language);
        return Err(What::DiseaseUnsaid { language });
    }
    for question in questionnaire.asked() {
        if let Some(language) = question.text.lacks().or_else(|| question.short.lacks()) {
            return Err(What::QuestionUnsaid {
                id: question.id.as_str().to_owned(),
                language: tag(language),
            });
        }
    }
    let mut signs = questionnaire.emergency_signs.iter();
    match signs.find_map(|sign| sign.lacks()) {
        Some(language) => Err(What::EmergencyUnsaid {
            language: tag(language),
        }),
        None => Ok(()),
    }
}

fn check_course(
    file: &RuleFile,
    rules: &CourseRules,
    conditions: &[&str],
) -> Result<(), FileError> {
    let told = |what| Err(FileError::in_rule_of(what, file.valid_from));
    if let Some(spec) = out_of_range(file.kind, &file.text)? {
        let (low, high) = spec.range;
        return told(What::OutOfRange {
            field: spec.name.to_owned(),
            low: low.to_string(),
            high: high.to_string(),
        });
    }
    // Nobody has a condition that is written otherwise: whoever is meant would be at risk no more.
    let mut all = rules.risk.conditions.iter();
    match all.find(|name| !conditions.contains(&name.as_str())) {
        Some(name) => told(What::UnknownWord {
            key: name.clone(),
            expected: conditions.join(", "),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{RuleKind, read_one, shipped};
    use super::*;

    const KNOWN: [&str; 8] = [
        "pregnancy",
        "diabetes",
        "copd",
        "heart",
        "kidney",
        "immunosuppressed",
        "obesity",
        "cancer",
    ];

    #[test]
    fn a_slip_of_the_finger_in_a_course_is_no_rule() {
        for file in shipped(RuleKind::Course) {
            assert_eq!(check_meant(&file, &KNOWN), Ok(()));
        }
        let good = shipped(RuleKind::Course).pop().unwrap().text;
        #[rustfmt::skip]
        let table = [
            ("within_hours = 72", "within_hours = 0", "spo2_falling.within_hours must be from 1 to 240"),
            ("days = 4\n", "days = 40\n", "fever_lasting.days must be from 1 to 30"),
            ("below_days = 90\nat_or_above = 380", "below_days = 90\nat_or_above = 3800", "infant.at_or_above must be from 350 to 420"),
            ("age_at_or_above = 65", "age_at_or_above = 650", "risk.age_at_or_above must be from 0 to 120"),
            ("\"pregnancy\"", "\"pregnant\"", "unknown word pregnant"),
        ];
        for (from, to, told) in table {
            assert!(good.contains(from), "{from}");
            let file = read_one(RuleKind::Course, &good.replacen(from, to, 1)).unwrap();
            let error = check_meant(&file, &KNOWN).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn a_questionnaire_is_asked_in_every_language_and_of_the_living() {
        for file in shipped(RuleKind::Questionnaire) {
            assert_eq!(check_meant(&file, &KNOWN), Ok(()));
        }
        let good = shipped(RuleKind::Questionnaire).pop().unwrap().text;
        #[rustfmt::skip]
        let table = [
            ("possible = [300, 440]", "possible = [300, 4400]", "temperature.possible must be from 200 to 500"),
            ("possible = [40, 100]", "possible = [-1, 100]", "spo2.possible must be from 0 to 100"),
        ];
        for (from, to, told) in table {
            assert!(good.contains(from), "{from}");
            let file = read_one(RuleKind::Questionnaire, &good.replacen(from, to, 1)).unwrap();
            let error = check_meant(&file, &KNOWN).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        // Without Japanese words in one place after the other: there is no such place that nobody would miss.
        let key = |line: &str| {
            line.trim()
                .split(" = ")
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        let is_japanese = |line: &&str| ["ja", "text.ja", "short.ja"].contains(&key(line).as_str());
        let lines: Vec<&str> = good.lines().filter(is_japanese).collect();
        assert!(lines.len() > 40);
        for line in lines {
            for blank in [String::new(), format!("{} = \" \"", key(line))] {
                let text = good.replacen(line, &blank, 1);
                let file = read_one(RuleKind::Questionnaire, &text).unwrap();
                let error = check_meant(&file, &KNOWN).unwrap_err().to_string();
                assert!(error.contains("words in ja"), "{line}: {error}");
                // Where such a file stands already, English words are better than none.
                let Content::Questionnaire(stands) = &file.content else {
                    panic!("another kind");
                };
                for question in stands.asked() {
                    assert_ne!(question.text.in_language("ja").trim(), "");
                }
            }
        }
    }
}
