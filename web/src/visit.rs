//! A visit: one request, with who makes it, from where and in which language.

use crate::cookies;
use crate::form::Form;
use crate::page::with_cookie;
use app::keys::Token;
use app::staff::{StaffLobby, StaffVisit};
use app::{App, FrontDesk, PatientDesk, StaffDesk};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::email_address::EmailAddress;
use domain::language::Language;
use domain::text::without_controls;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Who is at the other end of the connection; put into each request by whoever listens.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Which of the two sites.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Portal,
    Console,
}

impl Kind {
    /// What people call the site.
    pub(crate) const fn brand(self) -> &'static str {
        match self {
            Kind::Portal => "My HER-SYS",
            Kind::Console => "HER-SYS",
        }
    }

    /// A name for figures and traces.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Kind::Portal => "portal",
            Kind::Console => "console",
        }
    }
}

/// A site and what it needs to know.
pub(crate) struct Site {
    pub(crate) kind: Kind,
    pub(crate) app: App,
    pub(crate) trusted_proxies: Arc<[IpNet]>,
    pub(crate) dev_mailbox: bool,
    pub(crate) sample: bool,
    /// Becomes true when the house is asked to stop: what streams for ever ends then.
    pub(crate) stopping: tokio::sync::watch::Receiver<bool>,
}

/// One request.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) site: Arc<Site>,
    pub(crate) language: Language,
    /// The language that the address asks for, to be remembered.
    pub(crate) chosen: Option<Language>,
    /// Whether somebody chose the language at this browser, now or before; else the browser suggests it.
    pub(crate) language_is_chosen: bool,
    pub(crate) client: Option<IpAddr>,
    pub(crate) uri: Uri,
    /// The token of a walk through an e-mailed code.
    pub(crate) walk: Option<Token>,
    pub(crate) token: Option<Token>,
    /// What says that somebody has signed in in this browser before.
    pub(crate) known: Option<String>,
    pub(crate) patient: Option<PatientDesk>,
    pub(crate) staff: Option<StaffDesk>,
    /// A staff member who is not let in yet, and whether that is because the session is locked.
    pub(crate) lobby: Option<(StaffLobby, bool)>,
}

impl Visit {
    /// Reads a request, and finds out who makes it.
    pub(crate) async fn read(
        site: &Arc<Site>,
        headers: &HeaderMap,
        uri: &Uri,
        peer: Option<Peer>,
    ) -> Result<Visit, app::Error> {
        let client = client(&site.trusted_proxies, headers, peer);
        let chosen = query(uri, "lang").and_then(|tag| Language::parse(&tag));
        let cookie = cookies::value(headers, cookies::LANGUAGE).and_then(Language::parse);
        let (mut patient, mut staff, mut lobby, mut token) = (None, None, None, None);
        match site.kind {
            Kind::Portal => {
                token = cookies::token(headers, cookies::ACCOUNT);
                if let Some(token) = &token {
                    patient = site.app.patient_desk(token, client).await?;
                }
            }
            Kind::Console => {
                token = cookies::token(headers, cookies::STAFF).or(token);
                if let Some(token) = &token {
                    match Box::pin(site.app.staff_visit(token)).await? {
                        StaffVisit::Nobody => {}
                        StaffVisit::Unproved(visitor) => lobby = Some((visitor, false)),
                        StaffVisit::Locked(visitor) => lobby = Some((visitor, true)),
                        StaffVisit::In(desk, is_due) => {
                            // A page that brings itself up to date is not somebody who sits before it.
                            if is_due && !headers.contains_key(LIVE) && !is_events(uri) {
                                Box::pin(desk.touch()).await?;
                            }
                            staff = Some(desk);
                        }
                    }
                }
            }
        }
        let account = patient.as_ref().map(|desk| desk.language);
        let wish = headers
            .get(axum::http::header::ACCEPT_LANGUAGE)
            .and_then(|wish| wish.to_str().ok())
            .and_then(i18n::negotiate);
        // The account's language is the one of its messages, and may be the other parent's choice: nobody who reads in the language
        // of this phone is thrown into it by signing in, or by what is pressed elsewhere.
        let language = chosen.or(cookie).or(wish).or(account).unwrap_or_default();
        // A link on another site chooses nothing for an account.
        let from_elsewhere = headers
            .get("sec-fetch-site")
            .is_some_and(|site| site == "cross-site");
        let of_account = chosen.filter(|_| !from_elsewhere);
        if let (Some(chosen), Some(desk)) = (of_account, &mut patient)
            && desk.language != chosen
        {
            Box::pin(desk.set_language(chosen)).await?;
            desk.language = chosen;
        }
        if let (Some(chosen), Some(desk)) = (of_account, &staff) {
            Box::pin(desk.set_language(chosen)).await?;
        }
        Ok(Visit {
            walk: cookies::token(headers, cookies::WALK),
            known: cookies::value(headers, known_name(site.kind)).map(str::to_owned),
            site: site.clone(),
            language,
            chosen,
            language_is_chosen: chosen.or(cookie).is_some(),
            client,
            uri: uri.clone(),
            token,
            patient,
            staff,
            lobby,
        })
    }

    /// The desk of a visitor.
    pub(crate) fn front(&self) -> FrontDesk {
        let desk = self.site.app.front_desk(self.client);
        desk.knowing(self.known.as_deref())
    }

    /// Lets the browser know from now on that the owner of an address has signed in in it, beside others who have.
    ///
    /// # Errors
    /// Where that cannot be looked up.
    pub(crate) async fn known(
        &self,
        response: Response,
        email: &EmailAddress,
    ) -> Result<Response, app::Error> {
        let Some(value) = self.front().known_from_now_on(email).await? else {
            return Ok(response);
        };
        let cookie = cookies::set_text(known_name(self.site.kind), &value, cookies::YEAR);
        Ok(with_cookie(response, &cookie))
    }

    /// Whether the browser has brought along any cookie of ours, so that it keeps them.
    pub(crate) fn has_shown_a_cookie(&self) -> bool {
        let has_token = self.walk.is_some() || self.token.is_some() || self.known.is_some();
        has_token || self.language_is_chosen
    }

    /// A part of the address's query.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        query(&self.uri, name)
    }
}

/// The header by which a page says that it brings itself up to date.
const LIVE: &str = "x-live";

fn is_events(uri: &Uri) -> bool {
    uri.path().ends_with("/events")
}

fn query(uri: &Uri, name: &str) -> Option<String> {
    url::form_urlencoded::parse(uri.query()?.as_bytes())
        .find_map(|(key, value)| (key == name).then(|| without_controls(value).into_owned()))
}

fn known_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Portal => cookies::KNOWN,
        Kind::Console => cookies::KNOWN_STAFF,
    }
}

/// The client's address: the peer's, or where that is a trusted proxy, the last one in `X-Forwarded-For` that is not.
pub(crate) fn client(trusted: &[IpNet], headers: &HeaderMap, peer: Option<Peer>) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let peer = peer?.0.ip().to_canonical();
    if !is_trusted(peer) {
        return Some(peer);
    }
    // What a client wrote itself stands on the left: from the first entry that cannot be read on, nothing is believed.
    let mut named = Vec::new();
    for header in headers.get_all("x-forwarded-for") {
        let parts = header.to_str().unwrap_or("?").split(',');
        named.extend(parts.map(named_address));
    }
    for address in named.into_iter().rev() {
        match address {
            Some(address) if is_trusted(address) => {}
            Some(address) => return Some(address),
            None => break,
        }
    }
    Some(peer)
}

/// An address as proxies write it, some of them with a port: `192.0.2.1`, `192.0.2.1:50001`, `2001:db8::1`,
/// `[2001:db8::1]:50001`.
fn named_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address: IpAddr = match bare.unwrap_or(text).parse() {
        Ok(address) => address,
        Err(_) => text.parse::<std::net::SocketAddr>().ok()?.ip(),
    };
    Some(address.to_canonical())
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        // The layer around every route of the table puts it there.
        parts
            .extensions
            .get::<Arc<Visit>>()
            .map(|visit| Visit::clone(visit))
            .ok_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

/// A visit of somebody who is signed in to the portal. A handler can only get at a family's desk through it.
pub(crate) struct Family(pub(crate) Visit, pub(crate) PatientDesk);

impl<S: Send + Sync> FromRequestParts<S> for Family {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, state).await?;
        match visit.patient.clone() {
            Some(desk) => Ok(Family(visit, desk)),
            None => Err(StatusCode::FORBIDDEN.into_response()),
        }
    }
}

impl Family {
    /// Whether a form was filled in while another account was signed in in this browser: then it is not this one's.
    pub(crate) fn is_of_another(&self, form: &Form) -> bool {
        form.has(WHOSE) && form.text(WHOSE) != self.1.whose()
    }
}

/// The field of a form that tells whose it is.
pub(crate) const WHOSE: &str = "whose";

/// A visit of a staff member who is signed in to the console.
pub(crate) struct Staff(pub(crate) Visit, pub(crate) StaffDesk);

impl<S: Send + Sync> FromRequestParts<S> for Staff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, state).await?;
        match visit.staff.clone() {
            Some(desk) => Ok(Staff(visit, desk)),
            None => Err(StatusCode::FORBIDDEN.into_response()),
        }
    }
}

/// A visit of a staff member who has shown a password but is not let in yet, or whose session is locked.
pub(crate) struct Lobby(pub(crate) Visit, pub(crate) StaffLobby, pub(crate) bool);

impl<S: Send + Sync> FromRequestParts<S> for Lobby {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, state).await?;
        match visit.lobby.clone() {
            Some((lobby, locked)) => Ok(Lobby(visit, lobby, locked)),
            None => Err(StatusCode::FORBIDDEN.into_response()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            "198.51.100.7, 203.0.113.9, 10.0.0.2".parse().unwrap(),
        );
        let from = |peer: &str| {
            client(
                &trusted,
                &headers,
                Some(Peer(SocketAddr::new(peer.parse().unwrap(), 1))),
            )
        };
        assert_eq!(from("192.0.2.1"), Some("192.0.2.1".parse().unwrap()));
        assert_eq!(from("10.0.0.1"), Some("203.0.113.9".parse().unwrap()));
        // A proxy that writes ports along, and one whose own entry cannot be read: what stands left of it is the client's word.
        for (header, client_is) in [
            ("203.0.113.9, 198.51.100.77:50001", "198.51.100.77"),
            ("203.0.113.9, [2001:db8::1]:50001, 10.0.0.2", "2001:db8::1"),
            ("203.0.113.9, unknown, 10.0.0.2", "10.0.0.1"),
            ("203.0.113.9, ::ffff:10.0.0.9", "203.0.113.9"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", header.parse().unwrap());
            let peer = Peer(SocketAddr::new("10.0.0.1".parse().unwrap(), 1));
            let found = client(&trusted, &headers, Some(peer));
            assert_eq!(found, Some(client_is.parse().unwrap()), "{header}");
        }
    }
}
