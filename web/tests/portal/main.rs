//! The pages of a family: what is sent is what they mean, once, and what they read holds now.
#![allow(clippy::unwrap_used)]

mod account;
#[allow(dead_code)] // the other stories need more of it
#[path = "../support/browser.rs"]
mod browser;
mod called_wrong;
mod closed;
mod danger;
mod home;
mod read_by;
mod report;
mod signing_in;

use browser::{Browser, House, Page, filled, form_of, sends};

/// The student whom nobody has registered at home yet, as she types herself in.
const STUDENT: [(&str, &str); 6] = [
    ("name", "Sample Student"),
    ("birth_year", "2003"),
    ("birth_month", "3"),
    ("birth_day", "3"),
    ("phone", "09012345606"),
    ("hersys_id", "8273059"),
];

/// Registers the traveller as another member; tells the case.
async fn adds_the_traveller(family: &mut Browser) -> String {
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
    done.to.split_once("member=").unwrap().1.to_owned()
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
