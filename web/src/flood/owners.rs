//! Whose a session is, as its latest answer has told: the door itself looks at no session. Of one that has not been answered
//! yet nobody knows, and then it is bounded by its own share alone.

use crate::visit::Visit;
use domain::ids::{AccountId, StaffId};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::{Mutex, PoisonError};

/// How many sessions are kept; twice as many at the most, some 2 MB.
const MOST: usize = 30_000;

/// On an answer to whoever has a session: whose it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Whose {
    /// A family's.
    Family(AccountId),
    /// That of a staff member.
    Staff(StaffId),
    /// That of somebody who has not shown to be the staff member yet. It counts by itself: whoever only knows a password
    /// keeps nobody waiting who works.
    Lobby(StaffId),
}

impl Whose {
    /// Whose session a request has come with, if any.
    pub(crate) fn of(visit: &Visit) -> Option<Whose> {
        if let Some(desk) = &visit.patient {
            return Some(Whose::Family(desk.account()));
        }
        if let Some(desk) = &visit.staff {
            return Some(Whose::Staff(desk.id()));
        }
        let (lobby, _) = visit.lobby.as_ref()?;
        Some(Whose::Lobby(lobby.id()))
    }
}

/// Sessions and owners, each by a number that says nothing about them.
pub(super) struct Owners {
    hash: RandomState,
    known: Mutex<Known>,
}

/// Those who were answered lately, and those before them.
#[derive(Default)]
struct Known {
    young: HashMap<u64, u64>,
    old: HashMap<u64, u64>,
}

impl Owners {
    pub(super) fn new() -> Owners {
        Owners {
            hash: RandomState::new(),
            known: Mutex::default(),
        }
    }

    /// The number of the session whose cookie this is, which is not kept.
    pub(super) fn session(&self, cookie: &str) -> u64 {
        self.hash.hash_one(cookie)
    }

    /// The number of whoever has a session, where that is known.
    pub(super) fn of(&self, session: u64) -> Option<u64> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.young.get(&session);
        found.or_else(|| known.old.get(&session)).copied()
    }

    /// Keeps whose a session is.
    pub(super) fn learn(&self, session: u64, whose: Whose) {
        let owner = self.hash.hash_one(whose);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.young.get(&session) == Some(&owner) {
            return;
        }
        if known.young.len() >= MOST {
            known.old = mem::take(&mut known.young);
        }
        known.young.insert(session, owner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn staff(number: u128) -> StaffId {
        StaffId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn sessions_of_one_account_meet_and_others_do_not() {
        let owners = Owners::new();
        let [one, other, third] = ["one", "other", "third"].map(|cookie| owners.session(cookie));
        assert_eq!(owners.of(one), None);
        owners.learn(one, Whose::Staff(staff(1)));
        owners.learn(other, Whose::Staff(staff(1)));
        owners.learn(third, Whose::Lobby(staff(1)));
        assert_eq!(owners.of(one), owners.of(other));
        assert_ne!(owners.of(one), owners.of(third));
        // Once the second factor was shown.
        owners.learn(third, Whose::Staff(staff(1)));
        assert_eq!(owners.of(one), owners.of(third));
    }

    #[test]
    fn those_who_ask_stay_known_and_the_others_are_forgotten() {
        let owners = Owners::new();
        for session in 0..200_000 {
            owners.learn(session, Whose::Staff(staff(session.into())));
            owners.learn(7, Whose::Staff(staff(7)));
        }
        assert!(owners.of(7).is_some());
        assert!(owners.of(8).is_none());
        let known = owners.known.lock().unwrap();
        assert!(known.young.len() + known.old.len() <= 2 * MOST);
    }
}
