//! What the house tells those who watch over it: counts and ages of the whole, never of a place or a person.

use crate::{App, Error, SystemDesk};
use jiff::Timestamp;
use std::time::Duration;
use storage::engine::Waiting;
use storage::outbox::Queue;
use storage::sight as rows;
use storage::{Lane, sight::Messages};

/// How long the store may take to tell.
const PATIENCE: Duration = Duration::from_secs(2);

/// How the house is doing.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// Both lanes of the store: the lane's name, how many wait, and how long, in seconds.
    pub lanes: Vec<(&'static str, usize, f64)>,
    /// Sign-ins that wait for a core: at the portal, and at the console.
    pub hashing: (usize, usize),
    /// What the store told; `None` where it did not answer.
    pub store: Option<Told>,
}

/// What the store tells.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Mails, messages by SMS, and reminders.
    pub messages: Vec<Kind>,
    /// Alerts that nobody has taken; counted up to 10,000.
    pub alerts: i64,
    /// For how many seconds the oldest of them has waited.
    pub oldest_alert: f64,
    /// The connections of all processes to a PostgreSQL server, by their state.
    pub connections: Vec<(String, i64)>,
}

/// The messages of one queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// `mail`, `sms` or `reminders`.
    pub kind: &'static str,
    /// Promised and not sent; counted up to 10,000.
    pub waiting: i64,
    /// For how many seconds the oldest of them is overdue.
    pub overdue: f64,
    /// Given up within the last day.
    pub given_up: i64,
    /// Those of them that were given up since the last one left.
    pub in_a_row: i64,
}

fn seconds(now: Timestamp, since: Option<Timestamp>) -> f64 {
    since.map_or(0.0, |since| {
        now.duration_since(since).as_secs_f64().max(0.0)
    })
}

impl App {
    fn lane(&self, lane: Lane) -> (&'static str, usize, f64) {
        let Waiting { pieces, delay } = self.inner.db.in_lane(lane).waiting();
        (lane.name(), pieces, delay.as_secs_f64())
    }
}

impl SystemDesk {
    /// Looks at the house. A store that does not answer is told as such, not waited for.
    pub async fn sight(&self) -> Sight {
        let app = &self.app;
        let told = tokio::time::timeout(PATIENCE, self.told()).await;
        Sight {
            lanes: vec![app.lane(Lane::People), app.lane(Lane::Staff)],
            hashing: (
                app.inner.hashing.waiting(),
                app.inner.staff_hashing.waiting(),
            ),
            store: told.ok().and_then(Result::ok),
        }
    }

    async fn told(&self) -> Result<Told, Error> {
        let now = self.app.clock.now();
        let db = &self.app.inner.staff_db;
        let (messages, alerts, connections) = db
            .read(move |tx| {
                Ok((
                    rows::messages(tx, now)?,
                    rows::alerts(tx)?,
                    rows::connections(tx)?,
                ))
            })
            .await?;
        let kind = |(queue, found): (Queue, Messages)| Kind {
            kind: queue.name(),
            waiting: found.waiting,
            overdue: seconds(now, found.late_since),
            given_up: found.given_up,
            in_a_row: found.in_a_row,
        };
        Ok(Told {
            messages: messages.into_iter().map(kind).collect(),
            alerts: alerts.0,
            oldest_alert: seconds(now, alerts.1),
            connections,
        })
    }
}
