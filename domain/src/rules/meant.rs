//! What a rule says that can be read and cannot be meant. Asked where a rule is set, not where one is read that stands: that one
//! judges on as it did.

use super::fields::out_of_range;
use super::{Content, FileError, RuleFile, What};

/// Whether the rules of a course can be meant: each number lies where the form of the numbers takes it, and each condition is one
/// of those that somebody can have.
///
/// # Errors
/// What cannot be meant, for whoever edits the file.
pub fn check_meant(file: &RuleFile, conditions: &[&str]) -> Result<(), FileError> {
    let Content::Course(rules) = &file.content else {
        return Ok(());
    };
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
}
