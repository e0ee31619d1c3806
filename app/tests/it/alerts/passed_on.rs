//! Of an alert that lies, ever more people are told: the center, whoever wishes short messages, the prefecture.

use super::{only_alert, reached, second_nurse, worklist};
use crate::reports::{family, sends};
use crate::story;
use app::alerts::FinishAlert;
use app::contact_log::TypedContact;
use app::rules::preview::Preview;
use app::rules::{ChangeRule, Typed};
use app::worklist::Filter;
use domain::language::Language;
use domain::message_texts::MessageName;
use domain::rules::{RuleKind, apply};
use domain::staff_role::JurisdictionKind;

story!(an_alert_that_nobody_takes_is_passed_on, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let officer = town.officer().await;
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
        town.officer().await;
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
        town.officer().await;
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

story!(
    a_prefecture_hears_what_happens_at_any_of_its_centers,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let officer = town.officer().await;
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

story!(
    a_phone_rings_in_the_words_of_the_release_where_those_of_ones_own_are_too_long,
    town,
    {
        let nurse = town.nurse().await;
        assert!(nurse.set_my_phone("090-1111-2222", true).await.unwrap());
        let kind = RuleKind::Messages;
        let today = nurse.rules_today().await.unwrap();
        let stands = nurse.rule_on(kind, app::programme::PROGRAMME, today).await;
        let stands = stands.unwrap().unwrap().file.text.clone();
        let with = |own: &str| {
            let fields = [("alert_waits_sms.ja".to_owned(), own.to_owned())];
            apply(kind, &stands, &fields).unwrap()
        };
        // Seventy characters with the minutes of the sample, and more as soon as it has waited long.
        let grows = with(&format!("{}{{{{ minutes }}}}", "長".repeat(68)));
        let typed = Typed {
            silences: String::new(),
            programme: String::new(),
            text: grows.clone(),
            valid_from: "2026-11-23".to_owned(),
            why: "Longer".to_owned(),
        };
        let ChangeRule::Problems(problems) = nurse.change_rule(kind, &typed).await.unwrap() else {
            panic!("saved");
        };
        assert!(
            problems[0].1.to_string().contains("networks take 70"),
            "{problems:?}"
        );
        let system = town.app.system_desk();
        let dated = |text: &str| domain::rules::dated(kind, text, today).unwrap();
        let how = app::rules::Loading::default();
        let grows = dated(&grows);
        let loaded = system.load_rules(&grows, (None, "Order"), how).await;
        let told = loaded.unwrap().unwrap_err();
        assert!(told.contains("networks take 70, at Minato"), "{told}");
        assert!(system.rule_list().await.unwrap().is_empty());
        // One that an installation has brought along since long ago.
        let long = dated(&with(&"長".repeat(80)));
        let begun = system.begin_with_rules(&long).await.unwrap();
        assert_eq!(begun.unwrap().new.len(), 1);
        // Whoever asks is told where that is so.
        let gateway = app::sms::SmsGateway::Folder(std::path::PathBuf::new());
        let urls = ("https://portal.example", "https://console.example");
        let database = town.database().await;
        let told = app::message_texts::that_do_not_fit(&database, &gateway, urls, town.clock.now());
        let told = told.await.unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].centers, ["Minato"]);
        assert_eq!(told[0].error.field(), "alert_waits_sms.ja");
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "91").await;
        town.minutes(6);
        let system = town.app.system_desk();
        system.pass_alerts_on().await.unwrap();
        town.new_mails().await;
        town.minutes(15);
        system.pass_alerts_on().await.unwrap();
        let told = town.new_mails().await;
        let rings = told
            .iter()
            .find(|one| one.starts_with("SMS to: +819011112222"));
        let rings = rings.expect("a phone rings");
        assert!(
            rings.contains("対応されていないアラートがあります"),
            "{rings}"
        );
    }
);
