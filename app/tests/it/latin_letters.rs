//! Names that the center has in kana and people say or type in Latin letters, and the other way round.

use crate::story;
use crate::town::{Town, hanako, register};
use app::StaffDesk;
use app::attributes::{Registration, Typed};
use app::health_center::Contact;
use app::staff::NewStaff;
use domain::staff_role::StaffRole;

/// The names of those who are found, newest first.
async fn found(desk: &StaffDesk, search: &str) -> Vec<String> {
    let (cases, count) = desk.cases(search, 0).await.unwrap();
    assert_eq!(usize::try_from(count).unwrap(), cases.len());
    let name = |view: &app::case_registration::CaseView| view.member.name_in("ja").to_owned();
    cases.iter().map(name).collect()
}

/// Four people, each a minute after the one before; the last one is known in Latin letters only.
async fn four_people(town: &Town) {
    for (row, phone) in [
        ("大野 純一,オオノ ジュンイチ,", "09011110001"),
        ("小野 太郎,オノ タロウ,", "09011110002"),
        ("鈴木 信一,すずき しんいち,", "09011110003"),
        (",,SUZUKI Jun'ichi", "09011110004"),
    ] {
        town.case(&format!(
            "{row},1970-01-02,{phone},ja,2026-11-20,2026-11-18,,,"
        ))
        .await;
        town.minutes(1);
    }
}

story!(
    whoever_types_latin_letters_finds_people_who_stand_in_kana,
    town,
    {
        four_people(&town).await;
        let nurse = town.nurse().await;
        for (search, names) in [
            ("Suzuki", &["SUZUKI Jun'ichi", "鈴木 信一"][..]),
            ("shin'ichi", &["鈴木 信一"]),
            ("SHINICHI SUZUKI", &["鈴木 信一"]),
            ("Shin-ichi", &["鈴木 信一"]),
            ("junichi", &["SUZUKI Jun'ichi", "大野 純一"]),
            ("Ono", &["小野 太郎", "大野 純一"]),
            ("Ōno", &["大野 純一"]),
            ("Oono", &["大野 純一"]),
            ("Ohno Junichi", &["大野 純一"]),
            ("taro ono", &["小野 太郎"]),
            ("Tarou", &["小野 太郎"]),
            // Nor is what is in the other letters lost.
            ("スズキ", &["SUZUKI Jun'ichi", "鈴木 信一"]),
            ("じゅんいち すずき", &["SUZUKI Jun'ichi"]),
            ("鈴木", &["鈴木 信一"]),
            ("Ohta", &[]),
            ("Suzuka", &[]),
            ("スズカ", &[]),
        ] {
            assert_eq!(found(&nurse, search).await, names, "{search}");
        }
        // Nobody of them is followed elsewhere.
        let desk = town.app.system_desk();
        let other = desk
            .add_center("Shibuya", Contact::default())
            .await
            .unwrap();
        let place = NewStaff::place_of(other.id);
        let elsewhere = town.hires("shibuya@c.example", StaffRole::Nurse, place);
        let elsewhere = elsewhere.await;
        for search in ["Ono", "Suzuki", "スズキ"] {
            assert!(found(&elsewhere, search).await.is_empty(), "{search}");
        }
    }
);

story!(a_full_page_of_people_is_the_newest_of_both_letters, town, {
    for n in 0..60 {
        let name = match n % 2 {
            0 => ",,Suzuki Ken",
            _ => "鈴木 健,スズキ ケン,",
        };
        town.case(&format!(
            "{name},1970-01-02,0901111{n:04},ja,2026-11-20,2026-11-18,,,"
        ))
        .await;
        town.minutes(1);
    }
    let nurse = town.nurse().await;
    let (cases, _) = nurse.cases("suzuki", 0).await.unwrap();
    assert_eq!(cases.len(), 50);
    let newest_first = cases
        .windows(2)
        .all(|two| two[0].registered_at > two[1].registered_at);
    assert!(newest_first);
    let latin = cases
        .iter()
        .filter(|one| one.member.name_in("ja") == "Suzuki Ken");
    assert_eq!(latin.count(), 25);
});

/// What Taro types whom the center has as 大野 太郎 only.
fn taro(id: &str, name: &str) -> Typed {
    Typed {
        name: name.to_owned(),
        birth_year: "1970".to_owned(),
        birth_month: "1".to_owned(),
        birth_day: "2".to_owned(),
        phone: "09011110001".to_owned(),
        hersys_id: id.to_owned(),
    }
}

const TARO: &str = "大野 太郎,オオノ タロウ,,1970-01-02,09011110001,ja,2026-11-20,2026-11-18,,,";

story!(
    whoever_types_the_name_of_their_passport_registers_where_the_center_has_kana_only,
    town,
    {
        for (n, name) in ["ONO TARO", "Tarō Ōno", "Ohno Tarou", "ohnotaro"]
            .into_iter()
            .enumerate()
        {
            let id = town.case(TARO).await;
            let desk = town.account(&format!("t{n}@example.org")).await;
            let registered = register(&desk, &taro(&id, name)).await;
            assert!(
                matches!(registered, Registration::Registered(_)),
                "{name}: {registered:?}"
            );
        }
    }
);

story!(
    latin_letters_that_read_otherwise_and_those_of_whom_a_passport_is_known_are_refused,
    town,
    {
        let id = town.case(TARO).await;
        for (n, typed) in [
            // A part, another name, and another length of what was typed as long.
            taro(&id, "Ono"),
            taro(&id, "Ono Jiro"),
            taro(&id, "Onoo Taro"),
            Typed {
                birth_day: "3".to_owned(),
                ..taro(&id, "Ono Taro")
            },
            Typed {
                phone: "09011110009".to_owned(),
                ..taro(&id, "Ono Taro")
            },
        ]
        .iter()
        .enumerate()
        {
            let desk = town.account(&format!("r{n}@example.org")).await;
            let refused = register(&desk, typed).await;
            assert!(matches!(refused, Registration::Refused), "{n}: {refused:?}");
        }
        // The center has written down how Hanako is spelt: no other spelling is guessed from her kana.
        let id = town
            .case("山田 優子,ヤマダ ユウコ,Yamada Yuuko,1988-05-04,09012345678,ja,2026-11-20,2026-11-18,,,")
            .await;
        for (n, (name, is_hers)) in [("Yamada Yuko", false), ("YAMADA YUUKO", true)]
            .into_iter()
            .enumerate()
        {
            let desk = town.account(&format!("y{n}@example.org")).await;
            let typed = Typed {
                name: name.to_owned(),
                ..hanako(&id)
            };
            let came = register(&desk, &typed).await;
            let registered = matches!(came, Registration::Registered(_));
            assert_eq!(registered, is_hers, "{name}: {came:?}");
        }
    }
);

story!(
    a_birthdate_beside_a_name_tells_people_of_one_name_apart,
    town,
    {
        for (at, born) in ["1996-02-15", "1996-02-16", "1950-01-02"]
            .iter()
            .enumerate()
        {
            let phone = format!("0901111000{at}");
            town.case(&format!(
                "鈴木 直美,スズキ ナオミ,,{born},{phone},ja,2026-11-20,2026-11-18,,,"
            ))
            .await;
        }
        town.case("山田 健,,,1996-02-15,09011110009,ja,2026-11-20,2026-11-18,,,")
            .await;
        let nurse = town.nurse().await;
        for searched in [
            "直美 1996-02-15",
            "1996-02-15 直美",
            "鈴木 直美　H8.2.15",
            "Suzuki Naomi 15 February 1996",
            "15 Feb 1996 naomi",
            "ナオミ 平成8年2月15日",
        ] {
            let found = nurse.cases(searched, 0).await.unwrap().0;
            let born: Vec<_> = found
                .iter()
                .map(|one| one.birthdate.expose().date())
                .collect();
            assert_eq!(born, [jiff::civil::date(1996, 2, 15)], "{searched}");
            assert_eq!(found[0].member.name_in("ja"), "鈴木 直美", "{searched}");
        }
        for (searched, many) in [
            ("15 February 1996", 2),
            ("15 Feb 1996", 2),
            ("直美 1996-02-17", 0),
            ("花子 1996-02-15", 0),
            ("鈴木 直美", 3),
        ] {
            let found = nurse.cases(searched, 0).await.unwrap().1;
            assert_eq!(found, many, "{searched}");
        }
        // Another center's people are not found by it.
        let desk = town.app.system_desk();
        let other = desk
            .add_center("Shibuya", Contact::default())
            .await
            .unwrap();
        let place = NewStaff::place_of(other.id);
        let elsewhere = town
            .hires("shibuya@c.example", StaffRole::Nurse, place)
            .await;
        let found = elsewhere.cases("直美 1996-02-15", 0).await.unwrap().1;
        assert_eq!(found, 0);
    }
);
