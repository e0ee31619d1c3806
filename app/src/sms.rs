//! How short messages leave the house: over an HTTP gateway that a file describes, or into the folder of a development
//! installation. Who gets one is decided by use cases.

pub(crate) mod carried;
mod reached;
mod receipt;
mod refused;

pub(crate) use receipt::{Told, next_at};

use crate::keys::{CannotOpen, Keys};
use crate::outbox::{Delivery, Reason, write_new};
use domain::ids::MessageId;
use domain::sms_text::Limits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// A short message, ready to go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sms {
    /// To whom, in E.164.
    pub to: String,
    /// The text.
    pub text: String,
}

impl Sms {
    pub(crate) fn seal(&self, keys: &Keys) -> Vec<u8> {
        // A struct of strings always becomes JSON.
        keys.seal("sms", &serde_json::to_vec(self).unwrap_or_default())
    }

    pub(crate) fn open(keys: &Keys, sealed: &[u8]) -> Result<Sms, CannotOpen> {
        serde_json::from_slice(&keys.open("sms", sealed)?).map_err(|_| CannotOpen("sms"))
    }
}

/// A gateway as its file describes it. `{to}`, `{text}` and `{id}` stand for the number, the text and an id that stays
/// the same at every attempt.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    /// Where to, with `https://`.
    url: String,
    /// A user and a password for the gateway.
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
    /// Further headers.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The fields of a form; or else…
    #[serde(default)]
    form: BTreeMap<String, String>,
    /// …a JSON object.
    #[serde(default)]
    json: Option<serde_json::Value>,
    /// Whether the contract allows messages of several parts.
    #[serde(default)]
    long_messages: bool,
    /// Where the gateway tells what became of a message.
    #[serde(default)]
    receipt: Option<receipt::Receipt>,
    /// Which of its refusals are about the number or the message.
    #[serde(default)]
    refused: Option<refused::Refused>,
}

impl Described {
    /// Whether a part stands in what is sent, such as `{text}`.
    fn sends(&self, part: &str) -> bool {
        let json = self.json.as_ref().map(ToString::to_string);
        self.form
            .values()
            .chain(&json)
            .any(|value| value.contains(part))
    }

    /// Whether the gateway can know a message that it is sent once more.
    fn sends_id(&self) -> bool {
        self.sends("{id}")
    }
}

/// A gateway that is spoken to over HTTP.
#[derive(Clone)]
pub struct HttpGateway {
    described: Described,
    agent: ureq::Agent,
}

/// Where short messages go.
#[derive(Clone)]
pub enum SmsGateway {
    /// Nowhere: the console offers none.
    None,
    /// Into a folder, in development only.
    Folder(PathBuf),
    /// Over HTTP.
    Http(Box<HttpGateway>),
}

pub(crate) fn is_local(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// How a gateway is spoken to.
fn config(patience: Duration) -> ureq::config::Config {
    ureq::Agent::config_builder()
        .timeout_global(Some(patience))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
}

impl SmsGateway {
    /// A gateway as a file describes it (TOML).
    ///
    /// # Errors
    /// A sentence for the operator; it repeats no value, because passwords are among them.
    pub fn described(text: &str) -> Result<SmsGateway, String> {
        let described: Described = toml::from_str(text).map_err(|e| {
            // The message of the parser, without the line that it quotes.
            format!("must be a description of an SMS gateway: {}", e.message())
        })?;
        let url = url::Url::parse(&described.url)
            .map_err(|_| "the SMS gateway's url must be an address".to_owned())?;
        if url.scheme() != "https" && !is_local(&url) {
            return Err("the SMS gateway's url must begin with https://".to_owned());
        }
        if described.form.is_empty() == described.json.is_none() {
            return Err("the SMS gateway needs either [form] or [json]".to_owned());
        }
        for part in ["{to}", "{text}"] {
            if !described.sends(part) {
                return Err(format!("the SMS gateway's message must hold {part}"));
            }
        }
        if let Some(receipt) = &described.receipt {
            receipt.check()?;
        }
        if let Some(refused) = &described.refused {
            refused.check()?;
        }
        let agent = config(Duration::from_secs(20)).into();
        Ok(SmsGateway::Http(Box::new(HttpGateway { described, agent })))
    }

    /// Whether messages go anywhere.
    pub fn is_there(&self) -> bool {
        !matches!(self, SmsGateway::None)
    }

    /// How long a message may be.
    pub fn limits(&self) -> Limits {
        match self {
            SmsGateway::Http(gateway) if gateway.described.long_messages => Limits::LONG,
            _ => Limits::ONE,
        }
    }

    /// Sends a message; with the name under which its fate can be asked for, where the gateway gave one. `may_be_there`: whether
    /// the gateway may have taken it before, without our hearing so.
    pub(crate) async fn send(
        &self,
        id: MessageId,
        sms: &Sms,
        may_be_there: bool,
    ) -> (Delivery, Option<String>) {
        let fate = match self {
            SmsGateway::None => Delivery::GiveUp {
                because: Reason::SmsNone,
            },
            SmsGateway::Folder(folder) => {
                let plain = format!("SMS to: {}\n\n{}", sms.to, sms.text);
                match write_new(folder, &format!("{id}.txt"), &plain).await {
                    Ok(()) => Delivery::Delivered,
                    Err(error) => Delivery::again(Reason::Folder(error.kind().to_string())),
                }
            }
            SmsGateway::Http(gateway) => {
                let (gateway, sms) = (gateway.clone(), sms.clone());
                // The client waits on its thread, so it gets one of its own.
                return tokio::task::spawn_blocking(move || gateway.send(id, &sms, may_be_there))
                    .await
                    .unwrap_or_else(|_| (Delivery::again(Reason::SmsStopped), None));
            }
        };
        (fate, None)
    }

    /// Asks what became of a message.
    pub(crate) async fn ask(&self, id: MessageId, name: &str) -> Told {
        let SmsGateway::Http(gateway) = self else {
            return Told::NotYet;
        };
        let (gateway, name) = (gateway.clone(), name.to_owned());
        tokio::task::spawn_blocking(move || gateway.ask(id, &name))
            .await
            .unwrap_or(Told::NotYet)
    }
}

/// Fills every text of a JSON value.
fn filled(value: &serde_json::Value, fill: &dyn Fn(&str) -> String) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(fill(text)),
        Value::Array(all) => Value::Array(all.iter().map(|one| filled(one, fill)).collect()),
        Value::Object(all) => Value::Object(
            all.iter()
                .map(|(name, one)| (name.clone(), filled(one, fill)))
                .collect(),
        ),
        other => other.clone(),
    }
}

impl HttpGateway {
    /// Adds who asks, as the gateway knows it.
    fn signed<B>(&self, mut request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        use base64::Engine as _;
        let described = &self.described;
        for (name, value) in &described.headers {
            request = request.header(name, value);
        }
        if !described.user.is_empty() {
            let both = format!("{}:{}", described.user, described.password);
            let both = base64::engine::general_purpose::STANDARD.encode(both);
            request = request.header("authorization", format!("Basic {both}"));
        }
        request
    }

    fn send(&self, id: MessageId, sms: &Sms, may_be_there: bool) -> (Delivery, Option<String>) {
        let described = &self.described;
        // The text goes in last: what stands in it is never filled again.
        let fill = |text: &str| {
            text.replace("{id}", &id.to_string())
                .replace("{to}", &sms.to)
                .replace("{text}", &sms.text)
        };
        let request = self.signed(self.agent.post(&described.url));
        let (kind, body) = match &described.json {
            Some(json) => ("application/json", filled(json, &fill).to_string()),
            None => (
                "application/x-www-form-urlencoded",
                url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(
                        described
                            .form
                            .iter()
                            .map(|(name, value)| (name, fill(value))),
                    )
                    .finish(),
            ),
        };
        match request.content_type(kind).send(body.as_str()) {
            Ok(mut answer) => {
                let status = answer.status().as_u16();
                let says = match described.receipt.is_some() || described.refused.is_some() {
                    true => {
                        let text = answer.body_mut().with_config();
                        let text = text.limit(receipt::ANSWER_LENGTH).read_to_string();
                        text.unwrap_or_default()
                    }
                    false => String::new(),
                };
                let fate = described.fate(status, &says, may_be_there);
                let taken = described
                    .receipt
                    .as_ref()
                    .filter(|_| fate == Delivery::Delivered);
                let name = taken.and_then(|receipt| receipt.name(id, &says));
                (fate, name)
            }
            // The error may repeat the address, which may hold a key.
            Err(_) => (Delivery::again(Reason::SmsAway), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    const FORM: &str = "url = 'http://127.0.0.1:PORT/messages'\nuser = 'me'\npassword = 'secret'\n\
        [form]\nTo = '{to}'\nFrom = 'HERSYS'\nBody = '{text}'";

    /// A gateway that answers once, and what it was sent.
    fn answers(status: &str) -> (u16, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}");
        let heard = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut all = Vec::new();
            let mut part = [0; 4096];
            loop {
                let read = stream.read(&mut part).unwrap();
                all.extend_from_slice(&part[..read]);
                let text = String::from_utf8_lossy(&all).into_owned();
                let length = text
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .and_then(|rest| rest.lines().next()?.trim().parse::<usize>().ok());
                if let (Some((_, body)), Some(length)) = (text.split_once("\r\n\r\n"), length)
                    && body.len() >= length
                {
                    stream.write_all(answer.as_bytes()).unwrap();
                    return text;
                }
            }
        });
        (port, heard)
    }

    async fn sends(described: &str, port: u16) -> Delivery {
        let gateway = SmsGateway::described(&described.replace("PORT", &port.to_string())).unwrap();
        let sms = Sms {
            to: "+819012345678".to_owned(),
            text: "報告 {to} \"x\" https://h.example/?id=1".to_owned(),
        };
        let id = MessageId::from_uuid(uuid::Uuid::nil());
        gateway.send(id, &sms, false).await.0
    }

    #[tokio::test]
    async fn a_gateway_is_what_its_file_says() {
        let (port, heard) = answers("201 Created");
        assert_eq!(sends(FORM, port).await, Delivery::Delivered);
        let heard = heard.join().unwrap();
        assert!(
            heard
                .to_lowercase()
                .contains("authorization: basic bwu6c2vjcmv0"),
            "{heard}"
        );
        let body = heard.split_once("\r\n\r\n").unwrap().1;
        let sent: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes())
            .into_owned()
            .collect();
        assert!(sent.contains(&("To".to_owned(), "+819012345678".to_owned())));
        assert!(
            sent.iter()
                .any(|(n, v)| n == "Body" && v.starts_with("報告 {to} \"x\""))
        );
        let json = "url = 'http://127.0.0.1:PORT/'\n[json]\nmessages = [{ to = '{to}', text = '{text}', ref = '{id}' }]";
        let (port, heard) = answers("202 Accepted");
        assert_eq!(sends(json, port).await, Delivery::Delivered);
        let heard = heard.join().unwrap();
        let body: serde_json::Value =
            serde_json::from_str(heard.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(body["messages"][0]["to"], "+819012345678");
    }

    #[tokio::test]
    async fn what_a_gateway_says_is_told_without_the_number_and_without_its_key() {
        for status in ["503 Busy", "401 Who", "302 Elsewhere", "400 No", "413 Long"] {
            let (port, heard) = answers(status);
            let fate = sends(FORM, port).await;
            heard.join().unwrap();
            let (Delivery::TryAgain { because, .. } | Delivery::GiveUp { because }) = fate else {
                panic!("delivered");
            };
            let code = status[..3].to_owned();
            let told = match code.as_str() {
                "413" => Reason::SmsRefused(code),
                _ => Reason::SmsAnswered(code),
            };
            assert_eq!(because, told);
        }
        // Nobody listens.
        assert_eq!(sends(FORM, 1).await, Delivery::again(Reason::SmsAway));
    }

    #[test]
    fn the_descriptions_that_are_shipped_as_examples_can_be_used() {
        for text in [
            include_str!("../../docs/examples/sms-twilio.toml"),
            include_str!("../../docs/examples/sms-gateway.toml"),
        ] {
            assert!(SmsGateway::described(text).is_ok());
        }
    }

    #[test]
    fn a_wrong_description_is_told_and_repeats_no_secret() {
        for (text, told) in [
            ("url = 'ftp://x'\n[form]\na = '{to}{text}'", "https://"),
            (
                "url = 'http://gateway.example/'\n[form]\na = '{to}{text}'",
                "https://",
            ),
            ("url = 'https://g.example/'", "either [form] or [json]"),
            ("url = 'https://g.example/'\n[form]\nto = '{to}'", "{text}"),
            (
                "url = 'https://g.example/'\npasswort = 'secret'",
                "passwort",
            ),
            (
                "url = 'https://g.example/'\n[form]\na = '{to}{text}'\n[receipt]\nname = 'sid'\nurl = 'https://g.example/'\n\
                 state = 's'\ndelivered = ['d']\nfailed = ['f']",
                "must hold {name}",
            ),
            (
                "url = 'https://g.example/'\n[form]\na = '{to}{text}'\n[receipt]\nurl = 'http://g.example/{id}'\n\
                 state = 's'\ndelivered = ['d']\nfailed = ['f']",
                "https://",
            ),
            (
                "url = 'https://g.example/'\n[form]\na = '{to}{text}'\n[refused]\ncode = 'code'\nfor_good = []",
                "for_good",
            ),
        ] {
            let error = SmsGateway::described(text).err().unwrap();
            assert!(error.contains(told), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
