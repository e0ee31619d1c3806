//! Draws measurements over time.

use super::legend::legend;
use super::letters::{fit, width};
use super::lines::{Lines, Panel, Point, Source};
use super::scale::thin;
use super::svg::{Sheet, Svg, number};

/// Longer than this without a value, and the line breaks: 36 hours.
const BREAK: f64 = 36.0 * 3600.0;
/// Between the edge of a panel and the first and last moment.
const INSET: f64 = 9.0;

/// Where everything of one drawing goes.
struct Frame {
    left: f64,
    right: f64,
    span: (f64, f64),
    radius: f64,
}

impl Frame {
    fn x(&self, moment: f64) -> f64 {
        let (first, last) = self.span;
        let room = self.right - self.left - 2.0 * INSET;
        self.left + INSET + (moment - first) / (last - first) * room
    }
}

/// Where the values of one panel go.
struct Axis {
    low: f64,
    high: f64,
    step: f64,
    top: f64,
    bottom: f64,
}

impl Axis {
    fn y(&self, value: f64) -> f64 {
        self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)
    }

    fn values(&self) -> Vec<f64> {
        let count = ((self.high - self.low) / self.step).round() as i32;
        (0..=count)
            .map(|n| self.low + f64::from(n) * self.step)
            .collect()
    }

    fn write(&self, value: f64) -> String {
        // As many decimals as the step has.
        let decimals = (-self.step.log10().floor()).clamp(0.0, 6.0) as usize;
        format!("{value:.decimals$}")
    }
}

impl Lines {
    pub(super) fn draw(&self, svg: &mut Svg, sheet: &Sheet) -> f64 {
        let height = if sheet.is_narrow() { 120.0 } else { 150.0 };
        let mut axes = Vec::new();
        let mut top = 0.0;
        for panel in &self.panels {
            let (low, high, step) = panel.axis();
            // The title, then a little air for what lies on the upper edge.
            top += sheet.line() + 10.0;
            axes.push(Axis {
                low,
                high,
                step,
                top,
                bottom: top + height,
            });
            top += height + 16.0;
        }
        let frame = self.frame(sheet, &axes);
        let below = axes.last().map_or(0.0, |a| a.bottom);
        let below = self.days(svg, sheet, &frame, &axes, below);
        for (panel, axis) in self.panels.iter().zip(&axes) {
            panel.draw(svg, sheet, &frame, axis);
        }
        let named: Vec<(Source, &str)> = Source::ALL
            .into_iter()
            .filter(|source| {
                let mut points = self.panels.iter().flat_map(Panel::drawn);
                points.any(|p| p.source == *source)
            })
            .filter_map(|source| {
                let (_, name) = self.names.iter().find(|(s, _)| *s == source)?;
                Some((source, name.as_str()))
            })
            .collect();
        let names: Vec<&str> = named.iter().map(|(_, name)| *name).collect();
        legend(svg, sheet, below + 8.0, &names, |svg, index, at| {
            marker(svg, named[index].0, at, 5.0);
        })
    }

    fn frame(&self, sheet: &Sheet, axes: &[Axis]) -> Frame {
        let widest = |texts: Vec<String>| {
            texts
                .iter()
                .map(|text| width(text, sheet.font))
                .fold(0.0, f64::max)
        };
        let values = axes
            .iter()
            .flat_map(|a| {
                a.values()
                    .into_iter()
                    .map(|v| a.write(v))
                    .collect::<Vec<_>>()
            })
            .collect();
        let thresholds = self
            .panels
            .iter()
            .flat_map(|p| p.thresholds.iter().map(|(_, name)| name.clone()))
            .collect();
        let most = self
            .panels
            .iter()
            .map(|p| p.points.len())
            .max()
            .unwrap_or(0);
        let left = widest(values) + 8.0;
        let right = sheet.width - widest(thresholds).min(sheet.width * 0.3) - 6.0;
        // Many points are small, or they would hide each other.
        let room = (right - left) / most.max(1) as f64;
        Frame {
            left,
            right,
            span: self.span(),
            radius: (room / 2.0).clamp(1.8, 4.5),
        }
    }

    /// The days: a line through all panels each, and their names below the last; gives the lower edge back.
    fn days(&self, svg: &mut Svg, sheet: &Sheet, frame: &Frame, axes: &[Axis], below: f64) -> f64 {
        let days: Vec<(f64, String)> = self
            .ticks
            .iter()
            .filter(|(x, _)| x.is_finite())
            .map(|(x, name)| (frame.x(*x), fit(name, sheet.font, sheet.width / 2.0)))
            .collect();
        let labels: Vec<(f64, &str)> = days.iter().map(|(x, n)| (*x, n.as_str())).collect();
        let y = below + 7.0 + sheet.font;
        for (index, x) in thin(&labels, sheet.font, (0.0, sheet.width)) {
            for axis in axes {
                let at = days[index].0;
                svg.line("d-grid", (at, axis.top), (at, axis.bottom + 4.0));
            }
            svg.words("d-soft", "middle", (x, y), &days[index].1);
        }
        y + 4.0
    }
}

impl Panel {
    fn draw(&self, svg: &mut Svg, sheet: &Sheet, frame: &Frame, axis: &Axis) {
        let title = fit(&self.title, sheet.font, sheet.width);
        let above = axis.top - 10.0 - sheet.font * 0.3;
        svg.words("d-strong", "start", (0.0, above), &title);
        for value in axis.values() {
            let y = axis.y(value);
            svg.line("d-grid", (frame.left, y), (frame.right, y));
            let below = y + sheet.font * 0.36;
            let text = axis.write(value);
            svg.words("d-soft", "end", (frame.left - 6.0, below), &text);
        }
        svg.line(
            "d-axis",
            (frame.left, axis.bottom),
            (frame.right, axis.bottom),
        );
        self.thresholds(svg, sheet, frame, axis);
        let drawn = self.drawn();
        let joined: Vec<&Point> = drawn
            .iter()
            .copied()
            .filter(|p| p.source != Source::MarkedWrong)
            .collect();
        for run in joined.chunk_by(|a, b| b.x - a.x <= BREAK) {
            if run.len() < 2 {
                continue;
            }
            let points: Vec<String> = run
                .iter()
                .map(|p| format!("{},{}", number(frame.x(p.x)), number(axis.y(p.y))))
                .collect();
            svg.tag("polyline")
                .word("class", "d-line")
                .word("points", &points.join(" "))
                .end();
        }
        for point in drawn {
            let y = axis.y(point.y);
            // What lies beyond the axis stands inside its edge, with a hook that says so.
            let inside = if y < axis.top {
                axis.top + 11.0
            } else if y > axis.bottom {
                axis.bottom - 11.0
            } else {
                y
            };
            let at = (frame.x(point.x), inside);
            let group = svg.tag("g");
            if frame.radius < 3.0 {
                group.word("class", "d-small").open();
            } else {
                group.open();
            }
            svg.tag("title").text(&point.label);
            // The rare ones are not lost among many.
            let radius = match point.source {
                Source::ByPerson => frame.radius,
                _ => frame.radius.max(3.2),
            };
            marker(svg, point.source, at, radius);
            if at.1 != y {
                beyond(svg, at, if y < at.1 { -1.0 } else { 1.0 });
            }
            svg.close();
        }
    }

    /// The lines to be watched; their names in the right margin, moved apart where they are close.
    fn thresholds(&self, svg: &mut Svg, sheet: &Sheet, frame: &Frame, axis: &Axis) {
        let mut names: Vec<(f64, &str)> = self
            .thresholds
            .iter()
            .filter(|(value, _)| (axis.low..=axis.high).contains(value))
            .map(|(value, name)| (axis.y(*value), name.as_str()))
            .collect();
        names.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut lowest = axis.bottom + sheet.font * 0.5;
        for (y, name) in names {
            svg.line("d-threshold", (frame.left, y), (frame.right, y));
            let below = (y + sheet.font * 0.36).min(lowest);
            let name = fit(name, sheet.font, sheet.width - frame.right - 6.0);
            svg.words("d-warn", "start", (frame.right + 6.0, below), &name);
            lowest = below - sheet.font - 2.0;
        }
    }
}

/// A marker: circle, square, filled diamond, cross.
fn marker(svg: &mut Svg, source: Source, (x, y): (f64, f64), r: f64) {
    match source {
        Source::ByPerson => svg.circle("d-point", (x, y), r),
        Source::ByStaff => svg
            .tag("rect")
            .word("class", "d-point")
            .number("x", x - r)
            .number("y", y - r)
            .number("width", 2.0 * r)
            .number("height", 2.0 * r)
            .end(),
        Source::Corrected => {
            let r = r * 1.4;
            let d = format!(
                "M{} {}l{r:.1} {r:.1}l-{r:.1} {r:.1}l-{r:.1} -{r:.1}z",
                number(x),
                number(y - r)
            );
            let path = svg.tag("path").word("class", "d-point d-full");
            path.word("d", &d).end();
        }
        Source::MarkedWrong => {
            let d = format!(
                "M{a} {b}L{c} {e}M{c} {b}L{a} {e}",
                a = number(x - r),
                b = number(y - r),
                c = number(x + r),
                e = number(y + r)
            );
            let path = svg.tag("path").word("class", "d-wrong");
            path.word("d", &d).end();
        }
    }
}

/// A hook that points out of the panel: the value lies beyond.
fn beyond(svg: &mut Svg, (x, y): (f64, f64), down: f64) {
    let d = format!(
        "M{} {}l4 {}l4 {}",
        number(x - 4.0),
        number(y + 6.5 * down),
        number(3.0 * down),
        number(-3.0 * down)
    );
    let path = svg.tag("path").word("class", "d-wrong");
    path.word("d", &d).end();
}
