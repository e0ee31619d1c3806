//! Opening the history of a member after a new password by the mailbox alone.

use super::attributes::{birthdate_anchor, birthdate_field, id_field, sentence};
use super::spoken;
use crate::fields::{ContactCard, DayField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Family, Visit};
use app::PatientDesk;
use app::attributes::Problem;
use app::closed_history::{OpenHistory, TypedProof};
use app::family::Member;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::CaseId;

#[derive(Template)]
#[template(path = "portal/closed_history.html")]
struct ClosedPage {
    page: Page,
    lead: String,
    case: String,
    /// Whether the member is followed, so that reporting is something to do.
    asks: bool,
    hersys_id: TextField,
    birthdate: DayField,
    contact: ContactCard,
}

/// The page that asks what only whoever knows the member can tell. `wrong`: the key of the sentence on all of it.
fn closed_page(
    visit: &Visit,
    member: &Member,
    typed: &TypedProof,
    (problems, wrong): (&[Problem], Option<&str>),
) -> Response {
    let mut page = Page::new(visit, "closed-title").back_to("/");
    page.form = Some("open-history");
    let name = member.told_in(page.tag());
    let (mut born, mut id) = (None, None);
    for problem in problems {
        let text = sentence(page.t, visit, problem);
        match problem {
            Problem::Birthdate(error) => born = page.problem(birthdate_anchor(*error), text),
            _ => id = page.problem("hersys_id", text),
        }
    }
    if let Some(key) = wrong {
        let text = page.say(key);
        id = page.problem("hersys_id", text);
    }
    let [year, month, day] = &typed.born;
    render(&ClosedPage {
        lead: page.with1("closed-lead", "name", &*name),
        case: member.case.to_string(),
        asks: member.is_asked(),
        hersys_id: id_field(&page, visit, &typed.hersys_id, id),
        birthdate: birthdate_field(&page, [year, month, day], born),
        contact: ContactCard::new(page.t, &member.center),
        page,
    })
}

/// Where a page of a member leads whose history is closed; elsewhere there is no such page.
pub(super) fn closed_or_missing(visit: &Visit, desk: &PatientDesk, case: CaseId) -> Response {
    match desk.is_closed(case) {
        true => go(&address(case)),
        false => missing(visit),
    }
}

/// The address on which a history is opened.
pub(super) fn address(case: CaseId) -> String {
    format!("/history/{case}/open")
}

pub(super) async fn show(Family(visit, desk): Family, Path(member): Path<String>) -> Answer {
    let Ok(case) = member.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.member(case).await? {
        Some(member) if member.is_closed => {
            closed_page(&visit, &member, &TypedProof::default(), (&[], None))
        }
        Some(_) => go(&format!("/history?member={case}")),
        None => missing(&visit),
    })
}

pub(super) async fn open(family: Family, Path(member): Path<String>, form: Form) -> Answer {
    let Ok(case) = member.parse::<CaseId>() else {
        return Ok(missing(&family.0));
    };
    if family.is_of_another(&form) {
        return Ok(go(&address(case)));
    }
    let Family(mut visit, desk) = family;
    let typed = TypedProof {
        hersys_id: form.text("hersys_id").to_owned(),
        born: ["birth_year", "birth_month", "birth_day"].map(|part| form.text(part).to_owned()),
    };
    if let Some(language) = spoken::asked(&mut visit, &desk, &form).await? {
        return Ok(match desk.member(case).await? {
            Some(member) if member.is_closed => {
                let page = closed_page(&visit, &member, &typed, (&[], None));
                spoken::kept(page, language)
            }
            _ => spoken::kept(go(&address(case)), language),
        });
    }
    let (problems, wrong) = match desk.open_history(case, &typed).await? {
        OpenHistory::Opened => return Ok(go(&format!("/history?member={case}"))),
        OpenHistory::NoSuchMember => return Ok(missing(&visit)),
        OpenHistory::Problems(id, born) => {
            let id = id.map(Problem::HersysId);
            let all = id.into_iter().chain(born.map(Problem::Birthdate));
            (all.collect::<Vec<_>>(), None)
        }
        OpenHistory::Wrong => (Vec::new(), Some("problem-closed-wrong")),
        OpenHistory::Wait => (Vec::new(), Some("problem-closed-wait")),
        OpenHistory::AskCenter => (Vec::new(), Some("problem-closed-ask-center")),
    };
    Ok(match desk.member(case).await? {
        Some(member) => closed_page(&visit, &member, &typed, (&problems, wrong)),
        None => missing(&visit),
    })
}
