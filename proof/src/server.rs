//! The server as it is shipped: started, killed, made to stand still.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::OpenOptions;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The key of all proofs, as the server is given it.
pub const KEY: [u8; 32] = [7; 32];

/// Where the `hersys` to be proved lies: what `HERSYS_BINARY` names, or beside this program.
///
/// # Errors
/// Where there is none, with the command that builds it.
pub fn binary() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("HERSYS_BINARY") {
        return Ok(PathBuf::from(named));
    }
    let own = std::env::current_exe().context("this program does not know where it lies")?;
    // A test lies one folder deeper.
    let found = own
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("hersys"))
        .find(|path| path.is_file());
    found.context("there is no `hersys` beside this program: `cargo build --bin hersys` makes it (with --release if this one was)")
}

/// What stands in front of a server that has one core, the first that this process may use.
///
/// # Errors
/// Where the system does not tell.
pub fn on_one_core() -> Result<Vec<String>> {
    let allowed = rustix::thread::sched_getaffinity(None)?;
    let first = (0..rustix::thread::CpuSet::MAX_CPU).find(|core| allowed.is_set(*core));
    let first = first.context("this process may use no core")?.to_string();
    Ok(["taskset".to_owned(), "-c".to_owned(), first].to_vec())
}

/// The ports that are handed out: below those that a system lends to whoever connects (32768 and up on Linux), so that
/// no client stands on one while the server of that port is down.
const PORTS: std::ops::Range<u32> = 10_000..32_000;

/// An address on this machine that nobody listens on. None is given twice in the life of a process (it would have to ask
/// 22,000 times), and processes that run beside each other begin at different places: an address may be asked for long
/// before somebody listens there.
///
/// # Errors
/// Where all are taken.
pub fn free_address() -> Result<SocketAddr> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    const EACH: u32 = 211;
    let begin = std::process::id().wrapping_mul(EACH);
    for _ in PORTS {
        let given = GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = PORTS.start + begin.wrapping_add(given) % (PORTS.end - PORTS.start);
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port)?));
        if TcpListener::bind(at).is_ok() {
            return Ok(at);
        }
    }
    bail!(
        "nobody may listen on any port from {} to {}",
        PORTS.start,
        PORTS.end
    )
}

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The program.
    pub binary: PathBuf,
    /// A program and arguments in front of it, such as a tracer; it must become the server (`exec`) or leave its place.
    pub before: Vec<String>,
    /// Its data directory.
    pub data: PathBuf,
    /// Where its log goes; it is written on at each start.
    pub log: PathBuf,
    /// A PostgreSQL server instead of the embedded database.
    pub postgres: Option<String>,
    /// Where the portal listens.
    pub portal: SocketAddr,
    /// Where the console listens.
    pub console: SocketAddr,
    /// Further settings.
    pub environment: Vec<(String, String)>,
}

impl Setup {
    /// A server with its data and its log in a folder.
    ///
    /// # Errors
    /// Where there is no program or no free address.
    pub fn new(folder: &Path) -> Result<Setup> {
        Ok(Setup {
            binary: binary()?,
            before: Vec::new(),
            data: folder.join("data"),
            log: folder.join("server.log"),
            postgres: None,
            portal: free_address()?,
            console: free_address()?,
            environment: Vec::new(),
        })
    }

    /// With a further setting, or another value of one.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Setup {
        self.environment.retain(|(stands, _)| stands != name);
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// The database as the house opens it.
    pub fn database(&self) -> app::Database {
        match &self.postgres {
            Some(url) => app::Database::Postgres {
                url: url.clone(),
                schema: None,
            },
            None => app::Database::Embedded(self.data.join("hersys.db")),
        }
    }

    /// Opens the database beside the server.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub async fn store(&self) -> Result<storage::Db> {
        Ok(match &self.postgres {
            Some(url) => storage::Db::postgres(url, None).await?,
            None => storage::Db::sqlite(&self.data.join("hersys.db"))?,
        })
    }

    /// The program with its settings, and with these words after its name.
    fn program(&self, words: &[&str]) -> Command {
        let mut before = self.before.iter();
        let mut command = match before.next() {
            Some(first) => {
                let mut command = Command::new(first);
                command.args(before).arg(&self.binary);
                command
            }
            None => Command::new(&self.binary),
        };
        let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        command
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HERSYS_DATA_DIR", &self.data)
            .env("HERSYS_MASTER_KEY", key)
            .env("HERSYS_PORTAL_LISTEN", self.portal.to_string())
            .env("HERSYS_CONSOLE_LISTEN", self.console.to_string())
            // So that every client of this machine may have an address of its own.
            .env("HERSYS_TRUSTED_PROXIES", "127.0.0.0/8")
            // And mails may land in a folder all the same: nobody comes from elsewhere.
            .env("HERSYS_PUBLIC_URL", "http://localhost:8080")
            // A few families report as often as they can.
            .env("HERSYS_REPORTS_AN_HOUR", "0")
            .stdin(Stdio::null());
        if let Some(url) = &self.postgres {
            command.env("HERSYS_DATABASE_URL", url);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn command(&self) -> Result<Command> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .with_context(|| format!("{} cannot be written", self.log.display()))?;
        let mut command = self.program(&["serve"]);
        command.stdout(Stdio::null()).stderr(log);
        Ok(command)
    }

    /// Runs another command of the program to its end, such as `backup`, and tells what it said.
    ///
    /// # Errors
    /// Where it cannot be run at all.
    pub fn run(&self, words: &[&str]) -> Result<Output> {
        let mut command = self.program(words);
        command
            .output()
            .with_context(|| format!("{} cannot be run", self.binary.display()))
    }

    /// What the log calls broken, the first few lines.
    pub fn mistakes_in_log(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let broken = log.lines().filter(|line| line.contains("broken"));
        broken.take(5).collect::<Vec<_>>().join("\n")
    }

    /// The end of the log, to be shown where something failed.
    pub fn end_of_log(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// A running server. It is killed with its handle.
pub struct Server {
    setup: Setup,
    child: Child,
    began: Instant,
}

impl Server {
    /// Starts a server; it need not be ready yet.
    ///
    /// # Errors
    /// Where the program cannot be run.
    pub fn begin(setup: &Setup) -> Result<Server> {
        let began = Instant::now();
        let child = setup
            .command()?
            .spawn()
            .with_context(|| format!("{} cannot be run", setup.binary.display()))?;
        Ok(Server {
            setup: setup.clone(),
            child,
            began,
        })
    }

    /// Starts a server and waits until `/readyz` says so; at most half a minute.
    ///
    /// # Errors
    /// Where it ends before, or takes longer; with the end of its log.
    pub fn start(setup: &Setup) -> Result<Server> {
        let mut server = Server::begin(setup)?;
        server.ready_within(Duration::from_secs(30))?;
        Ok(server)
    }

    /// Waits until `/readyz` says that the server can do its work. Tells how long it took from its start.
    ///
    /// # Errors
    /// Where it ends before, or takes longer; with the end of its log.
    pub fn ready_within(&mut self, most: Duration) -> Result<Duration> {
        let agent = agent(Duration::from_secs(2));
        let url = format!("http://{}/readyz", self.setup.portal);
        loop {
            if agent
                .get(&url)
                .call()
                .is_ok_and(|answer| answer.status() == 200)
            {
                return Ok(self.began.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "the server ended before it was ready ({status}):\n{}",
                    self.setup.end_of_log()
                );
            }
            if self.began.elapsed() > most {
                bail!(
                    "the server was not ready within {most:?}:\n{}",
                    self.setup.end_of_log()
                );
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// How it was started.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(self.pid(), signal).context("the server cannot be signalled")
    }

    /// Kills it without a warning (SIGKILL).
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end and waits, at most half a minute.
    ///
    /// # Errors
    /// Where it does not end, or ends with a failure.
    pub fn end(&mut self) -> Result<()> {
        self.signal(Signal::TERM)?;
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(30) {
            if let Some(status) = self.child.try_wait()? {
                if !status.success() {
                    bail!(
                        "the server ended with {status}:\n{}",
                        self.setup.end_of_log()
                    );
                }
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        bail!("the server does not end:\n{}", self.setup.end_of_log())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client of the HTTP library that keeps its connections, follows nothing and takes every answer for an answer.
pub(crate) fn agent(patience: Duration) -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(patience))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into()
}
