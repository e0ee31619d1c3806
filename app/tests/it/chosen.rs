//! What is done with many of a list at once, and what follows an ambulance.

use crate::reports::{family, sends};
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::alerts::FinishAlert;
use app::case_registration::TypedCase;
use app::contact_log::{AddContact, TypedContact};
use app::correction::CorrectPerson;
use app::health_center::Contact;
use app::in_error::{TakeBack, TypedInError};
use app::invitation::{InviteBy, InvitePerson, InviteProblem, Wave};
use app::monitoring::{Following, TypedDecision};
use app::release::{
    NotReleased, Release, ReleaseMany, Releases, TakeReleasesBack, ToRelease, TypedRelease,
};
use app::staff::NewStaff;
use app::worklist::{Filter, List, Visits};
use domain::ids::{CaseId, JurisdictionId};
use domain::isolation::{Calculation, Step};
use domain::monitoring::MonitoringStatus;
use domain::personal::Personal;
use domain::staff_role::StaffRole;
use jiff::SignedDuration;
use jiff::civil::date;

async fn following(nurse: &StaffDesk, case: CaseId) -> Following {
    nurse.following_of(case).await.unwrap().unwrap()
}

/// Registers somebody who has no account; ill since the 18th.
async fn registers(town: &Town, name: &str, phone: &str) -> CaseId {
    let row = format!("{name},,,1988-05-04,{phone},ja,2026-11-20,2026-11-18,,,");
    let id = town.case(&row).await;
    let nurse = town.nurse().await;
    nurse.cases(&id, 0).await.unwrap().0[0].member.case
}

/// A center beside the one of the nurse.
async fn another_center(town: &Town) -> JurisdictionId {
    let desk = town.app.system_desk();
    let other = desk.add_center("Shibuya", Contact::default()).await;
    NewStaff::place_of(other.unwrap().id)
}

fn to_release(cases: &[CaseId], seen: Option<i32>) -> Vec<ToRelease> {
    let one = |&case: &CaseId| ToRelease {
        case,
        seen,
        lines: None,
    };
    cases.iter().map(one).collect()
}

/// Who would be released, and why the others not.
async fn looked_at(nurse: &StaffDesk, cases: &[CaseId]) -> Releases {
    let found = nurse.releases(None, &to_release(cases, None)).await;
    found.unwrap().unwrap()
}

async fn released(nurse: &StaffDesk, chosen: &[ToRelease], reason: &str) -> (usize, Releases) {
    match nurse.release_many(None, chosen, reason).await.unwrap() {
        ReleaseMany::Released(count, left) => (count, left),
        _ => panic!("not released"),
    }
}

fn why_not(found: &Releases, case: CaseId) -> Option<NotReleased> {
    let mut left = found.left.iter();
    left.find(|(item, _)| item.case == case)
        .map(|(_, why)| *why)
}

fn calculation_of(following: &Following) -> Calculation {
    let mut lines = following.corrections.iter();
    let calculation = lines.find_map(|line| line.calculation.clone());
    calculation.unwrap()
}

story!(those_whom_the_rule_releases_are_released_at_once, town, {
    let (desk, well) = family(&mut town, "a@example.org").await;
    let ill = registers(&town, "坂本 久", "090-1111-2222").await;
    let unheard = registers(&town, "坂本 九", "090-1111-3333").await;
    let all = [well, ill, unheard];
    let nurse = town.nurse().await;
    // Well since the second report; before, it was a fever.
    sends(&desk, well, "37.8", "98").await;
    town.days(1);
    sends(&desk, well, "36.5", "98").await;
    let found = looked_at(&nurse, &all).await;
    assert!(matches!(
        why_not(&found, well),
        Some(NotReleased::NotOver(_))
    ));
    assert_eq!(why_not(&found, unheard), Some(NotReleased::NotImproved));
    town.days(8);
    sends(&desk, well, "36.4", "98").await;
    let found = looked_at(&nurse, &all).await;
    let ready: Vec<CaseId> = found.ready.iter().map(|one| one.item.case).collect();
    assert_eq!(ready, [well]);
    assert_eq!(why_not(&found, ill), Some(NotReleased::NotImproved));
    // Of those whom another center follows nothing is told.
    let other = another_center(&town).await;
    let elsewhere = town
        .hires("nurse@shibuya.example", StaffRole::Nurse, other)
        .await;
    let theirs = looked_at(&elsewhere, &all).await;
    assert_eq!(
        (theirs.gone, theirs.ready.len(), theirs.left.len()),
        (3, 0, 0)
    );

    // Nobody is released without a word, nor as somebody else than was looked at.
    let seen = to_release(&[well], Some(found.ready[0].version));
    let nothing = nurse.release_many(None, &seen, " ").await.unwrap();
    assert!(matches!(nothing, ReleaseMany::NoReason));
    let (count, left) = released(
        &nurse,
        &to_release(&[well], seen[0].seen.map(|one| one + 1)),
        "Well",
    )
    .await;
    assert_eq!(
        (count, why_not(&left, well)),
        (0, Some(NotReleased::ChangedMeanwhile))
    );
    town.minutes(10);
    sends(&desk, well, "37.6", "98").await;
    let (count, left) = released(&nurse, &seen, "Well").await;
    assert_eq!(
        (count, why_not(&left, well)),
        (0, Some(NotReleased::NotImproved))
    );
    // Reports count by when they were measured: the fever is over once more.
    town.days(4);
    sends(&desk, well, "36.4", "98").await;
    assert!(looked_at(&nurse, &[well]).await.ready.is_empty());
    town.days(4);
    let found = looked_at(&nurse, &[well]).await;
    let version = found.ready[0].version;
    let last_day = found.ready[0].last_day;
    let mut chosen = to_release(&all, None);
    chosen[0].seen = Some(version);
    let (count, left) = released(&nurse, &chosen, "By the rule").await;
    assert_eq!((count, left.left.len()), (1, 2));
    let stands = following(&nurse, well).await;
    assert_eq!(stands.monitoring.status, MonitoringStatus::Released);
    let calculation = calculation_of(&stands);
    assert_eq!(calculation.last_day, Some(last_day));
    let improved = calculation.steps.iter().find_map(|step| match step {
        Step::HoursAfterImprovement { improved_at, .. } => Some(improved_at.date()),
        _ => None,
    });
    // Counted from when the fever was over at last.
    assert_eq!(improved, Some(date(2026, 12, 6)));

    // Sent once more it is no second decision.
    let (count, left) = released(&nurse, &chosen, "By the rule").await;
    assert_eq!(
        (count, why_not(&left, well)),
        (0, Some(NotReleased::NotFollowed))
    );
    let decisions = following(&nurse, well).await.corrections;
    let decisions = decisions.iter().filter(|line| line.calculation.is_some());
    assert_eq!(decisions.count(), 1);
    let audit = nurse.audit_of_case(well, 50).await.unwrap();
    let followed = audit.iter().filter(|line| line.action == "case.followed");
    assert_eq!(followed.count(), 1);
});

story!(
    whoever_is_to_be_looked_at_alone_is_released_by_no_list,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        sends(&desk, case, "37.8", "98").await;
        town.days(1);
        sends(&desk, case, "36.5", "98").await;
        town.days(8);
        sends(&desk, case, "36.4", "98").await;
        assert_eq!(looked_at(&nurse, &[case]).await.ready.len(), 1);
        let falls_ill = async |onset_on: &str| {
            let form = nurse.person_form(case).await.unwrap().unwrap();
            let typed = TypedCase {
                onset_on: onset_on.to_owned(),
                days_are_right: true,
                ..form.typed
            };
            let done = nurse.correct_person(case, &typed, "She phoned", form.version);
            assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
        };
        // Without symptoms at the diagnosis, but not since: from which day the days count nobody has noted.
        falls_ill("").await;
        let found = looked_at(&nurse, &[case]).await;
        assert_eq!(why_not(&found, case), Some(NotReleased::NoOnset));
        falls_ill("2026-11-18").await;
        let ready = looked_at(&nurse, &[case]).await;
        let seen = to_release(&[case], Some(ready.ready[0].version));
        // In hospital nobody reports, and what was told before says nothing about now.
        crate::retention::is_now(&town, case, "hospital").await;
        let found = looked_at(&nurse, &[case]).await;
        assert_eq!(why_not(&found, case), Some(NotReleased::InHospital));
        let (count, _) = released(&nurse, &seen, "Well").await;
        assert_eq!(count, 0);
        crate::retention::is_now(&town, case, "home").await;
        assert_eq!(looked_at(&nurse, &[case]).await.ready.len(), 1);
        // Somebody wants to speak with them first.
        let typed = TypedDecision {
            status: "home".to_owned(),
            next_call_at: "2026-12-03T10:00".to_owned(),
            version: following(&nurse, case).await.monitoring.version,
            ..TypedDecision::default()
        };
        let decided = nurse.decide(case, &typed).await.unwrap();
        assert_eq!(decided, app::monitoring::Decide::Decided);
        let found = looked_at(&nurse, &[case]).await;
        assert_eq!(why_not(&found, case), Some(NotReleased::LookedAtAlone));
    }
);

story!(
    whom_a_call_was_written_down_of_is_released_by_nobody_who_has_not_read_it,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        sends(&desk, case, "37.8", "98").await;
        town.days(1);
        sends(&desk, case, "36.5", "98").await;
        town.days(8);
        sends(&desk, case, "36.4", "98").await;
        let call = |outcome: &str| TypedContact {
            outcome: outcome.to_owned(),
            note: "Symptoms are back, coughing".to_owned(),
            no_call: true,
            ..TypedContact::default()
        };
        let writes = async |outcome: &str| {
            let added = nurse.add_contact(case, &call(outcome)).await.unwrap();
            assert_eq!(added, AddContact::Added);
        };
        let preview = async || {
            let found = looked_at(&nurse, &[case]).await;
            let one = &found.ready[0];
            let lines = Some(one.lines);
            let seen = Some(one.version);
            [ToRelease { case, seen, lines }]
        };
        // While the page is read a colleague writes: a note, or a call.
        for outcome in ["note", "reached"] {
            let seen = preview().await;
            town.minutes(1);
            writes(outcome).await;
            let (count, left) = released(&nurse, &seen, "Well").await;
            let why = why_not(&left, case);
            assert_eq!((count, why), (0, Some(NotReleased::ChangedMeanwhile)));
        }
        // A call tells what no report does, until there is one after it.
        let why = async || why_not(&looked_at(&nurse, &[case]).await, case);
        assert_eq!(why().await, Some(NotReleased::CalledSince));
        town.minutes(1);
        sends(&desk, case, "36.4", "98").await;
        assert_eq!(why().await, None);
        // An ambulance was called: the report after it does not say for what.
        town.minutes(1);
        writes("ambulance").await;
        assert_eq!(why().await, Some(NotReleased::AmbulanceCalled));
        town.minutes(1);
        writes("no_answer").await;
        sends(&desk, case, "36.4", "98").await;
        assert_eq!(why().await, Some(NotReleased::AmbulanceCalled));
        let (count, _) = released(&nurse, &to_release(&[case], None), "Well").await;
        assert_eq!(count, 0);

        // On the page of one person the calls are those that it showed.
        let shown = TypedRelease {
            reason: "Well".to_owned(),
            ..TypedRelease::default()
        };
        let review = nurse.release_review(case, &shown).await.unwrap();
        let (review, _) = review.unwrap();
        let typed = TypedRelease {
            version: review.version,
            lines: Some(review.lines),
            ..shown
        };
        town.minutes(1);
        writes("reached").await;
        let done = nurse.release(case, &typed).await.unwrap();
        assert!(matches!(done, Release::ChangedMeanwhile));
        let (review, _) = nurse.release_review(case, &typed).await.unwrap().unwrap();
        let line = following(&nurse, case).await.contacts[0].id;
        let why = TypedInError {
            why: "twice".to_owned(),
            ..TypedInError::default()
        };
        town.minutes(1);
        let taken = nurse.take_contact_back(case, line, &why).await.unwrap();
        assert!(matches!(taken, TakeBack::Done(_)));
        let read = TypedRelease {
            lines: Some(review.lines),
            ..typed
        };
        let done = nurse.release(case, &read).await.unwrap();
        assert!(matches!(done, Release::ChangedMeanwhile));
        let (review, _) = nurse.release_review(case, &read).await.unwrap().unwrap();
        let read = TypedRelease {
            lines: Some(review.lines),
            version: review.version,
            ..read
        };
        let done = nurse.release(case, &read).await.unwrap();
        assert!(matches!(done, Release::Released));
    }
);

story!(releases_by_mistake_are_taken_back_at_once, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    sends(&desk, case, "37.8", "98").await;
    town.days(1);
    sends(&desk, case, "36.5", "98").await;
    town.days(8);
    sends(&desk, case, "36.4", "98").await;
    crate::retention::is_now(&town, case, "hotel").await;
    let releases = async || {
        town.minutes(1);
        let (count, done) = released(&nurse, &to_release(&[case], None), "Well").await;
        assert_eq!(count, 1);
        let (item, version) = &done.released[0];
        assert_eq!(item.case, case);
        (case, *version)
    };
    let takes_back = async |one: (CaseId, i32), why: &str| {
        town.minutes(1);
        let done = nurse.take_releases_back(None, &[one], why).await;
        match done.unwrap() {
            TakeReleasesBack::Done { done, left, gone } => {
                assert_eq!(gone, 0);
                Some((done, left.len()))
            }
            TakeReleasesBack::NoReason { chosen, gone } => {
                assert_eq!((chosen[0].1, gone), (one.1, 0));
                None
            }
            TakeReleasesBack::NoSuchCenter => panic!("no center"),
        }
    };
    let one = releases().await;
    assert_eq!(takes_back(one, " ").await, None);
    assert_eq!(takes_back(one, "The wrong list").await, Some((1, 0)));
    let stands = following(&nurse, case).await;
    assert_eq!(stands.monitoring.status, MonitoringStatus::Hotel);
    assert_eq!(stands.corrections[0].reason.expose(), "The wrong list");
    // Pressed once more it changes nothing, and neither does it once somebody has decided something else.
    assert_eq!(takes_back(one, "The wrong list").await, Some((0, 1)));
    let one = releases().await;
    crate::retention::is_now(&town, case, "home").await;
    assert_eq!(takes_back(one, "The wrong list").await, Some((0, 1)));
    let stands = following(&nurse, case).await;
    assert_eq!(stands.monitoring.status, MonitoringStatus::Home);
    // Elsewhere they are nobody; how many are left out for that is said.
    let one = releases().await;
    let other = another_center(&town).await;
    let elsewhere = town
        .hires("nurse@shibuya.example", StaffRole::Nurse, other)
        .await;
    let done = elsewhere.take_releases_back(None, &[one], "x").await;
    let TakeReleasesBack::Done { done, left, gone } = done.unwrap() else {
        panic!("a reason is said")
    };
    assert_eq!((done, left.len(), gone), (0, 0, 1));
});

story!(
    the_paper_for_a_round_goes_by_the_numbers_of_the_houses,
    town,
    {
        let nurse = town.nurse().await;
        let mut cases = Vec::new();
        for (name, phone, address) in [
            ("坂本 久", "090-1111-2222", "見本県港町4-12"),
            ("坂本 九", "090-1111-3333", "見本県港町４－８ ﾐﾅﾄ荘"),
        ] {
            let case = registers(&town, name, phone).await;
            let form = nurse.person_form(case).await.unwrap().unwrap();
            let there = TypedCase {
                address: address.to_owned(),
                ..form.typed
            };
            let done = nurse.correct_person(case, &there, "She phoned", form.version);
            assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
            cases.push(case);
        }
        let found = nurse.for_visits(None, Visits::Of(cases.clone())).await;
        let people = found.unwrap().unwrap().people;
        let order: Vec<_> = people.iter().map(|(item, _)| item.case).collect();
        assert_eq!(order, [cases[1], cases[0]]);
        // Printed as Japanese is written.
        let first = people[0].1.address.as_ref().unwrap();
        assert_eq!(first.expose(), "見本県港町４－８ ミナト荘");
    }
);

story!(a_list_is_printed_for_those_who_follow_it, town, {
    let near = registers(&town, "坂本 久", "090-1111-2222").await;
    let far = registers(&town, "坂本 九", "090-1111-3333").await;
    let nurse = town.nurse().await;
    let form = nurse.person_form(far).await.unwrap().unwrap();
    let there = TypedCase {
        address: "見本県港町1-2-3".to_owned(),
        whereabouts: "うそ園".to_owned(),
        ..form.typed
    };
    let done = nurse.correct_person(far, &there, "She phoned", form.version);
    assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
    let printed = async |desk: &StaffDesk, visits: Visits| {
        let found = desk.for_visits(None, visits).await.unwrap().unwrap();
        let people = found.people.iter();
        let told = |text: &Option<Personal<String>>| text.as_ref().map(|one| one.expose().clone());
        people
            .map(|(item, place)| (item.case, told(&place.address), told(&place.whereabouts)))
            .collect::<Vec<_>>()
    };
    let of_far = (
        far,
        Some("見本県港町1-2-3".to_owned()),
        Some("うそ園".to_owned()),
    );
    let all = Filter {
        list: Some(List::Open),
        ..Filter::default()
    };
    // Whose place is known comes first.
    let whole = printed(&nurse, Visits::List(all.clone())).await;
    assert_eq!(whole, [of_far.clone(), (near, None, None)]);
    assert_eq!(printed(&nurse, Visits::Of(vec![far])).await, [of_far]);
    let mine = Filter { mine: true, ..all };
    assert!(printed(&nurse, Visits::List(mine)).await.is_empty());
    let audit = nurse.audit_of_case(far, 50).await.unwrap();
    let lines = audit.iter().filter(|line| line.action == "case.printed");
    assert_eq!(lines.count(), 2);
    // Who is at a place is found by it, however it is typed.
    let found = async |desk: &StaffDesk, search: &str| {
        let (views, count) = desk.cases(search, 0).await.unwrap();
        assert_eq!(usize::try_from(count).unwrap(), views.len());
        views.iter().map(|one| one.member.case).collect::<Vec<_>>()
    };
    for search in ["うそ園", "港町１ー２", "1-2-3"] {
        assert_eq!(found(&nurse, search).await, [far], "{search}");
    }
    assert!(found(&nurse, "ほか園").await.is_empty());
    // Nothing of it leaves for another center.
    let other = another_center(&town).await;
    let elsewhere = town
        .hires("nurse@shibuya.example", StaffRole::Nurse, other)
        .await;
    assert!(found(&elsewhere, "うそ園").await.is_empty());
    assert!(
        printed(&elsewhere, Visits::Of(vec![far, near]))
            .await
            .is_empty()
    );
});

story!(
    whoever_has_no_account_on_the_third_day_is_invited_again,
    town,
    {
        let (_, signed_up) = family(&mut town, "a@example.org").await;
        let mobile = registers(&town, "坂本 久", "090-1111-2222").await;
        let at_home = registers(&town, "坂本 九", "03-1111-3333").await;
        let nurse = town.nurse().await;
        let all = [signed_up, mobile, at_home];
        let sent = nurse.invite_person(mobile, InviteBy::Sms).await.unwrap();
        assert_eq!(sent, InvitePerson::Promised);
        town.new_mails().await;
        // The import's way never sends a second one, and this one not so soon.
        town.later(SignedDuration::from_hours(2));
        let found = nurse.invitations(&all, Wave::Again).await.unwrap();
        let cannot = |found: &app::invitation::ManyPreview| {
            let mut cannot = found.cannot.clone();
            cannot.sort();
            cannot
        };
        let sorted = |mut all: Vec<(CaseId, InviteProblem)>| {
            all.sort();
            all
        };
        let soon = [
            (signed_up, InviteProblem::HasAccount),
            (mobile, InviteProblem::JustSent),
            (at_home, InviteProblem::NoMobile),
        ];
        assert_eq!(cannot(&found), sorted(soon.to_vec()));
        let many = nurse.invite_many(&all, Wave::Again).await.unwrap();
        assert_eq!(many.counts(), (0, 3));
        let mut left = many.left;
        left.sort();
        assert_eq!(left, sorted(soon.to_vec()), "each is named with why");
        town.days(3);
        assert_eq!(
            nurse
                .invite_many(&[mobile], Wave::First)
                .await
                .unwrap()
                .counts(),
            (0, 0)
        );
        let found = nurse.invitations(&all, Wave::Again).await.unwrap();
        assert_eq!(found.by.get("sms"), Some(&1));
        assert_eq!(
            nurse.invite_many(&all, Wave::Again).await.unwrap().counts(),
            (1, 2)
        );
        assert_eq!(town.new_mails().await.len(), 1);
        // Pressed twice, it is one message, and nobody is left out without a word.
        let many = nurse.invite_many(&all, Wave::Again).await.unwrap();
        assert_eq!((many.sent, many.gone), (0, 0));
        let mut left = many.left;
        left.sort();
        assert_eq!(left, sorted(soon.to_vec()));
        assert!(town.new_mails().await.is_empty());
    }
);

story!(
    a_call_that_tells_of_a_hospital_leaves_an_alert_open,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.0", "88").await;
        let nurse = town.nurse().await;
        let call = TypedContact {
            outcome: "ambulance".to_owned(),
            note: "The hospital has taken her".to_owned(),
            in_hospital: true,
            no_call: true,
            ..TypedContact::default()
        };
        nurse.add_contact(case, &call).await.unwrap();
        let stands = following(&nurse, case).await;
        assert_eq!(stands.monitoring.status, MonitoringStatus::Hospital);
        let alert = stands.alert.expect("somebody has to see to it still");
        let done = nurse.finish_alert(alert.id, alert.version, &call).await;
        assert_eq!(done.unwrap(), FinishAlert::Done(case));
        assert!(following(&nurse, case).await.alert.is_none());
    }
);

story!(
    whoever_calls_an_ambulance_notes_the_hospital_and_calls_again,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let ends = async |typed: &TypedContact| {
            let alert = following(&nurse, case).await.alert.unwrap();
            let done = nurse.finish_alert(alert.id, alert.version, typed).await;
            assert_eq!(done.unwrap(), FinishAlert::Done(case));
            following(&nurse, case).await
        };
        let ambulance = TypedContact {
            outcome: "ambulance".to_owned(),
            note: "On its way".to_owned(),
            ..TypedContact::default()
        };
        // Nothing is said of a hospital: somebody calls to hear.
        sends(&desk, case, "38.0", "88").await;
        let now = town.app.clock.now();
        let stands = ends(&ambulance).await;
        assert_eq!(stands.monitoring.status, MonitoringStatus::Home);
        let due = stands.monitoring.next_call_at.unwrap();
        assert_eq!(due.duration_since(now), SignedDuration::from_hours(2));
        // With a hospital, and nobody has to call; the days are those of whoever is in hospital.
        town.minutes(10);
        sends(&desk, case, "38.1", "87").await;
        let typed = TypedContact {
            in_hospital: true,
            no_call: true,
            ..ambulance.clone()
        };
        let stands = ends(&typed).await;
        assert_eq!(stands.monitoring.status, MonitoringStatus::Hospital);
        assert_eq!(stands.monitoring.next_call_at, None);
        assert_eq!(stands.monitoring.review_from, Some(date(2026, 11, 29)));
        let line = &stands.corrections[0];
        assert_eq!(line.subject, "monitoring");
        // What is ticked about an ambulance says nothing about another outcome.
        let home = TypedDecision {
            status: "home".to_owned(),
            version: stands.monitoring.version,
            ..TypedDecision::default()
        };
        nurse.decide(case, &home).await.unwrap();
        town.minutes(10);
        sends(&desk, case, "38.1", "86").await;
        let typed = TypedContact {
            outcome: "reached".to_owned(),
            in_hospital: true,
            ..ambulance
        };
        let stands = ends(&typed).await;
        assert_eq!(stands.monitoring.status, MonitoringStatus::Home);
        assert_eq!(stands.monitoring.next_call_at, None);
    }
);
