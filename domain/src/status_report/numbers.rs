//! The two numbers of a report, as feverish people type them.

use super::{FieldProblem, Measured, RawReport};
use crate::questionnaire::{NumberRule, Questionnaire};
use crate::text::fold_width;

/// The body temperature in tenths of a degree Celsius.
pub(super) fn temperature(rule: &NumberRule, raw: &RawReport) -> Result<Measured, FieldProblem> {
    let Some(plain) = given(&raw.temperature, raw.temperature_not_measured)? else {
        return Ok(Measured::NotMeasured);
    };
    if let Some(fahrenheit) = ["°f", "℉", "f"].iter().find_map(|f| plain.strip_suffix(f)) {
        let celsius = hundredths(fahrenheit).map(tenths_from_fahrenheit);
        return Err(match celsius.filter(|value| rule.is_possible(*value)) {
            Some(meant) => asked_back(&raw.temperature, meant),
            None => FieldProblem::NotANumber,
        });
    }
    // 36度5分 is 36.5, and so is 36℃5.
    let plain = plain.replace('分', "");
    let plain = ["度", "°c", "℃"]
        .iter()
        .fold(plain, |plain, unit| plain.replace(unit, "."));
    let plain = strip_unit(plain.trim_end_matches('.'), &["c", "°"]);
    let Some(hundredths) = hundredths(plain.trim_end_matches('.')) else {
        // "37.5-38.2", "about 38": the highest of them is what matters.
        let among = numbers_in(&raw.temperature).map(tenths);
        let highest = among.filter(|value| rule.is_plausible(*value)).max();
        return Err(highest.map_or(FieldProblem::NotANumber, |meant| {
            asked_back(&raw.temperature, meant)
        }));
    };
    // A second decimal is rounded: thermometers that show one are no more exact.
    let value = tenths(hundredths);
    let meant = || {
        [
            tenths(hundredths / 10),
            // The point one place too far left: 3.65 for 36.5, keeping every digit that was typed. A single "4" may be
            // the beginning of anything.
            if hundredths % 100 == 0 { 0 } else { hundredths },
            tenths_from_fahrenheit(hundredths),
        ]
        .into_iter()
        .find(|value| rule.is_plausible(*value))
    };
    judge(
        rule,
        &raw.temperature,
        &raw.temperature_confirmed,
        value,
        meant,
    )
}

/// As far as an oximeter's number goes up and down within a minute, in per cent.
const SWING: i32 = 8;
const SPO2_UNITS: &[&str] = &["%", "パーセント"];

/// The oxygen saturation in per cent.
pub(super) fn spo2(
    questionnaire: &Questionnaire,
    raw: &RawReport,
) -> Result<Measured, FieldProblem> {
    let rule = &questionnaire.spo2;
    let Some(plain) = given(&raw.spo2, raw.spo2_not_measured)? else {
        return Ok(Measured::NotMeasured);
    };
    let plain = strip_unit(&plain, SPO2_UNITS);
    if let Some(asked) = like_a_temperature(questionnaire, raw, &plain) {
        return Err(asked);
    }
    let Some(hundredths) = hundredths(&plain) else {
        // An oximeter's number goes up and down: of "88-90", "SpO2 88" and "90以下" the lowest is what matters.
        let among = numbers_in(&raw.spo2).map(|hundredths| hundredths / 100);
        let among: Vec<i32> = among.filter(|value| rule.is_plausible(*value)).collect();
        return Err(match (among.iter().min(), among.iter().max()) {
            (Some(lowest), Some(highest)) if highest - lowest <= SWING => {
                asked_back(&raw.spo2, *lowest)
            }
            // The pulse stands beside it on most oximeters: nobody knows which is which.
            _ => FieldProblem::NotANumber,
        });
    };
    let value = hundredths.saturating_add(50) / 100;
    let below = hundredths / 100;
    if hundredths % 100 != 0 && rule.is_plausible(below) {
        return Err(FieldProblem::WholePercent {
            typed: shown(&raw.spo2),
            meant: below,
        });
    }
    let meant = || {
        // "9.8" is 98; a single "9" could be any of ten values, and one of them is an emergency.
        let misplaced = (hundredths % 100 != 0).then(|| hundredths.saturating_add(5) / 10);
        [Some(value / 10), misplaced, Some(hundredths)]
            .into_iter()
            .flatten()
            .find(|value| rule.is_plausible(*value))
    };
    judge(rule, &raw.spo2, &raw.spo2_confirmed, value, meant)
}

/// A saturation that stands where a temperature is: asked about as such, unless it is possible and was confirmed.
fn like_a_temperature(
    questionnaire: &Questionnaire,
    raw: &RawReport,
    plain: &str,
) -> Option<FieldProblem> {
    let with_unit = ["°c", "℃", "c", "度"]
        .iter()
        .any(|unit| plain.ends_with(unit));
    let bare = strip_unit(plain, &["°c", "℃", "c", "度"]);
    let hundredths = hundredths(&bare)?;
    let whole = (hundredths % 100 == 0 && !with_unit).then_some(hundredths / 100);
    let is_possible = whole.is_some_and(|value| questionnaire.spo2.is_possible(value));
    let is_like = questionnaire.temperature.is_plausible(tenths(hundredths))
        && !questionnaire.spo2.is_plausible(hundredths / 100);
    let is_confirmed = is_possible && whole.is_some_and(|v| raw.spo2_confirmed == v.to_string());
    let temperature = given(&raw.temperature, raw.temperature_not_measured);
    (is_like && !is_confirmed).then(|| FieldProblem::LikeATemperature {
        typed: shown(&raw.spo2),
        whole,
        is_possible,
        is_alone: temperature == Err(FieldProblem::Missing),
    })
}

/// The temperature and the saturation, where each was typed in the other's field.
pub(super) fn swapped(
    questionnaire: &Questionnaire,
    raw: &RawReport,
) -> Option<(Measured, Measured)> {
    let as_typed = (
        temperature(&questionnaire.temperature, raw),
        spo2(questionnaire, raw),
    );
    let (Err(_), Err(FieldProblem::LikeATemperature { .. })) = as_typed else {
        return None;
    };
    let other = RawReport {
        temperature: raw.spo2.clone(),
        spo2: raw.temperature.clone(),
        ..RawReport::default()
    };
    let temperature = temperature(&questionnaire.temperature, &other).ok()?;
    Some((temperature, spo2(questionnaire, &other).ok()?))
}

/// A saturation of two digits that nobody is thought to survive, as a failing oximeter or circulation shows it.
pub(super) fn is_below_all(rule: &NumberRule, raw: &RawReport) -> bool {
    let plain = given(&raw.spo2, raw.spo2_not_measured).ok().flatten();
    let value = plain.and_then(|plain| hundredths(&strip_unit(&plain, SPO2_UNITS)));
    value.is_some_and(|hundredths| (10..rule.possible.0).contains(&(hundredths / 100)))
}

/// The text in plain form, or nothing where `Not measured` was chosen.
fn given(typed: &str, not_measured: bool) -> Result<Option<String>, FieldProblem> {
    let plain: String = fold_width(typed)
        .to_lowercase()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    match (plain.is_empty(), not_measured) {
        (true, true) => Ok(None),
        (true, false) => Err(FieldProblem::Missing),
        (false, true) => Err(FieldProblem::BothGiven),
        (false, false) => Ok(Some(plain)),
    }
}

fn strip_unit(text: &str, units: &[&str]) -> String {
    let stripped = units.iter().find_map(|unit| text.strip_suffix(unit));
    stripped.unwrap_or(text).to_owned()
}

/// A decimal number in hundredths; a comma or a Japanese full stop serves as well as a point.
fn hundredths(text: &str) -> Option<i32> {
    let text = text.replace([',', '、', '。', '・', '､', '｡'], ".");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let fits = digits(whole) && digits(rest) && whole.len() <= 6 && rest.len() <= 6;
    if !fits || (whole.is_empty() && rest.is_empty()) {
        return None;
    }
    let whole: i32 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let rest: i32 = format!("{rest:0<2}").get(..2)?.parse().ok()?;
    whole.checked_mul(100)?.checked_add(rest)
}

fn tenths(hundredths: i32) -> i32 {
    hundredths.saturating_add(5) / 10
}

fn tenths_from_fahrenheit(hundredths: i32) -> i32 {
    let celsius = (i64::from(hundredths) - 3_200) * 5 / 9;
    i32::try_from((celsius + 5) / 10).unwrap_or(i32::MAX)
}

/// The numbers that stand in a text, in hundredths.
fn numbers_in(typed: &str) -> impl Iterator<Item = i32> {
    let plain = fold_width(typed).replace(['度', ','], ".");
    let parts: Vec<i32> = plain
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .filter_map(|part| hundredths(part.trim_matches('.')))
        .collect();
    parts.into_iter()
}

fn asked_back(typed: &str, meant: i32) -> FieldProblem {
    FieldProblem::DidYouMean {
        typed: shown(typed),
        meant,
    }
}

/// What was typed, for asking back.
pub(super) fn shown(typed: &str) -> String {
    typed.trim().chars().take(20).collect()
}

fn judge(
    rule: &NumberRule,
    typed: &str,
    confirmed: &str,
    value: i32,
    meant: impl Fn() -> Option<i32>,
) -> Result<Measured, FieldProblem> {
    if rule.is_plausible(value) || (rule.is_possible(value) && confirmed == value.to_string()) {
        Ok(Measured::Value(value))
    } else if let Some(meant) = meant() {
        Err(asked_back(typed, meant))
    } else if rule.is_possible(value) {
        Err(FieldProblem::Unlikely { value })
    } else {
        Err(FieldProblem::Impossible {
            low: rule.possible.0,
            high: rule.possible.1,
        })
    }
}
