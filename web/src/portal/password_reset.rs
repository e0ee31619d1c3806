//! A forgotten password, and a changed one.

use super::sign_up::{PasswordPage, known, password_field, signed_in, weak};
use super::spoken;
use super::walk::{
    ASK_EMAIL, EmailPage, Places, email_field, keep, read_email, request_problem, shown, token_of,
};
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render};
use crate::visit::{Family, Visit};
use app::code::{Purpose, Walk};
use app::password_reset::NewPassword;
use axum::response::Response;
use domain::email_address::EmailAddress;

const PLACES: Places = Places {
    purpose: Purpose::PasswordReset,
    start: "/password/forgotten",
    other: "/password/forgotten",
    code: "/password/code",
    resend: "/password/resend",
    next: "/password/new",
};

fn email_page(mut page: Page, typed: &str, problem: Option<String>) -> EmailPage {
    page.form = Some(ASK_EMAIL);
    EmailPage {
        lead: vec![page.say("forgotten-lead")],
        action: "/password/forgotten",
        fields: vec![email_field(&page, typed, problem)],
        id: String::new(),
        button: page.say("send-code"),
        links: Vec::new(),
        page,
    }
}

pub(super) async fn show(visit: Visit) -> Answer {
    let page = Page::new(&visit, "forgotten-title").back_to("/sign-in");
    let typed = address_of(&visit).await?;
    Ok(keep(
        render(&email_page(page, &typed, None)),
        &token_of(&visit).await?,
    ))
}

/// The address with which somebody has begun to sign up in this browser, and found that it has an account.
async fn address_of(visit: &Visit) -> Result<String, app::Error> {
    let Some(token) = &visit.walk else {
        return Ok(String::new());
    };
    let walk = visit.front().walk(token).await?;
    let walk = walk.filter(|walk| walk.purpose == Purpose::SignUp);
    Ok(walk.map_or_else(String::new, |walk| shown(walk.email.expose())))
}

pub(super) async fn send(mut visit: Visit, form: Form) -> Answer {
    if let Some(language) = spoken::asked_by_visitor(&mut visit, &form) {
        let page = Page::new(&visit, "forgotten-title").back_to("/sign-in");
        let page = email_page(page, form.text("email"), None);
        return Ok(spoken::kept(render(&page), language));
    }
    let mut page = Page::new(&visit, "forgotten-title").back_to("/sign-in");
    let (typed, token) = (form.text("email"), token_of(&visit).await?);
    let problem = match read_email(&mut page, typed) {
        Err(problem) => problem,
        Ok(email) => {
            let asked = visit
                .front()
                .request_password_reset(&token, email, visit.language)
                .await?;
            match request_problem(&page, asked) {
                None => return Ok(keep(go("/password/code"), &token)),
                Some(sentence) => page.problem("email", sentence),
            }
        }
    };
    Ok(render(&email_page(page, typed, problem)))
}

pub(super) async fn show_code(visit: Visit) -> Answer {
    PLACES.show_code(&visit).await
}

pub(super) async fn check_code(visit: Visit, form: Form) -> Answer {
    PLACES.check_code(visit, form).await
}

pub(super) async fn resend(visit: Visit) -> Answer {
    PLACES.resend(&visit).await
}

fn new_page(visit: &Visit, walk: &Walk, sentence: impl Fn(&Page) -> Option<String>) -> Response {
    let mut page = Page::new(visit, "new-password-title");
    let problem = sentence(&page).and_then(|sentence| page.problem("password", sentence));
    render(&PasswordPage {
        lead: vec![page.say("password-lead")],
        action: "/password/new",
        email: walk.email.expose().clone(),
        rules: true,
        fields: vec![password_field(
            &page,
            "password",
            "new-password",
            true,
            problem,
        )],
        button: page.say("save-password"),
        forgotten: false,
        page,
    })
}

pub(super) async fn show_new(visit: Visit) -> Answer {
    Ok(match PLACES.walk(&visit).await? {
        Some(walk) if walk.verified => new_page(&visit, &walk, |_| None),
        Some(_) => go("/password/code"),
        None => go("/password/forgotten"),
    })
}

pub(super) async fn save_new(visit: Visit, form: Form) -> Answer {
    let (Some(walk), Some(token)) = (PLACES.walk(&visit).await?, &visit.walk) else {
        let signed_in = visit.patient.is_some();
        return Ok(go(if signed_in {
            "/?done=password"
        } else {
            "/password/forgotten"
        }));
    };
    let typed = form.text("password");
    let saved = visit
        .front()
        .save_new_password(token, typed, visit.language)
        .await?;
    Ok(match saved {
        NewPassword::Saved(Some(session)) => {
            // The home page goes on with the ID that was brought along.
            let next = match &walk.typed_id {
                Some(id) => format!("/?id={id}&done=password"),
                None => "/?done=password".to_owned(),
            };
            known(&visit, &walk, signed_in(&next, &session)).await?
        }
        NewPassword::Saved(None) => go("/sign-in"),
        NewPassword::Weak(problems) => {
            new_page(&visit, &walk, |page| Some(weak(page.t, &problems)))
        }
        NewPassword::NoWalk | NewPassword::WrongCurrent | NewPassword::Wait => {
            go("/password/forgotten")
        }
    })
}

/// Where somebody chooses another password because the first is built on the attributes that were typed after it.
pub(super) const OTHER_PASSWORD: &str = "/account/password?because=attributes";

fn is_because_of_attributes(visit: &Visit) -> bool {
    visit.query("because").as_deref() == Some("attributes")
}

fn change_page(visit: &Visit, current: Option<&str>, new: Option<String>) -> Response {
    let because = is_because_of_attributes(visit);
    let (title, back, action, lead) = match because {
        true => (
            "other-password-title",
            "/attributes",
            OTHER_PASSWORD,
            "other-password-lead",
        ),
        false => (
            "change-password-title",
            "/account",
            "/account/password",
            "change-password-lead",
        ),
    };
    let mut page = Page::new(visit, title).back_to(back);
    let current = current.and_then(|key| {
        let sentence = page.say(key);
        page.problem("current", sentence)
    });
    let new = new.and_then(|sentence| page.problem("password", sentence));
    let fields = vec![
        password_field(&page, "current", "current-password", false, current),
        password_field(&page, "password", "new-password", true, new),
    ];
    render(&PasswordPage {
        lead: vec![page.say(lead)],
        action,
        email: String::new(),
        rules: true,
        fields,
        button: page.say("save-password"),
        forgotten: false,
        page,
    })
}

pub(super) async fn show_change(Family(visit, _): Family) -> Answer {
    let reason = is_because_of_attributes(&visit)
        .then(|| i18n::words(visit.language).say("problem-password-attributes"));
    Ok(change_page(&visit, None, reason))
}

pub(super) async fn change(Family(visit, desk): Family, form: Form) -> Answer {
    let saved = desk
        .change_password(form.text("current"), form.text("password"))
        .await?;
    Ok(match saved {
        NewPassword::Saved(_) => {
            let done = match is_because_of_attributes(&visit) {
                true => go("/attributes/check"),
                false => go("/account?done=password"),
            };
            // What the browser was known by rested on the password before.
            match EmailAddress::parse(&desk.email().await?.into_inner()) {
                Ok(email) => visit.known(done, &email).await?,
                Err(_) => done,
            }
        }
        NewPassword::Weak(problems) => {
            let sentence = weak(i18n::words(visit.language), &problems);
            change_page(&visit, None, Some(sentence))
        }
        NewPassword::WrongCurrent | NewPassword::NoWalk => {
            change_page(&visit, Some("problem-password-wrong"), None)
        }
        NewPassword::Wait => change_page(&visit, Some("problem-sign-in-wait"), None),
    })
}
