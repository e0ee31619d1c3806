//! An empty center, offers between centers, places that close, and mails to staff.

use crate::browser::{Browser, House, reports};
use domain::staff_role::StaffRole;

#[tokio::test]
async fn an_empty_center_says_what_comes_first() {
    let house = House::new().await;
    house
        .nurse()
        .await
        .gets("/")
        .await
        .says_not("What comes first");
    let mut first = house.nurse_of_another_center().await;
    let page = first.gets("/").await;
    page.says("What comes first");
    for address in ["\"/center\"", "\"/staff\"", "\"/cases/new\"", "\"/import\""] {
        let (_, steps) = page.html.split_once("id=\"first-steps\"").unwrap();
        assert!(steps.contains(&format!("href={address}")), "{address}");
    }
    page.says_not("<strong class=\"done\">Done");

    let shown = first.gets("/center").await;
    let seen = shown.hidden("seen");
    let form = [("seen", seen.as_str()), ("phone", "03-1111-2222")];
    assert_eq!(first.posts("/center", &form).await.to, "/center?done=saved");
    let page = first.gets("/").await;
    assert_eq!(page.html.matches("<strong class=\"done\">Done").count(), 1);

    let case = [
        ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c01"),
        ("name", "見本 春"),
        ("birthdate", "1990-01-02"),
        ("phone", "09012349999"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-22"),
    ];
    let done = first.posts("/cases/new", &case).await;
    assert!(
        done.to.contains("done=registered"),
        "{} {}",
        done.to,
        done.html
    );
    first.gets("/").await.says_not("What comes first");
}

#[tokio::test]
async fn mails_to_staff_come_in_the_language_that_they_read() {
    let house = House::new().await;
    let places = house.app().system_desk().places().await.unwrap();
    let center = places.iter().find(|place| place.name.contains("みなと"));
    let email = "reads-english@sample.example";
    // Her browser speaks English, and she chose nothing.
    house
        .hires(email, StaffRole::Nurse, center.unwrap().id)
        .await;
    // The administrator reads Japanese, and sends her a link.
    let mut administrator = house.nurse().await;
    let staff = administrator.gets("/staff?lang=ja").await;
    let (_, line) = staff.html.split_once(email).unwrap();
    let reset = line.split("href=\"/staff/").nth(1).unwrap();
    let reset = format!("/staff/{}", reset.split('"').next().unwrap());
    let done = administrator.posts(&reset, &[]).await;
    assert!(done.to.starts_with("/staff?done=reset"), "{}", done.to);
    let outbox = house.app().outbox();
    while house.app().system_desk().send_due().await.unwrap() > 0 {}
    let mails = outbox.landed().await.unwrap();
    let to_her = mails.iter().find(|mail| mail.content.contains(email));
    let mail = &to_her.unwrap().content;
    assert!(mail.contains("Choose a new password"), "{mail}");
}

#[tokio::test]
async fn whoever_is_offered_somebody_reads_in_the_line_that_an_alert_is_open() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let mut other = house.nurse_of_another_center().await;
    let offers = async |nurse: &mut Browser, case: &str| {
        let path = format!("/cases/{case}/transfer");
        let form = nurse.gets(&path).await;
        let (before, _) = form.html.split_once("よその見本保健所").unwrap();
        let center = before.rsplit("<option value=\"").next().unwrap();
        let fields = [
            ("key", &*form.hidden("key")),
            ("center", center.split('"').next().unwrap()),
            ("transfer_note", "moved"),
        ];
        assert_eq!(nurse.posts(&path, &fields).await.status, 303);
    };
    offers(&mut nurse, &house.case_of("7391604").await).await;
    for page in ["/", "/transfers"] {
        other.gets(page).await.says_not("An alert is open.");
    }
    let hanako = house.case_of("4826153").await;
    reports(&mut nurse, &hanako).await;
    offers(&mut nurse, &hanako).await;
    for (page, line) in [
        ("/", "<li class=\"level\">"),
        ("/transfers", "<p class=\"level\">"),
    ] {
        let list = other.gets(page).await;
        list.says(line);
        assert_eq!(list.html.matches("An alert is open.").count(), 1, "{page}");
        let own = nurse.gets(page).await;
        assert_eq!(own.html.matches("An alert is open.").count(), 1, "{page}");
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_closed_says_who_stands_in_the_way() {
    let house = House::new().await;
    let mut administrator = house.nurse().await;
    let places = house.app().system_desk().places().await.unwrap();
    let center = places.iter().find(|place| place.name.contains("みなと"));
    let below = center.unwrap().id.to_string();
    let fields = [("place_name", "Harbour clinic"), ("below", below.as_str())];
    let added = administrator.posts("/places", &fields).await;
    assert_eq!(added.to, "/places?done=added", "{}", added.html);
    let in_the_way = format!("/places/{below}/close");
    let told = administrator.posts(&in_the_way, &[]).await;
    told.says("Harbour clinic");
    told.says("Close those first");
    let places = house.app().system_desk().places().await.unwrap();
    let clinic = places.iter().find(|place| place.name == "Harbour clinic");
    let clinic = clinic.unwrap().id;
    let email = "harbour@sample.example";
    house
        .hires(email, StaffRole::MedicalInstitution, clinic)
        .await;
    let close = format!("/places/{clinic}/close");
    let told = administrator.posts(&close, &[]).await;
    told.says("These people can come in here: medical_institution.");
    told.says("Shut them out on the page Staff first");
    let page = administrator.gets("/staff").await;
    let (_, line) = page.html.split_once(email).unwrap();
    let line = crate::browser::Page {
        again: String::new(),
        status: 200,
        html: line.to_owned(),
        to: String::new(),
    };
    let version = line.hidden("version");
    let form = line.form_that_begins_with("/staff/");
    let fields = [
        ("version", version.as_str()),
        ("role", "medical_institution"),
        ("shut_out", "1"),
    ];
    let changed = administrator.posts(&form, &fields).await;
    let to = &changed.to;
    assert!(
        to.starts_with("/staff?done=changed"),
        "{to}: {}",
        changed.html
    );
    let closed = administrator.posts(&close, &[]).await;
    assert_eq!(closed.to, "/places?done=closed", "{}", closed.html);
    let listed = administrator.gets("/staff").await;
    listed.says("a place that is closed");
    // Letting somebody in there is refused with what to do.
    let version = (version.parse::<i32>().unwrap() + 1).to_string();
    let fields = [
        ("version", version.as_str()),
        ("role", "medical_institution"),
    ];
    let refused = administrator.posts(&form, &fields).await;
    administrator
        .gets(&refused.to)
        .await
        .says("Adding a place of the same name where it stood opens it again");
}

#[tokio::test]
async fn a_center_that_is_renamed_is_called_so_by_readers_of_each_language() {
    use app::jurisdiction::AddPlace;
    use domain::staff_role::JurisdictionKind;
    let house = House::new().await;
    let mut administrator = house.nurse().await;
    let desk = house.app().system_desk();
    let places = desk.places().await.unwrap();
    let center = places.iter().find(|place| place.name.contains("みなと"));
    let path = format!("/places/{}", center.unwrap().id);
    let page = administrator.gets(&path).await;
    page.says("Name in Japanese");
    page.says("Name in English");
    let typed = |name: &'static str| {
        [
            ("place_name", name),
            ("name_ja", ""),
            ("name_en", "Central Sample Center"),
        ]
    };
    let done = administrator.posts(&path, &typed("中央見本保健所")).await;
    assert_eq!(done.to, "/places?done=renamed", "{}", done.html);
    let listed = administrator.gets("/places?lang=ja").await;
    listed.says("中央見本保健所");
    let listed = administrator.gets("/places?lang=en").await;
    listed.says("Central Sample Center");
    // Who has a name that is refused is told, and what was typed stays.
    let nation = &places[0];
    let kind = JurisdictionKind::Prefecture;
    let added = desk.add_place(nation, kind, "Western Prefecture").await;
    let AddPlace::Added(west) = added.unwrap() else {
        panic!("not added")
    };
    let kind = JurisdictionKind::HealthCenter;
    desk.add_place(&west, kind, "東部保健所").await.unwrap();
    let refused = administrator.posts(&path, &typed("東部保健所")).await;
    refused.says("Western Prefecture has a health center of this name already");
    refused.says("Central Sample Center");
    let long = "x".repeat(101);
    let fields = [("place_name", "中央見本保健所"), ("name_en", long.as_str())];
    let refused = administrator.posts(&path, &fields).await;
    refused.says("Use at most 100 characters");
}
