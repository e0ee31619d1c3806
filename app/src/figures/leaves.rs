//! The smallest counts of which figures for roles without persons are made, each told within a few once and for all.
//!
//! A leaf is a center, a disease, a week and an age group (or, of what is counted now, without the week). Its count is
//! never told. It is rounded, up or down by a chance that a key of the installation draws from the leaf's name, so
//! that the same leaf always says the same; and whatever is asked for, whichever days, place and ages, is a sum of
//! rounded leaves. So no number of questions tells more than the leaves say, and a leaf says little: each count below
//! [`FEW`], and none as well as four, can be told as either of the same two values. Which of them it is says nothing
//! for certain. The values are chosen so that their mean is the count: over many leaves the error does not add up to
//! a shift, it grows with the root of their number only (see `docs/decisions/README.md`).

use super::{AGES, EARLIEST, FEW, range};
use crate::keys::Keys;
use domain::ids::HealthCenterId;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What a leaf below [`FEW`] is told as: one of the two.
const SMALL: [i64; 2] = [-1, FEW];

/// What is counted; each has chances of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Counted {
    Registered,
    Onset,
    Open,
    Expected,
    Reported,
    Alerts,
    Untaken,
}

/// The center, the disease, and the Monday of the week.
pub(super) type Leaf = (HealthCenterId, String, Date);

/// Counts by leaf and age group.
pub(super) type Cells = BTreeMap<Leaf, [i64; AGES]>;

/// What a leaf is told as. `chance` is the leaf's own, of 65,536.
fn told(count: i64, chance: u16) -> i64 {
    let (chance, all) = (i64::from(chance), 1 << 16);
    if count < FEW {
        // The mean of -1 and 5, taken (5 - count) and (count + 1) times of six, is the count.
        let [low, high] = SMALL;
        if chance * (high - low) < (count - low) * all {
            high
        } else {
            low
        }
    } else {
        let (low, rest) = (count / FEW * FEW, count % FEW);
        low + if chance * FEW < rest * all { FEW } else { 0 }
    }
}

/// The Monday under which what is counted now stands.
pub(super) const NOW: Date = EARLIEST;

/// The Monday of the week in which a day lies.
pub(super) fn week(day: Date) -> Date {
    range::monday(day)
}

/// The Mondays of the weeks of a range that begins on one.
pub(super) fn weeks(from: Date, to: Date) -> Vec<Date> {
    let mondays = from.series(1.week());
    mondays.take_while(|monday| *monday <= to).collect()
}

/// All leaves that there could be.
pub(super) struct Tree<'a> {
    pub(super) keys: &'a Keys,
    pub(super) centers: Vec<HealthCenterId>,
    pub(super) programmes: BTreeSet<String>,
}

impl Tree<'_> {
    /// The chances of a leaf's age groups.
    fn chances(&self, counted: Counted, (center, programme, week): &Leaf) -> [u16; AGES] {
        let name = format!("{counted:?} {center} {week} {programme}");
        let drawn = self.keys.blind("figures", &name);
        let mut pairs = drawn.chunks_exact(2);
        std::array::from_fn(|_| {
            let pair = pairs.next().unwrap_or(&[0, 0]);
            u16::from_be_bytes([pair[0], pair[1]])
        })
    }

    /// Rounds every leaf of these weeks, also those without anybody. `ages`: how many age groups are told apart.
    pub(super) fn round(
        &self,
        counted: Counted,
        weeks: &[Date],
        cells: &Cells,
        ages: usize,
    ) -> Cells {
        let nobody = [0; AGES];
        let mut rounded = Cells::new();
        for center in &self.centers {
            for (programme, week) in self
                .programmes
                .iter()
                .flat_map(|programme| weeks.iter().map(move |week| (programme, *week)))
            {
                let leaf = (*center, programme.clone(), week);
                let chances = self.chances(counted, &leaf);
                let counts = cells.get(&leaf).unwrap_or(&nobody);
                let mut all = nobody;
                for at in 0..ages {
                    all[at] = told(counts[at], chances[at]);
                }
                rounded.insert(leaf, all);
            }
        }
        rounded
    }
}

/// By how much a sum of so many leaves is off at most nineteen times of twenty, in steps of five: two standard deviations,
/// of which that of a leaf is 3 at most, and the rounding of what is shown. It says nothing of the counts.
pub(super) fn off_by(leaves: usize) -> i64 {
    let most = (36 * i64::try_from(leaves).unwrap_or(i64::MAX / 36)).isqrt() + 3;
    (most + FEW - 1) / FEW * FEW
}

/// The sum over all leaves.
pub(super) fn sum(cells: &Cells) -> i64 {
    cells.values().flatten().sum()
}

/// The sum of each center.
pub(super) fn of_centers(cells: &Cells) -> BTreeMap<HealthCenterId, i64> {
    let mut of = BTreeMap::new();
    for ((center, ..), counts) in cells {
        *of.entry(*center).or_default() += counts.iter().sum::<i64>();
    }
    of
}

/// The sum of each age group.
pub(super) fn of_ages(cells: &Cells) -> [i64; AGES] {
    std::array::from_fn(|at| cells.values().map(|counts| counts[at]).sum())
}

/// The sum of each week.
pub(super) fn of_weeks(cells: &Cells) -> Vec<(Date, i64)> {
    let mut of: BTreeMap<Date, i64> = BTreeMap::new();
    for ((.., week), counts) in cells {
        *of.entry(*week).or_default() += counts.iter().sum::<i64>();
    }
    of.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_small_count_can_be_told_as_either_value_and_its_mean_is_the_count() {
        for count in 0..30 {
            let mut sum = 0i64;
            let mut values = BTreeSet::new();
            for chance in 0..=u16::MAX {
                sum += told(count, chance);
                values.insert(told(count, chance));
            }
            if count < FEW {
                assert_eq!(values, BTreeSet::from(SMALL), "{count}");
            }
            let off = (sum - count * 65_536).abs();
            assert!(off <= 6, "the mean of {count} is off by {off} of 65,536");
        }
    }

    #[test]
    fn a_sum_is_off_by_no_more_than_is_said_nineteen_times_of_twenty() {
        for (leaves, said) in [(1, 10), (10, 25), (39, 40), (390, 125)] {
            assert_eq!(off_by(leaves), said, "{leaves}");
            // Draws of a small generator, for counts that are hard to tell: none, and two.
            let mut state = 7u64;
            let mut draw = move || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                u16::try_from(state >> 48).unwrap_or_default()
            };
            for count in [0, 2] {
                let stands = count * i64::try_from(leaves).unwrap();
                let beyond = (0..1_000)
                    .filter(|_| {
                        let sum: i64 = (0..leaves).map(|_| told(count, draw())).sum();
                        (sum - stands).abs() > said
                    })
                    .count();
                assert!(
                    beyond <= 50,
                    "{leaves} leaves of {count}: {beyond} of 1,000"
                );
            }
        }
    }

    /// Every answer that a role without persons can get: each span of weeks, each center and all of them, each age
    /// group and all of them.
    fn answers(town: &[Vec<Vec<i64>>]) -> Vec<i64> {
        let weeks = town[0].len();
        let mut all = Vec::new();
        for (first, last) in (0..weeks).flat_map(|a| (a..weeks).map(move |b| (a, b))) {
            let of_center: Vec<Vec<i64>> = town
                .iter()
                .map(|center| {
                    (0..center[0].len())
                        .map(|age| center[first..=last].iter().map(|week| week[age]).sum())
                        .collect()
                })
                .collect();
            for ages in &of_center {
                all.extend(ages);
                all.push(ages.iter().sum());
            }
            for age in 0..of_center[0].len() {
                all.push(of_center.iter().map(|ages| ages[age]).sum());
            }
        }
        all.iter()
            .map(|n| super::super::small_cells::shown(*n))
            .collect()
    }

    proptest::proptest! {
        /// What somebody holds possible who has asked everything and knows the rule but not the key: for each leaf
        /// below five, each of the other small counts, none as well, with a draw under which all answers are the same.
        #[test]
        fn all_answers_together_leave_every_small_count_open(
            town in proptest::collection::vec(proptest::collection::vec(
                proptest::collection::vec((0i64..12, 0u16..), 3), 4), 3),
        ) {
            let each = |leaf: &dyn Fn(usize, usize, usize) -> i64| -> Vec<Vec<Vec<i64>>> {
                (0..3).map(|c| (0..4).map(|w| (0..3).map(|a| leaf(c, w, a)).collect()).collect()).collect()
            };
            let stands = each(&|c, w, a| told(town[c][w][a].0, town[c][w][a].1));
            let said = answers(&stands);
            for (c, w, a) in (0..3).flat_map(|c| (0..4).flat_map(move |w| (0..3).map(move |a| (c, w, a)))) {
                if town[c][w][a].0 >= FEW {
                    continue;
                }
                for other in 0..FEW {
                    let draw = [0, u16::MAX].into_iter().find(|draw| told(other, *draw) == stands[c][w][a]);
                    let Some(draw) = draw else {
                        return Err(proptest::test_runner::TestCaseError::fail("proved"));
                    };
                    let mut others = stands.clone();
                    others[c][w][a] = told(other, draw);
                    proptest::prop_assert_eq!(&answers(&others), &said);
                }
            }
        }
    }
}
