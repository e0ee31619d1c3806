//! What only one of two records knows is not lost in the one that is kept.

use super::{again, followed, merges, open};
use crate::reports::family;
use crate::retention::is_released;
use crate::story;
use app::StaffDesk;
use app::case_registration::TypedCase;
use app::correction::{CorrectPerson, CorrectionLine};
use app::monitoring::{Decide, TypedDecision};
use domain::ids::CaseId;
use domain::personal::Personal;

story!(
    the_mailbox_that_only_the_other_record_has_is_taken_over,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let row = "山田 華子,ヤマダ ハナコ,,1988-05-04,09012345678,ja,2026-11-21,2026-11-18,,,,fax@example.org";
        let id = town.case(row).await;
        let nurse = town.nurse().await;
        let merged = nurse.case_by_number(&id).await.unwrap().unwrap();
        let mailbox = async || {
            let view = nurse.case(kept).await.unwrap().unwrap();
            view.email.map(|email| email.expose().clone())
        };
        assert_eq!(mailbox().await, None);
        merges(&nurse, kept, merged.member.case).await;
        assert_eq!(mailbox().await.as_deref(), Some("fax@example.org"));
        // They were two people: nobody is invited by the mailbox of the other one.
        let merged = merged.member.case;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(mailbox().await, None);
        let other = nurse.case(merged).await.unwrap().unwrap();
        assert_eq!(other.email.unwrap().expose(), "fax@example.org");
    }
);

story!(
    the_first_day_of_symptoms_that_only_the_other_record_has_is_taken_over,
    town,
    {
        // The laboratory told of a test, the clinic of an illness.
        let registers = async |row: &str| {
            let id = town.case(row).await;
            let found = town.nurse().await.case_by_number(&id).await.unwrap();
            found.unwrap().member.case
        };
        let kept =
            registers("山田 花子,ヤマダ ハナコ,,1988-05-04,09012345678,ja,2026-11-20,,,,").await;
        let merged = registers(
            "山田 華子,ヤマダ ハナコ,,1988-05-04,09012345678,ja,2026-11-21,2026-11-18,2026-11-10,,",
        )
        .await;
        let nurse = town.nurse().await;
        let days = async |case| {
            let view = nurse.case(case).await.unwrap().unwrap();
            let following = nurse.following_of(case).await.unwrap().unwrap();
            let days = (view.member.onset_on, view.entered_japan_on);
            (days, following.monitoring.review_from)
        };
        let (stood, other) = (days(kept).await, days(merged).await);
        assert_eq!(stood.0, (None, None));
        let form = nurse.person_form(kept).await.unwrap().unwrap();
        merges(&nurse, kept, merged).await;
        assert_eq!(
            days(kept).await,
            other,
            "and its release is looked at by them"
        );
        let following = nurse.following_of(kept).await.unwrap().unwrap();
        let line = &following.corrections[0];
        assert_eq!(line.reason.expose(), "The fax told of the same illness");
        let of_onset = |values: &[(String, Personal<String>)]| {
            let found = values.iter().find(|(name, _)| name == "onset_on");
            found.map(|(_, day)| day.expose().clone())
        };
        assert_eq!(of_onset(&line.before).as_deref(), Some(""));
        assert_eq!(of_onset(&line.after).as_deref(), Some("2026-11-18"));
        let audit = nurse.audit_of_case(kept, 20).await.unwrap();
        let of = audit.iter().find(|line| line.action == "case.corrected");
        assert_eq!(of.unwrap().details, "onset_on, entered_japan_on");
        // A form that was opened before does not take them away again.
        let corrects = async |typed: &TypedCase, version| {
            let done = nurse.correct_person(kept, typed, "A typing error", version);
            done.await.unwrap()
        };
        let stale = corrects(&form.typed, form.version).await;
        assert!(matches!(stale, CorrectPerson::ChangedMeanwhile));

        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!((days(kept).await, days(merged).await), (stood, other));
        let following = nurse.following_of(kept).await.unwrap().unwrap();
        let back = |line: &CorrectionLine| {
            of_onset(&line.before).as_deref() == Some("2026-11-18")
                && of_onset(&line.after).as_deref() == Some("")
        };
        assert!(following.corrections.iter().any(back));

        // What somebody has corrected since is theirs, and stays.
        merges(&nurse, kept, merged).await;
        let form = nurse.person_form(kept).await.unwrap().unwrap();
        let typed = TypedCase {
            onset_on: "2026-11-19".to_owned(),
            ..form.typed
        };
        let corrected = corrects(&typed, form.version).await;
        assert!(matches!(corrected, CorrectPerson::Corrected));
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        let (left, _) = days(kept).await;
        assert_eq!(left, (Some(jiff::civil::date(2026, 11, 19)), None));
        // And a record that has its own keeps it.
        merges(&nurse, kept, merged).await;
        assert_eq!(days(kept).await.0.0, left.0);
        let audit = town.app.system_desk().check_audit().await.unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
    }
);

story!(
    whoever_was_followed_under_one_of_two_records_goes_on_being_followed,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let decides = async |case, status: &str, risk: &str| {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            let typed = TypedDecision {
                status: status.to_owned(),
                reason: "Told by phone".to_owned(),
                risks: vec![risk.to_owned()],
                version: following.monitoring.version,
                ..TypedDecision::default()
            };
            assert_eq!(nurse.decide(case, &typed).await.unwrap(), Decide::Decided);
        };
        decides(kept, "home", "pregnancy").await;
        is_released(&town, kept).await;
        decides(merged, "hospital", "copd").await;
        merges(&nurse, kept, merged).await;
        assert_eq!(open(&nurse).await, [kept]);
        let monitoring = nurse.following_of(kept).await.unwrap().unwrap().monitoring;
        assert_eq!(monitoring.status.word(), "hospital");
        let mut risks = monitoring.risks.clone();
        risks.sort();
        assert_eq!(risks, ["copd", "pregnancy"]);
        // Of whoever died nobody is asked again.
        decides(kept, "died", "copd").await;
        let (third, _) = again(&town).await;
        merges(&nurse, kept, third).await;
        assert!(open(&nurse).await.is_empty());
    }
);

/// Decides where somebody is, and that the nurse looks after them.
async fn decides(nurse: &StaffDesk, case: CaseId, status: &str, assigned_to: &str) {
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let typed = TypedDecision {
        status: status.to_owned(),
        reason: "Told by phone".to_owned(),
        version: following.monitoring.version,
        assigned_to: assigned_to.to_owned(),
        ..TypedDecision::default()
    };
    assert_eq!(nurse.decide(case, &typed).await.unwrap(), Decide::Decided);
}

story!(a_death_that_either_record_knows_of_stands, town, {
    let (_, kept) = family(&mut town, "a@example.org").await;
    let (merged, _) = again(&town).await;
    let nurse = town.nurse().await;
    decides(&nurse, merged, "died", "").await;
    town.minutes(1);
    let nurse = town.nurse().await;
    // Whatever was written later of the other one.
    decides(&nurse, kept, "hotel", "").await;
    let told = nurse.where_as_one(kept, merged).await.unwrap();
    assert_eq!(told.map(|status| status.word()), Some("died"));
    town.minutes(1);
    let nurse = town.nurse().await;
    merges(&nurse, kept, merged).await;
    assert_eq!(followed(&nurse, kept).await.0, "died");
    assert!(open(&nurse).await.is_empty());
    assert!(nurse.case(kept).await.unwrap().unwrap().member.has_died());
    let following = nurse.following_of(kept).await.unwrap().unwrap();
    let line = &following.corrections[0];
    assert_eq!(line.subject, "monitoring");
    assert_eq!(line.reason.expose(), "The fax told of the same illness");

    town.minutes(1);
    let nurse = town.nurse().await;
    nurse.unmerge_case(merged, "Two sisters").await.unwrap();
    assert_eq!(open(&nurse).await, [kept]);
    assert_eq!(followed(&nurse, kept).await.0, "hotel");
    assert_eq!(followed(&nurse, merged).await.0, "died");
    assert!(!nurse.case(kept).await.unwrap().unwrap().member.has_died());
});

story!(
    where_somebody_is_and_who_looks_after_them_is_not_lost,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let id = nurse.id().to_string();
        decides(&nurse, merged, "hotel", &id).await;
        merges(&nurse, kept, merged).await;
        assert_eq!(followed(&nurse, kept).await, ("hotel", true));
        town.minutes(1);
        let nurse = town.nurse().await;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(followed(&nurse, kept).await, ("home", false));
        assert_eq!(followed(&nurse, merged).await, ("hotel", true));

        // The later word holds, and what somebody decides while they are one stays.
        town.minutes(1);
        let nurse = town.nurse().await;
        decides(&nurse, kept, "hospital", "").await;
        town.minutes(1);
        let nurse = town.nurse().await;
        decides(&nurse, merged, "home", &id).await;
        merges(&nurse, kept, merged).await;
        assert_eq!(followed(&nurse, kept).await, ("home", true));
        decides(&nurse, kept, "unknown", &id).await;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(followed(&nurse, kept).await.0, "unknown");
        let audit = town.app.system_desk().check_audit().await.unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
    }
);
