//! What waits while somebody signs in, for whom it waits, and where they go on.

use super::{AMBULANCE, STUDENT, adds_the_traveller, filled, form_of, sends, signs_in};
use crate::browser::{Browser, House, PASSWORD, Page};
use jiff::SignedDuration;

#[tokio::test]
async fn a_passport_number_that_was_typed_in_the_first_log_in_is_taken_after_signing_in_again() {
    let house = House::new().await;
    let mut family = house.family().await;
    let case = adds_the_traveller(&mut family).await;
    let path = format!("/passport/{case}");
    let form = family.gets(&path).await;
    let fields = [
        ("whose", &form.hidden("whose")),
        ("form", &form.hidden("form")),
        ("passport_number", &"TK1234567".to_owned()),
    ];
    let fields = fields.map(|(name, value)| (name, value.as_str()));
    family.posts("/sign-out", &[]).await;
    let asked = family.posts(&path, &fields).await;
    asked.says("What you typed is kept");
    let kept = asked.hidden("kept");
    let signed_in = [
        ("email", "family@sample.example"),
        ("password", PASSWORD),
        ("kept", kept.as_str()),
    ];
    let resend = family.posts("/sign-in", &signed_in).await;
    resend.says("TK1234567");
    // Without it, the first log-in is over.
    family
        .gets(&path)
        .await
        .says("can only be entered during the first log-in");
    let mut bare = fields;
    bare[1].1 = "";
    assert_eq!(family.posts(&path, &bare).await.to, path);
    let sent = family.posts(&path, &fields).await;
    assert_eq!(sent.to, "/?done=passport", "{}", sent.html);
    family.gets(&path).await.says_not("passport_number");
}

/// A report that comes when the session has ended, at the page that asks for the password.
async fn comes_late(family: &mut Browser, case: &str) -> Page {
    let form = form_of(family, case).await;
    let report = filled(&form, &[("spo2", "85"), ("note", "Lips are blue")]);
    family.posts("/sign-out", &[]).await;
    let asked = sends(family, case, &report).await;
    asked.says(AMBULANCE);
    asked.says("What you typed is kept");
    asked
}

#[tokio::test]
async fn a_report_waits_for_a_new_password() {
    let house = House::new().await;
    let hanako = house.case_of("4826153").await;
    let email = "family@sample.example";
    let mut family = house.family().await;
    let asked = comes_late(&mut family, &hanako).await;
    asked.says("formaction=\"/password/forgotten\"");
    let carries = |page: &Page| {
        page.says(AMBULANCE);
        page.says("The report that you typed is kept");
        page.says_not("Lips are blue");
        page.hidden("kept")
    };
    let kept = asked.hidden("kept");
    let begins = [("kept", kept.as_str()), ("email", email), ("begin", "1")];
    let page = family.posts("/password/forgotten", &begins).await;
    page.says("Forgotten password");
    page.says(&format!("value=\"{email}\""));
    let kept = carries(&page);
    // In the other language and back; an address that is none.
    let switch = [("kept", kept.as_str()), ("switch_language", "ja")];
    let page = family.posts("/password/forgotten", &switch).await;
    page.says("すぐに119番に電話してください");
    let kept = page.hidden("kept");
    let slip = [
        ("kept", kept.as_str()),
        ("email", "hanako"),
        ("switch_language", "en"),
    ];
    let page = family.posts("/password/forgotten", &slip).await;
    let kept = carries(&page);
    let slip = [("kept", kept.as_str()), ("email", "hanako")];
    let kept = carries(&family.posts("/password/forgotten", &slip).await);
    let asks = [("kept", kept.as_str()), ("email", email)];
    let page = family.posts("/password/forgotten", &asks).await;
    page.says("action=\"/password/code\"");
    let kept = carries(&page);
    let code = newest_code(&house).await;
    let wrong = [("kept", kept.as_str()), ("code", "12")];
    let kept = carries(&family.posts("/password/code", &wrong).await);
    let switch = [
        ("kept", kept.as_str()),
        ("code", "12"),
        ("switch_language", "en"),
    ];
    let kept = carries(&family.posts("/password/code", &switch).await);
    let resend = [("kept", kept.as_str()), ("code", "")];
    let kept = carries(&family.posts("/password/resend", &resend).await);
    let right = [("kept", kept.as_str()), ("code", code.as_str())];
    let page = family.posts("/password/code", &right).await;
    page.says("action=\"/password/new\"");
    let kept = carries(&page);
    let weak = [("kept", kept.as_str()), ("password", "a")];
    let kept = carries(&family.posts("/password/new", &weak).await);
    let switch = [("kept", kept.as_str()), ("switch_language", "en")];
    let kept = carries(&family.posts("/password/new", &switch).await);
    let new = [("kept", kept.as_str()), ("password", "shigure-Kaze-93")];
    let form = family.posts("/password/new", &new).await;
    form.says(AMBULANCE);
    form.says("The report for Mihon Hanako is not sent yet");
    form.says("Lips are blue</textarea>");
    let report = filled(&form, &[("spo2", "85"), ("note", "Lips are blue")]);
    let sent = sends(&mut family, &hanako, &report).await;
    family.gets(&sent.to).await.says("<dd>85 %</dd>");
}

#[tokio::test]
async fn what_opens_a_history_does_not_wait_for_a_new_password() {
    let house = House::new().await;
    let mut family = house.family().await;
    let mut fields = STUDENT.to_vec();
    let whose = family.gets("/attributes?new=1").await.hidden("whose");
    fields.push(("whose", &whose));
    family.posts("/sign-out", &[]).await;
    let asked = family.posts("/attributes", &fields).await;
    asked.says("What you typed is kept");
    asked.says("href=\"/password/forgotten\"");
    asked.says("What you typed does not go along");
    let kept = asked.hidden("kept");
    let begins = [("kept", kept.as_str()), ("begin", "1")];
    let page = family.posts("/password/forgotten", &begins).await;
    page.says_not("name=\"kept\"");
}

/// A family that has signed up, without a member.
pub(super) async fn another_account(house: &House, email: &str) {
    let mut other = house.portal();
    other.posts("/sign-up", &[("email", email)]).await;
    let code = newest_code(house).await;
    other.posts("/sign-up/code", &[("code", &code)]).await;
    let password = [("password", PASSWORD)];
    let saved = other.posts("/sign-up/password", &password).await;
    assert_eq!(saved.to, "/attributes", "{}", saved.html);
}

#[tokio::test]
async fn another_account_of_the_household_is_told_that_nothing_was_sent() {
    let house = House::new().await;
    let hanako = house.case_of("4826153").await;
    another_account(&house, "mother@sample.example").await;
    let mut family = house.family().await;
    let asked = comes_late(&mut family, &hanako).await;
    let kept = asked.hidden("kept");
    let as_other = [("kept", kept.as_str()), ("email", "mother@sample.example")];
    let told = signs_in(&mut family, &asked, &as_other).await;
    told.says(AMBULANCE);
    told.says("Another account is signed in in this browser now, so nothing was sent");
    told.says_not("Lips are blue");
    told.says_not("Mihon Hanako");
    // It waits on for its own account.
    let kept = told.hidden("kept");
    let form = signs_in(&mut family, &told, &[("kept", kept.as_str())]).await;
    form.says("The report for Mihon Hanako is not sent yet");
    form.says("Lips are blue</textarea>");
}

/// The newest code that was mailed.
pub(super) async fn newest_code(house: &House) -> String {
    while house.app().system_desk().send_due().await.unwrap() > 0 {}
    let landed = house.app().outbox().landed().await.unwrap();
    let codes = landed.iter().find_map(|mail| {
        let mut lines = mail.content.lines();
        lines.find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit()))
    });
    codes.unwrap().to_owned()
}

/// Whoever has forgotten the password types the code that was mailed.
pub(super) async fn types_a_code(house: &House, browser: &mut Browser, email: &str) {
    house.clock.advance(SignedDuration::from_mins(2));
    let asked = browser
        .posts("/password/forgotten", &[("email", email)])
        .await;
    // In a browser that has kept nothing yet the address asks whether it does.
    let leads = asked.to.split('?').next();
    assert_eq!(leads, Some("/password/code"), "{}", asked.html);
    let code = newest_code(house).await;
    browser.posts("/password/code", &[("code", &code)]).await;
}

#[tokio::test]
async fn whoever_has_forgotten_the_password_goes_on_with_the_id_of_the_brochure() {
    let house = House::new().await;
    let mut family = house.portal();
    let email = "family@sample.example";
    let form = family.gets("/sign-up?id=8273059").await;
    let fields = [("email", email), ("id", &form.hidden("id"))];
    assert_eq!(family.posts("/sign-up", &fields).await.to, "/sign-up/code");
    let code = newest_code(&house).await;
    family.posts("/sign-up/code", &[("code", &code)]).await;
    family
        .gets("/sign-up/password")
        .await
        .says("Forgotten your password?");
    let form = family.gets("/password/forgotten").await;
    form.says(&format!("value=\"{email}\""));
    types_a_code(&house, &mut family, email).await;
    let saved = family
        .posts("/password/new", &[("password", "shigure-Kaze-93")])
        .await;
    assert_eq!(saved.to, "/?id=8273059&done=password", "{}", saved.html);
    let home = family.gets(&saved.to).await;
    assert_eq!(home.to, "/attributes?done=password");
    let form = family.gets(&home.to).await;
    form.says("value=\"8273059\"");
    form.says("The new password is saved");

    // The ID of a walk with another address is another person's.
    let mut shared = house.portal();
    shared
        .posts(
            "/sign-up",
            &[("email", "else@example.org"), ("id", "8273059")],
        )
        .await;
    types_a_code(&house, &mut shared, email).await;
    let saved = shared
        .posts("/password/new", &[("password", "shigure-Kaze-94")])
        .await;
    assert_eq!(saved.to, "/?done=password");
    // Sent once more from the page of before, with another one: nobody is told that it is saved.
    let again = shared
        .posts("/password/new", &[("password", "Heron-Lantern-17")])
        .await;
    assert_eq!(again.to, "/?done=password-before");
}

#[tokio::test]
async fn whoever_signs_in_goes_on_to_where_they_wanted_and_never_elsewhere() {
    let house = House::new().await;
    let hanako = house.case_of("4826153").await;
    let mut family = house.portal();
    let wanted = format!("/history?member={hanako}");
    let led = family.asks_for(&wanted).await.to;
    assert!(led.starts_with("/sign-in?back=%2Fhistory"), "{led}");
    let page = family.gets(&led).await;
    // A slip, and another language, lose nothing of it.
    let wrong = signs_in(&mut family, &page, &[("password", "wrong")]).await;
    let other = signs_in(&mut family, &wrong, &[("switch_language", "ja")]).await;
    assert_eq!(other.hidden("back"), wanted.replace('&', "&amp;"));
    assert_eq!(signs_in(&mut family, &other, &[]).await.to, wanted);
    assert_eq!(family.asks_for(&led).await.to, wanted, "signed in already");

    for elsewhere in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/sign-out",
        "/\t/evil.example",
    ] {
        let mut stranger = house.portal();
        let query: String = url::form_urlencoded::byte_serialize(elsewhere.as_bytes()).collect();
        let page = stranger.gets(&format!("/sign-in?back={query}")).await;
        page.says_not("name=\"back\"");
        let led = signs_in(&mut stranger, &page, &[("back", elsewhere)]).await;
        assert_eq!(led.to, "/", "{elsewhere:?}");
    }
}

#[tokio::test]
async fn what_waited_is_read_in_another_language_before_it_is_sent() {
    let house = House::new().await;
    let mut family = house.family().await;
    let form = family.gets("/attributes?new=1").await;
    let mut fields = STUDENT.to_vec();
    let whose = form.hidden("whose");
    fields.push(("whose", &whose));
    family.posts("/sign-out", &[]).await;
    let asked = family.posts("/attributes", &fields).await;
    let kept = asked.hidden("kept");
    let resend = signs_in(&mut family, &asked, &[("kept", &kept)]).await;
    resend.says("Send what you typed");
    let kept = resend.hidden("kept");
    let other = [("kept", kept.as_str()), ("switch_language", "ja")];
    let other = family.posts("/sign-in", &other).await;
    other.says("<html lang=\"ja\">");
    other.says("Sample Student");
    other.says("action=\"/attributes\"");
    // In another account it is not shown.
    let mut stranger = house.portal();
    let page = stranger
        .posts("/sign-in", &[("kept", &kept), ("switch_language", "ja")])
        .await;
    page.says_not("Sample Student");
}

#[tokio::test]
async fn whoever_fails_often_waits_for_the_answer_also_where_the_browser_is_led_on() {
    let house = House::new().await;
    let mut family = house.family().await;
    let mut longest = std::time::Duration::ZERO;
    let wrong = STUDENT.map(|(name, value)| match name {
        "birth_day" => (name, "4"),
        _ => (name, value),
    });
    for tried in 0..62 {
        family.posts("/attributes", &wrong).await;
        let check = family.gets("/attributes/check").await;
        let fields = [
            ("whose", check.hidden("whose")),
            ("shown", check.hidden("shown")),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let began = std::time::Instant::now();
        family.posts("/attributes/check", &fields).await;
        let took = began.elapsed();
        assert!(tried >= 60 || took.as_millis() < 1_500, "{tried}: {took:?}");
        longest = longest.max(took);
    }
    assert!(longest.as_millis() >= 1_900, "{longest:?}");
}

#[tokio::test]
async fn the_right_code_sent_twice_leads_to_the_same_page() {
    let house = House::new().await;
    let (new, known) = ("twice@example.org", "family@sample.example");
    for (email, start, code_page, next) in [
        (new, "/sign-up", "/sign-up/code", "/sign-up/password"),
        (
            known,
            "/password/forgotten",
            "/password/code",
            "/password/new",
        ),
    ] {
        let mut family = house.portal();
        // The newest mail is the one of the latest moment.
        house.clock.advance(SignedDuration::from_mins(2));
        family.posts(start, &[("email", email)]).await;
        let code = newest_code(&house).await;
        // What the browser has whose first answer is lost on the way.
        let (mut before, mut guesser) = (family.clone(), family.clone());
        let first = family.posts(code_page, &[("code", &code)]).await;
        assert_eq!(first.to, next);
        let second = before.posts(code_page, &[("code", &code)]).await;
        assert_eq!(second.to, next, "{}", second.html);
        // Both browsers stand at the same step.
        for one in [&mut family, &mut before] {
            let page = one.gets(next).await;
            assert_eq!(page.to, "");
            page.says("name=\"password\"");
        }
        let wrong = if code == "111111" { "222222" } else { "111111" };
        let guessed = guesser.posts(code_page, &[("code", wrong)]).await;
        assert_eq!(guessed.to, format!("{start}?done=begun-again"));
    }
}

#[tokio::test]
async fn a_password_that_is_sent_again_after_a_lost_answer_is_not_said_to_be_lost() {
    let house = House::new().await;
    let mut family = house.portal();
    family
        .posts("/sign-up", &[("email", "new@example.org")])
        .await;
    let code = newest_code(&house).await;
    family.posts("/sign-up/code", &[("code", &code)]).await;
    // What the browser has whose answer, with the cookie of the session, is lost on the way.
    let mut before = family.clone();
    let password = [("password", PASSWORD)];
    let saved = family.posts("/sign-up/password", &password).await;
    assert_eq!(saved.to, "/attributes", "{}", saved.html);
    let again = before.posts("/sign-up/password", &password).await;
    assert_eq!(again.to, "/sign-up?done=password");
    let page = before.gets(&again.to).await;
    page.says("your account is there: sign in with your address and that password");
    page.says("<a href=\"/sign-in\">");
    page.says_not("The code that you have does not work here");
    let fields = [("email", "new@example.org"), ("password", PASSWORD)];
    let signed_in = before.posts("/sign-in", &fields).await;
    assert_ne!(signed_in.to, "", "led on: {}", signed_in.html);
}

#[tokio::test]
async fn whoever_comes_back_from_the_mail_to_the_home_page_is_told_where_the_code_goes() {
    let house = House::new().await;
    let mut family = house.portal();
    let (code_waits, next) = (
        "Enter it to go on signing up.",
        "The next step is your password.",
    );
    family.gets("/").await.says_not(code_waits);
    let address = [("email", "new@example.org")];
    family.posts("/sign-up", &address).await;
    let home = family.gets("/").await;
    home.says(code_waits);
    home.says("<a class=\"button\" href=\"/sign-up\">Enter the verification code</a>");
    assert_eq!(family.gets("/sign-up").await.to, "/sign-up/code");
    house.portal().gets("/").await.says_not(code_waits);
    let code = newest_code(&house).await;
    family.posts("/sign-up/code", &[("code", &code)]).await;
    let home = family.gets("/").await;
    home.says_not(code_waits);
    home.says(next);
    home.says("<a class=\"button\" href=\"/sign-up\">Set a password</a>");
    let saved = family
        .posts("/sign-up/password", &[("password", PASSWORD)])
        .await;
    assert_eq!(saved.to, "/attributes", "{}", saved.html);
    family.posts("/sign-out", &[]).await;
    family.gets("/").await.says_not(next);
    // A code for a forgotten password is none for signing up.
    types_a_code(&house, &mut family, "new@example.org").await;
    family.gets("/").await.says_not(next);
}

#[tokio::test]
async fn what_another_phone_chose_turns_no_page_of_this_one() {
    let house = House::new().await;
    let mut one = house.family().await;
    one.gets("/?lang=ja").await.says("<html lang=\"ja\"");
    // A phone that wishes English, and on which nobody has pressed anything: the page before signing in, and those after it.
    let mut other = house.portal();
    other.gets("/sign-in").await.says("<html lang=\"en\"");
    let mut other = house.family().await;
    other.gets("/").await.says("<html lang=\"en\"");
    one.gets("/?lang=ja").await.says("<html lang=\"ja\"");
    other.gets("/account").await.says("<html lang=\"en\"");
    one.gets("/account").await.says("<html lang=\"ja\"");
}
