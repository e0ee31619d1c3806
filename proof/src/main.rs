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
    /// Restart two nodes behind HAProxy under load, one after the other
    Rolling(proof::rolling::Rolling),
}

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Runtime::new()?;
    let is_whole = runtime.block_on(async {
        match cli.command {
            Command::Ledger(kills) => proof::kills::run(&kills).await,
            Command::Failover(failover) => proof::failover::run(&failover).await,
            Command::Rolling(rolling) => proof::rolling::run(&rolling).await,
        }
    })?;
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
