//! What an SMS gateway means when it does not take a message: the number, this message, or us. Of its answer a code is read, never
//! the rest, which may repeat the number.

use super::Described;
use super::receipt::{is_reason, said};
use crate::outbox::{Delivery, Reason};
use serde::Deserialize;

/// Which of a gateway's refusals are for good, as its file says it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refused {
    /// Where in the gateway's answer the code stands that says why; a path like those of a receipt.
    code: String,
    /// The codes that are about the number or the message.
    for_good: Vec<String>,
}

impl Refused {
    /// What is wrong with the description.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.code.is_empty() || self.for_good.is_empty() {
            return Err("the SMS gateway's [refused] needs code and for_good".to_owned());
        }
        Ok(())
    }
}

impl Described {
    /// What an answer means. Given up is only what is about the number or the message. All else is about the installation, such as a
    /// password or a sender, which somebody mends: then every message goes out. Where a status may mean either, the message is tried
    /// again, unless the file knows the code. `may_be_there`: whether the gateway may have taken this message without our hearing so.
    pub(super) fn fate(&self, status: u16, says: &str, may_be_there: bool) -> Delivery {
        let refused = self
            .refused
            .as_ref()
            .filter(|_| (400..500).contains(&status));
        let code = refused.and_then(|refused| said(says, &refused.code));
        let is_for_good = refused
            .zip(code.as_ref())
            .is_some_and(|(refused, code)| refused.for_good.contains(code));
        let told = match code.filter(|code| is_reason(code)) {
            Some(code) => format!("{status}, {code}"),
            None => status.to_string(),
        };
        let because = Reason::SmsAnswered(told.clone());
        let means = match status {
            200..=299 => return Delivery::Delivered,
            // By the id that stays the same at every attempt it knows one that it has taken.
            409 if self.sends_id() && may_be_there => return Delivery::Delivered,
            // Of one that it cannot have it is a no; tried again, it would look like one that it has.
            409 if self.sends_id() => return Delivery::GiveUp { because },
            _ if status == 413 || is_for_good => {
                return Delivery::GiveUp {
                    because: Reason::SmsRefused(told),
                };
            }
            408 | 425 | 429 | 500..=599 => return Delivery::again(because),
            400 | 409 | 422 => {
                "the SMS gateway does not take what it is sent: look at the sender in the file of HERSYS_SMS_GATEWAY, and at its account; \
                 codes that are about single numbers are named there under [refused]"
            }
            401 | 403 | 407 => {
                "the SMS gateway does not let this installation in: look at what stands in the file of HERSYS_SMS_GATEWAY"
            }
            402 => "the account at the SMS gateway has no credit",
            _ => "the SMS gateway does not know what it is asked for: look at the url in its file",
        };
        Delivery::TryAgain {
            because,
            means: Some(means),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str =
        "url = 'https://g.example/'\n[form]\nTo = '{to}'\nFrom = 'HERSYS'\nBody = '{text}'\n";
    const WITH_ID: &str =
        "url = 'https://g.example/'\n[json]\nto = '{to}'\ntext = '{text}'\nref = ['{id}']\n";
    const CODES: &str = "[refused]\ncode = 'code'\nfor_good = ['21211', '21610']\n";

    fn fate(described: &str, status: u16, says: &str, may_be_there: bool) -> Delivery {
        let described: Described = toml::from_str(described).unwrap();
        described.fate(status, says, may_be_there)
    }

    #[test]
    fn only_a_refusal_of_the_number_or_the_message_is_given_up() {
        for (status, is_given_up) in [
            (503, false),
            (429, false),
            (401, false),
            (402, false),
            (403, false),
            (404, false),
            (302, false),
            // A sender that is wrong, as well as a number.
            (400, false),
            (422, false),
            // No gateway can know a message without an id.
            (409, false),
            (413, true),
        ] {
            let fate = fate(FORM, status, "{}", true);
            assert_eq!(
                matches!(fate, Delivery::GiveUp { .. }),
                is_given_up,
                "{status}"
            );
            assert_ne!(fate, Delivery::Delivered, "{status}");
        }
    }

    #[test]
    fn a_code_that_the_file_names_is_given_up_and_told() {
        let described = format!("{FORM}{CODES}");
        let given_up = |told: &str| Delivery::GiveUp {
            because: Reason::SmsRefused(told.to_owned()),
        };
        for says in [
            r#"{"code":21211,"message":"+819012345678 is no number"}"#,
            r#"{"code":"21211"}"#,
        ] {
            assert_eq!(fate(&described, 400, says, false), given_up("400, 21211"));
        }
        // A sender that is wrong, a trial account, a text, and no answer at all.
        for (says, told) in [
            (r#"{"code":21606}"#, "400, 21606"),
            (r#"{"code":"+819012345678"}"#, "400"),
            ("21211", "400"),
            ("", "400"),
        ] {
            match fate(&described, 400, says, false) {
                Delivery::TryAgain { because, means } => {
                    assert_eq!(because, Reason::SmsAnswered(told.to_owned()), "{says}");
                    assert!(means.is_some());
                }
                other => panic!("{says}: {other:?}"),
            }
        }
        let busy = fate(&described, 503, r#"{"code":21211}"#, false);
        assert!(matches!(busy, Delivery::TryAgain { .. }));
    }

    #[test]
    fn a_gateway_that_has_a_message_already_has_it() {
        assert_eq!(fate(WITH_ID, 409, "", true), Delivery::Delivered);
        let never_sent = fate(WITH_ID, 409, "", false);
        assert!(matches!(never_sent, Delivery::GiveUp { .. }));
    }
}
