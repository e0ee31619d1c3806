//! The second factor: setting it up, showing it, and unlocking a session that was not used for a while.

use crate::cookies;
use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render, with_cookie};
use crate::visit::{Lobby, Visit};
use app::second_factor::{KeptForm, Prove, SetUp};
use app::staff::StaffLobby;
use askama::Template;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;

/// The largest form that waits, in bytes: sealed and written into a page, it must still come back as a form.
const LARGEST_KEPT: usize = 40 * 1024;

#[derive(Template)]
#[template(path = "console/second_factor.html")]
struct FactorPage {
    page: Page,
    name: String,
    set_up: Option<SetUp>,
    code: TextField,
}

#[derive(Template)]
#[template(path = "console/recovery_codes.html")]
struct CodesPage {
    page: Page,
    codes: Vec<String>,
}

#[derive(Template)]
#[template(path = "console/unlock.html")]
struct UnlockPage {
    page: Page,
    name: String,
    back: String,
    /// A form that came too late, sealed.
    kept: Option<String>,
    password: TextField,
}

#[derive(Template)]
#[template(path = "console/resend.html")]
struct ResendPage {
    page: Page,
    path: String,
    fields: Vec<(String, String)>,
}

fn signed_in(response: Response, token: &app::keys::Token) -> Response {
    let cookie = cookies::set(cookies::STAFF, token, app::STAFF_LIFE.as_secs());
    with_cookie(response, &cookie)
}

async fn factor_page(visit: &Visit, lobby: &StaffLobby, wrong: Option<&str>) -> Answer {
    let set_up = lobby.set_up().await?;
    let title = if set_up.is_some() {
        "factor-set-up-title"
    } else {
        "factor-title"
    };
    let mut page = Page::new(visit, title);
    let problem = wrong.and_then(|key| {
        let sentence = page.say(key);
        page.problem("code", sentence)
    });
    let hint = if set_up.is_some() {
        "factor-code-hint"
    } else {
        "factor-recovery-hint"
    };
    Ok(render(&FactorPage {
        name: lobby.name().to_owned(),
        set_up,
        code: TextField::new("code", page.say("factor-code"))
            .hint(page.say(hint))
            .problem(problem)
            .autocomplete("one-time-code")
            .class("w-code"),
        page,
    }))
}

pub(super) async fn show(Lobby(visit, lobby, locked): Lobby) -> Answer {
    if locked {
        return Ok(go("/unlock"));
    }
    factor_page(&visit, &lobby, None).await
}

pub(super) async fn prove(Lobby(visit, lobby, locked): Lobby, form: Form) -> Answer {
    if locked {
        return Ok(go("/unlock"));
    }
    let code = form.text("code");
    let proved = if lobby.has_factor {
        lobby.prove(code).await?
    } else {
        lobby.confirm_set_up(code).await?
    };
    match proved {
        Prove::In(token, codes) if codes.is_empty() => Ok(signed_in(go("/"), &token)),
        Prove::In(token, codes) => Ok(signed_in(codes_page(&visit, codes), &token)),
        Prove::Wrong => factor_page(&visit, &lobby, Some("problem-factor-wrong")).await,
        Prove::Wait => factor_page(&visit, &lobby, Some("console-sign-in-wait")).await,
    }
}

/// Recovery codes, which are shown once.
pub(super) fn codes_page(visit: &Visit, codes: Vec<String>) -> Response {
    let page = Page::new(visit, "factor-codes-title");
    render(&CodesPage { page, codes })
}

/// Where to go after unlocking: only to a page of this site.
fn way_back(text: &str) -> String {
    let fits = text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains(['\\', '\n', '\r'])
        && text.len() <= 500;
    if fits {
        text.to_owned()
    } else {
        "/".to_owned()
    }
}

fn unlock_page(
    visit: &Visit,
    lobby: &StaffLobby,
    (back, kept): (&str, Option<&str>),
    wrong: Option<&str>,
) -> Response {
    let mut page = Page::new(visit, "unlock-title");
    let problem = wrong.and_then(|key| {
        let sentence = page.say(key);
        page.problem("password", sentence)
    });
    render(&UnlockPage {
        name: lobby.name().to_owned(),
        back: back.to_owned(),
        kept: kept.filter(|kept| !kept.is_empty()).map(str::to_owned),
        password: TextField::new("password", page.say("console-sign-in-password"))
            .problem(problem)
            .kind("password")
            .autocomplete("current-password"),
        page,
    })
}

pub(super) async fn show_unlock(Lobby(visit, lobby, locked): Lobby) -> Answer {
    if !locked {
        return Ok(go("/second-factor"));
    }
    let back = way_back(&visit.query("back").unwrap_or_default());
    Ok(unlock_page(&visit, &lobby, (&back, None), None))
}

pub(super) async fn unlock(Lobby(visit, lobby, locked): Lobby, form: Form) -> Answer {
    if !locked {
        return Ok(go("/second-factor"));
    }
    let back = way_back(form.text("back"));
    let kept = form.text("kept");
    let again = (back.as_str(), Some(kept));
    Ok(match lobby.unlock(form.text("password")).await? {
        Prove::In(token, _) => match lobby.kept_form(kept) {
            Some(form) => signed_in(resend_page(&visit, &form), &token),
            None => signed_in(go(&back), &token),
        },
        Prove::Wrong => unlock_page(&visit, &lobby, again, Some("problem-unlock-wrong")),
        Prove::Wait => unlock_page(&visit, &lobby, again, Some("console-sign-in-wait")),
    })
}

/// What was sent when the session had locked, to be sent again with one press.
fn resend_page(visit: &Visit, form: &KeptForm) -> Response {
    let fields = url::form_urlencoded::parse(form.body.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    render(&ResendPage {
        page: Page::new(visit, "resend-title"),
        path: way_back(&form.path),
        fields,
    })
}

/// A form that was sent when the session had locked. Files are not kept: they are still where they came from.
pub(crate) async fn locked_form(visit: &Visit, request: Request) -> Response {
    let Some((lobby, _)) = &visit.lobby else {
        return go("/sign-in");
    };
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |at| at.as_str())
        .to_owned();
    let is_form = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/x-www-form-urlencoded");
    let body = if is_form {
        axum::body::to_bytes(request.into_body(), LARGEST_KEPT)
            .await
            .ok()
    } else {
        None
    };
    let kept = body
        .and_then(|body| String::from_utf8(body.to_vec()).ok())
        .map(|body| lobby.keep_form(&KeptForm { path, body }));
    unlock_page(visit, lobby, ("/", kept.as_deref()), None)
}

/// Signing out before being let in.
pub(super) async fn leave(Lobby(_, lobby, _): Lobby) -> Answer {
    lobby.sign_out().await?;
    Ok(with_cookie(
        go("/sign-in?done=signed-out"),
        &cookies::clear(cookies::STAFF),
    ))
}

#[cfg(test)]
mod tests {
    use super::way_back;

    #[test]
    fn unlocking_leads_to_this_site_only() {
        assert_eq!(way_back("/cases/1?list=all"), "/cases/1?list=all");
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            "/\\evil",
            "",
            "/a\r\nb: c",
        ] {
            assert_eq!(way_back(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
