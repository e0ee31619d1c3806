//! A connection to a PostgreSQL server on which not every word waits for the answer to the one before.
//!
//! Waiting is what a short statement costs: two changes of threads and, where the server is elsewhere, the way there and
//! back. So what begins a transaction goes along with its first statement, the commit with its last one where that is
//! known, the end of a snapshot with the beginning of the next piece of work; and statements that do not need each other's
//! answers are sent one after the other and then waited for.

mod ahead;
mod talk;

pub(super) use ahead::Place;

use super::Error;
use super::connect::{Link, Tls};
use ahead::{Answer, Encoded};
use futures_util::future::{join, join3};
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
    /// What began the transaction, where that was sent ahead.
    beginning: Option<Place>,
    /// Whether the server has answered since it began.
    is_heard: bool,
    /// Whether something has failed since it began: the server undoes all of it then, whatever it is told.
    has_failed: bool,
    /// Whether it was committed together with its last statement.
    has_ended: bool,
    /// Whether nobody knows if it stands.
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
            beginning: None,
            is_heard: false,
            has_failed: false,
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
        (self.along, self.beginning) = (None, None);
        (self.is_heard, self.has_failed) = (false, false);
        (self.has_ended, self.unsure) = (false, false);
    }

    /// Runs statements without parameters.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Error> {
        let client = self.client.clone();
        self.say(client.batch_execute(sql))
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
        self.say(client.query(&statement, params))
    }

    /// Runs a statement and tells how many rows it touched.
    pub(super) fn execute(
        &mut self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, Error> {
        let (client, statement) = (self.client.clone(), self.prepared(sql)?);
        self.say(client.execute(&statement, params))
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
        // What cannot be sent must not be followed by a commit.
        let values = Encoded::all(&statement, params)?;
        self.is_fit_to_end()?;
        self.has_ended = true;
        self.talk.watch_for_a_cut();
        let (mut is_refused, mut never_began) = (false, false);
        let begins = matches!(self.state, State::Begun(_));
        let words = self.words_before();
        let before = async {
            let before = words_first(&client, words.as_deref()).await;
            never_began = begins && before.as_ref().is_err_and(is_refusal);
            before
        };
        let last = async {
            let last = client.execute_raw(&statement, values).await;
            is_refused = last.as_ref().is_err_and(|e| e.as_db_error().is_some());
            last
        };
        let ended = self.talk.wait(async {
            let (before, last, end) = join3(before, last, client.batch_execute(END)).await;
            before?;
            last?;
            end
        });
        never_began |= self.has_begun().is_err();
        let ended = self.ended(ended);
        if never_began {
            return Err(self.never_began());
        }
        // The server has answered to the statement that it undoes all; the commit came after that.
        self.unsure &= !is_refused;
        ended
    }

    /// Commits, unless that has been done together with the last statement.
    ///
    /// # Errors
    /// As [`Wire::end_with`].
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        if self.has_ended {
            return Ok(());
        }
        self.is_fit_to_end()?;
        self.talk.watch_for_a_cut();
        if matches!(self.state, State::Begun(_)) {
            // The server has never heard of it.
            self.state = State::Outside;
            self.has_ended = true;
            return Ok(());
        }
        if let (false, Some(beginning)) = (self.is_heard, self.beginning) {
            // Where the connection has ended long ago, nothing of this was sent, and that is to be known before the end is.
            if let Err(error) = self.talk.answer(beginning) {
                return Err(match is_refusal(&error) {
                    true => self.never_began(),
                    false => error.into(),
                });
            }
        }
        self.has_ended = true;
        let client = self.client.clone();
        let ended = self.talk.wait(client.batch_execute(END));
        self.ended(ended)
    }

    /// To a commit after a failed statement the server answers that all is well, and undoes it.
    fn is_fit_to_end(&self) -> Result<(), Error> {
        match self.has_failed {
            true => Err(Error::Broken(
                "a failed statement was passed over".to_owned(),
            )),
            false => Ok(()),
        }
    }

    /// A commit was sent, with this answer.
    fn ended(&mut self, answer: Result<(), postgres::Error>) -> Result<(), Error> {
        self.state = State::Outside;
        if let Err(never) = self.has_begun() {
            self.talk.forget();
            return Err(never);
        }
        // What nobody has asked about may have failed before.
        let answer = self.talk.failure(None).map_or(answer, Err);
        self.talk.forget();
        answer.map_err(|error| {
            // What a running server refuses is undone; the last words of a dying one say nothing about the commit.
            let is_refused = is_refusal(&error);
            let error = Error::from(error);
            self.unsure |= !is_refused || matches!(error, Error::Lost(_));
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
    pub(super) fn ask(
        &mut self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Place, Error> {
        let (client, statement) = (self.client.clone(), self.prepared(sql)?);
        let values = Encoded::all(&statement, params)?;
        self.words_ahead();
        Ok(self.talk.ask(ahead::rows(client, statement, values)))
    }

    /// Sends a statement ahead in the same way.
    pub(super) fn tell(
        &mut self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Place, Error> {
        let (client, statement) = (self.client.clone(), self.prepared(sql)?);
        let values = Encoded::all(&statement, params)?;
        self.words_ahead();
        Ok(self.talk.ask(ahead::count(client, statement, values)))
    }

    /// The rows of a query that was sent ahead.
    pub(super) fn rows(&mut self, place: Place) -> Result<Vec<Row>, Error> {
        Ok(self.answered(place)?.into_rows())
    }

    /// How many rows a statement touched that was sent ahead.
    pub(super) fn count(&mut self, place: Place) -> Result<u64, Error> {
        Ok(self.answered(place)?.count())
    }

    fn answered(&mut self, place: Place) -> Result<Answer, Error> {
        let answer = self.talk.answer(place);
        match self.heard(answer, Some(place))? {
            Answer::None => Err(Error::Broken(
                "an answer was asked for twice, or after its transaction".to_owned(),
            )),
            answer => Ok(answer),
        }
    }

    fn words_ahead(&mut self) {
        let begins = matches!(self.state, State::Begun(_));
        if let Some(words) = self.words_before() {
            let client = self.client.clone();
            let place = self.talk.ask(ahead::words(client, words));
            if begins {
                self.beginning = Some(place);
            }
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
    ) -> Result<T, Error> {
        let client = self.client.clone();
        let begins = matches!(self.state, State::Begun(_));
        let words = self.words_before();
        let before = words_first(&client, words.as_deref());
        let mut was_refused = false;
        let answer = self.talk.wait(async {
            let (before, answer) = join(before, statement).await;
            was_refused = before.as_ref().is_err_and(is_refusal);
            before?;
            answer
        });
        if begins && was_refused {
            return Err(self.never_began());
        }
        self.heard(answer, None)
    }

    /// Whether what was sent ahead to begin the transaction has done so, as far as that is known.
    fn has_begun(&mut self) -> Result<(), Error> {
        match self.beginning {
            Some(beginning) if self.talk.was_refused(beginning) => Err(self.never_began()),
            _ => Ok(()),
        }
    }

    /// The server did not begin the transaction, and what came after may stand by itself: nobody knows.
    fn never_began(&mut self) -> Error {
        (self.has_failed, self.unsure) = (true, true);
        Error::Unavailable("the server did not begin a transaction".to_owned())
    }

    /// Takes note of an answer: to what was sent ahead at a place, or to what went after all of that.
    fn heard<T>(
        &mut self,
        answer: Result<T, postgres::Error>,
        place: Option<Place>,
    ) -> Result<T, Error> {
        self.has_begun()?;
        match answer {
            Ok(answer) => {
                // A statement may have been prepared before the beginning was sent.
                self.is_heard |= self.state == State::Within;
                Ok(answer)
            }
            Err(error) => {
                self.has_failed = true;
                Err(self.talk.failure(place).unwrap_or(error).into())
            }
        }
    }

    /// A statement, prepared at its first use; a snapshot that was left open is none of its business.
    fn prepared(&mut self, sql: &'static str) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let client = self.client.clone();
        let end = std::mem::take(&mut self.left_open).then_some(END);
        let before = words_first(&client, end);
        let prepared = self.talk.wait(async {
            let (before, prepared) = join(before, client.prepare(sql)).await;
            before?;
            prepared
        });
        let statement = self.heard(prepared, None)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }
}

/// Whether a running server has answered that it does not do something; not the last words of one that goes down.
fn is_refusal(error: &postgres::Error) -> bool {
    error
        .as_db_error()
        .is_some_and(|db| db.parsed_severity() == Some(Severity::Error))
}

/// Says something first, if there is something to say.
async fn words_first(client: &Client, words: Option<&str>) -> Result<(), postgres::Error> {
    match words {
        Some(words) => client.batch_execute(words).await,
        None => Ok(()),
    }
}
