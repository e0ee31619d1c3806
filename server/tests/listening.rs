//! Slow, greedy and impatient clients, over raw sockets on the loopback interface.
#![allow(clippy::unwrap_used)]

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use server::listen::{Limits, serve};
use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

#[derive(Clone)]
struct Peer(SocketAddr);

const HEAD: &str = "GET / HTTP/1.1\r\nHost: h\r\n";

struct House {
    address: SocketAddr,
    leave: watch::Sender<bool>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl House {
    async fn with(limits: Limits) -> House {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let hello = |Extension(peer): Extension<Peer>| async move { format!("hello {}", peer.0) };
        let slow = || async {
            sleep(Duration::from_secs(2)).await;
            "at last"
        };
        let large = || async { "x".repeat(64 * 1024 * 1024) };
        let router = Router::new()
            .route("/", get(hello))
            .route("/slow", get(slow))
            .route("/large", get(large));
        let (leave, leaving) = watch::channel(false);
        let task = tokio::spawn(serve(listener, router, limits, Peer, leaving, async {
            let _ = stopped.await;
        }));
        House {
            address,
            leave,
            stop: Some(stop),
            task,
        }
    }

    async fn connects(&self) -> TcpStream {
        soon(TcpStream::connect(self.address)).await.unwrap()
    }

    fn is_asked_to_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }
}

/// Nothing here may take longer.
async fn soon<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(8), future)
        .await
        .expect("in time")
}

fn quick() -> Limits {
    Limits {
        head_time: Duration::from_millis(400),
        ..Limits::default()
    }
}

/// All that comes until the other end closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end, too.
    let _ = soon(stream.read_to_end(&mut bytes)).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One answer on a connection that stays open.
async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 4096];
    let read = soon(stream.read(&mut bytes)).await.unwrap();
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

#[tokio::test]
async fn a_request_is_answered_and_its_peer_is_known() {
    let house = House::with(quick()).await;
    let mut client = house.connects().await;
    for _ in 0..3 {
        client
            .write_all(format!("{HEAD}\r\n").as_bytes())
            .await
            .unwrap();
        let said = answer(&mut client).await;
        assert!(said.starts_with("HTTP/1.1 200"), "{said}");
        let me = client.local_addr().unwrap();
        assert!(said.ends_with(&format!("hello {me}")), "{said}");
    }
}

#[tokio::test]
async fn a_head_that_dribbles_in_has_an_end() {
    let house = House::with(quick()).await;
    let began = Instant::now();
    let mut client = house.connects().await;
    client.write_all(HEAD.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = client.split();
    let dribble = async {
        for n in 0..200 {
            sleep(Duration::from_millis(50)).await;
            if writing
                .write_all(format!("X-{n}: y\r\n").as_bytes())
                .await
                .is_err()
            {
                break;
            }
        }
    };
    let mut bytes = Vec::new();
    tokio::select! {
        () = dribble => panic!("nobody closed"),
        _ = soon(reading.read_to_end(&mut bytes)) => {}
    }
    let took = began.elapsed();
    assert!(
        took >= Duration::from_millis(350) && took < Duration::from_secs(3),
        "{took:?}"
    );
    let said = String::from_utf8_lossy(&bytes);
    assert!(!said.contains("200 OK"), "{said}");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let house = House::with(quick()).await;
    let began = Instant::now();
    let mut client = house.connects().await;
    rest(&mut client).await;
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_connection_that_waits_for_its_next_request_is_closed() {
    let house = House::with(quick()).await;
    let mut client = house.connects().await;
    client
        .write_all(format!("{HEAD}\r\n").as_bytes())
        .await
        .unwrap();
    assert!(answer(&mut client).await.contains("hello"));
    let began = Instant::now();
    assert_eq!(rest(&mut client).await, "");
    let took = began.elapsed();
    assert!(
        took >= Duration::from_millis(350) && took < Duration::from_secs(3),
        "{took:?}"
    );
}

#[tokio::test]
async fn a_trusted_proxy_may_keep_its_connections() {
    let limits = Limits {
        per_client: 1,
        proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..quick()
    };
    let house = House::with(limits).await;
    let mut client = house.connects().await;
    let mut other = house.connects().await;
    sleep(Duration::from_millis(900)).await;
    for client in [&mut client, &mut other] {
        client
            .write_all(format!("{HEAD}\r\n").as_bytes())
            .await
            .unwrap();
        assert!(answer(client).await.contains("hello"));
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let house = House::with(Limits::default()).await;
    let fits = format!(
        "{HEAD}Cookie: {}\r\nConnection: close\r\n\r\n",
        "c".repeat(15 * 1024)
    );
    let mut client = house.connects().await;
    client.write_all(fits.as_bytes()).await.unwrap();
    assert!(rest(&mut client).await.starts_with("HTTP/1.1 200"));
    for large in [
        format!("{HEAD}Cookie: {}\r\n\r\n", "c".repeat(17 * 1024)),
        format!("{HEAD}Cookie: {}", "c".repeat(17 * 1024)),
        format!("{HEAD}{}\r\n", "X: y\r\n".repeat(300)),
    ] {
        let mut client = house.connects().await;
        let _ = client.write_all(large.as_bytes()).await;
        let said = rest(&mut client).await;
        assert!(said.starts_with("HTTP/1.1 431"), "{said}");
    }
}

#[tokio::test]
async fn one_client_cannot_take_all_connections() {
    let limits = Limits {
        per_client: 3,
        ..Limits::default()
    };
    let house = House::with(limits).await;
    let mut kept = Vec::new();
    for _ in 0..3 {
        let mut client = house.connects().await;
        client
            .write_all(format!("{HEAD}\r\n").as_bytes())
            .await
            .unwrap();
        assert!(answer(&mut client).await.contains("hello"));
        kept.push(client);
    }
    let mut one_more = house.connects().await;
    assert_eq!(rest(&mut one_more).await, "");
    drop(kept.pop());
    // The place is free as soon as the server has seen the end.
    let mut served = false;
    for _ in 0..40 {
        let mut again = house.connects().await;
        let _ = again
            .write_all(format!("{HEAD}Connection: close\r\n\r\n").as_bytes())
            .await;
        served = rest(&mut again).await.contains("hello");
        if served {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert!(served);
}

#[tokio::test]
async fn more_connections_than_there_is_room_for_wait_their_turn() {
    let limits = Limits {
        total: 2,
        ..quick()
    };
    let house = House::with(limits).await;
    let _idle = [house.connects().await, house.connects().await];
    let mut waiting = house.connects().await;
    waiting
        .write_all(format!("{HEAD}Connection: close\r\n\r\n").as_bytes())
        .await
        .unwrap();
    assert!(rest(&mut waiting).await.contains("hello"));
}

#[tokio::test]
async fn whoever_says_nothing_while_it_is_crowded_is_not_waited_for_as_long() {
    let limits = Limits {
        total: 8,
        head_time: Duration::from_secs(60),
        crowded_head_time: Duration::from_millis(300),
        ..Limits::default()
    };
    let house = House::with(limits).await;
    let mut heard = house.connects().await;
    heard
        .write_all(format!("{HEAD}\r\n").as_bytes())
        .await
        .unwrap();
    assert!(answer(&mut heard).await.contains("hello"));
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(house.connects().await);
    }
    let began = Instant::now();
    let mut waiting = house.connects().await;
    waiting
        .write_all(format!("{HEAD}Connection: close\r\n\r\n").as_bytes())
        .await
        .unwrap();
    assert!(rest(&mut waiting).await.contains("hello"));
    assert!(began.elapsed() < Duration::from_secs(6));
    // Those who came before it was crowded give way, too; whoever has asked for something has their time.
    let first = timeout(Duration::from_secs(6), silent[0].read(&mut [0])).await;
    assert!(matches!(first, Ok(Ok(0) | Err(_))), "{first:?}");
    heard
        .write_all(format!("{HEAD}\r\n").as_bytes())
        .await
        .unwrap();
    assert!(answer(&mut heard).await.contains("hello"));
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_not_kept_for_ever() {
    let limits = Limits {
        write_time: Duration::from_millis(300),
        total: 1,
        ..Limits::default()
    };
    let house = House::with(limits).await;
    let mut deaf = house.connects().await;
    deaf.write_all(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
        .await
        .unwrap();
    let mut next = house.connects().await;
    next.write_all(format!("{HEAD}Connection: close\r\n\r\n").as_bytes())
        .await
        .unwrap();
    assert!(rest(&mut next).await.contains("hello"));
}

#[tokio::test]
async fn what_runs_is_finished_before_the_end() {
    let mut house = House::with(Limits::default()).await;
    let mut idle = house.connects().await;
    idle.write_all(format!("{HEAD}\r\n").as_bytes())
        .await
        .unwrap();
    assert!(answer(&mut idle).await.contains("hello"));
    let mut silent = house.connects().await;
    let mut busy = house.connects().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        .await
        .unwrap();
    sleep(Duration::from_millis(150)).await;
    let began = Instant::now();
    house.is_asked_to_stop();
    // Those who wait for nothing are let go at once, and nobody new comes in.
    assert_eq!(rest(&mut idle).await, "");
    assert_eq!(rest(&mut silent).await, "");
    assert!(
        began.elapsed() < Duration::from_millis(1_400),
        "{:?}",
        began.elapsed()
    );
    assert!(TcpStream::connect(house.address).await.is_err());
    let said = rest(&mut busy).await;
    assert!(said.ends_with("at last"), "{said}");
    soon(&mut house.task).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn connections_are_let_go_one_by_one_before_the_end() {
    let house = House::with(Limits::default()).await;
    let mut kept = house.connects().await;
    for leaves in [false, true] {
        house.leave.send(leaves).unwrap();
        let said = async {
            let head = format!("{HEAD}\r\n");
            kept.write_all(head.as_bytes()).await.unwrap();
            answer(&mut kept).await.to_lowercase()
        };
        let said = said.await;
        assert!(said.contains("hello"), "{said}");
        assert_eq!(said.contains("connection: close"), leaves, "{said}");
    }
    assert_eq!(rest(&mut kept).await, "");
    // Whoever comes all the same is served.
    let mut late = house.connects().await;
    late.write_all(format!("{HEAD}\r\n").as_bytes())
        .await
        .unwrap();
    assert!(rest(&mut late).await.contains("hello"));
}

#[tokio::test]
async fn connections_that_are_kept_for_later_keep_nobody_from_coming_in() {
    let limits = Limits {
        total: 16,
        ..Limits::default()
    };
    let house = House::with(limits).await;
    let asks = format!("{HEAD}\r\n");
    let mut kept = Vec::new();
    for _ in 0..40 {
        let mut client = house.connects().await;
        client.write_all(asks.as_bytes()).await.unwrap();
        let said = answer(&mut client).await;
        assert!(said.contains("hello"), "{said}");
        kept.push((client, said.contains("connection: close")));
    }
    // Whoever was told to come anew does not have to, and the others ask on.
    let ended = kept.iter().filter(|(_, ended)| *ended).count();
    assert!((20..40).contains(&ended), "{ended}");
    let (first, _) = &mut kept[0];
    first.write_all(asks.as_bytes()).await.unwrap();
    assert!(answer(first).await.contains("hello"));
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let limits = Limits {
        drain_time: Duration::from_millis(200),
        ..Limits::default()
    };
    let mut house = House::with(limits).await;
    let mut busy = house.connects().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        .await
        .unwrap();
    sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    house.is_asked_to_stop();
    soon(&mut house.task).await.unwrap();
    assert!(
        began.elapsed() < Duration::from_millis(1_500),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(rest(&mut busy).await, "");
}
