//! The look-out behind open worklists: whoever has one open is told when something on it changed.

use crate::App;
use domain::ids::HealthCenterId;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use storage::monitoring;
use storage::notification;
use storage::{tasks, transfer};
use tokio::sync::watch;
use uuid::Uuid;

/// How often a watched center is looked at without a hint. Two seconds may pass from a report to the nurse's screen.
const LOOK_EVERY: Duration = Duration::from_millis(1_500);
/// How often it is looked at with hints: in a rush there is always one.
const LOOK_AFTER: Duration = Duration::from_millis(300);
/// How far the clocks of several processes may differ.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(60);
/// How many changed rows tell enough.
const MOST_CHANGES: i64 = 500;

/// One look-out for each center that somebody watches, however many watch it.
#[derive(Default)]
pub(crate) struct Watchers(Mutex<HashMap<HealthCenterId, watch::Sender<u64>>>);

impl App {
    /// A watch on a center; the look-out begins with the first who watches.
    pub(super) fn watch(&self, center: HealthCenterId) -> watch::Receiver<u64> {
        let mut all = self
            .inner
            .watchers
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = all.get(&center) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(0);
        all.insert(center, sender);
        tokio::spawn(look_out(self.clone(), center));
        receiver
    }
}

/// What one look saw of a center, each row with its moment.
struct Seen {
    /// How many hints there were; on the embedded database each change at the center gives one.
    told: u64,
    /// Cases and notifications that changed lately.
    changed: HashSet<(Uuid, Timestamp)>,
    /// Open offers from others, and open tasks.
    standing: HashSet<(Uuid, Timestamp)>,
}

impl Seen {
    /// Whether something came or went since the look before. A changed row that grows too old to be asked for is no
    /// change: only what is new or newer counts. What stands open is seen whole, so there a row that went counts, too.
    fn differs_from(&self, before: &Seen) -> bool {
        self.told != before.told
            || !self.changed.is_subset(&before.changed)
            || self.standing != before.standing
    }
}

/// Looks at what changed at a center until nobody watches it any more: soon after a hint that something did, and now
/// and then without one. On PostgreSQL hints can be lost, so it asks the database, because another process may have written;
/// and from some time back, because the other process's clock may be behind. On the embedded database no hint is lost, and
/// the cases are not asked for: an index by their last change would cost each report more than a page of the disk.
async fn look_out(app: App, center: HealthCenterId) {
    let hints = app.db().hints(center);
    let mut last: Option<Seen> = None;
    loop {
        let since = app.clock.now() - CLOCKS_DIFFER;
        // Before looking: what comes meanwhile is seen by the next look.
        let told = hints.number();
        let seen = app
            .db()
            .read(move |tx| {
                let cases = monitoring::changed_since(tx, center, since, MOST_CHANGES)?;
                let notified = notification::changed_since(tx, center, since, MOST_CHANGES)?;
                let cases = cases.into_iter().map(|(case, at)| (case.uuid(), at));
                let notified = notified.into_iter().map(|(id, at)| (id.uuid(), at));
                let offers = transfer::waiting_at(tx, center, MOST_CHANGES)?;
                let tasks = tasks::standing_at(tx, center, MOST_CHANGES)?;
                let offers = offers.into_iter().map(|(id, at)| (id.uuid(), at));
                let tasks = tasks.into_iter().map(|(id, at)| (id.uuid(), at));
                Ok(Seen {
                    told,
                    changed: cases.chain(notified).collect(),
                    standing: offers.chain(tasks).collect(),
                })
            })
            .await;
        let newest = seen.ok();
        {
            let mut all = app
                .inner
                .watchers
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let Some(sender) = all.get(&center) else {
                return;
            };
            if sender.is_closed() {
                all.remove(&center);
                return;
            }
            if let Some(newest) = newest {
                if last.is_some_and(|last| newest.differs_from(&last)) {
                    sender.send_modify(|number| *number = number.wrapping_add(1));
                }
                last = Some(newest);
            }
        }
        tokio::time::sleep(LOOK_AFTER).await;
        let hint = tokio::time::timeout(LOOK_EVERY - LOOK_AFTER, hints.given()).await;
        if hint.is_err() {
            app.db().look_elsewhere().await;
        }
    }
}
