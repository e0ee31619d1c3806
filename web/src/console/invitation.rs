//! Choosing a password with a link: an invitation, or after an administrator's reset. Opening the link uses nothing up,
//! because mail scanners open links, too.

use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render};
use crate::visit::Visit;
use app::keys::Token;
use app::staff::ChoosePassword;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::password::PasswordProblem;

#[derive(Template)]
#[template(path = "console/invitation.html")]
struct InvitationPage {
    page: Page,
    address: String,
    /// Whose the link is; none where it is over.
    name: Option<String>,
    password: TextField,
}

async fn invitation(visit: &Visit, link: &str, problems: &[PasswordProblem]) -> Answer {
    let name = match Token::parse(link) {
        Some(token) => visit.front().staff_link(&token).await?,
        None => None,
    };
    Ok(invitation_page(visit, link, name, problems))
}

fn invitation_page(
    visit: &Visit,
    link: &str,
    name: Option<String>,
    problems: &[PasswordProblem],
) -> Response {
    let mut page = Page::new(visit, "invitation-title");
    let sentences: Vec<String> = problems
        .iter()
        .map(|problem| page.say(crate::password_words::key(problem)))
        .collect();
    let problem = (!sentences.is_empty())
        .then(|| sentences.join(" "))
        .and_then(|sentence| page.problem("password", sentence));
    render(&InvitationPage {
        address: if name.is_some() {
            format!("/invitation/{link}")
        } else {
            String::new()
        },
        name,
        password: TextField {
            reveal: Some((page.say("password-show"), page.say("password-hide"))),
            ..TextField::new("password", page.say("console-sign-in-password"))
                .hint(page.say("invitation-password-hint"))
                .problem(problem)
                .kind("password")
                .autocomplete("new-password")
        },
        page,
    })
}

pub(super) async fn show(visit: Visit, Path(link): Path<String>) -> Answer {
    invitation(&visit, &link, &[]).await
}

pub(super) async fn choose(visit: Visit, Path(link): Path<String>, form: Form) -> Answer {
    let Some(token) = Token::parse(&link) else {
        return invitation(&visit, &link, &[]).await;
    };
    match visit
        .front()
        .choose_staff_password(&token, form.text("password"))
        .await?
    {
        ChoosePassword::Chosen => Ok(go("/sign-in?done=password-chosen")),
        ChoosePassword::LinkIsOver => invitation(&visit, &link, &[]).await,
        ChoosePassword::Weak(problems) => invitation(&visit, &link, &problems).await,
    }
}
