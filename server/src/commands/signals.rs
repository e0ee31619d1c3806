//! How a process is asked to end.

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The ways in which somebody asks: whoever runs services, Ctrl-C, a terminal that was closed.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// None where whoever started this process wants it to outlive the terminal, as `nohup` does.
    hang_up: Option<Signal>,
}

impl Signals {
    /// From here on they do not end the process by themselves.
    pub(super) fn new() -> Result<Signals> {
        let heard = |kind| signal(kind).context("signals cannot be heard");
        let outlives = is_ignored(SignalKind::hangup());
        Ok(Signals {
            terminate: heard(SignalKind::terminate())?,
            interrupt: heard(SignalKind::interrupt())?,
            hang_up: match outlives {
                true => None,
                false => Some(heard(SignalKind::hangup())?),
            },
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> SignalKind {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = hang_up => SignalKind::hangup(),
        }
    }
}

/// Whether a signal was to be ignored when this process was started, as far as the system tells.
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask >> (kind.as_raw_value() - 1) & 1 == 1)
}
