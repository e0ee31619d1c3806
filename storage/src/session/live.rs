//! The sessions of people who are here just now, in memory.
//!
//! Every page begins with its session, and its four rows lie anywhere in the database. Most who ask have asked a moment ago.
//! So a session that was read is kept until something about it changes. Whatever changes a session or its account says so in
//! its transaction, and it is forgotten before anybody is told that the change stands.
//!
//! What another process changes must be noticed as well. On the embedded database the writer looks before each of its
//! batches. A PostgreSQL server tells: triggers do it, so that no release, no command and no hand that writes on it is left
//! out (`listen`). Where nobody has looked for two seconds, or the server has not shown for as long that it tells us,
//! nothing in memory counts.

use super::AccountSession;
use crate::engine::{Db, Error, Tx};
use domain::ids::AccountId;
use foldhash::fast::RandomState;
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use uuid::Uuid;

/// How many are kept: twice as many at most, some 10 MB.
const MOST: usize = 30_000;
/// How long what was seen of other processes counts.
const LOOKED: Duration = Duration::from_secs(2);
/// Accounts are told apart by this many marks; a change of one forgets those few who share its mark.
const MARKS: usize = 4_096;

thread_local! {
    /// The accounts whose sessions the transaction on this thread changes.
    static CHANGED: RefCell<Vec<Uuid>> = const { RefCell::new(Vec::new()) };
}

/// Notes that a transaction changes sessions of an account, or what a session tells of it.
pub(crate) fn note(account: AccountId) {
    CHANGED.with_borrow_mut(|all| all.push(account.uuid()));
}

/// Takes what was noted on this thread.
pub(crate) fn noted() -> Vec<Uuid> {
    CHANGED.take()
}

type Hash = [u8; 32];

struct Kept {
    session: AccountSession,
    /// How often its account had changed when it was read.
    mark: u32,
}

/// Sessions in memory.
#[derive(Default)]
pub(crate) struct Live(Mutex<Inner>);

struct Inner {
    /// Those who asked lately, and those before them.
    young: HashMap<Hash, Kept, RandomState>,
    old: HashMap<Hash, Kept, RandomState>,
    /// How often the accounts of each mark have changed.
    marks: Vec<u32>,
    /// How often anything has changed.
    changes: u64,
    /// Up to when all that other processes have written is known.
    looked: Option<Moment>,
}

/// A moment by two clocks: one that nobody sets, and one that goes on while a machine sleeps.
#[derive(Clone, Copy)]
pub(crate) struct Moment(Instant, SystemTime);

impl Moment {
    pub(crate) fn now() -> Moment {
        Moment(Instant::now(), SystemTime::now())
    }

    /// Whether it was less than that ago, by both.
    fn is_within(self, time: Duration) -> bool {
        // A clock that was set back says nothing.
        self.0.elapsed() < time && self.1.elapsed().is_ok_and(|passed| passed < time)
    }
}

impl Default for Inner {
    fn default() -> Inner {
        Inner {
            young: HashMap::default(),
            old: HashMap::default(),
            marks: vec![0; MARKS],
            changes: 0,
            looked: None,
        }
    }
}

impl Inner {
    fn keep(&mut self, token: Hash, kept: Kept) {
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(token, kept);
    }
}

fn mark_of(account: Uuid) -> usize {
    let bytes = account.as_bytes();
    mark_of_end([bytes[14], bytes[15]])
}

fn mark_of_end(end: [u8; 2]) -> usize {
    usize::from(u16::from_le_bytes(end)) % MARKS
}

impl Live {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of a token, where it is known and live; and how often anything has changed, for [`Live::keep`].
    fn get(
        &self,
        token: &Hash,
        now: Timestamp,
        idle_since: Timestamp,
    ) -> (Option<AccountSession>, u64) {
        let mut inner = self.inner();
        let changes = inner.changes;
        if !inner.looked.is_some_and(|at| at.is_within(LOOKED)) {
            return (None, changes);
        }
        if !inner.young.contains_key(token)
            && let Some(kept) = inner.old.remove(token)
        {
            inner.keep(*token, kept);
        }
        let Some(kept) = inner.young.get(token) else {
            return (None, changes);
        };
        let (session, mark) = (&kept.session, kept.mark);
        let stands = inner.marks[mark_of(session.account.uuid())] == mark;
        let is_live = session.expires_at > now && session.last_seen_at > idle_since;
        if stands && is_live {
            return (Some(session.clone()), changes);
        }
        inner.young.remove(token);
        (None, changes)
    }

    /// Keeps a session that was read after anything had changed so often; not where something changed meanwhile.
    fn keep(&self, token: Hash, session: &AccountSession, changes: u64) {
        let mut inner = self.inner();
        if inner.changes != changes {
            return;
        }
        let mark = inner.marks[mark_of(session.account.uuid())];
        let session = session.clone();
        inner.keep(token, Kept { session, mark });
    }

    /// A transaction that changed sessions of these accounts stands.
    pub(crate) fn changed(&self, accounts: &[Uuid]) {
        self.forget(accounts.iter().map(|account| mark_of(*account)));
    }

    /// The same of another process, which tells the last two bytes of an account.
    pub(crate) fn changed_elsewhere(&self, end: [u8; 2]) {
        self.forget(std::iter::once(mark_of_end(end)));
    }

    fn forget(&self, marks: impl ExactSizeIterator<Item = usize>) {
        if marks.len() == 0 {
            return;
        }
        let mut inner = self.inner();
        inner.changes += 1;
        for mark in marks {
            let mark = &mut inner.marks[mark];
            *mark = mark.wrapping_add(1);
        }
    }

    /// The writer has looked whether another process has written.
    pub(crate) fn looked(&self, has_written: bool) {
        if has_written {
            self.forget_all();
        }
        self.knows_until(Moment::now());
    }

    /// All that other processes have changed up to a moment was told.
    pub(crate) fn knows_until(&self, moment: Moment) {
        self.inner().looked = Some(moment);
    }

    /// From here on anything may have changed, until somebody has looked again.
    pub(crate) fn knows_nothing(&self) {
        self.inner().looked = None;
        self.forget_all();
    }

    /// All sessions may have changed.
    pub(crate) fn forget_all(&self) {
        let mut inner = self.inner();
        inner.changes += 1;
        inner.young.clear();
        inner.old.clear();
    }
}

/// The live session of a token, by its hash of 32 bytes: from memory where that knows it, else from the database.
/// `idle_since` as of [`super::find`].
///
/// # Errors
/// As [`Db::read_once`].
pub async fn find_live(
    db: &Db,
    token_hash: Vec<u8>,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Option<AccountSession>, Error> {
    let token = Hash::try_from(token_hash.as_slice());
    let read = move |tx: &mut Tx<'_>| super::find(tx, &token_hash, now, idle_since);
    let Ok(token) = token else {
        return db.read_once(read).await;
    };
    let live = db.live_sessions();
    let (known, changes) = live.get(&token, now, idle_since);
    if known.is_some() {
        return Ok(known);
    }
    let found = db.read_once(read).await?;
    if let Some(session) = &found {
        live.keep(token, session, changes);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::SessionId;
    use jiff::SignedDuration;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const LONG_AGO: Timestamp = Timestamp::MIN;

    fn session(account: u128) -> AccountSession {
        AccountSession {
            id: SessionId::from_uuid(Uuid::from_u128(1)),
            account: AccountId::from_uuid(Uuid::from_u128(account)),
            language: "ja".to_owned(),
            last_seen_at: NOW,
            expires_at: NOW + SignedDuration::from_secs(60),
            histories_closed_at: None,
            opened_cases: None,
        }
    }

    fn live() -> Live {
        let live = Live::default();
        live.looked(false);
        live
    }

    fn knows(live: &Live, token: u8, now: Timestamp) -> bool {
        live.get(&[token; 32], now, LONG_AGO).0.is_some()
    }

    #[test]
    fn a_session_is_known_until_its_account_changes_or_it_ends() {
        let live = live();
        live.keep([1; 32], &session(1), 0);
        live.keep([2; 32], &session(2), 0);
        assert!(knows(&live, 1, NOW) && knows(&live, 2, NOW));
        live.changed(&[Uuid::from_u128(1)]);
        assert!(!knows(&live, 1, NOW) && knows(&live, 2, NOW));
        assert!(!knows(&live, 2, NOW + SignedDuration::from_secs(60)));
        live.keep([2; 32], &session(2), 1);
        assert!(
            live.get(&[2; 32], NOW, NOW).0.is_none(),
            "idle for too long"
        );
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let live = live();
        let (_, changes) = live.get(&[1; 32], NOW, LONG_AGO);
        live.changed(&[Uuid::from_u128(1)]);
        live.keep([1; 32], &session(1), changes);
        assert!(!knows(&live, 1, NOW));
    }

    #[test]
    fn nothing_counts_after_another_process_has_written_or_where_nobody_looked() {
        let unseen = Live::default();
        unseen.keep([1; 32], &session(1), 0);
        assert!(!knows(&unseen, 1, NOW), "nobody has looked");
        let live = live();
        live.keep([1; 32], &session(1), 0);
        live.looked(false);
        assert!(knows(&live, 1, NOW));
        live.looked(true);
        assert!(!knows(&live, 1, NOW));
    }

    #[test]
    fn what_another_process_tells_forgets_as_our_own_change_does() {
        let live = live();
        let account = Uuid::from_u128(0x1234_5678);
        live.keep([1; 32], &session(account.as_u128()), 0);
        live.keep([2; 32], &session(2), 0);
        live.changed_elsewhere([0x56, 0x78]);
        assert!(!knows(&live, 1, NOW) && knows(&live, 2, NOW));
    }

    #[test]
    fn nothing_counts_where_it_is_long_ago_that_all_was_known_by_either_clock() {
        let live = live();
        live.keep([2; 32], &session(2), 0);
        let long = Duration::from_secs(3);
        let moment = Moment::now();
        for old in [
            Moment(moment.0 - long, moment.1),
            Moment(moment.0, moment.1 - long),
            Moment(moment.0, moment.1 + long),
        ] {
            live.knows_until(old);
            assert!(!knows(&live, 2, NOW));
        }
        live.knows_until(moment);
        assert!(knows(&live, 2, NOW));
        live.knows_nothing();
        live.knows_until(Moment::now());
        assert!(!knows(&live, 2, NOW));
    }

    #[test]
    fn those_who_ask_are_kept_and_the_others_make_room() {
        let live = live();
        let token = |n: u32| {
            let mut token = [0; 32];
            token[..4].copy_from_slice(&n.to_le_bytes());
            token
        };
        live.keep([9; 32], &session(9), 0);
        for n in 0..3 * u32::try_from(MOST).unwrap() {
            live.keep(token(n), &session(u128::from(n)), 0);
            if n % 10_000 == 0 {
                assert!(knows(&live, 9, NOW));
            }
        }
        let inner = live.inner();
        assert!(inner.young.len() + inner.old.len() <= 2 * MOST);
        assert!(!inner.young.contains_key(&token(0)) && !inner.old.contains_key(&token(0)));
    }
}
