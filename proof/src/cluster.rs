//! A database cluster on this machine, from the files under `deploy/`: three machines on loopback addresses, each with
//! etcd and with PostgreSQL under Patroni. Only addresses, ports and paths are exchanged.

mod faults;
mod files;

pub(crate) use files::{deploy, programs, said};

use crate::network::Network;
use crate::server::agent;
use anyhow::{Context, Result, bail};
use files::{make_certificates, moved, settings};
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
    network: Network,
    /// Whom PostgreSQL runs as; none: whoever runs this.
    user: Option<(u32, u32)>,
    machines: Vec<Machine>,
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

impl Cluster {
    /// Makes and starts a cluster in a folder that everybody may enter, and waits until a standby has every commit.
    /// `apart`: each machine has a network namespace of its own, so that its cable can be pulled out; that needs root.
    ///
    /// # Errors
    /// Where a program is missing or it does not come up within a minute and a half.
    pub fn begin(root: &Path, apart: bool) -> Result<Cluster> {
        let user = if rustix::process::geteuid().is_root() {
            let id = |of: &str| said(Command::new("id").args([of, "postgres"]));
            Some((id("-u")?.parse()?, id("-g")?.parse()?))
        } else {
            None
        };
        let mut cluster = Cluster {
            root: root.to_owned(),
            network: Network::new(MACHINES, apart)?,
            user,
            machines: Vec::new(),
        };
        make_certificates(root)?;
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

    fn host(&self, number: usize) -> String {
        self.network.host(number)
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
        let child = command
            .spawn()
            .with_context(|| format!("{command:?} cannot be run"))?;
        Ok(Part { child })
    }

    fn start_etcd(&mut self, number: usize) -> Result<()> {
        let folder = self.machines[number].folder.display().to_string();
        let text = moved(&deploy("etcd/etcd.env")?, number, &self.network)
            .replace("/var/lib/etcd/hersys", &format!("{folder}/etcd"));
        let command = self.network.program(number, "/usr/bin/etcd", self.user);
        let etcd = self.start(number, "etcd.log", command, settings(&text))?;
        self.machines[number].etcd = Some(etcd);
        Ok(())
    }

    fn start_patroni(&mut self, number: usize) -> Result<()> {
        let folder = self.machines[number].folder.display().to_string();
        let text = moved(&deploy("patroni/patroni.env")?, number, &self.network)
            .replace("/var/lib/postgresql/15/hersys", &format!("{folder}/data"))
            .replace("/var/lib/postgresql/.pgpass", &format!("{folder}/.pgpass"))
            .replace(
                "/usr/lib/postgresql/15/bin",
                &programs()?.display().to_string(),
            );
        let patroni = "/usr/bin/patroni";
        let mut command = self.network.program(number, patroni, self.user);
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
        for sql in [
            format!("CREATE ROLE hersys LOGIN PASSWORD '{PASSWORD}'"),
            "CREATE DATABASE hersys OWNER hersys".to_owned(),
        ] {
            let mut psql = self.on_leader("psql")?;
            said(psql.args(["-d", "postgres", "-c", &sql]))?;
        }
        Ok(())
    }

    /// A program of PostgreSQL on the machine that leads, by its socket, as `postgres`.
    fn on_leader(&self, program: &str) -> Result<Command> {
        let leader = self.leader().context("nobody leads")?;
        let mut command = Command::new(programs()?.join(program));
        command
            .arg("-h")
            .arg(self.machines[leader].folder.join("run"))
            .args(["-p", "25432", "-U", "postgres"])
            .current_dir(&self.root)
            .env("PGPASSWORD", "change-me-2");
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        Ok(command)
    }

    /// Makes a base backup as `docs/operating/keeping-data.md` says, and checks it.
    ///
    /// # Errors
    /// Where either of both fails.
    pub fn base_backup(&self) -> Result<()> {
        let backup = self.root.join("base");
        let mut made = self.on_leader("pg_basebackup")?;
        made.args(["--checkpoint=fast", "--wal-method=stream", "-D"]);
        said(made.arg(&backup))?;
        said(Command::new(programs()?.join("pg_verifybackup")).arg(&backup))?;
        fs::remove_dir_all(&backup)?;
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
