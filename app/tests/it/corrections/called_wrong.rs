//! What a person calls wrong or writes to the center: what a correction settles of it, and what it leaves.

use crate::reports::{family, form, sends};
use crate::story;
use crate::transfers::{moves, shibuya};
use app::correction::CorrectReport;
use app::history::MarkWrong;
use app::staff::NewStaff;
use app::status_report::Submit;

story!(a_correction_reads_no_message, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let (key, mut raw) = form(&desk, case, "37.1", "98").await;
    raw.note = "薬がなくなりました".to_owned();
    let sent = desk.submit_report(case, key, &raw).await.unwrap();
    assert!(matches!(sent, Submit::Accepted(_)));
    let marked = desk.mark_wrong(case, key, ("", "It was 37.0")).await;
    assert_eq!(marked.unwrap(), MarkWrong::Marked);
    let nurse = town.nurse().await;
    let waits = async || {
        let (messages, tasks) = (nurse.messages().await, nurse.tasks().await);
        (messages.unwrap().len(), tasks.unwrap().len())
    };
    assert_eq!(waits().await, (1, 1));
    town.minutes(1);
    "37.0".clone_into(&mut raw.temperature);
    let seen = nurse.report_of(case, key).await.unwrap().unwrap().1;
    let corrected = nurse
        .correct_report(case, key, &raw, "told by phone", seen.touched_at())
        .await;
    assert!(matches!(corrected.unwrap(), CorrectReport::Corrected));
    // What was called wrong is done. Whether anybody has read that the pills are gone, nobody has said.
    assert_eq!(waits().await, (1, 0));
    let (to, new) = shibuya(&town).await;
    moves(&nurse, &new, case, NewStaff::place_of(to)).await;
    let goes_along = new.messages().await.unwrap();
    assert_eq!(goes_along.len(), 1);
    assert_eq!(goes_along[0].report, Some(key));
});
