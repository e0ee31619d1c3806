//! How many reports of one person are taken in an hour. A family reports a few times a day; whoever sends a hundred in an hour is a
//! script, or a phone gone mad, and would bury what the center is to read, and fill the disk.
//!
//! It is counted in memory, without a word to the database: on the way of a report every statement counts. Of all people
//! together some 4 MB are held, however many they are: two who share a place in it are told apart no more, which matters to
//! nobody, because hardly any place is shared by as many as the limit allows.

use domain::ids::CaseId;
use jiff::Timestamp;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

/// How many places there are, a power of two.
const PLACES: usize = 1 << 22;
const HOUR: i64 = 3_600;

/// The reports of this hour.
pub(crate) struct ReportsAnHour {
    /// The most of one person; 0: any number.
    most: u8,
    hasher: RandomState,
    /// The hour that is counted, since 1970, and its places.
    hour: Mutex<(i64, Vec<u8>)>,
}

impl ReportsAnHour {
    pub(crate) fn at_most(most: u8) -> ReportsAnHour {
        ReportsAnHour {
            most,
            hasher: RandomState::new(),
            hour: Mutex::new((0, Vec::new())),
        }
    }

    /// Counts one more; `false` where there are enough.
    pub(crate) fn takes(&self, case: CaseId, now: Timestamp) -> bool {
        if self.most == 0 {
            return true;
        }
        let hour = now.as_second().div_euclid(HOUR);
        let mut counted = self.hour.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, places) = &mut *counted;
        if *of != hour || places.is_empty() {
            // Pages of memory that nobody has written to cost nothing.
            (*of, *places) = (hour, vec![0; PLACES]);
        }
        let at = usize::try_from(self.hasher.hash_one(case.uuid())).unwrap_or(0);
        match places.get_mut(at & (PLACES - 1)) {
            Some(place) if *place < self.most => {
                *place += 1;
                true
            }
            Some(_) => false,
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use uuid::Uuid;

    #[test]
    fn one_person_has_so_many_in_an_hour_and_takes_them_from_nobody() {
        let tally = ReportsAnHour::at_most(5);
        let case = |number: u128| CaseId::from_uuid(Uuid::from_u128(number));
        let now = Timestamp::UNIX_EPOCH;
        let taken = (0..9).filter(|_| tally.takes(case(1), now)).count();
        assert_eq!(taken, 5);
        assert!((2..10_000).all(|number| tally.takes(case(number), now)));
        assert!(tally.takes(case(1), now + SignedDuration::from_hours(1)));
        let any = ReportsAnHour::at_most(0);
        assert!((0..1_000).all(|_| any.takes(case(1), now)));
    }
}
