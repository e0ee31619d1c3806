//! Round steps of an axis, and which of its labels have room.

use super::letters::width;

/// The distance to the next label, in ems.
const GAP: f64 = 0.8;
/// Every how many labels: days, weeks, months.
const STRIDES: [usize; 19] = [
    1, 2, 3, 4, 5, 7, 10, 14, 21, 28, 35, 42, 56, 70, 91, 122, 183, 274, 366,
];

/// A round step with which the span takes at most so many.
pub(super) fn step(span: f64, most: f64) -> f64 {
    let least = (span / most).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|n| n * power)
        .into_iter()
        // A whisker of tolerance, for powers are not exact.
        .find(|step| *step >= least * 0.999_999)
        .unwrap_or(power * 10.0)
}

/// The step and the end of an axis of counts that begins at 0; whole numbers only.
pub(super) fn counts(most: u64, ticks: u64) -> (u64, u64) {
    let step = step(most as f64, ticks as f64).round().max(1.0) as u64;
    (step, most.div_ceil(step).max(1) * step)
}

/// A number in groups of three, as Japanese and English write it.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Which labels to write so that none touches another, and where their middle goes: every n-th, counted from the last,
/// because the last is the one that is read.
pub(super) fn thin(
    labels: &[(f64, &str)],
    font: f64,
    (left, right): (f64, f64),
) -> Vec<(usize, f64)> {
    let placed = |index: usize| {
        let (x, text) = labels[index];
        let half = width(text, font) / 2.0;
        // Moved inwards at the edges.
        (index, x.min(right - half).max(left + half), half)
    };
    for stride in STRIDES.into_iter().chain([labels.len().max(1)]) {
        let chosen: Vec<_> = (0..labels.len())
            .rev()
            .step_by(stride)
            .map(placed)
            .collect();
        let free = chosen
            .windows(2)
            .all(|two| two[1].1 + two[1].2 + GAP * font <= two[0].1 - two[0].2);
        if free {
            return chosen.iter().rev().map(|(i, x, _)| (*i, *x)).collect();
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(step(5.0, 5.0), 1.0);
        assert_eq!(step(6.0, 5.0), 2.0);
        assert_eq!(step(100.0, 5.0), 20.0);
        assert_eq!(counts(0, 5), (1, 1));
        assert_eq!(counts(3, 5), (1, 3));
        assert_eq!(counts(7, 5), (2, 8));
        assert_eq!(counts(12_345, 5), (5000, 15_000));
        let (step, top) = counts(4 * u64::from(u32::MAX), 5);
        assert!(top >= 4 * u64::from(u32::MAX) && top / step <= 5);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn labels_are_thinned() {
        let labels: Vec<(f64, &str)> = (0..366).map(|i| (f64::from(i), "12/31")).collect();
        let chosen = thin(&labels, 13.0, (0.0, 366.0));
        assert!(chosen.len() >= 4);
        assert_eq!(chosen.last().unwrap().0, 365);
        assert!(chosen.last().unwrap().1 < 355.0);
        assert!(thin(&[], 13.0, (0.0, 366.0)).is_empty());
        assert_eq!(thin(&[(3.0, "1")], 13.0, (0.0, 9.0)).len(), 1);
        // Two in the same place: one of them.
        let same = [(5.0, "1"), (5.0, "2")];
        assert_eq!(thin(&same, 13.0, (0.0, 9.0)).len(), 1);
    }
}
