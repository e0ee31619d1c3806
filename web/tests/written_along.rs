//! Whatever was being typed about a case while another center took it over goes along, in words, and only what was typed.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;
#[path = "support/typing.rs"]
mod typing;

use browser::{Browser, House, Page, reports};
use typing::{Filled, sends};

/// The other center takes a case over; tells its nurse.
async fn moves(house: &House, old: &mut Browser, case: &str) -> Browser {
    let mut new = house.nurse_of_another_center().await;
    let path = format!("/cases/{case}/transfer");
    let form = old.gets(&path).await;
    let (before, _) = form.html.split_once("よその見本保健所").unwrap();
    let center = before.rsplit("<option value=\"").next().unwrap();
    let center = center.split('"').next().unwrap();
    let mut offer = Filled::of(&form, &path);
    offer.types("center", center);
    offer.types("transfer_note", "moved");
    assert_eq!(sends(old, &path, &offer).await.status, 303);
    let offer = format!("/transfers/{}", form.hidden("key"));
    let accepted = new.posts(&offer, &[("answer", "accept")]).await;
    assert_eq!(accepted.to, format!("/cases/{case}?done=accepted"));
    new
}

/// The page says who follows the person now, and each of the words stands on it and in the record there.
async fn goes_along(told: &Page, new: &mut Browser, case: &str, words: &[&str]) -> Page {
    assert_eq!(told.status, 200, "{words:?} {} {}", told.to, told.html);
    told.says("Followed by another center now");
    told.says("よその見本保健所");
    let record = new.gets(&format!("/cases/{case}")).await;
    for words in words {
        told.says(words);
        record.says(words);
    }
    record
}

/// What the old center typed, as its page repeats it.
fn repeated(told: &Page) -> &str {
    let (_, rest) = told.html.split_once("<p class=\"said\">").unwrap();
    rest.split("</p>").next().unwrap()
}

#[tokio::test]
async fn no_form_about_a_case_that_changed_hands_loses_its_words() {
    let house = House::new().await;
    let mut old = house.nurse().await;
    let case = house.case_of("4826153").await;
    let report = reports(&mut old, &case).await;
    let wrong = format!("/history/{case}/{report}/wrong");
    let marked = house
        .family()
        .await
        .posts(&wrong, &[("why", "mistyped")])
        .await;
    assert_eq!(marked.status, 303, "{}", marked.html);
    let other = house.case_of("9047316").await;
    let at = |end: &str| format!("/cases/{case}/{end}");
    let correct = at(&format!("reports/{report}/correct"));
    let task = old.gets("/tasks").await.form_that_begins_with("/tasks/");
    let note = format!("note-{}", task.split('/').nth(2).unwrap());

    // Each form as it stood before, with what is typed, and what must be readable of it.
    type Typed<'a> = (&'a str, &'a [(&'a str, &'a str)]);
    let forms: [(String, String, Typed<'_>, &[&str]); 12] = [
        (
            at("contact"),
            at("contact"),
            (
                "A close contact of this person was being registered",
                &[
                    ("name", "高橋 みどり"),
                    ("birthdate", "1990-04-12"),
                    ("diagnosed_on", "2026-11-20"),
                    ("language", "ko"),
                ],
            ),
            &[
                "高橋 みどり",
                "Day of the last contact: 2026-11-20",
                "한국어",
            ],
        ),
        (
            correct.clone(),
            correct,
            (
                "A report was being corrected",
                &[("temperature", "36.9"), ("reason", "She misread it")],
            ),
            &[": 36.9", "She misread it"],
        ),
        (
            at("hersys-id"),
            at("hersys-id"),
            (
                "The HER-SYS ID was being taken back",
                &[("reason", "The letter went next door"), ("detach", "yes")],
            ),
            &["The letter went next door", "It is somebody else"],
        ),
        (
            format!("/cases/{case}"),
            at("passport"),
            (
                "The passport number was being changed",
                &[("passport_number", "TR1234567")],
            ),
            &["TR1234567"],
        ),
        (
            at(&format!("merge?with={other}")),
            at("merge"),
            (
                "Two records were being made one",
                &[("reason", "The same fax twice")],
            ),
            &["The same fax twice"],
        ),
        (
            format!("/cases/{other}/merge?with={case}"),
            format!("/cases/{other}/merge"),
            (
                "Two records were being made one",
                &[("reason", "The fax came twice")],
            ),
            &["The fax came twice"],
        ),
        (
            at("hold"),
            at("hold"),
            (
                "The record was to be kept longer",
                &[("reason", "Request for disclosure 12-345")],
            ),
            &["Request for disclosure 12-345"],
        ),
        (
            at("transfer"),
            at("transfer"),
            (
                "this offer was not made",
                &[("transfer_note", "He moves to his sister")],
            ),
            &["He moves to his sister"],
        ),
        (
            at("release"),
            at("release"),
            (
                "A release was being thought over",
                &[
                    ("improved_at", "2026-11-21T08:00"),
                    ("negative_tests", "2026-11-22"),
                ],
            ),
            &["2026-11-21 08:00", "2026-11-22"],
        ),
        (
            at("person"),
            at("person"),
            (
                "The record was being corrected",
                &[("phone", "09055554444"), ("reason", "Her new phone")],
            ),
            &["09055554444", "Her new phone"],
        ),
        (
            at("merge"),
            at("merge"),
            (
                "Two records were being made one",
                &[("hersys_id", "9047316")],
            ),
            &["9047316"],
        ),
        (
            "/tasks".to_owned(),
            task,
            (
                "A task about this person was being ended",
                &[(&note, "Phoned her about it")],
            ),
            &["Phoned her about it"],
        ),
    ];
    let mut filled = Vec::new();
    for (page, action, (done, typed), words) in &forms {
        let shown = old.gets(page).await;
        let mut form = Filled::of(&shown, action);
        for (name, value) in *typed {
            form.types(name, value);
        }
        filled.push((action, form, *done, *words));
    }
    let page = old.gets(&format!("/cases/{case}")).await;
    let (_, rest) = page.html.split_once("<h1><bdi>").unwrap();
    let name = rest.split('<').next().unwrap().to_owned();
    let mut new = moves(&house, &mut old, &case).await;

    for (action, form, done, words) in &filled {
        // Only the latest answers of a browser are kept for reading again: the clock must tell which those are.
        house.clock.advance(jiff::SignedDuration::from_secs(1));
        let told = sends(&mut old, action, form).await;
        goes_along(&told, &mut new, &case, &[&[*done], *words].concat()).await;
        // What stood on the form and was left as it was is no word of whoever sent it.
        told.says_not(&name);
        assert!(!repeated(&told).contains("nothing\n"), "{}", told.html);
    }
    house.clock.advance(jiff::SignedDuration::from_secs(1));
    // The contact's form was filled with the phone of the household.
    let (action, form, ..) = &filled[0];
    let told = sends(&mut old, action, form).await;
    assert!(!repeated(&told).contains("Phone"), "{}", told.html);
    let record = new.gets(&format!("/cases/{case}")).await;
    assert_eq!(record.html.matches("高橋 みどり").count(), 1);
    // Of the report, only the one answer that was changed.
    let (action, form, ..) = &filled[1];
    let told = sends(&mut old, action, form).await;
    let lines: Vec<&str> = repeated(&told).lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    // The task is the new center's to end.
    new.gets("/tasks").await.says(&note);

    // A button pressed under which nothing was typed says who follows the person now, and leaves no note.
    let notes = |record: Page| record.html.matches("class=\"said\"").count();
    let before = notes(new.gets(&format!("/cases/{case}")).await);
    let nothing = Filled::of(&page, &at("passport"));
    let told = sends(&mut old, &at("passport"), &nothing).await;
    assert_eq!(told.status, 200, "{}", told.html);
    told.says("Nothing was typed here that had to go along");
    let after = notes(new.gets(&format!("/cases/{case}")).await);
    assert_eq!(after, before);
}

#[tokio::test]
async fn that_a_contact_fell_ill_goes_along() {
    let house = House::new().await;
    let mut old = house.nurse().await;
    let source = house.case_of("6154290").await;
    let path = format!("/cases/{source}/contact");
    let mut form = Filled::of(&old.gets(&path).await, &path);
    for (name, value) in [
        ("name", "高橋 みどり"),
        ("birthdate", "1990-04-12"),
        ("phone", "09033332222"),
        ("diagnosed_on", "2026-11-20"),
    ] {
        form.types(name, value);
    }
    let saved = sends(&mut old, &path, &form).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let contact = saved.to.split(['/', '?']).nth(2).unwrap().to_owned();
    let page = format!("/cases/{contact}");
    let path = format!("{page}/fell-ill");
    let mut form = Filled::of(&old.gets(&page).await, &path);
    form.types("ill_onset_on", "2026-11-21");
    form.types("ill_diagnosed_on", "2026-11-22");
    let mut new = moves(&house, &mut old, &contact).await;
    let told = sends(&mut old, &path, &form).await;
    let words = [
        "That this contact has fallen ill was being noted, and is not noted",
        "Date of onset: 2026-11-21",
        "Date of diagnosis: 2026-11-22",
    ];
    goes_along(&told, &mut new, &contact, &words).await;
    told.says_not("高橋");
}

#[tokio::test]
async fn a_correction_that_goes_along_names_only_what_was_on_the_form() {
    let house = House::new().await;
    let mut old = house.nurse().await;
    let case = house.case_of("6154290").await;
    let path = format!("/cases/{case}/person");
    let mut form = Filled::of(&old.gets(&path).await, &path);
    form.types("phone", "09055554444");
    form.types("reason", "Her new phone");
    let mut new = moves(&house, &mut old, &case).await;
    let told = sends(&mut old, &path, &form).await;
    goes_along(&told, &mut new, &case, &["Her new phone"]).await;
    let lines: Vec<&str> = repeated(&told).lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
}

#[tokio::test]
async fn a_contact_whose_chosen_record_changed_hands_is_typed_once() {
    let house = House::new().await;
    let mut old = house.nurse().await;
    let source = house.case_of("6154290").await;
    let known = house.case_of("9047316").await;
    let path = format!("/cases/{source}/contact");
    let mut form = Filled::of(&old.gets(&path).await, &path);
    for (name, value) in [
        ("name", "高橋 みどり"),
        ("birthdate", "1990-04-12"),
        ("phone", "09033332222"),
        ("diagnosed_on", "2026-11-20"),
        ("same_as", &known),
    ] {
        form.types(name, value);
    }
    moves(&house, &mut old, &known).await;
    let told = sends(&mut old, &path, &form).await;
    assert_eq!(told.status, 200, "{}", told.html);
    told.says("the person whom you chose from the list is followed by another center now");
    told.says("高橋 みどり");
    told.says("2026-11-20");
}

#[tokio::test]
async fn why_a_merged_record_was_to_come_apart_goes_along_with_both() {
    let house = House::new().await;
    let mut old = house.nurse().await;
    let kept = house.case_of("9047316").await;
    let merged = house.case_of("3518724").await;
    let path = format!("/cases/{kept}/merge");
    let shown = old.gets(&format!("{path}?with={merged}")).await;
    let mut form = Filled::of(&shown, &path);
    form.types("kept", &kept);
    form.types("reason", "the same phone");
    let done = sends(&mut old, &path, &form).await;
    assert_eq!(done.to, format!("/cases/{kept}?done=merged"));

    let page = format!("/cases/{merged}");
    let path = format!("{page}/unmerge");
    let mut form = Filled::of(&old.gets(&page).await, &path);
    form.types("reason", "They are sisters");
    let mut new = moves(&house, &mut old, &kept).await;
    let told = sends(&mut old, &path, &form).await;
    let words = ["were being taken apart", "They are sisters"];
    goes_along(&told, &mut new, &kept, &words).await;
}
