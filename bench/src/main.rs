//! Measurements of scale. `cargo run --release -p bench -- worklist` fills a center of its own in a temporary folder and
//! prints what opening the worklist costs with few and with many people behind it. Timings are noisy: look at CPU time,
//! medians, and ratios within one run.

mod ceiling;
mod fill;
mod http;
mod machine;
mod morning;
mod result;
mod worklist;

use clap::{Parser, Subcommand};

/// Measurements of scale.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// A morning rush: home page, form, report, receipt and history of many people
    Morning(morning::Morning),
    /// Opening the worklist with few and with many monitored people and reports
    Worklist {
        /// Monitored people of the large center; the small one has a hundredth
        #[arg(long, default_value_t = 200_000)]
        people: u32,
        /// Reports of each person
        #[arg(long, default_value_t = 25)]
        reports: u32,
    },
    /// What the machine allows at best: a bare web server, bare durable commits, `pgbench`
    Ceilings {
        /// Also of a PostgreSQL server: `postgres://…`
        #[arg(long, default_value = "sqlite")]
        database: String,
        /// Seconds for each
        #[arg(long, default_value_t = 3.0)]
        seconds: f64,
    },
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let runtime = || -> anyhow::Result<_> { Ok(tokio::runtime::Runtime::new()?) };
    match cli.what {
        What::Ceilings { database, seconds } => ceilings(&database, seconds),
        What::Morning(what) => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(morning::run(what)),
        What::Worklist { people, reports } => runtime()?.block_on(worklist::run(people, reports)),
    }
}

fn ceilings(database: &str, seconds: f64) -> anyhow::Result<()> {
    let url = database.starts_with("postgres").then_some(database);
    let mut report = result::Report::new("ceilings", url.map(|_| "postgres"));
    let folder = std::env::current_dir()?;
    ceiling::Ceilings::measure(&folder, url, seconds)?.add_to(&mut report);
    report.write()?;
    Ok(())
}
