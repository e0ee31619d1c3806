//! One leader among the processes on one database: the one that runs the timers. On the embedded database the process
//! leads. What timers do must bear a moment with two leaders all the same: a process that stood still does not know yet
//! that it was replaced.

use super::Error;
use super::connect::Target;
use postgres::Client;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often the leader makes sure that it still leads, and how often the others ask to.
const LOOK: Duration = Duration::from_secs(1);
/// How long leadership holds after the database has last confirmed it.
const HOLDS: Duration = Duration::from_secs(5);
/// After how long the server ends a leader's connection over which nothing is said: its process stands still, and while it
/// does its machine goes on confirming bytes. Longer than leadership holds, so that nobody else begins before.
const STANDS_STILL: &str = "10s";

/// What one of several processes does for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Running the timers.
    Timers,
    /// Making backups, among those that have a folder for them.
    Backups,
}

impl Duty {
    /// The first half of its lock's key; the second is the schema's.
    fn key(self) -> i32 {
        match self {
            Duty::Timers => 4_857_396,
            Duty::Backups => 4_857_397,
        }
    }

    fn told(self) -> &'static str {
        match self {
            Duty::Timers => "this process leads: it runs the timers",
            Duty::Backups => "this process makes the backups",
        }
    }
}

/// Whether this process leads. Cheap to clone.
#[derive(Clone)]
pub struct Leadership(Held);

#[derive(Clone)]
enum Held {
    Always,
    Until(watch::Receiver<Option<Instant>>, Arc<Aside>),
}

/// Until when this process leaves a duty to others.
#[derive(Default)]
struct Aside(Mutex<Option<Instant>>);

impl Aside {
    fn set(&self, until: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    fn is_now(&self) -> bool {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| until > Instant::now())
    }
}

impl Leadership {
    /// That of the only process on its database.
    pub(super) fn always() -> Leadership {
        Leadership(Held::Always)
    }

    /// Begins to ask the database for leadership, on a connection of its own, for as long as somebody holds the answer.
    pub(super) fn campaign(target: Arc<Target>, duty: Duty) -> Result<Leadership, Error> {
        let (tell, told) = watch::channel(None);
        let aside = Arc::new(Aside::default());
        let stands_aside = aside.clone();
        std::thread::Builder::new()
            .name("postgres-leader".to_owned())
            .spawn(move || {
                let mut is_told = false;
                while !tell.is_closed() {
                    if stands_aside.is_now() {
                        std::thread::sleep(LOOK);
                        continue;
                    }
                    match target.try_each::<Client>() {
                        Ok(mut client) => {
                            is_told = false;
                            if let Err(error) = hold(&mut client, duty, &tell, &stands_aside) {
                                tracing::warn!(%error, "leadership is asked for anew");
                            }
                        }
                        // Where no process gets a connection for it, such as while others have all of them, no timer runs.
                        Err(error) if !is_told => {
                            tracing::warn!(%error, "there is no connection to ask for leadership on");
                            is_told = true;
                        }
                        Err(_) => {}
                    }
                    tell.send_replace(None);
                    std::thread::sleep(LOOK);
                }
            })
            .map_err(|e| Error::Unavailable(e.to_string()))?;
        Ok(Leadership(Held::Until(told, aside)))
    }

    /// Whether this process leads at this moment.
    pub fn is_held(&self) -> bool {
        match &self.0 {
            Held::Always => true,
            Held::Until(told, _) => told.borrow().is_some_and(|until| until > Instant::now()),
        }
    }

    /// Leaves the duty to whichever other process asks for it, within a second, and asks for it again only after the pause. The
    /// only process on its database goes on leading.
    pub fn steps_aside(&self, pause: Duration) {
        if let Held::Until(_, aside) = &self.0 {
            aside.set(Instant::now() + pause);
        }
    }

    /// Waits until this process leads.
    pub async fn begins(&mut self) {
        while !self.is_held() {
            self.changes().await;
        }
    }

    /// Waits until this process leads no more: its connection ended, or nobody has confirmed it for too long.
    pub async fn ends(&mut self) {
        while self.is_held() {
            let until = match &self.0 {
                Held::Always => None,
                Held::Until(told, _) => *told.borrow(),
            };
            let Some(until) = until else {
                return std::future::pending().await;
            };
            tokio::select! {
                () = self.changes() => {}
                () = tokio::time::sleep_until(until.into()) => {}
            }
        }
    }

    async fn changes(&mut self) {
        let gone = match &mut self.0 {
            Held::Always => true,
            Held::Until(told, _) => told.changed().await.is_err(),
        };
        if gone {
            std::future::pending().await
        }
    }
}

/// Takes the lock as soon as nobody else has it, and tells until when it is sure to be ours. Ends with the connection,
/// with leadership, when nobody wants to know any more, or when this process steps aside.
fn hold(
    client: &mut Client,
    duty: Duty,
    tell: &watch::Sender<Option<Instant>>,
    aside: &Aside,
) -> Result<(), Error> {
    // Servers before version 14 do not know it.
    client.query(
        "SELECT set_config('idle_session_timeout', $1, false)
         WHERE EXISTS (SELECT 1 FROM pg_settings WHERE name = 'idle_session_timeout')",
        &[&STANDS_STILL],
    )?;
    let schema: Option<String> = client.query_one("SELECT current_schema()", &[])?.get(0);
    let digest = Sha256::digest(schema.unwrap_or_default());
    let second = i32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let mut leads = false;
    let mut sure_until: Option<Instant> = None;
    while !tell.is_closed() && !aside.is_now() {
        let asked = Instant::now();
        if leads {
            let is_standby: bool = client.query_one("SELECT pg_is_in_recovery()", &[])?.get(0);
            if is_standby {
                return Err(Error::Lost("the server is a standby now".to_owned()));
            }
        } else {
            let lock = "SELECT pg_try_advisory_lock($1, $2)";
            leads = client.query_one(lock, &[&duty.key(), &second])?.get(0);
            if leads {
                tracing::info!("{}", duty.told());
            }
        }
        if leads {
            if sure_until.is_some_and(|until| until < asked) {
                // Its timers had stopped meanwhile. Nobody else took the lock, which was held all the time.
                tracing::info!(
                    "this process leads again: that it does had not been confirmed for a while"
                );
            }
            sure_until = Some(asked + HOLDS);
            tell.send_replace(sure_until);
        }
        std::thread::sleep(LOOK);
    }
    // Before the connection ends, and with it the lock.
    tell.send_replace(None);
    Ok(())
}
