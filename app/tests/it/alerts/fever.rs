//! A fever of whoever is at risk: an alert as often as it rises, and none more while it stays. A slip that they call wrong hides
//! neither that nor a saturation that falls.

use super::{only_alert, reached, worklist};
use crate::reports::{family, form, sends};
use crate::story;
use crate::town::Town;
use app::alerts::{Alert, FinishAlert};
use app::correction::CorrectReport;
use app::history::{MarkWrong, RightAfterAll};
use app::monitoring::{Decide, TypedDecision};
use app::{PatientDesk, StaffDesk};
use domain::course::Why;
use domain::ids::{CaseId, ReportId};

/// The nurse notes that the person is pregnant.
async fn is_pregnant(nurse: &StaffDesk, case: CaseId) {
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let typed = TypedDecision {
        status: "home".to_owned(),
        risks: vec!["pregnancy".to_owned()],
        version: following.monitoring.version,
        ..TypedDecision::default()
    };
    assert_eq!(nurse.decide(case, &typed).await.unwrap(), Decide::Decided);
}

/// She calls, and hears what it is.
async fn calls(town: &Town, nurse: &StaffDesk, alert: &Alert, note: &str) {
    town.minutes(5);
    let typed = reached(note);
    let done = nurse.finish_alert(alert.id, alert.version, &typed).await;
    assert_eq!(done.unwrap(), FinishAlert::Done(alert.case));
}

story!(
    a_fever_that_stays_or_trembles_is_no_new_alert_and_one_that_climbs_further_is,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        is_pregnant(&nurse, case).await;
        let rises = |from, to| Why::TemperatureRising { from, to };
        // Slowly: no two in a row lie far apart.
        for temperature in ["36.9", "37.7"] {
            sends(&desk, case, temperature, "98").await;
            town.minutes(240);
        }
        sends(&desk, case, "38.5", "98").await;
        let risen = only_alert(&nurse).await;
        assert_eq!(risen.reasons[0], rises(369, 385));
        calls(&town, &nurse, &risen, "She drinks enough").await;
        for temperature in ["38.5", "38.4", "38.5"] {
            town.minutes(240);
            sends(&desk, case, temperature, "98").await;
            assert!(worklist(&nurse).await.alerts.is_empty(), "{temperature}");
        }
        town.minutes(240);
        let higher = sends(&desk, case, "38.8", "98").await;
        let risen = only_alert(&nurse).await;
        assert_eq!((risen.report, risen.times), (Some(higher), 1));
        assert_eq!(risen.reasons[0], rises(369, 388));
    }
);

story!(
    a_slip_that_the_person_calls_wrong_hides_no_fever_that_rises,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        is_pregnant(&nurse, case).await;
        let rises = |from, to| Why::TemperatureRising { from, to };
        sends(&desk, case, "36.5", "98").await;
        town.minutes(240);
        let slip = sends(&desk, case, "39.5", "98").await;
        let risen = only_alert(&nurse).await;
        calls(&town, &nurse, &risen, "A slip: it was 36.5").await;
        // As high as that it was not, as far as anybody knows.
        town.minutes(240);
        let second = sends(&desk, case, "38.5", "98").await;
        assert!(worklist(&nurse).await.alerts.is_empty());
        // She says so herself: then this one has risen.
        town.minutes(10);
        let marked = desk.mark_wrong(case, slip, ("", "36.5, not 39.5")).await;
        assert_eq!(marked.unwrap(), MarkWrong::Marked);
        let risen = only_alert(&nurse).await;
        assert_eq!(risen.report, Some(second));
        assert_eq!(risen.reasons[0], rises(365, 385));
        calls(&town, &nurse, &risen, "She drinks enough").await;
        // And so has the next one, below the slip as it is.
        town.minutes(240);
        let higher = sends(&desk, case, "38.9", "98").await;
        let risen = only_alert(&nurse).await;
        assert_eq!(risen.report, Some(higher));
        assert_eq!(risen.reasons[0], rises(365, 389));
        // Once somebody has corrected it, nothing is told anew.
        calls(&town, &nurse, &risen, "She has called her physician").await;
        let (_, raw) = form(&desk, case, "36.5", "98").await;
        let seen = nurse.report_of(case, slip).await.unwrap().unwrap().1;
        let corrected = nurse.correct_report(case, slip, &raw, "A slip", seen.touched_at());
        assert!(matches!(corrected.await.unwrap(), CorrectReport::Corrected));
        assert!(worklist(&nurse).await.alerts.is_empty());
    }
);

story!(
    a_slip_that_the_person_calls_wrong_hides_no_saturation_that_falls,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        is_pregnant(&nurse, case).await;
        sends(&desk, case, "36.5", "98").await;
        town.minutes(240);
        let slip = sends(&desk, case, "36.5", "92").await;
        calls(&town, &nurse, &only_alert(&nurse).await, "It was 98").await;
        let marked = desk.mark_wrong(case, slip, ("", "98, not 92")).await;
        assert_eq!(marked.unwrap(), MarkWrong::Marked);
        assert!(worklist(&nurse).await.alerts.is_empty());
        // Beside the slip, which nobody has corrected yet, she would seem to be better.
        town.minutes(240);
        let lower = sends(&desk, case, "36.5", "94").await;
        let fallen = only_alert(&nurse).await;
        assert_eq!(fallen.report, Some(lower));
        let falls = Why::Spo2Falling { from: 98, to: 94 };
        assert_eq!(fallen.reasons[0], falls);
    }
);

/// She calls a report wrong.
async fn calls_wrong(desk: &PatientDesk, case: CaseId, report: ReportId) {
    let marked = desk.mark_wrong(case, report, ("", "Another one's")).await;
    assert_eq!(marked.unwrap(), MarkWrong::Marked);
}

/// The center looks at a report that she calls wrong, and leaves it as it was.
async fn leaves(nurse: &StaffDesk, desk: &PatientDesk, case: CaseId, report: (ReportId, &str)) {
    let (report, said) = report;
    let (_, raw) = form(desk, case, said, "98").await;
    let seen = nurse.report_of(case, report).await.unwrap().unwrap().1;
    let left = nurse.correct_report(case, report, &raw, "It was hers", seen.touched_at());
    assert!(matches!(left.await.unwrap(), CorrectReport::Upheld));
}

story!(
    what_rose_only_while_another_one_was_called_wrong_ends_once_that_stands,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        is_pregnant(&nurse, case).await;
        sends(&desk, case, "36.5", "98").await;
        town.minutes(240);
        let high = sends(&desk, case, "39.4", "98").await;
        calls(&town, &nurse, &only_alert(&nurse).await, "She rests").await;
        town.minutes(240);
        let lower = sends(&desk, case, "38.4", "98").await;
        assert!(worklist(&nurse).await.alerts.is_empty());
        town.minutes(1);
        calls_wrong(&desk, case, high).await;
        assert_eq!(only_alert(&nurse).await.report, Some(lower));
        town.minutes(1);
        leaves(&nurse, &desk, case, (high, "39.4")).await;
        assert!(worklist(&nurse).await.alerts.is_empty());
        // What the family takes back itself leaves the alert to whoever looks.
        town.minutes(1);
        calls_wrong(&desk, case, high).await;
        let back = desk.right_after_all(case, high, "Another one's").await;
        assert_eq!(back.unwrap(), RightAfterAll::Right);
        assert_eq!(only_alert(&nurse).await.report, Some(lower));
    }
);

story!(
    what_rises_beside_a_value_that_stands_after_all_is_told_once,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        is_pregnant(&nurse, case).await;
        let low = sends(&desk, case, "36.5", "98").await;
        calls_wrong(&desk, case, low).await;
        town.minutes(240);
        let risen = sends(&desk, case, "38.5", "98").await;
        assert!(worklist(&nurse).await.alerts.is_empty());
        town.minutes(1);
        let back = desk.right_after_all(case, low, "Another one's").await;
        assert_eq!(back.unwrap(), RightAfterAll::Right);
        let alert = only_alert(&nurse).await;
        assert_eq!(alert.report, Some(risen));
        calls(&town, &nurse, &alert, "She rests").await;
        // Called wrong again, and left as it was: somebody has answered it.
        calls_wrong(&desk, case, low).await;
        town.minutes(1);
        leaves(&nurse, &desk, case, (low, "36.5")).await;
        assert!(worklist(&nurse).await.alerts.is_empty());
        // What came meanwhile and nobody has answered is told by that.
        town.minutes(1);
        calls_wrong(&desk, case, low).await;
        town.minutes(240);
        let higher = sends(&desk, case, "38.9", "98").await;
        assert!(worklist(&nurse).await.alerts.is_empty());
        town.minutes(1);
        leaves(&nurse, &desk, case, (low, "36.5")).await;
        assert_eq!(only_alert(&nurse).await.report, Some(higher));
    }
);
