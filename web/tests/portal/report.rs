//! The form of a report: what is saved is what the page showed, once, and of which day.

use super::{AMBULANCE, STUDENT, adds_the_traveller, filled, form_of, sends};
use crate::browser::House;
use jiff::SignedDuration;

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

    let case = adds_the_traveller(&mut family).await;
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
