//! The database's leader is lost under load, again and again: nothing acknowledged may be lost or stand twice, and the
//! nodes must go on by themselves.

use crate::cluster::Cluster;
use crate::families::prepare;
use crate::haproxy::Haproxy;
use crate::ledger::Ledger;
use crate::load::{Load, Manner};
use crate::reckoning::reckon;
use crate::server::{Server, Setup};
use anyhow::{Context, Result, bail, ensure};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What happens to the machine that leads.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// PostgreSQL is killed; the machine stays.
    Crash,
    /// The machine is gone with all that runs on it, and comes back later.
    Machine,
    /// The machine stands still for a while: it accepts connections and answers nothing; then it goes on.
    StandsStill,
    /// The machine is cut off from all others and from the nodes for a while, and goes on meanwhile; needs root.
    CutOff,
    /// Leadership is handed over on purpose.
    Switchover,
}

/// Which faults, and how often.
#[derive(clap::Args, Clone, Debug)]
pub struct Failover {
    /// What happens to the leader, in this order
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "crash,machine,stands-still,switchover"
    )]
    pub faults: Vec<Fault>,
    /// How often all of it happens
    #[arg(long, default_value_t = 3)]
    pub rounds: u32,
}

/// Measures the longest time without an acknowledgement.
struct Watch {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<Duration>,
}

impl Watch {
    fn begin(ledger: &Arc<Ledger>) -> Watch {
        let (ledger, ends) = (ledger.clone(), Arc::new(AtomicBool::new(false)));
        let stop = ends.clone();
        let thread = std::thread::spawn(move || {
            let (mut seen, mut since) = (ledger.acknowledgements(), Instant::now());
            let mut longest = Duration::ZERO;
            while !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(10));
                longest = longest.max(since.elapsed());
                let now = ledger.acknowledgements();
                if now != seen {
                    (seen, since) = (now, Instant::now());
                }
            }
            longest
        });
        Watch { ends, thread }
    }

    fn end(self) -> Result<Duration> {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.join().ok().context("the watch fell asleep")
    }
}

/// Waits for so many more acknowledgements.
fn goes_on(ledger: &Ledger, more: u64, most: Duration) -> Result<()> {
    let (before, began) = (ledger.acknowledgements(), Instant::now());
    while ledger.acknowledgements() < before + more {
        if began.elapsed() > most {
            bail!("nothing is acknowledged any more after {most:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Runs it and prints what it found; tells whether all stands.
///
/// # Errors
/// Where the cluster or the nodes do not come back by themselves.
pub async fn run(failover: &Failover) -> Result<bool> {
    let folder = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir()?;
    let cluster_folder = folder.path().join("cluster");
    std::fs::create_dir(&cluster_folder)?;
    let began = Instant::now();
    let mut cluster = Cluster::begin(&cluster_folder, failover.faults.contains(&Fault::CutOff))?;
    println!(
        "a cluster of three machines stands after {:.1} s",
        began.elapsed().as_secs_f64()
    );
    cluster.base_backup()?;
    let proxy = Haproxy::begin(
        "database.cfg",
        &["HERSYS_DATABASE_BIND"],
        &cluster.addresses()?,
        &folder.path().join("haproxy.log"),
    )?;
    let url = cluster.url_through(proxy.listens[0].port());
    let mut nodes = Vec::new();
    let mut town = None;
    for number in 1..=2 {
        let own = folder.path().join(format!("web{number}"));
        std::fs::create_dir(&own)?;
        let mut setup = Setup::new(&own)?
            .with("HERSYS_DATABASE_URL", url.clone())
            .with("SSL_CERT_FILE", cluster.authority().display().to_string());
        setup.postgres = Some(cluster.url_of_leader()?);
        if town.is_none() {
            town = Some(prepare(&setup, 200).await?);
        }
        nodes.push(Server::start(&setup)?);
    }
    let town = town.context("there is no town")?;
    let ledger = Arc::new(Ledger::begin(&folder.path().join("ledger"))?);
    let portals: Vec<_> = nodes.iter().map(|node| node.setup().portal).collect();
    let manner = Manner {
        browsers: 6,
        patience: Duration::from_secs(20),
        pause: Duration::from_millis(5),
        ..Manner::default()
    };
    let load = Load::begin(&portals, &town.families, &ledger, &manner);
    goes_on(&ledger, 100, Duration::from_secs(20))?;
    for _ in 0..failover.rounds {
        for fault in &failover.faults {
            let leader = cluster.leader().context("nobody leads")?;
            let watch = Watch::begin(&ledger);
            match fault {
                Fault::Crash => cluster.kill_postgres(leader)?,
                Fault::Machine => cluster.lose(leader),
                Fault::StandsStill => cluster.stand_still(leader, true)?,
                Fault::CutOff => cluster.cut_off(leader, true)?,
                Fault::Switchover => cluster.switch_over(leader)?,
            }
            let began = Instant::now();
            goes_on(&ledger, 1, Duration::from_secs(90))?;
            let another = loop {
                match cluster.leader() {
                    Some(another) if another != leader => break another,
                    _ if began.elapsed() > Duration::from_secs(90) => bail!("nobody else leads"),
                    _ => std::thread::sleep(Duration::from_millis(100)),
                }
            };
            goes_on(&ledger, 200, Duration::from_secs(90))?;
            match fault {
                Fault::Machine => cluster.bring_back(leader)?,
                Fault::StandsStill => cluster.stand_still(leader, false)?,
                Fault::CutOff => cluster.cut_off(leader, false)?,
                Fault::Crash | Fault::Switchover => {}
            }
            cluster.whole_within(Duration::from_secs(120))?;
            goes_on(&ledger, 100, Duration::from_secs(60))?;
            println!(
                "{fault:?}: db{} led, db{} leads; {:.1} s without writes; acknowledged so far {}",
                leader + 1,
                another + 1,
                watch.end()?.as_secs_f64(),
                ledger.count()
            );
        }
    }
    let met = load.stop();
    for node in &mut nodes {
        ensure!(
            node.is_running()?,
            "a node ended:\n{}",
            node.setup().end_of_log()
        );
    }
    let db = storage::Db::postgres(&cluster.url_of_leader()?, None).await?;
    let found = reckon(&db, &ledger.entries()).await?;
    println!("{found}");
    println!(
        "on the way: no answer {} times, \"not now\" {:?}, wrong answers {:?}",
        met.unknown, met.not_now, met.wrong
    );
    Ok(found.is_whole() && met.wrong.is_empty() && found.acknowledged > 0)
}
