//! A browser as far as a load needs one: one kept connection, requests one after the other, answers read whole. Little
//! work of its own, because it shares the machine with what it measures.

use anyhow::{Context, Result, bail};
use std::net::{IpAddr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The cookie of a session at the portal, and of one at the console.
const ACCOUNT: &str = "__Host-my-hersys=";
const STAFF: &str = "__Host-hersys-staff=";

/// A kept connection.
pub struct Connection {
    address: SocketAddr,
    /// The name of the cookie that tells who asks.
    session: &'static str,
    stream: TcpStream,
    read: Vec<u8>,
    write: Vec<u8>,
}

/// An answer; its texts lie in the connection until the next request.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    head: usize,
    end: usize,
}

impl Connection {
    /// Opens a connection.
    pub async fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("{address} cannot be reached"))?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            address,
            session: ACCOUNT,
            stream,
            read: Vec::with_capacity(64 * 1024),
            write: Vec::with_capacity(2 * 1024),
        })
    }

    /// The same to the console, for one of the staff.
    pub async fn open_console(address: SocketAddr) -> Result<Connection> {
        let connection = Connection::open(address).await?;
        Ok(Connection {
            session: STAFF,
            ..connection
        })
    }

    /// Asks for a page as whoever has this cookie.
    pub async fn get(&mut self, path: &str, cookie: &str) -> Result<Answer> {
        self.write.clear();
        for part in [
            "GET ",
            path,
            " HTTP/1.1\r\nhost: localhost\r\naccept-language: ja\r\ncookie: ",
            self.session,
            cookie,
            "\r\n\r\n",
        ] {
            self.write.extend_from_slice(part.as_bytes());
        }
        self.exchange().await
    }

    /// Sends a form as whoever has this cookie.
    pub async fn post(&mut self, path: &str, cookie: &str, form: &str) -> Result<Answer> {
        self.write.clear();
        let length = form.len().to_string();
        for part in [
            "POST ",
            path,
            " HTTP/1.1\r\nhost: localhost\r\naccept-language: ja\r\nsec-fetch-site: same-origin\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: ",
            &length,
            "\r\ncookie: ",
            self.session,
            cookie,
            "\r\n\r\n",
            form,
        ] {
            self.write.extend_from_slice(part.as_bytes());
        }
        self.exchange().await
    }

    /// Sends a form as a stranger whom a proxy has seen at this address.
    pub async fn post_from(&mut self, client: IpAddr, path: &str, form: &str) -> Result<Answer> {
        self.write.clear();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\naccept-language: ja\r\nsec-fetch-site: same-origin\r\n\
             x-forwarded-for: {client}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
            form.len()
        );
        self.write.extend_from_slice(head.as_bytes());
        self.write.extend_from_slice(form.as_bytes());
        self.exchange().await
    }

    async fn exchange(&mut self) -> Result<Answer> {
        self.stream.write_all(&self.write).await?;
        self.read.clear();
        loop {
            if let Some(answer) = self.whole()? {
                return Ok(answer);
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                bail!("{} closed the connection", self.address);
            }
        }
    }

    /// The answer, once all of it is there.
    fn whole(&self) -> Result<Option<Answer>> {
        let Some(head) = find(&self.read, b"\r\n\r\n").map(|at| at + 4) else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&self.read[..head]).context("the head is no text")?;
        let status = text
            .get(9..12)
            .and_then(|status| status.parse().ok())
            .context("there is no status")?;
        let length: usize = header(text, "content-length")
            .map_or(Ok(0), str::parse)
            .context("the length is no number")?;
        if header(text, "transfer-encoding").is_some() {
            bail!("an answer of unknown length");
        }
        let end = head + length;
        Ok((self.read.len() >= end).then_some(Answer { status, head, end }))
    }

    /// The body of the answer.
    pub fn body(&self, answer: Answer) -> &[u8] {
        &self.read[answer.head..answer.end]
    }

    /// A header of the answer.
    pub fn header(&self, answer: Answer, name: &str) -> Option<&str> {
        header(std::str::from_utf8(&self.read[..answer.head]).ok()?, name)
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value.trim()))
}

/// Where a text begins.
pub fn find(within: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    while let Some(at) = within[from..].iter().position(|b| *b == first) {
        let at = from + at;
        if within[at..].starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}
