//! What stands on the home page after a new password from the mailbox alone, before the histories are opened.

use super::adds_the_student;
use super::signing_in::types_a_code;
use crate::browser::House;
use app::release::TypedRelease;

#[tokio::test]
async fn a_closed_card_has_the_number_of_the_center_also_where_the_follow_up_is_over() {
    let house = House::new().await;
    adds_the_student(&house, &mut house.family().await).await;
    let over = house.case_of("4826153").await.parse().unwrap();
    let nurse = house.desk("nurse@sample.example").await;
    let following = nurse.following_of(over).await.unwrap().unwrap();
    let typed = TypedRelease {
        reason: "Well again".to_owned(),
        despite_alert: true,
        version: following.monitoring.version,
        ..TypedRelease::default()
    };
    nurse.release(over, &typed).await.unwrap();

    let mut elsewhere = house.portal();
    types_a_code(&house, &mut elsewhere, "family@sample.example").await;
    let new = [("password", "shigure-Kaze-93")];
    let saved = elsewhere.posts("/password/new", &new).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let home = elsewhere.gets("/").await;
    let cards = home.html.split("class=\"member-name\"").skip(1);
    let cards: Vec<&str> = cards
        .filter_map(|card| card.split("</li>").next())
        .collect();
    assert_eq!(cards.len(), 3, "{}", home.html);
    for card in cards {
        assert!(card.contains("Open the history"), "{card}");
        assert!(card.contains("tel:0300000000"), "{card}");
    }
}
