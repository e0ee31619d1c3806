//! A contact who lives with somebody who is ill: what is known of the household is not typed again.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use browser::{Browser, House, Page};

/// Registers somebody who lives at an address; where the page of the case is.
async fn registers(nurse: &mut Browser, address: &str) -> String {
    let key = nurse.gets("/cases/new").await.hidden("key");
    let form = [
        ("key", key.as_str()),
        ("name", "見本 春"),
        ("birthdate", "1990-01-02"),
        ("phone", "09012349999"),
        ("language", "en"),
        ("diagnosed_on", "2026-11-22"),
        ("address", address),
        ("whereabouts", "Hotel Minato, room 12"),
    ];
    let done = nurse.posts("/cases/new", &form).await;
    assert!(done.to.contains("done=registered"), "{}", done.html);
    done.to.split('?').next().unwrap().to_owned()
}

/// A field of a form, from its label to the next one.
fn field(page: &Page, id: &str) -> String {
    let (_, rest) = page
        .html
        .split_once(&format!("<label for=\"{id}\">"))
        .unwrap();
    rest.split("<label").next().unwrap().to_owned()
}

#[tokio::test]
async fn address_and_phone_of_the_household_are_filled_in_and_can_be_changed() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = registers(&mut nurse, "1-2-3 Shiba, Minato").await;
    let path = format!("{case}/contact");
    let form = nurse.gets(&path).await;
    for (id, value) in [("phone", "09012349999"), ("address", "1-2-3 Shiba, Minato")] {
        let field = field(&form, id);
        assert!(field.contains(&format!("value=\"{value}\"")), "{field}");
        assert!(
            field.contains("Filled in as it stands for 見本 春"),
            "{field}"
        );
        // What was filled in was not typed.
        assert_eq!(form.hidden(&format!("was.{id}")), value);
    }
    // Where she stays is not where they stay.
    form.says_not("Hotel Minato");
    let key = form.hidden("key");
    let mut contact = vec![
        ("key", key.as_str()),
        ("name", "見本 冬"),
        ("birthdate", "someday"),
        ("phone", "09012349999"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-22"),
        ("address", "4-5-6 Azabu, Minato"),
    ];
    // A slip: what was typed over it stays, without saying that it was filled in.
    let slip = nurse.posts(&path, &contact).await;
    let address = field(&slip, "address");
    assert!(
        address.contains("value=\"4-5-6 Azabu, Minato\""),
        "{address}"
    );
    assert!(!address.contains("Filled in"), "{address}");
    contact[2].1 = "1992-03-04";
    let done = nurse.posts(&path, &contact).await;
    assert!(
        done.to.contains("done=registered"),
        "{} {}",
        done.to,
        done.html
    );
    let page = nurse.gets(&done.to).await;
    page.says("4-5-6 Azabu, Minato");
    page.says_not("1-2-3 Shiba");

    // Another center learns nothing of it.
    let mut elsewhere = house.nurse_of_another_center().await;
    let nothing = elsewhere.gets(&path).await;
    assert_eq!(nothing.status, 404);
    nothing.says_not("1-2-3 Shiba");
}

#[tokio::test]
async fn where_no_address_is_known_none_is_made_up() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = registers(&mut nurse, "").await;
    let form = nurse.gets(&format!("{case}/contact")).await;
    let address = field(&form, "address");
    assert!(address.contains("value=\"\""), "{address}");
    assert!(!address.contains("Filled in"), "{address}");
}
