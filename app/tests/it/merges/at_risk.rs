//! What puts somebody at risk when two records become one, and two again: each has what is said of them.

use super::{again, merges};
use crate::notifications::{clinic, enters, ken};
use crate::reports::family;
use crate::story;
use app::StaffDesk;
use app::case_registration::Sure;
use app::monitoring::{Decide, TypedDecision};
use app::notification::Confirm;
use domain::ids::CaseId;
use jiff::civil::Date;

pub(super) async fn ticks(nurse: &StaffDesk, case: CaseId, risks: &[&str]) {
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let typed = TypedDecision {
        status: "home".to_owned(),
        risks: risks.iter().map(|risk| (*risk).to_owned()).collect(),
        version: following.monitoring.version,
        ..TypedDecision::default()
    };
    assert_eq!(nurse.decide(case, &typed).await.unwrap(), Decide::Decided);
}

/// The conditions, and the day on which the release is looked at.
async fn stands(nurse: &StaffDesk, case: CaseId) -> (String, Option<Date>) {
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let mut risks = following.monitoring.risks.clone();
    risks.sort();
    (risks.join(" "), following.monitoring.review_from)
}

story!(
    what_puts_the_other_one_at_risk_goes_with_them_when_they_are_two_again,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        ticks(&nurse, kept, &["diabetes"]).await;
        ticks(&nurse, merged, &["facility", "pregnancy"]).await;
        let (alone, other) = (stands(&nurse, kept).await, stands(&nurse, merged).await);
        town.minutes(1);
        merges(&nurse, kept, merged).await;
        let both = stands(&nurse, kept).await;
        assert_eq!(both.0, "diabetes facility pregnancy");
        assert_ne!(both.1, alone.1, "by the rule of the facility");
        let of_latest = async || {
            let following = nurse.following_of(kept).await.unwrap().unwrap();
            let line = &following.corrections[0];
            (line.subject.clone(), line.reason.expose().clone())
        };
        let line = of_latest().await;
        assert_eq!(line.0, "monitoring");
        assert_eq!(line.1, "The fax told of the same illness");
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(stands(&nurse, kept).await, alone);
        assert_eq!(stands(&nurse, merged).await, other);
        assert_eq!(of_latest().await.1, "Two sisters");

        // What somebody has heard since is of whom they followed.
        town.minutes(1);
        merges(&nurse, kept, merged).await;
        ticks(&nurse, kept, &["diabetes", "facility", "pregnancy", "copd"]).await;
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(
            stands(&nurse, kept).await,
            ("copd diabetes".to_owned(), alone.1)
        );
        let audit = town.app.system_desk().check_audit().await.unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
    }
);

story!(
    what_two_merged_records_say_stays_as_long_as_one_of_them_is_part_of_the_kept_one,
    town,
    {
        // The hospital, the import and the portal each registered somebody; the first turns out to be a sister.
        let (_, kept) = family(&mut town, "a@example.org").await;
        let ((sister, _), (same, _)) = (again(&town).await, again(&town).await);
        let nurse = town.nurse().await;
        ticks(&nurse, sister, &["diabetes", "facility"]).await;
        ticks(&nurse, same, &["diabetes"]).await;
        let alone = stands(&nurse, kept).await;
        for merged in [sister, same] {
            town.minutes(1);
            merges(&nurse, kept, merged).await;
        }
        assert_eq!(stands(&nurse, kept).await.0, "diabetes facility");
        town.minutes(1);
        nurse.unmerge_case(sister, "Two sisters").await.unwrap();
        assert_eq!(
            stands(&nurse, kept).await,
            ("diabetes".to_owned(), alone.1),
            "the other one says it still"
        );
        town.minutes(1);
        nurse.unmerge_case(same, "Nor is it her").await.unwrap();
        assert_eq!(stands(&nurse, kept).await, alone);
    }
);

story!(
    what_is_notified_or_ticked_anew_since_two_records_became_one_is_of_the_kept_one,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let (clinic, nurse) = (clinic(&town, "own").await, town.nurse().await);
        ticks(&nurse, merged, &["copd", "diabetes", "pregnancy"]).await;
        town.minutes(1);
        merges(&nurse, kept, merged).await;
        // A physician tells of diabetes, which the record says already.
        let mut hanako = ken();
        for (id, text) in [
            ("name", "山田 花子"),
            ("name_kana", "ヤマダ ハナコ"),
            ("sex", "female"),
            ("birthdate", "1988-05-04"),
            ("phone", "09012345678"),
        ] {
            hanako.insert(id.to_owned(), text.to_owned());
        }
        let id = enters(&clinic, &hanako).await;
        let done = nurse.confirm_notification(id, 1, Sure::Ask, Some(kept));
        assert!(matches!(done.await.unwrap(), Confirm::Confirmed(case) if case == kept));
        assert_eq!(stands(&nurse, kept).await.0, "copd diabetes pregnancy");
        // A nurse is told that she is not pregnant, and then that she is.
        for risks in [
            &["copd", "diabetes"][..],
            &["copd", "diabetes", "pregnancy"],
        ] {
            town.minutes(1);
            ticks(&nurse, kept, risks).await;
        }
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(stands(&nurse, kept).await.0, "diabetes pregnancy");
        assert_eq!(stands(&nurse, merged).await.0, "copd diabetes pregnancy");
    }
);
