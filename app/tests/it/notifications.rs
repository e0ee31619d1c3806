//! What physicians tell: entered by a clinic, looked at by the center, a case only once it is confirmed.

mod amend;
mod at_once;
mod entered;
mod known_already;
mod looked_at;
mod recorded;
mod sought;
mod taken_out;
mod told;

use crate::town::Town;
use app::StaffDesk;
use app::case_registration::Sure;
use app::jurisdiction::AddPlace;
use app::notification::{Confirm, Notify, TypedAnswers};
use app::staff::NewStaff;
use app::status_report::Submit;
use app::worklist::Filter;
use domain::ids::{CaseId, JurisdictionId, NotificationId, ReportId};
use domain::staff_role::{JurisdictionKind, StaffRole};
use domain::status_report::RawReport;

async fn center_place(town: &Town) -> JurisdictionId {
    NewStaff::place_of(town.app.system_desk().health_centers().await.unwrap()[0].id)
}

/// Somebody at a clinic below the center.
pub async fn clinic(town: &Town, name: &str) -> StaffDesk {
    let id = center_place(town).await;
    let places = town.app.system_desk().places().await.unwrap();
    let below = places.iter().find(|place| place.id == id).unwrap();
    let added = town
        .app
        .system_desk()
        .add_place(below, JurisdictionKind::MedicalInstitution, name)
        .await
        .unwrap();
    let AddPlace::Added(place) = added else {
        panic!("no clinic")
    };
    let email = format!("{name}@clinic.example");
    town.hires(&email, StaffRole::MedicalInstitution, place.id)
        .await
}

/// Ken, 70, as a clinic tells of him.
pub fn ken() -> TypedAnswers {
    [
        ("name", "佐藤 健"),
        ("name_kana", "サトウ ケン"),
        ("sex", "male"),
        ("birthdate", "昭和31年4月1日"),
        ("phone", "０９０−８８８８−７７７７"),
        ("postal_code", "105-0011"),
        ("address", "東京都港区芝公園1-2-3"),
        ("stays_elsewhere", "no"),
        ("kind", "confirmed"),
        ("diagnosed_on", "2026-11-22"),
        ("onset_on", "2026-11-20"),
        ("needs_admission", "no"),
        ("needs_drug", "no"),
        ("needs_oxygen", "no"),
        ("diabetes", "yes"),
        ("bulk_none", ""),
        ("institution_name", "Sample Clinic"),
        ("physician_name", "見本 医師"),
    ]
    .into_iter()
    .map(|(id, text)| (id.to_owned(), text.to_owned()))
    .collect()
}

fn key(desk: &StaffDesk) -> NotificationId {
    NotificationId::from_uuid(desk.new_form_key())
}

pub async fn enters(desk: &StaffDesk, typed: &TypedAnswers) -> NotificationId {
    let id = key(desk);
    match desk.notify((id, ""), typed, true).await.unwrap() {
        Notify::Entered(entered) => assert_eq!(entered, id),
        _ => panic!("not entered"),
    }
    id
}

pub async fn confirms(desk: &StaffDesk, id: NotificationId) -> CaseId {
    match desk
        .confirm_notification(id, 1, Sure::Another, None)
        .await
        .unwrap()
    {
        Confirm::Confirmed(case) => case,
        _ => panic!("not confirmed"),
    }
}

async fn cases(desk: &StaffDesk) -> i64 {
    desk.cases("", 0).await.unwrap().1
}

async fn waiting(desk: &StaffDesk) -> i64 {
    let list = desk.worklist(None, Filter::default()).await.unwrap();
    list.unwrap().notifications.0
}

async fn own(desk: &StaffDesk) -> app::worklist::Worklist {
    let list = desk.worklist(None, Filter::default()).await.unwrap();
    list.unwrap()
}

/// The one alert that is open.
async fn alert(nurse: &StaffDesk) -> Option<app::alerts::Alert> {
    let list = nurse.worklist(None, Filter::default()).await.unwrap();
    let mut alerts = list.unwrap().alerts;
    assert!(alerts.len() < 2);
    alerts.pop().map(|(alert, _)| alert)
}

/// Somebody phones: 89 %, and no symptoms.
async fn phones_89(desk: &StaffDesk, case: CaseId) {
    phones(desk, case, "38.4", "89").await;
}

/// Somebody phones: what was measured, and no symptoms.
async fn phones(desk: &StaffDesk, case: CaseId, temperature: &str, spo2: &str) -> ReportId {
    let form = desk.report_form_for(case).await.unwrap().unwrap();
    let raw = RawReport {
        temperature: temperature.to_owned(),
        spo2: spo2.to_owned(),
        symptoms: form.stored.questionnaire.calm_words(),
        ..RawReport::default()
    };
    let done = desk.report_for(case, form.key, "phone", &raw).await;
    assert!(matches!(done.unwrap(), Submit::Accepted(_)));
    form.key
}
