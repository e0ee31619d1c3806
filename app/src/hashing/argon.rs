//! Argon2id itself, and the memory in which it works.

use crate::Error;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// A hash that no password has, for addresses that nobody has: checked against it, they take as long as the others. It is
/// not made at start, which would take as long as all the rest of starting.
pub(super) const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// How long memory in which nothing was hashed stays.
pub(super) const KEPT: Duration = Duration::from_secs(10);

/// Memory in which passwords were hashed. Getting 19 MiB from the system for each costs a fifth of the hash, and the system
/// keeps everybody waiting who shares the process meanwhile. There is never more of it than hashes at once.
#[derive(Default)]
pub(super) struct Memories {
    free: Mutex<Vec<(Instant, Vec<Block>)>>,
    /// Whether somebody is about to look for what nobody needs any more.
    looked_after: AtomicBool,
}

impl Memories {
    /// Works in memory of so many blocks.
    fn within<T>(&self, blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let kept = self.lock().pop();
        let mut memory = kept.map_or_else(Vec::new, |(_, memory)| memory);
        memory.resize(blocks, Block::new());
        let done = work(&mut memory);
        self.lock().push((Instant::now(), memory));
        done
    }

    /// Gives memory back to the system in which nothing was hashed for so long.
    pub(super) fn given_up_after(self: Arc<Self>, kept: Duration) {
        if self.looked_after.swap(true, Ordering::AcqRel) {
            return;
        }
        tokio::spawn(async move {
            while !self.lock().is_empty() {
                tokio::time::sleep(kept).await;
                self.lock().retain(|(since, _)| since.elapsed() < kept);
            }
            self.looked_after.store(false, Ordering::Release);
        });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, Vec<Block>)>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hash of a new password as a PHC string.
pub(super) fn hash(memories: &Memories, password: &str) -> Result<String, Error> {
    let broken = || Error::broken("a password cannot be hashed");
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)
        .map_err(|_| Error::broken("the parameters of argon2 are wrong"))?;
    let salt = Salt::generate();
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    work_in(memories, &argon, (password, salt.as_ref()), &mut out)?;
    let made = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|_| broken())?,
        salt: Some(salt),
        hash: Some(Output::new(&out).map_err(|_| broken())?),
    };
    Ok(made.to_string())
}

/// Whether a password fits a hash, with the parameters that the hash was made with.
pub(super) fn fits(memories: &Memories, password: &str, hash: &str) -> Result<bool, Error> {
    let broken = || Error::broken("a stored password hash cannot be read");
    let stored = PasswordHash::new(hash).map_err(|_| broken())?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
        return Err(broken());
    };
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).map_err(|_| broken())?;
    let version = stored.version.map_or(Ok(Version::V0x10), Version::try_from);
    let version = version.map_err(|_| broken())?;
    let params = Params::try_from(&stored).map_err(|_| broken())?;
    let mut out = vec![0; expected.len()];
    let argon = Argon2::new(algorithm, version, params);
    work_in(memories, &argon, (password, salt.as_ref()), &mut out)?;
    // An `Output` is compared in constant time.
    Ok(Output::new(&out).map_err(|_| broken())? == *expected)
}

fn work_in(
    memories: &Memories,
    argon: &Argon2<'_>,
    (password, salt): (&str, &[u8]),
    out: &mut [u8],
) -> Result<(), Error> {
    memories
        .within(argon.params().block_count(), |memory| {
            argon.hash_password_into_with_memory(password.as_bytes(), salt, out, memory)
        })
        .map_err(|_| Error::broken("a password cannot be hashed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    #[test]
    fn nobodys_hash_is_as_dear_as_anybodys() {
        let made = hash(&Memories::default(), "Tulip-1234").unwrap();
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
        let made = hash(&memories, "Tulip-1234").unwrap();
        assert!(!fits(&memories, "Tulip-1235", &made).unwrap());
        assert!(fits(&memories, "Tulip-1234", &made).unwrap());
        assert_eq!(memories.lock().len(), 1);
        assert_ne!(
            hash(&memories, "Tulip-1234").unwrap(),
            made,
            "a salt of its own"
        );

        // What the library makes and checks by itself is the same.
        let theirs = Argon2::default();
        assert!(theirs.verify_password(b"Tulip-1234", made.as_str()).is_ok());
        let small = Params::new(64, 3, 2, Some(24)).unwrap();
        let small = Argon2::new(Algorithm::Argon2i, Version::V0x13, small);
        let other = small.hash_password(b"Tulip-1234").unwrap().to_string();
        assert!(fits(&memories, "Tulip-1234", &other).unwrap());
        assert!(!fits(&memories, "tulip-1234", &other).unwrap());
        assert!(fits(&memories, "Tulip-1234", &made).unwrap());
        assert!(fits(&memories, "Tulip-1234", "$argon2id$v=19$m=19456,t=2,p=1").is_err());
    }

    #[tokio::test]
    async fn memory_is_given_up_where_nothing_is_hashed() {
        let memories = Arc::new(Memories::default());
        memories.within(8, |_| ());
        for _ in 0..2 {
            memories.clone().given_up_after(Duration::from_millis(20));
        }
        assert_eq!(memories.lock().len(), 1);
        while memories.looked_after.load(Ordering::Acquire) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(memories.lock().is_empty());
    }
}
