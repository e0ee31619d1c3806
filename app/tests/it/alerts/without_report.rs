//! What was reported becomes alarming by what somebody finds out about the person.

use super::{only_alert, reached, worklist};
use crate::merges::{again, merges};
use crate::reports::{family, sends};
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::alerts::FinishAlert;
use app::correction::CorrectPerson;
use app::monitoring::{Decide, TypedDecision};
use app::staff::NewStaff;
use domain::course::Why;
use domain::ids::CaseId;
use domain::staff_role::StaffRole;
use domain::urgency::Level;

/// Somebody who reads no health answers.
async fn clerk(town: &Town) -> StaffDesk {
    let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
    let place = NewStaff::place_of(center);
    town.hires("clerk@center.example", StaffRole::Clerk, place)
        .await
}

/// Corrects when somebody was born.
async fn born(staff: &StaffDesk, case: CaseId, day: &str) {
    let mut form = staff.person_form(case).await.unwrap().unwrap();
    form.typed.birthdate = day.to_owned();
    let done = staff.correct_person(case, &form.typed, "She phoned", form.version);
    assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
}

/// How a case is followed from now on.
async fn decides(nurse: &StaffDesk, case: CaseId, typed: TypedDecision) {
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let typed = TypedDecision {
        version: following.monitoring.version,
        ..typed
    };
    assert_eq!(nurse.decide(case, &typed).await.unwrap(), Decide::Decided);
}

story!(
    whoever_turns_out_to_be_old_and_gets_worse_rings_once,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "37.0", "97").await;
        town.minutes(600);
        let worse = sends(&desk, case, "37.0", "95").await;
        let nurse = town.nurse().await;
        assert!(worklist(&nurse).await.alerts.is_empty(), "she is young");
        let clerk = clerk(&town).await;
        town.minutes(20);
        born(&clerk, case, "1940-05-04").await;
        let alert = only_alert(&nurse).await;
        assert_eq!((alert.report, alert.level), (Some(worse), Level::Alarming));
        assert_eq!(alert.reasons[0], Why::Spo2Falling { from: 97, to: 95 });
        assert!(alert.reasons.contains(&Why::Age { years: 86 }));
        assert_eq!((alert.times, alert.minutes), (1, 0));
        // What somebody has looked at rings no more, whatever else is found out.
        let done = nurse
            .finish_alert(alert.id, alert.version, &reached("She is fine"))
            .await;
        assert_eq!(done.unwrap(), FinishAlert::Done(case));
        for day in ["1941-05-04", "1988-05-04", "1942-05-04"] {
            born(&clerk, case, day).await;
            assert!(worklist(&nurse).await.alerts.is_empty(), "{day}");
        }
    }
);

story!(nobody_rings_who_has_died, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "37.0", "97").await;
    town.minutes(600);
    sends(&desk, case, "37.0", "95").await;
    let nurse = town.nurse().await;
    let died = TypedDecision {
        status: "died".to_owned(),
        reason: "Her husband phoned".to_owned(),
        ..TypedDecision::default()
    };
    decides(&nurse, case, died).await;
    born(&clerk(&town).await, case, "1940-05-04").await;
    assert!(worklist(&nurse).await.alerts.is_empty());
});

story!(
    two_records_of_which_one_knows_the_risk_and_the_other_the_reports_ring_as_one,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let pregnant = TypedDecision {
            status: "home".to_owned(),
            risks: vec!["pregnancy".to_owned()],
            ..TypedDecision::default()
        };
        decides(&nurse, merged, pregnant).await;
        sends(&desk, kept, "37.0", "97").await;
        town.minutes(600);
        let worse = sends(&desk, kept, "37.0", "95").await;
        let nurse = town.nurse().await;
        assert!(worklist(&nurse).await.alerts.is_empty());
        merges(&clerk(&town).await, kept, merged).await;
        let alert = only_alert(&nurse).await;
        assert_eq!((alert.case, alert.report), (kept, Some(worse)));
        let name = "pregnancy".to_owned();
        assert!(alert.reasons.contains(&Why::Condition { name }));
    }
);
