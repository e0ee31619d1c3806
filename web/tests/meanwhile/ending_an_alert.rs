//! A report comes to an alert while somebody writes what was done about it.

use crate::browser::{House, reports};

const MEANWHILE: &str = "Somebody else has changed this meanwhile";

#[tokio::test]
async fn a_slip_in_the_form_that_ends_an_alert_ends_no_report_unseen() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let own = house.case_of("4826153").await;
    reports(&mut b, &own).await;
    let page = a.gets(&format!("/cases/{own}")).await;
    let finish = page
        .form_that_begins_with("/alerts/")
        .replace("/take", "/done");
    let seen = page.hidden("version");
    let words = "She is short of breath";
    let form = |version, outcome| [("version", version), ("outcome", outcome), ("note", words)];
    let kept = format!("{words}</textarea>");

    // She has forgotten the outcome; nothing else has happened.
    let told = a.posts(&finish, &form(seen.as_str(), "")).await;
    told.says_not(MEANWHILE);
    told.says(&kept);
    assert_eq!(told.hidden("version"), seen);

    // She forgets it again, and a report comes before she presses.
    house.clock.advance(jiff::SignedDuration::from_mins(1));
    reports(&mut b, &own).await;
    let told = a.posts(&finish, &form(seen.as_str(), "")).await;
    told.says(MEANWHILE);
    told.says(&kept);
    let version = told.hidden("version");
    assert_ne!(version, seen);
    // From the page before she ends nothing, whatever she chooses; from the one that says so she does.
    let late = a.posts(&finish, &form(seen.as_str(), "reached")).await;
    late.says(MEANWHILE);
    let done = a.posts(&finish, &form(version.as_str(), "reached")).await;
    assert_eq!(done.to, "/?done=done", "{}", done.html);
}
