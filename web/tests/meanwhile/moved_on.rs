//! What a form is about has changed hands or has ended meanwhile: what was typed is kept.

use super::{sends, sends_form, typed_over, version_of_following};
use crate::browser::{Browser, House, Page, reports};

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

/// The form of a correction with what somebody types over it, and what it held.
fn corrected<'a>(shown: &Page, over: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
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
    // The form as it was answers nothing; a sentence does, and the center reads it before anything else.
    let told = sends(&mut b, &path, &corrected(&shown, &[])).await;
    told.says("Nothing was changed, or the answer is too long");
    told.says("Which floor?");
    let over = [("answer", "The third floor")];
    let saved = sends(&mut b, &path, &corrected(&shown, &over)).await;
    assert!(saved.to.ends_with("?done=answered"), "{}", saved.html);
    let told = a.gets(&page).await;
    told.says("<h2 id=\"answered\">Answer to the question</h2>");
    told.says("The third floor");
    told.says("Answered – ");

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
