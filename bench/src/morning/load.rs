//! The people: each one a conversation of five requests over a kept connection.

use super::Morning;
use super::people::{case_of, token_of};
use crate::http::{Connection, find};
use anyhow::{Context, Result, bail, ensure};
use rustix::time::{ClockId, clock_gettime};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// What was asked for, in the order of a conversation.
pub(super) const STEPS: [&str; 5] = ["home", "form", "submit", "receipt", "history"];

/// What came of it.
pub(super) struct Done {
    people: u32,
    took: Duration,
    cpu: f64,
    /// Seconds, by step.
    steps: [Vec<f32>; 5],
    /// Seconds from when a conversation should have begun to its end.
    whole: Vec<f32>,
    failed: u32,
    open_loop: bool,
    bytes: u64,
}

fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Lets everybody report.
pub(super) async fn run(what: &Morning, portal: SocketAddr) -> Result<Done> {
    let next = Arc::new(AtomicU32::new(what.first));
    let until = what.first + what.people;
    let (began, spent) = (Instant::now(), cpu());
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..what.connections {
        let (next, rate, first) = (next.clone(), what.rate, what.first);
        all.spawn(async move {
            let mut connection = Connection::open(portal).await?;
            let mut mine = Mine::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= until {
                    return Ok::<_, anyhow::Error>(mine);
                }
                let mut due = Instant::now();
                if let Some(rate) = rate {
                    due = began + Duration::from_secs_f64(f64::from(number - first) / rate);
                    tokio::time::sleep_until(due.into()).await;
                }
                if let Err(error) = mine.conversation(&mut connection, number).await {
                    if mine.failed < 3 {
                        eprintln!("{number}: {error:#}");
                    }
                    mine.failed += 1;
                    connection = Connection::open(portal).await?;
                }
                mine.whole.push(due.elapsed().as_secs_f32());
            }
        });
    }
    let mut done = Done {
        people: what.people,
        took: Duration::ZERO,
        cpu: 0.0,
        steps: Default::default(),
        whole: Vec::new(),
        failed: 0,
        open_loop: what.rate.is_some(),
        bytes: 0,
    };
    while let Some(ended) = all.join_next().await {
        let mine = ended??;
        for (all, one) in done.steps.iter_mut().zip(mine.steps) {
            all.extend(one);
        }
        done.whole.extend(mine.whole);
        done.failed += mine.failed;
        done.bytes += mine.bytes;
    }
    done.took = began.elapsed();
    done.cpu = cpu() - spent;
    Ok(done)
}

#[derive(Default)]
struct Mine {
    steps: [Vec<f32>; 5],
    whole: Vec<f32>,
    failed: u32,
    bytes: u64,
}

impl Mine {
    async fn conversation(&mut self, connection: &mut Connection, number: u32) -> Result<()> {
        let (case, token) = (case_of(number), token_of(number));
        let page = |path: &str| format!("{path}?member={case}");
        let mut at = Instant::now();
        let mut lap = |mine: &mut Mine, step: usize| {
            mine.steps[step].push(at.elapsed().as_secs_f32());
            at = Instant::now();
        };
        let home = connection.get("/", &token).await?;
        ensure!(home.status == 200, "home: {}", home.status);
        self.bytes += connection.body(home).len() as u64;
        lap(self, 0);
        let address = page("/reports/new");
        let form = connection.get(&address, &token).await?;
        ensure!(form.status == 200, "form: {}", form.status);
        let body = connection.body(form);
        self.bytes += body.len() as u64;
        let filled = fill_in(body, number)?;
        lap(self, 1);
        let sent = connection.post(&address, &token, &filled).await?;
        if sent.status != 303 {
            bail!("submit: {}", sent.status);
        }
        let receipt = connection
            .header(sent, "location")
            .context("a way to the receipt")?
            .to_owned();
        lap(self, 2);
        let answer = connection.get(&receipt, &token).await?;
        ensure!(answer.status == 200, "receipt: {}", answer.status);
        self.bytes += connection.body(answer).len() as u64;
        lap(self, 3);
        let history = connection.get(&page("/history"), &token).await?;
        ensure!(history.status == 200, "history: {}", history.status);
        self.bytes += connection.body(history).len() as u64;
        lap(self, 4);
        Ok(())
    }
}

/// The form as a person fills it in: its key, a temperature, a saturation, and "no" to every question. One in a hundred
/// gets short of breath.
fn fill_in(body: &[u8], number: u32) -> Result<String> {
    let text = std::str::from_utf8(body)?;
    let key = "name=\"key\" value=\"";
    let from = find(body, key.as_bytes()).context("the form has a key")? + key.len();
    let mut filled = format!("key={}", &text[from..from + 36]);
    let spo2 = if number.is_multiple_of(100) {
        91
    } else {
        96 + number % 4
    };
    let tenths = number % 10;
    filled.push_str(&format!("&temperature=36.{tenths}&spo2={spo2}&note="));
    let mut rest = &text[from..];
    let mut last = "";
    while let Some(at) = rest.find("name=\"q_") {
        let name = &rest[at + 6..];
        let name = &name[..name.find('"').context("a name ends")?];
        if name != last {
            filled.push_str(&format!("&{name}=no"));
        }
        last = name;
        rest = &rest[at + 8..];
    }
    Ok(filled)
}

fn at(sorted: &[f32], share: f64) -> f64 {
    let place = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().map_or(0.0, f64::from) * 1e3
}

impl Done {
    pub(super) fn print(mut self, server_cpu: f64, memory: f64) {
        let n = f64::from(self.people);
        let seconds = self.took.as_secs_f64();
        let kind = if self.open_loop { "open" } else { "closed" };
        println!(
            "{} reports in {seconds:.1} s, {kind} loop: {:.0} a second, {} failed",
            self.people,
            n / seconds,
            self.failed
        );
        println!(
            "CPU for each: server {:.0} µs, load {:.0} µs; peak memory {memory:.0} MiB; {:.1} kB of pages",
            server_cpu / n * 1e6,
            self.cpu / n * 1e6,
            self.bytes as f64 / n / 1e3
        );
        let steps = self.steps.iter_mut().zip(STEPS);
        for (times, name) in steps.chain([(&mut self.whole, "whole")]) {
            times.sort_by(f32::total_cmp);
            println!(
                "  {name:8} p50 {:7.2} ms  p99 {:7.2} ms  p99.9 {:7.2} ms",
                at(times, 0.5),
                at(times, 0.99),
                at(times, 0.999)
            );
        }
    }
}
