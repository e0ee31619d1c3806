//! A report that its family calls wrong.

use super::{filled, form_of, sends};
use crate::browser::House;

#[tokio::test]
async fn whoever_calls_the_wrong_report_wrong_sees_which_it_is_and_takes_it_back() {
    let house = House::new().await;
    let hanako = house.case_of("4826153").await;
    let mut family = house.family().await;
    let form = form_of(&mut family, &hanako).await;
    let typed = [("temperature", "36.8"), ("note", "Slept well")];
    let sent = sends(&mut family, &hanako, &filled(&form, &typed)).await;
    let report = sent.to.rsplit('/').next().unwrap().to_owned();
    let history = format!("/history?member={hanako}");
    let path = format!("/history/{hanako}/{report}/wrong");
    let page = family.gets(&path).await;
    for said in ["<dd>36.8 °C</dd>", "<dd>98 %</dd>", "<dd>Slept well</dd>"] {
        page.says(said);
    }
    page.says_not("It is right after all");
    family.gets(&history).await.says_not("class=\"cross\"");

    let marked = family.posts(&path, &[("why", "It was 38.6")]).await;
    assert_eq!(marked.status, 303, "{}", marked.html);
    let page = family.gets(&history).await;
    page.says("<span class=\"soft\">marked as wrong</span>");
    page.says("class=\"cross\"");
    page.says("A cross is a value that you marked as wrong.");

    let page = family.gets(&path).await;
    page.says("It is right after all</button>");
    let was = page.hidden("was");
    // Somebody else of the family says more meanwhile.
    let more = [("was", was.as_str()), ("why", "38.6, says the doctor")];
    assert_eq!(family.posts(&path, &more).await.status, 303);
    let back = [("was", was.as_str()), ("right", "1")];
    let asked = family.posts(&path, &back).await;
    asked.says("Read it before you take it back");
    asked.says("38.6, says the doctor</textarea>");
    let was = asked.hidden("was");
    let back = [("was", was.as_str()), ("right", "1")];
    let done = family.posts(&path, &back).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let page = family.gets(&history).await;
    page.says_not("<span class=\"soft\">marked as wrong</span>");
    page.says_not("class=\"cross\"");
    page.says_not("says the doctor");
}

#[tokio::test]
async fn whoever_calls_the_only_report_of_the_day_wrong_is_led_to_another_one() {
    let house = House::new().await;
    let hanako = house.case_of("4826153").await;
    let mut family = house.family().await;
    let form = form_of(&mut family, &hanako).await;
    let sent = sends(&mut family, &hanako, &filled(&form, &[])).await;
    let report = sent.to.rsplit('/').next().unwrap().to_owned();
    family.gets("/").await.says("Reported today");

    let path = format!("/history/{hanako}/{report}/wrong");
    let why = [("why", "These are my mother's")];
    family.posts(&path, &why).await;
    let history = format!("/history?member={hanako}");
    family.gets("/").await.says_not("Reported today");
    let again = "There is no other report for";
    let page = family.gets(&history).await;
    page.says(again);
    page.says(&format!("href=\"/reports/new?member={hanako}&amp;form="));

    let form = form_of(&mut family, &hanako).await;
    sends(&mut family, &hanako, &filled(&form, &[("spo2", "97")])).await;
    family.gets("/").await.says("Reported today");
    family.gets(&history).await.says_not(again);
}
