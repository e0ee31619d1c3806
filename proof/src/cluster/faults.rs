//! What befalls a machine of a cluster.

use super::Cluster;
use crate::server::agent;
use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::time::Duration;

impl Cluster {
    /// The postmaster of a machine.
    fn postmaster(&self, number: usize) -> Option<Pid> {
        let file = self.machines[number].folder.join("data/postmaster.pid");
        let text = fs::read_to_string(file).ok()?;
        Pid::from_raw(text.lines().next()?.parse().ok()?)
    }

    /// Kills PostgreSQL on a machine, without a word (SIGKILL).
    ///
    /// # Errors
    /// Where it does not run.
    pub fn kill_postgres(&self, number: usize) -> Result<()> {
        let pid = self
            .postmaster(number)
            .context("PostgreSQL does not run there")?;
        Ok(kill_process(pid, Signal::KILL)?)
    }

    /// Takes a machine away: everything on it ends at once.
    pub fn lose(&mut self, number: usize) {
        let postmaster = self.postmaster(number);
        self.machines[number].patroni = None;
        if let Some(pid) = postmaster {
            let _ = kill_process(pid, Signal::KILL);
        }
        self.machines[number].etcd = None;
    }

    /// A machine that was lost comes back.
    ///
    /// # Errors
    /// Where its programs cannot be run.
    pub fn bring_back(&mut self, number: usize) -> Result<()> {
        self.start_etcd(number)?;
        self.start_patroni(number)
    }

    /// Everything of a machine stands still, or goes on: it accepts connections, and answers nothing.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn stand_still(&self, number: usize, still: bool) -> Result<()> {
        let signal = if still { Signal::STOP } else { Signal::CONT };
        let postmaster = self
            .postmaster(number)
            .context("PostgreSQL does not run there")?;
        let parts = [&self.machines[number].patroni, &self.machines[number].etcd];
        let mut all: Vec<Pid> = parts
            .into_iter()
            .flatten()
            .map(|part| Pid::from_child(&part.child))
            .collect();
        all.push(postmaster);
        all.extend(children(postmaster)?);
        for pid in all {
            // One that ended meanwhile needs no signal.
            let _ = kill_process(pid, signal);
        }
        Ok(())
    }

    /// Cuts a machine off from everybody, or puts it back.
    ///
    /// # Errors
    /// Where the machines were not begun apart.
    pub fn cut_off(&self, number: usize, off: bool) -> Result<()> {
        self.network.pull_out(number, off)
    }

    /// Hands leadership over on purpose.
    ///
    /// # Errors
    /// Where Patroni refuses.
    pub fn switch_over(&self, from: usize) -> Result<()> {
        let ask = serde_json::json!({ "leader": self.machines[from].name }).to_string();
        let mut answer = agent(Duration::from_secs(60))
            .post(format!("http://{}:28008/switchover", self.host(from)))
            .header("authorization", "Basic cGF0cm9uaTpjaGFuZ2UtbWUtMQ==")
            .header("content-type", "application/json")
            .send(ask)?;
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        ensure!(answer.status() == 200, "{}: {text}", answer.status());
        Ok(())
    }
}

/// The processes that a process has begun.
fn children(of: Pid) -> Result<Vec<Pid>> {
    let parent = |stat: &str| -> Option<i32> {
        stat.rsplit(')')
            .next()?
            .split_whitespace()
            .nth(1)?
            .parse()
            .ok()
    };
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(number) = entry
            .file_name()
            .to_str()
            .and_then(|n| n.parse::<i32>().ok())
        else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if parent(&stat) == Some(of.as_raw_nonzero().get()) {
            found.extend(Pid::from_raw(number));
        }
    }
    Ok(found)
}
