//! What a new questionnaire or a new set of items says in other words.

use super::ChangedWords;
use domain::language::Language;
use domain::notification::ItemSet;
use domain::notification::item::{Item, ItemKind};
use domain::questionnaire::{LocalText, Question, Questionnaire};

/// What changed between two lists of words; a pair of which one is missing is new, or gone.
fn changed(pairs: &[(Option<&LocalText>, Option<&LocalText>)]) -> Vec<ChangedWords> {
    let mut all = Vec::new();
    for (before, after) in pairs {
        for language in Language::ALL {
            let of = |text: &Option<&LocalText>| {
                text.map(|text| text.in_language(language.tag()).to_owned())
            };
            let (before, after) = (of(before), of(after));
            if before != after {
                all.push(ChangedWords {
                    language,
                    before,
                    after,
                });
            }
        }
    }
    all
}

fn words_of_question(question: &Question) -> [&LocalText; 2] {
    [&question.text, &question.short]
}

/// The words of questions, signs and advice, in the new order; what is not asked any more comes last.
pub(super) fn of_questions(old: &Questionnaire, new: &Questionnaire) -> Vec<ChangedWords> {
    let mut pairs = Vec::new();
    for question in new.asked() {
        match old.question(&question.id) {
            Some(before) => {
                let both = words_of_question(before)
                    .into_iter()
                    .zip(words_of_question(question));
                pairs.extend(both.map(|(before, after)| (Some(before), Some(after))));
            }
            None => pairs.push((None, Some(&question.text))),
        }
    }
    let gone = old.asked().filter(|one| new.question(&one.id).is_none());
    pairs.extend(gone.map(|one| (Some(&one.text), None)));
    let most = old.emergency_signs.len().max(new.emergency_signs.len());
    pairs.extend((0..most).map(|at| (old.emergency_signs.get(at), new.emergency_signs.get(at))));
    changed(&pairs)
}

/// What an item is called, what it counts, and its answers to choose from.
fn words_of_item(item: &Item) -> Vec<&LocalText> {
    let mut words = vec![&item.label];
    match &item.kind {
        ItemKind::Choice { options } => words.extend(options.iter().map(|one| &one.label)),
        ItemKind::Number { unit, .. } => words.push(unit),
        _ => {}
    }
    words
}

/// The words of items, in the new order; what is not asked any more comes last.
pub(super) fn of_items(old: &ItemSet, new: &ItemSet) -> Vec<ChangedWords> {
    let mut pairs = Vec::new();
    for item in &new.items {
        let after = words_of_item(item);
        match old.item(&item.id).map(words_of_item) {
            Some(before) => {
                let most = before.len().max(after.len());
                pairs.extend((0..most).map(|at| (before.get(at).copied(), after.get(at).copied())));
            }
            None => pairs.push((None, Some(&item.label))),
        }
    }
    let gone = old.items.iter().filter(|one| new.item(&one.id).is_none());
    pairs.extend(gone.map(|one| (Some(&one.label), None)));
    changed(&pairs)
}
