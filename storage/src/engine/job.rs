//! A piece of work for the store, and what is traced of it.

use super::{Error, Lane, Tx};
use crate::trace::{Number, Trace, Word};
use tokio::sync::oneshot;

/// What a worker needs to know of a piece of work, whatever it returns.
pub(crate) trait Job: Send {
    /// Runs the closure once more. `true`: its work is to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Whether the last run failed in a way that another run may mend.
    fn wants_another_run(&self) -> bool;
    /// Whether the last run failed because its connection was of no use any more.
    fn lost_its_connection(&self) -> bool;
    /// Whether it may be run again where nobody knows if its commit stands.
    fn finds_what_it_did(&self) -> bool;
    /// What may be done with it.
    fn kind(&self) -> Kind;
    /// What is traced of it.
    fn turn(&mut self) -> &mut Turn;
    /// Hands the result to the caller; `Err` where the commit did not succeed.
    fn tell(self: Box<Self>, committed: Result<(), Error>);
}

/// What a piece of work does, and so what may be done with it where nobody knows of its commit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It writes, and would do so twice.
    Write,
    /// It writes, and finds whether it has.
    WriteOnce,
    /// It only looks, at one moment.
    Read,
    /// It only looks, by one statement.
    ReadOnce,
}

impl Kind {
    /// Whether it changes anything.
    pub(super) const fn writes(self) -> bool {
        matches!(self, Kind::Write | Kind::WriteOnce)
    }
}

/// A closure, and who waits for what it returns.
pub(super) struct Work<F, T> {
    pub(super) closure: F,
    pub(super) kind: Kind,
    pub(super) result: Option<Result<T, Error>>,
    pub(super) turn: Turn,
    pub(super) tell: oneshot::Sender<Result<T, Error>>,
}

impl<F, T> Job for Work<F, T>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let closure = &mut self.closure;
        // A panic in one use case must not take the only writer with it.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| closure(tx)));
        let result =
            outcome.unwrap_or_else(|_| Err(Error::Broken("a use case panicked".to_owned())));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn wants_another_run(&self) -> bool {
        matches!(self.result, Some(Err(Error::TryAgain)))
    }

    fn lost_its_connection(&self) -> bool {
        matches!(self.result, Some(Err(Error::Lost(_))))
    }

    fn finds_what_it_did(&self) -> bool {
        self.kind != Kind::Write
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn turn(&mut self) -> &mut Turn {
        &mut self.turn
    }

    fn tell(self: Box<Self>, committed: Result<(), Error>) {
        let answer = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            (Err(error), Some(Ok(_)) | None) => Err(error),
            (Err(_), Some(Err(error))) => Err(error),
            (Ok(()), None) => Err(Error::Broken("a use case was never run".to_owned())),
        };
        self.turn.ends(answer.as_ref().err());
        let answer = answer.map_err(|error| match error {
            Error::TryAgain => Error::Busy,
            Error::Lost(why) => Error::Unavailable(why),
            other => other,
        });
        // The caller may have gone away (a closed connection); the work stands all the same.
        let _ = self.tell.send(answer);
    }
}

/// What is traced of a piece of work: it waits, then it is done. Nothing where its caller is not traced.
pub(crate) struct Turn(Option<Box<Open>>);

struct Open {
    caller: Trace,
    now: Trace,
    name: &'static str,
    words: [(Word, &'static str); 3],
}

impl Turn {
    /// `function`: the name of the closure's type.
    pub(super) fn of(
        kind: Kind,
        database: &'static str,
        lane: Lane,
        function: &'static str,
    ) -> Turn {
        let caller = Trace::here();
        if caller.is_none() {
            return Turn(None);
        }
        let name = match kind {
            Kind::Write | Kind::WriteOnce => "store write",
            Kind::Read | Kind::ReadOnce => "store read",
        };
        let words = [
            (Word::Database, database),
            (Word::Lane, lane.name()),
            (Word::Function, function.trim_end_matches("::{{closure}}")),
        ];
        Turn(Some(Box::new(Open {
            caller,
            now: Trace::none(),
            name,
            words,
        })))
    }

    /// It begins to wait.
    pub(super) fn waits(mut self) -> Turn {
        if let Some(open) = &mut self.0 {
            open.begin(open.caller.part("store wait"));
        }
        self
    }

    /// It is taken.
    pub(super) fn begins(&mut self) {
        if let Some(open) = &mut self.0 {
            open.begin(open.caller.call(open.name));
        }
    }

    /// It is done on this thread, without a wait.
    pub(super) fn at_once<T>(
        mut self,
        work: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.begins();
        let result = work();
        self.ends(result.as_ref().err());
        result
    }

    /// It was committed together with others, so many with itself.
    pub(super) fn shares(&self, writes: usize) {
        if let Some(open) = &self.0 {
            open.now.number(Number::Writes, writes);
        }
    }

    fn ends(self, failed: Option<&Error>) {
        if let (Some(open), Some(error)) = (&self.0, failed) {
            open.now.failed(error.kind());
        }
    }
}

impl Open {
    fn begin(&mut self, next: Trace) {
        for (about, word) in self.words {
            next.word(about, word);
        }
        self.now = next;
    }
}
