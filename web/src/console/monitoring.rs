//! Deciding how a case is followed.

use super::case::{CaseForms, case_page, decision_fields, decision_that_stands};
use super::meanwhile::{Now, as_it_came, settle};
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
    let (Some(view), Some(following)) = (desk.case(case).await?, desk.following_of(case).await?)
    else {
        return Ok(missing(&visit));
    };
    let stands = decision_that_stands(&following.monitoring, &view.member.center.time_zone);
    let mut typed = TypedDecision {
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
    // A call that somebody has planned meanwhile is no decision of the form: it stays, where the field was left alone.
    settle(
        &form,
        "following_next_call_at",
        &mut typed.next_call_at,
        &stands.next_call_at,
        &mut Now::new(),
    );
    let forms = match desk.decide(case, &typed).await? {
        Decide::Decided => return Ok(go(&format!("/cases/{case}?done=followed#following"))),
        Decide::NoSuchCase => return Ok(missing(&visit)),
        Decide::ChangedMeanwhile => {
            let mut now = Now::new();
            for ((name, mut mine), (_, stands)) in decision_fields(&typed)
                .into_iter()
                .zip(decision_fields(&stands))
            {
                settle(&form, &name, &mut mine, &stands, &mut now);
                put(&mut typed, &name, mine);
            }
            CaseForms {
                decision: Some((typed, Vec::new())),
                now: Some(now),
                ..CaseForms::default()
            }
        }
        Decide::Problems(problems) => CaseForms {
            decision: Some((typed, problems)),
            was: Some(as_it_came(&form)),
            ..CaseForms::default()
        },
    };
    case_page(&visit, &desk, case, forms).await
}

/// Puts a value into a field of a decision.
fn put(decision: &mut TypedDecision, name: &str, value: String) {
    match name {
        "status" => decision.status = value,
        "assigned_to" => decision.assigned_to = value,
        "following_next_call_at" => decision.next_call_at = value,
        risk => {
            let risk = risk.trim_start_matches("risk_");
            decision.risks.retain(|one| one != risk);
            if !value.is_empty() {
                decision.risks.push(risk.to_owned());
            }
        }
    }
}
