//! Password hashing: argon2id, bounded to the cores, so that a storm of sign-ins never slows reports.

use crate::Error;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::password::Password;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// How long somebody waits for a free core before being asked to come back.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hashes and checks passwords on threads of their own, no more at once than there are cores.
#[derive(Clone)]
pub struct Hashing {
    cores: Arc<Semaphore>,
    nobody: Arc<str>,
}

impl Hashing {
    /// Prepares for as many hashes at once as the machine has cores.
    pub fn on_every_core() -> Result<Hashing, Error> {
        Hashing::on(std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// Prepares for one hash at a time.
    pub fn on_one_core() -> Result<Hashing, Error> {
        Hashing::on(1)
    }

    fn on(cores: usize) -> Result<Hashing, Error> {
        Ok(Hashing {
            cores: Arc::new(Semaphore::new(cores)),
            nobody: hash("nobody has this password")?.into(),
        })
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
            None => (false, self.nobody.to_string()),
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
        let permit = tokio::time::timeout(PATIENCE, self.cores.clone().acquire_owned())
            .await
            .map_err(|_| Error::Busy)?
            .map_err(|_| Error::Busy)?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|_| Error::broken("hashing panicked"))?
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
