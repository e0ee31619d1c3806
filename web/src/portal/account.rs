//! The account: its address, its password, signing out.

use super::walk::shown;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render};
use crate::visit::Family;
use askama::Template;

#[derive(Template)]
#[template(path = "portal/account.html")]
struct AccountPage {
    page: Page,
    notice: Option<String>,
    email: String,
    reminders: bool,
}

pub(super) async fn show(Family(visit, desk): Family) -> Answer {
    let page = Page::new(&visit, "nav-account").back_to("/");
    let notice = match visit.query("done").as_deref() {
        Some("email") => Some(page.say("done-email")),
        Some("password") => Some(page.say("done-password")),
        _ => None,
    };
    Ok(render(&AccountPage {
        notice,
        reminders: desk.wants_reminders().await?,
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
