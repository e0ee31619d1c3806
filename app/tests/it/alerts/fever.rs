//! A fever of whoever is at risk: an alert as often as it rises, and none more while it stays.

use super::{only_alert, reached, worklist};
use crate::reports::{family, sends};
use crate::story;
use app::alerts::FinishAlert;
use app::monitoring::{Decide, TypedDecision};
use domain::course::Why;

story!(
    a_fever_that_stays_or_trembles_is_no_new_alert_and_one_that_climbs_further_is,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let following = nurse.following_of(case).await.unwrap().unwrap();
        let typed = TypedDecision {
            status: "home".to_owned(),
            risks: vec!["pregnancy".to_owned()],
            version: following.monitoring.version,
            ..TypedDecision::default()
        };
        assert_eq!(nurse.decide(case, &typed).await.unwrap(), Decide::Decided);
        let rises = |from, to| Why::TemperatureRising { from, to };
        // Slowly: no two in a row lie far apart.
        for temperature in ["36.9", "37.7"] {
            sends(&desk, case, temperature, "98").await;
            town.minutes(240);
        }
        sends(&desk, case, "38.5", "98").await;
        let risen = only_alert(&nurse).await;
        assert_eq!(risen.reasons[0], rises(369, 385));
        town.minutes(5);
        let typed = reached("She drinks enough");
        let done = nurse.finish_alert(risen.id, risen.version, &typed).await;
        assert_eq!(done.unwrap(), FinishAlert::Done(case));
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
