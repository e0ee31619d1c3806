//! Password hashing: argon2id, bounded to the cores, so that a storm of sign-ins never slows reports.

mod argon;

use crate::client::{Client, Shares};
use crate::{Error, trace};
use argon::Memories;
use domain::password::Password;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{AcquireError, Semaphore};

/// How long somebody waits for a free core before being asked to come back.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many strangers may wait for each core: at some 30 ms for each, a second of work.
const WAITING_FOR_EACH_CORE: usize = 32;
/// How many beside them of those who are known: whose session is locked, or who have signed in in this browser before.
const KNOWN_FOR_EACH_CORE: usize = 16;
/// How many of them for one and the same person: a hand that presses again and again.
const OF_ONE_PERSON: usize = 4;

/// Hashes and checks passwords on threads of their own, no more at once than there are cores.
#[derive(Clone)]
pub struct Hashing {
    cores: Arc<Semaphore>,
    /// Strangers stand before this one first, no more of them before the cores than there are of these: so whoever is known
    /// never waits behind a crowd.
    strangers: Arc<Semaphore>,
    queue: Arc<Queue>,
    memories: Arc<Memories>,
}

/// Those who wait for a core.
struct Queue {
    /// The most strangers who may.
    most: usize,
    /// The most of those who are known.
    most_known: usize,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    strangers: usize,
    shares: Shares,
    known: usize,
    /// How many wait for each of those who are known.
    of: HashMap<Vec<u8>, usize>,
}

/// Who waits.
enum Who {
    Stranger(Option<Client>),
    Known(Vec<u8>),
}

/// A place in the queue, until it is dropped.
pub(crate) struct Turn {
    queue: Arc<Queue>,
    who: Who,
}

impl Hashing {
    /// Prepares for as many hashes at once as the machine has cores.
    pub fn on_every_core() -> Hashing {
        Hashing::on(std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// Prepares for one hash at a time.
    pub fn on_one_core() -> Hashing {
        Hashing::on(1)
    }

    fn on(cores: usize) -> Hashing {
        Hashing {
            cores: Arc::new(Semaphore::new(cores)),
            strangers: Arc::new(Semaphore::new(cores)),
            queue: Arc::new(Queue {
                most: cores * WAITING_FOR_EACH_CORE,
                most_known: cores * KNOWN_FOR_EACH_CORE,
                waiting: Mutex::default(),
            }),
            memories: Arc::default(),
        }
    }

    /// How many wait for a core.
    pub fn waiting(&self) -> usize {
        let waiting = self.queue.lock();
        waiting.strangers + waiting.known
    }

    /// A place in the queue of strangers. Where half of it is taken, one client gets no more than a quarter, so that nobody alone keeps
    /// all others from signing in.
    ///
    /// # Errors
    /// [`Error::Busy`] at once, where there is none: nobody looks at a password of theirs.
    pub(crate) fn queue(&self, client: Option<IpAddr>) -> Result<Turn, Error> {
        let (client, most) = (client.map(Client::at), self.queue.most);
        let mut waiting = self.queue.lock();
        let is_greedy = waiting.strangers >= most / 2 && waiting.shares.of(client) >= most / 4;
        if waiting.strangers >= most || is_greedy {
            return Err(Error::Busy);
        }
        waiting.strangers += 1;
        waiting.shares.take(client, 1);
        Ok(Turn {
            queue: self.queue.clone(),
            who: Who::Stranger(client),
        })
    }

    /// A place for somebody who is known, which no crowd of strangers takes: `whose` session it is, or in whose browser.
    ///
    /// # Errors
    /// [`Error::Busy`] at once, where there is none.
    pub(crate) fn queue_known(&self, whose: &[u8]) -> Result<Turn, Error> {
        let mut waiting = self.queue.lock();
        let mine = waiting.of.get(whose).copied().unwrap_or(0);
        if waiting.known >= self.queue.most_known || mine >= OF_ONE_PERSON {
            return Err(Error::Busy);
        }
        waiting.known += 1;
        waiting.of.insert(whose.to_vec(), mine + 1);
        Ok(Turn {
            queue: self.queue.clone(),
            who: Who::Known(whose.to_vec()),
        })
    }

    /// The hash of a new password as a PHC string.
    pub async fn hash(&self, password: Password) -> Result<String, Error> {
        let turn = self.queue(None)?;
        let memories = self.memories.clone();
        self.on_a_core(turn, move || argon::hash(&memories, password.for_hashing()))
            .await
    }

    /// Whether a password fits a hash. Without a hash the same work is done, so that an unknown address takes as long
    /// as a known one.
    pub(crate) async fn fits(
        &self,
        turn: Turn,
        password: Password,
        hash: Option<String>,
    ) -> Result<bool, Error> {
        let (known, hash) = match hash {
            Some(hash) => (true, hash),
            None => (false, argon::NOBODY.to_owned()),
        };
        let memories = self.memories.clone();
        let fits = self
            .on_a_core(turn, move || {
                argon::fits(&memories, password.for_hashing(), &hash)
            })
            .await?;
        Ok(fits && known)
    }

    async fn on_a_core<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permits = async {
            let before = match turn.who {
                Who::Stranger(_) => Some(self.strangers.clone().acquire_owned().await?),
                Who::Known(_) => None,
            };
            Ok::<_, AcquireError>((before, self.cores.clone().acquire_owned().await?))
        };
        let permits = trace::part("password wait")
            .around(tokio::time::timeout(PATIENCE, permits))
            .await
            .map_err(|_| Error::Busy)?
            .map_err(|_| Error::Busy)?;
        drop(turn);
        let trace = trace::part("password hash");
        let done = tokio::task::spawn_blocking(move || {
            let _permits = permits;
            trace.run(work)
        })
        .await
        .map_err(|_| Error::broken("hashing panicked"))?;
        self.memories.clone().given_up_after(argon::KEPT);
        done
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut waiting = self.queue.lock();
        match &self.who {
            Who::Stranger(client) => {
                waiting.strangers -= 1;
                waiting.shares.give_back(*client, 1);
            }
            Who::Known(whose) => {
                waiting.known -= 1;
                if let Some(mine) = waiting.of.get_mut(whose) {
                    *mine -= 1;
                    if *mine == 0 {
                        waiting.of.remove(whose);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[tokio::test]
    async fn nobody_fits() {
        let password = Password::parse_unchecked("Tulip-1234");
        let hashing = Hashing::on_one_core();
        let turn = hashing.queue(None).unwrap();
        let fits = hashing.fits(turn, password, None).await;
        assert!(!fits.unwrap());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_storm_of_sign_ins_is_told_at_once_to_come_back() {
        let hashing = Hashing::on(1);
        let storm: Vec<_> = (0..4 * WAITING_FOR_EACH_CORE)
            .map(|_| {
                let hashing = hashing.clone();
                tokio::spawn(async move {
                    let began = Instant::now();
                    let password = Password::parse_unchecked("kogarashi7!Aki");
                    (hashing.hash(password).await, began.elapsed())
                })
            })
            .collect();
        let (mut done, mut refused) = (0, 0);
        for one in storm {
            match one.await.unwrap() {
                (Ok(_), _) => done += 1,
                (Err(Error::Busy), took) => {
                    refused += 1;
                    assert!(took < Duration::from_secs(1), "{took:?}");
                }
                (Err(other), _) => panic!("{other}"),
            }
        }
        assert!(done >= WAITING_FOR_EACH_CORE, "{done}");
        assert!(refused >= 2 * WAITING_FOR_EACH_CORE, "{refused}");
        assert_eq!(hashing.waiting(), 0);
    }

    #[test]
    fn one_client_alone_does_not_fill_the_queue() {
        let hashing = Hashing::on(1);
        let of = |n: u8| Some(IpAddr::from([192, 0, 2, n]));
        let flood = |n: u8| -> Vec<Turn> {
            let turns = (0..200).map(|_| hashing.queue(of(n)));
            turns.filter_map(Result::ok).collect()
        };
        let first = flood(1);
        assert_eq!(first.len(), WAITING_FOR_EACH_CORE / 2);
        let second = flood(2);
        assert_eq!(second.len(), WAITING_FOR_EACH_CORE / 4);
        assert!(hashing.queue(of(3)).is_ok() && hashing.queue(None).is_ok());
        drop((first, second));
        assert_eq!(hashing.waiting(), 0);
        assert!(hashing.queue.lock().shares.is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_crowd_of_strangers_does_not_keep_out_who_is_known() {
        let hashing = Hashing::on(1);
        let of = |n: usize| Some(IpAddr::from([192, 0, 2, u8::try_from(n).unwrap_or(0)]));
        let crowd: Vec<_> = (0..4 * WAITING_FOR_EACH_CORE)
            .filter_map(|n| hashing.queue(of(n)).ok())
            .collect();
        assert_eq!(crowd.len(), WAITING_FOR_EACH_CORE);
        let crowd: Vec<_> = crowd
            .into_iter()
            .map(|turn| {
                let hashing = hashing.clone();
                let password = Password::parse_unchecked("kogarashi7!Aki");
                tokio::spawn(async move { hashing.fits(turn, password, None).await })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(
            hashing.queue(of(250)).is_err(),
            "strangers have no place left"
        );
        let turn = hashing.queue_known(b"a nurse").unwrap();
        let password = Password::parse_unchecked("kogarashi7!Aki");
        hashing.fits(turn, password, None).await.unwrap();
        // She has not waited for all of them.
        assert!(
            hashing.waiting() > WAITING_FOR_EACH_CORE / 4,
            "{}",
            hashing.waiting()
        );
        for one in crowd {
            one.await.unwrap().ok();
        }
        // One of them who presses again and again has four places, not all.
        let hers: Vec<_> = (0..20)
            .filter_map(|_| hashing.queue_known(b"a nurse").ok())
            .collect();
        assert_eq!(hers.len(), OF_ONE_PERSON);
        assert!(hashing.queue_known(b"another").is_ok());
        drop(hers);
        assert_eq!(hashing.waiting(), 0);
        assert!(hashing.queue.lock().of.is_empty());
    }
}
