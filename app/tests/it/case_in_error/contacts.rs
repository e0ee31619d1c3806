//! Contacts that are none, who are cases by mistake, and whom nobody met.

use super::{count, falls_ill, figures, following, is_none, is_one_again, on_list, typed};
use crate::close_contacts::met;
use crate::reports::family;
use crate::story;
use app::case_in_error::TakeCaseBack;
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::close_contacts::{FellIll, TypedIll, Unlink};
use app::release::Release;
use domain::monitoring::MonitoringStatus;
use jiff::civil::date;

story!(
    a_contact_who_was_made_a_case_by_mistake_is_a_contact_again,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = met(&nurse, case, "Yamada Ken", "09011110001").await;
        let was = following(&nurse, contact).await;
        town.days(2);
        let nurse = town.nurse().await;
        falls_ill(&nurse, contact).await;
        assert_eq!(count(figures(&nurse).await.new_cases), 2);
        let seen = nurse.case_to_take_back(contact).await.unwrap().unwrap();
        assert_eq!(seen.met_on, Some(date(2026, 11, 22)));
        // Whoever was registered as a case was no contact.
        let of_case = nurse.case_to_take_back(case).await.unwrap().unwrap();
        assert_eq!(of_case.met_on, None);
        let mark = typed(&nurse, case, "test").await;
        let refused = nurse.contact_again(case, &mark).await.unwrap();
        assert_eq!(refused, TakeCaseBack::ChangedMeanwhile);
        let mark = typed(&nurse, contact, "result_taken_back").await;
        let done = nurse.contact_again(contact, &mark).await.unwrap();
        assert_eq!(done, TakeCaseBack::Done);
        let twice = nurse.contact_again(contact, &mark).await.unwrap();
        assert_eq!(twice, TakeCaseBack::ChangedMeanwhile);
        let view = nurse.case(contact).await.unwrap().unwrap();
        assert!(view.member.is_contact);
        assert_eq!(view.member.diagnosed_on, date(2026, 11, 22));
        assert_eq!(view.member.onset_on, None);
        let back = following(&nurse, contact).await;
        assert_eq!(back.monitoring.review_from, was.monitoring.review_from);
        assert_eq!(back.monitoring.status, was.monitoring.status);
        assert!(on_list(&nurse, contact).await > 0, "followed as before");
        assert_eq!(back.corrections[0].subject, "case");
        let figures_now = figures(&nurse).await;
        assert_eq!(count(figures_now.new_cases), 1);
        assert_eq!(figures_now.open_contacts, Some(1));
        let network = nurse.network(case).await.unwrap();
        assert_eq!(network.links, [(0, 1)], "the two met all the same");
        // They can fall ill after all.
        falls_ill(&nurse, contact).await;
        assert_eq!(count(figures(&nurse).await.new_cases), 2);
    }
);

story!(a_contact_whose_follow_up_was_over_is_over_again, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let contact = met(&nurse, case, "Yamada Ken", "09011110001").await;
    let release = app::release::TypedRelease {
        reason: "Well".to_owned(),
        version: following(&nurse, contact).await.monitoring.version,
        ..app::release::TypedRelease::default()
    };
    let released = nurse.release(contact, &release).await.unwrap();
    assert!(matches!(released, Release::Released));
    falls_ill(&nurse, contact).await;
    let ill = following(&nurse, contact).await.monitoring.status;
    assert_eq!(ill, MonitoringStatus::Unknown);
    let mark = typed(&nurse, contact, "other_person").await;
    nurse.contact_again(contact, &mark).await.unwrap();
    let back = following(&nurse, contact).await.monitoring.status;
    assert_eq!(back, MonitoringStatus::Released);
    assert_eq!(on_list(&nurse, contact).await, 0);
});

story!(
    a_contact_in_error_is_no_contact_and_falls_ill_by_nothing,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = met(&nurse, case, "Yamada Ken", "09011110001").await;
        is_none(&nurse, contact).await;
        assert_eq!(figures(&nurse).await.open_contacts, Some(0));
        let version = nurse.case(contact).await.unwrap().unwrap().version;
        let ill = TypedIll {
            diagnosed_on: "2026-11-23".to_owned(),
            ..TypedIll::default()
        };
        let refused = nurse.fell_ill(contact, &ill, version).await.unwrap();
        assert_eq!(refused, FellIll::ChangedMeanwhile);
        is_one_again(&nurse, contact).await;
        assert_eq!(figures(&nurse).await.open_contacts, Some(1));
        assert_eq!(
            count(figures(&nurse).await.new_cases),
            1,
            "a contact is no case"
        );
    }
);

story!(that_two_met_is_taken_back_and_noted_anew, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let contact = met(&nurse, case, "Yamada Ken", "09011110001").await;
    let id = town
        .case("見本 一郎,,,1950-01-02,09011112222,ja,2026-11-20,2026-11-19,,,")
        .await;
    let other = nurse
        .case_by_number(&id)
        .await
        .unwrap()
        .unwrap()
        .member
        .case;
    let notes = async |source, day: &str| {
        let typed = TypedCase {
            name_latin: "Yamada Ken".to_owned(),
            birthdate: "1990-01-02".to_owned(),
            phone: "09011110001".to_owned(),
            diagnosed_on: day.to_owned(),
            ..TypedCase::default()
        };
        let key = nurse.new_form_key();
        let done = nurse.register_contact(source, &typed, key, Sure::SameAs(contact));
        assert!(matches!(done.await.unwrap(), Some(RegisterCase::Noted(_))));
    };
    notes(other, "2026-11-23").await;
    let last = async || {
        nurse
            .case(contact)
            .await
            .unwrap()
            .unwrap()
            .member
            .diagnosed_on
    };
    assert_eq!(last().await, date(2026, 11, 23));
    let unlinks = async |why: &str| nurse.unlink_contact(other, contact, why).await.unwrap();
    assert_eq!(unlinks(" ").await, Unlink::Reason);
    assert!(!nurse.met(other, contact).await.unwrap().unwrap().is_only);
    assert_eq!(unlinks("Another Ken").await, Unlink::Done);
    assert_eq!(unlinks("Another Ken").await, Unlink::Gone);
    // The day of the other contact counts again, and with it the day of the release.
    assert_eq!(last().await, date(2026, 11, 22));
    let stands = following(&nurse, contact).await;
    assert_eq!(stands.monitoring.review_from, Some(date(2026, 11, 28)));
    assert!(nurse.network(other).await.unwrap().links.is_empty());
    for of in [other, contact] {
        let lines = following(&nurse, of).await.corrections;
        assert_eq!(lines[0].subject, "link");
        assert_eq!(lines[0].reason.expose(), "Another Ken");
        let log = nurse.audit_of_case(of, 20).await.unwrap();
        assert!(
            log.iter()
                .any(|line| line.action == "case.contact_unlinked")
        );
    }
    notes(other, "2026-11-23").await;
    assert_eq!(nurse.network(other).await.unwrap().links.len(), 2);
    assert_eq!(last().await, date(2026, 11, 23));
});
