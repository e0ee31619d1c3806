//! Files while they arrive. Over an ordinary line a large one takes minutes; meanwhile it holds none of the places of pages, but
//! one of its own kind.

use super::places::{PATIENCE, Place};
use super::{Inner, Turns};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// How many files are in work at once. Large ones among them wait for each other, see the page of imports.
const PLACES: usize = 64;
/// Of one account: nobody keeps colleagues elsewhere from sending theirs.
const OF_AN_ACCOUNT: usize = 1;

/// The places of files.
pub(super) struct Files {
    places: Semaphore,
    of_accounts: Turns,
}

impl Files {
    pub(super) fn new() -> Files {
        Files {
            places: Semaphore::new(PLACES),
            of_accounts: Turns::of_each(OF_AN_ACCOUNT),
        }
    }
}

impl Inner {
    /// A place for a file of a session.
    pub(super) async fn place_of_file(&self, session: u64) -> Option<Place<'_>> {
        let until = Instant::now() + PATIENCE.0;
        let owner = self.owners.of(session).unwrap_or(session);
        let turn = self.files.of_accounts.take(owner, until).await?;
        let place = timeout_at(until, self.files.places.acquire()).await;
        Some(Place {
            _place: place.ok()?.ok()?,
            _stranger: None,
            _of_files: Some(turn),
        })
    }
}
