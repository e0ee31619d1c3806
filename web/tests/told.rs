//! What pages tell whoever looks: a family whose follow-up is over or who lost somebody, a nurse with an old brochure in
//! her hands, whoever asks on what a release rested, who notifies, and the first one at an empty center.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use browser::{Browser, House, reports};
use domain::staff_role::StaffRole;

/// Decides where a person is.
async fn is_now(nurse: &mut Browser, case: &str, status: &str) {
    let page = nurse.gets(&format!("/cases/{case}")).await;
    let (_, form) = page.html.split_once("/monitoring\"").unwrap();
    let form = browser::Page {
        again: String::new(),
        status: 200,
        html: form.to_owned(),
        to: String::new(),
    };
    let version = form.hidden("version");
    let fields = [
        ("version", version.as_str()),
        ("status", status),
        ("reason", "Told by the hospital"),
    ];
    let path = format!("/cases/{case}/monitoring");
    let mut done = nurse.posts(&path, &fields).await;
    if done.html.contains("name=\"alert_seen\"") {
        let seen = done.hidden("alert_seen");
        let mut fields = fields.to_vec();
        fields.extend([("open_alert", "leave"), ("alert_seen", &seen)]);
        done = nurse.posts(&path, &fields).await;
    }
    assert!(done.to.contains("done=followed"), "{}", done.html);
}

/// Releases a person.
async fn releases(nurse: &mut Browser, case: &str) {
    let path = format!("/cases/{case}/release");
    let version = nurse.gets(&path).await.hidden("version");
    let fields = [
        ("version", version.as_str()),
        ("improved_at", "2026-11-20T08:00"),
        ("reason", "No fever for three days"),
        ("release", "1"),
    ];
    let done = nurse.posts(&path, &fields).await;
    assert!(done.to.contains("done=followed"), "{}", done.html);
}

#[tokio::test]
async fn a_family_who_lost_somebody_is_left_in_peace() {
    let house = House::new().await;
    let (mut nurse, mut family) = (house.nurse().await, house.family().await);
    let hanako = house.case_of("4826153").await;
    let taro = house.case_of("7391604").await;
    // An alarming report of hers still waits when she dies.
    reports(&mut nurse, &hanako).await;
    family.gets("/").await.says("Do not wait for somebody");
    is_now(&mut nurse, &hanako, "died").await;
    // Whoever opens her page, or finds her, reads it first; nobody is led to ask how she is.
    let told = nurse.gets(&format!("/cases/{hanako}")).await;
    told.says("<strong>Died (noted on ");
    told.says_not("Enter a report");
    nurse.gets("/cases").await.says("<strong>Died (noted on ");
    let found = nurse.posts("/search", &[("search", "4826153")]).await;
    found.says("<strong>Died (noted on ");

    // Her brother is at home still: he alone is asked for.
    let home = family.gets("/").await;
    home.says("How are you today?");
    home.says_not("Do not wait for somebody");
    let (_, quiet) = home.html.split_once(&format!("quiet-{hanako}")).unwrap();
    assert!(quiet.contains("We ask for no more reports for"));
    assert!(quiet.contains("is there for you"));
    assert!(!quiet.contains("Not reported yet today"));
    let form = family.gets("/reports/new").await;
    form.says(&taro);
    form.says_not(&hanako);
    let asked = format!("/reports/new?member={hanako}");
    assert_eq!(family.gets(&asked).await.to, "/");
    let history = family.gets(&format!("/history?member={hanako}")).await;
    history.says_not("Do not wait for somebody");

    is_now(&mut nurse, &taro, "died").await;
    let home = family.gets("/").await;
    for word in ["How are you", "Not reported yet", "/reports/new"] {
        home.says_not(word);
    }
    home.says("Your family");
    home.says_not("danger-strip");
    assert_eq!(home.html.matches("We ask for no more reports").count(), 2);
    // Their center is named once.
    assert_eq!(home.html.matches("is there for you").count(), 1);
    assert_eq!(family.gets("/reports/new").await.to, "/");

    // It was a mistake: all is as it was.
    is_now(&mut nurse, &taro, "home").await;
    let home = family.gets("/").await;
    home.says("How are you today?");
    home.says("Not reported yet today");
}

#[tokio::test]
async fn whoever_is_released_reads_that_the_follow_up_is_over() {
    let house = House::new().await;
    let (mut nurse, mut family) = (house.nurse().await, house.family().await);
    for id in ["4826153", "7391604"] {
        releases(&mut nurse, &house.case_of(id).await).await;
    }
    let home = family.gets("/").await;
    home.says("The follow-up ended on 23 November 2026");
    home.says("If you get worse, call");
    home.says("class=\"contact\"");
    for word in ["How are you today?", "Not reported yet today"] {
        home.says_not(word);
    }
    // A report is possible all the same.
    let hanako = house.case_of("4826153").await;
    let form = family.gets(&format!("/reports/new?member={hanako}")).await;
    form.says("Status report for");
}

#[tokio::test]
async fn an_id_that_was_taken_back_says_where_it_led() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("6154290").await;
    let path = format!("/cases/{case}/hersys-id");
    let shown = nurse.gets(&path).await;
    let (version, seen) = (shown.hidden("version"), shown.hidden("seen"));
    let form = [
        ("version", version.as_str()),
        ("seen", seen.as_str()),
        ("reason", "sent to a wrong number"),
    ];
    let done = nurse.posts(&path, &form).await;
    assert!(done.to.ends_with("?done=reissued"), "{}", done.html);
    let found = nurse.posts("/search", &[("search", "6154290")]).await;
    found.says("6154290 was taken back on 23 November 2026");
    found.says(&format!("/cases/{case}\""));
    // Another center learns nothing, not even that it was one.
    let mut other = house.nurse_of_another_center().await;
    let found = other.posts("/search", &[("search", "6154290")]).await;
    found.says_not("taken back");
    found.says_not(&case);
}

#[tokio::test]
async fn a_release_keeps_in_words_on_what_it_rested() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    releases(&mut nurse, &case).await;
    let path = format!("/cases/{case}");
    let page = nurse.gets(&path).await;
    page.says("Released on 23 November 2026");
    page.says("The decision rested on this calculation");
    page.says("Day 0 is 17 November 2026");
    page.says("after the improvement of 20 November 2026 8:00");
    let written = |html: &str| {
        let (_, corrections) = html.split_once("id=\"corrections\"").unwrap();
        let (corrections, _) = corrections.split_once("</section>").unwrap();
        corrections.to_owned()
    };
    let corrections = written(&page.html);
    assert!(corrections.contains("Day 0 is"), "{corrections}");
    for code in ["<ins>20", "<del>20", ">released<", ">home<"] {
        assert!(!corrections.contains(code), "{code} in {corrections}");
    }
    // Open again: what was decided once stays readable, and is not what holds.
    is_now(&mut nurse, &case, "home").await;
    let page = nurse.gets(&path).await;
    page.says_not("The decision rested on this calculation");
    assert!(written(&page.html).contains("Day 0 is"));

    // A day that is corrected is written out, too.
    let shown = nurse.gets(&format!("{path}/person")).await;
    let fields = [
        "name",
        "name_kana",
        "name_latin",
        "birthdate",
        "phone",
        "email",
        "language",
        "diagnosed_on",
        "onset_on",
        "entered_japan_on",
    ];
    let mut form: Vec<(String, String)> = fields
        .iter()
        .map(|name| ((*name).to_owned(), shown.hidden(&format!("was.{name}"))))
        .collect();
    for (name, value) in &mut form {
        if name == "onset_on" {
            *value = "2026-11-18".to_owned();
        }
    }
    form.push(("version".to_owned(), shown.hidden("version")));
    form.push(("reason".to_owned(), "she remembers".to_owned()));
    form.push(("days_are_right".to_owned(), "1".to_owned()));
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let done = nurse.posts(&format!("{path}/person"), &form).await;
    assert!(done.to.contains("done=person"), "{}", done.html);
    let page = nurse.gets(&path).await;
    page.says("<del>17 November 2026</del> → <ins>18 November 2026</ins>");
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
async fn a_word_that_was_typed_stays_when_the_page_is_read_in_another_language() {
    let house = House::new().await;
    let mut family = house.family().await;
    let case = house.case_of("4826153").await;
    let history = family.gets(&format!("/history?member={case}")).await;
    let wrong = history.link_that_ends_with("/wrong");
    let typed = [("why", "37.0 it was"), ("switch_language", "ja")];
    let page = family.posts(&wrong, &typed).await;
    page.says("間違い");
    page.says("37.0 it was");
    page.says_not("There is a problem");
    // Nothing was done yet: the same word is sent now.
    let marked = family.posts(&wrong, &[("why", "37.0 it was")]).await;
    assert!(marked.to.starts_with("/history?member="), "{}", marked.html);
}

#[tokio::test]
async fn of_somebody_who_is_ill_again_the_open_illness_is_asked_for() {
    let house = House::new().await;
    let (mut nurse, mut family) = (house.nurse().await, house.family().await);
    let hanako = house.case_of("4826153").await;
    let taro = house.case_of("7391604").await;
    releases(&mut nurse, &hanako).await;
    // She is over it and her brother is not: he stands first.
    let form = family.gets("/reports/new").await;
    let place = |id: &str| form.html.find(&format!("<option value=\"{id}\"")).unwrap();
    assert!(place(&taro) < place(&hanako));
}

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
    let version = browser::Page {
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
async fn a_release_says_what_is_wrong_with_the_moment_of_the_improvement() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    let path = format!("/cases/{case}/release");
    let version = nurse.gets(&path).await.hidden("version");
    for (moment, sentence) in [
        ("2026-12-24T08:00", "This moment has not come yet"),
        ("2020-01-01T08:00", "This is before the illness began"),
        ("soon", "Enter a date and a time, or nothing"),
    ] {
        let fields = [
            ("version", version.as_str()),
            ("improved_at", moment),
            ("reason", "No fever for three days"),
            ("release", "1"),
        ];
        let told = nurse.posts(&path, &fields).await;
        told.says(sentence);
        told.says(&format!("value=\"{moment}\""));
        told.says("No fever for three days");
    }
    for (days, sentence) in [
        (
            "2026-11-20 2026-12-24",
            "One of these days has not come yet",
        ),
        (
            "2020-01-01",
            "One of these days is before the illness began",
        ),
        ("soon", "Enter days such as"),
    ] {
        let fields = [
            ("version", version.as_str()),
            ("negative_tests", days),
            ("reason", "Twice negative"),
            ("release", "1"),
        ];
        let told = nurse.posts(&path, &fields).await;
        told.says(sentence);
        told.says(&format!("value=\"{days}\""));
        told.says("Twice negative");
    }
}

#[tokio::test]
async fn a_request_may_end_on_its_first_day_and_not_before() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    let path = format!("/cases/{case}/requests/new");
    let form = nurse.gets(&path).await;
    let (key, from) = (form.hidden("key"), "2026-11-24");
    let asks = |to| {
        [
            ("key", key.clone()),
            ("report", "1".to_owned()),
            ("from", from.to_owned()),
            ("to", to),
            ("reasons", "The fever rises".to_owned()),
        ]
    };
    for (to, is_fine) in [("2026-11-23", false), (from, true)] {
        let fields = asks(to.to_owned());
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let told = nurse.posts(&path, &fields).await;
        let sentence = "Choose the first day or a later one, at most 60 days after it";
        assert_eq!(!told.html.contains(sentence), is_fine, "{}", told.html);
        told.says("The fever rises");
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
    let ill = browser::Page {
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
    let line = browser::Page {
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
    let key = nurse.gets("/notifications/new?of=covid-19").await;
    let key = key.hidden("key");
    let notified = [
        ("key", key.as_str()),
        ("of", "covid-19"),
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
    let entered = nurse.posts("/notifications/new", &notified).await;
    assert_eq!(entered.status, 303, "{}", entered.html);
    let confirm = format!("/notifications/{key}/confirm");
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
async fn beyond_the_end_of_a_list_its_last_page_is_shown() {
    let house = House::new().await;
    house.family().await;
    house.case_of("4826153").await;
    let mut nurse = house.nurse().await;
    assert_eq!(nurse.gets("/cases?page=9999").await.to, "/cases?page=1");
    let list = nurse.gets("/?list=all&page=4").await;
    list.says("4826153");
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
