//! Who has an alert, who gives it back or takes it over, and what ends it.

use super::{only_alert, reached, second_nurse, worklist};
use crate::reports::{family, sends};
use crate::story;
use crate::transfers::shibuya;
use app::alerts::{FinishAlert, TakeAlert};
use app::contact_log::{AddContact, TypedContact};
use app::monitoring::{Decide, TypedDecision};
use app::release::{Release, TypedRelease};
use app::staff::NewStaff;
use domain::course::Why;
use domain::staff_role::StaffRole;
use domain::urgency::Level;

story!(
    of_two_nurses_one_gets_the_alert_and_writes_what_was_done,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let report = sends(&desk, case, "38.5", "91").await;
        let (first, second) = (town.nurse().await, second_nurse(&town).await);
        town.minutes(12);
        let alert = only_alert(&first).await;
        assert_eq!((alert.report, alert.minutes), (Some(report), 12));
        assert_eq!(alert.level, Level::Alarming);
        assert_eq!(alert.reasons[0], Why::Spo2 { value: 91 });
        let (a, b) = tokio::join!(first.take_alert(alert.id), second.take_alert(alert.id));
        let taken = [a.unwrap(), b.unwrap()];
        let gets = |t: &TakeAlert| *t == TakeAlert::Taken(case);
        assert_eq!(taken.iter().filter(|t| gets(t)).count(), 1);
        assert!(
            taken
                .iter()
                .any(|t| matches!(t, TakeAlert::TakenByOther(_, name) if !name.is_empty()))
        );
        let mine = if gets(&taken[0]) { &first } else { &second };
        // Nobody ends an alert without a word.
        let alert = only_alert(mine).await;
        assert!(alert.is_mine);
        assert_eq!(
            mine.finish_alert(alert.id, alert.version, &reached(" "))
                .await
                .unwrap(),
            FinishAlert::Problems(case, vec!["note"])
        );
        assert_eq!(
            mine.finish_alert(alert.id, alert.version, &reached("Ambulance is on its way"))
                .await
                .unwrap(),
            FinishAlert::Done(case)
        );
        assert!(worklist(&first).await.alerts.is_empty());
        let following = first.following_of(case).await.unwrap().unwrap();
        assert_eq!(
            following.contacts[0].note.expose(),
            "Ambulance is on its way"
        );
        assert!(following.contacts[0].ended_alert);
        let actions: Vec<String> = first
            .audit_of_case(case, 50)
            .await
            .unwrap()
            .into_iter()
            .map(|line| line.action)
            .collect();
        for action in ["alert.taken", "alert.done", "report.sent", "case.claimed"] {
            assert!(actions.iter().any(|a| a == action), "{action}: {actions:?}");
        }
    }
);

story!(
    an_alert_that_is_given_back_without_a_word_has_waited_all_the_time,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "91").await;
        let nurse = town.nurse().await;
        let system = town.app.system_desk();
        town.minutes(5);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
        town.minutes(7);
        // A press in the wrong place.
        let id = only_alert(&nurse).await.id;
        nurse.take_alert(id).await.unwrap();
        nurse.give_alert_back(id).await.unwrap();
        assert_eq!(only_alert(&nurse).await.minutes, 12);
        assert_eq!(
            system.pass_alerts_on().await.unwrap(),
            1,
            "the center is told again at once"
        );
        // Somebody who saw to the person and goes home: it waits from then on.
        nurse.take_alert(id).await.unwrap();
        town.minutes(10);
        let note = TypedContact {
            outcome: "note".to_owned(),
            note: "Her sister is on the way".to_owned(),
            key: nurse.new_form_key().to_string(),
            ..TypedContact::default()
        };
        nurse.add_contact(case, &note).await.unwrap();
        town.minutes(3);
        nurse.give_alert_back(id).await.unwrap();
        assert_eq!(only_alert(&nurse).await.minutes, 0);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 0);
        town.minutes(5);
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
    }
);

story!(
    whoever_gives_an_alert_back_that_a_colleague_has_is_told_so,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "91").await;
        let (first, second) = (town.nurse().await, second_nurse(&town).await);
        let id = only_alert(&first).await.id;
        first.take_alert(id).await.unwrap();
        let seen = only_alert(&second).await.version;
        second.take_alert_over(id, seen).await.unwrap();
        // The old page still has the button.
        let given = first.give_alert_back(id).await.unwrap();
        assert!(
            matches!(given, TakeAlert::TakenByOther(of, name) if of == case && !name.is_empty())
        );
        assert!(only_alert(&second).await.is_mine);
        assert_eq!(
            second.give_alert_back(id).await.unwrap(),
            TakeAlert::Taken(case)
        );
    }
);

story!(an_alert_of_somebody_who_was_shut_out_waits_again, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    let (nurse, mika) = (town.nurse().await, second_nurse(&town).await);
    let place = NewStaff::place_of(nurse.health_center().await.unwrap().id);
    let chief = town
        .hires("chief@center.example", StaffRole::Administrator, place)
        .await;
    let system = town.app.system_desk();
    // Shut out, and given a role that follows nobody: the same.
    for (shut_out, role) in [(true, StaffRole::Nurse), (false, StaffRole::Clerk)] {
        let alert = only_alert(&nurse).await;
        let mika = match shut_out {
            true => town.staff("mika@center.example").await,
            false => mika.clone(),
        };
        mika.take_alert(alert.id).await.unwrap();
        system.pass_alerts_on().await.unwrap();
        town.minutes(1);
        let seen = chief.colleague(mika.id()).await.unwrap().unwrap();
        chief
            .change_staff(mika.id(), role, shut_out, seen.version)
            .await
            .unwrap();
        let alert = only_alert(&nurse).await;
        assert_eq!(alert.taken_by, None, "nobody has it");
        assert_eq!(alert.taken_before_by.as_deref(), Some("mika"));
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1, "told at once");
        let seen = chief.colleague(mika.id()).await.unwrap().unwrap();
        chief
            .change_staff(mika.id(), StaffRole::Nurse, false, seen.version)
            .await
            .unwrap();
    }
    let lines = nurse.audit_of_case(case, 50).await.unwrap();
    let taken_away: Vec<_> = lines
        .iter()
        .filter(|line| line.action == "alert.taken_away")
        .map(|line| {
            (
                line.name.as_deref().unwrap_or_default(),
                line.details.as_str(),
            )
        })
        .collect();
    assert_eq!(taken_away, [("chief", "mika"), ("chief", "mika")]);
});

story!(a_colleague_takes_an_alert_over, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    let (nurse, mika) = (town.nurse().await, second_nurse(&town).await);
    let free = only_alert(&nurse).await;
    mika.take_alert(free.id).await.unwrap();
    let seen = only_alert(&nurse).await;
    // Whoever looked before Mika had it has not seen that she does.
    assert_eq!(
        nurse.take_alert_over(free.id, free.version).await.unwrap(),
        TakeAlert::TakenByOther(case, "mika".to_owned())
    );
    assert_eq!(
        nurse.take_alert_over(seen.id, seen.version).await.unwrap(),
        TakeAlert::Taken(case)
    );
    let alert = only_alert(&nurse).await;
    assert!(alert.is_mine);
    assert_eq!(alert.taken_before_by.as_deref(), Some("mika"));
    let lines = nurse.audit_of_case(case, 50).await.unwrap();
    assert!(lines.iter().any(|line| line.action == "alert.taken_over"
        && line.name.as_deref() == Some("Nurse")
        && line.details == "mika"));
});

story!(nobody_is_released_past_an_open_alert_by_oversight, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    let nurse = town.nurse().await;
    let mut typed = TypedRelease {
        reason: "Well for three days".to_owned(),
        version: nurse
            .following_of(case)
            .await
            .unwrap()
            .unwrap()
            .monitoring
            .version,
        ..TypedRelease::default()
    };
    let asked = nurse.release(case, &typed).await.unwrap();
    assert!(matches!(asked, Release::AlertIsOpen));
    typed.despite_alert = true;
    let released = nurse.release(case, &typed).await.unwrap();
    assert!(matches!(released, Release::Released));
});

story!(
    whoever_reached_nobody_ends_no_alert_and_calls_again,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "83").await;
        let nurse = town.nurse().await;
        let tried = |outcome: &str, next: &str| TypedContact {
            outcome: outcome.to_owned(),
            note: "Nobody there".to_owned(),
            next_call_at: next.to_owned(),
            ..TypedContact::default()
        };
        let due = async || {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            let now = town.app.clock.now();
            let next = following.monitoring.next_call_at?;
            Some(next.duration_since(now).as_mins())
        };
        for outcome in ["no_answer", "wrong_number", "message_left"] {
            let alert = only_alert(&nurse).await;
            let came = nurse
                .finish_alert(alert.id, alert.version, &tried(outcome, ""))
                .await;
            assert_eq!(came.unwrap(), FinishAlert::Tried(case), "{outcome}");
            let alert = only_alert(&nurse).await;
            assert!(alert.is_mine, "whoever calls has it");
            assert_eq!(due().await, Some(15));
        }
        let contacts = nurse.following_of(case).await.unwrap().unwrap().contacts;
        assert_eq!(contacts.len(), 3, "each attempt is written down");
        assert!(contacts.iter().all(|line| !line.ended_alert));
        // A wrong year would be nobody's call; neither would next month, for an emergency.
        let alert = only_alert(&nurse).await;
        for (next, problem) in [
            ("2099-01-01T10:00", "next_call_alert"),
            ("2026-11-25T10:00", "next_call_alert"),
            ("2026-01-01T10:00", "next_call_at"),
        ] {
            let typed = tried("no_answer", next);
            let came = nurse.finish_alert(alert.id, alert.version, &typed).await;
            assert_eq!(
                came.unwrap(),
                FinishAlert::Problems(case, vec![problem]),
                "{next}"
            );
            let added = nurse.add_contact(case, &typed).await.unwrap();
            assert_eq!(added, AddContact::Problems(vec![problem]), "{next}");
        }
        let version = nurse.following_of(case).await.unwrap().unwrap();
        let decided = TypedDecision {
            status: "home".to_owned(),
            next_call_at: "2099-01-01T10:00".to_owned(),
            version: version.monitoring.version,
            ..TypedDecision::default()
        };
        let refused = Decide::Problems(vec!["next_call_alert"]);
        assert_eq!(nurse.decide(case, &decided).await.unwrap(), refused);
        // Somebody spoke with her: it ends, and then a call may lie further ahead, but not years.
        let talked = TypedContact {
            next_call_at: "2099-01-01T10:00".to_owned(),
            ..reached("An ambulance took her")
        };
        let came = nurse.finish_alert(alert.id, alert.version, &talked).await;
        let late = FinishAlert::Problems(case, vec!["next_call_late"]);
        assert_eq!(came.unwrap(), late);
        let talked = TypedContact {
            next_call_at: "2026-11-30T10:00".to_owned(),
            ..talked
        };
        let version = only_alert(&nurse).await.version;
        let came = nurse.finish_alert(alert.id, version, &talked).await;
        assert_eq!(came.unwrap(), FinishAlert::Done(case));
        // Without an alert nobody is left without a call either.
        nurse
            .add_contact(case, &tried("no_answer", ""))
            .await
            .unwrap();
        assert_eq!(due().await, Some(120));
    }
);

story!(
    nobody_dies_or_comes_to_hospital_past_an_alert_that_nobody_has_looked_at,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "91").await;
        let nurse = town.nurse().await;
        let alert = only_alert(&nurse).await;
        let decide = async |status: &str, open_alert: &str, seen: &str, reason: &str| {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            let typed = TypedDecision {
                status: status.to_owned(),
                reason: reason.to_owned(),
                version: following.monitoring.version,
                open_alert: open_alert.to_owned(),
                alert_seen: seen.to_owned(),
                ..TypedDecision::default()
            };
            nurse.decide(case, &typed).await.unwrap()
        };
        let status = async || {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            following.monitoring.status.word()
        };
        let seen = alert.state();
        assert_eq!(decide("hospital", "", "", "").await, Decide::AlertIsOpen);
        assert_eq!(
            decide("died", "leave", "", "He died").await,
            Decide::AlertIsOpen
        );
        // Who is asked for a reason is asked that, too, in one go.
        assert_eq!(
            decide("died", "", "", "").await,
            Decide::Problems(vec!["reason", "open_alert"])
        );
        // A hotel is no reason to ask: the person is followed as before.
        assert_eq!(decide("hotel", "", "", "").await, Decide::Decided);
        // Whoever ends it says what was done.
        let wordless = decide("hospital", "end", &seen, " ").await;
        assert_eq!(wordless, Decide::Problems(vec!["alert_reason"]));
        // A further report comes while the form is filled in: it has not been looked at.
        town.minutes(1);
        sends(&desk, case, "38.5", "89").await;
        let late = decide("hospital", "end", &seen, "Taken along").await;
        assert_eq!(late, Decide::AlertIsOpen);
        assert_eq!(status().await, "hotel", "nothing was done");
        // Left open, it stays on top for whoever sees to it.
        let seen = only_alert(&nurse).await.state();
        let left = decide("hospital", "leave", &seen, "").await;
        assert_eq!(left, Decide::Decided);
        assert_eq!(only_alert(&nurse).await.state(), seen);
        // Ended with the reason, it is a line among the calls.
        let done = decide("died", "end", &seen, "He died on the way").await;
        assert_eq!(done, Decide::Decided);
        assert!(worklist(&nurse).await.alerts.is_empty());
        let following = nurse.following_of(case).await.unwrap().unwrap();
        assert_eq!(following.monitoring.status.word(), "died");
        let line = &following.contacts[0];
        assert!(line.ended_alert && line.note.expose() == "He died on the way");
        let audit = nurse.audit_of_case(case, 50).await.unwrap();
        assert!(audit.iter().any(|line| line.action == "alert.done"));
    }
);

story!(
    whoever_sends_the_form_that_ends_an_alert_twice_was_no_slower_than_herself,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "83").await;
        let nurse = town.nurse().await;
        let with_key = |typed: TypedContact| TypedContact {
            key: nurse.new_form_key().to_string(),
            ..typed
        };
        let lines = async || {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            following.contacts.len()
        };
        // A call that reached nobody stands once, and so does the one that ends the alert.
        let tried = with_key(TypedContact {
            outcome: "no_answer".to_owned(),
            ..TypedContact::default()
        });
        let alert = only_alert(&nurse).await;
        let came = nurse.finish_alert(alert.id, alert.version, &tried).await;
        assert_eq!(came.unwrap(), FinishAlert::Tried(case));
        let alert = only_alert(&nurse).await;
        let done = with_key(reached("She is fine"));
        for _ in 0..2 {
            let came = nurse.finish_alert(alert.id, alert.version, &done).await;
            assert_eq!(came.unwrap(), FinishAlert::Done(case));
            assert_eq!(lines().await, 2);
        }
        // Also the earlier form once more is no news.
        let came = nurse.finish_alert(alert.id, alert.version, &tried).await;
        assert_eq!(came.unwrap(), FinishAlert::Tried(case));
        // Whoever types something else is told who was faster.
        let worse = TypedContact {
            note: "She is worse".to_owned(),
            ..done.clone()
        };
        for other in [with_key(reached("She is fine")), worse] {
            let came = nurse.finish_alert(alert.id, alert.version, &other).await;
            assert_eq!(came.unwrap(), FinishAlert::Ended(case, "Nurse".to_owned()));
        }
        assert_eq!(lines().await, 2);
    }
);

story!(
    nobody_takes_an_alert_of_whom_the_center_gives_away_this_moment,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "91").await;
        let (nurse, (to, new)) = (town.nurse().await, shibuya(&town).await);
        let (seen, now) = (only_alert(&nurse).await, town.clock.now());
        let taken = town.meanwhile(
            move |tx, _| storage::monitoring::move_to(tx, case, to, now).map(drop),
            nurse.take_alert(seen.id),
        );
        assert_eq!(taken.await.unwrap(), TakeAlert::NotOpen);
        let waits = only_alert(&new).await;
        assert_eq!((waits.id, waits.taken_by), (seen.id, None));
    }
);
