//! What an operation costs: CPU of this process and of the PostgreSQL server behind it, and time by the clock.

use crate::fill::Place;
use crate::machine::{Tree, postgres_tree, process_cpu};
use crate::result::{Times, median};
use anyhow::Result;
use std::future::Future;
use std::time::{Duration, Instant};

/// How long a look at what this process does by itself takes, and how often it is looked at most.
const LOOK: Duration = Duration::from_millis(100);
const MOST_LOOKS: usize = 300;
/// Microseconds of CPU within that time, up to which it is at rest.
const AT_REST: f64 = 2_000.0;
/// How often something is done on PostgreSQL before it counts: there are some ten connections.
const COLD: usize = 40;

/// Measures CPU of this process and, where there is one, of the database server.
#[derive(Clone, Copy)]
pub struct Meter {
    server: Option<Tree>,
}

/// What one operation costs.
pub struct Cost {
    /// Microseconds of CPU: the median of this process, with the server's mean where there is a server.
    pub cpu: f64,
    /// By the clock.
    pub times: Times,
}

/// Waits until this process does nothing by itself: after filling, the log is carried into the file for a while, by a thread
/// whose CPU would count with whatever is measured meanwhile.
async fn rest() {
    for _ in 0..MOST_LOOKS {
        let before = process_cpu();
        tokio::time::sleep(LOOK).await;
        if process_cpu() - before < AT_REST {
            return;
        }
    }
}

impl Meter {
    /// For a database.
    pub fn of(place: &Place) -> Result<Meter> {
        let server = match place.url() {
            Some(url) => postgres_tree(url)?,
            None => None,
        };
        Ok(Meter { server })
    }

    /// Microseconds of CPU of this process and the server so far.
    pub fn cpu(&self) -> f64 {
        process_cpu() + self.server_cpu()
    }

    /// Bytes of memory of the server, where there is one.
    pub fn server_memory(&self) -> Option<u64> {
        self.server.map(Tree::memory)
    }

    fn server_cpu(&self) -> f64 {
        self.server.map_or(0.0, Tree::cpu)
    }

    /// Does something so many times, one after the other. The first times, which find everything cold, do not count: on
    /// PostgreSQL some for each connection, which prepares its statements.
    pub async fn each<F, R>(&self, times: usize, mut what: F) -> Result<Cost>
    where
        F: FnMut(usize) -> R,
        R: Future<Output = Result<()>>,
    {
        let cold = if self.server.is_some() { COLD } else { 1 };
        for _ in 0..cold {
            what(0).await?;
        }
        rest().await;
        let (mut cpus, mut clock) = (Vec::with_capacity(times), Times::new());
        let before = self.server_cpu();
        for number in 1..=times {
            let (began, spent) = (Instant::now(), process_cpu());
            what(number).await?;
            cpus.push(process_cpu() - spent);
            clock.add(began.elapsed());
        }
        let server = (self.server_cpu() - before) / times.max(1) as f64;
        Ok(Cost {
            cpu: median(cpus) + server,
            times: clock,
        })
    }
}
