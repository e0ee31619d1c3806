//! A flood: people come several times faster than the server can serve them, whether or not the others were answered
//! (an open loop). What it can do it goes on doing, whoever has to come back is told so quickly, reports that were
//! acknowledged stand, and a nurse opens the worklist throughout.

mod console;
mod wire;

use crate::families::{Family, prepare};
use crate::ledger::Ledger;
use crate::reckoning::reckon;
use crate::report::Report;
use crate::server::{Server, Setup};
use anyhow::Result;
use clap::Args;
use console::Console;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;
use wire::{Idle, ask};

/// How much comes.
#[derive(Args, Clone, Debug)]
pub struct Flood {
    /// Requests in a second during the flood; choose several times what the machine can do
    #[arg(long, default_value_t = 8_000)]
    pub rate: u32,
    /// Where that was no flood and nobody was sent away, twice as many come, so often at most
    #[arg(long, default_value_t = 5)]
    pub doublings: u32,
    /// Seconds of each phase: calm, flood, calm
    #[arg(long, default_value_t = 10)]
    pub seconds: u32,
    /// People who are signed in; one request in four is a report of theirs, the others are strangers'
    #[arg(long, default_value_t = 2_000)]
    pub families: u32,
    /// The server has one core and the crowd the others, so that a crowd that is as dear as the server still comes faster
    #[arg(long)]
    pub one_core: bool,
    /// Do not measure in the server, to see what measuring costs
    #[arg(long)]
    pub blind: bool,
    /// How many times slower the console may be beside the flood than while all is calm (p99; below 20 ms counts as 20 ms)
    #[arg(long, default_value_t = 100.0)]
    pub console_times: f64,
    /// How long whoever is sent away may wait for it, in milliseconds (p99)
    #[arg(long, default_value_t = 1_000)]
    pub sent_away_within: u64,
    /// Memory that the server may use at most, in MiB
    #[arg(long, default_value_t = 256)]
    pub memory: u64,
}

/// A console that is faster than this while all is calm is not told apart from one that takes as long.
const FAST: Duration = Duration::from_millis(20);
/// The most requests that the generator has under way at once; what would be more is counted and not sent.
const MOST_OPEN: usize = 3_000;

/// What came of a phase.
struct Phase {
    began: Instant,
    /// From the first who came to the last answer.
    took: Duration,
    served: Vec<Duration>,
    refused: Vec<Duration>,
    impolite: u32,
    failed: u32,
    /// What came instead of an answer, and how often.
    instead: BTreeMap<String, u32>,
    unsent: u32,
}

impl Phase {
    fn begin() -> Phase {
        Phase {
            began: Instant::now(),
            took: Duration::ZERO,
            served: Vec::new(),
            refused: Vec::new(),
            impolite: 0,
            failed: 0,
            instead: BTreeMap::new(),
            unsent: 0,
        }
    }

    fn lasts_at(&self, moment: Instant) -> bool {
        moment >= self.began && moment < self.began + self.took
    }
}

fn at(times: &mut [Duration], share: usize) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times
        .get((times.len() * share / 1_000).min(last))
        .copied()
        .unwrap_or_default()
}

/// What somebody asks for.
struct Asked {
    request: String,
    /// Of a report: its key, and where the server must lead whoever sends it once it is saved.
    report: Option<(Uuid, String)>,
}

impl Asked {
    fn page(portal: SocketAddr) -> Asked {
        Asked {
            request: format!("GET /sign-up HTTP/1.1\r\nHost: {portal}\r\n\r\n"),
            report: None,
        }
    }

    fn report(portal: SocketAddr, family: &Family, report: &Report) -> Asked {
        let form = report.form();
        let request = format!(
            "POST /reports/new?member={} HTTP/1.1\r\nHost: {portal}\r\nOrigin: http://{portal}\r\nCookie: {}\r\n\
             X-Forwarded-For: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            family.case,
            family.cookie(),
            family.address(),
            form.len()
        );
        Asked {
            request,
            report: Some((report.key, family.receipt(report.key))),
        }
    }

    /// Whether an answer, by its head, does what was asked for. A form that is not taken is led on as well, but elsewhere.
    fn is_served(&self, head: &str) -> bool {
        match &self.report {
            None => head.starts_with("http/1.1 200"),
            Some((_, receipt)) => {
                let location = format!("location: {receipt}");
                head.starts_with("http/1.1 303") && head.lines().any(|line| line == location)
            }
        }
    }
}

/// Those who come.
struct Crowd<'a> {
    portal: SocketAddr,
    families: &'a [Family],
    ledger: &'a Ledger,
    dice: fastrand::Rng,
}

impl Crowd<'_> {
    /// Takes note of an answer, or of why there is none.
    fn takes(&self, told: &mut Phase, asked: &Asked, (answer, took): (Result<String>, Duration)) {
        match answer {
            Ok(head) if head.starts_with("http/1.1 503") => {
                told.refused.push(took);
                let is_page =
                    head.contains("retry-after: ") && head.contains("content-type: text/html");
                told.impolite += u32::from(!is_page);
            }
            Ok(head) if asked.is_served(&head) => {
                told.served.push(took);
                if let Some((key, _)) = asked.report {
                    self.ledger.acknowledged(key);
                }
            }
            other => {
                told.failed += 1;
                let what = match other {
                    Ok(head) => head.lines().next().unwrap_or_default().to_owned(),
                    Err(error) => error.to_string(),
                };
                *told.instead.entry(what).or_default() += 1;
            }
        }
    }

    /// One in four sends a report, the others are strangers who want to sign up.
    fn asks(&mut self, number: u64) -> Asked {
        if !number.is_multiple_of(4) {
            return Asked::page(self.portal);
        }
        let family = &self.families[self.dice.usize(..self.families.len())];
        let report = Report::any(&mut self.dice, 1_000);
        self.ledger.sent(family.case, &report);
        Asked::report(self.portal, family, &report)
    }

    async fn comes(&mut self, rate: u32, seconds: u32) -> Phase {
        let (portal, idle) = (self.portal, Idle::default());
        let open = Arc::new(tokio::sync::Semaphore::new(MOST_OPEN));
        let mut all = tokio::task::JoinSet::new();
        let mut told = Phase::begin();
        for n in 0..u64::from(rate) * u64::from(seconds) {
            let due = Duration::from_nanos(n * 1_000_000_000 / u64::from(rate));
            if let Some(early) = due.checked_sub(told.began.elapsed()) {
                tokio::time::sleep(early).await;
            }
            while let Some(Ok((asked, done))) = all.try_join_next() {
                self.takes(&mut told, &asked, done);
            }
            let Ok(place) = open.clone().try_acquire_owned() else {
                told.unsent += 1;
                continue;
            };
            let (asked, idle) = (self.asks(n), idle.clone());
            all.spawn(async move {
                let began = Instant::now();
                let limit = Duration::from_secs(30);
                let answer = ask(portal, &idle, asked.request.as_bytes());
                let answer = tokio::time::timeout(limit, answer).await;
                drop(place);
                let answer = answer.unwrap_or_else(|late| Err(late.into()));
                (asked, (answer, began.elapsed()))
            });
        }
        while let Some(done) = all.join_next().await {
            match done {
                Ok((asked, done)) => self.takes(&mut told, &asked, done),
                Err(_) => told.failed += 1,
            }
        }
        told.took = told.began.elapsed();
        told
    }
}

fn show(name: &str, phase: &mut Phase) {
    println!(
        "{name}: served {} ({:.0}/s, p50 {:?}, p99 {:?}), sent away {} (p50 {:?}, p99 {:?}), failed {}, not sent {}",
        phase.served.len(),
        phase.served.len() as f64 / phase.took.as_secs_f64(),
        at(&mut phase.served, 500),
        at(&mut phase.served, 990),
        phase.refused.len(),
        at(&mut phase.refused, 500),
        at(&mut phase.refused, 990),
        phase.failed,
        phase.unsent
    );
    for (what, times) in &phase.instead {
        println!("{name}: {times} times instead of an answer: {what}");
    }
}

fn of_process(server: &Server, name: &str) -> Option<u64> {
    let pid = server.pid().as_raw_nonzero();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Processor time of the server in hundredths of a second.
fn ticks(server: &Server) -> Option<u64> {
    let pid = server.pid().as_raw_nonzero();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut after = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (after.next()?.parse().ok()?, after.next()?.parse().ok()?);
    Some(user + system)
}

/// Runs the proof; tells whether all held.
///
/// # Errors
/// Where the server cannot be started.
pub async fn run(flood: &Flood) -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let mut setup = Setup::new(folder.path())?;
    if !flood.blind {
        let metrics = crate::server::free_address()?;
        setup = setup.with("HERSYS_METRICS_LISTEN", metrics.to_string());
    }
    if flood.one_core {
        setup.before = crate::server::on_one_core()?;
    }
    let town = prepare(&setup, flood.families).await?;
    let ledger = Ledger::begin(&folder.path().join("ledger"))?;
    let mut server = Server::start(&setup)?;
    let console = Console::open(setup.console, town.nurse_cookie());
    let mut crowd = Crowd {
        portal: setup.portal,
        families: &town.families,
        ledger: &ledger,
        dice: fastrand::Rng::with_seed(7),
    };
    let calm = (flood.rate / 20).max(1);
    let before = ticks(&server);
    let mut first = crowd.comes(calm, flood.seconds).await;
    let spent = ticks(&server)
        .zip(before)
        .map(|(after, before)| after - before);
    show("calm", &mut first);
    if let Some(spent) = spent {
        let each = spent as f64 * 10_000.0 / first.served.len().max(1) as f64;
        println!("processor time of a request while calm: {each:.0} µs");
    }
    let mut second = crowd.comes(flood.rate, flood.seconds).await;
    for doubling in 1..=flood.doublings {
        if !second.refused.is_empty() {
            break;
        }
        show("no flood", &mut second);
        let rate = flood.rate.saturating_mul(1 << doubling.min(20));
        println!("nobody was sent away: {rate} a second come now");
        second = crowd.comes(rate, flood.seconds).await;
    }
    show("flood", &mut second);
    let mut third = crowd.comes(calm, flood.seconds).await;
    show("calm again", &mut third);
    let looks = console.close().await?;
    let (mut calm, mut beside) = (looks.beside(&first), looks.beside(&second));
    let memory = of_process(&server, "VmHWM").unwrap_or(0) / 1_024;
    let (calm_at, beside_at) = (at(&mut calm, 990), at(&mut beside, 990));
    let times = beside_at.as_secs_f64() / calm_at.max(FAST).as_secs_f64();
    println!(
        "console: {} worklists beside the flood, p50 {:?}, p99 {beside_at:?}, while calm {calm_at:?}, failed {}; memory at most \
         {memory} MiB",
        beside.len(),
        at(&mut beside, 500),
        looks.failed.len(),
    );
    for what in looks.failed.iter().take(5) {
        println!("console: instead of a worklist: {what}");
    }
    server.end()?;
    let found = reckon(&setup.store().await?, &ledger.entries()).await?;
    println!("{found}");
    let away_at = at(&mut second.refused, 990);
    let bounds = [
        (
            "somebody is sent away, else it was no flood for this machine: a higher --rate",
            !second.refused.is_empty(),
        ),
        (
            "every report that was called saved stands",
            found.is_whole() && found.acknowledged > 0,
        ),
        ("no request is left without an answer", second.failed == 0),
        (
            "whoever is sent away sees the page that says when to come back",
            second.impolite == 0,
        ),
        (
            "whoever is sent away is told so at once",
            away_at <= Duration::from_millis(flood.sent_away_within),
        ),
        (
            "afterwards everybody is served again",
            third.refused.is_empty() && third.failed == 0,
        ),
        (
            "the console answers throughout",
            looks.failed.is_empty() && !beside.is_empty(),
        ),
        (
            "the console is not much slower",
            times <= flood.console_times,
        ),
        ("memory stays within its bound", memory < flood.memory),
    ];
    for (bound, _) in bounds.iter().filter(|(_, holds)| !holds) {
        println!("DOES NOT HOLD: {bound}");
    }
    Ok(bounds.iter().all(|(_, holds)| *holds))
}
