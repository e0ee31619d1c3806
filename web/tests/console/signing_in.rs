//! Who comes to the console at all: passwords, sessions that lock, pages of other sites.

use crate::browser::{House, PASSWORD, reports};
use app::staff::NewStaff;
use domain::staff_role::StaffRole;
use jiff::SignedDuration;

#[tokio::test]
async fn a_stranger_is_shown_the_way_to_sign_in() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let mut stranger = house.console();
    for path in [
        "/",
        "/cases/new",
        "/tasks",
        "/center",
        "/search",
        &format!("/cases/{case}"),
    ] {
        assert_eq!(stranger.gets(path).await.to, "/sign-in", "{path}");
        assert_eq!(
            stranger
                .posts(path, &[])
                .await
                .to
                .trim_end_matches("?ended=1"),
            "/sign-in",
            "{path}"
        );
    }
    assert_eq!(stranger.gets("/healthz").await.status, 200);
    assert_eq!(stranger.gets("/nothing").await.status, 404);
}

#[tokio::test]
async fn guessing_a_password_ends_after_five_tries_and_for_a_quarter_of_an_hour() {
    let house = House::new().await;
    let mut nurse = house.console();
    let tries =
        |password: &'static str| [("email", "nurse@sample.example"), ("password", password)];
    for _ in 0..5 {
        let page = nurse.posts("/sign-in", &tries("Wrong-Meadow-42")).await;
        page.says("The e-mail address or the password is not right");
        page.says("nurse@sample.example");
    }
    nurse
        .posts("/sign-in", &tries(PASSWORD))
        .await
        .says("There were too many tries");
    house.clock.advance(SignedDuration::from_mins(16));
    assert_eq!(nurse.posts("/sign-in", &tries(PASSWORD)).await.to, "/");
    nurse.gets("/cases").await.says("Sample Head Nurse");
    let out = nurse.posts("/sign-out", &[]).await;
    assert_eq!(out.to, "/sign-in?done=signed-out");
    assert_eq!(nurse.gets("/cases").await.to, "/sign-in");
}

#[tokio::test]
async fn what_is_typed_while_the_session_locks_is_sent_after_unlocking() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    house.clock.advance(SignedDuration::from_mins(16));
    let path = format!("/cases/{case}/contacts");
    let form = [("outcome", "note"), ("note", "She <b>moved</b> & phoned")];
    // Whichever button it was.
    let pressed = [&form[..], &[("switch_language", "ja")]].concat();
    let locked = nurse.posts(&path, &pressed).await;
    locked.says("What you have just typed is kept");
    locked.says_not("phoned");
    assert!(nurse.gets("/cases").await.to.starts_with("/unlock?back="));
    let kept = locked.hidden("kept");
    let wrong = [("kept", kept.as_str()), ("back", "/"), ("password", "no")];
    let again = nurse.posts("/unlock", &wrong).await;
    again.says("not right");
    let kept = again.hidden("kept");
    let right = [
        ("kept", kept.as_str()),
        ("back", "/"),
        ("password", PASSWORD),
    ];
    let resend = nurse.posts("/unlock", &right).await;
    assert_eq!(resend.form_that_begins_with("/cases/"), path);
    assert_eq!(resend.hidden("outcome"), "note");
    resend.says_not("type=\"hidden\" name=\"switch_language\"");
    assert_eq!(nurse.posts(&path, &form).await.status, 303);
    nurse.gets(&format!("/cases/{case}")).await.says("moved");
}

#[tokio::test]
async fn a_page_of_another_site_sends_nothing() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    for (site, origin) in [
        ("cross-site", "https://evil.example"),
        // The portal stands on the same host under another port.
        ("same-site", "http://127.0.0.1:8080"),
    ] {
        let answer = nurse
            .posts_from(site, origin, "/center", &[("phone", "03-6666-6666")])
            .await;
        assert_eq!(answer.status, 403, "{site}");
        // Refused before anybody looked at who visits; the page is the console's all the same.
        answer.says("<title>HER-SYS</title>");
    }
    nurse.gets("/center").await.says_not("03-6666-6666");
}

#[tokio::test]
async fn a_locked_page_tells_how_many_alerts_wait_and_names_nobody() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let mut other = house.nurse().await;
    nurse
        .gets("/")
        .await
        .says("This page does not bring itself up to date");
    house.clock.advance(SignedDuration::from_mins(16));
    let lock = nurse.gets("/unlock").await;
    lock.says("No alert waits");
    let hanako = house.case_of("4826153").await;
    let fresh = [("password", PASSWORD)];
    other.posts("/unlock", &fresh).await;
    let mut writes = house.nurse().await;
    reports(&mut writes, &hanako).await;
    let lock = nurse.gets("/unlock").await;
    lock.says("1 alert waits for somebody to take it");
    lock.says("<title>(1) ");
    lock.says("data-fresh");
    lock.says("Load it again");
    for secret in ["Hanako", "花子", "4826153", "SpO2"] {
        lock.says_not(secret);
    }
}

#[tokio::test]
async fn a_lock_out_is_told_and_ended_on_the_page_of_staff() {
    let house = House::new().await;
    let desk = house.desk("nurse@sample.example").await;
    let center = NewStaff::place_of(desk.health_center().await.unwrap().id);
    let mut admin = house
        .hires("boss@s.example", StaffRole::Administrator, center)
        .await;
    let colleague = house
        .hires("hana@s.example", StaffRole::Nurse, center)
        .await;
    drop(colleague);
    let id = house.desk("hana@s.example").await.id();
    admin.gets("/staff").await.says_not("Locked out until");
    let address = format!("/staff/{id}/let-in");
    assert_eq!(admin.gets(&address).await.to, "/staff", "nothing to end");
    let mut stranger = house.console();
    for _ in 0..5 {
        let typed = [("email", "hana@s.example"), ("password", "wrong")];
        stranger.posts("/sign-in", &typed).await;
    }
    let page = admin.gets("/staff").await;
    page.says("Locked out until");
    page.says(&address);
    admin.gets(&address).await.says("Ask the person by phone");
    let done = admin.posts(&address, &[]).await;
    assert_eq!(done.to, format!("/staff?done=let-in&of={id}"));
    admin.gets(&done.to).await.says("The lock-out is over");
    admin.gets("/staff").await.says_not("Locked out until");
    let log = admin.gets(&format!("/staff/{id}/audit")).await;
    log.says("was locked out after too many failures");
    log.says("ended a lock-out");
}
