//! The power goes while people report. Killing a process cannot show a missing `fsync`, because the kernel still writes
//! what the process left; what a disk holds at the moment can.

use crate::disk::{Disk, Mounted, is_possible};
use crate::families::prepare;
use crate::ledger::{Entries, Ledger};
use crate::load::{Load, Manner};
use crate::postgres::Cluster;
use crate::reckoning::{Reckoning, reckon};
use crate::server::{Server, Setup};
use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The two engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// The embedded one.
    Sqlite,
    /// A server of its own, started by the proof.
    Postgres,
}

/// Which syncs are answered without being done, to show that the proof would see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Without {
    /// Those of the log file: what `synchronous=NORMAL` amounts to between two checkpoints.
    Wal,
    /// All of them.
    All,
}

/// How often, and on what.
#[derive(clap::Args, Clone, Debug)]
pub struct PowerCuts {
    /// How often the power goes
    #[arg(long, default_value_t = 500)]
    pub cuts: u32,
    /// Where the data lies
    #[arg(long, value_enum, default_value = "sqlite")]
    pub engine: Engine,
    /// Cuts of one installation; then a new one is begun on a new disk
    #[arg(long, default_value_t = 50)]
    pub each: u32,
    /// For trying the proof itself, which must fail then: a tracer (strace) answers the server's syncs without doing
    /// them; PostgreSQL is told `fsync=off`
    #[arg(long, value_enum)]
    pub without_sync: Option<Without>,
    /// What the dice begin with
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Runs it and prints what it found; tells whether nothing was lost.
///
/// # Errors
/// Where this machine cannot do it, or the server does not come back by itself.
pub async fn run(wanted: &PowerCuts) -> Result<bool> {
    if let Err(why) = is_possible() {
        bail!("a power cut needs root, loop devices and ext4, and this machine refuses: {why}");
    }
    let began = Instant::now();
    let mut dice = fastrand::Rng::with_seed(wanted.seed);
    let (mut done, mut with_loss, mut told) = (0, 0, 0);
    let mut all = Reckoning::default();
    while done < wanted.cuts {
        let cuts = wanted.each.max(1).min(wanted.cuts - done);
        let mut round = Round::begin(wanted, &mut dice).await?;
        for cut in 0..cuts {
            let found = round.cut(&mut dice, cut + 1 == cuts).await?;
            with_loss += u32::from(!found.is_whole());
            all.add(&found);
        }
        done += cuts;
        told += round.end()?;
        println!(
            "{done} cuts, {:.0} s: {with_loss} with a loss",
            began.elapsed().as_secs_f64()
        );
    }
    println!("{done} power cuts ({:?})", wanted.engine);
    println!(
        "people were told \"saved\" of {told} reports; each cut looks at all of its installation:"
    );
    println!("{all}");
    Ok(all.is_whole() && all.acknowledged > 0)
}

/// An installation on a disk of its own, under load.
struct Round {
    // Dropped in this order: nobody may hold the disk when it goes.
    load: Option<Load>,
    server: Server,
    cluster: Option<Cluster>,
    ledger: Arc<Ledger>,
    disk: Disk,
}

impl Round {
    async fn begin(wanted: &PowerCuts, dice: &mut fastrand::Rng) -> Result<Round> {
        let disk = Disk::new(match wanted.engine {
            Engine::Sqlite => 128,
            Engine::Postgres => 384,
        })?;
        let mut setup = Setup::new(disk.path())?;
        setup.log = disk.beside().join("server.log");
        let cluster = match wanted.engine {
            Engine::Sqlite => None,
            Engine::Postgres => {
                let log = disk.beside().join("postgres.log");
                Some(Cluster::new(
                    disk.path(),
                    &log,
                    wanted.without_sync.is_none(),
                )?)
            }
        };
        setup.postgres = cluster.as_ref().map(Cluster::url);
        if let (Some(without), None) = (wanted.without_sync, &cluster) {
            setup.before = answering_syncs(without, &setup.data)?;
        }
        let town = prepare(&setup, 50).await?;
        let ledger = Arc::new(Ledger::begin(&disk.beside().join("ledger"))?);
        let server = Server::start(&setup)?;
        let manner = Manner {
            seed: dice.u64(..),
            // It stands still for longer than a person would wait.
            patience: Duration::from_secs(60),
            ..Manner::default()
        };
        let load = Load::begin(&[setup.portal], &town.families, &ledger, &manner);
        Ok(Round {
            load: Some(load),
            server,
            cluster,
            ledger,
            disk,
        })
    }

    /// The power goes at a random moment: whoever writes stands still, and what the disk holds is compared with what
    /// people were told until then. Then it goes on; with `last`, a server is started on what the disk held.
    async fn cut(&mut self, dice: &mut fastrand::Rng, last: bool) -> Result<Reckoning> {
        std::thread::sleep(Duration::from_millis(dice.u64(20..200)));
        self.signal(Signal::STOP)?;
        // What the server has sent already arrives: people were told.
        std::thread::sleep(Duration::from_millis(5));
        let told = self.ledger.entries();
        let copy = self.disk.as_after_a_power_cut()?;
        let entries = as_told(self.ledger.entries(), &told);
        let found = match self.look_at(&copy, &entries, last).await {
            Ok(found) => found,
            // It does not come back by itself.
            Err(error) => Reckoning {
                broken: vec![format!("{error:#}")],
                ..Reckoning::default()
            },
        };
        copy.take_away()
            .context("a copy of the disk is in use, and the next one could not be told from it")?;
        self.signal(Signal::CONT)?;
        Ok(found)
    }

    async fn look_at(
        &self,
        copy: &Mounted,
        entries: &Entries,
        start_server: bool,
    ) -> Result<Reckoning> {
        let mut setup = Setup::new(copy.path())?;
        setup.log = self.server.setup().log.clone();
        let mut second = match &self.cluster {
            Some(cluster) => Some(cluster.of_copy(copy.path())?),
            None => None,
        };
        if let Some(second) = &mut second {
            second.start()?;
            setup.postgres = Some(second.url());
        }
        if start_server {
            let mut server = Server::begin(&setup)?;
            server
                .ready_within(Duration::from_secs(30))
                .context("on what the disk held")?;
            server.kill()?;
        }
        reckon(&setup.store().await?, entries).await
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        match &self.cluster {
            None => self.server.signal(signal),
            Some(cluster) => cluster.signal(signal),
        }
    }

    /// Ends it; tells of how many reports people were told that they are saved.
    fn end(mut self) -> Result<usize> {
        if let Some(load) = self.load.take() {
            let met = load.stop();
            if let Some((status, page)) = met.wrong.first() {
                bail!("an answer that must not be, {status}: {page}");
            }
        }
        self.server.kill()?;
        let entries = self.ledger.entries();
        Ok(entries.values().filter(|e| e.acknowledged > 0).count())
    }
}

/// The forms that were sent by now, with the acknowledgements that there were before.
fn as_told(mut now: Entries, before: &Entries) -> Entries {
    for (key, entry) in &mut now {
        entry.acknowledged = before.get(key).map_or(0, |told| told.acknowledged);
    }
    now
}

/// A tracer in front of the server that answers its syncs with success and does not do them.
fn answering_syncs(without: Without, data: &Path) -> Result<Vec<String>> {
    let wal = data.join("hersys.db-wal");
    let wal = wal.to_str().context("a path is not readable")?.to_owned();
    let mut words: Vec<String> = ["strace", "-D", "-f", "-qq", "-o", "/dev/null"]
        .map(str::to_owned)
        .into();
    if without == Without::Wal {
        words.extend(["-P".to_owned(), wal]);
    }
    words.extend(
        [
            "-e",
            "trace=fdatasync,fsync",
            "-e",
            "inject=fdatasync,fsync:retval=0",
            "--",
        ]
        .map(str::to_owned),
    );
    Ok(words)
}
