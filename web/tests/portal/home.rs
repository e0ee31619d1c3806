//! The home page of an account, and what is chosen there.

use super::{AMBULANCE, adds_the_student, filled, form_of, sends, signs_in};
use crate::browser::{Browser, House, merges};
use app::health_center::Contact;
use app::monitoring::{Decide, TypedDecision};
use app::release::TypedRelease;
use app::reporting_request::TypedRequest;
use domain::ids::{CaseId, RequestId};
use jiff::SignedDuration;

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

#[tokio::test]
async fn whoever_has_no_sheet_finds_the_number_of_the_center() {
    let house = House::new().await;
    let add = async |name: String| {
        let contact = Contact {
            phone: "03-9999-0000".to_owned(),
            ..Contact::default()
        };
        let desk = house.app().system_desk();
        desk.add_center(&name, contact).await.unwrap();
    };
    let mut visitor = house.portal();
    let many = async |visitor: &mut Browser| {
        let page = visitor.gets("/help").await;
        (page.html.matches("<details>").count(), page)
    };
    add("よその見本保健所".to_owned()).await;
    add("となりの見本保健所".to_owned()).await;
    let (folded, page) = many(&mut visitor).await;
    assert_eq!(folded, 1, "all in one part: {}", page.html);
    page.says("Phone numbers of the public health centers");
    page.says("tel:0399990000");
    // Whoever is known reads how their own center is reached, and nothing of others.
    let own = house.family().await.gets("/help").await;
    own.says_not("tel:0399990000");
    let own = house.family().await.gets("/privacy").await;
    own.says("has set no day on which your record is erased");
    // Of hundreds they stand by prefecture, on one page alone.
    for number in 0..40 {
        add(format!("見本{number}保健所")).await;
    }
    let (_, page) = many(&mut visitor).await;
    page.says("tel:0399990000");
    let page = visitor.gets("/privacy").await;
    page.says("Your public health center decides for how long your record is kept");
    page.says("href=\"/help#centers\"");
    page.says_not("tel:0399990000");
}

#[tokio::test]
async fn whoever_signs_up_with_a_known_address_is_told_who_is_registered() {
    let house = House::new().await;
    let mut family = house.family().await;
    let page = family.gets("/attributes").await;
    page.says("Registered with this address: ");
    page.says("To report how somebody is, go to the home page.");
    page.says("<a href=\"/\">");
    let wrong = [("name", ""), ("hersys_id", "8273059")];
    let page = family.posts("/attributes", &wrong).await;
    page.says("Registered with this address: ");
}

#[tokio::test]
async fn whoever_has_lost_the_cookies_of_signing_up_is_told_that_the_code_is_of_no_use() {
    let house = House::new().await;
    let told = "The code that you have does not work here";
    for (start, code) in [
        ("/sign-up", "/sign-up/code"),
        ("/password/forgotten", "/password/code"),
    ] {
        let mut person = house.portal();
        person.gets(start).await.says_not(told);
        person
            .posts(start, &[("email", "family@sample.example")])
            .await;
        person.forgets_cookies();
        let led = person.posts(code, &[("code", "123456")]).await;
        person.gets(&led.to).await.says(told);
        let again = person
            .posts(start, &[("email", "family@sample.example")])
            .await;
        again.says("It does not work on this page.");
        house.clock.advance(SignedDuration::from_mins(2));
    }
    let mut person = house.portal();
    let led = person
        .posts("/sign-up/password", &[("password", "x")])
        .await;
    let page = person.gets(&led.to).await;
    page.says("Otherwise enter the address again");
}

#[tokio::test]
async fn an_illness_that_is_over_is_called_so_and_stands_last() {
    let house = House::new().await;
    let mut family = house.family().await;
    let student = adds_the_student(&house, &mut family).await;
    let over = house.case_of("4826153").await;
    let nurse = house.desk("nurse@sample.example").await;
    let case = over.parse().unwrap();
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let typed = TypedRelease {
        reason: "Well again".to_owned(),
        despite_alert: true,
        version: following.monitoring.version,
        ..TypedRelease::default()
    };
    nurse.release(case, &typed).await.unwrap();
    for path in ["/reports/new", &format!("/history?member={student}")] {
        let page = family.gets(path).await;
        let (list, _) = page.html.split_once("</select>").unwrap();
        let (_, last) = list.rsplit_once("<option ").unwrap();
        assert!(last.contains(&over), "{path}: {last}");
        assert!(last.contains("(follow-up is over)"), "{path}: {last}");
        assert_eq!(list.matches("(follow-up is over)").count(), 1, "{path}");
    }
    // The heading is a name and nothing else.
    let page = family.gets(&format!("/reports/new?member={over}")).await;
    let (_, heading) = page.html.split_once("<h1>").unwrap();
    let (heading, _) = heading.split_once("</h1>").unwrap();
    assert!(!heading.contains("over"), "{heading}");
}

#[tokio::test]
async fn a_request_that_was_read_says_nothing_else_than_the_card() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let record: CaseId = case.parse().unwrap();
    let nurse = house.desk("nurse@sample.example").await;
    let begun = nurse.request_to_begin_with(record).await.unwrap().unwrap();
    let typed = TypedRequest {
        report: false,
        ..begun.2
    };
    let key = RequestId::from_uuid(nurse.new_form_key());
    nurse
        .issue_request(record, key, &typed, false)
        .await
        .unwrap();
    let mut family = house.family().await;
    let address = format!("/requests/{case}/{key}");
    let page = family.gets(&address).await;
    page.says("<title>Request to stay at home");
    page.says("<h1>外出自粛のお願い</h1>");
    family.posts(&address, &[]).await;
    // Staying at home is asked for, and no report.
    let home = family.gets("/").await;
    home.says("A written request to ");
    home.says_not("is asked to report");
    home.says(&format!("href=\"{address}\""));
    let following = nurse.following_of(record).await.unwrap().unwrap();
    let alert = following.alert.as_ref();
    let hospital = TypedDecision {
        status: "hospital".to_owned(),
        reason: "Told by the hospital".to_owned(),
        open_alert: "leave".to_owned(),
        alert_seen: alert.map(|alert| alert.state()).unwrap_or_default(),
        version: following.monitoring.version,
        ..TypedDecision::default()
    };
    let decided = nurse.decide(record, &hospital).await.unwrap();
    assert_eq!(decided, Decide::Decided);
    let home = family.gets("/").await;
    home.says("is in hospital: you need not report");
    home.says_not("A written request to ");
    home.says(&format!("href=\"{address}\""));
}
