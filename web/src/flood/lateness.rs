//! How long a request waits until a core takes it up. A flood of pages that cost nothing but processor time fills no
//! queue that could be counted: it stands in front of the runtime. So a thread of its own knocks as people do: it writes a
//! byte into a socket, and the runtime that serves people answers it in its turn.

use metrics::Gauge;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;

/// How often it knocks while people come, and while nobody does.
const OFTEN: Duration = Duration::from_millis(20);
const SELDOM: Duration = Duration::from_millis(200);
/// How often it looks at its clock while nobody answers.
const LOOK: Duration = Duration::from_millis(50);
/// From which wait on a request is late: of somebody who is signed in, and of a stranger.
const LATE: [Duration; 2] = [Duration::from_millis(1_000), Duration::from_millis(250)];
/// How long it must have been so without a break. A short peak, or a neighbour who has the machine for a moment, passes
/// by itself.
const STANDING: Duration = Duration::from_millis(300);
/// Not late.
const NEVER: u64 = u64::MAX;

/// The wait for a core.
pub(super) struct Lateness {
    began: Instant,
    knocks: AtomicBool,
    somebody_comes: AtomicBool,
    /// Microseconds since `began` since which requests are late, by [`LATE`]; [`NEVER`]: they are not.
    since: [AtomicU64; 2],
    measured: Gauge,
}

impl Lateness {
    pub(super) fn new() -> Arc<Lateness> {
        Arc::new(Lateness {
            began: Instant::now(),
            knocks: AtomicBool::new(false),
            somebody_comes: AtomicBool::new(false),
            since: [AtomicU64::new(NEVER), AtomicU64::new(NEVER)],
            measured: metrics::gauge!("hersys_core_wait_seconds"),
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(NEVER - 1)
    }

    /// A request has come. The first one begins the knocking at the runtime that serves it.
    pub(super) fn somebody_comes(self: &Arc<Self>) {
        if !self.somebody_comes.load(Ordering::Relaxed) {
            self.somebody_comes.store(true, Ordering::Relaxed);
        }
        if self.knocks.load(Ordering::Relaxed) || self.knocks.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = knock_at(self) {
            // Then only those count who wait for something else.
            tracing::warn!(%error, "the wait for a core is not measured");
        }
    }

    /// Whether requests of somebody who is `known`, or of strangers, have been late for a while.
    pub(super) fn stands(&self, known: bool) -> bool {
        let since = self.since[usize::from(!known)].load(Ordering::Relaxed);
        self.now().saturating_sub(since) > STANDING.as_micros() as u64
    }

    /// A knock has waited so long, and was `answered` or not yet.
    fn waited(&self, wait: Duration, answered: bool) {
        self.measured.set(wait.as_secs_f64());
        for (since, late) in self.since.iter().zip(LATE) {
            if wait > late {
                let now = self.now();
                let _ = since.compare_exchange(NEVER, now, Ordering::Relaxed, Ordering::Relaxed);
            } else if answered {
                since.store(NEVER, Ordering::Relaxed);
            }
        }
    }
}

fn knock_at(lateness: &Arc<Lateness>) -> std::io::Result<()> {
    let (outside, mut inside) = tokio::net::UnixStream::pair()?;
    let outside = outside.into_std()?;
    outside.set_nonblocking(false)?;
    let (tell, answers) = sync_channel(1);
    let whose = Arc::downgrade(lateness);
    std::thread::Builder::new()
        .name("wait-for-core".to_owned())
        .spawn(move || {
            while let Some(comes) = knock(&whose, &outside, &answers) {
                std::thread::sleep(if comes { OFTEN } else { SELDOM });
            }
        })?;
    tokio::spawn(async move {
        let mut byte = [0];
        while inside.read_exact(&mut byte).await.is_ok() && tell.send(()).is_ok() {}
    });
    Ok(())
}

/// Knocks once and waits for the answer; tells whether somebody has come since the last knock, or that it is over.
fn knock(
    whose: &Weak<Lateness>,
    mut outside: &std::os::unix::net::UnixStream,
    answers: &Receiver<()>,
) -> Option<bool> {
    let knocked = Instant::now();
    outside.write_all(&[1]).ok()?;
    loop {
        let answer = answers.recv_timeout(LOOK);
        let lateness = whose.upgrade()?;
        lateness.waited(knocked.elapsed(), answer.is_ok());
        match answer {
            Ok(()) => return Some(lateness.somebody_comes.swap(false, Ordering::Relaxed)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_is_what_stays_late() {
        let lateness = Lateness::new();
        let (short, long) = (Duration::from_millis(10), Duration::from_millis(400));
        assert!(!lateness.stands(false));
        lateness.waited(long, false);
        assert!(!lateness.stands(false), "not at once");
        std::thread::sleep(STANDING + Duration::from_millis(10));
        assert!(lateness.stands(false));
        assert!(!lateness.stands(true), "who is signed in waits longer");
        lateness.waited(short, false);
        assert!(
            lateness.stands(false),
            "a knock that still waits says nothing"
        );
        lateness.waited(short, true);
        assert!(!lateness.stands(false));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_busy_runtime_is_late_and_an_idle_one_is_not() {
        let lateness = Lateness::new();
        lateness.somebody_comes();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!lateness.stands(false));
        // The one thread that answers does something else.
        let busy = lateness.clone();
        let stood = tokio::spawn(async move {
            let until = Instant::now() + Duration::from_secs(10);
            while !busy.stands(false) && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(10));
            }
            busy.stands(false)
        });
        assert!(stood.await.unwrap());
        let until = Instant::now() + Duration::from_secs(10);
        while lateness.stands(false) && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!lateness.stands(false));
    }
}
