//! Rules by which fewer people become urgent say so, before they are set and as long as they hold.

use crate::browser::House;

#[tokio::test]
async fn rules_by_which_fewer_become_urgent_are_asked_about_and_go_on_saying_so() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let lead = "The release has, from 1 November 2026 on, what this rule has not";
    let less = "Falling SpO2: within 24 hours instead of 72 hours";
    let page = nurse.gets("/rules/course?as=file").await;
    page.says_not(lead);
    let shipped = domain::rules::shipped(domain::rules::RuleKind::Course).pop();
    let text = shipped.unwrap().text;
    let text = text.replacen("within_hours = 72", "within_hours = 24", 1);
    let seen = page.hidden("seen");
    let mut form = vec![
        ("save", "1"),
        ("as_file", "1"),
        ("text", text.as_str()),
        ("valid_from", "2026-11-23"),
        ("why", "A trial"),
        ("seen", seen.as_str()),
    ];
    let asked = nurse.posts("/rules/course", &form).await;
    asked.says("By these rules fewer people become urgent, or they do so later");
    asked.says(less);
    asked.says("If it is meant, tick the box");
    let mark = asked.hidden("silences");
    form.push(("silences", mark.as_str()));
    let saved = nurse.posts("/rules/course", &form).await;
    assert!(saved.to.contains("done=saved"), "{}", saved.html);
    let page = nurse.gets("/rules/course").await;
    page.says(lead);
    page.says(less);
}
