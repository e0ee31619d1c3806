//! Whose follow-up is over: what the family reads, and what stays of the decision.

use crate::browser::{House, reports};
use crate::{is_now, releases};

#[tokio::test]
async fn a_family_who_lost_somebody_is_left_in_peace() {
    let house = House::new().await;
    let (mut nurse, mut family) = (house.nurse().await, house.family().await);
    let hanako = house.case_of("4826153").await;
    let taro = house.case_of("7391604").await;
    // An alarming report of hers still waits when she dies.
    reports(&mut nurse, &hanako).await;
    family.gets("/").await.says("Do not wait for somebody");
    is_now(&mut nurse, &hanako, "died").await;
    // Whoever opens her page, or finds her, reads it first; nobody is led to ask how she is.
    let told = nurse.gets(&format!("/cases/{hanako}")).await;
    told.says("<strong>Died (noted on ");
    told.says_not("Enter a report");
    nurse.gets("/cases").await.says("<strong>Died (noted on ");
    let found = nurse.posts("/search", &[("search", "4826153")]).await;
    found.says("<strong>Died (noted on ");

    // Her brother is at home still: he alone is asked for.
    let home = family.gets("/").await;
    home.says("How are you today?");
    home.says_not("Do not wait for somebody");
    let (_, quiet) = home.html.split_once(&format!("quiet-{hanako}")).unwrap();
    assert!(quiet.contains("We ask for no more reports for"));
    assert!(quiet.contains("is there for you"));
    assert!(!quiet.contains("Not reported yet today"));
    let form = family.gets("/reports/new").await;
    form.says(&taro);
    form.says_not(&hanako);
    let asked = format!("/reports/new?member={hanako}");
    assert_eq!(family.gets(&asked).await.to, "/");
    let history = family.gets(&format!("/history?member={hanako}")).await;
    history.says_not("Do not wait for somebody");

    is_now(&mut nurse, &taro, "died").await;
    let home = family.gets("/").await;
    for word in ["How are you", "Not reported yet", "/reports/new"] {
        home.says_not(word);
    }
    home.says("Your family");
    home.says_not("danger-strip");
    assert_eq!(home.html.matches("We ask for no more reports").count(), 2);
    // Their center is named once.
    assert_eq!(home.html.matches("is there for you").count(), 1);
    assert_eq!(family.gets("/reports/new").await.to, "/");

    // It was a mistake: all is as it was.
    is_now(&mut nurse, &taro, "home").await;
    let home = family.gets("/").await;
    home.says("How are you today?");
    home.says("Not reported yet today");
}

#[tokio::test]
async fn whoever_is_released_reads_that_the_follow_up_is_over() {
    let house = House::new().await;
    let (mut nurse, mut family) = (house.nurse().await, house.family().await);
    for id in ["4826153", "7391604"] {
        releases(&mut nurse, &house.case_of(id).await).await;
    }
    let home = family.gets("/").await;
    home.says("The follow-up ended on 23 November 2026");
    home.says("If you get worse, call");
    home.says("class=\"contact\"");
    for word in ["How are you today?", "Not reported yet today"] {
        home.says_not(word);
    }
    // A report is possible all the same.
    let hanako = house.case_of("4826153").await;
    let form = family.gets(&format!("/reports/new?member={hanako}")).await;
    form.says("Status report for");
}

#[tokio::test]
async fn a_release_keeps_in_words_on_what_it_rested() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    releases(&mut nurse, &case).await;
    let path = format!("/cases/{case}");
    let page = nurse.gets(&path).await;
    page.says("Released on 23 November 2026");
    page.says("The decision rested on this calculation");
    page.says("Day 0 is 17 November 2026");
    page.says("after the improvement of 20 November 2026 8:00");
    let written = |html: &str| {
        let (_, corrections) = html.split_once("id=\"corrections\"").unwrap();
        let (corrections, _) = corrections.split_once("</section>").unwrap();
        corrections.to_owned()
    };
    let corrections = written(&page.html);
    assert!(corrections.contains("Day 0 is"), "{corrections}");
    for code in ["<ins>20", "<del>20", ">released<", ">home<"] {
        assert!(!corrections.contains(code), "{code} in {corrections}");
    }
    // Open again: what was decided once stays readable, and is not what holds.
    is_now(&mut nurse, &case, "home").await;
    let page = nurse.gets(&path).await;
    page.says_not("The decision rested on this calculation");
    assert!(written(&page.html).contains("Day 0 is"));

    // A day that is corrected is written out, too.
    let shown = nurse.gets(&format!("{path}/person")).await;
    let fields = [
        "name",
        "name_kana",
        "name_latin",
        "birthdate",
        "phone",
        "email",
        "language",
        "diagnosed_on",
        "onset_on",
        "entered_japan_on",
    ];
    let mut form: Vec<(String, String)> = fields
        .iter()
        .map(|name| ((*name).to_owned(), shown.hidden(&format!("was.{name}"))))
        .collect();
    for (name, value) in &mut form {
        if name == "onset_on" {
            *value = "2026-11-18".to_owned();
        }
    }
    form.push(("version".to_owned(), shown.hidden("version")));
    form.push(("reason".to_owned(), "she remembers".to_owned()));
    form.push(("days_are_right".to_owned(), "1".to_owned()));
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let done = nurse.posts(&format!("{path}/person"), &form).await;
    assert!(done.to.contains("done=person"), "{}", done.html);
    let page = nurse.gets(&path).await;
    page.says("<del>17 November 2026</del> → <ins>18 November 2026</ins>");
}

#[tokio::test]
async fn a_release_says_what_is_wrong_with_the_moment_of_the_improvement() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    let path = format!("/cases/{case}/release");
    let version = nurse.gets(&path).await.hidden("version");
    for (moment, sentence) in [
        ("2026-12-24T08:00", "This moment has not come yet"),
        ("2020-01-01T08:00", "This is before the illness began"),
        ("soon", "Enter a date and a time, or nothing"),
    ] {
        let fields = [
            ("version", version.as_str()),
            ("improved_at", moment),
            ("reason", "No fever for three days"),
            ("release", "1"),
        ];
        let told = nurse.posts(&path, &fields).await;
        told.says(sentence);
        told.says(&format!("value=\"{moment}\""));
        told.says("No fever for three days");
    }
    for (days, sentence) in [
        (
            "2026-11-20 2026-12-24",
            "One of these days has not come yet",
        ),
        (
            "2020-01-01",
            "One of these days is before the illness began",
        ),
        ("soon", "Enter days such as"),
    ] {
        let fields = [
            ("version", version.as_str()),
            ("negative_tests", days),
            ("reason", "Twice negative"),
            ("release", "1"),
        ];
        let told = nurse.posts(&path, &fields).await;
        told.says(sentence);
        told.says(&format!("value=\"{days}\""));
        told.says("Twice negative");
    }
}
