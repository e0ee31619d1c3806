//! Deciding how a case is followed.

use super::case::{CaseForms, case_page};
use crate::form::Form;
use crate::page::{Answer, go, missing};
use crate::visit::Staff;
use app::monitoring::{CONDITIONS, Decide, TypedDecision};
use axum::extract::Path;
use domain::ids::CaseId;

/// The address of an answer with a problem, loaded again.
pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.case(case).await? {
        Some(_) => go(&format!("/cases/{case}#following")),
        None => missing(&visit),
    })
}

pub(super) async fn save(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let typed = TypedDecision {
        status: form.text("status").to_owned(),
        risks: CONDITIONS
            .iter()
            .filter(|name| form.has(&format!("risk_{name}")))
            .map(|name| (*name).to_owned())
            .collect(),
        assigned_to: form.text("assigned_to").to_owned(),
        next_call_at: form.text("following_next_call_at").to_owned(),
        reason: form.text("reason").to_owned(),
        version: form.text("version").parse().unwrap_or(0),
    };
    let forms = match desk.decide(case, &typed).await? {
        Decide::Decided => return Ok(go(&format!("/cases/{case}?done=followed#following"))),
        Decide::NoSuchCase => return Ok(missing(&visit)),
        Decide::ChangedMeanwhile => CaseForms {
            decision: Some((typed, Vec::new())),
            changed_meanwhile: true,
            ..CaseForms::default()
        },
        Decide::Problems(problems) => CaseForms {
            decision: Some((typed, problems)),
            ..CaseForms::default()
        },
    };
    case_page(&visit, &desk, case, forms).await
}
