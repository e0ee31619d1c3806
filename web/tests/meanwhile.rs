//! Two people at one form: the second is told, and nothing is lost.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use browser::{Browser, House};

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
        saved.to.ends_with("?done=person#corrections"),
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
        saved.to.ends_with("?done=person#corrections"),
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
