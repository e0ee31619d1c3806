//! Lines to the mail server: connections that stay open for the next mail. One that was cut off on its way is never used again, for the
//! answer that is still to come would be taken for the next mail's. So whoever sends has the line to himself, and lays it back only
//! when its last answer was heard; a pool that takes back whatever is dropped cannot know.

use lettre::Message;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use percent_encoding::percent_decode_str;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

/// How many lines are kept for the next mail.
const KEPT_OPEN: usize = 68;
/// For how long a line is kept that nobody needs.
const IDLE: Duration = Duration::from_secs(60);
/// How long the server may take to let us in.
const HELLO: Duration = Duration::from_secs(20);
/// How long it may take to say that a line which was kept is still there.
const STILL_THERE: Duration = Duration::from_secs(10);
/// How long we wait to be let go.
const BYE: Duration = Duration::from_secs(5);

/// A mail server, and who we are to it.
struct Server {
    host: String,
    port: u16,
    tls: Tls,
    name: ClientId,
    user: Option<Credentials>,
}

impl Server {
    /// As the library reads such an address, which keeps what it has read to itself.
    fn at(url: &str) -> Option<Server> {
        let url = Url::parse(url).ok()?;
        // An IPv6 address without its brackets, with which no machine is found.
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        let changes = url.query_pairs().find(|(name, _)| name == "tls");
        let with_tls = || TlsParameters::new(host.clone()).ok();
        let (usual, tls) = match (url.scheme(), changes.as_ref().map(|(_, how)| how.as_ref())) {
            ("smtp", None) => (SMTP_PORT, Tls::None),
            ("smtp", Some("required")) => (SUBMISSION_PORT, Tls::Required(with_tls()?)),
            ("smtp", Some("opportunistic")) => (SUBMISSION_PORT, Tls::Opportunistic(with_tls()?)),
            ("smtps", _) => (SUBMISSIONS_PORT, Tls::Wrapper(with_tls()?)),
            _ => return None,
        };
        let name = match url.path().trim_matches('/') {
            "" => ClientId::default(),
            name => ClientId::Domain(name.to_owned()),
        };
        let plain = |text| percent_decode_str(text).decode_utf8().ok();
        let user = match url.password() {
            Some(password) => Some(Credentials::new(
                plain(url.username())?.into_owned(),
                plain(password)?.into_owned(),
            )),
            None => None,
        };
        Some(Server {
            port: url.port().unwrap_or(usual),
            host,
            tls,
            name,
            user,
        })
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, Error> {
        let at_once = match &self.tls {
            Tls::Wrapper(tls) => Some(tls.clone()),
            _ => None,
        };
        let at = (self.host.as_str(), self.port);
        let mut line =
            AsyncSmtpConnection::connect_tokio1(at, Some(HELLO), &self.name, at_once, None).await?;
        match &self.tls {
            Tls::Required(tls) => line.starttls(tls.clone(), &self.name).await?,
            Tls::Opportunistic(tls) if line.can_starttls() => {
                line.starttls(tls.clone(), &self.name).await?;
            }
            _ => {}
        }
        if let Some(user) = &self.user {
            line.auth(DEFAULT_MECHANISMS, user).await?;
        }
        Ok(line)
    }
}

/// A line on which every answer was heard.
struct Kept {
    line: AsyncSmtpConnection,
    since: Instant,
}

struct Lines {
    server: Server,
    /// The last one that was laid back is the last of them.
    kept: Mutex<Vec<Kept>>,
}

impl Lines {
    fn with_kept<T>(&self, with: impl FnOnce(&mut Vec<Kept>) -> T) -> T {
        with(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A line of one's own. Whoever does not lay it back closes it, by an error as well as by being cut off.
    async fn take(&self) -> Result<AsyncSmtpConnection, Error> {
        while let Some(Kept { mut line, .. }) = self.with_kept(Vec::pop) {
            match timeout(STILL_THERE, line.test_connected()).await {
                Ok(true) => return Ok(line),
                // The server has ended this one.
                Ok(false) => {}
                // Nothing comes back from there, and the others have lain longer.
                Err(_) => drop(self.with_kept(std::mem::take)),
            }
        }
        self.server.open().await
    }

    fn lay_back(&self, line: AsyncSmtpConnection) {
        let since = Instant::now();
        self.with_kept(|kept| {
            if kept.len() < KEPT_OPEN {
                kept.push(Kept { line, since });
            }
        });
    }
}

/// Ends lines that nobody has needed for a while, for as long as somebody may need one.
async fn end_idle(lines: Weak<Lines>) {
    loop {
        sleep(IDLE).await;
        let Some(lines) = lines.upgrade() else {
            return;
        };
        let idle: Vec<Kept> = lines.with_kept(|kept| {
            // Those that have lain longest stand first.
            let fresh = kept.partition_point(|one| one.since.elapsed() >= IDLE);
            kept.drain(..fresh).collect()
        });
        for Kept { mut line, .. } in idle {
            // Where the server lets nobody go, the line is closed all the same.
            let _ = timeout(BYE, line.abort()).await;
        }
    }
}

/// A mail server that mails are handed to.
#[derive(Clone)]
pub struct SmtpSender(Arc<Lines>);

impl SmtpSender {
    /// For `smtp://host:port` or `smtps://user:password@host`; `None` where the address is none. Lines that nobody needs are ended by
    /// a task of its own.
    pub(super) fn at(url: &str) -> Option<SmtpSender> {
        let lines = Arc::new(Lines {
            server: Server::at(url)?,
            kept: Mutex::default(),
        });
        tokio::spawn(end_idle(Arc::downgrade(&lines)));
        Some(SmtpSender(lines))
    }

    /// Hands a mail over. May be dropped at any moment: the line goes with it.
    pub(super) async fn send(&self, mail: &Message) -> Result<(), Error> {
        let mut line = self.0.take().await?;
        line.send(mail.envelope(), &mail.formatted()).await?;
        self.0.lay_back(line);
        Ok(())
    }

    /// Whether the server lets us in and answers as one.
    ///
    /// # Errors
    /// What keeps us out.
    pub async fn test_connection(&self) -> Result<bool, Error> {
        let mut line = self.0.server.open().await?;
        let answers = line.test_connected().await;
        let _ = timeout(BYE, line.abort()).await;
        Ok(answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

    /// What a mail server tells of a conversation, by its number.
    #[derive(Debug, PartialEq, Eq)]
    enum Heard {
        Opened(usize),
        WholeMail(usize),
        Closed(usize),
    }

    /// Answers all but the end of a mail in the first conversation.
    async fn converse(number: usize, stream: TcpStream, heard: &UnboundedSender<Heard>) {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let _ = write.write_all(b"220 mail.example\r\n").await;
        let mut is_mail = false;
        while let Ok(Some(line)) = lines.next_line().await {
            let answer: &[u8] = match line.as_str() {
                "." if is_mail => {
                    is_mail = false;
                    heard.send(Heard::WholeMail(number)).unwrap();
                    match number {
                        0 => continue,
                        _ => b"250 taken\r\n",
                    }
                }
                _ if is_mail => continue,
                "DATA" => {
                    is_mail = true;
                    b"354 go on\r\n"
                }
                _ => b"250 fine\r\n",
            };
            if write.write_all(answer).await.is_err() {
                break;
            }
        }
        let _ = heard.send(Heard::Closed(number));
    }

    async fn mail_server() -> (String, UnboundedReceiver<Heard>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let (tell, heard) = unbounded_channel();
        tokio::spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                tell.send(Heard::Opened(number)).unwrap();
                let tell = tell.clone();
                tokio::spawn(async move { converse(number, stream, &tell).await });
            }
        });
        (url, heard)
    }

    fn mail() -> Message {
        Message::builder()
            .from("no-reply@center.example".parse().unwrap())
            .to("hanako@example.org".parse().unwrap())
            .body("T".to_owned())
            .unwrap()
    }

    #[tokio::test]
    async fn a_line_that_was_cut_off_is_closed_and_one_that_was_heard_out_is_used_again() {
        let (url, mut heard) = mail_server().await;
        let sender = SmtpSender::at(&url).unwrap();
        let cut_off = {
            let sender = sender.clone();
            tokio::spawn(async move { sender.send(&mail()).await })
        };
        assert_eq!(heard.recv().await, Some(Heard::Opened(0)));
        assert_eq!(heard.recv().await, Some(Heard::WholeMail(0)));
        cut_off.abort();
        assert_eq!(heard.recv().await, Some(Heard::Closed(0)));
        for _ in 0..2 {
            sender.send(&mail()).await.unwrap();
        }
        assert_eq!(heard.recv().await, Some(Heard::Opened(1)));
        assert_eq!(heard.recv().await, Some(Heard::WholeMail(1)));
        assert_eq!(heard.recv().await, Some(Heard::WholeMail(1)), "the same");
    }

    #[test]
    fn an_address_of_a_mail_server_says_how_it_is_spoken_to() {
        let read = |url: &str| {
            let server = Server::at(url).unwrap();
            let tls = match server.tls {
                Tls::None => "none",
                Tls::Opportunistic(_) => "offered",
                Tls::Required(_) => "required",
                Tls::Wrapper(_) => "at once",
            };
            (server.host, server.port, tls)
        };
        let host = || "mail.example".to_owned();
        for (url, told) in [
            ("smtp://mail.example", (host(), 25, "none")),
            ("smtp://mail.example:2525/", (host(), 2525, "none")),
            (
                "smtp://u:p@mail.example?tls=required",
                (host(), 587, "required"),
            ),
            (
                "smtp://mail.example?tls=opportunistic",
                (host(), 587, "offered"),
            ),
            ("smtps://u:p@mail.example", (host(), 465, "at once")),
            ("smtp://[::1]:2525", ("::1".to_owned(), 2525, "none")),
        ] {
            assert_eq!(read(url), told, "{url}");
        }
        let named = Server::at("smtp://u%40x:p%2F%20w@mail.example/center.example?tls=required");
        let named = named.unwrap();
        assert_eq!(named.name, ClientId::Domain("center.example".to_owned()));
        assert!(named.user == Some(Credentials::new("u@x".to_owned(), "p/ w".to_owned())));
        assert!(Server::at("smtp://mail.example").unwrap().user.is_none());
        for none in ["mail.example", "http://mail.example", "smtp:", ""] {
            assert!(Server::at(none).is_none(), "{none}");
        }
        assert!(Server::at("smtp://mail.example?tls=perhaps").is_none());
    }
}
