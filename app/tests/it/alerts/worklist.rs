//! What stands on the worklist beside the alerts: who has fallen silent, who was called in vain.

use super::worklist;
use crate::reports::{family, sends};
use crate::story;
use app::StaffDesk;
use app::contact_log::TypedContact;
use app::monitoring::{Decide, TypedDecision};
use app::release::{Release, TypedRelease};
use app::worklist::List;
use domain::ids::CaseId;

story!(whoever_falls_silent_is_seen_and_the_longest_first, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let silent = async |nurse: &StaffDesk| -> Vec<CaseId> {
        let list = worklist(nurse).await;
        let of = list.lists.into_iter().find(|l| l.list == List::Silent);
        of.unwrap()
            .items
            .into_iter()
            .map(|item| item.case)
            .collect()
    };
    // Nine in the morning: the deadline of ten has not come.
    sends(&desk, case, "37.0", "97").await;
    assert!(silent(&nurse).await.is_empty());
    town.minutes(24 * 60 + 30);
    assert!(
        silent(&town.nurse().await).await.is_empty(),
        "until ten there is time"
    );
    town.minutes(60);
    assert_eq!(silent(&town.nurse().await).await, [case]);
    sends(&desk, case, "37.0", "97").await;
    assert!(silent(&town.nurse().await).await.is_empty());
    // Whoever is in hospital need not report; whoever is released is not followed.
    town.days(3);
    let nurse = town.nurse().await;
    assert_eq!(silent(&nurse).await, [case]);
    let decide = async |status: &str, reason: &str, version: i32| {
        let typed = TypedDecision {
            status: status.to_owned(),
            reason: reason.to_owned(),
            version,
            ..TypedDecision::default()
        };
        town.nurse().await.decide(case, &typed).await.unwrap()
    };
    assert_eq!(decide("hospital", "", 1).await, Decide::Decided);
    assert!(silent(&nurse).await.is_empty());
    assert_eq!(
        decide("home", "", 1).await,
        Decide::ChangedMeanwhile,
        "somebody else was faster"
    );
    assert_eq!(
        decide("released", "Well for three days", 2).await,
        Decide::Problems(vec!["status"]),
        "a release keeps the calculation, and so has a page of its own"
    );
    let nurse = town.nurse().await;
    let mut typed = TypedRelease {
        version: 2,
        ..TypedRelease::default()
    };
    let reasonless = nurse.release(case, &typed).await.unwrap();
    assert!(matches!(reasonless, Release::Problems(fields) if fields == ["reason"]));
    typed.reason = "Well for three days".to_owned();
    for (wrong, why) in [
        ("2030-01-01T10:00", "improved_in_future"),
        ("2020-01-01T10:00", "improved_before_ill"),
        ("yesterday", "improved_at"),
    ] {
        let typed = TypedRelease {
            improved_at: wrong.to_owned(),
            ..typed.clone()
        };
        let refused = nurse.release(case, &typed).await.unwrap();
        assert!(matches!(refused, Release::Problems(fields) if fields == [why]));
    }
    for (wrong, why) in [
        ("2026-11-20 2030-01-01", "tests_in_future"),
        ("2020-01-01", "tests_before_ill"),
        ("20 November", "negative_tests"),
    ] {
        let typed = TypedRelease {
            negative_tests: wrong.to_owned(),
            ..typed.clone()
        };
        let refused = nurse.release(case, &typed).await.unwrap();
        assert!(matches!(refused, Release::Problems(fields) if fields == [why]));
    }
    let released = nurse.release(case, &typed).await.unwrap();
    assert!(matches!(released, Release::Released));
    // Whoever comes second adds no decision beside the one that stands, whatever version the page was of.
    let following = nurse.following_of(case).await.unwrap().unwrap();
    for version in [typed.version, following.monitoring.version] {
        let typed = TypedRelease {
            reason: "once more".to_owned(),
            version,
            ..typed.clone()
        };
        let again = nurse.release(case, &typed).await.unwrap();
        assert!(matches!(again, Release::NotFollowed));
    }
    let after = nurse.following_of(case).await.unwrap().unwrap();
    assert_eq!(after.corrections.len(), following.corrections.len());
    let list = worklist(&nurse).await;
    let open = list.lists.iter().find(|l| l.list == List::Open).unwrap();
    assert_eq!(open.count, 0);
});

story!(the_worklist_notices_what_another_process_wrote, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let mut watch = nurse.watch(None).await.unwrap().unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    watch.borrow_and_update();
    // The town's second process.
    town.restart().await;
    town.later(jiff::SignedDuration::from_secs(1));
    let session = town.signed_in("a@example.org").await;
    sends(&session, case, "36.5", "98").await;
    tokio::time::timeout(std::time::Duration::from_secs(2), watch.changed())
        .await
        .expect("within two seconds")
        .unwrap();
    drop(desk);
});

story!(whoever_reports_by_phone_and_falls_silent_is_missed, town, {
    let id = town.hanako().await;
    let nurse = town.nurse().await;
    let case = nurse.cases(&id, 0).await.unwrap().0[0].member.case;
    let never = town
        .case(
            "見本 次郎,ミホン ジロウ,Mihon Jiro,1990-01-02,09055556666,ja,2026-11-20,2026-11-18,,,",
        )
        .await;
    let never = nurse.cases(&never, 0).await.unwrap().0[0].member.case;
    let shown = nurse.report_form_for(case).await.unwrap().unwrap();
    let raw = domain::status_report::RawReport {
        temperature: "37.0".to_owned(),
        spo2: "97".to_owned(),
        symptoms: shown.stored.questionnaire.calm_words(),
        ..domain::status_report::RawReport::default()
    };
    nurse
        .report_for(case, shown.key, "phone", &raw)
        .await
        .unwrap();
    town.days(5);
    let nurse = town.nurse().await;
    let list = worklist(&nurse).await;
    let of = |wanted: List| -> Vec<CaseId> {
        let list = list.lists.iter().find(|of| of.list == wanted).unwrap();
        assert_eq!(usize::try_from(list.count).unwrap(), list.items.len());
        list.items.iter().map(|item| item.case).collect()
    };
    assert_eq!(of(List::Silent), [case]);
    let mut nobody_signed_up = of(List::NoAccount);
    nobody_signed_up.sort();
    let mut both = [case, never];
    both.sort();
    assert_eq!(nobody_signed_up, both);
});

story!(the_worklist_says_who_was_called_in_vain, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    let nurse = town.nurse().await;
    let item = async || worklist(&nurse).await.alerts.remove(0).1;
    assert!(item().await.called.is_none());
    let call = async |outcome: &str, note: &str| {
        let typed = TypedContact {
            outcome: outcome.to_owned(),
            note: note.to_owned(),
            ..TypedContact::default()
        };
        town.minutes(5);
        nurse.add_contact(case, &typed).await.unwrap();
    };
    call("no_answer", "").await;
    call("message_left", "").await;
    call("note", "The neighbour says she is at home").await;
    let tried = item().await;
    assert_eq!(tried.unanswered, 2);
    let (at, outcome) = tried.called.unwrap();
    assert_eq!(outcome, domain::monitoring::ContactOutcome::MessageLeft);
    assert_eq!(
        town.app.clock.now().duration_since(at).as_mins(),
        5,
        "a note is no call"
    );
    call("reached", "Well").await;
    let reached = item().await;
    assert_eq!(reached.unanswered, 0);
    assert_eq!(
        reached.called.unwrap().1,
        domain::monitoring::ContactOutcome::Reached
    );
});

story!(a_call_that_is_planned_is_seen_before_it_is_due, town, {
    let nurse = town.nurse().await;
    let mut cases = Vec::new();
    // Nine in the morning of the 23rd: this evening, the last minute of tomorrow, and the day after.
    for (n, when) in [
        (1, "2026-11-24T23:59"),
        (2, "2026-11-23T18:00"),
        (3, "2026-11-25T00:01"),
    ] {
        let row = format!(
            "見本 次郎,ミホン ジロウ,,199{n}-01-02,0905555666{n},ja,2026-11-20,2026-11-18,,,"
        );
        let id = town.case(&row).await;
        let case = nurse.cases(&id, 0).await.unwrap().0[0].member.case;
        let typed = TypedContact {
            outcome: "reached".to_owned(),
            next_call_at: when.to_owned(),
            ..TypedContact::default()
        };
        nurse.add_contact(case, &typed).await.unwrap();
        cases.push(case);
    }
    let [tomorrow, evening, later] = cases[..] else {
        panic!("three");
    };
    let of = async |wanted: List| -> Vec<CaseId> {
        let list = worklist(&town.nurse().await).await;
        let list = list.lists.into_iter().find(|of| of.list == wanted).unwrap();
        assert_eq!(usize::try_from(list.count).unwrap(), list.items.len());
        list.items.iter().map(|item| item.case).collect()
    };
    assert!(of(List::Calls).await.is_empty());
    assert_eq!(of(List::Planned).await, [evening, tomorrow]);
    // At seven in the evening.
    town.minutes(10 * 60);
    assert_eq!(of(List::Calls).await, [evening]);
    assert_eq!(of(List::Planned).await, [tomorrow]);
    let officer = town.officer().await;
    let counts = officer.center_counts().await.unwrap();
    assert_eq!(counts.iter().map(|of| of.calls).sum::<i64>(), 1);
    town.days(1);
    assert_eq!(of(List::Planned).await, [tomorrow, later]);
});
