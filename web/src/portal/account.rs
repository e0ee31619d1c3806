//! The account: its address, its password, signing out, closing it.

use super::sign_in::signed_out_to;
use super::sign_up::password_field;
use super::walk::shown;
use crate::fields::{ContactCard, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, contacts_of, go, show as render};
use crate::visit::{Family, Visit};
use app::PatientDesk;
use app::account::CloseAccount;
use app::family::{FollowUp, Member};
use askama::Template;

#[derive(Template)]
#[template(path = "portal/account.html")]
struct AccountPage {
    page: Page,
    notice: Option<String>,
    email: String,
    /// Whether reminders come; nothing where nobody is asked for reports, and so none come.
    reminders: Option<bool>,
    contacts: Vec<ContactCard>,
}

pub(super) async fn show(Family(visit, desk): Family) -> Answer {
    let page = Page::new(&visit, "nav-account").back_to("/");
    let notice = match visit.query("done").as_deref() {
        Some("email") => Some(page.say("done-email")),
        Some("password") => Some(page.say("done-password")),
        Some("other-account") => Some(page.say("sign-out-everywhere-other")),
        _ => None,
    };
    let members = desk.members().await?;
    let may_come = members.is_empty() || members.iter().any(Member::is_asked);
    Ok(render(&AccountPage {
        notice,
        reminders: match may_come {
            true => Some(desk.wants_reminders().await?),
            false => None,
        },
        contacts: contacts_of(page.t, &members),
        email: shown(&desk.email().await?.into_inner()),
        page,
    }))
}

/// Turns reminders on or off.
pub(super) async fn reminders(family: Family, form: Form) -> Answer {
    // What stood on the page was how it is with another account: this one's page tells how it is with it.
    if family.is_of_another(&form) {
        return Ok(go("/account"));
    }
    let Family(_, desk) = family;
    desk.want_reminders(form.text("reminders") == "on").await?;
    Ok(go("/account"))
}

#[derive(Template)]
#[template(path = "portal/account_close.html")]
struct ClosePage {
    page: Page,
    /// Of each member whom a center follows, that it goes on to do so.
    followed: Vec<String>,
    members: Vec<String>,
    password: TextField,
    contacts: Vec<ContactCard>,
}

async fn close_page(visit: &Visit, desk: &PatientDesk, problem: Option<&str>) -> Answer {
    let mut page = Page::new(visit, "close-account-title").back_to("/account");
    let members = desk.members().await?;
    let tag = page.t.language.tag();
    let of = |member: &Member| {
        let (name, center) = (member.told_in(tag), member.center.name_in(tag));
        page.with2(
            "close-account-followed",
            "center",
            center,
            "name",
            name.as_ref(),
        )
    };
    let is_followed = |member: &&Member| member.follow_up == FollowUp::GoesOn;
    let followed = members.iter().filter(is_followed).map(of).collect();
    let problem = problem.and_then(|key| {
        let sentence = page.say(key);
        page.problem("password", sentence)
    });
    Ok(render(&ClosePage {
        followed,
        members: members
            .iter()
            .map(|one| one.told_in(tag).into_owned())
            .collect(),
        password: password_field(&page, "password", "current-password", false, problem),
        contacts: contacts_of(page.t, &members),
        page,
    }))
}

/// Asks whether the account is to be closed, with what that means.
pub(super) async fn show_close(Family(visit, desk): Family) -> Answer {
    close_page(&visit, &desk, None).await
}

/// Closes it.
pub(super) async fn close(family: Family, form: Form) -> Answer {
    // The page told of another account's members.
    if family.is_of_another(&form) {
        return Ok(go("/account/close"));
    }
    let Family(visit, desk) = family;
    match desk.close_account(form.text("password")).await? {
        CloseAccount::Closed { is_followed: false } => Ok(signed_out_to("/?done=closed")),
        CloseAccount::Closed { is_followed: true } => Ok(signed_out_to("/?done=closed-followed")),
        CloseAccount::WrongPassword => {
            close_page(&visit, &desk, Some("problem-password-wrong")).await
        }
        CloseAccount::Wait => close_page(&visit, &desk, Some("problem-sign-in-wait")).await,
    }
}
