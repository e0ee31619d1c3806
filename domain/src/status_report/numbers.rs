//! The two numbers of a report, as feverish people type them.

use super::{FieldProblem, Measured, RawReport};
use crate::questionnaire::{NumberRule, Questionnaire};
use crate::text::fold_width;
use std::ops::RangeInclusive;

/// What was read in a field.
pub(super) type Read = Result<Measured, FieldProblem>;

/// The body temperature in tenths of a degree Celsius.
pub(super) fn temperature(rule: &NumberRule, raw: &RawReport) -> Result<Measured, FieldProblem> {
    match as_thermometers_show(&raw.temperature) {
        Some(tenths) if !raw.temperature_not_measured && rule.is_plausible(tenths) => {
            Ok(Measured::Value(tenths))
        }
        _ => temperature_in_words(rule, raw),
    }
}

/// Tenths, of a text such as `36.5`, as nearly everybody types it; nothing else has to be thought of then, and this is done
/// with every report on the one thread that writes.
fn as_thermometers_show(typed: &str) -> Option<i32> {
    match typed.as_bytes() {
        [
            tens @ b'0'..=b'9',
            ones @ b'0'..=b'9',
            b'.',
            tenths @ b'0'..=b'9',
        ] => Some([tens, ones, tenths].into_iter().fold(0, one_digit_more)),
        _ => None,
    }
}

/// Per cent, of a text such as `97`.
fn as_oximeters_show(typed: &str) -> Option<i32> {
    let digits = typed.as_bytes();
    let is_plain = (2..=3).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    is_plain.then(|| digits.iter().fold(0, one_digit_more))
}

fn one_digit_more(number: i32, digit: &u8) -> i32 {
    number * 10 + i32::from(digit - b'0')
}

/// The same for whatever is typed.
fn temperature_in_words(rule: &NumberRule, raw: &RawReport) -> Result<Measured, FieldProblem> {
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
    if stand_apart(&raw.temperature) {
        return Err(FieldProblem::SeveralNumbers);
    }
    let plain = with_points(&plain);
    let plain = strip_unit(plain.trim_end_matches('.'), &["c", "°"]);
    let Some(hundredths) = hundredths(plain.trim_end_matches('.')) else {
        return Err(among_words(rule, &raw.temperature));
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

/// What is asked about a temperature that stands among words, or beside another one.
fn among_words(rule: &NumberRule, typed: &str) -> FieldProblem {
    let among = numbers_in(typed).filter(|hundredths| rule.is_plausible(tenths(*hundredths)));
    let among: Vec<i32> = among.collect();
    match among.iter().max() {
        // "37.5-38.2", "about 38.4": the highest of them is what matters. Of whole degrees the rest may stand in what was
        // not understood, as in "38度台": what is suggested would be too low.
        Some(highest) if highest % 100 != 0 && (among.len() == 1 || is_range(typed)) => {
            asked_back(typed, tenths(*highest))
        }
        Some(_) if among.len() > 1 => FieldProblem::SeveralNumbers,
        _ => FieldProblem::NotANumber,
    }
}

/// The highest number of a text that is plausible: a fever is no less than it, and of a saturation and a pulse the
/// saturation is no more. In the unit of the rule, which has this many hundredths.
pub(super) fn highest(rule: &NumberRule, typed: &str, hundredths: i32) -> Measured {
    let among = numbers_in(typed).map(|number| number / hundredths);
    let highest = among.filter(|value| rule.is_plausible(*value)).max();
    highest.map_or(Measured::NotMeasured, Measured::Value)
}

/// As far as an oximeter's number goes up and down within a minute, in per cent.
const SWING: i32 = 8;
const SPO2_UNITS: &[&str] = &["%", "パーセント"];

/// The oxygen saturation in per cent.
pub(super) fn spo2(
    questionnaire: &Questionnaire,
    raw: &RawReport,
) -> Result<Measured, FieldProblem> {
    match as_oximeters_show(&raw.spo2) {
        Some(value) if !raw.spo2_not_measured && questionnaire.spo2.is_plausible(value) => {
            Ok(Measured::Value(value))
        }
        _ => spo2_in_words(questionnaire, raw),
    }
}

/// The same for whatever is typed.
fn spo2_in_words(questionnaire: &Questionnaire, raw: &RawReport) -> Result<Measured, FieldProblem> {
    let rule = &questionnaire.spo2;
    let Some(plain) = given(&raw.spo2, raw.spo2_not_measured)? else {
        return Ok(Measured::NotMeasured);
    };
    // An oximeter shows no two decimals: of "95.88" one number is the pulse, as it is of "95 88".
    let are_beside = || {
        let parts = plain.split(|c: char| !c.is_ascii_digit());
        let numbers = parts.filter_map(|part| part.parse().ok());
        numbers.filter(|part| rule.is_plausible(*part)).count() > 1 && !is_range(&plain)
    };
    if stand_apart(&raw.spo2) || are_beside() {
        return Err(FieldProblem::SeveralNumbers);
    }
    let plain = strip_unit(&plain, SPO2_UNITS);
    if let Some(asked) = like_a_temperature(questionnaire, raw, &plain) {
        return Err(asked);
    }
    let Some(hundredths) = hundredths(&plain) else {
        // An oximeter's number goes up and down: of "88-90", "SpO2 88" and "90以下" the lowest is what matters.
        // What lies further apart is a pulse beside it, and nobody knows which is which.
        let among = numbers_in(&raw.spo2).map(|hundredths| hundredths / 100);
        let among: Vec<i32> = among.filter(|value| rule.is_plausible(*value)).collect();
        return Err(match (among.iter().min(), among.iter().max()) {
            (Some(lowest), Some(highest)) if highest - lowest <= SWING => {
                asked_back(&raw.spo2, *lowest)
            }
            (Some(_), _) => FieldProblem::SeveralNumbers,
            _ => FieldProblem::NotANumber,
        });
    };
    // Of two whole numbers the lower one is what matters, here as in a range.
    let value = hundredths / 100;
    let has_decimals = hundredths % 100 != 0;
    if has_decimals && rule.is_plausible(value) {
        return Err(FieldProblem::WholePercent {
            typed: shown(&raw.spo2),
            meant: value,
        });
    }
    let meant = || {
        // "9.8" is 98, and so is "0.98"; a single "9" could be any of ten values, and one of them is an emergency. A single "1"
        // may be the end of 91 or 81, and is no 100 %.
        let misplaced = has_decimals.then_some([hundredths / 10, hundredths]);
        [value / 10]
            .into_iter()
            .chain(misplaced.into_iter().flatten())
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

/// Both numbers, or what is wrong with each.
pub(super) fn both(questionnaire: &Questionnaire, raw: &RawReport) -> (Read, Read) {
    let temperature = temperature(&questionnaire.temperature, raw);
    (temperature, spo2(questionnaire, raw))
}

/// The temperature and the saturation, where each was typed in the other's field. `as_typed`: what was read there.
pub(super) fn swapped(
    questionnaire: &Questionnaire,
    raw: &RawReport,
    as_typed: (&Read, &Read),
) -> Option<(Measured, Measured)> {
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

/// What was typed, with every number read as if `Not measured` had not been chosen beside it: nobody knows which of the two
/// is meant, and the number may be a danger.
pub(super) fn as_measured(raw: &RawReport) -> RawReport {
    RawReport {
        temperature_not_measured: raw.temperature_not_measured
            && plain(&raw.temperature).is_empty(),
        spo2_not_measured: raw.spo2_not_measured && plain(&raw.spo2).is_empty(),
        ..raw.clone()
    }
}

/// A text of a field of numbers in plain form.
fn plain(typed: &str) -> String {
    let folded = fold_width(typed).to_lowercase();
    folded.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The text in plain form, or nothing where `Not measured` was chosen.
fn given(typed: &str, not_measured: bool) -> Result<Option<String>, FieldProblem> {
    let plain = plain(typed);
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

/// What serves as well as a decimal point: a comma, a Japanese full stop, a dot in the middle, the mark of an Arabic
/// keyboard.
const POINTS: [char; 12] = [
    ',', '、', '。', '・', '､', '｡', '·', '•', '‧', '∙', '⋅', '٫',
];

/// What is typed for a point where it lies beside it on a keyboard, or on paper looks like it.
const NEARLY_POINTS: [char; 13] = [
    '\'', '’', '‘', '′', '`', ':', ';', '-', '‐', '–', '−', 'ー', '_',
];

/// What stands between the two ends of a range.
const RANGE: [char; 10] = ['-', '‐', '–', '—', '−', '~', '〜', '∼', 'ー', '―'];

fn is_range(typed: &str) -> bool {
    fold_width(typed).contains(RANGE)
}

/// Whether spaces part several numbers of two digits and more. Put together they would be another number; "3 8 . 5" is
/// one.
fn stand_apart(typed: &str) -> bool {
    let folded = fold_width(typed);
    let numbers = folded.split_whitespace().filter(|part| {
        let number = part.trim_matches(|c: char| !c.is_ascii_digit());
        let whole = number.bytes().take_while(u8::is_ascii_digit).count();
        whole > 1 && hundredths(number).is_some()
    });
    numbers.count() > 1
}

/// Two digits that are a body temperature on their own: behind a comma they are as well another measurement as decimals.
const WHOLE_DEGREES: RangeInclusive<u32> = 34..=42;

/// A text of the field of temperatures, folded and in small letters, with points for all that stands for one: 36度5分 is
/// 36.5, and so are 36℃5, 36度半 and 36'5. What parts two numbers becomes a space: 36、40 is no 36.40.
fn with_points(text: &str) -> String {
    let text = text.replace("°c", "度").replace('℃', "度");
    let mut plain = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let behind = &text[at + c.len_utf8()..];
        match c {
            '分' => {}
            '半' if plain.ends_with('.') => plain.push('5'),
            '半' => plain.push_str(".5"),
            c if is_point(c) && parts_numbers(c, &plain, behind) => plain.push(' '),
            c if is_point(c) => plain.push('.'),
            c if NEARLY_POINTS.contains(&c)
                && ends_in_whole_degrees(&plain)
                && begins_with_decimals(behind) =>
            {
                plain.push('.');
            }
            c => plain.push(c),
        }
    }
    plain
}

fn is_point(c: char) -> bool {
    matches!(c, '.' | '度') || POINTS.contains(&c)
}

/// Whether a sign that may be a point stands between two numbers: where the one before it has a point already, or where a
/// comma, and whatever else also parts the words of a list, is followed by a body temperature of its own.
fn parts_numbers(sign: char, before: &str, behind: &str) -> bool {
    let number = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = before[number.len()..].trim_start_matches('.');
    let rest = behind.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &behind[..behind.len() - rest.len()];
    let is_another = || {
        // 36度40分 says itself that these are decimals.
        !matches!(sign, '.' | '٫')
            && number.len() > 1
            && digits.len() == 2
            && digits
                .parse::<u32>()
                .is_ok_and(|it| WHOLE_DEGREES.contains(&it))
            && !rest.starts_with('分')
    };
    !digits.is_empty() && (number.contains('.') || is_another())
}

fn ends_in_whole_degrees(text: &str) -> bool {
    let before = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - before.len();
    (2..=3).contains(&digits) && !before.ends_with('.')
}

/// One digit, or two that are neither a temperature nor a saturation of their own.
fn begins_with_decimals(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &text[..text.len() - rest.len()];
    let is_another = |number: u32| (30..=45).contains(&number) || number >= 70;
    !rest.starts_with(|c: char| is_point(c) || c == '半')
        && match digits.len() {
            1 => true,
            2 => digits.parse().is_ok_and(|number| !is_another(number)),
            _ => false,
        }
}

/// A decimal number in hundredths.
fn hundredths(text: &str) -> Option<i32> {
    let text = text.replace(POINTS, ".");
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
    let plain = with_points(&fold_width(typed).to_lowercase());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questionnaire::shipped;

    #[test]
    fn what_is_read_at_a_glance_is_read_as_it_would_be_at_length() {
        for questionnaire in shipped() {
            let rule = &questionnaire.temperature;
            for not_measured in [false, true] {
                for tenths in 0..1_000 {
                    let raw = RawReport {
                        temperature: format!("{:02}.{}", tenths / 10, tenths % 10),
                        temperature_not_measured: not_measured,
                        ..RawReport::default()
                    };
                    assert_eq!(as_thermometers_show(&raw.temperature), Some(tenths));
                    assert_eq!(temperature(rule, &raw), temperature_in_words(rule, &raw));
                }
                for value in 0..1_000 {
                    for typed in [format!("{value:02}"), format!("{value:03}")] {
                        let raw = RawReport {
                            spo2: typed,
                            spo2_not_measured: not_measured,
                            ..RawReport::default()
                        };
                        let at_length = spo2_in_words(&questionnaire, &raw);
                        assert_eq!(spo2(&questionnaire, &raw), at_length, "{}", raw.spo2);
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_else_is_read_at_a_glance() {
        for typed in [
            "",
            "3",
            "365",
            "36,5",
            "36.",
            "36.55",
            "36. 5",
            "３６.５",
            "-6.5",
            "36.x",
        ] {
            assert_eq!(as_thermometers_show(typed), None, "{typed}");
        }
        for typed in ["", "9", "0098", "9 8", "98%", "９８", "-98", "9.8"] {
            assert_eq!(as_oximeters_show(typed), None, "{typed}");
        }
    }
}
