//! The form of a report: what is saved is what the page showed, once, and of which day.

use super::{AMBULANCE, STUDENT, adds_the_student, adds_the_traveller, filled, form_of, sends};
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
    house.clock.advance(SignedDuration::from_hours(3));
    let later = family.gets(&led.to).await;
    assert_ne!(later.hidden("key"), first.hidden("key"));
    // Who is meant is asked with a key, too.
    let list = family.gets("/reports/new").await;
    assert_eq!(list.hidden("form").len(), 36);
}

#[tokio::test]
async fn one_form_that_is_sent_for_two_members_has_a_key_of_each() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let student = adds_the_student(&house, &mut family).await;
    let form = form_of(&mut family, &hanako).await;
    let receipt = sends(&mut family, &hanako, &filled(&form, &[])).await.to;
    assert!(receipt.starts_with(&format!("/reports/{hanako}/")));
    // Back to the form, and another member is chosen in its list: by the button beside it, or without a word.
    let with_button = [("member", student.as_str()), ("switch_member", "1")];
    let of_student = sends(&mut family, &hanako, &filled(&form, &with_button)).await;
    let asked = sends(&mut family, &hanako, &filled(&form, &with_button[..1])).await;
    assert_ne!(of_student.hidden("key"), form.hidden("key"));
    assert_eq!(of_student.hidden("key"), asked.hidden("key"));
    let other = filled(&of_student, &[("member", &student)]);
    let other = sends(&mut family, &student, &other).await.to;
    assert!(other.starts_with(&format!("/reports/{student}/")));
    assert_ne!(other.rsplit('/').next(), receipt.rsplit('/').next());
    // On the way back to the first one it is the report that was sent already.
    let back = [("member", hanako.as_str()), ("switch_member", "1")];
    let back = sends(&mut family, &student, &filled(&of_student, &back)).await;
    assert_eq!(back.hidden("key"), form.hidden("key"));
    let again = sends(&mut family, &hanako, &filled(&back, &[])).await;
    assert_eq!(again.to, receipt);
    // So where who is meant is chosen before the form.
    let key = family.gets("/reports/new").await.hidden("form");
    let key_of = async |case: &str, family: &mut crate::browser::Browser| {
        let path = format!("/reports/new?form={key}&member={case}");
        family.gets(&path).await.hidden("key")
    };
    let of_hanako = key_of(&hanako, &mut family).await;
    assert_ne!(of_hanako, key_of(&student, &mut family).await);
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
    asked.says(">Yes, swap them and send the report</button>");
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
    // What the oximeter shows is missing, so the button sends nothing.
    assert_eq!(alone.hidden("only_takes"), "1");
    // What is a danger stays one.
    let danger = [("spo2", "36.5"), ("q_breathlessness", "yes")];
    let danger = sends(&mut family, &hanako, &filled(&form, &danger)).await;
    danger.says("tel:119\">Call 119</a>");
}

#[tokio::test]
async fn a_number_is_taken_over_and_sent_only_by_a_button_that_says_so() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let form = form_of(&mut family, &hanako).await;
    // Nothing else is missing: the button says what it does, and does it.
    let asked = sends(
        &mut family,
        &hanako,
        &filled(&form, &[("temperature", "365")]),
    )
    .await;
    asked.says(">Yes, 36.5 °C: send the report</button>");
    asked.says_not("only_takes");
    let taken = [
        ("temperature", "365"),
        ("asked_temperature", "365"),
        ("take_temperature", "36.5"),
    ];
    let sent = sends(&mut family, &hanako, &filled(&form, &taken)).await;
    assert!(sent.to.starts_with("/reports/"), "{}", sent.to);

    // Two numbers are asked back: neither button says that it sends, and neither does.
    let form = form_of(&mut family, &hanako).await;
    let two = [("temperature", "385"), ("spo2", "93.5")];
    let asked = sends(&mut family, &hanako, &filled(&form, &two)).await;
    asked.says(">Yes, 38.5 °C</button>");
    let only = asked.hidden("only_takes");
    let first = [
        ("temperature", "385"),
        ("asked_temperature", "385"),
        ("take_temperature", "38.5"),
        ("spo2", "93.5"),
        ("only_takes", only.as_str()),
    ];
    let left = sends(&mut family, &hanako, &filled(&form, &first)).await;
    left.says("value=\"38.5\"");
    left.says(">Yes, 93 %: send the report</button>");
    // Also where the other one was put right by hand meanwhile: that nothing is sent yet is said.
    let first = [&first[..3], &[("spo2", "93")], &first[4..]].concat();
    let whole = sends(&mut family, &hanako, &filled(&form, &first)).await;
    whole.says("The report is not sent yet: look at the answers and press Confirm.");
    whole.says("value=\"38.5\"");
    let confirmed = [("temperature", "38.5"), ("spo2", "93")];
    let sent = sends(&mut family, &hanako, &filled(&form, &confirmed)).await;
    assert!(sent.to.starts_with("/reports/"), "{}", sent.to);
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

#[tokio::test]
async fn a_chart_holds_what_a_clock_that_was_ahead_has_dated() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    for hours in [0, 6, -5] {
        house.clock.advance(SignedDuration::from_hours(hours));
        let form = form_of(&mut family, &hanako).await;
        let sent = sends(&mut family, &hanako, &filled(&form, &[])).await;
        assert_eq!(sent.status, 303, "{}", sent.html);
    }
    let history = family.gets(&format!("/history?member={hanako}")).await;
    let points = history.html.split("<circle cx=\"").skip(1);
    let places: Vec<f64> = points
        .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
        .collect();
    assert!(places.len() >= 6, "temperature and saturation");
    assert!(
        places.iter().all(|x| (72.0..=324.0).contains(x)),
        "{places:?}"
    );
}

#[tokio::test]
async fn whoever_has_no_thermometer_or_oximeter_is_told_what_to_choose() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let form = form_of(&mut family, &hanako).await;
    let none = [("temperature", "なし"), ("spo2", "-")];
    let asked = sends(&mut family, &hanako, &filled(&form, &none)).await;
    for number in ["36.5", "98"] {
        asked.says(&format!("as a number, such as {number}, or choose "));
    }
    let checked = asked.hidden("checked");
    let speaks = [
        none[0],
        none[1],
        ("checked", checked.as_str()),
        ("switch_language", "ja"),
    ];
    let other = sends(&mut family, &hanako, &filled(&form, &speaks)).await;
    for number in ["36.5", "98"] {
        other.says(&format!(
            "{number}のように数字で入力するか、「測っていない」を選んでください"
        ));
    }
}

#[tokio::test]
async fn of_two_measurements_that_a_comma_parts_the_higher_one_is_not_lost() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    for typed in ["36、41", "38.5、41.1"] {
        let form = form_of(&mut family, &hanako).await;
        let report = filled(&form, &[("temperature", typed)]);
        let asked = sends(&mut family, &hanako, &report).await;
        asked.says("More than one number stands here.");
        asked.says("Call your public health center now");
    }
}
