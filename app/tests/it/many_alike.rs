//! Where hundreds share a birthdate or a phone number, whoever is meant is found all the same.

use crate::story;
use crate::town::Town;
use crate::transfers::shibuya;
use app::case_import::HEADER;
use app::case_registration::{RegisterCase, Sure, TypedCase};
use domain::ids::HealthCenterId;

/// So many people of a birthdate come to a center by a file, all with one phone number or each with their own.
async fn come(
    town: &Town,
    center: HealthCenterId,
    (people, born): (u32, &str),
    phone: Option<&str>,
) {
    let mut file = HEADER.join(",");
    for at in 0..people {
        let own = format!("0312{at:06}");
        let phone = phone.unwrap_or(&own);
        file.push_str(&format!("\nPerson {at},,,{born},{phone},en,2026-11-20,,,,"));
    }
    let desk = town.app.system_desk();
    let done = desk.import(file.as_bytes(), center).await;
    assert_eq!(done.unwrap().unwrap().len(), people as usize);
}

story!(
    who_stands_already_is_shown_where_hundreds_have_come_since_of_one_birthdate,
    town,
    {
        // The first of January: nobody knows the day.
        let number = town
            .case(",,Nguyen Van Anh,1970-01-01,09012340000,en,2026-11-20,,,,")
            .await;
        let nurse = town.nurse().await;
        let stands = nurse.case_by_number(&number).await.unwrap().unwrap();
        let stands = stands.member.case;
        town.minutes(1);
        let center = nurse.health_center().await.unwrap().id;
        come(&town, center, (201, "1970-01-01"), None).await;
        let typed = TypedCase {
            name_latin: "Nguyen Van Anh".to_owned(),
            birthdate: "1970-01-01".to_owned(),
            phone: "09012340000".to_owned(),
            diagnosed_on: "2026-11-22".to_owned(),
            ..TypedCase::default()
        };
        let key = nurse.new_form_key();
        let asked = nurse.register_case(&typed, key, Sure::Ask).await.unwrap();
        let RegisterCase::Alike(alike) = asked else {
            panic!("nobody is shown")
        };
        assert_eq!(alike[0].view.member.case, stands);
    }
);

story!(
    a_caller_is_found_whose_number_many_at_another_center_have,
    town,
    {
        let own = town
            .case("佐藤 健,サトウ ケン,,1956-04-01,08011112222,ja,2026-11-22,,,,")
            .await;
        let (elsewhere, _) = shibuya(&town).await;
        town.minutes(1);
        come(&town, elsewhere, (51, "1980-01-02"), Some("08011112222")).await;
        let nurse = town.nurse().await;
        let (found, count) = nurse.cases("080-1111-2222", 0).await.unwrap();
        assert_eq!(count, 1);
        assert_eq!(found[0].member.hersys_id, own);
    }
);
