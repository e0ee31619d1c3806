//! Registering a member, and refusing to.

use crate::story;
use crate::town::{PASSWORD, hanako, register};
use app::attributes::{Problem, Registration, Typed};
use app::keys::Token;
use app::password_reset::NewPassword;
use app::sign_in::SignIn;
use app::tasks::{About, FinishTask};
use domain::language::Language;
use jiff::SignedDuration;

story!(spellings_that_the_center_recorded_all_count, town, {
    for (i, name) in ["山田 花子", "やまだ はなこ", "HANAKO YAMADA", "ﾔﾏﾀﾞﾊﾅｺ"]
        .into_iter()
        .enumerate()
    {
        let id = town.hanako().await;
        let desk = town.account(&format!("f{i}@example.org")).await;
        let typed = Typed {
            name: name.to_owned(),
            birth_year: "昭和６３".to_owned(),
            phone: "+81 90 1234 5678".to_owned(),
            hersys_id: format!(" {}", id.replace('1', "１")),
            ..hanako(&id)
        };
        assert!(
            matches!(register(&desk, &typed).await, Registration::Registered(_)),
            "{name}"
        );
        assert_eq!(desk.members().await.unwrap()[0].name_in("ja"), "山田 花子");
        assert_eq!(desk.typed_attributes().await.unwrap(), None);
    }
});

story!(
    whoever_is_typed_once_more_in_their_own_account_makes_no_work,
    town,
    {
        let id = town.hanako().await;
        let desk = town.account("twice@example.org").await;
        let first = register(&desk, &hanako(&id)).await;
        let Registration::Registered(case) = first else {
            panic!("{first:?}");
        };
        for _ in 0..8 {
            let again = register(&desk, &hanako(&id)).await;
            assert!(
                matches!(again, Registration::RegisteredBefore(found) if found == case),
                "{again:?}"
            );
            assert_eq!(desk.typed_attributes().await.unwrap(), None);
        }
        let nurse = town.nurse().await;
        assert!(nurse.tasks().await.unwrap().is_empty());
        // What is theirs is told to nobody else.
        let other = town.account("stranger@example.org").await;
        let refused = register(&other, &hanako(&id)).await;
        assert!(matches!(refused, Registration::Refused), "{refused:?}");
        assert_eq!(nurse.tasks().await.unwrap().len(), 1);
    }
);

story!(
    whatever_differs_the_answer_is_one_and_the_center_is_told_why,
    town,
    {
        let id = town.hanako().await;
        let desk = town.account("a@example.org").await;
        let wrong = [
            (
                "name",
                Typed {
                    name: "山田 花江".into(),
                    ..hanako(&id)
                },
            ),
            (
                "birthdate",
                Typed {
                    birth_day: "5".into(),
                    ..hanako(&id)
                },
            ),
            (
                "phone",
                Typed {
                    phone: "09012345679".into(),
                    ..hanako(&id)
                },
            ),
            (
                "id_unknown",
                Typed {
                    hersys_id: if id == "1234567" {
                        "7654321"
                    } else {
                        "1234567"
                    }
                    .into(),
                    ..hanako(&id)
                },
            ),
        ];
        for (_, typed) in &wrong {
            town.minutes(1);
            assert!(matches!(
                register(&desk, typed).await,
                Registration::Refused
            ));
            assert!(
                desk.typed_attributes().await.unwrap().as_ref() == Some(typed),
                "nothing typed is lost"
            );
        }
        let tasks = town.nurse().await.tasks().await.unwrap();
        let reasons: Vec<Vec<String>> = tasks
            .iter()
            .map(|task| match &task.about {
                About::RegistrationRefused(refusal) => refusal.reasons.clone(),
                _ => panic!("another task"),
            })
            .collect();
        assert_eq!(
            reasons,
            wrong
                .iter()
                .map(|(reason, _)| vec![(*reason).to_owned()])
                .collect::<Vec<_>>()
        );
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Registered(_)
        ));
        // Nobody needs to call about any of these tries any more.
        let nurse = town.nurse().await;
        assert!(nurse.tasks().await.unwrap().is_empty());
        let list = nurse.worklist(None, app::worklist::Filter::default()).await;
        assert_eq!(list.unwrap().unwrap().refused, 0);
    }
);

story!(an_id_can_be_registered_once, town, {
    let id = town.hanako().await;
    let (first, second) = (
        town.account("a@example.org").await,
        town.account("b@example.org").await,
    );
    assert!(matches!(
        register(&first, &hanako(&id)).await,
        Registration::Registered(_)
    ));
    assert!(matches!(
        register(&second, &hanako(&id)).await,
        Registration::Refused
    ));
    assert!(matches!(
        register(&first, &hanako(&id)).await,
        Registration::RegisteredBefore(_)
    ));
});

story!(of_two_who_claim_one_id_at_once_one_wins, town, {
    let id = town.hanako().await;
    let mut tries = Vec::new();
    for i in 0..8 {
        let desk = town.account(&format!("c{i}@example.org")).await;
        let _ = desk.keep_attributes(&hanako(&id)).await.unwrap();
        tries.push(tokio::spawn(async move {
            desk.save_attributes().await.unwrap()
        }));
    }
    let mut won = 0;
    for one in tries {
        won += usize::from(matches!(one.await.unwrap(), Registration::Registered(_)));
    }
    assert_eq!(won, 1);
});

story!(
    guessing_ids_for_a_known_person_stops_after_five_a_day_and_ten_in_a_month,
    town,
    {
        let id = town.hanako().await;
        // A hundred at once, from a hundred accounts: only five are evaluated, so the right one among the later ones fails.
        let mut desks = Vec::new();
        for i in 0..12 {
            desks.push(town.account(&format!("g{i}@example.org")).await);
        }
        for (i, desk) in desks.iter().take(5).enumerate() {
            let guess = format!("{}", 1_000_000 + i);
            assert!(matches!(
                register(desk, &hanako(&guess)).await,
                Registration::Refused
            ));
        }
        assert!(
            matches!(
                register(&desks[5], &hanako(&id)).await,
                Registration::Refused
            ),
            "the sixth, though right"
        );
        town.restart().await;
        assert!(
            matches!(
                register(&desks[5], &hanako(&id)).await,
                Registration::Refused
            ),
            "a restart resets nothing"
        );
        town.later(SignedDuration::from_hours(24));
        for (i, desk) in desks.iter().skip(6).take(5).enumerate() {
            let guess = format!("{}", 2_000_000 + i);
            assert!(matches!(
                register(desk, &hanako(&guess)).await,
                Registration::Refused
            ));
        }
        town.days(2);
        assert!(
            matches!(
                register(&desks[11], &hanako(&id)).await,
                Registration::Refused
            ),
            "ten in 30 days"
        );
        // The center looks, and the person may try again.
        let nurse = town.nurse().await;
        let tasks = nurse.tasks().await.unwrap();
        assert_eq!(
            nurse.finish_task(tasks[0].id, "").await.unwrap(),
            FinishTask::Empty
        );
        assert_eq!(
            nurse
                .finish_task(tasks[0].id, "She called; it is her.")
                .await
                .unwrap(),
            FinishTask::Done
        );
        assert_eq!(
            nurse.finish_task(tasks[0].id, "Again").await.unwrap(),
            FinishTask::NotOpen
        );
        assert!(matches!(
            register(&desks[11], &hanako(&id)).await,
            Registration::Registered(_)
        ));
    }
);

story!(a_hundred_parallel_guesses_count_as_a_hundred, town, {
    let id = town.hanako().await;
    let desk = town.account("p@example.org").await;
    let wrong = Typed {
        birth_day: "6".into(),
        ..hanako(&id)
    };
    let _ = desk.keep_attributes(&wrong).await.unwrap();
    let tries: Vec<_> = (0..100)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.save_attributes().await.unwrap() })
        })
        .collect();
    for one in tries {
        assert!(matches!(one.await.unwrap(), Registration::Refused));
    }
    let tasks = town.nurse().await.tasks().await.unwrap();
    let times: i32 = tasks.iter().map(|task| task.times).sum();
    assert_eq!(
        (tasks.len(), times),
        (2, 100),
        "one task for the person, and one for an account beyond its limit, counted up"
    );
    // The ID, the account and the person are closed for the day now; the right attributes do not help.
    assert!(matches!(
        register(&desk, &hanako(&id)).await,
        Registration::Refused
    ));
});

story!(one_account_does_not_flood_the_list_of_a_center, town, {
    let id = town.hanako().await;
    let desk = town.account("p@example.org").await;
    for number in 0..20 {
        let somebody = Typed {
            name: format!("Nobody {number}"),
            ..hanako(&id)
        };
        let refused = register(&desk, &somebody).await;
        assert!(matches!(refused, Registration::Refused));
    }
    let tasks = town.nurse().await.tasks().await.unwrap();
    assert_eq!(
        tasks.len(),
        6,
        "five tries, and one task for all the others"
    );
});

story!(a_task_is_over_once_the_person_has_signed_up, town, {
    let id = town.hanako().await;
    let desk = town.account("p@example.org").await;
    let slip = Typed {
        hersys_id: "1234567".to_owned(),
        ..hanako(&id)
    };
    let refused = register(&desk, &slip).await;
    assert!(matches!(refused, Registration::Refused));
    let nurse = town.nurse().await;
    assert_eq!(nurse.tasks().await.unwrap().len(), 1);
    let right = register(&desk, &hanako(&id)).await;
    assert!(matches!(right, Registration::Registered(_)));
    assert!(
        nurse.tasks().await.unwrap().is_empty(),
        "nobody needs to call"
    );
});

story!(
    whose_refusal_it_is_sees_only_the_center_that_takes_it_on,
    town,
    {
        let desk = town.account("p@example.org").await;
        town.app
            .system_desk()
            .add_center("Shibuya", app::health_center::Contact::default())
            .await
            .unwrap();
        let nobodys = Typed {
            phone: "08011112222".to_owned(),
            birth_year: "1977".to_owned(),
            ..hanako("7654321")
        };
        let refused = register(&desk, &nobodys).await;
        assert!(matches!(refused, Registration::Refused));
        let nurse = town.nurse().await;
        let task = nurse.tasks().await.unwrap().remove(0);
        assert!(matches!(task.about, About::Anybodys { refused: true }));
        assert!(nurse.take_task(task.id).await.unwrap());
        let task = nurse.tasks().await.unwrap().remove(0);
        assert!(matches!(task.about, About::RegistrationRefused(_)));
        assert!(!nurse.take_task(task.id).await.unwrap(), "it is taken");
    }
);

/// Hanako's Latin name, cut by a space in another place each time.
fn cut(at: usize) -> String {
    let whole = "YAMADAHANAKO";
    let (one, other) = whole.split_at(at % whole.len());
    format!("{other} {one}")
}

story!(a_name_in_other_pieces_is_no_other_person, town, {
    let id = town.hanako().await;
    for guess in 0..5 {
        let desk = town.account(&format!("s{guess}@example.org")).await;
        let typed = Typed {
            name: cut(guess + 1),
            ..hanako(&format!("{}", 1_000_000 + guess))
        };
        assert!(matches!(
            register(&desk, &typed).await,
            Registration::Refused
        ));
    }
    let desk = town.account("s@example.org").await;
    let whole = Typed {
        name: "Yamada Hanako".to_owned(),
        ..hanako(&id)
    };
    assert!(
        matches!(register(&desk, &whole).await, Registration::Refused),
        "five tries are spent, however the name was cut"
    );
});

story!(
    guessing_the_name_too_stops_at_fifteen_a_day_for_a_birthdate_and_phone,
    town,
    {
        let id = town.hanako().await;
        for guess in 0..15 {
            let desk = town.account(&format!("n{guess}@example.org")).await;
            let typed = Typed {
                name: format!(
                    "Somebody {}",
                    ["A", "B", "C", "D"][guess % 4].repeat(guess + 1)
                ),
                ..hanako(&format!("{}", 1_000_000 + guess))
            };
            assert!(matches!(
                register(&desk, &typed).await,
                Registration::Refused
            ));
        }
        let desk = town.account("n@example.org").await;
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Refused
        ));
        // The center looks, and the person may try again.
        let nurse = town.nurse().await;
        for task in nurse.tasks().await.unwrap() {
            let done = nurse.finish_task(task.id, "It is her.").await.unwrap();
            assert_eq!(done, FinishTask::Done);
        }
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Registered(_)
        ));
    }
);

story!(pressing_save_ten_times_at_once_registers_once, town, {
    let id = town.hanako().await;
    let desk = town.account("twice@example.org").await;
    let _ = desk.keep_attributes(&hanako(&id)).await.unwrap();
    let presses: Vec<_> = (0..10)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.save_attributes().await.unwrap() })
        })
        .collect();
    let mut registered = 0;
    for press in presses {
        match press.await.unwrap() {
            Registration::Registered(_) => registered += 1,
            // It came after the first was done.
            Registration::NothingTyped => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(registered > 0);
    assert_eq!(desk.members().await.unwrap().len(), 1);
    assert!(town.nurse().await.tasks().await.unwrap().is_empty());
});

story!(a_password_built_on_what_is_typed_after_it_must_go, town, {
    let id = town.hanako().await;
    for (email, password) in [
        ("name@example.org", "すずき-Yamada-7x"),
        ("kanji@example.org", "山田Xx1-tulip"),
        ("born@example.org", "Tulip-1988/05/04"),
        ("phone@example.org", "Tulip-1234-5678"),
    ] {
        let session = town.signs_up(email, password).await;
        // What is kept for the comparison is not in the browser, and the process may have been another one.
        town.restart().await;
        let desk = town.desk(&session).await;
        let typed = Typed {
            name: "Yamada Hanako".to_owned(),
            ..hanako(&id)
        };
        let kanji = Typed {
            name: "山田 花子".to_owned(),
            ..hanako(&id)
        };
        let is_kanji = password.contains('山');
        let typed = if is_kanji { kanji } else { typed };
        assert_eq!(
            desk.keep_attributes(&typed).await.unwrap().err(),
            Some(vec![Problem::Password]),
            "{password}"
        );
        assert!(matches!(
            desk.save_attributes().await.unwrap(),
            Registration::Incomplete(problems) if problems == [Problem::Password]
        ));
        assert!(
            desk.typed_attributes().await.unwrap() == Some(typed.clone()),
            "nothing typed is lost"
        );
        assert!(desk.members().await.unwrap().is_empty());
        // A second one like it is refused where it is chosen.
        let again = desk
            .change_password(password, "Hanako-山田-tulip-1")
            .await
            .unwrap();
        assert!(matches!(again, NewPassword::Weak(_)), "{again:?}");
    }
    assert!(
        town.nurse().await.tasks().await.unwrap().is_empty(),
        "it was no try"
    );
});

story!(
    a_password_on_another_spelling_of_the_name_goes_when_the_attributes_agree,
    town,
    {
        let id = town.hanako().await;
        let session = town.signs_up("a@example.org", "Tulip-Yamada-7").await;
        let desk = town.desk(&session).await;
        let wrong = Typed {
            phone: "09012345679".to_owned(),
            ..hanako(&id)
        };
        assert!(
            matches!(register(&desk, &wrong).await, Registration::Refused),
            "whoever does not know the attributes learns nothing of the spellings"
        );
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Incomplete(problems) if problems == [Problem::Password]
        ));
        assert!(matches!(
            desk.change_password("Tulip-Yamada-7", "kogarashi7!Aki")
                .await
                .unwrap(),
            NewPassword::Saved(_)
        ));
        town.new_mails().await;
        assert!(matches!(
            desk.save_attributes().await.unwrap(),
            Registration::Registered(_)
        ));
        assert!(desk.members().await.unwrap().len() == 1);
    }
);

story!(
    whoever_leaves_and_signs_in_again_is_asked_for_another_password_all_the_same,
    town,
    {
        let id = town.hanako().await;
        let session = town.signs_up("a@example.org", "Tulip-1234-5678").await;
        town.desk(&session).await.sign_out().await.unwrap();
        let front = town.app.front_desk(None);
        let email = crate::town::address("a@example.org");
        let SignIn::SignedIn(session) = front
            .sign_in(&email, "Tulip-1234-5678", None)
            .await
            .unwrap()
        else {
            panic!("not signed in");
        };
        let desk = town.desk(&session).await;
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Incomplete(problems) if problems == [Problem::Password]
        ));
    }
);

story!(
    a_name_with_a_part_in_brackets_is_met_with_it_and_without,
    town,
    {
        for (at, (registered, typed, meets)) in [
            ("山田 (旧姓 佐藤) 花子,,", "山田 花子", true),
            ("山田 (旧姓 佐藤) 花子,,", "山田（旧姓佐藤）花子", true),
            (",,Hanako (Sato) Yamada", "yamada hanako", true),
            (",,Hanako (Sato) Yamada", "Hanako Sato Yamada", true),
            ("山田 (旧姓 佐藤) 花子,,", "佐藤 花子", false),
            ("山田（花子）,,", "山田", false),
        ]
        .into_iter()
        .enumerate()
        {
            let phone = format!("0901234{:04}", 5000 + at);
            let id = town
                .case(&format!(
                    "{registered},1988-05-04,{phone},ja,2026-11-20,2026-11-18,,,"
                ))
                .await;
            let desk = town.account(&format!("b{at}@example.org")).await;
            let typed = Typed {
                name: typed.to_owned(),
                phone,
                ..hanako(&id)
            };
            let registered = matches!(register(&desk, &typed).await, Registration::Registered(_));
            assert_eq!(registered, meets, "{}", typed.name);
        }
    }
);

story!(an_id_of_a_link_changes_nothing_that_was_typed, town, {
    let (mine, other) = (town.hanako().await, town.hanako().await);
    let desk = town.account("a@example.org").await;
    assert!(
        desk.keep_typed_id(&mine).await.unwrap(),
        "nothing was typed yet"
    );
    let typed = Typed {
        name: "山田花子".to_owned(),
        ..hanako(&mine)
    };
    let _ = desk.keep_attributes(&typed).await.unwrap();
    assert!(
        !desk.keep_typed_id(&other).await.unwrap(),
        "another one stands"
    );
    assert!(desk.typed_attributes().await.unwrap() == Some(typed.clone()));
    // By the front door again, with another link: what was typed stays.
    town.minutes(2);
    let (front, token) = (town.app.front_desk(None), Token::generate());
    front
        .request_sign_up(
            &token,
            crate::town::address("a@example.org"),
            Some(other),
            Language::En,
        )
        .await
        .unwrap();
    let code = town.newest_code().await;
    let (_, token) = front.verify_code(&token, &code).await.unwrap();
    assert!(matches!(
        front.enter_password(&token, PASSWORD).await.unwrap(),
        SignIn::SignedIn(_)
    ));
    assert!(desk.typed_attributes().await.unwrap() == Some(typed));
});

story!(keys_of_names_of_an_earlier_release_are_made_anew, town, {
    let desk = town.app.system_desk();
    desk.renew_name_keys().await.unwrap();
    // More than one run of them, of which some were kept in another way.
    for at in 0..3 {
        town.case(&format!(
            "राम श्रेष्ठ {at},,,1988-05-04,0901234600{at},ne,2026-11-20,2026-11-18,,,"
        ))
        .await;
    }
    let db = town.database().await;
    db.write(|tx| {
        tx.execute(
            "UPDATE person_names SET key_joined = 'रमशरषठ', key_sorted = 'रमशरषठ'",
            &[],
        )?;
        tx.execute("DELETE FROM settings WHERE name = 'name_keys'", &[])
    })
    .await
    .unwrap();
    let nurse = town.nurse().await;
    let found = |text: &'static str| {
        let nurse = nurse.clone();
        async move { nurse.cases(text, 0).await.unwrap().0.len() }
    };
    assert_eq!(found("श्रेष्ठ").await, 0, "as the earlier release left it");
    assert_eq!(desk.renew_name_keys().await.unwrap(), 3);
    assert_eq!(found("श्रेष्ठ").await, 3);
    assert_eq!(desk.renew_name_keys().await.unwrap(), 0, "once");
});

story!(a_name_of_a_place_is_found_by_each_of_its_letters, town, {
    for (at, name) in ["鶴ヶ島 太郎", "鶴ガ島 花子", "関ケ原 次郎"]
        .iter()
        .enumerate()
    {
        town.case(&format!(
            "{name},,,1988-05-04,0901234600{at},ja,2026-11-20,2026-11-18,,,"
        ))
        .await;
    }
    let nurse = town.nurse().await;
    for (typed, found) in [
        ("鶴ガ島", 2),
        ("鶴ヶ島", 2),
        ("鶴が島", 2),
        ("鶴カ島 太郎", 1),
        ("太郎 鶴ヵ島", 1),
        ("鶴が", 2),
        ("ヶ島", 2),
        ("が原", 1),
        ("関が原 1988-05-04", 1),
        ("ガ", 0),
    ] {
        let (cases, _) = nurse.cases(typed, 0).await.unwrap();
        assert_eq!(cases.len(), found, "{typed}");
    }
});

story!(
    whoever_lost_the_mailbox_is_told_apart_and_signs_up_anew_with_another_id,
    town,
    {
        let id = town.hanako().await;
        let first = town.account("a@example.org").await;
        let Registration::Registered(case) = register(&first, &hanako(&id)).await else {
            panic!("refused")
        };
        let anew = town.account("b@example.org").await;
        let again = register(&anew, &hanako(&id)).await;
        assert!(matches!(again, Registration::Refused));
        // Nothing differs, so that there is nothing to be compared: the task says this alone.
        let nurse = town.nurse().await;
        let task = nurse.tasks().await.unwrap().remove(0);
        let About::RegistrationRefused(refusal) = &task.about else {
            panic!("{:?}", task.about)
        };
        assert_eq!(refusal.reasons, ["already_registered"]);
        let view = nurse.case(case).await.unwrap().unwrap();
        let reason = "She phoned: the mailbox is lost";
        let given = nurse
            .reissue_id(case, reason, Some(true), view.version)
            .await;
        let app::hersys_id::Reissue::Reissued(other) = given.unwrap() else {
            panic!("not given")
        };
        let registered = register(&anew, &hanako(&other)).await;
        assert!(matches!(registered, Registration::Registered(found) if found == case));
    }
);
