//! Signing in through the identity provider of the health authority.

use super::sign_in::came_in;
use crate::cookies;
use crate::page::{Answer, go, missing, with_cookie};
use crate::visit::Visit;
use app::single_sign_on::SignInByProvider;
use axum::http::HeaderMap;

/// How long a browser keeps what it needs when it comes back, in seconds.
const AWAY: i64 = 600;

/// Off to the provider. The address leads away only as far as the operator's own file says.
pub(super) async fn begin(visit: Visit) -> Answer {
    if visit.front().single_sign_on().is_none() {
        return Ok(missing(&visit));
    }
    match visit.front().begin_single_sign_on().await? {
        Some((address, kept)) => {
            let cookie = cookies::set_text(cookies::AWAY, &kept, AWAY);
            Ok(with_cookie(go(&address), &cookie))
        }
        None => Ok(go("/sign-in?done=sso-failed")),
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
    let (state, code) = (text("state"), text("code"));
    let front = visit.front();
    let done = match front.finish_single_sign_on(&kept, (&state, &code)).await? {
        SignInByProvider::SignedIn(token) => {
            // Whoever was signed in on this browser before is not any more.
            if let Some(before) = &visit.staff {
                before.sign_out().await?;
            }
            came_in(&visit, &token).await?;
            let cookie = cookies::set(cookies::STAFF, &token, app::STAFF_LIFE.as_secs());
            let response = with_cookie(go("/"), &cookie);
            return Ok(with_cookie(response, &cookies::clear(cookies::AWAY)));
        }
        SignInByProvider::Unknown => "sso-unknown",
        SignInByProvider::Unverified => "sso-unverified",
        SignInByProvider::Again => "sso-again",
        SignInByProvider::Failed => "sso-failed",
    };
    let response = go(&format!("/sign-in?done={done}"));
    Ok(with_cookie(response, &cookies::clear(cookies::AWAY)))
}
