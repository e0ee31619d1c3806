//! What a center has before it: alerts, figures, whom to share out, and how it can be called.

use crate::browser::{Browser, House, Page, filled, form_of, reports, sends};
use app::staff::NewStaff;
use domain::staff_role::StaffRole;
use jiff::SignedDuration;

#[tokio::test]
async fn the_contact_that_people_see_is_the_one_that_the_center_wrote() {
    let house = House::new().await;
    let (mut family, mut nurse) = (house.family().await, house.nurse().await);
    let typed = |phone| {
        [
            ("phone", phone),
            ("hours_en", "always"),
            ("name_en", "Minato Center"),
        ]
    };
    nurse
        .posts("/center", &typed("by letter"))
        .await
        .says("Enter the phone number with digits");
    assert_eq!(
        nurse
            .posts("/center", &typed("０３－１１１１－２２２２"))
            .await
            .to,
        "/center?done=saved"
    );
    let case = house.case_of("4826153").await;
    let history = family.gets(&format!("/history?member={case}")).await;
    history.says("03-1111-2222");
    history.says("Minato Center");
}

#[tokio::test]
async fn whoever_decides_sees_the_alert_and_whoever_sends_help_the_address() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let mut nurse = house.nurse().await;
    let page = format!("/cases/{case}");
    nurse.gets(&page).await.says("No address is recorded.");
    let form = nurse.gets(&format!("{page}/person")).await;
    let correct = async |nurse: &mut Browser, address: &str| {
        let version = form.hidden("version");
        let fields = [
            ("version", version.as_str()),
            ("name", "見本 花子"),
            ("birthdate", "1988-05-04"),
            ("phone", "090-1234-5678"),
            ("diagnosed_on", "2026-11-20"),
            ("onset_on", "2026-11-19"),
            ("language", "ja"),
            ("days_are_right", "1"),
            ("address", address),
            ("whereabouts", "娘の家"),
            ("reason", "She phoned"),
        ];
        nurse.posts(&format!("{page}/person"), &fields).await
    };
    let long = "あ".repeat(301);
    let refused = correct(&mut nurse, &long).await;
    refused.says("That is too long for an address");
    refused.says(&long);
    let saved = correct(&mut nurse, "見本県港町1-2-3").await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let person = nurse.gets(&page).await;
    person.says("Address: 見本県港町1-2-3");
    person.says("Stays at: 娘の家");

    // A colleague has the alert: it is taken over in the open.
    reports(&mut nurse, &case).await;
    let desk = house.desk("nurse@sample.example").await;
    let place = NewStaff::place_of(desk.health_center().await.unwrap().id);
    let mut chief = house
        .hires("chief@sample.example", StaffRole::Administrator, place)
        .await;
    let seen = chief.gets(&page).await;
    let take = seen.form_that_begins_with("/alerts/");
    chief.posts(&take, &[]).await;
    let seen = nurse.gets(&page).await;
    seen.says("Take over");
    let over = seen.hidden("over");
    nurse.posts(&take, &[("over", &over)]).await;
    nurse.gets(&page).await.says("administrator had it before.");

    // A release shows how the person is, and asks before it goes past the alert.
    let release = format!("{page}/release");
    let review = nurse.gets(&release).await;
    review.says("38.5 °C  SpO2 88 %");
    review.says("An alert is open:");
    let version = review.hidden("version");
    let decided = [
        ("version", version.as_str()),
        ("reason", "Well again"),
        ("release", "1"),
    ];
    let asked = nurse.posts(&release, &decided).await;
    asked.says("I have looked at the open alert, and release all the same");
    asked.says("Well again");
    let despite = [&decided[..], &[("despite_alert", "1")]].concat();
    assert_eq!(nurse.posts(&release, &despite).await.status, 303);

    // Nothing is asked of whoever is followed no longer, and the page says why.
    let invite = format!("{page}/invite");
    let closed = "This person is followed no longer.";
    nurse.gets(&invite).await.says(closed);
    let sent = nurse.posts(&invite, &[("by", "sms")]).await;
    sent.says(closed);
    let asked = nurse.gets(&format!("{page}/requests/new")).await;
    let (key, from, to) = (asked.hidden("key"), "2026-11-22", "2026-11-25");
    let request = [
        ("key", key.as_str()),
        ("report", "1"),
        ("from", from),
        ("to", to),
        ("reasons", "Because"),
    ];
    let refused = nurse.posts(&format!("{page}/requests/new"), &request).await;
    refused.says("nothing is asked of them");
    refused.says("Because");
}

#[tokio::test]
async fn what_the_center_asks_stands_on_the_first_page_of_both_sides() {
    let house = House::new().await;
    let nurse_desk = house.desk("nurse@sample.example").await;
    let center = NewStaff::place_of(nurse_desk.health_center().await.unwrap().id);
    let app::jurisdiction::AddPlace::Added(clinic) =
        nurse_desk.add_place(center, "Sample Clinic").await.unwrap()
    else {
        panic!("not added")
    };
    let role = StaffRole::MedicalInstitution;
    let mut at_clinic = house.hires("clinic@s.example", role, clinic.id).await;
    let mut at_firm = house
        .hires("firm@s.example", StaffRole::Contractor, center)
        .await;
    let typed: app::notification::TypedAnswers = [
        ("name", "佐藤 健"),
        ("name_kana", "サトウ ケン"),
        ("sex", "male"),
        ("birthdate", "1956-04-01"),
        ("phone", "09088887777"),
        ("postal_code", "105-0011"),
        ("address", "東京都港区芝公園1-2-3"),
        ("stays_elsewhere", "no"),
        ("kind", "confirmed"),
        ("diagnosed_on", "2026-11-22"),
        ("onset_on", "2026-11-20"),
        ("needs_admission", "no"),
        ("needs_drug", "no"),
        ("needs_oxygen", "yes"),
        ("diabetes", "yes"),
        ("institution_name", "Sample Clinic"),
        ("physician_name", "見本 医師"),
    ]
    .into_iter()
    .map(|(id, text)| (id.to_owned(), text.to_owned()))
    .collect();
    for email in ["clinic@s.example", "firm@s.example"] {
        let desk = house.desk(email).await;
        let id = domain::ids::NotificationId::from_uuid(desk.new_form_key());
        let entered = desk.notify((id, ""), &typed, true).await.unwrap();
        assert!(matches!(entered, app::notification::Notify::Entered(_)));
        house.clock.advance(SignedDuration::from_mins(2));
        let back = nurse_desk
            .send_notification_back(id, 1, "Which ward?")
            .await;
        assert_eq!(back.unwrap(), app::notification::Settle::Done);
    }
    let first = at_clinic.gets("/").await;
    first.says("Sent back: the health center asks <span class=\"count\">1<");
    first.says("no answer since");
    at_clinic.gets("/notifications").await.says("Sent back (1)");
    let asked = at_clinic.gets("/notifications?asked=1").await;
    asked.says("佐藤 健");
    // On the notification the question stands before the answers, not only as the last line of what was done.
    let address = asked.link_that_begins_with("/notifications/0");
    let page = at_clinic.gets(&address).await;
    let (top, _) = page.html.split_once("id=\"answers\"").unwrap();
    assert!(top.contains("Which ward?"), "{top}");
    let form = at_firm.gets("/notifications/new").await;
    form.says("Sent back: the health center asks <span class=\"count\">1<");
    form.says("佐藤 健");
    let mut nurse = house.nurse().await;
    let list = nurse.gets("/").await;
    list.says("Sent back, no answer yet <span class=\"count\">2<");
    list.says("Needs somebody at once");
    nurse.gets("/notifications").await.says("Sent back (2)");
}

#[tokio::test]
async fn a_clerk_sees_figures_without_health_on_the_page_and_in_every_table() {
    let house = House::new().await;
    let desk = house.desk("nurse@sample.example").await;
    let center = NewStaff::place_of(desk.health_center().await.unwrap().id);
    let mut clerk = house
        .hires("clerk@s.example", StaffRole::Clerk, center)
        .await;
    let mut nurse = house.nurse().await;
    let page = nurse.gets("/figures").await;
    page.says("From the alert to its taking");
    page.says_not("Your role does not read health answers");
    for query in ["", "?from=2022-01-01", "?from=2010-01-01"] {
        let page = clerk.gets(&format!("/figures{query}")).await;
        page.says("Your role does not read health answers");
        page.says("New cases");
        page.says("Followed now");
        for word in ["From the alert", "Reported today", "<dt>Alerts", " min<"] {
            page.says_not(word);
        }
        for table in ["onset", "registration", "age", "center"] {
            let mark = if query.is_empty() { "?" } else { "&" };
            let address = format!("/figures.csv{query}{mark}table={table}");
            let file = clerk.gets(&address).await;
            assert_eq!(file.status, 200, "{address}");
            file.says("New cases");
            file.says_not("From the alert");
            file.says_not("Reported today");
        }
    }
}

/// The boxes of a page by which somebody is chosen: the name, and who looks after them.
fn boxes(page: &Page) -> Vec<(String, String)> {
    let each = page.html.split("name=\"pick.").skip(1);
    let mut boxes: Vec<_> = each
        .map(|rest| {
            let mut parts = rest.split('"');
            let case = parts.next().unwrap();
            (format!("pick.{case}"), parts.nth(1).unwrap().to_owned())
        })
        .collect();
    boxes.sort();
    boxes
}

/// A form with these boxes ticked, sent for whoever is to get them.
async fn shares(who: &mut Browser, boxes: &[(String, String)], to: &str) -> Page {
    let mut form = vec![("list", "all"), ("page", "1"), ("to", to)];
    form.extend(
        boxes
            .iter()
            .map(|(name, seen)| (name.as_str(), seen.as_str())),
    );
    who.posts("/worklist/assign", &form).await
}

#[tokio::test]
async fn people_of_a_list_are_shared_out_at_once() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    nurse.gets("/").await.says_not("name=\"pick.");
    let list = nurse.gets("/?list=all").await;
    let chosen = boxes(&list);
    assert!(chosen.len() > 2, "{}", list.html);
    assert!(chosen.iter().all(|(_, seen)| seen == "nobody"));
    let own = house.desk("nurse@sample.example").await.id().to_string();

    // What is missing is asked for, and who was ticked stays so.
    let asked = shares(&mut nurse, &[], &own).await;
    asked.says("Nobody was chosen");
    asked.says("href=\"/?list=all#sections\"");
    let asked = shares(&mut nurse, &chosen, "").await;
    asked.says("Choose who is to look after them");
    assert_eq!(boxes(&asked), chosen);
    shares(&mut nurse, &chosen, "somebody")
        .await
        .says("not in the team");

    // All of them at once, and the list says it where it then stands.
    let to = shares(&mut nurse, &chosen, &own).await.to;
    let count = chosen.len();
    assert_eq!(
        to,
        format!("/?list=all&done=assigned.{count}.{own}#sections")
    );
    let told = nurse.gets(&to).await;
    let bar = told.html.split("id=\"share\"").nth(1).unwrap();
    let said = format!("looks after the {count} people whom you chose");
    assert!(bar.contains(&said), "{bar}");
    let seen = boxes(&told);
    assert!(seen.iter().all(|(_, after)| *after == own), "{seen:?}");

    // A colleague looks at the list as it was before: nothing is taken from anybody, and the page names whom it was about.
    let late = shares(&mut nurse, &chosen[..2], "nobody").await;
    late.says("2 people were not assigned: somebody else has done so");
    assert_eq!(boxes(&late), seen[..2]);
    let to = shares(&mut nurse, &boxes(&late), "nobody").await.to;
    nurse
        .gets(&to)
        .await
        .says("Nobody in particular looks after the 2 people");

    // Elsewhere they are nobody.
    let mut other = house.nurse_of_another_center().await;
    let theirs = house.desk("other@sample.example").await.id().to_string();
    let page = shares(&mut other, &chosen[..1], &theirs).await;
    page.says("1 person was not assigned: another center follows them");
    assert!(boxes(&page).is_empty());
}

#[tokio::test]
async fn a_call_that_was_promised_stands_on_the_worklist_before_it_is_due() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let mut nurse = house.nurse().await;
    let page = nurse.gets(&format!("/cases/{case}")).await;
    let whose = page.hidden("whose");
    let fields = [
        ("whose", whose.as_str()),
        ("outcome", "reached"),
        ("note", "Well so far"),
        ("next_call_at", "2026-11-23T18:00"),
    ];
    let path = format!("/cases/{case}/contacts");
    assert_eq!(nurse.posts(&path, &fields).await.status, 303);
    let overview = nurse.gets("/").await;
    overview.says("Calls planned");
    let planned = nurse.gets("/?list=planned").await;
    planned.says("Call at ");
    planned.says_not("Next call ");
    let everybody = nurse.gets("/?list=all").await;
    everybody.says("Next call ");
}

#[tokio::test]
async fn figures_say_of_where_of_which_days_and_as_of_when() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    nurse.gets("/figures").await.says("As of ");
    let file = nurse
        .asks_for("/figures.csv?table=age&from=2026-11-01")
        .await;
    let (header, rest) = file.html.split_once('\n').unwrap();
    assert!(header.contains("Place,Days from,Days to,As of"), "{header}");
    assert!(!header.contains("Counts"), "{header}");
    assert!(rest.contains(",2026-11-01,"), "{rest}");
    let places = house.app().system_desk().places().await.unwrap();
    let nation = places
        .iter()
        .find(|place| place.parent.is_none())
        .unwrap()
        .id;
    let mut analyst = house
        .hires("analyst@s.example", StaffRole::Analyst, nation)
        .await;
    let file = analyst.gets("/figures.csv?table=age").await;
    file.says("each altered by a few");
}

#[tokio::test]
async fn a_prefecture_sees_whom_to_call_and_what_waits_to_be_checked() {
    let house = House::new().await;
    let desk = house.desk("nurse@sample.example").await;
    let center = desk.health_center().await.unwrap();
    let places = house.app().system_desk().places().await.unwrap();
    let above = places
        .iter()
        .find(|place| place.kind == domain::staff_role::JurisdictionKind::Prefecture);
    let mut officer = house
        .hires(
            "officer@s.example",
            StaffRole::PrefectureOfficer,
            above.unwrap().id,
        )
        .await;
    let waiting = officer.gets("/").await;
    waiting.says("Notifications to check");
    let page = officer.gets(&format!("/?center={}", center.id)).await;
    page.says(&format!("tel:{}", center.contact.phone));
    assert_eq!(officer.gets("/notifications").await.status, 403);
}

#[tokio::test]
async fn whoever_lost_the_mailbox_is_told_apart_from_whoever_typed_something_else() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let mut nurse = house.nurse().await;
    let page = nurse.gets(&format!("/cases/{case}/hersys-id")).await;
    page.says("who has lost the mailbox");
    let version = page.hidden("version");
    let seen = page.hidden("seen");
    let form = [
        ("version", version.as_str()),
        ("seen", seen.as_str()),
        ("detach", "lost"),
        ("reason", "She has changed her provider"),
    ];
    let path = format!("/cases/{case}/hersys-id");
    let done = nurse.posts(&path, &form).await;
    assert_eq!(done.to, format!("/cases/{case}?done=reissued"));
    let mut family = house.family().await;
    let gone = family.gets(&format!("/history?member={case}")).await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn a_message_stands_on_the_worklist_until_somebody_has_read_it() {
    let house = House::new().await;
    let (mut nurse, mut family) = (house.nurse().await, house.family().await);
    let case = house.case_of("4826153").await;
    let page = format!("/cases/{case}");
    // One of the samples waits already.
    let list = nurse.gets("/").await;
    list.says("Messages not read yet <span class=\"count\">1</span>");
    let read = nurse.gets(&page).await.form_that_begins_with("/tasks/");
    nurse.posts(&read, &[("message", "1")]).await;
    nurse.gets("/").await.says_not("Messages not read yet");
    let form = form_of(&mut family, &case).await;
    let typed = filled(&form, &[("note", "No medicine left <call me>")]);
    let sent = sends(&mut family, &case, &typed).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
    let list = nurse.gets("/").await;
    list.says("Messages not read yet <span class=\"count\">1</span>");
    list.says("No medicine left &#60;call me&#62;");
    let all = nurse.gets("/tasks?list=messages").await;
    all.says("No medicine left");
    nurse.gets("/tasks").await.says_not("No medicine left");
    let open = nurse.gets(&page).await;
    open.says("<h2 id=\"messages-title\">Messages not read yet</h2>");
    let read = open.form_that_begins_with("/tasks/");
    let done = [("message", "1"), ("case", case.as_str())];
    let led = nurse.posts(&read, &done).await;
    nurse
        .gets(&led.to)
        .await
        .says("It is noted that the message was read.");
    let again = nurse.posts(&read, &[("message", "1")]).await;
    nurse
        .gets(&again.to)
        .await
        .says("had marked this message as read before");
    nurse.gets("/").await.says_not("Messages not read yet");
    let open = nurse.gets(&page).await;
    open.says_not("id=\"messages-title\"");
    open.says("No medicine left");
}

#[tokio::test]
async fn what_is_left_unanswered_is_no_at_one_press_and_nothing_is_saved() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    let address = format!("/cases/{case}/reports/new");
    let form = nurse.gets(&address).await;
    form.says("All others: No");
    let key = form.hidden("key");
    let questionnaire = form.hidden("questionnaire");
    let typed = [
        ("key", key.as_str()),
        ("questionnaire", &questionnaire),
        ("channel", "visit"),
        ("temperature", "36.6"),
        ("spo2", "97"),
        ("q_cough", "yes"),
        ("note", "She sleeps a lot"),
    ];
    let filled = nurse
        .posts(&address, &[&typed[..], &[("others", "no")]].concat())
        .await;
    filled.says("Nothing is saved yet");
    filled.says("value=\"36.6\"");
    filled.says("She sleeps a lot");
    filled.says("id=\"q_cough\" name=\"q_cough\" value=\"yes\" checked");
    filled.says("id=\"q_malaise_no\" name=\"q_malaise\" value=\"no\" checked");
    filled.says("value=\"visit\" selected");
    // No question is open any more, and nothing was sent.
    filled.says_not("All others: No");
    nurse.gets(&format!("/cases/{case}")).await.says_not("36.6");
    // The person's own form has no such button.
    let mut family = house.family().await;
    form_of(&mut family, &case)
        .await
        .says_not("name=\"others\"");
}

#[tokio::test]
async fn who_is_chosen_is_looked_at_before_anybody_is_released_invited_or_printed() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    nurse.gets("/?list=review").await.says("Release the chosen");
    let list = nurse.gets("/?list=no-account").await;
    list.says("Send an invitation to the chosen");
    list.says("Print for visits");
    let all = boxes(&nurse.gets("/?list=all").await);
    let chosen = |section: &'static str| {
        let mut form = vec![("list", section), ("page", "1"), ("to", "")];
        form.extend(
            all.iter()
                .map(|(name, seen)| (name.as_str(), seen.as_str())),
        );
        form
    };
    nurse
        .posts("/worklist/release", &[("list", "review"), ("page", "1")])
        .await
        .says("Nobody was chosen");
    let looked_at = nurse.posts("/worklist/release", &chosen("review")).await;
    looked_at.says("Left out");
    looked_at.says("href=\"/?list=review#sections\"");
    // Each with what tells them from another of the same name, and with the number that is called.
    let (_, left) = looked_at.html.split_once("id=\"left\"").unwrap();
    let (_, student) = left.split_once("Sample Student</bdi>").unwrap();
    let (student, _) = student.split_once("</li>").unwrap();
    assert!(student.contains("8273059 · 23 years"), "{student}");
    assert!(student.contains("href=\"tel:"), "{student}");
    nurse
        .posts("/worklist/invite", &[("list", "no-account"), ("page", "1")])
        .await
        .says("Nobody was chosen");
    let looked_at = nurse.posts("/worklist/invite", &chosen("no-account")).await;
    looked_at.says("Has signed up already.");
    // Who was left out is named where it was done, too, at the second press as at the first.
    for _ in 0..2 {
        let mut sure = chosen("no-account");
        sure.push(("sure", "1"));
        let done = nurse.posts("/worklist/invite", &sure).await;
        assert_eq!(done.status, 200, "{}", done.to);
        done.says("Sent nothing: ");
        done.says("Who is sent nothing");
        done.says("Has signed up already.");
        done.says("4826153 · 38 years");
        done.says("href=\"/?list=no-account#sections\"");
        done.says_not("Send all");
    }
    let paper = nurse.posts("/worklist/paper", &chosen("all")).await;
    paper.says(&format!("{} people whom you chose", all.len()));
    paper.says("No address is recorded.");
    let whole = [("list", "all"), ("page", "1")];
    let paper = nurse.posts("/worklist/paper", &whole).await;
    paper.says("in the whole list");
    let mut other = house.nurse_of_another_center().await;
    let paper = other.posts("/worklist/paper", &chosen("all")).await;
    paper.says("0 people whom you chose");
    // Whose release is to be taken back, and who is not among the people of the center any more, is not passed over.
    let back = all[0].0.replace("pick.", "back.");
    for reason in ["", "The wrong list"] {
        let form = [
            ("list", "review"),
            ("page", "1"),
            ("back", "1"),
            (back.as_str(), "1"),
            ("reason", reason),
        ];
        let done = other.posts("/worklist/release", &form).await;
        done.says("One of them is not among the people of this center any more");
    }
}

#[tokio::test]
async fn paper_for_a_visit_says_what_there_is_none_of() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let key = nurse.gets("/cases/new").await.hidden("key");
    let form = [
        ("key", key.as_str()),
        ("name", "見本 春"),
        ("birthdate", "1990-01-02"),
        ("phone", "09012349999"),
        ("language", "en"),
        ("diagnosed_on", "2026-11-22"),
    ];
    let done = nurse.posts("/cases/new", &form).await;
    assert!(done.to.contains("done=registered"), "{}", done.html);
    let case = done.to.split(['/', '?']).nth(2).unwrap();
    let pick = format!("pick.{case}");
    let chosen = [("list", "all"), ("page", "1"), (pick.as_str(), "nobody")];
    let paper = nurse.posts("/worklist/paper", &chosen).await;
    paper.says("見本 春");
    paper.says("No report yet");
    paper.says_not("None yet");
}
