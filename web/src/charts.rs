//! Charts drawn here as SVG: no script, no inline style, nothing told by colour alone. Each chart holds a narrow drawing
//! (made for 328 px, a phone) and a wide one (made for 720 px); `assets/charts.css` shows the one that fits the place.
//!
//! All words come from the caller; everything written is escaped. Beside each chart belongs the table or list with the
//! same numbers.

mod bars;
#[cfg(test)]
mod check;
mod legend;
mod letters;
mod lines;
mod lines_draw;
mod network;
mod network_draw;
mod scale;
mod share;
mod svg;
mod tree;

pub(crate) use bars::{Bars, Day};
pub(crate) use lines::{Lines, Panel, Point, Source};
pub(crate) use network::{Network, Node, Role};
pub(crate) use scale::grouped;
pub(crate) use share::{Row, Share};

/// How a count is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    /// As it is.
    Exact(u32),
    /// Too few to be told without pointing at a person.
    Few,
}

impl From<u32> for Count {
    fn from(number: u32) -> Count {
        Count::Exact(number)
    }
}

/// How counts that are too small to be told are drawn and named.
#[derive(Debug, Clone)]
pub(crate) struct Few {
    /// The bound: an empty bar of this height is drawn.
    pub(crate) below: u32,
    /// The mark at the bar. A larger count may be left out, too, so it tells no bound.
    pub(crate) mark: String,
    /// The sentence in the legend, such as “not told”.
    pub(crate) meaning: String,
}

impl Few {
    /// Drawn up to a bound; the meaning in the reader's language.
    pub(crate) fn than(below: u32, meaning: impl Into<String>) -> Few {
        Few {
            below,
            mark: "?".to_owned(),
            meaning: meaning.into(),
        }
    }
}
