//! An alert that no report of either record had made alone: it came of both together, and ends when they are two again.

use super::at_risk::ticks;
use super::{again, merges, phones, waits};
use crate::reports::{family, sends};
use crate::story;
use app::merge::Merge;

story!(
    what_rose_only_beside_the_other_ones_value_leaves_no_alert_when_two_come_apart,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        ticks(&nurse, kept, &["pregnancy"]).await;
        sends(&desk, kept, "36.5", "98").await;
        town.minutes(240);
        // 38.5, of which the other record knows nothing lower.
        let nurse = town.nurse().await;
        let fever = phones(&nurse, &desk, (kept, merged), "98").await;
        assert_eq!(waits(&nurse, merged).await, None);
        town.minutes(1);
        merges(&nurse, kept, merged).await;
        assert_eq!(waits(&nurse, kept).await, Some((Some(fever), 1, 0)));
        town.minutes(1);
        let undone = nurse.unmerge_case(merged, "Two sisters").await;
        assert_eq!(undone.unwrap(), Merge::Done(merged));
        // She has measured 36.5, and her sister once.
        for case in [kept, merged] {
            assert_eq!(waits(&nurse, case).await, None);
        }
        assert!(desk.home().await.unwrap().alarms.is_empty());
    }
);

story!(
    what_was_alarming_only_by_the_other_ones_risk_leaves_no_alert_when_two_come_apart,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        ticks(&nurse, merged, &["pregnancy"]).await;
        sends(&desk, kept, "37.0", "97").await;
        town.minutes(240);
        let lower = sends(&desk, kept, "37.0", "95").await;
        let nurse = town.nurse().await;
        assert_eq!(waits(&nurse, kept).await, None);
        merges(&nurse, kept, merged).await;
        assert_eq!(waits(&nurse, kept).await, Some((Some(lower), 1, 0)));
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(waits(&nurse, kept).await, None);
        // What was open of her before stays, whatever she is at risk by since.
        ticks(&nurse, kept, &["pregnancy"]).await;
        town.minutes(240);
        let lowest = sends(&desk, kept, "37.0", "94").await;
        let nurse = town.nurse().await;
        ticks(&nurse, kept, &[]).await;
        town.minutes(1);
        merges(&nurse, kept, merged).await;
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        let stays = waits(&nurse, kept).await;
        assert_eq!(stays.map(|(report, ..)| report), Some(Some(lowest)));
    }
);
