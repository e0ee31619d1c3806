//! Whoever adds something to a record that a colleague has merged into another one, while their page was open, adds it to the one
//! that was kept.

use super::{again, merges, open, worklist};
use crate::close_contacts::met;
use crate::notifications::{clinic, enters, ken};
use crate::reports::family;
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::alerts::FinishAlert;
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::close_contacts::Someone;
use app::contact_log::TypedContact;
use app::correction::CorrectPerson;
use app::notification::{Confirm, TypedAnswers};
use domain::ids::CaseId;

/// A clinic tells that Hanako needs oxygen.
fn needs_oxygen() -> TypedAnswers {
    let mut typed = ken();
    for (id, text) in [
        ("name", "山田 花子"),
        ("name_kana", "ヤマダ ハナコ"),
        ("sex", "female"),
        ("birthdate", "1988-05-04"),
        ("phone", "09012345678"),
        ("needs_oxygen", "yes"),
    ] {
        typed.insert(id.to_owned(), text.to_owned());
    }
    typed
}

story!(
    a_notification_that_is_added_to_a_merged_record_belongs_to_the_one_that_was_kept,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let (clinic, nurse) = (clinic(&town, "own").await, town.nurse().await);
        let id = enters(&clinic, &needs_oxygen()).await;
        let asked = nurse.confirm_notification(id, 1, Sure::Ask, None).await;
        let Confirm::Alike(alike) = asked.unwrap() else {
            panic!("nobody is shown")
        };
        assert!(alike.iter().any(|one| one.view.member.case == merged));
        // A colleague makes the two one while that page is open.
        merges(&nurse, kept, merged).await;
        let done = nurse
            .confirm_notification(id, 1, Sure::Ask, Some(merged))
            .await;
        assert!(matches!(done.unwrap(), Confirm::Confirmed(case) if case == kept));
        assert_eq!(nurse.notifications_of(kept).await.unwrap().len(), 1);
        assert_eq!(open(&nurse).await, [kept], "one Hanako on the list");
        // What it raises can be ended.
        let alerts = worklist(&nurse, None).await.alerts;
        assert_eq!(alerts.len(), 1);
        let alert = &alerts[0].0;
        assert_eq!(alert.case, kept);
        let typed = TypedContact {
            outcome: "reached".to_owned(),
            note: "She is on her way to hospital".to_owned(),
            ..TypedContact::default()
        };
        let done = nurse.finish_alert(alert.id, alert.version, &typed).await;
        assert_eq!(done.unwrap(), FinishAlert::Done(kept));
        assert!(worklist(&nurse, None).await.alerts.is_empty());
    }
);

story!(
    a_correction_of_a_record_that_was_merged_meanwhile_is_not_hidden_there,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let form = nurse.person_form(merged).await.unwrap().unwrap();
        let typed = TypedCase {
            phone: "090-1234-5679".to_owned(),
            ..form.typed.clone()
        };
        merges(&nurse, kept, merged).await;
        let done = nurse.correct_person(merged, &typed, "She told it", form.version);
        let done = done.await.unwrap();
        assert!(matches!(done, CorrectPerson::ChangedMeanwhile));
        let stands = nurse.person_form(merged).await.unwrap().unwrap();
        assert_eq!(stands.typed.phone, form.typed.phone);
        // It is said of the kept one, where it is read.
        assert_eq!(nurse.kept_record(merged).await.unwrap(), Some(kept));
        let stands = nurse.person_form(kept).await.unwrap().unwrap();
        let typed = TypedCase {
            phone: typed.phone,
            ..stands.typed
        };
        let done = nurse.correct_person(kept, &typed, "She told it", stands.version);
        assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
        let lines = nurse.following_of(kept).await.unwrap().unwrap().corrections;
        assert!(
            lines
                .iter()
                .any(|line| line.reason.expose() == "She told it")
        );
    }
);

/// A case that a file tells of.
async fn case(town: &Town, row: &str) -> CaseId {
    let number = town.case(row).await;
    let found = town.nurse().await.case_by_number(&number).await.unwrap();
    found.unwrap().member.case
}

/// Whom the network around a case shows.
async fn network(nurse: &StaffDesk, around: CaseId) -> Vec<CaseId> {
    let network = nurse.network(around).await.unwrap();
    let known = network.people.into_iter().map(|one| match one {
        Someone::Known(person) => person.case,
        Someone::Elsewhere(_) => panic!("elsewhere"),
    });
    known.collect()
}

story!(who_met_whom_is_noted_of_the_records_that_were_kept, town, {
    let (_, source) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    // Ken stands as a contact, and as a case; Jiro, whom he met as well, stands twice.
    let contact = met(&nurse, source, "Yamada Ken", "09011110001").await;
    let row = ",,Yamada Ken,1990-01-02,09011110001,ja,2026-11-22,2026-11-21,,,";
    let ill = case(&town, row).await;
    let jiro = case(
        &town,
        "佐藤 次郎,,,1970-02-03,09022220001,ja,2026-11-21,,,,",
    )
    .await;
    let jiro_again = case(
        &town,
        "佐藤 二郎,,,1970-02-03,09022220001,ja,2026-11-21,,,,",
    )
    .await;
    merges(&nurse, ill, contact).await;
    let typed = TypedCase {
        name_latin: "Yamada Ken".to_owned(),
        birthdate: "1990-01-02".to_owned(),
        phone: "09011110001".to_owned(),
        diagnosed_on: "2026-11-23".to_owned(),
        ..TypedCase::default()
    };
    let registers = async |typed: &TypedCase, sure| {
        let key = nurse.new_form_key();
        let done = nurse.register_contact(jiro, typed, key, sure).await;
        done.unwrap().unwrap()
    };
    // The list of those who may be the same person was shown before the two became one.
    let noted = registers(&typed, Sure::SameAs(contact)).await;
    assert!(matches!(noted, RegisterCase::Noted(case) if case == ill));
    let around = network(&nurse, jiro).await;
    assert!(
        around.contains(&ill) && !around.contains(&contact),
        "{around:?}"
    );
    assert!(!open(&nurse).await.contains(&contact));
    // And so was the page of the one whom they met.
    merges(&nurse, jiro_again, jiro).await;
    let rei = TypedCase {
        name_latin: "Ito Rei".to_owned(),
        birthdate: "1991-03-04".to_owned(),
        phone: "09033330001".to_owned(),
        ..typed.clone()
    };
    let RegisterCase::Registered(rei) = registers(&rei, Sure::Another).await else {
        panic!("not registered")
    };
    let around = network(&nurse, jiro_again).await;
    assert!(
        around.contains(&rei) && around.contains(&ill) && !around.contains(&jiro),
        "{around:?}"
    );
});

story!(
    a_further_illness_is_one_of_the_person_whose_record_was_kept,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let (clinic, nurse) = (clinic(&town, "own").await, town.nurse().await);
        merges(&nurse, kept, merged).await;
        let database = town.database().await;
        let person = async |case| {
            let row = database.read(move |tx| storage::case_registration::by_id(tx, case));
            row.await.unwrap().unwrap().person
        };
        let typed = TypedCase {
            name: "山田 花子".to_owned(),
            birthdate: "1988-05-04".to_owned(),
            phone: "09012345678".to_owned(),
            diagnosed_on: "2026-11-23".to_owned(),
            ..TypedCase::default()
        };
        let key = nurse.new_form_key();
        let done = nurse.register_case(&typed, key, Sure::SameAs(merged)).await;
        let RegisterCase::Registered(by_form) = done.unwrap() else {
            panic!("not registered")
        };
        let id = enters(&clinic, &needs_oxygen()).await;
        let done = nurse
            .confirm_notification(id, 1, Sure::SameAs(merged), None)
            .await;
        let Confirm::Confirmed(notified) = done.unwrap() else {
            panic!("not confirmed")
        };
        let kept = person(kept).await;
        assert_ne!(kept, person(merged).await);
        assert_eq!(
            [person(by_form).await, person(notified).await],
            [kept, kept]
        );
    }
);
