//! Two nodes behind HAProxy are restarted one after the other, again and again, while people report and a nurse's worklist stands open:
//! nobody may notice.

mod console;

use crate::families::prepare;
use crate::haproxy::Haproxy;
use crate::ledger::Ledger;
use crate::load::{Load, Manner};
use crate::reckoning::reckon;
use crate::server::{Server, Setup};
use anyhow::{Context, Result};
use console::Nurse;
use std::sync::Arc;
use std::time::Duration;

/// Within which time an open worklist hears of a report at the latest: two seconds where all is well, and a stream may just have ended.
const HEARS: Duration = Duration::from_secs(10);

/// How often.
#[derive(clap::Args, Clone, Debug)]
pub struct Rolling {
    /// How often each of the two nodes is restarted
    #[arg(long, default_value_t = 5)]
    pub rounds: u32,
    /// For how many seconds a node that is asked to end says so before it does; too short, and requests are lost
    #[arg(long, default_value_t = 4)]
    pub drain_delay: u32,
}

/// Runs it and prints what it found; tells whether nobody noticed. Needs `HERSYS_TEST_POSTGRES_URL`
/// (`scripts/with-postgres`).
///
/// # Errors
/// Where a node does not come back.
pub async fn run(rolling: &Rolling) -> Result<bool> {
    let server = std::env::var("HERSYS_TEST_POSTGRES_URL")
        .context("HERSYS_TEST_POSTGRES_URL is not set: run this by scripts/with-postgres")?;
    let (base, _) = server
        .rsplit_once('/')
        .context("the URL names no database")?;
    let name = format!("rolling_{}", uuid::Uuid::new_v4().simple());
    crate::cluster::said(
        std::process::Command::new(crate::cluster::programs()?.join("psql")).args([
            &server,
            "-c",
            &format!("CREATE DATABASE {name}"),
        ]),
    )?;
    let folder = tempfile::tempdir()?;
    let mut setups = Vec::new();
    let mut places = Vec::new();
    for number in 1..=2 {
        let own = folder.path().join(format!("web{number}"));
        std::fs::create_dir(&own)?;
        let mut setup =
            Setup::new(&own)?.with("HERSYS_DRAIN_DELAY", rolling.drain_delay.to_string());
        setup.postgres = Some(format!("{base}/{name}"));
        places.push((format!("WEB{number}_PORTAL"), setup.portal.to_string()));
        places.push((format!("WEB{number}_CONSOLE"), setup.console.to_string()));
        setups.push(setup);
    }
    let town = prepare(&setups[0], 200).await?;
    let mut nodes = [Server::start(&setups[0])?, Server::start(&setups[1])?];
    let proxy = Haproxy::begin(
        "web.cfg",
        &["PORTAL_BIND", "CONSOLE_BIND", "PLAIN_BIND"],
        &places,
        &folder.path().join("haproxy.log"),
    )?;
    let ledger = Arc::new(Ledger::begin(&folder.path().join("ledger"))?);
    let manner = Manner {
        pause: Duration::from_millis(5),
        patience: Duration::from_secs(20),
        ..Manner::default()
    };
    std::thread::sleep(Duration::from_secs(2));
    let load = Load::begin(&proxy.listens[..1], &town.families, &ledger, &manner);
    let nurse = Nurse::begin(proxy.listens[1], &town.nurse_cookie());
    for _ in 0..rolling.rounds {
        for (node, setup) in nodes.iter_mut().zip(&setups) {
            node.end()?;
            *node = Server::start(setup)?;
            // HAProxy has to see it before the other one goes.
            std::thread::sleep(Duration::from_secs(2));
        }
    }
    let hears = nurse.hears_within(HEARS);
    let seen = nurse.stop();
    let met = load.stop();
    let db = storage::Db::postgres(&format!("{base}/{name}"), None).await?;
    let found = reckon(&db, &ledger.entries()).await?;
    println!(
        "{} restarts of {} nodes under load\n{found}\nwithout an answer {}, \"not now\" {:?}, wrong answers {:?}",
        rolling.rounds * 2,
        nodes.len(),
        met.unknown,
        met.not_now,
        met.wrong
    );
    println!(
        "{} worklists at the console, {} streams with {} changes, {} after the last restart, wrong answers {:?}",
        seen.pages,
        seen.streams,
        seen.changes,
        if hears { "one" } else { "NONE" },
        seen.wrong
    );
    // A stream ends with its node and is opened at the other one.
    let nurse_goes_on = hears && seen.wrong.is_empty() && seen.pages > 0 && seen.streams > 1;
    let nobody_noticed = met.unknown == 0 && met.not_now.is_empty() && met.wrong.is_empty();
    Ok(found.is_whole() && nobody_noticed && nurse_goes_on && found.acknowledged > 0)
}
