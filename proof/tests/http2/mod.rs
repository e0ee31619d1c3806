//! Just enough HTTP/2 to ask for many things over one connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const WINDOW: u8 = 8;
/// That the fields and the request end here.
const WHOLE: u8 = 4 + 1;

/// One connection, with its requests sent.
pub struct Connection(TcpStream);

impl Connection {
    /// Opens one and sends so many requests, whose answers nobody waits for yet.
    pub fn asks(at: SocketAddr, path: &str, times: u32) -> Connection {
        let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        sent.extend(frame(SETTINGS, 0, 0, &[]));
        // Room for all answers, so that none waits behind another.
        sent.extend(frame(WINDOW, 0, 0, &(1_u32 << 24).to_be_bytes()));
        let fields = [
            (":method", "POST"),
            (":path", path),
            (":scheme", "https"),
            (":authority", "hersys.example"),
        ];
        let fields: Vec<u8> = fields.into_iter().flat_map(literal).collect();
        for number in 0..times {
            sent.extend(frame(HEADERS, WHOLE, 2 * number + 1, &fields));
        }
        let mut stream = TcpStream::connect(at).unwrap();
        stream.write_all(&sent).unwrap();
        let patience = Duration::from_millis(200);
        stream.set_read_timeout(Some(patience)).unwrap();
        Connection(stream)
    }

    /// How many of them were answered until nothing more came for a moment.
    pub fn answered(&mut self) -> usize {
        let mut told = Vec::new();
        let mut some = [0; 16 * 1024];
        while let Ok(length @ 1..) = self.0.read(&mut some) {
            told.extend_from_slice(&some[..length]);
        }
        let mut left = told.as_slice();
        let mut answers = 0;
        while let [high, middle, low, kind, _, _, _, _, _, rest @ ..] = left {
            answers += usize::from(*kind == HEADERS);
            let length = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
            left = rest.get(length..).unwrap_or_default();
        }
        answers
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [kind, flags];
    [&length[..], &head, &stream.to_be_bytes(), payload].concat()
}

/// A field that is spelt out, neither packed nor remembered.
fn literal((name, value): (&str, &str)) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}
