//! The account: its address, its password, signing out.

use super::walk::shown;
use crate::fields::ContactCard;
use crate::form::Form;
use crate::page::{Answer, Page, contacts_of, go, show as render};
use crate::visit::Family;
use app::family::Member;
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
