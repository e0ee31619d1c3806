//! What the machine allows at best, measured in the same run as what is held against it: a web server that does
//! nothing, a durable commit of as many bytes as a report has, and PostgreSQL's own load generator with the same insert.
//! These know nothing of the product, so their SQL is here and not in `storage`.

mod waiting;

use crate::machine::{Tree, pin, postgres_tree, thread_cpu};
use crate::result::Report;
use anyhow::{Context, Result, bail};
use axum::Router;
use axum::extract::Form;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Bytes of a report as it is stored, its keys left out.
const BODY: usize = 160;
/// Connections of the load generator, each with one request under way.
pub const CONNECTIONS: u32 = 16;
/// Connections of `pgbench`; more were measured to be slower.
const CLIENTS: &str = "8";

/// Something done over and over: how often in a second, and the CPU that each took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rate {
    /// How many in a second.
    pub per_second: f64,
    /// Microseconds of CPU of the server (process tree) for each.
    pub cpu: f64,
}

/// What `pgbench` reached, and the CPU of server and clients for each row.
#[derive(Clone, Copy, Debug, Default)]
pub struct PgBench {
    /// One row a transaction.
    pub alone: Rate,
    /// Rows of transactions of 64.
    pub grouped: Rate,
}

/// The ceilings of this machine in this run.
#[derive(Clone, Debug, Default)]
pub struct Ceilings {
    /// A GET that answers a word.
    pub hello: Rate,
    /// A form of a report's size, with a cookie, parsed and looked at, without a database.
    pub form: Rate,
    /// Durable SQLite commits (`WAL`, `synchronous=FULL`) of one row.
    pub commit: Rate,
    /// Rows of commits of 64.
    pub commit_64: Rate,
    /// Rows of commits of 256.
    pub commit_256: Rate,
    /// Rows for which 64 callers wait, each until its own is on the disk: a group commit.
    pub waiting: Rate,
    /// The same on PostgreSQL, with one `unnest` for all that wait.
    pub waiting_postgres: Option<Rate>,
    /// PostgreSQL, where its URL was given and it runs on this machine.
    pub postgres: Option<PgBench>,
}

impl Ceilings {
    /// Measures all of them, each for so many seconds. Blocks. `folder` lies on the disk that is to be measured;
    /// `postgres`: the URL of a server, on which a table `bench_bare` is made and dropped.
    pub fn measure(folder: &Path, postgres: Option<&str>, seconds: f64) -> Result<Ceilings> {
        let time = Duration::from_secs_f64(seconds);
        let ceilings = Ceilings {
            hello: serve(GET.as_bytes().to_vec(), time)?,
            form: serve(form_request(), time)?,
            commit: commits(folder, 1, time)?,
            commit_64: commits(folder, 64, time)?,
            commit_256: commits(folder, 256, time)?,
            waiting: waiting::on_sqlite(folder, time)?,
            waiting_postgres: match postgres {
                Some(url) => with_bare_table(url, || waiting::on_postgres(url, time))?,
                None => None,
            },
            postgres: match postgres {
                Some(url) => pgbench(url, time)?,
                None => None,
            },
        };
        Ok(ceilings)
    }

    /// Adds them to a report.
    pub fn add_to(&self, report: &mut Report) {
        let mut add = |name: &str, rate: Rate| {
            report.figure(&format!("ceiling: {name}"), rate.cpu, "µs CPU");
            report.figure(&format!("ceiling: {name}"), rate.per_second, "per s");
        };
        add("axum, a word", self.hello);
        add("axum, a form", self.form);
        add("SQLite, one row a commit", self.commit);
        add("SQLite, 64 rows a commit", self.commit_64);
        add("SQLite, 256 rows a commit", self.commit_256);
        add("SQLite, 64 who wait for a shared commit", self.waiting);
        if let Some(waiting) = self.waiting_postgres {
            add(
                "PostgreSQL, 64 who wait for a shared commit, with its client",
                waiting,
            );
        }
        if let Some(pgbench) = self.postgres {
            add(
                "pgbench, one row a transaction, with its client",
                pgbench.alone,
            );
            add(
                "pgbench, 64 rows a transaction, with its client",
                pgbench.grouped,
            );
        }
        let least = "ceiling: a report, at least";
        report.figure(least, self.report_on_sqlite().1, "µs CPU");
        if let Some((_, cpu)) = self.report_on_postgres() {
            report.figure(&format!("{least}, PostgreSQL"), cpu, "µs CPU");
        }
    }

    /// Microseconds of CPU that a report costs at least on SQLite, with their name: a form, and a commit shared by 64 who
    /// wait for it.
    pub fn report_on_sqlite(&self) -> (&'static str, f64) {
        let cpu = self.form.cpu + self.waiting.cpu;
        ("a form and a shared commit", cpu)
    }

    /// The same on PostgreSQL.
    pub fn report_on_postgres(&self) -> Option<(&'static str, f64)> {
        let waiting = self.waiting_postgres?;
        let cpu = self.form.cpu + waiting.cpu;
        Some(("a form and a shared commit on PostgreSQL", cpu))
    }

    /// Less than any report can cost: a form, and a row of a transaction of 64 that nobody waits for.
    pub fn report_unwaited(&self) -> (&'static str, f64) {
        match self.postgres {
            Some(pgbench) => (
                "a form and a row of 64 by pgbench",
                self.form.cpu + pgbench.grouped.cpu,
            ),
            None => ("a form and a row of 64", self.form.cpu + self.commit_64.cpu),
        }
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: bench\r\n\r\n";

fn form_request() -> Vec<u8> {
    let mut body =
        "case=0193-9f1c-7b10&form_key=0193-9f1c-7b11&temperature=36.5&spo2=97".to_owned();
    for symptom in [
        "cough", "malaise", "breath", "nausea", "head", "throat", "taste", "joints", "diarrhea",
    ] {
        body += &format!("&{symptom}=no");
    }
    body += "&note=&measured_at=2026-11-27T08%3A12";
    let token = "t".repeat(43);
    let length = body.len();
    format!(
        "POST /form HTTP/1.1\r\nHost: bench\r\nCookie: session={token}\r\nContent-Length: {length}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}"
    )
    .into_bytes()
}

async fn form(headers: HeaderMap, Form(fields): Form<HashMap<String, String>>) -> &'static str {
    let signed_in = headers.get("cookie").is_some_and(|c| c.len() > 43);
    let number = |name: &str| fields.get(name).and_then(|text| text.parse::<f64>().ok());
    let fits = number("temperature").is_some_and(|t| (30.0..45.0).contains(&t))
        && number("spo2").is_some_and(|s| (50.0..=100.0).contains(&s));
    if signed_in && fits { "thank you" } else { "no" }
}

/// A bare server on one core, and a load generator on another: a closed loop, each connection with one request under way.
fn serve(request: Vec<u8>, time: Duration) -> Result<Rate> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (tell, told) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || -> Result<()> {
        pin(0);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let router = Router::new()
                .route("/", get(|| async { "hello" }))
                .route("/form", post(form));
            let serving = async { axum::serve(listener, router).await };
            tokio::select! {
                ended = serving => ended?,
                _ = stopped => {}
            }
            anyhow::Ok(())
        })?;
        // Of this thread alone: the whole server.
        tell.send(thread_cpu())?;
        Ok(())
    });
    let load = std::thread::spawn(move || {
        pin(1);
        knock(address, &request, time)
    });
    let counted = load.join().ok().context("the load generator panicked")?;
    let _ = stop.send(());
    server.join().ok().context("the bare server panicked")??;
    let cpu = told.recv()?;
    let (count, elapsed) = counted?;
    Ok(Rate {
        per_second: count as f64 / elapsed.as_secs_f64(),
        cpu: cpu / count as f64,
    })
}

fn knock(address: SocketAddr, request: &[u8], time: Duration) -> Result<(u64, Duration)> {
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        streams.push(stream);
    }
    let mut buffer = [0u8; 2048];
    let (began, mut count) = (Instant::now(), 0);
    for stream in &mut streams {
        stream.write_all(request)?;
    }
    while began.elapsed() < time {
        for stream in &mut streams {
            // An answer of some hundred bytes arrives as one piece over loopback.
            let length = stream.read(&mut buffer)?;
            if !buffer[..length].starts_with(b"HTTP/1.1 200") {
                bail!("the bare server did not answer 200");
            }
            count += 1;
            stream.write_all(request)?;
        }
    }
    Ok((count, began.elapsed()))
}

/// A table without an index in a new file, written to as durably as the product writes.
fn bare_table(path: &Path) -> Result<rusqlite::Connection> {
    let db = rusqlite::Connection::open(path)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "cache_size", -16_000)?;
    db.execute_batch(
        "CREATE TABLE bare (case_id BLOB NOT NULL, id BLOB NOT NULL, body BLOB NOT NULL) STRICT",
    )?;
    Ok(db)
}

/// A case anywhere, and the number of a report.
fn key(number: u64) -> ([u8; 16], [u8; 16]) {
    let case = u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (case.to_be_bytes(), u128::from(number).to_be_bytes())
}

/// Durable commits of so many rows each, by one thread.
fn commits(folder: &Path, rows: u32, time: Duration) -> Result<Rate> {
    let scratch = tempfile::tempdir_in(folder)?;
    let path = scratch.path().join("bare.db");
    let work = std::thread::spawn(move || -> Result<Rate> {
        pin(0);
        let db = bare_table(&path)?;
        let body = [0x5au8; BODY];
        let (mut count, mut number) = (0u64, 0u64);
        let (began, spent) = (Instant::now(), thread_cpu());
        while began.elapsed() < time {
            db.prepare_cached("BEGIN IMMEDIATE")?.raw_execute()?;
            let mut insert = db.prepare_cached("INSERT INTO bare VALUES (?1, ?2, ?3)")?;
            for _ in 0..rows {
                number += 1;
                let (case, id) = key(number);
                insert.execute((&case[..], &id[..], &body[..]))?;
            }
            drop(insert);
            db.prepare_cached("COMMIT")?.raw_execute()?;
            count += u64::from(rows);
        }
        Ok(Rate {
            per_second: count as f64 / began.elapsed().as_secs_f64(),
            cpu: (thread_cpu() - spent) / count as f64,
        })
    });
    work.join().ok().context("the bare commits panicked")?
}

/// The insert of a bare commit, as `pgbench` knows it.
const ALONE: &str = "INSERT INTO bench_bare VALUES (uuid_send(gen_random_uuid()), uuid_send(gen_random_uuid()), decode(repeat('5a', 160), 'hex'));
";
const GROUPED: &str = "INSERT INTO bench_bare SELECT uuid_send(gen_random_uuid()), uuid_send(gen_random_uuid()), decode(repeat('5a', 160), 'hex') FROM generate_series(1, 64);
";

/// Runs one statement on a thread of its own: the driver brings a runtime that must not start inside another one.
fn statement(url: &str, sql: &'static str) -> Result<()> {
    let url = url.to_owned();
    let work = std::thread::spawn(move || -> Result<()> {
        postgres::Client::connect(&url, postgres::NoTls)?.batch_execute(sql)?;
        Ok(())
    });
    work.join().ok().context("a statement panicked")?
}

fn pgbench(url: &str, time: Duration) -> Result<Option<PgBench>> {
    let Some(server) = postgres_tree(url)? else {
        return Ok(None);
    };
    let measured = with_bare_table(url, || {
        Ok(PgBench {
            alone: pgbench_run(url, server, ALONE, 1, time)?,
            grouped: pgbench_run(url, server, GROUPED, 64, time)?,
        })
    });
    measured.map(Some)
}

/// Does something while there is a table `bench_bare` without an index.
fn with_bare_table<T>(url: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    statement(
        url,
        "DROP TABLE IF EXISTS bench_bare;
         CREATE TABLE bench_bare (case_id bytea NOT NULL, id bytea NOT NULL, body bytea NOT NULL)",
    )?;
    let done = work();
    statement(url, "DROP TABLE IF EXISTS bench_bare")?;
    done
}

fn pgbench_run(url: &str, server: Tree, script: &str, rows: u32, time: Duration) -> Result<Rate> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("insert.sql");
    std::fs::write(&file, script)?;
    let myself = Tree::of(std::process::id());
    let (before, mine) = (server.cpu(), myself.cpu());
    let seconds = time.as_secs().max(1).to_string();
    let output = Command::new("pgbench")
        .args([
            "-n", "-M", "prepared", "-c", CLIENTS, "-j", "2", "-T", &seconds, "-f",
        ])
        .arg(&file)
        .arg(url)
        .output()
        .context("pgbench is missing: it comes with Debian's package postgresql")?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!(
            "pgbench failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    // The backends have ended and been waited for, so their CPU counts as the server's.
    let spent = server.cpu() - before + myself.cpu() - mine;
    let after = |words: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(words))?;
        rest.split([' ', '/'])
            .find_map(|word| word.parse::<f64>().ok())
    };
    let count =
        after("number of transactions actually processed: ").context("pgbench told no count")?;
    let per_second = after("tps = ").context("pgbench told no rate")?;
    Ok(Rate {
        per_second: per_second * f64::from(rows),
        cpu: spent / (count * f64::from(rows)),
    })
}
