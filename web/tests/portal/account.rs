//! The account: who is signed out everywhere, and another address.

use super::signing_in::{another_account, newest_code};
use super::{STUDENT, signs_in};
use crate::browser::{House, PASSWORD};
use jiff::SignedDuration;

#[tokio::test]
async fn whoever_was_signed_out_already_is_not_told_that_a_lost_phone_is_shut_out() {
    let house = House::new().await;
    let (mut lost, mut home) = (house.family().await, house.family().await);
    let page = home.gets("/account").await;
    let (_, form) = page
        .html
        .split_once("action=\"/sign-out-everywhere\"")
        .unwrap();
    let whose = page.hidden("whose");
    assert!(form.split("</form>").next().unwrap().contains(&whose));
    // In another tab.
    assert_eq!(home.posts("/sign-out", &[]).await.to, "/?done=signed-out");
    let press = [("whose", whose.as_str())];
    let asked = home.posts("/sign-out-everywhere", &press).await;
    asked.says("so no other device was signed out");
    lost.gets("/account").await.says("family@sample.example");
    // It stays said in the other language.
    let ended = asked.hidden("ended");
    let speaks = [("ended", ended.as_str()), ("switch_language", "ja")];
    let other = signs_in(&mut home, &asked, &speaks).await;
    other.says("ほかの端末はログアウトしていません");
    // The button is where signing in leads, and then it does what it says.
    assert_eq!(signs_in(&mut home, &other, &[]).await.to, "/account");
    let done = home.posts("/sign-out-everywhere", &press).await;
    assert_eq!(done.to, "/?done=signed-out", "{}", done.html);
    let led = lost.asks_for("/account").await.to;
    assert!(led.starts_with("/sign-in"), "{led}");
    // Signing out here, when one is out already, is what was wished.
    assert_eq!(home.posts("/sign-out", &[]).await.to, "/?done=signed-out");
}

#[tokio::test]
async fn signing_out_everywhere_is_for_the_account_whose_page_it_was() {
    let house = House::new().await;
    let mother = "mother@sample.example";
    another_account(&house, mother).await;
    let (mut lost, mut home) = (house.family().await, house.family().await);
    let whose = home.gets("/account").await.hidden("whose");
    let as_mother = [("email", mother), ("password", PASSWORD)];
    assert_eq!(home.posts("/sign-in", &as_mother).await.to, "/");
    let told = home
        .posts("/sign-out-everywhere", &[("whose", &whose)])
        .await;
    assert_eq!(told.to, "/account?done=other-account");
    let page = home.gets(&told.to).await;
    page.says("so no device was signed out");
    page.says(mother);
    lost.gets("/account").await.says("family@sample.example");
}

#[tokio::test]
async fn an_address_that_somebody_else_has_signed_up_with_meanwhile_is_told() {
    let house = House::new().await;
    let wished = "mother@sample.example";
    let mut family = house.family().await;
    let asks = [("email", wished), ("password", PASSWORD)];
    let asked = family.posts("/account/email", &asks).await;
    assert_eq!(asked.to, "/account/email/code", "{}", asked.html);
    let code = newest_code(&house).await;
    // The newest mail is the one of the latest moment.
    house.clock.advance(SignedDuration::from_mins(2));
    another_account(&house, wished).await;
    let told = family
        .posts("/account/email/code", &[("code", &code)])
        .await;
    told.says("another account has been signed up with this address");
    told.says(&format!("value=\"{wished}\""));
    told.says("action=\"/account/email\"");
    let account = family.gets("/account").await;
    account.says("family@sample.example");
    account.says_not(wished);
}

#[tokio::test]
async fn the_old_address_is_told_where_the_numbers_of_the_centers_stand() {
    let house = House::new().await;
    let mut family = house.family().await;
    let asks = [("email", "mother@sample.example"), ("password", PASSWORD)];
    let asked = family.posts("/account/email", &asks).await;
    assert_eq!(asked.to, "/account/email/code", "{}", asked.html);
    let code = newest_code(&house).await;
    let changed = family
        .posts("/account/email/code", &[("code", &code)])
        .await;
    assert_eq!(changed.to, "/account?done=email", "{}", changed.html);
    while house.app().system_desk().send_due().await.unwrap() > 0 {}
    let landed = house.app().outbox().landed().await.unwrap();
    let told = landed
        .iter()
        .find(|mail| mail.content.contains("http://127.0.0.1:8080/help"));
    let told = &told.unwrap().content;
    assert!(told.contains("family@sample.example"), "{told}");
    assert!(!told.contains("mother@sample.example"), "{told}");
    // Whoever owns the old address is not signed in there any more.
    let numbers = house.portal().gets("/help").await;
    numbers.says("tel:0300000000");
}

#[tokio::test]
async fn whoever_has_the_address_that_is_wished_for_another_account_reads_so_in_their_language() {
    let house = House::new().await;
    let grandmother = "grandmother@sample.example";
    another_account(&house, grandmother).await;
    house.clock.advance(SignedDuration::from_mins(2));
    let mut reads = house.portal();
    let signs_in = [("email", grandmother), ("password", PASSWORD)];
    reads.posts("/sign-in", &signs_in).await;
    reads.gets("/account?lang=ja").await.says(grandmother);

    let mut family = house.family().await;
    let asked = family.posts("/account/email", &signs_in).await;
    assert_eq!(asked.to, "/account/email/code", "{}", asked.html);
    while house.app().system_desk().send_due().await.unwrap() > 0 {}
    let landed = house.app().outbox().landed().await.unwrap();
    let is_told = |words: &str| landed.iter().any(|mail| mail.content.contains(words));
    assert!(is_told(
        "別のMy HER-SYSアカウントで使う申し込みがありました"
    ));
    assert!(!is_told("Somebody asked to use this e-mail address"));
}

#[tokio::test]
async fn nobody_is_asked_for_another_password_because_of_details_that_are_saved() {
    let house = House::new().await;
    let mut family = house.family().await;
    let path = "/account/password?because=attributes";
    assert_eq!(family.asks_for(path).await.to, "/");
    family.posts("/attributes", &STUDENT).await;
    let page = family.gets(path).await;
    page.says("Choose another password");
    page.says("Your password is built on the name");
    family.posts("/attributes/check", &[]).await;
    assert_eq!(family.asks_for(path).await.to, "/");
    // From a page that was open still, the password is changed as from the account.
    let typed = [("current", PASSWORD), ("password", "Kestrel-Winter-58")];
    let changed = family.posts(path, &typed).await;
    assert_eq!(changed.to, "/account?done=password", "{}", changed.html);
}
