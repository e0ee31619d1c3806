//! What a transaction carries to its end.

use super::{Error, Told};
use crate::audit::Line;

/// Beside a transaction: what is done at its end.
#[derive(Default)]
pub struct Carried {
    lines: Vec<Line>,
    expected: Vec<Told>,
    shared: bool,
    reads: bool,
}

impl Carried {
    /// Of a transaction that only reads.
    pub(super) fn of_reader() -> Carried {
        Carried {
            reads: true,
            ..Carried::default()
        }
    }

    /// A transaction begins. `shared`: by several pieces of work.
    pub(super) fn begin(&mut self, shared: bool) {
        // Those of one that was undone.
        self.lines.clear();
        self.expected.clear();
        self.shared = shared;
    }

    /// Whether several pieces of work share the transaction.
    pub(crate) fn is_shared(&self) -> bool {
        self.shared
    }

    /// Keeps a line of the audit log for the end of the transaction.
    ///
    /// # Errors
    /// Where it only reads.
    pub(crate) fn keep(&mut self, line: Line) -> Result<(), Error> {
        if self.reads {
            let reads = "a line of the audit log in what only reads";
            return Err(Error::Broken(reads.to_owned()));
        }
        self.lines.push(line);
        Ok(())
    }

    /// How many lines are kept.
    pub(super) fn lines(&self) -> usize {
        self.lines.len()
    }

    /// Forgets the lines after the first so many: of a piece of work that was undone.
    pub(super) fn keep_only(&mut self, lines: usize) {
        self.lines.truncate(lines);
    }

    /// Keeps a statement that was told ahead, until the end of the transaction sees that it has touched one row.
    pub(super) fn must_touch_one(&mut self, told: Told) {
        self.expected.push(told);
    }

    /// Those that were kept.
    pub(super) fn take_expected(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.expected)
    }

    /// The lines that were kept.
    pub(crate) fn take_lines(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.lines)
    }
}
