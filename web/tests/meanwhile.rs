//! Two people at one form: the second is told, and nothing is lost.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;
#[path = "support/typing.rs"]
mod typing;

use browser::{Browser, House, reports};
use typing::Filled;

/// The hidden fields with what a form held when it was shown, and what somebody types over its fields.
fn typed_over<'a>(
    page: &browser::Page,
    fields: &[&'a str],
    over: &[(&'a str, &'a str)],
) -> Vec<(String, String)> {
    let mut form = Vec::new();
    for name in fields {
        let was = format!("was.{name}");
        let value = page.hidden(&was);
        let typed = over.iter().find(|(of, _)| of == name);
        let shown = typed.map_or_else(|| value.clone(), |(_, typed)| (*typed).to_owned());
        form.extend([((*name).to_owned(), shown), (was, value)]);
    }
    form
}

async fn sends_form(
    nurse: &mut Browser,
    path: &str,
    form: &[(String, String)],
    beside: &[(&str, &str)],
) -> browser::Page {
    let mut all: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    all.extend(beside);
    nurse.posts(path, &all).await
}

const PERSON: [&str; 10] = [
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
    let form = browser::Page {
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
async fn two_who_set_the_center_overwrite_nothing_of_each_other() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let all = [
        "deadline",
        "tell_center_after",
        "tell_prefecture_after",
        "tell_again_every",
        "tell_taken_after",
        "transfer_due_after",
        "sms_from",
        "reminders",
    ];
    let old = a.gets("/settings").await;
    let seen = old.hidden("seen");
    let beside = [("seen", seen.as_str())];
    let of_a = typed_over(
        &old,
        &all,
        &[("deadline", "09:15"), ("tell_center_after", "7")],
    );
    assert_eq!(
        sends_form(&mut a, "/settings", &of_a, &beside).await.to,
        "/settings?done=saved"
    );
    let of_b = typed_over(&old, &all, &[("tell_center_after", "9")]);
    let told = sends_form(&mut b, "/settings", &of_b, &beside).await;
    told.says("Somebody else has changed this meanwhile");
    told.says("value=\"09:15\"");
    told.says("Stands now: 7");

    let all = ["phone", "night_phone", "hours_ja", "hours_en", "name_en"];
    let old = a.gets("/center").await;
    let seen = old.hidden("seen");
    let beside = [("seen", seen.as_str())];
    let of_a = typed_over(&old, &all, &[("phone", "03-1111-2222")]);
    assert_eq!(
        sends_form(&mut a, "/center", &of_a, &beside).await.to,
        "/center?done=saved"
    );
    let of_b = typed_over(&old, &all, &[("night_phone", "03-3333-4444")]);
    let told = sends_form(&mut b, "/center", &of_b, &beside).await;
    told.says("Somebody else has changed this meanwhile");
    told.says("value=\"03-1111-2222\"");
    told.says("value=\"03-3333-4444\"");
    told.says_not("Stands now");
}

#[tokio::test]
async fn two_who_take_one_id_back_give_one_new_id() {
    let house = House::new().await;
    let path = format!("/cases/{}/hersys-id", house.case_of("6154290").await);
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let (of_a, of_b) = (a.gets(&path).await, b.gets(&path).await);
    let sends = async |nurse: &mut Browser, shown: &browser::Page, reason: &str| {
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
async fn the_second_who_merges_is_told_what_the_first_did() {
    let house = House::new().await;
    let (one, other) = (
        house.case_of("9047316").await,
        house.case_of("3518724").await,
    );
    let path = format!("/cases/{one}/merge");
    let (mut a, mut b) = (house.staff("nurse@sample.example").await, {
        let place = house.app().system_desk().places().await.unwrap();
        let center = place.iter().find(|place| place.name.contains("みなと"));
        let role = domain::staff_role::StaffRole::Nurse;
        house
            .hires("b@sample.example", role, center.unwrap().id)
            .await
    });
    let with = format!("{path}?with={other}");
    let (of_a, of_b) = (a.gets(&with).await, b.gets(&with).await);
    let sends = async |nurse: &mut Browser, shown: &browser::Page, kept: &str, reason: &str| {
        let hidden = ["version", "version_with", "seen"].map(|name| shown.hidden(name));
        let form = [
            ("with", other.as_str()),
            ("kept", kept),
            ("version", &hidden[0]),
            ("version_with", &hidden[1]),
            ("seen", &hidden[2]),
            ("reason", reason),
        ];
        nurse.posts(&path, &form).await
    };
    let done = sends(&mut a, &of_a, &one, "same phone").await;
    assert_eq!(done.to, format!("/cases/{one}?done=merged"));
    // Sent twice, it is one merge.
    let done = sends(&mut a, &of_a, &one, "same phone").await;
    assert_eq!(done.to, format!("/cases/{one}?done=merged"));
    for (kept, says) in [
        (&one, "Somebody else changed one of the two meanwhile"),
        (&other, "One of them is part of another merge"),
    ] {
        let told = sends(&mut b, &of_b, kept, "the same face").await;
        told.says(says);
        told.says("the same face");
        told.says("Sample Head Nurse");
        told.says("3518724");
    }
    // A undoes it; whoever wanted to undo it, too, reads that it is done.
    let undo = format!("/cases/{other}/unmerge");
    let done = a.posts(&undo, &[("reason", "another person")]).await;
    assert!(done.to.ends_with("?done=unmerged"), "{}", done.to);
    let late = b.posts(&undo, &[("reason", "another person")]).await;
    let told = b.gets(&late.to).await;
    told.says("Somebody else has undone this merge meanwhile");
}

const NOTIFIED: [(&str, &str); 16] = [
    ("n_name", "見本 一男"),
    ("n_name_kana", "ミホン カズオ"),
    ("n_sex", "male"),
    ("n_birthdate", "1950-01-02"),
    ("n_phone", "03-1111-2222"),
    ("n_postal_code", "105-0011"),
    ("n_address", "東京都港区芝公園1-1"),
    ("n_stays_elsewhere", "no"),
    ("n_kind", "confirmed"),
    ("n_diagnosed_on", "2026-11-22"),
    ("n_onset_on", "2026-11-21"),
    ("n_needs_admission", "no"),
    ("n_needs_drug", "no"),
    ("n_needs_oxygen", "no"),
    ("n_institution_name", "Sample Clinic"),
    ("n_physician_name", "見本 医師"),
];

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

/// The form of a correction with what somebody types over it, and what it held.
fn corrected<'a>(shown: &browser::Page, over: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
    let was = shown.html.split("name=\"was.").skip(1);
    let mut form: Vec<(String, String)> = was
        .map(|part| {
            let (name, rest) = part.split_once("\" value=\"").unwrap();
            (name.to_owned(), rest.split('"').next().unwrap().to_owned())
        })
        .flat_map(|(name, held)| {
            let typed = over.iter().find(|(of, _)| *of == name);
            let typed = typed.map_or(held.clone(), |(_, typed)| (*typed).to_owned());
            [(format!("was.{name}"), held), (name, typed)]
        })
        .collect();
    for (name, typed) in over {
        if !form.iter().any(|(of, _)| of == name) {
            form.push(((*name).to_owned(), (*typed).to_owned()));
        }
    }
    form.push(("version".to_owned(), shown.hidden("version")));
    form.push(("looked".to_owned(), "1".to_owned()));
    form
}

async fn sends(nurse: &mut Browser, path: &str, form: &[(String, String)]) -> browser::Page {
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    nurse.posts(path, &form).await
}

#[tokio::test]
async fn two_who_look_at_one_notification_lose_no_word() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let key = a.gets("/notifications/new").await.hidden("key");
    let mut form = NOTIFIED.to_vec();
    form.extend([("key", key.as_str()), ("looked", "1")]);
    let entered = a.posts("/notifications/new", &form).await;
    assert_eq!(entered.status, 303, "{}", entered.html);
    let page = format!("/notifications/{key}");
    let path = format!("{page}/correct");

    // Both correct it: what B left alone is A's, and beside what both changed stands what A wrote.
    let (of_a, of_b) = (a.gets(&path).await, b.gets(&path).await);
    let over = [
        ("n_address", "東京都港区芝公園2-2"),
        ("n_onset_on", "2026-11-20"),
    ];
    let saved = sends(&mut a, &path, &corrected(&of_a, &over)).await;
    assert!(saved.to.ends_with("?done=corrected"), "{}", saved.html);
    let over = [("n_phone", "03-9999-8888"), ("n_onset_on", "2026-11-19")];
    let told = sends(&mut b, &path, &corrected(&of_b, &over)).await;
    told.says("Somebody else has changed this meanwhile");
    told.says("東京都港区芝公園2-2");
    told.says("03-9999-8888");
    told.says("value=\"2026-11-19\"");
    told.says("Stands now: ");
    assert_eq!(told.html.matches("Stands now: ").count(), 1);
    let saved = sends(&mut b, &path, &corrected(&told, &[])).await;
    // The fields of the page itself hold what B typed; the helper sends what it held before, which is A's.
    assert!(saved.to.ends_with("?done=corrected"), "{}", saved.html);

    // Sent back, the form itself says what is asked; a phone number stands in it as people write one.
    let version = a.gets(&page).await.hidden("version");
    let asked = [("version", version.as_str()), ("question", "Which floor?")];
    let sent = a.posts(&format!("{page}/back"), &asked).await;
    assert!(sent.to.ends_with("?done=sent-back"), "{}", sent.html);
    let shown = b.gets(&path).await;
    shown.says("Which floor?");
    shown.says("value=\"03");
    shown.says_not("value=\"+81");
    let saved = sends(&mut b, &path, &corrected(&shown, &[])).await;
    assert!(saved.to.ends_with("?done=corrected"), "{}", saved.html);

    // A confirms it while B writes a question, and while B corrects it once more.
    let (of_a, of_b, form) = (
        a.gets(&page).await,
        b.gets(&page).await,
        b.gets(&path).await,
    );
    let version = of_a.hidden("version");
    let confirm = [("version", version.as_str()), ("another", "1")];
    let done = a.posts(&format!("{page}/confirm"), &confirm).await;
    assert!(done.to.contains("?done=confirmed"), "{}", done.html);
    let version = of_b.hidden("version");
    let asked = [
        ("version", version.as_str()),
        ("question", "Which ward is it?"),
    ];
    let told = b.posts(&format!("{page}/back"), &asked).await;
    told.says("Somebody else changed this notification meanwhile");
    told.says("Done meanwhile");
    told.says("What you typed, not saved");
    told.says("Which ward is it?");
    let over = [("n_phone", "03-7777-6666")];
    let told = sends(&mut b, &path, &corrected(&form, &over)).await;
    told.says("What you typed, not saved");
    told.says("0377776666");
    told.says_not("name=\"n_phone\"");
}

#[tokio::test]
async fn a_report_that_is_called_wrong_while_it_is_corrected_is_not_corrected_unseen() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    let report = reports(&mut nurse, &case).await;
    let path = format!("/cases/{case}/reports/{report}/correct");
    let shown = nurse.gets(&path).await;
    let mut family = house.family().await;
    let wrong = format!("/history/{case}/{report}/wrong");
    let why = [("why", "It was 81 per cent")];
    let marked = family.posts(&wrong, &why).await;
    assert_eq!(marked.status, 303, "{}", marked.html);
    let seen = shown.hidden("seen");
    let mut form: Vec<(String, String)> = [
        ("temperature", "36.9"),
        ("spo2", "88"),
        ("reason", "misread"),
        ("seen", seen.as_str()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    for part in shown.html.split("name=\"q_").skip(1) {
        let name = part.split('"').next().unwrap();
        form.push((format!("q_{name}"), "no".to_owned()));
    }
    let told = sends(&mut nurse, &path, &form).await;
    told.says("It was 81 per cent");
    told.says("misread");
    assert_ne!(told.hidden("seen"), seen);
}

/// Offers a case to the other center; tells the offer's id.
async fn offers(nurse: &mut Browser, case: &str) -> String {
    let path = format!("/cases/{case}/transfer");
    let form = nurse.gets(&path).await;
    let (before, _) = form.html.split_once("よその見本保健所").unwrap();
    let center = before.rsplit("<option value=\"").next().unwrap();
    let (key, center) = (form.hidden("key"), center.split('"').next().unwrap());
    let fields = [
        ("key", key.as_str()),
        ("center", center),
        ("transfer_note", "moved"),
    ];
    assert_eq!(nurse.posts(&path, &fields).await.status, 303);
    key
}

/// Another center takes a case over; tells its nurse.
async fn moves(house: &House, nurse: &mut Browser, case: &str) -> Browser {
    let mut new = house.nurse_of_another_center().await;
    let offer = format!("/transfers/{}", offers(nurse, case).await);
    let accepted = new.posts(&offer, &[("answer", "accept")]).await;
    assert_eq!(accepted.to, format!("/cases/{case}?done=accepted"));
    new
}

#[tokio::test]
async fn what_was_being_written_while_a_case_changed_hands_goes_along() {
    let house = House::new().await;
    let mut old = house.nurse().await;
    reports(&mut old, &house.case_of("6154290").await).await;
    let worklist = old.gets("/").await;
    let take = worklist.form_that_begins_with("/alerts/");
    let taken = old.posts(&take, &[]).await;
    let case = taken.to.split(['/', '?']).nth(2).unwrap().to_owned();
    let page = old.gets(&format!("/cases/{case}")).await;
    let (_, rest) = page.html.split_once("<h1><bdi>").unwrap();
    let name = rest.split('<').next().unwrap().to_owned();
    let report = format!("/cases/{case}/reports/new");
    let form = old.gets(&report).await;
    let mut new = moves(&house, &mut old, &case).await;

    let entered = [
        ("key", form.hidden("key")),
        ("temperature", "38.9".to_owned()),
        ("spo2", "91".to_owned()),
        ("channel", "phone".to_owned()),
        ("note", "She sits by the window".to_owned()),
    ];
    let entered = entered
        .each_ref()
        .map(|(name, typed)| (*name, typed.as_str()));
    let called = [
        ("key", page.hidden("key")),
        ("outcome", "reached".to_owned()),
        ("note", "Her voice is weak".to_owned()),
        ("next_call_at", "2026-11-23T18:00".to_owned()),
    ];
    let called = called
        .each_ref()
        .map(|(name, typed)| (*name, typed.as_str()));
    let done = [
        ("key", ""),
        ("version", "1"),
        ("outcome", "reached"),
        ("note", "The ambulance is on its way"),
    ];
    let finish = take.replace("/take", "/done");
    for (path, fields, words) in [
        (report.as_str(), &entered[..], "She sits by the window"),
        (
            &format!("/cases/{case}/contacts"),
            &called,
            "Her voice is weak",
        ),
        (&finish, &done, "The ambulance is on its way"),
    ] {
        let told = old.posts(path, fields).await;
        assert_eq!(told.status, 200, "{path} {}", told.to);
        told.says("よその見本保健所");
        told.says(words);
        told.says_not(&name);
        // The form again is the same line again.
        old.posts(path, fields).await;
        let record = new.gets(&format!("/cases/{case}")).await;
        record.says(words);
        if path != finish {
            assert_eq!(record.html.matches(words).count(), 1, "{path}");
        }
    }
    let record = new.gets(&format!("/cases/{case}")).await;
    for told in ["38.9", "Next call agreed: 2026-11-23 18:00", "id=\"alert\""] {
        record.says(told);
    }
    // So does why something was decided; the decision itself is the new center's.
    let decided = [("status", "hospital"), ("reason", "Her son drives her")];
    let released = [("release", "1"), ("reason", "She says she is well")];
    for (page, fields, words) in [
        ("monitoring", &decided, "Her son drives her"),
        ("release", &released, "She says she is well"),
    ] {
        let told = old.posts(&format!("/cases/{case}/{page}"), fields).await;
        assert_eq!(told.status, 200, "{page} {}", told.to);
        told.says(words);
        told.says_not(&name);
        new.gets(&format!("/cases/{case}")).await.says(words);
    }
    new.gets(&format!("/cases/{case}"))
        .await
        .says("Where the person is: In hospital");
    // So do a correction of who it is, a request in writing, and that an invitation was not sent.
    let corrected = [
        ("was.phone", "09000000000"),
        ("phone", "09012340000"),
        ("reason", "Her daughter told her number"),
    ];
    let asked = [
        ("report", "1"),
        ("from", "2026-11-23"),
        ("to", "2026-11-29"),
        ("reasons", "She lives with others"),
    ];
    let invited = [("by", "sms")];
    for (page, fields, words) in [
        (
            "person",
            &corrected[..],
            &["09012340000", "Her daughter told her number"][..],
        ),
        (
            "requests/new",
            &asked,
            &["She lives with others", "2026-11-29"],
        ),
        (
            "invite",
            &invited,
            &["An invitation was about to be sent and was not"],
        ),
    ] {
        let told = old.posts(&format!("/cases/{case}/{page}"), fields).await;
        assert_eq!(told.status, 200, "{page} {}", told.to);
        told.says_not(&name);
        let record = new.gets(&format!("/cases/{case}")).await;
        for words in words {
            told.says(words);
            record.says(words);
        }
    }
    // Long after it, nothing goes along: this is no door into somebody else's record.
    house.clock.advance(jiff::SignedDuration::from_hours(5));
    let mut old = house.nurse().await;
    let late = old.posts(&format!("/cases/{case}/contacts"), &called).await;
    assert_eq!(late.status, 404);
}

#[tokio::test]
async fn words_about_what_a_colleague_has_ended_are_kept() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let own = house.case_of("4826153").await;
    let report = reports(&mut a, &own).await;
    let take = a.gets("/").await.form_that_begins_with("/alerts/");
    let case = a.posts(&take, &[]).await.to;
    let case = case.split(['?', '#']).next().unwrap().to_owned();
    let page = b.gets(&case).await;
    let version = page.hidden("version");
    let finish = take.replace("/take", "/done");
    let form = |note| {
        [
            ("version", version.as_str()),
            ("outcome", "reached"),
            ("note", note),
        ]
    };
    assert_eq!(
        a.posts(&finish, &form("She is better")).await.to,
        "/?done=done"
    );
    let told = b.posts(&finish, &form("Her husband answered")).await;
    told.says("has ended this alert meanwhile");
    told.says("Her husband answered</textarea>");

    let mut family = house.family().await;
    let wrong = format!("/history/{own}/{report}/wrong");
    let marked = family.posts(&wrong, &[("why", "mistyped")]).await;
    assert_eq!(marked.status, 303, "{}", marked.html);
    let task = a.gets("/tasks").await.form_that_begins_with("/tasks/");
    let field = format!("note-{}", task.split('/').nth(2).unwrap());
    let done = a.posts(&task, &[(&field, "Phoned")]).await;
    assert_eq!(done.to, "/tasks?done=done");
    let told = b.posts(&task, &[(&field, "Wrote a letter")]).await;
    told.says("has done this meanwhile");
    told.says("Wrote a letter</textarea>");
}

#[tokio::test]
async fn a_reason_for_refusing_what_was_taken_back_meanwhile_is_kept() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let mut other = house.nurse_of_another_center().await;
    let case = house.case_of("6154290").await;
    let key = offers(&mut nurse, &case).await;
    let offer = format!("/transfers/{key}");
    other.gets(&offer).await.says("Refuse");
    let withdrawn = nurse.posts(&format!("{offer}/withdraw"), &[]).await;
    assert_eq!(withdrawn.to, format!("/cases/{case}?done=withdrawn"));
    let refusal = [("answer", "refuse"), ("answer_words", "No bed is free")];
    let told = other.posts(&offer, &refusal).await;
    told.says("has taken this offer back meanwhile");
    told.says("No bed is free</textarea>");
}

/// Merges a record into another one.
async fn merges(nurse: &mut Browser, kept: &str, merged: &str) {
    let path = format!("/cases/{kept}/merge");
    let shown = nurse.gets(&format!("{path}?with={merged}")).await;
    let hidden = ["version", "version_with", "seen"].map(|name| shown.hidden(name));
    let form = [
        ("with", merged),
        ("kept", kept),
        ("version", &hidden[0]),
        ("version_with", &hidden[1]),
        ("seen", &hidden[2]),
        ("reason", "the same phone"),
    ];
    let done = nurse.posts(&path, &form).await;
    assert_eq!(done.to, format!("/cases/{kept}?done=merged"));
}

#[tokio::test]
async fn what_is_saved_into_a_merged_record_says_where() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let kept = house.case_of("9047316").await;
    let merged = house.case_of("3518724").await;
    let (of, new) = (
        format!("/cases/{merged}"),
        format!("/cases/{merged}/reports/new"),
    );
    let (page, form) = (b.gets(&of).await, b.gets(&new).await);
    merges(&mut a, &kept, &merged).await;

    let key = form.hidden("key");
    let mut report = vec![
        ("key".to_owned(), key.clone()),
        ("temperature".to_owned(), "36.6".to_owned()),
        ("spo2".to_owned(), "98".to_owned()),
        ("channel".to_owned(), "phone".to_owned()),
    ];
    for part in form.html.split("name=\"q_").skip(1) {
        let name = format!("q_{}", part.split('"').next().unwrap());
        report.push((name, "no".to_owned()));
    }
    let saved = sends(&mut b, &new, &report).await;
    let told = b.gets(&saved.to).await;
    told.says("in the record of HER-SYS ID 9047316, into which 3518724 was merged");
    told.says("36.6");

    let key = page.hidden("key");
    let note = [
        ("key", key.as_str()),
        ("outcome", "reached"),
        ("note", "She speaks in whole sentences"),
    ];
    let saved = b.posts(&format!("{of}/contacts"), &note).await;
    let told = b.gets(&saved.to).await;
    told.says("in the record of HER-SYS ID 9047316, into which 3518724 was merged");
    told.says("She speaks in whole sentences");
    // It stands once where whoever follows the person looks.
    let page = a.gets(&format!("/cases/{kept}")).await;
    page.says("She speaks in whole sentences");
    page.says_not("It was saved here");
}

/// The version of the form with which somebody decides how a case is followed; other forms have versions, too.
fn version_of_following(page: &browser::Page) -> String {
    let form = page.html.split("/monitoring\"").nth(1).unwrap();
    let value = form.split("name=\"version\" value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_decision_about_a_record_that_was_merged_meanwhile_is_kept() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let kept = house.case_of("9047316").await;
    let merged = house.case_of("3518724").await;
    let page = b.gets(&format!("/cases/{merged}")).await;
    let fields = ["status", "assigned_to", "following_next_call_at"];
    let over = [("following_next_call_at", "2026-11-25T10:00")];
    let form = typed_over(&page, &fields, &over);
    let version = version_of_following(&page);
    merges(&mut a, &kept, &merged).await;

    let beside = [
        ("version", version.as_str()),
        ("risk_diabetes", "1"),
        ("was.risk_diabetes", ""),
        ("reason", "Her daughter drives her there"),
    ];
    let path = format!("/cases/{merged}/monitoring");
    let told = sends_form(&mut b, &path, &form, &beside).await;
    told.says("has merged the record 3518724");
    told.says("into this one, 9047316");
    told.says("Her daughter drives her there");
    told.says("value=\"2026-11-25T10:00\"");
    told.says("name=\"risk_diabetes\" value=\"1\" checked");
    // Pressed again, it holds for the record that was kept.
    let path = told.form_that_begins_with(&format!("/cases/{kept}/monitoring"));
    let form = typed_over(&told, &fields, &over);
    let version = version_of_following(&told);
    let beside = [("version", version.as_str()), ("risk_diabetes", "1")];
    let saved = sends_form(&mut b, &path, &form, &beside).await;
    assert!(saved.to.contains("done=followed"), "{}", saved.html);
}

#[tokio::test]
async fn the_follow_up_form_asks_what_becomes_of_an_open_alert() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    reports(&mut nurse, &case).await;
    let path = format!("/cases/{case}/monitoring");
    let page = nurse.gets(&format!("/cases/{case}")).await;
    page.says_not("name=\"open_alert\"");
    let fields = ["assigned_to", "following_next_call_at"];
    let form = typed_over(&page, &fields, &[]);
    let version = version_of_following(&page);
    let beside = [
        ("version", version.as_str()),
        ("status", "hospital"),
        ("reason", "Taken along by the ambulance"),
    ];
    let asked = sends_form(&mut nurse, &path, &form, &beside).await;
    asked.says("An alert of this person is open. Say what becomes of it");
    asked.says("Taken along by the ambulance");
    asked.says("value=\"hospital\" selected");
    asked.says("An alert is open:");
    let seen = asked.hidden("alert_seen");
    let mut answered = beside.to_vec();
    answered.extend([("open_alert", "end"), ("alert_seen", seen.as_str())]);
    let saved = sends_form(&mut nurse, &path, &form, &answered).await;
    assert!(saved.to.contains("done=followed"), "{}", saved.html);
    let page = nurse.gets(&format!("/cases/{case}")).await;
    page.says_not("id=\"alert\"");
    page.says("Taken along by the ambulance");
}

#[tokio::test]
async fn a_moment_that_is_over_is_called_so() {
    let house = House::new().await;
    let mut admin = house.nurse().await;
    let all = [
        "deadline",
        "tell_center_after",
        "tell_prefecture_after",
        "tell_again_every",
        "tell_taken_after",
        "transfer_due_after",
        "sms_from",
        "reminders",
    ];
    let page = admin.gets("/settings").await;
    let form = typed_over(&page, &all, &[]);
    for (from, told) in [
        ("2020-01-01T10:00", "That moment is past"),
        ("tomorrow", "Enter a date and a time, or nothing"),
    ] {
        let beside = [("valid_from", from)];
        let page = sends_form(&mut admin, "/settings", &form, &beside).await;
        page.says(told);
        page.says(&format!("value=\"{from}\""));
    }
    let past = [
        ("days", "400"),
        ("warn_days", "30"),
        ("valid_from", "2020-01-01T10:00"),
    ];
    let page = admin.posts("/retention", &past).await;
    page.says("That moment is past");
    page.says("value=\"400\"");
}

#[tokio::test]
async fn how_urgent_silence_makes_somebody_is_chosen_on_the_console() {
    let house = House::new().await;
    let mut admin = house.nurse().await;
    let page = admin.gets("/rules/course").await;
    page.says("<option value=\"watch\" selected>");
    let names = [
        "spo2_falling.at_or_below",
        "spo2_falling.by",
        "spo2_falling.within_hours",
        "temperature_rising.at_or_above",
        "temperature_rising.by",
        "temperature_rising.within_hours",
        "fever_lasting.at_or_above",
        "fever_lasting.days",
        "infant.below_days",
        "infant.at_or_above",
        "silence.hours",
        "silence.at_risk_hours",
        "silence.alert_after_hours",
        "risk.age_at_or_above",
        "source",
    ];
    let value = |name: &str| {
        let field = page.html.split(&format!("name=\"{name}\"")).nth(1).unwrap();
        let field = field.split('>').next().unwrap();
        let value = field.split("value=\"").nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    let values: Vec<String> = names.iter().map(|name| value(name)).collect();
    let mut form: Vec<(&str, &str)> = names
        .iter()
        .zip(&values)
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let (seen, text) = (page.hidden("seen"), app_text());
    form.extend([
        ("of", app::programme::PROGRAMME),
        ("text", text.as_str()),
        ("silence.level", "alarming"),
        ("valid_from", "2027-01-01"),
        ("why", "Nobody answers for days"),
        ("seen", seen.as_str()),
    ]);
    let looked = admin.posts("/rules/course", &form).await;
    looked.says("<option value=\"alarming\" selected>");
    form.push(("save", "1"));
    let saved = admin.posts("/rules/course", &form).await;
    assert!(saved.to.contains("done=saved"), "{}", saved.html);
    let desk = house.desk("nurse@sample.example").await;
    let day = jiff::civil::date(2027, 1, 2);
    let holds = desk.rule_on(
        domain::rules::RuleKind::Course,
        app::programme::PROGRAMME,
        day,
    );
    let holds = holds.await.unwrap().unwrap();
    assert!(holds.file.text.contains("level = \"alarming\""));
}

#[tokio::test]
async fn two_who_set_one_rule_for_one_day_hear_of_each_other() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let path = "/rules/course?as=file";
    let (of_a, of_b) = (a.gets(path).await, b.gets(path).await);
    let [text_of_a, text_of_b] = ["94", "93"].map(|number| {
        let to = format!("at_or_below = {number}");
        app_text().replacen("at_or_below = 95", &to, 1)
    });
    let seen = (of_a.hidden("seen"), of_b.hidden("seen"));
    let form = |seen, why| {
        let text = match why {
            "by the first" => text_of_a.as_str(),
            _ => text_of_b.as_str(),
        };
        [
            ("save", "1"),
            ("as_file", "1"),
            ("text", text),
            ("valid_from", "2027-01-01"),
            ("why", why),
            ("seen", seen),
        ]
    };
    let saved = a
        .posts("/rules/course", &form(&seen.0, "by the first"))
        .await;
    assert!(saved.to.ends_with("done=saved"), "{}", saved.html);
    let told = b
        .posts("/rules/course", &form(&seen.1, "by the second"))
        .await;
    told.says("Somebody else has changed this since you opened it");
    told.says("by the first");
    told.says("by the second</textarea>");
    let seen = told.hidden("seen");
    let saved = b
        .posts("/rules/course", &form(&seen, "by the second"))
        .await;
    assert!(saved.to.ends_with("done=saved"), "{}", saved.html);
    b.gets("/rules/course")
        .await
        .says("replaced by a later one for the same day");
}

/// The rules of the course as they are shipped.
fn app_text() -> String {
    let mut all = domain::rules::shipped(domain::rules::RuleKind::Course);
    all.pop().unwrap().text
}

#[tokio::test]
async fn what_is_planned_is_seen_replaced_and_withdrawn() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    for (path, field, values) in [
        ("/settings", "tell_center_after", ["7", "8", "3"]),
        ("/retention", "days", ["100", "200", "300"]),
    ] {
        // Of two plans for one moment the later one stands.
        for value in &values[..2] {
            let page = nurse.gets(path).await;
            let mut form = Filled::of(&page, path);
            form.types(field, value);
            form.types("valid_from", "2036-12-05T00:00");
            let saved = typing::sends(&mut nurse, path, &form).await;
            assert_eq!(saved.to, format!("{path}?done=planned"), "{}", saved.html);
        }
        let page = nurse.gets(path).await;
        page.says("From 5 December 2036");
        assert_eq!(page.html.matches("name=\"withdraw\"").count(), 1);
        // What is saved for now is told to hold until then.
        let mut form = Filled::of(&page, path);
        form.types(field, values[2]);
        let saved = typing::sends(&mut nurse, path, &form).await;
        let page = nurse.gets(&saved.to).await;
        page.says("Saved. It holds until 5 December 2036");
        page.says(match path {
            "/settings" => "(minutes): 3, then 8",
            _ => "kept for 300 days after closing",
        });
        let planned = Filled::of(&page, &format!("{path}#planned"));
        let gone = typing::sends(&mut nurse, path, &planned).await;
        assert_eq!(gone.to, format!("{path}?done=withdrawn"));
        let page = nurse.gets(&gone.to).await;
        page.says("The planned change was withdrawn.");
        page.says_not("2036");
        let late = typing::sends(&mut nurse, path, &planned).await;
        assert_eq!(late.to, format!("{path}?done=meanwhile"));
    }
}
