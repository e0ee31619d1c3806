//! What staff entered in error, as its pages show it: to the staff with who, when and why, to the family without what is
//! told of somebody else.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use browser::{Browser, House, Page, filled, form_of, reports};

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
async fn where_no_report_counts_any_more_there_is_no_table_of_nothing() {
    let house = House::new().await;
    let case = house.case_of("7391604").await;
    let (mut nurse, mut family) = (house.nurse().await, house.family().await);
    let report = reports(&mut nurse, &case).await;
    let history = format!("/history?member={case}");
    let title = "<h2>Temperature and oxygen saturation</h2>";
    family.gets(&history).await.says(title);
    let path = format!("/cases/{case}/reports/{report}/in-error");
    let why = [("why", "other_person"), ("words", "It was the neighbour")];
    let done = sends(&mut nurse, &path, &why).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let page = family.gets(&history).await;
    page.says("took an entry of its own back");
    page.says_not(title);
    page.says_not("<table>");
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

/// Sends the page on which a case is said to be none, with what its form carries.
async fn says(nurse: &mut Browser, case: &str, fields: &[(&str, &str)]) -> Page {
    let path = format!("/cases/{case}/in-error");
    let form = nurse.gets(&path).await;
    let version = form.hidden("version");
    let mut all = vec![("version", version.as_str())];
    all.extend_from_slice(fields);
    nurse.posts(&path, &all).await
}

#[tokio::test]
async fn a_case_that_is_none_is_said_to_be_none_and_asks_the_family_for_nothing() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let (mut nurse, mut family) = (house.nurse().await, house.family().await);
    reports(&mut nurse, &case).await;
    let path = format!("/cases/{case}");
    let link = format!("{path}/in-error");
    assert_eq!(nurse.gets(&path).await.link_that_begins_with(&link), link);

    let asked = says(&mut nurse, &case, &[]).await;
    asked.says("Choose why");
    let why = [
        ("why", "result_taken_back"),
        ("words", "Tubes were changed"),
    ];
    let asked = says(&mut nurse, &case, &why).await;
    asked.says("An alert of this person is open");
    asked.says("Tubes were changed");
    let seen = asked.hidden("alert_seen");
    let ends = [
        why[0],
        why[1],
        ("alert_seen", seen.as_str()),
        ("ends_alert", "1"),
    ];
    let done = says(&mut nurse, &case, &ends).await;
    assert_eq!(done.status, 303, "{}", done.html);
    assert!(!done.to.contains("Tubes"), "{}", done.to);
    let page = nurse.gets(&done.to).await;
    for told in [
        "It is noted as registered in error",
        "took the result back",
        "Tubes were changed",
        "It was right after all",
        "38.5",
    ] {
        page.says(told);
    }
    for gone in [
        "/reports/new",
        "/contact\"",
        "/merge\"",
        "/brochure.pdf",
        "/release",
    ] {
        page.says_not(&format!("{path}{gone}"));
    }
    page.says_not(&format!("action=\"{path}/monitoring\""));

    let home = family.gets("/").await;
    home.says("by mistake");
    home.says("You need not report anything");
    home.says_not("Tubes were changed");
    let new = family.gets(&format!("/reports/new?member={case}")).await;
    assert_eq!((new.status, new.to.as_str()), (303, "/"));
    let history = family.gets(&format!("/history?member={case}")).await;
    history.says("38.5");
    history.says_not("/reports/new");

    let page = nurse.gets(&link).await;
    page.says("Silence is counted from now");
    let done = says(&mut nurse, &case, &[("undo", "1"), ("words", "")]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let page = nurse.gets(&done.to).await;
    page.says("followed again as before");
    page.says("alert-title");
    family.gets("/").await.says_not("by mistake");
}

#[tokio::test]
async fn of_a_contact_who_became_a_case_it_is_asked_which_of_the_two_is_wrong() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let mut nurse = house.nurse().await;
    let new = format!("/cases/{case}/contact");
    let key = nurse.gets(&new).await.hidden("key");
    let typed = [
        ("key", key.as_str()),
        ("name", "見本 接子"),
        ("birthdate", "1999-09-09"),
        ("phone", "09055556666"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-22"),
    ];
    let done = nurse.posts(&new, &typed).await;
    let contact = done.to.split(['/', '?']).nth(2).unwrap().to_owned();
    let path = format!("/cases/{contact}");
    nurse
        .gets(&format!("{path}/in-error"))
        .await
        .says_not("name=\"what\"");
    let version = nurse.gets(&path).await;
    let (_, form) = version.html.split_once("/fell-ill\"").unwrap();
    let (_, version) = form.split_once("name=\"version\" value=\"").unwrap();
    let ill = [
        ("version", version.split('"').next().unwrap()),
        ("ill_diagnosed_on", "2026-11-23"),
        ("ill_onset_on", "2026-11-23"),
    ];
    let done = nurse.posts(&format!("{path}/fell-ill"), &ill).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let asked = says(&mut nurse, &contact, &[("why", "other_person")]).await;
    asked.says("Choose what is wrong");
    let wrong = [("why", "other_person"), ("what", "contact")];
    let done = says(&mut nurse, &contact, &wrong).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let page = nurse.gets(&done.to).await;
    page.says("is a close contact again");
    page.says("22 November 2026");

    // That the two met is taken back from either page, with a reason.
    let link = nurse
        .gets(&path)
        .await
        .link_that_begins_with(&format!("{path}/met/"));
    let page = nurse.gets(&link).await;
    page.says("No other contact of theirs is known");
    nurse.posts(&link, &[]).await.says("Write why");
    let done = nurse.posts(&link, &[("why", "Another family")]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let page = nurse.gets(&done.to).await;
    page.says("It is taken back that the two met");
    page.says("Another family");
    page.says_not("/met/");
    assert_eq!(nurse.gets(&link).await.status, 404);
}

#[tokio::test]
async fn a_message_that_nobody_has_read_is_shown_before_it_goes_with_its_report() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let (mut family, mut nurse) = (house.family().await, house.nurse().await);
    let form = form_of(&mut family, &case).await;
    let typed = filled(&form, &[("note", "The pills are gone")]);
    let sent = browser::sends(&mut family, &case, &typed).await;
    let report = sent.to.rsplit('/').next().unwrap().to_owned();
    let path = format!("/cases/{case}/reports/{report}/in-error");
    let asked = nurse.gets(&path).await;
    asked.says("The pills are gone");
    asked.says("Nobody has marked this message as read.");

    let desk = house.desk("nurse@sample.example").await;
    let about = report.parse().unwrap();
    let messages = desk.messages().await.unwrap();
    let message = messages.iter().find(|one| one.report == Some(about));
    let read = desk.finish_task(message.unwrap().id, "").await.unwrap();
    assert_eq!(read, app::tasks::FinishTask::Done);
    let asked = nurse.gets(&path).await;
    asked.says("The pills are gone");
    asked.says_not("Nobody has marked this message as read.");
}
