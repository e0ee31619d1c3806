//! What an open alert says to the person: home page, history and receipt speak of the same report.

use crate::alerts::{only_alert, reached};
use crate::reports::{family, form, sends};
use crate::story;
use crate::town::{hanako, register};
use app::alerts::FinishAlert;
use app::attributes::{Registration, Typed};
use app::correction::CorrectReport;
use app::family::Alarm;
use app::monitoring::{Decide, TypedDecision};
use app::worklist::{Filter, List};
use domain::ids::{CaseId, ReportId};
use domain::urgency::Level;

/// The alert as the home page and the history tell of it; both must say the same.
async fn told(desk: &app::PatientDesk, case: CaseId) -> Option<(Level, Option<ReportId>)> {
    let home = desk.home().await.unwrap().alarms;
    let beside = desk.history_beside(case).await.unwrap().unwrap().alarm;
    assert_eq!(home.first().map(|(_, alarm)| *alarm), beside);
    beside.map(|Alarm { level, about, .. }| (level, about.map(|(report, _)| report)))
}

/// The level that a receipt tells of its report.
async fn receipt(desk: &app::PatientDesk, case: CaseId, report: ReportId) -> Level {
    let told = desk.receipt(case, report).await.unwrap().unwrap().alarm;
    let of_this = told.filter(|alarm| alarm.about.is_none());
    of_this.map_or(Level::Calm, |alarm| alarm.level)
}

/// Whether the home page and the receipt of its report say that it is the course.
async fn by_course(desk: &app::PatientDesk, case: CaseId, report: ReportId) -> bool {
    let home = desk.home().await.unwrap().alarms;
    let receipt = desk.receipt(case, report).await.unwrap().unwrap().alarm;
    assert_eq!(home[0].1.by_course, receipt.unwrap().by_course);
    home[0].1.by_course
}

/// The other report of which a receipt tells.
async fn of_another(
    desk: &app::PatientDesk,
    case: CaseId,
    report: ReportId,
) -> Option<(Level, ReportId)> {
    let told = desk.receipt(case, report).await.unwrap().unwrap().alarm?;
    told.about.map(|(other, _)| (told.level, other))
}

/// A nurse writes down that the person is pregnant.
async fn is_pregnant(nurse: &app::StaffDesk, case: CaseId) {
    let list = nurse.worklist(None, Filter::default()).await;
    let list = list.unwrap().unwrap();
    let urgent = list.lists.iter().find(|of| of.list == List::Urgent);
    let version = urgent.unwrap().items[0].monitoring.version;
    let typed = TypedDecision {
        status: "home".to_owned(),
        risks: vec!["pregnancy".to_owned()],
        version,
        ..TypedDecision::default()
    };
    assert_eq!(nurse.decide(case, &typed).await.unwrap(), Decide::Decided);
}

story!(
    whoever_is_alarming_by_the_course_alone_is_told_so_on_every_page,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        sends(&desk, case, "37.0", "97").await;
        town.minutes(600);
        let calm = sends(&desk, case, "37.0", "95").await;
        assert_eq!(told(&desk, case).await, None);
        is_pregnant(&nurse, case).await;
        town.minutes(600);
        let falling = sends(&desk, case, "37.0", "94").await;
        // By itself the report says nothing of that.
        let (_, report) = desk.report(case, falling).await.unwrap().unwrap();
        assert!(!report.level.is_danger());
        assert_eq!(
            told(&desk, case).await,
            Some((Level::Alarming, Some(falling)))
        );
        assert_eq!(receipt(&desk, case, falling).await, Level::Alarming);
        assert!(!receipt(&desk, case, calm).await.is_danger());
        assert!(by_course(&desk, case, falling).await, "why, too");
    }
);

story!(
    fever_in_a_baby_is_an_alert_at_once_and_its_parents_are_told_to_call,
    town,
    {
        let row =
            "山田 葵,ヤマダ アオイ,Yamada Aoi,2026-11-22,09012345678,ja,2026-11-23,2026-11-23,,,";
        let id = town.case(row).await;
        let desk = town.account("a@example.org").await;
        let aoi = Typed {
            name: "山田葵".to_owned(),
            birth_year: "2026".to_owned(),
            birth_month: "11".to_owned(),
            birth_day: "22".to_owned(),
            ..hanako(&id)
        };
        let Registration::Registered(case) = register(&desk, &aoi).await else {
            panic!("not registered");
        };
        sends(&desk, case, "37.9", "98").await;
        assert_eq!(told(&desk, case).await, None);
        town.minutes(600);
        let fever = sends(&desk, case, "38.0", "98").await;
        assert_eq!(
            told(&desk, case).await,
            Some((Level::Alarming, Some(fever)))
        );
        assert_eq!(receipt(&desk, case, fever).await, Level::Alarming);
        assert!(by_course(&desk, case, fever).await);
        let alert = only_alert(&town.nurse().await).await;
        assert_eq!(alert.report, Some(fever));
    }
);

story!(
    a_milder_report_does_not_take_the_words_of_the_alarming_one,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let gasping = sends(&desk, case, "37.0", "88").await;
        let level = receipt(&desk, case, gasping).await;
        assert!(level.is_danger());
        assert!(!by_course(&desk, case, gasping).await);
        is_pregnant(&nurse, case).await;
        for spo2 in ["97", "95"] {
            town.minutes(600);
            sends(&desk, case, "37.0", spo2).await;
        }
        town.minutes(600);
        let falling = sends(&desk, case, "37.0", "94").await;
        // The center's alert is about the later one by now; the person knows the answers of the first.
        let list = nurse.worklist(None, Filter::default()).await;
        assert_eq!(list.unwrap().unwrap().alerts[0].0.report, Some(falling));
        assert_eq!(told(&desk, case).await, Some((level, Some(gasping))));
        assert_eq!(receipt(&desk, case, gasping).await, level);
        assert!(!receipt(&desk, case, falling).await.is_danger());
        // A fine report that was sent meanwhile says it, too.
        let said = of_another(&desk, case, falling).await;
        assert_eq!(said, Some((level, gasping)));
        assert_eq!(of_another(&desk, case, gasping).await, None);
    }
);

story!(
    a_receipt_tells_how_it_stands_when_it_is_opened_again,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let gasping = sends(&desk, case, "37.0", "88").await;
        let opened = async |report| desk.receipt(case, report).await.unwrap().unwrap();
        let first = opened(gasping).await;
        assert!(first.alarm.is_some() && first.answered_by.is_none());

        // Somebody of the center has written what was done.
        town.minutes(5);
        let alert = only_alert(&nurse).await;
        let said = reached("She breathes better when she sits");
        let done = nurse.finish_alert(alert.id, alert.version, &said).await;
        assert_eq!(done.unwrap(), FinishAlert::Done(case));
        let answered = opened(gasping).await;
        assert!(
            answered.answered_by.is_some() && answered.alarm.is_none() && !answered.before_death
        );

        // What comes after that is as alarming as before, and takes nothing back of the first.
        town.minutes(5);
        let worse = sends(&desk, case, "37.0", "87").await;
        assert!(
            opened(worse)
                .await
                .alarm
                .is_some_and(|alarm| alarm.about.is_none())
        );
        let first = opened(gasping).await;
        assert!(first.answered_by.is_some());
        assert_eq!(
            first.alarm.and_then(|alarm| alarm.about).map(|(id, _)| id),
            Some(worse)
        );

        // A death is noted: nothing shouts any more, whichever receipt is opened.
        town.minutes(5);
        let following = nurse.following_of(case).await.unwrap().unwrap();
        let died = TypedDecision {
            status: "died".to_owned(),
            reason: "Told by the hospital".to_owned(),
            open_alert: "leave".to_owned(),
            alert_seen: only_alert(&nurse).await.state(),
            version: following.monitoring.version,
            ..TypedDecision::default()
        };
        assert_eq!(nurse.decide(case, &died).await.unwrap(), Decide::Decided);
        for report in [gasping, worse] {
            let quiet = opened(report).await;
            assert!(quiet.before_death && quiet.alarm.is_none() && quiet.answered_by.is_none());
        }
        // By mistake: the person lives and reports.
        town.minutes(5);
        let lives = sends(&desk, case, "37.0", "86").await;
        let lives = opened(lives).await;
        assert!(!lives.before_death && lives.alarm.is_some_and(|alarm| alarm.about.is_none()));
    }
);

story!(
    the_home_page_tells_of_the_report_that_a_correction_made_an_emergency,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let phoned = sends(&desk, case, "36.8", "97").await;
        town.minutes(20);
        let nurse = town.nurse().await;
        let (_, raw) = form(&desk, case, "36.8", "87").await;
        let corrected = nurse.correct_report(case, phoned, &raw, "it was 87", None);
        assert!(matches!(corrected.await.unwrap(), CorrectReport::Corrected));
        let of_phoned = Some((Level::Emergency, Some(phoned)));
        assert_eq!(told(&desk, case).await, of_phoned);
        // What is milder does not hide it.
        town.minutes(20);
        sends(&desk, case, "36.8", "92").await;
        assert_eq!(told(&desk, case).await, of_phoned);
        // Once it is answered, what comes is told.
        let alert = only_alert(&nurse).await;
        let said = reached("Goes to hospital");
        let done = nurse.finish_alert(alert.id, alert.version, &said).await;
        assert_eq!(done.unwrap(), FinishAlert::Done(case));
        town.minutes(5);
        let next = sends(&desk, case, "36.8", "92").await;
        assert_eq!(told(&desk, case).await, Some((Level::Alarming, Some(next))));
    }
);
