//! A certificate of isolation as pages show it, in the language that it is written in.

use app::certificate::Certificate;
use askama::Template;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::certificate::IsolationEnd;
use domain::language::Language;
use i18n::{Words, words};

/// A line: the label, the Japanese word of the form beside it where it is in another language, and the value.
struct Line {
    label: String,
    japanese: Option<String>,
    value: String,
}

fn line(t: &Words, key: &str, value: String) -> Line {
    Line {
        label: t.say(key),
        japanese: (t.language != Language::Ja).then(|| words(Language::Ja).say(key)),
        value,
    }
}

/// The body of a certificate.
#[derive(Template)]
#[template(path = "parts/certificate.html")]
pub(crate) struct CertificateCard {
    /// Whether the page has a title of its own.
    is_part: bool,
    title: String,
    /// The title in Japanese, where it is in another language.
    japanese: Option<String>,
    lead: String,
    lines: Vec<Line>,
    /// How it is checked: a title, a sentence, the address, the code's label, the code and the QR code.
    check: Option<(String, String, String, String, String, String)>,
    contact: Vec<String>,
    /// The tag of the language.
    pub(crate) language: &'static str,
}

/// What is told of the end of an isolation: labels and values.
fn end(t: &Words, end: IsolationEnd) -> Vec<Line> {
    let last = "certificate-last-day";
    match end {
        IsolationEnd::GoesOn { as_of } => {
            let text = t.with1("certificate-goes-on", "date", t.date(as_of));
            vec![line(t, last, text)]
        }
        IsolationEnd::Over {
            last_day,
            released_on,
        } => vec![
            line(t, last, t.date(last_day)),
            line(t, "certificate-released-on", t.date(released_on)),
        ],
        IsolationEnd::FollowUpEnded { on } => {
            let text = t.with1("certificate-ended", "date", t.date(on));
            vec![line(t, last, text)]
        }
    }
}

/// The same for whoever checks a certificate, in words.
pub(crate) fn end_in_words(t: &Words, of: IsolationEnd) -> Vec<(String, String)> {
    let lines = end(t, of).into_iter();
    lines.map(|line| (line.label, line.value)).collect()
}

/// A certificate on paper. The file's name says nothing about anybody.
pub(crate) fn pdf(paper: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/pdf"),
        (CONTENT_DISPOSITION, "inline; filename=\"certificate.pdf\""),
    ];
    (headers, paper).into_response()
}

impl CertificateCard {
    /// Within a page that has a title of its own.
    pub(crate) fn within(one: &Certificate) -> CertificateCard {
        CertificateCard {
            is_part: true,
            ..CertificateCard::new(one)
        }
    }

    /// As what the page is about.
    pub(crate) fn new(one: &Certificate) -> CertificateCard {
        let t = words(one.language);
        let mut lines = vec![
            line(t, "certificate-name", one.name().to_owned()),
            line(t, "certificate-birthdate", t.date(*one.birthdate.expose())),
            Line {
                label: "HER-SYS ID".to_owned(),
                japanese: None,
                value: one.hersys_id.clone(),
            },
            line(t, "certificate-disease", one.disease.clone()),
            line(t, "certificate-diagnosed-on", t.date(one.diagnosed_on)),
            line(t, "certificate-first-day", t.date(one.first_day)),
        ];
        lines.extend(end(t, one.end));
        lines.push(line(t, "certificate-center", one.center.clone()));
        if one.issued.is_some() {
            lines.push(line(t, "certificate-issued-on", t.date(one.issued_on)));
        }
        CertificateCard {
            is_part: false,
            title: t.say("certificate-title"),
            japanese: (t.language != Language::Ja)
                .then(|| words(Language::Ja).say("certificate-title")),
            lead: t.with1("certificate-lead", "center", &one.center),
            lines,
            check: one.issued.as_ref().map(|(_, code)| {
                (
                    t.say("certificate-check-how"),
                    t.say("certificate-check-text"),
                    one.check_url.clone(),
                    format!("{}{}", t.say("certificate-code"), t.say("colon")),
                    code.printed(),
                    one.qr_svg().unwrap_or_default(),
                )
            }),
            contact: one.contact.clone(),
            language: t.language.tag(),
        }
    }
}
