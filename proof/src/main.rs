//! `proof`: proofs that nothing acknowledged is lost, one subcommand each. Each prints its counts and fails where
//! something is lost, double or does not come back by itself.

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Proofs that nothing acknowledged is lost.
#[derive(Parser)]
#[command(name = "proof")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Kill the server at random moments under load, and compare what stands with what people were told
    Ledger(proof::kills::Kills),
    /// Lose the leader of a database cluster under load, again and again
    Failover(proof::failover::Failover),
    /// Send several times more than the server can do, and look how it bears it
    Flood(proof::flood::Flood),
    /// Restart two nodes behind HAProxy under load, one after the other
    Rolling(proof::rolling::Rolling),
    /// Make backups under load, restore each elsewhere, compare, and see damaged ones refused
    RestoreDrill(proof::restore_drill::RestoreDrill),
    /// Cut the power under load: compare what the disk holds at that moment with what people were told until then
    PowerCut(proof::power_cut::PowerCuts),
    /// Count the syncs of one person's reports: as many as answers at least
    Syncs(proof::syncs::Syncs),
}

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Runtime::new()?;
    let is_whole = runtime.block_on(async {
        match cli.command {
            Command::Failover(failover) => proof::failover::run(&failover).await,
            Command::Flood(flood) => proof::flood::run(&flood).await,
            Command::Rolling(rolling) => proof::rolling::run(&rolling).await,
            Command::Ledger(wanted) => proof::kills::run(&wanted).await,
            Command::RestoreDrill(drill) => proof::restore_drill::run(&drill).await,
            Command::PowerCut(wanted) => proof::power_cut::run(&wanted).await,
            Command::Syncs(wanted) => proof::syncs::run(&wanted).await,
        }
    })?;
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
