//! The mails of a development installation, for whoever has no mail server at hand.

use crate::page::{Answer, Page, missing, show as render};
use crate::visit::Visit;
use askama::Template;
use axum::http::header::HOST;
use axum::http::{HeaderMap, Uri};
use std::net::IpAddr;
use url::{Host, Url};

#[derive(Template)]
#[template(path = "portal/mailbox.html")]
struct MailboxPage {
    page: Page,
    mails: Vec<String>,
}

/// What proxies write of whom they speak for.
const OF_PROXIES: [&str; 5] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
];

/// Whether a browser of this machine asks. A proxy on it comes from the loopback address, too, also one that nobody trusts:
/// codes and links of strangers stand in these mails, and who passes one on gives an account away.
fn is_from_here(client: Option<IpAddr>, headers: &HeaderMap, uri: &Uri) -> bool {
    let named = headers.get(HOST).and_then(|host| host.to_str().ok());
    let named = named.or_else(|| uri.authority().map(|it| it.as_str()));
    let at = named.and_then(|host| Url::parse(&format!("http://{host}")).ok());
    let is_local = match at.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    // Of every connection the peer is known.
    let is_peer = client.is_none_or(|peer| peer.is_loopback());
    is_local && is_peer && !OF_PROXIES.iter().any(|name| headers.contains_key(*name))
}

pub(super) async fn show(visit: Visit, headers: HeaderMap) -> Answer {
    if !visit.site.dev_mailbox || !is_from_here(visit.client, &headers, &visit.uri) {
        return Ok(missing(&visit));
    }
    let Some(mails) = visit.site.app.outbox().landed().await else {
        return Ok(missing(&visit));
    };
    Ok(render(&MailboxPage {
        page: Page::new(&visit, "mailbox-title").back_to("/"),
        mails: mails
            .into_iter()
            .take(50)
            .map(|mail| mail.content)
            .collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mails_are_shown_to_this_machine_alone() {
        let asks = |client: &str, given: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(*name, value.parse().unwrap());
            }
            let uri = Uri::from_static("/dev/mailbox");
            is_from_here(Some(client.parse().unwrap()), &headers, &uri)
        };
        for host in [
            "127.0.0.1:8080",
            "localhost:8080",
            "[::1]:8080",
            "my.localhost",
        ] {
            assert!(asks("127.0.0.1", &[("host", host)]), "{host}");
            assert!(asks("::1", &[("host", host)]), "{host}");
            assert!(!asks("192.0.2.7", &[("host", host)]), "{host}");
        }
        // Through a proxy on this machine, whether it says for whom it speaks or only where they went.
        for passed_on in [
            ("x-forwarded-for", "192.0.2.7"),
            ("x-forwarded-for", "127.0.0.1"),
            ("forwarded", "for=192.0.2.7"),
            ("x-real-ip", "192.0.2.7"),
        ] {
            let given = [("host", "127.0.0.1:8080"), passed_on];
            assert!(!asks("127.0.0.1", &given), "{passed_on:?}");
        }
        for host in [
            "hersys.example.org",
            "localhost.example.org",
            "10.0.0.7:8080",
            "",
            "@",
        ] {
            assert!(!asks("127.0.0.1", &[("host", host)]), "{host}");
        }
        assert!(!asks("127.0.0.1", &[]));
        // HTTP/2 has the name elsewhere.
        let uri = Uri::from_static("http://localhost:8080/dev/mailbox");
        assert!(is_from_here(None, &HeaderMap::new(), &uri));
    }
}
