//! Whoever is in danger reads whom to call, for as long as it holds.

use super::{AMBULANCE, adds_the_student, filled, form_of, sends};
use crate::browser::{Browser, House, Page};
use app::release::TypedRelease;
use jiff::SignedDuration;

/// A form with an alarming saturation, a temperature that is missing, and so nothing that is sent.
async fn half_a_report(family: &mut Browser, case: &str, over: &[(&str, &str)]) -> Page {
    let form = form_of(family, case).await;
    let mut over = over.to_vec();
    over.push(("temperature", ""));
    let half = filled(&form, &over);
    sends(family, case, &half).await
}

#[tokio::test]
async fn whoever_is_in_danger_reads_whom_to_call_and_what_was_not_sent() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let half = half_a_report(&mut family, &hanako, &[("spo2", "92")]).await;
    half.says("Call your public health center now");
    half.says("This report has not been sent yet; the health center does not know of it.");
    // The center first, by day and by night; then the ambulance.
    let (_, buttons) = half
        .html
        .split_once("danger-do-not-wait")
        .unwrap_or(("", &half.html));
    let place = |text: &str| {
        buttons
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {buttons}"))
    };
    let center = place("danger-button\" href=\"tel:0300000000\"");
    let night = place("danger-button\" href=\"tel:0300000001\"");
    let ambulance = place("secondary\" href=\"tel:119\"");
    assert!(center < night && night < ambulance);

    // In an emergency it is the other way round.
    let half = half_a_report(&mut family, &hanako, &[("spo2", "88")]).await;
    half.says("danger-button\" href=\"tel:119\"");
    half.says_not("danger-button\" href=\"tel:03");
    half.says("This report has not been sent yet");

    let form = form_of(&mut family, &hanako).await;
    let sent = sends(&mut family, &hanako, &filled(&form, &[("spo2", "92")])).await;
    let receipt = family.gets(&sent.to).await;
    let history = format!("/history?member={hanako}");
    for page in [
        &receipt,
        &family.gets("/").await,
        &family.gets(&history).await,
    ] {
        page.says("danger-button\" href=\"tel:0300000000\"");
        page.says_not("has not been sent yet");
    }
}

#[tokio::test]
async fn a_receipt_that_is_opened_again_does_not_shout_about_what_is_over() {
    let house = House::new().await;
    let (mut family, mut nurse) = (house.family().await, house.nurse().await);
    let hanako = house.case_of("4826153").await;
    let form = form_of(&mut family, &hanako).await;
    let sent = sends(&mut family, &hanako, &filled(&form, &[("spo2", "88")])).await;
    let receipt = family.gets(&sent.to).await;
    receipt.says("Call 119 now</h2>");
    receipt.says("If you get worse, report again");
    house.clock.advance(SignedDuration::from_mins(5));

    let page = nurse.gets(&format!("/cases/{hanako}")).await;
    let (start, form) = page.html.split_once("/done\"").unwrap();
    let (_, alert) = start.rsplit_once("/alerts/").unwrap();
    let value = |name: &str| {
        let rest = form.split(&format!("name=\"{name}\" value=\"")).nth(1);
        rest.unwrap().split('"').next().unwrap().to_owned()
    };
    let (version, key) = (value("version"), value("key"));
    let fields = [
        ("version", version.as_str()),
        ("key", key.as_str()),
        ("outcome", "reached"),
        ("note", "An ambulance has taken her along"),
    ];
    let done = format!("/alerts/{alert}/done");
    let ended = nurse.posts(&done, &fields).await;
    assert_eq!(ended.status, 303, "{}", ended.html);
    let receipt = family.gets(&sent.to).await;
    receipt.says_not("role=\"alert\"");
    receipt.says("Emergency report");
    receipt.says("has dealt with this report since then.");
    receipt.says("If you get worse, report again");
}

#[tokio::test]
async fn a_danger_stays_said_in_another_language_and_for_another_member() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let student = adds_the_student(&house, &mut family).await;
    let form = form_of(&mut family, &hanako).await;
    let typed = [("temperature", "36,,5"), ("spo2", "49")];
    let asked = sends(&mut family, &hanako, &filled(&form, &typed)).await;
    asked.says(AMBULANCE);
    asked.says("problems-title");
    let next = |page: &Page, over: &[(&str, &str)]| {
        let checked = page.hidden("checked");
        let checked = [("checked", checked.as_str())];
        filled(page, &[&typed[..], &checked[..], over].concat())
    };
    let pressed = next(&asked, &[("switch_language", "ja")]);
    let other = sends(&mut family, &hanako, &pressed).await;
    other.says("<h2>すぐに119番に電話してください</h2>");
    other.says("problems-title");
    other.says("この報告はまだ送信されていません");
    let back = next(&other, &[("switch_language", "en")]);
    let back = sends(&mut family, &hanako, &back).await;
    back.says(AMBULANCE);
    // Whose the answers are is for the person to say, so both are named.
    let switched = next(&back, &[("switch_member", "1"), ("member", &student)]);
    let switched = sends(&mut family, &hanako, &switched).await;
    switched.says(AMBULANCE);
    switched.says("They were typed for Mihon Hanako; the page is for Sample Student now");
    switched.says("problems-title");
    // So where the list names another one than the page when it is sent.
    let differs = filled(&form, &[("spo2", "49"), ("member", &student)]);
    let asked = sends(&mut family, &hanako, &differs).await;
    asked.says(AMBULANCE);
    asked.says("The list now says Sample Student, but the page was for Mihon Hanako");

    // A page on which nothing was said to be wrong says nothing of what is still missing.
    let half = filled(
        &form,
        &[
            ("spo2", "49"),
            ("temperature", ""),
            ("switch_language", "ja"),
        ],
    );
    let half = sends(&mut family, &hanako, &half).await;
    half.says("すぐに119番に電話してください");
    half.says_not("problems-title");
}

#[tokio::test]
async fn the_worst_danger_stands_first_on_the_home_page() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let student = adds_the_student(&house, &mut family).await;
    for (case, spo2) in [(&hanako, "92"), (&student, "80")] {
        let form = form_of(&mut family, case).await;
        let sent = sends(&mut family, case, &filled(&form, &[("spo2", spo2)])).await;
        assert!(sent.to.starts_with("/reports/"), "{}", sent.html);
    }
    let home = family.gets("/").await.html;
    let (worst, other) = (
        home.find(AMBULANCE).unwrap(),
        home.find("<h2>Call your public health center now</h2>")
            .unwrap(),
    );
    assert!(worst < other, "{home}");
}

#[tokio::test]
async fn nobody_reads_beside_a_danger_that_no_report_is_needed() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let form = form_of(&mut family, &hanako).await;
    // Released while the form was open.
    let nurse = house.desk("nurse@sample.example").await;
    let case = hanako.parse().unwrap();
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let typed = TypedRelease {
        reason: "Well again".to_owned(),
        despite_alert: true,
        version: following.monitoring.version,
        ..TypedRelease::default()
    };
    nurse.release(case, &typed).await.unwrap();
    let receipt = sends(&mut family, &hanako, &filled(&form, &[("spo2", "88")])).await;
    let receipt = family.gets(&receipt.to).await;
    receipt.says(AMBULANCE);
    receipt.says_not("You need not report any more");
    receipt.says("If you get worse, report again");
}
