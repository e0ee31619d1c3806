//! The mails of a development installation, for whoever has no mail server at hand.

use crate::page::{Answer, Page, missing, show as render};
use crate::visit::Visit;
use askama::Template;

#[derive(Template)]
#[template(path = "portal/mailbox.html")]
struct MailboxPage {
    page: Page,
    mails: Vec<String>,
}

pub(super) async fn show(visit: Visit) -> Answer {
    if !visit.site.dev_mailbox {
        return Ok(missing(&visit));
    }
    let Some(mails) = visit.site.app.outbox().landed().await else {
        return Ok(missing(&visit));
    };
    Ok(render(&MailboxPage {
        page: Page::new(&visit, "mailbox-title").back_to("/"),
        mails: mails
            .into_iter()
            .take(50)
            .map(|mail| mail.content)
            .collect(),
    }))
}
