//! Counts that are told to roles that may not see persons: none so small that it points at somebody, and none from which
//! such a one could be worked out.
//!
//! A count below [`FEW`] is not told, and whether it is none is not told either. Every other one is rounded to tens, each
//! by itself. Why tens, and why nothing else needs to be left out: what is told as ten lies from 5 to 14, twenty from 15
//! to 24, so each begins with an odd number and ends with an even one. Somebody who takes parts away from a sum, or a
//! range of days from a longer one, knows the rest only within ten or more; and the least that the rest can be is never
//! just the most that a small count can be, because that is even and an odd number less even ones is odd. So of what a
//! small count can be, two answers are always left. Rounding to fives would not do: five small counts that are told to
//! be twenty together are four each.

use super::{FEW, Figure};

/// To what counts are rounded.
const STEP: i64 = 10;

/// A count rounded to tens: 5 to 14 is ten.
const fn rounded(count: i64) -> i64 {
    (count + STEP / 2) / STEP * STEP
}

/// What is told of a count.
pub(super) const fn told(count: i64) -> Figure {
    if count < FEW {
        Figure::Few
    } else {
        Figure::Exact(rounded(count))
    }
}

/// A share in per cent, as far as the counts that are told give it; none where few did, or few did not.
pub(super) fn share(part: i64, whole: i64) -> Option<i64> {
    if part < FEW || whole - part < FEW {
        return None;
    }
    let percent = rounded(part) * 100 / rounded(whole);
    Some(rounded(percent.min(100)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::RangeInclusive;

    #[test]
    fn what_is_told() {
        for (count, figure) in [
            (0, Figure::Few),
            (4, Figure::Few),
            (5, Figure::Exact(10)),
            (14, Figure::Exact(10)),
            (15, Figure::Exact(20)),
            (1_234, Figure::Exact(1_230)),
        ] {
            assert_eq!(told(count), figure, "{count}");
        }
        assert_eq!(share(3, 20), None);
        assert_eq!(share(18, 20), None);
        assert_eq!(share(0, 20), None);
        assert_eq!(share(12, 23), Some(50));
    }

    /// What somebody who reads a figure must hold possible.
    fn possible(figure: Figure) -> RangeInclusive<i64> {
        match figure {
            Figure::Exact(n) => (n - STEP / 2)..=(n + STEP / 2 - 1),
            Figure::Few => 0..=FEW - 1,
        }
    }

    /// How many answers are left for a count of which it is told that it is small, where it is what a whole has more
    /// than some parts.
    fn left_open(whole: &RangeInclusive<i64>, parts: &[RangeInclusive<i64>]) -> usize {
        let least: i64 = parts.iter().map(|one| one.start()).sum();
        let most: i64 = parts.iter().map(|one| one.end()).sum();
        (0..FEW)
            .filter(|n| whole.start() - most <= *n && *n <= whole.end() - least)
            .count()
    }

    proptest::proptest! {
        #[test]
        fn a_figure_lies_where_it_says(count in 0i64..100_000) {
            proptest::prop_assert!(possible(told(count)).contains(&count));
        }

        /// Centers by weeks. Somebody asks twice, for any weeks each time, and sees each week of each center, each
        /// center, each week and the whole: no sum less its other parts, and no two answers of which one holds the
        /// other, leave a single answer for a small count.
        #[test]
        fn no_two_questions_tell_a_small_count(
            town in proptest::collection::vec(proptest::collection::vec(0i64..12, 5), 1..7),
            (a, b, c, d) in (0usize..5, 0usize..5, 0usize..5, 0usize..5),
        ) {
            let first = a.min(b)..=a.max(b);
            let second = c.min(d)..=c.max(d);
            let of = |center: usize, weeks: &RangeInclusive<usize>| -> i64 {
                town[center][weeks.clone()].iter().sum()
            };
            let small = |n: i64| n < FEW;
            for weeks in [&first, &second] {
                let centers: Vec<i64> = (0..town.len()).map(|center| of(center, weeks)).collect();
                // Sums with their parts: the whole by centers, each center by weeks.
                let mut sums = vec![centers];
                sums.extend((0..town.len()).map(|center| town[center][weeks.clone()].to_vec()));
                for parts in sums {
                    let whole = possible(told(parts.iter().sum()));
                    for at in (0..parts.len()).filter(|at| small(parts[*at])) {
                        let others: Vec<_> = (0..parts.len())
                            .filter(|other| *other != at)
                            .map(|other| possible(told(parts[other])))
                            .collect();
                        let left = left_open(&whole, &others);
                        proptest::prop_assert!(left > 1, "{} of {:?}", parts[at], parts);
                    }
                }
            }
            if first.contains(second.start()) && first.contains(second.end()) {
                let mut pairs: Vec<(i64, i64)> = (0..town.len())
                    .map(|center| (of(center, &first), of(center, &second)))
                    .collect();
                pairs.push((pairs.iter().map(|p| p.0).sum(), pairs.iter().map(|p| p.1).sum()));
                for (long, short) in pairs.into_iter().filter(|(long, short)| small(long - short)) {
                    let left = left_open(&possible(told(long)), &[possible(told(short))]);
                    proptest::prop_assert!(left > 1, "{} less {}", long, short);
                }
            }
        }
    }
}
