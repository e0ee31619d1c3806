//! Signing in and out, and forms that came when the session had ended.

use super::no_cookies;
use super::not_sent::NotSent;
use super::sign_up::{password_field, signed_in};
use super::status_report;
use super::waits::{danger, is_report};
use super::walk::{email_field, read_email};
use crate::cookies;
use crate::fields::TextField;
use crate::form::Form;
use crate::kept_form::{self, resend_page, way_back};
use crate::kept_page::{Belongs, belonging, plain_address};
use crate::page::{Answer, Page, go, missing, show as render, sign_in_cookie, with_cookie};
use crate::visit::{Family, Visit, WHOSE};
use app::kept_form::KeptForm;
use app::keys::Token;
use app::sign_in::SignIn;
use askama::Template;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use domain::language::Language;

#[derive(Template)]
#[template(path = "portal/sign_in.html")]
struct SignInPage {
    page: Page,
    /// What to do at once: a title, and paragraphs.
    danger: Option<(String, Vec<String>)>,
    notice: Option<String>,
    /// A form that came too late, sealed.
    kept: Option<String>,
    /// What came too late, where nothing of it is kept: goes along while the page is read in another language.
    ended: Option<&'static str>,
    /// Whether that is a report, which goes along where a new password is set.
    goes_along: bool,
    /// Where to go on; empty for the home page.
    back: String,
    email: TextField,
    password: TextField,
}

/// What the page shows beside what was typed.
#[derive(Default)]
struct Beside<'a> {
    typed: &'a str,
    email_problem: Option<String>,
    /// The key of a sentence on the password.
    problem_key: Option<&'static str>,
    /// A form that came too late, sealed, and the same opened.
    kept: Option<(String, KeptForm)>,
    /// What came too late that is not kept.
    ended: Option<Ended>,
    /// Where to go on: an address of this site.
    back: String,
}

/// What came when the session had ended, where nothing of it is kept.
#[derive(Clone, Copy)]
enum Ended {
    /// A form: nothing was saved.
    Form,
    /// That all devices be signed out: none was. Whoever has lost a phone must not think that it is shut out.
    Everywhere,
}

impl Ended {
    /// The word in an address and in a form.
    const fn word(self) -> &'static str {
        match self {
            Ended::Form => "1",
            Ended::Everywhere => "everywhere",
        }
    }

    /// Reads the word; any other one is an earlier page's.
    fn read(word: &str) -> Option<Ended> {
        match word {
            "" => None,
            "everywhere" => Some(Ended::Everywhere),
            _ => Some(Ended::Form),
        }
    }

    /// The key of the sentence that says so.
    const fn key(self) -> &'static str {
        match self {
            Ended::Form => "sign-in-ended",
            Ended::Everywhere => "sign-in-ended-everywhere",
        }
    }
}

/// Whether a form waits because another account is signed in than the one for which it was typed.
fn is_held_back(visit: &Visit, form: &KeptForm) -> bool {
    let mut fields = kept_form::fields(form).into_iter();
    let whose = fields.find_map(|(name, value)| (name == WHOSE).then_some(value));
    let desk = visit.patient.as_ref();
    desk.is_some_and(|desk| whose.is_none_or(|whose| whose != desk.whose()))
}

fn form_page(visit: &Visit, mut page: Page, beside: Beside<'_>) -> Response {
    let problem = beside.problem_key.and_then(|key| {
        let sentence = page.say(key);
        page.problem("password", sentence)
    });
    let mut email = email_field(&page, beside.typed, beside.email_problem);
    email.autocomplete = "username";
    email.hint = String::new();
    let form = beside.kept.as_ref().map(|(_, form)| form);
    let notice = match (form, beside.ended) {
        (Some(form), _) if is_held_back(visit, form) => Some(page.say("sign-in-other-kept")),
        (Some(_), _) => Some(page.say("sign-in-ended-kept")),
        (None, Some(ended)) => Some(page.say(ended.key())),
        (None, None) => None,
    };
    let danger = form.and_then(|form| danger(visit, &page, form));
    page.form = Some("sign-in");
    render(&SignInPage {
        danger,
        notice,
        email,
        goes_along: form.is_some_and(is_report),
        password: password_field(&page, "password", "password", false, problem),
        kept: beside.kept.map(|(sealed, _)| sealed),
        ended: beside.ended.map(Ended::word),
        back: beside.back,
        page,
    })
}

fn new_page(visit: &Visit) -> Page {
    Page::new(visit, "sign-in").back_to("/")
}

/// Whoever opens a page of the family signs in first, and goes on to it.
pub(crate) fn sign_in_first(visit: &Visit) -> Response {
    let here = plain_address(&visit.uri);
    let back: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
    go(&format!("/sign-in?back={back}"))
}

/// Where to go on, as an address or a form says: only within this site, and not back to where one signs in.
fn back(text: &str) -> String {
    match way_back(text) {
        back if back.starts_with("/sign-") => "/".to_owned(),
        back => back,
    }
}

pub(super) async fn show(visit: Visit) -> Answer {
    let back = back(&visit.query("back").unwrap_or_default());
    if visit.patient.is_some() {
        return Ok(go(&back));
    }
    if visit.token.is_none() && no_cookies::is_marked(&visit) {
        return no_cookies::page(&visit).await;
    }
    let beside = Beside {
        back,
        ended: visit.query("ended").as_deref().and_then(Ended::read),
        ..Beside::default()
    };
    Ok(form_page(&visit, new_page(&visit), beside))
}

/// What no page repeats.
const SECRETS: [&str; 3] = ["password", "current", "code"];

/// The page on which a button stands that sends what the page knows, and nothing that anybody typed. What such a form does is
/// not told by its fields: whoever takes back that a report is wrong would read as "what you typed" the words that are to go.
/// So it does not wait; the button is before them once they are signed in, with what holds then.
fn page_of_button(form: &KeptForm) -> Option<&str> {
    let path = form.path.split('?').next().unwrap_or_default();
    match path {
        "/account/reminders" => Some("/account"),
        "/attributes/check" => Some(path),
        _ if path.ends_with("/wrong") => {
            let fields = kept_form::fields(form);
            fields
                .iter()
                .any(|(name, _)| name == "right")
                .then_some(path)
        }
        _ => None,
    }
}

/// A form of a family that came when the session had ended, at the page that asks for the password.
pub(crate) async fn ended_form(visit: &Visit, request: Request) -> Response {
    match request.uri().path() {
        "/sign-out" => return go("/?done=signed-out"),
        // Once they are signed in again the button is before them.
        "/sign-out-everywhere" => return go("/sign-in?back=/account&ended=everywhere"),
        _ => {}
    }
    let Some(form) = kept_form::read(request).await else {
        return go("/sign-in?ended=1");
    };
    let fields = kept_form::fields(&form);
    if fields.iter().all(|(name, _)| name == WHOSE)
        || fields
            .iter()
            .any(|(name, _)| SECRETS.contains(&name.as_str()))
    {
        return go("/sign-in?ended=1");
    }
    if let Some(page) = page_of_button(&form) {
        let back: String = url::form_urlencoded::byte_serialize(page.as_bytes()).collect();
        return go(&format!("/sign-in?back={back}&ended=1"));
    }
    let beside = Beside {
        kept: Some((visit.front().keep_form(&form), form)),
        ..Beside::default()
    };
    belonging(form_page(visit, new_page(visit), beside), "/sign-in")
}

/// A form of another account than the one that is signed in: somebody else has signed in in this browser since its page was
/// opened. Nothing was carried out, and whoever typed it can sign in here and send it.
pub(super) fn of_another(visit: &Visit, form: &Form) -> Response {
    let here = visit.uri.path_and_query().map_or("/", |at| at.as_str());
    let Some(form) = kept_form::kept_at(here, form) else {
        return missing(visit);
    };
    let beside = match page_of_button(&form) {
        Some(page) => Beside {
            ended: Some(Ended::Form),
            back: page.to_owned(),
            ..Beside::default()
        },
        None => Beside {
            kept: Some((visit.front().keep_form(&form), form)),
            ..Beside::default()
        },
    };
    let mut response = form_page(visit, new_page(visit), beside);
    // Of whoever is signed in there is no such person.
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

pub(super) async fn sign_in(mut visit: Visit, form: Form) -> Answer {
    let typed = form.text("email");
    let opened = visit.front().kept_form(form.text("kept"));
    let kept = opened.map(|opened| (form.text("kept").to_owned(), opened));
    let beside = Beside {
        typed,
        ended: match form.has("kept") {
            true => Some(Ended::Form),
            false => Ended::read(form.text("ended")),
        },
        kept,
        back: back(form.text("back")),
        ..Beside::default()
    };
    if let Some(language) = Language::parse(form.text("switch_language")) {
        visit.language = language;
        if let (Some(desk), Some((_, kept))) = (&visit.patient, &beside.kept)
            && !is_report(kept)
            && !is_held_back(&visit, kept)
        {
            // Whoever is about to send what waited reads it in another language.
            desk.set_language(language).await?;
            let response = belonging(resend_page(&visit, kept, None), "/sign-in");
            return Ok(with_cookie(response, &cookies::language(language)));
        }
        let response = form_page(&visit, new_page(&visit), beside);
        return Ok(with_cookie(response, &cookies::language(language)));
    }
    let mut page = new_page(&visit);
    let email = match read_email(&mut page, typed) {
        Ok(email) => email,
        Err(email_problem) => {
            let beside = Beside {
                email_problem,
                ..beside
            };
            return Ok(form_page(&visit, page, beside));
        }
    };
    let front = visit.front();
    let outcome = front
        .sign_in(&email, form.text("password"), visit.token.as_ref())
        .await?;
    let problem_key = Some(match outcome {
        SignIn::SignedIn(session) => {
            let here = visit.clone();
            let response = go_on(visit, &session, beside.kept, &beside.back).await?;
            return Ok(here.known(response, &email).await?);
        }
        SignIn::Wrong | SignIn::NoWalk => "problem-sign-in",
        SignIn::Wait => "problem-sign-in-wait",
        SignIn::Crowded => "problem-sign-in-crowded",
        SignIn::Closed => "problem-sign-in-closed",
    });
    let beside = Beside {
        problem_key,
        ..beside
    };
    Ok(form_page(&visit, page, beside))
}

/// Where to go on after signing in: where the browser has shown no cookie yet, by way of a page that finds out whether it
/// keeps any.
fn past_cookies(visit: &Visit, back: &str) -> String {
    if visit.has_shown_a_cookie() {
        return back.to_owned();
    }
    let back: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
    no_cookies::marked(&format!("/sign-in?back={back}"), false)
}

/// Goes on with a new session, at the form that came too late where there is one.
pub(super) async fn go_on(
    mut visit: Visit,
    session: &Token,
    kept: Option<(String, KeptForm)>,
    back: &str,
) -> Answer {
    let Some((sealed, form)) = kept else {
        return Ok(signed_in(&past_cookies(&visit, back), session));
    };
    visit.patient = visit.site.app.patient_desk(session, visit.client).await?;
    let Some(desk) = visit.patient.clone() else {
        return Ok(signed_in("/", session));
    };
    let is_held = is_held_back(&visit, &form);
    if let (false, Some(page)) = (is_held, page_of_button(&form)) {
        return Ok(signed_in(page, session));
    }
    let shown = match is_report(&form) {
        // It is of a member; another account has no such member.
        true => status_report::kept(&visit, &desk, &form, is_held).await?,
        false => (!is_held).then(|| resend_page(&visit, &form, None)),
    };
    let (mut response, to) = match shown {
        Some(page) if is_report(&form) && page.extensions().get::<NotSent>().is_some() => {
            (page, "/?done=not-sent".to_owned())
        }
        Some(page) if is_report(&form) => (page, form.path),
        Some(page) => (page, "/sign-in".to_owned()),
        None if is_held => {
            // What one account has typed is not shown to another that signs in in the same browser. That it was not sent
            // is said, for it may have been a danger; and it waits on for its own account.
            let beside = Beside {
                kept: Some((sealed, form)),
                ..Beside::default()
            };
            let page = form_page(&visit, new_page(&visit), beside);
            (page, "/sign-in".to_owned())
        }
        None => (go("/?done=not-sent"), "/".to_owned()),
    };
    response.extensions_mut().insert(Belongs {
        to,
        family: Some(desk),
        walk: None,
    });
    Ok(with_cookie(response, &sign_in_cookie(session)))
}

/// The browser forgets everything of us that it may have kept.
fn signed_out() -> Response {
    signed_out_to("/?done=signed-out")
}

/// The same, with the page to go to.
pub(super) fn signed_out_to(to: &str) -> Response {
    let mut response = with_cookie(go(to), &cookies::clear(cookies::ACCOUNT));
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

pub(super) async fn sign_out_everywhere(family: Family, form: Form) -> Answer {
    // The page was another account's: that one would stay signed in everywhere, and this one would not.
    if family.is_of_another(&form) {
        return Ok(go("/account?done=other-account"));
    }
    let Family(_, desk) = family;
    desk.sign_out_everywhere().await?;
    Ok(signed_out())
}
