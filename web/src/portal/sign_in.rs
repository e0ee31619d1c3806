//! Signing in and out.

use super::sign_up::{PasswordPage, password_field, signed_in};
use super::walk::{email_field, read_email};
use crate::cookies;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render, with_cookie};
use crate::visit::{Family, Visit};
use app::sign_in::SignIn;
use axum::response::Response;

fn form_page(
    mut page: Page,
    email: &str,
    email_problem: Option<String>,
    problem_key: Option<&str>,
) -> Response {
    let problem = problem_key.and_then(|key| {
        let sentence = page.say(key);
        page.problem("password", sentence)
    });
    let mut address = email_field(&page, email, email_problem);
    address.autocomplete = "username";
    address.hint = String::new();
    let field = password_field(&page, "password", "password", false, problem);
    render(&PasswordPage {
        lead: Vec::new(),
        action: "/sign-in",
        email: String::new(),
        rules: false,
        fields: vec![address, field],
        button: page.say("sign-in"),
        forgotten: true,
        page,
    })
}

pub(super) async fn show(visit: Visit) -> Answer {
    if visit.patient.is_some() {
        return Ok(go("/"));
    }
    let page = Page::new(&visit, "sign-in").back_to("/");
    Ok(form_page(page, "", None, None))
}

pub(super) async fn sign_in(visit: Visit, form: Form) -> Answer {
    let mut page = Page::new(&visit, "sign-in").back_to("/");
    let typed = form.text("email");
    let email = match read_email(&mut page, typed) {
        Ok(email) => email,
        Err(problem) => return Ok(form_page(page, typed, problem, None)),
    };
    let front = visit.front();
    let outcome = front
        .sign_in(&email, form.text("password"), visit.token.as_ref())
        .await?;
    Ok(match outcome {
        SignIn::SignedIn(session) => signed_in("/", &session),
        SignIn::Wrong | SignIn::NoWalk => form_page(page, typed, None, Some("problem-sign-in")),
        SignIn::Wait => form_page(page, typed, None, Some("problem-sign-in-wait")),
        SignIn::Closed => form_page(page, typed, None, Some("problem-sign-in-closed")),
    })
}

/// The browser forgets everything of us that it may have kept.
fn signed_out() -> Response {
    let mut response = with_cookie(go("/?done=signed-out"), &cookies::clear(cookies::ACCOUNT));
    response.headers_mut().insert(
        "clear-site-data",
        axum::http::HeaderValue::from_static("\"cache\", \"storage\""),
    );
    response
}

pub(super) async fn sign_out(Family(_, desk): Family) -> Answer {
    desk.sign_out().await?;
    Ok(signed_out())
}

pub(super) async fn sign_out_everywhere(Family(_, desk): Family) -> Answer {
    desk.sign_out_everywhere().await?;
    Ok(signed_out())
}
