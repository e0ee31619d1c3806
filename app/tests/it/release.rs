//! Somebody is released by what a page showed, and something else stands by then.

use crate::alerts::only_alert;
use crate::reports::{family, sends};
use crate::story;
use app::StaffDesk;
use app::release::{Release, TypedRelease};
use domain::ids::CaseId;

/// What a nurse types on the page as it is shown now.
async fn typed(nurse: &StaffDesk, case: CaseId) -> TypedRelease {
    let typed = TypedRelease {
        reason: "Well for three days".to_owned(),
        ..TypedRelease::default()
    };
    let (review, _) = nurse.release_review(case, &typed).await.unwrap().unwrap();
    TypedRelease {
        version: review.version,
        lines: Some(review.lines),
        known: Some(review.known),
        ..typed
    }
}

story!(
    nobody_is_released_over_a_report_that_came_since_the_page_was_shown,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "36.4", "98").await;
        let nurse = town.nurse().await;
        let shown = typed(&nurse, case).await;
        town.minutes(2);
        // It raises no alert: nothing else would tell her.
        sends(&desk, case, "37.8", "98").await;
        assert!(!nurse.has_open_alert(case).await.unwrap());
        let done = nurse.release(case, &shown).await.unwrap();
        assert!(matches!(done, Release::ChangedMeanwhile));
        let shown = typed(&nurse, case).await;
        let done = nurse.release(case, &shown).await.unwrap();
        assert!(matches!(done, Release::Released));
    }
);

story!(
    whoever_releases_in_spite_of_an_alert_has_looked_at_this_one,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "91").await;
        let nurse = town.nurse().await;
        let despite = async || TypedRelease {
            despite_alert: true,
            ..typed(&nurse, case).await
        };
        let shown = despite().await;
        town.minutes(1);
        sends(&desk, case, "38.5", "83").await;
        let done = nurse.release(case, &shown).await.unwrap();
        assert!(matches!(done, Release::ChangedMeanwhile));
        // A colleague takes it: what they do about it is not known yet.
        let shown = despite().await;
        town.minutes(1);
        nurse.take_alert(only_alert(&nurse).await.id).await.unwrap();
        let done = nurse.release(case, &shown).await.unwrap();
        assert!(matches!(done, Release::ChangedMeanwhile));
        let done = nurse.release(case, &despite().await).await.unwrap();
        assert!(matches!(done, Release::Released));
    }
);
