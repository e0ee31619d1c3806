//! How long alerts waited to be taken, in whole minutes, counted rather than gathered: there may be very many.

use std::collections::BTreeMap;

/// Alerts by the minutes that they waited.
#[derive(Clone, Debug, Default)]
pub(super) struct Waits {
    minutes: BTreeMap<i64, usize>,
    taken: usize,
    untaken: usize,
}

impl Waits {
    /// Counts one; none: nobody has taken it.
    pub(super) fn count(&mut self, minutes: Option<i64>) {
        match minutes {
            Some(minutes) => {
                *self.minutes.entry(minutes.max(0)).or_default() += 1;
                self.taken += 1;
            }
            None => self.untaken += 1,
        }
    }

    /// Counts all of another.
    pub(super) fn add(&mut self, other: &Waits) {
        for (minutes, count) in &other.minutes {
            *self.minutes.entry(*minutes).or_default() += count;
        }
        self.taken += other.taken;
        self.untaken += other.untaken;
    }

    /// How many there are, and how many nobody has taken.
    pub(super) fn counts(&self) -> (i64, i64) {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        (number(self.taken + self.untaken), number(self.untaken))
    }

    /// The minutes within which so many of a hundred were taken, or more of them: of seven, nine in ten are all seven, and not
    /// the six without the one who waited longest.
    fn of_hundred(&self, percent: usize) -> Option<i64> {
        let wished = (self.taken * percent).div_ceil(100);
        let mut before = 0;
        for (minutes, count) in &self.minutes {
            before += count;
            if before >= wished {
                return Some(*minutes);
            }
        }
        None
    }

    /// The median, and of nine in ten the longest; none for fewer than `least`.
    pub(super) fn half_and_nine_tenths(&self, least: i64) -> Option<(i64, i64)> {
        let enough = i64::try_from(self.taken).is_ok_and(|taken| taken >= least);
        self.of_hundred(50)
            .zip(self.of_hundred(90))
            .filter(|_| enough)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_and_nine_tenths() {
        let mut waits = Waits::default();
        assert_eq!(waits.half_and_nine_tenths(0), None);
        waits.count(Some(7));
        assert_eq!(waits.half_and_nine_tenths(0), Some((7, 7)));
        let mut all = Waits::default();
        for minutes in 1..=10 {
            all.count(Some(minutes));
        }
        all.count(None);
        assert_eq!(all.half_and_nine_tenths(5), Some((5, 9)));
        assert_eq!(all.counts(), (11, 1));
        assert_eq!(waits.half_and_nine_tenths(2), None);
        waits.add(&all);
        assert_eq!(waits.counts(), (12, 1));
        // Whoever waited for most of an hour is not left out by saying that nine in ten waited for seven minutes.
        for few in 2..=9 {
            let mut waits = Waits::default();
            (1..few).for_each(|_| waits.count(Some(7)));
            waits.count(Some(44));
            let (_, nine_tenths) = waits.half_and_nine_tenths(1).unwrap_or_default();
            assert_eq!(nine_tenths, 44, "{few}");
        }
    }
}
