//! A notification about somebody whom the center knows already: a case, or a contact of one.

use super::{alert, center_place, clinic, confirms, enters, ken, own, phones, phones_89, waiting};
use crate::story;
use app::StaffDesk;
use app::alerts::{Alert, FinishAlert};
use app::case_registration::{CaseField, CaseProblem, RegisterCase, Sure, TypedCase};
use app::contact_log::TypedContact;
use app::health_center::Contact;
use app::notification::{Attach, Confirm, Notify, TypedAnswers};
use domain::course::Why;
use domain::ids::CaseId;
use domain::monitoring::MonitoringStatus;
use domain::staff_role::StaffRole;
use domain::urgency::Level;

story!(
    the_first_day_of_symptoms_that_only_the_notification_has_is_taken_over,
    town,
    {
        let clinic = clinic(&town, "minato").await;
        let number = town
            .case("佐藤 健,サトウ ケン,,1956-04-01,09088887777,ja,2026-11-22,,,,")
            .await;
        let nurse = town.nurse().await;
        let case = nurse.case_by_number(&number).await.unwrap().unwrap();
        let (case, onset) = (case.member.case, case.member.onset_on);
        assert_eq!(onset, None);
        let attaches = async |typed: &TypedAnswers| {
            let id = enters(&clinic, typed).await;
            let done = nurse
                .confirm_notification(id, 1, Sure::Ask, Some(case))
                .await;
            assert!(matches!(done.unwrap(), Confirm::Confirmed(_)));
            let view = nurse.case(case).await.unwrap().unwrap();
            view.member.onset_on.map(|day| day.to_string())
        };
        assert_eq!(attaches(&ken()).await.as_deref(), Some("2026-11-20"));
        let following = nurse.following_of(case).await.unwrap().unwrap();
        let line = &following.corrections[0];
        let words = i18n::words(domain::language::Language::Ja);
        assert_eq!(line.reason.expose(), &words.say("notification-onset-note"));
        let after: Vec<_> = line
            .after
            .iter()
            .map(|(name, day)| (name.as_str(), day.expose().as_str()))
            .collect();
        assert_eq!(after, [("onset_on", "2026-11-20")]);
        // Its release is looked at by it.
        let other = town
            .case("鈴木 結衣,,,1980-05-06,09011112222,ja,2026-11-22,2026-11-20,,,")
            .await;
        let other = nurse
            .case_by_number(&other)
            .await
            .unwrap()
            .unwrap()
            .member
            .case;
        let of_other = nurse.following_of(other).await.unwrap().unwrap();
        assert_eq!(
            following.monitoring.review_from,
            of_other.monitoring.review_from
        );
        // A day that the record has stays.
        let mut typed = ken();
        typed.insert("onset_on".to_owned(), "2026-11-19".to_owned());
        assert_eq!(attaches(&typed).await.as_deref(), Some("2026-11-20"));
    }
);

/// Ken as the center writes him down.
fn ken_again() -> TypedCase {
    TypedCase {
        name: "佐藤 健".to_owned(),
        name_kana: "サトウ ケン".to_owned(),
        birthdate: "1956-04-01".to_owned(),
        phone: "09088887777".to_owned(),
        diagnosed_on: "2026-11-21".to_owned(),
        ..TypedCase::default()
    }
}

/// A death of Ken, as a clinic tells of it.
fn ken_died() -> TypedAnswers {
    let mut typed = ken();
    typed.insert("kind".to_owned(), "death".to_owned());
    typed
}

/// A case to which a notification is added by somebody who has looked at its alert.
fn looked_at(case: CaseId, alert: &Alert) -> Attach {
    Attach {
        case: Some(case),
        alert_seen: alert.state(),
    }
}

/// Ken is registered as somebody who met a case.
async fn ken_met(nurse: &StaffDesk, source: CaseId) -> CaseId {
    let key = nurse.new_form_key();
    let typed = ken_again();
    let met = nurse.register_contact(source, &typed, key, Sure::Another);
    match met.await.unwrap() {
        Some(RegisterCase::Registered(contact)) => contact,
        _ => panic!("no contact"),
    }
}

story!(a_contact_of_whom_a_physician_tells_is_a_case, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    let hanako = town.hanako().await;
    let source = nurse.cases(&hanako, 0).await.unwrap().0[0].member.case;
    let contact = ken_met(&nurse, source).await;
    let id = enters(&clinic, &ken()).await;
    let seen = nurse.notification(id).await.unwrap().unwrap().version;
    let done = nurse
        .confirm_notification(id, seen, Sure::Ask, Some(contact))
        .await
        .unwrap();
    assert!(matches!(done, Confirm::FellIll(case) if case == contact));
    let view = nurse.case(contact).await.unwrap().unwrap();
    assert!(!view.member.is_contact);
    assert_eq!(view.member.diagnosed_on.to_string(), "2026-11-22");
    assert_eq!(
        view.member.onset_on.map(|day| day.to_string()).as_deref(),
        Some("2026-11-20")
    );
    let following = nurse.following_of(contact).await.unwrap().unwrap();
    assert_eq!(following.monitoring.risks, ["diabetes"]);
    // The release is looked at by the rule of a case, counted from the onset.
    let review = following.monitoring.review_from.unwrap();
    assert!(review >= view.member.onset_on.unwrap());
    let audited = nurse.audit_of_case(contact, 50).await.unwrap();
    assert!(audited.iter().any(|line| line.action == "case.fell_ill"));
    // A second click says nothing else.
    let again = nurse
        .confirm_notification(id, seen, Sure::Ask, Some(contact))
        .await
        .unwrap();
    assert!(matches!(again, Confirm::Confirmed(case) if case == contact));
});

story!(
    a_contact_whom_a_notification_tells_as_dead_rings_no_more,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let hanako = town.hanako().await;
        let source = nurse.cases(&hanako, 0).await.unwrap().0[0].member.case;
        let contact = ken_met(&nurse, source).await;
        phones_89(&nurse, contact).await;
        let ringing = async || {
            let following = nurse.following_of(contact).await.unwrap().unwrap();
            following.alert.is_some()
        };
        assert!(ringing().await);
        let id = enters(&clinic, &ken_died()).await;
        let seen = alert(&nurse).await.unwrap();
        let done = nurse
            .confirm_notification(id, 1, Sure::Ask, looked_at(contact, &seen))
            .await
            .unwrap();
        assert!(matches!(done, Confirm::FellIll(case) if case == contact));
        assert!(!ringing().await);
        let list = own(&nurse).await;
        assert_eq!(list.alert_counts.waiting + list.alert_counts.taken, 0);
        // It ended with a line that says why, and by whom, as where somebody sets it.
        let following = nurse.following_of(contact).await.unwrap().unwrap();
        assert_eq!(following.monitoring.status, MonitoringStatus::Died);
        let line = &following.contacts[0];
        assert!(line.ended_alert, "{line:?}");
        assert_eq!(line.by, "Nurse");
        let words = i18n::words(domain::language::Language::Ja);
        assert_eq!(line.note.expose(), &words.say("notification-died-note"));
        let audited = nurse.audit_of_case(contact, 50).await.unwrap();
        assert!(audited.iter().any(|line| line.action == "alert.done"));
        let change = &following.corrections[0];
        assert_eq!(change.reason.expose(), line.note.expose());
    }
);

story!(
    a_notification_is_no_part_of_a_case_of_another_disease,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let measles = app::programme::TypedProgramme {
            id: "measles".to_owned(),
            disease: ["麻しん".to_owned(), "Measles".to_owned()],
            like: app::programme::PROGRAMME.to_owned(),
            valid_from: "2026-11-23".to_owned(),
            why: "An outbreak at a school".to_owned(),
        };
        nurse.begin_programme(&measles).await.unwrap();
        let typed = TypedCase {
            programme: "measles".to_owned(),
            ..ken_again()
        };
        let key = nurse.new_form_key();
        let registered = nurse.register_case(&typed, key, Sure::Another).await;
        let RegisterCase::Registered(stands) = registered.unwrap() else {
            panic!("not registered")
        };
        let id = enters(&clinic, &ken()).await;
        let confirm = async |sure, attach| {
            let done = nurse.confirm_notification(id, 1, sure, attach).await;
            done.unwrap()
        };
        assert!(matches!(confirm(Sure::Ask, None).await, Confirm::Alike(_)));
        let refused = confirm(Sure::Ask, Some(stands)).await;
        assert!(matches!(refused, Confirm::OtherDisease(case) if case == stands));
        assert!(nurse.notifications_of(stands).await.unwrap().is_empty());
        assert_eq!(waiting(&nurse).await, 1);
        // It is a case of its own, of the same person.
        let Confirm::Confirmed(beside) = confirm(Sure::SameAs(stands), None).await else {
            panic!("not confirmed")
        };
        assert_ne!(beside, stands);
    }
);

story!(
    whoever_is_followed_and_told_as_dead_is_asked_no_more,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let id = enters(&clinic, &ken()).await;
        let case = confirms(&nurse, id).await;
        phones_89(&nurse, case).await;
        let seen = alert(&nurse).await.unwrap();
        // A hospital tells that he died.
        let hospital = self::clinic(&town, "ota").await;
        let id = enters(&hospital, &ken_died()).await;
        let done = nurse
            .confirm_notification(id, 1, Sure::Ask, looked_at(case, &seen))
            .await
            .unwrap();
        assert!(matches!(done, Confirm::Confirmed(same) if same == case));
        let following = nurse.following_of(case).await.unwrap().unwrap();
        assert_eq!(following.monitoring.status, MonitoringStatus::Died);
        assert!(following.alert.is_none());
        assert!(following.contacts[0].ended_alert);
        // The record tells of the change like of any other.
        let of = |all: &[(String, domain::personal::Personal<String>)]| {
            let found = all.iter().find(|(name, _)| name == "status");
            found.map(|(_, word)| word.expose().clone())
        };
        let change = &following.corrections[0];
        assert_eq!(of(&change.before).as_deref(), Some("home"));
        assert_eq!(of(&change.after).as_deref(), Some("died"));
    }
);

story!(
    whoever_stands_without_a_number_takes_over_the_one_that_a_physician_tells,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let number_of = async |case| {
            let view = nurse.case(case).await.unwrap().unwrap();
            view.phone.map(|phone| phone.expose().clone())
        };
        // The same illness, a further one, and a contact who has fallen ill.
        let hanako = town.hanako().await;
        let source = nurse.cases(&hanako, 0).await.unwrap().0[0].member.case;
        let mut stand = Vec::new();
        for name in ["佐藤 健", "鈴木 実"] {
            let row = format!("{name},,,1956-04-01,,ja,2026-11-22,,,,");
            let number = town.case(&row).await;
            let view = nurse.case_by_number(&number).await.unwrap().unwrap();
            stand.push((name, view.member.case));
        }
        let contact = TypedCase {
            name: "高橋 誠".to_owned(),
            phone: String::new(),
            has_no_phone: true,
            ..ken_again()
        };
        let key = nurse.new_form_key();
        let met = nurse.register_contact(source, &contact, key, Sure::Another);
        let Some(RegisterCase::Registered(contact)) = met.await.unwrap() else {
            panic!("no contact")
        };
        stand.push(("高橋 誠", contact));
        for (at, (name, stands)) in stand.into_iter().enumerate() {
            let mut typed = ken();
            typed.insert("name".to_owned(), name.to_owned());
            let id = enters(&clinic, &typed).await;
            let (sure, attach) = match at {
                1 => (Sure::SameAs(stands), None),
                _ => (Sure::Ask, Some(stands)),
            };
            let done = nurse.confirm_notification(id, 1, sure, attach).await;
            let case = match done.unwrap() {
                Confirm::Confirmed(case) | Confirm::FellIll(case) => case,
                _ => panic!("not confirmed: {name}"),
            };
            assert_eq!(case == stands, at != 1);
            assert_eq!(number_of(case).await.as_deref(), Some("09088887777"));
            assert_eq!(number_of(stands).await, number_of(case).await);
            // The record says where it has it from.
            let words = i18n::words(domain::language::Language::Ja);
            let why = words.say("notification-taken-over-why");
            let following = nurse.following_of(case).await.unwrap().unwrap();
            let mut lines = following.corrections.iter();
            let line = lines.find(|line| line.reason.expose() == &why).unwrap();
            let mut after = line.after.iter();
            let told = after.find(|(of, _)| of == "phone");
            assert_eq!(told.unwrap().1.expose(), "09088887777");
            // One that stands is nobody's to overwrite without a look.
            typed.insert("phone".to_owned(), "03-9999-8888".to_owned());
            let id = enters(&clinic, &typed).await;
            let done = nurse.confirm_notification(id, 1, Sure::Ask, Some(case));
            assert!(matches!(done.await.unwrap(), Confirm::Confirmed(_)));
            assert_eq!(number_of(case).await.as_deref(), Some("09088887777"));
            let told = nurse.notified_person(id).await.unwrap().unwrap();
            assert_eq!(told.phone, "0399998888");
        }
    }
);

story!(
    a_death_ends_no_alert_that_whoever_confirms_it_has_not_looked_at,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let id = enters(&clinic, &ken()).await;
        let case = confirms(&nurse, id).await;
        let dies = async |desk: &StaffDesk, attach: Attach| {
            let id = enters(&clinic, &ken_died()).await;
            let done = desk.confirm_notification(id, 1, Sure::Ask, attach).await;
            assert!(matches!(done.unwrap(), Confirm::Confirmed(same) if same == case));
            let following = nurse.following_of(case).await.unwrap().unwrap();
            assert_eq!(following.monitoring.status, MonitoringStatus::Died);
            alert(&nurse).await.map(|open| (open.id, open.version))
        };
        phones_89(&nurse, case).await;
        let seen = alert(&nurse).await.unwrap();
        // Who is said to be dead has reported once more since the page was shown.
        town.minutes(1);
        phones_89(&nurse, case).await;
        let open = alert(&nurse).await.unwrap();
        let stands = Some((open.id, open.version));
        assert_ne!(open.version, seen.version);
        assert_eq!(dies(&nurse, looked_at(case, &seen)).await, stands);
        assert_eq!(dies(&nurse, Some(case).into()).await, stands);
        // A clerk may end none, whatever the page held.
        let place = center_place(&town).await;
        let clerk = town
            .hires("clerk@center.example", StaffRole::Clerk, place)
            .await;
        assert_eq!(dies(&clerk, looked_at(case, &open)).await, stands);
        // A nurse ends it with a line, as any other.
        let done = TypedContact {
            outcome: "note".to_owned(),
            note: "His daughter says so, too".to_owned(),
            ..TypedContact::default()
        };
        let done = nurse.finish_alert(open.id, open.version, &done).await;
        assert_eq!(done.unwrap(), FinishAlert::Done(case));
    }
);

story!(
    a_notification_with_the_number_of_the_center_registers_nobody_under_it,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let contact = Contact {
            phone: "03-1111-2222".to_owned(),
            night_phone: "03-3333-4444".to_owned(),
            ..Contact::default()
        };
        nurse.set_contact(contact, None).await.unwrap();
        town.minutes(1);
        let mut typed = ken();
        typed.insert("phone".to_owned(), "０３−３３３３−４４４４".to_owned());
        let id = enters(&clinic, &typed).await;
        let confirm = async |version| {
            let done = nurse.confirm_notification(id, version, Sure::Another, None);
            done.await.unwrap()
        };
        let Confirm::Missing(problems) = confirm(1).await else {
            panic!("not asked back")
        };
        assert_eq!(problems, [(CaseField::Phone, CaseProblem::OwnNumber)]);
        assert_eq!(waiting(&nurse).await, 1);
        // With another number he is registered.
        let corrected = nurse.correct_notification(id, 1, (&ken(), ""), true).await;
        assert!(matches!(corrected.unwrap(), Notify::Entered(_)));
        let Confirm::Confirmed(case) = confirm(2).await else {
            panic!("not confirmed")
        };
        // Nor does anybody who stands without one get it.
        let number = town.case("鈴木 実,,,1956-04-01,,ja,2026-11-22,,,,").await;
        let stands = nurse.case_by_number(&number).await.unwrap().unwrap();
        let stands = stands.member.case;
        assert_ne!(stands, case);
        let second = enters(&clinic, &typed).await;
        let done = nurse.confirm_notification(second, 1, Sure::Ask, Some(stands));
        assert!(matches!(done.await.unwrap(), Confirm::Confirmed(_)));
        let view = nurse.case(stands).await.unwrap().unwrap();
        assert!(view.phone.is_none());
    }
);

story!(
    whoever_gets_worse_rings_once_a_notification_tells_of_a_risk,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let number = town
            .case("佐藤 健,サトウ ケン,,1990-04-01,09088887777,ja,2026-11-22,,,,")
            .await;
        let case = nurse.case_by_number(&number).await.unwrap().unwrap();
        let case = case.member.case;
        phones(&nurse, case, "36.6", "98").await;
        town.minutes(10 * 60);
        let worse = phones(&nurse, case, "36.6", "95").await;
        assert!(alert(&nurse).await.is_none(), "no risk is known");
        // A clerk, who reads no answers, adds what a physician tells.
        let place = center_place(&town).await;
        let clerk = town
            .hires("clerk@center.example", StaffRole::Clerk, place)
            .await;
        let mut typed = ken();
        typed.insert("birthdate".to_owned(), "1990-04-01".to_owned());
        let attaches = async || {
            let id = enters(&clinic, &typed).await;
            let done = clerk.confirm_notification(id, 1, Sure::Ask, Some(case));
            assert!(matches!(done.await.unwrap(), Confirm::Confirmed(_)));
        };
        town.minutes(30);
        attaches().await;
        let nurse = town.nurse().await;
        let told = alert(&nurse).await.expect("at risk, and worse");
        assert_eq!((told.report, told.level), (Some(worse), Level::Alarming));
        assert_eq!(told.reasons[0], Why::Spo2Falling { from: 98, to: 95 });
        let name = "diabetes".to_owned();
        assert!(told.reasons.contains(&Why::Condition { name }));
        assert_eq!((told.times, told.taken_by), (1, None));
        let following = nurse.following_of(case).await.unwrap().unwrap();
        assert_eq!(following.monitoring.urgency, Level::Alarming);
        // What is known already tells nothing new.
        attaches().await;
        assert_eq!(
            alert(&nurse).await.map(|again| again.version),
            Some(told.version)
        );
    }
);
