//! For how long a record is kept after following ended, and when it may go.

use crate::text::fold_width;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The shortest time for which a closed record is kept, in days: messages that could not be delivered and counts of
/// tries are forgotten after thirty, and must not outlive the person.
pub const SHORTEST: i64 = 31;
/// The longest, in days: a hundred years.
pub const LONGEST: i64 = 36_500;
/// How many days before a purge the staff are told at least.
pub const SHORTEST_WARNING: i64 = 1;
/// And at most.
pub const LONGEST_WARNING: i64 = 365;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How a place keeps records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Keeping {
    /// For how many days after closing; none: the place above decides, and without one nothing is purged.
    pub days: Option<i64>,
    /// How many days before a purge the staff are told.
    pub warn_days: i64,
}

impl Default for Keeping {
    fn default() -> Self {
        Keeping {
            days: None,
            warn_days: 14,
        }
    }
}

/// What holds for a record where a place has set something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Term {
    /// For how long it is kept after closing.
    pub kept: SignedDuration,
    /// How long before the purge the staff are told.
    pub warning: SignedDuration,
}

impl Keeping {
    /// What holds; none where nothing was set.
    pub fn term(self) -> Option<Term> {
        let days = |days: i64| DAY.saturating_mul(i32::try_from(days).unwrap_or(i32::MAX));
        self.days.map(|kept| Term {
            kept: days(kept),
            warning: days(self.warn_days),
        })
    }
}

impl Term {
    /// When a record may go: its time is over, the staff have known of it for long enough, and what they were told, that it is
    /// not purged before a moment, is kept. Whoever shortens the time purges nothing without a warning, and nothing before
    /// the day that a warning named.
    pub fn ends(
        self,
        closed_at: Timestamp,
        heard_at: Timestamp,
        not_before: Option<Timestamp>,
    ) -> Timestamp {
        let ends = (closed_at + self.kept).max(heard_at + self.warning);
        not_before.map_or(ends, |told| ends.max(told))
    }

    /// Before when nothing is purged of what the staff are told now, whatever somebody sets meanwhile: its time is over then,
    /// too, since they are told of it no earlier.
    pub fn not_before(self, now: Timestamp) -> Timestamp {
        now + self.warning
    }

    /// A record that was closed then or before is due, as far as its closing goes.
    pub fn closed_until(self, now: Timestamp) -> Timestamp {
        now - self.kept
    }

    /// A record whose staff have known of it since then or before is due, as far as the warning goes.
    pub fn told_until(self, now: Timestamp) -> Timestamp {
        now - self.warning
    }

    /// The staff are to be told of a record that was closed then or before.
    pub fn tell_until(self, now: Timestamp) -> Timestamp {
        now - self.kept + self.warning
    }
}

/// Reads what was typed: days, empty for none, and days of warning.
///
/// # Errors
/// The names of the fields that cannot be read or lie outside their range.
pub fn check(days: &str, warn_days: &str) -> Result<Keeping, Vec<&'static str>> {
    let number = |text: &str| fold_width(text).trim().parse::<i64>().ok();
    let mut wrong = Vec::new();
    let kept = if days.trim().is_empty() {
        None
    } else {
        number(days)
            .filter(|n| (SHORTEST..=LONGEST).contains(n))
            .or_else(|| {
                wrong.push("days");
                None
            })
    };
    let warning = number(warn_days).filter(|n| (SHORTEST_WARNING..=LONGEST_WARNING).contains(n));
    // What is not kept that long cannot be told of that early.
    let warning = warning.filter(|n| kept.is_none_or(|kept| *n <= kept));
    match warning {
        Some(warn_days) if wrong.is_empty() => Ok(Keeping {
            days: kept,
            warn_days,
        }),
        Some(_) => Err(wrong),
        None => {
            wrong.push("warn_days");
            Err(wrong)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_goes_when_its_time_is_over_and_the_warning_was_long_enough() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let term = check("１００", "14").unwrap().term().unwrap();
        let closed = at("2026-01-01T00:00:00Z");
        let table = [
            // told, may go
            ("2026-03-28T00:00:00Z", "2026-04-11T00:00:00Z"),
            ("2026-03-01T00:00:00Z", "2026-04-11T00:00:00Z"),
            ("2026-06-01T00:00:00Z", "2026-06-15T00:00:00Z"),
        ];
        for (told, ends) in table {
            let (told, ends) = (at(told), at(ends));
            assert_eq!(term.ends(closed, told, None), ends);
            let is_due =
                |now: Timestamp| closed <= term.closed_until(now) && told <= term.told_until(now);
            assert!(is_due(ends));
            assert!(!is_due(ends - SignedDuration::from_millis(1)));
        }
        // What a longer warning said before stands.
        let (told, said) = (at("2026-03-28T00:00:00Z"), at("2026-04-20T00:00:00Z"));
        assert_eq!(term.ends(closed, told, Some(said)), said);
        assert_eq!(term.not_before(told), at("2026-04-11T00:00:00Z"));
        assert!(closed <= term.tell_until(at("2026-03-28T00:00:00Z")));
        assert!(closed > term.tell_until(at("2026-03-27T23:59:59Z")));
    }

    #[test]
    fn what_was_typed_is_read_or_named() {
        assert_eq!(check("", "14").unwrap().term(), None);
        assert_eq!(check("1825", " 30 ").unwrap().days, Some(1825));
        assert_eq!(check("30", "14"), Err(vec!["days"]));
        assert_eq!(check("five", "0"), Err(vec!["days", "warn_days"]));
        assert_eq!(check("40", "41"), Err(vec!["warn_days"]));
        assert_eq!(check("36501", "14"), Err(vec!["days"]));
    }
}
