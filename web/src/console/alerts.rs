//! Taking an alert, giving it back, and writing what was done.

use super::case::{CaseForms, case_page};
use super::contact_log::read_contact;
use crate::form::Form;
use crate::page::{Answer, go, missing};
use crate::visit::Staff;
use app::alerts::{FinishAlert, TakeAlert};
use axum::extract::Path;
use axum::response::Response;
use domain::ids::AlertId;

/// The address of an answer with a problem, loaded again.
pub(super) async fn show(_: Staff) -> Response {
    go("/")
}

pub(super) async fn take(Staff(visit, desk): Staff, Path(alert): Path<String>) -> Answer {
    let Ok(alert) = alert.parse::<AlertId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.take_alert(alert).await? {
        // The nurse wants the phone number and the reports now.
        TakeAlert::Taken(case) => go(&format!("/cases/{case}?done=taken#alert")),
        TakeAlert::TakenByOther(case, _) => go(&format!("/cases/{case}?done=taken-by-other#alert")),
        TakeAlert::NotOpen => go("/?done=gone"),
    })
}

pub(super) async fn give_back(Staff(visit, desk): Staff, Path(alert): Path<String>) -> Answer {
    let Ok(alert) = alert.parse::<AlertId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.give_alert_back(alert).await? {
        TakeAlert::NotOpen => go("/?done=gone"),
        _ => go("/?done=given-back"),
    })
}

pub(super) async fn finish(
    Staff(visit, desk): Staff,
    Path(alert): Path<String>,
    form: Form,
) -> Answer {
    let Ok(alert) = alert.parse::<AlertId>() else {
        return Ok(missing(&visit));
    };
    let typed = read_contact(&form);
    let version = form.text("version").parse().unwrap_or(0);
    let (case, forms) = match desk.finish_alert(alert, version, &typed).await? {
        FinishAlert::Done(_) => return Ok(go("/?done=done")),
        FinishAlert::NotOpen => return Ok(go("/?done=gone")),
        FinishAlert::ChangedMeanwhile(case) => (
            case,
            CaseForms {
                alert: Some((typed, Vec::new())),
                changed_meanwhile: true,
                ..CaseForms::default()
            },
        ),
        FinishAlert::Problems(case, problems) => (
            case,
            CaseForms {
                alert: Some((typed, problems)),
                ..CaseForms::default()
            },
        ),
    };
    case_page(&visit, &desk, case, forms).await
}
