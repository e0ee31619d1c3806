//! One person who reports and waits for the answer: as many syncs as answers at least. Cheap, and it needs no disk of
//! its own, so it runs wherever `strace` does.

use crate::client::{Client, Fate};
use crate::families::prepare;
use crate::report::Report;
use crate::server::{Server, Setup};
use anyhow::{Context, Result, bail};
use std::fs;
use std::time::Duration;

/// How many.
#[derive(clap::Args, Clone, Debug)]
pub struct Syncs {
    /// How many reports one person sends, one after the other
    #[arg(long, default_value_t = 100)]
    pub reports: u32,
    /// What to count as a sync: system calls with commas between them
    #[arg(long, default_value = "fdatasync,fsync")]
    pub count: String,
}

/// Counts them and prints the counts; tells whether there were enough.
///
/// # Errors
/// Where `strace` is missing or a report is not taken.
pub async fn run(wanted: &Syncs) -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let mut setup = Setup::new(folder.path())?;
    let trace = folder.path().join("trace");
    let into = trace.to_str().context("a path is not readable")?;
    let calls = format!("trace={}", wanted.count);
    setup.before = ["strace", "-D", "-f", "-qq", "-o", into, "-e", &calls, "--"]
        .map(str::to_owned)
        .into();
    let town = prepare(&setup, 1).await?;
    let mut server = Server::start(&setup)?;
    let before = count(&trace)?;
    let client = Client::new(setup.portal, Duration::from_secs(10));
    let mut dice = fastrand::Rng::with_seed(1);
    for _ in 0..wanted.reports {
        let report = Report::any(&mut dice, 10);
        match client.submit(&town.families[0], &report) {
            Fate::Acknowledged => {}
            other => bail!("a report was not taken: {other:?}"),
        }
    }
    let syncs = count(&trace)? - before;
    server.kill()?;
    println!("{} acknowledged, {syncs} syncs", wanted.reports);
    Ok(syncs >= wanted.reports as usize)
}

fn count(trace: &std::path::Path) -> Result<usize> {
    let text = fs::read_to_string(trace).context("strace wrote nothing")?;
    Ok(text
        .lines()
        .filter(|line| line.contains("sync") && line.ends_with("= 0"))
        .count())
}
