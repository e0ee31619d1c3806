//! Temperature and oxygen saturation of one person over time: panels one above the other over the same days.

use super::scale::step;
use super::svg::{Head, both};

/// Where a value comes from: told by the shape of its marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Entered by the person or the family.
    ByPerson,
    /// Entered by staff, after a call.
    ByStaff,
    /// Put right later.
    Corrected,
    /// Marked as wrong: shown, but neither joined nor counted for the scale.
    MarkedWrong,
}

impl Source {
    /// All, in the order of the legend.
    pub(super) const ALL: [Source; 4] = [
        Source::ByPerson,
        Source::ByStaff,
        Source::Corrected,
        Source::MarkedWrong,
    ];
}

/// A measurement.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// Seconds since 1970.
    pub(crate) x: f64,
    /// The value.
    pub(crate) y: f64,
    /// What a pointer raises: when and how much.
    pub(crate) label: String,
    /// Where it comes from.
    pub(crate) source: Source,
}

/// One quantity.
#[derive(Debug, Clone)]
pub(crate) struct Panel {
    /// With the unit, such as “Temperature (°C)”.
    pub(crate) title: String,
    /// In any order.
    pub(crate) points: Vec<Point>,
    /// Lines to be watched, each with its name, such as “37.5 °C”.
    pub(crate) thresholds: Vec<(f64, String)>,
    /// What the axis shows at least.
    pub(crate) usual: (f64, f64),
}

impl Panel {
    /// Body temperature in degrees Celsius.
    pub(crate) fn temperature(
        title: impl Into<String>,
        points: Vec<Point>,
        thresholds: Vec<(f64, String)>,
    ) -> Panel {
        Panel {
            title: title.into(),
            points,
            thresholds,
            usual: (35.0, 40.0),
        }
    }

    /// Oxygen saturation in per cent.
    pub(crate) fn spo2(
        title: impl Into<String>,
        points: Vec<Point>,
        thresholds: Vec<(f64, String)>,
    ) -> Panel {
        Panel {
            title: title.into(),
            points,
            thresholds,
            usual: (90.0, 100.0),
        }
    }

    /// The points that can be drawn, in the order of time.
    pub(super) fn drawn(&self) -> Vec<&Point> {
        let mut drawn: Vec<&Point> = self
            .points
            .iter()
            .filter(|p| p.x.is_finite() && p.y.is_finite() && p.y.abs() < FARTHEST)
            .collect();
        drawn.sort_by(|a, b| a.x.total_cmp(&b.x));
        drawn
    }

    /// The axis: from, to, step. A value marked as wrong does not stretch it: 365 °C would flatten all others.
    pub(super) fn axis(&self) -> (f64, f64, f64) {
        let (mut low, mut high) = self.usual;
        let values = self.drawn().into_iter();
        let values = values
            .filter(|p| p.source != Source::MarkedWrong)
            .map(|p| p.y)
            .chain(self.thresholds.iter().map(|(y, _)| *y))
            .filter(|y| y.is_finite() && y.abs() < FARTHEST);
        for y in values {
            low = low.min(y);
            high = high.max(y);
        }
        if !(high > low && high - low < 2.0 * FARTHEST) {
            (low, high) = (0.0, 1.0);
        }
        let step = step(high - low, 5.0);
        let down = (low / step + 1e-9).floor() * step;
        let up = (high / step - 1e-9).ceil() * step;
        (down, up, step)
    }
}

/// No measurement is farther from 0; what is, is nonsense and would break the axis.
const FARTHEST: f64 = 1e6;

/// One person's measurements over time.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    /// Unique on the page.
    pub(crate) id: String,
    /// What is drawn.
    pub(crate) title: String,
    /// The gist, for who does not see it.
    pub(crate) description: String,
    /// From above.
    pub(crate) panels: Vec<Panel>,
    /// The beginnings of days, in order: seconds since 1970, and what is written there.
    pub(crate) ticks: Vec<(f64, String)>,
    /// What each source is called; only those that occur are written.
    pub(crate) names: Vec<(Source, String)>,
}

impl Lines {
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

    /// The first and the last moment.
    pub(super) fn span(&self) -> (f64, f64) {
        let points = self.panels.iter().flat_map(Panel::drawn).map(|p| p.x);
        let moments = points.chain(self.ticks.iter().map(|(x, _)| *x));
        let (first, last) = moments
            .filter(|x| x.is_finite())
            .fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(x), b.max(x)));
        if last > first {
            (first, last)
        } else if last == first {
            // A single moment stands in the middle of a day.
            (first - 43_200.0, last + 43_200.0)
        } else {
            (0.0, 1.0)
        }
    }
}

#[cfg(test)]
#[path = "lines_test.rs"]
mod tests;
