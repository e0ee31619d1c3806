//! A mail server, spoken to word by word: only whoever knows at which word it said no knows whom it meant. A changed
//! password would otherwise look like a recipient who does not exist, and every message would be given up for good.

use super::Delivery;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use url::{Url, form_urlencoded};

/// How many connections to the mail server are kept for the next mail.
const KEPT_OPEN: usize = 68;
/// How long one is kept without a mail.
const IDLE: Duration = Duration::from_secs(60);
/// How long the server may take to answer a word.
const ANSWER: Duration = Duration::from_secs(20);
/// The same of a whole mail: where it was taken and we did not wait to hear it, it would go out once more.
const TAKE: Duration = Duration::from_secs(60);

/// At which word a mail server said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// Its greeting, and ours.
    Hello,
    /// The user and the password.
    SignIn,
    /// Whom the mail comes from.
    Sender,
    /// Whom it goes to.
    Recipient,
    /// The mail itself.
    Content,
}

/// A mail that was not taken.
struct Refusal {
    word: Word,
    /// None: it did not answer in time.
    error: Option<Error>,
}

/// Connections that wait for the next mail.
#[derive(Default)]
struct Kept {
    open: Vec<(AsyncSmtpConnection, Instant)>,
    /// Whether a task closes those that wait for too long.
    watched: bool,
}

struct Server {
    host: String,
    port: u16,
    tls: Tls,
    hello: ClientId,
    credentials: Option<Credentials>,
    kept: Mutex<Kept>,
}

/// A mail server.
#[derive(Clone)]
pub struct SmtpSender(Arc<Server>);

/// What stands in a URL with `%`.
fn decoded(part: &str) -> Option<String> {
    // The decoder is one of forms, in which these two mean something else.
    let form = format!("it={}", part.replace('+', "%2B").replace('&', "%26"));
    let (_, value) = form_urlencoded::parse(form.as_bytes()).next()?;
    Some(value.into_owned())
}

impl SmtpSender {
    /// `smtp://host:port` or `smtps://user:password@host`; with `?tls=required` the first is encrypted, too.
    pub(super) fn of(url: &str) -> Option<SmtpSender> {
        let url = Url::parse(url).ok()?;
        let host = url.host_str().filter(|host| !host.is_empty())?.to_owned();
        let wanted = url.query_pairs().find(|(name, _)| name == "tls");
        let wanted = wanted.map(|(_, value)| value.into_owned());
        let sealed = || TlsParameters::new(host.clone()).ok();
        let (tls, usual) = match (url.scheme(), wanted.as_deref()) {
            ("smtp", None) => (Tls::None, 25),
            ("smtp", Some("required")) => (Tls::Required(sealed()?), 587),
            ("smtp", Some("opportunistic")) => (Tls::Opportunistic(sealed()?), 587),
            ("smtps", _) => (Tls::Wrapper(sealed()?), 465),
            _ => return None,
        };
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(
                decoded(url.username())?,
                decoded(password)?,
            )),
            None => None,
        };
        let name = url.path().trim_matches('/');
        Some(SmtpSender(Arc::new(Server {
            port: url.port().unwrap_or(usual),
            hello: match name {
                "" => ClientId::default(),
                name => ClientId::Domain(name.to_owned()),
            },
            host,
            tls,
            credentials,
            kept: Mutex::default(),
        })))
    }

    /// Whether the server lets us in.
    ///
    /// # Errors
    /// What it said instead.
    pub async fn test_connection(&self) -> Result<bool, String> {
        let refused = |refusal: Refusal| match refusal.error {
            Some(error) => error.to_string(),
            None => "it does not answer".to_owned(),
        };
        let mut open = self.0.connect().await.map_err(refused)?;
        let is_well = open.test_connected().await;
        open.abort().await;
        Ok(is_well)
    }

    pub(super) async fn send(&self, envelope: &Envelope, mail: &[u8]) -> Delivery {
        match self.try_to_send(envelope, mail).await {
            Ok(()) => Delivery::Delivered,
            Err(refusal) => refusal.fate(),
        }
    }

    async fn try_to_send(&self, envelope: &Envelope, mail: &[u8]) -> Result<(), Refusal> {
        let mut open = self.connection().await?;
        match talk(&mut open, envelope, mail).await {
            Ok(()) => {
                self.keep(open);
                Ok(())
            }
            Err(refusal) => {
                // Whoever does not answer does not say goodbye either.
                if refusal.error.is_some() {
                    let _ = timeout(ANSWER, open.abort()).await;
                }
                Err(refusal)
            }
        }
    }

    /// A connection that was kept and still stands, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Refusal> {
        loop {
            let kept = self.0.kept().open.pop();
            let Some((mut open, _)) = kept else {
                return self.0.connect().await;
            };
            if timeout(ANSWER, open.test_connected()).await == Ok(true) {
                return Ok(open);
            }
        }
    }

    fn keep(&self, open: AsyncSmtpConnection) {
        let mut kept = self.0.kept();
        if open.has_broken() || kept.open.len() >= KEPT_OPEN {
            return;
        }
        kept.open.push((open, Instant::now()));
        if std::mem::replace(&mut kept.watched, true) {
            return;
        }
        let server = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                sleep(IDLE).await;
                let Some(server) = server.upgrade() else {
                    return;
                };
                let (old, is_over) = server.idle();
                for mut open in old {
                    let _ = timeout(ANSWER, open.abort()).await;
                }
                if is_over {
                    return;
                }
            }
        });
    }
}

impl Server {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out what waits for too long; with whether nothing is left.
    fn idle(&self) -> (Vec<AsyncSmtpConnection>, bool) {
        let mut kept = self.kept();
        let all = std::mem::take(&mut kept.open);
        let (old, young): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|(_, since)| since.elapsed() >= IDLE);
        kept.open = young;
        kept.watched = !kept.open.is_empty();
        let old = old.into_iter().map(|(open, _)| open).collect();
        (old, !kept.watched)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Refusal> {
        let begin = async {
            let from_the_start = match &self.tls {
                Tls::Wrapper(sealed) => Some(sealed.clone()),
                _ => None,
            };
            let mut open = AsyncSmtpConnection::connect_tokio1(
                (self.host.as_str(), self.port),
                Some(ANSWER),
                &self.hello,
                from_the_start,
                None,
            )
            .await?;
            match &self.tls {
                Tls::Opportunistic(sealed) if open.can_starttls() => {
                    open.starttls(sealed.clone(), &self.hello).await?;
                }
                Tls::Required(sealed) => open.starttls(sealed.clone(), &self.hello).await?,
                _ => {}
            }
            Ok(open)
        };
        let mut open = heard(Word::Hello, ANSWER, begin).await?;
        if let Some(credentials) = &self.credentials {
            let sign_in = open.auth(DEFAULT_MECHANISMS, credentials);
            let signed_in = heard(Word::SignIn, ANSWER, sign_in).await;
            if let Err(refusal) = signed_in {
                let _ = timeout(ANSWER, open.abort()).await;
                return Err(refusal);
            }
        }
        Ok(open)
    }
}

/// Waits for an answer.
async fn heard<T>(
    word: Word,
    patience: Duration,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Refusal> {
    match timeout(patience, answer).await {
        Ok(answer) => answer.map_err(|error| Refusal {
            word,
            error: Some(error),
        }),
        Err(_) => Err(Refusal { word, error: None }),
    }
}

/// Hands a mail over. Its addresses and its text are ASCII on the wire, so that nothing of the server's abilities is asked.
async fn talk(
    open: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    mail: &[u8],
) -> Result<(), Refusal> {
    let from = Mail::new(envelope.from().cloned(), Vec::new());
    heard(Word::Sender, ANSWER, open.command(from)).await?;
    for to in envelope.to() {
        let to = Rcpt::new(to.clone(), Vec::new());
        heard(Word::Recipient, ANSWER, open.command(to)).await?;
    }
    heard(Word::Content, ANSWER, open.command(Data)).await?;
    heard(Word::Content, TAKE, open.message(mail)).await?;
    Ok(())
}

impl Refusal {
    fn fate(&self) -> Delivery {
        let code = self.error.as_ref().and_then(Error::status).map(u16::from);
        let Some(code) = code else {
            return Delivery::again("the mail server cannot be reached");
        };
        // The server's own words may repeat the address, so only the code is kept.
        let because = format!("the mail server answered {code}");
        if code < 500 {
            return Delivery::again(because);
        }
        let says = self.error.as_ref().and_then(|error| error.source());
        let status = says.and_then(|says| enhanced(&says.to_string()));
        if is_of_this_mail(self.word, code, status) {
            return Delivery::GiveUp { because };
        }
        Delivery::TryAgain {
            because,
            means: Some(match self.word {
                Word::Hello => "the mail server turns this installation away",
                Word::SignIn => {
                    "the mail server does not take the user or the password of HERSYS_SMTP_URL"
                }
                Word::Sender => "the mail server does not take HERSYS_MAIL_FROM as a sender",
                Word::Recipient | Word::Content => {
                    "the mail server does not pass on mails of this installation; its own log says why"
                }
            }),
        }
    }
}

/// The class-free part of an enhanced status code (RFC 3463) with which an answer begins, such as `7.1` of `5.7.1`.
fn enhanced(says: &str) -> Option<(u16, u16)> {
    let mut parts = says
        .split_whitespace()
        .next()?
        .strip_prefix("5.")?
        .split('.');
    let both = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(both)
}

/// Whether a no for good is about the recipient or about this mail, so that it would be the same however often it is tried.
/// All else is about the installation, which somebody mends: then every mail goes out.
fn is_of_this_mail(word: Word, code: u16, status: Option<(u16, u16)>) -> bool {
    match (word, status) {
        (Word::Hello | Word::SignIn | Word::Sender, _) => false,
        // Policy: whom the server passes mails on for. And the sender's address, looked at only now.
        (_, Some((7, _) | (1, 7 | 8))) => false,
        // The address, the mailbox, the content, its size.
        (_, Some((1 | 2 | 6, _) | (3, 4))) => true,
        // 556: the recipient's domain takes no mail.
        (Word::Recipient, _) => matches!(code, 550..=553 | 556),
        (Word::Content, _) => matches!(code, 550..=553),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_about_the_recipient_or_the_mail_is_given_up() {
        for (word, code, says, is_given_up) in [
            (Word::Hello, 554, "5.7.1 not from there", false),
            (Word::SignIn, 535, "5.7.8 wrong password", false),
            (Word::Sender, 553, "no such sender", false),
            (Word::Sender, 550, "5.1.0 no", false),
            (Word::Recipient, 550, "no such box", true),
            (Word::Recipient, 550, "5.1.1 no such box", true),
            (Word::Recipient, 501, "5.1.3 no address", true),
            (Word::Recipient, 552, "5.2.2 its box is full", true),
            (Word::Recipient, 553, "no such box", true),
            (Word::Recipient, 550, "5.4.1 Access denied", true),
            (Word::Recipient, 556, "5.1.10 takes no mail", true),
            (Word::Recipient, 554, "relay access denied", false),
            (Word::Recipient, 554, "5.7.1 relay access denied", false),
            (Word::Recipient, 550, "5.7.1 Unable to relay", false),
            (Word::Recipient, 550, "5.1.8 bad sender", false),
            (Word::Recipient, 530, "5.7.0 sign in first", false),
            (Word::Content, 552, "too large", true),
            (Word::Content, 554, "5.3.4 too large", true),
            (Word::Content, 554, "5.6.0 no", true),
            (Word::Content, 554, "no", false),
            (Word::Content, 550, "5.7.26 not signed", false),
        ] {
            assert_eq!(
                is_of_this_mail(word, code, enhanced(says)),
                is_given_up,
                "{word:?} {code} {says}"
            );
        }
        assert_eq!(enhanced("5.7.1"), Some((7, 1)));
        assert_eq!(enhanced("5.7.1.2 x"), None);
        assert_eq!(enhanced("taken <a@5.7.1>"), None);
    }

    #[test]
    fn a_url_says_where_the_server_is_and_who_we_are() {
        let of = |url: &str| SmtpSender::of(url).map(|sender| sender.0);
        let plain = of("smtp://127.0.0.1").unwrap();
        assert_eq!((plain.host.as_str(), plain.port), ("127.0.0.1", 25));
        assert!(matches!(plain.tls, Tls::None) && plain.credentials.is_none());
        let sealed = of("smtps://me%40h.example:a%26b+c&d%25@mail.example/h.example").unwrap();
        assert_eq!(sealed.port, 465);
        assert!(matches!(sealed.tls, Tls::Wrapper(_)));
        assert_eq!(
            sealed.credentials,
            Some(Credentials::new(
                "me@h.example".to_owned(),
                "a&b+c&d%".to_owned()
            ))
        );
        assert!(matches!(&sealed.hello, ClientId::Domain(name) if name == "h.example"));
        let required = of("smtp://mail.example?tls=required").unwrap();
        assert!(matches!(required.tls, Tls::Required(_)) && required.port == 587);
        for wrong in ["mail.example", "http://mail.example", "smtp://h?tls=maybe"] {
            assert!(of(wrong).is_none(), "{wrong}");
        }
    }
}
