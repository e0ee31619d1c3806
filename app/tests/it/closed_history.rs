//! A history that is closed after a new password from the mailbox alone: nobody finds the birthdate by trying.

use crate::intruders::walks;
use crate::story;
use crate::town::{Town, address, hanako, register};
use app::attributes::{Registration, Typed};
use app::closed_history::{OpenHistory, TypedProof};
use app::keys::Token;
use app::password_reset::NewPassword;
use app::sign_in::SignIn;
use app::tasks::{About, FinishTask};
use app::{PatientDesk, StaffDesk};
use domain::ids::CaseId;
use domain::language::Language;

/// Types the ID and the fourth of May of a year.
async fn tries(desk: &PatientDesk, case: CaseId, id: &str, year: &str) -> OpenHistory {
    let typed = TypedProof {
        hersys_id: id.to_owned(),
        born: [year, "5", "4"].map(str::to_owned),
    };
    desk.open_history(case, &typed).await.unwrap()
}

const MAIL: &str = "a@example.org";
const NEW: &str = "Intruder-Winter-55";

/// Hanako is registered with an account, and somebody who has her mailbox takes a new password elsewhere. Her case and ID, and
/// their session.
async fn intruded(town: &mut Town) -> (CaseId, String, Token) {
    let id = town.hanako().await;
    let owner = town.account(MAIL).await;
    let Registration::Registered(case) = register(&owner, &hanako(&id)).await else {
        panic!("not registered");
    };
    let walk = walks(town, MAIL).await;
    let front = town.app.front_desk(None);
    let saved = front.save_new_password(&walk, NEW, Language::En);
    let NewPassword::Saved(Some(session)) = saved.await.unwrap() else {
        panic!("not saved");
    };
    (case, id, session)
}

/// Adds her as a family member once more, born in a year.
async fn adds(desk: &PatientDesk, id: &str, year: &str) -> Registration {
    let typed = Typed {
        birth_year: year.to_owned(),
        ..hanako(id)
    };
    register(desk, &typed).await
}

/// Thirty wrong years as fast as the limits of an hour and of a day let them through.
async fn adds_thirty_wrong(town: &Town, desk: &PatientDesk, id: &str) {
    for day in 0..3 {
        for half in 0..2 {
            for one in 0..5 {
                let year = (1950 + day * 10 + half * 5 + one).to_string();
                assert!(matches!(adds(desk, id, &year).await, Registration::Refused));
            }
            town.minutes(61);
        }
        town.days(1);
    }
}

/// Ends all tasks about tries at a closed history, or all others; tells how many there were.
async fn ends(nurse: &StaffDesk, about_tries: bool) -> usize {
    let tasks = nurse.tasks().await.unwrap().into_iter();
    let tasks: Vec<_> = tasks
        .filter(|task| matches!(task.about, About::HistoryTried(_)) == about_tries)
        .collect();
    for task in &tasks {
        let done = nurse.finish_task(task.id, "Called; it was she herself.");
        assert_eq!(done.await.unwrap(), FinishTask::Done);
    }
    tasks.len()
}

story!(after_thirty_wrong_tries_the_center_looks, town, {
    let (case, id, session) = intruded(&mut town).await;
    let front = town.app.front_desk(None);
    let there = town.desk(&session).await;
    let mut told = Vec::new();
    for _ in 0..3 {
        for _ in 0..2 {
            for _ in 0..5 {
                told.push(tries(&there, case, &id, "1989").await);
            }
            town.minutes(61);
        }
        town.days(1);
    }
    assert_eq!(told.pop(), Some(OpenHistory::AskCenter));
    assert_eq!(told.len(), 29);
    assert!(told.iter().all(|one| *one == OpenHistory::Wrong));
    assert_eq!(
        tries(&there, case, &id, "1988").await,
        OpenHistory::AskCenter,
        "though right"
    );
    // Nor does another session begin anew.
    let SignIn::SignedIn(session) = front.sign_in(&address(MAIL), NEW, None).await.unwrap() else {
        panic!("not signed in");
    };
    let again = town.desk(&session).await;
    assert_eq!(
        tries(&again, case, &id, "1988").await,
        OpenHistory::AskCenter
    );

    let nurse = town.nurse().await;
    let lines = nurse.audit_of_case(case, 100).await.unwrap();
    let refused = lines
        .iter()
        .filter(|line| line.action == "case.history_refused");
    assert_eq!(refused.count(), 30);
    let tasks = nurse.tasks().await.unwrap();
    let mut about = tasks
        .iter()
        .filter(|task| matches!(task.about, About::HistoryTried(_)));
    let task = about.next().unwrap();
    assert!(about.next().is_none());
    assert_eq!(task.case, Some(case));
    let done = nurse.finish_task(task.id, "Called; it was she herself.");
    assert_eq!(done.await.unwrap(), FinishTask::Done);
    assert_eq!(tries(&again, case, &id, "1988").await, OpenHistory::Opened);
});

story!(adding_her_once_more_is_a_try_at_her_closed_history, town, {
    let (case, id, session) = intruded(&mut town).await;
    let there = town.desk(&session).await;
    adds_thirty_wrong(&town, &there, &id).await;
    assert!(
        matches!(adds(&there, &id, "1988").await, Registration::Refused),
        "though right"
    );
    assert_eq!(
        tries(&there, case, &id, "1988").await,
        OpenHistory::AskCenter
    );
    // That somebody looks at the refused registrations gives no tries at the history back.
    let nurse = town.nurse().await;
    assert!(ends(&nurse, false).await > 0);
    assert!(matches!(
        adds(&there, &id, "1988").await,
        Registration::Refused
    ));
    assert!(town.desk(&session).await.is_closed(case));
    assert_eq!(ends(&nurse, true).await, 1);
    assert!(matches!(
        adds(&there, &id, "1988").await,
        Registration::RegisteredBefore(_)
    ));
    assert!(!town.desk(&session).await.is_closed(case));
});

story!(
    who_may_not_try_the_closed_history_any_more_does_not_go_on_by_adding_her,
    town,
    {
        let (case, id, session) = intruded(&mut town).await;
        let there = town.desk(&session).await;
        for _ in 0..3 {
            for _ in 0..2 {
                for _ in 0..5 {
                    tries(&there, case, &id, "1989").await;
                }
                town.minutes(61);
            }
            town.days(1);
        }
        assert!(matches!(
            adds(&there, &id, "1988").await,
            Registration::Refused
        ));
        assert!(town.desk(&session).await.is_closed(case));
        // Somebody else, of whom nothing is closed, is registered meanwhile.
        let other = town
            .case("山田 太郎,ヤマダ タロウ,,1990-02-03,09011112222,ja,2026-11-20,,,,")
            .await;
        let taro = Typed {
            name: "山田 太郎".to_owned(),
            birth_year: "1990".to_owned(),
            birth_month: "2".to_owned(),
            birth_day: "3".to_owned(),
            phone: "090-1111-2222".to_owned(),
            ..hanako(&other)
        };
        assert!(matches!(
            register(&there, &taro).await,
            Registration::Registered(_)
        ));
        assert_eq!(ends(&town.nurse().await, true).await, 1);
        assert!(matches!(
            adds(&there, &id, "1988").await,
            Registration::RegisteredBefore(_)
        ));
    }
);
