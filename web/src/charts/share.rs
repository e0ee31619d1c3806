//! How many in each group: bars that lie, with the number at their end.

use super::letters::{fit, width, wrap};
use super::scale::grouped;
use super::svg::{Head, Sheet, Svg, both};
use super::{Count, Few};

/// A group and how many are in it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The group.
    pub(crate) label: String,
    /// How many.
    pub(crate) count: Count,
    /// What is said behind the number, such as “(12 %)”; may be empty.
    pub(crate) note: String,
}

/// A chart of groups, such as age groups or centers.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    /// Unique on the page.
    pub(crate) id: String,
    /// What is drawn.
    pub(crate) title: String,
    /// The gist, for who does not see it.
    pub(crate) description: String,
    /// From above.
    pub(crate) rows: Vec<Row>,
    /// How small counts are drawn.
    pub(crate) few: Few,
}

/// Where things are, which differs between the drawings.
struct Place {
    left: f64,
    longest: f64,
    /// The room of a label.
    label: f64,
    bar: f64,
}

/// The narrowest empty bar: one of fewer than 5 among thousands would be a mere stroke.
const EMPTY: f64 = 12.0;

impl Share {
    /// Both drawings.
    pub(crate) fn svg(&self) -> String {
        let head = Head {
            id: &self.id,
            title: &self.title,
            description: &self.description,
            role: "img",
        };
        both(&head, |svg, sheet| self.draw(svg, sheet))
    }

    fn draw(&self, svg: &mut Svg, sheet: &Sheet) -> f64 {
        let place = self.place(sheet);
        let most = self.rows.iter().map(|r| self.height(r)).max().unwrap_or(0);
        let unit = (sheet.width - place.left - place.longest - 8.0).max(EMPTY) / most.max(1) as f64;
        let mut top = 1.0;
        for row in &self.rows {
            let lines = wrap(&row.label, sheet.font, place.label, 2);
            let tall = lines.len() as f64 * sheet.line();
            // On a phone the label stands above the bar, elsewhere before it.
            let (x, anchor, middle, height) = if sheet.is_narrow() {
                let middle = top + tall + 2.0 + place.bar / 2.0;
                (0.0, "start", middle, tall + place.bar + 14.0)
            } else {
                let height = tall.max(place.bar) + 10.0;
                (place.left - 10.0, "end", top + height / 2.0, height)
            };
            let first = if sheet.is_narrow() {
                top + sheet.font
            } else {
                middle - tall / 2.0 + sheet.font
            };
            for (number, line) in lines.iter().enumerate() {
                let below = first + number as f64 * sheet.line();
                svg.words("", anchor, (x, below), line);
            }
            self.bar(svg, sheet, &place, row, (unit, middle));
            top += height;
        }
        top + 1.0
    }

    fn bar(
        &self,
        svg: &mut Svg,
        sheet: &Sheet,
        place: &Place,
        row: &Row,
        (unit, middle): (f64, f64),
    ) {
        let (across, class) = match row.count {
            Count::Few => ((self.height(row) as f64 * unit).max(EMPTY), "d-few"),
            Count::Exact(_) => (self.height(row) as f64 * unit, "d-bar"),
        };
        let upper = middle - place.bar / 2.0;
        if across > 0.0 {
            svg.tag("rect")
                .word("class", class)
                .number("x", place.left)
                .number("y", upper)
                .number("width", across.max(0.5))
                .number("height", place.bar)
                .end();
        }
        let ends = (upper - 3.0, upper + place.bar + 3.0);
        svg.line("d-axis", (place.left, ends.0), (place.left, ends.1));
        let text = fit(&self.text(row), sheet.font, place.longest);
        let at = (place.left + across + 6.0, middle + sheet.font * 0.36);
        svg.words("d-mark", "start", at, &text);
    }

    fn place(&self, sheet: &Sheet) -> Place {
        let longest = self
            .rows
            .iter()
            .map(|r| width(&self.text(r), sheet.font))
            .fold(0.0, f64::max)
            .min(sheet.width * 0.5);
        if sheet.is_narrow() {
            return Place {
                left: 1.0,
                longest,
                label: sheet.width,
                bar: 16.0,
            };
        }
        let label = self
            .rows
            .iter()
            .map(|r| width(&r.label, sheet.font))
            .fold(0.0, f64::max);
        let left = (label + 11.0).min(sheet.width * 0.38);
        Place {
            left,
            longest,
            label: left - 10.0,
            bar: 20.0,
        }
    }

    fn height(&self, row: &Row) -> u64 {
        u64::from(match row.count {
            Count::Exact(number) => number,
            Count::Few => self.few.below.max(1),
        })
    }

    fn text(&self, row: &Row) -> String {
        let number = match row.count {
            Count::Exact(number) => grouped(u64::from(number)),
            Count::Few => self.few.mark.clone(),
        };
        format!("{number} {}", row.note).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{drawings, no_overlap};
    use super::*;

    fn share(rows: &[(&str, Count)]) -> Share {
        Share {
            id: "age".to_owned(),
            title: "年代別".to_owned(),
            description: "40代が最も多い。".to_owned(),
            rows: rows
                .iter()
                .map(|(label, count)| Row {
                    label: (*label).to_owned(),
                    count: *count,
                    note: "(12 %)".to_owned(),
                })
                .collect(),
            few: Few::than(5, "5人未満"),
        }
    }

    #[test]
    fn groups_are_drawn() {
        let rows = [
            ("10歳未満", Count::Exact(12)),
            (
                "東京都新宿区・渋谷区合同特別臨時保健所分室の二階の三番窓口",
                Count::Exact(u32::MAX),
            ),
            ("</svg><script>alert(1)</script>", Count::Exact(0)),
            ("90歳以上", Count::Few),
        ];
        for drawing in drawings(&share(&rows).svg()) {
            no_overlap(&drawing);
            assert_eq!(drawing.count("rect", "d-bar"), 2);
            assert_eq!(drawing.count("rect", "d-few"), 1);
            assert!(drawing.texts.iter().any(|t| t.text == "0 (12 %)"));
            assert!(drawing.texts.iter().any(|t| t.text == "? (12 %)"));
        }
    }

    #[test]
    fn nothing_and_equals() {
        drawings(&share(&[]).svg());
        let zeros = share(&[("a", Count::Exact(0)), ("b", Count::Exact(0))]).svg();
        drawings(&zeros).iter().for_each(no_overlap);
        let equal = share(&[("a", Count::Exact(7)), ("b", Count::Exact(7))]).svg();
        for drawing in drawings(&equal) {
            no_overlap(&drawing);
            let bars: Vec<f64> = drawing.numbers("rect", "d-bar", "width");
            assert_eq!(bars[0], bars[1]);
        }
    }
}
