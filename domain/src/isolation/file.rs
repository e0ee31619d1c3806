//! Reading a file of rules on isolation, and whether its parts agree.

use super::{Rule, Rules};
use crate::rules::{FileError, UnknownKey, What, unknown_in_toml};
use serde::Deserialize;

/// The longest time that a file can order, in days; a longer one is a slip of the finger.
const LONGEST_DAYS: u16 = 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    programme: String,
    isolation: Vec<Rule>,
}

/// The keys of a stored file that mean nothing to this release.
pub(crate) fn unknown_keys(text: &str) -> Vec<UnknownKey> {
    unknown_in_toml::<File>(text)
}

/// Reads a file.
pub(super) fn read(text: &str) -> Result<Rules, FileError> {
    toml::from_str::<File>(text)
        .map_err(|e| FileError::of_toml(text, &e))?
        .try_into()
        .map_err(|error: FileError| error.found_in(text))
}

impl TryFrom<File> for Rules {
    type Error = FileError;

    fn try_from(file: File) -> Result<Rules, FileError> {
        let File {
            programme,
            mut isolation,
        } = file;
        isolation.sort_by_key(|rule| rule.valid_from);
        if isolation.is_empty() {
            let table = "isolation".to_owned();
            return Err(What::NoRule { table }.into());
        }
        let mut before = None;
        for rule in &isolation {
            let day = rule.valid_from;
            let checked = if before == Some(day) {
                Err(What::SameDay {
                    day: day.to_string(),
                })
            } else {
                check(rule)
            };
            checked.map_err(|what| FileError::in_rule_of(what, day))?;
            before = Some(day);
        }
        Ok(Rules {
            programme,
            isolation,
        })
    }
}

fn check(rule: &Rule) -> Result<(), What> {
    if rule.source.trim().is_empty() {
        return Err(What::NoSource {});
    }
    for (name, one) in [
        ("symptomatic", &rule.symptomatic),
        ("asymptomatic", &rule.asymptomatic),
        ("symptomatic_inpatient", &rule.symptomatic_inpatient),
        ("contact", &rule.contact),
    ] {
        let part = name.to_owned();
        let longest = LONGEST_DAYS.to_string();
        if !(1..=LONGEST_DAYS).contains(&one.days) {
            let most = longest;
            return Err(What::Days { part, most });
        }
        if !(one.days..=LONGEST_DAYS).contains(&one.observe_days) {
            return Err(What::ObserveDays {
                part,
                least: one.days.to_string(),
                most: longest,
            });
        }
        let most = LONGEST_DAYS * 24;
        if let Some(hours) = one.hours_after_improvement
            && !(1..=most).contains(&hours)
        {
            let most = most.to_string();
            return Err(What::ImprovementHours { part, most });
        }
        if let Some(test) = &one.negative_test {
            let Some(last) = test.days.last() else {
                return Err(What::TestNoDays { part });
            };
            if !test.days.is_sorted_by(|a, b| a < b) {
                return Err(What::TestOrder { part });
            }
            // Day 0 itself would be its own end: nobody is set free before isolating.
            if test.free_from_day == 0 || !(*last..=one.days).contains(&test.free_from_day) {
                return Err(What::TestFree {
                    part,
                    least: last.to_string(),
                    most: one.days.to_string(),
                });
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
