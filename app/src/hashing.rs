//! Password hashing: argon2id, bounded to the cores, so that a storm of sign-ins never slows reports.

use crate::{Error, trace};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::password::Password;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// A hash that no password has, for addresses that nobody has: checked against it, they take as long as the others. It is
/// not made at start, which would take as long as all the rest of starting.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// How long somebody waits for a free core before being asked to come back.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many may wait for each core: at some 30 ms for each, a second of work.
const WAITING_FOR_EACH_CORE: usize = 32;

/// Hashes and checks passwords on threads of their own, no more at once than there are cores.
#[derive(Clone)]
pub struct Hashing {
    cores: Arc<Semaphore>,
    /// Those who wait, and the most who may.
    waiting: Arc<AtomicUsize>,
    most: usize,
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
            waiting: Arc::default(),
            most: cores * WAITING_FOR_EACH_CORE,
        }
    }

    /// How many wait for a core.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Whether so many wait that nobody more is let in.
    pub fn is_full(&self) -> bool {
        self.waiting() >= self.most
    }

    /// The hash of a new password as a PHC string.
    pub async fn hash(&self, password: Password) -> Result<String, Error> {
        self.on_a_core(move || hash(password.for_hashing())).await
    }

    /// Whether a password fits a hash. Without a hash the same work is done, so that an unknown address takes as long
    /// as a known one.
    pub async fn fits(&self, password: Password, hash: Option<String>) -> Result<bool, Error> {
        let (known, hash) = match hash {
            Some(hash) => (true, hash),
            None => (false, NOBODY.to_owned()),
        };
        let fits = self
            .on_a_core(move || {
                let parsed = PasswordHash::new(&hash)
                    .map_err(|_| Error::broken("a stored password hash cannot be read"))?;
                Ok(argon2()?
                    .verify_password(password.for_hashing().as_bytes(), &parsed)
                    .is_ok())
            })
            .await?;
        Ok(fits && known)
    }

    async fn on_a_core<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        // Whoever would wait longer than a moment is told at once, not after hanging.
        let waits = Waits::begin(&self.waiting, self.most).ok_or(Error::Busy)?;
        let permit = tokio::time::timeout(PATIENCE, self.cores.clone().acquire_owned());
        let permit = trace::part("password wait")
            .around(permit)
            .await
            .map_err(|_| Error::Busy)?
            .map_err(|_| Error::Busy)?;
        drop(waits);
        let trace = trace::part("password hash");
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            trace.run(work)
        })
        .await
        .map_err(|_| Error::broken("hashing panicked"))?
    }
}

/// Somebody waits for a core; counted as long as this lives.
struct Waits<'w>(&'w AtomicUsize);

impl Waits<'_> {
    fn begin(waiting: &AtomicUsize, most: usize) -> Option<Waits<'_>> {
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        let waits = Waits(waiting);
        (before < most).then_some(waits)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)
        .map_err(|_| Error::broken("the parameters of argon2 are wrong"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, Error> {
    Ok(argon2()?
        .hash_password(password.as_bytes())
        .map_err(|_| Error::broken("a password cannot be hashed"))?
        .to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[tokio::test]
    async fn nobodys_hash_is_as_dear_as_anybodys() {
        let made = hash("Tulip-1234").unwrap();
        let cost = |text: &str| text.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(NOBODY), cost(&made));
        let (made, nobody) = (PasswordHash::new(&made), PasswordHash::new(NOBODY));
        let (made, nobody) = (made.unwrap(), nobody.unwrap());
        let long = |hash: &PasswordHash| hash.hash.map(|hash| hash.len());
        assert_eq!(long(&made), long(&nobody));
        let password = Password::parse_unchecked("Tulip-1234");
        let fits = Hashing::on_one_core().fits(password, None).await;
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
}
