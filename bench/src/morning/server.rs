//! The measured house, in a process of its own.

use super::{KEY, Morning};
use anyhow::{Context, Result, bail};
use app::clock::Clock;
use app::keys::MasterKey;
use app::outbox::MailSender;
use app::second_factor::Factor;
use app::{App, AppConfig, Database};
use domain::email_address::EmailAddress;
use domain::hersys_id::HersysIdLengths;
use rustix::process::{Pid, Signal, kill_process};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn database(url: Option<&str>, folder: &Path) -> Database {
    match url {
        Some(url) => Database::Postgres {
            url: url.to_owned(),
            schema: None,
        },
        None => Database::Embedded(folder.join("hersys.db")),
    }
}

/// Opens the house in this process, for filling it.
pub(super) async fn open(url: Option<&str>, folder: &Path) -> Result<App> {
    Ok(App::open(AppConfig {
        database: database(url, folder),
        master_key: MasterKey::from_bytes(KEY),
        id_lengths: HersysIdLengths::parse("8").context("eight digits are a length")?,
        public_url: "http://127.0.0.1".to_owned(),
        console_url: "http://127.0.0.1".to_owned(),
        second_factor: Factor::Off,
        mail: MailSender::Folder(folder.join("outbox")),
        sms: app::sms::SmsGateway::Folder(folder.join("outbox")),
        single_sign_on: None,
        mail_from: EmailAddress::parse("no-reply@bench.example")
            .ok()
            .context("the address is one")?,
        clock: Clock::System,
        time_zone: "Asia/Tokyo".to_owned(),
    })
    .await?)
}

/// Its store.
pub(super) async fn store(url: Option<&str>, folder: &Path) -> Result<storage::Db> {
    Ok(match url {
        Some(url) => storage::Db::postgres(url, None).await?,
        None => storage::Db::sqlite(&folder.join("hersys.db"))?,
    })
}

/// Keeps this thread, and those that it starts, on one core.
pub(super) fn pin_to(core: usize) -> Result<()> {
    let mut cores = rustix::thread::CpuSet::new();
    cores.set(core);
    rustix::thread::sched_setaffinity(None, &cores).context("the core cannot be chosen")
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port())
}

pub(super) struct Server {
    child: Child,
    pub(super) portal: SocketAddr,
}

impl Server {
    /// Starts `hersys`, which lies beside this program, and waits until it is ready.
    pub(super) async fn start(what: &Morning, folder: &Path) -> Result<Server> {
        let binary = std::env::current_exe()?.with_file_name("hersys");
        if !binary.exists() {
            bail!(
                "{} is missing: build it with --bin hersys",
                binary.display()
            );
        }
        let (portal, console) = (free_port()?, free_port()?);
        let mut words: Vec<String> = Vec::new();
        if what.pin {
            words.extend(["taskset", "-c", "0"].map(str::to_owned));
        }
        if let Some(under) = &what.under {
            words.extend(under.split_whitespace().map(str::to_owned));
        }
        words.push(binary.display().to_string());
        words.push("serve".to_owned());
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .env("HERSYS_DATA_DIR", folder)
            .env("HERSYS_PORTAL_LISTEN", format!("127.0.0.1:{portal}"))
            .env("HERSYS_CONSOLE_LISTEN", format!("127.0.0.1:{console}"))
            .env("HERSYS_MASTER_KEY", "07".repeat(32))
            .env("HERSYS_ID_LENGTHS", "8")
            .env("HERSYS_LOG", "warn")
            .stdin(Stdio::null());
        if let Some(url) = &what.database {
            command.env("HERSYS_DATABASE_URL", url);
        }
        let began = Instant::now();
        let mut child = command.spawn().context("the server cannot be started")?;
        let portal: SocketAddr = ([127, 0, 0, 1], portal).into();
        loop {
            if let Ok(mut connection) = crate::http::Connection::open(portal).await
                && connection.get("/readyz", "").await?.status == 200
            {
                break;
            }
            if let Some(status) = child.try_wait()? {
                bail!("the server ended: {status}");
            }
            if began.elapsed() > Duration::from_secs(60) {
                let _ = child.kill();
                bail!("the server is not ready after a minute");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        println!("ready after {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
        Ok(Server { child, portal })
    }

    /// Seconds of CPU that it has used.
    pub(super) fn cpu(&self) -> Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after = text.rsplit(')').next().context("a line of /proc")?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let ticks = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
        Ok(ticks / rustix::param::clock_ticks_per_second() as f64)
    }

    /// The most memory that it ever had, in MiB.
    pub(super) fn peak_memory(&self) -> Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .context("a line of /proc")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes / 1024.0)
    }

    /// Asks it to stop and waits.
    pub(super) async fn stop(mut self) -> Result<()> {
        if let Some(pid) = Pid::from_raw(i32::try_from(self.child.id())?) {
            kill_process(pid, Signal::TERM)?;
        }
        tokio::task::spawn_blocking(move || self.child.wait()).await??;
        Ok(())
    }
}
