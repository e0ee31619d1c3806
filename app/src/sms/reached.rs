//! Whether a gateway can be reached, for whoever looks before the first alert: its hosts are connected to as for a message,
//! over the same proxy and with the same look at the certificate, and the connection ends before a byte of a request.

use super::{HttpGateway, SmsGateway, config};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector, Transport};

/// Connects, says that it did, and ends there.
#[derive(Debug)]
struct OnlyConnects {
    connector: DefaultConnector,
    is_there: Arc<AtomicBool>,
}

impl Connector for OnlyConnects {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let there = self.connector.connect(details, chained)?;
        self.is_there.store(there.is_some(), Ordering::Relaxed);
        Err(ureq::Error::ConnectionFailed)
    }
}

/// What keeps this machine from an address; nothing where it is reached.
fn reach(url: &str, patience: Duration) -> Result<(), String> {
    let is_there = Arc::new(AtomicBool::new(false));
    let connector = OnlyConnects {
        connector: DefaultConnector::default(),
        is_there: is_there.clone(),
    };
    let agent = ureq::Agent::with_parts(config(patience), connector, DefaultResolver::default());
    let ended = agent.head(url).call();
    if is_there.load(Ordering::Relaxed) {
        return Ok(());
    }
    // Other errors may repeat the address, which may hold a key.
    Err(match ended {
        Err(ureq::Error::Io(error)) => error.to_string(),
        Err(ureq::Error::Rustls(error)) => error.to_string(),
        Err(ureq::Error::HostNotFound) => "there is no such host".to_owned(),
        Err(ureq::Error::Timeout(_)) => "it does not answer".to_owned(),
        _ => "no connection was made".to_owned(),
    })
}

/// The host and port of an address, without anything else that stands in it.
fn server(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    Some(format!("{}:{}", url.host()?, url.port_or_known_default()?))
}

impl HttpGateway {
    /// An address for each server that is spoken to.
    fn servers(&self) -> Vec<(String, String)> {
        let receipt = self.described.receipt.as_ref();
        let asked = receipt.map(|receipt| receipt.url.replace("{name}", "n").replace("{id}", "i"));
        let mut all: Vec<(String, String)> = Vec::new();
        for url in [self.described.url.clone()].into_iter().chain(asked) {
            if let Some(server) = server(&url)
                && all.iter().all(|(known, _)| *known != server)
            {
                all.push((server, url));
            }
        }
        all
    }
}

impl SmsGateway {
    /// Whether each server of the gateway can be reached, by its host and port: the one that takes messages, and the one that
    /// tells what became of them. What keeps this machine from one is told without the address, which may hold a key.
    pub async fn reached(&self, patience: Duration) -> Vec<(String, Result<(), String>)> {
        let SmsGateway::Http(gateway) = self else {
            return Vec::new();
        };
        let servers = gateway.servers();
        // The client waits on its thread, so it gets one of its own.
        let looked = tokio::task::spawn_blocking(move || {
            let one = |(server, url): (String, String)| (server, reach(&url, patience));
            servers.into_iter().map(one).collect()
        });
        looked.await.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

    #[tokio::test]
    async fn a_gateway_is_reached_without_a_word_to_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = std::thread::spawn(move || {
            let mut all = Vec::new();
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_to_end(&mut all).unwrap();
            all
        });
        let described = format!(
            "url = 'http://127.0.0.1:{port}/key-Kornblume'\n[form]\na = '{{to}}{{text}}'\n[receipt]\n\
             url = 'http://127.0.0.1:1/key-Kornblume/{{id}}'\nstate = 's'\ndelivered = ['d']\nfailed = ['f']"
        );
        let gateway = SmsGateway::described(&described).unwrap();
        let reached = gateway.reached(Duration::from_secs(5)).await;
        assert_eq!(reached[0], (format!("127.0.0.1:{port}"), Ok(())));
        let (server, why) = &reached[1];
        assert_eq!(server, "127.0.0.1:1");
        let why = why.as_ref().unwrap_err();
        assert!(
            why.contains("refused") && !why.contains("Kornblume"),
            "{why}"
        );
        assert_eq!(heard.join().unwrap(), b"", "nothing was sent");
    }
}
