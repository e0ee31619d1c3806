//! Whose birthdate alone is mistyped in a list, and who only has much in common with somebody who stands.

use crate::story;
use app::case_import::{HEADER, ImportDraft, LookedAt, Meant};
use domain::language::Language;
use uuid::Uuid;

story!(
    whose_birthdate_alone_differs_is_asked_about_before_a_list_is_imported,
    town,
    {
        let row = |name: &str, born: &str, phone: &str| {
            format!("{name},{born},{phone},ja,2026-11-20,,,,")
        };
        let takuya = "試山 拓也,タメシヤマ タクヤ,";
        let stands = town.case(&row(takuya, "1958-12-31", "09012346474")).await;
        town.case(&row("山田 弘,ヤマダ ヒロシ,", "1950-03-03", "09011110002"))
            .await;
        town.case(&row("不明,,", "1930-01-02", "0311112222")).await;
        let nurse = town.nurse().await;
        let looked = async |rows: &[String]| -> (Uuid, LookedAt) {
            let file = format!("{}\n{}\n", HEADER.join(","), rows.join("\n"));
            let looked = nurse.look_at_import(file.as_bytes(), Language::En);
            looked.await.unwrap().unwrap()
        };
        let (draft, found) = looked(&[
            row(takuya, "1959-01-02", "09012346474"),
            // Father and son; a namesake.
            row("山田 浩,ヤマダ ヒロシ,", "1981-12-24", "09011110002"),
            row(takuya, "1971-05-06", "09099990001"),
            // Twice in the file itself.
            row("見本 花子,,", "1990-01-02", "09011110005"),
            row("見本 花子,,", "1990-01-20", "09011110005"),
            // Of those whom nobody can name an office writes the same words and the same number.
            row("不明,,", "1940-01-02", "0311112222"),
            row("不明,,", "1950-01-02", "0311112222"),
        ])
        .await;
        let told: Vec<_> = (found.alike.iter())
            .map(|one| (one.line, one.stands.len(), one.same_as_line))
            .collect();
        assert_eq!(
            told,
            [(2, 1, None), (6, 0, Some(5)), (7, 0, None), (8, 0, None)]
        );
        // Which is no "same as line 5".
        assert!(found.alike[1].is_born_otherwise_there);
        let one = &found.alike[0].stands[0];
        assert_eq!((&one.hersys_id, one.is_born_otherwise), (&stands, true));
        let nobody = Meant::Lines(vec![]);
        assert_eq!(found.left_out(&nobody), [2, 6]);
        let done = nurse.import(draft, nobody, Language::En).await.unwrap();
        assert!(matches!(done, ImportDraft::Imported));
        assert_eq!(nurse.imported(draft).await.unwrap().unwrap().len(), 5);

        // The ID beside another birthdate is a slip in one of both: somebody has to look.
        let with_id = row(takuya, "1959-01-02", "09012346474") + &stands;
        let (_, found) = looked(&[with_id]).await;
        assert!(!found.alike[0].known_by_id && found.alike[0].is_alike());
    }
);

story!(
    who_has_name_and_birthdate_is_not_taken_for_a_parent_of_that_name,
    town,
    {
        let row = |born: &str| format!(",,John Smith,{born},09012345000,en,2026-11-20,,,,");
        town.case(&row("1970-07-07")).await;
        let son = town.case(&row("2001-10-15")).await;
        let nurse = town.nurse().await;
        let file = format!("{}\n{}\n", HEADER.join(","), row("2001-10-15"));
        let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
        let (_, looked) = looked.unwrap().unwrap();
        let stands = &looked.alike[0].stands;
        assert_eq!(stands.len(), 1);
        assert_eq!(stands[0].hersys_id, son);
        assert!(!stands[0].is_born_otherwise);
    }
);
