//! The course of an illness: what a row of reports means that no single report shows, and who is at risk. The numbers
//! are dated data of the programme (`programmes/course-*.toml`), with their sources beside them.

use crate::urgency::{Assessment, Level, Reason};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A saturation that falls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Falling {
    /// Only values at or below this count, in per cent.
    pub at_or_below: i32,
    /// By how much it must have fallen, in per cent.
    pub by: i32,
    /// Since a report of at most so many hours ago.
    pub within_hours: i32,
}

/// A temperature that rises.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rising {
    /// Only values at or above this count, in tenths of a degree Celsius.
    pub at_or_above: i32,
    /// By how much it must have risen, in tenths of a degree.
    pub by: i32,
    /// Since a report of at most so many hours ago.
    pub within_hours: i32,
}

/// Fever that lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lasting {
    /// In every report at or above this, in tenths of a degree Celsius.
    pub at_or_above: i32,
    /// For so many days.
    pub days: i32,
}

/// Who is at risk, and what follows from it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    /// From this age on, in years.
    pub age_at_or_above: i32,
    /// Conditions by their names, such as `pregnancy`.
    pub conditions: Vec<String>,
    /// Whether a report that is to be watched is alarming in a person at risk.
    pub raises_watch: bool,
    /// Whether getting worse is alarming in a person at risk.
    pub raises_worsening: bool,
}

/// The rules of a programme from a day on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourseRules {
    /// The first day on which they hold.
    pub valid_from: Date,
    /// Where they come from.
    pub source: String,
    /// A falling saturation; none: not looked at.
    pub spo2_falling: Option<Falling>,
    /// A rising temperature.
    pub temperature_rising: Option<Rising>,
    /// A fever that lasts.
    pub fever_lasting: Option<Lasting>,
    /// Who is at risk.
    pub risk: Risk,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    programme: String,
    course: Vec<CourseRules>,
}

/// Reads a file of rules: the programme, and its rules, the oldest first.
///
/// # Errors
/// A sentence for whoever edits the file.
pub fn parse_toml(text: &str) -> Result<(String, Vec<CourseRules>), String> {
    let mut file: File =
        toml::from_str(text).map_err(|e| format!("the rules cannot be read: {e}"))?;
    if file.course.is_empty() {
        return Err("the file holds no [[course]]".to_owned());
    }
    file.course.sort_by_key(|rules| rules.valid_from);
    Ok((file.programme, file.course))
}

/// The rules that every release brings.
///
/// # Panics
/// Never in a release: a test reads the file.
#[allow(clippy::expect_used)]
pub fn shipped() -> (String, Vec<CourseRules>) {
    parse_toml(include_str!("../../programmes/course-covid-19.toml"))
        .expect("the shipped rules are read by a test")
}

/// What a report measured, for comparing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measurement {
    /// When.
    pub at: Timestamp,
    /// Tenths of a degree Celsius.
    pub temperature: Option<i32>,
    /// Per cent.
    pub spo2: Option<i32>,
}

/// Why a case is urgent, as it is stored and put into words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Why {
    /// The temperature, in tenths of a degree Celsius.
    Temperature {
        /// The value.
        value: i32,
    },
    /// The saturation, in per cent.
    Spo2 {
        /// The value.
        value: i32,
    },
    /// A "yes" to a question.
    Symptom {
        /// The question's name.
        id: String,
    },
    /// The saturation falls.
    Spo2Falling {
        /// The value before.
        from: i32,
        /// The value now.
        to: i32,
    },
    /// The temperature rises.
    TemperatureRising {
        /// The value before.
        from: i32,
        /// The value now.
        to: i32,
    },
    /// Fever for days.
    FeverLasting {
        /// How many.
        days: i32,
    },
    /// At risk by age.
    Age {
        /// In years.
        years: i32,
    },
    /// At risk by a condition.
    Condition {
        /// Its name.
        name: String,
    },
}

/// How urgent a case is, seen over its course.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Course {
    /// The level.
    pub level: Level,
    /// Whether the person gets worse.
    pub worsening: bool,
    /// Why, the most urgent first; what puts the person at risk comes last.
    pub reasons: Vec<Why>,
}

/// Who the person is, as far as the rules ask.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AtRisk {
    /// The age in years.
    pub age: i32,
    /// Conditions by their names.
    pub conditions: Vec<String>,
}

fn within(now: Timestamp, earlier: Timestamp, hours: i32) -> bool {
    let ago = now.duration_since(earlier);
    ago > SignedDuration::ZERO && ago <= SignedDuration::from_hours(i64::from(hours))
}

/// Days in a row, up to now, in which every report that measured a temperature measured at least so much.
fn fever_days(now: &Measurement, before: &[Measurement], at_or_above: i32) -> i32 {
    let mut first = now.at;
    for one in before {
        match one.temperature {
            Some(value) if value >= at_or_above => first = one.at,
            Some(_) => break,
            None => {}
        }
    }
    i32::try_from(now.at.duration_since(first).as_hours() / 24).unwrap_or(0)
}

/// Looks at a case: its latest report's assessment, what was measured then and before (the latest first), and who the
/// person is.
pub fn look(
    rules: &CourseRules,
    latest: &Assessment,
    now: &Measurement,
    before: &[Measurement],
    person: &AtRisk,
) -> Course {
    let mut level = latest.level;
    let mut reasons: Vec<Why> = latest
        .reasons
        .iter()
        .map(|(_, reason)| match reason {
            Reason::Temperature(value) => Why::Temperature { value: *value },
            Reason::Spo2(value) => Why::Spo2 { value: *value },
            Reason::Symptom(id) => Why::Symptom {
                id: id.as_str().to_owned(),
            },
        })
        .collect();
    let mut worse = Vec::new();
    if let (Some(rule), Some(to)) = (rules.spo2_falling, now.spo2)
        && to <= rule.at_or_below
        // The last one before tells the direction; an older, higher one would keep somebody worsening for days who is
        // getting better.
        && let Some(from) = before
            .iter()
            .filter(|one| within(now.at, one.at, rule.within_hours))
            .find_map(|one| one.spo2)
        && from - to >= rule.by
    {
        worse.push(Why::Spo2Falling { from, to });
    }
    if let (Some(rule), Some(to)) = (rules.temperature_rising, now.temperature)
        && to >= rule.at_or_above
        && let Some(from) = before
            .iter()
            .filter(|one| within(now.at, one.at, rule.within_hours))
            .find_map(|one| one.temperature)
        && to - from >= rule.by
    {
        worse.push(Why::TemperatureRising { from, to });
    }
    if let (Some(rule), Some(value)) = (rules.fever_lasting, now.temperature)
        && value >= rule.at_or_above
    {
        let days = fever_days(now, before, rule.at_or_above);
        if days >= rule.days {
            worse.push(Why::FeverLasting { days });
        }
    }
    let worsening = !worse.is_empty();
    if worsening {
        level = level.max(Level::Watch);
    }
    let mut risks = Vec::new();
    if person.age >= rules.risk.age_at_or_above {
        risks.push(Why::Age { years: person.age });
    }
    for name in &person.conditions {
        if rules.risk.conditions.contains(name) {
            risks.push(Why::Condition { name: name.clone() });
        }
    }
    let raises = (worsening && rules.risk.raises_worsening)
        || (level == Level::Watch && rules.risk.raises_watch);
    if !risks.is_empty() && raises {
        level = level.max(Level::Alarming);
    }
    reasons.splice(0..0, worse);
    if level > Level::Calm {
        reasons.extend(risks);
    }
    Course {
        level,
        worsening,
        reasons,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::urgency::Level::*;

    fn at(hours: i64) -> Timestamp {
        "2026-11-23T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
    }

    fn measured(hours: i64, temperature: i32, spo2: i32) -> Measurement {
        Measurement {
            at: at(hours),
            temperature: (temperature > 0).then_some(temperature),
            spo2: (spo2 > 0).then_some(spo2),
        }
    }

    /// What is measured, hours before now; the latest last.
    type Reports<'a> = &'a [(i64, i32, i32)];

    #[test]
    fn the_course_in_a_table_that_a_nurse_could_read() {
        let (_, rules) = shipped();
        type Row<'a> = (
            &'a str,
            Reports<'a>,
            i32,
            &'a [&'a str],
            Level,
            bool,
            &'a str,
        );
        #[rustfmt::skip]
        let table: &[Row<'_>] = &[
            ("calm",                      &[(0, 366, 98)],                                  40, &[], Calm, false, ""),
            ("94 and falling",            &[(-12, 370, 96), (0, 370, 94)],                  40, &[], Watch, true, "falling 96 94"),
            ("94 and rising",             &[(-12, 370, 93), (0, 370, 94)],                  40, &[], Calm, false, ""),
            ("fell, then came back",      &[(-24, 370, 97), (-12, 370, 94), (0, 370, 95)],  40, &[], Calm, false, ""),
            ("falling but still high",    &[(-12, 370, 99), (0, 370, 97)],                  40, &[], Calm, false, ""),
            ("fell long ago",             &[(-90, 370, 98), (0, 370, 94)],                  40, &[], Calm, false, ""),
            ("old and falling",           &[(-12, 370, 96), (0, 370, 94)],                  65, &[], Alarming, true, "falling 96 94, age 65"),
            ("pregnant and falling",      &[(-12, 370, 96), (0, 370, 94)],                  30, &["pregnancy"], Alarming, true, "falling 96 94, pregnancy"),
            ("smoker and falling",        &[(-12, 370, 96), (0, 370, 94)],                  30, &["smoking"], Watch, true, "falling 96 94"),
            ("old and calm",              &[(0, 366, 98)],                                  90, &[], Calm, false, ""),
            ("temperature rises",         &[(-12, 370, 98), (0, 385, 98)],                  40, &[], Watch, true, "rising 370 385"),
            ("temperature rises a bit",   &[(-12, 380, 98), (0, 385, 98)],                  40, &[], Calm, false, ""),
            ("five days of fever",        &[(-96, 384, 98), (-48, 386, 98), (0, 382, 98)],  40, &[], Watch, true, "fever 4"),
            ("fever with a day between",  &[(-96, 384, 98), (-48, 368, 98), (0, 382, 98)],  40, &[], Calm, false, ""),
            ("one that did not measure",  &[(-12, 370, 97), (-6, 0, 0), (0, 0, 95)],        40, &[], Watch, true, "falling 97 95"),
        ];
        for (name, reports, age, conditions, level, worsening, why) in table {
            let mut all: Vec<Measurement> = reports
                .iter()
                .map(|(h, t, s)| measured(*h, *t, *s))
                .collect();
            all.reverse();
            let person = AtRisk {
                age: *age,
                conditions: conditions.iter().map(|c| (*c).to_owned()).collect(),
            };
            let course = look(
                &rules[0],
                &Assessment::default(),
                &all[0],
                &all[1..],
                &person,
            );
            assert_eq!(course.level, *level, "{name}");
            assert_eq!(course.worsening, *worsening, "{name}");
            let said: Vec<String> = course
                .reasons
                .iter()
                .map(|why| match why {
                    Why::Spo2Falling { from, to } => format!("falling {from} {to}"),
                    Why::TemperatureRising { from, to } => format!("rising {from} {to}"),
                    Why::FeverLasting { days } => format!("fever {days}"),
                    Why::Age { years } => format!("age {years}"),
                    Why::Condition { name } => name.clone(),
                    other => format!("{other:?}"),
                })
                .collect();
            assert_eq!(said.join(", "), *why, "{name}");
        }
    }

    #[test]
    fn what_the_latest_report_says_stays() {
        let (_, rules) = shipped();
        let latest = Assessment {
            level: Emergency,
            reasons: vec![(Emergency, Reason::Spo2(88))],
        };
        let course = look(
            &rules[0],
            &latest,
            &measured(0, 370, 88),
            &[measured(-12, 370, 95)],
            &AtRisk::default(),
        );
        assert_eq!(course.level, Emergency);
        assert_eq!(
            course.reasons,
            [
                Why::Spo2Falling { from: 95, to: 88 },
                Why::Spo2 { value: 88 }
            ]
        );
    }

    #[test]
    fn a_wrong_file_is_told_what_is_wrong() {
        assert!(
            parse_toml("programme = 'x'\ncourse = []")
                .unwrap_err()
                .contains("[[course]]")
        );
        let good = include_str!("../../programmes/course-covid-19.toml");
        let error = parse_toml(&good.replace("within_hours", "within_ours")).unwrap_err();
        assert!(error.contains("within_ours"), "{error}");
    }
}
