//! A connection to a PostgreSQL server on which not every word waits for the answer to the one before.
//!
//! Waiting is what a short statement costs: two changes of threads and, where the server is elsewhere, the way there and
//! back. So what begins a transaction goes along with its first statement, the commit with its last one where that is
//! known, the end of a snapshot with the beginning of the next piece of work; and statements that do not need each other's
//! answers are sent one after the other and then waited for.

mod ahead;
mod talk;

pub(super) use ahead::Place;

use super::connect::{Link, Tls};
use super::{Error, Param};
use ahead::Encoded;
use futures_util::future::{Either, join, ready};
use postgres::error::Severity;
use postgres::types::ToSql;
use postgres::{Row, Statement};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use talk::Talk;
use tokio_postgres::{Client, Config};

/// What begins a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// That writes.
    Write,
    /// That only reads: all that it looks at is of one moment, as on the embedded engine.
    Snapshot,
}

const END: &str = "COMMIT";

impl Begin {
    const fn words(self) -> &'static str {
        match self {
            Begin::Write => "START TRANSACTION",
            Begin::Snapshot => "START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        }
    }

    /// The same after the end of a snapshot.
    const fn words_after_another(self) -> &'static str {
        match self {
            Begin::Write => "COMMIT; START TRANSACTION",
            Begin::Snapshot => {
                "COMMIT; START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
            }
        }
    }
}

/// How far a transaction is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// There is none.
    Outside,
    /// Its beginning goes along with its first statement.
    Begun(Begin),
    /// The server has it.
    Within,
}

/// A connection, and what stands on it.
pub(super) struct Wire {
    talk: Talk,
    client: Arc<Client>,
    statements: HashMap<&'static str, Statement>,
    state: State,
    /// A snapshot that nobody looks at any more: its end goes along with what comes next.
    left_open: bool,
    /// What goes along with the next statement, before it.
    along: Option<&'static str>,
    /// The transaction was committed together with its last statement.
    has_ended: bool,
    /// Nobody knows whether the last commit stands.
    unsure: bool,
}

impl Link for Wire {
    fn connect(config: &Config, tls: impl Tls, session: &str) -> Result<Wire, Error> {
        let (talk, client) = Talk::begin(config, tls)?;
        let mut wire = Wire {
            talk,
            client: Arc::new(client),
            statements: HashMap::new(),
            state: State::Outside,
            left_open: false,
            along: None,
            has_ended: false,
            unsure: false,
        };
        wire.batch(session)?;
        Ok(wire)
    }
}

impl Wire {
    /// Whether it is of no use any more.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Begins a transaction; the server is told with its first statement.
    pub(super) fn begin(&mut self, how: Begin) {
        self.talk.forget();
        self.state = State::Begun(how);
        (self.has_ended, self.unsure, self.along) = (false, false, None);
    }

    /// Runs statements without parameters.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Error> {
        let client = self.client.clone();
        Ok(self.say(client.batch_execute(sql))?)
    }

    /// Lets a statement without parameters go along with the next one.
    pub(super) fn along(&mut self, sql: &'static str) {
        self.along = Some(sql);
    }

    /// Runs a query.
    pub(super) fn query(
        &mut self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Error> {
        let (client, statement) = (self.client.clone(), self.prepared(sql)?);
        Ok(self.say(client.query(&statement, params))?)
    }

    /// Runs a statement and tells how many rows it touched.
    pub(super) fn execute(
        &mut self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, Error> {
        let (client, statement) = (self.client.clone(), self.prepared(sql)?);
        Ok(self.say(client.execute(&statement, params))?)
    }

    /// Runs the last statement of a transaction, and commits.
    ///
    /// # Errors
    /// Of either. Where [`Wire::is_unsure`], the transaction may stand all the same.
    pub(super) fn end_with(
        &mut self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<(), Error> {
        let (client, statement) = (self.client.clone(), self.prepared(sql)?);
        self.has_ended = true;
        self.talk.watch_for_a_cut();
        // Should the statement fail, the server has undone all before it comes to the commit.
        let ended = self.say(async {
            let (last, end) = join(
                client.execute(&statement, params),
                client.batch_execute(END),
            )
            .await;
            last?;
            end
        });
        self.ended(ended)
    }

    /// Commits, unless that has been done together with the last statement.
    ///
    /// # Errors
    /// As [`Wire::end_with`].
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        if self.has_ended {
            return Ok(());
        }
        self.has_ended = true;
        self.talk.watch_for_a_cut();
        if matches!(self.state, State::Begun(_)) && !self.talk.has_asked() {
            // The server has never heard of it.
            self.state = State::Outside;
            return Ok(());
        }
        let client = self.client.clone();
        let ended = self.say(client.batch_execute(END));
        self.ended(ended)
    }

    /// A commit was sent, with this answer.
    fn ended(&mut self, answer: Result<(), postgres::Error>) -> Result<(), Error> {
        self.state = State::Outside;
        // To a commit after a failed statement the server answers that all is well, and undoes it.
        let answer = self.talk.failure().map_or(answer, Err);
        answer.map_err(|error| {
            // What a running server refuses is undone; the last words of a dying one say nothing about the commit.
            let is_refused = error
                .as_db_error()
                .is_some_and(|db| db.parsed_severity() == Some(Severity::Error));
            let error = Error::from(error);
            self.unsure = !is_refused || matches!(error, Error::Lost(_));
            error
        })
    }

    /// Whether nobody knows if the commit that failed stands.
    pub(super) fn is_unsure(&self) -> bool {
        self.unsure
    }

    /// Whether the server has warned over the last commit that its standby does not have it.
    pub(super) fn was_cut(&self) -> bool {
        self.talk.was_cut()
    }

    /// Undoes a transaction. What nobody waits for any more is not waited for.
    ///
    /// # Errors
    /// Where the connection has ended: the server has undone it then.
    pub(super) fn roll_back(&mut self) -> Result<(), Error> {
        let state = std::mem::replace(&mut self.state, State::Outside);
        self.talk.forget();
        if state != State::Within || self.has_ended {
            return Ok(());
        }
        let client = self.client.clone();
        Ok(self.talk.wait(client.batch_execute("ROLLBACK"))?)
    }

    /// Nobody looks at the snapshot any more.
    pub(super) fn leave(&mut self) {
        self.talk.forget();
        if std::mem::replace(&mut self.state, State::Outside) == State::Within {
            self.left_open = true;
        }
    }

    /// Nothing comes now: the end of a snapshot has nothing to go along with.
    pub(super) fn rest(&mut self) {
        if std::mem::take(&mut self.left_open) {
            let client = self.client.clone();
            self.talk.send(client.batch_execute(END));
        }
    }

    /// Sends a query ahead: it goes with what is waited for next.
    pub(super) fn ask(&mut self, sql: &'static str, params: &[&dyn Param]) -> Result<Place, Error> {
        let (client, statement) = (self.client.clone(), self.prepared(sql)?);
        let values = Encoded::all(&statement, params)?;
        self.words_ahead();
        Ok(self.talk.ask(ahead::rows(client, statement, values)))
    }

    /// Sends a statement ahead in the same way.
    pub(super) fn tell(
        &mut self,
        sql: &'static str,
        params: &[&dyn Param],
    ) -> Result<Place, Error> {
        let (client, statement) = (self.client.clone(), self.prepared(sql)?);
        let values = Encoded::all(&statement, params)?;
        self.words_ahead();
        Ok(self.talk.ask(ahead::count(client, statement, values)))
    }

    /// The rows of a query that was sent ahead.
    pub(super) fn rows(&mut self, place: Place) -> Result<Vec<Row>, Error> {
        Ok(self.talk.answer(place)?.into_rows())
    }

    /// How many rows a statement touched that was sent ahead.
    pub(super) fn count(&mut self, place: Place) -> Result<u64, Error> {
        Ok(self.talk.answer(place)?.count())
    }

    fn words_ahead(&mut self) {
        if let Some(words) = self.words_before() {
            let client = self.client.clone();
            self.talk.ask(ahead::words(client, words));
        }
    }

    /// What is to be said before the next statement; from here on it counts as said.
    fn words_before(&mut self) -> Option<Cow<'static, str>> {
        let left_open = std::mem::take(&mut self.left_open);
        let words = match self.state {
            State::Begun(how) if left_open => Some(how.words_after_another()),
            State::Begun(how) => Some(how.words()),
            State::Outside | State::Within => left_open.then_some(END),
        };
        if matches!(self.state, State::Begun(_)) {
            self.state = State::Within;
        }
        match (words, self.along.take()) {
            (Some(words), Some(along)) => Some(format!("{words}; {along}").into()),
            (words, along) => words.or(along).map(Cow::Borrowed),
        }
    }

    /// Waits for the answer to a statement; what is to be said before goes with it.
    fn say<T>(
        &mut self,
        statement: impl Future<Output = Result<T, postgres::Error>>,
    ) -> Result<T, postgres::Error> {
        let client = self.client.clone();
        let words = self.words_before();
        let said = match &words {
            Some(words) => Either::Left(client.batch_execute(words)),
            None => Either::Right(ready(Ok(()))),
        };
        let answer = self.talk.wait(async {
            let (said, answer) = join(said, statement).await;
            said?;
            answer
        });
        answer.map_err(|error| self.talk.failure().unwrap_or(error))
    }

    /// A statement, prepared at its first use.
    fn prepared(&mut self, sql: &'static str) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let client = self.client.clone();
        let prepared = self.talk.wait(client.prepare(sql));
        let statement = prepared.map_err(|error| self.talk.failure().unwrap_or(error))?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }
}
