//! The clock: the system's, or one that stands still until a test moves it.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// Where the time comes from. Everything asks here, so that tests can live through a week in a moment.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that moves only when it is told to.
    Standing(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands at a moment.
    pub fn standing_at(moment: Timestamp) -> Clock {
        Clock::Standing(Arc::new(Mutex::new(moment)))
    }

    /// The moment, in whole milliseconds: what both databases keep.
    #[allow(clippy::disallowed_methods)] // the one place that asks the system
    pub fn now(&self) -> Timestamp {
        let now = match self {
            Clock::System => Timestamp::now(),
            Clock::Standing(moment) => *moment.lock().unwrap_or_else(PoisonError::into_inner),
        };
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Moves a standing clock; the system's cannot be moved.
    pub fn advance(&self, by: SignedDuration) {
        if let Clock::Standing(moment) = self {
            let mut moment = moment.lock().unwrap_or_else(PoisonError::into_inner);
            *moment += by;
        }
    }
}
