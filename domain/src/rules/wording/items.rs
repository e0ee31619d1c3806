//! The items of a notification.

use super::super::keep_asked_items;
use super::entry::{Entry, Part, WordKind, Wording, wordings, write_words};
use crate::notification::core_item;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

/// Where an item is defined.
fn definition<'a>(document: &'a DocumentMut, id: &str) -> Option<&'a dyn TableLike> {
    document
        .get("item")?
        .as_table_like()?
        .get(id)?
        .as_table_like()
}

fn set(document: &DocumentMut) -> Option<&Table> {
    document.get("set")?.as_array_of_tables()?.get(0)
}

fn ids(set: &Table, key: &str) -> Vec<String> {
    set.get(key)
        .and_then(Item::as_array)
        .map(|all| {
            let texts = all.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        })
        .unwrap_or_default()
}

/// The answers to choose from: their ids and their words.
fn options(definition: &dyn TableLike) -> impl Iterator<Item = (&str, &dyn TableLike)> {
    let all = definition.get("options").and_then(Item::as_array);
    all.into_iter().flatten().filter_map(|option| {
        let option = option.as_inline_table()?;
        let label = option.get("label")?.as_inline_table()?;
        Some((option.get("id")?.as_str()?, label as &dyn TableLike))
    })
}

fn words(definition: &dyn TableLike, name: &str) -> Vec<Wording> {
    let of = |key: &str| definition.get(key).and_then(Item::as_table_like);
    let mut words = wordings(of("label"), &format!("{name}.label"), &WordKind::Label).to_vec();
    if let Some(unit) = of("unit") {
        words.extend(wordings(
            Some(unit),
            &format!("{name}.unit"),
            &WordKind::Unit,
        ));
    }
    for (id, label) in options(definition) {
        let kind = WordKind::Choice(id.to_owned());
        words.extend(wordings(Some(label), &format!("{name}.is.{id}"), &kind));
    }
    words
}

pub(super) fn entries(document: &DocumentMut) -> Vec<Entry> {
    let Some(set) = set(document) else {
        return Vec::new();
    };
    let required = ids(set, "required");
    let asked = ids(set, "items").into_iter().enumerate();
    asked
        .filter_map(|(at, id)| {
            let name = format!("item.{id}");
            let is_core = core_item::ALL.contains(&id.as_str());
            // Without some nobody can be registered, and not everybody has a name in Latin letters.
            let is_fixed =
                core_item::ALWAYS_REQUIRED.contains(&id.as_str()) || id == core_item::NAME_LATIN;
            Some(Entry {
                words: words(definition(document, &id)?, &name),
                name,
                part: Part::Items,
                number: None,
                level: None,
                is_required: (!is_fixed).then(|| required.contains(&id)),
                place: at + 1,
                may_go: !is_core,
                id,
            })
        })
        .collect()
}

pub(super) fn write(document: &mut DocumentMut, entries: &[Entry], typed: &[(String, String)]) {
    let defined = document.get_mut("item").and_then(Item::as_table_like_mut);
    if let Some(defined) = defined {
        for entry in entries {
            let one = defined.get_mut(&entry.id);
            if let Some(one) = one.and_then(Item::as_table_like_mut) {
                write_item(one, entry, typed);
            }
        }
    }
    let Some(set) = document
        .get_mut("set")
        .and_then(Item::as_array_of_tables_mut)
        .and_then(|sets| sets.get_mut(0))
    else {
        return;
    };
    let mut kept: Vec<&Entry> = entries.iter().filter(|e| !e.is_gone(typed)).collect();
    kept.sort_by_key(|entry| entry.rank(typed));
    if let Some(items) = set.get_mut("items").and_then(Item::as_array_mut) {
        let wished: Vec<&str> = kept.iter().map(|entry| entry.id.as_str()).collect();
        put_in_order(items, &wished);
    }
    if let Some(required) = set.get_mut("required").and_then(Item::as_array_mut) {
        for entry in entries {
            let at = required
                .iter()
                .position(|id| id.as_str() == Some(entry.id.as_str()));
            let wished = !entry.is_gone(typed) && entry.requires(typed).unwrap_or(at.is_some());
            match (at, wished) {
                (None, true) => required.push(entry.id.as_str()),
                (Some(at), false) => {
                    required.remove(at);
                }
                _ => {}
            }
        }
    }
    if kept.len() < entries.len() {
        keep_asked_items(document);
    }
}

fn write_item(one: &mut dyn TableLike, entry: &Entry, typed: &[(String, String)]) {
    for (key, kind) in [("label", WordKind::Label), ("unit", WordKind::Unit)] {
        if let Some(table) = one.get_mut(key).and_then(Item::as_table_like_mut) {
            let words = entry.words.iter().filter(|one| one.kind == kind);
            write_words(table, typed, words);
        }
    }
    let all = one.get_mut("options").and_then(Item::as_array_mut);
    for option in all.into_iter().flat_map(Array::iter_mut) {
        let Some(option) = option.as_inline_table_mut() else {
            continue;
        };
        let id = option.get("id").and_then(Value::as_str).unwrap_or_default();
        let kind = WordKind::Choice(id.to_owned());
        let label = option.get_mut("label");
        if let Some(label) = label.and_then(Value::as_inline_table_mut) {
            let words = entry.words.iter().filter(|one| one.kind == kind);
            write_words(label, typed, words);
        }
    }
}

/// Puts ids in an order, and takes out those that are not in it; line breaks stay where they are.
fn put_in_order(items: &mut Array, wished: &[&str]) {
    let stood = items.iter().filter_map(Value::as_str);
    if stood.eq(wished.iter().copied()) {
        return;
    }
    items.retain(|id| id.as_str().is_some_and(|id| wished.contains(&id)));
    for (id, value) in wished.iter().zip(items.iter_mut()) {
        let mut new = Value::from(*id);
        *new.decor_mut() = value.decor().clone();
        *value = new;
    }
}
