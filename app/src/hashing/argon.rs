//! Argon2id itself, and the memory in which it works.

use crate::Error;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use domain::password::Password;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// A hash that no password has, for addresses that nobody has: checked against it, they take as long as the others. It is
/// not made at start, which would take as long as all the rest of starting.
pub(super) const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// How long memory in which nothing was hashed stays.
pub(super) const KEPT: Duration = Duration::from_secs(10);

/// A password that is to be hashed, and how. It may be hashed more than once, with the same outcome.
pub(super) struct Work {
    password: Password,
    salt: Salt,
    argon: Argon2<'static>,
    /// Bytes of the outcome.
    long: usize,
}

impl Work {
    /// For a new password.
    pub(super) fn new(password: Password) -> Result<Work, Error> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None)
            .map_err(|_| Error::broken("the parameters of argon2 are wrong"))?;
        Ok(Work {
            password,
            salt: Salt::generate(),
            argon: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            long: Params::DEFAULT_OUTPUT_LEN,
        })
    }

    /// As a stored hash was made, and what comes out where the password fits it.
    pub(super) fn as_stored(password: Password, hash: &str) -> Result<(Work, Output), Error> {
        let broken = || Error::broken("a stored password hash cannot be read");
        let stored = PasswordHash::new(hash).map_err(|_| broken())?;
        let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
            return Err(broken());
        };
        let algorithm = Algorithm::try_from(stored.algorithm.as_str()).map_err(|_| broken())?;
        let version = stored.version.map_or(Ok(Version::V0x10), Version::try_from);
        let version = version.map_err(|_| broken())?;
        let params = Params::try_from(&stored).map_err(|_| broken())?;
        let work = Work {
            password,
            salt,
            argon: Argon2::new(algorithm, version, params),
            long: expected.len(),
        };
        Ok((work, expected))
    }

    /// How much memory it needs.
    pub(super) fn blocks(&self) -> usize {
        self.argon.params().block_count()
    }

    /// Hashes, in memory of [`Work::blocks`]. It locks nothing and gets nothing from the system. `None`: it cannot be hashed.
    pub(super) fn done_in(&self, memory: &mut [Block]) -> Option<Output> {
        let mut bytes = [0; Output::MAX_LENGTH];
        let out = bytes.get_mut(..self.long)?;
        let password = self.password.for_hashing().as_bytes();
        self.argon
            .hash_password_into_with_memory(password, self.salt.as_ref(), out, memory)
            .ok()?;
        Output::new(out).ok()
    }

    /// The outcome as a PHC string.
    pub(super) fn told_with(&self, out: Output) -> Result<String, Error> {
        let params = ParamsString::try_from(self.argon.params())
            .map_err(|_| Error::broken("a password cannot be hashed"))?;
        let made = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params,
            salt: Some(self.salt),
            hash: Some(out),
        };
        Ok(made.to_string())
    }
}

/// Memory in which passwords were hashed. Getting 19 MiB from the system for each costs a fifth of the hash, and the system
/// keeps everybody waiting who shares the process meanwhile. There is never more of it than hashes at once.
#[derive(Default)]
pub(super) struct Memories {
    free: Mutex<Vec<(Instant, Vec<Block>)>>,
}

impl Memories {
    /// Memory of so many blocks.
    pub(super) fn take(&self, blocks: usize) -> Vec<Block> {
        let kept = self.lock().pop();
        let mut memory = kept.map_or_else(Vec::new, |(_, memory)| memory);
        memory.resize(blocks, Block::new());
        memory
    }

    /// For whoever hashes next.
    pub(super) fn put_back(&self, memory: Vec<Block>) {
        self.lock().push((Instant::now(), memory));
    }

    /// Gives memory back to the system in which nothing was hashed for so long. Whether any is left.
    pub(super) fn give_up(&self, kept: Duration) -> bool {
        let mut old = Vec::new();
        let mut free = self.lock();
        let mut n = 0;
        while n < free.len() {
            if free[n].0.elapsed() < kept {
                n += 1;
            } else {
                old.push(free.swap_remove(n));
            }
        }
        let is_left = !free.is_empty();
        drop(free);
        is_left
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, Vec<Block>)>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    fn hash(memories: &Memories, password: &str) -> String {
        let work = Work::new(Password::parse_unchecked(password)).unwrap();
        let mut memory = memories.take(work.blocks());
        let out = work.done_in(&mut memory).unwrap();
        memories.put_back(memory);
        work.told_with(out).unwrap()
    }

    fn fits(memories: &Memories, password: &str, hash: &str) -> bool {
        let (work, expected) = Work::as_stored(Password::parse_unchecked(password), hash).unwrap();
        let mut memory = memories.take(work.blocks());
        let out = work.done_in(&mut memory).unwrap();
        memories.put_back(memory);
        out == expected
    }

    #[test]
    fn nobodys_hash_is_as_dear_as_anybodys() {
        let made = hash(&Memories::default(), "Tulip-1234");
        let cost = |text: &str| text.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(NOBODY), cost(&made));
        let (made, nobody) = (PasswordHash::new(&made), PasswordHash::new(NOBODY));
        let (made, nobody) = (made.unwrap(), nobody.unwrap());
        let long = |hash: &PasswordHash| hash.hash.map(|hash| hash.len());
        assert_eq!(long(&made), long(&nobody));
    }

    #[test]
    fn memory_that_was_used_before_changes_no_hash() {
        let memories = Memories::default();
        let made = hash(&memories, "Tulip-1234");
        assert!(!fits(&memories, "Tulip-1235", &made));
        assert!(fits(&memories, "Tulip-1234", &made));
        assert_eq!(memories.lock().len(), 1);
        assert_ne!(hash(&memories, "Tulip-1234"), made, "a salt of its own");

        // What the library makes and checks by itself is the same.
        let theirs = Argon2::default();
        assert!(theirs.verify_password(b"Tulip-1234", made.as_str()).is_ok());
        let small = Params::new(64, 3, 2, Some(24)).unwrap();
        let small = Argon2::new(Algorithm::Argon2i, Version::V0x13, small);
        let other = small.hash_password(b"Tulip-1234").unwrap().to_string();
        assert!(fits(&memories, "Tulip-1234", &other));
        assert!(!fits(&memories, "tulip-1234", &other));
        assert!(fits(&memories, "Tulip-1234", &made));
        let broken = Password::parse_unchecked("Tulip-1234");
        assert!(Work::as_stored(broken, "$argon2id$v=19$m=19456,t=2,p=1").is_err());
    }

    #[test]
    fn memory_in_which_nothing_is_hashed_is_given_up() {
        let memories = Memories::default();
        memories.put_back(memories.take(8));
        assert!(memories.give_up(Duration::from_secs(60)));
        assert!(!memories.give_up(Duration::ZERO));
        assert!(memories.lock().is_empty());
    }
}
