//! A drill: backups are made while people report, each is restored elsewhere, on both engines, and compared with what
//! these people had been told when it was begun; a server goes on with it. A backup that was damaged, cut off, or is opened
//! with a wrong key is refused with a sentence, and nothing is left where it was to go.

use crate::client::{Client, Fate};
use crate::families::{Family, prepare};
use crate::ledger::{Entries, Ledger};
use crate::load::{Load, Manner};
use crate::postgres::Cluster;
use crate::power_cut::Engine;
use crate::reckoning::{Reckoning, reckon};
use crate::report::Report;
use crate::server::{Server, Setup};
use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many backups, of what, and how they are damaged.
#[derive(clap::Args, Clone, Debug)]
pub struct RestoreDrill {
    /// How many backups are made and restored
    #[arg(long, default_value_t = 20)]
    pub backups: u32,
    /// How many damaged copies are tried
    #[arg(long, default_value_t = 200)]
    pub damages: u32,
    /// Where the data lies that is backed up; backups are restored into both where PostgreSQL is installed
    #[arg(long, value_enum, default_value = "sqlite")]
    pub engine: Engine,
    /// What the dice begin with
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Restores each backup this many bytes short of its end, to show that the drill sees it
    #[arg(long, default_value_t = 0, hide = true)]
    pub short_of: u64,
}

/// A key that is not the one of the proofs.
const ANOTHER_KEY: &str = "0909090909090909090909090909090909090909090909090909090909090909";

/// Runs the drill and prints what it found; tells whether all held.
///
/// # Errors
/// Where the server, a backup or PostgreSQL fails of itself.
pub async fn run(drill: &RestoreDrill) -> Result<bool> {
    let began = Instant::now();
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o711))?;
    let log = folder.path().join("postgres.log");
    let cluster = match (Cluster::new(folder.path(), &log, true), drill.engine) {
        (Ok(cluster), _) => Some(cluster),
        (Err(error), Engine::Postgres) => return Err(error),
        (Err(error), Engine::Sqlite) => {
            let why = format!("{error:#}").replace('\n', " ");
            println!("LEFT OUT: restore-drill-postgres: {why}");
            None
        }
    };
    let mut setup = Setup::new(folder.path())?;
    if drill.engine == Engine::Postgres {
        setup.postgres = cluster.as_ref().map(Cluster::url);
    }
    let town = prepare(&setup, 200).await?;
    let ledger = Arc::new(Ledger::begin(&folder.path().join("ledger"))?);
    let manner = Manner {
        seed: drill.seed,
        pause: Duration::from_millis(5),
        ..Manner::default()
    };
    let keys = Holders::make(folder.path())?;
    let mut server = Server::start(&setup)?;
    let load = Load::begin(&[setup.portal], &town.families, &ledger, &manner);
    let mut dice = fastrand::Rng::with_seed(drill.seed);
    let mut backups = Vec::new();
    for number in 0..drill.backups {
        std::thread::sleep(Duration::from_millis(dice.u64(200..1_000)));
        let path = folder.path().join(format!("{number}.backup"));
        backups.push(Backup::make(&setup, &keys, &path, &ledger)?);
    }
    let met = load.stop();
    server.end()?;

    let (mut sum, mut restored) = (Reckoning::default(), 0);
    let mut all_go_on = true;
    for (number, backup) in backups.iter().enumerate() {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let elsewhere = folder.path().join(format!("elsewhere-{number}-{engine:?}"));
            fs::create_dir(&elsewhere)?;
            let mut target = Setup::new(&elsewhere)?;
            if engine == Engine::Postgres {
                let Some(cluster) = &cluster else { continue };
                target.postgres = Some(cluster.another_database(&format!("restored{number}"))?);
            }
            if drill.short_of > 0 {
                cut(&backup.path, drill.short_of)?;
            }
            let done = target.run(&keys.restores(&backup.path, false))?;
            if !done.status.success() {
                println!(
                    "backup {number} into {engine:?} was not restored: {}",
                    says(&done)
                );
                all_go_on = false;
                continue;
            }
            restored += 1;
            let found = reckon(&target.store().await?, &backup.entries).await?;
            if !found.is_whole() {
                println!("backup {number} into {engine:?}: {found}");
            }
            sum.add(&found);
            if let Err(error) = goes_on(&target, &town.families[number % town.families.len()]) {
                println!("nobody can go on with backup {number} in {engine:?}: {error:#}");
                all_go_on = false;
            }
            fs::remove_dir_all(&elsewhere)?;
        }
    }
    let sound = backups.last().context("there is no backup")?;
    let refused = refuse_damaged(drill, folder.path(), &keys, &sound.path, &mut dice)?;
    let longest = backups.iter().map(|one| one.took).max().unwrap_or_default();
    println!(
        "{} backups of {:?} under load, the longest in {longest:?}, restored {restored} times, in {:.0} s",
        backups.len(),
        drill.engine,
        began.elapsed().as_secs_f64()
    );
    println!("{sum}");
    for (status, page) in &met.wrong {
        println!("an answer that must not be, {status}: {page}");
    }
    Ok(sum.is_whole()
        && sum.acknowledged > 0
        && all_go_on
        && refused
        && met.wrong.is_empty()
        && met.not_now.is_empty())
}

/// Who can open the backups, and who cannot.
struct Holders {
    recipient: String,
    identity: PathBuf,
    stranger: PathBuf,
}

impl Holders {
    fn make(folder: &Path) -> Result<Holders> {
        let write = |name: &str, identity: &Identity| -> Result<PathBuf> {
            let path = folder.join(name);
            fs::write(&path, identity.to_string().expose_secret())?;
            Ok(path)
        };
        let holder = Identity::generate();
        Ok(Holders {
            recipient: holder.to_public().to_string(),
            identity: write("identity", &holder)?,
            stranger: write("stranger", &Identity::generate())?,
        })
    }

    /// The words of a restore.
    fn restores<'a>(&'a self, backup: &'a Path, stranger: bool) -> [&'a str; 4] {
        let identity = if stranger {
            &self.stranger
        } else {
            &self.identity
        };
        // All lie in a folder of this proof's own, whose name is plain.
        let plain = |path: &'a Path| path.to_str().unwrap_or_default();
        ["restore", plain(backup), "--identity", plain(identity)]
    }
}

/// A backup, and what people had been told when it was begun.
struct Backup {
    path: PathBuf,
    entries: Entries,
    took: Duration,
}

impl Backup {
    fn make(setup: &Setup, keys: &Holders, path: &Path, ledger: &Ledger) -> Result<Backup> {
        let (told, began) = (ledger.entries(), Instant::now());
        let name = path.to_str().context("a name is not plain")?;
        let done = setup.run(&["backup", name, "--recipient", &keys.recipient])?;
        ensure!(done.status.success(), "no backup was made: {}", says(&done));
        let took = began.elapsed();
        // What was sent until its end may stand in it; what was acknowledged before its beginning must.
        let mut entries = ledger.entries();
        for (key, entry) in &mut entries {
            entry.acknowledged = told.get(key).map_or(0, |before| before.acknowledged);
        }
        Ok(Backup {
            path: path.to_owned(),
            entries,
            took,
        })
    }
}

fn says(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).trim().to_owned()
}

/// A server on what was restored: it is ready by itself, somebody who was signed in still is, and reports.
fn goes_on(target: &Setup, family: &Family) -> Result<()> {
    let mut server = Server::start(target)?;
    let client = Client::new(target.portal, Duration::from_secs(5));
    let history = format!("/history?member={}", family.case);
    let (status, _) = client.open(family, &history).context("no answer")?;
    ensure!(status == 200, "the history answers {status}");
    let fate = client.submit(family, &Report::any(&mut fastrand::Rng::new(), 1_000));
    ensure!(
        fate == Fate::Acknowledged,
        "a report was not taken: {fate:?}"
    );
    server.end()
}

fn cut(path: &Path, short_of: u64) -> Result<()> {
    let file = fs::OpenOptions::new().write(true).open(path)?;
    file.set_len(file.metadata()?.len().saturating_sub(short_of))?;
    Ok(())
}

/// What is done to a backup, or to whoever opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    /// One bit is another one.
    Bit,
    /// The end is missing.
    CutOff,
    /// Something follows that does not belong to it.
    Appended,
    /// A piece of it is zeros, as of a disk that lost a block.
    Zeros,
    /// It is opened with somebody else's key.
    Stranger,
    /// The master key is another installation's.
    MasterKey,
}

const DAMAGES: [Damage; 6] = [
    Damage::Bit,
    Damage::CutOff,
    Damage::Appended,
    Damage::Zeros,
    Damage::Stranger,
    Damage::MasterKey,
];

impl Damage {
    fn done_to(self, whole: &[u8], dice: &mut fastrand::Rng) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        let at = dice.usize(..bytes.len());
        match self {
            Damage::Bit => bytes[at] ^= 1 << dice.u32(..8),
            Damage::CutOff => bytes.truncate(at),
            Damage::Appended => bytes.extend_from_slice(b"more"),
            Damage::Zeros => {
                let end = (at + 512).min(bytes.len());
                bytes[at..end].fill(0);
            }
            Damage::Stranger | Damage::MasterKey => {}
        }
        bytes
    }
}

/// Whether a damaged copy is checked, and not restored: each damage is met by both in turn.
fn is_only_checked(number: u32) -> bool {
    (number as usize / DAMAGES.len()).is_multiple_of(2)
}

/// How many files and folders a folder has.
fn files(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

/// Each damaged copy must be refused with a sentence, both where it is only checked and where it is restored, and leave
/// nothing behind.
fn refuse_damaged(
    drill: &RestoreDrill,
    folder: &Path,
    keys: &Holders,
    sound: &Path,
    dice: &mut fastrand::Rng,
) -> Result<bool> {
    let whole = fs::read(sound)?;
    let copy = folder.join("damaged.backup");
    let (mut all, mut tried) = (true, Vec::new());
    let mut sentences: Vec<(Damage, String)> = Vec::new();
    for number in 0..drill.damages {
        let damage = DAMAGES[number as usize % DAMAGES.len()];
        let bytes = damage.done_to(&whole, dice);
        let is_harmed = bytes != whole || matches!(damage, Damage::Stranger | Damage::MasterKey);
        if !is_harmed {
            // A piece that held zeros before.
            continue;
        }
        fs::write(&copy, &bytes)?;
        let elsewhere = folder.join("nowhere");
        fs::create_dir(&elsewhere)?;
        let mut target = Setup::new(&elsewhere)?;
        // There a backup is looked at.
        let aside = elsewhere.join("tmp");
        fs::create_dir(&aside)?;
        target = target.with("TMPDIR", aside.display().to_string());
        if damage == Damage::MasterKey {
            target = target.with("HERSYS_MASTER_KEY", ANOTHER_KEY);
        }
        let mut words = keys.restores(&copy, damage == Damage::Stranger).to_vec();
        if is_only_checked(number) {
            words.push("--verify");
        }
        let done = target.run(&words)?;
        tried.push((damage, is_only_checked(number)));
        let said = says(&done);
        let left = files(&target.data) + files(&aside);
        let is_a_sentence = done.status.code() == Some(1)
            && !said.is_empty()
            && !said.contains("panicked")
            && said.lines().count() <= 3;
        if !is_a_sentence || left > 0 {
            all = false;
            println!(
                "{damage:?} was not refused as it should be ({}, {left} files left): {said}",
                done.status
            );
        }
        if !sentences.iter().any(|(of, _)| *of == damage) {
            sentences.push((damage, said));
        }
        fs::remove_dir_all(&elsewhere)?;
    }
    let by_both = |one: &&Damage| {
        [false, true]
            .iter()
            .all(|way| tried.contains(&(**one, *way)))
    };
    println!(
        "{} damaged backups tried, {} of {} kinds by `restore` as by `restore --verify`:",
        tried.len(),
        DAMAGES.iter().filter(by_both).count(),
        DAMAGES.len()
    );
    for (damage, said) in sentences {
        println!("  {damage:?}: {said}");
    }
    Ok(all)
}
