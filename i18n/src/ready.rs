//! Texts that are ready: put together here once, because a page asks for a hundred of them. They are fixed, have places for
//! a name or a number, or choose by a number or a word; what else there may be is left to Fluent.

use super::Arg;
use fluent_bundle::FluentResource;
use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey,
};
use foldhash::fast::RandomState;
use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};
use std::collections::HashMap;
use std::fmt::Write as _;
use unic_langid::LanguageIdentifier;

enum Piece {
    Text(String),
    Place(String),
    Choice {
        /// By the value of which place.
        by: String,
        /// In their order: the first that fits is taken.
        of: Vec<(Case, Vec<Piece>)>,
        /// Which is taken where none fits.
        otherwise: usize,
    },
}

/// What a value has to be for a text to be chosen.
enum Case {
    Number(i64),
    /// The plural form of a number, or exactly this word.
    Word(String, Option<PluralCategory>),
}

/// The texts of a language that need no resolver. Their keys are ours, so nobody can choose keys that are slow to find:
/// the usual hash, made against that, took a third of the time of a text.
pub(crate) struct Ready {
    texts: HashMap<String, Vec<Piece>, RandomState>,
    /// How the language counts; without it nothing that chooses is ready.
    plurals: Option<PluralRules>,
}

/// The plural form that a variant's key names.
fn category(word: &str) -> Option<PluralCategory> {
    Some(match word {
        "zero" => PluralCategory::ZERO,
        "one" => PluralCategory::ONE,
        "two" => PluralCategory::TWO,
        "few" => PluralCategory::FEW,
        "many" => PluralCategory::MANY,
        "other" => PluralCategory::OTHER,
        _ => return None,
    })
}

fn room(pieces: &[Piece]) -> usize {
    let of = |piece: &Piece| match piece {
        Piece::Text(part) => part.len(),
        Piece::Place(_) => 16,
        Piece::Choice { of, .. } => of.iter().map(|(_, text)| room(text)).max().unwrap_or(0),
    };
    pieces.iter().map(of).sum()
}

impl Ready {
    /// None yet, of a language.
    pub(crate) fn new(locale: LanguageIdentifier) -> Ready {
        Ready {
            texts: HashMap::default(),
            plurals: PluralRules::create(locale, PluralRuleType::CARDINAL).ok(),
        }
    }

    /// Adds the texts of a file.
    pub(crate) fn add(&mut self, resource: &FluentResource) {
        for entry in resource.entries() {
            let Entry::Message(message) = entry else {
                continue;
            };
            let pattern = message.value.as_ref();
            if let Some(pieces) = pattern.and_then(|pattern| self.pieces(pattern)) {
                self.texts.insert(message.id.name.to_owned(), pieces);
            }
        }
    }

    fn pieces(&self, pattern: &Pattern<&str>) -> Option<Vec<Piece>> {
        let elements = pattern.elements.iter();
        elements
            .map(|element| match element {
                PatternElement::TextElement { value } => Some(Piece::Text((*value).to_owned())),
                PatternElement::Placeable { expression } => match expression {
                    Expression::Inline(InlineExpression::VariableReference { id }) => {
                        Some(Piece::Place(id.name.to_owned()))
                    }
                    Expression::Inline(InlineExpression::StringLiteral { value })
                        if !value.contains('\\') =>
                    {
                        Some(Piece::Text((*value).to_owned()))
                    }
                    Expression::Inline(_) => None,
                    Expression::Select { selector, variants } => self.choice(selector, variants),
                },
            })
            .collect()
    }

    fn choice(
        &self,
        selector: &InlineExpression<&str>,
        variants: &[Variant<&str>],
    ) -> Option<Piece> {
        self.plurals.as_ref()?;
        let InlineExpression::VariableReference { id } = selector else {
            return None;
        };
        let of = variants.iter().map(|variant| {
            let case = match &variant.key {
                VariantKey::Identifier { name } => Case::Word((*name).to_owned(), category(name)),
                // A fraction has plural forms of its own.
                VariantKey::NumberLiteral { value } => Case::Number(value.parse().ok()?),
            };
            Some((case, self.pieces(&variant.value)?))
        });
        Some(Piece::Choice {
            by: id.name.to_owned(),
            of: of.collect::<Option<_>>()?,
            otherwise: variants.iter().position(|variant| variant.default)?,
        })
    }

    /// The text of a key that has no places.
    pub(crate) fn fixed(&self, key: &str) -> Option<&str> {
        match self.texts.get(key)?.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text of a key, where it is one of these and all its places are filled.
    pub(crate) fn with(&self, key: &str, args: &[(&str, Arg<'_>)]) -> Option<String> {
        let pieces = self.texts.get(key)?;
        let mut text = String::with_capacity(room(pieces));
        self.write(&mut text, pieces, args)?;
        Some(text)
    }

    fn write(&self, text: &mut String, pieces: &[Piece], args: &[(&str, Arg<'_>)]) -> Option<()> {
        let value = |name: &str| Some(&args.iter().find(|(given, _)| *given == name)?.1);
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Place(name) => match value(name)? {
                    Arg::Text(value) => text.push_str(value),
                    // Writing to a String cannot fail.
                    Arg::Number(value) => drop(write!(text, "{value}")),
                },
                Piece::Choice { by, of, otherwise } => {
                    let value = value(by)?;
                    let form = match value {
                        Arg::Number(number) => self.plurals.as_ref()?.select(*number).ok(),
                        Arg::Text(_) => None,
                    };
                    let chosen = of.iter().position(|(case, _)| match (case, value) {
                        (Case::Number(one), Arg::Number(number)) => one == number,
                        (Case::Word(_, category), Arg::Number(_)) => {
                            category.is_some() && *category == form
                        }
                        (Case::Word(word, _), Arg::Text(text)) => word == text,
                        (Case::Number(_), Arg::Text(_)) => false,
                    });
                    let (_, chosen) = of.get(chosen.unwrap_or(*otherwise))?;
                    self.write(text, chosen, args)?;
                }
            }
        }
        Some(())
    }
}
