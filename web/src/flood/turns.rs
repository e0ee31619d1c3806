//! How much of one session, and of all sessions of one account, is in work at once: a browser that asks a thousand times, a
//! script with somebody's cookie, or a page gone wrong must not take the places of all others. What is asked beyond a share
//! waits for its own turn.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Requests of one session in work at once. A browser has six connections to a site.
pub(super) const OF_A_SESSION: usize = 16;
/// Requests of all sessions of one account in work at once: more than one session has, so that whoever has another one beside
/// it comes through it still, and less than two.
pub(super) const OF_AN_ACCOUNT: usize = 24;
/// So many more of each may wait.
const MOST_WAITING: usize = 64;

/// Those of whom something is in work or waits, each by a number.
pub(super) struct Turns {
    at_once: usize,
    shares: Mutex<HashMap<u64, Arc<Semaphore>>>,
}

/// A turn, given back when it is dropped.
pub(super) struct Turn<'t> {
    permit: Option<OwnedSemaphorePermit>,
    _share: Share<'t>,
}

/// Whose share it is, is known as long as this lives.
struct Share<'t> {
    turns: &'t Turns,
    of: u64,
    semaphore: Option<Arc<Semaphore>>,
}

impl Turns {
    /// So many are in work at once of each.
    pub(super) fn of_each(at_once: usize) -> Turns {
        Turns {
            at_once,
            shares: Mutex::default(),
        }
    }

    /// A turn of one of them; `None` where it has too much in work until then.
    pub(super) async fn take(&self, of: u64, until: Instant) -> Option<Turn<'_>> {
        let share = self.share(of)?;
        let semaphore = share.semaphore.clone()?;
        let permit = match semaphore.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => timeout_at(until, semaphore.acquire_owned())
                .await
                .ok()?
                .ok()?,
        };
        Some(Turn {
            permit: Some(permit),
            _share: share,
        })
    }

    fn share(&self, of: u64) -> Option<Share<'_>> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let semaphore = shares
            .entry(of)
            .or_insert_with(|| Arc::new(Semaphore::new(self.at_once)));
        // Each of those in work holds it twice, each of those who wait once or twice.
        if Arc::strong_count(semaphore) > 2 * (self.at_once + MOST_WAITING) {
            return None;
        }
        Some(Share {
            turns: self,
            of,
            semaphore: Some(semaphore.clone()),
        })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Before its share is looked at.
        self.permit = None;
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let shares = &self.turns.shares;
        let mut shares = shares.lock().unwrap_or_else(PoisonError::into_inner);
        self.semaphore = None;
        let is_over = shares
            .get(&self.of)
            .is_some_and(|semaphore| Arc::strong_count(semaphore) == 1);
        if is_over {
            shares.remove(&self.of);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn in_a_moment() -> Instant {
        Instant::now() + Duration::from_millis(50)
    }

    #[tokio::test]
    async fn a_session_waits_for_its_own_turn_and_nothing_is_kept_of_it() {
        let turns = Turns::of_each(OF_A_SESSION);
        let mut in_work = Vec::new();
        for _ in 0..OF_A_SESSION {
            in_work.push(turns.take(1, in_a_moment()).await.unwrap());
        }
        assert!(turns.take(1, in_a_moment()).await.is_none());
        assert!(turns.take(2, in_a_moment()).await.is_some());
        let late = Instant::now() + Duration::from_secs(5);
        let (next, ()) = tokio::join!(turns.take(1, late), async {
            in_work.pop();
        });
        assert!(next.is_some(), "as soon as one has ended");
        drop((next, in_work));
        assert!(turns.shares.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn no_crowd_of_one_session_waits() {
        let turns = Turns::of_each(OF_A_SESSION);
        let all: Vec<_> = (0..1_000).map(|_| turns.take(1, in_a_moment())).collect();
        let all = futures_util::future::join_all(all).await;
        let taken = all.iter().flatten().count();
        assert_eq!(taken, OF_A_SESSION);
        drop(all);
        assert!(turns.shares.lock().unwrap().is_empty());
    }
}
