//! The signs, the questions and the advice of a questionnaire.

use super::entry::{
    Entry, Part, WordKind, level_of, level_word, one_line, put, typed_in, wordings, write_words,
};
use super::new_question::NewQuestion;
use crate::language::Language;
use crate::questionnaire::NO_SIGN;
use crate::urgency::Level;
use toml_edit::{ArrayOfTables, InlineTable, Item, Table, TableLike, Value, value};

/// In the order in which they are asked.
const PARTS: [Part; 3] = [Part::Signs, Part::Questions, Part::EmergencySigns];

/// A list of tables, also where the file has it between brackets.
fn list(table: &mut Table, part: Part) -> Option<&mut ArrayOfTables> {
    let item = table.get_mut(part.word())?;
    if item.as_array_of_tables().is_none() {
        match std::mem::take(item).into_array_of_tables() {
            Ok(tables) => *item = Item::ArrayOfTables(tables),
            Err(other) => *item = other,
        }
    }
    item.as_array_of_tables_mut()
}

fn like<'a>(table: &'a Table, key: &str) -> Option<&'a dyn TableLike> {
    table.get(key).and_then(Item::as_table_like)
}

pub(super) fn entries(table: &mut Table) -> Vec<Entry> {
    let mut entries = Vec::new();
    for part in PARTS {
        let Some(tables) = list(table, part) else {
            continue;
        };
        for (at, one) in tables.iter().enumerate() {
            let name = format!("{}.{at}", part.word());
            let is_advice = part == Part::EmergencySigns;
            let words = if is_advice {
                wordings(Some(one), &format!("{name}.text"), &WordKind::Text).to_vec()
            } else {
                let of = |kind, key| wordings(like(one, key), &format!("{name}.{key}"), &kind);
                let text = of(WordKind::Text, "text").into_iter();
                text.chain(of(WordKind::Short, "short")).collect()
            };
            let text = |key| one.get(key).and_then(Item::as_str).unwrap_or_default();
            entries.push(Entry {
                name,
                part,
                id: text("id").to_owned(),
                words,
                number: None,
                level: (!is_advice).then(|| level_of(text("yes")).unwrap_or_default()),
                is_required: None,
                place: at + 1,
                may_go: true,
            });
        }
    }
    entries
}

pub(super) fn write(
    table: &mut Table,
    entries: &[Entry],
    typed: &[(String, String)],
    new: Option<&NewQuestion>,
) {
    for part in PARTS {
        let of_part: Vec<&Entry> = entries.iter().filter(|e| e.part == part).collect();
        if let Some(tables) = list(table, part) {
            for (entry, one) in of_part.iter().zip(tables.iter_mut()) {
                write_entry(one, entry, typed);
            }
            arrange(tables, &of_part, typed);
            if tables.is_empty() {
                table.remove(part.word());
            }
        }
    }
    if let Some(new) = new {
        let taken: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        let id = new.id(&[taken, vec![NO_SIGN]].concat());
        if list(table, new.part).is_none() {
            let none = Item::ArrayOfTables(ArrayOfTables::new());
            table.insert(new.part.word(), none);
        }
        if let Some(tables) = list(table, new.part) {
            tables.push(added(new, &id));
        }
    }
}

fn write_entry(one: &mut Table, entry: &Entry, typed: &[(String, String)]) {
    if entry.part == Part::EmergencySigns {
        write_words(one, typed, entry.words.iter());
        return;
    }
    for (key, kind) in [("text", WordKind::Text), ("short", WordKind::Short)] {
        if let Some(table) = one.get_mut(key).and_then(Item::as_table_like_mut) {
            let words = entry.words.iter().filter(|one| one.kind == kind);
            write_words(table, typed, words);
        }
    }
    let chosen = typed_in(typed, &entry.level_name()).and_then(level_of);
    if let Some(level) = chosen.filter(|level| Some(*level) != entry.level) {
        put(one, "yes", level_word(level));
    }
}

/// Takes out what is not asked any more, and puts the rest in order. What stands above the first one, such as a heading
/// for all of them, stays there.
fn arrange(tables: &mut ArrayOfTables, entries: &[&Entry], typed: &[(String, String)]) {
    let mut kept: Vec<&&Entry> = entries.iter().filter(|e| !e.is_gone(typed)).collect();
    kept.sort_by_key(|entry| entry.rank(typed));
    let wished: Vec<usize> = kept.iter().map(|entry| entry.place - 1).collect();
    if wished.iter().copied().eq(0..tables.len()) {
        return;
    }
    let mut stood: Vec<Option<Table>> = Vec::new();
    while !tables.is_empty() {
        stood.push(Some(tables.remove(0)));
    }
    let positions: Vec<_> = stood.iter().flatten().map(Table::position).collect();
    let heading = stood
        .first()
        .and_then(Option::as_ref)
        .and_then(|first| first.decor().prefix().cloned());
    let plain = stood
        .get(1)
        .and_then(Option::as_ref)
        .and_then(|second| second.decor().prefix().cloned());
    for (slot, at) in wished.into_iter().enumerate() {
        let Some(mut one) = stood.get_mut(at).and_then(Option::take) else {
            continue;
        };
        // Parts with a heading of their own would stay behind at their place in the file.
        for (_, item) in one.iter_mut() {
            if let Some(own) = item.as_table_mut() {
                own.set_dotted(true);
            }
        }
        one.set_position(positions.get(slot).copied().flatten());
        match (slot, at) {
            (0, 0) => {}
            (0, _) => set_prefix(&mut one, heading.as_ref()),
            (_, 0) => set_prefix(&mut one, plain.as_ref()),
            _ => {}
        }
        tables.push(one);
    }
}

fn set_prefix(table: &mut Table, prefix: Option<&toml_edit::RawString>) {
    if let Some(prefix) = prefix {
        table.decor_mut().set_prefix(prefix.clone());
    }
}

fn added(new: &NewQuestion, id: &str) -> Table {
    let mut table = Table::new();
    table.insert("id", value(id));
    let level = new.level.unwrap_or(Level::Watch);
    table.insert("yes", value(level_word(level)));
    for (key, kind) in [("text", WordKind::Text), ("short", WordKind::Short)] {
        let mut words = InlineTable::new();
        for language in Language::ALL {
            let is_it = |one: &&super::Wording| one.kind == kind && one.language == language;
            if let Some(one) = new.words.iter().find(is_it) {
                let line = one_line(&one.words);
                words.insert(language.tag(), Value::from(line));
            }
        }
        table.insert(key, value(words));
    }
    table
}
