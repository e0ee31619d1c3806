//! A nurse whose worklist stands open, while nodes are restarted: pages are asked for without a pause, and the stream by which the
//! worklist changes by itself is opened again wherever it ends, as a browser does.

use crate::server::agent;
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long after a page the next one is opened.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a stream may say nothing: every 15 seconds it says that it is there.
const SILENT: Duration = Duration::from_secs(20);
/// How long after a stream has ended a browser opens the next one; theirs waits some seconds.
const AGAIN: Duration = Duration::from_millis(500);
/// How many lines the head of an answer has at most.
const HEAD: usize = 100;

/// What was met.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How many worklists were shown.
    pub(super) pages: u64,
    /// How often the stream was opened.
    pub(super) streams: u64,
    /// How often it said that something changed.
    pub(super) changes: u64,
    /// What came instead of a page or a stream, the first few.
    pub(super) wrong: Vec<String>,
}

#[derive(Default)]
struct Shared {
    is_over: AtomicBool,
    pages: AtomicU64,
    streams: AtomicU64,
    changes: AtomicU64,
    wrong: Mutex<Vec<String>>,
    /// The stream that stands.
    stands: Mutex<Option<TcpStream>>,
}

impl Shared {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    fn is_wrong(&self, what: String) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() < 5 {
            wrong.push(what);
        }
    }
}

/// The nurse, until told to stop.
pub(super) struct Nurse {
    shared: Arc<Shared>,
    busy: Vec<JoinHandle<()>>,
}

impl Nurse {
    /// Begins, at a console, with the cookie of a session.
    pub(super) fn begin(console: SocketAddr, cookie: &str) -> Nurse {
        let shared = Arc::new(Shared::default());
        let works: [fn(&Shared, SocketAddr, &str); 2] = [looks, listens];
        let busy = works.map(|work| {
            let (shared, cookie) = (shared.clone(), cookie.to_owned());
            std::thread::spawn(move || work(&shared, console, &cookie))
        });
        Nurse {
            shared,
            busy: busy.into(),
        }
    }

    /// Waits until the stream says once more that something changed; tells whether it does so within `most`.
    pub(super) fn hears_within(&self, most: Duration) -> bool {
        let (began, before) = (Instant::now(), self.shared.changes.load(Ordering::SeqCst));
        while began.elapsed() < most {
            if self.shared.changes.load(Ordering::SeqCst) > before {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// Stops, and tells what was met.
    pub(super) fn stop(mut self) -> Seen {
        self.halt();
        let shared = &self.shared;
        let wrong = shared.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        Seen {
            pages: shared.pages.load(Ordering::SeqCst),
            streams: shared.streams.load(Ordering::SeqCst),
            changes: shared.changes.load(Ordering::SeqCst),
            wrong: wrong.clone(),
        }
    }

    fn halt(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        let stands = self.shared.stands.lock();
        if let Some(stream) = &*stands.unwrap_or_else(PoisonError::into_inner) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        for one in self.busy.drain(..) {
            let _ = one.join();
        }
    }
}

impl Drop for Nurse {
    fn drop(&mut self) {
        self.halt();
    }
}

/// Opens the worklist again and again.
fn looks(shared: &Shared, console: SocketAddr, cookie: &str) {
    let agent = agent(PATIENCE);
    while !shared.is_over() {
        let asked = agent.get(format!("http://{console}/"));
        match asked.header("cookie", cookie).call() {
            Ok(mut answer) if answer.status() == 200 => match answer.body_mut().read_to_string() {
                Ok(_) => {
                    shared.pages.fetch_add(1, Ordering::SeqCst);
                }
                Err(error) => shared.is_wrong(format!("half a worklist: {error}")),
            },
            Ok(answer) => shared.is_wrong(format!("a worklist: {}", answer.status())),
            Err(error) => shared.is_wrong(format!("a worklist: {error}")),
        }
        std::thread::sleep(PAUSE);
    }
}

/// Listens to what changes, and opens the stream again where it ends.
fn listens(shared: &Shared, console: SocketAddr, cookie: &str) {
    while !shared.is_over() {
        if let Err(error) = stream(shared, console, cookie)
            && !shared.is_over()
        {
            shared.is_wrong(format!("a stream: {error:#}"));
        }
        std::thread::sleep(AGAIN);
    }
}

/// One stream, until it ends.
///
/// # Errors
/// Where it does not begin, or says nothing for too long. That it ends, as with its node, is none.
fn stream(shared: &Shared, console: SocketAddr, cookie: &str) -> Result<()> {
    let mut stream = TcpStream::connect(console)?;
    stream.set_read_timeout(Some(SILENT))?;
    write!(
        stream,
        "GET /worklist/events HTTP/1.1\r\nHost: {console}\r\nAccept: text/event-stream\r\nCookie: {cookie}\r\n\r\n"
    )?;
    *shared.stands.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream.try_clone()?);
    let mut lines = BufReader::new(stream).lines();
    let status = lines.next().context("it was closed without a word")??;
    ensure!(status.starts_with("HTTP/1.1 200"), "{status}");
    for _ in 0..HEAD {
        if lines.next().context("half a head")??.is_empty() {
            break;
        }
    }
    shared.streams.fetch_add(1, Ordering::SeqCst);
    for line in lines {
        // Whoever stops may have looked for the stream just before it stood.
        if shared.is_over() {
            return Ok(());
        }
        match line {
            // Between are lines that tell how long each piece is.
            Ok(line) if line.starts_with("event: changed") => {
                shared.changes.fetch_add(1, Ordering::SeqCst);
            }
            Ok(_) => {}
            Err(error) => {
                let is_silent = matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                );
                ensure!(!is_silent, "it says nothing for {SILENT:?}");
                return Ok(());
            }
        }
    }
    Ok(())
}
