//! Measurements of scale. `cargo run --release -p bench -- worklist` fills a center of its own in a temporary folder and
//! prints what opening the worklist costs with few and with many people behind it. Timings are noisy: look at CPU time,
//! medians, and ratios within one run.

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
    /// Opening the worklist with few and with many monitored people and reports
    Worklist {
        /// Monitored people of the large center; the small one has a hundredth
        #[arg(long, default_value_t = 200_000)]
        people: u32,
        /// Reports of each person
        #[arg(long, default_value_t = 25)]
        reports: u32,
    },
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Runtime::new()?;
    match cli.what {
        What::Worklist { people, reports } => runtime.block_on(worklist::run(people, reports)),
    }
}
