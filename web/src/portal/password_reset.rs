//! A forgotten password, and a changed one.

use super::no_cookies;
use super::sign_in::go_on;
use super::sign_up::{PasswordPage, known, password_field, weak};
use super::spoken;
use super::waits::Waiting;
use super::walk::{
    ASK_EMAIL, EmailPage, Places, Say, begun_again_in_words, belonging_to, code_page, email_field,
    keep, read_email, request_problem, shown, token_of,
};
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render};
use crate::visit::{Family, Visit};
use app::PatientDesk;
use app::code::{Purpose, Walk};
use app::keys::Token;
use app::password_reset::NewPassword;
use axum::http::Uri;
use axum::response::Response;
use domain::email_address::EmailAddress;

const PLACES: Places = Places {
    purpose: Purpose::PasswordReset,
    start: "/password/forgotten",
    other: "/password/forgotten",
    code: "/password/code",
    resend: "/password/resend",
    next: "/password/new",
    next_page: Some(|visit, walk, waiting| new_page(visit, walk, Some(waiting), |_| None)),
};

fn title(visit: &Visit, waiting: Option<&Waiting>) -> Page {
    let page = Page::new(visit, "forgotten-title");
    match waiting {
        // A link would lose what waits.
        Some(_) => page,
        None => page.back_to("/sign-in"),
    }
}

/// The page that asks for the address. `waiting`: a report that goes along.
fn email_page(
    visit: &Visit,
    mut page: Page,
    (typed, problem): (&str, Option<String>),
    waiting: Option<&Waiting>,
) -> EmailPage {
    page.form = Some(ASK_EMAIL);
    EmailPage {
        waits: waiting.map(|waiting| waiting.shown(visit, &page)),
        notice: begun_again_in_words(visit, &page),
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
    let typed = address_of(&visit).await?;
    let page = email_page(&visit, title(&visit, None), (&typed, None), None);
    Ok(keep(render(&page), &token_of(&visit).await?))
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
    let waiting = Waiting::of(&visit, &form);
    let waiting = waiting.as_ref();
    if let Some(language) = spoken::asked_by_visitor(&mut visit, &form) {
        let page = title(&visit, waiting);
        let page = email_page(&visit, page, (form.text("email"), None), waiting);
        let response = belonging_to(render(&page), PLACES.start, None);
        return Ok(spoken::kept(response, language));
    }
    let (typed, token) = (form.text("email"), token_of(&visit).await?);
    if form.has("begin") {
        return Ok(begin(&visit, typed, waiting, &token));
    }
    let mut page = title(&visit, waiting);
    let problem = match read_email(&mut page, typed) {
        Err(problem) => problem,
        Ok(email) => {
            let asked = visit
                .front()
                .request_password_reset(&token, email, visit.language)
                .await?;
            match request_problem(&page, asked) {
                None => return code_is_sent(&visit, waiting, &token).await,
                Some(sentence) => page.problem("email", sentence),
            }
        }
    };
    let page = email_page(&visit, page, (typed, problem), waiting);
    Ok(belonging_to(render(&page), PLACES.start, None))
}

/// The page that asks for the address, for whoever comes from where one signs in with a report that waits.
fn begin(visit: &Visit, typed: &str, waiting: Option<&Waiting>, token: &Token) -> Response {
    let page = email_page(visit, title(visit, waiting), (typed, None), waiting);
    let response = belonging_to(render(&page), PLACES.start, Some(token));
    keep(response, token)
}

/// A code is on its way: the page that asks for it.
async fn code_is_sent(visit: &Visit, waiting: Option<&Waiting>, token: &Token) -> Answer {
    let walk = match waiting {
        Some(_) => visit.front().walk(token).await?,
        None => None,
    };
    let response = match walk {
        // An address could not carry the report: the next page answers the form.
        Some(walk) => {
            let page = code_page(visit, &walk, PLACES, Say::Nothing, waiting);
            belonging_to(page, PLACES.code, Some(token))
        }
        None => go(&no_cookies::marked(PLACES.code, visit.walk.is_some())),
    };
    Ok(keep(response, token))
}

pub(super) async fn show_code(visit: Visit) -> Answer {
    PLACES.show_code(&visit).await
}

pub(super) async fn check_code(visit: Visit, form: Form) -> Answer {
    match from_the_start(&visit, &form).await? {
        Some(begins) => Ok(PLACES.goes_on_again(&visit, &form).await?.unwrap_or(begins)),
        None => PLACES.check_code(visit, form).await,
    }
}

pub(super) async fn resend(visit: Visit, form: Form) -> Answer {
    match from_the_start(&visit, &form).await? {
        Some(begins) => Ok(begins),
        None => {
            let waiting = Waiting::of(&visit, &form);
            PLACES.resend(&visit, waiting.as_ref()).await
        }
    }
}

/// The first page again with the report that waits, where the walk has ended meanwhile; `None` where it goes on, or nothing
/// waits.
async fn from_the_start(visit: &Visit, form: &Form) -> Result<Option<Response>, app::Error> {
    let waiting = Waiting::of(visit, form);
    if waiting.is_none() || PLACES.walk(visit).await?.is_some() {
        return Ok(None);
    }
    let token = token_of(visit).await?;
    Ok(Some(begin(visit, "", waiting.as_ref(), &token)))
}

/// The page that asks for the new password. `waiting`: a report that goes along.
fn new_page(
    visit: &Visit,
    walk: &Walk,
    waiting: Option<&Waiting>,
    sentence: impl Fn(&Page) -> Option<String>,
) -> Response {
    // The form of the code has an address of its own.
    let here = Visit {
        uri: Uri::from_static(PLACES.next),
        ..visit.clone()
    };
    let mut page = Page::new(&here, "new-password-title");
    if waiting.is_some() {
        // A link would lose what waits.
        page.form = Some("choose-password");
    }
    let problem = sentence(&page).and_then(|sentence| page.problem("password", sentence));
    let response = render(&PasswordPage {
        waits: waiting.map(|waiting| waiting.shown(visit, &page)),
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
    });
    belonging_to(response, PLACES.next, None)
}

pub(super) async fn show_new(visit: Visit) -> Answer {
    Ok(match PLACES.walk(&visit).await? {
        Some(walk) if walk.verified => new_page(&visit, &walk, None, |_| None),
        Some(_) => go("/password/code"),
        None => go("/password/forgotten"),
    })
}

pub(super) async fn save_new(mut visit: Visit, form: Form) -> Answer {
    if let Some(begins) = from_the_start(&visit, &form).await? {
        return Ok(begins);
    }
    let waiting = Waiting::of(&visit, &form);
    let language = spoken::asked_by_visitor(&mut visit, &form);
    let (Some(walk), Some(token)) = (PLACES.walk(&visit).await?, &visit.walk) else {
        let signed_in = visit.patient.is_some();
        // Pressed twice, or sent once more from a page of before: what came first holds.
        return Ok(go(if signed_in {
            "/?done=password-before"
        } else {
            "/password/forgotten"
        }));
    };
    if let Some(language) = language {
        let page = match walk.verified {
            true => new_page(&visit, &walk, waiting.as_ref(), |_| None),
            false => go(PLACES.code),
        };
        return Ok(spoken::kept(page, language));
    }
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
            let waiting = waiting.map(|waiting| (waiting.sealed, waiting.form));
            let goes_on = go_on(visit.clone(), &session, waiting, &next).await?;
            known(&visit, &walk, goes_on).await?
        }
        NewPassword::Saved(None) => go("/sign-in"),
        NewPassword::Weak(problems) => new_page(&visit, &walk, waiting.as_ref(), |page| {
            Some(weak(page.t, &problems))
        }),
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

/// The same as long as there are any: whoever comes back to that page later has saved them.
async fn waits_for_attributes(visit: &Visit, desk: &PatientDesk) -> Result<bool, app::Error> {
    Ok(is_because_of_attributes(visit) && desk.typed_attributes().await?.is_some())
}

/// `because`: whether it is chosen because of attributes that wait.
fn change_page(
    visit: &Visit,
    because: bool,
    current: Option<&str>,
    new: Option<String>,
) -> Response {
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
        waits: None,
        page,
    })
}

pub(super) async fn show_change(Family(visit, desk): Family) -> Answer {
    let because = waits_for_attributes(&visit, &desk).await?;
    if is_because_of_attributes(&visit) && !because {
        return Ok(go("/"));
    }
    let reason = because.then(|| i18n::words(visit.language).say("problem-password-attributes"));
    Ok(change_page(&visit, because, None, reason))
}

pub(super) async fn change(Family(visit, desk): Family, form: Form) -> Answer {
    let because = waits_for_attributes(&visit, &desk).await?;
    let saved = desk
        .change_password(form.text("current"), form.text("password"))
        .await?;
    Ok(match saved {
        NewPassword::Saved(_) => {
            let done = match because {
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
            change_page(&visit, because, None, Some(sentence))
        }
        NewPassword::WrongCurrent | NewPassword::NoWalk => {
            change_page(&visit, because, Some("problem-password-wrong"), None)
        }
        NewPassword::Wait => change_page(&visit, because, Some("problem-sign-in-wait"), None),
    })
}
