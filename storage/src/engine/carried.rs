//! What a connection to a PostgreSQL server carries from one transaction to the next, and a transaction to its end.

use super::Error;
use crate::audit::Line;
use postgres::{GenericClient, Statement};
use std::collections::HashMap;

/// Beside a transaction: the statements that its connection has prepared, and what is done at its end.
#[derive(Default)]
pub struct Carried {
    statements: HashMap<&'static str, Statement>,
    lines: Vec<Line>,
    shared: bool,
}

impl Carried {
    /// A transaction begins. `shared`: by several pieces of work.
    pub(super) fn begin(&mut self, shared: bool) {
        // Those of one that was undone.
        self.lines.clear();
        self.shared = shared;
    }

    /// The connection is another one now.
    pub(super) fn reconnected(&mut self) {
        self.statements.clear();
    }

    /// Whether several pieces of work share the transaction.
    pub(super) fn is_shared(&self) -> bool {
        self.shared
    }

    /// Keeps a line of the audit log for the end of the transaction.
    pub(crate) fn keep(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Whether lines are kept.
    pub(super) fn has_lines(&self) -> bool {
        !self.lines.is_empty()
    }

    /// The lines that were kept.
    pub(crate) fn take_lines(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.lines)
    }

    /// A statement, prepared at its first use on the connection.
    ///
    /// # Errors
    /// Where the server does not understand it, or is gone.
    pub(crate) fn prepared(
        &mut self,
        on: &mut impl GenericClient,
        sql: &'static str,
    ) -> Result<&Statement, Error> {
        if !self.statements.contains_key(sql) {
            let statement = on.prepare(sql)?;
            self.statements.insert(sql, statement);
        }
        Ok(&self.statements[sql])
    }
}
