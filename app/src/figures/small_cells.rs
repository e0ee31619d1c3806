//! Counts so small that they point at somebody are not told to roles that may not see persons, nor those from which they
//! could be worked out: whoever knows a sum and all its parts but one knows that one, too.

use super::{FEW, Figure};

/// What is told of the parts of a sum. Parts of 1 up to [`FEW`] are left out; where their sum is told, so many larger
/// ones with them, the smallest first, that the small ones cannot be worked out. Where the sum is not told, at least one
/// part is left out, so that adding up does not tell it.
pub(super) fn told(parts: &[i64], sum_is_told: bool) -> Vec<Figure> {
    let mut hidden: Vec<bool> = parts.iter().map(|n| (1..FEW).contains(n)).collect();
    loop {
        let of_hidden = || parts.iter().zip(&hidden).filter(|(_, hidden)| **hidden);
        let count = i64::try_from(of_hidden().count()).unwrap_or(i64::MAX);
        let sum: i64 = of_hidden().map(|(n, _)| n).sum();
        let is_enough = if sum_is_told {
            // Of as many as their sum, each is 1.
            count == 0 || (count > 1 && sum > count)
        } else {
            count > 0
        };
        let next = (0..parts.len())
            .filter(|at| !hidden[*at] && parts[*at] > 0)
            .min_by_key(|at| parts[*at]);
        match next {
            Some(at) if !is_enough => hidden[at] = true,
            _ => break,
        }
    }
    let tell = |(n, hidden): (&i64, bool)| {
        if hidden {
            Figure::Few
        } else {
            Figure::Exact(*n)
        }
    };
    parts.iter().zip(hidden).map(tell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(parts: &[i64], sum_is_told: bool) -> Vec<Option<i64>> {
        let told = told(parts, sum_is_told).into_iter();
        told.map(|figure| match figure {
            Figure::Exact(n) => Some(n),
            Figure::Few => None,
        })
        .collect()
    }

    #[test]
    fn what_could_be_worked_out_is_left_out_too() {
        assert_eq!(shown(&[0, 12, 7], true), [Some(0), Some(12), Some(7)]);
        // 22 less 12 and 7 is 3: the 7 is left out, too.
        assert_eq!(shown(&[3, 12, 7, 0], true), [None, Some(12), None, Some(0)]);
        assert_eq!(shown(&[3, 12, 2], true), [None, Some(12), None]);
        // Two that are 2 together are 1 each.
        assert_eq!(shown(&[1, 12, 1, 9], true), [None, Some(12), None, None]);
        // There is nothing else: then the sum is as small, and not told either.
        assert_eq!(shown(&[3, 0], true), [None, Some(0)]);
    }

    #[test]
    fn adding_up_does_not_tell_a_sum_that_is_not_told() {
        assert_eq!(shown(&[8, 0, 9], false), [None, Some(0), Some(9)]);
        assert_eq!(shown(&[8, 1, 9], false), [Some(8), None, Some(9)]);
        assert_eq!(shown(&[0, 0], false), [Some(0), Some(0)]);
    }

    proptest::proptest! {
        #[test]
        fn no_small_part_is_told_nor_the_only_one_missing(parts in proptest::collection::vec(0i64..20, 0..12)) {
            let shown = shown(&parts, true);
            let missing = shown.iter().filter(|n| n.is_none()).count();
            proptest::prop_assert!(parts.iter().zip(&shown).all(|(n, told)| told.is_none_or(|t| t == *n && (t == 0 || t >= FEW))));
            let others = parts.iter().filter(|n| **n > 0).count();
            proptest::prop_assert!(missing != 1 || others == 1);
        }
    }
}
