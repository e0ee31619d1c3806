//! A record is merged while somebody has a form of it before them.

use super::person::PERSON;
use super::{sends, sends_form, typed_over, version_of_following};
use crate::browser::{Browser, House, Page, merges};

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
    let sends = async |nurse: &mut Browser, shown: &Page, kept: &str, reason: &str| {
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
async fn a_correction_of_a_record_that_was_merged_meanwhile_is_laid_beside_the_kept_one() {
    let house = House::new().await;
    let (mut a, mut b) = (house.nurse().await, house.nurse().await);
    let kept = house.case_of("9047316").await;
    let merged = house.case_of("3518724").await;
    let path = format!("/cases/{merged}/person");
    let page = b.gets(&path).await;
    let form = typed_over(&page, &PERSON, &[("phone", "09077776666")]);
    let version = page.hidden("version");
    merges(&mut a, &kept, &merged).await;

    let own = a.gets(&format!("/cases/{kept}/person")).await;
    let beside = [("version", version.as_str()), ("reason", "She told it")];
    let told = sends_form(&mut b, &path, &form, &beside).await;
    told.says("has merged the record 3518724");
    told.says("into this one, 9047316");
    told.says("value=\"09077776666\"");
    told.says("She told it");
    // What was left alone is what the kept record says.
    for field in ["was.name", "was.phone", "version"] {
        assert_eq!(told.hidden(field), own.hidden(field), "{field}");
    }
    let form = typed_over(&told, &PERSON, &[("phone", "09077776666")]);
    let version = told.hidden("version");
    let beside = [("version", version.as_str()), ("reason", "She told it")];
    let path = told.form_that_begins_with(&format!("/cases/{kept}/person"));
    let saved = sends_form(&mut b, &path, &form, &beside).await;
    assert!(
        saved.to.starts_with(&format!("/cases/{kept}?done=person")),
        "{}",
        saved.html
    );
    let record = a.gets(&format!("/cases/{kept}")).await;
    record.says("09077776666");
    // Whoever has the old address of the form comes to the kept record's.
    let page = b.gets(&format!("/cases/{merged}/person")).await;
    assert!(page.html.contains(&format!("/cases/{kept}/person")));
    let page = b.gets(&format!("/cases/{merged}/invite")).await;
    assert!(page.html.contains(&format!("href=\"/cases/{kept}\"")));
}
