//! How much of one session is in work at once: a browser that asks a thousand times, a script with somebody's cookie, or a
//! page gone wrong must not take the places of all others. What a session asks beyond its share waits for its own turn.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests of one session in work at once. A browser has six connections to a site.
const MOST_OF_ONE: usize = 16;
/// So many more of one session may wait.
const MOST_WAITING: usize = 64;

/// The sessions of which something is in work or waits.
pub(super) struct Turns {
    hash: RandomState,
    sessions: Mutex<HashMap<u64, Arc<Semaphore>>>,
}

/// A turn of one session, given back when it is dropped.
pub(super) struct Turn<'t> {
    permit: Option<OwnedSemaphorePermit>,
    _share: Share<'t>,
}

/// The session is known as long as this lives.
struct Share<'t> {
    turns: &'t Turns,
    session: u64,
    semaphore: Option<Arc<Semaphore>>,
}

impl Turns {
    pub(super) fn new() -> Turns {
        Turns {
            hash: RandomState::new(),
            sessions: Mutex::default(),
        }
    }

    /// A turn of the session whose cookie this is, which is not kept; `None` where it has too much in work for so long.
    pub(super) async fn take(&self, cookie: &str, patience: Duration) -> Option<Turn<'_>> {
        let share = self.share(self.hash.hash_one(cookie))?;
        let semaphore = share.semaphore.clone()?;
        let permit = match semaphore.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => tokio::time::timeout(patience, semaphore.acquire_owned())
                .await
                .ok()?
                .ok()?,
        };
        Some(Turn {
            permit: Some(permit),
            _share: share,
        })
    }

    fn share(&self, session: u64) -> Option<Share<'_>> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let semaphore = sessions
            .entry(session)
            .or_insert_with(|| Arc::new(Semaphore::new(MOST_OF_ONE)));
        // Each of those in work holds it twice, each of those who wait once or twice.
        if Arc::strong_count(semaphore) > 2 * (MOST_OF_ONE + MOST_WAITING) {
            return None;
        }
        Some(Share {
            turns: self,
            session,
            semaphore: Some(semaphore.clone()),
        })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Before its session is looked at.
        self.permit = None;
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let sessions = &self.turns.sessions;
        let mut sessions = sessions.lock().unwrap_or_else(PoisonError::into_inner);
        self.semaphore = None;
        let is_over = sessions
            .get(&self.session)
            .is_some_and(|semaphore| Arc::strong_count(semaphore) == 1);
        if is_over {
            sessions.remove(&self.session);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_session_waits_for_its_own_turn_and_nothing_is_kept_of_it() {
        let turns = Turns::new();
        let mut in_work = Vec::new();
        for _ in 0..MOST_OF_ONE {
            in_work.push(turns.take("one", MOMENT).await.unwrap());
        }
        assert!(turns.take("one", MOMENT).await.is_none());
        assert!(turns.take("another", MOMENT).await.is_some());
        let (next, ()) = tokio::join!(turns.take("one", Duration::from_secs(5)), async {
            in_work.pop();
        });
        assert!(next.is_some(), "as soon as one has ended");
        drop((next, in_work));
        assert!(turns.sessions.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn no_crowd_of_one_session_waits() {
        let turns = Turns::new();
        let all: Vec<_> = (0..1_000).map(|_| turns.take("one", MOMENT)).collect();
        let all = futures_util::future::join_all(all).await;
        let taken = all.iter().flatten().count();
        assert_eq!(taken, MOST_OF_ONE);
        drop(all);
        assert!(turns.sessions.lock().unwrap().is_empty());
    }
}
