//! A changed e-mail address.

use super::sign_up::password_field;
use super::spoken;
use super::walk::{
    ASK_EMAIL, EmailPage, Places, Say, code_page, email_field, is_of_another, keep, read_email,
    read_on, request_problem, token_of,
};
use crate::cookies;
use crate::form::Form;
use crate::kept_page::belonging;
use crate::page::{Answer, Page, go, show as render, with_cookie};
use crate::visit::Family;
use app::code::Purpose;
use app::email_change::{EmailChange, EmailChangeRequest};
use axum::response::Response;

const PLACES: Places = Places {
    purpose: Purpose::EmailChange,
    start: "/account/email",
    other: "/account/email",
    code: "/account/email/code",
    resend: "/account/email/resend",
    next: "/account",
    next_page: None,
};

fn form_page(
    mut page: Page,
    typed: &str,
    email: Option<String>,
    password: Option<String>,
) -> Response {
    page.form = Some(ASK_EMAIL);
    let password = password.and_then(|sentence| page.problem("password", sentence));
    let fields = vec![
        email_field(&page, typed, email),
        password_field(&page, "password", "current-password", false, password),
    ];
    render(&EmailPage {
        notice: None,
        lead: vec![page.say("change-email-lead")],
        action: "/account/email",
        fields,
        id: String::new(),
        button: page.say("send-code"),
        links: Vec::new(),
        waits: None,
        page,
    })
}

pub(super) async fn show(Family(visit, _): Family) -> Answer {
    let page = Page::new(&visit, "change-email-title").back_to("/account");
    Ok(keep(
        form_page(page, "", None, None),
        &token_of(&visit).await?,
    ))
}

pub(super) async fn send(Family(mut visit, desk): Family, form: Form) -> Answer {
    if let Some(language) = spoken::asked(&mut visit, &desk, &form).await? {
        let page = Page::new(&visit, "change-email-title").back_to("/account");
        let page = form_page(page, form.text("email"), None, None);
        return Ok(spoken::kept(page, language));
    }
    let mut page = Page::new(&visit, "change-email-title").back_to("/account");
    let (typed, token) = (form.text("email"), token_of(&visit).await?);
    let email = match read_email(&mut page, typed) {
        Ok(email) => email,
        Err(problem) => return Ok(form_page(page, typed, problem, None)),
    };
    let asked = desk
        .request_email_change(&token, email, form.text("password"))
        .await?;
    let (email, password) = match asked {
        EmailChangeRequest::Code(request) => match request_problem(&page, request) {
            None => return Ok(keep(go("/account/email/code"), &token)),
            Some(sentence) => (Some(sentence), None),
        },
        EmailChangeRequest::SameAddress => (Some(page.say("problem-email-same")), None),
        EmailChangeRequest::WrongPassword => (None, Some(page.say("problem-password-wrong"))),
        EmailChangeRequest::WaitForPassword => (None, Some(page.say("problem-sign-in-wait"))),
    };
    let email = email.and_then(|sentence| page.problem("email", sentence));
    Ok(form_page(page, typed, email, password))
}

pub(super) async fn show_code(Family(visit, _): Family) -> Answer {
    // A code that was right, while the change itself did not come about, is asked for once more.
    Ok(match PLACES.walk(&visit).await? {
        Some(walk) => code_page(&visit, &walk, PLACES, Say::Nothing, None),
        None => go(PLACES.start),
    })
}

pub(super) async fn check_code(Family(mut visit, desk): Family, form: Form) -> Answer {
    let language = spoken::asked(&mut visit, &desk, &form).await?;
    let (Some(walk), Some(token)) = (PLACES.walk(&visit).await?, &visit.walk) else {
        return Ok(spoken::kept_if(go("/account"), language));
    };
    if let Some(language) = language {
        let page = code_page(&visit, &walk, PLACES, read_on(&walk, &form), None);
        return Ok(spoken::kept(page, language));
    }
    if is_of_another(&walk, &form) {
        return Ok(code_page(&visit, &walk, PLACES, Say::OfAnother, None));
    }
    let typed = form.text("code");
    Ok(match desk.confirm_email_change(token, typed).await? {
        EmailChange::Changed => {
            let done = with_cookie(go("/account?done=email"), &cookies::clear(cookies::WALK));
            // The browser is known under the new address, too.
            super::sign_up::known(&visit, &walk, done).await?
        }
        EmailChange::Taken => {
            // The code was right, so the address is theirs: no stranger learns here that it has an account.
            let mut page = Page::new(&visit, "change-email-title").back_to("/account");
            let sentence = page.say("problem-email-taken");
            let problem = page.problem("email", sentence);
            belonging(
                form_page(page, walk.email.expose(), problem, None),
                "/account/email",
            )
        }
        EmailChange::Code(check) => code_page(
            &visit,
            &walk,
            PLACES,
            Say::Checked(check, typed.to_owned()),
            None,
        ),
    })
}

pub(super) async fn resend(Family(visit, _): Family) -> Answer {
    PLACES.resend(&visit, None).await
}
