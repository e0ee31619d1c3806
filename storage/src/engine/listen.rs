//! Hints that something at a health center changed, for those who have its worklist open, in this process and in others.
//! On PostgreSQL a hint only says "look now": whoever looks asks the database, and looks now and then without a hint as well.
//! On the embedded database, where one process writes, no hint is lost, and each one means that something changed.
//!
//! `NOTIFY` makes the commits that carry it wait for each other, so no use case carries one. A commit leaves its hints in
//! memory; a thread with two connections of its own passes them on a few times a second, all centers in one transaction.
//!
//! The thread hears as well which sessions have changed: that is told by triggers, in the transaction itself, because
//! nobody may go on with a session that was ended elsewhere. It is seldom. That the server does tell, is shown by what the
//! thread tells itself: notifications come in the order of commits, so when its own has come, all that was committed before
//! it was sent has come, too. It tells by one connection and hears by another one, which says nothing after its `LISTEN`:
//! behind a pooler that lends connections, who speaks hears its own words, and not what came while it was silent.

use super::Error;
use super::connect::Target;
use crate::session::{self, Live, Moment};
use domain::ids::HealthCenterId;
use postgres::Client;
use postgres::fallible_iterator::FallibleIterator;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use uuid::Uuid;

/// How often hints are passed on to other processes at most.
const PASS_ON: Duration = Duration::from_millis(100);
/// How often it is looked whether another process has written on the embedded database.
const LOOK: Duration = Duration::from_secs(1);
/// How often the thread asks to be shown that it is told all: some times within what that counts for.
const BEAT: Duration = Duration::from_millis(500);
/// How long the thread waits before it connects anew.
const ANEW: Duration = Duration::from_secs(1);
/// The channel; PostgreSQL keeps channels by database, so a schema has its own.
const CHANNEL: &str = "hersys_changes";
/// The channel on which the triggers tell whose sessions have changed.
const SESSIONS: &str = "hersys_sessions";
/// Begins what a process tells itself there.
const TO_ITSELF: char = '=';
/// A hint need not survive a crash, and must not wait for a standby. For the transaction alone: where a pooler lends the connection
/// to others afterwards, their commits are to be on the disk.
const UNSAFE: &str = "SET LOCAL synchronous_commit = off";
/// Tells something, where the triggers stand that tell of sessions, and of what these say of an account, and where they tell
/// it of our schema. Says which they are and who wrote that last: others, where they were away or switched off meanwhile.
const TELL: &str = "SELECT string_agg(t.oid::text || '/' || t.xmin::text, ' ' ORDER BY t.oid), pg_notify($1, $2),
        set_config('synchronous_commit', 'off', true)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid IN (to_regclass('account_sessions'), to_regclass('accounts')) AND n.nspname = $3
        AND t.tgname IN ('tell_of_sessions', 'tell_of_all_sessions') AND t.tgenabled IN ('O', 'A')
    HAVING count(*) = 3";
/// The schema of our tables, of which the triggers tell; it need not be the first one in which a table would be made now.
const SCHEMA: &str = "SELECT coalesce((SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = to_regclass('account_sessions')), current_schema())";
/// Centers in one notification, whose text may have 8,000 bytes.
const CENTERS: usize = 200;

thread_local! {
    /// The centers that the transaction on this thread has changed. A closure runs on one thread from its begin to its
    /// commit; what an undone one leaves here is one look too many.
    static CHANGED: RefCell<Vec<Uuid>> = const { RefCell::new(Vec::new()) };
}

/// Notes that the transaction on this thread changes something at a center.
pub(super) fn note(center: HealthCenterId) {
    CHANGED.with_borrow_mut(|all| {
        let center = center.uuid();
        if !all.contains(&center) {
            all.push(center);
        }
    });
}

/// Those who wait for hints, and the hints that other processes have not been given yet.
#[derive(Clone, Default)]
pub(super) struct Hints(Arc<Inner>);

#[derive(Default)]
struct Inner {
    waiting: Mutex<HashMap<Uuid, Arc<Watched>>>,
    /// When somebody last looked whether another process has written on the embedded database.
    looked: Mutex<Option<Instant>>,
    /// `None` on the embedded database.
    elsewhere: Option<Elsewhere>,
}

/// A center on which hints are waited for.
#[derive(Default)]
struct Watched {
    notify: Notify,
    /// How many hints there were.
    given: AtomicU64,
}

impl Watched {
    fn give(&self) {
        self.given.fetch_add(1, Ordering::Relaxed);
        self.notify.notify_one();
    }
}

struct Elsewhere {
    target: Arc<Target>,
    live: Arc<Live>,
    pending: Mutex<BTreeSet<Uuid>>,
    begun: std::sync::Once,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hints {
    /// Hints that are passed on to the other processes on a server.
    /// Sessions are forgotten when another process changes them.
    pub(super) fn across(target: Arc<Target>, live: Arc<Live>) -> Hints {
        Hints(Arc::new(Inner {
            waiting: Mutex::default(),
            looked: Mutex::default(),
            elsewhere: Some(Elsewhere {
                target,
                live,
                pending: Mutex::default(),
                begun: std::sync::Once::new(),
            }),
        }))
    }

    /// After a commit on this thread: gives its hints. `kept`: it stands.
    pub(super) fn give(&self, kept: bool) {
        let changed = CHANGED.take();
        if changed.is_empty() || !kept {
            return;
        }
        self.0.here(&changed);
        if let Some(elsewhere) = &self.0.elsewhere {
            locked(&elsewhere.pending).extend(changed);
            self.begin();
        }
    }

    /// After a commit on this thread, or what may be one: sessions that it has changed are known no more.
    pub(super) fn forget_changed_sessions(&self) {
        let changed = session::noted();
        if let Some(elsewhere) = &self.0.elsewhere {
            elsewhere.live.changed(&changed);
        }
    }

    /// Another process has written on the embedded database: something may have changed anywhere.
    pub(super) fn give_everywhere(&self) {
        self.0.everywhere();
    }

    /// Whether nobody has asked this for a while: one look at what other processes have written serves all centers.
    pub(super) fn is_time_to_look(&self) -> bool {
        let mut last = locked(&self.0.looked);
        let is_time = last.is_none_or(|at| at.elapsed() >= LOOK);
        if is_time {
            *last = Some(Instant::now());
        }
        is_time
    }

    /// From now on hints on a center are waited for.
    pub(super) fn of(&self, center: HealthCenterId) -> Hint {
        self.begin();
        let center = center.uuid();
        let watched = locked(&self.0.waiting).entry(center).or_default().clone();
        Hint {
            watched,
            center,
            hints: self.clone(),
        }
    }

    /// From now on other processes are heard and told, on a server.
    pub(super) fn begin(&self) {
        let Some(elsewhere) = &self.0.elsewhere else {
            return;
        };
        elsewhere.begun.call_once(|| {
            let weak = Arc::downgrade(&self.0);
            let begun = std::thread::Builder::new()
                .name("postgres-hints".to_owned())
                .spawn(move || pass_on(&weak));
            if let Err(error) = begun {
                tracing::error!(%error, "other processes are not told what changes; they look now and then");
            }
        });
    }
}

impl Inner {
    fn here(&self, centers: &[Uuid]) {
        let waiting = locked(&self.waiting);
        for center in centers {
            if let Some(watched) = waiting.get(center) {
                watched.give();
            }
        }
    }

    /// Something may have changed anywhere.
    fn everywhere(&self) {
        for watched in locked(&self.waiting).values() {
            watched.give();
        }
    }
}

/// Hints on one center, for one who waits.
pub struct Hint {
    watched: Arc<Watched>,
    center: Uuid,
    hints: Hints,
}

impl Hint {
    /// Waits for the next hint; one that came since the last is told at once.
    pub async fn given(&self) {
        self.watched.notify.notified().await;
    }

    /// How many hints there have been. On the embedded database whatever sets `changed_at` of a case gives one, and so does
    /// whatever another process of this machine writes.
    pub fn number(&self) -> u64 {
        self.watched.given.load(Ordering::Relaxed)
    }
}

impl Drop for Hint {
    fn drop(&mut self) {
        let mut waiting = locked(&self.hints.0.waiting);
        // The list's own, and this one: nobody else waits.
        if Arc::strong_count(&self.watched) == 2 {
            waiting.remove(&self.center);
        }
    }
}

/// Passes hints on and takes those of others, until the store is gone.
fn pass_on(inner: &Weak<Inner>) {
    loop {
        let Some(strong) = inner.upgrade() else {
            return;
        };
        let Some(elsewhere) = &strong.elsewhere else {
            return;
        };
        let connect = || elsewhere.target.try_each::<Client>();
        let connected = connect().and_then(|hearing| Ok((hearing, connect()?)));
        let live = elsewhere.live.clone();
        drop(strong);
        if let Ok((mut hearing, mut telling)) = connected {
            if let Err(error) = exchange(inner, &live, &mut hearing, &mut telling) {
                tracing::warn!(%error, "hints are passed on by a new connection");
            }
            // At once, and not only after a while without a word.
            live.knows_nothing();
        }
        if inner.strong_count() == 0 {
            return;
        }
        std::thread::sleep(ANEW);
    }
}

fn exchange(
    inner: &Weak<Inner>,
    live: &Live,
    hearing: &mut Client,
    telling: &mut Client,
) -> Result<(), Error> {
    let schema: Option<String> = telling.query_one(SCHEMA, &[])?.get(0);
    let schema = schema.unwrap_or_default();
    let me: i32 = telling.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    hearing.batch_execute(&format!("LISTEN {CHANNEL}; LISTEN {SESSIONS}"))?;
    // What happened while nobody listened.
    live.knows_nothing();
    if let Some(inner) = inner.upgrade() {
        inner.everywhere();
    }
    let mut beat = Beat::new();
    beat.go_on(telling, live, &schema)?;
    while !hearing.is_closed() {
        let round = Instant::now();
        let mut came = Vec::new();
        while let Some(left) = PASS_ON.checked_sub(round.elapsed()) {
            let Some(told) = hearing.notifications().timeout_iter(left).next()? else {
                break;
            };
            let is_ours = told.process_id() == me;
            match (told.channel(), told.payload().strip_prefix(TO_ITSELF)) {
                (SESSIONS, Some(number)) if is_ours => beat.came(number, live),
                (SESSIONS, _) => match changed(told.payload(), &schema) {
                    Some(Changed::Account(end)) => live.changed_elsewhere(end),
                    Some(Changed::All) => live.forget_all(),
                    None => {}
                },
                _ if !is_ours => came.extend(read(told.payload(), &schema)),
                _ => {}
            }
        }
        let Some(inner) = inner.upgrade() else {
            return Ok(());
        };
        inner.here(&came);
        let Some(elsewhere) = &inner.elsewhere else {
            return Ok(());
        };
        let pending: Vec<Uuid> = std::mem::take(&mut *locked(&elsewhere.pending))
            .into_iter()
            .collect();
        if !pending.is_empty() {
            let mut tx = telling.transaction()?;
            tx.batch_execute(UNSAFE)?;
            for some in pending.chunks(CENTERS) {
                tx.execute(
                    "SELECT pg_notify($1, $2)",
                    &[&CHANNEL, &written(some, &schema)],
                )?;
            }
            tx.commit()?;
        }
        beat.go_on(telling, live, &schema)?;
    }
    Ok(())
}

/// What shows that all changes of sessions are told.
struct Beat {
    number: u64,
    /// When the last one was sent.
    sent: Moment,
    due: Instant,
    /// The triggers as they stood then; `None` where one was missing.
    triggers: Option<String>,
}

impl Beat {
    fn new() -> Beat {
        Beat {
            number: 0,
            sent: Moment::now(),
            due: Instant::now(),
            triggers: None,
        }
    }

    /// Sends the next one, where it is time.
    fn go_on(&mut self, telling: &mut Client, live: &Live, schema: &str) -> Result<(), Error> {
        if Instant::now() < self.due {
            return Ok(());
        }
        self.number += 1;
        self.sent = Moment::now();
        self.due = Instant::now() + BEAT;
        let text = format!("{TO_ITSELF}{}", self.number);
        let told = telling.query_opt(TELL, &[&SESSIONS, &text, &schema])?;
        let triggers: Option<String> = told.and_then(|row| row.get(0));
        if triggers.is_none() || triggers != self.triggers {
            // What changed while one of them told nothing is never told.
            live.knows_nothing();
        }
        self.triggers = triggers;
        Ok(())
    }

    /// One of them has come. One before the last says of a moment that is not known any more.
    fn came(&self, number: &str, live: &Live) {
        if number.parse() == Ok(self.number) {
            live.knows_until(self.sent);
        }
    }
}

/// Whose sessions have changed.
#[derive(Debug, PartialEq, Eq)]
enum Changed {
    /// Those of the accounts that end in these bytes.
    Account([u8; 2]),
    All,
}

/// What a trigger has told, where it is one of our schema: the schema, and four hexadecimal digits or a word.
fn changed(text: &str, schema: &str) -> Option<Changed> {
    let (of, what) = text.rsplit_once(' ')?;
    if of != schema {
        return None;
    }
    // What is not understood may be anybody.
    let end = u16::from_str_radix(what, 16);
    Some(end.map_or(Changed::All, |end| Changed::Account(end.to_be_bytes())))
}

/// The text of a notification: the schema, and the centers.
fn written(centers: &[Uuid], schema: &str) -> String {
    let mut text = schema.to_owned();
    for center in centers {
        text.push(' ');
        text += &center.simple().to_string();
    }
    text
}

/// The centers of a notification of our schema.
fn read(text: &str, schema: &str) -> Vec<Uuid> {
    let mut words = text.split(' ');
    if words.next() != Some(schema) {
        return Vec::new();
    }
    words
        .filter_map(|word| Uuid::parse_str(word).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_read_as_it_was_written_and_by_its_own_schema_only() {
        let centers: Vec<Uuid> = (0..CENTERS as u128).map(Uuid::from_u128).collect();
        let text = written(&centers, &"s".repeat(63));
        assert!(text.len() < 8_000, "{}", text.len());
        assert_eq!(read(&text, &"s".repeat(63)), centers);
        assert!(read(&text, "public").is_empty());
    }

    #[test]
    fn a_change_of_sessions_is_read_by_its_own_schema_only() {
        let account = |end| Some(Changed::Account(end));
        assert_eq!(changed("public 0aff", "public"), account([0x0a, 0xff]));
        assert_eq!(changed("a b 0000", "a b"), account([0, 0]));
        assert_eq!(changed("public all", "public"), Some(Changed::All));
        assert_eq!(changed("public x", "public"), Some(Changed::All));
        for other in ["other 0aff", "other all", "public", "=1", ""] {
            assert_eq!(changed(other, "public"), None);
        }
    }

    #[tokio::test]
    async fn a_hint_is_given_after_a_commit_that_stands_and_to_its_center_only() {
        let hints = Hints::default();
        let center = |n| HealthCenterId::from_uuid(Uuid::from_u128(n));
        let (one, two) = (hints.of(center(1)), hints.of(center(2)));
        let soon = Duration::from_millis(20);
        note(center(1));
        hints.give(false);
        assert!(tokio::time::timeout(soon, one.given()).await.is_err());
        note(center(1));
        hints.give(true);
        one.given().await;
        assert!(tokio::time::timeout(soon, two.given()).await.is_err());
    }
}
