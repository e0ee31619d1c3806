//! The browser's way back on the console: to what was found, and to what was typed.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use app::staff::{ChangeStaff, NewStaff};
use browser::House;
use domain::staff_role::StaffRole;
use jiff::SignedDuration;

#[tokio::test]
async fn back_from_a_case_are_the_people_who_were_found_for_whoever_looked() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let led = nurse.asks("/search", &[("search", "4826153")]).await;
    assert_eq!(led.status, 303);
    assert!(led.to.starts_with("/search?again="), "{}", led.to);
    assert!(!led.to.contains("4826153"), "nothing that was typed");
    let found = nurse.gets(&led.to).await;
    let case = found.link_that_begins_with("/cases/0");
    assert_eq!(nurse.gets(&case).await.status, 200);
    let again = nurse.gets(&led.to).await;
    assert_eq!(
        again.html, found.html,
        "the same page, and nothing twice in it"
    );

    // The address is worth nothing in another browser, whoever has signed in there.
    let centers = house.app().front_desk(None).health_centers().await;
    let place = NewStaff::place_of(centers.unwrap()[0].id);
    for role in [StaffRole::Nurse, StaffRole::Clerk] {
        let email = format!("{role:?}@s.example");
        let mut other = house.hires(&email, role, place).await;
        let nothing = other.gets(&led.to).await;
        assert_ne!(nothing.html, found.html);
        nothing.says_not(&case);
    }
    nurse.gets("/").await;
    house.clock.advance(SignedDuration::from_mins(9));
    nurse.gets(&led.to).await.says(&case);
    for _ in 0..6 {
        house.clock.advance(SignedDuration::from_mins(9));
        nurse.gets("/").await;
    }
    nurse.gets(&led.to).await.says_not(&case);
}

#[tokio::test]
async fn whoever_has_another_role_since_reads_nothing_of_what_was_shown_before() {
    let house = House::new().await;
    let centers = house.app().front_desk(None).health_centers().await;
    let place = NewStaff::place_of(centers.unwrap()[0].id);
    let mut mika = house.hires("mika@s.example", StaffRole::Nurse, place).await;
    house
        .hires("chief@s.example", StaffRole::Administrator, place)
        .await;
    let led = mika.asks("/search", &[("search", "4826153")]).await;
    let found = mika.gets(&led.to).await;
    let case = found.link_that_begins_with("/cases/0");

    let chief = house.desk("chief@s.example").await;
    let id = house.desk("mika@s.example").await.id();
    let (_, staff) = chief.colleagues().await.unwrap();
    let seen = staff.iter().find(|one| one.id == id).unwrap();
    let changed = chief.change_staff(id, StaffRole::Clerk, false, seen.version);
    assert_eq!(changed.await.unwrap(), ChangeStaff::Changed);
    // The session goes on, and a clerk may search.
    let now = mika.gets(&led.to).await;
    assert!(
        now.status == 303 || !now.html.contains(&case),
        "{}",
        now.html
    );
    let again = mika.posts("/search", &[("search", "4826153")]).await;
    again.says(&case);
}

#[tokio::test]
async fn what_is_shown_once_is_not_kept() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let refused = nurse.asks("/account/codes", &[("code", "000000")]).await;
    assert_eq!((refused.status, refused.to.as_str()), (200, ""));
    // That is so on the console alone: a family has no such codes, and its way back goes everywhere.
    let mut family = house.family().await;
    for path in ["/account/email", "/account/password"] {
        let led = family.asks(path, &[]).await;
        assert!(
            led.to.starts_with(&format!("{path}?again=")),
            "{path}: {}",
            led.to
        );
    }
}

#[tokio::test]
async fn whoever_is_asked_about_people_who_stand_already_can_change_what_was_typed() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let form = nurse.gets("/cases/new").await;
    let key = form.hidden("key");
    let mut typed = vec![
        ("key", key.as_str()),
        ("name", "見本 花子"),
        ("birthdate", "1988-05-04"),
        ("phone", "09012345678"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-20"),
        ("onset_on", "2026-11-19"),
        ("address", "1-2-3 Minato"),
    ];
    let asked = nurse.posts("/cases/new", &typed).await;
    asked.says("Is it one of these people?");
    asked.says("Change what was typed");
    let (_, main) = asked.html.split_once("<main").unwrap();
    assert!(!main.contains("href=\"/cases/new\""), "to an empty form");
    typed.push(("change", "1"));
    let form = nurse.posts("/cases/new", &typed).await;
    form.says("value=\"見本 花子\"");
    form.says("value=\"1-2-3 Minato\"");
    assert_eq!(form.hidden("key"), key);
    form.says_not("class=\"problems\"");
}
