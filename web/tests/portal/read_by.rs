//! What a family reads of who has read a report, once another center follows the person.

use super::{filled, form_of, sends};
use crate::browser::House;
use app::transfer::{AnswerOffer, OfferCase};
use domain::ids::{CaseId, TransferId};

/// The name of the center to which somebody is handed over.
const OTHER: &str = "よその見本保健所";

#[tokio::test]
async fn after_a_transfer_it_is_said_that_the_new_center_has_not_read_yet() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let form = form_of(&mut family, &hanako).await;
    let receipt = sends(&mut family, &hanako, &filled(&form, &[])).await.to;
    let mut nurse = house.nurse().await;
    nurse.gets(&format!("/cases/{hanako}")).await;

    let mut other = house.nurse_of_another_center().await;
    let centers = house.app().front_desk(None).health_centers().await.unwrap();
    let is_other = |center: &&app::health_center::HealthCenter| center.name == OTHER;
    let to = centers.iter().find(is_other).unwrap();
    let old = house.desk("nurse@sample.example").await;
    let from = old.health_center().await.unwrap();
    let new = house.desk("other@sample.example").await;
    let case: CaseId = hanako.parse().unwrap();
    let key = TransferId::from_uuid(old.new_form_key());
    let offered = old.offer_case(case, to.id, "She moved", key).await;
    assert_eq!(offered.unwrap(), OfferCase::Offered);
    let answered = new.answer_offer(key, true, "").await;
    assert_eq!(answered.unwrap(), AnswerOffer::Answered(case));

    let history = format!("/history?member={hanako}");
    let read_before = format!("{} read this report at ", from.name_in("en"));
    for path in [&history, &receipt] {
        let page = family.gets(path).await;
        page.says(&read_before);
        page.says(&format!("{OTHER} has not read it yet"));
        page.says_not(&format!("{OTHER} read this report"));
    }
    let page = family.gets(&receipt).await;
    page.says(&format!("{} received this report on ", from.name_in("en")));
    page.says_not(&format!("{OTHER} received this report"));
    let page = family.gets(&format!("{receipt}?lang=ja")).await;
    page.says(&format!(
        "この報告を読みました。{OTHER}はまだ読んでいません"
    ));

    // Staff of the new center read it for the first time, and then the family reads that.
    let record = other.gets(&format!("/cases/{hanako}")).await;
    record.says("Opened just now for the first time");
    let page = family.gets(&format!("{history}&lang=en")).await;
    page.says(&format!("{OTHER} read this report at "));
    page.says_not("has not read it yet");
}
