//! Whoever answers the phone leaves word, and reads nothing by it.

use crate::alerts::{only_alert, reached};
use crate::reports::{family, sends};
use crate::retention::is_released;
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::alerts::FinishAlert;
use app::call_back::{AskCallBack, TypedCallBack};
use app::monitoring::{Decide, TypedDecision};
use app::staff::NewStaff;
use app::tasks::About;
use app::worklist::{Filter, List, Worklist};
use domain::course::Why;
use domain::ids::CaseId;
use domain::monitoring::ContactOutcome;
use domain::staff_role::StaffRole;
use domain::urgency::Level;

async fn clerk(town: &Town) -> StaffDesk {
    let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
    let place = NewStaff::place_of(center);
    town.hires("clerk@center.example", StaffRole::Clerk, place)
        .await
}

async fn worklist(desk: &StaffDesk, list: Option<List>) -> Worklist {
    let filter = Filter {
        list,
        ..Filter::default()
    };
    desk.worklist(None, filter).await.unwrap().unwrap()
}

fn typed(desk: &StaffDesk, note: &str, worse: bool) -> TypedCallBack {
    TypedCallBack {
        key: desk.new_form_key().to_string(),
        note: note.to_owned(),
        worse,
    }
}

async fn leaves(desk: &StaffDesk, case: CaseId, word: &TypedCallBack) {
    let left = desk.ask_call_back(case, word).await.unwrap();
    assert_eq!(left, AskCallBack::Left);
}

story!(who_rings_is_called_back, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "37.0", "97").await;
    let (nurse, clerk) = (town.nurse().await, clerk(&town).await);
    assert_eq!(worklist(&nurse, Some(List::Calls)).await.lists[0].count, 0);
    let word = typed(&clerk, "明日の予定を聞きたい", false);
    for _ in 0..2 {
        leaves(&clerk, case, &word).await;
    }
    let calls = worklist(&nurse, Some(List::Calls)).await;
    let item = &calls.lists[0].items[0];
    assert_eq!((calls.lists[0].count, item.case), (1, case));
    assert_eq!(
        item.called.map(|(_, outcome)| outcome),
        Some(ContactOutcome::AskedBack)
    );
    assert!(calls.alerts.is_empty(), "nobody gets worse");
    let at = town.clock.now();
    let following = nurse.following_of(case).await.unwrap().unwrap();
    assert_eq!(following.monitoring.next_call_at, Some(at));
    assert_eq!(following.contacts.len(), 1, "the same form once more");
    let line = &following.contacts[0];
    assert_eq!(line.note.expose(), "明日の予定を聞きたい");
    assert_eq!(line.by, "clerk");
    // The clerk knows that a call is due, and reads nothing, not even the own words.
    let seen = clerk.following_of(case).await.unwrap().unwrap();
    assert!(seen.contacts.is_empty() && seen.monitoring.temperature.is_none());
    assert_eq!(seen.monitoring.next_call_at, Some(at));
    // A second time: it has been due since the first.
    town.minutes(20);
    leaves(&clerk, case, &typed(&clerk, "", false)).await;
    let following = nurse.following_of(case).await.unwrap().unwrap();
    assert_eq!(following.monitoring.next_call_at, Some(at));
    assert_eq!(following.contacts.len(), 2);
    nurse.add_contact(case, &reached("All well")).await.unwrap();
    assert_eq!(worklist(&nurse, Some(List::Calls)).await.lists[0].count, 0);

    let long = typed(&clerk, &"a".repeat(2_001), false);
    let left = clerk.ask_call_back(case, &long).await.unwrap();
    assert_eq!(left, AskCallBack::TooLong);
    // It is no outcome of a call that somebody made.
    let mut chosen = reached("x");
    chosen.outcome = ContactOutcome::AskedBack.word().to_owned();
    let added = nurse.add_contact(case, &chosen).await.unwrap();
    assert_eq!(
        added,
        app::contact_log::AddContact::Problems(vec!["outcome"])
    );
    // Elsewhere nobody is known.
    let (_, there) = crate::transfers::shibuya(&town).await;
    let left = there.ask_call_back(case, &typed(&there, "", true)).await;
    assert_eq!(left.unwrap(), AskCallBack::NoSuchCase);
    let officer = town.officer().await;
    assert!(matches!(
        officer.ask_call_back(case, &word).await,
        Err(app::Error::NotAllowed)
    ));
});

story!(who_rings_and_gets_worse_comes_first, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "37.0", "97").await;
    let (nurse, clerk) = (town.nurse().await, clerk(&town).await);
    let word = typed(&clerk, "息苦しい", true);
    for _ in 0..2 {
        leaves(&clerk, case, &word).await;
    }
    let alert = only_alert(&nurse).await;
    assert_eq!((alert.case, alert.level), (case, Level::Alarming));
    assert_eq!(alert.reasons, [Why::AskedBack]);
    assert!(worklist(&clerk, None).await.alerts.is_empty());
    assert!(!format!("{alert:?}").contains("息"));
    // Whoever has it loses it when they ring once more, and it is no sooner told as seen to.
    nurse.take_alert(alert.id).await.unwrap();
    town.minutes(2);
    leaves(&clerk, case, &typed(&clerk, "もっと苦しい", true)).await;
    let alert = only_alert(&nurse).await;
    assert_eq!(alert.taken_by, None);
    assert_eq!(alert.reasons, [Why::AskedBack]);
    // A report that turns out calm does not end it.
    sends(&desk, case, "36.5", "98").await;
    only_alert(&nurse).await;
    town.minutes(5);
    assert_eq!(
        town.app.system_desk().pass_alerts_on().await.unwrap(),
        1,
        "nobody takes it, so it is told"
    );
    let alert = only_alert(&nurse).await;
    let what = reached("Ambulance is on its way");
    let done = nurse.finish_alert(alert.id, alert.version, &what);
    assert_eq!(done.await.unwrap(), FinishAlert::Done(case));
});

story!(who_rings_after_a_release_is_something_to_be_done, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let (nurse, clerk) = (town.nurse().await, clerk(&town).await);
    let stands = nurse.following_of(case).await.unwrap().unwrap().monitoring;
    let died = TypedDecision {
        status: "died".to_owned(),
        reason: "The hospital says so".to_owned(),
        version: stands.version,
        ..TypedDecision::default()
    };
    assert_eq!(nurse.decide(case, &died).await.unwrap(), Decide::Decided);
    leaves(&clerk, case, &typed(&clerk, "遺族から", true)).await;
    assert!(worklist(&nurse, None).await.alerts.is_empty());
    let tasks = nurse.tasks().await.unwrap();
    assert!(
        matches!(&tasks[0].about, About::CallBack(text) if text.expose() == "遺族から"),
        "{:?}",
        tasks[0].about
    );
    assert!(clerk.tasks().await.unwrap().is_empty(), "not for the clerk");
    // They ring once more before anybody has looked: with other words, and then with none.
    for said in ["葬儀社から", ""] {
        town.minutes(30);
        leaves(&clerk, case, &typed(&clerk, said, false)).await;
    }
    let tasks = nurse.tasks().await.unwrap();
    assert_eq!((tasks.len(), tasks[0].times), (1, 3));
    let About::CallBack(said) = &tasks[0].about else {
        unreachable!("{:?}", tasks[0].about)
    };
    assert_eq!(said.expose(), "遺族から\n葬儀社から");
    // What is done is done: the next word begins anew.
    let done = nurse.finish_task(tasks[0].id, "Called back").await.unwrap();
    assert_eq!(done, app::tasks::FinishTask::Done);
    leaves(&clerk, case, &typed(&clerk, "もう一度", false)).await;
    let tasks = nurse.tasks().await.unwrap();
    assert!(matches!(&tasks[0].about, About::CallBack(text) if text.expose() == "もう一度"));
});

story!(a_task_that_a_release_to_come_makes_hides_no_other, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    is_released(&town, case).await;
    let nurse = town.nurse().await;
    let word = TypedCallBack {
        key: nurse.new_form_key().to_string(),
        ..TypedCallBack::default()
    };
    let left = nurse.ask_call_back(case, &word).await.unwrap();
    assert_eq!(left, AskCallBack::Left);
    let (center, now) = (nurse.health_center().await.unwrap().id, town.clock.now());
    let unknown = storage::tasks::TaskRow {
        id: domain::ids::TaskId::from_uuid(nurse.new_form_key()),
        center: Some(center),
        kind: "of_a_release_to_come".to_owned(),
        case: Some(case),
        report: None,
        details_sealed: Vec::new(),
        times: 1,
        created_at: now,
        last_at: now,
    };
    let database = town.database().await;
    database
        .write(move |tx| storage::tasks::add(tx, &unknown, b"unknown").map(|_| ()))
        .await
        .unwrap();
    let tasks = nurse.tasks().await.unwrap();
    assert_eq!(tasks.len(), 1);
    assert!(matches!(tasks[0].about, About::CallBack(_)));
    nurse.worklist(None, Filter::default()).await.unwrap();
});
