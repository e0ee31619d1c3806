//! A nurse at her console, and a family at the portal beside it.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use app::case_import::Meant;
use app::staff::NewStaff;
use browser::{Browser, House, PASSWORD, reports};
use domain::staff_role::StaffRole;
use jiff::SignedDuration;

const CASE: [(&str, &str); 6] = [
    ("name", "見本 新太"),
    ("name_latin", "Mihon Arata"),
    ("birthdate", "S30.4.1"),
    ("phone", "０９０-１２３４-９９９９"),
    ("diagnosed_on", "2026-11-22"),
    ("passport_number", "tk 123-4567"),
];

/// The form as it was shown, with what a nurse types over it.
async fn registers(nurse: &mut Browser, key: &str, over: &[(&str, &str)]) -> browser::Page {
    let mut form: Vec<(&str, &str)> = vec![("key", key), ("language", "ja")];
    form.extend(
        CASE.iter()
            .filter(|(name, _)| !over.iter().any(|(n, _)| n == name)),
    );
    form.extend(over);
    nurse.posts("/cases/new", &form).await
}

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
async fn another_contact_typed_over_the_first_is_not_taken_for_the_first() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let path = format!("/cases/{}/contact", house.case_of("4826153").await);
    let key = nurse.gets(&path).await.hidden("key");
    let form = |key: &str, name: &str| {
        [
            ("key", key),
            ("name", name),
            ("birthdate", "1999-09-09"),
            ("phone", "09055556666"),
            ("language", "ja"),
            ("diagnosed_on", "2026-11-22"),
        ]
        .map(|(field, text)| (field.to_owned(), text.to_owned()))
    };
    let mut sends = async |key: &str, name: &str| {
        let form = form(key, name);
        let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        nurse.posts(&path, &form).await
    };
    let first = sends(&key, "見本 新太").await.to;
    assert!(first.ends_with("?done=registered"), "{first}");
    assert_eq!(sends(&key, "見本 新太").await.to, first);
    let other = sends(&key, "山中 次郎").await;
    other.says("This form has already registered 見本 新太");
    other.says("value=\"山中 次郎\"");
    assert_ne!(other.hidden("key"), key);
}

#[tokio::test]
async fn nobody_lifts_a_hold_that_they_have_not_seen() {
    let house = House::new().await;
    let (mut one, mut other) = (house.nurse().await, house.nurse().await);
    let path = format!("/cases/{}/hold", house.case_of("4826153").await);
    let form = |seen: &str, action: &'static str, reason: &'static str| {
        [("seen", seen), ("action", action), ("reason", reason)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    async fn sends(nurse: &mut Browser, path: &str, form: [(String, String); 3]) -> browser::Page {
        let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        nurse.posts(path, &form).await
    }
    let free = other.gets(&path).await.hidden("seen");
    let held = sends(&mut one, &path, form(&free, "hold", "A lawsuit")).await;
    assert!(held.to.ends_with("#keeping"), "{}", held.to);
    // Both held it; the second reads that theirs does not stand, and does not lose the words.
    let second = sends(&mut other, &path, form(&free, "hold", "An inquiry")).await;
    second.says("Somebody else has held this record");
    second.says("A lawsuit");
    second.says("An inquiry");
    let seen = one.gets(&path).await.hidden("seen");
    sends(&mut other, &path, form(&seen, "lift", "It is over")).await;
    let free = other.gets(&path).await.hidden("seen");
    sends(&mut other, &path, form(&free, "hold", "An inquiry")).await;
    let unseen = sends(&mut one, &path, form(&seen, "lift", "The lawsuit is over")).await;
    unseen.says("Somebody else has held this record");
    one.gets(&path).await.says("Lift the hold");
}

#[tokio::test]
async fn nothing_typed_is_lost_and_nothing_is_registered_twice() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let key = nurse.gets("/cases/new").await.hidden("key");

    let wrong = registers(
        &mut nurse,
        &key,
        &[("birthdate", "2099-01-01"), ("diagnosed_on", "")],
    )
    .await;
    wrong.says("The birthdate is in the future");
    wrong.says("Date of diagnosis: Enter the date");
    wrong.says("value=\"見本 新太\"");
    wrong.says("value=\"tk 123-4567\"");
    assert_eq!(wrong.hidden("key"), key);

    let first = registers(&mut nurse, &key, &[]).await.to;
    assert!(first.ends_with("?done=registered"), "{first}");
    assert_eq!(registers(&mut nurse, &key, &[]).await.to, first);
    nurse.gets("/cases").await.says("9 cases");

    // The same form with somebody else's data is neither swallowed nor taken for a repetition.
    let other = registers(&mut nurse, &key, &[("name", "見本 別人")]).await;
    other.says("This form has already registered Mihon Arata");
    other.says("value=\"見本 別人\"");
    nurse.gets("/cases").await.says("9 cases");
    // The reading and the birthdate are those of the first: is it the same person?
    let key = other.hidden("key");
    let alike = registers(&mut nurse, &key, &[("name", "見本 別人")]).await;
    alike.says("Is it one of these people?");
    nurse.gets("/cases").await.says("9 cases");
    let another = [("name", "見本 別人"), ("another", "1")];
    let second = registers(&mut nurse, &key, &another).await.to;
    assert_ne!(second, first);
    nurse.gets("/cases").await.says("10 cases");

    let page = nurse.gets(&first).await;
    page.says("TK1234567");
    page.says("1 April 1955");
    page.says("09012349999");
}

#[tokio::test]
async fn the_center_changes_a_passport_number_and_takes_it_away() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let path = format!("/cases/{}", house.case_of("6154290").await);
    let save = format!("{path}/passport");
    let wrong = nurse.posts(&save, &[("passport_number", "12-34!")]).await;
    wrong.says("The passport number has only the letters A to Z and digits");
    wrong.says("value=\"12-34!\"");
    let saved = nurse
        .posts(&save, &[("passport_number", "ｘｙ １２３４５")])
        .await;
    assert_eq!(saved.to, format!("{path}?done=passport"));
    nurse.gets(&path).await.says("XY12345");
    let gone = nurse.posts(&save, &[("passport_number", " ")]).await;
    assert_eq!(gone.to, format!("{path}?done=passport-removed"));
    nurse.gets(&path).await.says_not("XY12345");
}

#[tokio::test]
async fn a_person_sees_that_a_report_was_read_once_a_nurse_has_opened_it() {
    let house = House::new().await;
    let (mut family, mut nurse) = (house.family().await, house.nurse().await);
    let case = house.case_of("4826153").await;
    let history = format!("/history?member={case}");
    let unread = "has not read this report yet";
    family.gets(&history).await.says(unread);
    // Being on a list is not being read.
    nurse.gets("/cases").await.says("Mihon Hanako");
    nurse
        .posts("/search", &[("search", "みほん")])
        .await
        .says("Mihon Hanako");
    nurse.gets("/tasks").await;
    family.gets(&history).await.says(unread);
    nurse
        .gets(&format!("/cases/{case}"))
        .await
        .says("The cough keeps me awake.");
    let history = family.gets(&history).await;
    history.says_not(unread);
    history.says("Minato Sample Public Health Center read this report");
    // A report that staff entered names how it came; it may be a clinic's.
    history.says_not("Written down for you");
    reports(&mut nurse, &case).await;
    let history = family.gets(&format!("/history?member={case}")).await;
    history.says("Written down for you by staff (by phone)");
}

#[tokio::test]
async fn a_case_of_another_center_looks_like_one_that_does_not_exist() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let nobody = "01980000-0000-7000-8000-000000000000";
    let mut stranger = house.nurse_of_another_center().await;
    let foreign = stranger.gets(&format!("/cases/{case}")).await;
    let absent = stranger.gets(&format!("/cases/{nobody}")).await;
    assert_eq!((foreign.status, absent.status), (404, 404));
    assert_eq!(foreign.html.replace(&case, nobody), absent.html);
    let save = [("passport_number", "TK1234567")];
    assert_eq!(
        stranger
            .posts(&format!("/cases/{case}/passport"), &save)
            .await
            .status,
        404
    );
    for search in ["4826153", "Hanako", "見本"] {
        let found = stranger.posts("/search", &[("search", search)]).await;
        found.says("No case was found");
        found.says_not("Mihon");
    }
    stranger
        .gets("/cases")
        .await
        .says("No case is registered yet");
}

#[tokio::test]
async fn what_is_typed_while_the_session_locks_is_sent_after_unlocking() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    house.clock.advance(SignedDuration::from_mins(16));
    let path = format!("/cases/{case}/contacts");
    let form = [("outcome", "note"), ("note", "She <b>moved</b> & phoned")];
    let locked = nurse.posts(&path, &form).await;
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
        ("password", browser::PASSWORD),
    ];
    let resend = nurse.posts("/unlock", &right).await;
    assert_eq!(resend.form_that_begins_with("/cases/"), path);
    assert_eq!(resend.hidden("outcome"), "note");
    assert_eq!(nurse.posts(&path, &form).await.status, 303);
    nurse.gets(&format!("/cases/{case}")).await.says("moved");
}

#[tokio::test]
async fn a_report_marked_as_wrong_waits_until_somebody_writes_what_was_done() {
    let house = House::new().await;
    let (mut family, mut nurse) = (house.family().await, house.nurse().await);
    let case = house.case_of("4826153").await;
    let history = family.gets(&format!("/history?member={case}")).await;
    let wrong = history.link_that_ends_with("/wrong");
    family.posts(&wrong, &[("why", "It was <b>37.0</b>")]).await;
    nurse.gets("/").await.says("A report was marked as wrong");
    let tasks = nurse.gets("/tasks").await;
    tasks.says("A report was marked as wrong");
    // What a person typed is text, never part of the page.
    tasks.says_not("<b>37.0");
    let task = tasks.form_that_begins_with("/tasks/");
    let note = format!("note-{}", task.trim_start_matches("/tasks/"));
    nurse
        .posts(&task, &[(&note, "  ")])
        .await
        .says("Write in a few words what was done");
    assert_eq!(
        nurse.posts(&task, &[(&note, "Called, corrected")]).await.to,
        "/tasks?done=done"
    );
    // Whoever comes second is told, and keeps the words.
    let second = nurse.posts(&task, &[(&note, "Called again")]).await;
    second.says("has done this meanwhile");
    second.says("Called again");
    nurse
        .gets("/tasks")
        .await
        .says("There is nothing to be done");
}

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
async fn a_refused_registration_tells_the_nurse_what_the_person_was_not_told() {
    let house = House::new().await;
    let (mut family, mut nurse) = (house.family().await, house.nurse().await);
    let typed = [
        ("name", "Sample Student"),
        ("birth_year", "2003"),
        ("birth_month", "4"),
        ("birth_day", "3"),
        ("phone", "09012345606"),
        ("hersys_id", "8273059"),
    ];
    family.posts("/attributes", &typed).await;
    let refused = family.posts("/attributes/check", &[]).await;
    refused.says("You could not be registered with these details");
    refused.says_not("differs");
    let worklist = nurse.gets("/").await;
    worklist.says("Registrations that failed <span class=\"count\">1</span>");
    let tasks = nurse.gets("/tasks").await;
    tasks.says("A registration was refused");
    tasks.says("The birthdate differs");
    tasks.says_not("The name differs");
    tasks.says("2003 4 3");
}

#[tokio::test]
async fn an_address_that_was_closed_is_opened_again_by_a_nurse() {
    let house = House::new().await;
    let (mut guesser, mut nurse) = (house.portal(), house.nurse().await);
    let email = [("email", "guessed@sample.example")];
    let closed = "so it is closed";
    // Five wrong tries spend a code, and six codes a day are sent: a hundred take four days.
    for _ in 0..20 {
        guesser.posts("/sign-up", &email).await;
        for _ in 0..5 {
            guesser.posts("/sign-up/code", &[("code", "000000")]).await;
        }
        house.clock.advance(SignedDuration::from_hours(5));
    }
    guesser.posts("/sign-up", &email).await;
    guesser
        .posts("/sign-up/code", &[("code", "000000")])
        .await
        .says(closed);

    // Four days later she has to sign in again.
    assert_eq!(nurse.gets("/tasks").await.to, "/sign-in");
    nurse = house.nurse().await;
    let tasks = nurse.gets("/tasks").await;
    tasks.says("An e-mail address is closed");
    tasks.says("guessed@sample.example");
    let task = tasks.form_that_begins_with("/tasks/");
    let note = format!("note-{}", task.trim_start_matches("/tasks/"));
    nurse.posts(&task, &[(&note, "The owner called")]).await;
    house.clock.advance(SignedDuration::from_hours(5));
    guesser.posts("/sign-up", &email).await;
    guesser
        .posts("/sign-up/code", &[("code", "000000")])
        .await
        .says_not(closed);
}

#[tokio::test]
async fn a_brochure_is_printed_by_the_center_of_its_case_only() {
    let house = House::new().await;
    let path = format!("/cases/{}/brochure.pdf", house.case_of("4826153").await);
    let brochure = house.nurse().await.gets(&path).await;
    assert_eq!(brochure.status, 200);
    assert!(brochure.html.starts_with("%PDF-"));
    let foreign = house.nurse_of_another_center().await.gets(&path).await;
    assert_eq!(foreign.status, 404);
    foreign.says("There is no such page");
}

#[tokio::test]
async fn a_pile_of_brochures_comes_in_parts_that_hold_everybody() {
    let house = House::new().await;
    let desk = house.desk("nurse@sample.example").await;
    let people = app::brochure::MOST + 1;
    let mut file = app::case_import::HEADER.join(",");
    for at in 0..people {
        file.push_str(&format!(
            "\nPerson {at},,,1970-01-02,0312{at:06},en,2026-11-20,,,,"
        ));
    }
    let looked = desk
        .look_at_import(file.as_bytes(), domain::language::Language::En)
        .await;
    let Ok((draft, ..)) = looked.unwrap() else {
        panic!("refused");
    };
    let language = domain::language::Language::En;
    desk.import(draft, Meant::All, language).await.unwrap();
    let mut nurse = house.nurse().await;
    let page = nurse.gets(&format!("/import/{draft}")).await;
    page.says("Part 1 of 2: people 1 to 500 (Person 0 to Person 499)");
    page.says("Part 2 of 2: people 501 to 501 (Person 500 to Person 500)");
    let file = format!("/import/{draft}/brochures.pdf");
    let second = nurse.gets(&format!("{file}?part=2")).await;
    assert_eq!(second.status, 200);
    assert!(second.html.starts_with("%PDF"), "the last one alone");
    for part in ["3", "0", "x"] {
        assert_eq!(nurse.gets(&format!("{file}?part={part}")).await.status, 404);
    }
}

#[tokio::test]
async fn a_record_is_held_with_a_reason_and_the_term_is_set_on_a_page() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let mut nurse = house.nurse().await;
    let page = nurse.gets("/retention").await;
    page.says("Nothing is set, here or above");
    let typed = |days: &'static str| [("days", days), ("warn_days", "14"), ("valid_from", "")];
    let wrong = nurse.posts("/retention", &typed("7")).await;
    wrong.says("Enter a number of days from 31 to 36500");
    let set = nurse.posts("/retention", &typed("100")).await;
    assert_eq!(set.to, "/retention?done=saved");
    nurse
        .gets("/retention")
        .await
        .says("kept for 100 days after closing, announced 14 days before");
    let hold = format!("/cases/{case}/hold");
    nurse
        .posts(&hold, &[("action", "hold"), ("reason", " ")])
        .await
        .says("Write the reason");
    let held = [("action", "hold"), ("reason", "Inquiry 7 of the assembly")];
    let done = nurse.posts(&hold, &held).await;
    assert_eq!(done.to, format!("/cases/{case}#keeping"));
    let page = nurse.gets(&format!("/cases/{case}")).await;
    page.says("This record is held");
    page.says("Inquiry 7 of the assembly");
    nurse.gets(&hold).await.says("Lift the hold");
    let lifted = [("action", "lift"), ("reason", "The inquiry has ended")];
    assert_eq!(nurse.posts(&hold, &lifted).await.status, 303);
    let page = nurse.gets(&format!("/cases/{case}")).await;
    page.says_not("This record is held");
    page.says("The inquiry has ended");
    let mut other = house.nurse_of_another_center().await;
    assert_eq!(other.gets(&hold).await.status, 404);
    assert_eq!(other.posts(&hold, &held).await.status, 404);
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
    browser::reports(&mut nurse, &case).await;
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

/// A report that a nurse writes down, with a saturation.
async fn writes_down(nurse: &mut Browser, case: &str, spo2: &str) -> browser::Page {
    let path = format!("/cases/{case}/reports/new");
    let form = nurse.gets(&path).await;
    let mut report = vec![
        ("key".to_owned(), form.hidden("key")),
        ("temperature".to_owned(), "36.6".to_owned()),
        ("spo2".to_owned(), spo2.to_owned()),
        ("channel".to_owned(), "phone".to_owned()),
    ];
    for part in form.html.split("name=\"q_").skip(1) {
        let name = format!("q_{}", part.split('"').next().unwrap());
        report.push((name, "no".to_owned()));
    }
    let report: Vec<_> = report
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    nurse.posts(&path, &report).await
}

/// The part of a page that has an id.
fn part<'a>(page: &'a browser::Page, id: &str) -> &'a str {
    let from = page.html.split(&format!(" id=\"{id}\"")).nth(1).unwrap();
    from.split("</section>").next().unwrap()
}

/// Writes a call down with the form of a case's page; the page that it leads to.
async fn calls(
    nurse: &mut Browser,
    page: &browser::Page,
    case: &str,
    outcome: &str,
) -> browser::Page {
    let (key, to) = (page.hidden("key"), format!("/cases/{case}/contacts"));
    let call = [("key", key.as_str()), ("outcome", outcome)];
    let saved = nurse.posts(&to, &call).await.to;
    nurse.gets(&saved).await
}

#[tokio::test]
async fn what_was_saved_is_said_where_the_page_then_stands_and_an_alert_comes_first() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let mut nurse = house.nurse().await;

    // Somebody is well: the page stands at the report, and says there that it is saved.
    let saved = writes_down(&mut nurse, &case, "98").await.to;
    let place = saved.split('#').nth(1).unwrap().to_owned();
    assert!(place.starts_with("r-"), "{saved}");
    let page = nurse.gets(&saved).await;
    let card = part(&page, &place).split("</article>").next().unwrap();
    assert!(card.contains("The report is saved"), "{card}");
    assert_eq!(page.html.matches("The report is saved").count(), 1);

    // Somebody says on the phone that they hardly breathe: what is to be done is in sight, not the report's card below it.
    let saved = writes_down(&mut nurse, &case, "88").await.to;
    assert!(saved.ends_with("#alert"), "{saved}");
    let page = nurse.gets(&saved).await;
    let alert = part(&page, "alert");
    assert!(alert.contains("The report is saved"), "{alert}");
    assert!(alert.contains("/take\""), "{alert}");

    // A call that reached nobody: when the next one is due stands beside the calls.
    let page = calls(&mut nurse, &page, &case, "no_answer").await;
    let contacts = part(&page, "contacts");
    assert!(contacts.contains("The next call is due"), "{contacts}");
    // Where somebody else answers, they have what was sent to the number.
    let page = calls(&mut nurse, &page, &case, "wrong_number").await;
    let contacts = part(&page, "contacts");
    assert!(contacts.contains("somebody else has it"), "{contacts}");
    // An address with a part that is not there says it above all.
    let page = nurse
        .gets(&format!("/cases/{case}?done=called&at=nowhere"))
        .await;
    let above = page.html.split("<h1>").next().unwrap();
    assert!(above.contains("The next call is due"), "{above}");
}

#[tokio::test]
async fn people_of_one_name_are_told_apart_before_a_record_is_opened() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let key = nurse.gets("/cases/new").await.hidden("key");
    let first = registers(&mut nurse, &key, &[("name_kana", "ミホン アラタ")])
        .await
        .to;
    let key = nurse.gets("/cases/new").await.hidden("key");
    let baby = [("birthdate", "2026-08-01"), ("phone", "09012348888")];
    registers(&mut nurse, &key, &baby).await;
    let found = nurse.posts("/search", &[("search", "見本新太")]).await;
    for words in [
        "ミホン アラタ",
        "71 years, born 1 April 1955",
        "3 months, born 1 August 2026",
    ] {
        found.says(words);
    }
    // And whoever phones is asked for what stands beside the name, or found by it; at their own center only.
    nurse.gets(&first).await.says("71 years, born 1 April 1955");
    let found = nurse.posts("/search", &[("search", "S30.4.1")]).await;
    found.says("ミホン アラタ");
    let mut other = house.nurse_of_another_center().await;
    let found = other.posts("/search", &[("search", "S30.4.1")]).await;
    found.says("No case was found");
    let slip = nurse.posts("/search", &[("search", "7654321")]).await;
    slip.says("No case was found for this HER-SYS ID. One digit may be wrong");
}

#[tokio::test]
async fn somebody_who_is_registered_is_no_second_case_by_one_press() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let key = nurse.gets("/cases/new").await.hidden("key");
    let first = registers(&mut nurse, &key, &[]).await.to;
    let record = first.split('?').next().unwrap();

    // The same fax again: what comes first is the record that stands.
    let key = nurse.gets("/cases/new").await.hidden("key");
    let alike = registers(&mut nurse, &key, &[]).await;
    let from = alike.html.find("<article").unwrap();
    let (typed, standing) = alike.html.split_at(from);
    assert!(
        typed.contains("22 November 2026"),
        "the day of the illness is compared"
    );
    assert!(typed.contains("<button class=\"secondary\">It is another person"));
    let open = standing
        .find(&format!("<a class=\"button\" href=\"{record}\""))
        .unwrap();
    let further = standing.find("register a further illness").unwrap();
    assert!(open < further);
    // While the first illness is followed, a further one is said in so many words.
    assert!(standing[open..further].contains("required"), "{standing}");
    // Looked for as a double without an ID: that is what is missing, and no record.
    let merge = format!("{record}/merge");
    let nothing = nurse.posts(&merge, &[("hersys_id", " ")]).await;
    nothing.says("Enter the HER-SYS ID");
    let unknown = nurse.posts(&merge, &[("hersys_id", "7654321")]).await;
    unknown.says("No other record at your center has this HER-SYS ID");
}

#[tokio::test]
async fn an_address_that_was_filled_in_is_no_mistake_and_typing_goes_on_there() {
    let house = House::new().await;
    let mut clinic = house.nurse().await;
    let form = clinic.gets("/notifications/new").await;
    let typed = [
        ("key", form.hidden("key")),
        ("of", form.hidden("of")),
        ("n_name", "見本 一".to_owned()),
        ("n_postal_code", "１００-０００１".to_owned()),
        ("lookup", "1".to_owned()),
    ];
    let typed: Vec<_> = typed.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let filled = clinic.posts("/notifications/new", &typed).await;
    filled.says("value=\"東京都千代田区千代田\" autofocus");
    filled.says("<p class=\"notice\" role=\"status\">The address was filled in");
    filled.says_not("class=\"problems\"");
    assert_eq!(filled.html.matches("autofocus").count(), 1);
}

#[tokio::test]
async fn on_paper_a_person_has_what_stands_in_fields_on_the_screen() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let page = format!("/cases/{}", house.case_of("4826153").await);
    let seen = nurse.gets(&page).await;
    let version = part(&seen, "following")
        .split("name=\"version\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap();
    let decided = [
        ("version", version),
        ("status", "hotel"),
        ("risk_diabetes", "1"),
        ("following_next_call_at", "2026-11-24T09:30"),
    ];
    nurse.posts(&format!("{page}/monitoring"), &decided).await;
    let seen = nurse.gets(&page).await;
    let paper = part(&seen, "following").split("<form").next().unwrap();
    let paper = paper.split("class=\"paper\"").nth(1).unwrap();
    for words in ["hotel", "Diabetes", "24 November 2026"] {
        assert!(paper.contains(words), "{words}: {paper}");
    }
}

/// The boxes of a page by which somebody is chosen: the name, and who looks after them.
fn boxes(page: &browser::Page) -> Vec<(String, String)> {
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
async fn shares(who: &mut Browser, boxes: &[(String, String)], to: &str) -> browser::Page {
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
