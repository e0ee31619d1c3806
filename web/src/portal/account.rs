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
pub(super) async fn reminders(Family(_, desk): Family, form: Form) -> Answer {
    desk.want_reminders(form.text("reminders") == "on").await?;
    Ok(go("/account"))
}
