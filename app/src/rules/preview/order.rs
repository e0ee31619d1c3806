//! What a new questionnaire or a new set of items asks at another place. Where one entry goes up, all that it passes come
//! one place later: only the entry itself is called moved.

use domain::notification::ItemSet;
use domain::questionnaire::{LocalText, Question, Questionnaire};

/// A list of entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum List {
    /// Signs to tick.
    Signs,
    /// Questions.
    Questions,
    /// Items of a notification.
    Items,
}

/// An entry that would be asked at another place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// How it is called.
    pub called: LocalText,
    /// Where it stands: the list, and the place in it from 1 on.
    pub before: (List, usize),
    /// Where it would stand.
    pub after: (List, usize),
}

/// An entry at its place: its id, how it is called, where it stands.
type Entry<'a> = (&'a str, &'a LocalText, (List, usize));

/// Which members of a sequence are part of its longest run of growing numbers, and so need not be called moved.
fn stays(sequence: &[usize]) -> Vec<bool> {
    // Of each member: how long the longest run is that ends with it, and which member comes before it there.
    let mut runs: Vec<(usize, Option<usize>)> = Vec::with_capacity(sequence.len());
    for (at, number) in sequence.iter().enumerate() {
        let before = (0..at)
            .filter(|earlier| sequence[*earlier] < *number)
            .max_by_key(|earlier| runs[*earlier].0);
        runs.push((before.map_or(1, |before| runs[before].0 + 1), before));
    }
    let mut stays = vec![false; sequence.len()];
    let mut at = (0..runs.len()).max_by_key(|at| runs[*at].0);
    while let Some(member) = at {
        stays[member] = true;
        at = runs[member].1;
    }
    stays
}

fn moved(old: &[Entry<'_>], new: &[Entry<'_>]) -> Vec<Moved> {
    let stood = |id: &str| old.iter().find(|(of, ..)| *of == id).map(|(.., at)| *at);
    let mut all = Vec::new();
    for list in [List::Signs, List::Questions, List::Items] {
        let here: Vec<(&Entry<'_>, (List, usize))> = new
            .iter()
            .filter(|(.., (of, _))| *of == list)
            .filter_map(|entry| Some((entry, stood(entry.0)?)))
            .collect();
        let places: Vec<usize> = here
            .iter()
            .filter(|(_, (of, _))| *of == list)
            .map(|(_, (_, place))| *place)
            .collect();
        let mut stays = stays(&places).into_iter();
        for ((_, called, after), before) in here {
            // What comes from another list has no place in this one that it could keep.
            let is_at_home = before.0 == list && stays.next().unwrap_or(false);
            if !is_at_home {
                all.push(Moved {
                    called: (*called).clone(),
                    before,
                    after: *after,
                });
            }
        }
    }
    all
}

fn of_list(list: List, asked: &[Question]) -> impl Iterator<Item = Entry<'_>> {
    let places = asked.iter().enumerate();
    places.map(move |(at, one)| (one.id.as_str(), &one.short, (list, at + 1)))
}

/// The questions and signs that would be asked at another place, in the new order.
pub(super) fn of_questions(old: &Questionnaire, new: &Questionnaire) -> Vec<Moved> {
    let [old, new] = [old, new].map(|one| -> Vec<Entry<'_>> {
        of_list(List::Signs, &one.signs)
            .chain(of_list(List::Questions, &one.questions))
            .collect()
    });
    moved(&old, &new)
}

/// The items that would be asked at another place, in the new order.
pub(super) fn of_items(old: &ItemSet, new: &ItemSet) -> Vec<Moved> {
    let [old, new] = [old, new].map(|one| -> Vec<Entry<'_>> {
        let places = one.items.iter().enumerate();
        places
            .map(|(at, item)| (item.id.as_str(), &item.label, (List::Items, at + 1)))
            .collect()
    });
    moved(&old, &new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From which place to which.
    type Places = (usize, usize);

    /// Who is called moved between two lists, each entry a letter, and from which place to which.
    fn told(old: &str, new: &str) -> Vec<Places> {
        let called = LocalText::default();
        let entries = |text: &'static str| -> Vec<Entry<'_>> {
            let places = (0..text.len()).map(|at| (&text[at..=at], at + 1));
            places
                .map(|(id, place)| (id, &called, (List::Items, place)))
                .collect()
        };
        let [old, new] = [old, new].map(|text| entries(String::leak(text.to_owned())));
        moved(&old, &new)
            .iter()
            .map(|one| (one.before.1, one.after.1))
            .collect()
    }

    #[test]
    fn only_what_was_moved_is_called_moved() {
        let table: [(&str, &str, &[Places]); 7] = [
            ("abcde", "abcde", &[]),
            // One goes to the top, one to the end; the others only make room.
            ("abcde", "eabcd", &[(5, 1)]),
            ("abcde", "bcdea", &[(1, 5)]),
            // What is new or gone moves nobody.
            ("abcde", "xabcde", &[]),
            ("abcde", "acde", &[]),
            ("abcde", "dxabc", &[(4, 1)]),
            ("", "abc", &[]),
        ];
        for (old, new, expected) in table {
            assert_eq!(told(old, new), expected, "{old} {new}");
        }
        assert_eq!(told("ab", "ba").len(), 1);
    }

    #[test]
    fn what_becomes_a_sign_is_called_moved() {
        let called = LocalText::default();
        let old = [
            ("a", &called, (List::Questions, 1)),
            ("b", &called, (List::Questions, 2)),
        ];
        let new = [
            ("b", &called, (List::Signs, 1)),
            ("a", &called, (List::Questions, 1)),
        ];
        let all = moved(&old, &new);
        assert_eq!(all.len(), 1);
        let one = &all[0];
        assert_eq!(
            (one.before, one.after),
            ((List::Questions, 2), (List::Signs, 1))
        );
    }
}
