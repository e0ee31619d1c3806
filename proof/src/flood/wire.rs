//! Requests over kept connections, with as little work of its own as may be.

use anyhow::{Result, bail};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Connections that are kept.
pub(super) type Idle = Arc<Mutex<Vec<TcpStream>>>;

/// One request on a connection that is kept; the head of the answer. As browsers do, it is sent once more over a new
/// connection where a kept one was given up before a byte of the answer: in a crowd whoever says nothing gives way.
pub(super) async fn ask(to: SocketAddr, idle: &Idle, request: &[u8]) -> Result<String> {
    let kept = idle.lock().ok().and_then(|mut idle| idle.pop());
    if let Some(stream) = kept
        && let Some(head) = over(stream, idle, request).await?
    {
        return Ok(head);
    }
    match over(TcpStream::connect(to).await?, idle, request).await? {
        Some(head) => Ok(head),
        None => bail!("closed"),
    }
}

/// The head of the answer; none where the connection was closed before a byte of it.
async fn over(mut stream: TcpStream, idle: &Idle, request: &[u8]) -> Result<Option<String>> {
    if stream.write_all(request).await.is_err() {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(8_192);
    let (end, length) = loop {
        match stream.read_buf(&mut bytes).await {
            Ok(0) | Err(_) if bytes.is_empty() => return Ok(None),
            Ok(0) => bail!("closed"),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next()?.trim().parse::<usize>().ok());
            break (end + 4, length.unwrap_or(0));
        }
    };
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            bail!("closed");
        }
    }
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    if let (false, Ok(mut idle)) = (head.contains("connection: close"), idle.lock()) {
        idle.push(stream);
    }
    Ok(Some(head))
}
