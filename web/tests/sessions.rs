//! A session ends while somebody types, or somebody else signs in in the same browser: no word is lost, and nobody sends
//! what another has typed.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use app::staff::NewStaff;
use browser::{Browser, House, Page, filled, form_of, sends};
use domain::staff_role::StaffRole;
use jiff::SignedDuration;

const NURSE: &str = "nurse@sample.example";
const COLLEAGUE: &str = "colleague@s.example";
const NOTE: &str = "SpO2 85 by phone";

/// A note on a case as the page sends it: where to, and whose it is.
async fn note(nurse: &mut Browser, house: &House) -> (String, String) {
    let case = house.case_of("4826153").await;
    let page = nurse.gets(&format!("/cases/{case}")).await;
    (format!("/cases/{case}/contacts"), page.hidden("whose"))
}

fn typed(whose: &str) -> [(&str, &str); 3] {
    [("whose", whose), ("outcome", "note"), ("note", NOTE)]
}

async fn signs_in(browser: &mut Browser, email: &str, kept: &str) -> Page {
    let form = [
        ("email", email),
        ("password", browser::PASSWORD),
        ("kept", kept),
    ];
    browser.posts("/sign-in", &form).await
}

/// A colleague at the same health center.
async fn hires_a_colleague(house: &House) {
    let centers = house.app().front_desk(None).health_centers().await;
    let place = NewStaff::place_of(centers.unwrap()[0].id);
    house.hires(COLLEAGUE, StaffRole::Nurse, place).await;
}

async fn sends_it_again(nurse: &mut Browser, page: &Page, path: &str) {
    page.says("Nothing was saved yet");
    assert_eq!(page.form_that_begins_with("/cases/"), path);
    let (whose, text) = (page.hidden("whose"), page.hidden("note"));
    assert_eq!(text, NOTE);
    assert_eq!(nurse.posts(path, &typed(&whose)).await.status, 303);
}

/// How often the note stands in the course of the case.
async fn stands(house: &House, path: &str) -> usize {
    let mut nurse = house.nurse().await;
    let page = nurse.gets(path.trim_end_matches("/contacts")).await;
    page.html.matches(NOTE).count()
}

#[tokio::test]
async fn a_note_that_comes_after_the_end_of_the_session_is_sent_after_signing_in() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let (path, whose) = note(&mut nurse, &house).await;
    house.clock.advance(SignedDuration::from_hours(13));
    let page = nurse.posts(&path, &typed(&whose)).await;
    page.says("nothing was saved yet. What you typed is kept");
    page.says_not(NOTE);
    // A slip, and the other language: it is still kept.
    let kept = page.hidden("kept");
    let slip = [("email", NURSE), ("password", "no"), ("kept", &kept)];
    let page = nurse.posts("/sign-in", &slip).await;
    page.says("is not right");
    page.says("What you typed is kept");
    let kept = page.hidden("kept");
    let switch = [("kept", kept.as_str()), ("switch_language", "ja")];
    let page = nurse.posts("/sign-in", &switch).await;
    page.says("入力した内容は残っています");
    let switch = [("kept", kept.as_str()), ("switch_language", "en")];
    let kept = nurse.posts("/sign-in", &switch).await.hidden("kept");
    assert_eq!(stands(&house, &path).await, 0);
    let page = signs_in(&mut nurse, NURSE, &kept).await;
    sends_it_again(&mut nurse, &page, &path).await;
    assert_eq!(stands(&house, &path).await, 1);
}

#[tokio::test]
async fn a_sign_out_in_another_tab_loses_no_word_and_another_person_does_not_send_it() {
    let house = House::new().await;
    hires_a_colleague(&house).await;
    let mut nurse = house.nurse().await;
    let (path, whose) = note(&mut nurse, &house).await;
    nurse.posts("/sign-out", &[]).await;
    let kept = nurse.posts(&path, &typed(&whose)).await.hidden("kept");
    let page = signs_in(&mut nurse, COLLEAGUE, &kept).await;
    page.says("this was typed by somebody else");
    page.says_not(NOTE);
    page.says_not("action=\"/cases/");
    let kept = page.hidden("kept");
    let page = signs_in(&mut nurse, NURSE, &kept).await;
    sends_it_again(&mut nurse, &page, &path).await;
    assert_eq!(stands(&house, &path).await, 1);

    // The next day it is not sent any more.
    nurse.posts("/sign-out", &[]).await;
    let kept = nurse.posts(&path, &typed(&whose)).await.hidden("kept");
    house.clock.advance(SignedDuration::from_hours(13));
    assert_eq!(signs_in(&mut nurse, NURSE, &kept).await.to, "/");
}

#[tokio::test]
async fn a_report_that_waited_for_a_session_tells_of_the_moment_at_which_it_was_typed() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let mut nurse = house.nurse().await;
    let path = format!("/cases/{case}/reports/new");
    let form = nurse.gets(&path).await;
    let over = [("channel", "phone"), ("measured_at", "")];
    let fields = filled(&form, &over);
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    nurse.posts("/sign-out", &[]).await;
    let kept = nurse.posts(&path, &fields).await.hidden("kept");
    house.clock.advance(SignedDuration::from_hours(2));
    let page = signs_in(&mut nurse, NURSE, &kept).await;
    // What is sent with one press can be read before: the numbers, and of when they are.
    page.says("Body temperature: <bdi>36.5");
    page.says("<bdi>2026-11-23 09:00</bdi>");
    assert_eq!(page.hidden("measured_at"), "2026-11-23T09:00");

    let mut family = house.family().await;
    let form = form_of(&mut family, &case).await;
    let fields = filled(&form, &[("measured_at", "")]);
    family.posts("/sign-out", &[]).await;
    let kept = sends(&mut family, &case, &fields).await.hidden("kept");
    house.clock.advance(SignedDuration::from_hours(1));
    let form = [
        ("email", "family@sample.example"),
        ("password", browser::PASSWORD),
        ("kept", &kept),
    ];
    family
        .posts("/sign-in", &form)
        .await
        .says("value=\"2026-11-23T11:00\"");
}

#[tokio::test]
async fn a_form_of_somebody_else_is_held_back() {
    let house = House::new().await;
    hires_a_colleague(&house).await;
    let mut browser = house.nurse().await;
    let (path, whose) = note(&mut browser, &house).await;
    // A colleague in the second tab, who may do the same and has not done it.
    assert_eq!(signs_in(&mut browser, COLLEAGUE, "").await.to, "/");
    let page = browser.posts(&path, &typed(&whose)).await;
    page.says("You are signed in as nurse now; this was typed by somebody else");
    page.says_not(NOTE);
    let slip = [
        ("email", NURSE),
        ("password", "no"),
        ("kept", &page.hidden("kept")),
    ];
    let page = browser.posts("/sign-in", &slip).await;
    page.says("this was typed by somebody else");
    assert_eq!(stands(&house, &path).await, 0);
    let other = browser.gets("/cases").await.hidden("whose");
    assert_ne!(other, whose);
    // The colleague's own form goes through, and the held one only after its writer has signed in.
    assert_eq!(browser.posts(&path, &typed(&other)).await.status, 303);
    let page = signs_in(&mut browser, NURSE, &page.hidden("kept")).await;
    sends_it_again(&mut browser, &page, &path).await;
    assert_eq!(stands(&house, &path).await, 2);
}

#[tokio::test]
async fn a_form_that_waited_behind_the_lock_waits_behind_the_sign_in_too() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let (path, whose) = note(&mut nurse, &house).await;
    house.clock.advance(SignedDuration::from_mins(16));
    let locked = nurse.posts(&path, &typed(&whose)).await;
    let kept = locked.hidden("kept");
    // The lock in the other language keeps it.
    let switch = [("kept", kept.as_str()), ("switch_language", "ja")];
    let page = nurse.posts("/unlock", &switch).await;
    page.says("ロックを解除すると送信できます");
    // Meanwhile the session ends: the password comes too late for the lock.
    house.clock.advance(SignedDuration::from_mins(11 * 60 + 50));
    let late = [("kept", kept.as_str()), ("password", browser::PASSWORD)];
    let page = nurse.posts("/unlock", &late).await;
    page.says("残っています");
    let page = signs_in(&mut nurse, NURSE, &page.hidden("kept")).await;
    assert_eq!(page.form_that_begins_with("/cases/"), path);
    // In another tab she has signed in already: no password is asked for twice.
    let page = nurse.posts("/unlock", &late).await;
    assert_eq!(page.form_that_begins_with("/cases/"), path);
}

#[tokio::test]
async fn passwords_and_files_are_not_kept_and_that_is_said() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let whose = nurse.gets("/account").await.hidden("whose");
    let secret = [
        ("whose", whose.as_str()),
        ("old", browser::PASSWORD),
        ("new", "Another-Meadow-43"),
    ];
    house.clock.advance(SignedDuration::from_mins(16));
    let page = nurse.posts("/account/password", &secret).await;
    page.says("cannot be kept");
    page.says_not("name=\"kept\"");
    let page = nurse.uploads("/import").await;
    page.says("cannot be kept");
    assert_eq!(page.hidden("back"), "/import");
    let unlocked = [("back", "/import"), ("password", browser::PASSWORD)];
    assert_eq!(nurse.posts("/unlock", &unlocked).await.to, "/import");
    nurse.posts("/sign-out", &[]).await;
    let page = nurse.posts("/account/password", &secret).await;
    let page = nurse.gets(&page.to).await;
    page.says("so nothing was saved");
    page.says_not("name=\"kept\"");
    // Whoever presses "sign out" twice is told nothing of lost words.
    let page = nurse.posts("/sign-out", &[]).await;
    assert_eq!(page.to, "/sign-in?done=signed-out");
}

#[tokio::test]
async fn whoever_signs_out_on_a_page_that_has_locked_is_out() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    nurse.gets("/").await;
    let session = nurse.clone();
    house.clock.advance(SignedDuration::from_mins(16));
    // Every page has this button, and the next one at the computer is somebody else.
    let page = nurse.posts("/sign-out", &[]).await;
    assert_eq!(page.to, "/sign-in?done=signed-out");
    assert_eq!(nurse.asks_for("/").await.to, "/sign-in");
    // Nor is it a matter of the cookie: the session itself is over.
    assert_eq!(session.clone().asks_for("/").await.to, "/sign-in");
}

#[tokio::test]
async fn a_list_that_somebody_else_has_chosen_is_not_read() {
    let house = House::new().await;
    hires_a_colleague(&house).await;
    let mut browser = house.nurse().await;
    let whose = browser.gets("/import").await.hidden("whose");
    // Her own list is read, and told to be no list.
    browser.uploads_as(&whose, "/import").await.says("problem");
    // A colleague signs in in the second tab; the file that was chosen before is not theirs to import.
    assert_eq!(signs_in(&mut browser, COLLEAGUE, "").await.to, "/");
    let page = browser.uploads_as(&whose, "/import").await;
    page.says("this was typed by somebody else. Nothing was saved, and it cannot be kept");
    page.says_not("name=\"file\"");
    let own = browser.gets("/import").await.hidden("whose");
    assert_ne!(own, whose);
    browser
        .uploads_as(&own, "/import")
        .await
        .says_not("typed by somebody else");
}

#[tokio::test]
async fn another_language_keeps_the_address_that_was_typed() {
    let house = House::new().await;
    let mut visitor = house.portal();
    for path in ["/sign-up", "/password/forgotten"] {
        let page = visitor.gets(path).await;
        page.says("form=\"ask-email\" name=\"switch_language\" value=\"ja\"");
        let typed = [("email", "hanako@exa"), ("switch_language", "ja")];
        let page = visitor.posts(path, &typed).await;
        page.says("<html lang=\"ja\">");
        page.says("value=\"hanako@exa\"");
        page.says_not("class=\"problems\"");
        let typed = [("email", "hanako@exa"), ("switch_language", "en")];
        let page = visitor.posts(path, &typed).await;
        page.says("<html lang=\"en\">");
    }
}

/// The code of the newest mail to an address.
async fn mailed_code(house: &House, address: &str) -> String {
    while house.app().system_desk().send_due().await.unwrap() > 0 {}
    let landed = house.app().outbox().landed().await.unwrap();
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit());
    let to_them = landed.iter().filter(|mail| mail.content.contains(address));
    let mut codes = to_them.filter_map(|mail| mail.content.lines().find(is_code));
    codes.next().unwrap().to_owned()
}

/// Reads the page of a code in both languages with half of the code typed, often, and then gives the right one.
async fn reads_on(house: &House, browser: &mut Browser, path: &str, address: &str) -> String {
    let page = browser.gets(path).await;
    page.says("form=\"take-code\" name=\"switch_language\" value=\"ja\"");
    let (code, sent_to) = (mailed_code(house, address).await, page.hidden("sent_to"));
    let half = code.get(..3).unwrap();
    for language in ["ja", "en", "ja", "en", "ja", "en", "ja"] {
        let typed = [
            ("sent_to", sent_to.as_str()),
            ("code", half),
            ("switch_language", language),
        ];
        let led = browser.asks(path, &typed).await.to;
        // The address names the page, and nothing that was typed.
        let again = led.strip_prefix(&format!("{path}?again="));
        assert!(again.is_some_and(|id| id.len() == 36), "{led}");
        let page = browser.gets(&led).await;
        page.says(&format!("<html lang=\"{language}\">"));
        page.says(&format!("value=\"{half}\""));
        page.says_not("class=\"problems\"");
        assert_eq!(page.hidden("sent_to"), sent_to);
    }
    // No try was used up, and no other code is needed; whoever only comes back reads on in that language, too.
    browser.gets(path).await.says("<html lang=\"ja\">");
    assert_eq!(mailed_code(house, address).await, code);
    let right = [("sent_to", sent_to.as_str()), ("code", &code)];
    let done = browser.posts(path, &right).await;
    assert_eq!(done.status, 303, "{}", done.html);
    done.to
}

#[tokio::test]
async fn another_language_keeps_the_code_that_was_typed_and_the_one_that_was_sent() {
    let house = House::new().await;
    let mut visitor = house.portal();
    let email = [("email", "new@example.org")];
    visitor.gets("/sign-up").await;
    let asked = visitor.posts("/sign-up", &email).await;
    assert_eq!(asked.to, "/sign-up/code");
    let done = reads_on(&house, &mut visitor, "/sign-up/code", "new@example.org").await;
    assert_eq!(done, "/sign-up/password");
    visitor.gets(&done).await.says("<html lang=\"ja\">");

    let mut family = house.family().await;
    let new = [
        ("email", "other@example.org"),
        ("password", browser::PASSWORD),
    ];
    let asked = family.posts("/account/email", &new).await;
    assert_eq!(asked.to, "/account/email/code");
    let done = reads_on(&house, &mut family, &asked.to, "other@example.org").await;
    assert_eq!(done, "/account?done=email");
    // The account goes on in it, in whatever browser asks for no language that is spoken here.
    let mut elsewhere = house.portal();
    elsewhere.wish = "pt-BR, pt;q=0.9";
    let form = [
        ("email", "other@example.org"),
        ("password", browser::PASSWORD),
    ];
    assert_eq!(elsewhere.posts("/sign-in", &form).await.to, "/");
    elsewhere.gets("/").await.says("<html lang=\"ja\">");
}

#[tokio::test]
async fn another_language_keeps_what_opens_a_history_and_tries_nothing() {
    let house = House::new().await;
    let mut strange = house.portal();
    let email = "family@sample.example";
    strange.gets("/password/forgotten").await;
    let asked = strange
        .posts("/password/forgotten", &[("email", email)])
        .await;
    assert_eq!(asked.to, "/password/code");
    let done = reads_on(&house, &mut strange, "/password/code", email).await;
    assert_eq!(done, "/password/new");
    let new = [("password", "Heron-Lantern-17")];
    assert_eq!(strange.posts(&done, &new).await.to, "/?done=password");

    let open = format!("/history/{}/open", house.case_of("4826153").await);
    let page = strange.gets(&open).await;
    page.says("form=\"open-history\" name=\"switch_language\" value=\"en\"");
    let whose = page.hidden("whose");
    for language in ["en", "ja"].repeat(8) {
        let typed = [
            ("whose", whose.as_str()),
            ("hersys_id", "48261"),
            ("birth_year", "1988"),
            ("switch_language", language),
        ];
        let page = strange.posts(&open, &typed).await;
        page.says(&format!("<html lang=\"{language}\">"));
        page.says("value=\"48261\"");
        page.says("value=\"1988\"");
        page.says_not("class=\"problems\"");
    }
}

#[tokio::test]
async fn whoever_is_shut_out_hears_no_more_of_what_happens() {
    let house = House::that_goes_on().await;
    hires_a_colleague(&house).await;
    let mut colleague = house.staff(COLLEAGUE).await;
    let mut nurse = house.nurse().await;
    let (path, whose) = note(&mut nurse, &house).await;
    let reached = |note| {
        [
            ("whose", whose.as_str()),
            ("outcome", "reached"),
            ("note", note),
        ]
    };
    let listens = colleague.gets("/worklist/events");
    let goes_on = async {
        let moment = std::time::Duration::from_secs(4);
        tokio::time::sleep(moment).await;
        // Something happens while she may hear it.
        assert_eq!(nurse.posts(&path, &reached("A")).await.status, 303);
        tokio::time::sleep(moment).await;
        let email = domain::email_address::EmailAddress::parse(COLLEAGUE).unwrap();
        let desk = house.app().system_desk();
        desk.reset_staff(&email, "Another-Passw0rd-2", false)
            .await
            .unwrap();
        assert_eq!(nurse.posts(&path, &reached("B")).await.status, 303);
    };
    let both = async { tokio::join!(listens, goes_on).0 };
    let heard = tokio::time::timeout(std::time::Duration::from_secs(30), both).await;
    let heard = heard.expect("it ends").html;
    assert_eq!(heard.matches("event: changed").count(), 1, "{heard}");
}
