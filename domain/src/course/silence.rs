//! Silence: how much more urgent somebody becomes from whom no report comes. A report, a call that reached the person or
//! a decision to follow them anew ends it.

use super::{AtRisk, Course, CourseRules, Measurement, Why};
use crate::rules::What;
use crate::urgency::Level;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// After so many hours it means something that nobody has reached somebody who was registered, where the rules do not say:
/// also where a place wrote its rules before there was such a thing, or says nothing on silence. People have died of it.
const UNREACHED: i32 = 24;

/// The longest that a rule may wait, in hours: 30 days.
const LONGEST: i32 = 720;

/// What silence means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// Silent after so many hours without a report.
    pub hours: i32,
    /// Whoever is at risk is silent after so many; without it after as many as everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_risk_hours: Option<i32>,
    /// How urgent somebody silent is at least: `watch` or `alarming`.
    #[serde(default = "watch")]
    pub level: Level,
    /// After so many hours the silence of somebody who is at risk, or whose last report called for attention, is an
    /// alert; without it never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert_after_hours: Option<i32>,
    /// Whoever has no account and was never reached counts as silent so many hours after they were registered, at risk after
    /// half of them; then the silence of those at risk is an alert. Without it after [`UNREACHED`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreached_hours: Option<i32>,
}

const fn watch() -> Level {
    Level::Watch
}

/// How far a silence has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stage {
    /// Not long enough to mean something.
    Heard,
    /// More urgent than the last report says.
    Silent,
    /// Somebody must look at once.
    Alert,
}

/// How somebody can be heard of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeardBy {
    /// They report: they have an account, or somebody enters what they say.
    Reports,
    /// Only by being called, and they were reached before.
    Calls,
    /// Only by being called, and nobody has reached them yet.
    Nothing,
}

/// Somebody from whom nothing is heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quiet<'a> {
    /// Since when: the receipt of the last report, or whatever was heard of the person after it.
    pub since: Timestamp,
    /// How they can be heard of.
    pub by: HeardBy,
    /// What was measured last.
    pub last: Option<Measurement>,
    /// Who the person is.
    pub person: &'a AtRisk,
}

impl Silence {
    /// Whether the numbers agree with each other.
    ///
    /// # Errors
    /// What does not agree, for whoever edits the file.
    pub(super) fn check(&self) -> Result<(), What> {
        let most = || LONGEST.to_string();
        let at_risk = self.at_risk_hours.unwrap_or(self.hours);
        if !(1..=LONGEST).contains(&self.hours) {
            return Err(What::SilenceHours { most: most() });
        }
        if !(1..=self.hours).contains(&at_risk) {
            return Err(What::SilenceAtRisk {});
        }
        if !matches!(self.level, Level::Watch | Level::Alarming) {
            return Err(What::SilenceLevel {});
        }
        if self
            .alert_after_hours
            .is_some_and(|hours| !(at_risk..=LONGEST).contains(&hours))
        {
            return Err(What::SilenceAlert {
                least: at_risk.to_string(),
                most: most(),
            });
        }
        if self
            .unreached_hours
            .is_some_and(|hours| !(1..=LONGEST).contains(&hours))
        {
            return Err(What::SilenceUnreached { most: most() });
        }
        Ok(())
    }

    /// What it means that somebody was never reached, by the rule on silence if there is one.
    pub(super) fn of_unreached(rule: Option<Silence>) -> Silence {
        let said = rule.and_then(|rule| rule.unreached_hours);
        let hours = said.unwrap_or(UNREACHED);
        Silence {
            hours,
            at_risk_hours: Some((hours + 1) / 2),
            level: rule.map_or(watch(), |rule| rule.level),
            alert_after_hours: Some(hours),
            unreached_hours: said,
        }
    }

    fn silent_after(&self, is_at_risk: bool) -> SignedDuration {
        let hours = self.at_risk_hours.filter(|_| is_at_risk);
        SignedDuration::from_hours(hours.unwrap_or(self.hours).into())
    }

    /// When the silence of somebody comes into force, counted from when they were last heard of.
    pub fn begins(&self, since: Timestamp, is_at_risk: bool) -> Timestamp {
        since + self.silent_after(is_at_risk)
    }

    /// When it is an alert, for whom it can be one.
    fn alert_at(&self, since: Timestamp) -> Option<Timestamp> {
        let hours = self.alert_after_hours?;
        Some(since + SignedDuration::from_hours(hours.into()))
    }
}

impl CourseRules {
    /// Whether the rules count somebody as at risk.
    pub fn is_at_risk(&self, person: &AtRisk) -> bool {
        !self.risks_of(person).is_empty()
    }

    /// What the silence of somebody means. Of whom nobody can hear unless they call them, that is never nothing.
    fn silence_for(&self, by: HeardBy) -> Option<Silence> {
        match by {
            HeardBy::Reports => self.silence,
            HeardBy::Calls if self.silence.is_some() => self.silence,
            HeardBy::Calls | HeardBy::Nothing => Some(Silence::of_unreached(self.silence)),
        }
    }

    /// How far the silence of somebody has come, and when it comes further, if it does. `course` is what their reports
    /// say.
    pub fn silence_of(
        &self,
        course: &Course,
        quiet: &Quiet<'_>,
        now: Timestamp,
    ) -> (Stage, Option<Timestamp>) {
        let Some(rule) = self.silence_for(quiet.by) else {
            return (Stage::Heard, None);
        };
        let is_at_risk = self.is_at_risk(quiet.person);
        let begins = rule.begins(quiet.since, is_at_risk);
        if now < begins {
            return (Stage::Heard, Some(begins));
        }
        // Only for those of whom there was reason to worry: everybody's silence as an alert would be a flood in which
        // the one who lies on the floor is not seen.
        let alert_at = rule
            .alert_at(quiet.since)
            .filter(|_| is_at_risk || course.level > Level::Calm);
        match alert_at {
            Some(at) if now >= at => (Stage::Alert, None),
            later => (Stage::Silent, later),
        }
    }

    /// What a course is with a silence on top of it.
    #[must_use]
    pub fn with_silence(&self, mut course: Course, quiet: &Quiet<'_>, stage: Stage) -> Course {
        let rule = self.silence_for(quiet.by);
        let Some(rule) = rule.filter(|_| stage > Stage::Heard) else {
            return course;
        };
        course.level = course.level.max(rule.level);
        if stage == Stage::Alert {
            course.level = course.level.max(Level::Alarming);
        }
        course.reasons.insert(
            0,
            Why::Silent {
                since: quiet.since,
                temperature: quiet.last.and_then(|last| last.temperature),
                spo2: quiet.last.and_then(|last| last.spo2),
                unreached: quiet.by == HeardBy::Nothing,
            },
        );
        for risk in self.risks_of(quiet.person) {
            if !course.reasons.contains(&risk) {
                course.reasons.push(risk);
            }
        }
        course
    }
}

#[cfg(test)]
mod tests {
    use super::super::{parse_toml, shipped};
    use super::*;
    use crate::urgency::Level::*;

    fn at(hours: i64) -> Timestamp {
        "2026-11-23T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
    }

    #[test]
    fn silence_in_a_table_that_a_nurse_could_read() {
        let rules = shipped().1.pop().unwrap();
        type Row<'a> = (&'a str, i64, Level, i32, Stage, Option<i64>, Level);
        #[rustfmt::skip]
        let table: &[Row<'_>] = &[
            // who, hours without a report, the last report, age; how far, the next step at this hour, how urgent
            ("reported yesterday",        25, Calm,      40, Stage::Heard,  Some(30), Calm),
            ("young and silent",          30, Calm,      40, Stage::Silent, None,     Watch),
            ("young and long silent",    200, Calm,      40, Stage::Silent, None,     Watch),
            ("at risk",                   26, Calm,      70, Stage::Silent, Some(48), Watch),
            ("at risk, not yet",          25, Calm,      70, Stage::Heard,  Some(26), Calm),
            ("at risk for two days",      48, Calm,      70, Stage::Alert,  None,     Alarming),
            ("had fever, then nothing",   47, Watch,     40, Stage::Silent, Some(48), Watch),
            ("had fever, two days",       48, Watch,     40, Stage::Alert,  None,     Alarming),
            ("an emergency stays one",    48, Emergency, 40, Stage::Alert,  None,     Emergency),
        ];
        for (who, hours, last, age, stage, next, level) in table {
            let person = AtRisk {
                age: *age,
                days: age * 365,
                ..AtRisk::default()
            };
            let course = Course {
                level: *last,
                ..Course::default()
            };
            let quiet = Quiet {
                since: at(0),
                by: HeardBy::Reports,
                last: Some(Measurement {
                    at: at(0),
                    temperature: None,
                    spo2: Some(94),
                    is_called_wrong: false,
                }),
                person: &person,
            };
            let found = rules.silence_of(&course, &quiet, at(*hours));
            assert_eq!(found, (*stage, next.map(at)), "{who}");
            let after = rules.with_silence(course, &quiet, *stage);
            assert_eq!(after.level, *level, "{who}");
            let says = after.reasons.contains(&Why::Silent {
                since: at(0),
                temperature: None,
                spo2: Some(94),
                unreached: false,
            });
            assert_eq!(says, *stage > Stage::Heard, "{who}");
            let names_age = after.reasons.contains(&Why::Age { years: *age });
            assert_eq!(names_age, *age >= 65 && *stage > Stage::Heard, "{who}");
        }
    }

    #[test]
    fn whoever_was_never_reached_counts_under_all_rules() {
        let (_, rules) = shipped();
        let [old, new] = [rules.first().unwrap(), rules.last().unwrap()];
        let mut own = new.clone();
        own.silence.as_mut().unwrap().unreached_hours = Some(9);
        let mut unsaid = new.clone();
        unsaid.silence.as_mut().unwrap().unreached_hours = None;
        type Row<'a> = (
            &'a str,
            &'a CourseRules,
            HeardBy,
            i32,
            i64,
            Stage,
            Option<i64>,
        );
        #[rustfmt::skip]
        let table: &[Row<'_>] = &[
            // who, by which rules, how heard of, age, hours; how far, the next step at this hour
            ("registered this morning",       new,     HeardBy::Nothing, 40,  23, Stage::Heard,  Some(24)),
            ("registered yesterday",          new,     HeardBy::Nothing, 40,  24, Stage::Silent, None),
            ("at risk, this morning",         new,     HeardBy::Nothing, 94,  11, Stage::Heard,  Some(12)),
            ("at risk, half a day",           new,     HeardBy::Nothing, 94,  12, Stage::Silent, Some(24)),
            ("at risk, a day",                new,     HeardBy::Nothing, 94,  24, Stage::Alert,  None),
            ("rules without a word on it",    &unsaid, HeardBy::Nothing, 94,  24, Stage::Alert,  None),
            ("rules without a silence",       old,     HeardBy::Nothing, 94,  24, Stage::Alert,  None),
            ("a place of its own mind",       &own,    HeardBy::Nothing, 94,   5, Stage::Silent, Some(9)),
            ("the same",                      &own,    HeardBy::Nothing, 40,   9, Stage::Silent, None),
            ("reached, as who reports",       new,     HeardBy::Calls,   94,  25, Stage::Heard,  Some(26)),
            ("reached, two days ago",         new,     HeardBy::Calls,   94,  48, Stage::Alert,  None),
            ("reached, without a silence",    old,     HeardBy::Calls,   94,  24, Stage::Alert,  None),
            ("reports, without a silence",    old,     HeardBy::Reports, 94, 900, Stage::Heard,  None),
        ];
        for (who, rules, by, age, hours, stage, next) in table {
            let person = AtRisk {
                age: *age,
                ..AtRisk::default()
            };
            let quiet = Quiet {
                since: at(0),
                by: *by,
                last: None,
                person: &person,
            };
            let found = rules.silence_of(&Course::default(), &quiet, at(*hours));
            assert_eq!(found, (*stage, next.map(at)), "{who}");
            let after = rules.with_silence(Course::default(), &quiet, *stage);
            let level = [Calm, Watch, Alarming][*stage as usize];
            assert_eq!(after.level, level, "{who}");
            let says = after.reasons.contains(&Why::Silent {
                since: at(0),
                temperature: None,
                spo2: None,
                unreached: *by == HeardBy::Nothing,
            });
            assert_eq!(says, *stage > Stage::Heard, "{who}");
        }
    }

    #[test]
    fn rules_without_a_word_on_silence_leave_urgency_as_it_was() {
        let rules = shipped().1.remove(0);
        assert_eq!(rules.silence, None);
        let person = AtRisk::default();
        let quiet = Quiet {
            since: at(0),
            by: HeardBy::Reports,
            last: None,
            person: &person,
        };
        let course = Course::default();
        assert_eq!(
            rules.silence_of(&course, &quiet, at(900)),
            (Stage::Heard, None)
        );
        assert_eq!(
            rules.with_silence(course.clone(), &quiet, Stage::Heard),
            course
        );
    }

    #[test]
    fn numbers_that_contradict_each_other_are_told() {
        let good = include_str!("../../../programmes/course-covid-19.toml");
        for (from, to, word) in [
            ("at_risk_hours = 26", "at_risk_hours = 31", "at_risk_hours"),
            ("\nhours = 30", "\nhours = 0", "hours must be"),
            (
                "alert_after_hours = 48",
                "alert_after_hours = 12",
                "alert_after_hours",
            ),
            (
                "unreached_hours = 24",
                "unreached_hours = 721",
                "unreached_hours",
            ),
            ("level = \"watch\"", "level = \"emergency\"", "level is"),
        ] {
            assert!(good.contains(from), "{from}");
            let error = parse_toml(&good.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
