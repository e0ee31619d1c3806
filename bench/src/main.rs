//! Measurements of scale: commands, never timed tests. Each writes `bench/results/<name>[-<engine>].json`: the figures with
//! the machine, the commit and a ceiling measured in the same run. Timings are noisy: look at CPU time, medians, and
//! ratios within one run.

mod ceiling;
mod console;
mod export;
mod figures;
mod fill;
mod growth;
mod http;
mod import;
mod letters;
mod machine;
mod meter;
mod morning;
mod registration;
mod result;
mod sara;
mod served;
mod server;
mod slow;
mod worklist;

use clap::{Parser, Subcommand};

/// The server's allocator: what runs in this process is measured as it runs there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measurements of scale.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// A morning rush: home page, form, report, receipt and history of many people
    Morning(morning::Args),
    /// The hour before 8:30 of the whole nation on one core, and the same beside a storm of sign-ins
    Hour(morning::hour::Args),
    /// What the machine allows at best: a bare web server, bare durable commits, `pgbench`
    Ceilings {
        /// Also of a PostgreSQL server: `postgres://…`
        #[arg(long, default_value = "sqlite")]
        database: String,
        /// Seconds for each
        #[arg(long, default_value_t = 3.0)]
        seconds: f64,
    },
    /// Opening the worklist with few and with many reports behind it, and from a commit to the browser
    Worklist(worklist::Args),
    /// Signing up and signing in, and what of it is hashing
    Registration(registration::Args),
    /// The figures of a day for the nation, a prefecture, a center
    Figures(figures::Args),
    /// The line list of a large center as a file, in constant memory
    Export(export::Args),
    /// Importing a large file of cases
    Import(import::Args),
    /// How the main operations grow with the data, twice tenfold
    Growth(growth::Args),
    /// Sara Alert's benchmark
    Sara(sara::Args),
    /// Reminders on their way through a slow mail server, and codes that people ask for meanwhile
    Letters(letters::Args),
    /// Thousands of slow clients of both sites: memory at the most, and how long others wait meanwhile
    Slow(slow::Args),
    /// Fills a database in a folder and ends: what is measured on it afterwards begins with no memory of that
    #[command(hide = true)]
    Fill(fill::Args),
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let runtime = || -> anyhow::Result<_> { Ok(tokio::runtime::Runtime::new()?) };
    match cli.what {
        What::Ceilings { database, seconds } => ceilings(&database, seconds),
        What::Morning(what) => one_thread()?.block_on(morning::run(what)),
        What::Hour(what) => one_thread()?.block_on(morning::hour::run(what)),
        What::Worklist(args) => runtime()?.block_on(worklist::run(args)),
        What::Registration(args) => runtime()?.block_on(registration::run(args)),
        What::Figures(args) => runtime()?.block_on(figures::run(args)),
        What::Export(args) => runtime()?.block_on(export::run(args)),
        What::Import(args) => runtime()?.block_on(import::run(args)),
        What::Growth(args) => runtime()?.block_on(growth::run(args)),
        What::Sara(args) => runtime()?.block_on(sara::run(args)),
        What::Letters(args) => runtime()?.block_on(letters::run(args)),
        What::Slow(args) => one_thread()?.block_on(slow::run(args)),
        What::Fill(args) => runtime()?.block_on(fill::run(args)),
    }
}

/// For a load that shares the machine with what it measures.
fn one_thread() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

fn ceilings(database: &str, seconds: f64) -> anyhow::Result<()> {
    let url = database.starts_with("postgres").then_some(database);
    let mut report = result::Report::new("ceilings", url.map(|_| "postgres"));
    let folder = std::env::current_dir()?;
    ceiling::Ceilings::measure(&folder, url, seconds)?.add_to(&mut report);
    report.write()?;
    Ok(())
}
