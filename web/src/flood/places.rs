//! The places of requests in work, and the wait for one.

use super::{Inner, Turn};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::SemaphorePermit;

/// How many may wait for a place: of those who are signed in, and of strangers.
const MOST_WAITING: (usize, usize) = (1_024, 256);
/// How long somebody who is signed in, and a stranger, waits for a place.
pub(super) const PATIENCE: (Duration, Duration) =
    (Duration::from_secs(1), Duration::from_millis(200));
/// The same where people have been waiting without a break for [`STANDING`]: then waiting longer helps nobody.
/// (The "controlled delay" of Nichols and Jacobson, in the simple form for servers.)
const SHORT_PATIENCE: (Duration, Duration) =
    (Duration::from_millis(100), Duration::from_millis(20));
const STANDING: Duration = Duration::from_millis(100);

/// A place that is held while a request is in work.
pub(super) struct Place<'d> {
    pub(super) _place: SemaphorePermit<'d>,
    pub(super) _stranger: Option<SemaphorePermit<'d>>,
    pub(super) _of_files: Option<Turn<'d>>,
}

impl Inner {
    /// A place as soon as there is one; `None` where it takes too long.
    pub(super) async fn place(&self, known: bool) -> Option<Place<'_>> {
        if let Some(place) = self.free_place(known) {
            return Some(place);
        }
        let most = if known {
            MOST_WAITING.0
        } else {
            MOST_WAITING.1
        };
        let _waits = Waits::begin(self, most)?;
        let began = self.waiting_since.load(Ordering::Relaxed);
        let stands = self.micros().saturating_sub(began) > STANDING.as_micros() as u64;
        let patience = if stands { SHORT_PATIENCE } else { PATIENCE };
        let patience = if known { patience.0 } else { patience.1 };
        let wait = async {
            let stranger = match known {
                true => None,
                false => Some(self.for_strangers.acquire().await.ok()?),
            };
            Some(Place {
                _place: self.places.acquire().await.ok()?,
                _stranger: stranger,
                _of_files: None,
            })
        };
        tokio::time::timeout(patience, wait).await.ok().flatten()
    }

    fn free_place(&self, known: bool) -> Option<Place<'_>> {
        let stranger = match known {
            true => None,
            false => Some(self.for_strangers.try_acquire().ok()?),
        };
        Some(Place {
            _place: self.places.try_acquire().ok()?,
            _stranger: stranger,
            _of_files: None,
        })
    }
}

/// Somebody waits; they are counted as long as this lives.
struct Waits<'d>(&'d Inner);

impl<'d> Waits<'d> {
    fn begin(door: &'d Inner, most: usize) -> Option<Waits<'d>> {
        let before = door.waiting.fetch_add(1, Ordering::Relaxed);
        let waits = Waits(door);
        if before == 0 {
            door.waiting_since.store(door.micros(), Ordering::Relaxed);
        }
        (before < most).then_some(waits)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.waiting_since.store(u64::MAX, Ordering::Relaxed);
        }
    }
}
