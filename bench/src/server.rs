//! The measured house, in a process of its own.

use crate::fill::Filled;
use crate::machine::Tree;
use anyhow::{Context, Result, bail};
use app::Database;
use rustix::process::{Pid, Signal, kill_process};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Two ports that nobody listens on. Both are held until both are known: a system may give the same one twice in a row.
fn free_ports() -> Result<(u16, u16)> {
    let portal = std::net::TcpListener::bind("127.0.0.1:0")?;
    let console = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok((portal.local_addr()?.port(), console.local_addr()?.port()))
}

/// How it is run.
#[derive(Default)]
pub(crate) struct How<'a> {
    /// On the first core alone.
    pub(crate) pinned: bool,
    /// Under this command.
    pub(crate) under: Option<&'a str>,
    /// Whether it trusts the load to say from which address somebody comes, as it trusts a proxy.
    pub(crate) behind_proxy: bool,
}

/// Ends with whoever started it, also where a measurement gives up halfway.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing happens to one that was waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) struct Server {
    child: Process,
    pub(crate) portal: SocketAddr,
    pub(crate) console: SocketAddr,
    /// Seconds from the start of the process to its first answer that it is ready.
    pub(crate) ready_after: f64,
}

impl Server {
    /// Starts `hersys`, which lies beside this program, and waits until it is ready.
    pub(crate) async fn start(how: &How<'_>, filled: &Filled) -> Result<Server> {
        let binary = std::env::current_exe()?.with_file_name("hersys");
        if !binary.exists() {
            bail!(
                "{} is missing: build it with --bin hersys",
                binary.display()
            );
        }
        let (portal, console) = free_ports()?;
        let mut words: Vec<String> = Vec::new();
        if how.pinned {
            words.extend(["taskset", "-c", "0"].map(str::to_owned));
        }
        if let Some(under) = how.under {
            words.extend(under.split_whitespace().map(str::to_owned));
        }
        words.push(binary.display().to_string());
        words.push("serve".to_owned());
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .env("HERSYS_DATA_DIR", &filled.folder)
            .env("HERSYS_PORTAL_LISTEN", format!("127.0.0.1:{portal}"))
            .env("HERSYS_CONSOLE_LISTEN", format!("127.0.0.1:{console}"))
            .env("HERSYS_MASTER_KEY", "07".repeat(32))
            .env("HERSYS_ID_LENGTHS", "8")
            .env("HERSYS_LOG", "warn")
            .stdin(Stdio::null());
        if how.behind_proxy {
            // Mails may land in a folder all the same: nobody comes from elsewhere.
            command
                .env("HERSYS_TRUSTED_PROXIES", "127.0.0.0/8")
                .env("HERSYS_PUBLIC_URL", format!("http://127.0.0.1:{portal}"));
        }
        if let Database::Postgres { url, schema } = &filled.database {
            let sign = if url.contains('?') { '&' } else { '?' };
            let url = match schema {
                Some(schema) => format!("{url}{sign}options=-csearch_path%3D{schema}"),
                None => url.clone(),
            };
            command.env("HERSYS_DATABASE_URL", url);
        }
        let began = Instant::now();
        let mut child = Process(command.spawn().context("the server cannot be started")?);
        let portal: SocketAddr = ([127, 0, 0, 1], portal).into();
        let console: SocketAddr = ([127, 0, 0, 1], console).into();
        loop {
            if let Ok(mut connection) = crate::http::Connection::open(portal).await
                && let Ok(answer) = connection.get("/readyz", "").await
                && answer.status == 200
            {
                break;
            }
            if let Some(status) = child.0.try_wait()? {
                bail!("the server ended: {status}");
            }
            if began.elapsed() > Duration::from_secs(120) {
                bail!("the server is not ready after two minutes");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(Server {
            child,
            portal,
            console,
            ready_after: began.elapsed().as_secs_f64(),
        })
    }

    /// Microseconds of CPU that it has used.
    pub(crate) fn cpu(&self) -> f64 {
        Tree::of(self.child.0.id()).cpu()
    }

    /// Bytes that it has given to the disk.
    pub(crate) fn written(&self) -> Result<f64> {
        // `taskset` and the like become what they start.
        let text = std::fs::read_to_string(format!("/proc/{}/io", self.child.0.id()))?;
        let line = text.lines().find_map(|l| l.strip_prefix("write_bytes:"));
        Ok(line.context("a line of /proc")?.trim().parse()?)
    }

    /// The most memory that it ever had, in MiB.
    pub(crate) fn peak_memory(&self) -> Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.0.id()))?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .context("a line of /proc")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes / 1024.0)
    }

    /// Asks it to stop and waits.
    pub(crate) async fn stop(mut self) -> Result<()> {
        if let Some(pid) = Pid::from_raw(i32::try_from(self.child.0.id())?) {
            kill_process(pid, Signal::TERM)?;
        }
        tokio::task::spawn_blocking(move || self.child.0.wait()).await??;
        Ok(())
    }
}
