//! Somebody has a person's page open while others go on working.

use crate::reports::{family, sends};
use crate::story;
use app::StaffDesk;
use app::alerts::Standing;
use app::staff::NewStaff;
use domain::ids::CaseId;
use domain::staff_role::StaffRole;

async fn stands(nurse: &StaffDesk, case: CaseId) -> Standing {
    nurse.standing(case).await.unwrap().unwrap()
}

story!(
    who_took_the_alert_meanwhile_is_told_and_nothing_is_marked_as_read,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let before = stands(&nurse, case).await;
        assert!(before.alert.is_none() && before.reports == 0);
        let report = sends(&desk, case, "38.5", "91").await;
        let raised = stands(&nurse, case).await;
        assert_eq!(raised.reports, 1);
        let alert = raised.alert.unwrap();
        assert!(alert.taken_by.is_none());
        nurse.take_alert(alert.id).await.unwrap();
        let taken = stands(&nurse, case).await.alert.unwrap();
        assert!(taken.is_mine);
        assert_ne!(
            taken.state(),
            alert.state(),
            "a page that shows it sees the difference"
        );
        // That a page asked is no sign that anybody has read the report.
        let (_, seen) = desk.report(case, report).await.unwrap().unwrap();
        assert!(seen.opened_at.is_none());
        // Who does not read health answers is told nothing of them.
        let center = NewStaff::place_of(nurse.health_center().await.unwrap().id);
        let clerk = town
            .hires("clerk@center.example", StaffRole::Clerk, center)
            .await;
        assert!(matches!(
            clerk.standing(case).await,
            Err(app::Error::NotAllowed)
        ));
    }
);
