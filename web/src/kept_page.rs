//! A page that answers a form comes by way of a redirect. The browser's way back, a reload and a phone that
//! loads its pages anew then give that page again and send nothing; an answer to a POST, which is never stored, would give
//! an error of the browser's own. The address names the page by a number that is worth nothing without the browser's token.

use crate::cookies;
use crate::flood::KeptBack;
use crate::page::{Broken, go, with_cookie};
use crate::portal::{WALK_SECONDS, no_cookies};
use crate::visit::{Kind, Visit};
use app::PatientDesk;
use app::kept_page::Holder;
use app::keys::Token;
use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::response::{Html, IntoResponse, Response};

/// The part of an address that names a page which was kept.
const AGAIN: &str = "again";

/// Where a page belongs that answers a form, where that is not the form's own address; set into the answer.
#[derive(Clone)]
pub(crate) struct Belongs {
    /// The address.
    pub(crate) to: String,
    /// Who has signed in with this form.
    pub(crate) family: Option<PatientDesk>,
    /// The token that the answer lets a browser keep in which nobody is signed in, where it is another than before.
    pub(crate) walk: Option<Token>,
}

/// An answer that belongs elsewhere than where the form was sent to.
pub(crate) fn belonging(mut response: Response, to: impl Into<String>) -> Response {
    response.extensions_mut().insert(Belongs {
        to: to.into(),
        family: None,
        walk: None,
    });
    response
}

/// On an answer that is right in this moment only: another one may be due when it is read again, so it is not kept.
#[derive(Clone, Copy)]
struct OnlyNow;

/// An answer that is not kept.
pub(crate) fn only_now(mut response: Response) -> Response {
    response.extensions_mut().insert(OnlyNow);
    response
}

/// The page that an address asks for again, where this browser may read it.
pub(crate) async fn again(visit: &Visit) -> Option<Response> {
    let id = visit.query(AGAIN)?.parse().ok()?;
    let front = visit.front();
    let Some(holder) = holder(visit) else {
        // A form was just answered, and the cookie that came with the answer did not come along: the form would stand there empty,
        // without a word on what was wrong with it.
        let is_portal = visit.site.kind == Kind::Portal;
        if is_portal && !visit.has_shown_a_cookie() && front.leads_on(id) {
            return Some(Box::pin(no_cookies::page(visit)).await.into_response());
        }
        return None;
    };
    // Seldom: nobody else's request carries room for it.
    match Box::pin(front.kept_page(holder, id)).await {
        Ok(page) => page.map(|page| Html(page).into_response()),
        Err(error) => Some(Broken(error).into_response()),
    }
}

/// In whose hands the pages of this browser are; none of a console in which nobody is signed in.
fn holder(visit: &Visit) -> Option<Holder<'_>> {
    if visit.site.kind == Kind::Console {
        let signed_in = visit.staff.as_ref().zip(visit.token.as_ref());
        return signed_in.map(|(desk, token)| Holder::Staff(desk, token));
    }
    match (&visit.patient, &visit.walk) {
        (Some(desk), _) => Some(Holder::Family(desk)),
        (None, Some(token)) => Some(Holder::Stranger(token)),
        (None, None) => None,
    }
}

/// A path of this site: what a browser would take for another site is none.
pub(crate) fn own_path(uri: &Uri) -> &str {
    let path = uri.path();
    let leads_away = !path.starts_with('/') || path.starts_with("//") || path.contains('\\');
    if leads_away { "/" } else { path }
}

/// An address without what is asked for only once.
pub(crate) fn plain_address(uri: &Uri) -> String {
    let path = own_path(uri);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or("").as_bytes()) {
        if name != AGAIN && name != "lang" {
            query.append_pair(&name, &value);
        }
    }
    match query.finish() {
        none if none.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// The same with the page to read again.
fn address(uri: &Uri, id: &str) -> String {
    let plain = plain_address(uri);
    let sign = if plain.contains('?') { '&' } else { '?' };
    format!("{plain}{sign}{AGAIN}={id}")
}

/// Leads a browser on to the page that answers its form.
pub(crate) async fn lead_on(visit: &Visit, mut response: Response) -> Response {
    let belongs = response.extensions_mut().remove::<Belongs>();
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    // A page with new recovery codes is shown once and never again; of one that ends the session or begins another, the
    // browser does not hold the token any more. The language of the pages is no matter of the session.
    let mut cookies = response.headers().get_all(SET_COOKIE).iter();
    let of_session = cookies.any(|cookie| !cookies::is_of_language(cookie));
    let is_once = visit.site.kind == Kind::Console
        && (visit.uri.path().starts_with("/account/") || holder(visit).is_none() || of_session);
    let is_only_now = response.extensions().get::<OnlyNow>().is_some();
    if response.status() != StatusCode::OK || !is_page || is_once || is_only_now {
        return response;
    }
    Box::pin(kept(visit, belongs, response)).await
}

/// Keeps a page, and leads a browser to it.
async fn kept(visit: &Visit, belongs: Option<Belongs>, response: Response) -> Response {
    let (head, body) = response.into_parts();
    // Our own pages are in memory already.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // A page that belongs elsewhere is one on which something waits: a form that came too late, a code.
    let waits = belongs.is_some();
    let (to, family, walk) = match belongs {
        Some(Belongs { to, family, walk }) => (to.parse().ok(), family, walk),
        None => (None, None, None),
    };
    let mut new_token = None;
    let signed_in = family.as_ref().or(visit.patient.as_ref());
    let holder = match signed_in
        .map(Holder::Family)
        .or_else(|| walk.as_ref().map(Holder::Stranger))
        .or_else(|| holder(visit))
    {
        Some(holder) => holder,
        None => Holder::Stranger(new_token.insert(Token::generate())),
    };
    let kept = match std::str::from_utf8(&bytes) {
        Ok(page) => visit.front().keep_page(holder, page, waits).await,
        Err(_) => Ok(None),
    };
    // Where it cannot be kept, it is shown all the same: only the way back is worse.
    let Ok(Some(id)) = kept else {
        return Response::from_parts(head, Body::from(bytes));
    };
    let here = to.as_ref().unwrap_or(&visit.uri);
    let mut led = go(&address(here, &id.to_string()));
    // Whoever fails often waits here, where the browser is led on.
    if let Some(kept_back) = head.extensions.get::<KeptBack>() {
        led.extensions_mut().insert(kept_back.clone());
    }
    for cookie in head.headers.get_all(SET_COOKIE) {
        led.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    match new_token {
        Some(token) => with_cookie(led, &cookies::set(cookies::WALK, &token, WALK_SECONDS)),
        None => led,
    }
}

#[cfg(test)]
mod tests {
    use super::{address, plain_address};

    #[test]
    fn an_address_names_one_page_and_keeps_what_it_is_about() {
        let of = |uri: &str| address(&uri.parse().unwrap(), "7");
        assert_eq!(of("/sign-up"), "/sign-up?again=7");
        for elsewhere in ["//evil.example/login?lang=en", "/\\evil.example/"] {
            let uri = elsewhere.parse::<axum::http::Uri>();
            // What a server takes for a path may be another site for a browser.
            assert!(
                uri.is_ok_and(|uri| plain_address(&uri) == "/"),
                "{elsewhere}"
            );
        }
        assert_eq!(
            of("/reports/new?member=1&again=3&lang=ja"),
            "/reports/new?member=1&again=7"
        );
    }
}
