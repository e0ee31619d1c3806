//! Password hashing: argon2id, bounded to the cores and behind all else that they do, so that a storm of sign-ins takes as
//! little as it can from reports (what it still takes: docs/performance.md); and yet so that whoever signs in is let in,
//! whatever others do.

mod argon;
mod behind;

use crate::client::{Client, Shares};
use crate::{Error, trace};
use argon::Work;
use argon2::password_hash::phc::Output;
use behind::{Behind, Came};
use domain::password::Password;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// How long somebody waits for a free core before being asked to come back.
const PATIENCE: Duration = Duration::from_secs(3);
/// How much of it whoever waits spends behind all others; then one of them at a time is hashed among the others.
const BEHIND: Duration = Duration::from_millis(1_500);
/// How long a hash may take behind all others, some ten times what it takes on a core of its own; then it is hashed again
/// among the others.
const LATE: Duration = Duration::from_millis(250);
/// How many strangers may wait for each core: at some 30 ms for each, a second of work.
const WAITING_FOR_EACH_CORE: usize = 32;
/// How many beside them of those who are known: whose session is locked, or who have signed in in this browser before.
const KNOWN_FOR_EACH_CORE: usize = 16;
/// How many of them for one and the same person: a hand that presses again and again.
const OF_ONE_PERSON: usize = 4;

/// Hashes and checks passwords on threads of their own, no more at once than there are cores and one beside them.
#[derive(Clone)]
pub struct Hashing {
    /// To the threads that stand behind all others.
    cores: Way,
    /// To an ordinary thread. One at a time: where others take the whole machine, that one has its share of a core among them.
    among_others: Way,
    queue: Arc<Queue>,
    behind: Arc<Behind>,
    /// Whether somebody is about to look for memory that nobody needs any more.
    looked_after: Arc<AtomicBool>,
}

/// A way on which a number of passwords go at once.
#[derive(Clone)]
struct Way {
    all: Arc<Semaphore>,
    /// Strangers stand before this one first, no more of them before the other than there are of these: so whoever is known
    /// never waits behind a crowd.
    strangers: Arc<Semaphore>,
}

/// Leave to go on it, until it is dropped.
struct Leave {
    _all: OwnedSemaphorePermit,
    _stranger: Option<OwnedSemaphorePermit>,
}

/// On which way.
enum Goes {
    Behind(Leave),
    AmongOthers(Leave),
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

/// Waiting for a core.
struct Waits {
    /// The place in the queue, until there is one.
    _turn: Option<Turn>,
    is_known: bool,
}

impl From<Turn> for Waits {
    fn from(turn: Turn) -> Waits {
        Waits {
            is_known: matches!(turn.who, Who::Known(_)),
            _turn: Some(turn),
        }
    }
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
        Hashing::with(cores, Behind::with(cores))
    }

    fn with(cores: usize, behind: Behind) -> Hashing {
        Hashing {
            cores: Way::of(cores),
            among_others: Way::of(1),
            queue: Arc::new(Queue {
                most: cores * WAITING_FOR_EACH_CORE,
                most_known: cores * KNOWN_FOR_EACH_CORE,
                waiting: Mutex::default(),
            }),
            behind: Arc::new(behind),
            looked_after: Arc::default(),
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
        let work = Arc::new(Work::new(password)?);
        let out = self.done(turn.into(), work.clone()).await?;
        work.told_with(out)
    }

    /// Whether a password fits a hash: as it was typed, or without the space around it, which keyboards of phones add and
    /// nobody sees. Without a hash the same work is done, so that an unknown address takes as long as a known one.
    pub(crate) async fn fits(
        &self,
        turn: Turn,
        password: Password,
        hash: Option<String>,
    ) -> Result<bool, Error> {
        let mut waits = Waits::from(turn);
        let is_known = waits.is_known;
        let trimmed = password.without_space_around();
        for password in [Some(password), trimmed].into_iter().flatten() {
            let stored = hash.as_deref().unwrap_or(argon::NOBODY);
            let (work, expected) = Work::as_stored(password, stored)?;
            let out = self.done(waits, Arc::new(work)).await?;
            // Compared in constant time.
            if out == expected && hash.is_some() {
                return Ok(true);
            }
            // Whoever was let in once has a place beside those who wait.
            waits = Waits {
                _turn: None,
                is_known,
            };
        }
        Ok(false)
    }

    async fn done(&self, waits: Waits, work: Arc<Work>) -> Result<Output, Error> {
        let is_known = waits.is_known;
        let leave = trace::part("password wait")
            .around(tokio::time::timeout(PATIENCE, self.leave(is_known)))
            .await
            .map_err(|_| Error::Busy)?
            .map_err(|_| Error::Busy)?;
        drop(waits);
        let out = trace::part("password hash")
            .around(self.hashed(leave, is_known, work))
            .await?;
        self.clone().gives_memory_up_after(argon::KEPT);
        out.ok_or_else(|| Error::broken("a password cannot be hashed"))
    }

    /// Waits for a core; and from some moment on for a place among others as well, whichever comes first.
    async fn leave(&self, is_known: bool) -> Result<Goes, AcquireError> {
        let among_others = async {
            tokio::time::sleep(BEHIND).await;
            if self.behind.is_refused() {
                return std::future::pending().await;
            }
            self.among_others.enter(is_known).await
        };
        tokio::select! {
            biased;
            leave = self.cores.enter(is_known) => Ok(Goes::Behind(leave?)),
            leave = among_others => Ok(Goes::AmongOthers(leave?)),
        }
    }

    async fn hashed(
        &self,
        leave: Goes,
        is_known: bool,
        work: Arc<Work>,
    ) -> Result<Option<Output>, Error> {
        let panicked = |_| Error::broken("hashing panicked");
        let behind = self.behind.clone();
        let (first, leave) = match leave {
            Goes::AmongOthers(leave) => (None, leave),
            Goes::Behind(leave) => {
                // The thread that waits there is an ordinary one: what wakes somebody of the runtime may hold its locks.
                let (behind, work) = (behind.clone(), work.clone());
                // Leave is kept there, also where nobody waits for the answer any more.
                let waits = move || (behind.hash(&work, LATE), leave);
                match tokio::task::spawn_blocking(waits).await.map_err(panicked)? {
                    (Came::Out(out), _) => return Ok(out),
                    (Came::NotInTime, first) => {
                        let leave = self.among_others.enter(is_known).await;
                        (Some(first), leave.map_err(|_| Error::Busy)?)
                    }
                }
            }
        };
        metrics::counter!("hersys_hashing_late_total").increment(1);
        let hashes = move || {
            let _leave = (first, leave);
            behind.hash_at_once(&work)
        };
        tokio::task::spawn_blocking(hashes).await.map_err(panicked)
    }

    fn gives_memory_up_after(self, kept: Duration) {
        if self.looked_after.swap(true, Ordering::AcqRel) {
            return;
        }
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(kept).await;
                if !self.behind.give_up(kept) {
                    break;
                }
            }
            self.looked_after.store(false, Ordering::Release);
        });
    }
}

impl Way {
    fn of(most: usize) -> Way {
        Way {
            all: Arc::new(Semaphore::new(most)),
            strangers: Arc::new(Semaphore::new(most)),
        }
    }

    async fn enter(&self, is_known: bool) -> Result<Leave, AcquireError> {
        let stranger = match is_known {
            true => None,
            false => Some(self.strangers.clone().acquire_owned().await?),
        };
        Ok(Leave {
            _all: self.all.clone().acquire_owned().await?,
            _stranger: stranger,
        })
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

    /// Those who sign in while others take the whole machine, so that no thread behind them ever gets to its work.
    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_signs_in_while_reports_take_the_whole_machine_is_let_in() {
        let hashing = Hashing::with(2, Behind::of(2, |_| ()));
        let began = Instant::now();
        let crowd: Vec<_> = (0..16)
            .map(|_| {
                let hashing = hashing.clone();
                let password = Password::parse_unchecked("kogarashi7!Aki");
                tokio::spawn(async move { hashing.hash(password).await })
            })
            .collect();
        for one in crowd {
            one.await.unwrap().unwrap();
        }
        // Two waited until it was too late; who came after them did not wait for that once more.
        assert!(began.elapsed() < 8 * LATE, "{:?}", began.elapsed());
        assert_eq!(hashing.waiting(), 0);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test(flavor = "multi_thread")]
    async fn a_hash_ends_though_every_core_is_busy() {
        let is_over = Arc::new(AtomicBool::new(false));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let busy: Vec<_> = (0..2 * cores)
            .map(|_| {
                let is_over = is_over.clone();
                std::thread::spawn(move || {
                    while !is_over.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                })
            })
            .collect();
        let hashing = Hashing::on_every_core();
        for _ in 0..4 {
            let password = Password::parse_unchecked("kogarashi7!Aki");
            hashing.hash(password).await.unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        for one in busy {
            one.join().unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_has_waited_long_behind_others_goes_among_them() {
        let hashing = Hashing::on(1);
        // Those before her get on too slowly to be late and too slowly for all.
        let slow = hashing.cores.enter(true).await.unwrap();
        let hers = hashing.queue_known(b"a nurse").unwrap();
        let password = Password::parse_unchecked("kogarashi7!Aki");
        let began = Instant::now();
        let fits = hashing.fits(hers, password, None).await;
        if hashing.behind.is_refused() {
            assert!(fits.is_err(), "there is no other way");
        } else {
            assert!(!fits.unwrap());
            assert!(began.elapsed() >= BEHIND);
        }
        drop(slow);
    }

    #[tokio::test]
    async fn memory_is_given_up_where_nothing_is_hashed() {
        let hashing = Hashing::on_one_core();
        let password = Password::parse_unchecked("Tulip-1234");
        hashing.hash(password).await.unwrap();
        assert!(hashing.behind.give_up(PATIENCE), "kept for the next");
        hashing.looked_after.store(false, Ordering::Release);
        hashing.clone().gives_memory_up_after(Duration::ZERO);
        while hashing.looked_after.load(Ordering::Acquire) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(!hashing.behind.give_up(PATIENCE));
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
        assert!(
            hashing.queue(of(250)).is_err(),
            "strangers have no place left"
        );
        let crowd: Vec<_> = crowd
            .into_iter()
            .map(|turn| {
                let hashing = hashing.clone();
                let password = Password::parse_unchecked("kogarashi7!Aki");
                tokio::spawn(async move { hashing.fits(turn, password, None).await })
            })
            .collect();
        tokio::task::yield_now().await;
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
