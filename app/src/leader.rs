//! What one process does for all that share a database: timers.

use crate::App;
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
                () = leadership.ends() => tracing::warn!("this process leads no more: its timers stop"),
                () = work(self.clone()) => return,
            }
            told(false);
        }
    }
}
