//! Hints that something at a health center changed, for those who have its worklist open, in this process and in others.
//! On PostgreSQL a hint only says "look now": whoever looks asks the database, and looks now and then without a hint as well.
//! On the embedded database, where one process writes, no hint is lost, and each one means that something changed.
//!
//! `NOTIFY` makes the commits that carry it wait for each other, so no use case carries one. A commit leaves its hints in
//! memory; a thread with a connection of its own passes them on a few times a second, all centers in one transaction.

use super::Error;
use super::connect::Target;
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
/// How long the thread waits before it connects anew.
const ANEW: Duration = Duration::from_secs(1);
/// The channel; PostgreSQL keeps channels by database, so a schema has its own.
const CHANNEL: &str = "hersys_changes";
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
    pending: Mutex<BTreeSet<Uuid>>,
    begun: std::sync::Once,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hints {
    /// Hints that are passed on to the other processes on a server.
    pub(super) fn across(target: Arc<Target>) -> Hints {
        Hints(Arc::new(Inner {
            waiting: Mutex::default(),
            looked: Mutex::default(),
            elsewhere: Some(Elsewhere {
                target,
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

    fn begin(&self) {
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
        let connected: Option<Result<Client, Error>> =
            strong.elsewhere.as_ref().map(|e| e.target.try_each());
        drop(strong);
        if let Some(Ok(mut client)) = connected
            && let Err(error) = exchange(inner, &mut client)
        {
            tracing::warn!(%error, "hints are passed on by a new connection");
        }
        if inner.strong_count() == 0 {
            return;
        }
        std::thread::sleep(ANEW);
    }
}

fn exchange(inner: &Weak<Inner>, client: &mut Client) -> Result<(), Error> {
    let schema: Option<String> = client.query_one("SELECT current_schema()", &[])?.get(0);
    let schema = schema.unwrap_or_default();
    let me: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    // A hint need not survive a crash, and must not wait for a standby.
    client.batch_execute(&format!("SET synchronous_commit = off; LISTEN {CHANNEL}"))?;
    if let Some(inner) = inner.upgrade() {
        // What happened while nobody listened.
        inner.everywhere();
    }
    while !client.is_closed() {
        let round = Instant::now();
        let mut came = Vec::new();
        while let Some(left) = PASS_ON.checked_sub(round.elapsed()) {
            match client.notifications().timeout_iter(left).next()? {
                Some(hint) if hint.process_id() != me => came.extend(read(hint.payload(), &schema)),
                Some(_) => {}
                None => break,
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
            let mut tx = client.transaction()?;
            for some in pending.chunks(CENTERS) {
                tx.execute(
                    "SELECT pg_notify($1, $2)",
                    &[&CHANNEL, &written(some, &schema)],
                )?;
            }
            tx.commit()?;
        }
    }
    Ok(())
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
