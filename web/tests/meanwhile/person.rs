//! Two write about one person: corrections, risks, IDs, contacts.

use super::{sends_form, typed_over, version_of_following};
use crate::browser::{Browser, House, Page};
use crate::typing;
use crate::typing::Filled;
use jiff::SignedDuration;

pub const PERSON: [&str; 10] = [
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

#[tokio::test]
async fn two_who_correct_one_person_overwrite_nothing_of_each_other() {
    let house = House::new().await;
    let path = format!("/cases/{}/person", house.case_of("6154290").await);
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let (of_a, of_b) = (a.gets(&path).await, b.gets(&path).await);
    let version = of_b.hidden("version");
    let form = typed_over(&of_a, &PERSON, &[("phone", "09077776666")]);
    let beside = [("version", version.as_str()), ("reason", "phoned")];
    let saved = sends_form(&mut a, &path, &form, &beside).await;
    assert!(
        saved
            .to
            .ends_with("?done=person&at=corrections#corrections"),
        "{}",
        saved.to
    );

    // B forgets the reason: the form comes back as old as it was.
    let over = [("email", "b@example.org"), ("name_latin", "Other")];
    let form = typed_over(&of_b, &PERSON, &over);
    let page = sends_form(
        &mut b,
        &path,
        &form,
        &[("version", &version), ("reason", "")],
    )
    .await;
    page.says("Write why");
    assert_eq!(page.hidden("version"), version);
    let form = typed_over(&of_b, &PERSON, &over);
    let beside = [("version", version.as_str()), ("reason", "asked")];
    let page = sends_form(&mut b, &path, &form, &beside).await;
    page.says("Somebody else has changed this meanwhile");
    page.says("value=\"09077776666\"");
    page.says("value=\"b@example.org\"");
    page.says_not("Stands now");

    // C typed another phone number: what stands is told beside it.
    let form = typed_over(&of_b, &PERSON, &[("phone", "09011112222")]);
    let page = sends_form(&mut b, &path, &form, &beside).await;
    page.says("value=\"09011112222\"");
    page.says("Stands now: 09077776666");
    let version = page.hidden("version");
    let form = typed_over(&page, &PERSON, &[("email", "b@example.org")]);
    let beside = [("version", version.as_str()), ("reason", "asked")];
    let saved = sends_form(&mut b, &path, &form, &beside).await;
    assert!(
        saved
            .to
            .ends_with("?done=person&at=corrections#corrections"),
        "{}",
        saved.to
    );
    let case = b.gets(path.trim_end_matches("/person")).await;
    case.says("09077776666");
    case.says("b@example.org");
}

#[tokio::test]
async fn a_risk_that_a_colleague_ticked_meanwhile_stays_ticked() {
    let house = House::new().await;
    let case = house.case_of("6154290").await;
    let (page, path) = (
        format!("/cases/{case}"),
        format!("/cases/{case}/monitoring"),
    );
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let old = a.gets(&page).await;
    let (_, form) = old.html.split_once("/monitoring\"").unwrap();
    let form = Page {
        again: String::new(),
        status: 200,
        html: form.to_owned(),
        to: String::new(),
    };
    let version = form.hidden("version");
    let all = [
        "status",
        "assigned_to",
        "following_next_call_at",
        "risk_pregnancy",
        "risk_heart",
    ];
    let beside = [("version", version.as_str())];
    let of_a = typed_over(&form, &all, &[("risk_pregnancy", "1")]);
    let saved = sends_form(&mut a, &path, &of_a, &beside).await;
    assert!(saved.to.contains("done=followed"), "{}", saved.to);
    // B ends the following and forgets why; then says why.
    let of_b = typed_over(&form, &all, &[("status", "died")]);
    let again = sends_form(&mut b, &path, &of_b, &beside).await;
    again.says("Write why the case is closed");
    let (_, again) = again.html.split_once("/monitoring\"").unwrap();
    assert!(again.contains(&format!("name=\"version\" value=\"{version}\"")));
    let beside = [("version", version.as_str()), ("reason", "a mistake")];
    let told = sends_form(&mut b, &path, &of_b, &beside).await;
    told.says("Somebody else has changed this meanwhile");
    told.says("name=\"risk_pregnancy\" value=\"1\" checked");
    told.says("<option value=\"died\" selected>");
    told.says_not("Stands now");
}

#[tokio::test]
async fn a_call_that_a_colleague_planned_meanwhile_is_put_off_by_nobody_who_has_not_seen_it() {
    let house = House::new().await;
    let case = house.case_of("4826153").await;
    let (page, path) = (
        format!("/cases/{case}"),
        format!("/cases/{case}/monitoring"),
    );
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let old = a.gets(&page).await;
    let writes = async |b: &mut Browser, outcome: &str, was: &str, next: &str| {
        let key = b.gets(&page).await.hidden("key");
        let typed = [
            ("key", key.as_str()),
            ("outcome", outcome),
            ("note", "She gets worse"),
            ("was.next_call_at", was),
            ("next_call_at", next),
        ];
        let saved = b.posts(&format!("{page}/contacts"), &typed).await;
        assert_eq!(saved.status, 303, "{}", saved.html);
        b.gets(&saved.to).await
    };
    let (six, eight) = ("2026-11-23T18:00", "2026-11-23T20:00");
    let shown = old.hidden("was.next_call_at");
    let told = writes(&mut b, "reached", &shown, six).await;
    told.says("The next call is due");
    told.says_not("It is followed by the one agreed for");
    // A plans another one, on the page as it was.
    let fields = ["status", "assigned_to", "following_next_call_at"];
    let over = [("following_next_call_at", eight)];
    let version = version_of_following(&old);
    let form = typed_over(&old, &fields, &over);
    let beside = [("version", version.as_str())];
    let told = sends_form(&mut a, &path, &form, &beside).await;
    told.says("Somebody else has changed this meanwhile");
    told.says("Stands now: 2026-11-23 18:00");
    told.says(&format!("value=\"{eight}\""));
    // Having seen it, A puts it off, and is told what is planned.
    let version = version_of_following(&told);
    let form = typed_over(&told, &fields, &over);
    let beside = [("version", version.as_str())];
    let saved = sends_form(&mut a, &path, &form, &beside).await;
    assert!(saved.to.contains("done=followed"), "{}", saved.html);
    let told = a.gets(&saved.to).await;
    told.says("The next call is due");
    // What B names a minute later without having seen that one stands behind it, and B is told.
    house.clock.advance(SignedDuration::from_mins(1));
    let told = writes(&mut b, "note", "", "2026-11-23T21:00").await;
    told.says("It is followed by the one agreed for");
}

#[tokio::test]
async fn two_who_take_one_id_back_give_one_new_id() {
    let house = House::new().await;
    let path = format!("/cases/{}/hersys-id", house.case_of("6154290").await);
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let (of_a, of_b) = (a.gets(&path).await, b.gets(&path).await);
    let sends = async |nurse: &mut Browser, shown: &Page, reason: &str| {
        let (version, seen) = (shown.hidden("version"), shown.hidden("seen"));
        let form = [
            ("version", version.as_str()),
            ("seen", seen.as_str()),
            ("reason", reason),
        ];
        nurse.posts(&path, &form).await
    };
    let saved = sends(&mut a, &of_a, "sent to a wrong number").await;
    assert!(saved.to.ends_with("?done=reissued"), "{}", saved.to);
    // B forgets the reason first: the page is as old as it was, and says nothing of what it has not looked at.
    let again = sends(&mut b, &of_b, "").await;
    assert_eq!(again.hidden("version"), of_b.hidden("version"));
    let told = sends(&mut b, &of_b, "found on the stairs").await;
    told.says("Somebody else has changed this meanwhile");
    told.says("found on the stairs");
    // What A did: the old number, the new one, and why.
    told.says("sent to a wrong number");
    told.says("<del>6154290</del>");
    assert_ne!(told.hidden("version"), of_b.hidden("version"));
    // B has seen it and means it all the same.
    let saved = sends(&mut b, &told, "found on the stairs").await;
    assert!(saved.to.ends_with("?done=reissued"), "{}", saved.to);
}

#[tokio::test]
async fn two_who_note_that_a_contact_fell_ill_are_both_told_what_stands() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let path = format!("/cases/{}/contact", house.case_of("6154290").await);
    let mut contact = Filled::of(&a.gets(&path).await, &path);
    for (name, value) in [
        ("name", "高橋 みどり"),
        ("birthdate", "1990-04-12"),
        ("phone", "09033332222"),
        ("diagnosed_on", "2026-11-18"),
    ] {
        contact.types(name, value);
    }
    let noted = typing::sends(&mut a, &path, &contact).await.to;
    let page = noted.split('?').next().unwrap().to_owned();
    let ill = format!("{page}/fell-ill");
    let mut of_a = Filled::of(&a.gets(&page).await, &ill);
    of_a.types("ill_onset_on", "2026-11-21");
    of_a.types("ill_diagnosed_on", "2026-11-22");
    let mut of_b = Filled::of(&b.gets(&page).await, &ill);
    of_b.types("ill_onset_on", "2026-11-19");
    of_b.types("ill_diagnosed_on", "2026-11-20");
    let done = typing::sends(&mut a, &ill, &of_a).await;
    assert!(done.to.ends_with("?done=fell-ill"), "{}", done.html);
    // There is no form any more in which it would still stand.
    let told = typing::sends(&mut b, &ill, &of_b).await;
    told.says("A colleague has noted meanwhile that this person has fallen ill");
    told.says("2026-11-19");
    told.says("2026-11-20");
    told.says(&format!("href=\"{page}/person\""));
    told.says_not("press the button again");
    told.says_not("name=\"ill_onset_on\"");
}

#[tokio::test]
async fn the_day_of_a_contact_never_becomes_that_of_a_diagnosis() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let path = format!("/cases/{}/contact", house.case_of("6154290").await);
    let mut contact = Filled::of(&a.gets(&path).await, &path);
    for (name, value) in [
        ("name", "高橋 みどり"),
        ("birthdate", "1990-04-12"),
        ("phone", "09033332222"),
        ("diagnosed_on", "2026-11-18"),
    ] {
        contact.types(name, value);
    }
    let noted = typing::sends(&mut a, &path, &contact).await.to;
    let page = noted.split('?').next().unwrap().to_owned();
    // B corrects the day of the last contact while A notes that the person has fallen ill.
    let path = format!("{page}/person");
    let shown = b.gets(&path).await;
    shown.says("Day of the last contact");
    let mut form = Filled::of(&shown, &path);
    form.types("diagnosed_on", "2026-11-19");
    form.types("email", "midori@example.org");
    form.types("reason", "She remembered");
    let ill = format!("{page}/fell-ill");
    let mut days = Filled::of(&a.gets(&page).await, &ill);
    days.types("ill_diagnosed_on", "2026-11-22");
    days.types("ill_onset_on", "2026-11-21");
    let done = typing::sends(&mut a, &ill, &days).await;
    assert!(done.to.ends_with("?done=fell-ill"), "{}", done.html);

    let told = typing::sends(&mut b, &path, &form).await;
    told.says("This contact is a case now");
    told.says("You typed 2026-11-19 as the day of the last contact. It was not saved");
    told.says_not("value=\"2026-11-19\" autocomplete");
    told.says("name=\"diagnosed_on\" type=\"text\" value=\"2026-11-22\"");
    told.says("name=\"onset_on\" type=\"text\" value=\"2026-11-21\"");
    told.says("midori@example.org");
    told.says("She remembered");
    told.says_not("Stands now: ");
    // A slip in the next press does not lose the day either.
    let mut form = Filled::of(&told, &path);
    form.types("reason", "");
    let asked = typing::sends(&mut b, &path, &form).await;
    asked.says("You typed 2026-11-19 as the day of the last contact");
    let mut form = Filled::of(&asked, &path);
    form.types("reason", "She has mail");
    let saved = typing::sends(&mut b, &path, &form).await;
    assert!(
        saved
            .to
            .ends_with("?done=person&at=corrections#corrections"),
        "{}",
        saved.html
    );
    let form = b.gets(&path).await;
    form.says("midori@example.org");
    assert_eq!(form.hidden("was.diagnosed_on"), "2026-11-22");
}
