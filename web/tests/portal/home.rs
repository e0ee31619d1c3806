//! The home page of an account, and what is chosen there.

use super::{AMBULANCE, adds_the_student, filled, form_of, sends, signs_in};
use crate::browser::{House, merges};

#[tokio::test]
async fn a_page_of_the_home_does_not_end_when_two_records_become_one() {
    let house = House::new().await;
    let (old, kept) = (
        house.case_of("4826153").await,
        house.case_of("8273059").await,
    );
    let mut family = house.family().await;
    adds_the_student(&house, &mut family).await;
    let form = form_of(&mut family, &old).await;
    merges(&mut house.nurse().await, &kept, &old).await;
    // What is wrong with a form that was open is told, and what was typed stays.
    let typed = [
        ("spo2", "49"),
        ("note", "Lips are blue"),
        ("member", old.as_str()),
    ];
    let asked = sends(&mut family, &old, &filled(&form, &typed)).await;
    assert_eq!(asked.status, 200, "{}", asked.html);
    asked.says(AMBULANCE);
    asked.says("Lips are blue</textarea>");
    asked.says(&format!("action=\"/reports/new?member={kept}\""));
    // Another language; and the list, where the other one is nobody else any more.
    let switch = filled(
        &form,
        &[&typed[..], &[("switch_language", "ja")][..]].concat(),
    );
    let other = sends(&mut family, &old, &switch).await;
    other.says("Lips are blue</textarea>");
    let listed = filled(&form, &[("member", &kept)]);
    let sent = sends(&mut family, &old, &listed).await;
    assert!(
        sent.to.starts_with(&format!("/reports/{old}/")),
        "{}",
        sent.to
    );
    assert_eq!(family.gets(&sent.to).await.status, 200);
    // Links from before.
    for path in ["/history?member=", "/reports/new?member="] {
        let led = family.asks_for(&format!("{path}{old}")).await;
        assert_eq!(led.to, format!("{path}{kept}"));
        family.gets(&led.to).await.says("Sample Student");
    }
    // A report that came when the session had ended.
    let kept_form = {
        family.posts("/sign-out", &[]).await;
        let report = filled(&form, &[("spo2", "85"), ("note", "Lips are blue")]);
        sends(&mut family, &old, &report).await
    };
    let sealed = kept_form.hidden("kept");
    let form = signs_in(&mut family, &kept_form, &[("kept", sealed.as_str())]).await;
    form.says("Lips are blue</textarea>");
}

#[tokio::test]
async fn a_page_of_another_account_turns_no_reminders_off() {
    let house = House::new().await;
    let mut family = house.family().await;
    let page = family.gets("/account").await;
    page.says("Reminders are on");
    let mut form = [("whose", "of another"), ("reminders", "off")];
    let answer = family.posts("/account/reminders", &form).await;
    assert_eq!(answer.to, "/account");
    family.gets("/account").await.says("Reminders are on");
    let whose = page.hidden("whose");
    form[0].1 = &whose;
    family.posts("/account/reminders", &form).await;
    family.gets("/account").await.says("Reminders are off");
}
