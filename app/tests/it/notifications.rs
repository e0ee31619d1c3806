//! What physicians tell: entered by a clinic, looked at by the center, a case only once it is confirmed.

use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::alerts::{FinishAlert, TakeAlert};
use app::attributes::Registration;
use app::case_registration::{CaseField, CaseProblem, RegisterCase, Sure, TypedCase};
use app::contact_log::{AddContact, TypedContact};
use app::correction::CorrectPerson;
use app::jurisdiction::AddPlace;
use app::line_list::{Column, Export, Format, Whom, Wished};
use app::notification::{Confirm, Notify, Settle, State, TypedAnswers};
use app::staff::NewStaff;
use app::status_report::Submit;
use app::worklist::{Filter, List};
use domain::course::Why;
use domain::ids::{CaseId, JurisdictionId, NotificationId};
use domain::monitoring::MonitoringStatus;
use domain::notification::Warning;
use domain::staff_role::{JurisdictionKind, StaffRole};
use domain::status_report::RawReport;
use domain::urgency::Level;

async fn center_place(town: &Town) -> JurisdictionId {
    NewStaff::place_of(town.app.system_desk().health_centers().await.unwrap()[0].id)
}

/// Somebody at a clinic below the center.
async fn clinic(town: &Town, name: &str) -> StaffDesk {
    let id = center_place(town).await;
    let places = town.app.system_desk().places().await.unwrap();
    let below = places.iter().find(|place| place.id == id).unwrap();
    let added = town
        .app
        .system_desk()
        .add_place(below, JurisdictionKind::MedicalInstitution, name)
        .await
        .unwrap();
    let AddPlace::Added(place) = added else {
        panic!("no clinic")
    };
    let email = format!("{name}@clinic.example");
    town.hires(&email, StaffRole::MedicalInstitution, place.id)
        .await
}

/// Ken, 70, as a clinic tells of him.
fn ken() -> TypedAnswers {
    [
        ("name", "佐藤 健"),
        ("name_kana", "サトウ ケン"),
        ("sex", "male"),
        ("birthdate", "昭和31年4月1日"),
        ("phone", "０９０−８８８８−７７７７"),
        ("postal_code", "105-0011"),
        ("address", "東京都港区芝公園1-2-3"),
        ("stays_elsewhere", "no"),
        ("kind", "confirmed"),
        ("diagnosed_on", "2026-11-22"),
        ("onset_on", "2026-11-20"),
        ("needs_admission", "no"),
        ("needs_drug", "no"),
        ("needs_oxygen", "no"),
        ("diabetes", "yes"),
        ("bulk_none", ""),
        ("institution_name", "Sample Clinic"),
        ("physician_name", "見本 医師"),
    ]
    .into_iter()
    .map(|(id, text)| (id.to_owned(), text.to_owned()))
    .collect()
}

fn key(desk: &StaffDesk) -> NotificationId {
    NotificationId::from_uuid(desk.new_form_key())
}

async fn enters(desk: &StaffDesk, typed: &TypedAnswers) -> NotificationId {
    let id = key(desk);
    match desk.notify((id, ""), typed, true).await.unwrap() {
        Notify::Entered(entered) => assert_eq!(entered, id),
        _ => panic!("not entered"),
    }
    id
}

async fn confirms(desk: &StaffDesk, id: NotificationId) -> CaseId {
    match desk
        .confirm_notification(id, 1, Sure::Another, None)
        .await
        .unwrap()
    {
        Confirm::Confirmed(case) => case,
        _ => panic!("not confirmed"),
    }
}

async fn cases(desk: &StaffDesk) -> i64 {
    desk.cases("", 0).await.unwrap().1
}

async fn waiting(desk: &StaffDesk) -> i64 {
    let list = desk.worklist(None, Filter::default()).await.unwrap();
    list.unwrap().notifications.0
}

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
    a_notification_counts_only_once_the_center_has_confirmed_it,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let id = enters(&clinic, &ken()).await;
        assert_eq!((waiting(&nurse).await, cases(&nurse).await), (1, 0));
        assert_eq!(cases(&clinic).await, 0);
        let found = nurse.notification(id).await.unwrap().unwrap();
        assert_eq!(found.line.age, Some(70));
        assert_eq!(found.line.place, "minato");
        assert_eq!(
            found.answers.expose().get("phone").map(String::as_str),
            Some("+819088887777")
        );
        let case = confirms(&nurse, id).await;
        assert_eq!((waiting(&nurse).await, cases(&nurse).await), (0, 1));
        let view = nurse.case(case).await.unwrap().unwrap();
        assert_eq!(view.names[0].1.expose(), "佐藤 健");
        let following = nurse.following_of(case).await.unwrap().unwrap();
        assert_eq!(following.monitoring.risks, ["diabetes"]);
        assert_eq!(nurse.notifications_of(case).await.unwrap().len(), 1);
        // A second click, and a second nurse, find the same case.
        let again = nurse
            .confirm_notification(id, 1, Sure::Another, None)
            .await
            .unwrap();
        assert!(matches!(again, Confirm::Confirmed(same) if same == case));
        assert_eq!(cases(&nurse).await, 1);
        // Who notified follows the patient; others do not.
        assert!(clinic.case(case).await.unwrap().is_some());
        let told = &clinic.notifications(false, 0).await.unwrap()[0];
        assert_eq!((told.state, told.case), (State::Confirmed, Some(case)));
        // What the center registered is what the person signs up with.
        let desk = town.account("ken@example.org").await;
        let typed = app::attributes::Typed {
            name: "サトウ ケン".to_owned(),
            birth_year: "1956".to_owned(),
            birth_month: "4".to_owned(),
            birth_day: "1".to_owned(),
            phone: "09088887777".to_owned(),
            hersys_id: view.member.hersys_id.clone(),
        };
        let registration = crate::town::register(&desk, &typed).await;
        assert!(matches!(registration, Registration::Registered { .. }));
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

story!(whoever_needs_oxygen_comes_first, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    enters(&clinic, &ken()).await;
    town.minutes(5);
    let mut typed = ken();
    typed.insert("name".to_owned(), "鈴木 ふみ".to_owned());
    typed.insert("needs_oxygen".to_owned(), "yes".to_owned());
    let pressing = enters(&clinic, &typed).await;
    let list = nurse.notifications(true, 0).await.unwrap();
    assert_eq!((list[0].id, list[0].is_pressing), (pressing, true));
    assert!(!list[1].is_pressing);
});

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

story!(a_question_goes_back_and_the_answer_comes_again, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    let mut typed = ken();
    typed.insert("phone".to_owned(), "0311112222".to_owned());
    let id = enters(&clinic, &typed).await;
    assert_eq!(
        nurse.send_notification_back(id, 1, " ").await.unwrap(),
        Settle::Reason
    );
    assert_eq!(
        nurse
            .send_notification_back(id, 1, "Nobody answers this number")
            .await
            .unwrap(),
        Settle::Done
    );
    assert_eq!(waiting(&nurse).await, 0);
    let refused = nurse
        .confirm_notification(id, 2, Sure::Another, None)
        .await
        .unwrap();
    assert!(matches!(refused, Confirm::ChangedMeanwhile));
    let found = clinic.notification(id).await.unwrap().unwrap();
    assert_eq!(found.line.state, State::SentBack);
    assert_eq!(found.steps[0].note.expose(), "Nobody answers this number");
    // Two at the clinic answer at once: the second one is told.
    let corrected = clinic
        .correct_notification(id, 2, &ken(), true)
        .await
        .unwrap();
    assert!(matches!(corrected, Notify::Entered(_)));
    let late = clinic
        .correct_notification(id, 2, &ken(), true)
        .await
        .unwrap();
    assert!(matches!(late, Notify::ChangedMeanwhile));
    assert_eq!(waiting(&nurse).await, 1);
    let found = nurse.notification(id).await.unwrap().unwrap();
    let was: Vec<(&str, &str)> = found.steps[0]
        .before
        .iter()
        .map(|(id, text)| (id.as_str(), text.expose().as_str()))
        .collect();
    assert_eq!(was, [("phone", "+81311112222")], "what stood before stays");
});

story!(what_is_set_aside_stays_readable_and_can_come_back, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    let id = enters(&clinic, &ken()).await;
    town.minutes(30);
    let done = clinic
        .set_notification_aside(id, 1, "Sent twice")
        .await
        .unwrap();
    assert_eq!(done, Settle::Done);
    assert_eq!(waiting(&nurse).await, 0);
    let found = nurse.notification(id).await.unwrap().unwrap();
    assert_eq!(found.line.state, State::SetAside);
    town.minutes(30);
    assert_eq!(
        nurse.take_notification_back(id, 2).await.unwrap(),
        Settle::Done
    );
    // Its person has waited all the while.
    let line = nurse.notification(id).await.unwrap().unwrap().line;
    assert_eq!(line.waiting_since, line.entered_at);
    assert!(line.came_from.is_none());
    assert_eq!(waiting(&nurse).await, 1);
    let case = nurse
        .confirm_notification(id, 3, Sure::Another, None)
        .await
        .unwrap();
    assert!(matches!(case, Confirm::Confirmed(_)));
    let late = clinic.set_notification_aside(id, 4, "No").await.unwrap();
    assert_eq!(late, Settle::ChangedMeanwhile, "a case is not set aside");
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

story!(a_body_is_notified_and_nobody_is_asked_to_report, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    let mut typed = ken();
    typed.insert("kind".to_owned(), "death".to_owned());
    let id = enters(&clinic, &typed).await;
    let case = confirms(&nurse, id).await;
    let following = nurse.following_of(case).await.unwrap().unwrap();
    assert_eq!(
        following.monitoring.status,
        domain::monitoring::MonitoringStatus::Died
    );
});

story!(the_household_of_a_family_member_is_copied, town, {
    let clinic = clinic(&town, "minato").await;
    let set = clinic.item_set("").await.unwrap();
    let begun = clinic.notification_to_begin_with(&set, None).await.unwrap();
    assert_eq!(
        begun.get("institution_name").map(String::as_str),
        Some("minato")
    );
    let id = enters(&clinic, &ken()).await;
    let begun = clinic
        .notification_to_begin_with(&set, Some(id))
        .await
        .unwrap();
    let text = |id: &str| begun.get(id).map_or("", String::as_str);
    assert_eq!(text("name"), "佐藤 ");
    assert_eq!(text("phone"), "09088887777", "as it is dialled");
    assert_eq!(text("address"), "東京都港区芝公園1-2-3");
    assert_eq!(text("physician_name"), "見本 医師");
    assert!(!begun.contains_key("birthdate") && !begun.contains_key("diabetes"));
});

async fn own(desk: &StaffDesk) -> app::worklist::Worklist {
    let list = desk.worklist(None, Filter::default()).await.unwrap();
    list.unwrap()
}

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
    let form = first.report_form_for(case).await.unwrap().unwrap();
    let raw = RawReport {
        temperature: "38.4".to_owned(),
        spo2: "89".to_owned(),
        symptoms: form.stored.questionnaire.calm_words(),
        ..RawReport::default()
    };
    let done = first.report_for(case, form.key, "phone", &raw).await;
    assert!(matches!(done.unwrap(), Submit::Accepted(_)));
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

story!(
    a_notification_goes_with_the_case_to_whoever_follows,
    town,
    {
        let (clinic, old) = (clinic(&town, "minato").await, town.nurse().await);
        let id = enters(&clinic, &ken()).await;
        let case = confirms(&old, id).await;
        let shibuya = town
            .app
            .system_desk()
            .add_center("Shibuya", app::health_center::Contact::default())
            .await
            .unwrap();
        let there = NewStaff::place_of(shibuya.id);
        let new = town
            .hires("shibuya@center.example", StaffRole::Nurse, there)
            .await;
        assert!(new.notification(id).await.unwrap().is_none());
        crate::transfers::moves(&old, &new, case, there).await;

        // Whoever answers for the person now reads all that the physician told.
        assert_eq!(new.notifications_of(case).await.unwrap().len(), 1);
        let read = new.notification(id).await.unwrap().unwrap();
        let answers = read.answers.expose();
        assert_eq!(answers["address"], "東京都港区芝公園1-2-3");
        let lives = new.address_of(case).await.unwrap().address.unwrap();
        assert_eq!(lives.expose(), "東京都港区芝公園1-2-3");

        // It stands among their notifications, with where it came from, beside their own.
        let lines = new.notifications(false, 0).await.unwrap();
        assert_eq!((lines.len(), lines[0].id), (1, id));
        assert_eq!(lines[0].name.expose(), "佐藤 健");
        let from = old.health_center().await.unwrap().name.clone();
        assert_eq!(lines[0].came_from.as_deref(), Some(from.as_str()));
        assert!(new.notifications(false, 1).await.unwrap().is_empty());

        // Whoever gave the person away knows that it came and where the case went, and nothing about the person.
        assert!(old.notification(id).await.unwrap().is_none());
        let line = old.notifications(false, 0).await.unwrap().remove(0);
        assert_eq!((line.id, line.state), (id, State::Confirmed));
        assert_eq!(line.gone_to.as_deref(), Some("Shibuya"));
        assert!(line.came_from.is_none());
        assert!(line.name.expose().is_empty() && line.reading.is_none());
        assert!(line.age.is_none() && line.diagnosed_on.is_none() && line.case.is_none());

        // The clinic keeps what it had.
        assert!(clinic.notification(id).await.unwrap().is_some());
        let line = clinic.notifications(false, 0).await.unwrap().remove(0);
        assert_eq!((line.case, line.gone_to), (Some(case), None));
    }
);

story!(whoever_sends_help_knows_where_the_person_is, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    let mut typed = ken();
    typed.insert("stays_elsewhere".to_owned(), "yes".to_owned());
    typed.insert("whereabouts".to_owned(), "娘の家、品川区".to_owned());
    let case = confirms(&nurse, enters(&clinic, &typed).await).await;
    let places = town.app.system_desk().places().await.unwrap();
    let above = places
        .iter()
        .find(|place| place.kind == JurisdictionKind::Prefecture)
        .unwrap();
    let officer = town
        .hires(
            "officer@pref.example",
            StaffRole::PrefectureOfficer,
            above.id,
        )
        .await;
    for desk in [&nurse, &officer, &clinic] {
        let place = desk.address_of(case).await.unwrap();
        assert_eq!(place.address.unwrap().expose(), "東京都港区芝公園1-2-3");
        assert_eq!(place.whereabouts.unwrap().expose(), "娘の家、品川区");
    }
    // It stands in the line list, where it is chosen.
    let exported = async || {
        let wished = Wished {
            columns: vec![Column::HersysId, Column::Address, Column::Whereabouts],
            only_open: true,
            whom: Whom::Cases,
            programme: String::new(),
            format: Format::CsvUtf8,
            reason: "For the ambulance".to_owned(),
            losses_are_fine: false,
        };
        let words = i18n::words(domain::language::Language::Ja);
        match nurse.export(&wished, words).await.unwrap() {
            Export::File(file, 1) => std::io::read_to_string(file).unwrap(),
            _ => panic!("no file of one"),
        }
    };
    let list = exported().await;
    assert!(
        list.contains("住所") && list.contains("東京都港区芝公園1-2-3,娘の家、品川区"),
        "{list}"
    );
    // It is corrected like all that is known of a person; the old one stays readable with the reason.
    let mut form = nurse.person_form(case).await.unwrap().unwrap();
    form.typed.address = "あ".repeat(301);
    let refused = nurse
        .correct_person(case, &form.typed, "He phoned", form.version)
        .await
        .unwrap();
    assert!(matches!(refused, CorrectPerson::Problems(all, false)
        if all == [(CaseField::Address, CaseProblem::AddressTooLong)]));
    form.typed.address = "  東京都渋谷区\n神南1-1 ".to_owned();
    let corrected = nurse
        .correct_person(case, &form.typed, "He moved", form.version)
        .await
        .unwrap();
    assert!(matches!(corrected, CorrectPerson::Corrected));
    let place = officer.address_of(case).await.unwrap();
    assert_eq!(place.address.unwrap().expose(), "東京都渋谷区 神南1-1");
    assert!(exported().await.contains("東京都渋谷区 神南1-1"));
    let lines = nurse.following_of(case).await.unwrap().unwrap().corrections;
    assert_eq!(lines[0].before[0].1.expose(), "東京都港区芝公園1-2-3");
    let opened = nurse.audit_of_case(case, 50).await.unwrap();
    let line = opened.iter().find(|l| l.action == "case.corrected");
    assert_eq!(line.unwrap().details, "address", "names, never values");
    // The clinic reads what it told, not what the center found out.
    let told = clinic.address_of(case).await.unwrap().address.unwrap();
    assert_eq!(told.expose(), "東京都港区芝公園1-2-3");
});

story!(
    what_is_sent_back_stays_in_sight_until_somebody_answers,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let id = enters(&clinic, &ken()).await;
        let firm = town
            .hires(
                "firm@entry.example",
                StaffRole::Contractor,
                center_place(&town).await,
            )
            .await;
        let mut typed = ken();
        typed.insert("name".to_owned(), "鈴木 ふみ".to_owned());
        typed.insert("needs_oxygen".to_owned(), "yes".to_owned());
        town.minutes(10);
        let of_firm = enters(&firm, &typed).await;
        town.minutes(60);
        town.new_mails().await;
        for one in [id, of_firm] {
            let back = nurse.send_notification_back(one, 1, "Which phone number?");
            assert_eq!(back.await.unwrap(), Settle::Done);
        }
        // Whoever entered it is told, without a name and without the disease.
        let mails = town.new_mails().await;
        assert_eq!(mails.len(), 2);
        for (to, id) in [
            ("minato@clinic.example", id),
            ("firm@entry.example", of_firm),
        ] {
            let mail = mails.iter().find(|mail| mail.contains(to)).unwrap();
            assert!(mail.contains(&id.to_string()), "{mail}");
            for secret in ["佐藤", "鈴木", "COVID", "コロナ", "Which phone"] {
                assert!(!mail.contains(secret), "{secret} in {mail}");
            }
        }
        // Both sides keep it in sight: the longest entered first, pressing or not.
        let list = nurse.worklist(None, Filter::default()).await.unwrap();
        let of_center = list.unwrap().sent_back;
        assert_eq!(of_center.count, 2);
        assert_eq!(
            (of_center.lines[0].0.id, of_center.lines[1].0.id),
            (id, of_firm)
        );
        assert!(of_center.lines[1].0.is_pressing);
        let waited = of_center.lines[0]
            .1
            .duration_since(of_center.lines[0].0.entered_at);
        assert_eq!(waited.as_mins(), 70);
        let list = clinic.worklist(None, Filter::default()).await.unwrap();
        assert_eq!(list.unwrap().sent_back.count, 1, "its own alone");
        let of_firm_alone = firm.sent_back(50).await.unwrap();
        assert_eq!(of_firm_alone.lines[0].0.id, of_firm);
        // Answered or set aside, it is in nobody's way.
        let answered = clinic
            .correct_notification(id, 2, &ken(), true)
            .await
            .unwrap();
        assert!(matches!(answered, Notify::Entered(_)));
        let aside = nurse.set_notification_aside(of_firm, 2, "Sent twice").await;
        assert_eq!(aside.unwrap(), Settle::Done);
        assert_eq!(nurse.sent_back(50).await.unwrap().count, 0);
        assert_eq!(waiting(&nurse).await, 1);
    }
);

story!(who_needs_somebody_at_once_is_told_of_like_an_alert, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    let prefecture = {
        let places = town.app.system_desk().places().await.unwrap();
        let of = |p: &&app::jurisdiction::Place| p.kind == JurisdictionKind::Prefecture;
        places.iter().find(of).unwrap().id
    };
    let officer = StaffRole::PrefectureOfficer;
    town.hires("officer@pref.example", officer, prefecture)
        .await;
    enters(&clinic, &ken()).await;
    let mut typed = ken();
    typed.insert("name".to_owned(), "鈴木 ふみ".to_owned());
    typed.insert("needs_oxygen".to_owned(), "yes".to_owned());
    let pressing = enters(&clinic, &typed).await;
    town.new_mails().await;
    let system = town.app.system_desk();
    assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
    town.minutes(5);
    let (a, b) = tokio::join!(
        system.pass_notifications_on(),
        system.pass_notifications_on()
    );
    assert_eq!(a.unwrap() + b.unwrap(), 1, "once, and not of who can wait");
    let mails = town.new_mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("nurse@center.example"));
    assert!(mails[0].contains(&pressing.to_string()), "{}", mails[0]);
    for secret in ["鈴木", "COVID", "コロナ", "酸素"] {
        assert!(!mails[0].contains(secret), "{secret} in {}", mails[0]);
    }
    town.minutes(15);
    assert_eq!(system.pass_notifications_on().await.unwrap(), 1);
    let mails = town.new_mails().await;
    let of_officer = mails.iter().find(|m| m.contains("officer@pref.example"));
    let of_officer = of_officer.expect("the prefecture is told");
    assert!(
        !of_officer.contains(&pressing.to_string()),
        "it reads no notifications: {of_officer}"
    );
    town.minutes(30);
    assert_eq!(
        system.pass_notifications_on().await.unwrap(),
        1,
        "and again"
    );
    // A question to the clinic, and its answer: the clock is that of the answer.
    nurse
        .send_notification_back(pressing, 1, "Where is she?")
        .await
        .unwrap();
    town.minutes(60);
    assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
    let clinic = town.staff("minato@clinic.example").await;
    clinic
        .correct_notification(pressing, 2, &typed, true)
        .await
        .unwrap();
    assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
    town.minutes(5);
    assert_eq!(system.pass_notifications_on().await.unwrap(), 1);
    let nurse = town.nurse().await;
    let done = nurse
        .confirm_notification(pressing, 3, Sure::Another, None)
        .await;
    assert!(matches!(done.unwrap(), Confirm::Confirmed(_)));
    town.minutes(600);
    assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
});

story!(a_clerk_is_told_who_needs_somebody_at_once, town, {
    let (clinic, center) = (clinic(&town, "minato").await, center_place(&town).await);
    let clerk = town
        .hires("clerk@center.example", StaffRole::Clerk, center)
        .await;
    let first = enters(&clinic, &ken()).await;
    town.minutes(5);
    let pressing = enters(&clinic, &fumi()).await;
    let list = clerk.notifications(true, 0).await.unwrap();
    let order: Vec<_> = list
        .iter()
        .map(|line| (line.id, line.is_pressing))
        .collect();
    assert_eq!(order, [(pressing, true), (first, false)]);
    let found = clerk.notification(pressing).await.unwrap().unwrap();
    assert!(found.line.is_pressing);
    // Not why: that is an answer about health.
    assert!(!found.is_whole && !found.answers.expose().contains_key("needs_oxygen"));
    // An outside firm checks nothing.
    let firm = town
        .hires("firm@firm.example", StaffRole::Contractor, center)
        .await;
    let own = enters(&firm, &fumi()).await;
    let found = firm.notification(own).await.unwrap().unwrap();
    assert!(found.line.is_pressing, "what was typed is known");
});

/// Fumi, who needs oxygen.
fn fumi() -> TypedAnswers {
    let mut typed = ken();
    typed.insert("name".to_owned(), "鈴木 ふみ".to_owned());
    typed.insert("needs_oxygen".to_owned(), "yes".to_owned());
    typed
}

/// The one alert that is open.
async fn alert(nurse: &StaffDesk) -> Option<app::alerts::Alert> {
    let list = nurse.worklist(None, Filter::default()).await.unwrap();
    let mut alerts = list.unwrap().alerts;
    assert!(alerts.len() < 2);
    alerts.pop().map(|(alert, _)| alert)
}

/// Whether it says what the notification says.
fn says_oxygen(alert: &app::alerts::Alert) -> bool {
    let of = |why: &Why| match why {
        Why::Notified { answers } => answers
            .iter()
            .any(|(asked, _)| asked.in_language("en").contains("xygen")),
        _ => false,
    };
    alert.reasons.iter().any(of)
}

story!(
    whoever_is_needed_at_once_is_needed_once_the_notification_is_confirmed,
    town,
    {
        let (clinic, center) = (clinic(&town, "minato").await, center_place(&town).await);
        let calm = enters(&clinic, &ken()).await;
        let pressing = enters(&clinic, &fumi()).await;
        town.minutes(3);
        let clerk = town
            .hires("clerk@center.example", StaffRole::Clerk, center)
            .await;
        confirms(&clerk, calm).await;
        let nurse = town.nurse().await;
        assert!(alert(&nurse).await.is_none());
        let case = confirms(&clerk, pressing).await;
        let open = alert(&nurse).await.expect("somebody must call");
        assert_eq!(
            (open.case, open.report, open.level),
            (case, None, Level::Alarming)
        );
        assert_eq!(open.minutes, 3, "since the notification waits");
        assert!(says_oxygen(&open), "{:?}", open.reasons);
        town.new_mails().await;
        town.minutes(5);
        let system = town.app.system_desk();
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
        let nurse = town.nurse().await;
        assert!(matches!(
            nurse.take_alert(open.id).await.unwrap(),
            TakeAlert::Taken(_)
        ));
        let open = alert(&nurse).await.unwrap();
        let done = TypedContact {
            outcome: "reached".to_owned(),
            note: "She is on her way to hospital".to_owned(),
            ..TypedContact::default()
        };
        let done = nurse.finish_alert(open.id, open.version, &done).await;
        assert_eq!(done.unwrap(), FinishAlert::Done(case));
        assert!(alert(&nurse).await.is_none());

        // Nobody need be called about a body.
        let mut typed = fumi();
        typed.insert("kind".to_owned(), "death".to_owned());
        let id = enters(&clinic, &typed).await;
        confirms(&nurse, id).await;
        assert!(alert(&nurse).await.is_none());
    }
);

story!(no_calm_report_ends_what_a_notification_says, town, {
    let clinic = clinic(&town, "minato").await;
    let (desk, case) = crate::reports::family(&mut town, "a@example.org").await;
    let id = enters(&clinic, &fumi()).await;
    let nurse = town.nurse().await;
    let done = nurse
        .confirm_notification(id, 1, Sure::Ask, Some(case))
        .await;
    assert!(matches!(done.unwrap(), Confirm::Confirmed(same) if same == case));
    let raised = alert(&nurse).await.unwrap();
    assert!(says_oxygen(&raised));
    // Her phone says nothing of answers that she did not give.
    assert!(desk.home().await.unwrap().alarms.is_empty());
    crate::reports::sends(&desk, case, "36.5", "98").await;
    assert_eq!(alert(&nurse).await.map(|open| open.id), Some(raised.id));
    let report = crate::reports::sends(&desk, case, "36.5", "90").await;
    let open = alert(&nurse).await.unwrap();
    assert_eq!(
        (open.id, open.report, open.times),
        (raised.id, Some(report), 1)
    );
    assert!(
        says_oxygen(&open) && open.reasons.len() > 1,
        "{:?}",
        open.reasons
    );
    assert_eq!(desk.home().await.unwrap().alarms.len(), 1);
    // A typing error was corrected: what the physician says stays.
    let (_, right) = crate::reports::form(&desk, case, "36.5", "98").await;
    let seen = nurse.report_of(case, report).await.unwrap().unwrap().1;
    let corrected = nurse
        .correct_report(case, report, &right, "98, not 90", seen.touched_at())
        .await;
    assert!(matches!(
        corrected.unwrap(),
        app::correction::CorrectReport::Corrected
    ));
    let open = alert(&nurse).await.unwrap();
    assert_eq!((open.id, open.report, open.times), (raised.id, None, 0));
    assert_eq!(open.reasons.len(), 1);
    assert!(says_oxygen(&open));
});

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
        let form = nurse.report_form_for(contact).await.unwrap().unwrap();
        let raw = RawReport {
            temperature: "38.4".to_owned(),
            spo2: "89".to_owned(),
            symptoms: form.stored.questionnaire.calm_words(),
            ..RawReport::default()
        };
        let done = nurse.report_for(contact, form.key, "phone", &raw).await;
        assert!(matches!(done.unwrap(), Submit::Accepted(_)));
        let ringing = async || {
            let following = nurse.following_of(contact).await.unwrap().unwrap();
            following.alert.is_some()
        };
        assert!(ringing().await);
        let mut typed = ken();
        typed.insert("kind".to_owned(), "death".to_owned());
        let id = enters(&clinic, &typed).await;
        let done = nurse
            .confirm_notification(id, 1, Sure::Ask, Some(contact))
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
        let form = nurse.report_form_for(case).await.unwrap().unwrap();
        let raw = RawReport {
            temperature: "38.4".to_owned(),
            spo2: "89".to_owned(),
            symptoms: form.stored.questionnaire.calm_words(),
            ..RawReport::default()
        };
        let done = nurse.report_for(case, form.key, "phone", &raw).await;
        assert!(matches!(done.unwrap(), Submit::Accepted(_)));
        assert_eq!(own(&nurse).await.alert_counts.waiting, 1);
        // A hospital tells that he died.
        let hospital = self::clinic(&town, "ota").await;
        let mut typed = ken();
        typed.insert("kind".to_owned(), "death".to_owned());
        let id = enters(&hospital, &typed).await;
        let done = nurse
            .confirm_notification(id, 1, Sure::Ask, Some(case))
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
