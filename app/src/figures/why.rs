//! Why counts are others than when somebody wrote them down: what was merged, corrected, moved or taken back since.

use super::age_group;
use super::looked::Later;
use crate::{App, Error};
use domain::health_day::health_day;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use storage::figures::CorrectedCase;

/// A correction that was made later: the day on which, why, and how many.
pub type CorrectedLater = (Date, Why, i64);

/// Why the count of a day is another one than it was when somebody wrote it down.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// A record became one with another one, and is counted no more.
    Merged {
        /// The day of registration on which it was counted.
        registered_on: Date,
        /// The day of onset on which it was counted.
        onset_on: Option<Date>,
    },
    /// A case was registered in error, and is counted no more.
    InError {
        /// The day of registration on which it was counted.
        registered_on: Date,
        /// The day of onset on which it was counted.
        onset_on: Option<Date>,
    },
    /// The first day of symptoms was corrected.
    Onset {
        /// Where it was counted; none: nowhere.
        from: Option<Date>,
        /// Where it is counted.
        to: Option<Date>,
    },
    /// Another center took a case over, and it is counted there with all its days.
    Moved {
        /// Whether it came here; else it left.
        came: bool,
        /// The day of registration on which it is, or was, counted.
        registered_on: Date,
        /// The day of onset on which it is, or was, counted.
        onset_on: Option<Date>,
    },
    /// The day of birth was corrected, and with it the age group.
    Age {
        /// The youngest age, in years, of the group in which the case was counted.
        from: i32,
        /// That of the group in which it is counted.
        to: i32,
    },
}

impl Why {
    /// Whether the count of new cases by registration on one of these days is another one because of it.
    pub fn changes_registrations(&self, days: &std::ops::RangeInclusive<Date>) -> bool {
        match self {
            Why::Merged { registered_on, .. }
            | Why::InError { registered_on, .. }
            | Why::Moved { registered_on, .. } => days.contains(registered_on),
            Why::Onset { .. } | Why::Age { .. } => false,
        }
    }

    /// Whether the count of new cases by onset on one of these days is another one because of it.
    pub fn changes_onsets(&self, days: &std::ops::RangeInclusive<Date>) -> bool {
        let is_among = |day: &Option<Date>| day.is_some_and(|day| days.contains(&day));
        match self {
            Why::Age { .. } => false,
            Why::Onset { from, to } => is_among(from) || is_among(to),
            Why::Merged { onset_on, .. }
            | Why::InError { onset_on, .. }
            | Why::Moved { onset_on, .. } => is_among(onset_on),
        }
    }

    /// Whether the count of the age group that begins with this age is another one because of it.
    pub fn changes_age(&self, youngest: i32) -> bool {
        matches!(self, Why::Age { from, to } if *from == youngest || *to == youngest)
    }
}

/// The youngest age of the group in which somebody counts on a day.
fn youngest(born: Date, day: Date) -> i32 {
    i32::try_from(age_group(born, day) * 10).unwrap_or(0)
}

impl App {
    /// Why the counts of a range of days are others than earlier, the latest reason first.
    pub(super) fn why_counts_differ(
        &self,
        later: Later,
        days: (Date, Date),
        zone: &TimeZone,
    ) -> Result<Vec<CorrectedLater>, Error> {
        let day_of = |at| health_day(at, zone);
        let mut all: BTreeMap<(Date, Why), i64> = BTreeMap::new();
        let mut add = |at, why| *all.entry((day_of(at), why)).or_default() += 1;
        for (registered_on, at, onset_on) in later.merged {
            add(
                at,
                Why::Merged {
                    registered_on,
                    onset_on,
                },
            );
        }
        for (registered_on, at, onset_on) in later.taken_back {
            add(
                at,
                Why::InError {
                    registered_on,
                    onset_on,
                },
            );
        }
        for one in later.corrected {
            for why in self.why_corrected(&one, days)? {
                add(one.at, why);
            }
        }
        for (came, at, registered_on, onset_on) in later.moved {
            let why = Why::Moved {
                came,
                registered_on,
                onset_on,
            };
            add(at, why);
        }
        let latest_first = all.into_iter().rev();
        Ok(latest_first
            .map(|((day, why), count)| (day, why, count))
            .collect())
    }

    /// What a correction of who somebody is changed in the counts of a range of days.
    fn why_corrected(
        &self,
        one: &CorrectedCase,
        (from, to): (Date, Date),
    ) -> Result<Vec<Why>, Error> {
        let (before, after) = (
            self.counted_by(&one.before_sealed)?,
            self.counted_by(&one.after_sealed)?,
        );
        let is_shown = |day: Option<Date>| day.is_some_and(|day| day >= from && day <= to);
        let mut all = Vec::new();
        let (was, is) = (before.onset_on, after.onset_on);
        if was != is && (is_shown(was) || is_shown(is)) {
            all.push(Why::Onset { from: was, to: is });
        }
        // Groups are those of the last day, as in the table; only cases registered within the days are in it.
        let births = before.birthdate.zip(after.birthdate);
        let groups = births.map(|(was, is)| (youngest(was, to), youngest(is, to)));
        if let Some((from, to)) = groups
            && from != to
            && is_shown(one.registered_on)
        {
            all.push(Why::Age { from, to });
        }
        Ok(all)
    }
}
