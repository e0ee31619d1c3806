//! Who is followed now, by age: a walk through all of them. Where they are very many it is made anew only now and then,
//! because it costs the more the more there are, and nobody decides by the last digit of six.

use super::age_group;
use super::today::Today;
use crate::App;
use domain::ids::HealthCenterId;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use storage::figures::{AT, Of, each_followed};
use storage::{Error, Tx};

/// Up to so many people the walk is of this moment.
const FEW: i64 = 20_000;
/// How long a longer one is kept.
const KEPT: Duration = Duration::from_secs(60);
/// So many are kept at once; then those that are too old go, and then all.
const MOST_KEPT: usize = 500;

/// Of one center, programme and age group.
#[derive(Clone, Copy, Default)]
pub(super) struct Count {
    /// Who is followed now.
    pub(super) open: i64,
    /// Of them, close contacts.
    pub(super) contacts: i64,
    /// Of them, from whom reports are expected and who can send some.
    pub(super) expected: i64,
    /// Of those, who reported on what is today at their center, or later.
    pub(super) reported: i64,
    /// Cases, without close contacts, by where they are.
    pub(super) at: [i64; AT.len()],
}

/// By center and programme, in the order of the age groups.
pub(super) type Counts = BTreeMap<(HealthCenterId, String), [Count; super::AGES]>;

type Found = Arc<Counts>;
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
    pub(super) fn followed_by_age(
        &self,
        tx: &mut Tx<'_>,
        of: &Of,
        today: &Today,
    ) -> Result<Found, Error> {
        let key = (of.below.from.clone(), of.programme.clone(), today.last);
        if let Some(kept) = self.inner.followed.get(&key) {
            return Ok(kept);
        }
        let (mut counts, mut all) = (Counts::new(), 0);
        each_followed(tx, of, |one| {
            let groups = counts.entry((one.center, one.programme)).or_default();
            let count = &mut groups[age_group(one.birthdate, today.last)];
            count.open += 1;
            count.contacts += i64::from(one.is_contact);
            count.expected += i64::from(one.is_expected);
            let has_reported = one.heard_on.is_some_and(|day| day >= today.of(one.center));
            count.reported += i64::from(has_reported);
            count.at[one.at] += i64::from(!one.is_contact);
            all += 1;
        })?;
        let found = Arc::new(counts);
        if all > FEW {
            self.inner.followed.keep(key, found.clone());
        }
        Ok(found)
    }
}
