//! What the console does with a form that its session cannot take: the session is locked or over, or somebody else has
//! signed in in the same browser meanwhile. Nothing is carried out, nothing that was typed is lost, and only whoever
//! typed it sends it.

use super::second_factor::{Waits, factor_page, unlock_page};
use super::sign_in::{Beside, form_page, leave};
use crate::cookies;
use crate::form::Form;
use crate::kept_form::{fields, read, resend_page};
use crate::page::{Answer, Broken, go, with_cookie};
use crate::report_form::SWITCHES;
use crate::visit::{Staff, Visit, WHOSE};
use app::StaffDesk;
use app::kept_form::KeptForm;
use app::kept_page::Holder;
use app::keys::Token;
use app::staff::StaffVisit;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// Where a form waits for whoever signs in through the identity provider.
pub(super) const SEND_AGAIN: &str = "/send-again";
/// How long a browser keeps the way to a form that waits, in seconds: as long as the form waits.
const WAITS: i64 = 12 * 60 * 60;
const FORM: &str = "<form method=\"post\"";

/// Who was let in by the answer that carries it: its forms are theirs, not of whoever was signed in before.
#[derive(Clone)]
struct LetIn(StaffDesk);

/// Writes into every form of a page whose it is. Here and not in each page: no form can be forgotten. `desk`: of whoever
/// sent the request.
pub(crate) async fn marked(desk: Option<&StaffDesk>, mut response: Response) -> Response {
    let let_in = response.extensions_mut().remove::<LetIn>();
    let let_in = let_in.as_ref().map(|LetIn(desk)| desk);
    let Some(desk) = let_in.or(desk) else {
        return response;
    };
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_page {
        return response;
    }
    let (mut head, body) = response.into_parts();
    // Our own pages are in memory already.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    head.headers.remove(CONTENT_LENGTH);
    let body = match std::str::from_utf8(&bytes) {
        Ok(html) => Body::from(with_whose(html, &desk.whose())),
        Err(_) => Body::from(bytes),
    };
    Response::from_parts(head, body)
}

/// What was typed by people is escaped, so that only our own templates begin a form.
fn with_whose(html: &str, whose: &str) -> String {
    let mut parts = html.split(FORM);
    let mut marked = parts.next().unwrap_or("").to_owned();
    for part in parts {
        marked.push_str(FORM);
        let (tag, rest) = part.split_once('>').unwrap_or((part, ""));
        marked.push_str(tag);
        marked.push_str("><input type=\"hidden\" name=\"");
        marked.push_str(WHOSE);
        marked.push_str("\" value=\"");
        marked.push_str(whose);
        marked.push_str("\">");
        marked.push_str(rest);
    }
    marked
}

fn is_form(request: &Request) -> bool {
    request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/x-www-form-urlencoded")
}

fn whose(form: &KeptForm) -> Option<String> {
    fields(form)
        .into_iter()
        .find_map(|(name, value)| (name == WHOSE).then_some(value))
}

/// Lets a form through that was typed by whoever is signed in now; holds one of somebody else back.
pub(crate) async fn own(
    visit: &Visit,
    desk: &StaffDesk,
    request: Request,
) -> Result<Request, Response> {
    // Whoever is signed in signs out, whosever page the button stood on. A form with a file is read by its page, which
    // looks at whose it is before it reads on.
    if !is_form(&request) || request.uri().path() == "/sign-out" {
        return Ok(request);
    }
    let (head, body) = request.into_parts();
    let bytes = Bytes::from_request(Request::from_parts(head.clone(), body), &())
        .await
        .map_err(IntoResponse::into_response)?;
    let of = url::form_urlencoded::parse(&bytes)
        .find_map(|(name, value)| (name == WHOSE).then(|| value.into_owned()));
    let request = Request::from_parts(head, Body::from(bytes));
    match of {
        Some(of) if of != desk.whose() => {
            let form = read(request).await;
            let sealed = form.and_then(|form| sealed(visit, &of, &form));
            Err(held(visit, desk, sealed).await)
        }
        _ => Ok(request),
    }
}

/// Seals a form for whoever typed it. One with a password or a code is not kept. It waits to be sent, also where it was the button
/// for the other language that nobody answered any more: kept with it, "Send it now" would send nothing.
fn sealed(visit: &Visit, whose: &str, form: &KeptForm) -> Option<String> {
    let fields = fields(form);
    let is_secret = form.path.starts_with("/account/")
        || fields
            .iter()
            .any(|(name, _)| name == "password" || name == "code");
    if is_secret {
        return None;
    }
    let to_send = fields
        .iter()
        .filter(|(name, _)| !SWITCHES.contains(&name.as_str()));
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    let form = KeptForm {
        path: form.path.clone(),
        body: body.extend_pairs(to_send).finish(),
        since: form.since,
    };
    visit.front().keep_form_of_staff(whose, &form)
}

/// The page for a form that somebody else has typed than who is signed in: whoever typed it can sign in here.
pub(super) async fn held(visit: &Visit, desk: &StaffDesk, sealed: Option<String>) -> Response {
    let beside = Beside {
        held_by: Some(desk.name.clone()),
        kept: sealed,
        ended: true,
        ..Beside::default()
    };
    shelve(visit, beside.kept.clone(), form_page(visit, beside)).await
}

/// A form that no session takes, or that belongs into the lobby while nobody or somebody stands there.
pub(crate) async fn stranded(visit: &Visit, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    match path.as_str() {
        // The page stands there still when its session has locked, and its button ends that session all the same.
        "/sign-out" => return leave(visit).await.unwrap_or_else(Broken::into_response),
        "/leave" if visit.staff.is_some() => return go("/"),
        "/leave" => return go("/sign-in"),
        _ => {}
    }
    let is_file = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
    let form = read(request).await;
    if path == "/unlock" || path == "/second-factor" {
        let form = Form::of(form.as_ref().map(fields).unwrap_or_default());
        return passed_on(visit, form.text("kept")).await;
    }
    let typed_by = form.as_ref().and_then(whose);
    let own = |lobby: &str| typed_by.as_deref().is_none_or(|whose| whose == lobby);
    let lobby = visit
        .lobby
        .as_ref()
        .filter(|(lobby, _)| own(&lobby.whose()));
    let whose = typed_by.clone().or(lobby.map(|(lobby, _)| lobby.whose()));
    let kept = form
        .zip(whose)
        .and_then(|(form, whose)| sealed(visit, &whose, &form));
    // A file is still where it came from: whoever uploads it chooses it again.
    let back = if is_file { path.as_str() } else { "/" };
    let waits = Waits {
        back,
        kept: kept.as_deref(),
        is_lost: kept.is_none(),
    };
    let page = match lobby {
        Some((lobby, true)) => match unlock_page(visit, lobby, &waits, None).await {
            Ok(page) => page,
            Err(broken) => return broken.into_response(),
        },
        Some((lobby, false)) => match factor_page(visit, lobby, &waits, None).await {
            Ok(page) => page,
            Err(broken) => return broken.into_response(),
        },
        None if kept.is_none() => return go("/sign-in?ended=1"),
        None => form_page(
            visit,
            Beside {
                kept: kept.clone(),
                ended: true,
                ..Beside::default()
            },
        ),
    };
    shelve(visit, kept, page).await
}

/// A form that waited on the page of a lobby in which nobody stands any more.
async fn passed_on(visit: &Visit, sealed: &str) -> Response {
    let waits = visit.front().keeps_form_of_staff(sealed);
    let Some(desk) = visit.staff.clone() else {
        if !waits {
            return go("/sign-in");
        }
        let beside = Beside {
            kept: Some(sealed.to_owned()),
            ended: true,
            ..Beside::default()
        };
        return shelve(visit, beside.kept.clone(), form_page(visit, beside)).await;
    };
    match desk.kept_form(sealed) {
        Some(form) => shown_again(visit, &desk, &form).await,
        None if waits => held(visit, &desk, Some(sealed.to_owned())).await,
        None => go("/"),
    }
}

/// A form that waited, with what was typed and about whom, for whoever typed it.
async fn shown_again(visit: &Visit, desk: &StaffDesk, form: &KeptForm) -> Response {
    match desk.whom(form).await {
        Ok(view) => {
            let whom = view.as_ref().map(|v| {
                let name = v.member.name_in(visit.language.tag());
                (name, &v.member.center.time_zone)
            });
            resend_page(visit, form, whom)
        }
        Err(error) => Broken(error).into_response(),
    }
}

/// Somebody was let in: goes on at the form that waited for exactly this person, else at a page of this site.
pub(super) async fn go_on(mut visit: Visit, token: &Token, sealed: &str, back: &str) -> Answer {
    let cookie = cookies::set(cookies::STAFF, token, app::STAFF_LIFE.as_secs());
    if !visit.front().keeps_form_of_staff(sealed) {
        return Ok(with_cookie(go(back), &cookie));
    }
    let response = match visit.site.app.staff_visit(token).await? {
        StaffVisit::In(desk, _) => {
            visit.staff = Some(desk.clone());
            let mut response = passed_on(&visit, sealed).await;
            response.extensions_mut().insert(LetIn(desk));
            response
        }
        StaffVisit::Unproved(lobby) => {
            let waits = Waits {
                kept: Some(sealed),
                ..Waits::default()
            };
            factor_page(&visit, &lobby, &waits, None).await?
        }
        StaffVisit::Locked(_) | StaffVisit::Nobody => go(back),
    };
    Ok(with_cookie(response, &cookie))
}

/// Keeps a sealed form here, too, where there is an identity provider: the way there and back loses what a page holds.
async fn shelve(visit: &Visit, sealed: Option<String>, response: Response) -> Response {
    let Some(sealed) = sealed.filter(|_| visit.front().single_sign_on().is_some()) else {
        return response;
    };
    let token = Token::generate();
    let kept = visit
        .front()
        .keep_page(Holder::Stranger(&token), &sealed, true)
        .await;
    match kept {
        Ok(Some(id)) => {
            let text = format!("{}.{id}", token.expose());
            with_cookie(response, &cookies::set_text(cookies::FORM, &text, WAITS))
        }
        // The page holds it all the same, for whoever has a password.
        Ok(None) => response,
        Err(error) => Broken(error).into_response(),
    }
}

/// The form that this browser has left here on its way to the identity provider, sealed.
pub(super) async fn shelved(visit: &Visit, headers: &HeaderMap) -> Result<Option<String>, Broken> {
    let way = cookies::value(headers, cookies::FORM).and_then(|text| text.split_once('.'));
    let way = way.and_then(|(token, id)| Some((Token::parse(token)?, id.parse().ok()?)));
    let Some((token, id)) = way else {
        return Ok(None);
    };
    let front = visit.front();
    let sealed = front.kept_page(Holder::Stranger(&token), id).await?;
    Ok(sealed.filter(|sealed| front.keeps_form_of_staff(sealed)))
}

/// The form that waited while somebody was at the identity provider.
pub(super) async fn show(Staff(visit, desk): Staff, headers: HeaderMap) -> Answer {
    let Some(sealed) = shelved(&visit, &headers).await? else {
        return Ok(go("/"));
    };
    Ok(match desk.kept_form(&sealed) {
        Some(form) => shown_again(&visit, &desk, &form).await,
        None => held(&visit, &desk, Some(sealed)).await,
    })
}

#[cfg(test)]
mod tests {
    use super::with_whose;

    #[test]
    fn every_form_that_changes_something_tells_whose_it_is() {
        let html = "<form method=\"get\"></form><form method=\"post\" action=\"/a\" id=\"a\">x</form><form method=\"post\">y</form>";
        assert_eq!(
            with_whose(html, "me"),
            "<form method=\"get\"></form><form method=\"post\" action=\"/a\" id=\"a\"><input type=\"hidden\" name=\"whose\" \
             value=\"me\">x</form><form method=\"post\"><input type=\"hidden\" name=\"whose\" value=\"me\">y</form>"
        );
    }
}
