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
    /// Lines to be watched: where, and what they say.
    marks: Vec<(String, String)>,
    line: String,
    points: Vec<(String, String)>,
    /// What a point that stands alone says, and where.
    alone: Option<(String, String, String)>,
}

// As wide as a phone, so that the letters are not shrunk on one.
const LEFT: f64 = 72.0;
const RIGHT: f64 = 324.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 184.0;
/// The most days that are named below the line.
const NAMED_DAYS: usize = 4;

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

/// The chart of body temperature; none without a measurement.
pub(crate) fn temperature_chart(t: &Words, member: &Member, reports: &[Report]) -> Option<Chart> {
    let values: Vec<(Timestamp, i32)> = reports
        .iter()
        .rev()
        .filter_map(|r| Some((r.measured_at, r.temperature?)))
        .collect();
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

/// The chart of oxygen saturation; none without a measurement.
pub(crate) fn spo2_chart(t: &Words, member: &Member, reports: &[Report]) -> Option<Chart> {
    let values: Vec<(Timestamp, i32)> = reports
        .iter()
        .rev()
        .filter_map(|r| Some((r.measured_at, r.spo2?)))
        .collect();
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
fn bounds(values: &[(Timestamp, i32)], low: i32, high: i32, step: i32) -> (i32, i32) {
    let least = values.iter().map(|(_, v)| *v).min().unwrap_or(low).min(low);
    let most = values
        .iter()
        .map(|(_, v)| *v)
        .max()
        .unwrap_or(high)
        .max(high);
    (
        least.div_euclid(step) * step,
        (most + step - 1).div_euclid(step) * step,
    )
}

/// A place in the picture, to a tenth. Whole numbers are written ten times as fast as fractions, and a chart has dozens.
fn place(number: f64) -> String {
    #[allow(clippy::cast_possible_truncation)] // a few thousand at most
    let tenths = (number * 10.0).round() as i32;
    degrees(tenths)
}

fn draw(
    t: &Words,
    member: &Member,
    id: &'static str,
    title: String,
    values: &[(Timestamp, i32)],
    scale: &Scale,
    write: &dyn Fn(i32) -> String,
) -> Option<Chart> {
    let ((first, _), (last, latest)) = (values.first()?, values.last()?);
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
    let points: Vec<(String, String)> = values
        .iter()
        .map(|(at, value)| (place(x(*at)), place(y(*value))))
        .collect();
    let ticks = (0..)
        .map(|n| scale.low + n * scale.step)
        .take_while(|value| *value <= scale.high)
        .map(|value| (place(y(value)), write(value)))
        .collect();
    let mut days: Vec<(Timestamp, Date)> = Vec::new();
    for (at, _) in values {
        let day = at.to_zoned(member.center.time_zone.clone()).date();
        if days.last().is_none_or(|(_, before)| *before != day) {
            days.push((*at, day));
        }
    }
    let every = days.len().div_ceil(NAMED_DAYS);
    let days = days
        .into_iter()
        .step_by(every.max(1))
        .map(|(at, day)| (place(x(at)), t.date_short(day)))
        .collect();
    let least = values.iter().map(|(_, v)| *v).min()?;
    let most = values.iter().map(|(_, v)| *v).max()?;
    let description = t.with(
        "chart-description",
        &[
            ("count", i64::try_from(values.len()).unwrap_or(0).into()),
            ("least", write(least).into()),
            ("most", write(most).into()),
            ("latest", write(*latest).into()),
        ],
    );
    let alone = (values.len() == 1).then(|| {
        let at = y(*latest);
        let beside = if at - TOP < 24.0 {
            at + 24.0
        } else {
            at - 12.0
        };
        (place(x(*last)), place(beside), write(*latest))
    });
    Some(Chart {
        alone,
        id,
        title,
        description,
        ticks,
        days,
        marks: scale
            .marks
            .iter()
            .filter(|value| (scale.low..=scale.high).contains(*value))
            .map(|value| (place(y(*value)), write(*value)))
            .collect(),
        line: points
            .iter()
            .flat_map(|(x, y)| [x.as_str(), ",", y.as_str(), " "])
            .collect::<String>()
            .trim_end()
            .to_owned(),
        points,
    })
}
