//! How counts are shown to roles that may not see persons. What comes here is a sum of rounded leaves (`leaves`), so
//! nothing that is done with it tells more than they do.

use super::{FEW, Figure};

/// A sum of rounded leaves as it is shown, rounded to fives; below [`FEW`] it is nobody or few.
pub(super) const fn shown(sum: i64) -> i64 {
    if sum < FEW {
        0
    } else {
        (sum + FEW / 2) / FEW * FEW
    }
}

/// What is told of a sum of rounded leaves.
pub(super) const fn told(sum: i64) -> Figure {
    match shown(sum) {
        0 => Figure::Few,
        shown => Figure::Exact(shown),
    }
}

/// A share in per cent of two sums of rounded leaves, in tens; none where few did, or few did not.
pub(super) fn share(part: i64, whole: i64) -> Option<i64> {
    if part < FEW || whole - part < FEW {
        return None;
    }
    Some((part * 100 / whole + 5) / 10 * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told() {
        for (sum, figure) in [
            (-12, Figure::Few),
            (4, Figure::Few),
            (5, Figure::Exact(5)),
            (7, Figure::Exact(5)),
            (8, Figure::Exact(10)),
            (1_234, Figure::Exact(1_235)),
        ] {
            assert_eq!(told(sum), figure, "{sum}");
        }
        assert_eq!(share(3, 20), None);
        assert_eq!(share(18, 20), None);
        assert_eq!(share(-2, 20), None);
        assert_eq!(share(12, 23), Some(50));
    }
}
