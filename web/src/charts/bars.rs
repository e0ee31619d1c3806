//! The epidemic curve: a stacked bar for every day.

use super::legend::legend;
use super::letters::{fit, width};
use super::scale::{counts, grouped, thin};
use super::svg::{Head, Sheet, Svg, both, number};
use super::{Count, Few};
use std::fmt::Write as _;

/// A day (or a week) of the curve.
#[derive(Debug, Clone)]
pub(crate) struct Day {
    /// Below the axis, such as “12/3”.
    pub(crate) short: String,
    /// In the note that a pointer raises, such as “3 December 2025”.
    pub(crate) long: String,
    /// As many as there are series; what is missing is 0.
    pub(crate) values: Vec<Count>,
}

/// An epidemic curve of up to 366 days with up to four series, the first at the bottom.
#[derive(Debug, Clone)]
pub(crate) struct Bars {
    /// Unique on the page.
    pub(crate) id: String,
    /// What is drawn.
    pub(crate) title: String,
    /// The gist, for who does not see it.
    pub(crate) description: String,
    /// What is counted, above the axis, such as “people”.
    pub(crate) unit: String,
    /// The names of the series; more than four are not drawn.
    pub(crate) series: Vec<String>,
    /// In order.
    pub(crate) days: Vec<Day>,
    /// How small counts are drawn.
    pub(crate) few: Few,
}

/// As many as have a hatch of their own.
const SERIES: usize = 4;
/// The steps of the upward axis.
const STEPS: u64 = 5;
/// Below this, bars touch and have no outline of their own.
const THIN: f64 = 3.5;

/// The frame of the bars.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    slot: f64,
    highest: f64,
}

impl Frame {
    fn y(&self, value: u64) -> f64 {
        self.bottom - value as f64 / self.highest * (self.bottom - self.top)
    }

    fn x(&self, day: usize) -> f64 {
        self.left + day as f64 * self.slot
    }

    /// The space on either side of a bar.
    fn gap(&self) -> f64 {
        if self.slot < THIN {
            0.0
        } else {
            (self.slot * 0.12).max((self.slot - 36.0) / 2.0)
        }
    }
}

/// A piece of a bar.
#[derive(Clone, Copy)]
struct Piece {
    day: usize,
    series: usize,
    from: u64,
    to: u64,
    few: bool,
}

impl Bars {
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
        let pieces = self.pieces();
        let most = pieces.iter().map(|p| p.to).max().unwrap_or(0);
        let (step, highest) = counts(most, STEPS);
        let digits = width(&grouped(highest), sheet.font);
        let top = sheet.line() + 14.0;
        let left = digits + 8.0;
        let right = sheet.width - 1.0;
        let frame = Frame {
            left,
            right,
            top,
            bottom: top + if sheet.is_narrow() { 150.0 } else { 220.0 },
            slot: (right - left) / self.days.len().max(1) as f64,
            highest: highest as f64,
        };
        let unit = fit(&self.unit, sheet.font, sheet.width);
        svg.words("d-soft", "start", (0.0, sheet.font), &unit);
        self.patterns(svg);
        for value in (0..=highest).step_by(usize::try_from(step).unwrap_or(1)) {
            let y = frame.y(value);
            let class = if value == 0 { "d-axis" } else { "d-grid" };
            svg.line(class, (left, y), (right, y));
            let below = y + sheet.font * 0.36;
            svg.words("d-soft", "end", (left - 6.0, below), &grouped(value));
        }
        self.solid(svg, &frame, &pieces);
        self.zeros(svg, &frame, &pieces);
        self.small(svg, sheet, &frame, &pieces);
        let below = self.labels(svg, sheet, &frame);
        self.notes(svg, &frame);
        self.legend(svg, sheet, below + 8.0, &pieces)
    }

    /// All pieces of all bars that have a height.
    fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (day, values) in self.days.iter().map(|d| &d.values).enumerate() {
            let mut from = 0;
            for (series, count) in values.iter().take(self.shown()).enumerate() {
                let (height, few) = match count {
                    Count::Exact(number) => (u64::from(*number), false),
                    Count::Few => (u64::from(self.few.below.max(1)), true),
                };
                if height > 0 {
                    let to = from + height;
                    pieces.push(Piece {
                        day,
                        series,
                        from,
                        to,
                        few,
                    });
                    from = to;
                }
            }
        }
        pieces
    }

    fn shown(&self) -> usize {
        self.series.len().min(SERIES)
    }

    /// The hatches: none, strokes, dots, a grid.
    fn patterns(&self, svg: &mut Svg) {
        for series in 0..self.shown() {
            let id = svg.id(&format!("p{series}"));
            let tag = svg.tag("pattern").word("id", &id);
            tag.word("patternUnits", "userSpaceOnUse")
                .number("width", 6.0)
                .number("height", 6.0)
                .word("class", &format!("d-s{series}"))
                .open();
            let ground = svg.tag("rect").word("class", "d-ground");
            ground.number("width", 6.0).number("height", 6.0).end();
            let strokes = match series {
                1 => "M-1 1l2 -2M0 6l6 -6M5 7l2 -2",
                3 => "M0 1.5h6M1.5 0v6",
                _ => "",
            };
            if !strokes.is_empty() {
                let path = svg.tag("path").word("class", "d-hatch");
                path.word("d", strokes).end();
            }
            if series == 2 {
                svg.circle("d-dot", (1.5, 1.5), 1.2);
                svg.circle("d-dot", (4.5, 4.5), 1.2);
            }
            svg.close();
        }
    }

    /// The bars of exact numbers: one path for each series.
    fn solid(&self, svg: &mut Svg, frame: &Frame, pieces: &[Piece]) {
        for series in 0..self.shown() {
            let mut d = String::new();
            for p in pieces.iter().filter(|p| p.series == series && !p.few) {
                rectangle(&mut d, frame, p, p.day);
            }
            if d.is_empty() {
                continue;
            }
            let thin = frame.slot < THIN;
            let line = if thin { "" } else { " d-edge" };
            let fill = format!("url(#{})", svg.id(&format!("p{series}")));
            svg.tag("path")
                .word("class", &format!("d-s{series}{line}"))
                .word("fill", &fill)
                .word("d", &d)
                .end();
            if thin {
                // A hatch frays at the edge of thin bars: their tops alone are outlined.
                let mut tops = String::new();
                for p in pieces.iter().filter(|p| p.series == series && !p.few) {
                    stroke(&mut tops, frame, p.day, frame.y(p.to));
                }
                svg.tag("path")
                    .word("class", &format!("d-s{series} d-top"))
                    .word("d", &tops)
                    .end();
            }
        }
    }

    /// A day without anybody is a stroke on the axis, so that it is not taken for a day without data.
    fn zeros(&self, svg: &mut Svg, frame: &Frame, pieces: &[Piece]) {
        let mut empty = vec![true; self.days.len()];
        for piece in pieces {
            empty[piece.day] = false;
        }
        let mut d = String::new();
        for day in (0..empty.len()).filter(|day| empty[*day]) {
            stroke(&mut d, frame, day, frame.bottom);
        }
        if !d.is_empty() {
            svg.tag("path").word("class", "d-zero").word("d", &d).end();
        }
    }

    /// Small counts: empty bars, and their mark where it has room.
    fn small(&self, svg: &mut Svg, sheet: &Sheet, frame: &Frame, pieces: &[Piece]) {
        let mut d = String::new();
        for series in 0..self.shown() {
            let few: Vec<&Piece> = pieces
                .iter()
                .filter(|p| p.few && p.series == series)
                .collect();
            // Bars without a space between them share an outline, or they would be all outline.
            let joins = |a: &&Piece, b: &&Piece| {
                frame.slot < THIN && a.day + 1 == b.day && a.from == b.from
            };
            for run in few.chunk_by(joins) {
                if let (Some(first), Some(last)) = (run.first(), run.last()) {
                    rectangle(&mut d, frame, first, last.day);
                }
            }
        }
        if d.is_empty() {
            return;
        }
        svg.tag("path").word("class", "d-few").word("d", &d).end();
        let half = width(&self.few.mark, sheet.font) / 2.0;
        let mut free_from = f64::MIN;
        for run in pieces.chunk_by(|a, b| a.day == b.day) {
            let (Some(last), Some(lowest)) = (run.last(), run.iter().find(|p| p.few)) else {
                continue;
            };
            let x = frame.x(last.day) + frame.slot / 2.0;
            let (under, over) = (frame.y(lowest.from), frame.y(lowest.to));
            let inside = 2.0 * half + 4.0 <= frame.slot && under - over >= sheet.line();
            let y = if inside {
                f64::midpoint(under, over) + sheet.font * 0.36
            } else {
                frame.y(last.to) - 4.0
            };
            let room = x - half >= free_from && x - half >= frame.left && x + half <= frame.right;
            if room && (inside || !hidden(frame, pieces, last, (x - half, x + half))) {
                svg.words("d-mark", "middle", (x, y), &self.few.mark);
                free_from = x + half + 2.0;
            }
        }
    }

    /// The days below the axis; the lower edge.
    fn labels(&self, svg: &mut Svg, sheet: &Sheet, frame: &Frame) -> f64 {
        let room = sheet.width / 2.0;
        let shorts: Vec<String> = self
            .days
            .iter()
            .map(|d| fit(&d.short, sheet.font, room))
            .collect();
        let middle = |day| frame.x(day) + frame.slot / 2.0;
        let labels: Vec<(f64, &str)> = shorts
            .iter()
            .enumerate()
            .map(|(day, text)| (middle(day), text.as_str()))
            .collect();
        let below = frame.bottom + 6.0 + sheet.font;
        for (day, x) in thin(&labels, sheet.font, (0.0, sheet.width)) {
            let (at, bottom) = (middle(day), frame.bottom);
            svg.line("d-axis", (at, bottom), (at, bottom + 4.0));
            svg.words("d-soft", "middle", (x, below + 1.0), &shorts[day]);
        }
        below + 4.0
    }

    /// What a pointer on a day raises; on a phone there is no pointer.
    fn notes(&self, svg: &mut Svg, frame: &Frame) {
        if frame.right < 500.0 {
            return;
        }
        svg.tag("g").word("class", "d-over").open();
        for (index, day) in self.days.iter().enumerate() {
            svg.tag("rect")
                .number("x", frame.x(index))
                .number("y", frame.top)
                .word("width", &wide(frame.slot))
                .number("height", frame.bottom - frame.top)
                .open();
            let mut note = day.long.clone();
            for (name, count) in self.series.iter().zip(&day.values).take(self.shown()) {
                let count = match count {
                    Count::Exact(number) => grouped(u64::from(*number)),
                    Count::Few => self.few.mark.clone(),
                };
                let _ = write!(note, " · {name} {count}");
            }
            svg.tag("title").text(&note);
            svg.close();
        }
        svg.close();
    }

    fn legend(&self, svg: &mut Svg, sheet: &Sheet, top: f64, pieces: &[Piece]) -> f64 {
        let mut entries: Vec<&str> = self
            .series
            .iter()
            .take(self.shown())
            .map(String::as_str)
            .collect();
        if pieces.iter().any(|p| p.few) {
            entries.push(&self.few.meaning);
        }
        let shown = self.shown();
        legend(svg, sheet, top, &entries, |svg, index, (x, y)| {
            let fill = format!("url(#{})", svg.id(&format!("p{index}")));
            let tag = svg.tag("rect").number("x", x - 8.0).number("y", y - 7.0);
            let tag = tag.number("width", 16.0).number("height", 14.0);
            if index < shown {
                tag.word("class", &format!("d-s{index} d-edge"))
                    .word("fill", &fill)
                    .end();
            } else {
                tag.word("class", "d-few").end();
            }
        })
    }
}

/// Adds a rectangle from a piece to the same piece of a later day.
fn rectangle(d: &mut String, frame: &Frame, piece: &Piece, last: usize) {
    let gap = frame.gap();
    let across = (last + 1 - piece.day) as f64 * frame.slot - 2.0 * gap;
    let (under, over) = (frame.y(piece.from), frame.y(piece.to));
    // Writing to a String cannot fail.
    let _ = write!(
        d,
        "M{} {}h{}V{}h-{}z",
        wide(frame.x(piece.day) + gap),
        number(under),
        wide(across),
        number(over),
        wide(across)
    );
}

/// Adds a level line as wide as the bar of a day.
fn stroke(d: &mut String, frame: &Frame, day: usize, y: f64) {
    let (x, across) = (frame.x(day) + frame.gap(), frame.slot - 2.0 * frame.gap());
    // Writing to a String cannot fail.
    let _ = write!(d, "M{} {}h{}", wide(x), number(y), wide(across));
}

/// Across, a tenth is too rough: with 366 bars a bar has less than one unit.
fn wide(value: f64) -> String {
    format!("{:.2}", value.max(0.0))
}

/// Whether a mark above a bar would lie on a higher bar beside it.
fn hidden(frame: &Frame, pieces: &[Piece], bar: &Piece, (from, to): (f64, f64)) -> bool {
    pieces.iter().any(|p| {
        p.day != bar.day && p.to > bar.to && frame.x(p.day + 1) > from && frame.x(p.day) < to
    })
}

#[cfg(test)]
#[path = "bars_test.rs"]
mod tests;
