//! Signing up: address, code, password.

use super::home::id_of;
use super::no_cookies;
use super::spoken;
use super::waits::Waits;
use super::walk::{
    ASK_EMAIL, EmailPage, Places, begun_again_at_the_password, begun_again_in_words, email_field,
    keep, read_email, request_problem, token_of,
};
use crate::cookies;
use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render, sign_in_cookie, with_cookie};
use crate::visit::Visit;
use app::code::{Purpose, Walk};
use app::sign_in::SignIn;
use app::sign_up::SavePassword;
use askama::Template;
use axum::response::Response;
use domain::email_address::EmailAddress;
use domain::hersys_id::HersysId;
use domain::limits::CODE_LIFE;
use domain::password::PasswordProblem;
use i18n::Words;

const PLACES: Places = Places {
    purpose: Purpose::SignUp,
    start: "/sign-up",
    other: "/sign-up?other=1",
    code: "/sign-up/code",
    resend: "/sign-up/resend",
    next: "/sign-up/password",
    next_page: None,
};

fn email_page(visit: &Visit, mut page: Page, field: TextField, id: String) -> EmailPage {
    page.form = Some(ASK_EMAIL);
    let from = visit.site.app.mail_from().as_str();
    let minutes = CODE_LIFE.as_mins();
    EmailPage {
        notice: begun_again_in_words(visit, &page),
        lead: vec![
            page.say("sign-up-lead"),
            page.with1("sign-up-lead-code", "minutes", minutes),
            page.with1("sign-up-lead-allow", "address", from),
        ],
        action: "/sign-up",
        fields: vec![field],
        id,
        button: page.say("send-code"),
        links: vec![(
            page.say("sign-up-have-account"),
            page.say("sign-in"),
            "/sign-in",
        )],
        waits: None,
        page,
    }
}

/// Where signing up stands that was begun in this browser.
pub(super) async fn begun(visit: &Visit) -> Result<Option<Walk>, app::Error> {
    PLACES.walk(visit).await
}

pub(super) async fn show(visit: Visit) -> Answer {
    let page = Page::new(&visit, "sign-up").back_to("/");
    let id = id_of(&visit);
    let mut typed = String::new();
    if let (Some(walk), Some(token)) = (PLACES.walk(&visit).await?, &visit.walk) {
        if let Some(id) = &id {
            visit.front().bring_id(token, id).await?;
        }
        // Whoever left in the middle goes on there, unless another address is wished.
        if visit.query("other").is_none() {
            return Ok(go(if walk.verified {
                "/sign-up/password"
            } else {
                "/sign-up/code"
            }));
        }
        typed = walk.email.into_inner();
    }
    let field = email_field(&page, &typed, None);
    // The token is set before the form is sent, so that pressing the button twice is one walk.
    let response = render(&email_page(&visit, page, field, id.unwrap_or_default()));
    Ok(keep(response, &token_of(&visit).await?))
}

pub(super) async fn send(mut visit: Visit, form: Form) -> Answer {
    if let Some(language) = spoken::asked_by_visitor(&mut visit, &form) {
        let page = Page::new(&visit, "sign-up").back_to("/");
        let field = email_field(&page, form.text("email"), None);
        let page = email_page(&visit, page, field, form.text("id").to_owned());
        return Ok(spoken::kept(render(&page), language));
    }
    let mut page = Page::new(&visit, "sign-up").back_to("/");
    let typed = form.text("email");
    let id = HersysId::parse(form.text("id"), visit.site.app.id_lengths())
        .ok()
        .map(|id| id.as_str().to_owned());
    let token = token_of(&visit).await?;
    let problem = match read_email(&mut page, typed) {
        Err(problem) => problem,
        Ok(email) => {
            let asked = visit
                .front()
                .request_sign_up(&token, email, id.clone(), visit.language)
                .await?;
            match request_problem(&page, asked) {
                None => {
                    let next = no_cookies::marked(PLACES.code, visit.walk.is_some());
                    return Ok(keep(go(&next), &token));
                }
                Some(sentence) => page.problem("email", sentence),
            }
        }
    };
    let field = email_field(&page, typed, problem);
    Ok(render(&email_page(
        &visit,
        page,
        field,
        id.unwrap_or_default(),
    )))
}

pub(super) async fn show_code(visit: Visit) -> Answer {
    PLACES.show_code(&visit).await
}

pub(super) async fn check_code(visit: Visit, form: Form) -> Answer {
    PLACES.check_code(visit, form).await
}

pub(super) async fn resend(visit: Visit) -> Answer {
    PLACES.resend(&visit, None).await
}

/// A page that asks for a password, new or known.
#[derive(Template)]
#[template(path = "portal/password.html")]
pub(super) struct PasswordPage {
    pub(super) page: Page,
    pub(super) lead: Vec<String>,
    pub(super) action: &'static str,
    /// For password managers; empty for none.
    pub(super) email: String,
    pub(super) rules: bool,
    pub(super) fields: Vec<TextField>,
    pub(super) button: String,
    pub(super) forgotten: bool,
    /// A report that goes along.
    pub(super) waits: Option<Waits>,
}

/// The field for a password. What was typed is never sent back.
pub(super) fn password_field(
    page: &Page,
    id: &str,
    label: &str,
    new: bool,
    problem: Option<String>,
) -> TextField {
    TextField {
        reveal: Some((page.say("password-show"), page.say("password-hide"))),
        ..TextField::new(id, page.say(label))
            .problem(problem)
            .kind("password")
            .autocomplete(if new {
                "new-password"
            } else {
                "current-password"
            })
    }
}

/// The sentences on a new password that will not do, as one.
pub(super) fn weak(t: &Words, problems: &[PasswordProblem]) -> String {
    let sentences: Vec<String> = problems
        .iter()
        .map(|problem| t.say(crate::password_words::key(problem)))
        .collect();
    sentences.join(" ")
}

fn new_password_page(visit: &Visit, walk: &Walk, problems: &[PasswordProblem]) -> Response {
    let mut page = Page::new(visit, "password-title");
    let problem = if problems.is_empty() {
        None
    } else {
        let sentence = weak(page.t, problems);
        page.problem("password", sentence)
    };
    render(&PasswordPage {
        lead: vec![page.say("password-lead")],
        action: "/sign-up/password",
        email: walk.email.expose().clone(),
        rules: true,
        fields: vec![password_field(&page, "password", "password", true, problem)],
        button: page.say("save-password"),
        forgotten: false,
        waits: None,
        page,
    })
}

fn known_password_page(visit: &Visit, walk: &Walk, problem_key: Option<&str>) -> Response {
    let mut page = Page::new(visit, "known-password-title");
    let problem = problem_key.and_then(|key| {
        let sentence = page.say(key);
        page.problem("password", sentence)
    });
    render(&PasswordPage {
        lead: vec![page.say("known-password-lead")],
        action: "/sign-up/password",
        email: walk.email.expose().clone(),
        rules: false,
        fields: vec![password_field(
            &page, "password", "password", false, problem,
        )],
        button: page.say("known-password-button"),
        forgotten: true,
        waits: None,
        page,
    })
}

pub(super) async fn show_password(visit: Visit) -> Answer {
    Ok(match PLACES.walk(&visit).await? {
        None if visit.patient.is_some() => go("/attributes"),
        None => go("/sign-up"),
        Some(walk) if !walk.verified => go("/sign-up/code"),
        Some(walk) if walk.has_account => known_password_page(&visit, &walk, None),
        Some(walk) => new_password_page(&visit, &walk, &[]),
    })
}

pub(super) async fn save_password(visit: Visit, form: Form) -> Answer {
    let (Some(walk), Some(token)) = (PLACES.walk(&visit).await?, &visit.walk) else {
        // Pressed twice: the first press has signed in.
        return Ok(match visit.patient.is_some() {
            true => go("/attributes"),
            false => begun_again_at_the_password(PLACES.start),
        });
    };
    if !walk.verified {
        return Ok(go("/sign-up/code"));
    }
    let (front, typed) = (visit.front(), form.text("password"));
    if walk.has_account {
        // Where something was typed before, the page offers the ID that was brought along.
        let next = match &walk.typed_id {
            Some(id) => format!("/attributes?id={id}"),
            None => "/attributes".to_owned(),
        };
        return Ok(match front.enter_password(token, typed).await? {
            SignIn::SignedIn(session) => known(&visit, &walk, signed_in(&next, &session)).await?,
            SignIn::NoWalk => begun_again_at_the_password(PLACES.start),
            SignIn::Wrong => known_password_page(&visit, &walk, Some("problem-password-wrong")),
            SignIn::Wait => known_password_page(&visit, &walk, Some("problem-sign-in-wait")),
            SignIn::Crowded => known_password_page(&visit, &walk, Some("problem-sign-in-crowded")),
            SignIn::Closed => known_password_page(&visit, &walk, Some("problem-sign-in-closed")),
        });
    }
    Ok(
        match front.save_password(token, typed, visit.language).await? {
            SavePassword::SignedIn(session) => {
                known(&visit, &walk, signed_in("/attributes", &session)).await?
            }
            SavePassword::Weak(problems) => new_password_page(&visit, &walk, &problems),
            SavePassword::HasAccount => go("/sign-up/password"),
            SavePassword::NoWalk => begun_again_at_the_password(PLACES.start),
        },
    )
}

/// From now on the browser is one in which the owner of the walk's address has come in.
pub(super) async fn known(visit: &Visit, walk: &Walk, response: Response) -> Answer {
    match EmailAddress::parse(walk.email.expose()) {
        Ok(email) => Ok(visit.known(response, &email).await?),
        Err(_) => Ok(response),
    }
}

/// Goes on with a new session; the walk is over.
pub(super) fn signed_in(address: &str, session: &app::keys::Token) -> Response {
    let response = with_cookie(go(address), &sign_in_cookie(session));
    with_cookie(response, &cookies::clear(cookies::WALK))
}
