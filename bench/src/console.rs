//! A real console listener in this process, and a browser that hears its events.

use anyhow::{Context, Result};
use app::App;
use app::keys::Token;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use web::ConsoleConfig;

/// The cookie of a staff member's session.
const COOKIE: &str = "__Host-hersys-staff";

/// A console that listens on loopback until it is dropped.
pub struct Console {
    /// Where.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
}

impl Console {
    /// Begins to listen.
    pub async fn start(app: App) -> Result<Console> {
        let (stop, stopping) = watch::channel(false);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = web::console(ConsoleConfig {
            app,
            trusted_proxies: Vec::new(),
            sample: false,
            stopping: stopping.clone(),
        });
        let mut until = stopping;
        tokio::spawn(async move {
            let stopped = async move {
                // An error means that the console was dropped: stop, too.
                let _ = until.wait_for(|stop| *stop).await;
            };
            if let Err(error) = axum::serve(listener, router)
                .with_graceful_shutdown(stopped)
                .await
            {
                eprintln!("the console has ended: {error}");
            }
        });
        Ok(Console { address, stop })
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

fn ask(address: SocketAddr, path: &str, token: &Token, end: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let text = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept-Language: ja\r\nCookie: {COOKIE}={}\r\n{end}\r\n",
        token.expose()
    );
    stream.write_all(text.as_bytes())?;
    Ok(stream)
}

/// Listens to the events of the worklist; tells when each came. The first is told when the stream stands.
pub fn listen(address: SocketAddr, path: &str, token: &Token) -> Result<Receiver<Instant>> {
    let stream = ask(address, path, token, "Accept: text/event-stream\r\n")?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let (tell, told) = channel();
    std::thread::Builder::new()
        .name("browser".to_owned())
        .spawn(move || {
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { return };
                let is_event = line.starts_with(": here")
                    || line.starts_with(":here")
                    || line.starts_with("event: changed");
                if is_event && tell.send(Instant::now()).is_err() {
                    return;
                }
            }
        })?;
    told.recv_timeout(Duration::from_secs(10))
        .context("the stream of events did not begin")?;
    Ok(told)
}
