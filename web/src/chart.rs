//! Charts of temperature and oxygen saturation: drawn here, readable without colour and by a screen reader; the table
//! beside them holds the same numbers.

use app::family::Member;
use app::status_report::Report;
use askama::Template;
use domain::questionnaire::{NumberRule, Questionnaire};
use domain::status_report::degrees;
use i18n::Words;
use jiff::Timestamp;
use jiff::civil::Date;

#[derive(Template)]
#[template(path = "parts/chart.html")]
pub(crate) struct Chart {
    id: &'static str,
    title: String,
    description: String,
    ticks: Vec<(String, String)>,
    days: Vec<(String, String)>,
    marks: Vec<Mark>,
    line: String,
    points: Vec<(String, String)>,
    /// The crosses for what was marked as wrong, and what they mean.
    wrong: Option<(String, String)>,
    /// What a point that stands alone says, and where.
    alone: Option<(String, String, String)>,
}

/// A line to be watched, and what it says.
struct Mark {
    y: String,
    label: String,
    /// Where the label stands, and which of its ends that is.
    label_x: String,
    label_y: String,
    anchor: &'static str,
}

// As wide as a phone, so that the letters are not shrunk on one.
const LEFT: f64 = 72.0;
const RIGHT: f64 = 324.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 184.0;
/// The most days that are named below the line.
const NAMED_DAYS: usize = 4;

/// The ends of the lines to be watched.
const MARK_LEFT: f64 = 60.0;
const MARK_RIGHT: f64 = 344.0;
/// How wide a letter of a label is at most, how high, and how far from what is drawn a label is clear.
const LETTER: f64 = 8.0;
const LETTER_HEIGHT: f64 = 12.0;
const CLEAR: f64 = 6.0;

/// A part of the picture: from and to, across and down.
#[derive(Clone, Copy)]
struct Area {
    x: (f64, f64),
    y: (f64, f64),
}

impl Area {
    fn overlaps(self, other: Area) -> bool {
        let meet = |a: (f64, f64), b: (f64, f64)| a.0 < b.1 && b.0 < a.1;
        meet(self.x, other.x) && meet(self.y, other.y)
    }

    /// Whether a straight line from one place to another, further to the right, runs through it.
    fn is_crossed(self, (from, to): ((f64, f64), (f64, f64))) -> bool {
        let (left, right) = (from.0.max(self.x.0), to.0.min(self.x.1));
        if left > right {
            return false;
        }
        let slope = match to.0 - from.0 {
            0.0 => 0.0,
            across => (to.1 - from.1) / across,
        };
        let height = |x: f64| from.1 + (x - from.0) * slope;
        let (a, b) = match to.0 - from.0 {
            0.0 => (from.1, to.1),
            _ => (height(left), height(right)),
        };
        a.min(b) < self.y.1 && self.y.0 < a.max(b)
    }
}

/// Puts the label of each line to be watched above or below one of its ends: where the least is drawn.
fn labelled(lines: &[(f64, String)], points: &[(f64, f64)]) -> Vec<Mark> {
    let mut taken: Vec<Area> = Vec::new();
    let mut marks = Vec::with_capacity(lines.len());
    for (y, label) in lines {
        let wide = label.chars().count() as f64 * LETTER;
        let ends = [(MARK_RIGHT - 2.0, "end"), (MARK_LEFT + 2.0, "start")];
        let places = [y - 5.0, y + 5.0 + LETTER_HEIGHT]
            .into_iter()
            .flat_map(|base| ends.map(|(x, anchor)| (x, base, anchor)));
        let area = |(x, base, anchor): (f64, f64, &str)| Area {
            x: match anchor {
                "end" => (x - wide, x),
                _ => (x, x + wide),
            },
            y: (base - LETTER_HEIGHT, base),
        };
        let drawn = |place| {
            let label = area(place);
            let near = Area {
                x: (label.x.0 - CLEAR, label.x.1 + CLEAR),
                y: (label.y.0 - CLEAR, label.y.1 + CLEAR),
            };
            let segments = points.windows(2).map(|two| (two[0], two[1]));
            let alone = points.iter().map(|point| (*point, *point));
            let other_lines = lines
                .iter()
                .filter(|(of, _)| of != y && label.y.0 < *of && *of < label.y.1);
            let is_out = label.y.1 > BOTTOM + 4.0 || label.y.0 < 0.0;
            segments
                .chain(alone)
                .filter(|one| near.is_crossed(*one))
                .count()
                + other_lines.count() * 100
                + taken.iter().filter(|one| one.overlaps(label)).count() * 1_000
                + usize::from(is_out) * 1_000
        };
        let place = places.min_by_key(|place| drawn(*place));
        let (x, base, anchor) = place.unwrap_or((MARK_RIGHT - 2.0, y - 5.0, "end"));
        taken.push(area((x, base, anchor)));
        marks.push(Mark {
            y: place_of(*y),
            label: label.clone(),
            label_x: place_of(x),
            label_y: place_of(base),
            anchor,
        });
    }
    marks
}

/// The height at which the value of a lonely point stands: above the point, or below it where there is no room or a line
/// to be watched would strike the words through.
fn beside_point(at: f64, watched: &[(f64, String)]) -> f64 {
    let (above, below) = (at - 12.0, at + 24.0);
    let is_struck = |base: f64| {
        let words = base - LETTER_HEIGHT - 2.0..base + 4.0;
        watched.iter().any(|(line, _)| words.contains(line))
    };
    let has_room_below = below <= BOTTOM;
    match at - TOP < 24.0 {
        true => below,
        false if is_struck(above) && has_room_below && !is_struck(below) => below,
        false => above,
    }
}

struct Scale {
    low: i32,
    high: i32,
    step: i32,
    marks: Vec<i32>,
}

/// At which numbers the questionnaire of the latest report says more than "calm".
fn marks(reports: &[Report], rule: impl Fn(&Questionnaire) -> &NumberRule) -> Vec<i32> {
    reports.first().map_or_else(Vec::new, |latest| {
        rule(&latest.stored.questionnaire).lines()
    })
}

/// A measurement in a chart.
#[derive(Clone, Copy)]
struct Value {
    at: Timestamp,
    is: i32,
    /// Whether the person says that it is wrong: then no line leads through it.
    is_wrong: bool,
}

/// What was measured in reports, in its order, each at its moment in it: what a clock that was ahead has dated would lie outside
/// the picture.
fn values(reports: &[Report], measured: impl Fn(&Report) -> Option<i32>) -> Vec<Value> {
    let values = reports.iter().rev().filter_map(|report| {
        Some(Value {
            at: report.in_order_at,
            is: measured(report)?,
            is_wrong: report.wrong.is_some(),
        })
    });
    values.collect()
}

/// The chart of body temperature; none without a measurement that stands.
pub(crate) fn temperature_chart(t: &Words, member: &Member, reports: &[Report]) -> Option<Chart> {
    let values = values(reports, |report| report.temperature);
    let (low, high) = bounds(&values, 350, 400, 10);
    let scale = Scale {
        low,
        high,
        step: 10,
        marks: marks(reports, |asked| &asked.temperature),
    };
    let write = |value: i32| degrees(value) + " °C";
    draw(
        t,
        member,
        "chart-temperature",
        t.say("temperature"),
        &values,
        &scale,
        &write,
    )
}

/// The chart of oxygen saturation; none without a measurement that stands.
pub(crate) fn spo2_chart(t: &Words, member: &Member, reports: &[Report]) -> Option<Chart> {
    let values = values(reports, |report| report.spo2);
    let (low, _) = bounds(&values, 90, 100, 5);
    let scale = Scale {
        low,
        high: 100,
        step: if low < 80 { 10 } else { 5 },
        marks: marks(reports, |asked| &asked.spo2),
    };
    let write = |value: i32| value.to_string() + " %";
    draw(
        t,
        member,
        "chart-spo2",
        t.say("spo2"),
        &values,
        &scale,
        &write,
    )
}

/// From a usual range, as far as the values need more of it, in whole steps.
fn bounds(values: &[Value], low: i32, high: i32, step: i32) -> (i32, i32) {
    let all = || values.iter().map(|value| value.is);
    let least = all().min().unwrap_or(low).min(low);
    let most = all().max().unwrap_or(high).max(high);
    (
        least.div_euclid(step) * step,
        (most + step - 1).div_euclid(step) * step,
    )
}

/// A place in the picture, to a tenth. Whole numbers are written ten times as fast as fractions, and a chart has dozens.
fn place_of(number: f64) -> String {
    #[allow(clippy::cast_possible_truncation)] // a few thousand at most
    let tenths = (number * 10.0).round() as i32;
    degrees(tenths)
}

/// How far the arms of a cross reach.
const ARM: f64 = 6.0;

/// A cross at a place, as a path.
fn cross((x, y): (f64, f64)) -> String {
    let (left, right) = (place_of(x - ARM), place_of(x + ARM));
    let (top, bottom) = (place_of(y - ARM), place_of(y + ARM));
    format!("M{left} {top}L{right} {bottom}M{right} {top}L{left} {bottom}")
}

fn draw(
    t: &Words,
    member: &Member,
    id: &'static str,
    title: String,
    values: &[Value],
    scale: &Scale,
    write: &dyn Fn(i32) -> String,
) -> Option<Chart> {
    let (first, last) = (values.first()?.at, values.last()?.at);
    let (wrong, stands): (Vec<Value>, Vec<Value>) = values.iter().partition(|value| value.is_wrong);
    let latest = *stands.last()?;
    let span = (last.as_second() - first.as_second()) as f64;
    let x = |at: Timestamp| {
        if span == 0.0 {
            // What was measured at one moment stands in the middle.
            return f64::midpoint(LEFT, RIGHT);
        }
        LEFT + (at.as_second() - first.as_second()) as f64 / span * (RIGHT - LEFT)
    };
    let y = |value: i32| {
        BOTTOM - f64::from(value - scale.low) / f64::from(scale.high - scale.low) * (BOTTOM - TOP)
    };
    let place = |value: &Value| (x(value.at), y(value.is));
    let places: Vec<(f64, f64)> = stands.iter().map(place).collect();
    let points: Vec<(String, String)> = places
        .iter()
        .map(|(x, y)| (place_of(*x), place_of(*y)))
        .collect();
    let ticks = (0..)
        .map(|n| scale.low + n * scale.step)
        .take_while(|value| *value <= scale.high)
        .map(|value| (place_of(y(value)), write(value)))
        .collect();
    let mut days: Vec<(Timestamp, Date)> = Vec::new();
    for value in values {
        let day = value.at.to_zoned(member.center.time_zone.clone()).date();
        if days.last().is_none_or(|(_, before)| *before != day) {
            days.push((value.at, day));
        }
    }
    let every = days.len().div_ceil(NAMED_DAYS);
    let days = days
        .into_iter()
        .step_by(every.max(1))
        .map(|(at, day)| (place_of(x(at)), t.date_short(day)))
        .collect();
    let least = stands.iter().map(|value| value.is).min()?;
    let most = stands.iter().map(|value| value.is).max()?;
    let description = t.with(
        "chart-description",
        &[
            ("count", i64::try_from(stands.len()).unwrap_or(0).into()),
            ("least", write(least).into()),
            ("most", write(most).into()),
            ("latest", write(latest.is).into()),
        ],
    );
    let watched: Vec<(f64, String)> = scale
        .marks
        .iter()
        .filter(|value| (scale.low..=scale.high).contains(*value))
        .map(|value| (y(*value), write(*value)))
        .collect();
    let alone = (stands.len() == 1).then(|| {
        let (across, down) = place(&latest);
        let beside = beside_point(down, &watched);
        (place_of(across), place_of(beside), write(latest.is))
    });
    let crosses: String = wrong.iter().map(|value| cross(place(value))).collect();
    let wrong = (!crosses.is_empty()).then(|| (crosses, t.say("chart-wrong")));
    Some(Chart {
        alone,
        wrong,
        id,
        title,
        description,
        ticks,
        days,
        marks: labelled(&watched, &places),
        line: points
            .iter()
            .flat_map(|(x, y)| [x.as_str(), ",", y.as_str(), " "])
            .collect::<String>()
            .trim_end()
            .to_owned(),
        points,
    })
}

#[cfg(test)]
mod tests {
    use super::{beside_point, labelled};

    #[test]
    fn a_value_is_not_struck_through() {
        let watched = [(100.0, "37.5 °C".to_owned())];
        for (point, words) in [
            // 36.9 °C stands so far below the line that its words would be on it.
            (119.7, 143.7),
            (160.0, 148.0),
            (90.0, 78.0),
            // No room above.
            (30.0, 54.0),
        ] {
            let found = beside_point(point, &watched);
            assert!((found - words).abs() < 0.01, "{point}: {found}");
        }
    }

    #[test]
    fn a_label_stands_where_no_line_runs_through_it() {
        let label = |points: &[(f64, f64)]| {
            let marks = labelled(&[(100.0, "37.5 °C".to_owned())], points);
            (marks[0].anchor, marks[0].label_y.clone())
        };
        let above = "95.0".to_owned();
        let below = "117.0".to_owned();
        assert_eq!(
            label(&[(72.0, 150.0), (324.0, 150.0)]),
            ("end", above.clone())
        );
        // It ends just above the threshold: the label stands at the other end.
        assert_eq!(
            label(&[(72.0, 150.0), (200.0, 150.0), (324.0, 92.0)]),
            ("start", above)
        );
        // It runs along above the threshold: the label stands below.
        assert_eq!(
            label(&[(72.0, 92.0), (324.0, 90.0)]),
            ("end", below.clone())
        );
        // It crosses the threshold at one end, and runs along above it at the other.
        let points = [(72.0, 92.0), (250.0, 92.0), (300.0, 125.0), (324.0, 92.0)];
        assert_eq!(label(&points), ("start", below));
        // Two labels do not stand on each other, nor one in the line of another.
        let two = [(100.0, "38.0 °C".to_owned()), (92.0, "38.2 °C".to_owned())];
        let marks = labelled(&two, &[]);
        assert_ne!(marks[0].label_y, marks[1].label_y);
    }
}
