//! A center takes somebody over whom it may follow already.

use crate::browser::{Browser, House};

/// Registers somebody; tells the case.
async fn registers(nurse: &mut Browser, name: &str, phone: &str) -> String {
    let key = nurse.gets("/cases/new").await.hidden("key");
    let form = [
        ("key", key.as_str()),
        ("name", name),
        ("birthdate", "1950-01-02"),
        ("phone", phone),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-22"),
    ];
    let done = nurse.posts("/cases/new", &form).await;
    assert!(done.to.contains("done=registered"), "{}", done.html);
    done.to.split(['/', '?']).nth(2).unwrap().to_owned()
}

/// Offers a case to the other center, which accepts it; tells where its nurse is led.
async fn moves(old: &mut Browser, new: &mut Browser, case: &str) -> String {
    let path = format!("/cases/{case}/transfer");
    let form = old.gets(&path).await;
    let (before, _) = form.html.split_once("よその見本保健所").unwrap();
    let center = before.rsplit("<option value=\"").next().unwrap();
    let (key, center) = (form.hidden("key"), center.split('"').next().unwrap());
    let fields = [
        ("key", key.as_str()),
        ("center", center),
        ("transfer_note", "moved"),
    ];
    assert_eq!(old.posts(&path, &fields).await.status, 303);
    let offer = format!("/transfers/{key}");
    new.posts(&offer, &[("answer", "accept")]).await.to
}

#[tokio::test]
async fn who_is_taken_over_and_stands_already_is_told_at_once() {
    let house = House::new().await;
    let (mut old, mut new) = (house.nurse().await, house.nurse_of_another_center().await);
    let there = registers(&mut new, "見本 秋", "03-1111-2222").await;
    let here = registers(&mut old, "見本 秋", "03-1111-3333").await;
    let alone = registers(&mut old, "例田 冬彦", "03-1111-4444").await;

    let led = moves(&mut old, &mut new, &alone).await;
    let page = new.gets(&led).await;
    page.says("answers for this person from now on");
    page.says_not("another record that may be the same person");

    let led = moves(&mut old, &mut new, &here).await;
    let page = new.gets(&led).await;
    page.says("data-focus><p>Your center answers for this person from now on");
    page.says("another record that may be the same person");
    let find = format!("/cases/{here}/merge");
    page.says(&format!("href=\"{find}\">Registered twice?</a></p>"));
    let beside = format!("{find}?with={there}");
    new.gets(&find).await.says(&beside);
    // It is said where it is news, and no more once both are one.
    let record = new.gets(&format!("/cases/{here}")).await;
    record.says_not("another record that may be the same person");
    crate::browser::merges(&mut new, &here, &there).await;
    let page = new.gets(&led).await;
    page.says_not("another record that may be the same person");
}
