//! Who notifies, and what a notification is held against.

use crate::browser::{Browser, House, reports};
use app::case_registration::TypedCase;
use app::correction::CorrectPerson;
use app::notification::{Notify, Settle, TypedAnswers};
use app::staff::NewStaff;
use domain::ids::NotificationId;
use domain::staff_role::StaffRole;

/// Notifies of somebody from the form at an address, of a woman who needs nothing but for what is told otherwise: the fields that
/// are, by name. Tells the address of the notification.
pub async fn notifies(browser: &mut Browser, form: &str, otherwise: &[(&str, &str)]) -> String {
    let page = browser.gets(form).await;
    let key = page.hidden("key");
    let of = form.split_once("?of=").map(|(_, of)| ("of", of));
    let mut typed = vec![
        ("key", key.as_str()),
        ("looked", "1"),
        ("n_name", "見本 秋"),
        ("n_sex", "female"),
        ("n_birthdate", "1950-01-02"),
        ("n_phone", "03-1111-2222"),
        ("n_postal_code", "105-0011"),
        ("n_address", "東京都港区芝公園1-1"),
        ("n_stays_elsewhere", "no"),
        ("n_kind", "confirmed"),
        ("n_diagnosed_on", "2026-11-22"),
        ("n_needs_admission", "no"),
        ("n_needs_drug", "no"),
        ("n_needs_oxygen", "no"),
        ("n_institution_name", "Sample Clinic"),
        ("n_physician_name", "見本 医師"),
    ];
    typed.retain(|(field, _)| otherwise.iter().all(|(other, _)| other != field));
    typed.extend(otherwise.iter().copied().chain(of));
    let entered = browser.posts("/notifications/new", &typed).await;
    assert_eq!(entered.status, 303, "{}", entered.html);
    format!("/notifications/{key}")
}

#[tokio::test]
async fn the_form_of_a_notification_says_what_is_required() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let form = nurse.gets("/notifications/new").await;
    form.says("What is marked as required");
    form.says("(required where it applies)");
    for (id, is_required) in [
        ("n_name", true),
        ("n_diagnosed_on", true),
        ("n_name_latin", false),
    ] {
        let (_, label) = form
            .html
            .split_once(&format!("<label for=\"{id}\">"))
            .unwrap();
        let label = label.split("</label>").next().unwrap();
        assert_eq!(label.ends_with("(required)"), is_required, "{label}");
    }
}

#[tokio::test]
async fn a_notification_is_not_offered_to_a_case_of_another_disease() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let desk = house.desk("nurse@sample.example").await;
    let measles = app::programme::TypedProgramme {
        id: "measles".to_owned(),
        disease: ["麻しん".to_owned(), "Measles".to_owned()],
        like: app::programme::PROGRAMME.to_owned(),
        valid_from: desk.rules_today().await.unwrap().to_string(),
        why: "An outbreak at a school".to_owned(),
    };
    desk.begin_programme(&measles).await.unwrap();
    let typed = [
        ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c21"),
        ("name", "見本 秋"),
        ("birthdate", "1950-01-02"),
        ("phone", "03-1111-2222"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-22"),
        ("programme", "measles"),
    ];
    let stands = nurse.posts("/cases/new", &typed).await;
    assert!(stands.to.contains("registered"), "{}", stands.html);
    let case = stands.to.split(['/', '?']).nth(2).unwrap().to_owned();
    let confirm = notifies(&mut nurse, "/notifications/new?of=covid-19", &[]).await + "/confirm";
    let alike = nurse.posts(&confirm, &[("version", "1")]).await;
    alike.says("This case is one of Measles.");
    // Which disease is which, and one day of birth in one form, also where both are typed.
    for disease in ["<dd>Measles</dd>", "<dd>COVID-19</dd>"] {
        alike.says(disease);
    }
    let mut again = typed.to_vec();
    again[0] = ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c22");
    again[2] = ("birthdate", "S25/1/2");
    *again.last_mut().unwrap() = ("programme", "covid-19");
    let side_by_side = nurse.posts("/cases/new", &again).await;
    side_by_side.says("Is it one of these people?");
    for disease in ["<dd>Measles</dd>", "<dd>COVID-19</dd>"] {
        side_by_side.says(disease);
    }
    assert_eq!(
        side_by_side.html.matches("<dd>2 January 1950</dd>").count(),
        2
    );
    side_by_side.says("name=\"birthdate\" value=\"S25/1/2\"");
    alike.says_not("name=\"attach\"");
    alike.says(&format!("name=\"same_as\" value=\"{case}\""));
    // An old page may still offer it.
    let attach = [("version", "1"), ("attach", case.as_str())];
    let told = nurse.posts(&confirm, &attach).await;
    told.says("is of another disease and cannot be added to it");
    told.says("見本 秋");
}

#[tokio::test]
async fn a_baby_is_told_by_months_and_called_as_the_record_says_by_now() {
    let house = House::new().await;
    let desk = house.desk("nurse@sample.example").await;
    let center = NewStaff::place_of(desk.health_center().await.unwrap().id);
    let mut clerk = house
        .hires("clerk@s.example", StaffRole::Clerk, center)
        .await;
    let mut nurse = house.nurse().await;
    let page = notifies(
        &mut nurse,
        "/notifications/new",
        &[("n_name", "見本 ベビー"), ("n_birthdate", "2026-10-20")],
    )
    .await;
    for one in [&mut nurse, &mut clerk] {
        one.gets("/notifications").await.says("1 month · ");
        one.gets(&page).await.says("(1 month)");
    }
    let confirm = format!("{page}/confirm");
    let sure = [("version", "1"), ("another", "1")];
    let case = nurse.posts(&confirm, &sure).await;
    let case = case.to.split(['/', '?']).nth(2).unwrap().to_owned();
    nurse.gets("/?list=all").await.says("1 month · ");
    nurse.gets(&page).await.says_not("In the record now");

    let case = case.parse().unwrap();
    let form = desk.person_form(case).await.unwrap().unwrap();
    let right = app::case_registration::TypedCase {
        name: "見本 海".to_owned(),
        birthdate: "2026-10-19".to_owned(),
        ..form.typed
    };
    let corrected = desk.correct_person(case, &right, "The clinic called", form.version);
    assert!(matches!(
        corrected.await.unwrap(),
        app::correction::CorrectPerson::Corrected
    ));
    let list = nurse.gets("/notifications?all=1").await;
    list.says("見本 海");
    list.says_not("見本 ベビー");
    let told = nurse.gets(&page).await;
    told.says("<h1>見本 海</h1>");
    told.says("In the record now");
    told.says("<dd>19 October 2026</dd>");
    told.says("<dd>見本 ベビー</dd>");
}

#[tokio::test]
async fn whoever_needs_somebody_at_once_does_so_while_a_question_waits_and_is_called_by_a_press() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let page = notifies(
        &mut nurse,
        "/notifications/new",
        &[("n_name", "見本 急"), ("n_needs_oxygen", "yes")],
    )
    .await;
    let call = "<a class=\"phone\" href=\"tel:0311112222\">0311112222</a>";
    let shown = nurse.gets(&page).await;
    shown.says("Needs somebody at once");
    // On top, where it is said to call first, and among the answers.
    assert_eq!(shown.html.matches(call).count(), 3, "{}", shown.html);
    let asked = [("version", "1"), ("question", "Which floor?")];
    let sent = nurse.posts(&format!("{page}/back"), &asked).await;
    assert!(sent.to.ends_with("?done=sent-back"), "{}", sent.html);
    let shown = nurse.gets(&page).await;
    shown.says("Needs somebody at once");
    shown.says("Nobody is followed because of this notification until it is answered.");
    assert_eq!(shown.html.matches(call).count(), 2, "{}", shown.html);
    let all = nurse.gets("/notifications?all=1").await;
    let (_, line) = all.html.split_once(&format!("href=\"{page}\"")).unwrap();
    let line = line.split("</tr>").next().unwrap();
    assert!(line.contains("Needs somebody at once"), "{line}");
}

#[tokio::test]
async fn a_list_of_what_is_to_be_done_tells_that_there_are_more() {
    let house = House::new().await;
    let desk = house.desk("nurse@sample.example").await;
    let mut nurse = house.nurse().await;
    let mut entered = Vec::new();
    for at in 0..51 {
        let born = format!("{}-03-04", 1940 + at);
        let typed = [
            ("name", "見本 秋"),
            ("sex", "female"),
            ("birthdate", born.as_str()),
            ("phone", "03-1111-2222"),
            ("postal_code", "105-0011"),
            ("address", "東京都港区芝公園1-1"),
            ("stays_elsewhere", "no"),
            ("kind", "confirmed"),
            ("diagnosed_on", "2026-11-22"),
            ("needs_admission", "no"),
            ("needs_drug", "no"),
            ("needs_oxygen", "no"),
            ("institution_name", "Sample Clinic"),
            ("physician_name", "見本 医師"),
        ];
        let typed = typed.map(|(id, text)| (id.to_owned(), text.to_owned()));
        let typed: TypedAnswers = typed.into_iter().collect();
        let id = NotificationId::from_uuid(desk.new_form_key());
        let done = desk.notify((id, ""), &typed, true);
        assert!(matches!(done.await.unwrap(), Notify::Entered(_)));
        entered.push(id);
    }
    // Beside those of the samples.
    let waiting = desk.count_waiting_notifications().await.unwrap();
    assert!(waiting > 50);
    let list = nurse.gets("/notifications").await;
    list.says(&format!("The first 50 of {waiting} are shown: those who"));
    for id in entered {
        let back = desk.send_notification_back(id, 1, "Which house number?");
        assert_eq!(back.await.unwrap(), Settle::Done);
    }
    let list = nurse.gets("/notifications").await;
    list.says_not("The first 50 of");
    let asked = desk.sent_back(1).await.unwrap().count;
    let list = nurse.gets("/notifications?asked=1").await;
    list.says(&format!("The first 50 of {asked} are shown. The others"));
}

#[tokio::test]
async fn where_a_notification_reaches_somebody_who_stands_is_told_and_nothing_is_overwritten() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let stands = [
        ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c31"),
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
    let enters = async |nurse: &mut Browser, phone: &str, address: &str| {
        notifies(
            nurse,
            "/notifications/new",
            &[
                ("n_name", "見本 冬"),
                ("n_phone", phone),
                ("n_address", address),
            ],
        )
        .await
            + "/confirm"
    };
    let moved = "東京都港区芝公園2-2";
    // Beside those who may be the same person, both addresses stand.
    let confirm = enters(&mut nurse, "０９０−７７７７−８８８８", moved).await;
    let asked = nurse.posts(&confirm, &[("version", "1")]).await;
    asked.says(&format!("<dd>{moved}</dd>"));
    asked.says("<dd>東京都港区芝公園1-1</dd>");
    for joins in ["attach", "same_as"] {
        let confirm = enters(&mut nurse, "０９０−７７７７−８８８８", moved).await;
        let sure = [("version", "1"), (joins, case.as_str())];
        let told = nurse.posts(&confirm, &sure).await;
        told.says("The notification is confirmed.");
        told.says("is not what the record says: it stands in the fields below");
        told.says("value=\"09077778888\"");
        told.says(moved);
        // Both are to be seen: somebody has to judge which is right.
        told.says("Stands now: 東京都港区芝公園1-1");
        told.says_not("Somebody else has changed this meanwhile");
        told.says_not("#alert");
        told.says_not("was taken out of the record by a correction");
        nurse.gets(&record).await.says_not("090-7777-8888");
    }
    // Where the same is told, the record opens as ever.
    let confirm = enters(&mut nurse, "03-1111-2222", "東京都港区芝公園1-1").await;
    let same_as = [("version", "1"), ("attach", case.as_str())];
    let same = nurse.posts(&confirm, &same_as).await;
    assert_eq!(same.to, format!("{record}?done=confirmed"));
    // A stranger has answered at that number. Told once more, it is not the record's again, and the page says why.
    let desk = house.desk("nurse@sample.example").await;
    let id = case.parse().unwrap();
    let form = desk.person_form(id).await.unwrap().unwrap();
    let without = TypedCase {
        phone: String::new(),
        has_no_phone: true,
        ..form.typed
    };
    let corrected = desk.correct_person(id, &without, "A stranger's", form.version);
    assert!(matches!(corrected.await.unwrap(), CorrectPerson::Corrected));
    let confirm = enters(&mut nurse, "03-1111-2222", "東京都港区芝公園1-1").await;
    let told = nurse.posts(&confirm, &same_as).await;
    told.says("was taken out of the record by a correction");
    told.says("value=\"0311112222\"");
    let form = desk.person_form(id).await.unwrap().unwrap();
    assert!(form.typed.has_no_phone);
}

#[tokio::test]
async fn where_else_somebody_is_does_not_hide_the_alert_about_them() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let typed = [
        ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c32"),
        ("name", "見本 秋"),
        ("birthdate", "1950-01-02"),
        ("phone", "03-1111-2222"),
        ("address", "東京都港区芝公園1-1"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-22"),
    ];
    let stands = nurse.posts("/cases/new", &typed).await;
    assert!(stands.to.contains("registered"), "{}", stands.html);
    let case = stands.to.split(['/', '?']).nth(2).unwrap().to_owned();
    reports(&mut nurse, &case).await;
    let confirm = notifies(
        &mut nurse,
        "/notifications/new",
        &[("n_address", "東京都港区芝公園2-2")],
    )
    .await
        + "/confirm";
    let attach = [("version", "1"), ("attach", case.as_str())];
    let told = nurse.posts(&confirm, &attach).await;
    told.says("is not what the record says: it stands in the fields below");
    told.says("An alert about this person is open");
    told.says(&format!("<a href=\"/cases/{case}#alert\">"));
    nurse
        .gets(&format!("/cases/{case}"))
        .await
        .says("id=\"alert\"");
}

#[tokio::test]
async fn a_death_ends_the_alert_that_the_page_of_choice_has_told_of() {
    let house = House::new().await;
    let desk = house.desk("nurse@sample.example").await;
    let center = NewStaff::place_of(desk.health_center().await.unwrap().id);
    let mut clerk = house
        .hires("clerk@s.example", StaffRole::Clerk, center)
        .await;
    let mut nurse = house.nurse().await;
    let typed = [
        ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c23"),
        ("name", "見本 秋"),
        ("birthdate", "1950-01-02"),
        ("phone", "03-1111-2222"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-22"),
    ];
    let stands = nurse.posts("/cases/new", &typed).await;
    assert!(stands.to.contains("registered"), "{}", stands.html);
    let case = stands.to.split(['/', '?']).nth(2).unwrap().to_owned();
    reports(&mut nurse, &case).await;
    let confirm =
        notifies(&mut nurse, "/notifications/new", &[("n_kind", "death")]).await + "/confirm";
    let alike = clerk.posts(&confirm, &[("version", "1")]).await;
    alike.says("It stays open, also if the notification is added to this case");
    alike.says_not("name=\"alert_seen\"");
    let alike = nurse.posts(&confirm, &[("version", "1")]).await;
    alike.says("It ends if the notification is added to this case.");
    let seen = alike.hidden("alert_seen");
    let attach = [
        ("version", "1"),
        ("attach", case.as_str()),
        ("alert_seen", seen.as_str()),
    ];
    let done = nurse.posts(&confirm, &attach).await;
    assert_eq!(done.to, format!("/cases/{case}?done=confirmed"));
    let record = nurse.gets(&done.to).await;
    record.says("and so did an alert that was open");
    record.says_not("id=\"alert\"");
}
