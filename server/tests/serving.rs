//! A server from its start to its end.
#![allow(clippy::unwrap_used)]

mod machine;
mod running;

use machine::{Machine, complained, said};
use running::Server;
use std::io::{BufRead, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(8)))
        .unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_server_tells_where_it_listens_and_ends_when_it_is_asked() {
    let machine = Machine::new();
    let mut server = Server::starts(&machine, &["serve"], &[]);
    assert!(get(server.portal, "/").starts_with("HTTP/1.1 "));
    assert!(get(server.console, "/").starts_with("HTTP/1.1 "));
    let taken = server.portal.to_string();
    let second = machine.runs_with(&["serve"], &[("HERSYS_PORTAL_LISTEN", &taken)], "");
    assert!(
        complained(&second).contains("HERSYS_PORTAL_LISTEN: "),
        "{}",
        complained(&second)
    );
    server.is_asked_to_end();
    assert!(server.ends());
    let mut rest = String::new();
    server.log.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("\"stopped\""), "{rest}");
    assert!(!machine.path("data/outbox").exists());
}

#[test]
fn what_ended_in_good_order_lies_in_one_file_and_a_log_without_its_file_is_kept() {
    let machine = Machine::new();
    let mut server = Server::starts(&machine, &["serve"], &[]);
    server.is_asked_to_end();
    assert!(server.ends());
    // The file alone, and the key, are all that somebody carries elsewhere.
    let elsewhere = Machine::new();
    std::fs::create_dir(elsewhere.path("data")).unwrap();
    for name in ["data/hersys.db", "data/master.key"] {
        std::fs::copy(machine.path(name), elsewhere.path(name)).unwrap();
    }
    let places = elsewhere.runs(&["place", "list"]);
    assert!(
        said(&places).contains("Public Health Center"),
        "{}",
        complained(&places)
    );

    // One that is killed leaves what it wrote last in its log.
    let mut server = Server::starts(&machine, &["serve"], &[]);
    let typed = "kogarashi7!Aki\n";
    let add = [
        "staff",
        "add",
        "--email",
        "a@center.example",
        "--name",
        "A",
        "--password-file",
        "-",
    ];
    assert!(machine.runs_with(&add, &[], typed).status.success());
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let (file, log) = (
        machine.path("data/hersys.db"),
        machine.path("data/hersys.db-wal"),
    );
    std::fs::write(&log, "what was written last").unwrap();
    std::fs::rename(&file, machine.path("moved.db")).unwrap();
    for command in [&["serve"][..], &["migrate"]] {
        let refused = complained(&machine.runs(command));
        assert!(refused.contains("hersys.db-wal holds"), "{refused}");
    }
    let doctor = said(&machine.runs(&["doctor"]));
    assert!(
        doctor.contains("problem  database: data/hersys.db-wal holds"),
        "{doctor}"
    );
    assert!(!file.exists());
    assert_eq!(std::fs::read(&log).unwrap(), b"what was written last");
}

#[test]
fn a_server_that_is_asked_to_end_says_so_first_and_goes_on_for_a_while() {
    let machine = Machine::new();
    let mut server = Server::starts(&machine, &["serve"], &[("HERSYS_DRAIN_DELAY", "2")]);
    assert!(get(server.portal, "/readyz").starts_with("HTTP/1.1 200"));
    server.is_asked_to_end();
    std::thread::sleep(Duration::from_millis(500));
    for at in [server.portal, server.console] {
        let said = get(at, "/readyz");
        assert!(said.starts_with("HTTP/1.1 503"), "{said}");
        assert!(said.contains("about to stop"), "{said}");
        assert!(get(at, "/healthz").starts_with("HTTP/1.1 200"));
        assert!(get(at, "/").starts_with("HTTP/1.1 "));
    }
    assert!(server.child.try_wait().unwrap().is_none());
    assert!(server.ends());
    // Whoever asks twice does not want to wait.
    let mut server = Server::starts(&machine, &["serve"], &[("HERSYS_DRAIN_DELAY", "300")]);
    server.is_asked_to_end();
    std::thread::sleep(Duration::from_millis(200));
    server.is_asked_to_end();
    assert!(server.ends());
}

#[test]
fn a_terminal_that_is_closed_ends_a_server_in_good_order_unless_it_is_to_outlive_it() {
    use rustix::process::Signal;
    let machine = Machine::new();
    let mut server = Server::starts(&machine, &["serve"], &[]);
    server.is_told(Signal::HUP);
    assert!(server.ends());
    let mut rest = String::new();
    server.log.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("\"stopped\""), "{rest}");

    // As `nohup` starts it.
    let script = "trap '' HUP; exec \"$0\" serve";
    let child = std::process::Command::new("/bin/sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_hersys")])
        .current_dir(machine.path(""))
        .env_clear()
        .env("HERSYS_PORTAL_LISTEN", "127.0.0.1:0")
        .env("HERSYS_CONSOLE_LISTEN", "127.0.0.1:0")
        .env("HERSYS_LOG_FORMAT", "json")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut server = Server::of(child);
    server.is_told(Signal::HUP);
    std::thread::sleep(Duration::from_millis(500));
    assert!(server.child.try_wait().unwrap().is_none());
    assert!(get(server.portal, "/healthz").starts_with("HTTP/1.1 200"));
    server.is_asked_to_end();
    assert!(server.ends());
}

/// It reads a table that somebody holds, and so gets no row at which it could hear that it is to end.
#[test]
fn a_backup_that_waits_keeps_no_server_from_ending() {
    use std::sync::mpsc::channel;
    let Ok(database) = std::env::var("HERSYS_TEST_POSTGRES_URL") else {
        eprintln!("HERSYS_TEST_POSTGRES_URL is not set: not told");
        return;
    };
    let here = tokio::runtime::Runtime::new().unwrap();
    let db = |url: &str| here.block_on(storage::Db::postgres(url, None)).unwrap();
    let does = |sql: &'static str| {
        let db = db(&database);
        here.block_on(db.write(move |tx| tx.execute(sql, &[])))
            .unwrap()
    };
    does("DROP SCHEMA IF EXISTS hersys_held CASCADE");
    does("CREATE SCHEMA hersys_held");
    let machine = Machine::new();
    // Without the patience that ends such a wait by itself.
    let options = "options=-c%20search_path%3Dhersys_held%20-c%20lock_timeout%3D0";
    let at = format!("{database}?{options}");
    let folder = machine.path("kept");
    std::fs::create_dir(&folder).unwrap();
    let shown = folder.display().to_string();
    let given = [
        ("HERSYS_DATABASE_URL", at.as_str()),
        (
            "HERSYS_MASTER_KEY",
            "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        ),
        ("HERSYS_BACKUP_DIR", shown.as_str()),
        (
            "HERSYS_BACKUP_RECIPIENT",
            "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
        ),
    ];
    let migrated = machine.runs_with(&["migrate"], &given, "");
    assert!(migrated.status.success(), "{}", complained(&migrated));
    let (held, is_held) = channel();
    let (free, is_free) = channel::<()>();
    let holder = db(&at);
    let holds = here.spawn(async move {
        let held_on = move |tx: &mut storage::Tx<'_>| {
            tx.execute("LOCK TABLE certificates IN ACCESS EXCLUSIVE MODE", &[])?;
            let _ = held.send(());
            let _ = is_free.recv_timeout(Duration::from_secs(25));
            Ok(())
        };
        holder.write(held_on).await
    });
    is_held.recv().unwrap();
    let mut server = Server::starts(&machine, &["serve"], &given);
    let parts = || std::fs::read_dir(&folder).unwrap().count();
    let began = Instant::now();
    while parts() == 0 {
        assert!(began.elapsed() < Duration::from_secs(15), "no backup");
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(500));
    server.is_asked_to_end();
    assert!(server.ends());
    assert_eq!(parts(), 0, "nothing of it is left");
    let _ = free.send(());
    let _ = here.block_on(holds);
    does("DROP SCHEMA hersys_held CASCADE");
}

#[test]
fn a_mail_server_without_the_addresses_of_the_pages_is_warned_of() {
    let mails = ("HERSYS_SMTP_URL", "smtp://127.0.0.1:1");
    let given = [
        ("HERSYS_PUBLIC_URL", "https://hersys.example.org"),
        ("HERSYS_CONSOLE_URL", "https://console.hersys.example.org"),
    ];
    for (environment, is_warned) in [
        (vec![mails], true),
        (vec![mails, given[0], given[1]], false),
    ] {
        let machine = Machine::new();
        let mut server = Server::starts(&machine, &["serve"], &environment);
        std::thread::sleep(Duration::from_millis(300));
        server.is_asked_to_end();
        assert!(server.ends());
        let mut rest = String::new();
        server.log.read_to_string(&mut rest).unwrap();
        for (name, _) in given {
            let says = format!("{name} is not given though HERSYS_SMTP_URL is");
            let line = rest.lines().find(|line| line.contains(&says));
            assert_eq!(line.is_some(), is_warned, "{rest}");
            assert!(line.is_none_or(|line| line.contains("WARN")), "{rest}");
        }
    }
}

#[test]
fn a_server_runs_the_console_only_where_the_portal_listens_nowhere() {
    let machine = Machine::new();
    let only = [
        ("HERSYS_PORTAL_LISTEN", "none"),
        ("HERSYS_PUBLIC_URL", "http://localhost:8080"),
    ];
    let mut server = Server::starts(&machine, &["serve"], &only);
    assert!(get(server.console, "/readyz").starts_with("HTTP/1.1 200"));
    server.is_asked_to_end();
    assert!(server.ends());
}

#[test]
fn a_demonstration_tells_what_to_type_and_keeps_apart() {
    let machine = Machine::new();
    let mut server = Server::starts(&machine, &["serve", "--demo"], &[]);
    // What it says on standard output comes after it is ready.
    std::thread::sleep(Duration::from_millis(300));
    server.is_asked_to_end();
    assert!(server.ends());
    let mut told = String::new();
    server
        .child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    for expected in [
        format!("http://{}/\n", server.portal),
        format!("http://{}/\n", server.console),
        format!("http://{}/dev/mailbox", server.portal),
        "HER-SYS ID".to_owned(),
    ] {
        assert!(told.contains(&expected), "{expected} is missing in: {told}");
    }
    assert!(machine.path("data/demo/hersys.db").exists());
    assert!(!machine.path("data/hersys.db").exists());
}

#[test]
fn a_demonstration_stays_away_from_real_data() {
    let machine = Machine::new();
    let with = |folder: &'static str| {
        [
            ("HERSYS_DATA_DIR", folder),
            ("HERSYS_PORTAL_LISTEN", "127.0.0.1:0"),
            ("HERSYS_CONSOLE_LISTEN", "127.0.0.1:0"),
        ]
    };
    // Wherever somebody has put it.
    for folder in ["real", "real/demo"] {
        let imported = machine.runs_with(&["import", "-"], &with(folder), CASES);
        assert!(imported.status.success(), "{}", complained(&imported));
    }
    let refused = machine.runs_with(&["serve", "--demo"], &with("real"), "");
    assert!(!refused.status.success());
    let said = complained(&refused);
    assert!(
        said.contains("--demo fills a database of its own"),
        "{said}"
    );
}

#[test]
fn samples_with_passwords_that_everybody_knows_are_not_served_as_a_real_installation() {
    let machine = Machine::new();
    // A folder that is named, as that of a service, keeps its own database apart.
    let here = [("HERSYS_DATA_DIR", "data")];
    let mut server = Server::starts(&machine, &["serve", "--demo"], &here);
    server.is_asked_to_end();
    assert!(server.ends());
    assert!(!machine.path("data/hersys.db").exists());
    let as_real = [
        ("HERSYS_DATA_DIR", "data/demo"),
        ("HERSYS_PORTAL_LISTEN", "127.0.0.1:0"),
        ("HERSYS_CONSOLE_LISTEN", "127.0.0.1:0"),
    ];
    let refused = machine.runs_with(&["serve"], &as_real, "");
    assert!(!refused.status.success());
    let says = "was filled with sample people by `hersys serve --demo`";
    assert!(
        complained(&refused).contains(says),
        "{}",
        complained(&refused)
    );
    let doctor = said(&machine.runs_with(&["doctor"], &as_real, ""));
    let line = doctor.lines().find(|line| line.contains(says));
    assert!(
        line.is_some_and(|line| line.starts_with("problem  samples: ")),
        "{doctor}"
    );
    // They go on being what they are.
    let mut server = Server::starts(&machine, &["serve", "--demo"], &here);
    server.is_asked_to_end();
    assert!(server.ends());
}

#[test]
fn a_demonstration_that_was_cut_off_is_taken_up_again() {
    let machine = Machine::new();
    for pause in [0, 30, 60, 90, 120, 180, 240] {
        let listen = [
            ("HERSYS_PORTAL_LISTEN", "127.0.0.1:0"),
            ("HERSYS_CONSOLE_LISTEN", "127.0.0.1:0"),
        ];
        let mut child = machine
            .command(&["serve", "--demo"], &listen)
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let mut server = Server::starts(&machine, &["serve", "--demo"], &[]);
    assert!(get(server.portal, "/").contains("Sample data"));
    server.is_asked_to_end();
    assert!(server.ends());
}

const CASES: &str = "name,name_kana,name_latin,birthdate,phone,language,diagnosed_on,onset_on,entered_japan_on,\
    passport_number,hersys_id\n,,Real Person,1980-01-02,09012345678,en,2026-01-02,,,,\n";

#[test]
fn a_clock_that_cannot_be_right_is_told_at_the_start() {
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(machine.path("data/hersys.db"))
        .unwrap();
    // As if the clock had gone back by a day since the last write.
    let later = std::time::SystemTime::now() + Duration::from_secs(24 * 3600);
    file.set_modified(later).unwrap();
    let says = "but the database was written later than that";
    assert!(said(&machine.runs(&["doctor"])).contains(says));
    let mut server = Server::starts(&machine, &["serve"], &[]);
    let mut line = String::new();
    while !line.contains("the clock is wrong") {
        line.clear();
        assert_ne!(
            server.log.read_line(&mut line).unwrap(),
            0,
            "it says nothing"
        );
    }
    assert!(line.contains("\"WARN\"") && line.contains(says), "{line}");
}

/// All processes on a database need some settings alike; nobody sees by themselves where they do not.
#[test]
fn a_setting_that_the_process_before_had_otherwise_is_named() {
    let machine = Machine::new();
    let before = [("HERSYS_PHONE_REGION", "KR")];
    let keeps = |server: Server, environment: &[(&str, &str)]| {
        let until = Instant::now() + Duration::from_secs(15);
        let knows = || {
            let doctor = machine.runs_with(&["doctor"], environment, "");
            said(&doctor).contains("shared settings: those of the process that started last")
        };
        while !knows() {
            assert!(Instant::now() < until, "it keeps no settings");
            std::thread::sleep(Duration::from_millis(200));
        }
        server
    };
    let mut server = keeps(Server::starts(&machine, &["serve"], &before), &before);
    let doctor = said(&machine.runs(&["doctor"]));
    let says = "problem  shared settings: HERSYS_PHONE_REGION is JP here, and was KR at the process that started last";
    // What it keeps it keeps after it is ready.
    assert!(
        doctor.contains(says) || !doctor.contains("problem  shared"),
        "{doctor}"
    );
    server.is_asked_to_end();
    assert!(server.ends());
    assert!(said(&machine.runs(&["doctor"])).contains(says));

    let mut server = Server::starts(&machine, &["serve"], &[]);
    let mut line = String::new();
    while !line.contains("another setting than at the process") {
        line.clear();
        assert_ne!(
            server.log.read_line(&mut line).unwrap(),
            0,
            "nothing is said"
        );
    }
    assert!(
        line.contains("HERSYS_PHONE_REGION") && line.contains("KR"),
        "{line}"
    );
}
