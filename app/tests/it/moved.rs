//! The move from the embedded engine to a server: people find there what they left.

use crate::reports::{family, form};
use crate::town::{Engine, Town, engines};
use app::PatientDesk;
use app::status_report::Submit;
use domain::ids::{CaseId, ReportId};
use domain::questionnaire::QuestionId;
use domain::status_report::Answer;

type Read = (ReportId, Option<i32>, Vec<(QuestionId, Answer)>);

async fn history(desk: &PatientDesk, case: CaseId) -> Vec<Read> {
    let (_, reports) = desk.history(case).await.unwrap().unwrap();
    let read = reports.into_iter();
    read.map(|report| (report.id, report.temperature, report.answers))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_answered_reads_the_same_on_the_server_to_which_the_center_moves() {
    let Some(server) = engines()
        .into_iter()
        .find(|engine| matches!(engine, Engine::Postgres(_)))
    else {
        return;
    };
    let mut town = Town::new(Engine::Sqlite).await;
    let (desk, case) = family(&mut town, "a@example.org").await;
    // One with nothing but "no", and one for each question to which something else was answered.
    let (key, calm) = form(&desk, case, "36.5", "98").await;
    let mut sent = vec![(key, calm.clone())];
    for question in calm.symptoms.keys() {
        let (key, mut raw) = form(&desk, case, "37.9", "").await;
        raw.spo2_not_measured = true;
        raw.symptoms.insert(question.clone(), "yes".to_owned());
        sent.push((key, raw));
    }
    let mut taken = 0;
    for (key, raw) in &sent {
        let answer = desk.submit_report(case, *key, raw).await.unwrap();
        taken += i32::from(matches!(answer, Submit::Accepted(_)));
        town.minutes(1);
    }
    let before = history(&desk, case).await;
    assert!(taken > 5 && before.len() == usize::try_from(taken).unwrap());
    assert!(before.iter().all(|(_, _, answers)| answers.len() > 5));
    drop(desk);

    let town = town.moves_to(server).await;
    let desk = town.signed_in("a@example.org").await;
    assert_eq!(history(&desk, case).await, before);
    // What is sent there stands beside it.
    let (key, raw) = form(&desk, case, "36.5", "98").await;
    assert!(matches!(
        desk.submit_report(case, key, &raw).await.unwrap(),
        Submit::Accepted(_)
    ));
    let after = history(&desk, case).await;
    let (new, old): (Vec<Read>, Vec<Read>) = after.into_iter().partition(|one| one.0 == key);
    assert_eq!(old, before);
    let calm = before.iter().find(|one| one.0 == sent[0].0).unwrap();
    assert_eq!(new[0].2, calm.2);
    town.end().await;
}
