//! An alarming report is an alert that somebody must take, with a clock on it.

use crate::reports::{family, form, sends};
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::alerts::{Alert, FinishAlert, TakeAlert};
use app::contact_log::{AddContact, TypedContact};
use app::monitoring::{Decide, TypedDecision};
use app::release::{Release, TypedRelease};
use app::rules::preview::Preview;
use app::rules::{ChangeRule, Typed};
use app::staff::NewStaff;
use app::status_report::Submit;
use app::worklist::{Filter, List, Worklist};
use domain::course::Why;
use domain::ids::CaseId;
use domain::language::Language;
use domain::message_texts::MessageName;
use domain::rules::{RuleKind, apply};
use domain::staff_role::{JurisdictionKind, StaffRole};
use domain::urgency::Level;

async fn worklist(nurse: &StaffDesk) -> Worklist {
    let found = nurse.worklist(None, Filter::default()).await.unwrap();
    found.unwrap()
}

pub async fn only_alert(nurse: &StaffDesk) -> Alert {
    let mut alerts = worklist(nurse).await.alerts;
    assert_eq!(alerts.len(), 1);
    alerts.remove(0).0
}

pub fn reached(note: &str) -> TypedContact {
    TypedContact {
        outcome: "reached".to_owned(),
        note: note.to_owned(),
        ..TypedContact::default()
    }
}

/// A nurse beside the one whom every town has.
async fn second_nurse(town: &Town) -> StaffDesk {
    let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
    town.hires(
        "mika@center.example",
        StaffRole::Nurse,
        NewStaff::place_of(center),
    )
    .await
}

story!(
    of_two_nurses_one_gets_the_alert_and_writes_what_was_done,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let report = sends(&desk, case, "38.5", "91").await;
        let (first, second) = (town.nurse().await, second_nurse(&town).await);
        town.minutes(12);
        let alert = only_alert(&first).await;
        assert_eq!((alert.report, alert.minutes), (Some(report), 12));
        assert_eq!(alert.level, Level::Alarming);
        assert_eq!(alert.reasons[0], Why::Spo2 { value: 91 });
        let (a, b) = tokio::join!(first.take_alert(alert.id), second.take_alert(alert.id));
        let taken = [a.unwrap(), b.unwrap()];
        let gets = |t: &TakeAlert| *t == TakeAlert::Taken(case);
        assert_eq!(taken.iter().filter(|t| gets(t)).count(), 1);
        assert!(
            taken
                .iter()
                .any(|t| matches!(t, TakeAlert::TakenByOther(_, name) if !name.is_empty()))
        );
        let mine = if gets(&taken[0]) { &first } else { &second };
        // Nobody ends an alert without a word.
        let alert = only_alert(mine).await;
        assert!(alert.is_mine);
        assert_eq!(
            mine.finish_alert(alert.id, alert.version, &reached(" "))
                .await
                .unwrap(),
            FinishAlert::Problems(case, vec!["note"])
        );
        assert_eq!(
            mine.finish_alert(alert.id, alert.version, &reached("Ambulance is on its way"))
                .await
                .unwrap(),
            FinishAlert::Done(case)
        );
        assert!(worklist(&first).await.alerts.is_empty());
        let following = first.following_of(case).await.unwrap().unwrap();
        assert_eq!(
            following.contacts[0].note.expose(),
            "Ambulance is on its way"
        );
        assert!(following.contacts[0].ended_alert);
        let actions: Vec<String> = first
            .audit_of_case(case, 50)
            .await
            .unwrap()
            .into_iter()
            .map(|line| line.action)
            .collect();
        for action in ["alert.taken", "alert.done", "report.sent", "case.claimed"] {
            assert!(actions.iter().any(|a| a == action), "{action}: {actions:?}");
        }
    }
);

story!(
    an_alert_that_is_given_back_without_a_word_has_waited_all_the_time,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "91").await;
        let nurse = town.nurse().await;
        let system = town.app.system_desk();
        town.minutes(5);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
        town.minutes(7);
        // A press in the wrong place.
        let id = only_alert(&nurse).await.id;
        nurse.take_alert(id).await.unwrap();
        nurse.give_alert_back(id).await.unwrap();
        assert_eq!(only_alert(&nurse).await.minutes, 12);
        assert_eq!(
            system.pass_alerts_on().await.unwrap(),
            1,
            "the center is told again at once"
        );
        // Somebody who saw to the person and goes home: it waits from then on.
        nurse.take_alert(id).await.unwrap();
        town.minutes(10);
        let note = TypedContact {
            outcome: "note".to_owned(),
            note: "Her sister is on the way".to_owned(),
            key: nurse.new_form_key().to_string(),
            ..TypedContact::default()
        };
        nurse.add_contact(case, &note).await.unwrap();
        town.minutes(3);
        nurse.give_alert_back(id).await.unwrap();
        assert_eq!(only_alert(&nurse).await.minutes, 0);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 0);
        town.minutes(5);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
    }
);

story!(
    whoever_gives_an_alert_back_that_a_colleague_has_is_told_so,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "91").await;
        let (first, second) = (town.nurse().await, second_nurse(&town).await);
        let id = only_alert(&first).await.id;
        first.take_alert(id).await.unwrap();
        let seen = only_alert(&second).await.version;
        second.take_alert_over(id, seen).await.unwrap();
        // The old page still has the button.
        let given = first.give_alert_back(id).await.unwrap();
        assert!(
            matches!(given, TakeAlert::TakenByOther(of, name) if of == case && !name.is_empty())
        );
        assert!(only_alert(&second).await.is_mine);
        assert_eq!(
            second.give_alert_back(id).await.unwrap(),
            TakeAlert::Taken(case)
        );
    }
);

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
    a_line_from_paper_tells_nothing_of_how_somebody_is_who_has_fallen_silent,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let system = town.app.system_desk();
        let nurse = town.nurse().await;
        sends(&desk, case, "38.5", "94").await;
        // The timer looks every ten minutes, until the silence is an alert.
        let mut raised = 0;
        for _ in 0..72 * 6 {
            town.minutes(10);
            raised += system.watch_silence().await.unwrap();
        }
        assert_eq!(raised, 1);
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

story!(an_alert_that_nobody_takes_is_passed_on, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let prefecture = {
        let places = town.app.system_desk().places().await.unwrap();
        let of = |p: &&app::jurisdiction::Place| p.kind == JurisdictionKind::Prefecture;
        places.iter().find(of).unwrap().id
    };
    let officer = town
        .hires(
            "officer@pref.example",
            StaffRole::PrefectureOfficer,
            prefecture,
        )
        .await;
    sends(&desk, case, "38.5", "91").await;
    town.new_mails().await;
    let system = town.app.system_desk();
    assert_eq!(
        system.pass_alerts_on().await.unwrap(),
        0,
        "it is five minutes' time first"
    );
    town.minutes(5);
    let (a, b) = tokio::join!(system.pass_alerts_on(), system.pass_alerts_on());
    assert_eq!(a.unwrap() + b.unwrap(), 1, "two processes pass it on once");
    let mails = town.new_mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("nurse@center.example"));
    for secret in ["Yamada", "山田", "SpO2", "09012345678"] {
        assert!(!mails[0].contains(secret), "{secret} in {}", mails[0]);
    }
    town.minutes(15);
    assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
    let mails = town.new_mails().await;
    assert!(
        mails
            .iter()
            .any(|mail| mail.contains("officer@pref.example"))
    );
    // The prefecture sees the center's alert, and takes it.
    let counts = officer.center_counts().await.unwrap();
    assert_eq!((counts[0].alerts, counts[0].oldest), ((1, 0), Some(20)));
    let list = officer
        .worklist(Some(counts[0].center.id), Filter::default())
        .await;
    let alert = list.unwrap().unwrap().alerts.remove(0).0;
    officer.take_alert(alert.id).await.unwrap();
    town.minutes(40);
    assert_eq!(system.pass_alerts_on().await.unwrap(), 0, "somebody has it");
    let alert = only_alert(&town.nurse().await).await;
    assert!(!alert.is_overdue);
    assert_eq!(alert.taken_by.as_deref(), Some("officer"));
});

story!(many_alerts_of_a_center_are_told_of_in_one_message, town, {
    let system = town.app.system_desk();
    let passes_on = async || system.pass_alerts_on().await.unwrap();
    // Three are told of one by one, each with the way to its case.
    let mut families = Vec::new();
    for n in 0..3 {
        let (desk, case) = family(&mut town, &format!("few{n}@example.org")).await;
        sends(&desk, case, "38.5", "91").await;
        families.push((desk, case));
    }
    town.new_mails().await;
    town.minutes(5);
    assert_eq!(passes_on().await, 3);
    let mails = town.new_mails().await;
    assert_eq!(mails.len(), 3);
    for (_, case) in &families {
        let way = format!("/cases/{case}");
        assert_eq!(mails.iter().filter(|mail| mail.contains(&way)).count(), 1);
    }
    assert!(!mails.iter().any(|mail| mail.contains("ほか")), "{mails:?}");

    // Many come one after the other: the first is due, and the others are told of with it.
    let mut crowd = Vec::new();
    for n in 0..7 {
        let (desk, case) = family(&mut town, &format!("many{n}@example.org")).await;
        sends(&desk, case, "38.5", "91").await;
        crowd.push(case);
        if n < 4 {
            town.minutes(1);
        }
    }
    town.new_mails().await;
    assert_eq!(passes_on().await, 0, "none is due");
    town.minutes(1);
    let (a, b) = tokio::join!(passes_on(), passes_on());
    assert_eq!(a + b, 7, "two processes tell of each once");
    let mails = town.new_mails().await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].contains(&format!("/cases/{}", crowd[0])));
    assert!(mails[0].contains("（ほか6件）"), "{}", mails[0]);
    assert!(mails[0].contains("ほかに6件"), "{}", mails[0]);

    // Each is on the list as told, is on record, and is passed on again in its time, to the prefecture, too.
    let listed = worklist(&town.nurse().await).await.alerts;
    assert_eq!(listed.len(), 10);
    assert!(
        listed
            .iter()
            .all(|(alert, _)| alert.steps == 1 && alert.told == Some(1))
    );
    let nurse = town.nurse().await;
    let lines = nurse.audit_of_case(crowd[6], 50).await.unwrap();
    let told: Vec<&str> = lines
        .iter()
        .filter(|line| line.action == "alert.passed_on")
        .map(|line| line.details.as_str())
        .collect();
    assert_eq!(told, ["center, with another"]);
    town.minutes(14);
    assert_eq!(
        passes_on().await,
        3 + 2,
        "within a sixth of the quarter of an hour until the prefecture is told"
    );
    assert_eq!(town.new_mails().await.len(), 1);
    town.minutes(5);
    assert_eq!(passes_on().await, 5);
    assert_eq!(town.new_mails().await.len(), 1);
    town.minutes(10);
    assert_eq!(passes_on().await, 0, "told a moment ago");
});

story!(whoever_falls_silent_is_seen_and_the_longest_first, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let silent = async |nurse: &StaffDesk| -> Vec<CaseId> {
        let list = worklist(nurse).await;
        let of = list.lists.into_iter().find(|l| l.list == List::Silent);
        of.unwrap()
            .items
            .into_iter()
            .map(|item| item.case)
            .collect()
    };
    // Nine in the morning: the deadline of ten has not come.
    sends(&desk, case, "37.0", "97").await;
    assert!(silent(&nurse).await.is_empty());
    town.minutes(24 * 60 + 30);
    assert!(
        silent(&town.nurse().await).await.is_empty(),
        "until ten there is time"
    );
    town.minutes(60);
    assert_eq!(silent(&town.nurse().await).await, [case]);
    sends(&desk, case, "37.0", "97").await;
    assert!(silent(&town.nurse().await).await.is_empty());
    // Whoever is in hospital need not report; whoever is released is not followed.
    town.days(3);
    let nurse = town.nurse().await;
    assert_eq!(silent(&nurse).await, [case]);
    let decide = async |status: &str, reason: &str, version: i32| {
        let typed = TypedDecision {
            status: status.to_owned(),
            reason: reason.to_owned(),
            version,
            ..TypedDecision::default()
        };
        town.nurse().await.decide(case, &typed).await.unwrap()
    };
    assert_eq!(decide("hospital", "", 1).await, Decide::Decided);
    assert!(silent(&nurse).await.is_empty());
    assert_eq!(
        decide("home", "", 1).await,
        Decide::ChangedMeanwhile,
        "somebody else was faster"
    );
    assert_eq!(
        decide("released", "Well for three days", 2).await,
        Decide::Problems(vec!["status"]),
        "a release keeps the calculation, and so has a page of its own"
    );
    let nurse = town.nurse().await;
    let mut typed = TypedRelease {
        version: 2,
        ..TypedRelease::default()
    };
    let reasonless = nurse.release(case, &typed).await.unwrap();
    assert!(matches!(reasonless, Release::Problems(fields) if fields == ["reason"]));
    typed.reason = "Well for three days".to_owned();
    for (wrong, why) in [
        ("2030-01-01T10:00", "improved_in_future"),
        ("2020-01-01T10:00", "improved_before_ill"),
        ("yesterday", "improved_at"),
    ] {
        let typed = TypedRelease {
            improved_at: wrong.to_owned(),
            ..typed.clone()
        };
        let refused = nurse.release(case, &typed).await.unwrap();
        assert!(matches!(refused, Release::Problems(fields) if fields == [why]));
    }
    for (wrong, why) in [
        ("2026-11-20 2030-01-01", "tests_in_future"),
        ("2020-01-01", "tests_before_ill"),
        ("20 November", "negative_tests"),
    ] {
        let typed = TypedRelease {
            negative_tests: wrong.to_owned(),
            ..typed.clone()
        };
        let refused = nurse.release(case, &typed).await.unwrap();
        assert!(matches!(refused, Release::Problems(fields) if fields == [why]));
    }
    let released = nurse.release(case, &typed).await.unwrap();
    assert!(matches!(released, Release::Released));
    // Whoever comes second adds no decision beside the one that stands, whatever version the page was of.
    let following = nurse.following_of(case).await.unwrap().unwrap();
    for version in [typed.version, following.monitoring.version] {
        let typed = TypedRelease {
            reason: "once more".to_owned(),
            version,
            ..typed.clone()
        };
        let again = nurse.release(case, &typed).await.unwrap();
        assert!(matches!(again, Release::NotFollowed));
    }
    let after = nurse.following_of(case).await.unwrap().unwrap();
    assert_eq!(after.corrections.len(), following.corrections.len());
    let list = worklist(&nurse).await;
    let open = list.lists.iter().find(|l| l.list == List::Open).unwrap();
    assert_eq!(open.count, 0);
});

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

story!(the_worklist_notices_what_another_process_wrote, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let mut watch = nurse.watch(None).await.unwrap().unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    watch.borrow_and_update();
    // The town's second process.
    town.restart().await;
    town.later(jiff::SignedDuration::from_secs(1));
    let session = town.signed_in("a@example.org").await;
    sends(&session, case, "36.5", "98").await;
    tokio::time::timeout(std::time::Duration::from_secs(2), watch.changed())
        .await
        .expect("within two seconds")
        .unwrap();
    drop(desk);
});

story!(
    an_alert_that_nobody_takes_reaches_whoever_wishes_short_messages,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        assert!(!nurse.set_my_phone("03-1234-5678", true).await.unwrap());
        assert!(nurse.set_my_phone("０９０-1111-2222", true).await.unwrap());
        let other = second_nurse(&town).await;
        assert!(other.set_my_phone("090-1111-3333", false).await.unwrap());
        sends(&desk, case, "38.5", "91").await;
        town.new_mails().await;
        let system = town.app.system_desk();
        town.minutes(6);
        system.pass_alerts_on().await.unwrap();
        let first = town.new_mails().await;
        assert_eq!(first.len(), 2, "mails to both, no short message yet");
        town.minutes(15);
        system.pass_alerts_on().await.unwrap();
        let second = town.new_mails().await;
        let messages: Vec<_> = second.iter().filter(|m| m.starts_with("SMS")).collect();
        assert_eq!(messages.len(), 1, "{second:?}");
        assert!(messages[0].starts_with("SMS to: +819011112222\n"));
        for secret in ["花子", "Hanako", "COVID", "コロナ", "91"] {
            let text = messages[0].split_once('\n').unwrap().1;
            assert!(!text.contains(secret), "{secret}");
        }
    }
);

story!(
    an_alert_that_was_taken_and_left_lying_is_told_again,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let second = second_nurse(&town).await;
        sends(&desk, case, "38.5", "91").await;
        let nurse = town.nurse().await;
        nurse.take_alert(only_alert(&nurse).await.id).await.unwrap();
        town.new_mails().await;
        let system = town.app.system_desk();
        town.minutes(44);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 0);
        assert!(!only_alert(&nurse).await.is_overdue);
        town.minutes(2);
        assert!(only_alert(&nurse).await.is_overdue);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
        let mails = town.new_mails().await;
        assert_eq!(mails.len(), 2, "whoever has it, and the colleague");
        assert!(
            mails
                .iter()
                .any(|mail| mail.contains("mika@center.example"))
        );
        assert!(mails[0].contains("46"), "{}", mails[0]);
        let alert = only_alert(&nurse).await;
        assert_eq!((alert.is_overdue, alert.told), (true, Some(2)));
        assert_eq!(
            alert.taken_by.as_deref(),
            Some("Nurse"),
            "it is not taken away"
        );
        // A call that nobody answered is a word: the clock begins anew.
        let call = TypedContact {
            outcome: "no_answer".to_owned(),
            ..TypedContact::default()
        };
        second.add_contact(case, &call).await.unwrap();
        assert!(!only_alert(&nurse).await.is_overdue);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 0);
        town.minutes(45);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
        town.minutes(45);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1, "and again");
        let alert = only_alert(&nurse).await;
        let done = nurse
            .finish_alert(alert.id, alert.version, &reached("Sleeping, well"))
            .await;
        assert_eq!(done.unwrap(), FinishAlert::Done(case));
        town.minutes(600);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 0);
    }
);

story!(
    whoever_lets_an_alert_lie_alone_at_night_is_not_the_only_one_told,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let places = town.app.system_desk().places().await.unwrap();
        let of = |p: &&app::jurisdiction::Place| p.kind == JurisdictionKind::Prefecture;
        let prefecture = places.iter().find(of).unwrap().id;
        let role = StaffRole::PrefectureOfficer;
        town.hires("officer@pref.example", role, prefecture).await;
        sends(&desk, case, "38.5", "91").await;
        let nurse = town.nurse().await;
        nurse.take_alert(only_alert(&nurse).await.id).await.unwrap();
        town.new_mails().await;
        town.minutes(46);
        let system = town.app.system_desk();
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
        let mails = town.new_mails().await;
        assert!(
            mails
                .iter()
                .any(|mail| mail.contains("officer@pref.example")),
            "nobody but the nurse who has it was told: {mails:?}"
        );
    }
);

story!(
    a_center_that_cannot_be_told_does_not_keep_the_prefecture_waiting,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let places = town.app.system_desk().places().await.unwrap();
        let prefecture = places
            .iter()
            .find(|place| place.kind == JurisdictionKind::Prefecture)
            .unwrap()
            .id;
        town.hires(
            "officer@pref.example",
            StaffRole::PrefectureOfficer,
            prefecture,
        )
        .await;
        // The only one at the center has not taken the invitation up.
        let place = places
            .iter()
            .find(|place| place.kind == JurisdictionKind::HealthCenter);
        let place = place.unwrap().id;
        let db = town.database().await;
        let staff = db
            .write(move |tx| {
                let staff = storage::staff::at_place(tx, place)?.remove(0).id;
                storage::staff::forget_password(tx, staff)?;
                Ok(staff)
            })
            .await
            .unwrap();
        sends(&desk, case, "38.5", "91").await;
        town.new_mails().await;
        let system = town.app.system_desk();
        town.minutes(5);
        system.pass_alerts_on().await.unwrap();
        let mails = town.new_mails().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert!(mails[0].contains("officer@pref.example"));
        assert_eq!(only_alert(&nurse).await.told, Some(1));
        // Whoever signs in through an identity provider has no password, and is told like anybody else.
        db.write(move |tx| storage::staff::set_subject(tx, staff, b"subject"))
            .await
            .unwrap();
        town.minutes(30);
        system.pass_alerts_on().await.unwrap();
        let mails = town.new_mails().await;
        assert!(
            mails
                .iter()
                .any(|mail| mail.contains("nurse@center.example")),
            "{mails:?}"
        );
        assert_eq!(only_alert(&nurse).await.told, Some(2));
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

story!(whoever_reports_by_phone_and_falls_silent_is_missed, town, {
    let id = town.hanako().await;
    let nurse = town.nurse().await;
    let case = nurse.cases(&id, 0).await.unwrap().0[0].member.case;
    let never = town
        .case(
            "見本 次郎,ミホン ジロウ,Mihon Jiro,1990-01-02,09055556666,ja,2026-11-20,2026-11-18,,,",
        )
        .await;
    let never = nurse.cases(&never, 0).await.unwrap().0[0].member.case;
    let shown = nurse.report_form_for(case).await.unwrap().unwrap();
    let raw = domain::status_report::RawReport {
        temperature: "37.0".to_owned(),
        spo2: "97".to_owned(),
        symptoms: shown.stored.questionnaire.calm_words(),
        ..domain::status_report::RawReport::default()
    };
    nurse
        .report_for(case, shown.key, "phone", &raw)
        .await
        .unwrap();
    town.days(5);
    let nurse = town.nurse().await;
    let list = worklist(&nurse).await;
    let of = |wanted: List| -> Vec<CaseId> {
        let list = list.lists.iter().find(|of| of.list == wanted).unwrap();
        assert_eq!(usize::try_from(list.count).unwrap(), list.items.len());
        list.items.iter().map(|item| item.case).collect()
    };
    assert_eq!(of(List::Silent), [case]);
    let mut nobody_signed_up = of(List::NoAccount);
    nobody_signed_up.sort();
    let mut both = [case, never];
    both.sort();
    assert_eq!(nobody_signed_up, both);
});

story!(the_worklist_says_who_was_called_in_vain, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    let nurse = town.nurse().await;
    let item = async || worklist(&nurse).await.alerts.remove(0).1;
    assert!(item().await.called.is_none());
    let call = async |outcome: &str, note: &str| {
        let typed = TypedContact {
            outcome: outcome.to_owned(),
            note: note.to_owned(),
            ..TypedContact::default()
        };
        town.minutes(5);
        nurse.add_contact(case, &typed).await.unwrap();
    };
    call("no_answer", "").await;
    call("message_left", "").await;
    call("note", "The neighbour says she is at home").await;
    let tried = item().await;
    assert_eq!(tried.unanswered, 2);
    let (at, outcome) = tried.called.unwrap();
    assert_eq!(outcome, domain::monitoring::ContactOutcome::MessageLeft);
    assert_eq!(
        town.app.clock.now().duration_since(at).as_mins(),
        5,
        "a note is no call"
    );
    call("reached", "Well").await;
    let reached = item().await;
    assert_eq!(reached.unanswered, 0);
    assert_eq!(
        reached.called.unwrap().1,
        domain::monitoring::ContactOutcome::Reached
    );
});

story!(
    a_prefecture_hears_what_happens_at_any_of_its_centers,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let places = town.app.system_desk().places().await.unwrap();
        let of = |p: &&app::jurisdiction::Place| p.kind == JurisdictionKind::Prefecture;
        let prefecture = places.iter().find(of).unwrap().id;
        let officer = town
            .hires(
                "officer@pref.example",
                StaffRole::PrefectureOfficer,
                prefecture,
            )
            .await;
        let mut all = officer.watch_all().await.unwrap();
        assert_eq!(all.len(), 1);
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        all[0].borrow_and_update();
        town.later(jiff::SignedDuration::from_secs(1));
        sends(&desk, case, "36.5", "98").await;
        tokio::time::timeout(std::time::Duration::from_secs(2), all[0].changed())
            .await
            .expect("within two seconds")
            .unwrap();
    }
);

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

story!(a_center_says_in_its_own_words_that_an_alert_lies, town, {
    let nurse = town.nurse().await;
    let kind = RuleKind::Messages;
    let programme = app::programme::PROGRAMME;
    let today = nurse.rules_today().await.unwrap();
    let stands = nurse.rule_on(kind, programme, today).await.unwrap();
    let fields = [
        (
            "alert_taken_mail_subject.ja".to_owned(),
            "{{ center }}：{{ minutes }}分記録なし".to_owned(),
        ),
        ("alert_waits_mail.ja".to_owned(), String::new()),
    ];
    let own = Typed {
        silences: String::new(),
        programme: String::new(),
        text: apply(kind, &stands.unwrap().file.text, &fields).unwrap(),
        valid_from: "2026-11-23".to_owned(),
        why: "Shorter".to_owned(),
    };
    match nurse.preview_rule(kind, &own).await.unwrap() {
        Ok((_, Preview::Messages(samples))) => {
            let is_own = |s: &&app::rules::preview::SampleText| {
                s.name == MessageName::AlertTakenMailSubject && s.language == Language::Ja
            };
            let sample = samples.iter().find(is_own);
            assert_eq!(sample.unwrap().after, "Minato：60分記録なし");
        }
        _ => panic!("no preview"),
    }
    assert!(matches!(
        nurse.change_rule(kind, &own).await.unwrap(),
        ChangeRule::Saved
    ));
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    town.new_mails().await;
    town.minutes(6);
    let system = town.app.system_desk();
    assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
    let mails = town.new_mails().await;
    assert!(
        mails[0].contains("Subject: 未対応のアラートがあります（6分経過）"),
        "{mails:?}"
    );
    // What the center left out is said in the words of the release, with the way to the case.
    assert!(mails[0].contains("まだ誰も対応していません"), "{mails:?}");
    assert!(mails[0].contains(&format!("/cases/{case}")), "{mails:?}");
    nurse.take_alert(only_alert(&nurse).await.id).await.unwrap();
    town.minutes(46);
    assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
    let mails = town.new_mails().await;
    assert!(
        mails[0].contains("Subject: Minato：46分記録なし"),
        "{mails:?}"
    );
});

story!(an_alert_of_somebody_who_was_shut_out_waits_again, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    let (nurse, mika) = (town.nurse().await, second_nurse(&town).await);
    let place = NewStaff::place_of(nurse.health_center().await.unwrap().id);
    let chief = town
        .hires("chief@center.example", StaffRole::Administrator, place)
        .await;
    let system = town.app.system_desk();
    // Shut out, and given a role that follows nobody: the same.
    for (shut_out, role) in [(true, StaffRole::Nurse), (false, StaffRole::Clerk)] {
        let alert = only_alert(&nurse).await;
        let mika = match shut_out {
            true => town.staff("mika@center.example").await,
            false => mika.clone(),
        };
        mika.take_alert(alert.id).await.unwrap();
        system.pass_alerts_on().await.unwrap();
        town.minutes(1);
        let seen = chief.colleague(mika.id()).await.unwrap().unwrap();
        chief
            .change_staff(mika.id(), role, shut_out, seen.version)
            .await
            .unwrap();
        let alert = only_alert(&nurse).await;
        assert_eq!(alert.taken_by, None, "nobody has it");
        assert_eq!(alert.taken_before_by.as_deref(), Some("mika"));
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1, "told at once");
        let seen = chief.colleague(mika.id()).await.unwrap().unwrap();
        chief
            .change_staff(mika.id(), StaffRole::Nurse, false, seen.version)
            .await
            .unwrap();
    }
    let lines = nurse.audit_of_case(case, 50).await.unwrap();
    let taken_away: Vec<_> = lines
        .iter()
        .filter(|line| line.action == "alert.taken_away")
        .map(|line| {
            (
                line.name.as_deref().unwrap_or_default(),
                line.details.as_str(),
            )
        })
        .collect();
    assert_eq!(taken_away, [("chief", "mika"), ("chief", "mika")]);
});

story!(a_colleague_takes_an_alert_over, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    let (nurse, mika) = (town.nurse().await, second_nurse(&town).await);
    let free = only_alert(&nurse).await;
    mika.take_alert(free.id).await.unwrap();
    let seen = only_alert(&nurse).await;
    // Whoever looked before Mika had it has not seen that she does.
    assert_eq!(
        nurse.take_alert_over(free.id, free.version).await.unwrap(),
        TakeAlert::TakenByOther(case, "mika".to_owned())
    );
    assert_eq!(
        nurse.take_alert_over(seen.id, seen.version).await.unwrap(),
        TakeAlert::Taken(case)
    );
    let alert = only_alert(&nurse).await;
    assert!(alert.is_mine);
    assert_eq!(alert.taken_before_by.as_deref(), Some("mika"));
    let lines = nurse.audit_of_case(case, 50).await.unwrap();
    assert!(lines.iter().any(|line| line.action == "alert.taken_over"
        && line.name.as_deref() == Some("Nurse")
        && line.details == "mika"));
});

story!(nobody_is_released_past_an_open_alert_by_oversight, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    let nurse = town.nurse().await;
    let mut typed = TypedRelease {
        reason: "Well for three days".to_owned(),
        version: nurse
            .following_of(case)
            .await
            .unwrap()
            .unwrap()
            .monitoring
            .version,
        ..TypedRelease::default()
    };
    let asked = nurse.release(case, &typed).await.unwrap();
    assert!(matches!(asked, Release::AlertIsOpen));
    typed.despite_alert = true;
    let released = nurse.release(case, &typed).await.unwrap();
    assert!(matches!(released, Release::Released));
});

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
    let local = measured.to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
    let (key, mut raw) = form(&desk, case, "38.5", "91").await;
    raw.measured_at = local.strftime("%Y-%m-%dT%H:%M").to_string();
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
    whoever_reached_nobody_ends_no_alert_and_calls_again,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "83").await;
        let nurse = town.nurse().await;
        let tried = |outcome: &str, next: &str| TypedContact {
            outcome: outcome.to_owned(),
            note: "Nobody there".to_owned(),
            next_call_at: next.to_owned(),
            ..TypedContact::default()
        };
        let due = async || {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            let now = town.app.clock.now();
            let next = following.monitoring.next_call_at?;
            Some(next.duration_since(now).as_mins())
        };
        for outcome in ["no_answer", "wrong_number", "message_left"] {
            let alert = only_alert(&nurse).await;
            let came = nurse
                .finish_alert(alert.id, alert.version, &tried(outcome, ""))
                .await;
            assert_eq!(came.unwrap(), FinishAlert::Tried(case), "{outcome}");
            let alert = only_alert(&nurse).await;
            assert!(alert.is_mine, "whoever calls has it");
            assert_eq!(due().await, Some(15));
        }
        let contacts = nurse.following_of(case).await.unwrap().unwrap().contacts;
        assert_eq!(contacts.len(), 3, "each attempt is written down");
        assert!(contacts.iter().all(|line| !line.ended_alert));
        // A wrong year would be nobody's call; neither would next month, for an emergency.
        let alert = only_alert(&nurse).await;
        for (next, problem) in [
            ("2099-01-01T10:00", "next_call_alert"),
            ("2026-11-25T10:00", "next_call_alert"),
            ("2026-01-01T10:00", "next_call_at"),
        ] {
            let typed = tried("no_answer", next);
            let came = nurse.finish_alert(alert.id, alert.version, &typed).await;
            assert_eq!(
                came.unwrap(),
                FinishAlert::Problems(case, vec![problem]),
                "{next}"
            );
            let added = nurse.add_contact(case, &typed).await.unwrap();
            assert_eq!(added, AddContact::Problems(vec![problem]), "{next}");
        }
        let version = nurse.following_of(case).await.unwrap().unwrap();
        let decided = TypedDecision {
            status: "home".to_owned(),
            next_call_at: "2099-01-01T10:00".to_owned(),
            version: version.monitoring.version,
            ..TypedDecision::default()
        };
        let refused = Decide::Problems(vec!["next_call_alert"]);
        assert_eq!(nurse.decide(case, &decided).await.unwrap(), refused);
        // Somebody spoke with her: it ends, and then a call may lie further ahead, but not years.
        let talked = TypedContact {
            next_call_at: "2099-01-01T10:00".to_owned(),
            ..reached("An ambulance took her")
        };
        let came = nurse.finish_alert(alert.id, alert.version, &talked).await;
        let late = FinishAlert::Problems(case, vec!["next_call_late"]);
        assert_eq!(came.unwrap(), late);
        let talked = TypedContact {
            next_call_at: "2026-11-30T10:00".to_owned(),
            ..talked
        };
        let version = only_alert(&nurse).await.version;
        let came = nurse.finish_alert(alert.id, version, &talked).await;
        assert_eq!(came.unwrap(), FinishAlert::Done(case));
        // Without an alert nobody is left without a call either.
        nurse
            .add_contact(case, &tried("no_answer", ""))
            .await
            .unwrap();
        assert_eq!(due().await, Some(120));
    }
);

story!(
    nobody_dies_or_comes_to_hospital_past_an_alert_that_nobody_has_looked_at,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "91").await;
        let nurse = town.nurse().await;
        let alert = only_alert(&nurse).await;
        let decide = async |status: &str, open_alert: &str, seen: &str, reason: &str| {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            let typed = TypedDecision {
                status: status.to_owned(),
                reason: reason.to_owned(),
                version: following.monitoring.version,
                open_alert: open_alert.to_owned(),
                alert_seen: seen.to_owned(),
                ..TypedDecision::default()
            };
            nurse.decide(case, &typed).await.unwrap()
        };
        let status = async || {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            following.monitoring.status.word()
        };
        let seen = alert.state();
        assert_eq!(decide("hospital", "", "", "").await, Decide::AlertIsOpen);
        assert_eq!(
            decide("died", "leave", "", "He died").await,
            Decide::AlertIsOpen
        );
        // Who is asked for a reason is asked that, too, in one go.
        assert_eq!(
            decide("died", "", "", "").await,
            Decide::Problems(vec!["reason", "open_alert"])
        );
        // A hotel is no reason to ask: the person is followed as before.
        assert_eq!(decide("hotel", "", "", "").await, Decide::Decided);
        // Whoever ends it says what was done.
        let wordless = decide("hospital", "end", &seen, " ").await;
        assert_eq!(wordless, Decide::Problems(vec!["alert_reason"]));
        // A further report comes while the form is filled in: it has not been looked at.
        town.minutes(1);
        sends(&desk, case, "38.5", "89").await;
        let late = decide("hospital", "end", &seen, "Taken along").await;
        assert_eq!(late, Decide::AlertIsOpen);
        assert_eq!(status().await, "hotel", "nothing was done");
        // Left open, it stays on top for whoever sees to it.
        let seen = only_alert(&nurse).await.state();
        let left = decide("hospital", "leave", &seen, "").await;
        assert_eq!(left, Decide::Decided);
        assert_eq!(only_alert(&nurse).await.state(), seen);
        // Ended with the reason, it is a line among the calls.
        let done = decide("died", "end", &seen, "He died on the way").await;
        assert_eq!(done, Decide::Decided);
        assert!(worklist(&nurse).await.alerts.is_empty());
        let following = nurse.following_of(case).await.unwrap().unwrap();
        assert_eq!(following.monitoring.status.word(), "died");
        let line = &following.contacts[0];
        assert!(line.ended_alert && line.note.expose() == "He died on the way");
        let audit = nurse.audit_of_case(case, 50).await.unwrap();
        assert!(audit.iter().any(|line| line.action == "alert.done"));
    }
);
