//! Signing in to the console, and out of it.

use super::kept_form::{go_on, shelved};
use super::single_sign_on::{provider, signed_out};
use crate::cookies;
use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render, with_cookie};
use crate::visit::{Staff, Visit};
use app::keys::Token;
use app::sign_in::SignIn;
use askama::Template;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use domain::email_address::{EmailAddress, EmailAddressError};
use domain::language::Language;

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    page: Page,
    notices: Vec<String>,
    email: TextField,
    password: TextField,
    /// What stands on the link to the identity provider, and its address.
    provider: Option<(String, String)>,
    /// A form that came too late, sealed.
    kept: Option<String>,
    /// What whoever is signed in and did not type that form can go on with.
    go_on: Option<String>,
}

/// What the page shows beside its fields.
#[derive(Default)]
pub(super) struct Beside<'a> {
    pub(super) typed: &'a str,
    /// What is wrong: the id of the field, and the key of a sentence.
    pub(super) wrong: Option<(&'static str, &'static str)>,
    /// A form that came too late, sealed.
    pub(super) kept: Option<String>,
    /// Whether a form came too late, kept or not.
    pub(super) ended: bool,
    /// The name of whoever is signed in, where somebody else has typed the form.
    pub(super) held_by: Option<String>,
}

pub(super) fn form_page(visit: &Visit, beside: Beside<'_>) -> Response {
    let Beside {
        typed,
        wrong,
        kept,
        ended,
        held_by,
    } = beside;
    let mut page = Page::new(visit, "console-sign-in-title");
    let sentence = wrong.and_then(|(id, key)| {
        let sentence = page.say(key);
        page.problem(id, sentence)
    });
    let beside = |id: &str| match wrong {
        Some((wrong, _)) if wrong == id => sentence.clone(),
        _ => None,
    };
    page.form = kept.is_some().then_some("sign-in");
    let told = match (&held_by, kept.is_some()) {
        (Some(name), true) => Some(page.with1("console-held-kept", "name", name.as_str())),
        (Some(name), false) => Some(page.with1("console-held", "name", name.as_str())),
        (None, true) => Some(page.say("console-ended-kept")),
        (None, false) => ended.then(|| page.say("console-ended")),
    };
    render(&SignInPage {
        notices: [
            match visit.query("done").as_deref() {
                Some("signed-out") => Some(page.say("console-signed-out")),
                Some("password-chosen") => Some(page.say("console-password-chosen")),
                Some("sso-unknown") => Some(page.say("sso-unknown")),
                Some("sso-unverified") => Some(page.say("sso-unverified")),
                Some("sso-again") => Some(page.say("sso-again")),
                Some("sso-too-old") => Some(page.say("sso-too-old")),
                Some("sso-failed") => Some(page.say("sso-failed")),
                Some("sso-cancelled") => Some(page.say("sso-cancelled")),
                Some("sso-too-many") => Some(page.say("sso-too-many")),
                Some("sso-refused") => Some(page.say("sso-refused")),
                _ => None,
            },
            told,
        ]
        .into_iter()
        .flatten()
        .collect(),
        email: TextField::new("email", page.say("email"))
            .hint(page.say("console-sign-in-email-hint"))
            .value(typed)
            .problem(beside("email"))
            .kind("email")
            .inputmode("email")
            .autocomplete("username"),
        password: TextField {
            reveal: Some((page.say("password-show"), page.say("password-hide"))),
            ..TextField::new("password", page.say("console-sign-in-password"))
                .problem(beside("password"))
                .kind("password")
                .autocomplete("current-password")
        },
        provider: provider(visit, &page, kept.is_some(), ""),
        go_on: held_by.map(|name| page.with1("console-held-go-on", "name", name.as_str())),
        kept,
        page,
    })
}

pub(super) async fn show(visit: Visit, headers: HeaderMap) -> Answer {
    if visit.staff.is_some() {
        return Ok(go("/"));
    }
    // Whoever comes back from the identity provider in vain finds what was typed before.
    let in_vain = visit
        .query("done")
        .is_some_and(|done| done.starts_with("sso-"));
    let kept = match in_vain {
        true => shelved(&visit, &headers).await?,
        false => None,
    };
    let beside = Beside {
        ended: kept.is_some() || visit.query("ended").is_some(),
        kept,
        ..Beside::default()
    };
    Ok(form_page(&visit, beside))
}

pub(super) async fn sign_in(mut visit: Visit, form: Form) -> Answer {
    let typed = form.text("email");
    let sealed = form.text("kept");
    let kept = visit.front().keeps_form_of_staff(sealed);
    let beside = |wrong| Beside {
        typed,
        wrong,
        kept: kept.then(|| sealed.to_owned()),
        ended: form.has("kept"),
        held_by: visit
            .staff
            .as_ref()
            .filter(|desk| kept && desk.kept_form(sealed).is_none())
            .map(|desk| desk.name.clone()),
    };
    if let Some(language) = Language::parse(form.text("switch_language")) {
        visit.language = language;
        let page = form_page(&visit, beside(None));
        return Ok(with_cookie(page, &cookies::language(language)));
    }
    let email = match EmailAddress::parse(typed) {
        Ok(email) => email,
        Err(error) => {
            let key = match error {
                EmailAddressError::Empty => "problem-email-empty",
                EmailAddressError::LettersBeforeAt => "problem-email-letters",
                EmailAddressError::Malformed => "problem-email-malformed",
            };
            return Ok(form_page(&visit, beside(Some(("email", key)))));
        }
    };
    let password = form.text("password");
    if password.is_empty() {
        let wrong = ("password", "problem-password-empty");
        return Ok(form_page(&visit, beside(Some(wrong))));
    }
    let key = match visit.front().sign_in_staff(&email, password).await? {
        SignIn::SignedIn(token) => {
            leave_before(&visit).await?;
            came_in(&visit, &token).await?;
            let here = visit.clone();
            let response = go_on(visit, &token, sealed, "/").await?;
            // Where there is a second factor, it makes the browser known.
            return match here.site.app.asks_second_factor() {
                true => Ok(response),
                false => Ok(here.known(response, &email).await?),
            };
        }
        SignIn::Wrong | SignIn::NoWalk => "console-sign-in-wrong",
        SignIn::Wait | SignIn::Closed => "console-sign-in-wait",
        SignIn::Crowded => "console-sign-in-crowded",
    };
    Ok(form_page(&visit, beside(Some(("password", key)))))
}

/// Whoever was signed in on this browser before is not any more, also where the session is locked.
pub(super) async fn leave_before(visit: &Visit) -> Result<(), app::Error> {
    if let Some(before) = &visit.staff {
        before.sign_out().await?;
    }
    if let Some((before, _)) = &visit.lobby {
        before.sign_out().await?;
    }
    Ok(())
}

/// Somebody has signed in: from now on messages come in the language of their page.
pub(super) async fn came_in(visit: &Visit, token: &Token) -> Result<(), app::Error> {
    let app = &visit.site.app;
    app.staff_speaks(token, visit.language, visit.language_is_chosen)
        .await
}

pub(super) async fn sign_out(Staff(visit, _): Staff) -> Answer {
    leave(&visit).await
}

/// Nobody is signed in on this browser any more: neither whoever is let in, nor whose session is locked or waits for a code.
pub(super) async fn leave(visit: &Visit) -> Answer {
    leave_before(visit).await?;
    let mut response = with_cookie(
        go("/sign-in?done=signed-out"),
        &cookies::clear(cookies::STAFF),
    );
    // On a shared computer, nothing that was looked at stays behind.
    response.headers_mut().insert(
        "clear-site-data",
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(signed_out(visit, response))
}
