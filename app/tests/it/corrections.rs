//! Correcting errors: the old value stays visible, and everything that depends on it is computed anew.

mod alerts;
mod called_wrong;

use crate::reports::{family, form, sends};
use crate::story;
use crate::town::{hanako, register};
use app::attributes::Registration;
use app::audit::{AuditFound, AuditSearch};
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::correction::{CorrectPerson, CorrectReport};
use app::hersys_id::Reissue;
use app::history::MarkWrong;
use app::staff::NewStaff;
use app::worklist::{Filter, List};
use domain::staff_role::StaffRole;

story!(
    a_wrong_number_is_corrected_and_the_alert_ends_with_it,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let id = sends(&desk, case, "36.5", "88").await;
        assert_eq!(
            desk.mark_wrong(case, id, ("", "98, not 88")).await.unwrap(),
            MarkWrong::Marked
        );
        let nurse = town.nurse().await;
        let alerts = async || {
            let list = nurse.worklist(None, Filter::default()).await.unwrap();
            list.unwrap().alerts.len()
        };
        assert_eq!((alerts().await, nurse.count_tasks().await.unwrap()), (1, 1));
        let (_, right) = form(&desk, case, "36.5", "98").await;
        assert!(matches!(
            nurse
                .correct_report(case, id, &right, " ", None)
                .await
                .unwrap(),
            CorrectReport::Problems(_, _, true)
        ));
        town.minutes(3);
        let called_wrong = nurse.report_of(case, id).await.unwrap().unwrap().1;
        assert!(matches!(
            nurse
                .correct_report(
                    case,
                    id,
                    &right,
                    "the person phoned",
                    called_wrong.touched_at()
                )
                .await
                .unwrap(),
            CorrectReport::Corrected
        ));
        assert_eq!((alerts().await, nurse.count_tasks().await.unwrap()), (0, 0));
        let (_, report) = desk.report(case, id).await.unwrap().unwrap();
        assert_eq!(report.spo2, Some(98));
        assert!(report.corrected_at.is_some() && report.wrong.is_none());
        let following = nurse.following_of(case).await.unwrap().unwrap();
        let line = &following.corrections[0];
        let of = |all: &[(String, domain::personal::Personal<String>)]| {
            all.iter()
                .map(|(name, value)| format!("{name} {}", value.expose()))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&line.before), ["spo2 88"]);
        assert_eq!(of(&line.after), ["spo2 98"]);
        assert_eq!(line.reason.expose(), "the person phoned");
        // Somebody whose page is older than the correction is told.
        let (_, other) = form(&desk, case, "37.5", "98").await;
        assert!(matches!(
            nurse
                .correct_report(case, id, &other, "typo", None)
                .await
                .unwrap(),
            CorrectReport::ChangedMeanwhile
        ));
        // And a correction can make a calm report alarming.
        let (_, alarming) = form(&desk, case, "36.5", "89").await;
        let seen = report.corrected_at;
        assert!(matches!(
            nurse
                .correct_report(case, id, &alarming, "it was 89 after all", seen)
                .await
                .unwrap(),
            CorrectReport::Corrected
        ));
        assert_eq!(alerts().await, 1);
    }
);

story!(
    a_refused_registration_succeeds_once_the_center_has_repaired_it,
    town,
    {
        let id = town
        .case("山田 花子,ヤマダ ハナコ,Yamada Hanako,1988-05-05,09012345678,ja,2026-11-20,2026-11-18,,,")
        .await;
        let desk = town.account("a@example.org").await;
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Refused
        ));
        let nurse = town.nurse().await;
        let (found, _) = nurse.cases(&id, 0).await.unwrap();
        let case = found[0].member.case;
        let form = nurse.person_form(case).await.unwrap().unwrap();
        let mut typed = form.typed.clone();
        typed.birthdate = "S63.5.4".to_owned();
        assert!(matches!(
            nurse
                .correct_person(case, &typed, "", form.version)
                .await
                .unwrap(),
            CorrectPerson::Problems(_, true)
        ));
        assert!(matches!(
            nurse
                .correct_person(case, &typed, "passport shown", form.version)
                .await
                .unwrap(),
            CorrectPerson::Corrected
        ));
        assert!(matches!(
            nurse
                .correct_person(case, &form.typed, "no, the 5th", form.version)
                .await
                .unwrap(),
            CorrectPerson::ChangedMeanwhile
        ));
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Registered(registered) if registered == case
        ));
        let lines = nurse.audit_of_case(case, 50).await.unwrap();
        let corrected = lines.iter().find(|l| l.action == "case.corrected").unwrap();
        assert_eq!(corrected.details, "birthdate", "names, never values");

        // The log is searched by day, and of a colleague by record; who is listed was looked at.
        let utc = jiff::tz::TimeZone::UTC;
        let center = nurse.health_center().await.unwrap().id;
        let place = NewStaff::place_of(center);
        let chief = town
            .hires("chief@center.example", StaffRole::Administrator, place)
            .await;
        let colleague = town
            .hires("colleague@center.example", StaffRole::Nurse, place)
            .await;
        let everybody = Filter {
            list: Some(List::Open),
            ..Filter::default()
        };
        colleague.worklist(None, everybody.clone()).await.unwrap();
        colleague.worklist(None, everybody.clone()).await.unwrap();
        let all = AuditSearch::default();
        let lines = nurse.search_audit_of_case(case, &all, &utc).await.unwrap();
        let listed = lines.iter().filter(|l| l.action == "case.listed").count();
        assert_eq!(listed, 1, "what is clicked through in minutes is one look");
        let day = lines[0].at.to_zoned(utc.clone()).date();
        let before = AuditSearch {
            to: day.yesterday().ok(),
            ..AuditSearch::default()
        };
        assert!(
            nurse
                .search_audit_of_case(case, &before, &utc)
                .await
                .unwrap()
                .is_empty()
        );
        let that_day = AuditSearch {
            from: Some(day),
            to: Some(day),
            hersys_id: Some(id.clone()),
            page: 0,
        };
        let whom = nurse.id();
        let search = async |search: &AuditSearch| {
            let found = chief.audit_of_staff(whom, search, &utc).await;
            match found.unwrap().unwrap() {
                AuditFound::Lines(lines) => Some(lines),
                AuditFound::NoSuchId => None,
            }
        };
        let found = search(&that_day).await.unwrap();
        assert!(!found.is_empty() && found.iter().all(|l| l.case == Some(case)));
        let next = AuditSearch {
            page: 1,
            ..that_day.clone()
        };
        assert!(search(&next).await.unwrap().is_empty());
        // An ID that was taken back leads to the same lines; one that leads nowhere is told apart from nothing done.
        let version = nurse.case(case).await.unwrap().unwrap().version;
        let reissued = nurse.reissue_id(case, "Sent astray", Some(false), version);
        let Reissue::Reissued(second) = reissued.await.unwrap() else {
            panic!("not reissued");
        };
        let by = |id: &str| AuditSearch {
            hersys_id: Some(id.to_owned()),
            ..AuditSearch::default()
        };
        for given in [&id, &second] {
            let found = search(&by(given)).await.unwrap();
            assert!(found.len() > 1 && found.iter().all(|l| l.case == Some(case)));
        }
        assert!(search(&by("0000000")).await.is_none());
    }
);

story!(a_correction_asks_back_what_a_registration_would, town, {
    let id = town.hanako().await;
    let nurse = town.nurse().await;
    let case = nurse.cases(&id, 0).await.unwrap().0[0].member.case;
    let form = nurse.person_form(case).await.unwrap().unwrap();
    let slips = [
        (
            "problem-onset-after-diagnosis",
            TypedCase {
                onset_on: "2026-11-21".into(),
                ..form.typed.clone()
            },
        ),
        (
            "problem-onset-long-before",
            TypedCase {
                onset_on: "2026-10-18".into(),
                ..form.typed.clone()
            },
        ),
        (
            "problem-very-old",
            TypedCase {
                birthdate: "1906-05-04".into(),
                ..form.typed.clone()
            },
        ),
        (
            "problem-entered-after-diagnosis",
            TypedCase {
                entered_japan_on: "2026-11-22".into(),
                ..form.typed.clone()
            },
        ),
    ];
    for (key, slip) in &slips {
        let slip = TypedCase {
            days_are_right: false,
            ..slip.clone()
        };
        let CorrectPerson::Problems(asked, false) = nurse
            .correct_person(case, &slip, "the person phoned", form.version)
            .await
            .unwrap()
        else {
            panic!("{key} is not asked back");
        };
        let keys: Vec<_> = asked.iter().map(|(_, problem)| problem.key()).collect();
        assert_eq!(keys, [*key]);
        assert!(asked.iter().all(|(_, problem)| problem.is_question()));
    }
    // Meant so, it stands; and whoever corrects something else later is not asked about it again.
    let meant = TypedCase {
        days_are_right: true,
        ..slips[0].1.clone()
    };
    assert!(matches!(
        nurse
            .correct_person(case, &meant, "a test without symptoms", form.version)
            .await
            .unwrap(),
        CorrectPerson::Corrected
    ));
    let form = nurse.person_form(case).await.unwrap().unwrap();
    let phone = TypedCase {
        phone: "090-9999-8888".into(),
        days_are_right: false,
        ..form.typed
    };
    assert!(matches!(
        nurse
            .correct_person(case, &phone, "a new phone", form.version)
            .await
            .unwrap(),
        CorrectPerson::Corrected
    ));
});

story!(
    what_is_corrected_of_a_person_stands_in_each_of_their_records,
    town,
    {
        let nurse = town.nurse().await;
        let typed = |diagnosed_on: &str| TypedCase {
            name: "山田 花子".to_owned(),
            birthdate: "1988-05-04".to_owned(),
            phone: "090-1234-5678".to_owned(),
            diagnosed_on: diagnosed_on.to_owned(),
            days_are_right: true,
            ..TypedCase::default()
        };
        let mut cases = Vec::new();
        for (day, sure) in [("2026-08-01", None), ("2026-11-20", Some(()))] {
            let sure = match (sure, cases.first()) {
                (Some(()), Some(first)) => Sure::SameAs(*first),
                _ => Sure::Another,
            };
            let key = nurse.new_form_key();
            let registered = nurse.register_case(&typed(day), key, sure).await.unwrap();
            let RegisterCase::Registered(case) = registered else {
                panic!("not registered")
            };
            cases.push(case);
        }
        let mut form = nurse.person_form(cases[1]).await.unwrap().unwrap();
        form.typed.name = "山田 華子".to_owned();
        form.typed.diagnosed_on = "2026-11-21".to_owned();
        let corrected = nurse
            .correct_person(cases[1], &form.typed, "She wrote it down", form.version)
            .await
            .unwrap();
        assert!(matches!(corrected, CorrectPerson::Corrected));
        for (case, fields) in [(cases[1], "diagnosed_on, name"), (cases[0], "name")] {
            let lines = nurse.following_of(case).await.unwrap().unwrap().corrections;
            assert_eq!(lines.len(), 1);
            assert_eq!(lines[0].reason.expose(), "She wrote it down");
            let before: Vec<_> = lines[0].before.iter().map(|(n, _)| n.as_str()).collect();
            assert_eq!(before.join(", "), fields);
            let log = nurse.audit_of_case(case, 50).await.unwrap();
            let corrected = log.iter().find(|line| line.action == "case.corrected");
            assert_eq!(corrected.unwrap().details, fields);
        }
    }
);

story!(of_two_who_correct_at_once_the_second_is_told, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let id = sends(&desk, case, "36.5", "98").await;
    let nurse = town.nurse().await;
    let (_, raw) = form(&desk, case, "36.9", "98").await;
    let database = town.database().await;
    let row = database
        .read(move |tx| storage::status_report::find(tx, case, id))
        .await
        .unwrap()
        .unwrap();
    let now = town.clock.now();
    let corrected = town
        .meanwhile(
            move |tx, _| {
                storage::monitoring::hold(tx, case)?;
                let other = storage::status_report::ReportRow {
                    temperature: Some(384),
                    ..row.clone()
                };
                storage::status_report::correct(tx, &other, &row, now).map(|_| ())
            },
            nurse.correct_report(case, id, &raw, "misread", None),
        )
        .await;
    assert!(matches!(
        corrected.unwrap(),
        CorrectReport::ChangedMeanwhile
    ));
    let report = nurse.report_of(case, id).await.unwrap().unwrap().1;
    assert_eq!(report.temperature, Some(384));
});

story!(who_writes_a_report_down_has_read_no_other, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let (_, raw) = form(&desk, case, "36.9", "97").await;
    let key = nurse.report_form_for(case).await.unwrap().unwrap().key;
    // While the nurse is on the phone, another member of the family reports.
    let came = sends(&desk, case, "38.9", "95").await;
    let sent = nurse.report_for(case, key, "phone", &raw).await.unwrap();
    let app::status_report::Submit::Accepted(entered) = sent else {
        panic!("not accepted");
    };
    let opened = async |id| {
        let (_, report) = nurse.report_of(case, id).await.unwrap().unwrap();
        report.opened_at
    };
    assert!(opened(entered).await.is_some());
    assert_eq!(opened(came).await, None);
});
