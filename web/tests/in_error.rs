//! What staff entered in error, as its pages show it: to the staff with who, when and why, to the family without what is
//! told of somebody else.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use browser::{Browser, House, Page, reports};

/// The part of a page that is about a report.
fn card(page: &Page, report: &str) -> String {
    let (_, rest) = page.html.split_once(&format!("id=\"r-{report}\"")).unwrap();
    rest.split("</article>").next().unwrap().to_owned()
}

/// Marks something, or lets it count again; where that leads.
async fn sends(nurse: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let form = nurse.gets(path).await;
    let (seen, which) = (form.hidden("seen"), form.hidden("which"));
    let mut all = vec![("seen", seen.as_str()), ("which", which.as_str())];
    all.extend_from_slice(fields);
    nurse.posts(path, &all).await
}

#[tokio::test]
async fn the_family_is_not_told_what_was_written_down_about_somebody_else() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let mut nurse = house.nurse().await;
    let report = reports(&mut nurse, &case).await;
    let mut family = house.family().await;
    let history = format!("/history?member={case}");
    let seen = card(&family.gets(&history).await, &report);
    assert!(seen.contains("38.5"), "{seen}");

    let path = format!("/cases/{case}/reports/{report}/in-error");
    let asked = sends(&mut nurse, &path, &[]).await;
    assert_eq!(asked.status, 200);
    asked.says("Choose why");
    let words = "It was the neighbour";
    let done = sends(
        &mut nurse,
        &path,
        &[("why", "other_person"), ("words", words)],
    )
    .await;
    assert_eq!(done.status, 303, "{}", done.html);
    assert!(!done.to.contains("neighbour"), "{}", done.to);

    let page = nurse.gets(&done.to).await;
    page.says("counts nowhere any more");
    let shown = card(&page, &report);
    for part in [words, "meant for another person", "38.5", "/search"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("/correct\""), "{shown}");

    let page = family.gets(&history).await;
    page.says_not("38.5");
    page.says_not("neighbour");
    let shown = card(&page, &report);
    assert!(shown.contains("took an entry of its own back"), "{shown}");
    assert!(!shown.contains("/wrong"), "{shown}");
    let receipt = family.gets(&format!("/reports/{case}/{report}")).await;
    assert_eq!(receipt.status, 303);
    let wrong = family
        .gets(&format!("/history/{case}/{report}/wrong"))
        .await;
    assert_eq!(wrong.status, 303);

    let done = sends(&mut nurse, &path, &[("undo", "1")]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let again = card(&family.gets(&history).await, &report);
    assert!(again.contains("38.5"), "{again}");
}

#[tokio::test]
async fn a_family_reads_why_its_own_report_does_not_count_and_can_send_another() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let (mut nurse, mut family) = (house.nurse().await, house.family().await);
    let history = format!("/history?member={case}");
    let page = family.gets(&history).await;
    let (_, rest) = page.html.split_once("id=\"r-").unwrap();
    let report = rest.split('"').next().unwrap().to_owned();
    let path = format!("/cases/{case}/reports/{report}/in-error");
    let done = sends(
        &mut nurse,
        &path,
        &[("why", "not_true"), ("words", "Sealed")],
    )
    .await;
    assert_eq!(done.status, 303, "{}", done.html);
    let page = family.gets(&history).await;
    let shown = card(&page, &report);
    for part in ["as not counting", "not right", "/reports/new"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    page.says_not("Sealed");
}

#[tokio::test]
async fn a_call_is_taken_back_and_what_is_left_is_said() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let mut nurse = house.nurse().await;
    let key = nurse.gets(&format!("/cases/{case}")).await.hidden("key");
    let call = [
        ("key", key.as_str()),
        ("outcome", "reached"),
        ("note", "Somebody else was on the phone"),
    ];
    let written = nurse.posts(&format!("/cases/{case}/contacts"), &call).await;
    assert_eq!(written.status, 303, "{}", written.html);
    let page = nurse.gets(&format!("/cases/{case}")).await;
    let path = page.link_that_begins_with(&format!("/cases/{case}/contacts/"));
    nurse
        .gets(&path)
        .await
        .says("Somebody else was on the phone");
    let done = sends(&mut nurse, &path, &[("why", "other_person")]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let page = nurse.gets(&done.to).await;
    page.says("Entered in error, counts nowhere");
    page.says("Somebody else was on the phone");
    // An old page of a colleague says nothing twice.
    let late = [("seen", ""), ("why", "twice")];
    let told = nurse.posts(&path, &late).await;
    told.says("Somebody else has changed this meanwhile");
    let done = sends(&mut nurse, &path, &[("undo", "1")]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let page = nurse.gets(&done.to).await;
    page.says("It counts again");
    page.says_not("Entered in error, counts nowhere");
}
