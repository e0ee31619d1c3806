//! People who report without a pause.

use crate::client::{Client, Fate};
use crate::families::Family;
use crate::ledger::Ledger;
use crate::report::Report;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How people report.
#[derive(Clone, Debug)]
pub struct Manner {
    /// How many browsers at once; each has some of the families.
    pub browsers: usize,
    /// How long a browser waits for an answer.
    pub patience: Duration,
    /// One in so many reports is alarming.
    pub alarming: u32,
    /// One in so many acknowledged forms is sent again, as by a second press of the button.
    pub again: u32,
    /// A pause after each report.
    pub pause: Duration,
    /// What the dice begin with.
    pub seed: u64,
}

impl Default for Manner {
    fn default() -> Manner {
        Manner {
            browsers: 8,
            patience: Duration::from_secs(5),
            alarming: 10,
            again: 20,
            pause: Duration::ZERO,
            seed: 1,
        }
    }
}

/// What was met on the way.
#[derive(Clone, Debug, Default)]
pub struct Met {
    /// How often no answer came.
    pub unknown: u64,
    /// How often the server said "not now", by the status.
    pub not_now: BTreeMap<u16, u64>,
    /// Answers that must not be: the status and the page, the first few.
    pub wrong: Vec<(u16, String)>,
}

/// People who report until they are stopped. They stop with this handle.
pub struct Load {
    stop: Arc<AtomicBool>,
    met: Arc<Mutex<Met>>,
    browsers: Vec<JoinHandle<()>>,
}

impl Load {
    /// Begins; each browser takes the portals in turn, and where no answer comes the next one.
    pub fn begin(
        portals: &[SocketAddr],
        families: &[Family],
        ledger: &Arc<Ledger>,
        manner: &Manner,
    ) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let met = Arc::new(Mutex::new(Met::default()));
        let browsers = (0..manner.browsers)
            .map(|number| {
                let mine: Vec<Family> = families
                    .iter()
                    .skip(number)
                    .step_by(manner.browsers)
                    .cloned()
                    .collect();
                let browser = Browser {
                    client: Client::new(portals[number % portals.len()], manner.patience),
                    portals: portals.to_vec(),
                    at: number % portals.len(),
                    dice: fastrand::Rng::with_seed(manner.seed.wrapping_add(number as u64)),
                    ledger: ledger.clone(),
                    stop: stop.clone(),
                    met: met.clone(),
                    manner: manner.clone(),
                };
                std::thread::spawn(move || browser.report(&mine))
            })
            .collect();
        Load {
            stop,
            met,
            browsers,
        }
    }

    /// What was met so far.
    pub fn met(&self) -> Met {
        self.met
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Lets everybody stop; forms without an answer stay so. Tells what was met.
    pub fn stop(mut self) -> Met {
        self.halt();
        self.met()
    }

    fn halt(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for browser in self.browsers.drain(..) {
            let _ = browser.join();
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.halt();
    }
}

struct Browser {
    client: Client,
    portals: Vec<SocketAddr>,
    at: usize,
    dice: fastrand::Rng,
    ledger: Arc<Ledger>,
    stop: Arc<AtomicBool>,
    met: Arc<Mutex<Met>>,
    manner: Manner,
}

impl Browser {
    fn report(mut self, families: &[Family]) {
        let mut next = families.iter().cycle();
        while !self.stop.load(Ordering::Relaxed) {
            let Some(family) = next.next() else { return };
            let report = Report::any(&mut self.dice, self.manner.alarming);
            self.until_saved(family, &report);
            if self.manner.again > 0 && self.dice.u32(0..self.manner.again) == 0 {
                self.send(family, &report);
            }
            if !self.manner.pause.is_zero() {
                std::thread::sleep(self.manner.pause);
            }
        }
    }

    /// Sends the same form until it is acknowledged, as a person presses the button again.
    fn until_saved(&mut self, family: &Family, report: &Report) {
        while !self.stop.load(Ordering::Relaxed) && !self.send(family, report) {
            let wait = self.dice.u64(5..25);
            std::thread::sleep(Duration::from_millis(wait));
        }
    }

    /// Sends a form once; tells whether there is nothing more to do about it.
    fn send(&mut self, family: &Family, report: &Report) -> bool {
        self.ledger.sent(family.case, report);
        let fate = self.client.submit(family, report);
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        match fate {
            Fate::Acknowledged => {
                drop(met);
                self.ledger.acknowledged(report.key);
                true
            }
            Fate::NotNow(status) => {
                *met.not_now.entry(status).or_default() += 1;
                false
            }
            Fate::Unknown => {
                met.unknown += 1;
                self.at = (self.at + 1) % self.portals.len();
                self.client.turn_to(self.portals[self.at]);
                false
            }
            Fate::Wrong(status, page) => {
                if met.wrong.len() < 5 {
                    met.wrong.push((status, page));
                }
                // Sending it again would only be answered so again.
                true
            }
        }
    }
}
