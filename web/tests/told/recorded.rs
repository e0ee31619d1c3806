//! What a notification tells of somebody who stands, and nobody has saved yet, is not lost to sight.

use super::notified::notifies;
use crate::browser::{Browser, House};

const MOVED: &str = "東京都港区芝公園2-2";

/// A record, and a notification that was added to it and tells another address and another language: the addresses of both, and the
/// page on which it was added.
async fn told_otherwise(nurse: &mut Browser) -> (String, String, crate::browser::Page) {
    let stands = [
        ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c41"),
        ("name", "見本 冬"),
        ("birthdate", "1950-01-02"),
        ("phone", "03-1111-2222"),
        ("address", "東京都港区芝公園1-1"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-22"),
    ];
    let stands = nurse.posts("/cases/new", &stands).await;
    assert!(stands.to.contains("registered"), "{}", stands.html);
    let record = stands.to.split('?').next().unwrap().to_owned();
    let case = record.trim_start_matches("/cases/").to_owned();
    let over = [
        ("n_name", "見本 冬"),
        ("n_address", MOVED),
        ("n_language", "en"),
    ];
    let page = notifies(nurse, "/notifications/new", &over).await;
    let attach = [("version", "1"), ("attach", case.as_str())];
    let told = nurse.posts(&format!("{page}/confirm"), &attach).await;
    (record, page, told)
}

#[tokio::test]
async fn the_language_that_a_physician_tells_is_looked_at_as_the_address_is() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let (_, _, told) = told_otherwise(&mut nurse).await;
    told.says("or of the language they read, is not what the record says");
    told.says("<option value=\"en\" lang=\"en\" selected>");
    told.says("Stands now: 日本語");
    told.says("Stands now: 東京都港区芝公園1-1");
}

#[tokio::test]
async fn an_address_that_was_not_saved_at_once_stands_beside_the_notification_and_is_come_back_to()
{
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let (record, page, _) = told_otherwise(&mut nurse).await;
    // The form was left.
    let shown = nurse.gets(&page).await;
    shown.says("In the record now");
    shown.says("<dd>東京都港区芝公園1-1</dd>");
    shown.says("<dd>日本語</dd>");
    let back = shown.link_that_begins_with(&format!("{record}/person?told="));
    let form = nurse.gets(&back).await;
    form.says("is not what the record says: it stands in the fields below");
    form.says(MOVED);
    form.says("Stands now: 東京都港区芝公園1-1");
    // In the other language nothing of it is lost, nor of what was typed.
    let hidden = ["version", "told"].map(|name| form.hidden(name));
    let typed = [
        ("version", hidden[0].as_str()),
        ("told", &hidden[1]),
        ("name", "見本 冬"),
        ("birthdate", "1950-01-02"),
        ("phone", "03-1111-2222"),
        ("address", MOVED),
        ("language", "en"),
        ("diagnosed_on", "2026-11-22"),
        ("reason", "She phoned"),
    ];
    let person = format!("{record}/person");
    let switch = [&typed[..], &[("switch_language", "ja")]].concat();
    let japanese = nurse.posts(&person, &switch).await;
    japanese.says("<html lang=\"ja\"");
    japanese.says("現在の内容：東京都港区芝公園1-1");
    japanese.says(MOVED);
    japanese.says("She phoned");
    let switch = [&typed[..], &[("switch_language", "en")]].concat();
    assert_eq!(nurse.posts(&person, &switch).await.status, 200);
    let saved = nurse.posts(&person, &typed).await;
    assert!(saved.to.contains("done=person"), "{}", saved.html);
    nurse.gets(&page).await.says_not("In the record now");
    nurse.gets(&back).await.says_not("Stands now");
}

#[tokio::test]
async fn a_language_that_the_form_does_not_offer_is_not_changed_unseen() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let over = [("n_name", "見本 巴西"), ("n_language", "pt-BR")];
    let page = notifies(&mut nurse, "/notifications/new", &over).await;
    let sure = [("version", "1"), ("another", "1")];
    let case = nurse.posts(&format!("{page}/confirm"), &sure).await;
    let record = case.to.split('?').next().unwrap().to_owned();
    let form = nurse.gets(&format!("{record}/person")).await;
    form.says("<option value=\"pt-BR\" lang=\"pt-BR\" selected>");
}
