//! Thousands of clients that hold both sites by being slow: they say nothing, half a head, or a form of which a byte comes every
//! two seconds. How much memory that takes at the most, and how long somebody waits for a page meanwhile who is none of them.

use crate::fill::{self, Place, Size};
use crate::http::Connection;
use crate::result::{Report, Times};
use crate::server::{How, Server};
use anyhow::{Context, Result};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

/// What to measure with.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// Slow clients of each of the two sites
    #[arg(long, default_value_t = 4_500)]
    clients: u32,
    /// Seconds for each kind of them
    #[arg(long, default_value_t = 12)]
    seconds: u64,
}

/// How a client is slow: a name for the result, and what it sends at first to whom.
type Kind = (&'static str, fn(SocketAddr) -> String);

const KINDS: [Kind; 5] = [
    ("nothing", |_| String::new()),
    ("half a head of 15 kB", |at| {
        format!("{}x-long: {}", head(at), "p".repeat(15_000))
    }),
    ("a form, seven bytes at first", |at| {
        format!("{}content-length: 60000\r\n\r\nemail=a", head(at))
    }),
    ("a form, 8 kB at first", |at| form(at, "")),
    (
        "the same as if signed in, with 50 fields of the head",
        |at| {
            let mut fields = format!(
                "cookie: __Host-my-hersys={0}; __Host-hersys-staff={0}\r\n",
                "a".repeat(43)
            );
            for n in 0..45 {
                let _ = write!(fields, "x{n}: y\r\n");
            }
            form(at, &fields)
        },
    ),
];

fn head(at: SocketAddr) -> String {
    format!(
        "POST /sign-in HTTP/1.1\r\nhost: {at}\r\norigin: http://{at}\r\ncontent-type: application/x-www-form-urlencoded\r\n"
    )
}

fn form(at: SocketAddr, fields: &str) -> String {
    format!(
        "{}{fields}content-length: 60000\r\n\r\nemail={}",
        head(at),
        "a".repeat(8_100)
    )
}

/// What one address may have is far less than this, so they come from many of this machine.
async fn comes(to: SocketAddr, number: u32, first: &[u8]) -> Option<TcpStream> {
    let [a, b] = [number % 60, number / 60].map(|n| u8::try_from(n).unwrap_or(0));
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind(([127, 10 + a, 1 + b, 7], 0).into()).ok()?;
    // Those for whom there is no room wait in the system's queue, or are not let in.
    let connecting = timeout(Duration::from_millis(200), socket.connect(to));
    let mut stream = connecting.await.ok()?.ok()?;
    let _ = timeout(Duration::from_millis(20), stream.write_all(first)).await;
    Some(stream)
}

/// Holds both sites for a while, and asks for pages meanwhile.
pub async fn run(args: Args) -> Result<()> {
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    setrlimit(Resource::Nofile, files).context("files cannot be opened")?;
    let mut report = Report::new("slow", Some(args.place.engine()));
    let filled = fill::filled(&args.place, Size::of(500, 5, 2_000)).await?;
    filled.note_in(&mut report);
    report.parameter("slow clients of each site", args.clients);
    report.parameter("seconds for each kind", args.seconds);
    for (kind, first) in KINDS {
        println!("{kind}");
        let server = Server::start(&How::default(), &filled).await?;
        let at_rest = server.peak_memory()?;
        let mut slow = Vec::new();
        for number in 0..args.clients {
            for to in [server.portal, server.console] {
                slow.extend(comes(to, number, first(to).as_bytes()).await);
            }
        }
        report.figure(&format!("{kind}: connections made"), count(slow.len()), "");
        let mut waits = [("portal", server.portal), ("console", server.console)]
            .map(|(site, at)| (site, at, Times::default()));
        let began = Instant::now();
        let mut next = Duration::ZERO;
        while began.elapsed() < Duration::from_secs(args.seconds) {
            if began.elapsed() >= next {
                next += Duration::from_secs(2);
                for stream in &mut slow {
                    let _ = stream.try_write(b"b");
                }
            }
            for (_, at, times) in &mut waits {
                let asked = Instant::now();
                // A new connection each time, as of somebody who has just come.
                let mut visitor = Connection::open(*at).await?;
                visitor.get("/sign-in", "").await?;
                times.add(asked.elapsed());
            }
            sleep(Duration::from_millis(100)).await;
        }
        drop(slow);
        report.figure(&format!("{kind}: memory at rest"), at_rest, "MiB");
        report.against(
            &format!("{kind}: peak memory"),
            (server.peak_memory()?, "MiB"),
            ("what is allowed", 256.0),
            "≤ 1×",
        );
        for (site, _, times) in &waits {
            report.times(
                &format!("{kind}: a page of the {site} for somebody else"),
                times,
            );
        }
        server.stop().await?;
    }
    report.write()?;
    filled.close();
    Ok(())
}

fn count(of: usize) -> f64 {
    f64::from(u32::try_from(of).unwrap_or(u32::MAX))
}
