//! A written request: what it says, and who hears of it.

use crate::browser::{Browser, House};

/// Somebody with a phone at home and no account; tells the case.
async fn registers(nurse: &mut Browser) -> String {
    let typed = [
        ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c31"),
        ("name", "สมชาย ใจดี"),
        ("birthdate", "1950-01-02"),
        ("phone", "03-1111-2222"),
        ("language", "en"),
        ("diagnosed_on", "2026-11-22"),
    ];
    let stands = nurse.posts("/cases/new", &typed).await;
    assert!(stands.to.contains("registered"), "{}", stands.html);
    stands.to.split(['/', '?']).nth(2).unwrap().to_owned()
}

#[tokio::test]
async fn a_request_names_the_duty_that_is_one_and_says_where_nobody_can_be_told() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = registers(&mut nurse).await;
    let path = format!("/cases/{case}/requests/new");
    let form = nurse.gets(&path).await;
    form.says("It makes the report a duty");
    let key = form.hidden("key");
    let asks = |ask: &'static str| {
        [
            ("key", key.as_str()),
            (ask, "1"),
            ("from", "2026-11-23"),
            ("to", "2026-11-30"),
            ("reasons", "You were diagnosed yesterday."),
        ]
    };
    let report = nurse.posts(&path, &asks("report")).await;
    report.says("<h2>Request to report your health</h2>");
    report.says("You are bound to report your health");
    let stay = nurse.posts(&path, &asks("stay")).await;
    stay.says("<h2>Request to stay at home</h2>");
    stay.says("Please do what you can to stay at home");
    stay.says_not("You are bound");
    stay.says("No message can be sent to this person");
    stay.says("The name cannot be printed");
    let issue = [&asks("stay")[..], &[("issue", "1")][..]].concat();
    let issued = nurse.posts(&path, &issue).await;
    assert!(issued.to.contains("done=requested-paper"), "{}", issued.to);
    let page = nurse.gets(issued.to.split('#').next().unwrap()).await;
    page.says("no message can be sent to this person: print it");
    page.says_not("The person is told that it waits.");
}

#[tokio::test]
async fn a_place_says_to_which_disease_the_article_applies() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = registers(&mut nurse).await;
    nurse
        .gets("/rules")
        .await
        .says("Written requests name article 44-3");
    let set = nurse
        .posts("/rules/programmes/covid-19", &[("article", "none")])
        .await;
    assert_eq!(set.to, "/rules?done=no-article");
    let rules = nurse.gets(&set.to).await;
    rules.says("Written requests name no article");
    rules.says("Article 44-3 applies to this disease");
    let path = format!("/cases/{case}/requests/new");
    let form = nurse.gets(&path).await;
    form.says("The paper names no article of the law");
    let key = form.hidden("key");
    let fields = [
        ("key", key.as_str()),
        ("report", "1"),
        ("from", "2026-11-23"),
        ("to", "2026-11-30"),
        ("reasons", "You were diagnosed yesterday."),
    ];
    let preview = nurse.posts(&path, &fields).await;
    preview.says("We ask you for the following.");
    preview.says("We ask for your help.");
    preview.says_not("44-3");
    preview.says_not("You are bound");
}
