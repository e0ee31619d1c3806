//! A report that its family calls wrong.

use super::{filled, form_of, sends, signs_in};
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
async fn taking_it_back_after_the_session_had_ended_is_not_offered_as_the_word_that_is_to_go() {
    let house = House::new().await;
    let hanako = house.case_of("4826153").await;
    let mut family = house.family().await;
    let form = form_of(&mut family, &hanako).await;
    let sent = sends(&mut family, &hanako, &filled(&form, &[])).await;
    let report = sent.to.rsplit('/').next().unwrap().to_owned();
    let path = format!("/history/{hanako}/{report}/wrong");
    let marked = family.posts(&path, &[("why", "it was my son")]).await;
    assert_eq!(marked.status, 303, "{}", marked.html);
    let page = family.gets(&path).await;
    let (whose, was) = (page.hidden("whose"), page.hidden("was"));
    let right = [
        ("whose", whose.as_str()),
        ("was", was.as_str()),
        ("right", "1"),
    ];
    family.posts("/sign-out", &[]).await;
    let asked = family.posts(&path, &right).await;
    asked.says("nothing was saved");
    asked.says_not("What you typed is kept");
    asked.says_not("it was my son");
    let back = signs_in(&mut family, &asked, &[]).await;
    assert_eq!(back.to, path);
    // The button is before them.
    let page = family.gets(&path).await;
    page.says("It is right after all</button>");
    let done = family.posts(&path, &right).await;
    assert_eq!(done.status, 303, "{}", done.html);
    family.gets(&path).await.says_not("It is right after all");

    // What is typed waits, and what stood before it was not typed.
    family.posts(&path, &[("why", "it was my son")]).await;
    let more = [
        ("whose", whose.as_str()),
        ("was", "it was my son"),
        ("why", "no, my daughter"),
    ];
    family.posts("/sign-out", &[]).await;
    let asked = family.posts(&path, &more).await;
    let kept = asked.hidden("kept");
    let resend = signs_in(&mut family, &asked, &[("kept", &kept)]).await;
    resend.says("<bdi>no, my daughter</bdi>");
    resend.says_not("<bdi>it was my son</bdi>");
    assert_eq!(resend.hidden("was"), "it was my son");

    // Nor is a button of the account shown as something that was typed.
    let page = family.gets("/account").await;
    let reminders = [
        ("whose", page.hidden("whose")),
        ("reminders", "off".to_owned()),
    ];
    let reminders = reminders
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    family.posts("/sign-out", &[]).await;
    let asked = family.posts("/account/reminders", &reminders).await;
    asked.says("nothing was saved");
    assert_eq!(signs_in(&mut family, &asked, &[]).await.to, "/account");
    family.gets("/account").await.says("Reminders are on");
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
