//! An alarming report is an alert that somebody must take, with a clock on it.

mod fever;
mod passed_on;
mod raised;
mod taken;
mod without_report;
mod worklist;
mod written_down;

use crate::town::Town;
use app::StaffDesk;
use app::alerts::Alert;
use app::contact_log::TypedContact;
use app::staff::NewStaff;
use app::worklist::{Filter, Worklist};
use domain::staff_role::StaffRole;

async fn worklist(nurse: &StaffDesk) -> Worklist {
    let found = nurse.worklist(None, Filter::default()).await.unwrap();
    found.unwrap()
}

pub async fn only_alert(nurse: &StaffDesk) -> Alert {
    let mut alerts = worklist(nurse).await.alerts;
    assert_eq!(alerts.len(), 1);
    alerts.remove(0).0
}

pub fn reached(note: &str) -> TypedContact {
    TypedContact {
        outcome: "reached".to_owned(),
        note: note.to_owned(),
        ..TypedContact::default()
    }
}

/// A nurse beside the one whom every town has.
async fn second_nurse(town: &Town) -> StaffDesk {
    let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
    town.hires(
        "mika@center.example",
        StaffRole::Nurse,
        NewStaff::place_of(center),
    )
    .await
}
