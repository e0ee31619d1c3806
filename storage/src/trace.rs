//! Traces: what a request waited for and what was done for it, as spans that a collector may be told of. Whoever runs the
//! process begins that with [`begin`]; until then a span costs a look at one word.
//!
//! A span can hold only names that stand in the program and numbers: nothing here takes a `String`, so nothing that
//! somebody typed, and no ID, fits into one.

use std::fmt;
use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing::field::Empty;
use tracing::instrument::{Instrument, Instrumented};
use tracing::{Span, info_span};

/// By what spans are told from the lines of the log, which know nothing of them.
pub const TARGET: &str = "hersys::trace";

/// What a caller says of the trace that a request belongs to (W3C Trace Context, `traceparent`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parent {
    /// The trace.
    pub trace: u128,
    /// The span of the caller.
    pub span: u64,
    /// Whether the caller keeps it.
    pub is_kept: bool,
}

/// How a span is put below a caller's.
pub type Adopt = fn(&Span, Parent);

struct Begun {
    /// Of 2^32.
    share: u64,
    adopt: Adopt,
    turn: AtomicU64,
}

static BEGUN: OnceLock<Begun> = OnceLock::new();

/// Begins to trace: a `share` (0 to 1) of the requests and messages, and every timer. A second call changes nothing.
/// `seed`: any number; processes that begin with the same choose alike.
pub fn begin(share: f64, seed: u64, adopt: Adopt) {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within 0 and 2^32
    let share = (share.clamp(0.0, 1.0) * 4_294_967_296.0) as u64;
    let turn = AtomicU64::new(seed);
    let _ = BEGUN.set(Begun { share, adopt, turn });
}

impl Begun {
    /// Chance, without a call to the system: the finaliser of Steele, Lea and Flood's SplitMix over a counter.
    fn chooses(&self) -> bool {
        let mut z = self
            .turn
            .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) >> 32 < self.share
    }
}

/// What a word of a span is about. The names are OpenTelemetry's, where it has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// The method of a request.
    Method,
    /// The line of the table of routes.
    Route,
    /// Portal or console.
    Site,
    /// What kind of failure it was.
    Error,
    /// Which database.
    Database,
    /// Whose work: [`crate::Lane::name`].
    Lane,
    /// Where in the program a piece of work for the store stands.
    Function,
    /// What became of a message.
    Fate,
}

impl Word {
    /// All of them.
    pub const ALL: [Word; 8] = [
        Word::Method,
        Word::Route,
        Word::Site,
        Word::Error,
        Word::Database,
        Word::Lane,
        Word::Function,
        Word::Fate,
    ];

    /// The attribute's name.
    pub const fn key(self) -> &'static str {
        match self {
            Word::Method => "http.request.method",
            Word::Route => "http.route",
            Word::Site => "hersys.site",
            Word::Error => "error.type",
            Word::Database => "db.system.name",
            Word::Lane => "hersys.store.lane",
            Word::Function => "code.function.name",
            Word::Fate => "hersys.message.fate",
        }
    }
}

/// What a number of a span counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Number {
    /// The status of an answer.
    Status,
    /// How many writes shared a commit.
    Writes,
    /// How often it was tried to send a message.
    Attempts,
}

impl Number {
    /// All of them.
    pub const ALL: [Number; 3] = [Number::Status, Number::Writes, Number::Attempts];

    /// The attribute's name.
    pub const fn key(self) -> &'static str {
        match self {
            Number::Status => "http.response.status_code",
            Number::Writes => "hersys.store.batch_writes",
            Number::Attempts => "hersys.message.attempts",
        }
    }
}

/// Every span begins here, so that the names of what it may hold stand in one place.
macro_rules! open {
    ($parent:expr, $name:expr, $kind:expr) => {
        info_span!(
            target: TARGET,
            parent: $parent,
            "work",
            "otel.name" = %$name,
            "otel.kind" = $kind,
            "otel.status_code" = Empty,
            "http.request.method" = Empty,
            "http.route" = Empty,
            "http.response.status_code" = Empty,
            "hersys.site" = Empty,
            "error.type" = Empty,
            "db.system.name" = Empty,
            "hersys.store.lane" = Empty,
            "hersys.store.batch_writes" = Empty,
            "code.function.name" = Empty,
            "hersys.message.fate" = Empty,
            "hersys.message.attempts" = Empty,
        )
    };
}

/// A span that is open until the last copy of this is dropped; or none.
#[derive(Clone, Debug)]
pub struct Trace(Span);

/// A method, and the line of the table of routes where there is one: what a request is called.
struct Called(&'static str, Option<&'static str>);

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(route) => write!(f, "{} {route}", self.0),
            None => f.write_str(self.0),
        }
    }
}

/// Whether anything is traced: what costs more than a moment to find out need not be found out otherwise.
pub fn is_on() -> bool {
    BEGUN.get().is_some()
}

/// Begins with a request. `method` and `route` stand in the program; elsewhere there is no route.
pub fn request(method: &'static str, route: Option<&'static str>, parent: Option<Parent>) -> Trace {
    let Some(begun) = BEGUN.get() else {
        return Trace::none();
    };
    let is_kept = parent.map_or_else(|| begun.chooses(), |parent| parent.is_kept);
    if !is_kept {
        return Trace::none();
    }
    let trace = Trace(open!(None, Called(method, route), "server"));
    if let Some(parent) = parent {
        (begun.adopt)(&trace.0, parent);
    }
    trace.word(Word::Method, method);
    if let Some(route) = route {
        trace.word(Word::Route, route);
    }
    trace
}

/// Begins with something of which there is much and nobody waits for, such as a message; chosen like requests.
pub fn message(name: &'static str) -> Trace {
    match BEGUN.get() {
        Some(begun) if begun.chooses() => Trace(open!(None, name, "internal")),
        _ => Trace::none(),
    }
}

/// Begins with a timer; every time, because there are few.
pub fn timer(name: &'static str) -> Trace {
    match BEGUN.get() {
        Some(_) => Trace(open!(None, name, "internal")),
        None => Trace::none(),
    }
}

/// A part of what goes on here, if that is traced.
pub fn part(name: &'static str) -> Trace {
    Trace::here().part(name)
}

/// The same for what somebody else does for us, such as a mail server.
pub fn call(name: &'static str) -> Trace {
    Trace::here().call(name)
}

impl Trace {
    /// Nothing that is traced.
    pub fn none() -> Trace {
        Trace(Span::none())
    }

    /// What goes on here.
    pub fn here() -> Trace {
        if !is_on() {
            return Trace::none();
        }
        let span = Span::current();
        // A crate that we use may have opened another one, which no collector is told of.
        let is_ours = span.metadata().is_some_and(|it| it.target() == TARGET);
        if is_ours { Trace(span) } else { Trace::none() }
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// A part of this.
    pub fn part(&self, name: &'static str) -> Trace {
        if self.is_none() {
            return Trace::none();
        }
        Trace(open!(&self.0, name, "internal"))
    }

    /// The same for what somebody else does for us.
    pub fn call(&self, name: &'static str) -> Trace {
        if self.is_none() {
            return Trace::none();
        }
        Trace(open!(&self.0, name, "client"))
    }

    /// Says a word of it.
    pub fn word(&self, about: Word, word: &'static str) {
        self.0.record(about.key(), word);
    }

    /// Says a number of it.
    pub fn number(&self, of: Number, number: usize) {
        self.0
            .record(of.key(), i64::try_from(number).unwrap_or(i64::MAX));
    }

    /// Says that it failed, and in a word how.
    pub fn failed(&self, how: &'static str) {
        self.0.record("otel.status_code", "ERROR");
        self.word(Word::Error, how);
    }

    /// Does work as a part of it, on this thread.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.in_scope(work)
    }

    /// Does work as a part of it, and ends with the work.
    pub fn around<F: Future>(self, work: F) -> Instrumented<F> {
        work.instrument(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_chosen() {
        for (share, least, most) in [
            (0.0, 0, 0),
            (0.01, 800, 1_200),
            (0.5, 49_000, 51_000),
            (1.0, 100_000, 100_000),
        ] {
            let begun = Begun {
                share: (share * 4_294_967_296.0) as u64,
                adopt: |_, _| {},
                turn: AtomicU64::new(7),
            };
            let chosen = (0..100_000).filter(|_| begun.chooses()).count();
            assert!((least..=most).contains(&chosen), "{share}: {chosen}");
        }
    }

    #[test]
    fn a_request_is_called_by_its_line_of_the_table() {
        assert_eq!(Called("GET", Some("/history")).to_string(), "GET /history");
        assert_eq!(Called("GET", None).to_string(), "GET");
    }

    #[test]
    fn nothing_is_traced_before_it_was_begun() {
        assert!(request("GET", Some("/"), None).is_none());
        assert!(timer("sweep").is_none());
        assert!(part("store wait").is_none());
    }
}
