//! What the process tells those who watch over it: all that the dashboard and the rules ask for, and nothing of anybody.
#![allow(clippy::unwrap_used, clippy::panic)]

mod machine;
mod running;

use machine::Machine;
use running::Server;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

fn talk(at: SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(at).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(8)))
        .unwrap();
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: {at}\r\nOrigin: http://{at}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The lines of what is told: the name and the labels.
fn series(told: &str) -> Vec<(String, Vec<(String, String)>)> {
    let body = told.split("\r\n\r\n").nth(1).unwrap();
    body.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let (all, _value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = all.split_once('{').unwrap_or((all, ""));
            let labels = labels.trim_end_matches('}').split("\",");
            let labels = labels.filter_map(|pair| pair.split_once("=\""));
            let labels = labels
                .map(|(key, value)| (key.to_owned(), value.trim_end_matches('"').to_owned()))
                .collect();
            (name.to_owned(), labels)
        })
        .collect()
}

/// The names of our metrics in a text, wherever they stand.
fn names_in(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("hersys_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

/// A server that has done a little of everything.
fn watched(machine: &Machine) -> Server {
    let backups = machine.path("backups");
    std::fs::create_dir(&backups).unwrap();
    let server = Server::starts(
        machine,
        &["serve"],
        &[
            ("HERSYS_METRICS_LISTEN", "127.0.0.1:0"),
            ("HERSYS_BACKUP_DIR", backups.to_str().unwrap()),
            (
                "HERSYS_BACKUP_RECIPIENT",
                "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
            ),
        ],
    );
    talk(server.portal, "GET /", "");
    talk(
        server.portal,
        "GET /reports/0192f0c1-2d3e-7a4b-8c5d-6e7f80910111/hanako",
        "",
    );
    talk(
        server.portal,
        "GET /nobody/hanako@families.example?q=hanako",
        "",
    );
    talk(
        server.portal,
        "POST /sign-up",
        "email=hanako%40families.example",
    );
    talk(server.console, "GET /sign-in", "");
    server
}

#[test]
fn all_that_the_dashboard_and_the_rules_ask_for_is_told() {
    let machine = Machine::new();
    let server = watched(&machine);
    let told = talk(server.metrics.unwrap(), "GET /metrics", "");
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    let names: BTreeSet<String> = series(&told).into_iter().map(|(name, _)| name).collect();
    let deploy = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    for file in ["grafana/hersys.json", "prometheus/hersys.rules.yml"] {
        let asked = names_in(&std::fs::read_to_string(deploy.join(file)).unwrap());
        assert!(asked.len() > 5, "{file}: {asked:?}");
        for name in asked {
            assert!(
                names.contains(&name),
                "{file} asks for {name}; told are {names:#?}"
            );
        }
    }
    let healthy = talk(server.metrics.unwrap(), "GET /healthz", "");
    assert!(healthy.ends_with("ok\n"), "{healthy}");
    // Visitors are told nothing of it.
    for at in [server.portal, server.console] {
        let answer = talk(at, "GET /metrics", "");
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    }
}

/// What a metric without labels says.
fn value(told: &str, name: &str) -> Option<f64> {
    let line = told.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|value| value.trim().parse().ok())
}

#[test]
fn when_the_last_backup_was_made_is_told_also_where_none_was() {
    const LAST: &str = "hersys_backup_last_timestamp_seconds";
    let machine = Machine::new();
    let server = watched(&machine);
    let told = || talk(server.metrics.unwrap(), "GET /metrics", "");
    let until = std::time::Instant::now() + Duration::from_secs(20);
    let soon = |wanted: fn(f64) -> bool| {
        while !value(&told(), LAST).is_some_and(wanted) {
            assert!(
                std::time::Instant::now() < until,
                "{:?}",
                value(&told(), LAST)
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    };
    // The first one is made soon after the start.
    soon(|at| at > 1_767_225_600.0);
    for file in std::fs::read_dir(machine.path("backups")).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    soon(|at| at == 0.0);
    // A folder that is not there from the start on, as after a start without its disk, has none.
    let unmounted = Machine::new();
    let server = Server::starts(
        &unmounted,
        &["serve"],
        &[
            ("HERSYS_METRICS_LISTEN", "127.0.0.1:0"),
            ("HERSYS_BACKUP_DIR", "not-mounted"),
            (
                "HERSYS_BACKUP_RECIPIENT",
                "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
            ),
        ],
    );
    let told = talk(server.metrics.unwrap(), "GET /metrics", "");
    assert_eq!(value(&told, LAST), Some(0.0));
    // Nobody is told of backups that this process does not make.
    let other = Machine::new();
    let metrics = [("HERSYS_METRICS_LISTEN", "127.0.0.1:0")];
    let server = Server::starts(&other, &["serve"], &metrics);
    let told = talk(server.metrics.unwrap(), "GET /metrics", "");
    assert_eq!(value(&told, LAST), None);
}

#[test]
fn how_much_room_is_left_is_told_of_each_disk_that_fills() {
    let machine = Machine::new();
    let server = watched(&machine);
    let told = talk(server.metrics.unwrap(), "GET /metrics", "");
    for of in ["data", "backups"] {
        let name = format!("hersys_disk_free_bytes{{of=\"{of}\"}}");
        assert!(value(&told, &name).is_some_and(|free| free > 0.0), "{told}");
    }
}

#[test]
fn of_what_never_happened_only_failures_are_told() {
    let machine = Machine::new();
    let server = Server::starts(
        &machine,
        &["serve"],
        &[("HERSYS_METRICS_LISTEN", "127.0.0.1:0")],
    );
    let told = |status: &str| {
        let told = talk(server.metrics.unwrap(), "GET /metrics", "");
        let lines = told.lines().count();
        let of_status = series(&told).into_iter().filter(|(name, labels)| {
            name == "hersys_http_request_seconds_count"
                && labels.contains(&("status".to_owned(), status.to_owned()))
        });
        (of_status.count(), lines)
    };
    // Each route, and whatever stands in no line of the table: a rule counts how these grow.
    let (failures, lines) = told("5xx");
    assert!(failures >= web::table().len(), "{failures}");
    assert!(lines < 4_000, "{lines}");
    assert_eq!(told("3xx").0, 0);
    talk(server.portal, "GET /", "");
    talk(server.portal, "GET /nobody", "");
    assert_eq!(told("4xx").0, 1);
}

#[test]
fn nothing_that_is_told_is_about_anybody() {
    let machine = Machine::new();
    let server = watched(&machine);
    let told = talk(server.metrics.unwrap(), "GET /metrics", "");
    for word in ["hanako", "families", "0192f0c1", "127.0.0.1", "%40", "@"] {
        assert!(
            !told.split("\r\n\r\n").nth(1).unwrap().contains(word),
            "{word}: {told}"
        );
    }
    let routes: BTreeSet<&str> = web::table().iter().map(|(_, route)| route.path).collect();
    for (name, labels) in series(&told) {
        for (label, value) in labels {
            let expected = match label.as_str() {
                "site" => ["portal", "console"].contains(&value.as_str()),
                "method" => ["GET", "POST", "any"].contains(&value.as_str()),
                "status" => ["1xx", "2xx", "3xx", "4xx", "5xx", "503"].contains(&value.as_str()),
                "lane" => ["people", "staff"].contains(&value.as_str()),
                "kind" => ["mail", "sms", "reminders"].contains(&value.as_str()),
                "fate" => ["sent", "again", "given_up"].contains(&value.as_str()),
                "of" => ["data", "backups"].contains(&value.as_str()),
                "state" => ["active", "idle", "idle in transaction"].contains(&value.as_str()),
                "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
                "route" => value == "elsewhere" || routes.contains(value.as_str()),
                _ => false,
            };
            assert!(expected, "{name} has {label}={value}");
        }
    }
}
