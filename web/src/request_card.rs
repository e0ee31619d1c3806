//! A written request as the person reads it; both sites show it in the language that it is written in.

use app::reporting_request::Request;
use askama::Template;
use domain::text::{fold_width, is_dash};
use i18n::words;

struct Labels {
    content: String,
    period: String,
    reasons: String,
    duty: String,
    duty_text: String,
    questions: String,
}

/// A line, cut where a phone number stands in it.
#[derive(Debug, Default, PartialEq)]
struct Line {
    before: String,
    /// The number and its address.
    number: Option<(String, String)>,
    after: String,
}

/// The body of a request.
#[derive(Template)]
#[template(path = "parts/request.html")]
pub(crate) struct RequestCard {
    words: Labels,
    asks: Vec<String>,
    period: String,
    reasons: String,
    contact: Vec<Line>,
    /// The tag of the language.
    pub(crate) language: &'static str,
    /// The title.
    pub(crate) title: String,
    /// Whom it is addressed to, from whom, on which basis.
    pub(crate) lead: Vec<String>,
}

/// The fewest digits of a phone number with its area code.
const DIGITS: usize = 9;

/// Cuts a line where a phone number stands in it, so that it can be called from where it is read.
fn cut(line: &str) -> Line {
    let is_part = |c: char| c.is_numeric() || is_dash(c) || "+()（） ".contains(c);
    let plain = |text: &str| -> String {
        let plain = fold_width(text);
        plain
            .chars()
            .filter(|c| c.is_ascii_digit() || *c == '+')
            .collect()
    };
    let mut rest = 0;
    for run in line.split(|c: char| !is_part(c)) {
        let at = line[rest..].find(run).map_or(rest, |at| rest + at);
        let number = run
            .trim_start_matches(|c: char| !c.is_numeric() && !"+(（".contains(c))
            .trim_end_matches(|c: char| !c.is_numeric());
        if plain(number).len() >= DIGITS {
            let from = at + run.find(number).unwrap_or(0);
            let to = from + number.len();
            let number = (number.to_owned(), format!("tel:{}", plain(number)));
            return Line {
                before: line[..from].to_owned(),
                number: Some(number),
                after: line[to..].to_owned(),
            };
        }
        rest = at + run.len();
    }
    Line {
        before: line.to_owned(),
        ..Line::default()
    }
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
                duty_text: t.say(request.duty()),
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
            contact: request.contact.iter().map(|line| cut(line)).collect(),
            language: t.language.tag(),
            title: t.say(request.title()),
            lead: vec![
                format!(
                    "{} – {}",
                    t.date(request.issued_on),
                    t.with1("request-number", "number", request.number())
                ),
                t.with1("request-to", "name", request.name.expose()),
                request.center.clone(),
                request.lead(),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, cut};

    #[test]
    fn a_phone_number_in_a_line_can_be_called() {
        for (line, number, tel) in [
            ("Phone: 03-0000-0000", "03-0000-0000", "tel:0300000000"),
            (
                "電話：03（0000）0001（代表）",
                "03（0000）0001",
                "tel:0300000001",
            ),
            (
                "+81 3 0000 0002, daily 8:30–20:00",
                "+81 3 0000 0002",
                "tel:+81300000002",
            ),
            (
                "０３－００００－０００３",
                "０３－００００－０００３",
                "tel:0300000003",
            ),
        ] {
            let Line {
                before,
                number: found,
                after,
            } = cut(line);
            assert_eq!(found, Some((number.to_owned(), tel.to_owned())), "{line}");
            assert_eq!(format!("{before}{number}{after}"), line);
        }
        for line in [
            "Minato Public Health Center",
            "daily 8:30–20:00",
            "毎日 8:30～20:00",
            "",
        ] {
            let whole = cut(line);
            assert_eq!((whole.before.as_str(), whole.number), (line, None));
        }
    }
}
