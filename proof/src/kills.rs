//! The server is killed at random moments under load, again and again, and started again each time.

use crate::families::prepare;
use crate::ledger::Ledger;
use crate::load::{Load, Manner};
use crate::reckoning::reckon;
use crate::server::{Server, Setup};
use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;

/// How often, and what it runs on.
#[derive(clap::Args, Clone, Debug)]
pub struct Kills {
    /// How often the server is killed
    #[arg(long, default_value_t = 300)]
    pub kills: u32,
    /// What the dice begin with
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Runs it and prints what it found; tells whether all stands.
///
/// # Errors
/// Where the server does not come back by itself.
pub async fn run(kills: &Kills) -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let setup = Setup::new(folder.path())?;
    let town = prepare(&setup, 200).await?;
    let ledger = Arc::new(Ledger::begin(&folder.path().join("ledger"))?);
    let mut dice = fastrand::Rng::with_seed(kills.seed);
    let load = Load::begin(&[setup.portal], &town.families, &ledger, &Manner::default());
    let mut ready = Vec::new();
    for _ in 0..kills.kills {
        let mut server = Server::begin(&setup)?;
        ready.push(server.ready_within(Duration::from_secs(30))?);
        std::thread::sleep(Duration::from_millis(dice.u64(50..600)));
        server.kill()?;
    }
    let met = load.stop();
    let db = setup.store().await?;
    let found = reckon(&db, &ledger.entries()).await?;
    println!("{} kills\n{found}\n{met:?}", kills.kills);
    ready.sort_unstable();
    println!(
        "ready p50 {:?} max {:?}",
        ready[ready.len() / 2],
        ready.last()
    );
    Ok(found.is_whole() && met.wrong.is_empty())
}
