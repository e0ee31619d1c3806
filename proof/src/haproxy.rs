//! HAProxy with a file of `deploy/`.

use crate::cluster::deploy;
use crate::server::free_address;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running HAProxy. It ends with its handle.
pub struct Haproxy {
    child: Child,
    /// Where it listens, in the order in which the names were given.
    pub listens: Vec<SocketAddr>,
}

impl Haproxy {
    /// Starts it with a file of `deploy/haproxy`; each of the settings `binds` is given a free address. What it reads is a
    /// copy beside the log.
    ///
    /// # Errors
    /// Where it does not start, with its log.
    pub fn begin(
        file: &str,
        binds: &[&str],
        settings: &[(String, String)],
        log: &Path,
    ) -> Result<Haproxy> {
        let path = log.with_file_name(file);
        std::fs::write(
            &path,
            as_whoever_runs_it(&deploy(&format!("haproxy/{file}"))?),
        )?;
        std::fs::write(
            log.with_file_name("emergency.html"),
            deploy("haproxy/emergency.html")?,
        )?;
        let mut listens = Vec::new();
        let mut command = Command::new("/usr/sbin/haproxy");
        let out = File::create(log)?;
        command
            .arg("-db")
            .arg("-f")
            .arg(path)
            .env_clear()
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out);
        for bind in binds {
            let address = free_address()?;
            command.env(bind, address.to_string());
            listens.push(address);
        }
        let child = command.spawn().context("haproxy cannot be run")?;
        let proxy = Haproxy { child, listens };
        let began = Instant::now();
        while !proxy
            .listens
            .iter()
            .all(|at| TcpStream::connect(at).is_ok())
        {
            if began.elapsed() > Duration::from_secs(10) {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                bail!("haproxy does not listen:\n{said}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(proxy)
    }
}

/// The file without what only root can do, where somebody else runs it.
fn as_whoever_runs_it(text: &str) -> String {
    if rustix::process::geteuid().is_root() {
        return text.to_owned();
    }
    let is_of_root = |line: &&str| {
        let word = line.split_whitespace().next();
        word.is_some_and(|word| matches!(word, "user" | "group" | "chroot"))
    };
    let kept: Vec<&str> = text.lines().filter(|line| !is_of_root(line)).collect();
    kept.join("\n") + "\n"
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
