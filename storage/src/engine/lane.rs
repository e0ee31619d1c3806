//! Two lanes into the store, so that a flood of people at home never stands before the health centers: each has a
//! bounded queue of its own, and tells how long one waits in it.

use super::{Error, Job};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select_biased};
use metrics::Histogram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Whose work it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lane {
    /// People at home: as many as there are.
    People,
    /// The health centers, and the machine's own timers and messages: few, and never behind the others.
    Staff,
}

impl Lane {
    /// Both.
    pub const ALL: [Lane; 2] = [Lane::People, Lane::Staff];

    /// A name for measurements.
    pub const fn name(self) -> &'static str {
        match self {
            Lane::People => "people",
            Lane::Staff => "staff",
        }
    }
}

/// How a lane is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Pieces of work that wait.
    pub pieces: usize,
    /// How long whoever comes now is likely to wait: as long as the last one did, or as long as nobody was taken.
    pub delay: Duration,
}

/// Measures the waits of a lane, in microseconds since the lane was made.
struct Pulse {
    began: Instant,
    waits: Histogram,
    last_wait: AtomicU64,
    last_taken: AtomicU64,
    /// When the first of those who wait came.
    waiting_since: AtomicU64,
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Pulse {
    fn first_came(&self, now: Instant) {
        let came = micros(now.saturating_duration_since(self.began));
        self.waiting_since.store(came, Ordering::Relaxed);
    }

    fn took(&self, since: Instant) {
        let now = Instant::now();
        let wait = now.saturating_duration_since(since);
        self.waits.record(wait);
        self.last_wait.store(micros(wait), Ordering::Relaxed);
        let taken = micros(now.saturating_duration_since(self.began));
        self.last_taken.store(taken, Ordering::Relaxed);
    }

    fn delay(&self) -> Duration {
        let now = micros(self.began.elapsed());
        let came = self.waiting_since.load(Ordering::Relaxed);
        let taken = self.last_taken.load(Ordering::Relaxed);
        Duration::from_micros(if came > taken {
            // Nobody of those who wait was taken yet; what was before they came does not count.
            now.saturating_sub(came)
        } else {
            let last_wait = self.last_wait.load(Ordering::Relaxed);
            last_wait.max(now.saturating_sub(taken))
        })
    }
}

/// A piece of work on its way.
pub(super) struct Piece {
    pub(super) job: Box<dyn Job>,
    /// Since when it has waited.
    pub(super) since: Instant,
    /// Whether a commit of it may stand.
    pub(super) unknown: bool,
    taken: bool,
}

/// The ways into an engine: two lanes, of which that of people may be two queues, for those who read and those who write.
#[derive(Clone)]
pub(super) struct Lanes {
    pub(super) people: In,
    pub(super) people_writing: Option<In>,
    pub(super) staff: In,
}

impl Lanes {
    /// Puts a piece of work into a lane.
    ///
    /// # Errors
    /// [`Error::Busy`] where too much waits already.
    pub(super) fn put(&self, lane: Lane, job: Box<dyn Job>) -> Result<(), Error> {
        match (lane, &self.people_writing) {
            (Lane::People, Some(writing)) if job.kind().writes() => writing.put(job),
            (Lane::People, _) => self.people.put(job),
            (Lane::Staff, _) => self.staff.put(job),
        }
    }

    /// How a lane is doing; one of two queues is as slow as the slower of them.
    pub(super) fn waiting(&self, lane: Lane) -> Waiting {
        match (lane, &self.people_writing) {
            (Lane::People, Some(writing)) => {
                let (reading, writing) = (self.people.waiting(), writing.waiting());
                Waiting {
                    pieces: reading.pieces + writing.pieces,
                    delay: reading.delay.max(writing.delay),
                }
            }
            (Lane::People, None) => self.people.waiting(),
            (Lane::Staff, _) => self.staff.waiting(),
        }
    }
}

/// Where work is put in.
#[derive(Clone)]
pub(super) struct In {
    queue: Sender<Piece>,
    pulse: Arc<Pulse>,
}

/// Where it is taken out.
#[derive(Clone)]
pub(super) struct Out {
    queue: Receiver<Piece>,
    pulse: Arc<Pulse>,
}

/// A lane in which at most `most` pieces of work wait.
pub(super) fn lane(lane: Lane, most: usize) -> (In, Out) {
    let (put, take) = bounded(most);
    let pulse = Arc::new(Pulse {
        began: Instant::now(),
        waits: metrics::histogram!("hersys_store_wait_seconds", "lane" => lane.name()),
        last_wait: AtomicU64::new(0),
        last_taken: AtomicU64::new(0),
        waiting_since: AtomicU64::new(0),
    });
    let (queue, pulse_in) = (put, pulse.clone());
    (
        In {
            queue,
            pulse: pulse_in,
        },
        Out { queue: take, pulse },
    )
}

impl In {
    /// Puts a piece of work in.
    ///
    /// # Errors
    /// [`Error::Busy`] where too much waits already.
    fn put(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let since = Instant::now();
        if self.queue.is_empty() {
            self.pulse.first_came(since);
        }
        self.queue
            .try_send(Piece {
                job,
                since,
                unknown: false,
                taken: false,
            })
            .map_err(|e| match e {
                TrySendError::Full(_) => Error::Busy,
                TrySendError::Disconnected(_) => {
                    Error::Unavailable("the store's workers have stopped".to_owned())
                }
            })
    }

    /// Puts a piece in that was taken before, and waits for room.
    ///
    /// # Errors
    /// The piece, where nobody takes anything any more.
    pub(super) fn put_on(&self, piece: Piece) -> Result<(), Piece> {
        self.queue.send(piece).map_err(|refused| refused.0)
    }

    fn waiting(&self) -> Waiting {
        let pieces = self.queue.len();
        let delay = if pieces == 0 {
            Duration::ZERO
        } else {
            self.pulse.delay()
        };
        Waiting { pieces, delay }
    }
}

impl Out {
    /// Waits for the next piece; `None` when nobody can put anything in any more.
    pub(super) fn next(&self) -> Option<Piece> {
        self.queue.recv().ok().map(|piece| self.taken(piece))
    }

    /// The next piece, if one waits.
    pub(super) fn ready(&self) -> Option<Piece> {
        self.queue.try_recv().ok().map(|piece| self.taken(piece))
    }

    fn taken(&self, mut piece: Piece) -> Piece {
        if !std::mem::replace(&mut piece.taken, true) {
            self.pulse.took(piece.since);
            piece.job.turn().begins();
        }
        piece
    }
}

/// Waits for the next piece of either lane; of the first where both have one.
pub(super) fn next_of(first: &Out, second: &Out) -> Option<Piece> {
    if let Some(piece) = ready_of(first, second) {
        return Some(piece);
    }
    select_biased! {
        recv(first.queue) -> piece => match piece {
            Ok(piece) => Some(first.taken(piece)),
            // One ends shortly before the other.
            Err(_) => second.next(),
        },
        recv(second.queue) -> piece => match piece {
            Ok(piece) => Some(second.taken(piece)),
            Err(_) => first.next(),
        },
    }
}

/// The same for as long at most.
pub(super) fn next_within(first: &Out, second: &Out, most: Duration) -> Option<Piece> {
    if let Some(piece) = ready_of(first, second) {
        return Some(piece);
    }
    select_biased! {
        recv(first.queue) -> piece => piece.ok().map(|piece| first.taken(piece)),
        recv(second.queue) -> piece => piece.ok().map(|piece| second.taken(piece)),
        default(most) => None,
    }
}

/// The next piece of the first lane, or of the second, if one waits.
pub(super) fn ready_of(first: &Out, second: &Out) -> Option<Piece> {
    first.ready().or_else(|| second.ready())
}
