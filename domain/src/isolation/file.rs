//! Reading a file of rules on isolation, and whether its parts agree.

use super::{Rule, Rules};
use jiff::civil::Date;
use serde::Deserialize;

/// The longest time that a file can order, in days; a longer one is a slip of the finger.
const LONGEST_DAYS: u16 = 60;

/// What is wrong with a file of rules, for whoever edits it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IsolationError {
    /// It is not TOML, or a part is missing, misspelt or of the wrong kind.
    #[error("the rules on isolation cannot be read: {0}")]
    Unreadable(String),
    /// It holds no rule.
    #[error("the rules on isolation of {programme}: the file holds no [[isolation]]")]
    NoRule {
        /// The programme.
        programme: String,
    },
    /// A rule does not agree with itself or with another one.
    #[error("the rule on isolation of {programme}, valid from {valid_from}: {what}")]
    Inconsistent {
        /// The programme.
        programme: String,
        /// The rule.
        valid_from: Date,
        /// What does not agree.
        what: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    programme: String,
    isolation: Vec<Rule>,
}

/// Reads a file.
pub(super) fn read(text: &str) -> Result<Rules, IsolationError> {
    toml::from_str::<File>(text)
        .map_err(|e| IsolationError::Unreadable(e.to_string()))?
        .try_into()
}

impl TryFrom<File> for Rules {
    type Error = IsolationError;

    fn try_from(file: File) -> Result<Rules, IsolationError> {
        let File {
            programme,
            mut isolation,
        } = file;
        isolation.sort_by_key(|rule| rule.valid_from);
        if isolation.is_empty() {
            return Err(IsolationError::NoRule { programme });
        }
        let mut before = None;
        for rule in &isolation {
            let checked = if before == Some(rule.valid_from) {
                Err("two rules begin on this day".to_owned())
            } else {
                check(rule)
            };
            if let Err(what) = checked {
                let valid_from = rule.valid_from;
                return Err(IsolationError::Inconsistent {
                    programme,
                    valid_from,
                    what,
                });
            }
            before = Some(rule.valid_from);
        }
        Ok(Rules {
            programme,
            isolation,
        })
    }
}

fn check(rule: &Rule) -> Result<(), String> {
    if rule.source.trim().is_empty() {
        return Err("source must say where the rule comes from".to_owned());
    }
    for (name, one) in [
        ("symptomatic", &rule.symptomatic),
        ("asymptomatic", &rule.asymptomatic),
        ("symptomatic_inpatient", &rule.symptomatic_inpatient),
        ("contact", &rule.contact),
    ] {
        if !(1..=LONGEST_DAYS).contains(&one.days) {
            return Err(format!("{name}: days must be from 1 to {LONGEST_DAYS}"));
        }
        if !(one.days..=LONGEST_DAYS).contains(&one.observe_days) {
            return Err(format!(
                "{name}: observe_days must be from {} (its days) to {LONGEST_DAYS}",
                one.days
            ));
        }
        let most = LONGEST_DAYS * 24;
        if let Some(hours) = one.hours_after_improvement
            && !(1..=most).contains(&hours)
        {
            return Err(format!(
                "{name}: hours_after_improvement must be from 1 to {most}"
            ));
        }
        if let Some(test) = &one.negative_test {
            let Some(last) = test.days.last() else {
                return Err(format!("{name}: negative_test names no days"));
            };
            if !test.days.is_sorted_by(|a, b| a < b) {
                return Err(format!(
                    "{name}: the days of negative_test must stand in their order, each once"
                ));
            }
            // Day 0 itself would be its own end: nobody is set free before isolating.
            if test.free_from_day == 0 || !(*last..=one.days).contains(&test.free_from_day) {
                return Err(format!(
                    "{name}: free_from_day must be from {} (the last test) to {} (its days), and not 0",
                    last, one.days
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_file_is_told_what_is_wrong() {
        let file = include_str!("../../../programmes/isolation-covid-19.toml");
        // The comment names the keys too.
        let good = &file[file.find("programme =").unwrap()..];
        #[rustfmt::skip]
        let table = [
            ("hours_after_improvement", "hours_after", "hours_after"),
            ("observe_days", "observe", "observe"),
            ("2022-07-22\"", "2022-07-32\"", "2022-07-32"),
            ("2022-07-22\"", "2022-01-28\"", "valid from 2022-01-28: two rules begin on this day"),
            ("asymptomatic = { days = 7, observe_days = 10 }", "", "asymptomatic"),
            ("days = 10", "days = 100", "symptomatic: days must be from 1 to 60"),
            ("days = 10", "days = 0", "symptomatic: days must be from 1 to 60"),
            ("days = 10", "days = -1", "-1"),
            ("hours_after_improvement = 72", "hours_after_improvement = 0", "hours_after_improvement must be"),
            ("days = 7, observe_days = 10", "days = 7, observe_days = 6", "asymptomatic: observe_days must be from 7"),
            ("days = [2, 3]", "days = []", "contact: negative_test names no days"),
            ("days = [2, 3]", "days = [3, 2]", "in their order"),
            ("free_from_day = 3", "free_from_day = 2", "contact: free_from_day must be from 3"),
            ("free_from_day = 3", "free_from_day = 6", "(the last test) to 5"),
            ("source = \"Symptomatic: 10", "source = \" \" # \"", "source must say"),
        ];
        for (from, to, words) in table {
            assert!(good.contains(from), "{from}");
            let error = Rules::from_toml(&good.replacen(from, to, 1))
                .unwrap_err()
                .to_string();
            assert!(error.contains(words), "{error}");
        }
        let error = Rules::from_toml("programme = 'x'\nisolation = []").unwrap_err();
        assert!(error.to_string().contains("no [[isolation]]"), "{error}");
        assert!(Rules::from_toml("no").is_err());
    }

    #[test]
    fn rules_are_checked_wherever_they_are_read_from() {
        let rules = Rules::shipped();
        let json = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<Rules>(&json).unwrap(), rules);
        let empty = serde_json::json!({ "programme": "x", "isolation": [] });
        assert!(serde_json::from_value::<Rules>(empty).is_err());
    }
}
