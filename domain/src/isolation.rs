//! How long somebody isolates, with the calculation shown. The numbers are dated data of the programme
//! (`programmes/isolation-*.toml`), with their sources beside them.
//!
//! Days are counted from day 0, the day of onset, of sampling or of the last contact. Hours are those of a clock at the
//! health center; Japan has no summer time, so that 72 hours are always three days.

mod file;

pub(crate) use file::unknown_keys;

use crate::rules::FileError;
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};

/// Why somebody isolates.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Infected, with symptoms; day 0 is the day of onset. Also whoever was without symptoms at first: the count begins
    /// again at the onset.
    Symptomatic,
    /// Infected, without symptoms up to now; day 0 is the day of sampling.
    Asymptomatic,
    /// Infected, with symptoms, in a hospital or living in a facility for the elderly; day 0 is the day of onset.
    SymptomaticInpatient,
    /// In close contact with somebody infected; day 0 is the day of the last contact. Within a household it is the later
    /// of the infected person's onset and the day from which they took precautions (mhlw.go.jp/content/000968056.pdf).
    Contact,
}

/// An early release by negative tests.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NegativeTest {
    /// The days, counted from day 0, on each of which a test must be negative.
    pub days: Vec<u16>,
    /// The first day, counted from day 0, on which the person is free then.
    pub free_from_day: u16,
}

/// What holds for one kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindRule {
    /// The last day of isolation, counted from day 0.
    pub days: u16,
    /// Hours that must have passed since the symptoms improved; none: improvement is not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours_after_improvement: Option<u16>,
    /// An early release by negative tests, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative_test: Option<NegativeTest>,
    /// The last day of self-observation, counted from day 0.
    pub observe_days: u16,
}

/// The rule of a programme from a day on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The first day on which it holds.
    pub valid_from: Date,
    /// A sentence on where it comes from.
    pub source: String,
    /// For [`Kind::Symptomatic`].
    pub symptomatic: KindRule,
    /// For [`Kind::Asymptomatic`].
    pub asymptomatic: KindRule,
    /// For [`Kind::SymptomaticInpatient`].
    pub symptomatic_inpatient: KindRule,
    /// For [`Kind::Contact`].
    pub contact: KindRule,
}

/// A step of a calculation, with its numbers, to be put into words in any language.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum Step {
    /// So many days after day 0.
    DaysFromZero {
        /// Day 0.
        day_zero: Date,
        /// How many days.
        days: u16,
        /// The last day of isolation by this step.
        gives: Date,
    },
    /// Negative tests release earlier; this counts instead of the days.
    EarlyByNegativeTest {
        /// The days, counted from day 0, on which the tests were negative.
        days: Vec<u16>,
        /// The first day of freedom, counted from day 0.
        free_from_day: u16,
        /// The last day of isolation by this step.
        gives: Date,
    },
    /// So many hours after the symptoms improved.
    HoursAfterImprovement {
        /// When they improved.
        improved_at: DateTime,
        /// How many hours.
        hours: u16,
        /// The moment at which the hours have passed.
        gives: DateTime,
    },
    /// The symptoms have not improved, or nobody knows when: the end is open.
    ImprovementNotKnown {
        /// The hours that must pass after it.
        hours: u16,
    },
    /// Of the days and the hours, the later one counts.
    LatestCounts {
        /// The last day of isolation.
        gives: Date,
    },
}

/// How long one person isolates, and why. Serialises, so that a decision can keep the calculation that it was made with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Calculation {
    /// Why the person isolates.
    pub kind: Kind,
    /// The first day on which the rule holds that was applied.
    pub rule_valid_from: Date,
    /// Where that rule comes from.
    pub rule_source: String,
    /// Whose rule it is; none where an earlier release calculated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_origin: Option<crate::rules::Origin>,
    /// The last day of isolation; `None` while its end is open.
    pub last_day: Option<Date>,
    /// The first day of freedom, the day after [`Calculation::last_day`].
    pub free_from: Option<Date>,
    /// The last day of self-observation, never before the last day of isolation. While that is open: at least until
    /// this day.
    pub observe_until: Date,
    /// How it was calculated, in the order of the calculation.
    pub steps: Vec<Step>,
}

/// The rules of a programme.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "file::File")]
pub struct Rules {
    programme: String,
    /// The oldest first; never empty, and no two of one day.
    isolation: Vec<Rule>,
}

impl Rules {
    /// Reads the file of one programme.
    ///
    /// # Errors
    /// What is wrong, for whoever edits the file: what is not TOML or is misspelt; no rule; two rules of
    /// one day; a rule without a source, or with days and hours that cannot be meant.
    pub fn from_toml(text: &str) -> Result<Rules, FileError> {
        file::read(text)
    }

    /// The rules that every release brings.
    ///
    /// # Panics
    /// Never in a release: a test reads the file.
    #[allow(clippy::expect_used)]
    pub fn shipped() -> Rules {
        Rules::from_toml(include_str!("../../programmes/isolation-covid-19.toml"))
            .expect("the shipped rules are read by a test")
    }

    /// The programme, such as `covid-19`.
    pub fn programme(&self) -> &str {
        &self.programme
    }

    /// All rules, the oldest first.
    pub fn all(&self) -> &[Rule] {
        &self.isolation
    }

    /// The rule that holds on a day; `None` before the first one.
    ///
    /// The day is the one on which one asks, not the day of onset: the changes of 2022-01-28 and 2022-09-07 also applied
    /// to people who were isolating already (s-i-a.or.jp/id/news/741; switch-bbhp.com/free/corona). A decision that was
    /// made keeps its own [`Calculation`].
    pub fn effective(&self, today: Date) -> Option<&Rule> {
        self.isolation.iter().rfind(|rule| rule.valid_from <= today)
    }
}

impl Rule {
    /// What holds for a kind.
    pub const fn of(&self, kind: Kind) -> &KindRule {
        match kind {
            Kind::Symptomatic => &self.symptomatic,
            Kind::Asymptomatic => &self.asymptomatic,
            Kind::SymptomaticInpatient => &self.symptomatic_inpatient,
            Kind::Contact => &self.contact,
        }
    }

    /// How long a person isolates.
    ///
    /// `day_zero` is as [`Kind`] tells. `improved_at` is when the symptoms improved, by the health center's clock; it is
    /// not looked at where the rule asks for no hours. Who knows only the day passes the midnight at its end, so that
    /// nobody is set free too early. `negative_tests` are the days on which a test was negative, in any order; only tests
    /// on the very days of the rule count.
    ///
    /// Isolation ends at the end of a day. Chosen: when the hours end within a day, that whole day still belongs to it
    /// (the ministry allows counting by the hour, but does not ask for it).
    pub fn calculate(
        &self,
        kind: Kind,
        day_zero: Date,
        improved_at: Option<DateTime>,
        negative_tests: &[Date],
    ) -> Calculation {
        let rule = self.of(kind);
        let mut by_days = day_after(day_zero, rule.days);
        let mut steps = vec![Step::DaysFromZero {
            day_zero,
            days: rule.days,
            gives: by_days,
        }];
        if let Some(test) = &rule.negative_test
            && test
                .days
                .iter()
                .all(|day| negative_tests.contains(&day_after(day_zero, *day)))
        {
            by_days = day_after(day_zero, test.free_from_day.saturating_sub(1));
            steps.push(Step::EarlyByNegativeTest {
                days: test.days.clone(),
                free_from_day: test.free_from_day,
                gives: by_days,
            });
        }
        let last_day = match (rule.hours_after_improvement, improved_at) {
            (None, _) => Some(by_days),
            (Some(hours), None) => {
                steps.push(Step::ImprovementNotKnown { hours });
                None
            }
            (Some(hours), Some(improved_at)) => {
                let gives = improved_at.saturating_add(SignedDuration::from_hours(hours.into()));
                steps.push(Step::HoursAfterImprovement {
                    improved_at,
                    hours,
                    gives,
                });
                let latest = by_days.max(last_day_until(gives));
                steps.push(Step::LatestCounts { gives: latest });
                Some(latest)
            }
        };
        let observe_until = day_after(day_zero, rule.observe_days);
        Calculation {
            kind,
            rule_valid_from: self.valid_from,
            rule_source: self.source.clone(),
            rule_origin: None,
            last_day,
            free_from: last_day.map(|day| day_after(day, 1)),
            observe_until: last_day.map_or(observe_until, |day| day.max(observe_until)),
            steps,
        }
    }
}

fn day_after(day: Date, days: u16) -> Date {
    day.saturating_add(Span::new().days(days))
}

/// The last day of what ends at a moment: at midnight, the day before.
fn last_day_until(end: DateTime) -> Date {
    if end.time() == Time::midnight() {
        end.date().yesterday().unwrap_or(end.date())
    } else {
        end.date()
    }
}

#[cfg(test)]
mod tests {
    use super::Kind::*;
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn on(month_and_day: &str) -> Date {
        format!("2022-{month_and_day}").parse().unwrap()
    }

    #[test]
    fn who_is_free_when_in_a_table_that_a_nurse_could_read() {
        let rules = Rules::shipped();
        type S = &'static str;
        type Row = (S, S, Kind, S, S, &'static [S], S, S);
        // The story, today, the kind, day 0, when it improved, days with a negative test; free from, observed until.
        #[rustfmt::skip]
        let table: &[Row] = &[
            ("ten days",                        "08-01", Symptomatic,          "08-01", "08-05T12:00", &[],                 "08-12", "08-11"),
            ("72 hours end on day 11",          "08-01", Symptomatic,          "08-01", "08-09T12:00", &[],                 "08-13", "08-12"),
            ("72 hours end with day 10",        "08-01", Symptomatic,          "08-01", "08-09T00:00", &[],                 "08-12", "08-11"),
            ("not improved, nobody knows when", "08-01", Symptomatic,          "08-01", "",            &[],                 "",      "08-11"),
            ("without symptoms",                "08-01", Asymptomatic,         "08-01", "",            &[],                 "08-09", "08-11"),
            ("no early release yet",            "08-01", Asymptomatic,         "08-01", "",            &["08-06"],          "08-09", "08-11"),
            ("seven days, free on day 8",       "09-07", Symptomatic,          "09-07", "09-12T12:00", &[],                 "09-15", "09-17"),
            ("was isolating already",           "09-09", Symptomatic,          "09-02", "09-08T08:00", &[],                 "09-10", "09-12"),
            ("the day before the change",       "09-06", Symptomatic,          "09-02", "09-03T08:00", &[],                 "09-13", "09-12"),
            ("24 hours end on day 8",           "09-07", Symptomatic,          "09-07", "09-14T12:00", &[],                 "09-16", "09-17"),
            ("24 hours, only the day is known", "09-07", Symptomatic,          "09-07", "09-15T00:00", &[],                 "09-16", "09-17"),
            ("ill longer than observed",        "09-07", Symptomatic,          "09-07", "09-20T12:00", &[],                 "09-22", "09-21"),
            ("a test does not help the ill",    "09-07", Symptomatic,          "09-07", "09-12T12:00", &["09-12"],          "09-15", "09-17"),
            ("inpatient, day 11",               "09-07", SymptomaticInpatient, "09-07", "09-12T12:00", &[],                 "09-18", "09-17"),
            ("inpatient, 72 hours",             "09-07", SymptomaticInpatient, "09-07", "09-16T12:00", &[],                 "09-20", "09-19"),
            ("without symptoms, day 8",         "09-07", Asymptomatic,         "09-07", "",            &[],                 "09-15", "09-14"),
            ("negative on day 5, free on day 6","09-07", Asymptomatic,         "09-07", "",            &["09-12"],          "09-13", "09-14"),
            ("tested too early",                "09-07", Asymptomatic,         "09-07", "",            &["09-11"],          "09-15", "09-14"),
            ("contact, seven days",             "07-21", Contact,              "07-18", "",            &[],                 "07-26", "07-28"),
            ("contact, five days",              "07-22", Contact,              "07-18", "",            &[],                 "07-24", "07-25"),
            ("contact, free on day 3",          "07-22", Contact,              "07-22", "",            &["07-25", "07-24"], "07-25", "07-29"),
            ("contact, one test of two",        "07-22", Contact,              "07-22", "",            &["07-25"],          "07-28", "07-29"),
            ("over the end of a month",         "09-28", Symptomatic,          "09-28", "09-30T12:00", &[],                 "10-06", "10-08"),
        ];
        for (name, today, kind, day_zero, improved, tests, free_from, observe_until) in table {
            let improved = (!improved.is_empty()).then(|| format!("2022-{improved}"));
            let tests: Vec<Date> = tests.iter().map(|day| on(day)).collect();
            let calculated = rules.effective(on(today)).unwrap().calculate(
                *kind,
                on(day_zero),
                improved.map(|at| at.parse().unwrap()),
                &tests,
            );
            let free = (!free_from.is_empty()).then(|| on(free_from));
            assert_eq!(calculated.free_from, free, "{name}");
            let last = free.map(|day| day.yesterday().unwrap());
            assert_eq!(calculated.last_day, last, "{name}");
            assert_eq!(calculated.observe_until, on(observe_until), "{name}");
        }
    }

    #[test]
    fn the_calculation_is_shown_and_kept() {
        let rules = Rules::shipped();
        let rule = rules.effective(on("09-07")).unwrap();
        let improved_at = date(2022, 9, 14).at(12, 0, 0, 0);
        let calculated = rule.calculate(Symptomatic, on("09-07"), Some(improved_at), &[]);
        let gives = date(2022, 9, 15).at(12, 0, 0, 0);
        #[rustfmt::skip]
        let steps = [
            Step::DaysFromZero { day_zero: on("09-07"), days: 7, gives: on("09-14") },
            Step::HoursAfterImprovement { improved_at, hours: 24, gives },
            Step::LatestCounts { gives: on("09-15") },
        ];
        assert_eq!(calculated.steps, steps);
        assert_eq!(calculated.rule_valid_from, on("09-07"));
        assert_eq!(calculated.rule_source, rule.source);
        let early = rule.calculate(Asymptomatic, on("09-07"), None, &[on("09-12")]);
        assert_eq!(
            early.steps[1],
            Step::EarlyByNegativeTest {
                days: vec![5],
                free_from_day: 6,
                gives: on("09-12"),
            }
        );
        let open = rule.calculate(SymptomaticInpatient, on("09-07"), None, &[]);
        assert_eq!(open.steps[1], Step::ImprovementNotKnown { hours: 72 });
        for one in [calculated, early, open] {
            let json = serde_json::to_value(&one).unwrap();
            assert_eq!(serde_json::from_value::<Calculation>(json).unwrap(), one);
        }
    }

    #[test]
    fn a_rule_holds_from_its_day_until_the_next_ones() {
        let rules = Rules::shipped();
        let from = |today| rules.effective(today).map(|rule| rule.valid_from);
        assert_eq!(from(on("01-27")), None);
        assert_eq!(from(on("01-28")), Some(on("01-28")));
        assert_eq!(from(on("07-21")), Some(on("01-28")));
        assert_eq!(from(on("07-22")), Some(on("07-22")));
        assert_eq!(from(on("09-06")), Some(on("07-22")));
        assert_eq!(from(date(2026, 11, 23)), Some(on("09-07")));
    }

    proptest! {
        #[test]
        fn improving_later_never_frees_earlier(earlier in 0_i64..1_000, later in 0_i64..1_000) {
            let rules = Rules::shipped();
            let start = date(2022, 9, 7).at(0, 0, 0, 0);
            let free = |hours| {
                let at = start.saturating_add(SignedDuration::from_hours(hours));
                rules.all()[2].calculate(Symptomatic, start.date(), Some(at), &[]).free_from
            };
            prop_assert!(free(earlier.min(later)) <= free(earlier.max(later)));
        }
    }
}
