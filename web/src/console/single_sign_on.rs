//! Signing in through the identity provider of the health authority.

use super::kept_form::SEND_AGAIN;
use super::sign_in::{came_in, leave_before};
use crate::cookies;
use crate::kept_form::way_back;
use crate::page::{Answer, Page, go, missing, with_cookie};
use crate::visit::Visit;
use app::single_sign_on::{NotDone, SignInByProvider};
use axum::http::HeaderMap;
use axum::response::Response;

/// How long a browser keeps what it needs when it comes back, in seconds.
const AWAY: i64 = 600;

/// What stands on the link to the provider, and its address; nothing where there is none. `keeps`: whether a form waits
/// for whoever comes back from there; else it goes on at the page `back`.
pub(super) fn provider(
    visit: &Visit,
    page: &Page,
    keeps: bool,
    back: &str,
) -> Option<(String, String)> {
    let front = visit.front();
    let name = front.single_sign_on()?;
    let back = if keeps { SEND_AGAIN } else { back };
    let address = match back {
        "" | "/" => "/sso".to_owned(),
        back => {
            let back: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
            format!("/sso?back={back}")
        }
    };
    Some((page.with1("sso-button", "name", name), address))
}

/// Notes in the browser that somebody has signed out in it, so that the provider asks whoever comes next who they are.
pub(super) fn signed_out(visit: &Visit, response: Response) -> Response {
    match visit.front().signed_out() {
        Some((kept, seconds)) => {
            with_cookie(response, &cookies::set_text(cookies::LEFT, &kept, seconds))
        }
        None => response,
    }
}

/// Off to the provider. The address leads away only as far as the operator's own file says.
pub(super) async fn begin(visit: Visit, headers: HeaderMap) -> Answer {
    if visit.front().single_sign_on().is_none() {
        return Ok(missing(&visit));
    }
    let back = way_back(&visit.query("back").unwrap_or_default());
    let left = cookies::value(&headers, cookies::LEFT);
    match visit.front().begin_single_sign_on(&back, left).await? {
        Ok((address, kept)) => {
            let cookie = cookies::set_text(cookies::AWAY, &kept, AWAY);
            Ok(with_cookie(go(&address), &cookie))
        }
        Err(NotDone::TooMany) => Ok(go("/sign-in?done=sso-too-many")),
        Err(NotDone::Failed | NotDone::WrongCode) => Ok(go("/sign-in?done=sso-failed")),
    }
}

/// Back from the provider.
pub(super) async fn callback(visit: Visit, headers: HeaderMap) -> Answer {
    if visit.front().single_sign_on().is_none() {
        return Ok(missing(&visit));
    }
    let kept = cookies::value(&headers, cookies::AWAY)
        .unwrap_or("")
        .to_owned();
    let text = |name: &str| visit.query(name).unwrap_or_default();
    let (state, code, reason) = (text("state"), text("code"), text("error"));
    let front = visit.front();
    let came = match reason.is_empty() {
        true => front.finish_single_sign_on(&kept, (&state, &code)).await?,
        false => front.single_sign_on_refused(&kept, &state, &reason),
    };
    let done = match came {
        SignInByProvider::SignedIn(token, back) => {
            leave_before(&visit).await?;
            came_in(&visit, &token).await?;
            let cookie = cookies::set(cookies::STAFF, &token, app::STAFF_LIFE.as_secs());
            let response = with_cookie(go(&way_back(&back)), &cookie);
            let response = with_cookie(response, &cookies::clear(cookies::LEFT));
            return Ok(with_cookie(response, &cookies::clear(cookies::AWAY)));
        }
        SignInByProvider::Unknown => "sso-unknown",
        SignInByProvider::Unverified => "sso-unverified",
        SignInByProvider::Again => "sso-again",
        SignInByProvider::TooOld => "sso-too-old",
        SignInByProvider::Failed => "sso-failed",
        SignInByProvider::TooMany => "sso-too-many",
        SignInByProvider::Cancelled => "sso-cancelled",
        SignInByProvider::Refused => "sso-refused",
    };
    let response = go(&format!("/sign-in?done={done}"));
    Ok(with_cookie(response, &cookies::clear(cookies::AWAY)))
}
