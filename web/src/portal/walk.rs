//! The pages that every walk through an e-mailed code shares.

use super::no_cookies;
use super::spoken;
use super::waits::{Waiting, Waits};
use crate::cookies;
use crate::fields::TextField;
use crate::form::Form;
use crate::kept_page::Belongs;
use crate::page::{Answer, Broken, Page, go, show, with_cookie};
use crate::visit::Visit;
use app::code::{CodeCheck, CodeRequest, Purpose, Walk};
use app::keys::Token;
use askama::Template;
use axum::http::Uri;
use axum::response::Response;
use domain::email_address::{EmailAddress, EmailAddressError};
use domain::limits::CODE_LIFE;

/// How long a browser keeps the token of a walk: a day, as long as a walk lives.
pub(crate) const WALK_SECONDS: i64 = 24 * 3600;

/// A page that asks for an address, perhaps with a password.
#[derive(Template)]
#[template(path = "portal/email.html")]
pub(super) struct EmailPage {
    pub(super) page: Page,
    /// Why it is asked for once more.
    pub(super) notice: Option<Notice>,
    pub(super) lead: Vec<String>,
    pub(super) action: &'static str,
    pub(super) fields: Vec<TextField>,
    /// A HER-SYS ID that a QR code or a link brought along; empty for none.
    pub(super) id: String,
    pub(super) button: String,
    /// Text, link, address.
    pub(super) links: Vec<(String, String, &'static str)>,
    /// A report that goes along.
    pub(super) waits: Option<Waits>,
}

/// What is said above such a page.
pub(super) struct Notice {
    pub(super) text: String,
    /// Where else to go on: words and address.
    pub(super) link: Option<(String, &'static str)>,
}

/// Where a walk begins anew that the browser knows no more, because it has lost its cookies or a day has passed: whoever has
/// a code in hand must be told that it does not work there.
pub(super) fn begun_again(start: &str) -> Response {
    go(&format!("{start}?done={BEGUN_AGAIN}"))
}

const BEGUN_AGAIN: &str = "begun-again";

/// The same where a password was sent: the walk may also be over because its answer got lost on the way, and all is done.
pub(super) fn begun_again_at_the_password(start: &str) -> Response {
    go(&format!("{start}?done={AT_THE_PASSWORD}"))
}

const AT_THE_PASSWORD: &str = "password";

/// What is said there.
pub(super) fn begun_again_in_words(visit: &Visit, page: &Page) -> Option<Notice> {
    match visit.query("done")?.as_str() {
        BEGUN_AGAIN => Some(Notice {
            text: page.say("walk-begun-again"),
            link: None,
        }),
        AT_THE_PASSWORD => Some(Notice {
            text: page.say("walk-begun-again-password"),
            link: Some((page.say("sign-in"), "/sign-in")),
        }),
        _ => None,
    }
}

/// The id of the form that asks for an address, to which the language buttons belong: they keep what was typed.
pub(super) const ASK_EMAIL: &str = "ask-email";

/// The field for an e-mail address.
pub(super) fn email_field(page: &Page, value: &str, problem: Option<String>) -> TextField {
    TextField::new("email", page.say("email"))
        .hint(page.say("email-hint"))
        .value(value)
        .problem(problem)
        .kind("email")
        .inputmode("email")
        .autocomplete("email")
}

/// An address as its owner reads it.
pub(super) fn shown(email: &str) -> String {
    EmailAddress::parse(email).map_or_else(|_| email.to_owned(), |read| read.shown())
}

/// The sentence for a text that is no address.
pub(super) fn email_problem(page: &Page, error: EmailAddressError) -> String {
    page.say(match error {
        EmailAddressError::Empty => "problem-email-empty",
        EmailAddressError::LettersBeforeAt => "problem-email-letters",
        EmailAddressError::Malformed => "problem-email-malformed",
    })
}

/// Reads an address, or notes on the page why not.
pub(super) fn read_email(page: &mut Page, text: &str) -> Result<EmailAddress, Option<String>> {
    EmailAddress::parse(text).map_err(|error| {
        let sentence = email_problem(page, error);
        page.problem("email", sentence)
    })
}

/// The sentence for a request that sent nothing; `None` where a code is on its way.
pub(super) fn request_problem(page: &Page, request: CodeRequest) -> Option<String> {
    match request {
        CodeRequest::Sent | CodeRequest::AlreadySent { .. } => None,
        // Not from this browser: the code that was sent is of no use in it.
        CodeRequest::Wait { wait_seconds } => {
            Some(page.with1("problem-code-wait-elsewhere", "seconds", wait_seconds))
        }
        CodeRequest::TooMany => Some(page.say("problem-code-too-many")),
        CodeRequest::Crowded => Some(page.say("problem-code-crowded")),
    }
}

#[derive(Template)]
#[template(path = "portal/code.html")]
struct CodePage {
    page: Page,
    email: String,
    /// Where the code was sent, and how long it works.
    sent: String,
    /// That mails leave late just now.
    late: Option<String>,
    notice: Option<String>,
    action: &'static str,
    resend: &'static str,
    other: &'static str,
    /// Where to look for the mail, and from whom it comes.
    not_received: String,
    field: TextField,
    /// A report that goes along.
    waits: Option<Waits>,
}

/// What a walk is for, and where its pages lie.
#[derive(Clone, Copy)]
pub(super) struct Places {
    /// What for.
    pub(super) purpose: Purpose,
    /// The page that asks for the address.
    pub(super) start: &'static str,
    /// The same for whoever wishes another address than the one to which a code was sent.
    pub(super) other: &'static str,
    /// The page that asks for the code.
    pub(super) code: &'static str,
    /// Where another code is asked for.
    pub(super) resend: &'static str,
    /// What comes after the right code.
    pub(super) next: &'static str,
    /// The same as a page, where a report goes along through this walk.
    pub(super) next_page: Option<NextPage>,
}

/// The page that comes after the right code, with a report that goes along.
pub(super) type NextPage = fn(&Visit, &Walk, &Waiting) -> Response;

impl Places {
    /// The browser's walk, where it is one of these.
    pub(super) async fn walk(self, visit: &Visit) -> Result<Option<Walk>, app::Error> {
        let Some(token) = &visit.walk else {
            return Ok(None);
        };
        let walk = visit.front().walk(token).await?;
        Ok(walk.filter(|walk| walk.purpose == self.purpose))
    }

    /// The page that asks for the code.
    pub(super) async fn show_code(self, visit: &Visit) -> Answer {
        Ok(match self.walk(visit).await? {
            None if visit.walk.is_none() && no_cookies::is_marked(visit) => {
                return no_cookies::page(visit).await;
            }
            None => go(self.start),
            Some(walk) if walk.verified => go(self.next),
            Some(walk) => code_page(visit, &walk, self, Say::Nothing, None),
        })
    }

    /// What comes after the right code, for a browser that keeps this token from now on.
    async fn goes_on(self, visit: &Visit, token: &Token, waiting: Option<&Waiting>) -> Answer {
        let (Some(next_page), Some(waiting)) = (self.next_page, waiting) else {
            return Ok(go(self.next));
        };
        // An address could not carry it: the next page answers the form.
        Ok(match visit.front().walk(token).await? {
            Some(walk) => belonging_to(next_page(visit, &walk, waiting), self.next, Some(token)),
            None => begun_again(self.start),
        })
    }

    /// Takes a code, or shows its page again in the language that was asked for.
    pub(super) async fn check_code(self, mut visit: Visit, form: Form) -> Answer {
        let language = spoken::asked_by_visitor(&mut visit, &form);
        let answer = self.take_code(&visit, &form, language.is_some()).await?;
        Ok(spoken::kept_if(answer, language))
    }

    /// Takes a code, or only shows its page again: `reads_on`.
    async fn take_code(self, visit: &Visit, form: &Form, reads_on: bool) -> Answer {
        let (Some(walk), Some(token)) = (self.walk(visit).await?, &visit.walk) else {
            let again = match reads_on {
                true => None,
                false => self.goes_on_again(visit, form).await?,
            };
            // Pressed twice, the first press may have signed in.
            let begins = match reads_on || visit.patient.is_some() {
                true => go(self.start),
                false => begun_again(self.start),
            };
            return Ok(again.unwrap_or(begins));
        };
        let waiting = self.waiting(visit, form);
        let waiting = waiting.as_ref();
        if walk.verified {
            return self.goes_on(visit, token, waiting).await;
        }
        if reads_on {
            let say = read_on(&walk, form);
            return Ok(code_page(visit, &walk, self, say, waiting));
        }
        if is_of_another(&walk, form) {
            return Ok(code_page(visit, &walk, self, Say::OfAnother, waiting));
        }
        let typed = form.text("code");
        let (checked, goes_on) = visit.front().verify_code(token, typed).await?;
        Ok(match checked {
            CodeCheck::Right => keep(self.goes_on(visit, &goes_on, waiting).await?, &goes_on),
            // It went on just now.
            CodeCheck::NoWalk => match self.goes_on_again(visit, form).await? {
                Some(again) => again,
                None => begun_again(self.start),
            },
            other => {
                let say = Say::Checked(other, typed.to_owned());
                code_page(visit, &walk, self, say, waiting)
            }
        })
    }

    fn waiting(self, visit: &Visit, form: &Form) -> Option<Waiting> {
        Waiting::of(visit, form).filter(|_| self.next_page.is_some())
    }

    /// What comes after the right code, where the same one is sent once more from a browser that has not seen the answer to
    /// the first. `None` for whatever else.
    pub(super) async fn goes_on_again(
        self,
        visit: &Visit,
        form: &Form,
    ) -> Result<Option<Response>, Broken> {
        let Some(token) = &visit.walk else {
            return Ok(None);
        };
        let (front, typed) = (visit.front(), form.text("code"));
        let Some(next) = front.verify_code_again(token, self.purpose, typed).await? else {
            return Ok(None);
        };
        let waiting = self.waiting(visit, form);
        let response = self.goes_on(visit, &next, waiting.as_ref()).await?;
        Ok(Some(keep(response, &next)))
    }

    /// Asks for another code.
    pub(super) async fn resend(self, visit: &Visit, waiting: Option<&Waiting>) -> Answer {
        let (Some(walk), Some(token)) = (self.walk(visit).await?, &visit.walk) else {
            return Ok(begun_again(self.start));
        };
        let asked = visit.front().resend_code(token, visit.language).await?;
        let asked = asked.unwrap_or(CodeRequest::TooMany);
        Ok(code_page(visit, &walk, self, Say::Resent(asked), waiting))
    }
}

/// What is to be said on the page that asks for a code.
pub(super) enum Say {
    /// Nothing more.
    Nothing,
    /// What was typed so far: the page is only read in another language.
    Typed(String),
    /// The code was not right.
    Checked(CodeCheck, String),
    /// Another code was asked for.
    Resent(CodeRequest),
    /// The code was typed on a page of another address: somebody else has asked for one in this browser meanwhile.
    OfAnother,
}

/// Whether a code was typed on the page of another address than that of the browser's walk: it is no wrong try of this one.
pub(super) fn is_of_another(walk: &Walk, form: &Form) -> bool {
    form.has("sent_to") && form.text("sent_to") != shown(walk.email.expose())
}

/// The id of the form that takes a code, to which the language buttons belong: they keep what was typed.
const TAKE_CODE: &str = "take-code";

/// What a form of the code's page is about that only asks for another language: nothing is tried.
pub(super) fn read_on(walk: &Walk, form: &Form) -> Say {
    match is_of_another(walk, form) {
        true => Say::OfAnother,
        false => Say::Typed(form.text("code").to_owned()),
    }
}

/// The page that asks for a code. `waiting`: a report that goes along.
pub(super) fn code_page(
    visit: &Visit,
    walk: &Walk,
    places: Places,
    say: Say,
    waiting: Option<&Waiting>,
) -> Response {
    // The address to which another code is asked for has no page of its own, in no language.
    let here = Visit {
        uri: Uri::from_static(places.code),
        ..visit.clone()
    };
    let mut page = Page::new(&here, "code-title");
    // A link would lose what waits; the button below does not.
    if waiting.is_none() {
        page = page.back_to(places.other);
    }
    page.form = Some(TAKE_CODE);
    let minutes = CODE_LIFE.as_mins();
    let (mut problem, mut notice, mut typed) = (None, None, String::new());
    match say {
        Say::Nothing => {}
        Say::Typed(text) => typed = text,
        Say::OfAnother => notice = Some(page.say("code-of-another")),
        Say::Checked(check, text) => {
            let key = match check {
                CodeCheck::NotACode => "problem-code-not-a-code",
                CodeCheck::NoLiveCode => "problem-code-no-live",
                CodeCheck::Closed => "problem-code-closed",
                CodeCheck::Wrong | CodeCheck::NoWalk | CodeCheck::Right => "problem-code-wrong",
            };
            let sentence = page.say(key);
            problem = page.problem("code", sentence);
            typed = text;
        }
        Say::Resent(CodeRequest::Sent) => {
            notice = Some(page.with1("code-resent", "minutes", minutes));
        }
        Say::Resent(
            CodeRequest::AlreadySent { wait_seconds } | CodeRequest::Wait { wait_seconds },
        ) => {
            notice = Some(page.with1("problem-code-wait", "seconds", wait_seconds));
        }
        Say::Resent(CodeRequest::Crowded) => notice = Some(page.say("problem-code-crowded")),
        Say::Resent(CodeRequest::TooMany) => {
            notice = Some(page.with1("code-resent-no-more", "minutes", minutes));
        }
    }
    let field = TextField::new("code", page.say("code"))
        .hint(page.say("code-hint"))
        .value(&typed)
        .problem(problem)
        .inputmode("numeric")
        .autocomplete("one-time-code")
        .class("w-code");
    let email = shown(walk.email.expose());
    let app = &visit.site.app;
    let is_late = app.outbox().mails_are_late(app.clock.now());
    let response = show(&CodePage {
        late: is_late.then(|| page.with1("code-late", "minutes", minutes)),
        sent: page.with2("code-sent", "email", email.as_str(), "minutes", minutes),
        email,
        notice,
        action: places.code,
        resend: places.resend,
        other: places.other,
        not_received: page.with1(
            "code-not-received-text",
            "address",
            visit.site.app.mail_from().as_str(),
        ),
        field,
        waits: waiting.map(|waiting| waiting.shown(visit, &page)),
        page,
    });
    belonging_to(response, places.code, None)
}

/// A page that answers a form and belongs to an address, in a browser that keeps another token from now on.
pub(super) fn belonging_to(mut response: Response, to: &str, token: Option<&Token>) -> Response {
    response.extensions_mut().insert(Belongs {
        to: to.to_owned(),
        family: None,
        walk: token.cloned(),
    });
    response
}

/// The token of the browser's walk, or that of a new one.
pub(super) async fn token_of(visit: &Visit) -> Result<Token, app::Error> {
    visit.front().walk_token(visit.walk.as_ref()).await
}

/// Lets the browser keep the token of its walk.
pub(super) fn keep(response: Response, token: &Token) -> Response {
    with_cookie(response, &cookies::set(cookies::WALK, token, WALK_SECONDS))
}
