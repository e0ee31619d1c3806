//! The numbers of a file of rules as fields of a form: read from the file and written back into it, with all else, the
//! comments too, left as it stands.

mod one;
mod specs;

pub(super) use one::{understood, written};
pub use specs::{FieldSpec, Unit, fields};

use super::{FileError, RuleKind, document, no_rule, only_table};
use crate::text::fold_width;
use one::{day_list, is_same};
use specs::{COURSE, ISOLATION};
use toml_edit::{InlineTable, Item, Table, TableLike, value};

/// Parts that a rule may leave out as a whole, each with a field without which it makes no sense.
const OPTIONAL_PARTS: &[(&str, &str)] = &[
    ("infant", "infant.below_days"),
    ("infant", "infant.at_or_above"),
    ("silence", "silence.hours"),
];

/// Of a part that may be left out: whether it is left out, by what was typed; `None` where it may not.
fn is_left_out(part: Option<&str>, typed: &[(String, String)]) -> Option<bool> {
    let part = part?;
    OPTIONAL_PARTS.iter().find(|(name, _)| *name == part)?;
    let own = |name: &str| split(name).0 == Some(part);
    // What is chosen from a list is never empty, and means nothing without the rest.
    let is_chosen = |name: &str| {
        COURSE
            .iter()
            .any(|spec| spec.name == name && matches!(spec.unit, Unit::OneOf(_)))
    };
    let filled = |(name, words): &(String, String)| {
        own(name) && !is_chosen(name) && !words.trim().is_empty()
    };
    Some(!typed.iter().any(filled))
}

/// The part of a kind that says how negative tests set free early: left out as a whole, or there as a whole.
const TEST: &str = ".negative_test.";

/// From where to where a field may lie in view of what was typed into the others: whoever is observed is so at least for as
/// long as they isolate; whoever is at risk is silent no later than others, and an alert comes no sooner than that; tests
/// set free from the last of them on, and within the days of isolation.
pub fn range_beside(spec: &FieldSpec, typed: &[(String, String)]) -> (i64, i64) {
    let (low, high) = spec.range;
    let number = |name: &str| {
        let (_, words) = typed.iter().find(|(other, _)| other == name)?;
        let number = fold_width(words).trim().parse::<i64>().ok()?;
        (low..=high).contains(&number).then_some(number)
    };
    if let Some((part, key)) = spec.name.split_once(TEST) {
        let most = number(&format!("{part}.days")).unwrap_or(high);
        let (_, tests) = match typed
            .iter()
            .find(|(name, _)| *name == format!("{part}{TEST}days"))
        {
            Some(tests) if key != "days" => tests,
            _ => return (low, most),
        };
        let last = day_list(tests, (low, most)).and_then(|days| days.last().copied());
        return (last.unwrap_or(low).max(low), most);
    }
    match spec.name {
        "silence.at_risk_hours" => (low, number("silence.hours").unwrap_or(high)),
        "silence.alert_after_hours" => {
            let silent = number("silence.at_risk_hours").or_else(|| number("silence.hours"));
            (silent.unwrap_or(low), high)
        }
        name => {
            let days = name
                .strip_suffix(".observe_days")
                .and_then(|part| number(&format!("{part}.days")));
            (days.unwrap_or(low), high)
        }
    }
}

fn split(name: &str) -> (Option<&str>, &str) {
    name.rsplit_once('.')
        .map_or((None, name), |(table, key)| (Some(table), key))
}

/// What stands in a file with one rule, by field; empty where it is left out.
///
/// # Errors
/// What is wrong where the file cannot be read.
pub fn values(kind: RuleKind, text: &str) -> Result<Vec<(&'static str, String)>, FileError> {
    let mut document = document(text)?;
    let table = only_table(&mut document, kind).ok_or_else(|| no_rule(kind))?;
    Ok(fields(kind)
        .iter()
        .map(|spec| {
            let (part, key) = split(spec.name);
            let item = match part {
                Some(part) => {
                    let mut steps = part.split('.');
                    let first = steps.next().and_then(|step| table.get(step));
                    steps
                        .fold(first, |found, step| found?.get(step))
                        .and_then(|found| found.get(key))
                }
                None => table.get(key),
            };
            let words = item
                .and_then(Item::as_value)
                .and_then(|item| written(spec, item));
            (spec.name, words.unwrap_or_default())
        })
        .collect())
}

/// The first field of a file with one rule in which a number lies where a form does not take it. What is left out is none.
///
/// # Errors
/// What is wrong where the file cannot be read.
pub(super) fn out_of_range(
    kind: RuleKind,
    text: &str,
) -> Result<Option<&'static FieldSpec>, FileError> {
    let is_number = |unit| {
        !matches!(
            unit,
            Unit::Words | Unit::Lines | Unit::OneOf(_) | Unit::DayList
        )
    };
    let stands = values(kind, text)?;
    Ok(fields(kind).iter().find(|spec| {
        let words = stands.iter().find(|(name, _)| *name == spec.name);
        words.is_some_and(|(_, words)| {
            is_number(spec.unit) && !words.is_empty() && understood(spec, words).is_none()
        })
    }))
}

/// Writes how negative tests set free early, as a whole, or leaves it out.
fn apply_tests(
    table: &mut dyn TableLike,
    part: &str,
    typed: &[(String, String)],
    wrong: &mut Vec<&'static str>,
) {
    let own = |key: &str| {
        let name = format!("{part}{TEST}{key}");
        let spec = ISOLATION.iter().find(|spec| spec.name == name)?;
        let (_, words) = typed.iter().find(|(other, _)| *other == name)?;
        let beside = FieldSpec {
            range: range_beside(spec, typed),
            ..*spec
        };
        let is_empty = words.trim().is_empty();
        Some((
            key.to_owned(),
            spec.name,
            is_empty,
            understood(&beside, words),
        ))
    };
    let (Some(days), Some(free)) = (own("days"), own("free_from_day")) else {
        return;
    };
    let Some(kind) = table.get_mut(part).and_then(Item::as_table_like_mut) else {
        return;
    };
    let name = TEST.trim_matches('.');
    if days.2 && free.2 {
        kind.remove(name);
        return;
    }
    if !kind.contains_key(name) {
        kind.insert(name, value(InlineTable::new()));
    }
    let Some(tests) = kind.get_mut(name).and_then(Item::as_table_like_mut) else {
        wrong.push(days.1);
        return;
    };
    for (key, name, _, understood) in [days, free] {
        match understood {
            None => wrong.push(name),
            Some(new) => {
                let stands = tests.get(&key).and_then(Item::as_value);
                if !stands.is_some_and(|stands| is_same(stands, &new)) {
                    tests.insert(&key, value(new));
                }
            }
        }
    }
}

/// Writes fields into a file with one rule.
///
/// # Errors
/// The names of the fields that cannot be meant.
pub fn apply(
    kind: RuleKind,
    text: &str,
    typed: &[(String, String)],
) -> Result<String, Vec<&'static str>> {
    let all = || {
        fields(kind)
            .iter()
            .map(|spec| spec.name)
            .collect::<Vec<_>>()
    };
    let mut document = document(text).map_err(|_| all())?;
    let table = only_table(&mut document, kind).ok_or_else(all)?;
    let mut wrong = Vec::new();
    for spec in fields(kind) {
        let Some((_, words)) = typed.iter().find(|(name, _)| name == spec.name) else {
            continue;
        };
        if let Some((part, _)) = spec.name.split_once(TEST) {
            // Both fields at once, where the first of them comes.
            if spec.unit == Unit::DayList {
                apply_tests(table, part, typed, &mut wrong);
            }
            continue;
        }
        let (part, key) = split(spec.name);
        let is_empty = words.trim().is_empty();
        // Texts that a file of an earlier release has no part for get one.
        if let (Some(part), RuleKind::Messages, false) = (part, kind, is_empty)
            && !table.contains_key(part)
        {
            table.insert(part, Item::Table(Table::new()));
        }
        match (part, is_left_out(part, typed)) {
            (Some(part), Some(true)) => {
                table.remove(part);
                continue;
            }
            (Some(part), Some(false)) if !table.contains_key(part) => {
                table.insert(part, Item::Table(Table::new()));
            }
            _ => {}
        }
        if is_empty
            && OPTIONAL_PARTS
                .iter()
                .any(|(_, needed)| *needed == spec.name)
        {
            wrong.push(spec.name);
            continue;
        }
        let target = match part {
            None => Some(&mut *table as &mut dyn toml_edit::TableLike),
            Some(part) => table.get_mut(part).and_then(Item::as_table_like_mut),
        };
        let beside = FieldSpec {
            range: range_beside(spec, typed),
            ..*spec
        };
        match (target, understood(&beside, words)) {
            // A part that the file leaves out as a whole stays out: that is for whoever edits the text.
            (None, _) if is_empty => {}
            (Some(target), _) if is_empty && spec.is_optional => {
                target.remove(key);
            }
            (Some(target), Some(new)) => {
                let stands = target.get(key).and_then(Item::as_value);
                if !stands.is_some_and(|stands| is_same(stands, &new)) {
                    target.insert(key, value(new));
                }
            }
            _ => wrong.push(spec.name),
        }
    }
    if wrong.is_empty() {
        Ok(document.to_string())
    } else {
        Err(wrong)
    }
}

#[cfg(test)]
mod tests;
