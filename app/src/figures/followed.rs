//! Who is followed now, by age: a walk through all of them. Where they are very many it is made anew only now and then,
//! because it costs the more the more there are, and nobody decides by the last digit of six.

use crate::App;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use storage::figures::{FollowedFigures, Of, followed_by_birthdate};
use storage::{Error, Tx};

/// Up to so many people the walk is of this moment.
const FEW: i64 = 20_000;
/// How long a longer one is kept.
const KEPT: Duration = Duration::from_secs(60);
/// So many are kept at once; then those that are too old go, and then all.
const MOST_KEPT: usize = 500;

type Found = Arc<Vec<FollowedFigures>>;
type Key = (String, String, Date);

/// The longer walks, with when they were made.
#[derive(Default)]
pub(crate) struct Followed(Mutex<HashMap<Key, (Instant, Found)>>);

impl Followed {
    fn get(&self, key: &Key) -> Option<Found> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (made, found) = all.get(key)?;
        (made.elapsed() < KEPT).then(|| found.clone())
    }

    fn keep(&self, key: Key, found: Found) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_KEPT {
            all.retain(|_, (made, _)| made.elapsed() < KEPT);
        }
        if all.len() >= MOST_KEPT {
            all.clear();
        }
        all.insert(key, (Instant::now(), found));
    }
}

impl App {
    pub(super) fn followed_by_birthdate(
        &self,
        tx: &mut Tx<'_>,
        of: &Of,
        today: Date,
    ) -> Result<Found, Error> {
        let key = (of.below.from.clone(), of.programme.clone(), today);
        if let Some(kept) = self.inner.followed.get(&key) {
            return Ok(kept);
        }
        let found = Arc::new(followed_by_birthdate(tx, of, today)?);
        if found.iter().map(|one| one.open).sum::<i64>() > FEW {
            self.inner.followed.keep(key, found.clone());
        }
        Ok(found)
    }
}
