//! The server is killed at random moments under load, again and again, and started again each time, while its disk
//! fills up, its gateways vanish, its database is cut off and its clock jumps.

mod messages;

use crate::disk::Mounted;
use crate::families::prepare;
use crate::faults::{Clock, Fault, Full};
use crate::gateways::{Gateways, MOODS, Mood};
use crate::ledger::Ledger;
use crate::load::{Load, Manner};
use crate::postgres::Cluster;
use crate::power_cut::Engine;
use crate::reckoning::reckon;
use crate::server::{Server, Setup};
use anyhow::{Context, Result, bail};
use messages::{Messages, Promised};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::outbox::{Queue, next_due};
use tempfile::TempDir;

/// How long people wait at most until a fault that has passed is passed for them, too.
const RECOVERY: Duration = Duration::from_secs(15);
/// How long the outbox has at the end to send what it has promised.
const LAST_MAILS: Duration = Duration::from_secs(20);
/// What is due only later than this is not waited for at the end.
const SOON: jiff::SignedDuration = jiff::SignedDuration::from_secs(3);
/// What was due for so long at the end, while all was well, and was not sent, would never have been.
const LONG: jiff::SignedDuration = jiff::SignedDuration::from_secs(10);

/// How often, on what, and what else goes wrong.
#[derive(clap::Args, Clone, Debug)]
pub struct Kills {
    /// How often the server is killed
    #[arg(long, default_value_t = 300)]
    pub kills: u32,
    /// Where the data lies
    #[arg(long, value_enum, default_value = "sqlite")]
    pub engine: Engine,
    /// What goes wrong besides, one after the other
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "disk,gateways,database,clock"
    )]
    pub faults: Vec<Fault>,
    /// What the dice begin with
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Runs it and prints what it found; tells whether all stands.
///
/// # Errors
/// Where the server does not come back by itself.
pub async fn run(wanted: &Kills) -> Result<bool> {
    let began = Instant::now();
    let mut world = World::new(wanted)?;
    let town = prepare(&world.setup, 200).await?;
    let manner = Manner {
        seed: wanted.seed,
        // A run of some minutes fits on its disk.
        pause: Duration::from_millis(5),
        ..Manner::default()
    };
    let load = Load::begin(
        &[world.setup.portal],
        &town.families,
        &world.ledger,
        &manner,
    );
    let mut dice = fastrand::Rng::with_seed(wanted.seed);
    for kill in 0..wanted.kills {
        world.live_and_be_killed(&mut dice, kill)?;
    }
    let met = load.stop();
    let promised = world.settle().await?;
    let store = world.setup.store().await?;
    let found = reckon(&store, &world.ledger.entries()).await?;
    println!(
        "{} kills ({:?}) in {:.0} s; {}",
        wanted.kills,
        wanted.engine,
        began.elapsed().as_secs_f64(),
        world.told()
    );
    println!("{found}");
    println!(
        "people had no answer {} times, and \"not now\" {:?}",
        met.unknown, met.not_now
    );
    let messages = Messages::compare(&promised, &world.gateways.book());
    println!("{messages}");
    for (status, page) in &met.wrong {
        println!("an answer that must not be, {status}: {page}");
    }
    if !met.wrong.is_empty() {
        println!("{}", world.setup.mistakes_in_log());
    }
    if world.ended > 0 {
        println!("the server ended {} times by itself", world.ended);
    }
    Ok(found.is_whole()
        && found.acknowledged > 0
        && messages.are_whole()
        && met.wrong.is_empty()
        && world.ended == 0)
}

async fn is_any_sent(store: &storage::Db) -> Result<bool> {
    let messages = store.read(storage::reckoning::messages).await?;
    Ok(messages.iter().any(|message| message.is_sent))
}

/// An installation and what surrounds it.
struct World {
    // Dropped in this order.
    cluster: Option<Cluster>,
    memory: Option<Mounted>,
    clock: Option<Clock>,
    /// By how many seconds the clock is ahead.
    offset: i64,
    gateways: Gateways,
    ledger: Arc<Ledger>,
    faults: Vec<Fault>,
    setup: Setup,
    ready: Vec<Duration>,
    happened: Vec<(Fault, Duration)>,
    ended: u32,
    _folder: TempDir,
}

impl World {
    fn new(wanted: &Kills) -> Result<World> {
        let folder = tempfile::tempdir()?;
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o711))?;
        let mut faults = wanted.faults.clone();
        let mut leave_out = |fault: Fault, why: &str| {
            if faults.contains(&fault) {
                faults.retain(|one| *one != fault);
                println!("LEFT OUT: ledger-{}: {why}", fault.name());
            }
        };
        let home = folder.path().join("home");
        let memory = match Mounted::memory(&home, 2_048) {
            Ok(memory) => Some(memory),
            Err(error) => {
                leave_out(Fault::Disk, &format!("{error:#}").replace('\n', " "));
                None
            }
        };
        let clock = Clock::new(folder.path())?;
        if clock.is_none() {
            leave_out(Fault::Clock, "libfaketime is not installed");
        }
        std::fs::create_dir_all(&home)?;
        std::fs::set_permissions(&home, PermissionsExt::from_mode(0o711))?;
        let cluster = match wanted.engine {
            Engine::Sqlite => None,
            Engine::Postgres => {
                let log = folder.path().join("postgres.log");
                Some(Cluster::new(&home, &log, true)?)
            }
        };
        if cluster.is_none() {
            // There is none to be cut off.
            faults.retain(|fault| *fault != Fault::Database);
        }
        let gateways = Gateways::open()?;
        let mut setup = Setup::new(&home)?;
        setup.log = folder.path().join("server.log");
        setup.postgres = cluster.as_ref().map(Cluster::url);
        let clock = clock.filter(|_| faults.contains(&Fault::Clock));
        for (name, value) in gateways
            .settings(folder.path())?
            .into_iter()
            .chain(clock.iter().flat_map(Clock::settings))
        {
            setup = setup.with(name, value);
        }
        Ok(World {
            cluster,
            memory,
            clock,
            offset: 0,
            gateways,
            ledger: Arc::new(Ledger::begin(&folder.path().join("ledger"))?),
            faults,
            setup,
            ready: Vec::new(),
            happened: Vec::new(),
            ended: 0,
            _folder: folder,
        })
    }

    /// One life of the server: it starts by itself, something else goes wrong, and it is killed.
    fn live_and_be_killed(&mut self, dice: &mut fastrand::Rng, number: u32) -> Result<()> {
        let mut server = Server::begin(&self.setup)?;
        self.ready
            .push(server.ready_within(Duration::from_secs(30))?);
        self.gateways.all_is_well();
        if self.faults.contains(&Fault::Gateways) {
            self.gateways.turn(MOODS[dice.usize(..MOODS.len())]);
        }
        if let Some(clock) = &self.clock {
            let far = [1, 60, 3_600, 86_400, 2 * 86_400];
            let to = far[dice.usize(..far.len())] * dice.i64(-1..=1);
            // A message that is under way seems to have been so for days, as if whoever had it were dead: it is taken up again.
            if to != self.offset {
                self.gateways.something_is_wrong();
            }
            clock.jump(to)?;
            self.offset = to;
            self.happened.push((Fault::Clock, Duration::ZERO));
        }
        // The two that take longest, in turn, in a third of the lives each.
        match number % 3 {
            1 if self.faults.contains(&Fault::Disk) => self.fill_the_disk(dice, &mut server)?,
            2 if self.faults.contains(&Fault::Database) => {
                self.cut_the_database_off(dice, &mut server)?
            }
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(dice.u64(20..500)));
        if !server.is_running()? {
            self.ended += 1;
            println!("it ended by itself:\n{}", self.setup.end_of_log());
        }
        self.gateways.something_is_wrong();
        server.kill()
    }

    fn fill_the_disk(&mut self, dice: &mut fastrand::Rng, server: &mut Server) -> Result<()> {
        let Some(memory) = &self.memory else {
            return Ok(());
        };
        self.gateways.something_is_wrong();
        let full = Full::fill(memory.path())?;
        std::thread::sleep(Duration::from_millis(dice.u64(100..400)));
        drop(full);
        // PostgreSQL ends itself where it cannot write its log; whoever watches over it starts it again.
        if let Some(cluster) = &mut self.cluster {
            std::thread::sleep(Duration::from_millis(100));
            if !cluster.is_running()? {
                cluster.start()?;
            }
        }
        self.wait_for_people(Fault::Disk, server)
    }

    fn cut_the_database_off(
        &mut self,
        dice: &mut fastrand::Rng,
        server: &mut Server,
    ) -> Result<()> {
        self.gateways.something_is_wrong();
        if let Some(cluster) = &mut self.cluster {
            cluster.stop_at_once()?;
            std::thread::sleep(Duration::from_millis(dice.u64(0..300)));
            cluster.start()?;
        }
        self.wait_for_people(Fault::Database, server)
    }

    /// The fault is over: people's reports must be taken again, without anybody's doing.
    fn wait_for_people(&mut self, fault: Fault, server: &mut Server) -> Result<()> {
        let (began, before) = (Instant::now(), self.ledger.acknowledgements());
        while self.ledger.acknowledgements() == before {
            if !server.is_running()? {
                // Counted by whoever kills it.
                return Ok(());
            }
            if began.elapsed() > RECOVERY {
                bail!(
                    "no report was taken within {RECOVERY:?} after {fault:?} was over:\n{}",
                    self.setup.end_of_log()
                );
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        self.gateways.all_is_well();
        self.happened.push((fault, began.elapsed()));
        Ok(())
    }

    /// All is well again: the server sends what it has promised, and ends. Tells what stands in the outbox.
    async fn settle(&mut self) -> Result<Promised> {
        self.gateways.turn(Mood::Fine);
        if let Some(clock) = &self.clock {
            clock.jump(0)?;
        }
        let mut server = Server::start(&self.setup).context("at the end")?;
        self.gateways.all_is_well();
        let store = self.setup.store().await?;
        let began = Instant::now();
        let mut is_overdue = false;
        while began.elapsed() < LAST_MAILS {
            // What was tried while the clock was ahead waits until then.
            let mut next = None;
            for queue in Queue::ALL {
                let first = store.read(move |tx| next_due(tx, queue)).await?;
                next = [next, first].into_iter().flatten().min();
            }
            let now = app::clock::Clock::System.now();
            is_overdue = next.is_some_and(|next| next + LONG < now);
            let is_over = next.is_none_or(|next| next > now + SOON);
            // A short run may have had no moment in which an alert was passed on.
            if is_over && is_any_sent(&store).await? {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        server.end()?;
        Ok(Promised {
            messages: store.read(storage::reckoning::messages).await?,
            is_overdue,
        })
    }

    fn told(&mut self) -> String {
        self.ready.sort_unstable();
        let at = |share: usize| {
            let place = (self.ready.len() * share / 100).min(self.ready.len() - 1);
            self.ready[place].as_millis()
        };
        let mut told = format!(
            "ready again after p50 {} ms, p99 {} ms, max {} ms",
            at(50),
            at(99),
            at(100)
        );
        for fault in [Fault::Disk, Fault::Database, Fault::Clock] {
            let times: Vec<Duration> = self
                .happened
                .iter()
                .filter(|(one, _)| *one == fault)
                .map(|(_, took)| *took)
                .collect();
            if let Some(most) = times.iter().max() {
                told.push_str(&format!("; {fault:?} {} times", times.len()));
                if !most.is_zero() {
                    told.push_str(&format!(
                        ", a report taken again within {} ms",
                        most.as_millis()
                    ));
                }
            }
        }
        told
    }
}
