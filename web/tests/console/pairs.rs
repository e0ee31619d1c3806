//! Two records that may be one person's, laid side by side: at two centers by whoever is above both, and at one.

use crate::browser::{House, reports};
use app::StaffDesk;
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::registered_twice::{Say, SayOfPair};
use app::transfer::{AnswerOffer, OfferCase};
use domain::ids::{CaseId, TransferId};
use domain::staff_role::{JurisdictionKind, StaffRole};

async fn registers(desk: &StaffDesk, name: [&str; 2], phone: &str) -> CaseId {
    let typed = TypedCase {
        name: name[0].to_owned(),
        name_latin: name[1].to_owned(),
        birthdate: "1990-01-02".to_owned(),
        phone: phone.to_owned(),
        diagnosed_on: "2026-11-22".to_owned(),
        ..TypedCase::default()
    };
    let key = desk.new_form_key();
    match desk.register_case(&typed, key, Sure::Ask).await.unwrap() {
        RegisterCase::Registered(case) => case,
        _ => panic!("not registered"),
    }
}

#[tokio::test]
async fn where_two_records_agree_in_a_spelling_they_are_not_said_to_differ_in_the_name() {
    let house = House::new().await;
    house.nurse_of_another_center().await;
    let here = house.desk("nurse@sample.example").await;
    let there = house.desk("other@sample.example").await;
    // One has a name in katakana, too, which is shown first; they agree in Latin letters.
    let latin = "MARIA LUISA SANTOS";
    let one = registers(&here, ["マリア・ルイサ・サントス", latin], "09011110001").await;
    let other = registers(&there, ["", latin], "09011110001").await;
    let places = house.app().system_desk().places().await.unwrap();
    let mut above = places.iter();
    let above = above.find(|place| place.kind == JurisdictionKind::Prefecture);
    let role = StaffRole::PrefectureOfficer;
    let mut officer = house.hires("pref@s.example", role, above.unwrap().id).await;
    let page = officer.gets("/registered-twice?lang=ja").await;
    page.says("生年月日・氏名・電話番号が同じ");
    page.says("<td>マリア・ルイサ・サントス / MARIA LUISA SANTOS</td>");
    page.says("<td>MARIA LUISA SANTOS</td>");
    page.says_not("<th scope=\"row\">氏名<br>");

    // Both centers are asked, and the other one's number is a press away where it has one.
    let desk = house.desk("pref@s.example").await;
    let said = desk.say_of_pair([one, other], Say::TellBoth, "").await;
    assert_eq!(said.unwrap(), SayOfPair::Done);
    let mut nurse = house.nurse().await;
    let tasks = nurse.gets("/tasks").await;
    tasks.says("Perhaps registered at another center, too");
    tasks.says("<dd>よその見本保健所</dd>");
    // Handed over, nobody is to be called: both are laid side by side.
    let key = TransferId::from_uuid(there.new_form_key());
    let to = here.health_center().await.unwrap().id;
    let offered = there.offer_case(other, to, "The same person", key).await;
    assert_eq!(offered.unwrap(), OfferCase::Offered);
    let taken = here.answer_offer(key, true, "").await;
    assert_eq!(taken.unwrap(), AnswerOffer::Answered(other));
    let tasks = nurse.gets("/tasks").await;
    tasks.says_not("<dd>よその見本保健所</dd>");
    tasks.says_not("Call that center and find out");
    for (one, other) in [(one, other), (other, one)] {
        let link = format!("<a href=\"/cases/{one}/merge?with={other}\">");
        tasks.says(&link);
    }
}

#[tokio::test]
async fn an_alert_that_is_open_is_said_to_be_there() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let desk = house.desk("nurse@sample.example").await;
    let with = registers(&desk, ["見本 一", ""], "09011110002")
        .await
        .to_string();
    let without = registers(&desk, ["試山 二", ""], "09011110003").await;
    reports(&mut nurse, &with).await;
    let path = format!("/cases/{with}/merge?with={without}&lang=ja");
    let page = nurse.gets(&path).await;
    let (_, row) = page.html.split_once("未完了のアラート").unwrap();
    let row = row.split("</tr>").next().unwrap();
    assert!(row.contains("<td>あり</td><td>なし</td>"), "{row}");
}
