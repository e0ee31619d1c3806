//! What a clinic enters, what it is told of first, and which patients it goes on seeing.

use super::{cases, center_place, clinic, confirms, enters, ken, key, own, phones_89, waiting};
use crate::story;
use app::case_registration::Sure;
use app::contact_log::{AddContact, TypedContact};
use app::notification::{Confirm, Notify};
use app::worklist::List;
use domain::ids::CaseId;
use domain::notification::Warning;
use domain::staff_role::StaffRole;

story!(
    another_patient_typed_over_a_form_that_was_sent_is_not_taken_for_the_first,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let id = enters(&clinic, &ken()).await;
        let again = clinic.notify((id, ""), &ken(), true).await.unwrap();
        assert!(matches!(again, Notify::Entered(same) if same == id));
        let mut yui = ken();
        yui.insert("name".to_owned(), "鈴木 結衣".to_owned());
        yui.insert("birthdate".to_owned(), "1980-05-06".to_owned());
        let over = clinic.notify((id, ""), &yui, true).await.unwrap();
        assert!(matches!(over, Notify::SentBefore), "told to be sent");
        assert_eq!(waiting(&nurse).await, 1);
        enters(&clinic, &yui).await;
        assert_eq!(waiting(&nurse).await, 2);
    }
);

story!(
    what_is_wrong_or_unlikely_is_said_before_anything_is_sent,
    town,
    {
        let clinic = clinic(&town, "minato").await;
        let mut typed = ken();
        typed.insert("birthdate".to_owned(), "1956-02-30".to_owned());
        typed.insert("sex".to_owned(), String::new());
        typed.insert("diagnosed_on".to_owned(), "2027-01-01".to_owned());
        let Notify::Problems(problems) = clinic
            .notify((key(&clinic), ""), &typed, true)
            .await
            .unwrap()
        else {
            panic!("taken")
        };
        let items: Vec<&str> = problems.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(items, ["sex", "birthdate", "diagnosed_on"]);

        // By the rules of today neither 40-year-olds without risk nor onsets a month ago are usual.
        let mut typed = ken();
        typed.insert("birthdate".to_owned(), "1986-04-01".to_owned());
        typed.insert("onset_on".to_owned(), "2026-10-20".to_owned());
        let id = key(&clinic);
        let Notify::Look { warnings, .. } = clinic.notify((id, ""), &typed, false).await.unwrap()
        else {
            panic!("taken without a look")
        };
        assert!(warnings.contains(&Warning::NotAmongThoseReported));
        assert!(warnings.contains(&Warning::OnsetLongBeforeDiagnosis { days: 33 }));
        assert!(clinic.notifications(false, 0).await.unwrap().is_empty());
        let looked = clinic.notify((id, ""), &typed, true).await.unwrap();
        assert!(matches!(looked, Notify::Entered(_)));
        // The network repeats the form: one notification.
        let again = clinic.notify((id, ""), &typed, false).await.unwrap();
        assert!(matches!(again, Notify::Entered(same) if same == id));
        assert_eq!(clinic.notifications(false, 0).await.unwrap().len(), 1);
    }
);

story!(two_clinics_tell_of_one_person, town, {
    let (first, second) = (clinic(&town, "minato").await, clinic(&town, "ota").await);
    let nurse = town.nurse().await;
    let id = enters(&first, &ken()).await;
    // The clinics know nothing of each other; the same clinic is told.
    let other = key(&second);
    let entered = second.notify((other, ""), &ken(), false).await.unwrap();
    assert!(
        matches!(entered, Notify::Entered(_)),
        "the age is reason enough"
    );
    let Notify::Look { notifications, .. } = first
        .notify((key(&first), ""), &ken(), false)
        .await
        .unwrap()
    else {
        panic!("nobody was shown")
    };
    assert_eq!(notifications.len(), 1);
    assert_eq!(notifications[0].line.id, id);

    let case = confirms(&nurse, id).await;
    let Confirm::Alike(alike) = nurse
        .confirm_notification(other, 1, Sure::Ask, None)
        .await
        .unwrap()
    else {
        panic!("nobody was shown")
    };
    assert_eq!(alike[0].view.member.case, case);
    let attached = nurse
        .confirm_notification(other, 1, Sure::Ask, Some(case))
        .await
        .unwrap();
    assert!(matches!(attached, Confirm::Confirmed(same) if same == case));
    assert_eq!(cases(&nurse).await, 1, "one illness is one case");
    assert_eq!(nurse.notifications_of(case).await.unwrap().len(), 2);
    // A year later he is ill again: a case of its own beside the old one.
    town.days(300);
    let mut typed = ken();
    typed.insert("diagnosed_on".to_owned(), "2027-09-18".to_owned());
    typed.insert("onset_on".to_owned(), "2027-09-17".to_owned());
    let first = town.staff("minato@clinic.example").await;
    let nurse = town.nurse().await;
    let third = enters(&first, &typed).await;
    let further = nurse
        .confirm_notification(third, 1, Sure::SameAs(case), None)
        .await
        .unwrap();
    assert!(matches!(further, Confirm::Confirmed(new) if new != case));
    assert_eq!(cases(&nurse).await, 2);
});

story!(each_role_reads_what_it_may, town, {
    let clinic = clinic(&town, "minato").await;
    let place = center_place(&town).await;
    let id = enters(&clinic, &ken()).await;
    let clerk = town
        .hires("clerk@center.example", StaffRole::Clerk, place)
        .await;
    let found = clerk.notification(id).await.unwrap().unwrap();
    assert!(!found.is_whole);
    let read = found.answers.expose();
    assert!(read.contains_key("phone") && read.contains_key("onset_on"));
    assert!(!read.contains_key("diabetes") && !read.contains_key("needs_oxygen"));
    // A clerk may confirm; what puts him at risk is not lost by it.
    let case = confirms(&clerk, id).await;
    let nurse = town.nurse().await;
    let following = nurse.following_of(case).await.unwrap().unwrap();
    assert_eq!(following.monitoring.risks, ["diabetes"]);

    let firm = town
        .hires("firm@center.example", StaffRole::Contractor, place)
        .await;
    assert!(
        firm.notification(id).await.unwrap().is_none(),
        "not its own"
    );
    assert!(matches!(
        firm.notifications(false, 0).await,
        Err(app::Error::NotAllowed)
    ));
    let mut typed = ken();
    typed.insert("name".to_owned(), "高橋 一".to_owned());
    typed.insert("phone".to_owned(), "0333334444".to_owned());
    let own = enters(&firm, &typed).await;
    let found = firm.notification(own).await.unwrap().unwrap();
    assert!(found.is_whole, "it typed the answers");
    assert!(firm.case(case).await.unwrap().is_none());
});

fn section(list: &app::worklist::Worklist, wished: List) -> Vec<CaseId> {
    let of = list.lists.iter().find(|of| of.list == wished);
    of.map(|of| of.items.iter().map(|item| item.case).collect())
        .unwrap_or_default()
}

story!(a_clinic_follows_its_own_patients_and_nobody_elses, town, {
    let (first, second) = (clinic(&town, "minato").await, clinic(&town, "ota").await);
    let nurse = town.nurse().await;
    // Hanako is the center's own; no clinic has told of her.
    town.hanako().await;
    let id = enters(&first, &ken()).await;
    assert_eq!(
        own(&first).await.lists.iter().map(|l| l.count).sum::<i64>(),
        0
    );
    let case = confirms(&nurse, id).await;
    let list = own(&first).await;
    assert_eq!(section(&list, List::NoAccount), [case]);
    assert_eq!(list.lists.last().unwrap().count, 1, "Ken, and not Hanako");
    assert_eq!(own(&second).await.lists.last().unwrap().count, 0);
    assert_eq!(own(&second).await.center.name, "ota");

    // The center has promised to call; what the clinic writes does not tick that off.
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let promised = app::monitoring::TypedDecision {
        status: "home".to_owned(),
        next_call_at: "2026-11-23T15:00".to_owned(),
        version: following.monitoring.version,
        ..Default::default()
    };
    assert_eq!(
        nurse.decide(case, &promised).await.unwrap(),
        app::monitoring::Decide::Decided
    );
    let due = nurse.following_of(case).await.unwrap().unwrap();
    let due = due.monitoring.next_call_at;
    assert!(due.is_some());
    let called = TypedContact {
        outcome: "reached".to_owned(),
        note: "Prescribed for the cough".to_owned(),
        next_call_at: "2026-11-30T09:00".to_owned(),
        ..TypedContact::default()
    };
    assert_eq!(
        first.add_contact(case, &called).await.unwrap(),
        AddContact::Added
    );
    let seen = nurse.following_of(case).await.unwrap().unwrap();
    assert_eq!(seen.monitoring.next_call_at, due);
    assert_eq!(
        seen.contacts[0].by,
        "minato@clinic.example".split('@').next().unwrap()
    );
    assert_eq!(seen.contacts[0].note.expose(), "Prescribed for the cough");

    // A report that the clinic writes down alerts the center, which has not read it yet.
    phones_89(&first, case).await;
    assert_eq!(own(&nurse).await.alert_counts.waiting, 1);
    let list = own(&first).await;
    assert_eq!(list.alert_counts.waiting, 1);
    assert_eq!(section(&list, List::Urgent), [case]);
    let view = first.open_case(case).await.unwrap().unwrap();
    assert!(view.reports[0].opened_at.is_none());
    // It sees that somebody has it, and cannot take it itself.
    let alert = list.alerts[0].0.id;
    assert!(first.take_alert(alert).await.is_err());
    nurse.take_alert(alert).await.unwrap();
    let list = own(&first).await;
    assert_eq!(list.alerts[0].0.taken_by.as_deref(), Some("Nurse"));

    // To the other clinic it is as if Ken did not exist.
    assert_eq!(
        second.add_contact(case, &called).await.unwrap(),
        AddContact::NoSuchCase
    );
    assert!(second.report_form_for(case).await.unwrap().is_none());
    assert!(second.case(case).await.unwrap().is_none());
    // Once it has told of him too, and the center has seen that he is the same, both follow him.
    let id = enters(&second, &ken()).await;
    let done = nurse
        .confirm_notification(id, 1, Sure::Ask, Some(case))
        .await
        .unwrap();
    assert!(matches!(done, Confirm::Confirmed(same) if same == case));
    assert!(second.case(case).await.unwrap().is_some());
    assert_eq!(own(&second).await.lists.last().unwrap().count, 1);
    assert!(first.case(case).await.unwrap().is_some());
});

story!(
    a_clinic_sees_its_own_patients_before_it_tells_of_them_again,
    town,
    {
        let (first, second) = (clinic(&town, "minato").await, clinic(&town, "ota").await);
        let nurse = town.nurse().await;
        let id = enters(&first, &ken()).await;
        let case = confirms(&nurse, id).await;
        let looks = |done: Notify| match done {
            Notify::Look { cases, .. } => cases,
            Notify::Entered(_) => Vec::new(),
            _ => panic!("neither entered nor shown"),
        };
        let again = first.notify((key(&first), ""), &ken(), false).await;
        let found = looks(again.unwrap());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].view.member.case, case);
        assert_eq!(found[0].view.names[0].1.expose(), "佐藤 健");
        // Another clinic enters him without a word of what others know.
        let done = second.notify((key(&second), ""), &ken(), false).await;
        assert!(looks(done.unwrap()).is_empty());
    }
);
