//! Of somebody with two illnesses whom two centers follow, each knows the one that is its own.

use super::is_ill_again;
use crate::reports::family;
use crate::story;
use crate::transfers::{moves, shibuya};
use app::case_import::HEADER;
use app::staff::NewStaff;

story!(
    whose_other_illness_was_given_to_another_center_is_known_to_a_file,
    town,
    {
        let (_, first) = family(&mut town, "a@example.org").await;
        let (to, new) = shibuya(&town).await;
        let nurse = town.nurse().await;
        let second = is_ill_again(&nurse, first).await;
        let number = async |case| {
            let view = nurse.case(case).await.unwrap().unwrap();
            view.member.hersys_id
        };
        let (of_first, of_second) = (number(first).await, number(second).await);
        moves(&nurse, &new, second, NewStaff::place_of(to)).await;
        let row = "山田 花子,ヤマダ ハナコ,,1988-05-04,09012345678,ja,2026-11-22,,,,";
        let file = format!("{}\n{row}\n", HEADER.join(","));
        let stands = async |center| {
            let desk = town.app.system_desk();
            let looked = desk.look_at_import(file.as_bytes(), center).await;
            let alike = looked.unwrap().unwrap().alike;
            assert_eq!(alike.len(), 1);
            let stands = alike[0].stands.iter();
            stands.map(|one| one.hersys_id.clone()).collect::<Vec<_>>()
        };
        let own = nurse.health_center().await.unwrap().id;
        assert_eq!(stands(own).await, [of_first]);
        assert_eq!(stands(to).await, [of_second]);
    }
);
