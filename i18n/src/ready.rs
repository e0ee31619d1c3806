//! Texts that are ready: most are fixed, or have places for a name or a number and nothing to decide. They are put
//! together here once, because a page asks for a hundred of them; what chooses by a number is left to Fluent.

use super::Arg;
use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, PatternElement};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::fmt::Write as _;

enum Piece {
    Text(String),
    Place(String),
}

/// The texts of a language that need no decision. Their keys are ours, so nobody can choose keys that are slow to find:
/// the usual hash, made against that, took a third of the time of a text.
#[derive(Default)]
pub(crate) struct Ready(HashMap<String, Vec<Piece>, RandomState>);

impl Ready {
    /// Adds the texts of a file.
    pub(crate) fn add(&mut self, resource: &FluentResource) {
        for entry in resource.entries() {
            let Entry::Message(message) = entry else {
                continue;
            };
            let Some(pattern) = &message.value else {
                continue;
            };
            let pieces = pattern.elements.iter().map(|element| match element {
                PatternElement::TextElement { value } => Some(Piece::Text((*value).to_owned())),
                PatternElement::Placeable {
                    expression: Expression::Inline(InlineExpression::VariableReference { id }),
                } => Some(Piece::Place(id.name.to_owned())),
                PatternElement::Placeable {
                    expression: Expression::Inline(InlineExpression::StringLiteral { value }),
                } if !value.contains('\\') => Some(Piece::Text((*value).to_owned())),
                PatternElement::Placeable { .. } => None,
            });
            if let Some(pieces) = pieces.collect() {
                self.0.insert(message.id.name.to_owned(), pieces);
            }
        }
    }

    /// The text of a key that has no places.
    pub(crate) fn fixed(&self, key: &str) -> Option<&str> {
        match self.0.get(key)?.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text of a key, where it is one of these and all its places are filled.
    pub(crate) fn with(&self, key: &str, args: &[(&str, Arg<'_>)]) -> Option<String> {
        let pieces = self.0.get(key)?;
        let fixed = |piece: &Piece| match piece {
            Piece::Text(part) => part.len(),
            Piece::Place(_) => 16,
        };
        let mut text = String::with_capacity(pieces.iter().map(fixed).sum());
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Place(name) => match &args.iter().find(|(given, _)| given == name)?.1 {
                    Arg::Text(value) => text.push_str(value),
                    // Writing to a String cannot fail.
                    Arg::Number(value) => drop(write!(text, "{value}")),
                },
            }
        }
        Some(text)
    }
}
