//! A PostgreSQL server: a few worker threads with a connection each, one transaction for each piece of work.

use super::lane::{In, Lane, Out, Waiting, lane};
use super::{Error, Job, Param, Row, Tx};
use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls, Statement, Transaction};
use rustls::{ClientConfig, RootCertStore};
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Worker threads, and so connections: more of them were measured to be slower on a small server.
const WORKERS: usize = 8;
/// The same for the health centers: connections of their own, so that they never wait behind people at home.
const STAFF_WORKERS: usize = 4;
/// How many pieces of work may wait before callers are told to come back.
const QUEUE: usize = 4_096;
/// The same for the health centers.
const STAFF_QUEUE: usize = 1_024;
/// How often a piece of work is run again when two transactions met, before its caller is told.
const RUNS: usize = 10;

#[derive(Clone)]
pub(crate) struct Postgres {
    people: In,
    staff: In,
}

impl Postgres {
    pub(crate) fn open(url: &str, schema: Option<&str>) -> Result<Postgres, Error> {
        let mut config = Config::from_str(url)
            .map_err(|_| Error::Unavailable("the database URL cannot be read".to_owned()))?;
        config.connect_timeout(Duration::from_secs(5));
        if let Some(schema) = schema {
            config.options(&format!("-c search_path={schema}"));
        }
        config.application_name("hersys");
        let first = connect(&config)?;
        let (people, people_out) = lane(QUEUE);
        let (staff, staff_out) = lane(STAFF_QUEUE);
        let mut first = Some(first);
        let lanes = [
            ("postgres", WORKERS, people_out),
            ("postgres-staff", STAFF_WORKERS, staff_out),
        ];
        for (name, workers, jobs) in lanes {
            for number in 0..workers {
                let (jobs, config, client) = (jobs.clone(), config.clone(), first.take());
                std::thread::Builder::new()
                    .name(format!("{name}-{number}"))
                    .spawn(move || Worker::new(config, client).work(&jobs))
                    .map_err(|e| Error::Unavailable(e.to_string()))?;
            }
        }
        Ok(Postgres { people, staff })
    }

    pub(crate) fn enqueue(&self, lane: Lane, job: Box<dyn Job>) -> Result<(), Error> {
        self.lane(lane).put(job)
    }

    pub(crate) fn waiting(&self, lane: Lane) -> Waiting {
        self.lane(lane).waiting()
    }

    fn lane(&self, lane: Lane) -> &In {
        match lane {
            Lane::People => &self.people,
            Lane::Staff => &self.staff,
        }
    }
}

/// Whether all of a server's addresses are on this machine, so that nobody can listen.
fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    })
}

/// Connects: in the clear to this machine or where the URL says `sslmode=disable`, else only by TLS to a server whose
/// certificate the machine trusts. People's data never cross a network in the clear unless somebody asks for it.
fn connect(config: &Config) -> Result<Client, Error> {
    let connected = match config.get_ssl_mode() {
        SslMode::Disable => config.connect(NoTls),
        SslMode::Require => config.connect(tls()?),
        _ if is_local(config) => config.connect(NoTls),
        _ => {
            let mut strict = config.clone();
            strict.ssl_mode(SslMode::Require);
            strict.connect(tls()?)
        }
    };
    connected.map_err(|e| {
        Error::Unavailable(format!(
            "connecting to PostgreSQL failed: {e}{}",
            std::error::Error::source(&e).map_or(String::new(), |s| format!(": {s}"))
        ))
    })
}

fn tls() -> Result<MakeRustlsConnect, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Unavailable(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

struct Worker {
    config: Config,
    client: Option<Client>,
    statements: HashMap<&'static str, Statement>,
}

impl Worker {
    fn new(config: Config, client: Option<Client>) -> Worker {
        Worker {
            config,
            client,
            statements: HashMap::new(),
        }
    }

    fn work(mut self, jobs: &Out) {
        while let Some(mut job) = jobs.next() {
            let mut fate = Err(Error::TryAgain);
            for run in 0..RUNS {
                fate = self.attempt(job.as_mut());
                let again = matches!(fate, Err(Error::TryAgain))
                    || (fate.is_ok() && job.wants_another_run());
                if !again {
                    break;
                }
                // Two that met should not meet again in step.
                std::thread::sleep(Duration::from_millis(2 * run as u64 + 1));
            }
            job.tell(match fate {
                Err(Error::TryAgain) => Err(Error::Busy),
                other => other,
            });
        }
    }

    /// One transaction. `Ok` says that it ended as the closure wished: committed, or undone at its own request.
    fn attempt(&mut self, job: &mut dyn Job) -> Result<(), Error> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            self.statements.clear();
            self.client = None;
            self.client = Some(connect(&self.config)?);
        }
        let Some(client) = self.client.as_mut() else {
            return Err(Error::Unavailable("no connection".to_owned()));
        };
        let mut tx = Tx::Postgres(client.transaction()?, &mut self.statements);
        let keep = job.run(&mut tx);
        let Tx::Postgres(tx, _) = tx else {
            return Err(Error::Broken("the engine changed under way".to_owned()));
        };
        if keep {
            Ok(tx.commit()?)
        } else {
            // The connection may be the reason of the failure; then the server has undone it already.
            let _ = tx.rollback();
            Ok(())
        }
    }
}

fn prepared<'s>(
    tx: &mut Transaction<'_>,
    statements: &'s mut HashMap<&'static str, Statement>,
    sql: &'static str,
) -> Result<&'s Statement, Error> {
    if !statements.contains_key(sql) {
        let statement = tx.prepare(sql)?;
        statements.insert(sql, statement);
    }
    Ok(&statements[sql])
}

fn references<'p>(params: &[&'p dyn Param]) -> Vec<&'p (dyn postgres::types::ToSql + Sync)> {
    params
        .iter()
        .map(|p| *p as &(dyn postgres::types::ToSql + Sync))
        .collect()
}

pub(super) fn execute(
    tx: &mut Transaction<'_>,
    statements: &mut HashMap<&'static str, Statement>,
    sql: &'static str,
    params: &[&dyn Param],
) -> Result<u64, Error> {
    let statement = prepared(tx, statements, sql)?;
    Ok(tx.execute(statement, &references(params))?)
}

pub(super) fn query<T>(
    tx: &mut Transaction<'_>,
    statements: &mut HashMap<&'static str, Statement>,
    sql: &'static str,
    params: &[&dyn Param],
    mut read: impl FnMut(Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let statement = prepared(tx, statements, sql)?;
    tx.query(statement, &references(params))?
        .iter()
        .map(|row| read(Row::Postgres(row)))
        .collect()
}
