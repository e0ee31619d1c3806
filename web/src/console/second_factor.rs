//! The second factor: setting it up, showing it, and unlocking a session that was not used for a while.

use crate::cookies;
use crate::fields::TextField;
use crate::form::Form;
use crate::kept_form::{self, resend_page, way_back};
use crate::page::{Answer, Page, go, show as render, with_cookie};
use crate::visit::{Lobby, Visit};
use app::second_factor::{Prove, SetUp};
use app::staff::StaffLobby;
use askama::Template;
use axum::extract::Request;
use axum::response::Response;

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

/// A form that was sent when the session had locked. Files are not kept: they are still where they came from.
pub(crate) async fn locked_form(visit: &Visit, request: Request) -> Response {
    let Some((lobby, _)) = &visit.lobby else {
        return go("/sign-in");
    };
    let form = kept_form::read(request).await;
    let kept = form.map(|form| lobby.keep_form(&form));
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
