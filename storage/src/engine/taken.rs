//! Whether the store takes what is written. A server can answer and take nothing: its disk is full, or it lets nobody write.

use super::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a refusal counts where nobody has tried since.
const COUNTS: Duration = Duration::from_secs(30);

/// What came of the latest writes.
pub(super) struct Taken {
    began: Instant,
    /// Milliseconds since the beginning, and one; none yet: 0.
    taken: AtomicU64,
    refused: AtomicU64,
}

impl Taken {
    pub(super) fn new() -> Taken {
        Taken {
            began: Instant::now(),
            taken: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// A write has ended so. What a closure itself refuses says nothing of the store.
    pub(super) fn note<T>(&self, ended: &Result<T, Error>) {
        let last = match ended {
            Ok(_) => &self.taken,
            // One statement that took too long or was stopped (57014) is no news of the store either.
            Err(Error::Unavailable(why)) if !why.starts_with("57014") => {
                metrics::counter!("hersys_store_writes_refused_total").increment(1);
                &self.refused
            }
            Err(_) => return,
        };
        last.store(self.now() + 1, Ordering::Relaxed);
    }

    /// Whether the latest write was refused, a moment ago.
    pub(super) fn nothing(&self) -> bool {
        let refused = self.refused.load(Ordering::Relaxed);
        let is_last = refused > self.taken.load(Ordering::Relaxed);
        let ago = self.now().saturating_sub(refused.saturating_sub(1));
        is_last && Duration::from_millis(ago) < COUNTS
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_write_says_whether_the_store_takes_any() {
        let full = || Err::<(), _>(Error::Unavailable("the disk is full".to_owned()));
        let taken = Taken::new();
        assert!(!taken.nothing());
        taken.note(&full());
        assert!(taken.nothing());
        // Too much at once, or a row that stands already, are no news of the disk.
        taken.note(&Ok(()));
        taken.note(&Err::<(), _>(Error::Unavailable(
            "57014 canceling statement".to_owned(),
        )));
        assert!(!taken.nothing());
        std::thread::sleep(Duration::from_millis(3));
        taken.note(&full());
        taken.note(&Err::<(), _>(Error::Busy));
        taken.note(&Err::<(), _>(Error::Duplicate("reports".to_owned())));
        assert!(taken.nothing());
        std::thread::sleep(Duration::from_millis(3));
        taken.note(&Ok(()));
        assert!(!taken.nothing());
    }
}
