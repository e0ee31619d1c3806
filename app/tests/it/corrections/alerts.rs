//! What a correction does to an alert, and what it leaves.

use crate::reports::{family, form, sends};
use crate::story;
use app::contact_log::TypedContact;
use app::correction::CorrectReport;
use app::history::MarkWrong;
use app::staff::NewStaff;
use app::worklist::{Filter, List};
use domain::course::Why;
use domain::staff_role::StaffRole;
use domain::urgency::Level;

story!(
    a_correction_of_an_older_report_takes_the_alert_from_nobody,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let older = sends(&desk, case, "36.8", "92").await;
        let nurse = town.nurse().await;
        let alerts = async || {
            let list = nurse.worklist(None, Filter::default()).await.unwrap();
            list.unwrap().alerts
        };
        town.minutes(60);
        let newest = sends(&desk, case, "36.8", "84").await;
        let alert = alerts().await.remove(0).0;
        nurse.take_alert(alert.id).await.unwrap();
        town.minutes(30);
        let nurse = town.nurse().await;
        let alerts = async || {
            let list = nurse.worklist(None, Filter::default()).await.unwrap();
            list.unwrap().alerts
        };
        let corrects = async |id, temperature: &str, spo2: &str| {
            let (_, raw) = form(&desk, case, temperature, spo2).await;
            let report = nurse.report_of(case, id).await.unwrap().unwrap().1;
            let corrected = nurse
                .correct_report(case, id, &raw, "the person phoned", report.corrected_at)
                .await;
            assert!(matches!(corrected.unwrap(), CorrectReport::Corrected));
        };
        // Milder, and of an older report: what is told of the newest is reckoned anew, and nobody loses anything.
        corrects(older, "36.8", "93").await;
        let alert = alerts().await.remove(0).0;
        assert!(alert.is_mine && alert.taken_before_by.is_none());
        assert_eq!(
            (alert.report, alert.times, alert.minutes),
            (Some(newest), 2, 30)
        );
        assert_eq!(alert.level, Level::Emergency);
        assert_eq!(alert.reasons[0], Why::Spo2Falling { from: 93, to: 84 });
        // The newest turns out milder, too, and is still alarming.
        corrects(newest, "36.8", "92").await;
        let alert = alerts().await.remove(0).0;
        assert!(alert.is_mine, "a milder value takes it from nobody");
        assert_eq!((alert.report, alert.level), (Some(newest), Level::Alarming));
        // The older one turns out calm: one alarming report is left.
        corrects(older, "36.8", "98").await;
        let alert = alerts().await.remove(0).0;
        assert_eq!((alert.is_mine, alert.times), (true, 1));
        // A colleague finds it worse than the nurse was told: it waits again, and its clock goes on.
        let center = nurse.health_center().await.unwrap().id;
        let colleague = town
            .hires(
                "mika@center.example",
                StaffRole::Nurse,
                NewStaff::place_of(center),
            )
            .await;
        let (_, raw) = form(&desk, case, "36.8", "82").await;
        let seen = nurse
            .report_of(case, newest)
            .await
            .unwrap()
            .unwrap()
            .1
            .corrected_at;
        let corrected = colleague
            .correct_report(case, newest, &raw, "it was 82", seen)
            .await;
        assert!(matches!(corrected.unwrap(), CorrectReport::Corrected));
        let alert = alerts().await.remove(0).0;
        assert_eq!(alert.taken_by, None);
        assert_eq!((alert.level, alert.minutes), (Level::Emergency, 90));
        // Ended, a milder correction raises nothing; a worse one does.
        nurse.take_alert(alert.id).await.unwrap();
        let version = alerts().await.remove(0).0.version;
        let done = TypedContact {
            outcome: "reached".to_owned(),
            note: "In hospital".to_owned(),
            ..TypedContact::default()
        };
        nurse.finish_alert(alert.id, version, &done).await.unwrap();
        corrects(newest, "36.8", "83").await;
        assert!(alerts().await.is_empty());
        corrects(older, "36.8", "88").await;
        assert_eq!(alerts().await.remove(0).0.report, Some(older));
    }
);

story!(
    something_worse_makes_nobody_wait_longer_for_an_alert_that_nobody_has,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let id = sends(&desk, case, "36.8", "92").await;
        let nurse = town.nurse().await;
        let alert = async || {
            let list = nurse.worklist(None, Filter::default()).await.unwrap();
            list.unwrap().alerts.remove(0).0
        };
        let passes_on = async || town.app.system_desk().pass_alerts_on().await.unwrap();
        let mut minutes = 0;
        while passes_on().await == 0 {
            town.minutes(5);
            minutes += 5;
            assert!(minutes < 120, "it is never passed on");
        }
        assert_eq!(alert().await.steps, 1);
        let nurse = town.nurse().await;
        let (_, raw) = form(&desk, case, "36.8", "86").await;
        let seen = nurse.report_of(case, id).await.unwrap().unwrap().1;
        let corrected = nurse
            .correct_report(case, id, &raw, "it was 86", seen.corrected_at)
            .await;
        assert!(matches!(corrected.unwrap(), CorrectReport::Corrected));
        let list = nurse.worklist(None, Filter::default()).await.unwrap();
        let alert = list.unwrap().alerts.remove(0).0;
        assert_eq!((alert.level, alert.steps), (Level::Emergency, 1));
    }
);

story!(a_report_that_is_called_wrong_waits_on_the_worklist, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let id = sends(&desk, case, "36.5", "98").await;
    let marked = desk.mark_wrong(case, id, ("", "SpO2 was 81, not 98")).await;
    assert_eq!(marked.unwrap(), MarkWrong::Marked);
    town.minutes(25);
    let todo = async |desk: &app::StaffDesk| {
        let list = desk.worklist(None, Filter::default()).await.unwrap();
        list.unwrap().tasks.1
    };
    let nurse = town.nurse().await;
    let tasks = todo(&nurse).await;
    assert_eq!(tasks.len(), 1);
    assert_eq!(
        (tasks[0].kind.as_str(), tasks[0].report),
        ("report_wrong", Some(id))
    );
    assert_eq!(tasks[0].whom.as_ref().map(|item| item.case), Some(case));
    assert_eq!(
        town.app
            .clock
            .now()
            .duration_since(tasks[0].since)
            .as_mins(),
        25
    );
    // A clerk reads no answers: neither this, nor that and when somebody reported, nor how urgent it was.
    let center = nurse.health_center().await.unwrap().id;
    let clerk = town
        .hires(
            "clerk@center.example",
            StaffRole::Clerk,
            NewStaff::place_of(center),
        )
        .await;
    assert!(todo(&clerk).await.is_empty());
    assert!(
        nurse.cases("", 0).await.unwrap().0[0]
            .member
            .latest
            .is_some()
    );
    assert!(
        clerk.cases("", 0).await.unwrap().0[0]
            .member
            .latest
            .is_none()
    );
    assert!(
        clerk
            .open_case(case)
            .await
            .unwrap()
            .unwrap()
            .member
            .latest
            .is_none()
    );
    let everybody = Filter {
        list: Some(List::Open),
        ..Filter::default()
    };
    let list = clerk.worklist(None, everybody).await.unwrap().unwrap();
    assert!(list.lists[0].items[0].monitoring.latest.is_none());
    // Whoever phones tells their birthdate, and it is typed in any way.
    for searched in ["1988-05-04", "S63.5.4", "昭和６３年５月４日", "19880504"] {
        let found = nurse.cases(searched, 0).await.unwrap().0;
        assert!(
            found.iter().any(|one| one.member.case == case),
            "{searched}"
        );
    }
    assert_eq!(nurse.cases("1988-05-05", 0).await.unwrap().1, 0);
    // Signs alone are in nobody's name.
    for searched in ["%", "_", "-"] {
        assert_eq!(nurse.cases(searched, 0).await.unwrap().1, 0, "{searched}");
    }
    assert!(nurse.set_passport(case, "--").await.unwrap().is_err());
});

story!(no_alert_ends_because_its_reports_are_old, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let alarming = sends(&desk, case, "36.8", "84").await;
    // Three a day for a week and more: the course does not look back at the first any longer.
    let mut calm = None;
    for _ in 0..21 {
        town.minutes(8 * 60);
        calm = Some(sends(&desk, case, "36.8", "98").await);
    }
    let alert = async || {
        let nurse = town.nurse().await;
        let following = nurse.following_of(case).await.unwrap().unwrap();
        following.alert
    };
    let stands = alert().await.unwrap();
    assert_eq!(
        (stands.report, stands.level),
        (Some(alarming), Level::Emergency)
    );
    // One more is alarming, and turns out to have been a slip.
    town.minutes(60);
    let slip = sends(&desk, case, "36.8", "92").await;
    let stands = alert().await.unwrap();
    assert_eq!((stands.report, stands.times), (Some(slip), 2));
    let nurse = town.nurse().await;
    let corrects = async |id, spo2: &str| {
        let (_, raw) = form(&desk, case, "36.8", spo2).await;
        let report = nurse.report_of(case, id).await.unwrap().unwrap().1;
        let seen = report.corrected_at;
        let corrected = nurse.correct_report(case, id, &raw, "the person phoned", seen);
        assert!(matches!(corrected.await.unwrap(), CorrectReport::Corrected));
    };
    corrects(slip, "93").await;
    let stands = alert().await.unwrap();
    assert_eq!(
        stands.level,
        Level::Emergency,
        "nothing is milder for being old"
    );
    corrects(slip, "98").await;
    let stands = alert()
        .await
        .expect("the first report is as alarming as it was");
    assert_eq!(
        (stands.report, stands.level),
        (Some(alarming), Level::Emergency)
    );
    assert_eq!(stands.times, 1);
    // Nor by a correction of something that was calm all the time; but by one of the report itself.
    corrects(calm.unwrap(), "97").await;
    assert!(alert().await.is_some());
    corrects(alarming, "94").await;
    assert!(alert().await.is_none());
});

story!(
    what_a_correction_made_an_emergency_outlives_the_slip_of_a_later_report,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let phoned = sends(&desk, case, "36.8", "97").await;
        town.minutes(20);
        let nurse = town.nurse().await;
        let corrects = async |id, spo2: &str| {
            let (_, raw) = form(&desk, case, "36.8", spo2).await;
            let report = nurse.report_of(case, id).await.unwrap().unwrap().1;
            let seen = report.corrected_at;
            let corrected = nurse.correct_report(case, id, &raw, "the person phoned", seen);
            assert!(matches!(corrected.await.unwrap(), CorrectReport::Corrected));
        };
        let alert = async || {
            let following = nurse.following_of(case).await.unwrap();
            following.unwrap().alert
        };
        let slips = async |spo2: &str| {
            town.minutes(20);
            let slip = sends(&desk, case, "36.8", spo2).await;
            assert_eq!(alert().await.unwrap().report, Some(slip));
            town.minutes(5);
            slip
        };
        // She rings: it was 87, not 97. Twenty minutes later she types 89 for 98.
        corrects(phoned, "87").await;
        let raised = alert().await.unwrap();
        assert_eq!(raised.report, Some(phoned));
        let slip = slips("89").await;
        corrects(slip, "98").await;
        let stands = alert().await.expect("nobody has done anything about 87");
        assert_eq!((stands.id, stands.report), (raised.id, Some(phoned)));
        assert_eq!(stands.level, Level::Emergency);
        // So does what was corrected while the alert about another one was open.
        corrects(phoned, "97").await;
        assert!(alert().await.is_none());
        let slip = slips("91").await;
        corrects(phoned, "87").await;
        town.minutes(5);
        corrects(slip, "98").await;
        let stands = alert().await.expect("nobody has done anything about 87");
        assert_eq!(
            (stands.report, stands.level),
            (Some(phoned), Level::Emergency)
        );
        // What somebody has answered keeps no later alert open.
        let done = TypedContact {
            outcome: "reached".to_owned(),
            note: "Goes to hospital".to_owned(),
            ..TypedContact::default()
        };
        let finished = nurse.finish_alert(stands.id, stands.version, &done).await;
        finished.unwrap();
        let slip = slips("91").await;
        corrects(slip, "98").await;
        assert!(alert().await.is_none());
    }
);

story!(
    what_was_answered_long_ago_keeps_no_later_alert_open_unless_a_correction_made_it_worse,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let phoned = sends(&desk, case, "36.5", "91").await;
        let nurse = town.nurse().await;
        let alert = async || {
            let following = nurse.following_of(case).await.unwrap();
            following.unwrap().alert
        };
        let corrects = async |id, temperature: &str, spo2: &str| {
            let (_, raw) = form(&desk, case, temperature, spo2).await;
            let report = nurse.report_of(case, id).await.unwrap().unwrap().1;
            let seen = report.corrected_at;
            let corrected = nurse.correct_report(case, id, &raw, "the person phoned", seen);
            assert!(matches!(corrected.await.unwrap(), CorrectReport::Corrected));
        };
        let slips = async || {
            town.minutes(20);
            let slip = sends(&desk, case, "36.5", "90").await;
            assert_eq!(alert().await.unwrap().report, Some(slip));
            town.minutes(5);
            slip
        };
        town.minutes(5);
        let raised = alert().await.unwrap();
        let done = TypedContact {
            outcome: "reached".to_owned(),
            note: "Breathes well when she sits".to_owned(),
            ..TypedContact::default()
        };
        let finished = nurse.finish_alert(raised.id, raised.version, &done).await;
        finished.unwrap();
        // Its temperature is put right while a slip is on the list: the alert is about the slip, and ends with it.
        let slip = slips().await;
        corrects(phoned, "36.8", "91").await;
        let stands = alert().await.unwrap();
        assert_eq!((stands.report, stands.times), (Some(slip), 1));
        corrects(slip, "36.5", "98").await;
        assert!(alert().await.is_none());
        // It was 87: nobody has answered that.
        let slip = slips().await;
        corrects(phoned, "36.8", "87").await;
        corrects(slip, "36.5", "98").await;
        let stands = alert().await.expect("nobody has done anything about 87");
        assert_eq!(
            (stands.report, stands.level),
            (Some(phoned), Level::Emergency)
        );
    }
);

story!(
    a_correction_takes_back_no_word_that_the_nurse_has_not_seen,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let id = sends(&desk, case, "36.5", "98").await;
        let nurse = town.nurse().await;
        let seen = async || {
            let report = nurse.report_of(case, id).await.unwrap().unwrap().1;
            report.touched_at()
        };
        let opened = seen().await;
        town.minutes(1);
        let desk = town.signed_in("a@example.org").await;
        let marked = desk.mark_wrong(case, id, ("", "SpO2 was 81, not 98")).await;
        assert_eq!(marked.unwrap(), MarkWrong::Marked);
        town.minutes(1);
        let nurse = town.nurse().await;
        let (_, raw) = form(&desk, case, "36.9", "98").await;
        let corrects = async |seen| {
            nurse
                .correct_report(case, id, &raw, "misread", seen)
                .await
                .unwrap()
        };
        assert!(matches!(
            corrects(opened).await,
            CorrectReport::ChangedMeanwhile
        ));
        assert_eq!(nurse.count_tasks().await.unwrap(), 1);
        let report = nurse.report_of(case, id).await.unwrap().unwrap().1;
        assert!(report.wrong.is_some() && report.corrected_at.is_none());
        let corrected = corrects(report.touched_at()).await;
        assert!(matches!(corrected, CorrectReport::Corrected));
        assert_eq!(nurse.count_tasks().await.unwrap(), 0);
    }
);
