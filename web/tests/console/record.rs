//! The page of a case: what is written on it, who sees it, what is printed of it.

use crate::browser::{self, Browser, House, Page, filled, reports};
use app::case_import::Meant;
use jiff::SignedDuration;

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
    async fn sends(nurse: &mut Browser, path: &str, form: [(String, String); 3]) -> Page {
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

/// A report that a nurse writes down, with a saturation.
async fn writes_down(nurse: &mut Browser, case: &str, spo2: &str) -> Page {
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
fn part<'a>(page: &'a Page, id: &str) -> &'a str {
    let from = page.html.split(&format!(" id=\"{id}\"")).nth(1).unwrap();
    from.split("</section>").next().unwrap()
}

/// Writes a call down with the form of a case's page; the page that it leads to.
async fn calls(nurse: &mut Browser, page: &Page, case: &str, outcome: &str) -> Page {
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

#[tokio::test]
async fn of_a_case_and_a_contact_the_case_is_kept_unless_somebody_chooses_otherwise() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("3518724").await;
    let path = format!("/cases/{}/contact", house.case_of("6154290").await);
    let key = nurse.gets(&path).await.hidden("key");
    let form = [
        ("key", key.as_str()),
        ("name", "高橋 みどり"),
        ("birthdate", "1990-04-12"),
        ("phone", "09033332222"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-18"),
    ];
    let noted = nurse.posts(&path, &form).await.to;
    let contact = noted.split('?').next().unwrap().rsplit('/').next().unwrap();
    for (one, other) in [(contact, case.as_str()), (case.as_str(), contact)] {
        let page = nurse
            .gets(&format!("/cases/{one}/merge?with={other}"))
            .await;
        page.says(&format!("value=\"{case}\" checked"));
        page.says_not(&format!("value=\"{contact}\" checked"));
        page.says("Whichever is kept is a case afterwards");
    }
    // Of two cases nothing is said of that.
    let other = house.case_of("9047316").await;
    let page = nurse
        .gets(&format!("/cases/{case}/merge?with={other}"))
        .await;
    page.says_not("Whichever is kept is a case afterwards");
    page.says("The name stays in the spellings that it has there");
}

#[tokio::test]
async fn an_address_is_called_so_once_where_two_records_are_compared() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    let other = house.case_of("9047316").await;
    let form = nurse.gets(&format!("/cases/{case}/person")).await;
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
        ("address", "見本県港町1-2-3"),
        ("whereabouts", "娘の家"),
        ("reason", "She phoned"),
    ];
    let saved = nurse.posts(&format!("/cases/{case}/person"), &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let page = nurse
        .gets(&format!("/cases/{case}/merge?with={other}"))
        .await;
    page.says("<td>見本県港町1-2-3 / Stays at: 娘の家</td>");
}

#[tokio::test]
async fn a_number_of_a_report_on_behalf_is_saved_only_by_a_button_that_says_so() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    let path = format!("/cases/{case}/reports/new");
    let form = nurse.gets(&path).await;
    async fn sends(nurse: &mut Browser, path: &str, form: Vec<(String, String)>) -> Page {
        let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        nurse.posts(path, &form).await
    }
    let wrong = [("channel", "phone"), ("temperature", "365")];
    let asked = sends(&mut nurse, &path, filled(&form, &wrong)).await;
    asked.says(">Yes, 36.5 °C: save</button>");
    let two = [&wrong[..], &[("spo2", "")]].concat();
    let asked = sends(&mut nurse, &path, filled(&form, &two)).await;
    asked.says(">Yes, 36.5 °C</button>");
    let only = asked.hidden("only_takes");
    let taken = [
        ("asked_temperature", "365"),
        ("take_temperature", "36.5"),
        ("only_takes", only.as_str()),
    ];
    let taken = [&wrong[..], &taken].concat();
    let told = sends(&mut nurse, &path, filled(&form, &taken)).await;
    told.says("The number is taken over. Nothing is saved yet.");
    told.says("value=\"36.5\"");
}

#[tokio::test]
async fn the_numbers_of_two_records_that_are_one_are_taken_back_together() {
    let house = House::new().await;
    let (mut nurse, mut family) = (house.nurse().await, house.family().await);
    let kept = house.case_of("9047316").await;
    let merged = house.case_of("4826153").await;
    browser::merges(&mut nurse, &kept, &merged).await;
    for case in [&merged, &kept] {
        let page = nurse.gets(&format!("/cases/{case}/hersys-id")).await;
        page.says("<span class=\"id\">9047316</span> <span class=\"id\">4826153</span>");
        page.says(
            "All their IDs lead nowhere from that moment, and each of the records gets a new one",
        );
        page.says("Somebody has signed up with this ID");
        page.says(&format!("action=\"/cases/{kept}/hersys-id\""));
    }
    let path = format!("/cases/{kept}/hersys-id");
    let shown = nurse.gets(&path).await;
    let (version, seen) = (shown.hidden("version"), shown.hidden("seen"));
    let mut form = vec![
        ("version", version.as_str()),
        ("seen", seen.as_str()),
        ("reason", "It is somebody else"),
    ];
    let asked = nurse.posts(&path, &form).await;
    asked.says("Say whether the account is the right person");
    form.push(("detach", "yes"));
    let done = nurse.posts(&path, &form).await;
    assert!(done.to.ends_with("?done=reissued"), "{}", done.html);
    let gone = family.gets(&format!("/history?member={merged}")).await;
    assert_eq!(gone.status, 404);
}
