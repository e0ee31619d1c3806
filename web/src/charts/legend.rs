//! The legend below a chart: what each hatch or shape means, in words.

use super::letters::{width, wrap};
use super::svg::{Sheet, Svg};

/// The width of a sample with the space behind it.
const SAMPLE: f64 = 26.0;
/// Between two entries of one row.
const BETWEEN: f64 = 20.0;

/// Draws the entries in rows from `top` on and gives the lower edge back. `sample` draws what an entry is about, around
/// the middle it is given.
pub(super) fn legend(
    svg: &mut Svg,
    sheet: &Sheet,
    top: f64,
    entries: &[&str],
    sample: impl Fn(&mut Svg, usize, (f64, f64)),
) -> f64 {
    let row = sheet.line() + 5.0;
    let (mut x, mut y) = (0.0, top);
    for (index, text) in entries.iter().enumerate() {
        let lines = wrap(text, sheet.font, sheet.width - SAMPLE, 3);
        let room = SAMPLE
            + lines
                .iter()
                .map(|l| width(l, sheet.font))
                .fold(0.0, f64::max);
        if x > 0.0 && (x + room > sheet.width || lines.len() > 1) {
            x = 0.0;
            y += row;
        }
        sample(svg, index, (x + 9.0, y + row / 2.0));
        for (number, line) in lines.iter().enumerate() {
            let below = y + row / 2.0 + sheet.font * 0.36 + number as f64 * sheet.line();
            svg.words("", "start", (x + SAMPLE, below), line);
        }
        if lines.len() > 1 {
            y += row + (lines.len() - 1) as f64 * sheet.line();
            x = 0.0;
        } else {
            x += room + BETWEEN;
        }
    }
    if x > 0.0 { y + row } else { y }
}
