//! A PostgreSQL server of its own, with `fsync` on as in earnest, that can be made to stand still, cut off and started
//! again.

use crate::server::free_address;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A PostgreSQL server. It is cut off with its handle.
pub struct Cluster {
    bin: PathBuf,
    data: PathBuf,
    log: PathBuf,
    port: u16,
    is_durable: bool,
    child: Option<Child>,
}

/// The programs of the newest installed version.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    versions
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter_map(|path| {
            let version: u32 = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .max()
        .map(|(_, bin)| bin)
        .context("PostgreSQL is not installed")
}

/// The user and group as which PostgreSQL runs: it refuses to run as root.
fn owner() -> Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let all = fs::read_to_string("/etc/passwd")?;
    let line = all
        .lines()
        .find(|line| line.starts_with("postgres:"))
        .context("there is no user postgres")?;
    let mut numbers = line.split(':').skip(2).map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(user)), Some(Ok(group))) => Ok(Some((user, group))),
        _ => bail!("the user postgres cannot be read"),
    }
}

impl Cluster {
    /// Makes a new server in `folder/postgres` and starts it; its log goes to `log`. Not durable: with `fsync=off`, to
    /// show what is lost then.
    ///
    /// # Errors
    /// Where PostgreSQL is not installed or does not start.
    pub fn new(folder: &Path, log: &Path, is_durable: bool) -> Result<Cluster> {
        let data = folder.join("postgres");
        fs::create_dir_all(&data)?;
        OpenOptions::new().create(true).append(true).open(log)?;
        if let Some((user, group)) = owner()? {
            std::os::unix::fs::chown(&data, Some(user), Some(group))?;
            std::os::unix::fs::chown(log, Some(user), Some(group))?;
        }
        let mut cluster = Cluster {
            bin: programs()?,
            data,
            log: log.to_owned(),
            port: free_address()?.port(),
            is_durable,
            child: None,
        };
        let mut made = cluster.command("initdb")?;
        made.args(["-U", "hersys", "-A", "trust", "--no-locale", "-E", "UTF8"])
            // Small, so that what a disk holds is copied fast.
            .args(["--wal-segsize", "4", "-D"])
            .arg(&cluster.data);
        let status = made.status()?;
        if !status.success() {
            bail!("initdb failed: {}", cluster.end_of_log());
        }
        cluster.start()?;
        Ok(cluster)
    }

    /// The server of a copy of this one's data, not yet started.
    ///
    /// # Errors
    /// Where there is no free port.
    pub fn of_copy(&self, folder: &Path) -> Result<Cluster> {
        let data = folder.join("postgres");
        // It names a process that is gone after a power cut, but only stands still here.
        let _ = fs::remove_file(data.join("postmaster.pid"));
        Ok(Cluster {
            bin: self.bin.clone(),
            data,
            log: self.log.clone(),
            port: free_address()?.port(),
            is_durable: self.is_durable,
            child: None,
        })
    }

    fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(self.bin.join(program));
        let log = OpenOptions::new().append(true).open(&self.log)?;
        command
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if let Some((user, group)) = owner()? {
            command.uid(user).gid(group);
        }
        Ok(command)
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://hersys@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database; tells where clients connect to it.
    ///
    /// # Errors
    /// Where there is one of that name.
    pub fn another_database(&self, name: &str) -> Result<String> {
        let port = self.port.to_string();
        let made = self
            .command("createdb")?
            .args(["-h", "127.0.0.1", "-p", &port, "-U", "hersys", name])
            .status()?;
        if !made.success() {
            bail!("no database {name} was made:\n{}", self.end_of_log());
        }
        Ok(self.url_of(name))
    }

    /// Starts it and waits until it takes connections, at most a minute. Recovers first where it was cut off.
    ///
    /// # Errors
    /// Where it ends or takes longer.
    pub fn start(&mut self) -> Result<()> {
        let mut command = self.command("postgres")?;
        command.arg("-D").arg(&self.data);
        for setting in [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            "max_connections=200".to_owned(),
            "min_wal_size=8MB".to_owned(),
            "max_wal_size=64MB".to_owned(),
            format!("fsync={}", if self.is_durable { "on" } else { "off" }),
        ] {
            command.args(["-c", &setting]);
        }
        self.child = Some(command.spawn()?);
        let began = Instant::now();
        let asks = self.bin.join("pg_isready");
        let port = self.port.to_string();
        while began.elapsed() < Duration::from_secs(60) {
            let answer = Command::new(&asks)
                .args(["-q", "-h", "127.0.0.1", "-p", &port, "-U", "hersys"])
                .status()?;
            if answer.success() {
                return Ok(());
            }
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                bail!("PostgreSQL ended with {status}:\n{}", self.end_of_log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("PostgreSQL does not start:\n{}", self.end_of_log())
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Shuts it down at once, without a word to its clients and without a checkpoint (`immediate`).
    ///
    /// # Errors
    /// Where it does not end.
    pub fn stop_at_once(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            let _ = kill_process(Pid::from_child(&child), Signal::QUIT);
            child.wait()?;
        }
        Ok(())
    }

    /// Whether it runs.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn is_running(&mut self) -> Result<bool> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?.is_none()),
            None => Ok(false),
        }
    }

    /// Makes all of its processes stand still, or go on.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let main = Pid::from_child(self.child.as_ref().context("PostgreSQL does not run")?);
        // The main process first: it begins no new ones then.
        kill_process(main, signal)?;
        for process in children(main)? {
            // One may have ended by itself.
            let _ = kill_process(process, signal);
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.child.is_some() {
            let _ = self.signal(Signal::CONT);
        }
        let _ = self.stop_at_once();
    }
}

/// The children of a process, as `/proc` tells.
fn children(of: Pid) -> Result<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(format!("/proc/{number}/stat")) else {
            continue;
        };
        // After the name in brackets, which may hold anything: the state, and the parent.
        let parent = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<i32>().ok());
        if parent == Some(of.as_raw_nonzero().get()) {
            found.extend(Pid::from_raw(number));
        }
    }
    Ok(found)
}
