//! A question or a sign that was not asked before.

use super::entry::{Part, WordKind, Wording, WordingProblem, length_problem, level_of, typed_in};
use crate::language::Language;
use crate::urgency::Level;

/// A question or a sign that is to be added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewQuestion {
    /// In which list.
    pub part: Part,
    /// Its words, by their fields.
    pub words: Vec<Wording>,
    /// What a "yes" means, once it is chosen.
    pub level: Option<Level>,
}

impl NewQuestion {
    /// The field in which its list is chosen: the word of a [`Part`].
    pub const PART: &str = "new.part";
    /// The field in which its level is chosen.
    pub const LEVEL: &str = "new.level";

    /// What was typed, also where nothing was.
    pub fn typed(typed: &[(String, String)]) -> NewQuestion {
        let of = |name: &str| typed_in(typed, name).unwrap_or_default();
        let kinds = [(WordKind::Text, "text"), (WordKind::Short, "short")];
        let words = kinds.into_iter().flat_map(|(kind, key)| {
            Language::ALL.map(|language| {
                let name = format!("new.{key}.{}", language.tag());
                Wording {
                    words: of(&name).to_owned(),
                    name,
                    kind: kind.clone(),
                    language,
                }
            })
        });
        NewQuestion {
            part: if of(NewQuestion::PART) == Part::Questions.word() {
                Part::Questions
            } else {
                Part::Signs
            },
            words: words.collect(),
            level: level_of(of(NewQuestion::LEVEL)),
        }
    }

    /// What is to be added; `None` where nothing was typed.
    pub fn read(typed: &[(String, String)]) -> Option<NewQuestion> {
        let new = NewQuestion::typed(typed);
        let is_typed = new.words.iter().any(|one| !one.words.trim().is_empty());
        is_typed.then_some(new)
    }

    pub(super) fn problems(&self) -> Vec<(String, WordingProblem)> {
        let mut problems: Vec<_> = self
            .words
            .iter()
            .filter_map(|one| {
                let problem = length_problem(&one.words, one.kind.most())?;
                Some((one.name.clone(), problem))
            })
            .collect();
        if self.level.is_none() {
            problems.push((NewQuestion::LEVEL.to_owned(), WordingProblem::NoLevel));
        }
        problems
    }

    /// A name for it, made of its few English words, that no other one has.
    pub(super) fn id(&self, taken: &[&str]) -> String {
        let is_short = |one: &&Wording| one.kind == WordKind::Short && one.language == Language::En;
        let short = self.words.iter().find(is_short);
        let words = short.map_or("", |one| one.words.as_str()).to_lowercase();
        let letters = words.split(|c: char| !c.is_ascii_alphanumeric());
        let slug: Vec<&str> = letters.filter(|word| !word.is_empty()).collect();
        let start = match self.part {
            Part::Signs => "sign_",
            _ => "",
        };
        // Room is left for a number; what is left of the words is ASCII.
        let mut id = format!("{start}{}", slug.join("_"));
        id.truncate(36);
        let id = id.trim_end_matches('_');
        let id = if id.is_empty() { "question" } else { id };
        let numbered = (2..).map(|number| format!("{id}_{number}"));
        std::iter::once(id.to_owned())
            .chain(numbered)
            .find(|id| !taken.contains(&id.as_str()))
            .unwrap_or_default()
    }
}
