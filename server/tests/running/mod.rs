//! A server that runs.
#![allow(dead_code)] // each test file needs a part

use crate::machine::Machine;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::Child;
use std::time::{Duration, Instant};

/// A server that is ended with its test.
pub struct Server {
    pub child: Child,
    pub portal: SocketAddr,
    pub console: SocketAddr,
    /// Where those who watch over it ask, if anywhere.
    pub metrics: Option<SocketAddr>,
    pub log: BufReader<std::process::ChildStderr>,
}

impl Server {
    pub fn starts(machine: &Machine, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        let mut all = vec![
            ("HERSYS_PORTAL_LISTEN", "127.0.0.1:0"),
            ("HERSYS_CONSOLE_LISTEN", "127.0.0.1:0"),
            ("HERSYS_LOG_FORMAT", "json"),
        ];
        all.extend_from_slice(environment);
        Server::of(machine.command(arguments, &all).spawn().unwrap())
    }

    /// One that was started with a log in JSON.
    pub fn of(mut child: Child) -> Server {
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        log.read_line(&mut first).unwrap();
        let address = |name: &str| -> SocketAddr {
            let after = first.split(&format!("\"{name}\":\"")).nth(1);
            let text = after.and_then(|rest| rest.split('"').next());
            let text = text.unwrap_or_else(|| panic!("no {name} in: {first}"));
            // What listens nowhere.
            let text = if text == "none" { "127.0.0.1:1" } else { text };
            text.parse().unwrap()
        };
        let (portal, console) = (address("portal"), address("console"));
        let metrics = first.split("\"metrics\":\"").nth(1);
        let metrics = metrics.and_then(|rest| rest.split('"').next()?.parse().ok());
        let mut line = String::new();
        while !line.contains("\"ready\"") {
            line.clear();
            assert_ne!(
                log.read_line(&mut line).unwrap(),
                0,
                "ended before it was ready"
            );
        }
        Server {
            child,
            portal,
            console,
            metrics,
            log,
        }
    }

    pub fn is_asked_to_end(&mut self) {
        self.is_told(rustix::process::Signal::TERM);
    }

    pub fn is_told(&mut self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub fn ends(&mut self) -> bool {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(15) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not end")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
