//! Correcting who somebody is, with a reason. A refused registration with the right data then succeeds.

use super::case_registration::{CaseFields, case_fields, programme_field, read_case};
use crate::fields::{SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_registration::{CaseField, CaseProblem, TypedCase};
use app::correction::CorrectPerson;
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;

#[derive(Template)]
#[template(path = "console/person.html")]
struct PersonPage {
    page: Page,
    case: String,
    version: i32,
    warning: Option<String>,
    fields: CaseFields,
    /// Where several diseases are followed.
    programme: Option<SelectField>,
    reason: TextField,
}

/// What is shown beside the fields.
#[derive(Default)]
struct Beside<'a> {
    problems: &'a [(CaseField, CaseProblem)],
    reason: &'a str,
    reason_missing: bool,
    changed_meanwhile: bool,
}

async fn form_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    typed: Option<&TypedCase>,
    beside: Beside<'_>,
) -> Answer {
    let Some(stands) = desk.person_form(case).await? else {
        return Ok(missing(visit));
    };
    let mut page = Page::new(visit, "person-title").back_to(format!("/cases/{case}"));
    let programmes = desk.programmes().await?;
    let chosen = typed.map_or(&stands.typed.programme, |typed| &typed.programme);
    let programme = (programmes.len() > 1).then(|| {
        let problem = beside
            .problems
            .iter()
            .find(|(field, _)| *field == CaseField::Programme)
            .map(|(_, problem)| page.say(problem.key()));
        programme_field(page.t, &programmes, chosen).problem(problem)
    });
    let fields = case_fields(&mut page, typed.unwrap_or(&stands.typed), beside.problems);
    let sentence = beside
        .reason_missing
        .then(|| page.say("problem-correction-reason"));
    if let Some(sentence) = &sentence {
        page.problem("reason", sentence.clone());
    }
    Ok(render(&PersonPage {
        case: case.to_string(),
        version: stands.version,
        warning: beside
            .changed_meanwhile
            .then(|| page.say("changed-meanwhile")),
        fields,
        programme,
        reason: TextField::new("reason", page.say("correction-reason"))
            .hint(page.say("correction-reason-hint"))
            .value(beside.reason)
            .problem(sentence),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    form_page(&visit, &desk, case, None, Beside::default()).await
}

pub(super) async fn save(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let (typed, reason) = (read_case(&form), form.text("reason"));
    let version = form.text("version").parse().unwrap_or(0);
    match desk.correct_person(case, &typed, reason, version).await? {
        CorrectPerson::Corrected => Ok(go(&format!("/cases/{case}?done=person#corrections"))),
        CorrectPerson::NoSuchCase => Ok(missing(&visit)),
        CorrectPerson::ChangedMeanwhile => {
            let beside = Beside {
                reason,
                changed_meanwhile: true,
                ..Beside::default()
            };
            form_page(&visit, &desk, case, Some(&typed), beside).await
        }
        CorrectPerson::Problems(problems, reason_missing) => {
            let beside = Beside {
                problems: &problems,
                reason,
                reason_missing,
                changed_meanwhile: false,
            };
            form_page(&visit, &desk, case, Some(&typed), beside).await
        }
    }
}
