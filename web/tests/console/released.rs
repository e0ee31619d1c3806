//! Many who are released at once, and what the page says of it.

use crate::browser::{Browser, House};
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
