//! The written request to report: issued, read, replaced, withdrawn, on paper.

use crate::reports::family;
use crate::story;
use app::reporting_request::{Issue, RequestState, TypedRequest};
use domain::ids::RequestId;

story!(a_request_is_read_replaced_and_withdrawn, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let (_, _, typed) = nurse.request_to_begin_with(case).await.unwrap().unwrap();
    assert!(typed.report && typed.stay && !typed.reasons.is_empty());
    let key = RequestId::from_uuid(nurse.new_form_key());
    let wrong = TypedRequest {
        report: false,
        stay: false,
        from: "2026-01-01".to_owned(),
        to: "2029-01-01".to_owned(),
        reasons: " ".to_owned(),
    };
    let Issue::Problems(problems) = nurse.issue_request(case, key, &wrong, false).await.unwrap()
    else {
        panic!("taken")
    };
    assert_eq!(problems, ["from", "to", "report", "reasons"]);
    let preview = nurse.issue_request(case, key, &typed, true).await.unwrap();
    assert!(matches!(preview, Issue::Preview(_)));
    assert!(desk.requests(case).await.unwrap().is_empty());
    for _ in 0..2 {
        let issued = nurse.issue_request(case, key, &typed, false).await.unwrap();
        assert!(matches!(issued, Issue::Issued(id) if id == key));
    }
    let messages = town.new_mails().await;
    assert_eq!(
        messages.len(),
        2,
        "an e-mail and a short message, each once"
    );
    assert!(messages.iter().any(|m| m.contains("a@example.org")));
    let names = ["山田", "Yamada", "花子"];
    assert!(!messages.iter().any(|m| names.iter().any(|n| m.contains(n))));
    let seen = &desk.requests(case).await.unwrap()[0];
    assert_eq!(seen.state, RequestState::Holds);
    assert!(seen.law.contains("44") && seen.read_at.is_none());
    assert!(desk.confirm_request(case, key).await.unwrap());
    assert!(nurse.requests(case).await.unwrap()[0].read_at.is_some());
    let pdf = desk.request_on_paper(case, key).await.unwrap().unwrap();
    assert!(pdf.starts_with(b"%PDF-"));

    town.minutes(1);
    let later = RequestId::from_uuid(nurse.new_form_key());
    let nurse = town.nurse().await;
    nurse
        .issue_request(case, later, &typed, false)
        .await
        .unwrap();
    let states: Vec<_> = nurse
        .requests(case)
        .await
        .unwrap()
        .iter()
        .map(|r| r.state)
        .collect();
    assert_eq!(states, [RequestState::Holds, RequestState::Replaced]);
    assert_eq!(nurse.withdraw_request(case, later, "").await.unwrap(), None);
    let withdrawn = nurse
        .withdraw_request(case, later, "A mistake")
        .await
        .unwrap();
    assert_eq!(withdrawn, Some(true));
    let states: Vec<_> = desk
        .requests(case)
        .await
        .unwrap()
        .iter()
        .map(|r| r.state)
        .collect();
    // What was replaced by a request that was withdrawn holds again.
    assert_eq!(states, [RequestState::Withdrawn, RequestState::Holds]);
});

story!(a_stranger_sees_no_request, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let stranger = town.account("b@example.org").await;
    let nurse = town.nurse().await;
    let (_, _, typed) = nurse.request_to_begin_with(case).await.unwrap().unwrap();
    let key = RequestId::from_uuid(nurse.new_form_key());
    nurse.issue_request(case, key, &typed, false).await.unwrap();
    assert!(stranger.requests(case).await.unwrap().is_empty());
    assert!(!stranger.confirm_request(case, key).await.unwrap());
    assert!(
        stranger
            .request_on_paper(case, key)
            .await
            .unwrap()
            .is_none()
    );
});
