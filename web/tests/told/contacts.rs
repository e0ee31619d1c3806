//! Close contacts, and whoever is called on a round.

use crate::browser::{Browser, House, reports};
use crate::{is_now, releases};
use domain::staff_role::{JurisdictionKind, StaffRole};
use jiff::SignedDuration;

#[tokio::test]
async fn who_stands_as_a_contact_is_shown_what_is_added_and_what_stays() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let source = house.case_of("4826153").await;
    let contact = [
        ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c11"),
        ("name_latin", "Mihon Haru"),
        ("birthdate", "1990-01-02"),
        ("phone", "09012340001"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-21"),
    ];
    let path = format!("/cases/{source}/contact");
    let registered = nurse.posts(&path, &contact).await;
    assert!(registered.to.contains("registered"), "{}", registered.html);
    let record = registered.to.split('?').next().unwrap().to_owned();
    // She is ill, and somebody registers her anew, with more than the record has and another number.
    let told = [
        ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c12"),
        ("name_latin", "Mihon Haru"),
        ("birthdate", "1990-01-02"),
        ("phone", "09012340002"),
        ("email", "haru@example.org"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-22"),
        ("onset_on", "2026-11-21"),
    ];
    let alike = nurse.posts("/cases/new", &told).await;
    alike.says("This is added to the record:");
    alike.says("haru@example.org");
    alike.says("09012340001 (typed: 09012340002)");
    let (_, form) = alike.html.split_once("/fell-ill\"").unwrap();
    let version = crate::browser::Page {
        again: String::new(),
        status: 200,
        html: form.to_owned(),
        to: String::new(),
    }
    .hidden("version");
    let mut ill = told.to_vec();
    ill.extend([
        ("version", version.as_str()),
        ("ill_diagnosed_on", "2026-11-22"),
        ("ill_onset_on", "tomorrow"),
    ]);
    // A day that cannot be read is asked for again, and nothing that was told is lost on the way.
    let asked = nurse.posts(&format!("{record}/fell-ill"), &ill).await;
    asked.says("value=\"haru@example.org\"");
    *ill.last_mut().unwrap() = ("ill_onset_on", "2026-11-21");
    let done = nurse.posts(&format!("{record}/fell-ill"), &ill).await;
    assert!(done.to.contains("done=fell-ill"), "{}", done.html);
    let page = nurse.gets(&record).await;
    page.says("haru@example.org");
    page.says("Told when the illness of this contact was registered");
    page.says("09012340001");
    page.says_not("09012340002");
}

#[tokio::test]
async fn a_later_contact_of_somebody_who_was_released_says_that_they_are_followed_again() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let source = house.case_of("4826153").await;
    let path = format!("/cases/{source}/contact");
    let contact = |key: &'static str, day: &'static str| {
        vec![
            ("key", key),
            ("name_latin", "Mihon Haru"),
            ("birthdate", "1990-01-02"),
            ("phone", "09012340001"),
            ("language", "ja"),
            ("diagnosed_on", day),
        ]
    };
    let first = contact("0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c31", "2026-11-19");
    let registered = nurse.posts(&path, &first).await;
    let case = registered.to.split(['/', '?']).nth(2).unwrap().to_owned();
    releases(&mut nurse, &case).await;
    let known = contact("0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c32", "2026-11-19");
    let later = contact("0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c33", "2026-11-20");
    for (mut form, is_followed) in [(known, false), (later, true)] {
        form.push(("same_as", case.as_str()));
        let noted = nurse.posts(&path, &form).await;
        let page = nurse.gets(&noted.to).await;
        match is_followed {
            true => page.says("they are followed again"),
            false => page.says("The contact is noted. Nobody was registered anew."),
        }
    }
}

#[tokio::test]
async fn the_page_of_a_contact_speaks_of_the_last_contact_and_leads_to_where_an_illness_is_noted() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let source = house.case_of("4826153").await;
    let contact = [
        ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c21"),
        ("name_latin", "Mihon Haru"),
        ("birthdate", "1990-01-02"),
        ("phone", "09012340001"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-21"),
    ];
    let registered = nurse
        .posts(&format!("/cases/{source}/contact"), &contact)
        .await;
    let record = registered.to.split('?').next().unwrap().to_owned();
    let page = nurse.gets(&record).await;
    page.says("Day of the last contact");
    page.says_not("<dt>Date of diagnosis");
    page.says_not("<dt>Date of onset");
    let path = format!("{record}/person");
    let form = nurse.gets(&path).await;
    form.says("Day of the last contact");
    form.says_not("Date of diagnosis");
    form.says_not("name=\"onset_on\"");
    form.says("Whoever falls ill is made a case on their page.");
    form.says(&format!("href=\"{record}#ill\""));

    let version = form.hidden("version");
    let corrects = |day: &'static str, onset: &'static str, reason: &'static str| {
        let mut fields = vec![
            ("version", version.as_str()),
            ("is_contact", "1"),
            ("was.diagnosed_on", "2026-11-21"),
            ("diagnosed_on", day),
            ("onset_on", onset),
            ("reason", reason),
        ];
        fields.extend(&contact[1..5]);
        fields
    };
    // A day of onset that comes all the same is refused with where to go, and what was typed is kept.
    let fields = corrects("2026-11-20", "2026-11-22", "She said so");
    let told = nurse.posts(&path, &fields).await;
    told.says("A close contact has no date of onset.");
    told.says("value=\"2026-11-22\"");
    told.says("value=\"2026-11-20\"");
    told.says("She said so");
    told.says("Day of the last contact");
    let wrong = nurse
        .posts(&path, &corrects("2027-11-20", "", "She said so"))
        .await;
    wrong.says("Day of the last contact: The date is in the future");
    let done = nurse
        .posts(&path, &corrects("2026-11-20", "", "She said so"))
        .await;
    assert!(done.to.contains("done=person"), "{}", done.html);
    let page = nurse.gets(&record).await;
    let (_, corrections) = page.html.split_once("id=\"corrections\"").unwrap();
    assert!(corrections.contains("Day of the last contact"));
    assert!(!corrections.contains("Date of diagnosis"));
    // Once she is ill it stays what it was.
    let (_, ill) = page.html.split_once("/fell-ill\"").unwrap();
    let ill = crate::browser::Page {
        again: String::new(),
        status: 200,
        html: ill.to_owned(),
        to: String::new(),
    };
    let version = ill.hidden("version");
    let days = [
        ("version", version.as_str()),
        ("ill_diagnosed_on", "2026-11-22"),
        ("ill_onset_on", "2026-11-22"),
    ];
    let done = nurse.posts(&format!("{record}/fell-ill"), &days).await;
    assert!(done.to.contains("done=fell-ill"), "{}", done.html);
    let page = nurse.gets(&record).await;
    page.says("<dt>Date of diagnosis");
    let (_, corrections) = page.html.split_once("id=\"corrections\"").unwrap();
    assert!(corrections.contains("Day of the last contact"));
}

#[tokio::test]
async fn a_nurse_on_her_rounds_reads_who_is_who_and_which_rule_holds() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let hanako = house.case_of("4826153").await;
    let desk = house.desk("nurse@sample.example").await;
    let case = hanako.parse().unwrap();
    let contact = app::case_registration::TypedCase {
        name_latin: "Yamada Ken".to_owned(),
        birthdate: "1990-01-02".to_owned(),
        phone: "09011110001".to_owned(),
        diagnosed_on: "2026-11-22".to_owned(),
        days_are_right: true,
        ..app::case_registration::TypedCase::default()
    };
    let (key, sure) = (desk.new_form_key(), app::case_registration::Sure::Another);
    let met = desk.register_contact(case, &contact, key, sure).await;
    assert!(met.unwrap().is_some());
    let everybody = nurse.gets("/?list=all").await;
    everybody.says("Close contact · ");
    // A number that is noted as wrong is told wherever somebody is about to dial it.
    let path = format!("/cases/{hanako}/contacts");
    let call = [("outcome", "wrong_number")];
    nurse.posts(&path, &call).await;
    let page = nurse.gets(&format!("/cases/{hanako}")).await;
    page.says("The number is noted as wrong");
    let invitation = nurse.gets(&format!("/cases/{hanako}/invite")).await;
    invitation.says("nothing is sent to it until it is corrected");
    nurse
        .gets("/?list=planned")
        .await
        .says("Noted as a wrong number");
    // The box follows the record, and the page says where it does not.
    page.says("Lives in a facility");
    is_now(&mut nurse, &hanako, "hospital").await;
    let path = format!("/cases/{hanako}/release");
    let review = nurse.gets(&path).await;
    assert!(
        review
            .html
            .contains("name=\"inpatient\" value=\"1\" checked")
    );
    let version = review.hidden("version");
    let unticked = [("version", version.as_str()), ("inpatient_asked", "1")];
    let review = nurse.posts(&path, &unticked).await;
    review.says("but the box is not ticked");
    // Released, and the day of onset is corrected: what follows is said where the correction is, and above.
    is_now(&mut nurse, &hanako, "home").await;
    releases(&mut nurse, &hanako).await;
    let path = format!("/cases/{hanako}/person");
    let version = nurse.gets(&path).await.hidden("version");
    let fields = [
        ("version", version.as_str()),
        ("name", "見本 花子"),
        ("birthdate", "1988-05-04"),
        ("phone", "090-1234-5601"),
        ("diagnosed_on", "2026-11-20"),
        ("onset_on", "2026-11-22"),
        ("language", "ja"),
        ("days_are_right", "1"),
        ("reason", "She phoned"),
    ];
    let saved = nurse.posts(&path, &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let to = saved.to.split('#').next().unwrap().to_owned();
    let page = nurse.gets(&to).await;
    let told = "By the onset as it stands now the days last until";
    assert_eq!(page.html.matches(told).count(), 2, "{}", page.html);
    page.says("Open the case again");
}

#[tokio::test]
async fn the_form_of_a_call_shows_what_is_planned_and_the_page_tells_what_is_planned_then() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    let (page, path) = (format!("/cases/{case}"), format!("/cases/{case}/contacts"));
    let fields = |page: &crate::browser::Page, next: &str, outcome: &str| {
        [
            ("key", page.hidden("key")),
            ("outcome", outcome.to_owned()),
            ("note", "119 called".to_owned()),
            ("was.next_call_at", page.hidden("was.next_call_at")),
            ("next_call_at", next.to_owned()),
        ]
    };
    let mut writes = async |next: Option<&str>, outcome: &str| {
        house.clock.advance(SignedDuration::from_mins(1));
        let shown = nurse.gets(&page).await;
        let was = shown.hidden("was.next_call_at");
        shown.says("If an ambulance was called");
        let typed = fields(&shown, next.unwrap_or(&was), outcome);
        let typed: Vec<_> = typed
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let done = nurse.posts(&path, &typed).await;
        assert_eq!(done.status, 303, "{}", done.html);
        (was, nurse.gets(&done.to).await)
    };
    let (was, told) = writes(None, "reached").await;
    assert_eq!(was, "");
    told.says("No call is planned.");
    let (_, told) = writes(Some("2026-11-24T09:30"), "reached").await;
    told.says("The next call is due");
    // Whoever writes something else down leaves it.
    let (was, told) = writes(None, "reached_other").await;
    assert_eq!(was, "2026-11-24T09:30");
    told.says("The next call is due");
    let (_, told) = writes(Some(""), "reached").await;
    told.says("No call is planned.");
    let (_, told) = writes(None, "ambulance").await;
    told.says("The next call is due");

    let release = nurse.gets(&format!("/cases/{case}/release")).await;
    release.says("Last call or visit");
    release.says("Ambulance called");
    release.says("119 called");
    // A colleague writes a call down while the page is read.
    let (version, lines) = (release.hidden("version"), release.hidden("lines"));
    let call = [("outcome", "reached"), ("note", "Worse again")];
    house.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(nurse.posts(&path, &call).await.status, 303);
    let decided = [
        ("version", version.as_str()),
        ("lines", lines.as_str()),
        ("improved_at", "2026-11-20T08:00"),
        ("reason", "No fever for three days"),
        ("release", "1"),
    ];
    let asked = nurse
        .posts(&format!("/cases/{case}/release"), &decided)
        .await;
    asked.says("a colleague has written something. Nothing was saved");
    asked.says("Worse again");
}

#[tokio::test]
async fn a_call_that_tells_of_a_hospital_says_that_an_alert_is_open_still() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    let page = format!("/cases/{case}");
    reports(&mut nurse, &case).await;
    let calls = async |nurse: &mut Browser, note: &str, in_hospital: bool| {
        house.clock.advance(SignedDuration::from_mins(1));
        let key = nurse.gets(&page).await.hidden("key");
        let mut call = vec![
            ("key", key.as_str()),
            ("outcome", "ambulance"),
            ("note", note),
        ];
        if in_hospital {
            call.push(("in_hospital", "1"));
        }
        let done = nurse.posts(&format!("{page}/contacts"), &call).await;
        assert_eq!(done.status, 303, "{}", done.html);
        nurse.gets(done.to.split('#').next().unwrap()).await
    };
    let open = "An alert of this person is still open";
    calls(&mut nurse, "On its way", false).await.says_not(open);
    let told = calls(&mut nurse, "The hospital has taken her", true).await;
    told.says("id=\"alert\"");
    told.says(open);
    told.says("href=\"#alert\"");
    // Looking in later, it stands above as ever, and is said no more.
    nurse.gets(&page).await.says_not(open);
}

#[tokio::test]
async fn who_does_not_read_for_the_center_is_not_told_that_they_do() {
    let house = House::new().await;
    let page = format!("/cases/{}", house.case_of("4826153").await);
    let places = house.app().system_desk().places().await.unwrap();
    let mut above = places.iter();
    let above = above.find(|place| place.kind == JurisdictionKind::Prefecture);
    let role = StaffRole::PrefectureOfficer;
    let mut officer = house.hires("pref@s.example", role, above.unwrap().id).await;
    let marks = "Opening this page marks all reports as read";
    for _ in 0..2 {
        let seen = officer.gets(&page).await;
        seen.says("The health center has not read it yet");
        seen.says_not(marks);
        seen.says_not("Opened just now for the first time");
    }
    let mut nurse = house.nurse().await;
    let seen = nurse.gets(&page).await;
    seen.says(marks);
    seen.says("Opened just now for the first time");
    let seen = officer.gets(&page).await;
    seen.says("Read since ");
    seen.says_not("The health center has not read it yet");
}
