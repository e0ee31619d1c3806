//! A written request as the person reads it; both sites show it in the language that it is written in.

use app::reporting_request::Request;
use askama::Template;
use i18n::words;

struct Labels {
    content: String,
    period: String,
    reasons: String,
    duty: String,
    duty_text: String,
    questions: String,
}

/// The body of a request.
#[derive(Template)]
#[template(path = "parts/request.html")]
pub(crate) struct RequestCard {
    words: Labels,
    asks: Vec<String>,
    period: String,
    reasons: String,
    contact: Vec<String>,
    /// The tag of the language.
    pub(crate) language: &'static str,
    /// The title.
    pub(crate) title: String,
    /// Whom it is addressed to, from whom, on which basis.
    pub(crate) lead: Vec<String>,
}

impl RequestCard {
    pub(crate) fn new(request: &Request) -> RequestCard {
        let t = words(request.language);
        RequestCard {
            words: Labels {
                content: t.say("request-content"),
                period: t.say("request-period"),
                reasons: t.say("request-reasons"),
                duty: t.say("request-duty"),
                duty_text: t.say("request-duty-text"),
                questions: t.say("request-questions"),
            },
            asks: request.asks.clone(),
            period: t.with2(
                "request-period-text",
                "from",
                t.date(request.from),
                "to",
                t.date(request.to),
            ),
            reasons: request.reasons.expose().clone(),
            contact: request.contact.clone(),
            language: t.language.tag(),
            title: t.say("request-title"),
            lead: vec![
                format!(
                    "{} – {}",
                    t.date(request.issued_on),
                    t.with1("request-number", "number", request.number())
                ),
                t.with1("request-to", "name", request.name.expose()),
                request.center.clone(),
                t.with1("request-lead", "law", &request.law),
            ],
        }
    }
}
