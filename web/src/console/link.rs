//! Taking back that somebody met a case, where that was noted in error.

use super::written_along::{Along, fields_along};
use crate::fields::AreaField;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::close_contacts::Unlink;
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;

#[derive(Template)]
#[template(path = "console/link.html")]
struct LinkPage {
    page: Page,
    action: String,
    /// Who met whom, and when.
    who: String,
    /// Whether no other contact is known.
    is_only: bool,
    why: AreaField,
}

/// `typed`: the reason that cannot be taken.
async fn link_page(
    visit: &Visit,
    desk: &StaffDesk,
    (case, other): (CaseId, CaseId),
    typed: Option<&str>,
) -> Answer {
    let Some(met) = desk.met(case, other).await? else {
        return Ok(missing(visit));
    };
    let mut page = Page::new(visit, "link-title").back_to(format!("/cases/{case}#close"));
    let problem = typed.map(|_| page.say("problem-link-why"));
    if let Some(sentence) = &problem {
        page.problem("why", sentence.clone());
    }
    let tag = page.tag();
    let who = page.t.with(
        "link-who",
        &[
            ("contact", met.contact.name_in(tag).into()),
            ("source", met.source.name_in(tag).into()),
            ("day", page.t.date(met.last_contact_on).into()),
        ],
    );
    Ok(render(&LinkPage {
        action: format!("/cases/{case}/met/{other}"),
        who,
        is_only: met.is_only && met.contact.is_contact,
        why: AreaField::new("why", page.say("link-why"))
            .value(typed.unwrap_or(""))
            .problem(problem),
        page,
    }))
}

fn read(Path((case, other)): Path<(String, String)>) -> Option<(CaseId, CaseId)> {
    Some((case.parse().ok()?, other.parse().ok()?))
}

pub(super) async fn show(Staff(visit, desk): Staff, ids: Path<(String, String)>) -> Answer {
    match read(ids) {
        Some(ids) => link_page(&visit, &desk, ids, None).await,
        None => Ok(missing(&visit)),
    }
}

/// Another center took the case over meanwhile: what was to be taken back, and why, goes there as a note.
async fn along(visit: &Visit, desk: &StaffDesk, case: CaseId, why: &str) -> Answer {
    let t = i18n::words(visit.language);
    let along = Along {
        done: t.say("link-title"),
        fields: vec![(t.say("link-why"), why.to_owned())],
        ..Along::default()
    };
    fields_along(visit, desk, case, along).await
}

pub(super) async fn sent(
    Staff(visit, desk): Staff,
    ids: Path<(String, String)>,
    form: Form,
) -> Answer {
    let Some((case, other)) = read(ids) else {
        return Ok(missing(&visit));
    };
    let why = form.text("why");
    if desk.case(case).await?.is_none() {
        return along(&visit, &desk, case, why).await;
    }
    Ok(match desk.unlink_contact(case, other, why).await? {
        // Whoever was slower finds it done.
        Unlink::Done | Unlink::Gone => go(&format!("/cases/{case}?done=unlinked")),
        Unlink::NoSuchCase => missing(&visit),
        Unlink::Reason => return link_page(&visit, &desk, (case, other), Some(why)).await,
    })
}
