//! What the center does with a notification: it is confirmed, asked about or set aside.

use super::{cases, center_place, clinic, confirms, enters, ken, waiting};
use crate::story;
use app::attributes::Registration;
use app::case_registration::Sure;
use app::notification::{Confirm, Notify, Settle, State};
use app::staff::NewStaff;
use app::worklist::Filter;
use domain::in_error::WhyNoCase;
use domain::staff_role::StaffRole;

story!(
    a_notification_counts_only_once_the_center_has_confirmed_it,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let id = enters(&clinic, &ken()).await;
        assert_eq!((waiting(&nurse).await, cases(&nurse).await), (1, 0));
        assert_eq!(cases(&clinic).await, 0);
        let found = nurse.notification(id).await.unwrap().unwrap();
        assert_eq!(found.line.age, Some(70));
        assert_eq!(found.line.place, "minato");
        assert_eq!(
            found.answers.expose().get("phone").map(String::as_str),
            Some("+819088887777")
        );
        let case = confirms(&nurse, id).await;
        assert_eq!((waiting(&nurse).await, cases(&nurse).await), (0, 1));
        let view = nurse.case(case).await.unwrap().unwrap();
        assert_eq!(view.names[0].1.expose(), "佐藤 健");
        let following = nurse.following_of(case).await.unwrap().unwrap();
        assert_eq!(following.monitoring.risks, ["diabetes"]);
        assert_eq!(nurse.notifications_of(case).await.unwrap().len(), 1);
        // A second click, and a second nurse, find the same case.
        let again = nurse
            .confirm_notification(id, 1, Sure::Another, None)
            .await
            .unwrap();
        assert!(matches!(again, Confirm::Confirmed(same) if same == case));
        assert_eq!(cases(&nurse).await, 1);
        // Who notified follows the patient; others do not.
        assert!(clinic.case(case).await.unwrap().is_some());
        let told = &clinic.notifications(false, 0).await.unwrap()[0];
        assert_eq!((told.state, told.case), (State::Confirmed, Some(case)));
        // What the center registered is what the person signs up with.
        let desk = town.account("ken@example.org").await;
        let typed = app::attributes::Typed {
            name: "サトウ ケン".to_owned(),
            birth_year: "1956".to_owned(),
            birth_month: "4".to_owned(),
            birth_day: "1".to_owned(),
            phone: "09088887777".to_owned(),
            hersys_id: view.member.hersys_id.clone(),
        };
        let registration = crate::town::register(&desk, &typed).await;
        assert!(matches!(registration, Registration::Registered { .. }));
    }
);

story!(a_question_goes_back_and_the_answer_comes_again, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    let mut typed = ken();
    typed.insert("phone".to_owned(), "0311112222".to_owned());
    let id = enters(&clinic, &typed).await;
    assert_eq!(
        nurse.send_notification_back(id, 1, " ").await.unwrap(),
        Settle::Reason
    );
    assert_eq!(
        nurse
            .send_notification_back(id, 1, "Nobody answers this number")
            .await
            .unwrap(),
        Settle::Done
    );
    assert_eq!(waiting(&nurse).await, 0);
    // A page from before the question confirms nothing.
    let refused = nurse
        .confirm_notification(id, 1, Sure::Another, None)
        .await
        .unwrap();
    assert!(matches!(refused, Confirm::ChangedMeanwhile));
    let found = clinic.notification(id).await.unwrap().unwrap();
    assert_eq!(found.line.state, State::SentBack);
    assert_eq!(found.steps[0].note.expose(), "Nobody answers this number");
    // Two at the clinic answer at once: the second one is told.
    let corrected = clinic
        .correct_notification(id, 2, (&ken(), ""), true)
        .await
        .unwrap();
    assert!(matches!(corrected, Notify::Entered(_)));
    let late = clinic
        .correct_notification(id, 2, (&ken(), ""), true)
        .await
        .unwrap();
    assert!(matches!(late, Notify::ChangedMeanwhile));
    assert_eq!(waiting(&nurse).await, 1);
    let found = nurse.notification(id).await.unwrap().unwrap();
    let was: Vec<(&str, &str)> = found.steps[0]
        .before
        .iter()
        .map(|(id, text)| (id.as_str(), text.expose().as_str()))
        .collect();
    assert_eq!(was, [("phone", "+81311112222")], "what stood before stays");
});

story!(
    a_question_is_answered_in_words_or_by_a_correction_and_by_nothing_else,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let id = enters(&clinic, &ken()).await;
        let asked = nurse.send_notification_back(id, 1, "Which floor?").await;
        assert_eq!(asked.unwrap(), Settle::Done);
        // Neither the form as it was nor a word too many: the question stands.
        let too_long = "x".repeat(2_001);
        for answer in ["", " \n ", &too_long] {
            let saved = clinic
                .correct_notification(id, 2, (&ken(), answer), true)
                .await
                .unwrap();
            assert!(matches!(saved, Notify::Unanswered));
        }
        let found = nurse.notification(id).await.unwrap().unwrap();
        assert_eq!((found.line.state, found.version), (State::SentBack, 2));
        let answered = clinic
            .correct_notification(id, 2, (&ken(), "The third"), true)
            .await
            .unwrap();
        assert!(matches!(answered, Notify::Entered(_)));
        assert_eq!(waiting(&nurse).await, 1);
        let found = nurse.notification(id).await.unwrap().unwrap();
        assert_eq!(found.line.state, State::Waiting);
        assert_eq!(found.steps[0].note.expose(), "The third");
        assert!(found.steps[0].before.is_empty());
        // Where nothing was asked, nothing is to be answered.
        let saved = clinic.correct_notification(id, 3, (&ken(), ""), true).await;
        assert!(matches!(saved.unwrap(), Notify::Entered(_)));
    }
);

story!(what_is_set_aside_stays_readable_and_can_come_back, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    let id = enters(&clinic, &ken()).await;
    town.minutes(30);
    let done = clinic
        .set_notification_aside(id, 1, "Sent twice")
        .await
        .unwrap();
    assert_eq!(done, Settle::Done);
    assert_eq!(waiting(&nurse).await, 0);
    let found = nurse.notification(id).await.unwrap().unwrap();
    assert_eq!(found.line.state, State::SetAside);
    town.minutes(30);
    assert_eq!(
        nurse.take_notification_back(id, 2).await.unwrap(),
        Settle::Done
    );
    // Its person has waited all the while.
    let line = nurse.notification(id).await.unwrap().unwrap().line;
    assert_eq!(line.waiting_since, line.entered_at);
    assert!(line.came_from.is_none());
    assert_eq!(waiting(&nurse).await, 1);
    let case = nurse
        .confirm_notification(id, 3, Sure::Another, None)
        .await
        .unwrap();
    assert!(matches!(case, Confirm::Confirmed(_)));
    let late = clinic.set_notification_aside(id, 4, "No").await.unwrap();
    assert_eq!(late, Settle::ChangedMeanwhile, "a case is not set aside");
});

story!(a_body_is_notified_and_nobody_is_asked_to_report, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    let mut typed = ken();
    typed.insert("kind".to_owned(), "death".to_owned());
    let id = enters(&clinic, &typed).await;
    let case = confirms(&nurse, id).await;
    let following = nurse.following_of(case).await.unwrap().unwrap();
    assert_eq!(
        following.monitoring.status,
        domain::monitoring::MonitoringStatus::Died
    );
});

story!(the_household_of_a_family_member_is_copied, town, {
    let clinic = clinic(&town, "minato").await;
    let set = clinic.item_set("").await.unwrap();
    let begun = clinic.notification_to_begin_with(&set, None).await.unwrap();
    assert_eq!(
        begun.get("institution_name").map(String::as_str),
        Some("minato")
    );
    let mut typed = ken();
    for (id, text) in [
        ("birthdate", "2020-04-01"),
        ("guardian_name", "佐藤 花"),
        ("guardian_phone", "090-8765-4321"),
        ("institution_phone", "03-1111-2222"),
    ] {
        typed.insert(id.to_owned(), text.to_owned());
    }
    let id = enters(&clinic, &typed).await;
    let begun = clinic.notification_to_begin_with(&set, None).await.unwrap();
    assert_eq!(begun["institution_phone"], "0311112222", "as it is dialled");
    let begun = clinic
        .notification_to_begin_with(&set, Some(id))
        .await
        .unwrap();
    let text = |id: &str| begun.get(id).map_or("", String::as_str);
    assert_eq!((text("name"), text("name_kana")), ("佐藤 ", "サトウ "));
    assert_eq!(text("guardian_phone"), "09087654321", "as it is dialled");
    assert_eq!(text("institution_phone"), "0311112222", "as it is dialled");
    assert_eq!(text("phone"), "09088887777", "as it is dialled");
    assert_eq!(text("address"), "東京都港区芝公園1-2-3");
    assert_eq!(text("physician_name"), "見本 医師");
    assert!(!begun.contains_key("birthdate") && !begun.contains_key("diabetes"));

    // Which word of a name is the family's is known of Japanese names alone.
    for (name, kana) in [
        ("John Michael Smith", "ジョン スミス"),
        ("ベビー（グエン ゾエ児）", "ベビー"),
    ] {
        let mut typed = ken();
        typed.insert("name".to_owned(), name.to_owned());
        typed.insert("name_kana".to_owned(), kana.to_owned());
        let id = enters(&clinic, &typed).await;
        let begun = clinic
            .notification_to_begin_with(&set, Some(id))
            .await
            .unwrap();
        assert!(!begun.contains_key("name") && !begun.contains_key("name_kana"));
    }
});

story!(
    a_notification_goes_with_the_case_to_whoever_follows,
    town,
    {
        let (clinic, old) = (clinic(&town, "minato").await, town.nurse().await);
        let id = enters(&clinic, &ken()).await;
        let case = confirms(&old, id).await;
        let shibuya = town
            .app
            .system_desk()
            .add_center("Shibuya", app::health_center::Contact::default())
            .await
            .unwrap();
        let there = NewStaff::place_of(shibuya.id);
        let new = town
            .hires("shibuya@center.example", StaffRole::Nurse, there)
            .await;
        assert!(new.notification(id).await.unwrap().is_none());
        crate::transfers::moves(&old, &new, case, there).await;

        // Whoever answers for the person now reads all that the physician told.
        assert_eq!(new.notifications_of(case).await.unwrap().len(), 1);
        let read = new.notification(id).await.unwrap().unwrap();
        let answers = read.answers.expose();
        assert_eq!(answers["address"], "東京都港区芝公園1-2-3");
        let lives = new.address_of(case).await.unwrap().address.unwrap();
        assert_eq!(lives.expose(), "東京都港区芝公園1-2-3");

        // It stands among their notifications, with where it came from, beside their own.
        let lines = new.notifications(false, 0).await.unwrap();
        assert_eq!((lines.len(), lines[0].id), (1, id));
        assert_eq!(lines[0].name.expose(), "佐藤 健");
        let from = old.health_center().await.unwrap().name.clone();
        assert_eq!(lines[0].came_from.as_deref(), Some(from.as_str()));
        assert!(new.notifications(false, 1).await.unwrap().is_empty());

        // Whoever gave the person away knows that it came and where the case went, and nothing about the person.
        assert!(old.notification(id).await.unwrap().is_none());
        let line = old.notifications(false, 0).await.unwrap().remove(0);
        assert_eq!((line.id, line.state), (id, State::Confirmed));
        assert_eq!(line.gone_to.as_deref(), Some("Shibuya"));
        assert!(line.came_from.is_none());
        assert!(line.name.expose().is_empty() && line.reading.is_none());
        assert!(line.age.is_none() && line.diagnosed_on.is_none() && line.case.is_none());

        // The clinic keeps what it had.
        assert!(clinic.notification(id).await.unwrap().is_some());
        let line = clinic.notifications(false, 0).await.unwrap().remove(0);
        assert_eq!((line.case, line.gone_to), (Some(case), None));
    }
);

story!(
    what_is_sent_back_stays_in_sight_until_somebody_answers,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let id = enters(&clinic, &ken()).await;
        let firm = town
            .hires(
                "firm@entry.example",
                StaffRole::Contractor,
                center_place(&town).await,
            )
            .await;
        let mut typed = ken();
        typed.insert("name".to_owned(), "鈴木 ふみ".to_owned());
        typed.insert("needs_oxygen".to_owned(), "yes".to_owned());
        town.minutes(10);
        let of_firm = enters(&firm, &typed).await;
        town.minutes(60);
        town.new_mails().await;
        for one in [id, of_firm] {
            let back = nurse.send_notification_back(one, 1, "Which phone number?");
            assert_eq!(back.await.unwrap(), Settle::Done);
        }
        // Whoever entered it is told, without a name and without the disease.
        let mails = town.new_mails().await;
        assert_eq!(mails.len(), 2);
        for (to, id) in [
            ("minato@clinic.example", id),
            ("firm@entry.example", of_firm),
        ] {
            let mail = mails.iter().find(|mail| mail.contains(to)).unwrap();
            assert!(mail.contains(&id.to_string()), "{mail}");
            for secret in ["佐藤", "鈴木", "COVID", "コロナ", "Which phone"] {
                assert!(!mail.contains(secret), "{secret} in {mail}");
            }
        }
        // Both sides keep it in sight: whoever needs somebody at once first, then the longest entered.
        let list = nurse.worklist(None, Filter::default()).await.unwrap();
        let of_center = list.unwrap().sent_back;
        assert_eq!(of_center.count, 2);
        assert_eq!(
            (of_center.lines[0].0.id, of_center.lines[1].0.id),
            (of_firm, id)
        );
        assert!(of_center.lines[0].0.is_pressing);
        let (calm, back) = &of_center.lines[1];
        let waited = back.duration_since(calm.entered_at);
        assert_eq!(waited.as_mins(), 70);
        let list = clinic.worklist(None, Filter::default()).await.unwrap();
        assert_eq!(list.unwrap().sent_back.count, 1, "its own alone");
        let of_firm_alone = firm.sent_back(50).await.unwrap();
        assert_eq!(of_firm_alone.lines[0].0.id, of_firm);
        // Answered or set aside, it is in nobody's way.
        let answered = clinic
            .correct_notification(id, 2, (&ken(), "On the third floor"), true)
            .await
            .unwrap();
        assert!(matches!(answered, Notify::Entered(_)));
        let aside = nurse.set_notification_aside(of_firm, 2, "Sent twice").await;
        assert_eq!(aside.unwrap(), Settle::Done);
        assert_eq!(nurse.sent_back(50).await.unwrap().count, 0);
        assert_eq!(waiting(&nurse).await, 1);
    }
);

story!(
    a_registration_that_is_taken_back_is_told_to_the_clinic,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let id = enters(&clinic, &ken()).await;
        let case = confirms(&nurse, id).await;
        crate::case_in_error::is_none(&nurse, case).await;
        for desk in [&clinic, &nurse] {
            let line = desk.notification(id).await.unwrap().unwrap().line;
            assert_eq!((line.state, line.case), (State::Confirmed, Some(case)));
            assert_eq!(line.no_case, Some(WhyNoCase::ResultTakenBack));
            let listed = &desk.notifications(false, 0).await.unwrap()[0];
            assert_eq!(listed.no_case, Some(WhyNoCase::ResultTakenBack));
            // It stays readable, for the clinic, too; nobody has a patient by it.
            let view = desk.case(case).await.unwrap().unwrap();
            assert!(view.member.is_in_error());
            let list = desk.worklist(None, Filter::default()).await.unwrap();
            let lists = list.unwrap().lists;
            assert!(lists.iter().all(|of| of.items.is_empty()));
        }
        // Another notification of the same person is none of a case that is none.
        let second = enters(&clinic, &ken()).await;
        let beside = nurse
            .confirm_notification(second, 1, Sure::Another, Some(case))
            .await
            .unwrap();
        assert!(matches!(beside, Confirm::ChangedMeanwhile));
        crate::case_in_error::is_one_again(&nurse, case).await;
        let line = clinic.notification(id).await.unwrap().unwrap().line;
        assert_eq!(line.no_case, None);
    }
);
