//! Nobody falls between two centers.

mod ended;

use crate::reports::{family, sends};
use crate::retention::is_released;
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::contact_log::TypedContact;
use app::health_center::Contact;
use app::staff::NewStaff;
use app::tasks::FinishTask;
use app::transfer::{AnswerOffer, OfferCase};
use app::worklist::Filter;
use domain::ids::{CaseId, HealthCenterId, TransferId};
use domain::staff_role::{JurisdictionKind, StaffRole};

/// A second center with a nurse.
pub async fn shibuya(town: &Town) -> (HealthCenterId, StaffDesk) {
    let center = town
        .app
        .system_desk()
        .add_center("Shibuya", Contact::default())
        .await
        .unwrap()
        .id;
    let nurse = town
        .hires(
            "shibuya@center.example",
            StaffRole::Nurse,
            NewStaff::place_of(center),
        )
        .await;
    (center, nurse)
}

async fn follows(desk: &StaffDesk, case: CaseId) -> bool {
    let list = desk
        .worklist(None, Filter::default())
        .await
        .unwrap()
        .unwrap();
    let counted = list.lists.iter().any(|l| l.count > 0) || !list.alerts.is_empty();
    let opened = desk.case(case).await.unwrap().is_some();
    assert_eq!(counted, opened, "on the list and open to the same center");
    opened
}

/// A case moves to another center.
pub async fn moves(
    old: &StaffDesk,
    new: &StaffDesk,
    case: CaseId,
    to: domain::ids::JurisdictionId,
) {
    let to = HealthCenterId::from_uuid(to.uuid());
    let key = TransferId::from_uuid(old.new_form_key());
    let offered = old.offer_case(case, to, "She moved", key).await.unwrap();
    assert_eq!(offered, OfferCase::Offered);
    assert_eq!(
        new.answer_offer(key, true, "").await.unwrap(),
        AnswerOffer::Answered(case)
    );
}

story!(the_old_center_answers_until_the_new_one_accepts, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
    let key = TransferId::from_uuid(old.new_form_key());
    assert_eq!(
        old.offer_case(case, to, " ", key).await.unwrap(),
        OfferCase::Note
    );
    assert_eq!(
        old.offer_case(case, to, "She moved to her mother's", key)
            .await
            .unwrap(),
        OfferCase::Offered
    );
    assert_eq!(
        old.offer_case(case, to, "She moved to her mother's", key)
            .await
            .unwrap(),
        OfferCase::Offered,
        "the same form again"
    );
    let again = TransferId::from_uuid(old.new_form_key());
    assert_eq!(
        old.offer_case(case, to, "again", again).await.unwrap(),
        OfferCase::OfferedAlready
    );
    assert!(follows(&old, case).await && !follows(&new, case).await);
    let offer = new.offer(key).await.unwrap().unwrap();
    assert!(offer.is_mine && offer.person.is_some_and(|person| person.has_alert));
    assert_eq!(offer.transfer.note.expose(), "She moved to her mother's");

    // Refused with a reason: the old center goes on, and sees why.
    assert_eq!(
        new.answer_offer(key, false, "").await.unwrap(),
        AnswerOffer::Reason
    );
    assert_eq!(
        new.answer_offer(key, false, "She is not here")
            .await
            .unwrap(),
        AnswerOffer::Answered(case)
    );
    assert!(follows(&old, case).await && !follows(&new, case).await);
    // Whoever refused keeps the offer, and no window on the person.
    let refused = new.offer(key).await.unwrap().unwrap();
    assert!(refused.person.is_none() && refused.hersys_id.is_none());
    assert_eq!(refused.transfer.note.expose(), "");
    assert!(old.offer(key).await.unwrap().unwrap().person.is_some());
    let (_, mine) = old.offers().await.unwrap();
    let (_, answer, by, words) = mine[0].transfer.answer.clone().unwrap();
    assert_eq!(
        (answer.as_str(), by.as_str(), words.expose().as_str()),
        ("refused", "shibuya", "She is not here")
    );

    // Offered again and accepted: everything that is open goes along, and the alert waits for the new center.
    assert_eq!(
        old.offer_case(case, to, "She is now", again).await.unwrap(),
        OfferCase::Offered
    );
    assert_eq!(
        old.answer_offer(again, true, "").await.unwrap(),
        AnswerOffer::NoSuchOffer,
        "nobody accepts their own offer"
    );
    assert_eq!(
        new.answer_offer(again, true, "").await.unwrap(),
        AnswerOffer::Answered(case)
    );
    let id = new.case(case).await.unwrap().unwrap().member.hersys_id;
    let given = old.offer(again).await.unwrap().unwrap();
    assert!(given.person.is_none());
    assert_eq!(given.hersys_id.as_deref(), Some(id.as_str()));
    assert_eq!(
        (given.follower.0, given.follower.1.as_str()),
        (to, "Shibuya")
    );
    assert!(new.offer(again).await.unwrap().unwrap().person.is_some());
    // Whoever rings the old center can still be told where: the number and the place, no longer who it is.
    for searched in [None, Some(id.as_str())] {
        let gone = old.handed_over(searched).await.unwrap();
        let [one] = gone.as_slice() else {
            panic!("{gone:?}")
        };
        assert_eq!(
            (one.hersys_id.as_str(), one.to.as_str()),
            (id.as_str(), "Shibuya")
        );
        assert_eq!(one.by.as_deref(), Some("shibuya"));
    }
    assert!(new.handed_over(None).await.unwrap().is_empty());
    assert!(old.handed_over(Some("1")).await.unwrap().is_empty());
    assert_eq!(
        new.answer_offer(again, false, "no").await.unwrap(),
        AnswerOffer::NotOpen
    );
    assert!(!follows(&old, case).await && follows(&new, case).await);
    let list = new
        .worklist(None, Filter::default())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((list.alert_counts.waiting, list.alert_counts.taken), (1, 0));
    // The next report comes to the new center, and the person reads whom to call.
    town.minutes(60);
    sends(&desk, case, "38.5", "90").await;
    let list = new
        .worklist(None, Filter::default())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(list.alerts[0].0.times, 2);
    assert_eq!(
        desk.member(case).await.unwrap().unwrap().center.name,
        "Shibuya"
    );
});

story!(an_offer_that_nobody_answers_alerts_both, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
    let key = TransferId::from_uuid(old.new_form_key());
    old.offer_case(case, to, "moved", key).await.unwrap();
    let system = town.app.system_desk();
    let places = system.places().await.unwrap();
    let is_above = |p: &&app::jurisdiction::Place| p.kind == JurisdictionKind::Prefecture;
    let above = places.iter().find(is_above).unwrap().id;
    let officer = town
        .hires("officer@pref.example", StaffRole::PrefectureOfficer, above)
        .await;
    town.new_mails().await;
    assert_eq!(system.tell_overdue_transfers().await.unwrap(), 0);
    town.minutes(120);
    assert_eq!(system.tell_overdue_transfers().await.unwrap(), 1);
    assert_eq!(
        system.tell_overdue_transfers().await.unwrap(),
        0,
        "told once a day"
    );
    let mails = town.new_mails().await;
    for side in ["nurse@center.example", "shibuya@center.example"] {
        assert!(mails.iter().any(|mail| mail.contains(side)), "{side}");
    }
    let (offers, _) = new.offers().await.unwrap();
    assert!(offers[0].transfer.is_overdue);
    // The prefecture is led to what it may open, and finds the offer there.
    let from = old.health_center().await.unwrap().id;
    let of_officer = mails
        .iter()
        .find(|mail| mail.contains("officer@pref.example"));
    let of_officer = of_officer.unwrap();
    assert!(of_officer.contains(&format!("center={from}")) || of_officer.contains("center=3D"));
    assert!(!of_officer.contains("/transfers"));
    let counts = officer.center_counts().await.unwrap();
    let overdue = |id| counts.iter().find(|c| c.center.id == id).map(|c| c.overdue);
    assert_eq!((overdue(from), overdue(to)), (Some(1), Some(0)));
    let list = officer.worklist(Some(from), Filter::default()).await;
    let list = list.unwrap().unwrap();
    assert!(list.offers_from[0].transfer.is_overdue);
    assert!(list.offers_from[0].person.is_some());
    // Told again each day until somebody answers, though not for ever: after two weeks a mail helps nobody.
    town.minutes(23 * 60);
    assert_eq!(system.tell_overdue_transfers().await.unwrap(), 0);
    for day in 1..14 {
        town.minutes(24 * 60);
        assert_eq!(system.tell_overdue_transfers().await.unwrap(), 1, "{day}");
        assert!(town.new_mails().await.len() >= 2, "{day}");
    }
    town.days(1);
    assert_eq!(system.tell_overdue_transfers().await.unwrap(), 0);
    let (offers, _) = new.offers().await.unwrap();
    assert!(offers[0].transfer.is_overdue, "it stays on the list");
    assert_eq!(
        old.withdraw_offer(key).await.unwrap(),
        AnswerOffer::Answered(case)
    );
    assert!(follows(&old, case).await);
});

story!(what_was_typed_goes_along_with_the_case, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let id = sends(&desk, case, "36.5", "98").await;
    desk.mark_wrong(case, id, ("", "98, not 88")).await.unwrap();
    let (key, mut raw) = crate::reports::form(&desk, case, "36.5", "98").await;
    raw.note = "Call me".to_owned();
    desk.submit_report(case, key, &raw).await.unwrap();
    let (merged, _) = crate::merges::again(&town).await;
    let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
    crate::merges::merges(&old, case, merged).await;
    let tasks = old.tasks().await.unwrap();
    let task = tasks
        .iter()
        .find(|task| task.case == Some(case))
        .unwrap()
        .id;
    let note = |words: &str| TypedContact {
        note: words.to_owned(),
        ..TypedContact::default()
    };
    // As long as the case is here, nothing goes anywhere.
    assert!(old.write_along(case, &note("x")).await.unwrap().is_none());
    moves(&old, &new, case, NewStaff::place_of(to)).await;
    assert_eq!(
        old.finish_task(task, "Phoned her").await.unwrap(),
        FinishTask::Elsewhere(case)
    );
    // What was typed about the record that was merged into it stands in the record that is looked at.
    for (about, words) in [(case, "She sounds well"), (merged, "They are sisters")] {
        let (center, is_written) = old.write_along(about, &note(words)).await.unwrap().unwrap();
        assert_eq!((center.id, is_written), (to, true));
        let contacts = new.following_of(case).await.unwrap().unwrap().contacts;
        assert!(contacts.iter().any(|line| line.note.expose() == words));
    }
    let (center, is_written) = old.write_along(case, &note(" ")).await.unwrap().unwrap();
    assert_eq!((center.id, is_written), (to, false));
    let following = new.following_of(case).await.unwrap().unwrap();
    assert_eq!(following.contacts.len(), 2);
    // The task is the new center's, and open.
    let done = new.finish_task(task, "Phoned her").await.unwrap();
    assert_eq!(done, FinishTask::Done);
    assert_eq!(
        old.finish_task(task, "Phoned her").await.unwrap(),
        FinishTask::NotOpen
    );
    // And so is what nobody has read.
    assert!(old.messages().await.unwrap().is_empty());
    let message = new.messages().await.unwrap()[0].id;
    assert_ne!(
        old.finish_task(message, "").await.unwrap(),
        FinishTask::Done
    );
    assert_eq!(
        new.finish_task(message, "").await.unwrap(),
        FinishTask::Done
    );
    // It is no door into the record of somebody whom the center gave away long ago.
    town.minutes(5 * 60);
    assert!(old.write_along(case, &note("y")).await.unwrap().is_none());
});

story!(
    an_institution_learns_nothing_of_where_people_went_who_are_not_its_own,
    town,
    {
        use crate::notifications::{clinic, confirms, enters, ken};
        let old = town.nurse().await;
        let (own, other) = (clinic(&town, "own").await, clinic(&town, "other").await);
        let case = confirms(&old, enters(&own, &ken()).await).await;
        let (to, new) = shibuya(&town).await;
        let id = old.case(case).await.unwrap().unwrap().member.hersys_id;
        moves(&old, &new, case, NewStaff::place_of(to)).await;
        // The center can tell whoever rings where the person is followed, and the institution follows its patient still.
        assert_eq!(old.handed_over(Some(&id)).await.unwrap().len(), 1);
        assert_eq!(old.follower_of(case).await.unwrap().unwrap().id, to);
        assert!(own.case(case).await.unwrap().is_some());
        assert_eq!(own.follower_of(case).await.unwrap().unwrap().id, to);
        assert_eq!(own.cases(&id, 0).await.unwrap().1, 1);
        // For another institution of the same center it is as if the number were nobody's.
        assert_eq!(other.cases(&id, 0).await.unwrap().1, 0);
        assert!(other.handed_over(Some(&id)).await.unwrap().is_empty());
        assert!(other.handed_over(None).await.unwrap().is_empty());
        assert!(other.follower_of(case).await.unwrap().is_none());
    }
);

story!(a_household_is_seen_from_each_of_its_members, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    // Hanako's husband was registered with her number and has no account; a neighbour has a number of his own.
    for (name, phone) in [
        ("山田 一郎,,Yamada Ichiro", "09012345678"),
        ("見本 次郎,,", "09011112222"),
    ] {
        let row = format!("{name},1986-01-02,{phone},ja,2026-11-20,,,,");
        town.case(&row).await;
    }
    let relatives = nurse.following_of(case).await.unwrap().unwrap().family;
    let told: Vec<_> = relatives
        .iter()
        .map(|one| (one.name_in("ja"), one.by_phone, one.is_followed))
        .collect();
    assert_eq!(told, [("山田 一郎", true, true)]);
    // As everywhere, each reader sees the spelling that they know.
    assert_eq!(relatives[0].name_in("en"), "Yamada Ichiro");
    let husband = relatives[0].case;
    is_released(&town, husband).await;
    let hers = nurse.following_of(case).await.unwrap().unwrap().family;
    assert!(!hers[0].is_followed);
    let his = nurse.following_of(husband).await.unwrap().unwrap().family;
    assert_eq!((his.len(), his[0].case), (1, case));
    // At another center nobody is told that she has anybody.
    let (center, other) = shibuya(&town).await;
    let key = TransferId::from_uuid(nurse.new_form_key());
    let offered = nurse.offer_case(case, center, "moved", key).await.unwrap();
    assert!(matches!(offered, OfferCase::Offered));
    other.answer_offer(key, true, "").await.unwrap();
    assert!(
        other
            .following_of(case)
            .await
            .unwrap()
            .unwrap()
            .family
            .is_empty()
    );
});

story!(
    who_calls_with_another_number_than_the_one_that_is_kept_is_known_at_both_centers,
    town,
    {
        use crate::merges::{again, merges};
        use app::attributes::Registration;
        let first = town.hanako().await;
        let (merged, number) = again(&town).await;
        let old = town.nurse().await;
        let husband = town
            .case("山田 一郎,,,1986-01-02,08011110000,ja,2026-11-20,,,,")
            .await;
        let found = old.case_by_number(&husband).await.unwrap().unwrap();
        let case = found.member.case;
        let (to, new) = shibuya(&town).await;
        let kept = old.case_by_number(&first).await.unwrap().unwrap();
        let kept = kept.member.case;
        merges(&old, kept, merged).await;
        // In her hand is the number of the merged record, and she mistypes the year.
        let desk = town.account("a@example.org").await;
        let slip = app::attributes::Typed {
            name: "山田 華子".to_owned(),
            birth_year: "1989".to_owned(),
            ..crate::town::hanako(&number)
        };
        let refused = crate::town::register(&desk, &slip).await;
        assert!(matches!(refused, Registration::Refused));
        assert_eq!(old.tasks().await.unwrap().len(), 1);
        // The letters went astray, so both numbers were taken back.
        let version = old.case(kept).await.unwrap().unwrap().version;
        let given = old.reissue_id(kept, "Sent astray", Some(false), version);
        let app::hersys_id::Reissue::Reissued(second) = given.await.unwrap() else {
            panic!("not given")
        };
        moves(&old, &new, kept, NewStaff::place_of(to)).await;
        // Whom she calls about it has it, and can do something about it.
        assert!(old.tasks().await.unwrap().is_empty());
        let tasks = new.tasks().await.unwrap();
        assert_eq!(tasks.len(), 1);
        let done = new.finish_task(tasks[0].id, "Phoned her").await.unwrap();
        assert_eq!(done, FinishTask::Done);
        // And whom she called before can tell her whom to call, whichever number she reads out.
        for id in [&second, &first, &number] {
            let told = old.handed_over(Some(id)).await.unwrap();
            assert_eq!(told.len(), 1, "{id}");
            assert_eq!(
                (told[0].to.as_str(), &told[0].hersys_id),
                ("Shibuya", &second)
            );
        }
        assert_eq!(old.handed_over(None).await.unwrap().len(), 1);
        assert!(new.handed_over(Some(&number)).await.unwrap().is_empty());
        // Of her husband, who went there, too, another record stands there, and is the one that is kept.
        moves(&old, &new, case, NewStaff::place_of(to)).await;
        let header = app::case_import::header(11).join(",");
        let row = "山田 市郎,,,1986-01-02,08011110000,ja,2026-11-21,,,,";
        let file = format!("{header}\n{row}\n");
        let rows = town.app.system_desk().import(file.as_bytes(), to).await;
        let stands = rows.unwrap().unwrap()[0].fields[10].clone();
        let stands = new.case_by_number(&stands).await.unwrap().unwrap();
        merges(&new, stands.member.case, case).await;
        let told = old.handed_over(Some(&husband)).await.unwrap();
        assert_eq!((told.len(), &told[0].hersys_id), (1, &husband));
    }
);

story!(
    nobody_of_the_old_center_looks_after_a_record_that_is_parted_at_the_new_one,
    town,
    {
        use crate::merges::{again, merges};
        use app::monitoring::{Decide, TypedDecision};
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let old = town.nurse().await;
        let (to, new) = shibuya(&town).await;
        let following = old.following_of(merged).await.unwrap().unwrap();
        let typed = TypedDecision {
            status: "home".to_owned(),
            assigned_to: old.id().to_string(),
            version: following.monitoring.version,
            ..TypedDecision::default()
        };
        assert_eq!(old.decide(merged, &typed).await.unwrap(), Decide::Decided);
        merges(&old, kept, merged).await;
        moves(&old, &new, kept, NewStaff::place_of(to)).await;
        new.unmerge_case(merged, "Two sisters").await.unwrap();
        for case in [kept, merged] {
            let following = new.following_of(case).await.unwrap().unwrap();
            assert_eq!(following.monitoring.assigned_to, None, "{case}");
        }
    }
);
