//! The course of an illness: what a row of reports means that no single report shows, and who is at risk. The numbers
//! are dated data of the programme (`programmes/course-*.toml`), with their sources beside them.

mod alarms;
mod silence;

pub use alarms::{Quieter, quieter};
pub use silence::{HeardBy, Quiet, Silence, Stage};

use crate::questionnaire::LocalText;
use crate::rules::{FileError, UnknownKey, What, unknown_in_toml};
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

/// A temperature that rises, from the lowest that was measured in the hours before: of whoever measures often no two in a row
/// lie far apart. Only what came after it was last so high counts: a fever that stays, trembles or is coming down has been told
/// of when it rose, however low it was earlier.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rising {
    /// Only values at or above this count, in tenths of a degree Celsius.
    pub at_or_above: i32,
    /// By how much it must have risen since the lowest, in tenths of a degree.
    pub by: i32,
    /// Which reports are looked at for the lowest: those of at most so many hours ago, back to the last that was as high.
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

/// Fever in a small baby, which somebody must look at whatever else the baby is like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Infant {
    /// Whoever is younger than this, in days.
    pub below_days: i32,
    /// From this temperature on, in tenths of a degree Celsius.
    pub at_or_above: i32,
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
    /// From which temperature on a small baby is alarming; none: as everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infant: Option<Infant>,
    /// What it means that no report comes; none: it makes nobody more urgent who can
    /// report, as before there were such rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<Silence>,
    /// Who is at risk.
    pub risk: Risk,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    programme: String,
    course: Vec<CourseRules>,
}

/// The keys of a stored file that mean nothing to this release.
pub(crate) fn unknown_keys(text: &str) -> Vec<UnknownKey> {
    unknown_in_toml::<File>(text)
}

/// Reads a file of rules: the programme, and its rules, the oldest first.
///
/// # Errors
/// What is wrong, for whoever edits the file.
pub fn parse_toml(text: &str) -> Result<(String, Vec<CourseRules>), FileError> {
    let mut file: File = toml::from_str(text).map_err(|e| FileError::of_toml(text, &e))?;
    if file.course.is_empty() {
        let table = "course".to_owned();
        return Err(What::NoRule { table }.into());
    }
    for rules in &file.course {
        if let Some(silence) = rules.silence {
            silence
                .check()
                .map_err(|what| FileError::in_rule_of(what, rules.valid_from))?;
        }
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
    /// Whether the person says that it is wrong, and nobody has corrected it yet.
    pub is_called_wrong: bool,
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
    /// Nothing was measured, and "don't know" was the answer to every question.
    NothingKnown,
    /// The saturation falls.
    Spo2Falling {
        /// The value before.
        from: i32,
        /// The value now.
        to: i32,
    },
    /// The temperature rises.
    TemperatureRising {
        /// The lowest value of the hours before.
        from: i32,
        /// The value now.
        to: i32,
    },
    /// Fever for days.
    FeverLasting {
        /// How many.
        days: i32,
    },
    /// A small baby with fever.
    Infant {
        /// The age in days.
        days: i32,
    },
    /// Nothing is heard of the person.
    Silent {
        /// Since when.
        since: Timestamp,
        /// The temperature of the last report, in tenths of a degree Celsius.
        temperature: Option<i32>,
        /// The saturation of the last report, in per cent.
        spo2: Option<i32>,
        /// Whether nobody has ever reached the person.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unreached: bool,
    },
    /// A physician has notified that somebody is needed at once.
    Notified {
        /// The answers that say so: what was asked, and of a choice what was chosen.
        answers: Vec<(LocalText, Option<LocalText>)>,
    },
    /// Whoever rang the center said that the person gets worse, and asks for a call.
    AskedBack,
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
    /// The age in days.
    pub days: i32,
    /// Conditions by their names.
    pub conditions: Vec<String>,
}

impl CourseRules {
    /// What puts a person at risk.
    fn risks_of(&self, person: &AtRisk) -> Vec<Why> {
        let mut risks = Vec::new();
        if person.age >= self.risk.age_at_or_above {
            risks.push(Why::Age { years: person.age });
        }
        for name in &person.conditions {
            if self.risk.conditions.contains(name) {
                risks.push(Why::Condition { name: name.clone() });
            }
        }
        risks
    }
}

fn within(now: Timestamp, earlier: Timestamp, hours: i32) -> bool {
    let ago = now.duration_since(earlier);
    ago > SignedDuration::ZERO && ago <= SignedDuration::from_hours(i64::from(hours))
}

/// Days in a row, up to now, in which every report that measured a temperature measured at least so much.
fn fever_days<'a>(
    now: &Measurement,
    before: impl Iterator<Item = &'a Measurement>,
    at_or_above: i32,
) -> i32 {
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
/// person is. What of the earlier ones is called wrong is compared with nothing.
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
            Reason::NothingKnown => Why::NothingKnown,
        })
        .collect();
    // What the person calls wrong was measured of nobody: a slip would hide what falls or rises beside the true ones, break a
    // fever that lasts, or make somebody worse than a number that they have said is none. The latest itself tells of a danger
    // until somebody has looked.
    let counted = || before.iter().filter(|one| !one.is_called_wrong);
    let mut worse = Vec::new();
    if let (Some(rule), Some(to)) = (rules.spo2_falling, now.spo2)
        && to <= rule.at_or_below
        // The last one before tells the direction; an older, higher one would keep somebody worsening for days who is
        // getting better.
        && let Some(from) = counted()
            .filter(|one| within(now.at, one.at, rule.within_hours))
            .find_map(|one| one.spo2)
        && from - to >= rule.by
    {
        worse.push(Why::Spo2Falling { from, to });
    }
    if let (Some(rule), Some(to)) = (rules.temperature_rising, now.temperature)
        && to >= rule.at_or_above
        // A fever that stays or trembles would otherwise be told of anew with each report until the low one is long ago.
        && let Some(from) = counted()
            .filter(|one| within(now.at, one.at, rule.within_hours))
            .filter_map(|one| one.temperature)
            .take_while(|earlier| *earlier < to)
            .min()
        && to - from >= rule.by
    {
        worse.push(Why::TemperatureRising { from, to });
    }
    if let (Some(rule), Some(value)) = (rules.fever_lasting, now.temperature)
        && value >= rule.at_or_above
    {
        let days = fever_days(now, counted(), rule.at_or_above);
        if days >= rule.days {
            worse.push(Why::FeverLasting { days });
        }
    }
    let worsening = !worse.is_empty();
    if worsening {
        level = level.max(Level::Watch);
    }
    let risks = rules.risks_of(person);
    let raises = (worsening && rules.risk.raises_worsening)
        || (level == Level::Watch && rules.risk.raises_watch);
    if !risks.is_empty() && raises {
        level = level.max(Level::Alarming);
    }
    if let (Some(rule), Some(value)) = (rules.infant, now.temperature)
        && value >= rule.at_or_above
        && person.days < rule.below_days
    {
        level = level.max(Level::Alarming);
        worse.push(Why::Infant { days: person.days });
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
mod tests;
