//! Many who are released at once, and what the page says of it.

use crate::browser::{Browser, House, Page, reports};
use jiff::SignedDuration;

/// Writes a report in which nothing is the matter.
async fn is_well(nurse: &mut Browser, case: &str) {
    let path = format!("/cases/{case}/reports/new");
    let form = nurse.gets(&path).await;
    let key = form.hidden("key");
    let mut fields = vec![
        ("key", key.as_str()),
        ("temperature", "36.5"),
        ("spo2", "98"),
        ("channel", "phone"),
    ];
    let asked = form.html.split("name=\"").skip(1);
    let asked = asked.map(|rest| rest.split('"').next().unwrap());
    let mut names: Vec<&str> = asked.filter(|name| name.starts_with("q_")).collect();
    names.dedup();
    fields.extend(names.into_iter().map(|name| (name, "no")));
    let sent = nurse.posts(&path, &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
}

#[tokio::test]
async fn a_release_of_all_who_were_chosen_is_told_as_done() {
    let house = House::new().await;
    let case = house.case_of("9047316").await;
    is_well(&mut house.nurse().await, &case).await;
    house.clock.advance(SignedDuration::from_hours(12 * 24));
    let mut nurse = house.nurse().await;
    let pick = format!("pick.{case}");
    let list = [("list", "review"), ("page", "1")];
    let chosen = [&list[..], &[(pick.as_str(), "nobody")]].concat();
    let looked_at = nurse.posts("/worklist/release", &chosen).await;
    let name = format!("seen.{case}");
    let seen = looked_at.hidden(&name);
    let sure = [("sure", "1"), (name.as_str(), seen.as_str())];
    let sure = [&list[..], &sure, &[("reason", "Well for days")]].concat();
    let done = nurse.posts("/worklist/release", &sure).await;
    done.says("One person is released.");
    done.says(&format!("name=\"back.{case}\""));
    for problem in ["There is a problem", "Nobody was chosen", "Error:"] {
        done.says_not(problem);
    }
}

#[tokio::test]
async fn whoever_was_unticked_is_not_released_and_stays_on_the_page_of_a_slip() {
    let house = House::new().await;
    let case = house.case_of("9047316").await;
    is_well(&mut house.nurse().await, &case).await;
    house.clock.advance(SignedDuration::from_hours(12 * 24));
    let mut nurse = house.nurse().await;
    let list = [("list", "review"), ("page", "1")];
    let pick = format!("pick.{case}");
    let chosen = [&list[..], &[(pick.as_str(), "nobody")]].concat();
    let shown = nurse.posts("/worklist/release", &chosen).await;
    shown.says("data-ticked>1</output>");
    let (name, all) = (format!("seen.{case}"), format!("shown.{case}"));
    let seen = shown.hidden(&all);
    assert_eq!(seen, shown.hidden(&name));
    let is_ticked = |page: &Page| {
        let (_, rest) = page.html.split_once(&format!("name=\"{name}\"")).unwrap();
        rest.split('>').next().unwrap().contains(" checked")
    };
    assert!(is_ticked(&shown));
    // The tick is taken away, and the reason forgotten.
    let slip = [("sure", "1"), (all.as_str(), seen.as_str()), ("reason", "")];
    let slip = nurse
        .posts("/worklist/release", &[&list[..], &slip].concat())
        .await;
    slip.says("There is a problem");
    slip.says("data-ticked>0</output>");
    assert!(!is_ticked(&slip));
    // Ticked again, with a reason this time.
    let seen = slip.hidden(&name);
    let sure = [
        ("sure", "1"),
        (all.as_str(), seen.as_str()),
        (name.as_str(), seen.as_str()),
        ("reason", "Well for days"),
    ];
    let done = nurse
        .posts("/worklist/release", &[&list[..], &sure].concat())
        .await;
    done.says("One person is released.");
}

#[tokio::test]
async fn a_release_is_shown_anew_where_the_person_has_reported_meanwhile() {
    let house = House::new().await;
    let case = house.case_of("9047316").await;
    let mut nurse = house.nurse().await;
    is_well(&mut nurse, &case).await;
    house.clock.advance(SignedDuration::from_mins(1));
    let path = format!("/cases/{case}/release");
    let presses = async |nurse: &mut Browser, shown: &Page, despite: &[(&str, &str)]| {
        let seen = ["version", "lines", "known"].map(|name| (name, shown.hidden(name)));
        let mut decided: Vec<(&str, &str)> = seen.iter().map(|(k, v)| (*k, v.as_str())).collect();
        decided.extend([("reason", "Sounds well"), ("release", "1")]);
        decided.extend(despite);
        nurse.posts(&path, &decided).await
    };
    let shown = nurse.gets(&path).await;
    reports(&mut nurse, &case).await;
    let told = presses(&mut nurse, &shown, &[]).await;
    told.says("the person has reported");
    told.says("38.5 °C  SpO2 88 %");
    told.says("Sounds well");
    // The alert is asked about at once.
    told.says("I have looked at the open alert");
    let done = presses(&mut nurse, &told, &[("despite_alert", "1")]).await;
    assert_eq!(done.status, 303, "{}", done.html);
}
