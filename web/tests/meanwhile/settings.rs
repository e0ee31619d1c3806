//! Two set one thing for a place or for everybody: the center, rules, words.

use super::{sends_form, typed_over};
use crate::browser::House;
use crate::typing;
use crate::typing::Filled;

/// The fields with the deadlines of a center.
const DEADLINES: [&str; 8] = [
    "deadline",
    "tell_center_after",
    "tell_prefecture_after",
    "tell_again_every",
    "tell_taken_after",
    "transfer_due_after",
    "sms_from",
    "reminders",
];

#[tokio::test]
async fn two_who_set_the_center_overwrite_nothing_of_each_other() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let old = a.gets("/settings").await;
    let seen = old.hidden("seen");
    let beside = [("seen", seen.as_str())];
    let of_a = typed_over(
        &old,
        &DEADLINES,
        &[("deadline", "09:15"), ("tell_center_after", "7")],
    );
    assert_eq!(
        sends_form(&mut a, "/settings", &of_a, &beside).await.to,
        "/settings?done=saved"
    );
    let of_b = typed_over(&old, &DEADLINES, &[("tell_center_after", "9")]);
    let told = sends_form(&mut b, "/settings", &of_b, &beside).await;
    told.says("Somebody else has changed this meanwhile");
    told.says("value=\"09:15\"");
    told.says("Stands now: 7");

    let all = ["phone", "night_phone", "hours_ja", "hours_en", "name_en"];
    let old = a.gets("/center").await;
    let seen = old.hidden("seen");
    let beside = [("seen", seen.as_str())];
    let of_a = typed_over(&old, &all, &[("phone", "03-1111-2222")]);
    assert_eq!(
        sends_form(&mut a, "/center", &of_a, &beside).await.to,
        "/center?done=saved"
    );
    let of_b = typed_over(&old, &all, &[("night_phone", "03-3333-4444")]);
    let told = sends_form(&mut b, "/center", &of_b, &beside).await;
    told.says("Somebody else has changed this meanwhile");
    told.says("value=\"03-1111-2222\"");
    told.says("value=\"03-3333-4444\"");
    told.says_not("Stands now");
}

#[tokio::test]
async fn two_who_set_the_time_zone_do_not_overwrite_each_other() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let settings = a.gets("/settings").await;
    settings.says("Times of the center are those of Asia/Tokyo.");
    let path = settings.link_that_ends_with("/time-zone");
    let old = a.gets(&path).await;
    old.says("Asia/Tokyo. Now it is 23 November 2026, 9:00 there.");
    old.says("<option value=\"Asia/Tokyo\" selected>");
    old.says("Planned calls");
    let seen = old.hidden("seen");
    let mut told = Vec::new();
    for name in ["Nowhere/Else", "Asia/Tokyo", "Asia/Kathmandu"] {
        let fields = [("seen", seen.as_str()), ("time_zone", name)];
        told.push(a.posts(&path, &fields).await);
    }
    let fields = [("seen", seen.as_str()), ("time_zone", "Asia/Manila")];
    told.push(b.posts(&path, &fields).await);
    told[0].says("Choose a time zone from the list");
    assert_eq!(told[1].to, "/settings/time-zone?done=same");
    assert_eq!(told[2].to, "/settings/time-zone?done=saved");
    told[3].says("Somebody else has changed this meanwhile");
    told[3].says("Stands now: Asia/Kathmandu");
    told[3].says("<option value=\"Asia/Manila\" selected>");
    let page = a.gets(&told[2].to).await;
    page.says("Now it is 23 November 2026, 5:45 there.");
    page.says("Time zone: Asia/Tokyo, then Asia/Kathmandu");
}

#[tokio::test]
async fn a_moment_that_is_over_is_called_so() {
    let house = House::new().await;
    let mut admin = house.nurse().await;
    let page = admin.gets("/settings").await;
    let form = typed_over(&page, &DEADLINES, &[]);
    for (from, told) in [
        ("2020-01-01T10:00", "That moment is past"),
        ("tomorrow", "Enter a date and a time, or nothing"),
    ] {
        let beside = [("valid_from", from)];
        let page = sends_form(&mut admin, "/settings", &form, &beside).await;
        page.says(told);
        page.says(&format!("value=\"{from}\""));
    }
    let past = [
        ("days", "400"),
        ("warn_days", "30"),
        ("valid_from", "2020-01-01T10:00"),
    ];
    let page = admin.posts("/retention", &past).await;
    page.says("That moment is past");
    page.says("value=\"400\"");
}

#[tokio::test]
async fn how_urgent_silence_makes_somebody_is_chosen_on_the_console() {
    let house = House::new().await;
    let mut admin = house.nurse().await;
    let page = admin.gets("/rules/course").await;
    page.says("<option value=\"watch\" selected>");
    let names = [
        "spo2_falling.at_or_below",
        "spo2_falling.by",
        "spo2_falling.within_hours",
        "temperature_rising.at_or_above",
        "temperature_rising.by",
        "temperature_rising.within_hours",
        "fever_lasting.at_or_above",
        "fever_lasting.days",
        "infant.below_days",
        "infant.at_or_above",
        "silence.hours",
        "silence.at_risk_hours",
        "silence.alert_after_hours",
        "risk.age_at_or_above",
        "source",
    ];
    let value = |name: &str| {
        let field = page.html.split(&format!("name=\"{name}\"")).nth(1).unwrap();
        let field = field.split('>').next().unwrap();
        let value = field.split("value=\"").nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    let values: Vec<String> = names.iter().map(|name| value(name)).collect();
    let mut form: Vec<(&str, &str)> = names
        .iter()
        .zip(&values)
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let (seen, text) = (page.hidden("seen"), app_text());
    form.extend([
        ("of", app::programme::PROGRAMME),
        ("text", text.as_str()),
        ("silence.level", "alarming"),
        ("valid_from", "2027-01-01"),
        ("why", "Nobody answers for days"),
        ("seen", seen.as_str()),
    ]);
    let looked = admin.posts("/rules/course", &form).await;
    looked.says("<option value=\"alarming\" selected>");
    form.push(("save", "1"));
    let saved = admin.posts("/rules/course", &form).await;
    assert!(saved.to.contains("done=saved"), "{}", saved.html);
    let desk = house.desk("nurse@sample.example").await;
    let day = jiff::civil::date(2027, 1, 2);
    let holds = desk.rule_on(
        domain::rules::RuleKind::Course,
        app::programme::PROGRAMME,
        day,
    );
    let holds = holds.await.unwrap().unwrap();
    assert!(holds.file.text.contains("level = \"alarming\""));
}

#[tokio::test]
async fn two_who_set_one_rule_for_one_day_hear_of_each_other() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let path = "/rules/course?as=file";
    let (of_a, of_b) = (a.gets(path).await, b.gets(path).await);
    let [text_of_a, text_of_b] = ["96", "97"].map(|number| {
        let to = format!("at_or_below = {number}");
        app_text().replacen("at_or_below = 95", &to, 1)
    });
    let seen = (of_a.hidden("seen"), of_b.hidden("seen"));
    let form = |seen, why| {
        let text = match why {
            "by the first" => text_of_a.as_str(),
            _ => text_of_b.as_str(),
        };
        [
            ("save", "1"),
            ("as_file", "1"),
            ("text", text),
            ("valid_from", "2027-01-01"),
            ("why", why),
            ("seen", seen),
        ]
    };
    let saved = a
        .posts("/rules/course", &form(&seen.0, "by the first"))
        .await;
    assert!(saved.to.ends_with("done=saved"), "{}", saved.html);
    let told = b
        .posts("/rules/course", &form(&seen.1, "by the second"))
        .await;
    told.says("Somebody else has changed this since you opened it");
    told.says("by the first");
    told.says("by the second</textarea>");
    let seen = told.hidden("seen");
    let saved = b
        .posts("/rules/course", &form(&seen, "by the second"))
        .await;
    assert!(saved.to.ends_with("done=saved"), "{}", saved.html);
    b.gets("/rules/course")
        .await
        .says("replaced by a later one for the same day");
}

#[tokio::test]
async fn who_took_a_rule_back_and_why_is_told_beside_it() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let page = nurse.gets("/rules/course?as=file").await;
    let seen = page.hidden("seen");
    let text = app_text().replacen("at_or_below = 95", "at_or_below = 96", 1);
    let form = [
        ("save", "1"),
        ("as_file", "1"),
        ("text", text.as_str()),
        ("valid_from", "2027-01-01"),
        ("why", "A letter of the ministry"),
        ("seen", seen.as_str()),
    ];
    let saved = nurse.posts("/rules/course", &form).await;
    assert!(saved.to.ends_with("done=saved"), "{}", saved.html);
    let page = nurse.gets("/rules/course").await;
    page.says_not("Taken back");
    let seen = page.hidden("seen");
    let file = page.link_that_begins_with("/rules/course/files/");
    // The page goes on to say what it said: that the rule lies ahead.
    let planned = nurse.gets(&file).await.hidden("planned");
    assert_eq!(planned, "1");
    let withdraw = [
        ("planned", planned.as_str()),
        ("of", app::programme::PROGRAMME),
        ("why", "The letter was withdrawn"),
    ];
    let gone = nurse
        .posts(file.split('?').next().unwrap(), &withdraw)
        .await;
    assert!(gone.to.ends_with("done=withdrawn"), "{}", gone.html);
    for page in ["/rules/course", file.as_str()] {
        let page = nurse.gets(page).await;
        page.says("Taken back by ");
        page.says("<p>The letter was withdrawn</p>");
    }
    // Whoever was about to change the rules beside it is told, too.
    let other = app_text().replacen("at_or_below = 95", "at_or_below = 97", 1);
    let form = [
        ("save", "1"),
        ("as_file", "1"),
        ("text", other.as_str()),
        ("valid_from", "2027-01-02"),
        ("why", "Another letter"),
        ("seen", seen.as_str()),
    ];
    let told = nurse.posts("/rules/course", &form).await;
    told.says("Somebody else has changed this since you opened it");
    told.says("– The letter was withdrawn</li>");
}

#[tokio::test]
async fn what_taking_a_rule_back_does_is_read_again_where_its_day_has_come() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let text = app_text().replacen("at_or_below = 95", "at_or_below = 96", 1);
    let form = [
        ("save", "1"),
        ("as_file", "1"),
        ("text", text.as_str()),
        ("valid_from", "2026-11-23"),
        ("why", "A letter of the ministry"),
    ];
    let saved = nurse.posts("/rules/course", &form).await;
    assert!(saved.to.ends_with("done=saved"), "{}", saved.html);
    let page = nurse.gets("/rules/course?lang=en").await;
    let file = page.link_that_begins_with("/rules/course/files/");
    // The page was made before midnight.
    let before = [
        ("of", app::programme::PROGRAMME),
        ("why", "Too early"),
        ("planned", "1"),
    ];
    let address = file.split('?').next().unwrap();
    let told = nurse.posts(address, &before).await;
    told.says("The first day of the rule has come since the page was shown");
    told.says("End this rule");
    told.says("Too early</textarea>");
    let now = told.hidden("planned");
    let after = [before[0], before[1], ("planned", now.as_str())];
    let ended = nurse.posts(address, &after).await;
    assert!(ended.to.ends_with("done=withdrawn"), "{}", ended.html);
}

/// The rules of the course as they are shipped.
fn app_text() -> String {
    let mut all = domain::rules::shipped(domain::rules::RuleKind::Course);
    all.pop().unwrap().text
}

#[tokio::test]
async fn what_is_planned_is_seen_replaced_and_withdrawn() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    for (path, field, values) in [
        ("/settings", "tell_center_after", ["7", "8", "3"]),
        ("/retention", "days", ["100", "200", "300"]),
    ] {
        // Of two plans for one moment the later one stands.
        for value in &values[..2] {
            let page = nurse.gets(path).await;
            let mut form = Filled::of(&page, path);
            form.types(field, value);
            form.types("valid_from", "2036-12-05T00:00");
            let saved = typing::sends(&mut nurse, path, &form).await;
            assert_eq!(saved.to, format!("{path}?done=planned"), "{}", saved.html);
        }
        let page = nurse.gets(path).await;
        page.says("From 5 December 2036");
        assert_eq!(page.html.matches("name=\"withdraw\"").count(), 1);
        // What is saved for now is told to hold until then.
        let mut form = Filled::of(&page, path);
        form.types(field, values[2]);
        let saved = typing::sends(&mut nurse, path, &form).await;
        let page = nurse.gets(&saved.to).await;
        page.says("Saved. It holds until 5 December 2036");
        page.says(match path {
            "/settings" => "(minutes): 3, then 8",
            _ => "kept for 300 days after closing",
        });
        let planned = Filled::of(&page, &format!("{path}#planned"));
        let gone = typing::sends(&mut nurse, path, &planned).await;
        assert_eq!(gone.to, format!("{path}?done=withdrawn"));
        let page = nurse.gets(&gone.to).await;
        page.says("The planned change was withdrawn.");
        page.says_not("2036");
        let late = typing::sends(&mut nurse, path, &planned).await;
        assert_eq!(late.to, format!("{path}?done=meanwhile"));
    }
}
