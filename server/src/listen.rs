//! How connections come in: hyper driven directly, because every wait of a client must have an end and every client
//! a bound. What is said over a connection is the router's.

mod clients;
mod stall;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use clients::Clients;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use ipnet::IpNet;
use stall::Stall;
use std::convert::Infallible;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower::Service;

/// What a listener bears.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a client may take for the head of a request, and how long a connection may wait for the next one.
    pub head_time: Duration,
    /// The same for connections that come while three quarters of all are taken: whoever says nothing must not keep others
    /// waiting for long.
    pub crowded_head_time: Duration,
    /// The same for trusted proxies. They keep connections open on purpose; closing one under them at the moment at
    /// which they send somebody's report would make an error page of it.
    pub proxy_head_time: Duration,
    /// The largest head of a request in bytes.
    pub head_bytes: usize,
    /// How long a client may leave an answer lying.
    pub write_time: Duration,
    /// Connections at once in total; more wait in the system's queue.
    pub total: usize,
    /// Connections at once of one client: an address, or a /64 network where it is IPv6. Phone companies put many
    /// people behind one address, so this is not small. Trusted proxies are exempt.
    pub per_client: usize,
    /// How long requests may take to finish once the listener is asked to stop.
    pub drain_time: Duration,
    /// Trusted proxies.
    pub proxies: Vec<IpNet>,
    /// Told how many connections are open.
    pub open: metrics::Gauge,
}

/// Connections of the portal at once. In the worst case each takes some fifty kilobytes, so they are what memory is reckoned
/// by (`bench slow`).
pub const PORTAL_CONNECTIONS: usize = 1_664;
/// The same of the console, where a worklist that stands open keeps one, of which there may be two thousand.
pub const CONSOLE_CONNECTIONS: usize = 2_176;
/// Fields of a head. Browsers send some twenty, and proxies add a few; each takes memory of its own.
const FIELDS: usize = 64;

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            head_time: Duration::from_secs(10),
            crowded_head_time: Duration::from_secs(2),
            proxy_head_time: Duration::from_secs(150),
            head_bytes: 16 * 1024,
            write_time: Duration::from_secs(30),
            total: PORTAL_CONNECTIONS,
            per_client: 256,
            drain_time: Duration::from_secs(10),
            proxies: Vec::new(),
            open: metrics::Gauge::noop(),
        }
    }
}

/// Serves a router until `stop` ends, then lets running requests finish for a while. `peer` makes the request
/// extension that tells the router who is at the other end. Once `leaving` is true each answer closes its connection,
/// so that proxies and browsers have let go of theirs before the end: a request that is sent over a connection at the
/// moment at which it is closed is lost.
pub async fn serve<P>(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    peer: fn(SocketAddr) -> P,
    leaving: watch::Receiver<bool>,
    stop: impl Future<Output = ()>,
) where
    P: Clone + Send + Sync + 'static,
{
    let slots = Arc::new(Semaphore::new(limits.total));
    let clients = Clients::new(limits.per_client);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            // A connection is only taken when there is room for it; until then the system's queue holds it.
            let slot = slots.clone().acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            biased;
            () = &mut stop => break,
            next = next => next,
        };
        while connections.try_join_next().is_some() {}
        let (stream, address) = match accepted {
            Ok((stream, address)) => (stream, canonical(address)),
            Err(error) => {
                wait_after(&error).await;
                continue;
            }
        };
        let from_proxy = limits.proxies.iter().any(|p| p.contains(&address.ip()));
        let place = if from_proxy {
            None
        } else if let Some(place) = clients.enter(address.ip()) {
            Some(place)
        } else {
            // Closed without a word: whoever holds that many has no use for one.
            tracing::debug!("a client has too many connections");
            continue;
        };
        let head_time = if from_proxy {
            limits.proxy_head_time
        } else if is_crowded(&slots, limits.total) {
            limits.crowded_head_time.min(limits.head_time)
        } else {
            limits.head_time
        };
        let heard = Arc::new(AtomicBool::new(from_proxy));
        let whose = (head_time, peer(address), heard.clone());
        let ends = ends(slots.clone(), limits.total, leaving.clone());
        let connection = connection(stream, router.clone(), &limits, whose, ends);
        let connection = graceful.watch(connection);
        let open = Open::one_more(&limits.open);
        let gives_way = gives_way(slots.clone(), limits.total, limits.crowded_head_time, heard);
        connections.spawn(async move {
            tokio::select! {
                // What has arrived is read first: on a machine that is late, a head may lie there when the time is over.
                biased;
                // What fails here is the client's end: slow, gone, or not speaking HTTP.
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended");
                },
                () = gives_way => tracing::debug!("a silent connection gave way"),
            }
            drop((slot, place, open));
        });
    }
    drop(listener);
    let drained = tokio::time::timeout(limits.drain_time, graceful.shutdown()).await;
    if drained.is_err() {
        tracing::warn!("requests did not finish in time and were cut off");
    }
    connections.shutdown().await;
}

/// Whether most places are taken.
fn is_crowded(slots: &Semaphore, total: usize) -> bool {
    slots.available_permits() < total / 4
}

/// Whether a connection ends with an answer: when all end, and when hardly a place is left, so that whoever keeps a connection
/// for later, as browsers and proxies do, keeps nobody from coming in now.
fn ends(
    slots: Arc<Semaphore>,
    total: usize,
    leaving: watch::Receiver<bool>,
) -> impl Fn() -> bool + Clone + Send + 'static {
    let few = (total / 16).max(1);
    move || *leaving.borrow() || slots.available_permits() < few
}

/// Ends when somebody who has said nothing yet must give their place to those who wait for one: once it is crowded, whenever
/// they came. Never for whoever has sent the head of a request.
async fn gives_way(
    slots: Arc<Semaphore>,
    total: usize,
    patience: Duration,
    heard: Arc<AtomicBool>,
) {
    tokio::time::sleep(patience).await;
    while !heard.load(Ordering::Relaxed) {
        if is_crowded(&slots, total) {
            return;
        }
        tokio::time::sleep(patience).await;
    }
    std::future::pending().await
}

/// A connection that is open, counted as long as this lives.
struct Open(metrics::Gauge);

impl Open {
    fn one_more(gauge: &metrics::Gauge) -> Open {
        gauge.increment(1.0);
        Open(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

fn connection<P>(
    stream: TcpStream,
    router: Router,
    limits: &Limits,
    (head_time, peer, heard): (Duration, P, Arc<AtomicBool>),
    ends: impl Fn() -> bool + Clone + Send + 'static,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send + 'static
where
    P: Clone + Send + Sync + 'static,
{
    // Answers are written in one piece; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        heard.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(peer.clone());
        let (answer, ends) = (router.clone().call(request), ends.clone());
        async move {
            let mut answer = answer.await?;
            if ends() {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(CONNECTION, close);
            }
            Ok::<_, Infallible>(answer)
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time)
        .max_header_size(limits.head_bytes)
        .max_headers(FIELDS)
        .max_buf_size(limits.head_bytes.max(8_192))
        .serve_connection(TokioIo::new(Stall::new(stream, limits.write_time)), service)
}

/// An IPv4 client of an IPv6 socket is an IPv4 client.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// A client that went away before it was accepted is nothing; no file descriptor left is, and passes.
async fn wait_after(error: &std::io::Error) {
    let theirs = matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    );
    if !theirs {
        tracing::warn!(%error, "a connection cannot be accepted");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
