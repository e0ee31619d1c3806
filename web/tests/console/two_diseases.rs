//! Two records of one person, of two diseases: they stay two, unless somebody has chosen the wrong one.

use crate::browser::House;
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::programme::{PROGRAMME, TypedProgramme};

#[tokio::test]
async fn records_of_two_diseases_are_named_and_not_offered_to_be_made_one() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let desk = house.desk("nurse@sample.example").await;
    let measles = TypedProgramme {
        id: "measles".to_owned(),
        disease: ["麻しん".to_owned(), "Measles".to_owned()],
        like: PROGRAMME.to_owned(),
        valid_from: desk.rules_today().await.unwrap().to_string(),
        why: "An outbreak at a school".to_owned(),
    };
    desk.begin_programme(&measles).await.unwrap();
    let one = house.case_of("9047316").await;
    let typed = TypedCase {
        name: "見本 一郎".to_owned(),
        birthdate: "1979-01-31".to_owned(),
        phone: "09012345604".to_owned(),
        language: "ja".to_owned(),
        diagnosed_on: "2026-11-22".to_owned(),
        programme: "measles".to_owned(),
        ..TypedCase::default()
    };
    let key = desk.new_form_key();
    let registered = desk.register_case(&typed, key, Sure::Another).await;
    let RegisterCase::Registered(other) = registered.unwrap() else {
        panic!("not registered")
    };
    let path = format!("/cases/{one}/merge");
    let found = nurse.gets(&path).await;
    let (_, of_another) = found.html.split_once("Of another disease").unwrap();
    let with = format!("{path}?with={other}");
    assert!(of_another.contains(&with), "{of_another}");
    assert!(of_another.contains(" · Measles"), "{of_another}");
    // Nobody types a reason for what cannot be.
    let beside = nurse.gets(&with).await;
    beside.says("Two illnesses of one person stay two records");
    for case in [&one, &other.to_string()] {
        beside.says(&format!("href=\"/cases/{case}/person\""));
    }
    beside.says_not("name=\"reason\"");
    beside.says_not("Make them one");
}
