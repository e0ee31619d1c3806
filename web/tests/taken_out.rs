//! A family whose members come, go, are in hospital or are called the same: each page says whom it is about, whom to call,
//! and what holds for them now.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use browser::{Browser, House, Page, filled, form_of, sends};
use jiff::SignedDuration;

/// A calm report; its receipt.
async fn calm_receipt(family: &mut Browser, case: &str) -> Page {
    let form = form_of(family, case).await;
    let sent = sends(family, case, &filled(&form, &[])).await;
    family.gets(&sent.to).await
}

/// Takes the ID of a case back, and the case out of its account.
async fn takes_out(house: &House, case: &str) {
    let mut nurse = house.nurse().await;
    let path = format!("/cases/{case}/hersys-id");
    let shown = nurse.gets(&path).await;
    let (version, seen) = (shown.hidden("version"), shown.hidden("seen"));
    let form = [
        ("version", version.as_str()),
        ("seen", seen.as_str()),
        ("reason", "It is somebody else"),
        ("detach", "yes"),
    ];
    let done = nurse.posts(&path, &form).await;
    assert!(done.to.ends_with("?done=reissued"), "{}", done.html);
}

/// Decides where a person is.
async fn is_now(house: &House, case: &str, status: &str) {
    let mut nurse = house.nurse().await;
    let page = nurse.gets(&format!("/cases/{case}")).await;
    let (_, form) = page.html.split_once("/monitoring\"").unwrap();
    let (_, version) = form.split_once("name=\"version\" value=\"").unwrap();
    let version = version.split('"').next().unwrap();
    let fields = [
        ("version", version),
        ("status", status),
        ("reason", "Told by the hospital"),
    ];
    let done = nurse
        .posts(&format!("/cases/{case}/monitoring"), &fields)
        .await;
    assert!(done.to.contains("done=followed"), "{}", done.html);
}

/// What a page says before anything else about a danger.
const AMBULANCE: &str = "<h2>Call 119 now</h2>";
/// The number of the sample center, to be pressed.
const NUMBER: &str = "href=\"tel:0300000000\"";

/// What a page says of a report that nobody takes any more.
#[track_caller]
fn says_all(page: &Page) {
    page.says(AMBULANCE);
    page.says("This report was not sent");
    page.says("is not in this account any more");
    page.says(NUMBER);
    for typed in ["<dd>39.0</dd>", "<dd>84</dd>", "<dd>Lips are blue</dd>"] {
        page.says(typed);
    }
}

const IN_DANGER: [(&str, &str); 3] = [
    ("temperature", "39.0"),
    ("spo2", "84"),
    ("note", "Lips are blue"),
];

#[tokio::test]
async fn a_report_for_somebody_who_was_taken_out_loses_no_word_and_says_whom_to_call() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let form = form_of(&mut family, &hanako).await;
    let report = filled(&form, &IN_DANGER);
    takes_out(&house, &hanako).await;
    let told = sends(&mut family, &hanako, &report).await;
    assert_eq!(told.status, 404);
    says_all(&told);
    // Also where the list or another language was pressed; and it can be read in the other one.
    for switch in [("switch_member", "1"), ("switch_language", "en")] {
        let mut fields = report.clone();
        fields.push((switch.0.to_owned(), switch.1.to_owned()));
        says_all(&sends(&mut family, &hanako, &fields).await);
    }
    let mut fields = report.clone();
    fields.push(("switch_language".to_owned(), "ja".to_owned()));
    let other = sends(&mut family, &hanako, &fields).await;
    other.says("この報告は送信されていません");
    other.says("<dd>Lips are blue</dd>");
    other.says_not("name=\"switch_language\" value=\"ja\"");
    assert_eq!(other.hidden("note"), "Lips are blue");

    // Nothing of it is shown to another account, and a page that does not say whose it is may be another's.
    let mut fields = report.clone();
    fields.retain(|(name, _)| name != "whose");
    let waits = sends(&mut family, &hanako, &fields).await;
    waits.says_not("Lips are blue");
}

#[tokio::test]
async fn a_report_that_waited_for_somebody_who_was_taken_out_is_shown_after_signing_in() {
    let house = House::new().await;
    let (hanako, taro) = (
        house.case_of("4826153").await,
        house.case_of("7391604").await,
    );
    let mut family = house.family().await;
    let form = form_of(&mut family, &hanako).await;
    let report = filled(&form, &IN_DANGER);
    let form = [("whose", form.hidden("whose"))];
    family
        .posts("/sign-out-everywhere", &[(form[0].0, &form[0].1)])
        .await;
    let asked = sends(&mut family, &hanako, &report).await;
    asked.says("What you typed is kept");
    // Nobody is left in the account.
    takes_out(&house, &hanako).await;
    takes_out(&house, &taro).await;
    let kept = asked.hidden("kept");
    let signs_in = [
        ("email", "family@sample.example"),
        ("password", browser::PASSWORD),
        ("kept", &kept),
    ];
    let told = family.posts("/sign-in", &signs_in).await;
    says_all(&told);
    // Where only the address is left, it is said, too.
    let led = family.asks_for("/?done=not-sent").await;
    assert_eq!(led.to, "/attributes?done=not-sent");
    let page = family.gets(&led.to).await;
    page.says("The report that you typed was not sent");
}

#[tokio::test]
async fn a_word_on_a_report_of_somebody_who_was_taken_out_is_not_lost() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    calm_receipt(&mut family, &hanako).await;
    let history = family.gets(&format!("/history?member={hanako}")).await;
    let path = history.link_that_ends_with("/wrong");
    let whose = family.gets(&path).await.hidden("whose");
    takes_out(&house, &hanako).await;
    let form = [("whose", whose.as_str()), ("why", "It was 38.5, not 36.5")];
    let told = family.posts(&path, &form).await;
    assert_eq!(told.status, 404);
    told.says("Your word was not sent");
    told.says("is not in this account any more");
    told.says("<dd>It was 38.5, not 36.5</dd>");
    told.says(NUMBER);
    told.says_not("To report here again");
    // It is read in the other language, too, and still nobody's who does not say whose it is.
    let speaks = [form[0], form[1], ("switch_language", "ja")];
    let other = family.posts(&path, &speaks).await;
    other.says("間違いのお知らせは送信されていません");
    assert_eq!(other.hidden("why"), "It was 38.5, not 36.5");
    family.posts(&path, &form[1..]).await.says_not("38.5");
    // Of a report that there never was in an account nothing is said.
    let taro = house.case_of("7391604").await;
    let report = path.rsplit('/').nth(1).unwrap();
    let elsewhere = format!("/history/{taro}/{report}/wrong");
    let missing = family.posts(&elsewhere, &form).await;
    assert_eq!(missing.status, 404);
    missing.says_not("was not sent");
}

#[tokio::test]
async fn taking_a_word_back_about_somebody_who_was_taken_out_is_not_told_as_a_word() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    calm_receipt(&mut family, &hanako).await;
    let history = family.gets(&format!("/history?member={hanako}")).await;
    let path = history.link_that_ends_with("/wrong");
    family.posts(&path, &[("why", "It was 38.5")]).await;
    let whose = family.gets(&path).await.hidden("whose");
    takes_out(&house, &hanako).await;
    let form = [
        ("whose", whose.as_str()),
        ("was", "It was 38.5"),
        ("right", "1"),
    ];
    let told = family.posts(&path, &form).await;
    assert_eq!(told.status, 404);
    told.says("The report is still marked as wrong");
    told.says("which report is right");
    told.says(NUMBER);
    told.says_not("Your word was not sent");
    told.says_not("<dd>It was 38.5</dd>");
}

/// The nurse registers two of one name, and the family signs both up: their cases and IDs.
async fn namesakes(house: &House, family: &mut Browser) -> [(String, String); 2] {
    let mut nurse = house.nurse().await;
    let mut found = Vec::new();
    for (year, phone) in [("1960", "09012347701"), ("1990", "09012347702")] {
        let key = nurse.gets("/cases/new").await.hidden("key");
        let born = format!("{year}-01-02");
        let form = [
            ("key", key.as_str()),
            ("name", "John Sameperson"),
            ("birthdate", &born),
            ("phone", phone),
            ("language", "en"),
            ("diagnosed_on", "2026-11-22"),
        ];
        let done = nurse.posts("/cases/new", &form).await;
        assert!(done.to.contains("done=registered"), "{}", done.html);
        let page = nurse.gets(&done.to).await;
        let (_, rest) = page.html.split_once("class=\"id\">").unwrap();
        let id: String = rest.split('<').next().unwrap().trim().to_owned();
        let form = [
            ("name", "John Sameperson"),
            ("birth_year", year),
            ("birth_month", "1"),
            ("birth_day", "2"),
            // A phone's book of addresses has lost the first 0 of one of them.
            ("phone", if year == "1960" { phone } else { &phone[1..] }),
            ("hersys_id", &id),
        ];
        family.posts("/attributes", &form).await;
        family.gets("/attributes/check").await.says(phone);
        let done = family.posts("/attributes/check", &[]).await;
        let (_, case) = done.to.split_once("member=").unwrap();
        found.push((case.to_owned(), id));
    }
    [found.remove(0), found.remove(0)]
}

#[tokio::test]
async fn two_of_one_name_are_told_apart_wherever_it_says_who_is_in_danger() {
    let house = House::new().await;
    let mut family = house.family().await;
    let [(father, id), (son, other)] = namesakes(&house, &mut family).await;
    let he = format!("John Sameperson ({id})");
    let form = form_of(&mut family, &father).await;
    form.says(&format!("Status report for {he}"));
    let sent = sends(&mut family, &father, &filled(&form, &[("spo2", "84")])).await;
    let receipt = family.gets(&sent.to).await;
    receipt.says(&format!("Report received for {he}"));
    receipt.says(&format!("<dd>{he}</dd>"));
    let danger = format!("The answers for {he} mean danger");
    receipt.says(&danger);
    receipt.says_not(&other);
    let home = family.gets("/").await;
    home.says(&danger);
    let history = family.gets(&format!("/history?member={father}")).await;
    history.says(&danger);
    history.says(&format!("<h1>History of {he}</h1>"));
    let wrong = history.link_that_ends_with("/wrong");
    let wrong = family.gets(&wrong).await;
    wrong.says(&format!("Report for {he}"));
    // Whoever hears the links hears which of them.
    home.says(&format!(
        "<span class=\"visually-hidden\"> (John Sameperson ({other}))</span>"
    ));
    let empty = family.gets(&format!("/history?member={son}")).await;
    empty.says(&format!("History of John Sameperson ({other})"));
    // Nobody else's name has anything beside it.
    home.says("<p class=\"member-name\">Mihon Hanako</p>");
}

#[tokio::test]
async fn where_people_are_told_to_call_the_number_stands() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let taro = house.case_of("7391604").await;
    let receipt = calm_receipt(&mut family, &hanako).await;
    receipt.says("If you get worse, report again or call your public health center");
    receipt.says(NUMBER);
    let empty = family.gets(&format!("/history?member={taro}")).await;
    empty.says(NUMBER);
    for path in ["/", "/account"] {
        family.gets(path).await.says(NUMBER);
    }
    form_of(&mut family, &taro).await.says(NUMBER);
    family
        .gets("/nowhere")
        .await
        .says("href=\"/help\">Help</a>");
}

#[tokio::test]
async fn of_somebody_in_hospital_nothing_is_asked_and_a_report_is_taken() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let taro = house.case_of("7391604").await;
    is_now(&house, &hanako, "hospital").await;
    // Her brother is at home still.
    let home = family.gets("/").await;
    home.says("How are you today?");
    home.says("Mihon Hanako is in hospital: you need not report.");
    assert_eq!(home.html.matches("Not reported yet today").count(), 1);
    home.says_not(&format!("/reports/new?member={hanako}"));
    home.says(&format!("/reports/new?member={taro}"));
    family.gets("/account").await.says("Reminders are on");

    is_now(&house, &taro, "hospital").await;
    let home = family.gets("/").await;
    home.says("<h1>No report is needed now</h1>");
    for word in ["How are you today?", "Not reported yet today"] {
        home.says_not(word);
    }
    home.says(NUMBER);
    family.gets("/account").await.says_not("Reminders are");
    let help = family.gets("/help").await;
    help.says_not("Report at least once a day");
    help.says("If you get worse, call your public health center");
    // Who feels worse is heard all the same.
    let receipt = calm_receipt(&mut family, &hanako).await;
    receipt.says("Report received for Mihon Hanako");
    receipt.says("is in hospital: you need not report.");
    receipt.says_not("report again");

    is_now(&house, &hanako, "home").await;
    family.gets("/").await.says("How are you today?");
}

#[tokio::test]
async fn a_family_that_lost_somebody_reads_nowhere_that_it_has_to_report() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let taro = house.case_of("7391604").await;
    let form = form_of(&mut family, &hanako).await;
    for case in [&hanako, &taro] {
        is_now(&house, case, "died").await;
    }
    let account = family.gets("/account").await;
    for word in ["Reminders", "a reminder comes"] {
        account.says_not(word);
    }
    account.says(NUMBER);
    let help = family.gets("/help").await;
    help.says_not("Report at least once a day");
    // A form that was open still.
    let sent = sends(&mut family, &hanako, &filled(&form, &[])).await;
    let receipt = family.gets(&sent.to).await;
    receipt.says_not("report again");
    receipt.says_not("If you get worse");
    receipt.says("is there for you");
    receipt.says(NUMBER);
    // A family in which somebody is asked, and whoever is no family yet, read it as before.
    is_now(&house, &taro, "home").await;
    let mut stranger = house.portal();
    for browser in [&mut family, &mut stranger] {
        browser
            .gets("/help")
            .await
            .says("Report at least once a day");
    }
    family.gets("/account").await.says("Reminders are on");
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_is_told_so() {
    let house = House::new().await;
    let says = |page: &Page| {
        page.says("Your browser has to keep cookies");
        page.says("by phone");
        page.says(NUMBER);
    };
    for path in ["/sign-up", "/password/forgotten"] {
        let mut browser = house.portal();
        browser.gets(path).await;
        browser.forgets_cookies();
        let fields = [("email", "new@example.org")];
        let sent = browser.asks(path, &fields).await;
        assert_eq!(sent.status, 303, "{}", sent.html);
        browser.forgets_cookies();
        says(&browser.asks_for(&sent.to).await);
    }
    // What is wrong with a form could not be said either.
    let mistyped = [
        ("/sign-in", "family@sample.example"),
        ("/sign-up", "maria"),
        ("/password/forgotten", "maria"),
    ];
    for (path, email) in mistyped {
        let mut browser = house.portal();
        browser.gets(path).await;
        browser.forgets_cookies();
        let fields = [("email", email), ("password", "Wrong-Meadow-44")];
        let sent = browser.asks(path, &fields).await;
        assert_eq!(sent.status, 303, "{}", sent.html);
        browser.forgets_cookies();
        says(&browser.asks_for(&sent.to).await);
        // Whoever opens that address long after is told nothing about cookies: the token of one that keeps them is gone by then.
        house.clock.advance(SignedDuration::from_mins(11));
        let later = browser.asks_for(&sent.to).await;
        later.says_not("Your browser has to keep cookies");
    }
    let fields = [
        ("email", "family@sample.example"),
        ("password", browser::PASSWORD),
        ("back", "/history"),
    ];
    let mut blocked = house.portal();
    let led = blocked.asks("/sign-in", &fields).await;
    blocked.forgets_cookies();
    says(&blocked.asks_for(&led.to).await);
    // One that keeps them goes on to where it wanted, the second time without a detour.
    let mut keeps = house.portal();
    let led = keeps.asks("/sign-in", &fields).await;
    assert_eq!(keeps.asks_for(&led.to).await.to, "/history");
    keeps.posts("/sign-out", &[]).await;
    assert_eq!(keeps.asks("/sign-in", &fields).await.to, "/history");
    let mut signs_up = house.portal();
    signs_up.gets("/sign-up").await;
    let fields = [("email", "other@example.org")];
    assert_eq!(signs_up.asks("/sign-up", &fields).await.to, "/sign-up/code");
}
