//! Short versions of the proofs with several nodes and several database machines.
#![allow(clippy::unwrap_used)]

mod http2;
mod leave_out;

use http2::Connection;
use leave_out::is_left_out;
use proof::failover::{Failover, Fault};
use proof::haproxy::Haproxy;
use proof::rolling::Rolling;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// One after the other: they are measured by the clock.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// What is missing here, where something is.
fn not_installed() -> Option<String> {
    (!proof::cluster::is_installed()).then(|| {
        "needs Patroni, etcd, HAProxy and PostgreSQL: scripts/setup-tests installs them".to_owned()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_that_nodes_are_restarted() {
    let url = std::env::var_os("HERSYS_TEST_POSTGRES_URL");
    let without_url = url
        .is_none()
        .then(|| "HERSYS_TEST_POSTGRES_URL is not set: scripts/with-postgres sets it".to_owned());
    if is_left_out("rolling", without_url.or(not_installed())) {
        return;
    }
    let _alone = ALONE.lock().await;
    let rolling = Rolling {
        rounds: 1,
        drain_delay: 4,
    };
    assert!(proof::rolling::run(&rolling).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_leader_of_the_database_crashes() {
    if is_left_out("failover", not_installed()) {
        return;
    }
    let _alone = ALONE.lock().await;
    let failover = Failover {
        faults: vec![Fault::Crash],
        rounds: 1,
    };
    assert!(proof::failover::run(&failover).await.unwrap());
}

/// What HAProxy answers to one request, head and all.
fn asked(at: SocketAddr, heads: &str) -> String {
    asked_over(TcpStream::connect(at).unwrap(), heads)
}

fn asked_over(mut stream: TcpStream, heads: &str) -> String {
    write!(
        stream,
        "GET /report HTTP/1.1\r\nhost: hersys.example\r\n{heads}connection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A node that is always ready and tells what it was asked.
fn node_that_repeats() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 4096];
            let length = stream.read(&mut head).unwrap_or(0);
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes());
            let _ = stream.write_all(&head[..length]);
        }
    });
    at
}

fn proxy_before(nodes: [SocketAddr; 2], folder: &Path) -> Haproxy {
    let places: Vec<(String, String)> = ["PORTAL", "CONSOLE"]
        .iter()
        .flat_map(|site| {
            let nodes = nodes.iter().enumerate();
            nodes.map(move |(number, at)| (format!("WEB{}_{site}", number + 1), at.to_string()))
        })
        .collect();
    let binds = ["PORTAL_BIND", "CONSOLE_BIND", "PLAIN_BIND"];
    Haproxy::begin("web.cfg", &binds, &places, &folder.join("haproxy.log")).unwrap()
}

#[test]
fn where_no_node_answers_people_read_what_to_do() {
    if is_left_out("proxy", not_installed()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let nobody = proof::server::free_address().unwrap();
    let proxy = proxy_before([nobody, nobody], folder.path());
    for site in &proxy.listens[..2] {
        let answer = asked(*site, "");
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        for part in [
            "retry-after: 120",
            "tel:119",
            "保健所",
            "public health center",
        ] {
            assert!(answer.contains(part), "{part}: {answer}");
        }
    }
    let plain = asked(proxy.listens[2], "");
    assert!(plain.starts_with("HTTP/1.1 301 "), "{plain}");
    assert!(
        plain.contains("location: https://hersys.example/report"),
        "{plain}"
    );
}

#[test]
fn what_a_stranger_says_about_traces_is_not_passed_on() {
    if is_left_out("proxy", not_installed()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let node = node_that_repeats();
    let proxy = proxy_before([node, node], folder.path());
    for site in &proxy.listens[..2] {
        let seen = asked(
            *site,
            "traceparent: 00-kornblume\r\ntracestate: kornblume\r\n",
        );
        assert!(seen.contains("GET /report"), "{seen}");
        assert!(!seen.contains("kornblume"), "{seen}");
    }
}

/// A node that answers whoever reads, and lets whoever sends wait for ever; with how many wait.
fn node_that_lets_wait() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let waiting = Arc::new(AtomicUsize::new(0));
    let count = waiting.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let count = count.clone();
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                let length = stream.read(&mut head).unwrap_or(0);
                if head[..length].starts_with(b"POST") {
                    count.fetch_add(1, Ordering::SeqCst);
                    while matches!(stream.read(&mut head), Ok(1..)) {}
                } else {
                    let answer =
                        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    let _ = stream.write_all(answer);
                }
            });
        }
    });
    (at, waiting)
}

/// One connection of HTTP/2 brings many requests: whoever counts connections alone lets one client take all that a node has.
#[tokio::test(flavor = "multi_thread")]
async fn one_client_with_many_requests_over_few_connections_leaves_room_for_others() {
    if is_left_out("proxy", not_installed()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (node, waiting) = node_that_lets_wait();
    let proxy = proxy_before([node, node], folder.path());
    let portal = proxy.listens[0];
    let mut greedy: Vec<Connection> = (0..12)
        .map(|_| Connection::asks(portal, "/report", 32))
        .collect();
    let mut refused = 0;
    let began = Instant::now();
    while refused + waiting.load(Ordering::SeqCst) < 12 * 32 {
        refused += greedy.iter_mut().map(Connection::answered).sum::<usize>();
        let waiting = waiting.load(Ordering::SeqCst);
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{refused} refused, {waiting} wait"
        );
    }
    let waiting = waiting.load(Ordering::SeqCst);
    // Those that come at the same moment as the last one that is allowed count each other.
    assert!((200..=256).contains(&waiting), "{waiting}");
    let too_much = asked(portal, "");
    assert!(too_much.starts_with("HTTP/1.1 429 "), "{too_much}");
    for part in ["retry-after: 15", "tel:119", "public health center"] {
        assert!(too_much.contains(part), "{part}: {too_much}");
    }
    let other = tokio::net::TcpSocket::new_v4().unwrap();
    other.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let other = other.connect(portal).await.unwrap().into_std().unwrap();
    other.set_nonblocking(false).unwrap();
    let served = asked_over(other, "");
    assert!(served.starts_with("HTTP/1.1 200 "), "{served}");
}

/// Whether HAProxy takes a file, or all in a folder, without a word of warning.
fn is_taken(path: &Path, environment: &[(String, String)]) -> bool {
    let told = Command::new("/usr/sbin/haproxy")
        .args(["-c", "-f"])
        .arg(path)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&told.stderr);
    eprintln!("{}: {said}", path.display());
    told.status.success() && !said.contains("[ALERT]") && !said.contains("[WARNING]")
}

#[test]
fn the_files_for_haproxy_are_taken_alone_and_together() {
    if is_left_out("proxy", not_installed()) {
        return;
    }
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/haproxy");
    let read = |file: &str| std::fs::read_to_string(deploy.join(file)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |file: &str| folder.path().join(file);
    let made = Command::new("openssl")
        .current_dir(folder.path())
        .args(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout key -out crt"
                .split(' '),
        )
        .output()
        .unwrap();
    assert!(made.status.success());
    let both = [
        std::fs::read(at("crt")).unwrap(),
        std::fs::read(at("key")).unwrap(),
    ]
    .concat();
    std::fs::write(at("site.pem"), both).unwrap();
    let certificate = at("site.pem").display().to_string();
    let named = |text: &str| {
        ["portal", "console"]
            .iter()
            .fold(text.to_owned(), |text, site| {
                text.replace(&format!("/etc/haproxy/{site}.pem"), &certificate)
            })
    };
    let environment: Vec<(String, String)> = named(&read("haproxy.env"))
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for (name, files) in [
        ("database", &["database.cfg"][..]),
        ("web", &["web.cfg"]),
        ("both", &["database.cfg", "web.cfg"]),
        ("one", &["one-machine.cfg"]),
    ] {
        let own = at(name);
        std::fs::create_dir(&own).unwrap();
        std::fs::copy(deploy.join("emergency.html"), own.join("emergency.html")).unwrap();
        for file in files {
            std::fs::write(own.join(file.replace("web", "haproxy")), named(&read(file))).unwrap();
        }
        assert!(is_taken(&own, &environment), "{name}");
    }
}

/// `patronictl-here` takes the settings of the machine as the service does.
#[test]
fn patronictl_has_the_settings_of_its_machine() {
    if is_left_out("failover", not_installed()) {
        return;
    }
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/patroni");
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("patroni_env.conf");
    let given = std::fs::read_to_string(deploy.join("patroni.env")).unwrap()
        + "PATRONI_REWIND_PASSWORD=\"a $b 'c'\"\n";
    std::fs::write(&settings, given).unwrap();
    let script = std::fs::read_to_string(deploy.join("patronictl-here"))
        .unwrap()
        .replace("/etc/patroni_env.conf", &settings.display().to_string())
        .replace("/usr/bin/patronictl", "/usr/bin/env")
        .replace(
            "[\"patronictl\", \"-c\", \"/etc/patroni/config.yml\", *sys.argv[1:]]",
            "[\"env\"]",
        );
    let here = folder.path().join("here");
    std::fs::write(&here, script).unwrap();
    let told = Command::new("/usr/bin/python3")
        .arg(&here)
        .env_clear()
        .output()
        .unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    for line in [
        "PATRONI_ETCD_HOSTS=10.0.0.11:2379,10.0.0.12:2379,10.0.0.13:2379",
        "PATRONI_RESTAPI_PASSWORD=change-me-1",
        "PATRONI_REWIND_PASSWORD=a $b 'c'",
    ] {
        assert!(told.lines().any(|told| told == line), "{line}: {told}");
    }
}
