//! Which days figures are of, and into how many parts they are cut so that a chart of them can be read.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

/// What a bar of the chart stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// A day.
    Day,
    /// A week from Monday to Sunday.
    Week,
    /// Four such weeks.
    FourWeeks,
    /// A month of the calendar.
    Month,
}

/// Up to so many days each has a bar.
const MOST_DAYS: i32 = 100;
/// Up to so many days each week has one: two years.
const MOST_WEEKLY: i32 = 731;

pub(super) fn monday(day: Date) -> Date {
    day.saturating_sub(i32::from(day.weekday().since(Weekday::Monday)).days())
}

/// A range made up to whole weeks from Monday to Sunday, as ISO 8601 counts them; it does not go beyond today. Whoever
/// could ask for any days would know those of one day from two ranges that differ by it.
pub(super) fn whole_weeks(from: Date, to: Date, today: Date) -> (Date, Date) {
    let sunday = monday(to).saturating_add(6.days());
    (monday(from), sunday.min(today))
}

impl Step {
    /// What fits a range. Months cut weeks in two, so where weeks must stay whole four of them are taken.
    pub(super) fn of(from: Date, to: Date, in_whole_weeks: bool) -> Step {
        let days = (to - from).get_days() + 1;
        match (days, in_whole_weeks) {
            (..=MOST_DAYS, false) => Step::Day,
            (..=MOST_WEEKLY, _) => Step::Week,
            (_, true) => Step::FourWeeks,
            (_, false) => Step::Month,
        }
    }

    /// The first day of the part in which a day lies, in a range that begins on `from`.
    pub(super) fn first(self, day: Date, from: Date) -> Date {
        let first = match self {
            Step::Day => day,
            Step::Week => monday(day),
            Step::FourWeeks => {
                let begins = monday(from);
                let weeks = (day - begins).get_days() / 28 * 28;
                begins.saturating_add(weeks.days())
            }
            Step::Month => day.first_of_month(),
        };
        first.max(from)
    }

    fn span(self) -> Span {
        match self {
            Step::Day => 1.day(),
            Step::Week => 1.week(),
            Step::FourWeeks => 4.weeks(),
            Step::Month => 1.month(),
        }
    }

    /// The first days of all parts of a range.
    pub(super) fn parts(self, from: Date, to: Date) -> Vec<Date> {
        let begins = match self {
            Step::Month => from.first_of_month(),
            Step::Day => from,
            Step::Week | Step::FourWeeks => monday(from),
        };
        begins
            .series(self.span())
            .take_while(|day| *day <= to)
            .map(|day| day.max(from))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_range_is_made_up_to_weeks_and_not_beyond_today() {
        let today = date(2026, 11, 27);
        let of = |from, to| whole_weeks(from, to, today);
        let week = (date(2026, 11, 9), date(2026, 11, 15));
        assert_eq!(of(date(2026, 11, 9), date(2026, 11, 15)), week);
        assert_eq!(of(date(2026, 11, 15), date(2026, 11, 15)), week);
        assert_eq!(of(date(2026, 11, 12), date(2026, 11, 13)), week);
        assert_eq!(of(today, today), (date(2026, 11, 23), today));
    }

    #[test]
    fn long_ranges_have_fewer_parts_and_each_day_lies_in_one() {
        let to = date(2026, 11, 27);
        for (from, weeks, step, most) in [
            (date(2026, 11, 1), false, Step::Day, 31),
            (date(2026, 11, 2), true, Step::Week, 5),
            (date(2025, 6, 18), false, Step::Week, 80),
            (date(2020, 1, 15), false, Step::Month, 84),
            (date(2019, 12, 30), true, Step::FourWeeks, 95),
        ] {
            let found = Step::of(from, to, weeks);
            assert_eq!(found, step, "{from}");
            let parts = found.parts(from, to);
            assert!(parts.len() <= most, "{from}: {}", parts.len());
            assert_eq!(parts[0], from);
            for day in from.series(1.day()).take_while(|day| *day <= to) {
                let last = parts.iter().rfind(|first| **first <= day);
                assert_eq!(last, Some(&found.first(day, from)), "{from} {day}");
            }
        }
    }
}
