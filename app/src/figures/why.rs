//! Why counts are others than when somebody wrote them down: what was merged, corrected, moved or taken back since.

use super::age_group;
use super::looked::Later;
use crate::{App, Error};
use domain::health_day::health_day;
use domain::monitoring::MonitoringStatus;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use storage::case_in_error::AS_CONTACT;
use storage::figures::{CorrectedCase, SaidOfCase};

/// A correction that was made later: the day on which, why, and how many.
pub type CorrectedLater = (Date, Why, i64);

/// What is true of somebody in the place of an end of following that was taken back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Instead {
    /// The person is followed again.
    Followed,
    /// The person was released.
    Released,
    /// The person has died.
    Died,
    /// The case was registered in error.
    InError,
    /// The person is a contact again who is not ill, and counts as no case.
    Contact,
}

impl Instead {
    fn of(word: &str) -> Instead {
        if word == AS_CONTACT {
            return Instead::Contact;
        }
        match MonitoringStatus::parse(word).unwrap_or_default() {
            MonitoringStatus::Released => Instead::Released,
            MonitoringStatus::Died => Instead::Died,
            MonitoringStatus::InError => Instead::InError,
            MonitoringStatus::Home
            | MonitoringStatus::Hotel
            | MonitoringStatus::Hospital
            | MonitoringStatus::Unknown => Instead::Followed,
        }
    }
}

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
    /// A record that had become one with another one is two again, and is counted again.
    Apart {
        /// The day of registration on which it is counted.
        registered_on: Date,
        /// The day of onset on which it is counted.
        onset_on: Option<Date>,
    },
    /// A case was registered in error, and is counted no more.
    InError {
        /// The day of registration on which it was counted.
        registered_on: Date,
        /// The day of onset on which it was counted.
        onset_on: Option<Date>,
    },
    /// A case that had been said to be none is one after all, and is counted again.
    CaseAgain {
        /// The day of registration on which it is counted.
        registered_on: Date,
        /// The day of onset on which it is counted.
        onset_on: Option<Date>,
    },
    /// A contact was made a case by mistake, is a contact again, and is counted no more.
    ContactAgain {
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
    /// The disease was corrected, and the case is counted among those of the other one. Where all diseases are counted, that
    /// changes nothing.
    Disease {
        /// Whether it came to the one that is asked for; else it left it.
        came: bool,
        /// The day of registration on which it is, or was, counted.
        registered_on: Date,
        /// The day of onset on which it is, or was, counted.
        onset_on: Option<Date>,
    },
    /// A release, or a death, was taken back.
    End {
        /// Whether a death was; else a release.
        died: bool,
        /// The day on which it was counted.
        on: Date,
        /// What is true since.
        instead: Instead,
    },
}

impl Why {
    /// Whether the count of new cases by registration on one of these days is another one because of it.
    pub fn changes_registrations(&self, days: &std::ops::RangeInclusive<Date>) -> bool {
        match self {
            Why::Merged { registered_on, .. }
            | Why::Apart { registered_on, .. }
            | Why::InError { registered_on, .. }
            | Why::CaseAgain { registered_on, .. }
            | Why::ContactAgain { registered_on, .. }
            | Why::Disease { registered_on, .. }
            | Why::Moved { registered_on, .. } => days.contains(registered_on),
            Why::Onset { .. } | Why::Age { .. } | Why::End { .. } => false,
        }
    }

    /// Whether the count of new cases by onset on one of these days is another one because of it.
    pub fn changes_onsets(&self, days: &std::ops::RangeInclusive<Date>) -> bool {
        let is_among = |day: &Option<Date>| day.is_some_and(|day| days.contains(&day));
        match self {
            Why::Age { .. } | Why::End { .. } => false,
            Why::Onset { from, to } => is_among(from) || is_among(to),
            Why::Merged { onset_on, .. }
            | Why::Apart { onset_on, .. }
            | Why::InError { onset_on, .. }
            | Why::CaseAgain { onset_on, .. }
            | Why::ContactAgain { onset_on, .. }
            | Why::Disease { onset_on, .. }
            | Why::Moved { onset_on, .. } => is_among(onset_on),
        }
    }

    /// Whether the count of those who were followed no more on one of these days is another one because of it.
    pub fn changes_ends(&self, days: &std::ops::RangeInclusive<Date>) -> bool {
        matches!(self, Why::End { on, .. } if days.contains(on))
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
    /// Why the counts of a range of days are others than earlier, of a programme or, where none is named, of all; the latest reason
    /// first.
    pub(super) fn why_counts_differ(
        &self,
        later: Later,
        days: (Date, Date),
        (programme, zone): (&str, &TimeZone),
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
        for (registered_on, at, onset_on) in later.apart {
            add(
                at,
                Why::Apart {
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
        for one in later.said {
            if let Some(why) = self.why_said(&one, days)? {
                add(one.at, why);
            }
        }
        for one in later.corrected {
            for why in self.why_corrected(&one, days, programme)? {
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
        for one in later.ends_taken_back {
            let why = Why::End {
                died: one.status == MonitoringStatus::Died.word(),
                on: day_of(one.ended_at),
                instead: Instead::of(&one.since),
            };
            add(one.at, why);
        }
        let latest_first = all.into_iter().rev();
        Ok(latest_first
            .map(|((day, why), count)| (day, why, count))
            .collect())
    }

    /// What it changed in the counts of a range of days that somebody was said to be a case, or none. Nothing where it did not change
    /// whether the person counts, as of a contact, or where a release before did not write down the day.
    fn why_said(&self, one: &SaidOfCase, (from, to): (Date, Date)) -> Result<Option<Why>, Error> {
        let (before, after) = (
            self.counted_by(&one.before_sealed)?,
            self.counted_by(&one.after_sealed)?,
        );
        let why = match (before.counted_on, after.counted_on) {
            (Some(registered_on), None) if after.is_contact => Why::ContactAgain {
                registered_on,
                onset_on: before.onset_on,
            },
            (Some(registered_on), None) => Why::InError {
                registered_on,
                onset_on: one.onset_on,
            },
            (None, Some(registered_on)) => Why::CaseAgain {
                registered_on,
                onset_on: one.onset_on,
            },
            _ => return Ok(None),
        };
        let days = from..=to;
        let is_shown = why.changes_registrations(&days) || why.changes_onsets(&days);
        Ok(is_shown.then_some(why))
    }

    /// What a correction of who somebody is changed in the counts of a range of days.
    fn why_corrected(
        &self,
        one: &CorrectedCase,
        (from, to): (Date, Date),
        programme: &str,
    ) -> Result<Vec<Why>, Error> {
        let (before, after) = (
            self.counted_by(&one.before_sealed)?,
            self.counted_by(&one.after_sealed)?,
        );
        let is_shown = |day: Option<Date>| day.is_some_and(|day| day >= from && day <= to);
        let mut all = Vec::new();
        // What a correction does not name is as it is now.
        let is_of = |named: &Option<String>| {
            programme.is_empty() || named.as_ref().unwrap_or(&one.programme) == programme
        };
        let of = (is_of(&before.programme), is_of(&after.programme));
        if of != (true, true) {
            let came = of.1;
            let onset_on = if came {
                after.onset_on
            } else {
                before.onset_on
            };
            let registered_on = one.registered_on;
            return Ok(match registered_on {
                Some(registered_on)
                    if of != (false, false)
                        && (is_shown(Some(registered_on)) || is_shown(onset_on)) =>
                {
                    vec![Why::Disease {
                        came,
                        registered_on,
                        onset_on,
                    }]
                }
                _ => Vec::new(),
            });
        }
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
