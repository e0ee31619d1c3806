//! What a questionnaire and a set of items ask, entry by entry, as fields of a form: the words in each language, the
//! level of a "yes" and of a number, whether an answer is needed, the order. Read from the file and written back into it, with all else,
//! the comments too, left as it stands. Whether the result can be used is for whoever reads the file then.

mod entry;
mod items;
mod new_question;
mod questions;
#[cfg(test)]
mod tests;
mod thresholds;

pub use entry::{Entry, NumberField, Part, WordKind, Wording, WordingProblem};
pub use new_question::NewQuestion;

use super::{RuleKind, document, only_table};

/// The longest words of a field, in characters: a question is read on a phone.
pub const LONGEST_WORDS: usize = 300;

/// The longest few words for tables, in characters.
pub const LONGEST_SHORT: usize = 60;

/// What a file with one rule asks, in its order; empty for kinds that ask nothing, and where the file cannot be read.
pub fn entries(kind: RuleKind, text: &str) -> Vec<Entry> {
    let Ok(mut document) = document(text) else {
        return Vec::new();
    };
    match kind {
        RuleKind::Questionnaire => only_table(&mut document, kind)
            .map(|table| [questions::entries(table), thresholds::entries(table)].concat())
            .unwrap_or_default(),
        RuleKind::Notification => items::entries(&document),
        RuleKind::Course | RuleKind::Isolation | RuleKind::Messages => Vec::new(),
    }
}

/// Writes what was typed into a file with one rule: the fields of its [`entries`] by their names, and those of a
/// [`NewQuestion`]. A file that cannot be read stays as it is.
///
/// # Errors
/// The names of the fields that cannot be meant, and why.
pub fn apply_wording(
    kind: RuleKind,
    text: &str,
    typed: &[(String, String)],
) -> Result<String, Vec<(String, WordingProblem)>> {
    let Ok(mut document) = document(text) else {
        return Ok(text.to_owned());
    };
    let entries = entries(kind, text);
    let mut problems: Vec<_> = entries
        .iter()
        .flat_map(|entry| entry.problems(typed, entries.iter().filter(|e| e.part == entry.part)))
        .collect();
    let new = (kind == RuleKind::Questionnaire)
        .then(|| NewQuestion::read(typed))
        .flatten();
    if let Some(new) = &new {
        problems.extend(new.problems());
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    match kind {
        RuleKind::Questionnaire => {
            if let Some(table) = only_table(&mut document, kind) {
                questions::write(table, &entries, typed, new.as_ref());
                thresholds::write(table, &entries, typed);
            }
        }
        RuleKind::Notification => items::write(&mut document, &entries, typed),
        RuleKind::Course | RuleKind::Isolation | RuleKind::Messages => {}
    }
    Ok(document.to_string())
}
