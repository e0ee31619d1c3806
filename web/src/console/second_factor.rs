//! The second factor: setting it up, showing it, and unlocking a session that was not used for a while.

use super::kept_form::go_on;
use super::sign_in;
use super::single_sign_on::provider;
use crate::cookies;
use crate::fields::TextField;
use crate::form::Form;
use crate::kept_form::way_back;
use crate::page::{Answer, Page, go, show as render, with_cookie};
use crate::visit::{Lobby, Visit};
use app::second_factor::{Prove, SetUp};
use app::staff::StaffLobby;
use askama::Template;
use axum::response::Response;
use domain::language::Language;
use jiff::tz::TimeZone;

#[derive(Template)]
#[template(path = "console/second_factor.html")]
struct FactorPage {
    page: Page,
    name: String,
    set_up: Option<SetUp>,
    back: String,
    /// A form that came too late, sealed.
    kept: Option<String>,
    /// What is said of it.
    notice: Option<String>,
    code: TextField,
}

/// What waits behind the page that asks for a code or a password.
#[derive(Default)]
pub(super) struct Waits<'a> {
    /// The page where it goes on; empty for the worklist.
    pub(super) back: &'a str,
    /// A form that came too late, sealed.
    pub(super) kept: Option<&'a str>,
    /// Whether a form came too late that is not kept.
    pub(super) is_lost: bool,
}

impl<'a> Waits<'a> {
    fn of(back: &'a str, form: &'a Form) -> Waits<'a> {
        let kept = form.text("kept");
        Waits {
            back,
            kept: (!kept.is_empty()).then_some(kept),
            is_lost: false,
        }
    }

    /// What is said of the form. `key`: where it is kept.
    fn notice(&self, page: &Page, key: &str) -> Option<String> {
        match (self.kept, self.is_lost) {
            (Some(_), _) => Some(page.say(key)),
            (None, true) => Some(page.say("console-not-kept")),
            (None, false) => None,
        }
    }
}

#[derive(Template)]
#[template(path = "console/recovery_codes.html")]
struct CodesPage {
    page: Page,
    codes: Vec<String>,
    /// A form that came too late, sealed.
    kept: Option<String>,
}

#[derive(Template)]
#[template(path = "console/unlock.html")]
struct UnlockPage {
    page: Page,
    name: String,
    back: String,
    /// The same as a part of an address.
    again: String,
    /// A form that came too late, sealed.
    kept: Option<String>,
    /// What is said of it.
    notice: Option<String>,
    /// What stands on the link to the identity provider, and its address.
    provider: Option<(String, String)>,
    /// How many alerts wait, and when that was asked; and whether any does.
    waiting: Option<String>,
    alarming: bool,
    password: TextField,
}

fn signed_in(response: Response, token: &app::keys::Token) -> Response {
    let cookie = cookies::set(cookies::STAFF, token, app::STAFF_LIFE.as_secs());
    with_cookie(response, &cookie)
}

pub(super) async fn factor_page(
    visit: &Visit,
    lobby: &StaffLobby,
    waits: &Waits<'_>,
    wrong: Option<&str>,
) -> Answer {
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
    page.form = Some("second-factor");
    Ok(render(&FactorPage {
        back: waits.back.to_owned(),
        kept: waits.kept.map(str::to_owned),
        notice: waits.notice(&page, "factor-kept"),
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
    let back = way_back(&visit.query("back").unwrap_or_default());
    let waits = Waits {
        back: &back,
        ..Waits::default()
    };
    factor_page(&visit, &lobby, &waits, None).await
}

/// The language that the page is to be shown in anew, with what waits behind it.
fn switched(visit: &mut Visit, form: &Form) -> Option<String> {
    let language = Language::parse(form.text("switch_language"))?;
    visit.language = language;
    Some(cookies::language(language))
}

pub(super) async fn prove(Lobby(mut visit, lobby, locked): Lobby, form: Form) -> Answer {
    let back = way_back(form.text("back"));
    let waits = Waits::of(&back, &form);
    if locked {
        return unlock_page(&visit, &lobby, &waits, None).await;
    }
    if let Some(cookie) = switched(&mut visit, &form) {
        let page = factor_page(&visit, &lobby, &waits, None).await?;
        return Ok(with_cookie(page, &cookie));
    }
    let code = form.text("code");
    let proved = if lobby.has_factor {
        lobby.prove(code).await?
    } else {
        lobby.confirm_set_up(code).await?
    };
    match proved {
        Prove::In(token, codes) => {
            let here = visit.clone();
            let response = if codes.is_empty() {
                go_on(visit, &token, form.text("kept"), &back).await?
            } else {
                signed_in(codes_page(&visit, codes, waits.kept), &token)
            };
            // Only now: a password alone makes no browser known.
            match lobby.email().await? {
                Some(email) => Ok(here.known(response, &email).await?),
                None => Ok(response),
            }
        }
        Prove::Wrong => factor_page(&visit, &lobby, &waits, Some("problem-factor-wrong")).await,
        Prove::Wait => factor_page(&visit, &lobby, &waits, Some("console-sign-in-wait")).await,
        Prove::Closed => factor_page(&visit, &lobby, &waits, Some("problem-factor-closed")).await,
    }
}

/// Recovery codes, which are shown once; afterwards it goes on at the form that waits.
pub(super) fn codes_page(visit: &Visit, codes: Vec<String>, kept: Option<&str>) -> Response {
    let page = Page::new(visit, "factor-codes-title");
    let kept = kept.map(str::to_owned);
    render(&CodesPage { page, codes, kept })
}

pub(super) async fn unlock_page(
    visit: &Visit,
    lobby: &StaffLobby,
    waits: &Waits<'_>,
    wrong: Option<&str>,
) -> Answer {
    let mut page = Page::new(visit, "unlock-title");
    let waiting = lobby.waiting_alerts().await?;
    page.tab = waiting.filter(|count| *count > 0);
    let zone = TimeZone::get(visit.site.app.time_zone()).unwrap_or(TimeZone::UTC);
    let time = page.time(visit.site.app.clock.now().to_zoned(zone).time());
    let problem = wrong.and_then(|key| {
        let sentence = page.say(key);
        page.problem("password", sentence)
    });
    page.form = Some("unlock");
    Ok(render(&UnlockPage {
        alarming: waiting.is_some_and(|count| count > 0),
        waiting: waiting.map(|count| page.with2("unlock-waiting", "count", count, "time", time)),
        name: lobby.name().to_owned(),
        back: waits.back.to_owned(),
        again: url::form_urlencoded::Serializer::new(String::new())
            .append_pair("back", waits.back)
            .finish(),
        kept: waits.kept.map(str::to_owned),
        notice: waits.notice(&page, "unlock-kept"),
        provider: provider(visit, &page, waits.kept.is_some(), waits.back),
        password: TextField::new("password", page.say("console-sign-in-password"))
            .problem(problem)
            .kind("password")
            .autocomplete("current-password"),
        page,
    }))
}

pub(super) async fn show_unlock(Lobby(visit, lobby, locked): Lobby) -> Answer {
    if !locked {
        return Ok(go("/second-factor"));
    }
    let back = way_back(&visit.query("back").unwrap_or_default());
    let waits = Waits {
        back: &back,
        ..Waits::default()
    };
    unlock_page(&visit, &lobby, &waits, None).await
}

pub(super) async fn unlock(Lobby(mut visit, lobby, locked): Lobby, form: Form) -> Answer {
    let back = way_back(form.text("back"));
    let waits = Waits::of(&back, &form);
    if !locked {
        return factor_page(&visit, &lobby, &waits, None).await;
    }
    if let Some(cookie) = switched(&mut visit, &form) {
        let page = unlock_page(&visit, &lobby, &waits, None).await?;
        return Ok(with_cookie(page, &cookie));
    }
    match lobby.unlock(form.text("password")).await? {
        Prove::In(token, _) => go_on(visit, &token, form.text("kept"), &back).await,
        Prove::Wrong => unlock_page(&visit, &lobby, &waits, Some("problem-unlock-wrong")).await,
        Prove::Wait | Prove::Closed => {
            unlock_page(&visit, &lobby, &waits, Some("console-sign-in-wait")).await
        }
    }
}

/// Signing out before being let in.
pub(super) async fn leave(Lobby(visit, ..): Lobby) -> Answer {
    sign_in::leave(&visit).await
}
