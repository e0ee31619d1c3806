//! Registering a member, and refusing to.

mod guessing;
mod passwords;

use crate::story;
use crate::town::{PASSWORD, hanako, register};
use app::attributes::{Registration, Typed};
use app::keys::Token;
use app::sign_in::SignIn;
use app::tasks::About;
use domain::language::Language;

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

story!(
    a_name_typed_with_its_reading_or_another_one_in_brackets_is_theirs,
    town,
    {
        for (at, (registered, typed, meets)) in [
            ("山田 花子,ヤマダ ハナコ,", "山田花子（やまだはなこ）", true),
            ("林 花,ハヤシ ハナ,", "林花（はやし はな）", true),
            (",ヤマダ ハナコ,", "Hanako Yamada (山田花子)", true),
            ("山田 花子,ヤマダ ハナコ,", "山田 (旧姓 佐藤) 花子", true),
            ("田中 太郎,,", "田中太郎様", true),
            ("山田 花子,ヤマダ ハナコ,", "山田 花江（山田 花子）", false),
            ("山田 花子,ヤマダ ハナコ,", "山田（やまだ）", false),
        ]
        .into_iter()
        .enumerate()
        {
            let phone = format!("0901234{:04}", 6000 + at);
            let id = town
                .case(&format!(
                    "{registered},1988-05-04,{phone},ja,2026-11-20,2026-11-18,,,"
                ))
                .await;
            let desk = town.account(&format!("k{at}@example.org")).await;
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

story!(what_stands_in_brackets_makes_no_other_person, town, {
    let id = town.hanako().await;
    for guess in 0..5 {
        let desk = town.account(&format!("i{guess}@example.org")).await;
        let typed = Typed {
            name: format!("山田花子（{}）", "あ".repeat(guess + 1)),
            ..hanako(&format!("{}", 1_000_000 + guess))
        };
        assert!(matches!(
            register(&desk, &typed).await,
            Registration::Refused
        ));
    }
    let desk = town.account("i@example.org").await;
    assert!(
        matches!(register(&desk, &hanako(&id)).await, Registration::Refused),
        "five tries are spent, whatever stood in brackets"
    );
});

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
