//! How many talk with the identity provider at once. It may hang, and strangers may come in any number: the rest of the console
//! must not wait for either, nor one who comes honestly for a stranger with many connections.

use crate::client::{Client, Shares};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many talk with the provider at once.
const TALKING: usize = 16;
/// How many are here at once: those who talk, and those who wait.
const HERE: usize = 64;
/// One client has no more than such a part of either.
const SHARE: usize = 4;
/// How long somebody waits for a place.
const PATIENCE: Duration = Duration::from_secs(2);

/// The places, and who has them.
pub(super) struct Places {
    all: Arc<Semaphore>,
    here: Mutex<Here>,
}

#[derive(Default)]
struct Here {
    count: usize,
    shares: Shares,
    /// The places of each client that is here.
    own: HashMap<Client, Arc<Semaphore>>,
}

impl Default for Places {
    fn default() -> Places {
        Places {
            all: Arc::new(Semaphore::new(TALKING)),
            here: Mutex::default(),
        }
    }
}

/// A place, given back when it is dropped.
pub(super) struct Place {
    _own: Option<OwnedSemaphorePermit>,
    _all: OwnedSemaphorePermit,
    _stay: Stay,
}

/// Somebody talks or waits as long as this lives.
struct Stay {
    places: Arc<Places>,
    client: Option<Client>,
}

impl Places {
    fn lock(&self) -> MutexGuard<'_, Here> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, after a moment perhaps; `None` where too many are here, or none was free in time.
    pub(super) async fn take(self: Arc<Self>, client: Option<IpAddr>) -> Option<Place> {
        let client = client.map(Client::at);
        let (stay, own) = self.clone().come(client)?;
        let wait = async {
            // First of its own: so few of one client stand in the row of all.
            let own = match own {
                Some(own) => Some(own.acquire_owned().await.ok()?),
                None => None,
            };
            let all = self.all.clone().acquire_owned().await.ok()?;
            Some((own, all))
        };
        let (own, all) = tokio::time::timeout(PATIENCE, wait).await.ok().flatten()?;
        Some(Place {
            _own: own,
            _all: all,
            _stay: stay,
        })
    }

    fn come(self: Arc<Self>, client: Option<Client>) -> Option<(Stay, Option<Arc<Semaphore>>)> {
        let mut here = self.lock();
        if here.count >= HERE || here.shares.of(client) >= HERE / SHARE {
            return None;
        }
        here.count += 1;
        here.shares.take(client, 1);
        let places = || Arc::new(Semaphore::new(TALKING / SHARE));
        let own = client.map(|client| here.own.entry(client).or_insert_with(places).clone());
        drop(here);
        let places = self;
        Some((Stay { places, client }, own))
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let mut here = self.places.lock();
        here.count -= 1;
        here.shares.give_back(self.client, 1);
        if let Some(client) = self.client
            && here.shares.of(Some(client)) == 0
        {
            here.own.remove(&client);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(n: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, n]))
    }

    #[tokio::test]
    async fn one_client_has_a_quarter_and_whoever_comes_honestly_waits_a_moment() {
        let places = Arc::new(Places::default());
        let mut storm = tokio::task::JoinSet::new();
        for _ in 0..24 {
            storm.spawn(places.clone().take(at(1)));
        }
        let moment = Duration::from_millis(100);
        tokio::time::sleep(moment).await;
        let mut held = Vec::new();
        for n in 2..5 {
            for _ in 0..4 {
                held.push(places.clone().take(at(n)).await.unwrap());
            }
        }
        // Of the first there are four, and no more while they stay; all sixteen places are taken.
        assert_eq!(places.all.available_permits(), 0);
        let honest = tokio::spawn(places.clone().take(at(9)));
        tokio::time::sleep(moment).await;
        assert!(!honest.is_finished());
        held.pop();
        assert!(honest.await.unwrap().is_some(), "as soon as one has gone");
        let taken = storm.join_all().await.into_iter().flatten().count();
        assert_eq!(taken, 4);
        held.clear();
        let here = places.lock();
        assert!(here.count == 0 && here.shares.is_empty() && here.own.is_empty());
    }

    #[tokio::test]
    async fn no_crowd_waits() {
        let places = Arc::new(Places::default());
        let mut crowd = tokio::task::JoinSet::new();
        for n in 0..200 {
            crowd.spawn(places.clone().take(at(n)));
        }
        let taken: Vec<_> = crowd.join_all().await.into_iter().flatten().collect();
        assert_eq!(taken.len(), TALKING);
        drop(taken);
        assert_eq!(places.all.available_permits(), TALKING);
    }
}
