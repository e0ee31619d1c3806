//! A database cluster on this machine, from the files under `deploy/`: three machines on loopback addresses, each with
//! etcd and with PostgreSQL under Patroni. Only addresses, ports and paths are exchanged.

use crate::server::agent;
use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How many machines.
const MACHINES: usize = 3;
/// The password of `hersys` in the database.
const PASSWORD: &str = "a-password-of-this-test";

/// A program of a machine, with its settings and its log. It is killed with its handle.
struct Part {
    child: Child,
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A machine: what runs on it, as long as it does.
struct Machine {
    name: String,
    folder: PathBuf,
    patroni: Option<Part>,
    etcd: Option<Part>,
}

/// The cluster. It ends with its handle.
pub struct Cluster {
    root: PathBuf,
    /// The second number of the addresses, so that two clusters of one computer do not meet.
    net: u32,
    /// Whom PostgreSQL runs as; none: whoever runs this.
    user: Option<(u32, u32)>,
    machines: Vec<Machine>,
}

/// The folder with the files for operators.
fn deploy(file: &str) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../deploy")
        .join(file);
    fs::read_to_string(&path).with_context(|| format!("{}", path.display()))
}

/// Whether everything is installed that a cluster needs.
pub fn is_installed() -> bool {
    [
        "/usr/bin/patroni",
        "/usr/bin/etcd",
        "/usr/sbin/haproxy",
        "/usr/bin/openssl",
    ]
    .iter()
    .all(|program| Path::new(program).exists())
        && programs().is_ok()
}

/// The folder with the newest PostgreSQL.
pub(crate) fn programs() -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().context("there is no PostgreSQL server")
}

/// What a command prints.
///
/// # Errors
/// Where it fails, with what it complains of.
pub(crate) fn said(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The settings of an environment file.
fn settings(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.replace('\'', "")))
        .collect()
}

impl Cluster {
    /// Makes and starts a cluster in a folder that everybody may enter, and waits until a standby has every commit.
    ///
    /// # Errors
    /// Where a program is missing or it does not come up within a minute and a half.
    pub fn begin(root: &Path) -> Result<Cluster> {
        let user = if rustix::process::geteuid().is_root() {
            let id = |of: &str| said(Command::new("id").args([of, "postgres"]));
            Some((id("-u")?.parse()?, id("-g")?.parse()?))
        } else {
            None
        };
        let mut cluster = Cluster {
            root: root.to_owned(),
            net: 64 + std::process::id() % 128,
            user,
            machines: Vec::new(),
        };
        cluster.make_certificates()?;
        for number in 0..MACHINES {
            let name = format!("db{}", number + 1);
            let folder = root.join(&name);
            fs::create_dir_all(folder.join("run"))?;
            fs::create_dir_all(folder.join("tls"))?;
            for file in ["server.crt", "server.key"] {
                fs::copy(root.join(file), folder.join("tls").join(file))?;
            }
            cluster.machines.push(Machine {
                name,
                folder,
                patroni: None,
                etcd: None,
            });
            let of_patroni = cluster.patroni_file(number)?;
            fs::write(
                cluster.machines[number].folder.join("patroni.yml"),
                of_patroni,
            )?;
        }
        if let Some((uid, gid)) = cluster.user {
            let owner = format!("{uid}:{gid}");
            said(Command::new("chown").args(["-R", &owner]).arg(root))?;
        }
        for number in 0..MACHINES {
            cluster.start_etcd(number)?;
        }
        for number in 0..MACHINES {
            cluster.start_patroni(number)?;
        }
        cluster.whole_within(Duration::from_secs(90))?;
        cluster.make_database()?;
        Ok(cluster)
    }

    fn make_certificates(&self) -> Result<()> {
        let openssl = |arguments: &str| {
            let arguments = arguments.split(' ');
            said(
                Command::new("openssl")
                    .current_dir(&self.root)
                    .args(arguments),
            )
            .map(|_| ())
        };
        openssl(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.crt",
        )?;
        openssl(
            "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
        )?;
        fs::write(self.root.join("names"), "subjectAltName=DNS:localhost\n")?;
        openssl(
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt",
        )?;
        said(
            Command::new("chmod")
                .arg("600")
                .arg(self.root.join("server.key")),
        )
        .map(|_| ())
    }

    fn host(&self, number: usize) -> String {
        format!("127.{}.0.{}", self.net, number + 1)
    }

    /// A text of `deploy/` as it stands on one machine: its own name, our addresses and ports.
    fn moved(&self, text: &str, number: usize) -> String {
        let mut text = text.to_owned();
        // What lists all machines has all; the rest of a file is of the first one.
        for line in text.clone().lines() {
            if line.contains("10.0.0.11") && !line.contains("10.0.0.12") {
                let own = line.replace("10.0.0.11", &format!("10.0.0.1{}", number + 1));
                text = text.replace(&format!("{line}\n"), &format!("{own}\n"));
            }
        }
        for machine in 0..MACHINES {
            text = text.replace(&format!("10.0.0.1{}", machine + 1), &self.host(machine));
        }
        for (theirs, ours) in [
            ("5432", "25432"),
            ("8008", "28008"),
            ("2379", "22379"),
            ("2380", "22380"),
        ] {
            text = text.replace(&format!(":{theirs}"), &format!(":{ours}"));
        }
        text.replace("_NAME=db1\n", &format!("_NAME=db{}\n", number + 1))
    }

    fn patroni_file(&self, number: usize) -> Result<String> {
        let folder = self.machines[number].folder.display().to_string();
        let text = deploy("patroni/patroni.yml")?
            .replace("/etc/hersys/tls", &format!("{folder}/tls"))
            .replace("/var/run/postgresql", &format!("{folder}/run"));
        Ok(match self.user {
            Some(_) => text,
            // Nobody here is `postgres`.
            None => text.replace("     peer", "     scram-sha-256"),
        })
    }

    fn start(
        &self,
        number: usize,
        log: &str,
        mut command: Command,
        settings: Vec<(String, String)>,
    ) -> Result<Part> {
        let folder = &self.machines[number].folder;
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.join(log))?;
        command
            .current_dir(folder)
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin")
            .env("LANG", "C.UTF-8")
            .envs(settings)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        let child = command
            .spawn()
            .with_context(|| format!("{command:?} cannot be run"))?;
        Ok(Part { child })
    }

    fn start_etcd(&mut self, number: usize) -> Result<()> {
        let folder = self.machines[number].folder.display().to_string();
        let text = self
            .moved(&deploy("etcd/etcd.env")?, number)
            .replace("/var/lib/etcd/hersys", &format!("{folder}/etcd"));
        let etcd = self.start(number, "etcd.log", Command::new("etcd"), settings(&text))?;
        self.machines[number].etcd = Some(etcd);
        Ok(())
    }

    fn start_patroni(&mut self, number: usize) -> Result<()> {
        let folder = self.machines[number].folder.display().to_string();
        let text = self
            .moved(&deploy("patroni/patroni.env")?, number)
            .replace("/var/lib/postgresql/15/hersys", &format!("{folder}/data"))
            .replace("/var/lib/postgresql/.pgpass", &format!("{folder}/.pgpass"))
            .replace(
                "/usr/lib/postgresql/15/bin",
                &programs()?.display().to_string(),
            );
        let mut command = Command::new("/usr/bin/patroni");
        command.arg(format!("{folder}/patroni.yml"));
        let patroni = self.start(number, "patroni.log", command, settings(&text))?;
        self.machines[number].patroni = Some(patroni);
        Ok(())
    }

    /// The machine that leads and says so, if one does.
    pub fn leader(&self) -> Option<usize> {
        (0..MACHINES).find(|number| self.answers(*number, "primary"))
    }

    fn answers(&self, number: usize, question: &str) -> bool {
        let url = format!("http://{}:28008/{question}", self.host(number));
        let answer = agent(Duration::from_secs(2)).get(&url).call();
        answer.is_ok_and(|answer| answer.status() == 200)
    }

    /// Waits until one machine leads, all others follow, and one of them has every commit.
    ///
    /// # Errors
    /// Where that takes longer, with the ends of the logs.
    pub fn whole_within(&self, most: Duration) -> Result<()> {
        let began = Instant::now();
        loop {
            let standbys = (0..MACHINES)
                .filter(|n| self.answers(*n, "replica"))
                .count();
            let is_safe = (0..MACHINES).any(|n| self.answers(n, "synchronous"));
            if self.leader().is_some() && standbys == MACHINES - 1 && is_safe {
                return Ok(());
            }
            if began.elapsed() > most {
                bail!("the cluster is not whole after {most:?}:\n{}", self.logs());
            }
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    fn logs(&self) -> String {
        let mut all = String::new();
        for machine in &self.machines {
            for log in ["patroni.log", "etcd.log"] {
                let text = fs::read_to_string(machine.folder.join(log)).unwrap_or_default();
                let lines: Vec<&str> = text.lines().collect();
                let last = lines[lines.len().saturating_sub(8)..].join("\n");
                all += &format!("{} {log}:\n{last}\n", machine.name);
            }
        }
        all
    }

    fn make_database(&self) -> Result<()> {
        let leader = self.leader().context("nobody leads")?;
        for sql in [
            format!("CREATE ROLE hersys LOGIN PASSWORD '{PASSWORD}'"),
            "CREATE DATABASE hersys OWNER hersys".to_owned(),
        ] {
            let mut psql = Command::new(programs()?.join("psql"));
            psql.arg("-h")
                .arg(self.machines[leader].folder.join("run"))
                .args([
                    "-p", "25432", "-U", "postgres", "-d", "postgres", "-c", &sql,
                ])
                .current_dir(&self.root)
                .env("PGPASSWORD", "change-me-2");
            if let Some((uid, gid)) = self.user {
                psql.uid(uid).gid(gid);
            }
            said(&mut psql)?;
        }
        Ok(())
    }

    /// The database through HAProxy, encrypted, as a node reaches it.
    pub fn url_through(&self, port: u16) -> String {
        format!("postgres://hersys:{PASSWORD}@localhost:{port}/hersys?sslmode=require")
    }

    /// The certificate that a node must trust.
    pub fn authority(&self) -> PathBuf {
        self.root.join("ca.crt")
    }

    /// The database on the machine that leads, by its socket.
    ///
    /// # Errors
    /// Where nobody leads.
    pub fn url_of_leader(&self) -> Result<String> {
        let leader = self.leader().context("nobody leads")?;
        let socket = self.machines[leader]
            .folder
            .join("run")
            .display()
            .to_string();
        let socket = socket.replace('/', "%2F");
        Ok(format!(
            "postgres://hersys:{PASSWORD}@{socket}:25432/hersys"
        ))
    }

    /// What HAProxy must know of the machines.
    ///
    /// # Errors
    /// Where the file is missing.
    pub fn addresses(&self) -> Result<Vec<(String, String)>> {
        let mut text = String::new();
        for line in deploy("haproxy/haproxy.env")?.lines() {
            let line = line.replace("PORT=8008", "PORT=28008");
            let mut line = line.replace(":5432", ":25432");
            for machine in 0..MACHINES {
                line = line.replace(&format!("10.0.0.1{}", machine + 1), &self.host(machine));
            }
            text += &line;
            text.push('\n');
        }
        Ok(settings(&text))
    }

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

impl Drop for Cluster {
    fn drop(&mut self) {
        for number in 0..self.machines.len() {
            // Where it stands still, it could not end.
            let _ = self.stand_still(number, false);
            self.lose(number);
        }
    }
}
