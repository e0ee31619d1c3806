//! The page for whoever has to come back, made beforehand; of a report it keeps what was typed.

use super::Whole;
use crate::visit::Kind;
use crate::{assets, cookies};
use askama::Template;
use axum::body::Bytes;
use axum::extract::Request;
use domain::ids::CaseId;
use domain::language::Language;
use i18n::words;

/// A form that is kept on the page, to be sent again.
pub(super) struct Kept {
    action: String,
    fields: Vec<(String, String)>,
}

/// The most fields that are kept; a report has fewer than thirty.
pub(super) const MOST_FIELDS: usize = 100;

/// A report that somebody has filled in. Other forms are short, and some hold passwords, which no page repeats.
pub(super) fn kept(kind: Kind, request: &Request<Whole>, largest: usize) -> Option<Kept> {
    let (Kind::Portal, "/reports/new", Whole::All(bytes)) =
        (kind, request.uri().path(), request.body())
    else {
        return None;
    };
    // Only a browser of ours brings the cookie to a form: what another site has filled in is not offered.
    cookies::value(request.headers(), cookies::ACCOUNT)?;
    if bytes.is_empty() || bytes.len() > largest {
        return None;
    }
    let query = request.uri().query().unwrap_or("");
    let member = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "member")
        .and_then(|(_, value)| value.parse::<CaseId>().ok())?;
    let fields = url::form_urlencoded::parse(bytes)
        .take(MOST_FIELDS)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    Some(Kept {
        action: format!("/reports/new?member={member}"),
        fields,
    })
}

#[derive(Template)]
#[template(path = "flood.html")]
struct Sorry {
    brand: &'static str,
    style: String,
    /// In every language: nobody is asked which one is wished. The tag, the title, the paragraphs.
    texts: Vec<(&'static str, String, Vec<String>)>,
    form: Option<Kept>,
    again: String,
    /// The number under which an ambulance is called.
    ambulance: &'static str,
}

/// The page for whoever has to come back.
pub(super) fn sorry(kind: Kind, writes: bool, form: Option<Kept>) -> Bytes {
    let last = match (&form, writes) {
        (Some(_), _) => "flood-kept",
        (None, true) => "flood-not-saved",
        (None, false) => "flood-come-back",
    };
    let texts = Language::ALL
        .into_iter()
        .map(|language| {
            let t = words(language);
            let paragraphs = ["flood-emergency", "flood-center", last];
            (
                language.tag(),
                t.say("flood-title"),
                paragraphs.into_iter().map(|key| t.say(key)).collect(),
            )
        })
        .collect();
    let again: Vec<String> = Language::ALL
        .into_iter()
        .map(|language| words(language).say("flood-again"))
        .collect();
    let page = Sorry {
        brand: kind.brand(),
        style: assets::address("style.css"),
        texts,
        form,
        again: again.join(" / "),
        ambulance: i18n::emergency_number(),
    };
    page.render().map(Bytes::from).unwrap_or_default()
}
