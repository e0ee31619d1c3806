//! Signing in to the console, and out of it.

use crate::cookies;
use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render, with_cookie};
use crate::visit::{Staff, Visit};
use app::keys::Token;
use app::sign_in::SignIn;
use askama::Template;
use axum::http::HeaderValue;
use axum::response::Response;
use domain::email_address::{EmailAddress, EmailAddressError};

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    page: Page,
    notice: Option<String>,
    email: TextField,
    password: TextField,
    /// What stands on the button for the identity provider.
    provider: Option<String>,
}

/// What is wrong: the id of the field, and the key of a sentence.
type Wrong = Option<(&'static str, &'static str)>;

fn form_page(visit: &Visit, typed: &str, wrong: Wrong) -> Response {
    let mut page = Page::new(visit, "console-sign-in-title");
    let sentence = wrong.and_then(|(id, key)| {
        let sentence = page.say(key);
        page.problem(id, sentence)
    });
    let beside = |id: &str| match wrong {
        Some((wrong, _)) if wrong == id => sentence.clone(),
        _ => None,
    };
    render(&SignInPage {
        notice: match visit.query("done").as_deref() {
            Some("signed-out") => Some(page.say("console-signed-out")),
            Some("password-chosen") => Some(page.say("console-password-chosen")),
            Some("sso-unknown") => Some(page.say("sso-unknown")),
            Some("sso-unverified") => Some(page.say("sso-unverified")),
            Some("sso-again") => Some(page.say("sso-again")),
            Some("sso-failed") => Some(page.say("sso-failed")),
            _ => None,
        },
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
        provider: visit
            .front()
            .single_sign_on()
            .map(|name| page.with1("sso-button", "name", name)),
        page,
    })
}

pub(super) async fn show(visit: Visit) -> Answer {
    if visit.staff.is_some() {
        return Ok(go("/"));
    }
    Ok(form_page(&visit, "", None))
}

pub(super) async fn sign_in(visit: Visit, form: Form) -> Answer {
    let typed = form.text("email");
    let email = match EmailAddress::parse(typed) {
        Ok(email) => email,
        Err(error) => {
            let key = match error {
                EmailAddressError::Empty => "problem-email-empty",
                EmailAddressError::LettersBeforeAt => "problem-email-letters",
                EmailAddressError::Malformed => "problem-email-malformed",
            };
            return Ok(form_page(&visit, typed, Some(("email", key))));
        }
    };
    let password = form.text("password");
    if password.is_empty() {
        let wrong = ("password", "problem-password-empty");
        return Ok(form_page(&visit, typed, Some(wrong)));
    }
    let key = match visit.front().sign_in_staff(&email, password).await? {
        SignIn::SignedIn(token) => {
            // Whoever was signed in on this browser before is not any more.
            if let Some(before) = &visit.staff {
                before.sign_out().await?;
            }
            came_in(&visit, &token).await?;
            let cookie = cookies::set(cookies::STAFF, &token, app::STAFF_LIFE.as_secs());
            return Ok(with_cookie(go("/"), &cookie));
        }
        SignIn::Wrong | SignIn::NoWalk => "console-sign-in-wrong",
        SignIn::Wait | SignIn::Closed => "console-sign-in-wait",
    };
    Ok(form_page(&visit, typed, Some(("password", key))))
}

/// Somebody has signed in: from now on messages come in the language of their page.
pub(super) async fn came_in(visit: &Visit, token: &Token) -> Result<(), app::Error> {
    let app = &visit.site.app;
    app.staff_speaks(token, visit.language, visit.language_is_chosen)
        .await
}

pub(super) async fn sign_out(Staff(_, desk): Staff) -> Answer {
    desk.sign_out().await?;
    let mut response = with_cookie(
        go("/sign-in?done=signed-out"),
        &cookies::clear(cookies::STAFF),
    );
    // On a shared computer, nothing that was looked at stays behind.
    response.headers_mut().insert(
        "clear-site-data",
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(response)
}
