//! A collector on this machine, which keeps what it is told.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
pub use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

type Heard = Arc<Mutex<(String, Vec<Vec<u8>>)>>;

/// Takes traces, or does not.
pub struct Collector {
    at: SocketAddr,
    heard: Heard,
    _listener: Option<TcpListener>,
}

/// What it was told.
pub struct Told {
    pub heads: String,
    pub bodies: Vec<Vec<u8>>,
    pub spans: Vec<Span>,
    pub resource: BTreeMap<String, String>,
}

impl Collector {
    /// One that takes them.
    pub fn begins() -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let heard = Heard::default();
        let ours = heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let heard = ours.clone();
                std::thread::spawn(move || while hear(stream.as_ref().unwrap(), &heard) {});
            }
        });
        Collector {
            at,
            heard,
            _listener: None,
        }
    }

    /// One that is away.
    pub fn gone() -> Collector {
        let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
        Collector {
            at: at.unwrap(),
            heard: Heard::default(),
            _listener: None,
        }
    }

    /// One whose system takes connections, and that never says a word.
    pub fn hangs() -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Collector {
            at: listener.local_addr().unwrap(),
            heard: Heard::default(),
            _listener: Some(listener),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    pub fn told(&self) -> Told {
        let (heads, bodies) = self.heard.lock().unwrap().clone();
        let (mut spans, mut resource) = (Vec::new(), BTreeMap::new());
        for body in &bodies {
            let message = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
            for of_one in message.resource_spans {
                resource.extend(of_one.resource.unwrap().attributes.iter().map(pair));
                spans.extend(of_one.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
        }
        Told {
            heads,
            bodies,
            spans,
            resource,
        }
    }
}

impl Told {
    pub fn names(&self) -> BTreeSet<&str> {
        self.spans.iter().map(|span| span.name.as_str()).collect()
    }

    /// Whether these bytes are anywhere in what was told.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let head = self.heads.as_bytes();
        self.bodies
            .iter()
            .map(Vec::as_slice)
            .chain([head])
            .any(|body| body.windows(bytes.len()).any(|window| window == bytes))
    }
}

fn pair(one: &KeyValue) -> (String, String) {
    let value = match &one.value {
        Some(AnyValue {
            value: Some(Value::StringValue(text)),
        }) => text.clone(),
        Some(AnyValue {
            value: Some(Value::IntValue(number)),
        }) => number.to_string(),
        other => panic!("neither a word nor a number: {other:?}"),
    };
    (one.key.clone(), value)
}

pub fn attributes(span: &Span) -> Vec<(String, String)> {
    span.attributes.iter().map(pair).collect()
}

/// Hears one message of a connection; whether another may follow.
fn hear(stream: &TcpStream, heard: &Heard) -> bool {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return false;
        }
        if line == "\r\n" {
            break;
        }
        let lower = line.to_lowercase();
        if let Some(told) = lower.strip_prefix("content-length:") {
            length = told.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    {
        let mut heard = heard.lock().unwrap();
        heard.0.push_str(&head);
        heard.1.push(body);
    }
    let mut stream = stream;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .is_ok()
}
