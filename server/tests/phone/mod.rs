//! A phone that keeps its cookies.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

pub struct Phone {
    at: SocketAddr,
    cookies: BTreeMap<String, String>,
}

pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
}

impl Phone {
    pub fn of(at: SocketAddr) -> Phone {
        Phone {
            at,
            cookies: BTreeMap::new(),
        }
    }

    pub fn gets(&mut self, path: &str) -> Answer {
        self.gets_with(path, "")
    }

    pub fn gets_with(&mut self, path: &str, headers: &str) -> Answer {
        self.talks(&format!("GET {path}"), headers, "")
    }

    pub fn posts(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        self.talks(&format!("POST {path}"), "", &fields.join("&"))
    }

    fn talks(&mut self, head: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.at).unwrap();
        let patience = Duration::from_secs(20);
        stream.set_read_timeout(Some(patience)).unwrap();
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        write!(
            stream,
            "{head} HTTP/1.1\r\nHost: {at}\r\nOrigin: http://{at}\r\nConnection: close\r\nCookie: {}\r\n\
             User-Agent: Schattenbrowser/1.0\r\nX-Forwarded-For: 203.0.113.77\r\n{headers}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            cookies.join("; "),
            body.len(),
            at = self.at,
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut location = None;
        for line in head.lines() {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            match name.to_lowercase().as_str() {
                "location" => location = Some(value.to_owned()),
                "set-cookie" => {
                    let pair = value.split(';').next().unwrap();
                    let (name, value) = pair.split_once('=').unwrap();
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
                _ => {}
            }
        }
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            location,
            body: body.to_owned(),
        }
    }
}

fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(b).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// What stands between two marks.
pub fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.1.split(after).next().unwrap()
}

/// The code in the only mail that has landed.
pub fn code_in(folder: &Path) -> String {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for file in files {
            let text = std::fs::read_to_string(file.path()).unwrap_or_default();
            let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit());
            if let Some(code) = text.lines().find(is_code) {
                return code.to_owned();
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no mail with a code in {}", folder.display())
}
