//! What raises an alert, what makes it more urgent, and what it says of its reason.

use super::{only_alert, reached, worklist};
use crate::reports::{family, form, sends};
use crate::story;
use app::alerts::FinishAlert;
use app::correction::CorrectReport;
use app::monitoring::{Decide, TypedDecision};
use app::status_report::Submit;
use app::worklist::{Filter, List};
use domain::course::Why;
use domain::ids::CaseId;
use domain::status_report::RawReport;
use domain::urgency::Level;
use jiff::Timestamp;

/// A report that tells when it was measured, by the clock of the center, to the minute.
fn measured_at(raw: RawReport, at: Timestamp) -> RawReport {
    let local = at.to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
    RawReport {
        measured_at: local.strftime("%Y-%m-%dT%H:%M").to_string(),
        ..raw
    }
}

story!(
    an_alert_that_becomes_an_emergency_is_told_as_soon_as_a_new_one,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "91").await;
        let system = town.app.system_desk();
        town.minutes(5);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
        town.minutes(15);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
        // The next telling is half an hour away, and no report that is only as bad brings it nearer.
        sends(&desk, case, "38.5", "91").await;
        town.minutes(6);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 0);
        sends(&desk, case, "38.5", "80").await;
        assert_eq!(
            only_alert(&town.nurse().await).await.level,
            Level::Emergency
        );
        town.minutes(5);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
    }
);

story!(
    an_alert_that_was_raised_while_the_clock_was_ahead_does_not_wait_for_that_day,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        town.days(2);
        sends(&desk, case, "38.5", "91").await;
        let system = town.app.system_desk();
        town.days(-2);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
    }
);

story!(
    a_further_alarming_report_takes_the_alert_away_so_that_it_is_not_overlooked,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "92").await;
        let nurse = town.nurse().await;
        let seen = only_alert(&nurse).await;
        nurse.take_alert(seen.id).await.unwrap();
        let seen = only_alert(&nurse).await;
        town.minutes(300);
        let worse = sends(&desk, case, "38.9", "89").await;
        let now = only_alert(&nurse).await;
        assert_eq!(now.id, seen.id, "one open alert a case");
        assert_eq!((now.times, now.level), (2, Level::Emergency));
        assert_eq!((now.report, now.minutes), (Some(worse), 0));
        assert!(now.taken_by.is_none());
        assert_eq!(now.taken_before_by.as_deref(), Some("Nurse"));
        // The page that was open knew nothing of the second report.
        assert_eq!(
            nurse
                .finish_alert(seen.id, seen.version, &reached("She is fine"))
                .await
                .unwrap(),
            FinishAlert::ChangedMeanwhile(case)
        );
        assert_eq!(only_alert(&nurse).await.times, 2);
    }
);

story!(
    getting_worse_is_seen_and_in_a_person_at_risk_it_is_alarming,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        sends(&desk, case, "37.0", "97").await;
        town.minutes(600);
        sends(&desk, case, "37.0", "95").await;
        let list = worklist(&nurse).await;
        assert!(list.alerts.is_empty());
        let urgent = &list
            .lists
            .iter()
            .find(|l| l.list == List::Urgent)
            .unwrap()
            .items[0];
        assert!(urgent.monitoring.worsening);
        assert_eq!(
            urgent.monitoring.reasons[0],
            Why::Spo2Falling { from: 97, to: 95 }
        );
        let typed = TypedDecision {
            status: "home".to_owned(),
            risks: vec!["pregnancy".to_owned()],
            version: urgent.monitoring.version,
            ..TypedDecision::default()
        };
        assert_eq!(nurse.decide(case, &typed).await.unwrap(), Decide::Decided);
        town.minutes(600);
        sends(&desk, case, "37.0", "94").await;
        let alert = only_alert(&town.nurse().await).await;
        assert_eq!(alert.level, Level::Alarming);
        assert_eq!(
            alert.reasons,
            [
                Why::Spo2Falling { from: 95, to: 94 },
                Why::Spo2 { value: 94 },
                Why::Condition {
                    name: "pregnancy".to_owned()
                }
            ]
        );
    }
);

story!(an_emergency_stands_before_what_has_waited_longer, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    town.minutes(90);
    let id = town
        .case(
            "見本 次郎,ミホン ジロウ,Mihon Jiro,1990-01-02,09055556666,ja,2026-11-20,2026-11-18,,,",
        )
        .await;
    let nurse = town.nurse().await;
    let second = nurse.cases(&id, 0).await.unwrap().0[0].member.case;
    let (_, raw) = form(&desk, case, "38.1", "88").await;
    let key = nurse.report_form_for(second).await.unwrap().unwrap().key;
    let sent = nurse.report_for(second, key, "phone", &raw).await.unwrap();
    assert!(matches!(sent, Submit::Accepted(_)));
    let list = worklist(&nurse).await;
    let order: Vec<CaseId> = list.alerts.iter().map(|(alert, _)| alert.case).collect();
    assert_eq!(order, [second, case]);
    let counts = list.alert_counts;
    assert_eq!(
        (counts.waiting, counts.taken, counts.emergencies),
        (2, 0, 1)
    );
    assert_eq!(counts.oldest, Some(list.alerts[1].0.raised_at));
    // What does not fit on a page is on the next one, and counted on both.
    let next = Filter {
        alerts: 1,
        ..Filter::default()
    };
    let next = nurse.worklist(None, next).await.unwrap().unwrap();
    assert!(next.alerts.is_empty());
    assert_eq!(next.alert_counts, counts);
});

story!(
    a_danger_is_an_alert_however_many_later_reports_there_are,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        // The clock was two days ahead, and more was reported than the course looks back at.
        town.days(2);
        for _ in 0..22 {
            town.minutes(1);
            sends(&desk, case, "36.5", "98").await;
        }
        assert!(worklist(&town.nurse().await).await.alerts.is_empty());
        town.days(-2);
        let report = sends(&desk, case, "36.5", "88").await;
        assert_eq!(only_alert(&town.nurse().await).await.report, Some(report));
    }
);

story!(
    a_report_is_the_latest_though_a_clock_that_was_ahead_has_dated_those_before_it,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        town.days(3);
        for _ in 0..3 {
            town.minutes(1);
            sends(&desk, case, "36.5", "98").await;
        }
        // It is set right in two steps, the first of which is not far enough.
        town.days(-2);
        sends(&desk, case, "36.4", "98").await;
        town.days(-1);
        let report = sends(&desk, case, "38.4", "94").await;
        let nurse = town.nurse().await;
        let latest = async || {
            let known = nurse.following_of(case).await.unwrap().unwrap().monitoring;
            (known.temperature, known.spo2, known.reports)
        };
        let order = async || {
            let (_, reports) = desk.history(case).await.unwrap().unwrap();
            reports.iter().position(|one| one.id == report)
        };
        assert_eq!(latest().await, (Some(384), Some(94), 5));
        assert_eq!(order().await, Some(0));
        // It stays so when the day has come of which the others are, and somebody changes what the course depends on.
        town.days(4);
        let following = nurse.following_of(case).await.unwrap().unwrap();
        let smokes = TypedDecision {
            status: "home".to_owned(),
            risks: vec!["smoking".to_owned()],
            version: following.monitoring.version,
            ..TypedDecision::default()
        };
        assert_eq!(nurse.decide(case, &smokes).await.unwrap(), Decide::Decided);
        assert_eq!(latest().await.0, Some(384));
        sends(&desk, case, "36.6", "97").await;
        assert_eq!(latest().await.0, Some(366));
        assert_eq!(order().await, Some(1));
    }
);

story!(
    getting_worse_is_seen_though_a_clock_was_ahead_when_it_was_better,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let following = nurse.following_of(case).await.unwrap().unwrap();
        let pregnant = TypedDecision {
            status: "home".to_owned(),
            risks: vec!["pregnancy".to_owned()],
            version: following.monitoring.version,
            ..TypedDecision::default()
        };
        assert_eq!(
            nurse.decide(case, &pregnant).await.unwrap(),
            Decide::Decided
        );
        town.days(2);
        let better = sends(&desk, case, "36.5", "98").await;
        town.days(-2);
        town.minutes(60);
        // She tells of an hour ago.
        let measured = town.clock.now() - jiff::SignedDuration::from_hours(1);
        let (key, raw) = form(&desk, case, "36.5", "94").await;
        let raw = measured_at(raw, measured);
        let sent = desk.submit_report(case, key, &raw).await.unwrap();
        assert!(matches!(sent, Submit::Accepted(_)));
        let nurse = town.nurse().await;
        let alert = only_alert(&nurse).await;
        assert_eq!((alert.report, alert.level), (Some(key), Level::Alarming));
        assert_eq!(alert.reasons[0], Why::Spo2Falling { from: 98, to: 94 });
        let latest = nurse.following_of(case).await.unwrap().unwrap().monitoring;
        assert_eq!((latest.spo2, latest.worsening), (Some(94), true));
        // Where charts draw them is in their order, too.
        let (_, reports) = desk.history(case).await.unwrap().unwrap();
        let order: Vec<_> = reports.iter().map(|one| one.id).collect();
        assert_eq!(order, [key, better]);
        assert!(reports[1].in_order_at < reports[0].in_order_at);
        assert!(reports[1].measured_at > reports[0].measured_at);
    }
);

story!(
    what_was_measured_long_before_is_not_how_somebody_is_because_a_clock_was_ahead,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        town.days(2);
        let now = sends(&desk, case, "36.5", "94").await;
        town.days(-2);
        town.minutes(10);
        // What another process took ten minutes ago is later than the evening before, whatever its clock said.
        let measured = town.clock.now() - jiff::SignedDuration::from_hours(12);
        let (key, raw) = form(&desk, case, "36.5", "98").await;
        let raw = measured_at(raw, measured);
        let sent = desk.submit_report(case, key, &raw).await.unwrap();
        assert!(matches!(sent, Submit::Accepted(_)));
        let (_, reports) = desk.history(case).await.unwrap().unwrap();
        let order: Vec<_> = reports.iter().map(|one| one.id).collect();
        assert_eq!(order, [now, key]);
    }
);

story!(
    a_fever_that_lasts_is_seen_of_whoever_reports_every_few_hours,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let lasts = |reasons: &[Why], days| reasons.contains(&Why::FeverLasting { days });
        let known = async || {
            let nurse = town.nurse().await;
            let following = nurse.following_of(case).await.unwrap().unwrap();
            following.monitoring
        };
        for _ in 0..24 {
            sends(&desk, case, "38.5", "98").await;
            town.minutes(4 * 60);
        }
        assert!(!known().await.worsening, "three days and twenty hours");
        sends(&desk, case, "38.5", "98").await;
        let now = known().await;
        assert!(now.worsening && lasts(&now.reasons, 4), "{:?}", now.reasons);
        // She turns out to be at risk: nothing of the look back is lost by that.
        let diabetes = TypedDecision {
            status: "home".to_owned(),
            risks: vec!["diabetes".to_owned()],
            version: now.version,
            ..TypedDecision::default()
        };
        let decided = town.nurse().await.decide(case, &diabetes).await.unwrap();
        assert_eq!(decided, Decide::Decided);
        let now = known().await;
        assert_eq!(now.urgency, Level::Alarming);
        assert!(lasts(&now.reasons, 4));
        town.minutes(4 * 60);
        let id = sends(&desk, case, "38.5", "98").await;
        let nurse = town.nurse().await;
        let alert = only_alert(&nurse).await;
        assert!(alert.report == Some(id) && lasts(&alert.reasons, 4));
        // Nor by a correction that changes nothing of it.
        town.minutes(1);
        let (_, raw) = form(&desk, case, "38.6", "98").await;
        let corrected = nurse.correct_report(case, id, &raw, "misread", None).await;
        assert!(matches!(corrected.unwrap(), CorrectReport::Corrected));
        let alert = only_alert(&nurse).await;
        assert!(alert.report == Some(id) && lasts(&alert.reasons, 4));
    }
);

story!(why_it_was_an_emergency_stays_readable, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    for spo2 in ["89", "91", "92"] {
        sends(&desk, case, "37.0", spo2).await;
        town.minutes(10);
    }
    let alert = only_alert(&town.nurse().await).await;
    assert_eq!((alert.level, alert.times), (Level::Emergency, 3));
    assert_eq!(alert.reasons[0], Why::Spo2 { value: 89 });
});

story!(an_alert_about_an_old_measurement_says_so, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let measured = town.clock.now() - jiff::SignedDuration::from_hours(37);
    let (key, raw) = form(&desk, case, "38.5", "91").await;
    let raw = measured_at(raw, measured);
    let sent = desk.submit_report(case, key, &raw).await.unwrap();
    assert!(matches!(sent, Submit::Accepted(_)));
    let nurse = town.nurse().await;
    let alert = only_alert(&nurse).await;
    let at = alert.measured_long_before().expect("it is old");
    assert!((37..=38).contains(&alert.last_at.duration_since(at).as_hours()));
    let of_case = nurse.following_of(case).await.unwrap().unwrap().alert;
    assert_eq!(of_case.unwrap().measured_long_before(), Some(at));
    // One that was measured just now needs no word.
    sends(&desk, case, "38.5", "90").await;
    assert_eq!(only_alert(&nurse).await.measured_long_before(), None);
});

story!(
    what_was_measured_before_and_is_told_later_raises_the_alert_that_it_would_have_raised_in_order,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let following = nurse.following_of(case).await.unwrap().unwrap();
        let at_risk = TypedDecision {
            status: "home".to_owned(),
            risks: vec!["diabetes".to_owned()],
            version: following.monitoring.version,
            ..TypedDecision::default()
        };
        assert_eq!(nurse.decide(case, &at_risk).await.unwrap(), Decide::Decided);
        let latest = sends(&desk, case, "36.5", "95").await;
        assert!(worklist(&nurse).await.alerts.is_empty(), "95 alone");
        town.minutes(60);
        // Her son writes down what they measured on the evening before.
        let tells = async |hours_ago: i64, spo2: &str| {
            let measured = town.clock.now() - jiff::SignedDuration::from_hours(hours_ago);
            let local = measured.to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
            let (key, mut raw) = form(&desk, case, "36.5", spo2).await;
            raw.measured_at = local.strftime("%Y-%m-%dT%H:%M").to_string();
            let sent = desk.submit_report(case, key, &raw).await.unwrap();
            assert!(matches!(sent, Submit::Accepted(_)));
        };
        tells(12, "98").await;
        let alert = only_alert(&nurse).await;
        assert_eq!((alert.report, alert.level), (Some(latest), Level::Alarming));
        assert_eq!(alert.reasons[0], Why::Spo2Falling { from: 98, to: 95 });
        assert_eq!(alert.times, 1);
        // What changes nothing of the latest tells nothing new.
        nurse.take_alert(alert.id).await.unwrap();
        tells(20, "99").await;
        let alert = only_alert(&nurse).await;
        assert_eq!((alert.times, alert.is_mine), (1, true));
        // A slip that is corrected takes with it no alert about what was told before it.
        town.minutes(10);
        let slip = sends(&desk, case, "36.5", "91").await;
        let (_, raw) = form(&desk, case, "36.5", "95").await;
        town.minutes(10);
        let corrected = nurse.correct_report(case, slip, &raw, "it was 95", None);
        assert!(matches!(
            corrected.await.unwrap(),
            app::correction::CorrectReport::Corrected
        ));
        assert_eq!(only_alert(&nurse).await.report, Some(latest));
    }
);

story!(
    what_was_worse_before_and_is_told_later_stands_under_its_own_time,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let following = nurse.following_of(case).await.unwrap().unwrap();
        let at_risk = TypedDecision {
            status: "home".to_owned(),
            risks: vec!["pregnancy".to_owned()],
            version: following.monitoring.version,
            ..TypedDecision::default()
        };
        assert_eq!(nurse.decide(case, &at_risk).await.unwrap(), Decide::Decided);
        let latest = sends(&desk, case, "38.2", "97").await;
        assert!(worklist(&nurse).await.alerts.is_empty(), "38.2 alone");
        town.minutes(60);
        // Her husband writes down what they measured on the evening before.
        let measured = town.clock.now() - jiff::SignedDuration::from_hours(12);
        let (key, raw) = form(&desk, case, "36.5", "86").await;
        let raw = measured_at(raw, measured);
        let sent = desk.submit_report(case, key, &raw).await.unwrap();
        assert!(matches!(sent, Submit::Accepted(_)));
        let alert = only_alert(&nurse).await;
        assert_eq!((alert.report, alert.level), (Some(key), Level::Emergency));
        assert_eq!(alert.reasons[0], Why::Spo2 { value: 86 });
        assert!(alert.measured_long_before().is_some());
        // It was 98; that it was 36.5, and is 38.2 now, has to be told all the same.
        town.minutes(10);
        let (_, raw) = form(&desk, case, "36.5", "98").await;
        let raw = measured_at(raw, measured);
        let corrected = nurse.correct_report(case, key, &raw, "it was 98", None);
        assert!(matches!(corrected.await.unwrap(), CorrectReport::Corrected));
        let alert = only_alert(&nurse).await;
        assert_eq!((alert.report, alert.level), (Some(latest), Level::Alarming));
    }
);
