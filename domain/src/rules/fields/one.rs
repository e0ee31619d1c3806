//! One value of a field: as it is typed, and as it stands in the file.

use super::specs::{FieldSpec, Unit};
use crate::text::fold_width;
use toml_edit::{Array, Value};

/// Days with commas or blanks between them, in their order and each once.
pub(super) fn day_list(typed: &str, (low, high): (i64, i64)) -> Option<Vec<i64>> {
    let text = fold_width(typed);
    let days: Option<Vec<i64>> = text
        .split([',', '、', ' '])
        .filter(|day| !day.is_empty())
        .map(|day| day.parse().ok())
        .collect();
    days.filter(|days| {
        let is_within = days.iter().all(|day| (low..=high).contains(day));
        !days.is_empty() && is_within && days.is_sorted_by(|a, b| a < b)
    })
}

pub(in crate::rules) fn written(spec: &FieldSpec, item: &Value) -> Option<String> {
    match spec.unit {
        Unit::DayList => {
            let days = item.as_array()?.iter().map(Value::as_integer);
            let days: Option<Vec<String>> = days.map(|day| Some(day?.to_string())).collect();
            Some(days?.join(", "))
        }
        Unit::Words | Unit::OneOf(_) => item.as_str().map(str::to_owned),
        Unit::Lines => item.as_str().map(|text| text.trim().to_owned()),
        Unit::Degrees => {
            let tenths = item.as_integer()?;
            Some(format!("{}.{}", tenths / 10, tenths % 10))
        }
        _ => Some(item.as_integer()?.to_string()),
    }
}

/// What was typed, as it stands in the file; `None`: it cannot be meant.
pub(in crate::rules) fn understood(spec: &FieldSpec, typed: &str) -> Option<Value> {
    let text = fold_width(typed);
    let text = text.trim();
    let (low, high) = spec.range;
    let number = match spec.unit {
        Unit::Words => {
            let length = i64::try_from(typed.trim().chars().count()).ok()?;
            return (low..=high).contains(&length).then(|| typed.trim().into());
        }
        Unit::Lines => {
            // Browsers send lines with both ends; files have one.
            let typed = typed.replace("\r\n", "\n");
            let length = i64::try_from(typed.trim().chars().count()).ok()?;
            let text = format!("{}\n", typed.trim());
            return (low..=high).contains(&length).then(|| text.into());
        }
        Unit::DayList => {
            let days = day_list(text, spec.range)?;
            return Some(days.into_iter().collect::<Array>().into());
        }
        Unit::OneOf(all) => {
            let chosen = all.iter().find(|word| **word == text)?;
            return Some((*chosen).into());
        }
        Unit::Degrees => {
            let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
            if tenth.len() != 1 {
                return None;
            }
            whole.parse::<u16>().ok().map(i64::from)? * 10
                + tenth.parse::<u8>().ok().map(i64::from)?
        }
        _ => text.parse().ok()?,
    };
    (low..=high).contains(&number).then(|| number.into())
}

/// Whether two values say the same, however they are written.
pub(super) fn is_same(one: &Value, other: &Value) -> bool {
    if let (Some(one), Some(other)) = (one.as_array(), other.as_array()) {
        let days = |all: &Array| all.iter().map(Value::as_integer).collect::<Vec<_>>();
        return days(one) == days(other);
    }
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => one.trim() == other.trim(),
        _ => one.as_integer().is_some() && one.as_integer() == other.as_integer(),
    }
}
