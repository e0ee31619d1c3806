//! The pages of a family: what is sent is what they mean, once, and what they read holds now.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use browser::{Browser, House, Page};
use jiff::SignedDuration;

/// The student whom nobody has registered at home yet, as she types herself in.
const STUDENT: [(&str, &str); 6] = [
    ("name", "Sample Student"),
    ("birth_year", "2003"),
    ("birth_month", "3"),
    ("birth_day", "3"),
    ("phone", "09012345606"),
    ("hersys_id", "8273059"),
];

/// A form of a report with all answers "no", but for these.
fn filled(form: &Page, over: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = vec![
        ("key".to_owned(), form.hidden("key")),
        ("whose".to_owned(), form.hidden("whose")),
        ("temperature".to_owned(), "36.5".to_owned()),
        ("spo2".to_owned(), "98".to_owned()),
    ];
    for part in form.html.split("name=\"q_").skip(1) {
        let name = format!("q_{}", part.split('"').next().unwrap());
        let word = if name == "q_no_sign" { "yes" } else { "no" };
        if !fields.iter().any(|(of, _)| *of == name) {
            fields.push((name, word.to_owned()));
        }
    }
    for (name, value) in over {
        fields.retain(|(of, _)| of != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}

async fn sends(family: &mut Browser, case: &str, form: &[(String, String)]) -> Page {
    let fields: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let path = format!("/reports/new?member={case}");
    family.posts(&path, &fields).await
}

/// Opens the form of a member.
async fn form_of(family: &mut Browser, case: &str) -> Page {
    family.gets(&format!("/reports/new?member={case}")).await
}

#[tokio::test]
async fn a_form_that_stood_open_over_midnight_asks_and_says_of_which_day_it_knows() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    // 23:58 at the center.
    house.clock.advance(SignedDuration::from_mins(14 * 60 + 58));
    let form = form_of(&mut family, &hanako).await;
    let form = filled(&form, &[("note", "As ever")]);
    let receipt = sends(&mut family, &hanako, &form).await.to;
    assert!(receipt.starts_with("/reports/"), "{receipt}");
    house.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(sends(&mut family, &hanako, &form).await.to, receipt);
    house.clock.advance(SignedDuration::from_mins(3));
    let asked = sends(&mut family, &hanako, &form).await;
    asked.says("You already sent a report from this page on 23 November 2026 at 23:58.");
    asked.says("value=\"36.5\"");
    let mut again = form.clone();
    again[0].1 = asked.hidden("key");
    let further = sends(&mut family, &hanako, &again).await.to;
    assert!(
        further.starts_with("/reports/") && further != receipt,
        "{further}"
    );
    // On one day the time alone is enough.
    house.clock.advance(SignedDuration::from_mins(60));
    let asked = sends(&mut family, &hanako, &again).await;
    asked.says("You already sent a report from this page at 0:02.");
}

#[tokio::test]
async fn the_address_of_a_form_has_a_key_and_after_some_time_another_one() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let bare = format!("/reports/new?member={hanako}");
    let led = family.asks_for(&bare).await;
    assert!(led.to.starts_with(&format!("{bare}&form=")), "{}", led.to);
    let (first, second) = (family.gets(&led.to).await, family.gets(&led.to).await);
    assert_eq!(first.hidden("key"), second.hidden("key"));
    assert!(led.to.ends_with(&first.hidden("key")));
    house.clock.advance(SignedDuration::from_hours(3));
    let later = family.gets(&led.to).await;
    assert_ne!(later.hidden("key"), first.hidden("key"));
    // Who is meant is asked with a key, too.
    let list = family.gets("/reports/new").await;
    assert_eq!(list.hidden("form").len(), 36);
}

#[tokio::test]
async fn what_is_saved_is_what_the_page_showed() {
    let house = House::new().await;
    let mut family = house.family().await;
    family.posts("/attributes", &STUDENT).await;
    let first = family.gets("/attributes/check").await;
    first.says("Sample Student");
    // In another tab the brother is begun.
    let mut other = STUDENT;
    (other[0].1, other[5].1) = ("Sample Traveller", "6154290");
    family.posts("/attributes", &other).await;
    let shown = first.hidden("shown");
    let asked = family
        .posts("/attributes/check", &[("shown", &shown)])
        .await;
    asked.says("Something else was entered meanwhile");
    asked.says("Sample Traveller");
    family.gets("/").await.says_not("Sample Traveller");
    // The student again; how the name is spaced is no other name than the one that was shown.
    family.posts("/attributes", &STUDENT).await;
    let done = family
        .posts("/attributes/check", &[("shown", &shown)])
        .await;
    assert!(done.to.starts_with("/?done=registered&"), "{}", done.to);
    // Nothing is left to save, and that is said.
    let twice = family
        .posts("/attributes/check", &[("shown", &shown)])
        .await;
    let home = family.gets(&twice.to).await;
    home.says("There was nothing left to save");
    home.says("Sample Student");
}

#[tokio::test]
async fn a_passport_number_that_was_typed_in_the_first_log_in_is_taken_after_signing_in_again() {
    let house = House::new().await;
    let mut family = house.family().await;
    let traveller = [
        ("name", "Sample Traveller"),
        ("birth_year", "1990"),
        ("birth_month", "12"),
        ("birth_day", "24"),
        ("phone", "09012345603"),
        ("hersys_id", "6154290"),
    ];
    family.posts("/attributes", &traveller).await;
    let done = family.posts("/attributes/check", &[]).await;
    let (_, case) = done.to.split_once("member=").unwrap();
    let path = format!("/passport/{case}");
    let form = family.gets(&path).await;
    let fields = [
        ("whose", &form.hidden("whose")),
        ("form", &form.hidden("form")),
        ("passport_number", &"TK1234567".to_owned()),
    ];
    let fields = fields.map(|(name, value)| (name, value.as_str()));
    family.posts("/sign-out", &[]).await;
    let asked = family.posts(&path, &fields).await;
    asked.says("What you typed is kept");
    let kept = asked.hidden("kept");
    let signed_in = [
        ("email", "family@sample.example"),
        ("password", browser::PASSWORD),
        ("kept", kept.as_str()),
    ];
    let resend = family.posts("/sign-in", &signed_in).await;
    resend.says("TK1234567");
    // Without it, the first log-in is over.
    family
        .gets(&path)
        .await
        .says("can only be entered during the first log-in");
    let mut bare = fields;
    bare[1].1 = "";
    assert_eq!(family.posts(&path, &bare).await.to, path);
    let sent = family.posts(&path, &fields).await;
    assert_eq!(sent.to, "/?done=passport", "{}", sent.html);
    family.gets(&path).await.says_not("passport_number");
}

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
async fn numbers_in_each_others_fields_are_swapped_with_one_press() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let form = form_of(&mut family, &hanako).await;
    let swapped = filled(&form, &[("temperature", "97"), ("spo2", "36.5")]);
    let asked = sends(&mut family, &hanako, &swapped).await;
    asked.says("Did you swap the two?");
    asked.says_not("tel:119\">Call 119</a>");
    // Pressed over other numbers than those that it was about, it swaps nothing.
    let swap = asked.hidden("swap_numbers");
    let press = |temperature, spo2| {
        let over = [
            ("temperature", temperature),
            ("spo2", spo2),
            ("swap_numbers", swap.as_str()),
        ];
        filled(&form, &over)
    };
    let again = sends(&mut family, &hanako, &press("96", "36.5")).await;
    again.says("You typed 96 for the body temperature");
    let sent = sends(&mut family, &hanako, &press("97", "36.5")).await;
    let receipt = family.gets(&sent.to).await;
    receipt.says("<dd>36.5 °C</dd>");
    receipt.says("<dd>97 %</dd>");

    // A temperature alone in the field of the saturation.
    let form = form_of(&mut family, &hanako).await;
    let whole = sends(&mut family, &hanako, &filled(&form, &[("spo2", "36")])).await;
    whole.says("Is 36 the body temperature?");
    whole.says("If the oximeter really shows 36 %, call 119 now");
    whole.says_not("tel:119\">Call 119</a>");
    let alone = filled(&form, &[("temperature", ""), ("spo2", "36.8")]);
    let alone = sends(&mut family, &hanako, &alone).await;
    alone.says("Yes, it is the body temperature");
    // What is a danger stays one.
    let danger = [("spo2", "36.5"), ("q_breathlessness", "yes")];
    let danger = sends(&mut family, &hanako, &filled(&form, &danger)).await;
    danger.says("tel:119\">Call 119</a>");
}

/// The newest code that was mailed.
#[tokio::test]
async fn the_summary_of_a_report_names_the_field_of_each_problem() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let form = form_of(&mut family, &hanako).await;
    let two = [("temperature", "365"), ("spo2", "97 72")];
    let asked = sends(&mut family, &hanako, &filled(&form, &two)).await;
    asked.says("<a href=\"#temperature\">Temperature: You typed 365. Did you mean 36.5?</a>");
    asked.says("temperature-problem\">You typed 365.");
    asked.says("The pulse does not belong here");
    let both = [("spo2_not_measured", "1"), ("measured_at", "2026-11-23")];
    let asked = sends(&mut family, &hanako, &filled(&form, &both)).await;
    asked.says("<a href=\"#spo2\">SpO2: You entered a value and chose");
    asked.says("Enter the date and the time of measuring, such as 2026-11-23 8:30");
}

/// Registers the student as another member; tells her case.
async fn adds_the_student(house: &House, family: &mut Browser) -> String {
    family.posts("/attributes", &STUDENT).await;
    let done = family.posts("/attributes/check", &[]).await;
    assert!(done.to.starts_with("/?done=registered&"), "{}", done.to);
    house.case_of("8273059").await
}

/// What a page says before anything else about a danger.
const AMBULANCE: &str = "<h2>Call 119 now</h2>";

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
async fn a_value_beside_not_measured_is_warned_of() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let form = form_of(&mut family, &hanako).await;
    let both = filled(&form, &[("spo2", "85"), ("spo2_not_measured", "1")]);
    let asked = sends(&mut family, &hanako, &both).await;
    asked.says(AMBULANCE);
    asked.says("You entered a value and chose");
}

/// A report that comes when the session has ended, at the page that asks for the password.
async fn comes_late(family: &mut Browser, case: &str) -> Page {
    let form = form_of(family, case).await;
    let report = filled(&form, &[("spo2", "85"), ("note", "Lips are blue")]);
    family.posts("/sign-out", &[]).await;
    let asked = sends(family, case, &report).await;
    asked.says(AMBULANCE);
    asked.says("What you typed is kept");
    asked
}

#[tokio::test]
async fn a_report_waits_for_a_new_password() {
    let house = House::new().await;
    let hanako = house.case_of("4826153").await;
    let email = "family@sample.example";
    let mut family = house.family().await;
    let asked = comes_late(&mut family, &hanako).await;
    asked.says("formaction=\"/password/forgotten\"");
    let carries = |page: &Page| {
        page.says(AMBULANCE);
        page.says("The report that you typed is kept");
        page.says_not("Lips are blue");
        page.hidden("kept")
    };
    let kept = asked.hidden("kept");
    let begins = [("kept", kept.as_str()), ("email", email), ("begin", "1")];
    let page = family.posts("/password/forgotten", &begins).await;
    page.says("Forgotten password");
    page.says(&format!("value=\"{email}\""));
    let kept = carries(&page);
    // In the other language and back; an address that is none.
    let switch = [("kept", kept.as_str()), ("switch_language", "ja")];
    let page = family.posts("/password/forgotten", &switch).await;
    page.says("すぐに119番に電話してください");
    let kept = page.hidden("kept");
    let slip = [
        ("kept", kept.as_str()),
        ("email", "hanako"),
        ("switch_language", "en"),
    ];
    let page = family.posts("/password/forgotten", &slip).await;
    let kept = carries(&page);
    let slip = [("kept", kept.as_str()), ("email", "hanako")];
    let kept = carries(&family.posts("/password/forgotten", &slip).await);
    let asks = [("kept", kept.as_str()), ("email", email)];
    let page = family.posts("/password/forgotten", &asks).await;
    page.says("action=\"/password/code\"");
    let kept = carries(&page);
    let code = newest_code(&house).await;
    let wrong = [("kept", kept.as_str()), ("code", "12")];
    let kept = carries(&family.posts("/password/code", &wrong).await);
    let switch = [
        ("kept", kept.as_str()),
        ("code", "12"),
        ("switch_language", "en"),
    ];
    let kept = carries(&family.posts("/password/code", &switch).await);
    let resend = [("kept", kept.as_str()), ("code", "")];
    let kept = carries(&family.posts("/password/resend", &resend).await);
    let right = [("kept", kept.as_str()), ("code", code.as_str())];
    let page = family.posts("/password/code", &right).await;
    page.says("action=\"/password/new\"");
    let kept = carries(&page);
    let weak = [("kept", kept.as_str()), ("password", "a")];
    let kept = carries(&family.posts("/password/new", &weak).await);
    let switch = [("kept", kept.as_str()), ("switch_language", "en")];
    let kept = carries(&family.posts("/password/new", &switch).await);
    let new = [("kept", kept.as_str()), ("password", "shigure-Kaze-93")];
    let form = family.posts("/password/new", &new).await;
    form.says(AMBULANCE);
    form.says("The report for Mihon Hanako is not sent yet");
    form.says("Lips are blue</textarea>");
    let report = filled(&form, &[("spo2", "85"), ("note", "Lips are blue")]);
    let sent = sends(&mut family, &hanako, &report).await;
    family.gets(&sent.to).await.says("<dd>85 %</dd>");
}

#[tokio::test]
async fn what_opens_a_history_does_not_wait_for_a_new_password() {
    let house = House::new().await;
    let mut family = house.family().await;
    let mut fields = STUDENT.to_vec();
    let whose = family.gets("/attributes?new=1").await.hidden("whose");
    fields.push(("whose", &whose));
    family.posts("/sign-out", &[]).await;
    let asked = family.posts("/attributes", &fields).await;
    asked.says("What you typed is kept");
    asked.says("href=\"/password/forgotten\"");
    asked.says("What you typed does not go along");
    let kept = asked.hidden("kept");
    let begins = [("kept", kept.as_str()), ("begin", "1")];
    let page = family.posts("/password/forgotten", &begins).await;
    page.says_not("name=\"kept\"");
}

/// A family that has signed up, without a member.
async fn another_account(house: &House, email: &str) {
    let mut other = house.portal();
    other.posts("/sign-up", &[("email", email)]).await;
    let code = newest_code(house).await;
    other.posts("/sign-up/code", &[("code", &code)]).await;
    let password = [("password", browser::PASSWORD)];
    let saved = other.posts("/sign-up/password", &password).await;
    assert_eq!(saved.to, "/attributes", "{}", saved.html);
}

#[tokio::test]
async fn another_account_of_the_household_is_told_that_nothing_was_sent() {
    let house = House::new().await;
    let hanako = house.case_of("4826153").await;
    another_account(&house, "mother@sample.example").await;
    let mut family = house.family().await;
    let asked = comes_late(&mut family, &hanako).await;
    let kept = asked.hidden("kept");
    let as_other = [("kept", kept.as_str()), ("email", "mother@sample.example")];
    let told = signs_in(&mut family, &asked, &as_other).await;
    told.says(AMBULANCE);
    told.says("Another account is signed in in this browser now, so nothing was sent");
    told.says_not("Lips are blue");
    told.says_not("Mihon Hanako");
    // It waits on for its own account.
    let kept = told.hidden("kept");
    let form = signs_in(&mut family, &told, &[("kept", kept.as_str())]).await;
    form.says("The report for Mihon Hanako is not sent yet");
    form.says("Lips are blue</textarea>");
}

#[tokio::test]
async fn a_second_word_on_a_report_and_a_second_passport_number_are_told_apart() {
    let house = House::new().await;
    let hanako = house.case_of("4826153").await;
    let mut family = house.family().await;
    let form = form_of(&mut family, &hanako).await;
    let sent = sends(&mut family, &hanako, &filled(&form, &[])).await;
    let report = sent.to.rsplit('/').next().unwrap().to_owned();
    let path = format!("/history/{hanako}/{report}/wrong");
    let page = family.gets(&path).await;
    page.says_not("name=\"was\"");
    for why in ["It was 88", "Wrong child"] {
        let marked = family.posts(&path, &[("why", why)]).await;
        assert_eq!(marked.status, 303, "{}", marked.html);
    }
    let history = family.gets(&format!("/history?member={hanako}")).await;
    history.says("It was 88");
    history.says("Wrong child");
    let long = "x".repeat(495);
    let asked = family.posts(&path, &[("why", &long)]).await;
    asked.says("Somebody else has written a word on this report meanwhile");
    asked.says("It was 88\nWrong child\nxxx");
    let was = asked.hidden("was");
    let kept = [("was", was.as_str()), ("why", "88, and the wrong child")];
    let switch = [kept[0], kept[1], ("switch_language", "en")];
    let page = family.posts(&path, &switch).await;
    assert_eq!(page.hidden("was"), was);
    assert_eq!(family.posts(&path, &kept).await.status, 303);
    let history = family.gets(&format!("/history?member={hanako}")).await;
    history.says("88, and the wrong child");
    history.says_not("It was 88");

    let traveller = [
        ("name", "Sample Traveller"),
        ("birth_year", "1990"),
        ("birth_month", "12"),
        ("birth_day", "24"),
        ("phone", "09012345603"),
        ("hersys_id", "6154290"),
    ];
    family.posts("/attributes", &traveller).await;
    let done = family.posts("/attributes/check", &[]).await;
    let (_, case) = done.to.split_once("member=").unwrap();
    let path = format!("/passport/{case}");
    let form = family.gets(&path).await.hidden("form");
    let enters = |number: &'static str| {
        [
            ("form", form.clone()),
            ("passport_number", number.to_owned()),
        ]
    };
    for number in ["AB123456", "AB123456"] {
        let form = enters(number);
        let form = [
            (form[0].0, form[0].1.as_str()),
            (form[1].0, form[1].1.as_str()),
        ];
        assert_eq!(family.posts(&path, &form).await.to, "/?done=passport");
    }
    let form = enters("CD999999");
    let form = [
        (form[0].0, form[0].1.as_str()),
        (form[1].0, form[1].1.as_str()),
    ];
    let told = family.posts(&path, &form).await;
    told.says("another passport number was registered before");
    told.says("The number that you entered now was not saved");
    told.says_not("CD999999");
}

#[tokio::test]
async fn a_page_of_the_home_does_not_end_when_two_records_become_one() {
    let house = House::new().await;
    let (old, kept) = (
        house.case_of("4826153").await,
        house.case_of("8273059").await,
    );
    let mut family = house.family().await;
    adds_the_student(&house, &mut family).await;
    let form = form_of(&mut family, &old).await;
    merges(&mut house.nurse().await, &kept, &old).await;
    // What is wrong with a form that was open is told, and what was typed stays.
    let typed = [
        ("spo2", "49"),
        ("note", "Lips are blue"),
        ("member", old.as_str()),
    ];
    let asked = sends(&mut family, &old, &filled(&form, &typed)).await;
    assert_eq!(asked.status, 200, "{}", asked.html);
    asked.says(AMBULANCE);
    asked.says("Lips are blue</textarea>");
    asked.says(&format!("action=\"/reports/new?member={kept}\""));
    // Another language; and the list, where the other one is nobody else any more.
    let switch = filled(
        &form,
        &[&typed[..], &[("switch_language", "ja")][..]].concat(),
    );
    let other = sends(&mut family, &old, &switch).await;
    other.says("Lips are blue</textarea>");
    let listed = filled(&form, &[("member", &kept)]);
    let sent = sends(&mut family, &old, &listed).await;
    assert!(
        sent.to.starts_with(&format!("/reports/{old}/")),
        "{}",
        sent.to
    );
    assert_eq!(family.gets(&sent.to).await.status, 200);
    // Links from before.
    for path in ["/history?member=", "/reports/new?member="] {
        let led = family.asks_for(&format!("{path}{old}")).await;
        assert_eq!(led.to, format!("{path}{kept}"));
        family.gets(&led.to).await.says("Sample Student");
    }
    // A report that came when the session had ended.
    let kept_form = {
        family.posts("/sign-out", &[]).await;
        let report = filled(&form, &[("spo2", "85"), ("note", "Lips are blue")]);
        sends(&mut family, &old, &report).await
    };
    let sealed = kept_form.hidden("kept");
    let form = signs_in(&mut family, &kept_form, &[("kept", sealed.as_str())]).await;
    form.says("Lips are blue</textarea>");
}

/// Merges a record into another one.
async fn merges(nurse: &mut Browser, kept: &str, merged: &str) {
    let path = format!("/cases/{kept}/merge");
    let shown = nurse.gets(&format!("{path}?with={merged}")).await;
    let hidden = ["version", "version_with", "seen"].map(|name| shown.hidden(name));
    let form = [
        ("with", merged),
        ("kept", kept),
        ("version", &hidden[0]),
        ("version_with", &hidden[1]),
        ("seen", &hidden[2]),
        ("reason", "the same phone"),
    ];
    let done = nurse.posts(&path, &form).await;
    assert_eq!(
        done.to,
        format!("/cases/{kept}?done=merged"),
        "{}",
        done.html
    );
}

#[tokio::test]
async fn a_page_of_another_account_turns_no_reminders_off() {
    let house = House::new().await;
    let mut family = house.family().await;
    let page = family.gets("/account").await;
    page.says("Reminders are on");
    let mut form = [("whose", "of another"), ("reminders", "off")];
    let answer = family.posts("/account/reminders", &form).await;
    assert_eq!(answer.to, "/account");
    family.gets("/account").await.says("Reminders are on");
    let whose = page.hidden("whose");
    form[0].1 = &whose;
    family.posts("/account/reminders", &form).await;
    family.gets("/account").await.says("Reminders are off");
}

async fn newest_code(house: &House) -> String {
    while house.app().system_desk().send_due().await.unwrap() > 0 {}
    let landed = house.app().outbox().landed().await.unwrap();
    let codes = landed.iter().find_map(|mail| {
        let mut lines = mail.content.lines();
        lines.find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit()))
    });
    codes.unwrap().to_owned()
}

#[tokio::test]
async fn whoever_has_forgotten_the_password_goes_on_with_the_id_of_the_brochure() {
    let house = House::new().await;
    let mut family = house.portal();
    let email = "family@sample.example";
    let form = family.gets("/sign-up?id=8273059").await;
    let fields = [("email", email), ("id", &form.hidden("id"))];
    assert_eq!(family.posts("/sign-up", &fields).await.to, "/sign-up/code");
    let code = newest_code(&house).await;
    family.posts("/sign-up/code", &[("code", &code)]).await;
    family
        .gets("/sign-up/password")
        .await
        .says("Forgotten your password?");
    let form = family.gets("/password/forgotten").await;
    form.says(&format!("value=\"{email}\""));
    house.clock.advance(SignedDuration::from_mins(2));
    let asked = family
        .posts("/password/forgotten", &[("email", email)])
        .await;
    assert_eq!(asked.to, "/password/code", "{}", asked.html);
    let code = newest_code(&house).await;
    family.posts("/password/code", &[("code", &code)]).await;
    let saved = family
        .posts("/password/new", &[("password", "shigure-Kaze-93")])
        .await;
    assert_eq!(saved.to, "/?id=8273059&done=password", "{}", saved.html);
    let home = family.gets(&saved.to).await;
    assert_eq!(home.to, "/attributes?done=password");
    let form = family.gets(&home.to).await;
    form.says("value=\"8273059\"");
    form.says("The new password is saved");

    // The ID of a walk with another address is another person's.
    let mut shared = house.portal();
    shared
        .posts(
            "/sign-up",
            &[("email", "else@example.org"), ("id", "8273059")],
        )
        .await;
    house.clock.advance(SignedDuration::from_mins(2));
    let asked = shared
        .posts("/password/forgotten", &[("email", email)])
        .await;
    assert_eq!(asked.to, "/password/code", "{}", asked.html);
    let code = newest_code(&house).await;
    shared.posts("/password/code", &[("code", &code)]).await;
    let saved = shared
        .posts("/password/new", &[("password", "shigure-Kaze-94")])
        .await;
    assert_eq!(saved.to, "/?done=password");
    // Sent once more from the page of before, with another one: nobody is told that it is saved.
    let again = shared
        .posts("/password/new", &[("password", "Heron-Lantern-17")])
        .await;
    assert_eq!(again.to, "/?done=password-before");
}

/// Signs in where somebody was led.
async fn signs_in(family: &mut Browser, page: &Page, over: &[(&str, &str)]) -> Page {
    let back = match page.html.contains("name=\"back\"") {
        true => page.hidden("back"),
        false => String::new(),
    };
    let mut fields = vec![
        ("email", "family@sample.example"),
        ("password", browser::PASSWORD),
    ];
    if !back.is_empty() {
        fields.push(("back", &back));
    }
    fields.retain(|(name, _)| over.iter().all(|(of, _)| of != name));
    fields.extend(over);
    family.posts("/sign-in", &fields).await
}

#[tokio::test]
async fn whoever_signs_in_goes_on_to_where_they_wanted_and_never_elsewhere() {
    let house = House::new().await;
    let hanako = house.case_of("4826153").await;
    let mut family = house.portal();
    let wanted = format!("/history?member={hanako}");
    let led = family.asks_for(&wanted).await.to;
    assert!(led.starts_with("/sign-in?back=%2Fhistory"), "{led}");
    let page = family.gets(&led).await;
    // A slip, and another language, lose nothing of it.
    let wrong = signs_in(&mut family, &page, &[("password", "wrong")]).await;
    let other = signs_in(&mut family, &wrong, &[("switch_language", "ja")]).await;
    assert_eq!(other.hidden("back"), wanted.replace('&', "&amp;"));
    assert_eq!(signs_in(&mut family, &other, &[]).await.to, wanted);
    assert_eq!(family.asks_for(&led).await.to, wanted, "signed in already");

    for elsewhere in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/sign-out",
        "/\t/evil.example",
    ] {
        let mut stranger = house.portal();
        let query: String = url::form_urlencoded::byte_serialize(elsewhere.as_bytes()).collect();
        let page = stranger.gets(&format!("/sign-in?back={query}")).await;
        page.says_not("name=\"back\"");
        let led = signs_in(&mut stranger, &page, &[("back", elsewhere)]).await;
        assert_eq!(led.to, "/", "{elsewhere:?}");
    }
}

#[tokio::test]
async fn what_waited_is_read_in_another_language_before_it_is_sent() {
    let house = House::new().await;
    let mut family = house.family().await;
    let form = family.gets("/attributes?new=1").await;
    let mut fields = STUDENT.to_vec();
    let whose = form.hidden("whose");
    fields.push(("whose", &whose));
    family.posts("/sign-out", &[]).await;
    let asked = family.posts("/attributes", &fields).await;
    let kept = asked.hidden("kept");
    let resend = signs_in(&mut family, &asked, &[("kept", &kept)]).await;
    resend.says("Send what you typed");
    let kept = resend.hidden("kept");
    let other = [("kept", kept.as_str()), ("switch_language", "ja")];
    let other = family.posts("/sign-in", &other).await;
    other.says("<html lang=\"ja\">");
    other.says("Sample Student");
    other.says("action=\"/attributes\"");
    // In another account it is not shown.
    let mut stranger = house.portal();
    let page = stranger
        .posts("/sign-in", &[("kept", &kept), ("switch_language", "ja")])
        .await;
    page.says_not("Sample Student");
}

#[tokio::test]
async fn whoever_fails_often_waits_for_the_answer_also_where_the_browser_is_led_on() {
    let house = House::new().await;
    let mut family = house.family().await;
    let mut longest = std::time::Duration::ZERO;
    let wrong = STUDENT.map(|(name, value)| match name {
        "birth_day" => (name, "4"),
        _ => (name, value),
    });
    for tried in 0..62 {
        family.posts("/attributes", &wrong).await;
        let check = family.gets("/attributes/check").await;
        let fields = [
            ("whose", check.hidden("whose")),
            ("shown", check.hidden("shown")),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let began = std::time::Instant::now();
        family.posts("/attributes/check", &fields).await;
        let took = began.elapsed();
        assert!(tried >= 60 || took.as_millis() < 1_500, "{tried}: {took:?}");
        longest = longest.max(took);
    }
    assert!(longest.as_millis() >= 1_900, "{longest:?}");
}
