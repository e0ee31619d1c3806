//! What one process does for all that share a database: timers.

use crate::App;
use std::time::Duration;
pub use storage::Duty;

impl App {
    /// Does a piece of work while a duty is this process's, and begins it anew whenever it leads again. It ends only when the
    /// work does; where leadership ends first, the work is dropped at its next wait.
    ///
    /// The work must bear that another process does the same for a moment: a leader that stood still hears late that it
    /// was replaced. So it decides by what the database says, in the transaction that writes.
    pub async fn while_leading<W, F>(&self, duty: Duty, work: W)
    where
        W: Fn(App) -> F,
        F: Future<Output = ()>,
    {
        let mut leadership = match self.db().leadership(duty) {
            Ok(leadership) => leadership,
            Err(error) => {
                tracing::error!(%error, "leadership cannot be asked for");
                return;
            }
        };
        // Where no process leads, nobody is told of alerts, however well all pages are served.
        let told = |leads: bool| {
            if duty == Duty::Timers {
                metrics::gauge!("hersys_leads").set(f64::from(u8::from(leads)));
            }
        };
        told(false);
        loop {
            leadership.begins().await;
            told(true);
            tokio::select! {
                biased;
                () = leadership.ends() => match duty {
                    Duty::Timers => tracing::warn!("this process leads no more: its timers stop"),
                    Duty::Backups => tracing::warn!("this process does not make the backups any more"),
                },
                () = work(self.clone()) => return,
            }
            told(false);
        }
    }

    /// Leaves a duty to another process for a while, since this one cannot do it: the work of [`App::while_leading`] is dropped
    /// at its next wait, and begins anew where nobody else has the duty after the pause. Where this is the only process on its
    /// database, the work goes on.
    pub fn steps_aside(&self, duty: Duty, pause: Duration) {
        match self.db().leadership(duty) {
            Ok(leadership) => leadership.steps_aside(pause),
            Err(error) => tracing::error!(%error, "a duty cannot be left to another process"),
        }
    }
}
