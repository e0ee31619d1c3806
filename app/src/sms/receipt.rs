//! What became of a short message after the gateway took it: asked for at the address that the gateway's file names,
//! because a house behind a firewall can ask and cannot be called. Of an answer two fields are read, never the rest,
//! which repeats the number and the text.

use super::HttpGateway;
use crate::outbox::Reason;
use domain::ids::MessageId;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// How long a message's fate is asked for. Networks give a message up after two days at the latest; Twilio after ten
/// hours.
const ASKED_FOR: SignedDuration = SignedDuration::from_hours(48);
/// Waits between questions in seconds; the last one repeats. Most messages arrive within seconds.
const WAITS: [i64; 8] = [10, 20, 30, 60, 300, 900, 1800, 3600];
/// The longest name of a message; longer ones are no names.
const NAME_LENGTH: usize = 100;
/// The longest reason that is kept. A word or a code, never as long as a number.
const REASON_LENGTH: usize = 24;
/// Of an answer no more is read.
pub(super) const ANSWER_LENGTH: u64 = 64 * 1024;

/// Where a gateway tells what became of a message, as its file says it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Receipt {
    /// Where in the gateway's answer its own name for the message stands: fields with dots between them, and numbers for
    /// places in lists, such as `messages.0.id`. Left out: it goes by the id that it was sent.
    #[serde(default)]
    name: String,
    /// Where to ask; `{name}` and `{id}` stand for the two.
    pub(super) url: String,
    /// Where in that answer the state stands.
    state: String,
    /// The states of a message that has reached the phone.
    delivered: Vec<String>,
    /// The states of one that never will.
    failed: Vec<String>,
    /// Where a code stands that says why.
    #[serde(default)]
    reason: String,
}

/// What a gateway tells of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It has reached the phone.
    Delivered,
    /// It never will.
    Failed {
        /// Why.
        because: Reason,
    },
    /// Nothing yet.
    NotYet,
}

/// When a message is to be asked for next; none: its fate stays unknown.
pub(crate) fn next_at(sent_at: Timestamp, tries: i32, now: Timestamp) -> Option<Timestamp> {
    if now.duration_since(sent_at) >= ASKED_FOR {
        return None;
    }
    let step = usize::try_from(tries).unwrap_or(0).min(WAITS.len() - 1);
    Some(now + SignedDuration::from_secs(WAITS[step]))
}

/// A field of an answer by its path.
fn field<'a>(answer: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(answer, |at, step| match at {
        Value::Array(all) => all.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

/// A text or a number of an answer.
fn word(answer: &Value, path: &str) -> Option<String> {
    match field(answer, path)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A text or a number of an answer that is JSON.
pub(super) fn said(answer: &str, path: &str) -> Option<String> {
    word(&serde_json::from_str(answer).ok()?, path)
}

/// A name that may stand in an address as it is.
fn is_name(text: &str) -> bool {
    (1..=NAME_LENGTH).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A code that says why; whatever could be a phone number is left out.
pub(super) fn is_reason(text: &str) -> bool {
    is_name(text)
        && text.len() <= REASON_LENGTH
        && text.bytes().filter(u8::is_ascii_digit).count() <= 6
}

impl Receipt {
    /// What is wrong with the description.
    pub(super) fn check(&self) -> Result<(), String> {
        let url = url::Url::parse(&self.url.replace("{name}", "n").replace("{id}", "i"))
            .map_err(|_| "the url of the SMS gateway's [receipt] must be an address".to_owned())?;
        if url.scheme() != "https" && !super::is_local(&url) {
            return Err(
                "the url of the SMS gateway's [receipt] must begin with https://".to_owned(),
            );
        }
        let wanted = if self.name.is_empty() {
            "{id}"
        } else {
            "{name}"
        };
        if !self.url.contains(wanted) {
            return Err(format!(
                "the url of the SMS gateway's [receipt] must hold {wanted}"
            ));
        }
        if self.state.is_empty() || self.delivered.is_empty() || self.failed.is_empty() {
            return Err("the SMS gateway's [receipt] needs state, delivered and failed".to_owned());
        }
        Ok(())
    }

    /// The name under which a message is asked for, from what the gateway answered when it took it.
    pub(super) fn name(&self, id: MessageId, answer: &str) -> Option<String> {
        if self.name.is_empty() {
            return Some(id.to_string());
        }
        said(answer, &self.name).filter(|name| is_name(name))
    }

    fn read(&self, answer: &str) -> Told {
        let Ok(answer) = serde_json::from_str::<Value>(answer) else {
            return Told::NotYet;
        };
        let Some(state) = word(&answer, &self.state) else {
            return Told::NotYet;
        };
        if self.delivered.contains(&state) {
            return Told::Delivered;
        }
        // Only a state that the file names is told on: another one could be anything.
        let Some(known) = self.failed.iter().find(|known| **known == state) else {
            return Told::NotYet;
        };
        let code = word(&answer, &self.reason).filter(|code| is_reason(code));
        Told::Failed {
            because: Reason::Network(match code {
                Some(code) => format!("{known}, {code}"),
                None => known.clone(),
            }),
        }
    }
}

impl HttpGateway {
    /// Asks what became of a message; where the gateway does not answer, nothing is known yet.
    pub(super) fn ask(&self, id: MessageId, name: &str) -> Told {
        let Some(receipt) = &self.described.receipt else {
            return Told::NotYet;
        };
        let url = receipt
            .url
            .replace("{id}", &id.to_string())
            .replace("{name}", name);
        let request = self.signed(self.agent.get(&url));
        match request.call() {
            Ok(mut answer) if answer.status().is_success() => {
                let text = answer.body_mut().with_config().limit(ANSWER_LENGTH);
                receipt.read(&text.read_to_string().unwrap_or_default())
            }
            _ => Told::NotYet,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twilio() -> Receipt {
        Receipt {
            name: "sid".to_owned(),
            url: "https://g.example/Messages/{name}.json".to_owned(),
            state: "status".to_owned(),
            delivered: vec!["delivered".to_owned(), "read".to_owned()],
            failed: vec!["undelivered".to_owned(), "failed".to_owned()],
            reason: "error_code".to_owned(),
        }
    }

    #[test]
    fn an_answer_is_read_for_its_state_and_nothing_else() {
        let failed = |told: &str| Told::Failed {
            because: Reason::Network(told.to_owned()),
        };
        for (answer, told) in [
            (r#"{"status":"queued","error_code":null}"#, Told::NotYet),
            (r#"{"status":"sent"}"#, Told::NotYet),
            (
                r#"{"status":"delivered","to":"+819012345678"}"#,
                Told::Delivered,
            ),
            (
                r#"{"status":"undelivered","error_code":30005,"to":"+819012345678"}"#,
                failed("undelivered, 30005"),
            ),
            (
                r#"{"status":"failed","error_code":"+819012345678"}"#,
                failed("failed"),
            ),
            (
                r#"{"status":"failed","error_code":"09012345678"}"#,
                failed("failed"),
            ),
            (r#"{"status":{"a":1}}"#, Told::NotYet),
            ("not json", Told::NotYet),
        ] {
            assert_eq!(twilio().read(answer), told, "{answer}");
        }
    }

    #[test]
    fn a_name_comes_from_the_answer_and_can_lead_nowhere_else() {
        let id = MessageId::from_uuid(uuid::Uuid::nil());
        let receipt = twilio();
        assert_eq!(
            receipt.name(id, r#"{"sid":"SM12ab"}"#).as_deref(),
            Some("SM12ab")
        );
        for answer in [
            r#"{"sid":"../x"}"#,
            r#"{"sid":""}"#,
            r#"{"sid":null}"#,
            "",
            "[]",
        ] {
            assert_eq!(receipt.name(id, answer), None, "{answer}");
        }
        let listed = Receipt {
            name: "messages.0.id".to_owned(),
            ..twilio()
        };
        assert_eq!(
            listed.name(id, r#"{"messages":[{"id":77}]}"#).as_deref(),
            Some("77")
        );
        let ours = Receipt {
            name: String::new(),
            ..twilio()
        };
        assert_eq!(ours.name(id, "").as_deref(), Some(id.to_string().as_str()));
    }

    #[test]
    fn a_message_is_asked_for_often_at_first_and_not_for_ever() {
        let sent: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let later = |minutes| sent + SignedDuration::from_mins(minutes);
        assert_eq!(
            next_at(sent, 0, sent),
            Some(sent + SignedDuration::from_secs(10))
        );
        assert_eq!(next_at(sent, 99, later(60)), Some(later(120)));
        assert_eq!(next_at(sent, 99, later(48 * 60)), None);
    }
}
