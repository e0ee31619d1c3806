//! One illness that was registered twice becomes one record, and can become two again.

mod accounts;
mod apart;
mod at_risk;
mod both_numbers;
mod calls;
mod ill;
mod meanwhile;
mod met;
mod of_alerts;
mod one_record;
mod only_of_both;
mod reports_away;
mod taken_over;
mod waiting;

use crate::reports::form;
use crate::town::Town;
use app::merge::Merge;
use app::status_report::Submit;
use app::worklist::{Filter, List, Worklist};
use app::{PatientDesk, StaffDesk};
use domain::ids::{CaseId, ReportId};

/// Hanako again, as a fax told of her: the same phone and birthdate, another spelling.
pub async fn again(town: &Town) -> (CaseId, String) {
    let id = town
        .case("山田 華子,ヤマダ ハナコ,,1988-05-04,09012345678,ja,2026-11-21,2026-11-18,,,")
        .await;
    let nurse = town.nurse().await;
    let case = nurse.case_by_number(&id).await.unwrap().unwrap();
    (case.member.case, id)
}

/// Somebody phones about the merged one: 91 %.
async fn phoned(nurse: &StaffDesk, desk: &PatientDesk, both: (CaseId, CaseId)) -> ReportId {
    phones(nurse, desk, both, "91").await
}

/// Somebody phones about the merged one.
async fn phones(
    nurse: &StaffDesk,
    desk: &PatientDesk,
    (kept, merged): (CaseId, CaseId),
    spo2: &str,
) -> ReportId {
    let (_, raw) = form(desk, kept, "38.5", spo2).await;
    let key = ReportId::from_uuid(nurse.new_form_key());
    let sent = nurse.report_for(merged, key, "phone", &raw).await.unwrap();
    assert!(matches!(sent, Submit::Accepted(_)));
    key
}

async fn versions(nurse: &StaffDesk, kept: CaseId, merged: CaseId) -> (i32, i32) {
    let version = async |case| nurse.case(case).await.unwrap().unwrap().version;
    (version(kept).await, version(merged).await)
}

pub async fn merges(nurse: &StaffDesk, kept: CaseId, merged: CaseId) {
    let versions = versions(nurse, kept, merged).await;
    let done = nurse
        .merge_cases(kept, merged, versions, "The fax told of the same illness")
        .await
        .unwrap();
    assert_eq!(done, Merge::Done(kept));
}

async fn worklist(nurse: &StaffDesk, list: Option<List>) -> Worklist {
    let filter = Filter {
        list,
        ..Filter::default()
    };
    nurse.worklist(None, filter).await.unwrap().unwrap()
}

async fn open(nurse: &StaffDesk) -> Vec<CaseId> {
    let all = worklist(nurse, Some(List::Open)).await;
    all.lists[0].items.iter().map(|item| item.case).collect()
}

async fn reports(nurse: &StaffDesk, case: CaseId) -> usize {
    nurse.open_case(case).await.unwrap().unwrap().reports.len()
}

/// The open alert of a case: the report, how many there are, and for how many minutes it has waited.
async fn waits(nurse: &StaffDesk, case: CaseId) -> Option<(Option<ReportId>, i32, i64)> {
    let alerts = worklist(nurse, None).await.alerts;
    let (alert, _) = alerts.into_iter().find(|(alert, _)| alert.case == case)?;
    Some((alert.report, alert.times, alert.minutes))
}

/// Where somebody is, and whether somebody looks after them.
async fn followed(nurse: &StaffDesk, case: CaseId) -> (&'static str, bool) {
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let monitoring = following.monitoring;
    (monitoring.status.word(), monitoring.assigned_to.is_some())
}
