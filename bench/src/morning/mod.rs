//! A morning: people with sessions of their own open the home page, the form, send a report, read the receipt and look
//! at their history, against a real server in a process of its own.

mod load;
mod people;
mod server;

use anyhow::{Context, Result};
use clap::Args;
use jiff::Timestamp;
use people::People;
use server::Server;
use std::path::PathBuf;
use std::time::Instant;

/// The operator's key of the measured house.
pub(crate) const KEY: [u8; 32] = [7; 32];

/// What is measured.
#[derive(Args, Clone, Debug)]
pub struct Morning {
    /// People who report, once each
    #[arg(long, default_value_t = 15_441)]
    people: u32,
    /// Reports of each from before
    #[arg(long, default_value_t = 10)]
    before: u32,
    /// Centers
    #[arg(long, default_value_t = 470)]
    centers: u32,
    /// Connections at once
    #[arg(long, default_value_t = 64)]
    connections: u32,
    /// Conversations begun in a second, whatever the server does (open loop); without it the next one begins when the
    /// one before it has ended (closed loop)
    #[arg(long)]
    rate: Option<f64>,
    /// Pins the server to this core and the load to the other
    #[arg(long)]
    pin: bool,
    /// `postgres://…`; without it the embedded engine in a temporary folder
    #[arg(long)]
    database: Option<String>,
    /// A folder to fill once and measure several times
    #[arg(long)]
    keep: Option<PathBuf>,
    /// The first person who reports; with a kept folder, whoever has not reported yet
    #[arg(long, default_value_t = 0)]
    first: u32,
    /// Runs the server under this command, such as `perf record -g -o FILE`
    #[arg(long)]
    under: Option<String>,
}

/// Fills a house, starts it, and lets everybody report.
pub async fn run(what: Morning) -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = what.keep.clone().unwrap_or(temporary.path().to_owned());
    std::fs::create_dir_all(&folder)?;
    let marker = folder.join("filled");
    let until = what.first + what.people;
    let filled: u32 = std::fs::read_to_string(&marker)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0);
    if filled == 0 {
        let began = Instant::now();
        fill(&what, &folder, until).await?;
        std::fs::write(&marker, until.to_string())?;
        println!(
            "filled: {until} people, {} reports in {:.0} s",
            u64::from(until) * u64::from(what.before),
            began.elapsed().as_secs_f64()
        );
    } else {
        anyhow::ensure!(filled >= until, "the folder has {filled} people only");
    }
    let server = Server::start(&what, &folder).await?;
    if what.pin {
        server::pin_to(1)?;
    }
    let before = server.cpu()?;
    let done = load::run(&what, server.portal).await?;
    let spent = server.cpu()? - before;
    done.print(spent, server.peak_memory()?);
    server.stop().await
}

async fn fill(what: &Morning, folder: &std::path::Path, people: u32) -> Result<()> {
    let app = server::open(what.database.as_deref(), folder).await?;
    let desk = app.system_desk();
    let mut centers = Vec::new();
    for number in 0..what.centers {
        let name = format!("Sample Health Center {number}");
        centers.push(desk.add_center(&name, Default::default()).await?.id);
    }
    let db = server::store(what.database.as_deref(), folder).await?;
    let all = db.read(storage::questionnaire::all).await?;
    let row = all.last().context("a questionnaire is shipped")?;
    let questionnaire = serde_json::from_value(row.content.clone())?;
    let now: Timestamp = app.clock.now();
    let today = now.to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo")?).date();
    People::new(
        centers,
        (row.id, &questionnaire),
        KEY,
        (now, today),
        what.before,
    )
    .fill(&db, people)
    .await
}
