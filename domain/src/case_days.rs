//! The days of a case that are possible and yet mostly a slip: asked back wherever somebody types them, as a
//! notification, a registration or a correction. Nothing is refused for them.

use crate::notification::age::age_on;
use jiff::civil::Date;

/// Days between onset and diagnosis that are still believed. This project's judgement, not a rule.
pub const ONSET_BEFORE: i32 = 14;
/// The age in years that is still believed. This project's judgement, not a rule.
pub const OLD: i32 = 110;

/// Days from a diagnosis, or from a last contact, to its registration that are still believed; an older one is mostly a
/// wrong year. This project's judgement, not a rule.
pub const REGISTERED_AFTER: i32 = 60;

/// Whether a day lies so long before today that somebody who writes it down now mostly means another year.
pub fn is_long_ago(day: Date, today: Date) -> bool {
    days_from(day, today) > REGISTERED_AFTER
}

/// The days of a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CaseDays {
    /// The day of birth.
    pub born_on: Date,
    /// The day of the diagnosis.
    pub diagnosed_on: Date,
    /// The first day of symptoms, if there are any.
    pub onset_on: Option<Date>,
    /// The day of entry into the country, where that is known.
    pub entered_on: Option<Date>,
}

/// What is unlikely about days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnlikelyDay {
    /// The person was older than [`OLD`] on the day of the diagnosis: perhaps a wrong era.
    VeryOld {
        /// The age in completed years.
        years: i32,
    },
    /// The illness began more than [`ONSET_BEFORE`] days before the diagnosis: perhaps a wrong month.
    OnsetLongBefore {
        /// So many days before.
        days: i32,
    },
    /// The illness began after the diagnosis. It can, in somebody who had no symptoms then.
    OnsetAfter {
        /// So many days after.
        days: i32,
    },
    /// The entry into the country came after the diagnosis. It can, where another country made it.
    EnteredAfter {
        /// So many days after.
        days: i32,
    },
}

impl CaseDays {
    /// All that is unlikely about the days.
    pub fn unlikely(&self) -> Vec<UnlikelyDay> {
        let until_diagnosis = |day: Date| days_from(day, self.diagnosed_on);
        let old = age_on(self.born_on, self.diagnosed_on)
            .filter(|years| *years > OLD)
            .map(|years| UnlikelyDay::VeryOld { years });
        let onset = self.onset_on.map(until_diagnosis).and_then(|days| {
            if days > ONSET_BEFORE {
                Some(UnlikelyDay::OnsetLongBefore { days })
            } else if days < 0 {
                Some(UnlikelyDay::OnsetAfter { days: -days })
            } else {
                None
            }
        });
        let entered = self
            .entered_on
            .map(until_diagnosis)
            .filter(|days| *days < 0)
            .map(|days| UnlikelyDay::EnteredAfter { days: -days });
        [old, onset, entered].into_iter().flatten().collect()
    }
}

/// How many days lie between two; negative where the second comes first.
pub fn days_from(first: Date, second: Date) -> i32 {
    second.since(first).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;
    use UnlikelyDay as U;
    use jiff::civil::date;

    #[test]
    fn a_day_of_last_year_is_long_ago() {
        let today = date(2026, 11, 27);
        for (day, is_long) in [
            (date(2026, 11, 27), false),
            (date(2026, 9, 28), false),
            (date(2026, 9, 27), true),
            (date(2025, 11, 26), true),
        ] {
            assert_eq!(is_long_ago(day, today), is_long, "{day}");
        }
    }

    #[test]
    fn what_is_unlikely_about_days_is_named() {
        let usual = CaseDays {
            born_on: date(1988, 5, 4),
            diagnosed_on: date(2026, 11, 20),
            onset_on: Some(date(2026, 11, 18)),
            entered_on: Some(date(2026, 11, 1)),
        };
        assert_eq!(usual.unlikely(), []);
        for (days, unlikely) in [
            (
                CaseDays {
                    onset_on: Some(date(2026, 11, 22)),
                    ..usual
                },
                U::OnsetAfter { days: 2 },
            ),
            (
                CaseDays {
                    onset_on: Some(date(2026, 10, 18)),
                    ..usual
                },
                U::OnsetLongBefore { days: 33 },
            ),
            (
                CaseDays {
                    entered_on: Some(date(2026, 11, 21)),
                    ..usual
                },
                U::EnteredAfter { days: 1 },
            ),
            (
                CaseDays {
                    born_on: date(1906, 11, 20),
                    ..usual
                },
                U::VeryOld { years: 120 },
            ),
        ] {
            assert_eq!(days.unlikely(), [unlikely]);
        }
    }
}
