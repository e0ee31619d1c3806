//! A nurse at the console, beside a flood.

use super::Phase;
use super::wire::{Idle, ask};
use anyhow::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How long after a page the nurse opens the next one.
const PAUSE: Duration = Duration::from_millis(25);
/// How long the nurse waits for one.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the nurse has seen.
#[derive(Default)]
pub(super) struct Looks {
    /// When each worklist was asked for, and how long it took.
    worklists: Vec<(Instant, Duration)>,
    /// What came instead of one.
    pub(super) failed: Vec<String>,
}

impl Looks {
    /// How long those took that were asked for beside a phase.
    pub(super) fn beside(&self, phase: &Phase) -> Vec<Duration> {
        let looks = self.worklists.iter();
        let beside = looks.filter(|(at, _)| phase.lasts_at(*at));
        beside.map(|(_, took)| *took).collect()
    }
}

/// A nurse who is signed in and opens the worklist all the time: like each page of the staff it asks for the session and reads the
/// database.
pub(super) struct Console {
    is_over: Arc<AtomicBool>,
    looks: JoinHandle<Looks>,
}

impl Console {
    pub(super) fn open(console: SocketAddr, cookie: String) -> Console {
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = is_over.clone();
        let looks = tokio::spawn(async move {
            let (idle, mut looks) = (Idle::default(), Looks::default());
            let request = format!("GET / HTTP/1.1\r\nHost: {console}\r\nCookie: {cookie}\r\n\r\n");
            while !ends.load(Ordering::Relaxed) {
                let asked = Instant::now();
                let answer =
                    tokio::time::timeout(PATIENCE, ask(console, &idle, request.as_bytes()));
                match answer.await.unwrap_or_else(|late| Err(late.into())) {
                    Ok(head) if head.starts_with("http/1.1 200") => {
                        looks.worklists.push((asked, asked.elapsed()));
                    }
                    Ok(head) => {
                        let status = head.lines().next().unwrap_or_default();
                        looks.failed.push(status.to_owned());
                    }
                    Err(error) => looks.failed.push(error.to_string()),
                }
                tokio::time::sleep(PAUSE).await;
            }
            looks
        });
        Console { is_over, looks }
    }

    pub(super) async fn close(self) -> Result<Looks> {
        self.is_over.store(true, Ordering::Relaxed);
        Ok(self.looks.await?)
    }
}
