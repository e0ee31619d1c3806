//! A flood: people come several times faster than the server can serve them, whether or not the others were answered
//! (an open loop). What it can do it goes on doing, whoever has to come back is told so quickly, reports that were
//! acknowledged stand, and the console answers throughout.

use crate::client::Report;
use crate::families::{Family, prepare};
use crate::server::{Server, Setup};
use anyhow::{Result, bail};
use clap::Args;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How much comes.
#[derive(Args, Clone, Debug)]
pub struct Flood {
    /// Requests in a second during the flood; choose several times what the machine can do
    #[arg(long, default_value_t = 8_000)]
    pub rate: u32,
    /// Seconds of each phase: calm, flood, calm
    #[arg(long, default_value_t = 10)]
    pub seconds: u32,
    /// People who are signed in; one request in four is a report of theirs, the others are strangers'
    #[arg(long, default_value_t = 2_000)]
    pub families: u32,
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
/// How often somebody opens a page of the console.
const LOOKS: Duration = Duration::from_millis(25);

/// The most requests that the generator has under way at once; what would be more is counted and not sent.
const MOST_OPEN: usize = 3_000;

/// What came of a phase.
#[derive(Default)]
struct Phase {
    served: Vec<Duration>,
    refused: Vec<Duration>,
    impolite: u32,
    failed: u32,
    /// What came instead of an answer, and how often.
    instead: BTreeMap<String, u32>,
    unsent: u32,
}

fn at(times: &mut [Duration], share: usize) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times
        .get((times.len() * share / 1_000).min(last))
        .copied()
        .unwrap_or_default()
}

type Idle = Arc<Mutex<Vec<TcpStream>>>;

/// One request on a connection that is kept; the head of the answer. As browsers do, it is sent once more over a new
/// connection where a kept one was given up before a byte of the answer: in a crowd whoever says nothing gives way.
async fn ask(to: SocketAddr, idle: &Idle, request: &[u8]) -> Result<String> {
    let kept = idle.lock().ok().and_then(|mut idle| idle.pop());
    if let Some(stream) = kept
        && let Some(head) = over(stream, idle, request).await?
    {
        return Ok(head);
    }
    match over(TcpStream::connect(to).await?, idle, request).await? {
        Some(head) => Ok(head),
        None => bail!("closed"),
    }
}

/// The head of the answer; none where the connection was closed before a byte of it.
async fn over(mut stream: TcpStream, idle: &Idle, request: &[u8]) -> Result<Option<String>> {
    if stream.write_all(request).await.is_err() {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(8_192);
    let (end, length) = loop {
        match stream.read_buf(&mut bytes).await {
            Ok(0) | Err(_) if bytes.is_empty() => return Ok(None),
            Ok(0) => bail!("closed"),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next()?.trim().parse::<usize>().ok());
            break (end + 4, length.unwrap_or(0));
        }
    };
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            bail!("closed");
        }
    }
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    if let (false, Ok(mut idle)) = (head.contains("connection: close"), idle.lock()) {
        idle.push(stream);
    }
    Ok(Some(head))
}

fn report(portal: SocketAddr, family: &Family, dice: &mut fastrand::Rng) -> String {
    let form = Report::any(dice, 1_000).form();
    format!(
        "POST /reports/new?member={} HTTP/1.1\r\nHost: {portal}\r\nOrigin: http://{portal}\r\nCookie: {}\r\n\
         X-Forwarded-For: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        family.case,
        family.cookie(),
        family.address(),
        form.len()
    )
}

async fn phase(portal: SocketAddr, families: &[Family], rate: u32, seconds: u32) -> Phase {
    let idle: Idle = Arc::default();
    let mut dice = fastrand::Rng::with_seed(7);
    let open = Arc::new(tokio::sync::Semaphore::new(MOST_OPEN));
    let mut all = tokio::task::JoinSet::new();
    let (mut told, began) = (Phase::default(), Instant::now());
    let take = |told: &mut Phase, done: (Result<String>, Duration)| match done {
        (Ok(head), took) if head.starts_with("http/1.1 503") => {
            told.refused.push(took);
            let is_page =
                head.contains("retry-after: ") && head.contains("content-type: text/html");
            told.impolite += u32::from(!is_page);
        }
        (Ok(head), took) if head.starts_with("http/1.1 2") || head.starts_with("http/1.1 303") => {
            told.served.push(took);
        }
        (other, _) => {
            told.failed += 1;
            let what = match other {
                Ok(head) => head.lines().next().unwrap_or_default().to_owned(),
                Err(error) => error.to_string(),
            };
            *told.instead.entry(what).or_default() += 1;
        }
    };
    for n in 0..u64::from(rate) * u64::from(seconds) {
        let due = Duration::from_nanos(n * 1_000_000_000 / u64::from(rate));
        if let Some(early) = due.checked_sub(began.elapsed()) {
            tokio::time::sleep(early).await;
        }
        while let Some(Ok(done)) = all.try_join_next() {
            take(&mut told, done);
        }
        let Ok(place) = open.clone().try_acquire_owned() else {
            told.unsent += 1;
            continue;
        };
        let request = if n % 4 == 0 {
            let family = &families[dice.usize(..families.len())];
            report(portal, family, &mut dice)
        } else {
            format!("GET /sign-up HTTP/1.1\r\nHost: {portal}\r\n\r\n")
        };
        let idle = idle.clone();
        all.spawn(async move {
            let asked = Instant::now();
            let limit = Duration::from_secs(30);
            let answer = tokio::time::timeout(limit, ask(portal, &idle, request.as_bytes())).await;
            drop(place);
            (
                answer.unwrap_or_else(|late| Err(late.into())),
                asked.elapsed(),
            )
        });
    }
    while let Some(done) = all.join_next().await {
        match done {
            Ok(done) => take(&mut told, done),
            Err(_) => told.failed += 1,
        }
    }
    told
}

fn show(name: &str, seconds: u32, phase: &mut Phase) {
    println!(
        "{name}: served {} ({}/s, p50 {:?}, p99 {:?}), sent away {} (p50 {:?}, p99 {:?}), failed {}, not sent {}",
        phase.served.len(),
        phase.served.len() as u64 / u64::from(seconds.max(1)),
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
    let town = prepare(&setup, flood.families).await?;
    let server = Server::start(&setup)?;
    let (portal, console) = (setup.portal, setup.console);
    let console = Console::open(console);
    let calm = (flood.rate / 20).max(1);
    let before = ticks(&server);
    let mut first = phase(portal, &town.families, calm, flood.seconds).await;
    let spent = ticks(&server)
        .zip(before)
        .map(|(after, before)| after - before);
    show("calm", flood.seconds, &mut first);
    if let Some(spent) = spent {
        let each = spent as f64 * 10_000.0 / first.served.len().max(1) as f64;
        println!("processor time of a request while calm: {each:.0} µs");
    }
    console.is_beside(1);
    let mut second = phase(portal, &town.families, flood.rate, flood.seconds).await;
    console.is_beside(2);
    show("flood", flood.seconds, &mut second);
    let mut third = phase(portal, &town.families, calm, flood.seconds).await;
    show("calm again", flood.seconds, &mut third);
    let ([mut calm, mut beside, _], failed) = console.close().await?;
    let memory = of_process(&server, "VmHWM").unwrap_or(0) / 1_024;
    let (calm_at, beside_at) = (at(&mut calm, 990), at(&mut beside, 990));
    let times = beside_at.as_secs_f64() / calm_at.max(FAST).as_secs_f64();
    println!(
        "console: {} pages beside the flood, p50 {:?}, p99 {beside_at:?}, while calm {calm_at:?}, failed {failed}; memory \
         at most {memory} MiB",
        beside.len(),
        at(&mut beside, 500),
    );
    if second.refused.is_empty() && second.unsent == 0 {
        println!(
            "nobody was sent away: that was no flood for this machine, choose a higher --rate"
        );
    }
    let away_at = at(&mut second.refused, 990);
    let bounds = [
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
            failed == 0 && !beside.is_empty(),
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

/// Somebody at the console, who opens a page all the time; how long each took is noted for the phase that it fell into.
struct Console {
    phase: Arc<AtomicUsize>,
    looks: tokio::task::JoinHandle<([Vec<Duration>; 3], u32)>,
}

/// The phase in which nobody looks any more.
const OVER: usize = 3;

impl Console {
    fn open(console: SocketAddr) -> Console {
        let phase = Arc::new(AtomicUsize::new(0));
        let now = phase.clone();
        let looks = tokio::spawn(async move {
            let idle = Idle::default();
            let (mut times, mut failed) = ([const { Vec::new() }; OVER], 0);
            let request = format!("GET /sign-in HTTP/1.1\r\nHost: {console}\r\n\r\n");
            loop {
                let asked = Instant::now();
                let Some(times) = times.get_mut(now.load(Ordering::Relaxed)) else {
                    return (times, failed);
                };
                match ask(console, &idle, request.as_bytes()).await {
                    Ok(head) if head.starts_with("http/1.1 200") => times.push(asked.elapsed()),
                    _ => failed += 1,
                }
                tokio::time::sleep(LOOKS).await;
            }
        });
        Console { phase, looks }
    }

    fn is_beside(&self, phase: usize) {
        self.phase.store(phase, Ordering::Relaxed);
    }

    async fn close(self) -> Result<([Vec<Duration>; 3], u32)> {
        self.is_beside(OVER);
        Ok(self.looks.await?)
    }
}
