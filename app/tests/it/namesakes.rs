//! Members of a family: who is called the same is told apart, and of whom reports are waited for.

use crate::reports::{family, sends};
use crate::story;
use crate::town::{hanako, register};
use app::attributes::{Registration, Typed};
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::monitoring::{Decide, TypedDecision};

story!(two_members_of_one_name_are_told_apart_everywhere, town, {
    let (desk, first) = family(&mut town, "a@example.org").await;
    let before = desk.member(first).await.unwrap().unwrap();
    assert_eq!(before.told_in("ja"), before.name_in("ja"), "alone");

    // In Latin letters they are two, in kanji one.
    let row =
        "山田 花子,ヤマダ ハナコ,Yamada Kako,1991-02-03,09012345678,ja,2026-11-23,2026-11-23,,,";
    let id = town.case(row).await;
    let other = Typed {
        birth_year: "1991".to_owned(),
        birth_month: "2".to_owned(),
        birth_day: "3".to_owned(),
        ..hanako(&id)
    };
    let Registration::Registered(second) = register(&desk, &other).await else {
        panic!("not registered");
    };
    let receipt = sends(&desk, first, "36.5", "98").await;
    let receipt = desk.receipt(first, receipt).await.unwrap().unwrap().member;
    let alone = desk.member(second).await.unwrap().unwrap();
    let home = desk.home().await.unwrap().members;
    let history = desk.history_beside(first).await.unwrap().unwrap();
    for member in [&receipt, &alone, &home[0], &home[1], &history.members[0]] {
        let told = format!("{} ({})", member.name_in("ja"), member.hersys_id);
        assert_eq!(member.told_in("ja"), told);
        assert_eq!(member.told_in("en"), member.name_in("en"));
    }
    assert_eq!(receipt.hersys_id, before.hersys_id);
    assert_eq!(alone.hersys_id, id);
});

story!(
    whoever_a_center_registers_anew_is_asked_of_the_illness_that_is_followed,
    town,
    {
        let (desk, first) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let view = nurse.following_of(first).await.unwrap().unwrap();
        let over = TypedDecision {
            status: "died".to_owned(),
            reason: "By mistake".to_owned(),
            version: view.monitoring.version,
            ..TypedDecision::default()
        };
        assert_eq!(nurse.decide(first, &over).await.unwrap(), Decide::Decided);
        // Nobody at the center has seen that it is the same person.
        let typed = TypedCase {
            name: "山田 花子".to_owned(),
            name_kana: "ヤマダ ハナコ".to_owned(),
            birthdate: "1988-05-04".to_owned(),
            phone: "09012345678".to_owned(),
            diagnosed_on: "2026-11-23".to_owned(),
            ..TypedCase::default()
        };
        let key = nurse.new_form_key();
        let anew = nurse.register_case(&typed, key, Sure::Another).await;
        let RegisterCase::Registered(second) = anew.unwrap() else {
            panic!("not registered");
        };
        let id = nurse.case(second).await.unwrap().unwrap().member.hersys_id;
        let claimed = register(&desk, &hanako(&id)).await;
        assert!(matches!(claimed, Registration::Registered(_)));
        let members = desk.members().await.unwrap();
        let of = |case| members.iter().find(|member| member.case == case).unwrap();
        let (old, new) = (of(first), of(second));
        assert!(old.is_followed_as(new) && !new.is_followed_as(old));
        assert_eq!(
            new.told_in("ja"),
            new.name_in("ja"),
            "nobody else is called so"
        );
    }
);

story!(
    of_somebody_in_hospital_no_report_is_waited_for_and_one_is_taken,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let asked = async || desk.member(case).await.unwrap().unwrap();
        assert!(asked().await.is_asked());
        for (status, is_asked) in [("hospital", false), ("home", true), ("hotel", true)] {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            let typed = TypedDecision {
                status: status.to_owned(),
                reason: "Told by the hospital".to_owned(),
                version: following.monitoring.version,
                ..TypedDecision::default()
            };
            assert_eq!(nurse.decide(case, &typed).await.unwrap(), Decide::Decided);
            let member = asked().await;
            assert_eq!(member.is_asked(), is_asked, "{status}");
            assert_eq!(member.is_in_hospital, status == "hospital");
            town.minutes(60);
            sends(&desk, case, "36.5", "98").await;
        }
    }
);
