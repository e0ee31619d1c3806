//! A history that is closed after a new password from the mailbox alone: nobody finds the birthdate by trying.

use crate::intruders::walks;
use crate::story;
use crate::town::{address, hanako, register};
use app::PatientDesk;
use app::attributes::Registration;
use app::closed_history::{OpenHistory, TypedProof};
use app::password_reset::NewPassword;
use app::sign_in::SignIn;
use app::tasks::{About, FinishTask};
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

story!(after_thirty_wrong_tries_the_center_looks, town, {
    let mail = "a@example.org";
    let id = town.hanako().await;
    let owner = town.account(mail).await;
    let Registration::Registered(case) = register(&owner, &hanako(&id)).await else {
        panic!("not registered");
    };
    let walk = walks(&mut town, mail).await;
    let front = town.app.front_desk(None);
    let new = "Intruder-Winter-55";
    let saved = front.save_new_password(&walk, new, Language::En);
    let NewPassword::Saved(Some(session)) = saved.await.unwrap() else {
        panic!("not saved");
    };
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
    let SignIn::SignedIn(session) = front.sign_in(&address(mail), new, None).await.unwrap() else {
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
