//! Silence makes urgent; and the morning after an outage is no flood of alerts.

use crate::reports::{family, sends};
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::contact_log::TypedContact;
use app::monitoring::WorkItem;
use app::worklist::{Filter, List, Worklist};
use domain::course::Why;
use domain::urgency::Level;
use jiff::SignedDuration;

/// Time goes by while the service runs: the timer looks every ten minutes.
async fn hours(town: &Town, hours: i64) -> usize {
    let mut raised = 0;
    for _ in 0..hours * 6 {
        town.later(SignedDuration::from_mins(10));
        raised += town.app.system_desk().watch_silence().await.unwrap();
    }
    raised
}

async fn worklist(nurse: &StaffDesk) -> Worklist {
    let found = nurse.worklist(None, Filter::default()).await.unwrap();
    found.unwrap()
}

async fn urgent(town: &Town) -> Vec<WorkItem> {
    let nurse = town.nurse().await;
    let lists = worklist(&nurse).await.lists;
    let found = lists.into_iter().find(|of| of.list == List::Urgent);
    found.unwrap().items
}

/// Something that a colleague writes about a person, and no word from them.
async fn notes_that_they_smoke(nurse: &StaffDesk, case: domain::ids::CaseId) {
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let typed = app::monitoring::TypedDecision {
        status: "home".to_owned(),
        risks: vec!["smoking".to_owned()],
        version: following.monitoring.version,
        ..app::monitoring::TypedDecision::default()
    };
    nurse.decide(case, &typed).await.unwrap();
}

fn is_silent(item: &WorkItem) -> bool {
    matches!(item.monitoring.reasons.first(), Some(Why::Silent { .. }))
}

/// Somebody beside Hanako, with an account of their own.
async fn grandfather(town: &mut Town) -> (app::PatientDesk, domain::ids::CaseId) {
    let id = town.case(TARO).await;
    signs_up(town, id).await
}

const TARO: &str = "山田 太郎,ヤマダ タロウ,,1945-02-03,09087654321,ja,2026-11-20,2026-11-18,,,";

async fn signs_up(town: &mut Town, id: String) -> (app::PatientDesk, domain::ids::CaseId) {
    let desk = town.account("b@example.org").await;
    let typed = app::attributes::Typed {
        name: "山田太郎".to_owned(),
        birth_year: "1945".to_owned(),
        birth_month: "2".to_owned(),
        birth_day: "3".to_owned(),
        phone: "090-8765-4321".to_owned(),
        hersys_id: id,
    };
    match crate::town::register(&desk, &typed).await {
        app::attributes::Registration::Registered(case) => (desk, case),
        other => panic!("{other:?}"),
    }
}

story!(
    whoever_falls_silent_becomes_more_urgent_and_a_report_ends_it,
    town,
    {
        let (young, hanako) = family(&mut town, "a@example.org").await;
        let (old, taro) = grandfather(&mut town).await;
        sends(&young, hanako, "36.5", "98").await;
        sends(&old, taro, "36.5", "96").await;
        assert_eq!(hours(&town, 25).await, 0);
        assert!(urgent(&town).await.is_empty());
        // The older one is at risk and counts as silent after 26 hours, the younger one after 30.
        assert_eq!(hours(&town, 2).await, 0);
        let seen = urgent(&town).await;
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].case, is_silent(&seen[0])), (taro, true));
        assert_eq!(seen[0].monitoring.urgency, Level::Watch);
        let Why::Silent {
            spo2, temperature, ..
        } = seen[0].monitoring.reasons[0]
        else {
            panic!("not silent");
        };
        assert_eq!((temperature, spo2), (Some(365), Some(96)));
        let age = Why::Age { years: 81 };
        assert!(seen[0].monitoring.reasons.contains(&age));
        assert_eq!(hours(&town, 4).await, 0);
        assert_eq!(urgent(&town).await.len(), 2);
        // After two days of nothing, the one at risk is an alert; a healthy young one is none.
        assert_eq!(hours(&town, 18).await, 1);
        let nurse = town.nurse().await;
        let alerts = worklist(&nurse).await.alerts;
        assert_eq!(alerts.len(), 1);
        let (alert, item) = &alerts[0];
        assert_eq!((item.case, alert.report), (taro, None));
        assert_eq!(alert.level, Level::Alarming);
        assert!(matches!(alert.reasons[0], Why::Silent { .. }));
        // The most urgent stands first.
        assert_eq!(urgent(&town).await[0].case, taro);
        // One silence is one alert, also after the rules had it looked at again.
        assert_eq!(hours(&town, 13).await, 0);
        sends(&old, taro, "36.4", "97").await;
        assert!(worklist(&nurse).await.alerts.is_empty());
        let left = urgent(&town).await;
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].case, hanako);
    }
);

story!(
    whoever_had_a_worrying_report_and_then_is_silent_is_an_alert,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.2", "95").await;
        assert_eq!(hours(&town, 47).await, 0);
        assert_eq!(hours(&town, 2).await, 1);
        let nurse = town.nurse().await;
        let (alert, _) = worklist(&nurse).await.alerts.remove(0);
        nurse.take_alert(alert.id).await.unwrap();
        // Somebody has it: a report does not end it without a word.
        sends(&desk, case, "36.5", "98").await;
        assert_eq!(worklist(&nurse).await.alerts.len(), 1);
        let version = worklist(&nurse).await.alerts[0].0.version;
        let word = TypedContact {
            outcome: "reached".to_owned(),
            note: "Had lost the phone".to_owned(),
            ..TypedContact::default()
        };
        nurse.finish_alert(alert.id, version, &word).await.unwrap();
        assert!(worklist(&nurse).await.alerts.is_empty());
    }
);

story!(a_call_that_reached_the_person_ends_a_silence, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "36.5", "98").await;
    hours(&town, 31).await;
    assert!(is_silent(&urgent(&town).await[0]));
    let nurse = town.nurse().await;
    let call = |outcome: &str| TypedContact {
        outcome: outcome.to_owned(),
        note: "At noon".to_owned(),
        ..TypedContact::default()
    };
    nurse.add_contact(case, &call("no_answer")).await.unwrap();
    hours(&town, 1).await;
    assert!(is_silent(&urgent(&town).await[0]));
    // What a colleague writes about the person is not a word from the person.
    notes_that_they_smoke(&nurse, case).await;
    assert!(is_silent(&urgent(&town).await[0]));
    nurse.add_contact(case, &call("reached")).await.unwrap();
    hours(&town, 1).await;
    assert!(urgent(&town).await.is_empty());
    // From the call on, silence counts anew.
    hours(&town, 28).await;
    assert!(urgent(&town).await.is_empty());
    hours(&town, 2).await;
    assert!(is_silent(&urgent(&town).await[0]));
});

story!(
    whoever_never_reported_is_silent_from_the_sign_up_on,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        hours(&town, 31).await;
        let seen = urgent(&town).await;
        assert_eq!((seen.len(), seen[0].case), (1, case));
        assert!(is_silent(&seen[0]));
    }
);

story!(the_morning_after_an_outage_is_no_flood_of_alerts, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.2", "95").await;
    hours(&town, 1).await;
    // The service stands still for two days, and nobody could report.
    town.days(2);
    town.restart().await;
    let system = town.app.system_desk();
    assert_eq!(system.watch_silence().await.unwrap(), 0);
    let seen = urgent(&town).await;
    assert!(is_silent(&seen[0]), "it is seen all the same");
    assert!(worklist(&town.nurse().await).await.alerts.is_empty());
    assert_eq!(hours(&town, 2).await, 0);
    // People had three hours to report.
    assert_eq!(hours(&town, 2).await, 1);
    let (_, item) = worklist(&town.nurse().await).await.alerts.remove(0);
    assert_eq!(item.case, case);
});

story!(
    who_reports_each_day_is_never_silent_and_then_in_time,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        for _ in 0..4 {
            sends(&desk, case, "36.5", "98").await;
            // They are looked at in between, thirty hours after an earlier report, and put off.
            assert_eq!(hours(&town, 24).await, 0);
            assert!(urgent(&town).await.is_empty());
        }
        sends(&desk, case, "36.5", "98").await;
        hours(&town, 29).await;
        assert!(urgent(&town).await.is_empty());
        hours(&town, 2).await;
        assert!(is_silent(&urgent(&town).await[0]));
    }
);

const JIRO: &str = "見本 次郎,ミホン ジロウ,,1990-01-02,09055556666,ja,2026-11-20,2026-11-18,,,";

/// Who has no account, as the worklist lists them.
async fn without_account(town: &Town) -> Vec<WorkItem> {
    let lists = worklist(&town.nurse().await).await.lists;
    let found = lists.into_iter().find(|of| of.list == List::NoAccount);
    found.unwrap().items
}

/// Whether somebody is urgent because nobody has ever reached them.
fn is_unreached(item: &WorkItem) -> bool {
    let why = item.monitoring.reasons.first();
    matches!(why, Some(Why::Silent { unreached, .. }) if *unreached)
}

fn call(outcome: &str) -> TypedContact {
    TypedContact {
        outcome: outcome.to_owned(),
        note: "At noon".to_owned(),
        ..TypedContact::default()
    }
}

story!(
    whoever_was_never_reached_becomes_urgent_and_at_risk_an_alert,
    town,
    {
        town.case(JIRO).await;
        let id = town.case(TARO).await;
        let officer = town.officer().await;
        let unreached = async || {
            let counts = officer.center_counts().await.unwrap();
            counts.iter().map(|of| of.unreached).sum::<i64>()
        };
        assert_eq!(unreached().await, 2);
        assert_eq!(hours(&town, 11).await, 0);
        assert!(urgent(&town).await.is_empty());
        // The older one is at risk: he is to be called first, and counts as silent after half a day.
        let listed = without_account(&town).await;
        let (taro, jiro) = (listed[0].case, listed[1].case);
        assert_eq!((listed[0].age, listed[0].is_unreached), (81, true));
        assert_eq!(hours(&town, 2).await, 0);
        let seen = urgent(&town).await;
        assert_eq!((seen.len(), seen[0].case), (1, taro));
        assert!(is_unreached(&seen[0]));
        assert_eq!(seen[0].monitoring.urgency, Level::Watch);
        // What a colleague writes is no word from the person, and a call in vain neither.
        let nurse = town.nurse().await;
        notes_that_they_smoke(&nurse, jiro).await;
        nurse.add_contact(taro, &call("no_answer")).await.unwrap();
        assert_eq!(hours(&town, 12).await, 1);
        let seen = urgent(&town).await;
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(is_unreached));
        let levels = [Level::Alarming, Level::Watch];
        let urgencies = [0, 1].map(|at| seen[at].monitoring.urgency);
        assert_eq!((seen[0].case, urgencies), (taro, levels));
        let nurse = town.nurse().await;
        let (alert, item) = worklist(&nurse).await.alerts.remove(0);
        assert_eq!((item.case, alert.level), (taro, Level::Alarming));
        assert_eq!(hours(&town, 12).await, 0, "one silence is one alert");
        // Whoever was reached is urgent no more, and is heard of by calls from then on.
        let nurse = town.nurse().await;
        nurse.add_contact(jiro, &call("reached")).await.unwrap();
        hours(&town, 1).await;
        assert_eq!(urgent(&town).await.len(), 1);
        let order: Vec<_> = without_account(&town).await;
        assert_eq!([order[0].case, order[1].case], [taro, jiro]);
        assert!(!order[1].is_unreached);
        let officer = town.staff("officer@pref.example").await;
        let counts = officer.center_counts().await.unwrap();
        assert_eq!(counts.iter().map(|of| of.unreached).sum::<i64>(), 1);
        hours(&town, 28).await;
        assert_eq!(urgent(&town).await.len(), 1);
        hours(&town, 2).await;
        let seen = urgent(&town).await;
        let again = seen.iter().find(|item| item.case == jiro).unwrap();
        assert!(is_silent(again) && !is_unreached(again));
        // Who signs up is heard of by that, and then by their reports.
        let (desk, same) = signs_up(&mut town, id).await;
        assert_eq!(same, taro);
        hours(&town, 1).await;
        assert!(urgent(&town).await.iter().all(|item| item.case == jiro));
        hours(&town, 30).await;
        let seen = urgent(&town).await;
        let again = seen.iter().find(|item| item.case == taro).unwrap();
        assert!(is_silent(again) && !is_unreached(again));
        sends(&desk, taro, "36.5", "98").await;
        assert!(worklist(&town.nurse().await).await.alerts.is_empty());
    }
);

story!(
    many_who_were_registered_in_one_morning_are_no_flood_of_alerts,
    town,
    {
        // All of them at risk, the last one the eldest.
        for n in 0..13 {
            let born = 1950 - n;
            let row = format!(
                "見本 太郎,ミホン タロウ,,{born}-01-02,090555500{n:02},ja,2026-11-20,2026-11-18,,,"
            );
            town.case(&row).await;
        }
        let room = usize::try_from(app::silence::ROOM).unwrap();
        assert_eq!(hours(&town, 25).await, room);
        let seen = urgent(&town).await;
        assert!(seen.iter().all(is_unreached));
        assert!(seen.iter().all(|i| i.monitoring.urgency == Level::Alarming));
        let alerts = worklist(&town.nurse().await).await.alerts;
        let youngest = alerts.iter().map(|(_, item)| item.age).min().unwrap();
        assert_eq!((alerts.len(), youngest), (room, 79), "the eldest first");
        assert_eq!(hours(&town, 2).await, 0, "nobody has taken one");
        // With each that is taken there is room for another one.
        let nurse = town.nurse().await;
        for (alert, _) in &alerts[..2] {
            nurse.take_alert(alert.id).await.unwrap();
        }
        assert_eq!(hours(&town, 1).await, 2);
        assert_eq!(hours(&town, 1).await, 0);
        let counts = worklist(&town.nurse().await).await.alert_counts;
        assert_eq!((counts.waiting, counts.taken), (app::silence::ROOM, 2));
    }
);

story!(
    whoever_a_clock_that_was_ahead_has_put_off_is_looked_at,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.2", "95").await;
        hours(&town, 1).await;
        let far = (town.clock.now() + SignedDuration::from_hours(24 * 400)).as_second();
        let database = town.database().await;
        database
            .write(move |tx| tx.execute("UPDATE monitoring SET silence_look_at = $1", &[&far]))
            .await
            .unwrap();
        hours(&town, 31).await;
        assert!(is_silent(&urgent(&town).await[0]));
    }
);

story!(
    whoever_was_heard_of_by_a_clock_that_was_ahead_is_missed_the_day_after,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        town.days(3);
        sends(&desk, case, "36.5", "98").await;
        town.days(-3);
        let heard_on = async || {
            let known = town.nurse().await.following_of(case).await;
            known.unwrap().unwrap().monitoring.heard_on
        };
        let today: jiff::civil::Date = "2026-11-23".parse().unwrap();
        // For three hours, in which nobody knows which clock is wrong, nothing is decided by one of them.
        hours(&town, 2).await;
        assert!(heard_on().await > today);
        hours(&town, 2).await;
        assert_eq!(heard_on().await, today);
        let member = desk.member(case).await.unwrap().unwrap();
        assert!(!member.has_reported_today(), "nobody knows");
        hours(&town, 24).await;
        let lists = worklist(&town.nurse().await).await.lists;
        let silent = lists.into_iter().find(|of| of.list == List::Silent);
        assert_eq!(silent.unwrap().items[0].case, case);
    }
);

story!(
    a_look_that_a_colleague_has_just_asked_for_is_not_put_off,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.2", "95").await;
        let later = town.clock.now() + SignedDuration::from_hours(720);
        let database = town.database().await;
        let row = database
            .read(move |tx| storage::silence::due(tx, later, 9))
            .await
            .unwrap()
            .remove(0);
        // Between the look and what it says a colleague writes something.
        town.minutes(1);
        notes_that_they_smoke(&town.nurse().await, case).await;
        let look_at = async || {
            let known = database.read(move |tx| storage::silence::known(tx, case));
            known.await.unwrap().look_at
        };
        let asked_for = look_at().await;
        let read_before = row.clone();
        database
            .write(move |tx| storage::silence::look_again(tx, &read_before, later))
            .await
            .unwrap();
        assert_eq!(look_at().await, asked_for);
        let row = storage::silence::QuietRow {
            changed_at: town.clock.now(),
            ..row
        };
        database
            .write(move |tx| storage::silence::look_again(tx, &row, later))
            .await
            .unwrap();
        assert_eq!(look_at().await.as_second(), later.as_second());
    }
);

story!(
    whoever_is_at_risk_is_first_among_those_to_call_from_the_beginning,
    town,
    {
        let order = async |town: &Town| -> Vec<String> {
            let items = without_account(town).await;
            items.into_iter().map(|one| one.hersys_id).collect()
        };
        let mut young = Vec::new();
        for n in 0..3 {
            let row = format!(
                "見本 {},,,1990-01-0{},0905555666{n},ja,2026-11-20,2026-11-18,,,",
                ["一", "二", "三"][n],
                n + 1
            );
            young.push(town.case(&row).await);
        }
        let old = town.case(TARO).await;
        // Nobody has looked yet, and the calling round begins.
        assert_eq!(order(&town).await[0], old);
        // A condition that is written down counts at once, and so does a birthdate that was wrong.
        let nurse = town.nurse().await;
        let case_of = async |id: &str| {
            let (views, _) = nurse.cases(id, 0).await.unwrap();
            views[0].member.case
        };
        notes_that_they_smoke(&nurse, case_of(&old).await).await;
        let following = nurse.following_of(case_of(&young[1]).await).await;
        let typed = app::monitoring::TypedDecision {
            status: "home".to_owned(),
            risks: vec!["diabetes".to_owned()],
            version: following.unwrap().unwrap().monitoring.version,
            ..app::monitoring::TypedDecision::default()
        };
        nurse
            .decide(case_of(&young[1]).await, &typed)
            .await
            .unwrap();
        let born = async |id: &str, day: &str| {
            let case = case_of(id).await;
            let mut form = nurse.person_form(case).await.unwrap().unwrap();
            form.typed.birthdate = day.to_owned();
            let done = nurse.correct_person(case, &form.typed, "She phoned", form.version);
            assert!(matches!(
                done.await.unwrap(),
                app::correction::CorrectPerson::Corrected
            ));
        };
        born(&young[2], "1940-01-03").await;
        born(&old, "1995-02-03").await;
        let shown = order(&town).await;
        assert!(
            shown[..2].contains(&young[1]) && shown[..2].contains(&young[2]),
            "{shown:?}"
        );
        assert_eq!(shown.len(), 4);
        // Looking an hour later changes nothing of that.
        hours(&town, 2).await;
        let later = order(&town).await;
        assert!(
            later[..2].contains(&young[1]) && later[..2].contains(&young[2]),
            "{later:?}"
        );
    }
);
