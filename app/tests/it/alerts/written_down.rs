//! Reports that a nurse writes down for somebody, from the phone or from paper.

use super::{only_alert, worklist};
use crate::in_error::hours;
use crate::reports::{family, form, sends};
use crate::story;
use app::correction::CorrectReport;
use app::status_report::Submit;
use domain::course::Why;

story!(
    a_line_from_paper_tells_nothing_of_how_somebody_is_who_has_fallen_silent,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        sends(&desk, case, "38.5", "94").await;
        assert_eq!(hours(&town, 72).await, 1);
        let alert = only_alert(&nurse).await;
        assert_eq!(alert.report, None);
        let (_, mut raw) = form(&desk, case, "37.1", "97").await;
        let enters = async |raw: &domain::status_report::RawReport| {
            let key = domain::ids::ReportId::from_uuid(nurse.new_form_key());
            let sent = nurse.report_for(case, key, "paper", raw).await.unwrap();
            assert!(matches!(sent, Submit::Accepted(_)));
        };
        // A diary arrives: its lines are older than the silence, or of its first day.
        let then = town
            .app
            .clock
            .now()
            .to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
        for days in [5, 2] {
            let day = then
                .datetime()
                .checked_sub(jiff::Span::new().days(days))
                .unwrap();
            raw.measured_at = day.strftime("%Y-%m-%dT%H:%M").to_string();
            enters(&raw).await;
            assert_eq!(only_alert(&nurse).await.id, alert.id, "{days} days ago");
        }
        // A line of this hour says that somebody wrote it.
        raw.measured_at = then.datetime().strftime("%Y-%m-%dT%H:%M").to_string();
        enters(&raw).await;
        assert!(worklist(&nurse).await.alerts.is_empty());
    }
);

story!(
    a_slip_on_paper_that_is_corrected_leaves_nobody_silent_without_an_alert,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        sends(&desk, case, "38.5", "94").await;
        assert_eq!(hours(&town, 72).await, 1);
        let alert = only_alert(&nurse).await;
        nurse.take_alert(alert.id).await.unwrap();
        // A line of the diary from before the silence, with 88 written for 98.
        let (_, mut raw) = form(&desk, case, "36.8", "88").await;
        let then = town
            .app
            .clock
            .now()
            .to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
        let day = then
            .datetime()
            .checked_sub(jiff::Span::new().days(2))
            .unwrap();
        raw.measured_at = day.strftime("%Y-%m-%dT%H:%M").to_string();
        let key = domain::ids::ReportId::from_uuid(nurse.new_form_key());
        let Submit::Accepted(id) = nurse.report_for(case, key, "paper", &raw).await.unwrap() else {
            panic!("not accepted");
        };
        assert_eq!(only_alert(&nurse).await.report, Some(id));
        raw.spo2 = "98".to_owned();
        let seen = nurse
            .report_of(case, id)
            .await
            .unwrap()
            .unwrap()
            .1
            .touched_at();
        let corrected = nurse.correct_report(case, id, &raw, "misread", seen).await;
        assert!(matches!(corrected.unwrap(), CorrectReport::Corrected));
        let stands = only_alert(&nurse).await;
        assert_eq!((stands.id, stands.report), (alert.id, None));
        assert!(matches!(stands.reasons[0], Why::Silent { .. }));
    }
);

story!(
    a_silence_that_a_forgotten_measurement_ended_is_told_again_when_nothing_more_is_heard,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let latest = sends(&desk, case, "38.5", "94").await;
        assert_eq!(hours(&town, 49).await, 1);
        // They ring, and tell what they had measured before that.
        let (_, mut raw) = form(&desk, case, "38.5", "94").await;
        let measured = town.app.clock.now() - jiff::SignedDuration::from_hours(53);
        let then = measured.to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
        raw.measured_at = then.strftime("%Y-%m-%dT%H:%M").to_string();
        let key = domain::ids::ReportId::from_uuid(nurse.new_form_key());
        let sent = nurse.report_for(case, key, "phone", &raw).await.unwrap();
        assert!(matches!(sent, Submit::Accepted(_)));
        assert!(worklist(&nurse).await.alerts.is_empty());
        let (_, history) = desk.history(case).await.unwrap().unwrap();
        assert_eq!(history[0].id, latest, "it was measured later");
        // Something was heard of them: from then on silence counts, and it is told as any other.
        assert_eq!(hours(&town, 40).await, 0);
        assert_eq!(hours(&town, 10).await, 1);
        assert_eq!(only_alert(&nurse).await.report, None);
    }
);

story!(
    a_silence_behind_an_alert_that_was_none_is_told_when_that_is_corrected,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        sends(&desk, case, "38.5", "94").await;
        town.minutes(5);
        let id = sends(&desk, case, "38.5", "88").await;
        let alert = only_alert(&nurse).await;
        nurse.take_alert(alert.id).await.unwrap();
        hours(&town, 72).await;
        let nurse = town.nurse().await;
        assert_eq!(
            only_alert(&nurse).await.report,
            Some(id),
            "one alert is enough"
        );
        let (_, mut raw) = form(&desk, case, "38.5", "98").await;
        raw.measured_at = String::new();
        let seen = nurse
            .report_of(case, id)
            .await
            .unwrap()
            .unwrap()
            .1
            .touched_at();
        let corrected = nurse
            .correct_report(case, id, &raw, "it was 98", seen)
            .await;
        assert!(matches!(corrected.unwrap(), CorrectReport::Corrected));
        assert!(worklist(&nurse).await.alerts.is_empty());
        assert_eq!(hours(&town, 1).await, 1, "nobody was told of the silence");
        assert_eq!(only_alert(&nurse).await.report, None);
    }
);

story!(a_report_by_phone_is_written_down_with_who_wrote_it, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let (_, raw) = form(&desk, case, "38.1", "89").await;
    let key = nurse.report_form_for(case).await.unwrap().unwrap().key;
    let Submit::Accepted(id) = nurse.report_for(case, key, "phone", &raw).await.unwrap() else {
        panic!("not accepted");
    };
    assert_eq!(only_alert(&nurse).await.report, Some(id));
    let (_, report) = desk.report(case, id).await.unwrap().unwrap();
    assert!(report.by_staff && report.channel == "phone" && report.opened_at.is_some());
    let by = report.entered_by.unwrap();
    let names = nurse.staff_names(vec![by, by]).await.unwrap();
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        [(by, "Nurse".to_owned())]
    );
});

story!(
    a_paper_diary_of_a_week_is_entered_by_staff_and_not_by_the_person,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let (key, mut raw) = form(&desk, case, "37.1", "97").await;
        raw.measured_at = "2026-11-17T09:00".to_owned();
        let sent = desk.submit_report(case, key, &raw).await.unwrap();
        assert!(matches!(sent, Submit::Problems(..)), "people measure again");
        let Submit::Accepted(id) = nurse.report_for(case, key, "paper", &raw).await.unwrap() else {
            panic!("not accepted");
        };
        // And it can be corrected.
        raw.temperature = "37.7".to_owned();
        let corrected = nurse.correct_report(case, id, &raw, "misread", None).await;
        assert!(matches!(
            corrected.unwrap(),
            app::correction::CorrectReport::Corrected
        ));
    }
);
