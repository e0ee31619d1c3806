//! The numbers of a questionnaire from which on a measurement calls for attention.

use super::super::Unit;
use super::entry::{Entry, NumberField, Part, level_of, level_word, put, typed_in};
use crate::urgency::Level;
use toml_edit::{Array, InlineTable, Item, Table, Value};

const PARTS: [(Part, Unit); 2] = [
    (Part::Temperature, Unit::Degrees),
    (Part::Spo2, Unit::Percent),
];

/// The words in the file for a number from which upward, and downward, a level is reached.
const ABOVE: &str = "at_or_above";
const BELOW: &str = "at_or_below";

fn is_above(threshold: &InlineTable) -> bool {
    threshold.contains_key(ABOVE)
}

const fn key(is_above: bool) -> &'static str {
    if is_above { ABOVE } else { BELOW }
}

/// The lowest and the highest number that a living person can have.
fn possible(table: &Table, part: Part) -> Option<(i64, i64)> {
    let range = table.get(part.word())?.get("possible")?.as_array()?;
    let at = |at| range.get(at).and_then(Value::as_integer);
    Some((at(0)?, at(1)?))
}

fn entry(
    (part, unit): (Part, Unit),
    range: (i64, i64),
    at: usize,
    threshold: &InlineTable,
) -> Option<Entry> {
    let is_above = is_above(threshold);
    let name = format!("{}.{at}", part.word());
    let level = threshold.get("level").and_then(Value::as_str);
    Some(Entry {
        number: Some(NumberField {
            name: format!("{name}.number"),
            unit,
            range,
            is_above,
            value: threshold.get(key(is_above))?.as_integer()?,
        }),
        name,
        part,
        id: String::new(),
        words: Vec::new(),
        level: Some(level.and_then(level_of).unwrap_or(Level::Calm)),
        is_required: None,
        place: at + 1,
        may_go: true,
    })
}

pub(super) fn entries(table: &Table) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (part, unit) in PARTS {
        let thresholds = table
            .get(part.word())
            .and_then(|rule| rule.get("thresholds"))
            .and_then(Item::as_array);
        let (Some(range), Some(thresholds)) = (possible(table, part), thresholds) else {
            continue;
        };
        for (at, one) in thresholds.iter().enumerate() {
            let one = one.as_inline_table();
            entries.extend(one.and_then(|one| entry((part, unit), range, at, one)));
        }
    }
    entries
}

pub(super) fn write(table: &mut Table, entries: &[Entry], typed: &[(String, String)]) {
    for (part, _) in PARTS {
        let thresholds = table
            .get_mut(part.word())
            .and_then(|rule| rule.get_mut("thresholds"))
            .and_then(Item::as_array_mut);
        if let Some(thresholds) = thresholds {
            write_part(thresholds, entries.iter().filter(|e| e.part == part), typed);
        }
    }
}

fn write_part<'a>(
    thresholds: &mut Array,
    entries: impl DoubleEndedIterator<Item = &'a Entry>,
    typed: &[(String, String)],
) {
    // From the end on, so that what goes moves none that is still to be looked at.
    for entry in entries.rev() {
        let at = entry.place - 1;
        if entry.is_gone(typed) {
            thresholds.remove(at);
            continue;
        }
        let one = thresholds.get_mut(at).and_then(Value::as_inline_table_mut);
        let (Some(one), Some(number)) = (one, &entry.number) else {
            continue;
        };
        let new = typed_in(typed, &number.name).and_then(|words| number.understood(words));
        if let Some(new) = new.filter(|new| *new != number.value) {
            put(one, key(number.is_above), new);
        }
        let chosen = typed_in(typed, &entry.level_name()).and_then(level_of);
        if let Some(level) = chosen.filter(|level| Some(*level) != entry.level) {
            put(one, "level", level_word(level));
        }
    }
}
