//! What a person calls wrong or writes to the center: what a correction settles of it, and what it leaves.

use crate::merges::merges;
use crate::reminders::reminds_at;
use crate::reports::{family, form, sends};
use crate::story;
use crate::town::{Town, hanako, register};
use crate::transfers::{moves, shibuya};
use app::attributes::{Registration, Typed};
use app::correction::CorrectReport;
use app::history::{MarkWrong, RightAfterAll};
use app::staff::NewStaff;
use app::status_report::Submit;
use app::tasks::About;
use app::{PatientDesk, StaffDesk};
use domain::ids::{CaseId, ReportId};

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
    // Whoever puts the words themselves right has had them before them.
    town.minutes(1);
    "血圧の薬がなくなりました".clone_into(&mut raw.note);
    let seen = new.report_of(case, key).await.unwrap().unwrap().1;
    let corrected = new
        .correct_report(case, key, &raw, "told by phone", seen.touched_at())
        .await;
    assert!(matches!(corrected.unwrap(), CorrectReport::Corrected));
    assert!(new.messages().await.unwrap().is_empty());
});

story!(
    what_was_called_wrong_and_is_right_is_not_told_as_corrected,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let id = sends(&desk, case, "37.1", "98").await;
        let nurse = town.nurse().await;
        let told = async || desk.report(case, id).await.unwrap().unwrap().1;
        let calls_wrong = async || {
            let marked = desk.mark_wrong(case, id, ("", "I am not sure")).await;
            assert_eq!(marked.unwrap(), MarkWrong::Marked);
        };
        let corrects = async |temperature: &str| {
            let (_, raw) = form(&desk, case, temperature, "98").await;
            let seen = nurse.report_of(case, id).await.unwrap().unwrap().1;
            let reason = "looked at the thermometer with her";
            let corrected = nurse.correct_report(case, id, &raw, reason, seen.touched_at());
            corrected.await.unwrap()
        };
        calls_wrong().await;
        town.minutes(1);
        assert!(matches!(corrects("37.1").await, CorrectReport::Upheld));
        assert_eq!(nurse.count_tasks().await.unwrap(), 0);
        let report = told().await;
        assert!(report.wrong.is_none() && report.corrected_at.is_none());
        assert_eq!(report.upheld_at, Some(town.clock.now()));
        // Why, and by whom, stands among the corrections, with nothing that would have changed.
        let lines = nurse.following_of(case).await.unwrap().unwrap().corrections;
        assert_eq!(lines.len(), 1);
        assert!(lines[0].before.is_empty() && lines[0].after.is_empty());
        let log = nurse.audit_of_case(case, 50).await.unwrap();
        let did = |action: &str| log.iter().any(|line| line.action == action);
        assert!(did("report.upheld") && !did("report.corrected"));
        // Once more, and nobody has called it wrong.
        assert!(matches!(corrects("37.1").await, CorrectReport::Same));
        // Called wrong again it waits again; and what is corrected then is told as that.
        town.minutes(1);
        calls_wrong().await;
        let report = told().await;
        assert!(report.wrong.is_some() && report.upheld_at.is_none());
        town.minutes(1);
        assert!(matches!(corrects("37.0").await, CorrectReport::Corrected));
        let report = told().await;
        assert!(report.corrected_at.is_some() && report.upheld_at.is_none());
    }
);

story!(a_family_takes_back_that_a_report_is_wrong, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let id = sends(&desk, case, "37.1", "98").await;
    let stranger = town.account("b@example.org").await;
    let nurse = town.nurse().await;
    let desk = town.signed_in("a@example.org").await;
    let marked = desk.mark_wrong(case, id, ("", "It was 36.1")).await;
    assert_eq!(marked.unwrap(), MarkWrong::Marked);
    let opened = nurse.report_of(case, id).await.unwrap().unwrap().1;
    let back = async |was: &str| desk.right_after_all(case, id, was).await.unwrap();
    let found = stranger.right_after_all(case, id, "It was 36.1").await;
    assert_eq!(found.unwrap(), RightAfterAll::NoSuchReport);
    // Another of the family has written a word which whoever takes it back has not read.
    let stands = RightAfterAll::Meanwhile("It was 36.1".to_owned());
    assert_eq!(back("It was the other one").await, stands);
    assert_eq!(nurse.count_tasks().await.unwrap(), 1);
    town.minutes(1);
    // Pressed twice.
    for _ in 0..2 {
        assert_eq!(back("It was 36.1").await, RightAfterAll::Right);
        assert_eq!(nurse.count_tasks().await.unwrap(), 0);
    }
    let (_, report) = desk.report(case, id).await.unwrap().unwrap();
    assert!(report.wrong.is_none() && report.upheld_at.is_none());
    // Whoever was about to correct it by that word is told.
    let (_, raw) = form(&desk, case, "36.1", "98").await;
    let seen = opened.touched_at();
    let corrected = nurse.correct_report(case, id, &raw, "by the word", seen);
    assert!(matches!(
        corrected.await.unwrap(),
        CorrectReport::ChangedMeanwhile
    ));
});

/// Taro, of the same family; his report has the id of his mother's, as whoever went back in a form of release 0.2 and chose the
/// other one has sent it.
async fn taro_by_one_form(
    town: &Town,
    desk: &PatientDesk,
    of_mother: ReportId,
) -> (CaseId, ReportId) {
    let id = town
        .case("山田 太郎,,,2015-05-04,09012345678,ja,2026-11-20,2026-11-18,,,")
        .await;
    let typed = Typed {
        name: "山田太郎".to_owned(),
        birth_year: "2015".to_owned(),
        ..hanako(&id)
    };
    let Registration::Registered(taro) = register(desk, &typed).await else {
        panic!("refused")
    };
    let sent = sends(desk, taro, "37.2", "98").await;
    let db = town.database().await;
    let by_one_form = db.write(move |tx| {
        for update in [
            "UPDATE status_reports SET id = $3 WHERE case_id = $1 AND id = $2",
            "UPDATE monitoring SET report_id = $3 WHERE case_id = $1 AND report_id = $2",
        ] {
            tx.execute(update, &[&taro.uuid(), &sent.uuid(), &of_mother.uuid()])?;
        }
        Ok(())
    });
    by_one_form.await.unwrap();
    (taro, of_mother)
}

/// Which reports the center is asked about, and by which words.
async fn asked_about(nurse: &StaffDesk) -> Vec<(CaseId, ReportId, String)> {
    let tasks = nurse.tasks().await.unwrap().into_iter();
    let asked = tasks.filter_map(|task| match task.about {
        About::ReportWrong(why) => Some((task.case?, task.report?, why.expose().clone())),
        _ => None,
    });
    asked.collect()
}

story!(
    reports_of_two_by_one_form_are_called_wrong_each_for_itself,
    town,
    {
        let (desk, mother) = family(&mut town, "a@example.org").await;
        let id = sends(&desk, mother, "37.1", "98").await;
        let (taro, id) = taro_by_one_form(&town, &desk, id).await;
        let nurse = town.nurse().await;
        for (case, why) in [(taro, "It was 36.2"), (mother, "It was 36.1")] {
            town.minutes(1);
            let marked = desk.mark_wrong(case, id, ("", why)).await;
            assert_eq!(marked.unwrap(), MarkWrong::Marked);
        }
        let of_taro = (taro, id, "It was 36.2".to_owned());
        let of_mother = (mother, id, "It was 36.1".to_owned());
        assert_eq!(asked_about(&nurse).await, [of_taro.clone(), of_mother]);
        let back = desk.right_after_all(mother, id, "It was 36.1").await;
        assert_eq!(back.unwrap(), RightAfterAll::Right);
        assert_eq!(asked_about(&nurse).await, [of_taro]);
    }
);

story!(
    what_is_right_after_all_is_no_task_under_the_number_that_a_merge_gave_it_either,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let of_kept = sends(&desk, kept, "37.1", "98").await;
        let (merged, id) = taro_by_one_form(&town, &desk, of_kept).await;
        let nurse = town.nurse().await;
        let marked = desk.mark_wrong(merged, id, ("", "It was 36.2")).await;
        assert_eq!(marked.unwrap(), MarkWrong::Marked);
        merges(&nurse, kept, merged).await;
        let asked = asked_about(&nurse).await;
        let (case, id, _) = asked[0].clone();
        assert_eq!(case, kept);
        assert_ne!(id, of_kept);
        // Another word is one of the same task.
        let why = "It was 36.3";
        let marked = desk.mark_wrong(kept, id, ("It was 36.2", why)).await;
        assert_eq!(marked.unwrap(), MarkWrong::Marked);
        let asked = asked_about(&nurse).await;
        assert_eq!(asked, [(kept, id, why.to_owned())]);
        let back = desk.right_after_all(kept, id, why).await;
        assert_eq!(back.unwrap(), RightAfterAll::Right);
        assert!(asked_about(&nurse).await.is_empty());
    }
);

story!(
    whoever_calls_the_only_report_of_the_day_wrong_is_asked_for_another_one,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        reminds_at(&town, "18:00 20:30").await;
        let nurse = town.nurse().await;
        let is_done = async || {
            let home = desk.home().await.unwrap();
            home.members[0].has_reported_today()
        };
        let calls_wrong = async |id| {
            let why = ("", "These are her mother's");
            let marked = desk.mark_wrong(case, id, why).await;
            assert_eq!(marked.unwrap(), MarkWrong::Marked);
        };
        let followed = async || nurse.following_of(case).await.unwrap().unwrap().monitoring;
        // On the day of the registration, too, from which on somebody is waited for.
        let first = sends(&desk, case, "36.5", "98").await;
        assert!(is_done().await);
        calls_wrong(first).await;
        assert!(!is_done().await);
        let back = desk.right_after_all(case, first, "These are her mother's");
        assert_eq!(back.await.unwrap(), RightAfterAll::Right);
        assert!(is_done().await);
        let first_day = followed().await.heard_on;

        town.days(1);
        town.new_mails().await;
        let second = sends(&desk, case, "36.6", "98").await;
        let heard = followed().await;
        assert!(is_done().await && heard.heard_on > first_day);
        calls_wrong(second).await;
        assert!(!is_done().await);
        let stands = followed().await;
        assert_eq!(stands.heard_on, first_day);
        // The family has written, and somebody of the center is to look: nobody was silent.
        assert_eq!(stands.latest, heard.latest);
        town.minutes(9 * 60 + 1);
        let system = town.app.system_desk();
        assert_eq!(system.send_reminders().await.unwrap(), 1);
        assert_eq!(town.new_mails().await.len(), 1);
        // Her own, of which one that was measured later and is none hides nothing.
        let (key, mut raw) = form(&desk, case, "36.9", "97").await;
        raw.measured_at = "2026-11-24T08:30".to_owned();
        let sent = desk.submit_report(case, key, &raw).await.unwrap();
        assert!(matches!(sent, Submit::Accepted(_)));
        assert!(is_done().await);
        town.minutes(150);
        assert_eq!(system.send_reminders().await.unwrap(), 0);
    }
);
