//! Names that may be somebody's who stands already, though they are not the same, and names that look as if they were none.

use crate::story;
use app::case_import::{HEADER, ImportDraft, Meant};
use app::case_registration::{RegisterCase, Sure, TypedCase};
use domain::language::Language;
use domain::notification::duplicate::Reason;

fn typed(name_latin: &str, birthdate: &str, phone: &str) -> TypedCase {
    TypedCase {
        name_latin: name_latin.to_owned(),
        birthdate: birthdate.to_owned(),
        phone: phone.to_owned(),
        language: "en".to_owned(),
        diagnosed_on: "2026-11-22".to_owned(),
        ..TypedCase::default()
    }
}

story!(
    whoever_is_written_in_other_letters_or_with_fewer_names_is_asked_about,
    town,
    {
        town.case("大野 遥,オオノ ハルカ,,1996-02-15,09011110001,ja,2026-11-20,,,,")
            .await;
        town.case(",,NGUYEN THI HOA,1994-07-08,09011110002,vi,2026-11-20,,,,")
            .await;
        let nurse = town.nurse().await;
        for (name, birthdate, reason) in [
            ("ONO HARUKA", "1996-02-15", Reason::ReadingAndBirthdate),
            ("NGUYEN HOA", "1994-07-08", Reason::PartsAndBirthdate),
        ] {
            let key = nurse.new_form_key();
            let typed = typed(name, birthdate, "09099990001");
            let asked = nurse.register_case(&typed, key, Sure::Ask).await.unwrap();
            let RegisterCase::Alike(alike) = asked else {
                panic!("nobody is shown for {name}");
            };
            assert_eq!(alike.len(), 1);
            assert_eq!(alike[0].reason, reason);
        }
        // The same in a file, and among the rows of one.
        let row = |name: &str, born: &str, phone: &str| {
            format!(",,{name},{born},{phone},en,2026-11-22,,,,")
        };
        let file = [
            HEADER.join(","),
            row("Haruka Ohno", "1996-02-15", "09099990001"),
            row("NGUYEN HOA", "1994-07-08", "09099990002"),
            row("NGUYEN HOANG", "1994-07-08", "09099990003"),
            row("SANTOS MARIA", "1981-03-04", "09099990004"),
            row("MARIA CLARA SANTOS", "1981-03-04", "09099990005"),
            row("SANTOS MARIA", "1981-03-05", "09099990006"),
        ];
        let looked = nurse
            .look_at_import(file.join("\n").as_bytes(), Language::En)
            .await;
        let (draft, looked) = looked.unwrap().unwrap();
        let told: Vec<_> = looked
            .alike
            .iter()
            .map(|one| (one.line, one.stands.len(), one.same_as_line))
            .collect();
        assert_eq!(told, [(2, 1, None), (3, 1, None), (6, 0, Some(5))]);
        // Nothing is merged by itself: they are left out until somebody means them.
        let done = nurse
            .import(draft, Meant::Lines(vec![3]), Language::En)
            .await;
        assert!(matches!(done.unwrap(), ImportDraft::Imported));
        assert_eq!(nurse.imported(draft).await.unwrap().unwrap().len(), 4);
    }
);

story!(a_name_that_looks_as_if_it_were_none_is_asked_back, town, {
    let nurse = town.nurse().await;
    let mut unknown = TypedCase {
        name: "不明".to_owned(),
        ..typed("", "1980-01-01", "09099990001")
    };
    let key = nurse.new_form_key();
    let asked = nurse.register_case(&unknown, key, Sure::Ask).await.unwrap();
    let RegisterCase::Problems(problems) = asked else {
        panic!("not asked back");
    };
    let told: Vec<_> = problems
        .iter()
        .map(|(field, problem)| (field.name(), problem.key()))
        .collect();
    assert_eq!(told, [("name", "problem-name-not-known")]);
    assert!(problems[0].1.asks_name() && !problems[0].1.is_question());
    // Somebody who cannot say who they are is registered all the same.
    unknown.name_is_right = true;
    let registered = nurse.register_case(&unknown, key, Sure::Ask).await.unwrap();
    assert!(matches!(registered, RegisterCase::Registered(_)));
    // Whoever is called like that passes.
    let na = typed("Na Hong-jin", "1981-02-03", "09099990002");
    let key = nurse.new_form_key();
    let registered = nurse.register_case(&na, key, Sure::Ask).await.unwrap();
    assert!(matches!(registered, RegisterCase::Registered(_)));
    // A file is imported with them, and they are told.
    let file = [
        HEADER.join(","),
        "テスト 太郎,,,1990-01-02,09011110001,ja,2026-11-20,,,,".to_owned(),
        "山田 二,,,1990-01-03,09011110002,ja,2026-11-20,,,,".to_owned(),
    ];
    let looked = nurse
        .look_at_import(file.join("\n").as_bytes(), Language::En)
        .await;
    let (draft, looked) = looked.unwrap().unwrap();
    let told: Vec<_> = looked
        .alike
        .iter()
        .map(|one| (one.line, one.has_no_name, one.is_alike()))
        .collect();
    assert_eq!(told, [(2, true, false)]);
    let done = nurse
        .import(draft, Meant::Lines(vec![]), Language::En)
        .await;
    assert!(matches!(done.unwrap(), ImportDraft::Imported));
    assert_eq!(nurse.imported(draft).await.unwrap().unwrap().len(), 2);
});
