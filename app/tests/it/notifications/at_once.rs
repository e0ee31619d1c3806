//! Whoever needs somebody at once comes first, and is told of like an alert.

use super::{alert, center_place, clinic, confirms, enters, ken};
use crate::story;
use app::alerts::{FinishAlert, TakeAlert};
use app::call_back::{AskCallBack, TypedCallBack};
use app::case_registration::{CaseField, CaseProblem, Sure};
use app::contact_log::TypedContact;
use app::correction::CorrectPerson;
use app::line_list::{Column, Export, Format, Whom, Wished};
use app::notification::{Confirm, TypedAnswers};
use domain::course::Why;
use domain::staff_role::{JurisdictionKind, StaffRole};
use domain::urgency::Level;

story!(whoever_needs_oxygen_comes_first, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    enters(&clinic, &ken()).await;
    town.minutes(5);
    let mut typed = ken();
    typed.insert("name".to_owned(), "鈴木 ふみ".to_owned());
    typed.insert("needs_oxygen".to_owned(), "yes".to_owned());
    let pressing = enters(&clinic, &typed).await;
    let list = nurse.notifications(true, 0).await.unwrap();
    assert_eq!((list[0].id, list[0].is_pressing), (pressing, true));
    assert!(!list[1].is_pressing);
});

story!(whoever_sends_help_knows_where_the_person_is, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    let mut typed = ken();
    typed.insert("stays_elsewhere".to_owned(), "yes".to_owned());
    typed.insert("whereabouts".to_owned(), "娘の家、品川区".to_owned());
    let case = confirms(&nurse, enters(&clinic, &typed).await).await;
    let officer = town.officer().await;
    for desk in [&nurse, &officer, &clinic] {
        let place = desk.address_of(case).await.unwrap();
        assert_eq!(place.address.unwrap().expose(), "東京都港区芝公園1-2-3");
        assert_eq!(place.whereabouts.unwrap().expose(), "娘の家、品川区");
    }
    // It stands in the line list, where it is chosen.
    let exported = async || {
        let wished = Wished {
            columns: vec![Column::HersysId, Column::Address, Column::Whereabouts],
            only_open: true,
            whom: Whom::Cases,
            programme: String::new(),
            format: Format::CsvUtf8,
            reason: "For the ambulance".to_owned(),
            losses_are_fine: false,
        };
        let words = i18n::words(domain::language::Language::Ja);
        match nurse.export(&wished, words).await.unwrap() {
            Export::File(file, 1) => std::io::read_to_string(file).unwrap(),
            _ => panic!("no file of one"),
        }
    };
    let list = exported().await;
    assert!(
        list.contains("住所") && list.contains("東京都港区芝公園1-2-3,娘の家、品川区"),
        "{list}"
    );
    // It is corrected like all that is known of a person; the old one stays readable with the reason.
    let mut form = nurse.person_form(case).await.unwrap().unwrap();
    form.typed.address = "あ".repeat(301);
    let refused = nurse
        .correct_person(case, &form.typed, "He phoned", form.version)
        .await
        .unwrap();
    assert!(matches!(refused, CorrectPerson::Problems(all, false)
        if all == [(CaseField::Address, CaseProblem::AddressTooLong)]));
    form.typed.address = "  東京都渋谷区\n神南1-1 ".to_owned();
    let corrected = nurse
        .correct_person(case, &form.typed, "He moved", form.version)
        .await
        .unwrap();
    assert!(matches!(corrected, CorrectPerson::Corrected));
    let place = officer.address_of(case).await.unwrap();
    assert_eq!(place.address.unwrap().expose(), "東京都渋谷区 神南1-1");
    assert!(exported().await.contains("東京都渋谷区 神南1-1"));
    let lines = nurse.following_of(case).await.unwrap().unwrap().corrections;
    assert_eq!(lines[0].before[0].1.expose(), "東京都港区芝公園1-2-3");
    let opened = nurse.audit_of_case(case, 50).await.unwrap();
    let line = opened.iter().find(|l| l.action == "case.corrected");
    assert_eq!(line.unwrap().details, "address", "names, never values");
    // The clinic reads what it told, not what the center found out.
    let told = clinic.address_of(case).await.unwrap().address.unwrap();
    assert_eq!(told.expose(), "東京都港区芝公園1-2-3");
});

story!(who_needs_somebody_at_once_is_told_of_like_an_alert, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    let prefecture = {
        let places = town.app.system_desk().places().await.unwrap();
        let of = |p: &&app::jurisdiction::Place| p.kind == JurisdictionKind::Prefecture;
        places.iter().find(of).unwrap().id
    };
    let officer = StaffRole::PrefectureOfficer;
    town.hires("officer@pref.example", officer, prefecture)
        .await;
    enters(&clinic, &ken()).await;
    let mut typed = ken();
    typed.insert("name".to_owned(), "鈴木 ふみ".to_owned());
    typed.insert("needs_oxygen".to_owned(), "yes".to_owned());
    let pressing = enters(&clinic, &typed).await;
    town.new_mails().await;
    let system = town.app.system_desk();
    assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
    town.minutes(5);
    let (a, b) = tokio::join!(
        system.pass_notifications_on(),
        system.pass_notifications_on()
    );
    assert_eq!(a.unwrap() + b.unwrap(), 1, "once, and not of who can wait");
    let mails = town.new_mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("nurse@center.example"));
    assert!(mails[0].contains(&pressing.to_string()), "{}", mails[0]);
    for secret in ["鈴木", "COVID", "コロナ", "酸素"] {
        assert!(!mails[0].contains(secret), "{secret} in {}", mails[0]);
    }
    town.minutes(15);
    assert_eq!(system.pass_notifications_on().await.unwrap(), 1);
    let mails = town.new_mails().await;
    let of_officer = mails.iter().find(|m| m.contains("officer@pref.example"));
    let of_officer = of_officer.expect("the prefecture is told");
    assert!(
        !of_officer.contains(&pressing.to_string()),
        "it reads no notifications: {of_officer}"
    );
    town.minutes(30);
    assert_eq!(
        system.pass_notifications_on().await.unwrap(),
        1,
        "and again"
    );
    // A question to the clinic, and its answer: the clock is that of the answer.
    nurse
        .send_notification_back(pressing, 1, "Where is she?")
        .await
        .unwrap();
    town.minutes(44);
    assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
    let clinic = town.staff("minato@clinic.example").await;
    clinic
        .correct_notification(pressing, 2, (&typed, "At home"), true)
        .await
        .unwrap();
    assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
    town.minutes(5);
    assert_eq!(system.pass_notifications_on().await.unwrap(), 1);
    let nurse = town.nurse().await;
    let done = nurse
        .confirm_notification(pressing, 3, Sure::Another, None)
        .await;
    assert!(matches!(done.unwrap(), Confirm::Confirmed(_)));
    town.minutes(600);
    assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
});

story!(
    a_question_about_whoever_needs_somebody_at_once_is_told_of_where_nobody_answers,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        // Longer there, and nobody is needed at once.
        let calm = enters(&clinic, &ken()).await;
        nurse
            .send_notification_back(calm, 1, "Which ward?")
            .await
            .unwrap();
        town.minutes(10);
        let pressing = enters(&clinic, &fumi()).await;
        nurse
            .send_notification_back(pressing, 1, "Where is she?")
            .await
            .unwrap();
        let asked = nurse.sent_back(1).await.unwrap();
        assert_eq!((asked.count, asked.lines[0].0.id), (2, pressing));
        town.new_mails().await;
        let system = town.app.system_desk();
        town.minutes(44);
        assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
        town.minutes(1);
        // Ever more seldom: somebody has looked at it.
        for wait in [45, 90] {
            assert_eq!(system.pass_notifications_on().await.unwrap(), 1);
            let mails = town.new_mails().await;
            let of_nurse = mails.iter().find(|m| m.contains("nurse@center.example"));
            let of_nurse = of_nurse.expect("the center is told");
            assert!(of_nurse.contains(&pressing.to_string()), "{of_nurse}");
            assert!(of_nurse.contains("照会"), "{of_nurse}");
            town.minutes(wait - 1);
            assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
            town.minutes(1);
        }
        // Whoever needs help is not kept waiting for the answer.
        let nurse = town.nurse().await;
        let done = nurse.confirm_notification(pressing, 2, Sure::Another, None);
        assert!(matches!(done.await.unwrap(), Confirm::Confirmed(_)));
        assert_eq!(nurse.sent_back(9).await.unwrap().count, 1);
        town.minutes(24 * 60);
        assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
    }
);

story!(
    many_who_need_somebody_at_once_are_told_of_in_one_message,
    town,
    {
        let clinic = clinic(&town, "minato").await;
        for name in [
            "鈴木 ふみ",
            "佐藤 まり",
            "高橋 けい",
            "田中 りか",
            "伊藤 さき",
        ] {
            let mut typed = fumi();
            typed.insert("name".to_owned(), name.to_owned());
            enters(&clinic, &typed).await;
        }
        town.new_mails().await;
        town.minutes(5);
        let system = town.app.system_desk();
        let (a, b) = tokio::join!(
            system.pass_notifications_on(),
            system.pass_notifications_on()
        );
        assert_eq!(a.unwrap() + b.unwrap(), 5);
        let mails = town.new_mails().await;
        assert_eq!(mails.len(), 1, "{mails:#?}");
        assert!(mails[0].contains("ほか4件"), "{}", mails[0]);
        assert!(mails[0].contains("/notifications\n"), "{}", mails[0]);
    }
);

story!(
    a_notification_that_came_while_the_clock_was_ahead_does_not_wait_for_that_day,
    town,
    {
        clinic(&town, "minato").await;
        town.days(2);
        let clinic = town.staff("minato@clinic.example").await;
        enters(&clinic, &fumi()).await;
        town.new_mails().await;
        let system = town.app.system_desk();
        town.days(-2);
        assert_eq!(system.pass_notifications_on().await.unwrap(), 1);
        assert_eq!(town.new_mails().await.len(), 1);
        assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
    }
);

story!(a_clerk_is_told_who_needs_somebody_at_once, town, {
    let (clinic, center) = (clinic(&town, "minato").await, center_place(&town).await);
    let clerk = town
        .hires("clerk@center.example", StaffRole::Clerk, center)
        .await;
    let first = enters(&clinic, &ken()).await;
    town.minutes(5);
    let pressing = enters(&clinic, &fumi()).await;
    let list = clerk.notifications(true, 0).await.unwrap();
    let order: Vec<_> = list
        .iter()
        .map(|line| (line.id, line.is_pressing))
        .collect();
    assert_eq!(order, [(pressing, true), (first, false)]);
    let found = clerk.notification(pressing).await.unwrap().unwrap();
    assert!(found.line.is_pressing);
    // Not why: that is an answer about health.
    assert!(!found.is_whole && !found.answers.expose().contains_key("needs_oxygen"));
    // An outside firm checks nothing.
    let firm = town
        .hires("firm@firm.example", StaffRole::Contractor, center)
        .await;
    let own = enters(&firm, &fumi()).await;
    let found = firm.notification(own).await.unwrap().unwrap();
    assert!(found.line.is_pressing, "what was typed is known");
});

/// Fumi, who needs oxygen.
pub(super) fn fumi() -> TypedAnswers {
    let mut typed = ken();
    typed.insert("name".to_owned(), "鈴木 ふみ".to_owned());
    typed.insert("needs_oxygen".to_owned(), "yes".to_owned());
    typed
}

/// Whether it says what the notification says.
fn says_oxygen(alert: &app::alerts::Alert) -> bool {
    let of = |why: &Why| match why {
        Why::Notified { answers } => answers
            .iter()
            .any(|(asked, _)| asked.in_language("en").contains("xygen")),
        _ => false,
    };
    alert.reasons.iter().any(of)
}

story!(
    whoever_is_needed_at_once_is_needed_once_the_notification_is_confirmed,
    town,
    {
        let (clinic, center) = (clinic(&town, "minato").await, center_place(&town).await);
        let calm = enters(&clinic, &ken()).await;
        let pressing = enters(&clinic, &fumi()).await;
        town.minutes(3);
        let clerk = town
            .hires("clerk@center.example", StaffRole::Clerk, center)
            .await;
        confirms(&clerk, calm).await;
        let nurse = town.nurse().await;
        assert!(alert(&nurse).await.is_none());
        let case = confirms(&clerk, pressing).await;
        let open = alert(&nurse).await.expect("somebody must call");
        assert_eq!(
            (open.case, open.report, open.level),
            (case, None, Level::Alarming)
        );
        assert_eq!(open.minutes, 3, "since the notification waits");
        assert!(says_oxygen(&open), "{:?}", open.reasons);
        town.new_mails().await;
        town.minutes(5);
        let system = town.app.system_desk();
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
        let nurse = town.nurse().await;
        assert!(matches!(
            nurse.take_alert(open.id).await.unwrap(),
            TakeAlert::Taken(_)
        ));
        let open = alert(&nurse).await.unwrap();
        let done = TypedContact {
            outcome: "reached".to_owned(),
            note: "She is on her way to hospital".to_owned(),
            ..TypedContact::default()
        };
        let done = nurse.finish_alert(open.id, open.version, &done).await;
        assert_eq!(done.unwrap(), FinishAlert::Done(case));
        assert!(alert(&nurse).await.is_none());

        // Nobody need be called about a body.
        let mut typed = fumi();
        typed.insert("kind".to_owned(), "death".to_owned());
        let id = enters(&clinic, &typed).await;
        confirms(&nurse, id).await;
        assert!(alert(&nurse).await.is_none());
    }
);

story!(no_calm_report_ends_what_a_notification_says, town, {
    let clinic = clinic(&town, "minato").await;
    let (desk, case) = crate::reports::family(&mut town, "a@example.org").await;
    let id = enters(&clinic, &fumi()).await;
    let nurse = town.nurse().await;
    let done = nurse
        .confirm_notification(id, 1, Sure::Ask, Some(case))
        .await;
    assert!(matches!(done.unwrap(), Confirm::Confirmed(same) if same == case));
    let raised = alert(&nurse).await.unwrap();
    assert!(says_oxygen(&raised));
    // Her phone says nothing of answers that she did not give.
    assert!(desk.home().await.unwrap().alarms.is_empty());
    crate::reports::sends(&desk, case, "36.5", "98").await;
    assert_eq!(alert(&nurse).await.map(|open| open.id), Some(raised.id));
    let report = crate::reports::sends(&desk, case, "36.5", "90").await;
    let open = alert(&nurse).await.unwrap();
    assert_eq!(
        (open.id, open.report, open.times),
        (raised.id, Some(report), 1)
    );
    assert!(
        says_oxygen(&open) && open.reasons.len() > 1,
        "{:?}",
        open.reasons
    );
    assert_eq!(desk.home().await.unwrap().alarms.len(), 1);
    // A typing error was corrected: what the physician says stays.
    let (_, right) = crate::reports::form(&desk, case, "36.5", "98").await;
    let seen = nurse.report_of(case, report).await.unwrap().unwrap().1;
    let corrected = nurse
        .correct_report(case, report, &right, "98, not 90", seen.touched_at())
        .await;
    assert!(matches!(
        corrected.unwrap(),
        app::correction::CorrectReport::Corrected
    ));
    let open = alert(&nurse).await.unwrap();
    assert_eq!((open.id, open.report, open.times), (raised.id, None, 0));
    assert_eq!(open.reasons.len(), 1);
    assert!(says_oxygen(&open));
});

story!(whatever_several_say_of_one_person_is_told, town, {
    let center = center_place(&town).await;
    let clinics = [clinic(&town, "minato").await, clinic(&town, "ota").await];
    let (_, kept) = crate::reports::family(&mut town, "a@example.org").await;
    let (merged, _) = crate::merges::again(&town).await;
    let clerk = town
        .hires("clerk@center.example", StaffRole::Clerk, center)
        .await;
    let nurse = town.nurse().await;
    // Her daughter rings; then two clinics tell of her, the second of one and the other twice.
    let rings = async |case| {
        let word = TypedCallBack {
            key: clerk.new_form_key().to_string(),
            note: String::new(),
            worse: true,
        };
        let left = clerk.ask_call_back(case, &word).await;
        assert_eq!(left.unwrap(), AskCallBack::Left);
    };
    let tells = async |at: usize, needs: &str, case| {
        let mut typed = ken();
        typed.insert(needs.to_owned(), "yes".to_owned());
        let id = enters(&clinics[at], &typed).await;
        let done = clerk.confirm_notification(id, 1, Sure::Ask, Some(case));
        assert!(matches!(done.await.unwrap(), Confirm::Confirmed(_)));
    };
    let says = async || {
        let open = nurse.following_of(kept).await.unwrap().unwrap().alert;
        let reasons = open.unwrap().reasons;
        let notified = |why: &&Why| matches!(why, Why::Notified { .. });
        let notified = reasons.iter().filter(notified).count();
        (reasons.contains(&Why::AskedBack), notified, reasons.len())
    };
    rings(kept).await;
    assert_eq!(says().await, (true, 0, 1));
    town.minutes(3);
    tells(0, "needs_oxygen", kept).await;
    tells(0, "needs_oxygen", kept).await;
    assert_eq!(says().await, (true, 1, 2));
    tells(1, "needs_admission", kept).await;
    assert_eq!(says().await, (true, 2, 3));
    rings(kept).await;
    assert_eq!(says().await, (true, 2, 3), "said already");
    // Of her other record something else is told: it is known of both.
    let mut typed = ken();
    typed.insert("needs_oxygen".to_owned(), "yes".to_owned());
    typed.insert("needs_admission".to_owned(), "yes".to_owned());
    let id = enters(&clinics[0], &typed).await;
    let done = clerk.confirm_notification(id, 1, Sure::Ask, Some(merged));
    assert!(matches!(done.await.unwrap(), Confirm::Confirmed(_)));
    crate::merges::merges(&nurse, kept, merged).await;
    assert_eq!(says().await, (true, 3, 4));
    // They were two sisters: each has her own again, and what was told since stays where it was written.
    let mut typed = ken();
    typed.insert("severity".to_owned(), "severe".to_owned());
    let id = enters(&clinics[1], &typed).await;
    let done = clerk.confirm_notification(id, 1, Sure::Ask, Some(kept));
    assert!(matches!(done.await.unwrap(), Confirm::Confirmed(_)));
    assert_eq!(says().await, (true, 4, 5));
    nurse.unmerge_case(merged, "Two sisters").await.unwrap();
    assert_eq!(says().await, (true, 3, 4));
    let other = nurse.following_of(merged).await.unwrap().unwrap().alert;
    assert_eq!(other.unwrap().reasons.len(), 1);
});
