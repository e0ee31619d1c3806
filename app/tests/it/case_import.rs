//! Files that are looked at before they are imported, and IDs that are taken back.

mod birthdate;
mod elsewhere;
mod large;
mod marks;
mod names;
mod workbook;

use crate::reports::family;
use crate::story;
use crate::town::{hanako, register};
use app::StaffDesk;
use app::attributes::Registration;
use app::brochure::{Brochures, WithoutPhone};
use app::case_import::{HEADER, ImportDraft, ImportState, Meant, Step};
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::hersys_id::Reissue;
use app::staff::NewStaff;
use domain::ids::CaseId;
use domain::language::Language;
use domain::staff_role::StaffRole;

story!(a_file_is_looked_at_and_imported_once, town, {
    let nurse = town.nurse().await;
    let row = |name: &str, phone: &str| format!("{name},,,1990-01-02,{phone},ja,2026-11-20,,,,");
    let good = [
        HEADER.join(","),
        row("山田 一", "09011110001"),
        row("山田 二", "09011110002"),
    ];
    let bad = [HEADER.join(","), row("山田 一", "12")].join("\n");
    let errors = nurse
        .look_at_import(bad.as_bytes(), Language::Ja)
        .await
        .unwrap()
        .err()
        .unwrap();
    assert_eq!((errors[0].line, errors[0].column.as_str()), (2, "phone"));
    // A file that was not saved is another mistake than a list without people.
    let header = format!("{}\n", HEADER.join(","));
    for (file, told) in [("\n", "The file is empty"), (&header, "no rows")] {
        let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
        let errors = looked.unwrap().err().unwrap();
        assert!(errors[0].reason.contains(told), "{}", errors[0].reason);
    }
    let (draft, looked) = nurse
        .look_at_import(good.join("\n").as_bytes(), Language::En)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(looked.count, 2);
    assert_eq!(
        nurse.cases("", 0).await.unwrap().1,
        0,
        "nothing is imported by looking"
    );
    assert!(nurse.imported(draft).await.unwrap().is_none());
    // Two presses at once import once.
    let (a, b) = tokio::join!(
        nurse.import(draft, Meant::All, Language::En),
        nurse.import(draft, Meant::All, Language::En)
    );
    assert!(matches!(a.unwrap(), ImportDraft::Imported));
    assert!(matches!(b.unwrap(), ImportDraft::Imported));
    assert_eq!(nurse.cases("", 0).await.unwrap().1, 2);
    let cases = nurse.imported(draft).await.unwrap().unwrap();
    assert_eq!(cases.len(), 2);
    let Brochures::Pdf(pdf) = nurse
        .brochures(&cases, WithoutPhone::WriteByHand)
        .await
        .unwrap()
    else {
        panic!("not printed");
    };
    assert!(pdf.starts_with(b"%PDF-"));
    let lines = nurse.audit_of_case(cases[0], 10).await.unwrap();
    assert!(
        lines
            .iter()
            .any(|l| l.action == "case.registered" && l.name.as_deref() == Some("Nurse"))
    );
});

story!(an_id_that_reached_somebody_else_is_taken_back, town, {
    // A stranger has signed up with it.
    let (stranger, case) = family(&mut town, "stranger@example.org").await;
    let nurse = town.nurse().await;
    let view = nurse.case(case).await.unwrap().unwrap();
    let old = view.member.hersys_id.clone();
    let reissue = async |reason, detach, version| {
        nurse
            .reissue_id(case, reason, detach, version)
            .await
            .unwrap()
    };
    assert_eq!(reissue("", Some(true), view.version).await, Reissue::Reason);
    assert_eq!(
        reissue("wrong number", None, view.version).await,
        Reissue::HasAccount
    );
    let Reissue::Reissued(new) = reissue("wrong number", Some(true), view.version).await else {
        panic!("not reissued");
    };
    assert_ne!(old, new);
    assert_eq!(
        reissue("again", Some(true), view.version).await,
        Reissue::ChangedMeanwhile
    );
    assert!(
        stranger.history(case).await.unwrap().is_none(),
        "the stranger sees nothing any more"
    );
    let owner = town.account("owner@example.org").await;
    assert!(matches!(
        register(&owner, &hanako(&old)).await,
        Registration::Refused
    ));
    assert!(matches!(
        register(&owner, &hanako(&new)).await,
        Registration::Registered(_)
    ));
    // The old number is never given again.
    let row = format!("山田 三,,,1990-01-02,09011110003,ja,2026-11-20,,,,{old}");
    let file = format!("{}\n{row}", HEADER.join(","));
    let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
    let problems = looked.unwrap().err().unwrap();
    assert_eq!(problems[0].column, "hersys_id");
});

story!(
    who_stands_already_is_shown_before_saving_and_a_second_illness_is_a_case_beside_the_first,
    town,
    {
        let (_, first) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let typed = TypedCase {
            name_kana: "やまだ はなこ".to_owned(),
            birthdate: "S63.5.4".to_owned(),
            phone: "090-9999-8888".to_owned(),
            diagnosed_on: "2026-11-23".to_owned(),
            ..TypedCase::default()
        };
        let key = nurse.new_form_key();
        let asked = nurse.register_case(&typed, key, Sure::Ask).await.unwrap();
        let RegisterCase::Alike(alike) = asked else {
            panic!("nobody is shown");
        };
        assert_eq!(alike[0].view.member.case, first);
        assert_eq!(
            nurse.cases("", 0).await.unwrap().1,
            1,
            "nothing is registered by asking"
        );
        let same = nurse
            .register_case(&typed, key, Sure::SameAs(first))
            .await
            .unwrap();
        let RegisterCase::Registered(second) = same else {
            panic!("not registered");
        };
        assert_ne!(first, second);
        let following = nurse.following_of(second).await.unwrap().unwrap();
        assert_eq!(following.family[0].case, first, "both stay readable");
        let again = nurse.register_case(&typed, key, Sure::Ask).await.unwrap();
        assert!(matches!(again, RegisterCase::Registered(case) if case == second));
        let twin = TypedCase {
            name_kana: "ヤマダ フタバ".to_owned(),
            phone: "09012345678".to_owned(),
            ..typed
        };
        let key = nurse.new_form_key();
        assert!(matches!(
            nurse.register_case(&twin, key, Sure::Ask).await.unwrap(),
            RegisterCase::Alike(_)
        ));
        assert!(matches!(
            nurse
                .register_case(&twin, key, Sure::Another)
                .await
                .unwrap(),
            RegisterCase::Registered(_)
        ));
    }
);

story!(
    a_file_is_counted_as_people_count_and_shows_who_stands_already,
    town,
    {
        town.hanako().await;
        let nurse = town.nurse().await;
        // As Excel on Windows writes it.
        let bad = [
            HEADER.join(","),
            "山田 一,,,1990-01-02,09011110001,ja,2026-11-20,,,,".to_owned(),
            "\"山田\r\n二\",,,1990-01-02,12,ja,2026-11-20,,,,".to_owned(),
            "山田 三,,,1990-02-31,09011110003,ja,2026-11-20,,,,".to_owned(),
        ]
        .join("\r\n");
        let errors = nurse
            .look_at_import(bad.as_bytes(), Language::En)
            .await
            .unwrap()
            .err()
            .unwrap();
        let lines: Vec<u64> = errors.iter().map(|error| error.line).collect();
        assert!(lines.contains(&3) && lines.contains(&5), "{lines:?}");

        let file = [
            HEADER.join(","),
            "やまだ はなこ,,,1988-05-04,09099998888,ja,2026-11-20,,,,".to_owned(),
            "山田 一,,,1990-01-02,09011110001,ja,2026-11-20,,,,".to_owned(),
            "山田 壱,,,1990-01-02,09011110001,ja,2026-11-20,,,,".to_owned(),
        ]
        .join("\r\n");
        let (draft, looked) = nurse
            .look_at_import(file.as_bytes(), Language::En)
            .await
            .unwrap()
            .unwrap();
        let alike = looked.alike;
        assert_eq!(alike.len(), 2);
        assert!(alike[0].line == 2 && alike[0].stands.len() == 1);
        assert_eq!((alike[1].line, alike[1].same_as_line), (4, Some(3)));
        // Nobody says that they are meant.
        let nobody = Meant::Lines(vec![]);
        let done = nurse.import(draft, nobody.clone(), Language::En).await;
        assert!(matches!(done.unwrap(), ImportDraft::Imported));
        assert_eq!(nurse.cases("", 0).await.unwrap().1, 2, "one beside Hanako");
        let told = nurse.import_state(draft, Language::En).await.unwrap();
        let Some(ImportState::Done {
            cases, left_out, ..
        }) = told
        else {
            panic!("not done");
        };
        assert_eq!((cases.len(), left_out), (1, vec![2, 4]));
        // The same file once more, by a colleague who has looked at it before: nobody is registered twice, but the twin who
        // is meant.
        for (meant, count) in [(nobody, 2), (Meant::Lines(vec![4]), 3)] {
            let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
            let (draft, _) = looked.unwrap().unwrap();
            let done = nurse.import(draft, meant, Language::En).await.unwrap();
            assert!(matches!(done, ImportDraft::Imported));
            assert_eq!(nurse.cases("", 0).await.unwrap().1, count);
        }
    }
);

story!(
    whoever_stands_is_left_out_until_somebody_means_them,
    town,
    {
        let desk = town.app.system_desk();
        let center = desk.health_centers().await.unwrap()[0].id;
        let row = |name: &str, born: &str| format!("{name},,,{born},09011110001,ja,2026-11-20,,,,");
        let mut file = vec![
            HEADER.join(","),
            row("山田 一", "1990-01-02"),
            row("山田 花", "1992-03-04"),
        ];
        let looked = async |file: &[String]| {
            let bytes = file.join("\n");
            desk.look_at_import(bytes.as_bytes(), center).await.unwrap()
        };
        let nobody = Meant::Lines(Vec::new());
        let first = looked(&file).await.unwrap();
        assert_eq!((first.count, first.left_out(&nobody).len()), (2, 0));
        let bytes = file.join("\n");
        let imported = desk.import(bytes.as_bytes(), center).await.unwrap();
        let id = imported.unwrap()[1].fields[10].clone();

        // The same file again, with somebody new and a twin of hers below.
        file.push(row("山田 新", "2001-01-02"));
        file.push(row("山田 双", "1992-03-04"));
        let again = looked(&file).await.unwrap();
        assert_eq!(again.left_out(&nobody), [2, 3, 5]);
        assert_eq!(again.left_out(&Meant::Lines(vec![5])), [2, 3]);
        assert_eq!(again.left_out(&Meant::All), [0_u64; 0]);
        let mut work = desk
            .begin_import(&again, vec![2, 3])
            .await
            .unwrap()
            .unwrap();
        let Some(Step::Imported { rows, .. }) = work.next().await.unwrap() else {
            panic!("not imported");
        };
        assert!(work.next().await.unwrap().is_none());
        let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [4, 5]);
        assert_eq!(town.nurse().await.cases("", 0).await.unwrap().1, 4);

        // An ID that is given already is a bad row, as it is when the file is imported.
        let taken = [
            HEADER.join(","),
            format!("{}{id}", row("山田 別", "1970-01-01")),
        ];
        let errors = looked(&taken).await.err().unwrap();
        assert_eq!(
            (errors[0].line, errors[0].column.as_str()),
            (2, "hersys_id")
        );
    }
);

story!(
    what_is_wrong_with_a_list_is_told_when_it_is_looked_at,
    town,
    {
        let id = town.hanako().await;
        let nurse = town.nurse().await;
        let looked = async |rows: [String; 2]| {
            let file = rows.join("\n");
            let looked = nurse.look_at_import(file.as_bytes(), Language::En);
            looked.await.unwrap().err().unwrap_or_default()
        };
        // An ID that is another person's, before anybody presses the button.
        let other = format!("山田 別,,,1970-01-01,09011110001,ja,2026-11-20,,,,{id}");
        let errors = looked([HEADER.join(","), other]).await;
        assert_eq!((errors.len(), errors[0].line), (1, 2));
        assert_eq!(errors[0].column, "hersys_id");
        // Days as a spreadsheet counts them.
        let serial = "山田 一,,,32267,09011110001,ja,44885,,,,".to_owned();
        let errors = looked([HEADER.join(","), serial]).await;
        assert_eq!(errors.len(), 2);
        for error in &errors {
            assert!(error.reason.contains("spreadsheet"), "{}", error.reason);
        }
        // A quotation mark that is never closed makes one field of all that follows.
        let open = "\"山田 一,,,1990-01-02,09011110001,ja,2026-11-20,,,,\n山田 二,,,1990-01-02,0901,ja,2026-11-20,,,,";
        let errors = looked([HEADER.join(","), open.to_owned()]).await;
        assert!(
            errors[0].line == 2 && errors[0].reason.contains("quotation mark"),
            "{errors:?}"
        );
        // A column too many is named.
        let row = "山田 一,,,1990-01-02,09011110001,ja,2026-11-20,,,,,x".to_owned();
        let errors = looked([format!("{},phone", HEADER.join(",")), row]).await;
        assert!(errors[0].reason.contains("phone"), "{}", errors[0].reason);
    }
);

story!(a_list_is_read_by_the_names_of_its_columns, town, {
    let nurse = town.nurse().await;
    let looked = async |file: &str| {
        nurse
            .look_at_import(file.as_bytes(), Language::En)
            .await
            .unwrap()
    };
    let file = "HERSYS_ID,birthdate,name,name_kana,name_latin,phone,language,diagnosed_on,onset_on,entered_japan_on,passport_number\n\
                ,S30.4.1,山田 花子,,,09012345678,ja,2026-11-20,,,\n";
    let first = looked(file).await.unwrap().1.first;
    assert_eq!(
        (first[0].fields[0].as_str(), first[0].fields[3].as_str()),
        ("山田 花子", "S30.4.1")
    );
    for (file, told) in [
        (file.replace(',', "|"), "The first line"),
        (file.replace("HERSYS_ID", "name"), "twice: name"),
        (file.replace("phone", "fon"), "missing: phone"),
        (file.replace("2026-11-20,,,", "2026-11-20,,"), "columns"),
        (file.replace("ja,", "Moonish,"), "code"),
        (file.replace("山田 花子", "=1+1"), "name"),
    ] {
        let problems = looked(&file).await.err().unwrap();
        assert!(problems[0].reason.contains(told), "{problems:?}");
    }
    let workbook = nurse.look_at_import(b"PK\x03\x04\x14\0", Language::En);
    let problems = workbook.await.unwrap().err().unwrap();
    assert!(problems[0].reason.contains("workbook"), "{problems:?}");
});

story!(files_are_read_as_offices_make_them, town, {
    let nurse = town.nurse().await;
    // With columns of the office's own, and a title of one that says nothing.
    let file = "番号,氏名,生年月日,電話番号,言語,診断日,発症日,備考,年齢,\n\
                1,山田 花子,S55年1月2日,09012345678,ja,2026年11月20日,R8.11.18,\"熱, 咳; 犬\",46,\n";
    let utf16 = |text: &str| {
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        bytes
    };
    let tabs = file.replace(',', "\t").replace("熱\t", "熱,");
    let semicolons = file.replace(',', ";").replace("熱;", "熱,");
    let files = [
        file.as_bytes().to_vec(),
        tabs.clone().into_bytes(),
        semicolons.into_bytes(),
        utf16(&tabs),
        utf16(file),
    ];
    let mut draft = None;
    for (at, bytes) in files.iter().enumerate() {
        let looked = nurse.look_at_import(bytes, Language::En).await.unwrap();
        let (id, looked) = looked.unwrap_or_else(|problems| panic!("{at}: {problems:?}"));
        let row = &looked.first[0];
        assert_eq!(row.fields[0], "山田 花子", "{at}");
        // Days are shown as they were read.
        assert_eq!(row.born_on, jiff::civil::date(1980, 1, 2), "{at}");
        assert_eq!(row.diagnosed_on, jiff::civil::date(2026, 11, 20), "{at}");
        let onset = Some(jiff::civil::date(2026, 11, 18));
        assert_eq!(row.onset_on, onset, "{at}");
        let left_out = looked.columns_left_out();
        assert_eq!(left_out, ["番号", "備考", "年齢", "column 10"], "{at}");
        draft = Some(id);
    }
    // The last of them is imported: what was looked at is read once more.
    let done = nurse.import(draft.unwrap(), Meant::All, Language::En);
    assert!(matches!(done.await.unwrap(), ImportDraft::Imported));
    assert_eq!(nurse.cases("山田 1980-01-02", 0).await.unwrap().1, 1);
});

story!(a_row_is_not_the_same_person_as_itself, town, {
    let row =
        |name: &str, phone: &str| format!("{name},,{name},1990-01-02,{phone},pt,2026-11-20,,,,");
    let file = [
        HEADER.join(","),
        row("Maria Silva", "09011110001"),
        row("Ana Souza", "09011110002"),
        row("Maria Silva", "09011110003"),
    ];
    let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
    let alike = town
        .app
        .system_desk()
        .look_at_import(file.join("\n").as_bytes(), center)
        .await
        .unwrap()
        .unwrap()
        .alike;
    let lines: Vec<_> = alike.iter().map(|a| (a.line, a.same_as_line)).collect();
    assert_eq!(lines, [(4, Some(2))]);
});

story!(days_in_an_unlikely_order_are_asked_back, town, {
    let nurse = town.nurse().await;
    let typed = TypedCase {
        name: "山田 花子".to_owned(),
        birthdate: "S63.5.4".to_owned(),
        phone: "090-9999-8888".to_owned(),
        diagnosed_on: "2026-11-20".to_owned(),
        onset_on: "2026-11-21".to_owned(),
        entered_japan_on: "2026-11-22".to_owned(),
        ..TypedCase::default()
    };
    let key = nurse.new_form_key();
    let asked = nurse.register_case(&typed, key, Sure::Ask).await.unwrap();
    let RegisterCase::Problems(problems) = asked else {
        panic!("not asked back");
    };
    let keys: Vec<_> = problems.iter().map(|(_, problem)| problem.key()).collect();
    assert_eq!(
        keys,
        [
            "problem-onset-after-diagnosis",
            "problem-entered-after-diagnosis"
        ]
    );
    let meant = TypedCase {
        days_are_right: true,
        ..typed
    };
    let registered = nurse.register_case(&meant, key, Sure::Ask).await.unwrap();
    assert!(matches!(registered, RegisterCase::Registered(_)));
    // A file is imported all the same, and its unlikely days are told.
    let file = [
        HEADER.join(","),
        "山田 一,,,1990-01-02,09011110001,ja,2026-11-20,2026-11-20,2026-11-20,,".to_owned(),
        "山田 二,,,1990-01-03,09011110002,ja,2026-11-20,,2026-11-21,,".to_owned(),
    ];
    let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
    let told = town
        .app
        .system_desk()
        .look_at_import(file.join("\n").as_bytes(), center)
        .await
        .unwrap()
        .unwrap()
        .alike;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].line, told[0].is_alike()), (3, false));
    assert_eq!(told[0].days[0].key(), "problem-entered-after-diagnosis");
    // No box stands beside the row of a file that could be ticked, as one does beside the field of the form.
    let file = format!(
        "{}\nテスト 太郎,,,1990-01-02,09011110001,ja,2026-01-20,,,,\n",
        HEADER.join(",")
    );
    let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
    let told = looked.unwrap().unwrap().1.alike;
    let sentences = told[0].days_in(Language::En).into_iter();
    let sentences: Vec<String> = sentences.chain(told[0].no_name_in(Language::En)).collect();
    assert_eq!(sentences.len(), 2);
    for sentence in sentences {
        assert!(!sentence.contains("tick"), "{sentence}");
    }
});

story!(a_file_tells_where_people_live, town, {
    let nurse = town.nurse().await;
    let file = |address: &str| {
        format!(
            "{},address\n山田 花子,,,1988-05-04,090-1234-5678,ja,2026-11-20,,,,,{address}\n",
            HEADER.join(",")
        )
    };
    let long = file(&"あ".repeat(301));
    let refused = nurse.look_at_import(long.as_bytes(), Language::En).await;
    let Err(errors) = refused.unwrap() else {
        panic!("taken")
    };
    assert_eq!((errors[0].line, errors[0].column.as_str()), (2, "address"));
    let (draft, _) = nurse
        .look_at_import(file("見本県港町1-2").as_bytes(), Language::En)
        .await
        .unwrap()
        .unwrap();
    nurse.import(draft, Meant::All, Language::En).await.unwrap();
    let case = nurse.imported(draft).await.unwrap().unwrap()[0];
    let lives = nurse.address_of(case).await.unwrap().address.unwrap();
    assert_eq!(lives.expose(), "見本県港町1-2");
});

/// Hanako falls ill once more, as a nurse registers her who is shown her first illness.
async fn is_ill_again(nurse: &StaffDesk, first: CaseId) -> CaseId {
    let typed = TypedCase {
        name: "山田 花子".to_owned(),
        name_kana: "ヤマダ ハナコ".to_owned(),
        birthdate: "1988-05-04".to_owned(),
        phone: "09012345678".to_owned(),
        diagnosed_on: "2026-11-23".to_owned(),
        ..TypedCase::default()
    };
    let key = nurse.new_form_key();
    let same = nurse.register_case(&typed, key, Sure::SameAs(first)).await;
    match same.unwrap() {
        RegisterCase::Registered(second) => second,
        _ => panic!("not registered"),
    }
}

story!(
    of_two_illnesses_of_one_person_the_open_one_is_asked_for,
    town,
    {
        let (desk, first) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let second = is_ill_again(&nurse, first).await;
        let id = nurse.case(second).await.unwrap().unwrap().member.hersys_id;
        let claimed = crate::town::register(&desk, &crate::town::hanako(&id)).await;
        assert!(matches!(
            claimed,
            app::attributes::Registration::Registered { .. }
        ));
        let of = |members: &[app::family::Member], case| {
            members.iter().find(|m| m.case == case).unwrap().clone()
        };
        let members = desk.members().await.unwrap();
        let (old, new) = (of(&members, first), of(&members, second));
        assert!(!old.is_followed_as(&new), "both are followed");
        let view = nurse.following_of(first).await.unwrap().unwrap();
        let over = app::monitoring::TypedDecision {
            status: "died".to_owned(),
            reason: "Well again".to_owned(),
            version: view.monitoring.version,
            ..Default::default()
        };
        nurse.decide(first, &over).await.unwrap();
        let members = desk.members().await.unwrap();
        let (old, new) = (of(&members, first), of(&members, second));
        assert!(old.is_followed_as(&new) && !new.is_followed_as(&old));
    }
);

story!(
    of_twins_the_one_with_the_name_is_meant_and_nobody_is_guessed,
    town,
    {
        let first = town
            .case("双子 太郎,,,2015-05-05,08011110010,ja,2026-11-20,,,,")
            .await;
        let second = town
            .case("双子 次郎,,,2015-05-05,08011110010,ja,2026-11-20,,,,")
            .await;
        let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
        let stands = async |name: &str| {
            let row = format!("{name},,,2015-05-05,08011110010,ja,2026-11-20,,,,");
            let file = [HEADER.join(","), row].join("\n");
            let alike = town
                .app
                .system_desk()
                .look_at_import(file.as_bytes(), center)
                .await
                .unwrap()
                .unwrap()
                .alike;
            let stands = alike[0].stands.iter();
            stands.map(|one| one.hersys_id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(stands("双子 太郎").await, std::slice::from_ref(&first));
        assert_eq!(stands("双子 次郎").await, std::slice::from_ref(&second));
        let mut either = stands("双子 花子").await;
        either.sort();
        let mut both = vec![first, second];
        both.sort();
        assert_eq!(either, both);
        // A diagnosis of a year ago is asked back, on the form and in the file.
        let nurse = town.nurse().await;
        let typed = TypedCase {
            name: "山田 花子".to_owned(),
            birthdate: "S63.5.4".to_owned(),
            phone: "090-9999-8888".to_owned(),
            diagnosed_on: "2025-11-20".to_owned(),
            ..TypedCase::default()
        };
        let key = nurse.new_form_key();
        let asked = nurse.register_case(&typed, key, Sure::Ask).await.unwrap();
        assert!(matches!(asked, RegisterCase::Problems(problems)
        if problems.len() == 1 && problems[0].1.key() == "problem-long-ago"));
    }
);

story!(
    two_files_of_one_list_are_imported_one_after_the_other,
    town,
    {
        let nurse = town.nurse().await;
        let place = NewStaff::place_of(nurse.health_center().await.unwrap().id);
        let colleague = town
            .hires("colleague@center.example", StaffRole::Nurse, place)
            .await;
        let kana = ["イチロウ", "ジロウ", "サブロウ", "シロウ", "ゴロウ"];
        let rows: Vec<String> = kana
            .iter()
            .zip(1..)
            .map(|(name, n)| format!("見本 {name},,,195{n}-01-02,0901111222{n},ja,2026-11-20,,,,"))
            .collect();
        let file = format!("{}\n{}\n", HEADER.join(","), rows.join("\n"));
        let one = nurse.look_at_import(file.as_bytes(), Language::En).await;
        let other = colleague
            .look_at_import(file.as_bytes(), Language::En)
            .await;
        let (one, other) = (one.unwrap().unwrap().0, other.unwrap().unwrap().0);
        let nobody = Meant::Lines(vec![]);
        let (a, b) = tokio::join!(
            nurse.import(one, nobody.clone(), Language::En),
            colleague.import(other, nobody.clone(), Language::En)
        );
        // Whoever is second either is told to wait, or finds all of them there.
        for done in [a.unwrap(), b.unwrap()] {
            match done {
                ImportDraft::Imported => {}
                ImportDraft::Problems(problems) => {
                    assert!(problems[0].reason.contains("Another file"));
                }
                _ => panic!("neither"),
            }
        }
        assert_eq!(nurse.cases("", 0).await.unwrap().1, 5);
        // Then it is looked at and imported as any other.
        let again = colleague.import(other, nobody, Language::En).await.unwrap();
        assert!(matches!(again, ImportDraft::Imported));
        assert_eq!(nurse.cases("", 0).await.unwrap().1, 5);
    }
);

story!(
    whoever_stands_under_the_id_of_a_row_is_left_out_whichever_of_their_ids_it_is,
    town,
    {
        let (_, first) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let new = "山田 新,,,2001-01-02,09011110009,ja,2026-11-20,,,,";
        let looked = async |row: String| {
            let file = [HEADER.join(","), row, new.to_owned()].join("\n");
            let looked = nurse.look_at_import(file.as_bytes(), Language::En);
            let (_, looked) = looked.await.unwrap()?;
            Ok::<_, Vec<app::case_import::RowError>>(looked.left_out(&Meant::Lines(vec![])))
        };
        let of_first = |id: &str| {
            format!(
                "山田 花子,ヤマダ ハナコ,Yamada Hanako,1988-05-04,09012345678,ja,2026-11-20,2026-11-18,,,{id}"
            )
        };
        // A record that was merged into hers.
        let (merged, of_merged) = crate::merges::again(&town).await;
        crate::merges::merges(&nurse, first, merged).await;
        let row = format!(
            "山田 華子,ヤマダ ハナコ,,1988-05-04,09012345678,ja,2026-11-21,2026-11-18,,,{of_merged}"
        );
        assert_eq!(looked(row).await, Ok(vec![2]));
        // Her first illness, after the second.
        town.minutes(1);
        is_ill_again(&nurse, first).await;
        let view = nurse.case(first).await.unwrap().unwrap();
        let old = view.member.hersys_id.clone();
        assert_eq!(looked(of_first(&old)).await, Ok(vec![2]));
        // An ID that was taken back.
        let reissued = nurse.reissue_id(first, "lost", Some(false), view.version);
        assert!(matches!(reissued.await.unwrap(), Reissue::Reissued(_)));
        assert_eq!(looked(of_first(&old)).await, Ok(vec![2]));
        // Nobody else may have it.
        let other = format!("山田 別,,,1970-01-01,09011110001,ja,2026-11-20,,,,{old}");
        let errors = looked(other).await.unwrap_err();
        assert_eq!((errors.len(), errors[0].line), (1, 2));
    }
);

story!(
    a_row_with_the_id_of_its_own_record_is_that_one_and_no_guess,
    town,
    {
        // As much agrees with each of them.
        let who = "見本 花子,,,1990-01-02,09011110001,ja,2026-11-20,,,,";
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(town.case(who).await);
        }
        let nurse = town.nurse().await;
        let looked = async |rows: &[String]| {
            let file = format!("{}\n{}\n", HEADER.join(","), rows.join("\n"));
            let looked = nurse.look_at_import(file.as_bytes(), Language::En);
            looked.await.unwrap().unwrap()
        };
        let mut rows: Vec<String> = ids.iter().map(|id| format!("{who}{id}")).collect();
        rows.push(who.to_owned());
        let (draft, own) = looked(&rows).await;
        assert_eq!(own.alike.len(), 4);
        for (row, id) in own.alike.iter().zip(&ids) {
            assert!(row.known_by_id, "line {}", row.line);
            assert_eq!(row.stands.len(), 1);
            assert_eq!(row.stands[0].hersys_id, *id);
            assert_eq!(row.same_as_line, None);
        }
        let last = &own.alike[3];
        assert!(!last.known_by_id);
        assert_eq!((last.stands.len(), last.same_as_line), (3, Some(2)));
        // No two have one ID: whoever stands by theirs is left out, whatever somebody means.
        assert_eq!(own.left_out(&Meant::All), [2, 3, 4]);
        let meant = Meant::Lines(vec![2, 5]);
        assert_eq!(own.left_out(&meant), [2, 3, 4]);
        let done = nurse.import(draft, meant, Language::En).await.unwrap();
        assert!(matches!(done, ImportDraft::Imported));
        assert_eq!(nurse.cases("", 0).await.unwrap().1, 4);

        // An ID beside the name of a twin is a slip in one of both: somebody has to look.
        let twin = format!("{}{}", who.replace("花子", "太郎"), ids[0]);
        let (_, of_twin) = looked(&[twin]).await;
        assert!(!of_twin.alike[0].known_by_id);
        assert!(of_twin.alike[0].stands.len() > 1);
    }
);

story!(a_file_that_is_refused_keeps_no_other_waiting, town, {
    let desk = town.app.system_desk();
    let center = desk.health_centers().await.unwrap()[0].id;
    let row = "山田 一,,,1990-01-02,09011110001,ja,2026-11-20,,,,2000005";
    let file = [HEADER.join(","), row.to_owned()].join("\n");
    let looked = desk.look_at_import(file.as_bytes(), center).await;
    let looked = looked.unwrap().unwrap();
    town.case("山田 別,,,1970-01-01,09011110002,ja,2026-11-20,,,,2000005")
        .await;
    let mut work = desk.begin_import(&looked, vec![]).await.unwrap().unwrap();
    assert!(matches!(work.next().await.unwrap(), Some(Step::Refused(_))));
    // It is put right.
    let nurse = town.nurse().await;
    let file = file.replace("2000005", "");
    let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
    let (draft, _) = looked.unwrap().unwrap();
    let done = nurse
        .import(draft, Meant::Lines(vec![]), Language::En)
        .await;
    assert!(matches!(done.unwrap(), ImportDraft::Imported));
});
