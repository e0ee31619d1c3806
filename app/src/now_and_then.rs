//! Telling the log now and then of what happens thousands of times: a flood must not become one of the log, whose reader may
//! be slower than we are.

use std::sync::atomic::{AtomicU64, Ordering};

/// Seconds between two lines of the log on one thing.
const TELL_EVERY: u64 = 10;

/// One thing of which the log is told.
#[derive(Default)]
pub struct NowAndThen {
    told: AtomicU64,
    untold: AtomicU64,
}

impl NowAndThen {
    /// Nothing has happened yet.
    pub const fn new() -> NowAndThen {
        NowAndThen {
            told: AtomicU64::new(0),
            untold: AtomicU64::new(0),
        }
    }

    /// One more; how many there were since the last time, when it is time to tell. `seconds`: of a clock that goes on.
    pub fn one(&self, seconds: u64) -> Option<u64> {
        self.untold.fetch_add(1, Ordering::Relaxed);
        let now = seconds + TELL_EVERY;
        let told = self.told.load(Ordering::Relaxed);
        let mine = now >= told + TELL_EVERY
            && self
                .told
                .compare_exchange(told, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        mine.then(|| self.untold.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_now_and_then() {
        let told = NowAndThen::new();
        assert_eq!(told.one(0), Some(1));
        for _ in 0..1_000 {
            assert_eq!(told.one(9), None);
        }
        assert_eq!(told.one(10), Some(1_001));
        assert_eq!(told.one(10), None);
    }
}
