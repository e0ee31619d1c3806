//! Who works beside those who follow people: whoever answers the phone, whoever notified, whoever manages staff.

use crate::browser::{Browser, House};
use app::jurisdiction::{AddPlace, Place};
use domain::ids::JurisdictionId;
use domain::staff_role::{JurisdictionKind, StaffRole};

async fn first(house: &House, kind: JurisdictionKind) -> Place {
    let places = house.app().system_desk().places().await.unwrap();
    places.into_iter().find(|place| place.kind == kind).unwrap()
}

async fn adds(house: &House, below: &Place, kind: JurisdictionKind, name: &str) -> JurisdictionId {
    let desk = house.app().system_desk();
    let AddPlace::Added(place) = desk.add_place(below, kind, name).await.unwrap() else {
        panic!("not added")
    };
    place.id
}

#[tokio::test]
async fn whoever_answers_the_phone_leaves_word_and_reads_nothing() {
    let house = House::new().await;
    let center = first(&house, JurisdictionKind::HealthCenter).await;
    let mut clerk = house
        .hires("desk@s.example", StaffRole::Clerk, center.id)
        .await;
    let mut nurse = house.nurse().await;
    let case = format!("/cases/{}", house.case_of("4826153").await);
    nurse.gets(&case).await.says_not("Leave word");
    let page = clerk.gets(&case).await;
    page.says("Please call back");
    let key = page.hidden("key");
    let form = [
        ("key", key.as_str()),
        ("call_back_note", "Cannot climb the stairs"),
        ("worse", "1"),
    ];
    let left = clerk.posts(&format!("{case}/call-back"), &form).await;
    let to = format!("{case}?done=call-back-worse&at=call-back#call-back");
    assert_eq!(left.to, to);
    let page = clerk.gets(left.to.split('#').next().unwrap()).await;
    page.says("waits among the alerts");
    page.says("has been due since");
    page.says_not("Cannot climb the stairs");
    let page = nurse.gets(&case).await;
    page.says("Cannot climb the stairs");
    page.says("Rang the center: gets worse, asks for a call");
    nurse
        .gets("/")
        .await
        .says("Rang, and asks to be called back");
    let long = "a".repeat(2_001);
    let form = [("key", key.as_str()), ("call_back_note", long.as_str())];
    let refused = clerk.posts(&format!("{case}/call-back"), &form).await;
    refused.says("This is too long");
}

#[tokio::test]
async fn whoever_notified_asks_for_a_correction_and_reads_the_answer() {
    let house = House::new().await;
    let center = first(&house, JurisdictionKind::HealthCenter).await;
    let kind = JurisdictionKind::MedicalInstitution;
    let place = adds(&house, &center, kind, "Harbour Clinic").await;
    let role = StaffRole::MedicalInstitution;
    let mut clinic = house.hires("clinic@s.example", role, place).await;
    let mut clerk = house
        .hires("desk@s.example", StaffRole::Clerk, center.id)
        .await;
    let key = clinic.gets("/notifications/new").await.hidden("key");
    let answers = [
        ("key", key.as_str()),
        ("looked", "1"),
        ("n_name", "見本 訂正"),
        ("n_sex", "male"),
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
        ("n_institution_name", "Harbour Clinic"),
        ("n_physician_name", "見本 医師"),
    ];
    let entered = clinic.posts("/notifications/new", &answers).await;
    assert_eq!(entered.status, 303, "{}", entered.html);
    let page = format!("/notifications/{key}");
    clinic
        .gets(&page)
        .await
        .says_not("Ask the health center to");
    let form = [("version", "1"), ("another", "1")];
    let confirmed = clerk.posts(&format!("{page}/confirm"), &form).await;
    assert_eq!(confirmed.status, 303, "{}", confirmed.html);
    let case = confirmed.to.split('?').next().unwrap().to_owned();

    // The way to correct it leads to where it is asked for, with whom to call.
    let led = clinic.asks_for(&format!("{page}/correct")).await;
    assert_eq!(led.to, format!("{page}?done=not-corrected"));
    let told = clinic.gets(&led.to).await;
    told.says("It is confirmed already and cannot be corrected here any more");
    told.says("Ask the health center to correct or withdraw it");
    told.says("The health center that answers for the person");
    told.says("class=\"phone\" href=\"tel:");
    let ask = format!("{page}/ask");
    let nothing = clinic.posts(&ask, &[("amend", " ")]).await;
    nothing.says("Write what is wrong, in at most 2,000 characters");
    let asked = clinic.posts(&ask, &[("amend", "Born on 2 February")]).await;
    assert_eq!(asked.to, format!("{page}?done=asked"));
    let told = clinic.gets(&asked.to).await;
    told.says("Asked, not done yet");
    told.says("Born on 2 February");

    clerk
        .gets("/")
        .await
        .says("A confirmed notification is to be corrected or withdrawn");
    let at_the_center = clerk.gets(&page).await;
    at_the_center.says("Asked, not done yet</strong> – <a href=\"/tasks\">");
    let tasks = clerk.gets("/tasks").await;
    tasks.says("Born on 2 February");
    tasks.says(&format!("href=\"{case}\""));
    let task = tasks.form_that_begins_with("/tasks/");
    let note = format!("note-{}", task.rsplit('/').next().unwrap());
    let done = clerk
        .posts(&task, &[(note.as_str(), "Corrected, thank you")])
        .await;
    assert_eq!(done.to, "/tasks?done=done");
    let told = clinic.gets(&page).await;
    told.says("Done on ");
    told.says("Corrected, thank you");
}

/// What a page's link to somebody leads to.
fn one_of(page: &crate::browser::Page, name: &str) -> String {
    let (before, _) = page.html.split_once(&format!(">{name}</h2>")).unwrap();
    let (_, id) = before.rsplit_once("id=\"s-").unwrap();
    format!("/staff/{}", id.trim_end_matches('"'))
}

async fn invites(officer: &mut Browser, role: &str) -> crate::browser::Page {
    let form = [
        ("staff_name", "Lent Nurse"),
        ("email", "lent@s.example"),
        ("staff_role", role),
    ];
    officer.posts("/staff", &form).await
}

#[tokio::test]
async fn an_officer_withdraws_an_invitation_and_moves_a_nurse() {
    let house = House::new().await;
    let center = first(&house, JurisdictionKind::HealthCenter).await;
    let prefecture = first(&house, JurisdictionKind::Prefecture).await;
    let kind = JurisdictionKind::HealthCenter;
    let north = adds(&house, &prefecture, kind, "North Sample Center").await;
    let role = StaffRole::PrefectureOfficer;
    let mut officer = house.hires("pref@s.example", role, prefecture.id).await;
    let at = |place: JurisdictionId| format!("nurse@{place}");
    assert_eq!(
        invites(&mut officer, &at(center.id)).await.to,
        "/staff?done=invited"
    );
    let found = officer.posts("/staff/search", &[("search", "Lent")]).await;
    let lent = one_of(&found, "Lent Nurse");
    found.says("invited, no password yet");
    let withdraw = format!("{lent}/withdraw");
    found.says(&format!("href=\"{withdraw}\""));
    officer
        .gets(&withdraw)
        .await
        .says("You can invite the same address again");
    let id = lent.rsplit('/').next().unwrap();
    let withdrawn = officer.posts(&withdraw, &[]).await;
    assert_eq!(withdrawn.to, format!("/staff?done=withdrawn&of={id}"));
    let list = officer.gets(&withdrawn.to).await;
    list.says("The invitation is withdrawn.");
    list.says("shut out; no link waits");
    list.says("invite the address again: a new link goes out with it");
    assert_eq!(
        officer.asks_for(&withdraw).await.to,
        format!("/staff?of={id}")
    );

    // Somebody who works: the address leads to where she is given another place.
    house
        .hires("lent2@s.example", StaffRole::Nurse, center.id)
        .await;
    let form = [
        ("staff_name", "Twice"),
        ("email", "lent2@s.example"),
        ("staff_role", &at(north)),
    ];
    let taken = officer.posts("/staff", &form).await;
    taken.says("Somebody with this address is staff already");
    taken.says("(Nurse)");
    let page = taken.link_that_begins_with("/staff/");
    let one = officer.gets(&page).await;
    one.says("North Sample Center");
    let version = one.hidden("version");
    let unsaid = officer
        .posts(&page, &[("version", &version), ("role", "")])
        .await;
    unsaid.says("Choose a role");
    let to = at(north);
    let form = [("version", version.as_str()), ("role", to.as_str())];
    let moved = officer.posts(&page, &form).await;
    assert!(
        moved.to.starts_with("/staff?done=moved&of="),
        "{}",
        moved.to
    );
    officer
        .gets(&moved.to)
        .await
        .says("is signed out, and signs in anew");
    // Whoever is below one place only reads whom to ask, and not where she is.
    let mut admin = house
        .hires("admin@s.example", StaffRole::Administrator, center.id)
        .await;
    let form = [
        ("staff_name", "Twice"),
        ("email", "lent2@s.example"),
        ("staff_role", &at(center.id)),
    ];
    let taken = admin.posts("/staff", &form).await;
    taken.says("Ask your prefecture, or the operator of this system");
    taken.says_not("North Sample Center");
    assert_eq!(admin.gets(&page).await.status, 404);
    // What she did there stays to be read, and not where she went.
    let list = admin.gets("/staff").await;
    list.says("Staff who were here before");
    let log = format!("{page}/audit");
    list.says(&format!("href=\"{log}\""));
    let log = admin.gets(&log).await;
    log.says("signed in");
    log.says("What was done at other places is not shown");
    log.says_not("North Sample Center");
    let list = officer.gets("/staff").await;
    list.says_not("Staff who were here before");
    // Nothing is reset of somebody who was shut out since the page was opened, nor of oneself.
    let reset = format!("{page}/reset");
    officer
        .gets(&reset)
        .await
        .says("The password and the second factor stop working");
    let version = officer.gets(&page).await.hidden("version");
    let form = [
        ("version", version.as_str()),
        ("role", to.as_str()),
        ("shut_out", "1"),
    ];
    let out = officer.posts(&page, &form).await;
    assert!(out.to.starts_with("/staff?done=changed"), "{}", out.to);
    let refused = officer.posts(&reset, &[]).await;
    assert!(
        refused.to.starts_with("/staff?done=meanwhile"),
        "{}",
        refused.to
    );
    let asked = officer.asks_for(&reset).await;
    assert!(asked.to.starts_with("/staff?of="), "{}", asked.to);
}
